"""Identities that every plan satisfies, whatever it is made from."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sop_xl.buckets import Horizon
from sop_xl.model import Array, BillLine, Family, Plan, PlanInput, Resource
from sop_xl.process import planning
from sop_xl.process.baseline import forecast_families
from sop_xl.process.gaps import find_gaps
from sop_xl.supply.costs import costs_of
from sop_xl.workbook.contents import contents

NAN = float("nan")
UNITS = st.integers(0, 500).map(float)
MAYBE = st.one_of(st.just(NAN), st.just(NAN), UNITS)
MONEY = st.one_of(st.just(NAN), st.integers(0, 90).map(float))


def plan_input(families: tuple[Family, ...], horizon: Horizon, **arrays: Array) -> PlanInput:
    """An input in which nothing is given but the families and what is named."""
    resources = arrays.pop("resources", ())
    bill = arrays.pop("bill", ())
    rows, count, past = len(families), len(horizon.planned), 60
    none = np.full((rows, count), NAN)
    arrays = {
        "working_days": np.full(count, 20.0),
        "history": np.full((rows, past), NAN),
        "history_value": np.full((rows, past), NAN),
        "history_factor": np.full((rows, past), NAN),
        "history_quantity": np.full((rows, past), NAN),
        "past_planned": np.full((rows, horizon.past), NAN),
        "past_actual": np.full((rows, horizon.past), NAN),
        "past_consensus": np.full((rows, horizon.past), NAN),
        "capacity": np.full((len(resources), count), NAN),
        "demonstrated": np.full((len(resources), count), NAN),
        "overtime": np.full((len(resources), count), NAN),
        "subcontract": np.full((len(resources), count), NAN),
        **arrays,
    }
    for name in PlanInput.__dataclass_fields__:
        if name not in ("horizon", "families", "resources", "bill", "forecasting", "history_days"):
            arrays.setdefault(name, none.copy())
    return PlanInput(horizon=horizon, families=families, resources=resources, bill=bill, **arrays)


@st.composite
def inputs(draw: st.DrawFn, make: str = "") -> PlanInput:
    """Any input that the checks let through, with demand of zero or more."""
    horizon = Horizon(
        date(2026, 11, 1),
        length=draw(st.integers(1, 8)),
        frozen=draw(st.integers(0, 3)),
        firm=draw(st.integers(0, 2)),
    )
    rows, count = draw(st.integers(1, 3)), horizon.length + 1
    families = tuple(
        Family(
            code=f"F{i}",
            make=make or draw(st.sampled_from(("MTS", "MTO"))),
            strategy=draw(st.sampled_from(("LEVEL", "CHASE", "TARGET", "OPTIMAL"))),
            target_days=draw(st.integers(0, 30)),
            target_backlog_weeks=draw(st.integers(0, 6)),
            price=draw(MONEY),
            unit_cost=draw(MONEY),
            opening_inventory=draw(st.integers(-200, 900)),
            opening_backlog=draw(st.integers(0, 300)),
        )
        for i in range(rows)
    )
    resources = tuple(Resource(f"R{i}") for i in range(draw(st.integers(1, 2))))
    bill = tuple(
        BillLine(
            draw(st.integers(0, rows - 1)),
            draw(st.integers(0, len(resources) - 1)),
            draw(st.integers(1, 8)) / 4,
            draw(st.integers(0, 2)),
        )
        for _ in range(draw(st.integers(0, 4)))
    )

    def grid(cells: st.SearchStrategy[float], height: int = rows) -> Array:
        return draw(hnp.arrays(float, (height, count), elements=cells))

    return plan_input(
        families,
        horizon,
        resources=resources,  # type: ignore[arg-type]
        bill=bill,  # type: ignore[arg-type]
        working_days=draw(hnp.arrays(float, count, elements=st.integers(1, 23).map(float))),
        baseline=grid(UNITS),
        event_factor=grid(st.one_of(st.just(NAN), st.sampled_from((0.0, 0.5, 1.25)))),
        event_quantity=grid(MAYBE),
        sales_override=grid(MAYBE),
        marketing_override=grid(MAYBE),
        production_override=grid(MAYBE),
        firm_production=grid(MAYBE),
        capacity=grid(MAYBE, len(resources)),
        budget_revenue=grid(MAYBE),
    )


def planned(given_: PlanInput) -> Plan:
    return planning.build(planning.with_proposal(given_))


def before(opening: Array, values: Array) -> Array:
    return np.column_stack([opening, values[:, :-1]])


@settings(max_examples=25)
@given(inputs())
def test_inventory_and_backlog_balance(given_: PlanInput) -> None:
    plan, stock = planned(given_), given_.to_stock
    opening, orders = given_.of_families("opening_inventory"), given_.of_families("opening_backlog")
    change = plan.production_plan - plan.consensus_demand
    inventory, backlog = plan.projected_inventory, plan.backlog
    assert np.isnan(inventory[~stock]).all()
    assert np.isnan(backlog[stock]).all()
    assert inventory[stock] == pytest.approx((before(opening, inventory) + change)[stock], abs=1e-6)
    assert backlog[~stock] == pytest.approx((before(orders, backlog) - change)[~stock], abs=1e-6)


@settings(max_examples=25)
@given(inputs())
def test_consensus_is_the_last_override_else_baseline_and_events(given_: PlanInput) -> None:
    plan = planned(given_)
    for place in np.ndindex(given_.shape):
        factor, quantity = given_.event_factor[place], given_.event_quantity[place]
        base = given_.baseline[place]
        want = base * (1.0 if np.isnan(factor) else factor) + (0.0 if np.isnan(quantity) else quantity)
        for override in (given_.sales_override[place], given_.marketing_override[place]):
            want = want if np.isnan(override) else override
        assert plan.consensus_demand[place] == pytest.approx(want, abs=1e-9)


@settings(max_examples=25)
@given(inputs("MTS"))
def test_from_stock_nothing_is_shipped_that_is_not_there_or_not_wanted(given_: PlanInput) -> None:
    plan = planned(given_)
    opening = given_.of_families("opening_inventory")[:, None]
    shipped, demand = plan.constrained_demand, plan.consensus_demand
    overdue = np.maximum(-opening, 0)
    assert (shipped >= -1e-6).all()
    assert (np.cumsum(shipped, 1) <= np.cumsum(demand, 1) + overdue + 1e-6).all()
    assert (np.cumsum(shipped, 1) <= np.cumsum(plan.production_plan, 1) + np.maximum(opening, 0) + 1e-6).all()
    enough = (plan.projected_inventory >= 0).all(axis=1)
    assert shipped.sum(1)[enough] == pytest.approx((demand.sum(1) + overdue[:, 0])[enough], abs=1e-6)


@settings(max_examples=25)
@given(inputs("MTO"))
def test_to_order_never_more_is_shipped_than_is_on_order(given_: PlanInput) -> None:
    plan = planned(given_)
    orders = given_.of_families("opening_backlog")[:, None]
    shipped = np.cumsum(plan.constrained_demand, 1)
    assert (shipped <= np.cumsum(plan.consensus_demand, 1) + orders + 1e-6).all()
    assert (shipped <= np.cumsum(plan.production_plan, 1) + 1e-6).all()


def test_what_was_made_ahead_of_orders_ships_later_and_never_backwards() -> None:
    family = Family("F", make="MTO", price=10.0, opening_backlog=0.0)
    made = np.array([[50.0, 0.0, 10.0]])
    given_ = plan_input(
        (family,),
        Horizon(date(2026, 11, 1), length=2),
        baseline=np.full((1, 3), 10.0),
        production_override=made,
    )
    plan = planning.build(given_)
    assert plan.constrained_demand.tolist() == [[10, 10, 10]]
    assert plan.revenue.tolist() == [[100, 100, 100]]


@settings(max_examples=25)
@given(inputs())
def test_overrides_and_frozen_buckets_keep_their_production(given_: PlanInput) -> None:
    plan = planned(given_)
    override = given_.production_override
    kept = ~np.isnan(override)
    assert np.array_equal(plan.production_plan[kept], override[kept])
    frozen = np.zeros(given_.shape, dtype=bool)
    frozen[:, : given_.horizon.frozen] = True
    firm = frozen & ~kept & ~np.isnan(given_.firm_production)
    assert np.array_equal(plan.production_plan[firm], given_.firm_production[firm])


@settings(max_examples=25)
@given(inputs())
def test_level_ends_at_its_target_and_target_never_ends_below(given_: PlanInput) -> None:
    free = replace(
        given_,
        production_override=np.full(given_.shape, NAN),
        firm_production=np.full(given_.shape, NAN),
    )
    plan = planned(free)
    for i, family in enumerate(free.families):
        made = plan.production_plan[i]
        ending = plan.projected_inventory[i] if family.make == "MTS" else plan.backlog[i]
        target = plan.target_inventory[i] if family.make == "MTS" else plan.target_backlog[i]
        if family.strategy == "LEVEL" and made[0] > 0:
            assert ending[-1] == pytest.approx(target[-1], abs=1e-6)
        if family.strategy == "TARGET":
            assert ending[made > 0] == pytest.approx(target[made > 0], abs=1e-6)


@settings(max_examples=25)
@given(inputs())
def test_load_is_the_bill_times_the_plan_some_buckets_earlier(given_: PlanInput) -> None:
    plan = planned(given_)
    want = np.zeros_like(plan.load)
    for line in given_.bill:
        for t in range(given_.shape[1] - line.offset):
            want[line.resource, t] += line.hours * plan.production_plan[line.family, t + line.offset]
    assert plan.load == pytest.approx(want, abs=1e-9)


@settings(max_examples=25)
@given(inputs())
def test_families_add_up_to_totals_and_buckets_to_quarters_and_years(given_: PlanInput) -> None:
    for view in contents(planned(given_)).values():
        for row in view.view.totals:
            total = view.planned["", row.key]
            if row.plan:  # it has a formula of its own
                continue
            lines = np.array(
                [view.planned[e, row.key] for e, *_ in view.entities if (e, row.key) in view.planned]
            )
            if not len(lines):
                assert np.isnan(total).all()
                continue
            known = ~np.isnan(lines).all(axis=0)
            assert np.isnan(total[~known]).all()
            assert total[known] == pytest.approx(np.nansum(lines, axis=0)[known], abs=1e-6)
        quarters = dict(view.horizon.quarters())
        for (entity, key), labels in view.groups.items():
            row = view.view.row(key)
            cells = view.planned[entity, key]
            for label, places in quarters.items():
                part = cells[places]
                if row.aggregate == "stock":
                    assert labels[label] == pytest.approx(part[-1], nan_ok=True)
                elif row.aggregate == "flow" and not np.isnan(part).all():
                    assert labels[label] == pytest.approx(np.nansum(part), abs=1e-6)


@settings(max_examples=25)
@given(inputs())
def test_the_costs_of_the_plan_are_those_of_families_and_resources(given_: PlanInput) -> None:
    rng = np.random.default_rng(len(given_.bill))
    booked = rng.integers(0, 30, given_.capacity.shape).astype(float)
    resources = tuple(replace(r, overtime_cost=7.0, subcontract_cost=9.0) for r in given_.resources)
    plan = planned(replace(given_, overtime=booked, subcontract=2 * booked, resources=resources))
    costs = costs_of(plan.given)
    short = np.maximum(-plan.projected_inventory, 0.0)
    late = np.where(np.isnan(short), np.maximum(plan.backlog - plan.target_backlog, 0.0), short)
    stored = np.maximum(plan.projected_inventory, 0.0)
    total = contents(plan)["Finance"].planned
    families = (
        np.nansum(plan.production_plan * given_.of_families("unit_cost")[:, None], axis=0)
        + np.nansum(stored * costs.holding[:, None], axis=0)
        + np.nansum(late * costs.backorder[:, None], axis=0)
    )
    made = total["", "production_cost"]
    everything = np.where(np.isnan(made), NAN, families + booked.sum(axis=0) * (7 + 18))
    assert total["", "plan_cost"] == pytest.approx(everything, rel=1e-9, nan_ok=True)
    margin = total["", "margin"]
    assert total["", "result"] == pytest.approx(
        margin - (total["", "plan_cost"] - made), rel=1e-9, nan_ok=True
    )
    if not np.isnan(margin).any():
        assert plan.result == pytest.approx(total["", "result"].sum(), rel=1e-9, abs=1e-6)


@settings(max_examples=25)
@given(inputs())
def test_money_is_quantity_times_price_and_empty_without_a_price(given_: PlanInput) -> None:
    plan = planned(given_)
    for i, family in enumerate(given_.families):
        assert plan.demand_value[i] == pytest.approx(plan.consensus_demand[i] * family.price, nan_ok=True)
        assert plan.revenue[i] == pytest.approx(plan.constrained_demand[i] * family.price, nan_ok=True)
        assert plan.margin[i] == pytest.approx(plan.revenue[i] - plan.cogs[i], nan_ok=True)


@settings(max_examples=25)
@given(inputs())
def test_every_missing_hour_and_every_missing_unit_is_a_gap(given_: PlanInput) -> None:
    plan = planned(given_)
    gaps = find_gaps(plan)
    hours = sum(gap.size for gap in gaps if gap.kind == "capacity")
    assert hours == pytest.approx(plan.short.sum(), abs=1e-3)
    short = {gap.subject for gap in gaps if gap.kind == "inventory"}
    lowest = {f.code: line.min() for f, line in zip(given_.families, plan.projected_inventory, strict=True)}
    assert short == {code for code, low in lowest.items() if low < -1e-6}


@settings(max_examples=25)
@given(inputs())
def test_a_plan_is_the_same_every_time(given_: PlanInput) -> None:
    first, second = planned(given_), planned(planning.with_proposal(given_))
    for name in Plan.__dataclass_fields__:
        if name != "given":
            assert np.array_equal(getattr(first, name), getattr(second, name), equal_nan=True), name


def test_an_override_of_zero_is_zero_and_an_empty_one_is_none() -> None:
    given_ = plan_input(
        (Family("F"),),
        Horizon(date(2026, 11, 1), length=2),
        baseline=np.full((1, 3), 100.0),
        sales_override=np.array([[0.0, NAN, 40.0]]),
        marketing_override=np.array([[NAN, NAN, 0.0]]),
    )
    assert planning.build(given_).consensus_demand.tolist() == [[0, 100, 0]]


def test_last_year_is_the_same_bucket_twelve_months_before() -> None:
    given_ = plan_input((Family("F"),), Horizon(date(2026, 11, 1), length=18))
    last_year = given_.last_year(np.arange(60.0)[None, :])
    assert last_year[0, :12].tolist() == list(range(48, 60))
    assert np.isnan(last_year[0, 12:]).all()


def test_a_family_never_sold_is_forecast_at_zero_and_the_others_are_not_touched() -> None:
    horizon = Horizon(date(2026, 11, 1), length=5)
    history = np.full((2, 60), NAN)
    history[1] = 80.0
    both = plan_input((Family("NEW"), Family("OLD")), horizon, history=history)
    alone = plan_input((Family("OLD"),), horizon, history=history[1:])
    assert forecast_families(both)[0].tolist() == [0.0] * 6
    assert np.array_equal(forecast_families(both)[1:], forecast_families(alone))


@settings(max_examples=25)
@given(inputs())
def test_families_planned_together_leave_the_others_as_they_are(given_: PlanInput) -> None:
    together = planning.with_proposal(given_)
    alone = replace(
        given_,
        families=tuple(
            replace(f, strategy="TARGET" if f.strategy == "OPTIMAL" else f.strategy) for f in given_.families
        ),
    )
    others = [i for i, family in enumerate(given_.families) if family.strategy != "OPTIMAL"]
    before = planning.with_proposal(alone).proposed_production
    assert np.array_equal(together.proposed_production[others], before[others])
    joint = planning.joint_of(given_)
    assert (joint is None) == (len(others) == len(given_.families))
    if joint is not None:
        assert np.array_equal(together.proposed_production[planning.optimal(given_)], joint.production)
        plan = planning.build(together)
        assert joint.load == pytest.approx(plan.load, rel=1e-9, abs=1e-6)
        # What the plan calls shipped is what the joint plan does not leave late, family by family.
        for i, f in enumerate(planning.optimal(given_)):
            if given_.families[f].make == "MTS":
                assert plan.projected_inventory[f] == pytest.approx(joint.net[i], abs=1e-6)
            else:
                assert plan.backlog[f] == pytest.approx(-joint.net[i], abs=1e-6)


def test_without_any_shortage_the_joint_plan_is_the_plan_to_target() -> None:
    demand = np.array([[100.0, 120, 90, 110], [40.0, 30, 50, 45]])
    families = (
        Family("A", strategy="OPTIMAL", target_days=5, price=9.0, unit_cost=5.0, opening_inventory=20),
        Family("B", make="MTO", strategy="OPTIMAL", target_backlog_weeks=2, opening_backlog=15),
    )
    given_ = plan_input(families, Horizon(date(2026, 11, 1), length=3, frozen=0), baseline=demand)
    alone = replace(given_, families=tuple(replace(f, strategy="TARGET") for f in families))
    want = planning.with_proposal(alone).proposed_production
    assert planning.with_proposal(given_).proposed_production == pytest.approx(want, abs=1e-6)


def test_costs_that_are_not_given_follow_from_price_and_unit_cost() -> None:
    families = (
        Family("A", strategy="OPTIMAL", price=9.0, unit_cost=5.0),
        Family("B", strategy="OPTIMAL"),
        Family(
            "C", strategy="OPTIMAL", holding_cost=0.5, backorder_cost=3.0, lot_minimum=10, inventory_limit=99
        ),
    )
    horizon = Horizon(date(2026, 11, 1), length=2, kind="quarter")
    given_ = plan_input(families, horizon, baseline=np.ones((3, 3)))
    found = planning.joint_input(given_, np.ones((3, 3)))
    assert found.holding_cost == pytest.approx([0.02 * 3 * 5, 0.02 * 3, 0.5])
    assert found.backorder_cost == pytest.approx([3 * 4, 3, 3])
    assert found.below_target_cost == pytest.approx(found.holding_cost + found.backorder_cost / 10)
    assert found.unmet_cost == pytest.approx(found.backorder_cost * 4)
    assert found.lot_minimum.tolist() == [0, 0, 10]
    assert found.inventory_limit == pytest.approx([NAN, NAN, 99], nan_ok=True)
