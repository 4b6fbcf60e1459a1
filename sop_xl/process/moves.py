"""Moves that would close a gap: what each changes, what it costs, what it does to the plan.

A move changes single cells of the plan: production goes to another bucket, hours are added to a resource, demand
falls. :func:`apply_moves` makes the changes, all at once; :meth:`Shop.effect` says beforehand what one does by itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, NamedTuple

import numpy as np

from sop_xl.model import Array, Plan, PlanInput
from sop_xl.supply.costs import Costs, costs_of

DAYS_A_WEEK = 5
#: Moves that add hours to a resource.
BOOKED = ("overtime", "subcontract")
What = Literal["production", "demand", "overtime", "subcontract"]


@dataclass(frozen=True)
class Move:
    """One move; families, resources and planned buckets counted from 0, -1 where there is none.

    Attributes:
        kind: pre-build, overtime, subcontract, delay, shape demand or accept.
        source, target: bucket that production is taken from and the one it goes to; the same bucket where
            nothing goes anywhere.
        units: production or demand of the family.
        hours: booked on the resource, in its unit.
    """

    kind: str
    family: int = -1
    resource: int = -1
    source: int = 0
    target: int = 0
    units: float = 0.0
    hours: float = 0.0


class Effect(NamedTuple):
    """What a move does by itself.

    Attributes:
        inventory: largest change of the family's inventory in any bucket, in units; to order: of what is made
            ahead, the backlog falls by it.
        load: change of the units short of the move's resource over the plan; of all resources without one.
        service: change of the part of the family's demand that stock ships in time; NaN for make to order.
        money: change of the margin after plan costs.
        cost: what the move costs before anything that it saves: hours, holding, backorders, lost margin.
    """

    inventory: float
    load: float
    service: float
    money: float
    cost: float


class Change(NamedTuple):
    """One cell of the plan, and by how much it changes."""

    what: What
    row: int
    bucket: int
    by: float


def changes(given: PlanInput, move: Move) -> list[Change]:
    """The cells that a move changes.

    Demand that is shaped for the sake of a resource is not made either. Hours for production that moves are booked
    where it loads the resource.
    """
    found: list[Change] = []
    if move.kind == "shape demand":
        found.append(Change("demand", move.family, move.source, -move.units))
        if move.resource >= 0:
            found.append(Change("production", move.family, move.source, -move.units))
    elif move.kind != "accept" and move.family >= 0:
        found.append(Change("production", move.family, move.source, -move.units))
        found.append(Change("production", move.family, move.target, move.units))
    if move.kind == "overtime":
        found.append(Change("overtime", move.resource, booked_bucket(given, move), move.hours))
    elif move.kind == "subcontract":
        found.append(Change("subcontract", move.resource, booked_bucket(given, move), move.hours))
    return found


def booked_bucket(given: PlanInput, move: Move) -> int:
    """Where the hours of a move fall: with its production, as early as the bill says."""
    if move.family < 0:
        return move.source
    offsets = [
        line.offset for line in given.bill if (line.family, line.resource) == (move.family, move.resource)
    ]
    return move.target - min(offsets, default=0)


def shaped_by_event(given: PlanInput, family: int, bucket: int) -> bool:
    """Whether demand is shaped by an event; where an override stands an event would change nothing."""
    overrides = given.sales_override[family, bucket], given.marketing_override[family, bucket]
    return bool(np.isnan(overrides).all())


def apply_moves(plan: Plan, moves: Iterable[Move]) -> PlanInput:
    """The input of the plan after all moves together.

    Production moves by production overrides; demand is shaped by an event, or by a marketing override where
    somebody has overridden the forecast; hours are booked on top of the capacity.
    """
    given = plan.given
    by = {
        "production": np.zeros(given.shape),
        "demand": np.zeros(given.shape),
        "overtime": np.zeros(given.capacity.shape),
        "subcontract": np.zeros(given.capacity.shape),
    }
    touched = {what: np.zeros(values.shape, dtype=bool) for what, values in by.items()}
    for move in moves:
        for change in changes(given, move):
            by[change.what][change.row, change.bucket] += change.by
            touched[change.what][change.row, change.bucket] = True
    overridden = ~(np.isnan(given.sales_override) & np.isnan(given.marketing_override))
    typed, event = touched["demand"] & overridden, touched["demand"] & ~overridden
    return replace(
        given,
        production_override=np.where(
            touched["production"], plan.production_plan + by["production"], given.production_override
        ),
        marketing_override=np.where(typed, plan.consensus_demand + by["demand"], given.marketing_override),
        event_quantity=np.where(
            event, np.nan_to_num(given.event_quantity) + by["demand"], given.event_quantity
        ),
        overtime=np.where(
            touched["overtime"], np.nan_to_num(given.overtime) + by["overtime"], given.overtime
        ),
        subcontract=np.where(
            touched["subcontract"], np.nan_to_num(given.subcontract) + by["subcontract"], given.subcontract
        ),
    )


def in_time(inventory: Array, demand: Array) -> float:
    """Part of a family's demand that stock ships in the bucket it is wanted; NaN without demand.

    >>> in_time(np.array([5.0, -20, -10]), np.array([50.0, 50, 100]))
    0.9
    """
    total = float(demand.sum())
    if total <= 0:
        return float("nan")
    return 1.0 - missed_in_time(inventory) / total


def missed_in_time(inventory: Array) -> float:
    """Units that a family's stock does not ship in the bucket they are wanted.

    >>> missed_in_time(np.array([5.0, -20, -10]))
    20.0
    """
    missing = np.maximum(-inventory, 0.0)
    return float(np.maximum(missing - np.append(0.0, missing[:-1]), 0.0).sum())


@dataclass(frozen=True)
class Shop:
    """A plan as moves see it: costs, bill by family, spare hours."""

    plan: Plan

    @property
    def given(self) -> PlanInput:
        """What the plan is made from."""
        return self.plan.given

    @cached_property
    def costs(self) -> Costs:
        """Costs and limits with their defaults."""
        return costs_of(self.given)

    @cached_property
    def lines(self) -> list[list[tuple[int, float, int]]]:
        """Resource, hours and offset of every bill line, by family."""
        found: list[list[tuple[int, float, int]]] = [[] for _ in self.given.families]
        for line in self.given.bill:
            found[line.family].append((line.resource, line.hours, line.offset))
        return found

    @cached_property
    def spare(self) -> Array:
        """Available capacity less load, (resources, planned); infinite where no capacity is given."""
        spare = self.given.available - self.plan.load
        return np.where(np.isnan(spare), np.inf, spare)

    @cached_property
    def stock(self) -> Array:
        """Inventory, or what is made ahead of orders: the backlog below zero; (families, planned)."""
        stock: Array = np.where(
            self.given.to_stock[:, None], self.plan.projected_inventory, -self.plan.backlog
        )
        return stock

    def load_per_unit(self, family: int, source: int, target: int) -> dict[tuple[int, int], float]:
        """Hours that moving one unit of production adds or takes away, by (resource, bucket)."""
        each: dict[tuple[int, int], float] = {}
        for resource, hours, offset in self.lines[family]:
            for bucket, sign in ((source - offset, -1.0), (target - offset, 1.0)):
                if bucket >= 0:
                    each[resource, bucket] = each.get((resource, bucket), 0.0) + sign * hours
        return each

    def most(self, family: int, source: int, target: int, need: float, without: int = -1) -> float:
        """Units of production, of those needed, that can move from one bucket to another; 0 where none can.

        Frozen buckets stay as they are; hours before the plan cannot be worked any more. Spare hours, the
        inventory limit and the lot minimum are kept; delays take no more than there is in stock; nothing is made
        before it is ordered.

        Args:
            need: units.
            without: a resource whose hours do not count.
        """
        given = self.given
        if min(source, target) < given.horizon.frozen or source == target:
            return 0.0
        if any(target < offset for _, _, offset in self.lines[family]):
            return 0.0
        most = min(need, float(self.plan.production_plan[family, source]))
        for (resource, bucket), hours in self.load_per_unit(family, source, target).items():
            if hours > 0 and resource != without:
                most = min(most, max(float(self.spare[resource, bucket]), 0.0) / hours)
        stock, to_stock = self.stock[family], given.families[family].make != "MTO"
        if target > source:
            if to_stock:
                most = min(most, float(stock[source:target].min()))
        else:
            limit = float(self.costs.inventory_limit[family]) if to_stock else 0.0
            most = min(most, limit - float(stock[target:source].max()))
        return self._in_lots(family, source, target, max(most, 0.0))

    def _in_lots(self, family: int, source: int, target: int, units: float) -> float:
        """As many of the units as leave lots of at least the minimum on both sides."""
        lot = float(self.costs.lot_minimum[family])
        before, after = (float(self.plan.production_plan[family, t]) for t in (source, target))
        if 0 < before - units < lot <= before:
            units = before - lot
        return 0.0 if units <= 0 or after + units < lot else units

    def effect(self, move: Move) -> Effect:
        """What a move does to this plan by itself."""
        given, plan, f = self.given, self.plan, move.family
        count = given.shape[1]
        made, wanted = np.zeros(count), np.zeros(count)
        extra = np.zeros(given.capacity.shape)
        booked = 0.0
        for change in changes(given, move):
            if change.what in ("production", "demand"):
                (made if change.what == "production" else wanted)[change.bucket] += change.by
            else:
                extra[change.row, change.bucket] += change.by
                rates = self.costs.overtime_cost if move.kind == "overtime" else self.costs.subcontract_cost
                booked += change.by * float(rates[change.row])
        load = self._more_short(f, made, extra, move.resource)
        if f < 0:
            return Effect(0.0, load, 0.0, -booked, booked)
        stock = self.stock[f] + np.cumsum(made - wanted)
        moved = stock - self.stock[f]
        largest = float(moved[np.abs(moved).argmax()])
        demand = plan.consensus_demand[f]
        holding, service = 0.0, float("nan")
        if given.families[f].make == "MTO":
            weeks = given.families[f].target_backlog_weeks * DAYS_A_WEEK / given.working_days
            before = np.maximum(-self.stock[f] - weeks * demand, 0.0)
            after = np.maximum(-stock - weeks * (demand + wanted), 0.0)
        else:
            before, after = np.maximum(-self.stock[f], 0.0), np.maximum(-stock, 0.0)
            more = np.maximum(stock, 0.0) - np.maximum(self.stock[f], 0.0)
            holding = _known(self.costs.holding[f]) * float(more.sum())
            service = in_time(stock, demand + wanted) - in_time(self.stock[f], demand)
        late = _known(self.costs.backorder[f]) * float((after - before).sum())
        owed = max(-float(stock[-1]), 0.0) - max(-float(self.stock[f, -1]), 0.0)
        family = given.families[f]
        margin = _known(family.price - family.unit_cost) * (float(wanted.sum()) - owed)
        return Effect(
            inventory=largest,
            load=load,
            service=service,
            money=margin - holding - late - booked,
            cost=booked + max(holding, 0.0) + max(late, 0.0) + max(-margin, 0.0),
        )

    def _more_short(self, family: int, made: Array, extra: Array, resource: int) -> float:
        """Change of the units short, of one resource or of all."""
        more = -extra
        for r, hours, offset in self.lines[family] if family >= 0 else ():
            more[r, : max(len(made) - offset, 0)] += hours * made[offset:]
        short = np.maximum(more - self.spare, 0.0) - np.maximum(-self.spare, 0.0)
        return float(short[resource].sum() if resource >= 0 else short.sum())


def _known(value: float) -> float:
    return 0.0 if np.isnan(value) else float(value)
