"""Cells as every host hands them over and takes them back.

A cell is a number, text, a date, TRUE/FALSE or empty (None, or text without characters). A range is a list of
rows.
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from sop_xl.errors import ArgumentError

MAX_SERIES = 100_000
MAX_BUCKETS = 600
MAX_ROWS = 1_048_576
MAX_CELLS = MAX_SERIES * MAX_BUCKETS


@dataclass(frozen=True)
class CellError:
    """An error value of a cell and the reason for it: a value that is returned, not raised."""

    value: str
    reason: str

    def __str__(self) -> str:
        return f"{self.value} {self.reason}"


Cell = float | str | bool | dt.date | CellError | None
Cells = Cell | list[list[Cell]]


def is_empty(value: object) -> bool:
    """Whether an argument is omitted: nothing, empty text, or a range of one empty cell.

    >>> is_empty(None), is_empty([[None]]), is_empty([[0]])
    (True, True, False)
    """
    for _ in range(3):
        if isinstance(value, list | tuple):
            if len(value) > 1:
                return False
            value = value[0] if value else None
    return value is None or (isinstance(value, str) and not value.strip())


def rows_of(value: object, name: str) -> list[list[Any]]:
    """A range as a list of rows of equal length; a scalar is one cell, a flat list one row.

    Raises:
        ArgumentError: no cells, rows of different length, too many cells.

    >>> rows_of(5, "demand"), rows_of([1, 2], "demand")
    ([[5]], [[1, 2]])
    """
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if not isinstance(value, list | tuple):
        return [[value]]
    nested = [isinstance(row, list | tuple) for row in value]
    rows = [list(row) for row in value] if value and all(nested) else [list(value)]
    width = len(rows[0])
    if not width:
        raise ArgumentError(f"{name} has no cells.", "Give at least one.")
    for number, row in enumerate(rows, start=1):
        if len(row) != width:
            raise ArgumentError(
                f"{name} has {len(row)} cells in row {number} and {width} in row 1.",
                "Give rows of equal length.",
            )
    if len(rows) > MAX_ROWS or len(rows) * width > MAX_CELLS:
        raise ArgumentError(
            f"{name} is {len(rows)} × {width} cells.",
            f"At most {MAX_SERIES:,} × {MAX_BUCKETS} fit in one call.",
        )
    return rows


def describe(cell: object) -> str:
    """What a cell holds, for a message.

    >>> describe("n/a"), describe(True), describe(None)
    ('the text "n/a"', 'TRUE', 'empty')
    """
    if cell is None:
        return "empty"
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, CellError):
        return f"the error {cell.value}"
    if isinstance(cell, str):
        if not cell.strip():
            return "empty"
        kind = "error" if cell.startswith("#") and cell.rstrip("!?").isupper() else "text"
        return f"the {kind} {cell}" if kind == "error" else f'the text "{cell[:40]}"'
    if isinstance(cell, dt.date):
        return f"the date {cell:%Y-%m-%d}"
    if isinstance(cell, int | float):
        return digits(cell)
    return f"a {type(cell).__name__}"


def digits(cell: int | float) -> str:
    """A number as a message shows it.

    >>> digits(12.0)
    '12'
    """
    try:
        return f"{float(cell):g}"
    except OverflowError:
        return "a number with hundreds of digits"


def to_cells(result: object, undefined: str) -> Cells:
    """A result of the core as a cell or rows of cells.

    A NaN becomes the error #N/A with the reason ``undefined`` - or an empty cell where that is blank - and
    an infinity the error #NUM!. A result without one defined cell is that error as a whole.

    >>> to_cells(np.array([[1.0, np.nan]]), "")
    [[1.0, None]]
    """
    if isinstance(result, np.ndarray):
        if result.ndim == 0:
            return _cell(result.item(), undefined)
        grid = result if result.ndim == 2 else result.reshape(1, -1)
        if grid.dtype.kind == "f" and np.isfinite(grid).all():
            return (grid + 0.0).tolist()
        rows: list[list[Cell]] = [[_cell(cell, undefined) for cell in row] for row in grid.tolist()]
    elif isinstance(result, list):
        rows = [[_cell(cell, undefined) for cell in row] for row in result]
    else:
        return _cell(result, undefined)
    errors = [cell for row in rows for cell in row if isinstance(cell, CellError)]
    return errors[0] if errors and len(errors) == sum(map(len, rows)) else rows


def _cell(value: object, undefined: str) -> Cell:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, int | float) and not isinstance(value, bool):
        if math.isnan(value):
            return CellError("#N/A", undefined) if undefined else None
        if math.isinf(value):
            return CellError("#NUM!", "The result is too large for a number. Check the units.")
        return float(value) + 0.0
    if value is None or isinstance(value, str | bool | dt.date | CellError):
        return value
    raise TypeError(f"a result holds a {type(value).__name__}")
