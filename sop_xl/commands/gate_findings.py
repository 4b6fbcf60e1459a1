"""What the gates of the process look at, from a workbook."""

from __future__ import annotations

import hashlib

import numpy as np

from sop_xl.checks import errors
from sop_xl.commands.cycle import Cycle
from sop_xl.commands.frozen import PLACES, told, unanswered
from sop_xl.commands.reconcile import accepted_gaps, records
from sop_xl.finance.comparison import comparisons
from sop_xl.model import Array, Plan
from sop_xl.pack.decisions import is_open
from sop_xl.process.evidence import evidence_of
from sop_xl.process.gaps import find_gaps
from sop_xl.process.gates import DEMAND, EXECUTIVE, PRE_MEETING, SUPPLY, Findings
from sop_xl.workbook.bridge_table import bridge_lines
from sop_xl.workbook.read import Workbook

#: Decimals of a plan that a signature is for.
SIGNED_DECIMALS = 4
#: Money on Bridge is that of the plan within this part of it.
VALUED = 1e-6


def findings_of(cycle: Cycle) -> Findings:
    """Look at everything that a gate asks for."""
    if bad := errors(cycle.issues):
        return Findings(errors=len(bad))
    plan, workbook = cycle.plan, cycle.workbook
    gaps = find_gaps(plan, evidence_of(plan, cycle.items, cycle.mix, cycle.typed_mix, None))
    accepted = accepted_gaps(workbook, gaps)
    frozen: dict[int, tuple[str, ...]] = {}
    for change in unanswered(workbook, cycle.given):
        step = PLACES[change.kind][1]
        frozen[step] = (*frozen.get(step, ()), told(change, cycle.horizon))
    return Findings(
        forecast=tuple(gap.what for gap in gaps if gap.kind == "stale"),
        balance=tuple(
            gap.what for i, gap in enumerate(gaps) if gap.kind == "hierarchy" and i not in accepted
        ),
        frozen=frozen,
        gaps=tuple(gap for i, gap in enumerate(gaps) if i not in accepted and gap.kind != "stale"),
        value=_value(plan, workbook),
        decisions=_decisions(workbook),
        contents=_contents(plan),
        published=workbook.field("Home_State") == "PUBLISHED",
    )


def _value(plan: Plan, workbook: Workbook) -> tuple[str, ...]:
    """Prices and costs that are missing; money that was calculated for another plan."""
    said = []
    for attribute, word in (("price", "price"), ("unit_cost", "unit cost")):
        lacking = [f.code for f in plan.given.families if np.isnan(getattr(f, attribute))]
        if lacking:
            said.append(f"No {word} is given for {', '.join(lacking)}: ask finance.")
    there = {
        (row["Comparison"], row["Measure"], row["Family"]): row["Plan"]
        for row in records(workbook.rows("tblBridge"))
    }
    for line in bridge_lines(plan, comparisons(plan)):
        money, shown = line[-1], there.get((line[0], line[1], line[2]))
        if not isinstance(shown, float) or abs(shown - money) > VALUED * max(1.0, abs(money)):
            said.append("The money on Bridge is not that of this plan: run value-plan.")
            break
    return tuple(said)


def _decisions(workbook: Workbook) -> tuple[str, ...]:
    return tuple(
        f"Decision {row['Id']} is open: {row['Question'] or 'no question is given'}"
        for row in records(workbook.rows("tblDecisions"))
        if not row["Decision"] and is_open(row)
    )


def _contents(plan: Plan) -> dict[int, str]:
    """What each signature is for: the numbers that its step decides on."""
    given = plan.given
    supply = (plan.production_plan, given.overtime, given.subcontract)
    money = (plan.revenue, plan.margin)
    return {
        DEMAND: _digest(plan.consensus_demand),
        SUPPLY: _digest(*supply),
        PRE_MEETING: _digest(plan.consensus_demand, *supply, *money),
        EXECUTIVE: _digest(plan.consensus_demand, *supply, *money),
    }


def _digest(*arrays: Array) -> str:
    # Adding zero makes one zero of the two that floats know.
    rounded = [np.round(np.nan_to_num(array), SIGNED_DECIMALS) + 0.0 for array in arrays]
    return hashlib.sha256(b"".join(np.ascontiguousarray(array).tobytes() for array in rounded)).hexdigest()
