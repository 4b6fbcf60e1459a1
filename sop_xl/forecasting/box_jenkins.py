"""Seasonal ARIMA: how often to difference, which orders, which coefficients.

* Differences: once over a season where the season explains at least 64 % of what the trend leaves, then
  from bucket to bucket while the KPSS test (5 %) finds the level wandering; two in all at most.
* Orders: a stepwise search by AICc from four models to their neighbours, at most 40 models; up to three
  autoregressive and three moving-average terms, one seasonal term of each, and a constant where at most
  one difference was taken.
* Coefficients: conditional least squares with nothing before the first bucket, by Levenberg–Marquardt;
  written as partial correlations below one, so that every model is stationary and invertible.

scipy is imported when a series is forecast.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from sop_xl.forecasting.history import Floats

SEASONAL_STRENGTH = 0.64
KPSS_LIMIT = 0.463
MAX_TERMS = 3
MAX_MODELS = 40

# Partial correlations stay below this, a little away from the unit roots that differences are for.
_EDGE = 0.985
_ROUNDING = 1e-24
# Models whose criteria differ by less are equally good: the one met first stays.
_TIE = 1e-6


@dataclass(frozen=True)
class Orders:
    """Terms of a model on the differenced series: p, q, seasonal P and Q, and whether there is a constant."""

    ar: int
    ma: int
    seasonal_ar: int
    seasonal_ma: int
    constant: bool

    @property
    def coefficients(self) -> int:
        """Coefficients to estimate, the constant included."""
        return self.ar + self.ma + self.seasonal_ar + self.seasonal_ma + self.constant


@dataclass(frozen=True)
class Model:
    """A fitted model.

    Attributes:
        orders: its terms.
        ar: polynomial of the autoregressive terms, seasonal ones multiplied in, 1 first.
        ma: likewise of the moving-average terms.
        mean: of the differenced series.
        errors: one-step errors, shape (buckets less differences,).
        aicc: corrected information criterion; lower is better.
    """

    orders: Orders
    ar: Floats
    ma: Floats
    mean: float
    errors: Floats
    aicc: float


def forecast_series(row: Floats, horizon: int, season: int) -> Floats:
    """Forecast one series.

    Args:
        row: units of a magnitude near one, complete, shape (buckets,), at least four.
        horizon: buckets to forecast.
        season: buckets in a season.
    Returns:
        Forecasts, shape (horizon,).
    Source:
        Hyndman and Khandakar (2008), Journal of Statistical Software 27.

    >>> forecast_series(np.arange(20) / 10, 2, 1).round(3)
    array([2. , 2.1])
    """
    # Digits that are rounding would send the search along another path when the units change.
    row = np.round(row, 12)
    if row.min() == row.max():
        return np.full(horizon, row[0])
    polynomial, wandering = differences(row, season)
    stationary = np.convolve(row, polynomial, "valid")
    model = select(stationary, season, constant=wandering <= 1)
    ar = np.convolve(model.ar, polynomial)
    values = np.concatenate([row, np.zeros(horizon)])
    lags = min(len(ar) - 1, len(row))
    errors = np.concatenate([model.errors, np.zeros(horizon)])
    offset = len(values) - len(errors)
    intercept = model.ar.sum() * model.mean
    for bucket in range(len(row), len(values)):
        past = values[bucket - lags : bucket][::-1]
        shocks = errors[max(bucket - offset - len(model.ma) + 1, 0) : bucket - offset][::-1]
        values[bucket] = intercept - ar[1 : lags + 1] @ past + model.ma[1 : len(shocks) + 1] @ shocks
    ahead = values[len(row) :]
    return ahead if np.isfinite(ahead).all() else np.full(horizon, row.mean())


def differences(row: Floats, season: int) -> tuple[Floats, int]:
    """The polynomial that differences a series, 1 first, and how many differences that is.

    >>> differences(np.arange(20) / 10, 1)
    (array([ 1., -1.]), 1)
    """
    polynomial, taken = np.ones(1), 0
    if season > 1 and len(row) >= 2 * season + 5 and seasonal_strength(row, season) > SEASONAL_STRENGTH:
        polynomial, taken = np.r_[1.0, np.zeros(season - 1), -1.0], 1
    while taken < 2:
        rest = np.convolve(row, polynomial, "valid")
        if len(rest) < 8 or _kpss(rest) <= KPSS_LIMIT:
            break
        polynomial, taken = np.convolve(polynomial, [1.0, -1.0]), taken + 1
    return polynomial, taken


def seasonal_strength(row: Floats, season: int) -> float:
    """Share of the variation around the centred moving average that repeats from season to season.

    Args:
        row: units, complete, shape (buckets,).
        season: buckets in a season.
    Returns:
        0 (no season) to 1 (nothing else); 0 with fewer than two seasons.
    Source:
        Wang, Smith, Hyndman (2006), Data Mining and Knowledge Discovery 13.

    >>> round(seasonal_strength(np.array([1.0, 5] * 6), 2), 6)
    1.0
    """
    if season < 2 or len(row) < 2 * season:
        return 0.0
    window = np.full(season + 1 - season % 2, 1 / season)
    if season % 2 == 0:
        window[[0, -1]] /= 2
    half = len(window) // 2
    detrended = row[half : len(row) - half] - np.convolve(row, window, "valid")
    place = np.arange(len(detrended)) % season
    sizes = np.bincount(place, minlength=season)
    means = np.bincount(place, weights=detrended, minlength=season) / np.maximum(sizes, 1)
    rest = detrended - means[place]
    # A position seen once explains itself; only repetitions count.
    free = max(len(detrended) - int((sizes > 0).sum()), 1)
    total = float(detrended.var()) * len(detrended) / max(len(detrended) - 1, 1)
    if total <= 1e-24:
        return 0.0
    return float(np.clip(1 - float(rest @ rest) / free / total, 0.0, 1.0))


def select(stationary: Floats, season: int, constant: bool) -> Model:
    """The model of lowest AICc that the stepwise search meets.

    Args:
        stationary: the differenced series, shape (buckets,).
        season: buckets in a season.
        constant: whether a constant may be tried.
    """
    seasonal = int(season > 1 and len(stationary) >= 2 * season)
    most = min(MAX_TERMS, max(len(stationary) // 4 - 1, 0))
    firsts = [(2, 2, seasonal, seasonal), (0, 0, 0, 0), (1, 0, seasonal, 0), (0, 1, 0, seasonal)]
    waiting = [Orders(min(p, most), min(q, most), P, Q, constant) for p, q, P, Q in firsts]
    waiting.append(Orders(0, 0, 0, 0, False))
    best = estimate(stationary, waiting[1], season)
    seen = {waiting[1]}
    while waiting and len(seen) < MAX_MODELS:
        orders = waiting.pop(0)
        if orders not in seen:
            seen.add(orders)
            model = estimate(stationary, orders, season)
            if model.aicc < best.aicc - _TIE:
                best = model
        if not waiting:
            waiting = [
                near for near in _neighbours(best.orders, most, seasonal, constant) if near not in seen
            ]
    return best


def estimate(stationary: Floats, orders: Orders, season: int) -> Model:
    """Fit one model by conditional least squares.

    >>> model = estimate(np.array([0.5, -0.5] * 10), Orders(1, 0, 0, 0, False), 1)
    >>> bool(model.ar[1] > 0.9)
    True
    """
    from scipy.optimize import leastsq
    from scipy.signal import lfilter

    buckets = len(stationary)
    centre = float(stationary.mean()) if orders.constant else 0.0

    def residuals(point: Floats) -> Floats:
        ar, ma = _polynomials(point, orders, season)
        shift = centre + (point[-1] if orders.constant else 0.0)
        return np.asarray(lfilter(ar, ma, stationary - shift))

    point = np.full(orders.coefficients, 0.1)
    if orders.constant:
        point[-1] = 0.0
    # The constant alone is the mean, and nothing is left to search.
    if orders.coefficients > orders.constant and buckets > orders.coefficients:
        point = leastsq(residuals, point, full_output=True, maxfev=40 * (orders.coefficients + 1), ftol=1e-6)[
            0
        ]
    # The search stops somewhere near the optimum; where exactly depends on the last bit of the data.
    point = np.round(point, 5)
    errors = residuals(point)
    parameters = orders.coefficients + 1
    spare = buckets - parameters - 1
    variance = max(float(errors @ errors) / buckets, _ROUNDING)
    score = buckets * np.log(variance) + 2 * parameters * buckets / spare if spare > 0 else np.inf
    ar, ma = _polynomials(point, orders, season)
    mean = centre + (float(point[-1]) if orders.constant else 0.0)
    return Model(orders, ar, ma, mean, errors, float(score) if np.isfinite(score) else np.inf)


def _polynomials(point: Floats, orders: Orders, season: int) -> tuple[Floats, Floats]:
    """Autoregressive and moving-average polynomials, 1 first."""
    bounded = _EDGE * np.tanh(point)
    first, second, third = np.cumsum([orders.ar, orders.ma, orders.seasonal_ar])
    ar, ma = _from_partial(bounded[:first], 1), _from_partial(bounded[first:second], 1)
    if orders.seasonal_ar:
        ar = np.convolve(ar, _from_partial(bounded[second:third], season))
    if orders.seasonal_ma:
        ma = np.convolve(ma, _from_partial(bounded[third : third + orders.seasonal_ma], season))
    return ar, ma


def _from_partial(partial: Floats, lag: int) -> Floats:
    """Coefficients of 1 − c₁B − … from partial correlations, by the Durbin–Levinson recursion."""
    coefficients = np.zeros(0)
    for last in partial:
        coefficients = np.append(coefficients - last * coefficients[::-1], last)
    polynomial = np.zeros(lag * len(partial) + 1)
    polynomial[0] = 1.0
    polynomial[lag::lag] = -coefficients
    return polynomial


def _neighbours(orders: Orders, most: int, seasonal: int, constant: bool) -> Iterator[Orders]:
    for ar, ma in ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, -1)):
        near = replace(orders, ar=orders.ar + ar, ma=orders.ma + ma)
        if 0 <= near.ar <= most and 0 <= near.ma <= most:
            yield near
    if seasonal:
        yield replace(orders, seasonal_ar=1 - orders.seasonal_ar)
        yield replace(orders, seasonal_ma=1 - orders.seasonal_ma)
        yield replace(orders, seasonal_ar=1 - orders.seasonal_ar, seasonal_ma=1 - orders.seasonal_ma)
    if constant:
        yield replace(orders, constant=not orders.constant)


def _kpss(values: Floats) -> float:
    """The KPSS statistic of a wandering level, with Bartlett weights."""
    count = len(values)
    centred = values - values.mean()
    variance = float(centred @ centred)
    if variance <= 1e-20 * count:
        return 0.0
    lags = int(4 * (count / 100) ** 0.25)
    for lag in range(1, lags + 1):
        variance += 2 * (1 - lag / (lags + 1)) * float(centred[lag:] @ centred[:-lag])
    sums = np.cumsum(centred)
    return float(sums @ sums) / count / max(variance, 1e-20)
