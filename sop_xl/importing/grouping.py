"""One row of a table for each group of records: sums, averages, ratios and shares."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sop_xl.importing.cells import CellError, Value
from sop_xl.importing.columns import Columns, Outcome
from sop_xl.importing.evaluate import Duplicates, Evaluation, folded, term_name, tie, total
from sop_xl.importing.expressions import Expression
from sop_xl.importing.mapping import Rule, TableMapping, term_text
from sop_xl.importing.results import Counts, TableImport, Tie
from sop_xl.importing.sources import Data

Key = tuple[object, ...]
#: Aggregates whose totals over the groups are totals of the source.
ADDITIVE = ("sum", "count")


def load_groups(mapping: TableMapping, data: Data, columns: Columns) -> TableImport:
    """Rows of a table with ``group_by``, in the order in which their groups first appear.

    A record that cannot be read is kept out of its group; a group whose row does not fit is kept out whole.

    Args:
        mapping: how the rows come about.
        data: the records of its source.
        columns: their cells, every column that the mapping needs.
    """
    return _Grouping(mapping, data, columns).load()


class _Grouping:
    def __init__(self, mapping: TableMapping, data: Data, columns: Columns) -> None:
        self.mapping = mapping
        self.table = mapping.table
        self.data = data
        self.evaluation = Evaluation(mapping, data, columns)
        self.positions = self.evaluation.selected()
        #: Values of every term of an aggregate, by position in the data.
        self.inputs: dict[tuple[str, int], dict[int, Outcome]] = {}
        self.groups: dict[Key, list[int]] = {}
        self.keys: list[dict[int, Outcome]] = []
        #: By header, where groups begin that have more than one value to choose the first from.
        self.several: dict[str, list[int]] = {}
        self.totals: dict[tuple[str, Key], float] = {}

    def load(self) -> TableImport:
        self.read_keys()
        for rule in self.mapping.rules:
            self.read_terms(rule)
        self.build_groups()
        rows: list[list[Value]] = []
        used = 0
        duplicates = Duplicates(self.evaluation)
        for members in self.groups.values():
            row = self.row(members)
            error = duplicates.error(row, members[0]) if row is not None else None
            if error is not None:
                self.evaluation.reject(members[0], "group", error, group=len(members))
            if row is None or error is not None:
                self.evaluation.failed.update(members)
                continue
            rows.append(row)
            used += len(members)
        return self.result(rows, used)

    def read_keys(self) -> None:
        for term in self.mapping.group_by:
            values = self.evaluation.values(term, self.key_kind(term), self.positions)
            self.evaluation.reject_failures(self.positions, term, term_text(term), values)
            self.keys.append(dict(zip(self.positions, values, strict=True)))

    def key_kind(self, term: str | Expression) -> str:
        """Groups of dates and numbers are told apart as such, so that 1.0 and 1 are one group."""
        if isinstance(term, Expression) and term.kind != "raw":
            return term.kind
        for rule in self.mapping.rules:
            if rule.kind in ("take", "expression") and rule.terms == (term,):
                return self.table.column(rule.header).kind
        return "text"

    def read_terms(self, rule: Rule) -> None:
        column = self.table.column(rule.header)
        for number, term in enumerate(rule.terms):
            kind: str = column.kind
            if rule.kind == "count":
                if term == "*":
                    self.inputs[rule.header, 0] = dict.fromkeys(self.positions, 1.0)
                    continue
                kind = term.kind if isinstance(term, Expression) and term.kind != "raw" else "text"
            values = self.evaluation.values(term, kind, self.positions)
            if kind == "text" and rule.kind != "count":
                self.evaluation.note_texts(column, values)
            if rule.kind == "count":
                values = [None if value is None else _one(value) for value in values]
            if term not in self.mapping.group_by or rule.kind not in ("take", "expression"):
                self.evaluation.reject_failures(self.positions, term, rule.header, values)
            self.inputs[rule.header, number] = dict(zip(self.positions, values, strict=True))

    def build_groups(self) -> None:
        spellings: dict[Key, set[Key]] = {}
        for position in self.positions:
            if position not in self.evaluation.failed:
                exact = tuple(key[position] for key in self.keys)
                group = tuple(folded(value) for value in exact)
                self.groups.setdefault(group, []).append(position)
                spellings.setdefault(group, set()).add(exact)
        mixed = sum(1 for each in spellings.values() if len(each) > 1)
        if mixed:
            self.evaluation.notes.append(
                f"Groups written in capital and in small letters: {mixed:,}; the first spelling was taken."
            )
        for rule in self.mapping.rules:
            if rule.kind == "share":
                values = self.inputs[rule.header, 0]
                sums: dict[Key, list[Outcome]] = {}
                for group, members in self.groups.items():
                    sums.setdefault(self.shared(rule, group), []).extend(values[each] for each in members)
                for shared, parts in sums.items():
                    self.totals[rule.header, shared] = total(parts)

    def shared(self, rule: Rule, group: Key) -> Key:
        """The part of a group's key that a share is a share of."""
        return tuple(group[self.mapping.group_by.index(name)] for name in rule.of)

    def row(self, members: Sequence[int]) -> list[Value] | None:
        """The row of a group; None when it does not fit and has been rejected."""
        values: dict[str, Value] = {}
        good = True
        for rule in self.mapping.rules:
            column = self.table.column(rule.header)
            try:
                outcome: Outcome = rule.constant if rule.kind == "constant" else self.value(rule, members)
            except CellError as error:
                outcome = error
            [fitted] = self.evaluation.fitted(column, [outcome])
            if isinstance(fitted, CellError):
                name = term_name(rule.terms[0], rule.header) if len(rule.terms) == 1 else rule.header
                self.evaluation.reject(members[0], name, fitted, group=len(members))
                good = False
            else:
                values[rule.header] = fitted
        return [values.get(header) for header in self.table.headers] if good else None

    def value(self, rule: Rule, members: Sequence[int]) -> Value:
        """What a rule makes of the members of a group."""
        inputs = self.inputs[rule.header, 0]
        if rule.kind in ("take", "expression"):
            return _plain(inputs[members[0]])
        present = [_plain(inputs[each]) for each in members if inputs[each] is not None]
        if rule.kind == "count":
            return float(len(present))
        if rule.kind == "ratio":
            return self.ratio(rule, members)
        if not present:
            return None
        if rule.kind == "first":
            if any(value != present[0] for value in present):
                self.several.setdefault(rule.header, []).append(members[0])
            return present[0]
        if rule.kind in ("min", "max"):
            return min(present) if rule.kind == "min" else max(present)  # type: ignore[type-var]
        if rule.kind == "share":
            group = tuple(folded(key[members[0]]) for key in self.keys)
            whole = self.totals[rule.header, self.shared(rule, group)]
            if whole == 0:
                raise CellError(
                    f"{rule.header}: the whole it is a share of is zero", "Leave it out by `where`."
                )
            return total(present) / whole
        return total(present) / (len(present) if rule.kind == "mean" else 1)

    def ratio(self, rule: Rule, members: Sequence[int]) -> Value:
        above, below = self.inputs[rule.header, 0], self.inputs[rule.header, 1]
        both = [each for each in members if above[each] is not None and below[each] is not None]
        divisor = total(below[each] for each in both)
        return total(above[each] for each in both) / divisor if divisor else None

    def result(self, rows: list[list[Value]], used: int) -> TableImport:
        evaluation, data = self.evaluation, self.data
        failed = evaluation.failed
        left_out = len(data) - len(self.positions)
        counts = Counts(len(data) + len(data.broken), left_out, len(failed) + len(data.broken), used)
        ties = [Tie("Rows", counts.read - counts.left_out, counts.used, counts.rejected)]
        for rule in self.mapping.rules:
            if rule.kind in ADDITIVE:
                index = self.table.headers.index(rule.header)
                values = list(self.inputs[rule.header, 0].values())
                loaded = (row[index] for row in rows)
                ties.append(tie(rule.header, values, self.positions, failed, loaded))
        evaluation.notes.extend(self.several_notes())
        mapped = {rule.header for rule in self.mapping.rules}
        return TableImport(
            self.table,
            self.mapping.mode,
            tuple(header for header in self.table.headers if header in mapped),
            rows,
            evaluation.rejections(),
            tuple(ties),
            counts,
            tuple(evaluation.notes),
        )

    def several_notes(self) -> Iterator[str]:
        for header, begins in self.several.items():
            key = ", ".join(str(key[begins[0]]) for key in self.keys)
            have = "group has" if len(begins) == 1 else "groups have"
            yield f"{header}: {len(begins):,} {have} several values, such as {key!r}; the first was taken."


def _one(value: Outcome) -> Outcome:
    return value if isinstance(value, CellError) else 1.0


def _plain(value: Outcome) -> Value:
    if isinstance(value, CellError):  # members of a group were read without failure
        raise value
    return value
