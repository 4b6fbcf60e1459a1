"""The computer that the add-in is installed on: its folders, its registry, its Python.

Installing and the doctor know a computer only through `Machine`, so that another one can be put in its place.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, Protocol

import xlwings

EXCEL_ON_MAC = "Library/Group Containers/UBF8T346G9.Office/User Content.localized/Startup.localized/Excel"


class Registry(Protocol):
    """The part of the Windows registry that belongs to the user; keys are paths with backslashes."""

    def values(self, key: str) -> dict[str, object]:
        """All values of a key; none where there is no such key."""

    def subkeys(self, key: str) -> list[str]:
        """The names of the keys beneath a key; none where there is no such key."""

    def write(self, key: str, name: str, text: str) -> None:
        """Write a text value; the key is made where it is missing."""

    def delete(self, key: str, name: str) -> None:
        """Delete a value that is there."""


@dataclass(frozen=True)
class Machine:
    """A computer.

    Attributes:
        system: which kind.
        home: the user's folder.
        roaming: the user's folder for settings that programs keep; %APPDATA% on Windows.
        local: the same for what stays on this computer; %LOCALAPPDATA% on Windows.
        interpreter: the Python that Excel shall start.
        prefix: the folder of that Python's environment.
        source: the folder that holds the packages of sop_xl.
        xlwings: the folder of the package xlwings.
        encoding: in which Excel's VBA reads text files.
        registry: of Windows; None elsewhere.
        excel_runs: whether Excel is open now.
        has_module: whether Python has a module of that name.
    """

    system: Literal["windows", "macos", "other"]
    home: Path
    roaming: Path
    local: Path
    interpreter: Path
    prefix: Path
    source: Path
    xlwings: Path
    encoding: str
    registry: Registry | None
    excel_runs: Callable[[], bool]
    has_module: Callable[[str], bool]

    @property
    def addin(self) -> Path:
        """Where the add-in is installed: one place per user, so that links to it hold."""
        if self.system == "macos":
            return self.home / EXCEL_ON_MAC / "SOP.xlam"
        return self.roaming / "Microsoft" / "AddIns" / "SOP.xlam"

    @property
    def settings(self) -> Path:
        """The file that SettingsPath in addin/vba/SopSettings.bas reads."""
        if self.system == "macos":
            return self.home / "Library/Containers/com.microsoft.Excel/Data/sop.conf"
        return self.home / ".sop" / "sop.conf"

    @property
    def backups(self) -> Path:
        """Where replaced files go; Excel opens nothing from there."""
        return self.local / "sop-xl" / "backup"

    @property
    def applescript(self) -> Path:
        """What lets Excel on a Mac start Python."""
        name = f"xlwings-{xlwings.__version__}.applescript"
        return self.home / "Library/Application Scripts/com.microsoft.Excel" / name


def this_machine() -> Machine:
    """The computer that this runs on."""
    home = Path.home()
    windows, macos = sys.platform == "win32", sys.platform == "darwin"
    support = home / "Library/Application Support"
    return Machine(
        system="windows" if windows else "macos" if macos else "other",
        home=home,
        roaming=Path(os.environ.get("APPDATA", home / "AppData/Roaming")) if windows else support,
        local=Path(os.environ.get("LOCALAPPDATA", home / "AppData/Local")) if windows else support,
        interpreter=_interpreter(Path(sys.executable)),
        prefix=Path(sys.prefix),
        source=Path(__file__).resolve().parent.parent,
        xlwings=Path(xlwings.__file__).parent,
        encoding="mbcs" if windows else "mac_roman",
        registry=_windows_registry(),
        excel_runs=_excel_runs if windows else lambda: False,
        has_module=lambda name: find_spec(name) is not None,
    )


def _interpreter(python: Path) -> Path:
    """The Python without a black window, where there is one."""
    windowless = python.with_name("pythonw.exe")
    return windowless if python.name.lower() == "python.exe" and windowless.exists() else python


def _excel_runs() -> bool:
    listed = subprocess.run(
        ["tasklist", "/FI", "IMAGENAME eq EXCEL.EXE", "/NH"], capture_output=True, text=True, check=False
    )
    return "excel.exe" in listed.stdout.lower()


def _windows_registry() -> Registry | None:
    if sys.platform != "win32":
        return None

    import winreg

    class UserRegistry:
        def values(self, key: str) -> dict[str, object]:
            try:
                with winreg.OpenKey(winreg.HKEY_CURRENT_USER, key) as opened:
                    count = winreg.QueryInfoKey(opened)[1]
                    return {
                        name: value for name, value, _ in (winreg.EnumValue(opened, i) for i in range(count))
                    }
            except FileNotFoundError:
                return {}

        def subkeys(self, key: str) -> list[str]:
            try:
                with winreg.OpenKey(winreg.HKEY_CURRENT_USER, key) as opened:
                    return [winreg.EnumKey(opened, i) for i in range(winreg.QueryInfoKey(opened)[0])]
            except FileNotFoundError:
                return []

        def write(self, key: str, name: str, text: str) -> None:
            with winreg.CreateKey(winreg.HKEY_CURRENT_USER, key) as opened:
                winreg.SetValueEx(opened, name, 0, winreg.REG_SZ, text)

        def delete(self, key: str, name: str) -> None:
            with winreg.OpenKey(winreg.HKEY_CURRENT_USER, key, 0, winreg.KEY_SET_VALUE) as opened:
                winreg.DeleteValue(opened, name)

    return UserRegistry()
