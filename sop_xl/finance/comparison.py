"""The money of a plan against the budget, the last year and the last published plan, bridged."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sop_xl.finance.bridge import MoneyBridge, money_bridge
from sop_xl.model import Array, Plan

COMPARISONS = ("budget", "last year", "last plan")
MEASURES = ("revenue", "margin")


@dataclass(frozen=True)
class Comparison:
    """One measure of the plan against one reference, over the buckets that both have.

    Attributes:
        families: families that can be compared, counted from 0.
        buckets: how many buckets of each, (compared families,).
        reference, plan: money, (compared families,).
        bridge: from the reference to the plan.
    """

    name: str
    measure: str
    families: tuple[int, ...]
    buckets: Array
    reference: Array
    plan: Array
    bridge: MoneyBridge


def comparisons(plan: Plan) -> list[Comparison]:
    """Revenue and margin against every reference that is known for some family.

    Where a reference has money but no units, the units follow at the price of the plan: no price effect is
    invented. Where it has no margin (the last year has none), its units cost what they cost in the plan.
    """
    given = plan.given
    references = {
        "budget": (given.budget_quantity, given.budget_revenue, given.budget_margin),
        "last year": (
            given.last_year(given.history),
            given.last_year(given.history_value),
            np.full(given.shape, np.nan),
        ),
        "last plan": (given.previous_shipments, given.previous_revenue, given.previous_margin),
    }
    found = []
    for name in COMPARISONS:
        for measure in MEASURES:
            comparison = _compare(plan, name, measure, *references[name])
            if comparison.families:
                found.append(comparison)
    return found


def _compare(
    plan: Plan, name: str, measure: str, quantity: Array, revenue: Array, margin: Array
) -> Comparison:
    given = plan.given
    price, unit_cost = (given.of_families(key)[:, None] for key in ("price", "unit_cost"))
    known = ~np.isnan(revenue) & ~np.isnan(plan.revenue if measure == "revenue" else plan.margin)
    at_price = np.where(price > 0, revenue / np.where(price > 0, price, 1.0), 0.0)
    units = np.where(np.isnan(quantity), at_price, quantity)
    cost = np.where(np.isnan(margin), units * unit_cost, revenue - margin)
    if measure == "revenue":
        cost, cost_now = np.zeros_like(units), np.zeros_like(units)
    else:
        cost_now = plan.cogs
    compared = tuple(int(f) for f in np.flatnonzero(known.any(axis=1)))
    rows = list(compared)

    def total(values: Array) -> Array:
        summed: Array = np.where(known, values, 0.0).sum(axis=1)[rows]
        return summed

    old = total(units), total(revenue), total(cost)
    new = total(plan.constrained_demand), total(plan.revenue), total(cost_now)
    bridge = money_bridge(*old, *new, group=[given.families[f].unit.lower() for f in rows])
    buckets = known.sum(axis=1)[rows].astype(float)
    return Comparison(name, measure, compared, buckets, old[1] - old[2], new[1] - new[2], bridge)
