"""SOP_ functions of the least-cost supply plan."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sop_xl.errors import ArgumentError
from sop_xl.supply.aggregate_parameters import PARAMETERS, Parameter, ParameterError, parameter_name
from sop_xl.supply.shapes import Array
from udfs.convert import Setting, spread
from udfs.registry import Argument, Example, function

_DEMAND = Argument("demand", "series", "Units per bucket of one family. Empty is 0.", empty="zero")
_HEADER = (
    "Bucket",
    "Workers",
    "Hired",
    "Laid off",
    "Overtime hours",
    "Regular units",
    "Overtime units",
    "Subcontracted",
    "Inventory",
    "Backlog",
    "Cost",
)


def _meaning(parameter: Parameter) -> str:
    kind = {
        "number": f"({parameter.unit}) ",
        "buckets": f"({parameter.unit}; one value or one per bucket) ",
        "word": f"({' or '.join(parameter.words[:2])}) "
        if len(parameter.words) == 2
        else f"({', '.join(parameter.words)}) ",
        "flag": "(TRUE or FALSE) ",
    }[parameter.kind]
    default = parameter.default
    shown = str(default).upper() if isinstance(default, bool) else default
    return kind + parameter.help + (f" Default {shown}." if shown not in (None, 0.0) else "")


@function(
    "SOP_AGGREGATE_PLAN",
    category="Supply",
    summary="Workforce, overtime, subcontracting, inventory and backlog per bucket: least cost, level or chase.",
    arguments=(
        _DEMAND,
        Argument(
            "parameters",
            "settings",
            "Two columns, name and value, in any order; some take a row of one value per bucket. Quantities and "
            "costs that are not given are 0, limits not given do not limit.",
            settings=tuple((parameter.name, _meaning(parameter)) for parameter in PARAMETERS),
        ),
        Argument(
            "working_days",
            "vector",
            "Working days per bucket, for the parameters per day: one cell, or one per bucket.",
            required=False,
        ),
    ),
    result=(
        "A header, a row per bucket (Bucket, Workers, Hired, Laid off, Overtime hours, Regular units, Overtime "
        "units, Subcontracted, Inventory, Backlog, Cost), and a last row Total of each column's sum. OPTIMAL costs "
        "least. LEVEL has the smallest constant workforce that meets demand and ending inventory in regular time. "
        "CHASE has in every bucket the workforce that makes its demand in regular time, with inventory at the "
        "ending inventory. LEVEL and CHASE use no overtime and buy nothing."
    ),
    shape="table",
    errors=(
        (
            "#VALUE!",
            "A parameter is unknown, negative, given twice, contradicts another or does not fit the buckets.",
        ),
        ("#NUM!", "No plan keeps to the limits; the reason names the bucket and the limit."),
    ),
    example=Example(
        (
            [[80, 120]],
            [
                ["units_per_worker", 10],
                ["opening_workers", 10],
                ["worker_cost", 100],
                ["hire_cost", 500],
                ["layoff_cost", 500],
                ["holding_cost", 1],
            ],
        ),
        [
            list(_HEADER),
            [1.0, 10.0, 0.0, 0.0, 0.0, 100.0, 0.0, 0.0, 20.0, 0.0, 1020.0],
            [2.0, 10.0, 0.0, 0.0, 0.0, 100.0, 0.0, 0.0, 0.0, 0.0, 1000.0],
            ["Total", 20.0, 0.0, 0.0, 0.0, 200.0, 0.0, 0.0, 20.0, 0.0, 2020.0],
        ],
    ),
)
def aggregate_plan(
    demand: Array, parameters: list[Setting], working_days: Array | None
) -> list[list[object]]:
    """SOP_AGGREGATE_PLAN."""
    from sop_xl.supply import aggregate_plan as core

    rows: dict[str, int] = {}
    values: dict[str, object] = {}
    for setting in parameters:
        place = f"parameters (row {setting.row})"
        try:
            name = parameter_name(setting.name)
        except ParameterError as refusal:
            raise ArgumentError(f"{place}: {refusal.message}", refusal.remedy) from None
        if name in rows:
            raise ArgumentError(f"{place}: {name} stands in row {rows[name]} already.", "Give it once.")
        rows[name] = setting.row
        values[name] = _content(setting)
    try:
        plan = core.aggregate_plan(_one_family(demand), values, working_days)
    except ParameterError as refusal:
        raise ArgumentError(_placed(refusal, rows), refusal.remedy) from None
    columns = np.column_stack(
        [
            plan.workers,
            plan.hired,
            plan.laid_off,
            plan.overtime_hours,
            plan.regular_units,
            plan.overtime_units,
            plan.subcontracted,
            plan.inventory,
            plan.backlog,
            plan.cost,
        ]
    )
    return [
        list(_HEADER),
        *[[bucket, *row] for bucket, row in enumerate(columns.tolist(), start=1)],
        ["Total", *columns.sum(axis=0).tolist()],
    ]


@function(
    "SOP_SOURCE_PLAN",
    category="Supply",
    summary="Least-cost supply from sources with limits, such as regular time, overtime and subcontractors.",
    arguments=(
        _DEMAND,
        Argument(
            "capacity",
            "matrix",
            "Most units of a source in a bucket: one source per row; one column for the same in every bucket. "
            "Empty is 0.",
            empty="zero",
        ),
        Argument("unit_cost", "vector", "Money per unit, one per source."),
        Argument("opening", "number", "Units on hand before the first bucket.", required=False, default=0.0),
        Argument(
            "ending", "number", "Least units on hand after the last bucket.", required=False, default=0.0
        ),
        Argument(
            "holding_cost", "number", "Money per unit on hand after a bucket.", required=False, default=0.0
        ),
        Argument(
            "backorder_cost",
            "number",
            "Money per unit overdue after a bucket; without it demand may not wait.",
            required=False,
        ),
    ),
    result=(
        "A header with the buckets, a row of units per source, then Inventory, Backorder and Cost. Nothing is "
        "overdue after the last bucket."
    ),
    shape="table",
    errors=(
        ("#VALUE!", "A cell is not a number or is negative, or the ranges do not fit together."),
        ("#NUM!", "The capacity is too small; the reason names the bucket and what is missing."),
    ),
    example=Example(
        (
            [[550, 700, 750]],
            [[500, 500, 500], [50, 50, 50], [120, 120, 100]],
            [[60], [80], [90]],
            100,
            0,
            1,
            3,
        ),
        [
            ["Source", 1.0, 2.0, 3.0],
            ["Source 1", 500.0, 500.0, 500.0],
            ["Source 2", 50.0, 50.0, 50.0],
            ["Source 3", 30.0, 120.0, 100.0],
            ["Inventory", 130.0, 100.0, 0.0],
            ["Backorder", 0.0, 0.0, 0.0],
            ["Cost", 36830.0, 44900.0, 43000.0],
        ],
    ),
)
def source_plan(
    demand: Array,
    capacity: Array,
    unit_cost: Array,
    opening: float,
    ending: float,
    holding_cost: float,
    backorder_cost: float | None,
) -> list[list[object]]:
    """SOP_SOURCE_PLAN."""
    from sop_xl.supply import sourcing

    buckets = _one_family(demand)
    sources = capacity.shape[0]
    if capacity.shape == (buckets.size, 1) and unit_cost.size == 1:
        sources = 1
    room = spread(capacity, (sources, buckets.size), "capacity")
    plan = sourcing.source_plan(buckets, room, unit_cost, opening, ending, holding_cost, backorder_cost)
    return [
        ["Source", *range(1, buckets.size + 1)],
        *[[f"Source {number}", *row] for number, row in enumerate(plan.supply.tolist(), start=1)],
        ["Inventory", *plan.inventory.tolist()],
        ["Backorder", *plan.backorder.tolist()],
        ["Cost", *plan.cost.tolist()],
    ]


def _one_family(demand: Array) -> Array:
    if demand.shape[0] != 1:
        raise ArgumentError(
            f"demand has {demand.shape[0]} rows and {demand.shape[1]} columns.",
            "Plan one family at a time: give one row or one column.",
        )
    return demand[0]


def _content(setting: Setting) -> object:
    """The value for the core: one cell as it is, a row as a list, no cell as not given."""
    if len(setting.values) == 1:
        return setting.values[0]
    return list(setting.values) or None


def _placed(refusal: ParameterError, rows: dict[str, int]) -> str:
    found: Sequence[int] = sorted(rows[name] for name in refusal.names if name in rows)
    if not found:
        return f"parameters: {refusal.message}"
    several = (
        f"rows {', '.join(map(str, found[:-1]))} and {found[-1]}" if len(found) > 1 else f"row {found[0]}"
    )
    return f"parameters ({several}): {refusal.message}"
