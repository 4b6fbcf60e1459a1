"""Dated lines in buckets, and the published plans kept in tblPlan."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

import numpy as np

from sop_xl.buckets import Horizon
from sop_xl.checks import Rows
from sop_xl.model import Array
from sop_xl.workbook import tables
from sop_xl.workbook.codes import Codes, key_of

#: Version of the lines in tblPlan that are not published yet.
DRAFT = "DRAFT"


def age_of(version: str) -> tuple[str, int]:
    """What sorts the versions of a cycle by their age.

    >>> sorted(["2026-11.10", "2026-11.9", "2026-11"], key=age_of)
    ['2026-11', '2026-11.9', '2026-11.10']
    """
    name, point, number = version.rpartition(".")
    return (name, int(number)) if point and number.isdecimal() else (version, 0)


def spread(
    lines: Iterable[tuple[int, date, float | None]],
    horizon: Horizon,
    ends: Mapping[date, int],
    shape: tuple[int, int],
) -> Array:
    """Sum dated lines into buckets; NaN where there is no line."""
    result = np.full(shape, np.nan)
    for row, day, value in lines:
        column = ends.get(horizon.bucket_of(day).end)
        if row >= 0 and column is not None and value is not None:
            before = result[row, column]
            result[row, column] = value if np.isnan(before) else before + value
    return result


class Snapshots:
    """Published plans kept in tblPlan, by version.

    A version belongs to the cycle of its earliest bucket; the age of its line in buckets is the lag.
    """

    def __init__(self, rows: Rows, horizon: Horizon, codes: Codes) -> None:
        self.horizon, self.height = horizon, len(codes.family)
        self.lines: dict[tuple[str, str], list[tuple[int, date, Any, Any]]] = {}
        self.first: dict[str, date] = {}
        for version, measure, family, day, quantity, value in zip(
            *(rows[header] for header in tables.PLAN.headers), strict=True
        ):
            if version is None or version == DRAFT or day is None:
                continue
            end = horizon.bucket_of(day).end
            self.first[version] = min(end, self.first.get(version, end))
            row = codes.family.get(key_of(family), -1)
            self.lines.setdefault((version, key_of(measure)), []).append((row, end, quantity, value))

    def previous(self) -> str | None:
        """The latest version of an earlier cycle."""
        current = self.horizon.planned[0].end
        earlier = [version for version, end in self.first.items() if end < current]
        return max(earlier, key=lambda version: (self.first[version], age_of(version)), default=None)

    def by_age(self) -> list[str]:
        """All versions: of those of one cycle, the last comes last."""
        return sorted(self.first, key=age_of)

    def of(self, version: str | None, measure: str, which: int, ends: Mapping[date, int]) -> Array:
        """Units (which = 0) or money (1) of one version, (families, ends)."""
        lines = self.lines.get((version or "", measure), [])
        return spread(
            ((r, end, (q, v)[which]) for r, end, q, v in lines), self.horizon, ends, (self.height, len(ends))
        )

    def at_lag(self, measure: str, lag: int, ends: Mapping[date, int]) -> tuple[Array, Array]:
        """Units and money that were forecast ``lag`` buckets ahead, (families, ends) each."""
        order = sorted(self.first.values())
        units, money = (np.full((self.height, len(ends)), np.nan) for _ in range(2))
        position = _positions(self.horizon, [*order, *ends])
        for version in self.by_age():
            start = self.first[version]
            lines = [
                line
                for line in self.lines.get((version, measure), [])
                if line[1] in ends and position[line[1]] - position[start] == lag
            ]
            for row, end, quantity, value in lines:
                if row >= 0:
                    units[row, ends[end]] = np.nan if quantity is None else quantity
                    money[row, ends[end]] = np.nan if value is None else value
        return units, money


def _positions(horizon: Horizon, ends: Iterable[date]) -> dict[date, int]:
    """Running number of buckets, so that ages can be subtracted."""
    count: Callable[[date], int]
    if horizon.kind == "week":
        count = lambda end: end.toordinal() // 7  # noqa: E731
    else:
        months = 1 if horizon.kind == "month" else 3
        count = lambda end: (end.year * 12 + end.month) // months  # noqa: E731
    return {end: count(end) for end in ends}
