"""What the thin functions add to the core: shapes, empty cells, headers. Figures are asserted there."""

import pytest

from udfs.cells import CellError
from udfs.registry import call

# Vollmann, Berry, Whybark, Jacobs, Manufacturing Planning and Control, rough-cut chapter.
MPS_A = [33, 33, 33, 40, 40, 40, 30, 30, 30, 37, 37, 37, 37]
MPS_B = [17, 17, 17, 13, 13, 13, 25, 25, 25, 27, 27, 27, 27]


def column(values):
    return [[value] for value in values]


class TestSupply:
    def test_arnold_make_to_stock_down_a_column(self):
        # Arnold, Chapman, Clive, Introduction to Materials Management, level make-to-stock plan.
        demand = column([110, 120, 130, 120, 120])
        plan = call("SOP_LEVEL_PLAN", [100, demand, 80])
        assert plan == column([116.0] * 5)
        assert call("SOP_PROJECTED_INVENTORY", [100, plan, demand]) == column(
            [106.0, 102.0, 88.0, 84.0, 80.0]
        )

    def test_empty_plan_cells_are_zero(self):
        assert call("SOP_PROJECTED_INVENTORY", [100, [[None, 50]], [[60, None]]]) == [[40.0, 90.0]]

    def test_an_empty_opening_is_refused(self):
        assert "opening (row 1, column 1) is empty" in call("SOP_BACKLOG", [None, [[1]], [[1]]]).reason

    def test_openings_per_series_in_a_column_or_row(self):
        supply, demand = [[1, 1], [2, 2]], [[0, 0], [0, 0]]
        expected = [[11.0, 12.0], [22.0, 24.0]]
        assert call("SOP_PROJECTED_INVENTORY", [[[10], [20]], supply, demand]) == expected
        assert call("SOP_PROJECTED_INVENTORY", [[[10, 20]], supply, demand]) == expected

    def test_targets_per_family_and_per_bucket(self):
        demand = [[2000, 3000], [100, 100]]
        assert call("SOP_TARGET_INVENTORY", [demand, [[5], [10]]]) == [[500.0, 750.0], [50.0, 50.0]]
        assert call("SOP_TARGET_INVENTORY", [demand, 5, [[20, 15]]]) == [
            [500.0, 1000.0],
            [25.0, 100 * 5 / 15],
        ]
        assert call("SOP_BUILD_PLAN", [0, demand, [[10, 20], [5, 5]]]) == [[2010.0, 3010.0], [105.0, 100.0]]
        assert call("SOP_BUILD_PLAN", [0, column([5, 5]), column([1, 2])]) == column([6.0, 6.0])

    def test_days_of_supply_gives_one_value_per_row(self):
        assert call("SOP_DAYS_OF_SUPPLY", [column([50, 30]), [[100, 100], [60, 60]]]) == column([10.0, 10.0])
        assert call("SOP_DAYS_OF_SUPPLY", [50, column([100, 100]), column([20, 21])]) == 10

    def test_days_without_end_are_an_error_in_their_cell(self):
        found = call("SOP_DAYS_OF_SUPPLY", [column([50, 30]), [[100, 100], [0, 0]]])
        assert found[0] == [10.0]
        assert found[1][0].value == "#N/A"
        assert call("SOP_DAYS_OF_SUPPLY", [50, [[0, 0]]]).value == "#N/A"

    def test_safety_stock_over_a_column_of_items(self):
        found = call("SOP_SAFETY_STOCK", [column([500, 250]), 2, 0.9])
        assert [round(row[0]) for row in found] == [906, 453]

    def test_mps_stacks_three_rows_per_series(self):
        # Stevenson, Operations Management, master scheduling example.
        forecast, orders = [30, 30, 30, 30, 40, 40, 40, 40], [33, 20, 10, 4, 2, 0, 0, 0]
        expected = [
            [31, 1, 41, 11, 41, 1, 31, 61],
            [0, 0, 70, 0, 70, 0, 70, 70],
            [11, None, 56, None, 68, None, 70, 70],
        ]
        assert call("SOP_MPS", [64, [forecast], [orders], 70]) == expected
        assert call("SOP_MPS", [64, [forecast, forecast], [orders, orders], 70]) == expected * 2
        assert call("SOP_MPS", [64, column(forecast), column(orders), 70]) == [
            list(row) for row in zip(*expected, strict=True)
        ]


