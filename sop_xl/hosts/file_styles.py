"""Formats of cells in a file: number formats, fills, fonts, alignment and named styles."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import TYPE_CHECKING, Any

from openpyxl.cell.cell import Cell
from openpyxl.styles import Alignment, Font, NamedStyle, PatternFill
from openpyxl.styles.builtins import styles as builtin_styles
from openpyxl.styles.cell_style import StyleArray
from openpyxl.workbook import Workbook
from xlwings import base_classes

from sop_xl.hosts.addresses import Area
from sop_xl.hosts.column_styles import covering_column, inherited_style, own_column
from sop_xl.hosts.errors import HostError
from sop_xl.hosts.file_cells import SheetCells

if TYPE_CHECKING:
    from sop_xl.hosts.file_range import FileRange

Rgb = tuple[int, int, int]
_MANY = 2_000_000


def restyle(cells: SheetCells, area: Area, change: Callable[[StyleArray], None]) -> None:
    """Change the format of every cell of a rectangle; each distinct format is worked out once.

    Args:
        cells: the sheet's cells.
        area: the cells; whole columns and rows also change for cells that do not exist yet.
        change: alters a format in place.
    """
    changed: dict[bytes, StyleArray] = {}

    def new_style(old: StyleArray | None) -> StyleArray:
        key = b"" if old is None else old.tobytes()
        style = changed.get(key)
        if style is None:
            style = StyleArray() if old is None else StyleArray(old)
            change(style)
            changed[key] = style
        return StyleArray(style)

    worksheet, existing = cells.worksheet, cells.worksheet._cells
    if area.whole_columns or area.whole_rows:
        if area.whole_columns:
            for column in range(area.left, area.right + 1):
                dimension = own_column(worksheet, column)
                dimension._style = new_style(dimension._style)
        else:
            for row in range(area.top, area.bottom + 1):
                dimension = worksheet.row_dimensions[row]
                dimension._style = new_style(dimension._style)
        for key in cells.keys_in(area):
            existing[key]._style = new_style(existing[key]._style)
        return
    if area.size > _MANY:
        raise HostError(
            f"The range {area.a1()} is too large to format cell by cell.", "Format whole columns."
        )
    row_styles, column_styles = inherited_style(worksheet, area)
    for row in range(area.top, area.bottom + 1):
        for column in range(area.left, area.right + 1):
            cell = existing.get((row, column))
            if cell is None:
                inherited = row_styles.get(row) or column_styles.get(column)
                style = new_style(inherited)
                if inherited is None and not any(style):
                    continue  # looks as a cell that is not there
                cell = Cell(worksheet, row, column)
                cell._style = style
                existing[row, column] = cell
            else:
                cell._style = new_style(cell._style)


def styles_in(cells: SheetCells, area: Area) -> list[StyleArray]:
    """The distinct formats of a rectangle."""
    found: dict[bytes, StyleArray] = {}
    count = 0
    for key in cells.keys_in(area):
        style = cells.worksheet._cells[key]._style
        style = StyleArray() if style is None else style
        found[style.tobytes()] = style
        count += 1
    if count < area.size:
        rows, columns = inherited_style(cells.worksheet, area)
        if area.size == 1:
            absent = [rows.get(area.top) or columns.get(area.left) or StyleArray()]
        else:
            absent = [columns.get(column) or StyleArray() for column in range(area.left, area.right + 1)]
        found.update((style.tobytes(), style) for style in absent)
    return list(found.values())


def common(values: list[Any]) -> Any:
    """The one value that all share, or None when they differ.

    >>> common([1, 1]), common([1, 2])
    (1, None)
    """
    return values[0] if all(value == values[0] for value in values) else None


def named_style(workbook: Workbook, name: str) -> StyleArray:
    """Format of a named cell style of the workbook, or of one that every Excel knows.

    Raises:
        HostError: there is no such style.
    """
    for style in workbook._named_styles:
        if style.name.lower() == name.lower():
            return style.as_tuple()
    for builtin, style in builtin_styles.items():
        if builtin.lower() == name.lower():
            added: NamedStyle = copy(style)
            workbook.add_named_style(added)
            return added.as_tuple()
    raise HostError(
        f"The workbook has no cell style named '{name}'.",
        "Choose one of: " + ", ".join(style.name for style in workbook._named_styles) + ".",
    )


def to_rgb(color: Rgb | str | int) -> Rgb:
    """A colour given as (red, green, blue), ``#rrggbb`` or Excel's number, as (red, green, blue).

    >>> to_rgb("#ff8000"), to_rgb(0x0080FF)
    ((255, 128, 0), (255, 128, 0))
    """
    if isinstance(color, str):
        text = color.removeprefix("#")
        return int(text[0:2], 16), int(text[2:4], 16), int(text[4:6], 16)
    if isinstance(color, int):
        return color % 256, color // 256 % 256, color // 65536 % 256
    red, green, blue = color
    return int(red), int(green), int(blue)


def hex_color(color: Rgb | str | int) -> str:
    """A colour as the file stores it: ``FFrrggbb``."""
    return "FF{:02X}{:02X}{:02X}".format(*to_rgb(color))


def stored_rgb(color: Any) -> Rgb | None:
    """A stored colour as (red, green, blue); None for a colour of the theme or none at all."""
    if color is None or color.type != "rgb" or not isinstance(color.rgb, str):
        return None
    return to_rgb(color.rgb[-6:])


def set_fill(cells: SheetCells, area: Area, color: Rgb | str | int | None) -> None:
    """Fill the cells with one colour, or remove their fill (None)."""
    fill = PatternFill() if color is None else PatternFill("solid", fgColor=hex_color(color))
    number = cells.worksheet.parent._fills.add(fill)

    def change(style: StyleArray) -> None:
        style.fillId = number

    restyle(cells, area, change)


def fill_color(cells: SheetCells, area: Area) -> Rgb | None:
    """The colour that fills all the cells, or None."""
    fills = [cells.worksheet.parent._fills[style.fillId] for style in styles_in(cells, area)]
    return common(
        [stored_rgb(fill.fgColor) if getattr(fill, "fill_type", None) == "solid" else None for fill in fills]
    )


def set_alignment(cells: SheetCells, area: Area, **fields: Any) -> None:
    """Change alignment attributes (``wrap_text``, ``horizontal``, ``vertical``) of the cells."""
    alignments = cells.worksheet.parent._alignments

    def change(style: StyleArray) -> None:
        alignment: Alignment = copy(alignments[style.alignmentId])
        for field, value in fields.items():
            setattr(alignment, field, value)
        style.alignmentId = alignments.add(alignment)

    restyle(cells, area, change)


def alignment_field(cells: SheetCells, area: Area, field: str) -> Any:
    """An alignment attribute that all the cells share, or None."""
    alignments = cells.worksheet.parent._alignments
    return common([getattr(alignments[style.alignmentId], field) for style in styles_in(cells, area)])


def column_width(cells: SheetCells, column: int) -> float:
    """Width of a column in characters."""
    dimension = covering_column(cells.worksheet, column)
    if dimension is not None and dimension.width:
        return float(dimension.width)
    return float(cells.worksheet.sheet_format.defaultColWidth or 8.43)


class FileFont(base_classes.Font):
    """Font of a range in a file."""

    def __init__(self, rng: FileRange) -> None:
        self._range = rng

    @property
    def api(self) -> FileRange:
        """The range itself; a file has no native font object."""
        return self._range

    def _get(self, field: str) -> Any:
        cells = self._range.cells
        fonts = cells.worksheet.parent._fonts
        return common([getattr(fonts[style.fontId], field) for style in styles_in(cells, self._range.area)])

    def _set(self, field: str, value: Any) -> None:
        cells = self._range.cells
        fonts = cells.worksheet.parent._fonts

        def change(style: StyleArray) -> None:
            font: Font = copy(fonts[style.fontId])
            setattr(font, field, value)
            style.fontId = fonts.add(font)

        restyle(cells, self._range.area, change)

    @property
    def bold(self) -> bool | None:
        """Whether the text is bold; None when mixed."""
        return self._get("b")

    @bold.setter
    def bold(self, value: bool) -> None:
        self._set("b", bool(value))

    @property
    def italic(self) -> bool | None:
        """Whether the text is italic; None when mixed."""
        return self._get("i")

    @italic.setter
    def italic(self, value: bool) -> None:
        self._set("i", bool(value))

    @property
    def size(self) -> float | None:
        """Size in points; None when mixed."""
        return self._get("sz")

    @size.setter
    def size(self, value: float) -> None:
        self._set("sz", float(value))

    @property
    def name(self) -> str | None:
        """Name of the font; None when mixed."""
        return self._get("name")

    @name.setter
    def name(self, value: str) -> None:
        self._set("name", value)

    @property
    def color(self) -> Rgb | None:
        """Colour as (red, green, blue); None when mixed or taken from the theme."""
        return stored_rgb(self._get("color"))

    @color.setter
    def color(self, value: Rgb | str | int) -> None:
        self._set("color", hex_color(value))


class RangeApi:
    """The little of Excel's own Range object that callers may use on every host.

    ``rng.api.Style = "Input"`` gives the cells a named style of the workbook; ``rng.api.EntireRow.OutlineLevel = 2``
    lets their rows be folded.
    """

    def __init__(self, rng: FileRange) -> None:
        self._range = rng

    @property
    def Style(self) -> str | None:  # noqa: N802 - Excel's name
        """Name of the cells' style; None when mixed."""
        styles = self._range.cells.worksheet.parent._named_styles
        return common([styles.names[style.xfId] for style in styles_in(self._range.cells, self._range.area)])

    @Style.setter
    def Style(self, name: str) -> None:  # noqa: N802
        wanted = named_style(self._range.cells.worksheet.parent, name)

        def change(style: StyleArray) -> None:
            quoted = style.quotePrefix
            style[:] = wanted
            style.quotePrefix = quoted

        restyle(self._range.cells, self._range.area, change)

    @property
    def EntireRow(self) -> RowsApi:  # noqa: N802 - Excel's name
        """The rows that the cells are in."""
        return RowsApi(self._range)


class RowsApi:
    """Whole rows, as Excel's EntireRow."""

    def __init__(self, rng: FileRange) -> None:
        self._range = rng

    def _levels(self) -> list[int]:
        area, rows = self._range.area, self._range.cells.worksheet.row_dimensions
        return [rows[row].outlineLevel + 1 if row in rows else 1 for row in range(area.top, area.bottom + 1)]

    @property
    def OutlineLevel(self) -> int | None:  # noqa: N802 - Excel's name
        """1 outside of every outline, 2 in the first; None when mixed."""
        return common(self._levels())

    @OutlineLevel.setter
    def OutlineLevel(self, level: int) -> None:  # noqa: N802
        area, rows = self._range.area, self._range.cells.worksheet.row_dimensions
        for row in range(area.top, area.bottom + 1):
            rows[row].outlineLevel = level - 1
        # Programs show the folds of a sheet whose format says that it has any; openpyxl does not.
        folds = self._range.cells.worksheet.sheet_format
        folds.outlineLevelRow = max(folds.outlineLevelRow or 0, level - 1) or None
