"""Ranges of a sheet open in LibreOffice, as xlwings sees them."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import xlwings as xw
from openpyxl.utils.datetime import from_excel, to_excel

from sop_xl.hosts.addresses import MAX_COLUMNS, MAX_ROWS, Area
from sop_xl.hosts.area_range import AreaRange
from sop_xl.hosts.calc_formats import CalcFont, CalcRangeApi, to_rgb
from sop_xl.hosts.cell_values import CellError, checked_text, is_error_text
from sop_xl.hosts.errors import HostError
from sop_xl.hosts.formula_text import from_file, to_file
from sop_xl.hosts.region import current_region, end_of_region

if TYPE_CHECKING:
    from sop_xl.hosts.calc_book import CalcSheet
    from sop_xl.hosts.calc_names import CalcName

MAX_CELLS = 20_000_000
_SHIFTING = (
    "Cells are inserted and deleted in LibreOffice itself; resize the table, or clear and write the cells."
)


def to_cell(value: Any) -> Any:
    """A value as it is sent: text that begins with ``=`` is a formula, ``'=`` is text.

    >>> to_cell("=A1"), to_cell("'=A1"), to_cell(dt.datetime(2026, 1, 31))
    ({'formula': '=A1'}, '=A1', {'date': 46053.0, 'code': 'yyyy-mm-dd'})
    """
    if isinstance(value, str):
        if value.startswith("'"):
            return checked_text(value[1:]) or None
        if (value.startswith("=") and len(value) > 1) or is_error_text(value):
            return {"formula": to_file(value) if value.startswith("=") else f"={value}"}
        return checked_text(value) or None
    if isinstance(value, dt.datetime):
        code = "yyyy-mm-dd hh:mm" if value.time() != dt.time() else "yyyy-mm-dd"
        return {"date": to_excel(value), "code": code}
    if isinstance(value, dt.time | dt.timedelta):
        code = "hh:mm:ss" if isinstance(value, dt.time) else "[hh]:mm:ss"
        return {"date": to_excel(value), "code": code}
    return value


def from_cell(cell: Any) -> Any:
    """A value as it was sent from the other side.

    >>> from_cell({"date": 46053.5}), from_cell({"error": "#N/A"})
    (datetime.datetime(2026, 1, 31, 12, 0), '#N/A')
    """
    if not isinstance(cell, dict):
        return cell
    if "error" in cell:
        return CellError(cell["error"])
    serial = cell["date"]
    return from_excel(serial) if 1 <= serial < 2_958_466 else float(serial)


class _FilledCells:
    """Which cells of a sheet hold anything, asked once."""

    def __init__(self, sheet: CalcSheet) -> None:
        area, self._rows = sheet.ask("filled")
        self._used = Area(*area)

    def filled(self, row: int, column: int) -> bool:
        """Whether a cell holds anything."""
        top, left, bottom, right = self._used
        inside = top <= row <= bottom and left <= column <= right
        return inside and self._rows[row - top][column - left] == "1"

    def used(self) -> Area:
        """The rectangle that holds them all."""
        return self._used


class CalcRange(AreaRange):
    """A rectangle of cells of one sheet in LibreOffice."""

    _sheet: CalcSheet

    def _ask(self, do: str, **arguments: Any) -> Any:
        return self._sheet.ask(do, area=list(self.area), **arguments)

    # ------------------------------------------------------------------ place and shape

    @property
    def api(self) -> CalcRangeApi | None:
        """The part of Excel's Range object that works on every host; None for a range without cells."""
        return CalcRangeApi(self) if self.area.size else None

    @property
    def current_region(self) -> CalcRange:
        """The block of filled cells around the range, up to blank rows and columns."""
        return CalcRange(self._sheet, current_region(_FilledCells(self._sheet), self.area))

    def end(self, direction: str) -> CalcRange:
        """Where Ctrl and an arrow key lead from the first cell."""
        row, column = end_of_region(_FilledCells(self._sheet), self.area.top, self.area.left, direction)
        return CalcRange(self._sheet, Area(row, column, row, column))

    def select(self) -> None:
        """Put the cursor here."""
        self._sheet.activate()
        self._ask("select")

    @property
    def name(self) -> CalcName | None:
        """A name that refers to exactly these cells."""
        return self._sheet.book.names.of_area(self._sheet.name, self.area)

    @name.setter
    def name(self, value: str) -> None:
        self._sheet.book.names.add(value, f"={self._sheet.quoted_name}!{self.address}")

    # ------------------------------------------------------------------ values and formulas

    def _grid(self, do: str, nothing: Any) -> list[list[Any]]:
        """What was asked for of every cell; LibreOffice answers only for the used part of the sheet."""
        if self.area.size > MAX_CELLS:
            raise HostError(
                f"The range {self.area.a1()} has {self.area.size:,} cells, too many to handle one by one.",
                "Take the used range of the sheet.",
            )
        given, rows = self._ask(do)
        if given == list(self.area):
            return rows
        grid = [[nothing] * self.area.width for _ in range(self.area.height)]
        if given is not None:
            down, right = given[0] - self.area.top, given[1] - self.area.left
            for row, cells in enumerate(rows, down):
                grid[row][right : right + len(cells)] = cells
        return grid

    @property
    def raw_value(self) -> Any:
        """Values as rows of columns."""
        if not self.area.size:
            return None
        return [[from_cell(cell) for cell in row] for row in self._grid("read", None)]

    @raw_value.setter
    def raw_value(self, data: Any) -> None:
        if self.area.size:
            self._write(data)

    def _write(self, data: Any) -> None:
        if not isinstance(data, list | tuple):
            cell = to_cell(data)
            if isinstance(cell, dict) and "formula" in cell:
                self._ask("fill_formula", formula=cell["formula"])
                return
            data = [[data] * self.area.width] * self.area.height
        rows = data if data and isinstance(data[0], list | tuple) else [data]
        if self.area.top + len(rows) - 1 > MAX_ROWS or self.area.left + len(rows[0]) - 1 > MAX_COLUMNS:
            raise HostError(
                "The values reach beyond the last row or column of the sheet.", "Write fewer of them."
            )
        cells = [[to_cell(value) for value in row] for row in rows]
        self._sheet.ask("write", top=self.area.top, left=self.area.left, rows=cells)

    def formula_texts(self) -> list[list[str]]:
        """Formula or constant of every cell, as a file holds it."""
        return self._grid("formulas", "")

    @property
    def formula(self) -> Any:
        """Formulas: text for one cell, otherwise a tuple of rows."""
        if not self.area.size:
            return None
        rows = [[from_file(text) for text in row] for row in self.formula_texts()]
        return rows[0][0] if self.area.size == 1 else tuple(tuple(row) for row in rows)

    @formula.setter
    def formula(self, value: Any) -> None:
        if self.area.size:
            self._write(value)

    formula2 = formula

    @property
    def formula_array(self) -> str | None:
        """The array formula that fills all the cells; for a single cell its formula; None when mixed."""
        for covered, text in self._ask("arrays"):
            if Area(*covered).contains(self.area):
                return from_file(text)
        return self.formula if self.area.size == 1 else None

    @formula_array.setter
    def formula_array(self, value: str) -> None:
        if not value.startswith("="):
            raise HostError(
                f"The array formula {value[:40]!r} does not begin with an equals sign.", "Add it."
            )
        self._ask("write_array", formula=to_file(value))

    @property
    def has_array(self) -> bool | None:
        """Whether the cells belong to array formulas; None when only some do."""
        covered = [Area(*area) for area, _ in self._ask("arrays")]
        if not covered:
            return False
        return True if any(area.contains(self.area) for area in covered) else None

    def clear_contents(self) -> None:
        """Empty the cells, keep their formats."""
        if self.area.size:
            self._ask("clear", formats=False)

    def clear(self) -> None:
        """Empty the cells and drop their formats."""
        if self.area.size:
            self._ask("clear", formats=True)

    def clear_formats(self) -> None:
        """Drop the formats, keep the contents."""
        self._ask("set_format", what="style", value="Default")

    # ------------------------------------------------------------------ copying

    def copy(self, destination: xw.Range | None = None) -> None:
        """Copy to a destination, or keep for ``paste``."""
        if destination is None:
            self._sheet.book.app.clipboard = self
        else:
            self._transfer(destination.impl, "all")

    def paste(
        self,
        paste: str | None = None,
        operation: str | None = None,
        skip_blanks: bool = False,
        transpose: bool = False,
    ) -> None:
        """Paste what ``copy()`` kept: all, formats or values."""
        source = self._sheet.book.app.clipboard
        if source is None:
            raise HostError("Nothing was copied before pasting.", "Call copy() first.")
        if operation or skip_blanks or transpose:
            raise NotImplementedError("Pasting here knows no operation, skip_blanks or transpose.")
        source._transfer(self, paste or "all")

    def copy_from(
        self, source_range: Any, copy_type: str = "all", skip_blanks: bool = False, transpose: bool = False
    ) -> None:
        """Copy from another range: all, formats or values."""
        if skip_blanks or transpose:
            raise NotImplementedError("Copying here knows no skip_blanks or transpose.")
        getattr(source_range, "impl", source_range)._transfer(self, copy_type)

    def _transfer(self, target: CalcRange, what: str) -> None:
        if target.sheet.book.number != self._sheet.book.number:
            raise NotImplementedError("Cells are copied within one workbook only.")
        height, width = self.shape
        areas = [
            Area(row, column, row + height - 1, column + width - 1)
            for row in _starts(target.area.top, target.area.height, height)
            for column in _starts(target.area.left, target.area.width, width)
        ]
        if what == "values":
            values = self.raw_value
            for area in areas:
                CalcRange(target.sheet, area).raw_value = values
            return
        if what not in ("all", "formats"):
            raise NotImplementedError(f"Copying '{what}' is done in Excel only.")
        to_areas = [list(area) for area in areas]
        if what == "formats" and self.area.size == 1:
            to_areas = [list(target.area)]
        do = "copy" if what == "all" else "copy_formats"
        self._ask(do, to_sheet=target.sheet.name, to_areas=to_areas)

    def insert(self, shift: str | None = None, copy_origin: str | None = None) -> None:
        """Not done here."""
        raise NotImplementedError(_SHIFTING)

    def delete(self, shift: str | None = None) -> None:
        """Not done here."""
        raise NotImplementedError(_SHIFTING)

    # ------------------------------------------------------------------ formats

    def get_format(self, what: str) -> Any:
        """A format of the cells; None when they differ."""
        return self._ask("format", what=what)

    def set_format(self, what: str, value: Any) -> None:
        """Change a format of the cells."""
        self._ask("set_format", what=what, value=value)

    @property
    def font(self) -> CalcFont:
        """Font of the cells."""
        return CalcFont(self)

    @property
    def number_format(self) -> str | None:
        """Number format of the cells; None when mixed."""
        return self.get_format("number_format")

    @number_format.setter
    def number_format(self, value: str) -> None:
        self.set_format("number_format", value)

    @property
    def color(self) -> tuple[int, int, int] | None:
        """Fill colour as (red, green, blue)."""
        found = self.get_format("color")
        return None if found is None else tuple(found)

    @color.setter
    def color(self, color_or_rgb: Any) -> None:
        self.set_format("color", None if color_or_rgb is None else to_rgb(color_or_rgb))

    @property
    def wrap_text(self) -> bool | None:
        """Whether text is wrapped; None when mixed."""
        return self.get_format("wrap_text")

    @wrap_text.setter
    def wrap_text(self, value: bool) -> None:
        self.set_format("wrap_text", bool(value))

    @property
    def horizontal_alignment(self) -> str | None:
        """Horizontal alignment of the cells."""
        return self.get_format("horizontal_alignment")

    @horizontal_alignment.setter
    def horizontal_alignment(self, value: str) -> None:
        self.set_format("horizontal_alignment", value)

    @property
    def column_width(self) -> float | None:
        """Width of the columns in characters; None when they differ."""
        return self.get_format("column_width")

    @column_width.setter
    def column_width(self, value: float) -> None:
        self.set_format("column_width", float(value))

    @property
    def row_height(self) -> float | None:
        """Height of the rows in points; None when they differ."""
        return self.get_format("row_height")

    @row_height.setter
    def row_height(self, value: float) -> None:
        self.set_format("row_height", float(value))

    @property
    def row_hidden(self) -> bool | None:
        """Whether the rows are hidden; None when only some are."""
        return self.get_format("row_hidden")

    @row_hidden.setter
    def row_hidden(self, value: bool) -> None:
        self.set_format("row_hidden", bool(value))

    @property
    def column_hidden(self) -> bool | None:
        """Whether the columns are hidden; None when only some are."""
        return self.get_format("column_hidden")

    @column_hidden.setter
    def column_hidden(self, value: bool) -> None:
        self.set_format("column_hidden", bool(value))


def _starts(first: int, length: int, step: int) -> range:
    """Where copies begin: once, or side by side where they fill the target exactly."""
    return range(first, first + length, step) if length % step == 0 else range(first, first + 1)
