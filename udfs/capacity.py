"""SOP_ functions of rough-cut capacity."""

from __future__ import annotations

import numpy as np

from sop_xl.supply import rough_cut
from sop_xl.supply.shapes import Array
from udfs.cells import CellError
from udfs.convert import spread
from udfs.registry import Argument, Example, function
from udfs.supply import per_series

_PLAN = Argument("plan", "matrix", "Units per bucket, one family per row. Empty is 0.", empty="zero")
_BILL = Argument(
    "bill", "matrix", "Hours per unit, one resource per row, one family per column.", empty="zero"
)
_LOAD = "Hours per bucket, one resource per row."
_SHAPES = ("#VALUE!", "A cell is not a number, hours are negative, or the ranges do not fit together.")


@function(
    "SOP_CAPACITY_LOAD",
    category="Capacity",
    summary="Hours each resource needs per bucket: the bill of resources times the plan.",
    arguments=(_PLAN, _BILL),
    result=_LOAD,
    shape="range",
    errors=(_SHAPES,),
    example=Example(([[100, 200], [50, 50]], [[0.5, 1.0], [0.2, 0.0]]), [[100.0, 150.0], [20.0, 40.0]]),
)
def capacity_load(plan: Array, bill: Array) -> Array:
    """SOP_CAPACITY_LOAD."""
    families, column = _families(plan, bill.shape[1])
    return _stand(rough_cut.capacity_load(families, bill), column)


@function(
    "SOP_RESOURCE_PROFILE",
    category="Capacity",
    summary="Hours each resource needs per bucket when work falls some buckets before completion.",
    arguments=(
        _PLAN,
        Argument(
            "profile", "matrix", "Rows of family number, resource number, offset in buckets, hours per unit."
        ),
    ),
    result=f"{_LOAD} What is completed after the horizon counts as nothing.",
    shape="range",
    errors=(_SHAPES, ("#VALUE!", "The profile names a family that the plan does not have.")),
    example=Example(
        ([[10, 20, 30]], [[1, 1, 0, 1.0], [1, 2, 1, 0.5]]), [[10.0, 20.0, 30.0], [10.0, 15.0, 0.0]]
    ),
)
def resource_profile(plan: Array, profile: Array) -> Array:
    """SOP_RESOURCE_PROFILE."""
    families, column = _families(plan, int(max(1.0, min(profile[:, 0].max(), 1e9))))
    return _stand(rough_cut.resource_profile(families, profile), column)


@function(
    "SOP_CPOF",
    category="Capacity",
    summary="Hours per resource by overall factors: total hours split by each resource's historical share.",
    arguments=(
        _PLAN,
        Argument("hours_per_unit", "vector", "Hours over all resources, one per family."),
        Argument("shares", "vector", "Fraction of the hours each resource usually takes, one per resource."),
    ),
    result=_LOAD,
    shape="range",
    errors=(_SHAPES, ("#VALUE!", "The shares are negative or add up to more than 1.")),
    example=Example(([[100, 200]], 2, [[0.75], [0.25]]), [[150.0, 300.0], [50.0, 100.0]]),
)
def cpof(plan: Array, hours_per_unit: Array, shares: Array) -> Array:
    """SOP_CPOF."""
    families, column = _families(plan, hours_per_unit.size)
    return _stand(rough_cut.cpof(families, hours_per_unit, shares), column)


