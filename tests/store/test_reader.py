"""What cells see: one look at the store for thousands of calls, and a new publication soon."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from sop_xl.store import reader as readers
from sop_xl.store.errors import StoreError
from sop_xl.store.place import place_of
from sop_xl.store.reader import PlanReader
from sop_xl.store.store import Store, open_store, set_up
from tests.store.example import NOV, file_place, new_version, publish
from udfs.registry import call

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def queries() -> Iterator[list[str]]:
    """Every statement sent to a database."""
    sent: list[str] = []

    def listen(_: object, __: object, statement: str, *rest: object) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")):
            sent.append(statement)

    sa.event.listen(sa.Engine, "before_cursor_execute", listen)
    yield sent
    sa.event.remove(sa.Engine, "before_cursor_execute", listen)


def test_thousands_of_cells_cost_one_look_and_a_publication_is_seen_soon(
    store: Store, queries: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOP_STORE", str(store.place.file or store.place.server))
    publish(store, new_version())
    arguments = ["consensus_demand", "TEA", "2026-11-15"]
    assert call("SOP_PLAN", arguments) == 1200.0
    monkeypatch.setattr(readers, "FRESH_SECONDS", 60.0)
    queries.clear()
    assert [call("SOP_PLAN", arguments) for _ in range(2000)] == [1200.0] * 2000
    assert queries == []
    monkeypatch.setattr(readers, "FRESH_SECONDS", 0.0)
    call("SOP_PLAN", arguments)
    assert len(queries) == 1
    assert "history_hash" in queries[0]
    monkeypatch.setattr(readers, "FRESH_SECONDS", 0.2)
    publish(store, new_version("2026-11.2", [("consensus_demand", "TEA", NOV, 7.0, None)]))
    time.sleep(0.25)
    assert call("SOP_PLAN", arguments) == 7.0
    assert call("SOP_PLAN", [*arguments, "2026-11"]) == 1200.0
    assert call("SOP_VERSION", [])[0][0] == "2026-11.2"


def test_a_prepared_version_is_not_shown(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOP_STORE", str(store.place.file or store.place.server))
    monkeypatch.setattr(readers, "FRESH_SECONDS", 0.0)
    found = call("SOP_VERSION", [])
    assert (found.value, "Nothing is published" in found.reason) == ("#N/A", True)
    publish(store, new_version())
    with store.plans.publishing():
        store.plans.prepare(new_version("2026-12"), "2026-11")
    assert call("SOP_VERSION", [])[0][0] == "2026-11"
    assert (
        call("SOP_VERSION", ["2026-12"]).reason == "Version 2026-12 is not published. The latest is 2026-11."
    )


def test_a_store_out_of_reach_is_not_asked_for_every_cell_and_is_found_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = file_place(tmp_path)
    reader = PlanReader(place)
    with pytest.raises(StoreError, match="There is no plan store"):
        reader.version()
    set_up(place)
    with open_store(place) as store:
        publish(store, new_version())
    with pytest.raises(StoreError, match="There is no plan store"):
        reader.version()
    monkeypatch.setattr(readers, "RETRY_SECONDS", 0.0)
    monkeypatch.setattr(readers, "FRESH_SECONDS", 0.0)
    assert reader.version().version == "2026-11"
    assert place.file is not None
    place.file.rename(tmp_path / "away.sqlite")
    with pytest.raises(StoreError, match="is gone"):
        reader.version()


def test_another_file_in_the_place_of_a_store_shows_its_own_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "FRESH_SECONDS", 0.0)
    old, new = file_place(tmp_path), file_place(tmp_path, "other.sqlite")
    for place, number in ((old, 1.0), (new, 2.0)):
        set_up(place)
        with open_store(place) as store:
            publish(store, new_version(lines=[("consensus_demand", "TEA", NOV, number, None)]))
    reader = PlanReader(old)
    assert reader.plan().numbers["consensus_demand"]["tea", NOV] == (1.0, None)
    assert old.file is not None
    assert new.file is not None
    new.file.replace(old.file)
    assert reader.plan().numbers["consensus_demand"]["tea", NOV] == (2.0, None)


def test_without_a_store_the_reason_says_what_to_do() -> None:
    found = call("SOP_PLAN", ["revenue", "TEA", "2026-11-30"])
    assert found.value == "#N/A"
    assert found.reason.startswith("No plan store is set up on this computer. Run sop-xl store init")


def test_a_server_out_of_reach_is_a_reason(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SOP_STORE", "postgresql://ann:secret@127.0.0.1:9/plans")
    found = call("SOP_VERSION", [])
    assert found.value == "#N/A"
    assert "cannot be used now" in found.reason
    assert "secret" not in found.reason
    assert place_of("postgresql://a@b/c", "x", tmp_path).server == "postgresql://a@b/c"


def test_only_functions_that_read_the_store_import_its_library() -> None:
    script = (
        "import sys; from udfs.registry import call, functions; functions(); "
        "call('SOP_LEVEL_PLAN', [100, [[50, 50]], 0]); "
        "assert not {'sqlalchemy', 'xlwings', 'openpyxl'} & set(sys.modules), 'too early'; "
        "assert call('SOP_PLAN', ['revenue', 'TEA', '2026-11-30']).value == '#N/A'; "
        "assert not {'xlwings', 'openpyxl'} & set(sys.modules), 'a workbook library'"
    )
    subprocess.run([sys.executable, "-c", script], check=True, cwd=ROOT, timeout=60)
