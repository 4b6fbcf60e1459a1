"""SOP_ functions that measure forecasts.

The measures themselves belong to the forecasting room, imported when a function runs.
"""

from __future__ import annotations

from sop_xl.supply.shapes import Array
from udfs.registry import Argument, Example, Kind, function

_NUMBERS = ("#VALUE!", "A cell is not a number, or the ranges differ in size.")
_NO_DEMAND = ("#N/A", "The actuals are zero or empty.")


def _actual(kind: Kind = "matrix") -> Argument:
    return Argument("actual", kind, "Actual units, any range. Empty is left out.", empty="missing")


def _forecast(name: str = "forecast", kind: Kind = "matrix") -> Argument:
    return Argument(name, kind, "Forecast units, in the shape of actual. Empty is left out.", empty="missing")


@function(
    "SOP_WMAPE",
    category="KPIs",
    summary="Weighted absolute percentage error: sum of |forecast - actual| ÷ sum of actual.",
    arguments=(_actual(), _forecast()),
    result="A fraction over the whole range; 0 is perfect, above 1 is possible.",
    shape="number",
    errors=(_NUMBERS, _NO_DEMAND),
    example=Example(([[100, 10, 0, 200]], [[90, 20, 5, 180]]), 0.14516129032258066),
)
def wmape(actual: Array, forecast: Array) -> float:
    """SOP_WMAPE."""
    from sop_xl.forecasting import accuracy

    return accuracy.wmape(actual, forecast)


@function(
    "SOP_FORECAST_ACCURACY",
    category="KPIs",
    summary="Forecast accuracy: 1 less the weighted absolute percentage error, at least 0.",
    arguments=(_actual(), _forecast()),
    result="A fraction from 0 to 1 over the whole range.",
    shape="number",
    errors=(_NUMBERS, _NO_DEMAND),
    example=Example(([[100, 10, 0, 200]], [[90, 20, 5, 180]]), 0.8548387096774194),
)
def forecast_accuracy(actual: Array, forecast: Array) -> float:
    """SOP_FORECAST_ACCURACY."""
    from sop_xl.forecasting import accuracy

    return accuracy.forecast_accuracy(actual, forecast)


@function(
    "SOP_MAPE",
    category="KPIs",
    summary="Mean of |forecast - actual| ÷ actual over the cells whose actual is not zero.",
    arguments=(_actual(), _forecast()),
    result="A fraction over the whole range.",
    shape="number",
    errors=(_NUMBERS, _NO_DEMAND),
    example=Example(([[100, 0, 200]], [[75, 5, 250]]), 0.25),
)
def mape(actual: Array, forecast: Array) -> float:
    """SOP_MAPE."""
    from sop_xl.forecasting import accuracy

    return accuracy.mape(actual, forecast)


@function(
    "SOP_BIAS",
    category="KPIs",
    summary="Sum of forecast - actual ÷ sum of actual: positive is over-forecasting.",
    arguments=(_actual(), _forecast()),
    result="A fraction over the whole range.",
    shape="number",
    errors=(_NUMBERS, _NO_DEMAND),
    example=Example(([[100, 10, 0, 200]], [[90, 20, 5, 180]]), -0.04838709677419355),
)
def bias(actual: Array, forecast: Array) -> float:
    """SOP_BIAS."""
    from sop_xl.forecasting import accuracy

    return accuracy.bias(actual, forecast)


@function(
    "SOP_MAE",
    category="KPIs",
    summary="Mean absolute error: mean of |forecast - actual|.",
    arguments=(_actual(), _forecast()),
    result="Units, over the whole range.",
    shape="number",
    errors=(_NUMBERS, ("#N/A", "There is no cell with both numbers.")),
    example=Example(([[100, 10, 0, 200]], [[90, 20, 5, 180]]), 11.25),
)
def mae(actual: Array, forecast: Array) -> float:
    """SOP_MAE."""
    from sop_xl.forecasting import accuracy

    return accuracy.mae(actual, forecast)


@function(
    "SOP_RMSE",
    category="KPIs",
    summary="Root of the mean squared error.",
    arguments=(_actual(), _forecast()),
    result="Units, over the whole range.",
    shape="number",
    errors=(_NUMBERS, ("#N/A", "There is no cell with both numbers.")),
    example=Example(([[10, 20]], [[13, 24]]), 3.5355339059327378),
)
def rmse(actual: Array, forecast: Array) -> float:
    """SOP_RMSE."""
    from sop_xl.forecasting import accuracy

    return accuracy.rmse(actual, forecast)


@function(
    "SOP_MASE",
    category="KPIs",
    summary="Mean absolute error ÷ that of repeating the season before over the history; below 1 is better.",
    arguments=(
        _actual("series"),
        _forecast(kind="series"),
        Argument("history", "series", "Units before the forecast, one series per row.", empty="missing"),
        Argument("season", "integer", "Buckets in a season.", required=False, default=12),
    ),
    result="A ratio over the whole range.",
    shape="number",
    errors=(_NUMBERS, ("#N/A", "The history is too short for the season, or repeats itself exactly.")),
    example=Example(([[12, 16]], [[10, 20]], [[8, 10, 12, 14]], 1), 1.5),
)
def mase(actual: Array, forecast: Array, history: Array, season: int) -> float:
    """SOP_MASE."""
    from sop_xl.forecasting import accuracy

    return accuracy.mase(actual, forecast, history, season)


@function(
    "SOP_TRACKING_SIGNAL",
    category="KPIs",
    summary="Running sum of forecast - actual ÷ running mean absolute deviation; beyond ±4 is an alarm.",
    arguments=(_actual("series"), _forecast(kind="series")),
    result="One value per bucket, in the shape of actual; 0 until the first error.",
    shape="series",
    errors=(_NUMBERS, ("#N/A", "There is no cell with both numbers.")),
    example=Example(([[10, 10, 10]], [[12, 14, 10]]), [[1.0, 2.0, 3.0]]),
)
def tracking_signal(actual: Array, forecast: Array) -> Array:
    """SOP_TRACKING_SIGNAL."""
    from sop_xl.forecasting import accuracy

    return accuracy.tracking_signal(actual, forecast)


@function(
    "SOP_FVA",
    category="KPIs",
    summary="Forecast value added: error of the benchmark less error of the forecast; positive adds value.",
    arguments=(_actual(), _forecast(), _forecast("benchmark")),
    result="A difference of fractions over the whole range.",
    shape="number",
    errors=(_NUMBERS, _NO_DEMAND),
    example=Example(([[100, 100]], [[90, 100]], [[70, 110]]), 0.15000000000000002),
)
def fva(actual: Array, forecast: Array, benchmark: Array) -> float:
    """SOP_FVA."""
    from sop_xl.forecasting import accuracy

    return accuracy.fva(actual, forecast, benchmark)


@function(
    "SOP_REVENUE_ACCURACY",
    category="KPIs",
    summary="Accuracy of the revenue plan: 1 less sum of |forecast - actual| ÷ sum of actual, at least 0.",
    arguments=(
        Argument("actual", "matrix", "Actual money. Empty is left out.", empty="missing"),
        Argument("forecast", "matrix", "Forecast money, in the shape of actual.", empty="missing"),
    ),
    result="A fraction from 0 to 1 over the whole range.",
    shape="number",
    errors=(_NUMBERS, _NO_DEMAND),
    example=Example(([[1000, 500]], [[900, 550]]), 0.9),
)
def revenue_accuracy(actual: Array, forecast: Array) -> float:
    """SOP_REVENUE_ACCURACY."""
    from sop_xl.forecasting import accuracy

    return accuracy.revenue_accuracy(actual, forecast)
