"""Random plans of every calendar: what LibreOffice calculates from the formulas is what the core says.

Each drawn company becomes a workbook by the same commands that a user runs; LibreOffice calculates it anew, and every
cell of every planning view, of Executive and of Family is compared with the core's own numbers. The identities that
every copy of a plan must satisfy are checked on LibreOffice's numbers alone, against what was typed and drawn.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from sop_xl.buckets import BUCKET_TYPES, BucketType, Horizon
from sop_xl.workbook import layout
from sop_xl.workbook.executive_page import FIRST_ROW, HEADERS
from sop_xl.workbook.formulas import rows_for
from tests.hosts.libreoffice import CalcError, Grid, LibreOffice
from tests.workbook.random_company import Company, Planned, companies, company_of, plan
from tests.workbook.test_native_formulas import cells_of

REL = 1e-9
Cells = Mapping[str, Grid]
#: In the ordinary run three examples of each bucket type, 125 when thorough; one takes four seconds.
EXAMPLES = 3 if settings.default.max_examples <= 50 else settings.default.max_examples // 8


def at(cells: Cells, sheet: str, row: int, column: int) -> float | str | None:
    """What LibreOffice shows in a cell; None where it is empty or an empty text."""
    rows = cells[sheet]
    line = rows[row - 1] if row <= len(rows) else []
    value = line[column - 1] if column <= len(line) else None
    assert not isinstance(value, CalcError), f"{sheet} {row} {column}: {value}"
    return None if value == "" else value


def same(found: object, wanted: float | None, scale: float, where: str) -> None:
    """Equal to 1e-9, relative to the number or to those it is the difference of."""
    if wanted is None or math.isnan(wanted):
        assert found is None, f"{where}: {found!r}, the core has nothing"
        return
    assert isinstance(found, float), f"{where}: {found!r}, the core has {wanted!r}"
    assert abs(found - wanted) <= REL * max(abs(wanted), scale), f"{where}: {found!r} is not {wanted!r}"


def compare_views(made: Planned, cells: Cells) -> set[tuple[str, int, int]]:
    """Every cell of every planning view; returns which were compared."""
    seen = set()
    for name, view in made.views.items():
        found = cells_of(view, made.grids[name])
        # What a number may be the difference of stands in the same block, or in the totals.
        scales: dict[str, float] = {}
        for where, *_, value in found:
            entity = where.split("'")[1]
            scales[entity] = max(scales.get(entity, 0.0), 0.0 if math.isnan(value) else abs(value))
        for where, row, column, value in found:
            same(at(cells, name, row, column), value, scales[where.split("'")[1]] * 1e-3, f"{name} {where}")
            seen.add((name, row, column))
    return seen


def compare_executive(made: Planned, cells: Cells) -> None:
    """The families' lines of the coming year, and their total."""
    demand, supply, finance = (made.views[name].planned for name in ("Demand", "Supply", "Finance"))
    horizon = made.company.horizon
    year = min(horizon.per_year, len(horizon.planned))

    def total(values: object) -> float:
        known = [v for v in values[:year] if not math.isnan(v)]  # type: ignore[index]
        return math.fsum(known) if known else math.nan

    def ratio(above: float, below: float, less: float = 0.0) -> float:
        return above / below - less if below and not math.isnan(above) else math.nan

    def lowest(code: str, key: str) -> float:
        values = [v for v in supply[code, key][:year] if not math.isnan(v)] if (code, key) in supply else None
        return math.nan if values is None else min(values, default=0.0)

    sums = dict.fromkeys(("Revenue", "Margin", "Gap to budget"), math.nan)
    place = {header: i + 1 for i, header in enumerate(HEADERS)}
    entities = made.views["Demand"].entities
    for i, (code, make, _) in enumerate(entities):
        wanted = {
            "Demand": total(demand[code, "consensus_demand"]),
            "Production": total(supply[code, "production_plan"]),
            "Revenue": total(finance[code, "revenue"]),
            "Margin": total(finance[code, "margin"]),
            "Gap to budget": total(finance[code, "gap_to_budget"]),
            "Lowest inventory": lowest(code, "projected_inventory"),
            "Lowest days of supply": lowest(code, "days_of_supply"),
        }
        before, budget = total(demand[code, "last_year"]), total(finance[code, "budget_revenue"])
        wanted["Against last year"] = ratio(wanted["Demand"], before, 1.0)
        wanted["Shipped"] = ratio(total(supply[code, "constrained_demand"]), wanted["Demand"])
        wanted["Gap"] = ratio(wanted["Gap to budget"], budget)
        scale = max((abs(v) for v in wanted.values() if not math.isnan(v)), default=0.0) * 1e-3
        for header, value in wanted.items():
            small = header in ("Against last year", "Shipped", "Gap")
            where = f"Executive {code} {header}"
            same(at(cells, "Executive", FIRST_ROW + i, place[header]), value, 1.0 if small else scale, where)
        light = "RED" if lowest(code, "projected_inventory") < -1e-6 else None
        if make == "MTS" and light:
            assert at(cells, "Executive", FIRST_ROW + i, place["Inventory light"]) == light
        for header in sums:
            if not math.isnan(wanted[header]):
                sums[header] = wanted[header] + (0.0 if math.isnan(sums[header]) else sums[header])
    for header, value in sums.items():
        same(at(cells, "Executive", FIRST_ROW + len(entities), place[header]), value, abs(value), header)


