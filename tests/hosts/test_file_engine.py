"""What is particular to workbook files: cached values, macros, styles, tables, and what a file keeps."""

from __future__ import annotations

import datetime as dt
import shutil
import subprocess
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import openpyxl
import pandas as pd
import pytest
import xlsxwriter
import xlwings as xw
from openpyxl.worksheet.formula import ArrayFormula

from sop_xl.hosts.errors import HostError
from sop_xl.hosts.file_engine import ENGINE_NAME, file_engine, remember_values
from sop_xl.hosts.session import open_book


@pytest.fixture
def book() -> xw.Book:
    return file_engine().apps.add().books.add()


def sheet_xml(path: Path, number: int = 1) -> str:
    with zipfile.ZipFile(path) as archive:
        return archive.read(f"xl/worksheets/sheet{number}.xml").decode()


def test_engine_is_registered_once_and_not_made_active() -> None:
    active = xw.engines.active
    assert file_engine() is file_engine()
    assert [engine.name for engine in xw.engines].count(ENGINE_NAME) == 1
    assert xw.engines.active is active


# ---------------------------------------------------------------------- calculated values


@pytest.fixture
def calculated_file(tmp_path: Path) -> Path:
    """Formulas with the values a spreadsheet program left in the file."""
    path = tmp_path / "calculated.xlsx"
    with xlsxwriter.Workbook(str(path)) as workbook:
        sheet = workbook.add_worksheet("Calc")
        date = workbook.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_formula("B2", "=1+1", None, 2)
        sheet.write_formula("B3", '="a"&"b"', None, "ab")
        sheet.write_formula("B4", "=TRUE", None, True)
        sheet.write_formula("B5", "=NA()", None, "#N/A")
        sheet.write_formula("B6", "=DATE(2024,5,1)", date, 45413)
        sheet.write_formula("B7", '=""', None, "")
        sheet.write("B8", 8)
        sheet.write_array_formula("D2:D3", "{=B2:B3*2}", None, 4)
        sheet.write("D3", 6)
    return path


def test_formulas_give_the_values_of_the_file(calculated_file: Path) -> None:
    with open_book(calculated_file) as session:
        sheet = session.book.sheets[0]
        assert sheet["B2:B8"].value == [2.0, "ab", True, None, dt.datetime(2024, 5, 1), None, 8.0]
        assert sheet["B5"].options(err_to_str=True).value == "#N/A"
        assert sheet["B7"].options(err_to_str=True).value is None
        assert sheet["D2:D3"].value == [4.0, 6.0]
        sheet.name = "Renamed"
        assert sheet["B2"].value == 2.0


def test_rewritten_formula_forgets_the_value_of_the_file(calculated_file: Path) -> None:
    with open_book(calculated_file) as session:
        sheet = session.book.sheets[0]
        sheet["B2"].formula = "=5+5"
        sheet["B8"].formula = "=B2"
        assert sheet["B2"].value is None
        assert sheet["B8"].value is None


def test_told_values_are_read_and_stored_beside_the_formulas(calculated_file: Path) -> None:
    told = [10.5, "text & <more>", False, "#DIV/0!", dt.datetime(2024, 6, 1), None]
    with open_book(calculated_file) as session:
        sheet = session.book.sheets[0]
        remember_values(sheet["B2:B7"], told)
        remember_values(sheet["B8"], 99)
        remember_values(sheet["D2:D3"], [1, 2])
        expected = [10.5, "text & <more>", False, None, dt.datetime(2024, 6, 1), None]
        assert sheet["B2:B7"].value == expected
        session.save()
    with open_book(calculated_file) as session:
        sheet = session.book.sheets[0]
        assert sheet["B2:B7"].value == expected
        assert sheet["B5"].options(err_to_str=True).value == "#DIV/0!"
        assert sheet["B8"].value == 8.0
        assert sheet["D2:D3"].value == [1.0, 2.0]
        assert sheet["D2:D3"].formula_array == "=B2:B3*2"
    stored = openpyxl.load_workbook(calculated_file, data_only=True)["Calc"]
    assert [stored[f"B{row}"].value for row in range(2, 7)] == [
        10.5,
        "text & <more>",
        False,
        "#DIV/0!",
        dt.datetime(2024, 6, 1),
    ]
    assert "<f>1+1</f><v>10.5</v>" in sheet_xml(calculated_file)


