"""The plan as a tidy table: the draft, and the published versions that stay as they are."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np

from sop_xl.checks import Rows
from sop_xl.model import Array, Plan
from sop_xl.workbook import tables
from sop_xl.workbook.read import Workbook
from sop_xl.workbook.snapshots import DRAFT
from sop_xl.workbook.write import write_table

Line = list[Any]
#: Measures whose accuracy is measured at every lag.
FORECASTS = ("baseline_forecast", "events_forecast", "sales_forecast", "consensus_demand")


def measures_of(plan: Plan) -> dict[str, tuple[Array | None, Array | None]]:
    """Measure -> units and money, (families, planned) each."""
    given = plan.given
    price, cost = given.of_families("price")[:, None], given.of_families("unit_cost")[:, None]
    eventful = plan.baseline_forecast + plan.events
    with_sales = np.where(np.isnan(given.sales_override), eventful, given.sales_override)
    return {
        "baseline_forecast": (plan.baseline_forecast, plan.baseline_forecast * price),
        "events_forecast": (eventful, eventful * price),
        "sales_forecast": (with_sales, with_sales * price),
        "consensus_demand": (plan.consensus_demand, plan.demand_value),
        "production_plan": (plan.production_plan, plan.production_plan * cost),
        "projected_inventory": (plan.projected_inventory, plan.inventory_value),
        "backlog": (plan.backlog, plan.backlog * price),
        "constrained_demand": (plan.constrained_demand, plan.revenue),
        "revenue": (None, plan.revenue),
        "margin": (None, plan.margin),
    }


def lines_of(plan: Plan, version: str) -> list[Line]:
    """One line per measure, family and planned bucket; what is not defined is left out."""
    lines: list[Line] = []
    ends = [bucket.end for bucket in plan.given.horizon.planned]
    for measure, (units, money) in measures_of(plan).items():
        for f, family in enumerate(plan.given.families):
            for t, end in enumerate(ends):
                quantity = _cell(units, f, t)
                value = _cell(money, f, t)
                if quantity is not None or value is not None:
                    lines.append([version, measure, family.code, end, quantity, value])
    return lines


def forecasts_of(plan: Plan) -> list[Line]:
    """Measure, family, bucket, lag, units and money of the forecasts that actuals are compared with later.

    The lag is the age that a forecast has when its bucket comes: 0 for the current bucket.
    """
    lag = {bucket.end: t for t, bucket in enumerate(plan.given.horizon.planned)}
    return [
        [measure, family, end, lag[end], quantity, value]
        for _, measure, family, end, quantity, value in lines_of(plan, "")
        if measure in FORECASTS
    ]


def _cell(values: Array | None, f: int, t: int) -> float | None:
    if values is None or np.isnan(values[f, t]):
        return None
    return float(values[f, t])


def kept_lines(rows: Rows) -> list[Line]:
    """The lines of all published versions."""
    columns = [rows[header] for header in tables.PLAN.headers]
    return [list(line) for line in zip(*columns, strict=True) if line[0] != DRAFT]


def published_versions(rows: Rows) -> dict[str, date]:
    """Published versions and the first bucket of each."""
    first: dict[str, date] = {}
    for version, _, _, end, *_ in kept_lines(rows):
        if version is not None and end is not None:
            first[version] = min(end, first.get(version, end))
    return first


def write_draft(workbook: Workbook, rows: Rows, plan: Plan) -> None:
    """Replace the draft in tblPlan; published versions stay."""
    write_table(workbook, "tblPlan", [*lines_of(plan, DRAFT), *kept_lines(rows)])


def write_version(workbook: Workbook, rows: Rows, plan: Plan, version: str) -> None:
    """Add a published version to tblPlan."""
    lines = [*lines_of(plan, DRAFT), *lines_of(plan, version), *kept_lines(rows)]
    write_table(workbook, "tblPlan", lines)
