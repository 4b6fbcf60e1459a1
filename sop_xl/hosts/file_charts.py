"""Charts of a workbook file, kept as they were.

openpyxl reads a chart into objects and writes those back, which loses tick marks, names and the
text for screen readers. A chart that nobody changed is therefore written back byte for byte.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from openpyxl import Workbook
from openpyxl.chart._chart import ChartBase
from openpyxl.drawing.spreadsheet_drawing import SpreadsheetDrawing
from openpyxl.packaging.relationship import get_dependents, get_rels_path
from openpyxl.worksheet.worksheet import Worksheet
from openpyxl.xml.functions import fromstring, tostring

from sop_xl.hosts.calculated_values import part_of_sheet

_FRAME = "{http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing}cNvPr"
_CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}chart"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_GRAPHIC = "{http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing}graphicFrame"


@dataclass(frozen=True)
class KeptChart:
    """A chart as the file held it.

    Attributes:
        xml: the chart's part of the file.
        written: what openpyxl wrote for it right after reading; another text means it was changed.
        name: the chart's name.
        description: text for screen readers.
    """

    xml: bytes
    written: bytes
    name: str | None
    description: str | None


KeptCharts = Mapping[ChartBase, KeptChart]


def kept_charts(archive: zipfile.ZipFile, workbook: Workbook) -> dict[ChartBase, KeptChart]:
    """The charts on the worksheets of a workbook just read, with their own parts of the file."""
    kept: dict[ChartBase, KeptChart] = {}
    for worksheet in workbook.worksheets:
        if worksheet._charts:
            found = _charts_of_sheet(archive, part_of_sheet(archive, worksheet.title))
            # openpyxl skips a chart it cannot read; then nobody knows which is which.
            if len(found) == len(worksheet._charts):
                for chart, (xml, name, description) in zip(worksheet._charts, found, strict=True):
                    # Parts of its own, such as shapes drawn on the chart, are not carried along.
                    if b"r:id=" not in xml:
                        kept[chart] = KeptChart(xml, tostring(chart._write()), name, description)
    return kept


def _charts_of_sheet(archive: zipfile.ZipFile, part: str) -> list[tuple[bytes, str | None, str | None]]:
    found = []
    for relation in get_dependents(archive, get_rels_path(part)).find(SpreadsheetDrawing._rel_type):
        source = archive.read(relation.target)
        labels = _labels(source)
        charts = get_dependents(archive, get_rels_path(relation.target))
        for chart in SpreadsheetDrawing.from_tree(fromstring(source))._chart_rels:
            name, description = labels.get(chart.id, (None, None))
            found.append((archive.read(charts.get(chart.id).target), name, description))
    return found


def _labels(drawing: bytes) -> dict[str, tuple[str | None, str | None]]:
    labels = {}
    for frame in fromstring(drawing).iter(_GRAPHIC):
        named, chart = next(frame.iter(_FRAME), None), next(frame.iter(_CHART), None)
        if named is not None and chart is not None:
            labels[chart.get(_RELATION)] = (named.get("name"), named.get("descr"))
    return labels


class LabelledDrawing(SpreadsheetDrawing):
    """The drawing of a sheet, in which charts keep their names and descriptions."""

    # openpyxl finds the elements to write in the class itself, not in its parents.
    __elements__ = SpreadsheetDrawing.__elements__

    def __init__(self, worksheet: Worksheet, kept: KeptCharts) -> None:
        super().__init__()
        self.charts, self.images = worksheet._charts, worksheet._images
        self._kept = kept

    def _chart_frame(self, idx: int) -> Any:
        frame = super()._chart_frame(idx)
        kept = self._kept.get(self.charts[idx - 1])
        if kept is not None:
            label = frame.nvGraphicFramePr.cNvPr
            label.name, label.descr = kept.name or label.name, kept.description
        return frame


def chart_xml(chart: ChartBase, kept: KeptCharts) -> bytes:
    """What to write for a chart: its own part of the file unless it was changed."""
    written: bytes = tostring(chart._write())
    original = kept.get(chart)
    return original.xml if original is not None and original.written == written else written
