"""Exponential smoothing with optimised parameters: simple, Holt, damped Holt, Holt–Winters.

Smoothing parameters and initial states together minimise the sum of squared one-step errors. The
search starts from the best points of a coarse grid and refines them by Levenberg–Marquardt steps,
for all series at once: base point and finite differences are lanes of one recursion.

Every method takes complete series of one length, shape (series, buckets), the horizon and the
season, and returns (series, horizon). Fewer than four buckets: half the last value, half the mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

from sop_xl.forecasting.auto import SHORT, short_history
from sop_xl.forecasting.history import Floats
from sop_xl.forecasting.seasonality import seasonal_indices

PHI_LOW, PHI_HIGH = 0.8, 0.98

_STARTS = 3
_STEPS = 60
_TRIAL = 8
_DIFFERENCE = 1e-7
# A step that lowers the squared errors by less than this share is the last one.
_ENOUGH = 1e-8
# Enough to keep the equations of a step solvable when states are redundant.
_LEAST_CAUTION = 1e-10
# Caution of the first step: long ones, and ones that stay near.
_BOLD, _CAREFUL = 1e-3, 1.0
# How close a smoothing parameter may come to 0 and 1.
_LOW, _HIGH = 1e-4, 1 - 1e-4


@dataclass(frozen=True)
class Form:
    """Which components a smoothing model has.

    Attributes:
        trend: whether there is a trend, added to the level.
        damped: whether the trend is damped, by 0.8 to 0.98 per bucket.
        seasonal: ``""``, ``"ADD"`` or ``"MUL"``.
        season: buckets in a season.
        relative: whether errors count relative to the forecast, as in the models with multiplicative
            errors. Their forecasts follow the same recursion; only the likelihood differs, and the
            squares of relative errors times the geometric mean of the forecasts fall as it rises.
    """

    trend: bool = False
    damped: bool = False
    seasonal: str = ""
    season: int = 1
    relative: bool = False

    @property
    def rates(self) -> int:
        """Smoothing parameters of the form."""
        return 1 + self.trend + self.damped + bool(self.seasonal)


@dataclass(frozen=True)
class Fit:
    """A fitted model per series.

    Attributes:
        form: the components.
        rates: alpha, beta, gamma, phi in the error-correction form, shape (series, 4).
        initial: level, trend and indices before the first bucket, shape (series, 2 + season).
        sse: sum of squared one-step errors, weighted where the form says ``relative``; NaN where a
            forecast was then not above zero; shape (series,).
        level: level after the last bucket, shape (series,).
        trend: trend after the last bucket, shape (series,).
        seasonal: indices of the buckets to come, shape (series, season).
    """

    form: Form
    rates: Floats
    initial: Floats
    sse: Floats
    level: Floats
    trend: Floats
    seasonal: Floats

    def ahead(self, horizon: int) -> Floats:
        """Point forecasts, shape (series, horizon)."""
        damping = np.cumsum(self.rates[:, 3:] ** np.arange(1, horizon + 1), axis=1)
        line = self.level[:, None] + damping * self.trend[:, None]
        indices = self.seasonal[:, np.arange(horizon) % self.form.season]
        return line * indices if self.form.seasonal == "MUL" else line + indices


def ses(rows: Floats, horizon: int, season: int) -> Floats:
    """Simple exponential smoothing, alpha and initial level by least squares.

    Source:
        Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 8.1.

    >>> ses(np.array([[1.0, 1, 1, 1, 1]]), 2, 1).round(6)
    array([[1., 1.]])
    """
    return _forecast(rows, horizon, Form())


def holt(rows: Floats, horizon: int, season: int) -> Floats:
    """Holt's linear trend; it goes on unchanged over the whole horizon.

    Source:
        Holt (1957); Forecasting: Principles and Practice, 8.2.

    >>> holt(np.array([[1.0, 2, 3, 4, 5]]), 2, 1).round(4)
    array([[6., 7.]])
    """
    return _forecast(rows, horizon, Form(trend=True))


def holt_damped(rows: Floats, horizon: int, season: int) -> Floats:
    """Holt's trend, damped by an optimised factor between 0.8 and 0.98.

    Source:
        Gardner and McKenzie (1985); Forecasting: Principles and Practice, 8.2.

    >>> holt_damped(np.array([[1.0, 1, 1, 1, 1]]), 2, 1).round(6)
    array([[1., 1.]])
    """
    return _forecast(rows, horizon, Form(trend=True, damped=True))


def holt_winters(rows: Floats, horizon: int, season: int) -> Floats:
    """Holt–Winters with additive trend and additive season; Holt with fewer than two seasons.

    With fewer than three seasons the initial indices stay at their shrunk estimates, because there
    are too few buckets to refine them.

    Source:
        Winters (1960); Forecasting: Principles and Practice, 8.3.

    >>> holt_winters(np.array([[1.0, 5] * 4]), 2, 2).round(4)
    array([[1., 5.]])
    """
    if season < 2 or rows.shape[1] < max(2 * season, SHORT):
        return holt(rows, horizon, season)
    return _forecast(rows, horizon, Form(trend=True, seasonal="ADD", season=season))


def holt_winters_mul(rows: Floats, horizon: int, season: int) -> Floats:
    """Holt–Winters with additive trend and multiplicative season.

    Where a value is not above zero, or the fit leaves the positive numbers, the season is additive.

    Source:
        Winters (1960); Forecasting: Principles and Practice, 8.3.

    >>> holt_winters_mul(np.array([[1.0, 5] * 4]), 2, 2).round(4)
    array([[1., 5.]])
    """
    if season < 2 or rows.shape[1] < max(2 * season, SHORT):
        return holt(rows, horizon, season)
    result = np.full((len(rows), horizon), np.nan)
    positive = rows.min(axis=1) > 0
    if positive.any():
        fitted = fit(rows[positive], Form(trend=True, seasonal="MUL", season=season))
        # A level or an index that left the positive numbers multiplies signs, not seasons.
        sound = (fitted.level > 0) & (fitted.seasonal > 0).all(axis=1)
        result[positive] = np.where(sound[:, None], fitted.ahead(horizon), np.nan)
    rest = ~np.isfinite(result).all(axis=1)
    if rest.any():
        result[rest] = holt_winters(rows[rest], horizon, season)
    return result


def fit(rows: Floats, form: Form, *, fit_states: bool = True) -> Fit:
    """Fit a smoothing model to complete series of one length.

    Args:
        rows: units of a magnitude near one, shape (series, buckets), at least four buckets; two
            seasons where the form has a season.
        form: the components.
        fit_states: whether the initial states are fitted too, or stay at their first estimates.
    Returns:
        The :class:`Fit`.
    Source:
        Least squares by Levenberg–Marquardt; bounds as in Forecasting: Principles and Practice, 8.6.

    >>> float(fit(np.array([[1.0, 1, 1, 1]]), Form()).sse.round(9)[0])
    0.0
    """
    count, buckets = rows.shape
    # Digits that are rounding would send the search along another path when the units change.
    rows = np.round(rows, 12)
    with np.errstate(all="ignore"):
        starts = _starts(rows, form)
        free = starts.shape[2] - (form.season if form.seasonal and buckets < 3 * form.season else 0)
        free = free if fit_states else form.rates
        if form.relative:
            starts = _promising(rows, starts, form, free)
        lanes = starts.shape[1]
        columns = np.repeat(rows, lanes, axis=0).T[:, :, None]
        points = starts.reshape(count * lanes, 1, -1)
        points, sse = _refine(columns, points, form, free)
        best = np.where(np.isnan(sse), np.inf, sse).reshape(count, lanes).argmin(axis=1)
        chosen = points.reshape(count, lanes, -1)[np.arange(count), best][:, None]
        errors, level, trend, seasonal = _run(rows.T[:, :, None], chosen, form)
    ready = np.stack([seasonal[(buckets + i) % form.season][:, 0] for i in range(form.season)], axis=1)
    rates = np.stack([rate[:, 0] for rate in _rates(chosen, form)], axis=1)
    initial = np.zeros((count, 2 + form.season))
    states = chosen[:, 0, form.rates :]
    initial[:, 0] = states[:, 0]
    if form.trend:
        initial[:, 1] = states[:, 1]
    if form.seasonal:
        initial[:, 2:] = states[:, 1 + form.trend :]
    return Fit(form, rates, initial, (errors**2).sum(axis=0)[:, 0], level[:, 0], trend[:, 0], ready)


def _forecast(rows: Floats, horizon: int, form: Form) -> Floats:
    if rows.shape[1] < SHORT:
        return short_history(rows, horizon)
    return fit(rows, form).ahead(horizon)


def _rates(points: Floats, form: Form) -> tuple[Floats, Floats, Floats, Floats]:
    """Alpha, beta, gamma, phi from coordinates between 0 and 1: beta up to alpha, gamma up to 1 − alpha."""
    alpha = points[..., 0]
    beta, gamma, phi = np.zeros_like(alpha), np.zeros_like(alpha), np.ones_like(alpha)
    place = 1
    if form.trend:
        beta = alpha * points[..., place]
        place += 1
    if form.damped:
        phi = PHI_LOW + (PHI_HIGH - PHI_LOW) * points[..., place]
        place += 1
    if form.seasonal:
        gamma = (1 - alpha) * points[..., place]
    return alpha, beta, gamma, phi


def _run(columns: Floats, points: Floats, form: Form) -> tuple[Floats, Floats, Floats, list[Floats]]:
    """One-step errors (buckets, series, lanes) and final states of every lane."""
    alpha, beta, gamma, phi = _rates(points, form)
    place = form.rates
    level = points[..., place]
    trend = points[..., place + 1] if form.trend else np.zeros_like(level)
    multiplicative = form.seasonal == "MUL"
    if form.seasonal:
        first = place + 1 + form.trend
        seasonal = [points[..., first + i] for i in range(form.season)]
    else:
        seasonal = [np.zeros_like(level)]
    errors = np.empty((len(columns), *level.shape))
    expected = np.empty_like(errors) if form.relative else errors
    for bucket, actual in enumerate(columns):
        place = bucket % form.season
        index = seasonal[place]
        trend = phi * trend
        base = level + trend
        if multiplicative:
            error = actual - base * index
            correction = error / index
            seasonal[place] = index + gamma * error / base
        else:
            error = correction = actual - base - index
            if form.seasonal:
                seasonal[place] = index + gamma * error
        errors[bucket] = error
        if form.relative:
            expected[bucket] = actual - error
        level = base + alpha * correction
        if form.trend:
            trend = trend + beta * correction
    if form.relative:
        # The logarithm of a forecast that is not above zero makes the whole lane NaN, hence unusable.
        errors *= np.exp(np.log(expected).mean(axis=0)) / expected
    return errors, level, trend, seasonal


def _starts(rows: Floats, form: Form) -> Floats:
    """The best points of a coarse grid, shape (series, starts, coordinates)."""
    count, buckets = rows.shape
    alphas = (0.005, 0.1, 0.3, 0.7, 0.97) if form.relative else (0.05, 0.3, 0.7, 0.9)
    choices: list[tuple[float, ...]] = [alphas]
    choices += [(0.02, 0.2, 0.8)] * form.trend + [(0.8,)] * form.damped + [(0.02, 0.2)] * bool(form.seasonal)
    grid = np.array(list(product(*choices)))
    states: list[Floats] = []
    span = min(buckets, 2 * form.season if form.seasonal else 8)
    head = rows[:, :span]
    indices = seasonal_indices(rows, form.season, form.seasonal) if form.seasonal else np.zeros((count, 1))
    if form.seasonal == "MUL":
        indices = np.maximum(indices, 1e-3)
        head = head / indices[:, np.arange(span) % form.season]
    else:
        head = head - indices[:, np.arange(span) % form.season]
    time = np.arange(span) - (span - 1) / 2
    slope = (head @ time) / (time @ time) if form.trend else np.zeros(count)
    states.append((head.mean(axis=1) - slope * ((span - 1) / 2 + 1))[:, None])
    if form.trend:
        states.append(slope[:, None])
    if form.seasonal:
        states.append(indices)
    state = np.round(np.concatenate(states, axis=1), 9)[:, None, :].repeat(len(grid), axis=1)
    points = np.concatenate([np.broadcast_to(grid, (count, *grid.shape)), state], axis=2)
    errors = _run(rows.T[:, :, None], points, form)[0]
    sse = (errors**2).sum(axis=0)
    sse = np.where(np.isnan(sse), np.inf, sse)
    order = np.argsort(sse, axis=1, kind="stable")[:, :_STARTS]
    if form.relative:
        # Relative errors have more valleys: the best point of every level rate starts a search, too.
        per_alpha = sse.reshape(count, len(alphas), -1)
        order = per_alpha.argmin(axis=2) + np.arange(len(alphas)) * per_alpha.shape[2]
    return np.asarray(np.take_along_axis(points, order[:, :, None], axis=1))


def _promising(rows: Floats, starts: Floats, form: Form, free: int) -> Floats:
    """Where the best searches stand after a few steps, every start left twice: with long steps and with short ones.

    Relative errors have several valleys, and long steps may leap out of the deepest.
    """
    count = len(rows)
    starts = starts.repeat(2, axis=1)
    lanes = starts.shape[1]
    columns = np.repeat(rows, lanes, axis=0).T[:, :, None]
    cautions = np.tile([_BOLD, _CAREFUL], count * lanes // 2)
    points, sse = _refine(columns, starts.reshape(count * lanes, 1, -1), form, free, cautions, _TRIAL)
    sse = np.where(np.isnan(sse), np.inf, sse).reshape(count, lanes)
    order = np.argsort(sse, axis=1, kind="stable")[:, :_STARTS]
    return np.asarray(np.take_along_axis(points.reshape(count, lanes, -1), order[:, :, None], axis=1))


def _refine(
    columns: Floats,
    points: Floats,
    form: Form,
    free: int,
    cautions: Floats | float = _BOLD,
    steps: int = _STEPS,
) -> tuple[Floats, Floats]:
    """Levenberg–Marquardt steps from every point, the first ``free`` coordinates moving.

    With little ``cautions`` the first steps are long, with much they go down the nearest valley.
    A smoothing parameter that is pushed against its bound stays there while the others move.
    """
    points = points.copy()
    errors, slopes = _slopes(columns, points, form, free)
    sse = (errors**2).sum(axis=1)
    caution = np.broadcast_to(cautions, len(points)).copy()
    growth = np.full(len(points), 2.0)
    active = np.isfinite(sse) & np.isfinite(slopes).all(axis=(1, 2))
    floor = 1e-26 * len(columns)
    for _ in range(steps):
        at = np.flatnonzero(active)
        if not len(at):
            break
        step, expected = _step(points[at, 0, :free], errors[at], slopes[at], caution[at], form.rates)
        trial = points[at]
        trial[:, 0, :free] += step
        trial[:, 0, : form.rates] = np.clip(trial[:, 0, : form.rates], _LOW, _HIGH)
        trial_errors, trial_slopes = _slopes(columns[:, at], trial, form, free)
        value = (trial_errors**2).sum(axis=1)
        better = (value < sse[at]) & np.isfinite(trial_slopes).all(axis=(1, 2))
        gain = sse[at] - value
        ratio = np.where(better, np.clip(gain / np.maximum(expected, 1e-300), 0.0, 1.0), 0.0)
        done = (better & (gain < _ENOUGH * sse[at])) | (value < floor) | (caution[at] > 1e9)
        points[at[better]] = trial[better]
        errors[at[better]] = trial_errors[better]
        slopes[at[better]] = trial_slopes[better]
        sse[at[better]] = value[better]
        caution[at] *= np.where(better, np.maximum(1 / 3, 1 - (2 * ratio - 1) ** 3), growth[at])
        caution[at] = np.maximum(caution[at], _LEAST_CAUTION)
        growth[at] = np.where(better, 2.0, 2 * growth[at])
        active[at[done]] = False
    return points, sse


def _slopes(columns: Floats, points: Floats, form: Form, free: int) -> tuple[Floats, Floats]:
    """Errors of each point, (points, buckets), and their derivatives, (points, free, buckets)."""
    lanes = points.repeat(1 + free, axis=1)
    move = np.arange(free)
    # Backwards, so that a smoothing parameter at its upper bound is not pushed over it.
    lanes[:, 1 + move, move] -= _DIFFERENCE
    errors = np.ascontiguousarray(_run(columns, lanes, form)[0].transpose(1, 2, 0))
    base = errors[:, 0].copy()
    return base, (base[:, None, :] - errors[:, 1:]) / _DIFFERENCE


def _step(
    point: Floats, errors: Floats, slopes: Floats, caution: Floats, rates: int
) -> tuple[Floats, Floats]:
    """The damped Gauss–Newton step of every point and the fall in squared errors it promises."""
    # Products one point at a time: a sum that depends on the neighbours would let them lead the search.
    free = slopes.shape[1]
    gradient = (slopes * errors[:, None, :]).sum(axis=2)
    held = np.zeros(gradient.shape, dtype=bool)
    at_low, at_high = point[:, :rates] <= _LOW, point[:, :rates] >= _HIGH
    held[:, :rates] = (at_low & (gradient[:, :rates] > 0)) | (at_high & (gradient[:, :rates] < 0))
    slopes = np.where(held[:, :, None], 0.0, slopes)
    gradient = np.where(held, 0.0, gradient)
    normal = slopes @ slopes.transpose(0, 2, 1)
    weight = np.einsum("rii->ri", normal)
    weight = np.maximum(weight, 1e-8 * weight.max(axis=1, keepdims=True) + 1e-20)
    extra = caution[:, None] * weight + np.where(held, 1.0, 0.0)
    step = -np.linalg.solve(normal + np.eye(free) * extra[:, None, :], gradient[:, :, None])[:, :, 0]
    expected = -(gradient * step).sum(axis=1) + (caution[:, None] * weight * step**2).sum(axis=1)
    return step, expected
