"""The contract of hosts, kept by files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import xlwings as xw

from sop_xl.hosts.file_engine import file_engine
from tests.hosts.contract import HostContract, plan_file

__all__ = ["plan_file"]


class FileHost:
    """Workbook files without any spreadsheet program."""

    calculates = False
    saved_digits = 17

    def __init__(self) -> None:
        self.app: xw.App = file_engine().apps.add()

    def new(self) -> xw.Book:
        """A new workbook."""
        return self.app.books.add()

    def open(self, path: Path) -> xw.Book:
        """A workbook from a file."""
        return self.app.books.open(path)

    def save_as(self, book: xw.Book, path: Path) -> None:
        """Save under a path."""
        book.save(path)


@pytest.fixture
def host() -> Iterator[FileHost]:
    host = FileHost()
    yield host
    host.app.quit()


class TestFileHost(HostContract):
    """Every test of the contract."""
