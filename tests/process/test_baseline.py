"""Families and items forecast and made to agree: events, working days, spikes, methods, levels."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from sop_xl.buckets import Horizon
from sop_xl.demand.reconcile import METHODS
from sop_xl.forecasting import forecast
from sop_xl.model import Family, ForecastSettings, Items, PlanInput
from sop_xl.process.baseline import Baseline, forecast_families, forecast_items, forecast_levels
from tests.process.test_planning import plan_input

HORIZON = Horizon(date(2026, 11, 1), length=12)
NAN = float("nan")


def items_with(history: np.ndarray, family: list[int], **more: np.ndarray) -> Items:
    count = len(history)
    rows = {
        "launch": np.full(count, NAN),
        "like": np.full(count, -1),
        "last_bucket": np.full(count, NAN),
        **more,
    }
    codes = tuple(f"I{i}" for i in range(count))
    return Items(codes, codes, np.array(family, dtype=np.intp), history, **rows)


def company(
    seed: int = 0, prices: tuple[float, ...] = (2.0, 3.0), units: tuple[str, ...] = ("pcs", "t")
) -> tuple[PlanInput, Items]:
    """Two families of three items; the second family also sells 20 a month without naming an item."""
    rng = np.random.default_rng(seed)
    season = 1 + 0.3 * np.sin(np.arange(60) * np.pi / 6)
    sold = rng.gamma(3, 30, (6, 1)) * season * rng.uniform(0.7, 1.3, (6, 60))
    family = [0, 0, 0, 1, 1, 1]
    history = np.stack([sold[:3].sum(axis=0), sold[3:].sum(axis=0) + 20])
    families = tuple(Family(f"F{i}", price=prices[i], unit=units[i]) for i in range(2))
    return plan_input(families, HORIZON, history=history), items_with(sold, family)


def by(given: PlanInput, items: Items, method: str, **settings: object) -> Baseline:
    return forecast_levels(replace(given, forecasting=ForecastSettings(reconcile=method, **settings)), items)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("seed", range(3))
def test_families_are_the_sum_of_their_items_and_of_what_names_none(method: str, seed: int) -> None:
    given, items = company(seed)
    made = by(given, items, method)
    assert min(made.families.min(), made.items.min()) >= 0
    sums = np.stack([made.items[:3].sum(axis=0), made.items[3:].sum(axis=0)])
    if method == "MIDDLE_OUT":  # The mix brings the items to the family.
        np.testing.assert_array_equal(made.families, forecast(given.history, 13))
        return
    np.testing.assert_allclose(sums[0], made.families[0], rtol=1e-9)
    rest = made.families[1] - sums[1]
    if method == "BOTTOM_UP":
        np.testing.assert_allclose(rest, 20, rtol=1e-6)
    assert (rest > 0).all()


def test_the_total_stands_above_families_of_one_unit_or_with_prices() -> None:
    given, items = company(units=("pcs", "pcs"))
    made = by(given, items, "TOP_DOWN")
    assert made.levels == "total in pcs, families and items"
    np.testing.assert_allclose(made.families.sum(axis=0), forecast(given.history.sum(axis=0), 13), rtol=1e-9)
    given, items = company()
    made = by(given, items, "TOP_DOWN")
    assert made.levels == "total in money, families and items"
    money = forecast(np.array([2.0, 3.0]) @ given.history, 13)
    np.testing.assert_allclose(np.array([2.0, 3.0]) @ made.families, money, rtol=1e-9)
    given, items = company(prices=(2.0, NAN))
    made = by(given, items, "TOP_DOWN")
    assert made.levels == "families and items"
    np.testing.assert_allclose(made.families, forecast(given.history, 13), rtol=1e-12)


def test_without_a_total_one_family_does_not_move_another() -> None:
    given, items = company(prices=(NAN, NAN))
    before = by(given, items, "MINT_SHRINK").families
    history = given.history.copy()
    history[0] *= 5
    after = by(replace(given, history=history), items, "MINT_SHRINK").families
    np.testing.assert_array_equal(after[1], before[1])
    assert (after[0] > before[0]).all()


def test_a_workbook_without_items() -> None:
    given, _ = company()
    none = items_with(np.zeros((0, 60)), [])
    for method in METHODS:
        made = by(given, none, method)
        assert made.items.shape == (0, 13)
        assert np.isfinite(made.families).all()
    np.testing.assert_allclose(by(given, none, "BOTTOM_UP").families, forecast(given.history, 13), rtol=1e-9)


def test_a_family_is_forecast_by_its_method() -> None:
    given, items = company()
    families = (given.families[0], replace(given.families[1], method="SEASONAL_NAIVE"))
    made = forecast_levels(replace(given, families=families), items)
    np.testing.assert_array_equal(made.families[0], forecast(given.history[0], 13))
    np.testing.assert_allclose(made.families[1, :12], given.history[1, 48:])


def test_demand_per_working_day_follows_the_calendar_exactly() -> None:
    days, ahead = (
        np.tile([23.0, 19, 20], 20),
        np.array([22.0, 21, 15, 20, 23, 20, 19, 22, 23, 18, 21, 22, 20]),
    )
    given = plan_input(
        (Family("F"),), HORIZON, history=10.0 * days[None, :], history_days=days, working_days=ahead
    )
    on = replace(given, forecasting=ForecastSettings(per_working_day=True))
    np.testing.assert_allclose(forecast_families(on)[0], 10 * ahead, rtol=1e-9)
    assert np.abs(forecast_families(given)[0] - 10 * ahead).max() > 5


def test_a_spike_is_replaced_where_asked_and_named() -> None:
    history = 100 + 5 * np.sin(np.arange(60.0))[None, :]
    spiked = history.copy()
    spiked[0, 57] = 900
    given = plan_input((Family("F"),), HORIZON, history=spiked)
    on = replace(given, forecasting=ForecastSettings(spike_limit=8.0))
    none = items_with(np.zeros((0, 60)), [])
    assert forecast_levels(on, none).spikes.tolist() == [[0, 57]]
    assert forecast_levels(given, none).spikes.tolist() == []
    clean = forecast_families(replace(given, history=history))
    assert np.abs(forecast_families(on) - clean).max() < 5
    assert np.abs(forecast_families(given) - clean).max() > 10


def test_an_event_is_taken_out_before_and_its_bucket_is_not_cleaned_again() -> None:
    history = np.full((1, 60), 100.0) + np.arange(60) % 3
    history[0, 50] = 1000
    factor = np.full((1, 60), NAN)
    factor[0, 50] = 2.0  # Leaves 500: still far out, and what the planner says it was.
    given = plan_input((Family("F"),), HORIZON, history=history, history_factor=factor)
    on = replace(given, forecasting=ForecastSettings(spike_limit=8.0))
    none = items_with(np.zeros((0, 60)), [])
    assert forecast_levels(on, none).spikes.tolist() == []
    assert forecast_levels(replace(on, history_factor=np.full((1, 60), NAN)), none).spikes.tolist() == [
        [0, 50]
    ]


def test_items_share_the_events_of_their_family() -> None:
    given, items = company()
    factor = np.full((2, 60), NAN)
    factor[0, 40:44] = 3.0
    pushed = np.where(np.isnan(factor), 1.0, factor)
    sold = items.history * pushed[items.family]
    with_event = replace(given, history=given.history * pushed, history_factor=factor)
    np.testing.assert_allclose(
        forecast_items(with_event, replace(items, history=sold)), forecast_items(given, items), rtol=1e-9
    )


def test_items_that_are_not_on_sale_have_no_forecast() -> None:
    given, items = company()
    first, last = np.full(6, NAN), np.full(6, NAN)
    first[0], last[1], last[2] = 4, 2, -1
    found = forecast_items(given, replace(items, launch=first, last_bucket=last))
    assert not found[0, :4].any()
    assert found[0, 4:].all()
    assert found[1, :3].all()
    assert not found[1, 3:].any()
    assert not found[2].any()


def test_buckets_that_are_not_loaded_yet_are_forecast_over() -> None:
    given, items = company()
    late, sold = given.history.copy(), items.history.copy()
    late[:, -2:] = sold[:, -2:] = NAN
    waiting = replace(given, history=late)
    np.testing.assert_allclose(forecast_families(waiting), forecast(late, 15)[:, 2:])
    np.testing.assert_allclose(
        forecast_items(waiting, replace(items, history=sold)), forecast(sold[:, :-2], 15)[:, 2:]
    )


@pytest.mark.parametrize("method", METHODS)
def test_a_family_never_sold_is_zero_under_every_method(method: str) -> None:
    given, items = company()
    history, sold = given.history.copy(), items.history.copy()
    history[0] = sold[:3] = NAN
    made = by(replace(given, history=history), replace(items, history=sold), method, spike_limit=8.0)
    assert not made.families[0].any()
    assert not made.items[:3].any()
    assert made.families[1].all()


def test_nothing_sold_at_all() -> None:
    given, items = company()
    nothing = replace(given, history=np.full((2, 60), NAN))
    for method in METHODS:
        made = by(
            nothing,
            replace(items, history=np.full((6, 60), NAN)),
            method,
            spike_limit=8.0,
            per_working_day=True,
        )
        assert not made.families.any()
        assert not made.items.any()


@pytest.mark.parametrize("method", [method for method in METHODS if method != "MIDDLE_OUT"])
def test_an_item_that_is_not_on_sale_gets_no_share_of_a_gap(method: str) -> None:
    given, items = company()
    last = np.array([3.0, NAN, NAN, NAN, NAN, -1.0])
    made = by(given, replace(items, last_bucket=last), method)
    assert not made.items[0, 4:].any()
    assert not made.items[5].any()
    np.testing.assert_allclose(made.items[:3].sum(axis=0), made.families[0], rtol=1e-9)
