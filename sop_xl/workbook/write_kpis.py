"""Writing the measures, their trend, what they are made from, and the cases behind them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np

from sop_xl.checks import Rows
from sop_xl.model import Measured, Measures, PlanInput
from sop_xl.workbook import layout
from sop_xl.workbook.codes import Tables
from sop_xl.workbook.formulas import cell
from sop_xl.workbook.kpi_page import SPAN, UNIT_FORMAT, bars, check, live, status
from sop_xl.workbook.read import Workbook
from sop_xl.workbook.styles import style
from sop_xl.workbook.write import or_blank, set_style, write_table
from sop_xl.workbook.write_views import Remember

#: Lists of cases are cut after this many, and say so.
MOST = 200


def write_kpis(
    workbook: Workbook, found: Measures, given: PlanInput, tables: Tables, remember: Remember
) -> None:
    """Write everything that *Refresh KPIs* finds."""
    write_table(
        workbook,
        "tblKPIs",
        [
            [m.label, or_blank(m.value), or_blank(m.target), m.status, bars(m.trend), m.unit, m.better, m.basis,
             m.definition, None, None]
            for m in found.measures
        ],
    )  # fmt: skip
    _complete(workbook, found, remember)
    write_table(workbook, "tblTrend", [[m.label, *map(or_blank, m.trend)] for m in found.measures])
    _format_rows(workbook, "tblTrend", found)
    write_table(workbook, "tblAgeing", [list(line) for line in found.ageing])
    write_table(workbook, "tblCover", _cover(found, given, tables))
    if found.measured is not None:
        write_table(workbook, "tblMeasured", _measured(found.measured, given))
        _span(workbook, found, given)
    _cases(workbook, found, given, tables)


def _complete(workbook: Workbook, found: Measures, remember: Remember) -> None:
    """Lights, live formulas and checks, and the number format of each row."""
    place = workbook.place("tblKPIs")
    sheet, columns = workbook.book.sheets[place.sheet], place.columns
    _format_rows(workbook, "tblKPIs", found)
    per_year = found.measured.year if found.measured is not None else 12
    for row, measure in enumerate(found.measures, start=place.header_row + 1):

        def at(header: str, row: int = row) -> str:
            return cell(row, columns[header], fixed_column=True)

        if "Good is" in columns:
            light = sheet.range((row, columns["Status"]))
            light.formula = status(at("Value"), at("Target"), at("Good is"))
            remember(light, [[measure.status]])
        if "Live" not in columns or "Check" not in columns:
            continue
        formula = live(measure.key, measure.subject, per_year)
        if formula:
            defined = not np.isnan(measure.value)
            target = sheet.range((row, columns["Live"]))
            target.formula_array = formula
            remember(target, [[measure.value if defined else ""]])
            judged = sheet.range((row, columns["Check"]))
            judged.formula = check(at("Value"), at("Live"))
            remember(judged, [["agrees" if defined else ""]])


def _format_rows(workbook: Workbook, table: str, found: Measures) -> None:
    """Fractions as percentages, the rest as numbers: measure by measure."""
    place = workbook.place(table)
    sheet = workbook.book.sheets[place.sheet]
    if table == "tblKPIs":
        rows = place.header_row + 1, place.header_row + len(found.measures)
        for header, fixed in (("Status", "SOP light"), ("Trend", "SOP trend")):
            if header in place.columns:
                column = place.columns[header]
                set_style(sheet.range((rows[0], column), (rows[1], column)), fixed)
    wanted = {"Value": "calc", "Target": "input", "Live": "calc"}
    for row, measure in enumerate(found.measures, start=place.header_row + 1):
        look = UNIT_FORMAT[measure.unit]
        if table == "tblTrend":
            shown = [c for header, c in place.columns.items() if header != "Measure"]
            set_style(sheet.range((row, min(shown)), (row, max(shown))), style("calc", look))
            continue
        for header, role in wanted.items():
            if header in place.columns:
                set_style(sheet.range((row, place.columns[header])), style(role, look))


def _measured(made: Measured, given: PlanInput) -> list[list[Any]]:
    """The last year, one row per family and bucket."""
    last = range(len(made.ends) - made.year if made.year < len(made.ends) else 0, len(made.ends))
    arrays = (
        made.actual, made.forecast, made.second, made.baseline, made.naive,
        np.repeat(made.scale[:, None], len(made.ends), axis=1), made.revenue, made.revenue_forecast, made.cogs,
        made.inventory, made.inventory_value,
    )  # fmt: skip
    return [
        [
            family.code,
            made.ends[k],
            *(or_blank(values[f, k]) for values in arrays),
            None if np.isnan(made.inventory[f, k]) else float(made.inventory[f, k] <= 0),
        ]
        for f, family in enumerate(given.families)
        for k in last
    ]


def _cover(found: Measures, given: PlanInput, tables: Tables) -> list[list[Any]]:
    """Stock by item, or by family where lots name none, with the demand that it meets."""
    items = tables["tblItems"]
    return [
        [
            *_named(line.subject, items, given),
            line.on_hand,
            line.demand,
            max(line.value / line.on_hand, 0.0) if line.on_hand > 0 else 0.0,
            line.value,
        ]
        for line in found.held
    ]


def _named(subject: int, items: Rows, given: PlanInput) -> tuple[Any, Any]:
    """Item and family of a subject of stock."""
    count = len(items["Item"])
    if subject < count:
        return items["Item"][subject], items["Family"][subject]
    return None, given.families[subject - count].code


def _span(workbook: Workbook, found: Measures, given: PlanInput) -> None:
    made = found.measured
    assert made is not None
    names = {name.name for name in workbook.book.names}
    first = given.horizon.bucket_of(made.ends[-made.year :][0]).start
    days = (first, made.ends[-1], found.as_of)
    for (name, _), day in zip(SPAN, days, strict=True):
        if name in names and day is not None:
            workbook.set_field(name, datetime(day.year, day.month, day.day))


def _cases(workbook: Workbook, found: Measures, given: PlanInput, tables: Tables) -> None:
    orders, items = tables["tblOrders"], tables["tblItems"]
    headers = ("Order", "Line", "Item", "Family", "Promised", "Delivered")
    late = [
        [*(orders[header][miss.line] for header in headers), miss.days_late or None, miss.short or None,
         orders["Value"][miss.line]]
        for miss in found.orders[:MOST]
    ]  # fmt: skip
    excess = [
        [
            *_named(line.subject, items, given),
            line.on_hand,
            line.demand,
            line.excess or None,
            line.obsolete or None,
        ]
        for line in found.excess[:MOST]
    ]
    missed = [
        [given.families[m.family].code, m.planned, m.made, m.missed, m.attainment, m.worst]
        for m in found.schedule[:MOST]
    ]
    for name, lines, total in (
        ("tblMissedOrders", late, len(found.orders)),
        ("tblExcess", excess, len(found.excess)),
        ("tblMissedSchedule", missed, len(found.schedule)),
    ):
        write_table(workbook, name, lines)
        _count(workbook, name, total)


def _count(workbook: Workbook, name: str, total: int) -> None:
    """How many cases there are, in the title above the list."""
    place = workbook.place(name)
    shown = f", the first {MOST} shown" if total > MOST else ""
    title = workbook.book.sheets[place.sheet].range((place.header_row - 1, place.table.range.column))
    title.value = (
        f"{layout.TABLES[name].title}: {total:,}{shown}" if total else f"{layout.TABLES[name].title}: none"
    )
