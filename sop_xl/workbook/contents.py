"""What every cell of a planning view must show, from the plan.

The same numbers are written where a row holds values, kept beside the formulas as their calculated values,
and compared with what a spreadsheet program calculates from the formulas.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from sop_xl.buckets import Horizon
from sop_xl.model import Array, Plan
from sop_xl.workbook import layout
from sop_xl.workbook.formulas import rows_for
from sop_xl.workbook.spec import Row, View


@dataclass(frozen=True)
class ViewContents:
    """Numbers of one view; NaN is an empty cell.

    Attributes:
        entities: (code, MTS or MTO, unit) of every block, in order.
        closed: (entity, row key) -> one number per closed bucket; totals under the entity ``""``.
        planned: the same per planned bucket.
        groups: the same per quarter and year, by label.
    """

    view: View
    horizon: Horizon
    entities: tuple[tuple[str, str, str], ...]
    closed: Mapping[tuple[str, str], Array]
    planned: Mapping[tuple[str, str], Array]
    groups: Mapping[tuple[str, str], Mapping[str, float]]


def contents(plan: Plan) -> dict[str, ViewContents]:
    """Numbers of all planning views."""
    given = plan.given
    families = tuple((family.code, family.make, family.unit) for family in given.families)
    resources = tuple((resource.code, "MTS", resource.unit) for resource in given.resources)
    demand = _demand(plan)
    parts = {
        "Demand": (families, demand),
        "Supply": (families, _supply(plan, demand)),
        "Capacity": (resources, _capacity(plan)),
        "Finance": (families, _finance(plan)),
    }
    return {name: _complete(plan, layout.VIEWS[name], *part) for name, part in parts.items()}


Parts = dict[str, tuple[Array, Array]]


def _last(values: Array, count: int) -> Array:
    return values[:, values.shape[1] - count :]


def _demand(plan: Plan) -> Parts:
    given = plan.given
    past, (rows, count) = given.horizon.past, given.shape
    none, empty = np.full((rows, past), np.nan), np.full((rows, count), np.nan)
    actual = _last(given.history, past)
    prices = given.of_families("price")[:, None]
    year = given.horizon.per_year
    before = given.history.shape[1] - past - year
    eventful = ~(np.isnan(given.event_factor) & np.isnan(given.event_quantity))
    past_year = given.history[:, before : before + past] if before >= 0 else none
    return {
        "last_year": (past_year, given.last_year(given.history)),
        "actual": (actual, empty),
        "baseline_forecast": (none, given.baseline),
        "events": (none, np.where(eventful & ~np.isnan(given.baseline), plan.events, np.nan)),
        "pipeline": (none, given.pipeline),
        "sales_override": (none, given.sales_override),
        "marketing_override": (none, given.marketing_override),
        "consensus_demand": (given.past_consensus, plan.consensus_demand),
        "old_forecast": (none, given.previous_demand),
        "change": (none, plan.consensus_demand - given.previous_demand),
        "value": (actual * prices, plan.demand_value),
    }


def _supply(plan: Plan, demand: Parts) -> Parts:
    given = plan.given
    past, (rows, count) = given.horizon.past, given.shape
    none, empty = np.full((rows, past), np.nan), np.full((rows, count), np.nan)
    difference = given.past_actual - given.past_planned
    to_stock = given.to_stock
    opening, open_orders = none.copy(), none.copy()
    opening[to_stock, -1] = given.of_families("opening_inventory")[to_stock]
    open_orders[~to_stock, -1] = given.of_families("opening_backlog")[~to_stock]
    return {
        "demand": (demand["actual"][0], plan.consensus_demand),
        "cumulative_demand": (none, np.cumsum(plan.consensus_demand, axis=1)),
        "proposed_production": (none, given.proposed_production),
        "production_override": (none, given.production_override),
        "production_plan": (given.past_planned, plan.production_plan),
        "actual_production": (given.past_actual, empty),
        "difference": (difference, empty),
        "cumulative_difference": (np.cumsum(np.nan_to_num(difference), axis=1), empty),
        "projected_inventory": (opening, plan.projected_inventory),
        "target_inventory": (none, plan.target_inventory),
        "inventory_difference": (none, plan.projected_inventory - plan.target_inventory),
        "days_of_supply": (none, plan.days_of_supply),
        "backlog": (open_orders, plan.backlog),
        "target_backlog": (none, plan.target_backlog),
        "backlog_difference": (none, plan.backlog - plan.target_backlog),
        "constrained_demand": (none, plan.constrained_demand),
    }


def _capacity(plan: Plan) -> Parts:
    given = plan.given
    none = np.full((len(given.resources), given.horizon.past), np.nan)
    spare = given.available - plan.load
    return {
        "load": (none, plan.load),
        "capacity": (none, given.capacity),
        "overtime": (none, np.nan_to_num(given.overtime)),
        "subcontract": (none, np.nan_to_num(given.subcontract)),
        "available": (none, given.available),
        "utilization": (none, plan.utilization),
        "over_under": (none, spare),
        "cumulative": (none, np.where(np.isnan(spare), np.nan, _running(spare))),
        "demonstrated": (none, given.demonstrated),
        "overtime_cost": (none, plan.overtime_cost),
        "subcontract_cost": (none, plan.subcontract_cost),
    }


def _running(values: Array) -> Array:
    """Running sum that starts again after a gap, as the sheet's formula does."""
    total = np.zeros_like(values)
    for t in range(values.shape[1]):
        before = np.nan_to_num(total[:, t - 1]) if t else 0.0
        total[:, t] = before + values[:, t]
    return total


