"""The words of the plan: one meaning each, the same in code, sheets and docs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Term:
    """A word with its unit and meaning."""

    name: str
    unit: Literal["units", "money", "hours", "fraction", "days", "text"]
    meaning: str


TERMS: tuple[Term, ...] = (
    Term("bucket", "days", "A dated slice of the plan, named by its last day"),
    Term("horizon", "days", "The buckets that are planned: the current one and those after it"),
    Term("family", "text", "A group of items planned together: the volume"),
    Term("item", "text", "What is sold: the mix inside a family"),
    Term("baseline_forecast", "units", "What the history alone says"),
    Term("events", "units", "What known promotions, launches and one-offs add to the baseline"),
    Term(
        "override", "units", "A planner's number in place of the calculated one; empty is none, zero is zero"
    ),
    Term("events_forecast", "units", "Baseline + events, as it was published"),
    Term("sales_forecast", "units", "The sales override where there is one, else the events forecast"),
    Term("consensus_demand", "units", "The demand all functions agree on, before limits"),
    Term("constrained_demand", "units", "The part of the consensus that can be shipped"),
    Term("production_plan", "units", "What will be made: the override where there is one, else the proposal"),
    Term("projected_inventory", "units", "Inventory before + production - demand; negative is a shortage"),
    Term("target_inventory", "units", "Target days x demand / working days"),
    Term("days_of_supply", "days", "Working days the inventory lasts against the demand that follows"),
    Term("backorders", "units", "Overdue demand that was not met"),
    Term("backlog", "units", "The whole unshipped order book of a family made to order"),
    Term("bill_of_resources", "hours", "What one unit of a family takes from a resource"),
    Term("load", "hours", "Bill of resources x production plan"),
    Term("capacity", "hours", "What a resource has in a bucket, without overtime"),
    Term("utilization", "fraction", "Load / capacity"),
    Term("strategy", "text", "How production follows demand: LEVEL, CHASE, TARGET or OPTIMAL"),
    Term("gap", "money", "Plan - budget"),
    Term("published", "text", "Frozen and handed out; never changed afterwards"),
    Term("gate", "text", "What a step of the cycle must leave before it is approved"),
    Term(
        "waterfall",
        "units",
        "What each published version forecast for a bucket, and what was sold in the end",
    ),
    Term("lag", "days", "Age in buckets of the forecast an actual is compared with"),
)

#: What a family's Forecast method and the argument ``method`` of SOP_FORECAST may say; stands here because tables
#: must not load the methods themselves.
FORECAST_METHODS = (
    "AUTO",
    "NAIVE",
    "SEASONAL_NAIVE",
    "MEAN",
    "MOVING_AVERAGE",
    "SES",
    "HOLT",
    "HOLT_DAMPED",
    "HOLT_WINTERS",
    "HOLT_WINTERS_MUL",
    "ETS",
    "THETA",
    "ARIMA",
    "CROSTON",
    "SBA",
    "TSB",
    "IMAPA",
    "EXCEL_ETS",
)
