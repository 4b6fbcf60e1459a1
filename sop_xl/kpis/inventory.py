"""Inventory in money: turns, age, excess and obsolete stock, the cash cycle."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from sop_xl.errors import ArgumentError, NotDefinedError
from sop_xl.kpis.service import days
from sop_xl.supply.shapes import Array, numbers, place, same_shape, series, size

AGE_LIMITS = (30.0, 60.0, 90.0, 180.0, 365.0)
"""Upper ends of the usual age brackets, in days."""


def inventory_turns(cogs: ArrayLike, inventory: ArrayLike, buckets_per_year: float = 12.0) -> float:
    """Annualised cost of goods sold ÷ average inventory at cost.

    Args:
        cogs: money per bucket, shape (buckets,) or (families, buckets), summed over the families.
        inventory: money at the end of buckets, the same families; the number of buckets may differ.
        buckets_per_year: 12 for months, 52 for weeks, 1 for years.
    Returns:
        Turns per year.
    Raises:
        NotDefinedError: no inventory on average, or no buckets with numbers.
        ArgumentError: buckets_per_year not above zero, different families.
    Source:
        Heizer, Render, Munson, Operations Management, ch. 11.

    >>> round(inventory_turns(14.2, 1.69, buckets_per_year=1), 1)
    8.4
    """
    sold = np.atleast_2d(series(cogs, "cogs", missing=True))
    stock = np.atleast_2d(series(inventory, "inventory", missing=True))
    per_year = numbers(buckets_per_year, "buckets_per_year")
    if per_year.size != 1 or per_year <= 0:
        raise ArgumentError("buckets_per_year is not above zero.", "Give 12 for months, 52 for weeks.")
    if sold.shape[0] != stock.shape[0]:
        raise ArgumentError(
            f"cogs is {size(sold)} and inventory is {size(stock)}.", "Give both for the same families."
        )
    average = _mean_total(stock, "inventory")
    if average <= 0:
        raise NotDefinedError("The average inventory is not above zero.", "Turns are not defined without it.")
    return float(_mean_total(sold, "cogs") * per_year / average)


class AgeBracket(NamedTuple):
    """Stock of one age: the label in days, money, and the share of the total."""

    bracket: str
    value: float
    share: float


def inventory_aging(
    receipt_dates: ArrayLike, values: ArrayLike, as_of: object, limits: Sequence[float] = AGE_LIMITS
) -> list[AgeBracket]:
    """Inventory in money by age since receipt.

    An age equal to a limit belongs to the bracket that ends there. Stock without a date gets a bracket of
    its own, so that nothing disappears.

    Args:
        receipt_dates: date per lot (Excel serial numbers, dates or datetime64), any shape.
        values: money per lot, same shape; NaN is zero.
        as_of: the date at which the age is taken.
        limits: upper ends of the brackets in days, rising.
    Returns:
        One `AgeBracket` per bracket, the oldest last.
    Raises:
        NotDefinedError: there is no stock.
        ArgumentError: a receipt after ``as_of``, a negative value, limits that do not rise.
    Source:
        Ageing by receipt (first in, first out layers).

    >>> for line in inventory_aging([46000, 45900], [300, 100], 46020, limits=[30]):
    ...     print(line.bracket, line.value, line.share)
    0-30 300.0 0.75
    over 30 100.0 0.25
    """
    received = days(receipt_dates, "receipt_dates")
    money = np.nan_to_num(numbers(values, "values", missing=True, negative=False))
    same_shape(received, "receipt_dates", money, "values")
    ends = numbers(limits, "limits").ravel()
    if ends.size == 0 or ends[0] < 0 or (np.diff(ends) <= 0).any():
        raise ArgumentError("limits do not rise.", "Give upper ends in days such as 30, 60, 90.")
    age = float(days(np.asarray([as_of], dtype=object), "as_of")[0]) - received
    dated = ~np.isnan(received)
    if dated.any() and np.isnan(age[dated]).any():
        raise ArgumentError("as_of is not a date.", "Give the date at which the age is taken.")
    if (age < 0).any():
        raise ArgumentError(
            f"receipt_dates is after as_of {place(age < 0)}.", "Correct the receipt or choose a later as_of."
        )
    total = float(money.sum())
    if total == 0:
        raise NotDefinedError("There is no inventory.", "Shares by age are not defined.")
    which = np.where(dated, np.searchsorted(ends, np.where(dated, age, 0.0), side="left"), ends.size + 1)
    sums = np.bincount(which.ravel(), weights=money.ravel(), minlength=ends.size + 2)
    starts = np.concatenate([[0.0], np.floor(ends[:-1]) + 1])
    labels = [f"{low:g}-{high:g}" for low, high in zip(starts, ends, strict=True)] + [f"over {ends[-1]:g}"]
    if not dated.all():
        labels.append("no date")
    return [
        AgeBracket(label, float(value), float(value) / total)
        for label, value in zip(labels, sums, strict=False)
    ]


class ExcessObsolete(NamedTuple):
    """Money per item, shape (items,): stock beyond the horizon's demand, and stock without any demand."""

    excess: Array
    obsolete: Array


