"""The plan store with its ports."""

from __future__ import annotations

import contextlib
import getpass
import secrets
from collections.abc import Iterator

import sqlalchemy as sa

from sop_xl.store import schema
from sop_xl.store.database import WAIT_SECONDS, Database
from sop_xl.store.history import History, record
from sop_xl.store.place import Place
from sop_xl.store.plans import Plans
from sop_xl.store.scenarios import Scenarios
from sop_xl.store.signoffs import Signoffs
from sop_xl.store.verify import Report, verify


class Store:
    """An open plan store.

    Attributes:
        plans: published plans.
        scenarios: alternatives.
        signoffs: who agreed to what.
        history: who did what.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self.place = database.place
        self.plans = Plans(database)
        self.scenarios = Scenarios(database)
        self.signoffs = Signoffs(database)
        self.history = History(database)

    def company(self) -> str:
        """Whose plans it keeps; "" before the first."""
        with self.database.reading() as connection:
            return connection.scalar(sa.select(schema.state.c.company)) or ""

    def rename_company(self, company: str, by: str) -> None:
        """Let it keep the plans of a company under another name from now on."""
        with self.database.writing() as connection:
            connection.execute(sa.update(schema.state).values(company=company))
            record(connection, by, "company", company)

    def verify(self, noted: str = "") -> Report:
        """Compare everything with its hashes; see :func:`sop_xl.store.verify.verify`."""
        return verify(self.database, noted)


@contextlib.contextmanager
def open_store(place: Place, *, wait: float = WAIT_SECONDS) -> Iterator[Store]:
    """Open a store that is there.

    Args:
        place: where it is.
        wait: seconds to wait for others who write.
    Raises:
        StoreUnavailable: there is none, it cannot be reached, or it was made by an older version.
    """
    database = Database(place, wait=wait)
    try:
        database.require_store()
        yield Store(database)
    finally:
        database.close()


def set_up(place: Place, by: str = "") -> list[int]:
    """Make a store, or bring one up to date; returns the steps that were carried out, none where all were."""
    database = Database(place, make=True)

    def note(connection: sa.Connection, steps: list[int]) -> None:
        # The seed makes the hashes of every store its own.
        detail = {"steps": steps, "seed": secrets.token_hex(8)}
        record(connection, by or getpass.getuser(), "set up", "store", detail)

    try:
        return database.migrate(note)
    finally:
        database.close()


def is_made(place: Place) -> bool:
    """Whether there is a store at a place: a file may be there and still be empty, where making one was interrupted.

    Raises:
        StoreError: it cannot be reached, or something else is there.
    """
    database = Database(place, make=True)
    try:
        return database.is_set_up()
    finally:
        database.close()
