"""What a move does, in one sentence: what, how much, when, at which price."""

from __future__ import annotations

import numpy as np

from sop_xl.process import planning
from sop_xl.process.demand_moves import missing_units
from sop_xl.process.evidence import old_forecast
from sop_xl.process.moves import AGREED, NOWHERE, Effect, Move, Shop, agreed


def sentence(shop: Shop, move: Move, effect: Effect) -> str:
    """The move for people."""
    given = shop.given
    if move.kind in AGREED:
        return _agreed(shop, move, effect)
    source, target = _label(shop, move.source), _label(shop, move.target)
    resource = given.resources[move.resource] if move.resource >= 0 else None
    hours = f"{move.hours:,.1f} {resource.unit} of {resource.code}" if resource else ""
    money = f"costs {effect.cost:,.0f}" if effect.cost else "costs nothing"
    if move.family < 0:
        verb = "Work overtime for" if move.kind == "overtime" else "Subcontract"
        return f"{verb} {hours} in {source}: {-effect.load:,.1f} less short, {money}."
    units = _units(shop, move.family, move.units)
    if move.kind == "shape demand" and move.source == NOWHERE:
        return _won(shop, move, units)
    if move.kind == "shape demand" and move.source != move.target:
        return (
            f"Deliver {units} in {target} and not in {source}, if the customers agree to wait: "
            f"{effect.service:+.1%} in time, money {effect.money:+,.0f} before any rebate."
        )
    if move.kind == "shape demand":
        with_it = (
            f" and make as much less: {-effect.load:,.1f} {resource.unit} less short on {resource.code}"
            if resource
            else ""
        )
        return f"Give up {units} of demand in {source}{with_it}, {money}."
    moved = f"Make {units} in {target} and not in {source}"
    if move.source == NOWHERE:
        moved = f"Make {units} more in {target}"
    if move.kind in ("pre-build", "delay"):
        relief = f", {-effect.load:,.1f} {resource.unit} less short on {resource.code}" if resource else ""
        later = f", {move.units:,.0f} less in stock until then" if move.kind == "delay" else ""
        return f"{moved}{relief}{later}, {money}."
    verb = "with overtime for" if move.kind == "overtime" else "with others doing"
    return f"{moved}, {verb} {hours}, {money}."


def _label(shop: Shop, bucket: int) -> str:
    horizon = shop.given.horizon
    if bucket == NOWHERE:
        return ""
    return horizon.words(horizon.planned[bucket])


def _units(shop: Shop, family: int, units: float, sign: str = "") -> str:
    one = shop.given.families[family]
    return f"{units:{sign},.0f} {one.unit or 'units'} of {one.code}"


def _won(shop: Shop, move: Move, units: str) -> str:
    """Demand that is won: from stock, or made with it."""
    f, t = move.family, move.target
    part = move.units / float(shop.plan.consensus_demand[f, t])
    made = "from stock"
    if move.resource >= 0:
        resource = shop.given.resources[move.resource]
        hours = sum(hours for r, hours, _ in shop.lines[f] if r == move.resource) * move.units
        made = f"made in {hours:,.1f} spare {resource.unit} of {resource.code}"
    revenue = move.units * shop.given.families[f].price
    closes = missing_units(shop, f)
    share = f", {move.units / closes:.1%} of what the budget misses" if closes else ""
    return (
        f"Win {units} in {_label(shop, t)} by a promotion (+{part:.0%}), {made}: revenue {revenue:+,.0f}{share}; "
        f"its own cost comes on top."
    )


def _agreed(shop: Shop, move: Move, effect: Effect) -> str:
    """Demand that becomes another because a forecast or the items say so."""
    f, plan = move.family, shop.plan
    code, unit = shop.given.families[f].code, shop.given.families[f].unit or "units"
    until = f" to {_label(shop, move.target)}" if move.target != move.source else ""
    when = f"{_label(shop, move.source)}{until}"
    if move.kind == "spread":
        return (
            f"Spread the demand of {code} in {when} over its items again: what was typed on Mix goes "
            f"({move.units:+,.0f} {unit}), the plan stays as it is."
        )
    after = agreed(plan, [move], shop.evidence)
    revenue = float(np.nansum(after.revenue) - np.nansum(plan.revenue))
    short = f", {effect.load:+,.1f} short of capacity" if abs(effect.load) > 1e-6 else ""
    what = f"demand {move.units:+,.0f} {unit}"
    if move.kind == "add up":
        return (
            f"Take what the items of {code} add up to in {when} for its demand: {what}, revenue "
            f"{revenue:+,.0f}{short}. "
            "Its items then share it by their forecasts."
        )
    production = float((after.production_plan - plan.production_plan)[f].sum())
    made = f"production {production:+,.0f} {unit}"
    if f in planning.optimal(shop.given):
        made = "production by Plan supply afterwards, with all OPTIMAL families"
    result = f"revenue {revenue:+,.0f}{short}, money {effect.money:+,.0f}"
    if not old_forecast(plan, shop.evidence)[f]:
        return f"Propose the production of {code} again: {made}, {result}."
    return f"Forecast {code} again and propose its production from it: {what}, {made}, {result}."
