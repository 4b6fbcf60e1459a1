"""Columns of a table, on every host of ours."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from xlwings import NoSuchObjectError, base_classes

from sop_xl.hosts.addresses import Area

if TYPE_CHECKING:
    from sop_xl.hosts.table_parts import SheetTable


def unique(name: str, taken: set[str]) -> str:
    """A name that is not taken, upper and lower case alike.

    >>> unique("Qty", {"qty", "qty2"})
    'Qty3'
    """
    number, wanted = 2, name
    while wanted.lower() in taken:
        wanted, number = f"{name}{number}", number + 1
    return wanted


def header_text(value: Any, position: int) -> str:
    """Text of a header cell, which may hold a number, a date or nothing.

    >>> header_text(2024.0, 0), header_text(dt.datetime(2024, 5, 1), 1), header_text(None, 2)
    ('2024', '2024-05-01', 'Column3')
    """
    if value is None or value == "":
        return f"Column{position + 1}"
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(" ")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


class SheetTableColumn(base_classes.TableColumn):
    """A column of a table."""

    def __init__(self, table: SheetTable, position: int) -> None:
        self._table = table
        self._position = position

    @property
    def name(self) -> str:
        """The column's name."""
        return self._table.column_names()[self._position]

    @property
    def index(self) -> int:
        """Position, counted from 0."""
        return self._position

    @property
    def range(self) -> Any:
        """Header, data and totals of the column."""
        top, left, bottom, _ = self._table.area
        return self._table.parent.at(Area(top, left + self._position, bottom, left + self._position))

    @property
    def data_body_range(self) -> Any:
        """The data of the column, or None for an empty table."""
        if self._table.empty:
            return None
        top, left, bottom, _ = self._table.data_area
        return self._table.parent.at(Area(top, left + self._position, bottom, left + self._position))


class SheetTableColumns(base_classes.TableColumns):
    """The columns of a table."""

    def __init__(self, table: SheetTable) -> None:
        self._table = table

    def __call__(self, key: int | str) -> SheetTableColumn:
        """The column of that name, or at that position counted from 0."""
        names = self._table.column_names()
        if isinstance(key, int):
            if not 0 <= key < len(names):
                raise IndexError(key)
            return SheetTableColumn(self._table, key)
        lowered = [name.lower() for name in names]
        if key.lower() not in lowered:
            raise NoSuchObjectError(f"Table '{self._table.name}' has no column '{key}'.")
        return SheetTableColumn(self._table, lowered.index(key.lower()))

    def __len__(self) -> int:
        return len(self._table.column_names())

    def __iter__(self) -> Iterator[SheetTableColumn]:
        return (SheetTableColumn(self._table, position) for position in range(len(self)))

    def __contains__(self, key: str) -> bool:
        return key.lower() in [name.lower() for name in self._table.column_names()]
