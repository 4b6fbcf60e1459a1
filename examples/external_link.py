"""The part of an .xlsx file that says which other workbook its formulas link to, as Excel writes it.

XlsxWriter writes formulas like ``[1]Revenue!D7`` and ``[1]!PUB_Revenue`` as they are, but not what ``[1]`` is. Excel
keeps that in a part of its own, with the values it last read: they are shown until somebody updates the links.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import openpyxl
from openpyxl.utils.datetime import to_excel

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml.externalLink+xml"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_PART = "xl/externalLinks/externalLink1.xml"


def add_link(workbook: bytes, linked: Path, sheets: Sequence[str]) -> bytes:
    """A workbook of XlsxWriter whose ``[1]`` is another workbook in the same folder.

    Args:
        workbook: the file, with formulas that begin a link with ``[1]``.
        linked: the other workbook.
        sheets: those of its sheets whose values are kept in the file.
    """
    import io

    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as old, zipfile.ZipFile(changed, "w") as new:
        for item in old.infolist():
            _add(new, item.filename, _linked(item.filename, old.read(item).decode("utf-8")))
        _add(new, _PART, _external(linked, sheets))
        _add(
            new,
            "xl/externalLinks/_rels/externalLink1.xml.rels",
            f'{_HEAD}<Relationships xmlns="{_PACKAGE}"><Relationship Id="rId1" Type="{_DOCUMENT}/externalLinkPath" '
            f'Target={quoteattr(linked.name)} TargetMode="External"/></Relationships>',
        )
    return changed.getvalue()


def _add(archive: zipfile.ZipFile, name: str, text: str) -> None:
    # A fixed time: the same plan gives the same bytes.
    entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    archive.writestr(entry, text, zipfile.ZIP_DEFLATED)


def _linked(part: str, text: str) -> str:
    """One part of the file, with what must be said there of the link."""
    if part == "[Content_Types].xml":
        return text.replace("</Types>", f'<Override PartName="/{_PART}" ContentType="{_KIND}"/></Types>')
    if part == "xl/_rels/workbook.xml.rels":
        link = f'<Relationship Id="rIdLink1" Type="{_DOCUMENT}/externalLink" Target="externalLinks/externalLink1.xml"/>'
        return text.replace("</Relationships>", f"{link}</Relationships>")
    if part == "xl/workbook.xml":
        link = '<externalReferences><externalReference r:id="rIdLink1"/></externalReferences>'
        # Without this Excel would calculate everything when it opens the file, before anybody may update the links.
        return text.replace("</sheets>", f"</sheets>{link}").replace(' fullCalcOnLoad="1"', "")
    return text


def _external(linked: Path, sheets: Sequence[str]) -> str:
    """Sheets and names of the other workbook, and the values of some of its sheets."""
    book = openpyxl.load_workbook(linked)
    names = "".join(
        f"<definedName name={quoteattr(name)} refersTo={quoteattr('=' + defined.attr_text)}/>"
        for name, defined in sorted(book.defined_names.items())
    )
    titles = "".join(f"<sheetName val={quoteattr(title)}/>" for title in book.sheetnames)
    data = "".join(
        f'<sheetData sheetId="{number}">{_rows(book[title].iter_rows())}</sheetData>'
        for number, title in enumerate(book.sheetnames)
        if title in sheets
    )
    return (
        f'{_HEAD}<externalLink xmlns="{_MAIN}"><externalBook xmlns:r="{_DOCUMENT}" r:id="rId1">'
        f"<sheetNames>{titles}</sheetNames><definedNames>{names}</definedNames>"
        f"<sheetDataSet>{data}</sheetDataSet></externalBook></externalLink>"
    )


def _rows(rows: Iterable[Sequence[Any]]) -> str:
    found = []
    for row in rows:
        cells = "".join(_cell(cell.coordinate, cell.value) for cell in row if cell.value is not None)
        if cells:
            found.append(f'<row r="{row[0].row}">{cells}</row>')
    return "".join(found)


def _cell(address: str, value: Any) -> str:
    if isinstance(value, str):
        return f'<cell r="{address}" t="str"><v>{escape(value)}</v></cell>'
    number = value if isinstance(value, int | float) else to_excel(value)
    return f'<cell r="{address}"><v>{number!r}</v></cell>'


def area(book: Mapping[str, Any], defined: str) -> list[list[Any]]:
    """Values of a name of a workbook that openpyxl has opened, like ``'Revenue'!$D$7:$V$14``."""
    sheet, _, where = defined.rpartition("!")
    cells = book[sheet.strip("'")][where.replace("$", "")]
    rows = cells if isinstance(cells, tuple) else ((cells,),)
    return [[cell.value for cell in row] for row in rows]
