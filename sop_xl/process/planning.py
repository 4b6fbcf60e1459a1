"""One plan from its input: demand, then supply, then capacity and money."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sop_xl.demand.consensus import consensus
from sop_xl.demand.events import event_effect
from sop_xl.finance.plan_cost import plan_cost
from sop_xl.model import Array, Plan, PlanInput
from sop_xl.supply import inventory as stock
from sop_xl.supply.costs import HOLDING_RATE, costs_of, spare_extra
from sop_xl.supply.joint import JointInput, JointPlan, joint_plan
from sop_xl.supply.proposal import propose_to_order, propose_to_stock
from sop_xl.supply.rough_cut import resource_profile

DAYS_A_WEEK = 5


def events_of(given: PlanInput, baseline: Array) -> Array:
    """What the coming events add, (families, planned); nothing where there is no baseline yet (NaN)."""
    effect = event_effect(np.nan_to_num(baseline), given.event_factor, given.event_quantity)
    # An event can take all of the baseline and no more: demand is never below zero.
    effect = np.maximum(np.asarray(effect, dtype=float), -np.nan_to_num(baseline))
    return np.where(np.isnan(baseline), 0.0, effect)


def consensus_of(given: PlanInput, baseline: Array, events: Array) -> Array:
    """Consensus demand: the last override, else baseline and events; (families, planned)."""
    return np.asarray(
        consensus(baseline + events, given.sales_override, given.marketing_override), dtype=float
    )


def targets(given: PlanInput, demand: Array) -> tuple[Array, Array]:
    """Target inventory and target backlog, (families, planned) each."""
    days = given.of_families("target_days")[:, None]
    weeks = given.of_families("target_backlog_weeks")[:, None]
    inventory = np.asarray(stock.target_inventory(demand, days, given.working_days), dtype=float)
    return inventory, weeks * DAYS_A_WEEK * demand / given.working_days


def fixed_production(given: PlanInput) -> Array:
    """Production that no proposal changes, NaN where it is free; (families, planned).

    Frozen buckets keep the production already ordered; overrides are taken as they are.
    """
    frozen = np.full(given.shape, np.nan)
    frozen[:, : given.horizon.frozen] = given.firm_production[:, : given.horizon.frozen]
    return np.where(np.isnan(given.production_override), frozen, given.production_override)


def propose(given: PlanInput, demand: Array, joint: JointPlan | None = None) -> Array:
    """Proposed production by each family's strategy, (families, planned); what is fixed is made up for.

    Args:
        joint: the plan of the families with the strategy OPTIMAL, from `joint_of`.
    """
    target_inventory, target_backlog = targets(given, demand)
    fixed = fixed_production(given)
    result = np.zeros(given.shape)
    for i, family in enumerate(given.families):
        if family.make == "MTO":
            opening, target, rule = family.opening_backlog, target_backlog[i], propose_to_order
        else:
            opening, target, rule = family.opening_inventory, target_inventory[i], propose_to_stock
        result[i] = rule(family.strategy, opening, demand[i], target, fixed[i])
    if joint is not None:
        result[optimal(given)] = joint.production
    return result


def optimal(given: PlanInput) -> NDArray[np.intp]:
    """Which families are planned together, by position."""
    return np.array([i for i, f in enumerate(given.families) if f.strategy == "OPTIMAL"], dtype=np.intp)


def joint_input(given: PlanInput, demand: Array) -> JointInput:
    """What the families with the strategy OPTIMAL are planned from; the others' proposals load the resources.

    A unit below target costs its holding and a tenth of its backorder cost, a unit still late after the last
    bucket a year of backorder cost more. A family without price and unit cost counts as if a unit were worth 1.
    """
    chosen = optimal(given)
    costs = costs_of(given)
    months = 12.0 / given.horizon.per_year
    price = given.of_families("price")
    worth = np.where(price > 0, price, 1.0)
    holding = np.where(np.isnan(costs.holding), HOLDING_RATE * months * worth, costs.holding)[chosen]
    backorder = np.where(np.isnan(costs.backorder), months * worth, costs.backorder)[chosen]
    others = propose(given, demand)
    others[chosen] = 0.0
    number = {family: i + 1 for i, family in enumerate(chosen.tolist())}
    lines = [
        [number[line.family], line.resource + 1, line.offset, line.hours]
        for line in given.bill
        if line.family in number
    ]
    target_inventory, target_backlog = targets(given, demand)
    target = np.where(given.to_stock[:, None], target_inventory, target_backlog)
    opening = np.where(
        given.to_stock, given.of_families("opening_inventory"), given.of_families("opening_backlog")
    )
    limit = costs.inventory_limit[chosen]
    spare, others_spare = spare_extra(given)
    return JointInput(
        demand=demand[chosen],
        opening=opening[chosen],
        to_stock=given.to_stock[chosen],
        target=np.maximum(target[chosen], 0.0),
        fixed=fixed_production(given)[chosen],
        profile=np.array(lines, dtype=float).reshape(-1, 4),
        capacity=given.available.reshape(len(given.resources), given.shape[1]),
        given_load=load_of(given, others),
        overtime_limit=spare,
        overtime_cost=costs.overtime_cost,
        subcontract_limit=others_spare,
        subcontract_cost=costs.subcontract_cost,
        unit_cost=np.nan_to_num(given.of_families("unit_cost")[chosen]),
        holding_cost=holding,
        backorder_cost=backorder,
        below_target_cost=holding + backorder / 10,
        unmet_cost=backorder * given.horizon.per_year,
        lot_minimum=costs.lot_minimum[chosen],
        inventory_limit=np.where(np.isinf(limit), np.nan, limit),
    )


def joint_of(given: PlanInput) -> JointPlan | None:
    """The least-cost plan of the families with the strategy OPTIMAL; None where there is none."""
    if not len(optimal(given)):
        return None
    return joint_plan(joint_input(given, demand_of(given)))


def load_of(given: PlanInput, production: Array) -> Array:
    """Load of every resource, (resources, planned)."""
    if not given.bill or not given.resources:
        return np.zeros((len(given.resources), given.shape[1]))
    profile = [[line.family + 1, line.resource + 1, line.offset, line.hours] for line in given.bill]
    return np.asarray(resource_profile(production, profile, len(given.resources)), dtype=float)


def build(given: PlanInput) -> Plan:
    """The plan that follows from the forecast, proposals and overrides that stand in ``given``.

    Where no forecast or proposal was made yet it counts as zero, as in the workbook's own formulas.
    """
    baseline = np.nan_to_num(given.baseline)
    events = events_of(given, given.baseline)
    demand = consensus_of(given, baseline, events)
    proposed = np.nan_to_num(given.proposed_production)
    production = np.where(np.isnan(given.production_override), proposed, given.production_override)
    target_inventory, target_backlog = targets(given, demand)
    to_stock = given.to_stock[:, None]
    opening = given.of_families("opening_inventory")
    inventory = np.asarray(stock.projected_inventory(opening, production, demand), dtype=float)
    orders_open = given.of_families("opening_backlog")
    backlog = np.asarray(stock.backlog(orders_open, demand, production), dtype=float)
    before = np.column_stack([orders_open, backlog[:, :-1]])
    shipped = np.where(
        to_stock,
        np.asarray(stock.constrained_demand(opening, production, demand), dtype=float),
        # What was made ahead of orders (a negative backlog) ships when they come.
        demand + np.maximum(before, 0.0) - np.maximum(backlog, 0.0),
    )
    price, cost = given.of_families("price")[:, None], given.of_families("unit_cost")[:, None]
    revenue, cogs = shipped * price, shipped * cost
    costs = plan_cost(given, production, inventory, backlog, target_backlog)
    return Plan(
        given=given,
        baseline_forecast=baseline,
        events=events,
        consensus_demand=demand,
        proposed_production=proposed,
        production_plan=production,
        projected_inventory=np.where(to_stock, inventory, np.nan),
        target_inventory=np.where(to_stock, target_inventory, np.nan),
        days_of_supply=np.where(
            to_stock, np.asarray(stock.coverage(inventory, demand, given.working_days), dtype=float), np.nan
        ),
        backlog=np.where(to_stock, np.nan, backlog),
        target_backlog=np.where(to_stock, np.nan, target_backlog),
        constrained_demand=shipped,
        load=load_of(given, production),
        revenue=revenue,
        cogs=cogs,
        margin=revenue - cogs,
        # A family without a unit cost has no value (NaN) rather than none at all.
        inventory_value=np.where(to_stock, np.maximum(inventory, 0.0) * cost, np.nan),
        demand_value=demand * price,
        production_cost=costs.production,
        holding_cost=costs.holding,
        backorder_cost=costs.backorder,
        overtime_cost=costs.overtime,
        subcontract_cost=costs.subcontract,
    )


def with_forecast(given: PlanInput, baseline: Array) -> PlanInput:
    """The same input with a new baseline; overrides stay."""
    return replace(given, baseline=baseline)


def demand_of(given: PlanInput) -> Array:
    """Consensus demand from the forecast and overrides that stand in ``given``, (families, planned)."""
    return consensus_of(given, np.nan_to_num(given.baseline), events_of(given, given.baseline))


def with_proposal(given: PlanInput, joint: JointPlan | None = None) -> PlanInput:
    """The same input with a new production proposal; overrides stay.

    Args:
        joint: what `joint_of` says for this input, where it is known already.
    """
    joint = joint_of(given) if joint is None else joint
    return replace(given, proposed_production=propose(given, demand_of(given), joint))
