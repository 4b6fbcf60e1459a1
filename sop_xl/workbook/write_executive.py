"""Filling the Executive sheet: a line of lights and numbers per family, and the decisions that are required."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import numpy as np
import xlwings as xw

from sop_xl.model import Plan
from sop_xl.workbook.contents import contents
from sop_xl.workbook.executive_page import COLUMNS, HEADERS, LIGHT_HEADERS, SERIES
from sop_xl.workbook.formulas import Grid, cell, column_letter, quoted
from sop_xl.workbook.read import Workbook
from sop_xl.workbook.styles import style
from sop_xl.workbook.write import plain, set_style, wipe
from sop_xl.workbook.write_views import Remember

#: Largest gaps that are shown where a decision is required.
MOST_GAPS = 6
DONE = ("DECIDED", "DONE", "CLOSED", "APPROVED", "REJECTED")
ACCURACY = "Forecast accuracy"


def write_executive(workbook: Workbook, plan: Plan, grids: Mapping[str, Grid], remember: Remember) -> None:
    """The families' lines with their total, then the decisions."""
    corner = workbook.named("Executive_Families")
    sheet, top, left = corner.sheet, corner.row, corner.column
    width, height = len(COLUMNS), len(plan.given.families)
    used = sheet.used_range
    bottom = max(used.row + used.shape[0] - 1, top)
    wipe(sheet.range((top, left), (bottom, left + width - 1)))
    sheet.range((top - 2, left)).value = _heading(workbook, plan)
    header = sheet.range((top - 1, left), (top - 1, left + width - 1))
    header.value = [list(HEADERS)]
    set_style(header, "SOP header")
    known = _Known(workbook)
    lines = [_Line(plan, grids, known, f, top + f, left).cells() for f in range(height)]
    body = sheet.range((top, left), (top + height - 1, left + width - 1))
    body.value = [[line[header][0] for header in HEADERS] for line in lines]
    remember(body, [[line[header][1] for header in HEADERS] for line in lines])
    total_row = top + height
    total = sheet.range((total_row, left), (total_row, left + width - 1))
    total.value, values = _total(plan, top, total_row, left)
    remember(total, [values])
    for i, (name, _, format) in enumerate(COLUMNS):
        look = "SOP label strong" if i == 0 else style("calc", format)
        if name in LIGHT_HEADERS:
            look = "SOP light"
        set_style(sheet.range((top, left + i), (total_row - 1, left + i)), look)
        set_style(sheet.range((total_row, left + i)), style("total", format))
    _decisions(workbook, sheet, total_row + 2, left)
    if workbook.has_name("Executive_Charts"):
        _charts(workbook.named("Executive_Charts"), plan, grids, remember)


def _heading(workbook: Workbook, plan: Plan) -> str:
    """How far the families' lines look, and in which money."""
    horizon, planned = plan.given.horizon, plan.given.shape[1]
    span = "The coming year" if planned >= horizon.per_year else f"The next {planned} {horizon.kind}s"
    currency = workbook.field("Home_Currency")
    return f"{span}, by family; money in {currency}" if currency else f"{span}, by family"


def _charts(area: xw.Range, plan: Plan, grids: Mapping[str, Grid], remember: Remember) -> None:
    """What the charts draw: the totals of the planned buckets as formulas; below them nothing, which is not drawn."""
    views, horizon = contents(plan), plan.given.horizon
    height, width = area.shape
    lines: list[list[Any]] = [[None] * width for _ in range(height)]
    values: list[list[Any]] = [[None] * width for _ in range(height)]
    for t, bucket in enumerate(horizon.planned[:height]):
        # Excel would make a date of Nov 26.
        lines[t][0] = f"'{horizon.tick(bucket)}"
        values[t][0] = horizon.tick(bucket)
        for k, (view, key, *_) in enumerate(SERIES, start=1):
            number, grid = float(views[view].planned["", key][t]), grids[view]
            if not np.isnan(number):
                lines[t][k] = f"={quoted(grid.sheet)}!{cell(grid.totals[key], grid.planned[t])}"
                values[t][k] = number
    set_style(area[:, 0], style("calc", "text"))
    set_style(area[:, 1:], style("calc", "money"))
    area.value = lines
    remember(area, values)


