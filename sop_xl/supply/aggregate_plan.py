"""Aggregate plan of one family: workforce, overtime, subcontracting, inventory and backlog per bucket.

Over the buckets t, with the quantities

    W workers, H hired, L laid off, R regular units, O overtime units, S subcontracted, I inventory, B backlog

every plan keeps to

    W[t] = W[t-1] + H[t] - L[t]
    I[t] - B[t] = I[t-1] - B[t-1] + R[t] + O[t] + S[t] - demand[t]
    R[t] <= output[t] W[t],  O[t] <= overtime_hours_per_worker[t] / hours_per_unit W[t]
    S[t] <= subcontract_limit[t],  I[t] <= max_inventory[t],  I[T] >= ending_inventory,  B[T] <= ending_backlog

and costs, per bucket,

    worker_cost W + hire_cost H + layoff_cost L + material_cost (R + O) + overtime_cost_hour hours_per_unit O
    + subcontract_cost S + holding_cost I + backlog_cost B

where I is the inventory after the bucket, or with the basis AVERAGE the mean of before and after.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from sop_xl.errors import NoAnswerError
from sop_xl.supply.aggregate_parameters import Terms, read_terms
from sop_xl.supply.linear_program import Program, least_cost, magnitude, scaled_costs, tidy
from sop_xl.supply.reach import check_reach
from sop_xl.supply.shapes import Array

_ROUNDING = 1e-9


@dataclass(frozen=True)
class AggregatePlan:
    """What happens in every bucket; each array is (buckets,).

    Workers, hired and laid off are people, overtime in hours, the rest in units, cost in money.
    """

    workers: Array
    hired: Array
    laid_off: Array
    overtime_hours: Array
    regular_units: Array
    overtime_units: Array
    subcontracted: Array
    inventory: Array
    backlog: Array
    cost: Array

    @property
    def total_cost(self) -> float:
        """Cost of all buckets."""
        return float(self.cost.sum())


def aggregate_plan(
    demand: ArrayLike, parameters: Mapping[str, object], working_days: ArrayLike | None = None
) -> AggregatePlan:
    """The plan of least cost, or of a pure strategy.

    OPTIMAL: the least cost of all plans, workers in fractions or (integer_workers) whole. LEVEL: the smallest
    workforce, the same in every bucket, that meets demand and the ending inventory in regular time; it works
    its regular hours until all is made, inventory and, if allowed, backlog take the swings. CHASE: every bucket
    makes its demand in regular time and has the workforce for just that; the first bucket also brings the
    inventory to ending_inventory (or an overdue backlog down to ending_backlog), where it stays. LEVEL and
    CHASE use no overtime and buy nothing. In a bucket without regular hours CHASE keeps its workers and makes
    nothing.

    Args:
        demand: units per bucket, shape (buckets,), not negative.
        parameters: name and value as in `PARAMETERS`.
        working_days: days per bucket for the parameters per day, one number or shape (buckets,).
    Returns:
        An `AggregatePlan`. Of several plans of one cost it is the one with the least inventory and backlog.
    Raises:
        NoAnswerError: no plan keeps to the limits; the message says which bucket and limit.
        ArgumentError: the parameters are not what they must be, see `read_terms`.
    Source:
        Chopra, Meindl, Supply Chain Management, ch. 8 (the linear program and its example Red Tomato Tools);
        Heizer, Render, Operations Management, aggregate planning (level and chase).

    >>> plan = aggregate_plan([80, 120], {"units_per_worker": 10, "opening_workers": 10, "worker_cost": 100,
    ...                                   "hire_cost": 500, "layoff_cost": 500, "holding_cost": 1})
    >>> plan.workers, plan.inventory, plan.total_cost
    (array([10., 10.]), array([20.,  0.]), 2020.0)
    """
    terms = read_terms(demand, parameters, working_days)
    _check_limits(terms)
    if terms.strategy == "LEVEL":
        return _level(terms)
    return _chase(terms) if terms.strategy == "CHASE" else _optimal(terms)


def _position(terms: Terms) -> float:
    return terms.opening_inventory - terms.opening_backlog


def _check_limits(terms: Terms) -> None:
    # The workforce has no limit, so hours of any kind can make any quantity.
    hours = (terms.output > 0) | (terms.overtime_output > 0)
    buys = bool(terms.subcontract_limit.any())
    check_reach(
        _position(terms), terms.demand, np.where(hours, np.inf, terms.subcontract_limit), terms.max_inventory,
        backlog=terms.backlog_cost is not None, ending_inventory=terms.ending_inventory,
        ending_backlog=terms.ending_backlog,
        because="no worker has hours in bucket {bucket}, "
        + ("subcontract_limit allows no more" if buys else "nothing may be bought"),
        remedy="Give the workers hours there, or "
        + ("raise subcontract_limit" if buys else "give a subcontract_cost"),
    )  # fmt: skip


def _level(terms: Terms) -> AggregatePlan:
    made = np.cumsum(terms.output)
    needed = np.cumsum(terms.demand) - _position(terms)
    needed[-1] += _ending_position(terms)
    if terms.backlog_cost is None:
        needed[:-1] = np.maximum(needed[:-1], 0.0)
    else:
        needed[:-1] = 0.0
    impossible = (needed > 0) & (made == 0)
    if impossible.any():
        raise NoAnswerError(
            f"LEVEL needs {needed[impossible][0]:g} units by bucket {int(impossible.argmax()) + 1}, and no bucket "
            "until then has regular hours.",
            "Use the strategy OPTIMAL, which may buy or work overtime, or allow backlog by backlog_cost.",
        )
    workers = float((np.maximum(needed, 0.0) / np.where(made > 0, made, 1.0)).max())
    workers = _whole(workers) if terms.integer_workers else workers
    total = max(float(needed[-1]), 0.0)
    done = np.minimum(made * workers, total)
    regular = np.diff(done, prepend=0.0)
    # A bucket of full work is exactly that, not a difference of two sums.
    regular = np.where(
        np.isclose(regular, terms.output * workers, rtol=1e-12, atol=0.0), terms.output * workers, regular
    )
    return _plan(terms, np.full(len(made), workers), regular)


def _chase(terms: Terms) -> AggregatePlan:
    count = len(terms.demand)
    regular, workers = np.zeros(count), np.zeros(count)
    position, before = _position(terms), terms.opening_workers
    goal = np.minimum(_ending_position(terms), terms.max_inventory)
    tolerance = _rounding(terms)
    for t in range(count):
        if terms.output[t] > 0:
            regular[t] = max(0.0, terms.demand[t] + goal[t] - position)
            need = regular[t] / terms.output[t]
            before = _whole(need) if terms.integer_workers else need
        workers[t] = before
        position += regular[t] - terms.demand[t]
        if position < -tolerance and terms.backlog_cost is None:
            raise NoAnswerError(
                f"CHASE is short of {-position:g} in bucket {t + 1}, which has no regular hours.",
                "Use the strategy OPTIMAL, which can make it before or buy it, or allow backlog by backlog_cost.",
            )
    return _plan(terms, workers, regular)


def _ending_position(terms: Terms) -> float:
    """Inventory, or below zero backlog, that LEVEL ends with and CHASE keeps."""
    if terms.ending_inventory > 0 or terms.backlog_cost is None:
        return terms.ending_inventory
    return -min(terms.ending_backlog, max(0.0, -_position(terms)))


def _whole(workers: float) -> float:
    return float(np.ceil(workers * (1 - _ROUNDING)))


def _optimal(terms: Terms) -> AggregatePlan:
    from scipy.sparse import bmat, csr_matrix, diags, eye

    count = len(terms.demand)
    unit = magnitude(terms.demand, terms.opening_inventory, terms.opening_backlog, terms.ending_inventory)
    crew = 1.0 if terms.integer_workers else unit / magnitude(terms.output)

    one, none = eye(count), csr_matrix((count, count))
    step = one - eye(count, k=-1)
    regular, overtime = (diags(-output * crew / unit) for output in (terms.output, terms.overtime_output))
    # Columns: W, H, L, R, O, S, I, B.
    equal = bmat([[step, -one, one, none, none, none, none, none],
                  [none, none, none, one, one, one, -step, step]])  # fmt: skip
    at_most = bmat([[regular, none, none, one, none, none, none, none],
                    [overtime, none, none, none, one, none, none, none]])  # fmt: skip
    equal_to = np.zeros(2 * count)
    equal_to[0] = terms.opening_workers / crew
    equal_to[count:] = terms.demand / unit
    equal_to[count] -= _position(terms) / unit

    lower, upper = np.zeros((8, count)), np.full((8, count), np.inf)
    upper[5], upper[6] = terms.subcontract_limit / unit, terms.max_inventory / unit
    lower[6, -1] = terms.ending_inventory / unit
    if terms.backlog_cost is None:
        upper[7] = 0.0
    upper[7, -1] = terms.ending_backlog / unit

    made = np.full(count, terms.material_cost)
    holding = np.full(count, terms.holding_cost)
    if terms.holding_basis == "AVERAGE":
        holding[-1] /= 2
    cost = np.stack([
        terms.worker_cost * crew, np.full(count, terms.hire_cost * crew), np.full(count, terms.layoff_cost * crew),
        made * unit, (made + terms.overtime_cost) * unit, np.full(count, terms.subcontract_cost * unit),
        holding * unit, np.full(count, (terms.backlog_cost or 0.0) * unit),
    ])  # fmt: skip
    # Among equal costs: little inventory and backlog, few changes late rather than early, own hours first.
    later = 1 + np.arange(count) / (8 * count)
    preference = np.outer([0.01, 0.1, 0.1, 0, 0.02, 0.03, 1, 2], later)
    whole = np.repeat([terms.integer_workers] + [False] * 7, count) if terms.integer_workers else None
    x = least_cost(
        Program(scaled_costs(cost.ravel()), equal.tocsr(), equal_to, at_most.tocsr(), lower.ravel(), upper.ravel(),
                preference.ravel(), whole)
    ).reshape(8, count)  # fmt: skip
    return _plan(terms, x[0] * crew, x[3] * unit, x[4] * unit, x[5] * unit)


def _rounding(terms: Terms) -> float:
    return _ROUNDING * max(1.0, float(terms.demand.sum()), terms.opening_inventory, terms.opening_backlog)


def _plan(
    terms: Terms, workers: Array, regular: Array, overtime: Array | None = None, bought: Array | None = None
) -> AggregatePlan:
    """The plan that follows from the workforce and what is supplied; checked against the limits."""
    nothing = np.zeros_like(regular)
    overtime = nothing if overtime is None else overtime
    bought = nothing if bought is None else bought
    scale = max(magnitude(terms.demand, regular, overtime, bought), magnitude(_position(terms)))
    regular, overtime, bought = tidy(regular, scale), tidy(overtime, scale), tidy(bought, scale)
    workers = _steady(tidy(workers, terms.opening_workers), terms.opening_workers)
    gain = regular + overtime + bought - terms.demand
    position = tidy(np.cumsum(np.concatenate([[_position(terms)], gain]))[1:], scale)
    inventory = np.maximum(position, 0.0)
    # Only where both an inventory and a backlog may be left at the end do they stand side by side.
    inventory[-1] = max(inventory[-1], min(terms.ending_inventory, position[-1] + terms.ending_backlog))
    inventory = tidy(inventory, scale)
    backlog = tidy(inventory - position, scale)
    change = np.diff(workers, prepend=terms.opening_workers)
    hired, laid_off = np.maximum(change, 0.0), np.maximum(-change, 0.0)
    _check_plan(terms, inventory, backlog)

    charged = inventory
    if terms.holding_basis == "AVERAGE":
        charged = (np.concatenate([[terms.opening_inventory], inventory[:-1]]) + inventory) / 2
    cost = (
        terms.worker_cost * workers
        + terms.hire_cost * hired
        + terms.layoff_cost * laid_off
        + terms.material_cost * (regular + overtime)
        + terms.overtime_cost * overtime
        + terms.subcontract_cost * bought
        + terms.holding_cost * charged
        + (terms.backlog_cost or 0.0) * backlog
    )
    return AggregatePlan(
        workers,
        hired,
        laid_off,
        overtime * terms.hours_per_unit,
        regular,
        overtime,
        bought,
        inventory,
        backlog,
        cost,
    )


def _steady(workers: Array, opening: float) -> Array:
    """Workers of a bucket that differ from those before only by rounding are the same workers."""
    steady = np.concatenate([[opening], workers])
    tolerance = 1e-13 * magnitude(steady)
    for t in range(1, len(steady)):
        if abs(steady[t] - steady[t - 1]) <= tolerance:
            steady[t] = steady[t - 1]
    return steady[1:]


def _check_plan(terms: Terms, inventory: Array, backlog: Array) -> None:
    tolerance = _rounding(terms) * 10
    full = inventory > terms.max_inventory + tolerance
    if full.any():
        t = int(full.argmax())
        raise NoAnswerError(
            f"{terms.strategy} ends bucket {t + 1} with an inventory of {inventory[t]:g}, and max_inventory is "
            f"{terms.max_inventory[t]:g}.",
            "Raise max_inventory there or use the strategy OPTIMAL.",
        )
    allowed = np.full(len(backlog), 0.0 if terms.backlog_cost is None else np.inf)
    allowed[-1] = terms.ending_backlog
    late = (backlog > allowed + tolerance) | (inventory < 0)
    if late.any() or inventory[-1] < terms.ending_inventory - tolerance:
        t = int(late.argmax()) if late.any() else len(backlog) - 1
        raise NoAnswerError(
            f"{terms.strategy} ends bucket {t + 1} with a backlog of {backlog[t]:g} and an inventory of "
            f"{inventory[t]:g}, which the limits do not allow.",
            "Use the strategy OPTIMAL, or loosen ending_inventory or ending_backlog.",
        )
