"""Native charts: their data lie in a workbook inside the file, so that PowerPoint can edit them."""

from __future__ import annotations

import math
from typing import Any

from lxml import etree
from pptx.chart.data import CategoryChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import (
    XL_CHART_TYPE,
    XL_LABEL_POSITION,
    XL_LEGEND_POSITION,
    XL_TICK_LABEL_POSITION,
    XL_TICK_MARK,
)
from pptx.enum.dml import MSO_LINE
from pptx.oxml.ns import qn
from pptx.util import Pt

from sop_xl.pack.content import Chart, Look, Series
from sop_xl.pack.slides import fit, shapes
from sop_xl.pack.slides.look import FONT, INK, LINE, MUTED, NAVY, ORANGE, PALE, SMALLEST, Box

#: Part of the width of a chart that its heading may take, where a legend stands beside it.
HEADING = 0.42
#: Height of the legend, in inches.
LEGEND = 0.3
#: Distance of slanted dates that do not touch, in inches.
SLANTED = 0.3
#: Looks drawn as lines: colour, weight in points, dash.
LINES: dict[Look, tuple[RGBColor, float, Any]] = {
    "line": (NAVY, 2.25, None),
    "dashed": (ORANGE, 2.0, MSO_LINE.DASH),
    "thin": (MUTED, 1.25, MSO_LINE.ROUND_DOT),
}


def chart(slide: Any, box: Box, found: Chart) -> None:
    """A chart below its heading."""
    shapes.heading(slide, Box(box.left, box.top, box.width * HEADING, 0.3), found.heading)
    place = box if len(found.series) > 1 else Box(box.left, box.top + 0.26, box.width, box.height - 0.26)
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
        drawn.legend.position, drawn.legend.include_in_layout = XL_LEGEND_POSITION.TOP, True
        drawn.legend.font.size = Pt(SMALLEST)
        _beside_heading(drawn, found, place)
    _axes(drawn, found, place)
    bars = drawn.plots[0]
    bars.gap_width, bars.overlap = 45, 0
    for shape, series in zip(list(bars.series), found.series, strict=True):
        _dress(shape, series)
    if found.across:
        _label(bars, found)
    _layer(drawn, found)


def _beside_heading(drawn: Any, found: Chart, place: Box) -> None:
    """Put the legend on the line of the heading, at the right, and give the chart all that is below."""
    widths = [fit.width_of(series.name, SMALLEST) + 0.8 for series in found.series]
    width = min(sum(widths), place.width * (1 - HEADING))
    top = LEGEND / place.height
    legend = drawn._chartSpace.find(f".//{qn('c:legend')}")
    for old in legend.findall(qn("c:layout")):
        legend.remove(old)
    legend.find(qn("c:legendPos")).addnext(_layout(1 - width / place.width, 0, width / place.width, top))
    area = drawn._chartSpace.find(f".//{qn('c:plotArea')}")
    for old in area.findall(qn("c:layout")):
        area.remove(old)
    area.insert(0, _layout(0, top, 1, 1 - top, outer=True))


def _layout(x: float, y: float, w: float, h: float, outer: bool = False) -> Any:
    """A place in a chart, in fractions of it."""
    layout = etree.Element(qn("c:layout"))
    manual = etree.SubElement(layout, qn("c:manualLayout"))
    if outer:
        etree.SubElement(manual, qn("c:layoutTarget"), val="outer")
    for side in ("xMode", "yMode"):
        etree.SubElement(manual, qn(f"c:{side}"), val="edge")
    for name, value in (("x", x), ("y", y), ("w", w), ("h", h)):
        etree.SubElement(manual, qn(f"c:{name}"), val=f"{value:.4f}")
    return layout


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
    """Dates stand upright where each has room for its longest word, else slanted and only as many as fit."""
    each = (place.width - 0.8) / max(len(found.categories), 1)
    words = [word for label in found.categories for word in label.split()]
    text = axis._element.find(f".//{qn('a:bodyPr')}")
    if max((fit.width_of(word, SMALLEST) for word in words), default=0.0) + 0.04 <= each:
        text.set("rot", "0")
        return
    text.set("rot", "-2700000")
    every = max(1, math.ceil(SLANTED / each))
    skip = etree.Element(qn("c:tickLblSkip"), val=str(every))
    axis._element.find(qn("c:noMultiLvlLbl")).addprevious(skip)


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
    shape.format.fill.fore_color.rgb = PALE
    for i, marked in enumerate(series.marked):
        if marked:
            point = shape.points[i].format.fill
            point.solid()
            point.fore_color.rgb = ORANGE
    # LibreOffice takes a point that says nothing about it for inverted, and draws its amount without the sign.
    for point in shape._element.findall(qn("c:dPt")):
        upright = etree.Element(qn("c:invertIfNegative"), val="0")
        point.find(qn("c:idx")).addnext(upright)


def _label(bars: Any, found: Chart) -> None:
    """Numbers at the end of the bars in place of an axis."""
    bars.has_data_labels = True
    labels = bars.data_labels
    labels.number_format, labels.number_format_is_linked = found.number_format, False
    labels.position = XL_LABEL_POSITION.OUTSIDE_END
    labels.font.size = Pt(SMALLEST)


def _layer(drawn: Any, found: Chart) -> None:
    """Move lines out of the columns into a plot of their own, on the same axes and the same data."""
    bars = drawn._chartSpace.find(f".//{qn('c:barChart')}")
    elements = bars.findall(qn("c:ser"))
    lines = [element for element, series in zip(elements, found.series, strict=True) if series.look in LINES]
    if not lines:
        return
    plot = etree.Element(qn("c:lineChart"))
    etree.SubElement(plot, qn("c:grouping"), val="standard")
    etree.SubElement(plot, qn("c:varyColors"), val="0")
    for element in lines:
        plot.append(_as_line(element))
    etree.SubElement(plot, qn("c:marker"), val="1")
    for axis in bars.findall(qn("c:axId")):
        etree.SubElement(plot, qn("c:axId"), val=axis.get("val"))
    bars.addnext(plot)
    if len(lines) == len(elements):
        bars.getparent().remove(bars)


def _as_line(element: Any) -> Any:
    """A series of columns as a line: without what only columns have."""
    for only in element.findall(qn("c:invertIfNegative")):
        element.remove(only)
    marker = etree.Element(qn("c:marker"))
    etree.SubElement(marker, qn("c:symbol"), val="none")
    element.find(qn("c:cat")).addprevious(marker)
    etree.SubElement(element, qn("c:smooth"), val="0")
    return element
