"""Every problem of the input at once, each with its place and what to do.

An *error* would make the plan wrong: commands stop and change nothing. A *warning* is worth a look. The
checks of a table follow from its definition; those across tables follow from what planning needs.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal, Protocol

Severity = Literal["error", "warning"]
EARLIEST, LATEST = date(1990, 1, 1), date(2100, 1, 1)


@dataclass(frozen=True)
class Issue:
    """One problem: where it is, what is wrong, what to do."""

    sheet: str
    table: str
    row: int | None
    column: str
    message: str
    remedy: str
    severity: Severity = "error"

    def __str__(self) -> str:
        place = f"{self.sheet}, {self.table}" + (f", row {self.row}" if self.row else "")
        column = f", {self.column}" if self.column else ""
        return f"{self.severity.upper()} {place}{column}: {self.message} {self.remedy}"


class ColumnRule(Protocol):
    """What a column definition says about its cells."""

    @property
    def header(self) -> str: ...  # noqa: D102
    @property
    def kind(self) -> str: ...  # noqa: D102
    @property
    def required(self) -> bool: ...  # noqa: D102
    @property
    def choices(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def minimum(self) -> float | None: ...  # noqa: D102
    @property
    def maximum(self) -> float | None: ...  # noqa: D102
    @property
    def whole(self) -> bool: ...  # noqa: D102


@dataclass(frozen=True)
class Rows:
    """The rows of one table as they stand on the sheet.

    Attributes:
        cells: header -> one value per row: float, str, date or None.
        numbers: sheet row of each row, for messages.
        numeric: header of a text column -> rows in which a number stands.
    """

    table: str
    sheet: str
    columns: Sequence[ColumnRule]
    cells: Mapping[str, list[Any]]
    numbers: Sequence[int]
    identity: tuple[str, ...] = ()
    references: tuple[tuple[str, str, str], ...] = ()
    numeric: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, header: str) -> list[Any]:
        return self.cells[header]

    def issue(
        self, index: int | None, column: str, message: str, remedy: str, severity: Severity = "error"
    ) -> Issue:
        """An issue in one of these rows."""
        row = None if index is None else self.numbers[index]
        return Issue(self.sheet, self.table, row, column, message, remedy, severity)


def check_cells(rows: Rows) -> list[Issue]:
    """Every cell against its column: required, number, date, choice, range."""
    issues: list[Issue] = []
    for column in rows.columns:
        for index, value in enumerate(rows[column.header]):
            if value is None:
                if column.required:
                    issues.append(rows.issue(index, column.header, "The cell is empty.", "Fill it in."))
            elif problem := _cell_problem(value, column):
                issues.append(rows.issue(index, column.header, *problem))
    return issues


def _cell_problem(value: Any, column: ColumnRule) -> tuple[str, str] | None:
    if isinstance(value, str) and value.startswith("#") and value.endswith(("!", "?", "A", "0!")):
        return f"The cell shows {value}.", "Correct the formula."
    if column.kind == "number":
        return _number_problem(value, column)
    if column.kind == "date":
        if not isinstance(value, date | datetime):
            return f"{value!r} is not a date.", "Type a date, not text."
        day = value.date() if isinstance(value, datetime) else value
        if not EARLIEST <= day <= LATEST:
            return f"{day:%Y-%m-%d} is out of range.", f"Use a date from {EARLIEST:%Y} to {LATEST:%Y}."
    if column.kind == "choice":
        allowed = [choice.lower() for choice in column.choices]
        if str(value).strip().lower() not in allowed:
            return f"{value!r} is not allowed.", f"Use one of {', '.join(column.choices)}."
    return None


def _number_problem(value: Any, column: ColumnRule) -> tuple[str, str] | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return f"{value!r} is not a number.", "Type a number, without unit or text."
    if not math.isfinite(value):
        return f"{value} is not a finite number.", "Type a number."
    if column.minimum is not None and value < column.minimum:
        what = "negative" if column.minimum == 0 else f"below {column.minimum:g}"
        return f"{value:g} is {what}.", f"Use {column.minimum:g} or more."
    if column.maximum is not None and value > column.maximum:
        return f"{value:g} is above {column.maximum:g}.", f"Use {column.maximum:g} or less."
    if column.whole and value != int(value):
        return f"{value:g} is not a whole number.", "Use 0, 1, 2 ..."
    return None


def check_identity(rows: Rows) -> list[Issue]:
    """Rows that say the same thing twice."""
    seen: dict[tuple[str, ...], int] = {}
    issues = []
    for index in range(len(rows)):
        key = tuple(_text(rows[header][index]).lower() for header in rows.identity)
        if not rows.identity or not any(key):
            continue
        if key in seen:
            first = rows.numbers[seen[key]]
            what = ", ".join(
                f"{h} {_text(rows[h][index])}" for h in rows.identity if rows[h][index] is not None
            )
            issues.append(
                rows.issue(
                    index, rows.identity[0], f"{what} stands in row {first} already.", "Remove one of them."
                )
            )
        seen.setdefault(key, index)
    return issues


def check_references(rows: Rows, tables: Mapping[str, Rows]) -> list[Issue]:
    """Families, items and resources that are not in their own table."""
    issues = []
    for header, table, key in rows.references:
        if table not in tables:
            continue
        known = {_text(value).lower(): _text(value) for value in tables[table][key] if value is not None}
        unknown: dict[str, list[int]] = {}
        for index, value in enumerate(rows[header]):
            if value is not None and _text(value).lower() not in known:
                unknown.setdefault(_text(value), []).append(index)
        for word, places in unknown.items():
            close = difflib.get_close_matches(word.lower(), list(known), 1)
            hint = f"Did you mean {known[close[0]]}?" if close else f"Add it to {table} or correct it."
            more = f" ({len(places)} rows)" if len(places) > 1 else ""
            issues.append(rows.issue(places[0], header, f"{word!r} is not in {table}{more}.", hint))
    return issues


def check_tables(tables: Mapping[str, Rows]) -> list[Issue]:
    """All checks that follow from the definitions of the tables."""
    issues: list[Issue] = []
    for rows in tables.values():
        issues += check_cells(rows)
        issues += check_identity(rows)
        issues += check_references(rows, tables)
    return issues


#: Words that stand for something else in the planning views.
RESERVED = ("total",)


def check_codes(rows: Rows, header: str) -> list[Issue]:
    """Codes that formulas could not find: reserved words, and what spreadsheet programs take for a pattern."""
    issues = []
    for index, code in enumerate(rows[header]):
        if code is None:
            continue
        if str(code).lower() in RESERVED:
            issues.append(rows.issue(index, header, f"{code!r} is reserved.", "Choose another code."))
        elif set(str(code)) & set("*?~") or str(code)[0] in "<>=":
            issues.append(
                rows.issue(
                    index,
                    header,
                    f"{code!r} is taken for a pattern by spreadsheet formulas.",
                    "Use a code without * ? ~ that does not begin with < > or =.",
                )
            )
    return issues


def check_numeric_codes(rows: Rows, header: str) -> list[Issue]:
    """Codes typed as numbers: formulas do not find a number where they look for a text."""
    return [
        rows.issue(
            index,
            header,
            f"The code {rows[header][index]} is a number.",
            "Type it as text, with an apostrophe before it: '" + str(rows[header][index]),
        )
        for index in rows.numeric.get(header, ())
    ]


def check_family_or_item(rows: Rows) -> list[Issue]:
    """Rows that name neither a family nor an item."""
    return [
        rows.issue(index, "Family", "Neither family nor item is given.", "Fill in one of them.")
        for index in range(len(rows))
        if rows["Family"][index] is None and rows["Item"][index] is None
    ]


def check_bill(families: Rows, resources: Rows, bill: Rows, capacity: Rows) -> list[Issue]:
    """Families without a bill, bills and resources without capacity."""
    issues = []
    listed = {_text(value).lower() for value in bill["Family"]}
    used = {_text(value).lower() for value in bill["Resource"]}
    measured = {_text(value).lower() for value in capacity["Resource"]}
    if len(resources):
        for index, code in enumerate(families["Family"]):
            if code is not None and _text(code).lower() not in listed:
                issues.append(
                    families.issue(
                        index,
                        "Family",
                        f"{code} has no bill of resources.",
                        "Add its hours per unit to tblBill, or leave it out of capacity knowingly.",
                        "warning",
                    )
                )
        if not len(capacity):
            issues.append(
                capacity.issue(
                    None,
                    "",
                    "No capacity is given: loads are shown, overloads cannot be found.",
                    "Fill in tblCapacity.",
                    "warning",
                )
            )
        else:
            for index, code in enumerate(resources["Resource"]):
                if code is not None and _text(code).lower() in used - measured:
                    issues.append(
                        resources.issue(
                            index,
                            "Resource",
                            f"{code} has no capacity.",
                            "Add its hours to tblCapacity.",
                            "warning",
                        )
                    )
    return issues


def check_history(
    families: Rows, gaps: Mapping[str, Iterable[date]], lengths: Mapping[str, int]
) -> list[Issue]:
    """Families whose history has holes, is short or is missing."""
    issues = []
    for index, code in enumerate(families["Family"]):
        if code is None:
            continue
        missing = sorted(gaps.get(code, ()))
        if not lengths.get(code):
            issues.append(
                families.issue(
                    index, "Family", f"{code} has no sales history.", "Load it, or type overrides.", "warning"
                )
            )
        elif missing:
            shown = ", ".join(f"{day:%Y-%m-%d}" for day in missing[:4]) + (" …" if len(missing) > 4 else "")
            issues.append(
                families.issue(
                    index,
                    "Family",
                    f"{code} has no sales in {len(missing)} closed bucket{'s' if len(missing) > 1 else ''} ({shown}).",
                    "If nothing was sold, this is right: they count as zero.",
                    "warning",
                )
            )
        elif lengths[code] < 6:
            issues.append(
                families.issue(
                    index,
                    "Family",
                    f"{code} has only {lengths[code]} buckets of history.",
                    "Watch its forecast; give a like item or overrides.",
                    "warning",
                )
            )
    return issues


def check_missing_prices(families: Rows) -> list[Issue]:
    """Families that cannot be valued."""
    issues = []
    for header, effect in (("Price", "revenue"), ("Unit cost", "cost of goods and inventory value")):
        missing = [index for index, value in enumerate(families[header]) if value is None]
        if missing:
            names = ", ".join(_text(families["Family"][index]) for index in missing[:5])
            issues.append(
                families.issue(
                    missing[0],
                    header,
                    f"No {header.lower()} for {names}{' …' if len(missing) > 5 else ''}: no {effect} is shown.",
                    "Ask finance.",
                    "warning",
                )
            )
    return issues


def errors(issues: Iterable[Issue]) -> list[Issue]:
    """Those that stop a command."""
    return [issue for issue in issues if issue.severity == "error"]


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()
