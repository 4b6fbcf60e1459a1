"""The statistical forecast: families, their items and their regions, each from its own history, made to agree.

A history is made ready in one order: known events are taken out, buckets are brought to one working day,
spikes are replaced - but never where an event was, for that bucket has been corrected already. The last two
are for the planner to choose.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sop_xl.demand.calendar_days import per_bucket, per_working_day
from sop_xl.demand.events import clean_history
from sop_xl.demand.reconcile import NEED_RESIDUALS, reconcile
from sop_xl.model import Array, Items, PlanInput, Regions
from sop_xl.process.mix import launches_of, on_sale_of

#: Methods under which the items and regions of a family keep the proportions of their own forecasts.
PROPORTIONAL = ("BOTTOM_UP", "TOP_DOWN", "MIDDLE_OUT")
#: The one-step errors of so many past buckets say how far a forecast is to be trusted.
ORIGINS = 12
#: Sales of a family that none of its items explains; a smaller share of its largest bucket is rounding.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Baseline:
    """Forecasts that agree.

    Attributes:
        families: units, (families, planned).
        items: units, zero or more, (items, planned). What a family sells without naming an item is in none.
        regions: units, zero or more, (family regions, planned).
        spikes: family and history bucket of every spike that was replaced, (spikes, 2).
        levels: the levels that agree, in words.
    """

    families: Array
    items: Array
    regions: Array
    spikes: NDArray[np.intp]
    levels: str


def forecast_families(given: PlanInput) -> Array:
    """Forecast of every family by its own method, (families, planned); zero without a history."""
    return _ahead(given, _ready(given, given.history)[0], [family.method for family in given.families])


def forecast_items(given: PlanInput, items: Items) -> Array:
    """Forecast of every item by AUTO, or by its launch where that is to come; (items, planned), zero or more.

    These are the items' own forecasts, not yet made to agree: see :func:`forecast_levels`.
    """
    return _items_ahead(given, items, _items_ready(given, items))


def forecast_regions(given: PlanInput, regions: Regions) -> Array:
    """Forecast of every region of a family by AUTO, (family regions, planned), zero or more; not yet made to agree."""
    return np.maximum(_ahead(given, _regions_ready(given, regions)), 0.0)


def forecast_levels(given: PlanInput, items: Items, regions: Regions | None = None) -> Baseline:
    """Families, items and regions forecast and made to agree by the method that is set.

    The levels are the total, the families, their items, and beside the items their regions. The total is in units
    where all families have one unit, else in money at the families' prices; where a price is missing there is
    none, and each family agrees with its own items and regions. What a family sells without naming an item is
    forecast beside its items. In proportion, items and regions share what their family gets; by least squares the
    regions have their say in it. A family that sells in one region has no such level.
    """
    method = given.forecasting.reconcile
    areas = Regions() if regions is None else regions
    family_series, spikes = _ready(given, given.history)
    item_series, area_series = _items_ready(given, items), _regions_ready(given, areas)
    families = _ahead(given, family_series, [family.method for family in given.families])
    leaves = _items_ahead(given, items, item_series)
    parts = np.maximum(_ahead(given, area_series), 0.0)
    replaced = np.argwhere(spikes)
    named = "families, items and regions" if len(areas) else "families and items"
    if method == "MIDDLE_OUT":
        words = "their items and regions share them" if len(areas) else "their items share them"
        return Baseline(families, leaves, parts, replaced, f"families stay, {words}")
    unnamed = _unnamed(given, items)
    apart = np.flatnonzero(~np.isnan(unnamed).all(axis=1))
    rest = _ready(given, unnamed[apart], apart)[0]
    leaves = np.concatenate([leaves, _ahead(given, rest)])
    split = np.flatnonzero(np.bincount(areas.family, minlength=len(families))[areas.family] > 1)
    if method in PROPORTIONAL:
        split = split[:0]
    owner = np.concatenate([items.family, apart, areas.family[split]])
    residuals = None
    if method in NEED_RESIDUALS:
        series = (family_series, item_series, rest, area_series[split])
        residuals = np.concatenate([_errors(given, part) for part in series])
    weight, unit = _common_unit(given)
    total = None if weight is None else np.nansum(weight[:, None] * family_series, axis=0, keepdims=True)
    tops = (
        None
        if total is None
        else (_ahead(given, total), None if residuals is None else _errors(given, total))
    )
    below = np.concatenate([leaves, parts[split]])
    live = _live(given, items, families, below, owner)
    found = np.concatenate([families, below])
    groups, group = np.unique(live, axis=1, return_inverse=True)
    first_area = len(families) + len(leaves)
    for number in range(groups.shape[1]):
        rows, buckets = np.flatnonzero(groups[:, number]), np.flatnonzero(group.ravel() == number)
        base = found[rows][:, buckets]
        part = _Levels(rows, owner, (len(families), first_area), base, residuals, weight)
        top = None if tops is None else (tops[0][:, buckets], tops[1])
        found[np.ix_(rows, buckets)] = part.alone(method) if top is None else part.below(method, *top)
    count = len(families)
    agreed = found[count : count + len(items.codes)]
    parts[split] = np.maximum(found[first_area:], 0.0)
    levels = named if weight is None else f"total in {unit}, {named}"
    return Baseline(found[:count], np.maximum(agreed, 0.0), parts, replaced, levels)


def _live(
    given: PlanInput, items: Items, families: Array, leaves: Array, owner: NDArray[np.intp]
) -> NDArray[np.bool_]:
    """Which families and leaves (items first) take part in a bucket, (families and leaves, planned).

    Who is forecast at nothing, or is not on sale, does not: no share of anybody's gap makes it sell.
    """
    forecast_at_all = np.asarray((leaves != 0).any(axis=1, keepdims=True))
    sold = np.ones(leaves.shape, dtype=bool)
    sold[: len(items.codes)] = on_sale_of(items, given.shape[1])
    leaf = forecast_at_all & sold
    family = np.repeat((families != 0).any(axis=1, keepdims=True), given.shape[1], axis=1)
    np.logical_or.at(family, owner, leaf)
    return np.concatenate([family, leaf])


def _loaded(given: PlanInput) -> int:
    """History buckets up to the last one that is loaded."""
    known = np.flatnonzero(~np.isnan(given.history).all(axis=0))
    return int(known[-1]) + 1 if known.size else 0


def _without_events(given: PlanInput) -> Array:
    return np.asarray(clean_history(given.history, given.history_factor, given.history_quantity), dtype=float)


def _ready(
    given: PlanInput, history: Array, family: NDArray[np.intp] | None = None
) -> tuple[Array, NDArray[np.bool_]]:
    """Histories made ready to be forecast and the spikes replaced in them, (series, loaded buckets) each.

    Args:
        history: units, (series, history buckets).
        family: family of each series; without it, the series are the families.
    """
    owner = np.arange(len(given.families)) if family is None else family
    raw, clean = given.history, _without_events(given)
    # Events are known by family: its items and the rest share their effect by what they sold.
    share = np.where(raw != 0, clean / np.where(raw != 0, raw, 1.0), np.where(np.isnan(clean), np.nan, 1.0))
    share = np.where(np.isnan(raw), 1.0, share)
    loaded = _loaded(given)
    series = (clean if family is None else history * share[owner])[:, :loaded]
    spikes = np.zeros(series.shape, dtype=bool)
    if not series.size:
        return series, spikes
    if given.forecasting.per_working_day:
        series = np.asarray(per_working_day(series, _days(given)[:loaded]), dtype=float)
    known = ~np.isnan(series).all(axis=1)
    if not np.isnan(given.forecasting.spike_limit) and known.any():
        from sop_xl.forecasting.cleaning import clean as without_spikes

        event = ~(np.isnan(given.history_factor) & np.isnan(given.history_quantity))[owner, :loaded]
        cleaned = series.copy()
        cleaned[known] = without_spikes(series[known], given.horizon.per_year, given.forecasting.spike_limit)
        # A gap is filled by whoever forecasts; what counts here is what was known and no event.
        spikes = ~np.isnan(series) & ~event & (cleaned != series)
        series = np.where(spikes, cleaned, series)
    return series, spikes


def _items_ready(given: PlanInput, items: Items) -> Array:
    if not items.codes:
        return np.zeros((0, _loaded(given)))
    return _ready(given, items.history, items.family)[0]


def _regions_ready(given: PlanInput, regions: Regions) -> Array:
    if not len(regions):
        return np.zeros((0, _loaded(given)))
    return _ready(given, regions.history, regions.family)[0]


def _unnamed(given: PlanInput, items: Items) -> Array:
    """What each family sold without naming an item, (families, history buckets); NaN for one that names all."""
    named = np.zeros(given.history.shape)
    np.add.at(named, items.family, np.nan_to_num(items.history))
    rest = given.history - named
    largest = np.nanmax(np.abs(given.history), axis=1, keepdims=True, initial=0.0)
    return np.where((np.abs(rest) > _ROUNDING * largest).any(axis=1, keepdims=True), rest, np.nan)


def _days(given: PlanInput) -> Array:
    days = given.history_days
    return np.full(given.history.shape[1], 1.0) if days is None else days


def _ahead(given: PlanInput, series: Array, methods: Sequence[str] = ()) -> Array:
    """Forecasts in units, (series, planned); zero where a series has no history."""
    from sop_xl.forecasting.engine import forecast

    planned = given.shape[1]
    result = np.zeros((len(series), planned))
    # Buckets at the end that nobody has loaded yet must be forecast over, too.
    skipped = given.history.shape[1] - series.shape[1]
    words = np.array(methods if methods else ["AUTO"] * len(series))
    known = ~np.isnan(series).all(axis=1)
    for word in dict.fromkeys(words[known].tolist()):
        rows = np.flatnonzero(known & (words == word))
        result[rows] = forecast(series[rows], skipped + planned, given.horizon.per_year, word)[:, skipped:]
    if given.forecasting.per_working_day:
        result = np.asarray(per_bucket(result, given.working_days), dtype=float) if result.size else result
    return result


def _items_ahead(given: PlanInput, items: Items, series: Array) -> Array:
    """Forecasts of items, (items, planned): zero or more, and zero when not on sale."""
    planned = given.shape[1]
    result = np.maximum(_ahead(given, series), 0.0)
    for item, curve in launches_of(items, planned).items():
        result[item] = curve
    return np.where(on_sale_of(items, planned), result, 0.0)


def _errors(given: PlanInput, series: Array) -> Array:
    """One-step errors of the last buckets, (series, origins); NaN where a series was too young."""
    from sop_xl.forecasting.backtest import backtest

    result = np.full((len(series), ORIGINS), np.nan)
    known = np.flatnonzero(~np.isnan(series).all(axis=1)) if series.size else np.zeros(0, dtype=np.intp)
    if len(known):
        past = backtest(series[known], 1, given.horizon.per_year, origins=ORIGINS)
        result[known] = (past.forecasts - past.actuals)[:, :, 0]
    return result


def _common_unit(given: PlanInput) -> tuple[Array | None, str]:
    """What makes the families' units addable, (families,), and the unit of their total; None where nothing does."""
    units = {family.unit.strip().lower() for family in given.families}
    if len(units) == 1:
        return np.ones(len(given.families)), given.families[0].unit or "units"
    price = given.of_families("price")
    return (price, "money") if (price > 0).all() else (None, "")


