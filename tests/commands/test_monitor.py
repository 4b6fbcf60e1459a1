"""Monitor on a workbook: two published cycles, actuals loaded, alerts, exit code and sheets."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

from sop_xl.commands.cycle import today
from sop_xl.hosts.session import open_book
from sop_xl.workbook.read import Workbook, matrix
from tests.tiny import (
    FAMILIES,
    done,
    facts,
    fill,
    moment,
    month,
    planned,
    set_fields,
    sop,
    table_rows,
    type_override,
)


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Published in November and December; now January, with what was sold meanwhile."""
    path = planned(tmp_path_factory.mktemp("watched"))
    type_override(path, "Demand", "TEA", "sales_override", month(1).end, 900)
    type_override(path, "Demand", "CUPS", "marketing_override", month(1).end, 444)
    done("publish", path)
    set_fields(path, Home_FirstBucket=moment(month(1).end), Home_Cycle="2026-12")
    done("run-cycle", path)
    done("publish", path)
    sold = {"TEA": (1000, 1100), "CUPS": (410, 420), "KETTLES": (40, 60)}
    rows = [
        {"Bucket": month(k).end, "Family": code, "Quantity": sold[code][k], "Value": 1.0}
        for code in FAMILIES
        for k in (0, 1)
    ]
    fill(path, {"tblSales": [*facts()["tblSales"], *rows]})
    set_fields(path, Home_FirstBucket=moment(month(2).end), Home_Cycle="2027-01")
    return path


def test_accuracy_is_that_of_the_published_table(watched: Path) -> None:
    said = sop("monitor", watched, "--json")
    assert said.code == 0, said  # a few buckets cannot show a bias of more than 4
    plan = pd.DataFrame(table_rows(watched, "tblPlan"))
    sold = pd.DataFrame(table_rows(watched, "tblSales")).groupby(["Family", "Bucket"])["Quantity"].sum()
    # The November version forecast December at lag 1; the December version forecast its own month at lag 0.
    made = plan[
        (plan.Version == "2026-11") & (plan.Measure == "consensus_demand") & (plan.Bucket == month(1).end)
    ]
    both = made.set_index(["Family", "Bucket"]).join(sold, rsuffix=" sold")
    error = (both.Quantity - both["Quantity sold"]).abs()
    want = {code: 1 - e / a for (code, _), e, a in zip(both.index, error, both["Quantity sold"], strict=True)}
    want["Total"] = 1 - error.sum() / both["Quantity sold"].sum()
    rows = table_rows(watched, "tblLagAccuracy")
    assert {(row["Family"], row["Lag"]): row["Accuracy"] for row in rows} == {
        (code, 1.0): pytest.approx(max(0, value), rel=1e-9) for code, value in want.items()
    }


def test_value_added_tells_the_steps_apart(watched: Path) -> None:
    done("monitor", watched)
    rows = table_rows(watched, "tblValueAdded")
    assert [(row["Lag"], row["Step"]) for row in rows] == [
        (1.0, step) for step in ("Seasonal naive", "Statistical", "With events", "With sales", "Consensus")
    ]
    plan = pd.DataFrame(table_rows(watched, "tblPlan"))
    plan = plan[(plan.Version == "2026-11") & (plan.Bucket == month(1).end)]
    forecasts = plan.pivot_table(index="Measure", columns="Family", values="Quantity")
    sold = pd.Series({"TEA": 1100, "CUPS": 420, "KETTLES": 60})
    wmape = forecasts.sub(sold, axis=1).abs().sum(axis=1) / sold.sum()
    steps = ("baseline_forecast", "events_forecast", "sales_forecast", "consensus_demand")
    assert [row["WMAPE"] for row in rows[1:]] == [pytest.approx(wmape[step], rel=1e-9) for step in steps]
    assert forecasts.loc["sales_forecast", "TEA"] == 900
    assert (forecasts.loc["consensus_demand", "CUPS"], forecasts.loc["sales_forecast", "CUPS"] == 444) == (
        444,
        False,
    )
    assert rows[2]["Added"] == 0  # no event falls into December
    assert sum(row["Added"] for row in rows[1:]) == pytest.approx(rows[-1]["Against naive"], abs=1e-9)


