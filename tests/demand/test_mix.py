from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sop_xl.demand import aggregate, forecast_mix, launch_by_like_item
from sop_xl.demand.mix import SPREADS
from sop_xl.errors import ArgumentError, NoAnswerError
from sop_xl.forecasting import forecast

STEADY = [[10.0] * 6, [30.0] * 6, [5.0] * 6]


def test_the_family_forecast_is_kept_and_shared_in_proportion() -> None:
    found = forecast_mix(STEADY, [0, 0, 1], [[80, 100], [7, 0]])
    np.testing.assert_allclose(found, [[20, 25], [60, 75], [7, 0]])


def test_equal_shares_stop_at_zero() -> None:
    found = forecast_mix(STEADY, [0, 0, 0], [[48, 24, 60, 6]], spread="WLS_STRUCT")
    np.testing.assert_allclose(found, [[11, 2, 15, 0], [31, 22, 35, 6], [6, 0, 10, 0]])


def test_agreeing_levels_stay_as_they_are() -> None:
    rng = np.random.default_rng(0)
    history = rng.gamma(3, 20, (6, 36))
    items = forecast(history, 5)
    volume = aggregate(items, [0, 1, 0, 1, 1, 0], 2)
    for spread in SPREADS:
        found = forecast_mix(history, [0, 1, 0, 1, 1, 0], volume, spread=spread)
        np.testing.assert_allclose(found, items, rtol=1e-9)


def test_items_of_zero_share_by_history_else_equally() -> None:
    dead = [[0.0] * 4, [0.0] * 4, [0.0] * 4]
    for spread in SPREADS:
        assert forecast_mix(dead, [0, 0, 0], [[30]], spread=spread).ravel().tolist() == [10, 10, 10]
        blank = [[None] * 4, [None] * 4]
        assert forecast_mix(blank, [0, 0], [[30]], spread=spread).ravel().tolist() == [15, 15]
    # Two seasonal items: the family sells in a bucket in which both have always been at zero lately.
    seasonal = np.tile([0.0, 0, 0, 9], (2, 5)) * [[1], [2]]
    found = forecast_mix(seasonal, [0, 0], [[12, 12, 12, 12]], season=4)
    np.testing.assert_allclose(found.sum(axis=0), 12)
    assert (found[1] > found[0]).all()


def test_a_launch_and_a_phase_out_hand_over() -> None:
    history = [[20.0] * 6, [20.0] * 6, [None] * 6]
    launch = launch_by_like_item([10, 20, 20], 1, 4)
    found = forecast_mix(
        history, [0, 0, 0], [[40, 40, 40, 40]], launches={2: launch}, last_bucket=[None, 1, None]
    )
    np.testing.assert_allclose(found.sum(axis=0), 40)
    np.testing.assert_allclose(found[:, 0], [20, 20, 0])
    np.testing.assert_allclose(found[:, 1], [16, 16, 8])
    np.testing.assert_allclose(found[:, 2:], [[20, 20], [0, 0], [20, 20]])
    equal = forecast_mix(
        history,
        [0, 0, 0],
        [[40, 40, 43, 40]],
        launches={2: launch},
        last_bucket=[None, 1, None],
        spread="WLS_STRUCT",
    )
    np.testing.assert_allclose(equal[:, 2], [21.5, 0, 21.5])


def test_a_volume_nobody_sells() -> None:
    with pytest.raises(NoAnswerError, match="Family 2 has a forecast in bucket 2"):
        forecast_mix(STEADY, [0, 0, 1], [[40, 40], [5, 5]], last_bucket=[None, None, 0])
    ended = forecast_mix(STEADY, [0, 0, 1], [[40, 40], [5, 0]], last_bucket=[None, None, 0])
    assert ended[2].tolist() == [5, 0]


def test_a_family_without_items_asks_nothing() -> None:
    assert forecast_mix(STEADY[:1], [1], [[99], [12]]).tolist() == [[12]]


@given(st.data(), st.sampled_from(SPREADS), st.sampled_from([1e-200, 1.0, 1e200]))
def test_items_add_up_and_are_not_negative(data: st.DataObject, spread: str, size: float) -> None:
    items = data.draw(st.integers(1, 8))
    cell = st.one_of(st.none(), st.just(0.0), st.floats(0, 1e6, allow_subnormal=False))
    history = data.draw(st.lists(st.lists(cell, min_size=5, max_size=5), min_size=items, max_size=items))
    family = data.draw(st.lists(st.integers(0, 2), min_size=items, max_size=items))
    number = st.one_of(st.just(0.0), st.floats(0, 1e6, allow_subnormal=False))
    volume = np.array(data.draw(st.lists(st.lists(number, min_size=3, max_size=3), min_size=3, max_size=3)))
    scaled = [[None if value is None else value * size for value in row] for row in history]
    found = forecast_mix(scaled, family, volume * size, spread=spread)
    assert found.min() >= 0
    sums = aggregate(found, family, 3)
    for one in set(family):
        np.testing.assert_allclose(sums[one], volume[one] * size, rtol=1e-12)


@pytest.mark.parametrize(
    ("arguments", "options", "match"),
    [
        ((STEADY, [0, 0], [[1]]), {}, "2 entries"),
        ((STEADY, [0, 0, 1], [[1]]), {}, "Entry 3 of family_of_item is 1"),
        ((STEADY, [0, 0, None], [[1]]), {}, "Entry 3"),
        ((STEADY, [0, 0, 0], [[-1]]), {}, "Row 1, column 1 of family_forecast"),
        ((STEADY, [0, 0, 0], [[1, None]]), {}, "Row 1, column 2 of family_forecast"),
        ((STEADY, [0, 0, 0], [[1]]), {"spread": "OLS"}, "Use one of TOP_DOWN"),
        ((STEADY, [0, 0, 0], [[1]]), {"launches": {0: [1, 2]}}, "launch of item 1"),
        ((STEADY, [0, 0, 0], [[1]]), {"launches": {9: [1]}}, "launch of item 10"),
        ((STEADY, [0, 0, 0], [[1]]), {"launches": {0: [-1]}}, "launch of item 1"),
        ((STEADY, [0, 0, 0], [[1]]), {"last_bucket": [1, 2]}, "2 numbers for 3 items"),
    ],
)
def test_arguments_are_checked(arguments: tuple[object, ...], options: dict[str, object], match: str) -> None:
    with pytest.raises(ArgumentError, match=match):
        forecast_mix(*arguments, **options)
