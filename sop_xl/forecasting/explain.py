"""Why a forecast is what it is, in words and figures a planner can check."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sop_xl.errors import ArgumentError, NoAnswerError, NotDefinedError
from sop_xl.forecasting.auto import SHORT, branches, launch
from sop_xl.forecasting.backtest import backtest
from sop_xl.forecasting.box_jenkins import SEASONAL_STRENGTH, seasonal_strength
from sop_xl.forecasting.classes import demand_class
from sop_xl.forecasting.combination import MEMBERS, mix
from sop_xl.forecasting.engine import method_name
from sop_xl.forecasting.history import MAX_BUCKETS, Floats, as_matrix, prepare, whole_number
from sop_xl.forecasting.seasonality import seasonal_indices, seasonal_profile

ORIGINS = 6
LAGS = 6
# Seasons, and least buckets, in which a trend is looked for: an older one says little about the next.
TREND_SEASONS = 3
TREND_BUCKETS = 12

_LOG_FLOOR = 0.01
_WEAK_STRENGTH = 0.3
# A simple forecast that counts less is not named.
_LEAST_SHARE = 0.05
# Standard errors by which a slope differs from none; errors of demand are not independent, so more than two.
_CLEAR_SLOPE = 3.0

_CHOSEN = {
    "NAIVE": "the last value is repeated",
    "SEASONAL_NAIVE": "the last season is repeated",
    "MEAN": "the mean of the whole history",
    "MOVING_AVERAGE": "the mean of the last three buckets",
    "SES": "the level is smoothed, without trend or season",
    "HOLT": "level and trend are smoothed, and the trend goes on unchanged",
    "HOLT_DAMPED": "level and trend are smoothed, and the trend fades out",
    "HOLT_WINTERS": "level, trend and an added season are smoothed",
    "HOLT_WINTERS_MUL": "level, trend and a multiplied season are smoothed",
    "ETS": "of up to fifteen smoothing models the one with the best information criterion",
    "THETA": "the level without season is smoothed and follows half the long trend",
    "ARIMA": "the autoregressive model with the best information criterion",
    "CROSTON": "smoothed demand size divided by the smoothed interval between demands",
    "SBA": "Croston's demand rate, less its bias",
    "TSB": "smoothed demand size times the smoothed chance of a demand",
    "IMAPA": "the demand rate, averaged over several bucket sizes",
    "EXCEL_ETS": "level, trend and an added season are smoothed, as Excel's own forecast does",
}


@dataclass(frozen=True)
class Explanation:
    """What is known about each forecast, one entry per series; figures are NaN where not defined.

    Attributes:
        classes: demand class, as in :func:`sop_xl.forecasting.classes.demand_class`.
        methods: what AUTO did, or the method asked for.
        reasons: why, in a sentence.
        wmape: of the backtest, a fraction.
        mase: of the backtest; below 1 beats repeating the season before.
        bias: of the backtest, a fraction; positive is over-forecasting.
        value_added: WMAPE of the seasonal naive forecast less WMAPE, in the backtest.
        trend: units per bucket, over the last three seasons (at least 12 buckets) without season.
        strength: of the season, 0 to 1, the share of the variation around the trend that it explains.
    """

    classes: list[str]
    methods: list[str]
    reasons: list[str]
    wmape: Floats
    mase: Floats
    bias: Floats
    value_added: Floats
    trend: Floats
    strength: Floats


def explain(history: Any, season: int = 12, method: str = "AUTO") -> Explanation:
    """Explain the forecast of each series.

    The backtest forecasts the last six known buckets again, each from all of the six origins before
    them that know at least four buckets.

    Args:
        history: units, shape (series, buckets) or (buckets,); NaN or ``None`` where missing.
        season: buckets in a season.
        method: as in :func:`sop_xl.forecasting.engine.forecast`.
    Returns:
        The :class:`Explanation`.
    Raises:
        ArgumentError: as :func:`sop_xl.forecasting.engine.forecast`.
        NotDefinedError: a series without any known bucket.
    Source:
        Tashman (2000), International Journal of Forecasting 16 (rolling origins); Wang, Smith, Hyndman
        (2006), Data Mining and Knowledge Discovery 13 (strength of a season).

    >>> done = explain([[0, 0, 5, 0, 0, 5, 0, 0, 5, 0, 0, 6]], season=3)
    >>> done.methods, done.reasons[0][:60]
    (['SEASONAL_PROFILE'], 'Zero in 67 % of the buckets, with a clear season: the totals')
    """
    word = method_name(method)
    season = whole_number(season, "season", 1, MAX_BUCKETS)
    raw, _ = as_matrix(history, "history")
    classes = demand_class(raw).names.tolist()
    prepared = prepare(raw, season)
    back = backtest(raw, LAGS, season, word, ORIGINS, SHORT)
    count = len(raw)
    methods, reasons = [""] * count, [""] * count
    trend, strength = np.full(count, np.nan), np.full(count, np.nan)
    for rows, block in prepared.groups():
        # Powers of two, so that scaling rounds nothing.
        sizes = np.exp2(np.minimum(np.frexp(np.abs(block).max(axis=1))[1], 1023))
        for row, values, size in zip(rows.tolist(), block / sizes[:, None], sizes, strict=True):
            known = values[launch(values[None])[0] :] if word == "AUTO" else values
            slope, clear = _slope(known, season)
            # Rounded, because the digits behind differ between processors.
            trend[row] = np.round(slope, 12) * size
            if 1 < season <= len(known) // 2:
                strength[row] = np.round(seasonal_strength(known, season), 12)
            shape = _shape(strength[row], slope if clear else 0.0)
            if word == "AUTO":
                methods[row], reasons[row] = _automatic(known, season, shape)
                if len(known) < len(values):
                    reasons[row] += f" The {len(values) - len(known)} zeros before the launch are left out."
            else:
                methods[row] = word
                reasons[row] = f"Chosen by you: {_CHOSEN[word]}. The history has {shape}."
    with np.errstate(over="ignore", invalid="ignore"):
        figures = [back.wmape(), back.mase(), back.bias(), back.value_added()]
    wmape, mase, bias, added = (np.where(np.isfinite(values), values, np.nan) for values in figures)
    return Explanation(classes, methods, reasons, wmape, mase, bias, added, trend, strength)


def indices(history: Any, season: int = 12, kind: str = "MUL") -> Floats:
    """Seasonal indices of each series, shrunk towards no season as far as they may be chance.

    Multiplicative ones of a history with zeros are ratios of means; else a straight line and the
    indices are fitted together, to the logarithms for ``"MUL"``.

    Args:
        history: units, shape (series, buckets) or (buckets,); NaN or ``None`` where missing.
        season: buckets in a season, 2 to 600.
        kind: ``"MUL"`` (ratios, mean 1) or ``"ADD"`` (units, mean 0).
    Returns:
        Indices in the order of the buckets from the first column on, whether a series is known there
        or starts later; shape (series, season).
    Raises:
        ArgumentError: a cell that is not a number, a season out of range, an unknown kind.
        NoAnswerError: ratios of a history with a negative value, or without any demand.
        NotDefinedError: a series with fewer than two seasons.
    Source:
        :func:`sop_xl.forecasting.seasonality.seasonal_indices` and
        :func:`sop_xl.forecasting.seasonality.seasonal_profile`.

    >>> indices([10, 20, 30, 40] * 3, 4).round(2)
    array([[0.4, 0.8, 1.2, 1.6]])
    """
    season = whole_number(season, "season", 2, MAX_BUCKETS)
    word = kind.strip().upper() if isinstance(kind, str) else kind
    if word not in ("MUL", "ADD"):
        raise ArgumentError(f"kind is {kind!r}.", "Use one of MUL, ADD.")
    prepared = prepare(history, season)
    result = np.empty((len(prepared.values), season))
    for rows, block in prepared.groups():
        buckets = block.shape[1]
        if buckets < 2 * season:
            raise NotDefinedError(
                f"Row {rows[0] + 1} of history knows {buckets} buckets, fewer than two seasons of {season}.",
                "Give a longer history, or the season that fits.",
            )
        largest = np.abs(block).max(axis=1, keepdims=True)
        unit = block / np.where(largest > 0, largest, 1.0)
        added = word == "ADD"
        found = seasonal_indices(unit, season) * largest if added else _ratios(unit, season, rows.tolist())
        place = (np.arange(season) - prepared.start[rows, None]) % season
        result[rows] = np.take_along_axis(found, place, axis=1)
    return result


def _ratios(unit: Floats, season: int, rows: list[int]) -> Floats:
    low, high = unit.min(axis=1), unit.max(axis=1)
    for wrong, problem in ((low < 0, "is negative in a bucket"), (high <= 0, "has no demand")):
        if wrong.any():
            row = rows[int(wrong.argmax())] + 1
            raise NoAnswerError(f"Row {row} of history {problem}.", 'Ratios are not defined; use kind "ADD".')
    found = np.empty((len(unit), season))
    positive = low > _LOG_FLOOR * unit.mean(axis=1)
    if positive.any():
        found[positive] = seasonal_indices(unit[positive], season, "MUL")
    if not positive.all():
        # The profile is made of whole seasons and starts where the incomplete first one ends.
        over = unit.shape[1] % season
        found[~positive] = np.roll(seasonal_profile(unit[~positive, over:], season), over, axis=1)
    return found


def _automatic(known: Floats, season: int, shape: str) -> tuple[str, str]:
    """What AUTO does with a history, and why."""
    buckets = len(known)
    branch = str(branches(known[None], season)[0])
    zeros = f"Zero in {(known == 0).mean():.0%} of the buckets".replace("%", " %")
    shape = f"{shape[0].upper()}{shape[1:]}"
    match branch:
        case "SHORT":
            reason = f"Only {buckets} known bucket{'s' * (buckets > 1)}: half the last value, half the mean."
        case "CONSTANT":
            reason = "The same value in every bucket: it is repeated."
        case "SEASONAL_PROFILE":
            reason = (
                f"{zeros}, with a clear season: "
                "the totals of the seasons are smoothed and spread by the season's profile."
            )
        case "IMAPA":
            reason = f"{zeros} and no clear season: the demand rate, averaged over several bucket sizes."
        case "SES":
            reason = (
                f"Less than one season known ({buckets} of {season} buckets): "
                "the level is smoothed, without trend or season."
            )
        case "COMBINATION":
            reason = f"{shape}: a mix of {_mixed(known, season)}."
        case _:
            branch = "COMBINATION"
            reason = (
                f"{shape}, and values at or below zero: "
                "the average of two smoothing models, damped trend and season, and Theta."
            )
    return branch, reason


def _mixed(known: Floats, season: int) -> str:
    """The simple forecasts that count for at least a twentieth, the largest share first."""
    shares = mix(known[None] / np.abs(known).mean(), season)[0].round(2)
    order = [member for member in np.argsort(-shares, kind="stable") if shares[member] >= _LEAST_SHARE]
    return ", ".join(f"{MEMBERS[member]} ({100 * shares[member]:.0f} %)" for member in order)


def _shape(strength: float, slope: float) -> str:
    if np.isnan(strength):
        season = "too few seasons to see one"
    elif strength >= SEASONAL_STRENGTH:
        season = "a strong season"
    elif strength >= _WEAK_STRENGTH:
        season = "a weak season"
    else:
        season = "no clear season"
    line = "no clear trend" if slope == 0 else "a rising trend" if slope > 0 else "a falling trend"
    return f"{season} and {line}"


def _slope(known: Floats, season: int) -> tuple[float, bool]:
    """Least-squares slope of the last seasons without season, and whether it is clear; NaN for one bucket."""
    if 1 < season <= len(known) // 2:
        known = known - seasonal_indices(known[None], season)[0, np.arange(len(known)) % season]
    recent = known[-max(TREND_SEASONS * season, TREND_BUCKETS) :]
    count = len(recent)
    if count < 2:
        return np.nan, False
    time = np.arange(count) - (count - 1) / 2
    squares = float(time @ time)
    slope = float(recent @ time) / squares
    rest = recent - recent.mean() - slope * time
    error = np.sqrt(float(rest @ rest) / max(count - 2, 1) / squares)
    # A difference of rounding is no trend.
    return slope, count >= SHORT and abs(slope) > max(_CLEAR_SLOPE * error, 1e-9)
