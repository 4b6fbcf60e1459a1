from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sop_xl.demand import aggregate, disaggregate
from sop_xl.errors import ArgumentError, NoAnswerError


def test_in_proportion() -> None:
    np.testing.assert_allclose(disaggregate(10, [1, 3]), [2.5, 7.5])
    assert disaggregate([10], [1, 3]).shape == (2, 1)
    np.testing.assert_allclose(disaggregate([10, 20], [1, 3]), [[2.5, 5], [7.5, 15]])
    np.testing.assert_allclose(disaggregate([10, 20], [[1, 0], [3, 1]]), [[2.5, 0], [7.5, 20]])
    np.testing.assert_allclose(disaggregate([[10, 20]], [[1], [1]]), [[5, 10], [5, 10]])


def test_zero_weights_split_equally() -> None:
    # Children whose history is all zero share alike, never NaN.
    assert disaggregate(30, [0, 0, 0]).tolist() == [10, 10, 10]
    assert disaggregate(30, [None, None, 0], [None, 10, None]).tolist() == [10, 10, 10]
    assert disaggregate(0, [1, 2]).tolist() == [0, 0]


def test_locks_stay() -> None:
    np.testing.assert_allclose(disaggregate(100, [1, 1, 2], [40, None, None]), [40, 20, 40])
    np.testing.assert_allclose(disaggregate(100, [1, 1], [0, None]), [0, 100])
    assert disaggregate(100, [1, 1], [60, 40]).tolist() == [60, 40]
    assert disaggregate(60, [1, 1], [60, None]).tolist() == [60, 0]
    assert disaggregate(0.3, [1, 1, 1], [0.1, 0.2, None]).min() >= 0


@pytest.mark.parametrize("locked", [[101, None], [60, 41], [60, 30], [1e308, 1e308]])
def test_locks_that_cannot_be_met(locked: list[float | None]) -> None:
    with pytest.raises(NoAnswerError, match="locked"):
        disaggregate(100, [1, 1], locked)


def test_rounding_gives_the_largest_remainders() -> None:
    assert disaggregate(10, [1, 1, 1], decimals=0).tolist() == [4, 3, 3]
    assert disaggregate(7, [0.55, 0.3, 0.15], decimals=0).tolist() == [4, 2, 1]
    assert disaggregate(1, [1, 1, 1], decimals=2).tolist() == [0.34, 0.33, 0.33]
    assert disaggregate(1000, [1, 1, 1], decimals=-2).tolist() == [400, 300, 300]
    assert disaggregate(-10, [1, 1, 1], decimals=0).tolist() == [-4, -3, -3]
    assert disaggregate(10, [1, 1, 0], decimals=0).tolist() == [5, 5, 0]
    assert disaggregate([10, 11], [1, 1], [[None, 3.5], [None, None]], 0).tolist() == [[5, 3.5], [5, 7.5]]


def test_an_odd_part_stays_on_the_largest_child() -> None:
    assert disaggregate(10.5, [3, 1], decimals=0).tolist() == [8.5, 2]


whole = st.integers(-(10**9), 10**9)
weight_lists = st.lists(st.one_of(st.just(0.0), st.floats(0, 1e300)), min_size=1, max_size=12)


@given(st.floats(-1e300, 1e300), weight_lists)
def test_children_add_up(total: float, weights: list[float]) -> None:
    children = disaggregate(total, weights)
    assert math.fsum(children) == pytest.approx(total, rel=1e-9, abs=1e-300)
    assert np.isfinite(children).all()
    assert (children * np.sign(total) >= 0).all()


@given(whole, weight_lists, st.integers(0, 6))
def test_rounded_children_add_up_exactly(total: int, weights: list[float], decimals: int) -> None:
    power = 10**decimals
    children = disaggregate(total / power, weights, decimals=decimals)
    units = [round(child * power) for child in children]
    assert sum(units) == total
    np.testing.assert_allclose(children, np.array(units) / power, rtol=1e-12, atol=1e-12)
    plain = disaggregate(total / power, weights)
    assert np.abs(children - plain).max() <= 1 / power * (1 + 1e-6)


@given(
    st.lists(st.one_of(st.none(), st.floats(0, 1e6)), min_size=1, max_size=8), st.floats(0, 1e6), st.data()
)
def test_locked_children_stay_and_the_sum_holds(
    locked: list[float | None], more: float, data: st.DataObject
) -> None:
    weights = data.draw(st.lists(st.floats(0, 100), min_size=len(locked), max_size=len(locked)))
    held = sum(lock for lock in locked if lock is not None)
    total = held + (more if None in locked else 0.0)
    children = disaggregate(total, weights, locked)
    assert children.sum() == pytest.approx(total, rel=1e-9, abs=1e-9)
    for child, lock in zip(children, locked, strict=True):
        assert child == lock if lock is not None else child >= 0


@given(weight_lists, st.integers(0, 1000), st.randoms())
def test_the_order_of_children_does_not_matter(weights: list[float], total: int, random: object) -> None:
    order = list(range(len(weights)))
    random.shuffle(order)  # type: ignore[attr-defined]
    plain = disaggregate(total, weights)
    shuffled = disaggregate(total, [weights[i] for i in order])
    np.testing.assert_allclose(shuffled, plain[order], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(
    "arguments",
    [
        ([[1], [2]], [1, 2]),
        ([1, None], [1, 2]),
        (1, [-1, 2]),
        (1, [1, "x"]),
        ([1, 2], [[1, 2, 3]]),
        (1, [1, 2], [1, 2, 3]),
        (1, [1, 2], None, 1.5),
    ],
)
def test_arguments_are_checked(arguments: tuple[object, ...]) -> None:
    with pytest.raises(ArgumentError):
        disaggregate(*arguments)


def test_a_total_with_too_many_digits_to_round() -> None:
    with pytest.raises(NoAnswerError, match="decimals"):
        disaggregate(1e17, [1, 2], decimals=0)


def test_aggregate() -> None:
    items = np.arange(6.0).reshape(3, 2)
    np.testing.assert_array_equal(aggregate(items, [1, 1, 0], 3), [[4, 5], [2, 4], [0, 0]])
    np.testing.assert_array_equal(aggregate([[1, None]], [0], 1), [[1, 0]])
    with pytest.raises(ArgumentError, match="Entry 2"):
        aggregate(items, [0, 3, 0], 3)
    with pytest.raises(ArgumentError, match="2 entries"):
        aggregate(items, [0, 1], 3)
    with pytest.raises(NoAnswerError):
        aggregate([[1e308], [1e308]], [0, 0], 1)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=20))
def test_aggregating_what_was_spread_gives_the_totals_back(parents: list[int]) -> None:
    totals = np.array([[10.0, 20, 30]])
    children = disaggregate(totals, np.arange(1.0, len(parents) + 1))
    np.testing.assert_allclose(aggregate(children, parents, 4).sum(axis=0), totals[0])
