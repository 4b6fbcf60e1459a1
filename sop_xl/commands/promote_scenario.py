"""Promote: make a scenario the plan."""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import xlwings as xw

from sop_xl.commands.cycle import Cycle
from sop_xl.commands.outcome import Outcome, Progress, counted, silent
from sop_xl.commands.scenario_list import planned, put, required, saved_scenarios
from sop_xl.commands.scenario_store import share
from sop_xl.commands.signatures import path_of, store_place
from sop_xl.commands.steps import capacity_step, reconcile_step, value_step
from sop_xl.errors import ChecksFailed, WorkbookError
from sop_xl.process.rules import Rule, joined
from sop_xl.process.scenarios import ScenarioPlan, not_in_a_workbook, same_plan
from sop_xl.workbook.codes import key_of
from sop_xl.workbook.write import write_table


def promote_scenario(
    book: xw.Book, name: str, progress: Progress = silent, *, by: str = "", path: Path | None = None
) -> Outcome:
    """Make a scenario the plan of the workbook; `revert` takes it back.

    Demand goes into events, or marketing overrides where an event would do nothing; capacity, prices and costs into
    their tables; production into the proposals. Where there is a plan store it says PROMOTED there too.

    Args:
        by: who promotes it; the user where empty.
        path: the workbook's file, where it is known better than by the workbook.
    Raises:
        StoreConflict: somebody saved the scenario since; nothing is saved.
        ChecksFailed: rules that cannot be read, do not fit the plan or have no place in a workbook; lists them.
        WorkbookError: it was promoted already, or the plan that follows from the workbook is another one.
    """
    cycle = Cycle(book, progress)
    cycle.require_clean()
    one = required(saved_scenarios(cycle.workbook), name)
    if key_of(one.state) == "promoted":
        raise WorkbookError(
            f"The scenario {one.name} was promoted already: its changes are in the plan.",
            "To make them once more, set its State to DRAFT.",
        )
    rules = one.rules()
    if not rules:
        raise WorkbookError(f"The scenario {one.name} has no rules: it is the plan.", "Give it rules.")
    target = planned(cycle, [one], progress)[one.name]
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
    revision = one.revision
    if store_place(after.workbook, path or path_of(book)) is not None:
        words = one.name, joined(rules), one.note, by, "PROMOTED"
        revision = share(after.workbook, path, words, target, one.revision, outcome) or revision
    put(after.workbook, one.name, joined(rules), one.note, by, "PROMOTED", revision)
    for step in (capacity_step, reconcile_step, value_step):
        result = step(after)
        outcome.data[result.command] = result.data
    outcome.data |= {"scenario": one.name, "result_before": before.result, "result_after": after.plan.result}
    outcome.issues = list(after.issues)
    after.write(outcome)
    return outcome


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
            for i, part in zip(mine, shares, strict=True):
                sheet.range((rows.numbers[i], place.columns["Hours"])).value = part
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
