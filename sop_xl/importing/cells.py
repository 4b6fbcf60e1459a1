"""From the cell of a source to a number, a date or a text of the workbook.

A source writes numbers and dates in its own way; a :class:`Notation` says how. What can be read in two
ways is refused rather than guessed: ``1,234`` is a thousand or a bit more than one, ``3/4/14`` is a day
in March or in April.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cached_property

Value = float | str | date | bool | None

#: Excel's last serial of a day that a plan can mean: 1927-05-18 to 2173-10-13, all of five digits.
SERIALS = (10_000, 99_999)
EXCEL_EPOCH = date(1899, 12, 30)
TEXT_LIMIT = 32_767
KEY_LIMIT = 255
LARGEST = 1e300

_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_ISO = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{8})(?:[T ][0-9:.,]+(?: ?(?:Z|UTC|[+-][0-9:]{2,6}))?)?\Z"
)
_SERIAL = re.compile(r"([0-9]{5})(?:[.,][0-9]+)?\Z")
_SPACES = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u2212": "-", "\u2019": "'"})


class CellError(Exception):
    """A cell that cannot be read as what it should be: a reason and a remedy."""

    def __init__(self, reason: str, remedy: str = "", value: object = None, column: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.remedy = remedy
        self.value = value
        self.column = column


class ErrorValue(str):
    """An error value of a sheet such as #N/A: never taken for a number, a text or nothing."""


@dataclass(frozen=True)
class Notation:
    """How a source writes numbers, dates and nothing.

    ``decimal`` and ``thousands`` are single characters (``thousands`` may be empty: none), ``dates`` are
    formats of ``strptime``, ``empty`` are words that stand in place of an empty cell.
    """

    decimal: str = "."
    thousands: str = ""
    dates: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()

    @cached_property
    def empty_words(self) -> frozenset[str]:
        """Words that mean empty, ready to compare: no spaces around, no case."""
        return frozenset(("", *(word.strip().casefold() for word in self.empty)))

    @cached_property
    def number_pattern(self) -> re.Pattern[str]:
        """Groups: sign, body, exponent, trailing sign, percent."""
        point = re.escape(self.decimal)
        digits = "[0-9]+"
        if self.thousands:
            digits = f"(?:[0-9]{{1,3}}(?:{re.escape(self.thousands)}[0-9]{{3}})+|[0-9]+)"
        body = rf"{digits}(?:{point}[0-9]*)?|{point}[0-9]+"
        return re.compile(rf"([+-]?)\s*({body})(?:[eE]([+-]?[0-9]+))?\s*(-?)\s*(%?)\Z")

    def is_empty(self, cell: object) -> bool:
        """Whether the cell holds nothing, or a word that means nothing.

        >>> Notation(empty=("N/A",)).is_empty(" n/a "), Notation().is_empty("N/A"), Notation().is_empty(0)
        (True, False, False)
        """
        if cell is None:
            return True
        if isinstance(cell, str):
            return cell == "" or cell.strip().casefold() in self.empty_words
        return isinstance(cell, float) and math.isnan(cell)


_PLAIN = re.compile(r"-?[0-9]+(?:\.[0-9]+)?\Z")


def number(cell: object, notation: Notation) -> float | None:
    """The number in a cell; None when it is empty.

    Understood beside plain numbers: declared thousands, accounting brackets ``(12)``, a trailing minus,
    ``50%`` as 0.5, an exponent.

    Raises:
        CellError: it holds text, a date, or a number that can be read in two ways.

    >>> number("1.234,50", Notation(decimal=",", thousands="."))
    1234.5
    >>> number("(12)", Notation()), number("12-", Notation()), number("68.68%", Notation())
    (-12.0, -12.0, 0.6868)
    >>> number("1,234", Notation())
    Traceback (most recent call last):
    ...
    sop_xl.importing.cells.CellError: "1,234" can be read in two ways
    """
    if isinstance(cell, str):
        # Most cells are plain, and this is the way through which hundreds of thousands of them go.
        if notation.decimal == "." and _PLAIN.match(cell) and len(cell) < 300 and cell not in notation.empty:
            return float(cell) + 0.0
        return None if notation.is_empty(cell) else _number_of_text(cell, notation)
    if cell is None:
        return None
    if isinstance(cell, bool) or not isinstance(cell, (int, float, Decimal)):
        raise CellError(f"{_shown(cell)} is not a number", "Put a number there.", cell)
    if isinstance(cell, Decimal) and cell.is_nan():
        return None
    try:
        value = float(cell)
    except OverflowError:
        value = math.inf
    if math.isnan(value):
        return None
    return _within(value, cell)


def _number_of_text(cell: str, notation: Notation) -> float:
    text = cell.translate(_SPACES).strip()
    sign = 1.0
    if text.startswith("(") and text.endswith(")") and not text.startswith(("(-", "(+")):
        sign, text = -1.0, text[1:-1].strip()
    match = notation.number_pattern.match(text)
    if match is None or (match[4] and (match[1] or sign < 0)):
        raise _no_number(cell, text, notation)
    if match[1] == "-" or match[4]:
        sign = -1.0
    body = match[2].replace(notation.thousands, "") if notation.thousands else match[2]
    if notation.decimal != ".":
        body = body.replace(notation.decimal, ".")
    # The exponent carries the percent, so that 68.68% is the double nearest to 0.6868.
    exponent = int(match[3] or 0) - (2 if match[5] else 0)
    if abs(exponent) > 400:
        raise CellError(f"{_shown(cell)} is too large or too small for a cell", value=cell)
    return _within(sign * float(f"{body}e{exponent}" if exponent else body), cell)


