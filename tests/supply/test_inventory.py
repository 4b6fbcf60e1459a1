import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from sop_xl.errors import ArgumentError, NoAnswerError
from sop_xl.supply import inventory

SHAPES = st.tuples(st.integers(1, 4), st.integers(1, 8))
WHOLE = st.integers(0, 1000).map(float)


def plans(count):
    """Arrays of whole units, all of one shape: sums of them are exact."""
    return SHAPES.flatmap(lambda shape: st.tuples(*[hnp.arrays(float, shape, elements=WHOLE)] * count))


class TestProjectedInventory:
    def test_elm_company_plan_and_actual(self):
        # Jacobs, Berry, Whybark, Vollmann, MPC for Supply Chain Management, ch. 4, solution 1 (Elm Co.)
        plan = inventory.projected_inventory(150, [[800, 800, 800]], [[800, 850, 900]])
        actual = inventory.projected_inventory(150, [[798, 802, 800]], [[826, 851, 949]])
        assert plan.tolist() == [[150, 100, 0]]
        assert actual.tolist() == [[122, 73, -76]]

    @given(plans(2), st.integers(-500, 500))
    def test_balance_holds_in_every_bucket(self, plan, opening):
        supply, demand = plan
        found = inventory.projected_inventory(opening, supply, demand)
        before = np.concatenate([np.full((len(found), 1), float(opening)), found[:, :-1]], axis=1)
        assert np.array_equal(found, before + supply - demand)

    def test_one_opening_per_series(self):
        found = inventory.projected_inventory([10, 20], [[1, 1], [2, 2]], [[0, 0], [0, 0]])
        assert found.tolist() == [[11, 12], [22, 24]]

    def test_a_plain_list_is_one_series(self):
        assert inventory.projected_inventory(10, [5, 5], [4, 4]).tolist() == [11, 12]

    def test_different_shapes_are_refused_by_name(self):
        with pytest.raises(ArgumentError, match=r"demand is 1 × 3 and supply is 1 × 2"):
            inventory.projected_inventory(0, [[1, 2]], [[1, 2, 3]])

    def test_a_missing_number_is_refused_with_its_place(self):
        with pytest.raises(ArgumentError, match="supply has no number in row 2, bucket 1"):
            inventory.projected_inventory(0, [[1, 2], [np.nan, 2]], [[1, 2], [1, 2]])


def test_backlog_is_orders_less_production():
    found = inventory.backlog(200, [[100, 120, 90]], [[110, 130, 95]])
    assert found.tolist() == [[190, 180, 175]]


@given(plans(2))
def test_backlog_mirrors_inventory(plan):
    orders, production = plan
    book = inventory.backlog(100, orders, production)
    stock = inventory.projected_inventory(-100, production, orders)
    assert np.array_equal(book, -stock)


class TestTargetInventory:
    def test_days_per_series_and_calendar_per_bucket(self):
        found = inventory.target_inventory([[2000, 3000], [100, 100]], [5, 10], [20, 15])
        assert found.tolist() == [[500, 1000], [50, 1000 / 15]]

    @given(plans(1), st.integers(0, 60), st.integers(1, 23))
    def test_holding_the_target_covers_the_target_days(self, plan, target, working_days):
        (demand,) = plan
        steady = np.repeat(demand[:, :1] + 1, 3, axis=1)
        hold = inventory.target_inventory(steady, target, working_days)
        days = inventory.days_of_supply(hold[:, 0], steady, working_days)
        assert days == pytest.approx(np.full(len(steady), float(target)))

    @pytest.mark.parametrize("days", [0, -5, [20, 0]])
    def test_working_days_must_be_above_zero(self, days):
        with pytest.raises(ArgumentError, match="working_days is zero or negative"):
            inventory.target_inventory([[1, 2]], 5, days)


class TestDaysOfSupply:
    @pytest.mark.parametrize(
        ("stock", "sales", "working_days", "expected"),
        [(122, 826, 23, 3.4), (73, 851, 19, 1.6), (-76, 949, 19, -1.5)],
    )
    def test_elm_company(self, stock, sales, working_days, expected):
        # Same source as above, which divides by the month's own sales.
        found = inventory.days_of_supply(stock, [sales], working_days)
        assert float(found) == pytest.approx(expected, abs=0.05)

    def test_buckets_are_consumed_one_after_the_other(self):
        assert float(inventory.days_of_supply(250, [100, 200], [20, 22])) == 20 + 22 * 150 / 200

    def test_after_the_last_bucket_its_rate_goes_on(self):
        assert float(inventory.days_of_supply(500, [100, 200], [20, 22])) == pytest.approx(
            42 + 200 / (200 / 22)
        )

    def test_a_bucket_without_demand_lasts_whole(self):
        assert float(inventory.days_of_supply(150, [100, 0, 100], 20)) == 20 + 20 + 10
        assert float(inventory.days_of_supply(100, [100, 0, 100], 20)) == 20

    def test_nothing_left_is_zero_and_never_used_up_is_not_a_number(self):
        found = inventory.days_of_supply([0, 10], [[5, 0], [5, 0]], 20)
        assert found[0] == 0
        assert np.isnan(found[1])

    def test_a_shortage_is_days_owed_at_the_first_rate(self):
        found = inventory.days_of_supply([-10, -10], [[5, 50], [0, 50]], [20, 22])
        assert found[0] == -40
        assert np.isnan(found[1])

    def test_negative_demand_is_refused(self):
        with pytest.raises(ArgumentError, match="future_demand is negative in row 1, bucket 2"):
            inventory.days_of_supply(5, [[1, -1]])


