"""What a range of cells is on every host of ours: a rectangle of one sheet, with an address."""

from __future__ import annotations

from typing import Any, Self

from xlwings import base_classes

from sop_xl.hosts.addresses import MAX_COLUMNS, MAX_ROWS, Area
from sop_xl.hosts.errors import HostError


class AreaRange(base_classes.Range):
    """A rectangle of cells of one sheet."""

    def __init__(self, sheet: Any, area: Area) -> None:
        self._sheet = sheet
        self.area = area
        self.options: Any = None

    @property
    def sheet(self) -> Any:
        """The sheet the range belongs to."""
        return self._sheet

    @property
    def coords(self) -> tuple[str, int, int, int, int]:
        """Sheet, row, column, number of rows, number of columns."""
        return self._sheet.name, self.area.top, self.area.left, self.area.height, self.area.width

    @property
    def row(self) -> int:
        """First row."""
        return self.area.top

    @property
    def column(self) -> int:
        """First column."""
        return self.area.left

    @property
    def shape(self) -> tuple[int, int]:
        """Number of rows and columns."""
        return self.area.height, self.area.width

    def __len__(self) -> int:
        return self.area.size

    def __call__(self, row_or_index: int, column: int | None = None) -> Self:
        """The cell at a position, counted from 1."""
        if column is None:
            down, right = divmod(row_or_index - 1, max(1, self.area.width))
        else:
            down, right = row_or_index - 1, column - 1
        row, col = self.area.top + down, self.area.left + right
        if not (1 <= row <= MAX_ROWS and 1 <= col <= MAX_COLUMNS):
            raise HostError(f"Row {row}, column {col} lies outside the sheet.", "Stay within its borders.")
        return type(self)(self._sheet, Area(row, col, row, col))

    def get_address(self, row_absolute: bool, col_absolute: bool, external: bool) -> str:
        """Address in A1 notation, with the book and sheet when ``external``."""
        address = self.area.a1(row_absolute, col_absolute)
        if not external:
            return address
        book, sheet = self._sheet.book.name, self._sheet.name
        prefix = f"[{book}]{sheet}"
        plain = all(part.replace("_", "").replace(".", "").isalnum() for part in (book, sheet))
        return f"{prefix}!{address}" if plain else "'" + prefix.replace("'", "''") + f"'!{address}"

    @property
    def address(self) -> str:
        """Absolute address in A1 notation."""
        return self.area.a1(True, True)

    @property
    def max_cells_per_read(self) -> None:
        """No reading in chunks is needed."""
        return

    @property
    def max_cells_per_write(self) -> None:
        """No writing in chunks is needed."""
        return

    @property
    def table(self) -> Any:
        """The table that the first cell belongs to."""
        corner = Area(self.area.top, self.area.left, self.area.top, self.area.left)
        return next((table for table in self._sheet.tables if table.area.contains(corner)), None)
