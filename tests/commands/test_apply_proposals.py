"""Accepted moves are made together or not at all, do what they say, and can be taken back."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from sop_xl.commands.cycle import Cycle
from sop_xl.commands.gate_findings import findings_of
from sop_xl.hosts.session import open_book
from sop_xl.model import Plan
from sop_xl.process.moves import AGREED
from sop_xl.workbook import tables
from sop_xl.workbook.read import Workbook, matrix
from tests.hosts.libreoffice import LibreOffice
from tests.tiny import (
    Row,
    done,
    facts,
    fill,
    month,
    planned,
    planning_values,
    sop,
    table_rows,
    tables_of,
    tiny_company,
    type_override,
)
from tests.workbook.test_native_formulas import compare

FEBRUARY = date(2027, 2, 28)


def accept(path: Path, ids: Iterable[str], accept: str = "Y", **more: object) -> None:
    """Type beside proposals, as a planner does."""
    with open_book(path) as session:
        workbook = Workbook.of(session.book)
        rows, place = workbook.rows("tblProposals"), workbook.place("tblProposals")
        sheet = session.book.sheets[place.sheet]
        for number, id in zip(rows.numbers, rows["Id"], strict=True):
            if id in set(ids):
                for header, text in {"Accept": accept, **more}.items():
                    sheet.range((number, place.columns[header])).value = text
        session.save(keep_read_values=True)


def plan_of(path: Path) -> Plan:
    with open_book(path, read_only=True) as session:
        return Cycle(session.book).plan


def proposals(path: Path, where: Callable[[Row], bool]) -> list[dict[str, Any]]:
    return [row for row in table_rows(path, "tblProposals") if where(row)]


def strained(folder: Path) -> Path:
    """The small company with a line that cannot make all tea before Christmas, and prices for everything."""
    changed = {
        name: [dict(row) for row in facts()[name]] for name in ("tblFamilies", "tblResources", "tblCapacity")
    }
    changed["tblResources"][0] |= {
        "Overtime cost": 60.0,
        "Subcontract limit": 15.0,
        "Subcontract cost": 110.0,
    }
    changed["tblResources"][1] |= {"Overtime limit": 10.0, "Overtime cost": 40.0}
    for row in changed["tblCapacity"]:
        if row["Resource"] == "LINE":
            row["Hours"] = 130.0
    path = tiny_company(folder / "plan.xlsx", changed)
    done("run-cycle", path)
    return path


def assert_effect(before: Plan, after: Plan, row: Row) -> None:
    """What a row of tblProposals states is what the workbook shows after it is applied."""
    assert after.result - before.result == pytest.approx(row["Effect on money"], rel=1e-9, abs=1e-6)
    codes = [resource.code for resource in before.given.resources]
    short = after.short - before.short
    load = short[codes.index(row["Resource"])].sum() if row["Resource"] else short.sum()
    assert load == pytest.approx(row["Effect on load"], rel=1e-9, abs=1e-9)
    if row["Family"]:
        f = [family.code for family in before.given.families].index(row["Family"])
        moved = (after.projected_inventory - before.projected_inventory)[f]
        if before.given.to_stock[f]:
            assert max(moved, key=abs) == pytest.approx(row["Effect on inventory"], rel=1e-9, abs=1e-9)


def test_moves_by_themselves_do_what_they_say(tmp_path: Path) -> None:
    start = strained_once(tmp_path)
    before, rows = plan_of(start), table_rows(start, "tblProposals")
    assert {row["Move"] for row in rows} == set(tables.MOVES) - set(AGREED)
    chosen = [next(row for row in rows if row["Move"] == kind) for kind in ("pre-build", "delay")]
    chosen += [
        next(row for row in rows if row["Move"] == "shape demand" and is_it(row))
        for is_it in (
            lambda row: row["From"] == row["To"],
            lambda row: row["From"] and row["From"] < row["To"],
            lambda row: not row["From"],
        )
    ]
    for row in chosen:
        path = start.with_name(f"{row['Id']}.xlsx")
        path.write_bytes(start.read_bytes())
        accept(path, [row["Id"]])
        done("apply-proposals", path)
        assert_effect(before, plan_of(path), row)


def test_moves_of_the_sample_company_do_together_what_they_say(sample_copy: Path) -> None:
    """Two resources' months, production moved and demand given up: effects that do not meet add up."""
    found = table_rows(sample_copy, "tblProposals")
    wanted = [("overtime", "G002"), ("subcontract", "G003"), ("shape demand", "G004"), ("pre-build", "G001"),
              ("shape demand", "G006")]  # fmt: skip
    # The dearer of the pre-builds: the cheaper one and the demand given up would overfill the warehouse together.
    by_move = {(row["Move"], row["Gap"]): row for row in found}
    chosen = [by_move[place] for place in wanted]
    before = plan_of(sample_copy)
    accept(sample_copy, [row["Id"] for row in chosen], Owner="K. Brandt", Reason="pre-S&OP 12 Nov")
    said = done("apply-proposals", sample_copy)
    after = plan_of(sample_copy)
    money = sum(row["Effect on money"] for row in chosen)
    assert after.result - before.result == pytest.approx(money, rel=1e-9)
    assert said["data"]["money"] == pytest.approx(money, rel=1e-9)
    load = sum(row["Effect on load"] for row in chosen)
    assert after.short.sum() - before.short.sum() == pytest.approx(load, rel=1e-9)
    tables_now = tables_of(sample_copy, "tblExtraCapacity", "tblEvents")
    booked, (event, promotion) = tables_now["tblExtraCapacity"], tables_now["tblEvents"][-2:]
    assert {(row["Resource"], row["Kind"], row["Owner"], row["Reason"]) for row in booked} == {
        ("LINE2", kind, "K. Brandt", "pre-S&OP 12 Nov") for kind in ("overtime", "subcontract")
    }
    assert (event["Family"], event["Kind"], event["Reason"]) == ("CAPSULES", "one-off", "pre-S&OP 12 Nov")
    # A promotion for machines, made to order: a budget of 15 million of which 7 per cent are missing.
    assert (promotion["Family"], promotion["Kind"]) == ("MACHINES", "promotion")
    assert promotion["Quantity"] == chosen[-1]["Quantity"] > 0
    place = after.given.horizon.position(promotion["Bucket"])
    assert after.given.event_quantity[7, place] == promotion["Quantity"]


