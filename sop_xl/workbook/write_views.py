"""Laying out and filling the planning views.

A view is found where it stands; missing blocks are added below, buckets roll forward in place, and what planners
typed moves with its date. Inserted rows and columns stay where they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import xlwings as xw

from sop_xl.errors import WorkbookError
from sop_xl.workbook.contents import ViewContents
from sop_xl.workbook.formulas import (
    HEADER_ROWS,
    Formulas,
    Grid,
    column_letter,
    neighbours,
    rows_for,
)
from sop_xl.workbook.read import Workbook
from sop_xl.workbook.spec import Row
from sop_xl.workbook.styles import style
from sop_xl.workbook.write import (
    bucket_ends,
    header_style,
    or_blank,
    plain,
    set_outline,
    set_style,
    wipe,
)

Cells = list[list[Any]]
#: Tells the host the calculated values of formulas that were just written.
Remember = Callable[[xw.Range, Cells], None]
Typed = Mapping[tuple[str, str], Mapping[date, Any]]


def write_views(
    workbook: Workbook,
    views: Mapping[str, ViewContents],
    working_days: Sequence[float],
    offsets: tuple[int, ...],
    remember: Remember,
) -> tuple[dict[str, Grid], list[str]]:
    """Write all planning views; returns where each stands, and which inputs have no place any more."""
    placed = {name: _Placing(workbook, view, offsets) for name, view in views.items()}
    grids = {name: placing.place() for name, placing in placed.items()}
    formulas = Formulas(grids)
    for name, view in views.items():
        sheet = workbook.book.sheets[grids[name].sheet]
        _write_header(sheet, grids[name], view, working_days)
        _Filling(sheet, grids[name], view, formulas, placed[name], remember).fill()
        _name_area(workbook, grids[name])
    return grids, [line for placing in placed.values() for line in placing.dropped()]


class _Placing:
    """Finds the rows and columns of a view, and makes room for those that are missing."""

    def __init__(self, workbook: Workbook, view: ViewContents, offsets: tuple[int, ...]) -> None:
        self.view, self.horizon = view, view.horizon
        self.typed: Typed = _by_code(workbook.inputs(view.view, view.horizon))
        self.grid, self.values = workbook.grid(view.view, view.horizon, offsets)
        self.sheet = workbook.book.sheets[self.grid.sheet]
        self.currency = workbook.field("Home_Currency")
        self.new_rows: set[int] = set()
        self.new_columns = False
        self.rolled = False

    def place(self) -> Grid:
        """The grid with every row and column it needs."""
        columns, groups = self._columns()
        totals = self._totals()
        rows = self._rows(totals)
        return replace(
            self.grid,
            columns=columns,
            groups=groups,
            totals=totals,
            rows=rows,
            makes={entity: make for entity, make, _ in self.view.entities},
        )

    def dropped(self) -> list[str]:
        """Inputs that have no place any more: of families that are gone, of buckets beyond the horizon."""
        codes = {entity.lower() for entity, _, _ in self.view.entities}
        last = self.horizon.planned[-1].end
        lines = []
        for (code, key), values in self.typed.items():
            row = self.view.view.row(key)
            if row.role != "input":
                continue
            gone = values if code not in codes else {end: v for end, v in values.items() if end > last}
            if gone:
                listed = ", ".join(
                    f"{self.horizon.words(self.horizon.bucket_of(end))} {value}"
                    for end, value in sorted(gone.items())
                )
                why = "is not in the plan any more" if code not in codes else "is beyond the horizon"
                lines.append(f"{code.upper()} {row.label.lower()} {why} and was dropped: {listed}.")
        return lines

    def _columns(self) -> tuple[dict[date, int], dict[str, tuple[int, tuple[int, ...]]]]:
        """Buckets, then quarters and years, on the columns the view has already, and new ones to the right."""
        grid, wanted = self.grid, [bucket.end for bucket in self.horizon.buckets]
        spans = self.horizon.quarters() + self.horizon.years()
        dated = [day for day, _ in grid.dated]
        if dated == wanted and len(grid.groups) == len(spans):
            return dict(grid.dated), dict(grid.groups)
        self.rolled = True
        ours = sorted([column for _, column in grid.dated] + list(grid.grouped))
        missing = len(wanted) + len(spans) - len(ours)
        if missing or len(dated) != len(wanted):
            self.new_columns = True
        if missing > 0:
            start = (ours[-1] if ours else grid.unit_column) + 1
            self._refuse_to_overwrite(start, start + missing - 1)
            ours += range(start, start + missing)
        elif missing < 0:
            self._clear_columns(ours[missing:])
        columns = dict(zip(wanted, ours, strict=False))
        groups = {
            label: (column, tuple(span))
            for (label, span), column in zip(spans, ours[len(wanted) :], strict=False)
        }
        return columns, groups

    def _refuse_to_overwrite(self, first: int, last: int) -> None:
        """Cells beside a view belong to somebody; a view that needs more columns does not run over them."""
        for number, row in enumerate(self.values, start=1):
            if number >= self.grid.header_row and any(
                cell not in (None, "") for cell in row[first - 1 : last]
            ):
                raise WorkbookError(
                    f"{self.view.view.name} needs the columns {column_letter(first)} to {column_letter(last)}, "
                    f"but row {number} is not empty there.",
                    "Move what stands there further to the right.",
                )

    def _clear_columns(self, columns: Sequence[int]) -> None:
        last = len(self.values)
        for column in columns:
            wipe(self.sheet.range((self.grid.header_row, column), (last, column)))

    def _totals(self) -> dict[str, int]:
        totals = dict(self.grid.totals)
        row = self.grid.header_row + len(HEADER_ROWS)
        for definition in self.view.view.totals:
            if definition.key not in totals:
                while row in totals.values():
                    row += 1
                totals[definition.key] = row
                self.new_rows.add(row)
            row = totals[definition.key] + 1
        return totals

    def _rows(self, totals: Mapping[str, int]) -> dict[tuple[str, str], int]:
        """Blocks that are complete stay; others are written anew below, and leftovers are cleared."""
        standing = {(code.lower(), key): number for (code, key), number in self.grid.rows.items()}
        written = {code.lower(): code for code, _ in self.grid.rows}
        rows: dict[tuple[str, str], int] = {}
        missing = []
        for entity, make, _ in self.view.entities:
            code = entity.lower()
            keys = [row.key for row in rows_for(self.view.view, make)]
            if {key for name, key in standing if name == code} == set(keys):
                rows |= {(entity, key): standing.pop((code, key)) for key in keys}
                if written[code] != entity:
                    self.new_rows |= {rows[entity, key] for key in keys}
            else:
                missing.append((entity, keys))
        for number in standing.values():
            self._clear_row(number)
        after = max([*rows.values(), *totals.values()]) + 2
        for entity, keys in missing:
            for i, key in enumerate(keys):
                rows[entity, key] = after + i
                self.new_rows.add(after + i)
            after += len(keys) + 1
        return rows

    def _clear_row(self, number: int) -> None:
        whole = self.sheet.range((number, 1), (number, len(self.values[0])))
        wipe(whole)
        set_outline(whole, 1)


class _Filling:
    """Writes labels, values and formulas of a placed view."""

    def __init__(
        self,
        sheet: xw.Sheet,
        grid: Grid,
        view: ViewContents,
        formulas: Formulas,
        placing: _Placing,
        remember: Remember,
    ) -> None:
        self.sheet, self.grid, self.view, self.formulas = sheet, grid, view, formulas
        self.placing, self.remember = placing, remember
        self.name = view.view.name
        self.closed = [grid.columns[bucket.end] for bucket in view.horizon.closed]
        groups = [column for column, _ in grid.groups.values()]
        self.columns = [*grid.columns.values(), *groups]
        self.groups = groups

    def fill(self) -> None:
        """Everything, row by row; neighbouring cells in one call."""
        lines: dict[int, tuple[list[Any], list[Any]]] = {}
        sums: dict[int, tuple[list[Any], list[Any]]] = {}
        styled = self.placing.new_rows
        for row in self.view.view.totals:
            number = self.grid.totals[row.key]
            lines[number] = self._cells("", row)
            if number in styled or self.placing.new_columns:
                self._style(number, "Total", row, row.unit)
        for entity, make, unit in self.view.entities:
            for row in rows_for(self.view.view, make):
                number = self.grid.rows[entity, row.key]
                if row.role == "input" and not self.placing.rolled and number not in styled:
                    sums[number] = self._cells(entity, row)
                    continue
                lines[number] = self._cells(entity, row)
                if number in styled or self.placing.new_columns:
                    self._style(number, entity, row, unit)
        self._write(lines, self.columns)
        # What planners typed stays untouched, formulas included; only its sums are written.
        self._write(sums, self.groups)

    def _write(self, lines: Mapping[int, tuple[list[Any], list[Any]]], wanted: Sequence[int]) -> None:
        for block in neighbours(sorted(lines)):
            for columns in neighbours(sorted(wanted)):
                order = [self.columns.index(column) for column in columns]
                rng = self.sheet.range((block[0], columns[0]), (block[-1], columns[-1]))
                rng.value = [[lines[number][0][i] for i in order] for number in block]
                self.remember(rng, [[lines[number][1][i] for i in order] for number in block])

    def _cells(self, entity: str, row: Row) -> tuple[list[Any], list[Any]]:
        """What is written, and the numbers it must come to."""
        place = entity, row.key
        numbers = [
            *self.view.closed[place],
            *self.view.planned[place],
            *(self.view.groups[place][label] for label in self.grid.groups),
        ]
        values = [or_blank(number) for number in numbers]
        buckets = self.view.horizon.buckets
        formulas: list[str]
        if entity == "":
            formulas = [
                self.formulas.total(self.name, row, self.grid.columns[bucket.end]) for bucket in buckets
            ]
        else:
            past = len(self.closed)
            formulas = [self.formulas.closed(self.name, entity, row, bucket.end) for bucket in buckets[:past]]
            formulas += [self.formulas.planned(self.name, entity, row, i) for i in range(len(buckets) - past)]
        formulas += [self.formulas.group(self.name, entity, row, label) for label in self.grid.groups]
        typed = self._typed(entity, row) if row.role == "input" else None
        written = [formula or value for formula, value in zip(formulas, values, strict=True)]
        if typed is not None:
            written[: len(buckets)] = typed
        return written, ["" if f and v is None else v for f, v in zip(formulas, values, strict=True)]

    def _typed(self, entity: str, row: Row) -> list[Any]:
        kept = self.placing.typed.get((entity.lower(), row.key), {})
        planned = {bucket.end for bucket in self.view.horizon.planned}
        return [kept.get(b.end) if b.end in planned else None for b in self.view.horizon.buckets]

    def _style(self, number: int, entity: str, row: Row, unit: str) -> None:
        total = entity == "Total"
        unit = unit if row.unit == "unit" else row.unit
        label = "SOP label total" if total else ("SOP label strong" if row.strong else "SOP label")
        quiet = "SOP entity total" if total else "SOP entity"
        for column, text, look in (
            (self.grid.entity_column, entity, quiet),
            (self.grid.label_column, row.label, label),
            (self.grid.unit_column, unit, quiet),
        ):
            here = self.sheet.range((number, column))
            if column == self.grid.unit_column and text == "money":
                here.value = '=IF(Home_Currency="","money",Home_Currency)'
                self.remember(here, [[self.placing.currency or "money"]])
            else:
                here.value = plain(text)
            set_style(here, look)
        # Folded, a block shows what matters most of each family.
        set_outline(self.sheet.range((number, 1)), 1 if total or row.strong else 2)
        role = "total" if total else ("strong" if row.strong and row.role == "calc" else row.role)
        past = "total" if total else "data"
        planned = list(self.grid.planned)
        for columns, look in ((self.closed, past), (planned, role)):
            for run in neighbours(sorted(columns)):
                cells = self.sheet.range((number, run[0]), (number, run[-1]))
                set_style(cells, style(look, row.format))
        for run in neighbours(sorted(column for column, _ in self.grid.groups.values())):
            cells = self.sheet.range((number, run[0]), (number, run[-1]))
            set_style(cells, style("total" if total else "group", row.format))


def _write_header(sheet: xw.Sheet, grid: Grid, view: ViewContents, working_days: Sequence[float]) -> None:
    """Bucket ends, working days and status above every column."""
    horizon, row = view.horizon, grid.header_row
    look = header_style(horizon)
    days = [float(bucket.working_days) for bucket in horizon.closed] + [float(day) for day in working_days]
    header: dict[int, list[Any]] = {}
    for bucket, end, count in zip(horizon.buckets, bucket_ends(horizon.buckets), days, strict=True):
        header[grid.columns[bucket.end]] = [end, count, horizon.status(bucket)]
    for label, (column, span) in grid.groups.items():
        header[column] = [label, float(sum(working_days[i] for i in span)), "Total"]
    for run in neighbours(sorted(header)):
        cells = sheet.range((row, run[0]), (row + 2, run[-1]))
        cells.value = [[header[column][i] for column in run] for i in range(3)]
        set_style(sheet.range((row, run[0]), (row, run[-1])), look)
        set_style(sheet.range((row + 1, run[0]), (row + 2, run[-1])), "SOP subheader")
    for column, _ in grid.groups.values():
        set_style(sheet.range((row, column)), "SOP header")


def _name_area(workbook: Workbook, grid: Grid) -> None:
    """Let the view's names span what it holds now."""
    last_column = max([*grid.columns.values(), *(column for column, _ in grid.groups.values())])
    last_row = max([*grid.rows.values(), *grid.totals.values()])
    sheet, first = workbook.book.sheets[grid.sheet], grid.entity_column
    header = sheet.range((grid.header_row, first), (grid.header_row, last_column))
    body = sheet.range((grid.header_row + len(HEADER_ROWS), first), (last_row, last_column))
    for suffix, rng in (("Buckets", header), ("Grid", body)):
        workbook.rename(f"{grid.view.name}_{suffix}", rng)


def _by_code(typed: Typed) -> Typed:
    """The same inputs under codes in lower case: upper and lower case mean the same family."""
    return {(code.lower(), key): values for (code, key), values in typed.items()}
