"""The standard S&OP workbook: every sheet in the order of the process.

Change the workbook here and nowhere else. The template, the readers, the checks, the formulas, the help
sheet and the docs page follow.
"""

from __future__ import annotations

from sop_xl.buckets import BucketType
from sop_xl.demand.reconcile import METHODS as RECONCILE_METHODS
from sop_xl.workbook import tables as t
from sop_xl.workbook import views as v
from sop_xl.workbook.spec import Field, Sheet, Table, View

#: Raised when a workbook made by an older version would be misread.
LAYOUT_VERSION = 1
#: Closed buckets that are read: a season has to be seen more than twice.
HISTORY_BUCKETS: dict[BucketType, int] = {"month": 60, "week": 156, "quarter": 40}
PAST_BUCKETS = 3

CARD: tuple[Field, ...] = (
    Field("Home_Company", "Company", default="Your company"),
    Field("Home_Cycle", "Cycle", help="Year and month of this S&OP round, 2026-11"),
    Field("Home_FirstBucket", "Current bucket", "date", help="Any day in the first bucket to plan"),
    Field("Home_Horizon", "Horizon", "number", 18, "Buckets planned after the current one, 6 to 36"),
    Field("Home_BucketType", "Bucket type", "choice", "month", choices=("month", "week", "quarter")),
    Field("Home_FiscalStart", "Fiscal year starts in month", "number", 1, "1 to 12"),
    Field("Home_Currency", "Currency", default="EUR"),
    Field("Home_Frozen", "Frozen buckets", "number", 1, "Planned buckets that nobody changes any more"),
    Field(
        "Home_Firm", "Firm buckets", "number", 2, "Planned buckets after those that change only with a reason"
    ),
    Field(
        "Home_Lag", "Accuracy lag", "number", 1, "Age in buckets of the forecast that accuracy is measured on"
    ),
    Field(
        "Home_DaysSales",
        "Days of sales outstanding",
        "number",
        help="Finance: how many days customers take to pay; for the cash-to-cash cycle",
    ),
    Field(
        "Home_DaysPayable",
        "Days of payables outstanding",
        "number",
        help="Finance: after how many days suppliers are paid; for the cash-to-cash cycle",
    ),
    Field(
        "Home_CleanSpikes",
        "Clean spikes",
        "choice",
        "N",
        "Y: accidents in the history are replaced before the forecast. Known events are taken out in any case",
        choices=("Y", "N"),
    ),
    Field(
        "Home_SpikeLimit",
        "Spike limit",
        "number",
        8,
        "How many typical deviations from the expected make a spike, 2 to 100",
    ),
    Field(
        "Home_PerWorkingDay",
        "Forecast per working day",
        "choice",
        "N",
        "Y: histories are divided by the working days of their buckets, forecasts multiplied by those to come",
        choices=("Y", "N"),
    ),
    Field(
        "Home_ReconcileMethod",
        "Reconcile levels by",
        "choice",
        "MIDDLE_OUT",
        "How families, items and regions agree. MIDDLE_OUT: the family's forecast stays, its items and regions share "
        "it. BOTTOM_UP: the items' forecasts add up. TOP_DOWN: families share the total. Others: least squares, see "
        "SOP_RECONCILE",
        choices=RECONCILE_METHODS,
    ),
    Field(
        "Home_Store",
        "Plan store",
        help="Where published plans are kept: a file, or postgresql://user@host/database without a password. Empty: "
        "SOP_STORE, the store set up on this computer, or a file beside this workbook",
    ),
    Field(
        "Home_SignOffs",
        "Sign-offs required",
        "choice",
        "N",
        "Y: a plan is published only when steps 1 to 5 are signed and their conditions hold",
        choices=("Y", "N"),
    ),
    Field("Home_Version", "Plan version", default="none", role="calc"),
    Field("Home_State", "Plan state", default="DRAFT", role="calc"),
    Field("Home_Layout", "Layout version", "number", LAYOUT_VERSION, role="calc"),
)

STEPS: tuple[tuple[str, str, int], ...] = (
    ("1 Gather data", "Supply chain", 3),
    ("2 Demand plan", "Sales and marketing", 8),
    ("3 Supply plan", "Operations", 12),
    ("4 Pre-S&OP", "Process owner", 15),
    ("5 Executive S&OP", "Executive", 18),
    ("6 Publish and monitor", "Supply chain", 19),
)

