"""Every measure, calculated a second time by pandas from the rows of the tables."""

from __future__ import annotations

import math
import shutil
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sop_xl.kpis.catalogue import MEASURES
from sop_xl.model import Measure
from tests.tiny import FAMILIES, Row, done, month, set_fields, table_rows, tables_of, tiny_company

INPUTS = ("tblFamilies", "tblItems", "tblSales", "tblOrders", "tblStock", "tblProduction", "tblPlan")


def random_rows(seed: int) -> dict[str, list[Row]]:
    """Orders, stock, production and published plans of the small company, at random."""
    random = np.random.default_rng(seed)

    def some(high: int) -> int:
        return int(random.integers(0, high))

    def day(low: int, high: int) -> date:
        return month(-1).end + timedelta(int(random.integers(low, high)))

    orders = []
    for i in range(150):
        promised = day(-200, 30)
        ordered = 1 + some(90)
        open_line = random.random() < 0.1
        orders.append(
            {
                "Order": f"SO{i // 2}", "Line": str(i % 2), "Family": FAMILIES[some(3)],
                "Promised": None if random.random() < 0.03 else promised,
                "Delivered": None if open_line else min(promised + timedelta(some(9) - 5), month(-1).end),
                "Ordered qty": ordered,
                "Delivered qty": None if open_line else max(ordered - max(some(30) - 22, 0), 0),
                "Value": None if random.random() < 0.1 else float(some(5000)),
            }
        )  # fmt: skip
    stock = [
        {"Item": f"{FAMILIES[some(2)]}-1" if random.random() < 0.6 else None, "Family": FAMILIES[some(2)],
         "Quantity": some(900), "Unit cost": 4.0 if random.random() < 0.5 else None,
         "Received": None if random.random() < 0.1 else day(-500, 1)}
        for _ in range(25)
    ]  # fmt: skip
    for lot in stock:
        if lot["Item"]:
            lot["Family"] = str(lot["Item"])[:-2]
    production = [
        {"Bucket": month(-k).end, "Family": code, "Planned": 300 + some(800) if random.random() < 0.9 else None,
         "Actual": 300 + some(800)}
        for code in FAMILIES
        for k in range(1, 16)
    ]  # fmt: skip
    snapshots = [
        {"Version": f"{month(-k).end:%Y-%m}", "Measure": measure, "Family": code, "Bucket": month(-k + ahead).end,
         "Quantity": float(some(1500)), "Value": float(some(9000))}
        for k in range(1, 16)
        for code in FAMILIES
        for measure in ("consensus_demand", "baseline_forecast")
        for ahead in range(4)
    ]  # fmt: skip
    return {"tblOrders": orders, "tblStock": stock, "tblProduction": production, "tblPlan": snapshots}


