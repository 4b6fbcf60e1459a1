"""Signing the steps of the cycle, and publishing only what is agreed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import xlwings as xw

from sop_xl.checks import Issue
from sop_xl.commands.reconcile import records
from sop_xl.commands.sign import sign
from sop_xl.commands.steps import check, forecast, value_plan
from sop_xl.errors import WorkbookError
from sop_xl.hosts.session import open_book
from sop_xl.store.place import beside
from sop_xl.store.store import open_store, set_up
from sop_xl.workbook import layout
from sop_xl.workbook.read import Workbook
from sop_xl.workbook.write import write_table
from tests.tiny import (
    cells,
    done,
    facts,
    families,
    field,
    moment,
    month,
    planned,
    set_fields,
    sop,
    table_rows,
    tiny_company,
)


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A company whose plan has no gaps, after one cycle, with a workbook that asks for sign-offs."""
    path = tmp_path_factory.mktemp("calm") / "plan.xlsx"
    tiny_company(
        path,
        {
            "tblFamilies": families(
                lambda row: {
                    **row,
                    "Strategy": "TARGET",
                    "Opening inventory": row.get("Opening inventory") and 5000,
                }
            ),
            "tblCapacity": [{**row, "Hours": 1000} for row in facts()["tblCapacity"]],
            "tblBudget": [],
        },
    )
    done("run-cycle", path)
    set_fields(path, Home_SignOffs="Y")
    return path


@pytest.fixture
def plan(calm: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(calm, tmp_path / "plan.xlsx"))


@pytest.fixture(scope="module")
def all_signed(calm: Path) -> Path:
    path = Path(shutil.copy(calm, calm.with_name("signed.xlsx")))
    with open_book(path) as session:
        sign_all(session.book)
        session.save(keep_read_values=True)
    return path


@pytest.fixture
def signed(all_signed: Path, tmp_path: Path) -> Path:
    """The same with steps 1 to 5 signed by Bob."""
    return Path(shutil.copy(all_signed, tmp_path / "plan.xlsx"))


@pytest.fixture
def book(plan: Path) -> Iterator[xw.Book]:
    """The company's workbook, open and never saved."""
    with open_book(plan) as session:
        yield session.book


def sign_all(book: xw.Book, last: int = 5, first: int = 1) -> None:
    """Ann submits steps, Bob approves them."""
    for number in range(first, last + 1):
        sign(book, "submit", str(number), "Ann", "")
        sign(book, "approve", str(number), "Bob", "")


def sign_file(path: Path, last: int = 5, first: int = 1) -> None:
    """The same on a file."""
    with open_book(path) as session:
        sign_all(session.book, last, first)
        session.save(keep_read_values=True)


def rows(book: xw.Book, table: str) -> list[dict[str, Any]]:
    return records(Workbook.of(book).rows(table))


def put(book: xw.Book, table: str, lines: list[dict[str, Any]]) -> None:
    write_table(Workbook.of(book), table, cells(table, lines))


def override(book: xw.Book, end: date, value: float) -> None:
    """What sales type for TEA."""
    workbook = Workbook.of(book)
    grid, _ = workbook.grid(layout.VIEWS["Demand"], workbook.horizon())
    book.sheets["Demand"].range((grid.rows["TEA", "sales_override"], grid.columns[end])).value = value


def states(of: Path | xw.Book) -> list[str]:
    found = table_rows(of, "tblSteps") if isinstance(of, Path) else rows(of, "tblSteps")
    return [row["State"] for row in found]


def refused(*words: Any) -> list[str]:
    """The lines of a refusal on the command line."""
    said = sop(*words)
    assert said.code == 1, said
    return said.err.splitlines()


def closed(book: xw.Book, step: int) -> list[str]:
    """What keeps a step from being approved."""
    with pytest.raises(WorkbookError) as refusal:
        sign(book, "approve", str(step), "Bob", "")
    first, *lines = refusal.value.message.splitlines()
    assert first.endswith("cannot be approved yet:")
    return [line.strip() for line in lines]


def test_nothing_is_published_before_it_is_signed(plan: Path) -> None:
    lines = refused("publish", plan)
    assert [f"  Step {n}" in "\n".join(lines) for n in range(1, 6)] == [True] * 5


