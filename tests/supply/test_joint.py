"""The joint plan against independent programs, brute force, and what every plan must satisfy."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.optimize import linprog

from sop_xl.errors import ArgumentError
from sop_xl.supply.joint import JointInput, JointPlan, find_conflicts, joint_plan
from sop_xl.supply.joint.example import two_families
from sop_xl.supply.rough_cut import resource_profile

NAN = float("nan")


def changed(case: JointInput, **parts: Any) -> JointInput:
    return JointInput(**{name: getattr(case, name) for name in JointInput.__dataclass_fields__} | parts)


@st.composite
def cases(draw: st.DrawFn, lots: bool = False, most: int = 3) -> JointInput:
    """Any joint plan: to stock and to order, offsets, fixed cells, limits, load given, capacity not given."""
    families, resources, buckets = (draw(st.integers(1, n)) for n in (most, 2, 4 if lots else 6))
    if lots:
        families, buckets = draw(st.integers(1, 2)), draw(st.integers(1, 3))

    def units(low: int = 0, high: int = 60, *shape: int) -> np.ndarray:
        return draw(hnp.arrays(float, shape, elements=st.integers(low, high).map(float)))

    def maybe(high: int, *shape: int) -> np.ndarray:
        cell = st.one_of(st.just(NAN), st.just(NAN), st.integers(0, high).map(float))
        return draw(hnp.arrays(float, shape, elements=cell))

    lines = [
        [
            draw(st.integers(1, families)),
            draw(st.integers(1, resources)),
            draw(st.integers(0, 2)),
            draw(st.integers(1, 8)) / 4,
        ]
        for _ in range(draw(st.integers(0, 5)))
    ]
    holding, backorder = units(1, 5, families), units(1, 30, families)
    return JointInput(
        demand=units(0, 60, families, buckets),
        opening=units(-20, 80, families),
        to_stock=draw(hnp.arrays(bool, families)),
        target=units(0, 30, families, buckets),
        fixed=maybe(60, families, buckets),
        profile=np.array(lines).reshape(-1, 4),
        capacity=maybe(80, resources, buckets),
        given_load=units(0, 10, resources, buckets),
        overtime_limit=maybe(20, resources)[:, None],
        overtime_cost=units(0, 20, resources)[:, None],
        subcontract_limit=maybe(20, resources)[:, None],
        subcontract_cost=units(0, 20, resources)[:, None],
        unit_cost=units(0, 9, families),
        holding_cost=holding,
        backorder_cost=backorder,
        below_target_cost=holding + backorder * draw(st.sampled_from((0.0, 0.1, 1.0))),
        unmet_cost=units(0, 50, families),
        lot_minimum=units(5, 40, families) if lots else NAN,
        inventory_limit=maybe(100, families),
    )


def oracle(case: JointInput, runs: np.ndarray | None = None, hours: bool = True) -> float:
    """The least cost by a dense program in other variables: cumulative production, one row for every fact.

    ``runs`` says which cells may produce, at least their lot. Infinite where no plan keeps the limits.
    """
    (F, T), R = case.demand.shape, len(case.capacity)
    names = [(k, i, t) for k in ("P", "I", "B", "U") for i in range(F) for t in range(T)]
    names += [(k, r, t) for k in ("O", "S") for r in range(R) for t in range(T)]
    at = {name: i for i, name in enumerate(names)}
    cost, bounds = np.zeros(len(names)), [[0.0, None] for _ in names]
    upper, room, equal, right = [], [], [], []

    def row(**parts: Any) -> np.ndarray:
        line = np.zeros(len(names))
        for key, weight in parts["of"]:
            line[at[key]] += weight
        return line

    constant = float((case.unit_cost[:, None] * case.demand).sum())
    for f in range(F):
        stock = case.to_stock[f]
        start = case.opening[f] if stock else -case.opening[f]
        for t in range(T):
            cost[at["I", f, t]] = case.holding_cost[f]
            cost[at["B", f, t]] = case.backorder_cost[f] + (case.unmet_cost[f] if t == T - 1 else 0)
            cost[at["U", f, t]] = case.below_target_cost[f] if stock else 0.0
            # On hand less late is what was there and made, less all demand; to order, from the target book on.
            level = 0.0 if stock else case.target[f, t]
            made = [(("P", f, s), -1.0) for s in range(t + 1)]
            equal.append(row(of=[(("I", f, t), 1), (("B", f, t), -1), *made]))
            right.append(start + level - case.demand[f, : t + 1].sum())
            upper.append(row(of=[(("I", f, t), -1), (("U", f, t), -1)]))
            room.append(-case.target[f, t] if stock else 0.0)
            if not stock:
                bounds[at["I", f, t]][1] = case.target[f, t]
            elif not np.isnan(case.inventory_limit[f]):
                bounds[at["I", f, t]][1] = case.inventory_limit[f]
            if not np.isnan(case.fixed[f, t]):
                bounds[at["P", f, t]] = [case.fixed[f, t]] * 2
            elif runs is not None:
                bounds[at["P", f, t]] = [case.lot_minimum[f], None] if runs[f, t] else [0.0, 0.0]
    for r in range(R):
        for t in range(T):
            for kind, name in (("O", "overtime"), ("S", "subcontract")):
                cost[at[kind, r, t]] = getattr(case, f"{name}_cost")[r, t]
                bounds[at[kind, r, t]][1] = np.nan_to_num(getattr(case, f"{name}_limit")[r, t])
            if not np.isnan(case.capacity[r, t]):
                loads = [
                    (("P", int(f) - 1, t + int(offset)), h)
                    for f, q, offset, h in case.profile
                    if int(q) == r + 1 and t + offset < T
                ]
                upper.append(row(of=[*loads, (("O", r, t), -1), (("S", r, t), -1)]))
                room.append(case.capacity[r, t] - case.given_load[r, t])
    found = linprog(cost, np.array(upper), room, np.array(equal), right, bounds, method="highs-ds")
    return float(found.fun) + constant if found.status == 0 else float("inf")


def broken(plan: JointPlan) -> bool:
    return bool(plan.missing.any() or plan.excess.any())


@settings(max_examples=60)
@given(cases())
def test_cost_is_that_of_an_independent_program(case: JointInput) -> None:
    plan, best = joint_plan(case, explain=False), oracle(case)
    assert broken(plan) == np.isinf(best)
    if np.isfinite(best):
        assert plan.cost == pytest.approx(best, rel=1e-7, abs=1e-5)


@settings(max_examples=25)
@given(cases(lots=True))
def test_lots_cost_what_the_best_of_all_patterns_costs(case: JointInput) -> None:
    plan = joint_plan(case, explain=False)
    best = min(
        oracle(case, np.array(runs).reshape(case.demand.shape))
        for runs in product((False, True), repeat=case.demand.size)
    )
    assert broken(plan) == np.isinf(best)
    made = plan.production[case.free]
    lot = np.broadcast_to(case.lot_minimum[:, None], case.demand.shape)[case.free]
    assert ((made == 0) | (made >= lot * (1 - 1e-9))).all()
    if np.isfinite(best):
        assert plan.cost == pytest.approx(best, rel=2e-6, abs=1e-5)


@settings(max_examples=50)
@given(cases())
def test_every_balance_holds(case: JointInput) -> None:
    plan = joint_plan(case, explain=False)
    scale = 1e-9 * (1 + np.abs(case.demand).sum() + np.abs(case.opening).sum())
    assert (plan.production >= 0).all()
    assert np.array_equal(plan.production[~case.free], case.fixed[~case.free])
    start = np.where(case.to_stock, case.opening, -case.opening)[:, None]
    before = np.column_stack([start, plan.net[:, :-1]])
    assert np.abs(before + plan.production - case.demand - plan.net).max() <= scale
    stock = case.to_stock
    assert plan.on_hand[stock] - plan.late[stock] == pytest.approx(plan.net[stock], abs=1e-4)
    load = case.given_load + (
        resource_profile(plan.production, case.profile, len(case.capacity)) if len(case.profile) else 0
    )
    known = ~np.isnan(case.capacity)
    assert plan.load == pytest.approx(load, rel=1e-9, abs=1e-9)
    relief = plan.overtime + plan.subcontract + plan.missing
    assert relief[known] == pytest.approx(np.maximum(load - case.capacity, 0)[known], rel=1e-9, abs=1e-6)
    assert (plan.overtime <= np.nan_to_num(case.overtime_limit)).all()
    assert (plan.subcontract <= np.nan_to_num(case.subcontract_limit)).all()
    limit = np.nan_to_num(case.inventory_limit, nan=np.inf)[:, None]
    assert (plan.on_hand - plan.excess <= limit + 1e-5).all()
    # Nothing is made to order before it is ordered.
    assert (plan.net - plan.excess)[~stock] == pytest.approx(np.minimum(plan.net, 0)[~stock], abs=1e-4)
    assert plan.cost == pytest.approx(sum(plan.costs.values()))


@settings(max_examples=40)
@given(cases(), st.data())
def test_one_more_hour_saves_no_more_than_its_value_and_one_less_costs_no_less(
    case: JointInput, data: st.DataObject
) -> None:
    plan = joint_plan(case, explain=False)
    known = np.argwhere(~np.isnan(case.capacity))
    if broken(plan) or not len(known):
        return
    r, t = data.draw(st.sampled_from(known.tolist()))
    value, noise = plan.value_of_hour[r, t], 1e-5 * (1 + abs(plan.cost))
    more, less = case.capacity.copy(), case.capacity.copy()
    more[r, t] += 1.0
    less[r, t] -= 1.0
    saved = plan.cost - oracle(changed(case, capacity=more))
    assert -noise <= saved <= value + noise
    if less[r, t] >= 0:
        assert oracle(changed(case, capacity=less)) - plan.cost >= value - noise


def test_the_value_of_an_hour_is_what_the_next_hour_saves() -> None:
    case = two_families()
    plan = joint_plan(case)
    for t, value in enumerate((3.0, 4.0, 5.0)):
        more = case.capacity.copy()
        more[0, t] += 1.0
        assert plan.value_of_hour[0, t] == pytest.approx(value)
        assert plan.cost - joint_plan(changed(case, capacity=more)).cost == pytest.approx(value)


def test_with_lots_an_hour_is_valued_while_the_same_buckets_produce() -> None:
    case = two_families(lot_minimum=30.0)
    plan = joint_plan(case)
    runs = plan.production > 0
    more = case.capacity.copy()
    more[0, 2] += 1.0
    saved = oracle(case, runs) - oracle(changed(case, capacity=more), runs)
    assert plan.value_of_hour[0, 2] == pytest.approx(saved)


@settings(max_examples=10)
@given(cases(lots=True))
def test_without_time_for_a_search_lots_are_kept_and_the_gap_is_an_upper_bound(case: JointInput) -> None:
    plan, best = joint_plan(case, seconds=1e-6, explain=False), joint_plan(case, explain=False)
    made = plan.production[case.free]
    lot = np.broadcast_to(case.lot_minimum[:, None], case.demand.shape)[case.free]
    assert ((made == 0) | (made >= lot * (1 - 1e-9))).all()
    if not broken(plan):
        noise = 1e-4 * (1 + best.cost)
        assert best.cost - noise <= plan.cost
        assert plan.cost * (1 - plan.gap) <= best.cost + noise


def test_stevenson_production_planning_as_transportation_problem() -> None:
    # Stevenson, Operations Management, aggregate planning, transportation model: 124,730.
    plan = joint_plan(
        two_families(
            demand=[[550, 700, 750]],
            opening=100.0,
            to_stock=True,
            profile=[[1, 1, 0, 1]],
            capacity=[[500, 500, 500]],
            overtime_limit=50.0,
            overtime_cost=20.0,
            subcontract_limit=np.array([[120.0, 120, 100]]),
            subcontract_cost=30.0,
            unit_cost=60.0,
            holding_cost=1.0,
            backorder_cost=3.0,
            unmet_cost=1000.0,
        )
    )
    assert plan.cost - plan.costs["ahead"] == pytest.approx(124_730)
    assert plan.net[0, -1] == pytest.approx(0)


@settings(max_examples=20)
@given(cases())
def test_the_same_input_gives_the_same_plan_and_units_do_not_matter(case: JointInput) -> None:
    first, second = joint_plan(case, explain=False), joint_plan(case, explain=False)
    assert np.array_equal(first.production, second.production)
    assert np.array_equal(first.value_of_hour, second.value_of_hour, equal_nan=True)
    size = 1e5  # grams instead of a tenth of a ton
    units = ("demand", "opening", "target", "fixed", "inventory_limit")
    prices = ("unit_cost", "holding_cost", "backorder_cost", "below_target_cost", "unmet_cost")
    profile = case.profile.copy()
    profile[:, 3] /= size
    other = changed(
        case,
        profile=profile,
        **{name: getattr(case, name) * size for name in units},
        **{name: getattr(case, name) / size for name in prices},
    )
    assert joint_plan(other, explain=False).cost == pytest.approx(first.cost, rel=1e-7, abs=1e-4)


# ---- conflicts ---------------------------------------------------------------------------------------------


def can_hold(case: JointInput, sets: dict[str, set[tuple[int, int]]]) -> bool:
    """Whether production exists under these limits alone; by patterns of runs where lots are among them."""
    (F, T), free = case.demand.shape, case.free
    net = np.cumsum(
        np.column_stack([np.where(case.to_stock, case.opening, -case.opening), -case.demand]), axis=1
    )[:, 1:]
    rows, room = [], []
    for f, t in sets["need"]:
        line = np.zeros((F, T))
        line[f, : t + 1] = -1
        rows.append(line.ravel())
        room.append(net[f, t] - (0.0 if case.to_stock[f] else -case.target[f, t]))
    for f, t in sets["limit"]:
        line = np.zeros((F, T))
        line[f, : t + 1] = 1
        rows.append(line.ravel())
        room.append((case.inventory_limit[f] if case.to_stock[f] else 0.0) - net[f, t])
    for r, t in sets["capacity"]:
        line = np.zeros((F, T))
        for f, q, offset, hours in case.profile:
            if int(q) == r + 1 and t + int(offset) < T:
                line[int(f) - 1, t + int(offset)] += hours
        rows.append(line.ravel())
        room.append(case.capacity[r, t] + case.extra[r, t] - case.given_load[r, t])
    assert not any(free[cell] for cell in sets["fixed"])
    lots = sorted(sets["lot"])
    for pattern in product((False, True), repeat=len(lots)):
        bounds = dict.fromkeys(np.ndindex(F, T), (0.0, None))
        bounds |= {cell: (case.fixed[cell],) * 2 for cell in sets["fixed"]}
        runs = zip(lots, pattern, strict=True)
        bounds |= {cell: (case.lot_minimum[cell[0]], None) if run else (0.0, 0.0) for cell, run in runs}
        if not rows:
            return True
        limits = [bounds[cell] for cell in np.ndindex(F, T)]
        found = linprog(np.zeros(F * T), np.array(rows), room, bounds=limits, method="highs-ds")
        if found.status == 0:
            return True
    return False


def limits_of(conflict: Any) -> dict[str, set[tuple[int, int]]]:
    return {kind: set(getattr(conflict, kind)) for kind in ("capacity", "need", "limit", "lot", "fixed")}


def assert_irreducible(case: JointInput, conflict: Any) -> None:
    sets = limits_of(conflict)
    assert not can_hold(case, sets)
    for kind, places in sets.items():
        for place in places:
            assert can_hold(case, sets | {kind: places - {place}}), (kind, place)


@settings(max_examples=40)
@given(cases())
def test_conflicts_are_named_exactly_where_not_all_can_be_met_and_none_of_their_limits_is_idle(
    case: JointInput,
) -> None:
    everything = {
        "need": set(np.ndindex(case.demand.shape)),
        "limit": set(zip(*map(np.ndarray.tolist, np.nonzero(np.isfinite(case.limit))), strict=True)),
        "capacity": set(zip(*map(np.ndarray.tolist, np.nonzero(~np.isnan(case.capacity))), strict=True)),
        "fixed": set(zip(*map(np.ndarray.tolist, np.nonzero(~case.free)), strict=True)),
        "lot": set(),
    }
    found = find_conflicts(case)
    assert bool(found) != can_hold(case, everything)
    for conflict in found:
        assert_irreducible(case, conflict)
        assert conflict.short > 0
        names = [[f"{what}{i}" for i in range(9)] for what in ("F", "R", "B")]
        assert conflict.words(*names).endswith(".")


def test_the_shortage_is_the_hours_that_would_settle_it() -> None:
    case = two_families(demand=[[90, 90, 90], [50, 50, 50]])
    (conflict,) = joint_plan(case).conflicts
    assert conflict.short == pytest.approx(60)
    enough, nearly = case.capacity.copy(), case.capacity.copy()
    enough[0, 0] += 60
    nearly[0, 0] += 59
    assert not find_conflicts(changed(case, capacity=enough))
    assert find_conflicts(changed(case, capacity=nearly))[0].short == pytest.approx(1)


@pytest.mark.parametrize("others", [0, 600])
def test_resources_that_only_together_are_too_little_are_named_together(others: int) -> None:
    # The first has hours in the first bucket only, the second in the second only; a unit needs both at once.
    case = two_families(
        demand=np.vstack([[[0.0, 30]], np.ones((others, 2))]),
        opening=0.0,
        to_stock=True,
        holding_cost=1.0,
        profile=[[1, 1, 0, 1.0], [1, 2, 0, 1.0]],
        capacity=[[50.0, 0], [0, 50]],
        overtime_limit=NAN,
    )
    (conflict,) = joint_plan(case).conflicts
    assert conflict.capacity == ((0, 1), (1, 0))
    assert conflict.need == ((0, 1),)
    assert conflict.short == pytest.approx(30)
    enough = changed(case, capacity=np.full((2, 2), 50.0))
    assert find_conflicts(enough) == ()


def test_a_lot_that_cannot_be_stored_is_named() -> None:
    case = two_families(lot_minimum=np.array([90.0, NAN]), inventory_limit=np.array([15.0, NAN]))
    plan = joint_plan(case)
    (conflict,) = plan.conflicts
    assert conflict.lot
    assert conflict.limit
    assert_irreducible(case, conflict)
    names = ["SOUPS", "SAUCES"], ["BLEND"], ["Jan", "Feb", "Mar"]
    assert "the lot minimum holds for SOUPS" in conflict.words(*names)


def test_what_others_have_taken_is_said() -> None:
    case = two_families(given_load=np.array([[0.0, 150, 0]]))
    plan = joint_plan(case)
    assert plan.missing.tolist() == [[0, 30, 0]]
    assert np.isnan(plan.value_of_hour[0, 1])
    said = [c.words(["SOUPS", "SAUCES"], ["BLEND"], ["Jan", "Feb", "Mar"]) for c in plan.conflicts]
    assert said[0].startswith("BLEND")
    assert "what is planned for families with another strategy" in " ".join(said)


def test_what_is_fixed_too_high_breaks_its_limit_as_little_as_can_be() -> None:
    case = two_families(fixed=np.array([[75, NAN, NAN], [NAN] * 3]), inventory_limit=np.array([20.0, NAN]))
    plan = joint_plan(case)
    assert plan.excess.tolist() == [[15, 0, 0], [0, 0, 0]]
    (conflict,) = plan.conflicts
    assert conflict.words(["SOUPS", "SAUCES"], ["BLEND"], ["Jan", "Feb", "Mar"]) == (
        "SOUPS: 15 units above the inventory limit by Jan; production is fixed for SOUPS, Jan."
    )


def test_a_plan_needs_time() -> None:
    with pytest.raises(ArgumentError, match="seconds is 0"):
        joint_plan(two_families(), seconds=0)


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"demand": [1.0, 2.0]}, "demand is 2"),
        ({"opening": [1.0, 2.0, 3.0]}, "opening is 3"),
        ({"capacity": [100.0]}, "capacity is 1"),
        ({"capacity": [[-1.0, 1, 1]]}, "capacity is negative in row 1, bucket 1"),
        ({"holding_cost": -1.0}, "holding_cost is negative"),
        ({"lot_minimum": [1.0] * 3}, "lot_minimum is 3"),
        ({"overtime_limit": [[1.0, 2.0]]}, "overtime_limit is 1 × 2"),
        ({"profile": [[3, 1, 0, 1.0]]}, "profile has the family 3"),
        ({"profile": [[1, 2, 0, 1.0]]}, "profile has the resource 2"),
        ({"below_target_cost": 99.0}, "below_target_cost is above"),
        ({"target": float("inf")}, "target has no number"),
        ({"to_stock": [True] * 3}, "to_stock is 3"),
    ],
)
def test_bad_input_is_refused_with_what_is_wrong(parts: dict[str, Any], said: str) -> None:
    with pytest.raises(ArgumentError, match=said):
        two_families(**parts)


def test_without_resources_every_target_is_hit() -> None:
    case = two_families(
        capacity=np.zeros((0, 3)), profile=np.zeros((0, 4)), target=10.0, below_target_cost=3.0
    )
    assert joint_plan(case).net.tolist() == [[10.0] * 3] * 2
