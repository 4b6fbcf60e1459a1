"""Finding and reading the parts of a workbook by name.

Tables are found by their name, columns by their header, planning views by their named header row, measures by
their labels and buckets by their dates: a planner may insert rows, columns and sheets, reorder columns and sort.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

import xlwings as xw

from sop_xl.buckets import Horizon, bucket_type
from sop_xl.checks import Issue, Rows
from sop_xl.errors import SopError, WorkbookError
from sop_xl.workbook import layout
from sop_xl.workbook.formulas import ENTITY_COLUMN, GROUP_LABEL, LABEL_COLUMN, UNIT_COLUMN, Grid, quoted
from sop_xl.workbook.spec import Column, View

EXCEL_EPOCH = date(1899, 12, 30)
#: Smallest and largest value of the numbers on the cycle card.
CARD_LIMITS: dict[str, tuple[int, int]] = {
    "Home_Horizon": (6, 36),
    "Home_FiscalStart": (1, 12),
    "Home_Frozen": (0, 36),
    "Home_Firm": (0, 36),
    "Home_Lag": (0, 12),
}
#: Fields of the cycle card that hold one of their choices.
CARD_CHOICES = ("Home_CleanSpikes", "Home_PerWorkingDay", "Home_ReconcileMethod")
#: Fields of the cycle card that may be left empty.
OPTIONAL_NUMBERS = ("Home_DaysSales", "Home_DaysPayable")
SPIKE_LIMITS = (2.0, 100.0)


def as_date(value: Any) -> Any:
    """A date for dates and Excel serial numbers; anything else unchanged.

    >>> as_date(46356.0)
    datetime.date(2026, 11, 30)
    """
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, float | int) and not isinstance(value, bool) and 1 < value < 110000:
        return EXCEL_EPOCH + timedelta(int(value))
    return value


def as_text(value: Any) -> str | None:
    """Text of a code cell; numbers lose their ``.0``, blanks are None."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, datetime):
        value = value.date()
    text = "" if value is None else str(value).strip()
    return text or None


def matrix(rng: xw.Range) -> list[list[Any]]:
    """Values of a range as rows of cells."""
    values: list[list[Any]] = rng.options(ndim=2, err_to_str=True).value
    return values


@dataclass
class TablePlace:
    """Where a table stands: its sheet and the sheet column of each header."""

    sheet: str
    table: xw.main.Table
    header_row: int
    columns: dict[str, int]
    last_row: int


