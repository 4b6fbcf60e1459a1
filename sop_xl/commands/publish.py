"""Publish: freeze the plan in the plan store and write the workbook that others link to."""

from __future__ import annotations

import contextlib
import getpass
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xlwings as xw

from sop_xl.checks import check_cells, errors
from sop_xl.commands.agreement import Agreement
from sop_xl.commands.cycle import Cycle, today
from sop_xl.commands.kept_contents import SavedInPart
from sop_xl.commands.outcome import Outcome, Progress, counted, silent
from sop_xl.commands.plan_store import place_for
from sop_xl.commands.publication import (
    PublicationFiles,
    archive_path,
    finish_interrupted,
    note_path,
    published_path,
)
from sop_xl.commands.signatures import cycle_name
from sop_xl.commands.steps import kpi_measures
from sop_xl.errors import ChecksFailed, WorkbookError
from sop_xl.hosts.errors import HostError
from sop_xl.store.errors import StoreError
from sop_xl.store.place import beside
from sop_xl.workbook.plan_table import forecasts_of, kept_lines, lines_of, published_versions, write_version
from sop_xl.workbook.published import Imprint, published
from sop_xl.workbook.published_layout import Before, read_published
from sop_xl.workbook.read import Workbook

if TYPE_CHECKING:
    from sop_xl.store.plans import NewVersion, Version
    from sop_xl.store.store import Store

#: Spreadsheet programs may round the last digits of a number that they save, relative to it.
SAVED = 1e-9
#: What the store keeps of the meeting -> table and its columns.
MINUTES: dict[str, tuple[str, tuple[str, ...]]] = {
    "decisions": (
        "tblDecisions",
        ("Id", "Date", "Question", "Options with money", "Decision", "Decided by", "Due", "State"),
    ),
    "assumptions": (
        "tblAssumptions",
        ("Id", "Family", "From", "To", "Owner", "Low", "Likely", "High", "Trigger", "State"),
    ),
    "actions": ("tblActions", ("Id", "Action", "Owner", "Due", "State", "Decision")),
}


def next_version(cycle: str, taken: set[str], workbook: Path) -> str:
    """The cycle itself, then .1, .2 and so on; a version that exists anywhere is never used again.

    >>> next_version("2026-11", {"2026-11", "2026-11.2", "2026-10.7"}, Path("plan.xlsx"))
    '2026-11.3'
    """
    found = [version.removeprefix(cycle) for version in taken if version.startswith(cycle)]
    numbers = [int(end[1:] or 0) for end in found if not end or (end[0] == "." and end[1:].isdecimal())]
    number = max(numbers, default=-1) + 1
    while archive_path(workbook, version := f"{cycle}.{number}" if number else cycle).exists():
        number += 1
    return version


