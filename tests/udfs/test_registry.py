import datetime as dt
import json
import logging
import math
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from udfs import registry
from udfs.cells import CellError
from udfs.registry import Argument, Example, call, functions, lookup

NAMES = [entry.name for entry in functions()]


@pytest.mark.parametrize("name", NAMES)
def test_the_example_gives_its_result(name):
    entry = lookup(name)
    assert call(name, entry.example.arguments) == entry.example.result


@pytest.mark.parametrize("name", NAMES)
def test_the_description_is_complete(name):
    entry = lookup(name)
    assert entry.name.startswith("SOP_")
    assert entry.errors
    # Excel's function wizard cuts descriptions after 255 characters.
    for text in (entry.summary, *(argument.help for argument in entry.arguments)):
        assert 10 < len(text) <= 255
        assert text.endswith(".")
    required = [argument.required for argument in entry.arguments if not argument.repeated]
    assert required == sorted(required, reverse=True)
    assert len({argument.name for argument in entry.arguments}) == len(entry.arguments)


@pytest.mark.parametrize("name", NAMES)
def test_omitted_empty_and_default_arguments_are_the_same(name):
    entry = lookup(name)
    given_arguments = list(entry.example.arguments)
    while len(given_arguments) > sum(argument.required for argument in entry.arguments):
        given_arguments.pop()
    shortest = call(name, given_arguments)
    optional = [argument for argument in entry.arguments if not argument.required and not argument.repeated]
    for empty in (None, "", [[None]], []):
        assert call(name, [*given_arguments, *[empty] * len(optional)]) == shortest
    defaults = [
        list(argument.default) if isinstance(argument.default, tuple) else argument.default
        for argument in optional
    ]
    assert call(name, [*given_arguments, *defaults]) == shortest


@pytest.mark.parametrize("name", NAMES)
def test_a_single_cell_may_be_a_range(name):
    entry = lookup(name)
    wrapped = [value if isinstance(value, list) else [[value]] for value in entry.example.arguments]
    assert call(name, wrapped) == entry.example.result


def numbers_only(value):
    """Whether JSON can hold it, dates and undefined cells aside."""
    if isinstance(value, list):
        return all(numbers_only(cell) for cell in value)
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or isinstance(value, str | bool | CellError)


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-3, 20),
    st.floats(),
    st.floats(-1e3, 1e3),
    st.sampled_from(
        [0, -1, 1e99, -1e99, 1e308, 10**400, "", "AUTO", "STOCK", "HOLT", "#N/A", "12", "2026-01-31"]
    ),
    st.text(max_size=5),
    st.dates(),
    st.datetimes(),
)
ROWS = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(SCALARS, min_size=width, max_size=width), min_size=1, max_size=4)
)
NUMBER_ROWS = st.integers(1, 4).flatmap(
    lambda width: st.lists(
        st.lists(
            st.one_of(st.none(), st.floats(-1e6, 1e6), st.integers(0, 9)), min_size=width, max_size=width
        ),
        min_size=1,
        max_size=4,
    )
)
GARBAGE = st.one_of(
    SCALARS,
    NUMBER_ROWS,
    ROWS,
    st.lists(SCALARS, max_size=5),
    st.recursive(
        SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner)
    ),
)


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
def test_no_input_crashes(name, data):
    entry = lookup(name)
    count = data.draw(st.integers(0, len(entry.arguments) + 1))
    arguments = data.draw(st.lists(GARBAGE, min_size=count, max_size=count))
    found = call(name, arguments)
    assert numbers_only(found)
    if isinstance(found, CellError):
        assert found.value in ("#VALUE!", "#NUM!", "#N/A")
        assert found.reason
        assert "unexpectedly" not in found.reason


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
def test_one_wrong_argument_in_a_right_call_does_not_crash(name, data):
    arguments = list(lookup(name).example.arguments)
    place = data.draw(st.integers(0, len(arguments) - 1))
    arguments[place] = data.draw(GARBAGE)
    found = call(name, arguments)
    assert numbers_only(found)
    assert not (isinstance(found, CellError) and "unexpectedly" in found.reason)


