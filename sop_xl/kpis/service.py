"""Service to customers: fill rate, on time, on time in full, cycle service, backorders."""

from __future__ import annotations

import datetime as dt

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sop_xl.errors import ArgumentError, NotDefinedError
from sop_xl.supply.shapes import Array, numbers, place, same_shape

_EPOCH = dt.date(1899, 12, 30)
_NO_ORDERS = "Nothing was ordered."


def fill_rate(shipped: ArrayLike, ordered: ArrayLike) -> float:
    """Share of the ordered units that was shipped, line by line: a surplus fills no other line.

    Args:
        shipped: units shipped per order line, any shape; NaN is nothing shipped.
        ordered: units ordered per line, same shape; a line with NaN is left out.
    Returns:
        Σ min(shipped, ordered) ÷ Σ ordered, a fraction.
    Raises:
        NotDefinedError: nothing was ordered.
        ArgumentError: shapes differ, a negative quantity.
    Source:
        Silver, Pyke, Thomas, Inventory and Production Management, fraction of demand satisfied (P2).

    >>> fill_rate([100, 40], [90, 60])
    0.8666666666666667
    """
    sent, wanted = _lines(shipped, "shipped", ordered, "ordered")
    return _share(np.minimum(sent, wanted).sum(), wanted.sum(), _NO_ORDERS)


def backorder_rate(ordered: ArrayLike, shipped: ArrayLike) -> float:
    """Share of the ordered units that was not shipped, line by line; 1 less the fill rate.

    Args:
        ordered: units ordered per line, any shape; a line with NaN is left out.
        shipped: units shipped per line, same shape; NaN is nothing shipped.
    Returns:
        Σ max(ordered - shipped, 0) ÷ Σ ordered, a fraction.
    Raises:
        NotDefinedError: nothing was ordered.
        ArgumentError: shapes differ, a negative quantity.
    Source:
        Definition.

    >>> backorder_rate([90, 60], [100, 45])
    0.1
    """
    sent, wanted = _lines(shipped, "shipped", ordered, "ordered")
    return _share(np.maximum(wanted - sent, 0.0).sum(), wanted.sum(), _NO_ORDERS)


def cycle_service(stockouts: ArrayLike) -> float:
    """Share of replenishment cycles without a stockout.

    Args:
        stockouts: per cycle, the number of stockouts or the units short; above zero is a stockout, NaN is
            left out.
    Returns:
        A fraction.
    Raises:
        NotDefinedError: no cycle.
        ArgumentError: a negative number.
    Source:
        Silver, Pyke, Thomas, Inventory and Production Management, service measure P1.

    >>> cycle_service([0, 0, 1, 0])
    0.75
    """
    cycles = numbers(stockouts, "stockouts", missing=True, negative=False)
    cycles = cycles[~np.isnan(cycles)]
    return _share((cycles == 0).sum(), cycles.size, "There is no replenishment cycle.")


def on_time(
    promised: ArrayLike, delivered: ArrayLike, as_of: object = None, grace_days: float = 0.0
) -> float:
    """Share of the due order lines that was delivered by the promised date plus grace.

    An open line counts as late once its promise plus grace lies before ``as_of``, and is left out until then;
    a delivery after ``as_of`` had not happened yet. Times of day do not count.

    Args:
        promised: dates per line (Excel serial numbers, dates or datetime64), any shape; a line without
            one is left out.
        delivered: dates per line, same shape; NaN, NaT or None is not delivered.
        as_of: the date of the judgement; without it, the latest delivery.
        grace_days: calendar days of tolerance.
    Returns:
        A fraction.
    Raises:
        NotDefinedError: no line is due.
        ArgumentError: shapes differ, something is not a date, negative grace.
    Source:
        SCOR, delivery performance to customer commit date.

    >>> on_time([10, 10, 10, 50], [9, 12, None, None], as_of=20)
    0.3333333333333333
    """
    punctual, due = _outcome(promised, delivered, as_of, grace_days)
    return _share((punctual & due).sum(), due.sum(), "No order line is due.")


