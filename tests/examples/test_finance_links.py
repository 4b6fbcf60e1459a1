"""A workbook of finance, linked to the published plan, before and after the next cycle, in LibreOffice."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

import openpyxl
import pytest

from addin.libreoffice.build import extension
from sop_xl.store.place import beside
from tests.hosts.libreoffice import Grid, LibreOffice, OpenWorkbook
from tests.tiny import FAMILIES, done, facts, fill, moment, month, planned, planning_values, set_fields

EXAMPLES = Path(__file__).parents[2] / "examples"
MONTHS = [month(k).end for k in range(12)]
#: Line of the profit and loss account -> row of Finance and its sign.
LINES = {"Revenue": ("revenue", 1), "Cost of goods sold": ("cogs", -1)}
Plan = dict[tuple[str, str, str, str], Any]


@pytest.fixture(scope="module")
def finance_links() -> Iterator[ModuleType]:
    """The script of the example."""
    sys.path.insert(0, str(EXAMPLES))
    try:
        import finance_links as module

        yield module
    finally:
        sys.path.remove(str(EXAMPLES))


@dataclass
class Company:
    """A folder with a planning workbook, its published plan and the workbook of finance."""

    workbook: Path
    linked: Path
    finance: Path
    first: Plan

    def next_cycle(self) -> Plan:
        """December comes: November's sales are known, and MUGS stands before the other families."""
        tables: dict[str, list[Any]] = {name: list(rows) for name, rows in facts().items()}
        mugs = {**tables["tblFamilies"][0], "Family": "MUGS", "Name": "Mugs", "Price": 6.0, "Unit cost": 4.0}
        tables["tblFamilies"].insert(0, mugs)
        tables["tblItems"].insert(0, {"Item": "MUGS-1", "Family": "MUGS"})
        for code, units in (("TEA", 1500), ("CUPS", 300), ("KETTLES", 70), ("MUGS", 90)):
            price = next(row["Price"] for row in tables["tblFamilies"] if row["Family"] == code)
            sold = range(-35, 1) if code == "MUGS" else range(1)
            tables["tblSales"] += [
                {"Bucket": month(k).end, "Family": code, "Quantity": units, "Value": units * price}
                for k in sold
            ]
        fill(self.workbook, tables)
        set_fields(self.workbook, Home_FirstBucket=moment(month(1).end), Home_Cycle="2026-12")
        done("run-cycle", self.workbook)
        done("publish", self.workbook, "--by", "Bob")
        return planning_values(self.workbook)


@pytest.fixture
def company(tmp_path: Path, finance_links: ModuleType) -> Company:
    """The company after its first publication."""
    workbook = planned(tmp_path)
    done("publish", workbook, "--by", "Ann")
    finance = finance_links.build(tmp_path)
    return Company(workbook, tmp_path / "plan_published.xlsx", finance, planning_values(workbook))


def number(plan: Plan, view: str, family: str, key: str, end: date) -> float:
    """A number of the plan; what is not defined counts as 0."""
    return float(plan.get((view, family, key, f"{end}")) or 0.0)


def account(first: Plan, now: Plan, family: str, key: str, view: str = "Finance") -> list[float]:
    """What finance must see of a family: November as last published, the months after it as planned now."""
    return [number(now if end > MONTHS[0] else first, view, family, key, end) for end in MONTHS]


def rows(grid: Grid) -> dict[str, list[Any]]:
    """Rows of a sheet by what stands in column A; the first of a name counts."""
    found: dict[str, list[Any]] = {}
    for line in grid:
        found.setdefault(str(line[0]), line[1:])
    return found


def settled(book: OpenWorkbook, check: Callable[[dict[str, Grid]], None]) -> dict[str, Grid]:
    """Calculate until the linked file is read, and all is right; after 30 seconds what is wrong is an error.

    Calc reads linked files when it is idle, not while it opens a workbook.
    """
    end = time.monotonic() + 30
    while True:
        values = book.values()
        try:
            check(values)
            return values
        except AssertionError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)


def check_account(values: dict[str, Grid], first: Plan, now: Plan) -> None:
    """The page over plain links to cells."""
    found = rows(values["P&L"])
    dates = [(end - date(1899, 12, 30)).days for end in MONTHS]
    assert found["Month that ends"][:12] == dates
    for family in FAMILIES:
        want = account(first, now, family, "revenue")
        assert found[family][:13] == pytest.approx([*want, sum(want)], rel=1e-9)
    for label, (key, sign) in LINES.items():
        per_family = [account(first, now, family, key) for family in FAMILIES]
        want = [sign * sum(column) for column in zip(*per_family, strict=True)]
        if key == "cogs" and now is not first:
            mugs = account(first, now, "MUGS", key)
            want = [a - b for a, b in zip(want, mugs, strict=True)]
        assert found[label][:12] == pytest.approx(want, rel=1e-9), label
    # A family that the account does not know yet is what its revenue misses of the published total.
    missed = account(first, now, "MUGS", "revenue") if now is not first else [0.0] * 12
    check = [-value for value in found["Check: revenue less published total"][:12]]
    assert check == pytest.approx(missed, abs=0.006)


