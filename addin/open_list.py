"""The add-ins that Excel for Windows opens when it starts: the values OPEN, OPEN1, OPEN2 … in the registry.

Excel reads them in order and stops at the first number that is missing.
"""

from __future__ import annotations

import re
from pathlib import PureWindowsPath

from addin.machine import Registry

OFFICE = r"Software\Microsoft\Office"
OLDEST_EXCEL = 14.0
USUAL_EXCEL = "16.0"


def excel_versions(registry: Registry) -> list[str]:
    """The versions of Excel that this user has started; the usual one where there is none.

    2016, 2019, 2021, 2024 and 365 are all called 16.0.
    """
    numbers = [name for name in registry.subkeys(OFFICE) if re.fullmatch(r"\d+\.\d", name)]
    found = [
        name
        for name in numbers
        if float(name) >= OLDEST_EXCEL and "Excel" in registry.subkeys(rf"{OFFICE}\{name}")
    ]
    return sorted(found, key=float) or [USUAL_EXCEL]


def options_key(version: str) -> str:
    """The key that holds the list."""
    return rf"{OFFICE}\{version}\Excel\Options"


def entries(registry: Registry, version: str) -> list[str]:
    """The list as it stands."""
    values = registry.values(options_key(version))
    numbered = sorted((int(name[4:] or 0), name) for name in values if re.fullmatch(r"OPEN\d*", name))
    return [str(values[name]) for _, name in numbered]


def is_ours(entry: str) -> bool:
    r"""Whether an entry opens an add-in of our name, wherever it stands.

    >>> is_ours(r'/R "C:\Users\Ann\AddIns\SOP.xlam"'), is_ours('"SOP.xlam"'), is_ours('"C:\\other.xlam"')
    (True, True, False)
    """
    return _path(entry).name.lower() == "sop.xlam"


def leads_to(entry: str, path: str) -> bool:
    """Whether an entry opens this very file."""
    return _path(entry) == PureWindowsPath(path)


def add(registry: Registry, version: str, path: str) -> bool:
    """Let Excel open the file, and no other of its name; returns whether something had to change."""
    wanted = f'"{path}"'
    before = entries(registry, version)
    kept = [entry for entry in before if not is_ours(entry) or leads_to(entry, path)]
    if not any(leads_to(entry, path) for entry in kept):
        kept.append(wanted)
    return _write(registry, version, kept)


def remove(registry: Registry, version: str) -> bool:
    """Let Excel open no add-in of our name; returns whether there was one."""
    return _write(registry, version, [entry for entry in entries(registry, version) if not is_ours(entry)])


def _write(registry: Registry, version: str, wanted: list[str]) -> bool:
    key = options_key(version)
    target = {f"OPEN{number or ''}": entry for number, entry in enumerate(wanted)}
    current = {name: text for name, text in registry.values(key).items() if re.fullmatch(r"OPEN\d*", name)}
    for name in current.keys() - target.keys():
        registry.delete(key, name)
    for name, text in target.items():
        if current.get(name) != text:
            registry.write(key, name, text)
    return current != target


def _path(entry: str) -> PureWindowsPath:
    quoted = re.search(r'"([^"]*)"', entry)
    return PureWindowsPath(quoted[1] if quoted else entry.split(" ")[-1])
