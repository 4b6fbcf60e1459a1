"""The measures of the cycle: value, target, light, definition."""

from __future__ import annotations

import numpy as np

from sop_xl.model import Measure
from sop_xl.pack.content import Cell, Column, Page, Table, Tone
from sop_xl.pack.meeting import Meeting
from sop_xl.pack.words import NONE, listed, number, percent

SECTION = "KPIs"
LIGHTS: dict[str, tuple[str, Tone]] = {
    "GREEN": ("On target", "good"),
    "AMBER": ("Watch", "watch"),
    "RED": ("Act", "act"),
    "NO TARGET": ("No target", "muted"),
    "NOT DEFINED": ("Not defined", "muted"),
}

#: What a good value is, before the target.
GOOD = {"high": "≥", "low": "≤", "within": "±", "near": "≈"}


def shown(measure: Measure, value: float) -> str:
    """The value or the target of a measure in its unit."""
    if np.isnan(value):
        return NONE
    return percent(value) if measure.unit == "fraction" else number(value, 1)


def kpi_page(meeting: Meeting) -> Page:
    """All measures in one table."""
    columns = (
        Column("Measure", 2.1),
        Column("Value", 0.9, right=True),
        Column("Target", 0.95, right=True),
        Column("Light", 1.1),
        Column("Calculated from", 3.5),
        Column("Definition", 4.2),
    )
    rows = tuple(
        (
            Cell(measure.label + ("" if measure.unit == "fraction" else f", {measure.unit}"), "strong"),
            Cell(shown(measure, measure.value), "strong"),
            Cell(f"{GOOD[measure.better]} {shown(measure, measure.target)}"),
            Cell(*LIGHTS[measure.status]),
            Cell(measure.basis),
            Cell(measure.definition, "muted"),
        )
        for measure in meeting.measures.measures
    )
    note = "On target: reached. Watch: missed by at most a twentieth of the target. Act: missed by more."
    return Page(SECTION, _title(meeting), (Table("", columns, rows, size=10.5),), note=note)


def _title(meeting: Meeting) -> str:
    measures = meeting.measures.measures
    known = [measure for measure in measures if measure.status in ("GREEN", "AMBER", "RED")]
    if not known:
        return "No measure is defined yet: there is nothing to measure"
    reached = sum(measure.status == "GREEN" for measure in known)
    red = [measure.label.lower() for measure in known if measure.status == "RED"]
    amber = [measure.label.lower() for measure in known if measure.status == "AMBER"]
    first = f"{reached} of {len(known)} measures are on target"
    if red:
        return f"{first}; act on {listed(red, 3)}"
    return f"{first}; watch {listed(amber, 3)}" if amber else first
