"""Exponential smoothing by the book: the planner gives the parameters, and the start if wanted.

level[t]        = α·(y[t] without season) + (1 − α)·(level[t−1] + φ·trend[t−1])
trend[t]        = β·(level[t] − level[t−1]) + (1 − β)·φ·trend[t−1]
seasonal[t + m] = γ·(y[t] − level[t], or y[t] ÷ level[t]) + (1 − γ)·seasonal[t]

Without β there is no trend, without γ no season. Nothing is optimised, rounded or held above zero, so
that every figure of a textbook table comes out.

A state before the first bucket that is not given is the static estimate from the whole history:

* the line is the least-squares line through the centred moving averages over one season; through
  the history itself where there is no season, and less its given seasonals where it is shorter than two;
* seasonals: the history less (ADD) or divided by (MUL) the line, averaged by position in the season;
* trend: the slope of the line;
* level: the height of the line one bucket before the first; without a trend, its mean height.

Where the trend is given, the line has that slope.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sop_xl.errors import ArgumentError, NoAnswerError, NotDefinedError
from sop_xl.forecasting.history import MAX_BUCKETS, Floats, as_matrix, prepare, whole_number

KINDS = ("ADD", "MUL")


@dataclass(frozen=True)
class Smoothed:
    """What the recursion left behind, one entry per series.

    Attributes:
        ahead: forecasts of the buckets after the last known one, units, shape (series, horizon).
        fitted: the forecast of each bucket made one bucket before, NaN outside the known buckets, units,
            shape (series, buckets).
        level: units after the last known bucket, without season, shape (series,).
        trend: units per bucket after the last known bucket; 0 without trend, shape (series,).
        seasonals: units (ADD) or ratios (MUL) of the ``season`` buckets to come; neutral without
            season, shape (series, season).
    """

    ahead: Floats
    fitted: Floats
    level: Floats
    trend: Floats
    seasonals: Floats


def smooth(
    history: Any,
    alpha: float,
    beta: float | None = None,
    gamma: float | None = None,
    season: int = 1,
    phi: float = 1.0,
    level: Any = None,
    trend: Any = None,
    seasonals: Any = None,
    kind: str = "ADD",
    horizon: int = 1,
) -> Smoothed:
    """Smooth each series with given parameters and forecast it.

    Args:
        history: units, shape (series, buckets) or (buckets,); NaN or ``None`` where missing. Inner
            gaps are filled as in :func:`sop_xl.forecasting.history.fill_gaps`.
        alpha: smoothing of the level, 0 to 1.
        beta: smoothing of the trend, 0 to 1; ``None`` for no trend.
        gamma: smoothing of the season, 0 to 1; ``None`` for no season.
        season: buckets in a season; more than 1 exactly where ``gamma`` is given.
        phi: damping of the trend per bucket, above 0 to 1.
        level: units before the first bucket, one or one per series; ``None``: see the module.
        trend: units per bucket before the first bucket, likewise.
        seasonals: one season, in the order of the first buckets, shape (season,) or (series, season);
            units for ADD, ratios for MUL.
        kind: ``"ADD"`` or ``"MUL"``, how the season is applied.
        horizon: buckets to forecast, 1 to 600.
    Returns:
        The :class:`Smoothed`.
    Raises:
        ArgumentError: a cell that is not a number; a season without ``gamma``, a trend without
            ``beta``, or the other way round; a start of the wrong size.
        NoAnswerError: a parameter out of its range; a multiplicative season that meets a zero.
        NotDefinedError: a series without any known bucket, or with fewer than two seasons while
            ``seasonals`` are not given.
    Source:
        Chopra and Meindl, Supply Chain Management, ch. 7 (static start; simple, Holt, Winters);
        Gardner and McKenzie (1985), Management Science 31 (damping).

    >>> smooth([180, 168, 159, 175], 0.1, level=175).fitted.round(2)
    array([[175.  , 175.5 , 174.75, 173.18]])
    """
    alpha = _share(alpha, "alpha")
    beta = None if beta is None else _share(beta, "beta")
    gamma = None if gamma is None else _share(gamma, "gamma")
    phi = _share(phi, "phi")
    if phi == 0:
        raise NoAnswerError("phi is 0.", "Give a damping above 0; leave beta out for no trend.")
    season = whole_number(season, "season", 1, MAX_BUCKETS)
    horizon = whole_number(horizon, "horizon", 1, MAX_BUCKETS)
    kind = kind.strip().upper() if isinstance(kind, str) else kind
    if kind not in KINDS:
        raise ArgumentError(f"kind is {kind!r}.", "Use one of ADD, MUL.")
    _fits_together(beta, gamma, season, phi, trend, seasonals)
    prepared = prepare(history, season)
    count, buckets = prepared.values.shape
    levels, trends = _start(level, "level", count), _start(trend, "trend", count)
    indices = _start_seasonals(seasonals, count, season)
    multiplicative = kind == "MUL"
    result = Smoothed(
        np.empty((count, horizon)),
        np.full((count, buckets), np.nan),
        np.empty(count),
        np.zeros(count),
        np.full((count, season), 1.0 if multiplicative else 0.0),
    )
    rates = (alpha, beta, gamma, phi)
    with np.errstate(all="ignore"):
        for rows, block in prepared.groups():
            # In the unit of each series, so that neither the smallest nor the largest floats are left.
            start = [part[rows] for part in (levels, trends, indices)]
            scale = _magnitude(block, start if not multiplicative else start[:2])[:, None]
            start = [start[0] / scale, start[1] / scale, start[2] / (1.0 if multiplicative else scale)]
            states = _initial(block / scale, start, season, multiplicative, beta is not None, rows)
            fitted, states = _run(block / scale, states, rates, multiplicative)
            columns = prepared.start[rows, None] + np.arange(block.shape[1])
            result.fitted[rows[:, None], columns] = fitted * scale
            result.ahead[rows] = _ahead(states, phi, horizon, multiplicative) * scale
            result.level[rows], result.trend[rows] = states[0] * scale[:, 0], states[1] * scale[:, 0]
            result.seasonals[rows] = states[2] * (1.0 if multiplicative else scale)
    _finite(result, multiplicative)
    return result


States = tuple[Floats, Floats, Floats]


def _run(
    block: Floats,
    states: States,
    rates: tuple[float, float | None, float | None, float],
    multiplicative: bool,
) -> tuple[Floats, States]:
    """One-step forecasts and the states after the last bucket; the seasonals of the next bucket first."""
    alpha, beta, gamma, phi = rates
    level, trend, seasonals = states[0], states[1], states[2].copy()
    season = seasonals.shape[1]
    fitted = np.empty_like(block)
    for bucket in range(block.shape[1]):
        actual, place = block[:, bucket], bucket % season
        index = seasonals[:, place]
        before, damped = level, phi * trend
        base = before + damped
        fitted[:, bucket] = base * index if multiplicative else base + index
        plain = actual / index if multiplicative else actual - index
        level = alpha * plain + (1 - alpha) * base
        if beta is not None:
            trend = beta * (level - before) + (1 - beta) * damped
        if gamma is not None:
            now = actual / level if multiplicative else actual - level
            seasonals[:, place] = gamma * now + (1 - gamma) * index
    return fitted, (level, trend, np.roll(seasonals, -(block.shape[1] % season), axis=1))


def _ahead(states: States, phi: float, horizon: int, multiplicative: bool) -> Floats:
    level, trend, seasonals = states
    step = np.arange(horizon)
    line = level[:, None] + np.cumsum(phi ** (step + 1.0)) * trend[:, None]
    indices = seasonals[:, step % seasonals.shape[1]]
    return line * indices if multiplicative else line + indices


def _initial(
    block: Floats, start: list[Floats], season: int, multiplicative: bool, with_trend: bool, rows: Any
) -> States:
    """The given states, and the static estimate where they are NaN."""
    level, trend, seasonals = start[0][:, 0], start[1][:, 0], start[2]
    buckets = block.shape[1]
    if season == 1:
        seasonals = np.full((len(block), 1), 1.0 if multiplicative else 0.0)
    smooth_line, first = _without_season(block, seasonals, multiplicative)
    if np.isnan(seasonals).any():
        if buckets < 2 * season:
            raise NotDefinedError(
                f"Row {rows[0] + 1} of history knows {buckets} buckets, fewer than two seasons.",
                "Give the seasonals, or a longer history.",
            )
        height, slope = _line(smooth_line, first)
        line = height[:, None] + slope[:, None] * np.arange(1, buckets + 1)
        parts = block / line if multiplicative else block - line
        seasonals = np.stack([parts[:, place::season].mean(axis=1) for place in range(season)], axis=1)
    slope = _line(smooth_line, first)[1] if with_trend else np.zeros(len(block))
    trend = np.where(np.isnan(trend), slope, trend)
    best = smooth_line.mean(axis=1) - trend * (first + (smooth_line.shape[1] - 1) / 2)
    return np.where(np.isnan(level), best, level), trend, seasonals


def _without_season(block: Floats, seasonals: Floats, multiplicative: bool) -> tuple[Floats, int]:
    """What the line is laid through, and the number of its first bucket, counted from 1."""
    season, buckets = seasonals.shape[1], block.shape[1]
    if season > 1 and buckets >= 2 * season:
        window = np.full(season + 1 - season % 2, 1 / season)
        if season % 2 == 0:
            window[[0, -1]] /= 2
        views = np.lib.stride_tricks.sliding_window_view(block, len(window), axis=1)
        return np.asarray((views * window).sum(axis=2)), len(window) // 2 + 1
    index = seasonals[:, np.arange(buckets) % season]
    return (block / index if multiplicative else block - index), 1


def _line(values: Floats, first: int) -> tuple[Floats, Floats]:
    """Least-squares height at bucket 0 and slope; ``values`` start at bucket ``first``."""
    time = np.arange(values.shape[1]) - (values.shape[1] - 1) / 2
    slope = (values * time).sum(axis=1) / max(float(time @ time), 1e-300)
    return values.mean(axis=1) - slope * (first + (values.shape[1] - 1) / 2), slope


def _magnitude(block: Floats, start: list[Floats]) -> Floats:
    sizes = [np.abs(part).max(axis=1) for part in (block, *(np.nan_to_num(part) for part in start))]
    # A power of two, so that scaling rounds nothing.
    return np.asarray(np.exp2(np.minimum(np.frexp(np.max(sizes, axis=0))[1], 1023)))


def _share(value: Any, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
        raise ArgumentError(f"{name} is {value!r}.", "Give a number from 0 to 1.")
    if not 0 <= value <= 1:
        raise NoAnswerError(f"{name} is {value:g}.", "Give a number from 0 to 1.")
    return float(value)


def _fits_together(
    beta: float | None, gamma: float | None, season: int, phi: float, trend: Any, seasonals: Any
) -> None:
    if beta is None and (trend is not None or phi != 1):
        given = "trend" if trend is not None else "phi"
        raise ArgumentError(f"{given} is given without beta.", "Give beta; 0 keeps the trend as it starts.")
    if gamma is None and (season > 1 or seasonals is not None):
        given = "seasonals are" if seasonals is not None else "season is"
        raise ArgumentError(
            f"{given} given without gamma.", "Give gamma; 0 keeps the seasonals as they start."
        )
    if gamma is not None and season < 2:
        raise ArgumentError("gamma is given without a season.", "Give the buckets in a season, 2 or more.")


def _start(values: Any, name: str, count: int) -> Floats:
    """One start value per series as a column, NaN where not given."""
    if values is None:
        return np.full((count, 1), np.nan)
    cells, _ = as_matrix(values, name)
    if cells.size not in (1, count) or 1 not in cells.shape:
        raise ArgumentError(
            f"{name} is {cells.shape[0]} × {cells.shape[1]} cells for {count} series.",
            "Give one number, or one per series.",
        )
    return np.broadcast_to(cells.reshape(-1, 1), (count, 1)).copy()


def _start_seasonals(values: Any, count: int, season: int) -> Floats:
    if values is None:
        return np.full((count, season), np.nan)
    cells, _ = as_matrix(values, "seasonals")
    if cells.shape == (season, 1):
        cells = cells.T
    if cells.shape not in ((1, season), (count, season)) or np.isnan(cells).any():
        raise ArgumentError(
            f"seasonals are {cells.shape[0]} × {cells.shape[1]} cells for {count} series.",
            f"Give {season} numbers in a row, for all series or for each.",
        )
    return np.broadcast_to(cells, (count, season)).copy()


def _finite(result: Smoothed, multiplicative: bool) -> None:
    sound = np.isfinite(result.ahead).all(axis=1) & np.isfinite(result.level) & np.isfinite(result.trend)
    if not sound.all():
        row = int(np.flatnonzero(~sound)[0]) + 1
        if multiplicative:
            raise NoAnswerError(
                f"A level or a seasonal of row {row} of history is 0, and cannot be divided by.",
                'Use kind "ADD", or start from other seasonals.',
            )
        raise NoAnswerError(f"Row {row} of history grows too large for a number.", "Check the units.")
