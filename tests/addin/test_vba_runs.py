"""From a formula through VBA, xlwings and the registry back to the cell; run by an interpreter of VBA."""

from __future__ import annotations

import datetime as dt

import pytest

from addin.ribbon import HELP, tag
from sop_xl.commands.catalogue import COMMANDS, command
from tests.addin.vba import Control, ExcelInMemory
from udfs import registry
from udfs.cells import CellError

NAMES = [entry.name for entry in registry.functions() if entry.name != "SOP_EXPLAIN"]
EPOCH = dt.date(1899, 12, 30)


@pytest.fixture(scope="module")
def started(com) -> ExcelInMemory:
    return ExcelInMemory(com)


@pytest.fixture
def excel(started) -> ExcelInMemory:
    started.reset()
    return started


def in_cells(value):
    """An argument of an example as cells hold it: a date is its number."""
    if isinstance(value, list):
        return [[in_cells(cell) for cell in (row if isinstance(row, list) else [row])] for row in value]
    try:
        return float((dt.date.fromisoformat(value) - EPOCH).days)
    except (TypeError, ValueError):
        return value


def shown(value):
    """A result as a sheet shows it."""
    if isinstance(value, list):
        return [[shown(cell) for cell in row] for row in value]
    return value.value if isinstance(value, CellError) else "" if value is None else value


@pytest.mark.parametrize("name", NAMES)
def test_the_example_of_every_function_in_a_cell(excel, name):
    example = registry.lookup(name).example
    given = []
    for number, argument in enumerate(example.arguments):
        cells = in_cells(argument)
        rows = cells if isinstance(cells, list) else [[cells]]
        given.append(excel.fill(f"A{1 + 20 * number}", rows))
    expected = shown(example.result)
    if isinstance(expected, list) and len(expected) == len(expected[0]) == 1:
        expected = expected[0][0]
    assert excel.formula("Z1", name, *given) == expected
    assert len(excel.python.calls) == 1, "a whole range in one call"


def test_an_error_is_one_that_iferror_understands_and_its_reason_is_told(excel):
    excel.fill("A1", [[100.0, "n/a"]])
    assert excel.formula("C1", "SOP_LEVEL_PLAN", 0.0, excel.range("A1:B1"), 50.0) == "#VALUE!"
    assert excel.explain("C1") == '#VALUE! demand (row 1, column 2) is the text "n/a". A number was expected.'


def test_an_error_among_values_has_its_own_reason(excel):
    history = excel.fill("A1", [[5.0, 6.0, 7.0, 8.0], [0.0, 0.0, 0.0, 0.0]])
    expected = shown(registry.call("SOP_DEMAND_CLASS", [[[5, 6, 7, 8], [0, 0, 0, 0]]]))
    assert excel.formula("D4:F6", "SOP_DEMAND_CLASS", history) == expected
    wrong = [
        (r, c) for r, row in enumerate(expected) for c, cell in enumerate(row) if str(cell).startswith("#")
    ]
    assert wrong
    for r, row in enumerate(expected):
        for c, cell in enumerate(row):
            said = excel.explain(f"{'DEF'[c]}{4 + r}")
            if (r, c) in wrong:
                assert said.startswith(f"{cell} ")
                assert "No reason" not in said
            else:
                assert said == "The cell shows no error."


def test_an_error_in_several_cells_is_explained_in_each(excel):
    excel.formula("B2:C3", "SOP_LEVEL_PLAN", 0.0, "x", 50.0)
    excel.fill("B2", [["#VALUE!"] * 2] * 2)
    assert {excel.explain(cell) for cell in ("B2", "C2", "B3", "C3")} == {excel.explain("B2")}
    assert "the text" in excel.explain("C3")


def test_a_newer_reason_takes_the_place_of_the_older(excel):
    excel.formula("B2", "SOP_LEVEL_PLAN", 0.0, "first", 50.0)
    excel.formula("B2", "SOP_LEVEL_PLAN", 0.0, "second", 50.0)
    assert "second" in excel.explain("B2")
    assert excel.formula("B2", "SOP_LEVEL_PLAN", 0.0, 10.0, 0.0) == 10.0
    assert excel.explain("B2") == "The cell shows no error."


def test_explain_where_no_reason_is_known(excel):
    excel.fill("A1", [["#N/A"]])
    assert "No reason is known yet" in excel.explain("A1")
    excel.range("A2").vba_set("Formula", "=1/0")
    assert excel.explain("A2").startswith("#DIV/0! does not come from a SOP_ function")
    assert excel.explain("A9") == "The cell shows no error."
    assert excel.run("SOP_EXPLAIN", "#N/A") == "#N/A: the answer is not defined for this data."
    assert repr(excel.run("SOP_EXPLAIN", excel.range("A1:A2"))) == "Error 2015"


def test_separate_ranges_are_refused_in_words(excel):
    both = (
        excel.run("Application.Union", excel.range("A1"), excel.range("C1"))
        if False
        else excel.range("A1,C1")
    )
    assert excel.formula("E1", "SOP_WMAPE", both, both) == "#VALUE!"
    assert "separate ranges" in excel.explain("E1")


