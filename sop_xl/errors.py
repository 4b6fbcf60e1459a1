"""What can go wrong, in words a planner understands.

    SopError                 anything this package refuses to do, with a remedy
    ├── ArgumentError        an argument is not what it must be           #VALUE!
    ├── NoAnswerError        the question has no answer                   #NUM!
    ├── NotDefinedError      the answer is not defined for this data      #N/A
    ├── WorkbookError        the workbook or one of its parts is not there or not ours
    └── ChecksFailed         the input has errors; carries the list of issues

Every error says what is wrong in ``message`` and what to do in ``remedy``.
``excel_error`` is the error value a cell shows.
"""

from __future__ import annotations

from collections.abc import Sequence


class SopError(Exception):
    """A refusal with a reason and a remedy."""

    excel_error = "#VALUE!"

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".strip()


class ArgumentError(SopError):
    """An argument is not what it must be: text among numbers, shapes that differ, an unknown word."""


class NoAnswerError(SopError):
    """The question is well put and has no answer: an infeasible plan, a service level of 1.2."""

    excel_error = "#NUM!"


class NotDefinedError(SopError):
    """The measure is not defined for this data: accuracy where nothing was demanded."""

    excel_error = "#N/A"


class WorkbookError(SopError):
    """The workbook, a sheet, a table or a name is missing, damaged or not one of ours."""


class ChecksFailed(SopError):  # noqa: N818 - it says what happened
    """The input has errors. ``issues`` lists all of them."""

    def __init__(self, issues: Sequence[object]) -> None:
        count = len(issues)
        super().__init__(
            f"{count} error{'s' if count != 1 else ''} in the input.",
            "Correct the listed cells and run the command again; nothing was changed.",
        )
        self.issues = tuple(issues)
