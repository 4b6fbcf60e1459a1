"""Reading a mapping file, and saying everything that is wrong with it at once."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sop_xl.importing.errors import MappingError, Problem, SourceError, did_you_mean
from sop_xl.importing.expressions import Expression
from sop_xl.importing.mapping import MODES, TABLE_OPTIONS, Mapping, TableMapping
from sop_xl.importing.problems import Problems
from sop_xl.importing.rules import read_rules
from sop_xl.importing.settings import read_source
from sop_xl.workbook.spec import Table
from sop_xl.workbook.tables import SOURCE_TABLES

_HOME_NAME = re.compile(r"Home_[A-Za-z0-9_]+\Z")
_PASSWORD = re.compile(r"://[^/@]*:(?!\$\{\w+\}@)[^/@]+@|[?&;](?:password|pwd)=(?!\$\{)", re.IGNORECASE)


def read_mapping(
    path: Path, source: Path | None = None, *, home_names: Collection[str] | None = None
) -> Mapping:
    """The mapping in a TOML file.

    Args:
        path: the mapping file.
        source: file to read instead of the ``path`` (or ``url``) under ``[source]``; tables that name a
            source of their own keep it.
        home_names: names of cells that ``[home]`` may fill; None accepts any name that begins with ``Home_``.
    Raises:
        SourceError: there is no such mapping file.
        MappingError: with all its problems.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "sales.csv").write_text("Day,Qty\\n2026-11-23,5\\n")
    >>> _ = (folder / "sales.toml").write_text('''
    ... [source]
    ... path = "sales.csv"
    ... [[table]]
    ... name = "tblSales"
    ... columns = {Bucket = "Day", Quantity = "Qty"}
    ... ''')
    >>> read_mapping(folder / "sales.toml").tables[0].columns
    ('Day', 'Qty')
    """
    path = Path(path)
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise SourceError(
            f"The mapping file {path} cannot be read ({error.strerror}).", "Check its path."
        ) from error
    except UnicodeDecodeError as error:
        raise MappingError(path.name, [Problem("file", "is not UTF-8 text.", "Save it as UTF-8.")]) from error
    except tomllib.TOMLDecodeError as error:
        raise MappingError(path.name, [Problem("file", f"is not TOML: {error}.")]) from error

    problems = Problems()
    problems.known_keys("file", document, ("source", "home", "table"))
    folder = path.resolve().parent
    shared = _section(problems, "[source]", document.get("source", {}))
    if source is not None:
        shared = {key: value for key, value in shared.items() if key not in ("path", "url", "query")}
        shared["path"] = str(Path(source).resolve())
    entries = document.get("table", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        problems.add("table", "each table is written under [[table]].")
        entries = []
    elif not entries:
        problems.add("file", "loads nothing.", "Add at least one [[table]].")
    home = _home(problems, _section(problems, "[home]", document.get("home", {})), home_names)
    tables = []
    replaced: set[str] = set()
    for position, entry in enumerate(entries, 1):
        table = _table(problems, folder, shared, entry, position)
        if table is None:
            continue
        if table.mode == "replace" and table.table.name in replaced:
            problems.add(
                table.place, "replaces what an entry before it loads.", 'Set mode = "append" or "merge" here.'
            )
        replaced.add(table.table.name)
        tables.append(table)
    if problems.found:
        # Options under [source] are read for every table that inherits them; say it once.
        raise MappingError(path.name, list(dict.fromkeys(problems.found)))
    return Mapping(path, tuple(tables), home, _notes(tables))


def _section(problems: Problems, place: str, value: object) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    problems.add(place, "is a section with options, not a value.")
    return {}


def _home(problems: Problems, given: dict[str, Any], known: Collection[str] | None) -> dict[str, object]:
    home: dict[str, object] = {}
    for name, value in given.items():
        if known is not None and name not in known:
            problems.add("[home]", f'"{name}" is no cell of the cycle card.', did_you_mean(name, known))
        elif not _HOME_NAME.match(name):
            problems.add(
                "[home]", f'"{name}" is no name of a cell.', f'Names begin with "Home_": Home_{name}.'
            )
        elif isinstance(value, datetime):
            home[name] = value.date()
        elif isinstance(value, (str, int, float, date)):
            home[name] = value
        else:
            problems.add("[home]", f"{name} is not a text, number, date or truth.")
    return home


def _table(
    problems: Problems, folder: Path, shared: dict[str, Any], entry: dict[str, Any], position: int
) -> TableMapping | None:
    name = entry.get("name")
    place = f"[[table]] {position}" + (f" {name}" if isinstance(name, str) else "")
    problems.known_keys(place, entry, TABLE_OPTIONS)
    own = _section(problems, f"{place} source", entry.get("source", {}))
    before = len(problems.found)
    source = read_source(problems, folder, shared, own, f"{place} source")
    table = _known_table(problems, place, name)
    mode = entry.get("mode", "replace")
    if mode not in MODES:
        problems.add(place, f'mode "{mode}" is not known.', did_you_mean(str(mode), MODES))
    where = problems.expression(f"{place} where", entry["where"], "truth") if "where" in entry else None
    group_by = _group_by(problems, place, entry.get("group_by", []))
    columns = _section(problems, f"{place} columns", entry.get("columns", {}))
    if table is None:
        return None
    rules = read_rules(problems, table, columns, group_by, place)
    mapped = {rule.header for rule in rules} | set(columns)
    for column in table.columns:
        needed = column.header in table.identity if mode == "merge" else True
        if column.required and needed and column.header not in mapped:
            problems.add(f"{place} columns", f'"{column.header}" is required and not mapped.')
    if mode == "merge" and not table.identity:
        problems.add(
            place, f"rows of {table.name} have no identity to merge by.", 'Use "replace" or "append".'
        )
    if source is None or len(problems.found) > before:
        return None
    return TableMapping(table, source, rules, mode, where, group_by, place)


def _known_table(problems: Problems, place: str, name: object) -> Table | None:
    if not isinstance(name, str):
        problems.add(place, "has no name.", 'Say which table it fills: name = "tblSales".')
        return None
    for table in SOURCE_TABLES:
        if table.name == name:
            return table
    known = [table.name for table in SOURCE_TABLES]
    problems.add(place, f'"{name}" is no table that can be loaded.', did_you_mean(name, known))
    return None


def _group_by(problems: Problems, place: str, given: object) -> tuple[str | Expression, ...]:
    if not isinstance(given, list):
        problems.add(f"{place} group_by", "is a list of source columns.", 'Write group_by = ["Item"].')
        return ()
    terms: list[str | Expression] = []
    for each in given:
        if isinstance(each, str):
            terms.append(each.strip())
        elif isinstance(each, dict) and set(each) == {"expression"}:
            expression = problems.expression(f"{place} group_by", each["expression"])
            if expression is not None:
                terms.append(expression)
        else:
            problems.add(f"{place} group_by", f"{each!r} is no source column and no {{expression = …}}.")
    return tuple(terms)


def _notes(tables: list[TableMapping]) -> tuple[str, ...]:
    if any(_PASSWORD.search(table.source.place.url) for table in tables):
        return (
            "The mapping file holds a password. Put it into an environment variable and write ${NAME} "
            "in its place.",
        )
    return ()
