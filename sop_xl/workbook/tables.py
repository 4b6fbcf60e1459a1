"""The tables of the standard workbook, sheet by sheet, in the order of the process."""

from __future__ import annotations

from sop_xl.glossary import FORECAST_METHODS
from sop_xl.workbook.spec import Column, Table

MAKE = ("MTS", "MTO")
STRATEGIES = ("LEVEL", "CHASE", "TARGET", "OPTIMAL")
RESOURCE_KINDS = ("labour", "machine", "material", "supplier", "logistics")
EVENT_KINDS = ("promotion", "launch", "phase-out", "price", "one-off")
STEP_STATES = ("OPEN", "SUBMITTED", "APPROVED", "REJECTED", "SKIPPED")
MOVES = (
    "pre-build",
    "overtime",
    "subcontract",
    "delay",
    "shape demand",
    "refresh",
    "add up",
    "spread",
    "accept",
)
EXTRA_KINDS = ("overtime", "subcontract")
FROZEN_KINDS = ("demand", "production")
GAP_KINDS = ("capacity", "inventory", "target", "service", "budget", "hierarchy", "stale")


def _family(required: bool = True) -> Column:
    return Column("Family", help="Family code, as in tblFamilies", required=required, width=16)


def _bucket(help: str = "Any day in the bucket") -> Column:
    return Column("Bucket", "date", help=help, required=True, width=12)


def _number(header: str, unit: str = "", help: str = "", **more: object) -> Column:
    more.setdefault("minimum", 0.0)
    return Column(header, "number", unit, help, **more)  # type: ignore[arg-type]


STEPS = Table(
    "tblSteps",
    "The monthly cycle",
    "Six steps, each with an owner and a due working day.",
    (
        Column("Step", required=True, width=26),
        Column("Owner", width=22),
        _number("Due day", "working day"),
        Column("State", "choice", choices=STEP_STATES, required=True),
        Column(
            "Signed by", help="Written by submit, approve, reject, reopen and skip", role="calc", width=18
        ),
        Column("Signed at", "date", role="calc", format="moment", width=18),
        Column(
            "Cycle",
            help="That was signed; in another cycle the step is open",
            role="calc",
            width=10,
            later=True,
        ),
        Column("Note", help="Why it was rejected, reopened or skipped", role="calc", width=34, later=True),
        Column(
            "Mark", help="Ties the signature to the plan that was signed", role="calc", width=14, later=True
        ),
    ),
    identity=("Step",),
)

FAMILIES = Table(
    "tblFamilies",
    "Families",
    "Volume is planned by family. One row each.",
    (
        Column("Family", required=True, help="Code used everywhere", width=16),
        Column("Name", width=22),
        Column("Unit", help="Unit of all quantities of this family: pcs, t, cases", width=8),
        Column("Make", "choice", choices=MAKE, help="MTS to stock, MTO to order; empty means MTS", width=8),
        Column(
            "Strategy",
            "choice",
            choices=STRATEGIES,
            help="Empty means TARGET; OPTIMAL families are planned together at least cost",
            width=10,
        ),
        _number(
            "Target days", "working days", "Working days of demand to hold in stock", owner="Supply chain"
        ),
        _number("Target backlog weeks", "weeks", "Weeks of orders to keep open, for MTO"),
        _number("Service target", "fraction", "Fraction of lines filled, 0 to 1", maximum=1.0, owner="Sales"),
        _number("Price", "money per unit", "Average selling price", owner="Finance"),
        _number("Unit cost", "money per unit", "Standard cost", owner="Finance"),
        Column(
            "Opening inventory",
            "number",
            "units",
            "At the start of the current bucket; empty: sum of tblStock",
        ),
        _number("Opening backlog", "units", "Unshipped orders at the start of the current bucket, for MTO"),
        Column(
            "Forecast method",
            "choice",
            choices=FORECAST_METHODS,
            help="Method of SOP_FORECAST for the family; empty means AUTO",
            width=16,
            later=True,
        ),
        _number(
            "Holding cost",
            "money per unit and bucket",
            "Of one unit in stock at the end of a bucket; empty: 2 % of the unit cost a month",
            later=True,
        ),
        _number(
            "Backorder cost",
            "money per unit and bucket",
            "Of one unit that waits at the end of a bucket; empty: price - unit cost a month",
            later=True,
        ),
        _number(
            "Lot minimum", "units", "Least production of a bucket that makes any; empty: none", later=True
        ),
        _number(
            "Inventory limit",
            "units",
            "Most that can be stored at the end of a bucket; empty: none",
            later=True,
        ),
        Column("Demand owner", width=16),
        Column("Supply owner", width=16),
    ),
    identity=("Family",),
)

