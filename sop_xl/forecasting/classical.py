"""The classical automatic models: ETS, ARIMA, and what Excel's own FORECAST.ETS fits.

ETS and ARIMA choose among many models for each series, so they are the slow methods: about half a
minute per 1,000 series of 48 months, and up to a second for one long series alone, where AUTO takes
milliseconds. They are there to compare with, and for the planner who wants them by name.

The search is bounded by counts of models and of steps, never by the clock: the same history gives the
same forecast on a slow machine and on a fast one.

Every method takes complete series of one length, shape (series, buckets), of a magnitude near one, the
horizon and the season, and returns (series, horizon). Fewer than four buckets: half the last value,
half the mean.
"""

from __future__ import annotations

import numpy as np

from sop_xl.forecasting.auto import SHORT, short_history
from sop_xl.forecasting.history import Floats
from sop_xl.forecasting.smoothing import Fit, Form, fit

# Sums of squares below this share of a squared magnitude of one are rounding.
_ROUNDING = 1e-24


def excel_ets(rows: Floats, horizon: int, season: int) -> Floats:
    """Additive error, trend and season (AAA), smoothing parameters by least squares: Excel's FORECAST.ETS.

    The start stays where it is estimated, level and trend from the first two seasons and the indices
    from the whole history; only the three parameters are optimised. Excel does not publish its own
    start: its figures differ in the third digit, and by a few percent where demand is noisy. Fewer
    than two seasons: no season.

    Source:
        Microsoft, FORECAST.ETS function: "the AAA version of the Exponential Smoothing algorithm".

    >>> excel_ets(np.array([[1.0, 5] * 4]), 2, 2).round(4)
    array([[1., 5.]])
    """
    if rows.shape[1] < SHORT:
        return short_history(rows, horizon)
    seasonal = season > 1 and rows.shape[1] >= 2 * season
    form = Form(trend=True, seasonal="ADD", season=season) if seasonal else Form(trend=True)
    return fit(rows, form, fit_states=False).ahead(horizon)


def ets(rows: Floats, horizon: int, season: int) -> Floats:
    """Exponential smoothing whose error, trend and season are chosen by AICc.

    Up to fifteen models: no trend, a trend, a damped trend; no season, an additive, a multiplicative
    one; additive or multiplicative errors, but no multiplicative season with additive errors, which is
    unstable. Multiplicative parts are tried where every value is above zero. A season needs two
    seasons of history, and a model more buckets than it has parameters; a model that left the finite
    or, where multiplicative, the positive numbers is out.

    Source:
        Hyndman, Koehler, Snyder, Grose (2002), International Journal of Forecasting 18.

    >>> ets(np.array([[1.0, 5, 1, 5, 1, 5, 1, 5, 1, 5]]), 2, 2).round(3)
    array([[1., 5.]])
    """
    count, buckets = rows.shape
    if buckets < SHORT:
        return short_history(rows, horizon)
    best = np.full(count, np.inf)
    result = np.repeat(rows.mean(axis=1, keepdims=True), horizon, axis=1)
    positive = rows.min(axis=1) > 0
    for form in _forms(buckets, season):
        tried = np.flatnonzero(positive) if form.relative else np.arange(count)
        if not len(tried):
            continue
        fitted = fit(rows[tried], form)
        ahead = fitted.ahead(horizon)
        score = np.where(_sound(fitted, ahead), _aicc(fitted.sse, buckets, _parameters(form)), np.inf)
        better = score < best[tried]
        best[tried[better]] = score[better]
        result[tried[better]] = ahead[better]
    return result


def arima(rows: Floats, horizon: int, season: int) -> Floats:
    """Seasonal ARIMA whose orders are chosen by unit-root tests and AICc.

    See :mod:`sop_xl.forecasting.box_jenkins`.

    Source:
        Hyndman and Khandakar (2008), Journal of Statistical Software 27.

    >>> arima(np.array([[1.0, 5, 1, 5, 1, 5, 1, 5, 1, 5]]), 2, 2).round(3)
    array([[1., 5.]])
    """
    if rows.shape[1] < SHORT:
        return short_history(rows, horizon)
    from sop_xl.forecasting.box_jenkins import forecast_series

    return np.stack([forecast_series(row, horizon, season) for row in rows])


def _forms(buckets: int, season: int) -> list[Form]:
    """All models that the history is long enough for, the simplest first."""
    seasons = [""] + ["ADD", "MUL"] * (season > 1 and buckets >= 2 * season)
    forms = [
        Form(trend, damped, seasonal, season if seasonal else 1, relative)
        for seasonal in seasons
        for trend, damped in ((False, False), (True, False), (True, True))
        for relative in (False, True)
        if relative or seasonal != "MUL"
    ]
    return [form for form in forms if buckets > _parameters(form) + 1]


def _parameters(form: Form) -> int:
    """Rates, initial states and the variance; the indices of a season are free but for one."""
    return form.rates + 1 + form.trend + (form.season - 1 if form.seasonal else 0) + 1


def _aicc(sse: Floats, buckets: int, parameters: int) -> Floats:
    likelihood = buckets * np.log(np.maximum(sse, _ROUNDING * buckets) / buckets)
    return np.asarray(likelihood + 2 * parameters * buckets / (buckets - parameters - 1))


def _sound(fitted: Fit, ahead: Floats) -> np.ndarray:
    sound = np.isfinite(fitted.sse) & np.isfinite(ahead).all(axis=1)
    if fitted.form.relative:
        sound &= fitted.level > 0
    if fitted.form.seasonal == "MUL":
        sound &= (fitted.seasonal > 0).all(axis=1)
    return np.asarray(sound)
