import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sop_xl.errors import ArgumentError
from sop_xl.finance import valuation

WHOLE = st.integers(0, 1000).map(float)
PLANS = hnp.arrays(float, (3, 4), elements=WHOLE)


def test_price_may_be_one_per_family_or_per_cell():
    plan = [[10, 20], [5, 5]]
    assert valuation.plan_value(plan, 2).tolist() == [[20, 40], [10, 10]]
    assert valuation.plan_value(plan, [3, 10]).tolist() == [[30, 60], [50, 50]]
    assert valuation.plan_value(plan, [[1, 2], [3, 4]]).tolist() == [[10, 40], [15, 20]]


def test_price_of_another_shape_is_refused():
    with pytest.raises(ArgumentError, match="price is 3 and the plan is 2 × 2"):
        valuation.plan_value([[1, 2], [3, 4]], [1, 2, 3])


def test_a_quantity_needs_a_price():
    assert valuation.plan_value([[0, 5]], [[np.nan, 2]]).tolist() == [[0, 10]]
    with pytest.raises(ArgumentError, match="price is missing in row 1, bucket 2"):
        valuation.plan_value([[0, 5]], [[2, np.nan]])


@given(PLANS, st.integers(1, 100), st.integers(1, 100))
def test_margin_is_revenue_less_cost(plan, price, cost):
    assert np.array_equal(valuation.margin(plan, price, cost), plan * (price - cost))
    assert np.array_equal(
        valuation.revenue(plan, price) - valuation.cogs(plan, cost), valuation.margin(plan, price, cost)
    )


def test_elm_company_inventory_at_cost():
    # Jacobs et al., MPC for Supply Chain Management, ch. 4, solution 1: planned inventory at 0.7 k$ a unit.
    assert valuation.inventory_value([[150, 100, 0]], 0.7) == pytest.approx(np.array([[105, 70, 0]]))


def test_a_shortage_has_no_value():
    assert valuation.inventory_value([[122, -76]], 0.5).tolist() == [[61, 0]]
