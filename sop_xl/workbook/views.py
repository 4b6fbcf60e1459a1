"""The planning views: which rows every family or resource has, and the native formula of each.

Formulas are written in the notation of :mod:`sop_xl.workbook.formulas`. ``{row}`` is the cell of that row in the
same bucket, ``{row<}`` in the bucket before, ``{row|}`` in the last one, ``{row>>}`` in all buckets after this one,
``{View.row}`` the same bucket in another view. ``{*}``, ``{**}`` and
``{units}`` are this column, the labels and the units of all blocks below the totals. ``{entity}``, ``{end}``,
``{before}``, ``{days}`` are the family or resource of the block, the last day of the bucket, the last day of the one
before, and its working days; ``{months}`` is the length of a bucket.
"""

from __future__ import annotations

from sop_xl.supply.costs import HOLDING_RATE
from sop_xl.workbook.spec import Row, View


def _family(header: str) -> str:
    return f"INDEX(tblFamilies[{header}],MATCH({{entity}},tblFamilies[Family],0))"


PRICE, COST = _family("Price"), _family("Unit cost")
HOLDING, LATE = _family("Holding cost"), _family("Backorder cost")


def _held(units: str) -> str:
    """Units x holding cost, with what counts where none is given (:mod:`sop_xl.supply.costs`)."""
    rate = f'IF({HOLDING}<>"",{HOLDING},{HOLDING_RATE}*{{months}}*{COST})'
    return f'IF(AND({HOLDING}="",{COST}=""),"",{units}*{rate})'


def _late(units: str) -> str:
    """Units x backorder cost, in the same way."""
    rate = f'IF({LATE}<>"",{LATE},{{months}}*IF({PRICE}>{COST},{PRICE}-{COST},{COST}))'
    return f'IF(AND({LATE}="",{COST}=""),"",{units}*{rate})'


def _extra(kind: str) -> str:
    """Extra capacity of a kind that is booked in the bucket."""
    return (
        f'SUMIFS(tblExtraCapacity[Hours],tblExtraCapacity[Resource],{{entity}},tblExtraCapacity[Kind],"{kind}",'
        'tblExtraCapacity[Bucket],">"&{before},tblExtraCapacity[Bucket],"<="&{end})'
    )


def _resource(header: str) -> str:
    return f"N(INDEX(tblResources[{header}],MATCH({{entity}},tblResources[Resource],0)))"


def _between(table: str, header: str, key: str) -> str:
    """Sum of a dated table column inside the bucket; empty where the table has no row for it."""
    bucket = f'{table}[Bucket],">"&{{before}},{table}[Bucket],"<="&{{end}}'
    within = f'{table}[{key}],{{entity}},{bucket},{table}[{header}],"<>"'
    return f'IF(COUNTIFS({within})=0,"",SUMIFS({table}[{header}],{within}))'


def _both(left: str, right: str) -> str:
    return f'IF(OR({{{left}}}="",{{{right}}}=""),"",{{{left}}}-{{{right}}})'


DEMAND = View(
    "Demand",
    "family",
    rows=(
        Row("last_year", "Last year", "unit", "data", help="Sold in the same bucket a year before"),
        Row("actual", "Actual", "unit", "data", help="Sold; closed buckets only"),
        Row("baseline_forecast", "Baseline forecast", "unit", "data", help="Statistical forecast"),
        Row("events", "Events", "unit", "data", help="Promotions, launches and one-offs from tblEvents"),
        Row(
            "pipeline",
            "Weighted pipeline (memo)",
            "unit",
            "data",
            help="Opportunities x probability; not added",
        ),
        Row("sales_override", "Sales override", "unit", "input", help="Empty: none. Zero: zero"),
        Row("marketing_override", "Marketing override", "unit", "input", help="Empty: none. Zero: zero"),
        Row(
            "consensus_demand",
            "Consensus demand",
            "unit",
            plan='IF({marketing_override}<>"",{marketing_override},IF({sales_override}<>"",{sales_override},'
            "{baseline_forecast}+{events}))",
            strong=True,
            help="The last override that is not empty, else baseline + events",
        ),
        Row("old_forecast", "Old forecast", "unit", "data", help="Consensus of the last published plan"),
        Row(
            "change",
            "Change",
            "unit",
            plan='IF({old_forecast}="","",{consensus_demand}-{old_forecast})',
            help="Consensus - old forecast",
        ),
        Row(
            "value",
            "Value at price",
            "money",
            plan=f'IF({PRICE}="","",{{consensus_demand}}*{PRICE})',
            format="money",
            help="Consensus x price",
        ),
    ),
    totals=(
        Row("actual", "Actual", "units"),
        Row("consensus_demand", "Consensus demand", "units", strong=True),
        Row("value", "Value at price", "money", format="money"),
    ),
)

