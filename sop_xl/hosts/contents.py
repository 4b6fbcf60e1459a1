"""All that stands in a workbook, and putting it back in place: what a command replaced, in an open workbook.

Cells, array formulas, the extents of tables, names, cell styles and protection. Only what differs is written, so
that what nobody touched stays as it is, formats by hand included.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import xlwings as xw

from sop_xl.hosts.addresses import Area
from sop_xl.hosts.calc_book import CalcBook, CalcSheet
from sop_xl.hosts.calc_tables import tables_of
from sop_xl.hosts.cell_values import is_error_text
from sop_xl.hosts.errors import HostError
from sop_xl.hosts.file_sheet import FileSheet
from sop_xl.hosts.protection import is_protected, protect_sheet, unprotect_sheet
from sop_xl.hosts.styles_of_sheets import DEFAULTS, styles_in_copy, styles_of_file

#: A number, a text, True, False or None; {"date": text}, {"formula": text}; {"array": text} within an array formula.
Cell = Any
Place = tuple[int, int]


@dataclass
class SheetContents:
    """What stands on one sheet.

    Attributes:
        area: top, left, bottom, right of the cells given.
        rows: the cells.
        arrays: area and text of every array formula.
        styles: cell style -> areas; None where the program does not tell.
    """

    area: list[int]
    rows: list[list[Cell]]
    arrays: list[list[Any]] = field(default_factory=list)
    styles: dict[str, list[list[int]]] | None = None

    def cells(self) -> dict[Place, Cell]:
        """Every cell that is not empty."""
        top, left = self.area[:2]
        return {
            (top + r, left + c): cell
            for r, row in enumerate(self.rows)
            for c, cell in enumerate(row)
            if cell is not None
        }

    def mark(self) -> str:
        """The same for the same cells, whatever their formats."""
        listed = [[*place, cell] for place, cell in self.cells().items()]
        return hashlib.sha256(json.dumps(listed).encode()).hexdigest()


@dataclass
class BookContents:
    """What stands in a workbook.

    Attributes:
        sheets: by name.
        tables: name -> sheet and area.
        names: defined names of the workbook -> what they refer to.
        protected: sheets whose cells are locked.
    """

    sheets: dict[str, SheetContents]
    tables: dict[str, tuple[str, list[int]]]
    names: dict[str, str]
    protected: list[str]

    def marks(self) -> dict[str, str]:
        """Sheet -> mark of its cells."""
        return {name: sheet.mark() for name, sheet in self.sheets.items()}

    def plain(self) -> dict[str, Any]:
        """As JSON knows it."""
        return {**vars(self), "sheets": {name: vars(sheet) for name, sheet in self.sheets.items()}}

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> BookContents:
        """From what :meth:`plain` gave."""
        sheets = {name: SheetContents(**sheet) for name, sheet in plain["sheets"].items()}
        tables = {name: (sheet, area) for name, (sheet, area) in plain["tables"].items()}
        return cls(sheets, tables, dict(plain["names"]), list(plain["protected"]))


def read_contents(book: xw.Book) -> BookContents:
    """Everything that stands in a workbook now."""
    return BookContents(
        {sheet.name: _read_sheet(sheet) for sheet in book.sheets},
        dict(_tables_of(book)),
        {name.name: str(name.refers_to) for name in book.names if "!" not in name.name},
        [sheet.name for sheet in book.sheets if is_protected(sheet)],
    )


def write_contents(
    book: xw.Book, wanted: BookContents, copy: Path | None = None, now: BookContents | None = None
) -> int:
    """Put a workbook back to what stood in it; returns the number of cells that changed.

    Sheets, tables and names that came since stay, the tables without rows: a workbook of an earlier version is not
    made old again, and no sheet of the user's is removed.

    Args:
        wanted: what :func:`read_contents` gave.
        copy: a saved copy of the workbook as it was, for the cell styles where the program does not tell them.
        now: what stands in it at present, where that was read already.
    Raises:
        HostError: a sheet is gone.
    """
    now = now or read_contents(book)
    if gone := [name for name in wanted.sheets if name not in now.sheets]:
        raise HostError(
            f"The sheet {gone[0]} was renamed or deleted since.", "Give it back its name, and try again."
        )
    for name in now.protected:
        unprotect_sheet(book.sheets[name])
    _names(book, wanted, now)
    _tables(book, wanted, now)
    changed = 0
    came = _headers_that_came(book, wanted, now)
    for name, before in wanted.sheets.items():
        changed += _cells(book.sheets[name], before, now.sheets[name], came.get(name, set()))
    _styles(book, wanted, now, copy, came)
    for name in wanted.protected:
        protect_sheet(book.sheets[name])
    return changed


# ---- reading ---------------------------------------------------------------------------------------------------


def _area(rng: xw.Range) -> list[int]:
    height, width = rng.shape
    return [rng.row, rng.column, rng.row + height - 1, rng.column + width - 1]


def _tables_of(book: xw.Book) -> Iterator[tuple[str, tuple[str, list[int]]]]:
    if isinstance(book.impl, CalcBook):
        for found in tables_of(book.impl):  # one question for all sheets
            yield found.name, (found.parent.name, list(found.area))
        return
    for sheet in book.sheets:
        for table in sheet.tables:
            yield table.name, (sheet.name, _area(table.range))


def _read_sheet(sheet: xw.Sheet) -> SheetContents:
    if isinstance(sheet.impl, CalcSheet):
        return SheetContents(**sheet.impl.ask("contents"))
    used = sheet.used_range
    area = Area(*_area(used))
    texts: Any = used.formula
    formulas = ((texts,),) if area.size == 1 else texts
    rows = [
        [_cell(value, formula) for value, formula in zip(line, row, strict=True)]
        for line, row in zip(_values(used), formulas, strict=True)
    ]
    arrays = _arrays(used) if used.has_array is not False else []
    for covered, text in arrays:
        for row, column in _places(covered):
            if area.top <= row <= area.bottom and area.left <= column <= area.right:
                rows[row - area.top][column - area.left] = {"array": text}
    styles = styles_of_file(sheet.impl) if isinstance(sheet.impl, FileSheet) else None
    return SheetContents(list(area), rows, arrays, styles)


def _values(rng: xw.Range) -> list[list[Any]]:
    """Values in full: Excel's own words round currencies, and make dates of numbers."""
    if isinstance(rng.sheet.impl, FileSheet) or not hasattr(rng.api, "Value2"):
        values: list[list[Any]] = rng.options(ndim=2, err_to_str=True).value
        return values
    found = rng.api.Value2
    return [list(row) for row in found] if isinstance(found, tuple) else [[found]]


