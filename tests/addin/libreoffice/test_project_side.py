"""The process that calculates for a LibreOffice of another Python: started once, replaced, never left behind."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from addin.libreoffice.build import SOURCES, environment


@pytest.fixture
def side(tmp_path: Path) -> Any:
    """The module as it lies in an installed extension."""
    shutil.copy(SOURCES / "pythonpath" / "sop_project.py", tmp_path)
    (tmp_path / "environment.json").write_text(json.dumps(environment()), encoding="utf-8")
    spec = importlib.util.spec_from_file_location("sop_project", tmp_path / "sop_project.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def helper(side: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("SOP_CALC_PROCESS", "helper")
    helper = side.calculator()
    yield helper
    helper.stop()


def test_it_is_started_once_and_replaced_when_it_has_died(helper: Any) -> None:
    arguments = [100.0, [[50.0, 50.0]], [[60.0, 120.0]]]
    assert helper.call("SOP_PROJECTED_INVENTORY", arguments) == [[90.0, 20.0]]
    first = helper._process.pid
    assert helper.call("SOP_PROJECTED_INVENTORY", [[["x"]], 1.0, 2.0])["error"] == "#VALUE!"
    assert helper._process.pid == first
    helper._process.kill()
    helper._process.wait()
    assert helper.call("SOP_PROJECTED_INVENTORY", arguments) == [[90.0, 20.0]]
    assert helper._process.pid != first


@pytest.mark.skipif(sys.platform == "win32", reason="stops a process the POSIX way")
def test_an_answer_that_does_not_come_is_an_error_and_not_a_frozen_program(side: Any, helper: Any) -> None:
    assert helper.call("SOP_WMAPE", [1.0, 2.0]) == 1.0
    process = helper._process
    process.send_signal(signal.SIGSTOP)
    side.ANSWER_SECONDS = 0.2
    assert helper.call("SOP_WMAPE", [1.0, 2.0])["reason"] == "No answer within 0.2 s."
    assert process.poll() is not None


def test_within_this_process_it_calculates_the_same(side: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOP_CALC_PROCESS", "inside")
    assert side.calculator().call("SOP_WMAPE", [[[100.0, 80.0]], [[90.0, 90.0]]]) == pytest.approx(1 / 9)


def test_another_python_version_calculates_in_a_process_of_its_own(side: Any, tmp_path: Path) -> None:
    facts = {**environment(), "version": [3, 5]}
    (tmp_path / "environment.json").write_text(json.dumps(facts), encoding="utf-8")
    assert type(side.calculator()).__name__ == "Helper"


@pytest.mark.skipif(sys.platform == "win32", reason="looks at processes the POSIX way")
def test_it_ends_when_the_program_that_started_it_dies(side: Any) -> None:
    program = textwrap.dedent(f"""
        import importlib.util, os
        spec = importlib.util.spec_from_file_location("sop_project", {side.__file__!r})
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        helper = module.Helper()
        assert helper.call("SOP_WMAPE", [1.0, 2.0]) == 1.0
        print(helper._process.pid, flush=True)
        os._exit(1)  # no tidying up: as when LibreOffice crashes
    """)
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    pid = int(run.stdout)
    for _ in range(100):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        # A container may leave the dead process uncollected; then it is a zombie, which runs no more.
        if Path(f"/proc/{pid}/stat").exists() and Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z":
            return
        time.sleep(0.1)
    os.kill(pid, 9)
    pytest.fail("the process outlived the program that started it")
