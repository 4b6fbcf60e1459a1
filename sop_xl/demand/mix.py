"""The mix within a volume: items that add up to the forecast of their family."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from sop_xl.demand.launches import phase_out
from sop_xl.errors import ArgumentError, NoAnswerError
from sop_xl.forecasting.engine import forecast
from sop_xl.forecasting.history import Flags, Floats, Integers, as_matrix

SPREADS = ("TOP_DOWN", "WLS_STRUCT")

# A family's items of zero settle within a few sweeps; after these the rest is shared in proportion.
_SWEEPS = 20
# Shares of less than this, where the largest number is one, cannot be told from none.
_NOTHING = 1e-250


def forecast_mix(
    item_history: Any,
    family_of_item: Any,
    family_forecast: Any,
    launches: Mapping[int, Any] | None = None,
    last_bucket: Any = None,
    season: int = 12,
    spread: str = "TOP_DOWN",
    item_forecast: Any = None,
) -> Floats:
    """Item forecasts that add up to the forecast of their family, which stays as it is.

    Each item is forecast by AUTO, or by its launch. What their sum lacks of the family's forecast, or has
    too much, is shared out in proportion to the items' forecasts (TOP_DOWN), or equally with no item
    below zero (WLS_STRUCT: the least squares). In proportion is the default because equal shares burden
    small and dying items most. Where the items' forecasts are all zero, they share by their histories,
    or equally if these are zero, too. An item not launched yet or phased out keeps its zero.

    Args:
        item_history: units, shape (items, buckets); NaN where missing; a row may be blank.
        family_of_item: family of each item, counted from 0, shape (items,).
        family_forecast: units, zero or more, shape (families, horizon).
        launches: units by planned bucket of items that are launched, by item counted from 0; the
            zeros before the first demand stay zero.
        last_bucket: last planned bucket of sale per item, see :func:`sop_xl.demand.launches.phase_out`.
        season: buckets in a season.
        spread: one of :data:`SPREADS`.
        item_forecast: forecasts of the items, zero or more, (items, horizon), in place of AUTO and the launches.
    Returns:
        Units, shape (items, horizon), zero or more.
    Raises:
        ArgumentError: shapes that do not fit, a family outside the forecast, an empty or negative family
            forecast or item forecast, an unknown spread.
        NoAnswerError: a family has a forecast in a bucket in which none of its items is on sale.
    Source:
        Forecast proportions: Athanasopoulos, Ahmed, Hyndman (2009), International Journal of Forecasting
        25; projection on zero or more: Michelot (1986).

    >>> forecast_mix([[10, 10, 10, 10], [30, 30, 30, 30]], [0, 0], [[80, 100]])
    array([[20., 25.],
           [60., 75.]])
    """
    if spread not in SPREADS:
        raise ArgumentError(f"spread is {spread!r}.", f"Use one of {', '.join(SPREADS)}.")
    history, _ = as_matrix(item_history, "item_history")
    volume, _ = as_matrix(family_forecast, "family_forecast")
    wrong = np.argwhere(~(volume >= 0))
    if len(wrong):
        row, column = wrong[0] + 1
        raise ArgumentError(
            f"Row {row}, column {column} of family_forecast is empty or negative.", "Enter zero or more."
        )
    family = _families(family_of_item, len(history), len(volume))
    curves = _launch_curves(launches or {}, len(history), volume.shape[1])
    if item_forecast is None:
        items = _item_forecasts(history, curves, volume.shape[1], season)
    else:
        items = _given_forecasts(item_forecast, (len(history), volume.shape[1]))
    on_sale = _on_sale(items.shape, curves, last_bucket)
    _check_outlets(volume, family, on_sale)
    # Sizes near one: neither squares nor sums of very large or small units may leave the numbers.
    scale = max(float(volume.max()), float(items.max()), np.finfo(float).tiny)
    items, volume = np.where(on_sale, items / scale, 0.0), volume / scale
    empty = _sums(items, family, len(volume)) <= _NOTHING
    if empty.any():
        past = np.maximum(np.nan_to_num(history), 0.0)
        weight = np.where(on_sale, (past / max(float(past.max()), 1.0)).sum(axis=1, keepdims=True), 0.0)
        weight = np.where((_sums(weight, family, len(volume)) > _NOTHING)[family], weight, on_sale)
        items = np.where(empty[family], weight, items)
    if spread == "WLS_STRUCT":
        moved = _equally(items, family, volume, on_sale)
        # Next to nothing left of a large sum is lost in rounding: there the proportions stay.
        lost = _sums(moved, family, len(volume)) <= 0
        items = np.where((empty | lost)[family], items, moved)
    sums = _sums(items, family, len(volume))
    rate = volume / np.where(sums > 0, sums, 1.0)
    return _settled(items * rate[family], family, volume) * scale


def _families(family_of_item: Any, items: int, families: int) -> Integers:
    places = as_matrix(family_of_item, "family_of_item")[0].ravel()
    if len(places) != items:
        raise ArgumentError(
            f"family_of_item has {len(places)} entries, item_history has {items} rows.",
            "Give each item one family.",
        )
    wrong = np.flatnonzero(~((places >= 0) & (places < families) & (places == np.floor(places))))
    if len(wrong):
        raise ArgumentError(
            f"Entry {wrong[0] + 1} of family_of_item is {places[wrong[0]]:g}.",
            f"Give a whole number from 0 to {families - 1}.",
        )
    return places.astype(np.intp)


def _launch_curves(launches: Mapping[int, Any], items: int, horizon: int) -> dict[int, Floats]:
    curves = {}
    for item, units in launches.items():
        curve = as_matrix(units, f"the launch of item {item + 1}")[0].ravel()
        if not 0 <= item < items or len(curve) != horizon or not (curve >= 0).all():
            raise ArgumentError(
                f"The launch of item {item + 1} does not fit {items} items and {horizon} buckets.",
                "Give zero or more units for each planned bucket of an item of the history.",
            )
        curves[item] = curve
    return curves


def _item_forecasts(history: Floats, launches: Mapping[int, Floats], horizon: int, season: int) -> Floats:
    """AUTO for items with a history, the launch for those that have one, else zero."""
    items = np.zeros((len(history), horizon))
    known = np.asarray(~np.isnan(history).all(axis=1))
    known[list(launches)] = False
    if known.any():
        items[known] = np.maximum(forecast(history[known], horizon, season), 0.0)
    for item, curve in launches.items():
        items[item] = curve
    return items


def _given_forecasts(item_forecast: Any, shape: tuple[int, int]) -> Floats:
    items, _ = as_matrix(item_forecast, "item_forecast")
    if items.shape != shape or not (items >= 0).all():
        raise ArgumentError(
            f"item_forecast does not fit {shape[0]} items and {shape[1]} buckets, or is empty or negative somewhere.",
            "Give zero or more units for each planned bucket of each item.",
        )
    return items


def _on_sale(shape: tuple[int, ...], launches: Mapping[int, Floats], last_bucket: Any) -> Flags:
    on_sale = np.ones(shape)
    for item, curve in launches.items():
        on_sale[item] = np.maximum.accumulate(curve > 0)
    return (on_sale if last_bucket is None else phase_out(on_sale, last_bucket)) > 0


def _check_outlets(volume: Floats, family: Integers, on_sale: Flags) -> None:
    outlets = _sums(on_sale.astype(float), family, len(volume))
    stocked = np.bincount(family, minlength=len(volume)) > 0
    stuck = np.argwhere((volume > 0) & (outlets == 0) & stocked[:, None])
    if len(stuck):
        row, column = stuck[0] + 1
        raise NoAnswerError(
            f"Family {row} has a forecast in bucket {column} and no item on sale then.",
            "Set the family's forecast to zero, or correct the launch and phase-out dates of its items.",
        )


def _sums(items: Floats, family: Integers, families: int) -> Floats:
    """Items added up per family, shape (families, buckets)."""
    buckets = items.shape[1]
    cells = family[:, None] * buckets + np.arange(buckets)
    sums = np.bincount(cells.ravel(), weights=items.ravel(), minlength=families * buckets)
    return np.asarray(sums, dtype=float).reshape(families, buckets)


def _equally(items: Floats, family: Integers, volume: Floats, on_sale: Flags) -> Floats:
    """Items moved by equal shares of the gap; those that would fall below zero stay at zero."""
    free, found = on_sale.copy(), items
    for _ in range(_SWEEPS):
        count = _sums(free.astype(float), family, len(volume))
        gap = volume - _sums(np.where(free, items, 0.0), family, len(volume))
        found = np.where(free, items + (gap / np.maximum(count, 1.0))[family], 0.0)
        below = free & (found < 0)
        if not below.any():
            break
        free &= ~below
    return np.maximum(found, 0.0)


def _settled(items: Floats, family: Integers, volume: Floats) -> Floats:
    """Rounding of the sums given to the largest item of the family."""
    gap = volume - _sums(items, family, len(volume))
    order = np.argsort(family, kind="stable")
    present = np.flatnonzero(np.bincount(family, minlength=len(volume)))
    starts = np.searchsorted(family[order], present)
    largest = np.maximum.reduceat(items[order], starts, axis=0)
    for place, one in enumerate(present):
        members = order[starts[place] : starts[place + 1] if place + 1 < len(starts) else None]
        row = members[items[members].argmax(axis=0)]
        column = np.arange(items.shape[1])
        small = np.abs(gap[one]) <= 1e-9 * largest[place]
        items[row[small], column[small]] += gap[one, small]
    return items
