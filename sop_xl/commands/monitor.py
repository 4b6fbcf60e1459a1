"""Monitor: after actuals are loaded, compare them with what was published and list what somebody should look at."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import xlwings as xw

from sop_xl.checks import Rows
from sop_xl.commands.cycle import Cycle, today
from sop_xl.commands.outcome import Outcome, Progress, counted, silent
from sop_xl.commands.reconcile import records
from sop_xl.commands.signatures import path_of, store_place
from sop_xl.pack.decisions import is_open
from sop_xl.process import monitor as watch
from sop_xl.store.errors import StoreError
from sop_xl.workbook import layout
from sop_xl.workbook.codes import Codes
from sop_xl.workbook.read import CARD_LIMITS, Workbook
from sop_xl.workbook.snapshots import Snapshots
from sop_xl.workbook.upgrade import complete
from sop_xl.workbook.waterfall import write_waterfall
from sop_xl.workbook.write import or_blank, write_table


def monitor(book: xw.Book, progress: Progress = silent) -> Outcome:
    """Accuracy and value added at lags 1 to 3, the waterfall of forecasts, and alerts with their owners.

    Raises:
        ChecksFailed: the input has errors.
    """
    cycle = Cycle(book, progress)
    cycle.require_clean()
    workbook, given, outcome = cycle.workbook, cycle.given, Outcome("monitor")
    complete(workbook)
    rows = _with_store(cycle.tables["tblPlan"], workbook, path_of(book), outcome)
    snapshots = Snapshots(rows, cycle.horizon, Codes(cycle.tables))
    progress("Comparing forecasts with actuals", 0.4)
    ends = {
        bucket.end: i
        for i, bucket in enumerate(cycle.horizon.history(layout.HISTORY_BUCKETS[cycle.horizon.kind]))
    }
    frozen = {
        (measure, lag): snapshots.at_lag(measure, lag, ends)[0]
        for measure in watch.FORECAST_STEPS.values()
        for lag in watch.LAGS
    }
    lines, added = watch.lag_accuracy(given, frozen), watch.value_added(given, frozen)
    lag = min(max(workbook.number_field("Home_Lag", *CARD_LIMITS["Home_Lag"]), 1), watch.LAGS[-1])
    day = today().date()
    alerts = [
        *watch.signal_alerts(given, lines, lag),
        *watch.adherence_alerts(given),
        *watch.action_alerts(filter(is_open, records(workbook.rows("tblActions"))), day),
        *watch.assumption_alerts(filter(is_open, records(cycle.tables["tblAssumptions"])), day),
    ]
    alerts.sort(key=lambda alert: alert.level != "RED")
    progress("Writing", 0.7)
    write_table(
        workbook,
        "tblAlerts",
        [[a.level, a.kind, a.subject, a.owner, or_blank(a.value), a.what] for a in alerts],
    )
    write_table(
        workbook,
        "tblLagAccuracy",
        [
            [x.family, x.lag, x.buckets, or_blank(x.accuracy), or_blank(x.bias), or_blank(x.signal)]
            for x in lines
        ],
    )
    write_table(
        workbook,
        "tblValueAdded",
        [[x.lag, x.step, x.pairs, x.wmape, or_blank(x.added), x.against_naive] for x in added],
    )
    versions = write_waterfall(workbook, given, snapshots)
    _say(outcome, lag, lines, added, alerts)
    cycle.log(outcome)
    outcome.data = {
        "red": sum(alert.level == "RED" for alert in alerts),
        "alerts": [vars(alert) for alert in alerts],
        "accuracy": [vars(line) for line in lines],
        "value_added": [vars(line) for line in added],
        "versions": versions,
    }
    return outcome


def _with_store(rows: Rows, workbook: Workbook, path: Path | None, outcome: Outcome) -> Rows:
    """The published plans: those of the store as it keeps them, and those that the workbook alone knows."""
    from sop_xl.store.store import open_store

    place = store_place(workbook, path)
    if place is None:
        return rows
    kept: list[list[Any]] = []
    versions: set[str] = set()
    try:
        with open_store(place) as store:
            for version in store.plans.versions():
                kept += [[version.version, *line] for line in store.plans.lines(version.version)]
                versions.add(version.version)
    except StoreError as error:
        outcome.say(f"The plan store is out of reach, the workbook's own versions count: {error.message}")
        return rows
    mine = [i for i, version in enumerate(rows["Version"]) if version not in versions]
    cells = {
        header: [*(rows[header][i] for i in mine), *(line[column] for line in kept)]
        for column, header in enumerate(layout.TABLES["tblPlan"].headers)
    }
    return replace(rows, cells=cells, numbers=[*(rows.numbers[i] for i in mine), *[0] * len(kept)])


def _say(
    outcome: Outcome,
    lag: int,
    lines: list[watch.LagAccuracy],
    added: list[watch.ValueAdded],
    alerts: list[watch.Alert],
) -> None:
    total = [x for x in lines if x.family == watch.TOTAL and not np.isnan(x.accuracy)]
    if total:
        shown = ", ".join(f"{x.accuracy:.1%} at lag {x.lag}" for x in total)
        outcome.say(f"Forecast accuracy of the published consensus: {shown}.")
    else:
        outcome.say("No published forecast has met its actuals yet: accuracy is not defined.")
    steps = [x for x in added if x.lag == lag and x.step != watch.NAIVE]
    if steps:
        shown = ", ".join(f"{x.step} {x.added:+.1%}" for x in steps)
        outcome.say(f"Value added at lag {lag} to the step before, in points of WMAPE: {shown}.")
    red = sum(alert.level == "RED" for alert in alerts)
    outcome.say(f"{counted(len(alerts), 'alert')}, {red} red.")
    outcome.lines += [f"  {alert.level} {alert.what} ({alert.owner})" for alert in alerts]
