"""Look for what keeps the add-in from working, and say what to do about it."""

from __future__ import annotations

import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import xlwings

from addin import open_list, settings
from addin.build import addin
from addin.install import FUNCTIONS_NEED_WINDOWS
from addin.machine import Machine, Registry
from sop_xl.workbook.template import template_path

INSTALL = "Run: sop-xl addin install"


@dataclass(frozen=True)
class Finding:
    """One thing looked at.

    Attributes:
        state: ok, note (works, but worth knowing) or wrong (does not work).
        what: what was found.
        remedy: what to do; empty where there is nothing to do.
    """

    state: Literal["ok", "note", "wrong"]
    what: str
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.state:<6}{self.what}" + (f"\n      {self.remedy}" if self.remedy else "")


def examine(machine: Machine) -> list[Finding]:
    """Everything that can be looked at from outside Excel, in the order in which it is needed."""
    found = [*_python(machine)]
    if machine.system == "other":
        return [
            *found,
            Finding(
                "note",
                "Excel runs on Windows and macOS only; workbook files can be planned here all the same.",
            ),
        ]
    found += _settings(machine)
    found += _addin_file(machine)
    if machine.registry:
        for version in open_list.excel_versions(machine.registry):
            found += _opened(machine, machine.registry, version)
            found += _trusted(machine.registry, version)
    if machine.system == "macos":
        found += _mac(machine)
    return found


def _python(machine: Machine) -> Iterator[Finding]:
    bits = struct.calcsize("P") * 8
    release = ".".join(map(str, sys.version_info[:3]))
    yield Finding("ok", f"Python {release}, {bits} bits: {machine.interpreter}")
    if machine.system == "windows":
        if "WindowsApps" in machine.interpreter.parts:
            yield Finding(
                "wrong",
                "This Python comes from the Microsoft Store; Excel may not start it.",
                "Install Python from python.org, sop_xl into it, and run: sop-xl addin install",
            )
        if not machine.has_module("win32api"):
            yield Finding("wrong", "The package pywin32 is missing.", "Run: python -m pip install pywin32")
        yield _library(machine)
    if template_path().is_file():
        yield Finding("ok", f"Template: {template_path()}")
    else:
        yield Finding("wrong", f"The template {template_path()} is missing.", "Install sop_xl again.")


def _library(machine: Machine) -> Finding:
    """The DLL is looked for where the module xlwings of the add-in looks."""
    name = f"xlwings64-{xlwings.__version__}.dll"
    folders = [machine.interpreter.parent, machine.interpreter.parent.parent]
    for folder in folders:
        if (folder / name).is_file():
            return Finding("ok", f"xlwings {xlwings.__version__}: {folder / name}")
    return Finding(
        "wrong",
        f"{name} is neither in {folders[0]} nor in {folders[1]}.",
        f"Run: python -m pip install --force-reinstall --no-deps xlwings=={xlwings.__version__}",
    )


def _settings(machine: Machine) -> Iterator[Finding]:
    have, want = settings.read(machine), settings.wanted(machine)
    if not have:
        yield Finding("wrong", f"There are no settings ({machine.settings}).", INSTALL)
        return
    key = next(iter(want))
    interpreter = have.get(key, "")
    if not Path(interpreter).is_file():
        yield Finding(
            "wrong", f"The settings name a Python that is not there: {interpreter or 'none'}", INSTALL
        )
    elif interpreter != want[key]:
        yield Finding(
            "note",
            f"Excel uses another Python than this one: {interpreter}",
            "To use this one: sop-xl addin install",
        )
    else:
        yield Finding("ok", f"Settings: {machine.settings}")
    for folder in filter(None, have.get("PYTHONPATH", "").split(";")):
        if not Path(folder).is_dir():
            yield Finding("wrong", f"The settings name a folder that is not there: {folder}", INSTALL)
    if have.get("USE UDF SERVER", "").lower() != "true":
        yield Finding("wrong", "The setting USE UDF SERVER is not True.", INSTALL)


def _addin_file(machine: Machine) -> Iterator[Finding]:
    if not machine.addin.is_file():
        yield Finding("wrong", f"The add-in is not installed ({machine.addin}).", INSTALL)
    elif machine.addin.read_bytes() != addin():
        yield Finding("wrong", f"The add-in belongs to another version: {machine.addin}", INSTALL)
    else:
        yield Finding("ok", f"Add-in: {machine.addin}")


def _opened(machine: Machine, registry: Registry, version: str) -> Iterator[Finding]:
    ours = [entry for entry in open_list.entries(registry, version) if open_list.is_ours(entry)]
    if not ours:
        yield Finding("wrong", f"Excel {version} does not open the add-in.", f"Close Excel. {INSTALL}")
    elif any(not open_list.leads_to(entry, str(machine.addin)) for entry in ours):
        yield Finding(
            "wrong",
            f"Excel {version} opens an add-in elsewhere: {', '.join(ours)}",
            f"Close Excel. {INSTALL}",
        )
    else:
        yield Finding("ok", f"Excel {version} opens the add-in when it starts.")


def _trusted(registry: Registry, version: str) -> Iterator[Finding]:
    """What the user, or the company for the user, has forbidden; a policy wins."""
    own = rf"{open_list.OFFICE}\{version}\Excel"
    security = registry.values(rf"{own}\Security")
    policy = registry.values(rf"{own}\Security".replace("Software\\", "Software\\Policies\\", 1))
    for name, meaning, refused in (
        ("VBAWarnings", "Macros are switched off.", 4),
        ("DisableAllAddins", "All add-ins are switched off.", 1),
        ("RequireAddinSig", "Only add-ins with a publisher's signature are allowed; this one has none.", 1),
    ):
        if policy.get(name, security.get(name)) == refused:
            yield Finding(
                "wrong",
                f"Excel {version}: {meaning}",
                "Your company has set this: ask its administrators."
                if name in policy
                else "Excel: File, Options, Trust Center, Trust Center Settings: Add-ins and Macro Settings.",
            )
    if registry.values(rf"{own}\Resiliency\DisabledItems"):
        yield Finding(
            "note",
            f"Excel {version} has disabled something after a crash.",
            "If the tab S&OP is missing: File, Options, Add-ins, Manage: Disabled Items.",
        )


def _mac(machine: Machine) -> Iterator[Finding]:
    if machine.applescript.is_file():
        yield Finding("ok", f"Script that starts Python: {machine.applescript}")
    else:
        yield Finding("wrong", f"The script that starts Python is missing ({machine.applescript}).", INSTALL)
    yield Finding("note", FUNCTIONS_NEED_WINDOWS)
