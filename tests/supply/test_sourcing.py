import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog

from sop_xl.errors import ArgumentError, NoAnswerError
from sop_xl.supply.sourcing import source_plan


def test_stevenson_transportation_model():
    # Stevenson, Operations Management, aggregate planning, transportation model: total 124,730.
    capacity = [[500] * 3, [50] * 3, [120, 120, 100]]
    plan = source_plan([550, 700, 750], capacity, [60, 80, 90], 100, 0, 1, 3)
    assert plan.total_cost == 124_730
    assert plan.inventory.tolist() == [130, 100, 0]
    assert plan.supply.sum(axis=1).tolist() == [1500, 150, 250]


def test_heizer_farnsworth_tire():
    # Heizer, Render, Operations Management, transportation method, Farnsworth Tire Company: total 105,700.
    capacity = [[700] * 3, [50] * 3, [150, 150, 130]]
    plan = source_plan([800, 1000, 750], capacity, [40, 50, 70], opening=100, holding_cost=2)
    assert plan.total_cost == 105_700
    assert plan.supply.tolist() == [[700, 700, 700], [50, 50, 50], [50, 150, 0]]


UNITS = st.integers(0, 300)
PRICE = st.integers(0, 40) | st.floats(0, 40).map(lambda price: round(price, 2))


@st.composite
def problems(draw):
    count, sources = draw(st.integers(1, 6)), draw(st.integers(1, 4))
    row = st.lists(UNITS, min_size=count, max_size=count)
    return {
        "demand": draw(row),
        "capacity": draw(st.lists(row, min_size=sources, max_size=sources)),
        "unit_cost": draw(st.lists(PRICE, min_size=sources, max_size=sources)),
        "opening": draw(UNITS),
        "ending": draw(st.just(0) | UNITS),
        "holding_cost": draw(PRICE),
        "backorder_cost": draw(st.none() | PRICE),
    }


def tableau(problem):
    """Least cost of the transportation tableau: what is made in bucket t for the demand of bucket u."""
    demand = np.array([*problem["demand"], problem["ending"]], float)
    count = len(problem["demand"])
    made = [(0, 0.0, problem["opening"])]
    made += [
        (t, price, most)
        for price, row in zip(problem["unit_cost"], problem["capacity"], strict=True)
        for t, most in enumerate(row)
    ]
    late = problem["backorder_cost"]
    cost, upper = [], []
    for t, price, _ in made:
        for u in range(count + 1):
            waits = problem["holding_cost"] * (u - t) if u >= t else (late or 0.0) * (t - u)
            cost.append(price + waits)
            upper.append(np.inf if u >= t or late is not None else 0.0)
    # Stock that nobody needs is held to the end.
    width = count + 2
    cost = np.insert(np.reshape(cost, (-1, count + 1)), count + 1, np.inf, axis=1)
    upper = np.insert(np.reshape(upper, (-1, count + 1)), count + 1, 0.0, axis=1)
    cost[:, -1] = 0.0
    cost[0, -1], upper[0, -1] = problem["holding_cost"] * count, np.inf
    to = np.zeros((count + 1, len(made) * width))
    for u in range(count + 1):
        to[u, u::width] = 1
    limits = np.kron(np.eye(len(made)), np.ones(width))
    used = np.array([most for _, _, most in made], float)
    found = linprog(
        cost.ravel(),
        A_ub=limits[1:], b_ub=used[1:],
        A_eq=np.vstack([to, limits[:1]]), b_eq=np.append(demand, used[0]),
        bounds=np.column_stack([np.zeros(upper.size), upper.ravel()]), method="highs-ds",
    )  # fmt: skip
    return found.fun if found.success else None


@given(problems())
def test_costs_as_the_transportation_tableau_and_balances(problem):
    expected = tableau(problem)
    try:
        plan = source_plan(**problem)
    except NoAnswerError:
        assert expected is None
        return
    assert plan.total_cost == pytest.approx(expected, rel=1e-9, abs=1e-6)
    position = plan.inventory - plan.backorder
    before = np.concatenate([[problem["opening"]], position[:-1]])
    assert position == pytest.approx(before + plan.supply.sum(axis=0) - problem["demand"], abs=1e-9)
    assert (np.minimum(plan.inventory, plan.backorder) == 0).all()
    assert (plan.supply <= np.array(problem["capacity"])).all()
    assert plan.inventory[-1] >= problem["ending"] - 1e-9
    for values in (plan.supply, plan.inventory, plan.backorder, plan.cost):
        assert (values >= 0).all()
        assert not np.signbit(values).any()
        assert not ((values > 0) & (values < 1e-9)).any()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (
            {},
            "Demand of bucket 2 cannot be met, 5 is missing: capacity allows no more and no backlog is allowed. "
            "Raise capacity, or allow backlog by backorder_cost.",
        ),
        (
            {"backorder_cost": 1},
            "Demand cannot be met by the last bucket, 5 is missing: capacity allows no more. Raise capacity.",
        ),
        (
            {"opening": 10, "ending": 20},
            "Demand and ending cannot be met by the last bucket, 15 is missing: capacity allows no more. Raise "
            "capacity, or lower ending.",
        ),
    ],
)
def test_too_little_capacity(changes, reason):
    with pytest.raises(NoAnswerError) as refusal:
        source_plan(**{"demand": [10, 15], "capacity": [[10, 10]], "unit_cost": 1, **changes})
    assert str(refusal.value) == reason


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"capacity": [[10, 10, 10]]}, "capacity is 1 × 3 for 2 buckets"),
        ({"unit_cost": [1, 2]}, "unit_cost has 2 numbers for 1 sources"),
        ({"unit_cost": -1}, "unit_cost is negative"),
        ({"demand": [10, -1]}, "demand is negative in place 2"),
        ({"holding_cost": 1e13}, "holding_cost is 1e"),
        ({"ending": -1}, "ending is negative"),
        ({"backorder_cost": -1}, "backorder_cost is negative"),
    ],
)
def test_wrong_arguments(changes, reason):
    with pytest.raises(ArgumentError, match=reason):
        source_plan(**{"demand": [10, 5], "capacity": [[10, 10]], "unit_cost": 1, **changes})


def test_overdue_units_at_the_start():
    plan = source_plan([10, 10], [[15, 30]], 1, opening=-20, backorder_cost=2)
    assert plan.backorder.tolist() == [15, 0]
    assert plan.cost.tolist() == [15 + 30, 25]
