"""The steps of the monthly cycle: their states, the moves between them, and what each gate asks for.

A step is submitted by who did it and approved by who answers for it; it is approved when the steps before it are
signed and its own conditions hold.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from sop_xl.errors import ArgumentError
from sop_xl.model import Gap

Action = Literal["submit", "approve", "reject", "reopen", "skip"]

GATHER, DEMAND, SUPPLY, PRE_MEETING, EXECUTIVE, PUBLISH = range(1, 7)
#: The meetings, each of which a quiet month may do without.
SKIPPABLE = (PRE_MEETING, EXECUTIVE)
#: A step behind which nobody has to wait.
SIGNED = ("APPROVED", "SKIPPED")
#: Action -> states it may begin in, and the state it leads to.
MOVES: dict[Action, tuple[tuple[str, ...], str]] = {
    "submit": (("OPEN", "REJECTED"), "SUBMITTED"),
    "approve": (("SUBMITTED",), "APPROVED"),
    "reject": (("SUBMITTED",), "REJECTED"),
    "reopen": (SIGNED, "OPEN"),
    "skip": (("OPEN", "SUBMITTED", "REJECTED"), "SKIPPED"),
}
#: Action -> what was done with the step.
DONE: dict[Action, str] = {
    "submit": "submitted",
    "approve": "approved",
    "reject": "rejected",
    "reopen": "reopened",
    "skip": "skipped",
}
#: Actions that somebody will ask about later.
NEED_REASON: tuple[Action, ...] = ("reject", "reopen", "skip")
#: What a gap keeps from being approved: the supply plan or the financial plan.
SUPPLY_GAPS = ("capacity", "inventory", "target", "service")
MONEY_GAPS = ("budget",)


@dataclass(frozen=True)
class Step:
    """One step of a cycle and the last word on it.

    Attributes:
        number: 1 to 6.
        name: as it stands in the workbook, with its number.
        mark: what ties a signature to the plan that was signed, see :func:`mark_of`.
    """

    number: int
    name: str
    state: str = "OPEN"
    by: str = ""
    at: datetime | None = None
    note: str = ""
    mark: str = ""


@dataclass(frozen=True)
class Findings:
    """What the gates look at. Texts are whole sentences.

    Attributes:
        errors: errors of the input; nothing else is known while there are any.
        forecast: what is missing in the forecast.
        balance: families whose items do not add up to them.
        frozen: changes of frozen buckets that nobody answers for: step number -> sentences.
        gaps: open gaps, those accepted left out.
        value: what finance has not valued.
        decisions: what the executive has not decided.
        contents: step number -> the part of the plan that its signature is for.
        published: whether the plan is published.
    """

    errors: int = 0
    forecast: tuple[str, ...] = ()
    balance: tuple[str, ...] = ()
    frozen: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    gaps: tuple[Gap, ...] = ()
    value: tuple[str, ...] = ()
    decisions: tuple[str, ...] = ()
    contents: Mapping[int, str] = field(default_factory=dict)
    published: bool = False


def conditions(number: int, found: Findings) -> list[str]:
    """What the gate of one step still asks for, whatever the other steps say.

    >>> conditions(1, Findings(errors=2))
    ['The input has 2 errors: run check.']
    >>> conditions(4, Findings())
    []
    """
    if found.errors:
        return [f"The input has {found.errors} error{'s' if found.errors > 1 else ''}: run check."]
    frozen = found.frozen.get(number, ())
    own: dict[int, list[str]] = {
        DEMAND: [*found.forecast, *found.balance, *frozen],
        SUPPLY: [*_open(found.gaps, SUPPLY_GAPS), *frozen],
        PRE_MEETING: [*found.value, *_open(found.gaps, MONEY_GAPS)],
        EXECUTIVE: [*found.decisions],
        PUBLISH: [] if found.published else ["The plan is not published: run publish."],
    }
    return own.get(number, [])


def _open(gaps: Sequence[Gap], kinds: Sequence[str]) -> list[str]:
    return [
        f"Open {gap.kind} gap{f' of {gap.bucket:%Y-%m-%d}' if gap.bucket else ''}: {gap.what}"
        for gap in gaps
        if gap.kind in kinds
    ]


def unmet(steps: Sequence[Step], number: int, cycle: str, found: Findings) -> list[str]:
    """Everything that keeps a step from being approved.

    >>> unmet([Step(1, "1 Gather data"), Step(2, "2 Demand plan", "SUBMITTED")], 2, "2026-11", Findings())
    ['Step 1 Gather data is OPEN.']
    """
    before = [step for step in steps if step.number < number]
    return [*_unsigned(before, cycle, found), *conditions(number, found)]


def missing(steps: Sequence[Step], cycle: str, found: Findings) -> list[str]:
    """Everything that keeps the plan from being published: signatures, and conditions that hold no more."""
    wanted = [step for step in steps if step.number < PUBLISH]
    lacks = _unsigned(wanted, cycle, found)
    for step in wanted:
        if step.state != "SKIPPED":
            lacks += [text for text in conditions(step.number, found) if text not in lacks]
    return lacks


def _unsigned(steps: Sequence[Step], cycle: str, found: Findings) -> list[str]:
    """Steps that nobody signed, and signatures that are not for this plan."""
    lacks = []
    for step in steps:
        if step.state not in SIGNED:
            lacks.append(f"Step {step.name} is {step.state}.")
        elif not found.errors and step.mark != mark_of(step, cycle, found):
            lacks.append(
                f"Step {step.name} was {step.state} for another plan than this one: reopen it and sign again."
            )
    return lacks


def mark_of(step: Step, cycle: str, found: Findings) -> str:
    """What a signature is worth: it changes with the plan, the name and the state, so that none can be typed."""
    # Who leaves a meeting out does not say anything about the plan.
    content = found.contents.get(step.number, "") if step.state == "APPROVED" else ""
    words = (cycle, str(step.number), step.state, step.by, content)
    return hashlib.sha256("\n".join(words).encode()).hexdigest()[:12]


def moved(
    steps: Sequence[Step], number: int, action: Action, by: str, at: datetime, reason: str = ""
) -> list[Step]:
    """The steps after an action, without asking the gate (:func:`unmet`).

    Returns:
        The steps that change: the one itself first, then those after it that a reopened step reopens.
    Raises:
        ArgumentError: the step is not in a state for it, cannot be skipped, or a reason is missing.

    >>> now = datetime(2026, 11, 9)
    >>> [step.state for step in moved([Step(2, "2 Demand plan")], 2, "submit", "Ann", now)]
    ['SUBMITTED']
    """
    step = next(step for step in steps if step.number == number)
    allowed, state = MOVES[action]
    if action == "skip" and number not in SKIPPABLE:
        raise ArgumentError(
            f"Step {step.name} cannot be skipped.", "Only the meetings, steps 4 and 5, can be left out."
        )
    if step.state not in allowed:
        who = f" since {step.by} said so" if step.by else ""
        raise ArgumentError(
            f"Step {step.name} is {step.state}{who}: it cannot be {DONE[action]} now.", _remedy(step.state)
        )
    if action in NEED_REASON and not reason.strip():
        raise ArgumentError(
            f"Step {step.name} is not {DONE[action]} without a reason.", "Say why: --reason TEXT"
        )
    changed = [replace(step, state=state, by=by, at=at, note=reason.strip(), mark="")]
    if action == "reopen":
        changed += [
            replace(later, state="OPEN", by=by, at=at, note=f"Reopened with step {number}", mark="")
            for later in steps
            if later.number > number and later.state != "OPEN"
        ]
    return changed


def _remedy(state: str) -> str:
    """What can be done with a step in a state."""
    possible = [action for action, (allowed, _) in MOVES.items() if state in allowed and action != "skip"]
    return f"Possible now: {', '.join(possible)}."


def next_step(steps: Sequence[Step], action: Action) -> Step | None:
    """The step that an action is about where none is named: the first that it can begin with.

    >>> next_step([Step(1, "1 Gather data", "APPROVED"), Step(2, "2 Demand plan")], "submit").number
    2
    """
    return next((step for step in steps if step.state in MOVES[action][0]), None)
