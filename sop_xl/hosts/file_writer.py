"""Writing a workbook: openpyxl's writer, with calculated values beside the formulas.

openpyxl leaves the value of every formula cell empty and shortens numbers to 16 digits. Here a
formula cell carries the value the program told, numbers survive unchanged, and the workbook
asks the spreadsheet program to recalculate when it is opened.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from openpyxl.cell._writer import write_cell
from openpyxl.cell.cell import Cell
from openpyxl.cell.rich_text import CellRichText
from openpyxl.comments.comment_sheet import CommentRecord
from openpyxl.packaging.manifest import Manifest
from openpyxl.utils.datetime import to_excel
from openpyxl.workbook import Workbook
from openpyxl.worksheet._writer import WorksheetWriter
from openpyxl.worksheet.formula import ArrayFormula
from openpyxl.worksheet.worksheet import Worksheet
from openpyxl.writer.excel import ExcelWriter
from openpyxl.xml.constants import XLSM, XLSX
from openpyxl.xml.functions import Element, SubElement

from sop_xl.hosts.addresses import column_letters
from sop_xl.hosts.cell_values import CellError
from sop_xl.hosts.file_charts import KeptCharts, LabelledDrawing, chart_xml
from sop_xl.hosts.shared_strings import ArchiveWithStrings, SharedStrings

StoredValue = Callable[[int, int], Any]


class _CellsWithValues(WorksheetWriter):
    """Writes one sheet; ``stored_value(row, column)`` gives the value beside a formula."""

    def __init__(
        self, worksheet: Worksheet, stored_value: StoredValue, extensions: Any, strings: SharedStrings
    ) -> None:
        super().__init__(worksheet)
        self._strings = strings
        self._extensions = extensions
        self._stored_value = stored_value
        self._style_ids: dict[bytes, str] = {}
        self._letters: dict[int, str] = {}

    def write_tail(self) -> None:
        super().write_tail()
        if self._extensions is not None:
            self.xf.send(self._extensions)

    def write_row(self, xf: Any, row: list[Cell], row_idx: int) -> None:
        attributes = {"r": str(row_idx)}
        attributes.update(self.ws.row_dimensions.get(row_idx, {}))
        number = str(row_idx)
        with xf.element("row", attributes):
            for cell in row:
                if cell._comment is not None:
                    self.ws._comments.append(CommentRecord.from_cell(cell))
                style = cell._style
                if cell._value is None and not (style is not None and any(style)) and not cell._comment:
                    continue
                letters = self._letters.get(cell.column)
                if letters is None:
                    letters = self._letters[cell.column] = column_letters(cell.column)
                self._write(xf, cell, letters + number)

    def _write(self, xf: Any, cell: Cell, reference: str) -> None:
        value, kind = cell._value, cell.data_type
        if kind == "f":
            written = isinstance(value, str | ArrayFormula)
        else:
            written = value is not None and kind in "nsd" and not isinstance(value, CellRichText)
        if not written:
            write_cell(xf, self.ws, cell, cell.has_style)
            return
        attributes = {"r": reference}
        style = cell._style
        if style is not None and any(style):
            attributes["s"] = self._style_id(cell)
        element = Element("c", attributes)
        if kind == "n":
            SubElement(element, "v").text = _number_text(value)
        elif kind == "s":
            element.set("t", "s")
            SubElement(element, "v").text = self._strings.number(value)
        elif kind == "d":
            SubElement(element, "v").text = _number_text(to_excel(value, self.ws.parent.epoch))
        else:
            self._add_formula(element, cell)
        if cell._hyperlink is not None:
            self.ws._hyperlinks.append(cell._hyperlink)
        xf.write(element)

    def _add_formula(self, element: Any, cell: Cell) -> None:
        formula = cell._value
        if isinstance(formula, str):
            SubElement(element, "f").text = formula[1:]
        else:
            SubElement(element, "f", dict(formula)).text = (formula.text or "=")[1:]
        value = self._stored_value(cell.row, cell.column)
        if value is None:
            return
        if isinstance(value, bool):
            element.set("t", "b")
            text = "1" if value else "0"
        elif isinstance(value, CellError):
            element.set("t", "e")
            text = str(value)
        elif isinstance(value, str):
            element.set("t", "str")
            text = value
        elif isinstance(value, dt.datetime | dt.time | dt.timedelta):
            text = _number_text(to_excel(value, self.ws.parent.epoch))
        else:
            text = _number_text(value)
        SubElement(element, "v").text = text

    def _style_id(self, cell: Cell) -> str:
        # Looking a format up by its bytes is several times cheaper than openpyxl's hash of a tuple.
        key = cell._style.tobytes()
        number = self._style_ids.get(key)
        if number is None:
            number = self._style_ids[key] = str(cell.style_id)
        return number


def _number_text(value: Any) -> str:
    return repr(value) if type(value) is float or type(value) is int else repr(float(value))


class _MacroManifest(Manifest):
    """List of parts of a macro-enabled workbook, also when it holds no macros yet."""

    # openpyxl finds the elements to write in the class itself, not in its parents.
    __elements__ = Manifest.__elements__
    __attrs__ = Manifest.__attrs__

    def append(self, obj: Any) -> None:
        super().append(obj)
        if self.Override[-1].ContentType == XLSX:
            self.Override[-1].ContentType = XLSM


class _ValuesWriter(ExcelWriter):
    def __init__(
        self,
        workbook: Workbook,
        archive: ZipFile,
        stored: Mapping[Worksheet, StoredValue],
        kept: KeptCharts,
        extensions: Mapping[Worksheet, Any],
    ) -> None:
        super().__init__(workbook, archive)
        self._extensions = extensions
        self._stored = stored
        self._kept = kept
        self._strings = SharedStrings()

    def _write_worksheets(self) -> None:
        super()._write_worksheets()
        self._strings.write(self._archive, self.manifest)

    def _write_charts(self) -> None:
        for chart in self._charts:
            self._archive.writestr(chart.path[1:], chart_xml(chart, self._kept))
            self.manifest.append(chart)

    def write_worksheet(self, ws: Worksheet) -> None:
        ws._drawing = LabelledDrawing(ws, self._kept)
        stored = self._stored.get(ws, _nothing_stored)
        writer = _CellsWithValues(ws, stored, self._extensions.get(ws), self._strings)
        try:
            writer.write()
            ws._rels = writer._rels
            self._archive.write(writer.out, ws.path[1:])
            self.manifest.append(ws)
        finally:
            writer.close()
            writer.cleanup()


def _nothing_stored(row: int, column: int) -> None:
    return None


def write_workbook(
    workbook: Workbook,
    path: Path,
    stored: Mapping[Worksheet, StoredValue],
    kept: KeptCharts,
    extensions: Mapping[Worksheet, Any],
    app_version: str = "",
) -> None:
    """Write a workbook to a path.

    Args:
        workbook: the openpyxl workbook.
        path: the file to write; ``.xlsm`` marks it as macro-enabled.
        stored: for each sheet, the value to store beside the formula in a cell.
        kept: the charts of the opened file.
        extensions: newer features of the sheets of the opened file.
        app_version: version of the program that wrote the charts; empty for openpyxl's own.
    """
    workbook.properties.modified = dt.datetime.now(tz=dt.UTC).replace(tzinfo=None)
    workbook.calculation.fullCalcOnLoad = True
    with ArchiveWithStrings(path, "w", ZIP_DEFLATED, allowZip64=True) as archive:
        archive.app_version = app_version
        writer = _ValuesWriter(workbook, archive, stored, kept, extensions)
        if path.suffix.lower() == ".xlsm":
            writer.manifest = _MacroManifest()
        writer.write_data()
