"""A LibreOffice Calc for tests: recalculates workbooks, edits them as a planner would, pictures them.

    with LibreOffice() as calc:
        values = calc.recalculated(path)                  # {sheet: rows of cells}
        with calc.edit(path) as book:                     # what a planner does by hand
            book.insert_rows("Demand", before_row=5, count=2)
            book.save_xlsx(edited)
        pages = calc.to_png(path, folder)                 # one picture a page

A cell is a number (dates are serial numbers, TRUE is 1), a text, ``None`` when empty, or a
:class:`CalcError`. One LibreOffice serves all calls of a ``with`` block: starting it takes seconds, a
workbook only a fraction of one. UNO is spoken by the Python that belongs to LibreOffice, in a process
of its own (``uno_side.py``), so that the tests may run on any Python.
"""

from __future__ import annotations

import json
import os
import queue
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from addin.libreoffice.programs import find_program, office_environment, office_python, office_version

OLDEST_VERSION = (24, 8)  # the first with XLOOKUP, LET and SEQUENCE
SERVER = Path(__file__).with_name("uno_side.py")
SETTINGS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Setup/L10N"><prop oor:name="ooSetupSystemLocale" oor:op="fuse">\
<value>en-US</value></prop></item>
{more}</oor:items>
"""  # read and write numbers the same way on every machine
RECALCULATE = """<item oor:path="/org.openoffice.Office.Calc/Formula/Load">\
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
"""  # every .xlsx when it is opened
FOLLOW_LINKS = """<item oor:path="/org.openoffice.Office.Calc/Content/Update">\
<prop oor:name="Link" oor:op="fuse"><value>0</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting">\
<prop oor:name="SecureURL" oor:op="fuse"><value><it>{folder}</it></value></prop></item>
"""  # update links of workbooks in a folder that the user trusts; recalculate when asked, as Calc comes

Cell = float | str | None


@dataclass(frozen=True)
class CalcError:
    """An error value in a cell as it is shown: ``CalcError("#NAME?")``.

    LibreOffice has errors that Excel has not; they are shown by number, such as ``Err:502`` (an argument
    out of its range) where Excel shows ``#NUM!``.
    """

    name: str


Grid = list[list[Cell | CalcError]]


class LibreOfficeError(Exception):
    """LibreOffice is absent, refused a request or did not answer in time."""


@cache
def missing() -> str:
    """Why the tests that need LibreOffice cannot run here; empty when they can."""
    if find_program("soffice") is None:
        return "no LibreOffice on this machine (soffice is not on the PATH)"
    version = office_version()
    if version is None:
        return "LibreOffice does not say its version"
    if version < OLDEST_VERSION:
        return f"LibreOffice {version[0]}.{version[1]} is too old; 24.8 is the oldest that will do"
    if office_python() is None:
        return "no Python that can import uno (Debian and Ubuntu: apt-get install python3-uno)"
    if shutil.which("pdftoppm") is None:
        return "no pdftoppm (Debian and Ubuntu: apt-get install poppler-utils)"
    return ""


class LibreOffice:
    """A headless LibreOffice with a fresh profile; started by the first request, ended with the block.

    After a request that did not end within ``seconds`` the program is killed; the next one starts another.
    With an ``extension`` that is installed before it starts; ``environment`` is added to LibreOffice's own.
    With a ``trusted`` folder it follows links of the workbooks there, and calculates nothing on opening.
    Without ``recalculate`` it opens workbooks as a user's does, with the values that they hold.
    """

    def __init__(
        self,
        seconds: float = 120,
        extension: bytes | None = None,
        environment: Mapping[str, str] | None = None,
        trusted: Path | None = None,
        recalculate: bool = True,
    ) -> None:
        self._seconds = seconds
        self._extension = extension
        self._environment = dict(environment or {})
        self._follows = trusted is not None
        more = RECALCULATE if recalculate else RECALCULATE.replace("<value>0</value>", "<value>1</value>")
        if trusted:
            more = FOLLOW_LINKS.format(folder=trusted.resolve().as_uri())
        self._settings = SETTINGS.format(more=more)
        self._server: subprocess.Popen[str] | None = None
        self._answers: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def __enter__(self) -> LibreOffice:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def recalculated(self, path: Path | str, sheets: Sequence[str] | None = None) -> dict[str, Grid]:
        """Values of all cells after a full recalculation, from A1 to the end of each sheet's used area."""
        with self.edit(path) as book:
            return book.values(sheets)

    @contextmanager
    def edit(self, path: Path | str, *, hidden: bool = True) -> Iterator[OpenWorkbook]:
        """Open a workbook to change it; only what ``save_xlsx`` writes lasts."""
        number = self.request("open", path=str(path), hidden=hidden, follow_links=self._follows)
        try:
            yield OpenWorkbook(self, number)
        finally:
            if self._server is not None:  # a program that was killed has closed its workbooks too
                self.request("close", document=number)

    def to_png(self, path: Path | str, folder: Path | str, dpi: int = 60) -> list[Path]:
        """Print a workbook and return a picture of each page, ``<name>-<page>.png``, in order."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        pdf = folder / f"{Path(path).stem}.pdf"
        with self.edit(path) as book:
            book.save_pdf(pdf)
        command = ["pdftoppm", "-r", str(dpi), "-png", str(pdf), str(pdf.with_suffix(""))]
        subprocess.run(command, check=True, capture_output=True, timeout=self._seconds)
        pages = folder.glob(f"{pdf.stem}-*.png")
        return sorted(pages, key=lambda page: int(page.stem.rpartition("-")[2]))

    def address(self) -> str:
        """Where this LibreOffice listens for other programs."""
        return str(self.request("address"))

    def request(self, do: str, **arguments: object) -> Any:
        """Ask the UNO side to do something and wait for its answer."""
        server = self._server or self._start()
        assert server.stdin is not None
        with suppress(OSError):  # where it has ended, the answer says so
            server.stdin.write(json.dumps({"do": do, **arguments}) + "\n")
            server.stdin.flush()
        return self._answer(f"{do} {arguments}")

    def stop(self) -> None:
        """End LibreOffice and remove its profile; nothing it started stays behind."""
        server, self._server = self._server, None
        if server is not None:
            assert server.stdin is not None
            with suppress(OSError, subprocess.TimeoutExpired):
                server.stdin.close()
                server.wait(20)
            _kill_group(server)
            server.wait()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def _start(self) -> subprocess.Popen[str]:
        soffice, python = find_program("soffice"), office_python()
        if soffice is None or python is None:
            raise LibreOfficeError(missing())
        self._folder = tempfile.TemporaryDirectory(prefix="sop_xl_calc_", ignore_cleanup_errors=True)
        profile = Path(self._folder.name) / "profile"
        (profile / "user").mkdir(parents=True)
        (profile / "user" / "registrymodifications.xcu").write_text(self._settings, encoding="utf-8")
        extensions = Path(self._folder.name) / "extensions"
        extensions.mkdir()
        if self._extension is not None:
            self._install(self._extension, profile, extensions)
        with (Path(self._folder.name) / "log.txt").open("w") as log:
            self._server = subprocess.Popen(
                [python, str(SERVER), soffice, str(profile), str(extensions)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, encoding="utf-8",
                env={**office_environment(), **self._environment}, start_new_session=True,
            )  # fmt: skip
        self._answers = queue.SimpleQueue()
        threading.Thread(target=_read, args=(self._server, self._answers), daemon=True).start()
        self._answer("start")
        return self._server

    @staticmethod
    def _install(extension: bytes, profile: Path, extensions: Path) -> None:
        """Install for "all users" whose extensions are kept in a folder of this test: that also root may do."""
        file = extensions.with_name("sop.oxt")
        file.write_bytes(extension)
        unopkg = find_program("unopkg")
        assert unopkg is not None
        subprocess.run(
            [unopkg, "add", "--shared", "-f", *bootstrap(profile, extensions), str(file)],
            check=True, capture_output=True, timeout=120, env=office_environment(),
        )  # fmt: skip

    def _answer(self, what: str) -> Any:
        try:
            line = self._answers.get(timeout=self._seconds)
        except queue.Empty:
            self._end_by_force()
            raise LibreOfficeError(f"LibreOffice did not answer within {self._seconds:g} s: {what}") from None
        if not line:
            log = self._log()
            self._end_by_force()
            raise LibreOfficeError(f"LibreOffice ended during: {what}\n{log}")
        answer = json.loads(line)
        if "error" in answer:
            raise LibreOfficeError(f"{answer['error']} (during: {what})")
        return answer["result"]

    def _log(self) -> str:
        return (Path(self._folder.name) / "log.txt").read_text(errors="replace") if self._folder else ""

    def _end_by_force(self) -> None:
        if self._server is not None:
            _kill_group(self._server)
        self.stop()


def bootstrap(profile: Path, extensions: Path) -> list[str]:
    """The options that keep a LibreOffice to a profile, and its extensions to a folder."""
    return [
        f"-env:UserInstallation={profile.resolve().as_uri()}",
        f"-env:UNO_SHARED_PACKAGES_CACHE={extensions.resolve().as_uri()}",
    ]


def _read(server: subprocess.Popen[str], answers: queue.SimpleQueue[str]) -> None:
    """Hand over the answers of the UNO side; an empty one means that it has ended."""
    assert server.stdout is not None
    with server.stdout as lines:
        for line in lines:
            answers.put(line)
    answers.put("")


def _kill_group(server: subprocess.Popen[str]) -> None:
    """Kill a process and everything that it started."""
    if os.name == "nt":
        subprocess.run(["taskkill", "/F", "/T", "/PID", str(server.pid)], capture_output=True, check=False)
        return
    with suppress(ProcessLookupError):
        os.killpg(server.pid, signal.SIGKILL)


class OpenWorkbook:
    """A workbook open in LibreOffice. Rows and columns count from 1; addresses are like ``B4``."""

    def __init__(self, office: LibreOffice, number: int) -> None:
        self._office = office
        self._number = number

    def _request(self, do: str, **arguments: object) -> Any:
        return self._office.request(do, document=self._number, **arguments)

    def values(self, sheets: Sequence[str] | None = None, *, recalculated: bool = True) -> dict[str, Grid]:
        """Values of all cells after a full recalculation, or as they are; of all sheets, or of those named."""
        names = list(sheets) if sheets is not None else None
        found = self._request("values", sheets=names, recalculated=recalculated)
        return {
            sheet: [
                [CalcError(cell["error"]) if isinstance(cell, dict) else cell for cell in row] for row in rows
            ]
            for sheet, rows in found.items()
        }

    def formula(self, sheet: str, address: str) -> str:
        """The formula of a cell as LibreOffice writes it (``=SUM($Demand.B2:B5)``), or its content."""
        return str(self._request("formula", sheet=sheet, address=address))

    def names(self) -> dict[str, str]:
        """The defined names and what they refer to, as LibreOffice writes it (``$Demand.$B$2:$B$5``)."""
        return dict(self._request("names"))

    def calculate_after(self, sheet: str, address: str, value: Cell) -> float:
        """Type into a cell and calculate what depends on it; the seconds that the calculation took."""
        self._request("automatic", on=False)
        self.set_value(sheet, address, value)
        seconds = float(self._request("calculate"))
        self._request("automatic", on=True)
        return seconds

    def dispatch(self, url: str) -> None:
        """Do what an entry of a menu does; the workbook must not be hidden."""
        self._request("dispatch", url=url)

    def set_value(self, sheet: str, address: str, value: Cell) -> None:
        """Type into a cell: a number, a text, ``None`` to empty it; ``=...`` is a formula."""
        self._request("set_value", sheet=sheet, address=address, value=value)

    def insert_rows(self, sheet: str, before_row: int, count: int = 1) -> None:
        """Insert whole rows above a row."""
        self._request("insert_rows", sheet=sheet, before_row=before_row, count=count)

    def insert_columns(self, sheet: str, before_column: int, count: int = 1) -> None:
        """Insert whole columns to the left of a column."""
        self._request("insert_columns", sheet=sheet, before_column=before_column, count=count)

    def move_column(self, sheet: str, column: int, before_column: int) -> None:
        """Move a whole column to the left of another one, both counted as they stand before."""
        self._request("move_column", sheet=sheet, column=column, before_column=before_column)

    def sort_rows(self, sheet: str, address: str, by_column: int, descending: bool = False) -> None:
        """Sort the rows of a range (given without its header) by its n-th column."""
        self._request("sort_rows", sheet=sheet, address=address, by_column=by_column, descending=descending)

    def rename_sheet(self, sheet: str, name: str) -> None:
        """Give a sheet another name."""
        self._request("rename_sheet", sheet=sheet, name=name)

    def save_xlsx(self, path: Path | str) -> None:
        """Store a copy as .xlsx; LibreOffice drops table styles and rewrites VBA while doing so."""
        self._request("save_xlsx", path=str(path))

    def save_pdf(self, path: Path | str) -> None:
        """Print all sheets into a PDF file."""
        self._request("save_pdf", path=str(path))


def render(path: Path | str, folder: Path | str, dpi: int = 60) -> list[Path]:
    """Pictures of a workbook's pages by a LibreOffice of its own; for many workbooks, share one."""
    with LibreOffice() as calc:
        return calc.to_png(path, folder, dpi)
