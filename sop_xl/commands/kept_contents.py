"""What the last command replaced in a workbook that is open in Excel or Calc, kept beside it."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import xlwings as xw

from sop_xl.commands.outcome import Outcome
from sop_xl.commands.signatures import path_of
from sop_xl.hosts.atomic import atomic_write
from sop_xl.hosts.contents import BookContents, read_contents, write_contents
from sop_xl.hosts.styles_of_sheets import keep_copy
from sop_xl.store.errors import StoreError
from sop_xl.store.place import settings_file


class SavedInPart(StoreError):  # noqa: N818 - it says what is the matter
    """The workbook is saved with what the command did; only what follows from it is not done yet."""


@dataclass
class Kept:
    """One step back.

    Attributes:
        command: that replaced it.
        before: what stood in the workbook then.
        after: marks of the sheets as the command left them; empty while it runs, or where it was cut off.
        version: the published version then.
        asked: mark of the workbook for which somebody was told that more than the command would go.
    """

    command: str
    before: BookContents
    version: str
    after: dict[str, str] = field(default_factory=dict)
    asked: str = ""


class Place:
    """Where the step back of one workbook is kept."""

    def __init__(self, book: xw.Book) -> None:
        path = path_of(book)
        if path is not None:
            folder, stem = path.parent, path.stem
        else:
            # Never saved, or saved where no file can be put beside it.
            try:
                name = book.fullname
            except (
                Exception
            ):  # what xlwings raises for an address on the net that is no folder of this machine
                name = book.name
            folder, stem = settings_file().parent / "before", hashlib.sha256(name.encode()).hexdigest()[:16]
        self.suffix = Path(book.name).suffix or ".xlsx"
        self._folder, self._stem = folder, stem

    def file(self, running: bool = False) -> Path:
        """What is kept; while a command runs, in a file of its own."""
        return self._folder / f".{self._stem}_{'running' if running else 'before'}.json.gz"

    def copy(self, running: bool = False) -> Path:
        """A copy of the workbook, where the program does not tell its cell styles."""
        return self._folder / f".{self._stem}_{'running' if running else 'before'}{self.suffix}"

    def put(self, kept: Kept, running: bool = False) -> None:
        """Keep a step back in place of the one before."""
        plain: dict[str, Any] = {**vars(kept), "before": kept.before.plain()}
        text = gzip.compress(json.dumps(plain).encode(), 1)
        self._folder.mkdir(parents=True, exist_ok=True)
        atomic_write(self.file(running), lambda fresh: _fill(fresh, text), backup=False, verify=None)

    def get(self, running: bool = False) -> Kept | None:
        """The step back; None where there is none that can be read."""
        try:
            plain = json.loads(gzip.decompress(self.file(running).read_bytes()))
            return Kept(**{**plain, "before": BookContents.of(plain["before"])})
        except (OSError, EOFError, ValueError, KeyError, TypeError):
            return None

    def settle(self) -> None:
        """What was kept while a command ran is the step back now."""
        for of in (self.file, self.copy):
            if of(True).exists():
                of(True).replace(of())
            elif of is self.copy:
                of().unlink(missing_ok=True)

    def forget(self, running: bool = False) -> None:
        """Nothing can be taken back any more."""
        for of in (self.file, self.copy):
            with suppress(OSError):
                of(running).unlink(missing_ok=True)


def is_ours(book: xw.Book) -> bool:
    """Whether it is an S&OP workbook, of whatever version."""
    return "Home_Layout" in {name.name for name in book.names}


def version_of(book: xw.Book) -> str:
    """The version that was published last, as the workbook says."""
    try:
        return str(book.names["Home_Version"].refers_to_range.value or "")
    except Exception:  # a name that is gone is reported by the command that needs it
        return ""


@contextmanager
def kept_before(book: xw.Book, command: str) -> Iterator[list[Outcome]]:
    """Keep what stands in an open workbook while a command runs, for *Revert*; put it back when the command fails.

    The command puts its outcome into the list it is given.
    """
    place = Place(book)
    kept = Kept(command, read_contents(book), version_of(book))
    copy: Path | None = place.copy(running=True)
    place.put(kept, running=True)
    if any(sheet.styles is None for sheet in kept.before.sheets.values()):
        assert copy is not None
        copy.unlink(missing_ok=True)
        copy = copy if keep_copy(book, copy) else None
    else:
        copy = None
    outcomes: list[Outcome] = []
    try:
        yield outcomes
    except SavedInPart:
        place.settle()
        raise
    except BaseException:
        write_contents(book, kept.before, copy)
        place.forget(running=True)
        raise
    if not outcomes or not outcomes[0].changed:
        place.forget(running=True)
        return
    kept.after = read_contents(book).marks()
    place.put(kept, running=True)
    place.settle()


def _fill(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def take_back(book: xw.Book, kept: Kept, place: Place, present: BookContents, running: bool = False) -> int:
    """Write what was kept into the workbook; returns how many cells changed."""
    copy = place.copy(running)
    return write_contents(book, kept.before, copy if copy.exists() else None, present)
