"""Rolling-origin backtest: what a method would have forecast, at every lag, from several past buckets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sop_xl.forecasting.engine import forecast, method_name
from sop_xl.forecasting.history import MAX_BUCKETS, MAX_SERIES, Floats, as_matrix, prepare, whole_number


@dataclass(frozen=True)
class Backtest:
    """Forecasts made from past origins, beside what came.

    ``[i, o, k]`` is series i, origin o (oldest first), lag k + 1. NaN where the series was too short
    for that origin, where the bucket is not known yet, or (actuals) where its value is missing.

    Attributes:
        forecasts: units, shape (series, origins, horizon).
        benchmark: the seasonal naive forecast, same shape.
        actuals: units, same shape.
        scale: mean absolute change from one season to the next within the history known at each
            origin, for MASE; NaN where not defined, shape (series, origins).
    """

    forecasts: Floats
    benchmark: Floats
    actuals: Floats
    scale: Floats

    def wmape(self, lag: int | None = None) -> Floats:
        """Sum of \\|F − A\\| ÷ sum of A over origins and lags, or one lag; NaN without demand; (series,)."""
        return _wmape(*self._at(self.forecasts, lag))

    def bias(self, lag: int | None = None) -> Floats:
        """Sum of (F − A) ÷ sum of A; positive is over-forecasting; NaN without demand; (series,)."""
        forecasts, actuals = self._at(self.forecasts, lag)
        return _ratio((forecasts - actuals).sum(axis=(1, 2)), actuals.sum(axis=(1, 2)))

    def value_added(self, lag: int | None = None) -> Floats:
        """WMAPE of the seasonal naive forecast − WMAPE of the method; positive adds value; (series,)."""
        return _wmape(*self._at(self.benchmark, lag)) - self.wmape(lag)

    def mase(self, lag: int | None = None) -> Floats:
        """Mean over origins and lags of \\|F − A\\| ÷ scale; NaN where not defined; (series,)."""
        chosen = slice(None) if lag is None else slice(lag - 1, lag)
        errors = np.abs(self.forecasts[:, :, chosen] - self.actuals[:, :, chosen])
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            scaled = errors / np.where(self.scale > 0, self.scale, np.nan)[:, :, None]
        known = np.isfinite(scaled)
        return _ratio(np.where(known, scaled, 0.0).sum(axis=(1, 2)), known.sum(axis=(1, 2)).astype(float))

    def _at(self, forecasts: Floats, lag: int | None) -> tuple[Floats, Floats]:
        chosen = slice(None) if lag is None else slice(lag - 1, lag)
        forecasts, actuals = forecasts[:, :, chosen], self.actuals[:, :, chosen]
        known = ~np.isnan(forecasts) & ~np.isnan(actuals)
        largest = np.maximum(np.abs(np.where(known, forecasts, 0)), np.abs(np.where(known, actuals, 0)))
        scale = np.maximum(largest.max(axis=(1, 2), keepdims=True), np.finfo(float).tiny)
        return np.where(known, forecasts, 0.0) / scale, np.where(known, actuals, 0.0) / scale


def backtest(
    history: Any,
    horizon: int = 12,
    season: int = 12,
    method: str = "AUTO",
    origins: int = 6,
    minimum: int = 4,
) -> Backtest:
    """Forecast each series again from its last ``origins`` buckets but one, using only what was known then.

    The newest origin leaves one bucket to compare with, the one before two, and so on; origins before
    ``minimum`` known buckets are left out.

    Args:
        history: units, shape (series, buckets) or (buckets,); NaN or ``None`` where missing.
        horizon: lags to look at, 1 to 600.
        season: buckets in a season.
        method: as in :func:`sop_xl.forecasting.engine.forecast`.
        origins: how many origins, 1 to 600.
        minimum: buckets a series must have known at an origin.
    Returns:
        The :class:`Backtest`.
    Raises:
        ArgumentError: as :func:`sop_xl.forecasting.engine.forecast`; series x origins above 100,000.
        NotDefinedError: a series without any known bucket.
    Source:
        Tashman (2000), International Journal of Forecasting 16.

    >>> back = backtest([[1, 2, 3, 4, 5, 6, 7, 8]], horizon=2, season=1, method="NAIVE", origins=3)
    >>> back.actuals[0]
    array([[ 6.,  7.],
           [ 7.,  8.],
           [ 8., nan]])
    >>> back.bias(lag=1).round(4), back.value_added(lag=1)
    (array([-0.1429]), array([0.]))
    """
    method = method_name(method)
    horizon = whole_number(horizon, "horizon", 1, MAX_BUCKETS)
    season = whole_number(season, "season", 1, MAX_BUCKETS)
    origins = whole_number(origins, "origins", 1, MAX_BUCKETS)
    minimum = whole_number(minimum, "minimum", 1, MAX_BUCKETS)
    raw, _ = as_matrix(history, "history")
    prepared = prepare(raw, season)
    series, buckets = raw.shape
    # Known buckets after each origin: the newest origin leaves one.
    cut = prepared.stop[:, None] - np.arange(origins, 0, -1)
    chosen = np.argwhere(cut - prepared.start[:, None] >= minimum)
    shape = (series, origins, horizon)
    forecasts, benchmark, actuals = (np.full(shape, np.nan) for _ in range(3))
    scale = np.full((series, origins), np.nan)
    for first in range(0, len(chosen), MAX_SERIES):
        row, origin = chosen[first : first + MAX_SERIES].T
        position = np.arange(buckets)
        seen = np.where(position < cut[row, origin][:, None], raw[row], np.nan)
        forecasts[row, origin] = forecast(seen, horizon, season, method)
        benchmark[row, origin] = forecast(seen, horizon, season, "SEASONAL_NAIVE")
        target = cut[row, origin][:, None] + np.arange(horizon)
        known = target < buckets
        values = raw[row[:, None], np.minimum(target, buckets - 1)]
        actuals[row, origin] = np.where(known, values, np.nan)
        scale[row, origin] = _step(seen, season)
    return Backtest(forecasts, benchmark, actuals, scale)


def _step(seen: Floats, season: int) -> Floats:
    lag = season if seen.shape[1] > season else 1
    changes = np.abs(0.5 * seen[:, lag:] - 0.5 * seen[:, :-lag])
    known = ~np.isnan(changes)
    count = known.sum(axis=1)
    total = np.where(known, changes / np.maximum(count, 1)[:, None], 0.0).sum(axis=1)
    with np.errstate(over="ignore"):
        return np.where(count > 0, 2 * total, np.nan)


def _wmape(forecasts: Floats, actuals: Floats) -> Floats:
    return _ratio(np.abs(forecasts - actuals).sum(axis=(1, 2)), actuals.sum(axis=(1, 2)))


def _ratio(top: Floats, bottom: Floats) -> Floats:
    return np.where(bottom > 0, top / np.where(bottom > 0, bottom, 1.0), np.nan)
