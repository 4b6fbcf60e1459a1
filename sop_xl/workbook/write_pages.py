"""Filling the pages that show the plan: Executive, Family, Lab, History, and the notices on every sheet."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from sop_xl.model import Plan
from sop_xl.workbook import layout
from sop_xl.workbook.formulas import Grid
from sop_xl.workbook.pages import PAGE_BUCKETS
from sop_xl.workbook.read import Workbook
from sop_xl.workbook.styles import style
from sop_xl.workbook.write import bucket_ends, header_style, or_blank, plain, set_style, wipe
from sop_xl.workbook.write_executive import write_executive
from sop_xl.workbook.write_lab import write_lab
from sop_xl.workbook.write_views import Remember


def write_pages(workbook: Workbook, plan: Plan, grids: Mapping[str, Grid], remember: Remember) -> None:
    """The pages that follow from the plan."""
    write_executive(workbook, plan, grids, remember)
    write_history(workbook, plan)
    write_lab(workbook, plan, remember)
    _family_header(workbook, plan)
    codes = [family.code for family in plan.given.families]
    if workbook.field("Family_Choice") not in codes:
        workbook.set_field("Family_Choice", codes[0])


def _family_header(workbook: Workbook, plan: Plan) -> None:
    """Weeks are headed by their last day, months and quarters by their month; columns without a bucket are hidden.

    A chart would draw stock as zero there.
    """
    choice = workbook.named("Family_Choice")
    below = choice.sheet.range((choice.row + 1, choice.column - 1))
    if below.value == "Measure":
        ends = below.offset(0, 2).resize(1, PAGE_BUCKETS)
        set_style(ends, header_style(plan.given.horizon))
        shown = min(layout.PAST_BUCKETS + plan.given.shape[1], PAGE_BUCKETS)
        if ends.columns.hidden is not False:
            ends.columns.hidden = False
        if shown < PAGE_BUCKETS:
            ends.offset(0, shown).resize(1, PAGE_BUCKETS - shown).columns.hidden = True


def write_notices(workbook: Workbook, plan: Plan) -> None:
    """Say on a sheet what is missing there."""
    given = plan.given
    notices = dict.fromkeys(("Demand", "Supply", "Capacity", "Finance", "Reconcile", "KPIs", "Executive"), "")
    if np.isnan(given.baseline).any():
        notices["Demand"] = "Some buckets have no forecast yet: run Forecast."
    if not given.resources:
        notices["Capacity"] = "No resources are given: nothing limits the plan."
    elif np.isnan(given.capacity).all():
        notices["Capacity"] = "No capacity is given: loads are shown, overloads cannot be found."
    money = []
    if np.isnan(given.of_families("price")).any():
        money.append("some families have no price")
    if np.isnan(given.of_families("unit_cost")).any():
        money.append("some families have no unit cost")
    if np.isnan(given.budget_revenue).all():
        money.append("no budget is given for these buckets")
    if money:
        notices["Finance"] = f"{'; '.join(money)}.".capitalize()
        notices["Executive"] = notices["Finance"]
    for name, text in notices.items():
        workbook.set_field(f"{name}_Notice", text or None)


def write_history(workbook: Workbook, plan: Plan) -> None:
    """Families x closed buckets, the natural argument of SOP_FORECAST."""
    given = plan.given
    header = workbook.named("History_Buckets")
    sheet = header.sheet
    row, column = header.row, header.column
    width = given.history.shape[1]
    ends = bucket_ends(given.horizon.history(width))
    before = workbook.named("History_Data")
    if before.shape[0] > len(given.families) or before.shape[1] > 1 + width:
        wipe(before)
    if header.shape[1] > width:
        wipe(header)
    top = sheet.range((row, column), (row, column + width - 1))
    top.value = [ends]
    set_style(top, header_style(given.horizon))
    workbook.rename("History_Buckets", top)
    body = sheet.range((row + 1, column - 1), (row + len(given.families), column + width - 1))
    body.value = [
        [plain(family.code), *map(or_blank, given.history[f])] for f, family in enumerate(given.families)
    ]
    set_style(sheet.range((row + 1, column - 1), (row + len(given.families), column - 1)), "SOP label strong")
    set_style(
        sheet.range((row + 1, column), (row + len(given.families), column + width - 1)), style("data", "qty")
    )
    workbook.rename("History_Data", body)
