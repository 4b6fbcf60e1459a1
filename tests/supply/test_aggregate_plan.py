import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from sop_xl.errors import NoAnswerError
from sop_xl.supply.aggregate_plan import AggregatePlan, aggregate_plan

# Red Tomato Tools: Chopra, Meindl, Supply Chain Management, aggregate planning and S&OP chapters.
RED_TOMATO = {
    "opening_inventory": 1000,
    "ending_inventory": 500,
    "opening_workers": 80,
    "units_per_worker": 40,
    "hours_per_unit": 4,
    "worker_cost": 640,
    "overtime_hours_per_worker": 10,
    "overtime_cost_hour": 6,
    "hire_cost": 300,
    "layoff_cost": 500,
    "holding_cost": 2,
    "backlog_cost": 5,
    "material_cost": 10,
    "subcontract_cost": 30,
}
RED_TOMATO_DEMAND = [1600, 3000, 3200, 3800, 2200, 2200]


class TestRedTomato:
    def test_base_case(self):
        plan = aggregate_plan(RED_TOMATO_DEMAND, RED_TOMATO)
        assert plan.total_cost == pytest.approx(422_275)
        assert plan.workers == pytest.approx(np.full(6, 64.583), abs=0.001)
        assert plan.laid_off[0] == pytest.approx(15.417, abs=0.001)
        assert 40 * sum(RED_TOMATO_DEMAND) - plan.total_cost == pytest.approx(217_725)

    def test_whole_workers(self):
        plan = aggregate_plan(RED_TOMATO_DEMAND, {**RED_TOMATO, "integer_workers": True})
        assert plan.total_cost == pytest.approx(422_660)
        assert plan.workers.tolist() == [64] * 6
        assert plan.subcontracted.sum() == 140

    # A tenth more in the month of the promotion, and a fifth of the next two months bought forward.
    @pytest.mark.parametrize(
        ("demand", "revenue", "cost", "profit"),
        [
            ([3000, 2400, 2560, 3800, 2200, 2200], 643_400, 421_915, 221_485),
            ([1600, 3000, 3200, 5060, 1760, 1760], 650_140, 438_857, 211_283),
        ],
        ids=["January", "April"],
    )
    def test_promotions(self, demand, revenue, cost, profit):
        month = 0 if demand[0] == 3000 else 3
        plan = aggregate_plan(demand, RED_TOMATO)
        sales = 40 * sum(demand) - demand[month]
        assert plan.total_cost == pytest.approx(cost, abs=0.5)
        assert sales == revenue
        assert sales - plan.total_cost == pytest.approx(profit, abs=0.5)

    def test_its_optimum_is_the_level_plan(self):
        level = aggregate_plan(RED_TOMATO_DEMAND, {**RED_TOMATO, "strategy": "LEVEL"})
        assert level.total_cost == pytest.approx(422_275)
        assert level.regular_units == pytest.approx(np.full(6, 15_500 / 6))

    def test_chase(self):
        chase = aggregate_plan(RED_TOMATO_DEMAND, {**RED_TOMATO, "strategy": "CHASE"})
        assert chase.regular_units.tolist() == [1100, 3000, 3200, 3800, 2200, 2200]
        assert chase.workers.tolist() == [27.5, 75, 80, 95, 55, 55]
        assert chase.inventory.tolist() == [500] * 6