ITEMS = Table(
    "tblItems",
    "Items",
    "The mix inside a family.",
    (
        Column("Item", required=True, width=14),
        _family(),
        Column("Name", width=30),
        _number("Price", "money per unit", owner="Finance"),
        _number("Unit cost", "money per unit", owner="Finance"),
        Column("Launch", "date", help="First day of sale"),
        Column("Phase-out", "date", help="Last day of sale"),
        Column("Like item", help="Item whose history stands in for a new one", width=14),
        Column("Status", width=10),
    ),
    identity=("Item",),
    references=(("Family", "tblFamilies", "Family"), ("Like item", "tblItems", "Item")),
)

RESOURCES = Table(
    "tblResources",
    "Resources",
    "What limits supply: labour, machines, materials, suppliers, logistics.",
    (
        Column("Resource", required=True, width=16),
        Column("Kind", "choice", choices=RESOURCE_KINDS, width=10),
        Column("Name", width=24),
        Column("Unit", help="h, t, pallets; empty means h", width=8),
        _number("Overtime limit", "units of the resource per bucket", "Most that overtime adds; empty: none"),
        _number("Overtime cost", "money per unit of the resource", "On top of the unit cost; empty: 0"),
        _number(
            "Subcontract limit",
            "units of the resource per bucket",
            "Most that others take over; empty: none",
            later=True,
        ),
        _number("Subcontract cost", "money per unit of the resource", "On top of the unit cost; empty: 0"),
    ),
    identity=("Resource",),
)

BILL = Table(
    "tblBill",
    "Bill of resources",
    "What one unit of a family takes from a resource.",
    (
        _family(),
        Column("Resource", required=True, width=16),
        _number("Hours per unit", "units of the resource per unit of the family", required=True),
        _number(
            "Offset",
            "buckets",
            "How many buckets before completion the hours fall; empty means 0",
            whole=True,
        ),
    ),
    identity=("Family", "Resource", "Offset"),
    references=(("Family", "tblFamilies", "Family"), ("Resource", "tblResources", "Resource")),
)

CAPACITY = Table(
    "tblCapacity",
    "Capacity",
    "Hours each resource has in each bucket.",
    (
        Column("Resource", required=True, width=16),
        _bucket(),
        _number("Hours", "units of the resource", required=True, owner="Operations"),
        _number("Demonstrated", "units of the resource", "What was really achieved lately"),
    ),
    identity=("Resource", "Bucket"),
    references=(("Resource", "tblResources", "Resource"),),
)

EXTRA_CAPACITY = Table(
    "tblExtraCapacity",
    "Extra capacity",
    "Overtime and subcontracting that is booked, on top of the capacity. Written by Apply proposals.",
    (
        Column("Resource", required=True, width=16),
        _bucket(),
        Column("Kind", "choice", choices=EXTRA_KINDS, required=True),
        _number("Hours", "units of the resource", required=True),
        Column("Owner", width=16),
        Column("Reason", width=34),
    ),
    references=(("Resource", "tblResources", "Resource"),),
    later=True,
)

CALENDAR = Table(
    "tblCalendar",
    "Working days",
    "Working days of a bucket; where nothing is given, Mondays to Fridays count.",
    (_bucket(), _number("Working days", "days", required=True, minimum=0.5)),
    identity=("Bucket",),
)

SALES = Table(
    "tblSales",
    "Sales history",
    "What was sold, by item (or family) and bucket.",
    (
        Column("Bucket", "date", help="Day of the sale or any day of its bucket", required=True),
        Column("Item", width=14),
        Column("Family", help="Needed where Item is empty", width=16),
        Column("Region/channel", width=16),
        Column("Quantity", "number", "units", required=True),
        Column("Value", "number", "money"),
    ),
    references=(("Item", "tblItems", "Item"), ("Family", "tblFamilies", "Family")),
)

