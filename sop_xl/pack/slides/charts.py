"""Native charts: their data lie in a workbook inside the file, so that PowerPoint can edit them."""

from __future__ import annotations

import math
from typing import Any

from lxml import etree
from pptx.chart.data import CategoryChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_LABEL_POSITION, XL_LEGEND_POSITION, XL_TICK_LABEL_POSITION, XL_TICK_MARK
from pptx.enum.dml import MSO_LINE
from pptx.oxml.ns import qn
from pptx.util import Pt

from sop_xl.pack.content import Chart, Look, Series
from sop_xl.pack.slides import fit, shapes
from sop_xl.pack.slides.look import FONT, INK, LINE, MUTED, NAVY, ORANGE, PALE, SKY, SMALLEST, Box

#: Looks drawn as lines: colour, weight in points, dash.
LINES: dict[Look, tuple[RGBColor, float, Any]] = {
    "line": (NAVY, 2.25, None),
    "dashed": (ORANGE, 2.0, MSO_LINE.DASH),
    "thin": (MUTED, 1.25, MSO_LINE.ROUND_DOT),
}
#: From the back to the front.
_LAYERS: tuple[tuple[str, tuple[Look, ...]], ...] = (
    ("areaChart", ("area",)),
    ("barChart", ("columns",)),
    ("lineChart", ("line", "dashed", "thin")),
)


def chart(slide: Any, box: Box, found: Chart) -> None:
    """A chart below its heading."""
    head = shapes.heading(slide, box, found.heading)
    place = Box(box.left, box.top + head - 0.04, box.width, box.height - head + 0.04)
    data = CategoryChartData(number_format="General")
    data.categories = found.categories
    for series in found.series:
        data.add_series(series.name, [None if math.isnan(value) else value for value in series.values])
    kind = XL_CHART_TYPE.BAR_CLUSTERED if found.across else XL_CHART_TYPE.COLUMN_CLUSTERED
    frame = slide.shapes.add_chart(kind, *place.emu, data)
    frame.name = found.heading
    frame._element.nvGraphicFramePr.cNvPr.set("descr", found.description)
    drawn = frame.chart
    drawn.font.size, drawn.font.name = Pt(SMALLEST), FONT
    drawn.font.color.rgb = INK
    drawn.has_title = False
    drawn.has_legend = len(found.series) > 1
    if drawn.has_legend:
        drawn.legend.position, drawn.legend.include_in_layout = XL_LEGEND_POSITION.TOP, False
        drawn.legend.font.size = Pt(SMALLEST)
    _axes(drawn, found, place)
    bars = drawn.plots[0]
    bars.gap_width, bars.overlap = 45, 0
    for shape, series in zip(list(bars.series), found.series, strict=True):
        _dress(shape, series)
    if found.across:
        _label(bars, found)
    _layer(drawn, found)


def _axes(drawn: Any, found: Chart, place: Box) -> None:
    categories, values = drawn.category_axis, drawn.value_axis
    categories.tick_label_position = XL_TICK_LABEL_POSITION.LOW
    categories.major_tick_mark = values.major_tick_mark = XL_TICK_MARK.NONE
    categories.format.line.color.rgb = MUTED
    categories.tick_labels.font.size = values.tick_labels.font.size = Pt(SMALLEST)
    values.tick_labels.number_format, values.tick_labels.number_format_is_linked = found.number_format, False
    values.has_major_gridlines = not found.across
    values.format.line.fill.background()
    if found.across:
        # The first category stands at the top, as in a list.
        categories.reverse_order = True
        values.visible = False
        return
    values.major_gridlines.format.line.color.rgb = LINE
    values.major_gridlines.format.line.width = Pt(0.5)
    _skip(categories, found, place)


def _skip(axis: Any, found: Chart, place: Box) -> None:
    """Show only as many dates as stand beside each other without touching."""
    widest = max((fit.width_of(label, SMALLEST) for label in found.categories), default=0.1)
    each = (place.width - 0.8) / max(len(found.categories), 1)
    every = max(1, math.ceil((widest + 0.1) / each))
    if every > 1:
        element = axis._element
        skip = etree.Element(qn("c:tickLblSkip"), val=str(every))
        element.find(qn("c:noMultiLvlLbl")).addprevious(skip)


def _dress(shape: Any, series: Series) -> None:
    """The colours of a series, while it is still one of columns."""
    if series.look in LINES:
        colour, weight, dash = LINES[series.look]
        shape.format.line.color.rgb, shape.format.line.width = colour, Pt(weight)
        if dash is not None:
            shape.format.line.dash_style = dash
        return
    shape.invert_if_negative = False
    shape.format.fill.solid()
    shape.format.fill.fore_color.rgb = SKY if series.look == "area" else PALE
    for i, marked in enumerate(series.marked):
        if marked:
            point = shape.points[i].format.fill
            point.solid()
            point.fore_color.rgb = ORANGE


def _label(bars: Any, found: Chart) -> None:
    """Numbers at the end of the bars in place of an axis."""
    bars.has_data_labels = True
    labels = bars.data_labels
    labels.number_format, labels.number_format_is_linked = found.number_format, False
    labels.position = XL_LABEL_POSITION.OUTSIDE_END
    labels.font.size = Pt(SMALLEST)


def _layer(drawn: Any, found: Chart) -> None:
    """Move lines and areas out of the columns into plots of their own, on the same axes and the same data."""
    bars = drawn._chartSpace.find(f".//{qn('c:barChart')}")
    elements = {int(element.find(qn("c:idx")).get("val")): element for element in bars.findall(qn("c:ser"))}
    axes = [axis.get("val") for axis in bars.findall(qn("c:axId"))]
    for tag, looks in _LAYERS:
        members = [elements[i] for i, series in enumerate(found.series) if series.look in looks]
        if tag == "barChart":
            if not members:
                bars.getparent().remove(bars)
            continue
        if not members:
            continue
        plot = etree.Element(qn(f"c:{tag}"))
        etree.SubElement(plot, qn("c:grouping"), val="standard")
        etree.SubElement(plot, qn("c:varyColors"), val="0")
        for element in members:
            plot.append(_moved(element, tag))
        if tag == "lineChart":
            etree.SubElement(plot, qn("c:marker"), val="1")
        for axis in axes:
            etree.SubElement(plot, qn("c:axId"), val=axis)
        area = drawn._chartSpace.find(f".//{qn('c:plotArea')}")
        if tag == "areaChart":
            bars.addprevious(plot)
        else:
            area.find(qn("c:catAx")).addprevious(plot)


def _moved(element: Any, tag: str) -> Any:
    """A series of columns as one of lines or areas: without what only columns have."""
    for only in element.findall(qn("c:invertIfNegative")):
        element.remove(only)
    if tag == "lineChart":
        marker = etree.Element(qn("c:marker"))
        etree.SubElement(marker, qn("c:symbol"), val="none")
        element.find(qn("c:cat")).addprevious(marker)
        etree.SubElement(element, qn("c:smooth"), val="0")
    return element
