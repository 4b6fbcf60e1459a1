"""An xlwings engine over a running LibreOffice Calc.

The same ``xlwings.Book``, ``Sheet``, ``Range``, ``Name`` and ``Table`` calls that drive Excel work here on the
workbooks that are open in LibreOffice::

    app = calc_app(link)
    book = app.books["plan.xlsx"]
    book.sheets["Demand"]["tblDemand[Qty]"].value

What differs from Excel:

- A formula that comes to TRUE or FALSE gives 1 or 0, a date calculated in a cell without a date format a number.
- Text that looks like a number stays text; a new date gets a date format.
- Rows and columns are not inserted or deleted.
- Saving as .xlsx is LibreOffice's: table styles and macros do not survive it unchanged.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import xlwings as xw
from xlwings import base_classes

from sop_xl.hosts.calc_book import CalcBook
from sop_xl.hosts.calc_link import Link
from sop_xl.hosts.calc_range import CalcRange
from sop_xl.hosts.cell_values import Rows, cleaned_rows, plain_value

ENGINE_NAME = "sop-calc"

_process_ids = itertools.count(-1_000_001, -1)


def calc_engine() -> xw.Engine:
    """The engine over LibreOffice; it is registered with xlwings once, and never made the active one.

    >>> calc_engine().name, calc_engine() is calc_engine()
    ('sop-calc', True)
    """
    if ENGINE_NAME not in xw.engines.engines_by_name:
        xw.engines.add(xw.Engine(impl=CalcEngine()))
    return xw.engines[ENGINE_NAME]


def calc_app(link: Link) -> xw.App:
    """The LibreOffice at the other end of a line."""
    apps: CalcApps = calc_engine().impl.apps
    return xw.App(impl=apps.connect(link))


class CalcEngine:
    """What xlwings asks of an engine."""

    name = ENGINE_NAME
    type = "desktop"

    def __init__(self) -> None:
        self.apps = CalcApps(self)

    @staticmethod
    def prepare_xl_data_element(x: Any, options: Any) -> Any:
        """A value as it goes into a cell."""
        return plain_value(x)

    @staticmethod
    def clean_value_data(
        data: Rows, datetime_builder: Any, empty_as: Any, number_builder: Any, err_to_str: bool
    ) -> list[list[Any]]:
        """Values as they come out of cells."""
        return cleaned_rows(data, datetime_builder, empty_as, number_builder, err_to_str)


class CalcApps(base_classes.Apps):
    """The LibreOffices that are connected."""

    def __init__(self, engine: CalcEngine) -> None:
        self.engine = engine
        self._apps: list[CalcApp] = []

    def connect(self, link: Link) -> CalcApp:
        """A new app for the LibreOffice at the other end of a line."""
        app = CalcApp(self, link)
        self._apps.insert(0, app)
        return app

    def add(self, spec: Any = None, add_book: Any = None, xl: Any = None, visible: Any = None) -> CalcApp:
        """LibreOffice is not started from here."""
        raise NotImplementedError("LibreOffice is started by its user; connect to it with calc_app().")

    def remove(self, app: CalcApp) -> None:
        """Forget an app."""
        if app in self._apps:
            self._apps.remove(app)

    def keys(self) -> list[int]:
        """Numbers of the apps."""
        return [app.pid for app in self._apps]

    @staticmethod
    def cleanup() -> None:
        """No process was started."""

    def __iter__(self) -> Iterator[CalcApp]:
        return iter(list(self._apps))

    def __len__(self) -> int:
        return len(self._apps)

    def __getitem__(self, pid: int) -> CalcApp:
        for app in self._apps:
            if app.pid == pid:
                return app
        raise KeyError(pid)


class CalcApp(base_classes.App):
    """A LibreOffice; settings of Excel that it has not are kept and have no effect."""

    screen_updating: Any = True
    display_alerts: Any = True
    enable_events: Any = True
    interactive: Any = True
    cut_copy_mode: Any = False
    visible: Any = True
    version = "16.0"
    api = None
    hwnd = None
    selection = None

    def __init__(self, apps: CalcApps, link: Link) -> None:
        self._apps = apps
        self.link = link
        self._pid = next(_process_ids)
        self._books = CalcBooks(self)
        self.clipboard: CalcRange | None = None
        self._calculation = "automatic"
        self._status: Any = False

    @property
    def engine(self) -> CalcEngine:
        """The engine."""
        return self._apps.engine

    @property
    def pid(self) -> int:
        """A negative number: the process is somebody else's."""
        return self._pid

    @property
    def books(self) -> CalcBooks:
        """The open books."""
        return self._books

    @property
    def calculation(self) -> str:
        """Whether formulas are calculated by themselves: ``automatic`` or ``manual``."""
        return self._calculation

    @calculation.setter
    def calculation(self, value: str) -> None:
        for book in self._books:
            book.ask("automatic", on=value == "automatic")
        self._calculation = value

    @property
    def status_bar(self) -> Any:
        """What the status bar says; False for LibreOffice's own words."""
        return self._status

    @status_bar.setter
    def status_bar(self, value: Any) -> None:
        self.link.request("status", text=value or "")
        self._status = value

    def calculate(self) -> None:
        """Calculate every formula of every open book."""
        for book in self._books:
            book.ask("calculate")

    def activate(self, steal_focus: bool = False) -> None:
        """The window is its user's."""

    def quit(self) -> None:
        """Hang up; LibreOffice and its workbooks stay open."""
        self._apps.remove(self)

    kill = quit


class CalcBooks(base_classes.Books):
    """The workbooks open in a LibreOffice."""

    def __init__(self, app: CalcApp) -> None:
        self.app = app

    @property
    def api(self) -> None:
        """There is no native object on this side."""
        return

    @property
    def active(self) -> CalcBook:
        """The first of the open workbooks."""
        return next(iter(self))

    def open(self, fullname: str, *args: Any, **kwargs: Any) -> CalcBook:
        """Open a workbook file, without a window."""
        return CalcBook(self.app, self.app.link.request("open", path=str(fullname)))

    def add(self) -> CalcBook:
        """A new workbook with one sheet, without a window."""
        return CalcBook(self.app, self.app.link.request("new"))

    def numbered(self, number: int) -> CalcBook:
        """The workbook that LibreOffice knows under a number."""
        return CalcBook(self.app, number)

    def __call__(self, name_or_index: int | str) -> CalcBook:
        """The book of that name, path or position."""
        books = self._books()
        if isinstance(name_or_index, int):
            return books[name_or_index - 1]
        wanted = name_or_index.lower()
        for book in books:
            if wanted in (book.name.lower(), book.fullname.lower()):
                return book
        raise KeyError(name_or_index)

    def __len__(self) -> int:
        return len(self.app.link.request("documents"))

    def __iter__(self) -> Iterator[CalcBook]:
        return iter(self._books())

    def _books(self) -> list[CalcBook]:
        return [CalcBook(self.app, number) for number, _, _ in self.app.link.request("documents")]

    def __contains__(self, name: str) -> bool:
        try:
            self(name)
        except KeyError:
            return False
        return True
