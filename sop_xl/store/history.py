"""The history: who did what when. Each entry holds the hash of the one before it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from sop_xl.store import schema
from sop_xl.store.content import canonical, hash_of, kept
from sop_xl.store.database import Database, now


@dataclass(frozen=True)
class Entry:
    """One entry of the history.

    Attributes:
        at: when, UTC.
        subject: what it is about: a version, a scenario, a step.
        detail: more, by word.
    """

    number: int
    at: str
    by: str
    action: str
    subject: str
    detail: Mapping[str, Any]
    previous_hash: str
    hash: str


def hash_of_entry(number: int, at: str, by: str, action: str, subject: str, detail: str, before: str) -> str:
    """Hash of an entry: over what it says and the hash of the entry before it."""
    return hash_of(number, at, by, action, subject, detail, before)


def record(
    connection: sa.Connection, by: str, action: str, subject: str, detail: Mapping[str, Any] | None = None
) -> None:
    """Add an entry, inside the transaction that does what it says."""
    number, before = connection.execute(
        sa.select(schema.state.c.history_number, schema.state.c.history_hash)
    ).one()
    at, text = now(), canonical(dict(detail or {}))
    by, action, subject, text = (kept(part) for part in (by, action, subject, text))
    digest = hash_of_entry(number + 1, at, by, action, subject, text, before)
    connection.execute(
        sa.insert(schema.history).values(
            number=number + 1,
            done_at=at,
            done_by=by,
            action=action,
            subject=subject,
            detail=text,
            previous_hash=before,
            hash=digest,
        )
    )
    connection.execute(sa.update(schema.state).values(history_number=number + 1, history_hash=digest))


class History:
    """The port to the history. It has no way to change or remove an entry."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def entries(self, *, subject: str | None = None, last: int | None = None) -> list[Entry]:
        """Entries, oldest first.

        Args:
            subject: only those about it.
            last: only so many, the newest.
        """
        query = entries_about(subject).limit(last)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return [entry_of(row) for row in reversed(rows)]

    def record(self, by: str, action: str, subject: str, detail: Mapping[str, Any] | None = None) -> None:
        """Add an entry of its own."""
        with self._database.writing() as connection:
            record(connection, by, action, subject, detail)


def entries_about(subject: str | None) -> sa.Select[Any]:
    """Entries, newest first; only those about a subject where one is given."""
    query = sa.select(schema.history).order_by(schema.history.c.number.desc())
    return query if subject is None else query.where(schema.history.c.subject == subject)


def entry_of(row: Sequence[Any]) -> Entry:
    """An entry from its row; a detail that was spoilt is kept as it is."""
    number, at, by, action, subject, detail, before, digest = row
    try:
        parsed = json.loads(detail)
    except ValueError:
        parsed = None
    return Entry(
        number, at, by, action, subject, parsed if isinstance(parsed, dict) else {"?": detail}, before, digest
    )
