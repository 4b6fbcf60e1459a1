"""The plan store from the command line: ``sop-xl store init|verify|status|versions``."""

from __future__ import annotations

import argparse
import contextlib
import getpass
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sop_xl.commands.outcome import Outcome, counted
from sop_xl.commands.publication import finish_interrupted
from sop_xl.hosts.session import open_book
from sop_xl.store.errors import StoreDamaged, StoreUnavailable
from sop_xl.store.place import Place, find, keep, place_of
from sop_xl.workbook.read import Workbook

if TYPE_CHECKING:
    from sop_xl.store.plans import Version
    from sop_xl.store.store import Store

WORKBOOKS = (".xlsx", ".xlsm")


def place_for(workbook: Workbook, path: Path) -> Place:
    """Where the store of a workbook is; workbooks of earlier versions have no field for it."""
    on_home = workbook.field("Home_Store") if workbook.has_name("Home_Store") else None
    place = find(path, str(on_home or ""))
    assert place is not None
    return place


def named_place(text: str | None) -> Place:
    """The store that a word of the command line names: by its workbook, by its place, or not at all."""
    if text is None:
        place = find()
        if place is None:
            raise StoreUnavailable(
                "No plan store is set up on this computer.", "Name a workbook or the place of a store."
            )
        return place
    path = Path(text)
    if path.suffix.lower() in WORKBOOKS:
        with open_book(path, read_only=True) as session:
            return place_for(Workbook.of(session.book), path.absolute())
    return place_of(text, "the command line", Path.cwd())


def init(text: str | None, company: str | None, by: str) -> Outcome:
    """Make a store or bring it up to date, and use it on this computer from now on."""
    from sop_xl.store.store import open_store, set_up

    place = named_place(text)
    outcome = Outcome("store init", changed=False)
    made = 1 in (done := set_up(place, by))
    said = (
        "Made the plan store"
        if made
        else "Brought up to date:"
        if done
        else "There is already a plan store in"
    )
    outcome.say(f"{said} {place.shown}.")
    if company is not None:
        with open_store(place) as store:
            store.rename_company(company, by)
        outcome.say(f"It keeps the plans of {company}.")
    if text is not None:
        settings = keep(place)
        outcome.say(f"Workbooks and SOP_PLAN use it on this computer from now on ({settings}).")
    outcome.data = {"store": place.shown, "steps": done}
    return outcome


def verify(text: str | None, noted: str) -> Outcome:
    """Compare everything in the store with its hashes.

    Raises:
        StoreDamaged: something was changed by other means; lists everything that was found.
    """
    outcome = Outcome("store verify", changed=False)
    with _opened(text, outcome) as store:
        report = store.verify(noted)
        place = store.place.shown
    if report.problems:
        raise StoreDamaged(
            f"{place} is not as it was written:\n" + "\n".join(f"  {problem}" for problem in report.problems),
            "\nFind out who changed it; restore it from a copy.",
        )
    outcome.say(
        f"{place} is as it was written: {counted(report.versions, 'published version')}, "
        f"{counted(report.entries, 'entry', 'entries')} of history."
    )
    outcome.say(f"Note the last hash elsewhere to prove it later (verify --noted): {report.head}")
    outcome.data = {
        "store": place,
        "versions": report.versions,
        "entries": report.entries,
        "head": report.head,
    }
    return outcome


def status(text: str | None) -> Outcome:
    """Where the store is, what it keeps, and what was interrupted."""
    outcome = Outcome("store status", changed=False)
    with _opened(text, outcome) as store:
        versions, interrupted = store.plans.versions(), store.plans.interrupted()
        scenarios = store.scenarios.all()
        outcome.say(f"{store.place.shown} ({store.place.origin}), {store.database.kind}.")
        company = store.company()
        outcome.say(
            f"{counted(len(versions), 'published version')}{f' of {company}' if company else ''}, "
            f"{counted(len(scenarios), 'scenario')}."
        )
        if versions:
            outcome.say(f"Plan of record: {_line(versions[-1])}")
        for version in interrupted:
            outcome.say(
                f"Not finished: version {version.version} by {version.published_by} from {version.workbook}. "
                "Any command on that workbook finishes it or takes it back."
            )
        outcome.data = {
            "store": store.place.shown,
            "origin": store.place.origin,
            "kind": store.database.kind,
            "company": company,
            "versions": len(versions),
            "scenarios": len(scenarios),
            "latest": versions[-1].version if versions else None,
            "interrupted": [version.version for version in interrupted],
        }
    return outcome


def versions(text: str | None) -> Outcome:
    """Every published version, newest first."""
    outcome = Outcome("store versions", changed=False)
    with _opened(text, outcome) as store:
        found = list(reversed(store.plans.versions()))
    for version in found:
        outcome.say(_line(version))
    if not found:
        outcome.say("Nothing is published yet.")
    outcome.data = {"versions": [vars(version) for version in found]}
    return outcome


def local_time(at: str) -> datetime:
    """A time of the store as the clock on the wall shows it, to the second."""
    return datetime.fromisoformat(at).astimezone().replace(tzinfo=None, microsecond=0)


def _line(version: Version) -> str:
    return (
        f"{version.version:<12} published {local_time(version.published_at):%Y-%m-%d %H:%M} by {version.published_by}, "
        f"{counted(version.line_count, 'line')}, {version.content_hash[:12]}"
    )


@contextlib.contextmanager
def _opened(text: str | None, outcome: Outcome) -> Iterator[Store]:
    """The store that the command line names; what its workbook's last publication left is settled first."""
    from sop_xl.store.store import open_store

    if text and Path(text).suffix.lower() in WORKBOOKS and Path(text).is_file():
        outcome.lines += finish_interrupted(Path(text).absolute(), getpass.getuser()).said
    with open_store(named_place(text)) as store:
        yield store


def carry_out(options: argparse.Namespace) -> Outcome:
    """Run the part of ``sop-xl store`` that was asked for."""
    if options.part == "init":
        return init(options.place, options.company, getpass.getuser())
    if options.part == "verify":
        return verify(options.place, options.noted)
    parts: dict[str, Callable[[str | None], Outcome]] = {"status": status, "versions": versions}
    return parts[options.part](options.place)
