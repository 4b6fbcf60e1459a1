"""Commands from the S&OP menu, on a workbook that is open in Calc."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from sop_xl.glossary import FORECAST_METHODS
from tests.hosts.libreoffice import CalcError, Grid, LibreOffice
from tests.sample import SampleCompany
from tests.tiny import done, tiny_company
from udfs.registry import call

pytestmark = pytest.mark.libreoffice


def command(name: str) -> str:
    """What the menu's entry calls."""
    return f"service:org.sopxl.calc.Command?{name}"


def differences(one: dict[str, Grid], other: dict[str, Grid]) -> list[str]:
    """Cells that differ between two workbooks."""

    def at(grid: Grid, row: int, column: int) -> Any:
        cell = grid[row][column] if row < len(grid) and column < len(grid[row]) else None
        return None if cell == "" else cell

    found = []
    assert list(one) == list(other)
    for sheet in one:
        height = max(len(one[sheet]), len(other[sheet]))
        width = max(len(row) for row in (*one[sheet], *other[sheet]))
        for row in range(height):
            for column in range(width):
                a, b = at(one[sheet], row, column), at(other[sheet], row, column)
                if isinstance(a, float) and isinstance(b, float):
                    same = math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9)
                else:
                    same = a == b
                if not same:
                    found.append(f"{sheet} {row + 1},{column + 1}: {a!r} and {b!r}")
    return found


def test_the_cycle_in_calc_is_the_cycle_of_the_command_line(office: LibreOffice, tmp_path: Path) -> None:
    """Also after Calc has saved the workbook; and the command line reads what Calc saved."""
    by_menu, by_command = tmp_path / "menu.xlsx", tmp_path / "command.xlsx"
    tiny_company(by_menu)
    tiny_company(by_command)
    done("run-cycle", by_command)
    with office.edit(by_menu, hidden=False) as book:
        book.dispatch(command("run-cycle"))
        book.save_xlsx(tmp_path / "saved.xlsx")
    expected = office.recalculated(by_command)
    found = differences(office.recalculated(tmp_path / "saved.xlsx"), expected)
    # Calc saves some array formulas over tables as ordinary ones: Live and Check of KPIs, until the next command.
    lost = [line for line in found if line.startswith("KPIs ") and line.split()[1].endswith((",10:", ",11:"))]
    assert [line for line in found if line not in lost] == []
    assert len(lost) <= 4
    assert done("check", tmp_path / "saved.xlsx")["data"]["errors"] == 0


def test_a_refused_command_changes_nothing(office: LibreOffice, tmp_path: Path) -> None:
    path = tiny_company(tmp_path / "plan.xlsx", {"tblFamilies": []})
    with office.edit(path, hidden=False) as book:
        before = book.values()
        book.dispatch(command("run-cycle"))
        assert differences(book.values(), before) == []


def test_lab_comes_alive(office: LibreOffice, sample: SampleCompany) -> None:
    """The array formulas of the template: methods side by side, and the class of the demand."""
    sheets = office.recalculated(sample.planned, ["Lab", "History"])
    lab = sheets["Lab"]
    family = lab[4][1]
    history = next(row for row in sheets["History"] if row[0] == family)
    past = [cell for cell in history[1:] if cell is not None]
    forecasts = lab[9:14]
    assert len({row[0] for row in forecasts} & set(FORECAST_METHODS)) >= 4
    for row in forecasts:
        expected = call("SOP_FORECAST", [[past], 12, 12, row[0]])
        assert row[1:13] == [pytest.approx(value, rel=1e-9) for value in expected[0]], row[0]  # type: ignore[index]
    demand_class = next(row for row in lab if str(row[0]).startswith("Class, ADI"))
    assert demand_class[1:4] == [
        cell if isinstance(cell, str) else pytest.approx(cell)
        for cell in call("SOP_DEMAND_CLASS", [[past]])[0]  # type: ignore[index]
    ]
    assert not [cell for row in lab for cell in row if isinstance(cell, CalcError)]
