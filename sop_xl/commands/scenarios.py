"""Scenarios: save, list, compare and promote alternatives to the plan."""

from __future__ import annotations

import argparse
import getpass
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xlwings as xw

from sop_xl.checks import Issue
from sop_xl.commands.cycle import Cycle, today
from sop_xl.commands.outcome import Outcome, Progress, counted, silent
from sop_xl.commands.plan_store import place_for
from sop_xl.commands.steps import capacity_step, reconcile_step, value_step
from sop_xl.errors import ArgumentError, ChecksFailed, WorkbookError
from sop_xl.process.rules import Rule, joined, parse_rule, parse_rules
from sop_xl.process.scenarios import (
    Figures,
    ScenarioPlan,
    differences,
    figures_of,
    not_in_a_workbook,
    plan_scenario,
    proposals_are_stale,
    same_plan,
)
from sop_xl.store.errors import StoreConflict, StoreUnavailable
from sop_xl.workbook import layout
from sop_xl.workbook.codes import key_of
from sop_xl.workbook.plan_table import lines_of
from sop_xl.workbook.read import Workbook
from sop_xl.workbook.upgrade import complete
from sop_xl.workbook.write import write_table

if TYPE_CHECKING:
    from sop_xl.store.store import Store

#: Scenarios that stand side by side.
MOST = 5
PLAN = "Plan"
LONGEST_NAME = 40
#: States of scenarios that are over.
OVER = ("promoted", "dropped")
WAIT = 2.0


@dataclass(frozen=True)
class Saved:
    """A row of tblScenarios.

    Attributes:
        row: its sheet row.
        revision: in the plan store; 0 where it was never there.
    """

    name: str
    row: int
    text: str
    state: str
    note: str
    revision: int

    def rules(self) -> tuple[Rule, ...]:
        """Its rules; raises `ChecksFailed` where they cannot be read."""
        try:
            return parse_rules(self.text)
        except ArgumentError as problem:
            raise ChecksFailed([self.issue(problem.message, problem.remedy)]) from None

    def issue(self, message: str, remedy: str) -> Issue:
        """A problem of its rules."""
        sheet = layout.SHEET_OF["tblScenarios"]
        return Issue(sheet, "tblScenarios", self.row, "Rules", f"{self.name}: {message}", remedy)


def save_scenario(
    book: xw.Book,
    name: str,
    rules: Sequence[str] | None = None,
    progress: Progress = silent,
    *,
    note: str = "",
    by: str = "",
    path: Path | None = None,
) -> Outcome:
    """Save a scenario under a name, in the workbook and for others in the plan store.

    Args:
        rules: what changes; without any, those that stand beside the name in the workbook already.
        by: who saves it; the user where empty.
        path: the workbook's file, where it is known better than by the workbook.
    Raises:
        ArgumentError: a rule cannot be read, or does not fit the plan.
        StoreConflict: somebody saved it meanwhile; nothing is saved.
    """
    name = _name(name)
    cycle = Cycle(book, progress)
    cycle.require_clean()
    old = _find(_saved(cycle.workbook), name)
    parsed = tuple(parse_rule(text) for text in rules) if rules else old.rules() if old else ()
    target = plan_scenario(cycle.given, parsed)
    by = by or getpass.getuser()
    note = note or (old.note if old else "")
    outcome = Outcome("scenario save")
    name = old.name if old else name
    seen = old.revision if old else 0
    revision = _share(cycle.workbook, path, (name, joined(parsed), note, by, "DRAFT"), target, seen, outcome)
    complete(cycle.workbook)
    _put(cycle.workbook, name, joined(parsed), note, by, "DRAFT", revision)
    told = f"with {counted(len(parsed), 'rule')}" if parsed else "without rules: the plan as it is"
    outcome.lines.insert(0, f"Scenario {name} saved, {told}.")
    _say_stale(outcome, cycle)
    cycle.log(outcome)
    outcome.data = {"scenario": name, "rules": [rule.text for rule in parsed], "revision": revision}
    return outcome