@pytest.mark.parametrize("name", NAMES)
def test_the_arguments_are_left_as_they_were(name):
    entry = lookup(name)
    before = json.dumps(entry.example.arguments)
    call(name, entry.example.arguments)
    assert json.dumps(entry.example.arguments) == before


class TestCall:
    def test_capitals_do_not_matter(self):
        assert call(" sop_backlog ", [0, 5, 3]) == [[2.0]]

    def test_an_unknown_name_suggests_the_nearest(self):
        found = call("SOP_FORCAST", [])
        assert found.value == "#NAME?"
        assert "SOP_FORECAST" in found.reason

    def test_too_few_and_too_many_arguments_show_the_signature(self):
        assert "argument orders is missing" in call("SOP_BACKLOG", [1]).reason
        found = call("SOP_BACKLOG", [1, 2, 3, 4])
        assert "at most 3 arguments and got 4" in found.reason
        assert "SOP_BACKLOG(opening, orders, production)" in found.reason
        assert call("SOP_BACKLOG", [1, 2, 3, None]) == [[0.0]]

    def test_a_column_gives_a_column(self):
        assert call("SOP_PROJECTED_INVENTORY", [100, [[50], [50]], [[60], [120]]]) == [[90.0], [20.0]]
        assert call("SOP_LEVEL_PLAN", [0, [[10], [20]], 0]) == [[15.0], [15.0]]

    def test_text_among_numbers_is_named(self):
        found = call("SOP_PROJECTED_INVENTORY", [100, [[50, "many"]], [[60, 120]]])
        assert found == CellError(
            "#VALUE!", 'supply (row 1, column 2) is the text "many". A number was expected.'
        )

    def test_the_three_errors(self):
        assert call("SOP_SAFETY_STOCK", [500, 2, 1.2]).value == "#NUM!"
        assert call("SOP_FILL_RATE", [0, 0]).value == "#N/A"
        assert call("SOP_LEVEL_PLAN", [0, 1, 0, "STOK"]).value == "#VALUE!"

    def test_an_unexpected_failure_is_logged_and_not_raised(self, monkeypatch, caplog):
        def fail():
            raise ZeroDivisionError("inside")

        entry = registry.Function(
            "SOP_X", "Supply", "Summary.", (), "Result.", "number", Example((), 0.0), (), "", fail
        )
        monkeypatch.setitem(registry._functions, "SOP_X", entry)
        with caplog.at_level(logging.ERROR, "sop_xl.functions"):
            found = call("SOP_X", [])
        assert found.value == "#VALUE!"
        assert "ZeroDivisionError: inside" in found.reason
        assert "Traceback" not in found.reason
        assert "ZeroDivisionError" in caplog.text

    def test_a_function_is_registered_once(self):
        with pytest.raises(ValueError, match="twice"):
            registry.function(
                "SOP_BACKLOG", category="Supply", summary="", arguments=(), result="", shape="number",
                example=Example((), 0.0),
            )(len)  # fmt: skip


def test_signature():
    assert lookup("SOP_LEVEL_PLAN").signature == 'SOP_LEVEL_PLAN(opening, demand, ending, [kind="STOCK"])'
    assert lookup("SOP_ON_TIME").signature == "SOP_ON_TIME(promised, delivered, [as_of], [grace_days=0])"
    assert Argument("override", "matrix", "", repeated=True).label == "override, …"
    assert "[limits={30,60,90,180,365}]" in lookup("SOP_INVENTORY_AGING").signature


def test_a_supply_call_imports_nothing_heavy():
    script = (
        "import sys; from udfs.registry import call;"
        "assert call('SOP_PROJECTED_INVENTORY', [1, 2, 3]) == [[0.0]];"
        "print(sorted({'pandas', 'scipy', 'statsmodels', 'xlwings', 'openpyxl'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"


def test_dates_of_a_host_are_dates():
    promised, delivered = [[dt.datetime(2026, 1, 10)]], [[dt.datetime(2026, 1, 11)]]
    assert call("SOP_ON_TIME", [promised, delivered]) == 0
    assert call("SOP_ON_TIME", [promised, delivered, None, 1]) == 1