def test_untold_values_are_dropped_unless_kept(calculated_file: Path) -> None:
    with open_book(calculated_file) as session:
        session.save(keep_read_values=True)
    with open_book(calculated_file) as session:
        assert session.book.sheets[0]["B2:B4"].value == [2.0, "ab", True]
        session.save()
    with open_book(calculated_file) as session:
        assert session.book.sheets[0]["B2:B4"].value == [None, None, None]


def test_told_values_must_have_the_shape_of_the_range(book: xw.Book) -> None:
    with pytest.raises(ValueError, match="2 x 1 values were given for the 3 x 1 cells"):
        remember_values(book.sheets[0]["A1:A3"], [[1], [2]])


def test_told_values_come_as_arrays_frames_and_scalars(book: xw.Book) -> None:
    sheet = book.sheets[0]
    sheet["A1:B2"].formula = "=1"
    remember_values(sheet["A1:B2"], np.array([[1, 2], [3, np.nan]]))
    assert sheet["A1:B2"].value == [[1.0, 2.0], [3.0, None]]
    remember_values(sheet["A1:B2"], pd.DataFrame({"x": [5, 6], "y": [7, 8]}))
    assert sheet["A1:B2"].value == [[5.0, 7.0], [6.0, 8.0]]
    remember_values(sheet["A1:B2"], 0)
    assert sheet["A1:B2"].value == [[0.0, 0.0], [0.0, 0.0]]
    sheet["A1"].value = 3
    sheet["B1"].formula = "=2"
    assert sheet["A1:B1"].value == [3.0, None]


def test_file_asks_to_be_recalculated(book: xw.Book, tmp_path: Path) -> None:
    book.save(tmp_path / "new.xlsx")
    assert openpyxl.load_workbook(tmp_path / "new.xlsx").calculation.fullCalcOnLoad


# ---------------------------------------------------------------------- text, numbers, dates


def test_text_after_an_apostrophe_is_marked_in_the_file(book: xw.Book, tmp_path: Path) -> None:
    sheet = book.sheets[0]
    sheet["A1"].value = [["'=cmd|' /C calc'!A0"], ["=1+1"], ["plain"], ["'#N/A"]]
    book.save(tmp_path / "text.xlsx")
    stored = openpyxl.load_workbook(tmp_path / "text.xlsx").worksheets[0]
    assert [(stored.cell(row, 1).data_type, stored.cell(row, 1).quotePrefix) for row in range(1, 5)] == [
        ("s", True),
        ("f", False),
        ("s", False),
        ("s", True),
    ]
    assert stored["A1"].value == "=cmd|' /C calc'!A0"
    sheet["A1"].value = 5
    book.save(tmp_path / "text.xlsx")
    assert not openpyxl.load_workbook(tmp_path / "text.xlsx").worksheets[0]["A1"].quotePrefix


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("x" * 32_768, "32,768 characters"),
        ("bell \x07", "control characters"),
        (float("inf"), "infinite"),
        (dt.datetime(2024, 1, 1, tzinfo=dt.UTC), "time zone"),
        (object(), "type object"),
        ("=" + "1+" * 5000 + "1", "8,192"),
        ("=SUM(tbl[@Qty])", "This Row"),
        ("=LET(x,1,x)", "_xlpm"),
    ],
)
def test_what_no_cell_can_hold_is_refused(book: xw.Book, value: object, reason: str) -> None:
    with pytest.raises(HostError, match=reason):
        book.sheets[0]["A1"].value = value
    assert book.sheets[0]["A1"].value is None


def test_longest_text_fits(book: xw.Book, tmp_path: Path) -> None:
    book.sheets[0]["A1"].value = "x" * 32_767
    book.save(tmp_path / "long.xlsx")
    assert len(openpyxl.load_workbook(tmp_path / "long.xlsx").worksheets[0]["A1"].value) == 32_767


