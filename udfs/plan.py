"""SOP_ functions that read the published plan from the plan store.

The store and its database library are imported inside the functions: only they pay for it.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from sop_xl.errors import ArgumentError, NotDefinedError
from udfs.registry import Argument, Example, function

if TYPE_CHECKING:
    from sop_xl.store.reader import PublishedPlan

_EPOCH = dt.date(1899, 12, 30)
_MEASURE = Argument(
    "measure",
    "text",
    "What to read: consensus_demand, production_plan, revenue … in units where the plan has units, else in money; "
    "with _value at its end, in money.",
)
_VERSION = Argument(
    "version", "text", "Which published version; without it, the one published last.", required=False
)
_NOT_PUBLISHED = (
    "#N/A",
    "The version, family or bucket is not in a published plan, or no plan store can be reached; the reason says which.",
)
_UNKNOWN_MEASURE = ("#VALUE!", "The plan has no such measure; the reason lists those it has.")


def _plan(version: str | None) -> PublishedPlan:
    from sop_xl.store.reader import reader

    return reader().plan(version or "")


def _cells(
    plan: PublishedPlan, measure: str
) -> tuple[dict[tuple[str, dt.date], tuple[float | None, float | None]], int]:
    """Family in small letters and bucket -> units and money of a measure, and which of them is asked for."""
    name = "_".join(measure.lower().split())
    in_money = name not in plan.numbers and name.endswith("_value")
    found = plan.numbers.get(name.removesuffix("_value") if in_money else name)
    if found is None:
        raise ArgumentError(
            f'The plan has no measure "{measure[:40]}".', f"It has {', '.join(plan.numbers)}."
        )
    return found, 1 if in_money or name not in plan.in_units else 0


@function(
    "SOP_PLAN",
    category="Finance",
    summary="One number of the published plan.",
    arguments=(
        _MEASURE,
        Argument("family", "text", "The family, as in the plan; capitals do not matter."),
        Argument("bucket", "date", "Any day in the bucket."),
        _VERSION,
    ),
    result="Units or money.",
    shape="number",
    errors=(_UNKNOWN_MEASURE, _NOT_PUBLISHED),
    example=Example(("consensus_demand", "TEA", "2026-11-30", "2026-11"), 1200.0),
    pure=False,
)
def plan_number(measure: str, family: str, bucket: float, version: str | None) -> float:
    """SOP_PLAN."""
    from sop_xl.buckets import bucket_of, bucket_type

    plan = _plan(version)
    day = _EPOCH + dt.timedelta(int(bucket))
    try:
        # Quarters begin with the fiscal year, which shows in where the version's buckets end.
        began = plan.version.first_bucket.month % 3 + 1
        end = bucket_of(day, bucket_type(plan.version.bucket_type), began).end
    except OverflowError:
        end = day
    cells, which = _cells(plan, measure)
    found = cells.get((family.lower(), end), (None, None))[which]
    if found is None:
        raise _not_there(plan, measure, family, end)
    return found


def _not_there(plan: PublishedPlan, measure: str, family: str, end: dt.date) -> NotDefinedError:
    name = plan.version.version
    if family.lower() not in {each.lower() for each in plan.families}:
        return NotDefinedError(
            f'The published version {name} has no family "{family[:40]}".',
            f"It has {', '.join(plan.families[:20])}.",
        )
    if end not in plan.buckets:
        first, last = plan.version.first_bucket, plan.version.last_bucket
        return NotDefinedError(
            f"The published version {name} has no bucket that ends on {end}.",
            f"Its buckets end from {first} to {last}.",
        )
    return NotDefinedError(f"The published version {name} has no {measure} of {family} in {end}.")


@function(
    "SOP_PLAN_TABLE",
    category="Finance",
    summary="A measure of the published plan as a table, families × buckets.",
    arguments=(_MEASURE, _VERSION),
    result="A header with the last days of the buckets as date numbers, then a row per family.",
    shape="table",
    errors=(_UNKNOWN_MEASURE, _NOT_PUBLISHED),
    undefined="",
    example=Example(
        ("revenue", "2026-11"),
        [["Family", 46356.0, 46387.0], ["TEA", 9600.0, 10000.0], ["CUPS", 1500.0, None]],
    ),
    pure=False,
)
def plan_table(measure: str, version: str | None) -> list[list[object]]:
    """SOP_PLAN_TABLE."""
    plan = _plan(version)
    cells, which = _cells(plan, measure)
    header = ["Family", *(float((end - _EPOCH).days) for end in plan.buckets)]
    return [header] + [
        [family, *(cells.get((family.lower(), end), (None, None))[which] for end in plan.buckets)]
        for family in plan.families
    ]


@function(
    "SOP_VERSION",
    category="Finance",
    summary="Which plan is published, since when, and by whom.",
    arguments=(_VERSION,),
    result="One row: version, cycle, status, time of publication as a date number, publisher.",
    shape="range",
    errors=(_NOT_PUBLISHED,),
    example=Example(("2026-11",), [["2026-11", "2026-11", "PUBLISHED", 46349.4375, "Ann"]]),
    pure=False,
)
def version_row(version: str | None) -> list[list[object]]:
    """SOP_VERSION."""
    from sop_xl.store.reader import reader

    found = reader().version(version or "")
    local = dt.datetime.fromisoformat(found.published_at).astimezone().replace(tzinfo=None, microsecond=0)
    serial = (local - dt.datetime(1899, 12, 30)) / dt.timedelta(days=1)
    return [[found.version, found.cycle, found.status, serial, found.published_by]]
