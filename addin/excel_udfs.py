"""The SOP_ functions as xlwings' UDF server imports them.

Every function of the registry becomes a function of this module, decorated for xlwings when it is imported on
Windows. Cells arrive as the wrapper in VBA sent them: numbers, texts, TRUE/FALSE, nothing, or the numbers that
stand for error values. An error goes back as text that the wrapper turns into an error value of Excel.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import xlwings as xw

from udfs import registry
from udfs.cells import CellError

#: Begins and divides a refusal on its way to VBA: mark, error value, mark, reason.
MARK = "\x01"

# Rows of cells, and error values by their names: what the registry understands.
_READ = {"ndim": 2, "err_to_str": True}


def bind(entry: registry.Function) -> Callable[..., Any]:
    """A function of the registry as xlwings registers one."""

    def bound(*given: Any) -> list[list[Any]]:
        return marked(registry.call(entry.name, given))

    bound.__name__ = bound.__qualname__ = entry.name
    bound.__doc__ = entry.summary
    bound.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [_parameter(argument) for argument in entry.arguments]
    )
    decorated: Callable[..., Any] = bound
    for argument in entry.arguments:
        decorated = xw.arg(argument.name, doc=argument.help, **_READ)(decorated)
    # Last, because each xw.arg puts the category back to that of xlwings.
    decorated = xw.func(category=f"S&OP {entry.category}")(decorated)
    return decorated


def marked(result: object) -> list[list[Any]]:
    """A result as rows, with marked text for errors."""
    rows = result if isinstance(result, list) else [[result]]
    return [[_marked(cell) for cell in row] for row in rows]


def _marked(cell: object) -> object:
    if type(cell) is float:
        return cell
    if isinstance(cell, CellError):
        return f"{MARK}{cell.value}{MARK}{cell.reason}"
    if isinstance(cell, str):
        # A text of the user's own must not pass for a refusal.
        return cell.lstrip(MARK)
    return cell


def _parameter(argument: registry.Argument) -> inspect.Parameter:
    if argument.repeated:
        return inspect.Parameter(argument.name, inspect.Parameter.VAR_POSITIONAL)
    default = inspect.Parameter.empty if argument.required else None
    return inspect.Parameter(argument.name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=default)


globals().update({entry.name: bind(entry) for entry in registry.functions()})
