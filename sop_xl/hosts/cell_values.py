"""What a cell may hold, and how Python values become it."""

from __future__ import annotations

import datetime as dt
import math
import numbers
from collections.abc import Sequence
from typing import Any

import numpy as np
from openpyxl.cell.cell import ERROR_CODES, ILLEGAL_CHARACTERS_RE

from sop_xl.hosts.errors import HostError

MAX_TEXT = 32_767

Rows = Sequence[Sequence[Any]]


class CellError(str):
    """An error value read from a cell, such as ``#N/A``; it is never mistaken for text."""

    __slots__ = ()


def is_error_text(value: object) -> bool:
    """Whether the text is one of Excel's error values.

    >>> is_error_text("#N/A"), is_error_text("n/a")
    (True, False)
    """
    return isinstance(value, str) and value in ERROR_CODES


def plain_value(value: Any) -> Any:
    """A value as a cell can hold it: text, float, int, bool, date and time, or None for empty.

    Missing values of numpy and pandas (NaN, NaT, NA) become empty. Dates become datetimes.

    Raises:
        HostError: infinity, a time zone, or a type that no cell can hold.

    >>> plain_value(np.float64(2.5)), plain_value(float("nan"))
    (2.5, None)
    """
    kind = type(value)
    if kind is float:
        if value != value:
            return None
        if math.isinf(value):
            raise HostError("An infinite number cannot be stored in a cell.", "Leave the cell empty instead.")
        return value
    if kind is str or kind is int or kind is bool or value is None:
        return value
    if isinstance(value, np.datetime64):
        return None if np.isnat(value) else value.astype("datetime64[us]").item()
    if isinstance(value, np.timedelta64):
        return None if np.isnat(value) else value.astype("timedelta64[us]").item()
    if isinstance(value, np.generic):
        return plain_value(value.item())
    if kind.__name__ in ("NaTType", "NAType"):
        return None
    if isinstance(value, dt.datetime):
        return _plain_datetime(value)
    if isinstance(value, dt.date):
        return dt.datetime(value.year, value.month, value.day)
    if isinstance(value, dt.time | dt.timedelta):
        return value
    if isinstance(value, str):
        return str(value.value) if hasattr(value, "value") else str(value)
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, numbers.Number) and not isinstance(value, complex):
        return plain_value(float(value))  # type: ignore[arg-type]
    raise HostError(
        f"A value of type {kind.__name__} cannot be stored in a cell.",
        "Write text, a number, a date or a truth value.",
    )


def _plain_datetime(value: dt.datetime) -> dt.datetime:
    if value.tzinfo is not None:
        raise HostError(
            f"The date {value.isoformat()} has a time zone, which a cell cannot hold.",
            "Convert it to local time and drop the zone before writing.",
        )
    if type(value) is dt.datetime:
        return value
    return dt.datetime(
        value.year, value.month, value.day, value.hour, value.minute, value.second, value.microsecond
    )


def checked_text(text: str) -> str:
    """Text that a cell can hold, with plain line ends.

    Raises:
        HostError: longer than 32,767 characters, or with control characters.
    """
    if len(text) > MAX_TEXT:
        raise HostError(
            f"A text of {len(text):,} characters does not fit into a cell, which holds {MAX_TEXT:,}.",
            "Shorten it or split it over several cells.",
        )
    if ILLEGAL_CHARACTERS_RE.search(text):
        raise HostError(
            f"The text {text[:40]!r} has control characters that a workbook cannot store.",
            "Clean the source of the text.",
        )
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def cleaned_rows(rows: Rows, date: Any, empty: Any, number: Any, errors_as_text: bool) -> list[list[Any]]:
    """Rows as read from cells, in the types that xlwings promises: numbers as float, empty text as empty.

    Args:
        rows: cell values.
        date: builds a date from year, month, day, hour, minute, second, microsecond, tzinfo.
        empty: stands for an empty cell.
        number: converts a float, or None.
        errors_as_text: give ``#N/A`` as text instead of empty.
    """

    def cleaned(value: Any) -> Any:
        kind = type(value)
        if kind is float:
            return value if number is None else number(value)
        if value is None or value == "":
            return empty
        if kind is str or kind is bool:
            return value
        if kind is int:
            return float(value) if number is None else number(float(value))
        if kind is CellError:
            return str(value) if errors_as_text else None
        if isinstance(value, dt.datetime):
            if date is dt.datetime:
                return value
            return date(
                year=value.year,
                month=value.month,
                day=value.day,
                hour=value.hour,
                minute=value.minute,
                second=value.second,
                microsecond=value.microsecond,
                tzinfo=None,
            )
        return value

    return [[cleaned(value) for value in row] for row in rows]
