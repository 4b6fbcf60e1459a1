"""How long LibreOffice Calc takes to open the sample company's workbook after a cycle; writes the page in docs.

Run ``python3 dev.py bench open``, or ``bench open FILE`` to time another workbook without writing the page. Each
file is opened in a program that was just started, and again in one that has opened it before; the least of some
runs, as other work on the machine only adds to it. As on a user's desk, the values in the file are taken as they are.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "examples")]

from demo import demo  # noqa: E402

from addin.libreoffice.programs import office_version  # noqa: E402
from tests.hosts.libreoffice import LibreOffice  # noqa: E402

PAGE = ROOT / "docs" / "open-benchmark.md"
RUNS = 3


def opened(office: LibreOffice, path: Path) -> float:
    """Seconds until a workbook is loaded."""
    started = time.perf_counter()
    number = office.request("open", path=str(path))
    seconds = time.perf_counter() - started
    office.request("close", document=number)
    return seconds


def times(path: Path) -> tuple[float, float, float]:
    """Least seconds: the program's start, the first workbook in it, and every later time."""
    start, first, later = [], [], []
    for _ in range(RUNS):
        with LibreOffice(recalculate=False) as office:
            began = time.perf_counter()
            office.address()
            start.append(time.perf_counter() - began)
            first.append(opened(office, path))
            later.append(opened(office, path))
    return min(start), min(first), min(later)


def page(lines: dict[str, tuple[int, tuple[float, float, float]]]) -> str:
    """The page of results."""
    version = office_version()
    assert version is not None
    load = f"; the load of the machine was {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return "\n".join(
        [
            "# Opening the workbook in Calc",
            "",
            f"Seconds until the file is loaded, least of {RUNS}; `python3 dev.py bench open` measures again and",
            "writes this page.",
            "",
            f"LibreOffice {version[0]}.{version[1]}, {os.cpu_count()} processors{load}.",
            "",
            "| file | KB | starting the program | first file in it | opened again |",
            "|---|---:|---:|---:|---:|",
            *(
                f"| {name} | {size / 1024:.0f} | {start:.2f} | {first:.2f} | {later:.2f} |"
                for name, (size, (start, first, later)) in lines.items()
            ),
            "",
            "What costs is not the data. LibreOffice breaks all rows of all sheets into pages again whenever the",
            "rows or columns that repeat in print change from one sheet to the next: a million rows a sheet. All",
            "sheets of the workbook therefore repeat the same rows, and none repeats columns.",
            "",
        ]
    )


def main() -> None:
    """Measure, print and write the page."""
    if sys.argv[1:]:
        for name in sys.argv[1:]:
            print(name, *(f"{seconds:.2f}" for seconds in times(Path(name).resolve())))
        return
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "demo"
        demo(folder)
        files = {
            "The empty template": ROOT / "workbook_templates" / "SOP_Template.xlsx",
            "The sample company after its cycle": folder / "sop.xlsx",
            "What it publishes": folder / "sop_published.xlsx",
        }
        lines = {name: (path.stat().st_size, times(path)) for name, path in files.items()}
    text = page(lines)
    PAGE.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
