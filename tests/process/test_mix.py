"""The items of a family add up to its consensus demand, bucket by bucket."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from sop_xl.commands.cycle import Cycle
from sop_xl.hosts.session import open_book
from sop_xl.process.baseline import forecast_items
from sop_xl.process.mix import mix_of
from sop_xl.workbook.mix import items_of
from sop_xl.workbook.read import matrix


def test_items_add_up_to_their_family_and_keep_their_dates(sample_copy: Path) -> None:
    with open_book(sample_copy, read_only=True) as session:
        cycle = Cycle(session.book)
        plan, items = cycle.plan, items_of(cycle.tables, cycle.horizon)
        written = matrix(session.book.names["Mix_Data"].refers_to_range)
    mix = mix_of(plan, items, forecast_items(plan.given, items))
    for family in range(len(plan.given.families)):
        np.testing.assert_allclose(
            mix[items.family == family].sum(axis=0), plan.consensus_demand[family], rtol=1e-9
        )
    launched = np.flatnonzero(~np.isnan(items.launch))
    ended = np.flatnonzero(~np.isnan(items.last_bucket))
    assert launched.size
    assert ended.size
    for item in launched:
        assert not mix[item, : int(items.launch[item])].any()
        assert mix[item, int(items.launch[item]) :].any()
    for item in ended:
        assert not mix[item, max(int(items.last_bucket[item]), -1) + 1 :].any()
    assert [row[0] for row in written] == list(items.codes)
    np.testing.assert_allclose(np.array([row[3:] for row in written], dtype=float), mix, rtol=1e-12)


def test_a_family_without_items_on_sale_leaves_them_empty(sample_copy: Path) -> None:
    from dataclasses import replace

    with open_book(sample_copy, read_only=True) as session:
        cycle = Cycle(session.book)
        plan, items = cycle.plan, items_of(cycle.tables, cycle.horizon)
    none_left = replace(items, last_bucket=np.where(items.family == 0, 3.0, items.last_bucket))
    mix = mix_of(plan, none_left, forecast_items(plan.given, none_left))
    mine = items.family == 0
    assert np.isnan(mix[mine, 4:]).all()
    np.testing.assert_allclose(mix[mine, :4].sum(axis=0), plan.consensus_demand[0, :4], rtol=1e-9)
