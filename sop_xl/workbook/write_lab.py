"""What the Lab shows without the add-in: the answers of its formulas for the family that is chosen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sop_xl.model import Plan
from sop_xl.workbook import lab_page as page
from sop_xl.workbook.facts import serials
from sop_xl.workbook.read import Workbook, as_text
from sop_xl.workbook.write import or_blank, plain, set_style
from sop_xl.workbook.write_views import Remember
from udfs.cells import CellError
from udfs.registry import call


def write_lab(workbook: Workbook, plan: Plan, remember: Remember) -> None:
    """Keep what the formulas come to, beside them and as their calculated values."""
    codes = [family.code for family in plan.given.families]
    if workbook.field("Lab_Family") not in codes:
        workbook.set_field("Lab_Family", codes[0])
    if not workbook.has_name("Lab_StoredFamily"):
        return
    family = as_text(workbook.field("Lab_Family")) or codes[0]
    method = as_text(workbook.field("Lab_Method")) or "SES"
    workbook.set_field("Lab_StoredFamily", family)
    workbook.set_field("Lab_StoredMethod", method)
    sheet = workbook.named("Lab_StoredFamily").sheet
    answers = _Answers(plan, codes.index(family))
    forecasts = [answers.forecast(word) for word in (*page.COMPARED, method)] + answers.band(method)
    tests = [answers.explained(word) for word in (*page.COMPARED, method)]
    _keep(sheet, page.FIRST, forecasts)
    _keep(sheet, page.TEST_FIRST, tests)
    _keep(sheet, page.CLASS_ROW, [answers.demand_class()])
    set_style(
        sheet.range((page.FIRST, page.STORED), (page.FIRST + 6, page.STORED + page.HORIZON - 1)),
        "SOP data qty",
    )
    first = page.FIRST
    remember(sheet.range((first, 2), (first + len(forecasts) - 1, 1 + page.HORIZON)), forecasts)
    remember(
        sheet.range((page.TEST_FIRST, 2), (page.TEST_FIRST + len(tests) - 1, 1 + len(page.BACKTEST))), tests
    )
    remember(sheet.range((page.CLASS_ROW, 2), (page.CLASS_ROW, 4)), [answers.demand_class()])
    names = [[word] for word in (*page.COMPARED, method)]
    remember(sheet.range((page.TEST_FIRST, 1), (page.TEST_FIRST + len(names) - 1, 1)), names)
    remember(sheet.range((first + len(page.COMPARED), 1)), [[method]])
    remember(
        sheet.range((page.LOW, 1), (page.LOW + 1, 1)),
        [[f"{method}, {word} {page.BAND:.0%}"] for word in ("low", "high")],
    )
    _remember_plan(sheet, plan, codes.index(family), remember)


def _remember_plan(sheet: Any, plan: Plan, family: int, remember: Remember) -> None:
    given = plan.given
    ends = [bucket.end for bucket in given.horizon.planned[: page.HORIZON]]
    header = [*serials(ends).tolist(), *[""] * (page.HORIZON - len(ends))]
    remember(sheet.range((page.HEADER, 2), (page.HEADER, 1 + page.HORIZON)), [header])
    for row, values in (
        (page.CONSENSUS, plan.consensus_demand[family]),
        (page.LAST_YEAR, given.last_year(given.history)[family]),
    ):
        line = [_shown(value) for value in values[: page.HORIZON]]
        line += [""] * (page.HORIZON - len(line))
        remember(sheet.range((row, 2), (row, 1 + page.HORIZON)), [line])


class _Answers:
    """The answers of the functions for the history of one family; empty where they are errors."""

    def __init__(self, plan: Plan, family: int) -> None:
        history = plan.given.history[family]
        self.history = [[or_blank(value) for value in history]]
        self.season = plan.given.horizon.per_year

    def forecast(self, method: str) -> list[Any]:
        """One row of a forecast."""
        return self._row("SOP_FORECAST", [self.history, page.HORIZON, self.season, method], page.HORIZON)

    def band(self, method: str) -> list[list[Any]]:
        """Low and high."""
        found = call("SOP_FORECAST_BAND", [self.history, page.HORIZON, page.BAND, self.season, method])
        if not isinstance(found, list):
            return [[""] * page.HORIZON] * 2
        return [[_shown(cell) for cell in row] for row in found]

    def explained(self, method: str) -> list[Any]:
        """The backtest of a method, in the order of the sheet's columns."""
        found = call("SOP_FORECAST_EXPLAIN", [self.history, self.season, method])
        if not isinstance(found, list):
            return [""] * len(page.BACKTEST)
        return [_shown(found[1][column - 1]) for _, column, _ in page.BACKTEST]

    def demand_class(self) -> list[Any]:
        """Class, ADI and CV²."""
        return self._row("SOP_DEMAND_CLASS", [self.history], 3)

    @staticmethod
    def _row(name: str, arguments: list[Any], width: int) -> list[Any]:
        found = call(name, arguments)
        return [_shown(cell) for cell in found[0]] if isinstance(found, list) else [""] * width


def _shown(cell: Any) -> Any:
    if isinstance(cell, CellError) or cell is None:
        return ""
    if isinstance(cell, float):
        return "" if np.isnan(cell) else float(cell)
    return cell


def _keep(sheet: Any, row: int, lines: Sequence[Sequence[Any]]) -> None:
    last = row + len(lines) - 1, page.STORED + len(lines[0]) - 1
    sheet.range((row, page.STORED), last).value = [
        [None if cell == "" else plain(cell) for cell in line] for line in lines
    ]