@pytest.fixture(scope="module", params=[1])
def company(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tiny_company(
        tmp_path_factory.mktemp("measures") / f"plan{request.param}.xlsx", random_rows(request.param)
    )
    set_fields(path, Home_DaysSales=41, Home_DaysPayable=30)
    shutil.copy(path, given(path))
    done("run-cycle", path)
    return path


def given(path: Path) -> Path:
    """The workbook before the command: the oldest published plans are dropped by it."""
    return path.with_name(f"given_{path.name}")


def frames(path: Path) -> dict[str, pd.DataFrame]:
    return {name: pd.DataFrame(rows) for name, rows in tables_of(path, *INPUTS).items()}


def ratio(top: float, bottom: float) -> float:
    return top / bottom if bottom else math.nan


class Oracle:
    """The measures of the small company by pandas; ``within`` limits them to one bucket."""

    def __init__(self, path: Path) -> None:
        found = frames(given(path))
        self.families = found["tblFamilies"].set_index("Family")
        self.year = [month(-k).end for k in range(12, 0, -1)]
        self.as_of = max(self.year[-1], found["tblOrders"]["Delivered"].dropna().max())
        self.sold = self._pivot(found["tblSales"], "Quantity")
        self.money = self._pivot(found["tblSales"], "Value")
        plan = found["tblPlan"]
        plan = plan[plan["Version"] != "DRAFT"].copy()
        first = plan.groupby("Version")["Bucket"].transform("min")
        months = lambda days: days.map(lambda day: day.year * 12 + day.month)  # noqa: E731
        plan["lag"] = months(plan["Bucket"]) - months(first)
        self.plan = plan
        self.orders = self._due(found["tblOrders"])
        made = found["tblProduction"].dropna(subset=["Planned", "Actual"])
        self.made = made[made["Bucket"].isin(self.year)]
        self.all_made = found["tblProduction"]
        self.stock = found["tblStock"]
        self.items = found["tblItems"]

    @staticmethod
    def _pivot(rows: pd.DataFrame, value: str) -> pd.DataFrame:
        return rows.pivot_table(index="Family", columns="Bucket", values=value, aggfunc="sum")

    def _due(self, orders: pd.DataFrame) -> pd.DataFrame:
        orders = orders[orders["Promised"].notna()].copy()
        orders["open"] = orders["Delivered"].isna()
        orders = orders[~orders["open"] | (orders["Promised"] < self.as_of)]
        came = orders["Delivered qty"].fillna(0).where(~orders["open"], 0)
        orders["late"] = orders["open"] | (orders["Delivered"].fillna(self.as_of) > orders["Promised"])
        orders["came"] = np.minimum(came, orders["Ordered qty"])
        orders["bucket"] = orders["Promised"].map(
            lambda day: (pd.Timestamp(day) + pd.offsets.MonthEnd(0)).date()
        )
        return orders

    def at(self, measure: str, lag: int, value: str, within: list[date]) -> pd.DataFrame:
        rows = self.plan[(self.plan["Measure"] == measure) & (self.plan["lag"] == lag)]
        return rows.pivot(index="Family", columns="Bucket", values=value)[within]

    def inventory(self) -> pd.DataFrame:
        """Units at bucket ends of the families made to stock, rolled back from their opening stock."""
        stocked = self.families[self.families["Make"] == "MTS"]
        made = self.all_made.pivot(index="Family", columns="Bucket", values="Actual")
        now, lines = stocked["Opening inventory"].astype(float), {}
        for end in reversed(self.year):
            lines[end] = now
            now = now - made[end].reindex(now.index) + self.sold[end].reindex(now.index)
        return pd.DataFrame(lines)[self.year]

    def values(self, within: list[date] | None = None) -> dict[str, float]:
        """Every measure that pandas can see in the tables."""
        year = within or self.year
        actual = self.sold[year]
        forecast, second = (self.at("consensus_demand", lag, "Quantity", year) for lag in (1, 3))
        baseline = self.at("baseline_forecast", 1, "Quantity", year)
        before = self.sold[[date(end.year - 1, end.month, end.day) for end in year]].set_axis(year, axis=1)
        error = (forecast - actual).abs().sum().sum() / actual.sum().sum()
        base_error = (baseline - actual).abs().sum().sum() / actual.sum().sum()
        past = self.sold[[month(-k).end for k in range(36, 12, -1)]]
        scale = past.T.diff(12).abs().mean()
        orders = self.orders if within is None else self.orders[self.orders["bucket"].isin(within)]
        made = self.made[self.made["Bucket"].isin(year)]
        capped = np.minimum(made["Planned"], made["Actual"])
        stock = self.inventory()[year]
        cost = self.families["Unit cost"].astype(float).reindex(stock.index)
        held = (stock.clip(lower=0).mul(cost, axis=0)).sum().mean()
        cogs = actual.reindex(stock.index).mul(cost, axis=0).sum().mean() * 12
        money = self.at("consensus_demand", 1, "Value", year)
        turns = ratio(cogs, held)
        return {
            "forecast_accuracy": max(0.0, 1 - error),
            "forecast_accuracy_second": max(
                0.0, 1 - (second - actual).abs().sum().sum() / actual.sum().sum()
            ),
            "inventory_turns": turns,
            "fill_rate": ratio(orders["came"].sum(), orders["Ordered qty"].sum()),
            "revenue_accuracy": max(
                0.0, 1 - (money - self.money[year]).abs().sum().sum() / self.money[year].sum().sum()
            ),
            "on_time": ratio((~orders["late"]).sum(), len(orders)),
            "schedule_attainment": ratio(capped.sum(), made["Planned"].sum()),
            "backorder_rate": ratio(
                (orders["Ordered qty"] - orders["came"]).sum(), orders["Ordered qty"].sum()
            ),
            "otif": ratio((~orders["late"] & (orders["came"] >= orders["Ordered qty"])).sum(), len(orders)),
            "cycle_service": float((stock > 0).to_numpy().mean()),
            "wmape": error,
            "bias": (forecast - actual).sum().sum() / actual.sum().sum(),
            "mase": float((forecast - actual).abs().div(scale, axis=0).to_numpy().mean()),
            "fva": base_error - error,
            "fva_baseline": (before - actual).abs().sum().sum() / actual.sum().sum() - base_error,
            "plan_adherence": ratio(made["Actual"].sum(), made["Planned"].sum()),
        }

    def of_today(self) -> dict[str, float]:
        """Measures without a trend."""
        errors = self.at("consensus_demand", 1, "Quantity", self.year) - self.sold[self.year]
        signal = errors.sum(axis=1) / errors.abs().mean(axis=1)
        lots = self.stock.copy()
        lots["cost"] = lots["Unit cost"].fillna(lots["Family"].map(self.families["Unit cost"])).astype(float)
        lots["money"] = lots["Quantity"] * lots["cost"]
        age = lots["Received"].map(lambda day: math.nan if pd.isna(day) else (self.as_of - day).days)
        return {
            "tracking_signal": float(signal[signal.abs().idxmax()]),
            "old_stock": lots.loc[age > 180, "money"].sum() / lots["money"].sum(),
            "cash_to_cash": 365 / self.values()["inventory_turns"] + 41 - 30,
        }


def shown(path: Path) -> dict[str, Any]:
    """Values on KPIs by key."""
    by_label = {definition.label: definition.key for definition in MEASURES}
    return {by_label[row["Measure"]]: row for row in table_rows(path, "tblKPIs")}


def test_every_value_is_the_one_that_pandas_finds(company: Path) -> None:
    oracle, found = Oracle(company), shown(company)
    wanted = oracle.values() | oracle.of_today()
    assert set(wanted) | {"excess_obsolete"} == {definition.key for definition in MEASURES} == set(found)
    for key, value in wanted.items():
        assert found[key]["Value"] == pytest.approx(value, rel=1e-9, abs=1e-12), key


def test_every_bucket_of_the_trend_is_that_measure_of_that_bucket(company: Path) -> None:
    oracle = Oracle(company)
    by_label = {row["Measure"]: row for row in table_rows(company, "tblTrend")}
    headers = [header for header in by_label["On-time delivery"] if header != "Measure"]
    for end, header in zip(oracle.year, headers, strict=True):
        wanted = oracle.values([end])
        for definition in MEASURES:
            if definition.key not in wanted:
                continue
            value, found = wanted[definition.key], by_label[definition.label][header]
            if math.isnan(value):
                assert found is None, (definition.key, end)
            else:
                assert found == pytest.approx(value, rel=1e-9, abs=1e-12), (definition.key, end)


def test_excess_and_obsolete_stock_is_what_the_coming_year_does_not_use(company: Path) -> None:
    oracle = Oracle(company)
    plan = pd.DataFrame(table_rows(company, "tblPlan"))
    draft = plan[(plan["Version"] == "DRAFT") & (plan["Measure"] == "consensus_demand")]
    coming = draft[draft["Bucket"] <= month(11).end].groupby("Family")["Quantity"].sum()
    lots = oracle.stock.copy()
    lots["cost"] = lots["Unit cost"].fillna(lots["Family"].map(oracle.families["Unit cost"])).astype(float)
    lots["money"] = lots["Quantity"] * lots["cost"]
    lots["subject"] = lots["Item"].where(lots["Item"].notna(), lots["Family"])
    held = lots.groupby("subject").agg(
        units=("Quantity", "sum"), money=("money", "sum"), family=("Family", "first")
    )
    # Each family has one item, so that the item's demand is the family's.
    demand = held["family"].map(coming)
    left = ((held["units"] - demand).clip(lower=0) * held["money"] / held["units"]).sum()
    found = shown(company)["excess_obsolete"]["Value"]
    assert found == pytest.approx(left / lots["money"].sum(), rel=1e-9, abs=1e-12)


def test_the_cases_behind_the_measures_are_listed(company: Path) -> None:
    oracle = Oracle(company)
    orders = oracle.orders
    missed = orders[orders["late"] | (orders["came"] < orders["Ordered qty"])]
    found = pd.DataFrame(table_rows(company, "tblMissedOrders"))
    assert set(zip(found["Order"], found["Line"], strict=True)) == set(
        zip(missed["Order"], missed["Line"], strict=True)
    )
    assert found["Short"].fillna(0).sum() == pytest.approx((missed["Ordered qty"] - missed["came"]).sum())
    assert found["Value"].fillna(0).is_monotonic_decreasing
    schedule = {row["Family"]: row for row in table_rows(company, "tblMissedSchedule")}
    for code, lines in oracle.made.groupby("Family"):
        short = (lines["Planned"] - lines["Actual"]).clip(lower=0).sum()
        assert schedule[code]["Missed"] == pytest.approx(short)
        assert schedule[code]["Attainment"] == pytest.approx(1 - short / lines["Planned"].sum())


def test_without_any_fact_a_measure_is_not_defined_and_says_why(tmp_path: Path) -> None:
    path = tiny_company(tmp_path / "plan.xlsx", {"tblProduction": []})
    done("run-cycle", path)
    found = shown(path)
    for key in ("on_time", "otif", "fill_rate", "backorder_rate", "schedule_attainment", "plan_adherence"):
        assert (found[key]["Value"], found[key]["Status"]) == (None, "NOT DEFINED"), key
        assert found[key]["Basis"].startswith("Not defined: "), key
    for key in ("revenue_accuracy", "fva", "old_stock", "excess_obsolete", "cycle_service", "cash_to_cash"):
        assert (found[key]["Value"], found[key]["Status"]) == (None, "NOT DEFINED"), key
    assert found["forecast_accuracy"]["Basis"].startswith(
        "Backtest of the statistical forecast at lag 1, 12 buckets"
    )
    assert found["forecast_accuracy_second"]["Basis"].startswith(
        "Backtest of the statistical forecast at lag 3, 12"
    )
    assert 0 < found["forecast_accuracy"]["Value"] <= 1


@pytest.mark.parametrize(
    ("better", "value", "light"),
    [
        ("high", 0.95, "GREEN"), ("high", 0.91, "AMBER"), ("high", 0.5, "RED"),
        ("low", 0.95, "GREEN"), ("low", 0.97, "AMBER"), ("low", 1.5, "RED"),
        ("within", -0.95, "GREEN"), ("within", -0.97, "AMBER"), ("within", -2.0, "RED"),
        ("near", 0.96, "GREEN"), ("near", 1.0, "AMBER"), ("near", 1.2, "RED"),
        ("high", math.nan, "NOT DEFINED"),
    ],
)  # fmt: skip
def test_the_light_follows_the_value(better: str, value: float, light: str) -> None:
    assert Measure("k", "l", value, 0.95, "fraction", "", "", better).status == light
