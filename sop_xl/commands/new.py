"""New: an empty S&OP workbook from the template."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import xlwings as xw

from sop_xl.buckets import bucket_of, shift
from sop_xl.commands.cycle import today
from sop_xl.commands.outcome import Outcome, Progress, silent
from sop_xl.errors import WorkbookError
from sop_xl.hosts.atomic import atomic_write
from sop_xl.hosts.session import open_book
from sop_xl.workbook.read import Workbook
from sop_xl.workbook.template import template_path


def new(path: Path, *, company: str | None = None, first_bucket: date | None = None) -> Outcome:
    """Make an empty workbook.

    Args:
        path: the file to make; it must not exist.
        company: name on the cycle card.
        first_bucket: a day in the first bucket to plan; without it, the current month.
    """
    if path.suffix.lower() != ".xlsx":
        raise WorkbookError(
            f"{path.name} does not end in .xlsx.", "Give the new workbook a name ending in .xlsx."
        )
    if path.exists():
        raise WorkbookError(f"{path} exists already.", "Choose another name, or move the old workbook away.")
    if not path.parent.exists():
        raise WorkbookError(f"The folder {path.parent} does not exist.", "Make it first.")
    atomic_write(path, lambda beside: _copy(beside, company, first_bucket), backup=False)
    outcome = Outcome("new", changed=False)
    outcome.say(f"Made {path.name}. Next: fill in the card on Home, then load the data.")
    outcome.data = {"workbook": str(path)}
    return outcome


def new_open(book: xw.Book, path: Path, progress: Progress = silent) -> Outcome:
    """Make an empty workbook and open it in the program that holds ``book``."""
    progress(f"Making {path.name}", 0.0)
    outcome = new(path)
    progress(f"Opening {path.name}", 0.8)
    book.app.books.open(str(path))
    return outcome


def _copy(path: Path, company: str | None, first_bucket: date | None) -> None:
    shutil.copyfile(template_path(), path)
    day = first_bucket or shift(bucket_of(today().date()), 0, "month").start
    with open_book(path) as session:
        set_current_bucket(Workbook.of(session.book), day)
        if company:
            Workbook.of(session.book).set_field("Home_Company", company)
        session.save()
    backup = path.with_name(f"{path.stem}.bak{path.suffix}")
    backup.unlink(missing_ok=True)


def set_current_bucket(workbook: Workbook, day: date) -> None:
    """Set the current bucket and the cycle named after it."""
    from datetime import datetime

    workbook.set_field("Home_FirstBucket", datetime(day.year, day.month, day.day))
    workbook.set_field("Home_Cycle", f"{day:%Y-%m}")
