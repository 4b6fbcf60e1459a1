"""The joint plan as a linear model, its matrices built without a loop over variables; docs/supply-model.md.

The position of a family is what it has beyond what it owes: ``net`` to stock; to order, how far the order book is
below its target. Made to order is so made to stock with target zero, a limit at the target of the order book, and
demand corrected by the change of that target. Every bucket's position is split into ``goal`` (up to the target),
``above`` (up to the limit) and ``excess`` (beyond), less what is ``late``: one row per family and bucket.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sop_xl.supply.joint.given import JointInput
from sop_xl.supply.shapes import Array

FAMILY_BLOCKS = ("production", "goal", "above", "excess", "late")
RESOURCE_BLOCKS = ("overtime", "subcontract", "missing")


@dataclass(frozen=True)
class Model:
    """min cost·x, balance·x = change, capacity·x ≤ room, lots·x ≤ 0, lower ≤ x ≤ upper.

    Columns: `FAMILY_BLOCKS` of (families, buckets), `RESOURCE_BLOCKS` of (resources, buckets), then one 0/1 column
    for each cell of ``lot_cells`` (positions among the family cells).

    Attributes:
        rows: which (resource, bucket) each capacity row is, counted through; buckets without limit have none.
        constant: the part of the cost that no plan changes.
    """

    given: JointInput
    cost: Array
    balance: Any
    change: Array
    capacity: Any
    room: Array
    lots: Any
    lower: Array
    upper: Array
    rows: NDArray[np.intp]
    lot_cells: NDArray[np.intp]
    constant: float

    def block(self, name: str) -> slice:
        """The columns of a block."""
        family, resource = self.given.demand.size, self.given.capacity.size
        if name in FAMILY_BLOCKS:
            first = FAMILY_BLOCKS.index(name) * family
            return slice(first, first + family)
        first = len(FAMILY_BLOCKS) * family
        if name in RESOURCE_BLOCKS:
            first += RESOURCE_BLOCKS.index(name) * resource
            return slice(first, first + resource)
        return slice(first + len(RESOURCE_BLOCKS) * resource, len(self.cost))


def load_matrix(given: JointInput) -> Any:
    """Hours of every (resource, bucket) from the production of every (family, bucket), sparse."""
    from scipy.sparse import csr_array

    (resources, buckets), cells = given.capacity.shape, given.demand.size
    family, resource, offset = (given.profile[:, i].astype(int)[:, None] for i in range(3))
    t = np.arange(buckets)[None, :]
    inside = t >= offset  # what falls before the first bucket loads nothing
    hours = np.broadcast_to(given.profile[:, 3:], inside.shape)[inside]
    places = ((resource - 1) * buckets + t - offset)[inside], ((family - 1) * buckets + t)[inside]
    return csr_array((hours, places), shape=(resources * buckets, cells))


def build_model(given: JointInput, lots: NDArray[np.bool_] | None = None) -> Model:
    """Matrices of the joint plan.

    Args:
        given: in any units; `JointInput.scaled` gives those a solver likes.
        lots: cells whose lot minimum counts, (families, buckets); without it, all that have one.

    >>> from sop_xl.supply.joint.example import two_families
    >>> build_model(two_families()).balance.shape
    (6, 39)
    """
    from scipy.sparse import block_array, csr_array, eye_array

    (families, buckets), (resources, _) = given.demand.shape, given.capacity.shape
    cells, slots = families * buckets, resources * buckets
    stock = given.to_stock[:, None]

    free = given.free
    lot = np.broadcast_to(np.nan_to_num(given.lot_minimum)[:, None], free.shape)
    lot_cells = np.flatnonzero(free & (lot > 0) & (True if lots is None else lots))
    binaries = len(lot_cells)

    # Balance: position[t] - position[t-1] - production[t] = -demand[t] (+ change of the target order book).
    one = eye_array(cells, format="csr")
    later = np.flatnonzero(np.arange(cells) % buckets)
    before = csr_array((np.ones(len(later)), (later, later - 1)), shape=(cells, cells))
    step = one - before
    balance = block_array(
        [[-one, step, step, step, -step, csr_array((cells, 3 * slots + binaries))]], format="csr"
    )
    book = np.where(stock, 0.0, given.target)
    change = -given.demand + np.diff(book, axis=1, prepend=0.0)
    change[:, 0] += np.where(given.to_stock, given.opening, -given.opening)

    # Capacity: load - overtime - subcontract - missing ≤ capacity - load given.
    rows = np.flatnonzero(~np.isnan(given.capacity))
    hour = eye_array(slots, format="csr")[rows]
    blank = csr_array((len(rows), (len(FAMILY_BLOCKS) - 1) * cells))
    capacity = block_array(
        [[load_matrix(given)[rows], blank, -hour, -hour, -hour, csr_array((len(rows), binaries))]],
        format="csr",
    )
    room = (given.capacity - given.given_load).ravel()[rows]

    # Lots: lot·y ≤ production ≤ most·y, most being more than is ever worth making at once.
    most = (
        np.abs(given.demand).sum(1)
        + np.abs(given.opening)
        + given.target.max(1)
        + np.nan_to_num(given.lot_minimum)
    )
    count = np.arange(binaries)
    pick = csr_array((np.ones(binaries), (count, lot_cells)), shape=(binaries, cells))
    rest = csr_array((binaries, (len(FAMILY_BLOCKS) - 1) * cells + 3 * slots))
    least = csr_array((lot.ravel()[lot_cells], (count, count)), shape=(binaries, binaries))
    largest = csr_array((most[lot_cells // buckets], (count, count)), shape=(binaries, binaries))
    lots = block_array([[-pick, rest, least], [pick, rest, -largest]], format="csr")

    goal = np.where(stock, np.minimum(given.target, given.limit), 0.0)
    most_above = np.where(stock, given.limit, given.target) - goal
    known = ~np.isnan(given.capacity)
    upper = [
        np.where(free, np.inf, given.fixed),
        goal,
        most_above,
        np.zeros_like(goal),
        np.full_like(goal, np.inf),
        np.where(known, np.nan_to_num(given.overtime_limit), 0.0),
        np.where(known, np.nan_to_num(given.subcontract_limit), 0.0),
        np.zeros(given.capacity.shape),
        np.ones(binaries),
    ]
    lower = np.zeros(len(FAMILY_BLOCKS) * cells + 3 * slots + binaries)
    lower[:cells] = np.where(free, 0.0, given.fixed).ravel()

    below = np.where(given.to_stock, given.below_target_cost, 0.0)[:, None]
    late = np.repeat(given.backorder_cost[:, None], buckets, axis=1)
    late[:, -1] += given.unmet_cost
    holding = np.repeat(given.holding_cost[:, None], buckets, axis=1)
    # Production itself costs the same in every plan: what it makes more than demand is worth its unit cost.
    cost = [np.zeros_like(late), holding - below, holding, holding, late]
    cost += [given.overtime_cost, given.subcontract_cost, np.zeros(given.capacity.shape), np.zeros(binaries)]
    constant = float((below * given.target * stock).sum() + (given.unit_cost[:, None] * given.demand).sum())
    return Model(
        given=given,
        cost=np.concatenate([part.ravel() for part in cost]),
        balance=balance,
        change=change.ravel(),
        capacity=capacity,
        room=room,
        lots=lots,
        lower=lower,
        upper=np.concatenate([part.ravel() for part in upper]),
        rows=rows,
        lot_cells=lot_cells,
        constant=constant,
    )
