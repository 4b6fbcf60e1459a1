"""How long Python takes from its start to the first answer of a SOP_ function, as Excel waits for it.

    python3 dev.py bench addin_start [TIMES]

Each run is a process of its own. The parts: the interpreter; xlwings with what it imports (pandas among it),
which the UDF server needs before it serves; our functions; the first answer; an equal call again. The COM
server itself needs Windows and is not measured here.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = 1.5

CHILD = """
import json, time
started = time.perf_counter()
import xlwings
imported = time.perf_counter()
import addin.excel_udfs as functions
bound = time.perf_counter()
history = [[100.0 + 10 * (month % 12) + month for month in range(36)]]
functions.SOP_FORECAST(history, 12.0)
answered = time.perf_counter()
functions.SOP_FORECAST(history, 12.0)
again = time.perf_counter()
print(json.dumps([imported - started, bound - imported, answered - bound, again - answered]))
"""
PARTS = ("xlwings and its imports", "our functions", "first SOP_FORECAST", "the same call again")


def one_start() -> list[float]:
    """Seconds of the interpreter, then of each part."""
    started = time.perf_counter()
    ended = subprocess.run(
        [sys.executable, "-c", CHILD], cwd=ROOT, capture_output=True, text=True, check=True
    )
    whole = time.perf_counter() - started
    parts: list[float] = json.loads(ended.stdout)
    return [whole - sum(parts), *parts]


def main() -> int:
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    one_start()  # fills the caches of the disk
    runs = [one_start() for _ in range(times)]
    middle = [statistics.median(column) for column in zip(*runs, strict=True)]
    for name, seconds in zip(("interpreter", *PARTS), middle, strict=True):
        print(f"{name:<26}{seconds:8.3f} s")
    ours = middle[2] + middle[3]
    print(f"{'ours':<26}{ours:8.3f} s   (target {TARGET} s)")
    print(f"{'all, to the first answer':<26}{sum(middle[:4]):8.3f} s   (median of {times} starts)")
    return int(ours > TARGET)


if __name__ == "__main__":
    raise SystemExit(main())
