"""What a pack consists of: pages of charts, tables, figures and points. No colours, no places, no file format."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

#: A space at which no line ends.
KEEP = "\u00a0"
#: How a text is meant. Besides its colour, what needs action is bold
#: and says so in a word or by its sign.
Tone = Literal["plain", "strong", "muted", "good", "watch", "act"]
#: How a series is drawn.
Look = Literal["columns", "line", "dashed", "thin"]


@dataclass(frozen=True)
class Cell:
    """Text in a table."""

    text: str
    tone: Tone = "plain"


@dataclass(frozen=True)
class Column:
    """A column of a table; ``width`` is its share of the whole."""

    header: str
    width: float
    right: bool = False


@dataclass(frozen=True)
class Table:
    """Rows of cells. One that is too long for a page goes on on the next.

    Attributes:
        total: whether the last row is a total.
        size: of the letters, in points.
    """

    heading: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: bool = False
    size: float = 11


@dataclass(frozen=True)
class Series:
    """One line or set of columns of a chart.

    Attributes:
        values: one per category, NaN where there is none.
        marked: the categories drawn in the colour of a warning.
    """

    name: str
    values: tuple[float, ...]
    look: Look
    marked: tuple[bool, ...] = ()


@dataclass(frozen=True)
class Chart:
    """A chart whose data stay with it.

    Attributes:
        number_format: of its axis, in the language of spreadsheets.
        across: whether the columns lie down.
        description: what it shows, for readers who cannot see it.
    """

    heading: str
    categories: tuple[str, ...]
    series: tuple[Series, ...]
    number_format: str = "#,##0"
    across: bool = False
    description: str = ""


@dataclass(frozen=True)
class Figure:
    """A key figure."""

    label: str
    text: str
    note: str = ""
    tone: Tone = "plain"


@dataclass(frozen=True)
class Points:
    """Sentences under a heading.

    Attributes:
        more: where the rest stands when not all of them fit.
    """

    heading: str
    lines: tuple[Cell, ...]
    more: str = ""


@dataclass(frozen=True)
class Page:
    """One page: a title that is its message, then figures, the main part, and what stands beside it.

    Attributes:
        section: the point of the agenda it belongs to.
        note: one line below the main part.
        columns: how many charts stand beside each other.
    """

    section: str
    title: str
    main: tuple[Chart | Table, ...] = ()
    side: tuple[Points | Table, ...] = ()
    figures: tuple[Figure, ...] = ()
    note: str = ""
    columns: int = 1


@dataclass(frozen=True)
class Cover:
    """Whose plan this is, which, and when it was put together."""

    company: str
    cycle: str
    version: str
    state: str
    horizon: str
    at: datetime
    by: str

    @property
    def imprint(self) -> str:
        """What stands at the foot of every page."""
        parts = (self.company, f"S&OP {self.cycle}", f"version {self.version}, {self.state}")
        return "   |   ".join([*(part for part in parts if part), f"{self.at:%Y-%m-%d %H:%M}"])


@dataclass(frozen=True)
class AgendaPoint:
    """A section of the pack and what the meeting does with it."""

    section: str
    purpose: str


@dataclass(frozen=True)
class PackContent:
    """Everything a pack says, in the order of the meeting."""

    cover: Cover
    agenda: tuple[AgendaPoint, ...]
    steps: Table
    pages: tuple[Page, ...]
