"""Reading a pack back from its file."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
from pptx import Presentation
from pptx.oxml.ns import qn
from pptx.util import Emu


@dataclass(frozen=True)
class ReadChart:
    """A chart as its file has it: categories and series, by name."""

    heading: str
    categories: list[str]
    series: dict[str, list[float | None]]


def slides_of(file: Path | bytes) -> list[Any]:
    """The slides of a pack."""
    deck = Presentation(io.BytesIO(file) if isinstance(file, bytes) else str(file))
    return list(deck.slides)


def title_of(slide: Any) -> str:
    return str(slide.shapes.title.text_frame.text)


def texts(slide: Any) -> str:
    """Everything written on a slide, tables included."""
    found = [shape.text_frame.text for shape in slide.shapes if shape.has_text_frame]
    found += [cell for rows in tables(slide) for row in rows for cell in row]
    return "\n".join(found)


def tables(slide: Any) -> list[list[list[str]]]:
    """Tables as rows of text."""
    return [
        [[cell.text_frame.text for cell in row.cells] for row in shape.table.rows]
        for shape in slide.shapes
        if shape.has_table
    ]


def charts(slide: Any) -> list[ReadChart]:
    """Charts from the workbook embedded in each: what PowerPoint opens to edit it."""
    found = []
    for shape in slide.shapes:
        if not shape.has_chart:
            continue
        book = openpyxl.load_workbook(io.BytesIO(shape.chart.part.chart_workbook.xlsx_part.blob))
        rows = [list(row) for row in book.active.iter_rows(values_only=True)]
        names = [str(name) for name in rows[0][1:]]
        columns = [[row[i] for row in rows[1:]] for i in range(len(rows[0]))]
        found.append(
            ReadChart(shape.name, [str(c) for c in columns[0]], dict(zip(names, columns[1:], strict=True)))
        )
    return found


def drawn(slide: Any) -> list[dict[str, list[float | None]]]:
    """Charts as they are drawn, from the numbers kept beside the references."""
    found = []
    for shape in slide.shapes:
        if shape.has_chart:
            series = [series for plot in shape.chart.plots for series in plot.series]
            found.append({one.name: [None if v is None else float(v) for v in one.values] for one in series})
    return found


def sizes(slide: Any) -> Iterator[tuple[float, str]]:
    """Every size of letters on a slide, in points, charts included, with where it stands."""
    for element in slide._element.iter(qn("a:rPr"), qn("a:defRPr"), qn("a:endParaRPr")):
        if element.get("sz"):
            yield int(element.get("sz")) / 100, "text"
    for shape in slide.shapes:
        if shape.has_chart:
            for element in shape.chart._chartSpace.iter(qn("a:defRPr"), qn("a:rPr")):
                if element.get("sz"):
                    yield int(element.get("sz")) / 100, shape.name


def boxes(slide: Any) -> Iterator[tuple[str, float, float, float, float]]:
    """Name, left, top, right and bottom of every shape, in inches; tables by the heights of their rows."""
    for shape in slide.shapes:
        height = sum(row.height for row in shape.table.rows) if shape.has_table else shape.height
        edges = (shape.left, shape.top, shape.left + shape.width, shape.top + height)
        yield (shape.name, *(Emu(edge).inches for edge in edges))
