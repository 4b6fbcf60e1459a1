"""The pages of a pack on slides."""

from __future__ import annotations

import copy
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pptx.enum.shapes import PP_PLACEHOLDER
from pptx.enum.text import MSO_ANCHOR
from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls, qn
from pptx.util import Pt

from sop_xl.pack.content import Cell, Chart, Column, PackContent, Page, Points, Table
from sop_xl.pack.slides import fit, look, shapes
from sop_xl.pack.slides.charts import chart
from sop_xl.pack.slides.look import BODY, FIGURES, FULL, GAP, MARGIN, MUTED, NAVY, PAPER, SMALLEST, Box

#: Width of what stands beside the main part: sentences, tables.
SIDE, SIDE_TABLE = 3.75, 5.9


@dataclass(frozen=True)
class Slide:
    """A page, or one of several that a long page is cut into."""

    page: Page
    part: int = 1
    parts: int = 1

    @property
    def title(self) -> str:
        """Its title, with the part where there are several."""
        return self.page.title + (f" ({self.part} of {self.parts})" if self.parts > 1 else "")


def draw(content: PackContent) -> tuple[bytes, int]:
    """A pack as a PowerPoint file, and how many pages it has."""
    slides = [slide for page in content.pages for slide in _cut(page)]
    # The cover is page 1 and the agenda page 2 and on.
    agenda = _agenda(content, slides)
    deck = look.blank()
    deck.core_properties.title = f"S&OP meeting pack {content.cover.cycle}"
    deck.core_properties.author = content.cover.by
    deck.core_properties.subject = content.cover.imprint
    deck.core_properties.created = deck.core_properties.modified = content.cover.at
    _cover(deck, content)
    for slide in [*agenda, *slides]:
        _draw(deck, slide, content.cover.imprint)
    _sections(deck, [Slide(Page("Agenda", "")), *agenda, *slides])
    file = io.BytesIO()
    deck.save(file)
    return file.getvalue(), len(deck.slides)


def _agenda(content: PackContent, slides: Sequence[Slide]) -> list[Slide]:
    """The agenda with page numbers; how long it is itself depends on nothing but its text."""

    def page(first: int) -> Page:
        starts: dict[str, int] = {}
        for number, slide in enumerate(slides, start=first):
            starts.setdefault(slide.page.section, number)
        rows = tuple(
            (
                Cell(str(i)),
                Cell(point.section, "strong"),
                Cell(point.purpose),
                Cell(str(starts[point.section])),
            )
            for i, point in enumerate((p for p in content.agenda if p.section in starts), start=1)
        )
        columns = (
            Column("", 0.3),
            Column("Topic", 1.7),
            Column("What we do", 4.0),
            Column("Page", 0.5, right=True),
        )
        side = (content.steps,) if content.steps.rows else ()
        return Page(
            "Agenda",
            "Agenda: from what changed to what we decide",
            (Table("", columns, rows, size=12),),
            side,
        )

    count = len(list(_cut(page(0))))
    return list(_cut(page(2 + count)))


def _cut(page: Page) -> Iterator[Slide]:
    """A page whose only main part is a table too long for it, as several."""
    if len(page.main) != 1 or not isinstance(page.main[0], Table):
        yield Slide(page)
        return
    table, room = page.main[0], _places(page)[0]
    head, heights = shapes.row_heights(table, room.width)
    parts, start = [], 0
    while start < len(heights):
        count = max(1, fit.taken(heights[start:], room.height - head - (0.3 if table.heading else 0.0)))
        parts.append(table.rows[start : start + count])
        start += count
    for i, rows in enumerate(parts, start=1):
        last = i == len(parts)
        part = replace(table, rows=rows, total=table.total and last)
        yield Slide(replace(page, main=(part,)), i, len(parts))
    if not parts:
        yield Slide(page)


