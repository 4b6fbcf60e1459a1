"""The pages of a pack, in the order of the meeting."""

from __future__ import annotations

from sop_xl.pack import assumptions, capacity, decisions, families, financials, performance, summary
from sop_xl.pack.content import AgendaPoint, Cell, Column, PackContent, Table
from sop_xl.pack.meeting import Meeting
from sop_xl.pack.words import NONE

AGENDA: tuple[AgendaPoint, ...] = (
    AgendaPoint(summary.SECTION, "What changed since the last plan, and what needs action"),
    AgendaPoint(families.OVERVIEW, "Demand, supply, stock and money of every family in one table"),
    AgendaPoint(families.SECTION, "One page each: agree on demand, production and stock"),
    AgendaPoint(capacity.SECTION, "Can the plan be made? Where not, what helps?"),
    AgendaPoint(financials.SECTION, "Does the plan reach the budget? Which families make the gap?"),
    AgendaPoint(performance.SECTION, "How well did we plan and deliver?"),
    AgendaPoint(decisions.SECTION, "Decide, with the money and the options of each question"),
    AgendaPoint(assumptions.SECTION, "What do we take for granted, and what would change the plan?"),
    AgendaPoint(decisions.ACTIONS, "Who does what by when"),
)


def content_of(meeting: Meeting) -> PackContent:
    """Everything the pack of a meeting says."""
    pages = (
        summary.summary_page(meeting),
        families.overview_page(meeting),
        *families.family_pages(meeting),
        *capacity.capacity_pages(meeting),
        *financials.finance_pages(meeting),
        performance.kpi_page(meeting),
        decisions.decision_page(meeting),
        *assumptions.assumption_pages(meeting),
        decisions.action_page(meeting),
    )
    return PackContent(meeting.cover, AGENDA, _steps(meeting), pages)


def _steps(meeting: Meeting) -> Table:
    """Where the cycle stands, from tblSteps."""
    rows = []
    for row in meeting.rows["tblSteps"]:
        state = decisions.text_of(row["State"]) or "OPEN"
        signed = decisions.text_of(row["Signed by"])
        rows.append(
            (
                Cell(decisions.text_of(row["Step"])),
                Cell(decisions.text_of(row["Owner"]) or NONE),
                Cell(
                    state.capitalize() + (f", {signed}" if signed else ""),
                    "good" if state == "APPROVED" else "plain",
                ),
            )
        )
    columns = (Column("Step", 2.0), Column("Owner", 1.6), Column("State", 1.5))
    return Table("Where the cycle stands", columns, tuple(rows))
