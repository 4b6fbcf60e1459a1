"""Totals and their parts: spreading a total over children, and adding children up."""

from __future__ import annotations

from typing import Any

import numpy as np

from sop_xl.errors import ArgumentError, NoAnswerError
from sop_xl.forecasting.history import Floats, as_matrix, whole_number

# Sums of locks may exceed their total by this share: it is rounding, not a contradiction.
_ROUNDING = 1e-9
_EXACT_WHOLE = 2.0**53


def disaggregate(total: Any, weights: Any, locked: Any = None, decimals: Any = None) -> Floats:
    """Children that add up to the total, in proportion to their weights.

    A locked child keeps its number and the others share what is left; where their weights are all
    zero they share equally. With ``decimals`` the children are rounded by largest remainders; should
    what is left not be a round number itself, its odd part stays on the largest child, because the sum
    comes first.

    Args:
        total: units, a number, or one per bucket, shape (buckets,).
        weights: not negative, NaN is 0, shape (children,), (children, 1) or (children, buckets).
        locked: units that stay as they are, NaN where free, shaped like ``weights``.
        decimals: digits to round to, -9 to 9; ``None`` does not round.
    Returns:
        Units, shape (children, buckets), or (children,) for a number and a 1-D ``weights``.
    Raises:
        ArgumentError: shapes that do not fit, a negative weight, a cell that is not a number.
        NoAnswerError: locks above the total, all children locked at another sum, or a total that
            has too many digits to round.
    Source:
        Largest-remainder (Hamilton) apportionment.

    >>> disaggregate(100, [1, 2, 1])
    array([25., 50., 25.])
    >>> disaggregate(100, [1, 1, 1], decimals=0)
    array([34., 33., 33.])
    >>> disaggregate([90, 60], [[2], [1], [0]], locked=[[None], [None], [30]])
    array([[40., 20.],
           [20., 10.],
           [30., 30.]])
    """
    totals = _totals(total)
    shares, flat = _children(weights, "weights", len(totals))
    fixed = np.full(shares.shape, np.nan)
    if locked is not None:
        fixed, _ = _children(locked, "locked", len(totals))
        if len(fixed) != len(shares):
            raise ArgumentError(
                f"locked has {len(fixed)} children, weights has {len(shares)}.",
                "Select ranges of the same size.",
            )
    negative = np.argwhere(shares < 0)
    if len(negative):
        row, column = negative[0] + 1
        raise ArgumentError(
            f"Row {row}, column {column} of weights is negative.", "Weights are shares: zero or more."
        )
    free = np.isnan(fixed)
    left = _left_over(totals, fixed, free)
    shares = np.where(free & ~np.isnan(shares), shares, 0.0)
    largest = shares.max(axis=0)
    shares = np.where(largest > 0, shares / np.where(largest > 0, largest, 1.0), free)
    shares /= np.maximum(shares.sum(axis=0), 1.0)
    result = np.where(free, shares * left, fixed)
    if decimals is None:
        result = _settle(result, free, shares, totals)
    else:
        digits = whole_number(decimals, "decimals", -9, 9)
        result = np.where(free, _rounded(shares, left, digits), fixed)
    return result[:, 0] if flat and np.ndim(total) == 0 else result


def aggregate(items: Any, parent_index: Any, n_parents: int) -> Floats:
    """Sums of items per parent.

    Args:
        items: units, shape (items, buckets); NaN adds nothing.
        parent_index: parent of each item, counted from 0, shape (items,).
        n_parents: number of parents; a parent without items is zero.
    Returns:
        Units, shape (parents, buckets).
    Raises:
        ArgumentError: another number of indices than items, or an index outside the parents.
        NoAnswerError: a sum too large for a number.

    >>> aggregate([[1, 2], [3, 4], [5, 6]], [0, 1, 0], 2)
    array([[6., 8.],
           [3., 4.]])
    """
    matrix, _ = as_matrix(items, "items")
    parents = whole_number(n_parents, "n_parents", 1, 1_000_000)
    places, _ = as_matrix(parent_index, "parent_index")
    places = places.ravel()
    if len(places) != len(matrix):
        raise ArgumentError(
            f"parent_index has {len(places)} entries, items has {len(matrix)} rows.",
            "Give each item one parent.",
        )
    wrong = np.flatnonzero(~((places >= 0) & (places < parents) & (places == np.floor(places))))
    if len(wrong):
        raise ArgumentError(
            f"Entry {wrong[0] + 1} of parent_index is {places[wrong[0]]:g}.",
            f"Give a whole number from 0 to {parents - 1}.",
        )
    result = np.zeros((parents, matrix.shape[1]))
    with np.errstate(over="ignore", invalid="ignore"):
        np.add.at(result, places.astype(np.intp), np.where(np.isnan(matrix), 0.0, matrix))
    if not np.isfinite(result).all():
        raise NoAnswerError("A sum is too large for a number.", "Check the units of the items.")
    return result


