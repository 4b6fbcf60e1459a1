"""The published plans in tblPlan: which version of a cycle counts."""

from __future__ import annotations

from datetime import date

from sop_xl.buckets import Horizon
from sop_xl.checks import Rows
from sop_xl.workbook import tables
from sop_xl.workbook.codes import Codes
from sop_xl.workbook.snapshots import Snapshots
from sop_xl.workbook.spec import Table

NOV, DEC = date(2026, 11, 30), date(2026, 12, 31)
TABLES: dict[str, Table] = {table.name: table for table in tables.SOURCE_TABLES}


def rows(name: str, lines: list[list[object]]) -> Rows:
    """Rows of a table, in the order of its columns."""
    table = TABLES[name]
    cells = {header: [line[i] for line in lines] for i, header in enumerate(table.headers)}
    return Rows(name, "Plan", table.columns, cells, list(range(len(lines))))


def test_the_tenth_minor_version_is_later_than_the_ninth() -> None:
    lines = [
        [version, "consensus_demand", "TEA", end, units, None]
        for version, units in (("2026-11.10", 10.0), ("2026-11", 0.0), ("2026-11.9", 9.0))
        for end in (NOV, DEC)
    ]
    family = ["TEA", *[None] * (len(TABLES["tblFamilies"].headers) - 1)]
    given = {"tblFamilies": rows("tblFamilies", [family]), "tblItems": rows("tblItems", [])}
    given["tblResources"] = rows("tblResources", [])
    horizon = Horizon(date(2026, 12, 1), length=12)
    snapshots = Snapshots(rows("tblPlan", lines), horizon, Codes(given))
    assert snapshots.previous() == "2026-11.10"
    assert snapshots.by_age() == ["2026-11", "2026-11.9", "2026-11.10"]
    units, _ = snapshots.at_lag("consensus_demand", 1, {DEC: 0})
    assert units.tolist() == [[10.0]]
