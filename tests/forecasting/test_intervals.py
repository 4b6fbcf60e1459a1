"""Bounds of forecasts: what they promise about any history, and how often they hold."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sop_xl.errors import ArgumentError, NoAnswerError, NotDefinedError
from sop_xl.forecasting import METHODS, forecast
from sop_xl.forecasting.intervals import Band, forecast_band

QUICK = ("AUTO", "NAIVE", "MEAN", "THETA", "CROSTON")

HOSTILE = {
    "zeros": np.zeros(24),
    "one": np.array([5.0]),
    "two": np.array([5.0, 7.0]),
    "constant": np.full(30, 7.0),
    "negative": -np.random.default_rng(1).random(40),
    "tiny": np.random.default_rng(3).random(40) * 1e-300,
    "subnormal": np.arange(1, 30) * 5e-324,
    "largest": np.full(20, 1.79e308),
    "opposite": np.tile([1.79e308, -1.79e308], 15),
    "wide": np.logspace(-300, 300, 60),
    "doubling": 2.0 ** np.arange(60),
    "last only": np.r_[np.zeros(30), 1e9],
    "first only": np.r_[1e9, np.zeros(30)],
    "rare": np.random.default_rng(5).poisson(0.2, 60).astype(float),
    "summer": np.tile([0.0, 0, 0, 0, 5, 9, 12, 9, 3, 0, 0, 0], 4),
    "launch": np.r_[np.zeros(30), 50.0, 52, 49, 51, 50, 53, 52, 50],
}


def sample(rows: int, buckets: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    time = np.arange(buckets)
    season = 1 + 0.3 * np.sin(time * np.pi / 6 + rng.uniform(0, 6, (rows, 1)))
    return rng.uniform(50, 500, (rows, 1)) * season * (1 + 0.005 * time) * rng.normal(1, 0.1, (rows, buckets))


def both(band: Band) -> np.ndarray:
    return np.stack([band.lower, band.upper])


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("method", ["AUTO", "NAIVE", "HOLT", "CROSTON"])
def test_any_history_has_finite_bounds_around_its_forecast(name: str, method: str) -> None:
    history = HOSTILE[name]
    for season in (1, 12):
        band = forecast_band(history, 18, 0.9, season, method)
        point = forecast(history, 18, season, method)
        assert band.lower.shape == band.upper.shape == (1, 18)
        assert np.isfinite(both(band)).all()
        assert (band.lower[0] <= point).all()
        assert (band.upper[0] >= point).all()
        if history.min() >= 0:
            assert band.lower.min() >= 0


@pytest.mark.parametrize("method", METHODS)
def test_every_method_has_a_band(method: str) -> None:
    rows = sample(2, 40)
    band = forecast_band(rows, 6, 0.8, 12, method)
    point = forecast(rows, 6, 12, method)
    assert (band.lower < point).all()
    assert (band.upper > point).all()


@given(
    st.lists(st.floats(0, 1e6), min_size=1, max_size=50),
    st.floats(0.05, 0.99),
    st.floats(0.05, 0.99),
    st.integers(1, 13),
    st.sampled_from(QUICK),
)
def test_a_higher_level_is_a_wider_band(
    history: list[float], one: float, other: float, season: int, method: str
) -> None:
    narrow = forecast_band(history, 6, min(one, other), season, method)
    wide = forecast_band(history, 6, max(one, other), season, method)
    assert (wide.lower <= narrow.lower).all()
    assert (wide.upper >= narrow.upper).all()
    assert (narrow.lower >= 0).all()


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=60), st.floats(1e-6, 1e6))
def test_the_band_scales_with_the_history(history: list[float], factor: float) -> None:
    values = np.round(np.array(history), 3)
    np.testing.assert_allclose(
        both(forecast_band(values * factor, 6)),
        both(forecast_band(values, 6)) * factor,
        rtol=1e-8,
        atol=1e-9 * factor * values.max(),
    )


@given(
    st.lists(st.floats(-1e308, 1e308), min_size=1, max_size=50), st.integers(1, 13), st.sampled_from(QUICK)
)
def test_any_numbers_have_finite_bounds(history: list[float], season: int, method: str) -> None:
    assert np.isfinite(both(forecast_band(history, 5, 0.95, season, method))).all()


def test_every_row_has_its_own_band() -> None:
    rows = sample(20, 40)
    rows[3, :10] = np.nan
    rows[5] = HOSTILE["summer"][:40]
    rows[6] = 0
    rows[7, :20] = 0
    rows[8, ::2] = 0
    together = both(forecast_band(rows, 6))
    for row in (0, 3, 5, 6, 7, 8, 19):
        alone = both(forecast_band(rows[row], 6))[:, 0]
        np.testing.assert_allclose(alone, together[:, row], rtol=1e-9, atol=1e-9)
    order = np.random.default_rng(0).permutation(20)
    np.testing.assert_allclose(both(forecast_band(rows[order], 6)), together[:, order], rtol=1e-9, atol=1e-9)


def test_the_first_buckets_do_not_depend_on_the_horizon() -> None:
    rows = sample(3, 50)
    long, short = forecast_band(rows, 24), forecast_band(rows, 3)
    np.testing.assert_allclose(long.upper[:, :3], short.upper, rtol=1e-12)


@pytest.mark.parametrize("level", [0.5, 0.8, 0.95])
def test_coverage_of_noise_around_a_level(level: float) -> None:
    rows = np.random.default_rng(1).normal(100, 10, (500, 72))
    band = forecast_band(rows[:, :60], 12, level)
    held = (rows[:, 60:] >= band.lower) & (rows[:, 60:] <= band.upper)
    # Heavier tails than these are assumed: mid levels err to the wide side.
    assert level - 0.03 < held.mean() < level + 0.07


def test_coverage_of_a_random_walk_at_every_lag() -> None:
    rows = 300 + np.random.default_rng(2).normal(0, 4, (500, 72)).cumsum(axis=1)
    band = forecast_band(rows[:, :60], 12, 0.8, 1)
    held = (rows[:, 60:] >= band.lower) & (rows[:, 60:] <= band.upper)
    assert held.mean() == pytest.approx(0.8, abs=0.06)
    assert held[:, [0, -1]].mean(axis=0) == pytest.approx([0.8, 0.8], abs=0.09)
    width = (band.upper - band.lower).mean(axis=0)
    assert (np.diff(width) > 0).all()
    assert 2 < width[-1] / width[0] < 5


def test_rare_demand_is_covered_and_its_lower_bound_is_zero() -> None:
    rows = np.random.default_rng(3).poisson(0.5, (300, 72)).astype(float)
    band = forecast_band(rows[:, :60], 12, 0.8)
    assert (band.lower == 0).mean() > 0.95
    held = (rows[:, 60:] <= band.upper).mean()
    # Whole units: one unit more or less moves the coverage by a lot.
    assert 0.85 < held < 0.99


def test_the_off_season_has_little_width() -> None:
    summers = np.random.default_rng(4).poisson(20 * (np.arange(72) % 12 < 4), (100, 72)).astype(float)
    band = forecast_band(summers[:, :60], 12, 0.8)
    assert (band.upper[:, 6:] - band.lower[:, 6:]).mean() < 0.1 * (band.upper - band.lower)[:, :4].mean()
    held = (summers[:, 60:64] >= band.lower[:, :4]) & (summers[:, 60:64] <= band.upper[:, :4])
    assert held.mean() == pytest.approx(0.8, abs=0.08)


def test_zeros_before_a_launch_do_not_widen_the_band() -> None:
    launched = forecast_band(HOSTILE["launch"], 3)
    np.testing.assert_allclose(both(launched), both(forecast_band(HOSTILE["launch"][30:], 3)), rtol=1e-9)


def test_a_poor_method_has_a_wider_band() -> None:
    rows = sample(50, 72)
    own, naive = forecast_band(rows, 12), forecast_band(rows, 12, method="NAIVE")
    assert (naive.upper - naive.lower).mean() > 1.3 * (own.upper - own.lower).mean()


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"level": 80}, NoAnswerError),
        ({"level": 0}, NoAnswerError),
        ({"level": 1.0}, NoAnswerError),
        ({"level": float("nan")}, NoAnswerError),
        ({"level": "0.8"}, ArgumentError),
        ({"level": True}, ArgumentError),
        ({"horizon": 0}, ArgumentError),
        ({"season": 601}, ArgumentError),
        ({"method": "GUESS"}, ArgumentError),
        ({"history": [None]}, NotDefinedError),
    ],
)
def test_refusals(arguments: dict, error: type) -> None:
    with pytest.raises(error):
        forecast_band(**{"history": [1, 2, 3], **arguments})


def test_a_band_needs_only_numpy() -> None:
    code = (
        "import sys; from sop_xl.forecasting.intervals import forecast_band as band; band([1,2,3,4,5,6]*8);"
        "band([0,0,3]*8);"
        "print(sorted({'scipy','pandas','statsmodels','xlwings','openpyxl','numpy.ma'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