PIPELINE = Table(
    "tblPipeline",
    "Sales pipeline",
    "Opportunities from the CRM; shown beside the forecast, never added to it.",
    (
        Column("Opportunity", required=True, width=20),
        _family(),
        Column("Region/channel", width=16),
        _bucket(),
        _number("Quantity", "units", required=True),
        _number("Probability", "fraction", "0 to 1", maximum=1.0),
    ),
    identity=("Opportunity", "Family", "Bucket"),
    references=(("Family", "tblFamilies", "Family"),),
)

ORDERS = Table(
    "tblOrders",
    "Order lines",
    "One row per order line, with the original promise.",
    (
        Column("Order", required=True, width=14),
        Column("Line", width=8),
        Column("Item", width=14),
        Column("Family", width=16),
        Column("Ordered on", "date"),
        Column("Promised", "date", help="The first date promised, never the revised one"),
        Column("Shipped", "date"),
        Column("Delivered", "date"),
        _number("Ordered qty", "units", required=True),
        _number("Delivered qty", "units"),
        Column("Value", "number", "money"),
    ),
    identity=("Order", "Line"),
    references=(("Item", "tblItems", "Item"), ("Family", "tblFamilies", "Family")),
)

STOCK = Table(
    "tblStock",
    "Stock on hand",
    "Lots on hand, with the date each was received.",
    (
        Column("Item", width=14),
        Column("Family", width=16),
        Column("Location", width=14),
        Column("Quantity", "number", "units", required=True),
        _number("Unit cost", "money per unit"),
        Column("Received", "date"),
    ),
    references=(("Item", "tblItems", "Item"), ("Family", "tblFamilies", "Family")),
)

PRODUCTION = Table(
    "tblProduction",
    "Production",
    "Planned and actual production of closed buckets, and firm orders of coming ones.",
    (
        _bucket(),
        Column("Family", width=16),
        Column("Item", width=14),
        _number("Planned", "units"),
        _number("Actual", "units"),
    ),
    identity=("Bucket", "Family", "Item"),
    references=(("Item", "tblItems", "Item"), ("Family", "tblFamilies", "Family")),
)

BUDGET = Table(
    "tblBudget",
    "Budget",
    "The annual budget in units and money.",
    (
        _family(),
        _bucket(),
        _number("Quantity", "units", owner="Finance"),
        Column("Revenue", "number", "money", owner="Finance"),
        Column("Margin", "number", "money", owner="Finance"),
    ),
    identity=("Family", "Bucket"),
    references=(("Family", "tblFamilies", "Family"),),
)

EVENTS = Table(
    "tblEvents",
    "Events",
    "Promotions, launches and one-offs: taken out of history, added to the forecast.",
    (
        _family(),
        _bucket(),
        Column("Kind", "choice", choices=EVENT_KINDS, required=True),
        Column("Quantity", "number", "units", "Units added (or lost, when negative)"),
        _number("Factor", "", "Multiplies the baseline: 1.2 is 20 % more"),
        Column("Owner", width=16),
        Column("Reason", width=34),
    ),
    references=(("Family", "tblFamilies", "Family"),),
)

ASSUMPTIONS = Table(
    "tblAssumptions",
    "Assumptions",
    "What the plan takes for granted, and what would change it.",
    (
        Column("Id", required=True, width=8),
        Column("Family", width=16),
        Column("From", "date"),
        Column("To", "date"),
        Column("Owner", width=16),
        Column("Low", "number"),
        Column("Likely", "number"),
        Column("High", "number"),
        Column("Trigger", width=36),
        Column("State", width=10),
    ),
    identity=("Id",),
    references=(("Family", "tblFamilies", "Family"),),
)

INITIATIVES = Table(
    "tblInitiatives",
    "Strategic initiatives",
    "Larger changes on their way, with their effect on the plan.",
    (
        Column("Id", required=True, width=8),
        Column("Initiative", width=34),
        Column("Owner", width=16),
        Column("From", "date"),
        Column("Effect on demand", width=24),
        Column("Effect on capacity", width=24),
        Column("Effect on money", width=24),
        Column("State", width=10),
    ),
    identity=("Id",),
)

