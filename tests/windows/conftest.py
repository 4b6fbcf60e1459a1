"""The add-in installed in Wine's Windows, and Python started from it; nothing is collected anywhere else."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.windows.excel import ExcelWithLibrary, ServerOverCom

# Installing would change the settings of whoever works on a real Windows.
collect_ignore_glob = [] if os.environ.get("SOP_UNDER_WINE") else ["*"]

ROOT = Path(__file__).resolve().parents[2]
CommandLine = Callable[..., "subprocess.CompletedProcess[str]"]
_seconds: dict[str, float] = {}


@pytest.fixture(scope="session")
def sop_xl() -> CommandLine:
    """The command line in a process of its own."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", "import sys, sop_xl.cli; sys.exit(sop_xl.cli.main())", *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)

    return run


@pytest.fixture(scope="session")
def installed(sop_xl: CommandLine) -> Iterator[None]:
    """The add-in as `sop-xl addin install` leaves it."""
    done = sop_xl("addin", "install")
    assert done.returncode == 0, done.stderr
    yield
    sop_xl("addin", "uninstall")


@pytest.fixture(scope="session")
def started(installed: None, plan_store_file: Path) -> Iterator[ExcelWithLibrary]:
    """An Excel in memory that has started Python through the DLL."""
    from addin.machine import this_machine
    from tests.windows.excel import ExcelWithLibrary

    excel = ExcelWithLibrary(this_machine())
    begun = time.perf_counter()
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SOP_STORE", str(plan_store_file))
        server = excel.server()
    _seconds["Python is started"] = time.perf_counter() - begun
    server.call("SOP_WMAPE", [[[100.0]], [[90.0]]])
    _seconds["the first answer is there"] = time.perf_counter() - begun
    yield excel
    excel.run("KillPy")


@pytest.fixture
def excel(started: ExcelWithLibrary) -> ExcelWithLibrary:
    started.reset()
    return started


@pytest.fixture
def another(excel: ExcelWithLibrary, tmp_path: Path) -> Iterator[ExcelWithLibrary]:
    """The same with a second Python, by settings of its own.

    Wine keeps the name of a server that was ended: one by the same settings could not be started again.
    """
    excel.settings.instead["PYTHONPATH"] = f"{ROOT};{tmp_path}"
    yield excel
    excel.run("KillPy")
    excel.settings.instead.clear()
    excel.reset()


@pytest.fixture(scope="session")
def com(started: ExcelWithLibrary) -> ServerOverCom:
    """The server for the tests in tests/addin."""
    return started.server()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a name that a person would give it."""
    made = tmp_path / "Pläne 2026"
    made.mkdir()
    return made


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for what, seconds in _seconds.items():
        terminalreporter.write_line(f"{seconds:6.1f} s until {what}")
