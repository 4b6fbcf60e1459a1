"""A LibreOffice with the extension installed, shared by the tests of this folder."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from addin.libreoffice.build import extension
from addin.libreoffice.programs import office_python_version
from tests.hosts.libreoffice import LibreOffice


@pytest.fixture(scope="session")
def office(plan_store_file: Path) -> Iterator[LibreOffice]:
    """LibreOffice with the extension, calculating within itself where the Python versions agree."""
    agree = office_python_version() == sys.version_info[:2]
    # "inside" is without a way out: what cannot be imported there becomes an error in every cell.
    environment = {"SOP_STORE": str(plan_store_file)}
    if agree:
        environment["SOP_CALC_PROCESS"] = "inside"
    with LibreOffice(extension=extension(), environment=environment) as office:
        yield office
