"""The lanes as machine code, for batches of thousands of series; needs the optional package numba.

The same sums as in :mod:`sop_xl.forecasting.lanes`, series by series instead of bucket by bucket, so
that the state of one series stays in the processor's nearest memory, and blocks of series in as many threads as
there are cores.
Loading numba takes longer than forecasting a thousand series, so that small batches never do. The
machine code is kept beside this file (or in the user's cache folder) for the next process.

The environment variable ``SOP_FAST`` overrides the choice: ``1`` compiled for every call, ``0`` never.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, TypeVar

import numpy as np

from sop_xl.forecasting.history import Floats, Integers

Part = TypeVar("Part")

# From here on, loading numba pays for itself within the call.
BATCH = 2048

# Once numba is loaded, NumPy is as quick up to about so many rows.
_ROWS = 128

# Series that one thread takes at a time: what NumPy prepares for them stays in the processor's cache.
_BLOCK = 256


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


def block_size(rows: int) -> int:
    """Series of a call of so many to hand to the lanes together, or zero where they stay with NumPy.

    A call worth compiling loads the compiler here, so that all its blocks use it.

    >>> block_size(1) and os.environ.get("SOP_FAST") != "1"
    0
    """
    if not wanted(rows):
        return 0
    for loop in (_smoothing, _holt_winters, _growth):
        _kernel(loop)
    return _BLOCK


def in_threads(run: Callable[[Part], None], parts: Sequence[Part]) -> None:
    """Run something on each part, a core each: the loops let go of the interpreter's lock.

    Args:
        run: what to do; it returns nothing.
        parts: what to do it with, such as rows of a result that it fills.

    >>> done = []
    >>> in_threads(done.append, [1, 2, 3])
    >>> sorted(done)
    [1, 2, 3]
    """
    threads = min(_cores(), len(parts))
    if threads < 2:
        for part in parts:
            run(part)
        return
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(run, parts):
            pass


def smoothing_with_drift(
    centred: Floats,
    drift: Floats,
    starts: Integers,
    alphas: Floats,
    design: tuple[Floats, ...],
    horizon: int,
    rounding: float,
) -> tuple[Floats, Floats]:
    """The lanes of simple smoothing; see :func:`sop_xl.forecasting.lanes.smoothing_with_drift`.

    Args:
        centred: units around the mean of each series, shape (series, buckets).
        drift: what the forecast rises per bucket, shape (series, 1).
        starts: column of the first bucket of each series, shape (series,).
        alphas: smoothing parameter of each lane, shape (lanes,).
        design: what one-step forecasts owe to a unit level and a unit drift, each (buckets, lanes), and the
            sums of their squares and of their product over the first so many buckets, each (buckets + 1, lanes).
        horizon: buckets to forecast.
        rounding: smallest mean squared error that tells lanes apart.
    Returns:
        Forecasts around the mean, shape (series, horizon); smallest sum of squared errors, shape (series,).
    """
    return _run(_smoothing, horizon, [centred, drift[:, 0], starts], (alphas, *design, rounding))


def damped_holt_winters(
    rows: Floats,
    level: Floats,
    trend: Floats,
    indices: Floats,
    starts: Integers,
    grid: tuple[Floats, Floats, Floats, Floats],
    horizon: int,
    rounding: float,
) -> tuple[Floats, Floats]:
    """The lanes of damped Holt–Winters; see :func:`sop_xl.forecasting.lanes.damped_holt_winters`.

    Args:
        rows: units, shape (series, buckets).
        level: initial level, shape (series, 1).
        trend: initial slope, shape (series, 1).
        indices: additive seasonal indices, shape (series, season); one column of zeros for no season.
        starts: column of the first bucket of each series, shape (series,).
        grid: alpha, beta, gamma, phi of each lane, each (lanes,).
        horizon: buckets to forecast.
        rounding: smallest mean squared error that tells lanes apart.
    Returns:
        Forecasts, shape (series, horizon); smallest sum of squared errors, shape (series,).
    """
    by_series = [rows, level[:, 0], trend[:, 0], indices, starts]
    return _run(_holt_winters, horizon, by_series, (*grid, rounding))


def proportional_growth(
    rows: Floats,
    level: Floats,
    information: Floats,
    starts: Integers,
    grid: tuple[Floats, Floats],
    design: tuple[Any, ...],
    horizon: int,
    rounding: float,
) -> tuple[Floats, Floats]:
    """The lanes of proportional growth; see :func:`sop_xl.forecasting.lanes.proportional_growth`.

    Args:
        rows: units, shape (series, buckets).
        level: first state before it is corrected, shape (series, 1).
        information: second state before it is corrected, shape (series, 1).
        starts: column of the first bucket of each series, shape (series,).
        grid: a0 and a1 of each lane, each (lanes,).
        design: for a unit of each state what it does to the errors, (buckets, lanes), and to both states
            after so many buckets, (buckets + 1, lanes); then sums over the first so many buckets.
        horizon: buckets to forecast.
        rounding: smallest mean squared error that tells lanes apart.
    Returns:
        Forecasts, shape (series, horizon); smallest sum of squared errors, shape (series,).
    """
    from_level, from_information, *sums = design
    common = (*grid, *from_level, *from_information, *sums, rounding)
    return _run(_growth, horizon, [rows, level[:, 0], information[:, 0], starts], common)


def _run(
    loop: Callable[..., None], horizon: int, by_series: list[Any], common: tuple[Any, ...]
) -> tuple[Floats, Floats]:
    by_series = [np.ascontiguousarray(values) for values in by_series]
    result, squares = np.empty((len(by_series[0]), horizon)), np.empty(len(by_series[0]))
    _kernel(loop)(*by_series, *common, result, squares)
    return result, squares


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@lru_cache(maxsize=3)
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
    starts: Integers,
    alphas: Floats,
    level_part: Floats,
    drift_part: Floats,
    level_sq: Floats,
    drift_sq: Floats,
    cross: Floats,
    rounding: float,
    result: Floats,
    squares: Floats,
) -> None:
    count, buckets = centred.shape
    lanes, horizon = len(alphas), result.shape[1]
    level, own, on_level, on_drift = np.empty(lanes), np.empty(lanes), np.empty(lanes), np.empty(lanes)
    weights = np.empty(lanes)
    for row in range(count):
        slope, start = drift[row], starts[row]
        length = buckets - start
        level[:], own[:], on_level[:], on_drift[:] = 0.0, 0.0, 0.0, 0.0
        for bucket in range(length):
            value = centred[row, start + bucket]
            for lane in range(lanes):
                error = value - level[lane]
                own[lane] += error * error
                on_level[lane] += error * level_part[bucket, lane]
                on_drift[lane] += error * drift_part[bucket, lane]
                level[lane] += alphas[lane] * error
        best = np.inf
        for lane in range(lanes):
            initial = (on_level[lane] - slope * cross[length, lane]) / level_sq[length, lane]
            total = own[lane] + slope**2 * drift_sq[length, lane] - 2 * slope * on_drift[lane]
            weights[lane] = max(total - initial**2 * level_sq[length, lane], rounding * length)
            best = min(best, weights[lane])
            # What the last one-step forecast owes to the level, faded by one more bucket.
            level[lane] += initial * level_part[length - 1, lane] * (1 - alphas[lane])
        squares[row] = best
        total = 0.0
        for lane in range(lanes):
            weights[lane] = (weights[lane] / best) ** (-0.5 * length)
            total += weights[lane]
        result[row] = 0.0
        for lane in range(lanes):
            weight, now, alpha = weights[lane] / total, level[lane], alphas[lane]
            reach = 1 + (1 - alpha) * drift_part[length - 1, lane]
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
    starts: Integers,
    alpha: Floats,
    beta: Floats,
    gamma: Floats,
    phi: Floats,
    rounding: float,
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
        for bucket in range(starts[row], buckets):
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
        best, length = np.inf, buckets - starts[row]
        for lane in range(lanes):
            sse[lane] = max(sse[lane], rounding * length)
            best = min(best, sse[lane])
        squares[row] = best
        total = 0.0
        for lane in range(lanes):
            weights[lane] = (sse[lane] / best) ** (-0.5 * length)
            total += weights[lane]
        for step in range(horizon):
            index = seasonal[(buckets + step) % season]
            ahead = 0.0
            for lane in range(lanes):
                trend[lane] *= phi[lane]
                level[lane] += trend[lane]
                ahead += weights[lane] * (level[lane] + index[lane])
            result[row, step] = ahead / total


def _growth(
    rows: Floats,
    first_level: Floats,
    first_information: Floats,
    starts: Integers,
    a0: Floats,
    a1: Floats,
    level_errors: Floats,
    level_level: Floats,
    level_information: Floats,
    information_errors: Floats,
    information_level: Floats,
    information_information: Floats,
    level_sq: Floats,
    information_sq: Floats,
    cross: Floats,
    rounding: float,
    result: Floats,
    squares: Floats,
) -> None:
    count, buckets = rows.shape
    lanes, horizon = len(a0), result.shape[1]
    level, information, sse = np.empty(lanes), np.empty(lanes), np.empty(lanes)
    on_level, on_information = np.empty(lanes), np.empty(lanes)
    for row in range(count):
        start = starts[row]
        length = buckets - start
        level[:], information[:], sse[:] = first_level[row], first_information[row], 0.0
        on_level[:], on_information[:] = 0.0, 0.0
        for bucket in range(length):
            value = rows[row, start + bucket]
            for lane in range(lanes):
                before, now = level[lane], information[lane]
                error = value - before
                sse[lane] += error * error
                on_level[lane] += error * level_errors[bucket, lane]
                on_information[lane] += error * information_errors[bucket, lane]
                level[lane] = before - (1 - a1[lane]) * now + (a0[lane] - a1[lane]) * error
                information[lane] = before + (1 - a0[lane]) * now + (a0[lane] + a1[lane]) * error
        best = np.inf
        for lane in range(lanes):
            one, two, both = level_sq[length, lane], information_sq[length, lane], cross[length, lane]
            common = one * two - both**2
            by_level = -(on_level[lane] * two - on_information[lane] * both) / common
            by_information = -(one * on_information[lane] - on_level[lane] * both) / common
            sse[lane] += by_level * on_level[lane] + by_information * on_information[lane]
            sse[lane] = max(sse[lane], 0.5 * rounding * length)
            best = min(best, sse[lane])
            level[lane] += level_level[length, lane] * by_level
            level[lane] += information_level[length, lane] * by_information
            information[lane] += level_information[length, lane] * by_level
            information[lane] += information_information[length, lane] * by_information
        squares[row] = max(best, rounding * length)
        total = 0.0
        for lane in range(lanes):
            sse[lane] = (sse[lane] / best) ** (-0.25 * length)
            total += sse[lane]
        for step in range(horizon):
            ahead = 0.0
            for lane in range(lanes):
                before, now = level[lane], information[lane]
                ahead += sse[lane] * before
                level[lane] = before - (1 - a1[lane]) * now
                information[lane] = before + (1 - a0[lane]) * now
            result[row, step] = ahead / total
