"""Histories without accidents: isolated spikes replaced, gaps filled.

A bucket is a spike where it lies far from what its neighbours and the same buckets of other seasons let
expect, and the buckets beside it do not. Medians make the expectation, so that neither a spike nor a step
in the level bends it. A first look finds the season; the following ones, with the season and the spikes
found so far taken out, see the level to the very ends of the history.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sop_xl.errors import ArgumentError
from sop_xl.forecasting.classes import ADI_LIMIT
from sop_xl.forecasting.history import (
    MAX_BUCKETS,
    Flags,
    Floats,
    Integers,
    as_matrix,
    fill_gaps,
    prepare,
    whole_number,
)

# With fewer buckets nothing can be called unusual.
_SHORTEST = 6
# Buckets on each side of the running median that is the level, where there is no season to span.
_REACH = 3
# A typical deviation below this share of the level is taken as this share.
_CALM = 0.03
# As many unusual buckets side by side are accidents; more are a new level for a while.
_LONGEST = 2
# The last bucket may be the first of a new level: it must be this far away, as a share of the old one.
_LAST = 1.0
# ... or this far below, as a fall is counted: a quarter of it, or less.
_LAST_FALL = 1.0
# Two unusual buckets at an end are alike where they differ by less than so many typical deviations ...
_ALIKE = 8.0
# ... and a new level only where they exceed the old one by less than so many times: a larger leap needs a third.
_LEAP = 4.0
# Looks after the first one.
_LOOKS = 2
# Shares of what is usual below these say nothing: an index to divide by, and how deep a fall can be.
_LEAST_INDEX = 0.2
_DEEPEST = 0.05
# Uneven demand falls to small ratios more often than it rises to large ones.
_FALL = 0.7
# A level below this share of the usual bucket is treated as zero: shares of it say nothing.
_LOW = 0.01
_ROUNDING = 1e-12
_BLOCK = 256


def clean(history: Any, season: int = 12, threshold: float = 8.0) -> Floats:
    """The history with isolated spikes replaced by what was expected, and inner gaps filled.

    Expected is the running median over a season, times (or, where that median is not above zero, plus) the
    median of the same bucket's deviations in the other seasons. A bucket is replaced where its deviation
    exceeds ``threshold`` medians of the series' absolute deviations (3 % of the level where these are
    less), at most one neighbour does so in the same direction, and it stands out from the running median
    as well; a fall counts by 0.7 times the logarithm of its ratio. The new value lies halfway between what
    was expected and the line through the neighbours.

    Left alone: steps in the level, seasonal peaks, trends, intermittent demand (an average interval of
    1.32 buckets or more), series of fewer than six buckets, and a bucket without a counterpart in another
    season. At the end a new level may begin: one last bucket is only replaced where it is more than twice,
    or less than a quarter of, what was expected; two of one size only at five times that or more.

    Args:
        history: units, shape (series, buckets) or (buckets,); NaN or ``None`` where missing.
        season: buckets in a season, 1 (none) to 600.
        threshold: above 0; 8 leaves ordinary data all but untouched.
    Returns:
        Units, same shape; NaN before the first and after the last known bucket.
    Raises:
        ArgumentError: a cell that is not a number, a season out of range, a threshold of zero or less.
        NotDefinedError: a series without any known bucket.
    Source:
        Median absolute deviation: Hampel (1974), Journal of the American Statistical Association 69.

    >>> clean([10, 11, 10, 90, 10, 11, None, 11, 10], season=1)
    array([10. , 11. , 10. , 10.5, 10. , 11. , 11. , 11. , 10. ])
    """
    season = whole_number(season, "season", 1, MAX_BUCKETS)
    if isinstance(threshold, bool) or not isinstance(threshold, (int, float)) or not threshold > 0:
        raise ArgumentError(f"threshold is {threshold!r}.", "Give a number above 0; 8 is usual.")
    raw, single = as_matrix(history, "history")
    prepared = prepare(raw, season)
    found = raw.copy()
    for rows, block in prepared.groups():
        columns = prepared.start[rows, None] + np.arange(block.shape[1])
        known = ~np.isnan(raw[rows[:, None], columns])
        for first in range(0, len(rows), _BLOCK):
            part = slice(first, first + _BLOCK)
            spikes, expected = _spikes(block[part], season, float(threshold))
            where = np.argwhere(spikes & known[part])
            row, column = where[:, 0], where[:, 1]
            found[rows[part][row], columns[part][row, column]] = expected[row, column]
    # Gaps beside a spike are filled once it is gone.
    result = prepare(found, season).values
    return result[0] if single else result


def _spikes(rows: Floats, season: int, threshold: float) -> tuple[Flags, Floats]:
    """Which buckets of complete series are spikes, and what was expected instead."""
    buckets = rows.shape[1]
    if buckets < _SHORTEST:
        return np.zeros(rows.shape, dtype=bool), rows
    largest = np.abs(rows).max(axis=1, keepdims=True)
    unit = rows / np.where(largest > 0, largest, 1.0)
    regular = (rows != 0).mean(axis=1, keepdims=True) * ADI_LIMIT > 1.0
    # The first look is made with a median as long as the season, which ignores it; the second, where the
    # first look's season is taken out, with a short one that follows trends and steps to the very ends.
    level = _running_median(unit, max(_REACH, season // 2))
    calm = np.full((len(rows), 1), _CALM)
    spikes, expected, usual, calm = _look(unit, unit, level, season, threshold, calm)
    tamed = np.where(spikes & regular, expected, unit)
    for _ in range(_LOOKS):
        relative = _relative(tamed, level)
        size = _size(level, relative)
        even = np.where(relative, tamed / np.maximum(1 + usual, _LEAST_INDEX), tamed - usual * size)
        level = _running_median(even, max(_REACH, season // 3 + 1))
        spikes, expected, usual, calm = _look(unit, tamed, level, season, threshold, calm)
        tamed = np.where(spikes & regular, expected, unit)
    expected = np.clip(_beside(unit, spikes & regular, expected, level, usual), -1.0, 1.0) * largest
    expected = np.where(rows.min(axis=1, keepdims=True) >= 0, np.maximum(expected, 0.0), expected)
    return spikes & regular, expected


def _look(
    unit: Floats, tamed: Floats, level: Floats, season: int, threshold: float, calm: Floats
) -> tuple[Flags, Floats, Floats, Floats]:
    """One look at series, against a level and the season of the tamed series.

    Returns:
        Spikes; what was expected; usual deviations; the typical deviation, at least ``calm``, (series, 1).
    """
    relative = _relative(tamed, level)
    size = _size(level, relative)
    apart = (unit - level) / size
    usual, compared = _other_seasons((tamed - level) / size, apart, season)
    # Errors grow with what is expected: those of a peak are measured by the peak.
    deviation = (apart - usual) / np.where(relative, np.maximum(1 + usual, 1.0), 1.0)
    typical = np.maximum(_median(np.abs(deviation))[:, None], calm)
    limit = threshold * typical
    # Demand cannot fall by more than all of it: a fall counts by its ratio, as a rise of that ratio would.
    fallen = np.where(relative, _fall(1 + apart, 1 + usual), deviation)
    deviation = np.where(deviation < 0, np.minimum(fallen, deviation), deviation)
    by_itself = np.where(relative & (apart < 0), np.minimum(_fall(1 + apart, 1.0), apart), apart)
    far = np.where(np.abs(deviation) > limit, np.sign(deviation), 0.0)
    # A spike in another season makes an ordinary bucket look low: it must stand out by itself, too.
    far = np.where(far * by_itself > 0.5 * limit, far, 0.0)
    alone = (far != 0) & (_run_lengths(far) <= _LONGEST)
    # Two of one size at an end may as well be a level of their own.
    for pair in ([-1, -2], [0, 1]):
        nearer, farther = np.sort(deviation[:, pair], axis=1).T
        alike = (farther - nearer) < _ALIKE * typical[:, 0] * np.maximum(1 + farther, 1.0)
        same = (far[:, pair[0]] == far[:, pair[1]]) & alike & (farther < _LEAP)
        alone[:, pair] &= ~same[:, None]
    last = deviation[:, -1]
    alone[:, -1] &= (last > _LAST) | (last < -_LAST_FALL)
    return alone & compared, level + usual * size, usual, typical


def _beside(unit: Floats, spikes: Flags, expected: Floats, level: Floats, usual: Floats) -> Floats:
    """Expected halfway between the level and the straight line through the buckets beside a spike."""
    some = np.flatnonzero(spikes.any(axis=1) & ~spikes.all(axis=1))
    if not len(some):
        return expected
    relative = _relative(expected[some], level[some])
    size = _size(level[some], relative)
    index = np.maximum(1 + usual[some], _LEAST_INDEX)
    even = np.where(relative, unit[some] / index, unit[some] - usual[some] * size)
    line = fill_gaps(np.where(spikes[some], np.nan, even), 1)
    line = np.where(relative, line * index, line + usual[some] * size)
    result = expected.copy()
    result[some] = 0.5 * (expected[some] + line)
    return result


def _relative(unit: Floats, level: Floats) -> Flags:
    """Whether deviations count relative to the level, (series, 1): where it is clearly above zero throughout."""
    least = np.maximum(_LOW * _median(np.abs(unit)), _ROUNDING)[:, None]
    return np.asarray((level > least).all(axis=1, keepdims=True))


def _size(level: Floats, relative: Flags) -> Floats:
    return np.where(relative, level, np.maximum(np.abs(level).mean(axis=1, keepdims=True), _ROUNDING))


def _fall(actual: Floats, expected: Floats | float) -> Floats:
    """How far below the expected, as a part of the logarithm of their ratio; 0 where next to nothing was expected."""
    floor = np.maximum(expected, _LEAST_INDEX)
    fall = _FALL * np.log(np.clip(actual / floor, _DEEPEST, 1.0))
    return np.where(np.asarray(expected) > _LEAST_INDEX, fall, 0.0)


def _run_lengths(signs: Floats) -> Integers:
    """How many equal signs stand side by side, at each of them."""
    buckets = signs.shape[1]
    position = np.arange(buckets)
    starts = np.ones(signs.shape, dtype=bool)
    starts[:, 1:] = signs[:, 1:] != signs[:, :-1]
    ends = np.ones(signs.shape, dtype=bool)
    ends[:, :-1] = starts[:, 1:]
    first = np.maximum.accumulate(np.where(starts, position, 0), axis=1)
    last = np.minimum.accumulate(np.where(ends, position, buckets)[:, ::-1], axis=1)[:, ::-1]
    return np.asarray(last - first + 1)


def _running_median(rows: Floats, reach: int) -> Floats:
    """Median of ``reach`` buckets on either side and the bucket itself.

    Beyond the ends the series goes on as its mirror image through the median of the last five buckets, so
    that a straight line stays straight.
    """
    reach = min(reach, (rows.shape[1] - 1) // 2)
    padded = np.concatenate([_mirror(rows[:, ::-1], reach)[:, ::-1], rows, _mirror(rows, reach)], axis=1)
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1, axis=1)
    return np.asarray(np.partition(windows, reach, axis=2)[:, :, reach])


def _mirror(rows: Floats, reach: int) -> Floats:
    anchor = np.sort(rows[:, -5:], axis=1)[:, 2:3]
    back = rows.shape[1] - 3 - np.arange(3, reach + 3)
    return 2 * anchor - rows[:, np.maximum(back, 0)]


def _other_seasons(tamed: Floats, apart: Floats, season: int) -> tuple[Floats, Flags]:
    """The usual deviation of a bucket: the median of the same bucket in the other seasons.

    With one or two others it is the one nearest to the bucket's own, because one of two may be a spike.
    Also returns which buckets have any other to compare with, shape (buckets,).
    """
    count, buckets = apart.shape
    if season == 1:
        return np.zeros(apart.shape), np.ones(buckets, dtype=bool)
    cycles = -(-buckets // season)
    phases, own = (np.full((count, cycles * season), np.nan) for _ in range(2))
    phases[:, :buckets], own[:, :buckets] = tamed, apart
    phases, own = phases.reshape(count, cycles, season), own.reshape(count, cycles, season)
    usual = np.zeros(phases.shape)
    for cycle in range(cycles):
        others = np.delete(phases, cycle, axis=1)
        usual[:, cycle] = _usual(others, own[:, cycle])
    compared = np.arange(buckets) < buckets - season
    compared |= np.arange(buckets) >= season
    return usual.reshape(count, -1)[:, :buckets], compared


def _usual(others: Floats, own: Floats) -> Floats:
    """Median of the others, (series, others, buckets), or with one or two of them the nearest to one's own."""
    if others.shape[1] == 0:
        return np.zeros(own.shape)
    known = (~np.isnan(others)).sum(axis=1)[:, None, :]
    ordered = np.sort(others, axis=1)  # NaN last
    low = np.take_along_axis(ordered, np.maximum(known - 1, 0) // 2, axis=1)
    high = np.take_along_axis(ordered, np.minimum(known // 2, others.shape[1] - 1), axis=1)
    gap = np.where(np.isnan(others), np.inf, np.abs(others - own[:, None, :]))
    nearest = np.take_along_axis(others, gap.argmin(axis=1)[:, None, :], axis=1)
    return np.nan_to_num(np.where(known > 2, 0.5 * (low + high), nearest)[:, 0])


def _median(rows: Floats) -> Floats:
    ordered = np.sort(rows, axis=1)
    count = rows.shape[1]
    return np.asarray(0.5 * (ordered[:, (count - 1) // 2] + ordered[:, count // 2]))
