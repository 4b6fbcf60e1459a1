"""Formats of cells in LibreOffice, under xlwings' names.

Runs inside LibreOffice, or beside it; no newer than Python 3.8.
"""

from __future__ import annotations

import uno

DATES, TRUTHS = 2 | 4, 1024  # com.sun.star.util.NumberFormat: DATE, TIME, LOGICAL
AMBIGUOUS = "AMBIGUOUS_VALUE"
ALIGNMENTS = {
    "general": "STANDARD",
    "left": "LEFT",
    "center": "CENTER",
    "right": "RIGHT",
    "justify": "BLOCK",
    "fill": "REPEAT",
}
#: A character of the standard font is so wide, in hundredths of a millimetre; Excel's columns have some room besides.
CHARACTER, MARGIN = 7 * 2540 / 96, 5 * 2540 / 96
POINT = 2540 / 72
COPIED = (
    "CellStyle", "NumberFormat", "CellBackColor", "CharFontName", "CharHeight", "CharWeight", "CharPosture",
    "CharColor", "CharUnderline", "HoriJustify", "VertJustify", "IsTextWrapped", "ParaIndent", "CellProtection",
    "TopBorder", "BottomBorder", "LeftBorder", "RightBorder",
)  # fmt: skip

BY_HAND = tuple(
    sorted((*COPIED[1:], "CharStrikeout", "IsCellBackgroundTransparent", "RotateAngle", "ShrinkToFit"))
)


def english():
    """The locale in which format codes are written."""
    locale = uno.createUnoStruct("com.sun.star.lang.Locale")
    locale.Language, locale.Country = "en", "US"
    return locale


def key_of(model, code):
    """The number of a format code."""
    found = model.NumberFormats.queryKey(code, english(), False)
    return model.NumberFormats.addNew(code, english()) if found == -1 else found


def kind_of(model, key):
    """What a number format shows: "date", "truth" or None."""
    kind = model.NumberFormats.getByKey(key).Type
    return "truth" if kind & TRUTHS else "date" if kind & DATES else None


def special(model, cells):
    """Parts of a range whose numbers are dates or truth values: pairs of address and "date" or "truth"."""
    groups = cells.getUniqueCellFormatRanges()
    for i in range(groups.Count):
        group = groups.getByIndex(i)
        kind = kind_of(model, group.NumberFormat)
        if kind:
            for address in group.RangeAddresses:
                yield address, kind


def follow(model, cells, area, written):
    """Let number formats follow what was written: dates look like dates, truth values like TRUE.

    Args:
        model: the workbook.
        cells: the range written.
        area: where it is.
        written: positions within it and cells, by "date", "truth" and "plain".
    """
    parts = list(special(model, cells))
    places = {
        kind: positions([part for part, found in parts if found == kind], area) for kind in ("date", "truth")
    }
    codes = {}
    for row, column, cell in written["date"]:
        if (row, column) not in places["date"]:
            codes[row, column] = cell.get("code", "yyyy-mm-dd")
    for row, column, _ in written["truth"]:
        if (row, column) not in places["truth"]:
            codes[row, column] = "BOOLEAN"
    if places["truth"]:
        for row, column, _ in written["plain"]:
            if (row, column) in places["truth"]:
                codes[row, column] = "General"
    for column, first, last, code in runs(codes):
        cells.getCellRangeByPosition(column, first, column, last).NumberFormat = key_of(model, code)


def runs(codes):
    """Neighbours down a column with the same code: column, first row, last row, code."""
    found = []
    for (row, column), code in sorted(codes.items(), key=lambda item: (item[0][1], item[0][0])):
        if found and found[-1][0] == column and found[-1][2] == row - 1 and found[-1][3] == code:
            found[-1][2] = row
        else:
            found.append([column, row, row, code])
    return found


def positions(addresses, area):
    """Rows and columns, counted from 0 within an area, of all cells at UNO's addresses."""
    return {
        (row, column)
        for address in addresses
        for row in range(address.StartRow + 1 - area[0], address.EndRow + 2 - area[0])
        for column in range(address.StartColumn + 1 - area[1], address.EndColumn + 2 - area[1])
    }


