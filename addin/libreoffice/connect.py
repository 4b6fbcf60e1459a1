"""Driving a LibreOffice that listens for connections, from the project's Python.

LibreOffice listens when it is started with ``--accept="pipe,name=NAME;urp;StarOffice.ComponentContext"``. Its own
Python speaks UNO in a process of its own, which ends with the connection.
"""

from __future__ import annotations

import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any

from addin.libreoffice.programs import office_environment, office_python
from sop_xl.hosts.calc_link import StreamLink
from sop_xl.hosts.errors import HostError

DOCUMENTS = Path(__file__).parent / "inside" / "pythonpath" / "sop_documents.py"


class Connection:
    """A line to a LibreOffice that listens at an address; use it in a ``with`` statement.

    Args:
        address: ``uno:pipe,name=NAME;urp;StarOffice.ComponentContext``.
    Raises:
        HostError: no Python on this machine can speak UNO.
    """

    def __init__(self, address: str) -> None:
        python = office_python()
        if python is None:
            raise HostError(
                "No Python on this machine can import uno.",
                "Install LibreOffice's Python bridge; on Debian and Ubuntu: apt-get install python3-uno.",
            )
        self._process = subprocess.Popen(
            [python, str(DOCUMENTS), address],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8", env=office_environment(),
        )  # fmt: skip
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._link = StreamLink(self._process.stdout, self._process.stdin)

    def request(self, do: str, **arguments: Any) -> Any:
        """Ask for something and wait for the answer."""
        return self._link.request(do, **arguments)

    def close(self) -> None:
        """Hang up."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def __enter__(self) -> Connection:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
