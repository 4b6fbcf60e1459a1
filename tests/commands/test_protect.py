"""Protect: formulas are locked, inputs are open and say whose they are, commands go on working."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from sop_xl.commands.protect import protected_sheets
from tests.hosts.libreoffice import LibreOffice
from tests.tiny import address, done, families, fill, month, planned, planning_values


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    path = planned(tmp_path)
    fill(path, {"tblFamilies": families(lambda row: {**row, "Demand owner": f"Ann of {row['Family']}"})})
    return path


def test_only_cells_to_type_in_are_open(plan: Path) -> None:
    said = done("protect", plan)
    book = openpyxl.load_workbook(plan)
    locked = {sheet.title for sheet in book if sheet.protection.sheet}
    assert locked == set(protected_sheets()) == set(said["data"]["protected"])
    assert {"Demand", "Supply", "Finance", "Executive", "Home"} <= locked
    assert not {"Families", "Sales", "Events", "Decisions", "Reconcile"} & locked
    assert all(not book[name].protection.password for name in locked)
    demand = book["Demand"]
    override = demand[address(plan, "Demand", "TEA", "sales_override", month(2).end)]
    consensus = demand[address(plan, "Demand", "TEA", "consensus_demand", month(2).end)]
    assert (override.protection.locked, consensus.protection.locked) == (False, True)


def test_an_override_says_whose_it_is(plan: Path) -> None:
    done("protect", plan)
    done("protect", plan)
    cell = address(plan, "Demand", "CUPS", "sales_override", month(5).end)
    book = openpyxl.load_workbook(plan)
    found = [v for v in book["Demand"].data_validations.dataValidation if cell in v.sqref]
    assert [(v.promptTitle, v.prompt) for v in found] == [
        ("CUPS: sales override", "Sales types here; ask Ann of CUPS. Empty: none. Zero: zero.")
    ]
    assert found[0].showInputMessage


def test_commands_work_on_protected_sheets_and_leave_them_protected(plan: Path) -> None:
    before = planning_values(plan)
    done("protect", plan)
    done("run-cycle", plan)
    assert planning_values(plan) == before
    assert openpyxl.load_workbook(plan)["Demand"].protection.sheet


def test_off_opens_every_sheet_again(plan: Path) -> None:
    done("protect", plan)
    assert done("protect", plan, "--off")["data"] == {"protected": []}
    assert not any(sheet.protection.sheet for sheet in openpyxl.load_workbook(plan))


def test_libreoffice_opens_a_protected_workbook(plan: Path, libreoffice: LibreOffice) -> None:
    done("protect", plan)
    sheets = libreoffice.recalculated(plan, ["Executive"])
    assert sheets["Executive"][0][0] == "Executive"
