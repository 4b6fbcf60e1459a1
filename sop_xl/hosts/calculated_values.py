"""The values that a spreadsheet program last calculated, as the opened file holds them."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from typing import Any
from xml.etree import ElementTree

from python_calamine import CalamineWorkbook

from sop_xl.hosts.addresses import parse_a1
from sop_xl.hosts.cell_values import CellError

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_ERROR_CELL = re.compile(
    rb'<c (?=[^>]*\bt="e")[^>]*\br="([A-Z]+\d+)"[^>]*>(?:(?!</c>).)*?<v>([^<]*)</v>', re.DOTALL
)


class CalculatedValues:
    """Values of formula cells in a workbook file, read sheet by sheet when first asked for.

    Args:
        content: the bytes of the .xlsx or .xlsm file.
    """

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._workbook: CalamineWorkbook | None = None
        self._sheets: dict[str, list[list[Any]]] = {}
        self._errors: dict[str, dict[tuple[int, int], CellError]] = {}

    def value(self, sheet: str, row: int, column: int) -> Any:
        """Value of one cell in the file; None when the file holds none.

        Args:
            sheet: the name of the sheet in the file.
            row: counted from 1.
            column: counted from 1.
        """
        rows = self._sheets.get(sheet)
        if rows is None:
            rows = self._sheets[sheet] = self._read(sheet)
        try:
            value = rows[row - 1][column - 1]
        except IndexError:
            value = ""
        if value == "":
            # The reader gives errors as empty text, so only here is it worth looking for them.
            return self._error_values(sheet).get((row, column))
        if type(value) is dt.date:
            return dt.datetime(value.year, value.month, value.day)
        return value

    def _read(self, sheet: str) -> list[list[Any]]:
        if self._workbook is None:
            self._workbook = CalamineWorkbook.from_filelike(io.BytesIO(self._content))
        return self._workbook.get_sheet_by_name(sheet).to_python(skip_empty_area=False)

    def _error_values(self, sheet: str) -> dict[tuple[int, int], CellError]:
        if sheet not in self._errors:
            found: dict[tuple[int, int], CellError] = {}
            with zipfile.ZipFile(io.BytesIO(self._content)) as archive:
                text = archive.read(part_of_sheet(archive, sheet))
            for reference, error in _ERROR_CELL.findall(text):
                area = parse_a1(reference.decode())
                if area:
                    found[area.top, area.left] = CellError(error.decode())
            self._errors[sheet] = found
        return self._errors[sheet]


def part_of_sheet(archive: zipfile.ZipFile, sheet: str) -> str:
    """Path of a worksheet within the archive of its workbook."""
    workbook = ElementTree.fromstring(archive.read("xl/workbook.xml"))
    relations = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    targets = {relation.get("Id"): relation.get("Target", "") for relation in relations}
    for entry in workbook.iter(f"{_MAIN}sheet"):
        if entry.get("name") == sheet:
            target = targets[entry.get(_RELATION)]
            return target[1:] if target.startswith("/") else f"xl/{target}"
    raise KeyError(sheet)
