"""Whether any supply within limits leads through the buckets, and what stands in the way if none does."""

from __future__ import annotations

import numpy as np

from sop_xl.errors import NoAnswerError
from sop_xl.supply.shapes import Array

_ROUNDING = 1e-9


def check_reach(
    opening: float,
    demand: Array,
    most: Array,
    ceiling: Array,
    *,
    backlog: bool,
    ending_inventory: float,
    ending_backlog: float,
    because: str,
    remedy: str,
    owed: str = "backlog_cost",
    closing: str = "ending_inventory",
) -> None:
    """Refuse limits that no plan can meet, naming the first bucket and what is short or too much.

    The position (inventory less backlog) after bucket t lies in an interval: at least what is left when
    nothing is made, at most what is there when all that may be made is made:
    low[t] = max(low[t-1] - demand[t], floor[t]); high[t] = min(high[t-1] + most[t] - demand[t], ceiling[t]).
    A plan exists just when low[t] <= high[t] in every bucket.

    Args:
        opening: units on hand before the first bucket, below zero if overdue.
        demand: units, (buckets,).
        most: most units supplied in a bucket, infinite where there is no limit, (buckets,).
        ceiling: most inventory after a bucket, infinite where there is no limit, (buckets,).
        backlog: whether demand may wait.
        ending_inventory: least inventory after the last bucket.
        ending_backlog: most backlog after the last bucket.
        because: why no more is supplied, for the message; {bucket} stands for the bucket.
        remedy: what to do about that.
        owed: what the message calls the price of backlog.
        closing: what the message calls the ending inventory.
    Raises:
        NoAnswerError: there is no plan.

    >>> inf = np.array([np.inf, np.inf])
    >>> check_reach(0, np.array([5.0, 5]), np.array([5.0, 4]), inf, backlog=False, ending_inventory=0,
    ...             ending_backlog=0, because="capacity allows no more", remedy="Raise capacity")
    Traceback (most recent call last):
        ...
    sop_xl.errors.NoAnswerError: Demand of bucket 2 cannot be met, 1 is missing: capacity allows no more and no
    backlog is allowed. Raise capacity, or allow backlog by backlog_cost.
    """
    last = len(demand) - 1
    tolerance = _ROUNDING * max(1.0, abs(opening), float(demand.sum()), ending_inventory)
    low = high = opening
    held = False
    for t in range(len(demand)):
        floor = -np.inf if backlog else 0.0
        if t == last:
            floor = ending_inventory - ending_backlog
        left = low - demand[t]
        if left > ceiling[t] + tolerance:
            raise NoAnswerError(
                f"Inventory after bucket {t + 1} is {left:g} when nothing is made, and max_inventory is "
                f"{ceiling[t]:g}.",
                "Raise max_inventory there.",
            )
        made = high + most[t] - demand[t]
        held = held or bool(made > ceiling[t])
        low, high = max(left, floor), min(made, float(ceiling[t]))
        if low <= high + tolerance:
            continue
        if t == last and ending_inventory > ceiling[t]:
            raise NoAnswerError(
                f"{closing} {ending_inventory:g} is above max_inventory {ceiling[t]:g} of the last bucket.",
                f"Lower {closing} or raise max_inventory.",
            )
        reasons, steps = [because.format(bucket=t + 1)], [remedy]
        if held:
            reasons.append("max_inventory lets no more be made before")
            steps.append("raise max_inventory")
        if t == last and (backlog or ending_inventory > 0):
            what = f"Demand and {closing}" if ending_inventory > 0 else "Demand"
            if ending_inventory > 0:
                steps.append(f"lower {closing}")
            problem = f"{what} cannot be met by the last bucket, {floor - high:g} is missing"
        else:
            problem = f"Demand of bucket {t + 1} cannot be met, {floor - high:g} is missing"
        if not backlog and high < 0:
            reasons.append("no backlog is allowed")
            steps.append(f"allow backlog by {owed}")
        raise NoAnswerError(f"{problem}: {_joined(reasons, 'and')}.", f"{_joined(steps, 'or')}.")


def _joined(parts: list[str], last: str) -> str:
    """The parts as a list in words.

    >>> _joined(["raise capacity", "lower ending"], "or")
    'raise capacity, or lower ending'
    """
    if last == "and":
        return f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else parts[0]
    return f", {last} ".join(parts)
