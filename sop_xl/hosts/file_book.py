"""Workbooks in files, as xlwings sees them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet
from xlwings import NoSuchObjectError, base_classes

from sop_xl.hosts.atomic import atomic_write
from sop_xl.hosts.errors import HostError
from sop_xl.hosts.file_cells import SheetCells
from sop_xl.hosts.file_charts import KeptCharts
from sop_xl.hosts.file_load import LoadedFile
from sop_xl.hosts.file_names import FileNames, qualified_reference
from sop_xl.hosts.file_range import FileRange
from sop_xl.hosts.file_sheet import FileSheet
from sop_xl.hosts.file_table import FileTable
from sop_xl.hosts.file_writer import write_workbook
from sop_xl.hosts.references import resolve_reference
from sop_xl.hosts.sheet_extensions import follow_in_extensions
from sop_xl.hosts.sheet_names import check_sheet_name
from sop_xl.hosts.sheet_references import follow_sheet_name

if TYPE_CHECKING:
    from sop_xl.hosts.file_engine import FileApp


class FileBook(base_classes.Book):
    """A workbook file.

    Attributes:
        workbook: the openpyxl workbook.
        losses: what saving would drop from the file, one sentence each.
        keep_read_values: on saving, keep the values the opened file held beside untouched formulas.
    """

    def __init__(self, app: FileApp, path: str, loaded: LoadedFile | None) -> None:
        self._app = app
        self._path = path
        self._calculated = loaded.calculated if loaded else None
        self.workbook: Workbook = loaded.workbook if loaded else Workbook()
        self.losses: tuple[str, ...] = loaded.losses if loaded else ()
        self.keep_read_values = False
        self._charts: KeptCharts = loaded.charts if loaded else {}
        self._app_version = loaded.app_version if loaded else ""
        self._extensions: dict[Worksheet, Any] = loaded.extensions if loaded else {}
        self._cells: dict[Worksheet, SheetCells] = {}
        if loaded is None:
            self.workbook.worksheets[0].title = "Sheet1"
        for worksheet in self.workbook.worksheets:
            self._cells[worksheet] = SheetCells(worksheet, self._calculated)

    @property
    def api(self) -> Workbook:
        """The openpyxl workbook."""
        return self.workbook

    @property
    def app(self) -> FileApp:
        """The app that holds the book."""
        return self._app

    @property
    def name(self) -> str:
        """File name, or Book1 before it was saved."""
        return Path(self._path).name

    @property
    def fullname(self) -> str:
        """Path of the file."""
        return self._path

    @property
    def sheets(self) -> FileSheets:
        """The worksheets."""
        return FileSheets(self)

    @property
    def names(self) -> FileNames:
        """All defined names."""
        return FileNames(self)

    def cells_of(self, worksheet: Worksheet) -> SheetCells:
        """The cells of a worksheet."""
        if worksheet not in self._cells:
            self._cells[worksheet] = SheetCells(worksheet)
        return self._cells[worksheet]

    def forget_cells(self, worksheet: Worksheet) -> None:
        """Drop what is known of a deleted worksheet."""
        self._cells.pop(worksheet, None)
        self._extensions.pop(worksheet, None)

    def follow_sheet_name(self, old: str, new: str | None) -> None:
        """Let everything that refers to a sheet follow its new name, or its end (None)."""
        follow_sheet_name(self.workbook, old, new)
        follow_in_extensions(self._extensions, old, new)

    def sheet_of(self, worksheet: Worksheet) -> FileSheet:
        """The sheet object of an openpyxl worksheet."""
        return FileSheet(self, worksheet)

    def has_sheet(self, name: str) -> bool:
        """Whether there is a worksheet of that name."""
        return any(worksheet.title.lower() == name.lower() for worksheet in self.workbook.worksheets)

    def find_table(self, name: str) -> FileTable | None:
        """The table of that name on any sheet."""
        for worksheet in self.workbook.worksheets:
            for table in worksheet.tables.values():
                if table.displayName.lower() == name.lower():
                    return FileTable(self.sheet_of(worksheet), table)
        return None

    def target_of_name(self, name: str, sheet: FileSheet) -> str | None:
        """What a name stands for, the sheet's own name before the workbook's."""
        found = FileNames(self, sheet.worksheet).find(name) or FileNames(self).find(name)
        return None if found is None else found.api.attr_text or ""

    def resolve(self, text: str, worksheet: Worksheet | None = None) -> FileRange | None:
        """The range that a reference names, or None."""
        return resolve_reference(self, text, self._sheet_or_active(worksheet))

    def qualified(self, text: str, worksheet: Worksheet | None = None) -> str:
        """What a name stands for, as the file stores it."""
        return qualified_reference(text, self._sheet_or_active(worksheet))

    def _sheet_or_active(self, worksheet: Worksheet | None) -> FileSheet:
        return self.sheets.active if worksheet is None else self.sheet_of(worksheet)

    def activate(self) -> None:
        """Make it the active book of its app."""
        self._app.books.bring_forward(self)

    def save(self, path: str | None = None, password: str | None = None) -> None:
        """Save the file; the previous file stays whole when anything fails.

        Raises:
            HostError: the type of file does not fit, or the file cannot be written.
        """
        if password is not None:
            raise NotImplementedError("A file is not saved with a password here; set it in Excel.")
        target = Path(path or self._path)
        if not target.suffix:
            target = target.with_suffix(".xlsx")
        atomic_write(target, self.write, backup=False)
        self._path = str(target.resolve())

    def write(self, path: Path) -> None:
        """Write the workbook to a path directly."""
        suffix = path.suffix.lower()
        if suffix not in (".xlsx", ".xlsm"):
            raise HostError(f"A workbook cannot be saved as '{suffix}'.", "Use .xlsx, or .xlsm for macros.")
        if suffix == ".xlsx" and self.workbook.vba_archive is not None:
            raise HostError("The workbook holds macros, which an .xlsx file cannot.", "Save it as .xlsm.")
        for sheet in self.sheets:
            for table in sheet.tables:
                table.take_names_from_header()
        for cells in self._cells.values():
            cells.keep_read_values = self.keep_read_values
        stored = {worksheet: cells.stored_value for worksheet, cells in self._cells.items()}
        write_workbook(self.workbook, path, stored, self._charts, self._extensions, self._app_version)

    def close(self) -> None:
        """Forget the book without saving."""
        if self.workbook.vba_archive is not None:
            self.workbook.vba_archive.close()
        self._app.books.forget(self)


class FileSheets(base_classes.Sheets):
    """The worksheets of a book, chart sheets left out."""

    def __init__(self, book: FileBook) -> None:
        self._book = book

    @property
    def api(self) -> Workbook:
        """The openpyxl workbook."""
        return self._book.workbook

    @property
    def active(self) -> FileSheet:
        """The sheet that shows when the file is opened."""
        active = self._book.workbook.active
        worksheets = self._book.workbook.worksheets
        return FileSheet(self._book, active if active in worksheets else worksheets[0])

    def __call__(self, name_or_index: int | str) -> FileSheet:
        """The sheet of that name or number."""
        worksheets = self._book.workbook.worksheets
        if isinstance(name_or_index, int):
            if not 1 <= name_or_index <= len(worksheets):
                raise NoSuchObjectError(f"The workbook has no sheet number {name_or_index}.")
            return FileSheet(self._book, worksheets[name_or_index - 1])
        for worksheet in worksheets:
            if worksheet.title.lower() == name_or_index.lower():
                return FileSheet(self._book, worksheet)
        raise NoSuchObjectError(f"The workbook has no sheet '{name_or_index}'.")

    def __len__(self) -> int:
        return len(self._book.workbook.worksheets)

    def __iter__(self) -> Iterator[FileSheet]:
        return iter([FileSheet(self._book, worksheet) for worksheet in self._book.workbook.worksheets])

    def __contains__(self, name: str) -> bool:
        return self._book.has_sheet(name)

    def add(
        self, before: FileSheet | None = None, after: FileSheet | None = None, name: str | None = None
    ) -> FileSheet:
        """Add a sheet, before the active one unless said otherwise, and make it active."""
        workbook = self._book.workbook
        if name is None:
            number = 1
            while self._book.has_sheet(f"Sheet{number}"):
                number += 1
            name = f"Sheet{number}"
        check_sheet_name(name)
        if after is not None:
            position = workbook._sheets.index(after.worksheet) + 1
        else:
            position = workbook._sheets.index((before or self.active).worksheet)
        sheet = FileSheet(self._book, workbook.create_sheet(name, position))
        sheet.activate()
        return sheet
