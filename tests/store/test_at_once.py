"""Several people at once: nobody sees a lock, nobody's work is lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

from sop_xl.store.store import Store

ROOT = Path(__file__).resolve().parents[2]
PROCESSES = 8
#: Seconds of work; SOP_SOAK=60 looks longer.
SECONDS = os.environ.get("SOP_SOAK", "2")


def test_eight_processes_publish_and_save_into_one_store(store: Store) -> None:
    text = str(store.place.file or store.place.server)
    command = [sys.executable, "-W", "error", "-m", "tests.store.at_once", text]
    running = [
        subprocess.Popen(
            [*command, f"P{number}", SECONDS],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(PROCESSES)
    ]
    said = [process.communicate(timeout=float(SECONDS) + 120) for process in running]
    assert [err for _, err in said] == [""] * PROCESSES
    results = [json.loads(out) for out, _ in said]
    published = [name for result in results for name in result["published"]]
    assert len(published) == len(set(published)) >= PROCESSES
    assert [version.version for version in store.plans.versions()] == [
        f"V{n + 1}" for n in range(len(published))
    ]
    assert {version.published_by for version in store.plans.versions()} == {f"P{n}" for n in range(PROCESSES)}
    saved = sum(result["saved"] for result in results)
    told, longest = sum((Counter(r["told"]) for r in results), Counter()), max(r["longest"] for r in results)
    print(
        f"\n{store.database.kind}, {PROCESSES} processes, {SECONDS} s: {len(published)} versions published, {saved} "
        f"revisions saved; told that somebody was first: {dict(told)}; longest publication {longest:.1f} s"
    )
    scenario = store.scenarios.find("shared")
    assert scenario is not None
    # Every save added one: a lost update would leave fewer.
    assert (scenario.revision, store.scenarios.lines("shared")[0].quantity) == (saved, saved)
    report = store.verify()
    assert report.problems == []
    assert report.versions == len(published)