_LEFT = "({projected_inventory}-({cumulative_demand|}-{cumulative_demand}))"
_TAIL = f"MAX(0,{_LEFT})/IF({{demand|}}<=0,1,{{demand|}})*{{days|}}"
# What is left of the inventory before each later bucket, and how much of that bucket it covers.
_REST = "({projected_inventory}-({cumulative_demand>>}-{demand>>}-{cumulative_demand}))"
_COVERED = (
    f"SUMPRODUCT({{days>>}}*({_REST}>0)*(({_REST}>={{demand>>}})"
    f"+({_REST}<{{demand>>}})*{_REST}/({{demand>>}}+({{demand>>}}=0))))"
)


def _days_of_supply(covered: str) -> str:
    return f'IF({{projected_inventory}}<=0,0,IF(AND({_LEFT}>0,{{demand|}}<=0),"",{covered}{_TAIL}))'


SUPPLY = View(
    "Supply",
    "family",
    rows=(
        Row(
            "demand",
            "Demand",
            "unit",
            plan="{Demand.consensus_demand}",
            past='IF({Demand.actual}="","",{Demand.actual})',
            strong=True,
        ),
        Row(
            "cumulative_demand",
            "Cumulative demand",
            "unit",
            plan="N({cumulative_demand<})+{demand}",
            aggregate="stock",
        ),
        Row("proposed_production", "Proposed production", "unit", "data", help="Written by Plan supply"),
        Row("production_override", "Production override", "unit", "input", help="Empty: none. Zero: zero"),
        Row(
            "production_plan",
            "Production plan",
            "unit",
            plan='IF({production_override}<>"",{production_override},{proposed_production}+0)',
            strong=True,
            help="The override where there is one, else the proposal; closed buckets: as planned then",
        ),
        Row("actual_production", "Actual production", "unit", "data"),
        Row(
            "difference",
            "Difference",
            "unit",
            past=_both("actual_production", "production_plan"),
            help="Actual - plan",
            aggregate="none",
        ),
        Row(
            "cumulative_difference",
            "Cumulative difference",
            "unit",
            past="N({cumulative_difference<})+N({difference})",
            aggregate="none",
        ),
        Row(
            "projected_inventory",
            "Projected inventory",
            "unit",
            plan="{projected_inventory<}+{production_plan}-{demand}",
            aggregate="stock",
            make="MTS",
            strong=True,
            help="Inventory before + production - demand; below zero is a shortage",
        ),
        Row(
            "target_inventory",
            "Target inventory",
            "unit",
            plan=f"N({_family('Target days')})*{{demand}}/{{days}}",
            aggregate="stock",
            make="MTS",
            help="Target days x demand / working days",
        ),
        Row(
            "inventory_difference",
            "Inventory - target",
            "unit",
            plan="{projected_inventory}-{target_inventory}",
            aggregate="stock",
            make="MTS",
        ),
        Row(
            "days_of_supply",
            "Days of supply",
            "days",
            plan=_days_of_supply(f"{_COVERED}+"),
            plan_last=_days_of_supply(""),
            aggregate="stock",
            make="MTS",
            format="days",
            help="Working days the inventory lasts against the demand that follows",
        ),
        Row(
            "backlog",
            "Backlog",
            "unit",
            plan="{backlog<}+{demand}-{production_plan}",
            aggregate="stock",
            make="MTO",
            strong=True,
            help="Backlog before + orders - production",
        ),
        Row(
            "target_backlog",
            "Target backlog",
            "unit",
            plan=f"N({_family('Target backlog weeks')})*5*{{demand}}/{{days}}",
            aggregate="stock",
            make="MTO",
            help="Target weeks x 5 x orders / working days",
        ),
        Row(
            "backlog_difference",
            "Backlog - target",
            "unit",
            plan="{backlog}-{target_backlog}",
            aggregate="stock",
            make="MTO",
        ),
        Row(
            "constrained_demand",
            "Constrained demand",
            "unit",
            plan="{demand}+MAX(0,-{projected_inventory<})-MAX(0,-{projected_inventory})",
            make="MTS",
            help="What can be shipped",
        ),
        Row(
            "constrained_demand",
            "Constrained demand",
            "unit",
            plan="{demand}+MAX(0,{backlog<})-MAX(0,{backlog})",
            make="MTO",
            help="What can be shipped",
        ),
    ),
    totals=(
        Row("demand", "Demand", "units", strong=True),
        Row("production_plan", "Production plan", "units", strong=True),
        Row("projected_inventory", "Projected inventory", "units", aggregate="stock"),
    ),
)

