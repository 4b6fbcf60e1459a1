"""Arguments of the right kind and the worst size: every function answers with numbers or with an error it states.

Garbage of any kind is thrown at the functions in test_registry; here the cells get past the door.
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.udfs.test_registry import numbers_only
from udfs.cells import CellError
from udfs.registry import Argument, call, functions, lookup

NAMES = [entry.name for entry in functions()]

#: Numbers that overflow when multiplied, vanish when divided, or cancel.
NUMBER = st.one_of(
    st.sampled_from([0.0, -0.0, 1.0, -1.0, 0.5, 2, 12, 1e-300, 5e-324, 1e99, -1e99, 1e100, 1e-9, 1e15]),
    st.floats(-1e6, 1e6, allow_nan=False),
)
#: Cells that must be refused, each by name of the place.
REFUSED = st.sampled_from([float("nan"), float("inf"), -float("inf"), 1e300, 10**400, "text", "#N/A", True])


@st.composite
def ranges(
    draw: st.DrawFn, cell: st.SearchStrategy[object], rows: int = 4, columns: int = 26
) -> list[list[object]]:
    """A range that is often a row, a column or one cell."""
    height, width = draw(st.integers(1, rows)), draw(st.integers(1, columns))
    flat = draw(st.lists(cell, min_size=height * width, max_size=height * width))
    return [flat[i * width : (i + 1) * width] for i in range(height)]


def filled_up(rows: list[list[object]]) -> list[list[object]]:
    """Rows of one width, as a range has them."""
    width = max(map(len, rows))
    return [row + [None] * (width - len(row)) for row in rows]


def worst_of_kind(argument: Argument) -> st.SearchStrategy[object]:
    """Arguments that the reader lets through, or nearly."""
    empty = st.none() if argument.empty != "refused" else NUMBER
    match argument.kind:
        case "series" | "matrix" | "numbers" | "flags" | "dates":
            date = st.floats(0, 3e6) if argument.kind == "dates" else NUMBER
            return st.one_of(ranges(date | empty), ranges(st.just(0.0)), ranges(NUMBER | empty, 1, 60))
        case "vector":
            return st.one_of(NUMBER, ranges(NUMBER | empty, 1), ranges(NUMBER | empty, 26, 1))
        case "integer":
            return st.sampled_from([-1, 0, 1, 2, 3, 12, 60, 600, 601, 10**9, 1.5])
        case "number":
            return st.one_of(NUMBER, st.floats(0, 1))
        case "word":
            return st.sampled_from([*argument.words, "", "lower", *(word.lower() for word in argument.words)])
        case "names" | "texts":
            return ranges(st.sampled_from(["A", "B", "C", "", None, 1, "a very long name" * 20]), 6, 2)
        case "date":
            return st.one_of(st.floats(-10, 3e6), st.just(46000))
        case "text":
            return st.one_of(
                st.sampled_from(["", "Demand", "revenue", "2026-11", "x" * 400]), NUMBER, st.none()
            )
        case "cell":
            return st.one_of(NUMBER, REFUSED, st.none())
        case "settings":
            names = st.sampled_from([*(name for name, _ in argument.settings), "", None, "unknown", 1])
            rows = st.builds(
                lambda name, values: [name, *values[0]],
                names,
                ranges(NUMBER | empty | st.just("LEVEL"), 1, 4),
            )
            return st.lists(rows, min_size=1, max_size=8).map(filled_up)


@st.composite
def calls(draw: st.DrawFn, name: str) -> list[object]:
    """All arguments, or only those required; seldom one whose rows are ragged or hold a refused cell."""
    entry = lookup(name)
    assert entry is not None
    declared = [one for one in entry.arguments if one.required or draw(st.booleans())]
    declared = list(entry.arguments[: len(declared)])
    arguments = [draw(worst_of_kind(one)) for one in declared]
    example = list(entry.example.arguments)
    for place in range(min(len(example), len(arguments))):
        if draw(st.booleans()):  # Shapes of an example fit together, so that the numbers get further.
            arguments[place] = example[place]
    odd = draw(st.integers(0, 9))
    if odd == 0 and arguments and isinstance(arguments[0], list):
        arguments[0] = [*arguments[0], [0.0] * 99]
    if odd == 1 and arguments and isinstance(arguments[0], list):
        arguments[0] = [[draw(REFUSED), *row[1:]] if isinstance(row, list) else row for row in arguments[0]]
    return arguments


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=max(8, settings.default.max_examples // 6))
@given(data=st.data())
def test_the_worst_numbers_of_the_right_kind(name: str, data: st.DataObject) -> None:
    entry = lookup(name)
    assert entry is not None
    found = call(name, data.draw(calls(name)))
    assert numbers_only(found)
    if isinstance(found, CellError):
        assert found.value in {"#VALUE!", *(value for value, _ in entry.errors)}, found
        assert "unexpectedly" not in found.reason
        assert found.reason.endswith((".", ")"))


@pytest.mark.parametrize("name", [entry.name for entry in functions() if entry.arguments[0].kind == "series"])
@pytest.mark.parametrize("shape", [(2, 601), (100_001, 2)])
def test_a_range_beyond_the_limits_is_refused_at_once(name: str, shape: tuple[int, int]) -> None:
    rows = [[1.0] * shape[1]] * shape[0]
    arguments = [rows, *lookup(name).example.arguments[1:]]  # type: ignore[union-attr]
    found = call(name, arguments)
    assert isinstance(found, CellError)
    assert found.value == "#VALUE!"
