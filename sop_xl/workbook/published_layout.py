"""Where a published workbook shows what, so that a cell somebody has linked to never means something else.

A family keeps its row and a bucket its column from version to version: families that are new are added below, buckets
on the right. What has left the plan stays where it was, with what was last published for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np

from sop_xl.errors import WorkbookError
from sop_xl.model import Array, Plan

#: Row of the headers, of the first family, and column of the first bucket, counted from 1.
HEADER_ROW, FIRST_ROW, FIRST_COLUMN = 6, 7, 4

#: Block of the published workbook -> title, unit, plan attribute.
BLOCKS: tuple[tuple[str, str, str, str], ...] = (
    ("Demand", "Consensus demand", "units", "consensus_demand"),
    ("Baseline", "Baseline forecast", "units", "baseline_forecast"),
    ("Production", "Production plan", "units", "production_plan"),
    ("Inventory", "Projected inventory", "units", "projected_inventory"),
    ("Backlog", "Backlog", "units", "backlog"),
    ("Shipments", "Constrained demand", "units", "constrained_demand"),
    ("Revenue", "Revenue", "money", "revenue"),
    ("COGS", "Cost of goods sold", "money", "cogs"),
    ("Margin", "Margin", "money", "margin"),
    ("InventoryValue", "Inventory value", "money", "inventory_value"),
)


@dataclass(frozen=True)
class Row:
    """A family of the published workbook.

    Attributes:
        planned: its number in the plan; None where the plan has it no more.
    """

    code: str
    name: str
    unit: str
    planned: int | None = None


@dataclass(frozen=True)
class Before:
    """What the published workbook before this one shows.

    Attributes:
        ends: last day of the bucket in each column.
        values: block -> numbers, (families, buckets), NaN where there is none.
    """

    version: str
    currency: str
    rows: tuple[Row, ...]
    ends: tuple[date, ...]
    values: Mapping[str, Array]


@dataclass(frozen=True)
class Layout:
    """Rows and columns of every block.

    Attributes:
        closed: how many columns, from the left, are before the plan.
        planned: how many columns after them are the plan's.
        kept: block -> numbers last published for the closed columns, (families, closed).
        news: what somebody with links must know, in sentences.
    """

    rows: tuple[Row, ...]
    ends: tuple[date, ...]
    closed: int
    planned: int
    kept: Mapping[str, Array] = field(default_factory=dict)
    news: tuple[str, ...] = ()

    def values(self, block: str, of_plan: Array) -> Array:
        """What a block shows, (families, buckets), NaN where nothing stands.

        Args:
            of_plan: its numbers in the plan, (families of the plan, planned buckets).
        """
        shown = np.full((len(self.rows), len(self.ends)), np.nan)
        if block in self.kept:
            shown[:, : self.closed] = self.kept[block]
        for r, row in enumerate(self.rows):
            if row.planned is not None:
                shown[r, self.closed : self.closed + self.planned] = of_plan[row.planned]
        return shown


def layout_of(plan: Plan, currency: str, before: Before | None = None) -> Layout:
    """Where everything stands, after what was published before.

    Buckets begin anew where those of the plan are not a continuation, as after a change from months to weeks.
    """
    given = plan.given
    ends = tuple(bucket.end for bucket in given.horizon.planned)
    numbers = {family.code.casefold(): f for f, family in enumerate(given.families)}

    def planned(f: int) -> Row:
        family = given.families[f]
        return Row(family.code, family.name, family.unit, f)

    rows = [
        planned(numbers.pop(row.code.casefold())) if row.code.casefold() in numbers else row
        for row in (before.rows if before else ())
    ]
    rows += [planned(f) for f in numbers.values()]
    if before is None or not before.ends:
        return Layout(tuple(rows), ends, 0, len(ends))
    closed = sum(end < ends[0] for end in before.ends)
    after = before.ends[closed:]
    common = min(len(after), len(ends))
    if after[:common] != ends[:common]:
        news = "The columns of the published workbook begin anew: links to its cells show other buckets now."
        return Layout(tuple(rows), ends, 0, len(ends), news=(news,))
    kept = {}
    for block, _, unit, _ in BLOCKS:
        if block in before.values and (unit != "money" or before.currency == currency):
            kept[block] = np.full((len(rows), closed), np.nan)
            kept[block][: len(before.rows)] = before.values[block][:, :closed]
    every = before.ends[:closed] + (ends if len(ends) >= len(after) else after)
    return Layout(tuple(rows), every, closed, len(ends), kept)


def read_published(path: Path) -> Before:
    """What a published workbook shows, and where.

    Raises:
        WorkbookError: it is no published workbook.
    """
    import python_calamine as calamine

    try:
        with calamine.CalamineWorkbook.from_path(path) as book:
            sheets = {
                name: book.get_sheet_by_name(name).to_python(skip_empty_area=False)
                for name in book.sheet_names
                if name in {"Summary", *(block for block, *_ in BLOCKS)}
            }
    except (calamine.CalamineError, OSError) as error:
        raise WorkbookError(f"{path.name} cannot be read: {error}.") from error
    summary = {str(row[0]): row[1] for row in sheets.get("Summary", []) if len(row) > 1}
    demand = sheets.get("Demand", [])
    if "Version" not in summary or len(demand) < HEADER_ROW:
        raise WorkbookError(f"{path.name} is not a published workbook.")
    ends = []
    for cell in demand[HEADER_ROW - 1][FIRST_COLUMN - 1 :]:
        if not isinstance(cell, date):
            break
        ends.append(cell.date() if isinstance(cell, datetime) else cell)
    rows = []
    for line in demand[FIRST_ROW - 1 :]:
        if not str(line[0]):
            break
        rows.append(Row(str(line[0]), str(line[1]), str(line[2])))
    values = {block: _numbers(sheets[block], len(rows), len(ends)) for block, *_ in BLOCKS if block in sheets}
    return Before(str(summary["Version"]), str(summary.get("Currency", "")), tuple(rows), tuple(ends), values)


def _numbers(lines: list[list[Any]], rows: int, columns: int) -> Array:
    """The numbers of a block, NaN where there is none."""
    found = np.full((rows, columns), np.nan)
    for r, line in enumerate(lines[FIRST_ROW - 1 : FIRST_ROW - 1 + rows]):
        for c, cell in enumerate(line[FIRST_COLUMN - 1 : FIRST_COLUMN - 1 + columns]):
            if isinstance(cell, int | float) and not isinstance(cell, bool):
                found[r, c] = cell
    return found
