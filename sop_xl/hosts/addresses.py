"""Cell addresses: rectangles of a sheet, A1 text, and references into tables."""

from __future__ import annotations

import re
from typing import NamedTuple

MAX_ROWS = 1_048_576
MAX_COLUMNS = 16_384

_CELL = re.compile(r"\$?([A-Za-z]{1,3})\$?([1-9]\d{0,6})")
_COLUMNS = re.compile(r"\$?([A-Za-z]{1,3}):\$?([A-Za-z]{1,3})")
_ROWS = re.compile(r"\$?([1-9]\d{0,6}):\$?([1-9]\d{0,6})")
_TABLE = re.compile(r"([^\W\d][\w.\\]*)(?:\[(.*)\])?", re.DOTALL)
_SHEET_PREFIX = re.compile(r"(?:'((?:[^']|'')+)'|([\w.]+))!(.+)", re.DOTALL)

SECTIONS = {"#all": "all", "#data": "data", "#headers": "headers", "#totals": "totals"}


def column_letters(column: int) -> str:
    """Letters of a column.

    >>> column_letters(28)
    'AB'
    """
    letters = ""
    while column > 0:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def column_number(letters: str) -> int:
    """Number of a column, counted from 1.

    >>> column_number("ab")
    28
    """
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number


class Area(NamedTuple):
    """A rectangle of cells, rows and columns counted from 1, both ends included.

    >>> Area(1, 2, 3, 4).a1()
    'B1:D3'
    """

    top: int
    left: int
    bottom: int
    right: int

    @property
    def height(self) -> int:
        """Number of rows."""
        return max(0, self.bottom - self.top + 1)

    @property
    def width(self) -> int:
        """Number of columns."""
        return max(0, self.right - self.left + 1)

    @property
    def size(self) -> int:
        """Number of cells."""
        return self.height * self.width

    @property
    def whole_columns(self) -> bool:
        """Whether every row of the sheet is covered."""
        return self.top == 1 and self.bottom == MAX_ROWS

    @property
    def whole_rows(self) -> bool:
        """Whether every column of the sheet is covered."""
        return self.left == 1 and self.right == MAX_COLUMNS

    def contains(self, other: Area) -> bool:
        """Whether the other rectangle lies wholly within this one."""
        return (
            self.top <= other.top
            and self.left <= other.left
            and self.bottom >= other.bottom
            and self.right >= other.right
        )

    def meets(self, other: Area) -> bool:
        """Whether the two rectangles share a cell."""
        return (
            self.top <= other.bottom
            and other.top <= self.bottom
            and self.left <= other.right
            and other.left <= self.right
        )

    def a1(self, row_absolute: bool = False, column_absolute: bool = False) -> str:
        """The address in A1 notation."""
        row, column = "$" * row_absolute, "$" * column_absolute
        if self.whole_columns and not self.whole_rows:
            return f"{column}{column_letters(self.left)}:{column}{column_letters(self.right)}"
        if self.whole_rows:
            return f"{row}{self.top}:{row}{self.bottom}"
        first = f"{column}{column_letters(self.left)}{row}{self.top}"
        if self.size == 1:
            return first
        return f"{first}:{column}{column_letters(self.right)}{row}{self.bottom}"


def area_of(row1: int, column1: int, row2: int, column2: int) -> Area:
    """The rectangle spanned by two corners given in any order."""
    return Area(min(row1, row2), min(column1, column2), max(row1, row2), max(column1, column2))


def parse_a1(text: str) -> Area | None:
    """The rectangle that an A1 address names, or None when the text is no address.

    >>> parse_a1("$B$3:A1"), parse_a1("C:D").a1(), parse_a1("budget")
    (Area(top=1, left=1, bottom=3, right=2), 'C:D', None)
    """
    area = None
    if match := _CELL.fullmatch(text):
        row, column = int(match[2]), column_number(match[1])
        area = Area(row, column, row, column)
    elif match := _COLUMNS.fullmatch(text):
        area = area_of(1, column_number(match[1]), MAX_ROWS, column_number(match[2]))
    elif match := _ROWS.fullmatch(text):
        area = area_of(int(match[1]), 1, int(match[2]), MAX_COLUMNS)
    elif ":" in text:
        first, _, second = text.partition(":")
        if (one := _CELL.fullmatch(first)) and (two := _CELL.fullmatch(second)):
            area = area_of(int(one[2]), column_number(one[1]), int(two[2]), column_number(two[1]))
    if area is None or area.bottom > MAX_ROWS or area.right > MAX_COLUMNS:
        return None
    return area


def split_sheet(text: str) -> tuple[str | None, str]:
    """Separate the sheet from a reference.

    >>> split_sheet("'Bob''s plan'!$A$1"), split_sheet("A1")
    (("Bob's plan", '$A$1'), (None, 'A1'))
    """
    match = _SHEET_PREFIX.fullmatch(text)
    if not match:
        return None, text
    return match[2] if match[1] is None else match[1].replace("''", "'"), match[3]


def quote_sheet(name: str) -> str:
    """A sheet name as it stands before ``!``, in quotes where Excel wants them.

    >>> quote_sheet("Demand"), quote_sheet("Bob's plan"), quote_sheet("FY24")
    ('Demand', "'Bob''s plan'", "'FY24'")
    """
    plain = re.fullmatch(r"[^\W\d][\w.]*", name) and not parse_a1(name)
    if plain and not re.fullmatch(r"[Rr]\d*[Cc]?\d*|[Cc]\d*", name):
        return name
    return "'" + name.replace("'", "''") + "'"


class TableReference(NamedTuple):
    """A reference into a table: which sections, and which run of columns (None: all)."""

    table: str
    sections: frozenset[str]
    columns: tuple[str, str] | None


def parse_table_reference(text: str) -> TableReference | None:
    """Read ``tbl``, ``tbl[Col]``, ``tbl[#All]``, ``tbl[[#Headers],[A]:[B]]``.

    >>> parse_table_reference("tblDemand[[#Headers],[Qty '#1]]").columns
    ('Qty #1', 'Qty #1')
    """
    match = _TABLE.fullmatch(text)
    if not match:
        return None
    table, inner = match[1], (match[2] or "").strip()
    if not inner:
        return TableReference(table, frozenset({"data"}), None)
    parts = _bracket_parts(inner) if inner.startswith("[") else [("", inner)]
    if parts is None:
        return None
    sections: set[str] = set()
    columns: list[str] = []
    for separator, part in parts:
        section = SECTIONS.get(part.strip().lower())
        if section:
            sections.add(section)
        elif part.startswith("#") or (columns and separator != ":"):
            return None
        else:
            columns.append(re.sub(r"'(.)", r"\1", part, flags=re.DOTALL))
    if len(columns) > 2:
        return None
    span = (columns[0], columns[-1]) if columns else None
    return TableReference(table, frozenset(sections or {"data"}), span)


def _bracket_parts(inner: str) -> list[tuple[str, str]] | None:
    """``[a],[b]:[c]`` as (separator before, text) pairs; an apostrophe escapes the next character."""
    parts: list[tuple[str, str]] = []
    position = 0
    item = re.compile(r"\s*([,:]?)\s*\[((?:'.|[^\[\]'])*)\]\s*", re.DOTALL)
    while position < len(inner):
        match = item.match(inner, position)
        if not match or bool(match[1]) != bool(parts):
            return None
        parts.append((match[1], match[2]))
        position = match.end()
    return parts
