"""One round of work on a workbook: read once, do the steps, write once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np
import xlwings as xw

from sop_xl.checks import Issue, check_tables, errors
from sop_xl.commands.frozen import frozen_issues
from sop_xl.commands.input_history import note_changes
from sop_xl.commands.outcome import Outcome, Progress, silent
from sop_xl.commands.signatures import begin_cycle
from sop_xl.errors import ChecksFailed, WorkbookError
from sop_xl.hosts.file_engine import remember_values
from sop_xl.model import Array, Items, Plan, PlanInput, Regions
from sop_xl.process import planning
from sop_xl.process.baseline import (
    PROPORTIONAL,
    Baseline,
    forecast_items,
    forecast_levels,
    forecast_regions,
)
from sop_xl.process.evidence import Evidence, evidence_of, keep_typed
from sop_xl.process.mix import mix_of, region_shares
from sop_xl.supply.joint import JointPlan
from sop_xl.workbook import gather, input_checks, layout
from sop_xl.workbook.codes import key_of
from sop_xl.workbook.contents import ViewContents, contents
from sop_xl.workbook.mix import items_of, typed_mix, write_mix
from sop_xl.workbook.plan_table import write_draft
from sop_xl.workbook.read import Workbook
from sop_xl.workbook.regions import regions_of, write_regions
from sop_xl.workbook.upgrade import complete
from sop_xl.workbook.write_pages import write_notices, write_pages
from sop_xl.workbook.write_views import write_views


class Cycle:
    """A workbook with everything read from it.

    ``given`` changes step by step; :meth:`write` puts the plan that follows from it into the workbook.
    """

    def __init__(self, book: xw.Book, progress: Progress = silent) -> None:
        self.progress = progress
        progress("Reading the workbook", 0.0)
        self.workbook = Workbook.of(book)
        self.tables = gather.read_tables(self.workbook)
        if card := self.workbook.card_issues():
            # Without a horizon only what each table says by itself can be checked.
            raise ChecksFailed([*card, *errors(check_tables(self.tables))])
        self.horizon = self.workbook.horizon()
        #: Whether an earlier command has noted what was typed; asked before anything is added to the workbook.
        self._inputs_known = self.workbook.has("tblKnownInputs")
        #: Why overrides were typed, where a command did it.
        self.reason = ""
        self._given: PlanInput | None = None

    @cached_property
    def issues(self) -> list[Issue]:
        """Every problem of the input, errors first."""
        typed = input_checks.view_issues(self.workbook, self.horizon)
        issues = input_checks.check(self.tables, self.horizon, typed)
        if errors(issues):
            return issues
        if self._given is None:
            self._given = gather.plan_input(self.workbook, self.tables, self.horizon)
        return [*issues, *frozen_issues(self.workbook, self._given)]

    def require_clean(self) -> None:
        """Stop with the whole list when the input has errors."""
        if found := errors(self.issues):
            raise ChecksFailed(found)

    @property
    def given(self) -> PlanInput:
        """What the plan is made from; the input must be free of errors."""
        if self._given is None:
            self.require_clean()
            self._given = gather.plan_input(self.workbook, self.tables, self.horizon)
        return self._given

    @given.setter
    def given(self, value: PlanInput) -> None:
        self._given = value
        for known in ("plan", "joint", "mix", "evidence"):
            self.__dict__.pop(known, None)

    def propose(self) -> None:
        """A new production proposal for every family."""
        joint = self.joint
        self.given = planning.with_proposal(self.given, joint)
        # A proposal is no part of what the joint plan is made from: it need not be solved again.
        self.joint = joint

    @cached_property
    def joint(self) -> JointPlan | None:
        """The joint plan of the families with the strategy OPTIMAL, for what is given now."""
        return planning.joint_of(self.given)

    @cached_property
    def plan(self) -> Plan:
        """The plan that follows from what is given now."""
        return planning.build(self.given)

    @cached_property
    def items(self) -> Items:
        """The items of the families."""
        return items_of(self.tables, self.horizon)

    @cached_property
    def regions(self) -> Regions:
        """Where the families sell; empty where no sales name regions."""
        return regions_of(self.tables, self.horizon)

    @cached_property
    def baseline(self) -> Baseline:
        """A new forecast of families, items and regions; no step changes what it is made from."""
        return forecast_levels(self.given, self.items, self.regions)

    @property
    def _agreed(self) -> Baseline | None:
        """The forecast of all levels, where it is there or the levels agree by least squares."""
        needed = self.given.forecasting.reconcile not in PROPORTIONAL
        return self.baseline if needed or "baseline" in self.__dict__ else None

    @cached_property
    def item_forecast(self) -> Array:
        """Forecasts of the items, without those of the families where they are not needed."""
        made = self._agreed
        return made.items if made is not None else forecast_items(self.given, self.items)

    @cached_property
    def region_shares(self) -> Array:
        """Part of each region in the demand of its family, (family regions, planned)."""
        made = self._agreed
        ahead = made.regions if made is not None else forecast_regions(self.given, self.regions)
        return region_shares(self.regions, ahead, len(self.given.families))

    @cached_property
    def typed_mix(self) -> Array:
        """Demand of items that somebody typed on Mix, NaN elsewhere; to be read before anything is written."""
        families = [family.code for family in self.given.families]
        return typed_mix(self.workbook, self.tables["tblPlan"], families, self.items, self.horizon)

    @cached_property
    def mix(self) -> Array:
        """Demand of every item, for the plan as it is now: shared from the families', or as it was typed."""
        shared = mix_of(self.plan, self.items, self.item_forecast)
        return keep_typed(self.plan, self.items, shared, self.typed_mix)

    @cached_property
    def evidence(self) -> Evidence:
        """What can be said against the plan: a new forecast, and what its items add up to."""
        baseline = self.baseline.families
        return evidence_of(self.plan, self.items, self.mix, self.typed_mix, baseline)

    def spread_again(self, family: int, first: int, last: int) -> None:
        """Forget what was typed on Mix for a family, from one planned bucket to another."""
        self.typed_mix[self.items.family == family, first : last + 1] = np.nan
        for known in ("mix", "evidence"):
            self.__dict__.pop(known, None)

    def views(self) -> dict[str, ViewContents]:
        """The numbers of all planning views."""
        return contents(self.plan)

    def write(self, outcome: Outcome) -> None:
        """Write the planning views, the pages and the draft of the plan table."""
        self.progress("Writing the planning views", 0.6)
        offsets = tuple(sorted({line.offset for line in self.given.bill})) or (0,)
        grids, dropped = write_views(
            self.workbook, self.views(), list(self.given.working_days), offsets, remember_values
        )
        outcome.lines += dropped
        self.progress("Writing the pages", 0.85)
        write_pages(self.workbook, self.plan, grids, remember_values)
        write_notices(self.workbook, self.plan)
        write_mix(self.workbook, self.plan, self.items, self.mix)
        write_draft(self.workbook, self.tables["tblPlan"], self.plan)
        complete(self.workbook)
        write_regions(
            self.workbook, self.plan, self.regions, self.region_shares, grids["Demand"], remember_values
        )
        self._note_changes(outcome, self.reason)
        begin_cycle(self.workbook)
        self.log(outcome)
        self.progress("Written", 1.0)

    def note_typed(self, outcome: Outcome) -> None:
        """Note what people typed so far, before a command types for a reason of its own."""
        complete(self.workbook)
        self._note_changes(outcome, "", keep=False)

    def _note_changes(self, outcome: Outcome, reason: str, keep: bool = True) -> None:
        known = self._inputs_known
        note_changes(self.workbook, self.given, outcome, known, today(), reason=reason, keep=keep)

    def type_over(self, view: str, key: str, cells: Mapping[tuple[int, int], float]) -> None:
        """Fill override cells of a planning view: (family, planned bucket), counted from 0 -> units.

        Raises:
            WorkbookError: the view does not show the family or the bucket yet.
        """
        if not cells:
            return
        grid, _ = self.workbook.grid(layout.VIEWS[view], self.horizon)
        sheet = self.workbook.book.sheets[grid.sheet]
        rows = {key_of(code): row for (code, name), row in grid.rows.items() if name == key}
        for (family, bucket), value in cells.items():
            row = rows.get(key_of(self.given.families[family].code))
            column = grid.columns[self.horizon.planned[bucket].end]
            if row is None or not column:
                raise WorkbookError(
                    f"{view} does not show this plan yet.", "Run plan-supply and reconcile first."
                )
            sheet.range((row, column)).value = value

    def log(self, outcome: Outcome) -> None:
        """Keep the last words of a command on Home."""
        area = self.workbook.named("Home_Log")
        said = [f"{outcome.command}: {line}" for line in outcome.lines][: area.shape[0]]
        area.value = [[line] for line in [*said, *[None] * (area.shape[0] - len(said))]]


def today() -> datetime:
    """Now, to the second; the only clock the commands look at."""
    return datetime.now().replace(microsecond=0)


def as_json(value: Any) -> Any:
    """Numbers, dates and arrays as JSON knows them; what is not defined is null."""
    import math
    from datetime import date

    import numpy as np

    if isinstance(value, dict):
        return {str(key): as_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(item) for item in value]
    if isinstance(value, np.ndarray):
        return as_json(value.tolist())
    if isinstance(value, np.generic):
        return as_json(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value
