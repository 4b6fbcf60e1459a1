"""The process in which xlwings answers calls as on Windows; see com_side.py."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any

#: How pywin32 hands over an omitted argument and the error values of cells.
OMITTED = -2147352572
ERROR_CODES = {
    "#NULL!": -2146826288,
    "#DIV/0!": -2146826281,
    "#VALUE!": -2146826273,
    "#REF!": -2146826265,
    "#NAME?": -2146826259,
    "#NUM!": -2146826252,
    "#N/A": -2146826246,
}
MARK = "\x01"


class ComServer:
    """xlwings' COM server in a process of its own.

    Attributes:
        registered: what xlwings knows of each function.
    """

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", str(Path(__file__).with_name("com_side.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            cwd=Path(__file__).resolve().parents[2],
        )
        self.registered: dict[str, dict[str, Any]] = self._read()

    def call(self, name: str, arguments: list[Any]) -> Any:
        """What VBA gets from XLPy.CallUDF: a cell, a list for one row, or rows."""
        assert self._process.stdin
        self._process.stdin.write(json.dumps([name, arguments]) + "\n")
        self._process.stdin.flush()
        return self._read()

    def _read(self) -> Any:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the COM side ended; its reason is on the error stream")
        return json.loads(line)

    def __enter__(self) -> ComServer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()
