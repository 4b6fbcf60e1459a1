"""Seasonal indices, lanes, and the fitted models one by one."""

from __future__ import annotations

import numpy as np
import pytest

from sop_xl.forecasting.lanes import damped_holt_winters, likelihood_weights, smoothing_with_drift
from sop_xl.forecasting.seasonality import has_season, seasonal_indices, seasonal_profile
from sop_xl.forecasting.smoothing import Form, fit

RNG = np.random.default_rng(11)


@pytest.mark.parametrize("kind", ["ADD", "MUL"])
@pytest.mark.parametrize("season", [2, 3, 4, 7, 12])
def test_a_clean_season_is_found_beside_a_trend(kind: str, season: int) -> None:
    shape = np.linspace(0.6, 1.4, season)
    time = np.arange(5 * season)
    if kind == "MUL":
        rows = (shape[time % season] * 1.01**time)[None]
        expected = shape
    else:
        rows = (shape[time % season] + 0.02 * time)[None]
        expected = shape - 1
    np.testing.assert_allclose(seasonal_indices(rows, season, kind)[0], expected, atol=1e-9)


def test_indices_are_centred_and_shrink_on_noise() -> None:
    noise = RNG.uniform(0.5, 1.5, (200, 60))
    for kind, neutral in (("ADD", 0), ("MUL", 1)):
        indices = seasonal_indices(noise, 12, kind)
        np.testing.assert_allclose(indices.mean(axis=1), neutral, atol=1e-12)
        raw = noise.reshape(200, 5, 12).mean(axis=1)
        assert indices.std() < 0.5 * raw.std()


def test_too_little_history_has_neutral_indices() -> None:
    assert seasonal_indices(np.ones((1, 23)), 12, "MUL").tolist() == [[1.0] * 12]
    assert seasonal_indices(np.ones((1, 23)), 12).tolist() == [[0.0] * 12]


def test_season_test_keeps_its_error_rate() -> None:
    noise = RNG.poisson(0.5, (1000, 48)).astype(float)
    assert 0 < has_season(noise, 12).mean() < 0.04
    summer = RNG.poisson(2, (1000, 48)) * (np.arange(48) % 12 < 4)
    assert has_season(summer.astype(float), 12).mean() > 0.95


def test_profile_keeps_an_empty_off_season() -> None:
    profile = seasonal_profile(np.tile([0.0, 0, 3, 9], (1, 4)), 4)
    np.testing.assert_allclose(profile, [[0, 0, 1, 3]])


def test_weights_prefer_the_smaller_error() -> None:
    weights = likelihood_weights(np.array([[1.0, 1.1, 4.0], [0.0, 0.0, 0.0]]), 24)
    np.testing.assert_allclose(weights.sum(axis=1), 1)
    assert weights[0, 0] > weights[0, 1] > weights[0, 2]
    np.testing.assert_allclose(weights[1], 1 / 3)


def test_lanes_move_with_the_level() -> None:
    rows = RNG.uniform(0.5, 1.5, (3, 30))
    indices = seasonal_indices(rows, 6)
    for shift in (-5.0, 3.0):
        np.testing.assert_allclose(
            smoothing_with_drift(rows + shift, 4).ahead,
            smoothing_with_drift(rows, 4).ahead + shift,
            rtol=1e-9,
        )
        np.testing.assert_allclose(
            damped_holt_winters(rows + shift, indices, 4).ahead,
            damped_holt_winters(rows, indices, 4).ahead + shift,
            rtol=1e-9,
        )


def test_drift_is_half_the_slope_and_capped_after_a_step() -> None:
    line = np.arange(40.0)[None] / 20
    ahead = smoothing_with_drift(line, 2).ahead[0]
    assert np.diff(ahead)[0] == pytest.approx(0.5 / 20, rel=1e-6)
    step = np.repeat([0.5, 1.5], 20)[None]
    capped = smoothing_with_drift(step, 18, drift_cap=1.5).ahead[0]
    assert capped[-1] - capped[0] < 0.01
    free = smoothing_with_drift(step, 18).ahead[0]
    assert free[-1] - free[0] > 0.2


def test_a_fit_stays_within_its_bounds_and_reproduces_its_errors() -> None:
    rows = RNG.uniform(0.5, 1.5, (5, 36))
    fitted = fit(rows, Form(trend=True, damped=True, seasonal="ADD", season=4))
    alpha, beta, gamma, phi = fitted.rates.T
    assert ((alpha > 0) & (alpha < 1)).all()
    assert ((beta > 0) & (beta < alpha)).all()
    assert ((gamma > 0) & (gamma < 1 - alpha)).all()
    assert ((phi >= 0.8) & (phi <= 0.98)).all()
    for row in range(5):
        level, trend, *indices = fitted.initial[row]
        squares = 0.0
        for bucket, actual in enumerate(rows[row]):
            trend *= phi[row]
            error = actual - level - trend - indices[bucket % 4]
            squares += error**2
            level += trend + alpha[row] * error
            trend += beta[row] * error
            indices[bucket % 4] += gamma[row] * error
        assert squares == pytest.approx(fitted.sse[row], rel=1e-9)
        assert fitted.ahead(1)[row, 0] == pytest.approx(level + phi[row] * trend + indices[0], rel=1e-9)


def test_rooms_list_what_they_offer() -> None:
    import sop_xl.demand
    import sop_xl.forecasting

    for room in (sop_xl.demand, sop_xl.forecasting):
        assert room.__all__ == sorted(
            room.__all__, key=lambda word: (word.upper() != word, word[0].islower(), word)
        )
        assert all(getattr(room, word).__doc__ for word in room.__all__)
