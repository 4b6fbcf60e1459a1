"""One COM server and one built add-in for all tests of the add-in in this process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from addin import build, doctor, install
from tests.addin.com import ComServer


@pytest.fixture(scope="session")
def com(plan_store_file: Path) -> Iterator[ComServer]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SOP_STORE", str(plan_store_file))
        starting = ComServer()
    with starting as server:
        yield server


@pytest.fixture(scope="session")
def built() -> bytes:
    return build.addin()


@pytest.fixture
def built_once(built: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who installs or compares takes the add-in that is built already."""
    monkeypatch.setattr(install, "addin", lambda: built)
    monkeypatch.setattr(doctor, "addin", lambda: built)
