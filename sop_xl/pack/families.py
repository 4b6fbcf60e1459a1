"""All families in one table, then one page for each."""

from __future__ import annotations

import numpy as np

from sop_xl.model import Array, Family
from sop_xl.pack.assumptions import assumption_text, coming_events, event_text
from sop_xl.pack.content import Cell, Chart, Column, Figure, Page, Points, Series, Table, Tone
from sop_xl.pack.meeting import Meeting, share, total
from sop_xl.pack.words import counted, day_of, listed, number, percent, signed, tick_of

OVERVIEW, SECTION = "All families", "Families"
#: Letters of a family's name in the title of its page.
LONGEST_NAME = 40
STRATEGY = {
    "LEVEL": "level production",
    "CHASE": "production follows demand",
    "TARGET": "production to target stock",
}


def overview_page(meeting: Meeting) -> Page:
    """Families as rows: demand, supply, stock and money of the next year, as on the sheet Executive."""
    plan, given = meeting.plan, meeting.plan.given
    columns = (
        Column("Family", 1.9),
        Column("Unit", 0.75),
        Column("Demand", 1.15, right=True),
        Column("Against last year", 1.1, right=True),
        Column("Production", 1.15, right=True),
        Column("Shipped", 0.95, right=True),
        Column("Lowest inventory", 1.1, right=True),
        Column("Lowest days", 0.85, right=True),
        Column("Revenue", 1.15, right=True),
        Column("Margin", 1.1, right=True),
        Column("Gap to budget", 1.15, right=True),
        Column("Gap", 0.85, right=True),
    )
    rows = tuple(_line(meeting, f) for f in range(len(given.families)))
    sums = [total(meeting.ahead(values)) for values in (plan.revenue, plan.margin, meeting.budget_gap)]
    last = (Cell("Total"), *[Cell("")] * 7, *(Cell(thousands(value)) for value in sums))
    part = share(sums[2], _budget(meeting, slice(None)))
    table = Table("", columns, (*rows, (*last, _gap_cell(part))), total=True)
    note = (
        f"The {meeting.span}; money in k {meeting.currency}. Shipped: what stock and production allow, of demand. "
        "Units of different families do not add up."
    )
    return Page(OVERVIEW, _overview_title(meeting), (table,), note=note)


def _overview_title(meeting: Meeting) -> str:
    plan, given = meeting.plan, meeting.plan.given
    growing = int((meeting.growth > 0).sum())
    known = int((~np.isnan(meeting.growth)).sum())
    short = [
        f.code for f, inv in zip(given.families, plan.projected_inventory, strict=True) if inv.min() < -1e-6
    ]
    first = f"{growing} of {known} families grow" if known else "No sales of a year before to compare with"
    return f"{first}; {listed(short)} {'runs' if len(short) == 1 else 'run'} out of stock" if short else first


def _budget(meeting: Meeting, which: slice | int) -> float:
    """Budget of the next year, as the sheet Executive divides by it."""
    return total(meeting.ahead(meeting.plan.given.budget_revenue)[which])


def thousands(value: float) -> str:
    """Money in thousands, as tables show it.

    >>> thousands(1234567.0)
    '1,235'
    """
    return number(value / 1000)


def _gap_cell(part: float) -> Cell:
    return Cell(signed(percent(part)), "act" if part < -0.02 else "plain")


def _line(meeting: Meeting, f: int) -> tuple[Cell, ...]:
    plan, family = meeting.plan, meeting.plan.given.families[f]
    stock, count = family.make != "MTO", meeting.count
    demand, made = float(plan.consensus_demand[f, :count].sum()), float(plan.production_plan[f, :count].sum())
    lowest = float(plan.projected_inventory[f, :count].min()) if stock else float("nan")
    gap = total(meeting.budget_gap[f, :count])
    return (
        Cell(family.code, "strong"),
        Cell(family.unit, "muted"),
        Cell(number(demand)),
        Cell(signed(percent(float(meeting.growth[f])))),
        Cell(number(made)),
        Cell(percent(share(float(plan.constrained_demand[f, :count].sum()), demand))),
        Cell(number(lowest), "act" if lowest < -1e-6 else "plain"),
        Cell(number(lowest_days(meeting, f), 1)),
        Cell(thousands(total(plan.revenue[f, :count]))),
        Cell(thousands(total(plan.margin[f, :count]))),
        Cell(signed(thousands(gap))),
        _gap_cell(share(gap, _budget(meeting, f))),
    )


