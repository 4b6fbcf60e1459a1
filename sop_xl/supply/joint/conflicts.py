"""Why not everything can be met in time: the limits that conflict, none of which could be left out.

The question is put apart from prices: is there any production, with all overtime and subcontracting, that is never
late and keeps every limit? Demand is then a limit like the others. Its dual answer (Farkas) names limits that
cannot hold together; those that are not needed for the contradiction are dropped one by one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sop_xl.errors import NoAnswerError
from sop_xl.supply.joint.given import JointInput
from sop_xl.supply.joint.model import build_model, load_matrix
from sop_xl.supply.shapes import Array

MOST = 8
"""Conflicts looked for; the first ones are those to solve first."""

NOISE = 1e-6
WHOLE_SECONDS, WHOLE_LIMITS, WHOLE_FAMILIES = 0.3, 200, 20

KINDS = ("capacity", "need", "limit", "lot", "fixed")
CAPACITY, NEED, LIMIT, LOT, FIXED = range(len(KINDS))
LARGE = 1000
"""Cells of production from which the interior-point method is quicker than the simplex method."""


Places = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Conflict:
    """Limits that cannot hold together; without any one of them the others could. Positions count from 0.

    Attributes:
        capacity: (resource, bucket) whose hours, with overtime and subcontracting, are all needed.
        need: (family, bucket) up to which demand must be met.
        limit: (family, bucket) whose inventory limit, or order book, leaves no room.
        lot: (family, bucket) that cannot produce less than its lot minimum.
        fixed: (family, bucket) of production that is decided already.
        short: hours of the first resource that are missing in these buckets; without a resource, units of the
            family of the first need or limit.
        relief: what the hours of the resources include: overtime, subcontracting.
        given_load: whether what is planned elsewhere loads one of the resources.
        to_order: whether the family of the last need or limit is made to order.
    """

    capacity: Places
    need: Places
    limit: Places
    lot: Places
    fixed: Places
    short: float
    relief: tuple[str, ...] = ()
    given_load: bool = False
    to_order: bool = False

    @property
    def families(self) -> tuple[int, ...]:
        """The families whose demand, limits, lots or fixed production take part, in order."""
        return tuple(sorted({f for f, _ in (*self.need, *self.limit, *self.lot, *self.fixed)}))

    def words(
        self,
        families: Sequence[str],
        resources: Sequence[str],
        buckets: Sequence[str],
        units: Sequence[str] | None = None,
    ) -> str:
        """One sentence for a planner.

        Args:
            families, resources, buckets: their names, in the order of the input.
            units: unit of each resource, hours without it.

        >>> places = ((0, 1), (0, 2)), ((0, 2), (1, 2))
        >>> conflict = Conflict(*places, (), (), (), 412.0, ("overtime",))
        >>> conflict.words(["Soups", "Sauces"], ["Blending"], ["Feb", "Mar", "Apr"])
        'Blending, Mar to Apr: 412 h short even with overtime; families Soups and Sauces.'
        """
        if self.capacity:
            owners = list(dict.fromkeys(r for r, _ in self.capacity))
            unit = units[owners[0]] if units else "h"
            short = "too little" if self.lot else f"{_amount(self.short)} {unit} short"
            relief = f" even with {_listed(self.relief)}" if self.relief else ""
            parts = [f"{_where(self.capacity, resources, buckets)}: {short}{relief}"]
            names = [families[f] for f in self.families]
            if names:
                parts.append(f"{'families' if len(names) > 1 else 'family'} {_listed(names)}")
            if self.given_load:
                with_ = "beside" if names else "already for"
                parts.append(f"{with_} what is planned for families with another strategy")
        else:
            family, last = (self.need or self.limit)[-1]
            short = "units" if self.lot else f"{_amount(self.short)} units"
            if self.need:
                what = "on order above the target" if self.to_order else "short"
            else:
                what = "made before they are ordered" if self.to_order else "above the inventory limit"
            parts = [f"{families[family]}: {short} {what} by {buckets[last]}"]
        if self.fixed:
            parts.append(f"production is fixed for {_where(self.fixed, families, buckets)}")
        if self.limit and (self.capacity or self.need):
            parts.append(f"no more may be made ahead of {_where(self.limit, families, buckets)}")
        if self.lot:
            parts.append(f"the lot minimum holds for {_where(self.lot, families, buckets)}")
        return "; ".join(parts) + "."


def _listed(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)


def _where(places: Places, names: Sequence[str], buckets: Sequence[str]) -> str:
    owners = list(dict.fromkeys(owner for owner, _ in places))
    return _listed([f"{names[o]}, {_span([t for p, t in places if p == o], buckets)}" for o in owners])


def _amount(number: float) -> str:
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"


def _span(places: Sequence[int], buckets: Sequence[str]) -> str:
    first, last = min(places), max(places)
    return buckets[first] if first == last else f"{buckets[first]} to {buckets[last]}"


def find_conflicts(given: JointInput, most: int = MOST) -> tuple[Conflict, ...]:
    """The conflicts that keep demand from being met in time and every limit from being kept.

    Each is irreducible: drop one of its limits and the rest can hold. What one family or one resource explains is
    told first, the largest shortage before the others; only then what several resources bring about together.
    After a conflict is found its hours (or, without hours, its needs and limits) are lifted and the search goes on.

    Args:
        given: families, resources and limits; prices do not matter.
        most: conflicts to look for.
    Source:
        Gleeson and Ryan, Identifying minimally infeasible subsystems of inequalities, ORSA Journal on Computing 2
        (1990); Chinneck and Dravnieks, Locating minimal infeasible constraint sets, same journal 3 (1991).

    >>> from sop_xl.supply.joint.example import two_families
    >>> full = two_families(demand=[[90, 90, 90], [50, 50, 50]])
    >>> [conflict.words(["Soups", "Sauces"], ["Press"], ["Jan", "Feb", "Mar"]) for conflict in find_conflicts(full)]
    ['Press, Jan to Mar: 60 h short even with overtime; families Soups and Sauces.']
    """
    scaled, units, hours, _ = given.scaled()
    system = _System(scaled)
    found: list[Conflict] = []
    lifted = np.zeros(system.count, dtype=bool)

    def explain(limits: NDArray[np.intp]) -> None:
        while len(found) < most:
            conflicting = system.proof(limits[~lifted[limits]], system.hours_first)
            if conflicting is None:
                return
            core = system.irreducible(conflicting)
            found.append(system.conflict(core, units, hours))
            for kinds in ((CAPACITY,), (NEED, LIMIT)):
                part = core[np.isin(system.kind[core], kinds)]
                lifted[part] = True
                if len(part):
                    break

    for limits in [*system.of_families(), *system.of_resources()]:
        explain(limits)
    # The whole system is a large question: it is asked where it must be.
    if system.cells <= LARGE or not (found or _in_time(scaled)):
        explain(system.linear)
    if not found:
        found += system.of_lots(units, hours)
    return tuple(sorted(found, key=lambda conflict: (not conflict.capacity, -conflict.short)))


def _in_time(given: JointInput) -> bool:
    """Whether everything can be met in time and every limit be kept, lots aside, by the matrices of the plan."""
    from scipy.optimize import linprog

    model = build_model(given, np.zeros(given.demand.shape, dtype=bool))
    upper = model.upper.copy()
    upper[model.block("late")] = 0.0
    # Prices do not matter for the answer, but a program without any takes several times longer.
    found = linprog(
        model.cost,
        A_ub=model.capacity,
        b_ub=model.room,
        A_eq=model.balance,
        b_eq=model.change,
        bounds=np.column_stack([model.lower, upper]),
        method="highs-ipm",
    )
    return bool(found.status == 0)


class _System:
    """All limits as rows ``matrix @ production ≤ bound``, one row for each; lots and fixed cells stand apart.

    kind, place: which of `KINDS` each limit is, and its position among (resources or families, buckets).
    """

    def __init__(self, given: JointInput) -> None:
        from scipy.sparse import csr_array, eye_array, kron, vstack

        self.given = given
        families, buckets = given.demand.shape
        self.buckets = buckets
        cells = families * buckets
        nothing = given.net(np.zeros(given.demand.shape))
        triangle = csr_array(np.tril(np.ones((buckets, buckets))))
        running = csr_array(kron(eye_array(families), triangle, format="csr"))
        rows = np.flatnonzero(~np.isnan(given.capacity))
        need = np.flatnonzero((given.due > nothing + NOISE).ravel())
        limit = np.flatnonzero(np.isfinite(given.limit).ravel())
        lot = np.broadcast_to(np.nan_to_num(given.lot_minimum)[:, None], given.free.shape)
        lots, fixed = np.flatnonzero(given.free & (lot > 0)), np.flatnonzero(~given.free)
        self.matrix = csr_array(
            vstack([load_matrix(given)[rows], -running[need], running[limit]], format="csr")
        )
        self.bound = np.concatenate(
            [
                (given.capacity + given.extra - given.given_load).ravel()[rows],
                (nothing - given.due).ravel()[need],
                (given.limit - nothing).ravel()[limit],
            ]
        )
        places = (rows, need, limit, lots, fixed)
        self.kind = np.repeat(np.arange(len(KINDS)), [len(place) for place in places])
        self.place = np.concatenate(places)
        self.rows, self.count = len(self.bound), len(self.kind)
        # Which family or resource a limit belongs to; see `kind` for which of the two.
        self.owner = self.place // buckets
        self.lot, self.fixed, self.cells = lot.ravel(), given.fixed.ravel(), cells

    def _bounds(self, limits: NDArray[np.intp]) -> Array:
        """Lowest and highest production under the fixed cells among ``limits``."""
        bounds = np.column_stack([np.zeros(self.cells), np.full(self.cells, np.inf)])
        places = self.place[limits[self.kind[limits] == FIXED]]
        bounds[places] = self.fixed[places, None]
        return bounds

    def _stretch(self, limits: NDArray[np.intp], weight: Array) -> tuple[float, Array, NDArray[np.intp]]:
        """By how much rows among ``limits`` must give way at least, a unit of each counting ``weight``.

        Args:
            weight: one for every row; rows with zero do not give way.
        Returns:
            The least weighted sum, what one unit of each row changes of it, and the rows.
        """
        from scipy.optimize import linprog
        from scipy.sparse import csr_array, hstack

        rows = limits[limits < self.rows]
        part = self.matrix[rows]
        # Only the production that these rows speak of: a small question stays small.
        used = np.unique(part.indices)
        slack = np.flatnonzero(weight[rows])
        give = csr_array((np.ones(len(slack)), (slack, np.arange(len(slack)))), shape=(len(rows), len(slack)))
        found = linprog(
            np.concatenate([np.zeros(len(used)), weight[rows][slack]]),
            A_ub=hstack([part[:, used], -give], format="csr"),
            b_ub=self.bound[rows],
            bounds=np.vstack([self._bounds(limits)[used], np.tile([0.0, np.inf], (len(slack), 1))]),
            method="highs-ipm" if len(used) > LARGE else "highs-ds",
        )
        if found.x is None:
            raise NoAnswerError(
                f"The solver stopped: {found.message}", "Look for numbers of very different size."
            )
        return float(found.fun), found.ineqlin.marginals, rows

    def holds(self, limits: NDArray[np.intp]) -> bool:
        """Whether these limits can hold together; lot minimums that cannot be judged in time are said to hold."""
        if not (limits < self.rows).any():
            return True
        if (self.kind[limits] == LOT).any():
            return self._whole(limits)
        return self.proof(limits) is None

    def _whole(self, limits: NDArray[np.intp]) -> bool:
        from scipy.optimize import Bounds, LinearConstraint, milp
        from scipy.sparse import block_array, csr_array

        rows, cells = limits[limits < self.rows], self.place[limits[self.kind[limits] == LOT]]
        count, bounds = np.arange(len(cells)), self._bounds(limits)
        pick = csr_array((np.ones(len(cells)), (count, cells)), shape=(len(cells), self.cells))
        # More than all demand, limits and lots together is never needed.
        most = float(np.abs(self.bound).sum() + self.lot.max())
        least = csr_array((self.lot[cells], (count, count)))
        largest = csr_array((np.full(len(cells), most), (count, count)))
        matrix = block_array([[self.matrix[rows], None], [-pick, least], [pick, -largest]], format="csr")
        found = milp(
            np.zeros(matrix.shape[1]),
            integrality=np.repeat([0, 1], [self.cells, len(cells)]),
            bounds=Bounds(np.append(bounds[:, 0], 0 * count), np.append(bounds[:, 1], 0 * count + 1)),
            constraints=LinearConstraint(
                matrix, -np.inf, np.append(self.bound[rows] + NOISE, np.zeros(2 * len(cells)))
            ),
            options={"time_limit": WHOLE_SECONDS},
        )
        return bool(found.status != 2)

    def proof(self, limits: NDArray[np.intp], weight: Array | float = 1.0) -> NDArray[np.intp] | None:
        """The limits without those that take no part in the contradiction; None where they hold together.

        By Farkas' lemma: rows whose marginal is zero are not needed to show that the others cannot hold.
        """
        if not (limits < self.rows).any():
            return None
        short, marginals, rows = self._stretch(limits, np.broadcast_to(weight, (self.rows,)))
        if short <= NOISE:
            return None
        part = np.abs(marginals)
        held = rows[part > 1e-9 * part.max()]
        # A fixed cell takes part where a row that is held speaks of it.
        fixed = limits[self.kind[limits] == FIXED]
        spoken = np.unique(self.matrix[held].indices)
        return np.concatenate([held, fixed[np.isin(self.place[fixed], spoken)]])

    @property
    def hours_first(self) -> Array:
        """Weights under which hours give way before demand: how many are missing is what a planner asks."""
        return np.where(self.kind[: self.rows] == CAPACITY, 1.0, 1000.0)

    @property
    def linear(self) -> NDArray[np.intp]:
        """All limits but the lot minimums."""
        return np.flatnonzero(self.kind != LOT)

    def of_families(self) -> Iterator[NDArray[np.intp]]:
        """The limits of each family whose fixed production or opening stock can be a conflict by itself."""
        given = self.given
        owner = np.where(self.kind == CAPACITY, -1, self.owner)[self.linear]
        above = given.net(np.zeros(given.demand.shape)) > given.limit + NOISE
        for family in np.flatnonzero((~given.free | above).any(axis=1)):
            yield self.linear[owner == family]

    def of_resources(self) -> list[NDArray[np.intp]]:
        """The limits of each resource that is short by itself and of its families, the shortest one first."""
        sets = []
        resources, families = (self.given.profile[:, i].astype(int) - 1 for i in (1, 0))
        kind, owner = self.kind[self.linear], self.owner[self.linear]
        for resource in range(len(self.given.capacity)):
            mine = np.isin(owner, families[resources == resource])
            hours = owner == resource
            limits = self.linear[np.where(kind == CAPACITY, hours, mine)]
            if (self.kind[limits] == CAPACITY).any():
                short, _, _ = self._stretch(limits, self.hours_first)
                if short > NOISE:
                    sets.append((short, limits))
        return [limits for _, limits in sorted(sets, key=lambda pair: -pair[0])]

    def irreducible(self, limits: NDArray[np.intp]) -> NDArray[np.intp]:
        """A subset that cannot hold, and of which every smaller part can: fixed cells are let go first."""
        # Early needs go before late ones, so that the longest stretch of shortage remains.
        kept = limits
        for one in limits[np.lexsort((self.place[limits] % self.buckets, -self.kind[limits]))]:
            if one in kept and not self.holds(without := kept[kept != one]):
                kept = self._smaller(without)
        return np.sort(kept)

    def _smaller(self, limits: NDArray[np.intp]) -> NDArray[np.intp]:
        """What is left of a contradiction at a glance, where that is still one beyond the solver's noise."""
        if (self.kind[limits] == LOT).any():
            return limits
        found = self.proof(limits)
        return limits if found is None or len(found) == len(limits) or self.holds(found) else found

    def conflict(self, core: NDArray[np.intp], units: Array, hours: Array) -> Conflict:
        """The conflict in words' reach: positions, and how much is missing."""
        groups = {
            name: tuple(
                (int(p) // self.buckets, int(p) % self.buckets)
                for p in self.place[core[self.kind[core] == k]]
            )
            for k, name in enumerate(KINDS)
        }
        rows = core[core < self.rows]
        for k, scale in ((CAPACITY, hours), (NEED, units), (LIMIT, units)):
            mine = rows[self.kind[rows] == k]
            if len(mine):
                # The hours of the first resource alone can settle it, since no limit of the set is one too many.
                owner = self.place[mine[0]] // self.buckets
                weight = np.zeros(self.rows)
                weight[mine[self.owner[mine] == owner]] = 1.0
                short = self._stretch(core, weight)[0] * float(scale[owner])
                break
        slots = self.place[core[self.kind[core] == CAPACITY]]
        relief = tuple(
            word
            for word, most in (
                ("overtime", self.given.overtime_limit),
                ("subcontracting", self.given.subcontract_limit),
            )
            if np.nan_to_num(most).ravel()[slots].any()
        )
        load = bool(self.given.given_load.ravel()[slots].any())
        last = (groups["need"] or groups["limit"] or ((0, 0),))[-1]
        to_order = not self.given.to_stock[last[0]] if len(self.given.to_stock) else False
        return Conflict(**groups, short=short, relief=relief, given_load=load, to_order=bool(to_order))

    def of_lots(self, units: Array, hours: Array) -> list[Conflict]:
        """The conflict that lot minimums bring about, looked for in one family after the other, then in all."""
        lots = self.kind == LOT
        if not lots.any():
            return []
        owner = np.where(self.kind == CAPACITY, -1, self.owner)
        everything = np.arange(self.count)
        sets = [everything[(owner == f) | (owner < 0)] for f in np.unique(owner[lots])[:WHOLE_FAMILIES]]
        for limits in [*sets, everything]:
            if len(limits) <= WHOLE_LIMITS and not self.holds(limits):
                return [self.conflict(self.irreducible(limits), units, hours)]
        return []