def test_a_plan_is_signed_step_by_step_and_published(signed: Path) -> None:
    assert states(signed) == ["APPROVED"] * 5 + ["OPEN"]
    first = table_rows(signed, "tblSteps")[0]
    assert (first["Signed by"], first["Cycle"], len(first["Mark"])) == ("Bob", "2026-11", 12)
    with open_book(signed, read_only=True) as session:
        place = Workbook.of(session.book).place("tblSteps")
        at = session.book.sheets["Home"].range((7, place.columns["Signed at"])).value
    assert 0 <= (datetime.now() - at).total_seconds() < 600
    said = done("publish", signed, "--by", "Cy")
    assert said["data"]["version"] == "2026-11"
    assert not [line for line in said["summary"] if "not settled" in line]
    last = table_rows(signed, "tblSteps")[5]
    assert (last["State"], last["Signed by"], last["Note"]) == ("APPROVED", "Cy", "Published as 2026-11")
    with open_store(beside(signed)) as store:
        kept = store.signoffs.of("2026-11")
    assert {k: (w.state, w.signed_by) for k, w in kept.items()} == {
        **{f"{n}": ("APPROVED", "Bob") for n in range(1, 6)},
        "6": ("APPROVED", "Cy"),
    }
    # Reopening opens the later steps and leads to a minor version.
    assert refused("reopen", signed, "--step", 2)[0].startswith(
        "Step 2 Demand plan is not reopened without a reason"
    )
    said = done("reopen", signed, "--step", "demand", "--reason", "New order", "--by", "Dee")
    assert states(signed) == ["APPROVED"] + ["OPEN"] * 5
    assert field(signed, "Home_State") == "DRAFT"
    assert "minor version" in " ".join(said["summary"])
    sign_file(signed, first=2)
    assert done("publish", signed)["data"]["version"] == "2026-11.1"
    with open_store(beside(signed)) as store:
        history = [e for e in store.history.entries() if e.action == "signed" and e.subject == "2026-11 2"]
    assert len(history) == 4  # approved, reopened, submitted, approved


def test_what_changes_after_it_was_signed_must_be_signed_again(signed: Path) -> None:
    with open_book(signed) as session:
        override(session.book, month(4).end, 2000)
        session.save(keep_read_values=True)
    lines = refused("publish", signed)
    assert (
        "  Step 2 Demand plan was APPROVED for another plan than this one: reopen it and sign again." in lines
    )
    said = done("publish", signed, "--force", "The customer waits")
    assert "Published though it is not settled (The customer waits):" in said["summary"]
    assert table_rows(signed, "tblSteps")[5]["Note"] == "Published as 2026-11 by force: The customer waits"


def test_supply_waits_for_demand_and_for_its_gaps(tmp_path: Path) -> None:
    with open_book(planned(tmp_path)) as session:
        book = session.book
        sign(book, "submit", "3", "Ann", "")
        lines = closed(book, 3)
        assert lines[:2] == ["Step 1 Gather data is OPEN.", "Step 2 Demand plan is OPEN."]
        kinds = ("capacity", "inventory", "target", "service")
        gaps = [row for row in rows(book, "tblGaps") if row["Kind"] in kinds]
        assert len([line for line in lines if line.startswith("Open ")]) == len(gaps) > 0
        put(book, "tblAcceptedGaps", [{**row, "Owner": "Ann", "Reason": "known"} for row in gaps])
        sign_all(book, 2)
        assert sign(book, "approve", "3", "Bob", "").data["unmet"] == []


def test_meetings_are_skipped_one_by_one(book: xw.Book) -> None:
    sign_all(book, 3)
    sign(book, "skip", "4", "Ann", "Quiet month")
    put(book, "tblDecisions", [{"Id": "D1", "Question": "Add a shift?"}])
    sign(book, "submit", "5", "Ann", "")
    assert closed(book, 5) == ["Decision D1 is open: Add a shift?"]
    sign(book, "skip", "executive", "Ann", "Away")
    assert states(book) == ["APPROVED"] * 3 + ["SKIPPED"] * 2 + ["OPEN"]


def test_finance_values_the_plan_that_is_signed(book: xw.Book) -> None:
    put(book, "tblBudget", facts()["tblBudget"])
    sign_all(book, 3)
    sign(book, "submit", "4", "Ann", "")
    assert "The money on Bridge is not that of this plan: run value-plan." in closed(book, 4)
    value_plan(book)
    assert [line for line in closed(book, 4) if not line.startswith("Open budget gap")] == []


