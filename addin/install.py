"""Install the add-in for this user, take it away again, and say what is there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from addin import open_list, settings
from addin.build import addin
from addin.errors import AddinError
from addin.machine import Machine

FUNCTIONS_NEED_WINDOWS = "SOP_ functions in cells need Excel on Windows; on a Mac the buttons work."


def install(machine: Machine) -> list[str]:
    """Build the add-in and install it with its settings; what is there already is left alone.

    Returns:
        What was done, one sentence each.
    Raises:
        AddinError: not on this system, Excel is open, or a file cannot be written.
    """
    _require_excel_system(machine)
    if machine.excel_runs():
        raise AddinError(
            "Excel is open; it would write over its list of add-ins when it closes.",
            "Close Excel and run this again.",
        )
    content = settings.encoded(machine, settings.read(machine) | settings.wanted(machine))
    done = [
        *_put(machine, machine.addin, addin(), "add-in"),
        *_put(machine, machine.settings, content, "settings"),
    ]
    if machine.system == "macos":
        script = (machine.xlwings / machine.applescript.name).read_bytes()
        done += _put(machine, machine.applescript, script, "script that starts Python")
    if machine.registry:
        for version in open_list.excel_versions(machine.registry):
            changed = open_list.add(machine.registry, version, str(machine.addin))
            done.append(f"Excel {version} {'will open' if changed else 'already opens'} it at every start.")
    if machine.system == "macos":
        done.append("Excel opens it at every start, because of the folder it is in.")
        done.append(FUNCTIONS_NEED_WINDOWS)
    done.append("Start Excel: the tab S&OP is there. If not, run: sop-xl doctor")
    return done


def uninstall(machine: Machine) -> list[str]:
    """Take away what `install` put there; backups stay.

    Raises:
        AddinError: as `install`.
    """
    _require_excel_system(machine)
    if machine.excel_runs():
        raise AddinError("Excel is open and uses the add-in.", "Close Excel and run this again.")
    done = []
    if machine.registry:
        for version in open_list.excel_versions(machine.registry):
            if open_list.remove(machine.registry, version):
                done.append(f"Excel {version} opens it no more.")
    for path, what in _installed_files(machine):
        if path.exists():
            _backup(machine, path)
            with _changing(path):
                path.unlink()
            done.append(f"Took away the {what} {path}.")
    if not done:
        return ["The add-in is not installed."]
    return [*done, f"What was there is kept in {machine.backups}."]


def status(machine: Machine) -> list[str]:
    """What is installed, one sentence each."""
    if machine.system == "other":
        return [_nothing_here().message, _nothing_here().remedy]
    lines = []
    for path, what in _installed_files(machine):
        lines.append(f"The {what}: {path}" if path.exists() else f"The {what}: not there yet ({path})")
    if machine.addin.exists():
        current = machine.addin.read_bytes() == addin()
        lines.append(
            "It is the add-in of this version."
            if current
            else "It is of another version: run sop-xl addin install."
        )
    if machine.registry:
        for version in open_list.excel_versions(machine.registry):
            ours = [
                entry for entry in open_list.entries(machine.registry, version) if open_list.is_ours(entry)
            ]
            lines.append(
                f"Excel {version} opens {', '.join(ours) if ours else 'no S&OP add-in'} when it starts."
            )
    return lines


def _installed_files(machine: Machine) -> list[tuple[Path, str]]:
    # Other add-ins made with xlwings may need the script that starts Python on a Mac: it stays.
    return [(machine.addin, "add-in"), (machine.settings, "settings")]


def _require_excel_system(machine: Machine) -> None:
    if machine.system == "other":
        raise _nothing_here()


def _nothing_here() -> AddinError:
    return AddinError(
        "Excel runs on Windows and macOS only; there is nothing to install here.",
        "On this system sop-xl works on workbook files, and sop-xl call calculates the functions. "
        "The add-in for another computer is built by: sop-xl addin build",
    )


def _put(machine: Machine, path: Path, content: bytes, what: str) -> list[str]:
    """Write a file unless it is there already; another one in its place is kept as a backup."""
    if path.exists():
        if path.read_bytes() == content:
            return [f"The {what} is there already: {path}"]
        kept = _backup(machine, path)
        _write(path, content)
        return [f"Replaced the {what} {path}; the old one is {kept}."]
    _write(path, content)
    return [f"Installed the {what} {path}."]


def _backup(machine: Machine, path: Path) -> Path:
    now = dt.datetime.now()
    content = path.read_bytes()
    for number in range(1000):
        kept = machine.backups / f"{now:%Y%m%d-%H%M%S}{f'-{number}' if number else ''}-{path.name}"
        if not kept.exists():
            break
    _write(kept, content)
    return kept


def _write(path: Path, content: bytes) -> None:
    """Write beside the place and swap in: what is read meanwhile is whole."""
    beside = path.with_name(f".{path.name}.new")
    with _changing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            beside.write_bytes(content)
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)


@contextmanager
def _changing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as problem:
        raise AddinError(
            f"{path} cannot be changed: {problem.strerror or problem}.",
            "Close Excel, look at the rights of the folder, and run this again.",
        ) from problem
