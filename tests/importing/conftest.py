from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sop_xl.importing import Import, Mapping, extract, read_mapping


class Workshop:
    """A folder with source files and one mapping file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def file(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def mapping(self, toml: str, **options: object) -> Mapping:
        return read_mapping(self.file("mapping.toml", toml), **options)  # type: ignore[arg-type]

    def load(self, toml: str) -> Import:
        return extract(self.mapping(toml))

    def sales(self, csv: str | bytes, columns: str = "", options: str = "", table: str = "") -> Import:
        """Import of one text file into tblSales; Bucket comes from Day, Quantity from Qty."""
        self.file("sales.csv", csv)
        return self.load(
            f"""
            [source]
            path = "sales.csv"
            {options}
            [[table]]
            name = "tblSales"
            {table}
            [table.columns]
            Bucket = "Day"
            Quantity = "Qty"
            {columns}
            """
        )


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path)


@pytest.fixture
def column() -> Callable[..., list[object]]:
    """The values of one column of a table of an import."""

    def values(result: Import, header: str, table: int = 0) -> list[object]:
        index = result.tables[table].table.headers.index(header)
        return [row[index] for row in result.tables[table].rows]

    return values
