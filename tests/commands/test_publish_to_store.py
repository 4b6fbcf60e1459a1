"""Publishing into the plan store, and the commands that look into it."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet

from sop_xl.commands.publication import PublicationFiles, note_path
from sop_xl.commands.publish import Publication
from sop_xl.hosts.session import open_book
from sop_xl.store.errors import StoreConflict, StoreError
from sop_xl.store.place import beside
from sop_xl.store.store import Store, open_store
from tests.tiny import done, fill, leftovers, month, planned, set_fields, sop, table_rows, type_override
from udfs.registry import call


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workbook that was published once, with minutes of the meeting."""
    path = planned(tmp_path_factory.mktemp("store"))
    fill(
        path,
        {
            "tblDecisions": [{"Id": "D1", "Date": month(0).end, "Question": "Hire?", "Decision": "=Yes"}],
            "tblAssumptions": [{"Id": "A1", "Family": "TEA", "Likely": 0.1, "State": "OPEN"}],
            "tblActions": [{"Id": "T1", "Action": "Call", "Owner": "Ben", "Due": month(1).end}],
        },
    )
    done("publish", path, "--by", "Ann")
    return path


@pytest.fixture(autouse=True)
def _settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOP_SETTINGS", str(tmp_path / "settings"))


def opened(path: Path) -> Any:
    return open_store(beside(path))


def test_the_store_beside_the_workbook_keeps_what_the_plan_table_says(published: Path) -> None:
    kept = [row for row in table_rows(published, "tblPlan") if row["Version"] == "2026-11"]
    with opened(published) as store:
        version, lines = store.plans.latest(), store.plans.lines("2026-11")
    assert [tuple(row.values())[1:] for row in kept] == [tuple(line) for line in lines]
    assert (version.version, version.cycle, version.company) == ("2026-11", "2026-11", "Tea & Sons")
    assert (version.published_by, version.workbook, version.bucket_type) == ("Ann", str(published), "month")
    assert (version.first_bucket, version.last_bucket) == (month(0).end, month(18).end)


def test_forecasts_are_kept_by_their_age(published: Path) -> None:
    plan = {
        (row["Family"], row["Bucket"]): (row["Quantity"], row["Value"])
        for row in table_rows(published, "tblPlan")
        if (row["Version"], row["Measure"]) == ("2026-11", "consensus_demand")
    }
    with opened(published) as store:
        for lag in (0, 3, 18):
            found = store.plans.at_lag("consensus_demand", lag)
            assert found == {key: value for key, value in plan.items() if key[1] == month(lag).end}
            assert len(found) == 3
        assert store.plans.at_lag("baseline_forecast", 1).keys() == {
            (family, month(1).end) for family in ("TEA", "CUPS", "KETTLES")
        }


def test_the_minutes_of_the_meeting_are_kept_with_the_version(published: Path) -> None:
    with opened(published) as store:
        minutes = store.plans.minutes("2026-11")
    assert minutes["decisions"] == [("D1", month(0).end, "Hire?", None, "=Yes", None, None, None)]
    assert minutes["assumptions"] == [("A1", "TEA", None, None, None, None, 0.1, None, None, "OPEN")]
    assert minutes["actions"] == [("T1", "Call", "Ben", month(1).end, None, None)]


def test_programs_find_the_plan_as_csv_and_parquet(published: Path) -> None:
    with opened(published) as store:
        lines = [("2026-11", *line) for line in store.plans.lines("2026-11")]
    text = published.with_name("plan_published.csv").read_text("utf-8-sig")
    header, *rows = csv.reader(io.StringIO(text, newline=""))
    assert header == ["Version", "Measure", "Family", "Bucket", "Quantity", "Value"]
    number = lambda cell: float(cell) if cell else None  # noqa: E731
    assert [(*row[:3], date.fromisoformat(row[3]), number(row[4]), number(row[5])) for row in rows] == lines
    table = parquet.read_table(published.with_name("plan_published.parquet"))
    assert [tuple(row.values()) for row in table.to_pylist()] == lines


