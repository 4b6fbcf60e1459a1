"""Cells to the values the core understands.

Every refusal names the argument, and the row and column counted from 1 inside it.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

import numpy as np

from sop_xl.errors import ArgumentError
from sop_xl.supply.shapes import Array
from udfs.cells import MAX_BUCKETS, MAX_SERIES, describe, digits, rows_of

Empty = Literal["refused", "zero", "missing"]

MAX_NUMBER = 1e100
"""No quantity or amount is larger; below it, sums, products and squares stay finite."""

MAX_DATE = 2_958_465
"""31 December 9999 as a serial number, the last date a spreadsheet knows."""

_EPOCH = dt.datetime(1899, 12, 30)


def matrix(value: object, name: str, empty: Empty = "refused", *, flags: bool = False) -> Array:
    """A range of numbers, shape (rows, columns).

    Args:
        value: a number, or rows of cells.
        name: the argument, for the message.
        empty: whether an empty cell is refused, zero, or missing (NaN).
        flags: whether TRUE and FALSE are accepted, as 1 and 0.
    Raises:
        ArgumentError: a cell holds anything but a number.

    >>> matrix([[1, None]], "demand", "zero")
    array([[1., 0.]])
    """
    rows = rows_of(value, name)
    kinds = {kind for row in rows for kind in set(map(type, row))}
    if kinds <= {float, int, type(None)}:
        try:
            array = np.array(rows, dtype=np.float64)
        except OverflowError:
            array = np.full((1, 1), np.inf)
        blanks = sum(row.count(None) for row in rows) if type(None) in kinds else 0
        odd = np.abs(array) > MAX_NUMBER
        # Only an empty cell may turn into NaN here; any other NaN goes through the slow look at each cell.
        if not odd.any() and int(np.isnan(array).sum()) == blanks and (not blanks or empty == "missing"):
            return array
    return np.array(
        [
            [_number(cell, name, r, c, empty, flags) for c, cell in enumerate(row)]
            for r, row in enumerate(rows)
        ],
        dtype=np.float64,
    )


def series(value: object, name: str, empty: Empty = "refused") -> tuple[Array, bool]:
    """Series in rows, shape (series, buckets), and whether they came as one column.

    Raises:
        ArgumentError: as `matrix`, or more series or buckets than the limits allow.

    >>> series([[1], [2]], "demand")
    (array([[1., 2.]]), True)
    """
    array = matrix(value, name, empty)
    column = array.shape[1] == 1 and array.shape[0] > 1
    array = array.T if column else array
    if array.shape[0] > MAX_SERIES or array.shape[1] > MAX_BUCKETS:
        raise ArgumentError(
            f"{name} has {array.shape[0]} series and {array.shape[1]} buckets.",
            f"At most {MAX_SERIES:,} series and {MAX_BUCKETS} buckets fit in one call.",
        )
    return array, column


def vector(value: object, name: str, empty: Empty = "refused") -> Array:
    """One row or one column of numbers as a flat array; a single cell as a single number.

    Raises:
        ArgumentError: as `matrix`, or several rows and columns.

    >>> vector([[1], [2]], "opening")
    array([1., 2.])
    """
    array = matrix(value, name, empty)
    if 1 not in array.shape:
        raise ArgumentError(
            f"{name} is {array.shape[0]} × {array.shape[1]} cells.", "Give one cell, one row or one column."
        )
    return array.reshape(()) if array.size == 1 else array.ravel()


def numbers(value: object, name: str, empty: Empty = "refused") -> Array:
    """A range of numbers, or a single number for a single cell.

    >>> numbers([[5]], "price"), numbers([[5, 6]], "price").shape
    (array(5.), (1, 2))
    """
    array = matrix(value, name, empty)
    return array.reshape(()) if array.size == 1 else array


def number(value: object, name: str) -> float:
    """One number.

    Raises:
        ArgumentError: several cells, or not a number.

    >>> number([[5]], "opening")
    5.0
    """
    return _number(single(value, name), name, 0, 0, "refused", False)


def integer(value: object, name: str) -> int:
    """One whole number.

    Raises:
        ArgumentError: several cells, or not a whole number.

    >>> integer(12.0, "horizon")
    12
    """
    found = number(value, name)
    if found != math.floor(found) or abs(found) > 1e15:
        raise ArgumentError(f"{name} is {found:g}.", "Give a whole number.")
    return int(found)


def single(value: object, name: str) -> object:
    """The content of one cell.

    Raises:
        ArgumentError: several cells.

    >>> single([["LEVEL"]], "kind")
    'LEVEL'
    """
    rows = rows_of(value, name)
    if len(rows) * len(rows[0]) != 1:
        raise ArgumentError(f"{name} is {len(rows)} × {len(rows[0])} cells.", "Give one cell.")
    return rows[0][0]


def word(value: object, name: str, words: Sequence[str]) -> str:
    """One of the words allowed, in capitals whatever the spelling.

    Raises:
        ArgumentError: another word; the message lists the words allowed.

    >>> word("stock", "kind", ("STOCK", "BACKLOG"))
    'STOCK'
    """
    cell = single(value, name)
    if isinstance(cell, str) and cell.strip().upper() in words:
        return cell.strip().upper()
    raise ArgumentError(f"{name} is {describe(cell)}.", f"Use one of {', '.join(words)}.")


def text(value: object, name: str) -> str:
    """One text; a number is written as text, and a date, which Excel makes of 2026-11, as year and month.

    Raises:
        ArgumentError: several cells, an empty one, TRUE/FALSE or an error.

    >>> text(202611.0, "version"), text(dt.date(2026, 11, 1), "version")
    ('202611', '2026-11')
    """
    cell = single(value, name)
    found = f"{cell:%Y-%m}" if isinstance(cell, dt.date) else _text(cell, name, 0, 0).strip()
    if not found:
        raise _not_a_name(cell, name, 0, 0)
    return found


def names(value: object, name: str) -> list[str]:
    """Texts of a row or column; numbers are written as text.

    Raises:
        ArgumentError: an empty cell, a date, TRUE/FALSE or an error.

    >>> names([["Press"], [100]], "names")
    ['Press', '100']
    """
    result = []
    for r, row in enumerate(rows_of(value, name)):
        for c, cell in enumerate(row):
            text = _text(cell, name, r, c)
            if not text.strip():
                raise _not_a_name(cell, name, r, c)
            result.append(text)
    return result


def texts(value: object, name: str) -> list[list[str]]:
    """A range of texts, rows and columns as they are; an empty cell is an empty text.

    Raises:
        ArgumentError: a date, TRUE/FALSE or an error.

    >>> texts([["North", None], [100, "North"]], "nodes")
    [['North', ''], ['100', 'North']]
    """
    return [
        ["" if cell is None else _text(cell, name, r, c) for c, cell in enumerate(row)]
        for r, row in enumerate(rows_of(value, name))
    ]


@dataclass(frozen=True)
class Setting:
    """One row of a table of parameters: its number from 1, its name, and its values, None where empty."""

    row: int
    name: str
    values: tuple[float | str | bool | None, ...]


def settings(value: object, name: str) -> list[Setting]:
    """The rows of a table of parameters: a name, then one value or one per bucket.

    Rows without a name and values are left out, as are the empty cells behind the last value of a row.

    Raises:
        ArgumentError: one column only, a name or a value that is none.

    >>> settings([["strategy", "LEVEL"], ["hire_cost", 300]], "parameters")[1]
    Setting(row=2, name='hire_cost', values=(300.0,))
    """
    if isinstance(value, list | tuple) and value and all(isinstance(row, list | tuple) for row in value):
        # On the command line rows need not be filled up with empty cells as in a range, and values may be a list.
        table = [[*row[:-1], *row[-1]] if row and isinstance(row[-1], list) else [*row] for row in value]
        width = max(len(row) for row in table)
        value = [[*row, *[None] * (width - len(row))] for row in table]
    rows = rows_of(value, name)
    if len(rows[0]) < 2:
        raise ArgumentError(f"{name} has one column.", "Give two columns: name and value.")
    found = []
    for r, (label, *cells) in enumerate(rows):
        while cells and (cells[-1] is None or (isinstance(cells[-1], str) and not cells[-1].strip())):
            cells.pop()
        if not cells and (label is None or label == ""):
            continue
        if not isinstance(label, str) or not label.strip():
            raise _not_a_name(label, name, r, 0)
        values = tuple(
            cell if isinstance(cell, bool | str) else _number(cell, name, r, c, "refused", False)
            for c, cell in enumerate(cells, start=1)
        )
        found.append(Setting(r + 1, label.strip(), values))
    return found


def date(value: object, name: str) -> float:
    """One date as a serial number.

    Raises:
        ArgumentError: several cells, or not a date.

    >>> date("2026-01-31", "as_of")
    46053.0
    """
    return _date(single(value, name), name, 0, 0, "refused")


def dates(value: object, name: str, empty: Empty = "refused") -> Array:
    """A range of dates as serial numbers, shape (rows, columns); missing ones are NaN.

    Raises:
        ArgumentError: a cell holds anything but a date, a serial number or ISO text.

    >>> dates([["2026-01-31", None]], "promised", "missing")
    array([[46053.,    nan]])
    """
    rows = rows_of(value, name)
    return np.array(
        [[_date(cell, name, r, c, empty) for c, cell in enumerate(row)] for r, row in enumerate(rows)],
        dtype=np.float64,
    )


def spread(array: Array, shape: tuple[int, int], name: str) -> Array:
    """A number per row and column of a plan, from one cell, one per row, or all of them.

    Raises:
        ArgumentError: another shape.

    >>> spread(np.array([[5.0], [6.0]]), (2, 3), "price")[:, 0]
    array([5., 6.])
    """
    if array.size == 1:
        return np.broadcast_to(array.reshape(()), shape)
    if array.shape == shape or array.shape == (shape[0], 1):
        return np.broadcast_to(array, shape)
    if shape[0] == 1 and array.shape == (shape[1], 1):
        return array.T
    size = " × ".join(map(str, array.shape))
    raise ArgumentError(
        f"{name} is {size} cells for {shape[0]} × {shape[1]}.",
        "Give one cell, one for each row, or as many rows and columns.",
    )


def _text(cell: object, name: str, row: int, column: int) -> str:
    if isinstance(cell, str):
        return cell
    if isinstance(cell, int | float) and not isinstance(cell, bool) and abs(cell) <= MAX_NUMBER:
        return str(int(cell)) if cell == int(cell) else str(cell)
    raise _not_a_name(cell, name, row, column)


def _not_a_name(cell: object, name: str, row: int, column: int) -> ArgumentError:
    return ArgumentError(f"{_place(name, row, column)} is {describe(cell)}.", "A name was expected.")


def _place(name: str, row: int, column: int) -> str:
    return f"{name} (row {row + 1}, column {column + 1})"


def _number(cell: object, name: str, row: int, column: int, empty: Empty, flags: bool) -> float:
    if cell is None or (isinstance(cell, str) and not cell.strip()):
        if empty == "refused":
            raise ArgumentError(f"{_place(name, row, column)} is empty.", "A number was expected.")
        return 0.0 if empty == "zero" else math.nan
    if isinstance(cell, bool | np.bool_) and flags:
        return float(cell)
    if isinstance(cell, int | float | Decimal | np.number) and not isinstance(cell, bool):
        try:
            found = float(cell)
        except (OverflowError, ValueError, TypeError):
            found = math.inf
        if abs(found) <= MAX_NUMBER:
            return found
        raise ArgumentError(
            f"{_place(name, row, column)} is {digits(found)}.", "A number up to 1E+100 was expected."
        )
    raise ArgumentError(f"{_place(name, row, column)} is {describe(cell)}.", "A number was expected.")


def _date(cell: object, name: str, row: int, column: int, empty: Empty) -> float:
    if isinstance(cell, str) and cell.strip():
        try:
            cell = dt.datetime.fromisoformat(cell.strip())
        except ValueError:
            raise ArgumentError(
                f"{_place(name, row, column)} is {describe(cell)}.", "A date was expected."
            ) from None
    if isinstance(cell, dt.datetime):
        return (cell.replace(tzinfo=None) - _EPOCH) / dt.timedelta(days=1)
    if isinstance(cell, dt.date):
        return float((cell - _EPOCH.date()).days)
    if cell is None or isinstance(cell, str):
        if empty == "missing":
            return math.nan
        raise ArgumentError(f"{_place(name, row, column)} is empty.", "A date was expected.")
    if isinstance(cell, bool | np.bool_):
        raise ArgumentError(f"{_place(name, row, column)} is {describe(cell)}.", "A date was expected.")
    found = _number(cell, name, row, column, "refused", False)
    if 1 <= found <= MAX_DATE:
        return found
    raise ArgumentError(f"{_place(name, row, column)} is {found:g}.", "A date was expected.")
