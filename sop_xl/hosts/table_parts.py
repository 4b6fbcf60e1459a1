"""What a table is on every host of ours: a header, data and totals within a rectangle."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from xlwings import base_classes

from sop_xl.hosts.addresses import Area, TableReference
from sop_xl.hosts.table_columns import SheetTableColumns


class SheetTable(base_classes.Table):
    """A table; hosts say where it is, which rows it has and what its columns are called."""

    _sheet: Any

    @property
    def parent(self) -> Any:
        """The sheet."""
        return self._sheet

    @property
    def area(self) -> Area:
        """All cells of the table, header and totals included."""
        raise NotImplementedError

    @property
    def _header_rows(self) -> int:
        raise NotImplementedError

    @property
    def _totals_rows(self) -> int:
        raise NotImplementedError

    @property
    def empty(self) -> bool:
        """Whether the table has no data."""
        raise NotImplementedError

    def column_names(self) -> list[str]:
        """Column names, taken from the header cells."""
        raise NotImplementedError

    @property
    def data_area(self) -> Area:
        """The data rows, at least one."""
        top, left, bottom, right = self.area
        return Area(top + self._header_rows, left, bottom - self._totals_rows, right)

    def part(self, reference: TableReference) -> Any:
        """The cells that a structured reference names; None when the table has no such part."""
        left, right = self.area.left, self.area.right
        if reference.columns is not None:
            names = [name.lower() for name in self.column_names()]
            try:
                first, last = (names.index(column.lower()) for column in reference.columns)
            except ValueError:
                return None
            left, right = left + min(first, last), self.area.left + max(first, last)
        sections = reference.sections
        if "all" in sections:
            sections = frozenset({"headers", "data", "totals"})
        spans = []
        if "headers" in sections and self._header_rows:
            spans.append((self.area.top, self.area.top))
        if "data" in sections:
            spans.append((self.data_area.top, self.data_area.bottom))
        if "totals" in sections and self._totals_rows:
            spans.append((self.area.bottom, self.area.bottom))
        if not spans or any(low[1] + 1 != high[0] for low, high in pairwise(spans)):
            return None
        return self._sheet.at(Area(spans[0][0], left, spans[-1][1], right))

    @property
    def range(self) -> Any:
        """All cells of the table."""
        return self._sheet.at(self.area)

    @property
    def header_row_range(self) -> Any:
        """The header row, or None when it is hidden."""
        return self.part(TableReference(self.name, frozenset({"headers"}), None))

    @property
    def totals_row_range(self) -> Any:
        """The totals row, or None."""
        return self.part(TableReference(self.name, frozenset({"totals"}), None))

    @property
    def data_body_range(self) -> Any:
        """The data rows, or None for an empty table."""
        return None if self.empty else self._sheet.at(self.data_area)

    @property
    def insert_row_range(self) -> Any:
        """The row where the first data goes, only for an empty table."""
        return self._sheet.at(self.data_area) if self.empty else None

    @property
    def show_headers(self) -> bool:
        """Whether the header row is shown."""
        return bool(self._header_rows)

    @show_headers.setter
    def show_headers(self, value: bool) -> None:
        if bool(value) != self.show_headers:
            raise NotImplementedError("The header of a table is shown or hidden in Excel only.")

    @property
    def show_totals(self) -> bool:
        """Whether there is a totals row."""
        return bool(self._totals_rows)

    @show_totals.setter
    def show_totals(self, value: bool) -> None:
        if bool(value) != self.show_totals:
            raise NotImplementedError("The totals row of a table is added or removed in Excel only.")

    @property
    def columns(self) -> SheetTableColumns:
        """Columns of the table."""
        return SheetTableColumns(self)