def lowest_days(meeting: Meeting, f: int) -> float:
    """Lowest days of supply of the next year, NaN for families made to order."""
    days = meeting.plan.days_of_supply[f, : meeting.count]
    return float("nan") if np.isnan(days).all() else float(np.nanmin(days))


def family_pages(meeting: Meeting) -> list[Page]:
    """One page for each family, in the order of the workbook."""
    return [_page(meeting, f) for f in range(len(meeting.plan.given.families))]


def _page(meeting: Meeting, f: int) -> Page:
    family = meeting.plan.given.families[f]
    owners = (
        (f"Demand: {family.demand_owner or 'not named'}"),
        f"Supply: {family.supply_owner or 'not named'}",
    )
    who = Points("Owners", tuple(map(Cell, owners)))
    behind = _behind(meeting, f)
    say = Points("What stands behind it", behind, more="Assumptions and risks")
    gaps = tuple(Cell(gap.what) for gap in meeting.gaps if gap.subject == family.code)
    watch = Points("Gaps", gaps or (Cell("None."),), more="the sheet Reconcile")
    return Page(
        SECTION,
        f"{_named(family)}: {_title(meeting, f)}",
        (_flow_chart(meeting, f), _stock_chart(meeting, f)),
        (watch, say, who),
        _figures(meeting, f),
        note=f"{_rule(family)} The {counted(meeting.horizon.past, 'closed ' + meeting.horizon.kind)} at the left "
        f"show actuals. Figures: the {meeting.span}.",
    )


def _named(family: Family) -> str:
    same = family.name.strip().upper() in ("", family.code.upper())
    name = family.name.strip()
    return (
        family.code
        if same
        else f"{family.code} {name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + '…'}"
    )


def _rule(family: Family) -> str:
    made = STRATEGY.get(family.strategy, family.strategy.lower())
    if family.make == "MTO":
        return f"Made to order, {made}; {number(family.target_backlog_weeks, 1)} weeks of orders kept open."
    return f"Made to stock, {made}; {number(family.target_days, 1)} days of demand held."


def _title(meeting: Meeting, f: int) -> str:
    """The message of a family: demand against last year, then stock, then money."""
    plan, family = meeting.plan, meeting.plan.given.families[f]
    if not meeting.planned_families[f]:
        missing = int(np.isnan(plan.given.baseline[f]).sum())
        return f"no forecast yet for {meeting.buckets(missing)}; demand counts as zero there"
    parts = []
    growth = float(meeting.growth[f])
    if not np.isnan(growth):
        text = percent(abs(growth))
        parts.append(
            "demand as last year" if text == "0.0%" else f"demand {signed(percent(growth))} on last year"
        )
    inventory = plan.projected_inventory[f]
    if family.make != "MTO" and inventory.min() < -1e-6:
        first = meeting.horizon.planned[int(np.argmax(inventory < -1e-6))]
        parts.append(f"stock runs out in {day_of(first, meeting.horizon)}")
    gap = total(meeting.budget_gap[f, : meeting.count])
    if not np.isnan(gap):
        parts.append(f"revenue {meeting.money(abs(gap))} {'above' if gap >= 0 else 'below'} budget")
    return ", ".join(parts) or "the plan"


