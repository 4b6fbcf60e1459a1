"""Where demand, supply and money do not meet: one list, largest money first."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sop_xl.buckets import Horizon
from sop_xl.model import Array, Gap, Plan
from sop_xl.process import planning
from sop_xl.process.evidence import NOTHING, TOLERANCE, Evidence, apart, old_forecast, old_proposal
from sop_xl.process.moves import in_time

#: Stock below this part of its target is a gap; closer to it is the daily business of the planner.
FAR_BELOW = 0.5
BUDGET_TOLERANCE = 0.02


def find_gaps(plan: Plan, evidence: Evidence = NOTHING) -> list[Gap]:
    """All gaps of a plan, ordered by kind and money.

    Args:
        plan: the plan.
        evidence: without it, neither items that do not add up nor forecasts that are older than what they are made
            from are found.
    """
    return [
        *_capacity(plan),
        *_inventory(plan),
        *_target(plan),
        *_service(plan),
        *_budget(plan),
        *_hierarchy(plan, evidence),
        *_stale(plan, evidence),
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
    """Families that miss their budget by more than two per cent of it, over the buckets that have one.

    By revenue; where that is met or has no budget by margin, and then by quantity.
    """
    gaps = []
    for f, family in enumerate(plan.given.families):
        missed = budget_misses(plan, f)
        if not missed:
            continue
        (measure, (miss, part)), *others = missed.items()
        also = "".join(f", its {name} by {more:.1%}" for name, (_, more) in others)
        buckets = int((~np.isnan(_budgets(plan)[measure][0][f])).sum())
        gaps.append(
            Gap(
                "budget",
                family.code,
                None,
                -miss,
                family.unit if measure == "quantity" else "money",
                -miss if measure != "quantity" else _money(plan, f, -miss),
                family.demand_owner or "Finance",
                f"{family.code} misses its budgeted {measure} by {part:.1%} over {buckets} buckets{also}.",
            )
        )
    return sorted(gaps, key=lambda gap: np.nan_to_num(gap.value))


def budget_misses(plan: Plan, family: int) -> dict[str, tuple[float, float]]:
    """What a family misses of its budget: measure -> how much, and the part of the budget that is."""
    missed = {}
    for measure, (budget, value) in _budgets(plan).items():
        known = ~np.isnan(budget[family]) & ~np.isnan(value[family])
        total = float(budget[family][known].sum())
        miss = total - float(value[family][known].sum())
        if total > 0 and miss > BUDGET_TOLERANCE * total:
            missed[measure] = (miss, miss / total)
    return missed


def _budgets(plan: Plan) -> dict[str, tuple[Array, Array]]:
    given = plan.given
    return {
        "revenue": (given.budget_revenue, plan.revenue),
        "margin": (given.budget_margin, plan.margin),
        "quantity": (given.budget_quantity, plan.constrained_demand),
    }


def _hierarchy(plan: Plan, evidence: Evidence) -> list[Gap]:
    """Families whose items do not add up to their consensus demand, one per family and run of buckets."""
    given, gaps = plan.given, []
    ends = [bucket.end for bucket in given.horizon.planned]
    wrong = apart(plan, evidence)
    items = np.nan_to_num(plan.consensus_demand if evidence.items is None else evidence.items)
    for f, family in enumerate(given.families):
        for first, last in runs(wrong[f]):
            part = slice(first, last + 1)
            typed = evidence.typed is not None and bool(evidence.typed[f, part].any())
            difference = (items - plan.consensus_demand)[f, part]
            more, size = float(difference.sum()), float(np.abs(difference).sum())
            until = "" if first == last else _until(given.horizon, last)
            begin = given.horizon.words(given.horizon.planned[first])
            count = last - first + 1
            what = (
                f"The items of {family.code} add up to {abs(more):,.0f} {family.unit or 'units'} "
                f"{'more' if more > 0 else 'less'} than its demand in {begin}{until}: typed on Mix."
                if typed
                else f"The items of {family.code} cannot add up to its demand in {count} "
                f"bucket{'s' if count > 1 else ''} from {begin} on: none is on sale."
            )
            gaps.append(
                Gap(
                    "hierarchy",
                    family.code,
                    ends[first],
                    size,
                    family.unit,
                    _money(plan, f, size),
                    family.demand_owner or "Supply chain",
                    what,
                )
            )
    return sorted(gaps, key=lambda gap: -np.nan_to_num(gap.value))


def _stale(plan: Plan, evidence: Evidence) -> list[Gap]:
    """Families without a forecast for some planned bucket: the cycle moved on, the forecast did not.

    Beside evidence also those whose forecast or proposed production would be another if it were made now.
    """
    given, gaps = plan.given, []
    old, unfit = old_forecast(plan, evidence), old_proposal(plan, evidence)
    proposed = planning.propose(given, plan.consensus_demand) if unfit.any() else given.proposed_production
    for f, family in enumerate(given.families):
        missing = int(np.isnan(given.baseline[f]).sum())
        size, unit, value = float(missing), "buckets", float("nan")
        if missing:
            what = f"{family.code} has no forecast for {missing} planned buckets: run Forecast."
        elif old[f] and evidence.baseline is not None:
            change = evidence.baseline[f] - given.baseline[f]
            size, unit, value = float(np.abs(change).sum()), family.unit, _money(plan, f, float(change.sum()))
            what = (
                f"The forecast of {family.code} is older than what it is made from: a new one would be "
                f"{change.sum():+,.0f} {family.unit or 'units'} over the plan."
            )
        elif unfit[f]:
            free = np.isnan(given.production_override[f])
            change = np.where(free, proposed[f] - np.nan_to_num(given.proposed_production[f]), 0.0)
            size, unit, value = (
                float(np.abs(change).sum()),
                family.unit,
                float(change.sum()) * family.unit_cost,
            )
            what = (
                f"The proposed production of {family.code} is older than its demand or stock: a new one would be "
                f"{change.sum():+,.0f} {family.unit or 'units'} over the plan."
            )
        else:
            continue
        owner = family.demand_owner if missing or old[f] else family.supply_owner
        gaps.append(Gap("stale", family.code, None, size, unit, value, owner or "Supply chain", what))
    return gaps


def _until(horizon: Horizon, last: int) -> str:
    return f" to {horizon.words(horizon.planned[last])}".replace("to the week to", "to")
