"""Moves that would close a gap: what each changes, what it costs, what it does to the plan.

A move changes cells of the plan: production goes to another bucket, hours are added to a resource, demand falls,
waits or grows, a forecast is made anew. :func:`apply_moves` makes the changes, all at once; :meth:`Shop.effect` says
beforehand what one does by itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, NamedTuple

import numpy as np

from sop_xl.model import Array, Plan, PlanInput
from sop_xl.process import planning
from sop_xl.process.evidence import NOTHING, Evidence, apart
from sop_xl.supply.costs import Costs, costs_of

DAYS_A_WEEK = 5
#: Moves that add hours to a resource.
BOOKED = ("overtime", "subcontract")
#: Moves that make or shift production.
PRODUCED = ("pre-build", "delay", *BOOKED)
#: Moves that make the plan agree with other numbers, before any other move changes it: a new forecast and proposal,
#: the items' sum for the family's demand, the family's demand for the items.
AGREED = ("refresh", "add up", "spread")
#: In place of a bucket: production or demand that is taken from nowhere.
NOWHERE = -1
What = Literal["production", "demand", "overtime", "subcontract"]


@dataclass(frozen=True)
class Move:
    """One move; families, resources and planned buckets counted from 0, -1 where there is none.

    Attributes:
        kind: pre-build, overtime, subcontract, delay, shape demand, refresh, add up, spread or accept.
        source, target: bucket that production or demand is taken from and the one it goes to; the same bucket
            where nothing goes anywhere, no source where it is made or won in addition. Of add up and spread: the
            first and the last bucket.
        units: production or demand of the family; of refresh and add up: by what its demand changes.
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
    """The cells that a move changes, all moves of :data:`AGREED` made.

    Demand that is given up for the sake of a resource is not made either, and what is won at its cost is made as
    well. Hours for production that moves are booked where it loads the resource.
    """
    found: list[Change] = []
    if move.kind == "shape demand":
        for what in ("demand", "production")[: 2 if move.resource >= 0 else 1]:
            found += _moved(what, move, gives_up=move.source == move.target)  # type: ignore[arg-type]
    elif move.kind in PRODUCED and move.family >= 0:
        found += _moved("production", move)
    if move.kind == "overtime":
        found.append(Change("overtime", move.resource, booked_bucket(given, move), move.hours))
    elif move.kind == "subcontract":
        found.append(Change("subcontract", move.resource, booked_bucket(given, move), move.hours))
    return found


def _moved(what: What, move: Move, gives_up: bool = False) -> list[Change]:
    taken = [Change(what, move.family, move.source, -move.units)] if move.source >= 0 else []
    return taken if gives_up else [*taken, Change(what, move.family, move.target, move.units)]


def booked_bucket(given: PlanInput, move: Move) -> int:
    """Where the hours of a move fall: with its production, as early as the bill says."""
    if move.family < 0:
        return move.source
    offsets = [
        line.offset for line in given.bill if (line.family, line.resource) == (move.family, move.resource)
    ]
    return move.target - min(offsets, default=0)


def shaped_by_event(given: PlanInput, family: int, bucket: int) -> bool:
    """Whether demand is shaped by an event.

    Where an override stands, where there is no forecast, and where events already take more than there is of it,
    another event would change nothing.
    """
    if not np.isnan([given.sales_override[family, bucket], given.marketing_override[family, bucket]]).all():
        return False
    baseline = given.baseline[family, bucket]
    factor, quantity = given.event_factor[family, bucket], given.event_quantity[family, bucket]
    with_events = baseline * (1.0 if np.isnan(factor) else factor) + np.nan_to_num(quantity)
    return bool(with_events >= 0)


