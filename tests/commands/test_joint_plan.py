"""Families with the strategy OPTIMAL, from the table to the Capacity check."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from tests.hosts.libreoffice import LibreOffice
from tests.tiny import (
    done,
    facts,
    families,
    month,
    planning_values,
    table_rows,
    tiny_company,
    type_override,
)
from tests.workbook.test_native_formulas import compare

NEW = ("Overtime", "Subcontract", "Value of one more", "Most valuable in")


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tea and cups share a line whose December is too short, with overtime at a price."""
    together = {"TEA": "OPTIMAL", "CUPS": "OPTIMAL", "KETTLES": "CHASE"}
    resources = [{**row} for row in facts()["tblResources"]]
    resources[0] |= {
        "Overtime limit": 20,
        "Overtime cost": 30,
        "Subcontract limit": 10,
        "Subcontract cost": 50,
    }
    path = tiny_company(
        tmp_path_factory.mktemp("joint") / "plan.xlsx",
        {
            "tblFamilies": families(lambda row: {**row, "Strategy": together[row["Family"]]}),
            "tblResources": resources,
        },
    )
    done("run-cycle", path)
    return path


def test_the_cycle_says_what_the_joint_plan_does(company: Path, tmp_path: Path) -> None:
    path = tmp_path / "plan.xlsx"
    path.write_bytes(company.read_bytes())
    said = " ".join(done("plan-supply", path)["summary"])
    assert "2 families planned together at least cost" in said
    assert "overtime on LINE" in said
    assert "One more h of LINE in" in said
    line, crew = table_rows(path, "tblCapacityCheck")
    assert line["Overtime"] > 0
    assert line["Value of one more"] > 0
    assert line["Most valuable in"] is not None
    assert crew["Subcontract"] == 0


def test_a_spreadsheet_program_calculates_the_same_plan(company: Path, libreoffice: LibreOffice) -> None:
    assert compare(company, libreoffice) > 1000


def test_the_capacity_check_alone_finds_the_same_value_as_the_cycle(company: Path, tmp_path: Path) -> None:
    path = tmp_path / "plan.xlsx"
    path.write_bytes(company.read_bytes())
    before = table_rows(path, "tblCapacityCheck")
    done("check-capacity", path)
    assert table_rows(path, "tblCapacityCheck") == before


def test_what_is_too_much_is_said_in_words_and_an_override_is_kept(company: Path, tmp_path: Path) -> None:
    path = tmp_path / "plan.xlsx"
    path.write_bytes(company.read_bytes())
    type_override(path, "Supply", "CUPS", "production_override", month(4).end, 5000)
    said = " ".join(done("plan-supply", path)["summary"])
    assert "LINE, Mar 2027: " in said
    assert (
        "h short even with overtime and subcontracting; family CUPS; production is fixed for CUPS, Mar 2027"
        in said
    )
    values = planning_values(path)
    assert values["Supply", "CUPS", "production_plan", f"{month(4).end}"] == 5000


def test_a_workbook_without_the_new_columns_is_checked_as_before(company: Path, tmp_path: Path) -> None:
    path = tmp_path / "plan.xlsx"
    book = openpyxl.load_workbook(company)
    for sheet in book.worksheets:
        if "tblCapacityCheck" in sheet.tables:
            for cell in sheet[sheet.tables["tblCapacityCheck"].ref][0]:
                cell.value = f"Our {cell.value}" if cell.value in NEW else cell.value
    book.save(path)
    assert "overloaded" in " ".join(done("check-capacity", path)["summary"])
