from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sop_xl.errors import ArgumentError
from sop_xl.forecasting import demand_class

NAMES = {"SMOOTH", "ERRATIC", "INTERMITTENT", "LUMPY", "NEW", "DEAD"}


@pytest.mark.parametrize(
    ("history", "name"),
    [
        ([10, 11, 9, 10, 12, 10, 9], "SMOOTH"),
        ([1, 40, 2, 1, 60, 3, 1], "ERRATIC"),
        ([5, 0, 5, 0, 0, 6, 0, 5], "INTERMITTENT"),
        ([1, 0, 40, 0, 0, 2, 0, 90], "LUMPY"),
        ([None, None, None, 10, 11, 9, 10, 12], "NEW"),
        ([0, 0, 0, 0, 0, 0, 0, 10, 11], "NEW"),
        ([10, 11, 9, 10, 12, 10] + [0] * 12, "DEAD"),
        ([0, 0, 0], "DEAD"),
        ([0] * 20 + [10, 11, 9, 10, 12, 10], "SMOOTH"),
    ],
)
def test_classes(history: list[float | None], name: str) -> None:
    assert demand_class(history).names.tolist() == [name]


def test_figures() -> None:
    found = demand_class([[0, 0, 4, 0, 8, 0, 0, 6]])
    assert found.adi == pytest.approx([6 / 3])
    assert found.cv2 == pytest.approx([np.var([4, 8, 6], ddof=1) / 36])


def test_the_limits_themselves_count_as_above() -> None:
    # 33 buckets, 25 demands: an interval of exactly 1.32.
    values = [1.0] + [0.0, 1.0] * 8 + [1.0] * 16
    assert demand_class(values).adi == pytest.approx([1.32])
    assert demand_class(values).names.tolist() == ["INTERMITTENT"]


def test_without_demand_the_figures_are_not_defined() -> None:
    found = demand_class([0, 0, 0])
    assert np.isnan(found.adi).all()
    assert np.isnan(found.cv2).all()


@given(st.lists(st.floats(-1e308, 1e308), min_size=1, max_size=40))
def test_any_history_has_one_class(history: list[float]) -> None:
    found = demand_class(history)
    assert set(found.names) <= NAMES
    if any(history):
        assert np.isfinite(found.adi).all()
        assert np.isfinite(found.cv2).all()


def test_text_is_refused() -> None:
    with pytest.raises(ArgumentError, match="column 2"):
        demand_class([1, "x"])
