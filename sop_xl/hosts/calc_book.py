"""Workbooks and sheets open in LibreOffice, as xlwings sees them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xlwings import NoSuchObjectError, base_classes

from sop_xl.hosts.addresses import MAX_COLUMNS, MAX_ROWS, Area, area_of, quote_sheet
from sop_xl.hosts.calc_names import CalcNames
from sop_xl.hosts.calc_range import CalcRange
from sop_xl.hosts.calc_tables import CalcTable, CalcTables, tables_of
from sop_xl.hosts.errors import HostError
from sop_xl.hosts.references import resolve_reference
from sop_xl.hosts.sheet_names import check_sheet_name

if TYPE_CHECKING:
    from sop_xl.hosts.calc_engine import CalcApp


class CalcBook(base_classes.Book):
    """A workbook open in LibreOffice.

    Attributes:
        number: under which LibreOffice's side knows it.
    """

    def __init__(self, app: CalcApp, number: int) -> None:
        self._app = app
        self.number = number
        self._styles: dict[str, str] = {}

    def ask(self, do: str, **arguments: Any) -> Any:
        """Ask LibreOffice for something about this workbook."""
        return self._app.link.request(do, document=self.number, **arguments)

    @property
    def api(self) -> None:
        """There is no native object on this side."""
        return

    @property
    def app(self) -> CalcApp:
        """The LibreOffice."""
        return self._app

    def _listed(self) -> tuple[str, str]:
        for number, title, path in self._app.link.request("documents"):
            if number == self.number:
                return title, path
        raise HostError("The workbook is no longer open in LibreOffice.", "Open it again.")

    @property
    def name(self) -> str:
        """File name, or LibreOffice's title before it was saved."""
        title, path = self._listed()
        return Path(path).name if path else title

    @property
    def fullname(self) -> str:
        """Path of the file, or the title before it was saved."""
        title, path = self._listed()
        return path or title

    @property
    def sheets(self) -> CalcSheets:
        """The sheets."""
        return CalcSheets(self)

    @property
    def names(self) -> CalcNames:
        """All defined names."""
        return CalcNames(self)

    def style(self, name: str) -> str | None:
        """A cell style as the workbook spells it; None when it has none of that name."""
        if name.lower() not in self._styles:
            self._styles = {style.lower(): style for style in self.ask("styles")}
        return self._styles.get(name.lower())

    def style_names(self) -> list[str]:
        """The cell styles."""
        return list(self.ask("styles"))

    def sheet_named(self, name: str) -> CalcSheet:
        """A sheet that is known to be there."""
        return CalcSheet(self, name)

    def has_sheet(self, name: str) -> bool:
        """Whether there is a sheet of that name."""
        return any(sheet.lower() == name.lower() for sheet in self.ask("sheets"))

    def find_table(self, name: str) -> CalcTable | None:
        """The table of that name on any sheet."""
        return next((table for table in tables_of(self) if table.name.lower() == name.lower()), None)

    def target_of_name(self, name: str, sheet: CalcSheet) -> str | None:
        """What a name stands for, the sheet's own name before the workbook's."""
        found = self.ask("name", sheet=sheet.name, name=name) or self.ask("name", sheet=None, name=name)
        return found[1] if found else None

    def activate(self) -> None:
        """The window is its user's."""

    def save(self, path: str | None = None, password: str | None = None) -> None:
        """Save in place, or under a path.

        Raises:
            HostError: there is no path yet, the type of file does not fit, or LibreOffice cannot write it.
        """
        if password is not None:
            raise NotImplementedError("A workbook is saved with a password in LibreOffice itself.")
        if path is None and not self._listed()[1]:
            raise HostError("The workbook was never saved.", "Save it in LibreOffice first.")
        if path is not None and Path(path).suffix.lower() not in (".xlsx", ".xlsm", ".ods"):
            raise HostError(
                f"A workbook cannot be saved as '{Path(path).suffix}'.", "Use .xlsx, .xlsm or .ods."
            )
        self.ask("save", path=None if path is None else str(Path(path).absolute()))

    def close(self) -> None:
        """Close without saving."""
        self.ask("close")


