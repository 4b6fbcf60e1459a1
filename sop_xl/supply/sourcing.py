"""Least-cost supply from sources with limits: regular time, overtime, subcontractors, plants."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from sop_xl.errors import ArgumentError
from sop_xl.supply.linear_program import LARGEST, Program, least_cost, magnitude, scaled_costs, tidy
from sop_xl.supply.reach import check_reach
from sop_xl.supply.shapes import Array, numbers, place, series, size


@dataclass(frozen=True)
class SourcePlan:
    """Units per source, inventory and backorders after, and cost in every bucket.

    supply is (sources, buckets), the others (buckets,).
    """

    supply: Array
    inventory: Array
    backorder: Array
    cost: Array

    @property
    def total_cost(self) -> float:
        """Cost of all buckets."""
        return float(self.cost.sum())


def source_plan(
    demand: ArrayLike,
    capacity: ArrayLike,
    unit_cost: ArrayLike,
    opening: float = 0.0,
    ending: float = 0.0,
    holding_cost: float = 0.0,
    backorder_cost: float | None = None,
) -> SourcePlan:
    """Which source makes how much when, at least cost: the transportation model of aggregate planning.

    Minimise sum of unit_cost[s] x[s,t] + holding_cost I[t] + backorder_cost B[t] with
    I[t] - B[t] = I[t-1] - B[t-1] + sum of x[s,t] - demand[t], x[s,t] <= capacity[s,t], I[T] >= ending, and
    B[T] = 0; without a backorder cost, B = 0 throughout.

    Args:
        demand: units per bucket, shape (buckets,).
        capacity: most units of a source in a bucket, shape (sources, buckets).
        unit_cost: money per unit, one number or shape (sources,).
        opening: units on hand before the first bucket; below zero if overdue.
        ending: least units on hand after the last bucket.
        holding_cost: money per unit on hand after a bucket.
        backorder_cost: money per unit overdue after a bucket; None where demand may not wait.
    Returns:
        A `SourcePlan`. Of several plans of one cost it is the one with the least inventory and backorders.
    Raises:
        NoAnswerError: the capacity is too small; the message says in which bucket and by how much.
        ArgumentError: negative or very large numbers, shapes that do not fit.
    Source:
        E. H. Bowman, Production scheduling by the transportation method, Operations Research 4 (1956); the
        example is the first bucket of Stevenson, Operations Management, aggregate planning.

    >>> plan = source_plan([550], [[500], [50], [120]], [60, 80, 90], opening=100)
    >>> plan.supply.tolist(), plan.total_cost
    ([[450.0], [0.0], [0.0]], 27000.0)
    """
    demand = _limited(series(demand, "demand", negative=False), "demand")
    if demand.ndim != 1:
        raise ArgumentError(
            f"demand is {size(demand)}.", "Plan one family at a time: give one row of buckets."
        )
    room = np.atleast_2d(_limited(series(capacity, "capacity", negative=False), "capacity"))
    if room.ndim != 2 or room.shape[1] != len(demand):
        raise ArgumentError(
            f"capacity is {size(room)} for {len(demand)} buckets of demand.",
            "Give a row for each source with one number for each bucket.",
        )
    prices = _limited(numbers(unit_cost, "unit_cost", negative=False), "unit_cost")
    if prices.size not in (1, len(room)) or prices.ndim > 1:
        raise ArgumentError(
            f"unit_cost has {prices.size} numbers for {len(room)} sources.",
            "Give one for each row of capacity.",
        )
    prices = np.broadcast_to(prices.reshape(-1), (len(room),))
    start = float(_limited(numbers(opening, "opening"), "opening"))
    end, holding, waiting = (
        float(_limited(numbers(value, name, negative=False), name))
        for value, name in (
            (ending, "ending"),
            (holding_cost, "holding_cost"),
            (backorder_cost or 0.0, "backorder_cost"),
        )
    )
    late = backorder_cost is not None
    check_reach(
        start, demand, room.sum(axis=0), np.full(len(demand), np.inf), backlog=late, ending_inventory=end,
        ending_backlog=0.0, because="capacity allows no more", remedy="Raise capacity", owed="backorder_cost",
        closing="ending",
    )  # fmt: skip
    return _solve(demand, room, prices, start, end, holding, waiting, late)


def _solve(
    demand: Array,
    room: Array,
    prices: Array,
    start: float,
    end: float,
    holding: float,
    waiting: float,
    late: bool,
) -> SourcePlan:
    from scipy.sparse import csr_matrix, eye, hstack

    sources, count = room.shape
    unit = magnitude(demand, start, end)
    step = eye(count) - eye(count, k=-1)
    # Columns: x of every source, I, B.
    equal = hstack([eye(count)] * sources + [-step, step]).tocsr()
    equal_to = demand / unit
    equal_to[0] -= start / unit
    lower, upper = np.zeros((sources + 2, count)), np.full((sources + 2, count), np.inf)
    upper[:sources] = room / unit
    lower[-2, -1] = end / unit
    upper[-1, -1 if late else 0 :] = 0.0
    cost = np.concatenate([np.repeat(prices, count), np.full(count, holding), np.full(count, waiting)])
    # Among equal costs: little inventory and backorders, sources in the order given.
    order = np.concatenate([np.arange(sources) / (100 * sources), [1.0, 2.0]])
    preference = np.outer(order, 1 + np.arange(count) / (8 * count))
    nothing = csr_matrix((0, equal.shape[1]))
    x = least_cost(
        Program(scaled_costs(cost), equal, equal_to, nothing, lower.ravel(), upper.ravel(), preference.ravel())
    ).reshape(-1, count)  # fmt: skip
    supply = np.minimum(tidy(x[:sources] * unit, demand), room)
    change = supply.sum(axis=0) - demand
    position = tidy(np.cumsum(np.concatenate([[start], change]))[1:], demand, supply, start)
    inventory, backorder = np.maximum(position, 0.0), np.maximum(-position, 0.0)
    return SourcePlan(
        supply, inventory, backorder, prices @ supply + holding * inventory + waiting * backorder
    )


def _limited(array: Array, name: str) -> Array:
    large = np.abs(array) > LARGEST
    if large.any():
        raise ArgumentError(
            f"{name} is {array[large].flat[0]:g} {place(large)}.",
            f"At most {LARGEST:g} can be planned: choose larger units.",
        )
    return array
