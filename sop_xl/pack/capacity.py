"""Load against capacity, resource by resource, the fullest first."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from sop_xl.pack.content import Cell, Chart, Page, Points, Series
from sop_xl.pack.meeting import Meeting
from sop_xl.pack.words import counted, day_of, listed, number, percent, sentence, tick_of
from sop_xl.supply.costs import spare_extra

SECTION = "Capacity"
#: Charts on a page.
PER_PAGE = 6
#: The sheet marks a bucket as over-loaded from here on.
OVER = 1.000001


def overloaded(meeting: Meeting) -> list[int]:
    """Resources that are over-loaded in some bucket, the one that lacks most (against its capacity) first."""
    plan = meeting.plan
    over = [r for r in range(len(plan.given.resources)) if _over(meeting, r).any()]
    peak = np.nan_to_num(plan.utilization, nan=np.inf)
    return sorted(over, key=lambda r: -float(peak[r][_over(meeting, r)].max()))


def _over(meeting: Meeting, r: int) -> np.ndarray:
    """Buckets in which a resource has too little, also where it has nothing at all."""
    capacity, load = meeting.plan.given.available[r], meeting.plan.load[r]
    over: np.ndarray = ~np.isnan(capacity) & (load > np.nan_to_num(capacity) * OVER + 1e-9)
    return over


def said_of(meeting: Meeting, r: int) -> str:
    """One sentence about an over-loaded resource."""
    plan, horizon = meeting.plan, meeting.horizon
    resource, over = plan.given.resources[r], _over(meeting, r)
    places = np.flatnonzero(over)
    peak = int(places[np.argmax(np.nan_to_num(plan.utilization[r][places], nan=np.inf))])
    worst = plan.utilization[r, peak]
    when = day_of(horizon.planned[peak], horizon)
    if np.isnan(worst):
        top = f"it has no capacity at all in {when}"
    elif places.size == 1:
        top = f"{percent(worst)} in {when}"
    else:
        top = f"the peak is {percent(worst)} in {when}"
    return (
        f"{resource.code} is overloaded in {meeting.buckets(places.size)}: "
        f"{number(plan.short[r].sum())} {resource.unit} short; {top}."
    )


def relief(meeting: Meeting, r: int) -> str:
    """What overtime can do about it."""
    plan, resource = meeting.plan, meeting.plan.given.resources[r]
    if np.isnan(resource.overtime_limit):
        return "No overtime limit is given."
    helped = float(np.minimum(plan.short[r], spare_extra(plan.given)[0][r]).sum())
    text = f"Overtime can carry {number(helped)} {resource.unit} of it"
    if not np.isnan(resource.overtime_cost):
        text += f" for {meeting.money(helped * resource.overtime_cost)}"
    return f"{text}."


def capacity_pages(meeting: Meeting) -> list[Page]:
    """Charts of all resources, six to a page, with the overloads in words."""
    given = meeting.plan.given
    if not given.resources:
        text = "Nothing limits the plan: no resources are given"
        say = Points(
            "", (Cell("Fill in tblResources, tblBill and tblCapacity to see load against capacity."),)
        )
        return [Page(SECTION, text, side=(say,))]
    used = np.nan_to_num(meeting.plan.utilization, nan=-1.0).max(axis=1)
    over = overloaded(meeting)
    rest = sorted((r for r in range(len(given.resources)) if r not in over), key=lambda r: -used[r])
    order = [*over, *rest]
    pages = [order[i : i + PER_PAGE] for i in range(0, len(order), PER_PAGE)]
    return [_page(meeting, resources, first=i == 0) for i, resources in enumerate(pages)]


def _page(meeting: Meeting, resources: list[int], first: bool) -> Page:
    given = meeting.plan.given
    over = [r for r in overloaded(meeting) if r in resources]
    if first:
        title = _title(meeting)
    elif over:
        title = f"More resources: {listed([given.resources[r].code for r in over])} overloaded"
    else:
        title = "The remaining resources can carry the plan, where their capacity is given"
    lines = [Cell(f"{said_of(meeting, r)} {relief(meeting, r)}") for r in over]
    if not over:
        lines.append(Cell("No resource on this page is overloaded."))
    unknown = [given.resources[r].code for r in resources if np.isnan(given.capacity[r]).any()]
    if unknown:
        lines.append(
            Cell(f"Capacity is missing in some or all {meeting.horizon.kind}s: {listed(unknown)}.", "muted")
        )
    return Page(
        SECTION,
        title,
        tuple(_chart(meeting, r) for r in resources),
        (
            Points("Overloads", tuple(lines), more="Decisions required"),
            Points("How full they are at most", tuple(Cell(text) for text in _peaks(meeting, resources))),
        ),
        note="Columns: load of the production plan. Line: capacity without overtime. Overloaded buckets are orange.",
        columns=1 if len(resources) == 1 else 2,
    )


def _title(meeting: Meeting) -> str:
    given, over = meeting.plan.given, overloaded(meeting)
    if np.isnan(given.capacity).all():
        return "No capacity is given: loads are shown, overloads cannot be found"
    if not over:
        return "Every resource with a capacity can carry the plan"
    if len(given.resources) == 1:
        return f"{given.resources[0].code} is overloaded in {meeting.buckets(int(_over(meeting, 0).sum()))}"
    names = listed([given.resources[r].code for r in over])
    of = counted(len(given.resources), "resource")
    number_ = counted(len(over), "").strip().removesuffix(" s")
    return sentence(f"{number_} of {of} {'is' if len(over) == 1 else 'are'} overloaded: {names}")


def _peaks(meeting: Meeting, resources: Iterable[int]) -> list[str]:
    said = []
    for r in resources:
        resource, used = meeting.plan.given.resources[r], meeting.plan.utilization[r]
        name = f"{resource.code} ({resource.name})" if resource.name else resource.code
        if np.isnan(used).all():
            said.append(f"{name}: not known")
            continue
        t = int(np.nanargmax(used))
        said.append(f"{name}: {percent(used[t])}, {day_of(meeting.horizon.planned[t], meeting.horizon)}")
    return said


def _chart(meeting: Meeting, r: int) -> Chart:
    resource, numbers = meeting.plan.given.resources[r], meeting.views["Capacity"].planned
    load, capacity = numbers[resource.code, "load"], numbers[resource.code, "capacity"]
    return Chart(
        f"{resource.code}, {resource.unit}",
        tuple(tick_of(bucket, meeting.horizon) for bucket in meeting.horizon.planned),
        (
            Series("Load", tuple(map(float, load)), "columns", tuple(map(bool, _over(meeting, r)))),
            Series("Capacity", tuple(map(float, capacity)), "line"),
        ),
        description=f"Load and capacity of {resource.code} by {meeting.horizon.kind}.",
    )
