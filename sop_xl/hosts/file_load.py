"""Reading a workbook file whole, and telling what saving it would drop."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

from openpyxl import Workbook, load_workbook
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet.worksheet import Worksheet

from sop_xl.hosts.calculated_values import CalculatedValues
from sop_xl.hosts.errors import HostError
from sop_xl.hosts.file_charts import KeptCharts, kept_charts
from sop_xl.hosts.sheet_extensions import kept_extensions

_PARTS_NOT_KEPT = (
    ("xl/slicer", "slicers"),
    ("xl/timeline", "timelines"),
    ("xl/threadedComments/", "threaded comments (notes stay)"),
    ("xl/queryTables/", "query tables"),
    ("xl/connections.xml", "data connections"),
    ("xl/model/", "the data model"),
    ("xl/richData/", "linked data types and pictures in cells"),
    ("customXml/", "custom XML parts"),
    ("xl/webextensions/", "web add-ins"),
)


@dataclass(frozen=True)
class LoadedFile:
    """A workbook read from a file.

    Attributes:
        workbook: the openpyxl workbook.
        calculated: the values its formulas had in the file.
        losses: what saving would drop, one sentence each.
        charts: its charts as the file held them.
        extensions: the newer features of its sheets that are carried over.
        app_version: version of the program that wrote it, as ``docProps/app.xml`` says; charts are read by it.
    """

    workbook: Workbook
    calculated: CalculatedValues
    losses: tuple[str, ...]
    charts: KeptCharts
    extensions: dict[Worksheet, Any]
    app_version: str


def load_file(path: Path) -> LoadedFile:
    """Read an .xlsx or .xlsm file into memory; the file itself is not kept open.

    Raises:
        HostError: it is damaged or no workbook.
    """
    content = path.read_bytes()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.namelist()
            has_rich_text = any(_has_rich_text(archive, part) for part in parts)
            drawings = [archive.read(p) for p in parts if p.startswith("xl/drawings/drawing")]
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            workbook = load_workbook(
                io.BytesIO(content), keep_vba="xl/vbaProject.bin" in parts, rich_text=has_rich_text
            )
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            charts = kept_charts(archive, workbook)
            extensions, lost = kept_extensions(archive, workbook)
            app_version = _app_version(archive)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, OSError, EOFError) as error:
        raise _damaged(path) from error
    except (ParseError, SyntaxError, TypeError, AttributeError, IndexError) as error:
        raise _damaged(path) from error
    losses = (*_losses(parts, drawings, caught), *(f"Saving drops {what}." for what in lost))
    return LoadedFile(workbook, CalculatedValues(content), losses, charts, extensions, app_version)


def _app_version(archive: zipfile.ZipFile) -> str:
    try:
        found = re.search(rb"<AppVersion>([\d.]+)</AppVersion>", archive.read("docProps/app.xml"))
    except KeyError:
        return ""
    return found.group(1).decode() if found else ""


def _damaged(path: Path) -> HostError:
    return HostError(
        f"The workbook '{path.name}' is damaged and cannot be read.",
        "Open it in Excel, which offers to repair it, or take the latest backup.",
    )


def _has_rich_text(archive: zipfile.ZipFile, part: str) -> bool:
    # Keeping text with mixed formats costs time, so it is asked for only where there is some.
    if part == "xl/sharedStrings.xml" or part.startswith("xl/worksheets/sheet"):
        data = archive.read(part)
        return b"<r><" in data or b"<r>\n" in data
    return False


def _losses(parts: list[str], drawings: list[bytes], caught: list[warnings.WarningMessage]) -> list[str]:
    found = [
        f"Saving drops {what}."
        for prefix, what in _PARTS_NOT_KEPT
        if any(part.startswith(prefix) for part in parts)
    ]
    if any(b"<xdr:sp" in drawing or b"<xdr:grpSp" in drawing for drawing in drawings):
        found.append("Saving drops shapes, text boxes and buttons.")
    if "xl/metadata.xml" in parts:
        found.append("Saving turns dynamic arrays into array formulas of their present size.")
    if "xl/vbaProject.bin" not in parts and any(part.startswith("customUI") for part in parts):
        found.append("Saving drops the workbook's own ribbon.")
    if any(part.startswith("xl/media/") for part in parts) and not _can_keep_pictures():
        found.append("Saving drops pictures, because Pillow is not installed.")
    for message in dict.fromkeys(str(warning.message) for warning in caught):
        # What becomes of extensions was found out above; the rest is worth telling.
        if "extension is not supported" not in message and "default style" not in message:
            found.append(f"Reading reported: {message}")
    return found


def _can_keep_pictures() -> bool:
    return find_spec("PIL") is not None