def _places(page: Page) -> tuple[Box, Box]:
    """Where the main part and what stands beside it go."""
    top = BODY.top + (FIGURES + GAP if page.figures else 0.0)
    height = BODY.bottom - top
    if not page.main:
        whole = Box(BODY.left, top, BODY.width, height)
        return whole, whole
    if not page.side:
        return Box(BODY.left, top, BODY.width, height), Box(0, 0, 0, 0)
    tables = any(isinstance(part, Table) for part in page.side)
    side = SIDE_TABLE if tables and isinstance(page.main[0], Chart) else SIDE
    main = BODY.width - side - 1.4 * GAP
    return Box(BODY.left, top, main, height), Box(BODY.left + BODY.width - side, top, side, height)


def _draw(deck: Any, slide: Slide, imprint: str) -> None:
    page = slide.page
    sheet = deck.slides.add_slide(deck.slide_layouts[0])
    title = sheet.shapes.title
    size = 24.0
    while size > 16 and fit.height_of(slide.title, FULL, size, bold=True) > look.TITLE.height:
        size -= 1
    title.text_frame.text = fit.cut(slide.title, FULL, size, 2)
    if size < 24:
        title.text_frame.paragraphs[0].runs[0].font.size = Pt(size)
    shapes.label(sheet, look.SECTION, page.section, SMALLEST + 1, MUTED).name = "Section"
    shapes.rule(sheet, MARGIN, look.RULE, FULL)
    _foot(sheet, deck.slide_layouts[0], imprint)
    if page.figures:
        shapes.figures(sheet, Box(BODY.left, BODY.top, BODY.width, FIGURES), page.figures)
    main, side = _places(page)
    _main(sheet, main, page)
    _side(sheet, side, page)
    if page.note:
        shapes.label(sheet, look.NOTE, fit.cut(page.note, FULL, SMALLEST, 1), SMALLEST, MUTED)


def _foot(sheet: Any, layout: Any, imprint: str) -> None:
    """Version, date and page number as PowerPoint's own foot, at the place the layout gives them."""
    for holder in layout.placeholders:
        kind = holder.placeholder_format.type
        if kind not in (PP_PLACEHOLDER.FOOTER, PP_PLACEHOLDER.SLIDE_NUMBER):
            continue
        element = copy.deepcopy(holder._element)
        element.nvSpPr.cNvPr.set("id", str(max(shape.shape_id for shape in sheet.shapes) + 1))
        own = element.spPr
        for child in list(own):
            own.remove(child)
        sheet.shapes._spTree.append(element)
        if kind == PP_PLACEHOLDER.FOOTER:
            shape = next(shape for shape in sheet.placeholders if shape._element is element)
            shape.text_frame.text = fit.cut(imprint, look.FOOT.width, SMALLEST, 1)
            shape.text_frame.paragraphs[0].runs[0].font.color.rgb = MUTED


