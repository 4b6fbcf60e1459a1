"""One COM server for the tests of the add-in in this process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.addin.com import ComServer


@pytest.fixture(scope="session")
def com() -> Iterator[ComServer]:
    with ComServer() as server:
        yield server
