"""The simple forecasts that AUTO mixes, and how much each counts for a history.

Six forecasts err differently: damped Holt–Winters on the values and on their logarithms, Theta on the
logarithms, growth in proportion to the level, the usual (median) change after the last value, and the last season.
How much each counts follows from seven signs of the history, mostly from how well each would have forecast it one
bucket ahead: share of a forecast = exp(signs · weights), brought to a sum of one.

The weights were fitted on earlier origins of the M1, M3 and tourism competitions
(``benchmarks/tune_forecast.py``), and held towards equal shares of the first three: so strongly that weights
fitted without a competition forecast it on average as well as equal shares do.
Where they do not, docs/forecast-benchmark.md says.
"""

from __future__ import annotations

import numpy as np

from sop_xl.forecasting.growth import proportional_growth
from sop_xl.forecasting.history import Floats, Integers, own_buckets, starts_of
from sop_xl.forecasting.lanes import (
    damped_holt_winters,
    smoothing_with_drift,
    usual_change,
)
from sop_xl.forecasting.seasonality import seasonal_indices

MEMBERS = (
    "smoothing of the values",
    "smoothing of their logarithms",
    "Theta",
    "proportional growth",
    "the usual change",
    "the last season",
)
SIGNS = (
    "always",
    "no season asked for",
    "length of the history",
    "logarithms worse than values",
    "Theta worse than smoothing",
    "growth worse than smoothing",
    "size of the changes",
)

# A forecast from logarithms may not exceed this multiple of the largest value of the history.
LOG_CEILING = 3.0

# Share of the linear trend that the Theta member follows, and the slope it believes at most. Theta lines 0
# and 2 follow half; the benchmark's earlier origins prefer more of a slope that is capped sooner.
DRIFT_SHARE = 0.7
DRIFT_CAP = 1.0

# An index near zero has no logarithm worth smoothing.
_LEAST_INDEX = 1e-3

# Signs by rows, members by columns.
WEIGHTS = np.array(
    [
        [1.23, 1.4, 1.18, -0.85, -0.67, -0.79],  # always
        [-0.65, -0.48, -0.86, 0.84, 1.15, 0],  # no season asked for
        [0.18, 0.01, 0.11, -0.48, -0.19, 0.37],  # length of the history
        [0.31, 0.66, -0.36, 0.34, -0.17, -0.79],  # logarithms worse than values
        [-0.23, 1.22, -1.34, -0.53, -0.71, 1.59],  # Theta worse than smoothing
        [1.25, 0.6, -0.64, -3.19, 1.97, 0],  # growth worse than smoothing
        [0.11, -0.32, 0.08, 0.22, -0.43, 0.35],  # size of the changes
    ]
)


def combine(rows: Floats, horizon: int, season: int, starts: Integers | None = None) -> Floats:
    """Forecast steady series whose values are clearly above zero.

    Args:
        rows: units, complete, of a magnitude near one, shape (series, buckets), at least one season; zero
            before the start of a series.
        horizon: buckets to forecast.
        season: buckets in a season.
        starts: column of the first bucket of each series, not falling, shape (series,); ``None``: the first.
            Two seasons are there for all series or for none.
    Returns:
        Forecasts, shape (series, horizon).
    Source:
        Weights from features: Montero-Manso, Athanasopoulos, Hyndman, Talagala (2020), International Journal
        of Forecasting 36.

    >>> combine(np.full((1, 8), 0.5), 2, 4).round(6)
    array([[0.5, 0.5]])
    """
    ahead, signs = members(rows, horizon, season, starts)
    shortest = rows.shape[1] - int(starts_of(starts, rows).max(initial=0))
    return np.asarray((shares(signs, season, shortest)[:, None, :] * ahead).sum(axis=2))


def mix(rows: Floats, season: int) -> Floats:
    """How much each of :data:`MEMBERS` counts in :func:`combine`, (series, members), adding up to one.

    >>> mix(np.full((1, 8), 0.5), 4).sum().round(9)
    np.float64(1.0)
    """
    return shares(members(rows, 1, season)[1], season, rows.shape[1])


