"""The waterfall: what each published version forecast for a bucket, and what was sold in the end."""

from __future__ import annotations

from typing import Any

from sop_xl.model import PlanInput
from sop_xl.workbook.read import Workbook
from sop_xl.workbook.snapshots import Snapshots
from sop_xl.workbook.styles import style
from sop_xl.workbook.write import head_list, or_blank, plain, set_style

#: Closed and planned buckets that are shown, and cycles before the present one.
CLOSED, PLANNED, CYCLES = 12, 6, 12
LABELS = ("Family", "Version")
ACTUAL = "Actual"


def write_waterfall(workbook: Workbook, given: PlanInput, snapshots: Snapshots) -> list[str]:
    """Write the consensus of every version, one row per family and version, with the actuals as its last row.

    Returns:
        The versions shown, oldest first: the last one of each cycle.
    """
    closed = given.horizon.history(CLOSED)
    buckets = [*closed, *given.horizon.planned[:PLANNED]]
    ends = {bucket.end: i for i, bucket in enumerate(buckets)}
    latest: dict[Any, str] = {}
    for version in snapshots.by_age():
        latest[snapshots.first[version]] = version
    versions = [latest[start] for start in sorted(latest)][-CYCLES:]
    forecasts = [snapshots.of(version, "consensus_demand", 0, ends) for version in versions]
    sold = given.history[:, given.history.shape[1] - len(closed) :]
    lines: list[list[Any]] = []
    for f, family in enumerate(given.families):
        code = plain(family.code)
        lines += [
            [code, plain(version), *map(or_blank, forecast[f])]
            for version, forecast in zip(versions, forecasts, strict=True)
        ]
        lines.append([code, ACTUAL, *map(or_blank, sold[f]), *[None] * (len(buckets) - len(closed))])
    top = head_list(workbook, "Waterfall", LABELS, buckets, given.horizon)
    sheet, row, column, last = top.sheet, top.row, top.column, top.column + top.shape[1] - 1
    body = sheet.range((row + 1, column), (row + len(lines), last))
    body.value = lines
    set_style(sheet.range((row + 1, column), (row + len(lines), column + 1)), "SOP label")
    set_style(sheet.range((row + 1, column + 2), (row + len(lines), last)), style("data", "qty"))
    for number in range(len(versions) + 1, len(lines) + 1, len(versions) + 1):
        set_style(sheet.range((row + number, column), (row + number, column + 1)), "SOP label strong")
        set_style(sheet.range((row + number, column + 2), (row + number, last)), style("total", "qty"))
    workbook.rename("Waterfall_Data", body)
    return versions
