from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sop_xl.demand import clean_history, consensus, event_effect, weighted_pipeline
from sop_xl.errors import ArgumentError, NoAnswerError
from sop_xl.forecasting import forecast


def test_the_last_override_wins_and_zero_is_an_override() -> None:
    result = consensus([[10, 20, 30, None]], [[None, 25, 35, None]], [[None, None, 0, 7]])
    np.testing.assert_array_equal(result, [[10, 25, 0, 7]])
    np.testing.assert_array_equal(consensus([1, None]), [1, np.nan])


def test_consensus_leaves_its_arguments_alone() -> None:
    baseline = np.array([1.0, 2.0])
    consensus(baseline, [5, None])
    assert baseline.tolist() == [1, 2]


def test_consensus_names_the_override_that_does_not_fit() -> None:
    with pytest.raises(ArgumentError, match="override 2"):
        consensus([1, 2], [None, None], [1, 2, 3])
    with pytest.raises(ArgumentError, match="column 1 of override 1"):
        consensus([1, 2], ["x", None])


def test_event_effect() -> None:
    effect = event_effect([[100, 200]], [[1.5, None]], [[None, -30]])
    np.testing.assert_array_equal(effect, [[50, -30]])
    np.testing.assert_array_equal(event_effect([100]), [0])


def test_cleaning_makes_a_blocked_bucket_missing() -> None:
    cleaned = clean_history([100, 0, 100], [None, 0, None])
    np.testing.assert_array_equal(cleaned, [100, np.nan, 100])
    assert forecast(cleaned, 1, 1, "MEAN")[0] == 100


def test_cleaning_does_not_go_below_zero_unless_the_history_does() -> None:
    assert clean_history([10, 50], None, [30, None]).tolist() == [0, 50]
    assert clean_history([-10, 50], None, [30, None]).tolist() == [-40, 50]


cells = st.floats(0, 1e6)
some = st.one_of(st.none(), st.floats(0.1, 10))


@given(st.lists(st.tuples(cells, some, st.one_of(st.none(), st.floats(0, 1e6))), min_size=1, max_size=20))
def test_cleaning_undoes_an_event(rows: list[tuple[float, float | None, float | None]]) -> None:
    baseline, factor, quantity = (list(column) for column in zip(*rows, strict=True))
    history = np.array(baseline) + event_effect(baseline, factor, quantity)
    np.testing.assert_allclose(clean_history(history, factor, quantity), baseline, rtol=1e-9, atol=1e-7)


def test_pipeline() -> None:
    np.testing.assert_array_equal(
        weighted_pipeline([[100, None], [40, 10]], [[0.5, None], [0.25, 1]]), [[50, 0], [10, 10]]
    )
    with pytest.raises(NoAnswerError, match="column 2 of probability is 50"):
        weighted_pipeline([1, 2], [0.5, 50])
    with pytest.raises(ArgumentError, match="empty"):
        weighted_pipeline([1, 2], [0.5, None])


@pytest.mark.parametrize("function", [event_effect, clean_history])
def test_events_are_checked(function: object) -> None:
    with pytest.raises(ArgumentError, match="negative"):
        function([1, 2], [1, -1])  # type: ignore[operator]
    with pytest.raises(ArgumentError, match="same size"):
        function([1, 2], [1])  # type: ignore[operator]


def test_effects_too_large_for_a_number() -> None:
    with pytest.raises(NoAnswerError):
        event_effect([1e308], [1e10])
    with pytest.raises(NoAnswerError):
        clean_history([1e308], [1e-10])
