"""The catalogue of SOP_ functions, and `call`: the one path by which every host runs them.

A function is described once, where it is written, with the decorator `function`. Hosts, help, command line
and reference pages read that description. Nothing here needs a spreadsheet program.
"""

from __future__ import annotations

import difflib
import functools
import importlib
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from sop_xl.errors import ArgumentError, SopError
from udfs import cells, convert
from udfs.answers import Answers
from udfs.cells import CellError, Cells
from udfs.convert import Empty

__all__ = [
    "CATEGORIES",
    "Argument",
    "CellError",
    "Example",
    "Function",
    "call",
    "function",
    "functions",
    "lookup",
]

log = logging.getLogger("sop_xl.functions")

CATEGORIES = ("Demand", "Supply", "Capacity", "KPIs", "Finance", "Help")
_MODULES = (
    "udfs.demand",
    "udfs.mix",
    "udfs.supply",
    "udfs.aggregate",
    "udfs.capacity",
    "udfs.accuracy",
    "udfs.kpi",
    "udfs.finance",
    "udfs.plan",
    "udfs.explain",
)

Kind = Literal[
    "series",  # numbers, one series per row, or one series down a column
    "matrix",  # numbers, rows and columns as they are
    "numbers",  # one number or a range of them
    "vector",  # one number, or one row or column of them
    "number",
    "integer",
    "word",
    "text",  # one text; numbers and dates are taken as text
    "names",
    "texts",  # rows and columns of texts, empty ones included
    "flags",  # numbers or TRUE/FALSE
    "date",
    "dates",
    "cell",  # one cell of any content, an error included
    "settings",  # rows of a name and its value, or values per bucket
]
Result = Literal["number", "series", "range", "table"]


@dataclass(frozen=True)
class Argument:
    """One argument: how it is read and what its help says.

    empty: what an empty cell in its range means. ``required`` arguments may still be empty cells where
    ``empty`` gives them a meaning; an omitted optional one takes ``default``, which None leaves to the
    function. ``repeated`` marks a last argument that may come several times. ``settings``: for an argument of
    that kind, the names it knows, each with what it means.
    """

    name: str
    kind: Kind
    help: str
    required: bool = True
    default: object = None
    empty: Empty = "refused"
    words: tuple[str, ...] = ()
    repeated: bool = False
    settings: tuple[tuple[str, str], ...] = ()

    @property
    def label(self) -> str:
        """The argument as a signature shows it: ``demand``, ``[season=12]``, ``override, …``."""
        shown = self.name
        if not self.required:
            shown = f"[{shown}]" if self.default is None else f"[{shown}={_literal(self.default)}]"
        return f"{shown}, …" if self.repeated else shown


@dataclass(frozen=True)
class Example:
    """Arguments and the result they give; tested."""

    arguments: tuple[object, ...]
    result: object


@dataclass(frozen=True)
class Function:
    """One SOP_ function.

    shape: what comes back: a number, series in the orientation of the input, a range, or a table with a
    header row. ``undefined``: the reason of a cell that has no value; blank where such a cell stays empty.
    errors: pairs of an error value and when it appears. ``pure``: equal arguments always give the equal
    result, so that it may be remembered; a function that reads anything else is not.
    """

    name: str
    category: str
    summary: str
    arguments: tuple[Argument, ...]
    result: str
    shape: Result
    example: Example
    errors: tuple[tuple[str, str], ...]
    undefined: str
    body: Callable[..., object] = field(repr=False)
    pure: bool = True

    @property
    def signature(self) -> str:
        """``SOP_NAME(required, [optional=default])``."""
        return f"{self.name}({', '.join(argument.label for argument in self.arguments)})"

    @property
    def command(self) -> str:
        """The example as a command line."""
        return " ".join(
            ["sop-xl", "call", self.name, *(f"'{json.dumps(a)}'" for a in self.example.arguments)]
        )


_functions: dict[str, Function] = {}
_answers = Answers()


def function(
    name: str,
    *,
    category: str,
    summary: str,
    arguments: Sequence[Argument],
    result: str,
    shape: Result,
    example: Example,
    errors: Sequence[tuple[str, str]] = (),
    undefined: str = "The value is not defined for this data.",
    pure: bool = True,
) -> Callable[[Callable[..., object]], Callable[..., object]]:
    """Register the decorated body under ``name``; see `Function` and `Argument` for the parts."""

    def register(body: Callable[..., object]) -> Callable[..., object]:
        if name in _functions or category not in CATEGORIES:
            raise ValueError(f"{name} is registered twice or under an unknown category")
        _functions[name] = Function(
            name=name,
            category=category,
            summary=summary,
            arguments=tuple(arguments),
            result=result,
            shape=shape,
            example=example,
            errors=tuple(errors),
            undefined=undefined,
            body=body,
            pure=pure,
        )
        return body

    return register


