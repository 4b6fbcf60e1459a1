"""A saved mapping: which files or queries become which rows of the workbook's tables.

A mapping file in TOML::

    [source]                              # what the tables below share; any table may say otherwise
    path = "orders_*.csv"                 # beside the mapping file; * and ? find several files
    decimal = ","
    dates = ["%d.%m.%Y"]

    [home]                                # named cells of the cycle card
    Home_Company = "Example"

    [[table]]
    name = "tblSales"
    where = "[Status] <> 'cancelled'"
    [table.columns]                       # the workbook's header = where its values come from
    Bucket = "Invoice date"
    Item = "Material"
    Quantity = "Qty"
    Value = {expression = "[Qty] * [Net price]"}
    "Region/channel" = {constant = "Direct"}

    [[table]]
    name = "tblFamilies"
    mode = "merge"
    group_by = ["Group"]                  # one row for each
    [table.columns]
    Family = "Group"
    Price = {ratio = ["Amount", "Qty"]}

:func:`sop_xl.importing.reading.read_mapping` reads one and reports everything wrong with it at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from sop_xl.importing.cells import Notation, Value
from sop_xl.importing.expressions import Expression
from sop_xl.workbook.spec import Table

Mode = Literal["replace", "append", "merge"]
MODES: tuple[Mode, ...] = ("replace", "append", "merge")
Aggregate = Literal["sum", "mean", "min", "max", "count", "first", "ratio", "share"]

#: Options of ``[source]`` and ``[table.source]``.
SOURCE_OPTIONS: dict[str, str] = {
    "path": "file, relative to the mapping file; * and ? match several: .csv .tsv .txt .gz .xlsx .xls .ods",
    "url": "database in SQLAlchemy's form; ${NAME} takes an environment variable",
    "query": "SQL whose result is read, with url",
    "encoding": 'of a text file; "auto" tries utf-8, then cp1252',
    "separator": 'between fields; a comma unless the file is .tsv or .tab, "\\t" for a tab',
    "quote": 'around fields; \'"\' unless said otherwise, "" for none',
    "skip": "lines (or sheet rows) before the header",
    "sheet": "of a workbook; the first unless said otherwise",
    "table": "Excel table of an .xlsx file, instead of a sheet",
    "decimal": 'decimal sign of numbers: "." or ","',
    "thousands": 'sign between thousands: "," "." "\'" or a space; none unless said otherwise',
    "dates": "formats of strptime; ISO dates and Excel's serial numbers are always understood",
    "empty": "words that mean an empty cell",
}
#: Options of ``[[table]]``.
TABLE_OPTIONS: dict[str, str] = {
    "name": "table of the workbook",
    "mode": "replace (all rows), append, or merge (update rows with the same identity, add the others)",
    "where": "expression; only rows for which it is true are loaded",
    "group_by": "source columns, or {expression = …}; one row for each combination",
    "columns": "header = source column, or one of the rules",
    "source": "options of the source that differ for this table",
}
#: Rules of a column that are more than the name of a source column.
COLUMN_RULES: dict[str, str] = {
    "constant": "the same value in every row",
    "expression": "calculated from the columns of the row",
    "first": "with group_by: the first value that is not empty",
    "sum": "with group_by: added up",
    "mean": "with group_by: average of the values that are not empty",
    "min": "with group_by: least",
    "max": "with group_by: largest",
    "count": 'with group_by: how many are not empty; "*" counts rows',
    "ratio": "with group_by: [a, b], sum of a ÷ sum of b; empty when b adds up to nothing",
    "share": "with group_by: sum here ÷ sum over all groups with the same `of`",
}


@dataclass(frozen=True)
class Place:
    """Where rows come from. Equal places are read once, however many tables use them.

    Either ``paths`` or ``url`` and ``query`` are given. ``url`` still has its ``${NAME}`` in it.
    """

    paths: tuple[Path, ...] = ()
    url: str = field(default="", repr=False)
    query: str = ""
    encoding: str = "utf-8-sig"
    separator: str = ""
    quote: str = '"'
    skip: int = 0
    sheet: str = ""
    table: str = ""
    folder: Path = Path()


@dataclass(frozen=True)
class Source:
    """A place and the notation used there."""

    place: Place
    notation: Notation


@dataclass(frozen=True)
class Rule:
    """How the values of one column come about.

    ``kind`` is "take" (a source column), "constant", "expression" or an aggregate. ``terms`` are the
    source columns or expressions it works on; ``of`` are the columns a share is a share of.
    """

    header: str
    kind: Literal["take", "constant", "expression"] | Aggregate
    terms: tuple[str | Expression, ...] = ()
    constant: Value = None
    of: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Source columns the rule needs."""
        return tuple(name for term in self.terms for name in term_columns(term))


@dataclass(frozen=True)
class TableMapping:
    """How the rows of one table come about; ``place`` names it in messages."""

    table: Table
    source: Source
    rules: tuple[Rule, ...]
    mode: Mode = "replace"
    where: Expression | None = None
    group_by: tuple[str | Expression, ...] = ()
    place: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """Source columns the table needs, each once."""
        names = [name for term in self.group_by for name in term_columns(term)]
        names += [name for rule in self.rules for name in rule.columns]
        return tuple(dict.fromkeys((*names, *(self.where.columns if self.where else ()))))


@dataclass(frozen=True)
class Mapping:
    """A mapping file that has been read and found in order. ``notes`` are things to be told."""

    file: Path
    tables: tuple[TableMapping, ...]
    home: dict[str, object]
    notes: tuple[str, ...] = ()


def term_columns(term: str | Expression) -> tuple[str, ...]:
    """Source columns a term needs.

    >>> term_columns("Qty")
    ('Qty',)
    """
    return (term,) if isinstance(term, str) else term.columns


def term_text(term: str | Expression) -> str:
    """A term as the mapping file writes it."""
    return term if isinstance(term, str) else term.source
