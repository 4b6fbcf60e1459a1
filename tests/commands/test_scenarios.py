"""Scenarios and the history of what was typed, on workbooks: saved, compared, promoted, taken back, shared."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from sop_xl.commands.cycle import Cycle
from sop_xl.hosts.session import open_book
from sop_xl.model import Plan
from sop_xl.process.rules import parse_rules
from sop_xl.process.scenarios import figures_of, plan_scenario, same_plan
from sop_xl.workbook import layout
from sop_xl.workbook.read import Workbook
from tests.hosts.libreoffice import LibreOffice
from tests.tiny import done, planned, planning_values, sop, table_rows, tables_of, type_overrides
from tests.workbook.test_native_formulas import compare

RULES = (
    "demand TEA +10% from 2027-03",
    "demand CUPS 120 in 2027-02",
    "demand KETTLES -5 from 2026-12 to 2027-01",
    "capacity LINE -20 in 2027-05",
    "price TEA -5%",
    "cost all +3%",
)
MARCH = date(2027, 3, 31)


def rules(texts: Sequence[str]) -> list[str]:
    return [word for text in texts for word in ("--rule", text)]


def plan_of(path: Path) -> Plan:
    with open_book(path, read_only=True) as session:
        return Cycle(session.book).plan


def type_cell(path: Path, table: str, row: int, header: str, value: object) -> None:
    """Type into a row of a table, counted from 0."""
    with open_book(path) as session:
        workbook = Workbook.of(session.book)
        rows, place = workbook.rows(table), workbook.place(table)
        sheet = session.book.sheets[layout.SHEET_OF[table]]
        sheet.range((rows.numbers[row], place.columns[header])).value = value
        session.save(keep_read_values=True)


def test_a_scenario_is_compared_promoted_and_taken_back(tmp_path: Path, libreoffice: LibreOffice) -> None:
    path = planned(tmp_path)
    type_overrides(path, {("Demand", "TEA", "sales_override", MARCH): 900})
    before = plan_of(path)
    values = planning_values(path)
    done(
        "scenario", "save", path, "Tea boom", *rules(RULES), "--note", "a large customer", "--by", "K. Brandt"
    )
    compared = done("scenario", "compare", path)["data"]
    target = plan_scenario(before.given, parse_rules("; ".join(RULES)))

    # Side by side stands what the core plans, and the plan is what it was.
    wanted = figures_of(target.plan)._asdict()
    for name, figure in compared["scenarios"]["Tea boom"].items():
        assert figure == pytest.approx(float(wanted[name][-1]), rel=1e-12)
    columns = layout.TABLES["tblComparison"].headers[1:]
    found = tables_of(path, "tblComparison", "tblScenarioFamilies")
    shown = {row["Plan"]: [row[header] for header in columns] for row in found["tblComparison"]}
    assert shown["Tea boom"] == pytest.approx([float(part[-1]) for part in wanted.values()], rel=1e-12)
    assert shown["Plan"] == pytest.approx([float(part[-1]) for part in figures_of(before)], rel=1e-12)
    by_family = {row["Family"]: row for row in found["tblScenarioFamilies"]}
    moved = target.plan.revenue[0].sum() - before.revenue[0].sum()
    assert by_family["TEA"]["Revenue"] == pytest.approx(moved, rel=1e-9)
    assert planning_values(path) == values

    content = path.read_bytes()
    done("scenario", "promote", path, "TEA BOOM", "--by", "K. Brandt")
    assert same_plan(plan_of(path), target.plan)
    assert compare(path, libreoffice) > 1000
    found = tables_of(path, "tblEvents", "tblScenarios", "tblChanges")
    event = found["tblEvents"][-1]
    assert (event["Owner"], event["Reason"]) == ("K. Brandt", f"Scenario Tea boom: {'; '.join(RULES[:3])}")
    assert found["tblScenarios"][0]["State"] == "PROMOTED"
    typed = {(row["Family"], row["Measure"]): row["Reason"] for row in found["tblChanges"]}
    because = f"Scenario Tea boom: {'; '.join(RULES)}"
    assert typed == {
        ("TEA", "Sales override"): None,
        ("TEA", "Marketing override"): because,
        ("CUPS", "Marketing override"): because,
    }
    said = sop("scenario", "promote", path, "Tea boom")
    assert (said.code, "promoted already" in said.err) == (1, True)
    done("revert", path)
    assert path.read_bytes() == content


def test_what_cannot_be_done_is_refused_and_nothing_changes(tmp_path: Path) -> None:
    path = planned(tmp_path)
    content = path.read_bytes()
    for words, told in (
        (("save", path, "A", "--rule", "demand TEA 10%"), "Rule 'demand TEA 10%', character 12"),
        (("save", path, "Plan", "--rule", "demand TEA +10%"), "no name for a scenario"),
        (("compare", path), "no scenario to compare"),
        (("promote", path, "A"), "There is no scenario A"),
        (("take", path, "A"), "There is no plan store"),
    ):
        said = sop("scenario", *words)
        assert (said.code, told in said.err) == (1, True), said.err
    assert path.read_bytes() == content

    dated = ["price TEA -5% from 2027-01", "cost all +3% in 2027-02"]
    done("scenario", "save", path, "A", *rules(dated))
    type_cell(path, "tblScenarios", 0, "Rules", "; ".join(dated))
    type_cell(path, "tblScenarios", 0, "Revision", "none")
    content = path.read_bytes()
    said = sop("scenario", "promote", path, "A")
    assert said.code == 1
    assert "TEA: tblFamilies holds one price for the whole plan" in said.out
    assert "TEA, CUPS, KETTLES: tblFamilies holds one cost" in said.out
    assert path.read_bytes() == content
    type_cell(path, "tblScenarios", 0, "Scenario", "plan")
    assert "'plan' is no name for a scenario" in sop("scenario", "compare", path).out


def test_scenarios_are_shared_through_the_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = tmp_path / "team.sqlite"
    monkeypatch.setenv("SOP_STORE", str(store))
    monkeypatch.setenv("SOP_SETTINGS", str(tmp_path / "settings"))
    mine, theirs = planned(tmp_path, "mine.xlsx"), planned(tmp_path, "theirs.xlsx")
    done("store", "init", str(store))
    assert done("scenario", "save", mine, "Boom", "--rule", "demand TEA +10%")["data"]["revision"] == 1
    [listed] = done("scenario", "list", theirs)["data"]["shared"]
    assert (listed["scenario"], listed["revision"]) == ("Boom", 1)
    said = sop("scenario", "save", theirs, "Boom", "--rule", "demand TEA +20%", "--by", "Ann")
    assert (said.code, "scenario take" in said.err) == (1, True)
    done("scenario", "take", theirs, "boom")
    assert table_rows(theirs, "tblScenarios")[0]["Rules"] == "demand TEA +10%"
    saved = done("scenario", "save", theirs, "Boom", "--rule", "demand TEA +20%", "--by", "Ann")
    assert saved["data"]["revision"] == 2


def test_what_is_typed_over_the_plan_is_recorded_whatever_the_store_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = tmp_path / "team.sqlite"
    monkeypatch.setenv("SOP_STORE", str(tmp_path / "nowhere" / "team.sqlite"))
    monkeypatch.setenv("SOP_SETTINGS", str(tmp_path / "settings"))
    path = planned(tmp_path)
    type_overrides(path, {("Demand", "TEA", "sales_override", MARCH): 900})
    assert done("check-capacity", path)["data"] is not None
    [row] = table_rows(path, "tblChanges")
    assert (row["Measure"], row["Family"], row["Bucket"]) == ("Sales override", "TEA", MARCH)
    assert (row["Old"], row["New"], row["Difference"], row["Kept"]) == (None, 900, None, None)

    done("store", "init", str(store))
    monkeypatch.setenv("SOP_STORE", str(store))
    type_overrides(path, {("Demand", "TEA", "sales_override", MARCH): 990})
    type_cell(path, "tblChanges", 0, "Reason", "new listing")
    done("check-capacity", path)
    rows = table_rows(path, "tblChanges")
    assert [(row["Old"], row["New"], row["Part"], row["Kept"]) for row in rows] == [
        (900, 990, pytest.approx(0.1), "Y"),
        (None, 900, None, "R"),
    ]
    type_cell(path, "tblChanges", 0, "Reason", "and a second one")
    done("check-capacity", path)
    found = done("history", path)["data"]
    assert found["waiting"] == 0
    assert [(line["old"], line["new"], line["reason"]) for line in found["changes"]] == [
        (None, 900, "new listing"),
        (900, 990, "and a second one"),
    ]
    assert (
        "TEA, sales override, 2027-03-31: 900 to 990 (+90, +10.0%)." in sop("history", path, "--last", 1).out
    )
    done("store", "verify", str(store))
