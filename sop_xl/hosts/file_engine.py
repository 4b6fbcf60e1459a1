"""An xlwings engine over workbook files: no spreadsheet program needed.

The same ``xlwings.Book``, ``Sheet``, ``Range``, ``Name`` and ``Table`` calls that drive Excel on
Windows and macOS work here on an ``.xlsx`` or ``.xlsm`` file::

    app = file_engine().apps.add()
    book = app.books.open("plan.xlsx")
    book.sheets["Demand"]["tblDemand[Qty]"].value

What differs from Excel, on purpose:

- Nothing is recalculated. A formula gives the value it had in the file, or the one told by
  `remember_values`, or None.
- Text that looks like a number or a date stays text. Text after a leading apostrophe is text on
  every host, also when it begins with ``=``.
- A name or a table is asked for on the sheet it is on, as Excel wants it too.
- Rows and columns are not inserted or deleted.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import xlwings as xw
from xlwings import base_classes

from sop_xl.hosts.addresses import Area
from sop_xl.hosts.cell_values import Rows, cleaned_rows, plain_value
from sop_xl.hosts.file_book import FileBook
from sop_xl.hosts.file_load import load_file
from sop_xl.hosts.file_range import FileRange

ENGINE_NAME = "sop-file"

_process_ids = itertools.count(-1, -1)


def file_engine() -> xw.Engine:
    """The engine over files; it is registered with xlwings once, and never made the active one.

    >>> file_engine().name, file_engine() is file_engine()
    ('sop-file', True)
    """
    if ENGINE_NAME not in xw.engines.engines_by_name:
        xw.engines.add(xw.Engine(impl=FileEngine()))
    return xw.engines[ENGINE_NAME]


def remember_values(rng: xw.Range, values: Any) -> None:
    """Tell what formulas just written come to, so that reading and the saved file show it.

    Spreadsheet programs calculate for themselves, so on other engines nothing happens. Cells that
    hold a constant are left alone; missing values are forgotten.

    Args:
        rng: the cells, of any host.
        values: a scalar, a list, rows of columns, a numpy array or a data frame's values; its shape is
            that of the range, a scalar goes to every cell.
    Raises:
        ValueError: the shapes differ.
    """
    target = rng.impl
    if not isinstance(target, FileRange):
        return
    rows = _as_rows(values, target.area)
    target.cells.remember(target.area, rows)


def _as_rows(values: Any, area: Area) -> Rows:
    values = values.to_numpy() if hasattr(values, "to_numpy") else values
    values = values.tolist() if hasattr(values, "tolist") else values
    if not isinstance(values, list | tuple):
        return [[values] * area.width] * area.height
    rows: Rows
    if values and isinstance(values[0], list | tuple):
        rows = values
    elif area.width == 1 and area.height > 1:
        rows = [[value] for value in values]
    else:
        rows = [values]
    if len(rows) != area.height or any(len(row) != area.width for row in rows):
        width = len(rows[0]) if rows else 0
        raise ValueError(
            f"{len(rows)} x {width} values were given for the {area.height} x {area.width} cells {area.a1()}"
        )
    return rows


class FileEngine:
    """What xlwings asks of an engine."""

    name = ENGINE_NAME
    type = "desktop"

    def __init__(self) -> None:
        self.apps = FileApps(self)

    @staticmethod
    def prepare_xl_data_element(x: Any, options: Any) -> Any:
        """A value as it goes into a cell."""
        kind = type(x)
        if kind is str or kind is int or (kind is float and x - x == 0.0):
            return x
        return plain_value(x)

    @staticmethod
    def clean_value_data(
        data: Rows, datetime_builder: Any, empty_as: Any, number_builder: Any, err_to_str: bool
    ) -> list[list[Any]]:
        """Values as they come out of cells."""
        return cleaned_rows(data, datetime_builder, empty_as, number_builder, err_to_str)


class FileApps(base_classes.Apps):
    """The apps of the engine; each holds its own books."""

    def __init__(self, engine: FileEngine) -> None:
        self.engine = engine
        self._apps: list[FileApp] = []

    def add(self, spec: Any = None, add_book: Any = None, xl: Any = None, visible: Any = None) -> FileApp:
        """A new app, with an empty book only when asked for."""
        app = FileApp(self)
        self._apps.insert(0, app)
        if add_book:
            app.books.add()
        return app

    def remove(self, app: FileApp) -> None:
        """Forget an app."""
        if app in self._apps:
            self._apps.remove(app)

    def keys(self) -> list[int]:
        """Numbers of the apps."""
        return [app.pid for app in self._apps]

    @staticmethod
    def cleanup() -> None:
        """There is no process to end."""

    def __iter__(self) -> Iterator[FileApp]:
        return iter(list(self._apps))

    def __len__(self) -> int:
        return len(self._apps)

    def __getitem__(self, pid: int) -> FileApp:
        for app in self._apps:
            if app.pid == pid:
                return app
        raise KeyError(pid)


class FileApp(base_classes.App):
    """A holder of open books; the settings of a spreadsheet program are kept and have no effect."""

    screen_updating: Any = True
    display_alerts: Any = True
    enable_events: Any = True
    interactive: Any = True
    calculation: Any = "automatic"
    status_bar: Any = False
    cut_copy_mode: Any = False
    visible: Any = False
    version = "16.0"
    api = None
    hwnd = None
    selection = None

    def __init__(self, apps: FileApps) -> None:
        self._apps = apps
        self._pid = next(_process_ids)
        self._books = FileBooks(self)
        self.clipboard: FileRange | None = None

    @property
    def engine(self) -> FileEngine:
        """The engine."""
        return self._apps.engine

    @property
    def pid(self) -> int:
        """A negative number, because there is no process."""
        return self._pid

    @property
    def books(self) -> FileBooks:
        """The open books."""
        return self._books

    def calculate(self) -> None:
        """Nothing happens: the spreadsheet program that opens the file next recalculates it."""

    def activate(self, steal_focus: bool = False) -> None:
        """There is no window."""

    def quit(self) -> None:
        """Forget all books without saving."""
        for book in list(self._books):
            book.close()
        self._apps.remove(self)

    kill = quit


class FileBooks(base_classes.Books):
    """The open books of an app."""

    def __init__(self, app: FileApp) -> None:
        self.app = app
        self._books: list[FileBook] = []

    @property
    def api(self) -> None:
        """There is no native object."""
        return

    @property
    def active(self) -> FileBook:
        """The book opened or activated last."""
        return self._books[-1]

    def open(self, fullname: str, *args: Any, **kwargs: Any) -> FileBook:
        """Open an .xlsx or .xlsm file.

        Raises:
            HostError: it is damaged or no workbook.
        """
        path = Path(fullname).resolve()
        book = FileBook(self.app, str(path), load_file(path))
        self._books.append(book)
        return book

    def add(self) -> FileBook:
        """A new workbook with one sheet."""
        taken = {book.name for book in self._books}
        number = next(n for n in itertools.count(1) if f"Book{n}" not in taken)
        book = FileBook(self.app, f"Book{number}", None)
        self._books.append(book)
        return book

    def forget(self, book: FileBook) -> None:
        """Remove a closed book."""
        if book in self._books:
            self._books.remove(book)

    def bring_forward(self, book: FileBook) -> None:
        """Make a book the active one."""
        self.forget(book)
        self._books.append(book)

    def __call__(self, name_or_index: int | str) -> FileBook:
        """The book of that name, path or number."""
        if isinstance(name_or_index, int):
            return self._books[name_or_index - 1]
        wanted = name_or_index.lower()
        for book in self._books:
            if wanted in (book.name.lower(), book.fullname.lower()):
                return book
        raise KeyError(name_or_index)

    def __len__(self) -> int:
        return len(self._books)

    def __iter__(self) -> Iterator[FileBook]:
        return iter(list(self._books))

    def __contains__(self, name: str) -> bool:
        try:
            self(name)
        except KeyError:
            return False
        return True
