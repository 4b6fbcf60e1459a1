"""What every sheet of the finance workbook is made with: the names of the published plan, looks, a head."""

from __future__ import annotations

import io
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import xlsxwriter
from external_link import area

from sop_xl.workbook.styles import FONT, LINE, MUTED, NAVY, PAPER

#: Months of the profit and loss account.
MONTHS = 12
MADE = datetime(2026, 1, 1)
MONEY, SHARE, DAY, MOMENT = "#,##0_);(#,##0)", "0.0%", "mmm yyyy", "yyyy-mm-dd hh:mm"


class FinanceBook:
    """A workbook that knows the published one: its names, its families, its months.

    Args:
        linked: the published workbook.
        store: the plan store that it was published to.
    """

    def __init__(self, linked: Path, store: Path) -> None:
        self.linked, self.store = linked, store
        self.file = io.BytesIO()
        self.book = xlsxwriter.Workbook(self.file, {"in_memory": True})
        self.book.set_properties(
            {"title": "Finance, linked to the S&OP plan (generated sample)", "created": MADE}
        )
        read = openpyxl.load_workbook(linked)
        self.names = {name: area(read, defined.attr_text) for name, defined in read.defined_names.items()}
        self.families = [str(row[0]) for row in self.names["PUB_Demand_Families"]]
        self.ends: list[date] = [end.date() for end in self.names["PUB_Demand_Buckets"][0]]
        self.currency = str(self.one("PUB_Currency"))
        self.first = self.ends.index(self.one("PUB_FirstBucket").date())
        self.months = self.ends[self.first : self.first + MONTHS]
        self._looks: dict[str, Any] = {}

    def one(self, name: str) -> Any:
        """The value of a name of one cell."""
        return self.names[name][0][0]

    def numbers(self, name: str) -> list[list[float]]:
        """A name of numbers; nothing counts as 0."""
        return [[float(value or 0) for value in row] for row in self.names[name]]

    def look(self, **more: Any) -> Any:
        """A cell format, made once."""
        key = repr(sorted(more.items()))
        if key not in self._looks:
            self._looks[key] = self.book.add_format({**FONT, **more})
        return self._looks[key]

    def number(self, form: str = MONEY, **more: Any) -> Any:
        return self.look(num_format=form, bottom=1, bottom_color=LINE, **more)

    def label(self, **more: Any) -> Any:
        return self.look(bottom=1, bottom_color=LINE, **more)

    def sheet(self, name: str, title: str, note: str, columns: int) -> Any:
        """A sheet with a head that says which version it shows."""
        sheet = self.book.add_worksheet(name)
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 1)
        sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        sheet.set_footer("&L&8Generated sample&C&8&A&R&8Page &P of &N")
        sheet.set_row(0, 30)
        for column in range(columns):
            sheet.write_blank(0, column, None, self.look(bg_color=NAVY))
        sheet.write_string(
            0, 0, title, self.look(bg_color=NAVY, font_color=PAPER, font_size=16, bold=True, indent=1)
        )
        said = f"S&OP plan version {self.one('PUB_Version')}, published {self.one('PUB_PublishedAt')}"
        formula = '="S&OP plan version "&[1]!PUB_Version&", published "&[1]!PUB_PublishedAt'
        sheet.write_formula(1, 0, formula, self.look(font_color=MUTED, bold=True, indent=1), said)
        sheet.write_string(2, 0, note, self.look(font_color=MUTED, indent=1))
        return sheet
