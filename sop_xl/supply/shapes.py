"""Arguments as float arrays, with refusals that name the argument and the place.

Throughout the core an array is ``(..., buckets)``: the last axis runs over time, the axes before it
over series (families, items, resources). A plain list of buckets is one series.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sop_xl.errors import ArgumentError

Array = NDArray[np.float64]


def numbers(value: ArrayLike, name: str, *, missing: bool = False, negative: bool = True) -> Array:
    """``value`` as an array of finite floats.

    Args:
        value: anything NumPy reads as numbers.
        name: what the message calls the argument.
        missing: whether NaN is allowed and means "not given".
        negative: whether numbers below zero are allowed.
    Raises:
        ArgumentError: not numbers, ragged rows, infinite, or missing or negative where not allowed.

    >>> numbers([[1, 2]], "demand")
    array([[1., 2.]])
    """
    try:
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        raise ArgumentError(
            f"{name} is not a grid of numbers.", "Give numbers in rows of equal length."
        ) from None
    bad = np.isinf(array) if missing else ~np.isfinite(array)
    if bad.any():
        raise ArgumentError(f"{name} has no number {place(bad)}.", "Give a number there.")
    if not negative:
        below = array < 0
        if below.any():
            raise ArgumentError(f"{name} is negative {place(below)}.", "Only zero or more makes sense here.")
    return array


def series(value: ArrayLike, name: str, *, missing: bool = False, negative: bool = True) -> Array:
    """``value`` as an array with at least one bucket on its last axis; else as `numbers`.

    >>> series([1, 2, 3], "demand").shape
    (3,)
    """
    array = numbers(value, name, missing=missing, negative=negative)
    if array.ndim == 0:
        array = array.reshape(1)
    if array.shape[-1] == 0:
        raise ArgumentError(f"{name} has no buckets.", "Give at least one bucket.")
    return array


def place(mask: NDArray[np.bool_]) -> str:
    """Where the first marked cell of ``mask`` is, counted from 1, in words.

    >>> place(np.array([[False, False], [False, True]]))
    'in row 2, bucket 2'
    """
    if mask.ndim == 0:
        return "at all"
    index = [int(axis) + 1 for axis in np.argwhere(mask)[0]]
    if len(index) == 1:
        return f"in place {index[0]}"
    rows = ", ".join(str(axis) for axis in index[:-1])
    return f"in row {rows}, bucket {index[-1]}"


def same_shape(first: Array, first_name: str, second: Array, second_name: str) -> None:
    """Refuse two arrays of different shapes.

    Raises:
        ArgumentError: the shapes differ.

    >>> same_shape(np.ones(2), "supply", np.ones(2), "demand")
    """
    if first.shape != second.shape:
        raise ArgumentError(
            f"{second_name} is {size(second)} and {first_name} is {size(first)}.",
            "Both must have the same rows and buckets.",
        )


def size(array: Array) -> str:
    """The shape in words.

    >>> size(np.ones((2, 3)))
    '2 × 3'
    """
    return " × ".join(str(length) for length in array.shape) or "one number"


def per_series(value: ArrayLike, name: str, plan: Array, *, negative: bool = True) -> Array:
    """One number per series of ``plan``, shape ``plan.shape[:-1]``, from one number or one per series.

    Raises:
        ArgumentError: neither one number nor one per series.

    >>> per_series(5, "opening", np.ones((2, 3)))
    array([5., 5.])
    """
    array = numbers(value, name, negative=negative)
    rows = plan.shape[:-1]
    if array.ndim == 1 and array.shape == (1,) and rows == ():
        return array.reshape(())
    if array.ndim == 0 or array.shape == rows:
        return np.broadcast_to(array, rows)
    raise ArgumentError(
        f"{name} is {size(array)} for {size(plan)} buckets.", "Give one number, or one for each row."
    )


def per_cell(
    value: ArrayLike, name: str, plan: Array, *, missing: bool = False, negative: bool = True
) -> Array:
    """One number per series and bucket of ``plan`` from one number, one per series, or all of them.

    Raises:
        ArgumentError: another shape.

    >>> per_cell([5, 6], "target", np.ones((2, 3)))
    array([[5., 5., 5.],
           [6., 6., 6.]])
    """
    array = numbers(value, name, missing=missing, negative=negative)
    if array.shape == plan.shape or array.size == 1:
        return np.broadcast_to(array.reshape(()) if array.size == 1 else array, plan.shape)
    if plan.ndim > 1 and array.shape in (plan.shape[:-1], (*plan.shape[:-1], 1)):
        return np.broadcast_to(array.reshape((*plan.shape[:-1], 1)), plan.shape)
    raise ArgumentError(
        f"{name} is {size(array)} and the plan is {size(plan)}.",
        "Give one number, one for each row, or one for each row and bucket.",
    )


def per_bucket(value: ArrayLike, name: str, plan: Array) -> Array:
    """Positive numbers per bucket of ``plan`` (working days): one, one per bucket, or all cells.

    Raises:
        ArgumentError: another shape, or a number that is not above zero.

    >>> per_bucket([20, 21], "working_days", np.ones((1, 2)))
    array([[20., 21.]])
    """
    array = numbers(value, name)
    if (array <= 0).any():
        raise ArgumentError(f"{name} is zero or negative {place(array <= 0)}.", "Give days above zero.")
    if array.size == 1:
        return np.broadcast_to(array.reshape(()), plan.shape)
    if array.shape in (plan.shape, plan.shape[-1:], (1, *plan.shape[-1:])):
        return np.broadcast_to(array, plan.shape)
    raise ArgumentError(
        f"{name} is {size(array)} and the plan is {size(plan)}.", "Give one number, or one for each bucket."
    )
