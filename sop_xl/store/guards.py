"""Triggers by which the database itself refuses to change what is published, and the history.

Each guard is one condition; SQLite and PostgreSQL get the same one in their own words.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection

Event = Literal["INSERT", "UPDATE", "DELETE"]

#: Every refusal of a guard begins with these words.
MARK = "The plan store refuses:"
OF_VERSION = (
    "sop_plan_lines",
    "sop_forecast_snapshots",
    "sop_decisions",
    "sop_assumptions",
    "sop_actions",
)
APPEND_ONLY = ("sop_history", "sop_scenarios", "sop_scenario_lines", "sop_signoffs", "sop_cycles")

_PUBLISHED = "a published version never changes."
_APPENDED = "rows are only added here."


@dataclass(frozen=True)
class Guard:
    """Refuses an event on a table where a condition on the rows OLD and NEW holds."""

    table: str
    event: Event
    condition: str
    why: str

    @property
    def name(self) -> str:
        """Name of the trigger."""
        return f"{self.table}_no_{self.event.lower()}"

    def sqlite(self) -> list[str]:
        """Statements for SQLite."""
        return [
            f"CREATE TRIGGER {self.name} BEFORE {self.event} ON {self.table} FOR EACH ROW WHEN {self.condition} "
            f"BEGIN SELECT RAISE(ABORT, '{MARK} {self.why}'); END"
        ]

    def body(self) -> str:
        """What the function of the trigger does in PostgreSQL."""
        row = "OLD" if self.event == "DELETE" else "NEW"
        refuse = f"IF {self.condition} THEN RAISE EXCEPTION '{MARK} {self.why}'; END IF;"
        return f" BEGIN {refuse} RETURN {row}; END "

    def postgresql(self) -> list[str]:
        """Statements for PostgreSQL."""
        return [
            _function(self.name, self.body()),
            f"CREATE TRIGGER {self.name} BEFORE {self.event} ON {self.table} "
            f"FOR EACH ROW EXECUTE FUNCTION {self.name}()",
        ]


def _published(row: str) -> str:
    return f"EXISTS (SELECT 1 FROM sop_plan_versions v WHERE v.version = {row}.version AND v.status = 'PUBLISHED')"


def guards() -> Iterator[Guard]:
    """All guards. Inserting also looks for the rows that SQLite's REPLACE would remove without a word."""
    table = "sop_plan_versions"
    taken = "EXISTS (SELECT 1 FROM sop_plan_versions v WHERE v.status = 'PUBLISHED' AND {})"
    same = "(v.version = NEW.version OR v.number = NEW.number)"
    other = f"v.version <> OLD.version AND {same}"
    yield Guard(table, "INSERT", f"NEW.status <> 'PREPARED' OR {taken.format(same)}", _PUBLISHED)
    yield Guard(table, "UPDATE", f"OLD.status = 'PUBLISHED' OR {taken.format(other)}", _PUBLISHED)
    yield Guard(table, "DELETE", "OLD.status = 'PUBLISHED'", _PUBLISHED)
    for table in OF_VERSION:
        yield Guard(table, "INSERT", _published("NEW"), _PUBLISHED)
        yield Guard(table, "UPDATE", f"{_published('OLD')} OR {_published('NEW')}", _PUBLISHED)
        yield Guard(table, "DELETE", _published("OLD"), _PUBLISHED)
    for table in APPEND_ONLY:
        yield Guard(table, "UPDATE", "1 = 1", _APPENDED)
        yield Guard(table, "DELETE", "1 = 1", _APPENDED)
    last = "(SELECT COALESCE(MAX(h.number), 0) FROM sop_history h)"
    yield Guard("sop_history", "INSERT", f"NEW.number <> {last} + 1", _APPENDED)
    for table, key in (
        ("sop_cycles", ("cycle",)),
        ("sop_scenarios", ("scenario", "revision")),
        ("sop_scenario_lines", ("scenario", "revision", "measure", "family", "bucket")),
        ("sop_signoffs", ("cycle", "step", "revision")),
    ):
        match = " AND ".join(f"t.{column} = NEW.{column}" for column in key)
        yield Guard(table, "INSERT", f"EXISTS (SELECT 1 FROM {table} t WHERE {match})", _APPENDED)


def statements(dialect: str) -> list[str]:
    """The statements that put up all guards."""
    made = [part for guard in guards() for part in getattr(guard, dialect)()]
    if dialect == "postgresql":
        made.append(_function("sop_no_truncate", _NO_TRUNCATE))
        made += [
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION sop_no_truncate()"
            for table in _GUARDED
        ]
    return made


def expected(dialect: str) -> dict[str, str]:
    """Name of every trigger that must be there -> what it must say: its SQL, or the body of its function."""
    if dialect == "sqlite":
        return {guard.name: guard.sqlite()[0] for guard in guards()}
    rows = {guard.name: guard.body() for guard in guards()}
    return rows | {f"{table}_no_truncate": _NO_TRUNCATE for table in _GUARDED}


def found(connection: Connection) -> dict[str, str]:
    """The same as the database has it now."""
    query = (
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
        if connection.dialect.name == "sqlite"
        else "SELECT t.tgname, p.prosrc FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
        "JOIN pg_proc p ON p.oid = t.tgfoid WHERE NOT t.tgisinternal AND t.tgenabled <> 'D' "
        "AND c.relnamespace = current_schema()::regnamespace"
    )
    return {row[0]: row[1] for row in connection.exec_driver_sql(query)}


_GUARDED = ("sop_plan_versions", *OF_VERSION, *APPEND_ONLY)
_NO_TRUNCATE = f" BEGIN RAISE EXCEPTION '{MARK} {_PUBLISHED}'; END "


def _function(name: str, body: str) -> str:
    return f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $${body}$$"
