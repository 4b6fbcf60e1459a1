"""All problems of the input of a workbook: of its tables, of its history, of what was typed into its views."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from sop_xl import checks
from sop_xl.buckets import Horizon
from sop_xl.checks import Issue
from sop_xl.workbook import layout
from sop_xl.workbook.codes import Codes, Tables
from sop_xl.workbook.gather import family_history
from sop_xl.workbook.read import Workbook

#: Codes that the workbook's formulas look up.
CODES_IN_FORMULAS = (
    ("tblFamilies", "Family"),
    ("tblResources", "Resource"),
    ("tblBill", "Family"),
    ("tblBill", "Resource"),
    ("tblCapacity", "Resource"),
    ("tblBudget", "Family"),
)


def check(given: Tables, horizon: Horizon, sheet_issues: Iterable[Issue] = ()) -> list[Issue]:
    """All problems of the input, errors first."""
    issues = checks.check_tables(given)
    for name in ("tblSales", "tblOrders", "tblStock", "tblProduction"):
        issues += checks.check_family_or_item(given[name])
    for name, header in CODES_IN_FORMULAS:
        issues += checks.check_numeric_codes(given[name], header)
    issues += checks.check_codes(given["tblFamilies"], "Family")
    issues += checks.check_codes(given["tblResources"], "Resource")
    issues += sheet_issues
    families = given["tblFamilies"]
    if not len(families):
        issues.append(families.issue(None, "", "No family is given.", "Load or type the families first."))
    issues += checks.check_bill(families, given["tblResources"], given["tblBill"], given["tblCapacity"])
    issues += checks.check_missing_prices(families)
    if not checks.errors(issues):
        issues += _check_history(given, horizon)
        if not len(given["tblBudget"]):
            issues.append(
                given["tblBudget"].issue(
                    None, "", "No budget is given: the plan is not compared with one.", "Load it.", "warning"
                )
            )
    return sorted(issues, key=lambda issue: issue.severity != "error")


def _check_history(given: Tables, horizon: Horizon) -> list[Issue]:
    history, _ = family_history(given, horizon, Codes(given))
    ends = [bucket.end for bucket in horizon.history(layout.HISTORY_BUCKETS[horizon.kind])]
    gaps, lengths = {}, {}
    for code, series in zip(given["tblFamilies"]["Family"], history, strict=True):
        known = ~np.isnan(series)
        lengths[code] = int(known.sum())
        gaps[code] = [end for end, value in zip(ends, series, strict=True) if value == 0]
    sales = given["tblSales"]
    issues = checks.check_history(given["tblFamilies"], gaps, lengths)
    unloaded = [end for i, end in enumerate(ends) if len(history) and np.isnan(history[:, i:]).all()]
    if unloaded and np.isfinite(history).any():
        issues.append(
            sales.issue(
                None,
                "Bucket",
                f"No sales at all since the bucket that ends {unloaded[0]:%Y-%m-%d}: they count as not known yet.",
                "Load the actuals of the closed buckets.",
                "warning",
            )
        )
    late = [i for i, day in enumerate(sales["Bucket"]) if day > horizon.closed[-1].end]
    if late:
        issues.append(
            sales.issue(
                late[0],
                "Bucket",
                f"{len(late)} rows lie after {horizon.closed[-1].end:%Y-%m-%d}, the last closed bucket; not used.",
                "Move the current bucket on Home when the bucket is closed.",
                "warning",
            )
        )
    return issues


def view_issues(workbook: Workbook, horizon: Horizon) -> list[Issue]:
    """Overrides that are no numbers, or negative."""
    issues = []
    for view in (layout.VIEWS["Demand"], layout.VIEWS["Supply"]):
        grid, _ = workbook.grid(view, horizon)
        for (entity, key), values in workbook.inputs(view, horizon).items():
            row = view.row(key)
            if row.role != "input":
                continue
            for end, value in values.items():
                place = (view.name, f"{entity} {row.label}", grid.rows[entity, key], f"{end:%Y-%m-%d}")
                if isinstance(value, bool) or not isinstance(value, int | float):
                    issues.append(
                        Issue(*place, f"{value!r} is not a number.", "Type a number, or clear the cell.")
                    )
                elif value < 0:
                    issues.append(
                        Issue(*place, f"{value:g} is negative.", "Type zero or more, or clear the cell.")
                    )
    return issues
