"""The KPIs and Measured sheets: the frame in the template, and the live formula of every measure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from xlsxwriter.worksheet import Worksheet

from sop_xl.kpis.catalogue import MEASURES
from sop_xl.workbook import tables
from sop_xl.workbook.styles import LIGHTS, style

if TYPE_CHECKING:
    from sop_xl.workbook.template import Template

HEADER_ROW, FIRST_ROW = 6, 7
#: Number format of a value by the unit of its measure.
UNIT_FORMAT = {"fraction": "ratio", "per year": "days", "days": "days", "ratio": "factor"}

_DUE = '(tblOrders[Promised]<>"")*(((tblOrders[Delivered]<>"")+(tblOrders[Promised]<Measured_AsOf))>0)'
_ORDERED = f'IF({_DUE},tblOrders[Ordered qty],"")'
_CAME = f'IF({_DUE}*(tblOrders[Delivered]<>""),tblOrders[Delivered qty],"")'
_LINE = (
    "(tblProduction[Bucket]>=Measured_From)*(tblProduction[Bucket]<=Measured_To)"
    "*ISNUMBER(tblProduction[Planned])*ISNUMBER(tblProduction[Actual])"
)
_PLANNED, _MADE = (f'IF({_LINE},tblProduction[{header}],"")' for header in ("Planned", "Actual"))
_PAIR = "tblMeasured[Actual],tblMeasured[Forecast]"
_OWN = 'IF(tblMeasured[Family]="{subject}",tblMeasured[{column}],"")'
_SCALED = (
    'IF(ISNUMBER(tblMeasured[{column}])*(tblMeasured[Scale]>0),tblMeasured[{column}]/tblMeasured[Scale],"")'
)
_TURNS = "SOP_INVENTORY_TURNS(tblMeasured[COGS],tblMeasured[Inventory value],{per_year})"

BARS = "▁▂▃▄▅▆▇█"

#: Where nothing was published, the forecast is the statistical one, and nothing could be added to it.
_PUBLISHED = "SUMPRODUCT(--(tblMeasured[Forecast]<>tblMeasured[Baseline]))>0"

#: Without any production history only the stock of the last bucket is known, which makes no service.
_ROLLED = 'COUNTIFS(tblMeasured[Bucket],"<"&Measured_To,tblMeasured[Inventory],"<>")>0'

#: Measure -> the same by SOP_ functions over the tables. ``{subject}`` and ``{per_year}`` are filled in.
LIVE: dict[str, str] = {
    "forecast_accuracy": f"SOP_FORECAST_ACCURACY({_PAIR})",
    "forecast_accuracy_second": "SOP_FORECAST_ACCURACY(tblMeasured[Actual],tblMeasured[Second forecast])",
    "inventory_turns": _TURNS,
    "fill_rate": f"SOP_FILL_RATE({_CAME},{_ORDERED})",
    "revenue_accuracy": "SOP_REVENUE_ACCURACY(tblMeasured[Revenue],tblMeasured[Revenue forecast])",
    "on_time": "SOP_ON_TIME(tblOrders[Promised],tblOrders[Delivered],Measured_AsOf)",
    "schedule_attainment": f"SOP_SCHEDULE_ATTAINMENT({_PLANNED},{_MADE})",
    "backorder_rate": f"SOP_BACKORDER_RATE({_ORDERED},{_CAME})",
    "old_stock": "INDEX(SOP_INVENTORY_AGING("
    'IF(ISNUMBER(tblStock[Received]),IF(tblStock[Received]>Measured_AsOf,Measured_AsOf,tblStock[Received]),""),'
    "IF(tblStock[Quantity]>0,tblStock[Quantity],0)*IF(ISNUMBER(tblStock[Unit cost]),tblStock[Unit cost],"
    'IF(COUNTIFS(tblItems[Item],tblStock[Item],tblItems[Unit cost],"<>")>0,'
    "SUMIFS(tblItems[Unit cost],tblItems[Item],tblStock[Item]),"
    "SUMIFS(tblFamilies[Unit cost],tblFamilies[Family],tblStock[Family]))),Measured_AsOf,180),3,3)",
    "otif": "SOP_OTIF(tblOrders[Promised],tblOrders[Delivered],tblOrders[Ordered qty],tblOrders[Delivered qty],"
    "Measured_AsOf)",
    "cycle_service": f"IF({_ROLLED},SOP_CYCLE_SERVICE(tblMeasured[Stockout]),NA())",
    "wmape": f"SOP_WMAPE({_PAIR})",
    "bias": f"SOP_BIAS({_PAIR})",
    "tracking_signal": f"INDEX(SOP_TRACKING_SIGNAL({_OWN.replace('{column}', 'Actual')},"
    f"{_OWN.replace('{column}', 'Forecast')}),ROWS(tblMeasured[Actual]))",
    "mase": f"SOP_MAE({_SCALED.replace('{column}', 'Actual')},{_SCALED.replace('{column}', 'Forecast')})",
    "fva": f"IF({_PUBLISHED},SOP_FVA({_PAIR},tblMeasured[Baseline]),NA())",
    "fva_baseline": "SOP_FVA(tblMeasured[Actual],tblMeasured[Baseline],tblMeasured[Year before])",
    "plan_adherence": f"SOP_PLAN_ADHERENCE({_PLANNED},{_MADE})",
    "excess_obsolete": "SUM(SOP_EXCESS_OBSOLETE(tblCover[On hand],tblCover[Demand],"
    'tblCover[Unit cost]))/SUMIF(tblCover[Stock value],">0")',
    "cash_to_cash": "IF(COUNT(Home_DaysSales,Home_DaysPayable)<2,NA(),"
    f"SOP_CASH_TO_CASH(365/{_TURNS},Home_DaysSales,Home_DaysPayable))",
}

#: Named cells of Measured: name, label.
SPAN: tuple[tuple[str, str], ...] = (
    ("Measured_From", "Year from"),
    ("Measured_To", "Year to"),
    ("Measured_AsOf", "Orders judged on"),
)


def bars(values: Sequence[float]) -> str:
    """A row of bars, one per value, from the lowest to the highest; shaded where there is none.

    Text, because it shows in every program, on paper and in previews; sparklines do not.

    >>> bars([1.0, 2.0, float("nan"), 3.0])
    '▁▅░█'
    """
    known = [value for value in values if value == value]
    if not known:
        return ""
    low, span = min(known), max(known) - min(known)

    def bar(value: float) -> str:
        if value != value:
            return "░"
        return BARS[round((value - low) / span * (len(BARS) - 1))] if span > 0 else BARS[3]

    return "".join(map(bar, values))


def live(key: str, subject: str, per_year: int) -> str:
    """The formula of the Live column; empty where a measure has none.

    Without the add-in, or where the measure is not defined, it shows nothing.

    >>> live("wmape", "", 12)
    '=IFERROR(SOP_WMAPE(tblMeasured[Actual],tblMeasured[Forecast]),"")'
    """
    text = LIVE.get(key)
    if text is None or ("{subject}" in text and not subject):
        return ""
    text = text.replace("{subject}", subject.replace('"', '""')).replace("{per_year}", str(per_year))
    return f'=IFERROR({text},"")'


def status(value: str, target: str, better: str) -> str:
    """The light of a measure as a native formula; the arguments are addresses of cells."""
    miss = (
        f'IF({better}="high",{target}-{value},IF({better}="low",{value}-{target},'
        f'IF({better}="within",ABS({value})-{target},ABS({value}-{target})-0.02*ABS({target}))))'
    )
    return (
        f'=IF(NOT(ISNUMBER({value})),"NOT DEFINED",IF(NOT(ISNUMBER({target})),"NO TARGET",'
        f'IF({miss}<=0,"GREEN",IF({miss}<=0.05*ABS({target}),"AMBER","RED"))))'
    )


def check(value: str, live_cell: str) -> str:
    """Whether the value of the core and the live one agree, as a native formula."""
    close = f"ABS({live_cell}-{value})<=0.000000001*MAX(1,ABS({value}))"
    return f'=IF(NOT(ISNUMBER({live_cell})),"",IF(NOT(ISNUMBER({value})),"DIFFERS",IF({close},"agrees","DIFFERS")))'


def kpis(t: Template, sheet: Worksheet) -> None:
    """Lights, trends, and the definition of a measure for whoever selects it."""
    headers = tables.KPI.headers
    count = len(MEASURES)
    last = FIRST_ROW + count - 1
    place = {header: i for i, header in enumerate(headers)}
    for word, (fill, ink) in LIGHTS.items():
        look = t.book.add_format({"bg_color": fill, "font_color": ink, "bold": True})
        area = (FIRST_ROW - 1, place["Status"], 200, place["Status"])
        sheet.conditional_format(
            *area, {"type": "cell", "criteria": "==", "value": f'"{word}"', "format": look}
        )
    differs = t.book.add_format({"bg_color": LIGHTS["RED"][0], "font_color": LIGHTS["RED"][1], "bold": True})
    area = (FIRST_ROW - 1, place["Check"], 200, place["Check"])
    sheet.conditional_format(
        *area, {"type": "cell", "criteria": "==", "value": '"DIFFERS"', "format": differs}
    )
    for i, definition in enumerate(MEASURES):
        row = FIRST_ROW + i
        sheet.data_validation(
            row - 1,
            0,
            row - 1,
            0,
            {
                "validate": "any",
                "input_title": definition.label[:32],
                "input_message": definition.definition[:255],
            },
        )
    sheet.freeze_panes(HEADER_ROW, 1)
    sheet.print_area(0, 0, last - 1, place["Definition"])


def measured(t: Template, sheet: Worksheet) -> None:
    """The dates between which, and on which, the measures were taken."""
    f = t.formats
    column = sum(len(table.columns) + 1 for table in (tables.TREND, tables.MEASURED, tables.COVER)) + 1
    sheet.set_column(column - 2, column - 2, 3)
    sheet.set_column(column - 1, column - 1, 18)
    sheet.set_column(column, column, 12)
    sheet.write_string(HEADER_ROW - 2, column - 1, "Measured", f["SOP section"])
    for i, (name, label) in enumerate(SPAN):
        row = FIRST_ROW + i
        sheet.write_string(row - 1, column - 1, label, f["SOP label"])
        sheet.write_blank(row - 1, column, None, f[style("calc", "date")])
        t.name(name, "Measured", row, column + 1)
