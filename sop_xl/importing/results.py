"""What an import gives back: rows, the cells that could not be read, and totals that tie."""

from __future__ import annotations

from dataclasses import dataclass, field

from sop_xl.importing.cells import Value
from sop_xl.importing.mapping import Mode
from sop_xl.workbook.spec import Table

#: Totals agree when they differ by less than this part of the larger one.
TOLERANCE = 1e-9


@dataclass(frozen=True)
class Rejected:
    """A cell that keeps its record out of the import.

    ``line`` is the line of the source on which the record begins (of a sheet: the row; of a query: the
    number of the row), the header being line 1. ``column`` is the source's column, or the workbook's
    where the value is calculated.
    """

    source: str
    line: int
    column: str
    value: str
    reason: str
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.source}, line {self.line}, {self.column}: {self.reason}. {self.remedy}".rstrip()


@dataclass(frozen=True)
class Tie:
    """One total on both sides: what the source holds is what was loaded and what was rejected.

    ``unreadable`` counts the cells of the column that hold no number; they are in no total. The tie of
    column "Rows" counts the records.
    """

    column: str
    read: float
    loaded: float
    rejected: float
    unreadable: int = 0

    @property
    def ties(self) -> bool:
        """Whether loaded and rejected make up what was read.

        >>> Tie("Quantity", 100.0, 90.0, 10.0).ties, Tie("Quantity", 100.0, 90.0, 0.0).ties
        (True, False)
        """
        scale = max(abs(self.read), abs(self.loaded), abs(self.rejected))
        return abs(self.read - self.loaded - self.rejected) <= TOLERANCE * scale


@dataclass(frozen=True)
class Counts:
    """Records of the source: read = left out by ``where`` + rejected + used."""

    read: int
    left_out: int
    rejected: int
    used: int


@dataclass(frozen=True)
class TableImport:
    """The rows for one table.

    ``rows`` follow ``table.headers``; ``columns`` names the headers the mapping fills, the others are None
    in every row and should be left alone when merging. ``notes`` are things to be told.
    """

    table: Table
    mode: Mode
    columns: tuple[str, ...]
    rows: list[list[Value]]
    rejected: list[Rejected]
    ties: tuple[Tie, ...]
    counts: Counts
    notes: tuple[str, ...] = ()

    @property
    def all_tie(self) -> bool:
        """Whether every total ties."""
        return all(tie.ties for tie in self.ties)


@dataclass(frozen=True)
class Import:
    """Everything a mapping gives: rows by table, and values for named cells of the cycle card."""

    tables: tuple[TableImport, ...]
    home: dict[str, object] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
