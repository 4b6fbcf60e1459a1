"""The joint plan of docs/supply-model.md written for PuLP and for linopy, as somebody who uses them would."""

from __future__ import annotations

import time
from typing import Any, NamedTuple

import numpy as np


class Run(NamedTuple):
    """Seconds from arrays to a model, seconds of the solver (NaN where it was not asked), least cost."""

    build: float
    solve: float
    cost: float


def parts(case: Any) -> dict[str, Any]:
    """What the model is made of, in the words of the page."""
    stock = case.to_stock[:, None]
    limit = np.where(stock, np.nan_to_num(case.inventory_limit, nan=np.inf)[:, None], case.target)
    goal = np.where(stock, np.minimum(case.target, limit), 0.0)
    book = np.where(stock, 0.0, case.target)
    change = -case.demand + np.diff(book, axis=1, prepend=0.0)
    change[:, 0] += np.where(case.to_stock, case.opening, -case.opening)
    below = np.where(case.to_stock, case.below_target_cost, 0.0)[:, None] * np.ones_like(case.demand)
    late = case.backorder_cost[:, None] * np.ones_like(case.demand)
    late[:, -1] += case.unmet_cost
    constant = float((below * case.target * stock).sum() + (case.unit_cost[:, None] * case.demand).sum())
    return {
        "goal": goal,
        "above": limit - goal,
        "change": change,
        "below": below,
        "late": late,
        "holding": case.holding_cost[:, None] * np.ones_like(case.demand),
        "constant": constant,
    }


def pulp(case: Any, solve: bool) -> Run:
    """PuLP with its own CBC."""
    import pulp as lp

    started = time.perf_counter()
    p = parts(case)
    (F, T), R = case.demand.shape, len(case.capacity)
    model = lp.LpProblem("joint", lp.LpMinimize)
    cells = [(f, t) for f in range(F) for t in range(T)]
    slots = [(r, t) for r in range(R) for t in range(T)]

    def bounded(name: str, places: Any, upper: Any) -> dict[Any, Any]:
        return {
            (i, t): lp.LpVariable(f"{name}_{i}_{t}", 0, None if np.isinf(upper[i, t]) else float(upper[i, t]))
            for i, t in places
        }

    free = np.full((F, T), np.inf)
    made, late = bounded("production", cells, free), bounded("late", cells, free)
    goal, above = bounded("goal", cells, p["goal"]), bounded("above", cells, p["above"])
    overtime = bounded("overtime", slots, np.nan_to_num(case.overtime_limit))
    subcontract = bounded("subcontract", slots, np.nan_to_num(case.subcontract_limit))
    model += lp.lpSum(
        [(p["holding"][c] - p["below"][c]) * goal[c] for c in cells]
        + [p["holding"][c] * above[c] + p["late"][c] * late[c] for c in cells]
        + [case.overtime_cost[s] * overtime[s] + case.subcontract_cost[s] * subcontract[s] for s in slots]
    )
    for f, t in cells:
        position = goal[f, t] + above[f, t] - late[f, t] - made[f, t]
        if t:
            position -= goal[f, t - 1] + above[f, t - 1] - late[f, t - 1]
        model += position == float(p["change"][f, t])
    loads: dict[Any, list[Any]] = {slot: [] for slot in slots}
    for f, r, offset, hours in case.profile:
        for t in range(int(offset), T):
            loads[int(r) - 1, t - int(offset)].append(hours * made[int(f) - 1, t])
    for s in slots:
        room = float(case.capacity[s] - case.given_load[s])
        model += lp.lpSum(loads[s]) - overtime[s] - subcontract[s] <= room
    build = time.perf_counter() - started
    if not solve:
        return Run(build, float("nan"), float("nan"))
    started = time.perf_counter()
    model.solve(lp.PULP_CBC_CMD(msg=False))
    return Run(build, time.perf_counter() - started, lp.value(model.objective) + p["constant"])


def linopy(case: Any, solve: bool) -> Run:
    """linopy with HiGHS; building ends with the matrices that the solver is given."""
    import linopy as lp
    import pandas as pd
    import xarray as xr

    started = time.perf_counter()
    p = parts(case)
    (F, T), R = case.demand.shape, len(case.capacity)
    family, bucket = pd.RangeIndex(F, name="family"), pd.RangeIndex(T, name="bucket")
    resource = pd.RangeIndex(R, name="resource")
    model = lp.Model()

    def grid(values: Any, index: Any = family) -> Any:
        return xr.DataArray(np.asarray(values, dtype=float), coords=[index, bucket])

    made = model.add_variables(0, coords=[family, bucket], name="production")
    late = model.add_variables(0, coords=[family, bucket], name="late")
    goal = model.add_variables(0, grid(p["goal"]), name="goal")
    above = model.add_variables(0, grid(p["above"]), name="above")
    overtime = model.add_variables(0, grid(np.nan_to_num(case.overtime_limit), resource), name="overtime")
    subcontract = model.add_variables(
        0, grid(np.nan_to_num(case.subcontract_limit), resource), name="subcontract"
    )
    position = goal + above - late
    model.add_constraints(position - position.shift(bucket=1) - made == grid(p["change"]), name="balance")
    load: Any = -1 * overtime - subcontract
    for offset in np.unique(case.profile[:, 2]).astype(int):
        lines = case.profile[case.profile[:, 2] == offset]
        owner = xr.DataArray(lines[:, 1].astype(int) - 1, dims="line", name="resource")
        hours = xr.DataArray(lines[:, 3], dims="line")
        ahead = made.isel(family=xr.DataArray(lines[:, 0].astype(int) - 1, dims="line")).shift(bucket=-offset)
        load = load + (ahead * hours).drop_vars("family", errors="ignore").groupby(owner).sum()
    model.add_constraints(load <= grid(case.capacity - case.given_load, resource), name="capacity")
    model.add_objective(
        ((grid(p["holding"]) - grid(p["below"])) * goal).sum()
        + (grid(p["holding"]) * above + grid(p["late"]) * late).sum()
        + (grid(case.overtime_cost, resource) * overtime).sum()
        + (grid(case.subcontract_cost, resource) * subcontract).sum()
    )
    matrices = model.matrices
    _ = matrices.A, matrices.b, matrices.c, matrices.lb, matrices.ub
    build = time.perf_counter() - started
    if not solve:
        return Run(build, float("nan"), float("nan"))
    started = time.perf_counter()
    model.solve(solver_name="highs", io_api="direct", progress=False, output_flag=False)
    return Run(build, time.perf_counter() - started, float(model.objective.value) + p["constant"])
