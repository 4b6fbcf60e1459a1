"""How long the monthly cycle takes on the sample company, as whole processes.

Run ``python3 dev.py bench cycle``. Every figure is the median of some runs; the peak is of the largest process.
"""

from __future__ import annotations

import importlib.util
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RUNS = 5


def build(folder: Path) -> Path:
    """The extracts of the sample company."""
    spec = importlib.util.spec_from_file_location("sample_company", ROOT / "examples" / "sample_company.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    mapping: Path = module.build(folder)
    return mapping


def timed(*command: str) -> tuple[float, float]:
    """Seconds and peak memory in MB of one process; the memory is 0 where the system does not tell."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=ROOT)
    peak = 0.0
    if hasattr(__import__("os"), "wait4"):
        import os

        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        peak = usage.ru_maxrss / 1024
    else:
        process.wait()
    seconds = time.perf_counter() - started
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    return seconds, peak


def planning_seconds(workbook: Path) -> float:
    """Time of the planning alone, workbook open: forecast, supply, capacity, gaps, money, measures."""
    from sop_xl.commands import steps
    from sop_xl.commands.cycle import Cycle
    from sop_xl.hosts.session import open_book

    with open_book(workbook, read_only=True) as session:
        cycle = Cycle(session.book)
        cycle.require_clean()
        _ = cycle.given
        started = time.perf_counter()
        for step in (
            steps.forecast_step,
            steps.supply_step,
            steps.reconcile_step,
            steps.value_step,
            steps.kpi_step,
        ):
            step(cycle)
        return time.perf_counter() - started


def main() -> None:
    """Print the table."""
    sop = (sys.executable, "-m", "sop_xl.cli")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        mapping, workbook = build(folder / "extracts"), folder / "plan.xlsx"
        rows = [
            ("import sop_xl", *_median((sys.executable, "-c", "import sop_xl"))),
            ("python -c pass", *_median((sys.executable, "-c", "pass"))),
        ]
        timed(*sop, "new", str(workbook))
        rows.append(
            ("load-actuals", *_median((*sop, "load-actuals", str(workbook), "--mapping", str(mapping))))
        )
        rows.append(("run-cycle", *_median((*sop, "run-cycle", str(workbook)))))
        rows.append(("publish", *timed(*sop, "publish", str(workbook), "--by", "benchmark")))
        call = (
            *sop,
            "call",
            "SOP_FORECAST",
            "[[12,15,11,18,20,17,14,19,23,21,18,25,13,16,12,19,22,18,15,20,25,22,19,27]]",
        )
        rows.append(("call SOP_FORECAST", *_median(call)))
        print("| whole process | seconds | peak MB |\n|---|---|---|")
        for label, seconds, peak in rows:
            print(f"| {label} | {seconds:.2f} | {peak:.0f} |")
        print(
            f"\nPlanning alone, workbook open: {statistics.median(planning_seconds(workbook) for _ in range(3)):.2f} s"
        )


def _median(command: tuple[str, ...]) -> tuple[float, float]:
    runs = [timed(*command) for _ in range(RUNS)]
    return statistics.median(seconds for seconds, _ in runs), max(peak for _, peak in runs)


if __name__ == "__main__":
    main()
