"""The plan in money: against budget, last year and the plan before."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from sop_xl.model import Array
from sop_xl.pack.content import Cell, Chart, Column, Look, Page, Points, Series, Table
from sop_xl.pack.families import by_size, thousands
from sop_xl.pack.meeting import Meeting, share, total, totals
from sop_xl.pack.words import day_of, percent, signed, tick_of

SECTION = "Financials"
#: Families in the chart of gaps.
MOST_FAMILIES = 14
#: Rows of the table: label, row of the sheet Finance, whether it is a difference.
LINES: tuple[tuple[str, str, bool], ...] = (
    ("Revenue", "revenue", False),
    ("Budget revenue", "budget_revenue", False),
    ("Gap to budget", "gap_to_budget", True),
    ("Revenue of last year", "last_year_revenue", False),
    ("Revenue of the last plan", "previous_revenue", False),
    ("Change to the last plan", "change", True),
    ("Cost of goods sold", "cogs", False),
    ("Margin", "margin", False),
    ("Budget margin", "budget_margin", False),
    ("Margin gap to budget", "margin_gap", True),
    ("Inventory value at the end", "inventory_value", False),
)

#: Series of the chart: name, row of the sheet Finance, look.
DRAWN: tuple[tuple[str, str, Look], ...] = (
    ("Plan", "revenue", "columns"),
    ("Budget", "budget_revenue", "line"),
    ("Last plan", "previous_revenue", "dashed"),
    ("Last year", "last_year_revenue", "thin"),
)


def finance_pages(meeting: Meeting) -> list[Page]:
    """Money over time, then by family."""
    if np.isnan(meeting.plan.revenue).all():
        say = Points(
            "", (Cell("Prices stand in tblFamilies, sheet Families; the budget in tblBudget, sheet Budget."),)
        )
        return [Page(SECTION, "The plan has no value yet: no family has a price", side=(say,))]
    pages = [_over_time(meeting)]
    if by_size(totals(meeting.ahead(meeting.budget_gap))):
        pages.append(_by_family(meeting))
    return pages


def line(meeting: Meeting, key: str) -> Array:
    """A row of the sheet Finance, summed over the families as its Total does, (planned,)."""
    numbers, families = meeting.views["Finance"], meeting.plan.given.families
    stack = np.array([numbers.planned[f.code, key] for f in families if (f.code, key) in numbers.planned])
    if not stack.size:
        return np.full(len(meeting.horizon.planned), np.nan)
    return np.where(np.isnan(stack).all(axis=0), np.nan, np.nansum(stack, axis=0))


def _over_time(meeting: Meeting) -> Page:
    spans = [(meeting.span.capitalize(), list(range(meeting.count)))]
    spans += [(name, places) for name, places in meeting.horizon.years()]
    shown = [entry for entry in LINES if not np.isnan(line(meeting, entry[1])).all()]
    columns = (
        Column(f"k {meeting.currency}", 2.4),
        *(Column(name, 1.2, right=True) for name, _ in spans),
    )
    rows = []
    for label, key, difference in shown:
        values = [_sum(key, line(meeting, key)[places]) for _, places in spans]
        texts = [signed(thousands(value)) if difference else thousands(value) for value in values]
        acts = [difference and value < 0 for value in values]
        rows.append(
            (
                Cell(label, "strong" if difference or key in ("revenue", "margin") else "plain"),
                *(Cell(text, "act" if act else "plain") for text, act in zip(texts, acts, strict=True)),
            )
        )
        if key == "gap_to_budget":
            rows.append(
                _parts("Gap in % of budget", [_share_of_budget(meeting, places) for _, places in spans])
            )
        if key == "margin":
            rows.append(_parts("Margin in % of revenue", [_margin(meeting, places) for _, places in spans]))
    chart = Chart(
        f"Revenue by {meeting.horizon.kind}, k {meeting.currency}",
        tuple(tick_of(bucket, meeting.horizon) for bucket in meeting.horizon.planned),
        tuple(
            Series(name, tuple(map(float, line(meeting, key))), look)
            for name, key, look in DRAWN
            if not np.isnan(line(meeting, key)).all()
        ),
        number_format="#,##0,",
        description=f"Revenue of the plan against budget, last plan and last year by {meeting.horizon.kind}.",
    )
    note = (
        "Differences count the buckets in which both sides are known. * only a part of the year is planned."
    )
    say = Points("What to see", tuple(map(Cell, _said(meeting))))
    return Page(
        SECTION, _title(meeting), (chart,), (Table("", columns, tuple(rows), size=10.5), say), note=note
    )


def _said(meeting: Meeting) -> list[str]:
    """Where the gap is largest, what it is in margin, and where the inventory goes."""
    said = []
    gap = line(meeting, "gap_to_budget")[: meeting.count]
    if not np.isnan(gap).all() and np.nanmin(gap) < 0:
        t = int(np.nanargmin(gap))
        when = day_of(meeting.horizon.planned[t], meeting.horizon)
        said.append(f"The gap to budget is largest in {when}: {meeting.money(float(gap[t]))}.")
    margin = total(line(meeting, "margin_gap")[: meeting.count])
    if not np.isnan(margin):
        side = "more" if margin >= 0 else "less"
        said.append(f"Margin is {meeting.money(abs(margin))} {side} than budgeted in the {meeting.span}.")
    stock = line(meeting, "inventory_value")
    if not np.isnan(stock).any():
        t = int(np.argmax(stock))
        said.append(
            f"Inventory at cost peaks in {day_of(meeting.horizon.planned[t], meeting.horizon)} at "
            f"{meeting.money(float(stock[t]))} and ends at {meeting.money(float(stock[-1]))}."
        )
    return said or ["There is nothing to compare with."]


def _parts(label: str, values: Iterable[float]) -> tuple[Cell, ...]:
    return (Cell(label, "muted"), *(Cell(percent(value), "muted") for value in values))


def _sum(key: str, values: Array) -> float:
    """Flows add up; a stock is what is there at the end."""
    return float(values[-1]) if key == "inventory_value" else total(values)


def _share_of_budget(meeting: Meeting, places: list[int]) -> float:
    gap = meeting.budget_gap[:, places]
    budget = meeting.plan.given.budget_revenue[:, places]
    return share(total(gap), total(np.where(np.isnan(gap), np.nan, budget)))


def _margin(meeting: Meeting, places: list[int]) -> float:
    return share(total(line(meeting, "margin")[places]), total(line(meeting, "revenue")[places]))


def _title(meeting: Meeting) -> str:
    revenue = total(meeting.ahead(meeting.plan.revenue))
    first = f"Revenue of the {meeting.span} is {meeting.money(revenue)}"
    gap = total(meeting.ahead(meeting.budget_gap))
    if np.isnan(gap):
        return f"{first}; no budget is given to compare with"
    part = _share_of_budget(meeting, list(range(meeting.count)))
    side = "above" if gap >= 0 else "below"
    return f"{first}, {meeting.money(abs(gap))} {side} budget ({signed(percent(part))})"


def _by_family(meeting: Meeting) -> Page:
    """Which families make the gap: the largest by name, the others together."""
    given = meeting.plan.given
    gaps = totals(meeting.ahead(meeting.budget_gap))
    order = by_size(gaps)
    named, others = order[:MOST_FAMILIES], order[MOST_FAMILIES:]
    named = sorted(named, key=lambda f: float(gaps[f]))
    labels = [given.families[f].code for f in named] + (["Others"] if others else [])
    values = [float(gaps[f]) for f in named] + ([float(gaps[others].sum())] if others else [])
    chart = Chart(
        f"Gap to budget, {meeting.span}, k {meeting.currency}",
        tuple(labels),
        (Series("Gap to budget", tuple(values), "columns", tuple(value < 0 for value in values)),),
        number_format="#,##0,",
        across=True,
        description=f"Revenue less budget of the {meeting.span} by family.",
    )
    below, above = (float(part.sum()) for part in (gaps[gaps < 0], gaps[gaps > 0]))
    lines = [
        Cell(
            f"Families below budget miss {meeting.money(-below)} in all; those above it bring "
            f"{meeting.money(above)} more."
        )
    ]
    lines += [Cell(gap.what) for gap in meeting.gaps if gap.kind == "budget"]
    without = [f.code for f, gap in zip(given.families, gaps, strict=True) if np.isnan(gap)]
    if without:
        lines.append(Cell(f"Without a budget or a price: {', '.join(without)}.", "muted"))
    worst = min(range(len(gaps)), key=lambda f: np.nan_to_num(gaps[f], nan=np.inf))
    missing = int((gaps < 0).sum())
    title = (
        f"{missing} of {len(order)} families miss their budget; {given.families[worst].code} misses most, "
        f"{meeting.money(-float(gaps[worst]))}"
        if missing
        else "Every family with a budget reaches it"
    )
    return Page(
        SECTION, title, (chart,), (Points("What makes the gap", tuple(lines), more="the sheet Reconcile"),)
    )
