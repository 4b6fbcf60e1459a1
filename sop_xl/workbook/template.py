"""The empty workbook, written by XlsxWriter from the layout: the same bytes every time."""

from __future__ import annotations

import io
from datetime import datetime
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from sop_xl.workbook import layout, pages
from sop_xl.workbook.formulas import FIRST_BUCKET_COLUMN, HEADER_ROWS, column_letter
from sop_xl.workbook.named_styles import completed
from sop_xl.workbook.spec import Column, Sheet, Table, View
from sop_xl.workbook.styles import (
    GOOD_FILL,
    NAVY,
    OVER_FILL,
    RED,
    WARN_FILL,
    cell_style,
    styles,
)

#: Sheet rows, counted from 1, on every sheet.
TITLE_ROW, SUBTITLE_ROW, PURPOSE_ROW, NOTICE_ROW, SECTION_ROW, HEADER_ROW = 1, 2, 3, 4, 5, 6
#: Validations and conditional formats of a sheet reach this far, so that new rows have them too.
LAST_ROW, LAST_COLUMN = 5000, 80
VIEW_COLUMNS = 60
TAB_COLOURS = {"process": NAVY, "data": "#7A8896", "plan": "#0072B2", "meeting": "#D55E00", "help": "#B8C1CA"}
SUBTITLE = (
    '=Home_Company&"   |   cycle "&Home_Cycle&"   |   plan "&Home_Version&"   |   "&Home_State'
    '&IF(Home_Currency="","","   |   money in "&Home_Currency)'
)
#: A fixed date, so that the file does not change from build to build.
MADE = datetime(2026, 1, 1)


#: Characters that a landscape page of A4 holds side by side at full size; below which scale the paper is A3; and the
#: least scale that can be read.
PAGE_WIDTH, SMALL_SCALE, LEAST_SCALE = 140, 65, 40


