"""The measures of the cycle: what each is, in which unit, which way is good, and the usual target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

#: ``high`` and ``low`` are good; ``within``: no further from zero than the target; ``near``: close to the target.
Better = Literal["high", "low", "within", "near"]
Unit = Literal["fraction", "per year", "days", "ratio"]


@dataclass(frozen=True)
class Definition:
    """One measure.

    Attributes:
        target: where the planner has typed none; None where no target is usual.
    """

    key: str
    label: str
    unit: Unit
    definition: str
    target: float | None
    better: Better = "high"


MEASURES: tuple[Definition, ...] = (
    Definition(
        "forecast_accuracy",
        "Forecast accuracy",
        "fraction",
        "max(0, 1 - sum |F - A| / sum A) by family and bucket over a year; forecast frozen at the accuracy lag",
        0.85,
    ),
    Definition(
        "forecast_accuracy_second",
        "Forecast accuracy (second lag)",
        "fraction",
        "The same with the forecast frozen two buckets earlier",
        0.80,
    ),
    Definition(
        "inventory_turns",
        "Inventory turns",
        "per year",
        "Annual cost of goods sold / average inventory at cost",
        12.0,
    ),
    Definition(
        "fill_rate",
        "Fill rate (customer service)",
        "fraction",
        "sum min(delivered, ordered) by line / sum ordered, lines due",
        0.97,
    ),
    Definition(
        "revenue_accuracy",
        "Revenue forecast accuracy",
        "fraction",
        "max(0, 1 - sum |F - A| / sum A) in money, forecast frozen at the accuracy lag",
        0.90,
    ),
    Definition(
        "on_time",
        "On-time delivery",
        "fraction",
        "Lines delivered by their original promise / lines due; open and past due counts as late",
        0.95,
    ),
    Definition(
        "schedule_attainment",
        "Schedule attainment",
        "fraction",
        "sum min(actual, planned) by production line and bucket / sum planned, over a year",
        0.95,
    ),
    Definition(
        "backorder_rate",
        "Backorder rate",
        "fraction",
        "sum max(ordered - delivered, 0) by line / sum ordered, lines due",
        0.03,
        "low",
    ),
    Definition(
        "old_stock",
        "Inventory older than 180 days",
        "fraction",
        "Stock at cost received more than 180 days ago / all stock at cost",
        0.10,
        "low",
    ),
    Definition(
        "otif",
        "On time in full",
        "fraction",
        "Lines delivered complete by their original promise / lines due",
        0.90,
    ),
    Definition(
        "cycle_service",
        "Cycle service",
        "fraction",
        "Bucket ends with stock / bucket ends, families made to stock, over a year",
        0.95,
    ),
    Definition(
        "wmape",
        "Forecast error (WMAPE)",
        "fraction",
        "sum |F - A| / sum A by family and bucket over a year, at the accuracy lag",
        0.15,
        "low",
    ),
    Definition(
        "bias",
        "Forecast bias",
        "fraction",
        "sum (F - A) / sum A, forecast - actual: above zero is over-forecasting; target either way",
        0.05,
        "within",
    ),
    Definition(
        "tracking_signal",
        "Tracking signal (largest)",
        "ratio",
        "Running sum of (F - A) / mean |F - A| of the family furthest from zero; beyond 4 either way is a bias",
        4.0,
        "within",
    ),
    Definition(
        "mase",
        "Scaled error (MASE)",
        "ratio",
        "Mean |F - A| / mean change from the same bucket of the year before, known before; below 1 beats that",
        1.0,
        "low",
    ),
    Definition(
        "fva",
        "Value added by consensus",
        "fraction",
        "WMAPE of the statistical forecast - WMAPE of the consensus, same lag and buckets; above zero adds value",
        0.0,
    ),
    Definition(
        "fva_baseline",
        "Value added by statistics",
        "fraction",
        "WMAPE of last year's sales taken as forecast - WMAPE of the statistical forecast, same buckets",
        0.0,
    ),
    Definition(
        "plan_adherence",
        "Plan adherence",
        "fraction",
        "sum actual / sum planned production over a year; too much is a miss as well",
        1.0,
        "near",
    ),
    Definition(
        "excess_obsolete",
        "Excess and obsolete stock",
        "fraction",
        "Stock at cost beyond the demand of the next year, by item / stock at cost",
        0.10,
        "low",
    ),
    Definition(
        "cash_to_cash",
        "Cash-to-cash cycle",
        "days",
        "Days of inventory (365 / turns) + days of sales outstanding - days of payables, as given on Home",
        None,
        "low",
    ),
)