def _totals(total: Any) -> Floats:
    matrix, _ = as_matrix(total, "total")
    if len(matrix) != 1:
        raise ArgumentError(f"total has {len(matrix)} rows.", "Give one number, or one row of buckets.")
    empty = np.flatnonzero(np.isnan(matrix[0]))
    if len(empty):
        raise ArgumentError(f"Column {empty[0] + 1} of total is empty.", "Enter a number; zero is a number.")
    return matrix[0]


def _children(values: Any, name: str, buckets: int) -> tuple[Floats, bool]:
    """One row per child, one column per bucket of the total; and whether the values were 1-D."""
    matrix, flat = as_matrix(values, name)
    if flat:
        matrix = matrix.T
    if matrix.shape[1] == 1:
        matrix = np.repeat(matrix, buckets, axis=1)
    if matrix.shape[1] != buckets:
        raise ArgumentError(
            f"{name} has {matrix.shape[1]} columns, total has {buckets}.",
            "Give one column of children, or as many columns as the total.",
        )
    return matrix, flat


def _left_over(totals: Floats, fixed: Floats, free: np.ndarray) -> Floats:
    """What the free children share, per bucket."""
    locks = np.where(free, 0.0, fixed)
    with np.errstate(over="ignore", invalid="ignore"):
        held, size = locks.sum(axis=0), np.abs(locks).sum(axis=0)
        left = totals - held
    if not (np.isfinite(left) & np.isfinite(size)).all():
        raise NoAnswerError("The locked numbers are too large.", "Check their units.")
    slack = _ROUNDING * np.maximum(np.abs(totals), size)
    contrary = np.where(totals < 0, left > slack, left < -slack)
    unmet = ~free.any(axis=0) & (np.abs(left) > slack)
    for bucket in np.flatnonzero(contrary | unmet)[:1]:
        raise NoAnswerError(
            f"The locked children of column {bucket + 1} add up to {held[bucket]:g}, the total is "
            f"{totals[bucket]:g}.",
            "Unlock a child, or change a lock or the total.",
        )
    # Rounding in a sum of locks must not leave a free child with a few negative billionths.
    return np.where((np.abs(left) <= slack) & (np.where(totals < 0, left > 0, left < 0)), 0.0, left)


def _settle(result: Floats, free: np.ndarray, shares: Floats, totals: Floats) -> Floats:
    """Give the rounding of the sum to the largest free child."""
    columns = np.flatnonzero(free.any(axis=0))
    biggest = shares.argmax(axis=0)[columns]
    gap = totals[columns] - result[:, columns].sum(axis=0)
    small = np.abs(gap) <= _ROUNDING * np.abs(result[biggest, columns])
    result[biggest[small], columns[small]] += gap[small]
    return result


def _rounded(shares: Floats, left: Floats, digits: int) -> Floats:
    """Largest-remainder rounding of ``shares x left``, per column."""
    power = 10.0 ** abs(digits)
    with np.errstate(over="ignore"):
        size = np.abs(left) * power if digits >= 0 else np.abs(left) / power
    if (size >= _EXACT_WHOLE).any():
        raise NoAnswerError(
            f"A total has too many digits to be rounded to {digits} decimals.", "Use fewer decimals."
        )
    nearest = np.rint(size)
    round_number = np.abs(size - nearest) <= _ROUNDING * np.maximum(size, 1.0)
    whole = np.where(round_number, nearest, np.floor(size))
    quota = shares * whole
    counts = np.floor(quota)
    missing = whole - counts.sum(axis=0)
    order = np.argsort(-(quota - counts), axis=0, kind="stable")
    rank = np.empty_like(order)
    np.put_along_axis(rank, order, np.arange(len(shares))[:, None], axis=0)
    counts += rank < missing
    odd = np.where(round_number, 0.0, size - whole)
    counts[shares.argmax(axis=0), np.arange(shares.shape[1])] += odd
    result = counts / power if digits >= 0 else counts * power
    return np.asarray(np.where(left < 0, -result, result))
