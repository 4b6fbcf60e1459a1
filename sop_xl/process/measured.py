"""What happened beside what had been forecast: the ground that the measures stand on."""

from __future__ import annotations

from datetime import date

import numpy as np

from sop_xl.demand.events import clean_history
from sop_xl.model import Array, Facts, Measured, PlanInput

#: Buckets of the trend beside each measure.
TREND = 12
#: How much older the second forecast is that accuracy is measured on, in buckets.
SECOND = 2


def lags_of(lag: int) -> tuple[int, int]:
    """The two ages at which forecasts are judged.

    >>> lags_of(1)
    (1, 3)
    """
    return lag, lag + SECOND


def measured(given: PlanInput, facts: Facts, lags: tuple[int, int]) -> Measured:
    """Actuals and forecasts of the latest buckets: a year, or as many as the trend shows where that is more.

    Where no plan was published yet, the statistical forecast is made again as it would have been made then.
    """
    year = given.horizon.per_year
    span = min(max(year, TREND), given.history.shape[1])
    actual = given.history
    forecast, second = (facts.snapshots["consensus_demand", lag] for lag in lags)
    baseline = facts.snapshots["baseline_forecast", lags[0]]
    published = not np.isnan(forecast[:, -year:]).all()
    if not published:
        actual = clean_history(given.history, given.history_factor, given.history_quantity)
        forecast, second = _made_again(actual, year, span, lags)
        baseline = forecast
    naive = np.full(actual.shape, np.nan)
    naive[:, year:] = actual[:, :-year]
    cogs, inventory, value = _stock(given, facts)
    last = slice(actual.shape[1] - span, None)
    return Measured(
        ends=tuple(bucket.end for bucket in given.horizon.history(span)),
        year=year,
        lags=lags,
        published=published,
        actual=actual[:, last],
        forecast=forecast[:, -span:],
        second=second[:, -span:],
        baseline=baseline[:, -span:],
        naive=naive[:, last],
        scale=_scale(actual[:, : actual.shape[1] - min(year, span)], year),
        revenue=given.history_value[:, last],
        revenue_forecast=facts.snapshot_values["consensus_demand", lags[0]][:, -span:],
        cogs=cogs[:, last],
        inventory=inventory[:, last],
        inventory_value=value[:, last],
    )


def _made_again(history: Array, season: int, span: int, lags: tuple[int, int]) -> tuple[Array, Array]:
    """The statistical forecast of the latest buckets as it would have been made at each of two lags."""
    from sop_xl.forecasting.backtest import backtest

    made = [np.full((len(history), span), np.nan) for _ in lags]
    known = np.flatnonzero(~np.isnan(history).all(axis=1))
    if not len(known):
        return made[0], made[1]
    origins = span + max(lags)
    back = backtest(history[known], horizon=max(lags) + 1, season=season, origins=origins)
    width = history.shape[1]
    for i, row in enumerate(known):
        stop = int(np.flatnonzero(~np.isnan(history[row]))[-1]) + 1
        for result, lag in zip(made, lags, strict=True):
            # The newest origin knows all buckets but the last known one.
            target = stop - origins + np.arange(origins) + lag - (width - span)
            inside = (target >= 0) & (target < span)
            result[row, target[inside]] = back.forecasts[i, inside, lag]
    return made[0], made[1]


def _scale(history: Array, season: int) -> Array:
    """Mean absolute change from one year to the next, (families,); NaN where never known."""
    if history.shape[1] <= season:
        return np.full(len(history), np.nan)
    change = np.abs(history[:, season:] - history[:, :-season])
    known = ~np.isnan(change)
    total, count = np.where(known, change, 0.0).sum(axis=1), known.sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _stock(given: PlanInput, facts: Facts) -> tuple[Array, Array, Array]:
    """Cost of what was sold, units and money in stock at bucket ends, (families, history buckets) each.

    Stock of the past is that of today, less what was made and plus what was sold since. Without any production
    history only the stock of today is known.
    """
    cost = given.of_families("unit_cost")
    now = given.of_families("opening_inventory")
    none = np.full(given.history.shape, np.nan)
    stocked = given.to_stock
    sold, made = np.nan_to_num(given.history), facts.production_by_family
    inventory = none.copy()
    if np.isnan(made[stocked, -given.horizon.per_year :]).all():
        inventory[:, -1] = now
    else:
        later = np.cumsum((np.nan_to_num(made) - sold)[:, ::-1], axis=1)[:, ::-1]
        inventory = now[:, None] - np.column_stack([later[:, 1:], np.zeros(len(now))])
    inventory = np.where(stocked[:, None], inventory, np.nan)
    worth = np.maximum(inventory, 0.0) * cost[:, None]
    if np.isnan(made[stocked, -given.horizon.per_year :]).all():
        worth[:, -1] = np.where(stocked, now * cost, np.nan)
    return np.where(stocked[:, None], sold * cost[:, None], np.nan), inventory, worth


def serial(day: date) -> float:
    """A date as the number that spreadsheet programs keep."""
    return float((day - date(1899, 12, 30)).days)
