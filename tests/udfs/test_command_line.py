import json
import shlex

import pytest

from udfs import reference
from udfs.__main__ import main
from udfs.command_line import call_command, functions_command
from udfs.registry import functions


@pytest.mark.parametrize("entry", functions(), ids=lambda entry: entry.name)
def test_the_example_of_the_help_runs_as_printed(entry, capsys):
    program, command, *args = shlex.split(entry.command)
    assert (program, command) == ("sop-xl", "call")
    assert call_command(args) == 0
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    assert json.loads(out) == entry.example.result
    assert out.strip() in reference.help_text(entry)


def test_an_argument_from_a_file(tmp_path, capsys):
    path = tmp_path / "demand.json"
    path.write_text("\ufeff[[60, 120]]", encoding="utf-8")
    assert call_command(["SOP_PROJECTED_INVENTORY", "100", "[[50, 50]]", f"@{path}"]) == 0
    assert json.loads(capsys.readouterr().out) == [[90, 20]]


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        (["SOP_BACKLOG", "1", '[["x"]]', "[[1]]"], '#VALUE! orders (row 1, column 1) is the text "x".'),
        (["SOP_SAFETY_STOCK", "500", "2", "1.2"], "#NUM! service_level is 1.2."),
        (["SOP_FILL_RATE", "0", "0"], "#N/A Nothing was ordered."),
        (["SOP_NOTHING"], "#NAME? There is no function SOP_NOTHING."),
        (
            ["SOP_LEVEL_PLAN", "0", "[[1]]", "0", "BACKLOG"],
            "#VALUE! Argument 4 is not one JSON value: BACKLOG.",
        ),
        (["SOP_BACKLOG", "NaN", "1", "1"], "#VALUE! Argument 1 is not one JSON value: NaN."),
        (["SOP_BACKLOG", "[" * 100_000, "1", "1"], "#VALUE! Argument 1 is nested too deeply."),
        (
            ["SOP_BACKLOG", "@missing.json", "1", "1"],
            "#VALUE! Argument 1, file missing.json, cannot be read:",
        ),
    ],
)
def test_a_failure_is_one_line_on_the_error_stream(args, reason, capsys):
    assert call_command(args) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(reason)
    assert captured.err.count("\n") == 1


def test_empty_and_undefined_cells_are_null(capsys):
    assert call_command(["SOP_DAYS_OF_SUPPLY", "[[50],[30]]", "[[100,100],[0,0]]"]) == 0
    assert capsys.readouterr().out == "[[10.0], [null]]\n"


def test_the_list_and_the_help(capsys):
    assert functions_command([]) == 0
    listed = capsys.readouterr().out
    assert all(entry.name in listed and entry.summary in listed for entry in functions())
    assert functions_command(["sop_level_plan"]) == 0
    assert 'SOP_LEVEL_PLAN(opening, demand, ending, [kind="STOCK"])' in capsys.readouterr().out
    assert functions_command(["SOP_NOTHING"]) == 1
    assert capsys.readouterr().err.startswith("#NAME?")


def test_python_m_udfs(capsys):
    assert main(["call", "SOP_CASH_TO_CASH", "45", "30", "40"]) == 0
    assert capsys.readouterr().out == "35.0\n"
    assert main(["functions", "SOP_CPOF"]) == 0
    assert main([]) == main(["plan"]) == main(["call"]) == 2
