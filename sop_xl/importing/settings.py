"""Reading the options of ``[source]``: where rows come from and how they are written there."""

from __future__ import annotations

import codecs
import glob
import os
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from sop_xl.importing.cells import Notation
from sop_xl.importing.mapping import SOURCE_OPTIONS, Place, Source
from sop_xl.importing.problems import Problems

SHEET_SUFFIXES = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
VARIABLE = re.compile(r"\$\{(\w+)\}")
_SQLITE_FILE = re.compile(r"sqlite(?:\+\w+)?:///(?!:memory:|file:)([^?]+)")
_LISTS = ("dates", "empty")
#: Options that lose their meaning when a table names another kind of place.
_OF_FILES = ("path", "sheet", "table", "skip")
_OF_QUERIES = ("url", "query")


def read_source(
    problems: Problems, folder: Path, shared: dict[str, Any], own: dict[str, Any], own_place: str
) -> Source | None:
    """The source of a table: what is shared, overridden by its own options.

    Args:
        problems: what is wrong goes there.
        folder: where relative paths begin.
        shared: options of ``[source]``.
        own: options of the table's own source; ``own_place`` is how messages call them.
    """
    before = len(problems.found)
    dropped = _OF_QUERIES if "path" in own else _OF_FILES if "url" in own else ()
    merged = {key: value for key, value in shared.items() if key not in dropped} | own
    places = {key: own_place if key in own else "[source]" for key in merged}
    for key in own.keys() | shared.keys():
        if key not in SOURCE_OPTIONS:
            problems.known_keys(own_place if key in own else "[source]", {key: None}, SOURCE_OPTIONS)
    options: dict[str, Any] = {}
    for key, value in merged.items():
        if key not in SOURCE_OPTIONS:
            continue
        complaint = _type_complaint(key, value) or _CHECKS.get(key, lambda _: "")(value)
        if complaint:
            problems.add(places[key], f"{key} {complaint}")
        else:
            options[key] = value
    decimal, thousands = options.get("decimal", "."), options.get("thousands", "")
    if decimal == thousands:
        problems.add(
            places.get("thousands", places.get("decimal", "[source]")),
            f'decimal and thousands are both "{decimal}".',
        )
    notation = Notation(decimal, thousands, tuple(options.get("dates", ())), tuple(options.get("empty", ())))
    if "path" in merged and "url" in merged:
        problems.add(places["url"], "both path and url are given.", "Keep one of them.")
        return None
    if "path" in merged:
        paths = _files(problems, folder, options.get("path"), places["path"])
    else:
        paths = ()
        _check_query(problems, folder, merged, options, places, own_place)
    if len(problems.found) > before:
        return None
    chosen = {key: options[key] for key in ("encoding", "quote", "skip", "sheet", "table") if key in options}
    separator = {"tab": "\t"}.get(options.get("separator", ""), options.get("separator", ""))
    place = Place(
        paths,
        options.get("url", ""),
        options.get("query", ""),
        separator=separator,
        folder=folder,
        **chosen,
    )
    return Source(place, notation)


def sqlite_file(url: str, folder: Path) -> Path | None:
    """The file of an SQLite database, relative to the mapping file; None for other databases.

    >>> sqlite_file("sqlite:///orders.db", Path("/data")).as_posix()
    '/data/orders.db'
    >>> sqlite_file("postgresql://host/orders", Path("/data"))
    """
    match = _SQLITE_FILE.match(url)
    return folder / match[1] if match else None


def expanded(text: str) -> str:
    """The text with ``${NAME}`` replaced by environment variables; unknown ones stay."""
    return VARIABLE.sub(lambda match: os.environ.get(match[1], match[0]), text)


def _files(problems: Problems, folder: Path, pattern: str | None, place: str) -> tuple[Path, ...]:
    if pattern is None:
        return ()
    path = folder / Path(pattern).expanduser()
    if path.is_file():
        return (path,)
    if path.is_dir():
        problems.add(place, f"{path} is a folder.", 'Name the files: "*.csv".')
        return ()
    escaped = re.sub(r"\[", "[[]", pattern)
    # An open workbook leaves a lock file ~$name beside it.
    found = sorted(
        Path(each)
        for each in glob.glob(escaped, root_dir=folder)  # noqa: PTH207 (also absolute patterns)
        if not Path(each).name.startswith("~$")
    )
    files = tuple(folder / each for each in found if (folder / each).is_file())
    if not files:
        what = "no file matches" if re.search(r"[*?]", pattern) else "there is no file"
        problems.add(place, f"{what} {path}.", "Check the path; it begins at the mapping file.")
    return files


def _check_query(
    problems: Problems,
    folder: Path,
    merged: dict[str, Any],
    options: dict[str, Any],
    places: dict[str, str],
    own_place: str,
) -> None:
    if "url" not in merged:
        place = places.get("query", own_place)
        problems.add(place, "no path and no url is given.", 'Say where rows come from: path = "orders.csv".')
        return
    if "query" not in merged:
        problems.add(places["url"], "a query is needed with url.", 'Write query = "SELECT …".')
    url = options.get("url", "")
    missing = [name for name in VARIABLE.findall(url) if name not in os.environ]
    for name in missing:
        problems.add(places["url"], f"the environment variable {name} is not set.", "Set it and start again.")
    file = None if missing else sqlite_file(expanded(url), folder)
    if file is not None and not file.is_file():
        problems.add(places["url"], f"there is no database {file}.", "Check the path.")


def _type_complaint(key: str, value: object) -> str:
    if key in _LISTS:
        good = isinstance(value, list) and all(isinstance(each, str) for each in value)
        return "" if good else 'is a list of texts: ["…"].'
    if key == "skip":
        good = isinstance(value, int) and not isinstance(value, bool) and value >= 0
        return "" if good else "is a number of lines, 0 or more."
    return "" if isinstance(value, str) else "is a text in quotation marks."


def _encoding(value: str) -> str:
    try:
        known = value == "auto" or "é".encode(codecs.lookup(value).name) is not None
    except (LookupError, UnicodeError):
        known = value.lower() == "ascii"
    return "" if known else f'"{value}" is not known; try "utf-8", "cp1252" or "auto".'


def _dates(value: list[str]) -> str:
    probe = datetime(2014, 11, 23, 13, 45, 12)
    for pattern in value:
        year = 0
        try:
            if not re.search(r"%[yYGcx]", pattern):
                raise ValueError
            year = datetime.strptime(probe.strftime(pattern), pattern).year
        except ValueError:
            pass
        if year != probe.year or not re.search(r"%[mbBdjUWVxc]", pattern):
            return f'"{pattern}" is no format of a date; "%d.%m.%Y" reads 23.11.2014.'
    return ""


_CHECKS: dict[str, Callable[[Any], str]] = {
    "path": lambda value: "" if value.strip() else "is empty.",
    "url": lambda value: "" if "://" in value else "is no address like postgresql://host/database.",
    "query": lambda value: "" if value.strip() else "is empty.",
    "encoding": _encoding,
    "separator": lambda value: "" if re.fullmatch(r'[^"\r\n]|tab', value) else "is one character.",
    "quote": lambda value: "" if len(value) <= 1 else "is one character, or none.",
    "decimal": lambda value: "" if value in (".", ",") else 'is "." or ",".',
    "thousands": lambda value: "" if value in ("", ",", ".", " ", "'") else 'is "," "." "\'" or a space.',
    "dates": _dates,
}
