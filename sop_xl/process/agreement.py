"""Moves agreed together: whether the plan can take all of them at once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np

from sop_xl.model import Array, Plan
from sop_xl.process.evidence import NOTHING, Evidence
from sop_xl.process.moves import AGREED, BOOKED, NOWHERE, Change, Move, Shop, agreed, apply_moves, changes
from sop_xl.process.planning import build

#: A shortage smaller than this part of what it is measured against is rounding.
TOLERANCE = 1e-6


class Conflict(NamedTuple):
    """Why moves cannot be made, alone or together.

    Attributes:
        moves: the moves that meet, counted from 0.
    """

    moves: tuple[int, ...]
    message: str


def conflicts(plan: Plan, moves: Sequence[Move], evidence: Evidence = NOTHING) -> list[Conflict]:
    """Everything that moves would break; empty when all can be made together.

    Shortages that are there already are no conflict, a larger one is. What a new forecast or the items' sum brings
    to light is no conflict either: it is there, whether it is looked at or not.
    """
    found = [Conflict((i,), message) for i, move in enumerate(moves) for message in _senseless(plan, move)]
    if found:
        return found
    return _Together(agreed(plan, moves, evidence), moves).conflicts()


def _senseless(plan: Plan, move: Move) -> list[str]:
    given = plan.given
    frozen, count = given.horizon.frozen, given.shape[1]
    if move.kind == "accept" or move.kind in AGREED:
        return []
    messages = []
    if move.family >= 0 and not move.units > 0:
        messages.append("The quantity must be above zero.")
    if move.kind in BOOKED and not move.hours > 0:
        messages.append("The hours must be above zero.")
    if move.kind == "pre-build" and NOWHERE != move.source <= move.target:
        messages.append("A pre-build must go to an earlier bucket.")
    if move.kind == "delay" and (move.source == NOWHERE or move.target <= move.source):
        messages.append("A delay must go to a later bucket.")
    for change in changes(given, move):
        if not 0 <= change.bucket < count:
            messages.append("Its hours fall outside the plan.")
        elif change.what == "production" and change.bucket < frozen:
            messages.append(f"{_month(plan, change.bucket)} is frozen.")
    if any(change.what == "production" for change in changes(given, move)) and move.source != move.target:
        offsets = [offset for _, _, offset in Shop(plan).lines[move.family]]
        if move.target < max(offsets, default=0):
            messages.append(f"What is made in {_month(plan, move.target)} must be begun before the plan.")
    return messages


class _Together:
    def __init__(self, plan: Plan, moves: Sequence[Move]) -> None:
        self.plan, self.moves = plan, moves
        self.costs = Shop(plan).costs
        self.changes: list[list[Change]] = [changes(plan.given, move) for move in moves]

    @cached_property
    def after(self) -> Plan:
        # Forecasts and levels agree already: what is left to make are the other moves.
        return build(apply_moves(self.plan, [move for move in self.moves if move.kind not in AGREED]))

    def conflicts(self) -> list[Conflict]:
        # There is no plan for demand below zero: nothing else can be said then.
        if found := self._negative("demand", "sell"):
            return found
        return [*self._negative("production", "make"), *self._limits(), *self._hours(), *self._stock()]

    def _of_family(self, f: int, upto: int) -> tuple[int, ...]:
        """Moves that change the stock of a family up to a bucket."""
        return tuple(
            i
            for i, parts in enumerate(self.changes)
            if any(c.what in ("production", "demand") and c.row == f and c.bucket <= upto for c in parts)
        )

    def _negative(self, what: str, verb: str) -> list[Conflict]:
        found = []
        before = self.plan.production_plan if what == "production" else self.plan.consensus_demand
        by = np.zeros_like(before)
        for parts in self.changes:
            for change in parts:
                if change.what == what:
                    by[change.row, change.bucket] += change.by
        for f, t in _cells((before + by < -TOLERANCE * (1 + before)) & (by < 0)):
            mine = tuple(
                i
                for i, parts in enumerate(self.changes)
                if any(c.what == what and (c.row, c.bucket) == (f, t) and c.by < 0 for c in parts)
            )
            code = self.plan.given.families[f].code
            message = f"{code} cannot {verb} less than nothing in {_month(self.plan, t)}{_s(mine)}."
            found.append(Conflict(mine, message))
        return found

    def _limits(self) -> list[Conflict]:
        found = []
        for kind in BOOKED:
            limit = self.costs.overtime_limit if kind == "overtime" else self.costs.subcontract_limit
            before, after = (
                np.nan_to_num(given.overtime if kind == "overtime" else given.subcontract)
                for given in (self.plan.given, self.after.given)
            )
            over = after > np.maximum(before, limit[:, None]) * (1 + TOLERANCE) + TOLERANCE
            for r, t in _cells(over):
                mine = tuple(
                    i
                    for i, parts in enumerate(self.changes)
                    if any(c.what == kind and (c.row, c.bucket) == (r, t) for c in parts)
                )
                resource = self.plan.given.resources[r]
                found.append(
                    Conflict(
                        mine,
                        f"{after[r, t]:,.1f} {resource.unit} of {kind} on {resource.code} in "
                        f"{_month(self.plan, t)}; the limit is {limit[r]:,.1f}{_s(mine)}.",
                    )
                )
        return found

    def _hours(self) -> list[Conflict]:
        found = []
        more = self.after.short - self.plan.short
        for r, t in _cells(more > TOLERANCE * (1 + self.plan.load)):
            mine = tuple(i for i, move in enumerate(self.moves) if self._adds_load(move, r, t))
            resource = self.plan.given.resources[r]
            found.append(
                Conflict(
                    mine,
                    f"{resource.code} would be {self.after.short[r, t]:,.1f} {resource.unit} short in "
                    f"{_month(self.plan, t)}{_s(mine)}.",
                )
            )
        return found

    def _adds_load(self, move: Move, r: int, t: int) -> bool:
        return any(
            change.what == "production"
            and change.by > 0
            and (line.family, line.resource) == (change.row, r)
            and change.bucket - line.offset == t
            for change in changes(self.plan.given, move)
            for line in self.plan.given.bill
        )

    def _stock(self) -> list[Conflict]:
        """Stock below zero, over its limit, or made before it is ordered."""
        before, after = Shop(self.plan).stock, Shop(self.after).stock
        to_stock = self.plan.given.to_stock[:, None]
        limit = np.where(to_stock, self.costs.inventory_limit[:, None], 0.0)
        slack = TOLERANCE * (1 + np.abs(before) + self.plan.consensus_demand)
        short = to_stock & (after < np.minimum(before, 0.0) - slack)
        full = after > np.maximum(before, limit) + slack
        found = []
        for f, t in _first_of_each(short):
            mine, family = self._of_family(f, t), self.plan.given.families[f]
            found.append(
                Conflict(
                    mine,
                    f"{family.code} would be {-after[f, t]:,.0f} {family.unit or 'units'} short in "
                    f"{_month(self.plan, t)}{_s(mine)}.",
                )
            )
        for f, t in _first_of_each(full):
            mine, family = self._of_family(f, t), self.plan.given.families[f]
            why = (
                f"{family.code} would hold {after[f, t]:,.0f} {family.unit or 'units'} in {_month(self.plan, t)}; "
                f"the limit is {limit[f, 0]:,.0f}"
                if family.make != "MTO"
                else f"{family.code} would be made before it is ordered in {_month(self.plan, t)}"
            )
            found.append(Conflict(mine, f"{why}{_s(mine)}."))
        return found


def _cells(flags: Array | np.ndarray) -> list[tuple[int, int]]:
    return [(int(row), int(column)) for row, column in np.argwhere(flags)]


def _first_of_each(flags: Array | np.ndarray) -> list[tuple[int, int]]:
    """The first flagged bucket of every row: what follows is the same shortage."""
    return [(f, int(flags[f].argmax())) for f in range(len(flags)) if flags[f].any()]


def _month(plan: Plan, bucket: int) -> str:
    horizon = plan.given.horizon
    return horizon.words(horizon.planned[bucket])


def _s(moves: Sequence[int]) -> str:
    return ", together" if len(moves) > 1 else ""
