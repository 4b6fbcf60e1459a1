"""Buckets: the dated slices a plan is made of.

A bucket is named by its last day. Months follow the calendar, weeks run Monday to Sunday, quarters begin with the
fiscal year.
A :class:`Horizon` is the row of buckets of one planning view: a few closed ones, the current one, and
those still to come.
"""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Literal

from sop_xl.errors import ArgumentError

BucketType = Literal["month", "week", "quarter"]
BUCKET_TYPES: tuple[BucketType, ...] = ("month", "week", "quarter")
BUCKETS_PER_YEAR: dict[BucketType, int] = {"month": 12, "week": 52, "quarter": 4}
Status = Literal["Actual", "Frozen", "Firm", "Plan"]


@dataclass(frozen=True, order=True)
class Bucket:
    """One slice of time, first and last day included."""

    end: date
    start: date

    def __contains__(self, day: date) -> bool:
        return self.start <= day <= self.end

    @property
    def working_days(self) -> int:
        """Mondays to Fridays in the bucket; a company's own calendar overrides this number.

        >>> bucket_of(date(2026, 2, 1), "month").working_days
        20
        """
        return sum((self.start + timedelta(i)).weekday() < 5 for i in range((self.end - self.start).days + 1))


def bucket_of(day: date, kind: BucketType = "month", fiscal_start: int = 1) -> Bucket:
    """The bucket that a day falls into.

    Args:
        kind: bucket type.
        fiscal_start: first month of the fiscal year, 1 to 12; quarters are counted from it.

    >>> bucket_of(date(2026, 11, 23), "month").end
    datetime.date(2026, 11, 30)
    >>> bucket_of(date(2026, 11, 23), "week").end
    datetime.date(2026, 11, 29)
    >>> bucket_of(date(2026, 11, 23), "quarter").start
    datetime.date(2026, 10, 1)
    >>> bucket_of(date(2026, 11, 23), "quarter", fiscal_start=2).end
    datetime.date(2027, 1, 31)
    """
    if kind == "month":
        return Bucket(_month_end(day.year, day.month), day.replace(day=1))
    if kind == "week":
        monday = day - timedelta(day.weekday())
        return Bucket(monday + timedelta(6), monday)
    if kind == "quarter":
        first = _months(day) - (day.month - fiscal_start) % 3
        start, last = _month(first), _month(first + 2)
        return Bucket(_month_end(last.year, last.month), start)
    raise ArgumentError(f"Unknown bucket type {kind!r}.", f"Use one of {', '.join(BUCKET_TYPES)}.")


def shift(bucket: Bucket, count: int, kind: BucketType, fiscal_start: int = 1) -> Bucket:
    """The bucket ``count`` later (earlier when negative); ``kind`` and ``fiscal_start`` as of `bucket_of`.

    >>> shift(bucket_of(date(2026, 1, 31)), -2, "month").end
    datetime.date(2025, 11, 30)
    """
    if kind == "week":
        return bucket_of(bucket.start + timedelta(7 * count), kind)
    months = _months(bucket.start) + count * (1 if kind == "month" else 3)
    return bucket_of(_month(months), kind, fiscal_start)


def _months(day: date) -> int:
    return day.year * 12 + day.month - 1