def test_moves_that_meet_are_refused_and_nothing_changes(tmp_path: Path) -> None:
    path = strained_once(tmp_path)
    full = [row["Id"] for row in proposals(path, lambda row: row["Move"] == "pre-build")]
    accept(path, full)
    content = path.read_bytes()
    said = sop("apply-proposals", path)
    assert said.code == 1
    assert "together" in said.out
    assert "Clear one of these Y." in said.out
    assert path.read_bytes() == content


def test_an_accepted_gap_is_settled_until_it_grows(tmp_path: Path) -> None:
    path = strained_once(tmp_path)
    row = proposals(path, lambda row: row["Move"] == "accept" and row["Gap"] == "G001")[0]
    gap = table_rows(path, "tblGaps")[0]
    accept(path, [row["Id"]], Owner="P. Sorensen", Reason="The customer waits")
    done("apply-proposals", path)
    (settled,) = table_rows(path, "tblAcceptedGaps")
    assert (settled["Kind"], settled["Family/Resource"], settled["Bucket"]) == (
        gap["Kind"], gap["Family/Resource"], gap["Bucket"],
    )  # fmt: skip
    assert (settled["Owner"], settled["Reason"]) == ("P. Sorensen", "The customer waits")
    done("reconcile", path)
    states = {row["Id"]: row["State"] for row in table_rows(path, "tblGaps")}
    assert states["G001"] == "ACCEPTED"
    assert set(states.values()) == {"ACCEPTED", "OPEN"}
    assert not proposals(path, lambda row: row["Gap"] == "G001" and row["State"] != "APPLIED")
    type_override(path, "Demand", "TEA", "sales_override", gap["Bucket"], 5000)
    done("reconcile", path)
    grown = [row for row in table_rows(path, "tblGaps") if row["Bucket"] == gap["Bucket"]]
    assert "OPEN" in {row["State"] for row in grown if row["Kind"] == gap["Kind"]}


def test_what_was_agreed_stays_with_its_move_when_the_numbers_change(tmp_path: Path) -> None:
    path = strained_once(tmp_path)
    row = proposals(path, lambda row: row["Move"] == "overtime" and not row["Family"])[-1]
    other = proposals(path, lambda row: row["Move"] == "subcontract")[0]
    accept(path, [row["Id"]], Owner="K. Brandt", Reason="Agreed with the crew")
    accept(path, [other["Id"]], "N", Reason="Too dear")
    # A gap before all others: every proposal gets another number.
    type_override(path, "Supply", "KETTLES", "production_override", month(9).end, 900)
    done("reconcile", path)

    def same(candidate: Row, wanted: Row) -> bool:
        return all(candidate[h] == wanted[h] for h in ("Move", "Family", "Resource", "From", "To", "Hours"))

    (kept,) = proposals(path, lambda found: same(found, row))
    assert (kept["Accept"], kept["Owner"], kept["Reason"]) == ("Y", "K. Brandt", "Agreed with the crew")
    assert kept["Id"] != row["Id"]
    (refused,) = proposals(path, lambda found: same(found, other))
    assert (refused["Accept"], refused["Reason"]) == ("N", "Too dear")
    assert len(proposals(path, lambda found: found["Accept"] == "Y")) == 1


