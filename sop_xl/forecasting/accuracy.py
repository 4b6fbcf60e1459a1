"""How good a forecast was. Error is forecast − actual: a positive bias means over-forecasting.

Every measure takes arrays of one shape, (series, buckets) or (buckets,), and pools all cells; a pair
with a missing value on either side is left out. Ratios are fractions. Where a measure is not defined
for the data, it says so (:class:`~sop_xl.errors.NotDefinedError`) instead of returning 0 or 1.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sop_xl.errors import ArgumentError, NoAnswerError, NotDefinedError
from sop_xl.forecasting.history import MAX_BUCKETS, Floats, as_matrix, whole_number


def wmape(actual: Any, forecast: Any) -> float:
    """Weighted absolute percentage error, sum of \\|F − A\\| ÷ sum of A.

    Args:
        actual: units demanded, shape (series, buckets) or (buckets,).
        forecast: units, same shape.
    Returns:
        A fraction; may exceed 1.
    Raises:
        ArgumentError: shapes that differ, or a cell that is not a number.
        NotDefinedError: no pair, or no actual demand.
    Source:
        Kolassa and Schütz (2007), Foresight 6.

    >>> round(wmape([100, 10, 0, 200], [90, 20, 5, 180]), 6)
    0.145161
    """
    actuals, forecasts, _ = _pairs(actual, forecast)
    return _finite(np.abs(forecasts - actuals).sum() / _demand(actuals), "WMAPE")


def forecast_accuracy(actual: Any, forecast: Any) -> float:
    """Forecast accuracy, 1 − WMAPE, not below 0.

    Arguments, errors and source as in :func:`wmape`.

    >>> round(forecast_accuracy([100, 10, 0, 200], [90, 20, 5, 180]), 6)
    0.854839
    """
    return max(0.0, 1.0 - wmape(actual, forecast))


def revenue_accuracy(actual: Any, forecast: Any) -> float:
    """Revenue accuracy: :func:`forecast_accuracy` of money instead of units.

    Args:
        actual: revenue in money, shape (series, buckets) or (buckets,).
        forecast: planned revenue, same shape and currency.

    >>> revenue_accuracy([100, 100], [110, 100])
    0.95
    """
    return forecast_accuracy(actual, forecast)


def mape(actual: Any, forecast: Any) -> float:
    """Mean absolute percentage error over the buckets with demand, mean of \\|F − A\\| ÷ \\|A\\|.

    Arguments as in :func:`wmape`.

    Raises:
        NotDefinedError: no bucket with demand.

    >>> round(mape([100, 10, 0, 200], [90, 20, 5, 180]), 6)
    0.4
    """
    actuals, forecasts, _ = _pairs(actual, forecast)
    sold = actuals != 0
    if not sold.any():
        raise NotDefinedError(
            "There is no bucket with demand.", "MAPE needs at least one actual other than zero."
        )
    with np.errstate(over="ignore"):
        return _finite(np.mean(np.abs(forecasts[sold] - actuals[sold]) / np.abs(actuals[sold])), "MAPE")


def bias(actual: Any, forecast: Any) -> float:
    """Bias, sum of (F − A) ÷ sum of A: positive is over-forecasting.

    Arguments and errors as in :func:`wmape`.

    >>> round(bias([100, 10, 0, 200], [90, 20, 5, 180]), 6)
    -0.048387
    """
    actuals, forecasts, _ = _pairs(actual, forecast)
    return _finite((forecasts - actuals).sum() / _demand(actuals), "Bias")


def mae(actual: Any, forecast: Any) -> float:
    """Mean absolute error, in the unit of the data.

    Arguments as in :func:`wmape`.

    >>> mae([1, 2, 3], [2, 2, 1])
    1.0
    """
    actuals, forecasts, scale = _pairs(actual, forecast)
    return _finite(np.abs(forecasts - actuals).mean() * scale, "MAE")


def rmse(actual: Any, forecast: Any) -> float:
    """Root of the mean squared error, in the unit of the data.

    Arguments as in :func:`wmape`.

    >>> rmse([1, 2], [4, 6])
    3.5355339059327378
    """
    actuals, forecasts, scale = _pairs(actual, forecast)
    return _finite(np.sqrt(np.mean((forecasts - actuals) ** 2)) * scale, "RMSE")


def mase(actual: Any, forecast: Any, history: Any, season: int = 12) -> float:
    """Mean absolute scaled error: MAE ÷ mean \\|Y[t] − Y[t−m]\\| of the history, per series.

    Args:
        actual: units, shape (series, buckets) or (buckets,).
        forecast: units, same shape.
        history: units before the forecast, one row per series.
        season: buckets in a season, m.
    Returns:
        The mean over all pairs of \\|F − A\\| ÷ the scale of their series; below 1 beats the
        seasonal naive forecast within the history.
    Raises:
        ArgumentError: shapes that differ.
        NotDefinedError: no pair, a history of one season or less, or one that repeats itself exactly.
    Source:
        Hyndman and Koehler (2006), International Journal of Forecasting 22.

    >>> mase([4, 4], [5, 6], [1, 2, 3], 1)
    1.5
    """
    season = whole_number(season, "season", 1, MAX_BUCKETS)
    actuals, forecasts, scale = _matrices(actual, forecast)
    past, _ = as_matrix(history, "history")
    if len(past) != len(actuals):
        raise ArgumentError(
            f"history has {len(past)} series, actual has {len(actuals)}.",
            "Pass one row of history per series.",
        )
    steps = _seasonal_step(past, season)
    pairs = ~np.isnan(actuals) & ~np.isnan(forecasts)
    if not pairs.any():
        raise _no_pair()
    for row in np.flatnonzero(pairs.any(axis=1)):
        if np.isnan(steps[row]):
            raise NotDefinedError(
                f"Row {row + 1} of history does not know two buckets {season} apart.",
                "MASE needs more history than one season; try season 1.",
            )
        if steps[row] == 0:
            raise NotDefinedError(
                f"Row {row + 1} of history never differs from the season before.",
                "MASE has no scale to divide by.",
            )
    with np.errstate(over="ignore"):
        scaled = np.abs(forecasts - actuals) / steps[:, None] * scale
        return _finite(np.mean(scaled[pairs]), "MASE")


def tracking_signal(actual: Any, forecast: Any) -> Floats:
    """Running sum of (F − A) ÷ running mean of \\|F − A\\|, after each bucket.

    Beyond ±4 the forecast is biased. Until the first error it is 0; a bucket without a pair repeats
    the value before.

    Args:
        actual: units demanded, shape (series, buckets) or (buckets,).
        forecast: units, same shape.
    Returns:
        One value per bucket, same shape.
    Raises:
        ArgumentError: shapes that differ.
        NotDefinedError: no pair at all.
    Source:
        Chopra and Meindl, Supply Chain Management, ch. 7, with error = forecast − demand.

    >>> tracking_signal([10, 10, 10], [12, 11, 10]).round(2)
    array([1., 2., 3.])
    """
    actuals, forecasts, _ = _matrices(actual, forecast)
    errors = forecasts - actuals
    pairs = ~np.isnan(errors)
    if not pairs.any():
        raise _no_pair()
    # Scaled per row, so that a small series survives beside a large one.
    errors = np.where(pairs, errors, 0.0)
    largest = np.abs(errors).max(axis=1, keepdims=True)
    errors /= np.where(largest > 0, largest, 1.0)
    total = np.cumsum(errors, axis=1)
    absolute = np.cumsum(np.abs(errors), axis=1)
    count = np.cumsum(pairs, axis=1)
    signal = np.where(absolute > 0, total * count / np.where(absolute > 0, absolute, 1.0), 0.0)
    return signal[0] if np.ndim(actual) < 2 else signal


def fva(actual: Any, forecast: Any, benchmark: Any) -> float:
    """Forecast value added: WMAPE of the benchmark − WMAPE of the forecast; positive adds value.

    Only cells known in all three count, so that both are judged on the same buckets.

    Args:
        actual: units demanded, shape (series, buckets) or (buckets,).
        forecast: units, same shape.
        benchmark: units, same shape: the step before, or the naive forecast.
    Raises:
        ArgumentError: shapes that differ.
        NotDefinedError: no cell known in all three, or no actual demand in them.
    Source:
        Gilliland, The Business Forecasting Deal, ch. 4.

    >>> round(fva([100, 100], [105, 95], [90, 110]), 6)
    0.05
    """
    actuals, _ = as_matrix(actual, "actual")
    others = [
        as_matrix(values, name)[0] for values, name in ((forecast, "forecast"), (benchmark, "benchmark"))
    ]
    _same_shape(actuals, others[0], "forecast")
    _same_shape(actuals, others[1], "benchmark")
    common = np.where(np.isnan(others[0]) | np.isnan(others[1]), np.nan, actuals)
    return _finite(wmape(common, others[1]) - wmape(common, others[0]), "Value added")


def _matrices(actual: Any, forecast: Any) -> tuple[Floats, Floats, float]:
    """Both as matrices, divided by a power of two that keeps sums and differences within the floats."""
    actuals, _ = as_matrix(actual, "actual")
    forecasts, _ = as_matrix(forecast, "forecast")
    _same_shape(actuals, forecasts, "forecast")
    largest = max(np.nanmax(np.abs(both), initial=0.0) for both in (actuals, forecasts))
    scale = float(2.0 ** min(np.frexp(largest)[1], 1020)) if largest > 0 else 1.0
    return actuals / scale, forecasts / scale, scale


def _pairs(actual: Any, forecast: Any) -> tuple[Floats, Floats, float]:
    actuals, forecasts, scale = _matrices(actual, forecast)
    both = ~np.isnan(actuals) & ~np.isnan(forecasts)
    if not both.any():
        raise _no_pair()
    return actuals[both], forecasts[both], scale


def _same_shape(actuals: Floats, other: Floats, name: str) -> None:
    if other.shape != actuals.shape:
        raise ArgumentError(
            f"{name} has {other.shape[0]} rows and {other.shape[1]} columns, "
            f"actual has {actuals.shape[0]} and {actuals.shape[1]}.",
            "Select ranges of the same size.",
        )


def _no_pair() -> NotDefinedError:
    return NotDefinedError(
        "No bucket has both an actual and a forecast.", "Select buckets that are known in both."
    )


def _demand(actuals: Floats) -> float:
    total = float(actuals.sum())
    if total <= 0:
        raise NotDefinedError("There is no actual demand.", "Select buckets in which something was demanded.")
    return total


def _finite(value: float | np.floating[Any], name: str) -> float:
    if not np.isfinite(value):
        raise NoAnswerError(f"{name} is too large for a number.", "Check the units of actual and forecast.")
    return float(value)


def _seasonal_step(past: Floats, season: int) -> Floats:
    """Mean absolute difference between buckets one season apart, NaN where never known; shape (series,)."""
    if past.shape[1] <= season:
        return np.full(len(past), np.nan)
    halves = 0.5 * past[:, season:] - 0.5 * past[:, :-season]
    known = ~np.isnan(halves)
    count = np.maximum(known.sum(axis=1), 1)
    with np.errstate(over="ignore"):
        steps = (np.where(known, np.abs(halves), 0.0) / count[:, None]).sum(axis=1) * 2
    return np.where(known.any(axis=1), steps, np.nan)
