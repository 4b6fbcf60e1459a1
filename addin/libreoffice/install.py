"""Installing the extension into LibreOffice, by LibreOffice's own `unopkg`."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from addin.errors import AddinError
from addin.libreoffice.build import IDENTIFIER, extension
from addin.libreoffice.programs import (
    find_program,
    office_environment,
    office_python_version,
    office_version,
)

OLDEST_OFFICE = (24, 8)
SECONDS = 180


def install(shared: bool, profile: Path | None) -> list[str]:
    """Build the extension for this environment and install it, in place of an older one.

    Args:
        shared: for all users of this machine, not for this user.
        profile: the folder of LibreOffice's settings; without it, the user's own.
    Raises:
        AddinError: there is no LibreOffice, it is open or too old, or root asks without ``shared``.
    """
    _require(shared)
    with tempfile.TemporaryDirectory(prefix="sop_xl_") as folder:
        file = Path(folder) / "sop_xl.oxt"
        file.write_bytes(extension())
        _unopkg("add", shared, profile, "-f", str(file))
    return [
        f"Installed for {'all users' if shared else 'this user'}.",
        _where_it_calculates(),
        "Start LibreOffice Calc; the functions are in the function wizard, the commands in the menu S&OP.",
        "Install again after moving this project or changing its Python.",
    ]


def uninstall(shared: bool, profile: Path | None) -> list[str]:
    """Take the extension away."""
    _require(shared)
    if IDENTIFIER not in _unopkg("list", shared, profile):
        return ["It was not installed."]
    _unopkg("remove", shared, profile, IDENTIFIER)
    return ["Uninstalled."]


def status(shared: bool, profile: Path | None) -> list[str]:
    """Say what there is: LibreOffice, how functions are calculated, what is installed."""
    version = office_version()
    if version is None:
        return ["LibreOffice was not found on this machine."]
    lines = [f"LibreOffice {version[0]}.{version[1]}", _where_it_calculates()]
    for everybody in (False, True):
        if not everybody and _is_root():
            continue
        listed = _unopkg("list", everybody, profile)
        users = "all users" if everybody else "this user"
        if IDENTIFIER in listed:
            number = _installed_version(listed)
            lines.append(f"Installed for {users}: version {number}.")
        else:
            lines.append(f"Not installed for {users}.")
    return lines


def _where_it_calculates() -> str:
    office, ours = office_python_version(), sys.version_info[:2]
    if office == ours:
        return f"Functions are calculated within LibreOffice, by Python {ours[0]}.{ours[1]}."
    theirs = f"{office[0]}.{office[1]}" if office else "unknown"
    return (
        f"LibreOffice's Python is {theirs}, the project's {ours[0]}.{ours[1]}: "
        "functions are calculated by a process of their own."
    )


def _installed_version(listed: str) -> str:
    """The version in what `unopkg list` prints."""
    after = listed[listed.index(IDENTIFIER) :].splitlines()
    return next((line.split(":", 1)[1].strip() for line in after if "Version:" in line), "unknown")


def _require(shared: bool) -> None:
    version = office_version()
    if version is None or find_program("unopkg") is None:
        raise AddinError(
            "LibreOffice was not found on this machine.",
            "Install it, or put its programs soffice and unopkg on the PATH.",
        )
    if version < OLDEST_OFFICE:
        raise AddinError(
            f"LibreOffice {version[0]}.{version[1]} is too old.",
            f"Install {OLDEST_OFFICE[0]}.{OLDEST_OFFICE[1]} or newer.",
        )
    if _is_root() and not shared:
        raise AddinError(
            "LibreOffice installs no extension for root.",
            "Run this as the user who plans, or add --shared to install it for all users.",
        )


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _unopkg(action: str, shared: bool, profile: Path | None, *arguments: str) -> str:
    program = find_program("unopkg")
    assert program is not None
    options = ["--shared"] if shared else []
    if profile is not None:
        profile.mkdir(parents=True, exist_ok=True)
        options.append(f"-env:UserInstallation={profile.resolve().as_uri()}")
    try:
        run = subprocess.run(
            [program, action, *options, *arguments],
            capture_output=True, text=True, errors="replace", stdin=subprocess.DEVNULL,
            timeout=SECONDS, env=office_environment(), check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise AddinError(f"unopkg did not finish: {problem}.", "Close LibreOffice and try again.") from None
    if run.returncode:
        said = [
            line for line in (run.stderr + run.stdout).splitlines() if line.strip() and "javaldx" not in line
        ]
        reason = next(
            (line for line in said if "ERROR" in line or "Message" in line), said[-1] if said else ""
        )
        raise AddinError(
            f"LibreOffice's unopkg refused: {reason.strip()[:300]}",
            "Close all windows of LibreOffice, its quick starter too, and try again.",
        )
    return run.stdout
