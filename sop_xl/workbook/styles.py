"""One palette and one set of named cell styles for the whole workbook.

Style names are ``SOP <role> <format>``: *input* cells are typed, *data* cells are imported or written by a
command, *calc* cells hold formulas. The colours differ in lightness as well, so that they can be told apart in grey
and by colour-blind readers (blue, orange and grey of the Okabe-Ito set).
"""

from __future__ import annotations

from typing import Any

from sop_xl.workbook.spec import Column

INK, PAPER, MUTED, LINE = "#1F2933", "#FFFFFF", "#66727F", "#D5DBE1"
NAVY, BLUE, ORANGE, SKY, GREEN, RED = "#16324F", "#0072B2", "#D55E00", "#56B4E9", "#00795C", "#B3261E"
INPUT_FILL, DATA_FILL, TOTAL_FILL, GROUP_FILL = "#FFF7D6", "#EEF3F8", "#E3EAF1", "#F5F7F9"
OVER_FILL, WARN_FILL, GOOD_FILL, CLOSED_FILL = "#F9D5C9", "#FDEBC8", "#D3EBE2", "#F0F0F0"
#: Stock in a chart: lighter than every line and column over it.
STOCK_FILL = "#D9DEE4"
#: Traffic lights: fill and ink. The words stand in the cells too, so that they can be read in grey.
LIGHTS: dict[str, tuple[str, str]] = {
    "GREEN": (GOOD_FILL, "#00543F"),
    "AMBER": (WARN_FILL, "#7A4B00"),
    "RED": (OVER_FILL, RED),
}

FONT = {"font_name": "Calibri", "font_size": 10, "font_color": INK, "valign": "vcenter"}

FORMATS: dict[str, str] = {
    "qty": "#,##0",
    "money": "#,##0;-#,##0;0",
    "ratio": "0.0%",
    "hours": "#,##0.0",
    "days": "0.0",
    "factor": "0.00",
    "date": "yyyy-mm-dd",
    "moment": "yyyy-mm-dd hh:mm",
    "number": "#,##0.####",
    "text": "General",
}

_LINE = {"border": 1, "border_color": LINE}
_ROLES: dict[str, dict[str, Any]] = {
    "input": {"bg_color": INPUT_FILL, "locked": False, **_LINE},
    "data": {"bg_color": DATA_FILL, **_LINE},
    "calc": {"bg_color": PAPER, **_LINE},
    "strong": {"bg_color": PAPER, "bold": True, **_LINE},
    "total": {"bg_color": TOTAL_FILL, "bold": True, **_LINE},
    "group": {"bg_color": GROUP_FILL, "italic": True, **_LINE},
    "list": {"bottom": 1, "bottom_color": LINE},
}
_OF_TABLES = ("input", "data", "calc")
_FIXED: dict[str, dict[str, Any]] = {
    "SOP title": {"font_size": 16, "bold": True, "font_color": NAVY},
    "SOP subtitle": {"font_color": MUTED},
    "SOP purpose": {"font_color": INK, "italic": True},
    "SOP notice": {"font_color": ORANGE, "bold": True},
    "SOP section": {"font_size": 12, "bold": True, "font_color": NAVY},
    "SOP header": {
        "bold": True,
        "font_color": PAPER,
        "bg_color": NAVY,
        "align": "center",
        "text_wrap": True,
        **_LINE,
    },
    "SOP header left": {"bold": True, "font_color": PAPER, "bg_color": NAVY, "text_wrap": True, **_LINE},
    "SOP header date": {
        "bold": True,
        "font_color": PAPER,
        "bg_color": NAVY,
        "align": "center",
        "num_format": "mmm yy",
        **_LINE,
    },
    "SOP header day": {
        "bold": True,
        "font_color": PAPER,
        "bg_color": NAVY,
        "align": "center",
        "num_format": "yyyy-mm-dd",
        **_LINE,
    },
    "SOP subheader": {
        "font_color": MUTED,
        "bg_color": TOTAL_FILL,
        "align": "center",
        "num_format": "0.#",
        **_LINE,
    },
    "SOP label": {**_LINE},
    "SOP label strong": {"bold": True, **_LINE},
    "SOP label total": {"bold": True, "bg_color": TOTAL_FILL, **_LINE},
    "SOP entity": {"font_color": MUTED, **_LINE},
    "SOP entity total": {"bold": True, "font_color": MUTED, "bg_color": TOTAL_FILL, **_LINE},
    "SOP light": {"align": "center", "font_size": 9, **_LINE},
    "SOP trend": {"font_color": NAVY, "align": "center", **_LINE},
    "SOP band": {"bold": True, "font_color": PAPER, "bg_color": NAVY},
    "SOP tile trend": {"font_color": NAVY, "font_size": 11, "align": "center", "bg_color": GROUP_FILL},
    "SOP tile label": {"font_color": MUTED, "font_size": 9, "align": "center", "bg_color": GROUP_FILL},
    "SOP tile ratio": {
        "bold": True,
        "font_size": 18,
        "font_color": NAVY,
        "align": "center",
        "bg_color": GROUP_FILL,
        "num_format": "0.0%",
    },
    "SOP tile days": {
        "bold": True,
        "font_size": 18,
        "font_color": NAVY,
        "align": "center",
        "bg_color": GROUP_FILL,
        "num_format": "0.0",
    },
    "SOP tile light": {
        "bold": True,
        "font_size": 9,
        "align": "center",
        "bg_color": GROUP_FILL,
    },
    "SOP link": {"font_color": BLUE, "underline": 1},
    "SOP wrapped": {"text_wrap": True, "valign": "top", **_LINE},
}


def styles() -> dict[str, dict[str, Any]]:
    """Every named style with its properties, in the words of XlsxWriter's formats."""
    named: dict[str, dict[str, Any]] = {name: {**FONT, **more} for name, more in _FIXED.items()}
    align: dict[str, Any]
    for role, look in _ROLES.items():
        for name, code in FORMATS.items():
            align = {"align": "left"} if name == "text" else {}
            if name == "text" and role in _OF_TABLES:
                # A text begins a little apart from the number that ends in the column before.
                align["indent"] = 1
            named[f"SOP {role} {name}"] = {**FONT, **look, **align, "num_format": code}
        named[f"SOP {role} wrapped"] = {**FONT, **look, "align": "left", "indent": 1, "text_wrap": True}
    return named


def style(role: str, format: str) -> str:
    """Name of the style of a cell.

    >>> style("input", "qty")
    'SOP input qty'
    """
    name = f"SOP {role} {format}"
    assert role in _ROLES, name
    assert format in FORMATS, name
    return name


#: Text columns at least this wide are wrapped.
WRAPPED_FROM = 44


def cell_style(column: Column) -> str:
    """Name of the style of the cells of a table column.

    >>> cell_style(Column("Price", "number"))
    'SOP input number'
    """
    if column.kind == "text" and column.width >= WRAPPED_FROM:
        return f"SOP {column.role} wrapped"
    return style(column.role, column.format or KIND_FORMAT[column.kind])


#: Column kind of a table -> number format of its cells.
KIND_FORMAT = {"text": "text", "choice": "text", "number": "number", "date": "date"}

#: Styles that the first workbooks of this layout version do not have -> what is used there.
EARLIER_STYLES = {
    "SOP light": "SOP calc text",
    "SOP trend": "SOP calc text",
    "SOP band": "SOP header left",
    **{f"SOP {role} factor": f"SOP {role} number" for role in ("input", "data", "calc")},
    **{f"SOP list {name}": f"SOP calc {name}" for name in ("text", "money", "date")},
}
