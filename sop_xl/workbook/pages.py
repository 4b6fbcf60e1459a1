"""The pages that are no plain tables or planning views: Home, KPIs, Family, Executive, Lab, Help, Scenarios."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from xlsxwriter.worksheet import Worksheet

from sop_xl.workbook import layout, tables
from sop_xl.workbook.formulas import column_letter
from sop_xl.workbook.spec import Row
from sop_xl.workbook.styles import (
    BLUE,
    GREEN,
    MUTED,
    NAVY,
    ORANGE,
    OVER_FILL,
    RED,
    SKY,
    WARN_FILL,
    style,
)

if TYPE_CHECKING:
    from sop_xl.workbook.template import Template

PAGE_BUCKETS = 22
FAMILY_HEADER, FAMILY_FIRST = 6, 7
EXECUTIVE_FIRST = 21
CHART_WIDTH = 395
#: The charts show the first twelve planned buckets, which every horizon has.
CHART_LAST = 6 + 12 - 1
LAB_HORIZON = 12

_NO_TICKS = {"major_tick_mark": "none", "minor_tick_mark": "none"}

#: Rows of the one-page view of a family: planning view and row key.
FAMILY_ROWS: tuple[tuple[str, str], ...] = (
    ("Demand", "last_year"),
    ("Demand", "actual"),
    ("Demand", "baseline_forecast"),
    ("Demand", "events"),
    ("Demand", "consensus_demand"),
    ("Supply", "production_plan"),
    ("Supply", "actual_production"),
    ("Supply", "projected_inventory"),
    ("Supply", "target_inventory"),
    ("Supply", "days_of_supply"),
    ("Supply", "backlog"),
    ("Supply", "constrained_demand"),
    ("Finance", "revenue"),
    ("Finance", "budget_revenue"),
    ("Finance", "margin"),
)

#: First and last column of rows that are closed or planned only.
_SHOWN: dict[str, tuple[int, int]] = {
    "actual": (0, layout.PAST_BUCKETS),
    "actual_production": (0, layout.PAST_BUCKETS),
    "projected_inventory": (layout.PAST_BUCKETS - 1, PAGE_BUCKETS),
    "backlog": (layout.PAST_BUCKETS - 1, PAGE_BUCKETS),
    **dict.fromkeys(
        (
            "baseline_forecast",
            "events",
            "target_inventory",
            "days_of_supply",
            "constrained_demand",
            "budget_revenue",
        ),
        (layout.PAST_BUCKETS, PAGE_BUCKETS),
    ),
}

#: Columns of the executive page: header, width, number format.
EXECUTIVE_COLUMNS: tuple[tuple[str, float, str], ...] = (
    ("Family", 16, "text"),
    ("Name", 22, "text"),
    ("Unit", 7, "text"),
    ("Demand", 11, "qty"),
    ("Against last year", 10, "ratio"),
    ("Production", 11, "qty"),
    ("Shipped", 9, "ratio"),
    ("Lowest inventory", 11, "qty"),
    ("Lowest days of supply", 10, "days"),
    ("Revenue", 13, "money"),
    ("Margin", 13, "money"),
    ("Gap to budget", 13, "money"),
    ("Gap", 8, "ratio"),
)


def home(t: Template, sheet: Worksheet) -> None:
    """The cycle card, the steps, the next thing to do, the legend and links to the sheets."""
    f = t.formats
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, 1, 36)
    sheet.set_column(2, 2, 3)
    sheet.write_string(4, 0, "Cycle card", f["SOP section"])
    for i, field in enumerate(layout.CARD):
        row = 5 + i
        number = "General" if field.kind != "date" else "date"
        look = f[style(field.role, "date" if number == "date" else "text")]
        sheet.write_string(row, 0, field.label, f["SOP label"])
        sheet.write(row, 1, field.default, look)
        t.name(field.name, "Home", row + 1, 2)
        if field.help:
            sheet.write_comment(row, 1, field.help, {"y_scale": 0.6})
        if field.choices:
            sheet.data_validation(row, 1, row, 1, {"validate": "list", "source": list(field.choices)})
    last = 6 + len(layout.CARD)
    t.table(sheet, tables.STEPS, 6, 4, [[step, owner, day, "OPEN"] for step, owner, day in layout.STEPS])
    steps_end = 6 + len(layout.STEPS)
    open_step = (
        'IFERROR(INDEX(tblSteps[Step],MATCH(TRUE,INDEX((tblSteps[State]<>"APPROVED")*(tblSteps[State]<>"SKIPPED")'
        '+(tblSteps[Cycle]<>"")*(tblSteps[Cycle]<>Home_Cycle)>0,0),0)),'
        '"All steps are approved: publish the plan")'
    )
    sheet.write_string(steps_end + 1, 3, "Next thing to do", f["SOP section"])
    sheet.write_formula(steps_end + 2, 3, f"={open_step}", f["SOP label strong"], layout.STEPS[0][0])
    sheet.write_string(steps_end + 4, 3, "What the last commands said", f["SOP section"])
    for i in range(4):
        sheet.write_blank(steps_end + 5 + i, 3, None, f["SOP purpose"])
    t.name("Home_Log", "Home", steps_end + 6, 4, steps_end + 9, 4)
    _legend(t, sheet, last + 4)
    _links(t, sheet, last + 4)
    sheet.freeze_panes(5, 0)
    sheet.fit_to_pages(1, 1)


def _legend(t: Template, sheet: Worksheet, row: int) -> None:
    f = t.formats
    sheet.write_string(row, 0, "Legend", f["SOP section"])
    legend = (
        ("Input: type here", "input"),
        ("Data: imported, or written by a command", "data"),
        ("Calculation: a formula, do not type", "calc"),
        ("Total", "total"),
        ("Quarter and year", "group"),
    )
    for i, (text, role) in enumerate(legend):
        sheet.merge_range(row + 1 + i, 0, row + 1 + i, 1, text, f[style(role, "text")])
    over = t.book.add_format(
        {"bg_color": OVER_FILL, "font_color": RED, "bold": True, "font_name": "Calibri", "font_size": 10}
    )
    warn = t.book.add_format({"bg_color": WARN_FILL, "font_name": "Calibri", "font_size": 10})
    sheet.merge_range(row + 6, 0, row + 6, 1, "Over a limit", over)
    sheet.merge_range(row + 7, 0, row + 7, 1, "Close to a limit, or below target", warn)


def _links(t: Template, sheet: Worksheet, row: int) -> None:
    f = t.formats
    sheet.write_string(row, 3, "Sheets", f["SOP section"])
    others = [definition for definition in layout.SHEETS if definition.name != "Home"]
    for i, definition in enumerate(others):
        sheet.write_url(row + 1 + i, 3, f"internal:'{definition.name}'!A1", f["SOP link"], definition.name)
        sheet.write_string(row + 1 + i, 4, definition.purpose, f["SOP subtitle"])


def kpis(t: Template, sheet: Worksheet) -> None:
    """Traffic lights over the measures, and the live formulas beside them."""
    status = t.book.add_format
    first, column = 7, 3
    for word, fill, ink in (
        ("GREEN", "#D3EBE2", "#00543F"),
        ("AMBER", WARN_FILL, "#7A4B00"),
        ("RED", OVER_FILL, RED),
    ):
        sheet.conditional_format(
            first - 1,
            column,
            200,
            column,
            {
                "type": "cell",
                "criteria": "==",
                "value": f'"{word}"',
                "format": status({"bg_color": fill, "font_color": ink, "bold": True}),
            },
        )


def monitor(t: Template, sheet: Worksheet) -> None:
    """Lights over the alerts."""
    for word, fill, ink in (("AMBER", WARN_FILL, "#7A4B00"), ("RED", OVER_FILL, RED)):
        look = t.book.add_format({"bg_color": fill, "font_color": ink, "bold": True})
        rule = {"type": "cell", "criteria": "==", "value": f'"{word}"', "format": look}
        sheet.conditional_format(6, 0, 500, 0, rule)


def waterfall(t: Template, sheet: Worksheet) -> None:
    """The frame of the published forecasts."""
    f = t.formats
    sheet.set_column(0, 1, 16)
    sheet.set_column(2, 20, 9.5)
    for i, header in enumerate(("Family", "Version")):
        sheet.write_string(5, i, header, f["SOP header left"])
    sheet.set_paper(8)
    sheet.freeze_panes(6, 2)
    sheet.repeat_rows(0, 5)
    t.name("Waterfall_Buckets", "Waterfall", 6, 1, 6, 3)
    t.name("Waterfall_Data", "Waterfall", 7, 1, 7, 3)


def family(t: Template, sheet: Worksheet) -> None:
    """One family, chosen in a cell: every measure by bucket, with a chart."""
    f = t.formats
    sheet.write_string(4, 0, "Family", f["SOP section"])
    sheet.write_blank(4, 1, None, f["SOP input text"])
    t.name("Family_Choice", "Family", 5, 2)
    sheet.data_validation(4, 1, 4, 1, {"validate": "list", "source": '=INDIRECT("tblFamilies[Family]")'})
    sheet.write_formula(
        4,
        3,
        '=IFERROR(INDEX(tblFamilies[Name],MATCH(Family_Choice,tblFamilies[Family],0)),"Choose a family")',
        f["SOP section"],
        "",
    )
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, 1, 14)
    sheet.set_column(2, 2 + PAGE_BUCKETS, 9.5)
    sheet.write_string(FAMILY_HEADER - 1, 0, "Measure", f["SOP header left"])
    sheet.write_string(FAMILY_HEADER - 1, 1, "Sheet", f["SOP header left"])
    for k in range(PAGE_BUCKETS):
        formula = f'=IFERROR(SMALL(Demand_Buckets,{k + 1}),"")'
        sheet.write_formula(FAMILY_HEADER - 1, 2 + k, formula, f["SOP header date"], "")
    for i, (view, key) in enumerate(FAMILY_ROWS):
        _family_row(t, sheet, FAMILY_FIRST - 1 + i, view, layout.VIEWS[view].row(key))
    sheet.freeze_panes(FAMILY_HEADER, 2)
    _family_chart(t, sheet, FAMILY_FIRST + len(FAMILY_ROWS) + 1)


def _family_row(t: Template, sheet: Worksheet, row: int, view: str, definition: Row) -> None:
    f = t.formats
    look = f[style("strong" if definition.strong else "calc", definition.format)]
    sheet.write_string(row, 0, definition.label, f["SOP label strong" if definition.strong else "SOP label"])
    sheet.write_string(row, 1, view, f["SOP entity"])
    # Cells that can never hold a number stay empty: a chart draws nothing there, but zero for an empty text.
    first, last = _SHOWN.get(definition.key, (0, PAGE_BUCKETS))
    entities, labels = f"INDEX({view}_Grid,0,1)", f"INDEX({view}_Grid,0,2)"
    for k in range(PAGE_BUCKETS):
        if not first <= k < last:
            sheet.write_blank(row, 2 + k, None, look)
            continue
        bucket = f"{column_letter(3 + k)}${FAMILY_HEADER}"
        column = f"INDEX({view}_Grid,0,MATCH({bucket},{view}_Buckets,0))"
        where = f"{entities},Family_Choice,{labels},$A{row + 1}"
        formula = (
            f'=IFERROR(IF(COUNTIFS({where},{column},"<>")=0,"",'
            f'IF(SUMPRODUCT(({entities}=Family_Choice)*({labels}=$A{row + 1})*ISNUMBER({column}))=0,"",'
            f'SUMIFS({column},{where}))),"")'
        )
        sheet.write_formula(row, 2 + k, formula, look, "")


def _family_chart(t: Template, sheet: Worksheet, row: int) -> None:
    chart = t.book.add_chart({"type": "column"})
    lines = t.book.add_chart({"type": "line"})

    def line(key: str, kind: Any, colour: str, **more: Any) -> None:
        index = next(i for i, (_, name) in enumerate(FAMILY_ROWS) if name == key)
        sheet_row = FAMILY_FIRST - 1 + index
        kind.add_series(
            {
                "name": ["Family", sheet_row, 0],
                "categories": ["Family", FAMILY_HEADER - 1, 2, FAMILY_HEADER - 1, 1 + PAGE_BUCKETS],
                "values": ["Family", sheet_row, 2, sheet_row, 1 + PAGE_BUCKETS],
                **more,
                "border" if kind is chart else "line": {
                    "color": colour,
                    "width": 2.0 if kind is lines else 0.5,
                },
            }
        )

    line("production_plan", chart, SKY, fill={"color": SKY}, gap=60)
    line("consensus_demand", lines, NAVY)
    line("actual", lines, MUTED)
    line("projected_inventory", lines, ORANGE)
    line("target_inventory", lines, GREEN)
    chart.combine(lines)
    _finish_chart(chart, "Demand, production and inventory", 1320, 330)
    sheet.insert_chart(row, 0, chart)


def _finish_chart(chart: Any, title: str, width: int, height: int) -> None:
    font = {"name": "Calibri", "size": 9, "color": MUTED}
    chart.set_title(
        {"name": title, "name_font": {"name": "Calibri", "size": 12, "color": NAVY}, "overlay": False}
    )
    chart.set_x_axis(
        {"num_font": font, "num_format": "mmm yy", "text_axis": True, "line": {"color": "#B8C1CA"}}
    )
    chart.set_y_axis(
        {
            "num_font": font,
            "num_format": "#,##0",
            "major_gridlines": {"visible": True, "line": {"color": "#E3E7EB"}},
        }
    )
    chart.set_legend({"position": "bottom", "font": font})
    chart.set_size({"width": width, "height": height})
    chart.set_chartarea({"border": {"none": True}})


def executive(t: Template, sheet: Worksheet) -> None:
    """Families as rows over the next year, with three charts of the totals."""
    f = t.formats
    sheet.write_string(EXECUTIVE_FIRST - 3, 0, "The next four quarters, by family", f["SOP section"])
    for i, (header, width, _) in enumerate(EXECUTIVE_COLUMNS):
        sheet.set_column(i, i, width)
        sheet.write_string(EXECUTIVE_FIRST - 2, i, header, f["SOP header"])
    sheet.set_row(EXECUTIVE_FIRST - 2, 30)
    t.name("Executive_Families", "Executive", EXECUTIVE_FIRST, 1)
    red = t.book.add_format({"bg_color": OVER_FILL, "font_color": RED, "bold": True})
    for header, criterion in (("Lowest inventory", "<0"), ("Gap to budget", "<0"), ("Gap", "<-0.02")):
        column = next(i for i, (name, *_) in enumerate(EXECUTIVE_COLUMNS) if name == header)
        corner = f"{column_letter(column + 1)}{EXECUTIVE_FIRST}"
        sheet.conditional_format(
            EXECUTIVE_FIRST - 1,
            column,
            200,
            column,
            {"type": "formula", "criteria": f"=AND(ISNUMBER({corner}),{corner}{criterion})", "format": red},
        )
    charts = (
        ("Revenue against budget", "Finance", (("Revenue", 0, BLUE), ("Budget revenue", 5, ORANGE))),
        ("Inventory value", "Finance", (("Inventory value", 4, NAVY),)),
        ("Hours short of capacity", "Capacity", (("Hours short", 1, RED),)),
    )
    first = 9
    for i, (title, view, lines) in enumerate(charts):
        chart = t.book.add_chart({"type": "column" if i == 2 else "line"})
        for label, offset, colour in lines:
            row = first - 1 + offset
            key = "fill" if i == 2 else "line"
            chart.add_series(
                {
                    "name": label,
                    "categories": [view, 5, 6, 5, CHART_LAST],
                    "values": [view, row, 6, row, CHART_LAST],
                    key: {"color": colour, "width": 2.25},
                }
            )
        _finish_chart(chart, title, CHART_WIDTH, 255)
        sheet.insert_chart(4, 0, chart, {"x_offset": i * (CHART_WIDTH + 10)})
    sheet.fit_to_pages(1, 1)


def lab(t: Template, sheet: Worksheet) -> None:
    """Live SOP_ formulas over the history of one family."""
    f = t.formats
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 1 + LAB_HORIZON, 11)
    sheet.write_string(4, 0, "Family", f["SOP section"])
    sheet.write_blank(4, 1, None, f["SOP input text"])
    t.name("Lab_Family", "Lab", 5, 2)
    sheet.data_validation(4, 1, 4, 1, {"validate": "list", "source": '=INDIRECT("tblFamilies[Family]")'})
    sheet.write_string(
        4,
        3,
        "Cells below show #NAME? until the add-in is loaded; everything else in this workbook works without it.",
        f["SOP subtitle"],
    )
    history = "INDEX(History_Data,MATCH(Lab_Family,INDEX(History_Data,0,1),0),0)"
    past = f"INDEX({history},1,2):INDEX({history},1,COLUMNS(History_Data))"
    sheet.write_string(6, 0, "Forecast of the coming buckets", f["SOP section"])
    for k in range(LAB_HORIZON):
        sheet.write_number(7, 1 + k, k + 1, f["SOP header"])
    sheet.write_string(7, 0, "Method", f["SOP header left"])
    for i, method in enumerate(("AUTO", "SEASONAL_NAIVE", "HOLT_WINTERS", "THETA")):
        row = 8 + i
        sheet.write_string(row, 0, method, f["SOP label"])
        formula = f"{{=SOP_FORECAST({past},{LAB_HORIZON},12,$A{row + 1})}}"
        sheet.write_array_formula(row, 1, row, LAB_HORIZON, formula, f["SOP calc qty"], "")
    sheet.write_string(13, 0, "Demand class, ADI, CV²", f["SOP label"])
    sheet.write_array_formula(13, 1, 13, 3, f"{{=SOP_DEMAND_CLASS({past})}}", f["SOP calc number"], "")


def scenarios(t: Template, sheet: Worksheet) -> None:
    """Room for the comparison beside the list."""
    sheet.set_column(7, 7, 3)


def history(t: Template, sheet: Worksheet) -> None:
    """The frame of the history grid."""
    f = t.formats
    sheet.set_column(0, 0, 16)
    sheet.set_column(1, layout.HISTORY_BUCKETS, 9.5)
    sheet.write_string(5, 0, "Family", f["SOP header left"])
    sheet.freeze_panes(6, 1)
    t.name("History_Buckets", "History", 6, 2, 6, 1 + layout.HISTORY_BUCKETS)
    t.name("History_Data", "History", 7, 1, 7, 1 + layout.HISTORY_BUCKETS)


def mix(t: Template, sheet: Worksheet) -> None:
    """The frame of the items' share of the plan."""
    f = t.formats
    sheet.set_column(0, 1, 14)
    sheet.set_column(2, 2, 30)
    sheet.set_column(3, 60, 10)
    for i, header in enumerate(("Item", "Family", "Name")):
        sheet.write_string(5, i, header, f["SOP header left"])
    sheet.set_paper(8)
    sheet.freeze_panes(6, 3)
    sheet.repeat_rows(0, 5)
    t.name("Mix_Buckets", "Mix", 6, 1, 6, 4)
    t.name("Mix_Data", "Mix", 7, 1, 7, 4)


