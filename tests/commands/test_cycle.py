"""The monthly cycle on a real file: repeated, overridden, rolled on, lengthened, with other families."""

from __future__ import annotations

import math
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from sop_xl.hosts.session import open_book
from sop_xl.workbook import layout
from tests.hosts.libreoffice import LibreOffice
from tests.tiny import (
    address,
    done,
    facts,
    families,
    field,
    fill,
    moment,
    month,
    planned,
    planning_values,
    renamed,
    set_fields,
    sop,
    table_rows,
    tables_of,
    tiny_company,
    type_override,
    type_overrides,
    without,
)
from tests.workbook.test_native_formulas import compare

Values = dict[tuple[str, str, str, str], Any]


def overrides(path: Path) -> dict[tuple[str, str, str], Any]:
    """Everything that stands in an override row: (family, row, bucket end) -> value."""
    return {
        (entity, key, label): value
        for (_, entity, key, label), value in planning_values(path).items()
        if key.endswith("_override") and value is not None and label[:1].isdigit()
    }


def assert_same(now: Values, before: Values) -> None:
    """The same plan; the sums beside overrides are looked at in a test of their own."""
    now, before = (
        {p: v for p, v in values.items() if not p[2].endswith("_override")} for values in (now, before)
    )
    assert now.keys() == before.keys()
    for place, value in before.items():
        if isinstance(value, float) and isinstance(now[place], float):
            assert math.isclose(now[place], value, rel_tol=1e-9, abs_tol=1e-6), (place, value, now[place])
        else:
            assert now[place] == value, place


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    return planned(tmp_path)


def test_running_the_sample_company_twice_changes_nothing(sample_copy: Path) -> None:
    tables = ("tblGaps", "tblKPIs", "tblPlan", "tblCapacityCheck", "tblAgeing")
    views, before = planning_values(sample_copy), tables_of(sample_copy, *tables)
    done("run-cycle", sample_copy)
    assert planning_values(sample_copy) == views
    after = tables_of(sample_copy, *tables)
    for name in tables:
        assert after[name] == before[name], name


def test_overrides_survive_every_command_and_count_as_typed(plan: Path, libreoffice: LibreOffice) -> None:
    typed = {
        ("TEA", "sales_override", f"{month(1).end}"): 0.0,
        ("TEA", "sales_override", f"{month(2).end}"): 700.0,
        ("TEA", "marketing_override", f"{month(2).end}"): 0.0,
        ("CUPS", "production_override", f"{month(4).end}"): 123.5,
        ("KETTLES", "production_override", f"{month(0).end}"): 0.0,
    }
    views = {"sales_override": "Demand", "marketing_override": "Demand", "production_override": "Supply"}
    type_overrides(
        plan, {(views[key], f, key, date.fromisoformat(end)): v for (f, key, end), v in typed.items()}
    )
    for command in ("forecast", "plan-supply", "run-cycle"):
        done(command, plan)
        assert overrides(plan) == typed, command
    values = planning_values(plan)
    assert [values["Demand", "TEA", "consensus_demand", f"{month(k).end}"] for k in (1, 2)] == [0, 0]
    assert values["Demand", "TEA", "consensus_demand", f"{month(3).end}"] > 0
    assert values["Supply", "CUPS", "production_plan", f"{month(4).end}"] == 123.5
    assert values["Supply", "KETTLES", "production_plan", f"{month(0).end}"] == 0
    compare(plan, libreoffice)


def test_quarters_and_years_of_an_override_show_its_sum_without_a_spreadsheet_program(plan: Path) -> None:
    type_override(plan, "Demand", "TEA", "sales_override", month(3).end, 50)
    done("run-cycle", plan)
    values = planning_values(plan)
    assert [values["Demand", "TEA", "sales_override", label] for label in ("Q1 27", "FY 2027")] == [50, 50]


def test_an_emptied_override_is_none_again(plan: Path) -> None:
    before = planning_values(plan)
    type_override(plan, "Demand", "TEA", "sales_override", month(1).end, 0)
    done("run-cycle", plan)
    assert planning_values(plan) != before
    type_override(plan, "Demand", "TEA", "sales_override", month(1).end, None)
    done("run-cycle", plan)
    assert_same(planning_values(plan), before)


