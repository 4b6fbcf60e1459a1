"""What a spreadsheet program calculates from the formulas is what the core calculated."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from sop_xl.commands.cycle import Cycle
from sop_xl.hosts.session import open_book
from sop_xl.workbook import layout
from sop_xl.workbook.contents import ViewContents
from sop_xl.workbook.formulas import Grid, rows_for
from tests.hosts.libreoffice import CalcError, LibreOffice

REL = 1e-9


def expected(path: Path) -> tuple[dict[str, ViewContents], dict[str, Grid]]:
    """The core's numbers for a saved workbook, planned afresh from its inputs, and where they stand."""
    with open_book(path, read_only=True) as session:
        cycle = Cycle(session.book)
        views = cycle.views()
        grids = {name: cycle.workbook.grid(layout.VIEWS[name], cycle.horizon)[0] for name in views}
    return views, grids


def cells_of(view: ViewContents, grid: Grid) -> list[tuple[str, int, int, float]]:
    """Name, row, column and number of every cell of a view."""
    cells = []
    places = [("", row, grid.totals[row.key]) for row in view.view.totals]
    for entity, make, _ in view.entities:
        places += [(entity, row, grid.rows[entity, row.key]) for row in rows_for(view.view, make)]
    horizon = view.horizon
    for entity, row, number in places:
        place = entity, row.key
        for bucket, value in zip(horizon.closed, view.closed[place], strict=True):
            cells.append((f"{place} {bucket.end}", number, grid.columns[bucket.end], value))
        for bucket, value in zip(horizon.planned, view.planned[place], strict=True):
            cells.append((f"{place} {bucket.end}", number, grid.columns[bucket.end], value))
        for label, (column, _) in grid.groups.items():
            cells.append((f"{place} {label}", number, column, view.groups[place][label]))
    return cells


def assert_equal(calculated: object, core: float, where: str, scale: float) -> None:
    if math.isnan(core):
        assert calculated in (None, ""), f"{where}: {calculated!r}, the core has nothing"
    else:
        assert isinstance(calculated, float), f"{where}: {calculated!r}, the core has {core}"
        # Differences of large numbers are exact relative to those numbers.
        assert abs(calculated - core) <= REL * max(abs(core), scale), (
            f"{where}: {calculated!r} is not {core!r}"
        )


def compare(path: Path, office: LibreOffice) -> int:
    """Every cell of every planning view; returns how many were compared."""
    views, grids = expected(path)
    sheets = office.recalculated(path, list(views))
    count = 0
    for name, view in views.items():
        cells = cells_of(view, grids[name])
        scale = max((abs(value) for *_, value in cells if not math.isnan(value)), default=0.0)
        for where, row, column, value in cells:
            line = sheets[name][row - 1] if row <= len(sheets[name]) else []
            calculated = line[column - 1] if column <= len(line) else None
            assert_equal(calculated, value, f"{name} {where}", scale * 1e-3)
            count += 1
    return count


def test_libreoffice_calculates_every_planning_cell_as_the_core_does(
    sample_copy: Path, libreoffice: LibreOffice
) -> None:
    assert compare(sample_copy, libreoffice) > 8000


def test_no_error_shows_outside_the_cells_of_the_add_in(sample_copy: Path, libreoffice: LibreOffice) -> None:
    errors = [
        (sheet, i, j, cell.name)
        for sheet, rows in libreoffice.recalculated(sample_copy).items()
        for i, row in enumerate(rows, 1)
        for j, cell in enumerate(row, 1)
        if isinstance(cell, CalcError)
    ]
    assert {sheet for sheet, *_ in errors} <= {"Lab"}, errors[:10]
    assert {name for *_, name in errors} <= {"#NAME?"}


def test_values_kept_beside_the_formulas_are_those_a_spreadsheet_program_finds(
    sample_copy: Path, libreoffice: LibreOffice
) -> None:
    """Programs that do not calculate (previews, Power Query, pandas) must see right numbers."""
    import openpyxl

    kept = openpyxl.load_workbook(sample_copy, data_only=True)
    sheets = libreoffice.recalculated(sample_copy, ["Demand", "Supply", "Capacity", "Finance", "Executive"])
    compared = 0
    for name, rows in sheets.items():
        for i, row in enumerate(rows, 1):
            for j, cell in enumerate(row, 1):
                stored = kept[name].cell(i, j).value
                if (
                    isinstance(stored, int | float)
                    and isinstance(cell, float)
                    and not isinstance(stored, bool)
                ):
                    assert math.isclose(stored, cell, rel_tol=1e-9, abs_tol=1e-3), (name, i, j, stored, cell)
                    compared += 1
    assert compared > 7000


@pytest.mark.parametrize("name", list(layout.VIEWS))
def test_every_row_key_of_a_view_has_one_label(name: str) -> None:
    labels: dict[str, str] = {}
    for row in layout.VIEWS[name].rows:
        assert labels.setdefault(row.label, row.key) == row.key
