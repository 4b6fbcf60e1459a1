"""Connections and transactions: readers see one moment, writers come one after the other.

Writers wait for each other inside the database, so nobody ever sees a lock: SQLite by ``BEGIN IMMEDIATE``,
PostgreSQL by an advisory lock that ends with the transaction.
"""

from __future__ import annotations

import contextlib
import getpass
import re
import socket
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from sop_xl.store import guards, migrations, schema
from sop_xl.store.errors import FrozenError, StoreDamaged, StoreError, StoreUnavailable
from sop_xl.store.place import PASSWORD_VARIABLE, Place, on_network, password

#: Seconds until a server that does not answer counts as out of reach.
CONNECT_SECONDS = 5.0
#: Seconds that a writer waits for the writers before it; each needs a fraction of one.
WAIT_SECONDS = 60.0
_LOCKS = "(1397706072, hashtext(current_schema() || '{}'))"
_BUSY = "The plan store is busy: somebody else is writing or publishing."


class Database:
    """The database of a place. Nothing is opened before it is used.

    Args:
        place: where it is.
        wait: seconds to wait for other writers.
        make: whether a SQLite file that is not there is made.
    """

    def __init__(self, place: Place, *, wait: float = WAIT_SECONDS, make: bool = False) -> None:
        self.place, self.wait = place, wait
        if place.file and not make and not place.file.is_file():
            raise StoreUnavailable(
                f"There is no plan store {place.shown} ({place.origin}).",
                "Publish a plan first, or make one with: sop-xl store init",
            )
        self._engine = _file_engine(place.file, wait, make) if place.file else _server_engine(place, wait)

    @property
    def kind(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self._engine.dialect.name

    @contextlib.contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A connection that sees the store as it is at one moment."""
        options = {} if self.place.file else {"isolation_level": "REPEATABLE READ"}
        with self._told(), self._engine.connect() as plain:
            connection = plain.execution_options(**options)
            with connection.begin():
                yield connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A connection that alone may write; what it wrote is kept when the block ends without an error.

        Raises:
            FrozenError: a guard of the database refused; the attempt is recorded.
        """
        try:
            with self._told(), self._engine.connect() as plain, self._turn(plain) as connection:
                yield connection
        except FrozenError as refused:
            if isinstance(refused.__cause__, DBAPIError):
                from sop_xl.store.history import record

                with self._told(), self._engine.connect() as plain, self._turn(plain) as connection:
                    record(connection, getpass.getuser(), "refused", "store", {"why": refused.message})
            raise

    @contextlib.contextmanager
    def _turn(self, plain: sa.Connection) -> Iterator[sa.Connection]:
        """A transaction of which there is one at a time."""
        connection = plain.execution_options(sop_write=True)
        with connection.begin():
            if not self.place.file:
                self._wait_for_turn(connection, "pg_advisory_xact_lock", "writing")
            yield connection

    @contextlib.contextmanager
    def publishing(self) -> Iterator[None]:
        """One publication at a time, files included. The lock ends with the process, however it ends."""
        if self.place.file:
            with self._file_lock(self.place.file.with_name(f"{self.place.file.name}-publishing")):
                yield
            return
        with self._told(), self._engine.connect() as connection:
            with connection.begin():
                self._wait_for_turn(connection, "pg_advisory_lock", "publishing")
            try:
                yield
            finally:
                connection.invalidate()  # closes the connection, and with it the lock

    @contextlib.contextmanager
    def _file_lock(self, file: Path) -> Iterator[None]:
        """SQLite's own lock on a file of its own: it works wherever the store itself works."""
        with self._told():
            lock = sqlite3.connect(file, timeout=self.wait, isolation_level=None)
            try:
                lock.execute("BEGIN EXCLUSIVE")
            except BaseException:
                lock.close()
                raise
        try:
            yield
        finally:
            lock.close()

    def _wait_for_turn(self, connection: sa.Connection, lock: str, what: str) -> None:
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {int(self.wait * 1000)}")
        connection.exec_driver_sql(f"SELECT {lock}{_LOCKS.format(what)}")

    def migrate(self, note: Callable[[sa.Connection, list[int]], None]) -> list[int]:
        """Carry out the steps that are missing, all or none; returns their numbers.

        Args:
            note: told in the same transaction what was carried out, where anything was.
        Raises:
            StoreError: the store was made by a newer version of this package.
        """
        if self.place.file and not (self.place.file.is_file() and self.place.file.stat().st_size):
            with (
                self._told(),
                contextlib.closing(sqlite3.connect(self.place.file, timeout=self.wait)) as plain,
            ):
                journal = "DELETE" if on_network(self.place.file) else "WAL"
                plain.execute(f"PRAGMA journal_mode = {journal}")
        done = []
        with self.writing() as connection:
            found = self.version(connection)
            if found is None:
                connection.exec_driver_sql(migrations.TABLE)
            for number, step in enumerate(migrations.STEPS, start=1):
                if number > (found or 0):
                    step(connection)
                    row = {"number": number, "applied_at": now()}
                    connection.execute(sa.insert(schema.migrations).values(**row))
                    done.append(number)
            if done:
                note(connection, done)
        return done

    def is_set_up(self) -> bool:
        """Whether there is a store, of whatever version; a file that is not there is none."""
        if self.place.file and not self.place.file.is_file():
            return False
        with self.reading() as connection:
            return self.version(connection) is not None

    def version(self, connection: sa.Connection) -> int | None:
        """Number of the last step carried out; None in a database that is no plan store yet."""
        there = set(sa.inspect(connection).get_table_names())
        if "sop_migrations" not in there:
            if self.place.file and there:
                raise StoreDamaged(
                    f"{self.place.shown} is a database, but no plan store.",
                    "Name another file, or make a store with: sop-xl store init",
                )
            return None
        found: int | None = connection.scalar(sa.select(sa.func.max(schema.migrations.c.number)))
        if (found or 0) > len(migrations.STEPS):
            raise StoreError(
                f"The plan store {self.place.shown} was made by a newer version of sop_xl.",
                "Update sop_xl on this computer.",
            )
        return found

    def require_store(self) -> None:
        """Make sure that there is a store of this version of the package."""
        with self.reading() as connection:
            found = self.version(connection)
        if found is None or found < len(migrations.STEPS):
            what = "is not set up yet" if found is None else "was made by an older version of sop_xl"
            raise StoreUnavailable(f"The plan store {self.place.shown} {what}.", "Run: sop-xl store init")

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """What a driver raises, in words for people."""
        try:
            yield
        except (SQLAlchemyError, sqlite3.Error, OSError) as error:
            raise self._explained(error) from error

    def _explained(self, error: Exception) -> StoreError:
        shown = self.place.shown
        cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
        reason = _reason(cause)
        if guards.MARK in reason:
            return FrozenError(reason[reason.index(guards.MARK) :].strip(), "Publish a new version instead.")
        lowered = reason.lower()
        if "database is locked" in lowered or "lock timeout" in lowered:
            return StoreUnavailable(_BUSY, "Try again in a moment.")
        if "not a database" in lowered or "malformed" in lowered:
            return StoreDamaged(
                f"{shown} is no plan store, or is damaged: {reason}.", "Restore it from a copy."
            )
        if "password" in lowered or "authentication" in lowered:
            return StoreUnavailable(
                f"The plan store {shown} does not let you in: {reason}.",
                f"Keep the password in {PASSWORD_VARIABLE} or in the keyring of your system; see docs/store.md.",
            )
        return StoreUnavailable(
            f"The plan store {shown} cannot be used now: {reason}.",
            "Everything that does not need it works on. Check the network, the place and your permission.",
        )


def now() -> str:
    """This moment in UTC, to the millisecond, as the store keeps time.

    >>> len(now())
    24
    """
    return moment(datetime.now(UTC))


def moment(when: datetime) -> str:
    """A time as the store keeps it; one without a zone is local.

    >>> moment(datetime(2026, 11, 23, 10, 30, tzinfo=UTC))
    '2026-11-23T10:30:00.000Z'
    """
    return when.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _reason(cause: BaseException) -> str:
    """The first line of what a driver says; pg8000 gives a dictionary."""
    said: Any = cause.args[0] if cause.args else cause
    text = said.get("M", "") if isinstance(said, dict) else str(said)
    return (text or type(cause).__name__).strip().split("\n")[0].rstrip(".")


def _file_engine(file: Path, wait: float, make: bool) -> sa.Engine:
    # Two slashes would begin the name of a computer, which SQLite does not read: a share has four.
    address = re.sub("^file://(?=[^/])", "file:////", file.absolute().as_uri())
    # A file that went away is missing; without a mode SQLite would make an empty one.
    url = URL.create("sqlite", database=address, query={"mode": "rwc" if make else "rw", "uri": "true"})
    engine = sa.create_engine(url, poolclass=sa.NullPool, connect_args={"timeout": wait})

    @event.listens_for(engine, "connect")
    def configure(connection: sqlite3.Connection, _: object) -> None:
        # Transactions begin where we say so, not where the driver thinks best.
        connection.isolation_level = None
        connection.execute("PRAGMA foreign_keys = ON")

    @event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        writes = connection.get_execution_options().get("sop_write")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _server_engine(place: Place, wait: float) -> sa.Engine:
    try:
        url = sa.make_url(place.server)
        secure = _tls(str(url.query.get("sslmode", "prefer")))
        url = url.set(drivername="postgresql+pg8000", password=password(place), query={})
        engine = sa.create_engine(
            url, pool_size=1, pool_pre_ping=True, connect_args={"ssl_context": secure}, poolclass=sa.QueuePool
        )
    except ImportError:
        raise StoreUnavailable(
            "The driver for PostgreSQL is not installed.", 'Install it: pip install "sop-xl[postgres]"'
        ) from None

    @event.listens_for(engine, "do_connect")
    def reach(_: object, __: object, ___: object, options: dict[str, Any]) -> Any:
        from pg8000 import dbapi

        # A server out of reach is known in seconds; one that is busy may take as long as writers wait.
        sock = socket.create_connection((url.host, url.port or 5432), CONNECT_SECONDS)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        sock.settimeout(wait + CONNECT_SECONDS)
        try:
            return dbapi.connect(**options, sock=sock)
        except BaseException:
            sock.close()
            raise

    return engine


def _tls(mode: str) -> Any:
    """How connections are encrypted, by the words of PostgreSQL's own programs."""
    import ssl

    modes: dict[str, Any] = {"disable": False, "prefer": None, "require": True}
    if mode in modes:
        return modes[mode]
    if mode == "verify-full":
        return ssl.create_default_context()
    raise StoreError(f"sslmode={mode} is not known.", "Use one of disable, prefer, require, verify-full.")
