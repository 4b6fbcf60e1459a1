"""The lanes as machine code, for batches of thousands of series; needs the optional package numba.

The same sums as in :mod:`sop_xl.forecasting.lanes`, series by series instead of bucket by bucket, so
that the state of one series stays in the processor's nearest memory, and in as many threads as there are cores.
Loading numba takes longer than forecasting a thousand series, so that small batches never do. The
machine code is kept beside this file (or in the user's cache folder) for the next process.

The environment variable ``SOP_FAST`` overrides the choice: ``1`` compiled for every call, ``0`` never.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
from collections.abc import Callable
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np

from sop_xl.forecasting.history import Floats

# From here on, loading numba pays for itself within the call.
BATCH = 2048

# Once numba is loaded, NumPy is as quick up to about so many rows.
_ROWS = 128

_ROWS_PER_THREAD = 64


def wanted(rows: int) -> bool:
    """Whether so many rows go through the compiled lanes.

    Args:
        rows: series in the call.
    Returns:
        False without numba, whatever ``SOP_FAST`` says.

    >>> wanted(1) and os.environ.get("SOP_FAST") != "1"
    False
    """
    switch = os.environ.get("SOP_FAST", "")
    if switch == "0" or not available():
        return False
    return switch == "1" or rows >= BATCH or (rows > _ROWS and _kernel.cache_info().currsize > 0)


@lru_cache(maxsize=1)
def available() -> bool:
    """Whether numba is installed; looking does not load it.

    >>> available() == (importlib.util.find_spec("numba") is not None)
    True
    """
    return importlib.util.find_spec("numba") is not None


def load() -> None:
    """Load numba and the machine code, or compile it at the first use."""
    for loop in (_smoothing, _holt_winters):
        _kernel(loop)


def smoothing_with_drift(
    centred: Floats, drift: Floats, alphas: Floats, design: tuple[Floats, ...], horizon: int, floor: float
) -> tuple[Floats, Floats]:
    """The lanes of simple smoothing; see :func:`sop_xl.forecasting.lanes.smoothing_with_drift`.

    Args:
        centred: units around the mean of each series, shape (series, buckets).
        drift: what the forecast rises per bucket, shape (series, 1).
        alphas: smoothing parameter of each lane, shape (lanes,).
        design: what one-step forecasts owe to a unit level and a unit drift, each (buckets, lanes), and the
            sums over the buckets of their squares and of their product, each (lanes,).
        horizon: buckets to forecast.
        floor: smallest sum of squared errors that tells lanes apart.
    Returns:
        Forecasts around the mean, shape (series, horizon); smallest sum of squared errors, shape (series,).
    """
    return _in_threads(_smoothing, horizon, [centred, drift[:, 0]], (alphas, *design, floor))


def damped_holt_winters(
    rows: Floats,
    level: Floats,
    trend: Floats,
    indices: Floats,
    grid: tuple[Floats, Floats, Floats, Floats],
    horizon: int,
    floor: float,
) -> tuple[Floats, Floats]:
    """The lanes of damped Holt–Winters; see :func:`sop_xl.forecasting.lanes.damped_holt_winters`.

    Args:
        rows: units, shape (series, buckets).
        level: initial level, shape (series, 1).
        trend: initial slope, shape (series, 1).
        indices: additive seasonal indices, shape (series, season); one column of zeros for no season.
        grid: alpha, beta, gamma, phi of each lane, each (lanes,).
        horizon: buckets to forecast.
        floor: smallest sum of squared errors that tells lanes apart.
    Returns:
        Forecasts, shape (series, horizon); smallest sum of squared errors, shape (series,).
    """
    return _in_threads(_holt_winters, horizon, [rows, level[:, 0], trend[:, 0], indices], (*grid, floor))


def _in_threads(
    loop: Callable[..., None], horizon: int, by_series: list[Floats], common: tuple[Any, ...]
) -> tuple[Floats, Floats]:
    """Run a loop over contiguous shares of the series; the loops let go of the interpreter's lock."""
    run = _kernel(loop)
    by_series = [np.ascontiguousarray(values) for values in by_series]
    count = len(by_series[0])
    result, squares = np.empty((count, horizon)), np.empty(count)
    threads = max(1, min(_cores(), count // _ROWS_PER_THREAD))
    bounds = np.linspace(0, count, threads + 1).astype(int)
    shares = [slice(first, last) for first, last in pairwise(bounds)]
    if threads == 1:
        run(*by_series, *common, result, squares)
        return result, squares
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(
            lambda part: run(*(v[part] for v in by_series), *common, result[part], squares[part]), shares
        ):
            pass
    return result, squares


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@lru_cache(maxsize=2)
def _kernel(loop: Callable[..., None]) -> Callable[..., None]:
    """A loop compiled for this machine, from the cache where it has been compiled before."""
    numba: Any = importlib.import_module("numba")
    # No reordering of sums: the lanes of one series are independent, so they fill the vector units as they are.
    options: dict[str, Any] = {"nogil": True, "error_model": "numpy", "fastmath": {"contract"}}
    try:
        compiled: Callable[..., None] = numba.njit(cache=True, **options)(loop)
    except RuntimeError:  # no folder to keep machine code in
        compiled = numba.njit(**options)(loop)
    return compiled


def _smoothing(
    centred: Floats,
    drift: Floats,
    alphas: Floats,
    level_part: Floats,
    drift_part: Floats,
    level_sq: Floats,
    drift_sq: Floats,
    cross: Floats,
    floor: float,
    result: Floats,
    squares: Floats,
) -> None:
    count, buckets = centred.shape
    lanes, horizon = len(alphas), result.shape[1]
    level, own, on_level, on_drift = np.empty(lanes), np.empty(lanes), np.empty(lanes), np.empty(lanes)
    weights, faded = np.empty(lanes), (1 - alphas) ** buckets
    full_reach = (1 - (1 - alphas) ** (buckets + 1)) / alphas
    for row in range(count):
        slope = drift[row]
        level[:], own[:], on_level[:], on_drift[:] = 0.0, 0.0, 0.0, 0.0
        for bucket in range(buckets):
            value = centred[row, bucket]
            for lane in range(lanes):
                error = value - level[lane]
                own[lane] += error * error
                on_level[lane] += error * level_part[bucket, lane]
                on_drift[lane] += error * drift_part[bucket, lane]
                level[lane] += alphas[lane] * error
        best = np.inf
        for lane in range(lanes):
            initial = (on_level[lane] - slope * cross[lane]) / level_sq[lane]
            total = own[lane] + slope**2 * drift_sq[lane] - 2 * slope * on_drift[lane]
            weights[lane] = max(total - initial**2 * level_sq[lane], floor)
            best = min(best, weights[lane])
            level[lane] += initial * faded[lane]
        squares[row] = best
        total = 0.0
        for lane in range(lanes):
            weights[lane] = (weights[lane] / best) ** (-0.5 * buckets)
            total += weights[lane]
        result[row] = 0.0
        for lane in range(lanes):
            weight, now, reach, alpha = weights[lane] / total, level[lane], full_reach[lane], alphas[lane]
            for step in range(horizon):
                ahead = now + reach * slope
                result[row, step] += weight * ahead
                now += alpha * (ahead - now)
                reach = 1 + (1 - alpha) * reach


def _holt_winters(
    rows: Floats,
    first_level: Floats,
    first_trend: Floats,
    indices: Floats,
    alpha: Floats,
    beta: Floats,
    gamma: Floats,
    phi: Floats,
    floor: float,
    result: Floats,
    squares: Floats,
) -> None:
    count, buckets = rows.shape
    lanes, horizon, season = len(alpha), result.shape[1], indices.shape[1]
    level, trend, sse, weights = np.empty(lanes), np.empty(lanes), np.empty(lanes), np.empty(lanes)
    seasonal = np.empty((season, lanes))
    for row in range(count):
        level[:], trend[:], sse[:] = first_level[row], first_trend[row], 0.0
        for position in range(season):
            seasonal[position] = indices[row, position]
        for bucket in range(buckets):
            value = rows[row, bucket]
            index = seasonal[bucket % season]
            for lane in range(lanes):
                slope = phi[lane] * trend[lane]
                expected = level[lane] + slope
                error = value - expected - index[lane]
                index[lane] += gamma[lane] * error
                sse[lane] += error * error
                level[lane] = expected + alpha[lane] * error
                trend[lane] = slope + beta[lane] * error
        best = np.inf
        for lane in range(lanes):
            sse[lane] = max(sse[lane], floor)
            best = min(best, sse[lane])
        squares[row] = best
        total = 0.0
        for lane in range(lanes):
            weights[lane] = (sse[lane] / best) ** (-0.5 * buckets)
            total += weights[lane]
        for step in range(horizon):
            index = seasonal[(buckets + step) % season]
            ahead = 0.0
            for lane in range(lanes):
                trend[lane] *= phi[lane]
                level[lane] += trend[lane]
                ahead += weights[lane] * (level[lane] + index[lane])
            result[row, step] = ahead / total