def _month(number: int) -> date:
    return date(number // 12, number % 12 + 1, 1)


def _month_end(year: int, month: int) -> date:
    return date(year, month, calendar.monthrange(year, month)[1])


@dataclass(frozen=True)
class Horizon:
    """The buckets of a plan: ``past`` closed ones, the current one, then ``length`` to come.

    Args:
        current: any day in the current bucket, the first one that is planned.
        length: buckets after the current one.
        past: closed buckets shown before it.
        kind: bucket type.
        fiscal_start: first month of the fiscal year, 1 to 12.
        frozen: planned buckets, from the current one on, that are frozen.
        firm: planned buckets after those that are firm.
    """

    current: date
    length: int = 18
    past: int = 3
    kind: BucketType = "month"
    fiscal_start: int = 1
    frozen: int = 1
    firm: int = 2

    def bucket_of(self, day: date) -> Bucket:
        """The bucket that a day falls into, of the kind of this horizon."""
        return bucket_of(day, self.kind, self.fiscal_start)

    @cached_property
    def buckets(self) -> tuple[Bucket, ...]:
        """All buckets, oldest first."""
        return self._run(-self.past, self.length + 1)

    @property
    def planned(self) -> tuple[Bucket, ...]:
        """The current bucket and those after it; every plan array has one column for each."""
        return self.buckets[self.past :]

    @property
    def closed(self) -> tuple[Bucket, ...]:
        """The closed buckets shown before the current one."""
        return self.buckets[: self.past]

    @property
    def per_year(self) -> int:
        """Buckets in a year."""
        return BUCKETS_PER_YEAR[self.kind]

    @cached_property
    def _position(self) -> dict[date, int]:
        return {bucket.end: i for i, bucket in enumerate(self.planned)}

    def position(self, day: date) -> int | None:
        """Column of a day among the planned buckets, or None outside them."""
        return self._position.get(self.bucket_of(day).end)

    def history(self, count: int) -> tuple[Bucket, ...]:
        """The ``count`` closed buckets before the current one, oldest first."""
        return self._run(-count, 0)

    def _run(self, first: int, stop: int) -> tuple[Bucket, ...]:
        current = self.bucket_of(self.current)
        return tuple(shift(current, i, self.kind, self.fiscal_start) for i in range(first, stop))

    def words(self, bucket: Bucket) -> str:
        """A bucket in a sentence.

        >>> weeks = Horizon(date(2026, 11, 2), kind="week")
        >>> Horizon(date(2026, 11, 1)).words(bucket_of(date(2026, 11, 1))), weeks.words(weeks.planned[0])
        ('Nov 2026', 'the week to 8 Nov 2026')
        >>> quarters = Horizon(date(2026, 11, 1), kind="quarter", fiscal_start=4)
        >>> quarters.words(quarters.planned[0])
        'Q3 2027'
        """
        if self.kind == "month":
            return f"{bucket.end:%b %Y}"
        if self.kind == "week":
            return f"the week to {bucket.end.day} {bucket.end:%b %Y}"
        return f"Q{self.fiscal_quarter(bucket)} {self.fiscal_year(bucket)}"

    def tick(self, bucket: Bucket) -> str:
        """A bucket below a chart.

        >>> horizon = Horizon(date(2026, 11, 1), kind="quarter")
        >>> horizon.tick(horizon.planned[0])
        'Q4 26'
        """
        if self.kind == "month":
            return f"{bucket.end:%b %y}"
        if self.kind == "week":
            return f"{bucket.end.day} {bucket.end:%b}"
        return f"Q{self.fiscal_quarter(bucket)} {self.fiscal_year(bucket) % 100:02d}"

    def status(self, bucket: Bucket) -> Status:
        """Actual, Frozen, Firm or Plan."""
        position = self._position.get(bucket.end)
        if position is None:
            return "Actual"
        if position < self.frozen:
            return "Frozen"
        return "Firm" if position < self.frozen + self.firm else "Plan"

    def fiscal_year(self, bucket: Bucket) -> int:
        """The fiscal year a bucket ends in, named by the calendar year in which that year ends.

        >>> Horizon(date(2026, 11, 1), fiscal_start=7).fiscal_year(bucket_of(date(2026, 11, 1)))
        2027
        """
        moved = self.fiscal_start > 1 and bucket.end.month >= self.fiscal_start
        return bucket.end.year + int(moved)

    def fiscal_quarter(self, bucket: Bucket) -> int:
        """Quarter of the fiscal year, 1 to 4."""
        return ((bucket.end.month - self.fiscal_start) % 12) // 3 + 1

    def quarters(self) -> list[tuple[str, list[int]]]:
        """Fiscal quarters of the planned buckets: label and positions; a partial one is marked with ``*``.

        None where the buckets are quarters themselves.
        """
        if self.kind == "quarter":
            return []
        return self._groups(lambda b: f"Q{self.fiscal_quarter(b)} {self.fiscal_year(b) % 100:02d}")

    def years(self) -> list[tuple[str, list[int]]]:
        """Fiscal years of the planned buckets: label and positions; a partial one is marked with ``*``."""
        return self._groups(lambda b: f"FY {self.fiscal_year(b)}")

    def _groups(self, label: object) -> list[tuple[str, list[int]]]:
        assert callable(label)
        groups: dict[str, list[int]] = {}
        for i, bucket in enumerate(self.planned):
            groups.setdefault(label(bucket), []).append(i)
        # A group is whole when its neighbours on both sides belong to other groups.
        before, after = (
            shift(bucket, count, self.kind, self.fiscal_start)
            for bucket, count in ((self.planned[0], -1), (self.planned[-1], 1))
        )
        partial = {label(before), label(after)}
        return [(f"{name}*" if name in partial else name, places) for name, places in groups.items()]


def bucket_type(word: object) -> BucketType:
    """Read a bucket type as planners write it: month, Monthly, WEEK ...

    >>> bucket_type("Monthly")
    'month'
    """
    text = str(word or "month").strip().lower()
    for kind in BUCKET_TYPES:
        if text == kind or text in (f"{kind}ly", f"{kind}s"):
            return kind
    raise ArgumentError(f"Unknown bucket type {word!r}.", f"Use one of {', '.join(BUCKET_TYPES)}.")


def working_days(buckets: Sequence[Bucket], calendar_days: dict[date, float]) -> list[float]:
    """Working days of each bucket: the company calendar where it says something, else Monday to Friday."""
    return [float(calendar_days.get(bucket.end, bucket.working_days)) for bucket in buckets]
