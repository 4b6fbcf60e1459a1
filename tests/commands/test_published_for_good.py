"""What was published never changes, whoever tries by whatever way; and who tried is written down."""

from __future__ import annotations

from pathlib import Path

import pytest

from sop_xl.commands.publish import Publication
from sop_xl.hosts.session import open_book
from sop_xl.store.errors import StoreConflict
from sop_xl.store.store import Store
from sop_xl.workbook.read import Workbook
from tests.tiny import done, fill, leftovers, month, planned, sop, table_rows, type_override


@pytest.fixture(autouse=True)
def _shared(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOP_STORE", str(store.place.file or store.place.server))


def type_into_a_published_version(path: Path, units: float) -> None:
    """As somebody who wants to look better: the consensus of TEA in the second month."""
    with open_book(path) as session:
        workbook = Workbook.of(session.book)
        rows, place = workbook.rows("tblPlan"), workbook.place("tblPlan")
        where = zip(rows["Version"], rows["Measure"], rows["Family"], rows["Bucket"], strict=True)
        wanted = ("2026-11", "consensus_demand", "TEA", month(1).end)
        row = rows.numbers[list(where).index(wanted)]
        session.book.sheets[place.sheet].range((row, place.columns["Quantity"])).value = units
        session.save(keep_read_values=True)


def test_a_published_version_that_was_typed_over_in_the_workbook(store: Store, tmp_path: Path) -> None:
    path = planned(tmp_path)
    done("publish", path, "--by", "Ann")
    lines = store.plans.lines("2026-11")
    type_into_a_published_version(path, 1.0)
    before = path.read_bytes()
    said = sop("publish", path, "--by", "Eve")
    assert said.code == 1
    assert said.err.startswith("What was published never changes, and tblPlan says something else")
    assert "2026-11: 1 line differs: consensus_demand of TEA in 2026-12-31: " in said.err
    assert path.read_bytes() == before
    assert leftovers(tmp_path) == []
    last = store.history.entries()[-1]
    assert (last.by, last.action, last.subject) == ("Eve", "refused", "2026-11")
    assert "→ 1." in last.detail["why"]
    # As it is deleted there, the store keeps it, and planning goes on.
    kept = [row for row in table_rows(path, "tblPlan") if row["Version"] != "2026-11"]
    fill(path, {"tblPlan": kept})
    assert done("publish", path, "--by", "Ann")["data"]["version"] == "2026-11.1"
    assert store.plans.lines("2026-11") == lines
    assert store.verify().problems == []


def test_a_copy_that_is_older_than_a_published_version_cannot_replace_it(
    store: Store, tmp_path: Path
) -> None:
    (tmp_path / "ann").mkdir()
    (tmp_path / "ben").mkdir()
    path, copy = planned(tmp_path / "ann"), planned(tmp_path / "ben")
    type_override(copy, "Demand", "TEA", "sales_override", month(2).end, 77.0)
    done("run-cycle", copy)
    with open_book(copy) as session:
        late = Publication(session.book, session.path, "Ben")
        done("publish", path, "--by", "Ann")
        first, lines = store.plans.find("2026-11"), store.plans.lines("2026-11")
        before = copy.read_bytes()
        with pytest.raises(StoreConflict, match="Version 2026-11 was published by Ann"):
            late.release(lambda: session.save(keep_read_values=True))
        assert copy.read_bytes() == before
    last = store.history.entries()[-1]
    assert (last.by, last.action, last.subject) == ("Ben", "refused", "2026-11")
    assert "consensus_demand of TEA in 2027-01-31" in last.detail["why"]
    # The next time it is a version of its own, after the one that it did not know.
    said = done("publish", copy, "--by", "Ben")
    assert said["data"]["version"] == "2026-11.1"
    assert any("Version 2026-11, published by Ann, was not known" in line for line in said["summary"])
    assert (store.plans.find("2026-11"), store.plans.lines("2026-11")) == (first, lines)
    assert store.verify().problems == []
