"""Ranges of a worksheet in a file, as xlwings sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import xlwings as xw

from sop_xl.hosts import file_copy, file_styles
from sop_xl.hosts.addresses import Area
from sop_xl.hosts.area_range import AreaRange
from sop_xl.hosts.column_styles import format_code, format_id, own_column
from sop_xl.hosts.errors import HostError
from sop_xl.hosts.file_cells import SheetCells
from sop_xl.hosts.region import current_region, end_of_region

if TYPE_CHECKING:
    from openpyxl.styles.cell_style import StyleArray

    from sop_xl.hosts.file_names import FileName
    from sop_xl.hosts.file_sheet import FileSheet

_SHIFTING = (
    "Inserting and deleting cells is not done in a file, because formulas, names, tables and validations "
    "elsewhere would have to follow; resize the table, or clear and write the cells."
)


class FileRange(AreaRange):
    """A rectangle of cells of one sheet in a file."""

    _sheet: FileSheet

    @property
    def cells(self) -> SheetCells:
        """The cells of the sheet."""
        return self._sheet.cells_of_sheet

    # ------------------------------------------------------------------ place and shape

    @property
    def api(self) -> file_styles.RangeApi | None:
        """The part of Excel's Range object that works on every host; None for a range without cells."""
        return file_styles.RangeApi(self) if self.area.size else None

    @property
    def current_region(self) -> FileRange:
        """The block of filled cells around the range, up to blank rows and columns."""
        return FileRange(self._sheet, current_region(self.cells, self.area))

    def end(self, direction: str) -> FileRange:
        """Where Ctrl and an arrow key lead from the first cell."""
        row, column = end_of_region(self.cells, self.area.top, self.area.left, direction)
        return FileRange(self._sheet, Area(row, column, row, column))

    def select(self) -> None:
        """Place the cursor here for whoever opens the file."""
        self._sheet.activate()
        for selection in self.cells.worksheet.sheet_view.selection:
            selection.activeCell = Area(self.area.top, self.area.left, self.area.top, self.area.left).a1()
            selection.sqref = self.area.a1()

    @property
    def name(self) -> FileName | None:
        """A name that refers to exactly these cells."""
        return self._sheet.book.names.of_area(self._sheet.name, self.area)

    @name.setter
    def name(self, value: str) -> None:
        self._sheet.book.names.add(value, self._sheet.reference(self.area))

    # ------------------------------------------------------------------ values and formulas

    @property
    def raw_value(self) -> Any:
        """Values as rows of columns; a formula gives its last known value."""
        return self.cells.read(self.area) if self.area.size else None

    @raw_value.setter
    def raw_value(self, data: Any) -> None:
        if self.area.size:
            self._write(data)

    def _write(self, data: Any) -> None:
        if not isinstance(data, list | tuple):
            self.cells.fill(self.area, data)
            return
        rows = data if data and isinstance(data[0], list | tuple) else [data]
        self.cells.write(
            Area(
                self.area.top,
                self.area.left,
                self.area.top + len(rows) - 1,
                self.area.left + len(rows[0]) - 1,
            ),
            rows,
        )

    @property
    def formula(self) -> Any:
        """Formulas: text for one cell, otherwise a tuple of rows."""
        if not self.area.size:
            return None
        rows = self.cells.read_formulas(self.area)
        return rows[0][0] if self.area.size == 1 else tuple(tuple(row) for row in rows)

    @formula.setter
    def formula(self, value: Any) -> None:
        if self.area.size:
            self._write(value)

    formula2 = formula

    @property
    def formula_array(self) -> str | None:
        """The array formula that fills all the cells; for a single cell its formula; None when mixed."""
        found = self.cells.array_at(self.area.top, self.area.left)
        if found is not None and found[0].contains(self.area):
            return found[1]
        return self.formula if self.area.size == 1 else None

    @formula_array.setter
    def formula_array(self, value: str) -> None:
        self.cells.write_array(self.area, value)

    @property
    def has_array(self) -> bool | None:
        """Whether the cells belong to array formulas; None when only some do."""
        covered = [a for a in self.cells.arrays.values() if a.meets(self.area)]
        if not covered:
            return False
        return True if any(a.contains(self.area) for a in covered) else None

    def clear_contents(self) -> None:
        """Empty the cells, keep their formats."""
        if self.area.size:
            self.cells.clear_contents(self.area)

    def clear(self) -> None:
        """Empty the cells and drop their formats."""
        if self.area.size:
            self.cells.clear(self.area)

    def clear_formats(self) -> None:
        """Drop the formats, keep the contents."""

        def change(style: StyleArray) -> None:
            style[:] = type(style)()

        file_styles.restyle(self.cells, self.area, change)

    # ------------------------------------------------------------------ copying

    def copy(self, destination: xw.Range | None = None) -> None:
        """Copy to a destination, or keep for ``paste``."""
        if destination is None:
            self._sheet.book.app.clipboard = self
        else:
            file_copy.transfer(self, destination.impl, "all")

    def paste(
        self,
        paste: str | None = None,
        operation: str | None = None,
        skip_blanks: bool = False,
        transpose: bool = False,
    ) -> None:
        """Paste what ``copy()`` kept: all, formats, formulas or values."""
        source = self._sheet.book.app.clipboard
        if source is None:
            raise HostError("Nothing was copied before pasting.", "Call copy() first.")
        if operation or skip_blanks or transpose:
            raise NotImplementedError("Pasting into a file knows no operation, skip_blanks or transpose.")
        file_copy.transfer(source, self, paste or "all")

    def copy_from(
        self, source_range: Any, copy_type: str = "all", skip_blanks: bool = False, transpose: bool = False
    ) -> None:
        """Copy from another range: all, formats, formulas or values."""
        if skip_blanks or transpose:
            raise NotImplementedError("Copying in a file knows no skip_blanks or transpose.")
        file_copy.transfer(getattr(source_range, "impl", source_range), self, copy_type)

    def insert(self, shift: str | None = None, copy_origin: str | None = None) -> None:
        """Not done in a file."""
        raise NotImplementedError(_SHIFTING)

    def delete(self, shift: str | None = None) -> None:
        """Not done in a file."""
        raise NotImplementedError(_SHIFTING)

    # ------------------------------------------------------------------ formats

    @property
    def font(self) -> file_styles.FileFont:
        """Font of the cells."""
        return file_styles.FileFont(self)

    @property
    def number_format(self) -> str | None:
        """Number format of the cells; None when mixed."""
        workbook = self.cells.worksheet.parent
        styles = file_styles.styles_in(self.cells, self.area)
        return file_styles.common([format_code(workbook, style.numFmtId) for style in styles])

    @number_format.setter
    def number_format(self, value: str) -> None:
        number = format_id(self.cells.worksheet.parent, value)

        def change(style: StyleArray) -> None:
            style.numFmtId = number

        file_styles.restyle(self.cells, self.area, change)

    @property
    def color(self) -> file_styles.Rgb | None:
        """Fill colour as (red, green, blue)."""
        return file_styles.fill_color(self.cells, self.area)

    @color.setter
    def color(self, color_or_rgb: file_styles.Rgb | str | int | None) -> None:
        file_styles.set_fill(self.cells, self.area, color_or_rgb)

    @property
    def wrap_text(self) -> bool | None:
        """Whether text is wrapped; None when mixed."""
        shared = file_styles.alignment_field(self.cells, self.area, "wrap_text")
        several = len(file_styles.styles_in(self.cells, self.area)) > 1
        return None if shared is None and several else bool(shared)

    @wrap_text.setter
    def wrap_text(self, value: bool) -> None:
        file_styles.set_alignment(self.cells, self.area, wrap_text=bool(value))

    @property
    def horizontal_alignment(self) -> str | None:
        """Horizontal alignment of the cells."""
        shared = file_styles.alignment_field(self.cells, self.area, "horizontal")
        return {"centerContinuous": "center_across_selection", None: "general"}.get(shared, shared)

    @horizontal_alignment.setter
    def horizontal_alignment(self, value: str) -> None:
        stored = {"center_across_selection": "centerContinuous"}.get(value, value)
        file_styles.set_alignment(self.cells, self.area, horizontal=stored)

    @property
    def column_width(self) -> float | None:
        """Width of the columns in characters; None when they differ."""
        columns = range(self.area.left, self.area.right + 1)
        return file_styles.common([file_styles.column_width(self.cells, column) for column in columns])

    @column_width.setter
    def column_width(self, value: float) -> None:
        for column in range(self.area.left, self.area.right + 1):
            own_column(self.cells.worksheet, column).width = float(value)

    @property
    def row_height(self) -> float | None:
        """Height of the rows in points; None when they differ."""
        rows, default = self.cells.worksheet.row_dimensions, self.cells.worksheet.sheet_format
        heights = [
            rows[row].height if row in rows and rows[row].height else default.defaultRowHeight
            for row in range(self.area.top, self.area.bottom + 1)
        ]
        return file_styles.common(heights)

    @row_height.setter
    def row_height(self, value: float) -> None:
        for row in range(self.area.top, self.area.bottom + 1):
            self.cells.worksheet.row_dimensions[row].height = float(value)

    @property
    def row_hidden(self) -> bool | None:
        """Whether the rows are hidden; None when only some are."""
        rows = self.cells.worksheet.row_dimensions
        return file_styles.common(
            [bool(row in rows and rows[row].hidden) for row in range(self.area.top, self.area.bottom + 1)]
        )

    @row_hidden.setter
    def row_hidden(self, value: bool) -> None:
        for row in range(self.area.top, self.area.bottom + 1):
            self.cells.worksheet.row_dimensions[row].hidden = bool(value)

    @property
    def column_hidden(self) -> bool | None:
        """Whether the columns are hidden; None when only some are."""
        columns = range(self.area.left, self.area.right + 1)
        return file_styles.common([bool(own_column(self.cells.worksheet, c).hidden) for c in columns])

    @column_hidden.setter
    def column_hidden(self, value: bool) -> None:
        for column in range(self.area.left, self.area.right + 1):
            own_column(self.cells.worksheet, column).hidden = bool(value)