class Publication:
    """A plan ready to be published: the workbook is changed; :meth:`release` saves it and writes the rest."""

    def __init__(
        self, book: xw.Book, path: Path, by: str = "", progress: Progress = silent, force: str = ""
    ) -> None:
        self.path = path
        self.by = by or getpass.getuser()
        settled = finish_interrupted(path, self.by)
        if settled.finished or note_path(path).exists():
            raise WorkbookError(" ".join(settled.said), "Publish again to publish the plan as it is now.")
        self.cycle = Cycle(book, progress)
        self.cycle.require_clean()
        self._require_forecast()
        cycle, workbook = self.cycle, self.cycle.workbook
        name = cycle_name(workbook.field("Home_Cycle")) or f"{cycle.horizon.planned[0].end:%Y-%m}"
        if set(name) & set('\\/:*?"<>|'):
            raise WorkbookError(
                f"Home, Cycle: {name!r} cannot be part of a file name.", "Write it like 2026-11."
            )
        known = set(published_versions(cycle.tables["tblPlan"]))
        self.agreement = Agreement(cycle, path, name, force)
        self.place = place_for(workbook, path)
        self.seen, taken, news = self._look_into_store(known)
        self.imprint = Imprint(
            company=str(workbook.field("Home_Company") or ""),
            cycle=name,
            version=next_version(name, known | taken, path),
            currency=str(workbook.field("Home_Currency") or ""),
            at=today(),
            by=self.by,
        )
        self.minutes = _minutes(workbook)
        before, lost = _published_before(path, str(workbook.field("Home_Version") or ""))
        self.content, moved = published(
            cycle.plan, self.imprint, kpi_measures(cycle), before, cycle.regions, cycle.region_shares
        )
        self.outcome = Outcome("publish")
        self._record([*settled.said, *news, *self.agreement.news, *lost, *moved])

    def _require_forecast(self) -> None:
        missing = int(np.isnan(self.cycle.given.baseline).any(axis=1).sum())
        if missing:
            raise WorkbookError(
                f"{counted(missing, 'family has', 'families have')} no forecast for some planned buckets.",
                "Run the forecast and the supply plan first.",
            )

    def _look_into_store(self, known: set[str]) -> tuple[str | None, set[str], list[str]]:
        """The latest version in the store, the names that are taken there, and news about the latest.

        Args:
            known: versions that the workbook knows.
        """
        from sop_xl.store.content import clean_lines
        from sop_xl.store.plans import changes, told
        from sop_xl.store.store import open_store

        if self._makes_store:
            return None, set(), []
        with open_store(self.place) as store:
            for lost in store.plans.interrupted():
                if lost.workbook == str(self.path):
                    # Its note was lost with the power; with one, it is settled like any other.
                    PublicationFiles(self.path, lost.version).begin(store)
                    raise WorkbookError(
                        f"The publication of version {lost.version} was interrupted.",
                        "Publish again: it is finished or taken back first.",
                    )
            self._require_untouched(store)
            latest = store.plans.latest()
            news = []
            if latest and latest.version not in known:
                mine = [line[1:] for line in lines_of(self.cycle.plan, "")]
                differences = changes(store.plans.lines(latest.version), clean_lines(mine))
                news.append(
                    f"Version {latest.version}, published by {latest.published_by}, was not known in this workbook. "
                    f"{told(differences)}"
                )
            return latest.version if latest else None, store.plans.taken(), news

    def _require_untouched(self, store: Store) -> None:
        """What was published must stand in the workbook as it was published.

        Raises:
            WorkbookError: somebody typed over it, or the workbook is of another store; the attempt is recorded.
        """
        from sop_xl.store.content import PlanLine
        from sop_xl.store.plans import changes, told

        mine: dict[str, list[PlanLine]] = {}
        for version, *line in kept_lines(self.cycle.tables["tblPlan"]):
            mine.setdefault(version, []).append(PlanLine(*line))
        said = {
            version: told(differences)
            for version in store.plans.taken() & mine.keys()
            if (differences := changes(store.plans.lines(version), mine[version], SAVED))
        }
        for version, why in said.items():
            detail = {"why": f"tblPlan says something else. {why}", "workbook": str(self.path)}
            store.history.record(self.by, "refused", version, detail)
        if said:
            raise WorkbookError(
                "What was published never changes, and tblPlan says something else than the plan store:\n"
                + "\n".join(f"  {version}: {why}" for version, why in sorted(said.items())),
                "\nPut these numbers back, or delete all rows of the version from tblPlan: the plan store keeps it.",
            )

    @property
    def _makes_store(self) -> bool:
        """Whether the store is the default beside the workbook and not there yet."""
        from sop_xl.store.store import is_made

        return self.place == beside(self.path) and not is_made(self.place)

    def _record(self, news: list[str]) -> None:
        """Note the version in the workbook."""
        cycle, outcome, version = self.cycle, self.outcome, self.imprint.version
        cycle.workbook.set_field("Home_Version", version)
        cycle.workbook.set_field("Home_State", "PUBLISHED")
        self.agreement.sign(version, self.by, self.imprint.at)
        outcome.say(f"Published version {version} as {published_path(self.path).name}.")
        outcome.say(f"It is kept unchanged as {archive_path(self.path, version).name}.")
        outcome.say(f"It is the plan of record in {self.place.shown}.")
        outcome.lines += news
        cycle.write(outcome)
        write_version(cycle.workbook, cycle.tables["tblPlan"], cycle.plan, version)
        outcome.data = {
            "version": version,
            "published": str(published_path(self.path)),
            "archive": str(archive_path(self.path, version)),
            "store": self.place.shown,
        }

    def release(self, save: Callable[[], object]) -> Outcome:
        """Prepare the version in the store, save the workbook, then publish for everybody.

        Args:
            save: saves the workbook. When it fails the version was never published: it goes away again.
        Raises:
            StoreConflict: somebody else published meanwhile; says what differs.
            StoreError: the store went out of reach after the workbook was saved; the next command finishes it.
        """
        from sop_xl.store.store import open_store, set_up

        files = PublicationFiles(self.path, self.imprint.version)
        if files.archive.exists():
            raise HostError(
                f"'{files.archive.name}' exists already.", "Publish again: the next version number is taken."
            )
        if self._makes_store:
            set_up(self.place, self.by)
        with open_store(self.place) as store, store.plans.publishing():
            version = self._save(store, files, save)
            self.outcome.data["content_hash"] = version.content_hash
            try:
                self.outcome.lines += files.complete(store, self.by)
            except (StoreError, OSError) as error:
                raise SavedInPart(
                    f"The workbook is saved with version {version.version}, which is not published yet: {error}",
                    "The next command on the workbook finishes it.",
                ) from error
        self.outcome.lines += self.agreement.keep(self.place)
        return self.outcome

    def _save(self, store: Store, files: PublicationFiles, save: Callable[[], object]) -> Version:
        """Prepare the version and save the workbook, or leave everything as it was."""
        if files.note.exists():
            raise HostError("The publication before this one is not finished.", "Publish again.")
        files.begin(store)
        try:
            version = store.plans.prepare(self._new_version(), self.seen)
        except BaseException:
            files.note.unlink(missing_ok=True)
            raise
        try:
            files.stage(self.content)
            save()
        except BaseException:
            # Where the store is out of reach now the note stays, and the next command takes it back.
            with contextlib.suppress(StoreError):
                files.take_back(store, self.by)
            raise
        return version

    def _new_version(self) -> NewVersion:
        from sop_xl.store.database import moment
        from sop_xl.store.plans import NewVersion

        plan, imprint, planned = self.cycle.plan, self.imprint, self.cycle.horizon.planned
        return NewVersion(
            version=imprint.version,
            cycle=imprint.cycle,
            company=imprint.company,
            currency=imprint.currency,
            bucket_type=self.cycle.horizon.kind,
            first_bucket=planned[0].end,
            last_bucket=planned[-1].end,
            published_at=moment(imprint.at),
            published_by=imprint.by,
            workbook=str(self.path),
            lines=[line[1:] for line in lines_of(plan, imprint.version)],
            snapshots=forecasts_of(plan),
            minutes=self.minutes,
        )


def _minutes(workbook: Workbook) -> dict[str, list[list[Any]]]:
    """Decisions, assumptions and actions as the workbook has them.

    Raises:
        ChecksFailed: a cell there is not what its column says.
    """
    found, issues = {}, []
    for name, (table, headers) in MINUTES.items():
        rows = workbook.rows(table)
        issues += errors(check_cells(rows))
        found[name] = [[rows[header][i] for header in headers] for i in range(len(rows))]
    if issues:
        raise ChecksFailed(issues)
    return found


def _published_before(workbook: Path, version: str) -> tuple[Before | None, list[str]]:
    """What the file that others link to shows, as it was published, and what is wrong with it.

    Args:
        version: the last one that the workbook knows; its archive counts where the file is gone or damaged.
    """
    problems: list[str] = []
    for path in (published_path(workbook), archive_path(workbook, version)):
        if path.exists():
            try:
                before = read_published(path)
                unchanged = archive_path(workbook, before.version)
                return (read_published(unchanged) if unchanged.exists() else before), []
            except WorkbookError as error:
                problems.append(f"{error} Families and buckets may stand elsewhere in it from now on.")
    return None, problems


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