def _main(sheet: Any, box: Box, page: Page) -> None:
    charts = [part for part in page.main if isinstance(part, Chart)]
    tables = [part for part in page.main if isinstance(part, Table)]
    if charts:
        across = min(page.columns, len(charts))
        down = -(-len(charts) // across)
        width = (box.width - GAP * (across - 1)) / across
        height = (box.height - 0.12 * (down - 1)) / down
        for i, part in enumerate(charts):
            left = box.left + (i % across) * (width + GAP)
            chart(sheet, Box(left, box.top + (i // across) * (height + 0.12), width, height), part)
    for table in tables:
        head, heights = shapes.row_heights(table, box.width)
        # Few rows may breathe; a full page has none to give away.
        spread = min(1.6, max(1.0, (box.height - head - 0.4) / max(sum(heights), 0.1)))
        shapes.table(sheet, box, table, spread)


def _side(sheet: Any, box: Box, page: Page) -> None:
    """Blocks below each other; each may use what those after it leave, half of the rest at least."""
    top = box.top
    for i, part in enumerate(page.side):
        room = box.bottom - top
        later = sum(_need(other, box.width) + GAP for other in page.side[i + 1 :])
        mine = max(room - later, room / (len(page.side) - i))
        place = Box(box.left, top, box.width, mine)
        if isinstance(part, Points):
            taken = shapes.points(sheet, place, part)
        else:
            taken = shapes.table(sheet, place, _shortened(part, place))
        top += taken + GAP


def _need(part: Points | Table, width: float) -> float:
    if isinstance(part, Points):
        return shapes.points_height(part, width)
    head, heights = shapes.row_heights(part, width)
    return head + sum(heights) + (0.3 if part.heading else 0.0)


def _shortened(table: Table, box: Box) -> Table:
    """A table beside the main part ends with a count of the rows for which there is no room."""
    head, heights = shapes.row_heights(table, box.width)
    room = box.height - head - (0.3 if table.heading else 0.0)
    if sum(heights) <= room:
        return table
    kept = max(fit.taken(heights, room - max(heights)), 0)
    rest = (Cell(f"and {len(heights) - kept} more", "muted"), *[Cell("")] * (len(table.columns) - 1))
    return replace(table, rows=(*table.rows[:kept], rest), total=False)


def _cover(deck: Any, content: PackContent) -> None:
    cover = content.cover
    sheet = deck.slides.add_slide(deck.slide_layouts[0])
    band = shapes.panel(sheet, Box(0, 0, look.WIDTH, 4.55), NAVY)
    band.name = "Band"
    shapes.panel(sheet, Box(MARGIN, 4.55, 2.2, 0.09), look.ORANGE)
    title = sheet.shapes.title
    # In front of the band.
    sheet.shapes._spTree.append(title._element)
    title.left, title.top, title.width, title.height = Box(MARGIN, 1.5, FULL, 1.6).emu
    name = cover.company or "S&OP"
    size = 40.0
    while size > 22 and fit.lines_of(name, FULL, size, bold=True) > 2:
        size -= 2
    frame = title.text_frame
    frame.text = fit.cut(name, FULL, size, 2)
    frame.vertical_anchor = MSO_ANCHOR.BOTTOM
    frame.paragraphs[0].runs[0].font.size = Pt(size)
    frame.paragraphs[0].runs[0].font.color.rgb = PAPER
    under = f"Sales and operations planning: executive meeting, cycle {cover.cycle}"
    shapes.label(sheet, Box(MARGIN, 3.3, FULL, 0.5), fit.cut(under, FULL, 20, 1), 20, PAPER)
    facts = (
        ("Plan version", cover.version),
        ("State", cover.state),
        ("Horizon", cover.horizon),
        ("Made", f"{cover.at:%Y-%m-%d %H:%M}" + (f" by {cover.by}" if cover.by else "")),
    )
    width = FULL / len(facts)
    for i, (label, text) in enumerate(facts):
        left = MARGIN + i * width
        shapes.label(sheet, Box(left, 5.2, width, 0.25), label, 12, MUTED)
        shapes.label(
            sheet, Box(left, 5.48, width - 0.2, 0.6), fit.cut(text, width - 0.2, 15, 2), 15, NAVY, True
        )
    _foot(sheet, deck.slide_layouts[0], cover.imprint)


def _sections(deck: Any, slides: Sequence[Slide]) -> None:
    """The agenda as sections of the file, so that many families fold away in PowerPoint."""
    ids = [entry.get("id") for entry in deck.slides._sldIdLst]
    groups: dict[str, list[str]] = {}
    for slide, number in zip(slides, ids, strict=True):
        groups.setdefault(slide.page.section, []).append(number)
    space = "http://schemas.microsoft.com/office/powerpoint/2010/main"
    listing = parse_xml(
        f'<p:extLst {nsdecls("p")}><p:ext uri="{{521415D9-36F7-43E2-AB2F-B90AF26B5E84}}">'
        f'<p14:sectionLst xmlns:p14="{space}"/></p:ext></p:extLst>'
    )
    sections = listing[0][0]
    for i, (name, members) in enumerate(groups.items(), start=1):
        section = sections.makeelement(
            f"{{{space}}}section", {"name": name, "id": f"{{{i:08X}-0000-4000-8000-000000000000}}"}
        )
        sections.append(section)
        entries = section.makeelement(f"{{{space}}}sldIdLst", {})
        section.append(entries)
        entries.extend(entries.makeelement(f"{{{space}}}sldId", {"id": member}) for member in members)
    root = deck.part._element
    for old in root.findall(qn("p:extLst")):
        root.remove(old)
    root.append(listing)
