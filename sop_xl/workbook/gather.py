"""From the tables and views of a workbook to the arrays a plan is made from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

import numpy as np

from sop_xl import checks
from sop_xl.buckets import Horizon, bucket_of, working_days
from sop_xl.checks import Issue, Rows
from sop_xl.model import Array, BillLine, Facts, Family, PlanInput, Resource
from sop_xl.workbook import layout, tables
from sop_xl.workbook.read import EXCEL_EPOCH, Workbook

Tables = Mapping[str, Rows]
DRAFT = "DRAFT"


def read_tables(workbook: Workbook) -> dict[str, Rows]:
    """Every table that planning reads."""
    return {table.name: workbook.rows(table.name) for table in tables.SOURCE_TABLES}


class Codes:
    """Which row of an array a family, item or resource is; upper and lower case mean the same."""

    def __init__(self, given: Tables) -> None:
        self.family = _index(given["tblFamilies"]["Family"])
        self.resource = _index(given["tblResources"]["Resource"])
        self._item_family = {
            _key(item): self.family.get(_key(family), -1)
            for item, family in zip(given["tblItems"]["Item"], given["tblItems"]["Family"], strict=True)
        }

    def of(self, family: Any, item: Any) -> int:
        """Family row of a line; its own family where given, else its item's. -1 when unknown."""
        if family is not None:
            return self.family.get(_key(family), -1)
        return self._item_family.get(_key(item), -1)

    def of_rows(self, rows: Rows) -> list[int]:
        """Family row of every line of a table."""
        return [self.of(family, item) for family, item in zip(rows["Family"], rows["Item"], strict=True)]


def _key(value: Any) -> str:
    return "" if value is None else str(value).lower()


def _index(values: Iterable[Any]) -> dict[str, int]:
    found: dict[str, int] = {}
    for value in values:
        found.setdefault(_key(value), len(found))
    return found


def check(given: Tables, horizon: Horizon, sheet_issues: Iterable[Issue] = ()) -> list[Issue]:
    """All problems of the input, errors first."""
    issues = checks.check_tables(given)
    for name in ("tblSales", "tblOrders", "tblStock", "tblProduction"):
        issues += checks.check_family_or_item(given[name])
    issues += sheet_issues
    families = given["tblFamilies"]
    if not len(families):
        issues.append(families.issue(None, "", "No family is given.", "Load or type the families first."))
    issues += checks.check_bill(families, given["tblResources"], given["tblBill"], given["tblCapacity"])
    issues += checks.check_missing_prices(families)
    if not checks.errors(issues):
        issues += _check_history(given, horizon)
        if not len(given["tblBudget"]):
            issues.append(
                given["tblBudget"].issue(
                    None, "", "No budget is given: the plan is not compared with one.", "Load it.", "warning"
                )
            )
    return sorted(issues, key=lambda issue: issue.severity != "error")


def _check_history(given: Tables, horizon: Horizon) -> list[Issue]:
    history, _ = _history(given, horizon, Codes(given))
    ends = [bucket.end for bucket in horizon.history(layout.HISTORY_BUCKETS)]
    gaps, lengths = {}, {}
    for code, series in zip(given["tblFamilies"]["Family"], history, strict=True):
        known = ~np.isnan(series)
        lengths[code] = int(known.sum())
        gaps[code] = [end for end, value in zip(ends, series, strict=True) if value == 0]
    sales = given["tblSales"]
    issues = checks.check_history(given["tblFamilies"], gaps, lengths)
    late = [i for i, day in enumerate(sales["Bucket"]) if day > horizon.closed[-1].end]
    if late:
        issues.append(
            sales.issue(
                late[0],
                "Bucket",
                f"{len(late)} rows lie after {horizon.closed[-1].end:%Y-%m-%d}, the last closed bucket; not used.",
                "Move the current bucket on Home when the bucket is closed.",
                "warning",
            )
        )
    return issues


