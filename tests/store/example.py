"""Plans to publish in tests, and the store that the examples of the functions read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sop_xl.store.database import moment
from sop_xl.store.place import Place, place_of
from sop_xl.store.plans import NewVersion, Version
from sop_xl.store.store import Store, open_store, set_up

NOV, DEC = date(2026, 11, 30), date(2026, 12, 31)
LINES = (
    ("consensus_demand", "TEA", NOV, 1200.0, 9600.0),
    ("consensus_demand", "TEA", DEC, 1250.0, 10000.0),
    ("consensus_demand", "CUPS", NOV, 500.0, 1500.0),
    ("revenue", "TEA", NOV, None, 9600.0),
    ("revenue", "TEA", DEC, None, 10000.0),
    ("revenue", "CUPS", NOV, None, 1500.0),
)


def new_version(
    version: str = "2026-11",
    lines: Sequence[Sequence[Any]] = LINES,
    *,
    by: str = "Ann",
    workbook: str = "plan.xlsx",
    at: datetime = datetime(2026, 11, 23, 10, 30),
    **more: Any,
) -> NewVersion:
    """A plan of the tea company."""
    snapshots = [
        (measure, family, bucket, 0 if bucket == NOV else 1, quantity, value)
        for measure, family, bucket, quantity, value in lines
        if measure == "consensus_demand"
    ]
    parts: dict[str, Any] = {
        "version": version,
        "cycle": version[:7],
        "company": "Tea & Sons",
        "currency": "EUR",
        "bucket_type": "month",
        "first_bucket": NOV,
        "last_bucket": DEC,
        "published_at": moment(at),
        "published_by": by,
        "workbook": workbook,
        "lines": lines,
        "snapshots": snapshots,
        "minutes": {"decisions": [("D1", NOV, "Hire?", None, "Yes", "Ann", DEC, "DECIDED")]},
    }
    return NewVersion(**parts | more)


def publish(store: Store, new: NewVersion) -> Version:
    """Publish a plan after the one that is the latest now."""
    latest = store.plans.latest()
    with store.plans.publishing():
        store.plans.prepare(new, latest.version if latest else None)
        return store.plans.publish(new.version, new.published_by)


def file_place(folder: Path, name: str = "plans.sqlite") -> Place:
    """A place for a store in a file."""
    return place_of(name, "the test", folder)


def example_store(folder: Path) -> Path:
    """A store with one published version, as the examples of the functions expect it."""
    place = file_place(folder)
    set_up(place, "Ann")
    with open_store(place) as store:
        publish(store, new_version())
    assert place.file is not None
    return place.file