class _Known:
    """What earlier commands found about the families, as it stands in the tables."""

    def __init__(self, workbook: Workbook) -> None:
        self.target = _target(workbook)
        measured = workbook.rows("tblMeasured") if workbook.has("tblMeasured") else None
        self.pairs: dict[str, list[tuple[float, float]]] = {}
        if measured is not None:
            for family, actual, forecast in zip(
                measured["Family"], measured["Actual"], measured["Forecast"], strict=True
            ):
                if isinstance(actual, float) and isinstance(forecast, float):
                    self.pairs.setdefault(family, []).append((actual, forecast))
        check = workbook.rows("tblCapacityCheck")
        self.status = dict(zip(check["Resource"], check["Status"], strict=True))


def _target(workbook: Workbook) -> float:
    rows = workbook.rows("tblKPIs")
    found = dict(zip(rows["Measure"], rows["Target"], strict=True)).get(ACCURACY)
    return found if isinstance(found, float) else float("nan")


class _Line:
    """One family: header -> what is written and the value it comes to."""

    def __init__(
        self, plan: Plan, grids: Mapping[str, Grid], known: _Known, family: int, row: int, left: int
    ) -> None:
        self.plan, self.grids, self.known, self.family, self.row = plan, grids, known, family, row
        self.definition = plan.given.families[family]
        self.count = min(plan.given.horizon.per_year, plan.given.shape[1])
        self.columns = {header: column_letter(left + i) for i, header in enumerate(HEADERS)}

    def at(self, header: str) -> str:
        """Address of another cell of the line."""
        return f"{self.columns[header]}{self.row}"

    def span(self, view: str, key: str) -> str:
        """The cells of the coming year in one row of a view."""
        grid = self.grids[view]
        row = grid.rows[self.definition.code, key]
        return f"{quoted(grid.sheet)}!{cell(row, grid.planned[0])}:{cell(row, grid.planned[self.count - 1])}"

    def numbers(self, values: Any) -> Any:
        """The same cells of a plan array."""
        return values[self.family][: self.count]

    def total(self, view: str, key: str, values: Any) -> tuple[str, Any]:
        """Their sum, empty where they are."""
        span = self.span(view, key)
        return f'=IF(COUNT({span})=0,"",SUM({span}))', _sum(self.numbers(values))

    def cells(self) -> dict[str, tuple[Any, Any]]:
        """Every cell of the line."""
        plan, given = self.plan, self.plan.given
        stock = self.definition.make != "MTO"
        demand = self.total("Demand", "consensus_demand", plan.consensus_demand)
        before = np.nansum(self.numbers(given.last_year(given.history)))
        year = self.span("Demand", "last_year")
        shipped = self.numbers(plan.constrained_demand).sum()
        gap = self.total("Finance", "gap_to_budget", plan.revenue - given.budget_revenue)
        budget = np.nansum(self.numbers(given.budget_revenue))
        budgets = self.span("Finance", "budget_revenue")
        days = self.numbers(plan.days_of_supply)
        at = self.at
        text = {h: (plain(v), v) for h, v in zip(HEADERS, self._names(), strict=False)}
        return text | {
            "Demand": demand,
            "Against last year": (
                f'=IF(SUM({year})=0,"",{at("Demand")}/SUM({year})-1)',
                demand[1] / before - 1 if before else "",
            ),
            "Forecast accuracy": self._accuracy(),
            "Production": self.total("Supply", "production_plan", plan.production_plan),
            "Lowest inventory": (
                (f"=MIN({self.span('Supply', 'projected_inventory')})",
                 float(self.numbers(plan.projected_inventory).min()))
                if stock
                else (None, None)
            ),
            "Lowest days of supply": (
                (f"=MIN({self.span('Supply', 'days_of_supply')})",
                 float(np.nanmin(days)) if not np.isnan(days).all() else 0.0)
                if stock
                else (None, None)
            ),
            "Shipped": (
                f'=IF(N({at("Demand")})=0,"",SUM({self.span("Supply", "constrained_demand")})/{at("Demand")})',
                float(shipped / demand[1]) if demand[1] else "",
            ),
            "Revenue": self.total("Finance", "revenue", plan.revenue),
            "Margin": self.total("Finance", "margin", plan.margin),
            "Gap to budget": gap,
            "Gap": (
                f'=IF(OR({at("Gap to budget")}="",SUM({budgets})=0),"",{at("Gap to budget")}/SUM({budgets}))',
                "" if gap[1] == "" or not budget else gap[1] / float(budget),
            ),
        } | self._lights(
            gap[1] / float(budget) if gap[1] != "" and budget else None,
            float(shipped / demand[1]) if demand[1] else None,
        )  # fmt: skip

    def _names(self) -> tuple[str, str, str]:
        return self.definition.code, self.definition.name, self.definition.unit

    def _accuracy(self) -> tuple[str, Any]:
        """Accuracy of the family over the last year, from tblMeasured."""
        pairs = self.known.pairs.get(self.definition.code, [])
        sold = sum(actual for actual, _ in pairs)
        value = max(0.0, 1 - sum(abs(f - a) for a, f in pairs) / sold) if sold > 0 else ""
        if not self.known.pairs:
            return "", ""
        both = "ISNUMBER(tblMeasured[Actual])*ISNUMBER(tblMeasured[Forecast])"
        known = f"(tblMeasured[Family]={self.at('Family')})*{both}"
        sold_text = f"SUMPRODUCT({known}*tblMeasured[Actual])"
        error = f"SUMPRODUCT({known}*ABS(tblMeasured[Forecast]-tblMeasured[Actual]))"
        return f'=IF({sold_text}<=0,"",MAX(0,1-{error}/{sold_text}))', value

    def _lights(self, gap: float | None, shipped: float | None) -> dict[str, tuple[str, str]]:
        """The lights, each where it stands in the process."""
        accuracy, target = self._accuracy()[1], self.known.target
        goal = f'INDEX(tblKPIs[Target],MATCH("{ACCURACY}",tblKPIs[Measure],0))'
        wanted = f"INDEX(tblFamilies[Service target],MATCH({self.at('Family')},tblFamilies[Family],0))"
        service = self.definition.service_target
        achieved, served, missed = self.at("Forecast accuracy"), self.at("Shipped"), self.at("Gap")
        demand = _light(achieved, goal, 0.05)
        shipping = _light(f"ROUND({served},9)", f"ROUND({wanted},9)", 0.02)
        known = accuracy != "" and not np.isnan(target)
        return {
            "Demand light": (
                f'=IFERROR(IF(OR({achieved}="",{goal}=""),"",{demand}),"")',
                _word(accuracy, target, 0.05) if known else "",
            ),
            "Supply light": self._supply(),
            "Inventory light": self._inventory(),
            "Service light": (
                f'=IF(OR(N({wanted})=0,{served}=""),"",{shipping})',
                ""
                if shipped is None or not service > 0
                else _word(round(shipped, 9), round(service, 9), 0.02),
            ),
            "Money light": (
                f'=IF({missed}="","",{_light(missed, "-0.02", 0.03)})',
                "" if gap is None else _word(gap, -0.02, 0.03),
            ),
        }

    def _supply(self) -> tuple[str, str]:
        """The worst of the resources that the family needs."""
        given = self.plan.given
        found = {
            self.known.status.get(given.resources[line.resource].code)
            for line in given.bill
            if line.family == self.family
        }

        def count(status: str) -> str:
            return (
                f"SUMPRODUCT((tblBill[Family]={self.at('Family')})*"
                f'COUNTIFS(tblCapacityCheck[Resource],tblBill[Resource],tblCapacityCheck[Status],"{status}"))'
            )

        word = next((w for s, w in (("OVER", "RED"), ("TIGHT", "AMBER"), ("OK", "GREEN")) if s in found), "")
        return (
            f'=IF({count("OVER")}>0,"RED",IF({count("TIGHT")}>0,"AMBER",IF({count("OK")}>0,"GREEN","")))',
            word,
        )

    def _inventory(self) -> tuple[str, str]:
        if self.definition.make == "MTO":
            now, goal = self.span("Supply", "backlog"), self.span("Supply", "target_backlog")
            backlog, wanted = self.numbers(self.plan.backlog), self.numbers(self.plan.target_backlog)
            bad, poor = (f"SUMPRODUCT(--(ROUND({now},6)>ROUND({k}*{goal},6)))>0" for k in ("2", "1.5"))
            red, amber = (bool((backlog.round(6) > (k * wanted).round(6)).any()) for k in (2.0, 1.5))
        else:
            now, goal = self.span("Supply", "projected_inventory"), self.span("Supply", "target_inventory")
            stock, wanted = (
                self.numbers(self.plan.projected_inventory),
                self.numbers(self.plan.target_inventory),
            )
            bad = f"SUMPRODUCT(--(ROUND({now},6)<0))>0"
            poor = f"SUMPRODUCT(--(ROUND({now},6)<ROUND(0.5*{goal},6)))>0"
            red, amber = (
                bool((stock.round(6) < 0).any()),
                bool((stock.round(6) < (0.5 * wanted).round(6)).any()),
            )
        return f'=IF({bad},"RED",IF({poor},"AMBER","GREEN"))', "RED" if red else "AMBER" if amber else "GREEN"


