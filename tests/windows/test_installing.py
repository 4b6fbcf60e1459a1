"""Installing with the registry of Windows, and saving where Windows locks files."""

from __future__ import annotations

import winreg
from pathlib import Path

import pytest

from addin.build import ADDIN_PATH
from addin.machine import this_machine
from sop_xl.hosts.atomic import atomic_write, backup_path
from sop_xl.hosts.errors import HostError

OPTIONS = r"Software\Microsoft\Office\16.0\Excel\Options"


def in_registry() -> dict[str, tuple[object, int]]:
    with winreg.OpenKey(winreg.HKEY_CURRENT_USER, OPTIONS) as key:
        values = [winreg.EnumValue(key, number) for number in range(winreg.QueryInfoKey(key)[1])]
    return {name: (value, kind) for name, value, kind in values}


def test_installing_twice_examining_and_taking_away(sop_xl):
    """On the real registry, beside an entry of somebody else."""
    machine = this_machine()
    with winreg.CreateKey(winreg.HKEY_CURRENT_USER, OPTIONS) as key:
        winreg.SetValueEx(key, "OPEN", 0, winreg.REG_SZ, '/R "other.xlam"')
    try:
        assert sop_xl("addin", "install").returncode == 0
        assert in_registry() == {
            "OPEN": ('/R "other.xlam"', winreg.REG_SZ),
            "OPEN1": (f'"{machine.addin}"', winreg.REG_SZ),
        }
        assert machine.addin.read_bytes() == ADDIN_PATH.read_bytes()
        again = sop_xl("addin", "install").stdout
        assert again.count("already") == 3, again
        healthy = sop_xl("doctor")
        assert (healthy.returncode, "wrong" in healthy.stdout.split("\n\n")[0]) == (0, False), healthy.stdout
        assert sop_xl("addin", "uninstall").returncode == 0
        assert in_registry() == {"OPEN": ('/R "other.xlam"', winreg.REG_SZ)}
        assert not machine.addin.exists()
        assert sop_xl("doctor").returncode == 1
    finally:
        with winreg.OpenKey(winreg.HKEY_CURRENT_USER, OPTIONS, 0, winreg.KEY_SET_VALUE) as key:
            winreg.DeleteValue(key, "OPEN")


def test_what_is_written_in_any_letters_comes_out_of_a_pipe(sop_xl):
    said = sop_xl("call", "SOP_WMAPE", '[["Ü – 日本"]]', "[[1]]")
    assert "Ü" in said.stdout + said.stderr, said
    assert "Traceback" not in said.stderr


def save(path: Path, content: bytes) -> Path | None:
    return atomic_write(path, lambda fresh: fresh.write_bytes(content) and None, verify=None)


def test_a_file_that_a_program_holds_open_stays_as_it_is(folder):
    path = folder / "plan.xlsx"
    path.write_bytes(b"old")
    with path.open("rb"), pytest.raises(HostError, match="Close the file in other programs"):
        save(path, b"new")
    assert path.read_bytes() == b"old"
    assert {left.name for left in folder.iterdir()} <= {"plan.xlsx", "plan.bak.xlsx"}
    save(path, b"new")
    assert (path.read_bytes(), backup_path(path).read_bytes()) == (b"new", b"old")


def test_a_backup_that_a_program_holds_open_is_told_and_the_file_stays(folder):
    path = folder / "plan.xlsx"
    path.write_bytes(b"old")
    save(path, b"new")
    with backup_path(path).open("rb"), pytest.raises(HostError, match="Close the file in other programs"):
        save(path, b"newest")
    assert path.read_bytes() == b"new"
    assert {left.name for left in folder.iterdir()} == {"plan.xlsx", "plan.bak.xlsx"}


def test_a_workbook_is_made_and_checked_from_the_command_line(sop_xl, folder):
    book = folder / "Bücher.xlsx"
    made = sop_xl("new", str(book))
    assert made.returncode == 0, made.stderr
    checked = sop_xl("check", str(book))
    assert "No family is given" in checked.stdout, checked.stderr
    assert checked.returncode == 1