def _history(given: Tables, horizon: Horizon, codes: Codes) -> tuple[Array, Array]:
    """Units and money sold per family and closed bucket; NaN before the first sale."""
    sales = given["tblSales"]
    ends = {bucket.end: i for i, bucket in enumerate(horizon.history(layout.HISTORY_BUCKETS))}
    units = np.zeros((len(codes.family), len(ends)))
    money = np.zeros_like(units)
    first: dict[int, date] = {}
    end_of: dict[date, date] = {}
    for family, day, quantity, value in zip(
        codes.of_rows(sales), sales["Bucket"], sales["Quantity"], sales["Value"], strict=True
    ):
        if family < 0:
            continue
        end = end_of.get(day) or end_of.setdefault(day, bucket_of(day, horizon.kind).end)
        first[family] = min(end, first.get(family, end))
        if end in ends:
            units[family, ends[end]] += quantity
            money[family, ends[end]] += value or 0.0
    for family in range(len(units)):
        start = first.get(family)
        unknown = [i for end, i in ends.items() if start is None or end < start]
        units[family, unknown] = money[family, unknown] = np.nan
    return units, money


def plan_input(workbook: Workbook, given: Tables, horizon: Horizon) -> PlanInput:
    """Everything a plan is made from; the tables must have passed their checks."""
    codes = Codes(given)
    history, history_value = _history(given, horizon, codes)
    past = horizon.history(layout.HISTORY_BUCKETS)
    families = _families(given, codes)
    rows, count = len(families), len(horizon.planned)
    factor_past, quantity_past = _events(given, codes, horizon, {b.end: i for i, b in enumerate(past)}, rows)
    planned_ends = {bucket.end: i for i, bucket in enumerate(horizon.planned)}
    factor, quantity = _events(given, codes, horizon, planned_ends, rows)
    resources = _resources(given["tblResources"])
    demand = _view_inputs(workbook, layout.VIEWS["Demand"], horizon, codes.family, rows)
    supply = _view_inputs(workbook, layout.VIEWS["Supply"], horizon, codes.family, rows)

    def spread(table: str, header: str, index: Mapping[str, int], key: str, height: int) -> Array:
        source = given[table]
        lines = (
            (index.get(_key(k), -1), d, v)
            for k, d, v in zip(source[key], source["Bucket"], source[header], strict=True)
        )
        return _spread(lines, horizon, planned_ends, (height, count))

    production = given["tblProduction"]
    made = list(zip(codes.of_rows(production), production["Bucket"], strict=True))
    closed_ends = {bucket.end: i for i, bucket in enumerate(horizon.closed)}

    def made_in(header: str, ends: Mapping[date, int]) -> Array:
        lines = ((f, d, v) for (f, d), v in zip(made, production[header], strict=True))
        return _spread(lines, horizon, ends, (rows, len(ends)))

    calendar_ = given["tblCalendar"]
    days = {
        bucket_of(day, horizon.kind).end: number
        for day, number in zip(calendar_["Bucket"], calendar_["Working days"], strict=True)
    }
    pipeline = given["tblPipeline"]
    weighted = (
        (codes.family.get(_key(f), -1), d, q * (1.0 if p is None else p))
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
        pipeline=_spread(weighted, horizon, planned_ends, (rows, count)),
        baseline=demand["baseline_forecast"],
        sales_override=demand["sales_override"],
        marketing_override=demand["marketing_override"],
        proposed_production=supply["proposed_production"],
        production_override=supply["production_override"],
        firm_production=made_in("Planned", planned_ends),
        past_planned=made_in("Planned", closed_ends),
        past_actual=made_in("Actual", closed_ends),
        capacity=spread("tblCapacity", "Hours", codes.resource, "Resource", len(resources)),
        demonstrated=spread("tblCapacity", "Demonstrated", codes.resource, "Resource", len(resources)),
        budget_quantity=spread("tblBudget", "Quantity", codes.family, "Family", rows),
        budget_revenue=spread("tblBudget", "Revenue", codes.family, "Family", rows),
        budget_margin=spread("tblBudget", "Margin", codes.family, "Family", rows),
        previous_demand=snapshots.of(previous, "consensus_demand", 0, planned_ends),
        previous_revenue=snapshots.of(previous, "revenue", 1, planned_ends),
        past_consensus=snapshots.at_lag("consensus_demand", 1, closed_ends)[0],
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
            demand_owner=rows["Demand owner"][i] or "",
            supply_owner=rows["Supply owner"][i] or "",
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
        )
        for i, code in enumerate(rows["Resource"])
    )


