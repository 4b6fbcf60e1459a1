"""The half of the LibreOffice driver that speaks UNO; run by a Python that can ``import uno``.

    python uno_side.py SOFFICE PROFILE_FOLDER EXTENSIONS_FOLDER

Starts one headless LibreOffice with the profile folder given, then answers requests until its
standard input ends: one JSON object a line, ``{"do": name, ...arguments}``, answered by one line,
``{"result": ...}`` or ``{"error": text}``. LibreOffice ends with this process.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import uno  # type: ignore[import-not-found, unused-ignore]
from com.sun.star.beans import PropertyValue  # type: ignore[import-not-found, unused-ignore]
from com.sun.star.table import CellRangeAddress, TableSortField  # type: ignore[import-not-found, unused-ignore]

START_SECONDS = 90
RESTART_REQUESTED = 81  # LibreOffice ends like this after filling a new profile
FULL_UPDATE = 3  # com.sun.star.document.UpdateDocMode.FULL_UPDATE: links too
FORMULA_RESULT_ERROR = 4  # com.sun.star.sheet.FormulaResult.ERROR


def properties(**values: object) -> tuple[Any, ...]:
    """The arguments of a UNO call by name."""
    return tuple(PropertyValue(Name=name, Value=value) for name, value in values.items())


class Office:
    """One running LibreOffice and the workbooks open in it."""

    def __init__(self, soffice: str, profile: Path, extensions: Path) -> None:
        self.documents: dict[int, Any] = {}
        self._count = 0
        pipe = f"sop_xl_{uuid.uuid4().hex}"
        self._command = [
            soffice, "--headless", "--norestore", "--nologo", "--nodefault", "--nolockcheck",
            f"--accept=pipe,name={pipe};urp;StarOffice.ComponentContext",
            f"-env:UserInstallation={profile.resolve().as_uri()}",
            f"-env:UNO_SHARED_PACKAGES_CACHE={extensions.resolve().as_uri()}",
        ]  # fmt: skip
        self._address = f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext"
        self._process = self._spawn()
        self._desktop = self._connect(self._address)

    def _spawn(self) -> subprocess.Popen[bytes]:
        # Its chatter must not get between the answers on our standard output.
        return subprocess.Popen(self._command, stdin=subprocess.DEVNULL, stdout=sys.stderr.fileno())

    def _connect(self, address: str) -> Any:
        local = uno.getComponentContext()
        manager = local.ServiceManager
        resolver = manager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
        give_up = time.monotonic() + START_SECONDS
        restarts = 0
        while True:
            try:
                context = resolver.resolve(address)
                self._context = context
                return context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
            except Exception as error:  # UNO's exceptions share no base but this one
                code = self._process.poll()
                if code == RESTART_REQUESTED and restarts < 3:
                    restarts += 1
                    self._process = self._spawn()
                elif code is not None:
                    raise RuntimeError(f"LibreOffice ended with code {code}") from error
                elif time.monotonic() > give_up:
                    raise RuntimeError(f"LibreOffice did not answer for {START_SECONDS} s") from error
                time.sleep(0.05)

    def stop(self) -> None:
        """End LibreOffice, by force if it must be."""
        try:
            self._desktop.terminate()
            self._process.wait(10)
        except Exception:  # the connection may be gone already, in any of UNO's ways
            self._process.kill()
            self._process.wait()

    # --- requests ---------------------------------------------------------------------------------

    def address(self) -> str:
        """Where LibreOffice listens."""
        return self._address

    def open(self, path: str, hidden: bool = True, follow_links: bool = False) -> int:
        """Open a workbook (the profile says whether it is recalculated) and return its number."""
        url = Path(path).resolve().as_uri()
        how = {"Hidden": hidden, **({"UpdateDocMode": FULL_UPDATE} if follow_links else {})}
        document = self._desktop.loadComponentFromURL(url, "_blank", 0, properties(**how))
        if document is None or not hasattr(document, "Sheets"):
            raise RuntimeError(f"LibreOffice cannot open {path} as a workbook")
        self._count += 1
        self.documents[self._count] = document
        return self._count

    def functions(self, prefix: str) -> list[dict[str, Any]]:
        """What the function wizard shows of the functions whose names begin so."""
        known = self._context.ServiceManager.createInstanceWithContext(
            "com.sun.star.sheet.FunctionDescriptions", self._context
        )
        found = []
        for name in known.ElementNames:
            if name.startswith(prefix):
                entry = {part.Name: part.Value for part in known.getByName(name)}
                arguments = [{"name": a.Name, "help": a.Description} for a in entry["Arguments"]]
                found.append({"name": name, "help": entry["Description"], "arguments": arguments})
        return found

    def dispatch(self, document: int, url: str) -> None:
        """Do what an entry of a menu does."""
        frame = self.documents[document].CurrentController.Frame
        frame.activate()
        helper = self._context.ServiceManager.createInstanceWithContext(
            "com.sun.star.frame.DispatchHelper", self._context
        )
        helper.executeDispatch(frame, url, "", 0, ())

    def close(self, document: int) -> None:
        """Close a workbook without saving it."""
        self.documents.pop(document).close(True)

    def calculate(self, document: int) -> float:
        """Calculate what depends on changes; the seconds that took."""
        started = time.perf_counter()
        self.documents[document].calculate()
        return time.perf_counter() - started

    def values(
        self, document: int, sheets: list[str] | None, recalculated: bool = True
    ) -> dict[str, list[list[Any]]]:
        """Every cell of the used area: number, text, null, or {"error": name}."""
        book = self.documents[document]
        if recalculated:
            book.calculateAll()
        return {
            name: sheet_values(self._sheet(document, name)) for name in sheets or book.Sheets.ElementNames
        }

    def formula(self, document: int, sheet: str, address: str) -> str:
        """What stands in a cell's edit line, in LibreOffice's own grammar."""
        return str(self._cell(document, sheet, address).Formula)

    def names(self, document: int) -> dict[str, str]:
        """The workbook's defined names and what they refer to."""
        found = self.documents[document].NamedRanges
        return {name: str(found.getByName(name).Content) for name in found.ElementNames}

    def automatic(self, document: int, on: bool) -> None:
        """Whether formulas are calculated by themselves."""
        self.documents[document].enableAutomaticCalculation(on)

    def set_value(self, document: int, sheet: str, address: str, value: Any) -> None:
        """Type a number or a text into a cell; None empties it, a text that starts with = is a formula."""
        cell = self._cell(document, sheet, address)
        if isinstance(value, (int, float)):
            cell.Value = float(value)
        elif isinstance(value, str) and value.startswith("="):
            cell.Formula = value
        else:
            cell.String = value or ""

    def insert_rows(self, document: int, sheet: str, before_row: int, count: int) -> None:
        """Insert rows above a row (the first is 1)."""
        self._sheet(document, sheet).Rows.insertByIndex(before_row - 1, count)

    def insert_columns(self, document: int, sheet: str, before_column: int, count: int) -> None:
        """Insert columns to the left of a column (the first is 1)."""
        self._sheet(document, sheet).Columns.insertByIndex(before_column - 1, count)

    def move_column(self, document: int, sheet: str, column: int, before_column: int) -> None:
        """Move a whole column to the left of another (counted before the move)."""
        target = self._sheet(document, sheet)
        target.Columns.insertByIndex(before_column - 1, 1)
        source = column - 1 if column < before_column else column
        moved = target.Columns.getByIndex(source).RangeAddress
        target.moveRange(target.getCellByPosition(before_column - 1, 0).CellAddress, CellRangeAddress(
            moved.Sheet, moved.StartColumn, moved.StartRow, moved.EndColumn, moved.EndRow))  # fmt: skip
        target.Columns.removeByIndex(source, 1)

    def sort_rows(self, document: int, sheet: str, address: str, by_column: int, descending: bool) -> None:
        """Sort a range without its header by one of its columns (the first is 1)."""
        field = TableSortField()
        field.Field, field.IsAscending = by_column - 1, not descending
        fields = uno.Any("[]com.sun.star.table.TableSortField", (field,))
        self._sheet(document, sheet).getCellRangeByName(address).sort(
            properties(SortFields=fields, ContainsHeader=False, IsSortColumns=False)
        )

    def rename_sheet(self, document: int, sheet: str, name: str) -> None:
        """Give a sheet another name."""
        self._sheet(document, sheet).Name = name

    def save_xlsx(self, document: int, path: str) -> None:
        """Store a copy as .xlsx."""
        self._store(document, path, "Calc MS Excel 2007 XML")

    def save_pdf(self, document: int, path: str) -> None:
        """Print the whole workbook into a PDF file."""
        self._store(document, path, "calc_pdf_Export")

    def _store(self, document: int, path: str, form: str) -> None:
        self.documents[document].storeToURL(Path(path).resolve().as_uri(), properties(FilterName=form))

    def _sheet(self, document: int, name: str) -> Any:
        sheets = self.documents[document].Sheets
        if not sheets.hasByName(name):
            raise KeyError(f"no sheet {name!r}; there are {', '.join(sheets.ElementNames)}")
        return sheets.getByName(name)

    def _cell(self, document: int, sheet: str, address: str) -> Any:
        return self._sheet(document, sheet).getCellRangeByName(address).getCellByPosition(0, 0)


