"""The steps of the monthly cycle, each on an open workbook.

Every function takes an ``xlwings.Book`` (in Excel or in a file), does its step and returns what it found.
Nothing is written when the input has errors.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import xlwings as xw

from sop_xl.checks import errors
from sop_xl.commands.cycle import Cycle
from sop_xl.commands.outcome import Outcome, Progress, counted, silent
from sop_xl.commands.reconcile import reconcile_step
from sop_xl.finance.comparison import Comparison, comparisons
from sop_xl.hosts.file_engine import remember_values
from sop_xl.model import Array, Measures, PlanInput
from sop_xl.process import planning
from sop_xl.process.joint import joint_words
from sop_xl.process.measured import lags_of
from sop_xl.process.measures import measures
from sop_xl.supply.costs import costs_of, spare_extra
from sop_xl.supply.rough_cut import LoadCheck, check_load, extra_hours
from sop_xl.workbook import layout
from sop_xl.workbook.bridge_table import bridge_lines
from sop_xl.workbook.codes import key_of
from sop_xl.workbook.read import CARD_LIMITS, Workbook
from sop_xl.workbook.upgrade import complete
from sop_xl.workbook.write import or_blank, write_table
from sop_xl.workbook.write_kpis import write_kpis

Card = Mapping[str, str | float]

# Functions ending in _step work on a cycle that is open already; run_cycle strings them together.


def check(book: xw.Book, progress: Progress = silent) -> Outcome:
    """List every problem of the input; changes nothing."""
    cycle = Cycle(book, progress)
    outcome = Outcome("check", issues=list(cycle.issues), changed=False)
    bad = len(errors(cycle.issues))
    outcome.say(f"{counted(bad, 'error')} and {counted(len(cycle.issues) - bad, 'warning')}.")
    outcome.data = {"errors": bad, "warnings": len(cycle.issues) - bad}
    return outcome


def forecast(book: xw.Book, progress: Progress = silent, card: Card | None = None) -> Outcome:
    """Forecast families, items and regions from their histories; overrides stay.

    Args:
        book: the workbook.
        progress: told what is being done.
        card: fields of the cycle card to fill in first. They stay there: the next forecast is made the same way.
    """
    return _run(book, progress, forecast_step, card=card)


def plan_supply(book: xw.Book, progress: Progress = silent) -> Outcome:
    """Propose production by each family's strategy."""
    return _run(book, progress, supply_step)


def check_capacity(book: xw.Book, progress: Progress = silent) -> Outcome:
    """Compare the load of the plan with the capacity of every resource."""
    return _run(book, progress, capacity_step)


def reconcile(book: xw.Book, progress: Progress = silent) -> Outcome:
    """List the gaps between demand, supply and money."""
    return _run(book, progress, reconcile_step)


def value_plan(book: xw.Book, progress: Progress = silent) -> Outcome:
    """Value the plan against budget, last year and the previous plan."""
    return _run(book, progress, value_step)


def refresh_kpis(book: xw.Book, progress: Progress = silent) -> Outcome:
    """Calculate the measures."""
    return _run(book, progress, kpi_step)


def run_cycle(book: xw.Book, progress: Progress = silent, card: Card | None = None) -> Outcome:
    """Check, forecast, plan supply, check capacity, reconcile, value, measure; written once at the end.

    ``card`` is that of :func:`forecast`.
    """
    return _run(
        book,
        progress,
        forecast_step,
        supply_step,
        capacity_step,
        reconcile_step,
        value_step,
        kpi_step,
        command="run-cycle",
        card=card,
    )


Step = Callable[[Cycle], Outcome]


def _run(
    book: xw.Book, progress: Progress, *steps: Step, command: str = "", card: Card | None = None
) -> Outcome:
    filled = fill_card(Workbook.of(book), card or {})
    cycle = Cycle(book, progress)
    cycle.require_clean()
    complete(cycle.workbook)
    results: list[Outcome] = []
    for i, step in enumerate(steps):
        result = step(cycle)
        progress(result.command, 0.2 + 0.4 * (i + 1) / len(steps))
        results.append(result)
    if command:
        outcome = Outcome(command)
        for result in results:
            outcome.take(result)
    else:
        outcome = results[0]
    outcome.lines[:0] = filled
    outcome.issues = list(cycle.issues)
    cycle.write(outcome)
    return outcome


