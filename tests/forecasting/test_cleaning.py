from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sop_xl.errors import ArgumentError, NotDefinedError
from sop_xl.forecasting.cleaning import clean

Matrix = np.ndarray


def noise(seed: int, series: int, buckets: int, share: float = 0.05) -> Matrix:
    return 1 + share * np.random.default_rng(seed).uniform(-1, 1, (series, buckets))


def changed(history: Matrix, **options: object) -> list[tuple[int, int]]:
    return [(int(row), int(bucket)) for row, bucket in np.argwhere(clean(history, **options) != history)]


def test_a_spike_becomes_what_was_expected() -> None:
    history = 100 * noise(0, 1, 36)
    spiked = history.copy()
    spiked[0, 20] *= 6
    cleaned = clean(spiked)
    assert cleaned[0, 20] == pytest.approx(100, rel=0.12)
    assert np.flatnonzero(cleaned[0] != spiked[0]).tolist() == [20]


@pytest.mark.parametrize("bucket", [0, 1, 17, 34, 35])
def test_a_spike_is_found_wherever_it_is(bucket: int) -> None:
    spiked = 100 * noise(1, 1, 36)
    spiked[0, bucket] *= 7
    assert changed(spiked) == [(0, bucket)]


def test_a_spike_in_a_season_leaves_the_season() -> None:
    season = np.tile([20.0, 40, 60, 80, 100, 120, 140, 160, 180, 120, 80, 40], 4)
    spiked = (season * noise(2, 1, 48))[0]
    spiked[26] *= 8
    cleaned = clean(spiked)
    assert cleaned[26] == pytest.approx(60, rel=0.3)
    assert np.flatnonzero(cleaned != spiked).tolist() == [26]


def test_a_dip_is_a_spike_and_two_may_stand_side_by_side() -> None:
    history = (100 * noise(3, 1, 40))[0]
    history[10] = 0
    history[20:22] = 900
    assert np.flatnonzero(clean(history, 1) != history).tolist() == [10, 20, 21]


@pytest.mark.parametrize("bucket", range(1, 36))
@pytest.mark.parametrize("factor", [0.3, 0.6, 1.6, 3.0])
def test_a_step_in_the_level_stays(bucket: int, factor: float) -> None:
    history = 100 * noise(bucket, 1, 36)
    history[:, bucket:] *= factor
    if bucket == 1 or (bucket == 35 and factor == 3.0):
        return  # One bucket at an end is a spike, or may be called one.
    assert changed(history) == []
    assert changed(history, season=1) == []


@pytest.mark.parametrize("length", [3, 5, 8])
def test_a_new_level_for_a_while_stays(length: int) -> None:
    history = 100 * noise(7, 1, 48)
    history[:, 20 : 20 + length] *= 4
    assert changed(history, season=1) == []


def test_the_start_of_a_new_level_is_not_taken_for_a_spike() -> None:
    history = 100 * noise(8, 1, 36)
    history[:, -1] *= 1.8
    assert changed(history) == []
    history[:, -2:] = 400
    assert changed(history) == []
    # A leap to six times the old level is believed when the third bucket confirms it.
    history[:, -2:] = 600
    assert changed(history) == [(0, 34), (0, 35)]
    history[:, -3:] = 600
    assert changed(history) == []


@pytest.mark.parametrize("years", [2, 3, 6])
def test_a_seasonal_peak_stays(years: int) -> None:
    season = np.tile([10.0, 10, 10, 10, 10, 10, 10, 10, 10, 10, 30, 90], years)
    assert changed(season * noise(4, 30, 12 * years)) == []


def test_an_off_season_without_demand_stays() -> None:
    season = np.tile([90.0, 90, 80, 50, 20, 0, 0, 20, 50, 80, 90, 90], 4)
    assert changed(season * noise(5, 30, 48)) == []


@pytest.mark.parametrize("growth", [-0.04, 0.02, 0.06])
def test_a_trend_stays(growth: float) -> None:
    exponential = 100 * (1 + growth) ** np.arange(48)
    assert changed(exponential * noise(6, 30, 48)) == []
    linear = 1000 + 1000 * growth * np.arange(24)
    assert changed(linear * noise(6, 30, 24, 0.01)) == []


def test_intermittent_demand_stays() -> None:
    rng = np.random.default_rng(9)
    demand = (rng.random((200, 48)) < 0.6) * rng.lognormal(2, 1, (200, 48))
    sparse = demand[(demand > 0).mean(axis=1) < 0.75]
    assert len(sparse) > 150
    assert changed(sparse) == []