def help_page(t: Template, sheet: Worksheet) -> None:
    """Commands, functions, words and tables."""
    from sop_xl.glossary import TERMS
    from udfs.reference import help_rows

    f = t.formats
    sheet.set_column(0, 0, 84)
    sheet.set_column(1, 1, 14)
    sheet.set_column(2, 2, 90)
    row = 4
    for title, headers, lines in (
        ("Commands", ("Command", "Step", "What it does"), COMMANDS),
        (
            "Functions (need the add-in; from the command line: sop-xl call)",
            ("Function", "Chapter", "What it gives"),
            [(signature, category, gives) for category, signature, gives, *_ in help_rows()[1:]],
        ),
        ("Words", ("Word", "Unit", "Meaning"), [(term.name, term.unit, term.meaning) for term in TERMS]),
        ("Tables", ("Table", "Sheet", "What it holds"), _table_lines()),
    ):
        sheet.write_string(row, 0, title, f["SOP section"])
        for i, header in enumerate(headers):
            sheet.write_string(row + 1, i, header, f["SOP header left"])
        for k, line in enumerate(lines):
            for i, text in enumerate(line):
                sheet.write_string(row + 2 + k, i, text, f["SOP label strong" if i == 0 else "SOP wrapped"])
        row += len(lines) + 3
    t.name("Help_Functions", "Help", row + 1, 1)


