"""A server that stops in the middle of a command: it says so in plain words, and nothing is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from sop_xl.commands.publication import note_path
from sop_xl.store.place import place_of
from sop_xl.store.store import open_store, set_up
from tests.store import postgres
from tests.tiny import done, leftovers, planned, sop, table_rows

pytestmark = pytest.mark.skipif(postgres.programs() is None, reason="no PostgreSQL to start and stop")


@pytest.fixture(scope="module")
def server() -> Iterator[postgres.Server]:
    with postgres.own_server() as made:
        yield made


@pytest.fixture
def address(server: postgres.Server, monkeypatch: pytest.MonkeyPatch) -> str:
    """A store on the server, and the one that workbooks use."""
    place = place_of(f"{server.url}/postgres", "the test", Path())
    assert place.server
    engine = sa.create_engine(place.server.replace("postgresql:", "postgresql+pg8000:"))
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA public")
    engine.dispose()
    set_up(place, "Ann")
    monkeypatch.setenv("SOP_STORE", place.server)
    return place.server


@contextmanager
def stopping(server: postgres.Server, when: Callable[[str], bool]) -> Iterator[list[str]]:
    """Stop the server before the first statement of which ``when`` is true."""
    stopped: list[str] = []

    def watch(_: object, __: object, statement: str, *rest: object) -> None:
        if not stopped and when(statement):
            stopped.append(statement)
            server.stop()

    sa.event.listen(sa.Engine, "before_cursor_execute", watch)
    try:
        yield stopped
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", watch)
        if stopped:
            server.start()


@pytest.mark.parametrize(
    "begins",
    ["SELECT sop_plan_versions", "INSERT INTO sop_plan_lines", "UPDATE sop_state"],
)
def test_a_server_that_stops_before_the_workbook_is_saved(
    begins: str, server: postgres.Server, address: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = planned(tmp_path)
    before = path.read_bytes()
    with stopping(server, lambda statement: statement.startswith(begins)) as stopped:
        said = sop("publish", path)
    assert stopped
    assert said.code == 1
    assert said.err.startswith(f"The plan store {address} cannot be used now: ")
    assert "Traceback" not in said.err + capfd.readouterr().err
    assert path.read_bytes() == before
    # Nothing is left to settle; the plan is published as if nothing had been.
    assert done("publish", path)["data"]["version"] == "2026-11"
    assert done("store", "verify", path)["data"]["versions"] == 1
    assert leftovers(tmp_path) == []


def test_a_server_that_stops_once_the_workbook_is_saved(
    server: postgres.Server, address: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = planned(tmp_path)
    with stopping(server, lambda statement: statement.startswith("UPDATE sop_plan_versions")):
        said = sop("publish", path)
    assert said.code == 1
    assert said.err.startswith("The workbook is saved with version 2026-11, which is not published yet: ")
    assert "The next command on the workbook finishes it." in said.err
    assert "Traceback" not in said.err + capfd.readouterr().err
    assert "2026-11" in {row["Version"] for row in table_rows(path, "tblPlan")}
    assert note_path(path).exists()
    lines = done("refresh-kpis", path)["summary"]
    assert lines[0] == "The publication of version 2026-11, which was interrupted, is finished now."
    assert done("store", "verify", path)["data"]["versions"] == 1
    assert leftovers(tmp_path) == []


def test_a_signature_and_a_scenario_stand_in_the_workbook_where_the_server_stops(
    server: postgres.Server, address: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = planned(tmp_path)
    with stopping(server, lambda statement: statement.startswith("INSERT INTO sop_signoffs")) as stopped:
        said = done("submit", path, "--by", "Ann")
    assert stopped
    assert any("out of reach, the sign-off stands in the workbook alone" in line for line in said["summary"])
    assert table_rows(path, "tblSteps")[0]["State"] == "SUBMITTED"
    with stopping(server, lambda statement: statement.startswith("INSERT INTO sop_scenarios")) as stopped:
        done("scenario", "save", path, "Up", "--rule", "demand TEA +10%")
    assert stopped
    assert [row["Scenario"] for row in table_rows(path, "tblScenarios")] == ["Up"]
    with stopping(server, lambda statement: statement.startswith("SELECT sop_history")) as stopped:
        said = done("history", path)
    assert stopped
    assert any("cannot be read now" in line for line in said["summary"])
    with stopping(server, lambda statement: statement.startswith("SELECT sop_plan_versions")) as stopped:
        said = sop("store", "versions", address)
    assert stopped
    assert said.code == 1
    assert said.err.startswith(f"The plan store {address} cannot be used now: ")
    assert "Traceback" not in capfd.readouterr().err
    # The next action tells the store what it missed.
    done("approve", path, "--by", "Ben")
    with open_store(place_of(address, "the test", tmp_path)) as store:
        assert [(s.state, s.signed_by) for s in store.signoffs.of("2026-11").values()] == [
            ("APPROVED", "Ben")
        ]
