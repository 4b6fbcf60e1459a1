"""What the plan takes for granted, and what is on its way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sop_xl.buckets import Horizon
from sop_xl.pack.content import Cell, Column, Page, Points, Table
from sop_xl.pack.decisions import SETTLED, date_of, text_of
from sop_xl.pack.meeting import Meeting, Row
from sop_xl.pack.words import NONE, counted, day_of, number, sentence, signed

SECTION = "Assumptions and risks"


def effect_of(row: Mapping[str, Any]) -> str:
    """What an event does to demand.

    >>> effect_of({"Factor": 1.2, "Quantity": None}), effect_of({"Factor": None, "Quantity": -50.0})
    ('× 1.2', '−50')
    """
    parts = [] if row["Factor"] is None else [f"× {row['Factor']:g}"]
    if row["Quantity"] is not None:
        parts.append(signed(number(row["Quantity"])))
    return ", ".join(parts) or NONE


def event_text(row: Mapping[str, Any], horizon: Horizon) -> str:
    """An event in one line."""
    when = day_of(horizon.bucket_of(row["Bucket"]), horizon)
    reason = f": {row['Reason']}" if row["Reason"] else ""
    return f"{when}, {row['Kind']} ({effect_of(row)}){reason}"


def assumption_text(row: Row) -> str:
    """An assumption in one line."""
    return f"Assumption {row['Id']}: {text_of(row['Trigger'])} ({range_of(row)})"


def range_of(row: Row) -> str:
    """Low, likely and high, as they were typed.

    >>> range_of({"Low": 0.04, "Likely": 0.075, "High": None})
    'low 0.04, likely 0.075'
    """
    known = [
        f"{name.lower()} {row[name]:g}".replace("-", "−")
        for name in ("Low", "Likely", "High")
        if row[name] is not None
    ]
    return ", ".join(known) or "no range"


def coming_events(meeting: Meeting, codes: Iterable[str]) -> list[dict[str, object]]:
    """Events of families in planned buckets, in the order of time."""
    wanted = {code.casefold() for code in codes}
    found = [
        dict(row)
        for row in meeting.rows["tblEvents"]
        if str(row["Family"]).casefold() in wanted and meeting.horizon.position(row["Bucket"]) is not None
    ]
    return sorted(found, key=lambda row: str(meeting.horizon.bucket_of(row["Bucket"]).end))


def assumption_pages(meeting: Meeting) -> list[Page]:
    """Assumptions, events to come, initiatives."""
    codes = [family.code for family in meeting.plan.given.families]
    assumptions = [row for row in meeting.rows["tblAssumptions"] if _matters(row)]
    initiatives = [row for row in meeting.rows["tblInitiatives"] if _matters(row)]
    events = coming_events(meeting, codes)
    pages = []
    if assumptions:
        title = sentence(counted(len(assumptions), "assumption carries", "assumptions carry"))
        pages.append(
            Page(
                SECTION,
                f"{title} the plan; each has a trigger that would change it",
                (_assumed(assumptions),),
            )
        )
    if events:
        title = sentence(counted(len(events), "coming event is", "coming events are"))
        pages.append(Page(SECTION, f"{title} in the demand of the plan", (_events(meeting, events),)))
    if initiatives:
        title = sentence(counted(len(initiatives), "initiative", "initiatives"))
        pages.append(
            Page(
                SECTION,
                f"{title} will change demand, capacity or money",
                (_initiatives(initiatives),),
                note="Effects as their owners state them; they count in the plan only where somebody entered them.",
            )
        )
    if not pages:
        text = "Assumptions, events and initiatives are written on the sheet Events."
        pages.append(
            Page(
                SECTION,
                "No assumption, event or initiative is written down",
                side=(Points("", (Cell(text),)),),
            )
        )
    return pages


def _matters(row: Row) -> bool:
    return text_of(row["State"]).upper() not in SETTLED - {"APPROVED"}


def _assumed(rows: list[Row]) -> Table:
    columns = (
        Column("Id", 0.6),
        Column("Family", 1.3),
        Column("From", 1.1),
        Column("To", 1.1),
        Column("Low", 0.75, right=True),
        Column("Likely", 0.75, right=True),
        Column("High", 0.75, right=True),
        Column("What, and its trigger", 4.2),
        Column("Owner", 1.4),
        Column("State", 0.9),
    )

    def typed(value: float | None) -> Cell:
        return Cell(NONE if value is None else f"{value:g}".replace("-", "−"))

    lines = tuple(
        (
            Cell(text_of(row["Id"]), "muted"),
            Cell(text_of(row["Family"]) or "all", "strong"),
            Cell(date_of(row["From"])),
            Cell(date_of(row["To"])),
            typed(row["Low"]),
            typed(row["Likely"]),
            typed(row["High"]),
            Cell(text_of(row["Trigger"]) or NONE),
            Cell(text_of(row["Owner"]) or NONE),
            Cell(text_of(row["State"]) or NONE),
        )
        for row in rows
    )
    return Table("", columns, lines)


def _events(meeting: Meeting, rows: list[dict[str, Any]]) -> Table:
    columns = (
        Column("When", 1.6),
        Column("Family", 1.5),
        Column("Kind", 1.2),
        Column("Effect on demand", 1.5, right=True),
        Column("Reason", 4.6),
        Column("Owner", 1.6),
    )
    lines = tuple(
        (
            Cell(sentence(day_of(meeting.horizon.bucket_of(row["Bucket"]), meeting.horizon))),
            Cell(text_of(row["Family"]), "strong"),
            Cell(text_of(row["Kind"])),
            Cell(effect_of(row)),
            Cell(text_of(row["Reason"]) or NONE),
            Cell(text_of(row["Owner"]) or NONE),
        )
        for row in rows
    )
    return Table("", columns, lines)


def _initiatives(rows: list[Row]) -> Table:
    columns = (
        Column("Id", 0.6),
        Column("Initiative", 3.2),
        Column("From", 1.1),
        Column("Effect on demand", 2.1),
        Column("Effect on capacity", 2.1),
        Column("Effect on money", 2.1),
        Column("Owner", 1.3),
        Column("State", 1.0),
    )
    kept = ("Effect on demand", "Effect on capacity", "Effect on money", "Owner", "State")
    lines = tuple(
        (
            Cell(text_of(row["Id"]), "muted"),
            Cell(text_of(row["Initiative"]), "strong"),
            Cell(date_of(row["From"])),
            *(Cell(text_of(row[header]) or NONE) for header in kept),
        )
        for row in rows
    )
    return Table("", columns, lines)
