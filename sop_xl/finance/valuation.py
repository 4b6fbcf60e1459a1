"""Plans in money."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from sop_xl.errors import ArgumentError
from sop_xl.supply.shapes import Array, per_cell, place, series


def plan_value(plan: ArrayLike, price: ArrayLike) -> Array:
    """Quantity × price, per family and bucket.

    Args:
        plan: units, shape (families, buckets).
        price: money per unit, one number, shape (families,) or as ``plan``; NaN (no price) is accepted
            where the quantity is zero.
    Returns:
        Money, same shape as ``plan``.
    Raises:
        ArgumentError: a quantity without a price, shapes that do not fit.
    Source:
        Definition.

    >>> plan_value([[10, 20], [5, 5]], [3.0, 10.0])
    array([[30., 60.],
           [50., 50.]])
    """
    quantity = series(plan, "plan")
    return quantity * _known_where_needed(per_cell(price, "price", quantity, missing=True), "price", quantity)


def revenue(quantity: ArrayLike, price: ArrayLike) -> Array:
    """Sales in money: shipped quantity × price.

    Args:
        quantity: units shipped, shape (families, buckets).
        price: money per unit, as in `plan_value`.
    Returns:
        Money, same shape as ``quantity``.
    Raises:
        ArgumentError: as `plan_value`.
    Source:
        Definition.

    >>> revenue([[10, 20]], 3)
    array([[30., 60.]])
    """
    return plan_value(quantity, price)


def cogs(quantity: ArrayLike, unit_cost: ArrayLike) -> Array:
    """Cost of goods sold: shipped quantity × unit cost.

    Args:
        quantity: units shipped, shape (families, buckets).
        unit_cost: money per unit, one number, shape (families,) or as ``quantity``.
    Returns:
        Money, same shape as ``quantity``.
    Raises:
        ArgumentError: a quantity without a cost, shapes that do not fit.
    Source:
        Definition.

    >>> cogs([[10, 20]], 2)
    array([[20., 40.]])
    """
    units = series(quantity, "quantity")
    return units * _known_where_needed(
        per_cell(unit_cost, "unit_cost", units, missing=True), "unit_cost", units
    )


def margin(quantity: ArrayLike, price: ArrayLike, unit_cost: ArrayLike) -> Array:
    """Gross margin in money: revenue less cost of goods sold.

    Args:
        quantity: units shipped, shape (families, buckets).
        price: money per unit, as in `plan_value`.
        unit_cost: money per unit, as in `cogs`.
    Returns:
        Money, same shape as ``quantity``.
    Raises:
        ArgumentError: a quantity without a price or cost, shapes that do not fit.
    Source:
        Definition.

    >>> margin([[10, 20]], 3, 2)
    array([[10., 20.]])
    """
    return revenue(quantity, price) - cogs(quantity, unit_cost)


def inventory_value(inventory: ArrayLike, unit_cost: ArrayLike) -> Array:
    """Inventory at cost; a projected shortage is worth nothing, not less.

    Args:
        inventory: units at the end of each bucket, shape (families, buckets).
        unit_cost: money per unit, one number, shape (families,) or as ``inventory``.
    Returns:
        Money, same shape as ``inventory``.
    Raises:
        ArgumentError: stock without a cost, shapes that do not fit.
    Source:
        Definition.

    >>> inventory_value([[100, -20]], 0.7)
    array([[70.,  0.]])
    """
    return cogs(np.maximum(series(inventory, "inventory"), 0.0), unit_cost)


def _known_where_needed(price: Array, name: str, quantity: Array) -> Array:
    lacking = np.isnan(price) & (quantity != 0)
    if lacking.any():
        raise ArgumentError(f"{name} is missing {place(lacking)}.", "Every quantity needs one.")
    return np.where(np.isnan(price), 0.0, price)