CHECK = Table(
    "tblCapacityCheck",
    "Capacity check",
    "Rough-cut load of the production plan against capacity, resource by resource.",
    (
        Column("Resource", role="calc", width=16),
        Column("Peak load", "number", "fraction of capacity", role="calc", format="ratio"),
        Column("Peak bucket", "date", role="calc"),
        Column("First overload", "date", role="calc"),
        Column("Hours short", "number", role="calc", format="hours"),
        Column("Status", role="calc"),
        Column(
            "Overtime",
            "number",
            "units of the resource",
            "Carries load above capacity, within its limit",
            role="calc",
            format="hours",
            later=True,
        ),
        Column(
            "Subcontract",
            "number",
            "units of the resource",
            "Carries load above capacity, within its limit",
            role="calc",
            format="hours",
            later=True,
        ),
        Column(
            "Value of one more",
            "number",
            "money per unit of the resource",
            "What one more hour saves at most, where families have the strategy OPTIMAL",
            role="calc",
            later=True,
        ),
        Column("Most valuable in", "date", help="Bucket of that hour", role="calc", later=True),
    ),
    identity=("Resource",),
)

GAPS = Table(
    "tblGaps",
    "Gaps",
    "Where demand, supply and money do not meet. Written by Reconcile.",
    (
        Column("Id", role="calc", width=8),
        Column("Kind", "choice", choices=GAP_KINDS, role="calc", width=11),
        Column("Family/Resource", role="calc", width=18),
        Column("Bucket", "date", role="calc"),
        Column("Size", "number", role="calc", format="hours", width=14),
        Column("Unit", role="calc", width=10),
        Column("Value", "number", "money", role="calc", format="money", width=14),
        Column("Owner", role="calc", width=18),
        Column("What", role="calc", width=64),
        Column("State", role="calc", help="OPEN or ACCEPTED", width=11, later=True),
    ),
    identity=("Id",),
)

PROPOSALS = Table(
    "tblProposals",
    "Proposals",
    "Priced moves that would close a gap. Put Y under Accept for those agreed; Apply proposals makes them.",
    (
        Column("Id", role="calc", width=8),
        Column("Gap", role="calc", help="Id in tblGaps", width=8),
        Column("Move", "choice", choices=MOVES, role="calc", width=14),
        Column("Family", role="calc", width=16, later=True),
        Column("Resource", role="calc", help="That is relieved or works longer", width=12, later=True),
        Column(
            "From",
            "date",
            help="Bucket that is changed, or that production or demand is taken from; empty: made or won in addition",
            role="calc",
        ),
        Column(
            "To",
            "date",
            help="Bucket that production or demand goes to; or the last one changed",
            role="calc",
        ),
        Column(
            "Quantity",
            "number",
            "units of the family",
            "Of refresh and add up: by what demand changes; of spread: by what the items change",
            role="calc",
            format="qty",
        ),
        Column(
            "Hours",
            "number",
            "units of the resource",
            "Booked on the resource",
            role="calc",
            format="hours",
            later=True,
        ),
        Column(
            "Cost",
            "number",
            "money",
            "Hours, holding, backorders and lost margin; of accept: the loss",
            role="calc",
            format="money",
            width=14,
        ),
        Column(
            "Effect on inventory",
            "number",
            "units of the family",
            "Largest change in any bucket",
            role="calc",
            format="qty",
            later=True,
        ),
        Column(
            "Effect on load",
            "number",
            "units of the resource",
            "Change of what the resource is short of; without a resource, of all",
            role="calc",
            format="hours",
            later=True,
        ),
        Column(
            "Effect on service",
            "number",
            "fraction",
            "Change of the part of demand shipped in time",
            role="calc",
            format="ratio",
            later=True,
        ),
        Column(
            "Effect on money",
            "number",
            "money",
            "Change of the margin after plan costs",
            role="calc",
            format="money",
            width=14,
            later=True,
        ),
        Column("Effect", role="calc", width=64),
        Column("Accept", "choice", choices=("Y", "N"), width=8),
        Column("Owner", help="Who agreed; empty: the owner of the gap", width=16, later=True),
        Column("Reason", help="Why; kept beside what is changed", width=34, later=True),
        Column("State", role="calc", help="APPLIED once it is made", width=10, later=True),
    ),
    identity=("Id",),
)

