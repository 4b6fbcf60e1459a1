"""The mix behind the volume: the consensus of each family, shared out to its items and to its regions."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from sop_xl.demand.launches import launch_by_like_item
from sop_xl.demand.mix import forecast_mix
from sop_xl.errors import NotDefinedError
from sop_xl.model import Array, Items, Plan, Regions


def mix_of(plan: Plan, items: Items, item_forecast: Array) -> Array:
    """Demand of every item; the items of a family add up to its consensus demand.

    The forecasts of the items are brought to the family's consensus in proportion. Where none of a family's
    items is on sale in a bucket its items stay empty (NaN).

    Args:
        item_forecast: units, zero or more, (items, planned).
    Returns:
        Units, (items, planned).
    """
    given = plan.given
    planned = given.shape[1]
    if not items.codes:
        return np.zeros((0, planned))
    last = np.where(np.isnan(items.last_bucket), planned, items.last_bucket)
    outlets = np.zeros(given.shape)
    np.add.at(outlets, items.family, on_sale_of(items, planned))
    volume = np.where(outlets > 0, np.maximum(plan.consensus_demand, 0.0), 0.0)
    result = forecast_mix(
        items.history,
        items.family,
        volume,
        launches_of(items, planned),
        np.where(last >= planned, np.nan, np.maximum(last, -1)),
        given.horizon.per_year,
        item_forecast=item_forecast,
    )
    return np.where(outlets[items.family] > 0, result, np.nan)


def region_shares(regions: Regions, region_forecast: Array, families: int) -> Array:
    """Part of each region in the demand of its family; the regions of a family make one in every bucket.

    They share as their forecasts do; where these are all zero, as their histories do, or equally.

    Args:
        region_forecast: units, zero or more, (family regions, planned).
        families: number of families.
    Returns:
        Fractions, (family regions, planned).

    >>> two = Regions(("North", "South"), np.array([0, 0]), np.array([[30.0, 30], [10, 10]]))
    >>> region_shares(two, np.array([[90.0, 0], [60, 0]]), 1)
    array([[0.6 , 0.75],
           [0.4 , 0.25]])
    """
    if not len(regions):
        return np.zeros((0, region_forecast.shape[1]))
    whole = np.ones((families, region_forecast.shape[1]))
    shares = forecast_mix(regions.history, regions.family, whole, item_forecast=region_forecast)
    sums = np.zeros_like(whole)
    np.add.at(sums, regions.family, shares)
    return np.asarray(shares / sums[regions.family])


def on_sale_of(items: Items, planned: int) -> NDArray[np.bool_]:
    """Whether an item is sold in a planned bucket, (items, planned)."""
    first = np.where(np.isnan(items.launch), 0, items.launch)[:, None]
    last = np.where(np.isnan(items.last_bucket), planned, items.last_bucket)[:, None]
    position = np.arange(planned)
    return np.asarray((position >= first) & (position <= last))


def launches_of(items: Items, planned: int) -> dict[int, Array]:
    """Demand of items still to be launched: their like item's launch, else level from the launch on."""
    curves: dict[int, Array] = {}
    for item in np.flatnonzero(~np.isnan(items.launch)):
        start, like = int(items.launch[item]), int(items.like[item])
        level = np.where(np.arange(planned) >= start, 1.0, 0.0)
        if like >= 0:
            with suppress(NotDefinedError):
                level = np.asarray(launch_by_like_item(items.history[like], start, planned), dtype=float)
        curves[int(item)] = level
    return curves
