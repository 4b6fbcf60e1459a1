"""The cases behind the measures: which order lines, which stock, which production."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sop_xl.kpis.inventory import excess_obsolete
from sop_xl.model import Array, ExcessStock, Facts, HeldStock, OrderMiss, PlanInput, ScheduleMiss
from sop_xl.process.measured import serial

TOLERANCE = 1e-9


def due_lines(facts: Facts) -> tuple[NDArray[np.bool_], Array]:
    """Which order lines are delivered or past due, as in on-time delivery, and what came of each by now."""
    now = serial(facts.as_of)
    arrived = facts.delivered <= now
    due = ~np.isnan(facts.promised) & (arrived | (facts.promised < now))
    return due, np.where(arrived, np.nan_to_num(facts.delivered_qty), 0.0)


def order_misses(facts: Facts) -> tuple[OrderMiss, ...]:
    """Order lines that are due and came late, not yet, or short; those of most money first."""
    due, came = due_lines(facts)
    now = serial(facts.as_of)
    late = np.where(facts.delivered <= now, facts.delivered, now) - facts.promised
    short = np.maximum(facts.ordered_qty - came, 0.0)
    missed = due & ((late > 0) | (short > TOLERANCE))
    worth = np.nan_to_num(facts.order_value)
    order = sorted(np.flatnonzero(missed).tolist(), key=lambda i: (-worth[i], -late[i], i))
    return tuple(OrderMiss(i, max(float(late[i]), 0.0), float(short[i])) for i in order)


def stock_of_subjects(facts: Facts, subjects: int) -> tuple[Array, Array]:
    """Units on hand and money of every item, then of every family for lots without an item; valued lots only."""
    known = ~np.isnan(facts.stock_value)
    place, units = facts.stock_subject[known], np.nan_to_num(facts.stock_quantity[known])
    on_hand = np.bincount(place, weights=units, minlength=subjects)
    money = np.bincount(place, weights=facts.stock_value[known], minlength=subjects)
    return on_hand.astype(float), money.astype(float)


def excess_stock(facts: Facts, coming: Array) -> tuple[ExcessStock, ...]:
    """Stock that the coming year will not use, most money first.

    Args:
        coming: units demanded in the coming year of every item, then of every family.
    """
    on_hand, money = stock_of_subjects(facts, len(coming))
    held = np.flatnonzero(on_hand > 0)
    cost = np.maximum(money[held] / on_hand[held], 0.0)
    found = excess_obsolete(on_hand[held], coming[held], cost) if len(held) else None
    if found is None:
        return ()
    total = found.excess + found.obsolete
    order = sorted(np.flatnonzero(total > TOLERANCE).tolist(), key=lambda i: (-total[i], i))
    return tuple(
        ExcessStock(
            int(held[i]),
            float(on_hand[held[i]]),
            float(coming[held[i]]),
            float(found.excess[i]),
            float(found.obsolete[i]),
        )
        for i in order
    )


def held_stock(facts: Facts, coming: Array) -> tuple[HeldStock, ...]:
    """All valued stock with the demand of the coming year, in the order of the items, then of the families."""
    on_hand, money = stock_of_subjects(facts, len(coming))
    return tuple(
        HeldStock(i, float(on_hand[i]), float(coming[i]), float(money[i]))
        for i in np.flatnonzero((on_hand != 0) | (money != 0)).tolist()
    )


def schedule_misses(given: PlanInput, facts: Facts) -> tuple[ScheduleMiss, ...]:
    """Families whose production lines fell short of their plan within the year, most units first."""
    known = ~(np.isnan(facts.planned) | np.isnan(facts.produced))
    ends = {serial(bucket.end): bucket.end for bucket in given.horizon.history(given.horizon.per_year)}
    misses = []
    for family in range(len(given.families)):
        lines = known & (facts.made_family == family)
        planned, made = facts.planned[lines], facts.produced[lines]
        missed = np.maximum(planned - made, 0.0)
        if missed.sum() <= TOLERANCE:
            continue
        days, place = np.unique(facts.made_end[lines], return_inverse=True)
        worst = days[np.argmax(np.bincount(place, weights=missed))]
        misses.append(
            ScheduleMiss(
                family,
                float(planned.sum()),
                float(made.sum()),
                float(missed.sum()),
                float(1 - missed.sum() / planned.sum()),
                ends[float(worst)],
            )
        )
    return tuple(sorted(misses, key=lambda miss: -miss.missed / miss.planned))
