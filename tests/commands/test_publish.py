"""Publishing: a file for links, an archive that nobody rewrites, values and nothing else."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.utils import range_boundaries

from sop_xl.commands.publish import Publication
from sop_xl.hosts.errors import HostError
from sop_xl.hosts.session import open_book
from sop_xl.workbook.published import BLOCKS
from tests.tiny import (
    done,
    families,
    field,
    fill,
    leftovers,
    moment,
    month,
    planned,
    planning_values,
    set_fields,
    sop,
    table_rows,
    tiny_company,
)

#: Block -> planning view and row it must show.
SOURCES = {
    "Demand": ("Demand", "consensus_demand"),
    "Baseline": ("Demand", "baseline_forecast"),
    "Production": ("Supply", "production_plan"),
    "Inventory": ("Supply", "projected_inventory"),
    "Backlog": ("Supply", "backlog"),
    "Shipments": ("Supply", "constrained_demand"),
    "Revenue": ("Finance", "revenue"),
    "COGS": ("Finance", "cogs"),
    "Margin": ("Finance", "margin"),
    "InventoryValue": ("Finance", "inventory_value"),
}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The published workbook of the company, with names that look like formulas."""
    path = planned(tmp_path_factory.mktemp("published"))
    fill(path, {"tblFamilies": families(lambda row: {**row, "Name": "=1+1", "Unit": "@pcs"})})
    set_fields(path, Home_Company="=HYPERLINK(1)")
    done("publish", path, "--by", "=Ann")
    return path


def area(book: Any, name: str) -> list[list[Any]]:
    """Cells of a defined name."""
    sheet, _, where = book.defined_names[name].attr_text.partition("!")
    left, top, right, bottom = range_boundaries(where.replace("$", ""))
    rows = book[sheet.strip("'")].iter_rows(top, bottom, left, right, values_only=True)
    return [list(row) for row in rows]


def test_names_point_at_the_numbers_of_the_plan(published: Path) -> None:
    book = openpyxl.load_workbook(published.with_name("plan_published.xlsx"))
    plan = planning_values(published)
    assert set(SOURCES) == {name for name, *_ in BLOCKS}
    for block, (view, key) in SOURCES.items():
        codes = [row[0] for row in area(book, f"PUB_{block}_Families")][:3]
        ends = [f"{day:%Y-%m-%d}" for day in area(book, f"PUB_{block}_Buckets")[0]]
        assert ends == [f"{month(k).end}" for k in range(19)]
        for code, line in zip(codes, area(book, f"PUB_{block}"), strict=False):
            want = [plan.get((view, code, key, end)) for end in ends]
            # XlsxWriter keeps 16 digits.
            assert [v is None for v in line] == [v is None for v in want], (block, code)
            assert [v or 0 for v in line] == pytest.approx([v or 0 for v in want], rel=1e-14), (block, code)
        if f"PUB_{block}_Total" in book.defined_names:
            total = area(book, f"PUB_{block}_Total")[0]
            want = [plan.get((view, "Total", key, end)) for end in ends]
            assert total == pytest.approx(want, rel=1e-12)
    revenue = sum(value for row in area(book, "PUB_Revenue") for value in row if value is not None)
    assert area(book, "PUB_PlanRevenue") == [[pytest.approx(revenue)]]


def test_everything_is_a_value_and_text_stays_text(published: Path) -> None:
    for name in ("plan_published.xlsx", "plan_published_2026-11.xlsx"):
        book = openpyxl.load_workbook(published.with_name(name))
        kinds = {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row}
        assert "f" not in kinds
        assert [book["Demand"].cell(7, 2).value, book["Demand"].cell(7, 3).value] == ["=1+1", "@pcs"]
        assert book["Summary"]["A1"].value == "S&OP plan of =HYPERLINK(1)"
        assert area(book, "PUB_PublishedBy") == [["=Ann"]]
        assert "version 2026-11" in book["Revenue"]["A2"].value


def test_the_tidy_table_is_the_version_kept_in_the_workbook(published: Path) -> None:
    book = openpyxl.load_workbook(published.with_name("plan_published.xlsx"))
    sheet = book["Plan"]
    left, top, right, bottom = range_boundaries(sheet.tables["PUB_Plan"].ref)
    there = [list(row) for row in sheet.iter_rows(top + 1, bottom, left, right, values_only=True)]
    kept = [row for row in table_rows(published, "tblPlan") if row["Version"] == "2026-11"]
    assert len(there) == len(kept) == bottom - top
    for line, row in zip(there, kept, strict=True):
        assert line[:4] == [row["Version"], row["Measure"], row["Family"], moment(row["Bucket"])]
        for value, header in zip(line[4:], ("Quantity", "Value"), strict=True):
            assert (value is None) == (row[header] is None)
            assert (value or 0) == pytest.approx(row[header] or 0, rel=1e-14)