SHEETS: tuple[Sheet, ...] = (
    Sheet(
        "Home",
        "The cycle at a glance: fill in the card, then work down the steps.",
        "Process owner",
        tables=(t.STEPS,),
        fields=CARD,
        group="process",
    ),
    Sheet(
        "Families",
        "One row per family, one per item. Prices and costs come from finance.",
        "Supply chain, finance",
        tables=(t.FAMILIES, t.ITEMS),
        group="data",
    ),
    Sheet(
        "Resources",
        "What limits supply, what each family takes from it, and how much there is.",
        "Operations",
        tables=(t.RESOURCES, t.BILL, t.CAPACITY, t.CALENDAR, t.EXTRA_CAPACITY),
        group="data",
    ),
    Sheet(
        "Sales",
        "Sales history and the pipeline, filled by Load actuals.",
        "Sales",
        tables=(t.SALES, t.PIPELINE),
        group="data",
    ),
    Sheet(
        "Orders", "Order lines with their original promise.", "Supply chain", tables=(t.ORDERS,), group="data"
    ),
    Sheet("Stock", "Lots on hand and when they came in.", "Supply chain", tables=(t.STOCK,), group="data"),
    Sheet("Production", "Planned and actual production.", "Operations", tables=(t.PRODUCTION,), group="data"),
    Sheet("Budget", "The budget by family and bucket.", "Finance", tables=(t.BUDGET,), group="data"),
    Sheet(
        "History",
        "Sales by family and bucket: the argument of SOP_FORECAST.",
        "Filled by Load actuals",
        group="data",
    ),
    Sheet(
        "Events",
        "What is known and not in the history: promotions, assumptions, initiatives.",
        "Marketing, product",
        tables=(t.EVENTS, t.ASSUMPTIONS, t.INITIATIVES),
        group="data",
    ),
    Sheet(
        "Demand",
        "Agree on the demand: type an override where you know better than the baseline.",
        "Sales, marketing",
        view=v.DEMAND,
    ),
    Sheet(
        "Mix",
        "The consensus of each family, shared out to its items. What is typed over stays until Reconcile settles it.",
        "Supply chain",
    ),
    Sheet(
        "Regions",
        "The consensus of each family by region and channel, as the forecast shares it. Written by the commands.",
        "Sales",
    ),
    Sheet(
        "Supply",
        "Agree on production: type an override where the proposal cannot be made.",
        "Operations",
        view=v.SUPPLY,
    ),
    Sheet(
        "Capacity",
        "Does the production plan fit? Red is over capacity.",
        "Operations, purchasing, logistics",
        view=v.CAPACITY,
    ),
    Sheet(
        "Reconcile",
        "Where plan and reality part: the gaps, each with an owner.",
        "Pre-S&OP meeting",
        tables=(t.GAPS, t.PROPOSALS, t.ACCEPTED_GAPS, t.CHECK),
    ),
    Sheet(
        "Finance",
        "The plan in money, against budget, last year and the last plan.",
        "Finance",
        view=v.FINANCE,
    ),
    Sheet(
        "Bridge",
        "Why the money differs: volume, mix, price and cost, family by family.",
        "Finance",
        tables=(t.BRIDGE,),
    ),
    Sheet(
        "Scenarios",
        "Alternatives side by side.",
        "Pre-S&OP meeting",
        tables=(t.SCENARIOS, t.COMPARISON, t.SCENARIO_FAMILIES),
        group="meeting",
    ),
    Sheet(
        "Decisions",
        "What was asked and decided, and who does what by when.",
        "Executive meeting",
        tables=(t.DECISIONS, t.ACTIONS, t.FROZEN_CHANGES),
        group="meeting",
    ),
    Sheet("KPIs", "How well we plan and deliver.", "All", tables=(t.KPI,), group="meeting"),
    Sheet(
        "Misses",
        "The cases behind the measures: late orders, stock nobody needs, schedules missed.",
        "Supply chain, operations",
        tables=(t.MISSED_ORDERS, t.EXCESS, t.MISSED_SCHEDULE, t.AGEING),
        group="meeting",
    ),
    Sheet(
        "Monitor",
        "How the published plan comes true: alerts with their owners, accuracy by lag, value added.",
        "All",
        tables=(t.ALERTS, t.LAG_ACCURACY, t.VALUE_ADDED),
        group="meeting",
    ),
    Sheet(
        "Waterfall",
        "What each published version forecast for a bucket, and what was sold in the end. Written by Monitor.",
        "Sales, supply chain",
        group="meeting",
    ),
    Sheet("Family", "One family on one page: choose it in the yellow cell.", "Meetings", group="meeting"),
    Sheet("Executive", "The plan on one page.", "Executive meeting", group="meeting"),
    Sheet(
        "Changes",
        "Who typed what over the plan: old, new and why.",
        "All",
        tables=(t.CHANGES, t.KNOWN_INPUTS),
        group="meeting",
    ),
    Sheet("Lab", "A bench for planners: live SOP_ formulas, needs the add-in.", "Planners", group="help"),
    Sheet(
        "Measured",
        "What the measures are made from, bucket by bucket.",
        "Supply chain, finance",
        tables=(t.TREND, t.MEASURED, t.COVER),
        group="help",
    ),
    Sheet(
        "Plan", "The plan as a tidy table, for pivots and links.", "Finance", tables=(t.PLAN,), group="help"
    ),
    Sheet("Help", "Functions, commands and measures.", "Everybody", group="help"),
)

TABLES: dict[str, Table] = {table.name: table for sheet in SHEETS for table in sheet.tables}
SHEET_OF: dict[str, str] = {table.name: sheet.name for sheet in SHEETS for table in sheet.tables}
VIEWS: dict[str, View] = {sheet.view.name: sheet.view for sheet in SHEETS if sheet.view}
FIELDS: dict[str, Field] = {field.name: field for field in CARD}


def sheet(name: str) -> Sheet:
    """The definition of a sheet."""
    return next(sheet for sheet in SHEETS if sheet.name == name)
