from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sop_xl.errors import ArgumentError
from sop_xl.forecasting import METHODS, forecast
from sop_xl.glossary import FORECAST_METHODS

EXPECTED = "AUTO NAIVE SEASONAL_NAIVE MEAN MOVING_AVERAGE SES HOLT HOLT_DAMPED HOLT_WINTERS HOLT_WINTERS_MUL"
EXPECTED += " ETS THETA ARIMA CROSTON SBA TSB IMAPA EXCEL_ETS"

QUICK = [
    method for method in METHODS if method not in ("SES", "HOLT", "HOLT_DAMPED", "ETS", "ARIMA", "EXCEL_ETS")
]
QUICK = [method for method in QUICK if not method.startswith("HOLT_WINTERS")]

HOSTILE = {
    "zeros": np.zeros(24),
    "one": np.array([5.0]),
    "two": np.array([5.0, 7.0]),
    "three": np.array([1.0, 2.0, 3.0]),
    "constant": np.full(30, 7.0),
    "negative": -np.random.default_rng(1).random(40),
    "mixed": np.random.default_rng(2).normal(size=40),
    "tiny": np.random.default_rng(3).random(40) * 1e-300,
    "subnormal": np.arange(1, 30) * 5e-324,
    "huge": np.random.default_rng(4).random(40) * 1.7e308,
    "largest": np.full(20, 1.79e308),
    "opposite": np.tile([1.79e308, -1.79e308], 15),
    "wide": np.logspace(-300, 300, 60),
    "doubling": 2.0 ** np.arange(60),
    "halving": 2.0 ** -np.arange(60),
    "last only": np.r_[np.zeros(30), 1e9],
    "first only": np.r_[1e9, np.zeros(30)],
    "rare": np.random.default_rng(5).poisson(0.2, 60).astype(float),
    "summer": np.tile([0.0, 0, 0, 0, 5, 9, 12, 9, 3, 0, 0, 0], 4),
    "nearly constant": 1 + 1e-14 * np.random.default_rng(6).random(40),
    "step": np.repeat([1.0, 100.0], 24),
    "two scales": np.tile([1, 1e-9], 20),
    "just two seasons": np.random.default_rng(7).random(24),
}


def sample(rows: int = 6, buckets: int = 40, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    time = np.arange(buckets)
    level = rng.uniform(50, 500, (rows, 1))
    season = 1 + 0.3 * np.sin(time * np.pi / 6 + rng.uniform(0, 6, (rows, 1)))
    return level * season * (1 + 0.005 * time) * rng.uniform(0.8, 1.2, (rows, buckets))


def test_the_methods_are_the_documented_ones() -> None:
    assert list(METHODS) == EXPECTED.split()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", HOSTILE)
def test_any_history_gives_a_finite_forecast(method: str, name: str) -> None:
    history = HOSTILE[name]
    for season in (1, 2, 12):
        ahead = forecast(history, 18, season, method)
        assert ahead.shape == (18,)
        assert np.isfinite(ahead).all()
        if history.min() >= 0:
            assert ahead.min() >= 0


@pytest.mark.parametrize("method", METHODS)
def test_shapes(method: str) -> None:
    assert forecast(sample(2), 5, 12, method).shape == (2, 5)
    assert forecast(sample(1)[0], 5, 12, method).shape == (5,)
    assert forecast(sample(1), 1, 12, method).shape == (1, 1)
    assert forecast(sample(1)[0].tolist(), 5, 12, method.lower()).shape == (5,)


@pytest.mark.parametrize("method", METHODS)
def test_scale(method: str) -> None:
    history = sample(4)
    ahead = forecast(history, 12, 12, method)
    for factor in (1e-300, 1e-3, 7.0, 1e300):
        np.testing.assert_allclose(forecast(history * factor, 12, 12, method), ahead * factor, rtol=1e-9)


@pytest.mark.parametrize("method", METHODS)
def test_every_row_is_forecast_on_its_own(method: str) -> None:
    history = sample(70)
    history[3, :10] = np.nan
    history[5] = HOSTILE["summer"][:40]
    history[6] = 0
    together = forecast(history, 6, 12, method)
    for row in (0, 3, 5, 6, 69):
        np.testing.assert_allclose(
            forecast(history[row], 6, 12, method), together[row], rtol=1e-9, atol=1e-12
        )
    order = np.random.default_rng(0).permutation(len(history))
    np.testing.assert_allclose(
        forecast(history[order], 6, 12, method), together[order], rtol=1e-9, atol=1e-12
    )


@pytest.mark.parametrize("season", [1, 4, 12])
def test_auto_of_many_lengths_together(season: int) -> None:
    """Launches, silences, unknown ends: in one range as each alone."""
    history = sample(120, 50)
    history[::3] *= np.random.default_rng(1).random((40, 50)) < 0.5
    history[:100][np.arange(50) < (np.arange(100) % 50)[:, None]] = np.nan
    history[1:100:7] = np.nan_to_num(history[1:100:7])
    history[100:][np.arange(50) >= 50 - np.arange(20)[:, None]] = np.nan
    together = forecast(history, 7, season)
    alone = np.array([forecast(row, 7, season) for row in history])
    np.testing.assert_allclose(together, alone, rtol=1e-9, atol=1e-12)


@settings(max_examples=40)
@given(
    st.lists(st.floats(-1e308, 1e308, allow_subnormal=True), min_size=1, max_size=50),
    st.integers(1, 13),
    st.sampled_from(QUICK),
)
def test_any_numbers_give_a_finite_forecast(history: list[float], season: int, method: str) -> None:
    ahead = forecast(history, 6, season, method)
    assert np.isfinite(ahead).all()
    assert np.abs(ahead).max() <= 13 * max(map(abs, history)) or max(map(abs, history)) > 1e306


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=60), st.floats(1e-6, 1e6))
def test_auto_scales_with_any_history(history: list[float], factor: float) -> None:
    values = np.round(np.array(history), 3)
    expected = forecast(values, 6) * factor
    np.testing.assert_allclose(
        forecast(values * factor, 6), expected, rtol=1e-9, atol=1e-9 * factor * values.max()
    )