def test_dates_follow_the_date_system_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "mac.xlsx"
    with xlsxwriter.Workbook(str(path), {"date_1904": True}) as workbook:
        date = workbook.add_format({"num_format": "yyyy-mm-dd"})
        sheet = workbook.add_worksheet()
        sheet.write_datetime("A1", dt.datetime(2024, 5, 1), date)
        sheet.write_formula("A2", "=A1", date, 43951)
    with open_book(path) as session:
        sheet = session.book.sheets[0]
        assert sheet["A1:A2"].value == [dt.datetime(2024, 5, 1)] * 2
        sheet["A3"].value = dt.date(2024, 6, 1)
        remember_values(sheet["A2"], dt.datetime(2024, 7, 1))
        session.save()
    with open_book(path) as session:
        months = [dt.datetime(2024, month, 1) for month in (5, 7, 6)]
        assert session.book.sheets[0]["A1:A3"].value == months
        assert session.book.sheets[0]["A1"].formula == "43951"


def test_date_keeps_a_date_format_and_replaces_any_other(book: xw.Book) -> None:
    sheet = book.sheets[0]
    sheet["A1"].number_format = "mmm yy"
    sheet["A2"].number_format = "0.00"
    sheet["A1:A3"].value = dt.datetime(2024, 5, 1)
    sheet["A4"].value = dt.datetime(2024, 5, 1, 8, 30)
    formats = [sheet[f"A{row}"].number_format for row in range(1, 5)]
    assert formats == ["mmm yy", "yyyy-mm-dd", "yyyy-mm-dd", "yyyy-mm-dd hh:mm"]


# ---------------------------------------------------------------------- places


def test_name_on_another_sheet_is_refused_with_the_place(book: xw.Book) -> None:
    other = book.sheets.add("Other", after=book.sheets[0])
    book.names.add("place", "=Other!$A$1")
    assert other["place"].address == "$A$1"
    with pytest.raises(xw.NoSuchObjectError, match="is on sheet 'Other'"):
        book.sheets[0]["place"]
    with pytest.raises(xw.NoSuchObjectError, match="no range, name or table 'nothing'"):
        book.sheets[0]["nothing"]


@pytest.mark.parametrize("name", ["A1", "R1C1", "two words", "1st", "", "XFD1", "c"])
def test_bad_names_are_refused(book: xw.Book, name: str) -> None:
    with pytest.raises(HostError, match="cannot be the name"):
        book.names.add(name, "=Sheet1!$A$1")


def test_name_of_a_constant_is_no_range(book: xw.Book) -> None:
    book.names.add("rate", "=0.25")
    assert book.names["rate"].refers_to == "=0.25"
    with pytest.raises(xw.NoSuchObjectError, match=r"stands for =0\.25"):
        _ = book.names["rate"].refers_to_range


def test_references_to_a_deleted_sheet_become_errors(book: xw.Book) -> None:
    book.sheets.add("Old", after=book.sheets[0])
    book.names.add("old_place", "=Old!$A$1")
    book.sheets[0]["A1"].formula = "=Old!A1+SUM('Old'!B:B)+Older!C1"
    book.sheets["Old"].delete()
    assert book.sheets[0]["A1"].formula == "=#REF!+SUM(#REF!)+Older!C1"
    assert book.names["old_place"].refers_to == "=#REF!"


def test_last_visible_sheet_stays(book: xw.Book) -> None:
    book.sheets.add("Hidden", after=book.sheets[0]).visible = False
    with pytest.raises(HostError, match="only visible one"):
        book.sheets[0].delete()
    with pytest.raises(HostError, match="only visible one"):
        book.sheets[0].visible = False


def test_cells_are_not_inserted_or_deleted(book: xw.Book) -> None:
    for call in (lambda: book.sheets[0]["2:2"].insert("down"), lambda: book.sheets[0]["2:2"].delete()):
        with pytest.raises(NotImplementedError, match="would have to follow"):
            call()


def test_a_column_of_a_shared_width_gets_its_own(tmp_path: Path) -> None:
    path = tmp_path / "wide.xlsx"
    with xlsxwriter.Workbook(str(path)) as workbook:
        workbook.add_worksheet().set_column("B:F", 30)
    with open_book(path) as session:
        session.book.sheets[0]["D1"].column_width = 5
        session.save()
    with open_book(path) as session:
        widths = [session.book.sheets[0][f"{c}1"].column_width for c in "ABCDEFG"]
    assert widths == pytest.approx([8.43, 30, 30, 5, 30, 30, 8.43], abs=1)
    assert sheet_xml(path).count("<col ") == 3


