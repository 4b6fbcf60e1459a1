"""The measures of the cycle, each with what it was calculated from, or why it is not defined."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from sop_xl.errors import NotDefinedError
from sop_xl.forecasting import accuracy
from sop_xl.kpis import execution, inventory, service
from sop_xl.kpis.catalogue import MEASURES, Definition
from sop_xl.model import Array, Facts, Measure, Measured, Measures, PlanInput
from sop_xl.process.measured import TREND, lags_of, measured, serial
from sop_xl.process.misses import (
    due_lines,
    excess_stock,
    held_stock,
    order_misses,
    schedule_misses,
    stock_of_subjects,
)

#: Which bucket a measure is taken of, by position among those of Measured; None: its whole basis.
Bucket = int | None


def measures(
    given: PlanInput, facts: Facts, lag: int, targets: Mapping[str, float], coming: Array
) -> Measures:
    """All measures, each for its whole basis and for each of the latest buckets, and the cases behind them.

    Args:
        lag: age in buckets of the forecast that accuracy is measured on.
        targets: measure label -> target typed by the planner; others take the usual one.
        coming: units demanded in the coming year of every item, then of every family.
    """
    work = _Work(given, facts, measured(given, facts, lags_of(lag)), coming)
    return Measures(
        tuple(_measure(work, definition, targets) for definition in MEASURES),
        tuple(work.ageing or ()),
        work.made,
        order_misses(facts),
        excess_stock(facts, coming),
        schedule_misses(given, facts),
        facts.as_of,
        held_stock(facts, coming),
    )


def _measure(work: _Work, definition: Definition, targets: Mapping[str, float]) -> Measure:
    value_of, basis_of = _KINDS[definition.key]
    try:
        value = value_of(work, None)
        basis = basis_of(work, value)
    except NotDefinedError as reason:
        value, basis = float("nan"), f"Not defined: {reason.message}"
    usual = float("nan") if definition.target is None else definition.target
    return Measure(
        definition.key,
        definition.label,
        value,
        targets.get(definition.label, usual),
        definition.unit,
        basis,
        definition.definition,
        definition.better,
        trend=tuple(work.in_bucket(value_of, k) for k in range(TREND)),
        subject=work.furthest if definition.key == "tracking_signal" and not np.isnan(value) else "",
    )


class _Work:
    """What the measures are calculated from."""

    def __init__(self, given: PlanInput, facts: Facts, made: Measured, coming: Array) -> None:
        self.given, self.facts, self.made, self.coming = given, facts, made, coming
        self.due, self.came = due_lines(facts)
        self.ends = np.array([serial(end) for end in made.ends])
        # Buckets follow each other without a gap: a day belongs to the first that ends on it or later.
        self.promised_in = np.searchsorted(self.ends, np.nan_to_num(facts.promised, nan=np.inf), side="left")
        first = given.horizon.history(len(made.ends))[0].start
        self.promised_in[facts.promised < serial(first)] = -1
        self.ageing = _ageing(facts)
        self.furthest = ""

    def in_bucket(self, value_of: Value, k: int) -> float:
        """A measure of the k-th bucket of the trend alone; NaN where it is not defined."""
        place = len(self.made.ends) - TREND + k
        try:
            return value_of(self, place) if place >= 0 else float("nan")
        except NotDefinedError:
            return float("nan")

    def of(self, name: str, bucket: Bucket) -> Array:
        """Columns of an array of Measured: the latest year, or one bucket."""
        values: Array = getattr(self.made, name)
        return values[:, -self.made.year :] if bucket is None else values[:, bucket : bucket + 1]

    def lines(self, bucket: Bucket) -> NDArray[np.bool_]:
        """Order lines that are due: all, or those promised in one bucket."""
        if bucket is None:
            return self.due
        return np.asarray(self.due & (self.promised_in == bucket))

    def produced(self, bucket: Bucket) -> tuple[Array, Array]:
        """Planned and actual production by line: of the year, or of one bucket."""
        facts = self.facts
        chosen = slice(None) if bucket is None else facts.made_end == self.ends[bucket]
        return facts.planned[chosen], facts.produced[chosen]


Value = Callable[[_Work, Bucket], float]
Basis = Callable[[_Work, float], str]


def _accuracy(forecast: str) -> Value:
    def value(work: _Work, bucket: Bucket) -> float:
        return accuracy.forecast_accuracy(work.of("actual", bucket), _some(work, forecast, bucket))

    return value


def _of_forecast(measure: Callable[[Array, Array], float]) -> Value:
    return lambda work, bucket: measure(work.of("actual", bucket), _some(work, "forecast", bucket))


def _some(work: _Work, name: str, bucket: Bucket) -> Array:
    """A forecast, where there is any."""
    found = work.of(name, bucket)
    if np.isnan(found).all():
        age = work.made.lags[name == "second"]
        if np.isnan(work.given.history).all():
            raise NotDefinedError("there is no sales history.", "Load it.")
        raise NotDefinedError(f"no forecast of lag {age} is known yet.", "Publish plans.")
    return found


def _lag_basis(name: str) -> Basis:
    def basis(work: _Work, value: float) -> str:
        made, age = work.made, work.made.lags[name == "second"]
        count = int((~np.isnan(work.of(name, None))).any(axis=0).sum())
        if made.published:
            return f"Published consensus at lag {age}, {count} buckets, family level"
        return (
            f"Backtest of the statistical forecast at lag {age}, {count} buckets: no plan was published yet"
        )

    return basis


def _tracking(work: _Work, bucket: Bucket) -> float:
    """The signal of the family furthest from zero, after the year or after one of its buckets."""
    actual, forecast = work.of("actual", None), _some(work, "forecast", None)
    known = (~np.isnan(actual) & ~np.isnan(forecast)).any(axis=1)
    signals = np.zeros(actual.shape)
    signals[known] = accuracy.tracking_signal(actual[known], forecast[known])
    column = -1 if bucket is None else bucket - (len(work.made.ends) - actual.shape[1])
    if bucket is not None and column < 0:
        return float("nan")
    row = int(np.argmax(np.abs(signals[:, column])))
    if bucket is None:
        work.furthest = work.given.families[row].code
    return float(signals[row, column])


def _mase(work: _Work, bucket: Bucket) -> float:
    actual, forecast = work.of("actual", bucket), _some(work, "forecast", bucket)
    scale = np.where(work.made.scale > 0, work.made.scale, np.nan)[:, None]
    scaled = np.abs(forecast - actual) / scale
    if np.isnan(scaled).all():
        raise NotDefinedError("no family knows two years before.", "It needs more history.")
    return float(np.nanmean(scaled))


def _mase_basis(work: _Work, value: float) -> str:
    left_out = [
        f.code for f, scale in zip(work.given.families, work.made.scale, strict=True) if not scale > 0
    ]
    without = f"; without {', '.join(left_out)}, whose history is too short" if left_out else ""
    return _lag_basis("forecast")(work, value) + without


def _added_by_consensus(work: _Work, bucket: Bucket) -> float:
    if not work.made.published:
        raise NotDefinedError("no consensus was published yet.", "Publish plans.")
    baseline = work.of("baseline", bucket)
    if np.isnan(baseline).all():
        raise NotDefinedError("no statistical forecast was published.", "Publish plans.")
    return accuracy.fva(work.of("actual", bucket), _some(work, "forecast", bucket), baseline)


def _added_by_statistics(work: _Work, bucket: Bucket) -> float:
    baseline, naive = work.of("baseline", bucket), work.of("naive", bucket)
    if np.isnan(baseline).all():
        raise NotDefinedError("no statistical forecast is known.", "Publish plans.")
    return accuracy.fva(work.of("actual", bucket), baseline, naive)


def _revenue(work: _Work, bucket: Bucket) -> float:
    forecast = work.of("revenue_forecast", bucket)
    if np.isnan(forecast).all():
        raise NotDefinedError("no published plan to compare with yet.", "Publish one.")
    return accuracy.revenue_accuracy(work.of("revenue", bucket), forecast)


def _turns(work: _Work, bucket: Bucket) -> float:
    valued = ~np.isnan(work.of("cogs", None)).all(axis=1)
    if not valued.any():
        raise NotDefinedError("no unit cost is given.", "Ask finance.")
    sold, stock = work.of("cogs", bucket)[valued], work.of("inventory_value", bucket)[valued]
    return inventory.inventory_turns(sold, stock, work.made.year)


def _turns_basis(work: _Work, value: float) -> str:
    if _rolled(work):
        return f"Average of {work.made.year} bucket ends, rolled back from today's stock with production and sales"
    return "Stock of today; no production history to roll back"


def _rolled(work: _Work) -> bool:
    return not np.isnan(work.of("inventory", None)[:, :-1]).all()


def _cycle_service(work: _Work, bucket: Bucket) -> float:
    stock = work.of("inventory", bucket)
    if not _rolled(work):
        raise NotDefinedError("no production history to roll stock back with.", "Load it.")
    return service.cycle_service(np.where(np.isnan(stock), np.nan, (stock <= 0).astype(float)))


def _fill_rate(work: _Work, bucket: Bucket) -> float:
    lines = work.lines(bucket)
    return service.fill_rate(work.came[lines], work.facts.ordered_qty[lines])


def _backorders(work: _Work, bucket: Bucket) -> float:
    lines = work.lines(bucket)
    return service.backorder_rate(work.facts.ordered_qty[lines], work.came[lines])


def _on_time(work: _Work, bucket: Bucket) -> float:
    lines, facts = work.lines(bucket), work.facts
    return service.on_time(facts.promised[lines], facts.delivered[lines], facts.as_of)


def _otif(work: _Work, bucket: Bucket) -> float:
    lines, facts = work.lines(bucket), work.facts
    came = np.nan_to_num(facts.delivered_qty[lines])
    return service.otif(
        facts.promised[lines], facts.delivered[lines], facts.ordered_qty[lines], came, facts.as_of
    )


def _lines_basis(work: _Work, value: float) -> str:
    return f"{int(work.due.sum()):,} order lines due by {work.facts.as_of:%Y-%m-%d}"


def _share_basis(work: _Work, value: float) -> str:
    count = int(work.due.sum())
    return f"{round(value * count):,} of {_lines_basis(work, value)}"


def _made_basis(work: _Work, value: float) -> str:
    known = ~(np.isnan(work.facts.planned) | np.isnan(work.facts.produced))
    return f"{int(known.sum()):,} production lines of the last year"


def _ageing(facts: Facts) -> list[tuple[str, float, float]] | None:
    value = np.maximum(np.nan_to_num(facts.stock_value), 0.0)
    if not value.sum() > 0:
        return None
    received = np.minimum(facts.stock_received, serial(facts.as_of))
    return [
        (line.bracket, line.value, line.share)
        for line in inventory.inventory_aging(received, value, facts.as_of)
    ]


def _old(work: _Work, bucket: Bucket) -> float:
    if work.ageing is None:
        raise NotDefinedError("there is no valued stock.", "Fill in tblStock and unit costs.")
    _only_today(bucket)
    return sum(share for bracket, _, share in work.ageing if bracket in ("181-365", "over 365"))


def _only_today(bucket: Bucket) -> None:
    if bucket is not None:
        raise NotDefinedError("only the stock of today is known.", "There is no trend.")


def _old_basis(work: _Work, value: float) -> str:
    total = sum(money for _, money, _ in work.ageing or ())
    return f"Stock of {total:,.0f} at cost, by date of receipt"


def _excess(work: _Work, bucket: Bucket) -> float:
    _only_today(bucket)
    _, money = stock_of_subjects(work.facts, len(work.coming))
    total = float(np.maximum(money, 0.0).sum())
    if total <= 0:
        raise NotDefinedError("there is no valued stock.", "Fill in tblStock and unit costs.")
    return sum(line.excess + line.obsolete for line in excess_stock(work.facts, work.coming)) / total


def _excess_basis(work: _Work, value: float) -> str:
    found = excess_stock(work.facts, work.coming)
    excess, obsolete = sum(line.excess for line in found), sum(line.obsolete for line in found)
    return f"Excess {excess:,.0f}, obsolete {obsolete:,.0f} at cost, beyond the plan of the coming year"


def _cash(work: _Work, bucket: Bucket) -> float:
    _only_today(bucket)
    if np.isnan(work.facts.days_sales) or np.isnan(work.facts.days_payable):
        raise NotDefinedError("days of sales and of payables outstanding are not given.", "Ask finance.")
    days = 365.0 / _turns(work, None)
    return inventory.cash_to_cash(days, work.facts.days_sales, work.facts.days_payable)


def _cash_basis(work: _Work, value: float) -> str:
    facts = work.facts
    inventory_days = value - facts.days_sales + facts.days_payable
    return (
        f"{inventory_days:.0f} days of inventory + {facts.days_sales:g} of sales "
        f"- {facts.days_payable:g} of payables"
    )


_KINDS: dict[str, tuple[Value, Basis]] = {
    "forecast_accuracy": (_accuracy("forecast"), _lag_basis("forecast")),
    "forecast_accuracy_second": (_accuracy("second"), _lag_basis("second")),
    "inventory_turns": (_turns, _turns_basis),
    "fill_rate": (_fill_rate, _lines_basis),
    "revenue_accuracy": (
        _revenue,
        lambda work, value: f"Published consensus at lag {work.made.lags[0]} in money, family level",
    ),
    "on_time": (_on_time, _share_basis),
    "schedule_attainment": (
        lambda work, bucket: execution.schedule_attainment(*work.produced(bucket)),
        _made_basis,
    ),
    "backorder_rate": (_backorders, _lines_basis),
    "old_stock": (_old, _old_basis),
    "otif": (_otif, _share_basis),
    "cycle_service": (
        _cycle_service,
        lambda work, value: (
            f"{int((~np.isnan(work.of('inventory', None))).sum()):,} ends of buckets, rolled back "
            "from today's stock"
        ),
    ),
    "wmape": (_of_forecast(accuracy.wmape), _lag_basis("forecast")),
    "bias": (_of_forecast(accuracy.bias), _lag_basis("forecast")),
    "tracking_signal": (
        _tracking,
        lambda work, value: f"{work.furthest}: {_lag_basis('forecast')(work, value)}",
    ),
    "mase": (_mase, _mase_basis),
    "fva": (
        _added_by_consensus,
        lambda work, value: (
            f"Published consensus against the published statistical forecast, lag {work.made.lags[0]}"
        ),
    ),
    "fva_baseline": (
        _added_by_statistics,
        lambda work, value: (
            f"Statistical forecast at lag {work.made.lags[0]} against the same bucket a year before"
        ),
    ),
    "plan_adherence": (lambda work, bucket: execution.plan_adherence(*work.produced(bucket)), _made_basis),
    "excess_obsolete": (_excess, _excess_basis),
    "cash_to_cash": (_cash, _cash_basis),
}
