"""Growth in proportion to the level: complex exponential smoothing over lanes of its two parameters.

The lanes run and are weighted as in :mod:`sop_xl.forecasting.lanes`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from sop_xl.forecasting import lanes_compiled
from sop_xl.forecasting.history import Floats, Integers, starts_of
from sop_xl.forecasting.lanes import (
    FIRST_BUCKETS,
    ROUNDING,
    Run,
    begun_together,
    best_lane,
    first_buckets,
    likelihood_weights,
    running,
)


def _grid_of_growth(a0: Floats, a1: Floats) -> tuple[Floats, Floats]:
    """Pairs of the two parameters whose errors die out: both roots of the recursion inside the unit circle."""
    first, second = (part.ravel() for part in np.meshgrid(a0, a1, indexing="ij"))
    # The recursion without its errors: [[1 - a0 + a1, a1 - 1], [1 - a0 - a1, 1 - a0]].
    trace = 2 - 2 * first + second
    determinant = (1 - first + second) * (1 - first) - (second - 1) * (1 - first - second)
    stable = (np.abs(determinant) < 1) & (np.abs(trace) < 1 + determinant)
    return first[stable], second[stable]


# Growth rates from none to 15 % of the level per bucket; all lanes are stable.
GROWTH_GRID = _grid_of_growth(np.linspace(0.9, 1.9, 7), np.linspace(1.0, 1.15, 7))
_INFORMATION = 1.1
_START_PENALTY = 0.3


def proportional_growth(rows: Floats, horizon: int, starts: Integers | None = None) -> Run:
    """Complex exponential smoothing: the level grows or shrinks by a share of itself.

    level[t+1] = level[t] - (1 - a1) information[t] + (a0 - a1) error[t], information[t+1] = level[t] +
    (1 - a0) information[t] + (a0 + a1) error[t]. The second state is worth about the level, so that a1 a
    little above one is a growth rate. Both states start at the first buckets and are corrected by least
    squares in each lane.

    Args:
        rows: units, complete, not negative, shape (series, buckets).
        horizon: buckets to forecast.
        starts: column of the first bucket of each series, not falling, shape (series,); ``None``: the first.
    Returns:
        The :class:`Run`.
    Source:
        Svetunkov, Kourentzes, Ord (2022), Naval Research Logistics 69: Complex exponential smoothing.

    >>> proportional_growth(np.array([1.05 ** np.arange(12)]), 1).ahead.round(2)
    array([[1.79]])
    """
    a0, a1 = GROWTH_GRID
    count, buckets = rows.shape
    starts = starts_of(starts, rows)
    lengths = buckets - starts
    head, known = first_buckets(rows, starts, FIRST_BUCKETS)
    start = head.sum(axis=1, keepdims=True) / known.sum(axis=1, keepdims=True)
    design = _growth_design(buckets)
    if lanes_compiled.wanted(count):
        run = lanes_compiled.proportional_growth(
            rows, start, start / _INFORMATION, starts, GROWTH_GRID, design, horizon, ROUNDING
        )
        return Run(*run)
    level = np.repeat(start, len(a0), axis=1)
    information = level / _INFORMATION
    errors = np.zeros((buckets, count, len(a0)))
    columns = np.ascontiguousarray(rows.T)[:, :, None]
    for begun, span in running(starts, buckets):
        for bucket in span:
            error = errors[bucket, :begun]
            np.subtract(columns[bucket, :begun], level[:begun], out=error)
            level[:begun], information[:begun] = (
                level[:begun] - (1 - a1) * information[:begun] + (a0 - a1) * error,
                level[:begun] + (1 - a0) * information[:begun] + (a0 + a1) * error,
            )
    own = np.einsum("tsg,tsg->sg", errors, errors)
    on_level, on_information = np.empty_like(level), np.empty_like(level)
    for part, first in begun_together(starts):
        own_errors, own_span = errors[first:, part], slice(buckets - first)
        on_level[part] = np.einsum("tsg,tg->sg", own_errors, design.level.errors[own_span])
        on_information[part] = np.einsum("tsg,tg->sg", own_errors, design.information.errors[own_span])
    # Errors are linear in both starting states; the penalty keeps them near the first buckets.
    level_sq, information_sq = design.level_sq[lengths], design.information_sq[lengths]
    cross = design.cross[lengths]
    common = level_sq * information_sq - cross**2
    by_level = -(on_level * information_sq - on_information * cross) / common
    by_information = -(level_sq * on_information - on_level * cross) / common
    sse = own + by_level * on_level + by_information * on_information
    from_level, from_information = design.level, design.information
    level = level + from_level.level[lengths] * by_level + from_information.level[lengths] * by_information
    information = (
        information
        + from_level.information[lengths] * by_level
        + from_information.information[lengths] * by_information
    )
    weights = likelihood_weights(sse, 0.5 * lengths[:, None])
    result = np.empty((count, horizon))
    for step in range(horizon):
        result[:, step] = (weights * level).sum(axis=1)
        level, information = level - (1 - a1) * information, level + (1 - a0) * information
    return Run(result, best_lane(sse, lengths))


class _Response(NamedTuple):
    """What a unit of one starting state does in each lane.

    Attributes:
        errors: to the error of each bucket, shape (buckets, lanes).
        level, information: to the states after so many buckets, each (buckets + 1, lanes).
    """

    errors: Floats
    level: Floats
    information: Floats


class _Growth(NamedTuple):
    """The responses to both starting states, and sums over the first so many buckets, (buckets + 1, lanes)."""

    level: _Response
    information: _Response
    level_sq: Floats
    information_sq: Floats
    cross: Floats


@lru_cache(maxsize=64)
def _growth_design(buckets: int) -> _Growth:
    a0, a1 = GROWTH_GRID
    none = np.zeros((1, len(a0)))
    results = []
    for level, information in ((np.ones_like(a0), np.zeros_like(a0)), (np.zeros_like(a0), np.ones_like(a0))):
        levels, informations = [level], [information]
        for _ in range(buckets):
            error = -level
            level, information = (
                level - (1 - a1) * information + (a0 - a1) * error,
                level + (1 - a0) * information + (a0 + a1) * error,
            )
            levels.append(level)
            informations.append(information)
        results.append(_Response(-np.array(levels[:-1]), np.array(levels), np.array(informations)))
    one, two = results
    sums = [
        np.concatenate([none, (this.errors * other.errors).cumsum(axis=0)])
        for this, other in ((one, one), (two, two), (one, two))
    ]
    return _Growth(one, two, sums[0] + _START_PENALTY, sums[1] + _START_PENALTY, sums[2])