def _bill(rows: Rows, codes: Codes) -> tuple[BillLine, ...]:
    return tuple(
        BillLine(codes.family[_key(family)], codes.resource[_key(resource)], hours, int(offset or 0))
        for family, resource, hours, offset in zip(
            rows["Family"], rows["Resource"], rows["Hours per unit"], rows["Offset"], strict=True
        )
    )


def _spread(
    lines: Iterable[tuple[int, date, float | None]],
    horizon: Horizon,
    ends: Mapping[date, int],
    shape: tuple[int, int],
) -> Array:
    """Sum dated lines into buckets; NaN where there is no line."""
    result = np.full(shape, np.nan)
    for row, day, value in lines:
        column = ends.get(bucket_of(day, horizon.kind).end)
        if row >= 0 and column is not None and value is not None:
            before = result[row, column]
            result[row, column] = value if np.isnan(before) else before + value
    return result


def _events(
    given: Tables, codes: Codes, horizon: Horizon, ends: Mapping[date, int], rows: int
) -> tuple[Array, Array]:
    """Combined factor and quantity of the events of each family and bucket; NaN where none."""
    events = given["tblEvents"]
    factor, quantity = np.full((rows, len(ends)), np.nan), np.full((rows, len(ends)), np.nan)
    for family, day, times, units in zip(
        events["Family"], events["Bucket"], events["Factor"], events["Quantity"], strict=True
    ):
        row, column = codes.family.get(_key(family), -1), ends.get(bucket_of(day, horizon.kind).end)
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
        family = index.get(_key(entity), -1)
        for end, value in values.items():
            position = horizon.position(end)
            if family >= 0 and position is not None and isinstance(value, int | float):
                arrays[key][family, position] = float(value)
    return arrays


def view_issues(workbook: Workbook, horizon: Horizon) -> list[Issue]:
    """Overrides that are no numbers, or negative."""
    issues = []
    for view in (layout.VIEWS["Demand"], layout.VIEWS["Supply"]):
        grid, _ = workbook.grid(view, horizon)
        for (entity, key), values in workbook.inputs(view, horizon).items():
            row = view.row(key)
            if row.role != "input":
                continue
            for end, value in values.items():
                place = (view.name, f"{entity} {row.label}", grid.rows[entity, key], f"{end:%Y-%m-%d}")
                if isinstance(value, bool) or not isinstance(value, int | float):
                    issues.append(
                        Issue(*place, f"{value!r} is not a number.", "Type a number, or clear the cell.")
                    )
                elif value < 0:
                    issues.append(
                        Issue(*place, f"{value:g} is negative.", "Type zero or more, or clear the cell.")
                    )
    return issues


class Snapshots:
    """Published plans kept in tblPlan, by version.

    A version belongs to the cycle of its earliest bucket; the age of its line in buckets is the lag.
    """

    def __init__(self, rows: Rows, horizon: Horizon, codes: Codes) -> None:
        self.horizon, self.height = horizon, len(codes.family)
        self.lines: dict[tuple[str, str], list[tuple[int, date, Any, Any]]] = {}
        self.first: dict[str, date] = {}
        for version, measure, family, day, quantity, value in zip(
            *(rows[header] for header in tables.PLAN.headers), strict=True
        ):
            if version is None or version == DRAFT or day is None:
                continue
            end = bucket_of(day, horizon.kind).end
            self.first[version] = min(end, self.first.get(version, end))
            row = codes.family.get(_key(family), -1)
            self.lines.setdefault((version, _key(measure)), []).append((row, end, quantity, value))

    def previous(self) -> str | None:
        """The latest version of an earlier cycle."""
        current = self.horizon.planned[0].end
        earlier = [(end, version) for version, end in self.first.items() if end < current]
        return max(earlier)[1] if earlier else None

    def of(self, version: str | None, measure: str, which: int, ends: Mapping[date, int]) -> Array:
        """Units (which = 0) or money (1) of one version, (families, ends)."""
        lines = self.lines.get((version or "", measure), [])
        return _spread(
            ((r, end, (q, v)[which]) for r, end, q, v in lines), self.horizon, ends, (self.height, len(ends))
        )

    def at_lag(self, measure: str, lag: int, ends: Mapping[date, int]) -> tuple[Array, Array]:
        """Units and money that were forecast ``lag`` buckets ahead, (families, ends) each."""
        order = sorted(self.first.values())
        units, money = (np.full((self.height, len(ends)), np.nan) for _ in range(2))
        position = _positions(self.horizon, [*order, *ends])
        for version, start in sorted(self.first.items()):
            lines = [
                line
                for line in self.lines.get((version, measure), [])
                if line[1] in ends and position[line[1]] - position[start] == lag
            ]
            for row, end, quantity, value in lines:
                if row >= 0:
                    units[row, ends[end]] = np.nan if quantity is None else quantity
                    money[row, ends[end]] = np.nan if value is None else value
        return units, money


