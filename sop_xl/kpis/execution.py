"""How production followed its plan."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from sop_xl.errors import NotDefinedError
from sop_xl.supply.shapes import Array, numbers, same_shape


def schedule_attainment(planned: ArrayLike, actual: ArrayLike) -> float:
    """Share of the planned units that was made as planned; a surplus of one line helps no other.

    Args:
        planned: units per line (item and bucket), any shape.
        actual: units made per line, same shape; a line with a NaN on either side is left out.
    Returns:
        Σ min(actual, planned) ÷ Σ planned, a fraction from 0 to 1.
    Raises:
        NotDefinedError: nothing was planned.
        ArgumentError: shapes differ, a negative quantity.
    Source:
        Definition per line, capped at the plan.

    >>> schedule_attainment([100, 100], [120, 80])
    0.9
    """
    plan, made = _both_known(planned, actual)
    return float(np.minimum(made, plan).sum() / _total(plan))


def plan_adherence(planned: ArrayLike, actual: ArrayLike) -> float:
    """Units made ÷ units planned in total; above 1 is a miss as well.

    Args:
        planned: units per line, any shape.
        actual: units made per line, same shape; a line with a NaN on either side is left out.
    Returns:
        Σ actual ÷ Σ planned, a fraction.
    Raises:
        NotDefinedError: nothing was planned.
        ArgumentError: shapes differ, a negative quantity.
    Source:
        Wallace, Stahl, Sales and Operations Planning, performance to plan.

    >>> plan_adherence([100, 100], [120, 90])
    1.05
    """
    plan, made = _both_known(planned, actual)
    return float(made.sum() / _total(plan))


def _both_known(planned: ArrayLike, actual: ArrayLike) -> tuple[Array, Array]:
    plan = numbers(planned, "planned", missing=True, negative=False)
    made = numbers(actual, "actual", missing=True, negative=False)
    same_shape(plan, "planned", made, "actual")
    known = ~(np.isnan(plan) | np.isnan(made))
    return plan[known], made[known]


def _total(plan: Array) -> float:
    total = float(plan.sum())
    if total == 0:
        raise NotDefinedError("Nothing was planned.", "The rate is not defined.")
    return total
