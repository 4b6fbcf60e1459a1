"""SOP_PLAN, SOP_PLAN_TABLE and SOP_VERSION on the store of the examples."""

from __future__ import annotations

import datetime as dt

import pytest

from udfs.registry import call, functions


@pytest.mark.parametrize(
    ("arguments", "number"),
    [
        (["consensus_demand", "TEA", "2026-11-30"], 1200.0),
        (["Consensus demand", "tea", dt.datetime(2026, 12, 1)], 1250.0),
        (["consensus_demand_value", "TEA", 46356], 9600.0),
        (["revenue", "CUPS", "2026-11-02", dt.datetime(2026, 11, 1)], 1500.0),
        (["revenue_value", [["CUPS"]], "2026-11-02", [["2026-11"]]], 1500.0),
    ],
)
def test_one_number(arguments, number):
    assert call("SOP_PLAN", arguments) == number


@pytest.mark.parametrize(
    ("arguments", "value", "reason"),
    [
        (["margins", "TEA", "2026-11-30"], "#VALUE!", "It has consensus_demand, revenue."),
        (["revenue", "COFFEE", "2026-11-30"], "#N/A", 'no family "COFFEE". It has TEA, CUPS.'),
        (["revenue", "TEA", "2027-01-31"], "#N/A", "2027-01-31. Its buckets end from 2026-11-30"),
        (["revenue", "CUPS", "2026-12-31"], "#N/A", "no revenue of CUPS in 2026-12-31"),
        (["revenue", "TEA", "2026-11-30", "2026-10"], "#N/A", "2026-10 is not published. The latest is 2026-11."),
        (["revenue", "TEA", "soon"], "#VALUE!", 'bucket (row 1, column 1) is the text "soon"'),
        (["revenue", "TEA", 2958465], "#N/A", "no bucket"),
        (["revenue", True, "2026-11-30"], "#VALUE!", "family (row 1, column 1) is TRUE"),
    ],
)  # fmt: skip
def test_a_number_that_is_not_there(arguments, value, reason):
    found = call("SOP_PLAN", arguments)
    assert found.value == value
    assert reason in found.reason


def test_a_table_of_a_measure_that_has_units_and_money():
    assert call("SOP_PLAN_TABLE", ["consensus_demand"])[1:] == [
        ["TEA", 1200.0, 1250.0],
        ["CUPS", 500.0, None],
    ]
    assert call("SOP_PLAN_TABLE", ["CONSENSUS_DEMAND_VALUE"])[1:] == [
        ["TEA", 9600.0, 10000.0],
        ["CUPS", 1500.0, None],
    ]


def test_the_functions_that_read_the_store_say_that_they_are_not_pure():
    assert [entry.name for entry in functions() if not entry.pure] == [
        "SOP_PLAN",
        "SOP_PLAN_TABLE",
        "SOP_VERSION",
    ]
