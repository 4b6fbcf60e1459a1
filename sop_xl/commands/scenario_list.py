"""The scenarios that stand on the sheet Scenarios."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sop_xl.checks import Issue
from sop_xl.commands.cycle import Cycle, today
from sop_xl.commands.outcome import Progress
from sop_xl.errors import ArgumentError, ChecksFailed, WorkbookError
from sop_xl.process.rules import Rule, parse_rules
from sop_xl.process.scenarios import ScenarioPlan, plan_scenario
from sop_xl.workbook import layout
from sop_xl.workbook.codes import key_of
from sop_xl.workbook.read import Workbook
from sop_xl.workbook.write import write_table

PLAN = "Plan"
LONGEST_NAME = 40


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


def saved_scenarios(workbook: Workbook) -> list[Saved]:
    """Every scenario on the sheet."""
    rows = workbook.rows("tblScenarios")
    return [
        Saved(
            str(rows["Scenario"][i]),
            number,
            rows["Rules"][i] or "",
            rows["State"][i] or "",
            rows["Note"][i] or "",
            int(rows["Revision"][i]) if isinstance(rows["Revision"][i], float) else 0,
        )
        for i, number in enumerate(rows.numbers)
        if rows["Scenario"][i] is not None
    ]


def find(saved: Sequence[Saved], name: str) -> Saved | None:
    """The one of that name, upper and lower case the same."""
    return next((one for one in saved if key_of(one.name) == key_of(name)), None)


def required(saved: Sequence[Saved], name: str) -> Saved:
    """The one of that name; raises `WorkbookError` where there is none."""
    found = find(saved, name.strip())
    if found is None:
        raise WorkbookError(
            f"There is no scenario {name} on Scenarios.",
            f"There are: {listed([one.name for one in saved])}.",
        )
    return found


def clean_name(text: str) -> str:
    """A name that a scenario may have; raises `ArgumentError`."""
    name = " ".join(text.split())
    if not 0 < len(name) <= LONGEST_NAME or key_of(name) == key_of(PLAN):
        raise ArgumentError(
            f"{text!r} is no name for a scenario.", f"Use 1 to {LONGEST_NAME} characters, not {PLAN}."
        )
    return name


def put(workbook: Workbook, name: str, rules: str, note: str, by: str, state: str, revision: int) -> None:
    """Write a scenario into its row, or a new one."""
    # A row that stands there keeps what the new one leaves empty: rules are all replaced, so they go first.
    old = find(saved_scenarios(workbook), name)
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


def listed(names: Sequence[str]) -> str:
    """Names in a sentence."""
    return ", ".join(names) if names else "none"


def planned(cycle: Cycle, chosen: Sequence[Saved], progress: Progress) -> dict[str, ScenarioPlan]:
    """The plans of scenarios; raises `ChecksFailed` with every rule that cannot be read or does not fit."""
    plans, issues = {}, []
    for i, one in enumerate(chosen):
        progress(f"Planning {one.name}", 0.2 + 0.7 * i / len(chosen))
        try:
            clean_name(one.name)
            plans[one.name] = plan_scenario(cycle.given, one.rules())
        except ChecksFailed as failed:
            issues += [issue for issue in failed.issues if isinstance(issue, Issue)]
        except ArgumentError as problem:
            issues.append(one.issue(problem.message, problem.remedy))
    if issues:
        raise ChecksFailed(issues)
    return plans