ACCEPTED_GAPS = Table(
    "tblAcceptedGaps",
    "Accepted gaps",
    "Gaps somebody answers for. Written by Apply proposals; delete a row to open its gap again.",
    (
        Column("Kind", "choice", choices=GAP_KINDS, role="calc", width=11),
        Column("Family/Resource", role="calc", width=18),
        Column("Bucket", "date", role="calc"),
        Column("Size", "number", help="A larger gap is open again", role="calc", format="hours", width=14),
        Column("Owner", role="calc", width=16),
        Column("Accepted on", "date", role="calc"),
        Column("Reason", width=44),
    ),
    identity=("Kind", "Family/Resource", "Bucket"),
    later=True,
)

BRIDGE = Table(
    "tblBridge",
    "Bridge",
    "Why the money differs from the budget, the last year and the last plan. Written by Value plan.",
    (
        Column("Comparison", role="calc", help="What the plan is compared with", width=14),
        Column("Measure", role="calc", width=10),
        Column("Family", role="calc", width=16),
        Column("Buckets", "number", "", "Buckets that both have", role="calc", format="qty"),
        Column("Reference", "number", "money", role="calc", format="money", width=15),
        Column("Volume", "number", "money", "More or fewer units", role="calc", format="money", width=15),
        Column(
            "Mix",
            "number",
            "money",
            "Richer or poorer families than the average of those with the same unit",
            role="calc",
            format="money",
            width=15,
        ),
        Column("Price", "number", "money", "A higher or lower price", role="calc", format="money", width=15),
        Column(
            "Cost", "number", "money", "A lower or higher unit cost", role="calc", format="money", width=15
        ),
        Column("Total", "number", "money", "Plan - reference", role="calc", format="money", width=15),
        Column("Plan", "number", "money", role="calc", format="money", width=15),
    ),
    identity=("Comparison", "Measure", "Family"),
    later=True,
)

SCENARIO_STATES = ("DRAFT", "PROMOTED", "DROPPED")

SCENARIOS = Table(
    "tblScenarios",
    "Scenarios",
    "Named alternatives to the plan, each with its rules. Rules may be typed here.",
    (
        Column("Scenario", required=True, width=20),
        Column(
            "Rules",
            help="demand TEA +10% from 2027-03; capacity LINE 0 in 2027-05; price all -5%; cost TEA 5.2. A semicolon "
            "between two",
            width=48,
            later=True,
        ),
        Column("State", "choice", choices=SCENARIO_STATES, help="Empty means DRAFT", width=11),
        Column("Note", width=24),
        Column("Base", help="Version that the plan had then", width=10),
        Column("Changed by", width=13),
        Column("At", "date", width=11),
        Column(
            "Revision", "number", help="In the plan store", role="calc", width=9, format="qty", later=True
        ),
    ),
    identity=("Scenario",),
)


def _figures(of: str) -> tuple[Column, ...]:
    """Columns of the figures of a plan, in the order of `sop_xl.process.scenarios.Figures`."""
    return tuple(
        Column(header, "number", unit, f"{of}{help}", role="calc", format=format, width=width)
        for header, unit, help, format, width in (
            ("Demand", "units", "consensus; empty where units differ", "qty", 11.0),
            ("Shipped", "units", "what can be shipped", "qty", 11.0),
            ("Hours short", "units of the resources", "above what is available", "hours", 9.0),
            ("Revenue", "money", "of what is shipped", "money", 14.0),
            ("Margin", "money", "revenue - cost of goods sold", "money", 14.0),
            ("Plan costs", "money", "holding, backorders, overtime, subcontracting", "money", 13.0),
            ("Margin after costs", "money", "margin - plan costs", "money", 14.0),
            ("Service", "fraction", "demand that stock ships in time; to order: none", "ratio", 9.0),
            ("Average inventory", "units", "at the ends of the buckets", "qty", 11.0),
            ("Average value", "money", "of the inventory, at cost", "money", 13.0),
        )
    )


COMPARISON = Table(
    "tblComparison",
    "Side by side",
    "The plan and up to five scenarios over all planned buckets. Written by Compare scenarios.",
    (Column("Plan", role="calc", width=22), *_figures("")),
    identity=("Plan",),
    later=True,
)

