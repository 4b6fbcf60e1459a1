"""From a mapping to rows: every source read once, every table loaded, every total tied."""

from __future__ import annotations

from collections.abc import Callable

from sop_xl.errors import WorkbookError
from sop_xl.importing.columns import Columns
from sop_xl.importing.errors import MappingError, Problem
from sop_xl.importing.grouping import load_groups
from sop_xl.importing.mapping import Mapping, Place, Source
from sop_xl.importing.results import Import, TableImport
from sop_xl.importing.rows import load_rows
from sop_xl.importing.sources import Data, read_place

#: Told what is being done and the fraction that is behind, from 0 to 1.
Progress = Callable[[str, float], None]
#: Rows below the header of an Excel sheet.
ROW_LIMIT = 1_048_575


def extract(mapping: Mapping, *, progress: Progress | None = None) -> Import:
    """Read the sources of a mapping and make the rows of its tables; no workbook is touched.

    Args:
        mapping: as :func:`~sop_xl.importing.reading.read_mapping` gives it.
        progress: called with what is being done and the fraction done.
    Raises:
        SourceError: a file or database cannot be read.
        MappingError: source columns are missing; all of them are listed.
        WorkbookError: a table would have more rows than a sheet.

    >>> import tempfile
    >>> from pathlib import Path
    >>> from sop_xl.importing.reading import read_mapping
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "sales.csv").write_text("Day,Qty\\n2026-11-23,5\\n2026-11-24,many\\n")
    >>> _ = (folder / "sales.toml").write_text('''
    ... [source]
    ... path = "sales.csv"
    ... [[table]]
    ... name = "tblSales"
    ... columns = {Bucket = "Day", Quantity = "Qty"}
    ... ''')
    >>> sales = extract(read_mapping(folder / "sales.toml")).tables[0]
    >>> sales.rows
    [[datetime.date(2026, 11, 23), None, None, None, 5.0, None]]
    >>> sales.rejected[0].line, sales.rejected[0].reason
    (3, '"many" is not a number')
    """
    wanted: dict[Place, dict[str, None]] = {}
    where: dict[Place, str] = {}
    for table in mapping.tables:
        place = table.source.place
        wanted.setdefault(place, {}).update(dict.fromkeys(name for name in table.columns if name != "*"))
        where.setdefault(place, table.place)
    steps = len(wanted) + len(mapping.tables)
    done = 0

    def tell(what: str) -> None:
        nonlocal done
        if progress is not None:
            progress(what, done / max(steps, 1))
        done += 1

    problems: list[Problem] = []
    read: dict[Place, Data] = {}
    for place, names in wanted.items():
        tell(f"Reading {place_name(place)}")
        read[place] = read_place(place, list(names), where[place], problems)
    if problems:
        raise MappingError(mapping.file.name, list(dict.fromkeys(problems)))
    tables = []
    columns: dict[Source, Columns] = {}
    for table in mapping.tables:
        tell(f"Preparing {table.table.name}")
        load = load_groups if table.group_by else load_rows
        data = read[table.source.place]
        shared = columns.setdefault(table.source, Columns(data.columns, table.source.notation))
        tables.append(_within_a_sheet(load(table, data, shared)))
    tell("Done")
    notes = [*mapping.notes, *(note for data in read.values() for note in data.notes)]
    notes += [f"{place_name(place)} has no records." for place, data in read.items() if not len(data)]
    return Import(tuple(tables), dict(mapping.home), tuple(notes))


def place_name(place: Place) -> str:
    """A place in a few words, without folders and addresses.

    >>> from pathlib import Path
    >>> place_name(Place((Path("a.csv"), Path("b.csv"))))
    'a.csv and 1 more'
    """
    if place.url:
        return "the database"
    more = f" and {len(place.paths) - 1} more" if len(place.paths) > 1 else ""
    sheet = place.table or place.sheet
    return place.paths[0].name + more + (f", {sheet}" if sheet else "")


def _within_a_sheet(table: TableImport) -> TableImport:
    if len(table.rows) > ROW_LIMIT:
        raise WorkbookError(
            f"{table.table.name} would have {len(table.rows):,} rows; a sheet holds {ROW_LIMIT:,}.",
            "Leave older rows out by `where`, or add them up by group_by.",
        )
    return table
