"""From a reference in text to cells: an address, a defined name, or a part of a table."""

from __future__ import annotations

from typing import Any, Protocol

from sop_xl.hosts.addresses import parse_a1, parse_table_reference, split_sheet


class ReferredBook(Protocol):
    """What a workbook knows of its parts."""

    @property
    def sheets(self) -> Any:
        """The sheets, by name."""

    def has_sheet(self, name: str) -> bool:
        """Whether there is a sheet of that name."""

    def target_of_name(self, name: str, sheet: Any) -> str | None:
        """What a name stands for, the sheet's own name before the workbook's."""

    def find_table(self, name: str) -> Any:
        """The table of that name, or None."""


def resolve_reference(book: ReferredBook, text: str, sheet: Any) -> Any:
    """The range that a reference names, or None.

    Args:
        book: the workbook.
        text: ``A1:B2``, ``'My sheet'!$A$1``, ``planning_start``, ``tblDemand[Qty]``.
        sheet: the sheet that addresses without a sheet belong to.
    """
    sheet_name, cells = split_sheet(text.removeprefix("="))
    if sheet_name is not None:
        if not book.has_sheet(sheet_name):
            return None
        sheet = book.sheets(sheet_name)
    area = parse_a1(cells)
    if area is not None:
        return sheet.at(area)
    target = book.target_of_name(cells, sheet)
    if target is not None:
        if target.removeprefix("=").lower() == cells.lower():
            return None
        return resolve_reference(book, target, sheet)
    reference = parse_table_reference(cells)
    table = book.find_table(reference.table) if reference is not None else None
    return table.part(reference) if table is not None and reference is not None else None
