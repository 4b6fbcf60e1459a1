from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sop_xl.errors import ArgumentError, NotDefinedError
from sop_xl.forecasting import forecast, prepare
from sop_xl.forecasting.history import as_matrix, fill_gaps, whole_number


def test_ends_are_ignored_and_gaps_filled() -> None:
    done = prepare([[None, 4, None, 6, None], [1, 2, 3, 4, 5]])
    assert done.start.tolist() == [1, 0]
    assert done.stop.tolist() == [4, 5]
    np.testing.assert_array_equal(done.values[0], [np.nan, 4, 5, 6, np.nan])
    groups = {block.shape[1]: (rows.tolist(), block.tolist()) for rows, block in done.groups()}
    assert groups == {3: ([0], [[4, 5, 6]]), 5: ([1], [[1, 2, 3, 4, 5]])}


def test_a_zero_is_a_zero() -> None:
    assert prepare([0, 0, 3, 0]).start.tolist() == [0]
    assert prepare([0, 0, 3, 0]).stop.tolist() == [4]
    assert forecast([3, 3, 0], 1, 1, "NAIVE").tolist() == [0]


def test_ignored_ends_do_not_change_the_forecast() -> None:
    values = [5, 9, 6, 8, 7, 9, 8]
    plain = forecast(values, 3, 1)
    np.testing.assert_array_equal(forecast([None, None, *values, None], 3, 1), plain)


def test_a_gap_in_a_season_is_filled_from_the_season() -> None:
    season = np.tile([10.0, 50.0, 20.0, 90.0], 4)
    season[7] = np.nan
    assert prepare(season, 4).values[0, 7] == 90
    trend = np.arange(16.0)
    trend[7] = np.nan
    assert prepare(trend, 4).values[0, 7] == pytest.approx(7)


def test_long_gaps_are_filled_by_a_line() -> None:
    np.testing.assert_allclose(fill_gaps(np.array([[1, np.nan, np.nan, 4]]), 12), [[1, 2, 3, 4]])


@given(st.lists(st.one_of(st.none(), st.floats(-1e300, 1e300)), min_size=3, max_size=40), st.integers(1, 13))
def test_filling_keeps_what_is_known_and_stays_between(values: list[float | None], season: int) -> None:
    if all(value is None for value in values):
        return
    done = prepare(values, season)
    inside = done.values[0, done.start[0] : done.stop[0]]
    assert np.isfinite(inside).all()
    known = [value for value in values if value is not None]
    slack = 1e-12 * max(map(abs, known))
    assert min(known) - slack <= inside.min()
    assert inside.max() <= max(known) + slack
    for spot, value in enumerate(values):
        if value is not None:
            assert done.values[0, spot] == value


@pytest.mark.parametrize(
    ("cells", "spot"),
    [
        ([[1, 2], [3, "x"]], "Row 2, column 2"),
        ([1, 2, "3"], "Row 1, column 3"),
        ([[1, float("inf")]], "Row 1, column 2"),
        (np.array([[1, 2j]]), "Row 1, column 1"),
        ([[1, 2j]], "Row 1, column 2"),
        ([[1], [True]], "Row 2, column 1"),
        ([[10**400]], "Row 1, column 1"),
        ([[np.datetime64("2024-01-01")]], "Row 1, column 1"),
        (np.array(["a", "b"]), "Row 1, column 1"),
        ([[object()]], "Row 1, column 1"),
        ([[1, 2], [3]], "Row 2 of history has 1 columns"),
        ([[1, 2], 3], "Row 2"),
    ],
)
def test_a_bad_cell_is_named(cells: object, spot: str) -> None:
    with pytest.raises(ArgumentError, match=spot):
        prepare(cells)


@pytest.mark.parametrize("cells", [[], [[]], np.empty((0, 3)), np.zeros((2, 2, 2))])
def test_shapes_that_are_no_history(cells: object) -> None:
    with pytest.raises(ArgumentError):
        prepare(cells)


def test_a_series_without_any_value_is_not_defined() -> None:
    with pytest.raises(NotDefinedError, match="Row 2"):
        prepare([[1, 2], [None, None]])


def test_limits() -> None:
    with pytest.raises(ArgumentError, match="600"):
        prepare(np.ones((1, 601)))
    with pytest.raises(ArgumentError, match="100,001"):
        prepare(np.ones((100_001, 1)))
    prepare(np.ones((1, 600)))


def test_cells_of_many_kinds() -> None:
    import pandas as pd

    matrix, single = as_matrix(
        [np.float32(1), np.int64(2), Decimal("3"), None, float("nan"), pd.NA, pd.NaT], "x"
    )
    assert single
    np.testing.assert_array_equal(matrix[0], [1, 2, 3, np.nan, np.nan, np.nan, np.nan])
    frame = pd.DataFrame({"a": [1, 2], "b": [3.5, None]})
    np.testing.assert_array_equal(as_matrix(frame, "x")[0], [[1, 3.5], [2, np.nan]])
    masked = np.ma.masked_array([1.0, 2.0], mask=[False, True])
    np.testing.assert_array_equal(as_matrix(masked, "x")[0], [[1, np.nan]])
    assert as_matrix(5, "x")[0].tolist() == [[5]]
    np.testing.assert_array_equal(as_matrix([np.array([1, 2]), (3, 4)], "x")[0], [[1, 2], [3, 4]])


def test_the_caller_s_array_stays_as_it_is() -> None:
    values = np.array([[1.0, np.nan, 3.0]])
    prepare(values)
    assert np.isnan(values[0, 1])


@pytest.mark.parametrize("value", [0, 601, 1.5, "12", True, None, float("nan"), float("inf"), [12]])
def test_whole_numbers(value: object) -> None:
    with pytest.raises(ArgumentError, match="horizon"):
        whole_number(value, "horizon", 1, 600)