# ---------------------------------------------------------------------- styles


def test_named_styles_of_the_workbook(book: xw.Book, tmp_path: Path) -> None:
    style = openpyxl.styles.NamedStyle("Sop input", number_format="#,##0")
    style.font = openpyxl.styles.Font(bold=True)
    book.api.add_named_style(style)
    sheet = book.sheets[0]
    sheet["A1:C200"].value = 1
    sheet["A1:C200"].color = (1, 1, 1)
    sheet["A1:C200"].api.Style = "sop INPUT"
    assert sheet["A1:C200"].api.Style == "Sop input"
    assert sheet["A1:D1"].api.Style is None
    assert sheet["B7"].color is None
    sheet["B7"].font.bold = False
    assert sheet["B8"].font.bold
    book.save(tmp_path / "styled.xlsx")
    stored = openpyxl.load_workbook(tmp_path / "styled.xlsx").worksheets[0]
    assert (stored["C200"].style, stored["C200"].number_format) == ("Sop input", "#,##0")
    with pytest.raises(HostError, match="no cell style named 'Sop outpt'") as refusal:
        sheet["A1"].api.Style = "Sop outpt"
    assert "Sop input" in refusal.value.remedy


# ---------------------------------------------------------------------- tables


@pytest.fixture
def table_file(tmp_path: Path) -> Path:
    path = tmp_path / "tables.xlsx"
    with xlsxwriter.Workbook(str(path)) as workbook:
        sheet = workbook.add_worksheet("Demand")
        sheet.add_table(
            "A1:C4",
            {
                "name": "tblDemand",
                "total_row": True,
                "data": [["a", 1], ["b", 2]],
                "columns": [
                    {"header": "Item", "total_string": "Total"},
                    {"header": "Qty", "total_function": "=SUBTOTAL(109,tblDemand[Qty])"},
                    {"header": "Double", "formula": "=tblDemand[[#This Row],[Qty]]*2"},
                ],
            },
        )
        sheet.add_table("F1:G2", {"name": "tblEmpty", "columns": [{"header": "X"}, {"header": "Y"}]})
    return path


def grown(path: Path) -> None:
    """Two rows and one column more, with a header of its own."""
    with open_book(path) as session:
        sheet = session.book.sheets["Demand"]
        table = sheet.tables["tblDemand"]
        sheet["D1"].value = 2025
        table.resize(sheet["A1:D6"])
        sheet["A4"].value = [["c", 3], ["d", 4]]
        session.save()


def test_resized_table_round_trip(table_file: Path) -> None:
    grown(table_file)
    stored = openpyxl.load_workbook(table_file)["Demand"]
    table = stored.tables["tblDemand"]
    assert table.tableColumns[1].totalsRowFormula.attr_text == "SUBTOTAL(109,tblDemand[Qty])"
    assert table.ref == "A1:D6"
    assert table.autoFilter.ref == "A1:D5"
    assert table.column_names == ["Item", "Qty", "Double", "2025"]
    assert stored["D1"].value == "2025"
    assert len({column.id for column in table.tableColumns}) == 4
    assert table.tableColumns[2].calculatedColumnFormula.attr_text == "tblDemand[[#This Row],[Qty]]*2"
    assert [stored.cell(row, 3).value for row in (2, 3, 4, 5)] == ["=tblDemand[[#This Row],[Qty]]*2"] * 4
    assert [stored.cell(6, column).value for column in (1, 2)] == ["Total", "=SUBTOTAL(109,tblDemand[Qty])"]
    with open_book(table_file) as session:
        table = session.book.sheets["Demand"].tables["tblDemand"]
        assert table.data_body_range.address == "$A$2:$D$5"
        assert table.totals_row_range.address == "$A$6:$D$6"
        assert session.book.sheets["Demand"]["tblDemand[[#Totals],[Qty]]"].address == "$B$6"
        assert session.book.sheets["Demand"]["tblDemand[Qty]"].value == [1.0, 2.0, 3.0, 4.0]


