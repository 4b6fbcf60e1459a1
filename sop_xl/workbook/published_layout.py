"""Where a published workbook shows what, so that a cell somebody has linked to never means something else.

A family keeps its row and a bucket its column from version to version: families that are new are added below, buckets
on the right. What has left the plan stays where it was, with what was last published for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np

from sop_xl.errors import WorkbookError
from sop_xl.model import NO_REGION, Array, Plan, Regions

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

#: The block with a row for each region of a family.
REGIONS = "Regions"
#: Blocks in money.
MONEY = frozenset(name for name, _, unit, _ in BLOCKS if unit == "money")


@dataclass(frozen=True)
class Row:
    """A family of the published workbook, or a region of one.

    Attributes:
        code: of the family.
        name: of the family or of the region.
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
        values: block -> numbers, (families or regions, buckets), NaN where there is none.
        regions: rows of the block of regions.
    """

    version: str
    currency: str
    rows: tuple[Row, ...]
    ends: tuple[date, ...]
    values: Mapping[str, Array]
    regions: tuple[Row, ...] = ()


@dataclass(frozen=True)
class Layout:
    """Rows and columns of every block.

    Attributes:
        closed: how many columns, from the left, are before the plan.
        planned: how many columns after them are the plan's.
        kept: block -> numbers last published for the closed columns, (families or regions, closed).
        regions: rows of the block of regions.
        news: what somebody with links must know, in sentences.
    """

    rows: tuple[Row, ...]
    ends: tuple[date, ...]
    closed: int
    planned: int
    kept: Mapping[str, Array] = field(default_factory=dict)
    regions: tuple[Row, ...] = ()
    news: tuple[str, ...] = ()

    def values(self, block: str, of_plan: Array) -> Array:
        """What a block shows, (families or regions, buckets), NaN where nothing stands.

        Args:
            of_plan: its numbers in the plan, (families or regions of the plan, planned buckets).
        """
        rows = self.regions if block == REGIONS else self.rows
        shown = np.full((len(rows), len(self.ends)), np.nan)
        if block in self.kept:
            shown[:, : self.closed] = self.kept[block]
        for r, row in enumerate(rows):
            if row.planned is not None:
                shown[r, self.closed : self.closed + self.planned] = of_plan[row.planned]
        return shown


def layout_of(
    plan: Plan, currency: str, before: Before | None = None, regions: Regions | None = None
) -> Layout:
    """Where everything stands, after what was published before.

    Buckets begin anew where those of the plan are not a continuation, as after a change from months to weeks.
    """
    given = plan.given
    ends = tuple(bucket.end for bucket in given.horizon.planned)
    rows = _continued(
        before.rows if before else (),
        {
            family.code.casefold(): Row(family.code, family.name, family.unit, f)
            for f, family in enumerate(given.families)
        },
        lambda row: row.code.casefold(),
    )
    where = _continued(
        before.regions if before else (),
        _regions_of(plan, regions or Regions()),
        lambda row: (row.code.casefold(), row.name.casefold()),
    )
    if before is None or not before.ends:
        return Layout(rows, ends, 0, len(ends), regions=where)
    closed = sum(end < ends[0] for end in before.ends)
    after = before.ends[closed:]
    common = min(len(after), len(ends))
    if after[:common] != ends[:common]:
        news = "The columns of the published workbook begin anew: links to its cells show other buckets now."
        return Layout(rows, ends, 0, len(ends), regions=where, news=(news,))
    kept = {}
    for block, values in before.values.items():
        if block not in MONEY or before.currency == currency:
            kept[block] = np.full((len(where if block == REGIONS else rows), closed), np.nan)
            kept[block][: len(values)] = values[:, :closed]
    every = before.ends[:closed] + (ends if len(ends) >= len(after) else after)
    return Layout(rows, every, closed, len(ends), kept, where)


def _continued(
    before: tuple[Row, ...], planned: dict[Any, Row], key: Callable[[Row], Any]
) -> tuple[Row, ...]:
    """Rows where they stood, those that are new below; of what has left the plan, as it was."""
    left = dict(planned)
    rows = [left.pop(key(row), replace(row, planned=None)) for row in before]
    return (*rows, *left.values())


def _regions_of(plan: Plan, regions: Regions) -> dict[Any, Row]:
    found = {}
    for r, (name, family) in enumerate(zip(regions.names, regions.family, strict=True)):
        of = plan.given.families[family]
        row = Row(of.code, name or NO_REGION, of.unit, r)
        found[(row.code.casefold(), row.name.casefold())] = row
    return found


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
                if name in {"Summary", REGIONS, *(block for block, *_ in BLOCKS)}
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
    rows, regions = _rows(demand), _rows(sheets.get(REGIONS, []))
    values = {block: _numbers(sheets[block], len(rows), len(ends)) for block, *_ in BLOCKS if block in sheets}
    if regions:
        values[REGIONS] = _numbers(sheets[REGIONS], len(regions), len(ends))
    version, currency = str(summary["Version"]), str(summary.get("Currency", ""))
    return Before(version, currency, rows, tuple(ends), values, regions)


def _rows(lines: list[list[Any]]) -> tuple[Row, ...]:
    rows = []
    for line in lines[FIRST_ROW - 1 :]:
        if not str(line[0]):
            break
        rows.append(Row(str(line[0]), str(line[1]), str(line[2])))
    return tuple(rows)


def _numbers(lines: list[list[Any]], rows: int, columns: int) -> Array:
    """The numbers of a block, NaN where there is none."""
    found = np.full((rows, columns), np.nan)
    for r, line in enumerate(lines[FIRST_ROW - 1 : FIRST_ROW - 1 + rows]):
        for c, cell in enumerate(line[FIRST_COLUMN - 1 : FIRST_COLUMN - 1 + columns]):
            if isinstance(cell, int | float) and not isinstance(cell, bool):
                found[r, c] = cell
    return found
