"""Demand with many zeros: Croston and its kin, temporal aggregation, and a seasonal profile.

Every method takes complete series of one length, shape (series, buckets), and returns
(series, horizon).
"""

from __future__ import annotations

import numpy as np

from sop_xl.forecasting.history import Floats, Integers
from sop_xl.forecasting.lanes import smoothing_with_drift
from sop_xl.forecasting.seasonality import seasonal_profile

CROSTON_ALPHA = 0.1
TSB_ALPHA = 0.1


def croston(rows: Floats, horizon: int, season: int = 1, alpha: float = CROSTON_ALPHA) -> Floats:
    """Croston: smoothed demand size ÷ smoothed interval between demands, both with ``alpha``.

    Both start at the first demand: its size, and the buckets until it.

    Source:
        Croston (1972), Operational Research Quarterly 23.

    >>> croston(np.array([[0.0, 4, 0, 4]]), 1)
    array([[2.]])
    """
    size, interval = _sizes_and_intervals(rows, alpha)
    return np.repeat((size / interval)[:, None], horizon, axis=1)


def sba(rows: Floats, horizon: int, season: int = 1, alpha: float = CROSTON_ALPHA) -> Floats:
    """Syntetos–Boylan approximation: Croston times 1 − alpha ÷ 2, which removes its bias.

    Source:
        Syntetos and Boylan (2005), International Journal of Forecasting 21.

    >>> sba(np.array([[0.0, 4, 0, 4]]), 1)
    array([[1.9]])
    """
    return (1 - alpha / 2) * croston(rows, horizon, season, alpha)


def tsb(
    rows: Floats, horizon: int, season: int = 1, alpha: float = TSB_ALPHA, beta: float = TSB_ALPHA
) -> Floats:
    """Teunter–Syntetos–Babai: smoothed size × smoothed probability of a demand, the latter every bucket.

    An item that is no longer asked for fades out. The size starts at the first demand, the
    probability at the share of buckets with demand.

    Source:
        Teunter, Syntetos, Babai (2011), European Journal of Operational Research 214.

    >>> tsb(np.array([[0.0, 4, 0, 4]]), 1).round(3)
    array([[2.036]])
    """
    count, buckets = rows.shape
    demanded = rows != 0
    size = rows[np.arange(count), demanded.argmax(axis=1)]
    chance = demanded.mean(axis=1)
    for bucket in range(buckets):
        hit = demanded[:, bucket]
        size = np.where(hit, size + alpha * (rows[:, bucket] - size), size)
        chance = chance + beta * (hit - chance)
    return np.repeat((size * chance)[:, None], horizon, axis=1)


def imapa(rows: Floats, horizon: int, season: int = 1) -> Floats:
    """Intermittent demand by aggregation: simple smoothing at several bucket sizes, averaged.

    The bucket sizes run from one to the mean interval between demands; the sums run backwards from
    the newest bucket, so that an incomplete first sum is the one left out.

    Source:
        Petropoulos and Kourentzes (2015), Journal of the Operational Research Society 66.

    >>> imapa(np.array([[0.0, 4, 0, 4, 0, 4, 0, 4]]), 1).round(2)
    array([[2.08]])
    """
    count, buckets = rows.shape
    demands = np.maximum((rows != 0).sum(axis=1), 1)
    levels: Integers = np.clip(np.rint(buckets / demands).astype(np.intp), 1, max(buckets // 3, 1))
    total = np.zeros(count)
    for level in range(1, int(levels.max()) + 1):
        chosen = np.flatnonzero(levels >= level)
        sums = _sums_from_the_end(rows[chosen], level) / level
        total[chosen] += smoothing_with_drift(sums, 1, drift_share=0.0).ahead[:, 0]
    return np.repeat((total / levels)[:, None], horizon, axis=1)


def smoothed_profile(rows: Floats, horizon: int, season: int) -> Floats:
    """Seasonal totals, smoothed and spread by the season's profile: the off-season keeps its zeros.

    Args:
        rows: units, not negative, at least two seasons, shape (series, buckets).
        horizon: buckets to forecast.
        season: buckets in a season.
    Returns:
        Forecasts, shape (series, horizon).

    >>> smoothed_profile(np.array([[0.0, 0, 9] * 5]), 3, 3).round(2)
    array([[0., 0., 9.]])
    """
    profile = seasonal_profile(rows[:, rows.shape[1] % season :], season)
    level = smoothing_with_drift(_sums_from_the_end(rows, season) / season, 1, drift_share=0.0).ahead
    return np.maximum(level, 0.0) * profile[:, np.arange(horizon) % season]


def _sums_from_the_end(rows: Floats, size: int) -> Floats:
    buckets = rows.shape[1]
    return np.asarray(rows[:, buckets % size :].reshape(len(rows), -1, size).sum(axis=2))


def _sizes_and_intervals(rows: Floats, alpha: float) -> tuple[Floats, Floats]:
    count, buckets = rows.shape
    demanded = rows != 0
    first = demanded.argmax(axis=1)
    size = rows[np.arange(count), first]
    interval = first + 1.0
    waited = np.ones(count)
    for bucket in range(buckets):
        hit = demanded[:, bucket] & (bucket > first)
        size = np.where(hit, size + alpha * (rows[:, bucket] - size), size)
        interval = np.where(hit, interval + alpha * (waited - interval), interval)
        waited = np.where(demanded[:, bucket], 1.0, waited + (bucket > first))
    return size, interval