class TestOtherTextbooks:
    def test_stevenson_level_output_with_average_inventory(self):
        # Stevenson, Operations Management, aggregate planning, Example 1: a steady 300 a period; regular time
        # 2 a unit (3,600), inventory 1 on the average of a period (600), backlog 5 (500).
        plan = aggregate_plan(
            [200, 200, 300, 400, 500, 200],
            {
                "strategy": "LEVEL", "units_per_worker": 20, "opening_workers": 15, "worker_cost": 40,
                "holding_cost": 1, "holding_basis": "AVERAGE", "backlog_cost": 5,
            },
        )  # fmt: skip
        assert plan.workers.tolist() == [15] * 6
        assert plan.inventory.tolist() == [100, 200, 200, 100, 0, 0]
        assert plan.backlog.tolist() == [0, 0, 0, 0, 100, 0]
        assert plan.total_cost == 4700

    def test_heizer_constant_workforce(self):
        # Heizer, Render, Operations Management, roofing manufacturer, plan 1: 50 units on each of 124 days by 10
        # workers at 80 a day (99,200), carrying 1,850 units at 5 (9,250).
        demand, days = [900, 700, 800, 1200, 1500, 1100], [22, 18, 21, 21, 22, 20]
        plan = aggregate_plan(
            demand,
            {
                "strategy": "level", "hours_per_worker_day": 8, "hours_per_unit": 1.6, "worker_cost_day": 80,
                "opening_workers": 10, "holding_cost": 5, "hire_cost": 300, "layoff_cost": 600,
            },
            days,
        )  # fmt: skip
        assert plan.workers == pytest.approx(np.full(6, 10.0))
        assert plan.inventory == pytest.approx([200, 400, 650, 500, 100, 0], abs=1e-9)
        assert plan.total_cost == pytest.approx(108_450)

    def test_arnold_make_to_order_works_the_backlog_down(self):
        # Arnold, Chapman, Clive, Introduction to Materials Management, level make-to-order plan:
        # (total orders + opening backlog - ending backlog) / periods.
        plan = aggregate_plan(
            [100] * 5,
            {
                "strategy": "LEVEL", "units_per_worker": 1, "opening_backlog": 100, "ending_backlog": 80,
                "backlog_cost": 0,
            },
        )  # fmt: skip
        assert plan.regular_units.tolist() == [104] * 5
        assert plan.backlog.tolist() == [96, 92, 88, 84, 80]

    def test_jacobs_chase_jc_company(self):
        # Jacobs, Chase, Operations and Supply Chain Management, JC Company: production requirements of six months,
        # 5 hours a unit, 8 hours a day at 4 an hour. Exact production and the constant workforce of 40 both have
        # straight-time costs of 160,000.
        needs, days = [1850, 1425, 1000, 850, 1150, 1725], [22, 19, 21, 21, 22, 20]
        company = {
            "hours_per_worker_day": 8, "hours_per_unit": 5, "worker_cost_day": 32, "opening_workers": 40,
            "backlog_cost": 0,
        }  # fmt: skip
        level = aggregate_plan(needs, {**company, "strategy": "LEVEL"}, days)
        chase = aggregate_plan(needs, {**company, "strategy": "CHASE"}, days)
        assert level.workers == pytest.approx(np.full(6, 40.0))
        assert chase.workers == pytest.approx([52.6, 46.9, 29.8, 25.3, 32.7, 53.9], abs=0.05)
        assert level.total_cost == pytest.approx(160_000)
        assert chase.total_cost == pytest.approx(160_000)

    def test_nahmias_densepack(self):
        # Nahmias, Production and Operations Analysis, Densepack: 300 workers, 500 drives on hand and 600 wanted, K =
        # 0.14653 drives per worker and day; zero-inventory plan by whole workers, constant workforce of 411.
        demand, days = [1280, 640, 900, 1200, 2000, 1400], [20, 24, 18, 26, 22, 15]
        demand[0] -= 500
        demand[-1] += 600
        densepack = {
            "units_per_worker_day": 0.14653, "opening_workers": 300, "hire_cost": 500, "layoff_cost": 1000,
            "holding_cost": 80, "integer_workers": True,
        }  # fmt: skip
        level = aggregate_plan(demand, {**densepack, "strategy": "LEVEL"}, days)
        assert level.workers.tolist() == [411] * 6
        assert level.hired.sum() == 111
        chase = aggregate_plan(demand, {**densepack, "strategy": "CHASE"}, days)
        assert chase.workers.tolist() == [267, 182, 342, 315, 621, 910]
        assert (chase.hired.sum(), chase.laid_off.sum()) == (755, 145)


