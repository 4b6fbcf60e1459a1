"""The catalogue of commands: the command line, the ribbon and its help read it.

A new command is one entry here. Its function takes an open workbook, for a command that asks for a file the
path chosen, and ``progress``; it returns an `Outcome`.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from sop_xl.commands.outcome import Outcome

#: Groups of the ribbon, in the order of the process. A group without a command is not shown.
GROUPS = ("Data", "Demand", "Supply", "Reconcile", "Finance", "Scenarios", "Meeting", "Publish")


@dataclass(frozen=True)
class FileQuestion:
    """A file that must be chosen before the command runs."""

    kind: Literal["open", "save"]
    title: str
    what: str
    ending: str


@dataclass(frozen=True)
class Command:
    """One command.

    Attributes:
        name: on the command line.
        function: ``module:function``, imported when it runs.
        help: one line for the command line.
        group: of the ribbon.
        label: on the button.
        tip: what happens, for whoever points at the button.
        image: name of one of Office's own pictures.
        large: whether the button is a large one.
        asks: the file it needs.
        anywhere: whether it also works where no S&OP workbook is active.
        plain: whether the workbook is all that the command line needs to be told.
        only_reads: whether it leaves the workbook alone.
    """

    name: str
    function: str
    help: str
    group: str
    label: str
    tip: str
    image: str
    large: bool = False
    asks: FileQuestion | None = None
    anywhere: bool = False
    plain: bool = True
    only_reads: bool = False

    def load(self) -> Callable[..., Outcome]:
        """The function."""
        module, _, name = self.function.partition(":")
        function: Callable[..., Outcome] = getattr(importlib.import_module(module), name)
        return function


COMMANDS: tuple[Command, ...] = (
    Command(
        "new",
        "sop_xl.commands.new:new_open",
        help="make an empty workbook from the template",
        group="Data",
        label="New workbook",
        tip="Makes an empty S&OP workbook under the name you choose and opens it.",
        image="FileNew",
        large=True,
        asks=FileQuestion("save", "Make a new S&OP workbook", "Excel workbook", "xlsx"),
        anywhere=True,
        plain=False,
    ),
    Command(
        "load-actuals",
        "sop_xl.commands.load_actuals:load_actuals",
        help="fill the tables from files or queries by a mapping",
        group="Data",
        label="Load actuals",
        tip="Fills the tables from the files or queries that a mapping names, checks that totals tie, and rebuilds "
        "the history. Overrides stay.",
        image="ImportTextFile",
        large=True,
        asks=FileQuestion("open", "Choose the mapping: which column goes where", "Mapping", "toml"),
        plain=False,
    ),
    Command(
        "check",
        "sop_xl.commands.steps:check",
        help="list every problem of the input; changes nothing",
        group="Data",
        label="Check",
        tip="Lists every problem of the input with sheet, row and column. Changes nothing.",
        image="ErrorChecking",
        only_reads=True,
    ),
    Command(
        "forecast",
        "sop_xl.commands.steps:forecast",
        help="forecast every family; overrides stay",
        group="Demand",
        label="Forecast",
        tip="Forecasts every family from its history into the baseline rows of Demand. Overrides stay.",
        image="WhatIfAnalysisMenu",
        large=True,
    ),
    Command(
        "plan-supply",
        "sop_xl.commands.steps:plan_supply",
        help="propose production by each family's strategy",
        group="Supply",
        label="Plan supply",
        tip="Proposes production for every family by its strategy. Overrides stay.",
        image="CalculateNow",
        large=True,
    ),
    Command(
        "check-capacity",
        "sop_xl.commands.steps:check_capacity",
        help="compare load and capacity of every resource",
        group="Supply",
        label="Check capacity",
        tip="Compares the load of the plan with the capacity of every resource and lists the overloads.",
        image="DataValidation",
    ),
    Command(
        "reconcile",
        "sop_xl.commands.steps:reconcile",
        help="list the gaps between demand, supply and money, with priced moves",
        group="Reconcile",
        label="List gaps",
        tip="Lists the gaps between demand, supply and money, each with its size and owner, and prices the moves that "
        "close them. Nothing is moved before you accept it.",
        image="Consolidate",
        large=True,
    ),
    Command(
        "apply-proposals",
        "sop_xl.commands.apply_proposals:apply_proposals",
        help="make all accepted moves of Reconcile together, or none of them",
        group="Reconcile",
        label="Apply accepted",
        tip="Makes all moves with a Y on Reconcile together and checks the plan that follows; makes none of them where "
        "they get in each other's way.",
        image="GoalSeek",
    ),
    Command(
        "value-plan",
        "sop_xl.commands.steps:value_plan",
        help="value the plan against budget, last year and the last plan",
        group="Finance",
        label="Value plan",
        tip="Values the plan in money against the budget, last year and the last plan.",
        image="AutoSum",
        large=True,
    ),
    Command(
        "compare-scenarios",
        "sop_xl.commands.scenarios:compare_scenarios",
        help="plan up to five scenarios and set them beside the plan",
        group="Scenarios",
        label="Compare scenarios",
        tip="Plans the first five scenarios of the sheet Scenarios under their rules and sets them beside the plan. "
        "The plan stays as it is.",
        image="WhatIfAnalysisMenu",
        large=True,
        plain=False,
    ),
    Command(
        "refresh-kpis",
        "sop_xl.commands.steps:refresh_kpis",
        help="calculate the measures",
        group="Meeting",
        label="Refresh KPIs",
        tip="Calculates the measures of the cycle and marks what is red.",
        image="RefreshAll",
    ),
    Command(
        "run-cycle",
        "sop_xl.commands.steps:run_cycle",
        help="all of these in order, written once",
        group="Meeting",
        label="Run cycle",
        tip="Checks, forecasts, plans supply, checks capacity, lists gaps, values and measures: the whole cycle in "
        "order, written once at the end.",
        image="MacroPlay",
        large=True,
    ),
    Command(
        "revert",
        "sop_xl.commands.revert:revert_open",
        help="put back what the last command replaced; once more to undo that",
        group="Meeting",
        label="Revert last",
        tip="Puts back everything that the last command replaced in this workbook. Once more undoes that. A plan that "
        "was published stays published.",
        image="Undo",
        plain=False,
    ),
    Command(
        "protect",
        "sop_xl.commands.protect:protect",
        help="lock formulas and results, without a password; --off opens them again",
        group="Meeting",
        label="Protect",
        tip="Locks formulas and results, without a password, and says at every override whose it is. Once more opens "
        "all sheets again.",
        image="SheetProtect",
    ),
    Command(
        "pack",
        "sop_xl.commands.pack:pack",
        help="make the presentation for the executive meeting; changes nothing in the workbook",
        group="Meeting",
        label="Meeting pack",
        tip="Makes a PowerPoint file of the plan for the executive meeting, with charts that can be edited. Changes "
        "nothing in the workbook.",
        image="SlideNew",
        large=True,
        asks=FileQuestion("save", "Save the meeting pack", "PowerPoint presentation", "pptx"),
        plain=False,
        only_reads=True,
    ),
    Command(
        "monitor",
        "sop_xl.commands.monitor:monitor",
        help="compare actuals with the published plans; exit code 1 when an alert is red",
        group="Meeting",
        label="Monitor",
        tip="Compares what was sold and made with the published plans, and lists alerts with their owners on Monitor.",
        image="ErrorChecking",
    ),
    Command(
        "submit",
        "sop_xl.commands.sign:submit",
        help="say that a step is done; without --step, the next one",
        group="Meeting",
        label="Submit step",
        tip="Says under your name that the next open step on Home is done, and lists what its approval still asks for.",
        image="ReviewAcceptChange",
        plain=False,
    ),
    Command(
        "approve",
        "sop_xl.commands.sign:approve",
        help="approve a step that is submitted, when its gate is open",
        group="Meeting",
        label="Approve step",
        tip="Signs the submitted step on Home under your name, or lists everything that keeps it from being approved.",
        image="FileMarkAsFinal",
        plain=False,
    ),
    Command(
        "publish",
        "sop_xl.commands.publish:publish_open",
        help="freeze the plan and write the workbook that others link to",
        group="Publish",
        label="Publish",
        tip="Freezes the plan as a version, saves this workbook, and writes the workbook beside it that others "
        "link to.",
        image="ReviewProtectWorkbook",
        large=True,
        plain=False,
    ),
)


def command(name: str) -> Command:
    """The command of that name.

    >>> command("forecast").label
    'Forecast'
    """
    return next(entry for entry in COMMANDS if entry.name == name)