@pytest.mark.parametrize("word", ["ETC", "SARIMA", "EXCEL", "", None, 3, "AUTO,"])
def test_an_unknown_method_lists_the_words_allowed(word: object) -> None:
    with pytest.raises(ArgumentError, match=r"AUTO, NAIVE, .*IMAPA"):
        forecast([1, 2, 3], 1, 1, word)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("horizon", "season"), [(0, 12), (601, 12), (1.5, 12), (12, 0), (12, "x"), (12, 601)]
)
def test_horizon_and_season_are_checked(horizon: object, season: object) -> None:
    with pytest.raises(ArgumentError):
        forecast([1, 2, 3], horizon, season)  # type: ignore[arg-type]


def test_plain_methods() -> None:
    history = [1.0, 2, 3, 4, 5, 6, 7, 9]
    assert forecast(history, 2, 4, "NAIVE").tolist() == [9, 9]
    assert forecast(history, 5, 4, "SEASONAL_NAIVE").tolist() == [5, 6, 7, 9, 5]
    assert forecast(history, 2, 9, "SEASONAL_NAIVE").tolist() == [9, 9]
    assert forecast(history, 1, 4, "MEAN")[0] == pytest.approx(37 / 8)
    assert forecast(history, 1, 4, "MOVING_AVERAGE")[0] == pytest.approx(22 / 3)


def test_auto_follows_a_trend_and_a_season() -> None:
    time = np.arange(60)
    shape = 1 + 0.4 * np.sin(np.arange(72) * np.pi / 6)
    history = (100 + time) * shape[:60]
    truth = (100 + np.arange(60, 72)) * shape[60:]
    assert np.abs(forecast(history, 12) - truth).sum() / truth.sum() < 0.05


def test_auto_does_not_run_away() -> None:
    growing = 100 * 1.03 ** np.arange(48)
    ahead = forecast(growing, 18)
    assert growing[-1] < ahead[-1] < growing[-1] * 1.03**18
    step = forecast(HOSTILE["step"], 18)
    assert step.min() > 90
    assert step.max() < 125
    doubling = forecast(HOSTILE["doubling"], 18)
    assert doubling.max() < 3 * HOSTILE["doubling"][-1]


def test_auto_is_close_to_a_noisy_level() -> None:
    noise = np.random.default_rng(8).normal(100, 10, (20, 48))
    ahead = forecast(noise, 12)
    assert np.abs(ahead - 100).mean() < 5


def test_auto_leaves_the_off_season_empty() -> None:
    ahead = forecast(HOSTILE["summer"], 12)
    np.testing.assert_allclose(ahead, HOSTILE["summer"][:12], atol=0.3)


def test_auto_forecasts_rare_demand_at_its_rate() -> None:
    rare = np.random.default_rng(9).poisson(0.3, (50, 60)).astype(float)
    ahead = forecast(rare, 3)
    assert ahead.mean() == pytest.approx(0.3, abs=0.08)


def test_auto_drops_zeros_typed_before_a_launch() -> None:
    sold = [50.0, 52, 49, 51, 50, 53, 52, 50]
    np.testing.assert_allclose(forecast([0] * 20 + sold, 3), forecast(sold, 3))
    assert forecast([0] * 30 + [900], 1)[0] < 450


def test_intermittent_methods_agree_on_regular_demand() -> None:
    regular = [0.0, 0, 6] * 12
    assert forecast(regular, 1, 1, "CROSTON")[0] == pytest.approx(2)
    assert forecast(regular, 1, 1, "SBA")[0] == pytest.approx(1.9)
    assert forecast(regular, 1, 1, "TSB")[0] == pytest.approx(2, abs=0.3)
    assert forecast(regular, 1, 1, "IMAPA")[0] == pytest.approx(2, abs=0.3)
    dead = regular + [0.0] * 24
    assert forecast(dead, 1, 1, "TSB")[0] < 0.2 < forecast(dead, 1, 1, "CROSTON")[0]


def test_holt_continues_a_line() -> None:
    np.testing.assert_allclose(forecast(np.arange(1.0, 25), 3, 1, "HOLT"), [25, 26, 27], rtol=1e-4)


def test_importing_and_forecasting_need_only_numpy() -> None:
    code = (
        "import sys, sop_xl.forecasting as f; f.forecast([1,2,3,4,5,6]*8);"
        "f.forecast([1,2,3,4]*8, 4, 4, 'HOLT_WINTERS');"
        "print(sorted({'scipy','pandas','statsmodels','xlwings','openpyxl','numpy.ma'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_words_of_the_glossary_are_the_methods() -> None:
    assert tuple(METHODS) == FORECAST_METHODS