class TestMeaningOfTheParameters:
    def test_overtime_and_subcontracting_per_bucket(self):
        plan = aggregate_plan(
            [100, 160],
            {
                "units_per_worker": 10, "hours_per_unit": 2, "opening_workers": 10, "worker_cost": 1000,
                "hire_cost": 10**6, "layoff_cost": 10**6, "overtime_hours_per_worker": [0, 6],
                "overtime_cost_hour": 5, "subcontract_cost": 12, "subcontract_limit": [0, 40], "holding_cost": 1,
                "material_cost": 1,
            },
        )  # fmt: skip
        # 11 an overtime unit and 12 a bought one: 30 in overtime (60 hours), 30 bought.
        assert plan.overtime_hours.tolist() == [0, 60]
        assert plan.overtime_units.tolist() == [0, 30]
        assert plan.subcontracted.tolist() == [0, 30]
        assert plan.cost.tolist() == [10_000 + 100, 10_000 + 130 + 300 + 360]

    def test_output_in_four_ways(self):
        ways = [
            {"units_per_worker": [40, 44]},
            {"units_per_worker_day": 2},
            {"hours_per_worker": [160, 176], "hours_per_unit": 4},
            {"hours_per_worker_day": 8, "hours_per_unit": 4},
        ]
        plans = [
            aggregate_plan([80, 132], {**way, "worker_cost": 1, "strategy": "CHASE"}, [20, 22])
            for way in ways
        ]
        for plan in plans:
            assert plan.workers.tolist() == [2, 3]

    def test_a_bucket_without_hours_is_served_from_stock(self):
        closed = {"units_per_worker": [10, 0, 10], "worker_cost": 1, "holding_cost": 1}
        plan = aggregate_plan([10, 10, 10], closed)
        assert plan.regular_units.tolist() == [20, 0, 10]
        assert plan.inventory.tolist() == [10, 0, 0]
        level = aggregate_plan([10, 10, 10], {**closed, "strategy": "LEVEL"})
        assert level.workers.tolist() == [2, 2, 2]
        assert level.regular_units.tolist() == [20, 0, 10]
        chase = aggregate_plan([10, 10, 10], {**closed, "strategy": "CHASE", "backlog_cost": 1})
        assert chase.workers.tolist() == [1, 1, 2]
        assert chase.backlog.tolist() == [0, 10, 0]

    def test_max_inventory_keeps_the_stock_down(self):
        free = {
            "units_per_worker": 10,
            "opening_workers": 10,
            "hire_cost": 900,
            "layoff_cost": 900,
            "worker_cost": 1,
        }
        assert aggregate_plan([50, 150], free).inventory[0] == 50
        limited = aggregate_plan([50, 150], {**free, "max_inventory": [20, 99]})
        assert limited.inventory[0] == 20
        assert limited.workers.tolist() == [10, 13]

    def test_level_without_backlog_has_the_workers_of_the_steepest_need(self):
        plan = aggregate_plan([500, 100, 100, 100], {"units_per_worker": 10, "strategy": "LEVEL"})
        assert plan.workers.tolist() == [50] * 4
        # It stops when all is made.
        assert plan.regular_units.tolist() == [500, 300, 0, 0]
        assert plan.inventory[-1] == 0

    def test_chase_clears_an_overdue_backlog_first(self):
        plan = aggregate_plan([10, 20], {"units_per_worker": 10, "opening_backlog": 30, "strategy": "CHASE"})
        assert plan.regular_units.tolist() == [40, 20]
        assert plan.backlog.tolist() == [0, 0]

    def test_no_demand_needs_nobody(self):
        plan = aggregate_plan([0, 0], {"units_per_worker": 10, "worker_cost": 1})
        assert plan.total_cost == 0
        assert plan.workers.tolist() == [0, 0]