@pytest.mark.libreoffice
@pytest.mark.skipif(shutil.which("soffice") is None, reason="no LibreOffice on this machine")
def test_resized_table_calculates_in_libreoffice(table_file: Path, tmp_path: Path) -> None:
    grown(table_file)
    subprocess.run(
        [
            "soffice",
            f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}",
            "--headless",
            "--convert-to",
            "csv",
            "--outdir",
            str(tmp_path),
            str(table_file),
        ],
        check=True,
        timeout=180,
        capture_output=True,
    )
    rows = [line.split(",") for line in (tmp_path / "tables.csv").read_text().splitlines()]
    assert [row[2] for row in rows[1:5]] == ["2", "4", "6", "8"]
    assert rows[5][:2] == ["Total", "10"]


def test_columns_leave_and_filters_follow(book: xw.Book, tmp_path: Path) -> None:
    sheet = book.sheets[0]
    sheet["B1"].value = [["Item", "Qty", "Price"], ["a", 1, 2]]
    table = sheet.tables.add(source=sheet["B1:D2"], name="tblItems")
    table.resize(sheet["C1:E3"])
    assert [column.name for column in table.columns] == ["Qty", "Price", "Column3"]
    assert sheet["E1"].value == "Column3"
    assert sheet["B1"].value == "Item"
    sheet["E1"].value = "qty"
    assert [column.name for column in table.columns] == ["Qty", "Price", "qty2"]
    book.save(tmp_path / "columns.xlsx")
    stored = openpyxl.load_workbook(tmp_path / "columns.xlsx").worksheets[0]
    assert stored.tables["tblItems"].column_names == ["Qty", "Price", "qty2"]
    assert stored["E1"].value == "qty2"
    assert table.columns["price"].data_body_range.address == "$D$2:$D$3"


def test_single_blank_row_is_an_empty_table(table_file: Path) -> None:
    with open_book(table_file) as session:
        sheet = session.book.sheets["Demand"]
        table = sheet.tables["tblEmpty"]
        assert table.data_body_range is None
        assert table.insert_row_range.address == "$F$2:$G$2"
        assert sheet["tblEmpty[X]"].address == "$F$2"
        sheet["F2"].value = 0
        assert table.data_body_range.address == "$F$2:$G$2"


@pytest.mark.parametrize(
    ("extent", "reason"),
    [
        ("A2:C5", "header of table 'tblDemand' would move"),
        ("A1:C2", "no data row"),
        ("A1:F6", "run into table 'tblEmpty'"),
        ("I1:J6", "shares no column"),
    ],
)
def test_impossible_extents_are_refused(table_file: Path, extent: str, reason: str) -> None:
    with open_book(table_file) as session:
        sheet = session.book.sheets["Demand"]
        with pytest.raises(HostError, match=reason):
            sheet.tables["tblDemand"].resize(sheet[extent])
        assert sheet.tables["tblDemand"].range.address == "$A$1:$C$4"


def test_table_names_are_unique(table_file: Path) -> None:
    with open_book(table_file) as session:
        sheet = session.book.sheets["Demand"]
        with pytest.raises(HostError, match="taken"):
            sheet.tables.add(source=sheet["J1:K2"], name="TBLDEMAND")
        with pytest.raises(HostError, match="meet table 'tblEmpty'"):
            sheet.tables.add(source=sheet["G1:K2"], name="tblOther")
        assert sheet.tables.add(source=sheet["J1:K1"]).range.address == "$J$1:$K$2"


# ---------------------------------------------------------------------- what a file keeps


def macro_file(path: Path) -> bytes:
    """A macro-enabled workbook around a stand-in for the VBA project."""
    project = path.with_suffix(".bin")
    project.write_bytes(b"\xd0\xcf\x11\xe0 stand-in for a VBA project " + bytes(range(256)))
    with xlsxwriter.Workbook(str(path)) as workbook:
        workbook.add_worksheet("Demand").write("A1", 1)
        workbook.add_vba_project(str(project))
    return project.read_bytes()