def _positions(horizon: Horizon, ends: Iterable[date]) -> dict[date, int]:
    """Running number of buckets, so that ages can be subtracted."""
    count: Callable[[date], int]
    if horizon.kind == "week":
        count = lambda end: end.toordinal() // 7  # noqa: E731
    else:
        months = 1 if horizon.kind == "month" else 3
        count = lambda end: (end.year * 12 + end.month) // months  # noqa: E731
    return {end: count(end) for end in ends}


def facts(given: Tables, horizon: Horizon, lag: int, plan: PlanInput) -> Facts:
    """What happened, for the measures."""
    codes = Codes(given)
    orders, stock, production = given["tblOrders"], given["tblStock"], given["tblProduction"]
    costs = plan.of_families("unit_cost")
    item_cost = dict(zip(map(_key, given["tblItems"]["Item"]), given["tblItems"]["Unit cost"], strict=True))

    def cost(family: int, item: Any, own: float | None) -> float:
        known = own if own is not None else item_cost.get(_key(item))
        return float(known) if known is not None else (float(costs[family]) if family >= 0 else np.nan)

    lots = zip(codes.of_rows(stock), stock["Item"], stock["Unit cost"], stock["Quantity"], strict=True)
    year = {bucket.end for bucket in horizon.history(horizon.per_year)}
    recent = [i for i, day in enumerate(production["Bucket"]) if bucket_of(day, horizon.kind).end in year]
    ends = {bucket.end: i for i, bucket in enumerate(horizon.history(layout.HISTORY_BUCKETS))}
    snapshots = Snapshots(given["tblPlan"], horizon, codes)
    at_lag = {
        (measure, age): snapshots.at_lag(measure, age, ends)
        for measure in ("consensus_demand", "baseline_forecast")
        for age in {lag, 1, 2, 3}
    }
    made = (
        (f, d, v)
        for f, d, v in zip(codes.of_rows(production), production["Bucket"], production["Actual"], strict=True)
    )
    return Facts(
        as_of=max([horizon.closed[-1].end, *(day for day in orders["Delivered"] if day is not None)]),
        promised=serials(orders["Promised"]),
        delivered=serials(orders["Delivered"]),
        ordered_qty=_numbers(orders["Ordered qty"]),
        delivered_qty=_numbers(orders["Delivered qty"]),
        stock_value=np.array([q * cost(f, item, own) for f, item, own, q in lots], dtype=float),
        stock_received=serials(stock["Received"]),
        planned=_numbers([production["Planned"][i] for i in recent]),
        produced=_numbers([production["Actual"][i] for i in recent]),
        production_by_family=_spread(made, horizon, ends, (len(plan.families), len(ends))),
        snapshots={key: pair[0] for key, pair in at_lag.items()},
        snapshot_values={key: pair[1] for key, pair in at_lag.items()},
    )


def serials(days: Iterable[date | None]) -> Array:
    """Dates as Excel serial numbers, NaN where empty."""
    return np.array([np.nan if day is None else float((day - EXCEL_EPOCH).days) for day in days], dtype=float)


def _numbers(values: Iterable[Any]) -> Array:
    return np.array([np.nan if value is None else value for value in values], dtype=float)