def test_ordinary_noise_is_all_but_untouched() -> None:
    rng = np.random.default_rng(10)
    normal = 100 + 15 * rng.normal(size=(300, 60))
    assert len(changed(normal)) < 0.0005 * normal.size
    uneven = rng.gamma(4, 25, (300, 60))
    assert len(changed(uneven)) < 0.004 * uneven.size


def test_most_spikes_of_five_to_ten_times_the_demand_are_found() -> None:
    rng = np.random.default_rng(11)
    history = rng.gamma(12, 8, (200, 72))
    hit = rng.random(history.shape) < 0.02
    spiked = np.where(hit, history * rng.uniform(5, 10, history.shape), history)
    cleaned = clean(spiked)
    assert (cleaned != spiked)[hit].mean() > 0.95
    assert (cleaned != spiked)[~hit].mean() < 0.001
    assert np.abs(cleaned - history)[hit].mean() < 0.4 * history.mean()


def test_gaps_are_filled_and_ends_stay_open() -> None:
    cleaned = clean([None, 4, None, 6, 5, None], 1)
    np.testing.assert_array_equal(cleaned, [np.nan, 4, 5, 6, 5, np.nan])


def test_a_gap_beside_a_spike_is_filled_without_it() -> None:
    history = [10.0, 10, 10, 10, 10, 90, None, 10, 10, 10, 10]
    assert clean(history, 1).tolist() == [10.0] * 11


def test_too_short_or_not_comparable_series_stay() -> None:
    assert clean([1, 1, 90, 1, 1], 1).tolist() == [1, 1, 90, 1, 1]
    # Within the first season a peak may be the season's.
    alone = [10.0] * 5 + [90.0] + [10.0] * 6
    assert clean(alone, 12).tolist() == alone
    assert clean(alone, 1).tolist() == [10.0] * 12


def test_negative_values_and_levels_near_zero() -> None:
    rng = np.random.default_rng(12)
    history = rng.normal(0, 1, (20, 40))
    history[:, 20] = 60
    cleaned = clean(history, 1)
    assert (np.abs(cleaned[:, 20]) < 3).all()
    assert (cleaned != history).sum() <= 22


def test_the_threshold_decides() -> None:
    history = 100 * noise(13, 1, 36)
    history[0, 15] = 140
    assert changed(history, threshold=8) == [(0, 15)]
    assert changed(history, threshold=30) == []


def test_the_argument_is_left_alone_and_rows_do_not_meet() -> None:
    histories = 100 * noise(14, 3, 36)
    histories[1, 12] *= 9
    before = histories.copy()
    together = clean(histories)
    np.testing.assert_array_equal(histories, before)
    for row in range(3):
        np.testing.assert_array_equal(together[row], clean(histories[row]))


cell = st.one_of(st.none(), st.just(0.0), st.floats(-1e3, 1e3), st.floats(0, 1e6))
rows = st.lists(cell, min_size=1, max_size=40).filter(lambda row: any(value is not None for value in row))


@given(rows, st.integers(1, 14), st.floats(0.1, 20))
def test_the_shape_stays_and_every_number_is_a_number(
    history: list[float | None], season: int, threshold: float
) -> None:
    cleaned = clean(history, season, threshold)
    known = [bucket for bucket, value in enumerate(history) if value is not None]
    assert cleaned.shape == (len(history),)
    inside = np.arange(len(history))
    inside = (inside >= known[0]) & (inside <= known[-1])
    assert np.isfinite(cleaned[inside]).all()
    assert np.isnan(cleaned[~inside]).all()
    values = [value for value in history if value is not None]
    assert np.nanmax(np.abs(cleaned)) <= max(map(abs, values)) * (1 + 1e-12)
    if min(values) >= 0:
        assert np.nanmin(cleaned) >= 0


@given(st.integers(0, 50), st.sampled_from([1e-200, 1e-6, 3.0, 1e6, 1e200]))
def test_the_result_scales_with_the_history(seed: int, scale: float) -> None:
    history = np.random.default_rng(seed).gamma(3, 30, (2, 36))
    history[:, seed % 36] *= 9
    np.testing.assert_allclose(clean(history * scale), clean(history) * scale, rtol=1e-9)


@pytest.mark.parametrize(
    "arguments",
    [
        ([1, "x"],),
        ([1, 2], 0),
        ([1, 2], 1.5),
        ([1, 2], 12, 0),
        ([1, 2], 12, -1),
        ([1, 2], 12, "8"),
        ([1, 2], 12, True),
        ([1, 2], 12, float("nan")),
    ],
)
def test_arguments_are_checked(arguments: tuple[object, ...]) -> None:
    with pytest.raises(ArgumentError):
        clean(*arguments)


def test_nothing_known() -> None:
    with pytest.raises(NotDefinedError):
        clean([[1, 2], [None, None]])