def test_the_archive_is_read_only_and_the_workbook_knows_its_version(published: Path) -> None:
    archive = published.with_name("plan_published_2026-11.xlsx")
    assert not archive.stat().st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH)
    assert archive.read_bytes() == published.with_name("plan_published.xlsx").read_bytes()
    assert (field(published, "Home_Version"), field(published, "Home_State")) == ("2026-11", "PUBLISHED")
    assert leftovers(published.parent) == []


def test_publishing_again_makes_a_new_version_and_leaves_the_old_one(tmp_path: Path) -> None:
    path = planned(tmp_path)
    first = done("publish", path)["data"]
    kept = Path(first["archive"]).read_bytes()
    set_fields(path, Home_Currency="USD")
    second = done("publish", path)["data"]
    assert (first["version"], second["version"]) == ("2026-11", "2026-11.1")
    assert Path(first["archive"]).read_bytes() == kept
    assert first["published"] == second["published"]
    assert area(openpyxl.load_workbook(second["published"]), "PUB_Version") == [["2026-11.1"]]
    assert {row["Version"] for row in table_rows(path, "tblPlan")} == {"DRAFT", "2026-11", "2026-11.1"}


def test_the_next_cycle_compares_with_what_was_published(tmp_path: Path) -> None:
    path = planned(tmp_path)
    done("publish", path)
    before = planning_values(path)
    set_fields(path, Home_FirstBucket=moment(month(1).end), Home_Cycle="2026-12")
    done("run-cycle", path)
    now = planning_values(path)
    for k in range(1, 19):
        end = f"{month(k).end}"
        assert now["Demand", "TEA", "old_forecast", end] == before["Demand", "TEA", "consensus_demand", end]
    assert now["Demand", "TEA", "old_forecast", f"{month(19).end}"] is None
    # Somebody has tidied up: the archive says where everything stood.
    path.with_name("plan_published.xlsx").unlink()
    assert done("publish", path)["data"]["version"] == "2026-12"
    book = openpyxl.load_workbook(path.with_name("plan_published.xlsx"))
    ends = [day.date() for day in area(book, "PUB_Demand_Buckets")[0]]
    assert ends == [month(k).end for k in range(20)]
    closed = before["Demand", "TEA", "consensus_demand", f"{month(0).end}"]
    assert area(book, "PUB_Demand")[0][0] == pytest.approx(closed, rel=1e-14)


def test_a_damaged_published_workbook_is_told_and_replaced(tmp_path: Path) -> None:
    path = planned(tmp_path)
    done("publish", path)
    linked = path.with_name("plan_published.xlsx")
    linked.write_bytes(b"nothing")
    path.with_name("plan_published_2026-11.xlsx").unlink()
    said = sop("publish", path)
    assert "plan_published.xlsx cannot be read" in said.out
    assert area(openpyxl.load_workbook(linked), "PUB_Version") == [["2026-11.1"]]


def test_a_plan_without_forecast_is_not_published(tmp_path: Path) -> None:
    path = tiny_company(tmp_path / "plan.xlsx")
    content = path.read_bytes()
    said = sop("publish", path)
    assert said.code == 1
    assert said.err.startswith("3 families have no forecast")
    assert path.read_bytes() == content
    assert list(tmp_path.glob("*published*")) == []


def failing(path: Path) -> None:
    """Publish as the command line does, while somebody else saves the workbook in between."""
    with open_book(path) as session:
        publication = Publication(session.book, session.path, "me")
        path.write_bytes(path.read_bytes() + b"\0")
        with pytest.raises(HostError, match="changed by somebody else"):
            publication.release(lambda: session.save(keep_read_values=True))


def test_a_workbook_changed_meanwhile_leaves_the_published_file_as_it_was(tmp_path: Path) -> None:
    path = planned(tmp_path)
    published = Path(done("publish", path)["data"]["published"])
    before = published.read_bytes()
    failing(path)
    assert published.read_bytes() == before
    assert leftovers(tmp_path) == []


def test_a_failed_publication_leaves_no_archive(tmp_path: Path) -> None:
    path = planned(tmp_path)
    content = path.read_bytes()
    failing(path)
    path.write_bytes(content)
    assert done("publish", path)["data"]["version"] == "2026-11"


def test_a_read_only_workbook_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    path = planned(tmp_path)
    path.chmod(0o444)
    said = sop("publish", path)
    assert said.code == 1
    assert "read-only" in said.err
    assert [p.name for p in tmp_path.iterdir()] == ["plan.xlsx"]


@pytest.mark.parametrize(("typed", "version"), [(moment(month(1).start), "2026-12"), (202612, "202612")])
def test_a_cycle_typed_in_a_spreadsheet_program_names_the_version(
    tmp_path: Path, typed: Any, version: str
) -> None:
    path = planned(tmp_path)
    set_fields(path, Home_Cycle=typed)
    assert sop("publish", path, "--json").json.get("data", {}).get("version") == version


def test_a_cycle_that_cannot_be_part_of_a_file_name_is_refused(tmp_path: Path) -> None:
    path = planned(tmp_path)
    set_fields(path, Home_Cycle="2026/11")
    said = sop("publish", path)
    assert said.code == 1
    assert "'2026/11' cannot be part of a file name" in said.err
