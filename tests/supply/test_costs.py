"""Costs and limits that nobody gave."""

from __future__ import annotations

import math
from datetime import date

import pytest

from sop_xl.buckets import Horizon
from sop_xl.model import Family, Resource
from sop_xl.supply.costs import Costs, costs_of
from tests.process.test_planning import plan_input


def costs(family: Family, kind: str = "month") -> Costs:
    return costs_of(plan_input((family,), Horizon(date(2026, 10, 1), length=3, kind=kind)))  # type: ignore[arg-type]


@pytest.mark.parametrize(("kind", "months"), [("month", 1.0), ("quarter", 3.0), ("week", 12 / 52)])
def test_what_is_not_given_follows_from_price_and_cost(kind: str, months: float) -> None:
    found = costs(Family("F", price=8.0, unit_cost=5.0), kind)
    assert found.holding[0] == pytest.approx(0.1 * months)
    assert found.backorder[0] == pytest.approx(3.0 * months)
    assert (found.lot_minimum[0], found.inventory_limit[0]) == (0.0, math.inf)


def test_what_is_given_counts_in_any_bucket() -> None:
    given = Family(
        "F", unit_cost=5.0, holding_cost=0.0, backorder_cost=7.0, lot_minimum=3.0, inventory_limit=9.0
    )
    found = costs(given, "quarter")
    assert [values[0] for values in found[:4]] == [0.0, 7.0, 3.0, 9.0]


@pytest.mark.parametrize(("price", "late"), [(math.nan, 5.0), (5.0, 5.0), (4.0, 5.0), (6.0, 1.0)])
def test_waiting_costs_the_unit_where_there_is_no_margin(price: float, late: float) -> None:
    assert costs(Family("F", price=price, unit_cost=5.0)).backorder[0] == late


def test_nothing_is_known_without_price_and_cost() -> None:
    found = costs(Family("F"))
    assert math.isnan(found.holding[0])
    assert math.isnan(found.backorder[0])


def test_nobody_works_longer_or_elsewhere_unless_it_was_offered() -> None:
    resources = (Resource("A"), Resource("B", "", "", "h", 20.0, 70.0, 30.0, 90.0))
    found = costs_of(plan_input((Family("F"),), Horizon(date(2026, 10, 1), length=3), resources=resources))  # type: ignore[arg-type]
    assert [values.tolist() for values in found[4:]] == [[0, 20], [0, 70], [0, 30], [0, 90]]
