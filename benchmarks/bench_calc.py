"""How long 500 forecasts take in cells of LibreOffice Calc, beside its own FORECAST.ETS.ADD; writes the page in docs.

Run ``python3 dev.py bench calc``. Each series has 48 buckets and is forecast over 12, by AUTO and by HOLT_WINTERS, once
as 500 array formulas of one row and once as one array formula of 500 rows. Before every run all series are multiplied
by a new factor, so that nothing can be remembered. Every figure is the median of some runs.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import xlsxwriter

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from addin.libreoffice.build import extension  # noqa: E402
from addin.libreoffice.programs import office_python_version, office_version  # noqa: E402
from tests.hosts.libreoffice import CalcError, LibreOffice  # noqa: E402
from udfs.registry import call  # noqa: E402

PAGE = ROOT / "docs" / "calc-benchmark.md"
SERIES, BUCKETS, HORIZON, SEASON = 500, 48, 12, 12
RUNS = 3
LAST = xlsxwriter.utility.xl_col_to_name(BUCKETS - 1)


def history() -> np.ndarray:
    """Units per bucket: levels from tens to ten thousands, trends, seasons and noise."""
    random = np.random.default_rng(20261101)
    level = 10 ** random.uniform(1.5, 4, (SERIES, 1))
    trend = 1 + random.uniform(-0.01, 0.015, (SERIES, 1)) * np.arange(BUCKETS)
    season = 1 + random.uniform(0, 0.4, (SERIES, 1)) * np.sin(
        2 * np.pi * (np.arange(BUCKETS) / SEASON + random.uniform(0, 1, (SERIES, 1)))
    )
    return np.round(level * trend * season * random.lognormal(0, 0.1, (SERIES, BUCKETS)), 0)


def rows_of_their_own(formula: str) -> Callable[[xlsxwriter.worksheet.Worksheet], None]:
    """One array formula in every row; ``{row}`` in it is the row."""

    def write(sheet: xlsxwriter.worksheet.Worksheet) -> None:
        for row in range(SERIES):
            sheet.write_array_formula(row, 0, row, HORIZON - 1, formula.format(row=row + 1))

    return write


def all_at_once(formula: str) -> Callable[[xlsxwriter.worksheet.Worksheet], None]:
    """One array formula over all rows."""
    return lambda sheet: sheet.write_array_formula(0, 0, SERIES - 1, HORIZON - 1, formula)


WORKBOOKS: dict[str, Callable[[xlsxwriter.worksheet.Worksheet], None]] = {
    "500 cells, `SOP_FORECAST`": rows_of_their_own(f"=SOP_FORECAST(Data!A{{row}}:{LAST}{{row}},{HORIZON})"),
    "500 cells, `SOP_FORECAST`, method HOLT_WINTERS": rows_of_their_own(
        f'=SOP_FORECAST(Data!A{{row}}:{LAST}{{row}},{HORIZON},{SEASON},"HOLT_WINTERS")'
    ),
    "one array call, `SOP_FORECAST`": all_at_once(f"=SOP_FORECAST(Data!A1:{LAST}{SERIES},{HORIZON})"),
    "one array call, `SOP_FORECAST`, method HOLT_WINTERS": all_at_once(
        f'=SOP_FORECAST(Data!A1:{LAST}{SERIES},{HORIZON},{SEASON},"HOLT_WINTERS")'
    ),
    "500 cells, LibreOffice's `FORECAST.ETS.ADD`": rows_of_their_own(
        f"=_xlfn.FORECAST.ETS(Time!$A$2:$L$2,Data!A{{row}}:{LAST}{{row}},Time!$A$1:${LAST}$1,{SEASON})"
    ),
}


def build(path: Path, formulas: Callable[[xlsxwriter.worksheet.Worksheet], None]) -> None:
    """A workbook whose series are all multiplied by Time!A3."""
    with xlsxwriter.Workbook(str(path)) as book:
        results, data = book.add_worksheet("Results"), book.add_worksheet("Data")
        raw, times = book.add_worksheet("Raw"), book.add_worksheet("Time")
        for r, row in enumerate(history().tolist()):
            raw.write_row(r, 0, row)
            for c in range(BUCKETS):
                data.write_formula(r, c, f"=Raw!{xlsxwriter.utility.xl_rowcol_to_cell(r, c)}*Time!$A$3")
        times.write_row(0, 0, range(1, BUCKETS + 1))
        times.write_row(1, 0, range(BUCKETS + 1, BUCKETS + HORIZON + 1))
        times.write(2, 0, 1)
        formulas(results)


def in_calc(folder: Path, environment: dict[str, str]) -> dict[str, float]:
    """Median seconds of a recalculation of each workbook, in one LibreOffice."""
    found = {}
    with LibreOffice(seconds=300, extension=extension(), environment=environment) as office:
        for number, (name, formulas) in enumerate(WORKBOOKS.items()):
            path = folder / f"{number}.xlsx"
            build(path, formulas)
            with office.edit(path) as book:
                times = []
                for run in range(RUNS + 1):
                    times.append(book.calculate_after("Time", "A3", 1 + run / 100))
                cells = book.values(["Results"])["Results"]
                assert not [cell for row in cells for cell in row if isinstance(cell, CalcError)], name
            # The first run imports what it needs.
            found[name] = statistics.median(times[1:])
    return found


def by_call() -> dict[str, float]:
    """Median seconds of one call over all series, without a spreadsheet program."""
    data, found = history(), {}
    for name, arguments in {"AUTO": [], "HOLT_WINTERS": [SEASON, "HOLT_WINTERS"]}.items():
        times = []
        for run in range(RUNS + 1):
            rows = (data * (1 + run / 100)).tolist()
            started = time.perf_counter()
            call("SOP_FORECAST", [rows, HORIZON, *arguments])
            times.append(time.perf_counter() - started)
        found[name] = statistics.median(times[1:])
    return found


def page(inside: dict[str, float], beside: dict[str, float], call_path: dict[str, float]) -> str:
    """The page of results."""
    version, python = office_version(), office_python_version()
    assert version is not None
    assert python is not None
    load = f"; the load of the machine was {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    lines = [
        "# 500 forecasts in Calc",
        "",
        f"{SERIES} series of {BUCKETS} buckets, forecast over {HORIZON}: seconds of one recalculation with new data,",
        f"median of {RUNS}. `python3 dev.py bench calc` measures again and writes this page.",
        "",
        f"LibreOffice {version[0]}.{version[1]}, Python {python[0]}.{python[1]}, {os.cpu_count()} processors{load}.",
        "",
        "| in cells | within LibreOffice | in a process of its own |",
        "|---|---:|---:|",
        *(
            f"| {name} | {inside[name]:.2f} | {'' if 'LibreOffice' in name else f'{beside[name]:.2f}'} |"
            for name in WORKBOOKS
        ),
        "",
        "| one call over all series, no spreadsheet program | seconds |",
        "|---|---:|",
        *(f"| `SOP_FORECAST`, method {name} | {seconds:.2f} |" for name, seconds in call_path.items()),
        "",
        "AUTO classes each series and combines or chooses among several methods; HOLT_WINTERS searches the parameters",
        "of the kind of model that FORECAST.ETS.ADD fits. A call with the same arguments is answered from memory.",
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    """Measure, print and write the page."""
    with tempfile.TemporaryDirectory() as folder:
        inside = in_calc(Path(folder), {})
        beside = in_calc(Path(folder), {"SOP_CALC_PROCESS": "helper"})
    text = page(inside, beside, by_call())
    PAGE.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
