"""Workbooks open in LibreOffice, for a partner who knows no UNO.

A request is one JSON object, ``{"do": name, ...arguments}``, answered by ``{"result": ...}`` or
``{"error": text}``; the names are the public methods of `Documents`. Areas are ``[top, left, bottom, right]``, counted
from 1. A cell is a number, a text, true or false, null when empty, ``{"date": serial}``, or ``{"error": "#N/A"}``.

Runs inside LibreOffice, or beside it in a Python that can ``import uno``: standard library and UNO only, and no newer
than Python 3.8.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import sop_contents
import sop_formats
import sop_formulas
import uno
from com.sun.star.beans import PropertyValue
from com.sun.star.table import CellAddress, CellRangeAddress
from com.sun.star.uno import RuntimeException

ALL_CONTENTS = 1 | 2 | 4 | 16  # com.sun.star.sheet.CellFlags: numbers, dates, texts, formulas
FORMULAS = 16
ERROR_RESULT = 4  # com.sun.star.sheet.FormulaResult
ERRORS = {503: "#NUM!", 521: "#NULL!", 524: "#REF!", 525: "#NAME?", 532: "#DIV/0!", 32767: "#N/A"}
FILTERS = {".xlsx": "Calc MS Excel 2007 XML", ".xlsm": "Calc MS Excel 2007 VBA XML", ".ods": "calc8"}


def properties(**values):
    """The arguments of a UNO call by name."""
    return tuple(PropertyValue(Name=name, Value=value) for name, value in values.items())


def area_of(address):
    """An area from UNO's address."""
    return [address.StartRow + 1, address.StartColumn + 1, address.EndRow + 1, address.EndColumn + 1]


def meeting(one, two):
    """The cells that two areas share, or None."""
    top, left = max(one[0], two[0]), max(one[1], two[1])
    bottom, right = min(one[2], two[2]), min(one[3], two[3])
    return [top, left, bottom, right] if top <= bottom and left <= right else None


