import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sop_xl.errors import ArgumentError, NoAnswerError, NotDefinedError
from sop_xl.supply import rough_cut

# Vollmann, Berry, Whybark, Jacobs, Manufacturing Planning and Control, rough-cut chapter:
# products A and B over 13 weeks, work centers 100, 200, 300.
MPS_A = [33, 33, 33, 40, 40, 40, 30, 30, 30, 37, 37, 37, 37]
MPS_B = [17, 17, 17, 13, 13, 13, 25, 25, 25, 27, 27, 27, 27]

WHOLE = st.integers(0, 100).map(float)


class TestCapacityLoad:
    @given(st.integers(1, 4), st.integers(1, 4), st.integers(1, 6), st.integers(0, 9), st.data())
    def test_is_linear_in_the_plan(self, families, resources, buckets, factor, data):
        grid = lambda *shape: data.draw(hnp.arrays(float, shape, elements=WHOLE))  # noqa: E731
        one, two, bill = grid(families, buckets), grid(families, buckets), grid(resources, families)
        left = rough_cut.capacity_load(one + factor * two, bill)
        right = rough_cut.capacity_load(one, bill) + factor * rough_cut.capacity_load(two, bill)
        assert left.shape == (resources, buckets)
        assert np.array_equal(left, right)

    def test_families_must_match(self):
        with pytest.raises(ArgumentError, match="bill has 3 columns and plan has 2 rows"):
            rough_cut.capacity_load([[1], [2]], [[1, 2, 3]])


class TestResourceProfile:
    def test_work_before_completion(self):
        profile = [[1, 1, 0, 0.05], [1, 2, 1, 0.7], [1, 3, 2, 0.2]]
        load = rough_cut.resource_profile([MPS_A], profile)
        assert load[2, :4] == pytest.approx([6.6, 8.0, 8.0, 8.0])
        assert load[2, -2:].tolist() == [0, 0]

    @given(st.integers(1, 3), st.integers(1, 3), st.integers(1, 5), st.data())
    def test_without_offsets_it_is_the_bill(self, families, resources, buckets, data):
        plan = data.draw(hnp.arrays(float, (families, buckets), elements=WHOLE))
        bill = data.draw(hnp.arrays(float, (resources, families), elements=WHOLE))
        rows = [[f + 1, r + 1, 0, bill[r, f]] for r in range(resources) for f in range(families)]
        assert np.array_equal(rough_cut.resource_profile(plan, rows), rough_cut.capacity_load(plan, bill))

    @given(hnp.arrays(float, (1, 6), elements=WHOLE), st.integers(0, 9))
    def test_an_offset_only_shifts(self, plan, offset):
        load = rough_cut.resource_profile(plan, [[1, 1, offset, 2]])
        shifted = np.zeros((1, 6))
        shifted[0, : max(6 - offset, 0)] = 2 * plan[0, offset:]
        assert np.array_equal(load, shifted)

    @pytest.mark.parametrize(
        ("row", "message"),
        [
            ([2, 1, 0, 1], "family 2 in row 1"),
            ([0, 1, 0, 1], "family 0 in row 1"),
            ([1, 1.5, 0, 1], "resource 1.5 in row 1"),
            ([1, 1, -1, 1], "offset -1 in row 1"),
            ([1, 1, 0], "3 columns"),
            ([1, 1e9, 0, 1], "resource"),
        ],
    )
    def test_wrong_rows_are_named(self, row, message):
        with pytest.raises(ArgumentError, match=message):
            rough_cut.resource_profile([[1, 2]], [row])


def test_overall_factors():
    load = rough_cut.cpof([MPS_A, MPS_B], [0.95, 1.85], [0.603, 0.304, 0.093])
    assert load[:, 0].sum() == pytest.approx(62.8)
    assert load[:, 0] == pytest.approx([37.87, 19.09, 5.84], abs=0.011)
    assert load[0].sum() == pytest.approx(566.34, abs=0.011)
    assert load.sum() == pytest.approx(939.2)


