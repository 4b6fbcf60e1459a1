"""Revert: the workbook as it was before the last command, in a file and in a workbook that is open."""

from __future__ import annotations

import getpass
import hashlib
import shutil
from pathlib import Path

import xlwings as xw

from sop_xl.commands.kept_contents import Kept, Place, take_back, version_of
from sop_xl.commands.outcome import Outcome, Progress, counted, silent
from sop_xl.commands.revert_store import Facts, facts_of, put_revisions, settle
from sop_xl.commands.signatures import path_of
from sop_xl.errors import WorkbookError
from sop_xl.hosts.atomic import atomic_write, backup_path
from sop_xl.hosts.contents import BookContents, read_contents, write_contents
from sop_xl.hosts.recognise import check_not_open_elsewhere, check_workbook_file, check_writable
from sop_xl.hosts.session import open_book
from sop_xl.hosts.styles_of_sheets import keep_copy
from sop_xl.workbook.read import Workbook

#: Seconds between keeping the version before and swapping in the new one, on a slow disk.
SWAP = 10.0
AGAIN = "Revert again to get that back."


# ---- a file ----------------------------------------------------------------------------------------------------


def revert(path: Path) -> Outcome:
    """Put back what the last command replaced, the whole file as it was; revert again to undo that.

    Every command that saves keeps the version before as ``name.bak.xlsx``: that one comes back, and the present
    one takes its place. The plan store, which forgets nothing, is told (`revert_store`).

    Args:
        path: the workbook file.
    Raises:
        WorkbookError: there is nothing to go back to, somebody changed the workbook since, or a version was
            published, which others may have linked to.
        StoreConflict: somebody else signed the step since.
        HostError: the file is open elsewhere, or cannot be written.
    """
    path = path.absolute()
    check_workbook_file(path)
    check_writable(path)
    check_not_open_elsewhere(path)
    kept = backup_path(path.resolve())
    if not kept.exists():
        raise WorkbookError(
            f"There is no {kept.name} to go back to.", "Only the last command can be reverted."
        )
    if path.stat().st_mtime > kept.stat().st_ctime + SWAP:
        raise WorkbookError(
            f"{path.name} was changed after the last command; reverting would lose that.",
            f"If you want the older one, copy {kept.name} over it yourself.",
        )
    check_workbook_file(kept)
    with open_book(path, read_only=True) as session:
        now, version = facts_of(Workbook.of(session.book)), version_of(session.book)
    with open_book(kept, read_only=True) as session:
        workbook = Workbook.of(session.book)
        before = facts_of(workbook)
        _refuse_to_unpublish(version, version_of(session.book))
        said, revisions = settle(workbook, path, now, before, getpass.getuser())
    atomic_write(path, lambda fresh: _copy(kept, fresh, revisions))
    return _outcome(path.name, now, before, said, str(path))


def _copy(kept: Path, fresh: Path, revisions: dict[str, int]) -> None:
    shutil.copyfile(kept, fresh)
    if revisions:
        with open_book(fresh) as session:
            put_revisions(Workbook.of(session.book), revisions)
            session.book.impl.keep_read_values = True
            session.book.impl.write(fresh)


# ---- an open workbook ------------------------------------------------------------------------------------------


def revert_open(book: xw.Book, progress: Progress = silent) -> Outcome:
    """Put back, in a workbook that is open in Excel or Calc, what the last command replaced there; again to undo that.

    Cells, tables, names, cell styles and protection are as they were. What was typed since goes too, but not
    without a word: the first time it is refused.

    Raises:
        WorkbookError: there is nothing to go back to, a version was published, or cells were changed since.
        StoreConflict: somebody else signed the step since.
    """
    workbook, place = Workbook.of(book), Place(book)
    cut_off = place.get(running=True)
    kept = cut_off or place.get()
    if kept is None:
        raise WorkbookError(
            f"No command has changed {book.name} while it was open here.",
            "Only the last command can be reverted; one on the closed file with: sop-xl revert WORKBOOK",
        )
    progress("Comparing", 0.1)
    present = read_contents(book)
    marks = present.marks()
    if (marks, present.tables) == (kept.before.marks(), kept.before.tables) and (
        present.protected == kept.before.protected
    ):
        raise WorkbookError(
            f"{book.name} is as it was before the last command already.", "There is nothing to revert."
        )
    version = version_of(book)
    _refuse_to_unpublish(version, kept.version)
    if not cut_off:
        _ask(place, kept, marks)
    now = facts_of(workbook)
    progress("Putting back", 0.3)
    copy = place.copy(running=True)
    copied = (
        not cut_off
        and any(sheet.styles is None for sheet in present.sheets.values())
        and keep_copy(book, copy)
    )
    try:
        cells = take_back(book, kept, place, present, running=cut_off is not None)
        workbook = Workbook.of(book)
        before = facts_of(workbook)
        said, revisions = settle(workbook, path_of(book), now, before, getpass.getuser())
        put_revisions(workbook, revisions)
    except BaseException:
        write_contents(book, present, copy if copied else None)
        raise
    progress("Keeping what was there", 0.9)
    _swap(book, place, present, version, cut_off is not None)
    outcome = _outcome(book.name, now, before, said, book.name)
    outcome.lines.insert(1, f"{counted(cells, 'cell')} put back; the workbook is not saved by this.")
    if cut_off:
        outcome.lines.insert(0, f"{cut_off.command} was cut off in the middle.")
    return outcome


def _ask(place: Place, kept: Kept, marks: dict[str, str]) -> None:
    """What was typed since the command goes only if it is reverted a second time."""
    changed = [sheet for sheet, mark in marks.items() if kept.after.get(sheet) != mark]
    mark = hashlib.sha256(repr(sorted(marks.items())).encode()).hexdigest()
    if not changed or kept.asked == mark:
        return
    kept.asked = mark
    place.put(kept)
    raise WorkbookError(
        f"Changed since {kept.command}: {', '.join(changed)}. Reverting takes that back too.",
        "Revert once more to do so all the same; a further Revert brings everything back.",
    )


def _swap(book: xw.Book, place: Place, present: BookContents, version: str, cut_off: bool) -> None:
    """What stood there until now is the step back from here."""
    if cut_off:
        # What an interrupted command left is not worth going back to.
        place.forget(running=True)
        place.forget()
        return
    place.put(Kept("revert", present, version, after=read_contents(book).marks()), running=True)
    place.settle()


# ---- both ------------------------------------------------------------------------------------------------------


def _refuse_to_unpublish(now: str, before: str) -> None:
    if now != before:
        raise WorkbookError(
            f"Version {now} was published: others may have linked to it.",
            "Correct the plan and publish again.",
        )


def _outcome(name: str, now: Facts, before: Facts, said: list[str], workbook: str) -> Outcome:
    outcome = Outcome("revert", changed=False)
    undone = f" (undone: {now.said})" if now.said and now.said != before.said else ""
    outcome.say(f"{name} is as it was before the last command{undone}.")
    outcome.lines += [*said, AGAIN]
    outcome.data = {"workbook": workbook, "taken_back": now.said or None}
    return outcome
