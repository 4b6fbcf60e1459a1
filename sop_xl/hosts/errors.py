"""The one error of this room: a file or a value that a host cannot take."""

from __future__ import annotations


class HostError(Exception):
    """A refusal by a spreadsheet host, in one sentence, with what to do about it.

    Args:
        message: what is wrong, one sentence.
        remedy: what the user can do, one sentence.

    >>> str(HostError("The file is empty.", "Choose another file."))
    'The file is empty. Choose another file.'
    """

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".strip()