class TestNoPlan:
    @pytest.mark.parametrize(
        ("demand", "parameters", "reason"),
        [
            (
                [10, 40],
                {"units_per_worker": [0, 1], "subcontract_cost": 1, "subcontract_limit": 4},
                "Demand of bucket 1 cannot be met, 6 is missing: no worker has hours in bucket 1, subcontract_limit "
                "allows no more and no backlog is allowed. Give the workers hours there, or raise subcontract_limit, "
                "or allow backlog by backlog_cost.",
            ),
            (
                [10, 40],
                {"units_per_worker": [1, 0], "max_inventory": 30},
                "Demand of bucket 2 cannot be met, 10 is missing: no worker has hours in bucket 2, nothing may be "
                "bought, max_inventory lets no more be made before and no backlog is allowed. Give the workers hours "
                "there, or give a subcontract_cost, or raise max_inventory, or allow backlog by backlog_cost.",
            ),
            (
                [10, 40],
                {"units_per_worker": 1, "opening_inventory": 100, "max_inventory": [80, 60]},
                "Inventory after bucket 1 is 90 when nothing is made, and max_inventory is 80. Raise max_inventory "
                "there.",
            ),
            (
                [10, 40],
                {"units_per_worker": 1, "ending_inventory": 50, "max_inventory": 30},
                "ending_inventory 50 is above max_inventory 30 of the last bucket. Lower ending_inventory or raise "
                "max_inventory.",
            ),
            (
                [10, 40],
                {"units_per_worker": [1, 0], "max_inventory": 30, "backlog_cost": 1},
                "Demand cannot be met by the last bucket, 10 is missing: no worker has hours in bucket 2, nothing may "
                "be bought and max_inventory lets no more be made before. Give the workers hours there, or give a "
                "subcontract_cost, or raise max_inventory.",
            ),
            (
                [10, 40],
                {"units_per_worker": 1, "strategy": "LEVEL", "max_inventory": 10},
                "LEVEL ends bucket 1 with an inventory of 15, and max_inventory is 10. Raise max_inventory there or "
                "use the strategy OPTIMAL.",
            ),
            (
                [10, 40],
                {"units_per_worker": [0, 1], "strategy": "LEVEL", "subcontract_cost": 1},
                "LEVEL needs 10 units by bucket 1, and no bucket until then has regular hours. Use the strategy "
                "OPTIMAL, which may buy or work overtime, or allow backlog by backlog_cost.",
            ),
            (
                [10, 40],
                {"units_per_worker": [1, 0], "strategy": "CHASE"},
                "CHASE is short of 40 in bucket 2, which has no regular hours. Use the strategy OPTIMAL, which can "
                "make it before or buy it, or allow backlog by backlog_cost.",
            ),
        ],
    )  # fmt: skip
    def test_the_reason_names_bucket_and_limit(self, demand, parameters, reason):
        with pytest.raises(NoAnswerError) as refusal:
            aggregate_plan(demand, parameters)
        assert str(refusal.value) == reason


# Numbers a planner might type, wide enough to meet every limit.
UNITS = st.integers(0, 500)
COST = st.integers(0, 60) | st.floats(0, 60).map(lambda cost: round(cost, 2))


@st.composite
def problems(draw):
    """Demand and parameters; often there is a plan."""
    demand = draw(st.lists(UNITS, min_size=1, max_size=8))
    count = len(demand)

    def per_bucket(elements):
        return draw(elements | st.lists(elements, min_size=count, max_size=count))

    parameters = {
        "opening_inventory": draw(UNITS),
        "opening_workers": draw(st.integers(0, 20)),
        "hours_per_unit": draw(st.sampled_from([0.5, 1, 3])),
        "units_per_worker": per_bucket(st.integers(1, 40) | st.just(7.7)),
        "worker_cost": draw(COST),
        "hire_cost": draw(COST),
        "layoff_cost": draw(COST),
        "holding_cost": draw(COST),
        "material_cost": draw(COST),
        "holding_basis": draw(st.sampled_from(["ENDING", "AVERAGE"])),
    }
    if draw(st.booleans()):
        parameters |= {
            "overtime_hours_per_worker": per_bucket(st.integers(0, 9)),
            "overtime_cost_hour": draw(COST),
        }
    if draw(st.booleans()):
        parameters |= {"subcontract_cost": draw(COST), "subcontract_limit": per_bucket(UNITS)}
    if draw(st.booleans()):
        parameters |= {"backlog_cost": draw(COST), "opening_backlog": draw(UNITS)}
    if draw(st.booleans()):
        parameters["max_inventory"] = per_bucket(st.integers(0, 2000))
    if draw(st.booleans()):
        parameters["ending_inventory"] = draw(UNITS)
    elif "backlog_cost" in parameters:
        parameters["ending_backlog"] = draw(UNITS)
    return demand, parameters


def planned(demand, parameters, **changes):
    """The plan, or None where there is none."""
    try:
        return aggregate_plan(demand, {**parameters, **changes})
    except NoAnswerError:
        return None


