"""Exponential smoothing without an optimiser: every combination of smoothing parameters is a lane.

All lanes of all series run through the history side by side, as one vector per bucket. The forecast
is the mean over the lanes, each weighted by its likelihood: (sum of squared one-step errors) to the
power −n/2. That costs one pass over the history, cannot fail to converge, and moves smoothly with
the data where a single optimum would jump.

All functions take complete series of one length, shape (series, buckets), of a magnitude near one.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sop_xl.forecasting import lanes_compiled
from sop_xl.forecasting.history import Floats

ALPHAS = np.array([0.01, 0.03, 0.06, 0.1, 0.14, 0.18, 0.23, 0.28, 0.34, 0.4, 0.46, 0.52, 0.58, 0.64, 0.7])
ALPHAS = np.append(ALPHAS, [0.76, 0.82, 0.88, 0.94, 0.99])

# Errors below this share of the magnitude are rounding, not evidence for one lane over another.
_ROUNDING = 1e-12

_DRIFT_LAG = 12

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


def _grid_of_growth(a0: Floats, a1: Floats) -> tuple[Floats, Floats]:
    """Pairs of the two parameters whose errors die out: both roots of the recursion inside the unit circle."""
    first, second = (part.ravel() for part in np.meshgrid(a0, a1, indexing="ij"))
    # The recursion without its errors: [[1 - a0 + a1, a1 - 1], [1 - a0 - a1, 1 - a0]].
    trace = 2 - 2 * first + second
    determinant = (1 - first + second) * (1 - first) - (second - 1) * (1 - first - second)
    stable = (np.abs(determinant) < 1) & (np.abs(trace) < 1 + determinant)
    return first[stable], second[stable]


# Chosen on earlier origins of the M1, M3 and tourism competitions (docs/forecast-benchmark.md).
SEASONAL_GRID = _grid((0.05, 0.2, 0.45, 0.8), (0.0, 0.08), (0.02, 0.1, 0.25, 0.45), (0.9, 1.0))
TREND_GRID = _grid((0.1, 0.3, 0.6, 0.8, 0.95), (0.0, 0.08, 0.25), (0.0,), (0.85, 0.98))

# Growth rates from none to 15 % of the level per bucket; all lanes are stable.
GROWTH_GRID = _grid_of_growth(np.linspace(0.9, 1.9, 7), np.linspace(1.0, 1.15, 7))
_INFORMATION = 1.1
_START_PENALTY = 0.3

# Buckets that tell the initial level and slope where there is no season: a trend seldom lasts longer.
_FIRST_BUCKETS = 4


@lru_cache(maxsize=64)
def _drift_design(buckets: int) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """What the one-step forecasts of simple smoothing owe to the initial level and to a unit drift."""
    time = np.arange(float(buckets))[:, None]
    level: Floats = (1 - ALPHAS) ** time
    drift: Floats = (1 - (1 - ALPHAS) ** (time + 1)) / ALPHAS
    sums = [
        np.asarray((one * other).sum(axis=0))
        for one, other in ((level, level), (drift, drift), (level, drift))
    ]
    return level, drift, sums[0], sums[1], sums[2]


def smoothing_with_drift(
    rows: Floats, horizon: int, drift_share: float = 0.5, drift_cap: float = np.inf
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
    Returns:
        The :class:`Run`.
    Source:
        Assimakopoulos and Nikolopoulos (2000), International Journal of Forecasting 16;
        Hyndman and Billah (2003), International Journal of Forecasting 19.

    >>> smoothing_with_drift(np.full((1, 6), 0.5), 2).ahead.round(6)
    array([[0.5, 0.5]])
    """
    count, buckets = rows.shape
    centre = rows.mean(axis=1, keepdims=True)
    centred = rows - centre
    time = np.arange(buckets) - (buckets - 1) / 2
    squares = float(time @ time)
    drift = np.zeros((count, 1))
    if drift_share and squares > 0:
        slope = (centred @ time) / squares
        if np.isfinite(drift_cap):
            lag = max(1, min(_DRIFT_LAG, buckets // 3))
            usual = np.abs(_median(centred[:, lag:] - centred[:, :-lag])) / lag
            slope = np.clip(slope, -drift_cap * usual, drift_cap * usual)
        drift[:, 0] = drift_share * slope
    design = _drift_design(buckets)
    if lanes_compiled.wanted(count):
        ahead, best = lanes_compiled.smoothing_with_drift(
            centred, drift, ALPHAS, design, horizon, _ROUNDING * buckets
        )
        return Run(centre + ahead, best)
    level_part, drift_part, level_sq, drift_sq, cross = design
    level = np.zeros((count, len(ALPHAS)))
    errors = np.empty((buckets, count, len(ALPHAS)))
    scratch = np.empty_like(level)
    columns = np.ascontiguousarray(centred.T)[:, :, None]
    for bucket in range(buckets):
        error = errors[bucket]
        np.subtract(columns[bucket], level, out=error)
        np.multiply(ALPHAS, error, out=scratch)
        level += scratch
    # The errors of a run started at zero are linear in the initial level and the drift.
    own = np.einsum("tsg,tsg->sg", errors, errors)
    on_level = np.einsum("tsg,tg->sg", errors, level_part)
    on_drift = np.einsum("tsg,tg->sg", errors, drift_part)
    initial = (on_level - drift * cross) / level_sq
    sse = own + drift**2 * drift_sq - 2 * drift * on_drift - initial**2 * level_sq
    weights, best = likelihood_weights(sse, buckets), _best(sse, buckets)
    level += initial * (1 - ALPHAS) ** buckets
    reach = (1 - (1 - ALPHAS) ** (buckets + 1)) / ALPHAS
    result = np.empty((count, horizon))
    for step in range(horizon):
        ahead = level + reach * drift
        result[:, step] = (weights * ahead).sum(axis=1)
        level = level + ALPHAS * (ahead - level)
        reach = 1 + (1 - ALPHAS) * reach
    return Run(result + centre, best)


def damped_holt_winters(rows: Floats, indices: Floats | None, horizon: int) -> Run:
    """Additive Holt–Winters with a damped trend, or damped Holt where there is no season.

    Starts from the given seasonal indices and from half the slope of the first two seasons (of the first
    four buckets, without a season). Half of the seasonal lanes do not damp the trend at all.

    Args:
        rows: units (or their logarithms), complete, shape (series, buckets).
        indices: additive seasonal indices by position, shape (series, season); ``None`` for no season.
        horizon: buckets to forecast.
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
    level, trend = _initial_line(rows, indices, 2 * season if season > 1 else _FIRST_BUCKETS)
    if lanes_compiled.wanted(count):
        shape = np.zeros((count, 1)) if indices is None else indices
        floor = _ROUNDING * buckets
        return Run(*lanes_compiled.damped_holt_winters(rows, level, trend, shape, grid, horizon, floor))
    alpha, beta, gamma, phi = grid
    lanes = len(alpha)
    level, trend = np.repeat(level, lanes, axis=1), np.repeat(trend, lanes, axis=1)
    seasonal = np.zeros((season, count, lanes))
    if indices is not None:
        seasonal += indices.T[:, :, None]
    sse, expected, error, scratch = (np.zeros((count, lanes)) for _ in range(4))
    columns = np.ascontiguousarray(rows.T)[:, :, None]
    for bucket in range(buckets):
        np.multiply(phi, trend, out=trend)
        np.add(level, trend, out=expected)
        np.subtract(columns[bucket], expected, out=error)
        if season > 1:
            index = seasonal[bucket % season]
            np.subtract(error, index, out=error)
            np.multiply(gamma, error, out=scratch)
            np.add(index, scratch, out=index)
        np.multiply(error, error, out=scratch)
        np.add(sse, scratch, out=sse)
        np.multiply(alpha, error, out=scratch)
        np.add(expected, scratch, out=level)
        np.multiply(beta, error, out=scratch)
        np.add(trend, scratch, out=trend)
    weights = likelihood_weights(sse, buckets)
    result = np.empty((count, horizon))
    for step in range(horizon):
        np.multiply(phi, trend, out=trend)
        np.add(level, trend, out=level)
        ahead = level + seasonal[(buckets + step) % season] if season > 1 else level
        result[:, step] = (weights * ahead).sum(axis=1)
    return Run(result, _best(sse, buckets))


def proportional_growth(rows: Floats, horizon: int) -> Run:
    """Complex exponential smoothing: the level grows or shrinks by a share of itself.

    level[t+1] = level[t] - (1 - a1) information[t] + (a0 - a1) error[t], information[t+1] = level[t] +
    (1 - a0) information[t] + (a0 + a1) error[t]. The second state is worth about the level, so that a1 a
    little above one is a growth rate. Both states start at the first buckets and are corrected by least
    squares in each lane.

    Args:
        rows: units, complete, not negative, shape (series, buckets).
        horizon: buckets to forecast.
    Returns:
        The :class:`Run`.
    Source:
        Svetunkov, Kourentzes, Ord (2022), Naval Research Logistics 69: Complex exponential smoothing.

    >>> proportional_growth(np.array([1.05 ** np.arange(12)]), 1).ahead.round(2)
    array([[1.79]])
    """
    a0, a1 = GROWTH_GRID
    count, buckets = rows.shape
    start = rows[:, :_FIRST_BUCKETS].mean(axis=1, keepdims=True)
    level = np.repeat(start, len(a0), axis=1)
    information = level / _INFORMATION
    from_level, from_information = _growth_responses(buckets)
    own = np.zeros_like(level)
    on_level, on_information = np.zeros_like(level), np.zeros_like(level)
    columns = np.ascontiguousarray(rows.T)[:, :, None]
    for bucket in range(buckets):
        error = columns[bucket] - level
        own += error * error
        on_level += error * from_level.errors[bucket]
        on_information += error * from_information.errors[bucket]
        level, information = (
            level - (1 - a1) * information + (a0 - a1) * error,
            level + (1 - a0) * information + (a0 + a1) * error,
        )
    # Errors are linear in both starting states; the penalty keeps them near the first buckets.
    level_sq = (from_level.errors**2).sum(axis=0) + _START_PENALTY
    information_sq = (from_information.errors**2).sum(axis=0) + _START_PENALTY
    cross = (from_level.errors * from_information.errors).sum(axis=0)
    common = level_sq * information_sq - cross**2
    by_level = -(on_level * information_sq - on_information * cross) / common
    by_information = -(level_sq * on_information - cross * on_level) / common
    sse = own + by_level * on_level + by_information * on_information
    level = level + from_level.level * by_level + from_information.level * by_information
    information = (
        information + from_level.information * by_level + from_information.information * by_information
    )
    weights = likelihood_weights(sse, 0.5 * buckets)
    result = np.empty((count, horizon))
    for step in range(horizon):
        result[:, step] = (weights * level).sum(axis=1)
        level, information = level - (1 - a1) * information, level + (1 - a0) * information
    return Run(result, _best(sse, buckets))


class _Response(NamedTuple):
    """What a unit of one starting state does to the errors and to both states at the end, per lane."""

    errors: Floats
    level: Floats
    information: Floats


@lru_cache(maxsize=64)
def _growth_responses(buckets: int) -> tuple[_Response, _Response]:
    a0, a1 = GROWTH_GRID
    results = []
    for level, information in ((np.ones_like(a0), np.zeros_like(a0)), (np.zeros_like(a0), np.ones_like(a0))):
        errors = np.empty((buckets, len(a0)))
        for bucket in range(buckets):
            error = -level
            errors[bucket] = error
            level, information = (
                level - (1 - a1) * information + (a0 - a1) * error,
                level + (1 - a0) * information + (a0 + a1) * error,
            )
        results.append(_Response(errors, level, information))
    return results[0], results[1]


def block_size(series: int) -> int:
    """Rows of a call of so many series to hand to the lanes together.

    More would leave the processor's cache, fewer would pay for calls; compiled lanes need enough rows for
    every thread. A batch worth compiling loads the compiler here, so that all its blocks use it, however
    few series share one length.

    >>> block_size(1)
    64
    """
    if series > BLOCK and lanes_compiled.wanted(series):
        lanes_compiled.load()
        return lanes_compiled.BATCH
    return BLOCK


def likelihood_weights(sse: Floats, buckets: float) -> npt.NDArray[np.float64]:
    """Weights of the lanes, adding up to one along the last axis.

    >>> likelihood_weights(np.array([[1.0, 2.0]]), 2)
    array([[0.66666667, 0.33333333]])
    """
    sse = np.maximum(sse, _ROUNDING * buckets)
    weights = (sse / sse.min(axis=-1, keepdims=True)) ** (-0.5 * buckets)
    return np.asarray(weights / weights.sum(axis=-1, keepdims=True))


def _best(sse: Floats, buckets: int) -> Floats:
    return np.asarray(np.maximum(sse.min(axis=1), _ROUNDING * buckets))


def _median(rows: Floats) -> Floats:
    """Median per row; NumPy's own imports masked arrays, which takes longer than a forecast."""
    ordered = np.sort(rows, axis=1)
    count = rows.shape[1]
    return np.asarray(0.5 * (ordered[:, (count - 1) // 2] + ordered[:, count // 2]))


def _initial_line(rows: Floats, indices: Floats | None, first: int) -> tuple[Floats, Floats]:
    """Level and slope before the first bucket: half the slope of the first buckets, deseasonalised."""
    span = min(rows.shape[1], first)
    head = rows[:, :span]
    if indices is not None:
        head = head - indices[:, np.arange(span) % indices.shape[1]]
    time = np.arange(span) - (span - 1) / 2
    squares = float(time @ time)
    slope = 0.5 * (head @ time) / squares if squares > 0 else np.zeros(len(rows))
    level = head.mean(axis=1) - slope * ((span - 1) / 2 + 1)
    return level[:, None], slope[:, None]
