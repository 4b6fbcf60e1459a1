"""Moves for what supply lacks: hours of a resource, stock of a family, service to its customers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from sop_xl.model import Array
from sop_xl.process.evidence import TOLERANCE
from sop_xl.process.gaps import FAR_BELOW, far_below, runs
from sop_xl.process.moves import BOOKED, NOWHERE, Move, Shop, missed_in_time

#: Families whose production is offered to be made earlier, cheapest first.
PRE_BUILDS = 2
#: How many buckets are looked at on either side of a shortage.
REACH = 6


# ---- a resource without enough hours -------------------------------------------------------------------


def for_capacity(shop: Shop, r: int, t: int) -> Iterator[Move]:
    """Earlier, longer, elsewhere, later, or less: for a resource short in a bucket."""
    given, short = shop.given, float(shop.plan.short[r, t])
    loads = [
        (family, t + offset, hours)
        for family, lines in enumerate(shop.lines)
        for resource, hours, offset in lines
        if resource == r and given.horizon.frozen <= t + offset < given.shape[1] and hours > 0
    ]
    frozen, count = given.horizon.frozen, given.shape[1]
    earlier = [_relief(shop, r, t, f, s, range(s - 1, frozen - 1, -1)) for f, s, _ in loads]
    yield from sorted(filter(None, earlier), key=lambda move: shop.effect(move).cost / move.units)[
        :PRE_BUILDS
    ]
    for kind in ("overtime", "subcontract"):
        hours = min(short, _offered(shop, kind, r, t))
        if hours > TOLERANCE:
            yield Move(kind, resource=r, source=t, target=t, hours=hours)
    later = [_relief(shop, r, t, f, s, range(s + 1, count)) for f, s, _ in loads]
    yield from sorted(
        filter(None, later), key=lambda move: (move.target - move.source, shop.effect(move).cost)
    )[:1]
    yield from _least_lost(shop, r, t, loads, short)


def _relief(shop: Shop, r: int, t: int, family: int, source: int, targets: Iterable[int]) -> Move | None:
    """Production moved to the nearest bucket with room for enough of it, else to the one with most room."""
    best: Move | None = None
    for target in targets:
        each = shop.load_per_unit(family, source, target)
        relief = -each.get((r, t), 0.0)
        if relief <= 0:
            continue
        need = float(shop.plan.short[r, t]) / relief
        units = shop.most(family, source, target, need)
        if units > TOLERANCE * max(need, 1.0) and (best is None or units > best.units * (1 + TOLERANCE)):
            kind = "pre-build" if target < source else "delay"
            best = Move(kind, family, r, source, target, units)
        if best and best.units >= need * (1 - TOLERANCE):
            break
    return best


def _offered(shop: Shop, kind: str, r: int, t: int) -> float:
    """Hours of overtime or subcontracting that are not booked yet."""
    limit = shop.costs.overtime_limit if kind == "overtime" else shop.costs.subcontract_limit
    booked = shop.given.overtime if kind == "overtime" else shop.given.subcontract
    return max(float(limit[r]) - float(np.nan_to_num(booked[r, t])), 0.0)


def _least_lost(
    shop: Shop, r: int, t: int, loads: Iterable[tuple[int, int, float]], short: float
) -> Iterator[Move]:
    """Demand shaped where an hour earns least; the production goes with it."""
    priced = []
    for family, source, hours in loads:
        margin = shop.given.families[family].price - shop.given.families[family].unit_cost
        most = min(
            float(shop.plan.production_plan[family, source]),
            float(shop.plan.consensus_demand[family, source]),
        )
        if not np.isnan(margin) and most > TOLERANCE:
            priced.append((margin / hours, family, source, min(most, short / hours)))
    for _, family, source, units in sorted(priced)[:1]:
        yield Move("shape demand", family, r, source, source, units)


# ---- a family without enough stock ---------------------------------------------------------------------


def for_stock(shop: Shop, f: int, first: int, kind: str) -> Iterator[Move]:
    """For a family that runs out in a bucket, or falls far below its target (kind target)."""
    given, plan = shop.given, shop.plan
    inventory = plan.projected_inventory[f]
    low = far_below(plan)[f] if kind == "target" else inventory < -TOLERANCE
    last = next(end for start, end in runs(low) if start == first)
    goal = FAR_BELOW * plan.target_inventory[f] if kind == "target" else np.zeros(given.shape[1])
    latest = max(first, given.horizon.frozen)
    if latest <= last:
        need = float((goal - inventory)[latest : last + 1].max())
        yield from _made_in_time(shop, f, need, latest, last, with_help=kind == "inventory")
    if kind == "target":
        return
    short = float(-inventory[first : last + 1].min())
    yield from _wait(shop, f, first, last, short)
    family = given.families[f]
    if not np.isnan(family.price - family.unit_cost):
        units = min(short, float(plan.consensus_demand[f, first]))
        # What is not sold stays in stock from then on.
        units = min(units, float(shop.costs.inventory_limit[f]) - float(inventory[first:].max()))
        if units > TOLERANCE:
            yield Move("shape demand", f, -1, first, first, units)


def for_service(shop: Shop, f: int) -> Iterator[Move]:
    """For a family that ships too little in time: as much as brings it to its service target, where it misses most."""
    inventory = shop.plan.projected_inventory[f]
    shortages = [
        (missed_in_time(np.where(_within(inventory, *run), inventory, 0.0)), run)
        for run in runs(inventory < -TOLERANCE)
    ]
    if not shortages:
        return
    _, (first, last) = max(shortages, key=lambda found: found[0])
    latest = max(first, shop.given.horizon.frozen)
    if latest <= last:
        need = _for_service_target(shop, f, latest, last)
        yield from _made_in_time(shop, f, need, latest, last, with_help=True)
    yield from _wait(shop, f, first, last, _for_service_target(shop, f, first, last))


def _within(inventory: Array, first: int, last: int) -> NDArray[np.bool_]:
    places = np.arange(len(inventory))
    return np.asarray((places >= first) & (places <= last))


def _for_service_target(shop: Shop, f: int, first: int, last: int) -> float:
    """Units more in stock in some buckets that bring the service to its target, or end the shortage."""
    inventory, demand = shop.plan.projected_inventory[f], shop.plan.consensus_demand[f]
    allowed = (1.0 - shop.given.families[f].service_target) * float(demand.sum())
    part = _within(inventory, first, last)
    # What is missed falls in straight lines between the depths of the shortage.
    depths = np.unique(np.append(0.0, np.maximum(-inventory[part], 0.0)))
    missed = np.array([missed_in_time(inventory + np.where(part, units, 0.0)) for units in depths])
    enough = np.flatnonzero(missed <= allowed)
    if not enough.size or enough[0] == 0:
        return float(depths[-1])
    k = int(enough[0])
    share = (missed[k - 1] - allowed) / (missed[k - 1] - missed[k])
    return float(depths[k - 1] + share * (depths[k] - depths[k - 1]))


def _made_in_time(shop: Shop, f: int, need: float, latest: int, last: int, with_help: bool) -> Iterator[Move]:
    """Later production made earlier, and where that is not enough, more production."""
    given = shop.given
    targets = range(latest, max(latest - REACH, given.horizon.frozen - 1), -1)
    later = range(last + 1, min(last + 1 + REACH, given.shape[1]))
    best: dict[str, float] = {}
    for sources in (later, (NOWHERE,)):
        found = [_pull(shop, f, need, targets, sources)]
        if with_help:
            found += [_pull_with_help(shop, kind, f, need, latest, sources) for kind in BOOKED]
        for move in found:
            if move and move.units > best.get(move.kind, 0.0) * (1 + TOLERANCE) + TOLERANCE:
                best[move.kind] = move.units
                yield move


def _pull(shop: Shop, f: int, need: float, targets: Iterable[int], sources: Iterable[int]) -> Move | None:
    """Production in spare hours: later production made earlier, or production from nowhere."""
    best: Move | None = None
    sources = list(sources)
    for target in targets:
        for source in sources:
            units = shop.most(f, source, target, need)
            if units > TOLERANCE and (best is None or units > best.units * (1 + TOLERANCE)):
                best = Move("pre-build", f, -1, source, target, units)
            if best and best.units >= need * (1 - TOLERANCE):
                return best
    return best


def _pull_with_help(
    shop: Shop, kind: str, f: int, need: float, target: int, sources: Iterable[int]
) -> Move | None:
    """The same where one resource lacks the hours: in overtime, or by others."""
    best: Move | None = None
    for source in sources:
        within = shop.most(f, source, target, need)
        for r in dict.fromkeys(resource for resource, _, _ in shop.lines[f]):
            added = [
                (t, h) for (res, t), h in shop.load_per_unit(f, source, target).items() if res == r and h > 0
            ]
            if len(added) != 1 or len([line for line in shop.lines[f] if line[0] == r]) != 1:
                continue
            (t, hours), free = added[0], max(float(shop.spare[r, added[0][0]]), 0.0)
            reach = (free + _offered(shop, kind, r, t)) / hours
            units = shop.most(f, source, target, min(need, reach), without=r)
            if units > within * (1 + TOLERANCE) + TOLERANCE and (best is None or units > best.units):
                best = Move(kind, f, r, source, target, units, units * hours - free)
    return best


def _wait(shop: Shop, f: int, first: int, last: int, units: float) -> Iterator[Move]:
    """Demand that waits until the shortage is over, if the customers agree."""
    plan, limit = shop.plan, float(shop.costs.inventory_limit[f])
    if last + 1 == shop.given.shape[1]:
        return
    units = min(units, float(plan.consensus_demand[f, first]))
    units = min(units, limit - float(plan.projected_inventory[f, first : last + 1].max()))
    if units > TOLERANCE:
        yield Move("shape demand", f, -1, first, last + 1, units)
