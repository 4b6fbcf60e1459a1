"""Solve the joint plan with HiGHS and say what it comes to."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sop_xl.errors import ArgumentError, NoAnswerError
from sop_xl.supply.joint.conflicts import LARGE, Conflict, find_conflicts
from sop_xl.supply.joint.given import JointInput
from sop_xl.supply.joint.model import Model, build_model
from sop_xl.supply.rough_cut import extra_hours
from sop_xl.supply.shapes import Array

TOLERANCE = 1e-7
"""What the solver may miss a limit by, of a magnitude of one."""

MIP_GAP = 1e-4
"""How much of all cost a plan with lot minimums may lie above the best one."""

WINDOW = 3
"""Buckets whose lots are decided at once when there is no time for all."""

LEAST_SECONDS = 2.0
"""Time that every such window has, whatever the whole time is."""

GOOD_GAP = 0.01
"""A plan further from the best than this part of all cost is worth another search."""

COSTS = ("production", "ahead", "overtime", "subcontract", "holding", "late", "below_target")


@dataclass(frozen=True)
class JointPlan:
    """The least-cost plan of families that share resources. All arrays are units (families, buckets) or hours
    (resources, buckets).

    Attributes:
        net: on hand less owed, to stock; minus the order book, to order.
        on_hand: units on hand; zero for families made to order.
        late: units not delivered when due; to order: on order above the target.
        missing: hours that a resource lacks even with overtime and subcontracting; with ``excess`` it is zero
            unless the limits conflict, and then as little as can be.
        excess: units on hand above the inventory limit, or made before they were ordered.
        costs: money by kind. ``production`` is every unit made; ``ahead`` takes back what is made beyond
            demand, which is stock worth its unit cost (adds what falls short of it); ``late`` includes units
            unmet at the end.
        value_of_hour: money that one more hour of a resource saves in a bucket; NaN where capacity is not given
            or hours are missing. With lot minimums: while the same buckets produce.
        conflicts: why not everything can be met in time, or why limits are broken.
        gap: how far the plan may be from the best, as a fraction; zero without lot minimums.
    """

    production: Array
    net: Array
    on_hand: Array
    late: Array
    load: Array
    overtime: Array
    subcontract: Array
    missing: Array
    excess: Array
    costs: Mapping[str, float]
    value_of_hour: Array
    conflicts: tuple[Conflict, ...]
    gap: float

    @property
    def cost(self) -> float:
        """Money of all kinds."""
        return float(sum(self.costs.values()))


def joint_plan(given: JointInput, *, seconds: float = 20.0, explain: bool = True) -> JointPlan:
    """The plan of least cost for all families together.

    Fixed production, capacity with overtime and subcontracting, inventory limits, lot minimums, and making nothing
    to order before it is ordered are limits that hold; demand and targets are met as far as their price is worth
    it. Where the limits conflict, they are broken as little as possible (hours first), and `conflicts` say which.

    Args:
        given: families, resources, limits and prices.
        seconds: time for the search where lot minimums are given; the best plan so far is taken then.
        explain: whether to look for the conflicts behind late or broken limits.
    Returns:
        A `JointPlan`.
    Raises:
        ArgumentError: no time is given.
        NoAnswerError: no plan was found within the time.
    Source:
        Nahmias, Production and Operations Analysis, aggregate planning by linear programming; with several families
        and resources, Hax and Meal's hierarchy on its upper level.

    >>> from sop_xl.supply.joint.example import two_families
    >>> plan = joint_plan(two_families())
    >>> plan.production
    array([[60., 60., 50.],
           [40., 40., 60.]])
    >>> plan.value_of_hour
    array([[3., 4., 5.]])
    """
    if not seconds > 0:
        raise ArgumentError(f"seconds is {seconds:g}.", "Give some time, such as 20.")
    scaled, units, hours, money = given.scaled()
    answer = _answer(scaled, seconds)
    model, prices, gap = answer.model, answer.prices, answer.gap
    production = (
        _tidy(answer.x[model.block("production")].reshape(given.demand.shape), scaled) * units[:, None]
    )
    value = np.full(given.capacity.size, np.nan)
    # The row's marginal is what the cost changes by; more room never costs.
    value[model.rows] = np.maximum(-prices, 0.0) * money / hours[model.rows // given.capacity.shape[1]]
    plan = _account(given, production, value.reshape(given.capacity.shape), hours, units, gap)
    if explain and (plan.late.any() or plan.missing.any() or plan.excess.any()):
        plan = replace(plan, conflicts=find_conflicts(given))
    return plan


@dataclass(frozen=True)
class _Answer:
    """A model, its columns, the marginals of its capacity rows, and how far its cost may be from the least."""

    model: Model
    x: Array
    prices: Array
    gap: float

    @property
    def cost(self) -> float:
        return float(self.model.cost @ self.x) + self.model.constant


def _answer(scaled: JointInput, seconds: float) -> _Answer:
    """The best plan found.

    Lot minimums count only where a plan without them would fall short, cell after cell: a plan that keeps them
    where nobody asked is the best of all that do, and most cells never need a 0/1 column. When half the time is
    gone without one, all count; when that is no good, the buckets are decided window after window. The last plan
    that fell short tells how good the result is.
    """
    lots, half = np.zeros(scaled.demand.shape, dtype=bool), time.monotonic() + seconds / 2
    best: _Answer | None = None
    bound, model = 0.0, build_model(scaled, lots)
    while time.monotonic() < half or not lots.any():
        model = build_model(scaled, lots)
        left = max(half - time.monotonic(), 0.5)
        answer = _least_cost(model, left)
        if answer is None:
            model = _loosened(model, left)
            answer = _least_cost(model, left)
        if answer is None:
            break
        bound = max(bound, answer.cost * (1 - answer.gap))
        short = _below_lot(scaled, answer)
        if not short.any():
            best = answer
            break
        lots |= short
    if best is None:
        every = build_model(scaled)
        for name in ("missing", "excess"):
            every.upper[every.block(name)] = model.upper[model.block(name)]
        best = _least_cost(every, seconds / 2)
    if best is None or best.cost - bound > GOOD_GAP * abs(best.cost):
        other = _by_windows(model, seconds / 2)
        best = min((one for one in (best, other) if one), key=lambda one: one.cost, default=None)
    if best is None:
        raise NoAnswerError(
            f"No plan was found within {seconds:g} s.", "Give more time, or fewer lot minimums."
        )
    return replace(best, gap=max(0.0, 1 - bound / best.cost) if best.cost > 0 else best.gap)


def _below_lot(scaled: JointInput, answer: _Answer) -> NDArray[np.bool_]:
    made = answer.x[answer.model.block("production")].reshape(scaled.demand.shape)
    lot = np.nan_to_num(scaled.lot_minimum)[:, None]
    return scaled.free & (made > TOLERANCE) & (made < lot * (1 - 1e-6))


def _by_windows(like: Model, seconds: float) -> _Answer | None:
    """A plan that decides some buckets at a time which families produce: those before stay, those after are free
    of lots. Pochet and Wolsey, Production Planning by Mixed Integer Programming, relax-and-fix.

    Args:
        like: with the limits of ``missing`` and ``excess`` that count.
    """
    given = like.given
    buckets = given.demand.shape[1]
    decided = np.zeros(given.demand.shape)
    for first in range(0, buckets, WINDOW):
        window = np.arange(buckets) < first + WINDOW
        model = build_model(given, np.broadcast_to(window, given.demand.shape))
        for name in ("missing", "excess"):
            model.upper[model.block(name)] = like.upper[like.block(name)]
        lots = model.block("lots")
        before = model.lot_cells % buckets < first
        runs = decided.ravel()[model.lot_cells]
        model.lower[lots] = np.where(before, runs, 0.0)
        model.upper[lots] = np.where(before, runs, 1.0)
        found = _whole(model, model.cost, model.constant, max(seconds * WINDOW / buckets, LEAST_SECONDS))
        # Whoever produces nothing breaks no limit: what remains when a window takes too long.
        decided.ravel()[model.lot_cells] = runs if found.x is None else np.round(found.x[lots])
    model.lower[lots] = model.upper[lots] = decided.ravel()[model.lot_cells]
    found = _linear(model, model.cost, model.lower, model.upper)
    if found.x is None:
        return None
    return _Answer(model, found.x, found.ineqlin.marginals[: len(model.rows)], 1.0)


def _least_cost(model: Model, seconds: float) -> _Answer | None:
    """The plan of least cost; None where no plan keeps all limits."""
    lower, upper, gap = model.lower, model.upper, 0.0
    if len(model.lot_cells):
        found = _whole(model, model.cost, model.constant, seconds)
        if found.x is None:
            return None
        gap = float(found.mip_gap or 0.0)
        # The same buckets produce; what an hour is worth there is a question to a linear plan.
        runs = np.round(found.x[model.block("lots")])
        lower, upper = lower.copy(), upper.copy()
        lower[model.block("lots")] = upper[model.block("lots")] = runs
    found = _linear(model, model.cost, lower, upper)
    if found.x is None:
        return None
    return _Answer(model, found.x, found.ineqlin.marginals[: len(model.rows)], gap)


def _linear(model: Model, cost: Array, lower: Array, upper: Array) -> Any:
    from scipy.optimize import linprog
    from scipy.sparse import vstack

    # The interior-point method, which ends in a corner too, is several times quicker on large models.
    methods = ("highs-ipm", "highs-ds") if len(model.change) > LARGE else ("highs-ds",)
    for method in methods:
        found = linprog(
            cost,
            A_ub=vstack([model.capacity, model.lots], format="csr"),
            b_ub=np.concatenate([model.room, np.zeros(model.lots.shape[0])]),
            A_eq=model.balance,
            b_eq=model.change,
            bounds=np.column_stack([lower, upper]),
            method=method,
            options={"primal_feasibility_tolerance": 1e-9},
        )
        if found.status in (0, 2):
            return found
    raise NoAnswerError(f"The solver stopped: {found.message}", "Look for numbers of very different size.")


def _whole(model: Model, cost: Array, constant: float, seconds: float) -> Any:
    """The answer of the search, with one more column that holds the ``constant``: the gap is one of all cost."""
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array, hstack, vstack

    whole = np.zeros(len(cost) + 1)
    whole[model.block("lots")] = 1
    matrix = vstack([model.balance, model.capacity, model.lots], format="csr")
    low = np.concatenate([model.change, np.full(len(model.room) + model.lots.shape[0], -np.inf)])
    high = np.concatenate([model.change, model.room, np.zeros(model.lots.shape[0])])
    return milp(
        np.append(cost, constant),
        integrality=whole,
        bounds=Bounds(np.append(model.lower, 1.0), np.append(model.upper, 1.0)),
        constraints=LinearConstraint(
            hstack([matrix, csr_array((matrix.shape[0], 1))], format="csr"), low, high
        ),
        options={"time_limit": seconds, "mip_rel_gap": MIP_GAP},
    )


def _loosened(model: Model, seconds: float) -> Model:
    """The model with as many missing hours and as much excess as it takes, and no more."""
    upper, breach = model.upper.copy(), np.zeros(len(model.cost))
    for name in ("missing", "excess"):
        upper[model.block(name)] = np.inf
        breach[model.block(name)] = 1.0
    open_ = replace(model, upper=upper)
    found = (
        _whole(open_, breach, 0.0, seconds)
        if len(model.lot_cells)
        else _linear(open_, breach, model.lower, upper)
    )
    if found.x is not None:
        broken = breach > 0
        most = found.x[: len(broken)]
        taken = np.where(most > TOLERANCE, most * (1 + 1e-9) + 1e-9, 0.0)
        upper = np.where(broken, taken, upper)
    return replace(model, upper=upper)


def _tidy(production: Array, scaled: JointInput) -> Array:
    """Without the noise of the solver: fixed cells as given, next to nothing as nothing."""
    made = np.where(np.abs(production) < TOLERANCE, 0.0, np.maximum(production, 0.0))
    lot = np.nan_to_num(scaled.lot_minimum)[:, None]
    made = np.where((made > 0) & (made < lot) & (made > lot * (1 - 1e-6)), lot, made)
    return np.where(scaled.free, made, scaled.fixed)


def _account(
    given: JointInput, production: Array, value: Array, hours: Array, units: Array, gap: float
) -> JointPlan:
    """Everything that follows from the production, so that every identity holds exactly."""
    stock, noise = given.to_stock[:, None], units[:, None] * 1e-6
    net, load = given.net(production), given.load(production)
    overtime, subcontract, missing = extra_hours(
        load,
        given.capacity,
        given.overtime_limit,
        given.overtime_cost,
        given.subcontract_limit,
        given.subcontract_cost,
    )
    # What is left of a load that the solver takes as carried is noise; it is no hour that somebody lacks.
    little = hours[:, None] * 1e-6
    missing = np.where(missing > little, missing, 0.0)
    overtime, subcontract = (np.where(part > little, part, 0.0) for part in (overtime, subcontract))
    late = np.maximum(given.due - net, 0.0)
    late = np.where(late > noise, late, 0.0)
    excess = np.maximum(net - given.limit, 0.0)
    excess = np.where(excess > noise, excess, 0.0)
    on_hand = np.where(stock, np.maximum(net, 0.0), 0.0)
    kept = np.where(stock, on_hand, np.maximum(net - given.due, 0.0))
    below = np.where(stock, np.maximum(given.target - on_hand, 0.0), 0.0)
    late_cost = (given.backorder_cost[:, None] * late).sum() + (given.unmet_cost * late[:, -1]).sum()
    costs = {
        "production": (given.unit_cost[:, None] * production).sum(),
        "ahead": (given.unit_cost[:, None] * (given.demand - production)).sum(),
        "overtime": (given.overtime_cost * overtime).sum(),
        "subcontract": (given.subcontract_cost * subcontract).sum(),
        "holding": (given.holding_cost[:, None] * kept).sum(),
        "late": late_cost,
        "below_target": (given.below_target_cost[:, None] * below).sum(),
    }
    return JointPlan(
        production=production,
        net=net,
        on_hand=on_hand,
        late=late,
        load=load,
        overtime=overtime,
        subcontract=subcontract,
        missing=missing,
        excess=excess,
        costs={kind: float(costs[kind]) for kind in COSTS},
        value_of_hour=np.where(missing > 0, np.nan, value),
        conflicts=(),
        gap=gap,
    )
