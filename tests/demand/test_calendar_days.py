from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sop_xl.demand import per_bucket, per_working_day
from sop_xl.errors import ArgumentError, NoAnswerError


def test_equal_days_sell_alike() -> None:
    days = [21, 20, 23, 0]
    history = [[210, 200, 230, 0], [None, 40, 46, None]]
    rates = per_working_day(history, days)
    np.testing.assert_array_equal(rates, [[10, 10, 10, np.nan], [np.nan, 2, 2, np.nan]])
    np.testing.assert_array_equal(per_bucket(rates, days), [[210, 200, 230, 0], [np.nan, 40, 46, 0]])
    assert per_working_day([6, 6], [[2, 3]]).tolist() == [3, 2]
    assert per_bucket([[1, 1], [1, 1]], [[2, 3], [4, 5]]).tolist() == [[2, 3], [4, 5]]


@given(st.lists(st.tuples(st.floats(-1e9, 1e9), st.floats(0.25, 31)), min_size=1, max_size=30))
def test_there_and_back(rows: list[tuple[float, float]]) -> None:
    history, days = (list(column) for column in zip(*rows, strict=True))
    # A quotient and a product each round once.
    np.testing.assert_allclose(
        per_bucket(per_working_day(history, days), days), history, rtol=3e-16, atol=1e-300
    )


@pytest.mark.parametrize("function", [per_working_day, per_bucket])
def test_days_are_checked(function: object) -> None:
    for days in ([20], [20, -1], [20, None], [[20, 20], [20, 20]], [20, "x"]):
        with pytest.raises(ArgumentError, match="days"):
            function([1, 2], days)  # type: ignore[operator]


def test_demand_without_working_days() -> None:
    with pytest.raises(ArgumentError, match="Row 1, column 2 of history has demand"):
        per_working_day([1, 2], [20, 0])


def test_too_large_for_a_number() -> None:
    with pytest.raises(NoAnswerError):
        per_working_day([1e308], [0.01])
    with pytest.raises(NoAnswerError):
        per_bucket([1e308], [31])
