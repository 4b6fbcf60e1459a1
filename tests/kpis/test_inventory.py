import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sop_xl.errors import ArgumentError, NotDefinedError
from sop_xl.kpis import inventory


class TestInventoryTurns:
    def test_pepsico(self):
        # Heizer, Render, Operations Management, PepsiCo example: 14.2 and 1.69 billion dollars, one year.
        turns = inventory.inventory_turns(14.2, 1.69, buckets_per_year=1)
        assert turns == pytest.approx(8.4, abs=0.01)
        assert 52 / turns == pytest.approx(6.19, abs=0.01)

    def test_months_are_annualised_and_families_added(self):
        assert inventory.inventory_turns([[10, 20], [30, 40]], [[100, 100, 100], [50, 150, 100]]) == 3

    def test_months_not_known_yet_are_left_out(self):
        assert inventory.inventory_turns([100, 120, np.nan], [110, 110, np.nan]) == 12

    @pytest.mark.parametrize("stock", [0, -5, [np.nan, np.nan]])
    def test_without_inventory_not_defined(self, stock):
        with pytest.raises(NotDefinedError):
            inventory.inventory_turns([1, 2], stock)

    def test_families_must_match(self):
        with pytest.raises(ArgumentError, match="same families"):
            inventory.inventory_turns([[1], [2]], [[1], [2], [3]])
        with pytest.raises(ArgumentError, match="buckets_per_year"):
            inventory.inventory_turns([1], [1], 0)


class TestAging:
    def test_brackets_end_at_their_limits(self):
        as_of = dt.date(2026, 1, 31)
        received = [as_of - dt.timedelta(days=age) for age in (0, 30, 31, 60, 365, 366)]
        found = inventory.inventory_aging(received, [1, 2, 4, 8, 16, 32], as_of)
        assert [line.bracket for line in found] == [
            "0-30", "31-60", "61-90", "91-180", "181-365", "over 365",
        ]  # fmt: skip
        assert [line.value for line in found] == [3, 12, 0, 0, 16, 32]

    @given(
        st.lists(st.tuples(st.one_of(st.none(), st.integers(1, 2000)), st.integers(1, 99)), min_size=1),
        st.lists(st.integers(1, 900), min_size=1, max_size=6, unique=True).map(sorted),
    )
    def test_nothing_disappears(self, lots, limits):
        received = [np.nan if day is None else float(day) for day, _ in lots]
        found = inventory.inventory_aging(received, [value for _, value in lots], 2000, limits)
        assert sum(line.value for line in found) == sum(value for _, value in lots)
        assert sum(line.share for line in found) == pytest.approx(1)
        undated = sum(value for day, value in lots if day is None)
        assert [line.value for line in found if line.bracket == "no date"] == ([undated] if undated else [])

    @pytest.mark.parametrize(
        ("received", "limits", "message"),
        [
            ([101], [30], "receipt_dates is after as_of in place 1"),
            ([50], [30, 30], "limits do not rise"),
            ([50], [], "limits do not rise"),
        ],
    )
    def test_nonsense_is_refused(self, received, limits, message):
        with pytest.raises(ArgumentError, match=message):
            inventory.inventory_aging(received, [1], 100, limits)

    def test_without_stock_not_defined(self):
        with pytest.raises(NotDefinedError):
            inventory.inventory_aging([50], [0], 100)


class TestExcessObsolete:
    @given(st.lists(st.tuples(st.integers(-50, 99), st.integers(0, 99), st.integers(0, 9)), min_size=1))
    def test_every_unit_is_needed_excess_or_obsolete(self, items):
        stock, demand, cost = (np.array(column, float) for column in zip(*items, strict=True))
        found = inventory.excess_obsolete(stock, demand, cost)
        used = np.minimum(np.maximum(stock, 0), demand) * cost
        assert np.array_equal(used + found.excess + found.obsolete, np.maximum(stock, 0) * cost)
        assert not ((found.excess > 0) & (found.obsolete > 0)).any()

    def test_demand_may_come_by_bucket(self):
        found = inventory.excess_obsolete([100, 50], [[30, 30], [0, 0]], 2)
        assert (found.excess.tolist(), found.obsolete.tolist()) == ([80, 0], [0, 100])

    def test_one_row_of_demand_per_item(self):
        with pytest.raises(ArgumentError, match="horizon_demand is 3"):
            inventory.excess_obsolete([1, 2], [1, 2, 3], 1)


def test_cash_to_cash():
    # SCOR AM.1.1: days of inventory + days of sales - days of payables.
    assert inventory.cash_to_cash(45, 30, 40) == 35
