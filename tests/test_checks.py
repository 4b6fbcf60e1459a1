"""Every problem of the input is found, with its place, all of them at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlwings as xw

from sop_xl.checks import Issue, Rows
from sop_xl.commands.cycle import Cycle
from sop_xl.errors import ChecksFailed
from sop_xl.hosts.session import open_book
from sop_xl.workbook import input_checks
from sop_xl.workbook.write import write_table
from tests.tiny import (
    address,
    cells,
    done,
    facts,
    families,
    fill,
    leftovers,
    month,
    planned,
    set_fields,
    sop,
    type_override,
)

NEW = month(3).end
CHANGING = ("forecast", "plan-supply", "run-cycle", "publish")


def changed(table: str, index: int, **cells: Any) -> Callable[[], dict[str, list[dict[str, Any]]]]:
    """One row of a table with other cells; underscores stand for blanks."""

    def tables() -> dict[str, list[dict[str, Any]]]:
        rows = [dict(row) for row in facts()[table]]
        rows[index] |= {header.replace("_", " "): value for header, value in cells.items()}
        return {table: rows}

    return tables


def added(table: str, **cells: Any) -> Callable[[], dict[str, list[dict[str, Any]]]]:
    """One more row in a table."""
    row = {header.replace("__", "/").replace("_", " "): value for header, value in cells.items()}
    return lambda: {table: [*facts().get(table, []), row]}


#: What is wrong, the table, sheet row, column, and a word of the message.
ERRORS: list[tuple[Callable[[], dict[str, Any]], str, int, str, str]] = [
    (changed("tblFamilies", 0, Family=None), "tblFamilies", 7, "Family", "empty"),
    (changed("tblFamilies", 1, Family="tea"), "tblFamilies", 8, "Family", "row 7 already"),
    (changed("tblFamilies", 1, Make="MAYBE"), "tblFamilies", 8, "Make", "'MAYBE' is not allowed"),
    (changed("tblFamilies", 2, Strategy="HOPE"), "tblFamilies", 9, "Strategy", "not allowed"),
    (changed("tblFamilies", 0, Price="8 EUR"), "tblFamilies", 7, "Price", "not a number"),
    (changed("tblFamilies", 0, Price=-1), "tblFamilies", 7, "Price", "negative"),
    (changed("tblFamilies", 0, Service_target=97), "tblFamilies", 7, "Service target", "above 1"),
    (changed("tblFamilies", 0, Target_days=True), "tblFamilies", 7, "Target days", "not a number"),
    (changed("tblItems", 1, Family="CUPZ"), "tblItems", 8, "Family", "not in tblFamilies"),
    (changed("tblItems", 1, Like_item="NONE"), "tblItems", 8, "Like item", "not in tblItems"),
    (changed("tblBill", 0, Resource="LYNE"), "tblBill", 7, "Resource", "not in tblResources"),
    (changed("tblBill", 1, Hours_per_unit=None), "tblBill", 8, "Hours per unit", "empty"),
    (changed("tblCapacity", 3, Bucket="soon"), "tblCapacity", 10, "Bucket", "not a date"),
    (changed("tblCapacity", 1, Bucket=month(0).end), "tblCapacity", 8, "Resource", "row 7 already"),
    (changed("tblCalendar", 0, Working_days=0), "tblCalendar", 7, "Working days", "below 0.5"),
    (changed("tblSales", 5, Quantity="many"), "tblSales", 12, "Quantity", "not a number"),
    (changed("tblSales", 5, Bucket=date(1899, 12, 31)), "tblSales", 12, "Bucket", "1899"),
    (changed("tblSales", 5, Family=None), "tblSales", 12, "Family", "Neither family nor item"),
    (changed("tblProduction", 1, Family="TEEA"), "tblProduction", 8, "Family", "not in tblFamilies"),
    (changed("tblBudget", 1, Bucket=month(0).end), "tblBudget", 8, "Family", "row 7 already"),
    (changed("tblEvents", 0, Kind="party"), "tblEvents", 7, "Kind", "'party' is not allowed"),
    (changed("tblEvents", 0, Factor=-0.5), "tblEvents", 7, "Factor", "negative"),
    (
        added("tblPipeline", Opportunity="O", Family="TEA", Bucket=NEW, Quantity=5, Probability=1.5),
        "tblPipeline",
        7,
        "Probability",
        "above 1",
    ),
    (added("tblOrders", Order="A", Line="1", Family="TEA"), "tblOrders", 7, "Ordered qty", "empty"),
    (added("tblStock", Family="TEA", Quantity="1,5"), "tblStock", 7, "Quantity", "not a number"),
]
SHEETS = {
    "tblFamilies": "Families",
    "tblItems": "Families",
    "tblBill": "Resources",
    "tblCapacity": "Resources",
    "tblCalendar": "Resources",
    "tblSales": "Sales",
    "tblPipeline": "Sales",
    "tblProduction": "Production",
    "tblBudget": "Budget",
    "tblEvents": "Events",
    "tblOrders": "Orders",
    "tblStock": "Stock",
}


def found_in(path: Path) -> list[dict[str, Any]]:
    """Errors of the check command."""
    issues: list[dict[str, Any]] = sop("check", path, "--json").json["issues"]
    return [issue for issue in issues if issue["severity"] == "error"]


class Opened:
    """The company open in memory: tables change for one question and are put back."""

    def __init__(self, book: xw.Book) -> None:
        self.cycle = Cycle(book)
        self.workbook = self.cycle.workbook

    def issues(self, tables: dict[str, Any]) -> list[Issue]:
        """Problems of the company with these tables in place of its own."""
        read = {name: self._with(name, rows) for name, rows in tables.items()}
        return input_checks.check({**self.cycle.tables, **read}, self.cycle.horizon)

    def errors(self, tables: dict[str, Any]) -> list[Issue]:
        return [issue for issue in self.issues(tables) if issue.severity == "error"]

    def _with(self, name: str, rows: list[dict[str, Any]]) -> Rows:
        write_table(self.workbook, name, cells(name, rows))
        return self.workbook.rows(name)


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    with open_book(planned(tmp_path_factory.mktemp("checks")), read_only=True) as session:
        yield Opened(session.book)


@pytest.mark.parametrize(("tables", "table", "row", "column", "word"), ERRORS, ids=lambda value: None)
def test_a_problem_is_found_where_it_is(
    company: Opened, tables: Callable[[], dict[str, Any]], table: str, row: int, column: str, word: str
) -> None:
    issues = company.issues(tables())
    places = [(i.sheet, i.table, i.row, i.column, i.message) for i in issues if i.severity == "error"]
    assert any(place[:4] == (SHEETS[table], table, row, column) and word in place[4] for place in places), (
        f"{table} {row} {column} {word}: {places}"
    )


def test_a_misspelt_code_is_answered_with_the_right_one(company: Opened) -> None:
    (issue,) = company.errors(changed("tblItems", 1, Family="CUPZ")())
    assert issue.remedy == "Did you mean CUPS?"


def test_many_rows_with_the_same_unknown_code_are_one_problem(company: Opened) -> None:
    rows = [{**row, "Family": "TEE"} if row["Family"] == "TEA" else row for row in facts()["tblSales"]]
    (issue,) = company.errors({"tblSales": rows})
    assert "(36 rows)" in issue.message


@pytest.mark.parametrize(
    ("tables", "table", "word"),
    [
        (lambda: {"tblBudget": []}, "tblBudget", "No budget"),
        (lambda: {"tblCapacity": []}, "tblCapacity", "No capacity"),
        (lambda: {"tblCapacity": facts()["tblCapacity"][:25]}, "tblResources", "CREW has no capacity"),
        (lambda: {"tblBill": facts()["tblBill"][:1]}, "tblFamilies", "CUPS has no bill"),
        (changed("tblFamilies", 1, Price=None), "tblFamilies", "No price for CUPS"),
        (changed("tblFamilies", 1, Unit_cost=None), "tblFamilies", "No unit cost for CUPS"),
        (lambda: {"tblSales": facts()["tblSales"][36:]}, "tblFamilies", "TEA has no sales history"),
        (lambda: {"tblSales": facts()["tblSales"][33:]}, "tblFamilies", "only 3 buckets"),
        (
            lambda: {"tblSales": [r for i, r in enumerate(facts()["tblSales"]) if i != 20]},
            "tblFamilies",
            "no sales in 1 closed bucket ",
        ),
        (added("tblSales", Family="TEA", Bucket=NEW, Quantity=1), "tblSales", "after 2026-10-31"),
    ],
    ids=lambda value: None,
)
def test_what_is_worth_a_look_is_a_warning(
    company: Opened, tables: Callable[[], dict[str, Any]], table: str, word: str
) -> None:
    found = [(i.table, i.severity, i.message) for i in company.issues(tables())]
    assert any(t == table and s == "warning" and word in m for t, s, m in found), found


def test_a_clean_company_has_no_problem(company: Opened) -> None:
    assert company.issues({}) == []


@pytest.fixture(scope="module")
def spoilt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workbook with an error in three tables and two overrides."""
    path = planned(tmp_path_factory.mktemp("spoilt"))
    fill(path, changed("tblFamilies", 1, Make="MAYBE")())
    fill(path, changed("tblBill", 0, Resource="LYNE")())
    fill(path, changed("tblBudget", 2, Revenue="lots")())
    type_override(path, "Demand", "TEA", "sales_override", month(1).end, "a lot")
    type_override(path, "Supply", "CUPS", "production_override", month(2).end, -3)
    return path


