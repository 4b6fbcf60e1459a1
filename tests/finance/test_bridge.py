import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sop_xl.errors import ArgumentError
from sop_xl.finance.bridge import variance_bridge

AMOUNTS = st.one_of(st.just(0.0), st.floats(1e-6, 1e6))
ITEMS = st.integers(1, 5).flatmap(
    lambda items: st.tuples(*[hnp.arrays(float, (items, 2), elements=AMOUNTS)] * 4)
)


@given(ITEMS)
def test_parts_add_up_exactly_to_actual_less_plan(items):
    plan_qty, plan_price, actual_qty, actual_price = items
    found = variance_bridge(plan_qty, plan_price, actual_qty, actual_price)
    assert found.volume + found.mix + found.price == found.total
    planned, sold = (plan_qty * plan_price).sum(), (actual_qty * actual_price).sum()
    scale = planned + sold + abs(found.volume) + abs(found.mix) + abs(found.price) + 1
    assert abs(found.total - (sold - planned)) <= 1e-9 * scale


@given(ITEMS, st.floats(0.5, 2))
def test_only_volume_where_everything_sells_alike(items, factor):
    quantity, price, _, _ = items
    found = variance_bridge(quantity, price, quantity * factor, price)
    assert (found.mix, found.price) == (0, 0)


@given(ITEMS)
def test_only_price_where_quantities_are_as_planned(items):
    quantity, old, _, new = items
    found = variance_bridge(quantity, old, quantity, new)
    scale = (quantity * old).sum() + 1
    assert found.volume == pytest.approx(0, abs=1e-9 * scale)
    assert found.mix == 0
    assert found.price == pytest.approx((quantity * (new - old)).sum(), abs=1e-9 * scale)


def test_a_shift_to_cheaper_products_is_mix():
    found = variance_bridge([100, 100], [10, 20], [150, 50], [10, 20])
    assert found == (0, -500, 0, -500)


def test_a_new_item_has_no_planned_price():
    found = variance_bridge([100, np.nan], [10, np.nan], [100, 20], [10, 50])
    assert found.price == 0
    assert found.total == 1000


def test_an_item_that_was_not_sold_has_no_actual_price():
    found = variance_bridge([100, 20], [10, 50], [100, np.nan], [10, np.nan])
    assert (found.price, found.total) == (0, -1000)


def test_nothing_planned_is_all_volume():
    assert variance_bridge([0, 0], [10, 20], [5, 5], [11, 20]) == (150, 0, 5, 155)


def test_a_quantity_without_a_price_is_refused():
    with pytest.raises(ArgumentError, match="actual_price is missing in place 2"):
        variance_bridge([1, 1], [1, 1], [1, 1], [1, np.nan])


def test_shapes_must_match():
    with pytest.raises(ArgumentError, match="actual_qty is 3 and plan_qty is 2"):
        variance_bridge([1, 1], 1, [1, 1, 1], 1)