class _Levels:
    """Families, leaves and regions that take part in some buckets.

    Args:
        rows: their places among families, leaves and regions, in this order, (nodes,).
        owner: family of each leaf and region.
        firsts: place of the first leaf and of the first region.
        base: units, (nodes, buckets).
        residuals: one-step errors of all families, leaves and regions, in units.
        weight: what makes the families' units addable.
    """

    def __init__(
        self,
        rows: NDArray[np.intp],
        owner: NDArray[np.intp],
        firsts: tuple[int, int],
        base: Array,
        residuals: Array | None,
        weight: Array | None,
    ) -> None:
        self.rows, self.base, self.weight = rows, base, weight
        self.errors = None if residuals is None else residuals[rows]
        self.head, self.area = rows < firsts[0], rows >= firsts[1]
        self.family = np.where(self.head, rows, owner[np.maximum(rows - firsts[0], 0)] if owner.size else 0)

    def _parents(self, nodes: NDArray[np.intp], top: str | None) -> list[tuple[int | str | None, ...]]:
        """The parent among the items and the one among the regions, of some nodes."""
        return [
            (top, None) if head else ((None, family) if area else (family, None))
            for family, head, area in zip(
                self.family[nodes].tolist(), self.head[nodes], self.area[nodes], strict=True
            )
        ]

    def below(self, method: str, top: Array, top_errors: Array | None) -> Array:
        """Agreed with each other and with the total."""
        if not len(self.rows) or self.weight is None:
            return self.base
        scale = self.weight[self.family][:, None]
        errors = None
        if self.errors is not None and top_errors is not None:
            errors = np.concatenate([top_errors, self.errors * scale])
        parents = [(None, None), *self._parents(np.arange(len(self.rows)), "all")]
        base = np.concatenate([top, self.base * scale])
        found = reconcile(["all", *self.rows.tolist()], _ways(parents), base, method, errors)
        return np.asarray(found[1:] / scale)

    def alone(self, method: str) -> Array:
        """Agreed with each other, each family by itself."""
        result = self.base.copy()
        for head in np.flatnonzero(self.head):
            mine = np.append(head, np.flatnonzero(~self.head & (self.family == self.rows[head])))
            names = self.rows[mine].tolist()
            errors = None if self.errors is None else self.errors[mine]
            parents = _ways(self._parents(mine, None))
            result[mine] = reconcile(names, parents, result[mine], method, errors)
        return result


def _ways(parents: list[tuple[int | str | None, ...]]) -> list[Any]:
    """Parents as a tree has them where there are no regions."""
    if all(area is None for _, area in parents):
        return [item for item, _ in parents]
    return parents
