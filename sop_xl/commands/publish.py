"""Publish: freeze the plan and write the workbook that others link to."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import numpy as np
import xlwings as xw

from sop_xl.commands.cycle import Cycle, today
from sop_xl.commands.outcome import Outcome, Progress, counted, silent
from sop_xl.commands.steps import kpi_measures
from sop_xl.errors import WorkbookError
from sop_xl.hosts.atomic import atomic_write
from sop_xl.hosts.errors import HostError
from sop_xl.workbook.plan_table import published_versions, write_version
from sop_xl.workbook.published import Imprint, published
from sop_xl.workbook.read import as_text


def published_path(workbook: Path) -> Path:
    """The file that others link to; always the same name.

    >>> published_path(Path("plan.xlsx")).name
    'plan_published.xlsx'
    """
    return workbook.with_name(f"{workbook.stem}_published.xlsx")


def archive_path(workbook: Path, version: str) -> Path:
    """Where a version is kept for good.

    >>> archive_path(Path("plan.xlsx"), "2026-11").name
    'plan_published_2026-11.xlsx'
    """
    return workbook.with_name(f"{workbook.stem}_published_{version}.xlsx")


def next_version(cycle: str, taken: set[str], workbook: Path) -> str:
    """The cycle itself, then .2, .3 and so on; a version that exists anywhere is never used again."""
    number = 1
    while True:
        version = cycle if number == 1 else f"{cycle}.{number}"
        if version not in taken and not archive_path(workbook, version).exists():
            return version
        number += 1


def cycle_name(typed: object) -> str:
    """The cycle as text, also where Excel took what was typed for a date or a number.

    >>> cycle_name("2026-12"), cycle_name(datetime(2026, 12, 1)), cycle_name(202612.0), cycle_name(None)
    ('2026-12', '2026-12', '202612', '')
    """
    if isinstance(typed, datetime):
        return f"{typed:%Y-%m}"
    return as_text(typed) or ""


class Publication:
    """A plan ready to be published: the workbook is changed; :meth:`release` saves it and writes the files."""

    def __init__(self, book: xw.Book, path: Path, by: str = "", progress: Progress = silent) -> None:
        self.path = path
        self.cycle = Cycle(book, progress)
        self.cycle.require_clean()
        self._require_forecast()
        cycle, workbook = self.cycle, self.cycle.workbook
        name = cycle_name(workbook.field("Home_Cycle")) or f"{cycle.horizon.planned[0].end:%Y-%m}"
        if set(name) & set('\\/:*?"<>|'):
            raise WorkbookError(
                f"Home, Cycle: {name!r} cannot be part of a file name.", "Write it like 2026-11."
            )
        taken = set(published_versions(cycle.tables["tblPlan"]))
        self.imprint = Imprint(
            company=str(workbook.field("Home_Company") or ""),
            cycle=name,
            version=next_version(name, taken, path),
            currency=str(workbook.field("Home_Currency") or ""),
            at=today(),
            by=by or getpass.getuser(),
        )
        self.content = published(cycle.plan, self.imprint, kpi_measures(cycle))
        self.outcome = Outcome("publish")
        self._record()

    def _require_forecast(self) -> None:
        missing = int(np.isnan(self.cycle.given.baseline).any(axis=1).sum())
        if missing:
            raise WorkbookError(
                f"{counted(missing, 'family has', 'families have')} no forecast for some planned buckets.",
                "Run the forecast and the supply plan first.",
            )

    def _record(self) -> None:
        """Note the version in the workbook."""
        cycle, outcome, version = self.cycle, self.outcome, self.imprint.version
        cycle.workbook.set_field("Home_Version", version)
        cycle.workbook.set_field("Home_State", "PUBLISHED")
        outcome.say(f"Published version {version} as {published_path(self.path).name}.")
        outcome.say(f"It is kept unchanged as {archive_path(self.path, version).name}.")
        cycle.write(outcome)
        write_version(cycle.workbook, cycle.tables["tblPlan"], cycle.plan, version)
        outcome.data = {
            "version": version,
            "published": str(published_path(self.path)),
            "archive": str(archive_path(self.path, version)),
        }

    def release(self, save: Callable[[], object]) -> Outcome:
        """Keep the version for good, save the workbook, then swap the version in for those who link to it.

        Args:
            save: saves the workbook. When it fails the version was never published: its archive goes away again.
        """
        target = archive_path(self.path, self.imprint.version)
        if target.exists():
            raise HostError(
                f"'{target.name}' exists already.", "Publish again: the next version number is taken."
            )
        atomic_write(target, lambda beside: _fill(beside, self.content), backup=False)
        try:
            save()
        except BaseException:
            target.unlink()
            raise
        target.chmod(0o444)
        atomic_write(published_path(self.path), lambda beside: _fill(beside, self.content), backup=False)
        return self.outcome


def publish_open(book: xw.Book, progress: Progress = silent) -> Outcome:
    """Publish a workbook that is open in a spreadsheet program, under the user's name, and save it there.

    Raises:
        WorkbookError: it has never been saved, or stands where no file can be written beside it.
    """
    try:
        path = Path(book.fullname)
        beside = path.is_absolute() and path.parent.is_dir()
    except Exception:  # what xlwings raises for an address on the net that is no folder of this machine
        beside = False
    if not beside:
        raise WorkbookError(
            f"{book.name} is not in a folder of this computer or network.",
            "Save it in a folder first: the published workbook is written beside it.",
        )
    return Publication(book, path, progress=progress).release(book.save)


def _fill(path: Path, content: bytes) -> None:
    path.write_bytes(content)
