"""From the row definitions of a planning view to the native formula of one cell.

A :class:`Grid` says where a view stands on its sheet: which sheet row holds which measure of which family,
and which sheet column holds which bucket. A planner may insert rows and columns; the grid is found again by
labels and dates, and the formulas are written for where things stand now.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from sop_xl.buckets import Horizon
from sop_xl.workbook.spec import Row, View

ENTITY_COLUMN, LABEL_COLUMN, UNIT_COLUMN, FIRST_BUCKET_COLUMN = 1, 2, 3, 4
HEADER_ROWS = ("Bucket ends", "Working days", "Status")
#: How the columns of quarters and years are headed.
GROUP_LABEL = re.compile(r"(Q[1-4] \d\d|FY \d{4})\*?")


def quoted(sheet: str) -> str:
    """The name of a sheet as formulas write it.

    >>> quoted("Demand"), quoted("Ann's plan")
    ('Demand', "'Ann''s plan'")
    """
    return sheet if re.fullmatch(r"[A-Za-z_]\w*", sheet) else "'" + sheet.replace("'", "''") + "'"


@dataclass(frozen=True)
class Grid:
    """Where a planning view stands.

    Attributes:
        sheet: name of the sheet as it is now.
        columns: sheet column of every bucket by its last day, closed and planned; 0 where it is not laid out yet.
        groups: sheet column of every quarter and year, with the planned positions it spans.
        rows: sheet row of every (entity, row key).
        totals: sheet row of every total.
        makes: MTS or MTO of every entity.
        offsets: the different offsets of the bill of resources.
        dated, grouped: what stands there now: bucket ends with their columns, columns of quarters and years.
    """

    view: View
    horizon: Horizon
    sheet: str
    header_row: int
    columns: Mapping[date, int]
    groups: Mapping[str, tuple[int, tuple[int, ...]]]
    rows: Mapping[tuple[str, str], int]
    totals: Mapping[str, int]
    makes: Mapping[str, str]
    entity_column: int = ENTITY_COLUMN
    label_column: int = LABEL_COLUMN
    unit_column: int = UNIT_COLUMN
    offsets: tuple[int, ...] = (0,)
    dated: tuple[tuple[date, int], ...] = ()
    grouped: tuple[int, ...] = ()
    planned: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        planned = tuple(self.columns[bucket.end] for bucket in self.horizon.planned)
        object.__setattr__(self, "planned", planned)

    @cached_property
    def body(self) -> tuple[int, int]:
        """First and last sheet row of the blocks; the row below the totals when there are none."""
        below = max(self.totals.values(), default=self.header_row) + 1
        return min(self.rows.values(), default=below), max(self.rows.values(), default=below)

    @cached_property
    def bucket_columns(self) -> list[int]:
        """Sheet columns of all buckets, left to right."""
        return sorted(self.columns.values())

    @cached_property
    def bucket_ends(self) -> dict[int, date]:
        """Last day of the bucket in each column."""
        return {column: end for end, column in self.columns.items()}


def rows_for(view: View, make: str) -> list[Row]:
    """The rows of one block: all, less those of the other way of making."""
    return [row for row in view.rows if row.make in ("", make)]


def column_letter(column: int) -> str:
    """A, B, ... Z, AA.

    >>> column_letter(28)
    'AB'
    """
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def cell(row: int, column: int, fixed_row: bool = False, fixed_column: bool = False) -> str:
    """Address of a cell."""
    return f"{'$' if fixed_column else ''}{column_letter(column)}{'$' if fixed_row else ''}{row}"


class Formulas:
    """Formulas of all views of one workbook, given where each stands."""

    def __init__(self, grids: Mapping[str, Grid]) -> None:
        self.grids = grids

    def planned(self, name: str, entity: str, row: Row, position: int) -> str:
        """Formula of a planned bucket; empty when the cell holds a value."""
        grid = self.grids[name]
        last = position == len(grid.planned) - 1
        text = row.plan_last if last and row.plan_last else row.plan
        return self._resolve(text, grid, entity, grid.planned[position], position) if text else ""

    def closed(self, name: str, entity: str, row: Row, bucket_end: date) -> str:
        """Formula of a closed bucket; empty when the cell holds a value."""
        grid = self.grids[name]
        return self._resolve(row.past, grid, entity, grid.columns[bucket_end], None) if row.past else ""

    def group(self, name: str, entity: str, row: Row, label: str) -> str:
        """Formula of a quarter or a year."""
        grid = self.grids[name]
        sheet_row = grid.totals[row.key] if entity == "" else grid.rows[entity, row.key]
        column, positions = grid.groups[label]
        columns = [grid.planned[position] for position in positions]
        last = cell(sheet_row, columns[-1])
        if row.aggregate == "flow":
            # A column that somebody inserted among the buckets is not part of the sum.
            parts = ",".join(
                f"{cell(sheet_row, run[0])}:{cell(sheet_row, run[-1])}" for run in neighbours(columns)
            )
            return f'=IF(COUNT({parts})=0,"",SUM({parts}))'
        if row.aggregate == "stock":
            return f'=IF({last}="","",{last})'
        if row.aggregate == "ratio":
            return self._resolve(row.plan, grid, entity, column, None)
        return ""

    def total(self, name: str, row: Row, column: int) -> str:
        """Formula of a total in one column: the sum of all blocks, or the row's own formula."""
        grid = self.grids[name]
        if row.plan:
            return self._resolve(row.plan, grid, "", column, None)
        first, last = grid.body
        labels = self._span(first, last, grid.label_column, fixed_column=True)
        values = self._span(first, last, column)
        mine = cell(grid.totals[row.key], grid.label_column, fixed_column=True)
        return f'=IF(SUMPRODUCT(({labels}={mine})*ISNUMBER({values}))=0,"",SUMIFS({values},{labels},{mine}))'

    @staticmethod
    def _span(first: int, last: int, column: int, fixed_column: bool = False) -> str:
        top, bottom = (cell(row, column, fixed_row=True, fixed_column=fixed_column) for row in (first, last))
        return f"{top}:{bottom}"

    def _resolve(self, text: str, grid: Grid, entity: str, column: int, position: int | None) -> str:
        def replace(match: re.Match[str]) -> str:
            return self._token(match.group(1), grid, entity, column, position)

        return "=" + re.sub(r"\{([^{}]+)\}", replace, text)

    def _token(self, token: str, grid: Grid, entity: str, column: int, position: int | None) -> str:
        first, last = grid.body
        if token == "bill*plan":
            return self._load(entity, grid, position)
        if token == "*":
            return self._span(first, last, column)
        if token == "**":
            return self._span(first, last, grid.label_column, fixed_column=True)
        if token == "months":
            return "1" if grid.horizon.per_year == 12 else f"(12/{grid.horizon.per_year})"
        if token == "units":
            return self._span(first, last, grid.unit_column, fixed_column=True)
        name, place = _split(token)
        header = {"end": 0, "before": 0, "days": 1}
        if "." in name:
            other, key = name.split(".")
            target = self.grids[other]
            bucket = grid.bucket_ends[column]
            row = target.totals[key] if entity == "" else target.rows[entity, key]
            return f"{quoted(target.sheet)}!{cell(row, target.columns[bucket])}"
        if name == "entity":
            return cell(grid.rows[entity, grid.view.rows[0].key], grid.entity_column, fixed_column=True)
        if name in header:
            at: Callable[[int], str] = lambda c: cell(grid.header_row + header[name], c, fixed_row=True)  # noqa: E731
        else:
            sheet_row = grid.totals[name] if entity == "" else grid.rows[entity, name]
            at = lambda c: cell(sheet_row, c)  # noqa: E731
        if name == "before" or place == "<":
            return at(self._before(grid, column))
        if place == "":
            return at(column)
        if place == "|":
            return at(grid.planned[-1])
        assert position is not None, token
        assert place == ">>", token
        return f"{at(grid.planned[position + 1])}:{at(grid.planned[-1])}"

    @staticmethod
    def _before(grid: Grid, column: int) -> int:
        """The column of the bucket before; in the first one the unit column, which holds no number."""
        place = bisect_left(grid.bucket_columns, column)
        return grid.bucket_columns[place - 1] if place else grid.unit_column

    def _load(self, entity: str, grid: Grid, position: int | None) -> str:
        """Hours on a resource: bill x production plan, the plan read ``offset`` buckets later."""
        supply = self.grids["Supply"]
        assert position is not None
        first, last = supply.body
        families = (
            f"{quoted(supply.sheet)}!{self._span(first, last, supply.entity_column, fixed_column=True)}"
        )
        labels = f"{quoted(supply.sheet)}!{self._span(first, last, supply.label_column, fixed_column=True)}"
        resource = self._token("entity", grid, entity, 0, None)
        terms = []
        for offset in grid.offsets:
            if position + offset < len(supply.planned):
                plan = f"{quoted(supply.sheet)}!{self._span(first, last, supply.planned[position + offset])}"
                label = supply.view.row("production_plan").label
                terms.append(
                    f"SUMPRODUCT((tblBill[Resource]={resource})*(tblBill[Offset]={offset})*tblBill[Hours per unit]"
                    f'*SUMIFS({plan},{families},tblBill[Family],{labels},"{label}"))'
                )
        return "+".join(terms) or "0"


def neighbours(numbers: Sequence[int]) -> list[list[int]]:
    """Neighbouring numbers together.

    >>> neighbours([1, 2, 4])
    [[1, 2], [4]]
    """
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return runs


def _split(token: str) -> tuple[str, str]:
    for place in (">>", "<", "|"):
        if token.endswith(place):
            return token[: -len(place)], place
    return token, ""
