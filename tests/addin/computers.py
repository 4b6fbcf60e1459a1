"""Computers to install on: folders and a registry of their own, with the interface of the real ones."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import xlwings

from addin.machine import Machine


@dataclass
class RegistryInMemory:
    """Keys in any capitals, as Windows takes them."""

    keys: dict[str, dict[str, object]] = field(default_factory=dict)

    def values(self, key: str) -> dict[str, object]:
        return dict(self.keys.get(key.lower(), {}))

    def subkeys(self, key: str) -> list[str]:
        prefix = key.lower() + "\\"
        found = {name[len(prefix) :].split("\\")[0] for name in self.keys if name.startswith(prefix)}
        return sorted(name.capitalize() for name in found)

    def write(self, key: str, name: str, text: str) -> None:
        assert isinstance(text, str)
        self.keys.setdefault(key.lower(), {})[name] = text

    def delete(self, key: str, name: str) -> None:
        del self.keys[key.lower()][name]


def windows(folder: Path) -> Machine:
    """A Windows computer with Excel 2016 or newer, Python in a virtual environment, and nothing of ours."""
    python = folder / "venv" / "Scripts" / "pythonw.exe"
    python.parent.mkdir(parents=True)
    python.touch()
    (folder / "venv" / "Lib" / "site-packages").mkdir(parents=True)
    (folder / "venv" / f"xlwings64-{xlwings.__version__}.dll").touch()
    registry = RegistryInMemory()
    registry.write(r"Software\Microsoft\Office\16.0\Excel\Options", "Font", "Calibri,11")
    return Machine(
        system="windows",
        home=folder / "home",
        roaming=folder / "home" / "AppData" / "Roaming",
        local=folder / "home" / "AppData" / "Local",
        interpreter=python,
        prefix=folder / "venv",
        source=folder / "venv" / "Lib" / "site-packages",
        xlwings=Path(xlwings.__file__).parent,
        encoding="cp1252",
        registry=registry,
        excel_runs=lambda: False,
        has_module=lambda name: True,
    )


def mac(folder: Path) -> Machine:
    python = folder / "venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.touch()
    return replace(
        windows(folder / "unused"),
        system="macos",
        home=folder / "home",
        roaming=folder / "home" / "Library/Application Support",
        local=folder / "home" / "Library/Application Support",
        interpreter=python,
        encoding="mac_roman",
        registry=None,
    )