def _table_lines() -> list[tuple[str, str, str]]:
    return [(name, layout.SHEET_OF[name], table.help) for name, table in layout.TABLES.items()]


COMMANDS: tuple[tuple[str, str, str], ...] = (
    ("load-actuals", "1", "Fill the tables from files or queries by a mapping, and rebuild the history"),
    ("check", "1", "List every problem of the input at once; changes nothing"),
    ("forecast", "2", "Forecast every family; overrides stay as they are"),
    ("plan-supply", "3", "Propose production by each family's strategy around frozen buckets and overrides"),
    ("check-capacity", "3", "Compare the load of the plan with the capacity of every resource"),
    (
        "reconcile",
        "4",
        "List the gaps between demand, supply and money, with priced moves that would close them",
    ),
    ("apply-proposals", "4", "Make all accepted moves of Reconcile together, or none of them"),
    ("value-plan", "4", "Value the plan against budget, last year and the last plan"),
    ("refresh-kpis", "6", "Calculate the measures"),
    ("monitor", "6", "Compare actuals with the published plans and list alerts with their owners"),
    (
        "submit, approve, reject",
        "all",
        "Sign a step under your name, once its gate is open; reject needs a reason",
    ),
    (
        "reopen, skip",
        "all",
        "Open a signed step and those after it again; leave a meeting out: both need a reason",
    ),
    ("publish", "6", "Freeze the plan and write the workbook that others link to"),
    ("revert", "all", "Put back what the last command replaced"),
    ("run-cycle", "1-6", "All of this in order, without publishing"),
)

PAGES: dict[str, Callable[[Template, Worksheet], None]] = {
    "KPIs": kpis,
    "Monitor": monitor,
    "Waterfall": waterfall,
    "Family": family,
    "Executive": executive,
    "Lab": lab,
    "Scenarios": scenarios,
    "History": history,
    "Mix": mix,
    "Help": help_page,
}
