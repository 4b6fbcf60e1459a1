"""Solve the joint plan with HiGHS and say what it comes to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sop_xl.errors import NoAnswerError
from sop_xl.supply.joint.conflicts import LARGE, Conflict, find_conflicts
from sop_xl.supply.joint.given import JointInput
from sop_xl.supply.joint.model import Model, build_model
from sop_xl.supply.rough_cut import extra_hours
from sop_xl.supply.shapes import Array

TOLERANCE = 1e-7
"""What the solver may miss a limit by, of a magnitude of one."""

MIP_GAP = 1e-6
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


def joint_plan(given: JointInput, *, seconds: float = 60.0, explain: bool = True) -> JointPlan:
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
    scaled, units, hours, money = given.scaled()
    model = build_model(scaled)
    answer = _least_cost(model, seconds)
    if answer is None:
        answer = _least_cost(_loosened(model, seconds), seconds)
    if answer is None:
        raise NoAnswerError(
            f"No plan was found within {seconds:g} s.", "Give more time, or fewer lot minimums."
        )
    x, prices, gap = answer
    production = _tidy(x[model.block("production")].reshape(given.demand.shape), scaled) * units[:, None]
    value = np.full(given.capacity.size, np.nan)
    # The row's marginal is what the cost changes by; more room never costs.
    value[model.rows] = np.maximum(-prices, 0.0) * money / hours[model.rows // given.capacity.shape[1]]
    plan = _account(given, production, value.reshape(given.capacity.shape), hours, units, gap)
    if explain and (plan.late.any() or plan.missing.any() or plan.excess.any()):
        plan = replace(plan, conflicts=find_conflicts(given))
    return plan


def _least_cost(model: Model, seconds: float) -> tuple[Array, Array, float] | None:
    """Columns, marginals of the capacity rows and the gap; None where no plan keeps all limits."""
    lower, upper, gap = model.lower, model.upper, 0.0
    if len(model.lot_cells):
        found = _whole(model, model.cost, seconds)
        if found.x is None:
            return None
        gap = float(found.mip_gap or 0.0)
        # The same buckets produce; what an hour is worth there is a question to a linear plan.
        runs = np.round(found.x[model.block("lots")])
        lower, upper = lower.copy(), upper.copy()
        lower[model.block("lots")] = upper[model.block("lots")] = runs
    found = _linear(model, model.cost, lower, upper)
    return None if found.x is None else (found.x, found.ineqlin.marginals[: len(model.rows)], gap)


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


def _whole(model: Model, cost: Array, seconds: float) -> Any:
    from scipy.optimize import Bounds, LinearConstraint, milp

    whole = np.zeros(len(cost))
    whole[model.block("lots")] = 1
    return milp(
        cost,
        integrality=whole,
        bounds=Bounds(model.lower, model.upper),
        constraints=[
            LinearConstraint(model.balance, model.change, model.change),
            LinearConstraint(model.capacity, -np.inf, model.room),
            LinearConstraint(model.lots, -np.inf, 0.0),
        ],
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
        _whole(open_, breach, seconds) if len(model.lot_cells) else _linear(open_, breach, model.lower, upper)
    )
    if found.x is not None:
        broken = breach > 0
        taken = np.where(found.x > TOLERANCE, found.x * (1 + 1e-9) + 1e-9, 0.0)
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
