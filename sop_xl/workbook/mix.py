"""Items: read from the tables, and their share of the plan written to Mix."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np

from sop_xl.buckets import Horizon
from sop_xl.checks import Rows
from sop_xl.model import Array, Items, Plan
from sop_xl.workbook.codes import Codes, Tables, key_of
from sop_xl.workbook.gather import sold_by
from sop_xl.workbook.read import Workbook, as_date, matrix
from sop_xl.workbook.snapshots import DRAFT
from sop_xl.workbook.styles import style
from sop_xl.workbook.write import head_list, or_blank, plain, set_style

LABELS = ("Item", "Family", "Name")
#: Items that miss the sum they were left with by more than this part of it were typed over.
TYPED = 1e-6


def items_of(given: Tables, horizon: Horizon) -> Items:
    """The items of the workbook; the tables must have passed their checks."""
    rows, codes = given["tblItems"], Codes(given)
    index = {key_of(code): i for i, code in enumerate(rows["Item"])}
    sales = given["tblSales"]
    sold = (index.get(key_of(item), -1) for item in sales["Item"])
    history, _ = sold_by(list(sold), len(index), sales, horizon)
    return Items(
        codes=tuple(rows["Item"]),
        names=tuple(name or "" for name in rows["Name"]),
        family=np.array([codes.family[key_of(family)] for family in rows["Family"]], dtype=np.intp),
        history=history,
        launch=np.array([_position(day, horizon, future=True) for day in rows["Launch"]], dtype=float),
        like=np.array([index.get(key_of(item), -1) for item in rows["Like item"]], dtype=np.intp),
        last_bucket=np.array(
            [_position(day, horizon, future=False) for day in rows["Phase-out"]], dtype=float
        ),
    )


def _position(day: date | None, horizon: Horizon, future: bool) -> float:
    """Planned bucket of a day; before the plan NaN for a launch and -1 for an end; after it past the last one."""
    if day is None:
        return np.nan
    end = horizon.bucket_of(day).end
    if end < horizon.planned[0].end:
        return np.nan if future else -1.0
    found = horizon.position(day)
    return float(len(horizon.planned)) if found is None else float(found)


def typed_mix(workbook: Workbook, drafts: Rows, families: list[str], items: Items, horizon: Horizon) -> Array:
    """Demand of items where somebody typed over it, (items, planned); NaN elsewhere.

    The last command left items that add up to the consensus of its draft. Where those of a family do not any more,
    all of them count as typed. A family whose rows are not those of its items any more counts as not typed in.

    Args:
        drafts: the rows of tblPlan.
        families: their codes.
    """
    typed = np.full((len(items.codes), len(horizon.planned)), np.nan)
    header = workbook.named("Mix_Buckets")
    columns = {as_date(day): i for i, day in enumerate(matrix(header)[0]) if i >= len(LABELS)}
    rows = matrix(workbook.named("Mix_Data"))
    shown: dict[str, list[tuple[str, list[Any]]]] = {}
    for row in rows:
        shown.setdefault(key_of(row[1]), []).append((key_of(row[0]), row))
    drafted = _drafted(drafts)
    for f, code in enumerate(families):
        members = {key_of(items.codes[i]): i for i in np.flatnonzero(items.family == f)}
        lines = shown.get(key_of(code), [])
        if not members or {item for item, _ in lines} != set(members) or len(lines) != len(members):
            continue
        for t, bucket in enumerate(horizon.planned):
            column, before = columns.get(bucket.end), drafted.get((key_of(code), bucket.end))
            cells = [] if column is None else [row[column] for _, row in lines]
            if before is None or all(cell in (None, "") for cell in cells):
                continue
            if any(isinstance(cell, bool) or not isinstance(cell, int | float | None) for cell in cells):
                continue
            units = [float(cell or 0.0) for cell in cells]
            before = max(before, 0.0)
            if min(units) >= 0 and abs(sum(units) - before) > TYPED * (1.0 + before):
                for (item, _), number in zip(lines, units, strict=True):
                    typed[members[item], t] = number
    return typed


def _drafted(drafts: Rows) -> dict[tuple[str, date], float]:
    """Consensus demand of the last command, by family and bucket."""
    found = {}
    for version, measure, family, end, quantity in zip(
        *(drafts[header] for header in ("Version", "Measure", "Family", "Bucket", "Quantity")), strict=True
    ):
        if version == DRAFT and measure == "consensus_demand" and quantity is not None:
            found[key_of(family), end] = float(quantity)
    return found


def write_mix(workbook: Workbook, plan: Plan, items: Items, mix: Array) -> None:
    """Write the items' demand: one row each, a column per planned bucket."""
    horizon = plan.given.horizon
    top = head_list(workbook, "Mix", LABELS, horizon.planned, horizon)
    sheet, row, column, last = top.sheet, top.row, top.column, top.column + top.shape[1] - 1
    lines = [_line(plan, items, mix, i) for i in range(len(items.codes))] or [[None] * (last - column + 1)]
    body = sheet.range((row + 1, column), (row + len(lines), last))
    body.value = lines
    set_style(sheet.range((row + 1, column), (row + len(lines), column)), "SOP label strong")
    set_style(sheet.range((row + 1, column + 1), (row + len(lines), column + 2)), "SOP label")
    set_style(sheet.range((row + 1, column + 3), (row + len(lines), last)), style("data", "qty"))
    workbook.rename("Mix_Data", body)


def _line(plan: Plan, items: Items, mix: Array, i: int) -> list[Any]:
    family = plan.given.families[items.family[i]].code
    return [plain(items.codes[i]), plain(family), plain(items.names[i]), *map(or_blank, mix[i])]
