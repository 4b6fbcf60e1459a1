"""*Revert last* from the S&OP menu, on a workbook that is open in Calc."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.addin.libreoffice.test_commands import command, differences
from tests.hosts.libreoffice import LibreOffice
from tests.tiny import done, planned, table_rows, tiny_company

pytestmark = pytest.mark.libreoffice


def test_commands_in_calc_are_taken_back_and_can_be_had_again(office: LibreOffice, tmp_path: Path) -> None:
    """Values and formulas of all cells, and tables that grew, after commands that write views, tables and pages."""
    path = tiny_company(tmp_path / "plan.xlsx")
    with office.edit(path, hidden=False) as book:
        empty, names = book.values(), book.names()
        formula = book.formula("Home", "B6")
        book.dispatch(command("run-cycle"))
        full, more = book.values(), book.names()
        assert differences(full, empty)
        book.dispatch(command("revert"))
        assert differences(book.values(), empty) == []
        assert (book.names(), book.formula("Home", "B6")) == (names, formula)
        book.dispatch(command("revert"))
        assert differences(book.values(), full) == []
        assert book.names() == more
        # A signature, on top of what came back.
        book.dispatch(command("submit"))
        assert differences(book.values(["Home"]), {"Home": full["Home"]})
        book.dispatch(command("revert"))
        assert differences(book.values(), full) == []
        book.save_xlsx(tmp_path / "saved.xlsx")
    # What came back is a workbook that the command line can go on with.
    assert done("check", tmp_path / "saved.xlsx")["data"]["errors"] == 0


def test_a_command_that_fails_in_the_middle_leaves_calc_as_it_was(
    office: LibreOffice, tmp_path: Path
) -> None:
    """A cell below tblPlan is in the way of the draft, which is written after views and pages."""
    path = planned(tmp_path)
    rows = len(table_rows(path, "tblPlan"))
    with office.edit(path, hidden=False) as book:
        book.set_value("Demand", "H18", 12345.0)
        book.set_value("Home", "B9", 24.0)
        book.set_value("Plan", f"A{6 + rows + 3}", "mine")
        before = book.values()
        book.dispatch(command("run-cycle"))
        assert differences(book.values(), before) == []
        assert book.values(["Plan"])["Plan"][6 + rows + 2][0] == "mine"
