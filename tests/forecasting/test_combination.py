"""The mix of simple forecasts behind AUTO."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sop_xl.forecasting import combination
from sop_xl.forecasting.combination import MEMBERS, SIGNS, combine, members, mix
from sop_xl.forecasting.growth import GROWTH_GRID, proportional_growth

RNG = np.random.default_rng(11)
TIME = np.arange(48)
SEASONAL = (1 + 0.4 * np.sin(TIME * np.pi / 6)) * RNG.uniform(0.9, 1.1, (5, 48))


def test_the_table_fits_signs_and_members() -> None:
    assert combination.WEIGHTS.shape == (len(SIGNS), len(MEMBERS))


@pytest.mark.parametrize(("rows", "season"), [(SEASONAL, 12), (SEASONAL, 1), (SEASONAL[:, :18], 12)])
def test_the_mix_is_the_shares_times_the_members(rows: np.ndarray, season: int) -> None:
    ahead, _ = members(rows, 6, season)
    part = mix(rows, season)
    np.testing.assert_allclose(part.sum(axis=1), 1, rtol=1e-12)
    assert (part >= 0).all()
    expected = [[float(part[i] @ ahead[i, step]) for step in range(6)] for i in range(len(rows))]
    np.testing.assert_allclose(combine(rows, 6, season), expected, rtol=1e-12)
    assert (combine(rows, 6, season) <= ahead.max(axis=2) * (1 + 1e-12)).all()
    assert (combine(rows, 6, season) >= ahead.min(axis=2) * (1 - 1e-12)).all()


def test_members_that_do_not_apply_count_for_nothing() -> None:
    growth, season = MEMBERS.index("proportional growth"), MEMBERS.index("the last season")
    assert (mix(SEASONAL, 12)[:, growth] == 0).all()
    assert (mix(SEASONAL, 12)[:, season] > 0).all()
    assert (mix(SEASONAL, 1)[:, season] == 0).all()
    assert (mix(SEASONAL, 1)[:, growth] > 0).all()
    assert (mix(SEASONAL[:, :18], 12)[:, [growth, season]] == 0).all()


def test_the_better_a_member_forecast_the_history_the_more_it_counts() -> None:
    """Yearly growth by a constant share: the member made for it counts more than on noise."""
    growth = MEMBERS.index("proportional growth")
    steady = 1.08 ** np.arange(20)[None] * np.exp(RNG.normal(0, 0.01, (1, 20)))
    noise = RNG.uniform(0.5, 1.5, (1, 20))
    worse = members(noise, 1, 1)[1][0, 5] - members(steady, 1, 1)[1][0, 5]
    assert (worse > 0) == (mix(steady / steady.mean(), 1)[0, growth] > mix(noise, 1)[0, growth])


def test_shares_do_not_depend_on_the_other_series() -> None:
    both = combine(SEASONAL, 6, 12)
    alone = np.concatenate([combine(row[None], 6, 12) for row in SEASONAL])
    np.testing.assert_allclose(both, alone, rtol=1e-12)


@given(st.floats(0.0, 0.12), st.integers(12, 40))
def test_growth_is_found(rate: float, buckets: int) -> None:
    """A history that only grows is continued."""
    history = (1 + rate) ** np.arange(buckets)[None] / (1 + rate) ** (buckets / 2)
    ahead = proportional_growth(history, 1).ahead[0, 0]
    expected = history[0, -1] * (1 + rate)
    assert ahead == pytest.approx(expected, rel=0.02)


def test_every_lane_of_growth_is_stable() -> None:
    for a0, a1 in zip(*GROWTH_GRID, strict=True):
        recursion = np.array([[1 - a0 + a1, a1 - 1], [1 - a0 - a1, 1 - a0]])
        assert np.abs(np.linalg.eigvals(recursion)).max() < 1


def test_growth_by_its_own_recursion() -> None:
    """Lane by lane with states found by a general least-squares solver."""
    history = np.exp(np.cumsum(RNG.normal(0.03, 0.1, 14)))
    history /= history.mean()
    start = history[:4].mean()
    squares, ahead = [], []
    for a0, a1 in zip(*GROWTH_GRID, strict=True):

        def run(level: float, information: float, a0: float = a0, a1: float = a1) -> tuple[np.ndarray, float]:
            errors = []
            for value in history:
                error = value - level
                errors.append(error)
                level, information = (
                    level - (1 - a1) * information + (a0 - a1) * error,
                    level + (1 - a0) * information + (a0 + a1) * error,
                )
            return np.array(errors), level

        base, _ = run(start, start / 1.1)
        design = np.stack(
            [run(start + 1, start / 1.1)[0] - base, run(start, start / 1.1 + 1)[0] - base], axis=1
        )
        penalised = np.concatenate([design, np.sqrt(0.3) * np.eye(2)])
        shift = np.linalg.lstsq(penalised, np.concatenate([-base, [0.0, 0.0]]), rcond=None)[0]
        errors, level = run(start + shift[0], start / 1.1 + shift[1])
        squares.append(errors @ errors + 0.3 * shift @ shift)
        ahead.append(level)
    weights = np.array(squares) ** (-0.25 * len(history))
    done = proportional_growth(history[None], 1)
    assert done.squares[0] == pytest.approx(min(squares), rel=1e-8)
    assert done.ahead[0, 0] == pytest.approx(weights @ ahead / weights.sum(), rel=1e-8)
