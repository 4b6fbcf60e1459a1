"""Watching a published plan: forecasts against what was sold, plans against what was made, and what is due.

Error is forecast - actual, so a positive bias is over-forecasting. Forecasts are those that were frozen when a plan was
published; a lag is the age in buckets that a forecast had when its bucket came.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from sop_xl.errors import NotDefinedError
from sop_xl.forecasting import accuracy
from sop_xl.kpis.execution import plan_adherence
from sop_xl.model import Array, PlanInput

LAGS = (1, 2, 3)
#: A tracking signal beyond this says that the forecast is biased.
SIGNAL_LIMIT = 4.0
#: Production off its plan by more than these parts is worth a look, or a talk.
ADHERENCE_AMBER, ADHERENCE_RED = 0.02, 0.05
#: Name of a step of the forecast -> measure that is frozen when a plan is published.
FORECAST_STEPS: dict[str, str] = {
    "Statistical": "baseline_forecast",
    "With events": "events_forecast",
    "With sales": "sales_forecast",
    "Consensus": "consensus_demand",
}
NAIVE, TOTAL = "Seasonal naive", "Total"

#: (measure, lag) -> units of (families, closed buckets), NaN where nothing was published.
Frozen = Mapping[tuple[str, int], Array]
Row = Mapping[str, Any]


@dataclass(frozen=True)
class LagAccuracy:
    """How good the consensus of a family was at a lag, over one year.

    Attributes:
        buckets: pairs of forecast and actual.
        accuracy, bias: fractions, NaN where nothing was sold.
        signal: tracking signal after the last bucket; NaN of the total.
    """

    family: str
    lag: int
    buckets: int
    accuracy: float
    bias: float
    signal: float


@dataclass(frozen=True)
class ValueAdded:
    """What one step of the forecast added, over the same families and buckets as all the others.

    Attributes:
        added: WMAPE of the step before - that of this step; NaN of the first.
        against_naive: WMAPE of the seasonal naive forecast - that of this step.
    """

    lag: int
    step: str
    pairs: int
    wmape: float
    added: float
    against_naive: float


@dataclass(frozen=True)
class Alert:
    """Something that somebody should look at.

    Attributes:
        level: ``"RED"`` or ``"AMBER"``.
        value: what was measured, NaN where there is no number.
    """

    level: str
    kind: str
    subject: str
    owner: str
    value: float
    what: str


def lag_accuracy(given: PlanInput, frozen: Frozen) -> list[LagAccuracy]:
    """Accuracy of the published consensus of every family and of all together, at lags 1 to 3."""
    actual = _year(given, given.history)
    found = []
    for lag in LAGS:
        forecast = _year(given, frozen["consensus_demand", lag])
        pairs = ~np.isnan(actual) & ~np.isnan(forecast)
        if not pairs.any():
            continue
        for f, family in enumerate(given.families):
            if pairs[f].any():
                signal = float(accuracy.tracking_signal(actual[f], forecast[f])[-1])
                found.append(_line(family.code, lag, actual[f], forecast[f], int(pairs[f].sum()), signal))
        buckets = int(pairs.any(axis=0).sum())
        found.append(_line(TOTAL, lag, actual, forecast, buckets, float("nan")))
    return found


def _line(name: str, lag: int, actual: Array, forecast: Array, buckets: int, signal: float) -> LagAccuracy:
    try:
        right, bias = accuracy.forecast_accuracy(actual, forecast), accuracy.bias(actual, forecast)
    except NotDefinedError:
        right = bias = float("nan")
    return LagAccuracy(name, lag, buckets, right, bias, signal)


def value_added(given: PlanInput, frozen: Frozen) -> list[ValueAdded]:
    """What every step of the forecast added to the one before, from the seasonal naive forecast on, at lags 1 to 3.

    A step that no version was published with is left out. The parts add up: their sum is what the consensus adds
    to the naive forecast.

    Source:
        Gilliland, The Business Forecasting Deal, ch. 4.
    """
    found = []
    actual = _year(given, given.history)
    for lag in LAGS:
        chain = {NAIVE: _year(given, seasonal_naive(given))}
        for step, measure in FORECAST_STEPS.items():
            values = _year(given, frozen[measure, lag])
            if not np.isnan(values).all():
                chain[step] = values
        common = ~np.isnan(actual) & np.all([~np.isnan(values) for values in chain.values()], axis=0)
        if len(chain) == 1 or not common.any() or actual[common].sum() <= 0:
            continue
        errors = {step: accuracy.wmape(actual[common], values[common]) for step, values in chain.items()}
        before = float("nan")
        for step, error in errors.items():
            found.append(
                ValueAdded(lag, step, int(common.sum()), error, before - error, errors[NAIVE] - error)
            )
            before = error
    return found


def seasonal_naive(given: PlanInput) -> Array:
    """What was sold in the same bucket a year before, (families, closed buckets): known at every lag below a year."""
    year = given.horizon.per_year
    result = np.full_like(given.history, np.nan)
    result[:, year:] = given.history[:, :-year]
    return result


def signal_alerts(given: PlanInput, found: Sequence[LagAccuracy], lag: int) -> list[Alert]:
    """Families whose forecast is biased at a lag."""
    owners = {family.code: family.demand_owner or "Sales" for family in given.families}
    return [
        Alert(
            "RED",
            "tracking signal",
            line.family,
            owners[line.family],
            line.signal,
            f"{line.family} is forecast too {'high' if line.signal > 0 else 'low'} again and again: tracking signal "
            f"{line.signal:+.1f} at lag {lag} over {line.buckets} buckets, the limit is ±{SIGNAL_LIMIT:g}.",
        )
        for line in found
        if line.lag == lag and abs(line.signal) > SIGNAL_LIMIT
    ]


def adherence_alerts(given: PlanInput) -> list[Alert]:
    """Families whose production of the last closed bucket missed its plan, either way."""
    found = []
    bucket = given.horizon.closed[-1].end
    for f, family in enumerate(given.families):
        planned, made = given.past_planned[f, -1:], given.past_actual[f, -1:]
        if np.isnan(planned).any() or np.isnan(made).any() or planned.sum() <= 0:
            continue
        ratio = plan_adherence(planned, made)
        off = abs(ratio - 1)
        if off > ADHERENCE_AMBER + 1e-12:
            found.append(
                Alert(
                    "RED" if off > ADHERENCE_RED + 1e-12 else "AMBER",
                    "plan adherence",
                    family.code,
                    family.supply_owner or "Operations",
                    ratio,
                    f"{family.code} made {made[0]:,.0f} of {planned[0]:,.0f} planned to {bucket:%Y-%m-%d} "
                    f"({ratio - 1:+.1%}); the band is ±{ADHERENCE_AMBER:.0%} to ±{ADHERENCE_RED:.0%}.",
                )
            )
    return found


def assumption_alerts(rows: Iterable[Row], today: date) -> list[Alert]:
    """Assumptions whose window is now: somebody has to see whether the trigger has come."""
    found = []
    for row in rows:
        first, last = row["From"], row["To"]
        if first is None and last is None:
            continue
        if (first is None or first <= today) and (last is None or today <= last):
            until = f"until {last:%Y-%m-%d}" if last else "without an end"
            trigger = row["Trigger"] or "no trigger is given"
            found.append(
                Alert(
                    "AMBER",
                    "assumption",
                    str(row["Id"]),
                    row["Owner"] or "nobody",
                    float("nan"),
                    f"Assumption {row['Id']}{_of(row['Family'])} is to be watched now, {until}: {trigger}",
                )
            )
    return found


def action_alerts(rows: Iterable[Row], today: date) -> list[Alert]:
    """Actions past their day."""
    return [
        Alert(
            "RED",
            "overdue action",
            str(row["Id"]),
            row["Owner"] or "nobody",
            float((today - row["Due"]).days),
            f"Action {row['Id']} is {(today - row['Due']).days} days late: {row['Action'] or 'no text is given'}",
        )
        for row in rows
        if row["Due"] is not None and row["Due"] < today
    ]


def _of(family: str | None) -> str:
    return f" on {family}" if family else ""


def _year(given: PlanInput, values: Array) -> Array:
    return values[:, -given.horizon.per_year :]
