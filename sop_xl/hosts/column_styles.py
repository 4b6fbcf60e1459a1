"""Formats of whole rows and columns, and the number formats of a workbook."""

from __future__ import annotations

from typing import Any

from openpyxl.styles.cell_style import StyleArray
from openpyxl.styles.numbers import BUILTIN_FORMATS, BUILTIN_FORMATS_MAX_SIZE, BUILTIN_FORMATS_REVERSE
from openpyxl.workbook import Workbook
from openpyxl.worksheet.dimensions import ColumnDimension
from openpyxl.worksheet.worksheet import Worksheet

from sop_xl.hosts.addresses import Area, column_letters


def format_id(workbook: Workbook, code: str) -> int:
    """Number under which a workbook keeps a number format; it is added when new."""
    if code in BUILTIN_FORMATS_REVERSE:
        return BUILTIN_FORMATS_REVERSE[code]
    return workbook._number_formats.add(code) + BUILTIN_FORMATS_MAX_SIZE


def format_code(workbook: Workbook, number: int) -> str:
    """Number format kept under a number."""
    if number < BUILTIN_FORMATS_MAX_SIZE:
        return BUILTIN_FORMATS.get(number, "General")
    return workbook._number_formats[number - BUILTIN_FORMATS_MAX_SIZE]


def inherited_style(worksheet: Worksheet, area: Area) -> tuple[dict[int, StyleArray], dict[int, StyleArray]]:
    """Formats that new cells take from their row or column, as they do in Excel.

    Returns:
        Row number to format, and column number to format, only where there is one.
    """
    rows = {
        number: dimension._style
        for number, dimension in worksheet.row_dimensions.items()
        if area.top <= number <= area.bottom and dimension._style is not None and any(dimension._style)
    }
    columns: dict[int, StyleArray] = {}
    for dimension in worksheet.column_dimensions.values():
        if dimension._style is None or not any(dimension._style):
            continue
        dimension.reindex()
        for column in range(max(area.left, dimension.min), min(area.right, dimension.max) + 1):
            columns[column] = dimension._style
    return rows, columns


def covering_column(worksheet: Worksheet, column: int) -> ColumnDimension | None:
    """The stored width and format that applies to a column, or None."""
    for dimension in worksheet.column_dimensions.values():
        dimension.reindex()
        if dimension.min <= column <= dimension.max:
            return dimension
    return None


def own_column(worksheet: Worksheet, column: int) -> ColumnDimension:
    """The entry of one column alone; a shared entry is split, since overlapping ones damage the file."""
    dimensions = worksheet.column_dimensions
    shared = covering_column(worksheet, column)
    if shared is None:
        return dimensions[column_letters(column)]
    if shared.min == shared.max:
        return shared
    first, last = shared.min, shared.max
    del dimensions[next(key for key, dimension in dimensions.items() if dimension is shared)]
    for start, end in ((first, column - 1), (column, column), (column + 1, last)):
        if start <= end:
            dimensions[column_letters(start)] = _piece(worksheet, shared, start, end)
    return dimensions[column_letters(column)]


def _piece(worksheet: Worksheet, shared: ColumnDimension, first: int, last: int) -> ColumnDimension:
    fields: dict[str, Any] = {
        "width": shared.width,
        "bestFit": shared.bestFit,
        "hidden": shared.hidden,
        "outlineLevel": shared.outlineLevel,
        "collapsed": shared.collapsed,
    }
    piece = ColumnDimension(worksheet, index=column_letters(first), min=first, max=last, **fields)
    piece._style = StyleArray(shared._style) if shared._style is not None else None
    return piece
