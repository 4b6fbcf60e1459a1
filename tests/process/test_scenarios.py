"""Rules are read strictly, compose, and change nothing but what they name."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sop_xl.buckets import Horizon
from sop_xl.errors import ArgumentError
from sop_xl.model import BillLine, Family, PlanInput, Resource
from sop_xl.process import planning
from sop_xl.process.input_changes import input_changes, typed_inputs
from sop_xl.process.rules import Rule, joined, parse_rule, parse_rules
from sop_xl.process.scenarios import (
    MONEY,
    apply_rules,
    differences,
    figures_of,
    not_in_a_workbook,
    plan_scenario,
    proposals_are_stale,
    same_plan,
)
from tests.process.test_planning import inputs, plan_input

NAN = float("nan")
AMOUNTS = st.sampled_from(("+10%", "-5%", "+40", "0", "250", "-100%", "+0.5"))
WHENS = st.sampled_from(("", "from 2026-12", "in 2026-12", "from 2026-11 to 2026-12", "in 2026-11-20"))


@st.composite
def rules(draw: st.DrawFn, whats: tuple[str, ...] = ("demand", "capacity", "price", "cost")) -> Rule:
    what = draw(st.sampled_from(whats))
    name = draw(st.sampled_from(("all", "R0" if what == "capacity" else "F0")))
    return parse_rule(f"{what} {name} {draw(AMOUNTS)} {draw(WHENS)}")


def two(**arrays: object) -> PlanInput:
    """Two families on one line over six months: one to stock, one to order."""
    families = (
        Family(
            "TEA", unit="t", strategy="TARGET", target_days=5, price=10.0, unit_cost=6.0, opening_inventory=50
        ),
        Family(
            "GREEN TEA", unit="t", make="MTO", strategy="CHASE", price=20.0, unit_cost=8.0, opening_backlog=10
        ),
    )
    horizon = Horizon(date(2026, 11, 1), length=5, frozen=0)
    given_ = plan_input(
        families,
        horizon,
        resources=(Resource("LINE"),),  # type: ignore[arg-type]
        bill=(BillLine(0, 0, 0.5), BillLine(1, 0, 1.0)),  # type: ignore[arg-type]
        baseline=np.array([[100.0] * 6, [20.0] * 6]),
        capacity=np.full((1, 6), 80.0),
        **arrays,  # type: ignore[arg-type]
    )
    return planning.with_proposal(given_)


@pytest.mark.parametrize(
    ("text", "spot", "what"),
    [
        ("", 1, "what is changed (demand, capacity, price or cost) is missing"),
        ("sales TEA +10%", 1, "'sales' is not demand, capacity, price or cost"),
        ("demand", 7, "a code, or all is missing"),
        ("demand TEA", 11, "the change (+10%, -200 or 0) is missing"),
        ("demand TEA 10%", 12, "'10%' needs a sign"),
        ("demand TEA +10 %", 16, "'%' is not in or from"),
        ("demand TEA +1e9", 12, "'+1e9' is no change"),
        (f"demand TEA {'9' * 400}", 12, "is too large"),
        ("demand TEA -101%", 12, "takes away more than there is"),
        ("demand TEA +10% since 2027-03", 17, "'since' is not in or from"),
        ("demand TEA +10% from", 21, "a month like 2027-03 is missing"),
        ("demand TEA +10% from 2027-13", 22, "'2027-13' is no month"),
        ("demand TEA +10% in 2026-12 to 2027-01", 28, "'to' is too much"),
        ("demand TEA +10% from 2026-12 until 2027-01", 30, "'until' is not to"),
        ('demand "GREEN TEA +10%', 8, "a quotation mark or a semicolon is out of place"),
    ],
)
def test_what_is_no_rule_is_refused_with_its_place(text: str, spot: int, what: str) -> None:
    with pytest.raises(ArgumentError) as refusal:
        parse_rule(text)
    assert f"character {spot}:" in refusal.value.message
    assert what in refusal.value.message
    assert refusal.value.remedy


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("demand SOUP +10%", "there is no family SOUP"),
        ("capacity TEA +10%", "there is no resource TEA"),
        ("demand TEA +10% in 2026-10", "2026-10 is not planned"),
        ("demand TEA +10% from 2027-03 to 2026-12", "2026-12 comes before 2027-03"),
        ("demand TEA -101", "the demand of TEA would be -1 in the bucket that ends 2026-11-30"),
        ("demand TEA +999999999999%", "the demand would be too large to be meant"),
        ("price all -11", "the price of TEA would be -1"),
    ],
)
def test_what_does_not_fit_the_plan_is_refused(text: str, what: str) -> None:
    with pytest.raises(ArgumentError, match="Rule '") as refusal:
        apply_rules(two(), [parse_rule(text)])
    assert what in refusal.value.message


def test_a_share_of_what_is_not_given_is_refused() -> None:
    nothing = replace(two(), capacity=np.full((1, 6), NAN))
    with pytest.raises(ArgumentError, match="no capacity is given"):
        apply_rules(nothing, [parse_rule("capacity LINE +10%")])
    assert (apply_rules(nothing, [parse_rule("capacity LINE 70")]).given.capacity == 70).all()


@given(st.lists(rules(), max_size=4))
def test_rules_are_read_back_as_they_were_written(some: list[Rule]) -> None:
    assert parse_rules(joined(some)) == tuple(some)


@settings(max_examples=40)
@given(inputs(), st.lists(rules(), min_size=1, max_size=3))
def test_a_promoted_scenario_is_its_plan(given_: PlanInput, some: list[Rule]) -> None:
    """What is written is the difference of events, overrides, capacity, one price and one cost, and proposals."""
    try:
        target = plan_scenario(given_, some)
    except ArgumentError:
        return
    changed = target.changed
    if not_in_a_workbook(changed, some):
        return
    event = changed.given.event_quantity
    more = np.nan_to_num(event) - np.nan_to_num(given_.event_quantity)
    promoted = replace(
        given_,
        event_quantity=np.where(np.isnan(event), NAN, np.nan_to_num(given_.event_quantity) + more),
        marketing_override=changed.given.marketing_override,
        capacity=changed.given.capacity,
        families=tuple(
            replace(family, price=changed.price[f, 0], unit_cost=changed.unit_cost[f, 0])
            for f, family in enumerate(given_.families)
        ),
    )
    assert same_plan(planning.build(planning.with_proposal(promoted)), target.plan)


def test_rules_say_where_and_when() -> None:
    some = parse_rules(
        'demand "green tea" +50% from 2026-12 to 2027-01\ncapacity line 0 in 2027-02; cost all +1 ;'
    )
    changed = apply_rules(two(), some)
    demand = planning.demand_of(changed.given)
    np.testing.assert_allclose(demand, [[100] * 6, [20, 30, 30, 20, 20, 20]], rtol=1e-12)
    np.testing.assert_array_equal(changed.given.capacity, [[80, 80, 80, 0, 80, 80]])
    np.testing.assert_array_equal(changed.unit_cost[:, 0], [7, 9])


def test_a_month_means_the_weeks_that_end_in_it_and_the_quarter_around_it() -> None:
    weeks = Horizon(date(2026, 11, 30), length=12, kind="week")
    rule = parse_rule("demand TEA +10% in 2026-12")
    assert [weeks.planned[i].end.day for i in np.flatnonzero(rule.columns(weeks))] == [6, 13, 20, 27]
    quarters = Horizon(date(2026, 11, 1), length=4, kind="quarter")
    assert list(np.flatnonzero(parse_rule("demand TEA 0 from 2027-02").columns(quarters))) == [1, 2, 3, 4]


@settings(max_examples=30)
@given(inputs())
def test_without_rules_a_scenario_is_the_plan(given_: PlanInput) -> None:
    assert same_plan(plan_scenario(given_, []).plan, planning.build(given_), 0.0)


@settings(max_examples=40)
@given(inputs(), st.lists(rules(), max_size=4), st.lists(rules(), max_size=3))
def test_rules_compose(given_: PlanInput, first: list[Rule], then: list[Rule]) -> None:
    """All at once is first some, and then the others on what follows."""
    try:
        whole = apply_rules(given_, [*first, *then])
    except ArgumentError:
        return
    half = apply_rules(given_, first)
    after = apply_rules(half.given, [rule for rule in then if rule.what in ("demand", "capacity")])
    np.testing.assert_allclose(
        planning.demand_of(whole.given), planning.demand_of(after.given), rtol=1e-9, atol=1e-9
    )
    np.testing.assert_allclose(whole.given.capacity, after.given.capacity, rtol=1e-12)


@settings(max_examples=40)
@given(inputs(), rules(("demand",)))
def test_demand_is_what_the_rule_says_whatever_stands_in_the_plan(given_: PlanInput, rule: Rule) -> None:
    before = planning.demand_of(given_)
    touched = np.zeros(given_.shape, dtype=bool)
    touched[rule.rows(f.code for f in given_.families)] = rule.columns(given_.horizon)
    wanted = np.where(touched, rule.of(before), before)
    try:
        after = planning.demand_of(apply_rules(given_, [rule]).given)
    except ArgumentError:
        assert (wanted < 0).any()
        return
    np.testing.assert_allclose(after, wanted, rtol=1e-9, atol=1e-9)


@settings(max_examples=25)
@given(inputs(), st.lists(rules(("capacity", "price", "cost")), min_size=1, max_size=3))
def test_money_of_every_bucket_is_that_of_a_plan_at_its_prices(given_: PlanInput, some: list[Rule]) -> None:
    try:
        target = plan_scenario(given_, some)
    except ArgumentError:
        return
    for t in range(given_.shape[1]):
        families = tuple(
            replace(f, price=target.changed.price[i, t], unit_cost=target.changed.unit_cost[i, t])
            for i, f in enumerate(given_.families)
        )
        at_prices = planning.build(replace(target.plan.given, families=families))
        for name in MONEY:
            np.testing.assert_array_equal(getattr(target.plan, name)[:, t], getattr(at_prices, name)[:, t])
    np.testing.assert_array_equal(target.plan.load, at_prices.load)


def test_prices_that_change_within_the_plan_have_no_place_in_a_workbook() -> None:
    whole = parse_rules("price all -5%; cost TEA +3% from 2026-11")
    assert not_in_a_workbook(apply_rules(two(), whole), whole) == []
    later = parse_rules("price TEA -5% from 2027-01; demand TEA +1 in 2027-01")
    [told] = not_in_a_workbook(apply_rules(two(), later), later)
    assert told.startswith(
        "TEA: tblFamilies holds one price for the whole plan; 'price TEA -5% from 2027-01'"
    )


def test_figures_by_hand() -> None:
    """Two months of shortage, worked out with pencil and paper."""
    family = Family(
        "TEA", price=10.0, unit_cost=6.0, holding_cost=0.5, backorder_cost=2.0, opening_inventory=30
    )
    given_ = plan_input(
        (family,),
        Horizon(date(2026, 11, 1), length=2),
        resources=(Resource("LINE", overtime_cost=7.0),),  # type: ignore[arg-type]
        bill=(BillLine(0, 0, 1.0),),  # type: ignore[arg-type]
        baseline=np.array([[100.0, 100.0, 100.0]]),
        proposed_production=np.array([[90.0, 50.0, 150.0]]),
        capacity=np.array([[80.0, 80.0, 80.0]]),
        overtime=np.array([[5.0, NAN, NAN]]),
    )
    figures = figures_of(planning.build(given_))
    # Inventory 20, -30, 20; 30 of 300 late; load 90, 50, 150 on 85, 80, 80.
    assert figures.demand.tolist() == [300, 300]
    assert figures.shipped.tolist() == [300, 300]
    assert figures.hours_short[-1] == 5 + 70
    assert figures.revenue.tolist() == [3000, 3000]
    assert figures.margin.tolist() == [1200, 1200]
    assert figures.costs.tolist() == [20 + 60, 20 + 60 + 35]
    assert figures.result.tolist() == [1120, 1085]
    assert figures.service.tolist() == pytest.approx([0.9, 0.9])
    assert figures.inventory.tolist() == pytest.approx([40 / 3, 40 / 3])
    assert figures.inventory_value.tolist() == pytest.approx([80, 80])


@settings(max_examples=30)
@given(inputs())
def test_the_total_of_the_figures_is_the_result_of_the_plan(given_: PlanInput) -> None:
    plan = planning.build(given_)
    figures = figures_of(plan)
    assert figures.result[-1] == pytest.approx(plan.result, rel=1e-9, abs=1e-9)
    for part in differences(figures, figures):
        assert not np.nan_to_num(part).any()


def test_proposals_older_than_the_inputs_are_noticed() -> None:
    assert not proposals_are_stale(two())
    assert proposals_are_stale(replace(two(), baseline=two().baseline + 10))


def test_changes_are_found_by_comparison() -> None:
    before = two()
    known = typed_inputs(replace(before, sales_override=_typed(before, {(0, 1): 80.0, (1, 2): 9.0})))
    now = replace(
        before,
        sales_override=_typed(before, {(0, 1): 100.0}),
        production_override=_typed(before, {(1, 0): 0.0}),
    )
    found = [
        (*c.place[:2], c.place.bucket.month, c.old, c.new, c.difference, c.part)
        for c in input_changes(known, now)
    ]
    assert found == [
        ("sales_override", "TEA", 12, 80.0, 100.0, 20.0, 0.25),
        ("sales_override", "GREEN TEA", 1, 9.0, None, None, None),
        ("production_override", "GREEN TEA", 11, None, 0.0, None, None),
    ]
    assert input_changes(typed_inputs(now), now) == []


def test_buckets_that_closed_and_families_that_are_gone_are_no_changes() -> None:
    before = two()
    known = typed_inputs(replace(before, sales_override=_typed(before, {(0, 0): 80.0, (1, 5): 9.0})))
    rolled = Horizon(date(2026, 12, 1), length=5, frozen=0)
    now = plan_input(before.families[:1], rolled)
    assert input_changes(known, now) == []


def _typed(given_: PlanInput, cells: dict[tuple[int, int], float]) -> np.ndarray:
    values = np.full(given_.shape, NAN)
    for place, value in cells.items():
        values[place] = value
    return values