class Documents:
    """The workbooks of one LibreOffice.

    Args:
        context: UNO's component context.
    """

    #: Whether workbooks that are opened or made get no window.
    hidden = True

    def __init__(self, context):
        self._context = context
        self._desktop = context.ServiceManager.createInstanceWithContext(
            "com.sun.star.frame.Desktop", context
        )
        self._known = {}

    def answer(self, line):
        """Carry out one request and return the answer, both as JSON."""
        try:
            request = json.loads(line)
            name = request.pop("do")
            if name.startswith("_") or name == "answer":
                raise ValueError("no request is called " + name)
            return json.dumps({"result": getattr(self, name)(**request)})
        except Exception as error:  # the partner says what it means to the user
            text = getattr(error, "Message", "") or str(error) or type(error).__name__
            return json.dumps({"error": text.splitlines()[0]})

    # ------------------------------------------------------------------ documents

    def know(self, model):
        """The number under which a document is spoken of."""
        for number, known in self._known.items():
            if known == model:
                return number
        number = max(self._known, default=0) + 1
        self._known[number] = model
        return number

    def documents(self):
        """Number, title and path of every open workbook."""
        listed = []
        components = self._desktop.Components.createEnumeration()
        while components.hasMoreElements():
            model = components.nextElement()
            if getattr(model, "supportsService", None) and model.supportsService(
                "com.sun.star.sheet.SpreadsheetDocument"
            ):
                listed.append([self.know(model), model.Title, self._path(model)])
        return listed

    @staticmethod
    def _path(model):
        return uno.fileUrlToSystemPath(model.URL) if model.URL.startswith("file:") else ""

    def new(self):
        """A new workbook with one sheet."""
        model = self._desktop.loadComponentFromURL(
            "private:factory/scalc", "_blank", 0, properties(Hidden=self.hidden)
        )
        for name in model.Sheets.ElementNames[1:]:
            model.Sheets.removeByName(name)
        return self.know(model)

    def open(self, path):
        """Open a workbook."""
        url = uno.systemPathToFileUrl(str(Path(path).absolute()))
        model = self._desktop.loadComponentFromURL(url, "_blank", 0, properties(Hidden=self.hidden))
        if model is None or not hasattr(model, "Sheets"):
            raise ValueError("LibreOffice cannot open " + path + " as a workbook")
        return self.know(model)

    def close(self, document):
        """Close without saving."""
        self._known.pop(document).close(True)

    def save(self, document, path):
        """Save in place, or under a path."""
        model = self._known[document]
        if path is None:
            model.store()
        else:
            kind = FILTERS[Path(path).suffix.lower()]
            model.storeAsURL(uno.systemPathToFileUrl(str(Path(path).absolute())), properties(FilterName=kind))
        return self._path(model)

    def calculate(self, document):
        """Calculate every formula."""
        self._known[document].calculateAll()

    def begin(self, document):
        """From here on nothing is drawn and no step can be undone."""
        model = self._known[document]
        model.lockControllers()
        # Calc would undo the values of a command and not its formulas.
        model.UndoManager.lock()

    def end(self, document):
        """Ends what `begin` began."""
        model = self._known[document]
        model.UndoManager.unlock()
        model.UndoManager.clear()
        model.unlockControllers()

    def automatic(self, document, on):
        """Whether formulas are calculated when something they need changes."""
        self._known[document].enableAutomaticCalculation(on)

    def status(self, text):
        """Say what is being done; here is nobody to see it."""

    # ------------------------------------------------------------------ sheets

    def sheets(self, document):
        """Names of the sheets, in order."""
        return list(self._known[document].Sheets.ElementNames)

    def visible_sheets(self, document):
        """Names of the sheets that show."""
        found = self._known[document].Sheets
        return [name for name in found.ElementNames if found.getByName(name).IsVisible]

    def add_sheet(self, document, name, position):
        """Insert a sheet before the one at a position counted from 0."""
        self._known[document].Sheets.insertNewByName(name, position)

    def rename_sheet(self, document, sheet, name):
        """Formulas and names follow."""
        self._sheet(document, sheet).Name = name

    def delete_sheet(self, document, sheet):
        """References to it become errors."""
        self._known[document].Sheets.removeByName(sheet)

    def show_sheet(self, document, sheet, visible):
        """Show or hide a sheet."""
        self._sheet(document, sheet).IsVisible = visible

    def active_sheet(self, document):
        """Name of the sheet that shows."""
        controller = self._known[document].CurrentController
        return controller.ActiveSheet.Name if controller else self._known[document].Sheets.ElementNames[0]

    def activate(self, document, sheet):
        """Show a sheet."""
        controller = self._known[document].CurrentController
        if controller:
            controller.setActiveSheet(self._sheet(document, sheet))

    def select(self, document, sheet, area):
        """Put the cursor on an area."""
        controller = self._known[document].CurrentController
        if controller:
            controller.select(self._cells(document, sheet, area))

    def used(self, document, sheet):
        """The area of all filled or formatted cells."""
        cursor = self._sheet(document, sheet).createCursor()
        cursor.gotoStartOfUsedArea(False)
        cursor.gotoEndOfUsedArea(True)
        return area_of(cursor.RangeAddress)

    def _sheet(self, document, name):
        return self._known[document].Sheets.getByName(name)

    def _cells(self, document, sheet, area):
        top, left, bottom, right = area
        return self._sheet(document, sheet).getCellRangeByPosition(left - 1, top - 1, right - 1, bottom - 1)

    # ------------------------------------------------------------------ values

    def filled(self, document, sheet):
        """The used area, and for each of its rows a text of 0 and 1: which cells hold anything."""
        area = self.used(document, sheet)
        rows = self._cells(document, sheet, area).FormulaArray
        return [area, ["".join("1" if text else "0" for text in row) for row in rows]]

    def read(self, document, sheet, area):
        """Values of the cells; beyond the used area nothing is given: the area read, and its rows."""
        area = meeting(area, self.used(document, sheet))
        if area is None:
            return [None, []]
        cells = self._cells(document, sheet, area)
        rows = [[None if cell == "" else cell for cell in row] for row in cells.DataArray]
        for part, kind in sop_formats.special(self._known[document], cells):
            for row, column in self._positions(part, area):
                value = rows[row][column]
                if isinstance(value, float):
                    rows[row][column] = bool(value) if kind == "truth" else {"date": value}
        for part in cells.queryFormulaCells(ERROR_RESULT).RangeAddresses:
            for row, column in self._positions(part, area):
                rows[row][column] = {
                    "error": ERRORS.get(cells.getCellByPosition(column, row).Error, "#VALUE!")
                }
        return [area, rows]

    @staticmethod
    def _positions(address, area):
        for row in range(address.StartRow + 1 - area[0], address.EndRow + 2 - area[0]):
            for column in range(address.StartColumn + 1 - area[1], address.EndColumn + 2 - area[1]):
                yield row, column

    def write(self, document, sheet, top, left, rows):
        """Write cells; ``{"formula": text}`` is a formula as an .xlsx file holds it. A cut-through array is refused."""
        model = self._known[document]
        area = [top, left, top + len(rows) - 1, left + len(rows[0]) - 1]
        cells = self._cells(document, sheet, area)
        self._set(cells, tuple(tuple(self._constant(cell) for cell in row) for row in rows))
        special = {"date": [], "truth": [], "plain": []}
        formulas = sop_formulas.Grammar(model)
        for r, row in enumerate(rows):
            for c, cell in enumerate(row):
                if isinstance(cell, dict) and "formula" in cell:
                    formulas.put(cells.getCellByPosition(c, r), cell["formula"])
                elif isinstance(cell, dict) and "date" in cell:
                    special["date"].append((r, c, cell))
                elif isinstance(cell, bool):
                    special["truth"].append((r, c, cell))
                elif cell is not None:
                    special["plain"].append((r, c, cell))
        sop_formats.follow(model, cells, area, special)

    @staticmethod
    def _set(cells, rows):
        try:
            cells.setDataArray(rows)
        except RuntimeException:
            # UNO gives no reason; these are the two there are.
            raise ValueError("the cells cut through an array formula or are protected") from None

    @staticmethod
    def _constant(cell):
        if cell is None:
            return ""
        if isinstance(cell, dict):
            return float(cell["date"]) if "date" in cell else ""
        return cell if isinstance(cell, str) else float(cell)

    def clear(self, document, sheet, area, formats):
        """Empty the cells; with ``formats`` drop those too."""
        area = meeting(area, self.used(document, sheet)) or area
        cells = self._cells(document, sheet, area)
        # Calc would empty a part of an array without a word.
        holds_arrays = any(text.startswith("{=") for row in cells.FormulaArray for text in row)
        found = self.arrays(document, sheet, area) if holds_arrays else []
        if any(meeting(covered, area) != covered for covered, _ in found):
            raise ValueError("the cells cut through an array formula")
        if formats:
            cells.clearContents(ALL_CONTENTS | 256)  # and formats of parts of a text
            sop_formats.restyle(cells, "Default")
        else:
            cells.clearContents(ALL_CONTENTS)

    # ------------------------------------------------------------------ formulas

    def formulas(self, document, sheet, area):
        """Formula or constant of every cell as text; beyond the used area nothing."""
        area = meeting(area, self.used(document, sheet))
        if area is None:
            return [None, []]
        cells = self._cells(document, sheet, area)
        data, truths = cells.DataArray, set()
        for part, kind in sop_formats.special(self._known[document], cells):
            if kind == "truth":
                truths.update(self._positions(part, area))
        rows = [
            [sop_formulas.constant(cell, (r, c) in truths) for c, cell in enumerate(row)]
            for r, row in enumerate(data)
        ]
        grammar = sop_formulas.Grammar(self._known[document])
        for part in cells.queryContentCells(FORMULAS).RangeAddresses:
            for row, column in self._positions(part, area):
                rows[row][column] = grammar.text(cells.getCellByPosition(column, row))
        return [area, rows]

    def fill_formula(self, document, sheet, area, formula):
        """One formula for all cells, relative references moving along."""
        cells = self._cells(document, sheet, area)
        self._set(cells, (("",) * (area[3] - area[1] + 1),) * (area[2] - area[0] + 1))
        sop_formulas.Grammar(self._known[document]).fill(cells, area, formula)

    def write_array(self, document, sheet, area, formula):
        """One array formula over the area."""
        sop_formulas.Grammar(self._known[document]).put_array(self._cells(document, sheet, area), formula)

    def arrays(self, document, sheet, area):
        """Areas and texts of the array formulas that meet an area."""
        area = meeting(area, self.used(document, sheet))
        found = []
        if area is None:
            return found
        grammar = sop_formulas.Grammar(self._known[document])
        cells = self._cells(document, sheet, area)
        seen = set()
        for part in cells.queryContentCells(FORMULAS).RangeAddresses:
            for row, column in self._positions(part, area):
                cell = cells.getCellByPosition(column, row)
                if (row, column) in seen or not cell.ArrayFormula:
                    continue
                whole, text = grammar.array(cell)
                covered = area_of(whole.RangeAddress)
                seen.update(self._positions(whole.RangeAddress, area))
                found.append([covered, text])
        return found

    # ------------------------------------------------------------------ whole sheets

    def contents(self, document, sheet):
        """Everything that stands on a sheet, in Calc's own words."""
        area = self.used(document, sheet)
        return sop_contents.read(self._cells(document, sheet, area), area)

    def put_contents(self, document, sheet, area, rows):
        """Fill an area with cells as `contents` gives them."""
        sop_contents.write(self._cells(document, sheet, area), rows)

    def put_array(self, document, sheet, area, text):
        """Write an array formula as `contents` gives it."""
        self._cells(document, sheet, area).setArrayFormula(text)

    # ------------------------------------------------------------------ names

    def names(self, document):
        """All names: the sheet that owns it (null: the workbook), name, and what it refers to."""
        grammar = sop_formulas.Grammar(self._known[document])
        owners = [None, *self._known[document].Sheets.ElementNames]
        found = [(owner, self._scope(document, owner)) for owner in owners]
        return [
            [owner, name, grammar.of_name(scope.getByName(name))]
            for owner, scope in found
            for name in scope.ElementNames
        ]

    def name(self, document, sheet, name):
        """One name as it is written, and what it refers to; null when there is none."""
        found = self._scope(document, sheet)
        if not found.hasByName(name):
            name = next((other for other in found.ElementNames if other.lower() == name.lower()), None)
            if name is None:
                return None
        return [name, sop_formulas.Grammar(self._known[document]).of_name(found.getByName(name))]

    def set_name(self, document, sheet, name, refers_to):
        """Define or redefine a name."""
        found = self._scope(document, sheet)
        owner = self._known[document].Sheets.ElementNames.index(sheet) if sheet else 0
        position = CellAddress(owner, 0, 0)
        tokens = sop_formulas.Grammar(self._known[document]).tokens(refers_to, position)
        if not found.hasByName(name):
            found.addNewByName(name, "0", position, 0)
        found.getByName(name).setTokens(tokens)

    def delete_name(self, document, sheet, name):
        """Remove a name."""
        self._scope(document, sheet).removeByName(name)

    def rename_name(self, document, sheet, name, new):
        """Give a name another name."""
        self._scope(document, sheet).getByName(name).setName(new)

    def _scope(self, document, sheet):
        return (
            self._known[document].NamedRanges if sheet is None else self._sheet(document, sheet).NamedRanges
        )

    # ------------------------------------------------------------------ tables

    def tables(self, document):
        """Every table: name, sheet, area, whether it has a header, a totals row, filter buttons."""
        found, sheets = self._known[document].DatabaseRanges, self._known[document].Sheets.ElementNames
        listed = []
        for name in found.ElementNames:
            table = found.getByName(name)
            address = table.DataArea
            flags = [bool(table.ContainsHeader), bool(table.TotalsRow), bool(table.AutoFilter)]
            listed.append([name, sheets[address.Sheet], area_of(address), *flags])
        return listed

    def add_table(self, document, sheet, name, area):
        """Make a table of an area whose first row is the header."""
        found = self._known[document].DatabaseRanges
        found.addNewByName(name, self._cells(document, sheet, area).RangeAddress)
        found.getByName(name).ContainsHeader = True
        found.getByName(name).AutoFilter = True

    def resize_table(self, document, sheet, name, area):
        """Give a table another area."""
        self._known[document].DatabaseRanges.getByName(name).DataArea = self._cells(
            document, sheet, area
        ).RangeAddress

    def set_table(self, document, name, new_name, autofilter):
        """Change a table's name or filter buttons; null leaves them."""
        found = self._known[document].DatabaseRanges.getByName(name)
        if new_name is not None:
            found.setName(new_name)
        if autofilter is not None:
            found.AutoFilter = autofilter

    # ------------------------------------------------------------------ formats, copying

    def format(self, document, sheet, area, what):
        """A format of the cells; null when they differ."""
        return sop_formats.get(self._known[document], self._cells(document, sheet, area), what)

    def set_format(self, document, sheet, area, what, value):
        """Change a format of the cells."""
        sop_formats.put(self._known[document], self._cells(document, sheet, area), what, value)

    def add_style(self, document, name, formats):
        """Make a cell style where there is none of that name."""
        sop_formats.add_style(self._known[document], name, formats)

    def styles(self, document):
        """Names of the cell styles."""
        return list(self._known[document].StyleFamilies.getByName("CellStyles").ElementNames)

    def copy(self, document, sheet, area, to_sheet, to_areas):
        """Copy cells with everything to the upper left corners of areas, in the same workbook."""
        source = self._cells(document, sheet, area).RangeAddress
        target = self._sheet(document, to_sheet)
        address = CellRangeAddress(
            source.Sheet, source.StartColumn, source.StartRow, source.EndColumn, source.EndRow
        )
        for top, left, _, _ in to_areas:
            target.copyRange(CellAddress(target.RangeAddress.Sheet, left - 1, top - 1), address)

    def copy_formats(self, document, sheet, area, to_sheet, to_areas):
        """Copy only the formats of cells."""
        source = self._cells(document, sheet, area)
        for target in to_areas:
            sop_formats.copy(source, self._cells(document, to_sheet, target))


def serve(documents, requests, answers):
    """Answer requests, one a line, until they end."""
    for line in requests:
        answers.write(documents.answer(line) + "\n")
        answers.flush()


def connected(address):
    """The component context of a LibreOffice that listens at an address."""
    local = uno.getComponentContext()
    resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
    return resolver.resolve(address)


def main(address):
    """Serve standard input for a LibreOffice that listens at ``uno:pipe,name=...;urp;StarOffice.ComponentContext``."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    serve(Documents(connected(address)), os.fdopen(os.dup(0), encoding="utf-8"), answers)


if __name__ == "__main__":
    main(sys.argv[1])