def excess_obsolete(on_hand: ArrayLike, horizon_demand: ArrayLike, unit_cost: ArrayLike) -> ExcessObsolete:
    """Stock that the demand of the horizon will not use, in money.

    With some demand, what is left after it is excess. With none at all, the whole stock is obsolete (and not
    excess as well): the two add up.

    Args:
        on_hand: units per item, shape (items,); below zero counts as nothing.
        horizon_demand: units per item, shape (items,), or per bucket, shape (items, buckets).
        unit_cost: money per unit, one number or shape (items,).
    Returns:
        An `ExcessObsolete`.
    Raises:
        ArgumentError: negative demand or cost, shapes that do not fit.
    Source:
        Definition by demand over the horizon, Silver, Pyke, Thomas, Inventory and Production Management.

    >>> excess_obsolete([100, 50], [60, 0], 2)
    ExcessObsolete(excess=array([80.,  0.]), obsolete=array([  0., 100.]))
    """
    stock = np.maximum(np.atleast_1d(numbers(on_hand, "on_hand")), 0.0)
    demand = np.atleast_1d(numbers(horizon_demand, "horizon_demand", negative=False))
    if demand.ndim == 2:
        demand = demand.sum(axis=1)
    same_shape(stock, "on_hand", demand, "horizon_demand")
    cost = numbers(unit_cost, "unit_cost", negative=False)
    if cost.size != 1:
        same_shape(stock, "on_hand", cost, "unit_cost")
    money = stock * cost
    return ExcessObsolete(
        excess=np.where(demand > 0, np.maximum(stock - demand, 0.0) * cost, 0.0),
        obsolete=np.where(demand == 0, money, 0.0),
    )


def cash_to_cash(days_inventory: float, days_sales: float, days_payable: float) -> float:
    """Days from paying suppliers to being paid: days of inventory + of sales outstanding - of payables.

    Args:
        days_inventory: days of inventory outstanding.
        days_sales: days of sales outstanding.
        days_payable: days of payables outstanding.
    Returns:
        Days; below zero, customers pay before suppliers are paid.
    Raises:
        ArgumentError: something is not a number.
    Source:
        SCOR AM.1.1.

    >>> cash_to_cash(45, 30, 40)
    35.0
    """
    parts = [
        numbers(value, name)
        for value, name in (
            (days_inventory, "days_inventory"),
            (days_sales, "days_sales"),
            (days_payable, "days_payable"),
        )
    ]
    if any(part.size != 1 for part in parts):
        raise ArgumentError("cash_to_cash takes three numbers.", "Give one number each.")
    inventory, sales, payable = (float(part.reshape(())) for part in parts)
    return inventory + sales - payable


def _mean_total(money: Array, name: str) -> float:
    # A bucket counts when any family has a number in it: an empty cell of a family is no stock of it.
    counted = ~np.isnan(money).all(axis=0)
    if not counted.any():
        raise NotDefinedError(f"{name} holds no numbers.", "Turns are not defined without them.")
    return float(np.nan_to_num(money[:, counted]).sum() / counted.sum())
