"""Reading a place once: the columns that are needed, each record with its file and line.

Text files are read by the standard ``csv`` module, because it alone says on which line a record began
when quoted fields run over several lines. LF, CRLF and CR alone all end a line.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import itertools
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sop_xl.importing import cells
from sop_xl.importing.errors import Problem, SourceError, did_you_mean
from sop_xl.importing.mapping import Place
from sop_xl.importing.settings import SHEET_SUFFIXES

Records = tuple[list[Sequence[object]], list[int]]
_END = "\x00\x01\x00"


@dataclass(frozen=True)
class Broken:
    """A record that has more fields than the header: whatever is in it may stand in the wrong column."""

    source: str
    line: int
    fields: int
    expected: int
    text: str


@dataclass
class Data:
    """What was read from a place: cells by column, and where each record stands.

    ``columns`` has the cells of each wanted column, record by record; ``sources`` the name of the file and
    ``lines`` the line (of a sheet: row; of a query: number) of each record. The header is line 1.
    """

    columns: dict[str, list[object]]
    sources: list[str] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.lines)


@dataclass
class Part:
    """One file, sheet or query result: header, records with their lines, and things to be told."""

    name: str
    header: list[str]
    records: list[Sequence[object]]
    lines: list[int]
    notes: list[str] = field(default_factory=list)


def read_place(place: Place, wanted: Sequence[str], where: str, problems: list[Problem]) -> Data:
    """The wanted columns of a place.

    Args:
        place: files, or a database and a query.
        wanted: names of source columns, as the mapping writes them; found without case and outer spaces
            where they are not found exactly.
        where: what the mapping calls the place, for messages.
        problems: columns that are not there are added here.
    Raises:
        SourceError: a file or the database cannot be read.
    """
    data = Data({name: [] for name in wanted})
    for part in _parts(place):
        found = _find(part, wanted, where, problems)
        if len(found) == len(wanted):
            _take(part, found, data)
        data.notes += part.notes
    return data


def _parts(place: Place) -> Iterator[Part]:
    if place.url:
        from sop_xl.importing.queries import read_query

        yield read_query(place)
        return
    for path in place.paths:
        if path.suffix.lower() in SHEET_SUFFIXES:
            from sop_xl.importing.sheets import read_sheet

            yield read_sheet(place, path)
        else:
            yield read_text(place, path)


def _find(part: Part, wanted: Sequence[str], where: str, problems: list[Problem]) -> dict[str, int]:
    exact: dict[str, list[int]] = {}
    folded: dict[str, list[int]] = {}
    for position, name in enumerate(part.header):
        exact.setdefault(name, []).append(position)
        folded.setdefault(name.casefold(), []).append(position)
    found = {}
    for name in wanted:
        positions = exact.get(name) or folded.get(name.strip().casefold(), [])
        if len(positions) == 1:
            found[name] = positions[0]
        elif positions:
            problems.append(
                Problem(where, f'{part.name} has {len(positions)} columns "{name}".', "Rename one.")
            )
        else:
            problems.append(Problem(where, f'{part.name} has no column "{name}".', _hint(part.header, name)))
    return found


def _hint(header: list[str], name: str) -> str:
    if len(header) == 1:
        for sign, words in ((";", '";"'), ("\t", '"tab"'), ("|", '"|"'), (",", '","')):
            if sign in header[0]:
                return f"Its header is one field; perhaps separator = {words}."
    return did_you_mean(name, [each for each in header if each])


def _take(part: Part, found: dict[str, int], data: Data) -> None:
    width = len(part.header)
    records, lines = part.records, part.lines
    if any(len(record) != width for record in records):
        records, lines = _mended(part, data)
    for name, position in found.items():
        data.columns[name] += [record[position] for record in records]
    data.lines += lines
    data.sources += [part.name] * len(lines)


def _mended(part: Part, data: Data) -> Records:
    """Short records are filled with empty fields; long ones are kept out unless what is over is empty."""
    width = len(part.header)
    records: list[Sequence[object]] = []
    lines: list[int] = []
    short = 0
    for record, line in zip(part.records, part.lines, strict=True):
        if len(record) > width and any(str(cell).strip() for cell in record[width:]):
            text = " | ".join(str(cell) for cell in record)[:200]
            data.broken.append(Broken(part.name, line, len(record), width, text))
            continue
        short += len(record) < width
        records.append((*record, *("",) * (width - len(record))))
        lines.append(line)
    if short:
        part.notes.append(
            f"{part.name}: records with fewer fields than the header: {short:,}; the rest of them is empty."
        )
    return records, lines


def read_text(place: Place, path: Path) -> Part:
    """A text file with separated fields, plain or compressed (.gz).

    Raises:
        SourceError: it cannot be read or decoded, or a quotation mark is never closed.
    """
    notes: list[str] = []
    content = _decode(_bytes(path), place.encoding, path, notes)
    suffixes = [suffix.lower() for suffix in path.suffixes if suffix.lower() != ".gz"]
    separator = place.separator or ("\t" if suffixes[-1:] in ([".tsv"], [".tab"]) else ",")
    stream = io.StringIO(content, newline="")
    for _ in range(place.skip):
        stream.readline()
    # A last line of our own: when it does not come back as a record, an open quotation mark swallowed it.
    reader = csv.reader(
        itertools.chain(stream, [_END]),
        delimiter=separator,
        quotechar=place.quote or None,
        quoting=csv.QUOTE_MINIMAL if place.quote else csv.QUOTE_NONE,
    )
    records: list[Sequence[object]] = []
    lines: list[int] = []
    line = 1
    try:
        for record in reader:
            records.append(record)
            lines.append(line + place.skip)
            line = reader.line_num + 1
    except csv.Error as error:
        raise SourceError(
            f"{path.name}, line {line + place.skip}: {error}.",
            "Check quotation marks and the separator there.",
        ) from error
    if records[-1] != [_END]:
        raise SourceError(
            f"{path.name}: a quotation mark opened in the record of line {lines[-1]} is never closed.",
            'Close it, or set quote = "" where quotation marks are plain text.',
        )
    records.pop()
    lines.pop()
    return part_of(path.name, records, lines, notes)


def part_of(
    name: str, records: list[Sequence[object]], lines: list[int], notes: list[str], *, unnamed: bool = False
) -> Part:
    """A part whose first record that is not blank is the header; other blank records are passed over.

    ``unnamed`` is for sheets, where cells beside the header's last name cannot have shifted.
    """
    first = next((i for i, record in enumerate(records) if not _is_blank(record)), None)
    if first is None:
        raise SourceError(f"{name} is empty.", "It needs a header and records.")
    header = [(cells.text(cell, cells.Notation()) or "").strip() for cell in records[first]]
    if not unnamed:
        while not header[-1]:
            header.pop()
    records, lines = records[first + 1 :], lines[first + 1 :]
    kept = [i for i, record in enumerate(records) if not _is_blank(record)]
    if len(kept) < len(records):
        records, lines = [records[i] for i in kept], [lines[i] for i in kept]
    return Part(name, header, records, lines, notes)


def _is_blank(record: Sequence[object]) -> bool:
    return not record or (record[0] == "" and all(cell == "" for cell in record))


def _bytes(path: Path) -> bytes:
    opener: Callable[..., io.BufferedIOBase] = gzip.open if path.suffix.lower() == ".gz" else open
    try:
        with opener(path, "rb") as stream:
            return stream.read()
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SourceError(
            f"{path} cannot be read ({reason}).", "Close it in other programs and check that it is whole."
        ) from error


def _decode(content: bytes, encoding: str, path: Path, notes: list[str]) -> str:
    if encoding != "auto":
        try:
            return _without_mark(content.decode(encoding))
        except UnicodeDecodeError as error:
            raise _not_decoded(content, encoding, path, error) from error
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _decode(content, "utf-16", path, notes)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        notes.append(f"{path.name} is not UTF-8; it was read as cp1252.")
        return _decode(content, "cp1252", path, notes)


def _without_mark(text: str) -> str:
    return text.removeprefix("\ufeff")


def _not_decoded(content: bytes, encoding: str, path: Path, error: UnicodeDecodeError) -> SourceError:
    before = content[: error.start].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return SourceError(
        f"{path.name}, line {before.count(10) + 1}: byte {content[error.start]:#04x} is not {encoding}.",
        'Name the encoding under [source]: encoding = "cp1252" in most of Europe and America, or "auto".',
    )