def test_macros_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "plan.xlsm"
    project = macro_file(path)
    with open_book(path) as session:
        session.book.sheets[0]["A1"].value = 2
        kept = session.save()
        with pytest.raises(HostError, match="holds macros"):
            session.book.save(tmp_path / "plain.xlsx")
    assert kept is not None
    assert kept.name == "plan.bak.xlsm"
    with zipfile.ZipFile(path) as archive:
        assert archive.read("xl/vbaProject.bin") == project
        assert b"sheet.macroEnabled.main+xml" in archive.read("[Content_Types].xml")
    with open_book(path) as session:
        assert session.book.sheets[0]["A1"].value == 2


def test_xlsm_without_macros_stays_one(book: xw.Book, tmp_path: Path) -> None:
    path = tmp_path / "bare.xlsm"
    book.save(path)
    with open_book(path) as session:
        session.save()
    with zipfile.ZipFile(path) as archive:
        assert b"sheet.macroEnabled.main+xml" in archive.read("[Content_Types].xml")
        assert b"vbaProject" not in archive.read("xl/_rels/workbook.xml.rels")


def test_validations_formats_charts_and_rich_text_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "rich.xlsx"
    with xlsxwriter.Workbook(str(path)) as workbook:
        sheet = workbook.add_worksheet("Plan")
        bold = workbook.add_format({"bold": True})
        sheet.write_column("A1", [1, 2, 3])
        sheet.data_validation("A1:A9", {"validate": "list", "source": "=Plan!$A$1:$A$3"})
        sheet.conditional_format("A1:A9", {"type": "cell", "criteria": ">", "value": 2, "format": bold})
        sheet.write_rich_string("B1", "plain ", bold, "bold")
        sheet.merge_range("C1:D2", "merged")
        sheet.freeze_panes(1, 1)
        chart = workbook.add_chart({"type": "line"})
        chart.add_series({"values": "=Plan!$A$1:$A$3"})
        sheet.insert_chart("F2", chart)
    with open_book(path) as session:
        sheet = session.book.sheets["Plan"]
        assert session.losses == ()
        assert sheet["B1"].value == "plain bold"
        sheet["C1:D2"].value = [["new", "lost"], ["lost", "lost"]]
        sheet.name = "Plan B"
        session.save()
    stored = openpyxl.load_workbook(path, rich_text=True)["Plan B"]
    assert stored.data_validations.dataValidation[0].formula1 == "'Plan B'!$A$1:$A$3"
    assert [str(conditional.sqref) for conditional in stored.conditional_formatting] == ["A1:A9"]
    assert stored._charts[0].series[0].val.numRef.f == "'Plan B'!$A$1:$A$3"
    assert stored["B1"].value[1].font.b
    assert stored["C1"].value == "new"
    assert stored["D2"].value is None
    assert stored.freeze_panes == "B2"


def test_an_unchanged_chart_is_kept_byte_for_byte(tmp_path: Path) -> None:
    path = tmp_path / "chart.xlsx"
    with xlsxwriter.Workbook(str(path)) as workbook:
        sheet = workbook.add_worksheet("Plan")
        sheet.write_column("A1", [1, 2, 3])
        workbook.add_worksheet("Between")
        second = workbook.add_worksheet("Second")
        for place, kind in ((sheet, "column"), (second, "line"), (second, "bar")):
            chart = workbook.add_chart({"type": kind})
            chart.add_series({"values": "=Plan!$A$1:$A$3", "name": f"{kind} series"})
            place.insert_chart("F2", chart, {"description": f"A {kind} chart"})
    parts = [f"xl/charts/chart{number}.xml" for number in (1, 2, 3)]
    with zipfile.ZipFile(path) as archive:
        before = [archive.read(part) for part in parts]
    with open_book(path) as session:
        session.book.sheets["Plan"]["A1"].value = 5
        session.save()
        session.save()
    with zipfile.ZipFile(path) as archive:
        assert [archive.read(part) for part in parts] == before
        drawing = archive.read("xl/drawings/drawing2.xml").decode()
    assert 'descr="A line chart"' in drawing
    assert 'descr="A bar chart"' in drawing
    with open_book(path) as session:
        session.book.sheets["Second"].api._charts[0].title = "Changed"
        session.save()
    with zipfile.ZipFile(path) as archive:
        after = [archive.read(part) for part in parts]
    assert [now == then for now, then in zip(after, before, strict=True)] == [True, False, True]
    assert b"Changed" in after[1]


