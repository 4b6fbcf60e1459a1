"""How the parameter table and the sources of a plan are read from cells, and the tables that come back."""

import json
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sop_xl.supply.aggregate_parameters import PARAMETERS
from tests.supply.test_aggregate_plan import RED_TOMATO, RED_TOMATO_DEMAND
from udfs import reference
from udfs.cells import CellError
from udfs.command_line import call_command
from udfs.registry import call, lookup

ROWS = [[name, value] for name, value in RED_TOMATO.items()]
HEADER = ["Bucket", "Workers", "Hired", "Laid off", "Overtime hours", "Regular units", "Overtime units",
          "Subcontracted", "Inventory", "Backlog", "Cost"]  # fmt: skip


def plan(rows, *rest, demand=RED_TOMATO_DEMAND):
    return call("SOP_AGGREGATE_PLAN", [[demand], rows, *rest])


class TestAggregatePlan:
    def test_the_table_and_its_total(self):
        header, *rows, total = plan(ROWS)
        assert header == HEADER
        assert [row[0] for row in rows] == [1, 2, 3, 4, 5, 6]
        assert total[0] == "Total"
        for column in range(1, len(header)):
            assert total[column] == pytest.approx(sum(row[column] for row in rows), abs=1e-9)
        assert total[-1] == pytest.approx(422_275)

    def test_demand_down_a_column_gives_the_same_table(self):
        assert call("SOP_AGGREGATE_PLAN", [[[units] for units in RED_TOMATO_DEMAND], ROWS]) == plan(ROWS)

    def test_names_in_any_writing_in_any_order_with_empty_rows_and_values(self):
        rows = [[f" {name.replace('_', ' ').upper()}", value] for name, value in reversed(ROWS)]
        rows = [[None, None], *rows, ["strategy", None], ["max_inventory", ""], ["", ""]]
        assert plan(rows) == plan(ROWS)

    def test_a_row_may_hold_a_value_per_bucket(self):
        wide = [[name, value, *[None] * 5] for name, value in ROWS if name != "units_per_worker"]
        wide.append(["units_per_worker", *[40] * 6])
        assert plan(wide) == plan(ROWS)
        # On the command line rows need not be of one length, and values may be a list.
        short = [row[:2] for row in wide[:-1]]
        assert plan([*short, wide[-1]]) == plan(ROWS)
        assert plan([*short, ["units_per_worker", [40] * 6]]) == plan(ROWS)

    def test_working_days(self):
        rows = [["units_per_worker_day", 2], ["worker_cost_day", 32]]
        rows += [row for row in ROWS if row[0] not in ("units_per_worker", "worker_cost")]
        assert plan(rows, 20) == plan(ROWS)
        assert plan(rows, [[20]] * 6) == plan(ROWS)

    @pytest.mark.parametrize(
        ("row", "reason"),
        [
            (["hire_costs", 1], "parameters (row 15): 'hire_costs' is no parameter. Did you mean hire_cost?"),
            (["Hire cost", 1], "parameters (row 15): hire_cost stands in row 9 already. Give it once."),
            (["worker_cost_day", 1], "parameters (rows 6 and 15): worker_cost and worker_cost_day contradict"),
            (["max_inventory", -1], "parameters (row 15): max_inventory is negative"),
            (["max_inventory", "x"], 'parameters (row 15): max_inventory is the text "x".'),
            (["strategy", "X"], 'parameters (row 15): strategy is the text "X". Use one of OPTIMAL, LEVEL, CHASE.'),
            ([None, 5], "parameters (row 15, column 1) is empty. A name was expected."),
            ([5, 5], "parameters (row 15, column 1) is 5. A name was expected."),
            (["max_inventory", CellError("#N/A", "")], "parameters (row 15, column 2) is the error #N/A."),
            (["max_inventory", 1, 2], "parameters (row 15): max_inventory has 2 values for 6 buckets."),
            (["max_inventory", 1, None, 3], "parameters (row 15, column 3) is empty. A number was expected."),
            (["hours_per_worker_day", 8], "parameters (rows 4 and 15): hours_per_worker_day and units_per_worker"),
        ],
    )  # fmt: skip
    def test_a_refusal_names_the_row(self, row, reason):
        found = plan([*ROWS, row])
        assert found.value == "#VALUE!"
        assert found.reason.startswith(reason)

    def test_wrong_shapes(self):
        assert "Give two columns: name and value." in plan([["strategy"]]).reason
        assert "do not say what a worker makes" in plan([["hire_cost", 3]]).reason
        assert "Plan one family at a time" in call("SOP_AGGREGATE_PLAN", [[[1, 2], [3, 4]], ROWS]).reason

    def test_no_plan_is_a_number_error(self):
        found = plan([*ROWS, ["max_inventory", 400]])
        assert found == CellError(
            "#NUM!",
            "ending_inventory 500 is above max_inventory 400 of the last bucket. Lower ending_inventory or raise "
            "max_inventory.",
        )

    @settings(max_examples=150)
    @given(st.data())
    def test_strange_tables_do_not_crash(self, data):
        value = st.one_of(
            st.none(), st.booleans(), st.integers(-2, 200), st.floats(), st.sampled_from([1e-300, 1e-9, 1e11, 1e12]),
            st.sampled_from(["LEVEL", "CHASE", "AVERAGE", "TRUE", "x", "#N/A"]),
            st.lists(st.integers(0, 9), max_size=3),
        )  # fmt: skip
        names = [parameter.name for parameter in PARAMETERS]
        rows = [["units_per_worker", data.draw(st.sampled_from([0, 1e-9, 3, 1e12]))]]
        rows += data.draw(st.lists(st.tuples(st.sampled_from(names), value).map(list), max_size=8))
        demand = data.draw(st.lists(st.sampled_from([0, 1e-9, 5, 70.5, 1e12]), min_size=1, max_size=4))
        found = plan(rows, 20, demand=demand)
        if isinstance(found, CellError):
            assert "unexpectedly" not in found.reason
        else:
            json.dumps(found, allow_nan=False)

    def test_the_help_explains_every_parameter(self, capsys):
        page, text = reference.reference_markdown(), reference.help_text(lookup("SOP_AGGREGATE_PLAN"))
        for parameter in PARAMETERS:
            assert f"| `{parameter.name}` | " in page
            assert f"  {parameter.name} " in text
        (row,) = [row for row in reference.help_rows() if row[1].startswith("SOP_AGGREGATE_PLAN")]
        assert "- max_inventory: " in row[3]


