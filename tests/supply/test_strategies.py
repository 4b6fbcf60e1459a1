import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sop_xl.errors import ArgumentError, NoAnswerError
from sop_xl.supply import inventory, strategies

SHAPES = st.tuples(st.integers(1, 4), st.integers(1, 8))
WHOLE = st.integers(0, 1000).map(float)


def plans(count):
    return SHAPES.flatmap(lambda shape: st.tuples(*[hnp.arrays(float, shape, elements=WHOLE)] * count))


class TestBuildPlan:
    @given(plans(2), st.integers(-500, 2000))
    def test_ends_at_target_or_above_without_supply(self, plan, opening):
        demand, target = plan
        supply = strategies.build_plan(opening, demand, target)
        ending = inventory.projected_inventory(opening, supply, demand)
        assert (supply >= 0).all()
        assert np.array_equal(ending[supply > 0], target[supply > 0])
        assert (ending >= target).all()

    def test_target_per_series(self):
        assert strategies.build_plan([10, 0], [[5, 5], [5, 5]], [5, 1]).tolist() == [[0, 5], [6, 5]]

    def test_target_of_another_shape_is_refused(self):
        with pytest.raises(ArgumentError, match="target is 3 and the plan is 2 × 2"):
            strategies.build_plan(0, [[1, 2], [3, 4]], [1, 2, 3])


class TestLevelPlan:
    def test_arnold_make_to_stock(self):
        # Arnold, Chapman, Clive, Introduction to Materials Management, level make-to-stock plan.
        demand = [110, 120, 130, 120, 120]
        supply = strategies.level_plan(100, demand, 80)
        assert supply.tolist() == [116] * 5
        assert supply.sum() == 580
        assert inventory.projected_inventory(100, supply, demand).tolist() == [106, 102, 88, 84, 80]

    @given(plans(1), st.integers(0, 500), st.integers(0, 2000))
    def test_stock_ends_where_wanted(self, plan, opening, above):
        (demand,) = plan
        ending = opening + above
        supply = strategies.level_plan(opening, demand, ending)
        final = inventory.projected_inventory(opening, supply, demand)[:, -1]
        assert final == pytest.approx(np.full(len(demand), float(ending)), abs=1e-6)

    @given(plans(1), st.integers(0, 500), st.integers(0, 500))
    def test_backlog_ends_where_wanted(self, plan, above, ending):
        (orders,) = plan
        production = strategies.level_plan(ending + above, orders, ending, "backlog")
        final = inventory.backlog(ending + above, orders, production)[:, -1]
        assert final == pytest.approx(np.full(len(orders), float(ending)), abs=1e-6)

    def test_a_rate_below_zero_has_no_answer(self):
        with pytest.raises(NoAnswerError, match=r"would be -350 in row 2"):
            strategies.level_plan([0, 1000], [[100, 100], [100, 100]], [0, 100])
        assert strategies.level_rate([0, 1000], [[100, 100], [100, 100]], [0, 100]).tolist() == [100, -350]

    def test_an_unknown_kind_lists_the_words(self):
        with pytest.raises(ArgumentError, match="STOCK, BACKLOG"):
            strategies.level_plan(0, [[1]], 0, "STOK")


def test_chase_follows_demand_and_never_produces_less_than_nothing():
    assert strategies.chase_plan([[80, 0, -5]]).tolist() == [[80, 0, 0]]


class TestBuildToBacklog:
    @given(plans(2), st.integers(0, 500))
    def test_book_is_at_target_or_below_without_production(self, plan, opening):
        orders, target = plan
        production = strategies.build_to_backlog(opening, orders, target)
        book = inventory.backlog(opening, orders, production)
        assert np.array_equal(book[production > 0], target[production > 0])
        assert (book <= target)[production == 0].all()
        assert (book >= 0).all()

    def test_never_builds_what_nobody_ordered(self):
        assert strategies.build_to_backlog(10, [[5]], -100).tolist() == [[15]]
        assert strategies.build_to_backlog(-10, [[5]], 0).tolist() == [[0]]


class TestMasterSchedule:
    def test_stevenson_pumps(self):
        # Stevenson, Operations Management, master scheduling example: lots of 70, 64 on hand.
        plan = strategies.mps(64, [[30, 30, 30, 30, 40, 40, 40, 40]], [[33, 20, 10, 4, 2, 0, 0, 0]], 70)
        assert plan.on_hand.tolist() == [[31, 1, 41, 11, 41, 1, 31, 61]]
        assert plan.receipts.tolist() == [[0, 0, 70, 0, 70, 0, 70, 70]]
        promise = plan.available_to_promise
        assert promise[~np.isnan(promise)].tolist() == [11, 56, 68, 70, 70]
        assert np.isnan(promise[0, [1, 3, 5]]).all()

    @given(plans(2), st.integers(0, 500), st.integers(1, 300), st.integers(0, 200))
    def test_balance_safety_lots_and_promises(self, plan, opening, lot, safety):
        forecast, orders = plan
        found = strategies.mps(opening, forecast, orders, lot, safety)
        used = np.maximum(forecast, orders)
        assert np.array_equal(found.on_hand, inventory.projected_inventory(opening, found.receipts, used))
        assert (found.on_hand >= safety).all()
        assert (np.mod(found.receipts, lot) == 0).all()
        late = found.receipts > 0
        assert (found.on_hand[late] < safety + lot).all()
        # Every unit on hand or received is promised or available, once.
        total = np.nansum(found.available_to_promise, axis=1)
        assert np.array_equal(total, opening + found.receipts.sum(axis=1) - orders.sum(axis=1))

    def test_one_lot_can_be_too_little(self):
        assert strategies.mps(0, [[100]], [[0]], 30).receipts.tolist() == [[120]]

    def test_fractional_lots_do_not_round_up_noise(self):
        plan = strategies.mps(0, [[0.1, 0.2, 0.3]], [[0, 0, 0]], 0.1)
        assert plan.receipts == pytest.approx(np.array([[0.1, 0.2, 0.3]]))

    @pytest.mark.parametrize("lot", [0, -1, [10, 0]])
    def test_a_lot_must_be_above_zero(self, lot):
        with pytest.raises(ArgumentError, match="lot_size"):
            strategies.mps(0, [[1], [1]], [[0], [0]], lot)