CAPACITY = View(
    "Capacity",
    "resource",
    rows=(
        Row(
            "load",
            "Load",
            "unit",
            plan="{bill*plan}",
            format="hours",
            strong=True,
            help="Bill of resources x plan",
        ),
        Row(
            "capacity", "Capacity", "unit", plan=_between("tblCapacity", "Hours", "Resource"), format="hours"
        ),
        Row(
            "overtime",
            "Overtime",
            "unit",
            plan=_extra("overtime"),
            format="hours",
            help="Booked in tblExtraCapacity",
        ),
        Row(
            "subcontract",
            "Subcontracted",
            "unit",
            plan=_extra("subcontract"),
            format="hours",
            help="Booked in tblExtraCapacity",
        ),
        Row(
            "available",
            "Available",
            "unit",
            plan='IF({capacity}="","",{capacity}+{overtime}+{subcontract})',
            format="hours",
            help="Capacity + overtime + subcontracted",
        ),
        Row(
            "utilization",
            "Utilization",
            "ratio",
            plan='IF(N({available})=0,"",{load}/{available})',
            aggregate="ratio",
            format="ratio",
            strong=True,
            help="Load / available",
        ),
        Row(
            "over_under",
            "Spare (+) or short (-)",
            "unit",
            plan='IF({available}="","",{available}-{load})',
            format="hours",
        ),
        Row(
            "cumulative",
            "Cumulative",
            "unit",
            plan='IF({over_under}="","",N({cumulative<})+{over_under})',
            aggregate="stock",
            format="hours",
        ),
        Row(
            "demonstrated",
            "Demonstrated (memo)",
            "unit",
            plan=_between("tblCapacity", "Demonstrated", "Resource"),
            format="hours",
        ),
        Row(
            "overtime_cost",
            "Cost of overtime",
            "money",
            plan=f"{{overtime}}*{_resource('Overtime cost')}",
            format="money",
        ),
        Row(
            "subcontract_cost",
            "Cost of subcontracting",
            "money",
            plan=f"{{subcontract}}*{_resource('Subcontract cost')}",
            format="money",
        ),
    ),
    totals=(
        Row(
            "over_loaded",
            "Resources over capacity",
            "count",
            plan='COUNTIFS({**},"Utilization",{*},">1.000001")',
            aggregate="none",
            strong=True,
        ),
        Row(
            "short",
            "Hours short",
            "hours",
            plan='-SUMIFS({*},{**},"Spare (+) or short (-)",{*},"<0",{units},"h")',
            help="Of resources measured in hours",
            format="hours",
        ),
        Row("overtime_cost", "Cost of overtime", "money", format="money"),
        Row("subcontract_cost", "Cost of subcontracting", "money", format="money"),
    ),
)

