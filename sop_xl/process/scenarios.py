"""Scenarios: the plan as it would be under rules, and what would be different.

The forecast stays; rules change demand, capacity, prices and costs; supply is proposed again for what follows, the
families planned together at least cost too. Nothing here changes the plan itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sop_xl.model import Array, Plan, PlanInput
from sop_xl.process import planning
from sop_xl.process.moves import missed_in_time
from sop_xl.process.rules import LARGEST, Rule

#: A demand that misses what a rule wants by more than this part of it needs an override.
EXACT = 1e-12
#: Arrays of a plan that follow from prices and costs, (families, planned).
MONEY = (
    "revenue",
    "cogs",
    "margin",
    "inventory_value",
    "demand_value",
    "production_cost",
    "holding_cost",
    "backorder_cost",
)


@dataclass(frozen=True)
class Changed:
    """What a plan is made from, after rules.

    Attributes:
        given: demand and capacity as changed; its families hold the prices and costs from before.
        price, unit_cost: money per unit, (families, planned); NaN where not given.
    """

    given: PlanInput
    price: Array
    unit_cost: Array

    @classmethod
    def from_plan(cls, given: PlanInput) -> Changed:
        """Nothing changed yet."""
        count = given.shape[1]
        price, cost = (np.tile(given.of_families(key)[:, None], count) for key in ("price", "unit_cost"))
        return cls(given, price, cost)


def apply_rules(given: PlanInput, rules: Iterable[Rule]) -> Changed:
    """What is given once every rule has been applied, in their order.

    Raises:
        ArgumentError: a rule names what is not in the plan, changes what is not given, or goes below zero.
    """
    changed = Changed.from_plan(given)
    for rule in rules:
        changed = _APPLY[rule.what](changed, rule)
    return changed


def plan_scenario(given: PlanInput, rules: Sequence[Rule]) -> ScenarioPlan:
    """The whole plan under rules; without rules the plan as it is.

    Raises:
        ArgumentError: as `apply_rules`.
    """
    changed = apply_rules(given, rules)
    given = changed.given
    if rules:
        # Families that are planned together at least cost know one price: that of the plan on average.
        given = planning.with_proposal(_at(given, _average(changed.price), _average(changed.unit_cost)))
    parts = [(planning.build(_at(given, price, cost)), where) for price, cost, where in _spans(changed)]
    return ScenarioPlan(changed, _spliced(parts), tuple(parts))


@dataclass(frozen=True)
class ScenarioPlan:
    """The plan of a scenario.

    Attributes:
        plan: every bucket at its own prices.
        parts: the plan at the prices of some buckets, and which those are, (planned,).
    """

    changed: Changed
    plan: Plan
    parts: tuple[tuple[Plan, NDArray[np.bool_]], ...]


def proposals_are_stale(given: PlanInput) -> bool:
    """Whether planning supply again would propose something else than what stands in the plan."""
    fresh = planning.with_proposal(given).proposed_production
    scale = float(np.abs(fresh).max(initial=1.0))
    return not np.allclose(np.nan_to_num(given.proposed_production), fresh, rtol=1e-6, atol=1e-6 * scale)


def not_in_a_workbook(changed: Changed, rules: Iterable[Rule]) -> list[str]:
    """What a workbook has no place for, in sentences: prices and costs that change within the plan."""
    found = []
    for what, values in (("price", changed.price), ("cost", changed.unit_cost)):
        moving = ~_same(values, values[:, :1]).all(axis=1)
        codes = [changed.given.families[int(f)].code for f in np.flatnonzero(moving)]
        texts = [rule.text for rule in rules if rule.what == what and (rule.first or rule.last)]
        if codes:
            found.append(
                f"{', '.join(codes)}: tblFamilies holds one {what} for the whole plan; '{'; '.join(texts)}' changes "
                "it within the plan."
            )
    return found


# ---- applying one rule ------------------------------------------------------------------------------------


def _demand(changed: Changed, rule: Rule) -> Changed:
    given = changed.given
    before = planning.demand_of(given)
    wanted = _new(rule, before, [family.code for family in given.families], given)
    touched = _touched(rule, [family.code for family in given.families], given)
    touched &= wanted != before
    free = (
        touched & np.isnan(given.sales_override) & np.isnan(given.marketing_override) & (rule.kind != "set")
    )
    by_event = replace(
        given,
        event_quantity=np.where(
            free, np.nan_to_num(given.event_quantity) + wanted - before, given.event_quantity
        ),
    )
    # Events never take more than the baseline, and say nothing where there is none: an override does.
    missed = np.abs(planning.demand_of(by_event) - wanted) > EXACT * np.maximum(np.abs(wanted), 1.0)
    typed = touched & (~free | missed)
    return replace(
        changed,
        given=replace(
            given,
            event_quantity=np.where(typed, given.event_quantity, by_event.event_quantity),
            marketing_override=np.where(typed, wanted, given.marketing_override),
        ),
    )


def _capacity(changed: Changed, rule: Rule) -> Changed:
    given = changed.given
    codes = [resource.code for resource in given.resources]
    return replace(changed, given=replace(given, capacity=_new(rule, given.capacity, codes, given)))


def _price(changed: Changed, rule: Rule) -> Changed:
    codes = [family.code for family in changed.given.families]
    return replace(changed, price=_new(rule, changed.price, codes, changed.given))


def _cost(changed: Changed, rule: Rule) -> Changed:
    codes = [family.code for family in changed.given.families]
    return replace(changed, unit_cost=_new(rule, changed.unit_cost, codes, changed.given))


_APPLY = {"demand": _demand, "capacity": _capacity, "price": _price, "cost": _cost}


def _touched(rule: Rule, codes: list[str], given: PlanInput) -> NDArray[np.bool_]:
    rows = np.zeros(len(codes), dtype=bool)
    rows[rule.rows(codes)] = True
    return np.asarray(rows[:, None] & rule.columns(given.horizon), dtype=bool)


def _new(rule: Rule, before: Array, codes: list[str], given: PlanInput) -> Array:
    """The numbers after a rule; what is not given stays so, unless the rule sets it."""
    touched = _touched(rule, codes, given)
    missing = touched & np.isnan(before)
    if rule.kind != "set" and touched.any() and (missing == touched).all():
        raise rule.wrong(f"no {rule.what} is given there.", "Give it in the workbook, or set it to a number.")
    after = np.where(touched, rule.of(before), before)
    if (touched & (after > LARGEST)).any():
        raise rule.wrong(f"the {rule.what} would be too large to be meant.", "Check the change.")
    low = touched & (after < 0)
    if low.any():
        row, bucket = np.argwhere(low)[0]
        raise rule.wrong(
            f"the {rule.what} of {codes[row]} would be {after[row, bucket]:,.6g} in the bucket that ends "
            f"{given.horizon.planned[bucket].end}.",
            "Take away less, or set it to 0.",
        )
    return after


# ---- prices that change within the plan ---------------------------------------------------------------------


def _average(values: Array) -> Array:
    # The mean of equal numbers need not be that number.
    return np.where((values == values[:, :1]).all(axis=1), values[:, 0], values.mean(axis=1))


def _at(given: PlanInput, price: Array, unit_cost: Array) -> PlanInput:
    families = tuple(
        replace(family, price=float(price[f]), unit_cost=float(unit_cost[f]))
        for f, family in enumerate(given.families)
    )
    return replace(given, families=families)


def _spans(changed: Changed) -> Iterator[tuple[Array, Array, NDArray[np.bool_]]]:
    """Prices and costs that hold together, and in which buckets, (planned,)."""
    both = np.vstack([changed.price, changed.unit_cost])
    count, height = both.shape[1], len(changed.price)
    done = np.zeros(count, dtype=bool)
    for t in range(count):
        if not done[t]:
            same = np.asarray(_same(both, both[:, t : t + 1]).all(axis=0), dtype=bool)
            done |= same
            yield both[:height, t], both[height:, t], same


def _same(left: Array, right: Array) -> NDArray[np.bool_]:
    """Where numbers are equal, or neither is given."""
    return np.asarray((left == right) | (np.isnan(left) & np.isnan(right)), dtype=bool)


def _spliced(parts: Sequence[tuple[Plan, NDArray[np.bool_]]]) -> Plan:
    """Units are the same in every part; money is that of each bucket's part."""
    plan = parts[0][0]
    money = {name: getattr(plan, name).copy() for name in MONEY}
    for part, where in parts[1:]:
        for name, values in money.items():
            values[:, where] = getattr(part, name)[:, where]
    return replace(plan, **money)


