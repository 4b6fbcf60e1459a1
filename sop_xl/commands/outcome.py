"""What a command found and did, for people and for programs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sop_xl.checks import Issue
from sop_xl.errors import SopError
from sop_xl.hosts.errors import HostError

#: What a command raises when it refuses: ``message`` says what is wrong, ``remedy`` what to do.
REFUSALS = (SopError, HostError)

#: Told what is being done now and how far it is, 0 to 1.
Progress = Callable[[str, float], None]


def silent(what: str, done: float) -> None:
    """A progress that shows nothing."""


@dataclass
class Outcome:
    """The result of a command.

    Attributes:
        lines: the summary in plain words, one sentence each.
        data: the same for programs.
        issues: warnings (errors stop the command before it has an outcome).
        changed: whether the workbook must be saved.
    """

    command: str
    lines: list[str] = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)
    changed: bool = True

    def say(self, line: str) -> None:
        """Add a sentence to the summary."""
        self.lines.append(line)

    def take(self, other: Outcome) -> None:
        """Add what a part of this command found."""
        self.lines += other.lines
        self.data[other.command] = other.data
        self.changed |= other.changed


def counted(number: int, one: str, many: str = "") -> str:
    """A number with its noun.

    >>> counted(1, "gap"), counted(3, "gap")
    ('1 gap', '3 gaps')
    """
    return f"{number:,} {one if number == 1 else (many or one + 's')}"