def fill_card(workbook: Workbook, card: Card) -> list[str]:
    """Fill fields of the cycle card; returns what to say about it."""
    for name, value in card.items():
        workbook.set_field(name, value)
    said = ", ".join(f"{layout.FIELDS[name].label} {_shown(value)}" for name, value in card.items())
    return [f"Set on Home: {said}."] if said else []


def _shown(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:g}"


def forecast_step(cycle: Cycle) -> Outcome:
    """New baseline for every family."""
    outcome = Outcome("forecast")
    cycle.given = planning.with_forecast(cycle.given, cycle.baseline.families)
    given, plan = cycle.given, cycle.plan
    overrides = int((~np.isnan(given.sales_override) | ~np.isnan(given.marketing_override)).sum())
    outcome.say(
        f"Forecast {counted(len(given.families), 'family', 'families')} over {len(given.horizon.planned)} buckets; "
        f"{counted(overrides, 'overridden cell')} kept."
    )
    named = {key_of(name) for name in cycle.regions.names} - {""}
    if len(cycle.regions):
        selling = len(set(cycle.regions.family.tolist()))
        outcome.say(
            f"{counted(len(named), 'region')} forecast in {counted(selling, 'family', 'families')}, "
            f"{counted(len(cycle.regions), 'forecast')} in all: see Regions."
        )
    _say_how(outcome, cycle)
    last_year = given.last_year(given.history)[:, : given.horizon.per_year]
    known = ~np.isnan(last_year)
    demand = plan.demand_value[:, : given.horizon.per_year]
    price = given.of_families("price")[:, None]
    before = float(np.nansum(np.where(known, last_year * price, 0.0)))
    comparable = float(np.nansum(np.where(known[:, : demand.shape[1]], demand, 0.0)))
    if before > 0:
        outcome.say(
            f"Consensus demand of {_span(given)} is {comparable / before - 1:+.1%} against {_before(given)}, at price."
        )
    outcome.data |= {
        "families": len(given.families),
        "items": len(cycle.items.codes),
        "regions": len(named),
        "family_regions": len(cycle.regions),
        "buckets": len(given.horizon.planned),
        "overrides": overrides,
        "consensus_value": float(np.nansum(plan.demand_value)),
    }
    return outcome


def _span(given: PlanInput) -> str:
    """The coming year, or what is planned of it."""
    count, horizon = given.shape[1], given.horizon
    return "the next year" if count >= horizon.per_year else f"the next {counted(count, horizon.kind)}"


def _before(given: PlanInput) -> str:
    """What the coming year is compared with."""
    return "the last" if given.shape[1] >= given.horizon.per_year else "the same a year before"


def _say_how(outcome: Outcome, cycle: Cycle) -> None:
    """In one sentence, what the planner chose besides the usual; and the same for programs."""
    given, made, how = cycle.given, cycle.baseline, cycle.given.forecasting
    named = {family.code: family.method for family in given.families if family.method != "AUTO"}
    said = []
    if not np.isnan(how.spike_limit):
        said.append(f"{counted(len(made.spikes), 'spike')} of the families' history replaced")
    if how.per_working_day:
        said.append("per working day")
    if named:
        said.append("by " + ", ".join(f"{word} for {code}" for code, word in named.items()))
    if how.reconcile != "MIDDLE_OUT":
        said.append(f"{how.reconcile} over {made.levels}")
    if said:
        outcome.say(f"How: {'; '.join(said)}.")
    if how.reconcile == "BOTTOM_UP" and named:
        outcome.say("BOTTOM_UP adds up the items' forecasts: the families' own methods have no effect.")
    ends = [bucket.end for bucket in given.horizon.history(given.history.shape[1])]
    outcome.data["forecasting"] = {
        "methods": named,
        "spikes": [
            {
                "family": given.families[row].code,
                "bucket": ends[column],
                "sold": float(given.history[row, column]),
            }
            for row, column in made.spikes
        ],
        "per_working_day": how.per_working_day,
        "reconcile": how.reconcile,
        "levels": made.levels,
    }


