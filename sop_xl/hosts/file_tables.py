"""The tables of a sheet in a workbook file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import xlwings as xw
from openpyxl.worksheet.filters import AutoFilter
from openpyxl.worksheet.table import Table, TableStyleInfo
from xlwings import NoSuchObjectError, base_classes

from sop_xl.hosts.addresses import MAX_ROWS, Area
from sop_xl.hosts.errors import HostError
from sop_xl.hosts.file_table import FileTable

if TYPE_CHECKING:
    from sop_xl.hosts.file_sheet import FileSheet


class FileTables(base_classes.Tables):
    """The tables of a sheet."""

    def __init__(self, sheet: FileSheet) -> None:
        self._sheet = sheet

    @property
    def api(self) -> Any:
        """openpyxl's dictionary of the tables."""
        return self._sheet.worksheet.tables

    @property
    def parent(self) -> FileSheet:
        """The sheet."""
        return self._sheet

    def __iter__(self) -> Iterator[FileTable]:
        return iter([FileTable(self._sheet, table) for table in self._sheet.worksheet.tables.values()])

    def __len__(self) -> int:
        return len(self._sheet.worksheet.tables)

    def __contains__(self, key: str) -> bool:
        return any(table.name.lower() == key.lower() for table in self)

    def __call__(self, key: int | str) -> FileTable:
        """The table of that name or number."""
        tables = list(self)
        if isinstance(key, int):
            return tables[key - 1]
        for table in tables:
            if table.name.lower() == key.lower():
                return table
        raise NoSuchObjectError(f"Sheet '{self._sheet.name}' has no table '{key}'.")

    def add(
        self,
        source_type: str | None = None,
        source: xw.Range | None = None,
        link_source: bool | None = None,
        has_headers: bool = True,
        destination: Any = None,
        table_style_name: str | None = "TableStyleMedium2",
        name: str | None = None,
    ) -> FileTable:
        """Make a table of a range whose first row holds the column names.

        Raises:
            HostError: another table is met, or the name is taken.
            NotImplementedError: without headers, because the cells below would have to move.
        """
        if not has_headers:
            raise NotImplementedError("A table in a file needs its header row written first.")
        assert source is not None
        area: Area = source.impl.area
        if area.height == 1:
            area = Area(area.top, area.left, min(area.bottom + 1, MAX_ROWS), area.right)
        for other in self:
            if other.area.meets(area):
                raise HostError(f"The cells {area.a1()} meet table '{other.name}'.", "Choose other cells.")
        book = self._sheet.book
        taken = {table.name.lower() for sheet in book.sheets for table in sheet.tables}
        taken |= {defined.lower() for defined in book.workbook.defined_names}
        if name is None:
            number = 1
            while f"table{number}" in taken:
                number += 1
            name = f"Table{number}"
        elif name.lower() in taken:
            raise HostError(f"The name '{name}' is taken.", "Choose another name for the table.")
        book.names.check_new(name, None)
        table = Table(displayName=name, ref=area.a1(), autoFilter=AutoFilter(ref=area.a1()))
        if table_style_name:
            table.tableStyleInfo = TableStyleInfo(name=table_style_name, showRowStripes=True)
        self._sheet.worksheet.tables.add(table)
        added = FileTable(self._sheet, table)
        added.take_names_from_header()
        return added
