"""Finding and reading the parts of a workbook by name.

Tables are found by their name, columns by their header, planning views by their named header row, measures by
their labels and buckets by their dates: a planner may insert rows, columns and sheets, reorder columns and sort.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import xlwings as xw

from sop_xl.buckets import Horizon, bucket_type
from sop_xl.checks import Rows
from sop_xl.errors import WorkbookError
from sop_xl.workbook import layout
from sop_xl.workbook.formulas import HEADER_ROWS, Grid
from sop_xl.workbook.spec import Column, View

EXCEL_EPOCH = date(1899, 12, 30)


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
    values: list[list[Any]] = rng.options(ndim=2).value
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
        names = {name.name for name in book.names}
        if "Home_Layout" not in names:
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

    def field(self, name: str) -> Any:
        """Value of a named cell of the cycle card, None when empty."""
        try:
            value = self.book.names[name].refers_to_range.value
        except Exception as problem:
            raise WorkbookError(
                f"The named cell {name} is missing.", "Restore it: Formulas, Name Manager, New."
            ) from problem
        return value if value != "" else None

    def set_field(self, name: str, value: Any) -> None:
        """Fill a named cell of the cycle card."""
        self.book.names[name].refers_to_range.value = value

    def number_field(self, name: str, low: int, high: int) -> int:
        """A whole number of the cycle card within its limits."""
        value = self.field(name)
        value = layout.FIELDS[name].default if value is None else value
        label = layout.FIELDS[name].label
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not low <= value <= high
            or value % 1
        ):
            raise WorkbookError(
                f"Home, {label}: {value!r} is not a whole number from {low} to {high}.", "Correct it on Home."
            )
        return int(value)

    def horizon(self) -> Horizon:
        """The buckets of the plan, from the cycle card."""
        current = as_date(self.field("Home_FirstBucket"))
        if not isinstance(current, date):
            raise WorkbookError(
                "Home, Current bucket is empty or no date.", "Type a day in the first bucket to plan."
            )
        return Horizon(
            current=current,
            length=self.number_field("Home_Horizon", 6, 60),
            past=layout.PAST_BUCKETS,
            kind=bucket_type(self.field("Home_BucketType")),
            fiscal_start=self.number_field("Home_FiscalStart", 1, 12),
            frozen=self.number_field("Home_Frozen", 0, 36),
            firm=self.number_field("Home_Firm", 0, 36),
        )

    def place(self, name: str) -> TablePlace:
        """Where a table stands; raises :class:`WorkbookError` naming what is missing."""
        if not self._places:
            for sheet in self.book.sheets:
                for table in sheet.tables:
                    self._places[table.name] = self._locate(sheet, table)
        if name not in self._places:
            raise WorkbookError(
                f"The table {name} is missing (sheet {layout.SHEET_OF.get(name, '?')}).",
                "Restore it from an earlier copy, or name the table so again.",
            )
        return self._places[name]

    def forget_place(self, name: str) -> None:
        """Look a table up again: it was resized."""
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
        definition, place = layout.TABLES[name], self.place(name)
        missing = [header for header in definition.headers if header not in place.columns]
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
            for column in definition.columns
        }
        numbers = [place.header_row + 1 + i for i in filled]
        return Rows(
            name, place.sheet, definition.columns, cells, numbers, definition.identity, definition.references
        )

    def grid(
        self, view: View, horizon: Horizon, offsets: tuple[int, ...] = (0,)
    ) -> tuple[Grid, list[list[Any]]]:
        """Where a planning view stands now, with all values of its sheet; rows may be missing in it."""
        sheet = self.book.sheets[view.name]
        try:
            header_row = self.book.names[f"{view.name}_Buckets"].refers_to_range.row
        except Exception as problem:
            raise WorkbookError(
                f"The name {view.name}_Buckets is missing.",
                "Restore it: it names the row with the bucket ends.",
            ) from problem
        used = sheet.used_range
        last_row, last_column = used.row + used.shape[0] - 1, used.column + used.shape[1] - 1
        values = matrix(sheet.range((1, 1), (max(last_row, header_row + 3), max(last_column, 4))))
        header = values[header_row - 1]
        label_column = next(
            (i + 1 for i, value in enumerate(values[header_row + 1]) if value == HEADER_ROWS[2]), 2
        )
        dates: dict[date, int] = {}
        groups: dict[str, int] = {}
        for i, value in enumerate(header[label_column:], start=label_column + 1):
            day = as_date(value)
            if isinstance(day, date):
                dates.setdefault(day, i)
            elif isinstance(value, str) and value.startswith(("Q", "FY")):
                groups.setdefault(value, i)
        labels = {row.label: row.key for row in view.rows}
        total_labels = {row.label: row.key for row in view.totals}
        rows: dict[tuple[str, str], int] = {}
        totals: dict[str, int] = {}
        for number, row in enumerate(values[header_row + 2 :], start=header_row + 3):
            entity, label = as_text(row[label_column - 2]), row[label_column - 1]
            if entity == "Total" and label in total_labels:
                totals.setdefault(total_labels[label], number)
            elif entity and label in labels:
                rows.setdefault((entity, labels[label]), number)
        makes = {entity: "MTO" if (entity, "backlog") in rows else "MTS" for entity, _ in rows}
        known = {bucket.end: dates[bucket.end] for bucket in horizon.buckets if bucket.end in dates}
        spans = dict(horizon.quarters() + horizon.years())
        placed = {label: (groups[label], tuple(spans[label])) for label in spans if label in groups}
        if len(known) < len(horizon.buckets):
            known = dict.fromkeys((bucket.end for bucket in horizon.buckets), 0)
        return (
            Grid(
                view,
                horizon,
                header_row,
                known,
                placed,
                rows,
                totals,
                makes,
                label_column - 1,
                label_column,
                offsets,
            ),
            values,
        )

    def inputs(self, view: View, horizon: Horizon) -> Mapping[tuple[str, str], dict[date, Any]]:
        """Everything typed or written into a view's value rows: (entity, row key) -> bucket end -> value.

        Buckets are read by the dates in the header, whatever the horizon is now.
        """
        grid, values = self.grid(view, horizon)
        header = values[grid.header_row - 1]
        dates = {
            i: day
            for i, value in enumerate(header)
            if i >= grid.label_column and isinstance(day := as_date(value), date)
        }
        found: dict[tuple[str, str], dict[date, Any]] = {}
        for (entity, key), number in grid.rows.items():
            if view.row(key).role == "calc":
                continue
            row = values[number - 1]
            found[entity, key] = {day: row[i] for i, day in dates.items() if row[i] not in (None, "")}
        return found


def _kind(value: Any, column: Column) -> Any:
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if column.kind in ("text", "choice"):
        return as_text(value)
    if column.kind == "date":
        return as_date(value)
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
