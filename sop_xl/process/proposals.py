"""Priced moves for every gap: earlier, longer, elsewhere, later, less, more, anew, or accepted as it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from sop_xl.model import Gap, Plan
from sop_xl.process.demand_moves import for_budget, for_hierarchy, for_stale
from sop_xl.process.evidence import NOTHING, TOLERANCE, Evidence, apart
from sop_xl.process.gaps import runs
from sop_xl.process.move_words import sentence
from sop_xl.process.moves import Effect, Move, Shop
from sop_xl.process.supply_moves import for_capacity, for_service, for_stock


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


def propose_moves(
    plan: Plan, gaps: Iterable[tuple[int, Gap]], evidence: Evidence = NOTHING
) -> list[Proposal]:
    """Moves for every gap, in the order of the gaps.

    Each is priced by itself: two that need the same spare hour are found out when both are accepted.

    Args:
        plan: the plan with the gaps.
        gaps: number and gap of those to find moves for.
        evidence: what the gaps were found with.
    """
    shop = Shop(plan, evidence)
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
    return Proposal(number, move, effect, sentence(shop, move, effect))


def _moves(shop: Shop, gap: Gap) -> Iterator[Move]:
    given = shop.given
    bucket = given.horizon.position(gap.bucket) if gap.bucket else None
    if gap.kind == "capacity" and bucket is not None:
        resource = next(r for r, one in enumerate(given.resources) if one.code == gap.subject)
        yield from for_capacity(shop, resource, bucket)
        return
    family = next((f for f, one in enumerate(given.families) if one.code == gap.subject), -1)
    if family < 0:
        return
    if gap.kind in ("inventory", "target") and bucket is not None:
        yield from for_stock(shop, family, bucket, gap.kind)
    elif gap.kind == "service":
        yield from for_service(shop, family)
    elif gap.kind == "budget":
        yield from for_budget(shop, family)
    elif gap.kind == "hierarchy" and bucket is not None:
        yield from for_hierarchy(shop, family, bucket)
    elif gap.kind == "stale":
        yield from for_stale(shop, family)


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
    if gap.kind == "hierarchy" and bucket is not None:
        return _without_items(shop, gap, bucket)
    if gap.kind in ("inventory", "service"):
        f = next(f for f, one in enumerate(given.families) if one.code == gap.subject)
        missing = np.maximum(-plan.projected_inventory[f], 0.0)
        if gap.kind == "inventory" and bucket is not None:
            first, last = next(run for run in runs(missing > TOLERANCE) if run[0] == bucket)
            missing = missing[first : last + 1]
        return float(missing.sum() * shop.costs.backorder[f])
    return 0.0 if gap.kind == "target" else float("nan")


def _without_items(shop: Shop, gap: Gap, first: int) -> float:
    """The margin of demand that no item can carry; NaN where items were typed, for then nothing is lost."""
    given, evidence = shop.given, shop.evidence
    f = next(f for f, one in enumerate(given.families) if one.code == gap.subject)
    last = next(end for start, end in runs(apart(shop.plan, evidence)[f]) if start == first)
    if evidence.typed is not None and evidence.typed[f, first : last + 1].any():
        return float("nan")
    return gap.size * (given.families[f].price - given.families[f].unit_cost)
