"""A publication that is killed at any moment leaves everything or nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sop_xl.store.store import Store
from tests.commands.killed import STAGES
from tests.tiny import planned

ROOT = Path(__file__).resolve().parents[2]
#: SOP_SOAK=60 kills 200 publications.
ROUNDS = 200 if "SOP_SOAK" in os.environ else 4


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_killed_publication_is_finished_or_taken_back(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    store.database.close()
    # A store in a file is the one beside the workbook, which the first publication makes.
    server = [] if store.place.file else [store.place.server]
    command = [sys.executable, "-m", "tests.commands.killed", planned(folder), str(ROUNDS), "7", *server]
    said = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=60 + 10 * ROUNDS, check=False
    )
    assert said.returncode == 0, said.stderr
    print(f"\n{ROUNDS} publications killed, {store.database.kind}: {said.stdout.strip()}")
    found = json.loads(said.stdout)
    assert sum(found[name] for name in STAGES) == ROUNDS
    # Few kills may all fall on one side of the moment that decides.
    assert ROUNDS < 50 or min(found[name] for name in STAGES) > 0