def otif(
    promised: ArrayLike,
    delivered: ArrayLike,
    ordered: ArrayLike,
    delivered_qty: ArrayLike,
    as_of: object = None,
    grace_days: float = 0.0,
) -> float:
    """Share of the due order lines that was delivered on time and in full.

    Args:
        promised: dates per line, as in `on_time`.
        delivered: dates per line, as in `on_time`.
        ordered: units per line, same shape.
        delivered_qty: units per line, same shape; NaN is nothing.
        as_of: the date of the judgement, as in `on_time`.
        grace_days: calendar days of tolerance.
    Returns:
        A fraction, never above `on_time`.
    Raises:
        NotDefinedError: no line is due.
        ArgumentError: shapes differ, something is not a date, a line without an ordered quantity.
    Source:
        SCOR RL.1.1, perfect order fulfilment, its delivery part.

    >>> otif([10, 10], [9, 9], [100, 100], [100, 80])
    0.5
    """
    punctual, due = _outcome(promised, delivered, as_of, grace_days)
    wanted = numbers(ordered, "ordered", missing=True, negative=False)
    came = np.nan_to_num(numbers(delivered_qty, "delivered_qty", missing=True, negative=False))
    same_shape(np.empty(due.shape), "promised", wanted, "ordered")
    same_shape(np.empty(due.shape), "promised", came, "delivered_qty")
    lacking = due & np.isnan(wanted)
    if lacking.any():
        raise ArgumentError(f"ordered is missing {place(lacking)}.", "Every due line needs a quantity.")
    full = came >= np.nan_to_num(wanted) * (1 - 1e-12)
    return _share((punctual & full & due).sum(), due.sum(), "No order line is due.")


def days(value: ArrayLike, name: str) -> Array:
    """Dates as whole Excel day numbers; NaN where there is none.

    Args:
        value: Excel serial numbers, dates, datetimes, datetime64 or None, any shape.
        name: what the message calls the argument.
    Returns:
        Days since 1899-12-30, same shape.
    Raises:
        ArgumentError: something is not a date.

    >>> days([dt.date(2026, 1, 31), None], "promised")
    array([46053.,    nan])
    """
    array = np.asarray(value)
    if array.dtype.kind == "M":
        whole = array.astype("datetime64[D]") - np.datetime64(_EPOCH, "D")
        return np.where(np.isnat(array), np.nan, whole.astype(np.float64))
    if array.dtype.kind == "O":
        flat = np.array([_day(cell, name) for cell in array.ravel().tolist()], dtype=np.float64)
        array = flat.reshape(array.shape)
    return np.floor(numbers(array, name, missing=True))


def _day(cell: object, name: str) -> float:
    if cell is None:
        return np.nan
    if isinstance(cell, dt.datetime):
        # pandas' NaT is a datetime that equals nothing, itself included.
        return float((cell.date() - _EPOCH).days) if cell == cell else np.nan
    if isinstance(cell, dt.date):
        return float((cell - _EPOCH).days)
    if isinstance(cell, np.datetime64):
        return float(days(np.array([cell]), name)[0])
    if isinstance(cell, int | float | np.number) and not isinstance(cell, bool):
        return float(cell)
    raise ArgumentError(f"{name} holds {cell!r}, which is not a date.", "Give dates.")


def _outcome(
    promised: ArrayLike, delivered: ArrayLike, as_of: object, grace_days: float
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    promise, delivery = days(promised, "promised"), days(delivered, "delivered")
    same_shape(promise, "promised", delivery, "delivered")
    grace = numbers(grace_days, "grace_days", negative=False)
    if as_of is None:
        now = delivery[~np.isnan(delivery)].max(initial=-np.inf)
    else:
        now = float(days(np.asarray([as_of], dtype=object), "as_of")[0])
        if np.isnan(now):
            raise ArgumentError("as_of is not a date.", "Give the date of the judgement.")
    arrived = delivery <= now
    last_day = promise + grace
    return arrived & (delivery <= last_day), ~np.isnan(promise) & (arrived | (last_day < now))


def _lines(
    shipped: ArrayLike, shipped_name: str, ordered: ArrayLike, ordered_name: str
) -> tuple[Array, Array]:
    sent = numbers(shipped, shipped_name, missing=True, negative=False)
    wanted = numbers(ordered, ordered_name, missing=True, negative=False)
    same_shape(sent, shipped_name, wanted, ordered_name)
    there = ~np.isnan(wanted)
    return np.nan_to_num(sent[there]), wanted[there]


def _share(part: float, whole: float, reason: str) -> float:
    if whole == 0:
        raise NotDefinedError(reason, "The rate is not defined.")
    return float(part / whole)