def _figures(meeting: Meeting, f: int) -> tuple[Figure, ...]:
    plan, family, count = meeting.plan, meeting.plan.given.families[f], meeting.count
    unit = f", {family.unit}" if family.unit else ""
    demand, made = float(plan.consensus_demand[f, :count].sum()), float(plan.production_plan[f, :count].sum())
    revenue, margin = total(plan.revenue[f, :count]), total(plan.margin[f, :count])
    gap = total(meeting.budget_gap[f, :count])
    shipped = share(float(plan.constrained_demand[f, :count].sum()), demand)
    growth = float(meeting.growth[f])
    if family.make == "MTO":
        backlog = float(plan.backlog[f, count - 1])
        aim = f"target {number(plan.target_backlog[f, count - 1])}"
        stock = Figure(f"Backlog at the end{unit}", number(backlog), aim)
    else:
        lowest = float(plan.projected_inventory[f, :count].min())
        tone: Tone = "act" if lowest < -1e-6 else "plain"
        days = f"{number(lowest_days(meeting, f), 1)} days of supply"
        stock = Figure(f"Lowest inventory{unit}", number(lowest), days, tone)
    part = share(gap, _budget(meeting, f))
    against = "no year before" if np.isnan(growth) else f"{signed(percent(growth))} on last year"
    return (
        Figure(f"Demand{unit}", number(demand), against),
        Figure(f"Production{unit}", number(made), f"{percent(share(made, demand))} of demand"),
        Figure("Shipped of demand", percent(shipped), f"service target {percent(family.service_target)}"),
        stock,
        Figure("Revenue", meeting.money(revenue), f"margin {percent(share(margin, revenue))}"),
        Figure(
            "Gap to budget",
            signed(meeting.money(gap)),
            "no budget" if np.isnan(part) else f"{signed(percent(part))} of it",
            "act" if part < -0.02 else "plain",
        ),
    )


def _behind(meeting: Meeting, f: int) -> tuple[Cell, ...]:
    """Overrides, coming events and assumptions of a family."""
    given, code = meeting.plan.given, meeting.plan.given.families[f].code
    lines = []
    for label, values in (
        ("Sales override", given.sales_override),
        ("Marketing override", given.marketing_override),
        ("Production override", given.production_override),
    ):
        if typed := int((~np.isnan(values[f])).sum()):
            lines.append(f"{label} in {meeting.buckets(typed)}.")
    lines += [event_text(row, meeting.horizon) for row in coming_events(meeting, [code])]
    lines += [assumption_text(row) for row in meeting.rows["tblAssumptions"] if same(row["Family"], code)]
    return tuple(map(Cell, lines)) or (Cell("History alone: no event, assumption or override.", "muted"),)


def same(value: object, code: str) -> bool:
    """Whether a cell names a family."""
    return str(value or "").casefold() == code.casefold()


def _ticks(meeting: Meeting) -> tuple[str, ...]:
    return tuple(tick_of(bucket, meeting.horizon) for bucket in meeting.horizon.buckets)


def _both(meeting: Meeting, view: str, code: str, closed: str, planned: str) -> tuple[float, ...]:
    """A row of a view over closed and planned buckets, as the sheet shows it."""
    numbers = meeting.views[view]
    return tuple(map(float, np.concatenate([numbers.closed[code, closed], numbers.planned[code, planned]])))


def _flow_chart(meeting: Meeting, f: int) -> Chart:
    family = meeting.plan.given.families[f]
    code = family.code
    return Chart(
        f"Demand and production, {family.unit}".rstrip(", "),
        _ticks(meeting),
        (
            Series(
                "Production",
                _both(meeting, "Supply", code, "actual_production", "production_plan"),
                "columns",
            ),
            Series("Demand", _both(meeting, "Supply", code, "demand", "demand"), "line"),
            Series("Demand last year", _both(meeting, "Demand", code, "last_year", "last_year"), "thin"),
        ),
        description=f"Demand, demand of last year and production of {code} by {meeting.horizon.kind}.",
    )


def _stock_chart(meeting: Meeting, f: int) -> Chart:
    family = meeting.plan.given.families[f]
    key, target, label = (
        ("backlog", "target_backlog", "Backlog")
        if family.make == "MTO"
        else ("projected_inventory", "target_inventory", "Inventory")
    )
    return Chart(
        f"{label} at the end of each {meeting.horizon.kind}, {family.unit}".rstrip(", "),
        _ticks(meeting),
        (
            Series(label, _both(meeting, "Supply", family.code, key, key), "line"),
            Series("Target", _both(meeting, "Supply", family.code, target, target), "dashed"),
        ),
        description=f"{label} of {family.code} against its target by {meeting.horizon.kind}.",
    )


def by_size(values: Array) -> list[int]:
    """Positions of known values, the largest amount first."""
    known = np.flatnonzero(~np.isnan(values))
    return [int(i) for i in known[np.argsort(-np.abs(values[known]), kind="stable")]]
