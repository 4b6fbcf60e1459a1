"""What a button of the ribbon runs: a command on the workbook that is active in Excel.

Excel calls `run` through xlwings. What a command found, and why it refused, is told in a message box; while it
works, the status bar says what is being done.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

import xlwings as xw

from sop_xl.checks import Issue, errors
from sop_xl.commands.catalogue import Command, command
from sop_xl.commands.outcome import REFUSALS, Outcome
from sop_xl.errors import ChecksFailed

log = logging.getLogger("sop_xl.ribbon")

#: Lines of a message box; more would not fit on a screen.
MAX_LINES = 18
MAX_LINE = 160

#: Shows a text; ``mode`` is "info" or "critical".
Tell = Callable[[str, str], object]


def run(name: str, path_hex: str = "", book: xw.Book | None = None, tell: Tell | None = None) -> bool:
    """Run a command and tell what came of it; no failure of the command is raised.

    Args:
        name: of the command, as on the command line.
        path_hex: the file chosen, as hexadecimal UTF-16; empty where none is asked for.
        book: the workbook; without it, the one that is active in Excel.
        tell: shows the message; without it, a message box of Excel.
    Returns:
        Whether the command was carried out.
    """
    book = book or xw.Book.caller()
    tell = tell or _box(book)
    try:
        path = Path(bytes.fromhex(path_hex).decode("utf-16-be")) if path_hex else None
        outcome = _carry_out(command(name), book, path)
    except ChecksFailed as failed:
        tell(_shown([str(failed), "", *map(str, failed.issues)]), "critical")
    except REFUSALS as refused:
        tell(_shown(str(refused).splitlines()), "critical")
    except Exception as fault:
        log.exception("%s failed", name)
        tell(
            _shown(
                [
                    f"{name} failed unexpectedly: {type(fault).__name__}: {fault}",
                    "The workbook is as it was; please report this.",
                ]
            ),
            "critical",
        )
    else:
        tell(_shown([*outcome.lines, *_listed(outcome.issues)]), "info")
        return True
    return False


def _carry_out(entry: Command, book: xw.Book, path: Path | None) -> Outcome:
    app = book.app

    def progress(what: str, done: float) -> None:
        app.status_bar = f"S&OP: {what} … {done:.0%}"

    from sop_xl.commands.kept_contents import is_ours, kept_before
    from sop_xl.commands.protect import unlocked

    function = entry.load()
    if entry.asks is not None and path is None:
        raise ValueError(f"{entry.name} needs a file")
    # These two mind the protection of the sheets themselves.
    opens = entry.name in ("protect", "revert")
    keeps = not (entry.only_reads or entry.anywhere or entry.name == "revert") and is_ours(book)
    keeping: AbstractContextManager[list[Outcome]] = (
        kept_before(book, entry.label) if keeps else nullcontext([])
    )
    opening: AbstractContextManager[None] = nullcontext() if opens else unlocked(book)
    with _quiet(app):
        progress(entry.label, 0.0)
        with keeping as outcomes:
            with opening:
                outcome: Outcome = function(book, *([path] if entry.asks else []), progress=progress)
            outcomes.append(outcome)
    return outcome


@contextmanager
def _quiet(app: xw.App) -> Iterator[None]:
    """No redrawing and no calculating while a command writes; afterwards everything is as it was."""
    before = app.screen_updating, app.calculation
    app.screen_updating, app.calculation = False, "manual"
    try:
        yield
    finally:
        app.screen_updating, app.calculation = before
        app.status_bar = False


def _listed(issues: list[Issue]) -> list[str]:
    """Errors first, then warnings."""
    bad = errors(issues)
    warnings = [issue for issue in issues if issue.severity == "warning"]
    return ["", *map(str, [*bad, *warnings])] if issues else []


def _shown(lines: list[str]) -> str:
    """A text that fits into a message box."""
    short = [line if len(line) <= MAX_LINE else line[: MAX_LINE - 1] + "…" for line in lines]
    if len(short) > MAX_LINES:
        more = len(short) - MAX_LINES
        short = [*short[:MAX_LINES], f"… and {more} more: save the workbook and run sop-xl check."]
    return "\n".join(short)


def _box(book: xw.Book) -> Tell:
    def tell(text: str, mode: str) -> object:
        return book.app.alert(text, title="S&OP", mode=mode)

    return tell