def test_shares_are_fractions():
    with pytest.raises(ArgumentError, match="shares add up to 100"):
        rough_cut.cpof([[1]], [1], [60, 40])


class TestCheckLoad:
    def test_status_by_the_limit(self):
        found = rough_cut.check_load([[89, 0], [90, 0], [100, 0], [101, 0]], 100)
        assert found.status == ("OK", "TIGHT", "TIGHT", "OVER")
        found = rough_cut.check_load([[71, 0], [72, 0], [80, 0], [81, 0]], 100, limit=0.8)
        assert found.status == ("OK", "TIGHT", "TIGHT", "OVER")

    def test_peak_first_overload_and_hours_short(self):
        found = rough_cut.check_load([[90, 110, 150]], [[100, 100, 120]])
        assert found.peak_utilization.tolist() == [1.25]
        assert found.peak_bucket.tolist() == [2]
        assert found.first_overload.tolist() == [1]
        assert found.hours_short.tolist() == [40]

    def test_rounding_is_no_overload(self):
        assert rough_cut.check_load([[0.1 + 0.2]], 0.3).status == ("TIGHT",)

    def test_capacity_not_given(self):
        nan = np.nan
        found = rough_cut.check_load(
            [[50, 50], [50, 50], [50, 150], [50, 0]], [[nan, nan], [100, nan], [nan, 100], [100, nan]]
        )
        assert found.status == ("NO CAPACITY", "NO CAPACITY", "OVER", "OK")
        assert np.isnan(found.peak_utilization[0])
        assert found.peak_bucket.tolist() == [-1, 0, 1, 0]

    def test_load_without_capacity_is_over(self):
        found = rough_cut.check_load([[10, 5]], [[100, 0]])
        assert found.status == ("OVER",)
        assert np.isnan(found.peak_utilization[0])
        assert (found.peak_bucket[0], found.first_overload[0], found.hours_short[0]) == (1, 1, 5)

    def test_a_shutdown_without_load_is_fine(self):
        assert rough_cut.check_load([[10, 0]], [[100, 0]]).status == ("OK",)

    @given(
        hnp.arrays(float, (3, 5), elements=WHOLE),
        hnp.arrays(float, (3, 5), elements=st.integers(1, 100).map(float)),
    )
    def test_agrees_with_utilization(self, load, capacity):
        found = rough_cut.check_load(load, capacity)
        ratio = rough_cut.utilization(load, capacity)
        assert np.array_equal(found.peak_utilization, ratio.max(axis=1))
        assert [status == "OVER" for status in found.status] == (ratio > 1 + 1e-9).any(axis=1).tolist()
        assert found.hours_short == pytest.approx(np.maximum(load - capacity, 0).sum(axis=1))

    @pytest.mark.parametrize(
        ("load", "capacity", "limit"), [([[-1]], 1, 1), ([[1]], -1, 1), ([[1]], 1, 0), ([[1]], [1, 2], 1)]
    )
    def test_nonsense_is_refused(self, load, capacity, limit):
        with pytest.raises(ArgumentError):
            rough_cut.check_load(load, capacity, limit)


def test_capacity_check_names_its_resources():
    lines = rough_cut.capacity_check([[100, 130]], [[1], [0.5]], [120, np.nan], names=["Press", "Paint"])
    assert [(line.resource, line.status, line.first_overload) for line in lines] == [
        ("Press", "OVER", 2),
        ("Paint", "NO CAPACITY", None),
    ]
    assert lines[1].peak_utilization is None
    with pytest.raises(ArgumentError, match="1 names for 2 resources"):
        rough_cut.capacity_check([[1]], [[1], [1]], 1, names=["Press"])


