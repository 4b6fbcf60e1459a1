"""Apply proposals: make all accepted moves together, or none of them."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import xlwings as xw
from numpy.typing import NDArray

from sop_xl.checks import Issue
from sop_xl.commands.cycle import Cycle, today
from sop_xl.commands.outcome import Outcome, Progress, counted, silent
from sop_xl.commands.reconcile import APPLIED, place_of, records
from sop_xl.commands.steps import capacity_step, reconcile_step, value_step
from sop_xl.errors import ChecksFailed, WorkbookError
from sop_xl.model import Array, Plan, PlanInput
from sop_xl.process.agreement import Conflict, conflicts
from sop_xl.process.evidence import NOTHING
from sop_xl.process.gaps import find_gaps
from sop_xl.process.moves import (
    AGREED,
    BOOKED,
    NOWHERE,
    PRODUCED,
    Change,
    Move,
    Shop,
    apply_moves,
    changes,
)
from sop_xl.process.planning import build
from sop_xl.workbook import layout
from sop_xl.workbook.codes import key_of
from sop_xl.workbook.write import write_table

#: What the plan in the workbook may differ by from the one that was agreed, relative to its numbers.
EXACT = 1e-9
#: What a new forecast or the items' sum may do otherwise than its row says, relative to the result of the plan.
STATED = 1e-9


@dataclass(frozen=True)
class Accepted:
    """A row of tblProposals that somebody accepted.

    Attributes:
        row: its sheet row.
        line: its cells by header.
        gap: the row of tblGaps it is for, empty where that is gone.
    """

    row: int
    line: dict[str, Any]
    gap: dict[str, Any]
    move: Move

    @property
    def owner(self) -> str:
        """Who answers for it."""
        return str(self.line["Owner"] or self.gap.get("Owner") or getpass.getuser())

    @property
    def reason(self) -> str:
        """Why it is made, for those who find it in the workbook later."""
        what = self.gap.get("What", self.line["Gap"])
        return str(self.line["Reason"] or f"{self.line['Id']} {self.line['Move']}: {what}")


def apply_proposals(book: xw.Book, progress: Progress = silent) -> Outcome:
    """Make every accepted move, together.

    Production moves by production overrides, hours are booked in tblExtraCapacity, demand is shaped by an event or
    by the marketing override, a forecast is made anew, items and families agree, an accepted gap is noted in
    tblAcceptedGaps.

    Raises:
        ChecksFailed: a row cannot be read, or the moves do not fit together; lists every one, nothing is changed.
        WorkbookError: the plan in the workbook is not the one agreed; nothing is saved.
    """
    cycle = Cycle(book, progress)
    cycle.require_clean()
    outcome = Outcome("apply-proposals")
    accepted = _read(cycle)
    if not accepted:
        outcome.changed = False
        outcome.say("No proposal is accepted: put Y under Accept on Reconcile.")
        outcome.data = {"applied": []}
        return outcome
    before, moves = cycle.plan, [one.move for one in accepted]
    # A new forecast is made only where somebody accepted one.
    evidence = cycle.evidence if any(move.kind in AGREED for move in moves) else NOTHING
    if found := [*_outdated(cycle, accepted), *conflicts(before, moves, evidence)]:
        raise ChecksFailed([_refused(accepted, *conflict) for conflict in found])
    wanted = build(apply_moves(before, moves, evidence))
    progress("Applying the moves", 0.4)
    cycle.note_typed(outcome)
    _write(cycle, accepted, wanted.given)
    after = Cycle(book, progress)
    _agree(after, cycle, wanted.given, moves)
    _require_same(after.plan, wanted)
    after.reason = f"Accepted proposals: {', '.join(str(one.line['Id']) for one in accepted)}"
    _settle(after, accepted)
    for one in accepted:
        outcome.say(f"{one.line['Id']}: {one.line['Effect']}")
    _sum_up(outcome, before, after.plan, after.workbook.field("Home_Currency") or "")
    outcome.data = {
        "applied": [one.line["Id"] for one in accepted],
        "money": after.plan.result - before.result,
        "short_before": float(before.short.sum()),
        "short_after": float(after.plan.short.sum()),
    }
    for step in (capacity_step, reconcile_step, value_step):
        result = step(after)
        outcome.data[result.command] = result.data
    outcome.issues = list(after.issues)
    after.write(outcome)
    return outcome


def _sum_up(outcome: Outcome, before: Plan, after: Plan, currency: object) -> None:
    outcome.say(
        f"{counted(len(outcome.lines), 'move')} applied. Margin after plan costs "
        f"{after.result - before.result:+,.0f} {currency}; "
        f"short of capacity {before.short.sum():,.1f} before, {after.short.sum():,.1f} now."
    )


# ---- reading ---------------------------------------------------------------------------------------------


def _read(cycle: Cycle) -> list[Accepted]:
    """The accepted rows that are not applied yet; every row that cannot be read is listed."""
    rows = cycle.workbook.rows("tblProposals")
    gaps = {row["Id"]: row for row in records(cycle.workbook.rows("tblGaps"))}
    accepted, issues = [], []
    for number, line in zip(rows.numbers, records(rows), strict=True):
        if key_of(line["Accept"]) != "y" or line["State"] == APPLIED:
            continue
        try:
            gap = gaps.get(line["Gap"], {})
            if line["Move"] == "accept" and not gap:
                raise _Unreadable("Gap", f"{line['Gap']!r} is not in tblGaps.")
            accepted.append(Accepted(number, line, gap, _move(cycle, line)))
        except _Unreadable as problem:
            issues.append(
                Issue(
                    rows.sheet,
                    "tblProposals",
                    number,
                    problem.column,
                    problem.message,
                    "Run Reconcile again.",
                )
            )
    if issues:
        raise ChecksFailed(issues)
    return accepted


class _Unreadable(Exception):  # noqa: N818 - never leaves this module
    def __init__(self, column: str, message: str) -> None:
        self.column, self.message = column, message


def _move(cycle: Cycle, line: dict[str, Any]) -> Move:
    given = cycle.given
    kind = key_of(line["Move"])
    if kind == "accept":
        return Move("accept")

    if kind not in (*PRODUCED, *AGREED, "shape demand"):
        raise _Unreadable("Move", f"{line['Move']!r} is no move.")

    def position(header: str, codes: list[str], needed: bool) -> int:
        if line[header] is None and not needed:
            return -1
        for i, code in enumerate(codes):
            if key_of(code) == key_of(line[header]):
                return i
        raise _Unreadable(header, f"{line[header]!r} is not in the plan.")

    def bucket(header: str, needed: bool = True) -> int:
        if line[header] is None and not needed:
            return NOWHERE
        found = given.horizon.position(line[header]) if isinstance(line[header], date) else None
        if found is None:
            raise _Unreadable(header, f"{line[header]!s} is no planned bucket.")
        return found

    def number(header: str, needed: bool) -> float:
        value = line[header]
        if value is None and not needed:
            return 0.0
        if not isinstance(value, float):
            raise _Unreadable(header, f"{value!r} is not a number.")
        return value

    if kind == "refresh":
        return Move(kind, position("Family", [one.code for one in given.families], needed=True))
    family = position("Family", [one.code for one in given.families], kind not in BOOKED)
    return Move(
        kind,
        family,
        position("Resource", [one.code for one in given.resources], kind in BOOKED),
        bucket("From", needed=family < 0 or kind in ("delay", *AGREED)),
        bucket("To"),
        number("Quantity", family >= 0),
        number("Hours", kind in BOOKED),
    )


def _refused(accepted: list[Accepted], moves: tuple[int, ...], message: str) -> Issue:
    named = [accepted[index] for index in moves] or accepted
    ids = ", ".join(str(one.line["Id"]) for one in named)
    remedy = "Clear one of these Y." if len(named) > 1 else "Clear this Y, or run Reconcile again."
    row = named[0].row if len(named) == 1 else None
    return Issue(layout.SHEET_OF["tblProposals"], "tblProposals", row, "Accept", f"{ids}: {message}", remedy)


# ---- writing ---------------------------------------------------------------------------------------------


def _outdated(cycle: Cycle, accepted: list[Accepted]) -> list[Conflict]:
    """Moves that depend on more than their row says, and would not do any more what was agreed."""
    shop, found = None, []
    for i, one in enumerate(accepted):
        if one.move.kind not in AGREED:
            continue
        shop = shop or Shop(cycle.plan, cycle.evidence)
        effect, scale = shop.effect(one.move), 1.0 + abs(cycle.plan.result)
        for header, value in (
            ("Effect on inventory", effect.inventory),
            ("Effect on load", effect.load),
            ("Effect on money", effect.money),
        ):
            said = one.line[header]
            if not isinstance(said, float) or abs(said - value) > STATED * scale:
                found.append(Conflict((i,), f"{header} would be {value:,.1f} now, not as it says."))
    return found


def _write(cycle: Cycle, accepted: list[Accepted], wanted: PlanInput) -> None:
    workbook, given = cycle.workbook, cycle.given
    ends = [bucket.end for bucket in given.horizon.planned]
    events: list[list[Any]] = []
    extra: list[list[Any]] = []
    for one in accepted:
        for change in changes(given, one.move):
            place = change.row, change.bucket
            if change.what == "demand" and _differs(wanted.event_quantity, given.event_quantity)[place]:
                events.append(_event(one, change, given.families[change.row].code, ends))
            elif change.what in BOOKED:
                code = given.resources[change.row].code
                extra.append([code, ends[change.bucket], change.what, change.by, one.owner, one.reason])
    for view, key in (("Supply", "production_override"), ("Demand", "marketing_override")):
        typed = getattr(wanted, key)
        places = np.argwhere(_differs(typed, getattr(given, key))).tolist()
        cycle.type_over(view, key, {(f, t): float(typed[f, t]) for f, t in places})
    for name, lines in (("tblEvents", events), ("tblExtraCapacity", extra)):
        if lines:
            write_table(workbook, name, lines, "append")
    made = {one.line["Id"] for one in accepted}
    headers = layout.TABLES["tblProposals"].headers
    rows = records(workbook.rows("tblProposals"))
    write_table(
        workbook,
        "tblProposals",
        [[(APPLIED if h == "State" and row["Id"] in made else row[h]) for h in headers] for row in rows],
    )


def _differs(new: Array, old: Array) -> NDArray[np.bool_]:
    return np.asarray((new != old) & ~(np.isnan(new) & np.isnan(old)))


def _agree(after: Cycle, before: Cycle, wanted: PlanInput, moves: list[Move]) -> None:
    """What stands in no cell that people type in: forecasts, proposals and the items' demand."""
    if "baseline" in before.__dict__:
        after.baseline = before.baseline  # made from what no move changes
    if any(move.kind == "refresh" for move in moves):
        after.given = replace(
            after.given, baseline=wanted.baseline, proposed_production=wanted.proposed_production
        )
    for move in moves:
        if move.kind == "spread":
            after.spread_again(move.family, move.source, move.target)


