"""Formulas as .xlsx files hold them: Calc's own parser reads and writes them, cell by cell.

Runs inside LibreOffice, or beside it; no newer than Python 3.8.
"""

from __future__ import annotations

FILE_A1 = 3  # com.sun.star.sheet.AddressConvention.XL_OOX


class Grammar:
    """Reads and writes the formulas of one workbook."""

    def __init__(self, model):
        self._model = model
        self._made = None

    @property
    def _parser(self):
        if self._made is None:
            self._made = self._model.createInstance("com.sun.star.sheet.FormulaParser")
            self._made.CompileEnglish = True
            self._made.FormulaConvention = FILE_A1
        return self._made

    def tokens(self, formula, position):
        """A formula that begins with ``=``, relative to a cell."""
        return self._parser.parseFormula(formula[1:], position)

    def put(self, cell, formula):
        """Write a formula into a cell."""
        cell.setTokens(self.tokens(formula, cell.CellAddress))

    def fill(self, cells, area, formula):
        """Write one formula into every cell; relative references move along."""
        tokens = self.tokens(formula, cells.getCellByPosition(0, 0).CellAddress)
        for row in range(area[2] - area[0] + 1):
            for column in range(area[3] - area[1] + 1):
                cells.getCellByPosition(column, row).setTokens(tokens)

    def put_array(self, cells, formula):
        """Write one array formula over all cells."""
        cells.setArrayTokens(self.tokens(formula, cells.getCellByPosition(0, 0).CellAddress))

    def text(self, cell):
        """The formula of a cell; every cell of an array gives the array's."""
        if cell.ArrayFormula:
            return self.array(cell)[1]
        return "=" + self._parser.printFormula(cell.getTokens(), cell.CellAddress)

    def array(self, cell):
        """The cells that an array formula covers, and its text."""
        cursor = cell.Spreadsheet.createCursorByRange(cell)
        cursor.collapseToCurrentArray()
        position = cursor.getCellByPosition(0, 0).CellAddress
        return cursor, "=" + self._parser.printFormula(cursor.getArrayTokens(), position)

    def of_name(self, named):
        """What a name refers to."""
        return "=" + self._parser.printFormula(named.getTokens(), named.ReferencePosition)


def constant(value, truth):
    """A constant as a formula bar shows it."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if truth:
        return "TRUE" if value else "FALSE"
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)