class TestCapacity:
    def test_overall_factors(self):
        load = call("SOP_CPOF", [[MPS_A, MPS_B], column([0.95, 1.85]), column([0.603, 0.304, 0.093])])
        assert [row[0] for row in load] == pytest.approx([37.87, 19.09, 5.84], abs=0.011)
        assert sum(load[0]) == pytest.approx(566.34, abs=0.011)
        assert sum(map(sum, load)) == pytest.approx(939.2)

    def test_resource_profile(self):
        profile = [[1, 1, 0, 0.05], [1, 2, 1, 0.7], [1, 3, 2, 0.2]]
        load = call("SOP_RESOURCE_PROFILE", [[MPS_A], profile])
        assert load[2][:4] == pytest.approx([6.6, 8.0, 8.0, 8.0])
        down = call("SOP_RESOURCE_PROFILE", [column(MPS_A), profile])
        assert [row[2] for row in down] == load[2]

    def test_a_column_is_families_or_buckets_as_the_bill_says(self):
        assert call("SOP_CAPACITY_LOAD", [column([1, 2]), [[10, 100]]]) == [[210.0]]
        assert call("SOP_CAPACITY_LOAD", [column([1, 2]), [[10]]]) == column([10.0, 20.0])

    def test_check_without_capacity(self):
        found = call("SOP_CAPACITY_CHECK", [[[100, 130]], column([1, 1, 1]), column([None, 0, 200])])
        assert [row[-1] for row in found[1:]] == ["NO CAPACITY", "OVER", "OK"]
        assert [row[0] for row in found[1:]] == ["Resource 1", "Resource 2", "Resource 3"]
        assert (found[1][1].value, found[2][1].value, found[3][1]) == ("#N/A", "#NUM!", 0.65)

    def test_utilization_of_zero_capacity(self):
        found = call("SOP_UTILIZATION", [[[10, 5]], [[100, 0]]])
        assert found.value == "#NUM!"
        assert "row 1, bucket 2" in found.reason
        assert call("SOP_UTILIZATION", [[[0, 5]], [[0, 10]]]) == [[0.0, 0.5]]
        undefined = CellError("#N/A", "The capacity is not given.")
        assert call("SOP_UTILIZATION", [[[1, 5]], [[None, 10]]]) == [[undefined, 0.5]]

    def test_demonstrated_capacity_per_resource(self):
        assert call("SOP_DEMONSTRATED_CAPACITY", [[[100, 120], [80, None]]]) == column([110.0, 80.0])


class TestKpis:
    def test_stockouts_may_be_flags(self):
        assert call("SOP_CYCLE_SERVICE", [column([True, False, False, False])]) == 0.75
        assert call("SOP_FILL_RATE", [column([True]), column([5])]).value == "#VALUE!"

    def test_turns_of_pepsico(self):
        # Heizer, Render, Operations Management: 14.2 and 1.69 billion dollars.
        assert call("SOP_INVENTORY_TURNS", [14.2, 1.69, 1]) == pytest.approx(8.4, abs=0.01)

    def test_excess_of_items_in_a_row_or_by_bucket(self):
        expected = [["Excess", "Obsolete"], [80.0, 0.0], [0.0, 100.0]]
        assert call("SOP_EXCESS_OBSOLETE", [[[100, 50]], [[60, 0]], 2]) == expected
        assert (
            call("SOP_EXCESS_OBSOLETE", [column([100, 50]), [[30, 30], [0, 0]], column([2, 2])]) == expected
        )
        assert "1 × 3 cells for 2 items" in call("SOP_EXCESS_OBSOLETE", [[[1, 2]], [[1, 2, 3]], 1]).reason

    def test_aging_takes_serial_numbers_and_text(self):
        expected = call("SOP_INVENTORY_AGING", [["2026-01-20"], [300], "2026-01-31"])
        assert call("SOP_INVENTORY_AGING", [[46042], [300], 46053]) == expected
        assert expected[1] == ["0-30", 300.0, 1.0]
        assert len(expected) == 7

    def test_accuracy_toy(self):
        # Definitions: bias = sum of forecast - actual over sum of actual; MAPE drops zero actuals.
        ranges = [column([100, 10, 0, 200]), column([90, 20, 5, 180])]
        assert call("SOP_WMAPE", ranges) == pytest.approx(0.14516129)
        assert call("SOP_FORECAST_ACCURACY", ranges) == pytest.approx(0.85483871)
        assert call("SOP_BIAS", ranges) == pytest.approx(-0.0483871)
        assert call("SOP_MAPE", ranges) == pytest.approx(0.4)

    def test_tracking_signal_has_the_orientation_of_the_input(self):
        assert call("SOP_TRACKING_SIGNAL", [column([10, 10]), column([12, 14])]) == column([1.0, 2.0])

    def test_accuracy_without_demand_is_not_defined(self):
        for name in ("SOP_WMAPE", "SOP_FORECAST_ACCURACY", "SOP_MAPE", "SOP_BIAS", "SOP_REVENUE_ACCURACY"):
            assert call(name, [[[0, 0]], [[1, 2]]]).value == "#N/A"


