"""A finance workbook that is linked to the published plan, as somebody in finance would make it.

Run ``python examples/finance_links.py FOLDER``, where FOLDER holds a published plan; ``python3 dev.py demo`` makes
both. It writes ``finance.xlsx`` beside the plan: a profit and loss account over plain links to cells, one page over the
names of the published workbook, one with the functions that read the plan store. See ``docs/finance-links.md``.
"""

from __future__ import annotations

import os
import sys
from datetime import date, datetime
from pathlib import Path
from typing import Any

from external_link import add_link
from finance_book import DAY, MOMENT, MONEY, SHARE, FinanceBook
from xlsxwriter.utility import xl_rowcol_to_cell as at

from sop_xl.workbook.published_layout import FIRST_COLUMN, FIRST_ROW, HEADER_ROW
from sop_xl.workbook.styles import (
    BLUE,
    GOOD_FILL,
    GROUP_FILL,
    INPUT_FILL,
    LINE,
    MUTED,
    NAVY,
    ORANGE,
    PAPER,
    TOTAL_FILL,
)
from udfs.registry import call

#: Sheets of the published workbook that are linked to.
LINKED = ("Summary", "Demand", "Revenue", "COGS", "Margin", "InventoryValue")
LIVE, ABSENT = "Live from the plan store", "As last read: the functions or the plan store are not there"
#: Row of the table on Functions, counted from 0.
TABLE_ROW = 14
#: What finance puts in: overheads as a share of revenue, only to have a number to begin with.
OVERHEADS = 0.24