# ---- figures ------------------------------------------------------------------------------------------------


class Figures(NamedTuple):
    """Figures of a plan over all its buckets: one per family and then the total, (families + 1,).

    Attributes:
        demand, shipped: units; the total is NaN where families have different units.
        hours_short: units of the resources, total only.
        revenue, margin: money.
        costs: holding and backorders; the total also overtime and subcontracting.
        result: margin less these costs.
        service: part of the demand that stock ships in the bucket it is wanted; NaN for make to order.
        inventory: average stock at the end of a bucket in units, shortages as none.
        inventory_value: the same at cost.
    """

    demand: Array
    shipped: Array
    hours_short: Array
    revenue: Array
    margin: Array
    costs: Array
    result: Array
    service: Array
    inventory: Array
    inventory_value: Array


def figures_of(plan: Plan) -> Figures:
    """What a plan comes to."""
    given, to_stock = plan.given, plan.given.to_stock
    units = {family.unit.lower() for family in given.families}

    def of_units(values: Array) -> Array:
        return np.append(values, np.nansum(values) if len(units) == 1 else np.nan)

    extra = float(np.nansum(plan.overtime_cost) + np.nansum(plan.subcontract_cost))
    costs = np.nansum(plan.holding_cost, axis=1) + np.nansum(plan.backorder_cost, axis=1)
    costs = np.append(costs, costs.sum() + extra)
    margin = _money(plan.margin)
    wanted = plan.consensus_demand.sum(axis=1)
    missed = np.where(
        to_stock, [missed_in_time(np.nan_to_num(stock)) for stock in plan.projected_inventory], np.nan
    )
    stocked = np.where(to_stock, wanted, 0.0)
    pairs = np.append(missed, np.nansum(missed)), np.append(stocked, stocked.sum())
    stock = np.maximum(plan.projected_inventory, 0.0).mean(axis=1)
    value = plan.inventory_value.mean(axis=1)
    none = np.full(len(given.families), np.nan)
    return Figures(
        demand=of_units(wanted),
        shipped=of_units(plan.constrained_demand.sum(axis=1)),
        hours_short=np.append(none, plan.short.sum()),
        revenue=_money(plan.revenue),
        margin=margin,
        costs=costs,
        result=np.nan_to_num(margin) - costs,
        service=np.where(pairs[1] > 0, 1.0 - pairs[0] / np.where(pairs[1] > 0, pairs[1], 1.0), np.nan),
        inventory=of_units(stock),
        inventory_value=np.append(value, np.nan if np.isnan(value).all() else np.nansum(value)),
    )


def _money(values: Array) -> Array:
    """Sums by family and of all; NaN where nothing is known."""
    known = ~np.isnan(values)
    sums = np.where(known.any(axis=1), np.nansum(values, axis=1), np.nan)
    return np.append(sums, np.nansum(sums) if known.any() else np.nan)


def differences(figures: Figures, reference: Figures) -> Figures:
    """Figures less those they are compared with."""
    return Figures(*(mine - theirs for mine, theirs in zip(figures, reference, strict=True)))


def same_plan(left: Plan, right: Plan, exact: float = 1e-9) -> bool:
    """Whether two plans are equal in every number, relative to the largest of its kind."""
    for part in fields(Plan):
        if part.name != "given":
            mine, theirs = getattr(left, part.name), getattr(right, part.name)
            known = np.abs(theirs[~np.isnan(theirs)])
            scale = float(known.max(initial=1.0))
            if not np.allclose(mine, theirs, rtol=exact, atol=exact * scale, equal_nan=True):
                return False
    return True