def get(model, cells, what):
    """A format; None when the cells differ."""
    if what == "column_width":
        return common([(c.Width - MARGIN) / CHARACTER for c in each(cells.Columns)])
    if what == "row_height":
        return common([r.Height / POINT for r in each(cells.Rows)])
    if what in ("row_hidden", "column_hidden"):
        return common(
            [not line.IsVisible for line in each(cells.Rows if what == "row_hidden" else cells.Columns)]
        )
    name, read, _ = ATTRIBUTES[what]
    if what == "style":
        groups = cells.getUniqueCellFormatRanges()
        return common([groups.getByIndex(i).CellStyle for i in range(groups.Count)])
    if cells.getPropertyState(name).value == AMBIGUOUS:
        return None
    return read(model, getattr(cells, name))


def put(model, cells, what, value):
    """Change a format."""
    if what == "column_width":
        cells.Columns.Width = round(value * CHARACTER + MARGIN)
    elif what == "row_height":
        cells.Rows.Height = round(value * POINT)
    elif what in ("row_hidden", "column_hidden"):
        lines = cells.Rows if what == "row_hidden" else cells.Columns
        lines.IsVisible = not value
    elif what == "style":
        restyle(cells, value)
    else:
        name, _, write = ATTRIBUTES[what]
        setattr(cells, name, write(model, value))


def restyle(cells, style):
    """A style replaces what was set by hand, as in Excel; rules that colour or check cells stay."""
    # Clearing hard attributes would take conditional formats and validations with them.
    states = cells.getPropertyStates(BY_HAND)
    for i, name in enumerate(BY_HAND):
        if states[i].value != "DEFAULT_VALUE":
            cells.setPropertyToDefault(name)
    cells.CellStyle = style


def each(lines):
    """The rows or columns of a range; of very many the first."""
    return [lines.getByIndex(i) for i in range(min(lines.Count, 1000))]


def common(values):
    """The value that all share, or None."""
    return values[0] if values and all(value == values[0] for value in values) else None


def copy(source, target):
    """Give all cells of a range the formats of one cell or, where the shapes agree, of each its own."""
    width, height = target.Columns.Count, target.Rows.Count
    if (source.Columns.Count, source.Rows.Count) == (1, 1):
        pairs = [(source, target)]
    else:
        pairs = [
            (source.getCellByPosition(c, r), target.getCellByPosition(c, r))
            for r in range(height)
            for c in range(width)
        ]
    for one, other in pairs:
        for name in COPIED:
            setattr(other, name, getattr(one, name))


def add_style(model, name, formats):
    """Make a cell style of that name, unless there is one."""
    styles = model.StyleFamilies.getByName("CellStyles")
    if styles.hasByName(name):
        return
    style = model.createInstance("com.sun.star.style.CellStyle")
    styles.insertByName(name, style)
    for what, value in formats.items():
        attribute, _, write = ATTRIBUTES[what]
        setattr(style, attribute, write(model, value))


def code_of(model, key):
    """The code of a number format; Excel writes dates in small letters."""
    found = model.NumberFormats.getByKey(key)
    code = found.FormatString
    return code.lower() if found.Type & DATES and not found.Type & TRUTHS else code


def rgb(model, colour):
    """A colour as red, green, blue; None for none."""
    return None if colour == -1 else [colour >> 16 & 255, colour >> 8 & 255, colour & 255]


def packed(model, colour):
    """Red, green, blue as one number."""
    return -1 if colour is None else colour[0] << 16 | colour[1] << 8 | colour[2]


def same(model, value):
    """The value itself."""
    return value


def slant(model, italic):
    """The slant of italic text."""
    return uno.Enum("com.sun.star.awt.FontSlant", "ITALIC" if italic else "NONE")


def aligned(model, name):
    """The horizontal alignment of that name."""
    return uno.Enum("com.sun.star.table.CellHoriJustify", ALIGNMENTS[name])


def alignment(model, found):
    """The name of a horizontal alignment."""
    return next((name for name, value in ALIGNMENTS.items() if value == found.value), "general")


#: xlwings' name -> UNO's name, from UNO, to UNO.
ATTRIBUTES = {
    "number_format": ("NumberFormat", code_of, key_of),
    "color": ("CellBackColor", rgb, packed),
    "font_color": ("CharColor", rgb, packed),
    "font_name": ("CharFontName", same, same),
    "size": ("CharHeight", same, lambda model, value: float(value)),
    "bold": ("CharWeight", lambda model, value: value >= 150, lambda model, value: 150.0 if value else 100.0),
    "italic": ("CharPosture", lambda model, value: value.value == "ITALIC", slant),
    "wrap_text": ("IsTextWrapped", same, same),
    "horizontal_alignment": ("HoriJustify", alignment, aligned),
    "style": ("CellStyle", same, same),
}
