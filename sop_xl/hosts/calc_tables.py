"""Tables of a workbook open in LibreOffice, where they are database ranges with a name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import xlwings as xw
from xlwings import NoSuchObjectError, base_classes

from sop_xl.hosts.addresses import MAX_ROWS, Area
from sop_xl.hosts.errors import HostError
from sop_xl.hosts.table_columns import header_text, unique
from sop_xl.hosts.table_parts import SheetTable

if TYPE_CHECKING:
    from sop_xl.hosts.calc_book import CalcBook, CalcSheet


class CalcTable(SheetTable):
    """A table on a sheet."""

    _sheet: CalcSheet

    def __init__(
        self, sheet: CalcSheet, name: str, area: Area, header: bool, totals: bool, autofilter: bool
    ) -> None:
        self._sheet = sheet
        self._name = name
        self._area = area
        self._header = header
        self._totals = totals
        self._autofilter = autofilter

    @property
    def api(self) -> None:
        """There is no native object on this side."""
        return

    @property
    def area(self) -> Area:
        """All cells of the table, header and totals included."""
        return self._area

    @property
    def _header_rows(self) -> int:
        return int(self._header)

    @property
    def _totals_rows(self) -> int:
        return int(self._totals)

    @property
    def empty(self) -> bool:
        """Whether the table has no data: one row with room for a constant and none in it."""
        area = self.data_area
        if area.height > 1:
            return False
        row = self._sheet.at(area).formula_texts()[0]
        return "" in row and all(not text or text.startswith("=") for text in row)

    @property
    def name(self) -> str:
        """Name of the table."""
        return self._name

    @name.setter
    def name(self, value: str) -> None:
        self._sheet.book.ask("set_table", name=self._name, new_name=value, autofilter=None)
        self._name = value

    display_name = name

    @property
    def show_autofilter(self) -> bool:
        """Whether the header has filter buttons."""
        return self._autofilter

    @show_autofilter.setter
    def show_autofilter(self, value: bool) -> None:
        self._sheet.book.ask("set_table", name=self._name, new_name=None, autofilter=bool(value))
        self._autofilter = bool(value)

    def column_names(self) -> list[str]:
        """Column names, taken from the header cells; empty ones and repeated ones are numbered."""
        top, left, _, right = self._area
        taken: set[str] = set()
        names = []
        for position, value in enumerate(self._sheet.at(Area(top, left, top, right)).raw_value[0]):
            name = unique(header_text(value, position), taken)
            taken.add(name.lower())
            names.append(name)
        return names

    def resize(self, range: xw.Range) -> None:
        """Give the table another extent; header and left-over cells stay where they are.

        Raises:
            HostError: the header would move, no data row would remain, or cells of another table are met.
        """
        new: Area = range.impl.area
        if range.impl.sheet.name != self._sheet.name or new.top != self._area.top:
            raise HostError(
                f"The header of table '{self._name}' would move.", "Keep the sheet and the first row."
            )
        if new.height < self._header_rows + self._totals_rows + 1:
            raise HostError(f"Table '{self._name}' would have no data row.", "Keep at least one row.")
        for other in self._sheet.tables:
            if other.name != self._name and other.area.meets(new):
                raise HostError(
                    f"Table '{self._name}' would run into table '{other.name}' in {other.area.a1()}.",
                    "Move the other table first.",
                )
        old = self._area
        if self._totals and new.bottom != old.bottom:
            self._move_totals(old, new)
        self._sheet.ask("resize_table", name=self._name, area=list(new))
        self._area = new

    def _move_totals(self, old: Area, new: Area) -> None:
        source = self._sheet.at(Area(old.bottom, old.left, old.bottom, old.right))
        self._sheet.at(Area(new.bottom, old.left, new.bottom, old.right)).raw_value = source.formula
        source.clear_contents()


def tables_of(book: CalcBook) -> Iterator[CalcTable]:
    """Every table of a workbook."""
    sheets = {sheet.name: sheet for sheet in book.sheets}
    for name, sheet, area, header, totals, autofilter in book.ask("tables"):
        yield CalcTable(sheets[sheet], name, Area(*area), header, totals, autofilter)


class CalcTables(base_classes.Tables):
    """The tables of a sheet."""

    def __init__(self, sheet: CalcSheet) -> None:
        self._sheet = sheet

    @property
    def api(self) -> None:
        """There is no native object on this side."""
        return

    @property
    def parent(self) -> CalcSheet:
        """The sheet."""
        return self._sheet

    def __iter__(self) -> Iterator[CalcTable]:
        return iter(self._tables())

    def _tables(self) -> list[CalcTable]:
        return [table for table in tables_of(self._sheet.book) if table.parent.name == self._sheet.name]

    def __len__(self) -> int:
        return len(self._tables())

    def __contains__(self, key: str) -> bool:
        return any(table.name.lower() == key.lower() for table in self)

    def __call__(self, key: int | str) -> CalcTable:
        """The table of that name or number."""
        tables = self._tables()
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
        table_style_name: str | None = None,
        name: str | None = None,
    ) -> CalcTable:
        """Make a table of a range whose first row holds the column names.

        Raises:
            HostError: another table is met, or the name is taken.
            NotImplementedError: without headers, because the cells below would have to move.
        """
        if not has_headers:
            raise NotImplementedError("A table here needs its header row written first.")
        assert source is not None
        area: Area = source.impl.area
        if area.height == 1:
            area = Area(area.top, area.left, min(area.bottom + 1, MAX_ROWS), area.right)
        existing = list(tables_of(self._sheet.book))
        for other in existing:
            if other.parent.name == self._sheet.name and other.area.meets(area):
                raise HostError(f"The cells {area.a1()} meet table '{other.name}'.", "Choose other cells.")
        taken = {table.name.lower() for table in existing}
        taken |= {defined.name.lower() for defined in self._sheet.book.names}
        if name is None:
            number = 1
            while f"table{number}" in taken:
                number += 1
            name = f"Table{number}"
        elif name.lower() in taken:
            raise HostError(f"The name '{name}' is taken.", "Choose another name for the table.")
        self._sheet.ask("add_table", name=name, area=list(area))
        return self(name)
