"""The published workbook: values only, in a shape that never moves, for others to link to.

Sheets, names and the order of the columns stay the same from version to version; new families are added below.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
import xlsxwriter

from sop_xl.model import NO_REGION, Array, Measures, Plan, Regions
from sop_xl.workbook.plan_table import lines_of
from sop_xl.workbook.spec import Table
from sop_xl.workbook.styles import FONT, LINE, MUTED, NAVY, PAPER, TOTAL_FILL
from sop_xl.workbook.tables import PLAN

HEADER_ROW, FIRST_ROW = 6, 7
#: Names span at least this many families, so that links keep working when families are added.
ROOM = 200
#: The same for rows of family and region.
REGIONS_ROOM = 1000

#: Block of the published workbook -> title, unit, plan attribute.
BLOCKS: tuple[tuple[str, str, str, str], ...] = (
    ("Demand", "Consensus demand", "units", "consensus_demand"),
    ("Baseline", "Baseline forecast", "units", "baseline_forecast"),
    ("Production", "Production plan", "units", "production_plan"),
    ("Inventory", "Projected inventory", "units", "projected_inventory"),
    ("Backlog", "Backlog", "units", "backlog"),
    ("Shipments", "Constrained demand", "units", "constrained_demand"),
    ("Revenue", "Revenue", "money", "revenue"),
    ("COGS", "Cost of goods sold", "money", "cogs"),
    ("Margin", "Margin", "money", "margin"),
    ("InventoryValue", "Inventory value", "money", "inventory_value"),
)


@dataclass(frozen=True)
class Imprint:
    """Who published what and when."""

    company: str
    cycle: str
    version: str
    currency: str
    at: datetime
    by: str


class _Publishing:
    def __init__(
        self, plan: Plan, imprint: Imprint, measures: Measures, regions: Regions, demand: Array
    ) -> None:
        self.plan, self.imprint, self.measures = plan, imprint, measures
        self.regions, self.demand = regions, demand
        self.file = io.BytesIO()
        self.book = xlsxwriter.Workbook(
            self.file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        )
        self.book.set_properties({"title": f"S&OP plan {imprint.version}", "created": imprint.at})
        font = {key: FONT[key] for key in ("font_name", "font_size", "font_color")}
        line = {"border": 1, "border_color": LINE}

        def look(**more: Any) -> Any:
            return self.book.add_format({**font, **more})

        self.title = look(font_size=16, bold=True, font_color=NAVY)
        self.subtitle = look(font_color=MUTED)
        self.header = look(bold=True, font_color=PAPER, bg_color=NAVY, align="center", **line)
        self.header_date = look(
            bold=True, font_color=PAPER, bg_color=NAVY, align="center", num_format="yyyy-mm-dd", **line
        )
        self.text = look(**line)
        self.number = look(num_format="#,##0", **line)
        self.exact = look(num_format="#,##0.00", **line)
        self.ratio = look(num_format="0.0%", **line)
        self.day = look(num_format="yyyy-mm-dd", **line)
        self.total = look(num_format="#,##0", bold=True, bg_color=TOTAL_FILL, **line)
        self.total_text = look(bold=True, bg_color=TOTAL_FILL, **line)

    def build(self) -> bytes:
        self._summary()
        for sheet, title, unit, attribute in BLOCKS:
            self._block(sheet, title, unit, getattr(self.plan, attribute))
        if len(self.regions):
            self._by_region()
        self._tidy(PLAN)
        self.book.close()
        return self.file.getvalue()

    def _sheet(self, name: str, title: str, note: str) -> Any:
        imprint = self.imprint
        sheet = self.book.add_worksheet(name)
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.set_footer("&L&8&F&C&8&A&R&8Page &P of &N")
        sheet.write_string(0, 0, title, self.title)
        sheet.write_string(
            1,
            0,
            f"{imprint.company}   |   cycle {imprint.cycle}   |   version {imprint.version}   |   published "
            f"{imprint.at:%Y-%m-%d %H:%M} by {imprint.by}",
            self.subtitle,
        )
        sheet.write_string(2, 0, note, self.subtitle)
        return sheet

    def _block(self, name: str, title: str, unit: str, values: Array) -> None:
        given = self.plan.given
        families, ends = given.families, [bucket.end for bucket in given.horizon.planned]
        unit_text = self.imprint.currency if unit == "money" else "units of each family"
        sheet = self._sheet(
            name, title, f"In {unit_text}. Values, no formulas; empty where it does not apply."
        )
        sheet.set_column(0, 0, 16)
        sheet.set_column(1, 1, 26)
        sheet.set_column(2, 2, 8)
        sheet.set_column(3, 2 + len(ends), 12)
        for i, header in enumerate(("Family", "Name", "Unit")):
            sheet.write_string(HEADER_ROW - 1, i, header, self.header)
        for t, end in enumerate(ends):
            sheet.write_datetime(HEADER_ROW - 1, 3 + t, _midnight(end), self.header_date)
        for f, family in enumerate(families):
            row = FIRST_ROW - 1 + f
            sheet.write_string(row, 0, family.code, self.text)
            sheet.write_string(row, 1, family.name, self.text)
            sheet.write_string(row, 2, self.imprint.currency if unit == "money" else family.unit, self.text)
            for t in range(len(ends)):
                _write(sheet, row, 3 + t, values[f, t], self.number)
        if unit == "money":
            # Above the families, so that its place does not move when families are added.
            sheet.write_string(HEADER_ROW - 2, 0, "Total", self.total_text)
            sheet.write_blank(HEADER_ROW - 2, 1, None, self.total_text)
            sheet.write_string(HEADER_ROW - 2, 2, self.imprint.currency, self.total_text)
            for t in range(len(ends)):
                known = values[:, t][~np.isnan(values[:, t])]
                _write(sheet, HEADER_ROW - 2, 3 + t, known.sum() if known.size else np.nan, self.total)
            self._name(f"PUB_{name}_Total", name, HEADER_ROW - 1, 3, HEADER_ROW - 1, 2 + len(ends))
        sheet.freeze_panes(HEADER_ROW, 3)
        last_row, last_column = FIRST_ROW + max(ROOM, len(families)) - 1, 2 + len(ends)
        self._name(f"PUB_{name}", name, FIRST_ROW, 3, last_row, last_column)
        self._name(f"PUB_{name}_Buckets", name, HEADER_ROW, 3, HEADER_ROW, last_column)
        self._name(f"PUB_{name}_Families", name, FIRST_ROW, 0, last_row, 0)

    def _by_region(self) -> None:
        """Consensus demand of every family in every region; the regions of a family add up to its demand."""
        families, ends = (
            self.plan.given.families,
            [bucket.end for bucket in self.plan.given.horizon.planned],
        )
        note = "In units of each family. The regions of a family add up to its consensus demand."
        sheet = self._sheet("Regions", "Consensus demand by region", note)
        sheet.set_column(0, 0, 16)
        sheet.set_column(1, 1, 26)
        sheet.set_column(2, 2, 8)
        sheet.set_column(3, 2 + len(ends), 12)
        for i, header in enumerate(("Family", "Region/channel", "Unit")):
            sheet.write_string(HEADER_ROW - 1, i, header, self.header)
        for t, end in enumerate(ends):
            sheet.write_datetime(HEADER_ROW - 1, 3 + t, _midnight(end), self.header_date)
        for i, (name, family) in enumerate(zip(self.regions.names, self.regions.family, strict=True)):
            row = FIRST_ROW - 1 + i
            sheet.write_string(row, 0, families[family].code, self.text)
            sheet.write_string(row, 1, name or NO_REGION, self.text)
            sheet.write_string(row, 2, families[family].unit, self.text)
            for t in range(len(ends)):
                _write(sheet, row, 3 + t, self.demand[i, t], self.number)
        sheet.freeze_panes(HEADER_ROW, 3)
        last_row = FIRST_ROW + max(REGIONS_ROOM, len(self.regions)) - 1
        self._name("PUB_Regions", "Regions", FIRST_ROW, 3, last_row, 2 + len(ends))
        self._name("PUB_Regions_Buckets", "Regions", HEADER_ROW, 3, HEADER_ROW, 2 + len(ends))
        self._name("PUB_Regions_Families", "Regions", FIRST_ROW, 0, last_row, 0)
        self._name("PUB_Regions_Names", "Regions", FIRST_ROW, 1, last_row, 1)

    def _name(self, name: str, sheet: str, row: int, column: int, row2: int, column2: int) -> None:
        area = xlsxwriter.utility.xl_range_abs(row - 1, column, row2 - 1, column2)
        self.book.define_name(name, f"='{sheet}'!{area}")

    def _summary(self) -> None:
        plan, imprint = self.plan, self.imprint
        sheet = self._sheet(
            "Summary",
            f"S&OP plan of {imprint.company}",
            "The plan of record. Later versions replace this file.",
        )
        sheet.set_column(0, 0, 34)
        sheet.set_column(1, 1, 20)
        sheet.set_column(2, 2, 80)
        facts: list[tuple[str, str, Any]] = [
            ("PUB_Version", "Version", imprint.version),
            ("PUB_Cycle", "Cycle", imprint.cycle),
            ("PUB_PublishedAt", "Published at", f"{imprint.at:%Y-%m-%d %H:%M}"),
            ("PUB_PublishedBy", "Published by", imprint.by),
            ("PUB_Currency", "Currency", imprint.currency),
            ("PUB_FirstBucket", "First bucket ends", plan.given.horizon.planned[0].end),
            ("PUB_LastBucket", "Last bucket ends", plan.given.horizon.planned[-1].end),
            ("PUB_PlanRevenue", f"Revenue of the plan, {imprint.currency}", _total(plan.revenue)),
            ("PUB_PlanMargin", f"Margin of the plan, {imprint.currency}", _total(plan.margin)),
            (
                "PUB_GapToBudget",
                f"Gap to budget, {imprint.currency}",
                _total(plan.revenue - plan.given.budget_revenue),
            ),
        ]
        for i, (name, label, value) in enumerate(facts):
            row = 5 + i
            sheet.write_string(row, 0, label, self.text)
            if isinstance(value, date):
                sheet.write_datetime(row, 1, _midnight(value), self.day)
            elif isinstance(value, float):
                _write(sheet, row, 1, value, self.number)
            else:
                sheet.write_string(row, 1, str(value), self.text)
            self._name(name, "Summary", row + 1, 1, row + 1, 1)
        row = 6 + len(facts)
        for i, header in enumerate(("Measure", "Value", "Basis")):
            sheet.write_string(row, i, header, self.header)
        for i, measure in enumerate(self.measures.measures, start=row + 1):
            look = self.exact if measure.unit != "fraction" else self.ratio
            sheet.write_string(i, 0, measure.label, self.text)
            _write(sheet, i, 1, measure.value, look)
            sheet.write_string(i, 2, measure.basis, self.text)

    def _tidy(self, table: Table) -> None:
        lines = lines_of(self.plan, self.imprint.version)
        sheet = self._sheet("Plan", "The plan as a table", "One row per measure, family and bucket.")
        sheet.set_column(0, len(table.headers) - 1, 18)
        sheet.add_table(
            HEADER_ROW - 1,
            0,
            HEADER_ROW - 1 + max(len(lines), 1),
            len(table.headers) - 1,
            {
                "name": "PUB_Plan",
                "columns": [{"header": header, "header_format": self.header} for header in table.headers],
                "style": "Table Style Light 1",
            },
        )
        for i, line in enumerate(lines, start=HEADER_ROW):
            self._tidy_line(sheet, i, line)
        sheet.freeze_panes(HEADER_ROW, 0)

    def _tidy_line(self, sheet: Any, row: int, line: Sequence[Any]) -> None:
        for column, value in enumerate(line):
            if isinstance(value, date):
                sheet.write_datetime(row, column, _midnight(value), self.day)
            elif isinstance(value, float):
                sheet.write_number(row, column, value, self.exact)
            elif value is None:
                sheet.write_blank(row, column, None, self.text)
            else:
                sheet.write_string(row, column, str(value), self.text)


def _write(sheet: Any, row: int, column: int, value: float, look: Any) -> None:
    if np.isnan(value):
        sheet.write_blank(row, column, None, look)
    else:
        sheet.write_number(row, column, float(value), look)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)


def _total(values: Array) -> float:
    return float("nan") if np.isnan(values).all() else float(np.nansum(values))


def published(
    plan: Plan,
    imprint: Imprint,
    measures: Measures,
    regions: Regions | None = None,
    shares: Array | None = None,
) -> bytes:
    """The published workbook as bytes.

    Args:
        regions: where the families sell; without any there is no sheet of regions.
        shares: part of each region in its family's demand, (family regions, planned).
    """
    if regions is None or shares is None:
        regions, shares = Regions(), np.zeros((0, plan.given.shape[1]))
    demand = plan.consensus_demand[regions.family] * shares
    return _Publishing(plan, imprint, measures, regions, demand).build()
