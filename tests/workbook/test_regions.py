"""Sheet Regions: every family's demand by region, in numbers that stand and in formulas that live."""

from __future__ import annotations

import math
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest

from sop_xl.commands.cycle import Cycle
from sop_xl.hosts.session import open_book
from sop_xl.model import NO_REGION
from sop_xl.workbook.read import Workbook, matrix
from sop_xl.workbook.regions import ALL_FAMILIES, ALL_REGIONS, NOTHING
from tests.hosts.libreoffice import LibreOffice
from tests.tiny import (
    address,
    done,
    facts,
    fill,
    month,
    planned,
    planning_values,
    tiny_company,
    type_override,
)

ENDS = [f"{month(k).end}" for k in range(19)]
LABELS, PAST = 4, 3  # Family, region, unit and price; closed buckets.
Lines = list[list[Any]]


def lines_of(path: Path) -> Lines:
    """The rows of the sheet below its header, as they are stored."""
    with open_book(path, read_only=True) as session:
        return matrix(session.book.names["Regions_Data"].refers_to_range)


def part(lines: Lines, unit: str = "", family: str = "", region: str = "") -> np.ndarray:
    """Numbers of the rows with these labels; shares are of the unit share."""
    found = [
        line[LABELS:]
        for line in lines
        if line[0] and line[1] and (line[2] == "share") == (unit == "share")
        if family in ("", line[0]) and region in ("", line[1]) and unit in ("", "share", line[2])
    ]
    return np.array([[math.nan if value is None else value for value in line] for line in found], dtype=float)


