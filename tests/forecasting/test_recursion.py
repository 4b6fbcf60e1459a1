"""The textbook recursion: published tables, identities, refusals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sop_xl.errors import ArgumentError, NoAnswerError, NotDefinedError
from sop_xl.forecasting import mae, mape, tracking_signal
from sop_xl.forecasting.recursion import smooth

# Tahoe Salt, Chopra and Meindl, Supply Chain Management, ch. 7.
TAHOE = [8000.0, 13000, 23000, 34000, 10000, 18000, 23000, 38000, 12000, 13000, 32000, 41000]
# Port of Baltimore, Heizer and Render, Operations Management, chapter on forecasting.
PORT = [180.0, 168, 159, 175, 190, 205, 180, 182]
# Saudi oil production, used in the tests of statsmodels.tsa.holtwinters.
OIL = [446.6565229, 454.4733065, 455.662974, 423.6322388, 456.2713279, 440.5880501, 425.3325201]
OIL += [485.1494479, 506.0481621, 526.7919833, 514.268889, 494.2110193]

LEVELS = st.lists(st.floats(0, 1e6), min_size=1, max_size=30)
SHARES = st.floats(0, 1)


def test_simple_smoothing_of_the_port() -> None:
    done = smooth(PORT, 0.1, level=175)
    expected = [175, 175.5, 174.75, 173.18, 173.36, 175.02, 178.02, 178.22, 178.59]
    assert [*done.fitted[0], *done.ahead[0]] == pytest.approx(expected, abs=0.011)
    # The book adds errors rounded to cents.
    assert np.abs(done.fitted[0] - PORT).sum() == pytest.approx(82.45, abs=0.02)
    assert mae(PORT, done.fitted[0]) == pytest.approx(10.31, abs=0.011)
    assert mape(PORT, done.fitted[0]) == pytest.approx(0.0559, abs=1e-4)


@pytest.mark.parametrize(("alpha", "expected"), [(0.2, 484.802468), (0.6, 501.837461)])
def test_simple_smoothing_of_oil(alpha: float, expected: float) -> None:
    assert smooth(OIL, alpha, level=OIL[0]).ahead[0, 0] == pytest.approx(expected, abs=1e-4)


def test_simple_smoothing_of_tahoe_starts_from_the_mean() -> None:
    done = smooth(TAHOE, 0.1)
    assert done.fitted[0, 0] == pytest.approx(22083, abs=0.6)
    assert done.ahead[0, 0] == pytest.approx(23490, abs=0.6)
    assert mae(TAHOE, done.fitted[0]) == pytest.approx(10208, abs=0.6)
    assert mape(TAHOE, done.fitted[0]) == pytest.approx(0.59, abs=0.005)


def test_holt_of_tahoe_starts_from_the_regression() -> None:
    start = smooth(TAHOE, 0, 0)
    assert start.trend[0] == pytest.approx(1549, abs=0.6)
    assert start.level[0] - 12 * start.trend[0] == pytest.approx(12015, abs=0.6)
    done = smooth(TAHOE, 0.1, 0.2, horizon=2)
    assert (done.level[0], done.trend[0]) == pytest.approx((30443, 1541), abs=0.6)
    assert done.ahead[0] == pytest.approx([30443 + 1541, 30443 + 2 * 1541], abs=1.5)
    assert mae(TAHOE, done.fitted[0]) == pytest.approx(8836, abs=0.6)
    assert mape(TAHOE, done.fitted[0]) == pytest.approx(0.52, abs=0.005)


def test_static_start_of_tahoe() -> None:
    # Level 18,439, trend 524, factors 0.47, 0.68, 1.17, 1.67; with rounded factors 11,868 … 44,794.
    start = smooth(TAHOE, 0, 0, 0, 4, kind="MUL", horizon=4)
    assert start.trend[0] == pytest.approx(524, abs=0.6)
    assert start.level[0] - 12 * start.trend[0] == pytest.approx(18439, abs=0.6)
    assert start.seasonals[0] == pytest.approx([0.47, 0.68, 1.17, 1.67], abs=0.006)
    rounded = smooth(
        TAHOE, 0, 0, 0, 4, level=18439, trend=524, seasonals=[0.47, 0.68, 1.17, 1.67], kind="MUL", horizon=4
    )
    assert rounded.ahead[0] == pytest.approx([11868, 17527, 30770, 44794], abs=1)


def test_winters_of_tahoe() -> None:
    # The book's table for α 0.05, β 0.1, γ 0.1 from the rounded static start.
    done = smooth(TAHOE, 0.05, 0.1, 0.1, 4, 1, 18439, 524, [0.47, 0.68, 1.17, 1.67], kind="mul", horizon=4)
    assert (done.level[0], done.trend[0]) == pytest.approx((24791, 532), abs=0.6)
    assert done.ahead[0] == pytest.approx([11940, 17579, 30930, 44928], abs=0.6)
    assert mae(TAHOE, done.fitted[0]) == pytest.approx(1469, abs=0.6)
    assert mape(TAHOE, done.fitted[0]) == pytest.approx(0.08, abs=0.005)
    signal = tracking_signal(TAHOE, done.fitted[0])
    assert (signal.min(), signal.max()) == pytest.approx((-2.74, 4.00), abs=0.01)


def test_damped_trend_of_air_passengers() -> None:
    # Ansett and other Australian air passengers, in the tests of statsmodels.tsa.holtwinters after Forecasting:
    # Principles and Practice: alpha 0.8, beta* 0.2; phi and the start by least squares.
    from scipy.optimize import minimize

    values = [17.5534, 21.8601, 23.8866, 26.9293, 26.8885, 28.8314, 30.0751, 30.9535, 30.1857, 31.5797]
    values += [32.577569, 33.477398, 39.021581, 41.386432, 41.596552]

    def squares(point: np.ndarray) -> float:
        level, trend, phi = point
        return float(((smooth(values, 0.8, 0.2, None, 1, phi, level, trend).fitted[0] - values) ** 2).sum())

    found = minimize(squares, [15, 3, 0.9], method="Nelder-Mead", options={"xatol": 1e-6, "fatol": 1e-9})
    level, trend, phi = found.x
    ahead = smooth(values, 0.8, 0.2, None, 1, phi, level, trend, horizon=5).ahead[0]
    assert ahead == pytest.approx([42.85, 43.81, 44.66, 45.41, 46.06], abs=0.01)


def test_engine_failures() -> None:
    # Nahmias, Production and Operations Analysis, ch. 2: engine failures, alpha and beta 0.1.
    failures = [200, 250, 175, 186, 225, 285, 305, 190]
    simple = smooth(failures, 0.1, level=200).fitted[0]
    assert simple == pytest.approx([200, 200, 205, 202, 201, 203, 211, 220], abs=0.7)
    first = smooth(failures[:1], 0.1, 0.1, level=200, trend=10)
    assert (first.level[0], first.trend[0]) == pytest.approx((209.0, 9.9))
    holt = smooth(failures, 0.1, 0.1, level=200, trend=10).fitted[0]
    assert holt[3:6] == pytest.approx([236.1, 240.3, 247.7], abs=0.06)


@pytest.mark.parametrize("kind", ["ADD", "MUL"])
def test_a_pattern_without_noise_is_continued(kind: str) -> None:
    time, shape = np.arange(1, 29), np.array([0.5, 1.5, 1.2, 0.8])
    line, ahead = 100.0 + 2 * time[:24], 100.0 + 2 * time[24:]
    season = np.tile(shape if kind == "MUL" else 10 * (shape - 1), 7)
    values = line * season[:24] if kind == "MUL" else line + season[:24]
    expected = ahead * season[24:] if kind == "MUL" else ahead + season[24:]
    done = smooth(values, 0.3, 0.2, 0.4, 4, level=100, trend=2, seasonals=season[:4], kind=kind, horizon=4)
    np.testing.assert_allclose(done.ahead[0], expected, rtol=1e-9)
    np.testing.assert_allclose(done.fitted[0], values, rtol=1e-9)
    # The additive start finds the pattern by itself; averages of ratios only nearly do.
    found = smooth(values, 0.3, 0.2, 0.4, 4, kind=kind, horizon=4).ahead[0]
    np.testing.assert_allclose(found, expected, rtol=1e-9 if kind == "ADD" else 0.02)


def test_agrees_with_statsmodels() -> None:
    from statsmodels.tsa.holtwinters import ExponentialSmoothing

    rng = np.random.default_rng(3)
    values = 100 + rng.normal(0, 5, 40).cumsum() + np.tile([5, -5, 10, -10], 10)
    seasonals = [5, -5, 10, -10]
    model = ExponentialSmoothing(
        values, trend="add", damped_trend=True, seasonal="add", seasonal_periods=4,
        initialization_method="known", initial_level=99, initial_trend=1, initial_seasonal=seasonals,
    )  # fmt: skip
    # Theirs compares the actual with the level before, ours with the level after it, as the books do.
    theirs = model.fit(0.3, 0.2, 0.4 * (1 - 0.3), damping_trend=0.9, optimized=False)
    ours = smooth(values, 0.3, 0.2, 0.4, 4, 0.9, 99, 1, seasonals, horizon=6)
    np.testing.assert_allclose(ours.ahead[0, :3], theirs.forecast(3), rtol=1e-9)
    np.testing.assert_allclose(ours.fitted[0], theirs.fittedvalues, rtol=1e-9)


@given(LEVELS, SHARES)
def test_weights_of_simple_smoothing(history: list[float], alpha: float) -> None:
    ages = np.arange(len(history))[::-1]
    weights = alpha * (1 - alpha) ** ages
    expected = weights @ history + (1 - alpha) ** len(history) * 50
    assert smooth(history, alpha, level=50).ahead[0, 0] == pytest.approx(expected, rel=1e-9, abs=1e-9)


@given(LEVELS, SHARES, SHARES, SHARES, st.floats(-100, 100), st.floats(1e-3, 1e3))
def test_additive_recursion_moves_and_scales(
    history: list[float], alpha: float, beta: float, gamma: float, shift: float, factor: float
) -> None:
    values = np.round(np.array(history), 3)
    base = smooth(values, alpha, beta, gamma, 2, 0.9, 10, 1, [3, -3], horizon=3).ahead
    size = np.abs(values).max() + 200
    moved = smooth(values + shift, alpha, beta, gamma, 2, 0.9, 10 + shift, 1, [3, -3], horizon=3).ahead
    np.testing.assert_allclose(moved, base + shift, rtol=1e-9, atol=1e-8 * size)
    scaled = smooth(
        values * factor, alpha, beta, gamma, 2, 0.9, 10 * factor, factor, [3 * factor, -3 * factor], horizon=3
    ).ahead
    np.testing.assert_allclose(scaled, base * factor, rtol=1e-9, atol=1e-8 * size * factor)


@given(
    st.lists(st.floats(-1e308, 1e308), min_size=1, max_size=40),
    SHARES,
    st.none() | SHARES,
    st.none() | SHARES,
    st.sampled_from(["ADD", "MUL"]),
)
def test_any_numbers_give_finite_numbers_or_a_refusal(
    history: list[float], alpha: float, beta: float | None, gamma: float | None, kind: str
) -> None:
    season = 1 if gamma is None else 3
    try:
        done = smooth(history, alpha, beta, gamma, season, kind=kind, horizon=5)
    except (NoAnswerError, NotDefinedError):
        return
    assert np.isfinite(done.ahead).all()
    assert done.ahead.shape == (1, 5)


def test_every_row_is_smoothed_on_its_own() -> None:
    rows = np.random.default_rng(5).uniform(1, 9, (5, 20))
    rows[1, :4] = np.nan
    rows[2, 15:] = np.nan
    rows[3, 7] = np.nan
    rows[4] *= 1e200
    together = smooth(rows, 0.2, 0.1, 0.3, 4, 0.9, kind="MUL", horizon=3)
    for row in range(5):
        alone = smooth(rows[row], 0.2, 0.1, 0.3, 4, 0.9, kind="MUL", horizon=3)
        np.testing.assert_allclose(alone.ahead[0], together.ahead[row], rtol=1e-12)
        np.testing.assert_allclose(alone.fitted[0], together.fitted[row], rtol=1e-12)
    assert np.isnan(together.fitted[1, :4]).all()
    assert np.isnan(together.fitted[2, 15:]).all()
    assert np.isfinite(together.fitted[3]).all()


def test_starts_per_series() -> None:
    done = smooth(
        [[1, 2], [3, 4]], 0, 0, 0, 2, level=[10, 20], trend=[[1], [2]], seasonals=[[1, -1], [5, -5]]
    )
    np.testing.assert_allclose(done.ahead[:, 0], [10 + 3 + 1, 20 + 6 + 5])
    done = smooth([[1, 2], [3, 4]], 0, 0, 0, 2, level=10, trend=1, seasonals=[[7], [8]])
    np.testing.assert_allclose(done.ahead[:, 0], [20, 20])


@pytest.mark.parametrize(
    ("arguments", "error", "reason"),
    [
        ({"alpha": 1.2}, NoAnswerError, "alpha is 1.2"),
        ({"alpha": float("nan")}, NoAnswerError, "alpha is nan"),
        ({"alpha": True}, ArgumentError, "alpha is True"),
        ({"beta": -0.1}, NoAnswerError, "beta is -0.1"),
        ({"beta": 0.1, "phi": 0}, NoAnswerError, "phi is 0"),
        ({"phi": 0.9}, ArgumentError, "phi is given without beta"),
        ({"trend": 1}, ArgumentError, "trend is given without beta"),
        ({"season": 4}, ArgumentError, "season is given without gamma"),
        ({"seasonals": [1, 2]}, ArgumentError, "seasonals are given without gamma"),
        ({"gamma": 0.1}, ArgumentError, "gamma is given without a season"),
        ({"gamma": 0.1, "season": 2.5}, ArgumentError, "season is 2.5"),
        ({"gamma": 0.1, "season": 4, "seasonals": [1, 2]}, ArgumentError, "Give 4 numbers"),
        ({"gamma": 0.1, "season": 7}, NotDefinedError, "fewer than two seasons"),
        ({"level": [1, 2]}, ArgumentError, "level is 1 × 2 cells for 1 series"),
        ({"kind": "MULL"}, ArgumentError, "ADD, MUL"),
        ({"horizon": 0}, ArgumentError, "horizon is 0"),
        (
            {"gamma": 0.1, "season": 2, "seasonals": [0, 2], "kind": "MUL"},
            NoAnswerError,
            "row 1 of history is 0",
        ),
    ],
)
def test_refusals_name_the_argument(arguments: dict, error: type, reason: str) -> None:
    with pytest.raises(error, match=reason):
        smooth(TAHOE, **{"alpha": 0.1, **arguments})
