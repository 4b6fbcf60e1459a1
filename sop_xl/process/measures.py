"""The measures of the cycle, each with what it was calculated from, or why it is not defined."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

import numpy as np

from sop_xl.demand.events import clean_history
from sop_xl.errors import NotDefinedError
from sop_xl.forecasting import accuracy
from sop_xl.kpis import execution, inventory, service
from sop_xl.model import Array, Facts, Measure, Measures, PlanInput

#: Targets where the planner has typed none.
TARGETS: dict[str, float] = {
    "forecast_accuracy": 0.85,
    "inventory_turns": 12.0,
    "fill_rate": 0.97,
    "otif": 0.90,
    "revenue_accuracy": 0.90,
    "on_time": 0.95,
    "schedule_attainment": 0.95,
    "backorder_rate": 0.03,
    "old_stock": 0.10,
}

Result = tuple[float, str]


def measures(given: PlanInput, facts: Facts, lag: int, targets: Mapping[str, float]) -> Measures:
    """The eight measures, service and ageing in two parts each.

    Args:
        lag: age in buckets of the forecast that accuracy is measured on.
        targets: measure label -> target typed by the planner; others take :data:`TARGETS`.
    """
    lines = _DueLines(facts)
    found: list[Measure] = []

    def add(
        key: str, label: str, unit: str, definition: str, result: Callable[[], Result], better: str = "high"
    ) -> None:
        try:
            value, basis = result()
        except NotDefinedError as reason:
            value, basis = float("nan"), f"Not defined: {reason.message}"
        target = targets.get(label, TARGETS[key])
        found.append(Measure(key, label, value, target, unit, basis, definition, better))

    add(
        "forecast_accuracy",
        "Forecast accuracy",
        "fraction",
        "max(0, 1 - sum |F - A| / sum A) by family and bucket, over one year; forecast frozen at the lag",
        lambda: _accuracy(given, facts, lag),
    )
    add(
        "inventory_turns",
        "Inventory turns",
        "per year",
        "Annual cost of goods sold / average inventory at cost",
        lambda: _turns(given, facts),
    )
    add(
        "fill_rate",
        "Fill rate (customer service)",
        "fraction",
        "sum min(delivered, ordered) by line / sum ordered",
        lambda: (service.fill_rate(lines.delivered, lines.ordered), f"{lines.count:,} order lines due"),
    )
    add(
        "otif",
        "On time in full",
        "fraction",
        "Lines delivered complete by their original promise / lines due",
        lambda: (
            service.otif(
                facts.promised,
                facts.delivered,
                facts.ordered_qty,
                np.nan_to_num(facts.delivered_qty),
                facts.as_of,
            ),
            f"{lines.count:,} order lines due",
        ),
    )
    add(
        "revenue_accuracy",
        "Revenue forecast accuracy",
        "fraction",
        "max(0, 1 - sum |F - A| / sum A) in money",
        lambda: _revenue(given, facts, lag),
    )
    add(
        "on_time",
        "On-time delivery",
        "fraction",
        "Lines delivered by their original promise / lines due; open and past due counts as late",
        lambda: _on_time(facts, lines),
    )
    add(
        "schedule_attainment",
        "Schedule attainment",
        "fraction",
        "sum min(actual, planned) by family and bucket / sum planned",
        lambda: (
            execution.schedule_attainment(facts.planned, facts.produced),
            f"{int((~np.isnan(facts.planned)).sum()):,} production lines of the last year",
        ),
    )
    add(
        "backorder_rate",
        "Backorder rate",
        "fraction",
        "sum max(ordered - delivered, 0) by line / sum ordered",
        lambda: (service.backorder_rate(lines.ordered, lines.delivered), f"{lines.count:,} order lines due"),
        "low",
    )
    ageing = _ageing(facts)
    add(
        "old_stock",
        "Inventory older than 180 days",
        "fraction",
        "Stock at cost received more than 180 days ago / all stock at cost",
        lambda: _old(ageing),
        "low",
    )
    return Measures(tuple(found), tuple(ageing or ()))


class _DueLines:
    """Order lines delivered or past due; quantities not delivered count as zero."""

    def __init__(self, facts: Facts) -> None:
        now = _serial(facts.as_of)
        arrived = facts.delivered <= now
        due = ~np.isnan(facts.promised) & (arrived | (facts.promised < now))
        self.ordered = facts.ordered_qty[due]
        self.delivered = np.where(arrived, np.nan_to_num(facts.delivered_qty), 0.0)[due]
        self.count = int(due.sum())


def _accuracy(given: PlanInput, facts: Facts, lag: int) -> Result:
    year = given.horizon.per_year
    forecast = facts.snapshots["consensus_demand", lag][:, -year:]
    if not np.isnan(forecast).all():
        cycles = int((~np.isnan(forecast)).any(axis=0).sum())
        value = accuracy.forecast_accuracy(given.history[:, -year:], forecast)
        return value, f"Published consensus at lag {lag}, {cycles} buckets, family level"
    return _backtest(given, lag)


def _backtest(given: PlanInput, lag: int) -> Result:
    """Without published plans: what the statistical forecast would have been."""
    from sop_xl.forecasting.backtest import backtest

    history = clean_history(given.history, given.history_factor, given.history_quantity)
    known = ~np.isnan(history).all(axis=1)
    if not known.any():
        raise NotDefinedError("there is no sales history.", "Load it.")
    back = backtest(
        history[known], horizon=lag + 1, season=given.horizon.per_year, origins=given.horizon.per_year
    )
    actual, forecast = back.actuals[:, :, lag], back.forecasts[:, :, lag]
    value = accuracy.forecast_accuracy(actual, forecast)
    return value, f"Backtest of the statistical forecast at lag {lag}: no plan was published yet"


def _revenue(given: PlanInput, facts: Facts, lag: int) -> Result:
    year = given.horizon.per_year
    forecast = facts.snapshot_values["consensus_demand", lag][:, -year:]
    if np.isnan(forecast).all():
        raise NotDefinedError("no published plan to compare with yet.", "Publish one.")
    value = accuracy.revenue_accuracy(given.history_value[:, -year:], forecast)
    return value, f"Published consensus at lag {lag} in money, family level"


def _turns(given: PlanInput, facts: Facts) -> Result:
    year = given.horizon.per_year
    cost = given.of_families("unit_cost")
    stocked = given.to_stock & ~np.isnan(cost)
    if not stocked.any():
        raise NotDefinedError("no unit cost is given.", "Ask finance.")
    sold = np.nan_to_num(given.history[:, -year:])
    cogs = sold[stocked] * cost[stocked, None]
    stock = given.of_families("opening_inventory")[stocked] * cost[stocked]
    made = facts.production_by_family[stocked, -year:]
    if np.isnan(made).all():
        return inventory.inventory_turns(
            cogs, stock[:, None], year
        ), "Stock of today; no production history to roll back"
    past = _rolled_back(given.of_families("opening_inventory")[stocked], np.nan_to_num(made), sold[stocked])
    value = inventory.inventory_turns(cogs, np.maximum(past, 0.0) * cost[stocked, None], year)
    return value, f"Average of {year} bucket ends, rolled back from today's stock with production and sales"


def _rolled_back(now: Array, made: Array, sold: Array) -> Array:
    """Inventory at the end of each closed bucket, from what is there now, (families, buckets)."""
    later = np.cumsum((made - sold)[:, ::-1], axis=1)[:, ::-1]
    return now[:, None] - np.column_stack([later[:, 1:], np.zeros(len(now))])


def _on_time(facts: Facts, lines: _DueLines) -> Result:
    value = service.on_time(facts.promised, facts.delivered, facts.as_of)
    return (
        value,
        f"{round(value * lines.count):,} of {lines.count:,} order lines due by {facts.as_of:%Y-%m-%d}",
    )


def _ageing(facts: Facts) -> list[tuple[str, float, float]] | None:
    value = np.maximum(np.nan_to_num(facts.stock_value), 0.0)
    if not value.sum() > 0:
        return None
    received = np.minimum(facts.stock_received, _serial(facts.as_of))
    return [
        (line.bracket, line.value, line.share)
        for line in inventory.inventory_aging(received, value, facts.as_of)
    ]


def _serial(day: date) -> float:
    return float((day - date(1899, 12, 30)).days)


def _old(ageing: list[tuple[str, float, float]] | None) -> Result:
    if ageing is None:
        raise NotDefinedError("there is no valued stock.", "Fill in tblStock and unit costs.")
    share = sum(part for bracket, _, part in ageing if bracket in ("181-365", "over 365"))
    return share, f"Stock of {sum(value for _, value, _ in ageing):,.0f} at cost, by date of receipt"
