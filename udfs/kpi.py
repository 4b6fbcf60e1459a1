"""SOP_ functions that measure service, inventory and execution."""

from __future__ import annotations

import numpy as np

from sop_xl.errors import ArgumentError
from sop_xl.kpis import execution, inventory, service
from sop_xl.supply.shapes import Array
from udfs.registry import Argument, Example, function

_NUMBERS = ("#VALUE!", "A cell is not a number, or the ranges differ in size.")
_QUANTITIES = ("#VALUE!", "A cell is not a number or is negative, or the ranges differ in size.")
_NO_ORDERS = ("#N/A", "Nothing was ordered.")
_NO_LINES = ("#N/A", "No order line is due.")
_DATES = ("#VALUE!", "A cell is not a date, the ranges differ in size, or the grace is negative.")


@function(
    "SOP_INVENTORY_TURNS",
    category="KPIs",
    summary="Annualised cost of goods sold ÷ average inventory at cost.",
    arguments=(
        Argument(
            "cogs", "series", "Money per bucket, one family per row. Empty is left out.", empty="missing"
        ),
        Argument("inventory", "series", "Money at the end of buckets, the same families.", empty="missing"),
        Argument("buckets_per_year", "number", "12 for months, 52 for weeks.", required=False, default=12.0),
    ),
    result="Turns per year over all families.",
    shape="number",
    errors=(_NUMBERS, ("#N/A", "The average inventory is not above zero.")),
    example=Example(([[100, 120, 110]], [[300, 330, 360]]), 4.0),
)
def inventory_turns(cogs: Array, stock: Array, buckets_per_year: float) -> float:
    """SOP_INVENTORY_TURNS."""
    return inventory.inventory_turns(cogs, stock, buckets_per_year)


@function(
    "SOP_FILL_RATE",
    category="KPIs",
    summary="Share of the ordered units that was shipped, line by line.",
    arguments=(
        Argument("shipped", "matrix", "Units shipped per order line. Empty is nothing.", empty="missing"),
        Argument("ordered", "matrix", "Units ordered per line. A line without is left out.", empty="missing"),
    ),
    result="A fraction.",
    shape="number",
    errors=(_QUANTITIES, _NO_ORDERS),
    example=Example(([[100], [40]], [[90], [60]]), 0.8666666666666667),
)
def fill_rate(shipped: Array, ordered: Array) -> float:
    """SOP_FILL_RATE."""
    return service.fill_rate(shipped, ordered)


@function(
    "SOP_CYCLE_SERVICE",
    category="KPIs",
    summary="Share of replenishment cycles without a stockout.",
    arguments=(
        Argument(
            "stockouts", "flags", "Per cycle: TRUE/FALSE, or units short. Empty is left out.", empty="missing"
        ),
    ),
    result="A fraction.",
    shape="number",
    errors=(("#VALUE!", "A cell is neither a number nor TRUE/FALSE, or is negative."), ("#N/A", "No cycle.")),
    example=Example(([[0, 0, 1, 0]],), 0.75),
)
def cycle_service(stockouts: Array) -> float:
    """SOP_CYCLE_SERVICE."""
    return service.cycle_service(stockouts)


_PROMISED = Argument(
    "promised", "dates", "Promised date per order line. A line without is left out.", empty="missing"
)
_DELIVERED = Argument(
    "delivered", "dates", "Delivery date per line. Empty is not delivered.", empty="missing"
)
_AS_OF = Argument("as_of", "date", "Date of the judgement. Without it, the latest delivery.", required=False)
_GRACE = Argument("grace_days", "number", "Calendar days of tolerance.", required=False, default=0.0)


