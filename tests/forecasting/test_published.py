"""Published problems and independent implementations."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from sop_xl.forecasting import forecast, mae, mape, tracking_signal
from sop_xl.forecasting.intermittent import croston
from sop_xl.forecasting.smoothing import Form, fit

# Saudi oil production, used in the tests of statsmodels.tsa.holtwinters.
OIL = [446.6565229, 454.4733065, 455.662974, 423.6322388, 456.2713279, 440.5880501, 425.3325201]
OIL += [485.1494479, 506.0481621, 526.7919833, 514.268889, 494.2110193]
# Australian visitor nights, the same source.
VISITORS = [41.727458, 24.04185, 32.328103, 37.328708, 46.213153, 29.346326, 36.48291, 42.977719]
VISITORS += [48.901525, 31.180221, 37.717881, 40.420211, 51.206863, 31.887228, 40.978263, 43.772491]
VISITORS += [55.558567, 33.850915, 42.076383, 45.642292, 59.76678, 35.191877, 44.319737, 47.913736]
# International visitor nights in Australia, Hyndman and Athanasopoulos (2nd edition), section 7.3.
TOURISTS = [42.2056638559382, 24.6491713296294, 32.6673351386246, 37.2573540134764, 45.2424602720635]
TOURISTS += [29.3504812742718, 36.3442072775119, 41.7820813647366, 49.2765984345619, 31.2754013898459]
TOURISTS += [37.8506254947152, 38.83704413019, 51.236900336137, 31.8385516171558, 41.3234212576972]
TOURISTS += [42.7990033724349, 55.708358364385, 33.4071449171312, 42.3166379718116, 45.1571225674731]
TOURISTS += [59.5760799633937, 34.8373301595328, 44.8416807241332, 46.971249602779, 60.0190309438716]
TOURISTS += [38.3711785132276, 46.9758641283558, 50.7337964560878, 61.6468731860574, 39.2995693656296]
TOURISTS += [52.6712090814052, 54.3323168946667, 66.834358381339, 40.8711884667851, 51.8285357927739]
TOURISTS += [57.4919099342262, 65.2514698518726, 43.0612082202828, 54.7607571288007, 59.8344748355003]
TOURISTS += [73.2570274672009, 47.6966237298, 61.0977680206996, 66.0557612187001]
# Tahoe Salt, Chopra and Meindl, Supply Chain Management, ch. 7.
TAHOE = [8000.0, 13000, 23000, 34000, 10000, 18000, 23000, 38000, 12000, 13000, 32000, 41000]
# PBS drug sales, the data of sktime's Croston tests; figures from R's forecast::croston.
# fmt: off
PBS = [
    1, 1, 1, 0, 0, 1, 3, 1, 1, 1, 1, 1, 2, 1, 1, 0, 0, 2, 0, 0, 1, 2, 0, 1, 0, 0, 1, 1, 1, 1, 0, 0, 2, 1,
    0, 0, 0, 1, 0, 3, 3, 2, 4, 1, 1, 3, 3, 1, 0, 4, 1, 3, 0, 1, 2, 5, 14, 2, 0, 0, 3, 6, 2, 2, 2, 5, 1, 6,
    3, 3, 2, 0, 1, 1, 0, 0, 0, 1, 4, 12, 4, 0, 7, 0, 2, 1, 4, 1, 3, 1, 0, 6, 9, 3, 1, 3, 1, 7, 1, 3, 3, 3,
    5, 6, 10, 5, 1, 3, 1, 1, 1, 2, 1, 3, 7, 11, 10, 5, 5, 2, 2, 1, 0, 3, 6, 5, 8, 9, 1, 1, 0, 0, 0, 1, 2,
    2, 0, 0, 0, 0, 1, 0, 0, 0, 2, 1, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 3, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0,
]
# fmt: on
PBS_FIGURES = [(0.1, 0.8688921), (0.5, 0.6754646), (0.05, 1.405808)]


def sum_of_squares(actual: list[float], form: Form) -> tuple[float, float]:
    """Squared errors of our fit, in the unit of the data, and alpha."""
    values = np.array([actual])
    scale = values.mean()
    fitted = fit(values / scale, form)
    return float(fitted.sse[0] * scale**2), float(fitted.rates[0, 0])


def test_ses_finds_the_published_optimum_for_oil() -> None:
    # statsmodels: alpha 0.891998, initial level 447.47844, forecast 496.493543.
    values = np.array([OIL])
    fitted = fit(values / values.mean(), Form())
    assert fitted.rates[0, 0] == pytest.approx(0.891998, abs=1e-3)
    assert fitted.initial[0, 0] * values.mean() == pytest.approx(447.47844, abs=0.05)
    assert forecast(OIL, 2, 1, "SES") == pytest.approx([496.493543] * 2, abs=1e-3)


def test_multiplicative_holt_winters_matches_the_published_fit() -> None:
    # statsmodels, trend "add", seasonal "mul": squared errors 34.594, forecasts as below.
    squares, _ = sum_of_squares(VISITORS, Form(trend=True, seasonal="MUL", season=4))
    assert squares <= 34.594 * 1.001
    assert forecast(VISITORS, 4, 4, "HOLT_WINTERS_MUL") == pytest.approx(
        [61.3083, 37.373, 46.9652, 51.5578], rel=0.01
    )


def test_additive_holt_winters_beats_the_published_error() -> None:
    # Forecasting: Principles and Practice, 7.3: RMSE 1.763, forecasts for 2016 as below.
    squares, _ = sum_of_squares(TOURISTS, Form(trend=True, seasonal="ADD", season=4))
    assert np.sqrt(squares / len(TOURISTS)) <= 1.763
    assert forecast(TOURISTS, 4, 4, "HOLT_WINTERS") == pytest.approx([76.1, 51.6, 63.97, 68.37], abs=0.5)


def test_moving_average_of_tahoe_salt() -> None:
    # Four buckets: forecast for bucket 13 24,500, MAD 9,719, MAPE 49 %, tracking signal −1.52 to 2.21.
    ahead = np.array([np.mean(TAHOE[t - 4 : t]) for t in range(4, 13)])
    assert ahead[-1] == 24500
    assert mae(TAHOE[4:], ahead[:-1]) == pytest.approx(9719, abs=0.6)
    assert mape(TAHOE[4:], ahead[:-1]) == pytest.approx(0.49, abs=0.005)
    signal = tracking_signal(TAHOE[4:], ahead[:-1])
    assert (signal.min(), signal.max()) == pytest.approx((-1.52, 2.21), abs=0.01)
    # The method itself takes three.
    assert forecast(TAHOE, 1, 4, "MOVING_AVERAGE")[0] == pytest.approx(np.mean(TAHOE[-3:]))


@pytest.mark.parametrize(("alpha", "expected"), PBS_FIGURES)
def test_croston_matches_r(alpha: float, expected: float) -> None:
    assert croston(np.array([PBS], dtype=float), 1, 1, alpha)[0, 0] == pytest.approx(expected, abs=1e-5)


def oracle_series(seed: int) -> list[float]:
    rng = np.random.default_rng(seed)
    time = np.arange(48)
    noise = rng.normal(0, 4, 48).cumsum() * 0.3 + rng.normal(0, 5, 48)
    return list(200 + 1.5 * time + 30 * np.sin(time * np.pi / 6) + noise)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(
    ("form", "options"),
    [
        (Form(), {}),
        (Form(trend=True), {"trend": "add"}),
        (Form(trend=True, seasonal="ADD", season=12), {"trend": "add", "seasonal": "add"}),
        (Form(trend=True, seasonal="MUL", season=12), {"trend": "add", "seasonal": "mul"}),
    ],
    ids=["ses", "holt", "additive", "multiplicative"],
)
def test_squared_errors_are_no_worse_than_statsmodels(seed: int, form: Form, options: dict[str, str]) -> None:
    from statsmodels.tsa.holtwinters import ExponentialSmoothing

    values = oracle_series(seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        periods = 12 if "seasonal" in options else None
        theirs = ExponentialSmoothing(np.array(values), seasonal_periods=periods, **options).fit()
    ours, _ = sum_of_squares(values, form)
    assert ours <= theirs.sse * 1.01


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_theta_is_close_to_statsmodels(seed: int) -> None:
    from statsmodels.tsa.forecasting.theta import ThetaModel

    values = np.array(oracle_series(seed))
    theirs = np.asarray(ThetaModel(values, period=12, deseasonalize=True, method="mul").fit().forecast(12))
    assert forecast(values, 12, 12, "THETA") == pytest.approx(theirs, rel=0.06)


# Two quarterly series of the M3 competition (Makridakis and Hibon, 2000, International Journal of Forecasting
# 16) whose relative errors have several valleys.
M3_CAUGHT = (
    "11160 4710 3300 7980 8670 3600 1980 6270 7050 2550 1350 4680 6900 3390 1770 6120 9600 3390 "
    "2130 6150 7980 3030 2160 5460 6930 2610 1590 4890 7290 2370 1200 3480 5280 2250 1620 4560",
    "9903.33 9776.67 9540 9113.33 8763.33 7626.67 7590 7923.33 6763.33 6156.67 5720 6826.67 5560 "
    "5226.67 5046.67 4760 4650 5250 5486.67 6026.67 6550 7253.33 8170 8446.67 8226.67 8463.33 "
    "8036.67 9673.33 9173.33 9223.33 9463.33 9550 9573.33 9640 8756.67 8513.33 7396.67 8826.67",
)


@pytest.mark.parametrize("series", M3_CAUGHT)
def test_the_likelihood_with_relative_errors_is_no_worse_than_that_of_statsmodels(
    series: list[float],
) -> None:
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    values = np.array(series.split(), dtype=float)
    values /= values.mean()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = ETSModel(values, error="mul", trend="add", seasonal="add", seasonal_periods=4)
        theirs = model.fit(disp=False, maxiter=2000).llf
    sse = fit(values[None, :], Form(trend=True, seasonal="ADD", season=4, relative=True)).sse[0]
    ours = -len(values) / 2 * (np.log(sse / len(values)) + np.log(2 * np.pi) + 1)
    assert ours >= theirs - 1e-3
