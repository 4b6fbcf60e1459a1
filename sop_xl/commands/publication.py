"""The files of one publication, and how one that was interrupted is finished or taken back.

A version is prepared in the store, then the workbook is saved, then the version is published and its files are put
in place. The saved workbook decides: while it does not hold the version, everything is taken back; once it does,
everything that is missing is done. A note beside the workbook says that a publication is under way.
"""

from __future__ import annotations

import getpass
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from sop_xl.hosts.atomic import atomic_write, remove_leftovers, verify_zip
from sop_xl.hosts.errors import HostError
from sop_xl.hosts.session import open_book
from sop_xl.store.errors import StoreError
from sop_xl.store.place import find, place_of
from sop_xl.workbook.plan_table import published_versions
from sop_xl.workbook.read import Workbook
from sop_xl.workbook.tidy_files import csv_bytes, parquet_bytes

if TYPE_CHECKING:
    from sop_xl.store.store import Store

#: Seconds that other commands wait for a publication that is under way.
PATIENCE = 3.0


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


def note_path(workbook: Path) -> Path:
    """The note that a publication is under way."""
    return workbook.with_name(f".{workbook.stem}_publishing.json")


class PublicationFiles:
    """The files of one version beside its workbook.

    Args:
        signature: the workbook as the store knows it; not its path any more where it was moved since.
    """

    def __init__(self, workbook: Path, version: str, signature: str = "") -> None:
        self.workbook, self.version = workbook, version
        self.signature = signature or str(workbook)
        self.note = note_path(workbook)
        self.archive = archive_path(workbook, version)
        self.staged = self.archive.with_name(f".{self.archive.name}")

    def begin(self, store: Store) -> None:
        """Leave the note. Nothing was done yet: a note that is cut short is as good as none."""
        place = store.place.file
        # A store beside its workbook is still beside it after a move.
        where = place.name if place and place.parent == self.workbook.parent else store.place.shown
        with self.note.open("w", encoding="utf-8") as file:
            json.dump({"version": self.version, "store": where, "workbook": self.signature}, file)
            file.flush()
            os.fsync(file.fileno())

    def stage(self, content: bytes) -> None:
        """Write the archive where nobody looks."""
        atomic_write(self.staged, lambda beside: _fill(beside, content), backup=False)

    def take_back(self, store: Store, by: str) -> None:
        """Undo everything; the workbook was not saved."""
        store.plans.take_back(self.version, by)
        self.forget()

    def forget(self) -> None:
        """Remove what only this publication needed."""
        self.staged.unlink(missing_ok=True)
        self.note.unlink(missing_ok=True)

    def complete(self, store: Store, by: str) -> list[str]:
        """Publish the version and put its files in place; what was done already is left.

        Returns:
            Sentences about files that could not be written yet. The note stays, and the next command tries again.
        """
        if self.staged.exists():
            self.staged.replace(self.archive)
        if self.archive.exists():
            self.archive.chmod(0o444)
        store.plans.publish(self.version, by)
        ours = [version for version in store.plans.versions() if version.workbook == self.signature]
        problems = []
        # A version that was finished late does not replace a newer one.
        if not ours or ours[-1].version == self.version:
            for path, content in self._contents(store).items():
                try:
                    verify = verify_zip if path.suffix == ".xlsx" else None
                    atomic_write(path, _filler(content), backup=False, verify=verify)
                except HostError as error:
                    problems.append(f"{path.name} still shows the version before: {error} {_LATER}")
        if not problems:
            self.note.unlink(missing_ok=True)
        return problems

    def _contents(self, store: Store) -> dict[Path, bytes]:
        place = published_path(self.workbook)
        lines = [[self.version, *line] for line in store.plans.lines(self.version)]
        contents = {place.with_suffix(".csv"): csv_bytes(lines)}
        if self.archive.exists():
            contents[place] = self.archive.read_bytes()
        if (parquet := parquet_bytes(lines)) is not None:
            contents[place.with_suffix(".parquet")] = parquet
        return contents


class Settled(NamedTuple):
    """What was done about an interrupted publication.

    Attributes:
        said: in sentences.
        finished: whether its version is published now.
    """

    said: list[str]
    finished: bool = False


_LATER = "The next command on the workbook writes it."


def finish_interrupted(workbook: Path, by: str = "") -> Settled:
    """Finish or take back what an interrupted publication of a workbook left. Never changes the workbook.

    Costs nothing where no publication was interrupted.
    """
    note = note_path(workbook)
    if not note.exists():
        return Settled([])
    from sop_xl.store.store import open_store

    try:
        noted = json.loads(note.read_text(encoding="utf-8"))
        files = PublicationFiles(workbook, str(noted["version"]), str(noted["workbook"]))
        where = str(noted["store"])
    except (OSError, ValueError, KeyError, TypeError):
        note.unlink(missing_ok=True)  # cut short while it was written
        return Settled([])
    try:
        place = place_of(where, "an interrupted publication", workbook.parent)
        named = find(workbook)
        if named and named.shown == place.shown:
            place = named  # it may come with a password
        if place.file and not place.file.is_file():
            files.forget()  # it was to be made by the publication
            return Settled([])
        with open_store(place, wait=PATIENCE) as store, store.plans.publishing():
            # Whoever was publishing may have come to the end meanwhile.
            return _settle(store, files, by or getpass.getuser()) if note.exists() else Settled([])
    except (StoreError, HostError, OSError) as error:
        return Settled([f"The publication of version {files.version} is not finished: {error}"])


def _settle(store: Store, files: PublicationFiles, by: str) -> Settled:
    """Finish or take back, while no other publication is under way."""
    version, linked = files.version, published_path(files.workbook)
    found = store.plans.find(version)
    ours = found is not None and found.workbook == files.signature
    for path in (
        files.workbook,
        files.staged,
        linked,
        linked.with_suffix(".csv"),
        linked.with_suffix(".parquet"),
    ):
        remove_leftovers(path)
    if ours and holds(files.workbook, version):
        problems = files.complete(store, by)
        done = [f"The publication of version {version}, which was interrupted, is finished now."]
        return Settled(problems or done, finished=True)
    if ours and found and found.status == "PUBLISHED":
        files.forget()
        return Settled([f"Version {version} is published, and not in this workbook: it is an older copy."])
    if ours:
        files.take_back(store, by)
    files.forget()
    return Settled(
        [f"The publication of version {version} was interrupted before it was saved, and is taken back."]
    )


def holds(workbook: Path, version: str) -> bool:
    """Whether the saved workbook holds a published version."""
    with open_book(workbook, read_only=True) as session:
        return version in published_versions(Workbook.of(session.book).rows("tblPlan"))


def _fill(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def _filler(content: bytes) -> Callable[[Path], None]:
    return lambda beside: _fill(beside, content)