def compare_family(made: Planned, cells: Cells) -> int:
    """The page of the first family: every planned bucket that it shows; returns how many numbers."""
    code = made.views["Demand"].entities[0][0]
    ends = [b.end for b in made.company.horizon.buckets]
    header = next(i for i, row in enumerate(cells["Family"], 1) if row[:2] == ["Measure", "Sheet"])
    columns = {
        date(1899, 12, 30) + timedelta(int(value)): column
        for column, value in enumerate(cells["Family"][header - 1], 1)
        if isinstance(value, float)
    }
    assert list(columns) == ends[: len(columns)]
    count = 0
    for number, row in enumerate(cells["Family"][header:], header + 1):
        if len(row) < 2 or row[1] not in made.views:
            continue
        view = made.views[str(row[1])]
        key = next((r.key for r in view.view.rows if r.label == row[0]), "")
        planned = view.planned.get((code, key))
        for end, column in columns.items():
            t = ends.index(end) - len(view.horizon.closed)
            if t < 0 or key in ("actual", "actual_production"):
                continue
            value = math.nan if planned is None else float(planned[t])
            scale = (
                0.0 if planned is None else max((abs(v) for v in planned if not math.isnan(v)), default=0.0)
            )
            same(at(cells, "Family", number, column), value, scale, f"Family {row[0]} {end}")
            count += not math.isnan(value)
    return count


class Shown:
    """LibreOffice's numbers by view, family, row and bucket; zero stands for an empty cell where one adds."""

    def __init__(self, made: Planned, cells: Cells) -> None:
        self.made, self.cells = made, cells

    def __call__(self, view: str, entity: str, key: str, t: int) -> float | None:
        grid = self.made.grids[view]
        return self._at(view, entity, key, grid.columns[self.made.company.horizon.buckets[t + 3].end])

    def group(self, view: str, entity: str, key: str, label: str) -> float | None:
        return self._at(view, entity, key, self.made.grids[view].groups[label][0])

    def _at(self, view: str, entity: str, key: str, column: int) -> float | None:
        grid = self.made.grids[view]
        row = grid.totals[key] if entity == "" else grid.rows[entity, key]
        value = at(self.cells, view, row, column)
        assert not isinstance(value, str), value
        return value


def near(found: float | None, wanted: float, *of: float | None) -> bool:
    """Equal to 1e-9 of the largest number that it was made from."""
    return found is not None and abs(found - wanted) <= REL * max([abs(wanted), *(abs(v or 0.0) for v in of)])


def check_identities(made: Planned, shown: Shown) -> None:
    """What holds in every family and bucket, whoever calculated it."""
    company = made.company
    count = len(company.horizon.planned)
    stock: dict[str, float] = {}
    for line in company.tables.get("tblStock", []):
        stock[line["Family"]] = stock.get(line["Family"], 0.0) + line["Quantity"]
    for row in company.tables["tblFamilies"]:
        code, price = row["Family"], row["Price"]
        opening = row["Opening inventory"] if row["Opening inventory"] is not None else stock.get(code, 0.0)
        made_to_order = row["Make"] == "MTO"
        level = (row["Opening backlog"] or 0.0) if made_to_order else opening
        biggest = abs(level)
        running = cumulative = 0.0
        for t in range(-3, 0):
            actual, planned = (
                shown("Supply", code, key, t) for key in ("actual_production", "production_plan")
            )
            if actual is not None and planned is not None:
                running += actual - planned
            assert near(shown("Supply", code, "cumulative_difference", t), running, actual, planned)
        for t in range(count):
            typed = [
                company.typed.get(("Demand", code, key, t))
                for key in ("marketing_override", "sales_override")
            ]
            statistical = [shown("Demand", code, key, t) or 0.0 for key in ("baseline_forecast", "events")]
            wanted = next((value for value in typed if value is not None), math.fsum(statistical))
            demand = shown("Demand", code, "consensus_demand", t)
            assert demand is not None
            assert near(demand, wanted, *statistical)
            assert shown("Supply", code, "demand", t) == demand
            cumulative += demand
            assert near(shown("Supply", code, "cumulative_demand", t), cumulative)
            value = shown("Demand", code, "value", t)
            assert value is None if price is None else near(value, demand * price)
            supply = shown("Supply", code, "production_plan", t)
            assert supply is not None
            override = company.typed.get(("Supply", code, "production_override", t))
            proposed = shown("Supply", code, "proposed_production", t) or 0.0
            assert supply == (proposed if override is None else override)
            level += demand - supply if made_to_order else supply - demand
            biggest = max(biggest, abs(level), demand, supply)
            key = "backlog" if made_to_order else "projected_inventory"
            assert near(shown("Supply", code, key, t), level, biggest), (code, t)


