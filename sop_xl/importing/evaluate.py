"""Values of source columns and expressions, record by record, with the failures kept in their place."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

from sop_xl.importing import cells
from sop_xl.importing.cells import CellError, Value
from sop_xl.importing.columns import Columns, Outcome, outcomes
from sop_xl.importing.expressions import Expression
from sop_xl.importing.fitting import CELL_KINDS, fit, is_key
from sop_xl.importing.mapping import TableMapping, term_text
from sop_xl.importing.results import Rejected, Tie
from sop_xl.importing.sources import Data
from sop_xl.workbook.spec import Column


class Evaluation:
    """One table's mapping over the data of its source; collects what is rejected."""

    def __init__(self, mapping: TableMapping, data: Data, columns: Columns) -> None:
        self.mapping = mapping
        self.data = data
        self.columns = columns
        self.rejected: list[tuple[int, Rejected]] = []
        self.failed: set[int] = set()
        self.notes: list[str] = []

    def selected(self) -> list[int]:
        """Positions of the records for which ``where`` is true.

        Those it cannot judge are rejected, and among the positions, so that totals know them.
        """
        where = self.mapping.where
        if where is None:
            return list(range(len(self.data)))
        truths = _each(where.bind(self.columns), range(len(self.data)))
        kept = []
        for position, truth in enumerate(truths):
            if isinstance(truth, CellError):
                self.reject(position, "where", truth)
                kept.append(position)
            elif truth:
                kept.append(position)
        return kept

    def values(self, term: str | Expression, kind: str, positions: Sequence[int]) -> list[Outcome]:
        """Values of a term as the kind of a workbook column: "text", "number", "date" or "choice"."""
        if isinstance(term, Expression):
            return _each(term.bind(self.columns, CELL_KINDS[kind]), positions)
        values = self.columns.read(term, kind)
        return [values[position] for position in positions]

    def fitted(self, column: Column, values: Iterable[Outcome]) -> list[Outcome]:
        """The values as the column takes them, or why it does not."""
        key = is_key(self.mapping.table, column.header)

        def judged(value: object) -> Value:
            return fit(column, value, key=key)  # type: ignore[arg-type]

        if column.kind == "number":
            # Numbers seldom repeat, so the ones that are within the limits need no further look.
            least = -math.inf if column.minimum is None else column.minimum
            most = math.inf if column.maximum is None else column.maximum
            return [
                value if type(value) is float and least <= value <= most else outcomes(judged, (value,))[0]
                for value in values
            ]
        return outcomes(judged, values)

    def reject(
        self, position: int, column: str, error: CellError, value: object = None, group: int = 1
    ) -> None:
        """Keep a record out, and say why. ``group`` is how many records stand behind it."""
        self.failed.add(position)
        shown = error.value if value is None else value
        reason = error.reason if group == 1 else f"{error.reason} (in {group:,} records from here on)"
        self.rejected.append(
            (
                position,
                Rejected(
                    self.data.sources[position],
                    self.data.lines[position],
                    column,
                    "" if shown is None else str(shown)[:200],
                    reason,
                    error.remedy,
                ),
            )
        )

    def reject_failures(
        self, positions: Sequence[int], term: str | Expression | None, header: str, values: Sequence[Outcome]
    ) -> int:
        """Reject the records whose value is a failure; gives their number."""
        count = 0
        for position, value in zip(positions, values, strict=True):
            if type(value) is CellError:
                raw = self.data.columns[term][position] if isinstance(term, str) else None
                self.reject(position, term if isinstance(term, str) else header, value, raw)
                count += 1
        return count

    def rejections(self) -> list[Rejected]:
        """All of them, in the order of the source; broken records first."""
        broken = [
            Rejected(
                each.source,
                each.line,
                "record",
                each.text,
                f"{each.fields} fields where the header has {each.expected}",
                "A field that holds the separator must stand in quotation marks.",
            )
            for each in self.data.broken
        ]
        return broken + [rejected for _, rejected in sorted(self.rejected, key=lambda pair: pair[0])]

    def note_texts(self, column: Column, values: Iterable[Outcome]) -> None:
        """Tell of control characters that were removed and of spaces that will hinder lookups."""
        texts: dict[str, int] = {}
        for value in values:
            if type(value) is str:
                texts[value] = texts.get(value, 0) + 1
        removed = sum(count for text, count in texts.items() if cells.has_unprintable(text))
        if removed:
            self.notes.append(
                f"{column.header}: cells from which control characters were removed: {removed:,}."
            )
        if is_key(self.mapping.table, column.header):
            spaced = [text for text in texts if text != text.strip()]
            if spaced:
                self.notes.append(
                    f"{column.header}: values that begin or end with a space: {len(spaced):,}, "
                    f"such as {spaced[0][:60]!r}; trim([…]) removes it."
                )


class Duplicates:
    """Finds a second row with the same identity; capital and small letters are the same to Excel."""

    def __init__(self, evaluation: Evaluation) -> None:
        self.evaluation = evaluation
        self.table = evaluation.mapping.table
        self.where = [self.table.headers.index(header) for header in self.table.identity]
        self.seen: dict[tuple[object, ...], int] = {}

    def error(self, row: Sequence[Value], position: int) -> CellError | None:
        """Why this row is one too many; None when it is the first of its identity."""
        if not self.where:
            return None
        identity = tuple(folded(row[index]) for index in self.where)
        first = self.seen.setdefault(identity, position)
        if first == position:
            return None
        data = self.evaluation.data
        same = " and ".join(self.table.identity)
        return CellError(
            f"same {same} as {data.sources[first]}, line {data.lines[first]}",
            "Remove one, map the columns that tell them apart, or add them up by group_by.",
            " | ".join("" if row[index] is None else str(row[index]) for index in self.where),
        )


def folded(value: object) -> object:
    """The value as Excel compares it.

    >>> folded("ACME"), folded(2.0)
    ('acme', 2.0)
    """
    return value.casefold() if isinstance(value, str) else value


def total(values: Iterable[object]) -> float:
    """Exact sum of the numbers among the values.

    >>> total([0.1] * 10 + [None, CellError("no number")])
    1.0
    """
    return math.fsum([value for value in values if type(value) is float])


def tie(
    column: str,
    read: Sequence[Outcome],
    positions: Sequence[int],
    rejected: set[int],
    loaded: Iterable[Value],
) -> Tie:
    """The tie of a column: ``read`` at ``positions`` against the finished rows."""
    out = (value for position, value in zip(positions, read, strict=True) if position in rejected)
    unreadable = sum(1 for value in read if type(value) is CellError)
    return Tie(column, total(read), total(loaded), total(out), unreadable)


def term_name(term: str | Expression, header: str) -> str:
    """How messages call a term: the source column, or the workbook's where it is calculated."""
    return term_text(term) if isinstance(term, str) else header


def _each(reader: Callable[[int], Value], positions: Iterable[int]) -> list[Outcome]:
    outcomes: list[Outcome] = []
    for position in positions:
        try:
            outcomes.append(reader(position))
        except CellError as error:
            outcomes.append(error.with_traceback(None))
    return outcomes
