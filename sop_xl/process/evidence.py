"""What a plan is compared with besides its own input: a forecast made anew, and what the items add up to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sop_xl.model import Array, Items, Plan
from sop_xl.process import planning

#: A difference smaller than this part of the largest number beside it is rounding.
TOLERANCE = 1e-6


@dataclass(frozen=True)
class Evidence:
    """What was looked at; None where it was not.

    Attributes:
        baseline: a new forecast of every family, (families, planned).
        items: what the items of each family add up to, (families, planned); NaN for families without items.
        typed: where somebody typed over the demand of items, (families, planned).
    """

    baseline: Array | None = None
    items: Array | None = None
    typed: NDArray[np.bool_] | None = None


NOTHING = Evidence()


def items_add_up(plan: Plan, items: Items, mix: Array) -> Array:
    """What the items of each family add up to, (families, planned); NaN for families without items.

    Args:
        mix: demand of every item, NaN where it has none, (items, planned).
    """
    sums = np.zeros(plan.given.shape)
    np.add.at(sums, items.family, np.nan_to_num(mix))
    has_items = np.isin(np.arange(len(sums)), items.family)
    return np.where(has_items[:, None], sums, np.nan)


def keep_typed(plan: Plan, items: Items, mix: Array, typed: Array) -> Array:
    """The mix with what somebody typed over it, where that adds up to another demand; (items, planned).

    What adds up to the demand of the family is settled: its items share that by their forecasts.

    Args:
        mix: the demand of each family, shared by its items, (items, planned).
        typed: NaN where nothing was typed, (items, planned).
    """
    over = ~np.isnan(typed)
    if not over.any():
        return mix
    sums = items_add_up(plan, items, np.where(over, typed, mix))
    still = apart(plan, Evidence(items=sums))[items.family]
    return np.where(over & still, typed, mix)


def evidence_of(plan: Plan, items: Items, mix: Array, typed: Array, baseline: Array | None) -> Evidence:
    """What can be said against a plan.

    Args:
        mix: demand of every item as it stands beside the plan, (items, planned).
        typed: NaN where nothing was typed over it, (items, planned).
        baseline: a new forecast of every family, None where none is made.
    """
    sums = items_add_up(plan, items, mix)
    over = np.zeros(plan.given.shape, dtype=bool)
    np.logical_or.at(over, items.family, ~np.isnan(typed) & (mix == typed))
    return Evidence(baseline, sums, over & apart(plan, Evidence(items=sums)))


def apart(plan: Plan, evidence: Evidence) -> NDArray[np.bool_]:
    """Where the items of a family do not add up to its consensus demand, (families, planned)."""
    if evidence.items is None:
        return np.zeros(plan.given.shape, dtype=bool)
    demand = plan.consensus_demand
    slack = TOLERANCE * (1.0 + np.abs(demand))
    return np.asarray(np.abs(np.nan_to_num(evidence.items, nan=np.inf) - demand) > slack) & ~np.isnan(
        evidence.items
    )


def old_forecast(plan: Plan, evidence: Evidence) -> NDArray[np.bool_]:
    """Families whose forecast would be another one if it were made now, or is not there yet, (families,)."""
    missing = np.isnan(plan.given.baseline).any(axis=1)
    if evidence.baseline is None:
        return np.asarray(missing)
    return np.asarray(missing | _differ(plan.given.baseline, evidence.baseline))


def old_proposal(plan: Plan, evidence: Evidence) -> NDArray[np.bool_]:
    """Families whose proposed production does not follow the demand of the plan any more, (families,).

    Families with the strategy OPTIMAL are left out: whether their plan is still the best one takes solving it.
    """
    given = plan.given
    if evidence.baseline is None:
        return np.zeros(len(given.families), dtype=bool)
    proposed = planning.propose(given, plan.consensus_demand)
    free = np.isnan(given.production_override)
    found = _differ(np.where(free, given.proposed_production, 0.0), np.where(free, proposed, 0.0))
    found[planning.optimal(given)] = False
    return found


def _differ(old: Array, new: Array) -> NDArray[np.bool_]:
    old = np.nan_to_num(old)
    scale = np.maximum(np.abs(old), np.abs(new)).max(axis=1, keepdims=True, initial=1.0)
    return np.asarray((np.abs(new - old) > TOLERANCE * scale).any(axis=1))