def take_scenario(book: xw.Book, name: str, progress: Progress = silent, path: Path | None = None) -> Outcome:
    """Bring a scenario as it stands in the plan store into the workbook, in place of the one of that name."""
    workbook = Workbook.of(book)
    progress("Reading the plan store", 0.3)
    with _store(workbook, path) as store:
        found = next((one for one in store.scenarios.all() if key_of(one.scenario) == key_of(name)), None)
        names = [one.scenario for one in store.scenarios.all()]
    if found is None:
        raise WorkbookError(
            f"There is no scenario {name} in the plan store.", f"There are: {_listed(names)}."
        )
    text, _, note = found.note.partition("\n")
    rules = parse_rules(text)
    complete(workbook)
    _put(workbook, found.scenario, joined(rules), note, found.saved_by, found.state, found.revision)
    outcome = Outcome("scenario take")
    outcome.say(
        f"Scenario {found.scenario}, revision {found.revision} by {found.saved_by}: {text or 'no rules'}."
    )
    outcome.data = {"scenario": found.scenario, "rules": [r.text for r in rules], "revision": found.revision}
    return outcome


def list_scenarios(book: xw.Book, progress: Progress = silent, path: Path | None = None) -> Outcome:
    """The scenarios of the workbook and those that others share; changes nothing."""
    workbook = Workbook.of(book)
    progress("Reading the scenarios", 0.3)
    outcome = Outcome("scenario list", changed=False)
    mine = _saved(workbook)
    for one in mine:
        outcome.say(f"{one.name} ({one.state or 'DRAFT'}): {one.text or 'no rules'}")
    if not mine:
        outcome.say("No scenario is saved in this workbook.")
    shared = []
    try:
        with _store(workbook, path) as store:
            shared = store.scenarios.all()
    except StoreUnavailable as problem:
        outcome.say(f"Those of others are not shown: {problem.message}")
    for found in shared:
        here = _find(mine, found.scenario)
        if here is None or here.revision != found.revision:
            text = found.note.partition("\n")[0]
            outcome.say(
                f"In the plan store: {found.scenario} ({found.state}), revision {found.revision} by "
                f"{found.saved_by}: {text or 'no rules'}"
            )
    outcome.data = {
        "scenarios": [vars(one) for one in mine],
        "shared": [{**vars(found)} for found in shared],
    }
    return outcome


def compare_scenarios(book: xw.Book, progress: Progress = silent, names: Sequence[str] = ()) -> Outcome:
    """Plan up to five scenarios and set them beside the plan on Scenarios; the plan itself stays.

    Args:
        names: which ones; without any, the first five that are neither promoted nor dropped.
    Raises:
        ChecksFailed: rules that cannot be read or do not fit the plan; lists every one.
        WorkbookError: there is none of that name, or none at all.
    """
    cycle = Cycle(book, progress)
    cycle.require_clean()
    saved = _saved(cycle.workbook)
    chosen = [_required(saved, name) for name in names] or [
        one for one in saved if key_of(one.state) not in OVER
    ]
    if not chosen:
        raise WorkbookError(
            "There is no scenario to compare.",
            "Type a name and its rules on Scenarios, or: sop-xl scenario save WORKBOOK NAME --rule RULE",
        )
    if len(names) > MOST:
        raise WorkbookError(f"{len(names)} scenarios do not fit side by side.", f"Name at most {MOST}.")
    outcome = Outcome("compare-scenarios")
    left = [one.name for one in chosen[MOST:]]
    plans = _planned(cycle, chosen[:MOST], progress)
    complete(cycle.workbook)
    reference = figures_of(cycle.plan)
    found = {name: figures_of(target.plan) for name, target in plans.items()}
    _write_comparison(cycle, reference, found)
    currency = cycle.workbook.field("Home_Currency") or ""
    for name, figures in found.items():
        outcome.say(_sentence(name, differences(figures, reference), currency))
    if left:
        outcome.say(f"Not shown: {', '.join(left)}. Name those to compare, or set others to DROPPED.")
    _say_stale(outcome, cycle)
    cycle.log(outcome)
    outcome.data = {
        "plan": _numbers(reference),
        "scenarios": {name: _numbers(figures) for name, figures in found.items()},
    }
    return outcome