def _finance(plan: Plan) -> Parts:
    given = plan.given
    past = given.horizon.past
    none = np.full((given.shape[0], past), np.nan)
    sold = _last(given.history_value, past)
    cost = _last(given.history, past) * given.of_families("unit_cost")[:, None]
    margin = sold - cost
    with np.errstate(divide="ignore", invalid="ignore"):
        past_ratio = np.where(sold == 0, np.nan, margin / sold)
        ratio = np.where(plan.revenue == 0, np.nan, plan.margin / plan.revenue)
    return {
        "revenue": (sold, plan.revenue),
        "cogs": (cost, plan.cogs),
        "margin": (margin, plan.margin),
        "margin_ratio": (past_ratio, ratio),
        "inventory_value": (none, plan.inventory_value),
        "budget_revenue": (none, given.budget_revenue),
        "gap_to_budget": (none, plan.revenue - given.budget_revenue),
        "budget_margin": (none, given.budget_margin),
        "margin_gap": (none, plan.margin - given.budget_margin),
        "last_year_revenue": (none, given.last_year(given.history_value)),
        "previous_revenue": (none, given.previous_revenue),
        "change": (none, plan.revenue - given.previous_revenue),
        "production_cost": (none, plan.production_cost),
        "holding_cost": (none, plan.holding_cost),
        "backorder_cost": (none, plan.backorder_cost),
    }


def _complete(
    plan: Plan, view: View, entities: tuple[tuple[str, str, str], ...], parts: Parts
) -> ViewContents:
    """Totals, quarters and years of a view."""
    horizon = plan.given.horizon
    closed: dict[tuple[str, str], Array] = {}
    planned: dict[tuple[str, str], Array] = {}
    groups: dict[tuple[str, str], dict[str, float]] = {}
    spans = dict(horizon.quarters() + horizon.years())
    for i, (entity, make, _) in enumerate(entities):
        for row in rows_for(view, make):
            past, coming = parts[row.key]
            closed[entity, row.key], planned[entity, row.key] = past[i], coming[i]
            groups[entity, row.key] = {label: _group(row, coming[i], span) for label, span in spans.items()}
        for row in rows_for(view, make):
            if row.aggregate == "ratio":
                groups[entity, row.key] = _ratio(row, entity, groups, spans)
    for row in view.totals:
        closed["", row.key], planned["", row.key] = _total(plan, view, row, entities, closed, planned)
        groups["", row.key] = {
            label: _group(row, planned["", row.key], span) for label, span in spans.items()
        }
    for row in view.totals:
        if row.aggregate == "ratio":
            groups["", row.key] = _ratio(row, "", groups, spans)
            planned["", row.key] = _divide(planned["", "margin"], planned["", "revenue"])
            closed["", row.key] = _divide(closed["", "margin"], closed["", "revenue"])
    return ViewContents(view, horizon, entities, closed, planned, groups)


