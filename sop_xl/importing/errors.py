"""What can go wrong between a source and the workbook's tables.

    WorkbookError
    ├── MappingError    the mapping file asks for something that is not there; carries every problem
    └── SourceError     a file, sheet or database cannot be read

A single bad cell is neither: it is a :class:`~sop_xl.importing.results.Rejected` line.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sop_xl.errors import WorkbookError


@dataclass(frozen=True)
class Problem:
    """One thing to correct in a mapping file, and where it stands."""

    place: str
    message: str
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.place}: {self.message} {self.remedy}".rstrip()


class MappingError(WorkbookError):
    """The mapping file has errors. ``problems`` lists all of them, in the order of the file."""

    def __init__(self, file: str, problems: Sequence[Problem]) -> None:
        count = len(problems)
        lines = "\n".join(f"  {problem}" for problem in problems)
        super().__init__(
            f"{file} has {count} error{'s' if count != 1 else ''}:\n{lines}\n",
            "Correct the mapping file and load again; nothing was changed.",
        )
        self.problems = tuple(problems)


class SourceError(WorkbookError):
    """A source file, sheet or database is missing, damaged or out of reach."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A sentence naming the known word nearest to ``word``, else the known words, else nothing.

    >>> did_you_mean("Quantty", ["Quantity", "Value"])
    'Did you mean "Quantity"?'
    >>> did_you_mean("zzz", ["Quantity", "Value"])
    'Known: Quantity, Value.'
    """
    by_fold = {name.casefold(): name for name in known}
    near = difflib.get_close_matches(word.casefold(), by_fold, n=1, cutoff=0.5)
    if near:
        return f'Did you mean "{by_fold[near[0]]}"?'
    names = list(by_fold.values())
    if not names:
        return ""
    return f"Known: {', '.join(names[:40])}{', …' if len(names) > 40 else ''}."