def test_newer_validations_and_sparklines_are_carried_over(tmp_path: Path) -> None:
    """Excel stores a validation that refers to another sheet as an extension."""
    path = tmp_path / "newer.xlsx"
    with xlsxwriter.Workbook(str(path)) as workbook:
        sheet = workbook.add_worksheet("Plan")
        workbook.add_worksheet("Lists").write_column("A1", ["a", "b"])
        sheet.add_sparkline("A1", {"range": "Lists!A1:A2"})
    validation = (
        b'<ext uri="{CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF}" '
        b'xmlns:x14="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main">'
        b'<x14:dataValidations xmlns:xm="http://schemas.microsoft.com/office/excel/2006/main" count="1">'
        b'<x14:dataValidation type="list"><x14:formula1><xm:f>Lists!$A$1:$A$2</xm:f></x14:formula1>'
        b"<xm:sqref>C1:C9</xm:sqref></x14:dataValidation></x14:dataValidations></ext></extLst>"
    )
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    part = "xl/worksheets/sheet1.xml"
    parts[part] = parts[part].replace(b"</extLst>", validation)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    with open_book(path) as session:
        assert session.losses == ()
        session.book.sheets["Lists"].name = "My lists"
        session.save()
        session.save()
    with open_book(path) as session:
        assert session.losses == ()
    stored = sheet_xml(path)
    assert stored.count("</extLst>") == 1
    formulas = ElementTree.fromstring(stored).iter("{http://schemas.microsoft.com/office/excel/2006/main}f")
    assert {formula.text for formula in formulas} == {"'My lists'!$A$1:$A$2", "'My lists'!A1:A2"}
    assert stored.rstrip().endswith("</extLst></worksheet>")


def test_losses_are_told(tmp_path: Path) -> None:
    path = tmp_path / "losing.xlsx"
    with xlsxwriter.Workbook(str(path)) as workbook:
        sheet = workbook.add_worksheet()
        sheet.insert_textbox("B2", "note")
        sheet.conditional_format("B1:B5", {"type": "data_bar", "data_bar_2010": True})
        sheet.write_dynamic_array_formula("D1", "=SORT(B1:B5)")
    with open_book(path) as session:
        told = " ".join(session.losses)
    assert "text boxes" in told
    assert "dynamic arrays" in told
    assert "data bars" in told


def test_arrays_written_here_are_fixed_size_arrays(book: xw.Book, tmp_path: Path) -> None:
    sheet = book.sheets[0]
    sheet["A1:B3"].formula_array = "=SEQUENCE(3,2)"
    remember_values(sheet["A1:B3"], [[1, 2], [3, 4], [5, 6]])
    sheet["A1:B3"].copy(sheet["D1"])
    book.save(tmp_path / "array.xlsx")
    stored = openpyxl.load_workbook(tmp_path / "array.xlsx").worksheets[0]
    for corner, ref in (("A1", "A1:B3"), ("D1", "D1:E3")):
        assert isinstance(stored[corner].value, ArrayFormula)
        assert (stored[corner].value.ref, stored[corner].value.text) == (ref, "=_xlfn.SEQUENCE(3,2)")
    assert '<c r="B3"><v>6</v></c>' in sheet_xml(tmp_path / "array.xlsx")


def test_pasting_values_freezes_formulas(book: xw.Book) -> None:
    sheet = book.sheets[0]
    sheet["A1"].formula = "=1+1"
    remember_values(sheet["A1"], 2)
    sheet["A1"].copy()
    sheet["B1:B2"].paste("values")
    assert sheet["B1:B2"].formula == (("2",), ("2",))


def test_saving_under_another_kind_is_refused(book: xw.Book, tmp_path: Path) -> None:
    with pytest.raises(HostError, match=r"\.csv"):
        book.save(tmp_path / "plan.csv")
    assert not (tmp_path / "plan.csv").exists()
