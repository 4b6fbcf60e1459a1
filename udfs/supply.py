"""SOP_ functions of the supply plan."""

from __future__ import annotations

import numpy as np

from sop_xl.supply import inventory, strategies
from sop_xl.supply.shapes import Array
from udfs.convert import spread
from udfs.registry import Argument, Example, function

_SHAPES = ("#VALUE!", "A cell is not a number, or the ranges differ in rows or buckets.")
_OPENING = Argument(
    "opening", "vector", "Units on hand before the first bucket: one cell, or one per series."
)
_DEMAND = Argument("demand", "series", "Units per bucket, one series per row. Empty is 0.", empty="zero")
_WORKING_DAYS = Argument(
    "working_days",
    "vector",
    "Working days per bucket: one cell, or one per bucket.",
    required=False,
    default=20.0,
)


@function(
    "SOP_PROJECTED_INVENTORY",
    category="Supply",
    summary="Inventory at the end of every bucket: the one before, plus supply, less demand.",
    arguments=(
        _OPENING,
        Argument(
            "supply", "series", "Units received per bucket, one series per row. Empty is 0.", empty="zero"
        ),
        _DEMAND,
    ),
    result="Units at the end of each bucket, in the shape of supply. Below zero is the shortage to see.",
    shape="series",
    errors=(_SHAPES,),
    example=Example((100, [[50, 50, 80]], [[60, 120, 70]]), [[90.0, 20.0, 30.0]]),
)
def projected_inventory(opening: Array, supply: Array, demand: Array) -> Array:
    """SOP_PROJECTED_INVENTORY."""
    return inventory.projected_inventory(opening, supply, demand)


@function(
    "SOP_BACKLOG",
    category="Supply",
    summary="Open order book at the end of every bucket: the one before, plus orders, less production.",
    arguments=(
        Argument(
            "opening", "vector", "Units of open orders before the first bucket: one cell, or one per series."
        ),
        Argument(
            "orders", "series", "Units ordered per bucket, one series per row. Empty is 0.", empty="zero"
        ),
        Argument("production", "series", "Units built and shipped per bucket. Empty is 0.", empty="zero"),
    ),
    result="Units at the end of each bucket, in the shape of orders.",
    shape="series",
    errors=(_SHAPES,),
    example=Example((200, [[100, 120]], [[110, 130]]), [[190.0, 180.0]]),
)
def backlog(opening: Array, orders: Array, production: Array) -> Array:
    """SOP_BACKLOG."""
    return inventory.backlog(opening, orders, production)


@function(
    "SOP_TARGET_INVENTORY",
    category="Supply",
    summary="Target inventory from days of supply: target days × demand ÷ working days.",
    arguments=(
        _DEMAND,
        Argument(
            "target_days",
            "numbers",
            "Working days of supply to hold: one cell, one per series, or per bucket.",
        ),
        _WORKING_DAYS,
    ),
    result="Units at the end of each bucket, in the shape of demand.",
    shape="series",
    errors=(_SHAPES, ("#VALUE!", "Working days are not above zero, or target days are negative.")),
    example=Example(([[2000, 3000]], 5, 20), [[500.0, 750.0]]),
)
def target_inventory(demand: Array, target_days: Array, working_days: Array | float) -> Array:
    """SOP_TARGET_INVENTORY."""
    days = spread(target_days, (demand.shape[0], demand.shape[1]), "target_days")
    return inventory.target_inventory(demand, days, working_days)


@function(
    "SOP_BUILD_PLAN",
    category="Supply",
    summary="Supply that meets demand and ends every bucket at its target inventory, never below zero.",
    arguments=(
        _OPENING,
        _DEMAND,
        Argument(
            "target",
            "numbers",
            "Units to hold at the end: one cell, one per series, or per bucket.",
            empty="zero",
        ),
    ),
    result="Units of supply per bucket, in the shape of demand.",
    shape="series",
    errors=(_SHAPES,),
    example=Example((100, [[80, 120]], [[50, 60]]), [[30.0, 130.0]]),
)
def build_plan(opening: Array, demand: Array, target: Array) -> Array:
    """SOP_BUILD_PLAN."""
    return strategies.build_plan(
        opening, demand, spread(target, (demand.shape[0], demand.shape[1]), "target")
    )


@function(
    "SOP_LEVEL_PLAN",
    category="Supply",
    summary="One constant rate that leads from the opening inventory or backlog to the ending one.",
    arguments=(
        Argument("opening", "vector", "Inventory (STOCK) or order book (BACKLOG) at the start, per series."),
        Argument("demand", "series", "Demand or orders in units per bucket. Empty is 0.", empty="zero"),
        Argument("ending", "vector", "Inventory or order book wanted after the last bucket, per series."),
        Argument(
            "kind",
            "word",
            "STOCK for make-to-stock, BACKLOG for make-to-order.",
            required=False,
            default="STOCK",
            words=strategies.KINDS,
        ),
    ),
    result="Units of supply per bucket, in the shape of demand.",
    shape="series",
    errors=(_SHAPES, ("#NUM!", "The rate would be below zero.")),
    example=Example((100, [[110, 120, 130, 120, 120]], 80), [[116.0, 116.0, 116.0, 116.0, 116.0]]),
)
def level_plan(opening: Array, demand: Array, ending: Array, kind: str) -> Array:
    """SOP_LEVEL_PLAN."""
    return strategies.level_plan(opening, demand, ending, kind)


