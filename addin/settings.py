"""The settings file that the add-in reads: lines of "KEY","VALUE", as VBA writes and reads them."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from addin.errors import AddinError
from addin.machine import Machine


def wanted(machine: Machine) -> dict[str, str]:
    """What the add-in must be told on this computer; the keys are those of xlwings."""
    key = "INTERPRETER_MAC" if machine.system == "macos" else "INTERPRETER_WIN"
    return {
        key: str(machine.interpreter),
        # An empty one would mean the current folder, which may be that of any workbook.
        "PYTHONPATH": str(machine.source),
        "USE UDF SERVER": "True",
        "ADD_WORKBOOK_TO_PYTHONPATH": "False",
        "SHOW CONSOLE": "False",
    }


def read(machine: Machine) -> dict[str, str]:
    """The settings as they stand, keys in capitals; none where there is no file."""
    path: Path = machine.settings
    if not path.exists():
        return {}
    rows = csv.reader(io.StringIO(path.read_text(machine.encoding, errors="replace")))
    return {row[0].upper(): row[1] for row in rows if len(row) == 2}


def encoded(machine: Machine, settings: dict[str, str]) -> bytes:
    """The file.

    Raises:
        AddinError: a path holds a character that VBA cannot read or that divides paths.
    """
    for key, value in settings.items():
        if '"' in value or (key == "PYTHONPATH" and ";" in value):
            raise AddinError(
                f"{value} holds a character that Excel cannot read.", "Install in another folder."
            )
    text = "".join(f'"{key}","{value}"\r\n' for key, value in settings.items())
    try:
        return text.encode(machine.encoding)
    except UnicodeEncodeError as problem:
        raise AddinError(
            f"Excel's VBA cannot read the letter {text[problem.start]!r} of a path here.",
            "Install Python and sop_xl in a folder with plain letters only.",
        ) from None