def test_all_problems_are_listed_at_once_with_their_places(spoilt: Path) -> None:
    said = sop("check", spoilt, "--json")
    assert said.code == 1
    places = {(i["sheet"], i["table"], i["row"], i["column"]) for i in found_in(spoilt)}
    row = {view: int(address(spoilt, view, code, key, month(1).end).lstrip("ABCDEFGHIJK")) for view, code, key in (
        ("Demand", "TEA", "sales_override"), ("Supply", "CUPS", "production_override"))}  # fmt: skip
    assert places == {
        ("Families", "tblFamilies", 8, "Make"),
        ("Resources", "tblBill", 7, "Resource"),
        ("Budget", "tblBudget", 9, "Revenue"),
        ("Demand", "TEA Sales override", row["Demand"], f"{month(1).end}"),
        ("Supply", "CUPS Production override", row["Supply"], f"{month(2).end}"),
    }


@pytest.mark.parametrize("command", CHANGING)
def test_errors_stop_every_command_and_leave_the_file_alone(spoilt: Path, command: str) -> None:
    content, files = spoilt.read_bytes(), sorted(spoilt.parent.iterdir())
    said = sop(command, spoilt, "--json")
    assert said.code == 1
    assert said.json["ok"] is False
    assert len(said.json["errors"]) == 5
    assert all(error["message"] and error["remedy"] for error in said.json["errors"])
    assert spoilt.read_bytes() == content
    assert sorted(spoilt.parent.iterdir()) == files
    assert leftovers(spoilt.parent) == []