def test_a_move_of_another_size_must_be_agreed_again(tmp_path: Path) -> None:
    path = strained_once(tmp_path)
    row = proposals(path, lambda row: row["Move"] == "shape demand")[0]
    accept(path, [row["Id"]], Quantity=row["Quantity"] / 2)
    said = done("reconcile", path)
    assert (
        f"{row['Id']} was accepted for {row['Quantity'] / 2:,.1f} and is now {row['Id']}: agree again."
        in said["summary"]
    )
    assert not proposals(path, lambda found: found["Accept"] == "Y")


def test_demand_under_an_override_is_shaped_by_the_marketing_override(tmp_path: Path) -> None:
    path = strained_once(tmp_path)
    row = proposals(path, lambda row: row["Move"] == "shape demand" and row["Resource"])[0]
    before, events = plan_of(path), len(table_rows(path, "tblEvents"))
    place = (
        [f.code for f in before.given.families].index(row["Family"]),
        before.given.horizon.position(row["From"]),
    )
    demand = float(before.consensus_demand[place])
    type_override(path, "Demand", row["Family"], "sales_override", row["From"], demand)
    accept(path, [row["Id"]])
    done("apply-proposals", path)
    after = plan_of(path)
    assert after.given.marketing_override[place] == pytest.approx(demand - row["Quantity"])
    assert len(table_rows(path, "tblEvents")) == events
    assert_effect(before, after, row)


def test_nothing_accepted_changes_nothing(tmp_path: Path) -> None:
    path = planned(tmp_path)
    content = path.read_bytes()
    said = done("apply-proposals", path)
    assert said["summary"] == ["No proposal is accepted: put Y under Accept on Reconcile."]
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    ("header", "value", "words"),
    [
        ("Family", "TEEA", "'TEEA' is not in the plan."),
        ("From", "soon", "soon is no planned bucket."),
        ("Quantity", "many", "'many' is not a number."),
        ("Quantity", 10**9, "TEA cannot make less than nothing"),
    ],
)
def test_a_row_that_was_spoilt_is_named(tmp_path: Path, header: str, value: object, words: str) -> None:
    path = strained_once(tmp_path)
    row = proposals(path, lambda row: row["Move"] == "pre-build" and row["Family"] == "TEA")[0]
    accept(path, [row["Id"]], **{header: value})
    content = path.read_bytes()
    said = sop("apply-proposals", path)
    assert said.code == 1
    assert words in said.out
    assert "tblProposals" in said.out
    assert path.read_bytes() == content


_strained: list[bytes] = []


def strained_once(folder: Path) -> Path:
    """The strained company, planned once for all tests of this process."""
    path = folder / "plan.xlsx"
    if not _strained:
        _strained.append(strained(folder).read_bytes())
    path.write_bytes(_strained[0])
    return path


# ---- forecasts and levels that agree ---------------------------------------------------------------------


def sold_more(path: Path, units: float) -> None:
    """Load actuals again: TEA sold another quantity in the last closed month."""
    rows = [dict(row) for row in table_rows(path, "tblSales")]
    for row in rows:
        if row["Family"] == "TEA" and row["Bucket"] == month(-1).end:
            row["Quantity"] = units
    fill(path, {"tblSales": rows})


