"""A year of monthly cycles: what was published stays, and what is said about it is right."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import pytest

from sop_xl.hosts.session import open_book
from sop_xl.store.place import Place
from sop_xl.store.plans import PlanLine
from sop_xl.store.store import Store, open_store
from sop_xl.workbook.read import Workbook, matrix
from tests.tiny import done, planning_values, table_rows

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
#: Made to stock and made to order; all eight would take minutes.
FAMILIES = ("ICED", "MACHINES")
VERSIONS = [
    *(f"2026-{month}" for month in (11, 12)),
    *(f"2027-{month:02d}" for month in range(1, 5)),
    "2027-04.1",
    *(f"2027-{month:02d}" for month in range(5, 11)),
]
#: Measure of the store -> planning view that shows it.
SHOWN = {
    "baseline_forecast": "Demand",
    "consensus_demand": "Demand",
    "production_plan": "Supply",
    "projected_inventory": "Supply",
    "revenue": "Finance",
    "margin": "Finance",
}


def example(name: str) -> ModuleType:
    """A module of the examples, as it is when it is run as a program."""
    sys.path.insert(0, str(EXAMPLES))
    try:
        spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(EXAMPLES))
    return module


@dataclass
class Lived:
    """A year, and what was seen on the day of each publication.

    Attributes:
        shown: version -> numbers of the planning views: (measure, family, last day of the bucket).
        kept: version -> the lines of the store.
        linked: version -> bytes of the file that others link to.
        heads: the last hash of the history, after each publication.
    """

    year: Any
    place: Place
    published: list[Any] = field(default_factory=list)
    shown: dict[str, dict[tuple[str, str, date], float]] = field(default_factory=dict)
    kept: dict[str, list[PlanLine]] = field(default_factory=dict)
    linked: dict[str, bytes] = field(default_factory=dict)
    heads: list[str] = field(default_factory=list)

    @property
    def workbook(self) -> Path:
        path = self.year.workbook
        assert isinstance(path, Path)
        return path


def months_between(version: str, end: date) -> int:
    """Age of a forecast when its bucket comes."""
    year, month = int(version[:4]), int(version[5:7])
    return (end.year - year) * 12 + end.month - month


def last_of_each_cycle() -> dict[str, str]:
    """Cycle -> the version that counts."""
    return {version[:7]: version for version in VERSIONS}


def planned_in(workbook: Path, version: str) -> dict[tuple[str, str, date], float]:
    """What the planning views show from the current bucket on: (measure, family, last day of the bucket)."""
    return {
        (key, family, date.fromisoformat(end)): value
        for (view, family, key, end), value in planning_values(workbook).items()
        if SHOWN.get(key) == view and family in FAMILIES and end[:2] == "20" and value is not None
        if months_between(version, date.fromisoformat(end)) >= 0
    }


def lived(folder: Path, place: Place) -> Lived:
    """Live through the year, and note after every publication what there was to see."""
    year = example("year").Year(folder, FAMILIES, lambda line: None)
    seen = Lived(year, place)
    for published in year.run():
        version = published.version
        seen.published.append(published)
        seen.shown[version] = planned_in(year.workbook, version)
        seen.linked[version] = year.workbook.with_name("sop_published.xlsx").read_bytes()
        with open_store(place) as store:
            seen.kept[version] = store.plans.lines(version)
            seen.heads.append(store.verify().head)
    return seen


def test_a_year_of_cycles(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOP_STORE", str(store.place.file or store.place.server))
    seen = lived(tmp_path / "year", store.place)
    assert [published.version for published in seen.published] == VERSIONS
    assert done("store", "verify", seen.workbook)["data"]["versions"] == len(VERSIONS)
    everything_is_as_it_was_published(seen, store)
    the_history_tells_the_year(seen, store)
    accuracy_is_that_of_what_was_published(seen)
    the_waterfall_is_that_of_what_was_published(seen)


def everything_is_as_it_was_published(seen: Lived, store: Store) -> None:
    """Lines, snapshots, files and tables, against what was seen on the day."""
    for head in seen.heads:
        assert store.verify(head).problems == []
    rows: dict[str, list[tuple[Any, ...]]] = {}
    for row in table_rows(seen.workbook, "tblPlan"):
        rows.setdefault(row["Version"], []).append(tuple(row.values())[1:])
    for version in VERSIONS:
        lines = store.plans.lines(version)
        assert lines == seen.kept[version]
        assert rows[version] == [tuple(line) for line in lines]
        # The store against the cells that people saw.
        numbers = {line[:3]: line.value if line.quantity is None else line.quantity for line in lines}
        assert {key: value for key, value in numbers.items() if key[0] in SHOWN} == seen.shown[version]
        archive = seen.workbook.with_name(f"sop_published_{version}.xlsx")
        assert archive.read_bytes() == seen.linked[version]
    for lag in range(19):
        want = {
            (line.family, line.bucket): (line.quantity, line.value)
            for version in last_of_each_cycle().values()
            for line in seen.kept[version]
            if line.measure == "consensus_demand" and months_between(version, line.bucket) == lag
        }
        assert store.plans.at_lag("consensus_demand", lag) == want
        assert len(want) == 12 * len(FAMILIES)


def the_history_tells_the_year(seen: Lived, store: Store) -> None:
    """Who signed, sent back and opened again; what was typed, with its reason; which scenarios there were."""
    entries = store.history.entries()
    assert [entry.subject for entry in entries if entry.action == "published"] == VERSIONS
    signed = [(e.subject, e.detail["state"], e.detail["note"]) for e in entries if e.action == "signed"]
    third = [(state, note.partition(" [")[0]) for subject, state, note in signed if subject == "2027-01 3"]
    assert third == [
        ("SUBMITTED", ""),
        ("REJECTED", "Line 2 has no crew in May"),
        ("SUBMITTED", ""),
        ("APPROVED", ""),
    ]
    again = [subject for subject, state, note in signed if state == "OPEN"]
    assert again == [f"2027-04 {step}" for step in range(2, 7)]
    assert ("2027-04 2", "OPEN", "A tender was won the day after") in signed
    assert [s for s, state, _ in signed if state == "SKIPPED"] == ["2027-07 4"]
    approved = [subject for subject, state, _ in signed if state == "APPROVED"]
    assert len(approved) == 12 * 6 - 1 + 5
    assert [scenario.scenario for scenario in store.scenarios.all()] == ["Dear coffee", "More demand"]
    states = {row["Scenario"]: row["State"] for row in table_rows(seen.workbook, "tblScenarios")}
    assert states == {"More demand": "PROMOTED", "Dear coffee": "DRAFT"}
    changes = done("history", seen.workbook, "--last", 1000)["data"]["changes"]
    told = {(c["measure"], c["family"], c["bucket"], c["new"]): c["reason"] for c in changes}
    typed = [each for published in seen.published for each in published.typed]
    assert len(typed) == 12 * 2 + 2
    for row, family, end, value, reason in typed:
        assert told[row, family, end.isoformat(), value] == reason


def actuals(seen: Lived) -> pd.Series:
    """Units sold by family and bucket, from the extracts, as if there were no workbook."""
    folder = seen.year.folder / "extracts"
    family_of = pd.read_csv(folder / "erp" / "material_master.csv", sep=";").set_index("MATNR")["PRODFAM"]
    files = [folder / "erp" / "sales_history.csv", *sorted(folder.glob("20*/erp/sales_history.csv"))]
    assert len(files) == 13
    sales = pd.concat(pd.read_csv(file, sep=";", parse_dates=["BILLPERIOD"]) for file in files)
    sales["family"] = sales["MATNR"].map(family_of)
    return sales.groupby(["family", "BILLPERIOD"])["BILLQTY"].sum()


def forecasts(seen: Lived) -> pd.DataFrame:
    """Every consensus that was published: cycle, family, end, units, lag; the last version of a cycle."""
    file = seen.year.folder / "extracts" / "sop" / "plan_snapshots.csv"
    before = pd.read_csv(file, sep=";", parse_dates=["PERIOD"]).query("KEYFIGURE == 'consensus_demand'")
    found = [tuple(row) for row in before[["CYCLE", "PRODLINE", "PERIOD", "QTY"]].itertuples(index=False)]
    for cycle, version in last_of_each_cycle().items():
        found += [
            (cycle, family, pd.Timestamp(end), units)
            for (measure, family, end), units in seen.shown[version].items()
            if measure == "consensus_demand"
        ]
    frame = pd.DataFrame(found, columns=["cycle", "family", "end", "units"])
    frame["lag"] = [months_between(cycle, end) for cycle, end in zip(frame.cycle, frame.end, strict=True)]
    return frame


def accuracy_is_that_of_what_was_published(seen: Lived) -> None:
    """Accuracy, bias and tracking signal of every family at lags 1 to 3."""
    sold, made = actuals(seen), forecasts(seen)
    year = pd.date_range("2026-11-30", periods=12, freq="ME")
    want: dict[tuple[str, float], tuple[float, ...]] = {}
    for lag in (1, 2, 3):
        pairs = made[(made.lag == lag) & made.end.isin(year)].set_index(["family", "end"]).units.to_frame()
        pairs["sold"] = sold.reindex(pairs.index).fillna(0.0)
        pairs["error"] = pairs.units - pairs.sold
        assert len(pairs) == 12 * len(FAMILIES)
        for name, group in [*pairs.groupby("family"), ("Total", pairs)]:
            accuracy = max(0.0, 1 - group.error.abs().sum() / group.sold.sum())
            numbers = [12.0, accuracy, group.error.sum() / group.sold.sum()]
            if name != "Total":
                numbers.append(group.error.sum() / group.error.abs().mean())
            want[name, float(lag)] = tuple(numbers)
    headers = ("Buckets", "Accuracy", "Bias", "Tracking signal")
    found = {
        (row["Family"], row["Lag"]): tuple(row[h] for h in headers if row[h] is not None)
        for row in table_rows(seen.workbook, "tblLagAccuracy")
    }
    assert found.keys() == want.keys()
    for key, numbers in want.items():
        assert found[key] == pytest.approx(numbers, rel=1e-9), key


def the_waterfall_is_that_of_what_was_published(seen: Lived) -> None:
    """One row for the last version of each cycle, and what was sold."""
    sold = actuals(seen)
    with open_book(seen.workbook, read_only=True) as session:
        workbook = Workbook.of(session.book)
        header, *_ = matrix(workbook.named("Waterfall_Buckets"))
        body = matrix(workbook.named("Waterfall_Data"))
    ends = [day.date() for day in header[2:]]
    assert ends == [day.date() for day in pd.date_range("2026-11-30", periods=18, freq="ME")]
    last = list(last_of_each_cycle().values())
    assert [line[:2] for line in body] == [[code, word] for code in FAMILIES for word in (*last, "Actual")]
    for code, version, *numbers in body:
        for end, number in zip(ends, numbers, strict=True):
            want = (
                seen.shown[version].get(("consensus_demand", code, end))
                if version != "Actual"
                else float(sold.get((code, pd.Timestamp(end)), 0))
                if end < date(2027, 11, 1)
                else None
            )
            assert number == (None if want is None else pytest.approx(want, rel=1e-9)), (code, version, end)
