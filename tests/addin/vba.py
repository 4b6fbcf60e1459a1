"""The add-in's VBA, run: pyOpenVBA's interpreter and its Excel in memory, with xlwings' Python behind it.

It is no Excel. It shows that our VBA does what it says; what Excel makes of it is for docs/verify-in-excel.md.
The module xlwings, which loads a DLL, is replaced by one that hands over `PythonServer`.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar, Protocol

from pyopenvba.apps.excel import Application, ExcelApplication, Workbook
from pyopenvba.interpreter import (
    EMPTY,
    MISSING,
    VBAArray,
    VBADate,
    VBAErrorValue,
    VBAObject,
    _runtime,
    member,
    method,
)
from pyopenvba.interpreter._objects import MemberSpec
from pyopenvba.interpreter._values import compare

from addin.vba_modules import modules
from tests.addin.com import ERROR_CODES

ERROR_NUMBERS = {
    "#NULL!": 2000, "#DIV/0!": 2007, "#VALUE!": 2015, "#REF!": 2023, "#NAME?": 2029, "#NUM!": 2036, "#N/A": 2042,
}  # fmt: skip
ERROR_NAMES = {number: name for name, number in ERROR_NUMBERS.items()}

XLWINGS = """
Public Const XLWINGS_VERSION As String = "test"

Public Function XLPy() As Object
    Set XLPy = CreateObject("Test.Python")
End Function

Public Sub KillPy()
    Debug.Print "KillPy"
End Sub

Public Function RunPython(ByVal line As String) As Variant
    Debug.Print line
End Function

Public Function FileExists(ByVal path As String) As Boolean
End Function

Public Function ThisPath() As String
    ThisPath = ThisWorkbook.FullName
End Function

Public Function Enabled(ByVal control As Object) As Variant
    SopEnabled control, Enabled
End Function
"""


class Server(Protocol):
    """What answers the calls of VBA."""

    def call(self, name: str, arguments: list[Any]) -> Any:
        """What VBA gets from XLPy.CallUDF."""


class PythonServer(VBAObject):
    """What XLPy gives: calls go to xlwings' COM server."""

    vba_type_name = "XLPython"

    def __init__(self, com: Server) -> None:
        self.com = com
        self.calls: list[tuple[str, list[Any]]] = []

    @method
    def CallUDF(  # noqa: N802 - its name in VBA
        self, script: object, fname: object, args: object, this_workbook: object, caller: object
    ) -> object:
        given = [_to_com(value) for value in args.items]  # type: ignore[attr-defined]
        self.calls.append((str(fname), given))
        return _from_com(self.com.call(str(fname), given))


class Control(VBAObject):
    """A ribbon button."""

    vba_type_name = "IRibbonControl"

    def __init__(self, tag: str = "") -> None:
        self.tag = tag

    @member
    def Tag(self) -> object:  # noqa: N802 - its name in VBA
        return self.tag


