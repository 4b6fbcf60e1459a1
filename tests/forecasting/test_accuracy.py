from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sop_xl.errors import ArgumentError, NoAnswerError, NotDefinedError
from sop_xl.forecasting import (
    bias,
    forecast_accuracy,
    fva,
    mae,
    mape,
    mase,
    revenue_accuracy,
    rmse,
    tracking_signal,
    wmape,
)

ACTUAL, FORECAST = [100.0, 10, 0, 200], [90.0, 20, 5, 180]
PAIRWISE: list[Callable[..., float]] = [wmape, forecast_accuracy, mape, bias, mae, rmse, revenue_accuracy]


def test_definitions_on_a_small_example() -> None:
    # Errors are forecast − actual; MAPE leaves out the bucket without demand.
    assert wmape(ACTUAL, FORECAST) == pytest.approx(45 / 310)
    assert forecast_accuracy(ACTUAL, FORECAST) == pytest.approx(0.85483871)
    assert bias(ACTUAL, FORECAST) == pytest.approx(-0.0483871)
    assert mape(ACTUAL, FORECAST) == pytest.approx(0.4)
    assert mae(ACTUAL, FORECAST) == pytest.approx(45 / 4)
    assert rmse(ACTUAL, FORECAST) == pytest.approx(np.sqrt(625 / 4))


def test_accuracy_is_not_negative() -> None:
    assert forecast_accuracy([1], [100]) == 0


def test_heizer_and_render_port_of_baltimore() -> None:
    # Operations Management, ch. 4: smoothing with alpha 0.1 from 175; MAD 10.31, MAPE 5.59 %.
    actual = [180.0, 168, 159, 175, 190, 205, 180, 182]
    ahead = [175.0]
    for value in actual[:-1]:
        ahead.append(ahead[-1] + 0.1 * (value - ahead[-1]))
    assert ahead[1:4] == pytest.approx([175.5, 174.75, 173.18], abs=0.011)
    assert mae(actual, ahead) == pytest.approx(10.31, abs=0.011)
    assert mape(actual, ahead) == pytest.approx(0.0559, abs=1e-4)


def test_value_added_down_a_stair_step() -> None:
    # WMAPE 14.6 % naive, 12.3 % statistical, 13.6 % analyst: +2.3 and −1.3 points.
    actual, naive, statistical, analyst = [1000.0], [1146.0], [1123.0], [864.0]
    assert fva(actual, statistical, naive) == pytest.approx(0.023)
    assert fva(actual, analyst, statistical) == pytest.approx(-0.013)


def test_value_added_compares_the_same_buckets() -> None:
    assert fva([100, 100], [110, 300], [120, None]) == pytest.approx(0.1)


def test_mase_scales_each_series_by_its_own_history() -> None:
    history = [[1, 2, 1, 2], [10, 30, 10, 30]]
    assert mase([[5], [50]], [[6], [60]], history, 1) == pytest.approx((1 / 1 + 10 / 20) / 2)
    assert mase([5], [6], [1, 9, 3, 11], 2) == pytest.approx(0.5)
    assert mase([5], [6], [1, None, 3], 2) == pytest.approx(0.5)


def test_mase_is_not_defined_without_a_scale() -> None:
    with pytest.raises(NotDefinedError, match="season 1"):
        mase([1], [2], [1, 2, 3], 3)
    with pytest.raises(NotDefinedError, match="never differs"):
        mase([1], [2], [3, 3, 3], 1)
    with pytest.raises(ArgumentError, match="2 series"):
        mase([1], [2], [[1, 2], [3, 4]], 1)


def test_tracking_signal_per_row_and_with_gaps() -> None:
    signal = tracking_signal([[10, None, 10], [1, 1, 1]], [[12, 5, 9], [1, 1, 2]])
    np.testing.assert_allclose(signal, [[1, 1, 1 / 1.5], [0, 0, 1 / (1 / 3)]])


@pytest.mark.parametrize("measure", [*PAIRWISE, tracking_signal])
def test_pairs_and_shapes(measure: Callable[..., object]) -> None:
    with pytest.raises(ArgumentError, match="same size"):
        measure([1, 2], [1, 2, 3])
    with pytest.raises(ArgumentError, match="column 2 of forecast"):
        measure([1, 2], [1, "x"])
    with pytest.raises(NotDefinedError):
        measure([1, None], [None, 2])


@pytest.mark.parametrize("measure", PAIRWISE)
def test_missing_pairs_are_left_out(measure: Callable[..., float]) -> None:
    assert measure([100, None, 50], [90, 7, 60]) == measure([100, 50], [90, 60])
    assert measure([100, 8, 50], [90, None, 60]) == measure([100, 50], [90, 60])


@pytest.mark.parametrize("measure", [wmape, forecast_accuracy, mape, bias, revenue_accuracy])
def test_without_demand_a_ratio_is_not_defined(measure: Callable[..., float]) -> None:
    with pytest.raises(NotDefinedError):
        measure([0, 0], [1, 2])


numbers = st.lists(st.tuples(st.floats(-1e308, 1e308), st.floats(-1e308, 1e308)), min_size=1, max_size=20)


@given(numbers, st.sampled_from([*PAIRWISE, tracking_signal]))
def test_any_numbers_give_a_number_or_a_reason(
    pairs: list[tuple[float, float]], measure: Callable[..., float]
) -> None:
    actual, forecast = zip(*pairs, strict=True)
    try:
        result = measure(actual, forecast)
    except (NotDefinedError, NoAnswerError):
        return
    assert np.isfinite(result).all()


@given(
    st.lists(st.tuples(st.floats(1, 1e6), st.floats(0, 1e6)), min_size=1, max_size=20), st.floats(1e-3, 1e3)
)
def test_identities(pairs: list[tuple[float, float]], factor: float) -> None:
    actual, forecast = (np.array(side) for side in zip(*pairs, strict=True))
    assert abs(bias(actual, forecast)) <= wmape(actual, forecast) + 1e-12
    assert mae(actual, forecast) <= rmse(actual, forecast) * (1 + 1e-12)
    assert wmape(actual * factor, forecast * factor) == pytest.approx(wmape(actual, forecast))
    assert mae(actual * factor, forecast * factor) == pytest.approx(factor * mae(actual, forecast))
    assert wmape(actual, actual) == 0
    last = tracking_signal(actual, forecast)[-1]
    assert last == pytest.approx(np.sum(forecast - actual) / max(mae(actual, forecast), 1e-300), abs=1e-6)
