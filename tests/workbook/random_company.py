"""Random companies: any bucket type, fiscal year and horizon, with the odd cases that planners really have.

What decides about a company (its calendar, which cells are empty or zero) is drawn by Hypothesis, so that a failure
shrinks to a small one; amounts follow from a drawn seed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st

from sop_xl.buckets import Bucket, BucketType, Horizon
from sop_xl.commands import steps
from sop_xl.commands.cycle import Cycle
from sop_xl.hosts.session import open_book
from sop_xl.workbook import layout
from sop_xl.workbook.contents import ViewContents
from sop_xl.workbook.formulas import Grid
from sop_xl.workbook.read import Workbook
from sop_xl.workbook.template import template_path
from sop_xl.workbook.write import write_table
from tests.tiny import cells

Row = dict[str, Any]
#: (view, family, row key, planned bucket) -> what is typed there.
Typed = dict[tuple[str, str, str, int], float]


@dataclass(frozen=True)
class Company:
    """What stands on the card, in the tables, and what is typed over the plan after the first cycle.

    Attributes:
        again: whether production is proposed once more after typing; otherwise only formulas follow it.
    """

    horizon: Horizon
    currency: str
    tables: dict[str, list[Row]]
    typed: Typed
    again: bool

    def __repr__(self) -> str:
        words = [f"{self.horizon}", self.currency, f"again={self.again}", f"typed={self.typed}"]
        return "\n".join([*words, *(f"{name}: {rows}" for name, rows in self.tables.items() if rows)])


@dataclass(frozen=True)
class Planned:
    """A company's workbook and what the core says about it.

    Attributes:
        views: numbers of the planning views, planned afresh from what stands in the workbook.
        grids: where the views stand.
    """

    path: Path
    company: Company
    views: dict[str, ViewContents]
    grids: dict[str, Grid]


MONEY = st.sampled_from([None, 0.0, 4.5, 12.0, 0.0375, 250_000.0])
FEW = st.sampled_from([None, 0.0, 3.0, 12.5])
OPENING = st.sampled_from([None, -40.0, 0.0, 25.0, 4_000.5])


@st.composite
def companies(draw: Callable[[Any], Any], kind: BucketType, most: int = 4) -> Company:
    """A company of up to ``most`` families, planned in one type of bucket."""
    horizon = Horizon(
        current=draw(st.dates(date(2023, 1, 1), date(2031, 12, 31))),
        length=draw(st.integers(6, 36)),
        past=layout.PAST_BUCKETS,
        kind=kind,
        fiscal_start=draw(st.integers(1, 12)),
        frozen=draw(st.integers(0, 3)),
        firm=draw(st.integers(0, 3)),
    )
    codes = [f"F{i:02d}" for i in range(draw(st.integers(1, most)))]
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    families = [_family(draw, code) for code in codes]
    resources = [
        {
            "Resource": f"R{i}",
            "Unit": unit,
            "Overtime limit": 10.0,
            "Overtime cost": 2.5,
            "Subcontract cost": 4.0,
        }
        for i, unit in enumerate(draw(st.lists(st.sampled_from([None, "h", "H", "t"]), max_size=3)))
    ]
    tables: dict[str, list[Row]] = {"tblFamilies": families, "tblResources": resources}
    tables |= _limits(draw, random, horizon, codes, [row["Resource"] for row in resources])
    tables |= _facts(draw, random, horizon, codes)
    typed = draw(
        st.dictionaries(
            st.tuples(
                st.sampled_from(
                    [("Demand", "sales_override"), ("Demand", "marketing_override"), ("Supply", "production_override")]
                ),
                st.sampled_from(codes),
                st.integers(0, horizon.length),
            ),
            st.sampled_from([0.0, 1.0, 812.25, 40_000.0]),
            max_size=6,
        )
    )  # fmt: skip
    return Company(
        horizon,
        draw(st.sampled_from(["EUR", "USD", "¥"])),
        tables,
        {(view, code, key, t): value for ((view, key), code, t), value in typed.items()},
        draw(st.booleans()),
    )


def company_of(count: int, horizon: Horizon) -> Company:
    """A company of many families, each with all it can have."""
    random = np.random.default_rng(count)
    codes = [f"F{i:02d}" for i in range(count)]
    families = [
        {
            "Family": code, "Name": f"Family {i}", "Unit": ("pcs", "t")[i % 2], "Make": ("MTS", "MTO")[i % 3 == 2],
            "Strategy": ("TARGET", "LEVEL", "CHASE")[i % 3], "Target days": 8, "Target backlog weeks": 2,
            "Price": 10.0 + i, "Unit cost": 7.0 + i, "Opening inventory": 300.0, "Opening backlog": 40.0,
        }
        for i, code in enumerate(codes)
    ]  # fmt: skip
    resources = [{"Resource": f"R{i}", "Unit": "h", "Overtime cost": 2.5} for i in range(5)]
    history = [
        {"Bucket": bucket.end, "Family": code, "Quantity": float(q), "Value": float(q) * 9}
        for code in codes
        for bucket, q in zip(horizon.history(24), random.integers(50, 900, 24), strict=True)
    ]
    tables: dict[str, list[Row]] = {
        "tblFamilies": families,
        "tblResources": resources,
        "tblSales": history,
        "tblBill": [
            {"Family": code, "Resource": f"R{i % 5}", "Hours per unit": 0.25, "Offset": i % 2}
            for i, code in enumerate(codes)
        ],
        "tblCapacity": [
            {"Resource": f"R{i}", "Bucket": bucket.end, "Hours": 1500.0}
            for i in range(5)
            for bucket in horizon.planned
        ],
        "tblBudget": [
            {"Family": code, "Bucket": bucket.end, "Revenue": 5000.0, "Margin": 900.0}
            for code in codes
            for bucket in horizon.planned[:8]
        ],
    }
    return Company(
        horizon, "USD", tables, {("Demand", code, "sales_override", 2): 500.0 for code in codes}, False
    )


def _family(draw: Callable[[Any], Any], code: str) -> Row:
    make = draw(st.sampled_from([None, "MTS", "MTO"]))
    return {
        "Family": code,
        "Name": draw(st.sampled_from([None, "Tea"])),
        "Unit": draw(st.sampled_from([None, "pcs", "t"])),
        "Make": make,
        "Strategy": draw(st.sampled_from([None, "LEVEL", "CHASE", "TARGET", "OPTIMAL"])),
        "Target days": draw(FEW),
        "Target backlog weeks": draw(FEW),
        "Service target": draw(st.sampled_from([None, 0.95])),
        "Price": draw(MONEY),
        "Unit cost": draw(MONEY),
        "Opening inventory": draw(OPENING),
        "Opening backlog": draw(st.sampled_from([None, 0.0, 75.0])),
        "Holding cost": draw(st.sampled_from([None, None, 0.0, 0.4])),
        "Backorder cost": draw(st.sampled_from([None, None, 0.0, 2.0])),
    }


def _limits(
    draw: Callable[[Any], Any],
    random: np.random.Generator,
    horizon: Horizon,
    codes: list[str],
    resources: list[str],
) -> dict[str, list[Row]]:
    """Bill of resources, capacity with gaps and zeros, booked extra, working days."""
    bill, capacity, extra = [], [], []
    for resource in resources:
        for code in draw(st.lists(st.sampled_from(codes), unique=True)):
            for offset in draw(st.lists(st.integers(0, 2), max_size=2, unique=True)):
                bill.append(
                    {
                        "Family": code,
                        "Resource": resource,
                        "Hours per unit": draw(FEW) or 0.0,
                        "Offset": offset,
                    }
                )
        for bucket in _some(draw, random, horizon.planned):
            hours = float(random.choice([0.0, 160.0, 5000.0]))
            capacity.append(
                {"Resource": resource, "Bucket": bucket.end, "Hours": hours, "Demonstrated": hours * 0.9}
            )
        for bucket in horizon.planned[: draw(st.integers(0, 2))]:
            for kind in ("overtime", "subcontract"):
                extra.append({"Resource": resource, "Bucket": bucket.start, "Kind": kind, "Hours": 7.5})
    days = _some(draw, random, horizon.planned)
    return {
        "tblBill": bill,
        "tblCapacity": capacity,
        "tblExtraCapacity": extra,
        "tblCalendar": [{"Bucket": b.end, "Working days": 0.5 + float(random.integers(0, 60))} for b in days],
    }


def _facts(
    draw: Callable[[Any], Any], random: np.random.Generator, horizon: Horizon, codes: list[str]
) -> dict[str, list[Row]]:
    """Sales, production, stock, budget, events, pipeline, and the plan published a bucket ago."""
    tables: dict[str, list[Row]] = {name: [] for name in (
        "tblSales", "tblProduction", "tblStock", "tblBudget", "tblEvents", "tblPipeline", "tblPlan", "tblItems"
    )}  # fmt: skip
    size = float(draw(st.sampled_from([0.5, 90.0, 12_000.0])))
    before = horizon.history(1)[0]
    published = draw(st.booleans())
    for code in codes:
        for bucket in horizon.history(draw(st.sampled_from([0, 2, 15, 30]))):
            sold = max(0.0, round(size * float(random.normal(1.0, 0.4)), 3))
            value = None if random.random() < 0.1 else sold * 8.25
            tables["tblSales"].append(
                {"Bucket": bucket.end, "Family": code, "Quantity": sold, "Value": value}
            )
        for bucket in _some(draw, random, (*horizon.closed, *horizon.planned[:2])):
            closed = bucket.end < horizon.planned[0].end
            tables["tblProduction"].append(
                {
                    "Bucket": bucket.end,
                    "Family": code,
                    "Planned": size,
                    "Actual": size * 0.97 if closed else None,
                }
            )
        for bucket in _some(draw, random, horizon.planned):
            revenue = float(random.choice([0.0, size * 9.0]))
            tables["tblBudget"].append(
                {"Family": code, "Bucket": bucket.end, "Revenue": revenue, "Margin": revenue * 0.3}
            )
        for bucket in horizon.planned[: draw(st.integers(0, 2))]:
            kind = draw(
                st.sampled_from([{"Factor": 1.25}, {"Factor": 0.0}, {"Quantity": -9e6}, {"Quantity": 33.0}])
            )
            tables["tblEvents"].append({"Family": code, "Bucket": bucket.end, "Kind": "one-off", **kind})
            tables["tblPipeline"].append(
                {"Opportunity": f"O-{code}", "Family": code, "Bucket": bucket.end, "Quantity": 5.0}
            )
        for bucket in horizon.planned[:-1] if published else ():
            for measure in ("consensus_demand", "revenue", "margin", "constrained_demand"):
                tables["tblPlan"].append(
                    {"Version": "V1", "Measure": measure, "Family": code, "Bucket": bucket.end,
                     "Quantity": size, "Value": size * 8.0}
                )  # fmt: skip
        if published:
            tables["tblPlan"].append(
                {"Version": "V1", "Measure": "consensus_demand", "Family": code, "Bucket": before.end,
                 "Quantity": size * 1.1, "Value": size}
            )  # fmt: skip
        if draw(st.booleans()):
            tables["tblStock"].append({"Family": code, "Quantity": size / 2, "Received": before.start})
        if draw(st.booleans()):
            tables["tblItems"].append({"Item": f"{code}-1", "Family": code, "Price": 3.0, "Unit cost": 2.0})
    return tables


def _some(draw: Callable[[Any], Any], random: np.random.Generator, buckets: Iterable[Bucket]) -> list[Bucket]:
    """None, all, or some of the buckets."""
    share = draw(st.sampled_from([0.0, 0.7, 1.0]))
    return [bucket for bucket in buckets if random.random() < share]


def plan(company: Company, path: Path) -> Planned:
    """Make the company's workbook as a user would: card, tables, one cycle, then the overrides."""
    path.write_bytes(template_path().read_bytes())
    horizon = company.horizon
    with open_book(path) as session:
        workbook = Workbook.of(session.book)
        day = horizon.current
        for name, value in (
            ("Home_FirstBucket", _moment(day)), ("Home_Cycle", f"{day:%Y-%m}"), ("Home_Horizon", horizon.length),
            ("Home_BucketType", horizon.kind), ("Home_FiscalStart", horizon.fiscal_start),
            ("Home_Frozen", horizon.frozen), ("Home_Firm", horizon.firm), ("Home_Currency", company.currency),
        ):  # fmt: skip
            workbook.set_field(name, value)
        for name, rows in company.tables.items():
            write_table(workbook, name, cells(name, rows))
        steps.run_cycle(session.book)
        for (view, code, key, t), value in company.typed.items():
            grid, _ = workbook.grid(layout.VIEWS[view], horizon)
            cell = (grid.rows[code, key], grid.columns[horizon.planned[t].end])
            session.book.sheets[grid.sheet].range(cell).value = value
        if company.again and company.typed:
            steps.plan_supply(session.book)
        session.save()
    with open_book(path, read_only=True) as session:
        cycle = Cycle(session.book)
        views = cycle.views()
        grids = {name: cycle.workbook.grid(layout.VIEWS[name], cycle.horizon)[0] for name in views}
        assert cycle.horizon == horizon
    return Planned(path, company, views, grids)


def _moment(day: date) -> Any:
    from datetime import datetime

    return datetime(day.year, day.month, day.day)
