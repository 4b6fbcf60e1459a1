"""Every test that takes ``place`` or ``store`` runs on SQLite and on PostgreSQL.

Its fixtures and its hook count for all tests: conftest.py takes them over.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from sop_xl.store.place import Place, place_of
from sop_xl.store.store import Store, open_store, set_up
from tests.store.example import file_place

TEMPLATE = f"sop_test_template_{uuid.uuid4().hex[:8]}"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One run for each kind of database; only the second needs a server."""
    if "place" in metafunc.fixturenames:
        metafunc.parametrize("place", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture(scope="session")
def postgres(postgres_url: str) -> Iterator[sa.Engine]:
    """The server, with a database that holds an empty store for others to begin from."""
    url = postgres_url.replace("postgresql:", "postgresql+pg8000:")
    server = sa.create_engine(f"{url}/postgres", isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {TEMPLATE}")
        set_up(place_of(f"{postgres_url}/{TEMPLATE}", "the test", Path()), "Ann")
        yield server
        connection.exec_driver_sql(f"DROP DATABASE {TEMPLATE}")
    server.dispose()


@pytest.fixture
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """A place for a store: empty, unless the test also takes ``store``."""
    if request.param == "sqlite":
        yield file_place(tmp_path)
        return
    server: sa.Engine = request.getfixturevalue("postgres")
    name = f"sop_test_{uuid.uuid4().hex[:12]}"
    template = TEMPLATE if "store" in request.fixturenames else "template0"
    with server.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {template}")
        yield place_of(f"{request.getfixturevalue('postgres_url')}/{name}", "the test", tmp_path)
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def store(place: Place) -> Iterator[Store]:
    """An empty store."""
    set_up(place, "Ann")
    with open_store(place) as opened:
        yield opened
