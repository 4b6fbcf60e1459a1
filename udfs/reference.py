"""Reference text generated from the registry: the documentation page, the help sheet, command-line help."""

from __future__ import annotations

import json
from itertools import groupby

from udfs.cells import MAX_BUCKETS, MAX_SERIES
from udfs.registry import Argument, Function, functions

HELP_HEADER = ("Category", "Function", "What it gives", "Arguments", "Result", "Errors")

_INTRODUCTION = f"""# Functions

Generated from the function registry; do not edit.

Every function gives the same result in Excel, in LibreOffice Calc and on the command line.

- A **series** stands in a row, buckets from left to right; a single column is one series from top to bottom,
  and so is its result. A single cell may be given for a range.
- An **empty cell** means what the argument says. An omitted or empty optional argument is the default.
- A **date** is a date cell, its serial number, or on the command line `"2026-01-31"`.
- **Words** may be written in any capitals. **Ratios** are fractions: 0.88, not 88.
- **Errors** are a spreadsheet's own: `#VALUE!` an argument is not what it must be, `#NUM!` the question has
  no answer, `#N/A` the answer is not defined for this data. The reason names argument, row and column.
- **Limits**: {MAX_SERIES:,} series × {MAX_BUCKETS} buckets in one call.
"""


def by_category() -> list[tuple[str, list[Function]]]:
    """The functions grouped by category, in the order of the process."""
    return [(category, list(group)) for category, group in groupby(functions(), lambda entry: entry.category)]


def reference_markdown() -> str:
    """The documentation page of all functions.

    >>> "### SOP_LEVEL_PLAN" in reference_markdown()
    True
    """
    parts = [_INTRODUCTION]
    for category, entries in by_category():
        parts.append(f"\n## {category}\n")
        parts += [_section(entry) for entry in entries]
    return "".join(parts)


def help_rows() -> list[tuple[str, ...]]:
    """The help sheet: a header, then one row of text per function."""
    rows: list[tuple[str, ...]] = [HELP_HEADER]
    for entry in functions():
        lines = []
        for argument in entry.arguments:
            lines.append(f"{argument.name}: {_explained(argument)}")
            lines += [f"- {name}: {meaning}" for name, meaning in argument.settings]
        arguments = "\n".join(lines)
        errors = "\n".join(f"{value} {when}" for value, when in entry.errors)
        rows.append((entry.category, entry.signature, entry.summary, arguments, entry.result, errors))
    return rows


def help_text(entry: Function) -> str:
    """The help of one function for a terminal."""
    width = max(len(argument.label) for argument in entry.arguments) + 2
    lines = [entry.signature, "", f"  {entry.summary}", "", "Arguments"]
    lines += [f"  {argument.label:<{width}}{_explained(argument)}" for argument in entry.arguments]
    for argument in entry.arguments:
        if argument.settings:
            width = max(len(name) for name, _ in argument.settings) + 2
            lines += ["", argument.name.capitalize()]
            lines += [f"  {name:<{width}}{meaning}" for name, meaning in argument.settings]
    lines += ["", "Result", f"  {entry.result}", "", "Errors"]
    lines += [f"  {value:<9}{when}" for value, when in entry.errors]
    lines += ["", "Example", f"  {entry.command}", f"  {json.dumps(entry.example.result)}"]
    return "\n".join(lines)


def _section(entry: Function) -> str:
    arguments = "\n".join(
        f"| `{argument.label}` | {_explained(argument).replace('|', chr(92) + '|')} |"
        for argument in entry.arguments
    )
    for argument in entry.arguments:
        if argument.settings:
            known = "\n".join(f"| `{name}` | {meaning} |" for name, meaning in argument.settings)
            arguments += f"\n\n| {argument.name} | meaning |\n|---|---|\n{known}"
    errors = "\n".join(f"- `{value}` {when}" for value, when in entry.errors)
    return f"""
### {entry.name}

`{entry.signature}`

{entry.summary.replace("|", chr(92) + "|")}

| argument | meaning |
|---|---|
{arguments}

Result: {entry.result}

{errors}

```console
$ {entry.command}
{json.dumps(entry.example.result)}
```
"""


def _explained(argument: Argument) -> str:
    words = f" One of {', '.join(argument.words)}." if argument.words else ""
    return argument.help + words