def test_the_waterfall_has_a_row_per_version_and_the_actual_last(watched: Path) -> None:
    done("monitor", watched)
    plan = pd.DataFrame(table_rows(watched, "tblPlan")).set_index(["Version", "Measure", "Family", "Bucket"])[
        "Quantity"
    ]
    with open_book(watched, read_only=True) as session:
        workbook = Workbook.of(session.book)
        header, *_ = matrix(workbook.named("Waterfall_Buckets"))
        body = matrix(workbook.named("Waterfall_Data"))
    ends = [day.date() for day in header[2:]]
    assert ends == [month(k).end for k in range(-10, 8)]
    assert [line[:2] for line in body] == [
        [code, word] for code in FAMILIES for word in ("2026-11", "2026-12", "Actual")
    ]
    for code, version, *numbers in body:
        for end, number in zip(ends, numbers, strict=True):
            if version != "Actual":
                assert number == pytest.approx(plan.get((version, "consensus_demand", code, end)))
            elif end == month(1).end:
                assert number == {"TEA": 1100, "CUPS": 420, "KETTLES": 60}[code]
            elif end > month(1).end:
                assert number is None


def test_a_red_alert_ends_with_one_and_names_its_owner(tmp_path: Path) -> None:
    path = planned(tmp_path)
    day = today().date()
    fill(
        path,
        {
            "tblActions": [
                {"Id": "X1", "Action": "Order a mould", "Owner": "Ann", "Due": day - timedelta(3)},
                {
                    "Id": "X2",
                    "Action": "Done long ago",
                    "Owner": "Ann",
                    "Due": day - timedelta(3),
                    "State": "Done",
                },
            ],
            "tblAssumptions": [{"Id": "A1", "Owner": "Bob", "From": day, "Trigger": "Price over 5"}],
        },
    )
    said = sop("monitor", path, "--json")
    assert said.code == 1
    assert said.json["ok"] is False
    assert [(a["level"], a["subject"], a["owner"]) for a in said.json["data"]["alerts"]] == [
        ("RED", "X1", "Ann"),
        ("AMBER", "A1", "Bob"),
    ]
    assert [row["What"] for row in table_rows(path, "tblAlerts")] == [
        a["what"] for a in said.json["data"]["alerts"]
    ]
    assert "accuracy is not defined" in said.json["summary"][0]


def test_a_workbook_without_the_sheets_gets_them(tmp_path: Path) -> None:
    path = planned(tmp_path)
    with open_book(path) as session:
        for name in ("Monitor", "Waterfall"):
            session.book.sheets[name].delete()
        for name in ("Monitor_Notice", "Waterfall_Notice", "Waterfall_Buckets", "Waterfall_Data"):
            if name in {n.name for n in session.book.names}:
                session.book.names[name].delete()
        session.save(keep_read_values=True)
    done("monitor", path)
    with open_book(path, read_only=True) as session:
        assert {"Monitor", "Waterfall"} <= {sheet.name for sheet in session.book.sheets}
        assert len(matrix(Workbook.of(session.book).named("Waterfall_Data"))) == len(FAMILIES)


def test_versions_published_from_another_copy_are_known(watched: Path, tmp_path: Path) -> None:
    store = watched.with_name("plan_store.sqlite")
    path = tmp_path / "plan.xlsx"
    path.write_bytes(watched.read_bytes())
    set_fields(path, Home_Store=str(store))
    kept = [row for row in table_rows(path, "tblPlan") if row["Version"] != "2026-11"]
    fill(path, {"tblPlan": kept})
    assert done("monitor", path)["data"]["versions"] == ["2026-11", "2026-12"]
    done("monitor", watched)
    assert table_rows(path, "tblLagAccuracy") == table_rows(watched, "tblLagAccuracy")
