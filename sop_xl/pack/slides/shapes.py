"""Text, tables and figures on a page."""

from __future__ import annotations

from typing import Any

from lxml import etree
from pptx.dml.color import RGBColor
from pptx.enum.shapes import MSO_SHAPE
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.oxml.ns import qn
from pptx.util import Inches, Pt

from sop_xl.pack.content import KEEP, Cell, Column, Figure, Points, Table
from sop_xl.pack.slides import fit
from sop_xl.pack.slides.look import INK, LINE, MUTED, NAVY, PANEL, SMALLEST, TONES, TOTAL, Box

HEADING, BODY = 12.0, 11.0
#: Room around the text of a table cell, in inches: beside it and above it.
CELL_X, CELL_Y = 0.09, 0.045
#: Lines of text in one cell; what is longer ends with an ellipsis.
CELL_LINES = 9
#: A table style of PowerPoint without lines and fills.
NO_STYLE = "{2D5ABB26-0587-4C30-8999-92F81FD0307C}"


def write(
    frame: Any, text: str, size: float, colour: RGBColor = INK, bold: bool = False, right: bool = False
) -> None:
    """One paragraph of text, in a frame without margins of its own."""
    frame.word_wrap = True
    frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
    paragraph = frame.paragraphs[0]
    paragraph.alignment = PP_ALIGN.RIGHT if right else PP_ALIGN.LEFT
    _run(paragraph, text, size, colour, bold)


def _run(paragraph: Any, text: str, size: float, colour: RGBColor, bold: bool) -> None:
    run = paragraph.add_run()
    # A line break in a cell is a space in a sentence; other control characters no file may hold.
    run.text = "".join(c if c.isprintable() or c == KEEP else " " for c in text)
    run.font.size, run.font.bold = Pt(size), bold
    run.font.color.rgb = colour


def label(slide: Any, box: Box, text: str, size: float, colour: RGBColor = INK, bold: bool = False) -> Any:
    """A text of its own."""
    shape = slide.shapes.add_textbox(*box.emu)
    write(shape.text_frame, text, size, colour, bold)
    return shape


def rule(
    slide: Any, left: float, top: float, width: float, colour: RGBColor = NAVY, weight: float = 1.25
) -> None:
    """A thin line from left to right."""
    line = slide.shapes.add_connector(1, Inches(left), Inches(top), Inches(left + width), Inches(top))
    line.line.color.rgb, line.line.width = colour, Pt(weight)
    _plain(line)


def panel(slide: Any, box: Box, colour: RGBColor) -> Any:
    """A filled rectangle."""
    shape = slide.shapes.add_shape(MSO_SHAPE.RECTANGLE, *box.emu)
    shape.fill.solid()
    shape.fill.fore_color.rgb = colour
    shape.line.fill.background()
    _plain(shape)
    return shape


def _plain(shape: Any) -> None:
    """Take away the shadow that a theme gives to every shape."""
    style = shape._element.find(qn("p:style"))
    if style is not None:
        shape._element.remove(style)


def figures(slide: Any, box: Box, found: tuple[Figure, ...]) -> None:
    """Key figures side by side."""
    gap = 0.12
    width = (box.width - gap * (len(found) - 1)) / len(found)
    for i, figure in enumerate(found):
        left = box.left + i * (width + gap)
        colour, fill, _ = TONES[figure.tone]
        panel(slide, Box(left, box.top, width, box.height), fill or PANEL)
        inside = width - 0.24
        size = 18.0
        while size > 12 and fit.width_of(figure.text, size, bold=True) > inside:
            size -= 1
        for top, text, letters, ink, bold in (
            (0.07, figure.label, SMALLEST, MUTED, False),
            (0.26, figure.text, size, NAVY if figure.tone == "plain" else colour, True),
            (0.64, figure.note, SMALLEST, MUTED if figure.tone == "plain" else INK, False),
        ):
            place = Box(left + 0.12, box.top + top, inside, letters * fit.LINE / fit.POINTS)
            label(slide, place, fit.cut(text, inside, letters, 1), letters, ink, bold)


def points_height(points: Points, width: float) -> float:
    """Inches that sentences under a heading take."""
    head = 0.3 if points.heading else 0.0
    return head + sum(_line_height(line, width) for line in points.lines)


def _line_height(line: Cell, width: float) -> float:
    return fit.height_of(line.text, width - 0.2, BODY, line.tone == "strong") + 0.07


