"""The cells of one worksheet in a file: read, written and cleared in bulk.

Everything here works on openpyxl's cell dictionary directly, one look-up per cell, because
``worksheet.cell()`` per cell costs several times as much.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.cell.rich_text import CellRichText
from openpyxl.formula.translate import Translator, TranslatorError
from openpyxl.styles.cell_style import StyleArray
from openpyxl.styles.numbers import is_date_format
from openpyxl.utils.datetime import to_excel
from openpyxl.worksheet.formula import ArrayFormula
from openpyxl.worksheet.worksheet import Worksheet

from sop_xl.hosts.addresses import MAX_COLUMNS, MAX_ROWS, Area, column_letters, parse_a1
from sop_xl.hosts.calculated_values import CalculatedValues
from sop_xl.hosts.cell_values import CellError, Rows, checked_text, is_error_text, plain_value
from sop_xl.hosts.column_styles import format_code, format_id, inherited_style
from sop_xl.hosts.errors import HostError
from sop_xl.hosts.formula_text import from_file, to_file

MAX_CELLS = 20_000_000
_STYLE_NUMBER_FORMAT, _STYLE_QUOTE = 3, 7


class SheetCells:
    """Cells of one worksheet.

    Args:
        worksheet: the openpyxl worksheet.
        calculated: values in the file that was opened, or None for a new workbook.
        keep_read_values: write the values that the opened file held back beside untouched formulas.
    """

    def __init__(
        self, worksheet: Worksheet, calculated: CalculatedValues | None = None, keep_read_values: bool = False
    ) -> None:
        self.worksheet = worksheet
        self.remembered: dict[tuple[int, int], Any] = {}
        self.keep_read_values = keep_read_values
        self._calculated = calculated
        self._name_in_file = worksheet.title
        self._written_formulas: set[tuple[int, int]] = set()
        self._arrays: dict[tuple[int, int], Area] | None = None

    # ------------------------------------------------------------------ reading

    def read(self, area: Area) -> list[list[Any]]:
        """Values of a rectangle; a formula cell gives its last known value."""
        _refuse_huge(area)
        get = self.worksheet._cells.get
        columns = range(area.left, area.right + 1)
        return [
            [None if (cell := get((row, column))) is None else self._value(cell) for column in columns]
            for row in range(area.top, area.bottom + 1)
        ]

    def _value(self, cell: Cell) -> Any:
        kind = cell.data_type
        if kind == "f":
            return self.calculated_value(cell.row, cell.column)
        value = cell._value
        if kind == "e":
            return CellError(value)
        return str(value) if type(value) is CellRichText else value

    def calculated_value(self, row: int, column: int) -> Any:
        """Last known value of a formula cell: told by the program, else from the opened file, else None."""
        key = (row, column)
        if key in self.remembered:
            return self.remembered[key]
        if self._calculated is None or key in self._written_formulas:
            return None
        return self._calculated.value(self._name_in_file, row, column)

    def stored_value(self, row: int, column: int) -> Any:
        """Value to store beside a formula when the workbook is saved."""
        if self.keep_read_values:
            return self.calculated_value(row, column)
        return self.remembered.get((row, column))

    def read_formulas(self, area: Area) -> list[list[str]]:
        """Formula text of every cell; constants as text, dates as serial numbers, empty cells as ""."""
        _refuse_huge(area)
        get = self.worksheet._cells.get
        in_array = {
            (row, column): text
            for anchor, covered in self.arrays.items()
            if covered.meets(area)
            for text in [from_file(self.worksheet._cells[anchor]._value.text or "")]
            for row in range(covered.top, covered.bottom + 1)
            for column in range(covered.left, covered.right + 1)
        }
        return [
            [
                in_array[row, column] if (row, column) in in_array else self._formula(get((row, column)))
                for column in range(area.left, area.right + 1)
            ]
            for row in range(area.top, area.bottom + 1)
        ]

    def _formula(self, cell: Cell | None) -> str:
        if cell is None or cell._value is None:
            return ""
        value = cell._value
        if cell.data_type == "f":
            return from_file(value) if isinstance(value, str) else ""
        if isinstance(value, bool):
            return "TRUE" if value else "FALSE"
        if cell.data_type == "d":
            value = to_excel(value, self.worksheet.parent.epoch)
        if isinstance(value, float) and value.is_integer():
            return str(int(value))
        return str(value)

    def filled(self, row: int, column: int) -> bool:
        """Whether a cell holds anything, a formula with an unknown value included."""
        cell = self.worksheet._cells.get((row, column))
        if cell is not None and cell._value is not None:
            return True
        return any(a.top <= row <= a.bottom and a.left <= column <= a.right for a in self.arrays.values())

    def used(self) -> Area:
        """The rectangle of all cells that hold something or are formatted; A1 when there are none."""
        rows, columns = set(), set()
        for (row, column), cell in self.worksheet._cells.items():
            if cell._value is not None or (cell._style is not None and any(cell._style)):
                rows.add(row)
                columns.add(column)
        return Area(min(rows), min(columns), max(rows), max(columns)) if rows else Area(1, 1, 1, 1)

    def keys_in(self, area: Area) -> Iterator[tuple[int, int]]:
        """Positions of the existing cells in a rectangle, without walking over empty space."""
        cells = self.worksheet._cells
        if area.size > len(cells):
            for key in list(cells):
                if area.top <= key[0] <= area.bottom and area.left <= key[1] <= area.right:
                    yield key
            return
        for row in range(area.top, area.bottom + 1):
            for column in range(area.left, area.right + 1):
                if (row, column) in cells:
                    yield row, column

    # ------------------------------------------------------------------ writing

    def write(self, area: Area, rows: Rows) -> None:
        """Write values and formulas; text that begins with ``=`` is a formula, ``'=`` is text.

        Raises:
            HostError: part of an array formula would change, or a value no cell can hold.
        """
        if area.bottom > MAX_ROWS or area.right > MAX_COLUMNS:
            raise HostError("The values reach beyond the last row or column of the sheet.", "Write fewer.")
        self._guard_arrays(area)
        worksheet, cells = self.worksheet, self.worksheet._cells
        row_styles, column_styles = inherited_style(worksheet, area)
        remembered = self.remembered
        for row, values in enumerate(rows, area.top):
            row_style = row_styles.get(row)
            for column, value in enumerate(values, area.left):
                key = (row, column)
                cell = cells.get(key)
                if cell is None:
                    if value is None or value == "":
                        continue
                    style = row_style or column_styles.get(column)
                    cell = cells[key] = Cell(worksheet, row, column, None, style)
                elif type(cell) is MergedCell:
                    continue
                elif cell._style is not None and cell._style[_STYLE_QUOTE]:
                    cell._style[_STYLE_QUOTE] = 0
                if remembered:
                    remembered.pop(key, None)
                kind = type(value)
                if kind is int or (kind is float and value - value == 0.0):
                    cell._value, cell.data_type = value, "n"
                elif kind is str:
                    self._put_text(cell, value)
                else:
                    self._put(cell, plain_value(value))

    def fill(self, area: Area, value: Any) -> None:
        """Write one value into every cell; a formula's relative references follow the cell as in Excel."""
        _refuse_huge(area)
        if not (isinstance(value, str) and value.startswith("=") and len(value) > 1 and area.size > 1):
            self.write(area, [[value] * area.width] * area.height)
            return
        moved = Translator(to_file(value), f"{column_letters(area.left)}{area.top}")
        self.write(
            area,
            [[_translated(moved, down, right) for right in range(area.width)] for down in range(area.height)],
        )

    def _put(self, cell: Cell, value: Any) -> None:
        if isinstance(value, str):
            self._put_text(cell, value)
        elif value is None:
            cell._value, cell.data_type = None, "n"
        elif isinstance(value, bool):
            cell._value, cell.data_type = value, "b"
        elif isinstance(value, dt.datetime | dt.time | dt.timedelta):
            self._put_date(cell, value)
        else:
            cell._value, cell.data_type = value, "n"

    def _put_text(self, cell: Cell, text: str) -> None:
        first = text[:1]
        if first == "'":
            text = checked_text(text[1:])
            style = StyleArray(cell._style) if cell._style is not None else StyleArray()
            style[_STYLE_QUOTE] = 1
            cell._style = style
            cell._value, cell.data_type = (text or None), "s" if text else "n"
        elif first == "=" and len(text) > 1:
            self.put_formula(cell, text)
        elif not first:
            cell._value, cell.data_type = None, "n"
        else:
            cell._value = checked_text(text)
            cell.data_type = "e" if first == "#" and is_error_text(text) else "s"

    def put_formula(self, cell: Cell, formula: str) -> None:
        """Write a formula into a cell of this sheet; its value is unknown from now on."""
        cell._value, cell.data_type = checked_text(to_file(formula)), "f"
        key = (cell.row, cell.column)
        self._written_formulas.add(key)
        self.remembered.pop(key, None)

    def _put_date(self, cell: Cell, value: dt.datetime | dt.time | dt.timedelta) -> None:
        style = cell._style
        workbook = self.worksheet.parent
        if style is None or not is_date_format(format_code(workbook, style[_STYLE_NUMBER_FORMAT])):
            if isinstance(value, dt.datetime):
                code = "yyyy-mm-dd hh:mm" if value.time() != dt.time() else "yyyy-mm-dd"
            else:
                code = "hh:mm:ss" if isinstance(value, dt.time) else "[hh]:mm:ss"
            style = StyleArray(style) if style is not None else StyleArray()
            style[_STYLE_NUMBER_FORMAT] = format_id(workbook, code)
            cell._style = style
        cell._value, cell.data_type = value, "d"

    # ------------------------------------------------------------------ clearing, remembering

    def clear_contents(self, area: Area) -> None:
        """Empty the cells and keep their formats."""
        self._guard_arrays(area)
        cells = self.worksheet._cells
        for key in self.keys_in(area):
            cell = cells[key]
            if type(cell) is not MergedCell:
                cell._value, cell.data_type = None, "n"
            self.remembered.pop(key, None)

    def clear(self, area: Area) -> None:
        """Empty the cells and drop their formats."""
        self._guard_arrays(area)
        cells = self.worksheet._cells
        for key in list(self.keys_in(area)):
            if type(cells[key]) is MergedCell:
                cells[key]._style = None
            else:
                del cells[key]
            self.remembered.pop(key, None)

    def remember(self, area: Area, rows: Rows) -> None:
        """Take the calculated values of formula cells; cells that hold a constant are left alone."""
        cells = self.worksheet._cells
        members = {
            (row, column): anchor
            for anchor, covered in self.arrays.items()
            if covered.meets(area)
            for row in range(covered.top, covered.bottom + 1)
            for column in range(covered.left, covered.right + 1)
        }
        for row, values in enumerate(rows, area.top):
            for column, given in enumerate(values, area.left):
                key = (row, column)
                value = plain_value(given)
                if is_error_text(value):
                    value = CellError(value)
                cell = cells.get(key)
                if cell is not None and cell.data_type == "f":
                    if value is None:
                        self.remembered.pop(key, None)
                    else:
                        self.remembered[key] = checked_text(value) if type(value) is str else value
                elif key in members:
                    self._put_array_member(key, value)

    def _put_array_member(self, key: tuple[int, int], value: Any) -> None:
        # In the file the other cells of an array formula hold plain values.
        cell = self.worksheet._cells.get(key)
        if cell is None:
            if value is None:
                return
            cell = self.worksheet._cells[key] = Cell(self.worksheet, *key)
        if isinstance(value, str):
            cell._value, cell.data_type = str(value), "e" if type(value) is CellError else "s"
        else:
            self._put(cell, value)

    # ------------------------------------------------------------------ array formulas

    @property
    def arrays(self) -> dict[tuple[int, int], Area]:
        """Array formulas: the cell that holds the formula, and the rectangle it fills."""
        if self._arrays is None:
            self._arrays = {
                key: parse_a1(cell._value.ref) or Area(*key, *key)
                for key, cell in self.worksheet._cells.items()
                if cell.data_type == "f" and isinstance(cell._value, ArrayFormula)
            }
        return self._arrays

    def array_at(self, row: int, column: int) -> tuple[Area, str] | None:
        """The array formula that fills a cell: its rectangle and its text."""
        for anchor, covered in self.arrays.items():
            if covered.top <= row <= covered.bottom and covered.left <= column <= covered.right:
                return covered, from_file(self.worksheet._cells[anchor]._value.text or "")
        return None

    def write_array(self, area: Area, formula: str) -> None:
        """Fill a rectangle of fixed size with one array formula."""
        if not formula.startswith("="):
            raise HostError(
                f"The array formula {formula[:40]!r} does not begin with an equals sign.", "Add it."
            )
        self.clear_contents(area)
        key = (area.top, area.left)
        cell = self.worksheet._cells.get(key)
        if cell is None:
            cell = self.worksheet._cells[key] = Cell(self.worksheet, *key)
        cell._value, cell.data_type = ArrayFormula(area.a1(), to_file(formula)), "f"
        self._written_formulas.add(key)
        self.arrays[key] = area

    def _guard_arrays(self, area: Area) -> None:
        if not self.arrays:
            return
        met = {anchor: covered for anchor, covered in self.arrays.items() if covered.meets(area)}
        for covered in met.values():
            if not area.contains(covered):
                raise HostError(
                    f"The cells {area.a1()} on sheet '{self.worksheet.title}' cut through the array formula "
                    f"in {covered.a1()}.",
                    "Write or clear the whole array.",
                )
        for anchor in met:
            del self.arrays[anchor]


def _translated(moved: Translator, down: int, right: int) -> str:
    try:
        return moved.translate_formula(row_delta=down, col_delta=right)
    except TranslatorError:
        return "=#REF!"


def _refuse_huge(area: Area) -> None:
    if area.size > MAX_CELLS:
        raise HostError(
            f"The range {area.a1()} has {area.size:,} cells, too many to handle one by one.",
            "Take the used range of the sheet.",
        )
