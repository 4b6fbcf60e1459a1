"""What every host owes to callers that know only xlwings' public calls.

A host is added by a test module with a ``host`` fixture that gives a `HostUnderTest`, and a class
that inherits `HostContract`.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd
import pytest
import xlsxwriter
import xlwings as xw


class HostUnderTest(Protocol):
    """The few things that differ between hosts."""

    calculates: bool
    #: Significant digits of a number that a saved file keeps.
    saved_digits: int

    def new(self) -> xw.Book:
        """A new workbook with one sheet."""

    def open(self, path: Path) -> xw.Book:
        """A workbook opened from a file."""

    def save_as(self, book: xw.Book, path: Path) -> None:
        """Save the workbook under a path."""


def reopened(host: HostUnderTest, book: xw.Book, folder: Path) -> xw.Book:
    """The same workbook after saving it and opening the file."""
    path = folder / "saved.xlsx"
    host.save_as(book, path)
    book.close()
    return host.open(path)


@pytest.fixture
def plan_file(tmp_path: Path) -> Path:
    """A workbook with a table, names of both scopes, named formulas and two sheets."""
    path = tmp_path / "plan.xlsx"
    with xlsxwriter.Workbook(str(path)) as workbook:
        demand = workbook.add_worksheet("Demand")
        other = workbook.add_worksheet("Other")
        demand.add_table(
            "B3:D6",
            {
                "name": "tblDemand",
                "columns": [{"header": "Family"}, {"header": "Qty"}, {"header": "Price"}],
                "data": [["Pumps", 120, 2.5], ["Valves", 80, 4], ["Filters", 100, 1]],
            },
        )
        demand.write("A1", "start")
        other.write("A1", 7)
        workbook.define_name("planning_start", "=Demand!$A$1")
        workbook.define_name("quantities", "=tblDemand[Qty]")
        workbook.define_name("Other!local_value", "=Other!$A$1")
    return path


class HostContract:
    """The contract."""

    # ------------------------------------------------------------------ books and sheets

    def test_new_book_has_one_sheet_and_is_listed(self, host: HostUnderTest) -> None:
        book = host.new()
        assert len(book.sheets) == 1
        assert book.name in [open_book.name for open_book in book.app.books]

    def test_closed_book_is_no_longer_listed(self, host: HostUnderTest) -> None:
        book = host.new()
        app, name = book.app, book.name
        host.new()
        book.close()
        assert name not in [other.name for other in app.books]

    def test_sheets_are_added_renamed_ordered_and_deleted(self, host: HostUnderTest, tmp_path: Path) -> None:
        book = host.new()
        first = book.sheets[0]
        first.name = "First"
        book.sheets.add("Last", after=first)
        book.sheets.add("Middle", before="Last")
        assert [sheet.name for sheet in book.sheets] == ["First", "Middle", "Last"]
        assert book.sheets["middle"].index == 2
        book.sheets["Middle"].delete()
        book = reopened(host, book, tmp_path)
        assert book.sheet_names == ["First", "Last"]

    def test_formulas_and_names_follow_a_renamed_sheet(self, host: HostUnderTest) -> None:
        book = host.new()
        data = book.sheets[0]
        data.name = "Data"
        report = book.sheets.add("Report", after=data)
        data["A1"].value = 5
        report["A1"].formula = '=Data!A1&"Data!A1"'
        book.names.add("anchor", "=Data!$A$1")
        data.name = "Sales data"
        assert report["A1"].formula == "='Sales data'!A1&\"Data!A1\""
        assert book.names["anchor"].refers_to == "='Sales data'!$A$1"

    def test_hidden_sheet_stays_hidden(self, host: HostUnderTest, tmp_path: Path) -> None:
        book = host.new()
        book.sheets.add("Lists", after=book.sheets[0]).visible = False
        book = reopened(host, book, tmp_path)
        assert not book.sheets["Lists"].visible
        assert book.sheets[0].visible

    def test_unknown_sheet_is_refused(self, host: HostUnderTest) -> None:
        book = host.new()
        with pytest.raises(Exception, match=r"."):
            book.sheets["nowhere"]

    # ------------------------------------------------------------------ values

    @pytest.mark.parametrize(
        ("written", "read"),
        [
            (3, 3.0),
            (2.5, 2.5),
            (0.1 + 0.2, 0.1 + 0.2),
            (-1e-300, -1e-300),
            (True, True),
            ("text", "text"),
            ("Zürich – 東京", "Zürich – 東京"),
            (" spaces ", " spaces "),
            ("two\nlines", "two\nlines"),
            (None, None),
            ("", None),
            (float("nan"), None),
            (np.float64(1.5), 1.5),
            (np.int64(4), 4.0),
            (dt.datetime(2024, 2, 29, 13, 30), dt.datetime(2024, 2, 29, 13, 30)),
            (pd.Timestamp("2024-03-01"), dt.datetime(2024, 3, 1)),
        ],
    )
    def test_scalar_survives_saving(
        self, host: HostUnderTest, tmp_path: Path, written: object, read: object
    ) -> None:
        book = host.new()
        book.sheets[0]["B2"].value = written
        assert book.sheets[0]["B2"].value == read
        book = reopened(host, book, tmp_path)
        value = book.sheets[0]["B2"].value
        if isinstance(read, float):
            assert f"{value:.{host.saved_digits}g}" == f"{read:.{host.saved_digits}g}"
        else:
            assert value == read
        assert type(value) is type(read)

    def test_shapes_of_values(self, host: HostUnderTest) -> None:
        sheet = host.new().sheets[0]
        sheet["A1"].value = [[1, 2], [3, 4]]
        sheet["D1"].value = [5, 6, 7]
        assert sheet["A1:B2"].value == [[1.0, 2.0], [3.0, 4.0]]
        assert sheet["A1:B1"].value == [1.0, 2.0]
        assert sheet["A1:A2"].value == [1.0, 3.0]
        assert sheet["D1:F1"].value == [5.0, 6.0, 7.0]
        assert sheet["A1"].options(ndim=2).value == [[1.0]]
        assert sheet["A1"].options(ndim=1).value == [1.0]

    def test_scalar_fills_the_range(self, host: HostUnderTest) -> None:
        sheet = host.new().sheets[0]
        sheet["A1:B3"].value = 9
        assert sheet["A1:B3"].value == [[9.0, 9.0]] * 3

    def test_options_convert_values(self, host: HostUnderTest) -> None:
        sheet = host.new().sheets[0]
        sheet["A1"].value = [[1, None], [dt.datetime(2024, 5, 6), 2]]
        assert sheet["A1"].options(numbers=int).value == 1
        assert sheet["A2"].options(dates=dt.date).value == dt.date(2024, 5, 6)
        assert sheet["A1:B1"].options(empty="-").value == [1.0, "-"]
        assert sheet["A1:A2"].options(transpose=True, ndim=2).value == [[1.0, dt.datetime(2024, 5, 6)]]
        array = sheet["A1:B1"].options(np.array).value
        assert array[0] == 1.0
        assert np.isnan(array[1])

    def test_data_frame_round_trip(self, host: HostUnderTest, tmp_path: Path) -> None:
        frame = pd.DataFrame(
            {
                "family": ["Pumps", "Valves"],
                "month": pd.to_datetime(["2024-01-01", "2024-02-01"]),
                "qty": [1.0, np.nan],
            }
        )
        book = host.new()
        book.sheets[0]["C4"].options(index=False).value = frame
        book = reopened(host, book, tmp_path)
        again = book.sheets[0]["C4:E6"].options(pd.DataFrame, index=False).value
        pd.testing.assert_frame_equal(again, frame, check_dtype=False)

    def test_overwriting_leaves_no_trace(self, host: HostUnderTest) -> None:
        sheet = host.new().sheets[0]
        sheet["A1"].value = [[1, 2], [3, 4]]
        sheet["A1"].value = [[None, "x"], [5, None]]
        assert sheet["A1:B2"].value == [[None, "x"], [5.0, None]]

    def test_apostrophe_makes_text(self, host: HostUnderTest, tmp_path: Path) -> None:
        texts = ["=1+1", "+1", "-1", "@x", "007", "'quoted"]
        book = host.new()
        book.sheets[0]["A1"].value = [[f"'{text}"] for text in texts]
        book = reopened(host, book, tmp_path)
        assert book.sheets[0]["A1:A6"].value == texts

    # ------------------------------------------------------------------ formulas

    def test_formulas_are_read_as_written(self, host: HostUnderTest, tmp_path: Path) -> None:
        book = host.new()
        sheet = book.sheets[0]
        sheet["A1"].value = [[1], [2]]
        sheet["B1"].formula = [["=SUM(A1:A2)", "plain"], [5, '=A1&" = "&A2']]
        book = reopened(host, book, tmp_path)
        assert book.sheets[0]["B1:C2"].formula == (("=SUM(A1:A2)", "plain"), ("5", '=A1&" = "&A2'))
        assert book.sheets[0]["B1"].formula == "=SUM(A1:A2)"

    def test_text_with_equals_sign_in_value_is_a_formula(self, host: HostUnderTest) -> None:
        sheet = host.new().sheets[0]
        sheet["A1"].value = "=1+1"
        assert sheet["A1"].formula == "=1+1"

    def test_one_formula_fills_a_range_with_moving_references(self, host: HostUnderTest) -> None:
        sheet = host.new().sheets[0]
        sheet["B1:C2"].formula = "=$A1+B$5"
        assert sheet["B1:C2"].formula == (("=$A1+B$5", "=$A1+C$5"), ("=$A2+B$5", "=$A2+C$5"))

    def test_newer_functions_are_written_and_read_without_prefix(
        self, host: HostUnderTest, tmp_path: Path
    ) -> None:
        book = host.new()
        formulas = ['=IFNA(XLOOKUP(1,A1:A3,B1:B3),"SORT(x)")', "=MAXIFS(A1:A3,B1:B3,2)"]
        book.sheets[0]["D1"].formula = [[formula] for formula in formulas]
        book = reopened(host, book, tmp_path)
        assert [book.sheets[0][f"D{row}"].formula for row in (1, 2)] == formulas

    def test_array_formula_of_fixed_size(self, host: HostUnderTest, tmp_path: Path) -> None:
        book = host.new()
        book.sheets[0]["A1"].value = [[1], [2], [3]]
        book.sheets[0]["C1:C3"].formula_array = "=A1:A3*2"
        book = reopened(host, book, tmp_path)
        sheet = book.sheets[0]
        assert sheet["C1:C3"].formula_array == "=A1:A3*2"
        assert sheet["C2"].has_array
        assert not sheet["A1"].has_array
        if host.calculates:
            assert sheet["C1:C3"].value == [2.0, 4.0, 6.0]

    def test_part_of_an_array_cannot_be_changed(self, host: HostUnderTest) -> None:
        sheet = host.new().sheets[0]
        sheet["C1:C3"].formula_array = "=A1:A3*2"
        with pytest.raises(Exception, match=r"."):
            sheet["C2"].value = 1
        sheet["C1:C3"].clear_contents()
        sheet["C2"].value = 1
        assert sheet["C1:C3"].value == [None, 1.0, None]

    def test_calculated_values(self, host: HostUnderTest) -> None:
        sheet = host.new().sheets[0]
        sheet["A1"].value = 4
        sheet["A2"].formula = "=A1*2"
        sheet.book.app.calculate()
        assert sheet["A2"].value == (8.0 if host.calculates else None)

    # ------------------------------------------------------------------ places

    def test_ways_to_ask_for_a_range(self, host: HostUnderTest) -> None:
        sheet = host.new().sheets[0]
        for rng in (
            sheet["B2:C4"],
            sheet.range("$B$2:$C$4"),
            sheet.range((2, 2), (4, 3)),
            sheet.range("B2", "C4"),
            sheet[1:4, 1:3],
            sheet.range(sheet["B2"], sheet["C4"]),
            sheet["B2"].resize(3, 2),
            sheet["A1:B3"].offset(1, 1),
        ):
            assert rng.address == "$B$2:$C$4"
            assert rng.shape == (3, 2)
        assert sheet["B2:C4"].last_cell.address == "$C$4"
        assert [row.address for row in sheet["B2:C3"].rows] == ["$B$2:$C$2", "$B$3:$C$3"]
        assert [column.address for column in sheet["B2:C3"].columns] == ["$B$2:$B$3", "$C$2:$C$3"]
        assert sheet["B2:C4"](2, 2).get_address(False, False) == "C3"

    def test_expand_end_and_regions(self, host: HostUnderTest) -> None:
        sheet = host.new().sheets[0]
        sheet["B2"].value = [["a", "b", "c"], [1, 2, 3], [4, 5, 6]]
        sheet["G10"].value = "far"
        assert sheet["B2"].expand().address == "$B$2:$D$4"
        assert sheet["B2"].expand("down").address == "$B$2:$B$4"
        assert sheet["B2"].expand("right").address == "$B$2:$D$2"
        assert sheet["B2"].end("down").address == "$B$4"
        assert sheet["D4"].end("left").address == "$B$4"
        assert sheet["D4"].end("up").address == "$D$2"
        assert sheet["G1"].end("down").address == "$G$10"
        assert sheet["A1"].end("down").address == "$A$1048576"
        assert sheet["A10"].end("right").address == "$G$10"
        assert sheet["C3"].current_region.address == "$B$2:$D$4"
        assert sheet.used_range.address == "$B$2:$G$10"

    # ------------------------------------------------------------------ names

    def test_names_of_a_file(self, host: HostUnderTest, plan_file: Path) -> None:
        book = host.open(plan_file)
        assert book.names["planning_start"].refers_to == "=Demand!$A$1"
        assert book.names["planning_start"].refers_to_range.value == "start"
        assert "planning_start" in book.names
        assert "nothing" not in book.names
        assert book.sheets["Demand"]["planning_start"].value == "start"
        assert book.names["quantities"].refers_to_range.value == [120.0, 80.0, 100.0]
        assert book.sheets["Other"]["local_value"].value == 7
        assert {name.name for name in book.names} == {"planning_start", "quantities", "Other!local_value"}

    def test_names_are_added_changed_and_deleted(self, host: HostUnderTest, tmp_path: Path) -> None:
        book = host.new()
        sheet = book.sheets[0]
        sheet.name = "My data"
        book.names.add("first", "='My data'!$A$1")
        book.names.add("rate", "=0.25")
        sheet.names.add("own", "='My data'!$C$3")
        sheet["D4"].name = "corner"
        book.names["first"].refers_to = "='My data'!$B$2"
        book.names["rate"].delete()
        book = reopened(host, book, tmp_path)
        assert book.names["first"].refers_to_range.address == "$B$2"
        assert "rate" not in book.names
        assert book.sheets[0]["own"].address == "$C$3"
        assert book.sheets[0]["D4"].name.name == "corner"

    # ------------------------------------------------------------------ tables

    def test_tables_of_a_file(self, host: HostUnderTest, plan_file: Path) -> None:
        sheet = host.open(plan_file).sheets["Demand"]
        table = sheet.tables["tblDemand"]
        assert [table.name for table in sheet.tables] == ["tblDemand"]
        assert table.range.address == "$B$3:$D$6"
        assert table.header_row_range.value == ["Family", "Qty", "Price"]
        assert table.data_body_range.address == "$B$4:$D$6"
        assert sheet["C4"].table == table

    @pytest.mark.parametrize(
        ("reference", "address"),
        [
            ("tblDemand", "$B$4:$D$6"),
            ("tblDemand[Qty]", "$C$4:$C$6"),
            ("tblDemand[#All]", "$B$3:$D$6"),
            ("tblDemand[#Headers]", "$B$3:$D$3"),
            ("tblDemand[[#Headers],[Price]]", "$D$3"),
            ("tblDemand[[Qty]:[Price]]", "$C$4:$D$6"),
        ],
    )
    def test_table_references(
        self, host: HostUnderTest, plan_file: Path, reference: str, address: str
    ) -> None:
        assert host.open(plan_file).sheets["Demand"][reference].address == address

    def test_table_is_made_filled_and_resized(self, host: HostUnderTest, tmp_path: Path) -> None:
        book = host.new()
        sheet = book.sheets[0]
        sheet["A1"].value = [["Item", "Qty"], ["a", 1], ["b", 2]]
        table = sheet.tables.add(source=sheet["A1:B3"], name="tblItems")
        sheet["A4"].value = [["c", 3], ["d", 4]]
        table.resize(sheet["A1:B5"])
        assert sheet["tblItems[Qty]"].value == [1.0, 2.0, 3.0, 4.0]
        table.resize(sheet["A1:B2"])
        sheet["A3:B5"].clear_contents()
        book = reopened(host, book, tmp_path)
        assert book.sheets[0].tables["tblItems"].range.address == "$A$1:$B$2"
        assert book.sheets[0]["A1:B3"].value == [["Item", "Qty"], ["a", 1.0], [None, None]]

    # ------------------------------------------------------------------ formats, clearing, copying

    def test_formats_survive_saving(self, host: HostUnderTest, tmp_path: Path) -> None:
        book = host.new()
        sheet = book.sheets[0]
        cells = sheet["B2:C3"]
        cells.value = 1234.5
        cells.number_format = "#,##0.00"
        cells.color = (255, 230, 153)
        cells.font.bold = True
        cells.font.italic = True
        cells.font.size = 14
        cells.font.color = "#123456"
        cells.wrap_text = True
        sheet["B1"].column_width = 20
        sheet["A2"].row_height = 30
        sheet["A7:A8"].rows.hidden = True
        book = reopened(host, book, tmp_path)
        sheet = book.sheets[0]
        again = sheet["B2:C3"]
        assert again.number_format == "#,##0.00"
        assert again.color == (255, 230, 153)
        assert again.font.bold
        assert again.font.italic
        assert again.font.size == 14
        assert again.font.color == (0x12, 0x34, 0x56)
        assert again.wrap_text
        assert sheet["B1"].column_width == pytest.approx(20, abs=0.5)
        assert sheet["A2"].row_height == pytest.approx(30, abs=0.5)
        assert sheet["A7"].rows.hidden
        assert not sheet["A6"].rows.hidden
        assert sheet["D4"].color is None
        assert sheet["B2:D2"].font.bold is None

    def test_new_value_takes_the_format_of_its_column(self, host: HostUnderTest) -> None:
        sheet = host.new().sheets[0]
        sheet["B:B"].number_format = "0.000"
        sheet["B5"].value = 2
        assert sheet["B5"].number_format == "0.000"

    def test_clear_contents_keeps_formats_and_clear_drops_them(self, host: HostUnderTest) -> None:
        sheet = host.new().sheets[0]
        sheet["A1:A2"].value = 1
        sheet["A1:A2"].number_format = "0.00"
        sheet["A1"].clear_contents()
        sheet["A2"].clear()
        assert sheet["A1:A2"].value == [None, None]
        assert sheet["A1"].number_format == "0.00"
        assert sheet["A2"].number_format == "General"

    def test_copy_moves_references_and_formats(self, host: HostUnderTest) -> None:
        sheet = host.new().sheets[0]
        sheet["A1"].value = [[1, "=A1*$A$1"]]
        sheet["A1:B1"].number_format = "0.0"
        sheet["A1:B1"].copy(sheet["C3"])
        assert sheet["C3"].value == 1
        assert sheet["D3"].formula == "=C3*$A$1"
        assert sheet["C3:D3"].number_format == "0.0"

    def test_paste_formats_leaves_values(self, host: HostUnderTest) -> None:
        sheet = host.new().sheets[0]
        sheet["A1"].value = 1
        sheet["A1"].color = (1, 2, 3)
        sheet["B1:B3"].value = 7
        sheet["A1"].copy()
        sheet["B1:B3"].paste("formats")
        assert sheet["B1:B3"].value == [7.0, 7.0, 7.0]
        assert sheet["B1:B3"].color == (1, 2, 3)

    def test_builtin_style_by_name(self, host: HostUnderTest, tmp_path: Path) -> None:
        book = host.new()
        book.sheets[0]["A1:B2"].value = 5
        book.sheets[0]["A1:B2"].api.Style = "Input"
        book = reopened(host, book, tmp_path)
        assert book.sheets[0]["B2"].color == (255, 204, 153)

    # ------------------------------------------------------------------ the app

    def test_settings_of_the_app_are_put_back(self, host: HostUnderTest) -> None:
        app = host.new().app
        before = app.screen_updating, app.display_alerts
        with app.properties(screen_updating=False, display_alerts=False, status_bar="Planning"):
            assert app.screen_updating is False
        assert (app.screen_updating, app.display_alerts) == before