class Finance(FinanceBook):
    """The workbook; one method per sheet."""

    def build(self) -> bytes:
        """The finished file."""
        self.profit_and_loss()
        self.by_name()
        self.functions()
        self.book.close()
        return add_link(self.file.getvalue(), self.linked, LINKED)

    def tiles(self, sheet: Any, row: int) -> None:
        """Four figures of the whole plan, each by its name."""
        revenue, margin, gap = (
            float(self.one(f"PUB_{name}")) for name in ("PlanRevenue", "PlanMargin", "GapToBudget")
        )
        figures = (
            ("Revenue of the plan", "[1]!PUB_PlanRevenue", revenue, MONEY),
            ("Gross margin of the plan", "[1]!PUB_PlanMargin", margin, MONEY),
            ("Gross margin, share", "[1]!PUB_PlanMargin/[1]!PUB_PlanRevenue", margin / revenue, SHARE),
            ("Gap to budget", "[1]!PUB_GapToBudget", gap, MONEY),
        )
        for i, (label, formula, value, form) in enumerate(figures):
            left = 0 if i == 0 else 1 + 3 * (i - 1)
            right = 0 if i == 0 else left + 2
            head = self.look(
                font_color=MUTED, font_size=9, bg_color=GROUP_FILL, indent=1, top=2, top_color=NAVY
            )
            figure = self.look(
                font_size=16,
                bold=True,
                font_color=NAVY,
                bg_color=GROUP_FILL,
                num_format=form,
                align="left",
                indent=1,
            )
            for column in range(left, right + 1):
                sheet.write_blank(row, column, None, head)
                sheet.write_blank(row + 1, column, None, figure)
            if left < right:
                sheet.merge_range(row + 1, left, row + 1, right, None, figure)
            sheet.write_string(row, left, f"{label}, {self.currency}" if form == MONEY else label, head)
            sheet.write_formula(row + 1, left, f"={formula}", figure, value)
        sheet.set_row(row + 1, 24)

    def profit_and_loss(self) -> None:
        """Months as columns, by plain links to cells: a link is as good as its cell, and those never move."""
        n = len(self.months)
        note = (
            f"In {self.currency}. Plain links to cells of {self.linked.name}; yellow cells are finance's own."
        )
        sheet = self.sheet("P&L", "Profit and loss by month", note, n + 2)
        sheet.set_column(0, 0, 30)
        sheet.set_column(1, n, 10.5)
        sheet.set_column(n + 1, n + 1, 13)
        self.tiles(sheet, 4)
        head = self.look(bold=True, font_color=PAPER, bg_color=NAVY, align="right", num_format=DAY)
        top = 7
        sheet.write_string(
            top, 0, "Month that ends", self.look(bold=True, font_color=PAPER, bg_color=NAVY, indent=1)
        )
        for t, end in enumerate(self.months):
            self.linked_cell(sheet, top, t, "Revenue", HEADER_ROW, end, head)
        sheet.write_string(top, n + 1, "Total", head)
        row = top + 1
        revenue = self.numbers("PUB_Revenue")
        families = range(row, row + len(self.families))
        for f, family in enumerate(self.families):
            sheet.write_string(row, 0, family, self.label(indent=1))
            values = revenue[f][self.first : self.first + n]
            for t, value in enumerate(values):
                self.linked_cell(sheet, row, t, "Revenue", FIRST_ROW + f, value, self.number())
            self.total(sheet, row, values, self.number(bold=True))
            row += 1
        sales = [sum(column) for column in zip(*revenue, strict=True)][self.first : self.first + n]
        lines: dict[str, tuple[int, list[float]]] = {}

        def line(
            label: str, values: list[float], formulas: list[str], form: str = MONEY, **more: Any
        ) -> None:
            nonlocal row
            lines[label] = (row, values)
            sheet.write_string(row, 0, label, self.label(indent=1, **more))
            for t, (value, formula) in enumerate(zip(values, formulas, strict=True)):
                sheet.write_formula(row, 1 + t, formula, self.number(form, **more), value)
            row += 1

        def columns(pattern: str) -> list[str]:
            letters = [at(0, 1 + t).rstrip("1") for t in range(n)]
            return [pattern.replace("?", letter) for letter in letters]

        strong = {"bold": True, "bg_color": TOTAL_FILL}
        line("Revenue", sales, columns(f"=SUM(?{families[0] + 1}:?{families[-1] + 1})"), **strong)
        self.total(sheet, row - 1, sales, self.number(**strong))
        cost = [-value for value in self.numbers("PUB_COGS_Total")[0][self.first : self.first + n]]
        line("Cost of goods sold", cost, [f"=-{self.source('COGS', HEADER_ROW - 1, t)}" for t in range(n)])
        self.total(sheet, row - 1, cost, self.number(bold=True))
        margin = [a + b for a, b in zip(sales, cost, strict=True)]
        line("Gross margin", margin, columns(f"=?{row - 1}+?{row}"), **strong)
        self.total(sheet, row - 1, margin, self.number(**strong))
        share = [a / b if b else 0.0 for a, b in zip(margin, sales, strict=True)]
        line(
            "  of revenue", share, columns(f"=IF(?{row - 2}=0,0,?{row}/?{row - 2})"), SHARE, font_color=MUTED
        )
        self.ratio(sheet, row - 1, sum(margin), sum(sales), row - 1, row - 3)
        overheads = [-float(round(sum(sales) * OVERHEADS / n, -2))] * n
        sheet.write_string(row, 0, "Overheads (own input)", self.label(indent=1))
        for t, value in enumerate(overheads):
            sheet.write_number(row, 1 + t, value, self.number(bg_color=INPUT_FILL))
        self.total(sheet, row, overheads, self.number(bold=True))
        row += 1
        result = [a + b for a, b in zip(margin, overheads, strict=True)]
        line(
            "Operating result", result, columns(f"=?{row - 2}+?{row}"), bold=True, bg_color=TOTAL_FILL, top=1
        )
        self.total(sheet, row - 1, result, self.number(bold=True, bg_color=TOTAL_FILL, top=1))
        row += 1
        stock = self.numbers("PUB_InventoryValue_Total")[0][self.first : self.first + n]
        places = [f"={self.source('InventoryValue', HEADER_ROW - 1, t)}" for t in range(n)]
        line("Inventory at the end of the month", stock, places)
        total = self.numbers("PUB_Revenue_Total")[0][self.first : self.first + n]
        misses = [round(a - b, 2) + 0.0 for a, b in zip(sales, total, strict=True)]
        where = lines["Revenue"][0] + 1
        checks = [
            f"=ROUND({letter}{where}-{self.source('Revenue', HEADER_ROW - 1, t)},2)"
            for t, letter in enumerate(columns("?"))
        ]
        line("Check: revenue less published total", misses, checks, "0.00_);[Red](0.00)", font_color=MUTED)
        sheet.conditional_format(
            row - 1,
            1,
            row - 1,
            n,
            {"type": "cell", "criteria": "==", "value": 0, "format": self.look(bg_color=GOOD_FILL)},
        )
        self.chart(sheet, row + 1, top, lines["Revenue"][0], lines["  of revenue"][0])
        sheet.freeze_panes(top + 1, 1)

    def source(self, block: str, row: int, month: int) -> str:
        """A plain link: ``[1]Revenue!D7``. Rows count from 1, months from the first of the account."""
        return f"[1]{block}!{at(row - 1, FIRST_COLUMN - 1 + self.first + month)}"

    def linked_cell(
        self, sheet: Any, row: int, month: int, block: str, source: int, value: Any, look: Any
    ) -> None:
        shown = (value - date(1899, 12, 30)).days if isinstance(value, date) else value
        sheet.write_formula(row, 1 + month, f"={self.source(block, source, month)}", look, shown)

    def total(self, sheet: Any, row: int, values: list[float], look: Any) -> None:
        n = len(values)
        sheet.write_formula(row, n + 1, f"=SUM({at(row, 1)}:{at(row, n)})", look, sum(values))

    def ratio(self, sheet: Any, row: int, above: float, below: float, above_row: int, below_row: int) -> None:
        column = len(self.months) + 1
        formula = (
            f"=IF({at(below_row - 1, column)}=0,0,{at(above_row - 1, column)}/{at(below_row - 1, column)})"
        )
        look = self.number(SHARE, bold=True, font_color=MUTED)
        sheet.write_formula(row, column, formula, look, above / below if below else 0.0)

    def chart(self, sheet: Any, row: int, header: int, revenue: int, share: int) -> None:
        n = len(self.months)
        columns = self.book.add_chart({"type": "column"})
        columns.add_series(
            {
                "name": f"Revenue, {self.currency}",
                "categories": ["P&L", header, 1, header, n],
                "values": ["P&L", revenue, 1, revenue, n],
                "fill": {"color": BLUE},
                "gap": 60,
            }
        )
        line = self.book.add_chart({"type": "line"})
        line.add_series(
            {
                "name": "Gross margin, share of revenue",
                "categories": ["P&L", header, 1, header, n],
                "values": ["P&L", share, 1, share, n],
                "line": {"color": ORANGE, "width": 2.25},
                "y2_axis": True,
            }
        )
        columns.combine(line)
        columns.set_title({"name": "Revenue and gross margin", "name_font": {"size": 12, "color": NAVY}})
        columns.set_legend({"position": "bottom"})
        columns.set_x_axis({"num_format": "mmm yy", "text_axis": True})
        columns.set_y_axis(
            {"num_format": "#,##0", "min": 0, "major_gridlines": {"visible": True, "line": {"color": LINE}}}
        )
        line.set_y2_axis({"num_format": "0%", "min": 0})
        columns.set_size({"width": 1180, "height": 260})
        sheet.insert_chart(
            row, 0, columns, {"x_offset": 8, "description": "Revenue and gross margin by month"}
        )

    def by_name(self) -> None:
        """Families as rows for any period, over the named ranges: nothing here knows where a cell stands."""
        note = (
            "Type the first and last bucket. Every number is looked up by family and date in the PUB_ names."
        )
        sheet = self.sheet("By name", "Any period, by family", note, 7)
        sheet.set_column(0, 0, 30)
        sheet.set_column(1, 6, 16)
        typed = self.look(bg_color=INPUT_FILL, num_format="yyyy-mm-dd", border=1, border_color=LINE)
        start, end = self.months[0], self.months[-1]
        for row, label, day in ((4, "First bucket ends", start), (5, "Last bucket ends", end)):
            sheet.write_string(row, 0, label, self.label(indent=1))
            sheet.write_datetime(row, 1, datetime(day.year, day.month, day.day), typed)
        head = self.look(bold=True, font_color=PAPER, bg_color=NAVY, align="right")
        titles = (
            "Family",
            "Demand, units",
            "Revenue",
            "Cost of goods sold",
            "Gross margin",
            "of revenue",
            "Inventory, last",
        )
        for column, title in enumerate(titles):
            left = self.look(bold=True, font_color=PAPER, bg_color=NAVY, indent=1)
            sheet.write_string(7, column, title, head if column else left)
        inside = [start <= each <= end for each in self.ends]
        last = self.ends.index(end)
        blocks = ("Demand", "Revenue", "COGS", "Margin")
        values = {block: self.numbers(f"PUB_{block}") for block in (*blocks, "InventoryValue")}
        sums = {
            name: [sum(v for v, i in zip(row, inside, strict=True) if i) for row in rows]
            for name, rows in values.items()
        }
        for f, family in enumerate(self.families):
            row = 8 + f
            sheet.write_string(row, 0, family, self.label(indent=1))
            for column, block in enumerate(blocks, start=1):
                sheet.write_formula(row, column, _period(block, row), self.number(), sums[block][f])
            margin, revenue = sums["Margin"][f], sums["Revenue"][f]
            share = f"=IF(C{row + 1}=0,0,E{row + 1}/C{row + 1})"
            sheet.write_formula(row, 5, share, self.number(SHARE), margin / revenue if revenue else 0.0)
            look_up = (
                f"=N(INDEX([1]!PUB_InventoryValue,MATCH($A{row + 1},[1]!PUB_InventoryValue_Families,0),"
                f"MATCH($B$6,[1]!PUB_InventoryValue_Buckets,0)))"
            )
            sheet.write_formula(row, 6, look_up, self.number(), values["InventoryValue"][f][last])
        row = 8 + len(self.families)
        strong = self.number(bold=True, bg_color=TOTAL_FILL)
        sheet.write_string(row, 0, "All families", self.label(indent=1, bold=True, bg_color=TOTAL_FILL))
        sheet.write_blank(row, 1, None, strong)
        for column, block in ((2, "Revenue"), (3, "COGS"), (4, "Margin")):
            letter = at(0, column).rstrip("1")
            sheet.write_formula(row, column, f"=SUM({letter}9:{letter}{row})", strong, sum(sums[block]))
        total = sum(sums["Margin"]) / sum(sums["Revenue"])
        sheet.write_formula(
            row,
            5,
            f"=IF(C{row + 1}=0,0,E{row + 1}/C{row + 1})",
            self.number(SHARE, bold=True, bg_color=TOTAL_FILL),
            total,
        )
        stock = sum(numbers[last] for numbers in values["InventoryValue"])
        sheet.write_formula(row, 6, f"=SUM(G9:G{row})", strong, stock)
        sheet.freeze_panes(8, 1)

    def functions(self) -> None:
        """The same plan from the plan store, by functions: no path to a file, and any version that was published."""
        version, table = self.from_store()
        width = len(table[0]) - 1
        note = "SOP_ functions of the add-in; they read the plan store that SOP_STORE or sop-xl store init names."
        sheet = self.sheet("Functions", "From the plan store", note, 1 + width)
        sheet.set_column(0, 0, 30)
        sheet.set_column(1, width, 11)
        sheet.set_column(3, 3, 16)
        head = self.look(bold=True, font_color=PAPER, bg_color=NAVY, align="right")
        left = self.look(bold=True, font_color=PAPER, bg_color=NAVY, indent=1)
        month = self.look(bold=True, font_color=PAPER, bg_color=NAVY, align="right", num_format=DAY)
        section = self.look(bold=True, font_color=NAVY)
        name, right = self.label(indent=1), self.label(align="right")
        kept = TABLE_ROW + len(table) + 2
        for column, title in enumerate(("Version", "Cycle", "Status", "Published", "By")):
            sheet.write_string(5, column, title, head if column else left)
        looks = [[name, right, right, self.number(MOMENT), right]]
        _array(sheet, 6, f"IFERROR(SOP_VERSION(),{_kept(kept, version)})", version, looks)
        for column, title in enumerate(("One number", "Bucket", "Revenue")):
            sheet.write_string(8, column, title, head if column else left)
        day = self.look(bg_color=INPUT_FILL, num_format="yyyy-mm-dd", border=1, border_color=LINE)
        for row, line in enumerate(table[1:4], start=9):
            sheet.write_string(row, 0, line[0], name)
            sheet.write_number(row, 1, table[0][1], day)
            sheet.write_formula(row, 2, f'=SOP_PLAN("revenue",A{row + 1},B{row + 1})', self.number(), line[1])
        sheet.write_string(TABLE_ROW - 1, 0, f"A measure as a table: revenue, {self.currency}", section)
        looks = [[left, *[month] * width]] + [[name, *[self.number()] * width]] * len(table)
        _array(sheet, TABLE_ROW, f'IFERROR(SOP_PLAN_TABLE("revenue"),{_kept(kept + 1, table)})', table, looks)
        # Calc calculates array formulas whenever it opens a file: without the functions it shows these.
        quiet = {"font_color": MUTED, "italic": True}
        text, right = self.look(indent=1, **quiet), self.look(align="right", **quiet)
        sheet.write_string(
            kept - 1, 0, "As last read: shown above while the functions are not there", section
        )
        _values(sheet, kept, version, [[text, right, right, self.look(num_format=MOMENT, **quiet), right]])
        looks = [[text, *[self.look(num_format=DAY, align="right", **quiet)] * width]]
        looks += [[text, *[self.look(num_format=MONEY, **quiet)] * width]] * len(table)
        _values(sheet, kept + 1, table, looks)
        state = f'{{=IF(ISERROR(SOP_VERSION()),"{ABSENT}","{LIVE}")}}'
        sheet.write_array_formula(3, 0, 3, 0, state, self.look(bold=True, font_color=ORANGE, indent=1), LIVE)
        sheet.freeze_panes(4, 1)

    def from_store(self) -> tuple[list[list[Any]], list[list[Any]]]:
        """What the functions give: the version, and the table of revenue."""
        before = os.environ.get("SOP_STORE")
        os.environ["SOP_STORE"] = str(self.store)
        try:
            version, table = call("SOP_VERSION", []), call("SOP_PLAN_TABLE", ["revenue"])
        finally:
            del os.environ["SOP_STORE"]
            if before is not None:
                os.environ["SOP_STORE"] = before
        if not isinstance(version, list) or not isinstance(table, list):
            raise ValueError(f"{self.store.name} does not hold this plan: {version} {table}")
        return version, table


