from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sop_xl.demand import launch_profile
from sop_xl.errors import ArgumentError, NotDefinedError


def test_the_like_item_lends_its_first_buckets() -> None:
    np.testing.assert_allclose(launch_profile([None, 0, 10, 20, 30, 99], 120, horizon=3), [20, 40, 60])


def test_a_young_like_item_goes_on_at_its_last_mean() -> None:
    np.testing.assert_allclose(launch_profile([10, 20, 30], 100, horizon=5), [10, 20, 30, 20, 20])
    np.testing.assert_allclose(launch_profile([7], 12, horizon=4), [3, 3, 3, 3])


def test_fractions_of_the_total() -> None:
    np.testing.assert_allclose(launch_profile([5, 5], 200, [0.1, 0.2, 0.7], 5), [20, 40, 140, 0, 0])


def test_fractions_of_the_mature_rate() -> None:
    ahead = launch_profile(None, 750, [0.25, 0.5, 1], 5)
    np.testing.assert_allclose(ahead, [50, 100, 200, 200, 200])


def test_several_items_at_once() -> None:
    result = launch_profile([[1, 1, 2], [None, 3, 1]], [40, 8], horizon=2)
    np.testing.assert_allclose(result, [[20, 20], [6, 2]])


@given(st.lists(st.floats(0, 1e300), min_size=1, max_size=30), st.floats(0, 1e6), st.integers(1, 40))
def test_the_total_is_kept(history: list[float], total: float, horizon: int) -> None:
    if not any(history):
        with pytest.raises(NotDefinedError):
            launch_profile(history, total, None, horizon)
        return
    ahead = launch_profile(history, total, None, horizon)
    assert ahead.shape == (horizon,)
    assert ahead.min() >= 0
    assert ahead.sum() == pytest.approx(total, rel=1e-9)


@pytest.mark.parametrize(
    "arguments",
    [
        (None, 100),
        ([1, 2], [1, 2]),
        ([1, "x"], 100),
        (None, 100, [-1, 2]),
        (None, 100, [None, 1]),
        ([1], 100, None, 0),
    ],
)
def test_arguments_are_checked(arguments: tuple[object, ...]) -> None:
    with pytest.raises(ArgumentError):
        launch_profile(*arguments)


def test_nothing_sold_has_no_shape() -> None:
    with pytest.raises(NotDefinedError):
        launch_profile([0, 0], 100)
    with pytest.raises(NotDefinedError):
        launch_profile(None, 100, [0, 0])
