"""Where demand, supply and money do not meet: one list, largest money first."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sop_xl.buckets import Horizon
from sop_xl.model import Gap, Plan
from sop_xl.process.moves import in_time

#: Stock below this part of its target is a gap; closer to it is the daily business of the planner.
FAR_BELOW = 0.5
#: A gap smaller than this part of what it is measured against is noise.
TOLERANCE = 1e-6
BUDGET_TOLERANCE = 0.02


def find_gaps(plan: Plan) -> list[Gap]:
    """All gaps of a plan, ordered by kind and money."""
    return [
        *_capacity(plan),
        *_inventory(plan),
        *_target(plan),
        *_service(plan),
        *_budget(plan),
        *_stale(plan),
    ]


def _money(plan: Plan, family: int, units: float) -> float:
    return units * plan.given.families[family].price


def _capacity(plan: Plan) -> list[Gap]:
    given, gaps = plan.given, []
    for r, t in zip(
        *np.nonzero(plan.short > TOLERANCE * np.nan_to_num(given.capacity, nan=1.0)), strict=True
    ):
        resource, short = given.resources[r], float(plan.short[r, t])
        relief = resource.overtime_limit - float(np.nan_to_num(given.overtime[r, t]))
        help_ = (
            "no overtime limit is given"
            if np.isnan(relief)
            else (
                f"overtime gives up to {relief:,.0f} {resource.unit}" if relief > 0 else "overtime is used up"
            )
        )
        gaps.append(
            Gap(
                "capacity",
                resource.code,
                given.horizon.planned[t].end,
                short,
                resource.unit,
                _value_of_hours(plan, int(r), int(t), short),
                "Operations",
                f"{resource.code} is at {plan.utilization[r, t]:.0%}: {short:,.1f} {resource.unit} short; {help_}.",
            )
        )
    return sorted(gaps, key=lambda gap: -gap.size)


def _value_of_hours(plan: Plan, resource: int, bucket: int, short: float) -> float:
    """Revenue of the production that does not fit, at the mix that loads the resource in that bucket."""
    total, revenue = 0.0, 0.0
    for line in plan.given.bill:
        if line.resource == resource and bucket + line.offset < plan.given.shape[1]:
            units = float(plan.production_plan[line.family, bucket + line.offset])
            total += units * line.hours
            revenue += units * plan.given.families[line.family].price
    return short / total * revenue if total > 0 else float("nan")


def _inventory(plan: Plan) -> list[Gap]:
    """Shortages, one per family and run of buckets below zero."""
    given, gaps = plan.given, []
    for f, family in enumerate(given.families):
        for first, last in runs(plan.projected_inventory[f] < -TOLERANCE):
            part = plan.projected_inventory[f, first : last + 1]
            lowest = float(-part.min())
            ends = [bucket.end for bucket in given.horizon.planned]
            until = "" if first == last else _until(given.horizon, last)
            gaps.append(
                Gap(
                    "inventory",
                    family.code,
                    ends[first],
                    lowest,
                    family.unit,
                    _money(plan, f, lowest),
                    family.supply_owner or "Operations",
                    f"{family.code} runs out in {given.horizon.words(given.horizon.planned[first])}{until}: "
                    f"up to {lowest:,.0f} {family.unit} short.",
                )
            )
    return sorted(gaps, key=lambda gap: -np.nan_to_num(gap.value))


def _target(plan: Plan) -> list[Gap]:
    """Stock that falls far below its target without running out, one per family and run of buckets."""
    given, gaps = plan.given, []
    for f, family in enumerate(given.families):
        for first, last in runs(far_below(plan)[f]):
            part = slice(first, last + 1)
            missing = float((plan.target_inventory[f, part] - plan.projected_inventory[f, part]).max())
            ends = [bucket.end for bucket in given.horizon.planned]
            until = "" if first == last else _until(given.horizon, last)
            gaps.append(
                Gap(
                    "target",
                    family.code,
                    ends[first],
                    missing,
                    family.unit,
                    missing * family.unit_cost,
                    family.supply_owner or "Operations",
                    f"{family.code} is below half of its target stock in "
                    f"{given.horizon.words(given.horizon.planned[first])}{until}: "
                    f"up to {missing:,.0f} {family.unit} missing.",
                )
            )
    return sorted(gaps, key=lambda gap: -np.nan_to_num(gap.value))


def far_below(plan: Plan) -> NDArray[np.bool_]:
    """Where stock is there but far below its target, (families, planned)."""
    inventory, target = plan.projected_inventory, plan.target_inventory
    flags: NDArray[np.bool_] = (inventory >= -TOLERANCE) & (inventory < FAR_BELOW * target - TOLERANCE)
    return flags


def runs(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First and last position of each run of true flags.

    >>> runs(np.array([False, True, True, False, True]))
    [(1, 2), (4, 4)]
    """
    found: list[tuple[int, int]] = []
    for position in np.flatnonzero(flags):
        if found and position == found[-1][1] + 1:
            found[-1] = (found[-1][0], int(position))
        else:
            found.append((int(position), int(position)))
    return found


def _service(plan: Plan) -> list[Gap]:
    """Families that ship less than their service target over the plan."""
    given, gaps = plan.given, []
    for f, family in enumerate(given.families):
        demand = float(plan.consensus_demand[f].sum())
        if np.isnan(family.service_target) or demand <= 0 or family.make == "MTO":
            continue
        late = float(np.maximum(-plan.projected_inventory[f], 0.0).max())
        service = in_time(plan.projected_inventory[f], plan.consensus_demand[f])
        if late > 0 and service < family.service_target - TOLERANCE:
            units = (family.service_target - service) * demand
            gaps.append(
                Gap(
                    "service",
                    family.code,
                    None,
                    units,
                    family.unit,
                    _money(plan, f, units),
                    family.demand_owner or "Sales",
                    f"{family.code} ships {service:.1%} of its demand in time; "
                    f"the target is {family.service_target:.1%}.",
                )
            )
    return gaps


def _budget(plan: Plan) -> list[Gap]:
    """Families whose revenue over the budgeted buckets misses the budget by more than two per cent."""
    given, gaps = plan.given, []
    for f, family in enumerate(given.families):
        known = ~np.isnan(given.budget_revenue[f]) & ~np.isnan(plan.revenue[f])
        budget = float(given.budget_revenue[f][known].sum())
        if budget <= 0:
            continue
        miss = float(plan.revenue[f][known].sum()) - budget
        if miss < -BUDGET_TOLERANCE * budget:
            gaps.append(
                Gap(
                    "budget",
                    family.code,
                    None,
                    miss,
                    "money",
                    miss,
                    family.demand_owner or "Finance",
                    f"{family.code} misses its budgeted revenue by {-miss / budget:.1%} "
                    f"over {int(known.sum())} buckets.",
                )
            )
    return sorted(gaps, key=lambda gap: gap.value)


def _stale(plan: Plan) -> list[Gap]:
    """Families without a forecast for some planned bucket: the cycle moved on, the forecast did not."""
    given, gaps = plan.given, []
    for f, family in enumerate(given.families):
        missing = int(np.isnan(given.baseline[f]).sum())
        if missing:
            gaps.append(
                Gap(
                    "stale",
                    family.code,
                    None,
                    float(missing),
                    "buckets",
                    float("nan"),
                    family.demand_owner or "Supply chain",
                    f"{family.code} has no forecast for {missing} planned buckets: run Forecast.",
                )
            )
    return gaps


def _until(horizon: Horizon, last: int) -> str:
    return f" to {horizon.words(horizon.planned[last])}".replace("to the week to", "to")
