"""Equal calls are calculated once, and only equal ones."""

from __future__ import annotations

import datetime as dt
import itertools
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from udfs import registry
from udfs.answers import Answers, fingerprint
from udfs.cells import CellError
from udfs.registry import Argument, Example

# Calls that a careless key takes for one another.
DIFFERENT = [
    ("F", [1.0]), ("F", [True]), ("F", ["1"]), ("F", ["1.0"]), ("F", [Decimal(1)]), ("F", [b""[:0].decode()]),
    ("F", [None]), ("F", []), ("F", [None, None]), ("F", [0.0]), ("F", [-0.0]), ("F", [False]),
    ("F", [[]]), ("F", [[[]]]), ("F", [[[1.0]], [[2.0]]]), ("F", [[[1.0], [2.0]], []]), ("F", ["R2 "]), ("F", ["L1 "]),
    ("F", [[1.0, 2.0]]), ("F", [[[1.0, 2.0]]]), ("F", [[[1.0], [2.0]]]), ("F", [1.0, 2.0]), ("F", [[[1.0], [True]]]),
    ("F", [dt.date(2026, 1, 31)]), ("F", [dt.datetime(2026, 1, 31)]), ("F", ["2026-01-31"]), ("F", [46053.0]),
    ("F", [dt.datetime(2026, 1, 31, tzinfo=dt.UTC)]), ("F", ["date 2026-01-31"]),
    ("F", ["#N/A"]), ("F", [CellError("#N/A", "")]), ("F", [CellError("#N/A", "so")]),
    ("G", [1.0]), ("F1", []), ("F", [1e308]), ("F", [float("inf")]), ("F", [float("nan")]),
]  # fmt: skip


def test_different_calls_are_told_apart():
    for one, other in itertools.combinations(DIFFERENT, 2):
        assert fingerprint(*one) != fingerprint(*other), (one, other)


@pytest.mark.parametrize(("name", "arguments"), DIFFERENT)
def test_equal_calls_are_recognised(name, arguments):
    def copied(value):
        return type(value)(map(copied, value)) if isinstance(value, list) else value

    assert fingerprint(name, copied(arguments)) == fingerprint(name, arguments)


def test_a_cell_far_down_a_large_range_counts():
    def column(length, last):
        return [[1.0] for _ in range(length - 1)] + [[last]]

    prints = {
        fingerprint("F", [column(length, last)])
        for length in (999, 1000, 1001, 2000, 2001)
        for last in (1.0, True, 2.0, dt.date(2026, 1, 1))
    }
    assert len(prints) == 20
    assert fingerprint("F", [column(2001, 2.0)]) == fingerprint("F", [column(2001, 2.0)])


def test_rows_may_be_lists_or_tuples():
    assert fingerprint("F", [((1.0, "a"), (None, True))]) == fingerprint("F", [[[1.0, "a"], [None, True]]])


@pytest.mark.parametrize("strange", [np.array([[1.0]]), np.float64(1), b"a", object(), {1: 2}, [[object()]]])
def test_what_no_spreadsheet_holds_is_not_remembered(strange):
    assert fingerprint("F", [strange]) is None
    answers = Answers()
    answers.get("F", [strange], lambda: 1.0)
    assert len(answers) == 0


def test_nesting_without_end_is_not_remembered():
    loop: list[object] = []
    loop.append(loop)
    assert fingerprint("F", [loop]) is None


CELL = st.one_of(st.none(), st.booleans(), st.floats(allow_nan=False), st.text(max_size=3), st.dates())


@given(
    st.lists(st.lists(CELL, min_size=1, max_size=3), max_size=3),
    st.lists(st.lists(CELL, max_size=3), max_size=3),
)
def test_equal_fingerprints_mean_equal_cells(one, other):
    same = repr(one) == repr(other)
    assert (fingerprint("F", [one]) == fingerprint("F", [other])) == same


def test_the_longest_unused_answer_goes_first():
    answers = Answers(max_answers=2)
    for value in (1.0, 2.0, 1.0, 3.0):
        answers.get("F", [value], lambda value=value: value)
    calculated = []
    for value in (1.0, 3.0, 2.0):
        answers.get("F", [value], lambda value=value: calculated.append(value) or value)
    assert calculated == [2.0]


def test_the_cells_of_all_answers_are_limited():
    answers = Answers(max_cells=10)
    for value in range(4):
        answers.get("F", [value], lambda: [[0.0] * 4])
    assert len(answers) == 2
    answers.get("F", ["huge"], lambda: [[0.0] * 11])
    assert len(answers) == 2


def test_an_answer_may_be_changed_by_whoever_gets_it():
    answers = Answers()
    for _ in range(2):
        rows = answers.get("F", [], lambda: [[1.0, 2.0]])
        assert rows == [[1.0, 2.0]]
        rows[0][0] = 99.0
        rows.append([])


def test_what_is_raised_is_not_remembered():
    answers = Answers()
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            answers.get("F", [], lambda: 1 / 0)
    assert len(answers) == 0


@pytest.fixture
def counted(monkeypatch):
    """A function that counts how often it is calculated, in a registry of its own."""
    registry.functions()
    monkeypatch.setattr(registry, "_functions", dict(registry._functions))
    monkeypatch.setattr(registry, "_answers", Answers())
    calls = []

    def add(pure):
        @registry.function(
            "SOP_COUNTED", category="Help", summary="Counts.", arguments=(Argument("a", "numbers", "Any number."),),
            result="A number.", shape="number", example=Example((1,), 1.0), pure=pure,
        )  # fmt: skip
        def body(a):
            calls.append(a)
            if not np.isfinite(a).all() or float(np.sum(a)) == 13:
                raise RuntimeError("a fault")
            return np.sum(a)

        return calls

    return add


def test_equal_calls_of_a_function_are_calculated_once(counted):
    calls = counted(pure=True)
    assert [registry.call("SOP_COUNTED", [[[1, 2]]]) for _ in range(3)] == [3.0] * 3
    assert registry.call("sop_counted", [((1, 2),)]) == 3.0
    assert len(calls) == 1


def test_true_is_refused_also_after_one_was_accepted(counted):
    counted(pure=True)
    assert registry.call("SOP_COUNTED", [1]) == 1.0
    assert registry.call("SOP_COUNTED", [True]).value == "#VALUE!"


def test_refusals_are_remembered_and_faults_are_not(counted, caplog):
    calls = counted(pure=True)
    refusals = {registry.call("SOP_COUNTED", [[["x"]]]) for _ in range(2)}
    assert len(refusals) == 1
    for _ in range(2):
        assert "unexpectedly" in registry.call("SOP_COUNTED", [13]).reason
    assert len(calls) == 2


def test_a_function_that_reads_more_than_its_arguments_is_never_remembered(counted):
    calls = counted(pure=False)
    for _ in range(2):
        registry.call("SOP_COUNTED", [1])
    assert len(calls) == 2


def test_explain_says_what_an_error_means():
    assert registry.call("SOP_EXPLAIN", ["#num!"]) == "#NUM!: the question has no answer."
    assert (
        registry.call("SOP_EXPLAIN", [12])
        == registry.call("SOP_EXPLAIN", [None])
        == "The cell shows no error."
    )
    assert (
        registry.call("SOP_EXPLAIN", [CellError("#N/A", "Nothing was ordered.")])
        == "#N/A Nothing was ordered."
    )
    assert registry.call("SOP_EXPLAIN", [[[1, 2]]]).value == "#VALUE!"
