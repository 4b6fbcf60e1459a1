"""Every function through the add-in's VBA, the DLL and the server of xlwings, and COM; and what Python does there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from pyopenvba.exceptions import VBARuntimeError

from addin.machine import this_machine
from tests.addin.test_excel_udfs import *  # noqa: F403 - the same tests, on what `com` is here
from tests.addin.test_vba_runs import (  # noqa: F401 - the same tests, on what `excel` is here
    test_a_whole_column_sends_its_used_part,
    test_an_error_among_values_has_its_own_reason,
    test_an_error_in_several_cells_is_explained_in_each,
    test_an_error_is_one_that_iferror_understands_and_its_reason_is_told,
    test_booleans_texts_and_errors_arrive_as_they_are,
    test_the_example_of_every_function_in_a_cell,
)
from tests.addin.vba import Control

ROOT = Path(__file__).resolve().parents[2]


def test_python_runs_as_the_settings_say_without_a_window(excel):
    server = excel.server()
    settings = this_machine()
    assert Path(server.text("__import__('sys').executable")) == settings.interpreter
    assert settings.interpreter.name == "pythonw.exe"
    assert server.text("__import__('os').getpid()") != str(os.getpid())
    assert excel.library.commands[-1].startswith(f'cmd.exe  /K ""{settings.interpreter}" -P -B -c "')


def test_python_looks_for_no_modules_in_the_current_folder(excel):
    server = excel.server()
    assert server.text("__import__('sys').flags.safe_path") == "True"
    assert "" not in server.text("'|'.join(__import__('sys').path)").split("|")


def test_a_module_beside_a_workbook_is_not_imported(another, folder, monkeypatch):
    """The folder of a workbook that was opened by a double click is the current one of Excel and of its Python."""
    for name in ("numpy", "xlwings", "addin", "random"):
        (folder / f"{name}.py").write_text("raise SystemExit('taken from beside the workbook')")
    monkeypatch.chdir(folder)
    server = another.server()
    assert Path(server.text("__import__('os').getcwd()")) == folder
    assert server.call("SOP_WMAPE", [[[100.0]], [[90.0]]]) == 0.1


def test_python_that_went_away_is_said_in_the_cell(another):
    """Excel's Windows would start it again, which tests/addin shows; Wine does not, and that has its reason too."""
    assert another.formula("A1", "SOP_WMAPE", 100.0, 90.0) == 0.1
    gone = another.python.com.text("__import__('os').getpid()")
    subprocess.run(["taskkill", "/F", "/PID", gone], capture_output=True, check=True)
    assert another.formula("A1", "SOP_WMAPE", 100.0, 80.0) == "#VALUE!"
    assert "Python could not be started: " in another.explain("A1")


def test_the_button_restart_ends_python(another):
    assert another.formula("A1", "SOP_WMAPE", 100.0, 90.0) == 0.1
    before = another.python.com
    another.run("SopRestart", Control())
    assert "Python is stopped" in str(another.app.dialogs)
    with pytest.raises(VBARuntimeError):
        before.call("SOP_WMAPE", [100.0, 90.0])


def test_settings_that_name_no_python_are_said_in_the_cell(excel, folder, monkeypatch):
    monkeypatch.setitem(excel.settings.instead, "INTERPRETER_WIN", str(folder / "pythonw.exe"))
    assert excel.formula("A1", "SOP_WMAPE", 1.0, 1.0) == "#VALUE!"
    said = excel.explain("A1")
    assert "Python could not be started: Could not load xlwings64-" in said
    assert str(folder) in said


@pytest.mark.parametrize("name", ["Pläne 2026", "Müller & Söhne's"])
def test_the_program_may_stand_in_a_folder_with_such_a_name(another, tmp_path, name):
    for package in ("addin", "sop_xl", "udfs"):
        shutil.copytree(
            ROOT / package, tmp_path / name / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    another.settings.instead["PYTHONPATH"] = str(tmp_path / name)
    server = another.server()
    assert server.call("SOP_WMAPE", [[[100.0]], [[90.0]]]) == 0.1
    assert Path(server.text("__import__('addin').__file__")) == tmp_path / name / "addin" / "__init__.py"


def test_python_without_a_window_runs_the_command_line(folder):
    """Its output streams may be missing altogether."""
    windowless = Path(sys.executable).with_name("pythonw.exe")
    answer = folder / "answer.txt"
    program = (
        "import sys, pathlib, udfs.registry as r; "
        "pathlib.Path(sys.argv[1]).write_text(str(r.call('SOP_WMAPE', [[[100]], [[90]]])))"
    )
    subprocess.run([windowless, "-c", program, answer], timeout=120, check=True)
    assert answer.read_text() == "0.1"
