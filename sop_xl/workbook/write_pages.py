"""Filling the pages that show the plan: Executive, Family, Lab, History, and the notices on every sheet."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import numpy as np

from sop_xl.model import Plan
from sop_xl.workbook.formulas import Grid, cell, quoted
from sop_xl.workbook.pages import EXECUTIVE_COLUMNS
from sop_xl.workbook.read import Workbook
from sop_xl.workbook.styles import style
from sop_xl.workbook.write import plain, set_style
from sop_xl.workbook.write_views import Remember


def write_pages(workbook: Workbook, plan: Plan, grids: Mapping[str, Grid], remember: Remember) -> None:
    """The pages that follow from the plan."""
    _executive(workbook, plan, grids, remember)
    write_history(workbook, plan)
    codes = [family.code for family in plan.given.families]
    for name in ("Family_Choice", "Lab_Family"):
        if workbook.field(name) not in codes:
            workbook.set_field(name, codes[0])


def write_notices(workbook: Workbook, plan: Plan) -> None:
    """Say on a sheet what is missing there."""
    given = plan.given
    notices = dict.fromkeys(("Demand", "Supply", "Capacity", "Finance", "Reconcile", "KPIs", "Executive"), "")
    if np.isnan(given.baseline).any():
        notices["Demand"] = "Some buckets have no forecast yet: run Forecast."
    if not given.resources:
        notices["Capacity"] = "No resources are given: nothing limits the plan."
    elif np.isnan(given.capacity).all():
        notices["Capacity"] = "No capacity is given: loads are shown, overloads cannot be found."
    money = []
    if np.isnan(given.of_families("price")).any():
        money.append("some families have no price")
    if np.isnan(given.of_families("unit_cost")).any():
        money.append("some families have no unit cost")
    if np.isnan(given.budget_revenue).all():
        money.append("no budget is given for these buckets")
    if money:
        notices["Finance"] = f"{'; '.join(money)}.".capitalize()
        notices["Executive"] = notices["Finance"]
    for name, text in notices.items():
        workbook.set_field(f"{name}_Notice", text or None)


def write_history(workbook: Workbook, plan: Plan) -> None:
    """Families x closed buckets, the natural argument of SOP_FORECAST."""
    given = plan.given
    header = workbook.named("History_Buckets")
    sheet = header.sheet
    row, column = header.row, header.column
    width = given.history.shape[1]
    ends = [datetime(b.end.year, b.end.month, b.end.day) for b in given.horizon.history(width)]
    before = workbook.named("History_Data")
    if before.shape[0] > len(given.families):
        before.clear()
    sheet.range((row, column), (row, column + width - 1)).value = [ends]
    look = "SOP header date" if given.horizon.kind == "month" else "SOP header day"
    set_style(sheet.range((row, column), (row, column + width - 1)), look)
    body = sheet.range((row + 1, column - 1), (row + len(given.families), column + width - 1))
    body.value = [
        [plain(family.code), *(None if np.isnan(v) else float(v) for v in given.history[f])]
        for f, family in enumerate(given.families)
    ]
    set_style(sheet.range((row + 1, column - 1), (row + len(given.families), column - 1)), "SOP label strong")
    set_style(
        sheet.range((row + 1, column), (row + len(given.families), column + width - 1)), style("data", "qty")
    )
    workbook.rename("History_Data", body)


class _FamilyLine:
    """One row of the executive page: formulas over the next year, with the numbers they come to."""

    def __init__(self, plan: Plan, grids: Mapping[str, Grid], family: int) -> None:
        self.plan, self.grids, self.family = plan, grids, family
        self.code = plan.given.families[family].code
        self.count = min(plan.given.horizon.per_year, plan.given.shape[1])

    def span(self, view: str, key: str) -> str:
        """The cells of the next year in one row of a view."""
        grid = self.grids[view]
        row = grid.rows[self.code, key]
        return f"{quoted(grid.sheet)}!{cell(row, grid.planned[0])}:{cell(row, grid.planned[self.count - 1])}"

    def total(self, view: str, key: str) -> str:
        """Their sum, empty where they are."""
        span = self.span(view, key)
        return f'IF(COUNT({span})=0,"",SUM({span}))'

    def numbers(self, values: Any) -> Any:
        """The same cells of a plan array."""
        return values[self.family][: self.count]


def _executive(workbook: Workbook, plan: Plan, grids: Mapping[str, Grid], remember: Remember) -> None:
    corner = workbook.named("Executive_Families")
    sheet, top, left = corner.sheet, corner.row, corner.column
    width = len(EXECUTIVE_COLUMNS)
    height = len(plan.given.families)
    used = sheet.used_range
    bottom = max(used.row + used.shape[0] - 1, top)
    sheet.range((top, left), (bottom, left + width - 1)).clear()
    lines = [_executive_line(_FamilyLine(plan, grids, f), top + f) for f in range(height)]
    body = sheet.range((top, left), (top + height - 1, left + width - 1))
    body.value = [line[0] for line in lines]
    remember(body, [line[1] for line in lines])
    total_row = top + height
    total = sheet.range((total_row, left), (total_row, left + width - 1))
    total.value, values = _executive_total(plan, top, total_row)
    remember(total, [values])
    for i, (_, _, format) in enumerate(EXECUTIVE_COLUMNS):
        look = "SOP label strong" if i == 0 else style("calc", format)
        set_style(sheet.range((top, left + i), (total_row - 1, left + i)), look)
        set_style(sheet.range((total_row, left + i)), style("total", format))


def _executive_line(line: _FamilyLine, row: int) -> tuple[list[Any], list[Any]]:
    plan, family = line.plan, line.plan.given.families[line.family]
    stock = family.make != "MTO"
    last_year = plan.given.last_year(plan.given.history)
    demand, before = line.numbers(plan.consensus_demand), line.numbers(last_year)
    shipped = line.numbers(plan.constrained_demand)
    gap = line.numbers(plan.revenue - plan.given.budget_revenue)
    budget = line.numbers(plan.given.budget_revenue)
    known = np.nansum(before)
    formulas: list[Any] = [
        plain(family.code),
        plain(family.name),
        plain(family.unit),
        f"={line.total('Demand', 'consensus_demand')}",
        f'=IF(SUM({line.span("Demand", "last_year")})=0,"",D{row}/SUM({line.span("Demand", "last_year")})-1)',
        f"={line.total('Supply', 'production_plan')}",
        f'=IF(N(D{row})=0,"",SUM({line.span("Supply", "constrained_demand")})/D{row})',
        f"=MIN({line.span('Supply', 'projected_inventory')})" if stock else None,
        f"=MIN({line.span('Supply', 'days_of_supply')})" if stock else None,
        f"={line.total('Finance', 'revenue')}",
        f"={line.total('Finance', 'margin')}",
        f"={line.total('Finance', 'gap_to_budget')}",
        f'=IF(OR(L{row}="",SUM({line.span("Finance", "budget_revenue")})=0),"",'
        f"L{row}/SUM({line.span('Finance', 'budget_revenue')}))",
    ]
    days = line.numbers(plan.days_of_supply)
    values: list[Any] = [
        family.code,
        family.name,
        family.unit,
        float(demand.sum()),
        float(demand.sum() / known - 1) if known else "",
        float(line.numbers(plan.production_plan).sum()),
        float(shipped.sum() / demand.sum()) if demand.sum() else "",
        float(line.numbers(plan.projected_inventory).min()) if stock else None,
        (float(np.nanmin(days)) if not np.isnan(days).all() else 0.0) if stock else None,
        _sum(line.numbers(plan.revenue)),
        _sum(line.numbers(plan.margin)),
        _sum(gap),
        "" if np.isnan(gap).all() or not np.nansum(budget) else float(np.nansum(gap) / np.nansum(budget)),
    ]
    return formulas, values


def _sum(values: Any) -> Any:
    return "" if np.isnan(values).all() else float(np.nansum(values))


def _executive_total(plan: Plan, top: int, row: int) -> tuple[list[Any], list[Any]]:
    """Money adds up over families; units of different families do not."""
    line: list[Any] = ["Total", *[None] * (len(EXECUTIVE_COLUMNS) - 1)]
    values = list(line)
    count = min(plan.given.horizon.per_year, plan.given.shape[1])
    gap = plan.revenue - plan.given.budget_revenue
    for column, numbers in ((10, plan.revenue), (11, plan.margin), (12, gap)):
        span = f"{cell(top, column)}:{cell(row - 1, column)}"
        line[column - 1] = f'=IF(COUNT({span})=0,"",SUM({span}))'
        values[column - 1] = _sum(numbers[:, :count])
    return line, values
