"""Scenarios: save, list, share and compare alternatives to the plan."""

from __future__ import annotations

import argparse
import getpass
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xlwings as xw

from sop_xl.commands.cycle import Cycle
from sop_xl.commands.outcome import Outcome, Progress, counted, silent
from sop_xl.commands.promote_scenario import promote_scenario
from sop_xl.commands.scenario_list import (
    PLAN,
    clean_name,
    find,
    listed,
    planned,
    put,
    required,
    saved_scenarios,
)
from sop_xl.commands.scenario_store import share, store_of
from sop_xl.errors import WorkbookError
from sop_xl.process.rules import joined, parse_rule, parse_rules
from sop_xl.process.scenarios import (
    Figures,
    differences,
    figures_of,
    plan_scenario,
    proposals_are_stale,
)
from sop_xl.store.errors import StoreUnavailable
from sop_xl.workbook.codes import key_of
from sop_xl.workbook.read import Workbook
from sop_xl.workbook.upgrade import complete
from sop_xl.workbook.write import or_blank, write_table

if TYPE_CHECKING:
    pass

#: Scenarios that stand side by side.
MOST = 5
#: States of scenarios that are over.
OVER = ("promoted", "dropped")


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
    name = clean_name(name)
    cycle = Cycle(book, progress)
    cycle.require_clean()
    old = find(saved_scenarios(cycle.workbook), name)
    parsed = tuple(parse_rule(text) for text in rules) if rules else old.rules() if old else ()
    target = plan_scenario(cycle.given, parsed)
    by = by or getpass.getuser()
    note = note or (old.note if old else "")
    outcome = Outcome("scenario save")
    name = old.name if old else name
    seen = old.revision if old else 0
    revision = share(cycle.workbook, path, (name, joined(parsed), note, by, "DRAFT"), target, seen, outcome)
    complete(cycle.workbook)
    put(cycle.workbook, name, joined(parsed), note, by, "DRAFT", revision)
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
    with store_of(workbook, path) as store:
        found = next((one for one in store.scenarios.all() if key_of(one.scenario) == key_of(name)), None)
        names = [one.scenario for one in store.scenarios.all()]
    if found is None:
        raise WorkbookError(f"There is no scenario {name} in the plan store.", f"There are: {listed(names)}.")
    text, _, note = found.note.partition("\n")
    rules = parse_rules(text)
    complete(workbook)
    put(workbook, found.scenario, joined(rules), note, found.saved_by, found.state, found.revision)
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
    mine = saved_scenarios(workbook)
    for one in mine:
        outcome.say(f"{one.name} ({one.state or 'DRAFT'}): {one.text or 'no rules'}")
    if not mine:
        outcome.say("No scenario is saved in this workbook.")
    shared = []
    try:
        with store_of(workbook, path) as store:
            shared = store.scenarios.all()
    except StoreUnavailable as problem:
        outcome.say(f"Those of others are not shown: {problem.message}")
    for found in shared:
        here = find(mine, found.scenario)
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
    saved = saved_scenarios(cycle.workbook)
    chosen = [required(saved, name) for name in names] or [
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
    plans = planned(cycle, chosen[:MOST], progress)
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


def carry_out(book: xw.Book, options: argparse.Namespace, path: Path, progress: Progress) -> Outcome:
    """Run the part of ``sop-xl scenario`` that was asked for."""
    parts: dict[str, Callable[[], Outcome]] = {
        "save": lambda: save_scenario(
            book, options.name, options.rule, progress, note=options.note, by=options.by, path=path
        ),
        "take": lambda: take_scenario(book, options.name, progress, path),
        "list": lambda: list_scenarios(book, progress, path),
        "compare": lambda: compare_scenarios(book, progress, options.names),
        "promote": lambda: promote_scenario(book, options.name, progress, by=options.by, path=path),
    }
    return parts[options.part]()


# ---- planning and comparing ----------------------------------------------------------------------------------


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
        [[name, *(or_blank(part[-1]) for part in figures)] for name, figures in everything.items()],
    )
    codes = [family.code for family in cycle.given.families]
    lines = []
    for name, figures in found.items():
        moved = differences(figures, reference)
        for f, code in enumerate(codes):
            cells = [
                or_blank(_flat(part[f], of[f]))
                for key, part, of in zip(Figures._fields, moved, reference, strict=True)
                if key != "hours_short"
            ]
            if any(cells):
                lines.append([name, code, *cells])
    write_table(workbook, "tblScenarioFamilies", lines)


def _flat(difference: float, reference: float) -> float:
    """A difference without what is only rounding."""
    return 0.0 if abs(difference) <= 1e-12 * max(abs(reference), 1.0) else difference


def _numbers(figures: Figures) -> dict[str, Any]:
    return {name: or_blank(part[-1]) for name, part in figures._asdict().items()}


def _sentence(name: str, moved: Figures, currency: object) -> str:
    """What a scenario changes, in one line."""
    parts = [f"margin after costs {round(moved.result[-1]):+,} {currency}".rstrip()]
    if not np.isnan(moved.revenue[-1]):
        parts.insert(0, f"revenue {round(moved.revenue[-1]):+,}")
    parts.append(f"hours short {round(moved.hours_short[-1], 1) + 0.0:+,.1f}")
    if not np.isnan(moved.service[-1]):
        parts.append(f"service {round(moved.service[-1] * 100, 1) + 0.0:+.1f} points")
    return f"{name} against the plan: {', '.join(parts)}."
