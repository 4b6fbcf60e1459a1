"""The history of what people typed over the plan: found by comparison, shown on Changes, kept in the plan store."""

from __future__ import annotations

import getpass
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xlwings as xw

from sop_xl.commands.outcome import Outcome, Progress, counted, silent
from sop_xl.errors import SopError, WorkbookError
from sop_xl.model import PlanInput
from sop_xl.process.input_changes import InputChange, Place, input_changes, typed_inputs
from sop_xl.workbook import layout
from sop_xl.workbook.read import Workbook
from sop_xl.workbook.write import write_table

if TYPE_CHECKING:
    from sop_xl.store.store import Store

#: Changes that stay on the sheet; those that are not in the plan store yet stay in any case.
SHOWN = 200
#: Seconds to wait for others who write into the store.
WAIT = 2.0
ACTION = "inputs changed"
#: Label of a row of the planning views <-> its key.
LABELS = {row.key: row.label for view in layout.VIEWS.values() for row in view.rows if row.role == "input"}
KEYS = {label: key for key, label in LABELS.items()}
Line = dict[str, Any]


def note_changes(
    workbook: Workbook,
    given: PlanInput,
    outcome: Outcome,
    known: bool,
    now: datetime,
    *,
    reason: str = "",
    keep: bool = True,
) -> None:
    """Find what was typed since the last command, show it on Changes, and keep it in the plan store.

    Without a store, or where it cannot be reached, the changes wait in the workbook for the next command.

    Args:
        given: the inputs as they are now.
        outcome: of the command that looks.
        known: whether an earlier command has looked already; else everything typed so far is taken as known.
        reason: of all changes found now, where a command typed them.
        keep: whether what waits goes into the plan store now.
    """
    lines = _lines(workbook)
    if known:
        found = input_changes(_known(workbook), given)
        lines[:0] = [_line(change, now, outcome.command, reason) for change in reversed(found)]
    waiting = [line for line in lines if _waits(line)]
    if waiting and keep:
        why = _keep(workbook, waiting, outcome.command)
        for line in waiting if not why else ():
            line["Kept"] = "R" if line["Reason"] else "Y"
        if why and any(not line["Kept"] for line in waiting):
            outcome.say(f"{counted(len(waiting), 'change')} typed over the plan: kept on Changes. {why}")
    kept = [line for i, line in enumerate(lines) if i < SHOWN or _waits(line)]
    headers = layout.TABLES["tblChanges"].headers
    write_table(workbook, "tblChanges", [[line[header] for header in headers] for line in kept])
    write_table(
        workbook,
        "tblKnownInputs",
        [[LABELS[place.measure], *place[1:], value] for place, value in typed_inputs(given).items()],
    )


def history(book: xw.Book, last: int, progress: Progress = silent, path: Path | None = None) -> Outcome:
    """What was typed over the plan, by whom and when, oldest first; changes nothing.

    Args:
        last: how many changes to tell, the newest.
        path: the workbook's file, where it is known better than by the workbook.
    """
    progress("Reading the history", 0.2)
    outcome = Outcome("history", changed=False)
    workbook = Workbook.of(book)
    waiting = [line for line in _lines(workbook) if not line["Kept"]]
    stored, why = _stored(workbook, path)
    found = [*stored, *map(_detail, reversed(waiting))]
    for line in found[-last:]:
        outcome.say(_told(line))
    if not found:
        outcome.say("Nothing was typed over the plan yet.")
    if why:
        outcome.say(why)
    if waiting:
        outcome.say(
            f"{counted(len(waiting), 'change')} not in the plan store yet; the next command keeps them."
        )
    outcome.data = {"changes": found[-last:], "waiting": len(waiting), "total": len(found)}
    return outcome


# ---- the workbook --------------------------------------------------------------------------------------------


def _lines(workbook: Workbook) -> list[Line]:
    rows = workbook.rows("tblChanges")
    return [
        {header: rows[header][i] for header in layout.TABLES["tblChanges"].headers} for i in range(len(rows))
    ]


def _known(workbook: Workbook) -> dict[Place, float]:
    rows = workbook.rows("tblKnownInputs")
    columns = (rows[header] for header in layout.TABLES["tblKnownInputs"].headers)
    return {
        Place(KEYS[measure], family, bucket): value
        for measure, family, bucket, value in zip(*columns, strict=True)
        if measure in KEYS and isinstance(bucket, date) and isinstance(value, float)
    }


def _line(change: InputChange, now: datetime, command: str, reason: str) -> Line:
    place = change.place
    return {
        "At": f"{now:%Y-%m-%d %H:%M}",
        "By": getpass.getuser(),
        "Measure": LABELS[place.measure],
        "Family": place.family,
        "Bucket": place.bucket,
        "Old": change.old,
        "New": change.new,
        "Difference": change.difference,
        "Part": change.part,
        "Found by": command,
        "Reason": reason or None,
        "Kept": None,
    }


