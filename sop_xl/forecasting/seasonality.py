"""Seasonal indices of a history, and the test whether there is a season at all."""

from __future__ import annotations

import numpy as np

from sop_xl.forecasting.history import Flags, Floats, Integers, own_buckets, starts_of


def seasonal_indices(rows: Floats, season: int, kind: str = "ADD", starts: Integers | None = None) -> Floats:
    """Seasonal indices fitted together with a straight line, shrunk towards no season.

    Multiplicative indices are fitted to the logarithms. The indices are shrunk by 1 − (noise variance
    ÷ variance of the indices), as James and Stein do, so that a series without a season gets indices
    that are all but neutral. Whatever the line does not follow counts as noise; in M-competition data
    that made better forecasts than a centred moving average, whose few ratios flatter the season.
    Fewer than two seasons: neutral.

    Args:
        rows: units, shape (series, buckets), complete; above zero for ``"MUL"``.
        season: buckets in a season.
        kind: ``"ADD"`` (indices are added, mean 0) or ``"MUL"`` (multiplied, mean 1).
        starts: column of the first bucket of each series, shape (series,); ``None``: the first. What stands
            before it does not count.
    Returns:
        Indices by position in the season, position 0 being that of the first column; (series, season).
    Source:
        Miller and Williams (2003), International Journal of Forecasting 19: shrinkage of seasonal factors.

    >>> seasonal_indices(np.tile([10.0, 20, 30, 40], (1, 4)), 4, "MUL").round(2)
    array([[0.4, 0.8, 1.2, 1.6]])
    """
    count, buckets = rows.shape
    multiplicative = kind == "MUL"
    neutral = np.full((count, season), 1.0 if multiplicative else 0.0)
    if season < 2 or buckets < 2 * season:
        return neutral
    starts = starts_of(starts, rows)
    lengths = buckets - starts
    known = own_buckets(starts, buckets)
    values = np.log(np.where(known, rows, 1.0)) if multiplicative else rows * known
    indices = _shrink(*_deviations(values, known, season))
    if multiplicative:
        ratios = np.exp(indices)
        indices = ratios / ratios.mean(axis=1, keepdims=True)
    return np.where((lengths >= 2 * season)[:, None], indices, neutral)


def has_season(rows: Floats, season: int) -> Flags:
    """Whether the means of the positions in the season differ more than chance allows (1 %).

    An analysis of variance on square roots, which calms the spread of small counts and of zeros.

    Args:
        rows: units, not negative, shape (series, buckets).
        season: buckets in a season.
    Returns:
        One flag per series, shape (series,); never true with fewer than two seasons.
    Source:
        One-way analysis of variance; normal approximation of F by Paulson (1942).

    >>> has_season(np.array([[0.0, 0, 9] * 5, [0, 4, 0, 0, 4, 0, 0, 0, 4, 0, 0, 0, 0, 0, 4]]), 3)
    array([ True, False])
    """
    count, buckets = rows.shape
    if season < 2 or buckets < 2 * season:
        return np.zeros(count, dtype=bool)
    roots = np.sqrt(rows)
    sizes = np.bincount(np.arange(buckets) % season, minlength=season).astype(float)
    means = _by_position(roots, season) / sizes
    between = (sizes * (means - roots.mean(axis=1, keepdims=True)) ** 2).sum(axis=1)
    within = ((roots - means[:, np.arange(buckets) % season]) ** 2).sum(axis=1)
    free_between, free_within = season - 1, buckets - season
    floor = 1e-12 * np.maximum(between, 1e-300)
    ratio = (between / free_between) / np.maximum(within / free_within, floor)
    a, b = 2.0 / (9 * free_between), 2.0 / (9 * free_within)
    third = np.cbrt(ratio)
    score = ((1 - b) * third - (1 - a)) / np.sqrt(b * third**2 + a)
    return np.asarray((score > 2.33) & (between > 0))


def seasonal_profile(rows: Floats, season: int) -> Floats:
    """What each position in the season sells, relative to the mean: for demand with many zeros.

    Means by position, shrunk like :func:`seasonal_indices`. Nothing is divided by a moving average,
    which may be zero here, so an off-season without any demand keeps its zero.

    Args:
        rows: units, not negative and not all zero, whole seasons, shape (series, n x season).
        season: buckets in a season.
    Returns:
        Ratios with mean 1, shape (series, season).

    >>> seasonal_profile(np.array([[0.0, 0, 9, 0, 0, 9]]), 3)
    array([[0., 0., 3.]])
    """
    cycles = rows.reshape(len(rows), -1, season)
    mean = rows.mean(axis=1, keepdims=True)
    indices = cycles.mean(axis=1) - mean
    free = max((cycles.shape[1] - 1) * season, 1)
    noise = ((cycles - cycles.mean(axis=1, keepdims=True)) ** 2).sum(axis=(1, 2)) / free / cycles.shape[1]
    profile = np.maximum(_shrink(indices, noise) / mean + 1, 0.0)
    return np.asarray(profile / profile.mean(axis=1, keepdims=True))


def _by_position(rows: Floats, season: int) -> Floats:
    """Sum of the buckets at each position in the season, shape (series, season)."""
    count, buckets = rows.shape
    padded = np.zeros((count, -(-buckets // season) * season))
    padded[:, :buckets] = rows
    return np.asarray(padded.reshape(count, -1, season).sum(axis=1))


def _deviations(values: Floats, known: Flags, season: int) -> tuple[Floats, Floats]:
    """Indices around a straight line fitted jointly, and the noise variance of one index.

    Values are zero where they are not known. A series of fewer than two seasons gets some finite answer.
    """
    position = np.arange(values.shape[1]) % season
    sizes = np.maximum(_by_position(known.astype(float), season), 1.0)
    time = np.arange(float(values.shape[1])) * known
    means, time_means = _by_position(values, season) / sizes, _by_position(time, season) / sizes
    centred = (values - means[:, position]) * known
    time_centred = (time - time_means[:, position]) * known
    slope = (centred * time_centred).sum(axis=1) / np.maximum((time_centred**2).sum(axis=1), 1.0)
    indices = means - slope[:, None] * time_means
    free = np.maximum(known.sum(axis=1) - season - 1, 1)
    noise = ((centred - slope[:, None] * time_centred) ** 2).sum(axis=1) / free
    return indices - indices.mean(axis=1, keepdims=True), noise / sizes.mean(axis=1)


def _shrink(indices: Floats, noise: Floats) -> Floats:
    """Deviations around zero, multiplied by the share of their variance that is not noise."""
    season = indices.shape[1]
    variance = (indices**2).sum(axis=1) / (season - 1)
    weight = max(season - 3, 1) / (season - 1)
    share = noise * weight / np.maximum(variance, 1e-30)
    return np.asarray(np.maximum(0.0, 1.0 - share)[:, None] * indices)
