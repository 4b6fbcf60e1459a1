"""What XlsxWriter leaves out of a file: named cell styles, and that lines are straight.

Excel shows named styles in its gallery and lets a macro apply them; so do the other hosts. The styles part is
rewritten: each format that carries one of our looks becomes an instance of the named style.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from xml.etree import ElementTree

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_FIXED_TIME = (1980, 1, 1, 0, 0, 0)


def completed(file: bytes, styles: Mapping[str, int]) -> bytes:
    """The same workbook with named styles and straight lines in charts.

    Args:
        file: a workbook as bytes.
        styles: name of each style -> index of the cell format that has its look.
    """
    source = zipfile.ZipFile(io.BytesIO(file))
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry in source.infolist():
            data = source.read(entry.filename)
            if entry.filename == "xl/styles.xml":
                data = _with_names(data, styles)
            elif entry.filename.startswith("xl/charts/chart"):
                data = _with_straight_lines(data)
            info = zipfile.ZipInfo(entry.filename, _FIXED_TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o600 << 16
            archive.writestr(info, data)
    return target.getvalue()


def _with_straight_lines(chart_part: bytes) -> bytes:
    """Say of every line that it is not smoothed; LibreOffice smooths where nothing is said."""

    def straight(lines: re.Match[bytes]) -> bytes:
        return lines.group().replace(b"</c:val></c:ser>", b'</c:val><c:smooth val="0"/></c:ser>')

    return re.sub(rb"<c:lineChart>.*?</c:lineChart>", straight, chart_part, flags=re.DOTALL)


def _with_names(styles_part: bytes, styles: Mapping[str, int]) -> bytes:
    ElementTree.register_namespace("", _MAIN)
    root = ElementTree.fromstring(styles_part)

    def child(tag: str) -> ElementTree.Element:
        found = root.find(f"{{{_MAIN}}}{tag}")
        assert found is not None, tag
        return found

    formats, bases, cell_styles = child("cellXfs"), child("cellStyleXfs"), child("cellStyles")
    for name, index in styles.items():
        own = formats[index]
        base = ElementTree.SubElement(bases, own.tag, {k: v for k, v in own.attrib.items() if k != "xfId"})
        base.extend(list(own))
        number = str(len(bases) - 1)
        own.set("xfId", number)
        ElementTree.SubElement(cell_styles, f"{{{_MAIN}}}cellStyle", {"name": name, "xfId": number})
    bases.set("count", str(len(bases)))
    cell_styles.set("count", str(len(cell_styles)))
    return b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n' + ElementTree.tostring(root)
