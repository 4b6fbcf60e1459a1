"""Rough-cut capacity: load of the resources from a plan, and whether they can carry it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from sop_xl.errors import ArgumentError, NoAnswerError, NotDefinedError
from sop_xl.supply.shapes import Array, numbers, per_cell, place, series, size

TIGHT_FROM = 0.9
"""Share of the limit from which a resource is called TIGHT."""

HIGHEST_FRACTION = 10.0
"""A utilization or efficiency from here on was surely meant as a percentage."""

_ROUNDING = 1e-9


def capacity_load(plan: ArrayLike, bill: ArrayLike) -> Array:
    """Hours each resource needs in each bucket: the bill of resources times the plan.

    Args:
        plan: units per bucket, shape (families, buckets).
        bill: hours per unit, shape (resources, families).
    Returns:
        Hours, shape (resources, buckets).
    Raises:
        ArgumentError: the bill's columns are not the plan's families, or its hours are negative.
    Source:
        Vollmann et al., Manufacturing Planning and Control, rough-cut planning by capacity bills.

    >>> capacity_load([[100, 200], [50, 50]], [[0.5, 1.0]])
    array([[100., 150.]])
    """
    plan, bill = _grid(plan, "plan"), _grid(bill, "bill", negative=False)
    if bill.shape[1] != plan.shape[0]:
        raise ArgumentError(
            f"bill has {bill.shape[1]} columns and plan has {plan.shape[0]} rows.",
            "Give the bill one column for each family of the plan.",
        )
    return bill @ plan


def resource_profile(plan: ArrayLike, profile: ArrayLike, resources: int | None = None) -> Array:
    """Hours each resource needs when work falls before the bucket of completion.

    load[r, t] = sum of hours * plan[f, t + offset]; what is completed after the horizon counts as nothing.

    Args:
        plan: units completed per bucket, shape (families, buckets).
        profile: rows of family number (from 1), resource number (from 1), offset in buckets before
            completion, hours per unit; shape (rows, 4).
        resources: number of resources; without it, the highest number in the profile.
    Returns:
        Hours, shape (resources, buckets).
    Raises:
        ArgumentError: not four columns, a family or resource that does not exist, an offset or hours below zero.
    Source:
        Vollmann et al., Manufacturing Planning and Control, rough-cut planning by resource profiles.

    >>> resource_profile([[10, 20, 30]], [[1, 1, 0, 1.0], [1, 2, 1, 0.5]])
    array([[10., 20., 30.],
           [10., 15.,  0.]])
    """
    plan, rows = _grid(plan, "plan"), _grid(profile, "profile")
    if rows.shape[1] != 4:
        raise ArgumentError(
            f"profile has {rows.shape[1]} columns.", "Give family number, resource number, offset, hours."
        )
    for column, what in enumerate(("family", "resource", "offset")):
        broken = (rows[:, column] != np.floor(rows[:, column])) | (
            rows[:, column] < (0 if column == 2 else 1)
        )
        if broken.any():
            row = int(np.argmax(broken))
            raise ArgumentError(
                f"profile has the {what} {rows[row, column]:g} in row {row + 1}.",
                "Give whole numbers: families and resources from 1, offsets from 0.",
            )
    below = rows[:, 3] < 0
    if below.any():
        row = int(np.argmax(below))
        raise ArgumentError(f"profile has {rows[row, 3]:g} hours in row {row + 1}.", "Give hours from 0.")
    count = int(rows[:, 1].max()) if resources is None else resources
    for column, what, highest in ((0, "family", plan.shape[0]), (1, "resource", count)):
        over = rows[:, column] > highest
        if over.any():
            row = int(np.argmax(over))
            raise ArgumentError(
                f"profile has the {what} {rows[row, column]:g} in row {row + 1}.",
                f"There are only {highest}.",
            )
    if count > 100_000:
        raise ArgumentError(f"profile has the resource {count:g}.", "Number the resources from 1.")
    load = np.zeros((count, plan.shape[1]))
    for family, resource, offset, hours in rows:
        if offset < plan.shape[1]:
            ahead = plan[int(family) - 1, int(offset) :]
            load[int(resource) - 1, : ahead.size] += hours * ahead
    return load


def cpof(plan: ArrayLike, hours_per_unit: ArrayLike, shares: ArrayLike) -> Array:
    """Capacity planning by overall factors: total hours split by each resource's historical share.

    Args:
        plan: units per bucket, shape (families, buckets).
        hours_per_unit: hours over all resources, one per family.
        shares: fraction of the hours that each resource usually takes, shape (resources,).
    Returns:
        Hours, shape (resources, buckets).
    Raises:
        ArgumentError: not one factor per family, a negative factor or share, shares that add up to more than 1.
    Source:
        Vollmann et al., Manufacturing Planning and Control, overall factors.

    >>> cpof([[100, 200]], [2.0], [0.75, 0.25])
    array([[150., 300.],
           [ 50., 100.]])
    """
    plan = _grid(plan, "plan")
    factors = numbers(hours_per_unit, "hours_per_unit", negative=False).ravel()
    parts = numbers(shares, "shares", negative=False).ravel()
    if factors.size != plan.shape[0]:
        raise ArgumentError(
            f"hours_per_unit has {factors.size} numbers and plan has {plan.shape[0]} rows.",
            "Give one for each family of the plan.",
        )
    if parts.sum() > 1.01:
        raise ArgumentError(f"shares add up to {parts.sum():g}.", "Give fractions that add up to 1.")
    return parts[:, None] * (factors @ plan)


@dataclass(frozen=True)
class LoadCheck:
    """What `check_load` found; every array has one entry per resource.

    peak_utilization: highest load ÷ capacity; NaN where no capacity is known or a load meets zero capacity.
    peak_bucket: position of that bucket, from 0; -1 where no capacity is known at all.
    first_overload: position of the first bucket above the limit, from 0; -1 where there is none.
    hours_short: hours above limit × capacity, summed over the buckets.
    status: OK, TIGHT, OVER or NO CAPACITY.
    """

    peak_utilization: Array
    peak_bucket: np.ndarray
    first_overload: np.ndarray
    hours_short: Array
    status: tuple[str, ...]


def check_load(load: ArrayLike, capacity: ArrayLike, limit: ArrayLike = 1.0) -> LoadCheck:
    """Whether every resource can carry its load.

    OVER where a bucket's load is above limit × capacity, TIGHT from 90 % of that. A capacity of NaN is "not
    given": those buckets are left out, and a resource with a load there that is not OVER elsewhere, or with
    no capacity at all, is NO CAPACITY.

    Args:
        load: hours, shape (resources, buckets).
        capacity: hours, one number, shape (resources,) or (resources, buckets).
        limit: highest load ÷ capacity accepted, above zero, one number or shape (resources,).
    Returns:
        A `LoadCheck`.
    Raises:
        ArgumentError: negative load or capacity, a limit that is not above zero, shapes that do not fit.
    Source:
        Rough-cut check, Vollmann et al., Manufacturing Planning and Control.

    >>> check_load([[80, 120]], 100).status
    ('OVER',)
    """
    hours = np.atleast_2d(series(load, "load", negative=False))
    room = per_cell(capacity, "capacity", hours, missing=True, negative=False)
    bound = per_cell(limit, "limit", hours)
    if (bound <= 0).any():
        raise ArgumentError("limit is not above zero.", "Give a fraction such as 1 or 0.95.")

    known = ~np.isnan(room)
    allowed = np.where(known, room, np.inf) * bound
    over = known & (hours > allowed * (1 + _ROUNDING) + _ROUNDING)
    tight = known & (hours > 0) & (hours >= TIGHT_FROM * allowed * (1 - _ROUNDING))
    ratio = np.where(known & (room > 0), hours / np.where(room > 0, room, 1.0), 0.0)
    # Load without capacity is worse than any finite ratio; it is ranked first and shown as not a number.
    rank = np.where(known, np.where((room == 0) & (hours > 0), np.inf, ratio), -1.0)
    peak = rank.argmax(axis=1)
    top = rank[np.arange(len(rank)), peak]
    anything = known.any(axis=1)
    unknown = ((~known) & (hours > 0)).any(axis=1) | ~anything
    verdict = np.select(
        [over.any(axis=1), unknown, tight.any(axis=1)], ["OVER", "NO CAPACITY", "TIGHT"], default="OK"
    )
    return LoadCheck(
        peak_utilization=np.where(anything & np.isfinite(top), top, np.nan),
        peak_bucket=np.where(anything, peak, -1),
        first_overload=np.where(over.any(axis=1), over.argmax(axis=1), -1),
        hours_short=np.where(over, hours - np.where(known, allowed, 0.0), 0.0).sum(axis=1),
        status=tuple(verdict.tolist()),
    )


def extra_hours(
    load: ArrayLike,
    capacity: ArrayLike,
    overtime_limit: ArrayLike,
    overtime_cost: ArrayLike,
    subcontract_limit: ArrayLike,
    subcontract_cost: ArrayLike,
) -> tuple[Array, Array, Array]:
    """Overtime and subcontracted hours that carry the load above capacity, the cheaper ones first.

    Args:
        load: hours, shape (resources, buckets).
        capacity: hours, as ``load``, shape (resources,) or one number; NaN is not given, and never short.
        overtime_limit, subcontract_limit: hours a bucket, likewise; NaN is none.
        overtime_cost, subcontract_cost: money per hour, likewise; NaN counts as zero.
    Returns:
        Overtime, subcontracted and still missing hours, each as ``load``.
    Raises:
        ArgumentError: negative numbers, shapes that do not fit.
    Source:
        Arnold, Chapman, Clive, Introduction to Materials Management, ch. 5: ways to add capacity.

    >>> [hours.tolist() for hours in extra_hours([[90, 130]], 100, 20, 5, 50, 8)]
    [[[0.0, 20.0]], [[0.0, 10.0]], [[0.0, 0.0]]]
    """
    hours = np.atleast_2d(series(load, "load", negative=False))
    over = hours - per_cell(capacity, "capacity", hours, missing=True, negative=False)
    over = np.where(over > _ROUNDING * (1 + hours), over, 0.0)
    limits, costs = [], []
    for kind, limit, cost in (
        ("overtime", overtime_limit, overtime_cost),
        ("subcontract", subcontract_limit, subcontract_cost),
    ):
        limits.append(np.nan_to_num(per_cell(limit, f"{kind}_limit", hours, missing=True, negative=False)))
        costs.append(np.nan_to_num(per_cell(cost, f"{kind}_cost", hours, missing=True, negative=False)))
    own_first = costs[0] <= costs[1]
    overtime = np.where(own_first, np.minimum(over, limits[0]), 0.0)
    subcontract = np.minimum(over - overtime, limits[1])
    overtime = np.where(own_first, overtime, np.minimum(over - subcontract, limits[0]))
    return overtime, subcontract, over - overtime - subcontract


@dataclass(frozen=True)
class ResourceCheck:
    """One resource of a capacity check; buckets count from 1, None where there is none."""

    resource: str
    peak_utilization: float | None
    peak_bucket: int | None
    first_overload: int | None
    hours_short: float
    status: str


def capacity_check(
    plan: ArrayLike,
    bill: ArrayLike,
    capacity: ArrayLike,
    limit: ArrayLike = 1.0,
    names: Sequence[str] | None = None,
) -> list[ResourceCheck]:
    """The load of a plan against capacity, one line per resource.

    Args:
        plan: units per bucket, shape (families, buckets).
        bill: hours per unit, shape (resources, families).
        capacity: hours, one number, shape (resources,) or (resources, buckets); NaN is not given.
        limit: highest load ÷ capacity accepted.
        names: one per resource; without them, "Resource 1" and so on.
    Returns:
        One `ResourceCheck` per row of the bill.
    Raises:
        ArgumentError: as `capacity_load` and `check_load`; not one name per resource.
    Source:
        Rough-cut check, Vollmann et al., Manufacturing Planning and Control.

    >>> capacity_check([[100, 130]], [[1.0]], 120, names=["Press"])[0].status
    'OVER'
    """
    load = capacity_load(plan, bill)
    labels = [f"Resource {row + 1}" for row in range(len(load))] if names is None else list(names)
    if len(labels) != len(load):
        raise ArgumentError(f"names has {len(labels)} names for {len(load)} resources.", "Give one for each.")
    found = check_load(load, capacity, limit)
    return [
        ResourceCheck(
            resource=labels[row],
            peak_utilization=_known(float(found.peak_utilization[row])),
            peak_bucket=_counted(int(found.peak_bucket[row])),
            first_overload=_counted(int(found.first_overload[row])),
            hours_short=float(found.hours_short[row]),
            status=found.status[row],
        )
        for row in range(len(load))
    ]


def utilization(load: ArrayLike, capacity: ArrayLike) -> Array:
    """Load ÷ capacity per cell; no load on no capacity is 0.

    Args:
        load: hours, shape (resources, buckets).
        capacity: hours, one number, shape (resources,) or as ``load``; NaN is not given.
    Returns:
        Fractions, same shape as ``load``; NaN where the capacity is not given.
    Raises:
        NoAnswerError: a load where the capacity is zero.
        ArgumentError: a negative load or capacity, shapes that do not fit.
    Source:
        APICS dictionary, load ÷ capacity; name the capacity meant (rated or demonstrated).

    >>> utilization([[80, 90]], [[100, 100]])
    array([[0.8, 0.9]])
    """
    hours = series(load, "load", negative=False)
    room = per_cell(capacity, "capacity", hours, missing=True, negative=False)
    impossible = (room == 0) & (hours != 0)
    if impossible.any():
        raise NoAnswerError(
            f"load meets a capacity of zero {place(impossible)}.", "Move the load or give a capacity."
        )
    return hours / np.where(room == 0, 1.0, room)


def rated_capacity(available_time: ArrayLike, utilization: ArrayLike, efficiency: ArrayLike) -> Array:
    """Capacity that can be expected: available time × utilization × efficiency.

    Args:
        available_time: hours, any shape.
        utilization: fraction of the time worked; shapes must fit together.
        efficiency: standard hours earned ÷ hours worked, a fraction.
    Returns:
        Standard hours.
    Raises:
        ArgumentError: a negative argument, a percentage for a fraction, shapes that do not fit.
    Source:
        Arnold, Chapman, Clive, Introduction to Materials Management, ch. 5.

    >>> float(rated_capacity(160, 0.85, 1.1).round(1))
    149.6
    """
    result = numbers(available_time, "available_time", negative=False)
    for value, name in ((utilization, "utilization"), (efficiency, "efficiency")):
        fraction = numbers(value, name, negative=False)
        if (fraction >= HIGHEST_FRACTION).any():
            found = fraction[fraction >= HIGHEST_FRACTION].flat[0]
            raise ArgumentError(f"{name} is {found:g}.", "Give a fraction such as 0.88, not a percentage.")
        try:
            result = result * fraction
        except ValueError:
            raise ArgumentError(
                f"{name} is {size(fraction)} and available_time is {size(result)}.",
                "Give single numbers or ranges of one size.",
            ) from None
    return np.asarray(result)


def demonstrated_capacity(standard_hours: ArrayLike) -> Array:
    """Proven capacity: the mean output in standard hours over recent buckets.

    Args:
        standard_hours: hours earned per bucket, shape (resources, buckets); NaN is left out.
    Returns:
        Mean hours per bucket, shape (resources,).
    Raises:
        NotDefinedError: a resource without any number.
        ArgumentError: negative hours.
    Source:
        Arnold, Chapman, Clive, Introduction to Materials Management, ch. 5.

    >>> float(demonstrated_capacity([100, 120, 110, 120, 130]))
    116.0
    """
    hours = series(standard_hours, "standard_hours", missing=True, negative=False)
    known = ~np.isnan(hours)
    count = known.sum(axis=-1)
    if (count == 0).any():
        raise NotDefinedError(
            "standard_hours has a row without numbers.", "Give at least one bucket of output."
        )
    return np.asarray(np.where(known, hours, 0.0).sum(axis=-1) / count)


def _grid(value: ArrayLike, name: str, *, negative: bool = True) -> Array:
    array = np.atleast_2d(series(value, name, negative=negative))
    if array.ndim != 2 or array.shape[0] == 0:
        raise ArgumentError(f"{name} is {size(array)}.", "Give a grid of rows and columns.")
    return array


def _known(value: float) -> float | None:
    return None if np.isnan(value) else value


def _counted(position: int) -> int | None:
    return None if position < 0 else position + 1
