"""AUTO: what is forecast when the planner does not choose a method.

* Fewer than four buckets: half the last value, half the mean.
* Constant: the constant.
* Less than one season: simple smoothing, because nothing tells a trend from a season yet.
* At least 30 % zeros: :func:`sop_xl.forecasting.intermittent.auto_intermittent`.
* Otherwise the mean of three forecasts that err differently: damped Holt–Winters on the values, damped
  Holt–Winters on their logarithms, and the Theta method on the logarithms. Values that are not
  clearly above zero have no logarithms: the mean of the first one and Theta on the values.

Three or more leading zeros that outlast any later run of zeros twice over are a launch typed as zeros:
they do not count as history, provided that four buckets follow them.
"""

from __future__ import annotations

import numpy as np

from sop_xl.forecasting.history import Flags, Floats, Integers
from sop_xl.forecasting.intermittent import auto_intermittent
from sop_xl.forecasting.lanes import damped_holt_winters, smoothing_with_drift
from sop_xl.forecasting.seasonality import seasonal_indices

SHORT = 4
INTERMITTENT_SHARE = 0.3
LAUNCH_ZEROS = 3

# A forecast from logarithms may not exceed this multiple of the largest value of the history.
LOG_CEILING = 3.0

# Share of the linear trend that the Theta member follows, and the slope it believes at most. Theta lines 0
# and 2 follow half; the benchmark's earlier origins prefer more of a slope that is capped sooner.
DRIFT_SHARE = 0.7
DRIFT_CAP = 1.0

# A smallest value below this share of the mean is treated as a zero: its logarithm says nothing.
_LOG_FLOOR = 0.01


def auto(rows: Floats, horizon: int, season: int) -> Floats:
    """Forecast complete series of one length, of a magnitude near one.

    Args:
        rows: units, shape (series, buckets).
        horizon: buckets to forecast.
        season: buckets in a season.
    Returns:
        Forecasts, shape (series, horizon).
    Source:
        Combination of Theta (Assimakopoulos and Nikolopoulos 2000) and damped Holt–Winters (Gardner
        and McKenzie 1985); equal weights as in Petropoulos and Svetunkov (2020).

    >>> auto(np.full((1, 8), 0.5), 2, 4)
    array([[0.5, 0.5]])
    """
    skip = _launch_zeros(rows)
    if skip.any():
        result = np.empty((len(rows), horizon))
        for start in np.flatnonzero(np.bincount(skip)):
            chosen = np.flatnonzero(skip == start)
            result[chosen] = _launched(rows[chosen, start:], horizon, season)
        return result
    return _launched(rows, horizon, season)


def short_history(rows: Floats, horizon: int) -> Floats:
    """Half the last value and half the mean: all that one to three buckets can tell.

    >>> short_history(np.array([[1.0, 3.0]]), 2)
    array([[2.5, 2.5]])
    """
    return np.repeat((0.5 * rows[:, -1] + 0.5 * rows.mean(axis=1))[:, None], horizon, axis=1)


def _launched(rows: Floats, horizon: int, season: int) -> Floats:
    if rows.shape[1] < SHORT:
        return short_history(rows, horizon)
    low = rows.min(axis=1)
    constant = low == rows.max(axis=1)
    sparse = (low >= 0) & ((rows == 0).mean(axis=1) >= INTERMITTENT_SHARE) & ~constant
    result = np.repeat(rows[:, :1], horizon, axis=1)
    if sparse.any():
        result[sparse] = auto_intermittent(rows[sparse], horizon, season)
    steady = ~constant & ~sparse
    if steady.any():
        logs = low[steady] > _LOG_FLOOR * np.abs(rows[steady]).mean(axis=1)
        result[steady] = _steady(rows[steady], logs, horizon, season)
    return result


def _steady(rows: Floats, logs: Flags, horizon: int, season: int) -> Floats:
    buckets = rows.shape[1]
    if buckets < season:
        return smoothing_with_drift(rows, horizon, drift_share=0.0)
    seasonal = season > 1 and buckets >= 2 * season
    now, ahead = np.arange(buckets) % season, (buckets + np.arange(horizon)) % season
    positive = rows[logs]
    centre = np.log(positive).mean(axis=1, keepdims=True)
    logged = np.log(positive) - centre
    both = np.concatenate([rows, logged])
    indices = seasonal_indices(both, season) if seasonal else None
    smoothed = damped_holt_winters(both, indices, horizon)
    levels = smoothed[: len(rows)]
    result = np.empty_like(levels)
    if logs.any():
        ceiling = np.log(LOG_CEILING * positive.max(axis=1, keepdims=True))
        multipliers = (
            seasonal_indices(positive, season, "MUL") if seasonal else np.ones((len(positive), season))
        )
        # An index near zero has no logarithm worth smoothing.
        shifts = np.log(np.maximum(multipliers, 1e-3))
        theta = smoothing_with_drift(logged - shifts[:, now], horizon, DRIFT_SHARE, DRIFT_CAP)
        theta += shifts[:, ahead]
        from_theta = np.exp(np.minimum(theta + centre, ceiling))
        from_logs = np.exp(np.minimum(smoothed[len(rows) :] + centre, ceiling))
        result[logs] = (levels[logs] + from_logs + from_theta) / 3
    if not logs.all():
        rest = rows[~logs]
        shifts = np.zeros((len(rest), season)) if indices is None else indices[: len(rows)][~logs]
        theta = smoothing_with_drift(rest - shifts[:, now], horizon, DRIFT_SHARE, DRIFT_CAP)
        theta += shifts[:, ahead]
        result[~logs] = (levels[~logs] + theta) / 2
    return result


def _launch_zeros(rows: Floats) -> Integers:
    """Leading zeros not to count as history, per series."""
    demanded = rows != 0
    leading = np.where(demanded.any(axis=1), demanded.argmax(axis=1), 0)
    candidates = np.flatnonzero(leading >= LAUNCH_ZEROS)
    skip = np.zeros(len(rows), dtype=np.intp)
    for row in candidates:
        gaps = np.diff(np.flatnonzero(np.append(demanded[row], True))) - 1
        # One order after a long silence is lumpy demand, not a launch.
        launched = rows.shape[1] - leading[row] >= SHORT
        if launched and leading[row] > 2 * gaps.max():
            skip[row] = leading[row]
    return skip