def test_a_person_reads_every_problem_and_that_nothing_was_changed(spoilt: Path) -> None:
    said = sop("run-cycle", spoilt)
    assert said.code == 1
    assert said.out.count("ERROR ") == 5
    assert (
        "ERROR Families, tblFamilies, row 8, Make: 'MAYBE' is not allowed. Use one of MTS, MTO." in said.out
    )
    assert said.err.startswith("5 errors in the input.")
    assert "nothing was changed" in said.err


def test_the_json_of_a_failed_check_does_not_say_ok(spoilt: Path) -> None:
    assert sop("check", spoilt, "--json").json["ok"] is False


@pytest.mark.parametrize("header", ["Opening inventory", "Target days", "Strategy"])
def test_an_error_value_in_a_table_is_an_error(tmp_path: Path, header: str) -> None:
    path = planned(tmp_path)
    book = openpyxl.load_workbook(path)
    sheet = book["Families"]
    column = next(cell.column for cell in sheet[6] if cell.value == header)
    sheet.cell(7, column).value, sheet.cell(7, column).data_type = "#REF!", "e"
    book.save(path)
    assert [(issue["table"], issue["row"], issue["column"]) for issue in found_in(path)] == [
        ("tblFamilies", 7, header)
    ]


def test_an_error_value_in_an_override_is_an_error(tmp_path: Path) -> None:
    path = planned(tmp_path)
    place = address(path, "Demand", "TEA", "sales_override", month(1).end)
    book = openpyxl.load_workbook(path)
    book["Demand"][place].value, book["Demand"][place].data_type = "#DIV/0!", "e"
    book.save(path)
    assert [(issue["sheet"], issue["column"]) for issue in found_in(path)] == [("Demand", f"{month(1).end}")]