def test_items_that_cannot_add_up_keep_demand_from_being_signed(book: xw.Book) -> None:
    (item, *others) = rows(book, "tblItems")
    put(book, "tblItems", [{**item, "Phase-out": month(5).end}, *others])
    sign_all(book, 1)
    sign(book, "submit", "2", "Ann", "")
    assert closed(book, 2) == [
        "The items of TEA cannot add up to its demand in 13 buckets from May 2027 on: none is on sale."
    ]


def test_a_frozen_change_needs_a_reason_and_an_approver(book: xw.Book) -> None:
    def warnings() -> list[Issue]:
        return [issue for issue in check(book).issues if "frozen" in issue.message]

    override(book, month(0).end, 1500)
    (issue,) = warnings()
    assert (issue.severity, issue.sheet, issue.table) == ("warning", "Demand", "TEA")
    sign_all(book, 1)
    sign(book, "submit", "2", "Ann", "")
    (row,) = rows(book, "tblFrozenChanges")
    assert (row["Change"], row["Family"], row["Bucket"], row["Quantity"]) == (
        "demand",
        "TEA",
        month(0).end,
        1500.0,
    )
    assert "which is frozen" in closed(book, 2)[0]
    put(book, "tblFrozenChanges", [{**row, "Reason": "Sold already", "Approved by": "Bob"}])
    assert warnings() == []
    sign(book, "approve", "2", "Bob", "")
    # Another quantity is another change.
    override(book, month(0).end, 1600)
    assert "1,600" in warnings()[0].message


def test_a_published_override_is_no_change_when_its_bucket_freezes(plan: Path) -> None:
    with open_book(plan) as session:
        override(session.book, month(1).end, 1500)
        session.save(keep_read_values=True)
    done("publish", plan, "--force", "test")
    with open_book(plan) as session:
        Workbook.of(session.book).set_field("Home_FirstBucket", moment(month(1).end))
        assert not [issue for issue in forecast(session.book).issues if "frozen" in issue.message]
        override(session.book, month(1).end, 1501)
        assert [issue for issue in check(session.book).issues if "from 1,500 to 1,501" in issue.message]


def test_a_new_cycle_begins_with_open_steps(signed: Path) -> None:
    with open_book(signed) as session:
        workbook = Workbook.of(session.book)
        workbook.set_field("Home_FirstBucket", moment(month(1).end))
        workbook.set_field("Home_Cycle", "2026-12")
        assert sign(session.book, "submit", "", "Ann", "").data["changed"] == [1]
        sign(session.book, "reject", "1", "Bob", "not loaded")
        workbook.set_field("Home_Cycle", "2027-01")
        forecast(session.book)
        assert states(session.book) == ["OPEN"] * 6
        assert {row["Signed by"] for row in rows(session.book, "tblSteps")} == {None}


def test_two_copies_of_a_workbook_share_signatures_through_the_store(plan: Path, tmp_path: Path) -> None:
    set_up(beside(plan))
    set_fields(plan, Home_Store=str(beside(plan).file))
    other = Path(shutil.copy(plan, tmp_path / "other.xlsx"))
    with open_book(plan) as mine, open_book(other) as theirs:
        sign_all(mine.book, 1)
        said = sign(theirs.book, "submit", "2", "Eve", "")
        assert "From the plan store: step 1 Gather data is APPROVED by Bob." in said.lines
        assert states(theirs.book)[:2] == ["APPROVED", "SUBMITTED"]
        sign(mine.book, "approve", "", "Bob", "")
        assert states(mine.book)[:2] == ["APPROVED", "APPROVED"]


def test_a_store_out_of_reach_does_not_stop_anybody(book: xw.Book) -> None:
    Workbook.of(book).set_field("Home_Store", "postgresql://nobody@127.0.0.1:1/none")
    assert "out of reach" in " ".join(sign(book, "submit", "", "Ann", "").lines)
    assert states(book)[0] == "SUBMITTED"


def test_without_the_wish_a_plan_is_published_and_open_points_are_told(tmp_path: Path) -> None:
    path = planned(tmp_path)
    summary = done("publish", path)["summary"]
    assert "Published though it is not settled:" in summary
    assert [line for line in summary if line.startswith("  CUPS runs out")]
    assert states(path) == ["OPEN"] * 6


def test_a_step_that_is_not_one_is_refused(book: xw.Book) -> None:
    for step, said in (("7", "no step"), ("zzz", "no step"), ("S&OP", "several steps")):
        with pytest.raises(WorkbookError, match=f"names {said}"):
            sign(book, "submit", step, "Ann", "")
