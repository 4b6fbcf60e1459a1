"""Every function of the registry in cells of a real Calc, against `udfs.registry.call`.

The cases follow from the examples of the registry: a new function is tested without a word here.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from addin.libreoffice.build import extension
from tests.hosts.libreoffice import CalcError, LibreOffice
from udfs.cells import CellError
from udfs.registry import Argument, Function, call, functions

pytestmark = pytest.mark.libreoffice

EPOCH = dt.datetime(1899, 12, 30)


@dataclass(frozen=True)
class Case:
    """A call: what it shows, and its arguments as `call` takes them; ``literal`` ones are typed into the formula."""

    function: Function
    shows: str
    arguments: tuple[Any, ...]
    literal: bool = False

    @property
    def expected(self) -> list[list[Any]]:
        """What the cells must show."""
        result = call(self.function.name, list(self.arguments))
        rows = result if isinstance(result, list) else [[result]]
        return [[shown(cell) for cell in row] for row in rows]


def shown(cell: object) -> object:
    """A cell of a result as the driver reads it from Calc."""
    if isinstance(cell, CellError):
        return CalcError(cell.value)
    if isinstance(cell, dt.datetime):
        return (cell - EPOCH) / dt.timedelta(days=1)
    return float(cell) if isinstance(cell, bool) else cell


def argument_of(entry: Function, position: int) -> Argument:
    """The argument at a position; a repeated one comes again and again."""
    return entry.arguments[min(position, len(entry.arguments) - 1)]


def plain(entry: Function) -> tuple[Any, ...]:
    """The example's arguments as rows of cells; dates as dates."""
    given = []
    for position, value in enumerate(entry.example.arguments):
        dates = argument_of(entry, position).kind in ("date", "dates")
        rows = value if isinstance(value, list) else [[value]]
        rows = (
            [row if isinstance(row, list) else [row] for row in rows]
            if any(isinstance(row, list) for row in rows)
            else [rows]
        )
        cells = [
            [dt.datetime.fromisoformat(cell) if dates and isinstance(cell, str) else cell for cell in row]
            for row in rows
        ]
        given.append(cells if isinstance(value, list) else cells[0][0])
    return tuple(given)


def with_first_cell(value: Any, cell: object) -> list[list[Any]]:
    """A range whose first cell is another."""
    rows = [list(row) for row in value] if isinstance(value, list) else [[value]]
    rows[0][0] = cell
    return rows


def cases() -> Iterator[Case]:
    """All calls."""
    for entry in functions():
        given = plain(entry)
        yield Case(entry, "the example", given)
        yield Case(entry, "no arguments", ())
        yield Case(entry, "text among numbers", (with_first_cell(given[0], "n/a"), *given[1:]))
        yield Case(entry, "optional arguments left out", given[: sum(a.required for a in entry.arguments)])
        last = given[-1]
        if not isinstance(last, list) and not isinstance(last, dt.datetime) and last is not None:
            yield Case(entry, "literals", given, literal=True)
        if isinstance(given[0], list) and len(given[0]) * len(given[0][0]) > 1:
            yield Case(entry, "an empty cell", (with_first_cell(given[0], None), *given[1:]))
        optional = [i for i, a in enumerate(entry.arguments) if not a.required and i < len(given)]
        if optional and optional[0] < len(given) - 1:
            gap = list(given)
            gap[optional[0]] = None
            yield Case(entry, "an optional argument left out in between", tuple(gap))


CASES = list(cases())


@pytest.fixture(scope="module", autouse=True)
def _example_store(plan_store_file: Path) -> Iterator[None]:
    """The functions that read the published plan find the store of their examples, here and in Calc."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SOP_STORE", str(plan_store_file))
        yield


@pytest.fixture(scope="module")
def workbook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All cases: arguments on one sheet, and each formula on its row block of another."""
    path = tmp_path_factory.mktemp("functions") / "functions.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        results, arguments = book.add_worksheet("Results"), book.add_worksheet("Arguments")
        date = book.add_format({"num_format": "yyyy-mm-dd"})
        row = below = 0
        for case in CASES:
            column, words = 0, []
            for value in case.arguments:
                if value is None:
                    words.append("")
                    continue
                if case.literal and not isinstance(value, list | dt.datetime):
                    words.append(f'"{value}"' if isinstance(value, str) else str(value).upper())
                    continue
                rows = value if isinstance(value, list) else [[value]]
                for r, line in enumerate(rows):
                    for c, cell in enumerate(line):
                        if isinstance(cell, dt.datetime):
                            arguments.write_datetime(below + r, column + c, cell, date)
                        elif cell is not None:
                            arguments.write(below + r, column + c, cell)
                first = xlsxwriter.utility.xl_rowcol_to_cell(below, column)
                end = xlsxwriter.utility.xl_rowcol_to_cell(below + len(rows) - 1, column + len(rows[0]) - 1)
                words.append(f"Arguments!{first}" + (f":{end}" if isinstance(value, list) else ""))
                column += len(rows[0]) + 1
            height, width = len(case.expected), len(case.expected[0])
            formula = f"={case.function.name}({','.join(words)})"
            if height * width == 1:
                results.write_formula(row, 0, formula, None, 999)
            else:
                results.write_array_formula(row, 0, row + height - 1, width - 1, formula, None, 999)
            row += height
            below += max(
                [len(v) if isinstance(v, list) else 1 for v in case.arguments if v is not None], default=1
            )
    return path