def promote_scenario(book: xw.Book, name: str, progress: Progress = silent, *, by: str = "") -> Outcome:
    """Make a scenario the plan of the workbook; `revert` takes it back.

    Demand goes into events, or marketing overrides where an event would do nothing; capacity, prices and costs into
    their tables; production into the proposals.

    Raises:
        ChecksFailed: rules that cannot be read, do not fit the plan or have no place in a workbook; lists them.
        WorkbookError: it was promoted already, or the plan that follows from the workbook is another one.
    """
    cycle = Cycle(book, progress)
    cycle.require_clean()
    one = _required(_saved(cycle.workbook), name)
    if key_of(one.state) == "promoted":
        raise WorkbookError(
            f"The scenario {one.name} was promoted already: its changes are in the plan.",
            "To make them once more, set its State to DRAFT.",
        )
    rules = one.rules()
    if not rules:
        raise WorkbookError(f"The scenario {one.name} has no rules: it is the plan.", "Give it rules.")
    target = _planned(cycle, [one], progress)[one.name]
    if refusals := not_in_a_workbook(target.changed, rules):
        remedy = "Leave the months away, or plan with this scenario beside the plan."
        raise ChecksFailed([one.issue(message, remedy) for message in refusals])
    by = by or getpass.getuser()
    before = cycle.plan
    outcome = Outcome("scenario promote")
    cycle.note_typed(outcome)
    written = _Promotion(cycle, one.name, rules, by).write(target)
    after = Cycle(book, progress)
    after.given = replace(after.given, proposed_production=target.plan.given.proposed_production)
    if not same_plan(after.plan, target.plan):
        raise WorkbookError(
            "The plan in the workbook is not that of the scenario; nothing was saved.",
            "Close the workbook without saving, and report this as a fault.",
        )
    after.reason = f"Scenario {one.name}: {joined(rules)}"
    outcome.say(f"Scenario {one.name} is the plan now: {written}; production is proposed anew.")
    outcome.say(
        f"Margin after plan costs {after.plan.result - before.result:+,.0f} "
        f"{after.workbook.field('Home_Currency') or ''}. Revert takes it back."
    )
    _put(after.workbook, one.name, joined(rules), one.note, by, "PROMOTED", one.revision)
    for step in (capacity_step, reconcile_step, value_step):
        result = step(after)
        outcome.data[result.command] = result.data
    outcome.data |= {"scenario": one.name, "result_before": before.result, "result_after": after.plan.result}
    outcome.issues = list(after.issues)
    after.write(outcome)
    return outcome


def carry_out(book: xw.Book, options: argparse.Namespace, path: Path, progress: Progress) -> Outcome:
    """Run the part of ``sop-xl scenario`` that was asked for."""
    parts: dict[str, Callable[[], Outcome]] = {
        "save": lambda: save_scenario(
            book, options.name, options.rule, progress, note=options.note, by=options.by, path=path
        ),
        "take": lambda: take_scenario(book, options.name, progress, path),
        "list": lambda: list_scenarios(book, progress, path),
        "compare": lambda: compare_scenarios(book, progress, options.names),
        "promote": lambda: promote_scenario(book, options.name, progress, by=options.by),
    }
    return parts[options.part]()


# ---- the list ------------------------------------------------------------------------------------------------


def _saved(workbook: Workbook) -> list[Saved]:
    rows = workbook.rows("tblScenarios")
    return [
        Saved(
            str(rows["Scenario"][i]),
            number,
            rows["Rules"][i] or "",
            rows["State"][i] or "",
            rows["Note"][i] or "",
            int(rows["Revision"][i] or 0),
        )
        for i, number in enumerate(rows.numbers)
        if rows["Scenario"][i] is not None
    ]


def _find(saved: Sequence[Saved], name: str) -> Saved | None:
    return next((one for one in saved if key_of(one.name) == key_of(name)), None)


def _required(saved: Sequence[Saved], name: str) -> Saved:
    found = _find(saved, name.strip())
    if found is None:
        raise WorkbookError(
            f"There is no scenario {name} on Scenarios.",
            f"There are: {_listed([one.name for one in saved])}.",
        )
    return found


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not 0 < len(name) <= LONGEST_NAME or key_of(name) == key_of(PLAN):
        raise ArgumentError(
            f"{text!r} is no name for a scenario.", f"Use 1 to {LONGEST_NAME} characters, not {PLAN}."
        )
    return name


def _put(workbook: Workbook, name: str, rules: str, note: str, by: str, state: str, revision: int) -> None:
    # A row that stands there keeps what the new one leaves empty: rules are all replaced, so they go first.
    old = _find(_saved(workbook), name)
    place = workbook.place("tblScenarios")
    if old is not None and old.text and not rules and "Rules" in place.columns:
        workbook.book.sheets[place.sheet].range((old.row, place.columns["Rules"])).value = None
    cells = {
        "Scenario": name,
        "Base": str(workbook.field("Home_Version") or ""),
        "Changed by": by,
        "At": today(),
        "State": state,
        "Note": note or None,
        "Rules": rules or None,
        "Revision": revision or None,
    }
    write_table(
        workbook, "tblScenarios", [[cells[h] for h in layout.TABLES["tblScenarios"].headers]], "merge"
    )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) if names else "none"