class TestFinance:
    def test_prices(self):
        assert call("SOP_PLAN_VALUE", [[[10, 20], [5, 5]], 2]) == [[20.0, 40.0], [10.0, 10.0]]
        assert call("SOP_PLAN_VALUE", [[[10, None]], [[3, None]]]) == [[30.0, 0.0]]
        assert "price is missing in row 1, bucket 2" in call("SOP_PLAN_VALUE", [[[1, 1]], [[3, None]]]).reason
        assert call("SOP_PLAN_VALUE", [[[1, 1], [1, 1]], [[3, 3]]]).value == "#VALUE!"

    def test_bridge_of_a_new_item(self):
        found = call(
            "SOP_VARIANCE_BRIDGE",
            [column([100, None]), column([10, None]), column([100, 20]), column([10, 50])],
        )
        assert found[0][2:] == [0.0, 1000.0]


class TestDemand:
    def test_forecast_of_a_column_is_a_column(self):
        found = call("SOP_FORECAST", [column([1, 2, 3, 1, 2, 3]), 3, 3, "seasonal_naive"])
        assert found == column([1.0, 2.0, 3.0])

    def test_class_of_a_series_without_demand(self):
        word, adi, cv2 = call("SOP_DEMAND_CLASS", [[[0] * 24]])[0]
        assert word == "DEAD"
        assert adi.value == cv2.value == "#N/A"

    def test_like_item_and_ramp(self):
        like = [[None, 0, 10, 10, 20]]
        assert call("SOP_LAUNCH", [like, 200, None, 3]) == [[50.0, 50.0, 100.0]]
        assert call("SOP_LAUNCH", [column(like[0]), 200, None, 3]) == column([50.0, 50.0, 100.0])
        assert call("SOP_LAUNCH", [None, 100, [[0.25, 0.75]], 3]) == [[25.0, 75.0, 0.0]]
        assert call("SOP_LAUNCH", [None, 100]).value in ("#VALUE!", "#N/A")
        assert call("SOP_LAUNCH", [[[0, 0]], 100]).value == "#N/A"

    def test_overrides_empty_and_zero(self):
        baseline = [[10, 20], [30, None]]
        assert call("SOP_CONSENSUS", [baseline, [[None, 0], [31, None]]]) == [[10.0, 0.0], [31.0, None]]
        assert call("SOP_CONSENSUS", [baseline, None, [[1, None], [None, 2]]]) == [[1.0, 20.0], [30.0, 2.0]]
        assert call("SOP_CONSENSUS", [baseline, 5]).value == "#VALUE!"

    def test_children_without_weights_share_equally(self):
        # Equal split when the children sum to zero, never NaN: Nixtla hierarchicalforecast, issue 324.
        assert call("SOP_DISAGGREGATE", [30, column([0, 0, 0])]) == column([10.0, 10.0, 10.0])
        assert call("SOP_DISAGGREGATE", [30, [[0, 0, 0]]]) == [[10.0, 10.0, 10.0]]

    def test_children_by_bucket_with_locks_in_both_directions(self):
        expected = [[40.0, 20.0], [20.0, 10.0], [30.0, 30.0]]
        weights, locked = column([2, 1, 0]), column([None, None, 30])
        assert call("SOP_DISAGGREGATE", [[[90, 60]], weights, locked]) == expected
        down = call("SOP_DISAGGREGATE", [column([90, 60]), [[2, 1, 0]], [[None, None, 30]]])
        assert down == [list(row) for row in zip(*expected, strict=True)]

    def test_locks_above_the_total_have_no_answer(self):
        assert call("SOP_DISAGGREGATE", [10, column([1, 1]), column([11, None])]).value == "#NUM!"
