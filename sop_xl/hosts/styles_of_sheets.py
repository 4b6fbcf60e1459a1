"""Which cells have which named style, sheet by sheet."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import xlwings as xw

from sop_xl.hosts.file_engine import file_engine
from sop_xl.hosts.file_sheet import FileSheet

#: Style of a cell that has none of its own, in Excel and in Calc.
DEFAULTS = ("Normal", "Default")
Styles = dict[str, list[list[int]]]


def styles_of_file(sheet: FileSheet) -> Styles:
    """Cell style -> areas that have it, runs within a row; cells without a style of their own are left out."""
    worksheet = sheet.worksheet
    names = worksheet.parent._named_styles.names
    found: Styles = {}
    last: tuple[str, list[int]] | None = None
    for row, column in sorted(worksheet._cells):
        style = worksheet._cells[row, column]._style
        name = names[style.xfId] if style is not None else DEFAULTS[0]
        if name == DEFAULTS[0]:
            continue
        if last and last[0] == name and last[1][2] == row and last[1][3] == column - 1:
            last[1][3] = column
            continue
        last = name, [row, column, row, column]
        found.setdefault(name, []).append(last[1])
    return found


def keep_copy(book: xw.Book, path: Path) -> bool:
    """Save a copy of a workbook that is open in Excel, which goes on under its own name; False where that cannot be."""
    save: Any = getattr(book.api, "SaveCopyAs", None)
    if save is None:
        return False
    try:
        save(str(path))
    except Exception:  # what a program raises that cannot do this, on any of the ways to it
        return False
    return path.exists()


def styles_in_copy(source: Path | xw.Book) -> dict[str, Styles] | None:
    """The styles in a saved copy, or in one that is saved for this; None where none can be."""
    if isinstance(source, Path):
        app = file_engine().apps.add()
        try:
            book = app.books.open(str(source))
            return {sheet.name: styles_of_file(sheet.impl) for sheet in book.sheets}
        finally:
            app.quit()
    with tempfile.TemporaryDirectory(prefix="sop_xl_") as folder:
        path = Path(folder) / f"copy{Path(source.name).suffix or '.xlsx'}"
        return styles_in_copy(path) if keep_copy(source, path) else None