def differences(results: list[list[Any]]) -> str:
    """Every case whose cells are not what `call` gives, one a line."""
    wrong, row = [], 0
    for case in CASES:
        for r, line in enumerate(case.expected):
            for c, wanted in enumerate(line):
                found = results[row + r][c]
                if isinstance(wanted, float) and isinstance(found, float):
                    same = math.isclose(wanted, found, rel_tol=1e-12, abs_tol=1e-12)
                else:
                    same = found == wanted or {found, wanted} <= {None, ""}
                if not same:
                    wrong.append(
                        f"{case.function.name}, {case.shows}, cell {r + 1},{c + 1}: {found!r} not {wanted!r}"
                    )
        row += len(case.expected)
    return "\n".join(wrong)


def test_every_function_gives_in_calc_what_it_gives_by_call(office: LibreOffice, workbook: Path) -> None:
    assert differences(office.recalculated(workbook, ["Results"])["Results"]) == ""


def test_a_process_of_its_own_gives_the_same(workbook: Path) -> None:
    with LibreOffice(extension=extension(), environment={"SOP_CALC_PROCESS": "helper"}) as office:
        assert differences(office.recalculated(workbook, ["Results"])["Results"]) == ""


@pytest.fixture(scope="module")
def errors_and_empties(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Errors as Calc's own functions see them, and what Calc hands over for empty cells."""
    path = tmp_path_factory.mktemp("errors") / "errors.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("Sheet")
        sheet.write("A1", 5)
        sheet.write_formula("A3", "=1/0", None, 0)
        for row, formula in enumerate(FORMULAS):
            sheet.write_formula(row, 2, formula, None, 999)
    return path


#: Formula -> what the cell shows. A2 and B1 are empty, A1 is 5, A3 is #DIV/0!, C1 is #NUM!.
FORMULAS: dict[str, object] = {
    "=SOP_SAFETY_STOCK(1,1,2)": CalcError("#NUM!"),
    "=ERROR.TYPE(C1)": 6,
    '=IFERROR(SOP_SAFETY_STOCK(1,1,2),"caught")': "caught",
    "=ISNA(SOP_WMAPE({0},{1}))": 1,
    '=IF(ISERR(SOP_WMAPE("x",1)),"value","other")': "value",
    "=SOP_WMAPE(A3,A1)": CalcError("#DIV/0!"),
    # An error within a range: Calc refuses the call before it reaches the function.
    "=SOP_WMAPE(A1:A3,A1:A3)": CalcError("Err:504"),
    '=IFERROR(SOP_WMAPE(A1:A3,A1:A3),"caught")': "caught",
    "=SOP_WMAPE(1,2,3)": CalcError("Err:504"),
    # A reference to one empty cell arrives as 0; a range of one cell as empty.
    "=SOP_CONSENSUS(A1,B1)": 0,
    "=SOP_CONSENSUS(A1,B1:B1)": 5,
    '=SOP_CONSENSUS(A1,IF(B1="","",B1))': 5,
    "=sop_consensus(A1,B1:B1,7)+1": 8,
    "=SUM(SOP_CONSENSUS({1,2},{3,4}))": 7,
    "=SOP_CYCLE_SERVICE(TRUE)": 0,
    '=SOP_SMOOTH(A1:A1,0.5,,,,,,,,"ADD",1)': 5,
}


def test_errors_and_empty_cells_are_what_the_documentation_says(
    office: LibreOffice, errors_and_empties: Path
) -> None:
    shown_cells = [row[2] for row in office.recalculated(errors_and_empties)["Sheet"]]
    found = dict(zip(FORMULAS, shown_cells, strict=True))
    assert {formula: value for formula, value in found.items() if value != FORMULAS[formula]} == {}


def test_the_function_wizard_knows_names_arguments_and_help(office: LibreOffice) -> None:
    described = {entry["name"]: entry for entry in office.request("functions", prefix="SOP_")}
    for entry in functions():
        known = described[entry.name]
        assert known["help"] == entry.summary
        assert [argument["name"] for argument in known["arguments"]] == [a.name for a in entry.arguments]
        for argument, declared in zip(known["arguments"], entry.arguments, strict=True):
            assert argument["help"].startswith(declared.help)
