"""The tables of the plan store, as queries know them. `migrations` makes them.

Texts of time are UTC in ISO form, the same in every database, because hashes are made over them. Every table is
append-only but ``sop_state``, and but for what belongs to a version that is still being prepared.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Date, Double, Integer, MetaData, Table, Text

#: A version is PREPARED while its files are written; nobody sees it, and it may be taken back.
PREPARED, PUBLISHED = "PREPARED", "PUBLISHED"

metadata = MetaData()


def _table(name: str, *columns: Column) -> Table:
    return Table(name, metadata, *columns)


def _text(name: str, *, key: bool = False) -> Column:
    return Column(name, Text, primary_key=key)


migrations = _table("sop_migrations", Column("number", Integer, primary_key=True), _text("applied_at"))

state = _table(
    "sop_state",
    Column("id", Integer, primary_key=True),
    _text("company"),
    Column("history_number", BigInteger),
    _text("history_hash"),
)

cycles = _table(
    "sop_cycles",
    _text("cycle", key=True),
    _text("bucket_type"),
    Column("first_bucket", Date),
    _text("opened_at"),
    _text("opened_by"),
)

versions = _table(
    "sop_plan_versions",
    _text("version", key=True),
    Column("number", BigInteger),
    _text("cycle"),
    _text("status"),
    _text("company"),
    _text("currency"),
    _text("bucket_type"),
    Column("first_bucket", Date),
    Column("last_bucket", Date),
    _text("replaces"),
    _text("published_at"),
    _text("published_by"),
    _text("workbook"),
    Column("line_count", BigInteger),
    _text("content_hash"),
)


def _quantities() -> tuple[Column, ...]:
    return Column("quantity", Double), Column("value", Double)


def _of_plan() -> tuple[Column, ...]:
    return _text("measure", key=True), _text("family", key=True), Column("bucket", Date, primary_key=True)


lines = _table(
    "sop_plan_lines",
    _text("version", key=True),
    *_of_plan(),
    Column("position", BigInteger),
    *_quantities(),
)

snapshots = _table(
    "sop_forecast_snapshots", _text("version", key=True), *_of_plan(), Column("lag", Integer), *_quantities()
)


def _minutes(name: str, *columns: Column) -> Table:
    return _table(name, _text("version", key=True), Column("position", Integer, primary_key=True), *columns)


decisions = _minutes(
    "sop_decisions",
    _text("id"),
    Column("day", Date),
    _text("question"),
    _text("options"),
    _text("decision"),
    _text("decided_by"),
    Column("due", Date),
    _text("state"),
)

assumptions = _minutes(
    "sop_assumptions",
    _text("id"),
    _text("family"),
    Column("from_day", Date),
    Column("to_day", Date),
    _text("owner"),
    Column("low", Double),
    Column("likely", Double),
    Column("high", Double),
    _text("what_would_change_it"),
    _text("state"),
)

actions = _minutes(
    "sop_actions",
    _text("id"),
    _text("action"),
    _text("owner"),
    Column("due", Date),
    _text("state"),
    _text("decision"),
)

#: What a version keeps besides its numbers, as it stood when the version was published.
MINUTES: dict[str, Table] = {"decisions": decisions, "assumptions": assumptions, "actions": actions}

scenarios = _table(
    "sop_scenarios",
    _text("scenario", key=True),
    Column("revision", Integer, primary_key=True),
    _text("base"),
    _text("state"),
    _text("note"),
    _text("saved_at"),
    _text("saved_by"),
    Column("line_count", BigInteger),
    _text("content_hash"),
)

scenario_lines = _table(
    "sop_scenario_lines",
    _text("scenario", key=True),
    Column("revision", Integer, primary_key=True),
    *_of_plan(),
    Column("position", BigInteger),
    *_quantities(),
)

signoffs = _table(
    "sop_signoffs",
    _text("cycle", key=True),
    _text("step", key=True),
    Column("revision", Integer, primary_key=True),
    _text("state"),
    _text("signed_by"),
    _text("signed_at"),
    _text("note"),
)

history = _table(
    "sop_history",
    Column("number", BigInteger, primary_key=True),
    _text("done_at"),
    _text("done_by"),
    _text("action"),
    _text("subject"),
    _text("detail"),
    _text("previous_hash"),
    _text("hash"),
)
