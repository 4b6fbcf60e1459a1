"""Defined names of a workbook open in LibreOffice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from xlwings import NoSuchObjectError, base_classes

from sop_xl.hosts.addresses import Area, parse_a1, split_sheet
from sop_xl.hosts.formula_text import from_file, to_file
from sop_xl.hosts.references import resolve_reference

if TYPE_CHECKING:
    from sop_xl.hosts.calc_book import CalcBook, CalcSheet
    from sop_xl.hosts.calc_range import CalcRange


class CalcName(base_classes.Name):
    """A defined name; ``owner`` is the sheet it belongs to, or None for the workbook."""

    def __init__(self, book: CalcBook, bare: str, refers_to: str, owner: CalcSheet | None) -> None:
        self._book = book
        self._bare = bare
        self._refers_to = from_file(refers_to)
        self.owner = owner

    @property
    def _scope(self) -> str | None:
        return self.owner.name if self.owner else None

    @property
    def api(self) -> None:
        """There is no native object on this side."""
        return

    @property
    def name(self) -> str:
        """The name; a sheet's own name is written ``Sheet!name``."""
        return self._bare if self.owner is None else f"{self.owner.quoted_name}!{self._bare}"

    @name.setter
    def name(self, value: str) -> None:
        self._book.ask("rename_name", sheet=self._scope, name=self._bare, new=value)
        self._bare = value

    @property
    def refers_to(self) -> str:
        """What the name stands for, beginning with an equals sign."""
        return self._refers_to

    @refers_to.setter
    def refers_to(self, value: str) -> None:
        text = _qualified(value, self.owner or self._book.sheets.active)
        self._book.ask("set_name", sheet=self._scope, name=self._bare, refers_to=to_file(text))
        self._refers_to = text

    @property
    def refers_to_range(self) -> CalcRange:
        """The cells the name refers to.

        Raises:
            NoSuchObjectError: the name stands for a constant, a formula or several areas.
        """
        found = resolve_reference(self._book, self._refers_to, self.owner or self._book.sheets(1))
        if found is None:
            raise NoSuchObjectError(f"The name '{self.name}' stands for {self.refers_to}, not for one range.")
        return found

    def delete(self) -> None:
        """Delete the name."""
        self._book.ask("delete_name", sheet=self._scope, name=self._bare)


class CalcNames(base_classes.Names):
    """Names of a workbook (with those of its sheets), or of one sheet."""

    def __init__(self, book: CalcBook, sheet: CalcSheet | None = None) -> None:
        self._book = book
        self._sheet = sheet

    @property
    def api(self) -> None:
        """There is no native object on this side."""
        return

    def __iter__(self) -> Iterator[CalcName]:
        for owner, name, refers_to in self._book.ask("names"):
            if self._sheet is None or owner == self._sheet.name:
                sheet = None if owner is None else self._book.sheet_named(owner)
                yield CalcName(self._book, name, refers_to, sheet)

    def snapshot(self) -> list[tuple[str, CalcName]]:
        """All names with their objects."""
        return [(name.name, name) for name in self]

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def find(self, wanted: str) -> CalcName | None:
        """The name, upper and lower case alike; ``Sheet!name`` asks for a sheet's own."""
        sheet_name, bare = split_sheet(wanted)
        owner = self._sheet
        if sheet_name is not None:
            if not self._book.has_sheet(sheet_name):
                return None
            owner = self._book.sheets(sheet_name)
        found = self._book.ask("name", sheet=owner.name if owner else None, name=bare)
        return CalcName(self._book, found[0], found[1], owner) if found else None

    def of_area(self, sheet: str, area: Area) -> CalcName | None:
        """A name that refers to exactly these cells."""
        for name in self:
            found = resolve_reference(self._book, name.refers_to, name.owner or self._book.sheets(1))
            if found is not None and found.area == area and found.sheet.name == sheet:
                return name
        return None

    def __call__(self, name_or_index: int | str) -> CalcName:
        """The name, or the name at that position."""
        if isinstance(name_or_index, int):
            return list(self)[name_or_index - 1]
        found = self.find(name_or_index)
        if found is None:
            raise NoSuchObjectError(f"The workbook has no name '{name_or_index}'.")
        return found

    def contains(self, name_or_index: int | str) -> bool:
        """Whether there is such a name."""
        if isinstance(name_or_index, int):
            return 1 <= name_or_index <= len(self)
        return self.find(name_or_index) is not None

    def add(self, name: str, refers_to: str) -> CalcName:
        """Define a name, or redefine it; ``Sheet!name`` belongs to that sheet alone."""
        sheet_name, bare = split_sheet(name)
        owner = self._sheet if sheet_name is None else self._book.sheets(sheet_name)
        made = CalcName(self._book, bare, refers_to, owner)
        made.refers_to = refers_to
        return made


def _qualified(text: str, sheet: CalcSheet) -> str:
    """What a name stands for; a bare address gets its sheet."""
    bare = text.removeprefix("=")
    area = parse_a1(bare)
    return f"={sheet.quoted_name}!{area.a1(True, True)}" if area is not None else f"={bare}"
