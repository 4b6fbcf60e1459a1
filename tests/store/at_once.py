"""What one of several processes does to a shared store; run by test_at_once.py."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from pathlib import Path

from sop_xl.store.errors import StoreConflict
from sop_xl.store.place import place_of
from sop_xl.store.store import Store, open_store
from tests.store.example import LINES, NOV, new_version

told: Counter[str] = Counter()
"""How often somebody else was first: "published", "saved"."""


def publish_once(store: Store, who: str) -> str:
    """Publish one more version; told that somebody was first, look and publish again."""
    while True:
        latest = store.plans.latest()
        name = f"V{latest.number + 1 if latest else 1}"
        try:
            with store.plans.publishing():
                store.plans.prepare(new_version(name, by=who), latest.version if latest else None)
                store.plans.publish(name, who)
            return name
        except StoreConflict:
            told["published"] += 1


def save_once(store: Store, who: str) -> int:
    """Add one to a number that everybody adds to, as a line of a scenario."""
    while True:
        found = store.scenarios.find("shared")
        revision = found.revision if found else 0
        count = store.scenarios.lines("shared", revision)[0].quantity or 0 if found else 0
        try:
            lines = [("count", "ALL", NOV, count + 1, None), *LINES]
            return store.scenarios.save("shared", lines, who, revision).revision
        except StoreConflict:
            told["saved"] += 1


def main(text: str, who: str, seconds: str) -> None:
    """Publish and save in turn until the time is over; prints what was done."""
    published, saved, longest = [], 0, 0.0
    with open_store(place_of(text, "the test", Path())) as store:
        end = time.monotonic() + float(seconds)
        while time.monotonic() < end:
            began = time.monotonic()
            published.append(publish_once(store, who))
            longest = max(longest, time.monotonic() - began)
            for _ in range(3):
                save_once(store, who)
                saved += 1
    print(json.dumps({"published": published, "saved": saved, "told": told, "longest": longest}))


if __name__ == "__main__":
    main(*sys.argv[1:])
