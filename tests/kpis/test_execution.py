import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sop_xl.errors import ArgumentError, NotDefinedError
from sop_xl.kpis import execution

LINES = st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500)), min_size=1, max_size=20).filter(
    lambda lines: sum(planned for planned, _ in lines) > 0
)


@given(LINES)
def test_attainment_never_exceeds_adherence_or_one(lines):
    planned, actual = zip(*lines, strict=True)
    attainment = execution.schedule_attainment(planned, actual)
    assert 0 <= attainment <= min(1, execution.plan_adherence(planned, actual))


def test_the_wrong_mix_shows_in_attainment_only():
    assert execution.plan_adherence([100, 100], [150, 50]) == 1
    assert execution.schedule_attainment([100, 100], [150, 50]) == 0.75


def test_what_is_not_known_yet_is_left_out():
    assert execution.plan_adherence([100, 100], [95, np.nan]) == 0.95


@pytest.mark.parametrize("measure", [execution.schedule_attainment, execution.plan_adherence])
def test_edges(measure):
    with pytest.raises(NotDefinedError, match="Nothing was planned"):
        measure([0, np.nan], [5, 5])
    with pytest.raises(ArgumentError, match="actual is negative"):
        measure([1], [-1])
    with pytest.raises(ArgumentError, match="same rows"):
        measure([1, 2], [1])
