"""Signatures of the steps: in tblSteps on Home, and in the plan store where one can be reached.

The later word counts. A row that belongs to another cycle, or that was never signed by a command, is open.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xlwings as xw

from sop_xl.commands.plan_store import local_time, place_for
from sop_xl.errors import WorkbookError
from sop_xl.process.gates import Step
from sop_xl.store.errors import StoreConflict, StoreError
from sop_xl.store.place import Place
from sop_xl.workbook import layout
from sop_xl.workbook.read import Workbook, as_text

if TYPE_CHECKING:
    from sop_xl.store.signoffs import Signoff

#: Between the reason and the mark in the note of a signature in the store.
_MARK = re.compile(r"(.*?)\s*\[mark ([0-9a-f]{12})\]", re.DOTALL)
_NUMBER = re.compile(r"\s*(\d+)")


def cycle_name(typed: object) -> str:
    """The cycle as text, also where Excel took what was typed for a date or a number.

    >>> cycle_name("2026-12"), cycle_name(datetime(2026, 12, 1)), cycle_name(202612.0), cycle_name(None)
    ('2026-12', '2026-12', '202612', '')
    """
    if isinstance(typed, datetime):
        return f"{typed:%Y-%m}"
    return as_text(typed) or ""


def cycle_of(workbook: Workbook) -> str:
    """The cycle on Home; without one, the month of the current bucket."""
    return cycle_name(workbook.field("Home_Cycle")) or f"{workbook.horizon().planned[0].end:%Y-%m}"


def required(workbook: Workbook) -> bool:
    """Whether the card asks for sign-offs; workbooks of earlier versions do not know the field."""
    return workbook.has_name("Home_SignOffs") and workbook.choice_field("Home_SignOffs") == "Y"


class Signatures:
    """The steps of the current cycle in a workbook."""

    def __init__(self, workbook: Workbook, cycle: str) -> None:
        self.workbook, self.cycle = workbook, cycle
        rows = workbook.rows("tblSteps")
        place = workbook.place("tblSteps")
        sheet = workbook.book.sheets[place.sheet]
        self._row: dict[int, int] = {}
        found: dict[int, Step] = {}
        for i, row in enumerate(rows.numbers):
            name = str(rows["Step"][i] or "")
            match = _NUMBER.match(name)
            number = int(match[1]) if match else 0
            if number in found or not 1 <= number <= len(layout.STEPS):
                continue
            self._row[number] = row
            if rows["Cycle"][i] != cycle:
                found[number] = Step(number, name)
                continue
            at = sheet.range((row, place.columns["Signed at"])).value
            found[number] = Step(
                number,
                name,
                str(rows["State"][i] or "OPEN").upper(),
                rows["Signed by"][i] or "",
                _to_the_second(at),
                rows["Note"][i] or "",
                rows["Mark"][i] or "",
            )
        lost = [name for i, (name, *_) in enumerate(layout.STEPS, 1) if i not in found]
        if lost:
            raise WorkbookError(
                f"tblSteps on sheet {place.sheet} has no row {', '.join(lost)}.",
                "Give every step a row that begins with its number.",
            )
        self.steps = [found[number] for number in sorted(found)]

    def named(self, text: str) -> Step:
        """The step that a planner means: its number, or a part of its name.

        Raises:
            WorkbookError: none or several are meant.
        """
        wanted = text.strip().lower()
        meant = [step for step in self.steps if wanted == str(step.number)] or [
            step for step in self.steps if wanted and wanted in step.name.lower()
        ]
        if len(meant) != 1:
            raise WorkbookError(
                f"{text!r} names {'no step' if not meant else 'several steps'}.",
                f"The steps are: {', '.join(step.name for step in self.steps)}.",
            )
        return meant[0]

    def take(self, changed: Sequence[Step]) -> None:
        """Replace steps by what they are now."""
        by_number = {step.number: step for step in changed}
        self.steps = [by_number.get(step.number, step) for step in self.steps]

    def put(self) -> None:
        """Write the steps into the workbook; rows that were signed in another cycle are opened by it."""
        place = self.workbook.place("tblSteps")
        sheet = self.workbook.book.sheets[place.sheet]
        if not isinstance(self.workbook.field("Home_Cycle"), str):
            self.workbook.set_field("Home_Cycle", self.cycle)  # the formula under the steps compares texts
        for step in self.steps:
            signed = step.at is not None
            values: dict[str, Any] = {
                "State": step.state,
                "Signed by": _text(step.by),
                "Signed at": step.at,
                "Cycle": _text(self.cycle) if signed else None,
                "Note": _text(step.note),
                "Mark": _text(step.mark),
            }
            for header, value in values.items():
                if header in place.columns:
                    sheet.range((self._row[step.number], place.columns[header])).value = value


def begin_cycle(workbook: Workbook) -> None:
    """Open the steps that still show the signatures of an earlier cycle."""
    cycle = cycle_of(workbook)
    if workbook.has("tblSteps") and any(
        signed not in (None, cycle) for signed in workbook.rows("tblSteps")["Cycle"]
    ):
        Signatures(workbook, cycle).put()


def _to_the_second(value: Any) -> datetime | None:
    """A time as a spreadsheet gives it, without the noise of its last digits."""
    if not isinstance(value, datetime):
        return None
    return (value + timedelta(milliseconds=500)).replace(microsecond=0)


def _text(value: str) -> str | None:
    """Text that stays text, whatever it looks like."""
    return f"'{value}" if value else None


def path_of(book: xw.Book) -> Path | None:
    """Where a workbook is saved, None where that is no folder of this computer or network."""
    try:
        path = Path(book.fullname)
        return path if path.is_absolute() and path.parent.is_dir() else None
    except Exception:  # what xlwings raises for an address on the net that is no folder of this machine
        return None


def store_place(workbook: Workbook, path: Path | None) -> Place | None:
    """Where the store of a workbook is, None where there is none yet."""
    if path is None:
        return None
    place = place_for(workbook, path)
    return None if place.file and not place.file.is_file() else place


def follow_store(signatures: Signatures, place: Place | None) -> list[str]:
    """Take over what was signed elsewhere since; returns what to say about it."""
    from sop_xl.store.store import open_store

    if place is None:
        return []
    try:
        with open_store(place) as store:
            kept = store.signoffs.of(signatures.cycle)
    except StoreError as error:
        return [f"The plan store is out of reach, the workbook alone counts: {error.message}"]
    newer = [
        word
        for step in signatures.steps
        if (word := word_of(kept, step))
        and not same_word(word, step)
        and (step.at is None or _later(word, step))
    ]
    if newer:
        signatures.take(newer)
        signatures.put()
    return [f"From the plan store: step {step.name} is {step.state} by {step.by}." for step in newer]


def keep_in_store(signatures: Signatures, place: Place | None, fresh: Sequence[Step] = ()) -> list[str]:
    """Keep in the store what it does not know yet; returns what to say about it.

    Args:
        fresh: what was signed just now. The store was read before, so that it is the later word.
    Raises:
        StoreConflict: somebody else spoke at the same moment.
    """
    from sop_xl.store.store import open_store

    if place is None:
        return []
    now = {step.number for step in fresh}
    try:
        with open_store(place) as store:
            kept = store.signoffs.of(signatures.cycle)
            for step in signatures.steps:
                word = word_of(kept, step)
                if step.at is None or (word and same_word(word, step)):
                    continue
                if word is None or step.number in now or not _later(word, step):
                    note = f"{step.note} [mark {step.mark}]" if step.mark else step.note
                    seen = kept[str(step.number)].revision if word else 0
                    store.signoffs.sign(signatures.cycle, str(step.number), step.state, step.by, seen, note)
    except StoreConflict:
        raise
    except StoreError as error:
        return [f"The plan store is out of reach, the sign-off stands in the workbook alone: {error.message}"]
    return []


def word_of(kept: Mapping[str, Signoff], step: Step) -> Step | None:
    """What the store says of a step, as a step."""
    word = kept.get(str(step.number))
    if word is None:
        return None
    match = _MARK.fullmatch(word.note)
    note, mark = (match[1], match[2]) if match else (word.note, "")
    at = local_time(word.signed_at)
    return Step(step.number, step.name, word.state, word.signed_by, at, note, mark)


def same_word(one: Step, other: Step) -> bool:
    """Whether two words on a step say the same, whenever they were said."""
    return replace(one, at=None) == replace(other, at=None)


def _later(word: Step, step: Step) -> bool:
    return word.at is not None and step.at is not None and word.at > step.at