@function(
    "SOP_CAPACITY_CHECK",
    category="Capacity",
    summary="Whether the resources can carry a plan: peak, first overload, hours short and status.",
    arguments=(
        _PLAN,
        _BILL,
        Argument(
            "capacity",
            "matrix",
            "Hours: one cell, one per resource, or per resource and bucket. Empty is not given.",
            empty="missing",
        ),
        Argument("limit", "number", "Highest load ÷ capacity accepted.", required=False, default=1.0),
        Argument("names", "names", "One name per resource.", required=False),
    ),
    result=(
        "A header and a row per resource: Resource, Peak load (÷ capacity), Peak bucket, First overload "
        "(empty if none), Hours short, Status (OK, TIGHT from 90 % of the limit, OVER, NO CAPACITY)."
    ),
    shape="table",
    errors=(_SHAPES, ("#VALUE!", "The limit is not above zero, or a load or capacity is negative.")),
    example=Example(
        ([[100, 130]], [[1], [0.5]], [[120], [80]], None, [["Press"], ["Paint"]]),
        [
            ["Resource", "Peak load", "Peak bucket", "First overload", "Hours short", "Status"],
            ["Press", 1.0833333333333333, 2.0, 2.0, 10.0, "OVER"],
            ["Paint", 0.8125, 2.0, None, 0.0, "OK"],
        ],
    ),
)
def capacity_check(
    plan: Array, bill: Array, capacity: Array, limit: float, names: list[str] | None
) -> list[list[object]]:
    """SOP_CAPACITY_CHECK."""
    families, _ = _families(plan, bill.shape[1])
    room = spread(capacity, (bill.shape[0], families.shape[1]), "capacity")
    table: list[list[object]] = [
        ["Resource", "Peak load", "Peak bucket", "First overload", "Hours short", "Status"]
    ]
    for line in rough_cut.capacity_check(families, bill, room, limit, names):
        peak: object = line.peak_utilization
        if peak is None:
            missing = line.peak_bucket is None
            peak = (
                CellError("#N/A", f"{line.resource} has no capacity.")
                if missing
                else CellError("#NUM!", f"{line.resource} has a load where its capacity is zero.")
            )
        table.append(
            [line.resource, peak, line.peak_bucket, line.first_overload, line.hours_short, line.status]
        )
    return table


@function(
    "SOP_UTILIZATION",
    category="Capacity",
    summary="Load ÷ capacity per cell.",
    arguments=(
        Argument("load", "matrix", "Hours per bucket, one resource per row. Empty is 0.", empty="zero"),
        Argument(
            "capacity",
            "matrix",
            "Hours: one cell, one per resource, or in the shape of load. Empty is not given.",
            empty="missing",
        ),
    ),
    result="Fractions, in the shape of load. No load on no capacity is 0.",
    shape="range",
    errors=(
        _SHAPES,
        ("#NUM!", "A load meets a capacity of zero."),
        ("#N/A", "The capacity of a cell is not given."),
    ),
    undefined="The capacity is not given.",
    example=Example(([[80, 90]], 100), [[0.8, 0.9]]),
)
def utilization(load: Array, capacity: Array) -> Array:
    """SOP_UTILIZATION."""
    return rough_cut.utilization(load, spread(capacity, (load.shape[0], load.shape[1]), "capacity"))


@function(
    "SOP_RATED_CAPACITY",
    category="Capacity",
    summary="Capacity that can be expected: available time × utilization × efficiency.",
    arguments=(
        Argument("available_time", "numbers", "Hours available."),
        Argument("utilization", "numbers", "Fraction of the time worked, such as 0.85."),
        Argument("efficiency", "numbers", "Standard hours earned ÷ hours worked, such as 1.1."),
    ),
    result="Standard hours; for ranges, one per cell.",
    shape="range",
    errors=(("#VALUE!", "A cell is not a number, is negative, or is a percentage instead of a fraction."),),
    example=Example((160, 0.75, 1.25), 150.0),
)
def rated_capacity(available_time: Array, utilization: Array, efficiency: Array) -> Array:
    """SOP_RATED_CAPACITY."""
    return rough_cut.rated_capacity(available_time, utilization, efficiency)


@function(
    "SOP_DEMONSTRATED_CAPACITY",
    category="Capacity",
    summary="Proven capacity: the mean output in standard hours over recent buckets.",
    arguments=(
        Argument("standard_hours", "series", "Hours earned per bucket. Empty is left out.", empty="missing"),
    ),
    result="Hours per bucket: one number, or one below the other for several resources.",
    shape="range",
    errors=(("#VALUE!", "A cell is not a number or is negative."), ("#N/A", "A row has no numbers.")),
    example=Example(([[100, 120, 110, 120, 130]],), 116.0),
)
def demonstrated_capacity(standard_hours: Array) -> Array:
    """SOP_DEMONSTRATED_CAPACITY."""
    return per_series(rough_cut.demonstrated_capacity(standard_hours))


def _families(plan: Array, families: int) -> tuple[Array, bool]:
    """The plan with families in rows; one column is one family only where the other side knows one."""
    column = plan.shape[1] == 1 and plan.shape[0] > 1 and families == 1
    return (plan.T, True) if column else (plan, False)


def _stand(load: Array, column: bool) -> Array:
    return np.ascontiguousarray(load.T) if column else load
