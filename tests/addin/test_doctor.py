"""The doctor: nothing wrong after installing, and each fault found with what to do about it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from addin import doctor
from addin.command_line import addin_command, doctor_command
from addin.install import install
from addin.machine import Machine, this_machine
from tests.addin.computers import mac, windows

pytestmark = pytest.mark.usefixtures("built_once")

EXCEL = r"Software\Microsoft\Office\16.0\Excel"
POLICY = r"Software\Policies\Microsoft\Office\16.0\Excel"


@pytest.fixture
def installed(tmp_path) -> Machine:
    computer = windows(tmp_path)
    install(computer)
    return computer


def wrong(computer: Machine) -> list[doctor.Finding]:
    return [finding for finding in doctor.examine(computer) if finding.state == "wrong"]


def test_nothing_is_wrong_after_installing(installed, tmp_path):
    assert wrong(installed) == []
    computer = mac(tmp_path / "mac")
    install(computer)
    assert wrong(computer) == []


def no_interpreter(computer: Machine) -> Machine:
    computer.interpreter.unlink()
    return computer


def no_library(computer: Machine) -> Machine:
    next(computer.prefix.glob("*.dll")).unlink()
    return computer


def no_settings(computer: Machine) -> Machine:
    computer.settings.unlink()
    return computer


def gone_folder(computer: Machine) -> Machine:
    computer.settings.write_text(computer.settings.read_text().replace(str(computer.source), "C:\\gone"))
    return computer


def no_server(computer: Machine) -> Machine:
    computer.settings.write_text(computer.settings.read_text().replace('SERVER","True"', 'SERVER","False"'))
    return computer


def no_addin(computer: Machine) -> Machine:
    computer.addin.unlink()
    return computer


def old_addin(computer: Machine) -> Machine:
    computer.addin.write_bytes(b"old")
    return computer


def not_opened(computer: Machine) -> Machine:
    computer.registry.delete(rf"{EXCEL}\Options", "OPEN")
    return computer


def opened_elsewhere(computer: Machine) -> Machine:
    computer.registry.write(rf"{EXCEL}\Options", "OPEN", '"D:\\SOP.xlam"')
    return computer


def forbidden(key: str, name: str, value: int):
    def forbid(computer: Machine) -> Machine:
        computer.registry.keys.setdefault(rf"{key}\Security".lower(), {})[name] = value
        return computer

    return forbid


@pytest.mark.parametrize(
    ("spoil", "what", "remedy"),
    [
        (no_interpreter, "a Python that is not there", "sop-xl addin install"),
        (no_library, "xlwings64-", "pip install"),
        (no_settings, "There are no settings", "sop-xl addin install"),
        (gone_folder, "a folder that is not there: C:\\gone", "sop-xl addin install"),
        (no_server, "USE UDF SERVER", "sop-xl addin install"),
        (no_addin, "The add-in is not installed", "sop-xl addin install"),
        (old_addin, "another version", "sop-xl addin install"),
        (not_opened, "does not open the add-in", "Close Excel"),
        (opened_elsewhere, "D:\\SOP.xlam", "Close Excel"),
        (forbidden(EXCEL, "VBAWarnings", 4), "Macros are switched off", "Trust Center"),
        (forbidden(POLICY, "VBAWarnings", 4), "Macros are switched off", "administrators"),
        (forbidden(EXCEL, "DisableAllAddins", 1), "All add-ins are switched off", "Trust Center"),
        (forbidden(POLICY, "RequireAddinSig", 1), "signature", "administrators"),
        (lambda c: replace(c, has_module=lambda name: False), "pywin32", "pip install pywin32"),
        (
            lambda c: replace(
                c, interpreter=Path("C:/Users/Ann/AppData/Local/Microsoft/WindowsApps/python.exe")
            ),
            "Microsoft Store",
            "python.org",
        ),
    ],
)
def test_each_fault_is_found_with_what_to_do(installed, spoil, what, remedy):
    found = [finding for finding in wrong(spoil(installed)) if what in finding.what]
    assert len(found) == 1
    assert remedy in found[0].remedy


def test_what_a_policy_allows_is_not_held_against_the_users_own_setting(installed):
    forbidden(EXCEL, "VBAWarnings", 4)(installed)
    forbidden(POLICY, "VBAWarnings", 1)(installed)
    assert wrong(installed) == []


def test_a_missing_template_is_found(installed, monkeypatch, tmp_path):
    monkeypatch.setattr(doctor, "template_path", lambda: tmp_path / "gone.xlsx")
    assert "gone.xlsx is missing" in wrong(installed)[0].what


def test_another_python_and_a_disabled_item_are_worth_a_note(installed, tmp_path):
    other = tmp_path / "venv" / "python2.exe"
    other.touch()
    installed.registry.keys[rf"{EXCEL}\Resiliency\DisabledItems".lower()] = {"1": b"x"}
    notes = [f.what for f in doctor.examine(replace(installed, interpreter=other)) if f.state == "note"]
    assert any("another Python" in note for note in notes)
    assert any("disabled" in note for note in notes)


def test_the_command_line_says_it_and_its_exit_code_too(installed, capsys):
    assert doctor_command([], installed) == 0
    assert "Nothing wrong was found" in capsys.readouterr().out
    assert doctor_command([], no_addin(installed)) == 1
    out = capsys.readouterr().out
    assert "wrong The add-in is not installed" in out
    assert "1 to put right." in out


def test_install_status_and_uninstall_from_the_command_line(tmp_path, capsys):
    computer = windows(tmp_path)
    for action, said in (
        ("install", "Installed the add-in"),
        ("status", "of this version"),
        ("uninstall", "Took away"),
    ):
        assert addin_command([action], computer) == 0
        assert said in capsys.readouterr().out
    assert addin_command(["install"], replace(computer, excel_runs=lambda: True)) == 1
    assert "Close Excel" in capsys.readouterr().err


def test_the_addin_is_built_as_a_file_anywhere(tmp_path, capsys):
    from addin.build import ADDIN_PATH

    assert addin_command(["build", str(tmp_path / "SOP.xlam")], windows(tmp_path / "pc")) == 0
    assert (tmp_path / "SOP.xlam").read_bytes() == ADDIN_PATH.read_bytes()
    assert addin_command(["build", str(tmp_path / "no" / "SOP.xlam")], windows(tmp_path / "pc2")) == 1
    assert "cannot be written" in capsys.readouterr().err


def test_this_computer_is_known():
    computer = this_machine()
    assert computer.interpreter.exists()
    assert computer.xlwings.is_dir()
    assert computer.has_module("xlwings")
    assert not computer.has_module("no_such_module_anywhere")
    assert (computer.registry is not None) == (computer.system == "windows")
    assert doctor.examine(computer)[0].state == "ok"
