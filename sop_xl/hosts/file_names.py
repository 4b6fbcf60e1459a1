"""Defined names of a workbook file: of the whole workbook and of single sheets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.worksheet import Worksheet
from xlwings import NoSuchObjectError, base_classes

from sop_xl.hosts.addresses import Area, parse_a1, split_sheet
from sop_xl.hosts.errors import HostError
from sop_xl.hosts.formula_text import from_file, to_file

if TYPE_CHECKING:
    from sop_xl.hosts.file_book import FileBook
    from sop_xl.hosts.file_range import FileRange
    from sop_xl.hosts.file_sheet import FileSheet

_NAME = re.compile(r"[^\W\d][\w.\\?]*|\\[\w.\\?]*")


class FileName(base_classes.Name):
    """A defined name; ``worksheet`` is the sheet it belongs to, or None for the workbook."""

    def __init__(self, book: FileBook, defined: DefinedName, worksheet: Worksheet | None) -> None:
        self._book = book
        self._defined = defined
        self.worksheet = worksheet

    @property
    def api(self) -> DefinedName:
        """openpyxl's object."""
        return self._defined

    @property
    def name(self) -> str:
        """The name; a sheet's own name is written ``Sheet!name``."""
        if self.worksheet is None:
            return self._defined.name
        return f"{self._book.sheet_of(self.worksheet).quoted_name}!{self._defined.name}"

    @name.setter
    def name(self, value: str) -> None:
        self._book.names.check_new(value, self.worksheet)
        scope = self._scope
        del scope[self._defined.name]
        self._defined.name = value
        scope[value] = self._defined

    @property
    def _scope(self) -> Any:
        owner = self._book.workbook if self.worksheet is None else self.worksheet
        return owner.defined_names

    @property
    def refers_to(self) -> str:
        """What the name stands for, beginning with an equals sign."""
        return from_file(f"={self._defined.attr_text}")

    @refers_to.setter
    def refers_to(self, value: str) -> None:
        self._defined.attr_text = self._book.qualified(value, self.worksheet)

    @property
    def refers_to_range(self) -> FileRange:
        """The cells the name refers to.

        Raises:
            NoSuchObjectError: the name stands for a constant, a formula or several areas.
        """
        found = self._book.resolve(self._defined.attr_text or "", self.worksheet)
        if found is None:
            raise NoSuchObjectError(f"The name '{self.name}' stands for {self.refers_to}, not for one range.")
        return found

    def delete(self) -> None:
        """Delete the name."""
        del self._scope[self._defined.name]


class FileNames(base_classes.Names):
    """Names of a workbook (with those of its sheets), or of one sheet."""

    def __init__(self, book: FileBook, worksheet: Worksheet | None = None) -> None:
        self._book = book
        self._worksheet = worksheet

    @property
    def api(self) -> Any:
        """openpyxl's dictionary of the names in this scope."""
        owner = self._book.workbook if self._worksheet is None else self._worksheet
        return owner.defined_names

    def __iter__(self) -> Iterator[FileName]:
        if self._worksheet is None:
            for defined in self._book.workbook.defined_names.values():
                yield FileName(self._book, defined, None)
        sheets = self._book.workbook.worksheets if self._worksheet is None else [self._worksheet]
        for worksheet in sheets:
            for defined in worksheet.defined_names.values():
                yield FileName(self._book, defined, worksheet)

    def snapshot(self) -> list[tuple[str, FileName]]:
        """All names with their objects."""
        return [(name.name, name) for name in self]

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def find(self, wanted: str) -> FileName | None:
        """The name, upper and lower case alike; ``Sheet!name`` asks for a sheet's own."""
        sheet, bare = split_sheet(wanted)
        for name in self:
            if name.api.name.lower() != bare.lower():
                continue
            if sheet is not None:
                if name.worksheet is not None and name.worksheet.title.lower() == sheet.lower():
                    return name
            elif name.worksheet is self._worksheet:
                return name
        return None

    def of_area(self, sheet: str, area: Area) -> FileName | None:
        """A name that refers to exactly these cells."""
        for name in self:
            found = self._book.resolve(name.api.attr_text or "", name.worksheet)
            if found is not None and found.area == area and found.sheet.name == sheet:
                return name
        return None

    def __call__(self, name_or_index: int | str) -> FileName:
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

    def check_new(self, name: str, worksheet: Worksheet | None) -> None:
        """Refuse what Excel does not accept as a name.

        Raises:
            HostError: the name looks like a cell, has forbidden characters, or belongs to a table.
        """
        looks_like_cell = parse_a1(name) is not None or re.fullmatch(r"[Rr]\d*[Cc]\d*|[RrCc]", name)
        if not _NAME.fullmatch(name) or looks_like_cell or len(name) > 255:
            raise HostError(
                f"'{name}' cannot be the name of a range.",
                "Begin with a letter, use letters, digits, dots and underscores, and avoid cell addresses.",
            )
        if worksheet is None and self._book.find_table(name) is not None:
            raise HostError(f"'{name}' is already the name of a table.", "Choose another name.")

    def add(self, name: str, refers_to: str) -> FileName:
        """Define a name, or redefine it; ``Sheet!name`` belongs to that sheet alone."""
        sheet, bare = split_sheet(name)
        worksheet = self._worksheet if sheet is None else self._book.sheets(sheet).worksheet
        self.check_new(bare, worksheet)
        owner = self._book.workbook if worksheet is None else worksheet
        existing = next((key for key in owner.defined_names if key.lower() == bare.lower()), None)
        if existing is not None:
            del owner.defined_names[existing]
        defined = DefinedName(bare, attr_text=self._book.qualified(refers_to, worksheet))
        owner.defined_names[bare] = defined
        return FileName(self._book, defined, worksheet)


def qualified_reference(text: str, sheet: FileSheet) -> str:
    """What a name stands for, as the file stores it: a bare address gets its sheet."""
    bare = to_file(text if text.startswith("=") else f"={text}")[1:]
    area = parse_a1(bare)
    return f"{sheet.quoted_name}!{area.a1(True, True)}" if area is not None else bare
