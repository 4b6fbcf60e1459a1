"""What counts where a family or a resource gives no cost or limit: the one place of these defaults."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sop_xl.model import Array, PlanInput

#: Holding a unit for a month costs this part of its unit cost, where nothing is given: 24 % a year.
HOLDING_RATE = 0.02


class Costs(NamedTuple):
    """Costs and limits of every family and resource, defaults filled in.

    Attributes:
        holding, backorder: money per unit and bucket, (families,); NaN where it is neither given nor follows
            from the price and the unit cost.
        lot_minimum, inventory_limit: units, (families,); 0 and infinity where not given.
        overtime_limit, subcontract_limit: units of the resource per bucket, (resources,); 0 where not given:
            nobody has offered any.
        overtime_cost, subcontract_cost: money per unit of the resource on top of the unit cost, (resources,);
            0 where not given.
    """

    holding: Array
    backorder: Array
    lot_minimum: Array
    inventory_limit: Array
    overtime_limit: Array
    overtime_cost: Array
    subcontract_limit: Array
    subcontract_cost: Array


def costs_of(given: PlanInput) -> Costs:
    """Costs and limits of a plan.

    Holding: 2 % of the unit cost a month. Backorder: the margin of the unit, price - unit cost, for every month
    that it is late; the unit cost where the margin is not known or not above zero. Both for the length of the
    bucket: a quarter costs three months.

    Args:
        given: what the plan is made from.
    Source:
        A carrying charge of about a quarter of the value a year: Silver, Pyke, Thomas, Inventory and
        Production Management in Supply Chains, ch. 2. Margin as the cost of waiting: convention.
    """
    months = 12.0 / given.horizon.per_year
    price, unit_cost = given.of_families("price"), given.of_families("unit_cost")
    margin = price - unit_cost
    late = np.where(margin > 0, margin, unit_cost)
    resources = given.resources

    def of_resources(attribute: str) -> Array:
        numbers = np.array([getattr(resource, attribute) for resource in resources], dtype=float)
        return np.nan_to_num(numbers, nan=0.0)

    return Costs(
        holding=_or(given.of_families("holding_cost"), HOLDING_RATE * months * unit_cost),
        backorder=_or(given.of_families("backorder_cost"), months * late),
        lot_minimum=_or(given.of_families("lot_minimum"), np.zeros(len(given.families))),
        inventory_limit=_or(given.of_families("inventory_limit"), np.full(len(given.families), np.inf)),
        overtime_limit=of_resources("overtime_limit"),
        overtime_cost=of_resources("overtime_cost"),
        subcontract_limit=of_resources("subcontract_limit"),
        subcontract_cost=of_resources("subcontract_cost"),
    )


def spare_extra(given: PlanInput) -> tuple[Array, Array]:
    """Overtime and subcontracting within the limits that are not booked yet, (resources, planned) each."""
    costs = costs_of(given)
    return (
        np.maximum(costs.overtime_limit[:, None] - np.nan_to_num(given.overtime), 0.0),
        np.maximum(costs.subcontract_limit[:, None] - np.nan_to_num(given.subcontract), 0.0),
    )


def _or(given: Array, otherwise: Array) -> Array:
    return np.where(np.isnan(given), otherwise, given)