SCENARIO_FAMILIES = Table(
    "tblScenarioFamilies",
    "Differences by family",
    "Scenario less plan, where they differ. Written by Compare scenarios.",
    (
        Column("Scenario", role="calc", width=22),
        Column("Family", role="calc", width=16),
        # Hours are short on resources, not in families.
        *(column for column in _figures("Scenario - plan: ") if column.header != "Hours short"),
    ),
    identity=("Scenario", "Family"),
    later=True,
)

CHANGES = Table(
    "tblChanges",
    "Latest changes",
    "What was typed over the plan between two commands, newest first. The plan store keeps all of them.",
    (
        Column("At", role="calc", width=16),
        Column("By", help="Who ran the command that found it", role="calc", width=14),
        Column("Measure", role="calc", width=22),
        Column("Family", role="calc", width=16),
        Column("Bucket", "date", role="calc"),
        Column("Old", "number", help="Empty: nothing was typed", role="calc", format="qty"),
        Column("New", "number", help="Empty: it was cleared", role="calc", format="qty"),
        Column("Difference", "number", help="Where both are there", role="calc", format="qty"),
        Column("Part", "number", "fraction", "Difference / old", role="calc", format="ratio", width=9),
        Column("Found by", help="The command", role="calc", width=18),
        Column("Reason", help="Type it here; the next command keeps it in the plan store", width=40),
        Column("Kept", help="Y once it is in the plan store, with its reason R", role="calc", width=7),
    ),
    later=True,
)

KNOWN_INPUTS = Table(
    "tblKnownInputs",
    "Inputs as they were found last",
    "What the next command compares with. Nobody needs to look at it.",
    (
        Column("Measure", role="calc", width=22),
        Column("Family", role="calc", width=16),
        Column("Bucket", "date", role="calc"),
        Column("Value", "number", role="calc", format="qty"),
    ),
    identity=("Measure", "Family", "Bucket"),
    later=True,
)

DECISIONS = Table(
    "tblDecisions",
    "Decisions",
    "What the executive meeting is asked, and what it decided.",
    (
        Column("Id", required=True, width=8),
        Column("Date", "date"),
        Column("Question", width=44),
        Column("Options with money", width=44),
        Column("Decision", width=34),
        Column("Decided by", width=16),
        Column("Due", "date"),
        Column("State", width=10),
    ),
    identity=("Id",),
)

ACTIONS = Table(
    "tblActions",
    "Actions",
    "Who does what by when.",
    (
        Column("Id", required=True, width=8),
        Column("Action", width=44),
        Column("Owner", width=16),
        Column("Due", "date"),
        Column("State", width=10),
        Column("Decision", width=10),
    ),
    identity=("Id",),
)

FROZEN_CHANGES = Table(
    "tblFrozenChanges",
    "Changes of frozen buckets",
    "Overrides within the frozen buckets, each with a reason and who allowed it.",
    (
        Column("Change", "choice", choices=FROZEN_KINDS, required=True, width=12),
        _family(),
        _bucket(),
        _number("Quantity", "units", "That was typed; another quantity needs a new approval", required=True),
        Column("Reason", width=44),
        Column("Approved by", width=16),
    ),
    identity=("Change", "Family", "Bucket"),
    references=(("Family", "tblFamilies", "Family"),),
    later=True,
)

KPI = Table(
    "tblKPIs",
    "Measures",
    "The measures of the cycle. Written by Refresh KPIs.",
    (
        Column("Measure", role="calc", width=29),
        Column("Value", "number", role="calc", width=10),
        Column("Target", "number", help="Type your own; it stays", width=10),
        Column("Status", role="calc", width=14),
        Column(
            "Trend",
            role="calc",
            help="The latest 12 buckets, from tblTrend on Measured",
            width=20,
            later=True,
        ),
        Column("Unit", role="calc", width=10),
        Column("Good is", role="calc", help="Which way of the target is good", width=10, later=True),
        Column("Basis", role="calc", width=50),
        Column("Definition", role="calc", width=58),
        Column(
            "Live",
            "number",
            help="The same by SOP_ functions over the tables; empty without the add-in",
            role="calc",
            width=10,
            later=True,
        ),
        Column("Check", role="calc", help="Whether Value and Live agree", width=10, later=True),
    ),
    identity=("Measure",),
)

