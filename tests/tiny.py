"""A company of three families, small enough to plan again and again in a test."""

from __future__ import annotations

import contextlib
import io
import json
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from sop_xl.buckets import Bucket, bucket_of, shift
from sop_xl.cli import main
from sop_xl.hosts.session import open_book
from sop_xl.workbook import layout
from sop_xl.workbook.formulas import cell
from sop_xl.workbook.read import Workbook
from sop_xl.workbook.write import write_table

FIRST = date(2026, 11, 1)
FAMILIES = ("TEA", "CUPS", "KETTLES")
Row = Mapping[str, Any]


class Said(NamedTuple):
    """What a command line printed and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        found = json.loads(self.out)
        assert isinstance(found, dict)
        return found


def sop(*words: object) -> Said:
    """Run a command of the command line in this process."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main([str(word) for word in words])
    return Said(code, out.getvalue(), err.getvalue())


def done(*words: object) -> dict[str, Any]:
    """Run a command that must succeed; its result as JSON."""
    said = sop(*words, "--json")
    assert said.code == 0, said
    return said.json


def month(count: int) -> Bucket:
    """The month ``count`` after the first planned one."""
    return shift(bucket_of(FIRST), count, "month")


def moment(day: date) -> datetime:
    """A day as spreadsheet programs give it."""
    return datetime(day.year, day.month, day.day)


def cells(table: str, rows: Iterable[Row]) -> list[list[Any]]:
    """Rows given by header, in the order of a table."""
    return [[row.get(header) for header in layout.TABLES[table].headers] for row in rows]


def facts() -> dict[str, list[Row]]:
    """Rows of every table that the company fills: a level, a chase and a make-to-order family."""
    random = np.random.default_rng(7)
    terms = {
        "TEA": {"Make": "MTS", "Strategy": "TARGET", "Target days": 10, "Price": 8.0, "Unit cost": 5.0},
        "CUPS": {"Make": "MTS", "Strategy": "LEVEL", "Target days": 5, "Price": 3.0, "Unit cost": 2.0},
        "KETTLES": {
            "Make": "MTO",
            "Strategy": "CHASE",
            "Target backlog weeks": 4,
            "Price": 40.0,
            "Unit cost": 30.0,
        },
    }
    opening = {
        "TEA": ("Opening inventory", 500),
        "CUPS": ("Opening inventory", 300),
        "KETTLES": ("Opening backlog", 60),
    }
    size = {"TEA": 1000, "CUPS": 400, "KETTLES": 50}
    families = [
        {"Family": code, "Name": code.title(), "Unit": "pcs", **terms[code], opening[code][0]: opening[code][1],
         "Service target": 0.97}
        for code in FAMILIES
    ]  # fmt: skip
    season = [1.2, 1.1, 1.0, 0.9, 0.8, 0.7, 0.7, 0.8, 0.9, 1.0, 1.2, 1.7]
    sales = []
    for code in FAMILIES:
        for k in range(-36, 0):
            end = month(k).end
            units = round(size[code] * season[end.month - 1] * (0.95 + 0.1 * float(random.random())))
            sales.append(
                {"Bucket": end, "Family": code, "Quantity": units, "Value": units * terms[code]["Price"]}
            )
    months = [month(k).end for k in range(25)]
    return {
        "tblFamilies": families,
        "tblItems": [{"Item": f"{code}-1", "Family": code} for code in FAMILIES],
        "tblResources": [
            {"Resource": "LINE", "Kind": "machine", "Unit": "h", "Overtime limit": 20},
            {"Resource": "CREW"},
        ],
        "tblBill": [
            {"Family": "TEA", "Resource": "LINE", "Hours per unit": 0.1},
            {"Family": "CUPS", "Resource": "LINE", "Hours per unit": 0.05},
            {"Family": "KETTLES", "Resource": "CREW", "Hours per unit": 1.0, "Offset": 1},
            {"Family": "TEA", "Resource": "CREW", "Hours per unit": 0.02, "Offset": 0},
        ],
        "tblCapacity": [
            {"Resource": code, "Bucket": end, "Hours": hours}
            for code, hours in (("LINE", 140), ("CREW", 90))
            for end in months
        ],
        "tblCalendar": [{"Bucket": end, "Working days": 20} for end in months[:6]],
        "tblSales": sales,
        "tblProduction": [{"Bucket": month(0).end, "Family": "TEA", "Planned": 900}]
        + [{"Bucket": month(-1).end, "Family": code, "Planned": 100, "Actual": 98} for code in FAMILIES],
        "tblBudget": [
            {"Family": code, "Bucket": end, "Quantity": size[code], "Revenue": size[code] * 9.0, "Margin": size[code]}
            for code in FAMILIES
            for end in months[:12]
        ],
        "tblEvents": [
            {"Family": "TEA", "Bucket": month(2).end, "Kind": "promotion", "Factor": 1.2},
            {"Family": "CUPS", "Bucket": month(3).end, "Kind": "one-off", "Quantity": 50},
        ],
    }  # fmt: skip


