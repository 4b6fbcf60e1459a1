"""Reconcile: the gaps of the plan, and priced moves for those that nobody has accepted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sop_xl.checks import Rows
from sop_xl.commands.cycle import Cycle
from sop_xl.commands.outcome import Outcome, counted
from sop_xl.model import Gap
from sop_xl.process.gaps import find_gaps
from sop_xl.process.moves import NOWHERE
from sop_xl.process.proposals import Proposal, propose_moves
from sop_xl.workbook import layout
from sop_xl.workbook.codes import key_of
from sop_xl.workbook.read import Workbook
from sop_xl.workbook.write import or_blank, write_table

APPLIED = "APPLIED"
#: A gap that grew by no more than this is the one that was accepted.
GROWTH = 1e-6
#: An accepted move whose quantity changed by no more than this is the one that was agreed.
SAME = 0.01

Content = tuple[str, ...]


@dataclass(frozen=True)
class Agreed:
    """What planners typed beside a proposal, and the quantity it was for."""

    id: str
    accept: str
    owner: str | None
    reason: str | None
    size: float


def reconcile_step(cycle: Cycle) -> Outcome:
    """The gaps into tblGaps, moves for the open ones into tblProposals."""
    outcome = Outcome("reconcile")
    workbook, plan = cycle.workbook, cycle.plan
    before, old = records(workbook.rows("tblGaps")), records(workbook.rows("tblProposals"))
    gaps = find_gaps(plan, cycle.evidence)
    settled = accepted_gaps(workbook, gaps)
    write_table(workbook, "tblGaps", [_gap_line(i, gap, i in settled) for i, gap in enumerate(gaps)])
    open_gaps = ((i, gap) for i, gap in enumerate(gaps) if i not in settled)
    proposals = propose_moves(plan, open_gaps, cycle.evidence)
    _write_proposals(cycle, gaps, proposals, before, old, outcome)
    kinds: dict[str, int] = {}
    for gap in gaps:
        kinds[gap.kind] = kinds.get(gap.kind, 0) + 1
    listed = ", ".join(f"{number} {kind}" for kind, number in kinds.items())
    outcome.lines[:0] = [
        f"{counted(len(gaps), 'gap')} to reconcile: {listed}."
        if gaps
        else "No gaps: the plan holds together."
    ]
    if settled:
        outcome.say(f"{counted(len(settled), 'gap is', 'gaps are')} accepted.")
    if moves := sum(proposal.move.kind != "accept" for proposal in proposals):
        outcome.say(
            f"{counted(moves, 'priced move')} on Reconcile: put Y under Accept, then apply-proposals."
        )
    outcome.data = {
        "gaps": [{**vars(gap), "accepted": i in settled} for i, gap in enumerate(gaps)],
        "proposals": len(proposals),
    }
    return outcome


def gap_id(number: int) -> str:
    """Id of a gap in tblGaps, counted from 0."""
    return f"G{number + 1:03d}"


def accepted_gaps(workbook: Workbook, gaps: Iterable[Gap]) -> set[int]:
    """Gaps that somebody answers for: the same kind, place and bucket, and not larger than accepted."""
    sizes = {
        place_of(row["Kind"], row["Family/Resource"], row["Bucket"]): row["Size"]
        for row in records(workbook.rows("tblAcceptedGaps"))
        if isinstance(row["Size"], float)
    }
    found = set()
    for i, gap in enumerate(gaps):
        limit = sizes.get(place_of(gap.kind, gap.subject, gap.bucket))
        if limit is not None and abs(gap.size) <= abs(limit) * (1 + GROWTH) + GROWTH:
            found.add(i)
    return found


def records(rows: Rows) -> list[dict[str, Any]]:
    """The rows of a table, each by header."""
    headers = layout.TABLES[rows.table].headers
    return [{header: rows[header][i] for header in headers} for i in range(len(rows))]


def place_of(kind: Any, subject: Any, bucket: Any) -> Content:
    """What a gap is, whatever its number and size."""
    return key_of(kind), key_of(subject), bucket.isoformat() if isinstance(bucket, date) else ""


def _gap_line(i: int, gap: Gap, accepted: bool) -> list[Any]:
    numbers = [gap.size, gap.unit, or_blank(gap.value)]
    state = "ACCEPTED" if accepted else "OPEN"
    return [gap_id(i), gap.kind, gap.subject, gap.bucket, *numbers, gap.owner, gap.what, state]


def _write_proposals(
    cycle: Cycle,
    gaps: list[Gap],
    proposals: list[Proposal],
    gaps_before: list[dict[str, Any]],
    old: list[dict[str, Any]],
    outcome: Outcome,
) -> None:
    """The new proposals below those that are applied; what planners agreed goes with the content of a move."""
    first = cycle.horizon.planned[0].end
    headers = layout.TABLES["tblProposals"].headers
    done = [
        row
        for row in old
        if row["State"] == APPLIED
        and any(isinstance(row[h], date) and row[h] >= first for h in ("From", "To"))
    ]
    places = {row["Id"]: place_of(row["Kind"], row["Family/Resource"], row["Bucket"]) for row in gaps_before}
    agreed = {
        (*places.get(row["Gap"], ("", "", "")), *_content(row)): Agreed(
            row["Id"], row["Accept"], row["Owner"], row["Reason"], _size(row)
        )
        for row in old
        if row["Accept"] and row["State"] != APPLIED
    }
    lines = [[row[header] for header in headers] for row in done]
    taken = [int(row["Id"][1:]) for row in done if str(row["Id"])[1:].isdigit()]
    for number, proposal in enumerate(proposals, start=max(taken, default=0) + 1):
        gap = gaps[proposal.gap]
        line = _proposal_line(cycle, f"P{number:03d}", proposal)
        row = dict(zip(headers, line, strict=True))
        match = agreed.pop((*place_of(gap.kind, gap.subject, gap.bucket), *_content(row)), None)
        if match and abs(_size(row) - match.size) <= SAME * abs(match.size):
            row |= {"Accept": match.accept, "Owner": match.owner, "Reason": match.reason}
        elif match and match.accept == "Y":
            outcome.say(f"{match.id} was accepted for {match.size:,.1f} and is now {row['Id']}: agree again.")
        lines.append([row[header] for header in headers])
    lost = [match.id for match in agreed.values() if match.accept == "Y"]
    if lost:
        outcome.say(f"Accepted, but not proposed any more: {', '.join(lost)}.")
    write_table(cycle.workbook, "tblProposals", lines)


def _content(row: dict[str, Any]) -> Content:
    """What a move is, whatever its number and size."""
    days = (row[h].isoformat() if isinstance(row[h], date) else "" for h in ("From", "To"))
    return (key_of(row["Move"]), key_of(row["Family"]), key_of(row["Resource"]), *days)


def _size(row: dict[str, Any]) -> float:
    return float(next((row[h] for h in ("Quantity", "Hours") if isinstance(row[h], float)), 0.0))


def _proposal_line(cycle: Cycle, id: str, proposal: Proposal) -> list[Any]:
    given, move, effect = cycle.given, proposal.move, proposal.effect
    place = [id, gap_id(proposal.gap), move.kind]
    if move.kind == "accept":
        return [*place, *[None] * 6, or_blank(proposal.loss), 0.0, 0.0, 0.0, 0.0, proposal.what, *[None] * 4]
    ends = [bucket.end for bucket in given.horizon.planned]
    buckets: tuple[date | None, date | None] = (None, None)
    if move.kind != "refresh":
        buckets = (None if move.source == NOWHERE else ends[move.source], ends[move.target])
    return [
        *place,
        given.families[move.family].code if move.family >= 0 else None,
        given.resources[move.resource].code if move.resource >= 0 else None,
        *buckets,
        float(move.units) if move.family >= 0 else None,
        float(move.hours) if move.hours else None,
        effect.cost,
        effect.inventory,
        effect.load,
        or_blank(effect.service),
        effect.money,
        proposal.what,
        *[None] * 4,
    ]
