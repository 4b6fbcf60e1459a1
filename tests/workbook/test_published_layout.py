"""The shape of the published workbook: a cell that somebody linked to keeps its family and its bucket."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
from openpyxl.utils import range_boundaries

from sop_xl.commands.cycle import Cycle
from sop_xl.errors import WorkbookError
from sop_xl.hosts.session import open_book
from sop_xl.model import NO_REGION, Measures, Plan, Regions
from sop_xl.workbook.published import Imprint, published
from sop_xl.workbook.published_layout import BLOCKS, Before, layout_of, read_published
from tests.tiny import month, planned

IMPRINT = Imprint("Tea & Sons", "2026-11", "2026-11", "EUR", datetime(2026, 11, 23, 10, 30), "Ann")


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """The plan of TEA, CUPS and KETTLES for 19 months from November 2026."""
    with open_book(planned(tmp_path_factory.mktemp("layout")), read_only=True) as session:
        return Cycle(session.book).plan


def write(folder: Path, plan: Plan, before: Before | None = None, **imprint: Any) -> Path:
    """A published workbook."""
    path = folder / "plan_published.xlsx"
    path.write_bytes(published(plan, replace(IMPRINT, **imprint), Measures(()), before)[0])
    return path


@pytest.fixture(scope="module")
def first(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Before:
    """What was published first, read back from its file."""
    return read_published(write(tmp_path_factory.mktemp("first"), plan))


def changed(plan: Plan, families: Sequence[str] = (), **horizon: Any) -> Plan:
    """The numbers of a plan for other families, given by code in their new order, or another horizon."""
    given = plan.given
    old = {family.code: family for family in given.families}
    some = tuple(old.get(code, replace(given.families[0], code=code, name=code.title())) for code in families)
    given = replace(given, families=some or given.families, horizon=replace(given.horizon, **horizon))
    return replace(plan, given=given)


def scaled(plan: Plan, factor: float) -> Plan:
    """The same plan with other numbers."""
    return replace(plan, **{attribute: getattr(plan, attribute) * factor for *_, attribute in BLOCKS})


def test_what_was_published_is_read_back(plan: Plan, first: Before) -> None:
    assert (first.version, first.currency) == ("2026-11", "EUR")
    assert [(row.code, row.name, row.unit) for row in first.rows] == [
        ("TEA", "Tea", "pcs"),
        ("CUPS", "Cups", "pcs"),
        ("KETTLES", "Kettles", "pcs"),
    ]
    assert first.ends == tuple(month(k).end for k in range(19))
    for block, _, _, attribute in BLOCKS:
        np.testing.assert_allclose(first.values[block], getattr(plan, attribute), rtol=1e-14)


def test_families_keep_their_rows_and_buckets_their_columns(
    tmp_path: Path, plan: Plan, first: Before
) -> None:
    # MUGS was put before the others, CUPS has gone, and December is the first bucket.
    now = changed(scaled(plan, 2.0), ("MUGS", "KETTLES", "TEA"), current=month(1).end)
    path = write(tmp_path, now, first, version="2026-12", cycle="2026-12")
    sheet = openpyxl.load_workbook(path)["Demand"]
    assert [sheet.cell(row, 1).value for row in range(7, 12)] == ["TEA", "CUPS", "KETTLES", "MUGS", None]
    ends = [sheet.cell(6, column).value.date() for column in range(4, 24)]
    assert ends == [month(k).end for k in range(20)]
    status = [sheet.cell(4, column).value for column in range(4, 24)]
    assert status == ["Closed"] + ["Plan"] * 19
    demand = plan.consensus_demand
    # What was published last for November, then the new numbers; nothing for CUPS, which the plan has no more.
    for row, (closed, index) in enumerate([(0, 2), (1, None), (2, 1), (None, 0)], start=7):
        want = [None if closed is None else demand[closed, 0]]
        want += [None] * 19 if index is None else list(demand[index] * 2)
        got = [sheet.cell(row, column).value for column in range(4, 24)]
        assert [cell is None for cell in got] == [cell is None for cell in want]
        assert [cell or 0 for cell in got] == pytest.approx([cell or 0 for cell in want], rel=1e-14)
    assert sheet.column_dimensions["D"].hidden
    assert not sheet.column_dimensions["E"].hidden


def test_names_cover_the_numbers_and_nothing_else(tmp_path: Path, plan: Plan, first: Before) -> None:
    now = changed(plan, ("MUGS", "TEA", "CUPS"), current=month(2).end)
    book = openpyxl.load_workbook(write(tmp_path, now, first))
    for block, _, unit, _ in BLOCKS:
        # Columns D to X: two closed buckets and nineteen planned ones. KETTLES keeps its row.
        wanted = {"": (4, 7, 24, 10), "_Buckets": (4, 6, 24, 6), "_Families": (1, 7, 1, 10)}
        if unit == "money":
            wanted["_Total"] = (4, 5, 24, 5)
        for end, area in wanted.items():
            sheet, _, where = book.defined_names[f"PUB_{block}{end}"].attr_text.partition("!")
            assert (sheet.strip("'"), range_boundaries(where.replace("$", ""))) == (block, area)


def test_a_family_that_comes_back_is_in_its_old_row(tmp_path: Path, plan: Plan, first: Before) -> None:
    gone = read_published(write(tmp_path, changed(plan, ("CUPS", "KETTLES", "MUGS")), first))
    assert [row.code for row in gone.rows] == ["TEA", "CUPS", "KETTLES", "MUGS"]
    back = layout_of(changed(plan, ("tea", "CUPS", "MUGS"), current=month(1).end), "EUR", gone)
    assert [(row.code, row.planned) for row in back.rows] == [
        ("tea", 0),
        ("CUPS", 1),
        ("KETTLES", None),
        ("MUGS", 2),
    ]


def test_a_shorter_horizon_and_a_pause_leave_the_columns(plan: Plan, first: Before) -> None:
    shorter = layout_of(changed(plan, length=5), "EUR", first)
    assert (shorter.ends, shorter.closed, shorter.planned) == (first.ends, 0, 6)
    assert np.isnan(shorter.values("Demand", plan.consensus_demand[:, :6])[:, 6:]).all()
    later = layout_of(changed(plan, current=month(30).end), "EUR", first)
    assert later.ends == (*first.ends, *(month(k).end for k in range(30, 49)))
    assert later.closed == 19


def test_other_buckets_begin_anew_and_it_is_said(plan: Plan, first: Before) -> None:
    for horizon in ({"kind": "week"}, {"current": month(-1).end}):
        layout = layout_of(changed(plan, **horizon), "EUR", first)
        assert (layout.closed, len(layout.ends)) == (0, 19)
        assert layout.news == (
            "The columns of the published workbook begin anew: links to its cells show other buckets now.",
        )
    assert layout_of(plan, "EUR", first).news == ()


def test_closed_money_of_another_currency_is_not_shown(plan: Plan, first: Before) -> None:
    layout = layout_of(changed(plan, current=month(1).end), "USD", first)
    assert not np.isnan(layout.values("Demand", plan.consensus_demand)[:, 0]).any()
    assert np.isnan(layout.values("Revenue", plan.revenue)[:, 0]).all()


def test_a_total_is_the_sum_of_its_families_in_closed_buckets_too(
    tmp_path: Path, plan: Plan, first: Before
) -> None:
    sheet = openpyxl.load_workbook(write(tmp_path, changed(plan, current=month(1).end), first))["Revenue"]
    for column in range(4, 24):
        families = [sheet.cell(row, column).value or 0.0 for row in range(7, 10)]
        assert sheet.cell(5, column).value == pytest.approx(sum(families), rel=1e-12)


def test_another_file_in_its_place_is_named(tmp_path: Path) -> None:
    path = tmp_path / "plan_published.xlsx"
    openpyxl.Workbook().save(path)
    with pytest.raises(WorkbookError, match="is not a published workbook"):
        read_published(path)
    path.write_text("no workbook")
    with pytest.raises(WorkbookError, match=r"plan_published\.xlsx cannot be read"):
        read_published(path)


def test_regions_keep_their_rows(tmp_path: Path, plan: Plan) -> None:
    def by_region(names: tuple[str, ...], before: Before | None, now: Plan, **imprint: Any) -> Before:
        regions = Regions(names, np.zeros(len(names), dtype=np.intp))
        shares = np.full((len(names), now.given.shape[1]), 1 / max(len(names), 1))
        path = tmp_path / "regions.xlsx"
        path.write_bytes(
            published(now, replace(IMPRINT, **imprint), Measures(()), before, regions, shares)[0]
        )
        return read_published(path)

    first = by_region(("North", ""), None, plan)
    assert [(row.code, row.name) for row in first.regions] == [("TEA", "North"), ("TEA", NO_REGION)]
    later = changed(scaled(plan, 2.0), current=month(1).end)
    second = by_region(("East", "North"), first, later, version="2026-12")
    assert [row.name for row in second.regions] == ["North", NO_REGION, "East"]
    tea, values = plan.consensus_demand[0], second.values["Regions"]
    np.testing.assert_allclose(values[:, 0], [tea[0] / 2, tea[0] / 2, np.nan], rtol=1e-14)
    np.testing.assert_allclose(values[0, 1:], tea, rtol=1e-14)
    assert np.isnan(values[1, 1:]).all()
    np.testing.assert_allclose(values[2, 1:], tea, rtol=1e-14)
    # Without sales by region the rows stay, with what was published last.
    third = by_region((), second, later, version="2026-12.1")
    assert [row.name for row in third.regions] == ["North", NO_REGION, "East"]
