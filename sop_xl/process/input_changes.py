"""What was typed over the plan since somebody looked last."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

import numpy as np

from sop_xl.model import PlanInput

#: Rows that people type into.
TYPED = ("sales_override", "marketing_override", "production_override")


class Place(NamedTuple):
    """One cell that somebody may type into; ``family`` as it is spelt in the plan."""

    measure: str
    family: str
    bucket: date


class InputChange(NamedTuple):
    """A number that is not what it was.

    Attributes:
        old, new: units; None where nothing was, or is, typed.
    """

    place: Place
    old: float | None
    new: float | None

    @property
    def difference(self) -> float | None:
        """New - old; None where one of the two is not there: an empty override is no zero.

        >>> InputChange(Place("sales_override", "TEA", date(2027, 1, 31)), 80.0, 100.0).difference
        20.0
        """
        return None if self.old is None or self.new is None else self.new - self.old

    @property
    def part(self) -> float | None:
        """Difference / old; None where there is no difference, or the old one is zero."""
        return None if self.difference is None or not self.old else self.difference / self.old


def typed_inputs(given: PlanInput) -> dict[Place, float]:
    """Everything that is typed over the planned buckets."""
    found = {}
    for measure in TYPED:
        values = getattr(given, measure)
        for f, t in np.argwhere(~np.isnan(values)):
            place = Place(measure, given.families[f].code, given.horizon.planned[t].end)
            found[place] = float(values[f, t])
    return found


def input_changes(known: Mapping[Place, float], given: PlanInput) -> list[InputChange]:
    """What differs from what was known, in the order of measures, families and buckets.

    Buckets that have closed and families that are gone are left out: nobody changed anything there.
    """
    now = typed_inputs(given)
    codes = {family.code: f for f, family in enumerate(given.families)}
    ends = {bucket.end for bucket in given.horizon.planned}
    places = [p for p in {**known, **now} if p.family in codes and p.bucket in ends and p.measure in TYPED]
    places.sort(key=lambda place: (TYPED.index(place.measure), codes[place.family], place.bucket))
    return [InputChange(p, known.get(p), now.get(p)) for p in places if known.get(p) != now.get(p)]
