"""Copying cells within a workbook file: contents, formats, or both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.formula.translate import Translator, TranslatorError
from openpyxl.styles.cell_style import StyleArray
from openpyxl.worksheet.formula import ArrayFormula

from sop_xl.hosts.addresses import Area, parse_a1
from sop_xl.hosts.cell_values import CellError
from sop_xl.hosts.errors import HostError

if TYPE_CHECKING:
    from sop_xl.hosts.file_cells import SheetCells
    from sop_xl.hosts.file_range import FileRange

KINDS = ("all", "formats", "formulas", "values")


def transfer(source: FileRange, target: FileRange, kind: str, follow: bool = True) -> None:
    """Copy a range onto another; a target that is a multiple of the source is tiled.

    Args:
        source: the cells to copy.
        target: a single cell (the upper left corner) or a rectangle.
        kind: all, formats, formulas or values.
        follow: relative references of formulas move with the cells.
    """
    if kind not in KINDS:
        raise NotImplementedError(f"Copying '{kind}' is not done in a file, only {', '.join(KINDS)}.")
    if source.sheet.book is not target.sheet.book:
        raise NotImplementedError("Cells are copied within one workbook file, not between two.")
    height, width = source.shape
    down, right = 1, 1
    if target.area.height % height == 0 and target.area.width % width == 0:
        down, right = target.area.height // height, target.area.width // width
    top, left = target.area.top, target.area.left
    covered = Area(top, left, top + down * height - 1, left + right * width - 1)
    taken = _snapshot(source, kind)
    if kind != "formats":
        target.cells.clear_contents(covered)
    for block_down in range(down):
        for block_right in range(right):
            _place(
                taken,
                source.area,
                target.cells,
                (top + block_down * height, left + block_right * width),
                kind,
                follow,
            )


_Taken = dict[tuple[int, int], tuple[Any, str, StyleArray | None]]


def _snapshot(source: FileRange, kind: str) -> _Taken:
    cells = source.cells
    if kind in ("all", "formulas"):
        for covered in cells.arrays.values():
            if covered.meets(source.area) and not source.area.contains(covered):
                raise HostError(
                    f"The cells {source.area.a1()} cut through the array formula in {covered.a1()}.",
                    "Copy the whole array.",
                )
    taken: _Taken = {}
    for key in cells.keys_in(source.area):
        cell = cells.worksheet._cells[key]
        value, data_type = cell._value, cell.data_type
        if kind == "values" and data_type == "f":
            value, data_type = _as_constant(cells.calculated_value(*key))
        taken[key] = (value, data_type, cell._style)
    return taken


def _as_constant(value: Any) -> tuple[Any, str]:
    if isinstance(value, CellError):
        return str(value), "e"
    if isinstance(value, str):
        return value, "s"
    if isinstance(value, bool):
        return value, "b"
    return value, "n" if value is None or isinstance(value, int | float) else "d"


def _place(
    taken: _Taken, area: Area, cells: SheetCells, corner: tuple[int, int], kind: str, follow: bool
) -> None:
    down, right = corner[0] - area.top, corner[1] - area.left
    move = (down, right) if follow else (0, 0)
    worksheet, existing = cells.worksheet, cells.worksheet._cells
    for row in range(area.top, area.bottom + 1):
        for column in range(area.left, area.right + 1):
            found = taken.get((row, column))
            key = (row + down, column + right)
            cell = existing.get(key)
            if cell is None:
                if found is None:
                    continue
                cell = existing[key] = Cell(worksheet, *key)
            value, data_type, style = found or (None, "n", None)
            if kind in ("all", "formats"):
                cell._style = StyleArray(style) if style is not None else None
            if kind == "formats" or type(cell) is MergedCell:
                continue
            if data_type != "f":
                cell._value, cell.data_type = value, data_type
            elif isinstance(value, ArrayFormula):
                covered = parse_a1(value.ref) or Area(row, column, row, column)
                moved = Area(
                    covered.top + down, covered.left + right, covered.bottom + down, covered.right + right
                )
                cells.write_array(moved, _moved(value.text, *move))
            else:
                cells.put_formula(cell, _moved(value, *move))


def _moved(formula: Any, down: int, right: int) -> str:
    if not isinstance(formula, str):
        raise NotImplementedError("What-if data tables are not copied in a file.")
    try:
        # Any origin far from the border serves: only the distance counts.
        return Translator(formula, "A1").translate_formula(row_delta=down, col_delta=right)
    except TranslatorError:
        return "=#REF!"
