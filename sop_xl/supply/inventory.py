"""Stock and order book along the buckets: projection, targets, cover, safety."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike

from sop_xl.errors import ArgumentError, NoAnswerError
from sop_xl.supply.shapes import Array, numbers, per_bucket, per_cell, per_series, same_shape, series


def projected_inventory(opening: ArrayLike, supply: ArrayLike, demand: ArrayLike) -> Array:
    """Inventory at the end of every bucket.

    I[t] = I[t-1] + supply[t] - demand[t]. It may go negative: that is the shortage to see.

    Args:
        opening: units on hand before the first bucket, one number or shape (series,).
        supply: units received per bucket, shape (series, buckets).
        demand: units required per bucket, same shape.
    Returns:
        Units at the end of each bucket, same shape.
    Raises:
        ArgumentError: shapes differ, or something is not a number.
    Source:
        Jacobs, Berry, Whybark, Vollmann, Manufacturing Planning and Control, ch. 4.

    >>> projected_inventory(100, [[50, 50]], [[60, 120]])
    array([[90., 20.]])
    """
    supply, demand = series(supply, "supply"), series(demand, "demand")
    same_shape(supply, "supply", demand, "demand")
    start = per_series(opening, "opening", demand)[..., None]
    return np.cumsum(np.concatenate([start, supply - demand], axis=-1), axis=-1)[..., 1:]


def backlog(opening: ArrayLike, orders: ArrayLike, production: ArrayLike) -> Array:
    """Unshipped order book at the end of every bucket, for make-to-order families.

    B[t] = B[t-1] + orders[t] - production[t]. Below zero, more was built than ordered.

    Args:
        opening: order book before the first bucket in units, one number or shape (series,).
        orders: units ordered per bucket, shape (series, buckets).
        production: units built and shipped per bucket, same shape.
    Returns:
        Units at the end of each bucket, same shape.
    Raises:
        ArgumentError: shapes differ, or something is not a number.
    Source:
        Wallace, Stahl, Sales and Operations Planning, the make-to-order grid.

    >>> backlog(200, [[100, 120]], [[110, 130]])
    array([[190., 180.]])
    """
    orders, production = series(orders, "orders"), series(production, "production")
    same_shape(orders, "orders", production, "production")
    return projected_inventory(per_series(opening, "opening", orders), orders, production)


def target_inventory(demand: ArrayLike, target_days: ArrayLike, working_days: ArrayLike = 20.0) -> Array:
    """Target inventory per bucket from a days-of-supply target.

    target[t] = target_days * demand[t] / working_days[t]

    Args:
        demand: units per bucket, shape (series, buckets).
        target_days: working days of supply to hold, one number, shape (series,) or (series, buckets).
        working_days: working days per bucket, one number or shape (buckets,).
    Returns:
        Units at the end of each bucket, same shape as ``demand``.
    Raises:
        ArgumentError: negative target days, working days not above zero, shapes that do not fit.
    Source:
        Jacobs et al., Manufacturing Planning and Control, ch. 4.

    >>> target_inventory([[2000, 3000]], 5, 20)
    array([[500., 750.]])
    """
    demand = series(demand, "demand")
    days = per_cell(target_days, "target_days", demand, negative=False)
    return days * demand / per_bucket(working_days, "working_days", demand)


def days_of_supply(inventory: ArrayLike, future_demand: ArrayLike, working_days: ArrayLike = 20.0) -> Array:
    """Working days until an inventory is used up by the demand that follows it.

    Bucket after bucket is consumed at its own daily rate; after the last one the last rate goes on. A
    bucket without demand counts whole while anything is left. A shortage is days below zero: what is owed, at the
    rate of the first bucket.

    Args:
        inventory: units on hand, below zero if owed, one number or shape (series,).
        future_demand: units per bucket from the next bucket on, shape (series, buckets), not negative.
        working_days: working days per bucket, one number or shape (buckets,).
    Returns:
        Days per series; NaN where the last rate is zero and the inventory is never used up, or where a shortage
        meets a first bucket without demand.
    Raises:
        ArgumentError: negative demand, working days not above zero, shapes that do not fit.
    Source:
        Jacobs et al., Manufacturing Planning and Control, ch. 4, solution 1 (one following bucket).

    >>> days_of_supply(150, [[100, 100]], 20)
    array([30.])
    """
    demand = series(future_demand, "future_demand", negative=False)
    days = per_bucket(working_days, "working_days", demand)
    stock = per_series(inventory, "inventory", demand)
    found = _days_until_empty(stock, demand, days, demand[..., -1] / days[..., -1])
    first = demand[..., 0]
    owed = np.where(first > 0, stock * days[..., 0] / np.where(first > 0, first, 1.0), np.nan)
    return np.where(stock < 0, owed, found)


def coverage(inventory: ArrayLike, demand: ArrayLike, working_days: ArrayLike = 20.0) -> Array:
    """Days of supply at the end of every bucket of a plan.

    The inventory at the end of bucket t is consumed by demand[t+1], demand[t+2] and so on; after the last
    bucket, at the last bucket's daily rate.

    Args:
        inventory: units at the end of each bucket, shape (series, buckets).
        demand: units per bucket, same shape, not negative.
        working_days: working days per bucket, one number or shape (buckets,).
    Returns:
        Working days, same shape; 0 where nothing is left or units are owed, NaN where it is never used up.
    Raises:
        ArgumentError: shapes differ, negative demand, working days not above zero.
    Source:
        Definition as in `days_of_supply`, applied to each bucket; a shortage covers nothing.

    >>> coverage([[50, 30]], [[100, 100]], 20)
    array([[10.,  6.]])
    """
    inventory, demand = series(inventory, "inventory"), series(demand, "demand", negative=False)
    same_shape(inventory, "inventory", demand, "demand")
    days = per_bucket(working_days, "working_days", demand)
    last_rate = demand[..., -1] / days[..., -1]
    result = np.empty_like(demand)
    for t in range(demand.shape[-1]):
        after = slice(t + 1, None)
        result[..., t] = _days_until_empty(inventory[..., t], demand[..., after], days[..., after], last_rate)
    return result


def _days_until_empty(stock: Array, demand: Array, days: Array, last_rate: Array) -> Array:
    used_before = np.zeros_like(demand)
    np.cumsum(demand[..., :-1], axis=-1, out=used_before[..., 1:])
    left = np.maximum(stock[..., None] - used_before, 0.0)
    # A bucket without demand lasts whole as long as something is left to wait with.
    part = np.where(demand > 0, left / np.where(demand > 0, demand, 1.0), left > 0)
    total = (days * np.minimum(part, 1.0)).sum(axis=-1)
    rest = np.maximum(stock - demand.sum(axis=-1), 0.0)
    beyond = np.where(last_rate > 0, rest / np.where(last_rate > 0, last_rate, 1.0), np.nan)
    return total + np.where(rest > 0, beyond, 0.0)


def constrained_demand(opening: ArrayLike, supply: ArrayLike, demand: ArrayLike) -> Array:
    """Units that can be shipped per bucket when unmet demand waits.

    shipped[t] = demand[t] + max(0, -I[t-1]) - max(0, -I[t]): this bucket's demand and what was overdue,
    less what is overdue at the end.

    Args:
        opening: units on hand before the first bucket (negative: overdue), one number or shape (series,).
        supply: units received per bucket, shape (series, buckets).
        demand: units required per bucket, same shape.
    Returns:
        Units shipped per bucket, same shape.
    Raises:
        ArgumentError: shapes differ, or something is not a number.
    Source:
        Inventory balance with backorders, Silver, Pyke, Thomas, Inventory and Production Management.

    >>> constrained_demand(0, [[80, 130]], [[100, 100]])
    array([[ 80., 120.]])
    """
    inventory = projected_inventory(opening, supply, demand)
    demand = series(demand, "demand")
    start = np.broadcast_to(per_series(opening, "opening", demand)[..., None], (*demand.shape[:-1], 1))
    overdue = np.maximum(-np.concatenate([start, inventory], axis=-1), 0.0)
    return demand + overdue[..., :-1] - overdue[..., 1:]


def net_forecast(forecast: ArrayLike, orders: ArrayLike) -> Array:
    """Forecast not yet covered by booked orders: max(forecast - orders, 0) per bucket.

    Args:
        forecast: units per bucket, shape (series, buckets).
        orders: booked units per bucket, same shape.
    Returns:
        Units still to come, same shape.
    Raises:
        ArgumentError: shapes differ, or something is not a number.
    Source:
        Forecast consumption, Jacobs et al., Manufacturing Planning and Control, ch. 6.

    >>> net_forecast([[100, 100]], [[30, 120]])
    array([[70.,  0.]])
    """
    forecast, orders = series(forecast, "forecast"), series(orders, "orders")
    same_shape(forecast, "forecast", orders, "orders")
    return np.maximum(forecast - orders, 0.0)


def safety_stock(
    demand_sd: ArrayLike,
    lead_time: ArrayLike,
    service_level: ArrayLike,
    lead_time_sd: ArrayLike = 0.0,
    demand_mean: ArrayLike = 0.0,
) -> Array:
    """Safety stock for a cycle service level: z * sqrt(L * sd² + D² * sd_L²).

    Args:
        demand_sd: standard deviation of demand per bucket, units; any shape.
        lead_time: buckets; shapes of all arguments must fit together.
        service_level: share of cycles without a stockout, strictly between 0 and 1.
        lead_time_sd: standard deviation of the lead time, buckets.
        demand_mean: mean demand per bucket, units.
    Returns:
        Units; negative below a service level of one half.
    Raises:
        NoAnswerError: a service level outside 0 to 1.
        ArgumentError: a negative argument, or shapes that do not fit.
    Source:
        Chopra, Meindl, Supply Chain Management, safety inventory with uncertain demand and lead time.

    >>> float(safety_stock(500, 2, 0.90).round())
    906.0
    """
    level = numbers(service_level, "service_level")
    outside = (level <= 0) | (level >= 1)
    if outside.any():
        raise NoAnswerError(
            f"service_level is {level[outside].flat[0]:g}.", "No stock gives that: choose between 0 and 1."
        )
    sd = numbers(demand_sd, "demand_sd", negative=False)
    lead = numbers(lead_time, "lead_time", negative=False)
    lead_sd = numbers(lead_time_sd, "lead_time_sd", negative=False)
    mean = numbers(demand_mean, "demand_mean", negative=False)
    normal = NormalDist()
    z = np.array([normal.inv_cdf(p) for p in level.ravel().tolist()]).reshape(level.shape)
    try:
        return np.asarray(z * np.sqrt(lead * sd**2 + mean**2 * lead_sd**2))
    except ValueError:
        raise ArgumentError(
            "The arguments of the safety stock differ in size.", "Give single numbers or ranges of one size."
        ) from None
