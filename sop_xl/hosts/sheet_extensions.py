"""Newer features of a worksheet that openpyxl does not know, carried over as they are.

Excel keeps validations and conditional formats that refer to other sheets, and sparklines, in a
list of extensions at the end of a sheet. No row or column moves here, so the list stays true; only
sheet names in it follow.
"""

from __future__ import annotations

import re
import zipfile
from typing import Any

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet
from openpyxl.xml.constants import SHEET_MAIN_NS
from openpyxl.xml.functions import fromstring, register_namespace

from sop_xl.hosts.calculated_values import part_of_sheet
from sop_xl.hosts.formula_text import with_sheet_renamed

_XM = "http://schemas.microsoft.com/office/excel/2006/main"
_X14 = "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"
_FORMULA, _DATA_BAR = f"{{{_XM}}}f", f"{{{_X14}}}dataBar"
_ROOT = re.compile(rb"<(?:\w+:)?worksheet\b[^>]*>")
_CARRIED = (
    "{CCE6A557-97BC-4B89-ADB6-D9C93CAAB3DF}",  # validations
    "{78C0D931-6437-407D-A8EE-F0AAD7539E65}",  # conditional formats
    "{05C60535-1F16-4FD2-B633-F4F36F0B64E0}",  # sparklines
)
_DROPPED = {
    "{A8765BA9-456A-4DAB-B4F3-ACF838C121DE}": "slicers",
    "{3A4CF648-6AED-40F4-86FF-DC5316D8AED3}": "slicers",
    "{7E03D99C-DC04-49D9-9315-930204A7B6E9}": "timelines",
    "{FC87AEE6-9EDD-4A0A-B7FB-166176984837}": "protected ranges of newer kind",
    "{01252117-D84E-4E92-8308-4BE1C098FCBB}": "marks for ignored errors",
}

# Without lxml the prefixes would become ns0 and ns1, which are correct and harder to read.
register_namespace("xm", _XM)
register_namespace("x14", _X14)


def kept_extensions(archive: zipfile.ZipFile, workbook: Workbook) -> tuple[dict[Worksheet, Any], list[str]]:
    """Extension lists of the worksheets of a workbook just read.

    Returns:
        The list to write back for a sheet, and what cannot be carried over, in words.
    """
    kept: dict[Worksheet, Any] = {}
    lost: list[str] = []
    for worksheet in workbook.worksheets:
        extensions = _extension_list(archive.read(part_of_sheet(archive, worksheet.title)))
        if extensions is None:
            continue
        for extension in list(extensions):
            uri = extension.get("uri", "").upper()
            if uri not in _CARRIED:
                lost.append(_DROPPED.get(uri, f"a feature unknown here ({uri})"))
            elif not _without_data_bars(extension):
                continue
            else:
                lost.append("newer settings of data bars")
                if len(extension[0]):
                    continue
            extensions.remove(extension)
        if len(extensions):
            kept[worksheet] = extensions
    return kept, list(dict.fromkeys(lost))


def _extension_list(source: bytes) -> Any:
    if b"extLst>" not in source[-4096:]:
        return None
    # Only the part after the cells, within the sheet's own root, which may declare prefixes used in it.
    root = _ROOT.search(source[:8192])
    end = max(source.rfind(b"</sheetData>"), source.rfind(b"<sheetData/>")) + len(b"</sheetData>")
    if root is None or end < len(b"</sheetData>"):
        return None
    last = fromstring(root[0] + source[end:])[-1]
    if not last.tag.endswith("}extLst"):
        return None
    for element in last.iter():
        # openpyxl writes the elements of a sheet without a namespace, under a root that has it.
        element.tag = element.tag.removeprefix(f"{{{SHEET_MAIN_NS}}}")
    return last


def _without_data_bars(extension: Any) -> bool:
    """Take data bars out, whose other half in the sheet openpyxl cuts off; tell whether there were any."""
    removed = False
    for group in list(extension):
        for entry in list(group):
            if next(entry.iter(_DATA_BAR), None) is not None:
                group.remove(entry)
                removed = True
    return removed


def follow_in_extensions(kept: dict[Worksheet, Any], old: str, new: str | None) -> None:
    """Let the formulas in extensions follow a sheet's name."""
    for extensions in kept.values():
        for formula in extensions.iter(_FORMULA):
            if formula.text:
                formula.text = with_sheet_renamed(formula.text, old, new)
