"""Load actuals: what is rejected, what ties, and what planners added and keep."""

from __future__ import annotations

import math
from pathlib import Path

import openpyxl
import pytest
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.cell_range import CellRange

from sop_xl.hosts.session import open_book
from sop_xl.workbook import layout
from sop_xl.workbook.read import Workbook
from sop_xl.workbook.write import write_table
from tests.hosts.libreoffice import CalcError, LibreOffice
from tests.sample import ROOT, generator
from tests.tiny import cells, done, facts, planned, sop, table_rows, tables_of

MAPPING = """
[source]
separator = ";"

[[table]]
name = "tblFamilies"
mode = "{mode}"
source = {{ path = "families.csv" }}
[table.columns]
Family = "CODE"
Name = "NAME"
Price = "PRICE"
"""
EXTRACTS = ("sales_history.csv", "material_master.csv")
TEXTS = ("=1+1", "+44 20", "-minus", "@home", "'quoted", "plain")


def load(path: Path, lines: list[str], mode: str = "replace") -> dict:
    (path.parent / "families.csv").write_text("CODE;NAME;PRICE\n" + "\n".join(lines) + "\n", encoding="utf-8")
    mapping = path.parent / "mapping.toml"
    mapping.write_text(MAPPING.format(mode=mode), encoding="utf-8")
    return done("load-actuals", path, "--mapping", mapping)


