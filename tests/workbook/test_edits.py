"""What planners do to a workbook by hand does not disturb the next cycle."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable
from copy import copy
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.utils import get_column_letter, range_boundaries

from sop_xl.errors import WorkbookError
from tests.hosts.libreoffice import LibreOffice, OpenWorkbook
from tests.tiny import (
    cells,
    done,
    facts,
    fill,
    moment,
    month,
    planned,
    planning_values,
    set_fields,
    sop,
    table_rows,
    tiny_company,
    type_override,
)
from tests.workbook.test_native_formulas import compare


@cache
def _plan() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = planned(Path(folder))
        type_override(path, "Demand", "TEA", "sales_override", month(1).end, 5)
        done("run-cycle", path)
        return path.read_bytes()


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    """A planned workbook with an override, which every edit must keep; made once."""
    path = tmp_path / "plan.xlsx"
    path.write_bytes(_plan())
    return path


def numbers(path: Path) -> dict[tuple[str, str, str, str], Any]:
    """The plan; sums of override rows are left to the spreadsheet program."""
    found = planning_values(path)
    return {
        place: v for place, v in found.items() if not place[2].endswith("_override") or place[3][:1].isdigit()
    }


def assert_same_plan(path: Path, before: dict[tuple[str, str, str, str], Any]) -> None:
    now = numbers(path)
    assert now.keys() == before.keys()
    for place, value in before.items():
        if isinstance(value, float) and isinstance(now[place], float):
            assert math.isclose(now[place], value, rel_tol=1e-9, abs_tol=1e-6), (place, value, now[place])
        else:
            assert now[place] == value, place


def edited(plan: Path, office: LibreOffice, edit: Callable[[OpenWorkbook], None]) -> Path:
    path = plan.with_name("edited.xlsx")
    with office.edit(plan) as book:
        edit(book)
        book.save_xlsx(path)
    return path


def many(book: OpenWorkbook) -> None:
    """Everything at once, on all kinds of sheets."""
    book.insert_rows("Families", 3, 2)  # above a table
    book.insert_rows("Budget", 6)
    book.insert_rows("Home", 5)
    book.insert_rows("Demand", 3)  # above the view
    book.insert_rows("Demand", 22, 2)  # inside a block
    book.insert_rows("Supply", 30)
    book.insert_columns("Demand", 4)  # before the buckets
    book.insert_columns("Finance", 10, 2)  # between buckets
    book.insert_columns("Capacity", 1)  # before everything
    book.insert_columns("Sales", 3)  # inside a table
    book.sort_rows("Production", "A7:E10", 2, True)


def test_rows_columns_and_sorting_leave_the_plan_as_it_is(plan: Path, libreoffice: LibreOffice) -> None:
    before = numbers(plan)
    path = edited(plan, libreoffice, many)
    done("run-cycle", path)
    assert_same_plan(path, before)
    compare(path, libreoffice)
    done("run-cycle", path)
    assert_same_plan(path, before)


def test_days_of_supply_counts_right_around_an_inserted_column(plan: Path, libreoffice: LibreOffice) -> None:
    path = edited(plan, libreoffice, lambda book: book.insert_columns("Supply", 10))
    done("run-cycle", path)
    compare(path, libreoffice)


def test_numbers_in_an_inserted_column_are_not_added_to_the_quarter(
    plan: Path, libreoffice: LibreOffice
) -> None:
    def edit(book: OpenWorkbook) -> None:
        book.insert_columns("Demand", 11)
        for row in range(9, 40):
            book.set_value("Demand", f"K{row}", 1000)

    path = edited(plan, libreoffice, edit)
    done("run-cycle", path)
    compare(path, libreoffice)


def test_notes_in_inserted_rows_and_columns_stay(plan: Path, libreoffice: LibreOffice) -> None:
    def edit(book: OpenWorkbook) -> None:
        book.insert_rows("Demand", 20)
        book.set_value("Demand", "B20", "Ask Ann")
        book.set_value("Demand", "F20", 99)
        book.insert_columns("Demand", 8)
        book.set_value("Demand", "H14", "mine")

    path = edited(plan, libreoffice, edit)
    done("run-cycle", path)
    sheet = openpyxl.load_workbook(path)["Demand"]
    assert [sheet[a].value for a in ("B20", "F20", "H14")] == ["Ask Ann", 99, "mine"]


def test_a_column_between_family_and_measure_keeps_overrides(plan: Path, libreoffice: LibreOffice) -> None:
    before = numbers(plan)
    path = edited(plan, libreoffice, lambda book: book.insert_columns("Demand", 2))
    done("run-cycle", path)
    assert_same_plan(path, before)


def test_a_sheet_of_ones_own_may_be_added_and_renamed(plan: Path, libreoffice: LibreOffice) -> None:
    before = numbers(plan)
    book = openpyxl.load_workbook(plan)
    own = book.create_sheet("Mine", 0)
    own["A1"] = "=SUM(Demand!G20:Z20)"
    book.save(plan)
    path = edited(plan, libreoffice, lambda opened: opened.rename_sheet("Mine", "Notes of Ann"))
    done("run-cycle", path)
    assert_same_plan(path, before)
    assert openpyxl.load_workbook(path)["Notes of Ann"]["A1"].value == "=SUM(Demand!G20:Z20)"


def test_a_view_may_be_renamed(plan: Path, libreoffice: LibreOffice) -> None:
    path = edited(plan, libreoffice, lambda book: book.rename_sheet("Demand", "Ann's demand"))
    done("run-cycle", path)
    book = openpyxl.load_workbook(path)
    assert "Demand" not in book.sheetnames
    rows = book["Supply"].iter_rows(min_row=9)
    demand = next(row for row in rows if (row[0].value, row[1].value) == ("TEA", "Demand"))
    assert demand[6].value.startswith("='Ann''s demand'!")


@pytest.mark.parametrize(
    "name", ["Home_Log", "Demand_Notice", "Demand_Grid", "History_Data", "Executive_Families"]
)
def test_a_missing_name_is_refused_in_a_sentence(plan: Path, name: str) -> None:
    book = openpyxl.load_workbook(plan)
    del book.defined_names[name]
    book.save(plan)
    content = plan.read_bytes()
    said = sop("run-cycle", plan)
    assert said.code == 1
    assert name in said.err
    assert plan.read_bytes() == content


@pytest.mark.parametrize("name", ["Demand_Buckets", "Home_FirstBucket"])
def test_a_missing_name_that_is_needed_for_reading_is_named(plan: Path, name: str) -> None:
    book = openpyxl.load_workbook(plan)
    del book.defined_names[name]
    book.save(plan)
    said = sop("run-cycle", plan)
    assert said.code == 1
    assert name in said.err


@pytest.mark.parametrize(
    ("sheet", "table"), [("Reconcile", "tblGaps"), ("Families", "tblFamilies"), ("Plan", "tblPlan")]
)
def test_a_missing_table_is_named_with_its_sheet(tmp_path: Path, sheet: str, table: str) -> None:
    path = planned(tmp_path)
    book = openpyxl.load_workbook(path)
    del book[sheet].tables[table]
    book.save(path)
    said = sop("run-cycle", path)
    assert said.code == 1
    assert f"The table {table} is missing (sheet {sheet})." in said.err


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    path = planned(tmp_path)
    book = openpyxl.load_workbook(path)
    book["Families"]["D6"].value = "Make or buy"
    book.save(path)
    said = sop("run-cycle", path)
    assert said.code == 1
    assert "tblFamilies on sheet Families has no column Make." in said.err


def rename_header(path: Path, sheet: str, old: str, new: str) -> None:
    book = openpyxl.load_workbook(path)
    header = next(cell for cell in book[sheet][6] if cell.value == old)
    header.value = new
    book.save(path)


def test_a_column_that_older_workbooks_do_not_have_counts_as_empty(tmp_path: Path) -> None:
    path = planned(tmp_path)
    before = planning_values(path)
    rename_header(path, "Families", "Holding cost", "Remark")
    done("run-cycle", path)
    assert planning_values(path) == before
    assert [row["Holding cost"] for row in table_rows(path, "tblFamilies")] == [None] * 3


def test_values_for_a_column_that_is_not_there_are_not_lost(tmp_path: Path) -> None:
    path = planned(tmp_path)
    rename_header(path, "Resources", "Subcontract limit", "Remark")
    resources = facts()["tblResources"]
    fill(path, {"tblResources": resources})
    with pytest.raises(
        WorkbookError, match="tblResources on sheet Resources has no column Subcontract limit"
    ):
        fill(path, {"tblResources": [{**resources[0], "Subcontract limit": 5}]})


def reorder(path: Path, sheet_name: str, table_name: str) -> None:
    """Write the columns of a table in the opposite order, as dragging them one by one would."""
    book = openpyxl.load_workbook(path)
    sheet = book[sheet_name]
    table = sheet.tables[table_name]
    left, top, right, bottom = range_boundaries(table.ref)
    for row in range(top, bottom + 1):
        line = [sheet.cell(row, column) for column in range(left, right + 1)]
        old = [(cell.value, copy(cell._style)) for cell in line]
        for cell, (value, style) in zip(line, reversed(old), strict=True):
            cell.value, cell._style = value, style
    table.tableColumns = list(reversed(table.tableColumns))
    book.save(path)


def test_table_columns_may_stand_in_any_order(plan: Path, libreoffice: LibreOffice) -> None:
    before = numbers(plan)
    tables = [
        ("Families", "tblFamilies"),
        ("Resources", "tblBill"),
        ("Resources", "tblCapacity"),
        ("Sales", "tblSales"),
        ("Budget", "tblBudget"),
        ("Reconcile", "tblGaps"),
        ("KPIs", "tblKPIs"),
        ("Plan", "tblPlan"),
    ]
    gaps = table_rows(plan, "tblGaps")
    for sheet, table in tables:
        reorder(plan, sheet, table)
    done("run-cycle", plan)
    assert_same_plan(plan, before)
    assert table_rows(plan, "tblGaps") == gaps
    assert openpyxl.load_workbook(plan)["Families"]["A6"].value == "Supply owner"
    compare(plan, libreoffice)


def test_moving_a_column_in_libreoffice_keeps_the_plan(plan: Path, libreoffice: LibreOffice) -> None:
    before = numbers(plan)
    path = edited(plan, libreoffice, lambda book: book.move_column("Budget", 2, 5))
    done("run-cycle", path)
    assert_same_plan(path, before)
    compare(path, libreoffice)


def test_sorting_the_families_moves_nothing(plan: Path) -> None:
    before = numbers(plan)
    fill(plan, {"tblFamilies": list(reversed(facts()["tblFamilies"]))})
    done("run-cycle", plan)
    assert_same_plan(plan, before)


def with_notes_at_the_right(path: Path) -> int:
    """Write notes beside the view, as planners do; returns how many."""
    book = openpyxl.load_workbook(path)
    sheet = book["Demand"]
    column = max(cell.column for cell in sheet[6] if cell.value is not None) + 1
    for row in range(9, 40):
        sheet.cell(row, column).value = "mine"
    book.save(path)
    return 31


def notes(path: Path) -> int:
    sheet = openpyxl.load_workbook(path)["Demand"]
    return sum(cell.value == "mine" for row in sheet.iter_rows() for cell in row)


def test_notes_beside_a_view_survive_a_longer_horizon_or_stop_it(tmp_path: Path) -> None:
    path = planned(tmp_path)
    count = with_notes_at_the_right(path)
    set_fields(path, Home_Horizon=24)
    sop("run-cycle", path)
    assert notes(path) == count


def test_notes_beside_a_view_survive_rolling_into_one_more_year(tmp_path: Path) -> None:
    path = planned(tmp_path)
    set_fields(path, Home_FirstBucket=moment(month(7).end))
    done("run-cycle", path)
    count = with_notes_at_the_right(path)
    set_fields(path, Home_FirstBucket=moment(month(8).end))
    sop("run-cycle", path)
    assert notes(path) == count


def test_a_column_between_buckets_survives_a_longer_horizon(tmp_path: Path, libreoffice: LibreOffice) -> None:
    def edit(book: OpenWorkbook) -> None:
        book.insert_columns("Demand", 8)
        for row in range(9, 40):
            book.set_value("Demand", f"H{row}", "mine")

    path = edited(planned(tmp_path), libreoffice, edit)
    set_fields(path, Home_Horizon=24)
    sop("run-cycle", path)
    assert notes(path) == 31


def test_a_column_of_ones_own_may_be_called_quota(tmp_path: Path, libreoffice: LibreOffice) -> None:
    def edit(book: OpenWorkbook) -> None:
        book.insert_columns("Demand", 8)
        book.set_value("Demand", "H6", "Quota")
        for row in range(9, 40):
            book.set_value("Demand", f"H{row}", "mine")

    path = edited(planned(tmp_path), libreoffice, edit)
    set_fields(path, Home_FirstBucket=moment(month(1).end))
    done("run-cycle", path)
    assert notes(path) == 31


def test_a_totals_row_stays_below_the_data(tmp_path: Path) -> None:
    path = planned(tmp_path)
    book = openpyxl.load_workbook(path)
    sheet = book["Reconcile"]
    table = sheet.tables["tblGaps"]
    left, top, right, bottom = range_boundaries(table.ref)
    sheet.cell(bottom + 1, left).value = "Total"
    sheet.cell(bottom + 1, left + 6).value = "=SUBTOTAL(109,tblGaps[Value])"
    table.ref = f"{get_column_letter(left)}{top}:{get_column_letter(right)}{bottom + 1}"
    table.totalsRowCount = 1
    table.tableColumns[0].totalsRowLabel, table.tableColumns[6].totalsRowFunction = "Total", "sum"
    book.save(path)
    gaps = table_rows(path, "tblGaps")
    done("run-cycle", path)
    # openpyxl rounds numbers to 16 digits when the test saves the file.
    assert [(row["Id"], row["What"]) for row in table_rows(path, "tblGaps")] == [
        (row["Id"], row["What"]) for row in gaps
    ]
    sheet = openpyxl.load_workbook(path)["Reconcile"]
    left, _, _, bottom = range_boundaries(sheet.tables["tblGaps"].ref)
    assert sheet.cell(bottom, left).value == "Total"


def test_what_stands_below_a_growing_table_stops_the_command(tmp_path: Path) -> None:
    path = tiny_company(tmp_path / "plan.xlsx")
    book = openpyxl.load_workbook(path)
    book["Reconcile"]["B12"].value = "Minutes of the meeting"
    book.save(path)
    content = path.read_bytes()
    said = sop("run-cycle", path)
    assert said.code == 1
    assert said.err.startswith("tblGaps on sheet Reconcile must grow, but row 12 below it is not empty.")
    assert path.read_bytes() == content
    assert cells("tblGaps", [{}]) == [[None] * 10]
