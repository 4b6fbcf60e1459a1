"""The live formulas of KPIs and Lab come to the values of the core.

LibreOffice calculates what the formulas pass to the ``SOP_`` functions; the registry calculates the functions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.worksheet.formula import ArrayFormula

from sop_xl.kpis.catalogue import MEASURES
from sop_xl.workbook.kpi_page import LIVE, live
from sop_xl.workbook.write_executive import HEADERS
from tests.hosts.libreoffice import LibreOffice
from tests.process.test_measures import random_rows
from tests.tiny import FAMILIES, done, facts, field, month, set_fields, table_rows, tiny_company
from udfs.registry import call


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tiny_company(tmp_path_factory.mktemp("live") / "plan.xlsx", random_rows(3))
    set_fields(path, Home_DaysSales=41, Home_DaysPayable=30)
    done("run-cycle", path)
    return path


def arguments(text: str) -> list[str]:
    """The arguments between the brackets of one call, commas within brackets apart."""
    parts, depth, start = [], 0, 0
    for i, letter in enumerate(text):
        depth += (letter in "([{") - (letter in ")]}")
        if letter == "," and depth == 0:
            parts.append(text[start:i])
            start = i + 1
    return [*parts, text[start:]]


def calls(text: str) -> Iterator[tuple[str, list[str]]]:
    """Every call of one of our functions in a formula, innermost last."""
    for match in re.finditer(r"(SOP_\w+)\(", text):
        depth, end = 1, match.end()
        while depth:
            depth += (text[end] == "(") - (text[end] == ")")
            end += 1
        yield match.group(1), arguments(text[match.end() : end - 1])


def formulas(path: Path) -> dict[str, str]:
    """Measure -> the live formula that stands in the workbook, without its IFERROR."""
    sheet = openpyxl.load_workbook(path)["KPIs"]
    headers = {cell.value: cell.column for cell in sheet[6]}
    found = {}
    for row in range(7, 7 + len(MEASURES)):
        formula = sheet.cell(row, headers["Live"]).value
        if isinstance(formula, ArrayFormula):
            found[sheet.cell(row, 1).value] = formula.text.removeprefix("=IFERROR(").removesuffix(',"")')
    return found


def passed(path: Path, libreoffice: LibreOffice, texts: list[str], copy: Path) -> list[list[list[Any]]]:
    """What each text comes to as an array formula: rows of cells, without the padding below them."""
    book = openpyxl.load_workbook(path)
    scratch = book.create_sheet("Scratch")
    height = 400
    for k, text in enumerate(texts, start=1):
        # Text in place of blanks, which Calc would turn into zeros on the way into a cell.
        area = f"{scratch.cell(1, k).coordinate}:{scratch.cell(height, k).coordinate}"
        whole = f'=IF(ROW({area})<=ROWS({text}),IF(({text})="","none",{text}),"end")'
        scratch[scratch.cell(1, k).coordinate] = ArrayFormula(area, whole)
    book.save(copy)
    grid = libreoffice.recalculated(copy, ["Scratch"])["Scratch"]
    columns = []
    for k in range(len(texts)):
        column = [row[k] for row in grid]
        assert len(column) == height
        assert column[-1] == "end", texts[k]
        columns.append([[None if cell == "none" else cell] for cell in column if cell != "end"])
    return columns


def test_every_live_formula_of_a_measure_comes_to_its_value(
    company: Path, libreoffice: LibreOffice, tmp_path: Path
) -> None:
    found = formulas(company)
    labels = {definition.label: definition.key for definition in MEASURES}
    assert {labels[label] for label in found} == set(LIVE)
    given_texts = {a for text in found.values() for _, given in calls(text) for a in given if "SOP_" not in a}
    texts = sorted(text for text in given_texts if not text.isdigit())
    values: dict[str, Any] = {text: float(text) for text in given_texts if text.isdigit()}
    values |= zip(texts, passed(company, libreoffice, texts, tmp_path / "copy.xlsx"), strict=True)
    core = {row["Measure"]: row["Value"] for row in table_rows(company, "tblKPIs")}
    for label, text in found.items():
        name, given = list(calls(text))[-1]
        result: Any = call(name, [values[argument] for argument in given])
        if text.startswith("INDEX("):
            row, *column = (int(w) if w.isdigit() else len(result) for w in arguments(text[6:-1])[1:])
            result = result[row - 1][column[0] - 1 if column else 0]
        if labels[label] == "excess_obsolete":
            held = table_rows(company, "tblCover")
            total = sum(row["Stock value"] for row in held if row["Stock value"] > 0)
            result = sum(sum(line) for line in result[1:]) / total
        if labels[label] == "cash_to_cash":
            result = call("SOP_CASH_TO_CASH", [365 / result, 41, 30])
        assert result == pytest.approx(core[label], rel=1e-9, abs=1e-12), label


def test_without_the_add_in_nothing_shows_an_error_and_values_stay(
    company: Path, libreoffice: LibreOffice
) -> None:
    sheets = libreoffice.recalculated(company, ["KPIs", "Lab"])
    kpis = {row[0]: row for row in sheets["KPIs"][6:] if row[0]}
    for row in table_rows(company, "tblKPIs"):
        shown = kpis[row["Measure"]]
        assert (shown[3], shown[9] or "", shown[10] or "") == (row["Status"], "", ""), row["Measure"]
        assert shown[1] == (None if row["Value"] is None else pytest.approx(row["Value"], rel=1e-12))
    family = field(company, "Lab_Family")
    assert family == FAMILIES[0]
    book = openpyxl.load_workbook(company, data_only=True)["Lab"]
    for number in range(9, 29):
        for column in range(2, 14):
            stored, shown_cell = book.cell(number, column).value, sheets["Lab"][number - 1][column - 1]
            if isinstance(stored, int | float):
                assert shown_cell == pytest.approx(stored, rel=1e-9), (number, column)
    history = [[row["Quantity"] for row in table_rows(company, "tblSales") if row["Family"] == family]]
    want = call("SOP_FORECAST", [history, 12, 12, "THETA"])
    assert isinstance(want, list)
    assert sheets["Lab"][12][1:13] == pytest.approx(want[0], rel=1e-9)
    # Another family: nothing is known of it, and nothing wrong is shown.
    with libreoffice.edit(company) as open_book:
        open_book.set_value("Lab", "B5", FAMILIES[1])
        lab = open_book.values(["Lab"])["Lab"]
    assert [cell for cell in lab[9][1:13] if cell not in ("", None)] == []


def test_what_the_core_does_not_define_is_not_defined_live_either(
    libreoffice: LibreOffice, tmp_path: Path
) -> None:
    """Nothing published: nothing was added. One closed bucket and nothing made: no service of cycles."""
    bare = [row for row in facts()["tblSales"] if row["Bucket"] == month(-1).end]
    companies = {
        "unpublished": ("Value added by consensus", {}),
        "one bucket": ("Cycle service", {"tblSales": bare, "tblProduction": []}),
    }
    for name, (label, changes) in companies.items():
        path = tiny_company(tmp_path / f"{name}.xlsx", changes)
        done("run-cycle", path)
        row = next(row for row in table_rows(path, "tblKPIs") if row["Measure"] == label)
        assert (row["Value"], row["Status"]) == (None, "NOT DEFINED"), name
        assert row["Basis"].startswith("Not defined: "), name
        guard = formulas(path)[label].removeprefix("IF(").partition(",SOP_")[0]
        book = openpyxl.load_workbook(path)
        scratch = book.create_sheet("Scratch")
        scratch["A1"] = ArrayFormula("A1", f"=IF({guard},1,0)")
        book.save(path)
        assert libreoffice.recalculated(path, ["Scratch"])["Scratch"] == [[0.0]], name


def test_names_with_quotes_stay_within_their_text() -> None:
    assert '[Family]="6"" pipe"' in live("tracking_signal", '6" pipe', 12)


def test_every_light_and_number_of_the_executive_page_is_what_its_formula_comes_to(
    company: Path, libreoffice: LibreOffice
) -> None:
    stored = openpyxl.load_workbook(company, data_only=True)["Executive"]
    shown = libreoffice.recalculated(company, ["Executive"])["Executive"]
    headers = [cell.value for cell in stored[26]]
    lights = 0
    for row in range(27, 28 + len(FAMILIES)):
        for column, header in enumerate(headers, start=1):
            kept, found = stored.cell(row, column).value, shown[row - 1][column - 1]
            if isinstance(kept, int | float):
                assert found == pytest.approx(kept, rel=1e-9, abs=1e-6), (row, header)
            else:
                assert (found or "") == (kept or ""), (row, header)
            lights += str(header).endswith(" light") and kept in ("GREEN", "AMBER", "RED")
    assert lights == 5 * len(FAMILIES)
    # Beside the tiles stands what the charts show.
    tiles = [cell for cell in shown[6][: len(HEADERS)] if cell]
    assert len(tiles) == 6
    assert set(tiles) <= {"GREEN", "AMBER", "RED"}
