"""What a pack is made from, and the sums that several of its pages share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sop_xl.buckets import Horizon
from sop_xl.model import Array, Gap, Measures, Plan
from sop_xl.pack.content import Cover
from sop_xl.pack.words import counted, money
from sop_xl.workbook.contents import ViewContents

Row = Mapping[str, Any]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Meeting:
    """The plan and what people wrote about it.

    Attributes:
        views: the numbers of the planning views; charts show these, so that they tie to the sheets.
        rows: table name -> its rows, by header.
    """

    cover: Cover
    currency: str
    plan: Plan
    views: Mapping[str, ViewContents]
    gaps: Sequence[Gap]
    measures: Measures
    rows: Mapping[str, Sequence[Row]]

    @property
    def horizon(self) -> Horizon:
        """The buckets of the plan."""
        return self.plan.given.horizon

    @cached_property
    def count(self) -> int:
        """Planned buckets of the next year, or all where fewer are planned: what most figures are about."""
        return min(self.horizon.per_year, len(self.horizon.planned))

    @cached_property
    def span(self) -> str:
        """The same in words: ``next 12 months``."""
        return f"next {self.count} {self.horizon.kind}s" if self.count > 1 else f"next {self.horizon.kind}"

    def money(self, value: float) -> str:
        """An amount in the currency of the plan."""
        return money(value, self.currency)

    def buckets(self, count: int) -> str:
        """A number of buckets in words."""
        return counted(count, self.horizon.kind)

    def ahead(self, values: Array) -> Array:
        """Families x buckets of the next year."""
        return values[:, : self.count]

    @cached_property
    def planned_families(self) -> Flags:
        """Which families have a forecast for every planned bucket, (families,)."""
        return np.asarray(~np.isnan(self.plan.given.baseline).any(axis=1))

    @cached_property
    def budget_gap(self) -> Array:
        """Revenue less budget, (families, planned), NaN where one is missing."""
        return self.plan.revenue - self.plan.given.budget_revenue

    @cached_property
    def growth(self) -> Array:
        """Demand of the next year against the same buckets a year before, (families,); NaN where not all are known."""
        before = self.ahead(self.plan.given.last_year(self.plan.given.history)).sum(axis=1)
        demand = self.ahead(self.plan.consensus_demand).sum(axis=1)
        return ratio(demand, before) - 1


def total(values: Array) -> float:
    """Sum of what is known, NaN where nothing is.

    >>> total(np.array([1.0, np.nan])), total(np.array([np.nan]))
    (1.0, nan)
    """
    return float("nan") if np.isnan(values).all() else float(np.nansum(values))


def totals(values: Array) -> Array:
    """The same for every family, (families,)."""
    return np.array([total(row) for row in values], dtype=float)


def ratio(above: Array, below: Array) -> Array:
    """Their quotient, NaN where nothing stands below."""
    with np.errstate(divide="ignore", invalid="ignore"):
        result: Array = np.where(np.nan_to_num(below) == 0, np.nan, above / below)
    return result


def share(above: float, below: float) -> float:
    """The quotient of two numbers, NaN where nothing stands below."""
    return float(ratio(np.array([above]), np.array([below]))[0])
