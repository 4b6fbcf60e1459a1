"""Statistical forecasts of demand histories, and how good they are.

Needs NumPy and nothing else; importing it costs nothing beyond that.
"""

from sop_xl.forecasting.accuracy import (
    bias,
    forecast_accuracy,
    fva,
    mae,
    mape,
    mase,
    revenue_accuracy,
    rmse,
    tracking_signal,
    wmape,
)
from sop_xl.forecasting.backtest import Backtest, backtest
from sop_xl.forecasting.classes import DemandClass, demand_class
from sop_xl.forecasting.cleaning import clean
from sop_xl.forecasting.engine import METHODS, forecast, method_name
from sop_xl.forecasting.explain import Explanation
from sop_xl.forecasting.history import History, prepare
from sop_xl.forecasting.intervals import Band, forecast_band
from sop_xl.forecasting.recursion import Smoothed, smooth
from sop_xl.forecasting.seasonality import seasonal_indices

__all__ = [
    "METHODS",
    "Backtest",
    "Band",
    "DemandClass",
    "Explanation",
    "History",
    "Smoothed",
    "backtest",
    "bias",
    "clean",
    "demand_class",
    "forecast",
    "forecast_accuracy",
    "forecast_band",
    "fva",
    "mae",
    "mape",
    "mase",
    "method_name",
    "prepare",
    "revenue_accuracy",
    "rmse",
    "seasonal_indices",
    "smooth",
    "tracking_signal",
    "wmape",
]