def _settle(after: Cycle, accepted: list[Accepted]) -> None:
    """Note the accepted gaps, as large as they are once all moves are made."""
    gaps = find_gaps(after.plan, after.evidence)
    sizes = {place_of(gap.kind, gap.subject, gap.bucket): gap.size for gap in gaps}
    lines = []
    for one in accepted:
        if one.move.kind == "accept":
            place = [one.gap[header] for header in ("Kind", "Family/Resource", "Bucket")]
            size = max(sizes.get(place_of(*place), 0.0), one.gap["Size"] or 0.0, key=abs)
            lines.append([*place, size, one.owner, today(), one.reason])
    if lines:
        write_table(after.workbook, "tblAcceptedGaps", lines, "merge")


def _event(one: Accepted, change: Change, code: str, ends: list[date]) -> list[Any]:
    kind = "promotion" if one.move.source == NOWHERE else "one-off"
    return [code, ends[change.bucket], kind, change.by, None, one.owner, one.reason]


def _require_same(found: Plan, wanted: Plan) -> None:
    """The plan that follows from the workbook now is the one that was checked."""
    numbers: tuple[Callable[[Plan], Any], ...] = (
        lambda plan: plan.production_plan,
        lambda plan: plan.consensus_demand,
        lambda plan: plan.projected_inventory,
        lambda plan: plan.given.available,
        lambda plan: plan.load,
        lambda plan: np.array([plan.result]),
    )
    for of in numbers:
        left, right = of(found), of(wanted)
        scale = float(np.nanmax(np.abs(right), initial=1.0)) if right.size else 1.0
        if not np.allclose(left, right, rtol=EXACT, atol=EXACT * scale, equal_nan=True):
            raise WorkbookError(
                "The plan in the workbook is not the one that was agreed; nothing was saved.",
                "Report this as a fault.",
            )
