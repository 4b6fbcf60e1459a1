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
from sop_xl.model import BillLine, Family, Plan, PlanInput, Resource
from sop_xl.process import planning
from sop_xl.process.agreement import conflicts
from sop_xl.process.gaps import find_gaps
from sop_xl.process.moves import Move, Shop, apply_moves
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
    )


def planned(given_: PlanInput) -> Plan:
    return planning.build(planning.with_proposal(given_))


def proposals(plan: Plan) -> list[Proposal]:
    return propose_moves(plan, enumerate(find_gaps(plan)))


def service(plan: Plan, family: int) -> float:
    """Part of the demand that is not newly late in its bucket, bucket by bucket."""
    late, missed = 0.0, 0.0
    for inventory in plan.projected_inventory[family]:
        missed += max(0.0, -inventory - late)
        late = max(0.0, -inventory)
    demand = plan.consensus_demand[family].sum()
    return float(1 - missed / demand) if demand else NAN


def assert_true(plan: Plan, proposal: Proposal) -> None:
    """The stated effect is the difference between the plans without and with the move."""
    move, said = proposal.move, proposal.effect
    after = planning.build(apply_moves(plan, [move]))
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
@given(strained())
def test_every_effect_is_the_one_measured_after_applying_it_and_nothing_breaks(given_: PlanInput) -> None:
    plan = planned(given_)
    for proposal in proposals(plan):
        assert_true(plan, proposal)
        assert conflicts(plan, [proposal.move]) == []


@settings(max_examples=60)
@given(strained(), st.data())
def test_moves_together_are_refused_exactly_when_they_break_the_plan(
    given_: PlanInput, data: st.DataObject
) -> None:
    plan = planned(given_)
    found = [p.move for p in proposals(plan) if p.move.kind != "accept"]
    chosen = [move for move in found if data.draw(st.booleans())]
    after = planning.build(apply_moves(plan, chosen))
    shortages = after.short - plan.short > 1e-6 * (1 + np.nan_to_num(plan.load))
    stock = np.where(plan.given.to_stock[:, None], after.projected_inventory, 0.0)
    emptied = stock < np.minimum(np.nan_to_num(plan.projected_inventory), 0.0) - 1e-5
    negative = (after.production_plan < -1e-6) | (after.consensus_demand < -1e-6)
    refused = conflicts(plan, chosen)
    if shortages.any() or emptied.any() or negative.any():
        assert refused
    if refused:
        assert all(index < len(chosen) for conflict in refused for index in conflict.moves)


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