def points(slide: Any, box: Box, found: Points) -> float:
    """Sentences under a heading, as many as there is room for; returns the height taken."""
    top, room = box.top, box.height
    if found.heading:
        top, room = top + heading(slide, box, found.heading), room - 0.3
    lines = [Cell(fit.cut(line.text, box.width - 0.2, BODY, 8), line.tone) for line in found.lines]
    heights = [_line_height(line, box.width) for line in lines]
    kept = fit.taken(heights, room)
    if kept < len(lines):
        place = f": {found.more}" if found.more else ""
        rest = Cell("", "muted")
        while True:
            rest = Cell(f"and {len(lines) - kept} more{place}", "muted")
            if kept == 0 or sum(heights[:kept]) + _line_height(rest, box.width) <= room:
                break
            kept -= 1
        lines = [*lines[:kept], rest]
        heights = [*heights[:kept], _line_height(rest, box.width)]
    shape = slide.shapes.add_textbox(*Box(box.left, top, box.width, sum(heights)).emu)
    frame = shape.text_frame
    frame.word_wrap = True
    frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
    for i, line in enumerate(lines):
        paragraph = frame.paragraphs[0] if i == 0 else frame.add_paragraph()
        paragraph.space_after = Pt(0.07 * fit.POINTS)
        _bullet(paragraph)
        colour, _, bold = TONES[line.tone]
        _run(paragraph, line.text, BODY, colour, bold)
    return top - box.top + sum(heights)


def _bullet(paragraph: Any) -> None:
    properties = paragraph._p.get_or_add_pPr()
    properties.set("marL", str(Inches(0.16)))
    properties.set("indent", str(-Inches(0.16)))
    bullet = etree.SubElement(properties, qn("a:buChar"))
    bullet.set("char", "•")


def heading(slide: Any, box: Box, text: str) -> float:
    """The heading of a part; returns the height taken."""
    label(
        slide,
        Box(box.left, box.top, box.width, 0.24),
        fit.cut(text, box.width, HEADING, 1),
        HEADING,
        NAVY,
        True,
    )
    return 0.3


def row_heights(table: Table, width: float) -> tuple[float, list[float]]:
    """Inches of the header and of each row, by the cell with most lines."""
    widths = [part - 2 * CELL_X for part in fit.shares((c.width for c in table.columns), width)]

    def needed(cells: list[Cell]) -> float:
        lines = max(
            min(fit.lines_of(cell.text, inside, table.size, cell.tone not in ("plain", "muted")), CELL_LINES)
            for cell, inside in zip(cells, widths, strict=True)
        )
        return lines * table.size * fit.LINE / fit.POINTS + 2 * CELL_Y

    # Without any header there is no row for it.
    named = any(column.header for column in table.columns)
    head = needed([Cell(column.header, "strong") for column in table.columns]) if named else 0.0
    return head, [needed(list(row)) for row in table.rows]


def table(slide: Any, box: Box, found: Table, spread: float = 1.0) -> float:
    """A native table; returns the height taken.

    Args:
        spread: how much taller the rows are than their text needs.
    """
    top = box.top + (heading(slide, box, found.heading) if found.heading else 0.0)
    head, heights = row_heights(found, box.width)
    heights = [height * spread for height in heights]
    first = int(head > 0)
    whole = Box(box.left, top, box.width, head + sum(heights))
    frame = slide.shapes.add_table(len(heights) + first, len(found.columns), *whole.emu)
    grid = frame.table
    properties = grid._tbl.tblPr
    properties.find(qn("a:tableStyleId")).text = NO_STYLE
    properties.set("bandRow", "0")
    properties.set("firstRow", str(first))
    widths = fit.shares((c.width for c in found.columns), box.width)
    for i, width in enumerate(widths):
        grid.columns[i].width = Inches(width)
    rows = list(grid.rows)
    if first:
        rows[0].height = Inches(head)
        for place, column, width in zip(rows[0].cells, found.columns, widths, strict=True):
            _cell(place, Cell(column.header, "strong"), column, width, found.size, edge=NAVY, ink=NAVY)
    last = len(heights) - 1
    for i, (row, height) in enumerate(zip(rows[first:], heights, strict=True)):
        row.height = Inches(height)
        total = found.total and i == last
        for place, cell, column, width in zip(row.cells, found.rows[i], found.columns, widths, strict=True):
            _cell(place, cell, column, width, found.size, edge=LINE, total=total)
    return whole.bottom - box.top


def _cell(
    place: Any,
    cell: Cell,
    column: Column,
    width: float,
    size: float,
    edge: RGBColor,
    ink: RGBColor | None = None,
    total: bool = False,
) -> None:
    colour, fill, bold = TONES[cell.tone]
    inside = Inches(CELL_X), Inches(CELL_Y)
    place.vertical_anchor = MSO_ANCHOR.MIDDLE
    text = fit.cut(cell.text, width - 2 * CELL_X, size, CELL_LINES)
    write(place.text_frame, text, size, ink or colour, bold or total, column.right)
    place.margin_left, place.margin_top, place.margin_right, place.margin_bottom = *inside, *inside
    if fill is not None or total:
        place.fill.solid()
        place.fill.fore_color.rgb = fill if fill is not None else TOTAL
    else:
        place.fill.background()
    _edge(place, edge)


def _edge(place: Any, colour: RGBColor) -> None:
    """A line below a cell; it must stand before the fill in the file."""
    properties = place._tc.get_or_add_tcPr()
    line = etree.Element(qn("a:lnB"), w=str(Pt(0.75)))
    fill = etree.SubElement(line, qn("a:solidFill"))
    etree.SubElement(fill, qn("a:srgbClr"), val=str(colour))
    properties.insert(0, line)
