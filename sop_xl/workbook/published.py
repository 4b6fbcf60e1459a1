"""The published workbook: values only, in a shape that never moves, for others to link to.

Sheets, names, the row of a family and the column of a bucket stay the same from version to version.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
import xlsxwriter

from sop_xl.model import Array, Measures, Plan, Regions
from sop_xl.workbook.plan_table import lines_of
from sop_xl.workbook.published_layout import (
    BLOCKS,
    FIRST_COLUMN,
    FIRST_ROW,
    HEADER_ROW,
    MONEY,
    Before,
    Layout,
    Row,
    layout_of,
)
from sop_xl.workbook.spec import Table
from sop_xl.workbook.styles import FONT, GROUP_FILL, LIGHTS, LINE, MUTED, NAVY, PAPER, TOTAL_FILL
from sop_xl.workbook.tables import PLAN

#: More buckets than these are printed two pages wide.
WIDE = 13
#: Names of measures of the meeting, with their widths.
MEASURE_COLUMNS = (("Measure", 34), ("Value", 20), ("Target", 12), ("Status", 14), ("Basis", 84))


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
        self, plan: Plan, imprint: Imprint, measures: Measures, layout: Layout, by_region: Array
    ) -> None:
        self.plan, self.imprint, self.measures = plan, imprint, measures
        self.layout, self.by_region = layout, by_region
        self.file = io.BytesIO()
        self.book = xlsxwriter.Workbook(
            self.file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        )
        self.book.set_properties({"title": f"S&OP plan {imprint.version}", "created": imprint.at})
        font = {key: FONT[key] for key in ("font_name", "font_size", "font_color")}
        line = {"border": 1, "border_color": LINE}

        def look(**more: Any) -> Any:
            return self.book.add_format({**font, **more})

        self.title = look(font_size=16, bold=True, font_color=NAVY, bottom=2, bottom_color=NAVY)
        self.subtitle = look(font_color=MUTED)
        self.header = look(bold=True, font_color=PAPER, bg_color=NAVY, align="center", **line)
        self.header_date = look(
            bold=True, font_color=PAPER, bg_color=NAVY, align="center", num_format="yyyy-mm-dd", **line
        )
        self.text = look(**line)
        self.wrapped = look(indent=1, text_wrap=True, **line)
        self.fact = look(align="right", **line)
        self.muted = look(font_color=MUTED, italic=True, **line)
        self.status = look(font_color=MUTED, font_size=8, align="right")
        self.closed_date = look(
            bold=True, font_color=PAPER, bg_color=MUTED, align="center", num_format="yyyy-mm-dd", **line
        )
        self.closed = look(num_format="#,##0", bg_color=GROUP_FILL, font_color=MUTED, **line)
        self.lights = {
            status: look(bold=True, align="center", bg_color=fill, font_color=ink, **line)
            for status, (fill, ink) in LIGHTS.items()
        }
        self.no_light = look(align="center", font_color=MUTED, **line)
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
        if self.layout.regions:
            self._by_region()
        self._tidy(PLAN)
        self.book.close()
        return self.file.getvalue()

    def _sheet(self, name: str, title: str, note: str, columns: int) -> Any:
        imprint = self.imprint
        sheet = self.book.add_worksheet(name)
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        sheet.fit_to_pages(1, 0)
        sheet.set_footer(
            f"&L&8{_footer(imprint.company)[:80]}, version {_footer(imprint.version)}&C&8&A&R&8Page &P of &N"
        )
        sheet.set_row(0, 26)
        for column in range(columns):
            sheet.write_blank(0, column, None, self.title)
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

    def _block(self, name: str, title: str, unit: str, of_plan: Array) -> None:
        layout, currency = self.layout, self.imprint.currency
        last_column = FIRST_COLUMN + len(layout.ends) - 1
        note = f"In {currency if unit == 'money' else 'units of each family'}. Values, no formulas; empty where it "
        note += "does not apply."
        if layout.closed:
            note += " Closed buckets are folded away: open them with the + above the columns."
        sheet = self._sheet(name, title, note, last_column)
        self._columns(sheet)
        values = self._grid(sheet, ("Family", "Name", "Unit"), layout.rows, of_plan, name)
        if unit == "money":
            # Above the families, so that its place does not move when families are added.
            sheet.write_string(HEADER_ROW - 2, 0, "Total", self.total_text)
            sheet.write_blank(HEADER_ROW - 2, 1, None, self.total_text)
            sheet.write_string(HEADER_ROW - 2, 2, currency, self.total_text)
            for t in range(len(layout.ends)):
                _write(sheet, HEADER_ROW - 2, FIRST_COLUMN - 1 + t, _total(values[:, t]), self.total)
            self._name(f"PUB_{name}_Total", name, HEADER_ROW - 1, FIRST_COLUMN, HEADER_ROW - 1, last_column)
        last_row = FIRST_ROW + len(layout.rows) - 1
        self._name(f"PUB_{name}", name, FIRST_ROW, FIRST_COLUMN, last_row, last_column)
        self._name(f"PUB_{name}_Buckets", name, HEADER_ROW, FIRST_COLUMN, HEADER_ROW, last_column)
        self._name(f"PUB_{name}_Families", name, FIRST_ROW, 1, last_row, 1)

    def _columns(self, sheet: Any) -> None:
        """Widths, folded columns, and how the block is printed."""
        layout = self.layout
        sheet.set_column(0, 0, 14)
        sheet.set_column(1, 1, 26)
        sheet.set_column(2, 2, 8)
        sheet.set_column(FIRST_COLUMN - 1, FIRST_COLUMN - 2 + len(layout.ends), 11)
        if layout.closed:
            last = FIRST_COLUMN - 2 + layout.closed
            sheet.set_column(FIRST_COLUMN - 1, last, 11, None, {"level": 1, "hidden": True})
            sheet.set_column(last + 1, last + 1, 11, None, {"collapsed": True})
        sheet.freeze_panes(HEADER_ROW, FIRST_COLUMN - 1)
        sheet.repeat_rows(0, HEADER_ROW - 1)
        sheet.repeat_columns(0, FIRST_COLUMN - 2)
        sheet.fit_to_pages(2 if layout.planned > WIDE else 1, 0)

    def _by_region(self) -> None:
        """Consensus demand of every family in every region; the regions of a family add up to its demand."""
        layout, name = self.layout, "Regions"
        last_column = FIRST_COLUMN + len(layout.ends) - 1
        note = "In units of each family. The regions of a family add up to its consensus demand."
        sheet = self._sheet(name, "Consensus demand by region", note, last_column)
        self._columns(sheet)
        self._grid(sheet, ("Family", "Region/channel", "Unit"), layout.regions, self.by_region, name)
        last_row = FIRST_ROW + len(layout.regions) - 1
        self._name("PUB_Regions", name, FIRST_ROW, FIRST_COLUMN, last_row, last_column)
        self._name("PUB_Regions_Buckets", name, HEADER_ROW, FIRST_COLUMN, HEADER_ROW, last_column)
        self._name("PUB_Regions_Families", name, FIRST_ROW, 1, last_row, 1)
        self._name("PUB_Regions_Names", name, FIRST_ROW, 2, last_row, 2)

    def _grid(
        self, sheet: Any, headers: tuple[str, ...], rows: tuple[Row, ...], of_plan: Array, name: str
    ) -> Array:
        """Headers, rows and numbers of a block; returns the numbers shown."""
        layout, money = self.layout, name in MONEY
        values = layout.values(name, of_plan)
        for i, header in enumerate(headers):
            sheet.write_string(HEADER_ROW - 1, i, header, self.header)
        sheet.write_string(HEADER_ROW - 3, 2, "Status", self.status)
        for t, end in enumerate(layout.ends):
            closed = t < layout.closed
            look = self.closed_date if closed else self.header_date
            sheet.write_datetime(HEADER_ROW - 1, FIRST_COLUMN - 1 + t, _midnight(end), look)
            status = "Closed" if closed else "Plan" if t < layout.closed + layout.planned else "Not planned"
            sheet.write_string(HEADER_ROW - 3, FIRST_COLUMN - 1 + t, status, self.status)
        for r, line in enumerate(rows):
            row, look = FIRST_ROW - 1 + r, self.text if line.planned is not None else self.muted
            unit = self.imprint.currency if money else line.unit
            for column, text in enumerate((line.code, line.name, unit)):
                sheet.write_string(row, column, text, look)
            for t in range(len(layout.ends)):
                look = self.closed if t < layout.closed else self.number
                _write(sheet, row, FIRST_COLUMN - 1 + t, values[r, t], look)
        return values

    def _name(self, name: str, sheet: str, row: int, column: int, row2: int, column2: int) -> None:
        area = xlsxwriter.utility.xl_range_abs(row - 1, column - 1, row2 - 1, column2 - 1)
        self.book.define_name(name, f"='{sheet}'!{area}")

    def _summary(self) -> None:
        plan, imprint = self.plan, self.imprint
        sheet = self._sheet(
            "Summary",
            f"S&OP plan of {imprint.company}",
            "The plan of record. Later versions replace this file; link to its names or cells, they do not move.",
            len(MEASURE_COLUMNS),
        )
        for column, (_, width) in enumerate(MEASURE_COLUMNS):
            sheet.set_column(column, column, width)
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
                sheet.write_string(row, 1, str(value), self.fact)
            self._name(name, "Summary", row + 1, 2, row + 1, 2)
        row = 6 + len(facts)
        for i, (header, _) in enumerate(MEASURE_COLUMNS):
            sheet.write_string(row, i, header, self.header)
        for i, measure in enumerate(self.measures.measures, start=row + 1):
            look = self.exact if measure.unit != "fraction" else self.ratio
            sheet.write_string(i, 0, measure.label, self.text)
            _write(sheet, i, 1, measure.value, look)
            _write(sheet, i, 2, measure.target, look)
            sheet.write_string(i, 3, measure.status, self.lights.get(measure.status, self.no_light))
            sheet.write_string(i, 4, measure.basis, self.wrapped)

    def _tidy(self, table: Table) -> None:
        lines = lines_of(self.plan, self.imprint.version)
        sheet = self._sheet("Plan", "The plan as a table", "One row per measure, family and bucket.", 6)
        sheet.repeat_rows(0, HEADER_ROW - 1)
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


def _footer(text: str) -> str:
    """Text that stands in a footer as it is."""
    return text.replace("&", "&&")


def published(
    plan: Plan,
    imprint: Imprint,
    measures: Measures,
    before: Before | None = None,
    regions: Regions | None = None,
    shares: Array | None = None,
) -> tuple[bytes, tuple[str, ...]]:
    """The published workbook, and what somebody who has linked to the one before must know.

    Args:
        before: what was published before; families, regions and buckets stand where they stood.
        regions: where the families sell; where there never were any, there is no sheet of regions.
        shares: part of each region in its family's demand, (family regions, planned).
    Returns:
        The file as bytes, and sentences.
    """
    if regions is None or shares is None:
        regions, shares = Regions(), np.zeros((0, plan.given.shape[1]))
    layout = layout_of(plan, imprint.currency, before, regions)
    by_region = plan.consensus_demand[regions.family] * shares
    return _Publishing(plan, imprint, measures, layout, by_region).build(), layout.news
