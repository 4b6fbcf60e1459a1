"""Exponential smoothing without an optimiser: every combination of smoothing parameters is a lane.

All lanes of all series run through the history side by side, as one vector per bucket. The forecast
is the mean over the lanes, each weighted by its likelihood: (sum of squared one-step errors) to the
power −n/2. That costs one pass over the history, cannot fail to converge, and moves smoothly with
the data where a single optimum would jump.

All functions take complete series of a magnitude near one, shape (series, buckets), that end in the last
column. Series of several lengths go together, the longest first: zeros stand before the column in which each
begins (``starts``). One call for all of them costs little more than one for a single length.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sop_xl.forecasting import lanes_compiled
from sop_xl.forecasting.history import Flags, Floats, Integers, own_buckets, starts_of

ALPHAS = np.array([0.01, 0.03, 0.06, 0.1, 0.14, 0.18, 0.23, 0.28, 0.34, 0.4, 0.46, 0.52, 0.58, 0.64, 0.7])
ALPHAS = np.append(ALPHAS, [0.76, 0.82, 0.88, 0.94, 0.99])

# Errors below this share of the magnitude are rounding, not evidence for one lane over another.
ROUNDING = 1e-12

_DRIFT_LAG = 12

# Series that go through the lanes together: more would leave the processor's cache, fewer would pay for calls.
BLOCK = 64


class Run(NamedTuple):
    """What the lanes of one model make of a history.

    Attributes:
        ahead: forecasts, shape (series, horizon).
        squares: sum of squared one-step errors of the best lane, shape (series,).
    """

    ahead: Floats
    squares: Floats


def _grid(
    alphas: tuple[float, ...], betas: tuple[float, ...], gammas: tuple[float, ...], phis: tuple[float, ...]
) -> tuple[Floats, Floats, Floats, Floats]:
    """Lanes of the error-correction form: beta as a share of alpha, gamma of what alpha leaves."""
    parts = np.meshgrid(alphas, betas, gammas, phis, indexing="ij")
    alpha, beta, gamma, phi = (part.ravel() for part in parts)
    return alpha, alpha * beta, gamma * (1 - alpha), phi


# Chosen on earlier origins of the M1, M3 and tourism competitions (docs/forecast-benchmark.md).
SEASONAL_GRID = _grid((0.05, 0.2, 0.45, 0.8), (0.0, 0.08), (0.02, 0.1, 0.25, 0.45), (0.9, 1.0))
TREND_GRID = _grid((0.1, 0.3, 0.6, 0.8, 0.95), (0.0, 0.08, 0.25), (0.0,), (0.85, 0.98))

# Buckets that tell the initial level and slope where there is no season: a trend seldom lasts longer.
FIRST_BUCKETS = 4


class _Drift(NamedTuple):
    """What one-step forecasts of simple smoothing owe to a unit initial level and to a unit drift.

    Attributes:
        level, drift: by buckets since the first and lane, each (buckets, lanes).
        level_sq, drift_sq, cross: sums of their squares and of their product over the first so many buckets.
    """

    level: Floats
    drift: Floats
    level_sq: Floats
    drift_sq: Floats
    cross: Floats


@lru_cache(maxsize=64)
def _drift_design(buckets: int) -> _Drift:
    time = np.arange(float(buckets))[:, None]
    level: Floats = (1 - ALPHAS) ** time
    drift: Floats = (1 - (1 - ALPHAS) ** (time + 1)) / ALPHAS
    sums = [
        np.concatenate([np.zeros((1, len(ALPHAS))), (one * other).cumsum(axis=0)])
        for one, other in ((level, level), (drift, drift), (level, drift))
    ]
    return _Drift(level, drift, *sums)


def smoothing_with_drift(
    rows: Floats,
    horizon: int,
    drift_share: float = 0.5,
    drift_cap: float = np.inf,
    starts: Integers | None = None,
) -> Run:
    """Simple exponential smoothing with a fixed share of the linear trend as drift.

    With half of the trend this is the Theta method with theta lines 0 and 2; with none it is simple
    exponential smoothing. The initial level is the least-squares one in each lane.

    Args:
        rows: units, complete, shape (series, buckets).
        horizon: buckets to forecast.
        drift_share: share of the least-squares slope that the forecast follows.
        drift_cap: largest slope to believe, as a multiple of the median change over twelve buckets. One
            step in the level bends a least-squares line for ever, and leaves that median alone.
        starts: column of the first bucket of each series, not falling, shape (series,); ``None``: the first.
    Returns:
        The :class:`Run`.
    Source:
        Assimakopoulos and Nikolopoulos (2000), International Journal of Forecasting 16;
        Hyndman and Billah (2003), International Journal of Forecasting 19.

    >>> smoothing_with_drift(np.full((1, 6), 0.5), 2).ahead.round(6)
    array([[0.5, 0.5]])
    """
    count, buckets = rows.shape
    starts = starts_of(starts, rows)
    known = own_buckets(starts, buckets)
    lengths = buckets - starts
    centre = rows.sum(axis=1, keepdims=True) / lengths[:, None]
    centred = (rows - centre) * known
    drift = np.zeros((count, 1))
    if drift_share:
        time = (np.arange(buckets) - (starts[:, None] + buckets - 1) / 2) * known
        slope = (centred * time).sum(axis=1) / np.maximum((time * time).sum(axis=1), 0.5)
        if np.isfinite(drift_cap):
            usual = np.abs(usual_change(centred, starts, _DRIFT_LAG))
            slope = np.clip(slope, -drift_cap * usual, drift_cap * usual)
        drift[:, 0] = drift_share * slope
    design = _drift_design(buckets)
    if lanes_compiled.wanted(count):
        ahead, best = lanes_compiled.smoothing_with_drift(
            centred, drift, starts, ALPHAS, design, horizon, ROUNDING
        )
        return Run(centre + ahead, best)
    level = np.zeros((count, len(ALPHAS)))
    errors = np.zeros((buckets, count, len(ALPHAS)))
    scratch = np.empty_like(level)
    columns = np.ascontiguousarray(centred.T)[:, :, None]
    for active, span in running(starts, buckets):
        begun, change = level[:active], scratch[:active]
        for bucket in span:
            error = errors[bucket, :active]
            np.subtract(columns[bucket, :active], begun, out=error)
            np.multiply(ALPHAS, error, out=change)
            begun += change
    # The errors of a run started at zero are linear in the initial level and the drift.
    own = np.einsum("tsg,tsg->sg", errors, errors)
    on_level, on_drift = np.empty_like(level), np.empty_like(level)
    for part, start in begun_together(starts):
        on_level[part] = np.einsum("tsg,tg->sg", errors[start:, part], design.level[: buckets - start])
        on_drift[part] = np.einsum("tsg,tg->sg", errors[start:, part], design.drift[: buckets - start])
    level_sq = design.level_sq[lengths]
    initial = (on_level - drift * design.cross[lengths]) / level_sq
    sse = own + drift**2 * design.drift_sq[lengths] - 2 * drift * on_drift - initial**2 * level_sq
    weights, best = likelihood_weights(sse, lengths[:, None]), best_lane(sse, lengths)
    faded = (1 - ALPHAS) ** lengths[:, None]
    level += initial * faded
    reach = (1 - faded * (1 - ALPHAS)) / ALPHAS
    result = np.empty((count, horizon))
    for step in range(horizon):
        ahead = level + reach * drift
        result[:, step] = (weights * ahead).sum(axis=1)
        level = level + ALPHAS * (ahead - level)
        reach = 1 + (1 - ALPHAS) * reach
    return Run(result + centre, best)


def damped_holt_winters(
    rows: Floats, indices: Floats | None, horizon: int, starts: Integers | None = None
) -> Run:
    """Additive Holt–Winters with a damped trend, or damped Holt where there is no season.

    Starts from the given seasonal indices and from half the slope of the first two seasons (of the first
    four buckets, without a season). Half of the seasonal lanes do not damp the trend at all.

    Args:
        rows: units (or their logarithms), complete, shape (series, buckets).
        indices: additive seasonal indices by position, shape (series, season), that of the first column first;
            ``None`` for no season.
        horizon: buckets to forecast.
        starts: column of the first bucket of each series, not falling, shape (series,); ``None``: the first.
    Returns:
        The :class:`Run`.
    Source:
        Gardner and McKenzie (1985), Management Science 31; error-correction form of Hyndman et al.,
        Forecasting with Exponential Smoothing, ch. 2.

    >>> damped_holt_winters(np.full((1, 6), 0.5), None, 2).ahead.round(6)
    array([[0.5, 0.5]])
    """
    count, buckets = rows.shape
    season = 1 if indices is None else indices.shape[1]
    grid = SEASONAL_GRID if season > 1 else TREND_GRID
    starts = starts_of(starts, rows)
    level, trend = _initial_line(rows, starts, indices, 2 * season if season > 1 else FIRST_BUCKETS)
    if lanes_compiled.wanted(count):
        shape = np.zeros((count, 1)) if indices is None else indices
        run = lanes_compiled.damped_holt_winters(rows, level, trend, shape, starts, grid, horizon, ROUNDING)
        return Run(*run)
    alpha, beta, gamma, phi = grid
    lanes = len(alpha)
    level, trend = np.repeat(level, lanes, axis=1), np.repeat(trend, lanes, axis=1)
    seasonal = np.zeros((season, count, lanes))
    if indices is not None:
        seasonal += indices.T[:, :, None]
    sse, expected, error, scratch = (np.zeros((count, lanes)) for _ in range(4))
    columns = np.ascontiguousarray(rows.T)[:, :, None]
    whole = level, trend, sse, expected, error, scratch
    for active, span in running(starts, buckets):
        level, trend, sse, expected, error, scratch = (state[:active] for state in whole)
        for bucket in span:
            np.multiply(phi, trend, out=trend)
            np.add(level, trend, out=expected)
            np.subtract(columns[bucket, :active], expected, out=error)
            if season > 1:
                index = seasonal[bucket % season, :active]
                np.subtract(error, index, out=error)
                np.multiply(gamma, error, out=scratch)
                np.add(index, scratch, out=index)
            np.multiply(error, error, out=scratch)
            np.add(sse, scratch, out=sse)
            np.multiply(alpha, error, out=scratch)
            np.add(expected, scratch, out=level)
            np.multiply(beta, error, out=scratch)
            np.add(trend, scratch, out=trend)
    lengths = buckets - starts
    weights = likelihood_weights(sse, lengths[:, None])
    result = np.empty((count, horizon))
    for step in range(horizon):
        np.multiply(phi, trend, out=trend)
        np.add(level, trend, out=level)
        ahead = level + seasonal[(buckets + step) % season] if season > 1 else level
        result[:, step] = (weights * ahead).sum(axis=1)
    return Run(result, best_lane(sse, lengths))


def running(starts: Integers, buckets: int) -> Iterator[tuple[int, range]]:
    """How many series have begun, and the buckets in which it is so many.

    >>> list(running(np.array([0, 2]), 3))
    [(1, range(0, 2)), (2, range(2, 3))]
    """
    begins = [*dict.fromkeys(starts.tolist()), buckets]
    begun = np.searchsorted(starts, begins[:-1], side="right").tolist()
    return ((active, range(*span)) for active, span in zip(begun, pairwise(begins), strict=True))


def begun_together(starts: Integers) -> Iterator[tuple[slice, int]]:
    """The series that begin in one column: where they stand, and the column.

    >>> list(begun_together(np.array([0, 2, 2])))
    [(slice(0, 1, None), 0), (slice(1, 3, None), 2)]
    """
    bounds = [0, *(np.flatnonzero(np.diff(starts)) + 1).tolist(), len(starts)]
    return ((slice(first, last), int(starts[first])) for first, last in pairwise(bounds) if last > first)


def likelihood_weights(sse: Floats, buckets: float | Floats | Integers) -> npt.NDArray[np.float64]:
    """Weights of the lanes, adding up to one along the last axis.

    >>> likelihood_weights(np.array([[1.0, 2.0]]), 2)
    array([[0.66666667, 0.33333333]])
    """
    sse = np.maximum(sse, ROUNDING * buckets)
    weights = (sse / sse.min(axis=-1, keepdims=True)) ** (-0.5 * buckets)
    return np.asarray(weights / weights.sum(axis=-1, keepdims=True))


def best_lane(sse: Floats, lengths: Integers) -> Floats:
    """The smallest sum of squared errors of each series, shape (series,); never less than rounding.

    >>> best_lane(np.array([[2.0, 1.0]]), np.array([12])).tolist()
    [1.0]
    """
    return np.asarray(np.maximum(sse.min(axis=1), ROUNDING * lengths))


def usual_change(rows: Floats, starts: Integers, lag: int) -> Floats:
    """Median change over ``lag`` buckets, at most a third of the history, per bucket; shape (series,).

    >>> usual_change(np.array([[1.0, 2, 3, 9, 10]]), np.array([0]), 1)
    array([1.])
    """
    buckets = rows.shape[1]
    lengths = buckets - starts
    lags = np.clip(lengths // 3, 1, lag)
    column = np.arange(buckets)
    before = np.maximum(column - lags[:, None], 0)
    changes = rows - np.take_along_axis(rows, before, axis=1)
    changes[column < (starts + lags)[:, None]] = np.inf
    changes.sort(axis=1)
    # NumPy's own median imports masked arrays, which takes longer than a forecast.
    last, row = np.maximum(lengths - lags - 1, 0), np.arange(len(starts))
    return np.asarray(0.5 * (changes[row, last // 2] + changes[row, (last + 1) // 2]) / lags)


def first_buckets(rows: Floats, starts: Integers, first: int) -> tuple[Floats, Flags]:
    """The first buckets of each series, zero beyond its last, and which of them it has; both (series, first).

    >>> first_buckets(np.array([[0.0, 3, 4]]), np.array([1]), 3)[0].tolist()
    [[3.0, 4.0, 0.0]]
    """
    buckets = rows.shape[1]
    columns = starts[:, None] + np.arange(min(first, buckets))
    known = columns < buckets
    return np.take_along_axis(rows, np.minimum(columns, buckets - 1), axis=1) * known, known


def _initial_line(
    rows: Floats, starts: Integers, indices: Floats | None, first: int
) -> tuple[Floats, Floats]:
    """Level and slope before the first bucket: half the slope of the first buckets, deseasonalised."""
    head, known = first_buckets(rows, starts, first)
    if indices is not None:
        positions = (starts[:, None] + np.arange(head.shape[1])) % indices.shape[1]
        head = (head - np.take_along_axis(indices, positions, axis=1)) * known
    span = known.sum(axis=1, keepdims=True)
    time = (np.arange(head.shape[1]) - (span - 1) / 2) * known
    slope = (
        0.5 * (head * time).sum(axis=1, keepdims=True) / np.maximum((time**2).sum(axis=1, keepdims=True), 0.5)
    )
    level = head.sum(axis=1, keepdims=True) / span - slope * ((span - 1) / 2 + 1)
    return level, slope
