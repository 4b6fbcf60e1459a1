"""Reading the rules of ``[table.columns]``: where the values of each column come from."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sop_xl.importing.cells import CellError, Notation, Value
from sop_xl.importing.columns import READERS
from sop_xl.importing.errors import did_you_mean
from sop_xl.importing.expressions import Expression
from sop_xl.importing.fitting import fit, is_key
from sop_xl.importing.mapping import COLUMN_RULES, Rule, term_columns
from sop_xl.importing.problems import Problems
from sop_xl.workbook.spec import Column, Table

_NUMBERS_ONLY = ("sum", "mean", "count", "ratio", "share")
_GROUP_RULES = (*_NUMBERS_ONLY, "min", "max", "first")


def read_rules(
    problems: Problems,
    table: Table,
    columns: dict[str, Any],
    group_by: tuple[str | Expression, ...],
    place: str,
) -> tuple[Rule, ...]:
    """The rules of a table in its order of columns; what is wrong with them goes to ``problems``."""
    problems.known_keys(f"{place} columns", columns, table.headers)
    rules = []
    for column in table.columns:
        if column.header in columns:
            reader = _RuleReader(problems, table, column, group_by, f'{place} columns "{column.header}"')
            rule = reader.read(columns[column.header])
            if rule is not None:
                rules.append(rule)
    return tuple(rules)


class _RuleReader:
    def __init__(
        self,
        problems: Problems,
        table: Table,
        column: Column,
        group_by: tuple[str | Expression, ...],
        place: str,
    ) -> None:
        self.problems = problems
        self.table = table
        self.column = column
        self.group_by = group_by
        self.place = place

    def wrong(self, message: str, remedy: str = "") -> None:
        self.problems.add(self.place, message, remedy)

    def read(self, given: object) -> Rule | None:
        header = self.column.header
        if isinstance(given, str):
            name = given.strip()
            if self.group_by and name not in self.group_by:
                self.wrong(
                    f'"{name}" is not in group_by.', f'Say which value: {{first = "{name}"}} or another rule.'
                )
                return None
            return Rule(header, "take", (name,))
        if not isinstance(given, dict):
            self.wrong("is no source column.", f"A fixed value is written {{constant = {given!r}}}.")
            return None
        kinds = [key for key in given if key in COLUMN_RULES]
        if len(kinds) != 1 or set(given) - {kinds[0], *(("of",) if kinds == ["share"] else ())}:
            unknown = [key for key in given if key not in COLUMN_RULES and key != "of"]
            hint = (
                did_you_mean(unknown[0], COLUMN_RULES)
                if unknown
                else f"Use one of {', '.join(COLUMN_RULES)}."
            )
            self.wrong(f"{{{', '.join(given)}}} is no rule.", hint)
            return None
        kind, value = kinds[0], given[kinds[0]]
        if kind == "constant":
            return self.constant(value)
        if kind == "expression":
            return self.expression(value)
        return self.aggregate(kind, value, given.get("of"))

    def constant(self, value: object) -> Rule | None:
        if isinstance(value, datetime):
            value = value.date()
        if not isinstance(value, (str, int, float, date)) or isinstance(value, bool):
            self.wrong("a constant is a text, a number or a date.")
            return None
        try:
            read: Value = READERS[self.column.kind](value, Notation())
            fitted = fit(self.column, read, key=is_key(self.table, self.column.header))
        except CellError as error:
            self.wrong(f"constant {error.reason}.", error.remedy)
            return None
        return Rule(self.column.header, "constant", constant=fitted)

    def expression(self, source: object) -> Rule | None:
        expression = self.problems.expression(self.place, source)
        if expression is None or not self.fits(expression):
            return None
        known = {name for term in self.group_by for name in term_columns(term)}
        outside = [name for name in expression.columns if name not in known]
        if self.group_by and outside:
            self.wrong(
                f'"{outside[0]}" is not in group_by.', "Say {first = {expression = …}} or another rule."
            )
            return None
        return Rule(self.column.header, "expression", (expression,))

    def fits(self, expression: Expression) -> bool:
        """Whether the column can hold what the expression gives."""
        wanted = self.column.kind
        allowed = ("raw", wanted) if wanted in ("number", "date") else ("raw", "text", "number", "date")
        if expression.kind in allowed:
            return True
        self.wrong(
            f'expression "{expression.source}" gives a {expression.kind}; the column holds a {wanted}.'
        )
        return False

    def aggregate(self, kind: str, value: object, of: object) -> Rule | None:
        if not self.group_by:
            self.wrong(
                f'"{kind}" needs group_by.', 'Name the columns that make one row: group_by = ["Item"].'
            )
            return None
        if kind in _NUMBERS_ONLY and self.column.kind != "number":
            self.wrong(f'"{kind}" gives a number; the column holds a {self.column.kind}.')
            return None
        if kind in ("min", "max") and self.column.kind not in ("number", "date"):
            self.wrong(f'"{kind}" is for numbers and dates.')
            return None
        if kind == "ratio":
            if not isinstance(value, list) or len(value) != 2:
                self.wrong("a ratio is a list of two columns.", 'Write {ratio = ["Value", "Qty"]}.')
                return None
            terms = [self.term(each, kind) for each in value]
        else:
            terms = [self.term(value, kind)]
        known = tuple(term for term in terms if term is not None)
        shared = self.shared(of) if kind == "share" else ()
        if len(known) < len(terms) or shared is None:
            return None
        assert kind in _GROUP_RULES
        return Rule(self.column.header, kind, known, of=shared)  # type: ignore[arg-type]

    def term(self, value: object, kind: str) -> str | Expression | None:
        if isinstance(value, str) and value.strip():
            return value.strip()
        if isinstance(value, dict) and set(value) == {"expression"}:
            expression = self.problems.expression(self.place, value["expression"])
            if expression is None or kind == "count":
                return expression
            return expression if self.fits(expression) else None
        self.wrong(f"{value!r} is no source column and no {{expression = …}}.")
        return None

    def shared(self, of: object) -> tuple[str, ...] | None:
        if not isinstance(of, list) or not all(isinstance(each, str) for each in of):
            self.wrong("a share needs `of`.", 'Write {share = "Qty", of = ["Family"]}; of = [] is the total.')
            return None
        names = tuple(each.strip() for each in of)
        outside = [name for name in names if name not in self.group_by]
        if outside:
            self.wrong(f'"{outside[0]}" in `of` is not in group_by.')
            return None
        return names