def _light(cell_: str, goal: str, margin: float) -> str:
    """Green from the goal on, amber down to a margin below it, else red."""
    return f'IF({cell_}>={goal},"GREEN",IF({cell_}>={goal}-{margin},"AMBER","RED"))'


def _word(value: float, goal: float, margin: float) -> str:
    return "GREEN" if value >= goal else "AMBER" if value >= goal - margin else "RED"


def _sum(values: Any) -> Any:
    return "" if np.isnan(values).all() else float(np.nansum(values))


def _total(plan: Plan, top: int, row: int, left: int) -> tuple[list[Any], list[Any]]:
    """Money adds up over families; units of different families do not."""
    line: list[Any] = ["Total", *[None] * (len(COLUMNS) - 1)]
    values = list(line)
    count = min(plan.given.horizon.per_year, plan.given.shape[1])
    gap = plan.revenue - plan.given.budget_revenue
    for header, numbers in (("Revenue", plan.revenue), ("Margin", plan.margin), ("Gap to budget", gap)):
        column = left + HEADERS.index(header)
        span = f"{cell(top, column)}:{cell(row - 1, column)}"
        line[column - left] = f'=IF(COUNT({span})=0,"",SUM({span}))'
        values[column - left] = _sum(numbers[:, :count])
    return line, values


