"""Load actuals: files and queries into the workbook's tables, with totals that tie."""

from __future__ import annotations

import math
from datetime import date
from pathlib import Path

import xlwings as xw

from sop_xl.checks import errors
from sop_xl.commands.cycle import Cycle
from sop_xl.commands.new import set_current_bucket
from sop_xl.commands.outcome import Outcome, Progress, counted, silent
from sop_xl.errors import WorkbookError
from sop_xl.importing import TableImport, extract, read_mapping
from sop_xl.workbook import layout
from sop_xl.workbook.read import Workbook
from sop_xl.workbook.write import write_table
from sop_xl.workbook.write_pages import write_history

#: Rejected lines shown in the summary; all of them are in the JSON.
SHOWN = 20


def load_actuals(
    book: xw.Book, mapping: Path, source: Path | None = None, progress: Progress = silent
) -> Outcome:
    """Fill tables by a mapping.

    Args:
        book: the workbook.
        mapping: a TOML file that says which source column goes where.
        source: a file to read in place of the mapping's own.
    Raises:
        WorkbookError: the mapping or a source is wrong, or totals do not tie; nothing is changed.
    """
    outcome = Outcome("load-actuals")
    workbook = Workbook.of(book)
    progress("Reading the sources", 0.0)
    found = extract(read_mapping(mapping, source, home_names=tuple(layout.FIELDS)), progress=progress)
    for note in found.notes:
        outcome.say(note)
    _fill_card(workbook, found.home)
    for i, table in enumerate(found.tables):
        progress(f"Writing {table.table.name}", 0.5 + 0.4 * i / len(found.tables))
        _load(workbook, table, outcome)
    _history_and_checks(book, outcome, progress)
    return outcome


def _fill_card(workbook: Workbook, home: dict[str, object]) -> None:
    for name, value in home.items():
        if name == "Home_FirstBucket" and isinstance(value, date):
            set_current_bucket(workbook, value)
    for name, value in home.items():
        if name != "Home_FirstBucket":
            workbook.set_field(name, value)


def _load(workbook: Workbook, table: TableImport, outcome: Outcome) -> None:
    name = table.table.name
    if not table.all_tie:
        wrong = ", ".join(tie.column for tie in table.ties if not tie.ties)
        raise WorkbookError(
            f"{name}: the totals of {wrong} do not tie with the source.", "Report this as a fault."
        )
    before = {} if table.mode == "replace" else _totals(workbook, table)
    count = write_table(workbook, name, table.rows, table.mode)
    _check_written(workbook, table, before)
    line = f"{name}: {counted(table.counts.used, 'record')} read in, {counted(count, 'row')} now"
    money = [f"{tie.column} {tie.loaded:,.2f}" for tie in table.ties if tie.column in ("Quantity", "Value")]
    outcome.say(line + (f" ({', '.join(money)}; ties with the source)." if money else "."))
    if table.rejected:
        outcome.say(
            f"{name}: {counted(len(table.rejected), 'cell')} could not be read; their lines are left out:"
        )
        for rejected in table.rejected[:SHOWN]:
            outcome.say(f"  {rejected}")
        if len(table.rejected) > SHOWN:
            outcome.say(f"  … and {len(table.rejected) - SHOWN} more (--json lists all).")
    for note in table.notes:
        outcome.say(f"{name}: {note}")
    outcome.data[name] = {
        "rows": count,
        "counts": vars(table.counts),
        "ties": [{**vars(tie), "ties": tie.ties} for tie in table.ties],
        "rejected": [vars(rejected) for rejected in table.rejected],
    }


def _totals(workbook: Workbook, table: TableImport) -> dict[str, float]:
    rows = workbook.rows(table.table.name)
    return {
        column.header: math.fsum(value for value in rows[column.header] if isinstance(value, float))
        for column in table.table.columns
        if column.kind == "number"
    }


def _check_written(workbook: Workbook, table: TableImport, before: dict[str, float]) -> None:
    """What now stands in the workbook is what the import gave, added up afresh."""
    if table.mode == "merge":
        return
    after = _totals(workbook, table)
    for i, column in enumerate(table.table.columns):
        if column.kind != "number":
            continue
        loaded = math.fsum(value for row in table.rows if isinstance(value := row[i], float))
        total, expected = after[column.header], before.get(column.header, 0.0) + loaded
        if not math.isclose(total, expected, rel_tol=1e-9, abs_tol=1e-9):
            raise WorkbookError(
                f"{table.table.name}: {column.header} adds up to {total:,.6f} in the workbook, "
                f"{expected:,.6f} was expected.",
                "Nothing was saved. Report this as a fault.",
            )


def _history_and_checks(book: xw.Book, outcome: Outcome, progress: Progress) -> None:
    """Rebuild the history; list what must be corrected before planning."""
    progress("Rebuilding the history", 0.92)
    cycle = Cycle(book)
    outcome.issues = list(cycle.issues)
    bad = errors(cycle.issues)
    if bad:
        outcome.say(f"{counted(len(bad), 'error')} to correct before the forecast; see the list.")
    else:
        write_history(cycle.workbook, cycle.plan)
        outcome.say(f"History of {counted(len(cycle.given.families), 'family', 'families')} rebuilt.")
    cycle.log(outcome)