def test_a_formula_as_override_survives_while_the_buckets_stay(
    plan: Path, tmp_path: Path, libreoffice: LibreOffice
) -> None:
    end = month(1).end
    place = address(plan, "Demand", "TEA", "sales_override", end)
    edited = tmp_path / "edited.xlsx"
    with libreoffice.edit(plan) as book:
        book.set_value("Demand", place, "=1000+11")
        book.save_xlsx(edited)
    done("run-cycle", edited)
    assert openpyxl.load_workbook(edited)["Demand"][place].value == "=1000+11"
    assert planning_values(edited)["Demand", "TEA", "consensus_demand", f"{end}"] == 1011
    compare(edited, libreoffice)


def with_overrides(path: Path) -> None:
    type_overrides(
        path,
        {
            ("Demand", "TEA", "sales_override", month(0).end): 777,
            ("Demand", "TEA", "sales_override", month(2).end): 888,
            ("Supply", "CUPS", "production_override", month(5).end): 0,
        },
    )


def roll(path: Path, day: date) -> dict[str, Any]:
    set_fields(path, Home_FirstBucket=moment(day))
    return done("run-cycle", path)


def test_rolling_on_moves_overrides_with_their_dates(plan: Path) -> None:
    with_overrides(plan)
    roll(plan, month(1).end)
    kept = overrides(plan)
    assert kept["TEA", "sales_override", f"{month(2).end}"] == 888
    assert kept["CUPS", "production_override", f"{month(5).end}"] == 0
    assert planning_values(plan)["Demand", "TEA", "consensus_demand", f"{month(2).end}"] == 888


def test_rolling_on_leaves_past_overrides_out(plan: Path, libreoffice: LibreOffice) -> None:
    with_overrides(plan)
    roll(plan, month(1).end)
    assert ("TEA", "sales_override", f"{month(0).end}") not in overrides(plan)
    compare(plan, libreoffice)


def test_rolling_on_and_back_gives_the_first_plan_again(plan: Path, libreoffice: LibreOffice) -> None:
    before = planning_values(plan)
    roll(plan, month(1).end)
    compare(plan, libreoffice)
    assert planning_values(plan) != before
    roll(plan, month(0).end)
    assert_same(planning_values(plan), before)


@pytest.mark.parametrize("kind", ["week", "quarter"])
def test_other_buckets_give_a_whole_plan(plan: Path, libreoffice: LibreOffice, kind: str) -> None:
    set_fields(plan, Home_BucketType=kind, Home_FiscalStart=4)
    done("run-cycle", plan)
    compare(plan, libreoffice)


def shown_on_family(plan: Path) -> int:
    """Bucket columns of the Family page that are not hidden."""
    with open_book(plan, read_only=True) as session:
        row = session.book.sheets["Family"].range("C6")
        return sum(not row.offset(0, column).columns.hidden for column in range(22))


def test_the_horizon_may_be_shortened_and_lengthened(plan: Path, libreoffice: LibreOffice) -> None:
    type_override(plan, "Demand", "TEA", "sales_override", month(5).end, 50)
    done("run-cycle", plan)
    before = planning_values(plan)
    for length in (12, 24, 18):
        set_fields(plan, Home_Horizon=length)
        assert done("run-cycle", plan)["data"]["forecast"]["buckets"] == length + 1
        # Three closed buckets and those of the plan; the page has columns for twenty-two.
        assert shown_on_family(plan) == min(3 + length + 1, 22)
        if length == 24:
            compare(plan, libreoffice)
        assert overrides(plan) == {("TEA", "sales_override", f"{month(5).end}"): 50}
    assert_same(planning_values(plan), before)