def test_the_solver_says_nothing_on_standard_output():
    # With these whole workers it would write a line of its own before the answer.
    rows = [
        ["units_per_worker", 10100], ["opening_workers", 55], ["worker_cost", 0.1], ["hire_cost", 93],
        ["layoff_cost", 0.4], ["holding_cost", 1.6], ["backlog_cost", 0.4], ["subcontract_cost", 804.7],
        ["subcontract_limit", 33996], ["integer_workers", True],
    ]  # fmt: skip
    command = [
        sys.executable,
        "-m",
        "udfs",
        "call",
        "SOP_AGGREGATE_PLAN",
        "[[1463, 26870]]",
        json.dumps(rows),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.count("\n") == 1
    assert json.loads(done.stdout) == plan(rows, demand=[1463, 26870])


class TestSourcePlan:
    CAPACITY = ((500, 500, 500), (50, 50, 50), (120, 120, 100))

    def test_rows_and_columns(self):
        demand = [[550], [700], [750]]
        arguments = [demand, [list(row) for row in self.CAPACITY], [[60, 80, 90]], 100, 0, 1, 3]
        assert call("SOP_SOURCE_PLAN", arguments) == lookup("SOP_SOURCE_PLAN").example.result

    def test_one_capacity_for_all_buckets_and_one_source_down_a_column(self):
        wide = call("SOP_SOURCE_PLAN", [[[5, 6]], [[4, 4], [3, 3]], [[1], [2]]])
        assert call("SOP_SOURCE_PLAN", [[[5, 6]], [[4], [3]], [[1], [2]]]) == wide
        assert call("SOP_SOURCE_PLAN", [[[5], [6]], [[6], [7]], 1])[1] == ["Source 1", 5, 6]

    def test_no_plan_and_wrong_shapes(self, capsys):
        found = call("SOP_SOURCE_PLAN", [[[5, 6]], [[4, 4]], 1])
        assert found.value == "#NUM!"
        assert found.reason.startswith(
            "Demand of bucket 1 cannot be met, 1 is missing: capacity allows no more"
        )
        assert call("SOP_SOURCE_PLAN", [[[5, 6]], [[4, 4, 4]], 1]).value == "#VALUE!"
        assert call("SOP_SOURCE_PLAN", [[[5, 6]], [[9, 9]], [[1, 2]]]).value == "#VALUE!"
        assert call_command(["SOP_SOURCE_PLAN", "[[5]]", "[[4]]", "1"]) == 1
        assert capsys.readouterr().err.startswith("#NUM! Demand of bucket 1")
