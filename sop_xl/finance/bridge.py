"""From planned to actual money: what volume, mix, price and cost did."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from sop_xl.errors import ArgumentError
from sop_xl.supply.shapes import Array, per_cell, place, same_shape, series


class Bridge(NamedTuple):
    """The parts of a variance in money; ``volume + mix + price == total`` exactly."""

    volume: float
    mix: float
    price: float
    total: float


def variance_bridge(
    plan_qty: ArrayLike, plan_price: ArrayLike, actual_qty: ArrayLike, actual_price: ArrayLike
) -> Bridge:
    """Split actual less planned money into volume, mix and price.

    Volume = (units sold - units planned) × average planned price. Mix = units sold at planned prices less
    the same total at the average planned price. Price = (actual - planned price) × units sold. Without any
    planned units there is no planned mix, and what is sold at planned prices is all volume.

    Args:
        plan_qty: units, shape (families, buckets) or any other; NaN is zero.
        plan_price: money per unit, one number, one per family or as ``plan_qty``. NaN is accepted where
            nothing was planned and takes the actual price: a new item makes no price variance.
        actual_qty: units, same shape as ``plan_qty``; NaN is zero.
        actual_price: money per unit; NaN is accepted where nothing was sold.
    Returns:
        A `Bridge`; positive is better than planned.
    Raises:
        ArgumentError: a quantity without a price, shapes that do not fit.
    Source:
        Sales variances by quantity, mix and price: Horngren, Datar, Rajan, Cost Accounting, ch. 14.

    >>> variance_bridge([100, 100], [10, 20], [150, 90], [11, 19])
    Bridge(volume=600.0, mix=-300.0, price=60.0, total=360.0)
    """
    planned = np.nan_to_num(series(plan_qty, "plan_qty", missing=True))
    sold = np.nan_to_num(series(actual_qty, "actual_qty", missing=True))
    same_shape(planned, "plan_qty", sold, "actual_qty")
    old = _price(plan_price, "plan_price", planned)
    new = _price(actual_price, "actual_price", sold)
    old, new = np.where(np.isnan(old), new, old), np.where(np.isnan(new), old, new)
    old, new = np.nan_to_num(old), np.nan_to_num(new)

    planned_money, sold_money = float((planned * old).sum()), float((sold * new).sum())
    at_old_prices = float((sold * old).sum())
    units_planned, units_sold = float(planned.sum()), float(sold.sum())
    if units_planned:
        at_average = units_sold * (planned_money / units_planned)
        volume, mix = at_average - planned_money, at_old_prices - at_average
    else:
        volume, mix = at_old_prices - planned_money, 0.0
    price = float((sold * (new - old)).sum())
    # The average price is a quotient: what is left of it below the last digits is rounding, not mix.
    scale = max(float(np.abs(planned * old).sum()), float(np.abs(sold * old).sum()), abs(sold_money))
    if abs(mix) <= 1e-12 * scale:
        mix = 0.0
    return Bridge(volume, mix, price, volume + mix + price)


def _price(value: ArrayLike, name: str, quantity: Array) -> Array:
    price = per_cell(value, name, quantity, missing=True)
    lacking = np.isnan(price) & (quantity != 0)
    if lacking.any():
        raise ArgumentError(f"{name} is missing {place(lacking)}.", "Every quantity needs a price.")
    return price


class MoneyBridge(NamedTuple):
    """The parts of a change in money, one number per family; they add up to ``total`` exactly.

    Positive is more money: ``cost`` is positive where a unit costs less.
    """

    volume: Array
    mix: Array
    price: Array
    cost: Array
    total: Array


def money_bridge(
    old_quantity: Array,
    old_revenue: Array,
    old_cost: Array,
    quantity: Array,
    revenue: Array,
    cost: Array,
    group: Sequence[object],
) -> MoneyBridge:
    """Split the change of the margin (revenue - cost) of every family into volume, mix, price and cost.

    With ``old_cost`` and ``cost`` of zero it is the change of the revenue, as in `variance_bridge`. Per family, with
    q units, margin m and price p of a unit:

    volume = (q - q_old) x average m_old of the group; mix = (q - q_old) x (m_old - that average);
    price = revenue - q x p_old; cost = q x cost of a unit then - cost now.

    A family without old units had no price and no cost: they are taken as they are now.

    Args:
        old_quantity, old_revenue, old_cost: units and money of what is compared with, (families,).
        quantity, revenue, cost: units and money of the plan, (families,).
        group: families are mixed with those of the same group only, (families,): pieces and tons have no
            average.
    Source:
        Sales and cost variances: Horngren, Datar, Rajan, Cost Accounting, ch. 7 and 14.

    >>> bridge = money_bridge(*(np.array([value]) for value in (100.0, 1000, 600, 110, 1210, 649)), ["t"])
    >>> [float(part[0]) for part in bridge]
    [40.0, 0.0, 110.0, 11.0, 161.0]
    """
    sold = old_quantity != 0
    price = _per_unit(old_revenue, old_quantity, _per_unit(revenue, quantity, 0.0))
    unit_cost = _per_unit(old_cost, old_quantity, _per_unit(cost, quantity, 0.0))
    each = price - unit_cost
    average = np.zeros_like(each)
    for name in dict.fromkeys(group):
        mine = np.array([other == name for other in group])
        units = float(old_quantity[mine].sum())
        earned = float((old_quantity * each)[mine].sum())
        # Without old units there is no old mix: what is new is all volume.
        average[mine] = earned / units if units else each[mine]
    more = quantity - old_quantity
    volume, mix = more * average, more * (each - average)
    # Money without units (a budget of revenue alone at a price of zero) has nowhere else to go than the price.
    left_revenue = np.where(sold, 0.0, old_revenue)
    left_cost = np.where(sold, 0.0, old_cost)
    by_price = revenue - quantity * price - left_revenue
    by_cost = quantity * unit_cost - cost + left_cost
    # A price is a quotient: what is left of it below the last digits is rounding, not a change.
    scale = np.maximum(np.abs(revenue) + np.abs(old_revenue), np.abs(cost) + np.abs(old_cost))
    mix, by_price, by_cost = (
        np.where(np.abs(part) <= 1e-12 * scale, 0.0, part) for part in (mix, by_price, by_cost)
    )
    return MoneyBridge(volume, mix, by_price, by_cost, volume + mix + by_price + by_cost)


def _per_unit(money: Array, units: Array, otherwise: Array | float) -> Array:
    known = units != 0
    return np.where(known, money / np.where(known, units, 1.0), otherwise)