@function(
    "SOP_ON_TIME",
    category="KPIs",
    summary="Share of the due order lines that was delivered by the promised date plus grace.",
    arguments=(_PROMISED, _DELIVERED, _AS_OF, _GRACE),
    result="A fraction. An open line is late once past due at as_of, and left out until then.",
    shape="number",
    errors=(_DATES, _NO_LINES),
    example=Example(
        (
            [["2026-01-10"], ["2026-01-12"], ["2026-01-15"], ["2026-02-20"]],
            [["2026-01-09"], ["2026-01-14"], [None], [None]],
            "2026-01-31",
            2,
        ),
        0.6666666666666666,
    ),
)
def on_time(promised: Array, delivered: Array, as_of: float | None, grace_days: float) -> float:
    """SOP_ON_TIME."""
    return service.on_time(promised, delivered, as_of, grace_days)


@function(
    "SOP_OTIF",
    category="KPIs",
    summary="Share of the due order lines that was delivered on time and in full.",
    arguments=(
        _PROMISED,
        _DELIVERED,
        Argument("ordered", "matrix", "Units ordered per line.", empty="missing"),
        Argument("delivered_qty", "matrix", "Units delivered per line. Empty is nothing.", empty="missing"),
        _AS_OF,
        _GRACE,
    ),
    result="A fraction, never above SOP_ON_TIME of the same lines.",
    shape="number",
    errors=(_DATES, ("#VALUE!", "A due line has no ordered quantity."), _NO_LINES),
    example=Example(
        (
            [["2026-01-10"], ["2026-01-12"]],
            [["2026-01-09"], ["2026-01-12"]],
            [[100], [100]],
            [[100], [80]],
        ),
        0.5,
    ),
)
def otif(
    promised: Array,
    delivered: Array,
    ordered: Array,
    delivered_qty: Array,
    as_of: float | None,
    grace_days: float,
) -> float:
    """SOP_OTIF."""
    return service.otif(promised, delivered, ordered, delivered_qty, as_of, grace_days)


_PLANNED = Argument("planned", "matrix", "Units planned per line. Empty is left out.", empty="missing")
_MADE = Argument(
    "actual", "matrix", "Units made per line. Empty is not known yet, left out.", empty="missing"
)


@function(
    "SOP_SCHEDULE_ATTAINMENT",
    category="KPIs",
    summary="Share of the planned units that was made, line by line; a surplus of one line helps no other.",
    arguments=(_PLANNED, _MADE),
    result="A fraction from 0 to 1.",
    shape="number",
    errors=(_QUANTITIES, ("#N/A", "Nothing was planned.")),
    example=Example(([[100, 100]], [[120, 80]]), 0.9),
)
def schedule_attainment(planned: Array, actual: Array) -> float:
    """SOP_SCHEDULE_ATTAINMENT."""
    return execution.schedule_attainment(planned, actual)


@function(
    "SOP_PLAN_ADHERENCE",
    category="KPIs",
    summary="Units made ÷ units planned in total; above 1 is a miss as well.",
    arguments=(_PLANNED, _MADE),
    result="A fraction.",
    shape="number",
    errors=(_QUANTITIES, ("#N/A", "Nothing was planned.")),
    example=Example(([[100, 100]], [[120, 90]]), 1.05),
)
def plan_adherence(planned: Array, actual: Array) -> float:
    """SOP_PLAN_ADHERENCE."""
    return execution.plan_adherence(planned, actual)


@function(
    "SOP_BACKORDER_RATE",
    category="KPIs",
    summary="Share of the ordered units that was not shipped, line by line.",
    arguments=(
        Argument("ordered", "matrix", "Units ordered per line. A line without is left out.", empty="missing"),
        Argument("shipped", "matrix", "Units shipped per line. Empty is nothing.", empty="missing"),
    ),
    result="A fraction; 1 less the fill rate.",
    shape="number",
    errors=(_QUANTITIES, _NO_ORDERS),
    example=Example(([[90], [60]], [[100], [45]]), 0.1),
)
def backorder_rate(ordered: Array, shipped: Array) -> float:
    """SOP_BACKORDER_RATE."""
    return service.backorder_rate(ordered, shipped)


