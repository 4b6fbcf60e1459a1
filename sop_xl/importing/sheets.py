"""Reading a sheet or an Excel table of a workbook, quickly, through calamine.

Formulas count by the value that was last calculated. Cells that show an error value are found in the file
itself, because the reader gives them as empty.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Sequence
from pathlib import Path

from sop_xl.importing.cells import ErrorValue
from sop_xl.importing.errors import SourceError, did_you_mean
from sop_xl.importing.mapping import Place
from sop_xl.importing.sources import Part, part_of

_ERROR_CELL = re.compile(
    rb'<c\b(?=[^>]*\bt="e")[^>]*\br="([A-Z]+)([0-9]+)"[^>]*>(?:(?!</c>).)*?<v>([^<]*)</v>', re.S
)
_ATTRIBUTE = re.compile(r'([\w:]+)="([^"]*)"')


def read_sheet(place: Place, path: Path) -> Part:
    """A sheet (the first unless the place names one) or a table of a workbook.

    Raises:
        SourceError: it is no workbook, is protected by a password, or has no such sheet or table.
    """
    import python_calamine as calamine

    try:
        with calamine.CalamineWorkbook.from_path(
            path, **({"load_tables": True} if place.table else {})
        ) as book:
            if place.table:
                return _table(book, place, path)
            sheet = (
                _named(place.sheet, book.sheet_names, "sheet", path) if place.sheet else book.sheet_names[0]
            )
            rows: list[Sequence[object]] = list(
                book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
            )
    except calamine.PasswordError:
        raise SourceError(f"{path.name} is protected by a password.", "Save a copy without one.") from None
    except (calamine.CalamineError, OSError, IndexError) as error:
        raise SourceError(
            f"{path.name} cannot be read as a workbook ({error}).", "Open it, save it again and close it."
        ) from error
    notes: list[str] = []
    for row, column, value in _error_cells(path, sheet):
        if row < len(rows) and column < len(rows[row]):
            rows[row] = [*rows[row][:column], ErrorValue(value), *rows[row][column + 1 :]]
    lines = list(range(1, len(rows) + 1))
    return part_of(f"{path.name}, {sheet}", rows[place.skip :], lines[place.skip :], notes, unnamed=True)


def _table(book: object, place: Place, path: Path) -> Part:
    import python_calamine as calamine

    try:
        name = _named(place.table, book.table_names, "table", path)  # type: ignore[attr-defined]
    except calamine.TablesNotSupported:
        raise SourceError(f"{path.name} has no Excel tables.", "Name a sheet instead.") from None
    table = book.get_table_by_name(name)  # type: ignore[attr-defined]
    first, left = table.start
    rows = [list(row) for row in table.to_python()]
    for row, column, value in _error_cells(path, table.sheet):
        if 0 <= row - first < len(rows) and 0 <= column - left < len(table.columns):
            rows[row - first][column - left] = ErrorValue(value)
    lines = list(range(first, first + len(rows) + 1))
    return part_of(f"{path.name}, {name}", [list(table.columns), *rows], lines, [], unnamed=True)


def _named(wanted: str, known: list[str], what: str, path: Path) -> str:
    for name in known:
        if name.casefold() == wanted.strip().casefold():
            return name
    raise SourceError(f'{path.name} has no {what} "{wanted}".', did_you_mean(wanted, known))


def _error_cells(path: Path, sheet: str) -> list[tuple[int, int, str]]:
    """Row and column from 0, and the error shown, of a sheet of an .xlsx or .xlsm file."""
    if path.suffix.lower() not in (".xlsx", ".xlsm"):
        return []
    with zipfile.ZipFile(path) as archive:
        try:
            part = _part_of_sheet(archive, sheet)
            content = archive.read(part) if part else b""
        except KeyError:
            return []
    if b't="e"' not in content:
        return []
    return [
        (int(row) - 1, _column(letters.decode()), value.decode())
        for letters, row, value in _ERROR_CELL.findall(content)
    ]


def _part_of_sheet(archive: zipfile.ZipFile, sheet: str) -> str:
    from xml.sax.saxutils import unescape

    target = ""
    for tag in re.findall(r"<(?:\w+:)?sheet\b[^>]*>", archive.read("xl/workbook.xml").decode("utf-8")):
        attributes = dict(_ATTRIBUTE.findall(tag))
        if unescape(attributes.get("name", ""), {"&quot;": '"', "&apos;": "'"}) == sheet:
            target = next((value for key, value in attributes.items() if key.endswith(":id")), "")
    for tag in re.findall(
        r"<(?:\w+:)?Relationship\b[^>]*>", archive.read("xl/_rels/workbook.xml.rels").decode("utf-8")
    ):
        attributes = dict(_ATTRIBUTE.findall(tag))
        if target and attributes.get("Id") == target:
            where = attributes["Target"]
            return where.lstrip("/") if where.startswith("/") else f"xl/{where}"
    return ""


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1