def _cell(value: Any, formula: Any) -> Cell:
    # A text that begins with = is its own "formula"; a formula comes to something else.
    if isinstance(formula, str) and formula.startswith("=") and value != formula:
        return {"formula": formula}
    if isinstance(formula, str) and is_error_text(formula):
        return {"formula": formula}
    if isinstance(value, dt.datetime):
        return {"date": value.isoformat()}
    return None if value == "" else value


def _arrays(rng: xw.Range) -> list[list[Any]]:
    """Every array formula in a range, found by halving it."""
    found: list[list[Any]] = []
    pieces = [rng]
    while pieces:
        piece = pieces.pop()
        if piece.has_array is False or any(Area(*area).contains(Area(*_area(piece))) for area, _ in found):
            continue
        height, width = piece.shape
        if height * width == 1:
            found.append([_whole_array(piece), str(piece.formula_array)])
        elif height >= width:
            pieces += [piece[: height // 2, :], piece[height // 2 :, :]]
        else:
            pieces += [piece[:, : width // 2], piece[:, width // 2 :]]
    return found


def _whole_array(cell: xw.Range) -> list[int]:
    sheet = cell.sheet.impl
    if isinstance(sheet, FileSheet):
        covered = sheet.cells_of_sheet.arrays.values()
        return next(list(area) for area in covered if area.contains(Area(*_area(cell))))
    return _area(cell.sheet.range(cell.api.CurrentArray.Address))


# ---- writing ---------------------------------------------------------------------------------------------------


def _names(book: xw.Book, wanted: BookContents, now: BookContents) -> None:
    for name, refers_to in now.names.items():
        if wanted.names.get(name, refers_to) != refers_to:
            book.names[name].refers_to = wanted.names[name]


def _tables(book: xw.Book, wanted: BookContents, now: BookContents) -> None:
    """Shrinking ones first, so that nothing grows into another."""
    different = [
        (sheet, name, before, now.tables[name][1])
        for name, (sheet, before) in wanted.tables.items()
        if name in now.tables and now.tables[name] != (sheet, before)
    ]
    for sheet, name, before, _ in sorted(different, key=lambda one: Area(*one[2]).size - Area(*one[3]).size):
        target = book.sheets[sheet]
        target.tables[name].resize(_range(target, before))


def _headers_that_came(book: xw.Book, wanted: BookContents, now: BookContents) -> dict[str, set[Place]]:
    """Tables that came since keep their headers and one row without contents; sheet -> cells of the headers."""
    found: dict[str, set[Place]] = {}
    for name, (sheet, (top, left, bottom, right)) in now.tables.items():
        if name in wanted.tables:
            continue
        found.setdefault(sheet, set()).update(_places((top, left, top, right)))
        target = book.sheets[sheet]
        _range(target, (top + 1, left, bottom, right)).clear_contents()
        if bottom > top + 1:
            target.tables[name].resize(_range(target, (top, left, top + 1, right)))
    return found


def _range(sheet: xw.Sheet, area: Iterable[int]) -> xw.Range:
    top, left, bottom, right = area
    return sheet.range((top, left), (bottom, right))


def _cells(sheet: xw.Sheet, wanted: SheetContents, now: SheetContents, came: set[Place]) -> int:
    before, after = wanted.cells(), now.cells()
    changed = {place for place in before.keys() | after.keys() if before.get(place) != after.get(place)}
    changed -= came
    for area, text in now.arrays:
        if [area, text] not in wanted.arrays:
            _range(sheet, area).clear_contents()
            changed |= set(_places(area))
    arrays = [[area, text] for area, text in wanted.arrays if [area, text] not in now.arrays]
    held = {place for area, _ in arrays for place in _places(area)}
    for top, left, bottom, right in blocks(changed - held):
        rows = [[before.get((r, c)) for c in range(left, right + 1)] for r in range(top, bottom + 1)]
        if isinstance(sheet.impl, CalcSheet):
            sheet.impl.ask("put_contents", area=[top, left, bottom, right], rows=rows)
        else:
            _range(sheet, (top, left, bottom, right)).value = [
                [_written(cell) for cell in row] for row in rows
            ]
    for area, text in arrays:
        if isinstance(sheet.impl, CalcSheet):
            sheet.impl.ask("put_array", area=area, text=text)
        else:
            _range(sheet, area).formula_array = text
    return len(changed)


def _written(cell: Cell) -> Any:
    if isinstance(cell, str):
        return f"'{cell}"  # text stays text, whatever it looks like
    if isinstance(cell, dict):
        return dt.datetime.fromisoformat(cell["date"]) if "date" in cell else cell["formula"]
    return cell


def _styles(
    book: xw.Book,
    wanted: BookContents,
    now: BookContents,
    copy: Path | None,
    came: Mapping[str, set[Place]],
) -> None:
    """Cells get back the named styles that they had, where that is known."""
    before = {name: sheet.styles for name, sheet in wanted.sheets.items()}
    after = {name: sheet.styles for name, sheet in now.sheets.items()}
    if copy is not None and any(styles is None for styles in before.values()):
        kept, present = styles_in_copy(copy), styles_in_copy(book)
        if kept is None or present is None:
            return
        before, after = {**kept}, {**present}
    for name in wanted.sheets:
        old, new = before.get(name), after.get(name)
        if old is None or new is None or old == new:
            continue
        had, has = _by_place(old), _by_place(new)
        different: dict[str, set[Place]] = {}
        sheet = book.sheets[name]
        default = DEFAULTS[isinstance(sheet.impl, CalcSheet)]
        for place in (had.keys() | has.keys()) - came.get(name, set()):
            style = had.get(place, default)
            if style != has.get(place, default):
                different.setdefault(style, set()).add(place)
        for style, places in different.items():
            for area in blocks(places):
                _range(sheet, area).api.Style = style


def _by_place(styles: Mapping[str, Iterable[Iterable[int]]]) -> dict[Place, str]:
    return {place: style for style, areas in styles.items() for area in areas for place in _places(area)}


def _places(area: Iterable[int]) -> Iterator[Place]:
    top, left, bottom, right = area
    return ((row, column) for row in range(top, bottom + 1) for column in range(left, right + 1))


def blocks(places: Iterable[Place]) -> list[list[int]]:
    """Rectangles that hold exactly these cells.

    >>> blocks({(1, 1), (1, 2), (2, 1), (2, 2), (4, 2)})
    [[1, 1, 2, 2], [4, 2, 4, 2]]
    """
    found: list[list[int]] = []
    growing: dict[tuple[int, int], list[int]] = {}
    rows: dict[int, list[int]] = {}
    for row, column in places:
        rows.setdefault(row, []).append(column)
    for row in sorted(rows):
        runs: list[list[int]] = []
        for column in sorted(rows[row]):
            if runs and runs[-1][1] == column - 1:
                runs[-1][1] = column
            else:
                runs.append([column, column])
        lines: dict[tuple[int, int], list[int]] = {}
        for left, right in runs:
            block = growing.get((left, right))
            if block is not None and block[2] == row - 1:
                block[2] = row
            else:
                block = [row, left, row, right]
                found.append(block)
            lines[left, right] = block
        growing = lines
    return found