@functools.cache
def _load() -> None:
    for module in _MODULES:
        importlib.import_module(module)


def functions() -> list[Function]:
    """All functions, by category in the order of the process, then as written."""
    _load()
    return sorted(_functions.values(), key=lambda entry: CATEGORIES.index(entry.category))


def lookup(name: str) -> Function | None:
    """The function of that name, whatever its capitals; None if there is none."""
    _load()
    return _functions.get(name.strip().upper()) if isinstance(name, str) else None


def call(name: str, arguments: Sequence[object]) -> Cells:
    """Run a function on cells.

    Args:
        name: as registered, in any capitals.
        arguments: one per argument, each a cell or rows of cells; omitted ones are None or left off.
    Returns:
        A cell, or rows of cells. A failure is returned as a `CellError`; nothing is ever raised.

    >>> call("SOP_PROJECTED_INVENTORY", [100, [[50, 50]], [[60, 120]]])
    [[90.0, 20.0]]
    >>> call("SOP_PROJECTED_INVENTORY", [100, [["much"]], [[60]]]).value
    '#VALUE!'
    """
    try:
        entry = lookup(name)
        if entry is None:
            return CellError("#NAME?", _unknown(name))
        if entry.pure:
            return _answers.get(entry.name, arguments, lambda: _answer(entry, arguments))
        return _answer(entry, arguments)
    except Exception as failure:
        # A host must never see a traceback; the log keeps it for whoever mends this.
        log.exception("%s failed", name)
        return CellError("#VALUE!", f"{name} failed unexpectedly: {type(failure).__name__}: {failure}"[:500])


def _answer(entry: Function, arguments: Sequence[object]) -> Cells:
    """The result or the refusal; anything else that is raised is a fault of ours."""
    try:
        values, column = _read(entry, arguments)
        with np.errstate(all="ignore"):
            result = entry.body(*values)
            if column and entry.shape == "series" and isinstance(result, np.ndarray):
                result = result.T
            return cells.to_cells(result, entry.undefined)
    except SopError as refusal:
        return CellError(refusal.excel_error, str(refusal))


def _unknown(name: object) -> str:
    near = difflib.get_close_matches(str(name).upper(), _functions, n=1)
    hint = f"Did you mean {near[0]}?" if near else "`sop-xl functions` lists them."
    return f"There is no function {str(name)[:60]}. {hint}"


def _read(entry: Function, arguments: Sequence[object]) -> tuple[list[Any], bool]:
    given = list(arguments)
    declared = list(entry.arguments)
    if declared and declared[-1].repeated:
        declared += [declared[-1]] * (len(given) - len(declared))
    while len(given) > len(declared) and cells.is_empty(given[-1]):
        given.pop()
    if len(given) > len(declared):
        raise ArgumentError(
            f"{entry.name} takes at most {len(declared)} arguments and got {len(given)}.",
            f"Use {entry.signature}.",
        )
    values: list[Any] = []
    column: bool | None = None
    for position, argument in enumerate(declared):
        missing = position >= len(given)
        if missing and argument.required:
            raise ArgumentError(f"The argument {argument.name} is missing.", f"Use {entry.signature}.")
        if not argument.required and (missing or cells.is_empty(given[position])):
            values.append(argument.default)
            continue
        value, standing = _value(argument, given[position])
        if column is None and standing is not None:
            column = standing
        values.append(value)
    return values, bool(column)


def _value(argument: Argument, value: object) -> tuple[Any, bool | None]:
    """The converted value, and for a series of several buckets whether it stands in a column."""
    name, empty = argument.name, argument.empty
    match argument.kind:
        case "series":
            array, column = convert.series(value, name, empty)
            return array, column if array.size > 1 else None
        case "matrix":
            return convert.matrix(value, name, empty), None
        case "numbers":
            return convert.numbers(value, name, empty), None
        case "vector":
            return convert.vector(value, name, empty), None
        case "number":
            return convert.number(value, name), None
        case "integer":
            return convert.integer(value, name), None
        case "word":
            return convert.word(value, name, argument.words), None
        case "text":
            return convert.text(value, name), None
        case "names":
            return convert.names(value, name), None
        case "texts":
            return convert.texts(value, name), None
        case "flags":
            return convert.matrix(value, name, empty, flags=True), None
        case "date":
            return convert.date(value, name), None
        case "dates":
            return convert.dates(value, name, empty), None
        case "cell":
            return convert.single(value, name), None
        case "settings":
            return convert.settings(value, name), None


def _literal(value: object) -> str:
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, tuple):
        return "{" + ",".join(f"{part:g}" for part in value) + "}"
    return f"{value:g}" if isinstance(value, int | float) else str(value)