@function(
    "SOP_SAFETY_STOCK",
    category="Supply",
    summary="Safety stock for a cycle service level: z × √(lead time × sd² + mean² × lead time sd²).",
    arguments=(
        Argument("demand_sd", "numbers", "Standard deviation of demand per bucket, in units."),
        Argument("lead_time", "numbers", "Lead time in buckets."),
        Argument("service_level", "numbers", "Share of cycles without a stockout, such as 0.95."),
        Argument(
            "lead_time_sd", "numbers", "Standard deviation of the lead time.", required=False, default=0.0
        ),
        Argument("demand_mean", "numbers", "Mean demand per bucket, in units.", required=False, default=0.0),
    ),
    result="Units; for ranges, one per cell. Negative below a service level of 0.5.",
    shape="range",
    errors=(
        ("#VALUE!", "A cell is not a number or is negative, or the ranges differ in size."),
        ("#NUM!", "The service level does not lie between 0 and 1."),
    ),
    example=Example((500, 2, 0.9), 906.1938024368235),
)
def safety_stock(
    demand_sd: Array,
    lead_time: Array,
    service_level: Array,
    lead_time_sd: Array | float,
    demand_mean: Array | float,
) -> Array:
    """SOP_SAFETY_STOCK."""
    return inventory.safety_stock(demand_sd, lead_time, service_level, lead_time_sd, demand_mean)


@function(
    "SOP_DAYS_OF_SUPPLY",
    category="Supply",
    summary="Working days until the inventory is used up by the demand that follows.",
    arguments=(
        Argument("inventory", "vector", "Units on hand, below zero if owed: one cell, or one per series."),
        Argument(
            "future_demand", "series", "Units per bucket from the next bucket on. Empty is 0.", empty="zero"
        ),
        _WORKING_DAYS,
    ),
    result=(
        "Days: one number, or one below the other for several series. After the last bucket its daily rate "
        "goes on. A shortage is days below zero, at the daily rate of the first bucket."
    ),
    shape="range",
    errors=(
        ("#VALUE!", "A cell is not a number, demand is negative, or working days are not above zero."),
        (
            "#N/A",
            "The last bucket has no demand and the inventory is never used up, or the first bucket has none to "
            "measure a shortage by.",
        ),
    ),
    undefined="The inventory is never used up, or a shortage meets no demand: a bucket at the end or start has none.",
    example=Example((150, [[100, 100]], 20), 30.0),
)
def days_of_supply(stock: Array, future_demand: Array, working_days: Array | float) -> Array:
    """SOP_DAYS_OF_SUPPLY."""
    return per_series(inventory.days_of_supply(stock, future_demand, working_days))


@function(
    "SOP_MPS",
    category="Supply",
    summary="Master schedule by lots: projected on hand, receipts, and available-to-promise.",
    arguments=(
        _OPENING,
        Argument("forecast", "series", "Units per bucket, one series per row. Empty is 0.", empty="zero"),
        Argument("orders", "series", "Booked units per bucket. Empty is 0.", empty="zero"),
        Argument("lot_size", "vector", "Units of one lot, above zero."),
        Argument("safety", "vector", "Units never to fall below.", required=False, default=0.0),
    ),
    result=(
        "Three rows per series: projected on hand (consumes the larger of forecast and orders), receipts, "
        "available-to-promise (first bucket and every receipt; empty elsewhere)."
    ),
    shape="series",
    errors=(_SHAPES, ("#VALUE!", "The lot size is not above zero.")),
    undefined="",
    example=Example(
        (64, [[30, 30, 30, 30]], [[33, 20, 10, 4]], 70),
        [[31.0, 1.0, 41.0, 11.0], [0.0, 0.0, 70.0, 0.0], [11.0, None, 56.0, None]],
    ),
)
def mps(opening: Array, forecast: Array, orders: Array, lot_size: Array, safety: Array | float) -> Array:
    """SOP_MPS."""
    plan = strategies.mps(opening, forecast, orders, lot_size, safety)
    return np.stack(plan, axis=1).reshape(-1, forecast.shape[1])


def per_series(values: Array) -> Array:
    """One value per series as cells: a single one as a number, several below each other.

    >>> per_series(np.array([1.0, 2.0])).shape
    (2, 1)
    """
    return values.reshape(()) if values.size == 1 else values.reshape(-1, 1)
