from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sop_xl.demand import launch_by_like_item, launch_profile, phase_out
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


def test_a_launch_is_the_like_items_moved_and_scaled() -> None:
    like = [None, 0, 10, 20, 30, 40]
    assert launch_by_like_item(like, 0, 6).tolist() == [10, 20, 30, 40, 30, 30]
    assert launch_by_like_item(like, 2, 4, 2).tolist() == [0, 0, 20, 40]
    assert launch_by_like_item(like, 4, 4).tolist() == [0, 0, 0, 0]
    assert launch_by_like_item(like, -3, 3).tolist() == [40, 30, 30]
    assert launch_by_like_item(like, -100, 2, 0).tolist() == [0, 0]


def test_the_end_of_a_like_item_is_not_the_new_ones() -> None:
    assert launch_by_like_item([10, 0, 20, 30, 0, 0], 0, 8).tolist() == pytest.approx(
        [10, 0, 20, 30, 50 / 3, 50 / 3, 50 / 3, 50 / 3]
    )


@given(
    st.lists(st.floats(0, 1e6), min_size=1, max_size=30).filter(any),
    st.integers(-40, 40),
    st.integers(1, 40),
    st.floats(0, 100),
)
def test_moving_a_launch_moves_its_demand(
    history: list[float], offset: int, planned: int, scale: float
) -> None:
    now = launch_by_like_item(history, offset, planned + 1, scale)
    later = launch_by_like_item(history, offset + 1, planned + 1, scale)
    np.testing.assert_array_equal(later[1:], now[:-1])
    np.testing.assert_allclose(now, scale * launch_by_like_item(history, offset, planned + 1), rtol=1e-12)
    assert not now[: max(offset, 0)].any()


@pytest.mark.parametrize(
    "arguments",
    [
        ([1, 2], 0.5, 3),
        ([1, 2], "x", 3),
        ([1, 2], 0, 0),
        ([1, 2], 0, 3, -1),
        ([1, 2], 0, 3, [1, 2]),
        ([1, 2], 0, 3, None),
        ([[1, 2], [3, 4]], 0, 3),
    ],
)
def test_launch_arguments_are_checked(arguments: tuple[object, ...]) -> None:
    with pytest.raises(ArgumentError):
        launch_by_like_item(*arguments)


def test_a_like_item_that_never_sold() -> None:
    with pytest.raises(NotDefinedError):
        launch_by_like_item([0, None, 0], 0, 3)


def test_phase_out() -> None:
    assert phase_out([5, 6, 7], 1).tolist() == [5, 6, 0]
    assert phase_out([5, 6, 7], -1).tolist() == [0, 0, 0]
    assert phase_out([5, 6, 7], 99).tolist() == [5, 6, 7]
    assert phase_out([5, 6, 7], None).tolist() == [5, 6, 7]
    assert phase_out([[5, 6], [7, 8]], 0).tolist() == [[5, 0], [7, 0]]
    assert phase_out([[5, 6], [7, 8]], [[None], [0]]).tolist() == [[5, 6], [7, 0]]
    with pytest.raises(ArgumentError, match="2 numbers for 1 items"):
        phase_out([5, 6], [1, 2])
