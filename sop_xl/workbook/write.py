"""Writing tables: resized to their rows, text kept as text, nothing below them overwritten."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

import numpy as np
import xlwings as xw

from sop_xl.buckets import Bucket, Horizon
from sop_xl.errors import WorkbookError
from sop_xl.workbook import layout
from sop_xl.workbook.read import TablePlace, Workbook, as_date, as_text, matrix
from sop_xl.workbook.spec import Column, Table
from sop_xl.workbook.styles import EARLIER_STYLES, cell_style

Mode = str
MODES = ("replace", "append", "merge")


def plain(value: Any) -> Any:
    """A cell value that no spreadsheet program takes for a formula.

    Text that begins like a formula gets the apostrophe that means "this is text"; it is not part of the text.

    >>> plain("=1+1"), plain("Soup"), plain(2.0)
    ("'=1+1", 'Soup', 2.0)
    """
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "'", "\t", "\r"):
        return "'" + value
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day)
    return value


def or_blank(value: float) -> float | None:
    """A number as a cell holds it: empty where it is not known.

    >>> or_blank(np.nan), or_blank(np.float64(2))
    (None, 2.0)
    """
    return None if np.isnan(value) else float(value)


def bucket_ends(buckets: Iterable[Bucket]) -> list[datetime]:
    """The last days of buckets, as they head columns."""
    return [datetime(bucket.end.year, bucket.end.month, bucket.end.day) for bucket in buckets]


def header_style(horizon: Horizon) -> str:
    """The style of bucket ends: weeks are headed by their last day, months and quarters by their month."""
    return "SOP header day" if horizon.kind == "week" else "SOP header date"


def head_list(
    workbook: Workbook, name: str, labels: Sequence[str], buckets: Iterable[Bucket], horizon: Horizon
) -> xw.Range:
    """Clear a list that is no table, and head it anew: labels, then buckets.

    Args:
        name: of its sheet; its areas have the names ``name_Buckets`` and ``name_Data``.
    Returns:
        The header.
    """
    header = workbook.named(f"{name}_Buckets")
    sheet, row, column = header.sheet, header.row, header.column
    wipe(workbook.named(f"{name}_Data"))
    wipe(header)
    ends = bucket_ends(buckets)
    first, last = column + len(labels), column + len(labels) + len(ends) - 1
    top = sheet.range((row, column), (row, last))
    top.value = [[*labels, *ends]]
    set_style(sheet.range((row, column), (row, first - 1)), "SOP header left")
    set_style(sheet.range((row, first), (row, last)), header_style(horizon))
    workbook.rename(f"{name}_Buckets", top)
    return top


def set_style(rng: xw.Range, name: str) -> None:
    """Give cells a named style, in every host; in a workbook of an earlier day, the one that stood for it then."""
    try:
        rng.api.Style = name
    except Exception:
        earlier = EARLIER_STYLES.get(name)
        if earlier is None:
            raise
        rng.api.Style = earlier


def wipe(rng: xw.Range) -> None:
    """Empty cells and take their look; Excel's Clear would take conditional formats and lists, too."""
    rng.clear_contents()
    set_style(rng, "Normal")


def set_outline(rng: xw.Range, level: int) -> None:
    """Let the rows of the cells be folded (level 2) or not (1), where the host can."""
    rows = getattr(rng.api, "EntireRow", None)
    if rows is not None:
        rows.OutlineLevel = level


def write_table(workbook: Workbook, name: str, rows: Iterable[Sequence[Any]], mode: Mode = "replace") -> int:
    """Fill a table; returns the number of rows it has then.

    Args:
        rows: cells in the table's standard column order.
        mode: ``replace`` all rows; ``append`` to them; ``merge``: rows with the same identity are updated where
            the new row has a value, others are added.

    Columns that a planner added to the table keep their cells for rows with the same identity.
    """
    table, place = layout.TABLES[name], workbook.place(name)
    rows = [list(cells) for cells in rows]
    _refuse_to_lose(table, place, rows)
    owned = [definition for definition in table.columns if definition.header in place.columns]
    first, width = place.table.range.column, place.table.range.shape[1]
    # Replaced rows leave nothing behind unless a planner added columns of their own.
    own_columns = width > len(owned)
    old = _body(place) if mode != "replace" or own_columns else []
    at = {definition.header: place.columns[definition.header] - first for definition in owned}
    new: list[list[Any]] = []
    if mode in ("append", "merge"):
        new = [line for line in old if any(cell not in (None, "") for cell in line)]
    known = {_identity(table, line, at): line for line in old} if table.identity else {}
    for cells in rows:
        line: list[Any] = [None] * width
        for header, value in zip(table.headers, cells, strict=True):
            if header in at:
                line[at[header]] = plain(value)
        before = known.get(_identity(table, line, at)) if table.identity else None
        if before is not None:
            _carry(before, line, set(at.values()) if mode == "replace" else set())
            if mode == "merge":
                before[:] = line
                continue
        new.append(line)
    _put(workbook, table.name, place, new, owned)
    return len(new)


