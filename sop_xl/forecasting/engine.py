"""The one entry to forecasting: histories in, forecasts out, whatever the method."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from sop_xl.errors import ArgumentError
from sop_xl.forecasting import classical, intermittent, simple, smoothing
from sop_xl.forecasting.auto import auto
from sop_xl.forecasting.history import MAX_BUCKETS, Floats, Integers, prepare, to_magnitude_one, whole_number
from sop_xl.forecasting.lanes import BLOCK

_TOGETHER = 16_384

Method = Callable[[Floats, int, int], Floats]

# Each takes complete series of one length and a magnitude near one, (series, buckets), the horizon
# and the season, and returns (series, horizon).
METHODS: dict[str, Method] = {
    "AUTO": auto,
    "NAIVE": simple.naive,
    "SEASONAL_NAIVE": simple.seasonal_naive,
    "MEAN": simple.mean,
    "MOVING_AVERAGE": simple.moving_average,
    "SES": smoothing.ses,
    "HOLT": smoothing.holt,
    "HOLT_DAMPED": smoothing.holt_damped,
    "HOLT_WINTERS": smoothing.holt_winters,
    "HOLT_WINTERS_MUL": smoothing.holt_winters_mul,
    "ETS": classical.ets,
    "THETA": simple.theta,
    "ARIMA": classical.arima,
    "CROSTON": intermittent.croston,
    "SBA": intermittent.sba,
    "TSB": intermittent.tsb,
    "IMAPA": intermittent.imapa,
    "EXCEL_ETS": classical.excel_ets,
}


def forecast(history: Any, horizon: int = 12, season: int = 12, method: str = "AUTO") -> Floats:
    """Forecast each series from its own history.

    Each series starts at its first known bucket and is forecast from the one after its last known
    bucket on. The forecast scales with the history and does not depend on the other series. It is
    never negative where the history is not, always finite, and never beyond (1 + 2 x horizon) times
    the largest value of the history.

    Args:
        history: units, shape (series, buckets) or (buckets,); NaN or ``None`` where missing.
        horizon: buckets to forecast, 1 to 600.
        season: buckets in a season, 1 (none) to 600.
        method: one of :data:`METHODS`, upper or lower case. ETS and ARIMA choose among many models for
            each series, which takes a hundred times as long as the others.
    Returns:
        Units, shape (series, horizon), or (horizon,) for one series.
    Raises:
        ArgumentError: a cell that is not a number, an unknown method, a horizon or season out of range.
        NotDefinedError: a series without any known bucket.
    Source:
        Each method names its own.

    >>> forecast([12, 12, 12, 12], horizon=3)
    array([12., 12., 12.])
    >>> forecast([[1, 2, 3, 4, 1, 2, 3, 4]], 2, 4, "seasonal_naive")
    array([[1., 2.]])
    """
    run = METHODS[method_name(method)]
    horizon = whole_number(horizon, "horizon", 1, MAX_BUCKETS)
    season = whole_number(season, "season", 1, MAX_BUCKETS)
    prepared = prepare(history, season)
    result = np.empty((len(prepared.values), horizon))
    if run is auto:
        # Series of all lengths go together; as many at once as leave room in memory.
        values, starts = prepared.aligned()
        for first in range(0, len(values), _TOGETHER):
            part = slice(first, first + _TOGETHER)
            result[part] = _scaled(auto, values[part], horizon, season, starts[part])
    else:
        for rows, block in prepared.groups():
            for first in range(0, len(rows), BLOCK):
                part = slice(first, first + BLOCK)
                result[rows[part]] = _scaled(run, block[part], horizon, season)
    return result[0] if prepared.single else result


def method_name(method: Any) -> str:
    """The method's word in upper case.

    Raises:
        ArgumentError: it is not one of :data:`METHODS`; the words allowed are listed.

    >>> method_name("holt")
    'HOLT'
    """
    word = method.strip().upper() if isinstance(method, str) else method
    if not isinstance(word, str) or word not in METHODS:
        raise ArgumentError(f"method is {method!r}.", f"Use one of {', '.join(METHODS)}.")
    return word


def _scaled(
    run: Callable[..., Floats], block: Floats, horizon: int, season: int, starts: Integers | None = None
) -> Floats:
    """Run a method on series of magnitude one, so that neither 1e-300 nor 1e300 leaves the floats."""
    unit, largest, size = to_magnitude_one(block, None if starts is None else block.shape[1] - starts)
    limit = (1 + 2 * horizon) / size
    ahead = run(unit, horizon, season) if starts is None else run(unit, horizon, season, starts)
    ahead = np.clip(ahead, np.where(block.min(axis=1, keepdims=True) >= 0, 0.0, -limit), limit)
    top = np.finfo(float).max
    with np.errstate(over="ignore", under="ignore"):
        return np.clip(ahead * size * largest, -top, top)
