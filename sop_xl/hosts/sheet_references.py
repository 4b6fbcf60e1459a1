"""References to a sheet, wherever a workbook keeps them, after it was renamed or deleted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from openpyxl import Workbook
from openpyxl.worksheet.formula import ArrayFormula
from openpyxl.worksheet.worksheet import Worksheet

from sop_xl.hosts.formula_text import with_sheet_renamed


def follow_sheet_name(workbook: Workbook, old: str, new: str | None) -> None:
    """Let formulas, names, validations, conditional formats, tables and charts follow a sheet's name.

    Args:
        workbook: the openpyxl workbook, in which the sheet already has its new name or is gone.
        old: its name so far.
        new: its name from now on; None turns references into ``#REF!``.
    """
    for name in workbook.defined_names.values():
        _follow(name, "attr_text", old, new)
    for worksheet in workbook.worksheets:
        _follow_in_cells(worksheet, old, new)
        for name in worksheet.defined_names.values():
            _follow(name, "attr_text", old, new)
        for validation in worksheet.data_validations.dataValidation:
            _follow(validation, "formula1", old, new)
            _follow(validation, "formula2", old, new)
        for conditional in worksheet.conditional_formatting:
            for rule in conditional.rules:
                rule.formula = [with_sheet_renamed(text, old, new) for text in rule.formula]
        for table in worksheet.tables.values():
            for column in table.tableColumns:
                _follow(column.calculatedColumnFormula, "attr_text", old, new)
                _follow(column.totalsRowFormula, "attr_text", old, new)
    for sheet in workbook._sheets:
        for chart in getattr(sheet, "_charts", ()):
            for reference in _chart_references(chart):
                _follow(reference, "f", old, new)


def _follow(holder: Any, field: str, old: str, new: str | None) -> None:
    text = getattr(holder, field, None)
    if isinstance(text, str):
        changed = with_sheet_renamed(text, old, new)
        if changed != text:
            setattr(holder, field, changed)


def _follow_in_cells(worksheet: Worksheet, old: str, new: str | None) -> None:
    for cell in worksheet._cells.values():
        if cell.data_type != "f":
            continue
        if isinstance(cell._value, str):
            cell._value = with_sheet_renamed(cell._value, old, new)
        elif isinstance(cell._value, ArrayFormula):
            _follow(cell._value, "text", old, new)


def _chart_references(chart: Any) -> Iterator[Any]:
    for part in getattr(chart, "_charts", [chart]):
        for series in getattr(part, "ser", ()):
            for field in ("tx", "cat", "val", "xVal", "yVal", "bubbleSize"):
                source = getattr(series, field, None)
                for kind in ("strRef", "numRef", "multiLvlStrRef"):
                    reference = getattr(source, kind, None)
                    if reference is not None:
                        yield reference
