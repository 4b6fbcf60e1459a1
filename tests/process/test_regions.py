"""Regions beside the items of a family: forecast, made to agree with the other levels, and sharing its demand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given as random
from hypothesis import strategies as st

from sop_xl.demand.reconcile import METHODS
from sop_xl.forecasting import forecast
from sop_xl.forecasting.backtest import backtest
from sop_xl.model import Items, PlanInput, Regions
from sop_xl.process.baseline import ORIGINS, PROPORTIONAL, Baseline, forecast_levels, forecast_regions
from sop_xl.process.mix import region_shares
from tests.demand.test_groups import nearest
from tests.demand.test_reconcile import covariance
from tests.process.test_baseline import by, company

NAN = float("nan")


def regions_with(history: np.ndarray, family: list[int]) -> Regions:
    return Regions(tuple(f"R{i}" for i in range(len(family))), np.array(family, dtype=np.intp), history)


def split(given: PlanInput, seed: int = 1) -> Regions:
    """Three regions of the first family, two of the second: one grows into the other."""
    random = np.random.default_rng(seed)
    months = given.history.shape[1]
    parts = random.dirichlet([5, 3, 2], months).T
    drift = np.linspace(0.7, 0.3, months)
    first, second = given.history
    return regions_with(np.vstack([parts * first, drift * second, (1 - drift) * second]), [0, 0, 0, 1, 1])


def levels(given: PlanInput, items: Items, regions: Regions | None, method: str) -> Baseline:
    how = replace(given.forecasting, reconcile=method)
    return forecast_levels(replace(given, forecasting=how), items, regions)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("units", [("pcs", "pcs"), ("pcs", "t")])
def test_regions_add_up_to_their_family(method: str, units: tuple[str, str]) -> None:
    given, items = company(units=units)
    regions = split(given)
    made = levels(given, items, regions, method)
    assert made.regions.min() >= 0
    shares = region_shares(regions, made.regions, 2)
    for family in range(2):
        mine = regions.family == family
        np.testing.assert_allclose(shares[mine].sum(axis=0), 1, rtol=1e-12)
        if method not in PROPORTIONAL:
            np.testing.assert_allclose(made.regions[mine].sum(axis=0), made.families[family], rtol=1e-9)
    if method not in PROPORTIONAL:
        np.testing.assert_allclose(made.items[:3].sum(axis=0), made.families[0], rtol=1e-9)
        np.testing.assert_allclose(shares * made.families[regions.family], made.regions, rtol=1e-9)


@pytest.mark.parametrize("method", METHODS)
def test_without_regions_nothing_changes(method: str) -> None:
    given, items = company()
    plain, none = by(given, items, method), levels(given, items, Regions(), method)
    np.testing.assert_array_equal(none.families, plain.families)
    np.testing.assert_array_equal(none.items, plain.items)
    assert none.regions.shape == (0, 13)
    assert none.levels == plain.levels
    # One region is the family itself: nothing to learn from it.
    one = levels(given, items, regions_with(given.history, [0, 1]), method)
    np.testing.assert_array_equal(one.families, plain.families)
    np.testing.assert_array_equal(one.items, plain.items)


@pytest.mark.parametrize("method", PROPORTIONAL)
def test_in_proportion_regions_have_no_say_in_families_and_items(method: str) -> None:
    given, items = company()
    plain, made = by(given, items, method), levels(given, items, split(given), method)
    np.testing.assert_array_equal(made.families, plain.families)
    np.testing.assert_array_equal(made.items, plain.items)
    np.testing.assert_array_equal(made.regions, np.maximum(forecast(split(given).history, 13), 0))


@pytest.mark.parametrize("method", ["WLS_VAR", "MINT_SHRINK"])
def test_the_levels_are_those_of_generalised_least_squares(method: str) -> None:
    """Total, families, items and regions in one dense system, from the same base forecasts."""
    given, items = company(units=("pcs", "pcs"))
    given = replace(given, history=np.stack([items.history[:3].sum(axis=0), items.history[3:].sum(axis=0)]))
    regions = split(given)
    series = np.vstack([given.history.sum(axis=0), given.history, items.history, regions.history])
    names = ["all", "F0", "F1", *(f"I{i}" for i in range(6)), *(f"R{i}" for i in range(5))]
    parents = [(None, None), ("all", None), ("all", None), *((f"F{f}", None) for f in items.family)]
    parents += [(None, f"F{f}") for f in regions.family]
    past = backtest(series, 1, 12, origins=ORIGINS)
    errors = (past.forecasts - past.actuals)[:, :, 0]
    weights = covariance(method, np.eye(len(names)), errors)
    expected = nearest(names, parents, forecast(series, 13), weights)
    assert expected.min() > 0
    made = levels(given, items, regions, method)
    np.testing.assert_allclose(np.vstack([made.families, made.items, made.regions]), expected[1:], rtol=1e-7)


def test_regions_share_the_events_of_their_family() -> None:
    given, _ = company()
    regions = split(given)
    factor = np.full((2, 60), NAN)
    factor[0, 40:44] = 3.0
    pushed = np.where(np.isnan(factor), 1.0, factor)
    with_event = replace(given, history=given.history * pushed, history_factor=factor)
    sold = replace(regions, history=regions.history * pushed[regions.family])
    np.testing.assert_allclose(
        forecast_regions(with_event, sold), forecast_regions(given, regions), rtol=1e-9
    )


@pytest.mark.parametrize("method", METHODS)
def test_regions_that_never_sold_and_families_that_never_did(method: str) -> None:
    given, items = company()
    regions = split(given)
    sold, history, named = regions.history.copy(), given.history.copy(), items.history.copy()
    sold[0] = NAN
    history[0] = np.nansum(sold[1:3], axis=0)
    named[:3] *= history[0] / named[:3].sum(axis=0)
    history[1] = named[3:] = sold[3:] = NAN
    young = replace(given, history=history)
    made = levels(young, replace(items, history=named), replace(regions, history=sold), method)
    assert not made.regions[0].any()
    assert not made.families[1].any()
    assert np.isfinite(made.regions).all()
    shares = region_shares(replace(regions, history=sold), made.regions, 2)
    np.testing.assert_allclose(shares[3:], 0.5)
    np.testing.assert_allclose(shares[:3].sum(axis=0), 1)
    assert not shares[0].any()


@random(
    st.lists(st.integers(0, 3), min_size=1, max_size=8),
    st.integers(1, 4),
    st.integers(0, 10_000),
    st.sampled_from([0.0, 0.5, 1.0]),
)
def test_shares_make_one_whatever_is_zero(family: list[int], buckets: int, seed: int, zeros: float) -> None:
    rng = np.random.default_rng(seed)
    shape = len(family), buckets
    ahead = np.where(rng.random(shape) < zeros, 0.0, rng.gamma(0.3, 1e4, shape))
    history = np.where(rng.random((len(family), 6)) < zeros, NAN, rng.gamma(1, 10, (len(family), 6)))
    regions = regions_with(history, sorted(family))
    shares = region_shares(regions, ahead, 4)
    assert np.isfinite(shares).all()
    assert shares.min() >= 0
    for one in set(family):
        np.testing.assert_allclose(shares[regions.family == one].sum(axis=0), 1, rtol=1e-12)