def check_names(values: dict[str, Grid], first: Plan, now: Plan, version: str) -> None:
    """The page over named ranges, and what every page says of the version."""
    for sheet in ("P&L", "By name", "Functions"):
        assert str(values[sheet][1][0]).startswith(f"S&OP plan version {version}, published "), sheet
    found = rows(values["By name"])
    for family in FAMILIES:
        want = [
            sum(account(first, now, family, key, view))
            for view, key in (
                ("Demand", "consensus_demand"),
                ("Finance", "revenue"),
                ("Finance", "cogs"),
                ("Finance", "margin"),
            )
        ]
        assert found[family][:4] == pytest.approx(want, rel=1e-9)
        stock = account(first, now, family, "inventory_value")[-1]
        assert found[family][5] == pytest.approx(stock, rel=1e-9)
    planned_ends = [month(k + (now is not first)).end for k in range(19)]
    total = sum(
        number(now, "Finance", family, "revenue", end)
        for family in (*FAMILIES, "MUGS")
        for end in planned_ends
    )
    assert values["P&L"][5][0] == pytest.approx(total, rel=1e-9)


def check_links(values: dict[str, Grid], first: Plan, now: Plan, version: str) -> None:
    """Both pages that are linked to the published workbook."""
    check_account(values, first, now)
    check_names(values, first, now, version)


def check_functions(values: dict[str, Grid], plan: Plan, version: str, first: date) -> None:
    """The page over the plan store."""
    grid = values["Functions"]
    assert grid[3][0] == "Live from the plan store"
    assert grid[6][0] == version
    assert grid[14][:2] == ["Family", (first - date(1899, 12, 30)).days]
    table = {str(line[0]): line[1:20] for line in grid[15:18]}
    assert "TEA" in table
    for family, numbers in table.items():
        ends = [month(k).end for k in range(20) if month(k).end >= first][:19]
        assert numbers == pytest.approx(
            [number(plan, "Finance", family, "revenue", end) for end in ends], rel=1e-9
        )
    assert grid[9][2] == pytest.approx(number(plan, "Finance", "TEA", "revenue", first), rel=1e-9)


@contextlib.contextmanager
def calc(company: Company, *, beside_linked: bool = True) -> Iterator[LibreOffice]:
    """A Calc that trusts the folder, with our functions; the linked workbook is open in it.

    Each is for one opening: LibreOffice 25.2 may end when a workbook with links is opened again in the same process.
    """
    folder, store = company.workbook.parent, beside(company.workbook).file
    environment = {"SOP_STORE": str(store)}
    with contextlib.ExitStack() as stack:
        office = stack.enter_context(
            LibreOffice(trusted=folder, extension=extension(), environment=environment)
            if beside_linked
            else LibreOffice(trusted=folder)
        )
        if beside_linked:
            stack.enter_context(office.edit(company.linked))
        yield office


@pytest.mark.libreoffice
def test_links_follow_the_next_version_and_nothing_moves(company: Company, tmp_path: Path) -> None:
    saved = tmp_path / "finance_saved_by_calc.xlsx"
    first = company.first
    with calc(company) as office, office.edit(company.finance) as book:
        stored = book.values(["P&L", "By name"], recalculated=False)
        shown = settled(book, lambda values: check_links(values, first, first, "2026-11"))
        check_functions(shown, first, "2026-11", MONTHS[0])
        # What is stored for those who do not update the links is what Calc comes to.
        for sheet, grid in stored.items():
            for line, again in zip(grid, shown[sheet], strict=True):
                for cell, other in zip(line, again, strict=True):
                    same = pytest.approx(other, rel=1e-9, abs=1e-9) if isinstance(other, float) else other
                    assert cell == same, (sheet, line)
        book.save_xlsx(saved)
    now = company.next_cycle()
    assert number(now, "Finance", "MUGS", "revenue", MONTHS[1]) > 0
    with calc(company) as office, office.edit(company.finance) as book:
        settled(book, lambda values: check_links(values, first, now, "2026-12"))
        book.set_value("Functions", "B10", (month(1).end - date(1899, 12, 30)).days)
        settled(book, lambda values: check_functions(values, now, "2026-12", month(1).end))
    # Saved by Calc, the names are found without the linked workbook open, too.
    with calc(company, beside_linked=False) as office, office.edit(saved) as book:
        settled(book, lambda values: check_links(values, first, now, "2026-12"))


def test_the_workbook_is_the_same_for_the_same_plan_and_holds_its_values(
    company: Company, finance_links: ModuleType
) -> None:
    before = company.finance.read_bytes()
    assert finance_links.build(company.finance.parent).read_bytes() == before
    book = openpyxl.load_workbook(company.finance, data_only=True)
    empty = [
        cell.coordinate for sheet in book for row in sheet.iter_rows() for cell in row if cell.value == ""
    ]
    assert empty == []
    formulas = openpyxl.load_workbook(company.finance)
    kinds = dict.fromkeys(("[1]Revenue!", "[1]!PUB_", "SOP_PLAN(", "SOP_PLAN_TABLE(", "SOP_VERSION("), 0)
    for sheet in formulas:
        for row in sheet.iter_rows():
            for cell in row:
                text = getattr(cell.value, "text", cell.value)
                for kind in kinds:
                    kinds[kind] += cell.data_type == "f" and kind in str(text)
    assert min(kinds.values()) > 0, kinds
    assert kinds["[1]Revenue!"] >= 12 * (len(FAMILIES) + 1)
