"""`sop-xl call` and `sop-xl functions`: the registry from a command line, in strict JSON."""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from udfs import reference, registry
from udfs.cells import CellError

CALL_USAGE = "usage: sop-xl call NAME ARG…   (each ARG one JSON value, or @file.json)"


def call_command(args: Sequence[str]) -> int:
    """Run one function: ``NAME ARG…``, each ARG one JSON value or ``@file.json``.

    Prints the result as JSON on one line and returns 0, or the error value and its reason on the error
    stream and returns 1. Without a name, prints the usage and returns 2.
    """
    if not args:
        print(CALL_USAGE, file=sys.stderr)
        return 2
    name, *texts = args
    values: list[object] = []
    for position, text in enumerate(texts, start=1):
        value = _json_value(text, position)
        if isinstance(value, CellError):
            return _refuse(value)
        values.append(value)
    result = registry.call(name, values)
    if isinstance(result, CellError):
        return _refuse(result)
    print(json.dumps(result, allow_nan=False, default=_plain))
    return 0


def functions_command(args: Sequence[str]) -> int:
    """List the functions, or with a name show the help of one. Returns 1 for an unknown name."""
    if not args:
        for category, group in reference.by_category():
            print(category)
            for listed in group:
                print(f"  {listed.name:<28}{listed.summary}")
        return 0
    status = 0
    for name in args:
        entry = registry.lookup(name)
        if entry is None:
            status = _refuse(
                CellError("#NAME?", f"There is no function {name}. `sop-xl functions` lists them.")
            )
        else:
            print(reference.help_text(entry))
    return status


def _json_value(text: str, position: int) -> object:
    source = f"Argument {position}"
    if text.startswith("@"):
        source = f"Argument {position}, file {text[1:]},"
        try:
            text = Path(text[1:]).read_text(encoding="utf-8-sig")
        except (OSError, ValueError) as failure:
            reason = getattr(failure, "strerror", None) or "not UTF-8 text"
            return CellError("#VALUE!", f"{source} cannot be read: {reason}.")
    try:
        return json.loads(text, parse_constant=_no_constant)
    except RecursionError:
        return CellError("#VALUE!", f"{source} is nested too deeply. Give a list of rows.")
    except ValueError:
        return CellError(
            "#VALUE!",
            f"{source} is not one JSON value: {text.strip()[:40]}. "
            'Write a number, "text" in double quotes, null, or rows such as [[1,2],[3,4]].',
        )


def _no_constant(word: str) -> object:
    raise ValueError(word)


def _plain(cell: object) -> object:
    """A date as ISO text; a cell without a value, whose error JSON cannot hold, as null."""
    if isinstance(cell, dt.date):
        return cell.isoformat()
    if isinstance(cell, CellError):
        return None
    raise TypeError(f"{type(cell).__name__} in a result")


def _refuse(error: CellError) -> int:
    text = " ".join(str(error).split())
    print(
        text.encode(sys.stderr.encoding or "utf-8", "replace").decode(sys.stderr.encoding or "utf-8"),
        file=sys.stderr,
    )
    return 1
