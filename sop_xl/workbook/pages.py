"""The pages that are no plain tables or planning views: Home, KPIs, Family, Executive, Lab, Help, Scenarios."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from xlsxwriter.worksheet import Worksheet

from sop_xl.workbook import executive_page, kpi_page, lab_page, layout, tables
from sop_xl.workbook.charts import finish, stacked
from sop_xl.workbook.formulas import column_letter
from sop_xl.workbook.spec import Row
from sop_xl.workbook.styles import (
    GREEN,
    INK,
    LIGHTS,
    MUTED,
    NAVY,
    ORANGE,
    OVER_FILL,
    RED,
    SKY,
    STOCK_FILL,
    WARN_FILL,
    style,
)

if TYPE_CHECKING:
    from sop_xl.workbook.template import Template

PAGE_BUCKETS = 22
FAMILY_HEADER, FAMILY_FIRST = 6, 7
FAMILY_CHART_WIDTH = 1810

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
    _step_lights(t, sheet, steps_end)
    _checklist(t, sheet, steps_end + 10)
    _legend(t, sheet, last + 5)
    _links(t, sheet, last + 5)
    sheet.freeze_panes(5, 0)
    sheet.fit_to_pages(1, 1)


#: What to look at before a meeting: words, and what stands beside them.
CHECKLIST: tuple[tuple[str, str], ...] = (
    ("Data loaded", 'IF(COUNT(tblSales[Quantity])=0,"no sales history: load actuals","yes, sales up to "'
     '&TEXT(MAX(tblSales[Bucket]),"yyyy-mm-dd"))'),
    ("Prices and costs", 'IF(COUNTA(tblFamilies[Family])=0,"no families yet",IF(MIN(COUNT(tblFamilies[Price]),'
     'COUNT(tblFamilies[Unit cost]))<COUNTA(tblFamilies[Family]),"some are missing: ask finance","complete"))'),
    ("Forecast", 'IF(Demand_Notice<>"",Demand_Notice,IF(COUNTIF(INDEX(Demand_Grid,0,2),"Baseline forecast")=0,'
     '"not made yet","in every bucket"))'),
    ("Open gaps", 'COUNTIF(tblGaps[State],"OPEN")&" on Reconcile"'),
    ("Measures in red", 'COUNTIF(tblKPIs[Status],"RED")&" on KPIs"'),
    ("Decisions to take", 'COUNTIFS(tblDecisions[Question],"?*",tblDecisions[Decision],"")&" on Decisions"'),
)  # fmt: skip


def _checklist(t: Template, sheet: Worksheet, row: int) -> None:
    f = t.formats
    sheet.write_string(row, 3, "Checklist", f["SOP section"])
    for i, (label, formula) in enumerate(CHECKLIST, start=row + 1):
        sheet.write_string(i, 3, label, f["SOP label"])
        sheet.write_formula(i, 4, f"={formula}", f["SOP subtitle"], "")


def _step_lights(t: Template, sheet: Worksheet, last: int) -> None:
    """States of the steps in the colours of the lights; the words say it in grey."""
    column = 3 + tables.STEPS.headers.index("State")
    for word, light in (("APPROVED", "GREEN"), ("SUBMITTED", "AMBER"), ("REJECTED", "RED")):
        fill, ink = LIGHTS[light]
        look = t.book.add_format({"bg_color": fill, "font_color": ink, "bold": True})
        rule = {"type": "cell", "criteria": "==", "value": f'"{word}"', "format": look}
        sheet.conditional_format(6, column, last, column, rule)


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
    """One family, chosen in a cell: every measure by bucket, with one chart of them."""
    f = t.formats
    sheet.write_string(4, 0, "Family", f["SOP section"])
    sheet.write_blank(4, 1, None, f["SOP input text"])
    t.name("Family_Choice", "Family", 5, 2)
    sheet.data_validation(4, 1, 4, 1, {"validate": "list", "source": '=INDIRECT("tblFamilies[Family]")'})
    sheet.write_formula(
        4,
        3,
        '=IFERROR(INDEX(tblFamilies[Name],MATCH(Family_Choice,tblFamilies[Family],0))&IFERROR(", in "&'
        'INDEX(tblFamilies[Unit],MATCH(Family_Choice,tblFamilies[Family],0)),""),"Choose a family")',
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
    sheet.fit_to_pages(1, 1)


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
        if definition.key == "projected_inventory" and k < layout.PAST_BUCKETS - 1:
            # The views know stock from the end of the last closed bucket on; before, Refresh KPIs rolls it back.
            stock = f"tblMeasured[Family],Family_Choice,tblMeasured[Bucket],{bucket},tblMeasured[Inventory]"
            formula = (
                f'=IFERROR(IF(COUNTIFS({stock},"<>")=0,"",SUMIFS(tblMeasured[Inventory],{stock},"<>")),"")'
            )
            sheet.write_formula(row, 2 + k, formula, look, "")
            continue
        column = f"INDEX({view}_Grid,0,MATCH({bucket},{view}_Buckets,0))"
        where = f"{entities},Family_Choice,{labels},$A{row + 1}"
        formula = (
            f'=IFERROR(IF(COUNTIFS({where},{column},"<>")=0,"",'
            f'IF(SUMPRODUCT(({entities}=Family_Choice)*({labels}=$A{row + 1})*ISNUMBER({column}))=0,"",'
            f'SUMIFS({column},{where}))),"")'
        )
        sheet.write_formula(row, 2 + k, formula, look, "")


def _family_chart(t: Template, sheet: Worksheet, row: int) -> None:
    """Demand as a line, production as columns, stock as an area with its target, all in the unit of the family."""

    def series(chart: Any, key: str, look: dict[str, Any]) -> None:
        index, (view, _) = next((i, place) for i, place in enumerate(FAMILY_ROWS) if place[1] == key)
        sheet_row = FAMILY_FIRST - 1 + index
        chart.add_series(
            {
                "name": ["Family", sheet_row, 0],
                "categories": ["Family", FAMILY_HEADER - 1, 2, FAMILY_HEADER - 1, 1 + PAGE_BUCKETS],
                "values": ["Family", sheet_row, 2, sheet_row, 1 + PAGE_BUCKETS],
                # What a program shows before it has looked at the cells.
                "name_data": [layout.VIEWS[view].row(key).label],
                "categories_data": [],
                "values_data": [],
                **look,
            }
        )

    def line(colour: str, dash: str = "solid", width: float = 2.25) -> dict[str, Any]:
        return {"line": {"color": colour, "width": width, "dash_type": dash}}

    stock, flow, lines = (t.book.add_chart({"type": kind}) for kind in ("area", "column", "line"))
    series(
        stock,
        "projected_inventory",
        {"fill": {"color": STOCK_FILL}, "border": {"color": MUTED, "width": 0.75}},
    )
    series(flow, "production_plan", {"fill": {"color": SKY}, "border": {"none": True}, "gap": 120})
    series(lines, "consensus_demand", line(NAVY))
    series(
        lines, "actual", line(ORANGE) | {"marker": {"type": "circle", "size": 5, "fill": {"color": ORANGE}}}
    )
    series(lines, "target_inventory", line(GREEN, "dash", 1.75))
    series(lines, "backlog", line(INK, "round_dot", 1.75))
    stacked(stock, flow, lines)
    title = "Demand, production and inventory with its target (backlog of families made to order)"
    finish(stock, title, FAMILY_CHART_WIDTH, 560)
    # The columns of the first and the last bucket stand within the plot; an area alone would cut them in half.
    stock.cross_between = "between"
    sheet.insert_chart(row, 0, stock)


def scenarios(t: Template, sheet: Worksheet) -> None:
    """Three tables beside one another need a larger paper."""
    sheet.set_paper(8)


def history(t: Template, sheet: Worksheet) -> None:
    """The frame of the history grid."""
    f, most = t.formats, max(layout.HISTORY_BUCKETS.values())
    sheet.set_column(0, 0, 16)
    sheet.set_column(1, most, 9.5)
    sheet.write_string(5, 0, "Family", f["SOP header left"])
    sheet.set_paper(8)
    sheet.freeze_panes(6, 1)
    t.name("History_Buckets", "History", 6, 2, 6, 1 + most)
    t.name("History_Data", "History", 7, 1, 7, 1 + most)


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


def regions(t: Template, sheet: Worksheet) -> None:
    """The frame of the regions' share of the plan."""
    f = t.formats
    sheet.set_column(0, 0, 15)
    sheet.set_column(1, 1, 18)
    sheet.set_column(2, 2, 8)
    sheet.set_column(3, 3, 9)
    sheet.set_column(4, 60, 10.5)
    for i, header in enumerate(("Family", "Region/channel", "Unit", "Price")):
        sheet.write_string(5, i, header, f["SOP header left"])
    sheet.set_paper(8)
    sheet.freeze_panes(6, 4)
    sheet.repeat_rows(0, 5)
    t.name("Regions_Buckets", "Regions", 6, 1, 6, 5)
    t.name("Regions_Data", "Regions", 7, 1, 7, 5)


