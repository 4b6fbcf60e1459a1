"""Is everything as it was written? Looks for changes made by other means than this package."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from sop_xl.store import guards, scenarios, schema
from sop_xl.store.database import Database
from sop_xl.store.history import Entry, entry_of, hash_of_entry
from sop_xl.store.plans import Version, hash_now


@dataclass
class Report:
    """What was looked at, and every problem found, in sentences.

    Attributes:
        head: hash of the last entry of the history. Whoever notes it elsewhere can later prove that nothing
            before it was changed.
    """

    versions: int = 0
    entries: int = 0
    head: str = ""
    problems: list[str] = field(default_factory=list)


def verify(database: Database, noted: str = "") -> Report:
    """Compare everything with its hashes.

    Args:
        noted: the head of the history as it was noted earlier; it must still be part of the history.
    """
    report = Report()
    with database.reading() as connection:
        rows = connection.execute(sa.select(schema.history).order_by(schema.history.c.number)).all()
        _check_chain(connection, rows, report)
        entries = [entry_of(row) for row in rows]
        _check_versions(connection, entries, report)
        _check_scenarios(connection, entries, report)
        _check_signoffs(connection, entries, report)
        _check_guards(connection, report)
        if noted and noted not in {entry.hash for entry in entries}:
            report.problems.append(f"The history does not contain the entry {noted} that was noted earlier.")
    return report


def _check_chain(connection: sa.Connection, rows: Sequence[Sequence[Any]], report: Report) -> None:
    before = ""
    for expected, (number, at, by, action, subject, detail, previous, digest) in enumerate(rows, start=1):
        if number != expected:
            report.problems.append(f"The history has no entry {expected}; it was removed.")
            return
        if previous != before or digest != hash_of_entry(number, at, by, action, subject, detail, before):
            report.problems.append(f"Entry {number} of the history ({action} {subject}) was changed.")
            return
        before = digest
    report.entries, report.head = len(rows), before
    state = schema.state.c
    once, head = connection.execute(sa.select(state.history_number, state.history_hash)).one()
    if (once, head) != (len(rows), before):
        report.problems.append(f"The history ends at entry {len(rows)}, and once had {once}.")


def _check_versions(connection: sa.Connection, entries: list[Entry], report: Report) -> None:
    said = {
        entry.subject: entry.detail.get("content_hash") for entry in entries if entry.action == "published"
    }
    found: dict[str, Version] = {}
    for row in connection.execute(sa.select(schema.versions).order_by(schema.versions.c.number)):
        version = Version(*row)
        if version.status != schema.PUBLISHED:
            continue
        found[version.version] = version
        if not (hash_now(connection, version) == version.content_hash == said.get(version.version)):
            report.problems.append(f"Version {version.version} is not what was published.")
    report.versions = len(found)
    for name in said.keys() - found.keys():
        report.problems.append(f"Version {name} was published and is gone.")


def _check_scenarios(connection: sa.Connection, entries: list[Entry], report: Report) -> None:
    said = {
        (entry.subject, entry.detail["revision"]): entry.detail["content_hash"]
        for entry in entries
        if entry.action == "scenario saved"
    }
    seen = set()
    for row in connection.execute(sa.select(schema.scenarios)).all():
        scenario = scenarios.Scenario(*row)
        key = (scenario.scenario, scenario.revision)
        seen.add(key)
        lines = scenarios.lines_of(connection, *key)
        if not (scenarios.content_hash(scenario, lines) == scenario.content_hash == said.get(key)):
            report.problems.append(f"Revision {key[1]} of the scenario {key[0]} is not what was saved.")
    for name, revision in said.keys() - seen:
        report.problems.append(f"Revision {revision} of the scenario {name} is gone.")


def _check_signoffs(connection: sa.Connection, entries: list[Entry], report: Report) -> None:
    count: Counter[str] = Counter()
    said = {}
    for entry in entries:
        if entry.action == "signed":
            count[entry.subject] += 1
            key = (entry.subject, entry.detail.get("revision", count[entry.subject]))
            # A word that was taken back counts again under the name of whoever had said it.
            signer = entry.detail.get("restores", entry.by)
            said[key] = (signer, *(entry.detail.get(word) for word in ("state", "note", "at")))
    table = schema.signoffs.c
    columns = (table.signed_by, table.state, table.note, table.signed_at)
    query = sa.select(table.cycle, table.step, table.revision, *columns)
    found = {
        (f"{cycle} {step}", revision): tuple(rest)
        for cycle, step, revision, *rest in connection.execute(query)
    }
    # The first histories did not tell the time of a signature apart from their own.
    same = said.keys() == found.keys() and all(
        told[:3] == found[key][:3] and told[3] in (None, found[key][3]) for key, told in said.items()
    )
    if not same:
        report.problems.append("The sign-offs are not those that the history tells of.")


def _check_guards(connection: sa.Connection, report: Report) -> None:
    there = guards.found(connection)
    for name, text in sorted(guards.expected(connection.dialect.name).items()):
        if there.get(name) != text:
            how = "was changed" if name in there else "is missing"
            report.problems.append(f"The guard {name} of the database {how}.")
