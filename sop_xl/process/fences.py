"""Time fences: overrides that change the frozen buckets of a plan."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from sop_xl.model import Array, PlanInput

#: An override that differs by no more than this part from the plan before changes nothing.
SAME = 1e-6


@dataclass(frozen=True)
class FrozenChange:
    """An override in a frozen bucket.

    Attributes:
        kind: ``"demand"`` or ``"production"``.
        bucket: last day of the bucket.
        quantity: units typed.
        before: units of the last published plan, NaN where there was none.
    """

    kind: str
    family: str
    bucket: date
    quantity: float
    before: float


def frozen_changes(given: PlanInput) -> list[FrozenChange]:
    """Overrides in frozen buckets that say something else than the last published plan.

    An override that was published in an earlier cycle, when its bucket was not frozen yet, is no change.
    """
    typed = np.where(np.isnan(given.marketing_override), given.sales_override, given.marketing_override)
    before = given.previous_production
    return [
        *_changes(given, "demand", typed, given.previous_demand),
        *_changes(given, "production", given.production_override, before),
    ]


def _changes(given: PlanInput, kind: str, typed: Array, before: Array | None) -> list[FrozenChange]:
    known = np.full(given.shape, np.nan) if before is None else before
    found = []
    for f, family in enumerate(given.families):
        for t in range(min(given.horizon.frozen, given.shape[1])):
            new, old = float(typed[f, t]), float(known[f, t])
            if np.isnan(new) or abs(new - old) <= SAME * max(1.0, abs(old)):
                continue
            found.append(FrozenChange(kind, family.code, given.horizon.planned[t].end, new, old))
    return found
