"""Every proposed move does to the plan exactly what it says, and no more."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sop_xl.buckets import Horizon
from sop_xl.errors import ArgumentError
from sop_xl.model import BillLine, Family, Items, Plan, PlanInput, Resource
from sop_xl.process import planning
from sop_xl.process.agreement import conflicts
from sop_xl.process.demand_moves import PROMOTION, PROMOTIONS
from sop_xl.process.evidence import NOTHING, Evidence, apart, items_add_up, keep_typed
from sop_xl.process.gaps import find_gaps
from sop_xl.process.moves import AGREED, Move, Shop, apply_moves
from sop_xl.process.proposals import Proposal, propose_moves
from tests.process.test_planning import inputs, plan_input

NAN = float("nan")
COST = st.one_of(st.just(NAN), st.integers(0, 9).map(float))


@st.composite
def strained(draw: st.DrawFn) -> PlanInput:
    """Plans with costs and limits, and capacity that is often short and sometimes free."""
    given_ = draw(inputs())
    families = tuple(
        replace(
            family,
            holding_cost=draw(COST),
            backorder_cost=draw(COST),
            lot_minimum=draw(st.sampled_from((NAN, NAN, 40.0))),
            inventory_limit=draw(st.sampled_from((NAN, NAN, 600.0))),
            service_target=0.98,
        )
        for family in given_.families
    )
    resources = tuple(
        Resource(r.code, overtime_limit=draw(COST), overtime_cost=3.0, subcontract_limit=50.0,
                 subcontract_cost=draw(COST))
        for r in given_.resources
    )  # fmt: skip
    shape = given_.capacity.shape
    hours = st.sampled_from((NAN, 0.0, 100.0, 300.0, 900.0, 2500.0))
    booked = st.sampled_from((NAN, 0.0, 2.0))
    made = hnp.arrays(float, given_.shape, elements=st.one_of(st.just(NAN), st.integers(0, 900).map(float)))
    return replace(
        given_,
        families=families,
        resources=resources,
        capacity=draw(hnp.arrays(float, shape, elements=hours)),
        overtime=draw(hnp.arrays(float, shape, elements=booked)),
        production_override=draw(made),
        budget_margin=draw(hnp.arrays(float, given_.shape, elements=COST)),
        budget_quantity=draw(made),
    )


def planned(given_: PlanInput) -> Plan:
    return planning.build(planning.with_proposal(given_))


def proposals(plan: Plan, evidence: Evidence = NOTHING) -> list[Proposal]:
    return propose_moves(plan, enumerate(find_gaps(plan, evidence)), evidence)


@st.composite
def looked_at(draw: st.DrawFn, plan: Plan) -> Evidence:
    """Another forecast for some families, items that do not add up in some buckets."""
    shape, random = plan.given.shape, np.random.default_rng(draw(st.integers(0, 999)))
    another, off, typed = (random.random(size) < 0.3 for size in ((shape[0], 1), shape, (shape[0], 1)))
    old = np.nan_to_num(plan.given.baseline)
    baseline = np.where(another, random.integers(0, 700, shape), old)
    items = np.where(off, random.integers(0, 700, shape), plan.consensus_demand)
    return Evidence(baseline, items, off & typed)


def service(plan: Plan, family: int) -> float:
    """Part of the demand that is not newly late in its bucket, bucket by bucket."""
    late, missed = 0.0, 0.0
    for inventory in plan.projected_inventory[family]:
        missed += max(0.0, -inventory - late)
        late = max(0.0, -inventory)
    demand = plan.consensus_demand[family].sum()
    return float(1 - missed / demand) if demand else NAN


def assert_true(plan: Plan, proposal: Proposal, evidence: Evidence = NOTHING) -> None:
    """The stated effect is the difference between the plans without and with the move."""
    move, said = proposal.move, proposal.effect
    after = planning.build(apply_moves(plan, [move], evidence))
    scale = max(1.0, abs(plan.result), abs(after.result), float(np.abs(plan.load).max(initial=0.0)))
    near = {"rel": 1e-9, "abs": 1e-9 * scale}
    assert said.money == pytest.approx(after.result - plan.result, **near)
    short = after.short - plan.short
    load = short[move.resource].sum() if move.resource >= 0 else short.sum()
    assert said.load == pytest.approx(load, **near)
    if move.family < 0:
        assert np.array_equal(after.production_plan, plan.production_plan)
        return
    stock = [
        np.where(p.given.to_stock[:, None], p.projected_inventory, -p.backlog)[move.family]
        for p in (plan, after)
    ]
    difference = stock[1] - stock[0]
    assert said.inventory == pytest.approx(difference[np.abs(difference).argmax()], **near)
    if plan.given.to_stock[move.family]:
        more = service(after, move.family) - service(plan, move.family)
        assert said.service == pytest.approx(more, abs=1e-9, nan_ok=True)
    others = np.arange(len(plan.given.families)) != move.family
    assert np.array_equal(after.production_plan[others], plan.production_plan[others])


@settings(max_examples=80)
@given(strained(), st.data())
def test_every_effect_is_the_one_measured_after_applying_it_and_nothing_breaks(
    given_: PlanInput, data: st.DataObject
) -> None:
    plan = planned(given_)
    evidence = data.draw(looked_at(plan))
    for proposal in proposals(plan, evidence):
        assert_true(plan, proposal, evidence)
        assert conflicts(plan, [proposal.move], evidence) == []


@settings(max_examples=60)
@given(strained(), st.data())
def test_moves_together_are_refused_exactly_when_they_break_the_plan(
    given_: PlanInput, data: st.DataObject
) -> None:
    plan = planned(given_)
    evidence = data.draw(looked_at(plan))
    found = [p.move for p in proposals(plan, evidence) if p.move.kind != "accept"]
    chosen = [move for move in found if data.draw(st.booleans())]
    # What forecasts and items bring to light is there anyhow; the other moves may not make it worse.
    before = planning.build(apply_moves(plan, [move for move in chosen if move.kind in AGREED], evidence))
    refused = conflicts(plan, chosen, evidence)
    try:
        after = planning.build(apply_moves(plan, chosen, evidence))
    except ArgumentError:  # there is no plan for demand below zero
        assert refused
        return
    shortages = after.short - before.short > 1e-6 * (1 + np.nan_to_num(before.load))
    stock = np.where(plan.given.to_stock[:, None], after.projected_inventory, 0.0)
    emptied = stock < np.minimum(np.nan_to_num(before.projected_inventory), 0.0) - 1e-5
    negative = (after.production_plan < -1e-6) | (after.consensus_demand < -1e-6)
    if shortages.any() or emptied.any() or negative.any():
        assert refused
    if refused:
        assert all(index < len(chosen) for conflict in refused for index in conflict.moves)


@settings(max_examples=40)
@given(strained(), st.data())
def test_agreed_moves_leave_no_gap_of_their_kind(given_: PlanInput, data: st.DataObject) -> None:
    plan = planned(given_)
    evidence = data.draw(looked_at(plan))
    moves = [p.move for p in proposals(plan, evidence) if p.move.kind in ("refresh", "add up")]
    families = {move.family for move in moves if move.kind == "refresh"}
    after = planning.build(apply_moves(plan, moves, evidence))
    assert evidence.baseline is not None
    assert np.array_equal(after.given.baseline[sorted(families)], evidence.baseline[sorted(families)])
    assert not apart(after, evidence)[apart(plan, evidence)].any()
    fresh = {gap.subject for gap in find_gaps(after, Evidence(evidence.baseline)) if gap.kind == "stale"}
    assert not fresh & {given_.families[f].code for f in families}


def company(**more: object) -> PlanInput:
    """One family on one line: 100 a month, 150 in the third; 120 hours a month."""
    family = Family(
        "F", unit="pcs", price=10.0, unit_cost=6.0, opening_inventory=0, holding_cost=0.5, backorder_cost=2.0
    )
    line = Resource("LINE", overtime_limit=20, overtime_cost=1.5, subcontract_limit=10, subcontract_cost=4.0)
    demand = np.array([[100.0, 100, 150, 100, 100]])
    arrays = {"baseline": demand, "production_override": demand, "capacity": np.full((1, 5), 120.0), **more}
    return plan_input(
        (family,),
        Horizon(date(2026, 11, 1), length=4),
        resources=(line,),
        bill=(BillLine(0, 0, 1.0),),
        **arrays,  # type: ignore[arg-type]
    )


def by_kind(found: list[Proposal]) -> dict[str, Proposal]:
    return {proposal.move.kind: proposal for proposal in found}


def test_prices_of_a_capacity_gap_by_hand() -> None:
    plan = planning.build(company())
    found = by_kind(proposals(plan))
    # 30 hours are missing in the third month; 20 are free in the second, 20 h of overtime and 10 h outside.
    assert found["pre-build"].move == Move("pre-build", 0, 0, 2, 1, 20.0)
    assert found["pre-build"].effect == pytest.approx((20, -20, 0, -10, 10))  # 20 x 0.5 for one month
    assert found["overtime"].effect == pytest.approx((0, -20, 0, -30, 30))  # 20 h x 1.5
    assert found["subcontract"].effect == pytest.approx((0, -10, 0, -40, 40))  # 10 h x 4
    assert found["shape demand"].effect == pytest.approx((0, -30, 0, -120, 120))  # 30 x (10 - 6)
    assert found["accept"].loss == pytest.approx(120)  # the margin of what does not fit
    assert "delay" not in found  # there is no stock to live from


def test_orders_may_wait_at_the_cost_of_backorders() -> None:
    given_ = company()
    family = replace(given_.families[0], make="MTO")
    plan = planning.build(replace(given_, families=(family,)))
    delay = by_kind(proposals(plan))["delay"]
    assert delay.move == Move("delay", 0, 0, 2, 3, 20.0)
    assert delay.effect[:2] == pytest.approx((-20, -20))
    assert delay.effect.cost == pytest.approx(20 * 2.0)


def test_prices_of_a_stock_out_by_hand() -> None:
    made = np.array([[100.0, 100, 90, 160, 100]])
    plan = planning.build(company(production_override=made, capacity=np.full((1, 5), 100.0)))
    gaps = find_gaps(plan)
    number = next(i for i, gap in enumerate(gaps) if gap.kind == "inventory")
    found = by_kind(propose_moves(plan, [(number, gaps[number])]))
    # 60 are missing in the third month. 10 hours are free then, 20 more in overtime, 10 outside.
    assert found["pre-build"].move == Move("pre-build", 0, -1, 3, 2, 10.0)
    assert found["pre-build"].effect.money == pytest.approx(10 * 2.0)  # ten backorders fewer for a month
    assert found["overtime"].move == Move("overtime", 0, 0, 3, 2, 30.0, 20.0)
    assert found["overtime"].effect.money == pytest.approx(30 * 2.0 - 20 * 1.5)
    assert found["subcontract"].move == Move("subcontract", 0, 0, 3, 2, 20.0, 10.0)
    # What is not sold is still made: it lies in stock for the last two months.
    assert found["shape demand"].effect.cost == pytest.approx(60 * 4 + 2 * 60 * 0.5)
    assert found["accept"].loss == pytest.approx(60 * 2.0)


def test_the_same_spare_hour_used_twice_is_refused() -> None:
    plan = planning.build(company(capacity=np.array([[100.0, 120, 120, 120, 130]])))
    moves = [Move("pre-build", 0, 0, 2, 1, 15.0), Move("pre-build", 0, 0, 3, 1, 10.0)]
    assert conflicts(plan, moves[:1]) == []
    assert conflicts(plan, moves[1:]) == []
    (conflict,) = conflicts(plan, moves)
    assert conflict.moves == (0, 1)
    assert conflict.message == "LINE would be 5.0 h short in Dec 2026, together."


def test_a_stock_that_two_delays_share_is_refused() -> None:
    made = np.array([[130.0, 100, 150, 100, 100]])
    plan = planning.build(company(production_override=made, capacity=np.full((1, 5), NAN)))
    moves = [Move("delay", 0, -1, 1, 2, 20.0), Move("delay", 0, -1, 1, 3, 20.0)]
    assert conflicts(plan, moves[:1]) == []
    (conflict,) = conflicts(plan, moves)
    assert conflict.moves == (0, 1)
    assert conflict.message == "F would be 10 pcs short in Dec 2026, together."


@pytest.mark.parametrize(
    ("move", "words"),
    [
        (Move("pre-build", 0, 0, 2, 1, 500.0), "F cannot make less than nothing in Jan 2027"),
        (Move("pre-build", 0, 0, 2, 3, 5.0), "pre-build must go to an earlier bucket"),
        (Move("delay", 0, 0, 2, 1, 5.0), "delay must go to a later bucket"),
        (Move("pre-build", 0, 0, 2, 1, -5.0), "must be above zero"),
        (Move("overtime", -1, 0, 2, 2, 0.0, 25.0), "25.0 h of overtime on LINE in Jan 2027; the limit is 20.0"),
        (Move("subcontract", -1, 0, 2, 2, 0.0, 25.0), "the limit is 10.0"),
        (Move("shape demand", 0, -1, 0, 0, 200.0), "F cannot sell less than nothing in Nov 2026"),
    ],
)  # fmt: skip
def test_a_move_that_cannot_be_made_says_why(move: Move, words: str) -> None:
    assert any(words in conflict.message for conflict in conflicts(planning.build(company()), [move]))


def test_frozen_buckets_stay_as_they_are() -> None:
    plan = planning.build(company())
    horizon = replace(plan.given.horizon, frozen=2)
    plan = planning.build(replace(plan.given, horizon=horizon))
    assert "pre-build" not in by_kind(proposals(plan))
    (conflict,) = conflicts(plan, [Move("pre-build", 0, 0, 2, 1, 5.0)])
    assert "Dec 2026 is frozen" in conflict.message


def test_effects_name_the_resource_they_relieve() -> None:
    plan = planning.build(company())
    sentences = {p.move.kind: p.what for p in proposals(plan)}
    assert (
        sentences["pre-build"]
        == "Make 20 pcs of F in Dec 2026 and not in Jan 2027, 20.0 h less short on LINE, costs 10."
    )
    assert sentences["overtime"] == "Work overtime for 20.0 h of LINE in Jan 2027: 20.0 less short, costs 30."
    assert sentences["accept"].startswith("Live with it: LINE is at 125%")
    assert Shop(plan).effect(Move("accept")).money == 0


def only(kind: str, plan: Plan, evidence: Evidence = NOTHING) -> dict[str, Proposal]:
    """The proposals for the one gap of a kind, by move."""
    ((number, gap),) = [(i, gap) for i, gap in enumerate(find_gaps(plan, evidence)) if gap.kind == kind]
    return by_kind(propose_moves(plan, [(number, gap)], evidence))


def test_a_service_gap_asks_for_as_much_as_brings_service_to_its_target() -> None:
    made = np.array([[100.0, 100, 90, 160, 100]])
    given_ = company(production_override=made, capacity=np.full((1, 5), 200.0))
    plan = planning.build(replace(given_, families=(replace(given_.families[0], service_target=0.95),)))
    # 60 of 550 are late in the third month: 89.1 % in time. 27.5 may be late; 32.5 more are needed.
    found = only("service", plan)
    assert found["pre-build"].move == Move("pre-build", 0, -1, 3, 2, pytest.approx(32.5))
    assert found["pre-build"].effect.service == pytest.approx(0.95 - (1 - 60 / 550))
    assert found["shape demand"].move == Move("shape demand", 0, -1, 2, 3, pytest.approx(32.5))
    assert found["shape demand"].effect.inventory == pytest.approx(32.5)
    assert "if the customers agree to wait" in found["shape demand"].what
    after = planning.build(apply_moves(plan, [found["pre-build"].move]))
    assert not [gap for gap in find_gaps(after) if gap.kind == "service"]


def test_a_shortage_to_the_end_of_the_plan_is_closed_by_making_more() -> None:
    made = np.array([[100.0, 100, 100, 100, 100]])
    plan = planning.build(company(production_override=made, capacity=np.full((1, 5), 130.0)))
    found = only("inventory", plan)
    # Nothing that is made later can come earlier: 50 are missing at the end. 30 hours are free, 20 h of overtime.
    assert found["pre-build"].move == Move("pre-build", 0, -1, -1, 2, 30.0)
    assert found["pre-build"].effect == pytest.approx((30, 0, 30 / 550, 3 * 30 * 2 + 30 * 4, 0))
    assert found["overtime"].move == Move("overtime", 0, 0, -1, 2, 50.0, 20.0)
    assert found["pre-build"].what == "Make 30 pcs of F more in Jan 2027, costs nothing."
    assert "delay" not in found


def test_a_missed_budget_asks_for_promotions_that_hours_or_stock_can_serve() -> None:
    budget = np.full((1, 5), 1500.0)
    demand = np.array([[100.0, 100, 150, 100, 100]])
    plan = planning.build(company(budget_revenue=budget, budget_margin=budget / 10, capacity=demand + 5))
    gaps = [gap for gap in find_gaps(plan) if gap.kind == "budget"]
    assert [gap.what for gap in gaps] == ["F misses its budgeted revenue by 26.7% over 5 buckets."]
    found = [p for p in propose_moves(plan, [(0, gaps[0])]) if p.move.kind != "accept"]
    assert len(found) == PROMOTIONS
    # Ten per cent would be 15 or 10; five hours are free everywhere. Five units at 10 - 6.
    assert {p.move for p in found} <= {Move("shape demand", 0, 0, -1, t, 5.0) for t in range(5)}
    assert found[0].effect == pytest.approx((0, 0, 0, 20, 0))
    assert "by a promotion (+5%), made in 5.0 spare h of LINE: revenue +50, 2.5% of what" in found[0].what
    assert conflicts(plan, [p.move for p in found]) == []
    assert conflicts(plan, [replace(found[0].move, units=5.5)])
    # From stock, never below its target; and never a second time where marketing has promoted.
    stocked = company(budget_revenue=budget, capacity=demand)
    family = replace(stocked.families[0], opening_inventory=8.0)
    plan = planning.build(replace(stocked, families=(family,)))
    moves = [p.move for p in proposals(plan) if p.move.kind == "shape demand"]
    assert moves
    assert all(move.resource == -1 and move.units == 8.0 for move in moves)
    after = planning.build(apply_moves(plan, moves[:1]))
    assert after.projected_inventory.min() >= -1e-9
    again = [p.move for p in proposals(after) if p.move.kind == "shape demand"]
    assert moves[0].target not in {move.target for move in again}
    assert all(move.units <= PROMOTION * demand[0, move.target] + 1e-9 for move in again)


def test_nothing_is_promoted_that_nobody_could_serve_or_that_earns_nothing() -> None:
    demand = np.array([[100.0, 100, 150, 100, 100]])
    budget = np.full((1, 5), 1500.0)
    full = planning.build(company(budget_revenue=budget, capacity=demand))
    assert set(only("budget", full)) == {"accept"}
    given_ = company(budget_revenue=budget, capacity=demand + 50)
    loss = replace(given_.families[0], unit_cost=11.0)
    assert set(only("budget", planning.build(replace(given_, families=(loss,))))) == {"accept"}
    assert "shape demand" in only("budget", planning.build(given_))
    owed = np.array([[100.0, 100, 150, 100, 70]])
    assert set(only("budget", planning.build(replace(given_, production_override=owed)))) == {"accept"}


def test_a_budget_of_margin_or_quantity_alone_is_compared_too() -> None:
    for measure, value in (("margin", 700.0), ("quantity", 150.0)):
        plan = planning.build(company(**{f"budget_{measure}": np.full((1, 5), value)}))
        (gap,) = [gap for gap in find_gaps(plan) if gap.kind == "budget"]
        assert gap.what.startswith(f"F misses its budgeted {measure} by ")
    assert gap.size == pytest.approx(550 - 750)
    assert gap.unit == "pcs"
    assert gap.value == pytest.approx(-200 * 10)


def test_a_forecast_older_than_its_history_is_made_anew_with_its_production() -> None:
    demand = np.array([[100.0, 100, 150, 100, 100]])
    given_ = company(production_override=np.full((1, 5), NAN), proposed_production=demand)
    plan = planning.build(given_)
    assert not [gap for gap in find_gaps(plan, Evidence(demand)) if gap.kind == "stale"]
    found = only("stale", plan, Evidence(demand * 1.1))
    refresh = found["refresh"]
    assert refresh.move == Move("refresh", 0, -1, 0, 0, pytest.approx(55))
    assert refresh.effect.money == pytest.approx(55 * 4)
    assert refresh.effect.load == pytest.approx(45 - 30)  # 165 in place of 150 on a line of 120
    assert refresh.what == (
        "Forecast F again and propose its production from it: demand +55 pcs, production +55 pcs, revenue +550, "
        "+15.0 short of capacity, money +220."
    )
    after = planning.build(apply_moves(plan, [refresh.move], Evidence(demand * 1.1)))
    assert after.production_plan == pytest.approx(demand * 1.1)


def test_production_that_does_not_follow_demand_any_more_is_proposed_anew() -> None:
    demand = np.array([[100.0, 100, 150, 100, 100]])
    typed = np.where(demand > 120, 200.0, NAN)
    given_ = company(
        production_override=np.full((1, 5), NAN), proposed_production=demand, sales_override=typed
    )
    plan = planning.build(given_)
    (gap,) = [gap for gap in find_gaps(plan, Evidence(demand)) if gap.kind == "stale"]
    assert gap.what == (
        "The proposed production of F is older than its demand or stock: a new one would be +50 pcs over the plan."
    )
    refresh = only("stale", plan, Evidence(demand))["refresh"]
    assert refresh.move.units == 0
    assert refresh.what.startswith("Propose the production of F again: production +50 pcs, revenue +500, ")
    assert refresh.effect.inventory == pytest.approx(50)


def test_a_move_on_top_of_a_new_forecast_keeps_both() -> None:
    demand = np.array([[100.0, 100, 150, 100, 100]])
    given_ = company(
        production_override=np.full((1, 5), NAN), proposed_production=demand, capacity=demand * 2
    )
    plan, evidence = planning.build(given_), Evidence(demand * 1.1)
    moves = [Move("refresh", 0), Move("pre-build", 0, -1, 2, 1, 20.0), Move("shape demand", 0, -1, 4, 4, 5.0)]
    after = planning.build(apply_moves(plan, moves, evidence))
    assert after.production_plan[0] == pytest.approx([110, 130, 145, 110, 110])
    assert after.consensus_demand[0] == pytest.approx([110, 110, 165, 110, 105])
    assert conflicts(plan, moves, evidence) == []


def items_of(*families: int) -> Items:
    none = np.full(len(families), NAN)
    codes = tuple(f"I{i}" for i in range(len(families)))
    return Items(
        codes,
        codes,
        np.array(families),
        np.zeros((len(families), 60)),
        none,
        -np.ones(len(families), int),
        none,
    )


def test_items_typed_over_add_up_to_another_demand_or_are_spread_again() -> None:
    demand = np.array([[100.0, 100, 150, 100, 100]])
    plan, items = planning.build(company()), items_of(0, 0)
    mix = np.concatenate([demand * 0.25, demand * 0.75])
    typed = np.full(mix.shape, NAN)
    typed[:, 1] = 25, 90
    shown = keep_typed(plan, items, mix, typed)
    evidence = Evidence(None, items_add_up(plan, items, shown), ~np.isnan(typed)[:1])
    found = only("hierarchy", plan, evidence)
    assert found["add up"].move == Move("add up", 0, -1, 1, 1, 15.0)
    assert found["add up"].effect.money == pytest.approx(15 * 4 - 4 * 15 * 2 - 15 * 4)
    assert found["spread"].move == Move("spread", 0, -1, 1, 1, -15.0)
    assert found["spread"].effect[:2] == (0, 0)
    assert np.isnan(found["accept"].loss)
    after = planning.build(apply_moves(plan, [found["add up"].move], evidence))
    assert after.given.marketing_override[0, 1] == 115
    # What adds up is settled: the items share it by their forecasts again.
    assert np.array_equal(keep_typed(after, items, mix, typed), mix)


def test_demand_that_no_item_can_carry_is_a_gap() -> None:
    plan, items = planning.build(company()), items_of(0)
    mix = np.array([[100.0, 100, 150, NAN, NAN]])
    evidence = Evidence(None, items_add_up(plan, items, mix))
    (gap,) = [gap for gap in find_gaps(plan, evidence) if gap.kind == "hierarchy"]
    assert (
        gap.what
        == "The items of F cannot add up to its demand in 2 buckets from Feb 2027 on: none is on sale."
    )
    assert (gap.size, gap.value) == (200, 2000)
    found = only("hierarchy", plan, evidence)
    assert found["add up"].move.units == -200
    assert "spread" not in found
    assert found["accept"].loss == pytest.approx(200 * 4)
