"""The plain methods: naive, means, and the Theta method.

Every method takes complete series of one length, shape (series, buckets), the horizon and the
season, and returns (series, horizon).
"""

from __future__ import annotations

import numpy as np

from sop_xl.forecasting.history import Floats
from sop_xl.forecasting.lanes import smoothing_with_drift
from sop_xl.forecasting.seasonality import seasonal_indices

MOVING_AVERAGE_BUCKETS = 3


def naive(rows: Floats, horizon: int, season: int) -> Floats:
    """The last value, for ever.

    >>> naive(np.array([[1.0, 3.0]]), 2, 1)
    array([[3., 3.]])
    """
    return np.repeat(rows[:, -1:], horizon, axis=1)


def seasonal_naive(rows: Floats, horizon: int, season: int) -> Floats:
    """The last season, again and again; the last value where less than a season is known.

    >>> seasonal_naive(np.array([[9.0, 1.0, 3.0]]), 3, 2)
    array([[1., 3., 1.]])
    """
    if rows.shape[1] < season:
        return naive(rows, horizon, season)
    return rows[:, rows.shape[1] - season + np.arange(horizon) % season]


def mean(rows: Floats, horizon: int, season: int) -> Floats:
    """The mean of the whole history.

    >>> mean(np.array([[1.0, 3.0]]), 2, 1)
    array([[2., 2.]])
    """
    return np.repeat(rows.mean(axis=1, keepdims=True), horizon, axis=1)


def moving_average(rows: Floats, horizon: int, season: int, buckets: int = MOVING_AVERAGE_BUCKETS) -> Floats:
    """The mean of the last three buckets (a quarter, where buckets are months).

    >>> moving_average(np.array([[9.0, 1, 2, 3]]), 2, 1)
    array([[2., 2.]])
    """
    return mean(rows[:, -buckets:], horizon, season)


def theta(rows: Floats, horizon: int, season: int) -> Floats:
    """The standard Theta method: deseasonalise, smooth with half the linear trend, reseasonalise.

    The indices are multiplicative where all values are above zero, else additive, and shrunk.

    Source:
        Assimakopoulos and Nikolopoulos (2000), International Journal of Forecasting 16.

    >>> theta(np.array([[2.0, 2, 2, 2, 2]]), 2, 1).round(6)
    array([[2., 2.]])
    """
    count, buckets = rows.shape
    now, ahead = np.arange(buckets) % season, (buckets + np.arange(horizon)) % season
    result = np.empty((count, horizon))
    positive = rows.min(axis=1) > 0
    if positive.any():
        indices = np.maximum(seasonal_indices(rows[positive], season, "MUL"), 1e-3)
        result[positive] = (
            smoothing_with_drift(rows[positive] / indices[:, now], horizon).ahead * indices[:, ahead]
        )
    if not positive.all():
        indices = seasonal_indices(rows[~positive], season)
        result[~positive] = (
            smoothing_with_drift(rows[~positive] - indices[:, now], horizon).ahead + indices[:, ahead]
        )
    return result
