"""Build SOP.xlam from its text sources: the same bytes on every system.

``python -m addin.build`` writes ``addin/SOP.xlam``; with ``--check`` it compares and fails on a difference.
"""

from __future__ import annotations

import io
import sys
import tempfile
import zipfile
from pathlib import Path

from pyopenvba import ExcelFile

from addin.ribbon import ribbon_xml
from addin.vba_modules import Module, modules
from sop_xl import __version__

ADDIN_NAME = "SOP.xlam"
ADDIN_PATH = Path(__file__).with_name(ADDIN_NAME)
RIBBON_PART = "customUI/customUI14.xml"

_RIBBON_LINK = (
    '<Relationship Id="rIdRibbon" Type="http://schemas.microsoft.com/office/2007/relationships/ui/extensibility" '
    f'Target="{RIBBON_PART}"/>'
)
_PROPERTIES = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
    "<dc:title>S&amp;OP</dc:title><dc:creator>sop_xl</dc:creator>"
    f"<dc:description>Sales and operations planning, version {__version__}</dc:description>"
    '<dcterms:created xsi:type="dcterms:W3CDTF">2026-01-01T00:00:00Z</dcterms:created>'
    "</cp:coreProperties>"
)


def addin() -> bytes:
    """The add-in as a file."""
    parts = _with_macros(modules())
    parts[RIBBON_PART] = ribbon_xml()
    parts["docProps/core.xml"] = _PROPERTIES.encode()
    parts["_rels/.rels"] = _inserted(parts["_rels/.rels"], "</Relationships>", _RIBBON_LINK)
    return _packed(parts)


def _with_macros(wanted: list[Module]) -> dict[str, bytes]:
    """The parts of an empty add-in that holds these modules and no other."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / ADDIN_NAME
        with ExcelFile.create_new(str(path)) as book:
            project = book.vba_project()
            for name in book.module_names():
                if name not in ("ThisWorkbook", "Sheet1"):
                    project.delete_module(name)
            for module in wanted:
                source = module.source.replace("\n", "\r\n")
                if module.document:
                    book.set_module(module.name, source)
                else:
                    project.add_module(module.name, source)
            book.save()
        with zipfile.ZipFile(path) as package:
            return {name: package.read(name) for name in package.namelist()}


def _inserted(part: bytes, before: str, text: str) -> bytes:
    return part.decode().replace(before, text + before).encode()


def _packed(parts: dict[str, bytes]) -> bytes:
    """A package of bytes that depend on nothing but its parts: no times, and no compression, which differs
    from one zlib to the next."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as package:
        for name in sorted(parts, key=lambda name: (name != "[Content_Types].xml", name)):
            entry = zipfile.ZipInfo(name)
            entry.create_system = 0
            package.writestr(entry, parts[name])
    return packed.getvalue()


def main(arguments: list[str]) -> int:
    """Write or compare the add-in; returns the exit code."""
    built = addin()
    if ADDIN_PATH.exists() and ADDIN_PATH.read_bytes() == built:
        return 0
    if "--check" in arguments:
        print("addin/SOP.xlam is stale: run `python3 dev.py build`")
        return 1
    ADDIN_PATH.write_bytes(built)
    print("wrote addin/SOP.xlam")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
