"""Items: read from the tables, and their share of the plan written to Mix."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import numpy as np

from sop_xl.buckets import Horizon
from sop_xl.model import Array, Items, Plan
from sop_xl.workbook.codes import Codes, Tables, key_of
from sop_xl.workbook.gather import sold_by
from sop_xl.workbook.read import Workbook
from sop_xl.workbook.styles import style
from sop_xl.workbook.write import plain, set_style

LABELS = ("Item", "Family", "Name")


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


def write_mix(workbook: Workbook, plan: Plan, items: Items, mix: Array) -> None:
    """Write the items' demand: one row each, a column per planned bucket."""
    header = workbook.named("Mix_Buckets")
    sheet, row, column = header.sheet, header.row, header.column
    workbook.named("Mix_Data").clear()
    header.clear()
    buckets = plan.given.horizon.planned
    ends = [datetime(bucket.end.year, bucket.end.month, bucket.end.day) for bucket in buckets]
    last = column + len(LABELS) + len(ends) - 1
    top = sheet.range((row, column), (row, last))
    top.value = [[*LABELS, *ends]]
    set_style(sheet.range((row, column), (row, column + 2)), "SOP header left")
    look = "SOP header day" if plan.given.horizon.kind == "week" else "SOP header date"
    set_style(sheet.range((row, column + 3), (row, last)), look)
    workbook.rename("Mix_Buckets", top)
    lines = [_line(plan, items, mix, i) for i in range(len(items.codes))] or [[None] * (last - column + 1)]
    body = sheet.range((row + 1, column), (row + len(lines), last))
    body.value = lines
    set_style(sheet.range((row + 1, column), (row + len(lines), column)), "SOP label strong")
    set_style(sheet.range((row + 1, column + 1), (row + len(lines), column + 2)), "SOP label")
    set_style(sheet.range((row + 1, column + 3), (row + len(lines), last)), style("data", "qty"))
    workbook.rename("Mix_Data", body)


def _line(plan: Plan, items: Items, mix: Array, i: int) -> list[Any]:
    numbers = [None if np.isnan(value) else float(value) for value in mix[i]]
    family = plan.given.families[items.family[i]].code
    return [plain(items.codes[i]), plain(family), plain(items.names[i]), *numbers]
