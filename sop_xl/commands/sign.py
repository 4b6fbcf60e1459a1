"""Submit, approve, reject, reopen and skip steps of the cycle, with name, time and reason."""

from __future__ import annotations

import getpass
from dataclasses import replace

import xlwings as xw

from sop_xl.commands.cycle import Cycle, today
from sop_xl.commands.frozen import note_changes
from sop_xl.commands.gate_findings import findings_of
from sop_xl.commands.outcome import Outcome, Progress, counted, silent
from sop_xl.commands.signatures import Signatures, cycle_of, follow_store, keep_in_store, path_of, store_place
from sop_xl.errors import WorkbookError
from sop_xl.process.gates import DONE, SIGNED, Action, Step, mark_of, moved, next_step, unmet
from sop_xl.workbook.upgrade import complete


def submit(book: xw.Book, progress: Progress = silent, step: str = "", by: str = "") -> Outcome:
    """Say that a step is done and may be approved; without a step, the next that is open.

    Args:
        book: the workbook.
        progress: told what is being done.
        step: its number or a part of its name.
        by: who says so; without it, the user's name.
    """
    return sign(book, "submit", step, by, "", progress)


def approve(book: xw.Book, progress: Progress = silent, step: str = "", by: str = "") -> Outcome:
    """Approve a step whose gate is open; without a step, the first that is submitted.

    Arguments as of :func:`submit`.

    Raises:
        WorkbookError: the gate is closed; lists everything that it asks for.
    """
    return sign(book, "approve", step, by, "", progress)


def sign(
    book: xw.Book, action: Action, named: str, by: str, reason: str, progress: Progress = silent
) -> Outcome:
    """Carry out one action on one step, in the workbook and in the plan store where it can be reached.

    Raises:
        WorkbookError: there is no such step, or its gate is closed.
        ArgumentError: the step is not in a state for it, or a reason is missing.
        StoreConflict: somebody else spoke at the same moment.
    """
    cycle = Cycle(book, progress)
    complete(cycle.workbook)
    workbook, outcome = cycle.workbook, Outcome(action)
    signatures = Signatures(workbook, cycle_of(workbook))
    place = store_place(workbook, path_of(book))
    outcome.lines += follow_store(signatures, place)
    step = signatures.named(named) if named.strip() else next_step(signatures.steps, action)
    if step is None:
        raise WorkbookError(f"No step can be {DONE[action]} now.", _where(signatures.steps))
    by = by.strip() or getpass.getuser()
    changed = moved(signatures.steps, step.number, action, by, today(), reason)
    progress("Looking at the gate", 0.4)
    found = findings_of(cycle)
    asks = unmet(signatures.steps, step.number, signatures.cycle, found)
    if action == "approve" and asks:
        raise WorkbookError(
            f"Step {step.name} cannot be approved yet:\n" + "\n".join(f"  {line}" for line in asks),
            "\nSettle this and approve again, or reject the step.",
        )
    if changed[0].state in SIGNED:
        changed[0] = replace(changed[0], mark=mark_of(changed[0], signatures.cycle, found))
    # The store first: where somebody was faster, nothing is changed here.
    before = list(signatures.steps)
    signatures.take(changed)
    outcome.lines += keep_in_store(signatures, place, changed)
    signatures.put()
    outcome.lines[:0] = [f"Step {changed[0].name} is {changed[0].state} by {by}."]
    if action == "submit":
        _say_what_is_asked(outcome, cycle, step, asks, bool(found.errors))
    if action == "reopen":
        _say_reopened(outcome, cycle, changed[1:])
    if (due := next((s for s in signatures.steps if s.state not in SIGNED), None)) and due.state == "OPEN":
        outcome.say(f"Next: {due.name}.")
    cycle.log(outcome)
    outcome.data = {
        "cycle": signatures.cycle,
        "steps": [{k: v for k, v in vars(s).items() if k != "mark"} for s in signatures.steps],
        "changed": [s.number for s in signatures.steps if s not in before],
        "unmet": asks,
    }
    return outcome


def _say_what_is_asked(outcome: Outcome, cycle: Cycle, step: Step, asks: list[str], errors: bool) -> None:
    if asks:
        outcome.say("Before it can be approved:")
        outcome.lines += [f"  {line}" for line in asks]
    if not errors and (rows := note_changes(cycle.workbook, cycle.given, step.number)):
        outcome.say(f"{counted(rows, 'row')} in tblFrozenChanges (Decisions): fill in reason and approver.")


def _say_reopened(outcome: Outcome, cycle: Cycle, later: list[Step]) -> None:
    if later:
        outcome.say(f"Open again with it: {', '.join(step.name for step in later)}.")
    if cycle.workbook.field("Home_State") == "PUBLISHED":
        cycle.workbook.set_field("Home_State", "DRAFT")
        version = cycle.workbook.field("Home_Version")
        outcome.say(
            f"Version {version} stays as it is published; the next publish makes a new minor version."
        )


def _where(steps: list[Step]) -> str:
    return f"The steps: {', '.join(f'{step.name} {step.state}' for step in steps)}."