class ExcelInMemory:
    """An Excel that has the add-in loaded and one workbook.

    Attributes:
        starts: how often Python was started.
        broken: how many of the next starts fail.
        caller: the cells whose formula is being calculated.
        chosen: what the next file dialog answers.
        links: the files that the workbook links to.
    """

    #: Sources in place of the add-in's own, by module.
    replaced: ClassVar[dict[str, str]] = {"xlwings": XLWINGS}

    def __init__(self, com: Server) -> None:
        self._com = com
        self.app = ExcelApplication()
        self.book: Any = self.app.add_workbook()
        self.python = PythonServer(com)
        self.starts = self.broken = 0
        self.caller: Any = MISSING
        self.chosen: object = False
        self.links: list[str] = []
        for module in modules():
            if not module.document:
                self.app.add_module(self.replaced.get(module.name, module.source), name=module.name)
        host = self.app.interpreter.host
        create = host.create
        host.create = lambda name: self._start() if name.lower() == "test.python" else create(name)  # type: ignore[method-assign]
        # What the interpreter's Excel lacks.
        _add(Application, "Caller", lambda _: self.caller)
        for dialog in ("GetOpenFilename", "GetSaveAsFilename"):
            _add(Application, dialog, self._choose, "FileFilter", "Title")
        _add(Workbook, "LinkSources", lambda *_: self._links(), "Type")
        _add(Workbook, "ChangeLink", self._change_link, "Name", "NewName", "Type")
        self.app.interpreter._intrinsics["environ"] = lambda *_: "C:\\Users\\Ann"
        _add(Workbook, "Date1904", lambda _: False)

    def reset(self) -> None:
        """As if newly started, with an empty sheet."""
        self.app.sheet(1).sheet.vba_get("Cells").vba_call("Clear")
        for name in self.book.vba_get("Names").vba_iterate():
            name.vba_call("Delete")
        self.python = PythonServer(self._com)
        self.starts = self.broken = 0
        self.caller, self.chosen, self.links = MISSING, False, []
        self.console.clear()
        self.app.dialogs.clear()
        for runtime in self.app.interpreter.modules.values():
            runtime._initialised = False
            runtime.variables.clear()

    def _start(self) -> PythonServer:
        self.starts += 1
        if self.broken:
            self.broken -= 1
            raise self._com_error()
        return self.python

    @staticmethod
    def _com_error() -> Exception:
        from pyopenvba.interpreter._values import error

        return error(1000, "Could not load xlwings64.dll.")

    def _choose(self, _application: object, *_words: object, **_named: object) -> object:
        return self.chosen

    def _links(self) -> object:
        return VBAArray([(1, len(self.links))], items=list(self.links)) if self.links else EMPTY

    def _change_link(self, _book: object, name: object, new_name: object, _kind: object) -> None:
        self.links[self.links.index(str(name))] = str(new_name)

    def range(self, address: str) -> Any:
        return self.app.sheet(1).sheet.vba_get("Range", [address])

    def fill(self, address: str, rows: list[list[object]]) -> Any:
        """Put values into cells, error values by their names; returns the range."""
        top = self.range(address)
        for r, row in enumerate(rows):
            for c, value in enumerate(row):
                cell = top.vba_get("Cells", [r + 1, c + 1])
                if value is not None:
                    cell.vba_set(
                        "Value", VBAErrorValue(ERROR_NUMBERS[value]) if value in ERROR_NUMBERS else value
                    )
        return top.vba_get("Resize", [len(rows), len(rows[0])])

    def formula(self, address: str, name: str, *arguments: object) -> Any:
        """What a formula in these cells comes to; the cells then show it."""
        self.caller = self.range(address)
        try:
            result = self.app.interpreter.run(name, list(arguments))
        finally:
            self.caller = MISSING
        rows = _rows(result)
        self.fill(address, [[_plain(cell) for cell in row] for row in rows])
        plain = [[_plain(cell) for cell in row] for row in rows]
        return plain[0][0] if len(plain) == len(plain[0]) == 1 else plain

    def explain(self, address: str) -> str:
        """=SOP_EXPLAIN(address)."""
        return str(self.app.interpreter.run("SOP_EXPLAIN", [self.range(address)]))

    def run(self, name: str, *arguments: object) -> Any:
        return self.app.interpreter.run(name, list(arguments))

    @property
    def console(self) -> list[str]:
        return self.app.interpreter.console


def _add(kind: type, name: str, getter: Any, *parameters: str) -> None:
    kind.vba_add_member(  # type: ignore[attr-defined]
        MemberSpec(name=name, kind="property", getter=getter, parameters=parameters)
    )


def compared(op: str, left: object, right: object, **options: bool) -> object:
    """A comparison; also two that the interpreter refuses.

    Two error values: Microsoft, "Cell error values": ``Select Case errval``, ``Case CVErr(xlErrDiv0)``. The text
    "True" or "False" with a Boolean: xlwings, whose settings are such texts: ``GetConfig("SHOW CONSOLE") = True``.
    """
    if isinstance(left, VBAErrorValue) and isinstance(right, VBAErrorValue) and op in ("=", "<>"):
        return (left == right) == (op == "=")
    if isinstance(left, str) and isinstance(right, bool) and left.lower() in ("true", "false"):
        left = left.lower() == "true"
    return compare(op, left, right, **options)


_runtime.compare = compared


def _rows(value: object) -> list[list[object]]:
    if not isinstance(value, VBAArray):
        return [[value]]
    if value.dimensions == 1:
        return [list(value.items)]
    (top, bottom), (left, right) = value.bounds
    return [[value.get([r, c]) for c in range(left, right + 1)] for r in range(top, bottom + 1)]


def _plain(value: object) -> object:
    return ERROR_NAMES[value.number] if isinstance(value, VBAErrorValue) else value


def _to_com(value: object) -> object:
    if isinstance(value, VBAArray):
        return [[_to_com(cell) for cell in row] for row in _rows(value)]
    if isinstance(value, VBAErrorValue):
        return ERROR_CODES[ERROR_NAMES[value.number]]
    if isinstance(value, VBADate | dt.date):
        raise TypeError("Value2 gives no dates")
    if value is EMPTY or value is None:
        return None
    return value if isinstance(value, bool | str) else float(value)  # type: ignore[arg-type]


def _from_com(value: object) -> object:
    if not isinstance(value, list):
        return value
    if value and isinstance(value[0], list):
        result = VBAArray([(0, len(value) - 1), (0, len(value[0]) - 1)])
        for r, row in enumerate(value):
            for c, cell in enumerate(row):
                result.set([r, c], cell)
        return result
    return VBAArray([(0, len(value) - 1)], items=list(value))
