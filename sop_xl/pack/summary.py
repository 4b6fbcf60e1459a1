"""The executive summary: what changed, and the messages of demand, supply, capacity, money and service."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sop_xl.model import Array
from sop_xl.pack.capacity import overloaded, said_of
from sop_xl.pack.content import Cell, Column, Page, Points, Table, Tone
from sop_xl.pack.decisions import open_questions
from sop_xl.pack.meeting import Meeting, share, total, totals
from sop_xl.pack.words import counted, day_of, listed, percent, sentence, signed

SECTION = "Executive summary"
#: Revenue that misses the budget by more than this part of it asks for action.
BUDGET_TOLERANCE = 0.02
#: A change of demand smaller than this part of it is none.
CHANGE_TOLERANCE = 0.0005
WORDS: dict[Tone, str] = {
    "good": "On track",
    "watch": "Watch",
    "act": "Act",
    "muted": "Not known",
    "plain": "",
}


@dataclass(frozen=True)
class Message:
    """What there is to say about one side of the plan."""

    topic: str
    text: str
    tone: Tone


def summary_page(meeting: Meeting) -> Page:
    """The plan in five messages, with what changed and what has to be decided."""
    found = messages(meeting)
    rows = tuple(
        (Cell(message.topic, "strong"), Cell(message.text), Cell(WORDS[message.tone], message.tone))
        for message in found
    )
    table = Table("", (Column("", 1.25), Column("", 7.4), Column("", 1.1)), rows, size=13)
    changes = Points("What changed since the last plan", tuple(map(Cell, changed(meeting))))
    asked = [
        question.short + ("" if np.isnan(question.value) else f" ({meeting.money(question.value)})")
        for question in open_questions(meeting)
    ]
    decide = Points(
        "Decisions required",
        tuple(map(Cell, asked)) if asked else (Cell("None: nothing is open and no gap has a price."),),
        more="Decisions required",
    )
    return Page(SECTION, headline(meeting, found), (table,), (changes, decide))


def headline(meeting: Meeting, found: list[Message]) -> str:
    """The title of the summary: revenue, and what needs action."""
    revenue = total(meeting.ahead(meeting.plan.revenue))
    acting = [message.topic.lower() for message in found if message.tone == "act"]
    first = (
        "The plan has no value yet: prices are missing"
        if np.isnan(revenue)
        else f"The plan brings revenue of {meeting.money(revenue)} in the {meeting.span}"
    )
    if acting:
        return f"{first}; {listed(acting)} {'needs' if len(acting) == 1 else 'need'} action"
    return f"{first}; nothing needs action today"


def messages(meeting: Meeting) -> list[Message]:
    """One message for each side of the plan that has something to say."""
    found = [_demand(meeting), _supply(meeting), _capacity(meeting), _finance(meeting), _service(meeting)]
    return [message for message in found if message is not None]


def _demand(meeting: Meeting) -> Message:
    plan, given = meeting.plan, meeting.plan.given
    missing = [f.code for f, known in zip(given.families, meeting.planned_families, strict=True) if not known]
    if missing:
        first = f"{sentence(_families(len(missing)))} without a forecast: {listed(missing)}."
        return Message("Demand", f"{first} Their demand counts as zero.", "act")
    demand = meeting.ahead(plan.demand_value)
    growth = meeting.growth
    parts = []
    if not np.isnan(demand).all():
        before = meeting.ahead(given.last_year(given.history)) * given.of_families("price")[:, None]
        both = ~np.isnan(before) & ~np.isnan(demand)
        change = share(float(demand[both].sum()), float(before[both].sum())) - 1
        text = f"Demand of the {meeting.span} is {meeting.money(total(demand))} at price"
        if both.any() and not np.isnan(change):
            text += f", {signed(percent(change))} against the same {meeting.horizon.kind}s a year before"
        parts.append(f"{text}.")
    known = np.flatnonzero(~np.isnan(growth))
    if known.size:
        most, least = (known[int(pick(growth[known]))] for pick in (np.argmax, np.argmin))
        code = given.families[most].code
        if growth[most] > 0:
            parts.append(f"{code} grows most ({signed(percent(growth[most]))}).")
        if growth[least] < 0:
            parts.append(f"{given.families[least].code} falls most ({percent(growth[least])}).")
    return Message("Demand", " ".join(parts) or "No price and no sales of a year before are known.", "plain")


def _supply(meeting: Meeting) -> Message:
    plan, given = meeting.plan, meeting.plan.given
    short = [
        f
        for f in range(len(given.families))
        if given.to_stock[f] and plan.projected_inventory[f].min() < -1e-6
    ]
    parts = []
    for f in short[:2]:
        family, inventory = given.families[f], plan.projected_inventory[f]
        first = given.horizon.planned[int(np.argmax(inventory < -1e-6))]
        parts.append(
            f"{family.code} runs out of stock in {day_of(first, given.horizon)}: "
            f"up to {-inventory.min():,.0f} {family.unit} short.".replace("  ", " ")
        )
    if len(short) > 2:
        parts.append(f"So do {listed([given.families[f].code for f in short[2:]])}.")
    if not short:
        parts.append("No family runs out of stock.")
    value, wanted, now = _inventories(meeting)
    if not np.isnan(value):
        end = day_of(given.horizon.planned[meeting.count - 1], given.horizon)
        parts.append(
            f"Inventory is {meeting.money(now)} today and {meeting.money(value)} at the end of {end}; "
            f"the target then is {meeting.money(wanted)}."
        )
    return Message("Supply", " ".join(parts), "act" if short else "good")


def _inventories(meeting: Meeting) -> tuple[float, float, float]:
    """Inventory at cost at the end of the next year, its target, and what is there today."""
    plan, given = meeting.plan, meeting.plan.given
    cost, last = given.of_families("unit_cost"), meeting.count - 1
    stocked = given.to_stock & ~np.isnan(cost)
    if not stocked.any():
        return (float("nan"),) * 3
    opening = np.maximum(given.of_families("opening_inventory"), 0.0) * cost
    return (
        float(plan.inventory_value[stocked, last].sum()),
        float((plan.target_inventory[:, last] * cost)[stocked].sum()),
        float(opening[stocked].sum()),
    )


def _capacity(meeting: Meeting) -> Message | None:
    given = meeting.plan.given
    if not given.resources:
        return None
    if np.isnan(given.capacity).all():
        return Message("Capacity", "No capacity is given: overloads cannot be found.", "muted")
    over = overloaded(meeting)
    if over:
        parts = [said_of(meeting, r) for r in over[:2]]
        if len(over) > 2:
            parts.append(f"{sentence(listed([given.resources[r].code for r in over[2:]]))} too.")
        return Message("Capacity", " ".join(parts), "act")
    used = meeting.plan.utilization
    if np.isnan(used).all():
        return Message("Capacity", "Nothing is loaded and nothing has a capacity above zero.", "muted")
    r, t = np.unravel_index(int(np.nanargmax(used)), used.shape)
    peak = day_of(given.horizon.planned[int(t)], given.horizon)
    text = f"Every resource with a capacity can carry the plan; the fullest is {given.resources[r].code}, "
    return Message("Capacity", f"{text}{percent(used[r, t])} in {peak}.", "good")


def _finance(meeting: Meeting) -> Message:
    plan = meeting.plan
    revenue, margin = total(meeting.ahead(plan.revenue)), total(meeting.ahead(plan.margin))
    if np.isnan(revenue):
        return Message("Money", "No price is given: the plan has no value yet.", "muted")
    text = f"Revenue of the {meeting.span} is {meeting.money(revenue)}"
    if not np.isnan(margin):
        text += f", margin {meeting.money(margin)} ({percent(share(margin, revenue))} of it)"
    gap = total(meeting.ahead(meeting.budget_gap))
    if np.isnan(gap):
        return Message("Money", f"{text}. No budget is given to compare with.", "plain")
    known = ~np.isnan(meeting.ahead(meeting.budget_gap))
    budget = float(meeting.ahead(plan.given.budget_revenue)[known].sum())
    part = share(gap, budget)
    side = "above" if gap >= 0 else "below"
    text += f". That is {meeting.money(abs(gap))} {side} budget ({signed(percent(part))})."
    by_family = totals(meeting.ahead(meeting.budget_gap))
    if gap < 0 and np.nanmin(by_family) < 0:
        worst = int(np.nanargmin(by_family))
        text += f" {plan.given.families[worst].code} misses most: {meeting.money(float(by_family[worst]))}."
    tone: Tone = "good" if gap >= 0 else "act" if part < -BUDGET_TOLERANCE else "watch"
    return Message("Money", text, tone)


def _service(meeting: Meeting) -> Message:
    measures = [meeting.measures[key] for key in ("on_time", "fill_rate", "otif")]
    known = [measure for measure in measures if not np.isnan(measure.value)]
    if not known:
        return Message("Service", "No order lines with a promise are given: service is not known.", "muted")
    said = []
    for measure in known:
        aim = "" if np.isnan(measure.target) else f" (target {percent(measure.target)})"
        said.append(f"{measure.label.lower()} {percent(measure.value)}{aim}")
    states = {measure.status for measure in known}
    tone: Tone = "act" if "RED" in states else "watch" if "AMBER" in states else "good"
    return Message("Service", f"{sentence('; '.join(said))}.", tone)


def changed(meeting: Meeting) -> list[str]:
    """What is different from the last published plan, over the buckets that both have."""
    plan, given = meeting.plan, meeting.plan.given
    both = ~np.isnan(given.previous_demand)
    if not both.any():
        return ["No earlier plan is published: there is nothing to compare with."]
    said: list[str] = []
    before, after = (np.where(both, v, np.nan) for v in (given.previous_demand, plan.consensus_demand))
    price = given.of_families("price")[:, None]
    buckets = meeting.buckets(int(both.any(axis=0).sum()))
    value, moved = total(before * price), total((after - before) * price)
    if not np.isnan(value):
        said.append(
            f"Demand at price: {signed(meeting.money(moved))} ({signed(percent(share(moved, value)))}) "
            f"over the {buckets} that both plans cover."
        )
    sold = plan.revenue - given.previous_revenue
    if not np.isnan(sold).all():
        was = float(given.previous_revenue[~np.isnan(sold)].sum())
        said.append(
            f"Revenue: {signed(meeting.money(total(sold)))} ({signed(percent(share(total(sold), was)))}) "
            f"over {meeting.buckets(int((~np.isnan(sold)).any(axis=0).sum()))}."
        )
    movers = _movers(meeting, totals(before), totals(after))
    said += movers or ["No family's demand changed."]
    new = [f.code for f, known in zip(given.families, np.asarray(both.any(axis=1)), strict=True) if not known]
    if new:
        said.append(f"Not in the last plan: {listed(new)}.")
    overrides = int((~np.isnan(given.sales_override) | ~np.isnan(given.marketing_override)).sum())
    made = int((~np.isnan(given.production_override)).sum())
    said.append(
        f"Typed by hand: {counted(overrides, 'override')} of demand, {counted(made, 'override')} of production."
    )
    return said


def _movers(meeting: Meeting, before: Array, after: Array) -> list[str]:
    """The families whose demand changed most, at price where there is one."""
    given = meeting.plan.given
    change = after - before
    weight = np.abs(change * np.nan_to_num(given.of_families("price"), nan=1.0))
    order = [
        int(f)
        for f in np.argsort(-np.nan_to_num(weight))
        if abs(change[f]) > CHANGE_TOLERANCE * abs(before[f])
    ]
    said = []
    for f in order[:3]:
        family = given.families[f]
        part = share(float(change[f]), float(before[f]))
        size = f"{signed(f'{change[f]:,.0f}'.replace('-', '−'))} {family.unit}".strip()
        said.append(f"{family.code}: {size}" + ("." if np.isnan(part) else f" ({signed(percent(part))})."))
    return said


def _families(count: int) -> str:
    return counted(count, "family is", "families are")
