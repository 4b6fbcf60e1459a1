"""What every store keeps and refuses, in SQLite and in PostgreSQL."""

from __future__ import annotations

from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sop_xl.store import guards, migrations, schema
from sop_xl.store.content import PlanLine
from sop_xl.store.database import Database
from sop_xl.store.errors import FrozenError, StoreConflict, StoreError, StoreUnavailable
from sop_xl.store.place import Place
from sop_xl.store.plans import HASHED, hash_now
from sop_xl.store.store import Store, open_store, set_up
from tests.store.example import DEC, LINES, NOV, file_place, new_version, publish


def engine_of(place: Place) -> sa.Engine:
    """A way around the package, as a person with a database program has."""
    if place.file:
        return sa.create_engine(f"sqlite:///{place.file}")
    return sa.create_engine(place.server.replace("postgresql:", "postgresql+pg8000:"))


def around(place: Place, *statements: str) -> None:
    """Run statements in one transaction that is committed."""
    engine = engine_of(place)
    try:
        with engine.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
    finally:
        engine.dispose()


def without_guards(place: Place, table: str, *statements: str) -> None:
    """Run statements as somebody who switches the guards of a table off, and on again."""
    if not place.file:
        around(
            place,
            f"ALTER TABLE {table} DISABLE TRIGGER USER",
            *statements,
            f"ALTER TABLE {table} ENABLE TRIGGER USER",
        )
        return
    ours = [guard for guard in guards.guards() if guard.table == table]
    drop = [f"DROP TRIGGER {guard.name}" for guard in ours]
    around(place, *drop, *statements, *(guard.sqlite()[0] for guard in ours))


