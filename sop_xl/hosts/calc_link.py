"""The line to a LibreOffice: requests out, answers back.

UNO is spoken by LibreOffice's own Python on the other side (``addin/libreoffice``), so that this side may run on any
Python. Both sides exchange one JSON object a line.
"""

from __future__ import annotations

import json
from typing import IO, Any, Protocol

from sop_xl.hosts.errors import HostError


class Link(Protocol):
    """What the engine needs of a LibreOffice."""

    def request(self, do: str, **arguments: Any) -> Any:
        """Ask for something and wait for the answer.

        Raises:
            HostError: LibreOffice refused, or is gone.
        """


class StreamLink:
    """A line over two text streams.

    Args:
        answers: where answers come from.
        requests: where requests go.
    """

    def __init__(self, answers: IO[str], requests: IO[str]) -> None:
        self._answers = answers
        self._requests = requests

    def request(self, do: str, **arguments: Any) -> Any:
        """Ask for something and wait for the answer.

        Raises:
            HostError: LibreOffice refused, or is gone.
        """
        try:
            self._requests.write(json.dumps({"do": do, **arguments}, allow_nan=False) + "\n")
            self._requests.flush()
            line = self._answers.readline()
        except (OSError, ValueError) as error:
            raise _gone() from error
        if not line:
            raise _gone()
        answer = json.loads(line)
        if "error" in answer:
            raise HostError(
                f"LibreOffice refused ({do}): {answer['error']}.", "Undo, and run the command again."
            )
        return answer["result"]


def _gone() -> HostError:
    return HostError("LibreOffice does not answer any more.", "Start it again and open the workbook.")
