"""Scenarios: named alternatives to the plan. Every saved revision is kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from sop_xl.store import schema
from sop_xl.store.content import PlanLine, clean_lines, hash_of, kept
from sop_xl.store.database import Database, now
from sop_xl.store.errors import StoreConflict
from sop_xl.store.history import entries_about, entry_of, record
from sop_xl.store.plans import changes, insert_rows, told

#: What the history calls it.
SAVED = "scenario saved"


@dataclass(frozen=True)
class Scenario:
    """One revision of a scenario.

    Attributes:
        revision: 1 for the first; the newest is the scenario as it stands.
        base: the version or scenario it began from, "" for none.
        state: a word of its owner's, such as DRAFT or DROPPED.
    """

    scenario: str
    revision: int
    base: str
    state: str
    note: str
    saved_at: str
    saved_by: str
    line_count: int
    content_hash: str


class Scenarios:
    """The port to scenarios."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> list[Scenario]:
        """Every scenario as it stands, by name."""
        newest: dict[str, Scenario] = {}
        table = schema.scenarios
        with self._database.reading() as connection:
            for row in connection.execute(sa.select(table).order_by(table.c.scenario, table.c.revision)):
                newest[row[0]] = Scenario(*row)
        return list(newest.values())

    def find(self, name: str, revision: int | None = None) -> Scenario | None:
        """A scenario as it stands, or one of its earlier revisions."""
        with self._database.reading() as connection:
            return _find(connection, name, revision)

    def lines(self, name: str, revision: int | None = None) -> list[PlanLine]:
        """Lines of a scenario as it stands, or of an earlier revision."""
        with self._database.reading() as connection:
            found = _find(connection, name, revision)
            return lines_of(connection, name, found.revision) if found else []

    def reverted(self, name: str, revision: int) -> int:
        """The revision that one took back, 0 where it took none back."""
        with self._database.reading() as connection:
            for entry in map(entry_of, connection.execute(entries_about(name))):
                if entry.action == SAVED and entry.detail.get("revision") == revision:
                    return int(entry.detail.get("reverts", 0))
        return 0

    def save(
        self,
        name: str,
        lines: Iterable[Sequence[Any]],
        by: str,
        seen: int,
        *,
        base: str = "",
        state: str = "DRAFT",
        note: str = "",
        reverts: int = 0,
    ) -> Scenario:
        """Keep a scenario as its next revision.

        Args:
            lines: measure, family, last day of the bucket, units, money.
            seen: the revision that was changed, 0 for a new scenario.
            reverts: the revision that this one takes back, for the history.
        Raises:
            StoreConflict: somebody saved it meanwhile; says what they changed. Their revision stands.
        """
        mine = clean_lines(lines)
        with self._database.writing() as connection:
            found = _find(connection, name, None)
            if (found.revision if found else 0) != seen:
                refusal = _conflict(connection, name, found, seen)
                record(connection, by, "refused", name, {"why": refusal.message})
            else:
                new = Scenario(
                    kept(name), seen + 1, kept(base), kept(state), kept(note), now(), kept(by), len(mine), ""
                )
                return _save(connection, new, mine, reverts)
        raise refusal


def content_hash(scenario: Scenario, lines: Iterable[PlanLine]) -> str:
    """Hash over everything that a revision says."""
    s = scenario
    header = (s.scenario, s.revision, s.base, s.state, s.note, s.saved_at, s.saved_by)
    return hash_of(*header, [list(line) for line in lines])


def lines_of(connection: sa.Connection, name: str, revision: int) -> list[PlanLine]:
    """Lines of a revision, in the order in which they were saved."""
    c = schema.scenario_lines.c
    query = (
        sa.select(c.measure, c.family, c.bucket, c.quantity, c.value)
        .where(c.scenario == name, c.revision == revision)
        .order_by(c.position)
    )
    return [PlanLine(*row) for row in connection.execute(query)]


def _save(connection: sa.Connection, new: Scenario, lines: list[PlanLine], reverts: int) -> Scenario:
    digest = content_hash(new, lines)
    saved = Scenario(**{**vars(new), "line_count": len(lines), "content_hash": digest})
    connection.execute(sa.insert(schema.scenarios).values(**vars(saved)))
    key = (saved.scenario, saved.revision)
    rows = [(*key, *line[:3], i, *line[3:]) for i, line in enumerate(lines)]
    insert_rows(connection, schema.scenario_lines, rows)
    detail = {"revision": saved.revision, "content_hash": digest, "lines": len(lines)}
    if reverts:
        detail["reverts"] = reverts
    record(connection, saved.saved_by, SAVED, saved.scenario, detail)
    return saved


def _find(connection: sa.Connection, name: str, revision: int | None) -> Scenario | None:
    table = schema.scenarios
    query = sa.select(table).where(table.c.scenario == name).order_by(table.c.revision.desc()).limit(1)
    if revision is not None:
        query = query.where(table.c.revision == revision)
    row = connection.execute(query).first()
    return Scenario(*row) if row else None


def _conflict(connection: sa.Connection, name: str, found: Scenario | None, seen: int) -> StoreConflict:
    if found is None:
        return StoreConflict(f"There is no scenario {name} any more.", "Save it as a new one.")
    differences = changes(lines_of(connection, name, seen), lines_of(connection, name, found.revision))
    return StoreConflict(
        f"{found.saved_by} saved the scenario {name} at {found.saved_at[:16].replace('T', ' ')} UTC, after you had "
        f"read it. Since then: {told(differences)}",
        "Read it again and make your change on top of theirs, or save yours under another name.",
    )
