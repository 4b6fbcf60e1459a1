import pytest

from sop_xl.errors import ArgumentError
from sop_xl.supply.aggregate_parameters import PARAMETERS, parameter_name, read_terms

LEAST = {"units_per_worker": 5}


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"hire_costs": 1}, "'hire_costs' is no parameter. Did you mean hire_cost?"),
        ({"Zzz": 1}, "'Zzz' is no parameter. There are opening_inventory, "),
        ({"hire_cost": -1}, "hire_cost is negative"),
        ({"hire_cost": "much"}, 'hire_cost is the text "much". A number was expected.'),
        ({"hire_cost": True}, "hire_cost is TRUE."),
        ({"hire_cost": [1, 2, 3]}, "hire_cost has 3 values. Give one value."),
        ({"hire_cost": 1e13}, "hire_cost is 1e+13. At most 1e+12 can be planned"),
        ({"subcontract_limit": [1, 2]}, "subcontract_limit has 2 values for 3 buckets."),
        ({"subcontract_limit": [1, -2, 3]}, "subcontract_limit is negative in place 2"),
        ({"subcontract_limit": [1, "x", 3]}, 'subcontract_limit holds the text "x".'),
        ({"strategy": "BEST"}, 'strategy is the text "BEST". Use one of OPTIMAL, LEVEL, CHASE.'),
        ({"strategy": ["LEVEL", "CHASE"]}, "strategy has 2 values."),
        ({"holding_basis": 3}, "holding_basis is 3. Use one of ENDING, AVERAGE."),
        ({"integer_workers": "maybe"}, 'integer_workers is the text "maybe". Use TRUE or FALSE.'),
        ({"integer_workers": 2}, "integer_workers is 2. Use TRUE or FALSE."),
        ({"hours_per_unit": 0}, "hours_per_unit is 0. Give hours above zero."),
        ({"hours_per_worker": 160}, "hours_per_worker and units_per_worker contradict each other."),
        ({"worker_cost": 1, "worker_cost_day": 1}, "worker_cost and worker_cost_day contradict each other."),
        ({"worker_cost_day": 1}, "worker_cost_day needs working_days."),
        ({"overtime_hours_per_worker": 1}, "overtime_hours_per_worker needs hours_per_unit."),
        ({"ending_backlog": 5}, "ending_backlog is 5, but without backlog_cost no backlog is allowed."),
        ({"units_per_worker": None}, "The parameters do not say what a worker makes. Give one of hours_per_worker, "),
        ({"units_per_worker": 0}, "units_per_worker is zero in every bucket."),
        ({"units_per_worker": 1e-12}, "By units_per_worker one worker makes 1e-12 to 1e-12 units."),
        ({"units_per_worker": None, "units_per_worker_day": 1}, "units_per_worker_day needs working_days."),
        ({"units_per_worker": None, "hours_per_worker": 8}, "hours_per_worker needs hours_per_unit."),
        ({"Units per worker": 6}, "units_per_worker is given twice."),
    ],
)  # fmt: skip
def test_a_refusal_names_the_parameter(parameters, message):
    with pytest.raises(ArgumentError) as refusal:
        read_terms([1, 2, 3], {**LEAST, **parameters})
    assert message in str(refusal.value)


@pytest.mark.parametrize(
    ("demand", "days", "message"),
    [
        ([1, -2], None, "demand is negative in place 2"),
        ([[1, 2]], None, "demand is 1 × 2. Plan one family at a time"),
        ([1e13], None, "demand is 1e+13 in place 1"),
        ([1, 2], [20, 20, 20], "working_days is 3 for 2 buckets"),
        ([1, 2], [20, -1], "working_days is negative in place 2"),
        ([1, 2], 400, "working_days is 400. Give the days of one bucket."),
    ],
)
def test_demand_and_days(demand, days, message):
    with pytest.raises(ArgumentError) as refusal:
        read_terms(demand, LEAST, days)
    assert message in str(refusal.value)


def test_what_is_not_given_is_the_default():
    terms = read_terms([1, 2], {**LEAST, "hire_cost": None})
    assert (terms.strategy, terms.holding_basis, terms.integer_workers) == ("OPTIMAL", "ENDING", False)
    assert (terms.hire_cost, terms.backlog_cost) == (0, None)
    assert terms.subcontract_limit.tolist() == [0, 0]
    assert (
        read_terms([1, 2], {**LEAST, "subcontract_cost": 0}).subcontract_limit.tolist() == [float("inf")] * 2
    )


@pytest.mark.parametrize(("given", "meant"), [("true", True), ("FALSE", False), (1, True), (0.0, False)])
def test_flags_may_be_words_or_numbers(given, meant):
    assert read_terms([1], {**LEAST, "INTEGER-workers": given}).integer_workers is meant


def test_a_closed_month_has_no_days():
    terms = read_terms([1, 2], {"units_per_worker_day": 2, "worker_cost_day": 100}, [20, 0])
    assert terms.output.tolist() == [40, 0]
    assert terms.worker_cost.tolist() == [2000, 0]


def test_every_parameter_is_known_by_its_name_in_capitals_and_in_words():
    for parameter in PARAMETERS:
        assert parameter_name(parameter.name.upper()) == parameter.name
        assert parameter_name(f" {parameter.name.replace('_', ' ').capitalize()} ") == parameter.name