def _decisions(workbook: Workbook, sheet: Any, row: int, left: int) -> None:
    """What is on the list of decisions and still open, then the open gaps of most money."""
    asked = workbook.rows("tblDecisions")
    lines: list[tuple[Any, ...]] = [
        (asked["Id"][i], asked["Question"][i], asked["Options with money"][i], None, None, asked["Due"][i])
        for i in range(len(asked))
        if asked["Question"][i] and (asked["State"][i] or "").upper() not in DONE
    ]
    gaps = workbook.rows("tblGaps")
    worth = [value if isinstance(value, float) else 0.0 for value in gaps["Value"]]
    state = gaps["State"]
    opened = [i for i in range(len(gaps)) if (state[i] or "OPEN").upper() == "OPEN"]
    for i in sorted(opened, key=lambda i: -abs(worth[i]))[:MOST_GAPS]:
        lines.append(
            (gaps["Id"][i], gaps["What"][i], None, gaps["Owner"][i], worth[i] or None, gaps["Bucket"][i])
        )
    places = dict(zip(("Id", "What", "Options", "Owner", "Money", "By"), (0, 1, 8, 13, 15, 16), strict=True))
    sheet.range((row, left)).value = "Decisions required" if lines else "Decisions required: none"
    set_style(sheet.range((row, left)), "SOP section")
    if not lines:
        return
    more = len(opened) - MOST_GAPS
    last = left + len(COLUMNS) - 1
    set_style(sheet.range((row + 1, left), (row + 1, last)), "SOP band")
    for name, offset in places.items():
        sheet.range((row + 1, left + offset)).value = name
    for k, line in enumerate(lines, start=row + 2):
        set_style(sheet.range((k, left), (k, last)), style("list", "text"))
        for offset, value in zip(places.values(), line, strict=True):
            day = datetime(value.year, value.month, value.day) if hasattr(value, "year") else value
            sheet.range((k, left + offset)).value = plain(day)
        set_style(sheet.range((k, left + places["Money"])), style("list", "money"))
        set_style(sheet.range((k, left + places["By"])), style("list", "date"))
    if more > 0:
        note = sheet.range((row + 2 + len(lines), left + 1))
        note.value = f"{more} smaller gaps are on Reconcile, with priced moves for each."
        set_style(note, "SOP purpose")
