"""From the tables and views of a workbook to the arrays a plan is made from."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np

from sop_xl.buckets import Horizon, working_days
from sop_xl.checks import Rows
from sop_xl.model import Array, BillLine, Family, ForecastSettings, PlanInput, Resource
from sop_xl.workbook import layout, tables
from sop_xl.workbook.codes import Codes, Tables, key_of
from sop_xl.workbook.read import Workbook
from sop_xl.workbook.snapshots import Snapshots, spread


def read_tables(workbook: Workbook) -> dict[str, Rows]:
    """Every table that planning reads."""
    return {table.name: workbook.rows(table.name) for table in tables.SOURCE_TABLES}


def family_history(given: Tables, horizon: Horizon, codes: Codes) -> tuple[Array, Array]:
    """Units and money sold per family and closed bucket, as :func:`sold_by` gives them."""
    return sold_by(codes.of_rows(given["tblSales"]), len(codes.family), given["tblSales"], horizon)


def sold_by(owners: list[int], height: int, sales: Rows, horizon: Horizon) -> tuple[Array, Array]:
    """Units and money sold per owner (family or item) and closed bucket, (height, history buckets) each.

    NaN before an owner's first sale, and in the latest buckets when nobody sold anything there: they are not
    loaded yet.

    Args:
        owners: row of each line of the sales table, -1 for lines that count for nobody.
    """
    ends = {bucket.end: i for i, bucket in enumerate(horizon.history(layout.HISTORY_BUCKETS[horizon.kind]))}
    units = np.zeros((height, len(ends)))
    money = np.zeros_like(units)
    first: dict[int, date] = {}
    end_of: dict[date, date] = {}
    for owner, day, quantity, value in zip(
        owners, sales["Bucket"], sales["Quantity"], sales["Value"], strict=True
    ):
        end = end_of.get(day) or end_of.setdefault(day, horizon.bucket_of(day).end)
        if owner < 0:
            continue
        first[owner] = min(end, first.get(owner, end))
        if end in ends:
            units[owner, ends[end]] += quantity
            money[owner, ends[end]] += value or 0.0
    closed = [end for end in end_of.values() if end <= horizon.closed[-1].end]
    loaded = max(closed, default=horizon.closed[-1].end)
    for owner in range(height):
        start = first.get(owner)
        unknown = [i for end, i in ends.items() if start is None or end < start or end > loaded]
        units[owner, unknown] = money[owner, unknown] = np.nan
    return units, money


def plan_input(workbook: Workbook, given: Tables, horizon: Horizon) -> PlanInput:
    """Everything a plan is made from; the tables must have passed their checks."""
    codes = Codes(given)
    history, history_value = family_history(given, horizon, codes)
    past = horizon.history(layout.HISTORY_BUCKETS[horizon.kind])
    families = _families(given, codes)
    rows, count = len(families), len(horizon.planned)
    factor_past, quantity_past = _events(given, codes, horizon, {b.end: i for i, b in enumerate(past)}, rows)
    planned_ends = {bucket.end: i for i, bucket in enumerate(horizon.planned)}
    factor, quantity = _events(given, codes, horizon, planned_ends, rows)
    resources = _resources(given["tblResources"])
    demand = _view_inputs(workbook, layout.VIEWS["Demand"], horizon, codes.family, rows)
    supply = _view_inputs(workbook, layout.VIEWS["Supply"], horizon, codes.family, rows)

    def per_bucket(table: str, header: str, index: Mapping[str, int], key: str, height: int) -> Array:
        source = given[table]
        lines = (
            (index.get(key_of(k), -1), d, v)
            for k, d, v in zip(source[key], source["Bucket"], source[header], strict=True)
        )
        return spread(lines, horizon, planned_ends, (height, count))

    extra = given["tblExtraCapacity"]

    def booked(kind: str) -> Array:
        lines = (
            (codes.resource.get(key_of(resource), -1) if key_of(of) == kind else -1, day, hours)
            for resource, of, day, hours in zip(
                extra["Resource"], extra["Kind"], extra["Bucket"], extra["Hours"], strict=True
            )
        )
        return spread(lines, horizon, planned_ends, (len(resources), count))

    production = given["tblProduction"]
    made = list(zip(codes.of_rows(production), production["Bucket"], strict=True))
    closed_ends = {bucket.end: i for i, bucket in enumerate(horizon.closed)}

    def made_in(header: str, ends: Mapping[date, int]) -> Array:
        lines = ((f, d, v) for (f, d), v in zip(made, production[header], strict=True))
        return spread(lines, horizon, ends, (rows, len(ends)))

    calendar_ = given["tblCalendar"]
    days: dict[date, float] = {}
    for day, number in zip(calendar_["Bucket"], calendar_["Working days"], strict=True):
        end = horizon.bucket_of(day).end
        # The months of a quarter add up.
        days[end] = days.get(end, 0.0) + number
    pipeline = given["tblPipeline"]
    weighted = (
        (codes.family.get(key_of(f), -1), d, q * (1.0 if p is None else p))
        for f, d, q, p in zip(
            pipeline["Family"], pipeline["Bucket"], pipeline["Quantity"], pipeline["Probability"], strict=True
        )
    )
    snapshots = Snapshots(given["tblPlan"], horizon, codes)
    previous = snapshots.previous()
    return PlanInput(
        horizon=horizon,
        families=families,
        resources=resources,
        bill=_bill(given["tblBill"], codes),
        working_days=np.array(working_days(horizon.planned, days)),
        history=history,
        history_value=history_value,
        history_factor=factor_past,
        history_quantity=quantity_past,
        event_factor=factor,
        event_quantity=quantity,
        pipeline=spread(weighted, horizon, planned_ends, (rows, count)),
        baseline=demand["baseline_forecast"],
        sales_override=demand["sales_override"],
        marketing_override=demand["marketing_override"],
        proposed_production=supply["proposed_production"],
        production_override=supply["production_override"],
        firm_production=made_in("Planned", planned_ends),
        past_planned=made_in("Planned", closed_ends),
        past_actual=made_in("Actual", closed_ends),
        capacity=per_bucket("tblCapacity", "Hours", codes.resource, "Resource", len(resources)),
        demonstrated=per_bucket("tblCapacity", "Demonstrated", codes.resource, "Resource", len(resources)),
        overtime=booked("overtime"),
        subcontract=booked("subcontract"),
        budget_quantity=per_bucket("tblBudget", "Quantity", codes.family, "Family", rows),
        budget_revenue=per_bucket("tblBudget", "Revenue", codes.family, "Family", rows),
        budget_margin=per_bucket("tblBudget", "Margin", codes.family, "Family", rows),
        previous_demand=snapshots.of(previous, "consensus_demand", 0, planned_ends),
        previous_shipments=snapshots.of(previous, "constrained_demand", 0, planned_ends),
        previous_revenue=snapshots.of(previous, "revenue", 1, planned_ends),
        previous_margin=snapshots.of(previous, "margin", 1, planned_ends),
        past_consensus=snapshots.at_lag("consensus_demand", 1, closed_ends)[0],
        forecasting=_forecasting(workbook),
        history_days=np.array(working_days(past, days)),
        previous_production=snapshots.of(previous, "production_plan", 0, planned_ends),
    )


def _forecasting(workbook: Workbook) -> ForecastSettings:
    """How the cycle card wants the baseline to be made."""
    cleaned = workbook.choice_field("Home_CleanSpikes") == "Y"
    return ForecastSettings(
        spike_limit=workbook.spike_limit() if cleaned else np.nan,
        per_working_day=workbook.choice_field("Home_PerWorkingDay") == "Y",
        reconcile=workbook.choice_field("Home_ReconcileMethod"),
    )


def _families(given: Tables, codes: Codes) -> tuple[Family, ...]:
    rows = given["tblFamilies"]
    stock = given["tblStock"]
    on_hand = np.zeros(len(codes.family))
    for family, quantity in zip(codes.of_rows(stock), stock["Quantity"], strict=True):
        if family >= 0:
            on_hand[family] += quantity

    def number(header: str, i: int, default: float) -> float:
        value = rows[header][i]
        return default if value is None else float(value)

    return tuple(
        Family(
            code=code,
            name=rows["Name"][i] or "",
            unit=rows["Unit"][i] or "",
            make=(rows["Make"][i] or "MTS").upper(),
            strategy=(rows["Strategy"][i] or "TARGET").upper(),
            target_days=number("Target days", i, 0.0),
            target_backlog_weeks=number("Target backlog weeks", i, 0.0),
            service_target=number("Service target", i, np.nan),
            price=number("Price", i, np.nan),
            unit_cost=number("Unit cost", i, np.nan),
            opening_inventory=number("Opening inventory", i, float(on_hand[i])),
            opening_backlog=number("Opening backlog", i, 0.0),
            holding_cost=number("Holding cost", i, np.nan),
            backorder_cost=number("Backorder cost", i, np.nan),
            lot_minimum=number("Lot minimum", i, np.nan),
            inventory_limit=number("Inventory limit", i, np.nan),
            demand_owner=rows["Demand owner"][i] or "",
            supply_owner=rows["Supply owner"][i] or "",
            method=(rows["Forecast method"][i] or "AUTO").upper(),
        )
        for i, code in enumerate(rows["Family"])
    )


def _resources(rows: Rows) -> tuple[Resource, ...]:
    def number(header: str, i: int) -> float:
        value = rows[header][i]
        return np.nan if value is None else float(value)

    return tuple(
        Resource(
            code,
            rows["Name"][i] or "",
            rows["Kind"][i] or "",
            rows["Unit"][i] or "h",
            number("Overtime limit", i),
            number("Overtime cost", i),
            number("Subcontract limit", i),
            number("Subcontract cost", i),
        )
        for i, code in enumerate(rows["Resource"])
    )


def _bill(rows: Rows, codes: Codes) -> tuple[BillLine, ...]:
    return tuple(
        BillLine(codes.family[key_of(family)], codes.resource[key_of(resource)], hours, int(offset or 0))
        for family, resource, hours, offset in zip(
            rows["Family"], rows["Resource"], rows["Hours per unit"], rows["Offset"], strict=True
        )
    )


def _events(
    given: Tables, codes: Codes, horizon: Horizon, ends: Mapping[date, int], rows: int
) -> tuple[Array, Array]:
    """Combined factor and quantity of the events of each family and bucket; NaN where none."""
    events = given["tblEvents"]
    factor, quantity = np.full((rows, len(ends)), np.nan), np.full((rows, len(ends)), np.nan)
    for family, day, times, units in zip(
        events["Family"], events["Bucket"], events["Factor"], events["Quantity"], strict=True
    ):
        row, column = codes.family.get(key_of(family), -1), ends.get(horizon.bucket_of(day).end)
        if row < 0 or column is None:
            continue
        if times is not None:
            factor[row, column] = times * (1.0 if np.isnan(factor[row, column]) else factor[row, column])
        if units is not None:
            quantity[row, column] = units + np.nan_to_num(quantity[row, column])
    return factor, quantity


def _view_inputs(
    workbook: Workbook, view: Any, horizon: Horizon, index: Mapping[str, int], rows: int
) -> dict[str, Array]:
    """Value rows of a planning view as arrays; text among them is reported by :func:`view_issues`."""
    arrays = {
        row.key: np.full((rows, len(horizon.planned)), np.nan) for row in view.rows if row.role != "calc"
    }
    for (entity, key), values in workbook.inputs(view, horizon).items():
        family = index.get(key_of(entity), -1)
        for end, value in values.items():
            position = horizon.position(end)
            if family >= 0 and position is not None and isinstance(value, int | float):
                arrays[key][family, position] = float(value)
    return arrays
