"""One row of a table for each record of the source."""

from __future__ import annotations

from sop_xl.importing.cells import Value
from sop_xl.importing.columns import Columns, Outcome
from sop_xl.importing.evaluate import Duplicates, Evaluation, term_name, tie
from sop_xl.importing.mapping import TableMapping
from sop_xl.importing.results import Counts, TableImport, Tie
from sop_xl.importing.sources import Data


def load_rows(mapping: TableMapping, data: Data, columns: Columns) -> TableImport:
    """Rows of a table without ``group_by``.

    Args:
        mapping: how the rows come about.
        data: the records of its source.
        columns: their cells, every column that the mapping needs.
    """
    table = mapping.table
    evaluation = Evaluation(mapping, data, columns)
    positions = evaluation.selected()
    filled: dict[str, list[Outcome]] = {}
    read: dict[str, list[Outcome]] = {}
    for rule in mapping.rules:
        column = table.column(rule.header)
        if rule.kind == "constant":
            filled[rule.header] = [rule.constant] * len(positions)
            continue
        values = evaluation.values(rule.terms[0], column.kind, positions)
        if column.kind == "number":
            read[rule.header] = values
        elif column.kind == "text":
            evaluation.note_texts(column, values)
        filled[rule.header] = evaluation.fitted(column, values)
        evaluation.reject_failures(positions, rule.terms[0], rule.header, filled[rule.header])

    empty: list[Outcome] = [None] * len(positions)
    duplicates = Duplicates(evaluation)
    rows: list[list[Value]] = []
    candidates = zip(*(filled.get(header, empty) for header in table.headers), strict=True)
    for position, candidate in zip(positions, candidates, strict=True):
        if position in evaluation.failed:
            continue
        row: list[Value] = list(candidate)
        error = duplicates.error(row, position)
        if error is None:
            rows.append(row)
        else:
            evaluation.reject(position, _identity_name(mapping), error)

    failed = evaluation.failed
    left_out = len(data) - len(positions)
    counts = Counts(len(data) + len(data.broken), left_out, len(failed) + len(data.broken), len(rows))
    ties = [Tie("Rows", counts.read - counts.left_out, counts.used, counts.rejected)]
    for header, values in read.items():
        index = table.headers.index(header)
        ties.append(tie(header, values, positions, failed, (row[index] for row in rows)))
    return TableImport(
        table,
        mapping.mode,
        tuple(header for header in table.headers if header in filled),
        rows,
        evaluation.rejections(),
        tuple(ties),
        counts,
        tuple(evaluation.notes),
    )


def _identity_name(mapping: TableMapping) -> str:
    """Source columns behind the identity of a table, for messages."""
    names = [
        term_name(rule.terms[0], rule.header)
        for rule in mapping.rules
        if rule.header in mapping.table.identity and rule.terms
    ]
    return ", ".join(names) or ", ".join(mapping.table.identity)