def _period(block: str, row: int) -> str:
    """The sum of a family over the chosen buckets; SUMPRODUCT also works while the linked file is closed."""
    name = f"[1]!PUB_{block}"
    return f"=SUMPRODUCT(({name}_Families=$A{row + 1})*({name}_Buckets>=$B$5)*({name}_Buckets<=$B$6)*{name})"


def _array(sheet: Any, row: int, formula: str, values: Any, looks: Any) -> None:
    """A formula over as many cells, from column A on, as it has values, with the values beside it."""
    end = row + len(values) - 1, len(values[0]) - 1
    sheet.write_array_formula(row, 0, *end, f"{{={formula}}}", looks[0][0], values[0][0])
    _values(sheet, row, values, looks, skip_first=True)


def _values(sheet: Any, row: int, values: Any, looks: Any, skip_first: bool = False) -> None:
    """Rows of texts and numbers from column A on."""
    for r, line in enumerate(values):
        for c, value in enumerate(line):
            if skip_first and r == c == 0:
                continue
            if isinstance(value, int | float):
                sheet.write_number(row + r, c, value, looks[r][c])
            else:
                sheet.write_string(row + r, c, value or "", looks[r][c])


def _kept(row: int, values: Any) -> str:
    return f"{at(row, 0, True, True)}:{at(row + len(values) - 1, len(values[0]) - 1, True, True)}"


def build(folder: Path) -> Path:
    """Write ``finance.xlsx`` beside the published workbook of a folder.

    Raises:
        FileNotFoundError: the folder has no published workbook.
    """
    found = sorted(folder.glob("*_published.xlsx"))
    if not found:
        raise FileNotFoundError(f"{folder} holds no published workbook; run sop-xl publish first")
    store = found[0].with_name(found[0].name.replace("_published.xlsx", "_store.sqlite"))
    path = folder / "finance.xlsx"
    path.write_bytes(Finance(found[0], store).build())
    return path


if __name__ == "__main__":
    print(f"Wrote {build(Path(sys.argv[1] if len(sys.argv) > 1 else 'demo'))}")
