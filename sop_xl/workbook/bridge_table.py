"""The bridges from budget, last year and last plan as rows of tblBridge."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sop_xl.finance.comparison import Comparison
from sop_xl.model import Plan


def bridge_lines(plan: Plan, found: Iterable[Comparison]) -> list[list[Any]]:
    """One row per comparison, measure and family, each measure closed by its total."""
    lines: list[list[Any]] = []
    for comparison in found:
        columns = (comparison.reference, *comparison.bridge, comparison.plan)
        for i, f in enumerate(comparison.families):
            place = [comparison.name, comparison.measure, plan.given.families[f].code]
            lines.append([*place, float(comparison.buckets[i]), *(float(values[i]) for values in columns)])
        place = [comparison.name, comparison.measure, "Total"]
        lines.append([*place, float(comparison.buckets.max()), *(float(v.sum()) for v in columns)])
    return lines
