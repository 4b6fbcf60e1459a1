"""What a plan costs: making, storing, waiting, working longer, having others work."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from sop_xl.model import Array, PlanInput
from sop_xl.supply.costs import costs_of


class PlanCost(NamedTuple):
    """Money per bucket; NaN where no cost is known.

    Attributes:
        production: units made x unit cost, (families, planned).
        holding: stock at the end of the bucket x holding cost, (families, planned); NaN for make to order.
        backorder: units overdue at the end of the bucket x backorder cost, (families, planned).
        overtime, subcontract: extra capacity booked x its cost, (resources, planned).
    """

    production: Array
    holding: Array
    backorder: Array
    overtime: Array
    subcontract: Array


def overdue(to_stock: ArrayLike, inventory: Array, backlog: Array, target_backlog: Array) -> Array:
    """Units that wait longer than they should at the end of every bucket, (families, buckets).

    To stock: what stock lacks. To order: the order book beyond its target, which customers were promised to wait.

    Args:
        to_stock: which families are made to stock, (families,).
        inventory, backlog, target_backlog: units at the end of every bucket, (families, buckets).

    >>> overdue([True], np.array([[5.0, -3.0]]), np.array([[0.0, 0.0]]), np.array([[0.0, 0.0]]))
    array([[0., 3.]])
    """
    late = np.where(np.asarray(to_stock)[:, None], -inventory, backlog - target_backlog)
    return np.maximum(late, 0.0)


def plan_cost(
    given: PlanInput, production: Array, inventory: Array, backlog: Array, target_backlog: Array
) -> PlanCost:
    """Cost of a plan, cost by cost.

    Args:
        given: families and resources with their costs, extra capacity booked.
        production, inventory, backlog, target_backlog: units, (families, planned).
    Source:
        The costs of aggregate planning: Jacobs et al., Manufacturing Planning and Control, ch. 4.
    """
    costs, to_stock = costs_of(given), given.to_stock
    return PlanCost(
        production=production * given.of_families("unit_cost")[:, None],
        holding=np.where(to_stock[:, None], np.maximum(inventory, 0.0) * costs.holding[:, None], np.nan),
        backorder=overdue(to_stock, inventory, backlog, target_backlog) * costs.backorder[:, None],
        overtime=np.nan_to_num(given.overtime) * costs.overtime_cost[:, None],
        subcontract=np.nan_to_num(given.subcontract) * costs.subcontract_cost[:, None],
    )