FINANCE = View(
    "Finance",
    "family",
    rows=(
        Row(
            "revenue",
            "Revenue",
            "money",
            plan=f'IF({PRICE}="","",{{Supply.constrained_demand}}*{PRICE})',
            format="money",
            strong=True,
            help="Constrained demand x price; closed buckets: as sold",
        ),
        Row(
            "cogs",
            "COGS",
            "money",
            plan=f'IF({COST}="","",{{Supply.constrained_demand}}*{COST})',
            format="money",
            help="Constrained demand x unit cost",
        ),
        Row("margin", "Margin", "money", plan=_both("revenue", "cogs"), format="money", strong=True),
        Row(
            "margin_ratio",
            "Margin ratio",
            "ratio",
            plan='IF(OR({margin}="",N({revenue})=0),"",{margin}/{revenue})',
            aggregate="ratio",
            format="ratio",
        ),
        Row(
            "inventory_value",
            "Inventory value",
            "money",
            plan=f'IF({COST}="","",MAX(0,{{Supply.projected_inventory}})*{COST})',
            aggregate="stock",
            make="MTS",
            format="money",
            help="Projected inventory at cost",
        ),
        Row(
            "budget_revenue",
            "Budget revenue",
            "money",
            plan=_between("tblBudget", "Revenue", "Family"),
            format="money",
        ),
        Row(
            "gap_to_budget", "Gap to budget", "money", plan=_both("revenue", "budget_revenue"), format="money"
        ),
        Row(
            "budget_margin",
            "Budget margin",
            "money",
            plan=_between("tblBudget", "Margin", "Family"),
            format="money",
        ),
        Row(
            "margin_gap",
            "Margin gap to budget",
            "money",
            plan=_both("margin", "budget_margin"),
            format="money",
        ),
        Row("last_year_revenue", "Last year revenue", "money", "data", format="money"),
        Row("previous_revenue", "Previous plan revenue", "money", "data", format="money"),
        Row(
            "change",
            "Change to previous plan",
            "money",
            plan=_both("revenue", "previous_revenue"),
            format="money",
        ),
        Row(
            "production_cost",
            "Production at cost",
            "money",
            plan=f'IF({COST}="","",{{Supply.production_plan}}*{COST})',
            format="money",
            help="Production plan x unit cost",
        ),
        Row(
            "holding_cost",
            "Cost of holding",
            "money",
            plan=_held("MAX(0,{Supply.projected_inventory})"),
            make="MTS",
            format="money",
            help="Projected inventory x holding cost of the family",
        ),
        Row(
            "backorder_cost",
            "Cost of backorders",
            "money",
            plan=_late("MAX(0,-{Supply.projected_inventory})"),
            make="MTS",
            format="money",
            help="What stock lacks x backorder cost of the family",
        ),
        Row(
            "backorder_cost",
            "Cost of backorders",
            "money",
            plan=_late("MAX(0,{Supply.backlog}-{Supply.target_backlog})"),
            make="MTO",
            format="money",
            help="Order book beyond its target x backorder cost of the family",
        ),
    ),
    totals=(
        Row("revenue", "Revenue", "money", format="money", strong=True),
        Row("cogs", "COGS", "money", format="money"),
        Row("margin", "Margin", "money", format="money", strong=True),
        Row(
            "margin_ratio",
            "Margin ratio",
            "ratio",
            plan='IF(OR({margin}="",N({revenue})=0),"",{margin}/{revenue})',
            aggregate="ratio",
            format="ratio",
        ),
        Row("inventory_value", "Inventory value", "money", aggregate="stock", format="money"),
        Row("budget_revenue", "Budget revenue", "money", format="money"),
        Row("gap_to_budget", "Gap to budget", "money", format="money", strong=True),
        Row("margin_gap", "Margin gap to budget", "money", format="money"),
        Row("last_year_revenue", "Last year revenue", "money", format="money"),
        Row("change", "Change to previous plan", "money", format="money"),
        Row("production_cost", "Production at cost", "money", format="money"),
        Row("holding_cost", "Cost of holding", "money", format="money"),
        Row("backorder_cost", "Cost of backorders", "money", format="money"),
        Row("overtime_cost", "Cost of overtime", "money", plan="{Capacity.overtime_cost}", format="money"),
        Row(
            "subcontract_cost",
            "Cost of subcontracting",
            "money",
            plan="{Capacity.subcontract_cost}",
            format="money",
        ),
        Row(
            "plan_cost",
            "Cost of the plan",
            "money",
            plan='IF({production_cost}="","",{production_cost}+N({holding_cost})+N({backorder_cost})'
            "+N({overtime_cost})+N({subcontract_cost}))",
            format="money",
            strong=True,
            help="Production, holding, backorders, overtime and subcontracting",
        ),
        Row(
            "result",
            "Margin after plan costs",
            "money",
            plan='IF(OR({margin}="",{production_cost}=""),"",{margin}-N({holding_cost})-N({backorder_cost})'
            "-N({overtime_cost})-N({subcontract_cost}))",
            format="money",
            strong=True,
            help="Margin less holding, backorders, overtime and subcontracting",
        ),
    ),
)

VIEWS: tuple[View, ...] = (DEMAND, SUPPLY, CAPACITY, FINANCE)