@dataclass
class Workbook:
    """A standard S&OP workbook, open in some host.

    >>> Workbook.__doc__.splitlines()[0]
    'A standard S&OP workbook, open in some host.'
    """

    book: xw.Book
    _places: dict[str, TablePlace] = field(default_factory=dict)

    @classmethod
    def of(cls, book: xw.Book) -> Workbook:
        """Recognise a workbook; raises :class:`WorkbookError` when it is not one of ours."""
        workbook = cls(book)
        if not workbook.has_name("Home_Layout"):
            raise WorkbookError(
                f"{book.name} is not an S&OP workbook: the name Home_Layout is missing.",
                "Make one with: sop-xl new WORKBOOK",
            )
        version = workbook.field("Home_Layout")
        if version != layout.LAYOUT_VERSION:
            raise WorkbookError(
                f"{book.name} has layout version {version:g}; this program knows {layout.LAYOUT_VERSION}."
                if isinstance(version, float)
                else f"{book.name} has an unreadable layout version {version!r}.",
                "Make a new workbook with: sop-xl new WORKBOOK",
            )
        return workbook

    def named(self, name: str) -> xw.Range:
        """The cells behind a name; raises :class:`WorkbookError` when the name or its cells are gone."""
        try:
            return self.book.names[name].refers_to_range
        except Exception as problem:
            sheet = name.split("_")[0]
            raise WorkbookError(
                f"The name {name} (sheet {sheet}) is missing, or its cells were deleted.",
                "Restore it from an earlier copy: Formulas, Name Manager.",
            ) from problem

    def rename(self, name: str, rng: xw.Range) -> None:
        """Let a name refer to other cells."""
        self.named(name)
        self.book.names[name].refers_to = f"={quoted(rng.sheet.name)}!{rng.address}"

    def field(self, name: str) -> Any:
        """Value of a named cell of the cycle card, None when empty."""
        value = self.named(name).options(err_to_str=True).value
        return value if value != "" else None

    def set_field(self, name: str, value: Any) -> None:
        """Fill a named cell; text stays text, whatever it looks like."""
        self.named(name).value = f"'{value}" if isinstance(value, str) else value

    def number_field(self, name: str, low: int, high: int) -> int:
        """A whole number of the cycle card within its limits."""
        value: Any = self.field(name)
        value = layout.FIELDS[name].default if value is None else value
        if not _is_number(value) or not low <= value <= high or value % 1:
            raise WorkbookError(
                f"Home, {layout.FIELDS[name].label}: {value!r} is not a whole number from {low} to {high}.",
                "Correct it on Home.",
            )
        return int(value)

    def choice_field(self, name: str) -> str:
        """A word of the cycle card, as it is spelt among its choices; the default where the cell is empty."""
        definition = layout.FIELDS[name]
        value = self.field(name)
        word = str(definition.default if value is None else value).strip().upper()
        if word not in definition.choices:
            raise WorkbookError(
                f"Home, {definition.label}: {value!r} is not allowed.",
                f"Use one of {', '.join(definition.choices)}.",
            )
        return word

    def spike_limit(self) -> float:
        """How many typical deviations make a spike."""
        definition, (low, high) = layout.FIELDS["Home_SpikeLimit"], SPIKE_LIMITS
        value: Any = self.field("Home_SpikeLimit")
        value = definition.default if value is None else value
        if not _is_number(value) or not low <= value <= high:
            raise WorkbookError(
                f"Home, {definition.label}: {value!r} is not a number from {low:g} to {high:g}.",
                "Correct it on Home; 8 is usual.",
            )
        return float(value)

    def optional_number(self, name: str) -> float:
        """A number of the cycle card that may be left empty or be missing in older workbooks: then NaN."""
        if name not in {defined.name for defined in self.book.names}:
            return float("nan")
        value: Any = self.field(name)
        if value is None:
            return float("nan")
        if not _is_number(value) or value < 0:
            raise WorkbookError(
                f"Home, {layout.FIELDS[name].label}: {value!r} is not a number of zero or more.",
                "Correct it on Home, or leave it empty.",
            )
        return float(value)

    def card_issues(self) -> list[Issue]:
        """Everything that is wrong on the cycle card."""
        problems: list[tuple[str, str, str]] = []
        current = as_date(self.field("Home_FirstBucket"))
        if not isinstance(current, date):
            problems.append(
                ("Home_FirstBucket", f"{current!r} is no date.", "Type a day in the first bucket to plan.")
            )
        try:
            bucket_type(self.field("Home_BucketType"))
        except SopError as problem:
            problems.append(("Home_BucketType", problem.message, problem.remedy))
        readings: list[tuple[str, Callable[[], object]]] = [
            (name, partial(self.number_field, name, *limits)) for name, limits in CARD_LIMITS.items()
        ]
        readings += [(name, partial(self.choice_field, name)) for name in CARD_CHOICES]
        readings.append(("Home_SpikeLimit", self.spike_limit))
        if self.has_name("Home_SignOffs"):  # it came later
            readings.append(("Home_SignOffs", partial(self.choice_field, "Home_SignOffs")))
        readings += [(name, partial(self.optional_number, name)) for name in OPTIONAL_NUMBERS]
        for name, read in readings:
            try:
                read()
            except WorkbookError as problem:
                problems.append((name, problem.message.split(": ", 1)[1], problem.remedy))
        return [
            Issue("Home", "cycle card", None, layout.FIELDS[name].label, message, remedy)
            for name, message, remedy in problems
        ]

    def horizon(self) -> Horizon:
        """The buckets of the plan, from a cycle card without issues."""
        numbers = {name: self.number_field(name, low, high) for name, (low, high) in CARD_LIMITS.items()}
        current = as_date(self.field("Home_FirstBucket"))
        if not isinstance(current, date):
            raise WorkbookError("Home, Current bucket is no date.", "Type a day in the first bucket to plan.")
        return Horizon(
            current=current,
            length=numbers["Home_Horizon"],
            past=layout.PAST_BUCKETS,
            kind=bucket_type(self.field("Home_BucketType")),
            fiscal_start=numbers["Home_FiscalStart"],
            frozen=numbers["Home_Frozen"],
            firm=numbers["Home_Firm"],
        )

    def has_name(self, name: str) -> bool:
        """Whether a name is there; workbooks of earlier versions lack the later ones."""
        return name in {one.name for one in self.book.names}

    def has(self, name: str) -> bool:
        """Whether a table is there."""
        if not self._places:
            for sheet in self.book.sheets:
                for table in sheet.tables:
                    self._places[table.name] = self._locate(sheet, table)
        return name in self._places

    def place(self, name: str) -> TablePlace:
        """Where a table stands; raises :class:`WorkbookError` naming what is missing."""
        if not self.has(name):
            raise WorkbookError(
                f"The table {name} is missing (sheet {layout.SHEET_OF.get(name, '?')}).",
                "Restore it from an earlier copy, or name the table so again.",
            )
        return self._places[name]

    def forget_places(self) -> None:
        """Look the tables up again: one was resized."""
        self._places.clear()

    @staticmethod
    def _locate(sheet: xw.Sheet, table: xw.main.Table) -> TablePlace:
        whole = table.range
        header_row = table.header_row_range
        if header_row is None:
            raise WorkbookError(
                f"{table.name} shows no header row.", "Switch it on: Table Design, Header Row."
            )
        headers = matrix(header_row)[0]
        columns = {
            str(header).strip(): whole.column + i for i, header in enumerate(headers) if header is not None
        }
        return TablePlace(sheet.name, table, whole.row, columns, whole.row + whole.shape[0] - 1)

    def rows(self, name: str) -> Rows:
        """All filled rows of a table, cells in their kinds."""
        definition = layout.TABLES[name]
        if definition.later and not self.has(name):
            empty: dict[str, list[Any]] = {header: [] for header in definition.headers}
            return Rows(name, layout.SHEET_OF[name], definition.columns, empty, [])
        place = self.place(name)
        missing = [
            column.header
            for column in definition.columns
            if column.header not in place.columns and not column.later
        ]
        if missing:
            raise WorkbookError(
                f"{name} on sheet {place.sheet} has no column {', '.join(missing)}.",
                "Name the column headers as in the template.",
            )
        body = place.table.data_body_range
        values = matrix(body) if body is not None else []
        filled = [i for i, row in enumerate(values) if any(cell not in (None, "") for cell in row)]
        first = place.table.range.column
        cells = {
            column.header: [_kind(values[i][place.columns[column.header] - first], column) for i in filled]
            if column.header in place.columns
            else [None] * len(filled)
            for column in definition.columns
        }
        numbers = [place.header_row + 1 + i for i in filled]
        numeric = {
            column.header: tuple(
                k for k, i in enumerate(filled) if _is_number(values[i][place.columns[column.header] - first])
            )
            for column in definition.columns
            if column.kind == "text" and column.header in place.columns
        }
        return Rows(
            name,
            place.sheet,
            definition.columns,
            cells,
            numbers,
            definition.identity,
            definition.references,
            numeric,
        )

    def grid(
        self, view: View, horizon: Horizon, offsets: tuple[int, ...] = (0,)
    ) -> tuple[Grid, list[list[Any]]]:
        """Where a planning view stands now, with all values of its sheet; rows may be missing in it."""
        named = self.named(f"{view.name}_Buckets")
        sheet, header_row = named.sheet, named.row
        used = sheet.used_range
        last_row, last_column = used.row + used.shape[0] - 1, used.column + used.shape[1] - 1
        values = matrix(sheet.range((1, 1), (max(last_row, header_row + 3), max(last_column, 4))))
        header = values[header_row - 1]
        places = {value: i + 1 for i, value in reversed(list(enumerate(header))) if isinstance(value, str)}
        label_column = places.get("Measure", LABEL_COLUMN)
        dates: dict[date, int] = {}
        groups: dict[str, int] = {}
        for i, value in enumerate(header, start=1):
            if isinstance(value, datetime):
                dates.setdefault(value.date(), i)
            elif isinstance(value, str) and GROUP_LABEL.fullmatch(value):
                groups.setdefault(value, i)
        entity_column = places.get(view.entity.capitalize(), ENTITY_COLUMN)
        labels = {row.label: row.key for row in view.rows}
        total_labels = {row.label: row.key for row in view.totals}
        rows: dict[tuple[str, str], int] = {}
        totals: dict[str, int] = {}
        for number, row in enumerate(values[header_row + 2 :], start=header_row + 3):
            entity, label = as_text(row[entity_column - 1]), row[label_column - 1]
            if entity == "Total" and label in total_labels:
                totals.setdefault(total_labels[label], number)
            elif entity and label in labels:
                rows.setdefault((entity, labels[label]), number)
        makes = {entity: "MTO" if (entity, "backlog") in rows else "MTS" for entity, _ in rows}
        known = {bucket.end: dates[bucket.end] for bucket in horizon.buckets if bucket.end in dates}
        spans = dict(horizon.quarters() + horizon.years())
        placed = {label: (groups[label], tuple(spans[label])) for label in spans if label in groups}
        whole = len(known) == len(horizon.buckets)
        grid = Grid(
            view=view,
            horizon=horizon,
            sheet=sheet.name,
            header_row=header_row,
            columns=known if whole else dict.fromkeys((bucket.end for bucket in horizon.buckets), 0),
            groups=placed,
            rows=rows,
            totals=totals,
            makes=makes,
            entity_column=entity_column,
            label_column=label_column,
            unit_column=places.get("Unit", UNIT_COLUMN),
            offsets=offsets,
            dated=tuple(dates.items()),
            grouped=tuple(groups.values()),
        )
        return grid, values

    def inputs(self, view: View, horizon: Horizon) -> Mapping[tuple[str, str], dict[date, Any]]:
        """Everything typed or written into a view's value rows: (entity, row key) -> bucket end -> value.

        Buckets are read by the dates in the header, whatever the horizon is now.
        """
        grid, values = self.grid(view, horizon)
        found: dict[tuple[str, str], dict[date, Any]] = {}
        for (entity, key), number in grid.rows.items():
            if view.row(key).role == "calc":
                continue
            row = values[number - 1]
            found[entity, key] = {day: row[i - 1] for day, i in grid.dated if row[i - 1] not in (None, "")}
        return found


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _kind(value: Any, column: Column) -> Any:
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if column.kind in ("text", "choice"):
        return as_text(value)
    if column.kind == "date":
        return as_date(value)
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