@function(
    "SOP_INVENTORY_AGING",
    category="KPIs",
    summary="Inventory in money by days since receipt.",
    arguments=(
        Argument(
            "receipt_dates",
            "dates",
            "Receipt date per lot. Empty gets a bracket of its own.",
            empty="missing",
        ),
        Argument(
            "values", "matrix", "Money per lot, in the shape of receipt_dates. Empty is 0.", empty="zero"
        ),
        Argument("as_of", "date", "Date at which the age is taken."),
        Argument(
            "limits",
            "vector",
            "Upper ends of the brackets in days, rising.",
            required=False,
            default=inventory.AGE_LIMITS,
        ),
    ),
    result="A header and a row per bracket, oldest last: Bracket, Value, Share.",
    shape="table",
    errors=(
        ("#VALUE!", "A cell is not a date or number, a receipt is after as_of, or the limits do not rise."),
        ("#N/A", "There is no inventory."),
    ),
    example=Example(
        ([["2026-01-20"], ["2025-10-12"]], [[300], [100]], "2026-01-31", [[30, 90]]),
        [["Bracket", "Value", "Share"], ["0-30", 300.0, 0.75], ["31-90", 0.0, 0.0], ["over 90", 100.0, 0.25]],
    ),
)
def inventory_aging(
    receipt_dates: Array, values: Array, as_of: float, limits: Array | tuple[float, ...]
) -> list[list[object]]:
    """SOP_INVENTORY_AGING."""
    brackets = inventory.inventory_aging(receipt_dates, values, as_of, np.ravel(limits).tolist())
    return [["Bracket", "Value", "Share"], *([*bracket] for bracket in brackets)]


@function(
    "SOP_EXCESS_OBSOLETE",
    category="KPIs",
    summary="Stock that the horizon's demand will not use, in money.",
    arguments=(
        Argument("on_hand", "vector", "Units on hand, one per item. Empty is 0.", empty="zero"),
        Argument(
            "horizon_demand", "matrix", "Units per item, in total or per bucket. Empty is 0.", empty="zero"
        ),
        Argument("unit_cost", "vector", "Money per unit: one cell, or one per item."),
    ),
    result="A header and a row per item: Excess (beyond some demand), Obsolete (no demand at all).",
    shape="table",
    errors=(_QUANTITIES,),
    example=Example(([[100], [50]], [[60], [0]], 2), [["Excess", "Obsolete"], [80.0, 0.0], [0.0, 100.0]]),
)
def excess_obsolete(on_hand: Array, horizon_demand: Array, unit_cost: Array) -> list[list[object]]:
    """SOP_EXCESS_OBSOLETE."""
    items = on_hand.reshape(-1)
    if horizon_demand.shape[0] == items.size:
        demand = horizon_demand
    elif horizon_demand.shape == (1, items.size):
        demand = horizon_demand.T
    else:
        size = " × ".join(map(str, horizon_demand.shape))
        raise ArgumentError(
            f"horizon_demand is {size} cells for {items.size} items.", "Give one row for each item."
        )
    found = inventory.excess_obsolete(items, demand, unit_cost)
    rows = np.column_stack([found.excess, found.obsolete]).tolist()
    return [["Excess", "Obsolete"], *rows]


@function(
    "SOP_CASH_TO_CASH",
    category="KPIs",
    summary="Days from paying suppliers to being paid by customers.",
    arguments=(
        Argument("days_inventory", "number", "Days of inventory outstanding."),
        Argument("days_sales", "number", "Days of sales outstanding."),
        Argument("days_payable", "number", "Days of payables outstanding."),
    ),
    result="Days; below zero, customers pay before suppliers are paid.",
    shape="number",
    errors=(("#VALUE!", "A cell is not a number."),),
    example=Example((45, 30, 40), 35.0),
)
def cash_to_cash(days_inventory: float, days_sales: float, days_payable: float) -> float:
    """SOP_CASH_TO_CASH."""
    return inventory.cash_to_cash(days_inventory, days_sales, days_payable)