class TestSetUp:
    def test_setting_up_twice_is_harmless_and_makes_the_tables_that_queries_know(self, place: Place) -> None:
        assert set_up(place) == [1]
        assert set_up(place) == []
        engine = engine_of(place)
        found = sa.inspect(engine)
        for name, table in schema.metadata.tables.items():
            assert [column["name"] for column in found.get_columns(name)] == [c.name for c in table.c]
            assert found.get_pk_constraint(name)["constrained_columns"] == [c.name for c in table.primary_key]
        assert set(found.get_table_names()) == set(schema.metadata.tables)
        engine.dispose()

    def test_an_older_store_says_so_and_is_brought_up_to_date(
        self, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        publish(store, new_version())
        more = (
            *migrations.STEPS,
            lambda connection: connection.exec_driver_sql("CREATE TABLE sop_more (id TEXT)"),
        )
        with monkeypatch.context() as newer:
            newer.setattr(migrations, "STEPS", more)
            with pytest.raises(StoreUnavailable, match="older version"), open_store(store.place):
                pass
            assert set_up(store.place) == [2]
            with open_store(store.place) as opened:
                assert opened.verify().problems == []
        with pytest.raises(StoreError, match="newer version of sop_xl"), open_store(store.place):
            pass

    def test_a_step_that_fails_leaves_nothing(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        def broken(connection: sa.Connection) -> None:
            connection.exec_driver_sql("CREATE TABLE sop_half (id TEXT)")
            connection.exec_driver_sql("SELECT no_such_column FROM sop_half")

        with monkeypatch.context() as patched:
            patched.setattr(migrations, "STEPS", (*migrations.STEPS, broken))
            with pytest.raises(StoreError, match="no_such_column"):
                set_up(place)
        assert set_up(place) == [1]

    def test_there_is_no_store(self, place: Place) -> None:
        with (
            pytest.raises(StoreUnavailable, match=r"There is no plan store|is not set up yet"),
            open_store(place),
        ):
            pass


class TestPlans:
    def test_what_was_published_comes_back(self, store: Store) -> None:
        version = publish(store, new_version())
        assert (version.number, version.status, version.replaces) == (1, "PUBLISHED", "")
        assert store.plans.latest() == version
        assert store.plans.lines("2026-11") == [PlanLine(*line) for line in LINES]
        assert store.plans.minutes("2026-11") == {
            "decisions": [("D1", NOV, "Hire?", None, "Yes", "Ann", DEC, "DECIDED")],
            "assumptions": [],
            "actions": [],
        }
        assert store.company() == "Tea & Sons"
        second = publish(store, new_version("2026-11.2"))
        assert (second.number, second.replaces) == (2, "2026-11")
        assert second.content_hash != version.content_hash
        assert store.verify().problems == []

    def test_forecasts_are_kept_at_every_lag_and_the_last_of_a_cycle_counts(self, store: Store) -> None:
        publish(store, new_version())
        lines = [(m, f, b, q and q + 1, v) for m, f, b, q, v in LINES]
        publish(store, new_version("2026-11.2", lines))
        assert store.plans.at_lag("consensus_demand", 1) == {("TEA", DEC): (1251.0, 10000.0)}
        assert store.plans.at_lag("consensus_demand", 0)["CUPS", NOV] == (501.0, 1500.0)
        assert store.plans.at_lag("consensus_demand", 2) == {}

    def test_a_prepared_version_is_seen_by_nobody_and_can_be_taken_back(self, store: Store) -> None:
        with store.plans.publishing():
            store.plans.prepare(new_version(), None)
        assert store.plans.versions() == []
        assert store.plans.at_lag("consensus_demand", 0) == {}
        assert [version.version for version in store.plans.interrupted()] == ["2026-11"]
        store.plans.take_back("2026-11", "Ann")
        store.plans.take_back("2026-11", "Ann")
        assert store.plans.lines("2026-11") == []
        assert publish(store, new_version()).number == 1
        assert [entry.action for entry in store.history.entries(subject="2026-11")] == [
            "prepared",
            "taken back",
            "prepared",
            "published",
        ]

    def test_who_comes_second_is_told_what_differs(self, store: Store) -> None:
        publish(store, new_version())
        mine = [("consensus_demand", "TEA", NOV, 900.0, None), *LINES[1:]]
        with pytest.raises(StoreConflict, match="published by Ann at") as told:
            store.plans.prepare(new_version("2026-11.2", mine, by="Ben"), None)
        assert "1 line differs: consensus_demand of TEA in 2026-11-30: 900 → 1,200." in told.value.message
        assert store.history.entries(last=1)[0].action == "refused"
        assert [version.version for version in store.plans.versions()] == ["2026-11"]

    def test_another_company_is_refused_until_the_store_is_told(self, store: Store) -> None:
        publish(store, new_version())
        other = new_version("2026-12", company="Tea & Daughters")
        with pytest.raises(StoreError, match=r"keeps the plans of 'Tea & Sons'.*'Tea & Daughters'"):
            publish(store, other)
        store.rename_company("Tea & Daughters", "Ann")
        publish(store, other)
        assert store.verify().problems == []

    @pytest.mark.parametrize(
        ("line", "why"),
        [
            (("revenue", "TEA", NOV, None, float("nan")), "finite"),
            (("revenue", "TEA", NOV, None, float("inf")), "finite"),
            (("revenue", "T\0", NOV, None, 1.0), "cannot be kept"),
            (("revenue", "\ud800", NOV, None, 1.0), "cannot be kept"),
            (LINES[0], "Two lines"),
        ],
    )
    def test_what_cannot_be_kept_is_refused(self, store: Store, line: Any, why: str) -> None:
        with pytest.raises(StoreError, match=why):
            store.plans.prepare(new_version(lines=[LINES[0], line]), None)
        assert store.plans.interrupted() == []


class TestFrozen:
    def test_attempts_through_the_library_are_refused_and_recorded(self, store: Store) -> None:
        publish(store, new_version())
        with pytest.raises(FrozenError, match="cannot be taken back"):
            store.plans.take_back("2026-11", "Eve")
        with pytest.raises(FrozenError, match="never changes"):
            store.plans.prepare(new_version(by="Eve"), "2026-11")
        last = store.history.entries(last=2)
        assert [(entry.by, entry.action, entry.subject) for entry in last] == [
            ("Eve", "refused", "2026-11")
        ] * 2
        assert store.verify().problems == []

    def test_attempts_through_sql_are_refused_by_the_database(self, store: Store) -> None:
        publish(store, new_version())
        store.scenarios.save("up", LINES, "Ann", 0)
        store.signoffs.sign("2026-11", "2 Demand plan", "APPROVED", "Ann", 0)
        store.plans.prepare(new_version("2026-12"), "2026-11")
        line = "('2026-11', 'revenue', 'NEW', '2026-11-30', 99, 1, 1)"
        attempts = [
            "UPDATE sop_plan_versions SET published_by = 'Eve' WHERE version = '2026-11'",
            "UPDATE sop_plan_versions SET status = 'PREPARED' WHERE version = '2026-11'",
            "DELETE FROM sop_plan_versions WHERE version = '2026-11'",
            "INSERT INTO sop_plan_versions SELECT '2027-01', 99, cycle, status, company, currency, bucket_type, "
            "first_bucket, last_bucket, replaces, published_at, published_by, workbook, line_count, content_hash "
            "FROM sop_plan_versions WHERE version = '2026-11'",
            f"INSERT INTO sop_plan_lines VALUES {line}",
            "UPDATE sop_plan_lines SET quantity = 1 WHERE version = '2026-11'",
            "UPDATE sop_plan_lines SET version = '2026-11', family = 'NEW' WHERE version = '2026-12'",
            "DELETE FROM sop_plan_lines WHERE version = '2026-11'",
            "UPDATE sop_forecast_snapshots SET quantity = 1 WHERE version = '2026-11'",
            "DELETE FROM sop_forecast_snapshots WHERE version = '2026-11'",
            "UPDATE sop_decisions SET decision = 'No' WHERE version = '2026-11'",
            "DELETE FROM sop_decisions WHERE version = '2026-11'",
            "INSERT INTO sop_actions (version, position) VALUES ('2026-11', 7)",
            "INSERT INTO sop_assumptions (version, position) VALUES ('2026-11', 7)",
            "UPDATE sop_history SET done_by = 'Eve'",
            "DELETE FROM sop_history",
            "INSERT INTO sop_history SELECT number + 7, done_at, done_by, action, subject, detail, previous_hash, hash "
            "FROM sop_history WHERE number = 1",
            "UPDATE sop_scenarios SET note = 'x'",
            "DELETE FROM sop_scenario_lines",
            "UPDATE sop_signoffs SET state = 'OPEN'",
            "DELETE FROM sop_cycles",
        ]
        if store.place.file:
            attempts += [
                # SQLite removes rows in favour of others here, without asking the guards against DELETE.
                f"INSERT OR REPLACE INTO sop_plan_lines {'VALUES ' + line.replace('NEW', 'TEA')}",
                "REPLACE INTO sop_plan_versions SELECT version, number, cycle, 'PREPARED', company, currency, "
                "bucket_type, first_bucket, last_bucket, replaces, published_at, 'Eve', workbook, line_count, "
                "content_hash FROM sop_plan_versions WHERE version = '2026-11'",
                "UPDATE OR REPLACE sop_plan_versions SET number = 1 WHERE version = '2026-12'",
                "REPLACE INTO sop_history SELECT number, done_at, 'Eve', action, subject, detail, previous_hash, hash "
                "FROM sop_history WHERE number = 1",
                "REPLACE INTO sop_signoffs SELECT cycle, step, revision, 'OPEN', signed_by, signed_at, note "
                "FROM sop_signoffs",
            ]
        else:
            attempts += [
                "TRUNCATE sop_history",
                "TRUNCATE sop_plan_versions CASCADE",
                "TRUNCATE sop_plan_lines",
            ]
        for attempt in attempts:
            with pytest.raises(sa.exc.DBAPIError, match=guards.MARK):
                around(store.place, attempt)
        assert store.verify().problems == []
        assert store.plans.lines("2026-11") == [PlanLine(*line) for line in LINES]

    def test_a_guard_speaks_through_the_library_too(self, store: Store) -> None:
        publish(store, new_version())
        with (
            pytest.raises(FrozenError, match="a published version never changes"),
            store.database.writing() as c,
        ):
            c.execute(sa.delete(schema.lines))
        last = store.history.entries()[-1]
        assert (last.action, last.subject) == ("refused", "store")
        assert "a published version never changes" in last.detail["why"]
        assert store.verify().problems == []


class TestVerify:
    @pytest.mark.parametrize(
        ("table", "statement", "problem"),
        [
            ("sop_plan_lines", "UPDATE sop_plan_lines SET quantity = 1 WHERE position = 0", "Version 2026-11 is not"),
            ("sop_plan_lines", "DELETE FROM sop_plan_lines WHERE family = 'CUPS'", "Version 2026-11 is not"),
            ("sop_forecast_snapshots", "UPDATE sop_forecast_snapshots SET lag = lag + 1", "Version 2026-11 is not"),
            ("sop_decisions", "UPDATE sop_decisions SET decision = 'No'", "Version 2026-11 is not"),
            ("sop_plan_versions", "UPDATE sop_plan_versions SET published_by = 'Eve'", "Version 2026-11 is not"),
            ("sop_plan_versions", "UPDATE sop_plan_versions SET content_hash = 'x'", "Version 2026-11 is not"),
            ("sop_plan_versions", "UPDATE sop_plan_versions SET status = 'PREPARED'", "2026-11 was published and"),
            ("sop_history", "UPDATE sop_history SET done_by = 'Eve' WHERE number = 2", "Entry 2 of the history"),
            ("sop_history", "UPDATE sop_history SET detail = '{' WHERE number = 3", "Entry 3 of the history"),
            ("sop_history", "DELETE FROM sop_history WHERE number = 2", "no entry 2"),
            ("sop_history", "DELETE FROM sop_history WHERE number > 4", "once had 5"),
            ("sop_scenarios", "UPDATE sop_scenarios SET note = 'other'", "scenario up is not"),
            ("sop_scenario_lines", "DELETE FROM sop_scenario_lines WHERE family = 'CUPS'", "scenario up is not"),
            ("sop_signoffs", "UPDATE sop_signoffs SET state = 'OPEN'", "sign-offs"),
            ("sop_signoffs", "UPDATE sop_signoffs SET signed_by = 'Eve'", "sign-offs"),
            ("sop_signoffs", "UPDATE sop_signoffs SET signed_at = '2026-01-01T00:00:00.000Z'", "sign-offs"),
            ("sop_signoffs", "DELETE FROM sop_signoffs", "sign-offs"),
        ],
    )  # fmt: skip
    def test_a_change_by_other_means_is_found(
        self, store: Store, table: str, statement: str, problem: str
    ) -> None:
        publish(store, new_version())
        store.scenarios.save("up", LINES, "Ann", 0)
        store.signoffs.sign("2026-11", "2 Demand plan", "APPROVED", "Ann", 0)
        assert store.verify().problems == []
        without_guards(store.place, table, statement)
        found = store.verify().problems
        assert any(problem in each for each in found), found
        assert not any("guard" in each for each in found)

    def test_a_guard_that_is_off_or_other_is_found(self, store: Store) -> None:
        if store.place.file:
            around(store.place, "DROP TRIGGER sop_plan_lines_no_update")
        else:
            around(store.place, "ALTER TABLE sop_plan_lines DISABLE TRIGGER sop_plan_lines_no_update")
        assert store.verify().problems == ["The guard sop_plan_lines_no_update of the database is missing."]
        if store.place.file:
            around(
                store.place,
                "CREATE TRIGGER sop_plan_lines_no_update BEFORE UPDATE ON sop_plan_lines BEGIN SELECT 1; END",
            )
        else:
            around(
                store.place,
                "CREATE OR REPLACE FUNCTION sop_plan_lines_no_update() RETURNS trigger LANGUAGE plpgsql AS "
                "$$ BEGIN RETURN NEW; END $$",
                "ALTER TABLE sop_plan_lines ENABLE TRIGGER USER",
            )
        assert store.verify().problems == ["The guard sop_plan_lines_no_update of the database was changed."]

    def test_a_history_written_anew_does_not_hold_what_was_noted(self, store: Store, tmp_path: Path) -> None:
        publish(store, new_version())
        head = store.verify().head
        publish(store, new_version("2026-12"))
        assert store.verify(noted=head).problems == []
        other = file_place(tmp_path, "written_anew.sqlite")
        set_up(other, "Ann")
        with open_store(other) as forged:
            publish(forged, new_version())
            assert forged.verify().problems == []
            assert "was noted earlier" in forged.verify(noted=head).problems[0]

    def test_the_hash_covers_every_column_of_a_version(self) -> None:
        given_by_the_store = {"number", "status", "content_hash"}
        assert set(HASHED) | given_by_the_store == {column.name for column in schema.versions.c}


class TestScenarios:
    def test_every_revision_is_kept_and_a_late_save_is_told(self, store: Store) -> None:
        first = store.scenarios.save("up", LINES, "Ann", 0, base="2026-11", note="a fair")
        assert (first.revision, first.line_count) == (1, len(LINES))
        store.scenarios.save("up", LINES[:5], "Ben", 1, state="DROPPED")
        with pytest.raises(StoreConflict, match="Ben saved the scenario up") as told:
            store.scenarios.save("up", LINES[:4], "Ann", 1)
        assert "1 line differs: revenue of CUPS in 2026-11-30: 1,500 → nothing." in told.value.message
        assert store.scenarios.lines("up") == [PlanLine(*line) for line in LINES[:5]]
        assert store.scenarios.lines("up", 1) == [PlanLine(*line) for line in LINES]
        assert [(s.scenario, s.revision, s.state) for s in store.scenarios.all()] == [("up", 2, "DROPPED")]
        assert store.scenarios.find("down") is None
        assert store.scenarios.lines("down") == []


class TestSignoffs:
    def test_the_last_word_counts_and_a_late_one_is_told(self, store: Store) -> None:
        store.signoffs.sign("2026-11", "2 Demand plan", "APPROVED", "Ann", 0)
        store.signoffs.sign("2026-11", "2 Demand plan", "OPEN", "Ann", 1, note="a number was wrong")
        with pytest.raises(StoreConflict, match="Ann set it to OPEN"):
            store.signoffs.sign("2026-11", "2 Demand plan", "APPROVED", "Ben", 1)
        assert [(s.revision, s.state) for s in store.signoffs.of("2026-11").values()] == [(2, "OPEN")]
        assert store.signoffs.of("2026-12") == {}
        assert store.verify().problems == []


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
NUMBERS = st.none() | st.floats(allow_nan=False, allow_infinity=False)
BUCKETS = st.dates(date(1990, 1, 1), date(2100, 1, 1))
ROWS = st.lists(
    st.tuples(TEXTS, TEXTS, BUCKETS, NUMBERS, NUMBERS), max_size=12, unique_by=lambda row: row[:3]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=12)
@given(rows=ROWS, note=TEXTS, lag=st.integers(0, 40))
def test_any_lines_come_back_exactly_and_with_their_hash(
    store: Store, rows: list[Any], note: str, lag: int
) -> None:
    latest = store.plans.latest()
    name = f"V{latest.number + 1 if latest else 1}"
    snapshots = [(m, f, b, lag, q, v) for m, f, b, q, v in rows]
    new = new_version(
        name, rows, snapshots=snapshots, minutes={"actions": [(note, note, None, NOV, "", None)]}
    )
    version = publish(store, new)
    back = store.plans.lines(name)
    assert [tuple(line) for line in back] == rows
    assert store.plans.minutes(name)["actions"] == [(note, note, None, NOV, "", None)]
    assert store.scenarios.save(name, rows, "Ann", 0).line_count == version.line_count == len(rows)
    assert store.scenarios.lines(name) == back
    for measure, family, bucket, _, quantity, value in snapshots[:1]:
        assert store.plans.at_lag(measure, lag)[family, bucket] == (quantity, value)
    with store.database.reading() as connection:
        assert hash_now(connection, version) == version.content_hash


def test_a_file_is_in_wal_mode_and_whole_by_itself_when_closed(tmp_path: Path) -> None:
    place = file_place(tmp_path)
    set_up(place)
    with open_store(place) as store:
        publish(store, new_version())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["plans.sqlite", "plans.sqlite-publishing"]
    engine = engine_of(place)
    with closing(engine.raw_connection()) as connection:
        assert connection.cursor().execute("PRAGMA journal_mode").fetchone() == ("wal",)
    engine.dispose()


@pytest.mark.parametrize("content", [b"", b"PK\3\4 a workbook", b"SQLite format 3\0 but no more"])
def test_a_file_that_is_no_store_is_told_and_left(tmp_path: Path, content: bytes) -> None:
    place = file_place(tmp_path)
    assert place.file is not None
    place.file.write_bytes(content)
    with pytest.raises(StoreError, match=r"plans.sqlite (is no plan store|is not set up)"), open_store(place):
        pass
    assert place.file.read_bytes() == content


def test_a_database_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    place = file_place(tmp_path)
    around(place, "CREATE TABLE orders (id INTEGER)")
    with pytest.raises(StoreError, match="a database, but no plan store"):
        set_up(place)


def test_readers_are_not_kept_waiting_by_a_writer(tmp_path: Path) -> None:
    place = file_place(tmp_path)
    set_up(place)
    with open_store(place) as store:
        publish(store, new_version())
        with store.database.writing() as writing:
            writing.execute(sa.update(schema.state).values(company="Other"))
            with open_store(place, wait=0.1) as second:
                assert second.company() == "Tea & Sons"
                with pytest.raises(StoreUnavailable, match="busy"), second.database.writing():
                    pass


def test_a_server_that_is_not_there_is_told_in_seconds_and_without_its_password(tmp_path: Path) -> None:
    from sop_xl.store.place import place_of

    place = place_of("postgresql://ann:secret@127.0.0.1:9/plans", "SOP_STORE", tmp_path)
    with pytest.raises(StoreUnavailable) as told, open_store(place):
        pass
    assert "postgresql://ann@127.0.0.1:9/plans" in told.value.message
    assert "secret" not in str(told.value)


def test_buckets_may_be_any_day(tmp_path: Path) -> None:
    place = file_place(tmp_path)
    set_up(place)
    with open_store(place) as store:
        lines = [("m", "f", date.min, 1.0, None), ("m", "f", date.max - timedelta(1), 1.0, None)]
        publish(store, new_version(lines=lines))
        assert store.verify().problems == []
    Database(place).close()
