"""Demand histories as numbers: what a range holds, where each series starts and ends, what fills its gaps.

Arrays are ``(series, buckets)``, oldest bucket first. A missing bucket is NaN:

* leading: the item was not launched yet, the bucket does not exist;
* trailing: the bucket is not known yet, it does not exist either;
* inner: the bucket existed and its value was lost; it is filled (:func:`fill_gaps`).

A zero is a zero.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sop_xl.errors import ArgumentError, NotDefinedError

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.intp]
Flags = npt.NDArray[np.bool_]

MAX_SERIES = 100_000
MAX_BUCKETS = 600


@dataclass(frozen=True)
class History:
    """Histories ready to be forecast.

    Attributes:
        values: units, shape (series, buckets); gaps filled, NaN outside ``start:stop``.
        start: first known bucket of each series, shape (series,).
        stop: one past the last known bucket of each series, shape (series,).
        single: whether the caller passed one series as a 1-D sequence.
    """

    values: Floats
    start: Integers
    stop: Integers
    single: bool

    def groups(self) -> Iterator[tuple[Integers, Floats]]:
        """Yield (rows, block): the rows of one effective length and their known buckets, (rows, length)."""
        length = self.stop - self.start
        for count in np.flatnonzero(np.bincount(length)):
            rows = np.flatnonzero(length == count)
            columns = self.start[rows, None] + np.arange(count)
            yield rows, self.values[rows[:, None], columns]

    def aligned(self) -> tuple[Floats, Integers]:
        """The series shifted so that all end in the last column, zero before their start; and those starts."""
        buckets = int((self.stop - self.start).max())
        starts = buckets - (self.stop - self.start)
        columns = np.arange(buckets) + (self.stop - buckets)[:, None]
        values = np.take_along_axis(self.values, np.maximum(columns, 0), axis=1)
        return np.where(own_buckets(starts, buckets), values, 0.0), starts


def as_matrix(values: Any, name: str) -> tuple[Floats, bool]:
    """Numbers of a range as a float matrix.

    Args:
        values: one series (1-D), series x buckets (2-D), or a scalar; ``None`` and NaN mean missing.
        name: what to call the argument in an error.
    Returns:
        The matrix (a copy), shape (series, buckets), and whether ``values`` was one series.
    Raises:
        ArgumentError: text, a date, TRUE/FALSE, a complex or an infinite number, ragged or empty rows;
            row and column are counted from 1.

    >>> as_matrix([1, None, 3], "history")
    (array([[ 1., nan,  3.]]), True)
    """
    cells = values if isinstance(values, np.ndarray) else _rectangle(values, name)
    if hasattr(cells, "mask"):  # a masked array; asking numpy.ma would import it, for 60 ms
        masked: Any = cells
        cells = np.asarray(cells).astype(object)
        cells[np.broadcast_to(masked.mask, cells.shape)] = None
    if cells.ndim > 2:
        raise ArgumentError(
            f"{name} has {cells.ndim} dimensions.",
            "Pass one series, or one series per row, buckets left to right.",
        )
    single = cells.ndim < 2
    cells = np.atleast_2d(cells)
    if cells.size == 0:
        raise ArgumentError(f"{name} is empty.", "Pass at least one series with one bucket.")
    if cells.dtype.kind in "iuf":
        # A type wider than a float can hold more than a float: the overflow is refused just below.
        with np.errstate(over="ignore"):
            matrix = cells.astype(float)
    else:
        matrix = _numbers(cells, name)
    infinite = np.argwhere(np.isinf(matrix))
    if len(infinite):
        raise _bad_cell(name, infinite[0], "is infinite")
    return matrix, single


def prepare(history: Any, season: int = 12, name: str = "history") -> History:
    """Check and complete demand histories.

    Args:
        history: units, shape (series, buckets) or (buckets,); NaN or ``None`` where missing.
        season: buckets in a season, used to fill inner gaps.
        name: what to call the argument in an error.
    Returns:
        The :class:`History`.
    Raises:
        ArgumentError: see :func:`as_matrix`; more than 100,000 series or 600 buckets.
        NotDefinedError: a series without any known bucket.

    >>> done = prepare([[None, 4, None, 6, None]])
    >>> done.values[0, 1:4], int(done.start[0]), int(done.stop[0])
    (array([4., 5., 6.]), 1, 4)
    """
    matrix, single = as_matrix(history, name)
    series, buckets = matrix.shape
    if series > MAX_SERIES or buckets > MAX_BUCKETS:
        raise ArgumentError(
            f"{name} has {series:,} series of {buckets:,} buckets.",
            f"At most {MAX_SERIES:,} series and {MAX_BUCKETS} buckets fit in one call: split the range.",
        )
    known = ~np.isnan(matrix)
    blank = np.flatnonzero(~known.any(axis=1))
    if len(blank):
        where = f"Row {blank[0] + 1} of {name}" if series > 1 else name
        raise NotDefinedError(
            f"{where} has no known value.", "Enter at least one bucket, or leave the row out of the range."
        )
    start = known.argmax(axis=1)
    stop = buckets - known[:, ::-1].argmax(axis=1)
    position = np.arange(buckets)
    inside = (position >= start[:, None]) & (position < stop[:, None])
    gaps = np.flatnonzero((inside & ~known).any(axis=1))
    if len(gaps):
        matrix[gaps] = np.where(inside[gaps], fill_gaps(matrix[gaps], season), np.nan)
    return History(matrix, start, stop, single)


def starts_of(starts: Integers | None, rows: Floats) -> Integers:
    """Column of the first bucket of each series, shape (series,); the first where nothing else is said.

    >>> starts_of(None, np.ones((2, 3))).tolist()
    [0, 0]
    """
    return np.zeros(len(rows), dtype=np.intp) if starts is None else starts


def own_buckets(starts: Integers, buckets: int) -> Flags:
    """Which columns belong to each series, shape (series, buckets).

    >>> own_buckets(np.array([0, 2]), 3).tolist()
    [[True, True, True], [False, False, True]]
    """
    return np.arange(buckets) >= starts[:, None]


def fill_gaps(matrix: Floats, season: int) -> Floats:
    """Fill missing buckets by interpolation, along time or from season to season.

    Two fillings compete for each series: the straight line between the known neighbours, and the
    straight line between the same bucket of the seasons before and after (the nearest one at the
    edges). The one that reproduces the known buckets of that series better, in mean absolute error,
    is used; a tie, or too little history to compare, goes to the neighbours.

    Args:
        matrix: units, shape (series, buckets), NaN where missing; a known bucket in every row.
        season: buckets in a season.
    Returns:
        The matrix without NaN; beyond the ends, the nearest known value.
    Source:
        Linear and seasonal interpolation; the choice by cross-validation on the known buckets.

    >>> fill_gaps(np.array([[5, 1, 1, 5, 1, 1, np.nan, 1, 1, 5, 1, 1]]), 3)
    array([[5., 1., 1., 5., 1., 1., 5., 1., 1., 5., 1., 1.]])
    """
    missing = np.isnan(matrix)
    scale = np.nanmax(np.abs(matrix), axis=1, keepdims=True)
    scale = np.where(scale > 0, scale, 1.0)
    unit = matrix / scale
    filled = _interpolate(unit)
    if 1 < season < matrix.shape[1]:
        by_season = _by_season(unit, season)
        line_error = _neighbour_error(unit, 1)
        season_error = _neighbour_error(unit, season)
        seasonal = season_error < line_error
        usable = seasonal[:, None] & ~np.isnan(by_season)
        filled = np.where(usable, by_season, filled)
    return np.where(missing, filled * scale, matrix)


def to_magnitude_one(block: Floats, lengths: Integers | None = None) -> tuple[Floats, Floats, Floats]:
    """Complete series brought to magnitude one, and the two divisors that did it, one after the other.

    Args:
        block: units, shape (series, buckets).
        lengths: buckets of each series, all others zero, shape (series,); ``None``: all.
    Returns:
        The series, the largest absolute value and then the mean absolute value of each, (series, 1); 1 for zero.

    >>> unit, largest, size = to_magnitude_one(np.array([[2.0, 4.0]]))
    >>> unit.round(4), largest, size
    (array([[0.6667, 1.3333]]), array([[4.]]), array([[0.75]]))
    """
    largest = np.abs(block).max(axis=1, keepdims=True)
    largest = np.where(largest > 0, largest, 1.0)
    unit = block / largest
    buckets = block.shape[1] if lengths is None else lengths[:, None]
    size = np.abs(unit).sum(axis=1, keepdims=True) / buckets
    size = np.where(size > 0, size, 1.0)
    unit /= size
    return unit, largest, size


def whole_number(value: Any, name: str, low: int, high: int) -> int:
    """Check that an argument is a whole number between two limits.

    Raises:
        ArgumentError: it is not.

    >>> whole_number(12.0, "horizon", 1, 600)
    12
    """
    if isinstance(value, np.ndarray) and value.size == 1:
        value = value.item()
    is_number = isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)
    if not is_number or not low <= value <= high or value != int(value):
        raise ArgumentError(f"{name} is {value!r}.", f"Give a whole number from {low} to {high}.")
    return int(value)


def _rectangle(values: Any, name: str) -> npt.NDArray[Any]:
    """Nested sequences as an array of cells, with ragged rows refused by name."""
    if hasattr(values, "to_numpy"):
        return np.asarray(values.to_numpy(dtype=object))
    if not isinstance(values, (list, tuple)):
        return _cells([values]).reshape(())
    rows = [row for row in values if isinstance(row, (list, tuple, np.ndarray)) or _is_series(row)]
    if not rows:
        return _cells(values)
    if len(rows) != len(values):
        odd = next(
            i
            for i, row in enumerate(values)
            if not isinstance(row, (list, tuple, np.ndarray)) and not _is_series(row)
        )
        raise ArgumentError(
            f"Row {odd + 1} of {name} is not a row of cells.", "Pass one row of cells per series."
        )
    lists = [list(row) for row in rows]
    width = len(lists[0])
    for index, row in enumerate(lists):
        if len(row) != width:
            raise ArgumentError(
                f"Row {index + 1} of {name} has {len(row)} columns, row 1 has {width}.",
                "Make all rows equally long; leave unknown buckets empty.",
            )
    return _cells([cell for row in lists for cell in row]).reshape(len(lists), width)


def _is_series(row: Any) -> bool:
    return hasattr(row, "to_numpy") and hasattr(row, "__len__")


def _cells(values: Any) -> npt.NDArray[Any]:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def _numbers(cells: npt.NDArray[Any], name: str) -> Floats:
    matrix = np.empty(cells.shape)
    for where, cell in np.ndenumerate(cells):
        if type(cell) is float or type(cell) is int:
            try:
                matrix[where] = cell
            except OverflowError:
                raise _bad_cell(name, where, "is too large for a number") from None
        elif cell is None or type(cell).__name__ in ("NAType", "NaTType", "MaskedConstant"):
            matrix[where] = np.nan
        elif isinstance(cell, (bool, np.bool_, str, bytes, complex, np.complexfloating)):
            raise _bad_cell(name, where, f"is {cell!r}")
        else:
            try:
                matrix[where] = float(cell)
            except (TypeError, ValueError, OverflowError):
                raise _bad_cell(name, where, f"is {cell!r}") from None
    return matrix


def _bad_cell(name: str, where: Any, problem: str) -> ArgumentError:
    row, column = (int(part) + 1 for part in where)
    return ArgumentError(
        f"Row {row}, column {column} of {name} {problem}.", "Enter a finite number, or leave the cell empty."
    )


def _interpolate(unit: Floats) -> Floats:
    """Straight lines between known neighbours along the last axis, the nearest known value at the ends."""
    rows, buckets = unit.shape
    known = ~np.isnan(unit)
    position = np.arange(buckets)
    before = np.maximum.accumulate(np.where(known, position, -1), axis=1)
    after = np.minimum.accumulate(np.where(known, position, buckets)[:, ::-1], axis=1)[:, ::-1]
    left = np.where(before < 0, after, before)
    right = np.where(after >= buckets, before, after)
    # A row without any known value keeps its NaN.
    left, right = np.clip(left, 0, buckets - 1), np.clip(right, 0, buckets - 1)
    row = np.arange(rows)[:, None]
    share = np.where(right > left, (position - left) / np.maximum(right - left, 1), 0.0)
    return (1.0 - share) * unit[row, left] + share * unit[row, right]


def _by_season(unit: Floats, season: int) -> Floats:
    rows, buckets = unit.shape
    cycles = -(-buckets // season)
    padded = np.full((rows, cycles * season), np.nan)
    padded[:, :buckets] = unit
    phases = padded.reshape(rows, cycles, season).transpose(0, 2, 1).reshape(rows * season, cycles)
    filled = _interpolate(phases).reshape(rows, season, cycles).transpose(0, 2, 1)
    return filled.reshape(rows, cycles * season)[:, :buckets]


def _neighbour_error(unit: Floats, lag: int) -> Floats:
    """Mean absolute error of a bucket against the mean of those ``lag`` before and after; inf if unknown."""
    if unit.shape[1] <= 2 * lag:
        return np.full(len(unit), np.inf)
    error = np.abs(unit[:, lag:-lag] - 0.5 * (unit[:, : -2 * lag] + unit[:, 2 * lag :]))
    count = (~np.isnan(error)).sum(axis=1)
    return np.where(count > 0, np.nansum(error, axis=1) / np.maximum(count, 1), np.inf)
