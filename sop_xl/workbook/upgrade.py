"""Bringing a workbook of an earlier day up to date: sheets, tables and columns that came later."""

from __future__ import annotations

import xlwings as xw

from sop_xl.workbook import layout
from sop_xl.workbook.formulas import quoted
from sop_xl.workbook.read import TablePlace, Workbook
from sop_xl.workbook.spec import Column, Sheet, Table
from sop_xl.workbook.styles import cell_style
from sop_xl.workbook.write import set_style

#: Sheets of names by bucket that came after the first workbooks of this layout version.
LATER_LISTS = ("Regions", "Waterfall")
TITLE_ROW, PURPOSE_ROW, HEADER_ROW = 1, 3, 6


def complete(workbook: Workbook) -> None:
    """Add what later versions added: tables where they are missing, columns where there is room beside a table."""
    for definition in layout.SHEETS:
        for table in definition.tables:
            if table.later and not workbook.has(table.name):
                _add_table(workbook, definition, table)
            elif workbook.has(table.name):
                _add_columns(workbook, table)
        if definition.name in LATER_LISTS:
            _add_list(workbook, definition)


def _add_list(workbook: Workbook, definition: Sheet) -> None:
    """A sheet that holds neither tables nor a planning view, found by its names."""
    data = f"{definition.name}_Data"
    if workbook.has_name(data):
        return
    sheet = _add_sheet(workbook, definition)
    for name, row in ((f"{definition.name}_Buckets", HEADER_ROW), (data, HEADER_ROW + 1)):
        area = sheet.range((row, 1), (row, 3))
        workbook.book.names.add(name, f"={quoted(sheet.name)}!{area.address}")


def _add_sheet(workbook: Workbook, definition: Sheet) -> xw.Sheet:
    names = [sheet.name for sheet in workbook.book.sheets]
    earlier = [other.name for other in layout.SHEETS[: layout.SHEETS.index(definition)]]
    before = next(name for name in reversed(earlier) if name in names)
    sheet = workbook.book.sheets.add(definition.name, after=workbook.book.sheets[before])
    sheet.range((TITLE_ROW, 1)).value = definition.name
    set_style(sheet.range((TITLE_ROW, 1)), "SOP title")
    sheet.range((PURPOSE_ROW, 1)).value = f"{definition.purpose}  ({definition.who})"
    set_style(sheet.range((PURPOSE_ROW, 1)), "SOP purpose")
    return sheet


def _add_table(workbook: Workbook, definition: Sheet, table: Table) -> None:
    names = [sheet.name for sheet in workbook.book.sheets]
    if definition.name in names:
        sheet = workbook.book.sheets[definition.name]
        used = sheet.used_range
        left = used.column + used.shape[1] + 1
    else:
        sheet = _add_sheet(workbook, definition)
        left = 1
    sheet.range((HEADER_ROW - 1, left)).value = table.title
    set_style(sheet.range((HEADER_ROW - 1, left)), "SOP section")
    _put_headers(sheet, left, table.columns)
    area = sheet.range((HEADER_ROW, left), (HEADER_ROW + 1, left + len(table.columns) - 1))
    sheet.tables.add(source=area, name=table.name, table_style_name="TableStyleLight1")
    workbook.forget_places()


def _add_columns(workbook: Workbook, table: Table) -> None:
    place = workbook.place(table.name)
    missing = [c for c in table.columns if c.later and c.header not in place.columns]
    if not missing:
        return
    sheet, whole = workbook.book.sheets[place.sheet], place.table.range
    left = whole.column + whole.shape[1]
    # One column stays free, so that the next table is still another one.
    if not _free(sheet, place, left, left + len(missing)):
        return
    _put_headers(sheet, left, missing, place.header_row)
    bottom = whole.row + whole.shape[0] - 1
    place.table.resize(sheet.range((whole.row, whole.column), (bottom, left + len(missing) - 1)))
    workbook.forget_places()


def _free(sheet: xw.Sheet, place: TablePlace, left: int, right: int) -> bool:
    used = sheet.used_range
    if left > used.column + used.shape[1] - 1:
        return True
    bottom = max(place.last_row, used.row + used.shape[0] - 1)
    values = sheet.range((place.header_row, left), (bottom, right)).options(ndim=2).value
    return all(cell in (None, "") for row in values for cell in row)


def _put_headers(
    sheet: xw.Sheet, left: int, columns: tuple[Column, ...] | list[Column], row: int = HEADER_ROW
) -> None:
    for i, column in enumerate(columns):
        header = sheet.range((row, left + i))
        header.value = column.header
        set_style(header, "SOP header")
        header.column_width = column.width
        set_style(sheet.range((row + 1, left + i)), cell_style(column))
