"""Moves on the side of demand: more of it where the budget is missed, another forecast, items that add up."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sop_xl.process.evidence import TOLERANCE, apart
from sop_xl.process.gaps import budget_misses, runs
from sop_xl.process.moves import AGREED, NOWHERE, Move, Shop, agreed

#: A promotion is taken to add no more than this part of a bucket's demand. It is what a month with a promotion sells
#: more, without what is only bought ahead, in the example of Chopra and Meindl, Supply Chain Management, on sales and
#: operations planning.
PROMOTION = 0.1
#: Buckets that a promotion is offered for, the best first.
PROMOTIONS = 3


def for_budget(shop: Shop, f: int) -> Iterator[Move]:
    """Demand won in the buckets where a promotion earns most, with stock above its target or spare hours behind it.

    Buckets that already have an event or a marketing override are left out: nobody promotes twice. So are those with a
    shortage in them or after them: what can be made is owed already.
    """
    given, plan, family = shop.given, shop.plan, shop.given.families[f]
    missing = missing_units(shop, f)
    if not missing > TOLERANCE:
        return
    untouched = (
        np.isnan(given.event_factor[f])
        & np.isnan(given.event_quantity[f])
        & np.isnan(given.marketing_override[f])
        & ~np.isnan(given.baseline[f])
    )
    found = []
    for t in range(given.horizon.frozen, given.shape[1]):
        units = min(PROMOTION * float(plan.consensus_demand[f, t]), missing)
        if not untouched[t] or units <= TOLERANCE:
            continue
        if float(np.nan_to_num(plan.projected_inventory[f, t:]).min()) < -TOLERANCE:
            continue
        stock = float((plan.projected_inventory - plan.target_inventory)[f, t:].min())
        if family.make != "MTO" and stock > TOLERANCE:
            found.append(Move("shape demand", f, -1, NOWHERE, t, min(units, stock)))
        if move := _won_and_made(shop, f, t, units):
            found.append(move)
    priced = [(shop.effect(move).money, move) for move in found]
    best: dict[int, tuple[float, Move]] = {}
    for money, move in priced:
        if money > max(best.get(move.target, (0.0, move))[0], 0.0):
            best[move.target] = (money, move)
    for _, move in sorted(best.values(), key=lambda one: -one[0])[:PROMOTIONS]:
        yield move


def missing_units(shop: Shop, f: int) -> float:
    """Units that would make up for what a family misses of its budget."""
    family = shop.given.families[f]
    worth = {"revenue": family.price, "margin": family.price - family.unit_cost, "quantity": 1.0}
    for measure, (miss, _) in budget_misses(shop.plan, f).items():
        return miss / worth[measure] if worth[measure] > 0 else 0.0
    return 0.0


def _won_and_made(shop: Shop, f: int, t: int, units: float) -> Move | None:
    """Demand that is won and made in the same bucket, as far as spare hours and the lot minimum allow it."""
    units = min(units, shop.room(f, NOWHERE, t))
    lines = [(shop.spare[r, t - offset] / hours, r) for r, hours, offset in shop.lines[f] if hours > 0]
    made = float(shop.plan.production_plan[f, t]) + units
    if not lines or units <= TOLERANCE or made < float(shop.costs.lot_minimum[f]):
        return None
    return Move("shape demand", f, min(lines)[1], NOWHERE, t, units)


def for_stale(shop: Shop, f: int) -> Iterator[Move]:
    """A new forecast, and production proposed from it."""
    if shop.evidence.baseline is not None:
        yield _with_change(shop, Move("refresh", f))


def for_hierarchy(shop: Shop, f: int, first: int) -> Iterator[Move]:
    """What the items add up to, taken for the family's demand; or the family's demand spread over the items again."""
    evidence = shop.evidence
    last = next(end for start, end in runs(apart(shop.plan, evidence)[f]) if start == first)
    yield _with_change(shop, Move("add up", f, -1, first, last))
    if evidence.items is not None and evidence.typed is not None:
        part = slice(first, last + 1)
        typed = evidence.typed[f, part]
        if typed.any():
            items = evidence.items[f, part][typed]
            yield Move(
                "spread",
                f,
                -1,
                first,
                last,
                float((shop.plan.consensus_demand[f, part][typed] - items).sum()),
            )


def _with_change(shop: Shop, move: Move) -> Move:
    """The move with the units that demand changes by."""
    assert move.kind in AGREED
    after = agreed(shop.plan, [move], shop.evidence).consensus_demand
    change = float((after - shop.plan.consensus_demand).sum())
    return Move(move.kind, move.family, -1, move.source, move.target, change)