def test_cells_see_the_published_plan(published: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOP_STORE", str(beside(published).file))
    rows = [row for row in table_rows(published, "tblPlan") if row["Version"] == "2026-11"]
    for row in rows:
        if row["Measure"] in ("production_plan", "margin"):
            want = row["Value"] if row["Quantity"] is None else row["Quantity"]
            assert call("SOP_PLAN", [row["Measure"], row["Family"], row["Bucket"]]) == want
    header, *families = call("SOP_PLAN_TABLE", ["projected_inventory"])
    assert (len(header), [row[0] for row in families]) == (20, ["TEA", "CUPS", "KETTLES"])
    assert families[2][1:] == [None] * 19  # made to order: no inventory
    said = sop("call", "SOP_VERSION")
    assert json.loads(said.out)[0][:3] == ["2026-11", "2026-11", "PUBLISHED"]


def test_the_commands_that_look_into_the_store(published: Path) -> None:
    status = done("store", "status", published)["data"]
    assert (status["latest"], status["versions"], status["kind"]) == ("2026-11", 1, "sqlite")
    assert "beside the workbook" in status["origin"]
    listed = sop("store", "versions", beside(published).file)
    assert listed.out.startswith("2026-11      published ")
    assert "by Ann" in listed.out
    verified = done("store", "verify", published)["data"]
    assert sop("store", "verify", published, "--noted", verified["head"]).code == 0
    refused = sop("store", "verify", published, "--noted", "0" * 64)
    assert (refused.code, "was noted earlier" in refused.err) == (1, True)


def test_verify_fails_on_a_number_that_was_changed(tmp_path: Path, published: Path) -> None:
    file = beside(published).file
    assert file is not None
    copy = tmp_path / "copy.sqlite"
    copy.write_bytes(file.read_bytes())
    with closing(sqlite3.connect(copy)) as plain:
        with pytest.raises(sqlite3.IntegrityError, match="a published version never changes"):
            plain.execute("UPDATE sop_plan_lines SET quantity = quantity + 1")
        plain.execute("DROP TRIGGER sop_plan_lines_no_update")
        plain.execute("UPDATE sop_plan_lines SET quantity = quantity + 1 WHERE position = 0")
        plain.commit()
    said = sop("store", "verify", copy)
    assert said.code == 1
    assert "Version 2026-11 is not what was published." in said.err
    assert "The guard sop_plan_lines_no_update of the database is missing." in said.err


def published_meanwhile(path: Path, other: Path) -> StoreConflict:
    """Ann publishes from one workbook while Ben is about to from another."""
    with open_book(other) as session:
        late = Publication(session.book, session.path, "Ben")
        done("publish", path, "--by", "Ann")
        before = other.read_bytes()
        with pytest.raises(StoreConflict) as told:
            late.release(lambda: session.save(keep_read_values=True))
        assert other.read_bytes() == before
    return told.value


def test_who_is_second_is_told_what_differs_and_may_publish_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOP_STORE", str(tmp_path / "team.sqlite"))
    said = sop("publish", planned(tmp_path))
    assert (said.code, "There is no plan store" in said.err) == (1, True)
    done("store", "init", tmp_path / "team.sqlite")
    (tmp_path / "ben").mkdir()
    path, other = tmp_path / "plan.xlsx", planned(tmp_path / "ben")
    type_override(other, "Demand", "TEA", "sales_override", month(2).end, 77.0)
    done("run-cycle", other)
    told = published_meanwhile(path, other)
    assert told.message.startswith("Version 2026-11 was published by Ann at ")
    assert "consensus_demand of TEA in 2027-01-31: 77 → " in told.message
    assert leftovers(other.parent) == []
    assert not list(other.parent.glob("*published*"))
    lines = done("publish", other, "--by", "Ben")["summary"]
    assert any("Version 2026-11, published by Ann, was not known in this workbook." in line for line in lines)
    assert done("store", "status", other)["data"]["latest"] == "2026-11.1"
    assert done("store", "verify", other)["ok"]


def test_the_place_on_home_counts_before_the_environment_and_holds_no_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = planned(tmp_path)
    monkeypatch.setenv("SOP_STORE", str(tmp_path / "other.sqlite"))
    done("store", "init", tmp_path / "home.sqlite")
    set_fields(path, Home_Store="home.sqlite")
    assert done("publish", path)["data"]["store"] == str(tmp_path / "home.sqlite")
    set_fields(path, Home_Store="postgresql://ann:secret@db.example/plans")
    said = sop("publish", path)
    assert (said.code, "secret" in said.err) == (1, False)
    assert said.err.startswith("Home, Plan store holds a password")


def test_a_store_out_of_reach_stops_publishing_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = planned(tmp_path)
    monkeypatch.setenv("SOP_STORE", "postgresql://ann@127.0.0.1:9/plans")
    before = path.read_bytes()
    said = sop("publish", path)
    assert (said.code, "cannot be used now" in said.err) == (1, True)
    assert path.read_bytes() == before
    done("refresh-kpis", path)
    assert sop("store", "status").err.startswith(
        "The plan store postgresql://ann@127.0.0.1:9/plans cannot be used"
    )


def test_a_store_whose_making_was_interrupted_is_made_by_the_next_publish(tmp_path: Path) -> None:
    path = planned(tmp_path)
    file = beside(path).file
    assert file is not None
    file.touch()  # all that is left when the computer stops at its first moment
    assert sop("store", "status", path).err.endswith("is not set up yet. Run: sop-xl store init\n")
    assert done("publish", path)["data"]["version"] == "2026-11"
    assert done("store", "verify", path)["data"]["versions"] == 1


def test_init_makes_a_store_that_this_user_has_from_then_on(tmp_path: Path) -> None:
    assert sop("store", "status").err.startswith("No plan store is set up on this computer.")
    file = tmp_path / "mine.sqlite"
    assert done("store", "init", file)["data"]["steps"] == [1]
    assert done("store", "init", file, "--company", "Tea & Sons")["data"]["steps"] == []
    assert done("store", "status")["data"]["company"] == "Tea & Sons"
    path = planned(tmp_path)
    assert done("publish", path)["data"]["store"] == str(file)
    assert call("SOP_VERSION", [])[0][0] == "2026-11"
    assert not beside(path).file.exists()  # type: ignore[union-attr]


def test_what_the_published_file_could_not_take_is_written_by_the_next_command(tmp_path: Path) -> None:
    path = planned(tmp_path)
    done("publish", path)
    linked = path.with_name("plan_published.xlsx")
    first = linked.read_bytes()
    linked.unlink()
    linked.mkdir()  # nothing can be written there, as where another program holds the file
    said = done("publish", path)
    assert any("plan_published.xlsx still shows the version before" in line for line in said["summary"])
    assert note_path(path).exists()
    again = sop("publish", path)
    assert (again.code, "still shows the version before" in again.err) == (1, True)
    linked.rmdir()
    lines = done("refresh-kpis", path)["summary"]
    assert lines[0] == "The publication of version 2026-11.1, which was interrupted, is finished now."
    assert linked.read_bytes() == path.with_name("plan_published_2026-11.1.xlsx").read_bytes() != first
    assert leftovers(tmp_path) == []


def test_a_publication_whose_note_was_lost_is_settled_too(tmp_path: Path) -> None:
    path = planned(tmp_path)
    done("publish", path)
    with open_book(path) as session:
        lost = Publication(session.book, session.path, "Ann")
        with opened(path) as store:
            store.plans.prepare(lost._new_version(), "2026-11")
    assert done("store", "status", path)["data"]["interrupted"] == ["2026-11.1"]
    said = sop("publish", path)
    assert (said.code, "was interrupted" in said.err) == (1, True)
    assert done("publish", path)["data"]["version"] == "2026-11.1"
    with opened(path) as store:
        assert [version.version for version in store.plans.versions()] == ["2026-11", "2026-11.1"]
        assert _actions(store, "2026-11.1") == ["prepared", "taken back", "prepared", "published"]


def test_a_workbook_that_was_moved_with_its_files_is_finished_where_it_is(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    path = planned(tmp_path / "here")
    done("publish", path)
    with open_book(path) as session:
        publication = Publication(session.book, session.path, "Ann")
        files = PublicationFiles(path, "2026-11.1")
        with opened(path) as store, store.plans.publishing():
            publication._save(store, files, lambda: session.save(keep_read_values=True))
    (tmp_path / "here").rename(tmp_path / "there")
    path = tmp_path / "there" / "plan.xlsx"
    said = done("store", "status", path)
    assert (
        said["summary"][0] == "The publication of version 2026-11.1, which was interrupted, is finished now."
    )
    assert (said["data"]["latest"], said["data"]["interrupted"]) == ("2026-11.1", [])
    assert path.with_name("plan_published_2026-11.1.xlsx").exists()
    assert leftovers(path.parent) == []


def test_a_store_that_goes_away_after_the_workbook_was_saved(tmp_path: Path) -> None:
    path = planned(tmp_path)
    done("publish", path)
    file, away = path.with_name("plan_store.sqlite"), tmp_path / "away.sqlite"
    with open_book(path) as session:
        publication = Publication(session.book, session.path, "Ann")

        def save() -> None:
            session.save(keep_read_values=True)
            file.rename(away)

        with pytest.raises(StoreError, match=r"saved with version 2026-11\.1, which is not published yet"):
            publication.release(save)
    assert not file.exists()
    away.rename(file)
    assert done("refresh-kpis", path)["summary"][0].endswith("which was interrupted, is finished now.")
    assert done("store", "status", path)["data"]["latest"] == "2026-11.1"
    assert done("store", "verify", path)["ok"]


def test_an_older_copy_of_a_published_workbook_is_told(tmp_path: Path) -> None:
    path = planned(tmp_path)
    older = path.read_bytes()
    done("publish", path)
    with opened(path) as store:
        PublicationFiles(path, "2026-11").begin(store)
    path.write_bytes(older)
    lines = done("refresh-kpis", path)["summary"]
    assert lines[0] == "Version 2026-11 is published, and not in this workbook: it is an older copy."
    assert done("publish", path)["data"]["version"] == "2026-11.1"


def _actions(store: Store, subject: str) -> list[str]:
    return [entry.action for entry in store.history.entries(subject=subject)]


def test_a_workbook_without_the_field_for_its_store_is_published_beside(tmp_path: Path) -> None:
    path = planned(tmp_path)
    with open_book(path) as session:
        session.book.names["Home_Store"].delete()
        session.save(keep_read_values=True)
    assert done("publish", path)["data"]["store"] == str(beside(path).file)
