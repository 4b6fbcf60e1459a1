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

from collections.abc import Callable, Iterator

import numpy as np

from sop_xl.forecasting import lanes_compiled
from sop_xl.forecasting.combination import DRIFT_CAP, DRIFT_SHARE, combine
from sop_xl.forecasting.history import Floats, Integers, own_buckets, starts_of
from sop_xl.forecasting.intermittent import imapa, smoothed_profile
from sop_xl.forecasting.lanes import BLOCK, damped_holt_winters, smoothing_with_drift
from sop_xl.forecasting.seasonality import has_season, seasonal_indices

SHORT = 4
INTERMITTENT_SHARE = 0.3
LAUNCH_ZEROS = 3

# A smallest value below this share of the mean is treated as a zero: its logarithm says nothing.
_LOG_FLOOR = 0.01


def auto(rows: Floats, horizon: int, season: int, starts: Integers | None = None) -> Floats:
    """Forecast complete series of a magnitude near one that end together.

    Args:
        rows: units, shape (series, buckets); zero before the start of a series.
        horizon: buckets to forecast.
        season: buckets in a season.
        starts: column of the first bucket of each series, shape (series,); ``None``: the first column.
    Returns:
        Forecasts, shape (series, horizon).
    Source:
        Combination of Theta (Assimakopoulos and Nikolopoulos 2000) and damped Holt–Winters (Gardner
        and McKenzie 1985), and others that :mod:`sop_xl.forecasting.combination` names.

    >>> auto(np.full((1, 8), 0.5), 2, 4)
    array([[0.5, 0.5]])
    """
    starts = launch(rows, starts)
    result = np.empty((len(rows), horizon))
    branch = branches(rows, season, starts)
    for word in dict.fromkeys(branch.tolist()):
        chosen = np.flatnonzero(branch == word)
        if word == "COMBINATION":
            _combined(rows, chosen, horizon, season, starts, result)
        else:
            for part, block in by_length(rows, starts, chosen):
                result[part] = _BRANCHES[word](block, horizon, season)
    return result


def _combined(
    rows: Floats, chosen: Integers, horizon: int, season: int, starts: Integers, result: Floats
) -> None:
    """Fill in the forecasts of the series chosen, in blocks: longest first, those without two seasons apart."""
    chosen = chosen[np.argsort(starts[chosen], kind="stable")]
    two_seasons = np.searchsorted(starts[chosen], rows.shape[1] - 2 * season, side="right")
    compiled = lanes_compiled.block_size(len(chosen))
    size = compiled or BLOCK
    blocks = [
        kind[first : first + size]
        for kind in (chosen[:two_seasons], chosen[two_seasons:])
        for first in range(0, len(kind), size)
    ]

    def combine_block(block: Integers) -> None:
        begin = starts[block[0]]
        result[block] = combine(rows[block, begin:], horizon, season, starts[block] - begin)

    if compiled:
        lanes_compiled.in_threads(combine_block, blocks)
    else:
        for block in blocks:
            combine_block(block)


def by_length(rows: Floats, starts: Integers, chosen: Integers) -> Iterator[tuple[Integers, Floats]]:
    """Of the series chosen, yield those of one length, and their own buckets.

    >>> rows, starts = np.array([[1.0, 2, 3], [0, 0, 4]]), np.array([0, 2])
    >>> [(part.tolist(), block.tolist()) for part, block in by_length(rows, starts, np.array([0, 1]))]
    [([0], [[1.0, 2.0, 3.0]]), ([1], [[4.0]])]
    """
    for start in np.flatnonzero(np.bincount(starts[chosen])):
        part = chosen[starts[chosen] == start]
        yield part, rows[part, start:]


def short_history(rows: Floats, horizon: int) -> Floats:
    """Half the last value and half the mean: all that one to three buckets can tell.

    >>> short_history(np.array([[1.0, 3.0]]), 2)
    array([[2.5, 2.5]])
    """
    return np.repeat((0.5 * rows[:, -1] + 0.5 * rows.mean(axis=1))[:, None], horizon, axis=1)


def branches(rows: Floats, season: int, starts: Integers | None = None) -> np.ndarray:
    """What AUTO does with each series: ``SHORT``, ``CONSTANT``, ``SEASONAL_PROFILE``, ``IMAPA``, ``SES``,
    ``COMBINATION`` (with logarithms) or ``PAIR`` (without them).

    Args:
        rows: units from the launch on, complete, shape (series, buckets); zero before it.
        season: buckets in a season.
        starts: column of the launch of each series, shape (series,); ``None``: the first.
    Returns:
        One word per series, shape (series,).

    >>> branches(np.array([[5.0, 5, 5, 5], [3, 4, 2, 5], [0, 0, 3, 0]]), 1).tolist()
    ['CONSTANT', 'COMBINATION', 'IMAPA']
    """
    buckets = rows.shape[1]
    starts = starts_of(starts, rows)
    lengths, known = buckets - starts, own_buckets(starts, buckets)
    low, high = rows.min(axis=1, where=known, initial=np.inf), rows.max(axis=1, where=known, initial=-np.inf)
    positive = low > _LOG_FLOOR * np.abs(rows).sum(axis=1) / lengths
    result = np.where(positive, "COMBINATION", "PAIR").astype(object)
    result[lengths < season] = "SES"
    zeros = ((rows == 0) & known).sum(axis=1)
    sparse = np.flatnonzero((low >= 0) & (zeros >= INTERMITTENT_SHARE * lengths) & (lengths >= SHORT))
    for part, block in by_length(rows, starts, sparse):
        result[part] = np.where(has_season(block, season), "SEASONAL_PROFILE", "IMAPA")
    result[low == high] = "CONSTANT"
    result[lengths < SHORT] = "SHORT"
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
    "PAIR": _pair,
}


def launch(rows: Floats, starts: Integers | None = None) -> Integers:
    """Column in which the history of each series begins, leading zeros of a launch left out, (series,).

    Args:
        rows: units, complete, shape (series, buckets).
        starts: column of the first bucket of each series, shape (series,); ``None``: the first.

    >>> launch(np.array([[0.0, 0, 0, 5, 6, 5, 7]]))
    array([3])
    """
    demanded = rows != 0
    starts = starts_of(starts, rows).copy()
    first = np.where(demanded.any(axis=1), demanded.argmax(axis=1), starts)
    for row in np.flatnonzero(first - starts >= LAUNCH_ZEROS):
        gaps = np.diff(np.flatnonzero(np.append(demanded[row], True))) - 1
        # One order after a long silence is lumpy demand, not a launch.
        launched = rows.shape[1] - first[row] >= SHORT
        if launched and first[row] - starts[row] > 2 * gaps.max():
            starts[row] = first[row]
    return starts
