"""The reference page of the workbook, from its layout."""

from __future__ import annotations

from sop_xl.kpis.catalogue import MEASURES
from sop_xl.workbook import layout
from sop_xl.workbook.spec import Column, Row, Sheet


def workbook_markdown() -> str:
    """Every sheet, table, column and planning row as Markdown."""
    parts = [
        "# The workbook\n",
        f"Generated from `sop_xl/workbook/layout.py`, layout version {layout.LAYOUT_VERSION}. Do not edit.\n",
        "Sheets stand in the order of the process. Tables and named cells are found by name, columns by header, "
        "planning rows by label and buckets by date; everything else may be moved, and rows and columns inserted.\n",
    ]
    for sheet in layout.SHEETS:
        parts.append(_sheet(sheet))
    parts += [_measures(), OTHER_PROGRAMS]
    return "\n".join(parts)


OTHER_PROGRAMS = """## Other programs that save the workbook

The commands of this project save everything that stands in the file, what they do not know included; what cannot be
kept is told before. A script that opens and saves it with plain openpyxl keeps tables, names, validations, conditional
formats, charts, notes, links, named styles, the look of every cell, widths, folds, frozen panes, the print set-up and
sheet protection
(`tests/workbook/test_round_trip.py` lists and compares them). It loses:

- the numbers beside formulas: programs that do not calculate see empty cells until Excel or LibreOffice has saved it;
- of charts the numbers kept in them, which are drawn anew on opening; how transparent areas are, and that lines above
  areas stand on the same axes.

Sparklines and formats that only later versions of Excel know would be lost, too: the workbook has none. LibreOffice
loses table styles when it saves as .xlsx.
"""


def _measures() -> str:
    better = {
        "high": "high",
        "low": "low",
        "within": "within the target either way",
        "near": "near the target",
    }
    lines = [
        "## Measures\n",
        "What KPIs shows, in its order. A value that is not defined is empty, with the reason.\n",
    ]
    lines += ["| measure | unit | usual target | good is | definition |", "|---|---|---|---|---|"]
    for measure in MEASURES:
        target = "" if measure.target is None else f"{measure.target:g}"
        text = measure.definition.replace("|", "\\|")
        lines.append(f"| {measure.label} | {measure.unit} | {target} | {better[measure.better]} | {text} |")
    return "\n".join([*lines, ""])


def _sheet(sheet: Sheet) -> str:
    lines = [f"## {sheet.name}\n", f"{sheet.purpose} *{sheet.who}*\n"]
    lines.append(f"![{sheet.name} of the sample company](images/{sheet.name.lower()}.png)\n")
    if sheet.fields:
        lines += ["| named cell | label | meaning |", "|---|---|---|"]
        lines += [f"| `{field.name}` | {field.label} | {field.help} |" for field in sheet.fields]
        lines.append("")
    for table in sheet.tables:
        lines += [f"### {table.name}: {table.title}\n", f"{table.help}\n"]
        lines += ["| column | kind | unit | meaning |", "|---|---|---|---|"]
        lines += [_column(column) for column in table.columns]
        if table.identity:
            lines.append(f"\nA row is identified by {', '.join(table.identity)}.")
        lines.append("")
    if sheet.view:
        lines += ["| row | cells | quarters and years | meaning |", "|---|---|---|---|"]
        lines += [_row(row) for row in sheet.view.rows]
        lines.append("")
    return "\n".join(lines)


def _column(column: Column) -> str:
    kind = f"one of {', '.join(column.choices)}" if column.choices else column.kind
    required = " (required)" if column.required else ""
    return f"| {column.header} | {kind}{required} | {column.unit} | {column.help} |"


def _row(row: Row) -> str:
    how = {"flow": "sum", "stock": "last bucket", "ratio": "calculated again", "none": "empty"}[row.aggregate]
    make = f" ({row.make})" if row.make else ""
    return f"| {row.label}{make} | {row.role} | {how} | {row.help} |"
