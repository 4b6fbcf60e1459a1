"""Protected sheets, and messages beside cells, in files and in Excel.

Protection here keeps accidents away; it has no password and is no secret.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import xlwings as xw
from openpyxl.worksheet.datavalidation import DataValidation

from sop_xl.hosts.errors import HostError
from sop_xl.hosts.file_sheet import FileSheet

#: Longest title and text of a message that Excel shows.
LONGEST_TITLE, LONGEST_TEXT = 32, 255
#: What stays possible on a protected sheet, as Excel's Protect names it.
_ALLOWED = (
    "AllowFormattingCells",
    "AllowFormattingColumns",
    "AllowFormattingRows",
    "AllowSorting",
    "AllowFiltering",
)
_VALIDATE_INPUT_ONLY = 0


def is_protected(sheet: xw.Sheet) -> bool:
    """Whether cells of the sheet are locked."""
    if isinstance(sheet.impl, FileSheet):
        return bool(sheet.impl.worksheet.protection.sheet)
    return bool(getattr(sheet.api, "ProtectContents", False))


def protect_sheet(sheet: xw.Sheet) -> None:
    """Lock all cells but those whose style leaves them open."""
    if isinstance(sheet.impl, FileSheet):
        protection = sheet.impl.worksheet.protection
        protection.sheet = True
        # In the file each of these says what is forbidden.
        for name in ("formatCells", "formatColumns", "formatRows", "sort", "autoFilter"):
            setattr(protection, name, False)
        return
    _excel(sheet).Protect(
        DrawingObjects=False,
        Contents=True,
        Scenarios=False,
        UserInterfaceOnly=True,
        **dict.fromkeys(_ALLOWED, True),
    )


def unprotect_sheet(sheet: xw.Sheet) -> None:
    """Open all cells of the sheet."""
    if isinstance(sheet.impl, FileSheet):
        sheet.impl.worksheet.protection.sheet = False
    else:
        _excel(sheet).Unprotect()


def _excel(sheet: xw.Sheet) -> Any:
    api = sheet.api
    if not hasattr(api, "Unprotect"):
        raise HostError(
            "This program's sheets cannot be protected from here.", "Use sop-xl protect on the closed file."
        )
    return api


@contextmanager
def unlocked(book: xw.Book) -> Iterator[None]:
    """Commands write on sheets that are protected in Excel; afterwards they are protected again."""
    # In a file protection holds back people only.
    locked = [sheet for sheet in book.sheets if not isinstance(sheet.impl, FileSheet) and is_protected(sheet)]
    for sheet in locked:
        unprotect_sheet(sheet)
    try:
        yield
    finally:
        for sheet in locked:
            protect_sheet(sheet)


def show_message(rng: xw.Range, title: str, text: str) -> None:
    """A message beside cells when one of them is selected; it takes the place of an earlier one."""
    title, text = title[:LONGEST_TITLE], text[:LONGEST_TEXT]
    sheet = rng.sheet
    if isinstance(sheet.impl, FileSheet):
        validations = sheet.impl.worksheet.data_validations.dataValidation
        address = rng.get_address(row_absolute=False, column_absolute=False)
        validations[:] = [old for old in validations if old.type or str(old.sqref) != address]
        message = DataValidation(sqref=address, showInputMessage=True, promptTitle=title, prompt=text)
        message.type = None
        validations.append(message)
        return
    validation = rng.api.Validation
    validation.Delete()
    validation.Add(Type=_VALIDATE_INPUT_ONLY)
    validation.InputTitle, validation.InputMessage = title, text
