"""From planned to actual money: what volume, mix and price did."""

from __future__ import annotations

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
