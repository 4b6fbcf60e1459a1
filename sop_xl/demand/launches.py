"""Demand of items that have no history of their own."""

from __future__ import annotations

from typing import Any

import numpy as np

from sop_xl.errors import ArgumentError, NotDefinedError
from sop_xl.forecasting.history import MAX_BUCKETS, Floats, as_matrix, prepare, whole_number

_MATURE_BUCKETS = 3


def launch_profile(like_history: Any, total: Any, ramp: Any = None, horizon: int = 12) -> Floats:
    """A new item's demand from its launch on, adding up to ``total`` over the horizon.

    Without ``ramp`` it takes the shape of the like item's first buckets, counted from its first
    demand; a like item younger than the horizon goes on at the mean of its last three buckets. With
    ``ramp`` it takes the shape of those fractions. Fractions that add up to 1 share the total out, and
    nothing follows them; other fractions (0.25, 0.5, 1) are of the mature rate, and the last one stays.

    Args:
        like_history: units of a like item, shape (buckets,) or (items, buckets); ``None`` with a ramp.
        total: units over the horizon, a number or one per item.
        ramp: fractions, not negative, shape (n,).
        horizon: buckets from the launch on.
    Returns:
        Units, shape (horizon,), or (items, horizon).
    Raises:
        ArgumentError: a cell that is not a number, a negative or empty fraction, neither history nor ramp.
        NotDefinedError: the like item, or the ramp, has no demand.

    >>> launch_profile([None, 0, 10, 30, 60], 200, horizon=3)
    array([ 20.,  60., 120.])
    >>> launch_profile(None, 1000, [0.25, 0.5, 1], horizon=5).round(1)
    array([ 66.7, 133.3, 266.7, 266.7, 266.7])
    """
    horizon = whole_number(horizon, "horizon", 1, MAX_BUCKETS)
    if ramp is not None:
        shape = _ramp_shape(ramp, horizon)
        items = 1 if like_history is None else len(as_matrix(like_history, "like_history")[0])
        single = like_history is None or np.ndim(like_history) < 2
        shapes = np.repeat(shape, items, axis=0)
    elif like_history is not None:
        shapes, single = _like_shapes(like_history, horizon)
    else:
        raise ArgumentError("There is neither a like item nor a ramp.", "Give like_history or ramp.")
    totals = as_matrix(total, "total")[0].ravel()
    if len(totals) not in (1, len(shapes)) or np.isnan(totals).any():
        raise ArgumentError(
            f"total has {len(totals)} numbers for {len(shapes)} items.", "Give one number, or one per item."
        )
    result = shapes * totals[:, None]
    return result[0] if single else result


def launch_by_like_item(like_history: Any, launch_offset: Any, planned: Any, scale: Any = 1.0) -> Floats:
    """A new item's demand over the planned buckets: its like item's launch, moved and scaled.

    The like item's history counts from its first demand on. Once it is used up the new item goes on at
    the mean of its last three buckets up to the last demand: what follows is the like item's end, not
    the new item's.

    Args:
        like_history: units of the like item, shape (buckets,); NaN where missing.
        launch_offset: planned bucket in which the item is launched, counted from 0; negative for buckets
            it has been on sale already.
        planned: buckets to plan, 1 to 600.
        scale: size of the new item, 1 is as large as the like item; zero or more.
    Returns:
        Units, shape (planned,); zero before the launch.
    Raises:
        ArgumentError: a cell that is not a number, an offset that is not whole, a negative scale.
        NotDefinedError: the like item has no demand.

    >>> launch_by_like_item([None, 0, 10, 20, 30, 40], 2, 8, scale=0.5)
    array([ 0.,  0.,  5., 10., 15., 20., 15., 15.])
    >>> launch_by_like_item([10, 20, 30, 40], -1, 3)
    array([20., 30., 40.])
    """
    planned = whole_number(planned, "planned", 1, MAX_BUCKETS)
    offset = whole_number(launch_offset, "launch_offset", -1_000_000, 1_000_000)
    size = as_matrix(scale, "scale")[0]
    if size.size != 1 or not size[0, 0] >= 0:
        raise ArgumentError(f"scale is {scale!r}.", "Give one number, zero or more; 1 is the same size.")
    prepared = prepare(like_history, 1, "like_history")
    if len(prepared.values) != 1:
        raise ArgumentError(f"like_history has {len(prepared.values)} series.", "Give one like item.")
    sold = np.flatnonzero(np.nan_to_num(prepared.values[0]) > 0)
    if not len(sold):
        raise NotDefinedError("like_history has no demand.", "Choose a like item that sold.")
    launched = np.maximum(prepared.values[0, sold[0] : sold[-1] + 1], 0.0) * size[0, 0]
    age = np.arange(planned) - offset
    curve = launched[np.clip(age, 0, len(launched) - 1)]
    curve = np.where(age < len(launched), curve, launched[-_MATURE_BUCKETS:].mean())
    return np.where(age >= 0, curve, 0.0)