def test_overrides_beyond_a_shortened_horizon_are_reported(plan: Path) -> None:
    type_override(plan, "Demand", "TEA", "sales_override", month(15).end, 50)
    set_fields(plan, Home_Horizon=12)
    result = done("run-cycle", plan)
    said = " ".join([*result["summary"], *(issue["message"] for issue in result["issues"])])
    assert "TEA" in said
    assert f"{month(15).end:%b %Y}" in said or f"{month(15).end}" in said


def test_a_family_is_added_with_one_row_and_its_sales(plan: Path, libreoffice: LibreOffice) -> None:
    type_override(plan, "Demand", "TEA", "sales_override", month(1).end, 5)
    done("run-cycle", plan)
    before = planning_values(plan)
    sales = [
        {"Bucket": month(k).end, "Family": "MUGS", "Quantity": 70, "Value": 210.0} for k in range(-24, 0)
    ]
    fill(
        plan,
        {
            "tblFamilies": [*facts()["tblFamilies"], {"Family": "MUGS", "Price": 3.0, "Unit cost": 1.0}],
            "tblSales": [*facts()["tblSales"], *sales],
        },
    )
    result = done("run-cycle", plan)
    assert result["data"]["forecast"]["families"] == 4
    now = planning_values(plan)
    others = {p: v for p, v in now.items() if p[1] not in ("Total", "MUGS")}
    assert_same(others, {p: v for p, v in before.items() if p[1] != "Total"})
    assert now["Demand", "MUGS", "consensus_demand", f"{month(1).end}"] == pytest.approx(70)
    assert_totals_tie(now)
    compare(plan, libreoffice)


def assert_totals_tie(values: Values) -> None:
    """The sum of the families is the total, in every bucket and group."""
    parts: dict[tuple[str, str, str], list[float]] = {}
    for (view, entity, key, label), value in values.items():
        if entity != "Total" and isinstance(value, float):
            parts.setdefault((view, key, label), []).append(value)
    checked = 0
    for (view, entity, key, label), total in values.items():
        if entity != "Total" or layout.VIEWS[view].total(key).plan:  # it has a formula of its own
            continue
        known = parts.get((view, key, label), [])
        if isinstance(total, float):
            assert math.isclose(total, math.fsum(known), rel_tol=1e-9, abs_tol=1e-6), (view, key, label)
            checked += 1
        else:
            assert not known, (view, key, label)
    assert checked > 200


def test_a_family_is_removed_and_the_others_stay(plan: Path) -> None:
    before = planning_values(plan)
    fill(plan, without("TEA"))
    done("run-cycle", plan)
    now = planning_values(plan)
    assert "TEA" not in {entity for _, entity, _, _ in now}
    kept = {p: v for p, v in before.items() if p[1] in ("CUPS", "KETTLES")}
    assert_same({p: v for p, v in now.items() if p in kept}, kept)
    assert_totals_tie(now)


def test_overrides_of_a_removed_family_are_reported(plan: Path) -> None:
    type_override(plan, "Demand", "TEA", "sales_override", month(1).end, 5)
    fill(plan, without("TEA"))
    result = done("run-cycle", plan)
    assert any("TEA" in line and "override" in line for line in result["summary"])


def test_a_family_changes_from_stock_to_order(plan: Path, libreoffice: LibreOffice) -> None:
    type_overrides(
        plan,
        {
            ("Demand", "TEA", "sales_override", month(1).end): 5,
            ("Supply", "TEA", "production_override", month(2).end): 77,
        },
    )
    done("run-cycle", plan)
    before = planning_values(plan)

    def to_order(row: dict[str, Any]) -> dict[str, Any]:
        return {**row, "Make": "MTO", "Opening backlog": 100} if row["Family"] == "TEA" else row

    fill(plan, {"tblFamilies": families(to_order)})
    done("run-cycle", plan)
    now = planning_values(plan)
    rows = {key for view, entity, key, _ in now if (view, entity) == ("Supply", "TEA")}
    assert "backlog" in rows
    assert "projected_inventory" not in rows
    assert now["Supply", "TEA", "production_plan", f"{month(2).end}"] == 77
    assert overrides(plan) == {
        ("TEA", "sales_override", f"{month(1).end}"): 5,
        ("TEA", "production_override", f"{month(2).end}"): 77,
    }
    kept = {p: v for p, v in before.items() if p[1] in ("CUPS", "KETTLES")}
    assert_same({p: v for p, v in now.items() if p in kept}, kept)
    assert_totals_tie(now)
    compare(plan, libreoffice)


