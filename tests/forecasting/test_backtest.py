from __future__ import annotations

import numpy as np
import pytest

from sop_xl.errors import ArgumentError, NotDefinedError
from sop_xl.forecasting import METHODS, backtest, forecast, wmape


def history(rows: int = 3, buckets: int = 48) -> np.ndarray:
    rng = np.random.default_rng(4)
    season = 1 + 0.4 * np.sin(np.arange(buckets) * np.pi / 6)
    return 100 * season * rng.uniform(0.9, 1.1, (rows, buckets))


def test_an_origin_sees_only_what_was_known() -> None:
    past = history()
    back = backtest(past, horizon=3, origins=4)
    assert back.forecasts.shape == back.actuals.shape == back.benchmark.shape == (3, 4, 3)
    for origin in range(4):
        cut = 48 - 4 + origin
        np.testing.assert_allclose(back.forecasts[:, origin], forecast(past[:, :cut], 3), rtol=1e-9)
        known = past[:, cut : cut + 3]
        np.testing.assert_array_equal(back.actuals[:, origin, : known.shape[1]], known)
        assert np.isnan(back.actuals[:, origin, known.shape[1] :]).all()
        np.testing.assert_allclose(
            back.benchmark[:, origin], forecast(past[:, :cut], 3, method="SEASONAL_NAIVE")
        )


def test_later_buckets_do_not_leak() -> None:
    past = history()
    changed = past.copy()
    changed[:, -1] *= 10
    before, after = backtest(past, origins=3), backtest(changed, origins=3)
    np.testing.assert_array_equal(before.forecasts, after.forecasts)


def test_figures_agree_with_the_accuracy_measures() -> None:
    back = backtest(history(), horizon=2, origins=5)
    for row in range(3):
        assert back.wmape()[row] == pytest.approx(wmape(back.actuals[row], back.forecasts[row]))
        lag = wmape(back.actuals[row, :, 1], back.forecasts[row, :, 1])
        assert back.wmape(lag=2)[row] == pytest.approx(lag)
        benchmark = wmape(back.actuals[row], back.benchmark[row])
        assert back.value_added()[row] == pytest.approx(benchmark - back.wmape()[row])
    many = backtest(history(30), horizon=2, origins=5)
    assert many.value_added().mean() > 0


def test_a_constant_miss_shows_as_bias_and_mase() -> None:
    line = np.arange(1.0, 21)
    back = backtest(line, horizon=1, season=1, method="NAIVE", origins=5)
    assert back.mase() == pytest.approx([1.0])
    assert back.bias() == pytest.approx([-5 / line[-5:].sum()])
    assert back.value_added() == pytest.approx([0.0])


def test_a_leading_or_missing_bucket_is_no_actual() -> None:
    past = history()
    past[0, :40] = np.nan
    past[1, 46] = np.nan
    back = backtest(past, horizon=2, origins=6)
    assert np.isnan(back.forecasts[0, :2]).all()
    assert np.isfinite(back.forecasts[0, 2:]).all()
    assert np.isnan(back.actuals[1, 4, 0])
    assert np.isfinite(back.wmape()).all()


def test_without_demand_the_ratios_are_nan() -> None:
    back = backtest(np.zeros(20), origins=3)
    assert np.isnan(back.wmape()).all()
    assert np.isnan(back.bias()).all()
    assert np.isnan(back.mase()).all()


@pytest.mark.parametrize("values", [[5.0], [1, 2], np.full(30, 1e308), np.arange(30) * 5e-324])
def test_hostile_histories(values: object) -> None:
    back = backtest(values, 3, 4, origins=40)
    for figure in (back.wmape(), back.bias(), back.mase(), back.value_added()):
        assert not np.isinf(figure).any()


def test_arguments_are_checked() -> None:
    with pytest.raises(ArgumentError, match="method"):
        backtest([1, 2, 3], method="GUESS")
    with pytest.raises(ArgumentError, match="origins"):
        backtest([1, 2, 3], origins=0)
    with pytest.raises(NotDefinedError):
        backtest([None, None])


@pytest.mark.parametrize("method", METHODS)
def test_every_method_can_be_tested(method: str) -> None:
    assert np.isfinite(backtest(history(), 2, 12, method, origins=2).wmape()).all()