def test_a_forecast_older_than_its_history_is_refreshed_as_stated(tmp_path: Path) -> None:
    path = planned(tmp_path)
    assert not [row for row in table_rows(path, "tblGaps") if row["Kind"] == "stale"]
    sold_more(path, 2400.0)
    done("reconcile", path)
    before = plan_of(path)
    (gap,) = [row for row in table_rows(path, "tblGaps") if row["Kind"] == "stale"]
    assert gap["What"].startswith(
        "The forecast of TEA is older than what it is made from: a new one would be +"
    )
    (row,) = proposals(path, lambda row: row["Move"] == "refresh")
    assert (row["Family"], row["From"], row["To"]) == ("TEA", None, None)
    overtime = proposals(path, lambda row: row["Move"] == "overtime" and not row["Family"])[-1]
    accept(path, [row["Id"], overtime["Id"]])
    content = path.read_bytes()
    done("apply-proposals", path)
    after = plan_of(path)
    assert after.consensus_demand.sum() - before.consensus_demand.sum() == pytest.approx(row["Quantity"])
    assert len(table_rows(path, "tblExtraCapacity")) == 1
    assert not [row for row in table_rows(path, "tblGaps") if row["Kind"] == "stale"]
    # Exactly what the two commands would have made of the families.
    done("forecast", path)
    done("plan-supply", path)
    again = plan_of(path)
    assert again.consensus_demand == pytest.approx(after.consensus_demand)
    assert again.production_plan == pytest.approx(after.production_plan)
    path.write_bytes(content)
    accept(path, [overtime["Id"]], "N")
    done("apply-proposals", path)
    assert_effect(before, plan_of(path), row)
    done("revert", path)
    assert [r["Accept"] for r in table_rows(path, "tblProposals") if r["Id"] == row["Id"]] == ["Y"]


def test_a_refresh_that_would_do_something_else_by_now_is_refused(tmp_path: Path) -> None:
    path = planned(tmp_path)
    sold_more(path, 2400.0)
    done("reconcile", path)
    (row,) = proposals(path, lambda row: row["Move"] == "refresh")
    accept(path, [row["Id"]])
    sold_more(path, 1800.0)
    content = path.read_bytes()
    said = sop("apply-proposals", path)
    assert said.code == 1
    assert f"{row['Id']}: Effect on inventory would be " in said.out
    assert "Clear this Y, or run Reconcile again." in said.out
    assert path.read_bytes() == content


def mix_of(path: Path) -> dict[str, list[Any]]:
    """Rows of Mix by item: what stands in the columns of the buckets."""
    with open_book(path, read_only=True) as session:
        rows = matrix(Workbook.of(session.book).named("Mix_Data"))
    return {row[0]: row[3:] for row in rows}


def type_mix(path: Path, item: str, bucket: int, units: float) -> None:
    """Type over the demand of an item, as nobody is kept from doing."""
    with open_book(path) as session:
        data = Workbook.of(session.book).named("Mix_Data")
        place = [row[0] for row in matrix(data)].index(item)
        data.sheet.range((data.row + place, data.column + 3 + bucket)).value = units
        session.save(keep_read_values=True)


def two_teas(folder: Path) -> Path:
    """The small company after one cycle, with two items of tea."""
    sales = [dict(row) for row in facts()["tblSales"]]
    split = [
        {**row, "Item": f"TEA-{i}", "Quantity": row["Quantity"] * part, "Value": row["Value"] * part}
        for row in sales if row["Family"] == "TEA"
        for i, part in ((1, 0.75), (2, 0.25))
    ]  # fmt: skip
    items = [*facts()["tblItems"], {"Item": "TEA-2", "Family": "TEA"}]
    changed = {"tblSales": [*split, *(row for row in sales if row["Family"] != "TEA")], "tblItems": items}
    path = tiny_company(folder / "plan.xlsx", changed)
    done("run-cycle", path)
    return path


def test_what_is_typed_on_mix_is_kept_until_the_levels_agree(tmp_path: Path) -> None:
    path = two_teas(tmp_path)
    shared, before, start = mix_of(path), plan_of(path), path.read_bytes()
    typed = shared["TEA-2"][3] + 120.0
    type_mix(path, "TEA-2", 3, typed)
    done("plan-supply", path)
    assert mix_of(path)["TEA-2"][3] == typed
    done("reconcile", path)
    (gap,) = [row for row in table_rows(path, "tblGaps") if row["Kind"] == "hierarchy"]
    assert gap["Size"] == pytest.approx(120)
    assert gap["What"] == "The items of TEA add up to 120 pcs more than its demand in Feb 2027: typed on Mix."
    assert mix_of(path)["TEA-2"][3] == typed
    with open_book(path, read_only=True) as session:
        assert findings_of(Cycle(session.book)).balance == (gap["What"],)
    content = path.read_bytes()

    up, spread = (proposals(path, lambda row, m=m: row["Move"] == m)[0] for m in ("add up", "spread"))
    assert (up["From"], up["To"], up["Quantity"]) == (FEBRUARY, FEBRUARY, pytest.approx(120))
    accept(path, [up["Id"]])
    done("apply-proposals", path)
    after = plan_of(path)
    assert_effect(before, after, up)
    assert after.given.marketing_override[0, 3] == pytest.approx(before.consensus_demand[0, 3] + 120)
    assert sum(mix_of(path)[f"TEA-{i}"][3] for i in (1, 2)) == pytest.approx(after.consensus_demand[0, 3])
    assert not [row for row in table_rows(path, "tblGaps") if row["Kind"] == "hierarchy"]

    path.write_bytes(content)
    accept(path, [spread["Id"]])
    accepted = path.read_bytes()
    done("apply-proposals", path)
    assert mix_of(path) == shared
    assert_effect(before, plan_of(path), spread)
    assert not [row for row in table_rows(path, "tblGaps") if row["Kind"] == "hierarchy"]
    done("revert", path)
    assert path.read_bytes() == accepted
    assert mix_of(path)["TEA-2"][3] == typed

    # An override of the family is shared by its items: nobody typed on Mix, and nothing is apart.
    path.write_bytes(start)
    type_override(path, "Demand", "TEA", "sales_override", FEBRUARY, 1500)
    done("reconcile", path)
    assert not [row for row in table_rows(path, "tblGaps") if row["Kind"] == "hierarchy"]
    assert sum(mix_of(path)[f"TEA-{i}"][3] for i in (1, 2)) == pytest.approx(1500)


