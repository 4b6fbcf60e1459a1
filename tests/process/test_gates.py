"""States of the steps, the moves between them, and what the gates ask for."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sop_xl.errors import ArgumentError
from sop_xl.model import Gap
from sop_xl.process.gates import (
    MOVES,
    SIGNED,
    SKIPPABLE,
    Findings,
    Step,
    conditions,
    mark_of,
    missing,
    moved,
    next_step,
    unmet,
)

NOW = datetime(2026, 11, 9, 10, 30)
CYCLE = "2026-11"


def cycle(*states: str) -> list[Step]:
    """Six steps, the first in these states, signed by Ann for a plan without content."""
    words = [*states, *["OPEN"] * (6 - len(states))]
    steps = [Step(i, f"{i} Step", state, by="Ann") for i, state in enumerate(words, 1)]
    return [
        Step(
            s.number,
            s.name,
            s.state,
            s.by,
            NOW,
            mark=mark_of(s, CYCLE, Findings()) if s.state in SIGNED else "",
        )
        for s in steps
    ]


def gap(kind: str) -> Gap:
    return Gap(kind, "TEA", date(2026, 12, 31), 5.0, "pcs", 50.0, "Ann", "TEA is short.")


#: As the process is told to planners: which action leads where, from which states.
TOLD = {
    ("submit", "OPEN"): "SUBMITTED",
    ("submit", "REJECTED"): "SUBMITTED",
    ("approve", "SUBMITTED"): "APPROVED",
    ("reject", "SUBMITTED"): "REJECTED",
    ("reopen", "APPROVED"): "OPEN",
    ("reopen", "SKIPPED"): "OPEN",
    ("skip", "OPEN"): "SKIPPED",
    ("skip", "SUBMITTED"): "SKIPPED",
    ("skip", "REJECTED"): "SKIPPED",
}


@pytest.mark.parametrize("state", ["OPEN", "SUBMITTED", "APPROVED", "REJECTED", "SKIPPED"])
@pytest.mark.parametrize("action", MOVES)
def test_only_the_allowed_moves_are_made(action, state):
    steps = cycle("APPROVED", "APPROVED", "APPROVED", state)
    if (action, state) in TOLD:
        first = moved(steps, 4, action, "Bob", NOW, "because")[0]
        assert (first.state, first.by, first.at, first.note) == (TOLD[action, state], "Bob", NOW, "because")
    else:
        with pytest.raises(ArgumentError, match=f"Step 4 Step is {state}"):
            moved(steps, 4, action, "Bob", NOW, "because")


@pytest.mark.parametrize("action", ["reject", "reopen", "skip"])
@pytest.mark.parametrize("reason", ["", "  "])
def test_what_is_asked_about_later_needs_a_reason(action, reason):
    state = {"reject": "SUBMITTED", "reopen": "APPROVED", "skip": "OPEN"}[action]
    with pytest.raises(ArgumentError, match="without a reason"):
        moved(cycle("APPROVED", "APPROVED", "APPROVED", state), 4, action, "Bob", NOW, reason)


def test_the_two_meetings_are_skipped_one_by_one_and_nothing_else_is():
    for number in range(1, 7):
        if number in SKIPPABLE:
            assert [s.number for s in moved(cycle(), number, "skip", "Bob", NOW, "quiet")] == [number]
        else:
            with pytest.raises(ArgumentError, match="Only the meetings"):
                moved(cycle(), number, "skip", "Bob", NOW, "quiet")


def test_a_reopened_step_reopens_those_after_it_and_none_before():
    steps = cycle("APPROVED", "APPROVED", "SUBMITTED", "SKIPPED", "OPEN", "APPROVED")
    changed = moved(steps, 2, "reopen", "Bob", NOW, "new order")
    assert [(s.number, s.state, s.mark) for s in changed] == [(n, "OPEN", "") for n in (2, 3, 4, 6)]
    assert {s.note for s in changed[1:]} == {"Reopened with step 2"}


def test_a_gate_tells_everything_that_is_missing_at_once():
    found = Findings(
        gaps=(gap("capacity"), gap("inventory"), gap("budget")),
        frozen={3: ("Frozen production is changed.",), 2: ("Frozen demand is changed.",)},
    )
    steps = cycle("APPROVED", "SUBMITTED", "SUBMITTED")
    assert unmet(steps, 3, CYCLE, found) == [
        "Step 2 Step is SUBMITTED.",
        "Open capacity gap of 2026-12-31: TEA is short.",
        "Open inventory gap of 2026-12-31: TEA is short.",
        "Frozen production is changed.",
    ]


@pytest.mark.parametrize(
    ("number", "found", "asked"),
    [
        (1, Findings(errors=1), "1 error: run check"),
        (2, Findings(forecast=("TEA has no forecast.",)), "no forecast"),
        (2, Findings(balance=("The items of TEA do not add up.",)), "add up"),
        (3, Findings(gaps=(gap("service"),)), "service gap"),
        (4, Findings(value=("No price.",)), "No price"),
        (4, Findings(gaps=(gap("budget"),)), "budget gap"),
        (5, Findings(decisions=("Decision D1 is open.",)), "D1"),
        (6, Findings(), "not published"),
    ],
)
def test_each_gate_asks_for_its_own(number, found, asked):
    (text,) = conditions(number, found)
    assert asked in text
    others = [n for n in range(1, 6) if n != number]
    assert found.errors or not [text for n in others for text in conditions(n, found)]


def test_a_signature_is_for_one_plan_name_and_state():
    step, plan = Step(2, "2 Demand", "APPROVED", "Ann"), Findings(contents={2: "a"})
    signed = Step(2, "2 Demand", "APPROVED", "Ann", NOW, mark=mark_of(step, CYCLE, plan))
    rest = cycle("APPROVED", "OPEN", "APPROVED", "APPROVED", "APPROVED")
    steps = [rest[0], signed, *rest[2:]]
    assert missing(steps, CYCLE, plan) == []
    other_plan = missing(steps, CYCLE, Findings(contents={2: "b"}))
    other_name = missing(
        [rest[0], Step(2, "2 Demand", "APPROVED", "Eve", NOW, mark=signed.mark), *rest[2:]], CYCLE, plan
    )
    typed = missing([rest[0], Step(2, "2 Demand", "APPROVED", "Ann", NOW), *rest[2:]], CYCLE, plan)
    next_cycle = missing([signed], "2026-12", plan)
    for lacks in (other_plan, other_name, typed, next_cycle):
        assert lacks == [
            "Step 2 Demand was APPROVED for another plan than this one: reopen it and sign again."
        ]


def test_a_skipped_meeting_asks_for_nothing():
    found = Findings(value=("No price.",), decisions=("D1 is open.",))
    steps = cycle("APPROVED", "APPROVED", "APPROVED", "SKIPPED", "APPROVED")
    assert missing(steps, CYCLE, found) == ["D1 is open."]


def test_a_meeting_left_out_early_stays_so_when_the_plan_changes():
    skipped = Step(4, "4 Pre-S&OP", "SKIPPED", "Ann", NOW)
    skipped = replace(skipped, mark=mark_of(skipped, CYCLE, Findings(contents={4: "a"})))
    assert missing([skipped], CYCLE, Findings(contents={4: "b"})) == []


def test_without_a_name_the_first_step_that_fits_is_meant():
    steps = cycle("APPROVED", "SUBMITTED", "REJECTED")
    assert [next_step(steps, a).number for a in ("submit", "approve", "reopen")] == [3, 2, 1]
    assert next_step(cycle(), "approve") is None


@given(st.lists(st.tuples(st.sampled_from(sorted(MOVES)), st.integers(1, 6)), max_size=40))
def test_no_order_of_actions_leaves_an_approved_step_behind_an_unsigned_one(actions):
    steps, found = cycle(), Findings(published=True)
    for action, number in actions:
        if action == "approve" and unmet(steps, number, CYCLE, found):
            continue
        try:
            changed = moved(steps, number, action, "Ann", NOW, "why")
        except ArgumentError:
            continue
        signed = [
            Step(
                s.number,
                s.name,
                s.state,
                s.by,
                s.at,
                s.note,
                mark_of(s, CYCLE, found) if s.state in SIGNED else "",
            )
            for s in changed
        ]
        steps = [next((s for s in signed if s.number == step.number), step) for step in steps]
        for step in steps:
            if step.state == "APPROVED":
                assert all(before.state in SIGNED for before in steps[: step.number - 1])
