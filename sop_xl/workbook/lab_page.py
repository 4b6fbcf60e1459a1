"""The Lab sheet: live ``SOP_`` formulas over the history of one family.

Beside every live formula stands, in folded columns, what the last command calculated. That shows where the add-in
is missing, as long as the same family and method are chosen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from xlsxwriter.worksheet import Worksheet

from sop_xl.forecasting.engine import METHODS
from sop_xl.workbook import layout
from sop_xl.workbook.charts import finish
from sop_xl.workbook.formulas import column_letter
from sop_xl.workbook.styles import BLUE, GREEN, MUTED, NAVY, ORANGE, SKY

if TYPE_CHECKING:
    from sop_xl.workbook.template import Template

HORIZON = 12
COMPARED = ("AUTO", "SEASONAL_NAIVE", "HOLT_WINTERS", "THETA")
#: Sheet rows: the methods, the band of the chosen one, the plan, last year; then the backtest.
HEADER, FIRST, LOW, CONSENSUS, LAST_YEAR = 9, 10, 15, 17, 18
TEST_HEADER, TEST_FIRST, CLASS_ROW, CHART_ROW = 21, 22, 28, 31
#: First column of what the last command calculated.
STORED = 16
BAND = 0.8
#: Columns of the backtest: header, column of SOP_FORECAST_EXPLAIN, style.
BACKTEST: tuple[tuple[str, int, str], ...] = (
    ("Class", 1, "SOP calc text"),
    ("Forecast by", 2, "SOP calc text"),
    ("WMAPE", 4, "SOP calc ratio"),
    ("MASE", 5, "SOP calc factor"),
    ("Bias", 6, "SOP calc ratio"),
    ("Trend per bucket", 7, "SOP calc days"),
    ("Season", 8, "SOP calc factor"),
    ("Reason", 3, "SOP calc wrapped"),
)
SEASON = 'IF(Home_BucketType="week",52,IF(Home_BucketType="quarter",4,12))'
_ROW = "INDEX(History_Data,MATCH(Lab_Family,INDEX(History_Data,0,1),0),0)"
PAST = f"INDEX({_ROW},1,2):INDEX({_ROW},1,COLUMNS(History_Data))"
_SAME = "Lab_Family=Lab_StoredFamily"
_SAME_METHOD = f"({_SAME})*(Lab_Method=Lab_StoredMethod)"


def lab(t: Template, sheet: Worksheet) -> None:
    """The frame, the formulas and the chart."""
    f = t.formats
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, HORIZON, 11.5)
    sheet.set_column(2, 2, 17)
    sheet.set_row(TEST_HEADER - 1, 30)
    sheet.set_column(STORED - 1, STORED + HORIZON - 2, 10, None, {"level": 1, "hidden": True})
    sheet.set_column(STORED + HORIZON - 1, STORED + HORIZON - 1, 3, None, {"collapsed": True})
    choices = (
        (5, "Family", "Lab_Family", {"validate": "list", "source": '=INDIRECT("tblFamilies[Family]")'}, ""),
        (6, "Method of your own", "Lab_Method", {"validate": "list", "source": list(METHODS)}, "SES"),
    )
    for row, label, name, rule, default in choices:
        sheet.write_string(row - 1, 0, label, f["SOP section"])
        sheet.merge_range(row - 1, 1, row - 1, 2, default, f["SOP input text"])
        sheet.data_validation(row - 1, 1, row - 1, 1, rule)
        t.name(name, "Lab", row, 2)
    sheet.write_string(
        4,
        4,
        "Live with the add-in. Without it: what the last command found for this family.",
        f["SOP subtitle"],
    )
    sheet.write_string(
        5,
        4,
        "It stands in the last row of the comparison, in the band and in the backtest.",
        f["SOP subtitle"],
    )
    _stored(t, sheet)
    _comparison(t, sheet)
    _backtest(t, sheet)
    _chart(t, sheet)
    sheet.freeze_panes(HEADER, 1)
    sheet.fit_to_pages(1, 1)


def _stored(t: Template, sheet: Worksheet) -> None:
    f = t.formats
    sheet.write_string(3, STORED - 1, "Found by the last command", f["SOP section"])
    for row, name in ((5, "Lab_StoredFamily"), (6, "Lab_StoredMethod")):
        sheet.write_blank(row - 1, STORED - 1, None, f["SOP data text"])
        t.name(name, "Lab", row, STORED)


def stored(row: int, columns: int = HORIZON) -> str:
    """Where the last command keeps its values of a row."""
    last = column_letter(STORED + columns - 1)
    return f"{column_letter(STORED)}{row}:{last}{row}" if columns > 1 else f"{column_letter(STORED)}{row}"


def _comparison(t: Template, sheet: Worksheet) -> None:
    f = t.formats
    sheet.write_string(HEADER - 2, 0, "Forecast of the coming buckets, method by method", f["SOP section"])
    sheet.write_string(HEADER - 1, 0, "Method", f["SOP header left"])
    for k in range(HORIZON):
        formula = f'=IFERROR(SMALL(Demand_Buckets,{layout.PAST_BUCKETS + k + 1}),"")'
        sheet.write_formula(HEADER - 1, 1 + k, formula, f["SOP header date"], "")
    for i, method in enumerate((*COMPARED, "")):
        row, same = FIRST + i, _SAME if method else _SAME_METHOD
        if method:
            sheet.write_string(row - 1, 0, method, f["SOP label"])
        else:
            sheet.write_formula(row - 1, 0, '=Lab_Method&""', f["SOP label"], "SES")
        call = f"SOP_FORECAST({PAST},{HORIZON},{SEASON},$A{row})"
        formula = f'{{=IFERROR({call},IF({same},{stored(row)},""))}}'
        sheet.write_array_formula(row - 1, 1, row - 1, HORIZON, formula, f["SOP calc qty"], "")
    band = f"SOP_FORECAST_BAND({PAST},{HORIZON},{BAND},{SEASON},Lab_Method)"
    for i, label in enumerate(("Low", "High")):
        row = LOW + i
        sheet.write_formula(row - 1, 0, f'=Lab_Method&", {label.lower()} {BAND:.0%}"', f["SOP label"], "")
        formula = f'{{=IFERROR(INDEX({band},{i + 1},0),IF({_SAME_METHOD},{stored(row)},""))}}'
        sheet.write_array_formula(row - 1, 1, row - 1, HORIZON, formula, f["SOP calc qty"], "")
    for row, label, measure in (
        (CONSENSUS, "Consensus in the plan", "Consensus demand"),
        (LAST_YEAR, "Last year", "Last year"),
    ):
        sheet.write_string(row - 1, 0, label, f["SOP label strong"])
        for k in range(HORIZON):
            column = f"INDEX(Demand_Grid,0,MATCH({column_letter(2 + k)}${HEADER},Demand_Buckets,0))"
            where = f'INDEX(Demand_Grid,0,1),Lab_Family,INDEX(Demand_Grid,0,2),"{measure}"'
            formula = f'=IFERROR(IF(COUNTIFS({where},{column},"<>")=0,"",SUMIFS({column},{where})),"")'
            sheet.write_formula(row - 1, 1 + k, formula, f["SOP strong qty"], "")


def _backtest(t: Template, sheet: Worksheet) -> None:
    f = t.formats
    sheet.write_string(
        TEST_HEADER - 2, 0, "How each would have done (rolling-origin backtest)", f["SOP section"]
    )
    sheet.write_string(TEST_HEADER - 1, 0, "Method", f["SOP header left"])
    last = len(BACKTEST)
    for i, (header, *_) in enumerate(BACKTEST, start=1):
        if i == last:
            sheet.merge_range(TEST_HEADER - 1, i, TEST_HEADER - 1, HORIZON, header, f["SOP header left"])
        else:
            sheet.write_string(TEST_HEADER - 1, i, header, f["SOP header"])
    for k in range(len(COMPARED) + 1):
        row, same = TEST_FIRST + k, _SAME if k < len(COMPARED) else _SAME_METHOD
        sheet.set_row(row - 1, 28)
        sheet.write_formula(row - 1, 0, f"=A{FIRST + k}", f["SOP label"], (*COMPARED, "SES")[k])
        for i, (_, column, look) in enumerate(BACKTEST, start=1):
            kept = f"{column_letter(STORED + i - 1)}{row}"
            call = f"INDEX(SOP_FORECAST_EXPLAIN({PAST},{SEASON},$A{row}),2,{column})"
            formula = f'=IFERROR({call},IF({same},{kept}&"","")'
            if column > 3:
                formula = f'=IFERROR({call},IF(({same})*ISNUMBER({kept}),{kept},"")'
            if i == last:
                sheet.merge_range(row - 1, i, row - 1, HORIZON, "", f[look])
            sheet.write_formula(row - 1, i, formula + ")", f[look], "")
    sheet.write_string(CLASS_ROW - 1, 0, "Class, ADI, CV² of demand", f["SOP label"])
    formula = f'{{=IFERROR(SOP_DEMAND_CLASS({PAST}),IF({_SAME},{stored(CLASS_ROW, 3)},""))}}'
    sheet.write_array_formula(CLASS_ROW - 1, 1, CLASS_ROW - 1, 3, formula, f["SOP calc number"], "")


def _chart(t: Template, sheet: Worksheet) -> None:
    chart = t.book.add_chart({"type": "line"})
    lines: tuple[tuple[int, str, dict[str, object]], ...] = (
        (LAST_YEAR, MUTED, {}),
        (CONSENSUS, NAVY, {"width": 2.75}),
        (FIRST, ORANGE, {"width": 2.25}),
        (FIRST + 1, SKY, {}),
        (FIRST + 2, GREEN, {}),
        (FIRST + 3, BLUE, {"dash_type": "dash"}),
        (LOW, MUTED, {"dash_type": "round_dot"}),
        (LOW + 1, MUTED, {"dash_type": "round_dot"}),
    )
    for row, colour, more in lines:
        chart.add_series(
            {
                "name": ["Lab", row - 1, 0],
                "categories": ["Lab", HEADER - 1, 1, HEADER - 1, HORIZON],
                "values": ["Lab", row - 1, 1, row - 1, HORIZON],
                "line": {"color": colour, "width": 1.5, **more},
            }
        )
    finish(chart, "Methods, band and plan", 1180, 330)
    sheet.insert_chart(CHART_ROW - 2, 0, chart)