def _refuse_to_lose(table: Table, place: TablePlace, rows: Iterable[Sequence[Any]]) -> None:
    """A column that older workbooks do not have yet may be missing while it would stay empty, or is a result."""
    for i, column in enumerate(table.columns):
        if column.header in place.columns:
            continue
        # What a command says can be said again; what was loaded or typed would be gone.
        if column.later and (column.role == "calc" or all(row[i] in (None, "") for row in rows)):
            continue
        raise WorkbookError(
            f"{table.name} on sheet {place.sheet} has no column {column.header}.",
            "Insert a table column with this header, wherever you like in the table.",
        )


def _body(place: TablePlace) -> list[list[Any]]:
    """All cells of a table as they can be written back: formulas as formulas, text escaped."""
    body = place.table.data_body_range
    if body is None:
        return []
    values = matrix(body)
    formulas: Any = body.formula
    lines = [[formulas]] if isinstance(formulas, str) else formulas
    return [
        [_as_written(value, formula) for value, formula in zip(row, line, strict=True)]
        for row, line in zip(values, lines, strict=True)
    ]


def _as_written(value: Any, formula: Any) -> Any:
    # A text that begins with = is its own "formula"; a formula comes to something else.
    if isinstance(formula, str) and formula.startswith("=") and value != formula:
        return formula
    return plain(value)


def _identity(table: Table, line: Sequence[Any], at: dict[str, int]) -> tuple[str, ...]:
    return tuple((as_text(as_date(line[at[header]])) or "").lower() for header in table.identity)


def _carry(before: Sequence[Any], line: list[Any], owned: set[int]) -> None:
    """Keep what stood in the row where the new one says nothing; in owned columns the new row decides."""
    for i, value in enumerate(before):
        if line[i] is None and i not in owned:
            line[i] = value


def _put(
    workbook: Workbook, name: str, place: TablePlace, lines: list[list[Any]], owned: Sequence[Column]
) -> None:
    sheet = workbook.book.sheets[place.sheet]
    whole = place.table.range
    top, left, width = whole.row, whole.column, whole.shape[1]
    totals = 1 if place.table.show_totals else 0
    height, before = max(len(lines), 1), max(whole.shape[0] - 1 - totals, 1)
    if height > before:
        first = top + before + totals + 1
        _refuse_to_overwrite(sheet, name, first, left, top + height + totals, left + width - 1)
    if height != before:
        # Growing first: a totals row moves down before the new rows take its place.
        place.table.resize(sheet.range((top, left), (top + height + totals, left + width - 1)))
    body = sheet.range((top + 1, left), (top + height, left + width - 1))
    body.value = lines or [[None] * width]
    if height < before:
        first = top + height + totals + 1
        wipe(sheet.range((first, left), (top + before + totals, left + width - 1)))
    for definition in owned:
        column = place.columns[definition.header]
        set_style(sheet.range((top + 1, column), (top + height, column)), cell_style(definition))
    workbook.forget_places()


def _refuse_to_overwrite(sheet: xw.Sheet, name: str, top: int, left: int, bottom: int, right: int) -> None:
    """Cells below a table belong to somebody; a growing table does not run over them."""
    used = sheet.used_range
    bottom = min(bottom, used.row + used.shape[0] - 1)
    if bottom < top:
        return
    for number, row in enumerate(matrix(sheet.range((top, left), (bottom, right))), start=top):
        if any(cell not in (None, "") for cell in row):
            raise WorkbookError(
                f"{name} on sheet {sheet.name} must grow, but row {number} below it is not empty.",
                "Move what stands there to another place.",
            )