def help_page(t: Template, sheet: Worksheet) -> None:
    """Commands, functions, words and tables."""
    from sop_xl.glossary import TERMS
    from sop_xl.kpis.catalogue import MEASURES
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
        (
            "Measures",
            ("Measure", "Unit", "Definition"),
            [(measure.label, measure.unit, measure.definition) for measure in MEASURES],
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
    ("forecast", "2", "Forecast every family, item and region; overrides stay as they are"),
    ("plan-supply", "3", "Propose production by each family's strategy around frozen buckets and overrides"),
    ("check-capacity", "3", "Compare the load of the plan with the capacity of every resource"),
    (
        "reconcile",
        "4",
        "List the gaps between demand, supply and money, with priced moves that would close them",
    ),
    ("apply-proposals", "4", "Make all accepted moves of Reconcile together, or none of them"),
    ("value-plan", "4", "Value the plan against budget, last year and the last plan"),
    (
        "compare-scenarios",
        "4",
        "Run the whole planning for up to five scenarios and set them beside the plan",
    ),
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
    ("protect", "all", "Lock formulas and results, without a password; --off opens them again"),
    ("publish", "6", "Freeze the plan and write the workbook that others link to"),
    ("revert", "all", "Put back what the last command replaced"),
    ("run-cycle", "1-6", "All of this in order, without publishing"),
)

PAGES: dict[str, Callable[[Template, Worksheet], None]] = {
    "KPIs": kpi_page.kpis,
    "Measured": kpi_page.measured,
    "Monitor": monitor,
    "Waterfall": waterfall,
    "Family": family,
    "Executive": executive_page.executive,
    "Lab": lab_page.lab,
    "Scenarios": scenarios,
    "History": history,
    "Mix": mix,
    "Regions": regions,
    "Help": help_page,
}
