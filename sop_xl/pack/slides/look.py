"""The look of the pack: the palette of the workbook, the measures of a page, the theme of the file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lxml import etree
from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.enum.shapes import PP_PLACEHOLDER
from pptx.opc.constants import RELATIONSHIP_TYPE
from pptx.oxml.ns import qn
from pptx.util import Inches, Pt

from sop_xl.pack.content import Tone
from sop_xl.workbook import styles

FONT = str(styles.FONT["font_name"])
#: The smallest letters, so that a printed page can be read.
SMALLEST = 10.0


def rgb(colour: str) -> RGBColor:
    """A colour of the palette for python-pptx.

    >>> str(rgb("#0072B2"))
    '0072B2'
    """
    return RGBColor.from_string(colour.lstrip("#"))


INK, MUTED, LINE, PAPER = (rgb(c) for c in (styles.INK, styles.MUTED, styles.LINE, styles.PAPER))
NAVY, BLUE, ORANGE, SKY = (rgb(c) for c in (styles.NAVY, styles.BLUE, styles.ORANGE, styles.SKY))
PANEL, TOTAL = rgb(styles.GROUP_FILL), rgb(styles.TOTAL_FILL)
#: Light columns, on which lines of every other colour stand out, in grey too.
PALE = rgb("#A9C8E0")
#: Tone -> colour of its letters, fill behind it, whether bold.
TONES: dict[Tone, tuple[RGBColor, RGBColor | None, bool]] = {
    "plain": (INK, None, False),
    "strong": (INK, None, True),
    "muted": (MUTED, None, False),
    "good": (rgb(styles.GREEN), rgb(styles.GOOD_FILL), True),
    "watch": (INK, rgb(styles.WARN_FILL), True),
    "act": (rgb(styles.RED), rgb(styles.OVER_FILL), True),
}


@dataclass(frozen=True)
class Box:
    """A place on a page, in inches."""

    left: float
    top: float
    width: float
    height: float

    @property
    def emu(self) -> tuple[int, int, int, int]:
        """The same in the unit of the file."""
        return Inches(self.left), Inches(self.top), Inches(self.width), Inches(self.height)

    @property
    def bottom(self) -> float:
        """Its lower edge."""
        return self.top + self.height


WIDTH, HEIGHT = 13.333, 7.5
MARGIN = 0.55
FULL = WIDTH - 2 * MARGIN
SECTION = Box(MARGIN, 0.25, FULL, 0.28)
TITLE = Box(MARGIN, 0.5, FULL, 0.78)
RULE = 1.36
BODY = Box(MARGIN, 1.52, FULL, 5.08)
NOTE = Box(MARGIN, 6.66, FULL, 0.26)
FOOT = Box(MARGIN, 7.02, FULL - 1.0, 0.28)
NUMBER = Box(WIDTH - MARGIN - 0.9, 7.02, 0.9, 0.28)
FIGURES = 0.92
GAP = 0.25


def blank() -> Any:
    """An empty presentation in our look: wide pages, our theme, one layout."""
    deck = Presentation()
    deck.slide_width, deck.slide_height = Inches(WIDTH), Inches(HEIGHT)
    layouts = deck.slide_layouts
    only = layouts.get_by_name("Title Only")
    for layout in list(layouts):
        if layout is not only:
            layouts.remove(layout)
    for holder in (deck.slide_master, only):
        _place(holder)
    _theme(deck.slide_master)
    _title_style(deck.slide_master)
    return deck


def _place(holder: Any) -> None:
    """Put the title, the foot and the page number where every page has them."""
    places = {
        PP_PLACEHOLDER.TITLE: TITLE,
        PP_PLACEHOLDER.FOOTER: FOOT,
        PP_PLACEHOLDER.SLIDE_NUMBER: NUMBER,
        PP_PLACEHOLDER.BODY: BODY,
    }
    for shape in list(holder.placeholders):
        box = places.get(shape.placeholder_format.type)
        if box is None:
            shape._element.getparent().remove(shape._element)
            continue
        shape.left, shape.top, shape.width, shape.height = box.emu
        frame = shape._element.txBody.find(qn("a:bodyPr"))
        for side in ("lIns", "rIns", "tIns", "bIns"):
            frame.set(side, "0")
        if box is TITLE:
            frame.set("anchor", "b")
        for style in shape._element.iter(qn("a:lvl1pPr")):
            style.set("algn", "r" if box is NUMBER else "l")
            for letters in style.iter(qn("a:defRPr")):
                letters.set("sz", str(int(SMALLEST * 100)))


def _theme(master: Any) -> None:
    """Our palette and font as the theme, so that what people add looks like the rest."""
    part = master.part.part_related_by(RELATIONSHIP_TYPE.THEME)
    theme = etree.fromstring(part.blob)
    colours = {
        "dk1": styles.INK,
        "lt1": styles.PAPER,
        "dk2": styles.NAVY,
        "lt2": styles.GROUP_FILL,
        "accent1": styles.BLUE,
        "accent2": styles.ORANGE,
        "accent3": styles.SKY,
        "accent4": styles.NAVY,
        "accent5": styles.GREEN,
        "accent6": styles.MUTED,
        "hlink": styles.BLUE,
        "folHlink": styles.MUTED,
    }
    for name, colour in colours.items():
        holder = theme.find(f".//{qn('a:clrScheme')}/{qn(f'a:{name}')}")
        for child in list(holder):
            holder.remove(child)
        etree.SubElement(holder, qn("a:srgbClr"), val=colour.lstrip("#"))
    for which in ("majorFont", "minorFont"):
        theme.find(f".//{qn(f'a:{which}')}/{qn('a:latin')}").set("typeface", FONT)
    part._blob = etree.tostring(theme, xml_declaration=True, encoding="UTF-8", standalone=True)


def _title_style(master: Any) -> None:
    style = master._element.find(f".//{qn('p:titleStyle')}/{qn('a:lvl1pPr')}")
    style.set("algn", "l")
    letters = style.find(qn("a:defRPr"))
    letters.set("sz", str(int(Pt(24).pt * 100)))
    letters.set("b", "1")
    for colour in letters.iter(qn("a:schemeClr")):
        colour.set("val", "tx2")