def members(rows: Floats, horizon: int, season: int, starts: Integers | None = None) -> tuple[Floats, Floats]:
    """Forecasts of every member, (series, horizon, members), and the signs, (series, signs)."""
    count, buckets = rows.shape
    starts = starts_of(starts, rows)
    lengths, known = buckets - starts, own_buckets(starts, buckets)
    seasonal = season > 1 and lengths.min(initial=buckets) >= 2 * season
    now, coming = np.arange(buckets) % season, (buckets + np.arange(horizon)) % season
    logs = np.log(np.where(known, rows, 1.0))
    centre = logs.sum(axis=1, keepdims=True) / lengths[:, None]
    # Values and logarithms of one series side by side, so that the longest still come first.
    both = np.stack([rows, (logs - centre) * known], axis=1).reshape(2 * count, buckets)
    twice = np.repeat(starts, 2)
    indices = seasonal_indices(both, season, starts=twice) if seasonal else None
    smoothed = damped_holt_winters(both, indices, horizon, twice)
    multipliers = np.ones((count, season))
    if indices is not None:
        # Indices of the logarithms are those of the values, once their mean is one.
        ratios = np.exp(indices[1::2])
        multipliers = np.maximum(ratios / ratios.mean(axis=1, keepdims=True), _LEAST_INDEX)
    shifts = np.log(multipliers)
    level = (logs - centre - shifts[:, now]) * known
    theta = smoothing_with_drift(level, horizon, DRIFT_SHARE, DRIFT_CAP, starts)
    ceiling = np.log(LOG_CEILING * rows.max(axis=1, keepdims=True))
    steady = rows / multipliers[:, now]
    steps = np.arange(1, horizon + 1) * usual_change(steady, starts, 1)[:, None]
    none = np.zeros((count, horizon))
    ahead = [
        smoothed.ahead[0::2],
        np.exp(np.minimum(smoothed.ahead[1::2] + centre, ceiling)),
        np.exp(np.minimum(theta.ahead + shifts[:, coming] + centre, ceiling)),
        none,
        (steady[:, -1:] + steps) * multipliers[:, coming],
        rows[:, buckets - season + np.arange(horizon) % season] if seasonal else none,
    ]
    # Squares of logarithms times the squared geometric mean are likelihoods on the scale of the values.
    geometric = 2 * centre[:, 0]
    on_values, on_logs = np.log(smoothed.squares[0::2]), np.log(smoothed.squares[1::2])
    growth_worse = np.zeros(count)
    if season == 1:
        growth = proportional_growth(rows, horizon, starts)
        ahead[3] = np.clip(growth.ahead, 0.0, (1 + 2 * horizon) * rows.max(axis=1, keepdims=True))
        growth_worse = np.clip(np.log(growth.squares) - on_values, -1, 2)
    changes = (np.abs(np.diff(level, axis=1)) * known[:, :-1]).sum(axis=1) / np.maximum(lengths - 1, 1)
    signs = [
        np.ones(count),
        np.full(count, float(season == 1)),
        np.log(lengths) - 4,
        np.clip(on_logs + geometric - on_values, -1, 1),
        np.clip(np.log(theta.squares) - on_logs, -1, 2),
        growth_worse,
        np.clip(np.log(changes + 1e-4) + 3, -3, 3),
    ]
    return np.maximum(np.stack(ahead, axis=2), 0.0), np.stack(signs, axis=1)


def shares(signs: Floats, season: int, buckets: int, weights: Floats = WEIGHTS) -> Floats:
    """How much each member counts, (series, members), adding up to one.

    Growth counts only where no season is asked for, the last season only where there are two seasons.
    """
    usable = np.ones(len(MEMBERS), dtype=bool)
    usable[3] = season == 1
    usable[5] = season > 1 and buckets >= 2 * season
    # Sign by sign: a matrix product may round differently beside other series.
    scores = np.zeros((len(signs), len(MEMBERS)))
    for position in range(len(SIGNS)):
        scores += signs[:, position, None] * weights[position]
    scores -= scores.max(axis=1, keepdims=True)
    result = np.exp(scores) * usable
    return np.asarray(result / result.sum(axis=1, keepdims=True))
