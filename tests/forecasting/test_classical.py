"""ETS, ARIMA and EXCEL_ETS against their definitions and independent implementations."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sop_xl.forecasting import forecast
from sop_xl.forecasting.box_jenkins import Orders, differences, estimate, seasonal_strength, select
from sop_xl.forecasting.smoothing import Form, fit

CLASSICAL = ("ETS", "ARIMA", "EXCEL_ETS")
TIME = np.arange(60)
RNG = np.random.default_rng(7)

# International visitor nights in Australia, Hyndman and Athanasopoulos, Forecasting: Principles and
# Practice (2nd edition), section 7.3.
TOURISTS = [42.2056638559382, 24.6491713296294, 32.6673351386246, 37.2573540134764, 45.2424602720635]
TOURISTS += [29.3504812742718, 36.3442072775119, 41.7820813647366, 49.2765984345619, 31.2754013898459]
TOURISTS += [37.8506254947152, 38.83704413019, 51.236900336137, 31.8385516171558, 41.3234212576972]
TOURISTS += [42.7990033724349, 55.708358364385, 33.4071449171312, 42.3166379718116, 45.1571225674731]
TOURISTS += [59.5760799633937, 34.8373301595328, 44.8416807241332, 46.971249602779, 60.0190309438716]
TOURISTS += [38.3711785132276, 46.9758641283558, 50.7337964560878, 61.6468731860574, 39.2995693656296]
TOURISTS += [52.6712090814052, 54.3323168946667, 66.834358381339, 40.8711884667851, 51.8285357927739]
TOURISTS += [57.4919099342262, 65.2514698518726, 43.0612082202828, 54.7607571288007, 59.8344748355003]
TOURISTS += [73.2570274672009, 47.6966237298, 61.0977680206996, 66.0557612187001]


def seasonal(noise: float, seed: int = 0, grow: float = 0.01) -> np.ndarray:
    rng = np.random.default_rng(seed)
    shape = 1 + 0.4 * np.sin(TIME * np.pi / 6)
    return np.asarray(100 * (1 + grow * TIME) * shape * rng.normal(1, noise, 60))


@pytest.mark.parametrize("method", CLASSICAL)
def test_a_clear_pattern_is_continued(method: str) -> None:
    known, truth = seasonal(0.01)[:48], seasonal(0.01)[48:]
    ahead = forecast(known, 12, 12, method)
    assert np.abs(ahead - truth).sum() / truth.sum() < (0.06 if method == "EXCEL_ETS" else 0.04)


@pytest.mark.parametrize("method", CLASSICAL)
def test_forecasts_of_the_tourists(method: str) -> None:
    # The book's additive Holt–Winters: 76.1, 51.6, 63.97, 68.37. Any sound model is near.
    assert forecast(TOURISTS, 4, 4, method) == pytest.approx([76.1, 51.6, 63.97, 68.37], rel=0.06)


@pytest.mark.parametrize("method", CLASSICAL)
@settings(max_examples=15)
@given(st.lists(st.floats(-1e308, 1e308), min_size=1, max_size=30), st.integers(1, 5))
def test_any_numbers_give_a_finite_forecast(method: str, history: list[float], season: int) -> None:
    ahead = forecast(history, 6, season, method)
    assert np.isfinite(ahead).all()
    if min(history) >= 0:
        assert ahead.min() >= 0


class TestEts:
    def test_noise_has_a_flat_forecast(self) -> None:
        ahead = forecast(RNG.normal(100, 10, (10, 60)), 12, 12, "ETS")
        flat = np.ptp(ahead, axis=1) < 1e-6 * ahead.mean(axis=1)
        assert flat.mean() >= 0.8

    def test_a_trend_has_a_trend(self) -> None:
        rows = 100 + 3 * TIME + np.random.default_rng(2).normal(0, 4, (10, 60))
        ahead = forecast(rows, 6, 1, "ETS")
        assert np.diff(ahead, axis=1).mean() == pytest.approx(3, abs=0.5)

    @pytest.mark.parametrize(
        ("kind", "relative"), [("ADD", False), ("MUL", False), ("MUL", True)], ids=["AAA", "AAM", "MAM"]
    )
    def test_likelihood_is_no_worse_than_in_statsmodels(self, kind: str, relative: bool) -> None:
        from statsmodels.tsa.exponential_smoothing.ets import ETSModel

        values = seasonal(0.05, 4) / 100
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            error = "mul" if relative else "add"
            model = ETSModel(values, error=error, trend="add", seasonal=kind.lower(), seasonal_periods=12)
            theirs = model.fit(disp=False)
        ours = fit(values[None], Form(True, False, kind, 12, relative)).sse[0]
        likelihood = -0.5 * 60 * (np.log(2 * np.pi * ours / 60) + 1)
        assert likelihood >= theirs.llf - 0.1

    def test_relative_errors_follow_the_recursion_of_the_model(self) -> None:
        # ETS(M,N,N): level[t] = level[t-1] * (1 + alpha * relative error).
        values = np.random.default_rng(4).uniform(0.5, 1.5, 30)
        fitted = fit(values[None], Form(relative=True))
        alpha, level = fitted.rates[0, 0], fitted.initial[0, 0]
        errors, levels = [], []
        for actual in values:
            levels.append(level)
            errors.append(actual / level - 1)
            level *= 1 + alpha * errors[-1]
        assert level == pytest.approx(fitted.level[0])
        weighted = np.square(errors).sum() * np.exp(2 * np.log(levels).mean())
        assert weighted == pytest.approx(fitted.sse[0])

    def test_short_and_constant_histories(self) -> None:
        assert forecast([5, 7], 2, 12, "ETS").tolist() == [6.5, 6.5]
        np.testing.assert_allclose(forecast([5] * 8, 2, 12, "ETS"), [5, 5])
        assert (forecast([0, 0, 3, 0, 0, 0, 2, 0, 0, 1], 3, 12, "ETS") < 1.5).all()


class TestArima:
    def test_coefficients_are_close_to_maximum_likelihood(self) -> None:
        from statsmodels.tsa.arima.model import ARIMA

        rng = np.random.default_rng(1)
        shocks = rng.normal(0, 1, 400)
        values = np.zeros(400)
        for t in range(1, 400):
            values[t] = 0.7 * values[t - 1] + shocks[t] + 0.3 * shocks[t - 1]
        model = estimate(values, Orders(1, 1, 0, 0, False), 1)
        theirs = ARIMA(values, order=(1, 0, 1), trend="n").fit()
        assert -model.ar[1] == pytest.approx(theirs.params[0], abs=0.02)
        assert model.ma[1] == pytest.approx(theirs.params[1], abs=0.02)

    def test_a_seasonal_difference_and_its_polynomial(self) -> None:
        polynomial, taken = differences(seasonal(0.02, 5, 0.0), 12)
        assert taken == 1
        assert polynomial.tolist() == [1.0] + [0.0] * 11 + [-1.0]
        walk = np.random.default_rng(3).normal(0, 1, 100).cumsum()
        assert differences(walk, 1)[0].tolist() == [1.0, -1.0]
        assert differences(np.random.default_rng(3).normal(0, 1, 100), 1)[1] == 0

    def test_selection_prefers_the_true_kind(self) -> None:
        rng = np.random.default_rng(9)
        noise = rng.normal(0, 1, 200)
        assert select(noise, 1, True).orders.coefficients <= 1
        moving = noise[1:] + 0.8 * noise[:-1]
        chosen = select(moving, 1, False)
        assert chosen.aicc <= estimate(moving, Orders(0, 1, 0, 0, False), 1).aicc
        assert chosen.orders.ma >= 1

    def test_every_model_is_stationary_and_invertible(self) -> None:
        for seed in range(5):
            values = np.random.default_rng(seed).normal(0, 1, 60).cumsum()
            model = estimate(values, Orders(3, 3, 1, 1, True), 4)
            # Roots in the lag polynomial's reversed form lie inside the unit circle.
            assert np.abs(np.roots(model.ar)).max() < 1
            assert np.abs(np.roots(model.ma)).max() < 1

    def test_forecasts_agree_with_statsmodels_for_the_same_model(self) -> None:
        from statsmodels.tsa.statespace.sarimax import SARIMAX

        from sop_xl.forecasting import box_jenkins

        rng = np.random.default_rng(8)
        values = 1 + np.tile([0.3, -0.2, 0.1, -0.2], 20) + 0.02 * rng.normal(0, 1, 80).cumsum()
        polynomial, taken = box_jenkins.differences(values, 4)
        assert polynomial[4] != 0
        orders = select(np.convolve(values, polynomial, "valid"), 4, taken <= 1).orders
        ours = box_jenkins.forecast_series(values, 12, 4)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = SARIMAX(
                values, order=(orders.ar, taken - 1, orders.ma),
                seasonal_order=(orders.seasonal_ar, 1, orders.seasonal_ma, 4),
                trend="c" if orders.constant else "n",
            ).fit(disp=False)  # fmt: skip
        np.testing.assert_allclose(ours, theirs.forecast(12), rtol=0.04)

    def test_the_same_series_has_the_same_forecast_alone(self) -> None:
        rows = np.stack([seasonal(0.1, seed) for seed in range(3)])
        together = forecast(rows, 6, 12, "ARIMA")
        np.testing.assert_array_equal(forecast(rows[1], 6, 12, "ARIMA"), together[1])


class TestExcelEts:
    def test_close_to_the_spreadsheet_function(self) -> None:
        # FORECAST.ETS of LibreOffice Calc 25.2 on the same 48 buckets, season 12.
        expected = [146.463227, 162.338335, 175.554128, 180.413208, 177.090919, 167.284244]
        time = np.arange(48)
        noise = np.random.default_rng(1).normal(0, 1, 48)
        history = 100 * (1 + 0.01 * time) + 30 * np.sin(time * np.pi / 6) + noise
        assert forecast(history, 6, 12, "EXCEL_ETS") == pytest.approx(expected, rel=0.005)

    def test_states_stay_at_their_first_estimates(self) -> None:
        values = seasonal(0.1, 6)[None] / 100
        form = Form(trend=True, seasonal="ADD", season=12)
        free, held = fit(values, form), fit(values, form, fit_states=False)
        assert free.sse[0] < held.sse[0]
        # Whatever the parameters do, they start from where the season and the first line put them.
        other = fit(np.r_["1", values[:, :24], values[:, 24:]], form, fit_states=False)
        np.testing.assert_array_equal(held.initial, other.initial)

    def test_fewer_than_two_seasons_have_none(self) -> None:
        ahead = forecast(np.arange(1.0, 21), 3, 12, "EXCEL_ETS")
        np.testing.assert_allclose(ahead, [21, 22, 23], rtol=1e-3)


def test_strength_of_a_season() -> None:
    noise = np.random.default_rng(2).normal(0, 1, (200, 60))
    assert np.mean([seasonal_strength(row, 12) for row in noise]) < 0.2
    assert seasonal_strength(seasonal(0.01), 12) > 0.95
    assert seasonal_strength(np.full(30, 5.0), 12) == 0
    assert seasonal_strength(np.arange(20.0), 12) == 0
