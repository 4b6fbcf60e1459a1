"""What a plan is made from and what it consists of.

Arrays are ``(families, buckets)`` or ``(resources, buckets)``. NaN means "not given": no override, no
budget, no capacity, not sold yet. ``planned`` buckets are the current one and those after it; ``closed``
buckets end before the current one starts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from sop_xl.buckets import Horizon

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Family:
    """A product family, the level on which volume is planned.

    Attributes:
        make: ``"MTS"`` to stock or ``"MTO"`` to order.
        strategy: ``"LEVEL"``, ``"CHASE"``, ``"TARGET"`` or ``"OPTIMAL"``.
        target_days: working days of demand to hold.
        target_backlog_weeks: weeks of orders to keep open (make to order).
        price, unit_cost: money per unit, NaN where not given.
        opening_inventory, opening_backlog: units at the start of the current bucket.
        method: how the family is forecast, a method of SOP_FORECAST.
        holding_cost, backorder_cost: money per unit and bucket, in stock or late; NaN where not given.
        lot_minimum: units made at least in a bucket that makes any, NaN where not given.
        inventory_limit: units in stock at most at the end of a bucket, NaN where not given.

    What counts where a cost or limit is not given: `sop_xl.supply.costs`.
    """

    code: str
    name: str = ""
    unit: str = ""
    make: str = "MTS"
    strategy: str = "TARGET"
    target_days: float = 0.0
    target_backlog_weeks: float = 0.0
    service_target: float = float("nan")
    price: float = float("nan")
    unit_cost: float = float("nan")
    opening_inventory: float = 0.0
    opening_backlog: float = 0.0
    holding_cost: float = float("nan")
    backorder_cost: float = float("nan")
    lot_minimum: float = float("nan")
    inventory_limit: float = float("nan")
    demand_owner: str = ""
    supply_owner: str = ""
    method: str = "AUTO"


@dataclass(frozen=True)
class Resource:
    """Something that limits supply.

    Attributes:
        unit: unit of load and capacity, hours where not given.
        overtime_limit, subcontract_limit: units of the resource per bucket that overtime or others add at
            most, NaN where not given.
        overtime_cost, subcontract_cost: money per unit of the resource on top of the unit cost, NaN where not
            given.
    """

    code: str
    name: str = ""
    kind: str = ""
    unit: str = "h"
    overtime_limit: float = float("nan")
    overtime_cost: float = float("nan")
    subcontract_limit: float = float("nan")
    subcontract_cost: float = float("nan")


@dataclass(frozen=True)
class BillLine:
    """What one unit of a family takes from a resource, ``offset`` buckets before it is finished."""

    family: int
    resource: int
    hours: float
    offset: int = 0


@dataclass(frozen=True)
class ForecastSettings:
    """How the baseline is made.

    Attributes:
        spike_limit: spikes further out than this many typical deviations are replaced; NaN: history stays.
        per_working_day: whether histories are forecast per working day and multiplied by the days to come.
        reconcile: how families, items and regions are made to agree, a method of SOP_RECONCILE.
    """

    spike_limit: float = float("nan")
    per_working_day: bool = False
    reconcile: str = "MIDDLE_OUT"


@dataclass(frozen=True)
class PlanInput:
    """Everything a plan is made from.

    Attributes:
        history, history_value: sold units and money, (families, closed history buckets), oldest first; the
            last column is the bucket before the current one. NaN before a family's first sale.
        history_factor, history_quantity: known past events, same shape; NaN where none.
        event_factor, event_quantity: coming events, (families, planned).
        pipeline: opportunities x probability, (families, planned).
        baseline: statistical forecast of the last *Forecast*, (families, planned), NaN before the first.
        sales_override, marketing_override, production_override: (families, planned), NaN = none.
        proposed_production: proposal of the last *Plan supply*, (families, planned).
        working_days: days per planned bucket.
        firm_production: production already ordered for planned buckets, NaN where none; kept in frozen buckets.
        past_planned, past_actual: production of the closed buckets shown, (families, past).
        capacity, demonstrated: (resources, planned), NaN = not given.
        overtime, subcontract: extra units of the resource booked, (resources, planned), NaN where none.
        budget_quantity, budget_revenue, budget_margin: (families, planned), NaN = not given.
        previous_demand, previous_shipments, previous_revenue, previous_margin: last published plan, (families,
            planned), NaN = not in it.
        past_consensus: consensus published for the closed buckets shown, (families, past).
        forecasting: how the baseline is made.
        history_days: working days of the history's buckets; may be left out unless the baseline needs them.
        previous_production: production of the last published plan, (families, planned); None where not known.
    """

    horizon: Horizon
    families: tuple[Family, ...]
    resources: tuple[Resource, ...]
    bill: tuple[BillLine, ...]
    working_days: Array
    history: Array
    history_value: Array
    history_factor: Array
    history_quantity: Array
    event_factor: Array
    event_quantity: Array
    pipeline: Array
    baseline: Array
    sales_override: Array
    marketing_override: Array
    proposed_production: Array
    production_override: Array
    firm_production: Array
    past_planned: Array
    past_actual: Array
    capacity: Array
    demonstrated: Array
    overtime: Array
    subcontract: Array
    budget_quantity: Array
    budget_revenue: Array
    budget_margin: Array
    previous_demand: Array
    previous_shipments: Array
    previous_revenue: Array
    previous_margin: Array
    past_consensus: Array
    forecasting: ForecastSettings = ForecastSettings()
    history_days: Array | None = None
    previous_production: Array | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """(families, planned buckets)."""
        return len(self.families), len(self.horizon.planned)

    def of_families(self, attribute: str) -> Array:
        """One number per family, (families,).

        >>> from datetime import date
        >>> [f.price for f in (Family("A", price=2.0),)]
        [2.0]
        """
        return np.array([getattr(family, attribute) for family in self.families], dtype=float)

    @property
    def available(self) -> Array:
        """Capacity with the extra booked on top, (resources, planned); NaN where no capacity is given."""
        return self.capacity + np.nan_to_num(self.overtime) + np.nan_to_num(self.subcontract)

    @property
    def to_stock(self) -> NDArray[np.bool_]:
        """Which families are made to stock, (families,)."""
        return np.array([family.make != "MTO" for family in self.families], dtype=bool)

    def last_year(self, values: Array) -> Array:
        """The same buckets a year earlier, (families, planned), from ``history`` shaped values."""
        families, planned = self.shape
        result = np.full((families, planned), np.nan)
        per_year, known = self.horizon.per_year, values.shape[1]
        for position in range(planned):
            column = known + position - per_year
            if 0 <= column < known:
                result[:, position] = values[:, column]
        return result


@dataclass(frozen=True)
class Items:
    """The mix: the items of the families.

    Attributes:
        codes, names: one per item.
        family: family of each item, counted from 0, (items,).
        history: units sold, (items, closed history buckets); NaN before the first sale and where not loaded yet.
        launch: planned bucket of the launch, counted from 0; NaN for items that are on sale already.
        like: item whose history stands in for a new one, counted from 0, -1 where there is none.
        last_bucket: last planned bucket of sale; NaN for items that go on, negative for those that ended.
    """

    codes: tuple[str, ...]
    names: tuple[str, ...]
    family: NDArray[np.intp]
    history: Array
    launch: Array
    like: NDArray[np.intp]
    last_bucket: Array


#: What stands for sales that name no region.
NO_REGION = "(no region)"


@dataclass(frozen=True)
class Regions:
    """Where the families sell: one row per family and region or channel, families in order.

    Attributes:
        names: region of each row; blank for sales that name none.
        family: family of each row, counted from 0, (rows,).
        history: units sold, (rows, closed history buckets); NaN before the first sale and where not loaded yet.
    """

    names: tuple[str, ...] = ()
    family: NDArray[np.intp] = field(default_factory=lambda: np.zeros(0, dtype=np.intp))
    history: Array = field(default_factory=lambda: np.zeros((0, 0)))

    def __len__(self) -> int:
        return len(self.names)


@dataclass(frozen=True)
class Plan:
    """The plan that follows from a :class:`PlanInput`. All arrays (families, planned) unless said otherwise.

    Attributes:
        projected_inventory: NaN for families made to order.
        backlog: NaN for families made to stock.
        constrained_demand: what can be shipped.
        load: (resources, planned) in units of the resource.
        production_cost, holding_cost, backorder_cost: money.
        overtime_cost, subcontract_cost: money, (resources, planned).
    """

    given: PlanInput
    baseline_forecast: Array
    events: Array
    consensus_demand: Array
    proposed_production: Array
    production_plan: Array
    projected_inventory: Array
    target_inventory: Array
    days_of_supply: Array
    backlog: Array
    target_backlog: Array
    constrained_demand: Array
    load: Array
    revenue: Array
    cogs: Array
    margin: Array
    inventory_value: Array
    demand_value: Array
    production_cost: Array
    holding_cost: Array
    backorder_cost: Array
    overtime_cost: Array
    subcontract_cost: Array

    @property
    def utilization(self) -> Array:
        """Load / available capacity, NaN where no capacity is given or it is zero."""
        available = self.given.available
        return self.load / np.where(available > 0, available, np.nan)

    @property
    def short(self) -> Array:
        """Units of each resource that are missing, (resources, planned)."""
        missing: Array = np.maximum(np.nan_to_num(self.load - self.given.available, nan=0.0), 0.0)
        return missing

    @property
    def result(self) -> float:
        """Margin less holding, backorders, overtime and subcontracting, over the plan; what is not known counts 0."""
        costs = (self.holding_cost, self.backorder_cost, self.overtime_cost, self.subcontract_cost)
        return float(np.nansum(self.margin) - sum(np.nansum(cost) for cost in costs))


@dataclass(frozen=True)
class Facts:
    """What happened, as the measures need it. Dates are Excel serial numbers, NaN where there is none.

    Attributes:
        as_of: the day of judgement: the end of the last closed bucket, or the latest delivery where that is later.
        promised, delivered: per order line.
        ordered_qty, delivered_qty: units per order line; lines with NaN delivered quantity were not delivered.
        order_value: money per order line, NaN where not given.
        stock_value, stock_received: per lot.
        stock_quantity, stock_subject: units per lot, and what they are units of: its place among the items, or
            behind them among the families for lots that name no item.
        planned, produced: production per line of closed buckets within the last year.
        made_family, made_end: family, and last day of the bucket, of the same lines.
        production_by_family: actual production, (families, closed history buckets), NaN where not known.
        snapshots: earlier published forecasts, (measure, lag) -> units of (families, closed history buckets).
        snapshot_values: the same in money.
        days_sales, days_payable: days that customers take to pay, and that suppliers are paid after; NaN where not
            given.
    """

    as_of: date
    promised: Array
    delivered: Array
    ordered_qty: Array
    delivered_qty: Array
    order_value: Array
    stock_value: Array
    stock_received: Array
    stock_quantity: Array
    stock_subject: NDArray[np.intp]
    planned: Array
    produced: Array
    made_family: NDArray[np.intp]
    made_end: Array
    production_by_family: Array
    snapshots: dict[tuple[str, int], Array]
    snapshot_values: dict[tuple[str, int], Array]
    days_sales: float = float("nan")
    days_payable: float = float("nan")


@dataclass(frozen=True)
class Gap:
    """Where demand, supply and money do not meet.

    Attributes:
        kind: capacity, inventory, target, service, budget, hierarchy or stale.
        subject: family or resource.
        bucket: last day of the bucket, None for the whole plan.
        size: how much is missing, in ``unit``.
        value: the same in money, NaN where no price is known.
    """

    kind: str
    subject: str
    bucket: date | None
    size: float
    unit: str
    value: float
    owner: str
    what: str


@dataclass(frozen=True)
class Measured:
    """What happened beside what had been forecast. Arrays are (families, closed buckets), NaN where not known.

    Attributes:
        ends: last day of each bucket, oldest first.
        year: how many of the latest buckets make a year.
        lags: ages in buckets of the two forecasts.
        published: whether the forecasts are published plans; if not, they are a backtest of the statistical one.
        actual: units sold; beside a backtest, without the effect of known events.
        forecast, second: units forecast at the two lags.
        baseline: the statistical forecast at the first lag.
        naive: units sold a year before.
        scale: mean change from one year to the next before these buckets, (families,).
        revenue, revenue_forecast: money.
        cogs, inventory, inventory_value: of families made to stock: cost of what was sold, units and money in stock
            at the end of the bucket.
    """

    ends: tuple[date, ...]
    year: int
    lags: tuple[int, int]
    published: bool
    actual: Array
    forecast: Array
    second: Array
    baseline: Array
    naive: Array
    scale: Array
    revenue: Array
    revenue_forecast: Array
    cogs: Array
    inventory: Array
    inventory_value: Array


@dataclass(frozen=True)
class Measure:
    """One measure of the cycle.

    Attributes:
        value: NaN where it is not defined; ``basis`` then says why.
        better: which way is good, see :mod:`sop_xl.kpis.catalogue`.
        tolerance: part of the target that a value may miss it by and still be amber.
        trend: the same for each of the latest buckets alone, oldest first; NaN where not defined.
        subject: the family that the value is about, where it is about one.
    """

    key: str
    label: str
    value: float
    target: float
    unit: str
    basis: str
    definition: str
    better: str = "high"
    tolerance: float = 0.05
    trend: tuple[float, ...] = ()
    subject: str = ""

    @property
    def status(self) -> str:
        """GREEN on target, AMBER within the tolerance of it, RED beyond, NOT DEFINED without a value.

        A value that must be near its target is green within two per cent of it.
        """
        if np.isnan(self.value):
            return "NOT DEFINED"
        if np.isnan(self.target):
            return "NO TARGET"
        miss = {
            "high": self.target - self.value,
            "low": self.value - self.target,
            "within": abs(self.value) - self.target,
            "near": abs(self.value - self.target) - NEAR * abs(self.target),
        }[self.better]
        if miss <= 0:
            return "GREEN"
        return "AMBER" if miss <= self.tolerance * abs(self.target) else "RED"


#: A value that must be near its target may be off by this part of it.
NEAR = 0.02


@dataclass(frozen=True)
class OrderMiss:
    """An order line that came late or short: its place among the lines, days late so far, units missing."""

    line: int
    days_late: float
    short: float


@dataclass(frozen=True)
class ExcessStock:
    """Stock that the coming year will not use: what it is of (as in Facts), units, demand, and money."""

    subject: int
    on_hand: float
    demand: float
    excess: float
    obsolete: float


@dataclass(frozen=True)
class HeldStock:
    """Stock of an item, or of a family without item (as in Facts): units, demand of the coming year, and money."""

    subject: int
    on_hand: float
    demand: float
    value: float


@dataclass(frozen=True)
class ScheduleMiss:
    """A family whose production lines fell short of their plan within the year."""

    family: int
    planned: float
    made: float
    missed: float
    attainment: float
    worst: date


@dataclass(frozen=True)
class Measures:
    """The measures of the cycle, what they are made from, and the cases behind them."""

    measures: tuple[Measure, ...]
    ageing: tuple[tuple[str, float, float], ...] = field(default=())
    measured: Measured | None = None
    orders: tuple[OrderMiss, ...] = ()
    excess: tuple[ExcessStock, ...] = ()
    schedule: tuple[ScheduleMiss, ...] = ()
    as_of: date | None = None
    held: tuple[HeldStock, ...] = ()

    def __getitem__(self, key: str) -> Measure:
        return next(measure for measure in self.measures if measure.key == key)