def sheet_values(sheet: Any) -> list[list[Any]]:
    """The used area from A1 on; two reads for the whole sheet and one for each error."""
    cursor = sheet.createCursor()
    cursor.gotoEndOfUsedArea(False)
    end = cursor.RangeAddress
    area = sheet.getCellRangeByPosition(0, 0, end.EndColumn, end.EndRow)
    grid = [list(row) for row in area.DataArray]
    for row, column in positions(area.queryEmptyCells()):
        grid[row][column] = None
    for row, column in positions(area.queryFormulaCells(FORMULA_RESULT_ERROR)):
        grid[row][column] = {"error": sheet.getCellByPosition(column, row).String}
    return grid


def positions(ranges: Any) -> Iterator[tuple[int, int]]:
    """Row and column of every cell in a collection of ranges."""
    for address in ranges.RangeAddresses:
        for row in range(address.StartRow, address.EndRow + 1):
            for column in range(address.StartColumn, address.EndColumn + 1):
                yield row, column


def main(soffice: str, profile: str, extensions: str) -> None:
    """Serve requests until standard input ends."""
    # Nothing that a library prints may get between the answers: they keep the real output for themselves.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    try:
        office = Office(soffice, Path(profile), Path(extensions))
    except Exception as error:
        print(json.dumps({"error": str(error)}), file=answers, flush=True)
        return
    print(json.dumps({"result": "ready"}), file=answers, flush=True)
    try:
        for line in sys.stdin:
            request = json.loads(line)
            try:
                method: Callable[..., Any] = getattr(office, request.pop("do"))
                answer = {"result": method(**request)}
            except Exception as error:  # whatever went wrong, the other half reports it to the test
                answer = {"error": f"{type(error).__name__}: {error}"}
            print(json.dumps(answer), file=answers, flush=True)
    finally:
        office.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
