"""What stands in the cells of a sheet, in Calc's own words, and back again: whole sheets at once.

A cell is a number, a text, null when empty, ``{"formula": text}``, or ``{"array": text}`` within an array formula.

Runs inside LibreOffice, or beside it; no newer than Python 3.8.
"""

from __future__ import annotations

FORMULAS = 16  # com.sun.star.sheet.CellFlags


def area_of(address):
    """An area, counted from 1, from UNO's address."""
    return [address.StartRow + 1, address.StartColumn + 1, address.EndRow + 1, address.EndColumn + 1]


def positions(address, area):
    """Rows and columns of an address, counted from 0 within an area."""
    for row in range(address.StartRow + 1 - area[0], address.EndRow + 2 - area[0]):
        for column in range(address.StartColumn + 1 - area[1], address.EndColumn + 2 - area[1]):
            yield row, column


def read(cells, area):
    """Everything in a range: its cells, its array formulas, and the cell styles with their areas."""
    texts = cells.FormulaArray
    rows = [[None if cell == "" else cell for cell in row] for row in cells.DataArray]
    arrays, seen = [], set()
    for part in cells.queryContentCells(FORMULAS).RangeAddresses:
        for row, column in positions(part, area):
            text = texts[row][column]
            if not text.startswith("{="):
                rows[row][column] = {"formula": text}
            elif (row, column) not in seen:
                cell = cells.getCellByPosition(column, row)
                whole = cell.Spreadsheet.createCursorByRange(cell)
                whole.collapseToCurrentArray()
                arrays.append([area_of(whole.RangeAddress), text[1:-1]])
                for place in positions(whole.RangeAddress, area):
                    seen.add(place)
                    rows[place[0]][place[1]] = {"array": text[1:-1]}
    return {"area": area, "rows": rows, "arrays": arrays, "styles": styles(cells)}


def styles(cells):
    """Cell style -> areas that have it."""
    found = {}
    groups = cells.getUniqueCellFormatRanges()
    for i in range(groups.Count):
        group = groups.getByIndex(i)
        found.setdefault(group.CellStyle, []).extend(map(area_of, group.RangeAddresses))
    return found


def write(cells, rows):
    """Fill a range with cells as :func:`read` gives them; array formulas are left to :func:`write_array`."""
    if all(isinstance(cell, dict) for row in rows for cell in row):
        cells.setFormulaArray(tuple(tuple(cell["formula"] for cell in row) for row in rows))
        return
    cells.setDataArray(tuple(tuple(_constant(cell) for cell in row) for row in rows))
    for r, row in enumerate(rows):
        for c, cell in enumerate(row):
            if isinstance(cell, dict):
                cells.getCellByPosition(c, r).setFormula(cell["formula"])


def _constant(cell):
    if cell is None or isinstance(cell, dict):
        return ""
    return cell if isinstance(cell, str) else float(cell)