def empty_company(path: Path) -> Path:
    """A workbook fresh from the template."""
    done("new", path, "--company", "Tea & Sons", "--first-bucket", FIRST.isoformat())
    return path


def tiny_company(path: Path, changes: Mapping[str, Sequence[Row]] | None = None) -> Path:
    """The company's workbook with its data, not planned yet.

    Args:
        changes: tables that are filled with other rows.
    """
    empty_company(path)
    fill(path, {**facts(), **(changes or {})})
    return path


@cache
def _planned() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = tiny_company(Path(folder) / "plan.xlsx")
        done("run-cycle", path)
        return path.read_bytes()


def planned(folder: Path, name: str = "plan.xlsx") -> Path:
    """A workbook of the company after one cycle, to change at will; made once for all tests."""
    path = folder / name
    path.write_bytes(_planned())
    return path


def renamed(codes: Mapping[str, Any]) -> dict[str, list[Row]]:
    """The company's tables with other family codes."""
    return {
        table: [
            {**row, **({"Family": codes[row["Family"]]} if row.get("Family") in codes else {})}
            for row in rows
        ]
        for table, rows in facts().items()
    }


def families(change: Callable[[dict[str, Any]], dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of tblFamilies, each changed."""
    return [change(dict(row)) for row in facts()["tblFamilies"]]


def without(code: str) -> dict[str, list[Row]]:
    """The company's tables without one family."""
    tables = {name: [row for row in rows if row.get("Family") != code] for name, rows in facts().items()}
    return {name: rows for name, rows in tables.items() if len(rows) < len(facts()[name])}


def fill(path: Path, tables: Mapping[str, Iterable[Row]]) -> None:
    """Replace the rows of tables."""
    with open_book(path) as session:
        workbook = Workbook.of(session.book)
        for name, rows in tables.items():
            write_table(workbook, name, cells(name, rows))
        session.save(keep_read_values=True)


def field(path: Path, name: str) -> Any:
    """Value of a named cell."""
    with open_book(path, read_only=True) as session:
        return Workbook.of(session.book).field(name)


def set_fields(path: Path, **values: Any) -> None:
    """Type into the cycle card."""
    with open_book(path) as session:
        for name, value in values.items():
            Workbook.of(session.book).set_field(name, value)
        session.save(keep_read_values=True)


def address(path: Path, view: str, entity: str, key: str, end: date) -> str:
    """Where a planning cell stands now."""
    with open_book(path, read_only=True) as session:
        workbook = Workbook.of(session.book)
        grid, _ = workbook.grid(layout.VIEWS[view], workbook.horizon())
        return cell(grid.rows[entity, key], grid.columns[end])


def type_override(path: Path, view: str, entity: str, key: str, end: date, value: Any) -> None:
    """Type into an override cell."""
    type_overrides(path, {(view, entity, key, end): value})


def type_overrides(path: Path, typed: Mapping[tuple[str, str, str, date], Any]) -> None:
    """Type into override cells: (view, family, row key, bucket end) -> value."""
    with open_book(path) as session:
        workbook = Workbook.of(session.book)
        horizon = workbook.horizon()
        for (view, entity, key, end), value in typed.items():
            grid, _ = workbook.grid(layout.VIEWS[view], horizon)
            sheet = session.book.sheets[view]
            sheet.range((grid.rows[entity, key], grid.columns[end])).value = value
        session.save(keep_read_values=True)


def planning_values(path: Path) -> dict[tuple[str, str, str, str], Any]:
    """Every planning cell: (view, family or resource or Total, row key, bucket or group) -> stored value."""
    found: dict[tuple[str, str, str, str], Any] = {}
    with open_book(path, read_only=True) as session:
        workbook = Workbook.of(session.book)
        horizon = workbook.horizon()
        for name, view in layout.VIEWS.items():
            grid, values = workbook.grid(view, horizon)
            columns = {f"{end}": column for end, column in grid.columns.items()}
            columns |= {label: column for label, (column, _) in grid.groups.items()}
            rows = {("Total", key): row for key, row in grid.totals.items()} | dict(grid.rows)
            for (entity, key), row in rows.items():
                for label, column in columns.items():
                    value = values[row - 1][column - 1]
                    found[name, entity, key, label] = None if value == "" else value
    return found


def table_rows(path: Path, name: str) -> list[dict[str, Any]]:
    """Rows of a table by header."""
    return tables_of(path, name)[name]


def tables_of(path: Path, *names: str) -> dict[str, list[dict[str, Any]]]:
    """Rows of tables by header."""
    with open_book(path, read_only=True) as session:
        found = {name: Workbook.of(session.book).rows(name) for name in names}
    return {
        name: [{header: rows[header][i] for header in layout.TABLES[name].headers} for i in range(len(rows))]
        for name, rows in found.items()
    }


def leftovers(folder: Path) -> list[str]:
    """Temporary files that should not be there."""
    return sorted(path.name for path in folder.iterdir() if path.name.startswith((".", "~")))
