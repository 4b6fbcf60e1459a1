"""The mix behind the volume: the consensus of each family, shared out to its items."""

from __future__ import annotations

from contextlib import suppress

import numpy as np

from sop_xl.demand.launches import launch_by_like_item
from sop_xl.demand.mix import forecast_mix
from sop_xl.errors import NotDefinedError
from sop_xl.model import Array, Items, Plan


def mix_of(plan: Plan, items: Items) -> Array:
    """Demand of every item; the items of a family add up to its consensus demand.

    Items are forecast from their own history, new ones from their like item, and brought to the family's
    consensus in proportion. Where none of a family's items is on sale in a bucket its items stay empty (NaN).

    Returns:
        Units, (items, planned).
    """
    given = plan.given
    planned = given.shape[1]
    if not items.codes:
        return np.zeros((0, planned))
    loaded = np.flatnonzero(~np.isnan(items.history).all(axis=0))
    history = items.history[:, : int(loaded[-1]) + 1] if loaded.size else items.history
    last = np.where(np.isnan(items.last_bucket), planned, items.last_bucket)
    first = np.where(np.isnan(items.launch), 0, items.launch)
    position = np.arange(planned)
    on_sale = (position >= first[:, None]) & (position <= last[:, None])
    outlets = np.zeros(given.shape)
    np.add.at(outlets, items.family, on_sale)
    volume = np.where(outlets > 0, np.maximum(plan.consensus_demand, 0.0), 0.0)
    result = forecast_mix(
        history,
        items.family,
        volume,
        _launches(items, planned),
        np.where(last >= planned, np.nan, np.maximum(last, -1)),
        given.horizon.per_year,
    )
    return np.where(outlets[items.family] > 0, result, np.nan)


def _launches(items: Items, planned: int) -> dict[int, Array]:
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
