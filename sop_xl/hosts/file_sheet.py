"""Worksheets of a workbook file, as xlwings sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from openpyxl.worksheet.worksheet import Worksheet
from xlwings import NoSuchObjectError, base_classes

from sop_xl.hosts.addresses import MAX_COLUMNS, MAX_ROWS, Area, area_of, quote_sheet
from sop_xl.hosts.errors import HostError
from sop_xl.hosts.file_cells import SheetCells
from sop_xl.hosts.file_names import FileNames
from sop_xl.hosts.file_range import FileRange
from sop_xl.hosts.file_tables import FileTables
from sop_xl.hosts.references import resolve_reference
from sop_xl.hosts.sheet_names import check_sheet_name

if TYPE_CHECKING:
    from sop_xl.hosts.file_book import FileBook


class FileSheet(base_classes.Sheet):
    """A worksheet of a file."""

    def __init__(self, book: FileBook, worksheet: Worksheet) -> None:
        self._book = book
        self.worksheet = worksheet

    @property
    def api(self) -> Worksheet:
        """The openpyxl worksheet."""
        return self.worksheet

    @property
    def book(self) -> FileBook:
        """The workbook."""
        return self._book

    @property
    def cells_of_sheet(self) -> SheetCells:
        """The cells of this sheet."""
        return self._book.cells_of(self.worksheet)

    @property
    def name(self) -> str:
        """Name of the sheet; formulas, names, validations and charts follow a new one."""
        return self.worksheet.title

    @name.setter
    def name(self, value: str) -> None:
        old = self.worksheet.title
        if value == old:
            return
        check_sheet_name(value)
        if value.lower() != old.lower() and self._book.has_sheet(value):
            raise HostError(f"There is already a sheet named '{value}'.", "Choose another name.")
        # openpyxl would number a title that differs only in case, so it goes through a free one.
        self.worksheet.title = "\x7f"
        self.worksheet.title = value
        self._book.follow_sheet_name(old, value)

    @property
    def quoted_name(self) -> str:
        """Name as it stands before ``!`` in a reference."""
        return quote_sheet(self.worksheet.title)

    def reference(self, area: Area) -> str:
        """A reference to cells of this sheet, beginning with an equals sign."""
        return f"={self.quoted_name}!{area.a1(True, True)}"

    @property
    def index(self) -> int:
        """Position among the worksheets, counted from 1."""
        return self._book.workbook.worksheets.index(self.worksheet) + 1

    @property
    def names(self) -> FileNames:
        """Names that belong to this sheet alone."""
        return FileNames(self._book, self.worksheet)

    @property
    def tables(self) -> FileTables:
        """Tables on this sheet."""
        return FileTables(self)

    @property
    def visible(self) -> bool:
        """Whether the sheet shows."""
        return self.worksheet.sheet_state == "visible"

    @visible.setter
    def visible(self, value: bool) -> None:
        if value:
            self.worksheet.sheet_state = "visible"
            return
        others = [s for s in self._book.workbook._sheets if s is not self.worksheet]
        if not any(other.sheet_state == "visible" for other in others):
            raise HostError(f"Sheet '{self.name}' is the only visible one.", "Show another sheet first.")
        if self.visible:
            self.worksheet.sheet_state = "hidden"

    @property
    def show_gridlines(self) -> bool:
        """Whether gridlines show."""
        return self.worksheet.sheet_view.showGridLines is not False

    @show_gridlines.setter
    def show_gridlines(self, value: bool) -> None:
        self.worksheet.sheet_view.showGridLines = bool(value)

    # ------------------------------------------------------------------ ranges

    def at(self, area: Area) -> FileRange:
        """The range of a rectangle."""
        return FileRange(self, area)

    def range(self, arg1: Any, arg2: Any = None) -> FileRange:
        """A range by address, name, table reference, (row, column), (row, column, rows, columns) or corners.

        Raises:
            NoSuchObjectError: there is no such range on this sheet.
        """
        first = self._one(arg1)
        if arg2 is None:
            return first
        second = self._one(arg2).area
        area = first.area
        return self.at(
            Area(
                min(area.top, second.top),
                min(area.left, second.left),
                max(area.bottom, second.bottom),
                max(area.right, second.right),
            )
        )

    def _one(self, arg: Any) -> FileRange:
        if isinstance(arg, FileRange):
            return arg
        if isinstance(arg, tuple):
            if 0 in arg[:2]:
                raise IndexError("Rows and columns are counted from 1; the first cell is (1, 1).")
            if len(arg) == 4:
                row, column, height, width = arg
                return self.at(Area(row, column, row + height - 1, column + width - 1))
            return self.at(area_of(*arg, *arg))
        found = resolve_reference(self._book, arg, self)
        if found is None:
            raise NoSuchObjectError(f"Sheet '{self.name}' has no range, name or table '{arg}'.")
        if found.sheet.worksheet is not self.worksheet:
            raise NoSuchObjectError(f"'{arg}' is on sheet '{found.sheet.name}', not on '{self.name}'.")
        return found

    @property
    def cells(self) -> FileRange:
        """All cells of the sheet."""
        return self.at(Area(1, 1, MAX_ROWS, MAX_COLUMNS))

    @property
    def used_range(self) -> FileRange:
        """The rectangle of all filled or formatted cells."""
        return self.at(self.cells_of_sheet.used())

    def clear_contents(self) -> None:
        """Empty all cells, keep their formats."""
        self.used_range.clear_contents()

    def clear(self) -> None:
        """Empty all cells and drop their formats."""
        self.used_range.clear()

    # ------------------------------------------------------------------ the sheet as a whole

    def activate(self) -> None:
        """Let the file open on this sheet."""
        workbook = self._book.workbook
        workbook.active = workbook._sheets.index(self.worksheet)
        for other in workbook.worksheets:
            # A second selected tab would make Excel edit both sheets at once.
            other.sheet_view.tabSelected = other is self.worksheet

    select = activate

    def delete(self) -> None:
        """Delete the sheet; references to it become ``#REF!``."""
        workbook = self._book.workbook
        others = [sheet for sheet in workbook._sheets if sheet is not self.worksheet]
        if not any(sheet.sheet_state == "visible" for sheet in others):
            raise HostError(f"Sheet '{self.name}' is the only visible one.", "Show or add another first.")
        active = workbook.active
        workbook.remove(self.worksheet)
        self._book.forget_cells(self.worksheet)
        self._book.follow_sheet_name(self.worksheet.title, None)
        shown = active if active in others else next(s for s in others if s.sheet_state == "visible")
        workbook.active = others.index(shown)
        for other in workbook.worksheets:
            other.sheet_view.tabSelected = other is shown
