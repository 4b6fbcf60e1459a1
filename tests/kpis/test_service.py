import csv
import datetime as dt
import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sop_xl.errors import ArgumentError, NotDefinedError
from sop_xl.kpis import service

NAN = np.nan
LINES = st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500)), min_size=1, max_size=20).filter(
    lambda lines: sum(ordered for ordered, _ in lines) > 0
)
DAYS = st.integers(100, 160)
DELIVERIES = st.lists(
    st.tuples(DAYS, st.one_of(st.none(), DAYS), st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=20
)


@given(LINES)
def test_fill_rate_and_backorder_rate_make_one(lines):
    ordered, shipped = zip(*lines, strict=True)
    rate = service.fill_rate(shipped, ordered)
    assert 0 <= rate <= 1
    assert rate + service.backorder_rate(ordered, shipped) == pytest.approx(1)


def test_a_surplus_on_one_line_fills_no_other():
    assert service.fill_rate([200, 0], [100, 100]) == 0.5


def test_a_line_not_shipped_counts_and_a_line_without_order_does_not():
    assert service.fill_rate([100, NAN, 50], [100, 100, NAN]) == 0.5


@pytest.mark.parametrize("measure", [service.fill_rate, service.backorder_rate])
def test_without_orders_the_rate_is_not_defined(measure):
    with pytest.raises(NotDefinedError, match="Nothing was ordered"):
        measure([0.0, 0.0], [0.0, 0.0])


def test_negative_quantities_are_refused_with_their_place():
    with pytest.raises(ArgumentError, match="shipped is negative in place 2"):
        service.fill_rate([1, -1], [1, 1])


def test_cycle_service():
    assert service.cycle_service([0, 3, 0, NAN, 0]) == 0.75
    with pytest.raises(NotDefinedError):
        service.cycle_service([NAN])


class TestOnTime:
    def test_public_delivery_history(self):
        # Supply Chain Management System delivery history (US government, 2006-2015): 10,324 order lines,
        # scheduled and delivered dates; 1,186 delivered after the scheduled date.
        with gzip.open(Path(__file__).with_name("scms_delivery_dates.csv.gz"), "rt") as file:
            rows = np.array([[float(cell) for cell in row] for row in list(csv.reader(file))[1:]])
        assert len(rows) == 10324
        rate = service.on_time(rows[:, 0], rows[:, 1])
        assert rate == pytest.approx(0.88512, abs=1e-5)
        assert round((1 - rate) * len(rows)) == 1186

    def test_open_lines_are_late_once_past_due(self):
        promised, delivered = [10, 10, 30], [10, NAN, NAN]
        assert service.on_time(promised, delivered, as_of=10) == 1
        assert service.on_time(promised, delivered, as_of=11) == 0.5
        assert service.on_time(promised, delivered, as_of=31) == pytest.approx(1 / 3)

    def test_without_as_of_the_latest_delivery_is_today(self):
        assert service.on_time([10, 10, 30], [20, NAN, NAN]) == 0
        with pytest.raises(NotDefinedError, match="No order line is due"):
            service.on_time([10, 20], [NAN, NAN])

    def test_a_delivery_after_as_of_has_not_happened(self):
        assert service.on_time([10, 20], [9, 19], as_of=15) == 1
        assert service.on_time([10, 20], [12, 19], as_of=11) == 0

    def test_grace_and_time_of_day(self):
        assert service.on_time([10], [12], grace_days=2) == 1
        assert service.on_time([10], [13], grace_days=2) == 0
        assert service.on_time([10.0], [10.9]) == 1

    @pytest.mark.parametrize(
        "kind",
        [
            lambda day: dt.date(2026, 1, day),
            lambda day: dt.datetime(2026, 1, day, 15, 30),
            lambda day: np.datetime64(dt.date(2026, 1, day)),
            lambda day: 46022.0 + day,
            lambda day: pd.Timestamp(2026, 1, day),
        ],
    )
    def test_dates_of_every_kind(self, kind):
        assert service.on_time([kind(10), kind(12)], [kind(9), kind(14)], as_of=kind(31)) == 0.5

    def test_missing_dates_of_every_kind(self):
        promised = np.array(["2026-01-10", "2026-01-10", "NaT"], "datetime64[D]")
        delivered = np.array(["2026-01-10", "NaT", "2026-01-10"], "datetime64[D]")
        assert service.on_time(promised, delivered, as_of=dt.date(2026, 2, 1)) == 0.5
        assert service.on_time([dt.date(2026, 1, 1)] * 2, [pd.NaT, None], as_of=dt.date(2026, 2, 1)) == 0

    def test_what_is_not_a_date_is_refused(self):
        with pytest.raises(ArgumentError, match="promised holds 'soon'"):
            service.on_time(np.array(["soon", None], object), [1, 2])
        with pytest.raises(ArgumentError, match="grace_days is negative"):
            service.on_time([1], [1], grace_days=-1)

    @given(DELIVERIES, DAYS, st.integers(0, 20), st.integers(0, 20))
    def test_grace_only_helps_and_in_full_is_harder(self, lines, as_of, grace, more):
        promised, delivered, ordered, came = (list(column) for column in zip(*lines, strict=True))
        delivered = [NAN if day is None else day for day in delivered]
        try:
            strict = service.on_time(promised, delivered, as_of, grace)
        except NotDefinedError:
            with pytest.raises(NotDefinedError):
                service.otif(promised, delivered, ordered, came, as_of, grace)
            return
        assert 0 <= service.otif(promised, delivered, ordered, came, as_of, grace) <= strict <= 1
        assert service.otif(promised, delivered, came, came, as_of, grace) == strict
        everything = [day <= as_of for day in delivered]
        if all(everything):
            assert service.on_time(promised, delivered, as_of, grace + more) >= strict


def test_otif_needs_the_ordered_quantity():
    with pytest.raises(ArgumentError, match="ordered is missing in place 2"):
        service.otif([10, 10], [9, 9], [5, NAN], [5, 5])
    assert service.otif([10, 10], [9, 9], [5, 5], [5, NAN]) == 0.5
