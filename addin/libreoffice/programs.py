"""Where LibreOffice is on this machine, and which Python belongs to it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

_MAC = "/Applications/LibreOffice.app/Contents/MacOS"


@cache
def find_program(name: str) -> str | None:
    """A program of LibreOffice, ``soffice`` or ``unopkg``: on the PATH, or in its usual place."""
    usual: list[Path] = []
    if sys.platform == "win32" and (root := os.environ.get("PROGRAMFILES")):
        usual = [Path(root) / "LibreOffice" / "program" / f"{name}.com"]
    elif sys.platform == "darwin":
        usual = [Path(_MAC) / name]
    return shutil.which(name) or next((str(path) for path in usual if path.exists()), None)


@cache
def office_version() -> tuple[int, int] | None:
    """LibreOffice's version; None where it does not say."""
    soffice = find_program("soffice")
    if soffice is None:
        return None
    try:
        asked = subprocess.run(
            [soffice, "--version"], capture_output=True, text=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r"LibreOffice (\d+)\.(\d+)", asked.stdout)
    return (int(found[1]), int(found[2])) if found else None


@cache
def office_python() -> str | None:
    """A Python that can ``import uno``: the one that LibreOffice brings along, or the system's."""
    program = Path(find_program("soffice") or "/").resolve().parent
    candidates = [program / "python", program / "python.exe", program.parent / "Resources" / "python"]
    for candidate in (*candidates, Path("/usr/bin/python3")):
        if candidate.exists() and _says(str(candidate), "import uno") is not None:
            return str(candidate)
    return None


@cache
def office_python_version() -> tuple[int, int] | None:
    """The version of that Python."""
    python = office_python()
    said = _says(python, "import sys; print(*sys.version_info[:2])") if python else None
    return (int(said.split()[0]), int(said.split()[1])) if said else None


def office_environment() -> dict[str, str]:
    """The environment without what is meant for the project's Python.

    A LibreOffice of the system takes its standard library from the first ``python3`` on the PATH: that must be the
    system's, whatever environment or version manager is active here.
    """
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))
    }
    if sys.platform == "linux":
        kept["PATH"] = os.pathsep.join(["/usr/bin", "/bin", kept.get("PATH", "")])
    return kept


def _says(python: str, program: str) -> str | None:
    """What a short program prints; None when it fails."""
    try:
        run = subprocess.run(
            [python, "-c", program],
            capture_output=True, text=True, timeout=60, env=office_environment(), check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return None
    return run.stdout if run.returncode == 0 else None
