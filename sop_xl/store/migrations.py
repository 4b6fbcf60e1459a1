"""The steps by which a database becomes a plan store, and an older store a newer one.

A step that was released is never edited; a change is a new step at the end. Its statements are written so that
SQLite and PostgreSQL understand them, and each step is carried out whole or not at all.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection

from sop_xl.store import guards

_QUANTITIES = "quantity DOUBLE PRECISION, value DOUBLE PRECISION"
_OF_PLAN = "measure TEXT NOT NULL, family TEXT NOT NULL, bucket DATE NOT NULL"
_OF_VERSION = "version TEXT NOT NULL REFERENCES sop_plan_versions (version)"

_FIRST = (
    """CREATE TABLE sop_state (
        id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1), company TEXT NOT NULL,
        history_number BIGINT NOT NULL, history_hash TEXT NOT NULL)""",
    """CREATE TABLE sop_cycles (
        cycle TEXT NOT NULL PRIMARY KEY, bucket_type TEXT NOT NULL, first_bucket DATE NOT NULL,
        opened_at TEXT NOT NULL, opened_by TEXT NOT NULL)""",
    """CREATE TABLE sop_plan_versions (
        version TEXT NOT NULL PRIMARY KEY, number BIGINT NOT NULL UNIQUE,
        cycle TEXT NOT NULL REFERENCES sop_cycles (cycle),
        status TEXT NOT NULL CHECK (status IN ('PREPARED', 'PUBLISHED')), company TEXT NOT NULL,
        currency TEXT NOT NULL, bucket_type TEXT NOT NULL, first_bucket DATE NOT NULL, last_bucket DATE NOT NULL,
        replaces TEXT NOT NULL, published_at TEXT NOT NULL, published_by TEXT NOT NULL, workbook TEXT NOT NULL,
        line_count BIGINT NOT NULL, content_hash TEXT NOT NULL)""",
    f"""CREATE TABLE sop_plan_lines (
        {_OF_VERSION}, {_OF_PLAN}, position BIGINT NOT NULL, {_QUANTITIES},
        PRIMARY KEY (version, measure, family, bucket))""",
    f"""CREATE TABLE sop_forecast_snapshots (
        {_OF_VERSION}, {_OF_PLAN}, lag INTEGER NOT NULL, {_QUANTITIES},
        PRIMARY KEY (version, measure, family, bucket))""",
    "CREATE INDEX sop_forecast_snapshots_by_lag ON sop_forecast_snapshots (measure, lag, bucket)",
    f"""CREATE TABLE sop_decisions (
        {_OF_VERSION}, position INTEGER NOT NULL, id TEXT, day DATE, question TEXT, options TEXT, decision TEXT,
        decided_by TEXT, due DATE, state TEXT, PRIMARY KEY (version, position))""",
    f"""CREATE TABLE sop_assumptions (
        {_OF_VERSION}, position INTEGER NOT NULL, id TEXT, family TEXT, from_day DATE, to_day DATE, owner TEXT,
        low DOUBLE PRECISION, likely DOUBLE PRECISION, high DOUBLE PRECISION, what_would_change_it TEXT,
        state TEXT, PRIMARY KEY (version, position))""",
    f"""CREATE TABLE sop_actions (
        {_OF_VERSION}, position INTEGER NOT NULL, id TEXT, action TEXT, owner TEXT, due DATE, state TEXT,
        decision TEXT, PRIMARY KEY (version, position))""",
    """CREATE TABLE sop_scenarios (
        scenario TEXT NOT NULL, revision INTEGER NOT NULL, base TEXT NOT NULL, state TEXT NOT NULL,
        note TEXT NOT NULL, saved_at TEXT NOT NULL, saved_by TEXT NOT NULL, line_count BIGINT NOT NULL,
        content_hash TEXT NOT NULL, PRIMARY KEY (scenario, revision))""",
    f"""CREATE TABLE sop_scenario_lines (
        scenario TEXT NOT NULL, revision INTEGER NOT NULL, {_OF_PLAN}, position BIGINT NOT NULL, {_QUANTITIES},
        PRIMARY KEY (scenario, revision, measure, family, bucket),
        FOREIGN KEY (scenario, revision) REFERENCES sop_scenarios (scenario, revision))""",
    """CREATE TABLE sop_signoffs (
        cycle TEXT NOT NULL, step TEXT NOT NULL, revision INTEGER NOT NULL, state TEXT NOT NULL,
        signed_by TEXT NOT NULL, signed_at TEXT NOT NULL, note TEXT NOT NULL,
        PRIMARY KEY (cycle, step, revision))""",
    """CREATE TABLE sop_history (
        number BIGINT NOT NULL PRIMARY KEY, done_at TEXT NOT NULL, done_by TEXT NOT NULL, action TEXT NOT NULL,
        subject TEXT NOT NULL, detail TEXT NOT NULL, previous_hash TEXT NOT NULL, hash TEXT NOT NULL)""",
    "INSERT INTO sop_state VALUES (1, '', 0, '')",
)


def _tables_and_guards(connection: Connection) -> None:
    for statement in (*_FIRST, *guards.statements(connection.dialect.name)):
        connection.exec_driver_sql(statement)


#: In the order in which they are carried out; the first is number 1.
STEPS: tuple[Callable[[Connection], None], ...] = (_tables_and_guards,)

TABLE = "CREATE TABLE sop_migrations (number INTEGER NOT NULL PRIMARY KEY, applied_at TEXT NOT NULL)"
