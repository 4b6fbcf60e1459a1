"""Fonts and named styles of cells open in LibreOffice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from openpyxl.styles.builtins import styles as builtin_styles
from xlwings import base_classes

from sop_xl.hosts.errors import HostError
from sop_xl.hosts.file_styles import Rgb, stored_rgb, to_rgb

if TYPE_CHECKING:
    from sop_xl.hosts.calc_range import CalcRange

__all__ = ["CalcFont", "CalcRangeApi", "to_rgb"]


class CalcFont(base_classes.Font):
    """Font of a range."""

    def __init__(self, rng: CalcRange) -> None:
        self._range = rng

    @property
    def api(self) -> CalcRange:
        """The range itself."""
        return self._range

    @property
    def bold(self) -> bool | None:
        """Whether the text is bold; None when mixed."""
        return self._range.get_format("bold")

    @bold.setter
    def bold(self, value: bool) -> None:
        self._range.set_format("bold", bool(value))

    @property
    def italic(self) -> bool | None:
        """Whether the text is italic; None when mixed."""
        return self._range.get_format("italic")

    @italic.setter
    def italic(self, value: bool) -> None:
        self._range.set_format("italic", bool(value))

    @property
    def size(self) -> float | None:
        """Size in points; None when mixed."""
        return self._range.get_format("size")

    @size.setter
    def size(self, value: float) -> None:
        self._range.set_format("size", float(value))

    @property
    def name(self) -> str | None:
        """Name of the font; None when mixed."""
        return self._range.get_format("font_name")

    @name.setter
    def name(self, value: str) -> None:
        self._range.set_format("font_name", value)

    @property
    def color(self) -> Rgb | None:
        """Colour as (red, green, blue); None when mixed or automatic."""
        found = self._range.get_format("font_color")
        return None if found is None else (found[0], found[1], found[2])

    @color.setter
    def color(self, value: Rgb | str | int) -> None:
        self._range.set_format("font_color", to_rgb(value))


class CalcRangeApi:
    """The little of Excel's own Range object that callers may use on every host."""

    def __init__(self, rng: CalcRange) -> None:
        self._range = rng

    @property
    def Style(self) -> str | None:  # noqa: N802 - Excel's name
        """Name of the cells' style; None when mixed."""
        return self._range.get_format("style")

    @Style.setter
    def Style(self, name: str) -> None:  # noqa: N802
        book = self._range.sheet.book
        known = book.style(name)
        if known is None:
            known = next((key for key in builtin_styles if key.lower() == name.lower()), None)
            if known is None:
                raise HostError(
                    f"The workbook has no cell style named '{name}'.",
                    "Choose one of: " + ", ".join(book.style_names()) + ".",
                )
            book.ask("add_style", name=known, formats=_builtin(known))
        self._range.set_format("style", known)


def _builtin(name: str) -> dict[str, Any]:
    """The look of a style that every Excel knows."""
    style = builtin_styles[name]
    formats: dict[str, Any] = {"bold": bool(style.font.b), "italic": bool(style.font.i)}
    if style.fill.fill_type == "solid" and (fill := stored_rgb(style.fill.fgColor)):
        formats["color"] = fill
    if colour := stored_rgb(style.font.color):
        formats["font_color"] = colour
    return formats
