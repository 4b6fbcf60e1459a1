"""One call of a function for Calc: its cells in, plain values out."""

from __future__ import annotations

import datetime as dt
from typing import Any

from udfs.cells import CellError
from udfs.registry import call

_EPOCH = dt.datetime(1899, 12, 30)


def evaluate(name: str, arguments: list[Any]) -> Any:
    """Run a function on cells as Calc hands them over.

    Args:
        name: of the function.
        arguments: numbers, texts, None where left out, rows of cells; empty cells are empty text.
    Returns:
        A cell or rows of cells: numbers (dates as serial numbers), texts, True or False, None for an empty
        cell, and ``{"error": "#NUM!"}``.

    >>> evaluate("SOP_WMAPE", [[[100.0, 80.0]], [[90.0, 90.0]]])
    0.1111111111111111
    >>> evaluate("SOP_WMAPE", [[["much"]], [[90.0]]])["error"]
    '#VALUE!'
    """
    result = call(name, [list(map(list, a)) if isinstance(a, tuple) else a for a in arguments])
    if isinstance(result, list):
        return [[_plain(cell) for cell in row] for row in result]
    return _plain(result)


def _plain(cell: Any) -> Any:
    if isinstance(cell, CellError):
        return {"error": cell.value, "reason": cell.reason}
    if isinstance(cell, dt.datetime):
        return (cell.replace(tzinfo=None) - _EPOCH) / dt.timedelta(days=1)
    if isinstance(cell, dt.date):
        return float((cell - _EPOCH.date()).days)
    return cell