def test_demand_after_the_last_item_has_gone_can_be_given_up(tmp_path: Path) -> None:
    path = planned(tmp_path)
    items = [dict(row) for row in facts()["tblItems"]]
    items[1]["Phase-out"] = month(15).end
    fill(path, {"tblItems": items})
    done("reconcile", path)
    before = plan_of(path)
    (gap,) = [row for row in table_rows(path, "tblGaps") if row["Kind"] == "hierarchy"]
    assert gap["What"] == (
        "The items of CUPS cannot add up to its demand in 3 buckets from Mar 2028 on: none is on sale."
    )
    (row,) = proposals(path, lambda row: row["Move"] == "add up")
    assert row["Quantity"] == pytest.approx(-before.consensus_demand[1, 16:].sum())
    accept(path, [row["Id"]])
    done("apply-proposals", path)
    after = plan_of(path)
    assert_effect(before, after, row)
    assert not after.consensus_demand[1, 16:].any()


def test_revert_restores_the_workbook_byte_by_byte_and_can_be_reverted(tmp_path: Path) -> None:
    path = strained_once(tmp_path)
    row = proposals(path, lambda row: row["Move"] == "pre-build")[0]
    accept(path, [row["Id"]])
    before, values = path.read_bytes(), planning_values(path)
    done("apply-proposals", path)
    after = path.read_bytes()
    assert planning_values(path) != values
    said = done("revert", path)
    assert said["data"]["taken_back"].startswith("apply-proposals:")
    assert path.read_bytes() == before
    done("revert", path)
    assert path.read_bytes() == after


def test_revert_does_not_throw_away_what_somebody_typed_since(tmp_path: Path) -> None:
    path = planned(tmp_path)
    done("reconcile", path)
    later = path.stat().st_mtime + 3600
    os.utime(path, (later, later))
    said = sop("revert", path)
    assert said.code == 1
    assert "was changed after the last command" in said.err


def test_revert_does_not_unpublish(tmp_path: Path) -> None:
    path = planned(tmp_path)
    done("publish", path, "--by", "me")
    said = sop("revert", path)
    assert said.code == 1
    assert "Version 2026-11 was published" in said.err


def test_there_is_nothing_to_revert_in_a_new_workbook(tmp_path: Path) -> None:
    path = planned(tmp_path)
    said = sop("revert", path)
    assert said.code == 1
    assert "There is no plan.bak.xlsx to go back to." in said.err


def test_a_workbook_from_before_gets_what_is_missing(tmp_path: Path, libreoffice: LibreOffice) -> None:
    path = strained_once(tmp_path)
    book = openpyxl.load_workbook(path)
    del book["Bridge"]
    del book["Resources"].tables["tblExtraCapacity"]
    del book["Reconcile"].tables["tblAcceptedGaps"]
    book.save(path)
    done("run-cycle", path)
    row = proposals(path, lambda row: row["Move"] == "overtime" and not row["Family"])[0]
    accept(path, [row["Id"]])
    done("apply-proposals", path)
    assert [r["Hours"] for r in table_rows(path, "tblExtraCapacity")] == [row["Hours"]]
    assert table_rows(path, "tblBridge")
    # The sheets calculate by themselves what was agreed: load, extra capacity, costs, inventory.
    assert compare(path, libreoffice) > 1000
