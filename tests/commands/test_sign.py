"""Signing the steps of the cycle, and publishing only what is agreed."""

from __future__ import annotations

import shutil
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from sop_xl.commands.sign import sign
from sop_xl.hosts.session import open_book
from sop_xl.store.place import beside
from sop_xl.store.store import open_store, set_up
from sop_xl.workbook.read import Workbook
from tests.tiny import (
    done,
    facts,
    families,
    field,
    fill,
    moment,
    month,
    planned,
    set_fields,
    sop,
    table_rows,
    tiny_company,
    type_override,
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
    sign_all(path)
    return path


@pytest.fixture
def signed(all_signed: Path, tmp_path: Path) -> Path:
    """The same with steps 1 to 5 signed by Bob."""
    return Path(shutil.copy(all_signed, tmp_path / "plan.xlsx"))


def sign_all(path: Path, last: int = 5, first: int = 1) -> None:
    """Sign steps as Bob, on a workbook that is open."""
    with open_book(path) as session:
        for number in range(first, last + 1):
            sign(session.book, "submit", str(number), "Ann", "")
            sign(session.book, "approve", str(number), "Bob", "")
        session.save(keep_read_values=True)


def states(path: Path) -> list[str]:
    return [row["State"] for row in table_rows(path, "tblSteps")]


def refused(*words: Any) -> list[str]:
    """The lines of a refusal."""
    said = sop(*words)
    assert said.code == 1, said
    return said.err.splitlines()


def test_nothing_is_published_before_it_is_signed(plan: Path) -> None:
    lines = refused("publish", plan)
    assert [f"  Step {n}" in "\n".join(lines) for n in range(1, 6)] == [True] * 5


def test_a_plan_is_signed_step_by_step_and_published(signed: Path) -> None:
    plan = signed
    assert states(plan) == ["APPROVED"] * 5 + ["OPEN"]
    first = table_rows(plan, "tblSteps")[0]
    assert (first["Signed by"], first["Cycle"], len(first["Mark"])) == ("Bob", "2026-11", 12)
    with open_book(plan, read_only=True) as session:
        place = Workbook.of(session.book).place("tblSteps")
        at = session.book.sheets["Home"].range((7, place.columns["Signed at"])).value
    assert 0 <= (datetime.now() - at).total_seconds() < 120
    said = done("publish", plan, "--by", "Cy")
    assert said["data"]["version"] == "2026-11"
    assert not [line for line in said["summary"] if "not settled" in line]
    last = table_rows(plan, "tblSteps")[5]
    assert (last["State"], last["Signed by"], last["Note"]) == ("APPROVED", "Cy", "Published as 2026-11")
    with open_store(beside(plan)) as store:
        kept = store.signoffs.of("2026-11")
    assert {k: (w.state, w.signed_by) for k, w in kept.items()} == {
        **{f"{n}": ("APPROVED", "Bob") for n in range(1, 6)},
        "6": ("APPROVED", "Cy"),
    }


def test_what_changes_after_it_was_signed_must_be_signed_again(signed: Path) -> None:
    plan = signed
    type_override(plan, "Demand", "TEA", "sales_override", month(4).end, 2000)
    lines = refused("publish", plan)
    assert (
        "  Step 2 Demand plan was APPROVED for another plan than this one: reopen it and sign again." in lines
    )
    assert (
        "  The money on Bridge is not that of this plan: run value-plan." not in lines
    )  # nothing to compare with
    said = done("publish", plan, "--force", "The customer waits")
    assert "Published though it is not settled (The customer waits):" in said["summary"]
    assert table_rows(plan, "tblSteps")[5]["Note"] == "Published as 2026-11 by force: The customer waits"


def test_reopening_opens_the_later_steps_and_leads_to_a_minor_version(signed: Path) -> None:
    plan = signed
    done("publish", plan)
    assert refused("reopen", plan, "--step", 2)[0].startswith(
        "Step 2 Demand plan is not reopened without a reason"
    )
    said = done("reopen", plan, "--step", "demand", "--reason", "New order", "--by", "Dee")
    assert states(plan) == ["APPROVED"] + ["OPEN"] * 5
    assert field(plan, "Home_State") == "DRAFT"
    assert "minor version" in " ".join(said["summary"])
    assert refused("approve", plan, "--step", 3)[0].startswith("Step 3 Supply plan is OPEN")
    sign_all(plan, first=2)
    assert done("publish", plan)["data"]["version"] == "2026-11.1"
    with open_store(beside(plan)) as store:
        history = [e for e in store.history.entries() if e.action == "signed" and e.subject == "2026-11 2"]
    assert len(history) == 4  # approved, reopened, submitted, approved


def test_supply_waits_for_demand_and_for_its_gaps(tmp_path: Path) -> None:
    path = planned(tmp_path)
    done("submit", path, "--step", 3)
    lines = refused("approve", path, "--step", 3)
    assert lines[0] == "Step 3 Supply plan cannot be approved yet:"
    assert lines[1:3] == ["  Step 1 Gather data is OPEN.", "  Step 2 Demand plan is OPEN."]
    open_gaps = [
        r for r in table_rows(path, "tblGaps") if r["Kind"] in ("capacity", "inventory", "target", "service")
    ]
    assert len([line for line in lines if "Open " in line and " gap" in line]) == len(open_gaps) > 0
    rows = [{**r, "Owner": "Ann", "Accepted on": date(2026, 11, 9), "Reason": "known"} for r in open_gaps]
    fill(path, {"tblAcceptedGaps": rows})
    sign_all(path, 2)
    assert done("approve", path, "--step", 3)["data"]["unmet"] == []


def test_meetings_are_skipped_one_by_one(plan: Path) -> None:
    sign_all(plan, 3)
    done("skip", plan, "--step", 4, "--reason", "Quiet month")
    fill(plan, {"tblDecisions": [{"Id": "D1", "Question": "Add a shift?"}]})
    done("submit", plan, "--step", 5)
    assert "  Decision D1 is open: Add a shift? " in refused("approve", plan, "--step", 5)
    done("skip", plan, "--step", "executive", "--reason", "Away")
    assert states(plan) == ["APPROVED"] * 3 + ["SKIPPED"] * 2 + ["OPEN"]
    assert done("publish", plan)["ok"]


def test_a_frozen_change_needs_a_reason_and_an_approver(plan: Path) -> None:
    type_override(plan, "Demand", "TEA", "sales_override", month(0).end, 1500)
    (issue,) = [i for i in done("check", plan)["issues"] if "frozen" in i["message"]]
    assert (issue["severity"], issue["sheet"], issue["table"]) == ("warning", "Demand", "TEA")
    sign_all(plan, 1)
    done("submit", plan, "--step", 2)
    (row,) = table_rows(plan, "tblFrozenChanges")
    assert (row["Change"], row["Family"], row["Bucket"], row["Quantity"]) == (
        "demand",
        "TEA",
        month(0).end,
        1500.0,
    )
    assert "frozen" in " ".join(refused("approve", plan, "--step", 2))
    fill(plan, {"tblFrozenChanges": [{**row, "Reason": "Sold already", "Approved by": "Bob"}]})
    done("approve", plan, "--step", 2)
    # Another quantity is another change.
    type_override(plan, "Demand", "TEA", "sales_override", month(0).end, 1600)
    assert [i for i in done("check", plan)["issues"] if "1,600" in i["message"]]


def test_a_published_override_is_no_change_when_its_bucket_freezes(plan: Path) -> None:
    type_override(plan, "Demand", "TEA", "sales_override", month(1).end, 1500)
    done("publish", plan, "--force", "test")
    set_fields(plan, Home_FirstBucket=moment(month(1).end), Home_Cycle="2026-12")
    assert not [i for i in done("run-cycle", plan)["issues"] if "frozen" in i["message"]]
    type_override(plan, "Demand", "TEA", "sales_override", month(1).end, 1501)
    assert [i for i in done("check", plan)["issues"] if "from 1,500 to 1,501" in i["message"]]


def test_a_new_cycle_begins_with_open_steps(signed: Path) -> None:
    set_fields(signed, Home_FirstBucket=moment(month(1).end), Home_Cycle="2026-12")
    assert "  Step 1 Gather data is OPEN." in refused("publish", signed, "--by", "Ann")
    done("forecast", signed)
    assert states(signed) == ["OPEN"] * 6
    assert {row["Signed by"] for row in table_rows(signed, "tblSteps")} == {None}


def test_two_copies_of_a_workbook_share_signatures_through_the_store(plan: Path, tmp_path: Path) -> None:
    set_up(beside(plan))
    set_fields(plan, Home_Store=str(beside(plan).file))
    other = Path(shutil.copy(plan, tmp_path / "other.xlsx"))
    sign_all(plan, 1)
    said = done("submit", other, "--step", 2, "--by", "Eve")
    assert "From the plan store: step 1 Gather data is APPROVED by Bob." in said["summary"]
    assert states(other)[:2] == ["APPROVED", "SUBMITTED"]
    done("approve", plan, "--by", "Bob")
    assert states(plan)[:2] == ["APPROVED", "APPROVED"]


def test_a_store_out_of_reach_does_not_stop_anybody(plan: Path) -> None:
    set_fields(plan, Home_Store="postgresql://nobody@127.0.0.1:1/none")
    said = done("submit", plan, "--by", "Ann")
    assert states(plan)[0] == "SUBMITTED"
    assert "out of reach" in " ".join(said["summary"])


def test_without_the_wish_a_plan_is_published_and_open_points_are_told(tmp_path: Path) -> None:
    path = planned(tmp_path)
    summary = done("publish", path)["summary"]
    assert "Published though it is not settled:" in summary
    assert [line for line in summary if line.startswith("  CUPS runs out")]
    assert states(path) == ["OPEN"] * 6


@pytest.mark.parametrize("step", ["7", "S&OP", "zzz"])
def test_a_step_that_is_not_one_is_refused(plan: Path, step: str) -> None:
    assert "names" in refused("submit", plan, "--step", step)[0]