def raw_linear_program(demand, parameters):
    """Least cost by another formulation: positions and costs of change as bounded-below variables.

    Variables W, R, O, S, N (inventory less backlog), A (cost of changing the workforce), C (cost of position).
    """
    count = len(demand)
    get = lambda name, default=0.0: parameters.get(name, default)  # noqa: E731
    every = lambda name, default=0.0: np.broadcast_to(np.asarray(get(name, default), float), count)  # noqa: E731
    index = {name: range(k * count, (k + 1) * count) for k, name in enumerate("WROSNAC")}
    rows, right, equal, equal_right = [], [], [], []

    def row(**terms):
        line = np.zeros(7 * count)
        for key, factor in terms.items():
            line[index[key[0]][int(key[1:])]] += factor
        return line

    output, hours = every("units_per_worker"), every("overtime_hours_per_worker") / get("hours_per_unit")
    for t in range(count):
        start = get("opening_inventory") - get("opening_backlog") if t == 0 else 0.0
        line = {f"N{t}": 1.0, f"R{t}": -1.0, f"O{t}": -1.0, f"S{t}": -1.0}
        equal.append(row(**line) - (row(**{f"N{t - 1}": 1.0}) if t else 0))
        equal_right.append(start - demand[t])
        rows += [row(**{f"R{t}": 1.0, f"W{t}": -output[t]}), row(**{f"O{t}": 1.0, f"W{t}": -hours[t]})]
        right += [0.0, 0.0]
        crew = get("opening_workers") if t == 0 else 0.0
        for rate in (get("hire_cost"), -get("layoff_cost")):
            rows.append(row(**{f"W{t}": rate, f"A{t}": -1.0}) - (row(**{f"W{t - 1}": rate}) if t else 0))
            right.append(rate * crew)
        holding = get("holding_cost")
        if get("holding_basis") == "AVERAGE" and t == count - 1:
            holding /= 2
        for rate in (holding, -get("backlog_cost")):
            rows.append(row(**{f"N{t}": rate, f"C{t}": -1.0}))
            right.append(0.0)
    ceiling = every("max_inventory", np.inf)
    lowest = np.full(count, -np.inf if "backlog_cost" in parameters else 0.0)
    lowest[-1] = get("ending_inventory") or -get("ending_backlog")
    limit = every("subcontract_limit", np.inf) if "subcontract_cost" in parameters else np.zeros(count)
    free = [(0.0, np.inf)] * count
    bounds = free * 3 + [(0.0, top) for top in limit] + list(zip(lowest, ceiling, strict=True)) + free * 2
    material = get("material_cost")
    overtime = material + get("overtime_cost_hour") * get("hours_per_unit")
    rates = [get("worker_cost"), material, overtime, get("subcontract_cost"), 0.0, 1.0, 1.0]
    found = linprog(np.repeat(rates, count), rows, right, equal, equal_right, bounds, method="highs-ds")
    if not found.success:
        return None
    first = get("holding_cost") * get("opening_inventory") / 2 if get("holding_basis") == "AVERAGE" else 0.0
    return found.fun + first


class TestProperties:
    @given(problems(), st.sampled_from(["OPTIMAL", "LEVEL", "CHASE"]), st.booleans())
    def test_balances_limits_and_costs(self, problem, strategy, whole):
        demand, given_parameters = problem
        parameters = {**given_parameters, "strategy": strategy, "integer_workers": whole}
        plan = planned(demand, parameters)
        if plan is None:
            return
        check_plan(plan, demand, parameters)

    @given(problems())
    def test_the_optimum_is_the_one_of_another_program(self, problem):
        demand, parameters = problem
        plan, expected = planned(demand, parameters), raw_linear_program(demand, parameters)
        assert (plan is None) == (expected is None)
        if plan is not None:
            assert plan.total_cost == pytest.approx(expected, rel=1e-9, abs=1e-6)

    @given(problems(), st.booleans())
    def test_the_optimum_is_never_dearer_than_a_pure_strategy(self, problem, whole):
        demand, parameters = problem
        best = planned(demand, parameters, integer_workers=whole)
        for strategy in ("LEVEL", "CHASE"):
            pure = planned(demand, parameters, integer_workers=whole, strategy=strategy)
            if pure is not None:
                assert best.total_cost <= pure.total_cost * (1 + 1e-9) + 1e-9

    @settings(max_examples=25)
    @given(problems())
    def test_whole_workers_cost_more_and_the_same_call_gives_the_same_plan(self, problem):
        demand, parameters = problem
        free, whole = planned(demand, parameters), planned(demand, parameters, integer_workers=True)
        assert (free is None) == (whole is None)
        if free is not None:
            assert whole.total_cost >= free.total_cost * (1 - 1e-9) - 1e-9
            again = planned(demand, parameters, integer_workers=True)
            assert all(np.array_equal(a, b) for a, b in zip(fields(whole), fields(again), strict=True))

    @settings(max_examples=25)
    @given(
        st.lists(st.integers(0, 8), min_size=3, max_size=3), st.integers(1, 3), st.integers(0, 3),
        st.integers(0, 5), st.integers(0, 9), st.integers(0, 9), st.integers(0, 9),
    )  # fmt: skip
    def test_whole_workers_by_trying_all(self, demand, output, crew, wage, hire, layoff, holding):
        plan = aggregate_plan(
            demand,
            {
                "units_per_worker": output, "opening_workers": crew, "worker_cost": wage, "hire_cost": hire,
                "layoff_cost": layoff, "holding_cost": holding, "integer_workers": True,
            },
        )  # fmt: skip
        best = np.inf
        for workers in itertools.product(range(int(np.ceil(sum(demand) / output)) + 1), repeat=3):
            # As late as possible: what a bucket cannot make is carried into it.
            carried, stock = 0, 0
            for t in (2, 1, 0):
                carried = max(0, carried + demand[t] - output * workers[t])
                stock += carried if t else 0
            if carried == 0:
                change = np.diff([crew, *workers])
                people = wage * sum(workers) + hire * change.clip(0).sum() + layoff * (-change).clip(0).sum()
                best = min(best, people + holding * stock)
        assert plan.total_cost == pytest.approx(best, abs=1e-9)