def check_groups_and_totals(made: Planned, shown: Shown) -> None:
    """Quarters and years of what LibreOffice shows in their buckets; totals of what it shows in the families."""
    horizon = made.company.horizon
    spans: dict[str, list[int]] = {}
    for t, bucket in enumerate(horizon.planned):
        months = (bucket.end.month - horizon.fiscal_start) % 12
        year = bucket.end.year + (horizon.fiscal_start > 1 and bucket.end.month >= horizon.fiscal_start)
        spans.setdefault(f"FY {year}", []).append(t)
        if horizon.kind != "quarter":
            spans.setdefault(f"Q{months // 3 + 1} {year % 100:02d}", []).append(t)
    for name, view in made.views.items():
        labels = made.grids[name].groups
        assert sorted(label.rstrip("*") for label in labels) == sorted(spans)
        lines = [("", row) for row in view.view.totals]
        lines += [(entity, row) for entity, make, _ in view.entities for row in rows_for(view.view, make)]
        for entity, row in lines:
            for label in labels:
                parts = [shown(name, entity, row.key, t) for t in spans[label.rstrip("*")]]
                known = [part for part in parts if part is not None]
                found = shown.group(name, entity, row.key, label)
                where = (name, entity, row.key, label, found, parts)
                if row.aggregate == "stock":
                    assert found == parts[-1], where
                elif row.aggregate == "flow" and known:
                    assert near(found, math.fsum(known), *known), where
                elif row.aggregate == "ratio":
                    above, below = (
                        ("load", "available") if row.key == "utilization" else ("margin", "revenue")
                    )
                    over, under = (shown.group(name, entity, key, label) for key in (above, below))
                    if over is None or not under:
                        assert found is None, where
                    else:
                        assert near(found, over / under), where
                else:
                    assert found is None, where
        for row in view.view.totals:
            if row.plan:
                continue
            for t in range(len(horizon.planned)):
                parts = [
                    shown(name, entity, row.key, t)
                    for entity, _, _ in view.entities
                    if (entity, row.key) in made.grids[name].rows
                ]
                known = [part for part in parts if part is not None]
                found = shown(name, "", row.key, t)
                assert near(found, math.fsum(known), *known) if known else found is None, (name, row.key, t)


def check(company: Company, office: LibreOffice) -> set[tuple[str, int, int]]:
    """Everything above about one company; returns the cells of the planning views."""
    with tempfile.TemporaryDirectory() as folder:
        made = plan(company, Path(folder) / "plan.xlsx")
        cells = office.recalculated(made.path, [*made.views, "Executive", "Family"])
        seen = compare_views(made, cells)
        compare_executive(made, cells)
        compare_family(made, cells)
        finance = made.grids["Finance"]
        assert at(cells, "Finance", finance.totals["revenue"], finance.unit_column) == company.currency
        assert str(at(cells, "Executive", 2, 1)).endswith(f"money in {company.currency}")
        shown = Shown(made, cells)
        check_identities(made, shown)
        check_groups_and_totals(made, shown)
        if len(company.tables["tblFamilies"]) > 20:
            assert_every_formula_was_seen(made, cells, seen)
        return seen


def assert_every_formula_was_seen(made: Planned, cells: Cells, seen: set[tuple[str, int, int]]) -> None:
    """Below the line under the title, no formula stands beside the cells that were compared but the currency's."""
    book = openpyxl.load_workbook(made.path)
    for name in made.views:
        units = made.grids[name].unit_column
        for row in book[name].iter_rows(min_row=3):
            for cell in row:
                if not isinstance(cell.value, str) or not cell.value.startswith("="):
                    continue
                if cell.column == units:
                    shown = at(cells, name, cell.row, cell.column)
                    assert shown == made.company.currency, (name, cell.coordinate)
                else:
                    assert (name, cell.row, cell.column) in seen, (name, cell.coordinate)


@pytest.mark.parametrize("kind", BUCKET_TYPES)
def test_a_random_plan_is_calculated_by_libreoffice_as_by_the_core(
    kind: BucketType, libreoffice: LibreOffice
) -> None:
    # Making a failing company smaller would take minutes.
    @settings(
        max_examples=EXAMPLES,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.explicit, Phase.generate),
    )
    @given(companies(kind))
    def every(company: Company) -> None:
        check(company, libreoffice)

    every()


def test_sixty_families_in_a_fiscal_year_from_april(libreoffice: LibreOffice) -> None:
    length = 36 if settings.default.max_examples > 50 else 6
    horizon = Horizon(
        date(2026, 11, 9), length=length, past=layout.PAST_BUCKETS, kind="month", fiscal_start=4
    )
    assert len(check(company_of(60, horizon), libreoffice)) > 25_000