class CalcSheets(base_classes.Sheets):
    """The sheets of a workbook."""

    def __init__(self, book: CalcBook) -> None:
        self._book = book

    @property
    def api(self) -> None:
        """There is no native object on this side."""
        return

    def _names(self) -> list[str]:
        return list(self._book.ask("sheets"))

    @property
    def active(self) -> CalcSheet:
        """The sheet that shows."""
        return CalcSheet(self._book, self._book.ask("active_sheet"))

    def __call__(self, name_or_index: int | str) -> CalcSheet:
        """The sheet of that name or position."""
        names = self._names()
        if isinstance(name_or_index, int):
            if not 1 <= name_or_index <= len(names):
                raise NoSuchObjectError(f"The workbook has no sheet number {name_or_index}.")
            return CalcSheet(self._book, names[name_or_index - 1])
        for name in names:
            if name.lower() == name_or_index.lower():
                return CalcSheet(self._book, name)
        raise NoSuchObjectError(f"The workbook has no sheet '{name_or_index}'.")

    def __len__(self) -> int:
        return len(self._names())

    def __iter__(self) -> Iterator[CalcSheet]:
        return iter([CalcSheet(self._book, name) for name in self._names()])

    def add(
        self, before: CalcSheet | None = None, after: CalcSheet | None = None, name: str | None = None
    ) -> CalcSheet:
        """Add a sheet before or after another, or before the active one."""
        names = self._names()
        if name is None:
            number = 1
            while f"sheet{number}" in {taken.lower() for taken in names}:
                number += 1
            name = f"Sheet{number}"
        check_sheet_name(name)
        if after is not None:
            position = names.index(after.name) + 1
        else:
            position = names.index(before.name if before is not None else self.active.name)
        self._book.ask("add_sheet", name=name, position=position)
        return CalcSheet(self._book, name)


class CalcSheet(base_classes.Sheet):
    """A sheet of a workbook."""

    def __init__(self, book: CalcBook, name: str) -> None:
        self._book = book
        self._name = name

    def ask(self, do: str, **arguments: Any) -> Any:
        """Ask LibreOffice for something about this sheet."""
        return self._book.ask(do, sheet=self._name, **arguments)

    @property
    def api(self) -> None:
        """There is no native object on this side."""
        return

    @property
    def book(self) -> CalcBook:
        """The workbook."""
        return self._book

    @property
    def name(self) -> str:
        """Name of the sheet; formulas and names follow a new one."""
        return self._name

    @name.setter
    def name(self, value: str) -> None:
        if value == self._name:
            return
        check_sheet_name(value)
        if value.lower() != self._name.lower() and self._book.has_sheet(value):
            raise HostError(f"There is already a sheet named '{value}'.", "Choose another name.")
        self.ask("rename_sheet", name=value)
        self._name = value

    @property
    def quoted_name(self) -> str:
        """Name as it stands before ``!`` in a reference."""
        return quote_sheet(self._name)

    @property
    def index(self) -> int:
        """Position, counted from 1."""
        return list(self._book.ask("sheets")).index(self._name) + 1

    @property
    def names(self) -> CalcNames:
        """Names that belong to this sheet alone."""
        return CalcNames(self._book, self)

    @property
    def tables(self) -> CalcTables:
        """Tables on this sheet."""
        return CalcTables(self)

    @property
    def visible(self) -> bool:
        """Whether the sheet shows."""
        return self._name in self._book.ask("visible_sheets")

    @visible.setter
    def visible(self, value: bool) -> None:
        self._refuse_last("Show another sheet first." if not value else "")
        self.ask("show_sheet", visible=bool(value))

    def _refuse_last(self, remedy: str) -> None:
        if remedy and set(self._book.ask("visible_sheets")) <= {self._name}:
            raise HostError(f"Sheet '{self._name}' is the only visible one.", remedy)

    # ------------------------------------------------------------------ ranges

    def at(self, area: Area) -> CalcRange:
        """The range of a rectangle."""
        return CalcRange(self, area)

    def range(self, arg1: Any, arg2: Any = None) -> CalcRange:
        """A range by address, name, table reference, (row, column), (row, column, rows, columns) or corners.

        Raises:
            NoSuchObjectError: there is no such range on this sheet.
        """
        first = self._one(arg1)
        if arg2 is None:
            return first
        one, two = first.area, self._one(arg2).area
        return self.at(
            Area(
                min(one.top, two.top),
                min(one.left, two.left),
                max(one.bottom, two.bottom),
                max(one.right, two.right),
            )
        )

    def _one(self, arg: Any) -> CalcRange:
        if isinstance(arg, CalcRange):
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
        if found.sheet.name != self.name:
            raise NoSuchObjectError(f"'{arg}' is on sheet '{found.sheet.name}', not on '{self.name}'.")
        return found

    @property
    def cells(self) -> CalcRange:
        """All cells of the sheet."""
        return self.at(Area(1, 1, MAX_ROWS, MAX_COLUMNS))

    @property
    def used_range(self) -> CalcRange:
        """The rectangle of all filled or formatted cells."""
        return self.at(Area(*self.ask("used")))

    def clear_contents(self) -> None:
        """Empty all cells, keep their formats."""
        self.used_range.clear_contents()

    def clear(self) -> None:
        """Empty all cells and drop their formats."""
        self.used_range.clear()

    # ------------------------------------------------------------------ the sheet as a whole

    def activate(self) -> None:
        """Show this sheet."""
        self.ask("activate")

    select = activate

    def delete(self) -> None:
        """Delete the sheet; references to it become ``#REF!``."""
        self._refuse_last("Show or add another first.")
        self.ask("delete_sheet")