def agreed(plan: Plan, moves: Iterable[Move], evidence: Evidence = NOTHING) -> Plan:
    """The plan after the moves of :data:`AGREED` alone.

    A refreshed family has a new forecast and a new proposal (OPTIMAL families keep theirs: they are planned
    together). Where items add up to something else, that becomes the marketing override of the family.
    """
    given = plan.given
    moves = [move for move in moves if move.kind in AGREED]
    refreshed = sorted({move.family for move in moves if move.kind == "refresh"})
    if refreshed and evidence.baseline is not None:
        baseline = given.baseline.copy()
        baseline[refreshed] = evidence.baseline[refreshed]
        given = replace(given, baseline=baseline)
    added = [move for move in moves if move.kind == "add up"]
    if added and evidence.items is not None:
        override, wrong = given.marketing_override.copy(), apart(plan, evidence)
        for move in added:
            part = np.zeros(given.shape, dtype=bool)
            part[move.family, move.source : move.target + 1] = True
            override = np.where(part & wrong, evidence.items, override)
        given = replace(given, marketing_override=override)
    if given is plan.given:
        return plan
    renewed = [f for f in refreshed if f not in planning.optimal(given)]
    if renewed:
        proposed = given.proposed_production.copy()
        proposed[renewed] = planning.propose(given, planning.demand_of(given))[renewed]
        given = replace(given, proposed_production=proposed)
    return planning.build(given)


def apply_moves(plan: Plan, moves: Iterable[Move], evidence: Evidence = NOTHING) -> PlanInput:
    """The input of the plan after all moves together.

    Forecasts and levels agree first (:func:`agreed`). Then production moves by production overrides; demand is
    shaped by an event, or by a marketing override where an event would change nothing; hours are booked on top of
    the capacity.
    """
    moves = list(moves)
    plan = agreed(plan, moves, evidence)
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
    event = touched["demand"].copy()
    for place in np.argwhere(event).tolist():
        event[tuple(place)] = shaped_by_event(given, *place)
    typed = touched["demand"] & ~event
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
    evidence: Evidence = NOTHING

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
        if target < given.horizon.frozen or source == target:
            return 0.0
        most = min(need, self.room(family, source, target, without))
        stock, to_stock = self.stock[family], given.families[family].make != "MTO"
        limit = float(self.costs.inventory_limit[family]) if to_stock else 0.0
        if source == NOWHERE:
            most = min(most, limit - float(stock[target:].max()))
        elif source < given.horizon.frozen:
            return 0.0
        else:
            most = min(most, float(self.plan.production_plan[family, source]))
            if target < source:
                most = min(most, limit - float(stock[target:source].max()))
            elif to_stock:
                most = min(most, float(stock[source:target].min()))
        return self._in_lots(family, source, target, max(most, 0.0))

    def room(self, family: int, source: int, target: int, without: int = -1) -> float:
        """Units of production that spare hours carry in a bucket, infinite where nothing limits them.

        Hours before the plan cannot be worked any more. ``without`` is a resource whose hours do not count.
        """
        if any(target < offset for _, _, offset in self.lines[family]):
            return 0.0
        most = np.inf
        for (resource, bucket), hours in self.load_per_unit(family, source, target).items():
            if hours > 0 and resource != without:
                most = min(most, max(float(self.spare[resource, bucket]), 0.0) / hours)
        return most

    def _in_lots(self, family: int, source: int, target: int, units: float) -> float:
        """As many of the units as leave lots of at least the minimum on both sides."""
        lot = float(self.costs.lot_minimum[family])
        production = self.plan.production_plan[family]
        if source != NOWHERE and 0 < float(production[source]) - units < lot <= float(production[source]):
            units = float(production[source]) - lot
        return 0.0 if units <= 0 or float(production[target]) + units < lot else units

    def effect(self, move: Move) -> Effect:
        """What a move does to this plan by itself."""
        if move.kind in AGREED:
            return self._measured(move)
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

    def _measured(self, move: Move) -> Effect:
        """The difference that a move makes to the whole plan, by planning it."""
        before, after = self.plan, planning.build(apply_moves(self.plan, [move], self.evidence))
        f = move.family
        stock = Shop(after).stock[f]
        moved = stock - self.stock[f]
        more = [
            float(np.nansum(getattr(after, cost)) - np.nansum(getattr(before, cost)))
            for cost in ("holding_cost", "backorder_cost")
        ]
        service = float("nan")
        if self.given.to_stock[f]:
            service = in_time(stock, after.consensus_demand[f]) - in_time(
                self.stock[f], before.consensus_demand[f]
            )
        margin = float(np.nansum(after.margin) - np.nansum(before.margin))
        return Effect(
            inventory=float(moved[np.abs(moved).argmax()]),
            load=float((after.short - before.short).sum()),
            service=service,
            money=after.result - before.result,
            cost=sum(max(cost, 0.0) for cost in (*more, -margin)),
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