TREND = Table(
    "tblTrend",
    "Trend",
    "Every measure of the latest 12 buckets, each bucket alone. Written by Refresh KPIs.",
    (
        Column("Measure", role="calc", width=29),
        *(
            Column(
                f"{ago} ago" if ago else "Latest",
                "number",
                help="Closed buckets before the current one",
                role="calc",
            )
            for ago in range(11, -1, -1)
        ),
    ),
    identity=("Measure",),
    later=True,
)

AGEING = Table(
    "tblAgeing",
    "Inventory ageing",
    "Stock at cost by days since receipt.",
    (
        Column("Bracket", role="calc", help="Days since receipt", width=12),
        Column("Value", "number", "money", role="calc", format="money", width=14),
        Column("Share", "number", "fraction", role="calc", format="ratio", width=9),
    ),
    identity=("Bracket",),
)

ALERTS = Table(
    "tblAlerts",
    "Alerts",
    "What somebody should look at. Written by Monitor.",
    (
        Column("Level", role="calc", help="RED or AMBER", width=9),
        Column("Kind", role="calc", width=16),
        Column("Subject", role="calc", help="Family, action or assumption", width=16),
        Column("Owner", role="calc", width=18),
        Column("Value", "number", "", "Signal, made / planned, or days late", role="calc", width=10),
        Column("What", role="calc", width=84),
    ),
    later=True,
)

LAG_ACCURACY = Table(
    "tblLagAccuracy",
    "Accuracy by lag",
    "The published consensus against what was sold, over one year. Written by Monitor.",
    (
        Column("Family", role="calc", width=16),
        Column("Lag", "number", "buckets", "Age of the forecast", role="calc", width=7),
        Column("Buckets", "number", role="calc", width=9),
        Column(
            "Accuracy", "number", "fraction", "1 - sum |F - A| / sum A", role="calc", format="ratio", width=10
        ),
        Column("Bias", "number", "fraction", "sum (F - A) / sum A", role="calc", format="ratio", width=9),
        Column("Tracking signal", "number", "", "Beyond +-4 is biased", role="calc", format="days", width=10),
    ),
    identity=("Family", "Lag"),
    later=True,
)

VALUE_ADDED = Table(
    "tblValueAdded",
    "Forecast value added",
    "What each step of the forecast added, on the same families and buckets. Written by Monitor.",
    (
        Column("Lag", "number", "buckets", role="calc", width=7),
        Column("Step", role="calc", width=18),
        Column("Pairs", "number", "", "Families x buckets compared", role="calc", width=8),
        Column("WMAPE", "number", "fraction", role="calc", format="ratio", width=9),
        Column("Added", "number", "fraction", "To the step before", role="calc", format="ratio", width=9),
        Column("Against naive", "number", "fraction", role="calc", format="ratio", width=10),
    ),
    identity=("Lag", "Step"),
    later=True,
)

MISSED_ORDERS = Table(
    "tblMissedOrders",
    "Order lines late or short",
    "Order lines that are due and came late, not yet, or not in full; those of most money first.",
    (
        Column("Order", role="calc", width=14),
        Column("Line", role="calc", width=6),
        Column("Item", role="calc", width=11),
        Column("Family", role="calc", width=13),
        Column("Promised", "date", role="calc", width=11),
        Column("Delivered", "date", help="Empty: still open", role="calc", width=11),
        Column(
            "Days late",
            "number",
            "calendar days",
            "So far, where it is still open",
            role="calc",
            format="qty",
            width=8,
        ),
        Column("Short", "number", "units", "Ordered and not delivered", role="calc", format="qty", width=9),
        Column("Value", "number", "money", "Of the whole line", role="calc", format="money"),
    ),
    later=True,
)

EXCESS = Table(
    "tblExcess",
    "Excess and obsolete stock",
    "Stock beyond the demand planned for the coming year; obsolete where there is no demand at all.",
    (
        Column("Item", help="Empty: stock of a family without item", role="calc", width=11),
        Column("Family", role="calc", width=13),
        Column("On hand", "number", "units", role="calc", format="qty", width=10),
        Column(
            "Demand", "number", "units", "Planned for the coming year", role="calc", format="qty", width=10
        ),
        Column("Excess", "number", "money", role="calc", format="money"),
        Column("Obsolete", "number", "money", role="calc", format="money"),
    ),
    later=True,
)

