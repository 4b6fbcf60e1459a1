"""What happened, as the measures need it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import numpy as np

from sop_xl.buckets import Horizon
from sop_xl.model import Array, Facts, PlanInput
from sop_xl.workbook import layout
from sop_xl.workbook.codes import Codes, Tables, key_of
from sop_xl.workbook.read import EXCEL_EPOCH
from sop_xl.workbook.snapshots import Snapshots, spread


def facts(
    given: Tables,
    horizon: Horizon,
    lags: tuple[int, int],
    plan: PlanInput,
    days: tuple[float, float] = (np.nan, np.nan),
) -> Facts:
    """What happened, for the measures.

    Args:
        lags: ages in buckets of the forecasts that are looked at.
        days: of sales and of payables outstanding.
    """
    codes = Codes(given)
    orders, stock, production = given["tblOrders"], given["tblStock"], given["tblProduction"]
    costs = plan.of_families("unit_cost")
    item_cost = dict(zip(map(key_of, given["tblItems"]["Item"]), given["tblItems"]["Unit cost"], strict=True))

    def cost(family: int, item: Any, own: float | None) -> float:
        known = own if own is not None else item_cost.get(key_of(item))
        return float(known) if known is not None else (float(costs[family]) if family >= 0 else np.nan)

    items = {key_of(item): i for i, item in enumerate(given["tblItems"]["Item"])}
    subjects = [
        items[key_of(item)] if key_of(item) in items else len(items) + family
        for item, family in zip(stock["Item"], codes.of_rows(stock), strict=True)
    ]
    lots = zip(codes.of_rows(stock), stock["Item"], stock["Unit cost"], stock["Quantity"], strict=True)
    year = {bucket.end for bucket in horizon.history(horizon.per_year)}
    recent = [i for i, day in enumerate(production["Bucket"]) if horizon.bucket_of(day).end in year]
    ends = {bucket.end: i for i, bucket in enumerate(horizon.history(layout.HISTORY_BUCKETS[horizon.kind]))}
    snapshots = Snapshots(given["tblPlan"], horizon, codes)
    at_lag = {
        (measure, age): snapshots.at_lag(measure, age, ends)
        for measure in ("consensus_demand", "baseline_forecast")
        for age in {*lags, 1, 2, 3}
    }
    owners = codes.of_rows(production)
    made = ((f, d, v) for f, d, v in zip(owners, production["Bucket"], production["Actual"], strict=True))
    return Facts(
        as_of=max([horizon.closed[-1].end, *(day for day in orders["Delivered"] if day is not None)]),
        promised=serials(orders["Promised"]),
        delivered=serials(orders["Delivered"]),
        ordered_qty=_numbers(orders["Ordered qty"]),
        delivered_qty=_numbers(orders["Delivered qty"]),
        order_value=_numbers(orders["Value"]),
        stock_value=np.array([q * cost(f, item, own) for f, item, own, q in lots], dtype=float),
        stock_received=serials(stock["Received"]),
        stock_quantity=_numbers(stock["Quantity"]),
        stock_subject=np.array(subjects, dtype=np.intp),
        planned=_numbers([production["Planned"][i] for i in recent]),
        produced=_numbers([production["Actual"][i] for i in recent]),
        made_family=np.array([owners[i] for i in recent], dtype=np.intp),
        made_end=serials(horizon.bucket_of(production["Bucket"][i]).end for i in recent),
        production_by_family=spread(made, horizon, ends, (len(plan.families), len(ends))),
        snapshots={key: pair[0] for key, pair in at_lag.items()},
        snapshot_values={key: pair[1] for key, pair in at_lag.items()},
        days_sales=days[0],
        days_payable=days[1],
    )


def serials(days: Iterable[date | None]) -> Array:
    """Dates as Excel serial numbers, NaN where empty."""
    return np.array([np.nan if day is None else float((day - EXCEL_EPOCH).days) for day in days], dtype=float)


def _numbers(values: Iterable[Any]) -> Array:
    return np.array([np.nan if value is None else value for value in values], dtype=float)
