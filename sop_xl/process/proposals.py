"""Priced moves for every gap: earlier, longer, elsewhere, later, less, or accepted as it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from sop_xl.model import Gap, Plan
from sop_xl.process.gaps import FAR_BELOW, TOLERANCE, far_below, runs
from sop_xl.process.moves import Effect, Move, Shop

#: Families whose production is offered to be made earlier, cheapest first.
PRE_BUILDS = 2
#: How many buckets are looked at on either side of a shortage.
REACH = 6


@dataclass(frozen=True)
class Proposal:
    """A move for one gap, with its price and its effect.

    Attributes:
        gap: number of the gap, counted from 0.
        loss: money lost by accepting the gap, NaN where it is not known; NaN for all other moves.
        what: the move in one sentence.
    """

    gap: int
    move: Move
    effect: Effect
    what: str
    loss: float = float("nan")


def propose_moves(plan: Plan, gaps: Iterable[tuple[int, Gap]]) -> list[Proposal]:
    """Moves for every gap, in the order of the gaps.

    Each is priced by itself: two that need the same spare hour are found out when both are accepted.

    Args:
        plan: the plan with the gaps.
        gaps: number and gap of those to find moves for.
    """
    shop = Shop(plan)
    return [
        _proposal(shop, number, gap, move)
        for number, gap in gaps
        for move in (*_moves(shop, gap), Move("accept"))
    ]


def _proposal(shop: Shop, number: int, gap: Gap, move: Move) -> Proposal:
    if move.kind == "accept":
        loss = _loss(shop, gap)
        price = f", at a loss of {loss:,.0f}" if loss > 0 else ""
        what = f"Live with it: {gap.what.rstrip('.')}{price}."
        return Proposal(number, move, Effect(0.0, 0.0, 0.0, 0.0, 0.0), what, loss)
    effect = shop.effect(move)
    return Proposal(number, move, effect, _sentence(shop, move, effect))


def _moves(shop: Shop, gap: Gap) -> Iterator[Move]:
    given = shop.given
    bucket = given.horizon.position(gap.bucket) if gap.bucket else None
    if bucket is None:
        return
    if gap.kind == "capacity":
        resource = next(r for r, one in enumerate(given.resources) if one.code == gap.subject)
        yield from _for_capacity(shop, resource, bucket)
    elif gap.kind in ("inventory", "target"):
        family = next(f for f, one in enumerate(given.families) if one.code == gap.subject)
        yield from _for_stock(shop, family, bucket, gap.kind)


# ---- a resource without enough hours -------------------------------------------------------------------


def _for_capacity(shop: Shop, r: int, t: int) -> Iterator[Move]:
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


def _for_stock(shop: Shop, f: int, first: int, kind: str) -> Iterator[Move]:
    given, plan = shop.given, shop.plan
    inventory = plan.projected_inventory[f]
    low = far_below(plan)[f] if kind == "target" else inventory < -TOLERANCE
    last = next(end for start, end in runs(low) if start == first)
    goal = FAR_BELOW * plan.target_inventory[f] if kind == "target" else np.zeros(given.shape[1])
    latest = max(first, given.horizon.frozen)
    if latest <= last:
        need = float((goal - inventory)[latest : last + 1].max())
        targets = range(latest, max(latest - REACH, given.horizon.frozen - 1), -1)
        sources = range(last + 1, min(last + 1 + REACH, given.shape[1]))
        yield from _pull(shop, f, need, targets, sources)
        if kind == "inventory":
            yield from _pull_with_help(shop, f, need, latest, sources)
    family = given.families[f]
    if kind == "inventory" and not np.isnan(family.price - family.unit_cost):
        units = min(float(-inventory[first : last + 1].min()), float(plan.consensus_demand[f, first]))
        # What is not sold stays in stock from then on.
        units = min(units, float(shop.costs.inventory_limit[f]) - float(inventory[first:].max()))
        if units > TOLERANCE:
            yield Move("shape demand", f, -1, first, first, units)


def _pull(shop: Shop, f: int, need: float, targets: Iterable[int], sources: Iterable[int]) -> Iterator[Move]:
    """Later production made earlier, in spare hours."""
    best: Move | None = None
    sources = list(sources)
    for target in targets:
        for source in sources:
            units = shop.most(f, source, target, need)
            if units > TOLERANCE and (best is None or units > best.units * (1 + TOLERANCE)):
                best = Move("pre-build", f, -1, source, target, units)
            if best and best.units >= need * (1 - TOLERANCE):
                yield best
                return
    if best:
        yield best


def _pull_with_help(shop: Shop, f: int, need: float, target: int, sources: Iterable[int]) -> Iterator[Move]:
    """Later production made earlier where one resource lacks the hours: in overtime, or by others."""
    for kind in ("overtime", "subcontract"):
        best: Move | None = None
        for source in sources:
            within = shop.most(f, source, target, need)
            for r in dict.fromkeys(resource for resource, _, _ in shop.lines[f]):
                added = [
                    (t, h)
                    for (res, t), h in shop.load_per_unit(f, source, target).items()
                    if res == r and h > 0
                ]
                if len(added) != 1 or len([line for line in shop.lines[f] if line[0] == r]) != 1:
                    continue
                (t, hours), free = added[0], max(float(shop.spare[r, added[0][0]]), 0.0)
                reach = (free + _offered(shop, kind, r, t)) / hours
                units = shop.most(f, source, target, min(need, reach), without=r)
                if units > within * (1 + TOLERANCE) + TOLERANCE and (best is None or units > best.units):
                    best = Move(kind, f, r, source, target, units, units * hours - free)
        if best:
            yield best


# ---- prices and words ----------------------------------------------------------------------------------


def _loss(shop: Shop, gap: Gap) -> float:
    """What living with a gap costs; NaN where nobody can say."""
    given, plan = shop.given, shop.plan
    if gap.kind == "budget":
        return -gap.value
    bucket = given.horizon.position(gap.bucket) if gap.bucket else None
    if gap.kind == "capacity" and bucket is not None:
        r = next(r for r, one in enumerate(given.resources) if one.code == gap.subject)
        total = margin = 0.0
        for f, lines in enumerate(shop.lines):
            for resource, hours, offset in lines:
                if resource == r and bucket + offset < given.shape[1]:
                    units = float(plan.production_plan[f, bucket + offset])
                    total += units * hours
                    margin += units * (given.families[f].price - given.families[f].unit_cost)
        return gap.size / total * margin if total > 0 else float("nan")
    if gap.kind in ("inventory", "service"):
        f = next(f for f, one in enumerate(given.families) if one.code == gap.subject)
        missing = np.maximum(-plan.projected_inventory[f], 0.0)
        if gap.kind == "inventory" and bucket is not None:
            first, last = next(run for run in runs(missing > TOLERANCE) if run[0] == bucket)
            missing = missing[first : last + 1]
        return float(missing.sum() * shop.costs.backorder[f])
    return 0.0 if gap.kind == "target" else float("nan")


def _sentence(shop: Shop, move: Move, effect: Effect) -> str:
    given = shop.given
    ends = [bucket.end for bucket in given.horizon.planned]
    label = "%b %Y" if given.horizon.kind != "week" else "%d %b %Y"
    source, target = ends[move.source].strftime(label), ends[move.target].strftime(label)
    resource = given.resources[move.resource] if move.resource >= 0 else None
    hours = f"{move.hours:,.1f} {resource.unit} of {resource.code}" if resource else ""
    money = f"costs {effect.cost:,.0f}" if effect.cost else "costs nothing"
    if move.family < 0:
        verb = "Work overtime for" if move.kind == "overtime" else "Subcontract"
        return f"{verb} {hours} in {source}: {-effect.load:,.1f} less short, {money}."
    family = given.families[move.family]
    units = f"{move.units:,.0f} {family.unit or 'units'} of {family.code}"
    if move.kind == "shape demand":
        with_it = (
            f" and make as much less: {-effect.load:,.1f} {resource.unit} less short on {resource.code}"
            if resource
            else ""
        )
        return f"Give up {units} of demand in {source}{with_it}, {money}."
    moved = f"Make {units} in {target} and not in {source}"
    if move.kind in ("pre-build", "delay"):
        relief = f", {-effect.load:,.1f} {resource.unit} less short on {resource.code}" if resource else ""
        later = f", {move.units:,.0f} less in stock until then" if move.kind == "delay" else ""
        return f"{moved}{relief}{later}, {money}."
    verb = "with overtime for" if move.kind == "overtime" else "with others doing"
    return f"{moved}, {verb} {hours}, {money}."