def _group(row: Row, values: Array, span: Iterable[int]) -> float:
    """A quarter or year: flows add, stocks take the last bucket."""
    part = values[list(span)]
    if row.aggregate == "flow":
        return float(np.nansum(part)) if (~np.isnan(part)).any() else np.nan
    return float(part[-1]) if row.aggregate == "stock" else np.nan


#: What a plan costs, the part that the margin has in it already first.
_PLAN_COSTS = ("production_cost", "holding_cost", "backorder_cost", "overtime_cost", "subcontract_cost")
#: What each ratio divides.
_RATIOS = {"utilization": ("load", "available"), "margin_ratio": ("margin", "revenue")}


def _ratio(
    row: Row,
    entity: str,
    groups: Mapping[tuple[str, str], Mapping[str, float]],
    spans: Mapping[str, list[int]],
) -> dict[str, float]:
    above, below = _RATIOS[row.key]
    return {
        label: float(
            _divide(np.array([groups[entity, above][label]]), np.array([groups[entity, below][label]]))[0]
        )
        for label in spans
    }


def _divide(above: Array, below: Array) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        result: Array = np.where(np.nan_to_num(below) == 0, np.nan, above / below)
    return result


def _total(
    plan: Plan,
    view: View,
    row: Row,
    entities: tuple[tuple[str, str, str], ...],
    closed: Mapping[tuple[str, str], Array],
    planned: Mapping[tuple[str, str], Array],
) -> tuple[Array, Array]:
    past, count = plan.given.horizon.past, plan.given.shape[1]
    if row.key == "over_loaded":
        return np.zeros(past), (np.nan_to_num(plan.utilization) > 1.000001).sum(axis=0).astype(float)
    if row.key == "short":
        hours = [resource.unit.lower() == "h" for resource in plan.given.resources]
        return np.zeros(past), plan.short[hours].sum(axis=0)
    if row.key in ("overtime_cost", "subcontract_cost") and view.name == "Finance":
        cost = plan.overtime_cost if row.key == "overtime_cost" else plan.subcontract_cost
        return np.full(past, np.nan), cost.sum(axis=0) if len(cost) else np.full(count, np.nan)
    if row.key in ("plan_cost", "result"):
        return _after_costs(row.key, closed), _after_costs(row.key, planned)

    def add(values: Mapping[tuple[str, str], Array], width: int) -> Array:
        lines = [values[entity, row.key] for entity, _, _ in entities if (entity, row.key) in values]
        if not lines:
            return np.full(width, np.nan)
        stack = np.array(lines)
        return np.where(np.isnan(stack).all(axis=0), np.nan, np.nansum(stack, axis=0))

    return add(closed, past), add(planned, count)


def _after_costs(key: str, lines: Mapping[tuple[str, str], Array]) -> Array:
    """The cost of the plan, or what it leaves of the margin; empty where production has no cost."""
    made, *others = (lines["", part] for part in _PLAN_COSTS)
    more = np.sum([np.nan_to_num(other) for other in others], axis=0)
    total: Array = (
        made + more if key == "plan_cost" else np.where(np.isnan(made), np.nan, lines["", "margin"] - more)
    )
    return total
