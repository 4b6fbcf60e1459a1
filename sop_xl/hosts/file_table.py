"""A table (list object) of a workbook file.

A table in a file always has at least one data row. It counts as empty, as Excel's does, when
that one row is marked as the insert row or holds no constant in a column that could hold one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import xlwings as xw
from openpyxl.worksheet.filters import AutoFilter
from openpyxl.worksheet.table import Table, TableColumn, TableStyleInfo

from sop_xl.hosts import file_copy
from sop_xl.hosts.addresses import Area, parse_a1
from sop_xl.hosts.errors import HostError
from sop_xl.hosts.table_columns import header_text, unique
from sop_xl.hosts.table_parts import SheetTable

if TYPE_CHECKING:
    from sop_xl.hosts.file_range import FileRange
    from sop_xl.hosts.file_sheet import FileSheet


class FileTable(SheetTable):
    """A table on a sheet of a file."""

    def __init__(self, sheet: FileSheet, table: Table) -> None:
        self._sheet = sheet
        self._table = table

    # ------------------------------------------------------------------ parts

    @property
    def api(self) -> Table:
        """openpyxl's object."""
        return self._table

    @property
    def area(self) -> Area:
        """All cells of the table, header and totals included."""
        area = parse_a1(self._table.ref)
        assert area is not None
        return area

    @property
    def _header_rows(self) -> int:
        return 1 if self._table.headerRowCount is None else int(self._table.headerRowCount)

    @property
    def _totals_rows(self) -> int:
        return int(self._table.totalsRowCount or 0)

    @property
    def empty(self) -> bool:
        """Whether the table has no data."""
        area = self.data_area
        if area.height > 1:
            return False
        if self._table.insertRow:
            return True
        get = self._sheet.worksheet._cells.get
        cells = [get((area.top, column)) for column in range(area.left, area.right + 1)]
        kinds = [None if cell is None or cell._value is None else cell.data_type for cell in cells]
        return None in kinds and all(kind in (None, "f") for kind in kinds)

    # ------------------------------------------------------------------ names and looks

    @property
    def name(self) -> str:
        """Name of the table."""
        return self._table.displayName

    @name.setter
    def name(self, value: str) -> None:
        if value.lower() != self.name.lower():
            self._sheet.book.names.check_new(value, None)
        tables = self._sheet.worksheet.tables
        del tables[self._table.name]
        self._table.name = self._table.displayName = value
        tables[value] = self._table

    display_name = name

    @property
    def table_style(self) -> str | None:
        """Name of the table style."""
        info = self._table.tableStyleInfo
        return None if info is None else info.name

    @table_style.setter
    def table_style(self, value: str) -> None:
        if self._table.tableStyleInfo is None:
            self._table.tableStyleInfo = TableStyleInfo(showRowStripes=True)
        self._table.tableStyleInfo.name = value

    @property
    def show_autofilter(self) -> bool:
        """Whether the header has filter buttons."""
        return self._table.autoFilter is not None

    @show_autofilter.setter
    def show_autofilter(self, value: bool) -> None:
        self._table.autoFilter = AutoFilter() if value else None
        self._set_area(self.area)

    # ------------------------------------------------------------------ columns

    def column_names(self) -> list[str]:
        """Column names, taken from the header cells, which lead in Excel too."""
        self.take_names_from_header()
        return [column.name for column in self._table.tableColumns]

    def take_names_from_header(self) -> None:
        """Make header cells and column names agree; Excel repairs a file in which they differ.

        A header that is a number or a date becomes text, an empty one gets a name of its own, and a
        repeated one gets a number.
        """
        area = self.area
        if not self._table.tableColumns:
            self._table.tableColumns = [
                TableColumn(id=number, name=f"Column{number}") for number in range(1, area.width + 1)
            ]
        if not self._header_rows:
            return
        cells = self._sheet.cells_of_sheet
        values = cells.read(Area(area.top, area.left, area.top, area.right))[0]
        taken: set[str] = set()
        for position, (column, value) in enumerate(zip(self._table.tableColumns, values, strict=True)):
            wanted = unique(header_text(value, position), taken)
            taken.add(wanted.lower())
            cell = self._sheet.worksheet._cells.get((area.top, area.left + position))
            if cell is None or cell.data_type != "s" or wanted != value:
                where = Area(area.top, area.left + position, area.top, area.left + position)
                cells.write(where, [[f"'{wanted}" if wanted[:1] in "='#" else wanted]])
            column.name = wanted

    # ------------------------------------------------------------------ resizing

    def resize(self, range: xw.Range) -> None:
        """Give the table another extent; header and left-over columns stay where they are.

        New columns are named from their header cells. Calculated columns fill their new rows. A totals
        row moves to the last row of the new extent.

        Raises:
            HostError: the header would move, no data row would remain, or cells of another table are met.
        """
        target: FileRange = range.impl
        new, old = target.area, self.area
        self._check_extent(new, target.sheet)
        self.take_names_from_header()
        kept = {old.left + index: column for index, column in enumerate(self._table.tableColumns)}
        next_id = max((column.id for column in kept.values()), default=0) + 1
        columns = []
        for position in self._positions(new):
            column = kept.get(position)
            if column is None:
                column, next_id = TableColumn(id=next_id, name=f"Column{next_id}"), next_id + 1
            columns.append(column)
        if self._totals_rows and new.bottom != old.bottom:
            self._move_totals(old, new)
        self._table.tableColumns = columns
        self._table.insertRow = None
        self._table.sortState = None
        self._drop_filters(old, new)
        self._set_area(new)
        self.take_names_from_header()
        self._fill_calculated_columns(old)

    @staticmethod
    def _positions(area: Area) -> Iterator[int]:
        return iter(range(area.left, area.right + 1))

    def _check_extent(self, new: Area, sheet: FileSheet) -> None:
        old = self.area
        fixed = self._header_rows + self._totals_rows
        if sheet.worksheet is not self._sheet.worksheet or new.top != old.top:
            raise HostError(
                f"The header of table '{self.name}' would move.", "Keep the sheet and the first row."
            )
        if new.right < old.left or new.left > old.right:
            raise HostError(
                f"The new extent {new.a1()} of table '{self.name}' shares no column with {old.a1()}.",
                "Let them overlap.",
            )
        if new.height < fixed + 1:
            raise HostError(f"Table '{self.name}' would have no data row.", "Keep at least one row.")
        for other in self._sheet.tables:
            if other.api is not self._table and other.area.meets(new):
                raise HostError(
                    f"Table '{self.name}' would run into table '{other.name}' in {other.area.a1()}.",
                    "Move the other table first.",
                )

    def _set_area(self, area: Area) -> None:
        self._table.ref = area.a1()
        if self._table.autoFilter is not None:
            bottom = area.bottom - self._totals_rows
            self._table.autoFilter.ref = Area(area.top, area.left, bottom, area.right).a1()

    def _drop_filters(self, old: Area, new: Area) -> None:
        if self._table.autoFilter is None:
            return
        kept = []
        for column in self._table.autoFilter.filterColumn:
            position = old.left + column.colId - new.left
            if 0 <= position < new.width:
                column.colId = position
                kept.append(column)
        self._table.autoFilter.filterColumn = kept

    def _move_totals(self, old: Area, new: Area) -> None:
        source = self._sheet.at(Area(old.bottom, old.left, old.bottom, old.right))
        target = self._sheet.at(Area(new.bottom, old.left, new.bottom, old.left))
        # The formulas of a totals row mean whole columns, so their references stay.
        file_copy.transfer(source, target, "all", follow=False)
        source.cells.clear_contents(source.area)

    def _fill_calculated_columns(self, old: Area) -> None:
        data, cells = self.data_area, self._sheet.cells_of_sheet
        first_new = max(data.top, old.bottom - self._totals_rows + 1)
        for position, column in zip(self._positions(data), self._table.tableColumns, strict=True):
            formula = column.calculatedColumnFormula
            if formula is None or formula.array or not formula.attr_text:
                continue
            start = first_new if old.left <= position <= old.right else data.top
            get = self._sheet.worksheet._cells.get
            for row in range(start, data.bottom + 1):
                cell = get((row, position))
                if cell is None or cell._value is None:
                    cells.write(Area(row, position, row, position), [[f"={formula.attr_text}"]])