MISSED_SCHEDULE = Table(
    "tblMissedSchedule",
    "Schedules missed",
    "Families whose production lines fell short of their plan within the last year, largest part first.",
    (
        Column("Family", role="calc", width=13),
        Column("Planned", "number", "units", role="calc", format="qty", width=10),
        Column("Made", "number", "units", role="calc", format="qty", width=10),
        Column(
            "Missed",
            "number",
            "units",
            "Line by line; a surplus helps no other line",
            role="calc",
            format="qty",
            width=9,
        ),
        Column("Attainment", "number", "fraction", role="calc", format="ratio", width=11),
        Column("Worst bucket", "date", role="calc", width=11),
    ),
    later=True,
)

MEASURED = Table(
    "tblMeasured",
    "What the measures are made from",
    "Actuals and forecasts of the last year by family and bucket. Written by Refresh KPIs.",
    (
        Column("Family", role="calc", width=14),
        Column("Bucket", "date", role="calc"),
        Column(
            "Actual",
            "number",
            "units",
            "Sold; beside a backtest without known events",
            role="calc",
            format="qty",
        ),
        Column("Forecast", "number", "units", "Consensus at the accuracy lag", role="calc", format="qty"),
        Column(
            "Second forecast", "number", "units", "Consensus two buckets older", role="calc", format="qty"
        ),
        Column(
            "Baseline",
            "number",
            "units",
            "Statistical forecast at the accuracy lag",
            role="calc",
            format="qty",
        ),
        Column(
            "Year before",
            "number",
            "units",
            "Sold in the same bucket a year before",
            role="calc",
            format="qty",
        ),
        Column(
            "Scale",
            "number",
            "units",
            "Mean change from year to year, known before",
            role="calc",
            format="qty",
        ),
        Column("Revenue", "number", "money", role="calc", format="money"),
        Column("Revenue forecast", "number", "money", "At the accuracy lag", role="calc", format="money"),
        Column("COGS", "number", "money", "Of families made to stock", role="calc", format="money"),
        Column(
            "Inventory", "number", "units", "At the end, rolled back from today", role="calc", format="qty"
        ),
        Column("Inventory value", "number", "money", role="calc", format="money"),
        Column("Stockout", "number", "1: nothing in stock at the end", role="calc", format="qty"),
    ),
    identity=("Family", "Bucket"),
    later=True,
)

COVER = Table(
    "tblCover",
    "Stock and the demand that it meets",
    "Every item in stock against its demand of the coming year; what is beyond it is excess or obsolete.",
    (
        Column("Item", help="Empty: stock of a family without item", role="calc", width=11),
        Column("Family", role="calc", width=14),
        Column("On hand", "number", "units", role="calc", format="qty"),
        Column("Demand", "number", "units", "Planned for the coming year", role="calc", format="qty"),
        Column("Unit cost", "number", "money per unit", "Average of the lots", role="calc"),
        Column("Stock value", "number", "money", role="calc", format="money"),
    ),
    later=True,
)

PLAN = Table(
    "tblPlan",
    "The plan as a table",
    "Measure, family and bucket in one tidy table, for pivots, Power Query and links.",
    (
        Column("Version", role="calc", width=16),
        Column("Measure", role="calc", width=22),
        Column("Family", role="calc", width=16),
        Column("Bucket", "date", role="calc"),
        Column("Quantity", "number", "units", role="calc", format="qty"),
        Column("Value", "number", "money", role="calc", format="money", width=14),
    ),
    identity=("Version", "Measure", "Family", "Bucket"),
)

#: Tables that *Load actuals* may fill, and their sheets.
SOURCE_TABLES: tuple[Table, ...] = (
    FAMILIES,
    ITEMS,
    RESOURCES,
    BILL,
    CAPACITY,
    EXTRA_CAPACITY,
    CALENDAR,
    SALES,
    PIPELINE,
    ORDERS,
    STOCK,
    PRODUCTION,
    BUDGET,
    EVENTS,
    ASSUMPTIONS,
    INITIATIVES,
    PLAN,
)
