"""The template: the same bytes every time, complete, and found by the readers."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import openpyxl
import pytest

from sop_xl.hosts.session import open_book
from sop_xl.workbook import layout
from sop_xl.workbook.read import Workbook
from sop_xl.workbook.styles import styles
from sop_xl.workbook.template import Template, template, template_path
from tests.hosts.libreoffice import CalcError, LibreOffice
from tests.tiny import done, empty_company, planned, set_fields

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@pytest.fixture(scope="module")
def built() -> bytes:
    return template()


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return empty_company(tmp_path_factory.mktemp("template") / "plan.xlsx")


def test_it_is_built_to_the_same_bytes_and_those_are_committed(built: bytes) -> None:
    assert template() == built
    assert template_path().read_bytes() == built, "run: python3 dev.py build"


def test_every_named_style_exists_once_with_a_look_of_its_own(built: bytes) -> None:
    root = ElementTree.fromstring(zipfile.ZipFile(io.BytesIO(built)).read("xl/styles.xml"))
    named = [(style.get("name"), style.get("xfId")) for style in root.iter(f"{MAIN}cellStyle")]
    ours = [(name, number) for name, number in named if str(name).startswith("SOP ")]
    assert sorted(name for name, _ in ours if name) == sorted(styles())
    assert len({number for _, number in ours}) == len(ours)
    bases = root.find(f"{MAIN}cellStyleXfs")
    assert bases is not None
    assert bases.get("count") == str(len(bases))
    assert {int(number or -1) for _, number in named} <= set(range(len(bases)))


def test_no_two_named_styles_share_a_cell_format() -> None:
    indices = Template().indices
    assert set(indices) == set(styles())
    assert len(set(indices.values())) == len(indices)


def test_readers_find_every_sheet_table_name_and_view(empty: Path) -> None:
    with open_book(empty, read_only=True) as session:
        assert [sheet.name for sheet in session.book.sheets] == [sheet.name for sheet in layout.SHEETS]
        workbook = Workbook.of(session.book)
        for name, table in layout.TABLES.items():
            place = workbook.place(name)
            assert place.sheet == layout.SHEET_OF[name]
            assert list(place.columns) == list(table.headers)
            assert len(workbook.rows(name)) == (len(layout.STEPS) if name == "tblSteps" else 0)
        for field in layout.CARD:
            workbook.field(field.name)
        horizon = workbook.horizon()
        assert horizon.current == date(2026, 11, 1)
        for view in layout.VIEWS.values():
            grid, _ = workbook.grid(view, horizon)
            assert grid.header_row == 6
            assert workbook.inputs(view, horizon) == {}
        for sheet in layout.SHEETS:
            assert workbook.field(f"{sheet.name}_Notice") is None


def test_every_name_refers_to_a_cell_that_exists(empty: Path) -> None:
    book = openpyxl.load_workbook(empty)
    for name, defined in book.defined_names.items():
        assert re.fullmatch(r"'?\w+'?!\$[A-Z]+\$\d+(:\$[A-Z]+\$\d+)?", defined.attr_text), (
            name,
            defined.attr_text,
        )
        assert defined.attr_text.split("!")[0].strip("'") in book.sheetnames


def test_a_fresh_workbook_shows_no_error_but_in_the_lab(empty: Path, libreoffice: LibreOffice) -> None:
    sheets = libreoffice.recalculated(empty)
    found = {
        (s, c.name) for s, rows in sheets.items() for row in rows for c in row if isinstance(c, CalcError)
    }
    assert {sheet for sheet, _ in found} <= {"Lab"}
    assert (
        sheets["Home"][1][0]
        == "Tea & Sons   |   cycle 2026-11   |   plan none   |   DRAFT   |   money in EUR"
    )


def test_every_sheet_says_what_it_is_for_and_prints_on_one_page_width(empty: Path) -> None:
    book = openpyxl.load_workbook(empty)
    for definition in layout.SHEETS:
        sheet = book[definition.name]
        assert sheet["A3"].value == f"{definition.purpose}  ({definition.who})"
        if len(definition.tables) > 1 and definition.name != "Home":
            # Each table begins a page of its own.
            assert len(sheet.col_breaks.brk) == len(definition.tables) - 1
        else:
            assert sheet.sheet_properties.pageSetUpPr.fitToPage
            assert sheet.page_setup.fitToWidth in (None, 1)
        assert sheet.page_setup.orientation == "landscape"


def test_charts_of_a_shorter_plan_show_buckets_only(tmp_path: Path) -> None:
    path = planned(tmp_path)
    for kind, length, ticks in (
        ("month", 6, ["Nov 26", "Dec 26", "Jan 27", "Feb 27", "Mar 27", "Apr 27", "May 27"]),
        (
            "quarter",
            7,
            [f"Q{q} {year}" for year, q in ((27, 3), (27, 4), (28, 1), (28, 2), (28, 3), (28, 4), (29, 1))],
        ),
    ):
        set_fields(path, Home_Horizon=length, Home_BucketType=kind, Home_FiscalStart=4)
        done("run-cycle", path)
        book = openpyxl.load_workbook(path)
        header = [cell.value for cell in book["Finance"][6]]
        sheet, span = (
            book.defined_names["Executive_Charts"].attr_text.replace("$", "").replace("'", "").split("!")
        )
        drawn = [[cell.value for cell in row] for row in book[sheet][span]]
        assert [row[0] for row in drawn if row[0]][: len(ticks)] == ticks
        assert len([row for row in drawn if row[0]]) == length + 1
        for row in drawn:
            for formula in row[1:]:
                if formula is None:
                    continue
                view, cell = formula[1:].split("!")
                column = book[view][cell].column
                assert not isinstance(header[column - 1], str), formula
        parts = zipfile.ZipFile(path)
        charts = [parts.read(n).decode() for n in parts.namelist() if n.startswith("xl/charts/chart")]
        area = re.sub(r"([A-Z]+)(\d+)", r"$\1$\2", span)
        first, last = area.split(":")
        letter, top, bottom = first[1:].split("$")[0], first.split("$")[2], last.split("$")[2]
        assert sum(f"{sheet}!${letter}${top}:${letter}${bottom}" in text for text in charts) == 3


@pytest.mark.parametrize("name", list(layout.VIEWS))
def test_the_views_are_named_in_the_process_order(name: str) -> None:
    assert layout.sheet(name).view is layout.VIEWS[name]


def test_the_family_page_has_one_chart_of_three_kinds_on_the_same_axes() -> None:
    namespace = {"c": "http://schemas.openxmlformats.org/drawingml/2006/chart"}
    with zipfile.ZipFile(io.BytesIO(template())) as parts:
        charts = [parts.read(name) for name in parts.namelist() if name.startswith("xl/charts/chart")]
    (plot,) = [
        ElementTree.fromstring(text).find(".//c:plotArea", namespace) for text in charts if b"Family!" in text
    ]
    assert plot is not None
    kinds = {}
    for kind in ("areaChart", "barChart", "lineChart"):
        (found,) = plot.findall(f"c:{kind}", namespace)
        axes = [axis.attrib["val"] for axis in found.findall("c:axId", namespace)]
        kinds[kind] = axes, [name.text for name in found.findall("c:ser/c:tx//c:v", namespace)]
    (shared,) = {tuple(axes) for axes, _ in kinds.values()}
    assert set(shared) == {axis.attrib["val"] for axis in plot.findall("*/c:axId", namespace)}
    assert {kind: labels for kind, (_, labels) in kinds.items()} == {
        "areaChart": ["Projected inventory"],
        "barChart": ["Production plan"],
        "lineChart": ["Consensus demand", "Actual", "Target inventory", "Backlog"],
    }
    order = [number.attrib["val"] for number in plot.findall("*/c:ser/c:order", namespace)]
    assert order == [str(i) for i in range(6)]


def test_every_sheet_repeats_the_same_rows_in_print() -> None:
    """LibreOffice breaks every row of every sheet into pages again wherever they differ: seconds of opening."""
    book = openpyxl.load_workbook(io.BytesIO(template()))
    repeated = {(sheet.print_title_rows, sheet.print_title_cols) for sheet in book}
    assert repeated == {("$1:$6", None), (None, None)}