# ---- planning and comparing ----------------------------------------------------------------------------------


def _planned(cycle: Cycle, chosen: Sequence[Saved], progress: Progress) -> dict[str, ScenarioPlan]:
    plans, issues = {}, []
    for i, one in enumerate(chosen):
        progress(f"Planning {one.name}", 0.2 + 0.7 * i / len(chosen))
        try:
            plans[one.name] = plan_scenario(cycle.given, one.rules())
        except ChecksFailed as failed:
            issues += [issue for issue in failed.issues if isinstance(issue, Issue)]
        except ArgumentError as problem:
            issues.append(one.issue(problem.message, problem.remedy))
    if issues:
        raise ChecksFailed(issues)
    return plans


def _say_stale(outcome: Outcome, cycle: Cycle) -> None:
    if proposals_are_stale(cycle.given):
        outcome.say(
            "The plan's proposals are older than its inputs, those of scenarios are new: run plan-supply to compare "
            "like with like."
        )


def _write_comparison(cycle: Cycle, reference: Figures, found: dict[str, Figures]) -> None:
    workbook = cycle.workbook
    everything = {PLAN: reference, **found}
    write_table(
        workbook,
        "tblComparison",
        [[name, *(_cell(part[-1]) for part in figures)] for name, figures in everything.items()],
    )
    codes = [family.code for family in cycle.given.families]
    lines = []
    for name, figures in found.items():
        moved = differences(figures, reference)
        for f, code in enumerate(codes):
            cells = [
                _cell(_flat(part[f], of[f]))
                for key, part, of in zip(Figures._fields, moved, reference, strict=True)
                if key != "hours_short"
            ]
            if any(cells):
                lines.append([name, code, *cells])
    write_table(workbook, "tblScenarioFamilies", lines)


def _flat(difference: float, reference: float) -> float:
    """A difference without what is only rounding."""
    return 0.0 if abs(difference) <= 1e-12 * max(abs(reference), 1.0) else difference


