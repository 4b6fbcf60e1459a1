"""AUTO: what is forecast when the planner does not choose a method.

* Fewer than four buckets: half the last value, half the mean.
* Constant: the constant.
* Less than one season: simple smoothing, because nothing tells a trend from a season yet.
* At least 30 % zeros: the smoothed profile where the season is real, else IMAPA
  (:mod:`sop_xl.forecasting.intermittent`).
* Otherwise a mix of simple forecasts that err differently (:mod:`sop_xl.forecasting.combination`). Values
  that are not clearly above zero have no logarithms: the mean of damped Holt–Winters and Theta.

Three or more leading zeros that outlast any later run of zeros twice over are a launch typed as zeros:
they do not count as history, provided that four buckets follow them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sop_xl.forecasting.combination import DRIFT_CAP, DRIFT_SHARE, combine
from sop_xl.forecasting.history import Floats, Integers
from sop_xl.forecasting.intermittent import imapa, smoothed_profile
from sop_xl.forecasting.lanes import damped_holt_winters, smoothing_with_drift
from sop_xl.forecasting.seasonality import has_season, seasonal_indices

SHORT = 4
INTERMITTENT_SHARE = 0.3
LAUNCH_ZEROS = 3

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
        and McKenzie 1985), and others that :mod:`sop_xl.forecasting.combination` names.

    >>> auto(np.full((1, 8), 0.5), 2, 4)
    array([[0.5, 0.5]])
    """
    skip = launch_zeros(rows)
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


def branches(rows: Floats, season: int) -> np.ndarray:
    """What AUTO does with each series: ``SHORT``, ``CONSTANT``, ``SEASONAL_PROFILE``, ``IMAPA``, ``SES``,
    ``COMBINATION`` (with logarithms) or ``PAIR`` (without them).

    Args:
        rows: units from the launch on, complete, shape (series, buckets).
        season: buckets in a season.
    Returns:
        One word per series, shape (series,).

    >>> branches(np.array([[5.0, 5, 5, 5], [3, 4, 2, 5], [0, 0, 3, 0]]), 1).tolist()
    ['CONSTANT', 'COMBINATION', 'IMAPA']
    """
    buckets = rows.shape[1]
    low = rows.min(axis=1)
    if buckets < SHORT:
        return np.full(len(rows), "SHORT", dtype=object)
    positive = low > _LOG_FLOOR * np.abs(rows).mean(axis=1)
    result = np.where(positive, "COMBINATION", "PAIR").astype(object)
    if buckets < season:
        result[:] = "SES"
    sparse = (low >= 0) & ((rows == 0).mean(axis=1) >= INTERMITTENT_SHARE)
    if sparse.any():
        result[sparse] = np.where(has_season(rows[sparse], season), "SEASONAL_PROFILE", "IMAPA")
    result[low == rows.max(axis=1)] = "CONSTANT"
    return result


def _launched(rows: Floats, horizon: int, season: int) -> Floats:
    result = np.empty((len(rows), horizon))
    branch = branches(rows, season)
    for word in dict.fromkeys(branch.tolist()):
        chosen = branch == word
        result[chosen] = _BRANCHES[word](rows[chosen], horizon, season)
    return result


def _pair(rows: Floats, horizon: int, season: int) -> Floats:
    """The mean of damped Holt–Winters and Theta, both on the values."""
    buckets = rows.shape[1]
    indices = seasonal_indices(rows, season) if season > 1 and buckets >= 2 * season else None
    shifts = np.zeros((len(rows), season)) if indices is None else indices
    now, ahead = np.arange(buckets) % season, (buckets + np.arange(horizon)) % season
    theta = smoothing_with_drift(rows - shifts[:, now], horizon, DRIFT_SHARE, DRIFT_CAP).ahead
    return (damped_holt_winters(rows, indices, horizon).ahead + theta + shifts[:, ahead]) / 2


_BRANCHES: dict[str, Callable[[Floats, int, int], Floats]] = {
    "SHORT": lambda rows, horizon, season: short_history(rows, horizon),
    "CONSTANT": lambda rows, horizon, season: np.repeat(rows[:, :1], horizon, axis=1),
    "SEASONAL_PROFILE": smoothed_profile,
    "IMAPA": imapa,
    "SES": lambda rows, horizon, season: smoothing_with_drift(rows, horizon, drift_share=0.0).ahead,
    "COMBINATION": combine,
    "PAIR": _pair,
}


def launch_zeros(rows: Floats) -> Integers:
    """Leading zeros that do not count as history, per series, shape (series,).

    >>> launch_zeros(np.array([[0.0, 0, 0, 5, 6, 5, 7]]))
    array([3])
    """
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