def _waits(line: Mapping[str, Any]) -> bool:
    return not line["Kept"] or (line["Kept"] == "Y" and bool(line["Reason"]))


# ---- the plan store ------------------------------------------------------------------------------------------


def _keep(workbook: Workbook, lines: list[Line], command: str) -> str:
    """Add changes to the history of the store, oldest first; returns why that was not possible."""
    try:
        from sop_xl.commands.plan_store import place_for
        from sop_xl.store.store import open_store

        path = _file(workbook)
        place = place_for(workbook, path)
        if place.file is not None and not place.file.exists():
            return "The plan store, made by the first publish, will keep them."
        with open_store(place, wait=WAIT) as store:
            news = _not_told_yet(store, path, reversed(lines))
            if news:
                store.history.record(
                    getpass.getuser(), ACTION, path.name, {"command": command, "changes": news}
                )
    except (SopError, OSError, ImportError) as problem:
        return f"The plan store cannot keep them now: {getattr(problem, 'message', problem)}"
    return ""


def _not_told_yet(store: Store, path: Path, lines: Iterable[Line]) -> list[Line]:
    """Changes without those that the store knows: a workbook that went back to an earlier state finds them again."""
    last: dict[tuple[Any, ...], Any] = {}
    for entry in store.history.entries(subject=path.name):
        if entry.action == ACTION:
            for told in entry.detail.get("changes", []):
                last[told.get("measure"), told.get("family"), told.get("bucket")] = told.get("new")
    news = []
    for line in lines:
        told = _detail(line)
        place = told["measure"], told["family"], told["bucket"]
        # A reason that was given later is news, though the number is none.
        if line["Kept"] or place not in last or last[place] != told["new"]:
            news.append(told)
            last[place] = told["new"]
    return news


def record_reverted(
    store: Store,
    path: Path,
    now: Mapping[Place, float],
    before: Mapping[Place, float],
    at: datetime,
    by: str,
    reason: str,
) -> None:
    """Keep in the store that overrides went back with a revert, as changes that have this reason."""
    changes = [InputChange(p, now.get(p), before.get(p)) for p in sorted({**now, **before})]
    lines = [
        _detail({**_line(change, at, "revert", reason), "By": by})
        for change in changes
        if change.old != change.new
    ]
    store.history.record(by, ACTION, path.name, {"command": "revert", "changes": lines})


def _file(workbook: Workbook) -> Path:
    """The workbook's file, for the store beside it."""
    try:
        return Path(workbook.book.fullname)
    except (
        Exception
    ) as problem:  # what xlwings raises for an address on the net that is no folder of this machine
        raise WorkbookError(
            f"{workbook.book.name} is not in a folder of this computer or network."
        ) from problem


def _stored(workbook: Workbook, path: Path | None) -> tuple[list[Line], str]:
    """Changes in the store, oldest first; a reason given later stands with its change. And why there are none."""
    try:
        from sop_xl.commands.plan_store import place_for
        from sop_xl.store.store import open_store

        place = place_for(workbook, path or _file(workbook))
        if place.file is not None and not place.file.exists():
            return [], ""
        with open_store(place, wait=WAIT) as store:
            entries = store.history.entries()
    except (SopError, OSError, ImportError) as problem:
        return [], f"The plan store cannot be read now: {getattr(problem, 'message', problem)}"
    found: dict[tuple[Any, ...], Line] = {}
    for entry in entries:
        if entry.action == ACTION:
            for line in entry.detail.get("changes", []):
                key = tuple(
                    line.get(word) for word in ("at", "by", "measure", "family", "bucket", "old", "new")
                )
                found.setdefault(key, {}).update(line)
    return list(found.values()), ""


def _detail(line: Mapping[str, Any]) -> Line:
    """A line of tblChanges as the store keeps it."""
    return {
        "at": line["At"],
        "by": line["By"],
        "measure": line["Measure"],
        "family": line["Family"],
        "bucket": f"{line['Bucket']:%Y-%m-%d}",
        "old": line["Old"],
        "new": line["New"],
        "difference": line["Difference"],
        "part": line["Part"],
        "found_by": line["Found by"],
        "reason": line["Reason"] or "",
    }


def _told(line: Mapping[str, Any]) -> str:
    def number(value: float | None) -> str:
        return "nothing" if value is None else f"{value:,.6g}"

    moved = "" if line["difference"] is None else f"{line['difference']:+,.6g}"
    part = "" if line["part"] is None else f", {line['part']:+.1%}"
    effect = f" ({moved}{part})" if moved else ""
    reason = f" Reason: {line['reason']}" if line["reason"] else ""
    return (
        f"{line['at']} {line['by']}: {line['family']}, {line['measure'].lower()}, {line['bucket']}: "
        f"{number(line['old'])} to {number(line['new'])}{effect}.{reason}"
    )
