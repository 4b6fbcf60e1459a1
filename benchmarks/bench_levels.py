"""Which way of making families, items and regions agree forecasts best: a rolling origin over a planning workbook.

Run ``python3 dev.py bench levels WORKBOOK``. From each of the last origins all levels are forecast with what
was known then, under every method of SOP_RECONCILE, and compared with what was sold: WMAPE in money at price
(in units where a price is missing), the buckets of the horizon pooled.
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from sop_xl.commands.cycle import Cycle
from sop_xl.demand.reconcile import METHODS
from sop_xl.hosts.session import open_book
from sop_xl.model import Array, ForecastSettings, Items, PlanInput, Regions
from sop_xl.process.baseline import forecast_levels
from sop_xl.process.mix import mix_of, region_shares
from sop_xl.process.planning import build, with_forecast

ORIGINS, AHEAD = 12, 6


def known_then(
    given: PlanInput, items: Items, regions: Regions, back: int
) -> tuple[PlanInput, Items, Regions]:
    """The input without the last ``back`` buckets, nothing planned or overridden."""
    arrays = ("history", "history_value", "history_factor", "history_quantity")
    cut = {name: getattr(given, name)[:, :-back] for name in arrays}
    none = np.full(given.shape, np.nan)
    days = None if given.history_days is None else given.history_days[:-back]
    empty = dict.fromkeys(("event_factor", "event_quantity", "sales_override", "marketing_override"), none)
    young = replace(
        items,
        history=items.history[:, :-back],
        launch=np.full(len(items.codes), np.nan),
        last_bucket=np.full(len(items.codes), np.nan),
    )
    areas = replace(regions, history=regions.history[:, :-back])
    return replace(given, **cut, **empty, history_days=days), young, areas


def wmape(errors: list[Array], actuals: list[Array]) -> float:
    """Pooled absolute errors over pooled actuals."""
    return float(sum(np.nansum(np.abs(one)) for one in errors) / sum(np.nansum(one) for one in actuals))


def main(arguments: list[str]) -> int:
    """Print a table: method, WMAPE of families, items and regions, seconds per origin."""
    with open_book(Path(arguments[0]), read_only=True) as session:
        cycle = Cycle(session.book)
        given, items, regions = cycle.given, cycle.items, cycle.regions
    loaded = int(np.flatnonzero(~np.isnan(given.history).all(axis=0))[-1]) + 1
    unloaded = given.history.shape[1] - loaded
    price = np.nan_to_num(given.of_families("price"), nan=1.0)[:, None]
    print(
        f"{len(given.families)} families, {len(items.codes)} items, {len(regions)} regions of families, "
        f"{ORIGINS} origins, {AHEAD} buckets ahead"
    )
    for method in METHODS:
        names = ("families", "items", "regions") if len(regions) else ("families", "items")
        errors: dict[str, list[Array]] = {name: [] for name in names}
        actuals: dict[str, list[Array]] = {name: [] for name in names}
        started = time.perf_counter()
        for back in range(1, ORIGINS + 1):
            then, young, areas = known_then(given, items, regions, back + unloaded)
            then = replace(then, forecasting=ForecastSettings(reconcile=method))
            made = forecast_levels(then, young, areas)
            plan = build(with_forecast(then, made.families))
            mix = mix_of(plan, young, made.items)
            shares = region_shares(areas, made.regions, len(given.families))
            split = plan.consensus_demand[areas.family] * shares if len(areas) else shares
            span = min(back, AHEAD)
            places = slice(loaded - back, loaded - back + span)
            for level, ahead, sold, weight in (
                ("families", made.families, given.history, price),
                ("items", np.nan_to_num(mix), items.history, price[items.family]),
                ("regions", split, regions.history, price[regions.family]),
            )[: len(names)]:
                actuals[level].append(sold[:, places] * weight)
                errors[level].append((ahead[:, :span] - sold[:, places]) * weight)
        seconds = (time.perf_counter() - started) / ORIGINS
        figures = "  ".join(f"{level} {wmape(errors[level], actuals[level]):.4f}" for level in errors)
        print(f"{method:12} {figures}  {seconds:.2f} s", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
