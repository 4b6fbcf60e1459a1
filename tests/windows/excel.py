"""The add-in's way to Python on Windows: its VBA, the DLL of xlwings, COM, and xlwings' server at the other end.

Only Excel is missing. The VBA is run by pyOpenVBA's interpreter, which can neither load a library nor read a
file: `Library` does the one, `Settings` the other.
"""

from __future__ import annotations

import ctypes
import json
import re
from collections.abc import Callable
from typing import Any

import pythoncom
from pyopenvba.interpreter import VBAObject, method
from pyopenvba.interpreter._values import error
from win32com.client import dynamic

from addin import settings
from addin.machine import Machine
from addin.vba_modules import xlwings_source
from tests.addin.vba import XLWINGS, ExcelInMemory, PythonServer
from tests.windows.dispatch import OBJECT, Variant, array, call, nothing, received, sent

UDF_MODULE = "addin.excel_udfs"

#: Takes the place of SopSettings.bas.
SETTINGS = """
Public Function SettingsPath() As String
    SettingsPath = CreateObject("Test.Settings").Path()
End Function

Public Function GetConfig(ByVal configKey As String, Optional ByVal default As String = "", _
                          Optional ByVal source As String = "") As Variant
    GetConfig = CreateObject("Test.Settings").Read(configKey, default)
End Function
"""

#: Takes the place of the functions that xlwings declares in libraries.
DECLARED = """
#Const App = "Microsoft Excel"

Private Function LoadLibrary(ByVal file As String) As Long
    LoadLibrary = CreateObject("Test.Library").Load(file)
End Function

Private Function XLPyDLLActivateAuto(ByRef Result As Variant, ByVal Config As String, ByVal mode As Long) As Long
    XLPyDLLActivateAuto = CreateObject("Test.Library").ActivateAuto(Config, mode)
    If XLPyDLLActivateAuto <> 0 Then
        Result = CreateObject("Test.Library").Message()
    ElseIf mode > 0 Then
        Set Result = CreateObject("Test.Library").Server()
    End If
End Function
"""


class Settings(VBAObject):
    """The settings file, read as VBA would.

    Attributes:
        instead: other values for some keys.
    """

    vba_type_name = "Settings"

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.instead: dict[str, str] = {}

    @method
    def Path(self) -> object:  # noqa: N802 - names in VBA
        return str(self.machine.settings)

    @method
    def Read(self, key: object, default: object) -> object:  # noqa: N802
        found = settings.read(self.machine) | self.instead
        return found.get(str(key).upper(), default)


class Library(VBAObject):
    """The DLL of xlwings."""

    vba_type_name = "Library"

    def __init__(self, take: Callable[[PythonServer], None]) -> None:
        self.take = take
        self.dll: Any = None
        self.result = Variant()
        self.commands: list[str] = []

    @method
    def Load(self, file: object) -> object:  # noqa: N802
        try:
            self.dll = ctypes.WinDLL(str(file))
        except FileNotFoundError:
            return 0
        return 1

    @method
    def ActivateAuto(self, config: object, mode: object) -> object:  # noqa: N802
        self.commands.append(str(config))
        self.result = Variant()
        # VBA hands texts to a library in the code page of Windows.
        text = str(config).encode("mbcs")
        return int(self.dll.XLPyDLLActivateAuto(ctypes.byref(self.result), text, int(mode)))  # type: ignore[call-overload]

    @method
    def Message(self) -> object:  # noqa: N802
        return received(self.result)

    @method
    def Server(self) -> object:  # noqa: N802
        assert self.result.kind == OBJECT
        server = PythonServer(ServerOverCom(self.result.content.pointer))
        self.take(server)
        return server


class ServerOverCom:
    """xlwings' server in its own process."""

    def __init__(self, pointer: int) -> None:
        self.pointer = pointer
        self.python = dynamic.Dispatch(pythoncom.ObjectFromAddress(pointer, pythoncom.IID_IDispatch))

    @property
    def registered(self) -> dict[str, dict[str, Any]]:
        """What xlwings knows there of each function."""
        return json.loads(self.text("__import__('tests.addin.com_side', fromlist=['']).registered()"))

    def text(self, expression: str) -> str:
        """What an expression comes to in the server."""
        return self.python.Str(self.python.Eval(expression))

    def call(self, name: str, arguments: list[Any]) -> Any:
        """What VBA gets from XLPy.CallUDF: a cell, a list for one row, or rows."""
        given = array(arguments, (0, len(arguments) - 1))
        try:
            return call(self.pointer, "CallUDF", sent(UDF_MODULE), sent(name), given, nothing(), nothing())
        except OSError as failure:
            raise error(1000, str(failure)) from failure


class ExcelWithLibrary(ExcelInMemory):
    """An Excel in memory whose VBA reaches Python through the DLL.

    Attributes:
        library: the DLL.
        settings: what the VBA reads.
    """

    def __init__(self, machine: Machine) -> None:
        self.replaced = {"xlwings": way_to_python(), "SopSettings": SETTINGS}
        self.library, self.settings = Library(self.take), Settings(machine)
        super().__init__(None)  # type: ignore[arg-type]
        host = self.app.interpreter.host
        create = host.create
        known: dict[str, Callable[[], object]] = {
            "test.library": lambda: self.library,
            "test.settings": lambda: self.settings,
        }
        host.create = lambda name: known[name.lower()]() if name.lower() in known else create(name)  # type: ignore[method-assign]

    def take(self, server: PythonServer) -> None:
        """Calls go to a new server from now on."""
        self.python = server
        self.starts += 1

    def server(self) -> ServerOverCom:
        """XLPy, as the VBA of the add-in calls it."""
        return self.run("XLPy").com


def way_to_python() -> str:
    """The functions of the add-in's module xlwings that lead to Python, and the test module's for the rest."""
    ours = xlwings_source()
    taken = [DECLARED, re.search(r"(?m)^ *(?:Private |Public )?Const XLPyDLLName.*64.*$", ours)[0]]  # type: ignore[index]
    for name in ("XLPyCommand", "XLPyLoadDLL", "XLPy", "KillPy", "ParentFolder"):
        taken.append(_procedure(ours, name))
    taken += [_procedure(XLWINGS, name) for name in ("RunPython", "FileExists", "ThisPath", "Enabled")]
    return 'Public Const XLWINGS_VERSION As String = "test"\n' + "\n\n".join(taken)


def _procedure(source: str, name: str) -> str:
    found = re.search(rf"(?ms)^ *(?:Public |Private )?(Function|Sub) {name}\(.*?^ *End \1$", source)
    assert found, f"there is no {name}"
    return found[0]