def _no_number(cell: str, text: str, notation: Notation) -> CellError:
    if re.fullmatch(r"[+-]?[0-9][0-9.,' ]*-?%?", text):
        return CellError(
            f"{_shown(cell)} can be read in two ways",
            f'Say in [source] how numbers are written; now decimal = "{notation.decimal}", '
            f'thousands = "{notation.thousands}".',
            cell,
        )
    return CellError(
        f"{_shown(cell)} is not a number",
        'Put a number there, leave it empty, or list the word under "empty" in [source].',
        cell,
    )


def _within(value: float, cell: object) -> float:
    if abs(value) > LARGEST:
        raise CellError(f"{_shown(cell)} is too large for a cell", "Correct the number.", cell)
    return value + 0.0  # no negative zero


def day(cell: object, notation: Notation) -> date | None:
    """The day in a cell; None when it is empty.

    Tried are the formats of the notation, then ISO (with or without a time), then Excel's serial numbers
    of five digits. Two-digit years follow ``strptime``: 69-99 are 1969-1999, 00-68 are 2000-2068.

    Raises:
        CellError: it is no date, or one in two ways.

    >>> day("2-Jun-06", Notation(dates=("%d-%b-%y",)))
    datetime.date(2006, 6, 2)
    >>> day("2026-11-23T10:00:00", Notation()), day(46349.0, Notation())
    (datetime.date(2026, 11, 23), datetime.date(2026, 11, 23))
    """
    if isinstance(cell, datetime):
        # A missing time stamp of pandas or a driver is a datetime that is not equal to itself.
        return cell.date() if cell == cell else None
    if isinstance(cell, date):
        return cell
    if notation.is_empty(cell):
        return None
    if isinstance(cell, str):
        return _day_of_text(cell, notation)
    is_number = isinstance(cell, (int, float, Decimal)) and not isinstance(cell, bool)
    if is_number and SERIALS[0] <= float(cell) < SERIALS[1] + 1:  # type: ignore[arg-type]
        return EXCEL_EPOCH + timedelta(int(cell))  # type: ignore[call-overload]
    raise CellError(f"{_shown(cell)} is not a date", "Put a date there.", cell)


def _day_of_text(cell: str, notation: Notation) -> date:
    text = cell.strip()
    found: dict[date, str] = {}
    for pattern in notation.dates:
        try:
            found.setdefault(datetime.strptime(text, pattern).date(), pattern)
        except ValueError:
            continue
    if len(found) == 1:
        return next(iter(found))
    if found:
        ways = ", ".join(f"{each.isoformat()} by {pattern}" for each, pattern in found.items())
        raise CellError(
            f"{_shown(cell)} can be read in two ways: {ways}", "Declare one format of dates only.", cell
        )
    match = _ISO.match(text)
    if match:
        try:
            return date.fromisoformat(match[1])
        except ValueError:
            raise CellError(f"{_shown(cell)} is not a day of the calendar", "Correct it.", cell) from None
    match = _SERIAL.match(text)
    if match and SERIALS[0] <= int(match[1]) <= SERIALS[1]:
        return EXCEL_EPOCH + timedelta(int(match[1]))
    known = ", ".join((*notation.dates, "2026-11-23"))
    raise CellError(
        f"{_shown(cell)} is not a date",
        f'Expected {known}. Add its format to "dates", or list the word under "empty", in [source].',
        cell,
    )


def text(cell: object, notation: Notation) -> str | None:
    """The text in a cell as it stands; None when it is empty.

    Whole numbers lose the decimals a spreadsheet gives them, dates become ISO, line ends become ``\\n``.

    >>> text(1001.0, Notation()), text("=1+1", Notation()), text(date(2026, 11, 23), Notation())
    ('1001', '=1+1', '2026-11-23')
    """
    if isinstance(cell, str):
        if cell == "" or cell.strip().casefold() in notation.empty_words:
            return None
        if isinstance(cell, ErrorValue):
            raise CellError(f"the cell shows {cell}", "Correct the formula in the source.", cell)
        return cell.replace("\r\n", "\n").replace("\r", "\n") if "\r" in cell else cell
    if notation.is_empty(cell):
        return None
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, (float, Decimal)):
        whole = math.isfinite(cell) and float(cell).is_integer() and -1e15 < cell < 1e15
        return str(int(cell)) if whole else str(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(sep=" ")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, (bytes, bytearray, memoryview)):
        raise CellError("binary data is not a text", "Choose another column or cast it in the query.")
    return str(cell)


def printable(value: str) -> str:
    """The text without the control characters that a workbook cannot carry; tab and line end may stay.

    >>> printable("a\\x07b\\tc")
    'ab\\tc'
    """
    return _UNPRINTABLE.sub("", value)


def has_unprintable(value: str) -> bool:
    """Whether :func:`printable` would change the text."""
    return _UNPRINTABLE.search(value) is not None


def length(value: str) -> int:
    """Length as Excel counts it: characters outside the basic plane count twice."""
    return len(value) + sum(1 for character in value if ord(character) > 0xFFFF)


def _shown(cell: object) -> str:
    words = str(cell)
    return f'"{words[:60]}…"' if len(words) > 60 else f'"{words}"'