class TestUtilization:
    def test_load_on_zero_capacity_has_no_answer(self):
        with pytest.raises(NoAnswerError, match="row 2, bucket 1"):
            rough_cut.utilization([[1, 1], [1, 1]], [[1, 1], [0, 1]])

    def test_nothing_on_nothing_is_zero(self):
        assert rough_cut.utilization([[0, 50]], [[0, 100]]).tolist() == [[0, 0.5]]


def test_rated_capacity_is_the_product():
    assert float(rough_cut.rated_capacity(160, 0.85, 1.1)) == pytest.approx(149.6)
    with pytest.raises(ArgumentError, match="utilization is 85"):
        rough_cut.rated_capacity(160, 85, 1.1)
    with pytest.raises(ArgumentError, match="ranges of one size"):
        rough_cut.rated_capacity([160, 80], [0.1, 0.2, 0.3], 1)


def test_demonstrated_capacity():
    # erp-information.com, demonstrated capacity: units of five weeks at 10 standard hours each.
    assert float(rough_cut.demonstrated_capacity(np.array([10, 12, 11, 12, 13]) * 10)) == 116
    assert rough_cut.demonstrated_capacity([[100, np.nan], [80, 90]]).tolist() == [100, 85]
    with pytest.raises(NotDefinedError):
        rough_cut.demonstrated_capacity([np.nan])


def test_negative_hours_are_refused_wherever_they_stand():
    with pytest.raises(ArgumentError, match="bill is negative in row 1, bucket 2"):
        rough_cut.capacity_load([[1], [2]], [[1, -2]])
    with pytest.raises(ArgumentError, match="profile has -1 hours in row 2"):
        rough_cut.resource_profile([[1, 2]], [[1, 1, 0, 1], [1, 1, 0, -1]])
    with pytest.raises(ArgumentError, match="hours_per_unit is negative"):
        rough_cut.cpof([[1, 2]], [-2], [1])
    with pytest.raises(ArgumentError, match="load is negative in row 1, bucket 2"):
        rough_cut.utilization([[1, -2]], 5)


def test_a_resource_number_out_of_all_bounds_is_named_shortly():
    with pytest.raises(ArgumentError, match=r"the resource 1e\+90\. Number"):
        rough_cut.resource_profile([[1, 2]], [[1, 1e90, 0, 1]])


class TestExtraHours:
    @given(st.integers(1, 3), st.integers(1, 5), st.data())
    def test_hours_above_capacity_are_carried_within_the_limits_or_missing(self, resources, buckets, data):
        grid = lambda *shape: data.draw(hnp.arrays(float, shape, elements=WHOLE))  # noqa: E731
        load, capacity, limits = grid(resources, buckets), grid(resources, buckets), grid(2, resources)
        costs = grid(2, resources)
        overtime, subcontract, missing = rough_cut.extra_hours(
            load, capacity, limits[0][:, None], costs[0][:, None], limits[1][:, None], costs[1][:, None]
        )
        assert overtime + subcontract + missing == pytest.approx(np.maximum(load - capacity, 0))
        assert (overtime <= limits[0][:, None]).all()
        assert (subcontract <= limits[1][:, None]).all()
        full = (overtime == limits[0][:, None]) & (subcontract == limits[1][:, None])
        assert (full | (missing == 0)).all()
        # The dearer one is used only where the cheaper one is used up.
        cheap = (costs[0] <= costs[1])[:, None]
        assert (~cheap | (subcontract == 0) | (overtime == limits[0][:, None])).all()
        assert (cheap | (overtime == 0) | (subcontract == limits[1][:, None])).all()

    def test_what_is_not_given_is_no_limit_of_capacity_and_no_overtime(self):
        hours = rough_cut.extra_hours([[150, 150]], [[np.nan, 100]], np.nan, np.nan, np.nan, np.nan)
        assert [part.tolist() for part in hours] == [[[0, 0]], [[0, 0]], [[0, 50]]]

    def test_negative_limits_are_refused(self):
        with pytest.raises(ArgumentError, match="overtime_limit is negative"):
            rough_cut.extra_hours([[1]], 1, -1, 0, 0, 0)