def test_an_offset_that_is_no_whole_number_is_an_error(company: Opened) -> None:
    found = company.errors(changed("tblBill", 2, Offset=1.5)())
    assert [(i.table, i.row, i.column) for i in found] == [("tblBill", 9, "Offset")]


def test_a_family_called_total_is_an_error(company: Opened) -> None:
    found = company.errors(added("tblFamilies", Family="Total")())
    assert [(i.table, i.column) for i in found] == [("tblFamilies", "Family")]


@pytest.mark.parametrize("code", ["T*", "TE?", ">5", "~X"])
def test_a_code_that_spreadsheet_programs_take_for_a_pattern_is_an_error(company: Opened, code: str) -> None:
    found = company.errors(added("tblFamilies", Family=code)())
    assert [(i.table, i.column) for i in found] == [("tblFamilies", "Family")]


def test_demand_below_zero_is_reported_where_it_comes_from(tmp_path: Path) -> None:
    path = planned(tmp_path)
    fill(path, {"tblEvents": [{"Family": "TEA", "Bucket": NEW, "Kind": "one-off", "Quantity": -1e6}]})
    said = sop("run-cycle", path)
    assert said.code in (0, 1)
    if said.code:
        assert "TEA" in said.out + said.err
        assert f"{NEW}" in said.out + said.err


def test_wrong_cells_of_the_card_are_listed_with_the_rest(spoilt: Path, tmp_path: Path) -> None:
    path = tmp_path / "plan.xlsx"
    path.write_bytes(spoilt.read_bytes())
    set_fields(path, Home_Horizon=1, Home_FirstBucket="soon")
    said = sop("check", path)
    assert said.code == 1
    assert all(word in said.out + said.err for word in ("Horizon", "Current bucket", "MAYBE"))


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [
        ("Home_Horizon", 1, "Horizon"),
        ("Home_Horizon", 12.5, "Horizon"),
        ("Home_FirstBucket", None, "Current bucket"),
        ("Home_FirstBucket", "soon", "Current bucket"),
        ("Home_BucketType", "day", "bucket type"),
        ("Home_FiscalStart", 13, "Fiscal year"),
        ("Home_Frozen", "two", "Frozen"),
    ],
)
def test_a_wrong_cell_of_the_card_is_named(company: Opened, name: str, value: Any, word: str) -> None:
    before = company.workbook.field(name)
    company.workbook.set_field(name, value)
    try:
        with pytest.raises(ChecksFailed) as refused:
            Cycle(company.workbook.book)
    finally:
        company.workbook.set_field(name, before)
    card = [
        issue for issue in refused.value.issues if isinstance(issue, Issue) and issue.table == "cycle card"
    ]
    assert [word.lower() in issue.column.lower() for issue in card] == [True]
    assert card[0].remedy


def test_a_warning_stops_nothing(tmp_path: Path) -> None:
    path = planned(tmp_path)
    fill(
        path,
        {"tblFamilies": families(lambda row: {**row, "Price": None, "Unit cost": None}), "tblBudget": []},
    )
    result = done("run-cycle", path)
    assert {issue["severity"] for issue in result["issues"]} == {"warning"}
    assert len(result["issues"]) == 3


def test_an_issue_reads_as_a_sentence_with_its_place() -> None:
    issue = Issue("Families", "tblFamilies", 8, "Price", "-1 is negative.", "Use 0 or more.")
    assert str(issue) == "ERROR Families, tblFamilies, row 8, Price: -1 is negative. Use 0 or more."


def test_dates_with_a_time_are_dates(company: Opened) -> None:
    assert company.issues(changed("tblCapacity", 0, Bucket=datetime(2026, 11, 30, 17, 30))()) == []
