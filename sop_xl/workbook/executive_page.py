"""The Executive sheet: headline measures, three charts, and the frame of the families' lights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xlsxwriter.worksheet import Worksheet

from sop_xl.kpis.catalogue import MEASURES
from sop_xl.workbook import layout
from sop_xl.workbook.charts import finish
from sop_xl.workbook.formulas import column_letter
from sop_xl.workbook.kpi_page import UNIT_FORMAT
from sop_xl.workbook.styles import BLUE, LIGHTS, NAVY, ORANGE, OVER_FILL, RED

if TYPE_CHECKING:
    from sop_xl.workbook.template import Template

#: Columns of the families: header, width, number format. The lights come first, in the order of the process.
COLUMNS: tuple[tuple[str, float, str], ...] = (
    ("Family", 13, "text"),
    ("Name", 24, "text"),
    ("Unit", 7, "text"),
    ("Demand light", 9, "text"),
    ("Supply light", 9, "text"),
    ("Inventory light", 10, "text"),
    ("Service light", 9, "text"),
    ("Money light", 9, "text"),
    ("Demand", 11, "qty"),
    ("Against last year", 9, "ratio"),
    ("Forecast accuracy", 10, "ratio"),
    ("Production", 11, "qty"),
    ("Lowest inventory", 10, "qty"),
    ("Lowest days of supply", 10, "days"),
    ("Shipped", 9, "ratio"),
    ("Revenue", 13, "money"),
    ("Margin", 13, "money"),
    ("Gap to budget", 12, "money"),
    ("Gap", 8, "ratio"),
)
HEADERS = tuple(header for header, *_ in COLUMNS)
LIGHT_HEADERS = tuple(header for header in HEADERS if header.endswith(" light"))
#: What a light looks at; shown to whoever points at its header.
LIGHT_HELP = {
    "Demand light": "Forecast accuracy of the last year against its target on KPIs; amber down to five points below",
    "Supply light": "Resources that the family needs: amber from 90 % of capacity, red over it (tblCapacityCheck)",
    "Inventory light": "Red: runs out in the coming year. Amber: some bucket below half of its target. Families made "
    "to order: amber from 1.5, red from twice the target backlog",
    "Service light": "Demand shipped in the coming year against the service target; amber down to two points below",
    "Money light": "Revenue of the coming year against the budget: amber from 2 %, red from 5 % below",
}
TILES = (
    "forecast_accuracy",
    "on_time",
    "fill_rate",
    "inventory_turns",
    "schedule_attainment",
    "backorder_rate",
)
#: First and last column of each tile.
TILE_COLUMNS = ((0, 1), (2, 4), (5, 7), (8, 10), (11, 14), (15, 18))
TILE_ROW, CHART_ROW, FIRST_ROW = 5, 10, 27
CHART_WIDTH = 505
#: What the charts draw, in hidden columns: of at most so many planned buckets, where there are fewer nothing.
CHART_BUCKETS, CHART_COLUMN = 12, len(COLUMNS) + 3
#: Their columns: view and key of the total, chart, colour; after the names of the buckets.
SERIES: tuple[tuple[str, str, str, str], ...] = (
    ("Finance", "revenue", "Revenue against budget", BLUE),
    ("Finance", "budget_revenue", "Revenue against budget", ORANGE),
    ("Finance", "inventory_value", "Inventory value", NAVY),
    ("Capacity", "short", "Hours short of capacity", RED),
)


def executive(t: Template, sheet: Worksheet) -> None:
    """Measures on top, three charts of the totals, then room for the families."""
    f = t.formats
    for i, (_, width, _) in enumerate(COLUMNS):
        sheet.set_column(i, i, width)
    _tiles(t, sheet)
    _charts(t, sheet)
    title = "The coming year, by family"
    sheet.write_formula(
        FIRST_ROW - 3, 0, f'="{title}, money in "&Home_Currency', f["SOP section"], f"{title}, money in EUR"
    )
    for i, header in enumerate(HEADERS):
        sheet.write_string(FIRST_ROW - 2, i, header, f["SOP header"])
        if header in LIGHT_HELP:
            sheet.write_comment(FIRST_ROW - 2, i, LIGHT_HELP[header], {"x_scale": 1.6, "y_scale": 0.9})
    sheet.set_row(FIRST_ROW - 2, 30)
    t.name("Executive_Families", "Executive", FIRST_ROW, 1)
    first, last = HEADERS.index(LIGHT_HEADERS[0]), HEADERS.index(LIGHT_HEADERS[-1])
    _lights(t, sheet, (FIRST_ROW - 1, first, 300, last))
    red = t.book.add_format({"bg_color": OVER_FILL, "font_color": RED, "bold": True})
    for header, criterion in (("Lowest inventory", "<0"), ("Gap to budget", "<0"), ("Gap", "<-0.02")):
        column = HEADERS.index(header)
        corner = f"{column_letter(column + 1)}{FIRST_ROW}"
        sheet.conditional_format(
            FIRST_ROW - 1,
            column,
            300,
            column,
            {"type": "formula", "criteria": f"=AND(ISNUMBER({corner}),{corner}{criterion})", "format": red},
        )
    sheet.fit_to_pages(1, 1)


def _lights(t: Template, sheet: Worksheet, area: tuple[int, int, int, int]) -> None:
    for word, (fill, ink) in LIGHTS.items():
        look = t.book.add_format({"bg_color": fill, "font_color": ink, "bold": True})
        sheet.conditional_format(
            *area, {"type": "cell", "criteria": "==", "value": f'"{word}"', "format": look}
        )


def _tiles(t: Template, sheet: Worksheet) -> None:
    """Headline measures: name, value, light with target, trend."""
    f = t.formats
    sheet.set_row(TILE_ROW, 26)
    sheet.set_row(TILE_ROW + 2, 20)
    by_key = {definition.key: definition for definition in MEASURES}
    for key, (left, last) in zip(TILES, TILE_COLUMNS, strict=True):
        definition = by_key[key]
        found = f'MATCH("{definition.label}",tblKPIs[Measure],0)'
        value = f'=IFERROR(IF(INDEX(tblKPIs[Value],{found})="","",INDEX(tblKPIs[Value],{found})),"")'
        light = f'=IFERROR(INDEX(tblKPIs[Status],{found})&"","")'
        look = "SOP tile ratio" if UNIT_FORMAT[definition.unit] == "ratio" else "SOP tile days"
        for offset, style in ((0, "SOP tile label"), (1, look), (2, "SOP tile light"), (3, "SOP tile trend")):
            sheet.merge_range(TILE_ROW - 1 + offset, left, TILE_ROW - 1 + offset, last, "", f[style])
        sheet.write_string(TILE_ROW - 1, left, definition.label, f["SOP tile label"])
        sheet.write_formula(TILE_ROW, left, value, f[look], "")
        sheet.write_formula(TILE_ROW + 1, left, light, f["SOP tile light"], "")
        trend = f'=IFERROR(INDEX(tblKPIs[Trend],{found})&"","")'
        sheet.write_formula(TILE_ROW + 2, left, trend, f["SOP tile trend"], "")
    _lights(t, sheet, (TILE_ROW + 1, 0, TILE_ROW + 1, TILE_COLUMNS[-1][1]))


def _charts(t: Template, sheet: Worksheet) -> None:
    first = CHART_COLUMN - 1
    rows = (TILE_ROW, TILE_ROW + CHART_BUCKETS - 1)
    sheet.set_column(first, first + len(SERIES), 12, None, {"hidden": True})
    sheet.write_string(TILE_ROW - 1, first, "Bucket", t.formats["SOP header left"])
    t.name(
        "Executive_Charts",
        "Executive",
        TILE_ROW + 1,
        CHART_COLUMN,
        TILE_ROW + CHART_BUCKETS,
        CHART_COLUMN + len(SERIES),
    )
    titles = list(dict.fromkeys(title for _, _, title, _ in SERIES))
    for i, title in enumerate(titles):
        bars = i == 2
        chart = t.book.add_chart({"type": "column" if bars else "line"})
        for k, (view, key, of, colour) in enumerate(SERIES, start=1):
            label = layout.VIEWS[view].total(key).label
            sheet.write_string(TILE_ROW - 1, first + k, label, t.formats["SOP header"])
            if of != title:
                continue
            look = {
                "color": colour,
                "width": 2.25,
                **({"dash_type": "dash"} if key.startswith("budget") else {}),
            }
            chart.add_series(
                {
                    "name": label,
                    "categories": ["Executive", rows[0], first, rows[1], first],
                    "values": ["Executive", rows[0], first + k, rows[1], first + k],
                    "fill" if bars else "line": {"color": colour} if bars else look,
                }
            )
        # Level, some of the twelve names would break into two lines.
        finish(chart, title, CHART_WIDTH, 285, slant=-45)
        chart.show_hidden_data()
        sheet.insert_chart(CHART_ROW - 1, 0, chart, {"x_offset": i * (CHART_WIDTH + 8)})