class Template:
    """Writes the template; one method per kind of part."""

    def __init__(self) -> None:
        self.file = io.BytesIO()
        self.book = xlsxwriter.Workbook(self.file, {"in_memory": True, "default_date_format": "yyyy-mm-dd"})
        self.book.set_properties({"title": "S&OP workbook", "author": "sop_xl", "created": MADE})
        self.book.set_calc_mode("auto")
        properties = styles()
        self.formats: dict[str, Format] = {
            name: self.book.add_format(look) for name, look in properties.items()
        }
        # XlsxWriter numbers a format when it is first used; ask for the number of every named style now.
        self.indices = {name: look._get_xf_index() for name, look in self.formats.items()}
        normal = self.book.formats[0]
        normal.set_font_name("Calibri")
        normal.set_font_size(10)

    def build(self) -> bytes:
        """The finished file."""
        for definition in layout.SHEETS:
            sheet = self.book.add_worksheet(definition.name)
            self._frame(sheet, definition)
            if definition.view:
                self._view(sheet, definition.view)
            elif definition.name == "Home":
                pages.home(self, sheet)
            elif definition.tables:
                self._tables(sheet, definition.tables)
            page = pages.PAGES.get(definition.name)
            if page:
                page(self, sheet)
        self.book.get_worksheet_by_name("Home").activate()
        self.book.close()
        return completed(self.file.getvalue(), self.indices)

    def _frame(self, sheet: Worksheet, definition: Sheet) -> None:
        """Title, subtitle and purpose, gridlines off, print set-up: the same on every sheet."""
        f = self.formats
        title = "Sales & Operations Planning" if definition.name == "Home" else definition.name
        sheet.write_string(TITLE_ROW - 1, 0, title, f["SOP title"])
        sheet.write_formula(SUBTITLE_ROW - 1, 0, SUBTITLE, f["SOP subtitle"], "")
        sheet.write_string(PURPOSE_ROW - 1, 0, f"{definition.purpose}  ({definition.who})", f["SOP purpose"])
        sheet.write_blank(NOTICE_ROW - 1, 0, None, f["SOP notice"])
        sheet.set_row(TITLE_ROW - 1, 24)
        sheet.hide_gridlines(2)
        sheet.set_tab_color(TAB_COLOURS[definition.group])
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        sheet.set_footer("&L&8&F&C&8&A&R&8Page &P of &N")
        self.name(f"{definition.name}_Notice", definition.name, NOTICE_ROW, 1)

    def name(self, name: str, sheet: str, row: int, column: int, row2: int = 0, column2: int = 0) -> None:
        """Define a workbook name for a cell or an area, rows and columns from 1."""
        ref = f"='{sheet}'!${column_letter(column)}${row}"
        if row2:
            ref += f":${column_letter(column2)}${row2}"
        self.book.define_name(name, ref)

    def _tables(self, sheet: Worksheet, tables: tuple[Table, ...]) -> None:
        column, starts = 1, []
        for table in tables:
            self.table(sheet, table, HEADER_ROW, column)
            column += len(table.columns) + 1
            if table is not tables[-1]:
                sheet.set_column(column - 2, column - 2, 3)
                starts.append(column - 1)
        if starts:
            # One page for all tables side by side could not be read: each begins a page of its own.
            widest = max(sum(part.width for part in table.columns) for table in tables)
            scale = 100 * PAGE_WIDTH / widest
            if scale < SMALL_SCALE:
                # A3, whose sides are longer by the root of two.
                sheet.set_paper(8)
                scale *= 2**0.5
            sheet.set_print_scale(max(LEAST_SCALE, min(100, int(scale))))
            sheet.set_v_pagebreaks(starts)
        sheet.freeze_panes(HEADER_ROW, 1)
        sheet.repeat_rows(0, HEADER_ROW - 1)

    def table(
        self, sheet: Worksheet, table: Table, row: int, column: int, data: list[list[Any]] | None = None
    ) -> None:
        """An Excel table with its title above, one empty row where there is no data."""
        f = self.formats
        rows = data or [[]]
        sheet.write_string(row - 2, column - 1, table.title, f["SOP section"])
        columns = []
        for i, definition in enumerate(table.columns):
            look = f[cell_style(definition)]
            columns.append({"header": definition.header, "header_format": f["SOP header"], "format": look})
            sheet.set_column(column - 1 + i, column - 1 + i, definition.width)
            self._validation(sheet, definition, row, column + i)
            if definition.help or definition.unit:
                note = ". ".join(part for part in (definition.help, definition.unit) if part)
                sheet.write_comment(row - 1, column - 1 + i, note, {"x_scale": 1.4, "y_scale": 0.6})
        sheet.add_table(
            row - 1,
            column - 1,
            row - 1 + len(rows),
            column - 2 + len(columns),
            {"name": table.name, "columns": columns, "style": "Table Style Light 1", "banded_rows": False},
        )
        for number, line in enumerate(rows):
            for i, definition in enumerate(table.columns):
                look = f[cell_style(definition)]
                value = line[i] if i < len(line) else None
                sheet.write(row + number, column - 1 + i, value, look)
        if sheet.get_name() != "Home":
            sheet.set_row(row - 1, 30)

    def _validation(self, sheet: Worksheet, definition: Column, row: int, column: int) -> None:
        if definition.role == "calc":
            return
        area = (row, column - 1, LAST_ROW, column - 1)
        said: dict[str, Any] = {}
        if definition.owner:
            what = f" {definition.help}." if definition.help else ""
            said = {
                "input_title": definition.header,
                "input_message": f"{definition.owner} answers for this: ask before you change it.{what}",
            }
        if definition.choices:
            sheet.data_validation(
                *area,
                {
                    "validate": "list",
                    "source": list(definition.choices),
                    "error_title": definition.header,
                    "error_message": f"Choose one of: {', '.join(definition.choices)}",
                },
            )
        elif definition.kind == "number" and definition.minimum is not None:
            rule: dict[str, Any] = {"validate": "decimal", "criteria": ">=", "value": definition.minimum}
            if definition.maximum is not None:
                rule = {
                    "validate": "decimal",
                    "criteria": "between",
                    "minimum": definition.minimum,
                    "maximum": definition.maximum,
                }
            sheet.data_validation(
                *area,
                {
                    **rule,
                    "error_title": definition.header,
                    "error_message": definition.unit or "A number",
                    **said,
                },
            )
        elif definition.kind == "date":
            sheet.data_validation(
                *area,
                {
                    "validate": "date",
                    "criteria": ">=",
                    "value": datetime(1990, 1, 1),
                    "error_title": definition.header,
                    "error_message": "A date, for example 2026-11-30",
                },
            )
        elif said:
            sheet.data_validation(*area, {"validate": "any", **said})

    def _view(self, sheet: Worksheet, view: View) -> None:
        """The frame of a planning view; its buckets and blocks come with the first command."""
        f = self.formats
        for i, label in enumerate(HEADER_ROWS):
            look = f["SOP header left"] if i == 0 else f["SOP label total"]
            sheet.write_string(HEADER_ROW - 1 + i, 0, view.entity.capitalize() if i == 0 else "", look)
            sheet.write_string(HEADER_ROW - 1 + i, 1, "Measure" if i == 0 else label, look)
            sheet.write_string(HEADER_ROW - 1 + i, 2, "Unit" if i == 0 else "", look)
        sheet.set_column(0, 0, 12)
        sheet.set_column(1, 1, 23)
        sheet.set_column(2, 2, 7)
        sheet.set_column(FIRST_BUCKET_COLUMN - 1, VIEW_COLUMNS - 1, 10)
        sheet.write_string(
            HEADER_ROW + len(HEADER_ROWS), 0, "Load the data, then run the forecast.", f["SOP subtitle"]
        )
        sheet.set_paper(8)
        # The rows that matter most stand above those that a fold hides.
        sheet.outline_settings(symbols_below=False)
        sheet.freeze_panes(HEADER_ROW + len(HEADER_ROWS) - 1, FIRST_BUCKET_COLUMN - 1)
        # The same rows as on every sheet, and no columns, which one page across needs not: LibreOffice breaks all
        # rows of all sheets into pages again whenever what repeats changes from one sheet to the next.
        sheet.repeat_rows(0, HEADER_ROW - 1)
        sheet.set_margins(left=0.25, right=0.25, top=0.4, bottom=0.5)
        self.name(f"{view.name}_Buckets", view.name, HEADER_ROW, 1, HEADER_ROW, VIEW_COLUMNS)
        first = HEADER_ROW + len(HEADER_ROWS)
        self.name(f"{view.name}_Grid", view.name, first, 1, first, VIEW_COLUMNS)
        self._view_conditions(sheet, view, first)

    def _view_conditions(self, sheet: Worksheet, view: View, first: int) -> None:
        area = (first - 1, FIRST_BUCKET_COLUMN - 1, LAST_ROW, LAST_COLUMN)
        corner = f"{column_letter(FIRST_BUCKET_COLUMN)}{first}"
        label = f"$B{first}"

        def rule(condition: str, look: dict[str, Any]) -> None:
            sheet.conditional_format(
                *area,
                {
                    "type": "formula",
                    "criteria": f"=AND(ISNUMBER({corner}),{condition})",
                    "format": self._look(look),
                },
            )

        over = {"bg_color": OVER_FILL, "font_color": RED, "bold": True}
        warn, good = {"bg_color": WARN_FILL}, {"bg_color": GOOD_FILL}
        if view.name == "Supply":
            rule(f'{label}="Projected inventory",ROUND({corner},6)<0', over)
            rule(f'{label}="Inventory - target",ROUND({corner},6)<0', warn)
        if view.name == "Capacity":
            rule(f'{label}="Utilization",{corner}>1.000001', over)
            rule(f'{label}="Utilization",{corner}>=0.9', warn)
            rule(f'{label}="Utilization",{corner}>=0', good)
            rule(f'{label}="Resources over capacity",{corner}>0', over)
            rule(f'{label}="Hours short",{corner}>0', over)
        if view.name == "Finance":
            rule(f'LEFT({label},3)="Gap",{corner}<0', over)
            rule(f'LEFT({label},10)="Margin gap",{corner}<0', over)
        for row in view.rows:
            if row.role == "input":
                rule(f'{label}="{row.label}"', {"bold": True, "font_color": "#0B4F7D"})

    def _look(self, look: dict[str, Any]) -> Format:
        return self.book.add_format(look)


def template() -> bytes:
    """The template workbook as bytes."""
    return Template().build()


def template_path() -> Path:
    """Where the built template lies, also in an installed package."""
    import workbook_templates

    return Path(workbook_templates.__file__).parent / "SOP_Template.xlsx"
