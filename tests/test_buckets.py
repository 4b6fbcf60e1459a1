"""Buckets: the calendar cut into months, weeks and quarters, and the horizon laid over it."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sop_xl.buckets import (
    BUCKET_TYPES,
    Bucket,
    BucketType,
    Horizon,
    bucket_of,
    bucket_type,
    shift,
    working_days,
)
from sop_xl.errors import ArgumentError

DAYS = st.dates(date(1990, 1, 1), date(2099, 12, 31))
KINDS = st.sampled_from(BUCKET_TYPES)
STEPS = st.integers(-300, 300)
STARTS = st.integers(1, 12)
HORIZONS = st.builds(
    Horizon,
    current=DAYS,
    length=st.integers(1, 60),
    past=st.integers(0, 6),
    kind=KINDS,
    fiscal_start=STARTS,
    frozen=st.integers(0, 4),
    firm=st.integers(0, 4),
)


@pytest.mark.parametrize(
    ("kind", "start", "end"),
    [
        ("month", date(2028, 2, 1), date(2028, 2, 29)),
        ("week", date(2028, 2, 28), date(2028, 3, 5)),
        ("quarter", date(2028, 1, 1), date(2028, 3, 31)),
    ],
)
def test_a_leap_day_falls_into(kind: BucketType, start: date, end: date) -> None:
    assert bucket_of(date(2028, 2, 29), kind) == Bucket(end, start)


def test_weeks_run_across_the_end_of_a_year() -> None:
    assert bucket_of(date(2026, 12, 31), "week") == bucket_of(date(2027, 1, 3), "week")


@given(DAYS, KINDS)
def test_a_day_lies_in_its_bucket_and_in_no_neighbour(day: date, kind: BucketType) -> None:
    bucket = bucket_of(day, kind)
    assert day in bucket
    assert day not in shift(bucket, 1, kind)
    assert day not in shift(bucket, -1, kind)
    assert bucket_of(bucket.start, kind) == bucket_of(bucket.end, kind) == bucket


@given(DAYS, KINDS, STARTS)
def test_buckets_tile_the_calendar(day: date, kind: BucketType, fiscal_start: int) -> None:
    bucket = bucket_of(day, kind, fiscal_start)
    assert day in bucket
    assert shift(bucket, 1, kind, fiscal_start).start == bucket.end + timedelta(1)
    assert shift(bucket, -1, kind, fiscal_start).end == bucket.start - timedelta(1)


@given(DAYS, STARTS)
def test_four_quarters_fill_a_fiscal_year(day: date, fiscal_start: int) -> None:
    quarter = bucket_of(day, "quarter", fiscal_start)
    run = [shift(quarter, i, "quarter", fiscal_start) for i in range(4)]
    assert [bucket.start.month for bucket in run].count(fiscal_start) == 1
    assert run[-1].end.replace(day=1) == bucket_of(quarter.start - timedelta(1)).start.replace(
        year=(quarter.start - timedelta(1)).year + 1
    )


@given(DAYS, KINDS, STEPS, STEPS)
def test_shifting_twice_is_shifting_by_the_sum(day: date, kind: BucketType, first: int, second: int) -> None:
    bucket = bucket_of(day, kind)
    assert shift(shift(bucket, first, kind), second, kind) == shift(bucket, first + second, kind)
    assert shift(bucket, 0, kind) == bucket


@given(HORIZONS)
def test_a_horizon_is_a_run_of_neighbours(horizon: Horizon) -> None:
    buckets = horizon.buckets
    assert len(buckets) == horizon.past + 1 + horizon.length
    assert buckets == horizon.closed + horizon.planned
    assert horizon.current in horizon.planned[0]
    for before, after in pairwise(buckets):
        assert after.start == before.end + timedelta(1)


@given(HORIZONS)
def test_a_position_is_found_for_every_planned_day_and_for_no_other(horizon: Horizon) -> None:
    for i, bucket in enumerate(horizon.planned):
        assert horizon.position(bucket.start) == horizon.position(bucket.end) == i
    assert horizon.position(horizon.planned[0].start - timedelta(1)) is None
    assert horizon.position(horizon.planned[-1].end + timedelta(1)) is None


@given(HORIZONS, st.integers(0, 60))
def test_history_ends_where_the_plan_begins(horizon: Horizon, count: int) -> None:
    history = horizon.history(count)
    assert len(history) == count
    assert [*history, *horizon.planned] == [
        shift(horizon.planned[0], i, horizon.kind, horizon.fiscal_start)
        for i in range(-count, horizon.length + 1)
    ]


@given(HORIZONS)
def test_quarters_and_years_hold_every_planned_bucket_once_and_in_order(horizon: Horizon) -> None:
    everything = list(range(len(horizon.planned)))
    assert (horizon.quarters() == []) == (horizon.kind == "quarter")
    for groups in (horizon.quarters(), horizon.years()):
        if not groups:
            continue
        assert [place for _, places in groups for place in places] == everything
        assert len({label for label, _ in groups}) == len(groups)
        assert not any(label.endswith("*") for label, _ in groups[1:-1])


@given(HORIZONS)
def test_an_unmarked_year_or_quarter_is_whole(horizon: Horizon) -> None:
    if horizon.kind != "month":
        return
    for groups, size in ((horizon.quarters(), 3), (horizon.years(), 12)):
        for label, places in groups:
            assert (len(places) == size) == (not label.endswith("*")), label


def test_calendar_quarters_and_years_of_eighteen_months() -> None:
    horizon = Horizon(date(2026, 11, 15), length=18)
    assert horizon.quarters() == [
        ("Q4 26*", [0, 1]),
        ("Q1 27", [2, 3, 4]),
        ("Q2 27", [5, 6, 7]),
        ("Q3 27", [8, 9, 10]),
        ("Q4 27", [11, 12, 13]),
        ("Q1 28", [14, 15, 16]),
        ("Q2 28*", [17, 18]),
    ]
    assert [(label, len(places)) for label, places in horizon.years()] == [
        ("FY 2026*", 2),
        ("FY 2027", 12),
        ("FY 2028*", 5),
    ]


def test_a_fiscal_year_that_starts_in_july_is_named_by_the_year_it_ends_in() -> None:
    horizon = Horizon(date(2026, 7, 1), length=11, fiscal_start=7)
    assert horizon.years() == [("FY 2027", list(range(12)))]
    assert [label for label, _ in horizon.quarters()] == ["Q1 27", "Q2 27", "Q3 27", "Q4 27"]
    assert horizon.fiscal_year(bucket_of(date(2026, 6, 30))) == 2026


def test_quarters_begin_with_the_fiscal_year() -> None:
    horizon = Horizon(date(2026, 11, 15), length=7, kind="quarter", fiscal_start=2)
    assert horizon.planned[0] == Bucket(date(2027, 1, 31), date(2026, 11, 1))
    assert horizon.fiscal_quarter(horizon.planned[0]) == 4
    assert horizon.years() == [("FY 2027*", [0]), ("FY 2028", [1, 2, 3, 4]), ("FY 2029*", [5, 6, 7])]


def test_a_plan_inside_one_quarter_is_marked_as_part_of_it() -> None:
    assert Horizon(date(2026, 2, 1), length=0).quarters() == [("Q1 26*", [0])]


def test_status_runs_from_actual_to_plan() -> None:
    horizon = Horizon(date(2026, 11, 1), length=4, past=2, frozen=1, firm=2)
    assert [horizon.status(bucket) for bucket in horizon.buckets] == [
        *["Actual"] * 2,
        "Frozen",
        *["Firm"] * 2,
        *["Plan"] * 2,
    ]


def test_per_year() -> None:
    assert [Horizon(date(2026, 1, 1), kind=kind).per_year for kind in BUCKET_TYPES] == [12, 52, 4]


def test_a_company_calendar_comes_before_mondays_to_fridays() -> None:
    buckets = Horizon(date(2026, 2, 1), length=1).planned
    assert working_days(buckets, {}) == [20.0, 22.0]
    assert working_days(buckets, {buckets[1].end: 17.5}) == [20.0, 17.5]


@pytest.mark.parametrize(
    ("word", "kind"), [("Monthly", "month"), (" WEEKS ", "week"), (None, "month"), ("Quarterly", "quarter")]
)
def test_bucket_types_are_read_as_planners_write_them(word: object, kind: str) -> None:
    assert bucket_type(word) == kind


@pytest.mark.parametrize("word", ["day", "4-4-5", 7])
def test_an_unknown_bucket_type_is_refused_by_name(word: object) -> None:
    with pytest.raises(ArgumentError, match=repr(word)) as refused:
        bucket_type(word)
    assert "month, week, quarter" in refused.value.remedy