def _cell(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _numbers(figures: Figures) -> dict[str, Any]:
    return {name: _cell(part[-1]) for name, part in figures._asdict().items()}


def _sentence(name: str, moved: Figures, currency: object) -> str:
    """What a scenario changes, in one line."""
    parts = [f"margin after costs {round(moved.result[-1]):+,} {currency}".rstrip()]
    if not np.isnan(moved.revenue[-1]):
        parts.insert(0, f"revenue {round(moved.revenue[-1]):+,}")
    parts.append(f"hours short {round(moved.hours_short[-1], 1) + 0.0:+,.1f}")
    if not np.isnan(moved.service[-1]):
        parts.append(f"service {round(moved.service[-1] * 100, 1) + 0.0:+.1f} points")
    return f"{name} against the plan: {', '.join(parts)}."


# ---- the plan store ------------------------------------------------------------------------------------------


@contextmanager
def _store(workbook: Workbook, path: Path | None) -> Iterator[Store]:
    from sop_xl.store.store import open_store

    with open_store(place_for(workbook, path or Path(workbook.book.fullname)), wait=WAIT) as store:
        yield store


def _share(
    workbook: Workbook,
    path: Path | None,
    saved: tuple[str, str, str, str, str],
    target: ScenarioPlan,
    seen: int,
    outcome: Outcome,
) -> int:
    """Save a scenario in the plan store, for others; returns its revision there, 0 where there is no store."""
    name, rules, note, by, state = saved
    base = str(workbook.field("Home_Version") or "")
    try:
        with _store(workbook, path) as store:
            if seen and store.scenarios.find(name, seen) is None:
                seen = 0  # it was saved in another store
            kept = store.scenarios.save(
                name, _lines(target), by, seen, base=base, state=state, note=f"{rules}\n{note}".rstrip()
            )
    except StoreConflict as conflict:
        raise StoreConflict(
            conflict.message,
            f"Take theirs with: sop-xl scenario take WORKBOOK {name}; or save yours under another name.",
        ) from conflict
    except StoreUnavailable as problem:
        outcome.say(f"Kept in this workbook only: {problem.message}")
        return 0
    outcome.say(f"Shared in the plan store as revision {kept.revision}.")
    return kept.revision


def _lines(target: ScenarioPlan) -> list[list[Any]]:
    """The lines of the plan, each bucket at its own prices."""
    lines = []
    for part, where in target.parts:
        buckets = part.given.horizon.planned
        ends = {bucket.end for bucket, holds in zip(buckets, where, strict=True) if holds}
        lines += [line[1:] for line in lines_of(part, "") if line[3] in ends]
    return lines


# ---- promoting -----------------------------------------------------------------------------------------------


class _Promotion:
    """Writes what a scenario changes where the workbook has a place for it."""

    def __init__(self, cycle: Cycle, name: str, rules: Sequence[Rule], by: str) -> None:
        self.cycle, self.workbook, self.given = cycle, cycle.workbook, cycle.given
        self.by = by
        self.reason = f"Scenario {name}: {joined(rule for rule in rules if rule.what == 'demand')}"
        self.ends = [bucket.end for bucket in cycle.horizon.planned]

    def write(self, target: ScenarioPlan) -> str:
        """Write everything; returns what, in words."""
        changed = target.changed
        counts = {
            "event": self._events(np.nan_to_num(changed.given.event_quantity)),
            "marketing override": self._overrides(changed.given.marketing_override),
            "capacity": self._capacity(changed.given.capacity),
            "price": self._families("Price", changed.price[:, 0], self.given.of_families("price")),
            "unit cost": self._families(
                "Unit cost", changed.unit_cost[:, 0], self.given.of_families("unit_cost")
            ),
        }
        plural = {"capacity": "capacities"}
        said = [counted(number, what, plural.get(what, "")) for what, number in counts.items() if number]
        return ", ".join(said) or "nothing to write"

    def _events(self, wanted: Any) -> int:
        by = wanted - np.nan_to_num(self.given.event_quantity)
        lines = [
            [
                self.given.families[f].code,
                self.ends[t],
                "one-off",
                float(by[f, t]),
                None,
                self.by,
                self.reason,
            ]
            for f, t in np.argwhere(by != 0)
        ]
        if lines:
            write_table(self.workbook, "tblEvents", lines, "append")
        return len(lines)

    def _overrides(self, wanted: Any) -> int:
        cells = {
            (int(f), int(t)): float(wanted[f, t])
            for f, t in _different(wanted, self.given.marketing_override)
        }
        self.cycle.type_over("Demand", "marketing_override", cells)
        return len(cells)

    def _capacity(self, wanted: Any) -> int:
        moved = _different(wanted, self.given.capacity)
        if not len(moved):
            return 0
        rows, place = self.workbook.rows("tblCapacity"), self.workbook.place("tblCapacity")
        sheet = self.workbook.book.sheets[place.sheet]
        new = []
        for r, t in moved:
            code, hours = self.given.resources[r].code, float(wanted[r, t])
            mine = [
                i
                for i, (resource, day) in enumerate(zip(rows["Resource"], rows["Bucket"], strict=True))
                if key_of(resource) == key_of(code) and self.cycle.horizon.position(day) == t
            ]
            before = [rows["Hours"][i] for i in mine]
            # A bucket may have several rows: they keep their shares, and the first takes what is left.
            shares = [hours * one / sum(before) for one in before] if sum(before) else [0.0] * len(before)
            if not mine:
                new.append([code, self.ends[t], hours, None])
                continue
            shares[0] = hours - sum(shares[1:])
            for i, share in zip(mine, shares, strict=True):
                sheet.range((rows.numbers[i], place.columns["Hours"])).value = share
        if new:
            write_table(self.workbook, "tblCapacity", new, "append")
        return len(moved)

    def _families(self, header: str, wanted: Any, before: Any) -> int:
        rows, place = self.workbook.rows("tblFamilies"), self.workbook.place("tblFamilies")
        sheet = self.workbook.book.sheets[place.sheet]
        moved = _different(wanted[:, None], before[:, None])
        for f, _ in moved:
            sheet.range((rows.numbers[f], place.columns[header])).value = float(wanted[f])
        return len(moved)


def _different(wanted: Any, before: Any) -> Any:
    return np.argwhere((wanted != before) & ~(np.isnan(wanted) & np.isnan(before)))