def test_a_whole_column_sends_its_used_part(excel):
    excel.fill("A3", [[1.0], [2.0], [3.0]])
    excel.fill("C9", [["end"]])
    excel.formula("E1", "SOP_WMAPE", excel.range("A:A"), excel.range("A:A"))
    _, (first, second) = excel.python.calls[0]
    assert first == second == [[None], [None], [1.0], [2.0], [3.0], [None], [None], [None], [None]]


def test_booleans_texts_and_errors_arrive_as_they_are(excel):
    row = excel.fill("A1", [[True, "text", None, "#DIV/0!", 1.5]])
    excel.formula("A5", "SOP_WMAPE", row, 1.0)
    assert excel.python.calls[0][1] == [[[True, "text", None, -2146826281, 1.5]], 1.0]


def test_python_that_went_away_is_started_again(excel):
    assert excel.formula("A1", "SOP_WMAPE", 100.0, 90.0) == 0.1
    assert excel.starts == 1
    call, failures = excel.python.com.call, [1]

    def gone_once(name, arguments):
        if failures:
            failures.pop()
            raise excel._com_error()
        return call(name, arguments)

    excel.python.com = type("Gone", (), {"call": staticmethod(gone_once)})()
    assert excel.formula("A1", "SOP_WMAPE", 100.0, 80.0) == 0.2
    assert excel.starts == 2


def test_python_that_cannot_be_started_is_said_once_and_not_waited_for_by_every_cell(excel):
    excel.broken = 99
    for row in range(1, 6):
        assert excel.formula(f"A{row}", "SOP_WMAPE", 1.0, 1.0) == "#VALUE!"
        assert "Python could not be started: Could not load xlwings64.dll." in excel.explain(f"A{row}")
        assert "sop-xl doctor" in excel.explain(f"A{row}")
    assert excel.starts == 1
    excel.broken = 0
    excel.run("SopRestart", Control())
    assert excel.console == ["KillPy"]
    assert excel.formula("A1", "SOP_WMAPE", 1.0, 1.0) == 0.0


@pytest.mark.parametrize("entry", COMMANDS, ids=lambda entry: entry.name)
def test_a_button_runs_its_command(excel, entry):
    excel.chosen = "C:\\Pläne\\O'Neill & Söhne – 日本.toml"
    excel.run("SopRun", Control(tag(entry)))
    assert excel.app.dialogs == []
    (line,) = excel.console
    said = []
    module = type("ribbon_commands", (), {"run": staticmethod(lambda *words: said.append(words))})
    exec(
        line.removeprefix("import addin.ribbon_commands; "),
        {"addin": type("addin", (), {"ribbon_commands": module})},
    )
    ((name, path),) = said
    assert name == entry.name
    assert line.isascii()
    assert bytes.fromhex(path).decode("utf-16-be") == (excel.chosen if entry.asks else "")


def test_a_button_does_nothing_when_no_file_is_chosen(excel):
    excel.chosen = False
    excel.run("SopRun", Control(tag(command("load-actuals"))))
    assert excel.console == []


def test_buttons_are_alive_in_a_plan_only(excel):
    assert excel.run("Enabled", Control()) is False
    excel.book.vba_get("Names").vba_call("Add", ["Home_Layout", "=Sheet1!$A$1"])
    assert excel.run("Enabled", Control()) is True


def test_help_says_version_python_and_settings(excel):
    excel.run("SopAbout", Control())
    (dialog,) = excel.app.dialogs
    assert "S&OP add-in" in str(dialog)
    assert "sop.conf" in str(dialog)
    assert {button.callback for button in HELP} == {"SopRestart", "SopRepairLinks", "SopAbout"}


def test_formulas_that_lost_the_addin_are_entered_again_and_no_others(excel):
    for address, formula in (
        ("A1", "=SOP_WMAPE(1,1)"),
        ("A2", "=NoSuchName"),
        ("A3", "=1/0"),
        ("A4", "=1+1"),
    ):
        excel.range(address).vba_set("Formula", formula)
    assert excel.run("ReenterFormulas", excel.book) == 1
    assert excel.range("A1").vba_get("Formula") == "=SOP_WMAPE(1,1)"


def test_a_workbook_without_errors_stays_as_it_is(excel):
    assert excel.run("ReenterFormulas", excel.book) == 0


def test_links_to_the_addin_elsewhere_are_led_to_this_one(excel):
    here = excel.run("ThisPath")
    excel.links = [
        "C:\\Users\\Ann\\AddIns\\BOOK1",
        "C:\\plans\\other.xlsx",
        here,
        "https://x.example/y/Book1",
    ]
    assert excel.run("RepairLinks", excel.book) == 2
    assert excel.links == [here, "C:\\plans\\other.xlsx", here, here]
    excel.links = []
    assert excel.run("RepairLinks", excel.book) == 0
