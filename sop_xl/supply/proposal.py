"""A production proposal per family: its strategy around what is already fixed.

Frozen buckets and buckets with a planner's override are fixed; the strategy decides the rest and makes up
for them.
"""

from __future__ import annotations

import numpy as np

from sop_xl.errors import ArgumentError
from sop_xl.model import Array
from sop_xl.supply.strategies import level_rate

STRATEGIES = ("LEVEL", "CHASE", "TARGET", "OPTIMAL")


def propose_to_stock(strategy: str, opening: float, demand: Array, target: Array, fixed: Array) -> Array:
    """Production of a family made to stock.

    LEVEL: one constant rate that ends at the last target. CHASE: production follows demand. TARGET: each bucket
    brings inventory back to its target, never below zero production.

    Args:
        strategy: LEVEL, CHASE, TARGET or OPTIMAL; one family alone takes OPTIMAL as TARGET.
        opening: units on hand.
        demand, target: units, (buckets,).
        fixed: production that is decided already, NaN where it is not, (buckets,).
    Returns:
        Units, (buckets,); equal to ``fixed`` where that is given.
    Raises:
        ArgumentError: the strategy is unknown.
    Source:
        Jacobs et al., Manufacturing Planning and Control, sales and operations planning: level, chase and
        mixed strategies.

    >>> nan = float("nan")
    >>> propose_to_stock("TARGET", 100, np.array([80.0, 90, 90]), np.array([40.0, 45, 45]), np.array([50, nan, nan]))
    array([50., 65., 90.])
    """
    free = np.isnan(fixed)
    plan = np.where(free, 0.0, fixed)
    if strategy == "LEVEL":
        if free.any():
            left = opening + plan.sum() - demand[~free].sum()
            plan[free] = max(0.0, np.asarray(level_rate(left, demand[free], target[-1])).item())
    elif strategy == "CHASE":
        plan[free] = demand[free]
    elif strategy in ("TARGET", "OPTIMAL"):
        inventory = opening
        for t in range(len(demand)):
            if free[t]:
                plan[t] = max(0.0, demand[t] + target[t] - inventory)
            inventory += plan[t] - demand[t]
    else:
        raise ArgumentError(f"Unknown strategy {strategy!r}.", f"Use one of {', '.join(STRATEGIES)}.")
    return plan


def propose_to_order(strategy: str, opening: float, demand: Array, target: Array, fixed: Array) -> Array:
    """Production of a family made to order.

    LEVEL: one constant rate that ends at the last target backlog. CHASE: production follows orders. TARGET: each
    bucket works the backlog down (or lets it grow) to its target; nothing is made that is not ordered. OPTIMAL is
    TARGET here, too.

    Args:
        opening: units ordered and not yet shipped.
        demand: orders received, units, (buckets,).
        target, fixed: units, (buckets,); NaN in ``fixed`` is free.

    >>> nan = float("nan")
    >>> propose_to_order("TARGET", 100, np.array([50.0, 50]), np.array([80.0, 80]), np.array([nan, nan]))
    array([70., 50.])
    """
    free = np.isnan(fixed)
    plan = np.where(free, 0.0, fixed)
    if strategy == "LEVEL":
        if free.any():
            left = opening - plan.sum() + demand[~free].sum()
            plan[free] = max(0.0, np.asarray(level_rate(left, demand[free], target[-1], "BACKLOG")).item())
    elif strategy == "CHASE":
        plan[free] = demand[free]
    elif strategy in ("TARGET", "OPTIMAL"):
        backlog = opening
        for t in range(len(demand)):
            if free[t]:
                plan[t] = max(0.0, min(backlog + demand[t], backlog + demand[t] - target[t]))
            backlog += demand[t] - plan[t]
    else:
        raise ArgumentError(f"Unknown strategy {strategy!r}.", f"Use one of {', '.join(STRATEGIES)}.")
    return plan
