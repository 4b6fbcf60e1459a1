"""Changes of frozen buckets: which of them have a reason and an approver in tblFrozenChanges."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np

from sop_xl.buckets import Horizon
from sop_xl.checks import Issue
from sop_xl.model import PlanInput
from sop_xl.process.fences import SAME, FrozenChange, frozen_changes
from sop_xl.process.gates import DEMAND, SUPPLY
from sop_xl.workbook import layout
from sop_xl.workbook.codes import key_of
from sop_xl.workbook.read import Workbook
from sop_xl.workbook.write import write_table

#: Kind of change -> planning view where it is typed, and the step whose gate asks for the reason.
PLACES = {"demand": ("Demand", DEMAND), "production": ("Supply", SUPPLY)}
TABLE = "tblFrozenChanges"


def unanswered(workbook: Workbook, given: PlanInput) -> list[FrozenChange]:
    """Changes of frozen buckets without a reason or an approver for this quantity."""
    found = frozen_changes(given)
    if not found:
        return []
    answered = {
        place: quantity
        for place, quantity, reason, approver in _rows(workbook, given.horizon)
        if reason and approver
    }
    return [change for change in found if not _same(answered.get(_place(change)), change.quantity)]


def frozen_issues(workbook: Workbook, given: PlanInput) -> list[Issue]:
    """One warning for each of them."""
    return [
        Issue(
            PLACES[change.kind][0],
            change.family,
            None,
            f"{change.bucket:%Y-%m-%d}",
            told(change, given.horizon),
            "",
            "warning",
        )
        for change in unanswered(workbook, given)
    ]


def told(change: FrozenChange, horizon: Horizon) -> str:
    """What is missing, in a sentence."""
    before = "" if np.isnan(change.before) else f" from {change.before:,.0f}"
    when = horizon.words(horizon.bucket_of(change.bucket))
    return (
        f"The {change.kind} of {change.family} is changed{before} to {change.quantity:,.0f} in {when}, "
        f"which is frozen: {TABLE} on {layout.SHEET_OF[TABLE]} needs a reason and who approved it."
    )


def note_changes(workbook: Workbook, given: PlanInput, step: int) -> int:
    """Add rows for the changes of a step that are not in the table, to be filled in; returns how many."""
    there = {place: quantity for place, quantity, *_ in _rows(workbook, given.horizon)}
    new = [
        change
        for change in unanswered(workbook, given)
        if PLACES[change.kind][1] == step and not _same(there.get(_place(change)), change.quantity)
    ]
    if new:
        lines = [[change.kind, change.family, change.bucket, change.quantity, None, None] for change in new]
        # Whoever allowed another quantity has not allowed this one.
        kept = [
            [row["Change"], row["Family"], row["Bucket"], row["Quantity"], row["Reason"], row["Approved by"]]
            for row, place in _records(workbook, given.horizon)
            if place not in {_place(change) for change in new}
        ]
        write_table(workbook, TABLE, [*kept, *lines])
    return len(new)


def _place(change: FrozenChange) -> tuple[str, str, date]:
    return change.kind, key_of(change.family), change.bucket


def _records(workbook: Workbook, horizon: Horizon) -> list[tuple[dict[str, Any], tuple[str, str, date]]]:
    rows = workbook.rows(TABLE)
    found = []
    for i in range(len(rows)):
        row = {header: rows[header][i] for header in layout.TABLES[TABLE].headers}
        if isinstance(row["Bucket"], date):
            end = horizon.bucket_of(row["Bucket"]).end
            found.append((row, (key_of(row["Change"]), key_of(row["Family"]), end)))
    return found


def _rows(workbook: Workbook, horizon: Horizon) -> list[tuple[tuple[str, str, date], Any, Any, Any]]:
    return [
        (place, row["Quantity"], row["Reason"], row["Approved by"])
        for row, place in _records(workbook, horizon)
    ]


def _same(approved: Any, quantity: float) -> bool:
    return isinstance(approved, float) and abs(approved - quantity) <= SAME * max(1.0, abs(quantity))