class TestCoverage:
    @given(plans(2), st.integers(1, 23))
    def test_equals_days_of_supply_from_each_bucket_on(self, plan, working_days):
        stock, demand = plan
        found = inventory.coverage(stock - 300, demand, working_days)
        for t in range(demand.shape[1] - 1):
            expected = inventory.days_of_supply(stock[:, t] - 300, demand[:, t + 1 :], working_days)
            # A shortage covers nothing.
            covered = np.where(stock[:, t] < 300, 0.0, expected)
            assert found[:, t] == pytest.approx(covered, nan_ok=True)
        rate = demand[:, -1] / working_days
        left = np.maximum(stock[:, -1] - 300, 0)
        assert found[:, -1] == pytest.approx(
            np.where(left == 0, 0, left / np.where(rate > 0, rate, np.nan)), nan_ok=True
        )

    def test_one_bucket_runs_on_at_its_own_rate(self):
        assert inventory.coverage([[50]], [[100]], 20).tolist() == [[10]]

    def test_working_days_differ_by_bucket(self):
        assert inventory.coverage([[100, 0]], [[999, 200]], [10, 22]).tolist() == [[11, 0]]


class TestConstrainedDemand:
    @given(plans(2), st.integers(-300, 300))
    def test_shipments_and_the_final_backorder_make_up_the_demand(self, plan, opening):
        supply, demand = plan
        shipped = inventory.constrained_demand(opening, supply, demand)
        final = inventory.projected_inventory(opening, supply, demand)[:, -1]
        owed = np.maximum(-final, 0) - max(0, -opening)
        assert np.array_equal(shipped.sum(axis=1) + owed, demand.sum(axis=1))
        assert (shipped >= 0).all()

    @given(plans(2), st.integers(0, 300))
    def test_nothing_is_shipped_that_is_not_there(self, plan, opening):
        supply, demand = plan
        shipped = inventory.constrained_demand(opening, supply, demand)
        assert (np.cumsum(shipped, axis=1) <= opening + np.cumsum(supply, axis=1)).all()

    def test_the_shortage_ships_when_supply_comes(self):
        assert inventory.constrained_demand(0, [[80, 130]], [[100, 100]]).tolist() == [[80, 120]]


def test_net_forecast_is_never_negative():
    assert inventory.net_forecast([[100, 100, 0]], [[30, 120, 5]]).tolist() == [[70, 0, 0]]


class TestSafetyStock:
    def test_chopra_meindl(self):
        # Chopra, Meindl, Supply Chain Management, safety inventory: weekly sd 500, lead time 2 weeks.
        assert float(inventory.safety_stock(500, 2, 0.90)) == pytest.approx(906, abs=0.5)
        level = stats.norm.cdf(1000 / (500 * np.sqrt(2)))
        assert level == pytest.approx(0.92, abs=0.002)
        assert float(inventory.safety_stock(500, 2, level)) == pytest.approx(1000)

    @given(
        st.floats(0, 1e4),
        st.floats(0, 50),
        st.floats(0.001, 0.999),
        st.floats(0, 10),
        st.floats(0, 1e4),
    )
    def test_agrees_with_scipy(self, sd, lead, level, lead_sd, mean):
        expected = stats.norm.ppf(level) * np.sqrt(lead * sd**2 + mean**2 * lead_sd**2)
        assert float(inventory.safety_stock(sd, lead, level, lead_sd, mean)) == pytest.approx(
            expected, rel=1e-9
        )

    @pytest.mark.parametrize("level", [0, 1, 1.2, -0.1])
    def test_impossible_service_has_no_answer(self, level):
        with pytest.raises(NoAnswerError, match="service_level"):
            inventory.safety_stock(500, 2, level)

    def test_one_value_per_item(self):
        found = inventory.safety_stock([100, 200], 4, [0.5, 0.975])
        assert found == pytest.approx([0, 1.959963984540054 * 400])

    def test_sizes_must_fit(self):
        with pytest.raises(ArgumentError, match="differ in size"):
            inventory.safety_stock([1, 2, 3], [1, 2], 0.9)
