"""Decisions required, those taken, and actions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

from sop_xl.model import Gap
from sop_xl.pack.capacity import overloaded, relief, said_of
from sop_xl.pack.content import Cell, Column, Page, Points, Table
from sop_xl.pack.meeting import Meeting, Row
from sop_xl.pack.words import NONE, counted, day_of, listed, number, percent, sentence

SECTION, ACTIONS = "Decisions required", "Actions"
#: Lines to write on where no action is open.
EMPTY_LINES = 8
#: States, in capitals, of decisions and actions that are settled.
SETTLED = {"CLOSED", "DONE", "DECIDED", "CANCELLED", "APPROVED", "REJECTED"}


@dataclass(frozen=True)
class Question:
    """Something the meeting has to decide.

    Attributes:
        short: the question in a few words.
        value: what it is about in money, NaN where that is not known.
    """

    id: str
    short: str
    text: str
    options: str
    value: float
    owner: str
    due: str


def open_questions(meeting: Meeting) -> list[Question]:
    """Open decisions as written down, then what the gaps ask for, the most money first."""
    written = [
        Question(
            text_of(row["Id"]),
            text_of(row["Question"]),
            text_of(row["Question"]),
            text_of(row["Options with money"]),
            float("nan"),
            text_of(row["Decided by"]),
            date_of(row["Due"]),
        )
        for row in meeting.rows["tblDecisions"]
        if not row["Decision"] and is_open(row)
    ]
    asked = [*_capacity(meeting), *_families(meeting)]
    return [*written, *sorted(asked, key=lambda question: -abs(np.nan_to_num(question.value)))]


def is_open(row: Row) -> bool:
    """Whether a decision or an action is not settled."""
    return str(row["State"] or "").strip().upper() not in SETTLED


def _capacity(meeting: Meeting) -> list[Question]:
    """One question for each over-loaded resource: overtime, making earlier, or less."""
    plan, found = meeting.plan, []
    for r in overloaded(meeting):
        resource = plan.given.resources[r]
        gaps = [gap for gap in meeting.gaps if gap.kind == "capacity" and gap.subject == resource.code]
        if not gaps:
            continue
        values = [gap.value for gap in gaps if not np.isnan(gap.value)]
        first = int(np.argmax(plan.short[r] > 0))
        spare = np.nan_to_num(plan.given.available[r] - plan.load[r])[:first].clip(min=0).sum()
        earlier = (
            f"{spare:,.0f} {resource.unit} are free before the first overload: make earlier."
            if spare > 0
            else "Nothing is free before the first overload: making earlier does not help."
        )
        found.append(
            Question(
                _ids(meeting, gaps),
                f"How to cover {plan.short[r].sum():,.0f} {resource.unit} of {resource.code}?",
                f"How is the overload of {resource.code} covered? {said_of(meeting, r)}",
                f"{relief(meeting, r)} {earlier} Else subcontract, or ship less.",
                float(sum(values)) if values else float("nan"),
                gaps[0].owner,
                NONE,
            )
        )
    return found


_ASKED = {
    "inventory": "Accept that {} runs out of stock?",
    "service": "Accept less service of {} than the target?",
    "budget": "How to close the gap of {} to budget?",
}


def _families(meeting: Meeting) -> list[Question]:
    """One question for each family and kind of gap that has a price."""
    found: dict[tuple[str, str], list[Gap]] = {}
    for gap in meeting.gaps:
        if gap.kind in _ASKED and not np.isnan(gap.value):
            found.setdefault((gap.kind, gap.subject), []).append(gap)
    index = {family.code: f for f, family in enumerate(meeting.plan.given.families)}
    options = {"inventory": _more_stock, "service": _more_service, "budget": _more_revenue}
    return [
        Question(
            _ids(meeting, gaps),
            _ASKED[kind].format(subject),
            f"{_ASKED[kind].format(subject)} {' '.join(gap.what for gap in gaps[:2])}",
            options[kind](meeting, index[subject], gaps),
            sum(gap.value for gap in gaps),
            gaps[0].owner,
            NONE,
        )
        for (kind, subject), gaps in found.items()
    ]


def _more_stock(meeting: Meeting, f: int, gaps: list[Gap]) -> str:
    """What it takes to make the missing units in time: hours of every resource, and how many are free by then."""
    plan, family = meeting.plan, meeting.plan.given.families[f]
    inventory = plan.projected_inventory[f]
    lowest = int(np.argmin(inventory))
    units = -float(inventory[lowest])
    when = day_of(meeting.horizon.planned[lowest], meeting.horizon)
    needs = []
    for line in plan.given.bill:
        if line.family != f or not line.hours:
            continue
        resource, until = plan.given.resources[line.resource], lowest - line.offset + 1
        spare = plan.given.available[line.resource] - plan.load[line.resource]
        known = spare[: max(until, 0)]
        free = "not known" if np.isnan(known).any() else number(known.clip(min=0).sum())
        needs.append(
            f"{number(units * line.hours, 1)} {resource.unit} of {resource.code} (free until then: {free})"
        )
    text = f"Make {number(units)} {family.unit} more by {when}".replace("  ", " ")
    return f"{text}{': ' + listed(needs, 3) if needs else ''}; or deliver late."


def _more_service(meeting: Meeting, f: int, gaps: list[Gap]) -> str:
    family, size = meeting.plan.given.families[f], sum(gap.size for gap in gaps)
    return f"Have {number(size)} {family.unit} ready earlier, or lower the target of {percent(family.service_target)}."


def _more_revenue(meeting: Meeting, f: int, gaps: list[Gap]) -> str:
    """How much more price or volume would close the gap, each by itself."""
    plan, family = meeting.plan, meeting.plan.given.families[f]
    known = ~np.isnan(meeting.budget_gap[f])
    planned, missing = float(plan.revenue[f][known].sum()), -sum(gap.value for gap in gaps)
    # The gap is one of revenue, or of margin where the revenue is met, or of quantity where both are.
    of_revenue = bool(np.isclose(missing, -float(meeting.budget_gap[f][known].sum())))
    worth = family.price if of_revenue or gaps[0].unit != "money" else family.price - family.unit_cost
    units = f"sell {number(missing / worth)} {family.unit} more".rstrip() if worth > 0 else ""
    price = (
        f"raise the price by {percent(missing / planned)}" if planned > 0 and gaps[0].unit == "money" else ""
    )
    ways = [way for way in (units, price) if way]
    return sentence(f"{', '.join([*ways, 'or accept a new outlook'])}.")


def _ids(meeting: Meeting, gaps: list[Gap]) -> str:
    """Numbers of gaps as Reconcile gives them in tblGaps."""
    numbers = [i for i, gap in enumerate(meeting.gaps, start=1) if any(gap is one for one in gaps)]
    first = f"G{numbers[0]:03d}"
    return first if len(numbers) == 1 else f"{first} +{len(numbers) - 1}"


def decision_page(meeting: Meeting) -> Page:
    """What has to be decided, each with its money and options."""
    questions = open_questions(meeting)
    if not questions:
        return Page(
            SECTION,
            "No decision is required: nothing is open and no gap has a price",
            side=(Points("", (Cell("Open questions are written into tblDecisions, sheet Decisions."),)),),
        )
    worth = max((abs(question.value) for question in questions if not np.isnan(question.value)), default=0.0)
    title = sentence(counted(len(questions), "decision is", "decisions are")) + " required"
    if worth:
        title += f"; the largest is about {meeting.money(worth)}"
    columns = (
        Column("Id", 0.9),
        Column("What has to be decided", 4.6),
        Column("Options", 3.6),
        Column("Money", 1.15, right=True),
        Column("Owner", 1.3),
        Column("Due", 1.05),
    )
    rows = tuple(
        (
            Cell(question.id, "muted"),
            Cell(question.text),
            Cell(question.options),
            Cell(meeting.money(question.value), "strong"),
            Cell(question.owner or NONE),
            Cell(question.due),
        )
        for question in questions
    )
    note = (
        "Ids G… are the gaps of sheet Reconcile. Money: revenue at stake; a capacity gap is valued by the revenue of "
        "what does not fit. Gaps can overlap."
    )
    return Page(SECTION, title, (Table("", columns, rows),), note=note)


def action_page(meeting: Meeting) -> Page:
    """Who does what by when, and what was decided lately."""
    actions = [row for row in meeting.rows["tblActions"] if is_open(row)]
    end = meeting.cover.at.date()
    late = [row for row in actions if isinstance(row["Due"], date) and row["Due"] < end]
    columns = (
        Column("Id", 0.8),
        Column("Action", 5.5),
        Column("Owner", 1.8),
        Column("Due", 1.4),
        Column("State", 1.6),
        Column("Decision", 1.2),
    )
    rows = tuple(
        (
            Cell(text_of(row["Id"]), "muted"),
            Cell(text_of(row["Action"])),
            Cell(text_of(row["Owner"]) or NONE),
            Cell(date_of(row["Due"])),
            Cell("Late", "act") if row in late else Cell(text_of(row["State"]) or "open"),
            Cell(text_of(row["Decision"]) or NONE),
        )
        for row in actions
    )
    taken = tuple(
        Cell(f"{text_of(row['Id'])}: {text_of(row['Question'])} {text_of(row['Decision'])}".strip())
        for row in meeting.rows["tblDecisions"]
        if row["Decision"] and _recent(row["Date"], end)
    )
    main = (Table("", columns, rows),) if rows else ()
    side = (Points("Decided in the last 90 days", taken, more="the sheet Decisions"),) if taken else ()
    if not rows:
        lines = Table("", columns, ((Cell(""),) * len(columns),) * EMPTY_LINES, size=14)
        note = "The meeting writes its actions here; the process owner puts them into tblActions, sheet Decisions."
        return Page(ACTIONS, "No action is open; those of this meeting go here", (lines,), side, note=note)
    title = sentence(counted(len(actions), "action is", "actions are")) + " open"
    return Page(ACTIONS, f"{title}, {len(late) or 'none'} of them late", main, side)


def _recent(value: Any, end: date) -> bool:
    return isinstance(value, date) and end - timedelta(90) <= value <= end


def text_of(value: Any) -> str:
    """A cell as text; nothing is an empty text."""
    return "" if value is None else str(value).strip()


def date_of(value: Any) -> str:
    """A date as text."""
    return f"{value:%Y-%m-%d}" if isinstance(value, date) else text_of(value) or NONE
