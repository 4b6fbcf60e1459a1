"""Rules that turn demand into a supply plan: to a target, level, chase, by lot, to a backlog."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from sop_xl.errors import ArgumentError, NoAnswerError
from sop_xl.supply.shapes import Array, per_cell, per_series, place, same_shape, series

KINDS = ("STOCK", "BACKLOG")


def build_plan(opening: ArrayLike, demand: ArrayLike, target: ArrayLike) -> Array:
    """Supply that meets demand and ends every bucket at its target.

    supply[t] = max(0, demand[t] + target[t] - I[t-1])

    Args:
        opening: units on hand before the first bucket, one number or shape (series,).
        demand: units per bucket, shape (series, buckets).
        target: units to hold at the end of each bucket, one number, shape (series,) or as ``demand``.
    Returns:
        Units of supply per bucket, same shape; nothing where the inventory is above target anyway.
    Raises:
        ArgumentError: shapes that do not fit.
    Source:
        Jacobs et al., Manufacturing Planning and Control, ch. 4.

    >>> build_plan(100, [[80, 120]], [[50, 60]])
    array([[ 30., 130.]])
    """
    demand = series(demand, "demand")
    goal = per_cell(target, "target", demand)
    inventory = per_series(opening, "opening", demand)
    supply = np.empty_like(demand)
    for t in range(demand.shape[-1]):
        supply[..., t] = np.maximum(demand[..., t] + goal[..., t] - inventory, 0.0)
        inventory = inventory + supply[..., t] - demand[..., t]
    return supply


def level_rate(opening: ArrayLike, demand: ArrayLike, ending: ArrayLike, kind: str = "STOCK") -> Array:
    """The constant rate that leads from the opening to the ending position, below zero if need be.

    STOCK: (sum of demand + ending - opening) / n. BACKLOG: (sum of orders + opening - ending) / n.

    Args:
        opening: inventory (STOCK) or order book (BACKLOG) at the start, one number or shape (series,).
        demand: demand or orders in units per bucket, shape (series, buckets).
        ending: the position wanted after the last bucket, one number or shape (series,).
        kind: "STOCK" or "BACKLOG".
    Returns:
        Units per bucket, shape (series,).
    Raises:
        ArgumentError: an unknown kind, or shapes that do not fit.
    Source:
        Arnold, Chapman, Clive, Introduction to Materials Management, ch. 2.

    >>> float(level_rate(100, [110, 120, 130, 120, 120], 80))
    116.0
    """
    demand = series(demand, "demand")
    start, end = per_series(opening, "opening", demand), per_series(ending, "ending", demand)
    word = kind.upper() if isinstance(kind, str) else kind
    if word not in KINDS:
        raise ArgumentError(f"kind is {kind!r}.", f"Use one of {', '.join(KINDS)}.")
    change = end - start if word == "STOCK" else start - end
    return np.asarray((demand.sum(axis=-1) + change) / demand.shape[-1])


def level_plan(opening: ArrayLike, demand: ArrayLike, ending: ArrayLike, kind: str = "STOCK") -> Array:
    """A level supply plan: the same quantity in every bucket, ending where wanted.

    Args:
        opening: inventory (STOCK) or order book (BACKLOG) at the start, one number or shape (series,).
        demand: demand or orders in units per bucket, shape (series, buckets).
        ending: the position wanted after the last bucket, one number or shape (series,).
        kind: "STOCK" or "BACKLOG".
    Returns:
        Units of supply per bucket, same shape as ``demand``.
    Raises:
        NoAnswerError: the rate would be below zero.
        ArgumentError: an unknown kind, or shapes that do not fit.
    Source:
        Arnold, Chapman, Clive, Introduction to Materials Management, ch. 2.

    >>> level_plan(100, [[110, 120, 130, 120, 120]], 80)
    array([[116., 116., 116., 116., 116.]])
    """
    demand = series(demand, "demand")
    rate = level_rate(opening, demand, ending, kind)
    if (rate < 0).any():
        row = "" if rate.ndim == 0 else f" in row {int(np.argmax(rate.ravel() < 0)) + 1}"
        raise NoAnswerError(
            f"The level rate would be {rate[rate < 0].flat[0]:g}{row}: there is more than the plan can use.",
            "Plan a higher ending position or a longer horizon."
            if str(kind).upper() == "STOCK"
            else "Plan a lower ending backlog.",
        )
    return np.repeat(rate[..., None], demand.shape[-1], axis=-1)


def chase_plan(demand: ArrayLike) -> Array:
    """A chase plan: supply equals demand, bucket by bucket; nothing where demand is negative.

    Args:
        demand: units per bucket, shape (series, buckets).
    Returns:
        Units of supply per bucket, same shape.
    Raises:
        ArgumentError: something is not a number.
    Source:
        Arnold, Chapman, Clive, Introduction to Materials Management, ch. 2.

    >>> chase_plan([[80, 120]])
    array([[ 80., 120.]])
    """
    return np.maximum(series(demand, "demand"), 0.0)


def build_to_backlog(opening_backlog: ArrayLike, orders: ArrayLike, target_backlog: ArrayLike) -> Array:
    """Production that keeps the order book of a make-to-order family at its target.

    production[t] = max(0, B[t-1] + orders[t] - target[t]), never more than was ordered: B[t-1] + orders[t].

    Args:
        opening_backlog: units of open orders before the first bucket, one number or shape (series,).
        orders: units ordered per bucket, shape (series, buckets).
        target_backlog: units to leave open, one number, shape (series,) or as ``orders``.
    Returns:
        Units of production per bucket, same shape as ``orders``.
    Raises:
        ArgumentError: shapes that do not fit.
    Source:
        Wallace, Stahl, Sales and Operations Planning, the make-to-order grid.

    >>> build_to_backlog(200, [[100, 120]], 150)
    array([[150., 120.]])
    """
    orders = series(orders, "orders")
    goal = per_cell(target_backlog, "target_backlog", orders)
    book = per_series(opening_backlog, "opening_backlog", orders)
    production = np.empty_like(orders)
    for t in range(orders.shape[-1]):
        due = book + orders[..., t]
        production[..., t] = np.clip(due - goal[..., t], 0.0, np.maximum(due, 0.0))
        book = due - production[..., t]
    return production


class MasterSchedule(NamedTuple):
    """Projected on hand, receipts and available-to-promise; each (series, buckets).

    ``available_to_promise`` is NaN outside the first bucket and the buckets with a receipt.
    """

    on_hand: Array
    receipts: Array
    available_to_promise: Array


def mps(
    opening: ArrayLike, forecast: ArrayLike, orders: ArrayLike, lot_size: ArrayLike, safety: ArrayLike = 0.0
) -> MasterSchedule:
    """Master schedule by lots with discrete available-to-promise.

    A bucket consumes max(forecast, orders). When the projection would fall below ``safety``, as many lots as
    needed arrive. Available-to-promise of a receipt is the receipt less the orders up to the next one; the
    first bucket adds what is on hand. Below zero, more is promised than the receipt brings.

    Args:
        opening: units on hand, one number or shape (series,).
        forecast: units per bucket, shape (series, buckets).
        orders: booked units per bucket, same shape.
        lot_size: units of a lot, above zero, one number or shape (series,).
        safety: units never to fall below, one number or shape (series,).
    Returns:
        A `MasterSchedule`.
    Raises:
        ArgumentError: a lot that is not above zero, shapes that do not fit.
    Source:
        Stevenson, Operations Management, master scheduling; discrete ATP as in the APICS dictionary.

    >>> mps(64, [[30, 30, 30]], [[33, 20, 10]], 70).available_to_promise
    array([[11., nan, 60.]])
    """
    forecast, orders = series(forecast, "forecast"), series(orders, "orders")
    same_shape(forecast, "forecast", orders, "orders")
    lot = per_series(lot_size, "lot_size", forecast)
    if (lot <= 0).any():
        raise ArgumentError(f"lot_size is not above zero {place(lot <= 0)}.", "Give the units of one lot.")
    floor = per_series(safety, "safety", forecast)
    start = per_series(opening, "opening", forecast)

    on_hand, receipts = np.empty_like(forecast), np.empty_like(forecast)
    before = start
    for t in range(forecast.shape[-1]):
        without = before - np.maximum(forecast[..., t], orders[..., t])
        # A shortfall that is rounding noise of a fractional plan does not call for one lot more.
        lots = np.ceil(np.round(np.maximum(floor - without, 0.0) / lot, 9))
        receipts[..., t] = lots * lot
        before = on_hand[..., t] = without + receipts[..., t]

    promise = np.full_like(forecast, np.nan)
    committed = np.zeros_like(start)
    for t in range(forecast.shape[-1] - 1, -1, -1):
        committed = committed + orders[..., t]
        arrives = receipts[..., t] > 0
        if t == 0:
            promise[..., 0] = start + receipts[..., 0] - committed
        else:
            promise[..., t] = np.where(arrives, receipts[..., t] - committed, np.nan)
            committed = np.where(arrives, 0.0, committed)
    return MasterSchedule(on_hand, receipts, promise)
