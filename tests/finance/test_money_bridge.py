"""The bridge of revenue and margin ties, family by family and in total."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sop_xl.buckets import Horizon
from sop_xl.finance.bridge import money_bridge, variance_bridge
from sop_xl.finance.comparison import comparisons
from sop_xl.model import Array, Family, Plan
from sop_xl.process import planning
from tests.process.test_planning import inputs, plan_input

MONEY = st.one_of(st.just(0.0), st.floats(-1e9, 1e9), st.integers(0, 5000).map(float))
UNITS = st.one_of(st.just(0.0), st.integers(1, 10**6).map(float), st.floats(1e-3, 1e7))


@st.composite
def books(draw: st.DrawFn) -> tuple[list[Array], list[str]]:
    """Old and new units, revenue and cost of some families."""
    count = draw(st.integers(1, 5))
    columns = [draw(hnp.arrays(float, count, elements=kind)) for kind in (UNITS, MONEY, MONEY) * 2]
    return columns, draw(st.lists(st.sampled_from("ab"), min_size=count, max_size=count))


def ties(parts: Array, total: Array, scale: float) -> None:
    assert np.abs(parts - total).max(initial=0.0) <= 1e-9 * max(scale, 1.0)


@given(books())
def test_the_parts_add_up_to_the_change(book: tuple[list[Array], list[str]]) -> None:
    (old_units, old_revenue, old_cost, units, revenue, cost), group = book
    bridge = money_bridge(old_units, old_revenue, old_cost, units, revenue, cost, group)
    parts = bridge.volume + bridge.mix + bridge.price + bridge.cost
    change = (revenue - cost) - (old_revenue - old_cost)
    scale = max(
        float(np.abs(part).max(initial=0.0)) for part in (*bridge, revenue, cost, old_revenue, old_cost)
    )
    ties(parts, change, scale)
    ties(bridge.total, change, scale)


@given(books())
def test_mix_and_price_vanish_where_nothing_but_the_volume_changed(
    book: tuple[list[Array], list[str]],
) -> None:
    (units, _, _, _, price, cost), _ = book
    group = ["t"] * len(units)
    bridge = money_bridge(
        units, units * price, units * cost, 2 * units, 2 * units * price, 2 * units * cost, group
    )
    scale = float(np.abs(units * (np.abs(price) + np.abs(cost))).sum())
    for part in (bridge.mix.sum(), bridge.price.sum(), bridge.cost.sum()):
        assert abs(part) <= 1e-9 * max(scale, 1.0)


@given(books())
def test_the_revenue_bridge_is_the_one_of_the_cell_function(book: tuple[list[Array], list[str]]) -> None:
    (old, _, _, new, prices, other), _ = book
    old_price, price, none = np.abs(prices), np.abs(other), np.zeros(len(old))
    bridge = money_bridge(old, old * old_price, none, new, new * price, none, ["t"] * len(old))
    old_price = np.where(old == 0, price, old_price)
    expected = variance_bridge(old, old_price, new, np.where(new == 0, old_price, price))
    scale = float(np.abs(old * old_price).sum() + np.abs(new * price).sum()) or 1.0
    scale = max(scale, float(np.abs(bridge.volume).sum()))
    found = [float(part.sum()) for part in (bridge.volume, bridge.mix, bridge.price, bridge.total)]
    assert found == pytest.approx(list(expected), rel=1e-9, abs=1e-9 * scale)


def test_horngren_style_example() -> None:
    """Two products: 100 at 10 and 100 at 20 planned, 150 at 11 and 90 at 19 sold; costs 6 and 15, then 6.5 and 14."""
    old, new = np.array([100.0, 100]), np.array([150.0, 90])
    bridge = money_bridge(
        old, old * [10, 20], old * [6, 15], new, new * [11, 19], new * [6.5, 14], ["t", "t"]
    )
    assert bridge.volume.sum() == pytest.approx(40 * 4.5)
    assert bridge.mix.sum() == pytest.approx(50 * (4 - 4.5) - 10 * (5 - 4.5))
    assert bridge.price.sum() == pytest.approx(150 - 90)
    assert bridge.cost.sum() == pytest.approx(-75 + 90)
    assert bridge.total.sum() == pytest.approx(150 * 4.5 + 90 * 5 - 900)


@given(inputs(), st.data())
def test_comparisons_of_any_plan_tie(given_: object, data: st.DataObject) -> None:
    maybe = st.one_of(st.just(np.nan), st.integers(0, 900).map(float))
    grid = hnp.arrays(float, given_.shape, elements=maybe)  # type: ignore[attr-defined]
    names = ("budget_quantity", "budget_revenue", "budget_margin", "previous_shipments", "previous_revenue")
    plan = planning.build(
        planning.with_proposal(replace(given_, **{name: data.draw(grid) for name in names}))  # type: ignore[type-var]
    )
    for found in comparisons(plan):
        parts = found.bridge.volume + found.bridge.mix + found.bridge.price + found.bridge.cost
        scale = max(float(np.abs(part).max()) for part in (*found.bridge, found.plan, found.reference))
        ties(parts, found.plan - found.reference, scale)
        money = plan.revenue if found.measure == "revenue" else plan.margin
        known = ~np.isnan(reference(plan, found.name)) & ~np.isnan(money)
        total = np.where(known, money, 0.0).sum()
        assert found.plan.sum() == pytest.approx(total, rel=1e-9, abs=1e-9)


def reference(plan: Plan, name: str) -> Array:
    given_ = plan.given
    return {
        "budget": given_.budget_revenue,
        "last plan": given_.previous_revenue,
        "last year": given_.last_year(given_.history_value),
    }[name]


def test_a_budget_of_money_alone_makes_no_price_effect() -> None:
    horizon = Horizon(date(2026, 11, 1), length=1)
    one = np.array([[100.0, 100.0]])
    plan = planning.build(
        plan_input(
            (Family("F", price=5.0, unit_cost=3.0, opening_inventory=200),), horizon,
            baseline=one, budget_revenue=one * 6,
        )
    )  # fmt: skip
    revenue, margin = comparisons(plan)
    assert (revenue.name, revenue.measure, margin.measure) == ("budget", "revenue", "margin")
    assert [float(part[0]) for part in revenue.bridge] == [-200, 0, 0, 0, -200]
    assert [float(part[0]) for part in margin.bridge] == pytest.approx([-80, 0, 0, 0, -80])


def test_units_of_different_kinds_are_not_averaged() -> None:
    old, new, price = np.array([1.0, 1000]), np.array([2.0, 1000]), np.array([5000.0, 3])
    none = np.zeros(2)
    bridge = money_bridge(old, old * price, none, new, new * price, none, ["t", "pcs"])
    assert bridge.volume.tolist() == [5000, 0]
    assert bridge.mix.tolist() == [0, 0]