@pytest.fixture(scope="module")
def dirty(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Extracts with bad lines, and the workbook they were loaded into."""
    folder = tmp_path_factory.mktemp("dirty")
    mapping = generator().build(folder / "src", dirty=True)  # type: ignore[attr-defined]
    path = folder / "plan.xlsx"
    done("new", path)
    return path, mapping


def test_bad_lines_are_listed_with_their_numbers_and_kept_out(dirty: tuple[Path, Path]) -> None:
    path, mapping = dirty
    result = done("load-actuals", path, "--mapping", mapping)
    data = result["data"]
    rejected = {
        name: [(r["line"], r["value"]) for r in data[name]["rejected"]] for name in ("tblSales", "tblItems")
    }
    sales, items = (len(next(mapping.parent.rglob(name)).read_text().splitlines()) for name in EXTRACTS)
    # The bad lines are the last ones; an unknown item (the last sale) can be read and is left to the checks.
    assert rejected["tblSales"] == [(sales - 2, "see note"), (sales - 1, "2026-02-30")]
    assert rejected["tblItems"] == [(items - 2, "-1.5"), (items - 1, ""), (items, "ESP-01")]
    for name, table in data.items():
        assert all(tie["ties"] for tie in table["ties"]), name
    loaded = tables_of(path, "tblSales", "tblItems")
    assert len(loaded["tblSales"]) == data["tblSales"]["rows"] == data["tblSales"]["counts"]["used"]
    assert not any(row["Quantity"] == "see note" for row in loaded["tblSales"])
    quantity = next(tie for tie in data["tblSales"]["ties"] if tie["column"] == "Quantity")
    assert math.fsum(row["Quantity"] for row in loaded["tblSales"]) == pytest.approx(
        quantity["loaded"], rel=1e-12
    )
    problems = {(i["table"], i["column"]) for i in result["issues"] if i["severity"] == "error"}
    assert problems == {("tblSales", "Item")}
    assert sop("run-cycle", path).code == 1


def test_text_that_looks_like_a_formula_lands_as_text(tmp_path: Path, libreoffice: LibreOffice) -> None:
    path = planned(tmp_path)
    load(path, [f"F{i};{text};1" for i, text in enumerate(TEXTS)])
    sheet = openpyxl.load_workbook(path)["Families"]
    written = [(sheet.cell(7 + i, 2).value, sheet.cell(7 + i, 2).data_type) for i in range(len(TEXTS))]
    assert written == [(text, "s") for text in TEXTS]
    shown = libreoffice.recalculated(path, ["Families"])["Families"]
    assert [shown[6 + i][1] for i in range(len(TEXTS))] == list(TEXTS)
    assert [row["Name"] for row in table_rows(path, "tblFamilies")] == list(TEXTS)


def test_the_name_of_a_new_company_lands_as_text(tmp_path: Path) -> None:
    done("new", tmp_path / "plan.xlsx", "--company", "=1+1")
    book = openpyxl.load_workbook(tmp_path / "plan.xlsx")
    assert {cell.value: cell.data_type for cell in book["Home"]["B"] if cell.value}["=1+1"] == "s"


OWN = len(layout.TABLES["tblFamilies"].columns) + 1


def own_column(path: Path) -> None:
    """A planner's column beside the standard ones, with text and a formula, and a formula among them."""
    from openpyxl.worksheet.table import TableColumn

    book = openpyxl.load_workbook(path)
    sheet = book["Families"]
    table, items = sheet.tables["tblFamilies"], sheet.tables["tblItems"]
    sheet.insert_cols(OWN)
    moved = CellRange(items.ref)
    moved.shift(col_shift=1)
    items.ref = items.autoFilter.ref = moved.coord
    table.ref = table.autoFilter.ref = f"A6:{get_column_letter(OWN)}9"
    table.tableColumns.append(TableColumn(id=99, name="Remark"))
    for row, value in zip(range(6, 10), ("Remark", "core", "=I8*2", "+phase out"), strict=True):
        sheet.cell(row, OWN).value = value
    sheet.cell(9, OWN).data_type = "s"
    book.save(path)


@pytest.mark.parametrize("mode", ["merge", "replace"])
def test_a_planners_own_column_keeps_its_cells(tmp_path: Path, mode: str) -> None:
    path = planned(tmp_path)
    own_column(path)
    load(path, ["TEA;New tea;9", "CUPS;New cups;4", "KETTLES;New kettles;41", "MUGS;Mugs;2"], mode)
    sheet = openpyxl.load_workbook(path)["Families"]
    assert [sheet.cell(row, OWN).value for row in range(6, 11)] == [
        "Remark",
        "core",
        "=I8*2",
        "+phase out",
        None,
    ]
    assert [sheet.cell(row, OWN).data_type for row in (7, 8, 9)] == ["s", "f", "s"]


def test_merging_updates_what_the_source_says_and_keeps_the_rest(tmp_path: Path) -> None:
    path = planned(tmp_path)
    before = {row["Family"]: row for row in table_rows(path, "tblFamilies")}
    load(path, ["cups;Cups and mugs;", "MUGS;Mugs;2"], "merge")
    after = {row["Family"].upper(): row for row in table_rows(path, "tblFamilies")}
    assert list(after) == ["TEA", "CUPS", "KETTLES", "MUGS"]
    assert after["TEA"] == before["TEA"]
    assert after["CUPS"] == {**before["CUPS"], "Family": "cups", "Name": "Cups and mugs"}
    assert after["MUGS"]["Price"] == 2


@pytest.mark.parametrize("mode", ["merge", "append"])
def test_a_formula_in_an_untouched_row_stays_a_formula(tmp_path: Path, mode: str) -> None:
    path = planned(tmp_path)
    book = openpyxl.load_workbook(path)
    book["Families"]["I7"].value = "=4*2"
    book.save(path)
    load(path, ["MUGS;Mugs;2"], mode)
    assert openpyxl.load_workbook(path)["Families"]["I7"].value == "=4*2"


def test_a_table_that_would_run_over_cells_below_refuses_and_changes_nothing(tmp_path: Path) -> None:
    path = planned(tmp_path)
    book = openpyxl.load_workbook(path)
    book["Families"]["C11"].value = "Ask Ann"
    book.save(path)
    content = path.read_bytes()
    (tmp_path / "families.csv").write_text("CODE;NAME;PRICE\n" + "".join(f"F{i};;1\n" for i in range(9)))
    (tmp_path / "mapping.toml").write_text(MAPPING.format(mode="replace"))
    said = sop("load-actuals", path, "--mapping", tmp_path / "mapping.toml")
    assert said.code == 1
    assert said.err.startswith("tblFamilies on sheet Families must grow, but row 11 below it is not empty.")
    assert path.read_bytes() == content


def test_a_shrinking_table_leaves_no_rows_behind(tmp_path: Path) -> None:
    path = planned(tmp_path)
    with open_book(path) as session:
        assert (
            write_table(Workbook.of(session.book), "tblBudget", cells("tblBudget", facts()["tblBudget"][:2]))
            == 2
        )
        session.save()
    sheet = openpyxl.load_workbook(path)["Budget"]
    assert sheet.tables["tblBudget"].ref == "A6:E8"
    assert all(cell.value is None for row in sheet.iter_rows(9, sheet.max_row, 1, 5) for cell in row)


@pytest.fixture(scope="module")
def extract(tmp_path_factory: pytest.TempPathFactory, delivery_history: Path) -> Path:
    """The public delivery history, loaded and planned."""
    path = tmp_path_factory.mktemp("extract") / "plan.xlsx"
    done("new", path)
    mapping = ROOT / "examples" / "delivery_history.toml"
    done("load-actuals", path, "--mapping", mapping, "--source", delivery_history)
    done("run-cycle", path)
    return path


def test_on_time_delivery_of_the_public_extract(extract: Path) -> None:
    values = {row["Measure"]: row for row in table_rows(extract, "tblKPIs")}
    assert values["On-time delivery"]["Value"] == pytest.approx(9138 / 10324, abs=1e-12)
    assert "9,138 of 10,324" in values["On-time delivery"]["Basis"]


def test_the_public_extract_says_what_it_does_not_hold(extract: Path) -> None:
    book = openpyxl.load_workbook(extract)
    notices = {name: book[name]["A4"].value for name in ("Capacity", "Finance")}
    assert notices["Capacity"] == "No capacity is given: loads are shown, overloads cannot be found."
    assert "no unit cost" in notices["Finance"]
    assert "no budget" in notices["Finance"]


def test_the_public_extract_shows_no_error(extract: Path, libreoffice: LibreOffice) -> None:
    found = {
        (sheet, cell.name)
        for sheet, rows in libreoffice.recalculated(extract).items()
        for row in rows
        for cell in row
        if isinstance(cell, CalcError)
    }
    assert {sheet for sheet, _ in found} <= {"Lab"}


def test_the_measures_of_the_public_extract_are_those_that_pandas_finds(
    extract: Path, delivery_history: Path
) -> None:
    import pandas as pd

    lines = pd.DataFrame(table_rows(extract, "tblOrders"))
    assert len(lines) == 10324
    late = lines["Delivered"] > lines["Promised"]
    came = lines[["Ordered qty", "Delivered qty"]].min(axis=1)
    values = {row["Measure"]: row["Value"] for row in table_rows(extract, "tblKPIs")}
    full = lines["Delivered qty"] >= lines["Ordered qty"]
    assert values["On time in full"] == pytest.approx((~late & full).mean(), abs=1e-12)
    assert values["Fill rate (customer service)"] == pytest.approx(
        came.sum() / lines["Ordered qty"].sum(), rel=1e-12
    )
    assert values["Backorder rate"] == pytest.approx(1 - came.sum() / lines["Ordered qty"].sum(), abs=1e-12)
    sold = pd.DataFrame(table_rows(extract, "tblMeasured")).dropna(subset=["Actual", "Forecast"])
    error = (sold["Forecast"] - sold["Actual"]).abs().sum() / sold["Actual"].sum()
    assert values["Forecast error (WMAPE)"] == pytest.approx(error, rel=1e-9)
    missed = table_rows(extract, "tblMissedOrders")
    assert len(missed) == 200
    assert openpyxl.load_workbook(extract)["Misses"]["A5"].value == (
        f"Order lines late or short: {int((late | ~full).sum()):,}, the first 200 shown"
    )
