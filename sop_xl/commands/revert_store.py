"""What a revert says in the plan store, where nothing is ever removed: one more word that restores what was before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sop_xl.commands.cycle import today
from sop_xl.commands.input_history import KEYS, record_reverted
from sop_xl.commands.scenario_list import Saved, saved_scenarios
from sop_xl.commands.signatures import Signatures, cycle_of, same_word, store_place, word_of
from sop_xl.errors import SopError, WorkbookError
from sop_xl.process.gates import Step
from sop_xl.process.input_changes import Place
from sop_xl.store.errors import StoreConflict, StoreError
from sop_xl.workbook import layout
from sop_xl.workbook.codes import key_of
from sop_xl.workbook.read import Workbook

if TYPE_CHECKING:
    from sop_xl.store.store import Store

#: Commands that save a scenario in the store.
SAVING = ("scenario save:", "scenario promote:")


@dataclass(frozen=True)
class Facts:
    """What a workbook says that the plan store keeps too.

    Attributes:
        said: the last words of a command.
        steps: number -> step of the cycle.
        scenarios: key -> row of tblScenarios.
        typed: overrides.
    """

    said: str
    cycle: str
    steps: Mapping[int, Step]
    scenarios: Mapping[str, Saved]
    typed: Mapping[Place, float]


def facts_of(workbook: Workbook) -> Facts:
    """What a workbook says now; what cannot be read in it is left out."""
    words = workbook.named("Home_Log").options(ndim=1).value[0]
    cycle, steps, scenarios, typed = "", {}, {}, {}
    try:
        cycle = cycle_of(workbook)
        steps = {step.number: step for step in Signatures(workbook, cycle).steps}
        scenarios = {key_of(one.name): one for one in saved_scenarios(workbook)}
        horizon = workbook.horizon()
        planned = {bucket.end for bucket in horizon.planned}
        for name in ("Demand", "Supply"):
            for (family, key), values in workbook.inputs(layout.VIEWS[name], horizon).items():
                if key in KEYS.values():
                    for day, value in values.items():
                        if day in planned and isinstance(value, float):
                            typed[Place(key, family, day)] = value
    except SopError:
        pass  # such a workbook signs and saves nothing either
    return Facts(str(words or ""), cycle, steps, scenarios, typed)


def settle(
    workbook: Workbook, path: Path | None, now: Facts, before: Facts, by: str
) -> tuple[list[str], dict[str, int]]:
    """Tell the store that a workbook goes back from what it says now to what it said before.

    Args:
        workbook: one of the two, to find its store by.
        path: its file.
        by: who reverts.
    Returns:
        Sentences; and the revisions that scenarios have from now on, by key.
    Raises:
        SopError: the store keeps what the command said and cannot be told otherwise. Nothing is done then.
    """
    steps = _own_steps(now, before)
    moved = [
        key
        for key in now.scenarios.keys() | before.scenarios.keys()
        if _revision(now, key) != _revision(before, key)
    ]
    typed = {
        place
        for place in now.typed.keys() | before.typed.keys()
        if now.typed.get(place) != before.typed.get(place)
    }
    place = store_place(workbook, path)
    if place is None or not (steps or moved or typed):
        return [], {}
    from sop_xl.store.store import open_store

    try:
        with open_store(place) as store:
            said = _sign_back(store, now, before, steps, by)
            revisions, more = _save_back(store, now, before, moved, by)
            if typed and path is not None:
                reason = f"Reverted, from {now.said or 'nothing'!r} to {before.said or 'nothing'!r}"
                record_reverted(store, path, now.typed, before.typed, today(), by, reason)
    except StoreConflict:
        raise
    except StoreError as problem:
        if steps or moved:
            raise WorkbookError(
                f"The plan store keeps what the command said, and cannot be told otherwise now: {problem.message}",
                "Revert when it can be reached again; nothing was changed.",
            ) from problem
        return [f"The plan store was not told of the revert: {problem.message}"], {}
    return [*said, *more], revisions


# ---- sign-offs -------------------------------------------------------------------------------------------------


def _own_steps(now: Facts, before: Facts) -> list[int]:
    """Steps that the command itself signed: it may also have taken over what others said, at other times."""
    if now.cycle != before.cycle:
        return []
    at = {
        number: max(filter(None, (step.at, before.steps[number].at)), default=None)
        for number, step in now.steps.items()
        if number in before.steps and step != before.steps[number]
    }
    last = max(filter(None, at.values()), default=None)
    return [number for number, when in at.items() if when == last]


def _sign_back(store: Store, now: Facts, before: Facts, numbers: list[int], by: str) -> list[str]:
    kept = store.signoffs.of(now.cycle)
    wanted: list[Step] = []
    for number in numbers:
        word = word_of(kept, now.steps[number])
        if word is None or same_word(word, before.steps[number]):
            continue
        if not same_word(word, now.steps[number]):
            raise StoreConflict(
                f"Step {word.name} is {word.state} by {word.by or 'somebody'} since then.",
                "What others said stays: sign the step as it must be now.",
            )
        wanted.append(before.steps[number])
    for step in wanted:
        note = f"{step.note} [mark {step.mark}]" if step.mark else step.note
        seen = kept[str(step.number)].revision
        store.signoffs.sign(now.cycle, str(step.number), step.state, step.by, seen, note, said_by=by)
    return [f"The plan store says so too: step {step.name} is {step.state} again." for step in wanted]


# ---- scenarios -------------------------------------------------------------------------------------------------


def _revision(facts: Facts, key: str) -> int:
    return facts.scenarios[key].revision if key in facts.scenarios else 0


def _save_back(
    store: Store, now: Facts, before: Facts, keys: list[str], by: str
) -> tuple[dict[str, int], list[str]]:
    """The scenario as it was before, as one more revision; a scenario that was new is DROPPED."""
    revisions: dict[str, int] = {}
    said: list[str] = []
    for key in keys:
        name = (now.scenarios.get(key) or before.scenarios[key]).name
        head, mine, earlier = store.scenarios.find(name), _revision(now, key), _revision(before, key)
        if head is None:
            continue
        undone = store.scenarios.reverted(name, head.revision)
        # Taking a scenario from the store says nothing there, and nor does it when it is taken back.
        if not (now.said.startswith(SAVING) and head.revision == mine) and not (
            earlier and undone == earlier
        ):
            if mine > earlier and head.revision != mine:
                said.append(f"{head.saved_by} saved the scenario {name} since: the plan store keeps theirs.")
            continue
        old = store.scenarios.find(name, earlier) if earlier else None
        like = old or head
        new = store.scenarios.save(
            name,
            store.scenarios.lines(name, like.revision),
            by,
            head.revision,
            base=like.base,
            state=like.state if old else "DROPPED",
            note=like.note,
            reverts=head.revision,
        )
        revisions[key] = new.revision
        said.append(f"In the plan store {name} is {new.state} now, as revision {new.revision}.")
    return revisions, said


def put_revisions(workbook: Workbook, revisions: Mapping[str, int]) -> None:
    """Write the revisions that scenarios have in the store from now on."""
    if not revisions:
        return
    place = workbook.place("tblScenarios")
    sheet = workbook.book.sheets[place.sheet]
    for one in saved_scenarios(workbook):
        if key_of(one.name) in revisions and "Revision" in place.columns:
            sheet.range((one.row, place.columns["Revision"])).value = revisions[key_of(one.name)]
