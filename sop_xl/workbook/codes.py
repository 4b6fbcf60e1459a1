"""Which family, item and resource a line belongs to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sop_xl.checks import Rows

Tables = Mapping[str, Rows]


class Codes:
    """Which row of an array a family, item or resource is; upper and lower case mean the same."""

    def __init__(self, given: Tables) -> None:
        self.family = _index(given["tblFamilies"]["Family"])
        self.resource = _index(given["tblResources"]["Resource"])
        self._item_family = {
            key_of(item): self.family.get(key_of(family), -1)
            for item, family in zip(given["tblItems"]["Item"], given["tblItems"]["Family"], strict=True)
        }

    def of(self, family: Any, item: Any) -> int:
        """Family row of a line; its own family where given, else its item's. -1 when unknown."""
        if family is not None:
            return self.family.get(key_of(family), -1)
        return self._item_family.get(key_of(item), -1)

    def of_rows(self, rows: Rows) -> list[int]:
        """Family row of every line of a table."""
        return [self.of(family, item) for family, item in zip(rows["Family"], rows["Item"], strict=True)]


def key_of(value: Any) -> str:
    """A code as it is compared: upper and lower case mean the same."""
    return "" if value is None else str(value).lower()


def _index(values: Iterable[Any]) -> dict[str, int]:
    found: dict[str, int] = {}
    for value in values:
        found.setdefault(key_of(value), len(found))
    return found
