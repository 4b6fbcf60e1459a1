"""How far off a forecast may be: a lower and an upper bound for each bucket ahead.

The spread of a bucket is the product of three parts:

* how far one-step forecasts of damped-trend smoothing were off in this history. Where every value is
  clearly above zero this is a share of the level, so that a season that sells more also varies more;
* how errors add up over the horizon, by the rates of that smoothing;
* a calibration: the method itself is backtested from up to three past origins, and the spread grows or
  shrinks with what those forecasts were off. ETS and ARIMA are not backtested: too slow.

Demand with at least 30 % zeros has no such spread: without a season the bounds are quantiles of the
history, with one they widen with the root of the forecast, as counts do.

Quantiles are Student's, because the errors of forecasts have heavier tails than normal ones. The
settings were chosen on the M1, M3 and tourism competition series with their last buckets cut off.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np

from sop_xl.errors import ArgumentError, NoAnswerError
from sop_xl.forecasting.auto import INTERMITTENT_SHARE, SHORT, by_length, launch
from sop_xl.forecasting.engine import forecast, method_name
from sop_xl.forecasting.history import MAX_BUCKETS, Floats, prepare, to_magnitude_one, whole_number
from sop_xl.forecasting.lanes import TREND_GRID, likelihood_weights
from sop_xl.forecasting.seasonality import has_season, seasonal_indices

# Not backtested, because they take a hundred times as long as the others.
SLOW = ("ETS", "ARIMA")

# Of Student's distribution.
FREEDOM = 4
# Brings coverage of 80 % to the mean of the sets on earlier origins.
CALIBRATION = 0.955
# How many backtests the spread before calibration is worth.
CAUTION = 2.0
# A backtest that was off by more than this many spreads counts as this many.
SURPRISE = 4.0

_RELATIVE_FLOOR = 0.01
_BLOCK = 256
# Spread of a series too short to have one, as a share of its mean.
_UNKNOWN = 0.5


@dataclass(frozen=True)
class Band:
    """Bounds of a forecast.

    Attributes:
        lower: units, shape (series, horizon).
        upper: units, same shape.
    """

    lower: Floats
    upper: Floats


def forecast_band(
    history: Any, horizon: int = 12, level: float = 0.8, season: int = 12, method: str = "AUTO"
) -> Band:
    """Bounds between which a share ``level`` of the buckets to come should lie.

    The band contains the forecast, is never below zero where the history is not, widens with
    ``level``, scales with the history, and does not depend on the other series.

    Args:
        history: units, shape (series, buckets) or (buckets,); NaN or ``None`` where missing.
        horizon: buckets to forecast, 1 to 600.
        level: share of buckets to cover, above 0 and below 1.
        season: buckets in a season, 1 (none) to 600.
        method: as in :func:`sop_xl.forecasting.engine.forecast`.
    Returns:
        The :class:`Band`.
    Raises:
        ArgumentError: as :func:`sop_xl.forecasting.engine.forecast`; a level that is not a number.
        NoAnswerError: a level not between 0 and 1.
        NotDefinedError: a series without any known bucket.
    Source:
        Hyndman, Koehler, Ord, Snyder, Forecasting with Exponential Smoothing, ch. 6 (growth of the
        variance); calibration by rolling origins after Vovk's conformal prediction.

    >>> band = forecast_band([[10, 12, 9, 11, 10, 8, 12, 11, 9, 10]], horizon=2, season=1)
    >>> bool((band.lower < 10).all() and (band.upper > 10).all())
    True
    """
    method = method_name(method)
    horizon = whole_number(horizon, "horizon", 1, MAX_BUCKETS)
    season = whole_number(season, "season", 1, MAX_BUCKETS)
    quantile = _quantile(level)
    prepared = prepare(history, season)
    point = np.atleast_2d(forecast(prepared.values, horizon, season, method))
    lower, upper = np.empty_like(point), np.empty_like(point)
    values, starts = prepared.aligned()
    for rows, block in by_length(values, launch(values, starts), np.arange(len(values))):
        for first in range(0, len(rows), _BLOCK):
            part = slice(first, first + _BLOCK)
            bounds = _bounds(block[part], point[rows[part]], season, method, level, quantile)
            lower[rows[part]], upper[rows[part]] = bounds
    return Band(np.minimum(lower, point), np.maximum(upper, point))


def _bounds(
    block: Floats, point: Floats, season: int, method: str, level: float, quantile: float
) -> tuple[Floats, Floats]:
    """Bounds of complete series of one length, in their unit."""
    unit, largest, size = to_magnitude_one(block)
    ahead = point / largest / size
    low = unit.min(axis=1)
    lower, upper = np.empty_like(ahead), np.empty_like(ahead)
    sparse = (low >= 0) & ((unit == 0).mean(axis=1) >= INTERMITTENT_SHARE)
    if sparse.any():
        lower[sparse], upper[sparse] = _sparse(unit[sparse], ahead[sparse], season, level, quantile)
    for relative in (False, True):
        clear = low > _RELATIVE_FLOOR * np.abs(unit).mean(axis=1)
        chosen = ~sparse & (clear if relative else ~clear)
        if chosen.any():
            reach = quantile * _spread(unit[chosen], ahead[chosen], season, method, relative)
            lower[chosen], upper[chosen] = ahead[chosen] - reach, ahead[chosen] + reach
    lower = np.where(low[:, None] >= 0, np.maximum(lower, 0.0), lower)
    top = np.finfo(float).max
    with np.errstate(over="ignore", under="ignore"):
        return np.clip(lower * size * largest, -top, top), np.clip(upper * size * largest, -top, top)


def _spread(rows: Floats, ahead: Floats, season: int, method: str, relative: bool) -> Floats:
    """One standard deviation of the error of each bucket ahead, shape (series, horizon)."""
    count, buckets = rows.shape
    horizon = ahead.shape[1]
    if buckets < SHORT:
        deviation = np.abs(rows - rows.mean(axis=1, keepdims=True)).max(axis=1, keepdims=True)
        return np.broadcast_to(
            np.maximum(deviation, _UNKNOWN * np.abs(rows).mean(axis=1, keepdims=True)), ahead.shape
        )
    seasonal = season > 1 and buckets >= 2 * season
    back = int(np.clip(2 * season, 6, 18))
    growth = _error_growth(np.log(rows) if relative else rows, season, max(horizon, 3 * back // 2))
    # The longer the season, the more its indices add at once, and the less errors add up afterwards.
    octaves = np.log2(season)
    free = max(buckets - 3 - (season - 1 if seasonal else 0), 0.3 * buckets)
    unit_error = (0.82 + 0.02 * octaves) * np.sqrt(buckets / free)
    growth *= np.arange(1, growth.shape[1] + 1) ** (-0.02 * octaves)
    evidence, weight = np.full(count, CAUTION * unit_error**2), CAUTION
    origins = [buckets - back // 2, buckets - back, buckets - 3 * back // 2]
    origins = [] if method in SLOW else [origin for origin in origins if origin >= max(2 * season, 8)]
    if origins:
        # All origins in one call: each repeats the series up to there.
        cut = np.repeat(origins, count)[:, None]
        seen = np.where(np.arange(buckets) < cut, np.tile(rows, (len(origins), 1)), np.nan)
        made = forecast(seen, back, season, method).reshape(len(origins), count, back)
        for origin, ahead_then in zip(origins, made, strict=True):
            steps = min(buckets - origin, back)
            then = ahead_then[:, :steps]
            expected = growth[:, :steps] * (_level(then) if relative else 1.0)
            off = np.abs(rows[:, origin : origin + steps] - then) / np.maximum(expected, 1e-12)
            evidence += (np.minimum(off, SURPRISE) ** 2).mean(axis=1)
            weight += 1
    scale = CALIBRATION * np.sqrt(evidence / weight)[:, None] * growth[:, :horizon]
    return np.asarray(scale * _level(ahead) if relative else scale)


def _level(ahead: Floats) -> Floats:
    """What a relative spread multiplies; a forecast near zero is not therefore certain."""
    return np.maximum(np.abs(ahead), 0.05)


def _error_growth(rows: Floats, season: int, horizon: int) -> Floats:
    """Standard deviation of the errors of damped-trend smoothing at each lag, shape (series, horizon)."""
    buckets = rows.shape[1]
    if season > 1 and buckets >= 2 * season:
        rows = rows - seasonal_indices(rows, season)[:, np.arange(buckets) % season]
    alpha, beta, _, phi = TREND_GRID
    span = min(buckets, 8)
    time = np.arange(span) - (span - 1) / 2
    # Half the slope of the first buckets: all of it would be their noise as well.
    slope = 0.5 * (rows[:, :span] * time).sum(axis=1) / float(time @ time)
    level = np.repeat((rows[:, :span].mean(axis=1) - slope * (span + 1) / 2)[:, None], len(alpha), axis=1)
    trend = np.repeat(slope[:, None], len(alpha), axis=1)
    squares = np.zeros_like(level)
    columns = np.ascontiguousarray(rows.T)[:, :, None]
    for actual in columns:
        trend *= phi
        level += trend
        error = actual - level
        squares += error * error
        level += alpha * error
        trend += beta * error
    weights = likelihood_weights(squares, buckets) * squares / buckets
    lag = np.arange(1, horizon)
    carried = alpha[:, None] + beta[:, None] * np.cumsum(phi[:, None] ** lag, axis=1)
    variance = np.concatenate([np.ones((len(alpha), 1)), 1 + np.cumsum(carried**2, axis=1)], axis=1)
    # Lane by lane: a matrix product may round differently beside other series.
    return np.sqrt(sum(weights[:, lane, None] * variance[lane] for lane in range(len(alpha))))


def _sparse(rows: Floats, ahead: Floats, season: int, level: float, quantile: float) -> tuple[Floats, Floats]:
    """Bounds of demand with many zeros."""
    buckets = rows.shape[1]
    ordered = np.sort(rows, axis=1)
    lower = np.repeat(_at_share(ordered, (1 - level) / 2)[:, None], ahead.shape[1], axis=1)
    upper = np.repeat(_at_share(ordered, (1 + level) / 2)[:, None], ahead.shape[1], axis=1)
    # A forecast above the mean of the history raises what may come, too.
    upper = upper * np.maximum(ahead / np.maximum(rows.mean(axis=1, keepdims=True), 1e-12), 1.0)
    for row in np.flatnonzero(has_season(rows, season)):
        means = np.array([rows[row, place::season].mean() for place in range(season)])
        rest = rows[row] - means[np.arange(buckets) % season]
        dispersion = float(rest @ rest) / float(rows[row].sum()) * buckets / max(buckets - season, 1)
        reach = quantile * np.sqrt(dispersion * np.maximum(ahead[row], 0.0))
        lower[row], upper[row] = ahead[row] - reach, ahead[row] + reach
    return lower, upper


def _at_share(ordered: Floats, share: float) -> Floats:
    """The value that a share of sorted rows does not exceed, as if one more bucket were known."""
    count = ordered.shape[1]
    place = int(np.ceil(share * (count + 1))) - 1
    return ordered[:, min(max(place, 0), count - 1)]


def _quantile(level: Any) -> float:
    """Student's quantile of a central share, by the expansion of Cornish and Fisher."""
    if isinstance(level, bool) or not isinstance(level, (int, float, np.integer, np.floating)):
        raise ArgumentError(f"level is {level!r}.", "Give a number between 0 and 1, such as 0.8.")
    if not 0 < level < 1:
        raise NoAnswerError(f"level is {level:g}.", "Give a share between 0 and 1, such as 0.8.")
    share = min(0.5 + float(level) / 2, 1 - 1e-16)
    z = NormalDist().inv_cdf(share)
    return z + (z**3 + z) / (4 * FREEDOM) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * FREEDOM**2)