def test_a_code_written_in_other_letters_keeps_its_overrides(plan: Path) -> None:
    type_override(plan, "Demand", "TEA", "sales_override", month(1).end, 5)
    fill(plan, {"tblFamilies": families(lambda row: {**row, "Family": row["Family"].title()})})
    done("run-cycle", plan)
    assert overrides(plan) == {("Tea", "sales_override", f"{month(1).end}"): 5}


def test_a_company_without_resources_has_a_plan(tmp_path: Path, libreoffice: LibreOffice) -> None:
    path = tiny_company(tmp_path / "plan.xlsx", {"tblResources": [], "tblBill": [], "tblCapacity": []})
    result = done("run-cycle", path)
    assert "No resources are given: nothing to check." in result["summary"]
    compare(path, libreoffice)


def test_a_company_without_sales_has_a_plan_of_zero(tmp_path: Path) -> None:
    path = tiny_company(tmp_path / "plan.xlsx", {"tblSales": [], "tblEvents": []})
    done("run-cycle", path)
    assert planning_values(path)["Demand", "Total", "consensus_demand", f"{month(1).end}"] == 0


def test_codes_that_begin_like_formulas_stay_text(tmp_path: Path, libreoffice: LibreOffice) -> None:
    codes = {"TEA": "+tea", "CUPS": "@cups", "KETTLES": "-K"}
    path = tiny_company(tmp_path / "plan.xlsx", renamed(codes))
    done("run-cycle", path)
    sheet = openpyxl.load_workbook(path)["Demand"]
    written = {cell.value: cell.data_type for cell in sheet["A"][8:] if cell.value is not None}
    assert written == {"Total": "s", "+tea": "s", "@cups": "s", "-K": "s"}
    compare(path, libreoffice)


def test_codes_typed_as_numbers_are_planned_as_others_are(tmp_path: Path, libreoffice: LibreOffice) -> None:
    path = tiny_company(tmp_path / "plan.xlsx", renamed({"TEA": 100, "CUPS": 200, "KETTLES": 300}))
    said = sop("run-cycle", path)
    if said.code:  # refusing them is as good, with the place
        assert "tblFamilies, row 7" in said.out
    else:
        compare(path, libreoffice)


def test_every_step_alone_writes_a_workbook_that_holds_together(plan: Path) -> None:
    before = planning_values(plan)
    for command in ("check-capacity", "reconcile", "value-plan", "refresh-kpis"):
        result = done(command, plan)
        assert result["command"] == command
        assert result["summary"]
        assert_same(planning_values(plan), before)
    assert field(plan, "Home_State") == "DRAFT"
    log = openpyxl.load_workbook(plan)
    said = [cell[0].value for cell in log["Home"][log.defined_names["Home_Log"].attr_text.split("!")[1]]]
    assert said[0].startswith("refresh-kpis: 20 measures; red:")


def test_the_check_command_changes_nothing(plan: Path) -> None:
    content = plan.read_bytes()
    assert sop("check", plan).code == 0
    assert plan.read_bytes() == content


def test_the_draft_is_the_plan_as_a_table(plan: Path) -> None:
    values = planning_values(plan)
    lines = {
        (r["Measure"], r["Family"], f"{r['Bucket']}"): r["Quantity"] for r in table_rows(plan, "tblPlan")
    }
    for k in range(19):
        for code in ("TEA", "CUPS"):
            end = f"{month(k).end}"
            assert lines["consensus_demand", code, end] == values["Demand", code, "consensus_demand", end]
            assert (
                lines["projected_inventory", code, end] == values["Supply", code, "projected_inventory", end]
            )
    assert {r["Version"] for r in table_rows(plan, "tblPlan")} == {"DRAFT"}
