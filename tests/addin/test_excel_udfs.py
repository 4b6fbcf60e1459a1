"""The functions through xlwings' own registration, converters and COM server."""

from __future__ import annotations

import datetime as dt

import pytest

from addin.excel_udfs import marked
from tests.addin.com import ERROR_CODES, MARK, OMITTED
from udfs import registry
from udfs.cells import CellError

pytestmark = pytest.mark.usefixtures("example_store")

FUNCTIONS = registry.functions()
NAMES = [entry.name for entry in FUNCTIONS]
WITH_OPTIONAL = [
    entry for entry in FUNCTIONS if any(not a.required and not a.repeated for a in entry.arguments)
]


def collapsed(rows):
    """xlwings hands a single cell over as such, and a single row as a list."""
    if len(rows) == 1:
        return rows[0][0] if len(rows[0]) == 1 else rows[0]
    return rows


def as_excel(value):
    """The empty cell of a result is an empty text to Excel."""
    if isinstance(value, list):
        return [as_excel(part) for part in value]
    return "" if value is None else value


def expected(name, arguments):
    return as_excel(collapsed(marked(registry.call(name, arguments))))


def test_every_function_is_registered_with_its_help(com):
    assert list(com.registered) == NAMES
    for entry in FUNCTIONS:
        info = com.registered[entry.name]
        assert info["category"] == f"S&OP {entry.category}"
        assert info["doc"] == entry.summary
        assert [argument[:4] for argument in info["arguments"]] == [
            [a.name, a.help, a.repeated, not a.required and not a.repeated] for a in entry.arguments
        ]


@pytest.mark.parametrize("name", NAMES)
def test_the_example_comes_back_through_excels_way(com, name):
    example = registry.lookup(name).example
    assert com.call(name, list(example.arguments)) == as_excel(collapsed(marked(example.result)))


@pytest.mark.parametrize("entry", WITH_OPTIONAL, ids=lambda entry: entry.name)
def test_omitted_arguments_take_their_defaults(com, entry):
    given = list(entry.example.arguments)
    optional = [a for a in entry.arguments if not a.required and not a.repeated]
    needed = len([a for a in entry.arguments if a.required])
    want = expected(entry.name, given[:needed])
    assert com.call(entry.name, [*given[:needed], *[OMITTED] * len(optional)]) == want
    assert com.call(entry.name, [*given[:needed], *[None] * len(optional)]) == want


PLAN = "SOP_LEVEL_PLAN"


@pytest.mark.parametrize(("value", "code"), ERROR_CODES.items())
def test_an_error_in_a_cell_is_recognised(com, value, code):
    said = com.call(PLAN, [0, [[100, code, 300]], 50])
    assert said.startswith(f"{MARK}#VALUE!{MARK}demand (row 1, column 2) is the error {value}.")


def test_refusals_carry_error_value_and_reason(com):
    assert com.call(PLAN, [0, [["x"]], 50]).split(MARK) == [
        "", "#VALUE!", 'demand (row 1, column 1) is the text "x". A number was expected.',
    ]  # fmt: skip
    assert com.call("SOP_WMAPE", [[[0]], [[5]]]).split(MARK)[1] == "#N/A"


def test_true_is_no_number_here_either(com):
    assert com.call(PLAN, [0, [[1.0, 2.0]], 0]) == [1.5, 1.5]
    assert com.call(PLAN, [0, [[True, 2.0]], 0]).split(MARK)[1] == "#VALUE!"


def test_dates_come_as_dates_or_as_numbers(com):
    day = {"date": "2026-01-10"}
    serial = (dt.date(2026, 1, 10) - dt.date(1899, 12, 30)).days
    late = {"date": "2026-02-01"}
    assert com.call("SOP_ON_TIME", [[[day], [day]], [[day], [late]]]) == 0.5
    assert com.call("SOP_ON_TIME", [[[serial], [serial]], [[serial], [serial + 22]]]) == 0.5


def test_an_empty_text_is_an_empty_cell(com):
    assert com.call("SOP_CONSENSUS", [[[1.0, 2.0]], [["", 5.0]]]) == [1.0, 5.0]


def test_a_repeated_argument_may_come_often(com):
    rows = [[[1.0, 2.0, 3.0]], [[None, 5.0, None]], [[None, 6.0, None]], [[7.0, None, None]]]
    assert com.call("SOP_CONSENSUS", rows) == [7.0, 6.0, 3.0]


def test_a_whole_range_goes_in_one_call(com):
    rows = [[float(i + j) for j in range(24)] for i in range(2000)]
    assert com.call("SOP_NET_FORECAST", [rows, [[1.0] * 24] * 2000]) == [
        [max(x - 1, 0) for x in row] for row in rows
    ]


def test_a_text_of_the_users_own_is_never_taken_for_a_refusal():
    assert marked([[f"{MARK}#N/A{MARK}a lie", None, True, 1.0]]) == [[f"#N/A{MARK}a lie", None, True, 1.0]]
    assert marked(CellError("#NUM!", "So.")) == [[f"{MARK}#NUM!{MARK}So."]]
