"""Explanations of forecasts, and seasonal indices of whole histories."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sop_xl.errors import ArgumentError, NoAnswerError, NotDefinedError
from sop_xl.forecasting import METHODS, backtest, forecast
from sop_xl.forecasting.auto import short_history
from sop_xl.forecasting.explain import explain, indices
from sop_xl.forecasting.intermittent import imapa, smoothed_profile
from sop_xl.forecasting.lanes import smoothing_with_drift

RNG = np.random.default_rng(1)
TIME = np.arange(48)
SEASONAL = 100 * (1 + 0.4 * np.sin(TIME * np.pi / 6)) * RNG.normal(1, 0.03, 48)

# What AUTO does, the words of the reason, and the same forecast made by the part that is named.
BRANCHES = {
    "SHORT": ([4.0, 8, 6], "Only 3 known buckets", lambda rows: short_history(rows, 3)),
    "CONSTANT": ([5.0] * 20, "same value in every bucket", lambda rows: rows[:, :3]),
    "SES": (
        [5.0, 6, 4, 7, 5, 6],
        "6 of 12 buckets",
        lambda rows: smoothing_with_drift(rows, 3, drift_share=0.0).ahead,
    ),
    "IMAPA": ([0.0, 3, 0, 0, 2, 0, 1, 0, 0, 4, 0, 1, 0, 0], "Zero in 64 % ", lambda rows: imapa(rows, 3)),
    "SEASONAL_PROFILE": (
        [0.0, 0, 0, 9, 12, 9, 8, 0, 0, 0, 0, 0] * 4,
        "Zero in 67 % of the buckets, with a clear season",
        lambda rows: smoothed_profile(rows, 3, 12),
    ),
}


@pytest.mark.parametrize("method", BRANCHES)
def test_the_branch_named_is_the_branch_taken(method: str) -> None:
    history, words, part = BRANCHES[method]
    done = explain([history])
    assert done.methods == [method]
    assert words in done.reasons[0]
    np.testing.assert_allclose(forecast([history], 3), part(np.array([history])), rtol=1e-9, atol=1e-12)


def test_season_and_trend_are_named() -> None:
    rising = SEASONAL * (1 + 0.01 * TIME)
    cases = [
        (SEASONAL, "A strong season and no clear trend: a mix of smoothing of the"),
        (rising, "A strong season and a rising trend"),
        (rising[::-1], "A strong season and a falling trend"),
        (RNG.normal(100, 10, 48), "o clear season and no clear trend"),
        (RNG.normal(100, 10, 20) + 5 * np.arange(20), "Too few seasons to see one and a rising trend"),
        (SEASONAL - 100, "values at or below zero: the average of two"),
    ]
    done = explain(np.array([np.pad(case, (48 - len(case), 0), constant_values=np.nan) for case, _ in cases]))
    for reason, (_, words) in zip(done.reasons, cases, strict=True):
        assert words in reason
    assert done.methods == ["COMBINATION"] * 6
    assert done.strength[0] > 0.9 > 0.3 > done.strength[3]
    assert np.isnan(done.strength[4])
    assert done.trend[4] == pytest.approx(5, abs=1.5)
    assert done.trend[1] == pytest.approx(1, abs=0.3)
    assert done.trend[2] == pytest.approx(-1, abs=0.3)


def test_a_line_has_its_slope() -> None:
    done = explain([[3.0 * t + 7 for t in range(30)]], season=1)
    assert done.trend[0] == pytest.approx(3)
    assert np.isnan(done.strength[0])


def test_zeros_before_a_launch_are_named() -> None:
    done = explain([[0] * 20 + [50, 52, 49, 51, 50, 53, 52, 50]])
    assert done.methods == ["SES"]
    assert done.reasons[0].endswith("The 20 zeros before the launch are left out.")


def test_a_chosen_method_is_named_as_chosen() -> None:
    for method in METHODS:
        if method in ("AUTO", "ARIMA", "ETS"):
            continue
        done = explain([SEASONAL], method=method.lower())
        assert done.methods == [method]
        assert done.reasons[0].startswith("Chosen by you: ")
        assert "strong season" in done.reasons[0]


def test_figures_are_those_of_the_backtest() -> None:
    rows = np.stack([SEASONAL, RNG.normal(100, 20, 48)])
    done = explain(rows, 12, "HOLT")
    back = backtest(rows, 6, 12, "HOLT", 6, 4)
    np.testing.assert_array_equal(done.wmape, back.wmape())
    np.testing.assert_array_equal(done.mase, back.mase())
    np.testing.assert_array_equal(done.bias, back.bias())
    np.testing.assert_array_equal(done.value_added, back.value_added())
    # Holt knows no season: repeating the last one is better where there is one.
    assert done.value_added[0] < 0
    assert explain(rows).value_added[0] > done.value_added[0]


def test_what_is_not_defined_is_nan() -> None:
    done = explain([[0] * 30, [None] * 29 + [5], [None] * 27 + [1, 2, 3]])
    assert done.classes == ["DEAD", "NEW", "NEW"]
    assert np.isnan(done.wmape).all()
    assert np.isnan(done.trend[1])
    assert done.trend[2] == pytest.approx(1)


@given(st.lists(st.floats(-1e308, 1e308), min_size=1, max_size=40), st.integers(1, 13))
@example([0.0, 0.0, 0.0, 3.8e292, 1e-16], 1)
def test_any_numbers_are_explained(history: list[float], season: int) -> None:
    done = explain(history, season)
    assert len(done.reasons) == 1
    assert done.reasons[0].endswith(".")
    for values in (done.wmape, done.mase, done.bias, done.value_added, done.trend, done.strength):
        assert not np.isinf(values).any()


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=50), st.floats(1e-6, 1e6))
def test_explanations_scale_with_the_history(history: list[float], factor: float) -> None:
    values = np.round(np.array(history), 3)
    one, other = explain(values, 4), explain(values * factor, 4)
    assert one.methods == other.methods
    assert one.classes == other.classes
    np.testing.assert_allclose(
        other.trend, one.trend * factor, rtol=1e-9, atol=1e-11 * factor * (values.max() + 1e-300)
    )
    np.testing.assert_allclose(other.strength, one.strength, atol=1e-6)


def test_every_row_is_explained_on_its_own() -> None:
    rows = RNG.uniform(10, 90, (6, 48))
    rows[1] = SEASONAL
    rows[2, :30] = np.nan
    rows[3, ::2] = 0
    rows[4, :40] = 0
    together = explain(rows)
    for row in range(6):
        alone = explain(rows[row])
        assert alone.reasons[0] == together.reasons[row]
        np.testing.assert_allclose(alone.trend[0], together.trend[row], rtol=1e-9)
        np.testing.assert_allclose(alone.wmape[0], together.wmape[row], rtol=1e-9)


class TestIndices:
    def test_a_clean_season(self) -> None:
        shape = [0.5, 1.5, 1.2, 0.8]
        rows = np.array([np.tile(shape, 5) * 50, np.tile(shape, 5) * 50 * 1.02 ** np.arange(20)])
        np.testing.assert_allclose(indices(rows, 4), [shape, shape], rtol=1e-9)
        np.testing.assert_allclose(indices(rows[:1], 4, "add"), [[-25, 25, 10, -10]], rtol=1e-9)

    def test_zeros_stay_zeros(self) -> None:
        np.testing.assert_allclose(indices([0, 0, 30, 10] * 3, 4), [[0, 0, 3, 1]], atol=1e-12)
        np.testing.assert_allclose(indices([0, 0, 30, 10, 0, 0, 30, 10, 0, 0], 4), [[0, 0, 3, 1]], atol=1e-12)

    @pytest.mark.parametrize("kind", ["ADD", "MUL"])
    @pytest.mark.parametrize("late", [1, 2, 5])
    def test_a_later_start_keeps_the_columns(self, kind: str, late: int) -> None:
        for shape in ([10.0, 30, 24, 16], [0.0, 0, 30, 10]):
            full = np.tile(shape, 6)
            cut = np.where(np.arange(24) < late, np.nan, full)
            np.testing.assert_allclose(indices(cut, 4, kind), indices(full, 4, kind), rtol=0.02, atol=1e-9)

    @given(st.lists(st.floats(0.01, 1e6), min_size=12, max_size=40), st.integers(2, 6), st.floats(1e-3, 1e3))
    def test_means_and_scale(self, history: list[float], season: int, factor: float) -> None:
        ratios, units = indices(history, season), indices(history, season, "ADD")
        assert ratios.mean() == pytest.approx(1)
        assert ratios.min() >= 0
        assert units.mean() == pytest.approx(0, abs=1e-9 * max(history))
        scaled = np.array(history) * factor
        np.testing.assert_allclose(indices(scaled, season), ratios, rtol=1e-6)
        np.testing.assert_allclose(
            indices(scaled, season, "ADD"), units * factor, rtol=1e-6, atol=1e-9 * scaled.max()
        )

    @pytest.mark.parametrize(
        ("arguments", "error", "reason"),
        [
            (([1, 2, 3], 2), NotDefinedError, "Row 1 of history knows 3 buckets"),
            (([[1] * 8, [None] * 4 + [1] * 4], 3), NotDefinedError, "Row 2 of history knows 4 buckets"),
            (([1, -2, 3, 4], 2), NoAnswerError, "is negative"),
            (([0, 0, 0, 0], 2), NoAnswerError, "has no demand"),
            (([1, 2, 3, 4], 1), ArgumentError, "season is 1"),
            (([1, 2, 3, 4], 2, "RATIO"), ArgumentError, "MUL, ADD"),
        ],
    )
    def test_refusals(self, arguments: tuple, error: type, reason: str) -> None:
        with pytest.raises(error, match=reason):
            indices(*arguments)