def phase_out(forecast: Any, last_bucket_position: Any) -> Floats:
    """A forecast that ends with the last bucket of sale.

    Args:
        forecast: units, shape (items, buckets) or (buckets,).
        last_bucket_position: last bucket with demand, counted from 0, one number or one per item; -1 for
            an item that ended before the first bucket; NaN or beyond the horizon for one that goes on.
    Returns:
        Units, same shape; zero after the last bucket of sale.
    Raises:
        ArgumentError: a cell that is not a number, positions that do not fit the items.

    >>> phase_out([[10, 10, 10], [20, 20, 20]], [0, None])
    array([[10.,  0.,  0.],
           [20., 20., 20.]])
    """
    units, single = as_matrix(forecast, "forecast")
    last = as_matrix(last_bucket_position, "last_bucket_position")[0].ravel()
    if len(last) not in (1, len(units)):
        raise ArgumentError(
            f"last_bucket_position has {len(last)} numbers for {len(units)} items.",
            "Give one number, or one per item.",
        )
    ended = np.arange(units.shape[1]) > np.where(np.isnan(last), np.inf, last)[:, None]
    units = np.where(ended, 0.0, units)
    return units[0] if single else units


def _ramp_shape(ramp: Any, horizon: int) -> Floats:
    fractions = as_matrix(ramp, "ramp")[0].ravel()
    wrong = np.flatnonzero(~(fractions >= 0))
    if len(wrong):
        raise ArgumentError(
            f"Fraction {wrong[0] + 1} of ramp is {fractions[wrong[0]]:g}.", "Give fractions of zero or more."
        )
    shared_out = bool(abs(np.minimum(fractions, 2.0).sum() - 1) <= 1e-9)
    tail = 0.0 if shared_out else fractions[-1]
    shape = np.full((1, horizon), tail)
    shape[0, : len(fractions)] = fractions[:horizon]
    return _normal(shape, "ramp")


def _like_shapes(like_history: Any, horizon: int) -> tuple[Floats, bool]:
    prepared = prepare(like_history, 1, "like_history")
    shapes = np.empty((len(prepared.values), horizon))
    for row, (values, start, stop) in enumerate(
        zip(prepared.values, prepared.start, prepared.stop, strict=True)
    ):
        known = np.maximum(values[start:stop], 0.0)
        launched = known[(known > 0).argmax() :]
        mature = (launched[-_MATURE_BUCKETS:] / _MATURE_BUCKETS).sum()
        mature *= _MATURE_BUCKETS / min(len(launched), _MATURE_BUCKETS)
        shapes[row] = mature
        shapes[row, : len(launched)] = launched[:horizon]
    return _normal(shapes, "like_history"), prepared.single


def _normal(shapes: Floats, name: str) -> Floats:
    """Rows that add up to one."""
    largest = shapes.max(axis=1, keepdims=True)
    empty = np.flatnonzero(largest[:, 0] <= 0)
    if len(empty):
        raise NotDefinedError(f"Row {empty[0] + 1} of {name} has no demand.", "Choose a like item that sold.")
    unit = shapes / largest
    return np.asarray(unit / unit.sum(axis=1, keepdims=True))
