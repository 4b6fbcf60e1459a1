"""The LibreOffice driver against a real LibreOffice and workbooks made for it."""

from __future__ import annotations

import datetime
import os
import signal
import time
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter

from tests.hosts.libreoffice import CalcError, LibreOffice, LibreOfficeError

pytestmark = pytest.mark.libreoffice

STALE = 999_999  # cached as the result of every formula: only a recalculation gets rid of it


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    """Two families in a table, a defined name, formulas of each kind, errors, dates and gaps."""
    path = tmp_path / "plan.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        date = book.add_format({"num_format": "yyyy-mm-dd"})
        demand = book.add_worksheet("Demand")
        demand.add_table(
            "A1:C4",
            {
                "name": "tblDemand",
                "columns": [{"header": "Family"}, {"header": "Quantity"}, {"header": "Price"}],
                "data": [["Pumps", 120, 2.5], ["Valves", 80, 4], ["Filters", 100, 1]],
            },
        )
        book.define_name("Quantities", "=Demand!$B$2:$B$4")
        checks = book.add_worksheet("Checks")
        formulas = [
            "=SUM(Quantities)",
            "=SUM(tblDemand[Quantity])",
            "=SUMPRODUCT(Demand!B2:B4,Demand!C2:C4)",
            '=_xlfn.XLOOKUP("Valves",Demand!A2:A4,Demand!B2:B4)',
            '=Demand!A2&" and more"',
            '=IF(1=1,"","never")',
            "=1=1",
            "=SOP_NO_SUCH_FUNCTION(1)",
            "=1/0",
            "=NA()",
            '="a"+1',
            "=SQRT(-1)",
            '=INDIRECT("nowhere")',
        ]
        for row, formula in enumerate(formulas):
            checks.write_formula(row, 0, formula, None, STALE)
        checks.write_datetime("C1", datetime.datetime(2026, 11, 30), date)
        checks.write_array_formula("D1:D3", "{=Demand!B2:B4*2}", None, STALE)
        book.add_worksheet("Empty")
    return path


def test_values_are_recalculated_and_errors_are_told_apart(libreoffice: LibreOffice, workbook: Path) -> None:
    values = libreoffice.recalculated(workbook)

    assert list(values) == ["Demand", "Checks", "Empty"]
    assert values["Demand"] == [
        ["Family", "Quantity", "Price"],
        ["Pumps", 120, 2.5],
        ["Valves", 80, 4],
        ["Filters", 100, 1],
    ]
    assert [row[0] for row in values["Checks"]] == [
        300,
        300,
        720,
        80,
        "Pumps and more",
        "",
        1,
        CalcError("#NAME?"),
        CalcError("#DIV/0!"),
        CalcError("#N/A"),
        CalcError("#VALUE!"),
        CalcError("Err:502"),
        CalcError("#REF!"),
    ]
    assert [row[3] for row in values["Checks"][:4]] == [240, 160, 200, None]
    assert values["Checks"][0][2] == (datetime.date(2026, 11, 30) - datetime.date(1899, 12, 30)).days
    assert values["Checks"][1][1:3] == [None, None]
    assert values["Empty"] == [[None]]


def test_only_the_sheets_asked_for_are_read(libreoffice: LibreOffice, workbook: Path) -> None:
    assert list(libreoffice.recalculated(workbook, ["Checks"])) == ["Checks"]
    with pytest.raises(LibreOfficeError, match="no sheet 'Supply'; there are Demand, Checks, Empty"):
        libreoffice.recalculated(workbook, ["Supply"])


def test_a_name_and_its_formulas_follow_an_inserted_row(
    libreoffice: LibreOffice, workbook: Path, tmp_path: Path
) -> None:
    edited = tmp_path / "edited.xlsx"
    with libreoffice.edit(workbook) as book:
        assert book.names()["Quantities"] == "$Demand.$B$2:$B$4"
        book.insert_rows("Demand", before_row=3, count=2)
        book.set_value("Demand", "B3", 1000)
        assert book.names()["Quantities"] == "$Demand.$B$2:$B$6"
        assert book.values(["Checks"])["Checks"][0][0] == 1300
        book.save_xlsx(edited)

    stored = openpyxl.load_workbook(edited)
    assert stored.defined_names["Quantities"].attr_text == "Demand!$B$2:$B$6"
    assert [row[1].value for row in stored["Demand"].iter_rows(min_row=2, max_row=6)] == [
        120,
        1000,
        None,
        80,
        100,
    ]
    assert stored["Demand"].tables["tblDemand"].ref == "A1:C6"


