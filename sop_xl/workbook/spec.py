"""The kinds of parts a workbook is made of: sheets, tables, planning views, fields.

:mod:`sop_xl.workbook.layout` holds the one instance of all this; the template, the readers, the input
checks, the formulas, the help sheet and the docs derive from it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["text", "number", "date", "choice"]
Role = Literal["input", "data", "calc"]
Aggregate = Literal["flow", "stock", "ratio", "none"]


@dataclass(frozen=True)
class Column:
    """One column of a table.

    ``header`` is what stands in the workbook and in mapping files; ``key`` is its name in code.
    ``required`` columns may not be empty. ``format`` names a number format; empty is the usual one of the kind.
    ``owner`` is who answers for the cells; they say so when one is selected.
    ``whole`` numbers have no decimals. ``later`` columns came after the first workbooks of this layout version: a
    table without one reads as if it stood there empty.
    """

    header: str
    kind: Kind = "text"
    unit: str = ""
    help: str = ""
    required: bool = False
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    role: Role = "input"
    width: float = 12.0
    format: str = ""
    whole: bool = False
    later: bool = False
    owner: str = ""

    @property
    def key(self) -> str:
        """Name in code: the header in lower case with underscores.

        >>> Column("Unit cost").key
        'unit_cost'
        """
        return self.header.lower().replace("/", "_").replace("-", "_").replace(" ", "_").replace("%", "pct")


@dataclass(frozen=True)
class Table:
    """An Excel table with a stable name.

    ``identity`` names the headers that together identify a row; duplicates are an error.
    ``references`` maps a header to the (table, header) it must be found in. ``later`` tables came after the first
    workbooks of this layout version: where one is missing it reads as empty, and a command that writes makes it.
    """

    name: str
    title: str
    help: str
    columns: tuple[Column, ...]
    identity: tuple[str, ...] = ()
    references: tuple[tuple[str, str, str], ...] = ()
    later: bool = False

    def column(self, header: str) -> Column:
        """The column with this header."""
        for column in self.columns:
            if column.header == header:
                return column
        raise KeyError(f"{self.name} has no column {header!r}")

    @property
    def headers(self) -> tuple[str, ...]:
        """Headers in their standard order."""
        return tuple(column.header for column in self.columns)


@dataclass(frozen=True)
class Row:
    """One row of a planning view, repeated for every family or resource.

    ``past`` and ``plan`` are formulas for closed and planned columns, in the notation of
    :mod:`sop_xl.workbook.formulas`; empty means that the cells hold values (or the planner's input).
    ``plan_last`` replaces ``plan`` in the last planned bucket where that needs another formula.
    ``aggregate`` says how quarters and years follow from buckets: a flow adds up, a stock takes the last
    bucket, a ratio is calculated again from its row formula.
    """

    key: str
    label: str
    unit: str
    role: Role = "calc"
    plan: str = ""
    past: str = ""
    plan_last: str = ""
    aggregate: Aggregate = "flow"
    format: Literal["qty", "money", "ratio", "hours", "days"] = "qty"
    make: Literal["", "MTS", "MTO"] = ""
    strong: bool = False
    help: str = ""


@dataclass(frozen=True)
class View:
    """A planning view: entities (families or resources) down, buckets across."""

    name: str
    entity: Literal["family", "resource"]
    rows: tuple[Row, ...]
    totals: tuple[Row, ...] = ()

    def row(self, key: str) -> Row:
        """The row with this key."""
        for row in (*self.rows, *self.totals):
            if row.key == key:
                return row
        raise KeyError(f"{self.name} has no row {key!r}")

    def total(self, key: str) -> Row:
        """The total with this key; it may have another formula than the row it adds up."""
        return next(row for row in self.totals if row.key == key)


@dataclass(frozen=True)
class Field:
    """One named cell of the cycle card on Home."""

    name: str
    label: str
    kind: Kind = "text"
    default: object = None
    help: str = ""
    role: Role = "input"
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sheet:
    """A sheet: what it is for, who works on it, and which parts it holds."""

    name: str
    purpose: str
    who: str
    tables: tuple[Table, ...] = ()
    view: View | None = None
    fields: tuple[Field, ...] = field(default=())
    group: Literal["process", "data", "plan", "meeting", "help"] = "plan"
