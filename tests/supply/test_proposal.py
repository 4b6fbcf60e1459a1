"""Production proposals around what is decided already."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sop_xl.errors import ArgumentError
from sop_xl.supply.proposal import STRATEGIES, propose_to_order, propose_to_stock

NAN = float("nan")
UNITS = st.integers(0, 1000).map(float)
OPENING = st.integers(-300, 1000).map(float)


@st.composite
def cases(draw: st.DrawFn) -> tuple[float, np.ndarray, np.ndarray, np.ndarray]:
    """Opening, demand, target and what is fixed."""
    count = draw(st.integers(1, 10))
    demand, target = (draw(hnp.arrays(float, count, elements=UNITS)) for _ in range(2))
    fixed = draw(hnp.arrays(float, count, elements=st.one_of(UNITS, st.just(NAN), st.just(NAN))))
    return draw(OPENING), demand, target, fixed


@pytest.mark.parametrize("strategy", STRATEGIES)
@given(case=cases())
def test_what_is_fixed_stays_and_nothing_is_negative(strategy: str, case: tuple) -> None:
    for rule in (propose_to_stock, propose_to_order):
        plan = rule(strategy, *case)
        given_ = ~np.isnan(case[3])
        assert np.array_equal(plan[given_], case[3][given_])
        assert (plan >= 0).all()


@given(cases())
def test_target_is_hit_wherever_something_is_made_and_never_missed_from_below(case: tuple) -> None:
    opening, demand, target, fixed = case
    plan = propose_to_stock("TARGET", *case)
    ending = opening + np.cumsum(plan - demand)
    free = np.isnan(fixed)
    assert ending[free & (plan > 0)] == pytest.approx(target[free & (plan > 0)], abs=1e-9)
    assert (ending[free] >= target[free] - 1e-9).all()


@given(cases())
def test_level_has_one_rate_and_ends_at_the_last_target_unless_nothing_is_needed(case: tuple) -> None:
    opening, demand, target, fixed = case
    plan = propose_to_stock("LEVEL", *case)
    free = np.isnan(fixed)
    if not free.any():
        return
    assert np.ptp(plan[free]) == 0
    ending = opening + plan.sum() - demand.sum()
    if plan[free][0] > 0:
        assert ending == pytest.approx(target[-1], abs=1e-6)
    else:
        assert ending >= target[-1] - 1e-6


@given(cases())
def test_chase_follows_demand(case: tuple) -> None:
    _, demand, _, fixed = case
    free = np.isnan(fixed)
    for rule in (propose_to_stock, propose_to_order):
        assert np.array_equal(rule("CHASE", *case)[free], demand[free])


@given(cases())
def test_to_order_works_the_backlog_to_its_target_and_makes_nothing_unordered(case: tuple) -> None:
    opening, orders, target, fixed = case
    plan = propose_to_order("TARGET", *case)
    ending = opening + np.cumsum(orders - plan)
    before = np.append(opening, ending[:-1])
    free = np.isnan(fixed)
    assert (plan[free] <= np.maximum(before + orders, 0)[free] + 1e-9).all()
    hit = free & (plan > 0)
    assert ending[hit] == pytest.approx(target[hit], abs=1e-9)


@given(cases())
def test_to_order_level_ends_at_the_target_backlog(case: tuple) -> None:
    opening, orders, target, fixed = case
    plan = propose_to_order("LEVEL", *case)
    free = np.isnan(fixed)
    if free.any() and plan[free][0] > 0:
        assert opening + orders.sum() - plan.sum() == pytest.approx(target[-1], abs=1e-6)


def test_arnold_level_plan_with_nothing_fixed() -> None:
    # Arnold, Chapman, Clive, Introduction to Materials Management, level make-to-stock plan.
    demand, free = np.array([110.0, 120, 130, 120, 120]), np.full(5, NAN)
    assert propose_to_stock("LEVEL", 100, demand, np.full(5, 80.0), free).tolist() == [116.0] * 5


def test_level_makes_up_for_a_fixed_bucket() -> None:
    demand, fixed = np.full(4, 100.0), np.array([40.0, NAN, NAN, NAN])
    assert propose_to_stock("LEVEL", 0, demand, np.zeros(4), fixed).tolist() == [40, 120, 120, 120]


@pytest.mark.parametrize("rule", [propose_to_stock, propose_to_order])
def test_an_unknown_strategy_is_refused(rule: object) -> None:
    with pytest.raises(ArgumentError, match="'HOPE'"):
        rule("HOPE", 0.0, np.ones(2), np.ones(2), np.full(2, NAN))  # type: ignore[operator]


@given(cases())
def test_one_family_alone_takes_optimal_as_target(case: tuple) -> None:
    for rule in (propose_to_stock, propose_to_order):
        assert np.array_equal(rule("OPTIMAL", *case), rule("TARGET", *case))