def fields(plan: AggregatePlan):
    return list(vars(plan).values())


def check_plan(plan, demand, parameters):
    """Everything that holds in every plan, whatever the strategy."""
    count = len(demand)
    get = lambda name, default=0.0: parameters.get(name, default)  # noqa: E731
    every = lambda name, default=0.0: np.broadcast_to(np.asarray(get(name, default), float), count)  # noqa: E731
    for values in fields(plan):
        assert values.shape == (count,)
        assert np.isfinite(values).all()
        assert (values >= 0).all()
        # No minus zero, no dust.
        assert not np.signbit(values).any()
        assert not ((values > 0) & (values < 1e-9)).any()
    before = np.concatenate([[get("opening_workers")], plan.workers[:-1]])
    assert plan.workers == pytest.approx(before + plan.hired - plan.laid_off, abs=1e-9)
    assert (np.minimum(plan.hired, plan.laid_off) == 0).all()
    position = plan.inventory - plan.backlog
    start = get("opening_inventory") - get("opening_backlog")
    supply = plan.regular_units + plan.overtime_units + plan.subcontracted
    assert position == pytest.approx(np.concatenate([[start], position[:-1]]) + supply - demand, abs=1e-9)
    assert (np.minimum(plan.inventory, plan.backlog)[:-1] == 0).all()
    assert (plan.regular_units <= every("units_per_worker") * plan.workers + 1e-9).all()
    hours = every("overtime_hours_per_worker") * plan.workers
    assert (plan.overtime_hours <= hours + 1e-9).all()
    assert plan.overtime_hours == pytest.approx(plan.overtime_units * get("hours_per_unit"), abs=1e-9)
    limit = every("subcontract_limit", np.inf) if "subcontract_cost" in parameters else np.zeros(count)
    assert (plan.subcontracted <= limit).all()
    assert (plan.inventory <= every("max_inventory", np.inf) + 1e-9).all()
    assert plan.inventory[-1] >= get("ending_inventory") - 1e-9
    assert plan.backlog[-1] <= get("ending_backlog") + 1e-9
    if "backlog_cost" not in parameters:
        assert not plan.backlog.any()
    if get("integer_workers"):
        assert np.array_equal(plan.workers, np.round(plan.workers))
    if get("strategy") == "LEVEL":
        assert len(set(plan.workers)) == 1
    if get("strategy") in ("LEVEL", "CHASE"):
        assert not plan.overtime_units.any()
        assert not plan.subcontracted.any()
    charged = plan.inventory
    if get("holding_basis") == "AVERAGE":
        charged = (np.concatenate([[get("opening_inventory")], plan.inventory[:-1]]) + plan.inventory) / 2
    cost = (
        get("worker_cost") * plan.workers
        + get("hire_cost") * plan.hired
        + get("layoff_cost") * plan.laid_off
        + get("overtime_cost_hour") * plan.overtime_hours
        + get("material_cost") * (plan.regular_units + plan.overtime_units)
        + get("subcontract_cost") * plan.subcontracted
        + get("holding_cost") * charged
        + get("backlog_cost") * plan.backlog
    )
    assert plan.cost == pytest.approx(cost, rel=1e-9, abs=1e-9)