def with_regions(named: tuple[str | None, ...] = ("North", "South", None)) -> list[dict[str, Any]]:
    """The sales of the small company, each month's in several regions; KETTLES sell in one."""
    rows = []
    for line in facts()["tblSales"]:
        regions = named[:1] if line["Family"] == "KETTLES" else named
        left = line["Quantity"]
        for region in regions[1:]:
            rows.append({**line, "Region/channel": region, "Quantity": left // 4, "Value": None})
        sold = left - (len(regions) - 1) * (left // 4)
        rows.append({**line, "Region/channel": regions[0], "Quantity": sold, "Value": None})
    return rows


@cache
def _planned() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = tiny_company(Path(folder) / "plan.xlsx", {"tblSales": with_regions()})
        done("run-cycle", path)
        return path.read_bytes()


@pytest.fixture
def company(tmp_path: Path) -> Path:
    """The small company after one cycle, its sales in regions; made once."""
    path = tmp_path / "plan.xlsx"
    path.write_bytes(_planned())
    return path


def test_the_forecast_writes_regions_that_add_up(sample_copy: Path) -> None:
    assert_adds_up(sample_copy)  # Families stay, regions share them.
    said = done("forecast", sample_copy, "--reconcile", "MINT_SHRINK")
    assert (said["data"]["regions"], said["data"]["family_regions"]) == (3, 24)
    assert said["data"]["forecasting"]["levels"] == "total in money, families, items and regions"
    assert_adds_up(sample_copy)


def assert_adds_up(path: Path) -> None:
    demand, lines = planning_values(path), lines_of(path)
    families = sorted({line[0] for line in lines if line[1] == ALL_REGIONS} - {ALL_FAMILIES})
    assert len(families) == 8
    for family in families:
        consensus = [demand["Demand", family, "consensus_demand", end] for end in ENDS]
        regions = np.vstack([part(lines, "", family, name) for name in ("DACH", "North", "South")])
        assert regions.min() >= 0
        np.testing.assert_allclose(regions.sum(axis=0)[PAST:], consensus, rtol=1e-9)
        np.testing.assert_allclose(part(lines, "", family, ALL_REGIONS)[0, PAST:], consensus, rtol=1e-9)
        np.testing.assert_allclose(part(lines, "share", family)[:, PAST:].sum(axis=0), 1, rtol=1e-12)
        actual = [demand["Demand", family, "actual", f"{month(k).end}"] for k in (-3, -2, -1)]
        np.testing.assert_allclose(regions.sum(axis=0)[:PAST], actual, rtol=1e-9)
    money = part(lines, "money")
    np.testing.assert_allclose(money[0], money[1:].sum(axis=0), rtol=1e-9)
    value = [demand["Demand", "Total", "value", end] for end in ENDS]
    np.testing.assert_allclose(money[0, PAST:], value, rtol=1e-9)


def assert_calculated(path: Path, sheet: list[list[Any]]) -> int:
    """What the spreadsheet program finds on Regions is what the core finds; returns how many cells."""
    copy = path.with_name("again.xlsx")
    copy.write_bytes(path.read_bytes())
    done("reconcile", copy)
    with open_book(copy, read_only=True) as session:
        area = session.book.names["Regions_Data"].refers_to_range
        core, top = matrix(area), area.row
    count = 0
    for number, line in enumerate(core, start=top):
        for place, value in enumerate(line):
            if isinstance(value, float):
                assert sheet[number - 1][place] == pytest.approx(value, rel=1e-9, abs=1e-6), (
                    number,
                    line[:3],
                )
                count += 1
    return count


def test_libreoffice_calculates_regions_as_the_core_does(company: Path, libreoffice: LibreOffice) -> None:
    calculated = libreoffice.recalculated(company, ["Regions"])["Regions"]
    assert assert_calculated(company, calculated) == 21 * 22 + 10
    before = lines_of(company)
    place = address(company, "Demand", "TEA", "marketing_override", month(1).end)
    with libreoffice.edit(company) as book:
        book.set_value("Demand", place, 5000.0)
        sheet = book.values(["Regions"])["Regions"]
    # Typed, and the regions follow at once; a command then finds the same.
    type_override(company, "Demand", "TEA", "marketing_override", month(1).end, 5000.0)
    assert_calculated(company, sheet)
    column = LABELS + PAST + 1
    tea = [line for line in sheet if line[0] == "TEA" and line[1] == ALL_REGIONS]
    assert tea[0][column] == pytest.approx(5000)
    assert [line[:3] for line in lines_of(company)] == [line[:3] for line in before]


def test_what_is_published_has_the_regions(company: Path) -> None:
    said = done("publish", company, "--by", "Ann")
    book = openpyxl.load_workbook(said["data"]["published"])

    def area(name: str) -> list[list[Any]]:
        sheet, cells = next(iter(book.defined_names[name].destinations))
        return [[cell.value for cell in row] for row in book[sheet][cells]]

    rows = [
        (family[0], name[0])
        for family, name in zip(area("PUB_Regions_Families"), area("PUB_Regions_Names"), strict=True)
    ]
    wanted = [(f, n) for f in ("TEA", "CUPS") for n in ("North", "South", NO_REGION)] + [("KETTLES", "North")]
    assert [row for row in rows if row[0]] == wanted
    whole = dict(zip([row[0] for row in area("PUB_Demand_Families")], area("PUB_Demand"), strict=True))
    assert area("PUB_Regions_Buckets") == area("PUB_Demand_Buckets")
    for family in ("TEA", "CUPS", "KETTLES"):
        mine = [line for row, line in zip(rows, area("PUB_Regions"), strict=True) if row[0] == family]
        np.testing.assert_allclose(np.sum(np.array(mine, dtype=float), axis=0), whole[family], rtol=1e-9)


def test_sales_without_a_region_are_a_part_of_their_own(company: Path) -> None:
    lines = lines_of(company)
    assert [line[1] for line in lines if line[0] == "TEA" and line[2] == "pcs"] == [
        ALL_REGIONS,
        "North",
        "South",
        NO_REGION,
    ]
    assert [line[1] for line in lines if line[0] == "KETTLES" and line[2] == "pcs"] == [ALL_REGIONS, "North"]
    assert (part(lines, "share", "KETTLES") == 1).all()
    assert [line[1] for line in lines if line[0] == ALL_FAMILIES] == [
        ALL_REGIONS,
        "North",
        "South",
        NO_REGION,
    ]


def test_upper_and_lower_case_name_one_region_and_text_stays_text(tmp_path: Path) -> None:
    sales = with_regions(("North", "=cmd()"))
    for line in sales[::2]:
        line["Region/channel"] = {"North": "NORTH"}.get(line["Region/channel"], line["Region/channel"])
    path = tiny_company(tmp_path / "plan.xlsx", {"tblSales": sales})
    said = done("run-cycle", path)
    assert said["data"]["forecast"]["regions"] == 2
    lines = lines_of(path)
    assert {line[1].lower() for line in lines if line[0] == "TEA"} == {ALL_REGIONS.lower(), "north", "=cmd()"}
    np.testing.assert_allclose(part(lines, "money")[0], part(lines, "money")[1:].sum(axis=0), rtol=1e-9)


def test_a_family_that_never_sold_is_in_no_region(tmp_path: Path) -> None:
    sales = [line for line in with_regions() if line["Family"] != "CUPS"]
    path = tiny_company(tmp_path / "plan.xlsx", {"tblSales": sales})
    done("forecast", path)
    type_override(path, "Demand", "CUPS", "sales_override", month(2).end, 70)
    done("plan-supply", path)
    lines = lines_of(path)
    assert part(lines, "pcs", "CUPS", NO_REGION)[0, PAST + 2] == 70
    assert part(lines, "money", ALL_FAMILIES, NO_REGION)[0, PAST + 2] >= 70 * 3


def test_where_no_sales_differ_in_region_the_sheet_says_so(tmp_path: Path) -> None:
    plan = planned(tmp_path)
    assert [line[0] for line in lines_of(plan)] == [NOTHING]
    with open_book(plan, read_only=True) as session:
        assert not len(Cycle(session.book).regions)
    before = planning_values(plan)
    fill(plan, {"tblSales": [{**line, "Region/channel": "World"} for line in facts()["tblSales"]]})
    said = done("forecast", plan)
    assert not any("region" in line for line in said["summary"])
    assert said["data"]["family_regions"] == 0
    now = planning_values(plan)
    assert all(now[place] == value for place, value in before.items() if place[2] == "baseline_forecast")
    # Regions that are gone leave nothing behind.
    fill(plan, {"tblSales": with_regions()})
    done("forecast", plan)
    assert len(lines_of(plan)) > 20
    fill(plan, {"tblSales": facts()["tblSales"]})
    done("forecast", plan)
    assert [line[0] for line in lines_of(plan)] == [NOTHING]
    with open_book(plan, read_only=True) as session:
        used = matrix(session.book.sheets["Regions"].used_range)
    assert not any(line[1] for line in used[7:] if len(line) > 1)


def test_a_workbook_of_an_earlier_day_gets_the_sheet(tmp_path: Path) -> None:
    plan = planned(tmp_path)
    with open_book(plan) as session:
        for name in ("Regions_Notice", "Regions_Buckets", "Regions_Data"):
            session.book.names[name].delete()
        session.book.sheets["Regions"].delete()
        session.save(keep_read_values=True)
    fill(plan, {"tblSales": with_regions()})
    done("plan-supply", plan)
    with open_book(plan, read_only=True) as session:
        names = [sheet.name for sheet in session.book.sheets]
        assert names[names.index("Mix") + 1] == "Regions"
        assert len(matrix(Workbook.of(session.book).named("Regions_Data"))) > 20
