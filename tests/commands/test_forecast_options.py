"""How to forecast: said on the cycle card, in tblFamilies or on the command line; kept on the card."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sop_xl.hosts.session import open_book
from sop_xl.workbook.read import matrix
from tests.tiny import (
    done,
    facts,
    families,
    field,
    fill,
    month,
    planned,
    planning_values,
    set_fields,
    sop,
    type_override,
)

ENDS = [f"{month(k).end}" for k in range(19)]


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    return planned(tmp_path)


def refused(*words: object) -> dict[str, Any]:
    said = sop(*words, "--json")
    assert said.code == 1, said
    return said.json


def row(path: Path, key: str, family: str = "TEA") -> list[float]:
    values = planning_values(path)
    return [values["Demand", family, key, end] for end in ENDS]


def with_spike() -> list[dict[str, object]]:
    sales = [dict(line) for line in facts()["tblSales"]]
    found = next(line for line in sales if line["Family"] == "TEA" and line["Bucket"] == month(-2).end)
    found["Quantity"] *= 9
    return sales


def test_spikes_are_replaced_on_request_and_the_card_remembers(plan: Path) -> None:
    before = row(plan, "baseline_forecast")
    fill(plan, {"tblSales": with_spike()})
    done("forecast", plan)
    assert np.abs(np.array(row(plan, "baseline_forecast")) / before - 1).max() > 0.05
    said = done("forecast", plan, "--clean", "8")
    spikes = [one for one in said["data"]["forecasting"]["spikes"] if one["family"] == "TEA"]
    assert [one["bucket"] for one in spikes] == [f"{month(-2).end}"]
    np.testing.assert_allclose(row(plan, "baseline_forecast"), before, rtol=0.05)
    assert (field(plan, "Home_CleanSpikes"), field(plan, "Home_SpikeLimit")) == ("Y", 8)
    cleaned = row(plan, "baseline_forecast")
    done("run-cycle", plan)
    assert row(plan, "baseline_forecast") == cleaned
    done("run-cycle", plan, "--clean", "off")
    assert field(plan, "Home_CleanSpikes") == "N"
    assert row(plan, "baseline_forecast") != cleaned


def test_a_forecast_per_working_day_follows_the_calendar(plan: Path) -> None:
    type_override(plan, "Demand", "TEA", "sales_override", month(3).end, 77)
    done("forecast", plan, "--working-days", "on")
    usual = np.array(row(plan, "baseline_forecast"))
    doubled = [{"Bucket": month(k).end, "Working days": 40 if k == 5 else 20} for k in range(6)]
    fill(plan, {"tblCalendar": doubled})
    done("forecast", plan)
    assert row(plan, "baseline_forecast")[5] == pytest.approx(2 * usual[5], rel=1e-9)
    assert row(plan, "sales_override")[3] == row(plan, "consensus_demand")[3] == 77


def test_a_family_is_forecast_by_the_method_in_its_row(plan: Path) -> None:
    before = row(plan, "baseline_forecast", "CUPS")
    fill(
        plan,
        {
            "tblFamilies": families(
                lambda one: {**one, "Forecast method": "mean" if one["Family"] == "TEA" else None}
            )
        },
    )
    said = done("forecast", plan)
    assert said["data"]["forecasting"]["methods"] == {"TEA": "MEAN"}
    assert len(set(row(plan, "baseline_forecast"))) == 1
    assert row(plan, "baseline_forecast", "CUPS") == before


def test_mix_and_volume_agree(sample_copy: Path) -> None:
    done("forecast", sample_copy, "--reconcile", "mint_shrink")
    assert field(sample_copy, "Home_ReconcileMethod") == "MINT_SHRINK"
    demand = planning_values(sample_copy)
    with open_book(sample_copy, read_only=True) as session:
        mix = matrix(session.book.names["Mix_Data"].refers_to_range)
    for family in {line[1] for line in mix}:
        items = np.array([line[3:] for line in mix if line[1] == family], dtype=float)
        consensus = [demand["Demand", family, "consensus_demand", end] for end in ENDS]
        assert items.min() >= 0
        np.testing.assert_allclose(items.sum(axis=0), consensus, rtol=1e-9)


def test_wrong_settings_are_listed_together(plan: Path) -> None:
    set_fields(plan, Home_CleanSpikes="perhaps", Home_SpikeLimit=0.5, Home_ReconcileMethod="SIDEWAYS")
    found = refused("forecast", plan)
    assert {issue["column"] for issue in found["errors"]} == {
        "Clean spikes",
        "Spike limit",
        "Reconcile levels by",
    }
    set_fields(plan, Home_CleanSpikes="y", Home_SpikeLimit=None, Home_ReconcileMethod=None)
    done("forecast", plan)
    fill(plan, {"tblFamilies": families(lambda one: {**one, "Forecast method": "GUESS"})})
    found = refused("forecast", plan)
    assert {issue["column"] for issue in found["errors"]} == {"Forecast method"}
    assert "MOVING_AVERAGE" in found["errors"][0]["remedy"]


def test_an_option_that_is_refused_changes_nothing(plan: Path) -> None:
    before = plan.read_bytes()
    refused("forecast", plan, "--clean", "1")
    refused("forecast", plan, "--reconcile", "sideways")
    with pytest.raises(SystemExit):
        sop("forecast", plan, "--clean", "much")
    with pytest.raises(SystemExit):
        sop("check", plan, "--clean", "8")
    assert plan.read_bytes() == before
