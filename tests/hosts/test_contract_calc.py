"""The contract of hosts, kept by a running LibreOffice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import xlwings as xw

from addin.libreoffice.connect import Connection
from sop_xl.hosts.calc_engine import calc_app
from tests.hosts.contract import HostContract, plan_file
from tests.hosts.libreoffice import LibreOffice

__all__ = ["plan_file"]

pytestmark = [pytest.mark.libreoffice, pytest.mark.xdist_group("contract_calc")]


class CalcHost:
    """Workbooks open in LibreOffice."""

    calculates = True
    saved_digits = 15

    def __init__(self, app: xw.App) -> None:
        self.app = app

    def new(self) -> xw.Book:
        """A new workbook."""
        return self.app.books.add()

    def open(self, path: Path) -> xw.Book:
        """A workbook from a file."""
        return self.app.books.open(path)

    def save_as(self, book: xw.Book, path: Path) -> None:
        """Save under a path."""
        book.save(path)


@pytest.fixture(scope="module")
def app(libreoffice: LibreOffice) -> Iterator[xw.App]:
    with Connection(libreoffice.address()) as connection:
        yield calc_app(connection)


@pytest.fixture
def host(app: xw.App) -> Iterator[CalcHost]:
    yield CalcHost(app)
    for book in list(app.books):
        book.close()


class TestCalcHost(HostContract):
    """Every test of the contract."""
