"""Revert: the workbook as it was before the last command."""

from __future__ import annotations

import shutil
from pathlib import Path

from sop_xl.commands.outcome import Outcome
from sop_xl.errors import WorkbookError
from sop_xl.hosts.atomic import atomic_write, backup_path
from sop_xl.hosts.recognise import check_not_open_elsewhere, check_workbook_file, check_writable
from sop_xl.hosts.session import open_book
from sop_xl.workbook.read import Workbook

#: Seconds between keeping the version before and swapping in the new one, on a slow disk.
SWAP = 10.0


def revert(path: Path) -> Outcome:
    """Put back what the last command replaced, the whole file as it was; revert again to undo that.

    Every command that saves keeps the version before as ``name.bak.xlsx``: that one comes back, and the present
    one takes its place.

    Args:
        path: the workbook file.
    Raises:
        WorkbookError: there is nothing to go back to, somebody changed the workbook since, or a version was
            published, which others may have linked to.
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
    now, before = _said(path), _said(kept)
    if now[0] != before[0]:
        raise WorkbookError(
            f"Version {now[0]} was published: others may have linked to it.",
            "Correct the plan and publish again.",
        )
    atomic_write(path, lambda fresh: _copy(kept, fresh))
    outcome = Outcome("revert", changed=False)
    undone = f" (undone: {now[1]})" if now[1] and now[1] != before[1] else ""
    outcome.say(f"{path.name} is as it was before it was last saved{undone}.")
    outcome.say("Revert again to get that back.")
    outcome.data = {"workbook": str(path), "taken_back": now[1]}
    return outcome


def _copy(kept: Path, fresh: Path) -> None:
    shutil.copyfile(kept, fresh)


def _said(path: Path) -> tuple[object, str | None]:
    """Version that is published last, and the last words of a command."""
    with open_book(path, read_only=True) as session:
        workbook = Workbook.of(session.book)
        words = workbook.named("Home_Log").options(ndim=1).value[0]
        return workbook.field("Home_Version"), words or None
