"""Scenarios in the plan store, where others find them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sop_xl.commands.outcome import Outcome
from sop_xl.commands.plan_store import place_for
from sop_xl.process.scenarios import ScenarioPlan
from sop_xl.store.errors import StoreConflict, StoreUnavailable
from sop_xl.workbook.plan_table import lines_of
from sop_xl.workbook.read import Workbook

if TYPE_CHECKING:
    from sop_xl.store.store import Store

WAIT = 2.0


@contextmanager
def store_of(workbook: Workbook, path: Path | None) -> Iterator[Store]:
    """The plan store of a workbook, open."""
    from sop_xl.store.store import open_store

    with open_store(place_for(workbook, path or Path(workbook.book.fullname)), wait=WAIT) as store:
        yield store


def share(
    workbook: Workbook,
    path: Path | None,
    saved: tuple[str, str, str, str, str],
    target: ScenarioPlan,
    seen: int,
    outcome: Outcome,
) -> int:
    """Save a scenario in the plan store, for others; returns its revision there, 0 where there is no store."""
    name, rules, note, by, state = saved
    base = str(workbook.field("Home_Version") or "")
    try:
        with store_of(workbook, path) as store:
            if seen and store.scenarios.find(name, seen) is None:
                seen = 0  # it was saved in another store
            head = store.scenarios.find(name)
            if head and not seen and head.state == "DROPPED":
                seen = head.revision  # a name that nobody uses any more
            kept = store.scenarios.save(
                name, _lines(target), by, seen, base=base, state=state, note=f"{rules}\n{note}".rstrip()
            )
    except StoreConflict as conflict:
        raise StoreConflict(
            conflict.message,
            f"Take theirs with: sop-xl scenario take WORKBOOK {name}; or save yours under another name.",
        ) from conflict
    except StoreUnavailable as problem:
        outcome.say(f"Kept in this workbook only: {problem.message}")
        return 0
    outcome.say(f"Shared in the plan store as revision {kept.revision}.")
    return kept.revision


def _lines(target: ScenarioPlan) -> list[list[Any]]:
    """The lines of the plan, each bucket at its own prices."""
    lines = []
    for part, where in target.parts:
        buckets = part.given.horizon.planned
        ends = {bucket.end for bucket, holds in zip(buckets, where, strict=True) if holds}
        lines += [line[1:] for line in lines_of(part, "") if line[3] in ends]
    return lines
