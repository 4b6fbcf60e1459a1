"""Protect: only the cells that are meant to be typed in can be changed, and they say whom to ask."""

from __future__ import annotations

import xlwings as xw

from sop_xl.commands.outcome import Outcome, Progress, counted, silent
from sop_xl.hosts.protection import is_protected, protect_sheet, show_message, unlocked, unprotect_sheet
from sop_xl.workbook import layout
from sop_xl.workbook.formulas import neighbours
from sop_xl.workbook.read import Workbook

__all__ = ["protect", "protected_sheets", "unlocked"]

#: Who types into an input row of a planning view, and the column of tblFamilies that names the owner.
ROLES: dict[str, tuple[str, str]] = {
    "sales_override": ("Sales", "Demand owner"),
    "marketing_override": ("Marketing", ""),
    "production_override": ("Operations", "Supply owner"),
}
#: Sheets with tables that people add rows to stay open: a protected table cannot grow.
ALWAYS = ("Home", "KPIs")


def protected_sheets() -> tuple[str, ...]:
    """Sheets that are protected: planning views and pages, where formulas and results stand."""
    return tuple(
        sheet.name
        for sheet in layout.SHEETS
        if sheet.name in ALWAYS
        or not any(column.role == "input" for table in sheet.tables for column in table.columns)
    )


def protect(book: xw.Book, progress: Progress = silent, off: bool | None = None) -> Outcome:
    """Protect the sheets with formulas and results, without a password.

    Args:
        book: the workbook.
        progress: told what is being done.
        off: open the sheets again; without a word, protect them if none is, else open them.
    """
    workbook = Workbook.of(book)
    names = {name.name for name in book.names}
    sheets = [
        workbook.named(f"{name}_Notice").sheet for name in protected_sheets() if f"{name}_Notice" in names
    ]
    if off is None:
        off = any(map(is_protected, sheets))
    outcome = Outcome("protect")
    for i, sheet in enumerate(sheets):
        progress(sheet.name, i / len(sheets))
        unprotect_sheet(sheet)
    if off:
        outcome.say("All sheets are open.")
        outcome.data = {"protected": []}
        return outcome
    rows = _say_owners(workbook)
    for sheet in sheets:
        protect_sheet(sheet)
    outcome.say(
        f"{counted(len(sheets), 'sheet')} protected without a password: only yellow cells can be changed. "
        "Tables of data stay open, so that they can grow."
    )
    outcome.say(f"{counted(rows, 'override row')} say who owns them when a cell is selected.")
    outcome.say("To open the sheets: sop-xl protect WORKBOOK --off, or Review, Unprotect Sheet.")
    outcome.data = {"protected": [sheet.name for sheet in sheets]}
    return outcome


def _say_owners(workbook: Workbook) -> int:
    """A message at every override row: whose it is, and what an empty cell means."""
    horizon, families = workbook.horizon(), workbook.rows("tblFamilies")
    index = {str(code).lower(): i for i, code in enumerate(families["Family"])}
    count = 0
    for view in layout.VIEWS.values():
        grid, _ = workbook.grid(view, horizon)
        if not all(grid.planned):
            continue
        for (entity, key), row in grid.rows.items():
            if key not in ROLES:
                continue
            role, column = ROLES[key]
            place = index.get(entity.lower())
            owner = families[column][place] if column and place is not None else None
            definition = view.row(key)
            text = f"{role} types here{f'; ask {owner}' if owner else ''}. {definition.help}."
            for run in neighbours(sorted(grid.planned)):
                sheet = workbook.book.sheets[grid.sheet]
                show_message(
                    sheet.range((row, run[0]), (row, run[-1])), f"{entity}: {definition.label.lower()}", text
                )
            count += 1
    return count