def supply_step(cycle: Cycle) -> Outcome:
    """New production proposal for every family."""
    outcome = Outcome("plan-supply")
    cycle.propose()
    given, plan = cycle.given, cycle.plan
    kept = int((~np.isnan(given.production_override)).sum())
    outcome.say(
        f"Proposed production for {counted(len(given.families), 'family', 'families')}; "
        f"{counted(kept, 'override')} kept."
    )
    short = [
        family.code
        for family, inventory in zip(given.families, plan.projected_inventory, strict=True)
        if family.make != "MTO" and inventory.min() < -1e-6
    ]
    outcome.say(
        f"Stock runs out in {counted(len(short), 'family', 'families')}: {', '.join(short)}."
        if short
        else "No family runs out of stock."
    )
    outcome.data = {"short": short, "overrides": kept}
    if cycle.joint is not None:
        families = [given.families[i].code for i in planning.optimal(given)]
        currency = str(cycle.workbook.field("Home_Currency") or "")
        for line in joint_words(given, cycle.joint, families, currency):
            outcome.say(line)
        outcome.data["optimal"] = {"families": families, "cost": cycle.joint.cost, **cycle.joint.costs}
    return outcome


def capacity_step(cycle: Cycle) -> Outcome:
    """Rough-cut load against capacity, into tblCapacityCheck."""
    outcome = Outcome("check-capacity")
    given, plan = cycle.given, cycle.plan
    if not given.resources:
        write_table(cycle.workbook, "tblCapacityCheck", [])
        outcome.say("No resources are given: nothing to check.")
        return outcome
    result = check_load(plan.load, given.available)
    costs, (spare, others) = costs_of(given), spare_extra(given)
    overtime, subcontract, _ = extra_hours(
        plan.load, given.available, spare, costs.overtime_cost, others, costs.subcontract_cost
    )
    value = cycle.joint.value_of_hour if cycle.joint else np.full(plan.load.shape, np.nan)
    ends = [bucket.end for bucket in given.horizon.planned]
    lines = []
    for r, resource in enumerate(given.resources):
        peak, first = int(result.peak_bucket[r]), int(result.first_overload[r])
        known = not np.isnan(value[r]).all()
        dearest = int(np.nanargmax(value[r])) if known else -1
        lines.append(
            [
                resource.code,
                or_blank(result.peak_utilization[r]),
                ends[peak] if peak >= 0 else None,
                ends[first] if first >= 0 else None,
                float(result.hours_short[r]) if result.status[r] != "NO CAPACITY" else None,
                result.status[r],
                float(overtime[r].sum()),
                float(subcontract[r].sum()),
                float(value[r, dearest]) if known else None,
                ends[dearest] if known and value[r, dearest] > 0 else None,
            ]
        )
    write_table(cycle.workbook, "tblCapacityCheck", lines)
    _say_capacity(outcome, cycle, result, overtime + subcontract)
    outcome.data = {
        "resources": [
            dict(
                zip(
                    (
                        "resource",
                        "peak",
                        "peak_bucket",
                        "first_overload",
                        "hours_short",
                        "status",
                        "overtime",
                        "subcontract",
                        "value_of_hour",
                        "value_bucket",
                    ),
                    line,
                    strict=True,
                )
            )
            for line in lines
        ]
    }
    return outcome


def _say_capacity(outcome: Outcome, cycle: Cycle, result: LoadCheck, extra: Array) -> None:
    given = cycle.given
    over = [r for r, status in enumerate(result.status) if status == "OVER"]
    missing = sum(status == "NO CAPACITY" for status in result.status)
    for r in over:
        peak = given.horizon.words(given.horizon.planned[int(result.peak_bucket[r])])
        resource = given.resources[r]
        buckets = int((cycle.plan.short[r] > 0).sum())
        covered = (
            f" Overtime and subcontracting can carry {extra[r].sum():,.0f} {resource.unit} of it."
            if extra[r].any()
            else ""
        )
        outcome.say(
            f"{resource.code} is overloaded in {counted(buckets, 'bucket')}, "
            f"{result.hours_short[r]:,.0f} {resource.unit} short; "
            f"the peak is {result.peak_utilization[r]:.0%} in {peak}.{covered}"
        )
    if missing:
        outcome.say(
            f"Capacity is missing in some or all buckets for {counted(missing, 'resource')}: "
            "overloads there cannot be found."
        )
    if not over and missing < len(given.resources):
        outcome.say("Every resource with a capacity can carry the plan.")


