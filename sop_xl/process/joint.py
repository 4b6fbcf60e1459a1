"""What the joint plan does, in sentences for a planner."""

from __future__ import annotations

import numpy as np

from sop_xl.model import PlanInput
from sop_xl.supply.joint import JointPlan

GAP_TO_TELL = 0.001
"""Part of the cost from which it is said that a better plan may exist."""


def joint_words(given: PlanInput, plan: JointPlan, families: list[str], currency: str = "") -> list[str]:
    """What the plan of the ``families`` does on the resources, what does not fit, and which hour is worth most.

    Args:
        given: what the plan is made from.
        plan: of the families with the strategy OPTIMAL.
        families: their codes.
        currency: of money, in words.
    """
    buckets = [given.horizon.words(bucket) for bucket in given.horizon.planned]
    codes = [resource.code for resource in given.resources]
    units = [resource.unit for resource in given.resources]
    many = "families" if len(families) > 1 else "family"
    said = [f"{len(families)} {many} planned together at least cost: {_relief(plan, codes, units)}."]
    free = [
        code
        for kind, hours in (("overtime", plan.overtime), ("subcontract", plan.subcontract))
        for r, code in enumerate(codes)
        if hours[r].any() and np.isnan(getattr(given.resources[r], f"{kind}_cost"))
    ]
    if free:
        said.append(
            f"No cost is given for the extra hours of {', '.join(dict.fromkeys(free))}: they counted as free."
        )
    if plan.gap > GAP_TO_TELL:
        said.append(f"With these lot minimums a plan may exist that costs up to {plan.gap:.1%} less.")
    said += [conflict.words(families, codes, buckets, units) for conflict in plan.conflicts]
    late = [f for f in range(len(families)) if plan.late[f].any()]
    if late and not plan.conflicts:
        places = [
            f"{families[f]} by up to {plan.late[f].max():,.0f} in {buckets[int(plan.late[f].argmax())]}"
            for f in late
        ]
        said.append(f"Late because everything in time would cost more: {', '.join(places)}.")
    value = np.nan_to_num(plan.value_of_hour)
    if value.size and value.max() > 0:
        r, t = np.unravel_index(int(value.argmax()), value.shape)
        saves = f"{value[r, t]:,.2f} {currency}".rstrip()
        said.append(f"One more {units[r]} of {codes[r]} in {buckets[t]} is worth most: it saves {saves}.")
    return said


def _relief(plan: JointPlan, codes: list[str], units: list[str]) -> str:
    parts = [
        f"{hours[r].sum():,.0f} {units[r]} {kind} on {codes[r]}"
        for kind, hours in (("overtime", plan.overtime), ("subcontracted", plan.subcontract))
        for r in range(len(codes))
        if hours[r].any()
    ]
    return ", ".join(parts) if parts else "no overtime, nothing subcontracted"
