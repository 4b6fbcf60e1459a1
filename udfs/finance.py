"""SOP_ functions of the plan in money."""

from __future__ import annotations

from sop_xl.finance import bridge, valuation
from sop_xl.supply.shapes import Array
from udfs.convert import spread
from udfs.registry import Argument, Example, function


def _price(name: str, whose: str) -> Argument:
    return Argument(
        name,
        "matrix",
        f"Money per {whose} unit: one cell, one per family, or per cell. May be empty at quantity 0.",
        empty="missing",
    )


@function(
    "SOP_PLAN_VALUE",
    category="Finance",
    summary="A plan in money: quantity × price per family and bucket.",
    arguments=(
        Argument("plan", "matrix", "Units, one family per row. Empty is 0.", empty="zero"),
        _price("price", "planned"),
    ),
    result="Money, in the shape of plan.",
    shape="range",
    errors=(("#VALUE!", "A cell is not a number, a quantity has no price, or the ranges do not fit."),),
    example=Example(([[10, 20], [5, 5]], [[3], [10]]), [[30.0, 60.0], [50.0, 50.0]]),
)
def plan_value(plan: Array, price: Array) -> Array:
    """SOP_PLAN_VALUE."""
    return valuation.plan_value(plan, spread(price, (plan.shape[0], plan.shape[1]), "price"))


@function(
    "SOP_VARIANCE_BRIDGE",
    category="Finance",
    summary="Actual less planned money, split into volume, mix and price.",
    arguments=(
        Argument("plan_qty", "matrix", "Planned units, one family per row. Empty is 0.", empty="zero"),
        _price("plan_price", "planned"),
        Argument("actual_qty", "matrix", "Actual units, in the shape of plan_qty. Empty is 0.", empty="zero"),
        _price("actual_price", "actual"),
    ),
    result="One row: Volume, Mix, Price, Total; the first three add up to the last. Positive is a gain.",
    shape="range",
    errors=(("#VALUE!", "A cell is not a number, a quantity has no price, or the ranges do not fit."),),
    example=Example(
        ([[100], [100]], [[10], [20]], [[150], [90]], [[11], [19]]), [[600.0, -300.0, 60.0, 360.0]]
    ),
)
def variance_bridge(
    plan_qty: Array, plan_price: Array, actual_qty: Array, actual_price: Array
) -> list[list[float]]:
    """SOP_VARIANCE_BRIDGE."""
    old = spread(plan_price, (plan_qty.shape[0], plan_qty.shape[1]), "plan_price")
    new = spread(actual_price, (actual_qty.shape[0], actual_qty.shape[1]), "actual_price")
    return [list(bridge.variance_bridge(plan_qty, old, actual_qty, new))]