def value_step(cycle: Cycle) -> Outcome:
    """Revenue, margin and inventory of the plan, against the budget."""
    outcome = Outcome("value-plan")
    given, plan = cycle.given, cycle.plan
    currency = cycle.workbook.field("Home_Currency") or ""
    revenue, margin = float(np.nansum(plan.revenue)), float(np.nansum(plan.margin))
    if np.isnan(plan.revenue).all():
        outcome.say("No price is given: the plan has no value yet.")
    else:
        ratio = f", margin {margin / revenue:.1%}" if revenue and not np.isnan(plan.margin).all() else ""
        outcome.say(f"Revenue of the plan is {revenue:,.0f} {currency}{ratio}.")
    gap = plan.revenue - given.budget_revenue
    known = ~np.isnan(gap)
    total = budget = float("nan")
    if known.any():
        total, budget = float(gap[known].sum()), float(given.budget_revenue[known].sum())
        outcome.say(
            f"Against the budget of the same {int(known.any(axis=0).sum())} buckets it is {total:+,.0f} {currency} "
            f"({total / budget:+.1%})."
            if budget
            else "The budget is zero."
        )
    else:
        outcome.say("No budget is given for these buckets.")
    found = comparisons(plan)
    write_table(cycle.workbook, "tblBridge", bridge_lines(plan, found))
    for comparison in found:
        if comparison.measure == "margin":
            outcome.say(_bridge_sentence(comparison, currency))
    outcome.data = {
        "revenue": revenue,
        "margin": margin,
        "gap_to_budget": total,
        "budget": budget,
        "costs": {
            name: float(np.nansum(getattr(plan, f"{name}_cost")))
            for name in ("production", "holding", "backorder", "overtime", "subcontract")
        },
        "margin_after_costs": plan.result,
        "bridges": {
            f"{comparison.measure} against {comparison.name}": {
                part: float(values.sum()) for part, values in comparison.bridge._asdict().items()
            }
            for comparison in found
        },
    }
    return outcome


def _bridge_sentence(comparison: Comparison, currency: object) -> str:
    """Why the margin differs, in one line."""
    # Rounded first, so that what is left below one cent has no sign.
    parts = {name: round(float(values.sum())) for name, values in comparison.bridge._asdict().items()}
    listed = ", ".join(f"{name} {parts[name]:+,.0f}" for name in ("volume", "mix", "price", "cost"))
    return f"Margin against the {comparison.name}: {parts['total']:+,.0f} {currency} ({listed})."


def kpi_measures(cycle: Cycle) -> Measures:
    """The measures of a cycle, against the targets that stand in the workbook."""
    from sop_xl.workbook.facts import facts

    workbook, horizon = cycle.workbook, cycle.horizon
    lag = workbook.number_field("Home_Lag", *CARD_LIMITS["Home_Lag"])
    old = workbook.rows("tblKPIs")
    targets = {
        label: float(target)
        for label, target in zip(old["Measure"], old["Target"], strict=True)
        if isinstance(target, int | float) and label is not None
    }
    days = workbook.optional_number("Home_DaysSales"), workbook.optional_number("Home_DaysPayable")
    happened = facts(cycle.tables, horizon, lags_of(lag), cycle.given, days)
    year = slice(0, horizon.per_year)
    coming = np.concatenate(
        [np.nansum(demand[:, year], axis=1) for demand in (cycle.mix, cycle.plan.consensus_demand)]
    )
    return measures(cycle.given, happened, lag, targets, coming)


def kpi_step(cycle: Cycle) -> Outcome:
    """The measures and the cases behind them, onto KPIs, Misses and Measured."""
    outcome = Outcome("refresh-kpis")
    found = kpi_measures(cycle)
    write_kpis(cycle.workbook, found, cycle.given, cycle.tables, remember_values)
    counts = {
        status: [m.label for m in found.measures if m.status == status] for status in ("RED", "NOT DEFINED")
    }
    red = ", ".join(counts["RED"]) or "none"
    outcome.say(f"{counted(len(found.measures), 'measure')}; red: {red}.")
    if counts["NOT DEFINED"]:
        outcome.say(f"Not defined: {', '.join(counts['NOT DEFINED'])}; KPIs says why.")
    on_time = found["on_time"]
    if not np.isnan(on_time.value):
        outcome.say(f"On time: {on_time.value:.5f} ({on_time.basis}).")
    outcome.data = {m.key: {"value": m.value, "target": m.target, "status": m.status} for m in found.measures}
    return outcome