def test_a_name_follows_an_inserted_column_and_a_renamed_sheet(
    libreoffice: LibreOffice, workbook: Path
) -> None:
    with libreoffice.edit(workbook) as book:
        book.insert_columns("Demand", before_column=1)
        book.rename_sheet("Demand", "Our demand")
        assert book.names()["Quantities"] == "$'Our demand'.$C$2:$C$4"
        values = book.values()
    assert values["Our demand"][0] == [None, "Family", "Quantity", "Price"]
    assert [row[0] for row in values["Checks"][:3]] == [300, 300, 720]


@pytest.mark.parametrize(
    ("column", "before", "order"),
    [
        (2, 1, ["Quantity", "Family", "Price"]),
        (3, 1, ["Price", "Family", "Quantity"]),
        (1, 3, ["Quantity", "Family", "Price"]),
        (1, 4, ["Quantity", "Price", "Family"]),
    ],
)
def test_a_moved_column_takes_its_formulas_along(
    libreoffice: LibreOffice, workbook: Path, column: int, before: int, order: list[str]
) -> None:
    with libreoffice.edit(workbook) as book:
        book.move_column("Demand", column, before)
        values = book.values()
    assert values["Demand"][0] == order
    assert [values["Checks"][row][0] for row in (0, 2, 3)] == [300, 720, 80]


def test_rows_are_sorted_whole(libreoffice: LibreOffice, workbook: Path) -> None:
    with libreoffice.edit(workbook) as book:
        book.sort_rows("Demand", "A2:C4", by_column=2)
        assert book.values(["Demand"])["Demand"][1:] == [
            ["Valves", 80, 4],
            ["Filters", 100, 1],
            ["Pumps", 120, 2.5],
        ]
        book.sort_rows("Demand", "A2:C4", by_column=3, descending=True)
        assert [row[0] for row in book.values(["Demand"])["Demand"][1:]] == ["Valves", "Pumps", "Filters"]


def test_what_is_typed_is_a_number_a_text_a_formula_or_nothing(
    libreoffice: LibreOffice, workbook: Path
) -> None:
    with libreoffice.edit(workbook) as book:
        book.set_value("Demand", "A2", "42")
        book.set_value("Demand", "B2", 1.5)
        book.set_value("Demand", "B3", None)
        book.set_value("Demand", "C4", "=B2*2")
        assert book.formula("Demand", "C4") == "=B2*2"
        demand = book.values(["Demand"])["Demand"]
    assert demand[1:] == [["42", 1.5, 2.5], ["Valves", None, 4], ["Filters", 100, 3]]


def test_the_file_itself_stays_as_it_was(libreoffice: LibreOffice, workbook: Path) -> None:
    before = workbook.read_bytes()
    with libreoffice.edit(workbook) as book:
        book.set_value("Demand", "B2", 0)
    assert workbook.read_bytes() == before
    assert libreoffice.recalculated(workbook, ["Demand"])["Demand"][1][1] == 120


def test_each_page_becomes_a_picture(libreoffice: LibreOffice, workbook: Path, tmp_path: Path) -> None:
    pages = libreoffice.to_png(workbook, tmp_path / "pictures", dpi=30)
    # The empty sheet prints nothing.
    assert [page.name for page in pages] == ["plan-1.png", "plan-2.png"]
    for page in pages:
        header = page.read_bytes()[:24]
        assert header.startswith(b"\x89PNG")
        assert int.from_bytes(header[16:20]) > 200  # pixels across at 30 per inch: a page, not an icon


def test_what_is_no_workbook_is_refused(libreoffice: LibreOffice, workbook: Path, tmp_path: Path) -> None:
    with pytest.raises(LibreOfficeError, match="absent"):
        libreoffice.recalculated(tmp_path / "absent.xlsx")
    # The refusal costs nothing: the same program serves the next call.
    assert libreoffice.recalculated(workbook, ["Checks"])["Checks"][0][0] == 300


@pytest.mark.skipif(os.name == "nt", reason="ends processes the POSIX way")
def test_a_program_that_dies_or_hangs_is_replaced_and_leaves_nothing_behind(workbook: Path) -> None:
    with LibreOffice() as office:
        assert office.recalculated(workbook, ["Checks"])["Checks"][0][0] == 300
        assert office._server is not None
        first = office._server.pid
        profile = office._folder
        assert profile is not None
        office._seconds = 2
        os.killpg(first, signal.SIGSTOP)
        with pytest.raises(LibreOfficeError, match="did not answer within 2 s"):
            office.recalculated(workbook)
        assert group_is_gone(first)
        assert not Path(profile.name).exists()

        office._seconds = 120
        assert office.recalculated(workbook, ["Checks"])["Checks"][0][0] == 300
        second = office._server.pid
        os.killpg(second, signal.SIGKILL)
        with pytest.raises(LibreOfficeError, match="ended during"):
            office.recalculated(workbook)
    assert group_is_gone(second)


def group_is_gone(group: int) -> bool:
    """Nothing of a process group is alive; a killed process may take a moment to be collected."""
    for _ in range(50):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False
