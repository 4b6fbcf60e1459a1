"""Published plans for cells: thousands of calls, one look at the store.

Once a second at most the end of the store's history is looked at, which moves with every change; versions are read
again only where it moved, and the lines of a version, which never change, only once.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import sqlalchemy as sa

from sop_xl.store import place as places
from sop_xl.store import schema
from sop_xl.store.database import Database
from sop_xl.store.errors import StoreError, StoreUnavailable
from sop_xl.store.place import Place
from sop_xl.store.plans import Version, lines_of

#: Seconds until a new publication is seen, at most.
FRESH_SECONDS = 1.0
#: Seconds until a store that was out of reach is tried again.
RETRY_SECONDS = 10.0
#: Versions whose lines are kept.
KEPT_VERSIONS = 8
_WAIT_SECONDS = 5.0


@dataclass(frozen=True)
class PublishedPlan:
    """A version with its lines.

    Attributes:
        version: who published it and when.
        numbers: measure in small letters -> (family in small letters, bucket) -> units and money.
        families: as written in the plan, in its order.
    """

    version: Version
    numbers: dict[str, dict[tuple[str, date], tuple[float | None, float | None]]]
    families: tuple[str, ...]

    @cached_property
    def in_units(self) -> frozenset[str]:
        """Measures that have units; the others have money only."""
        return frozenset(
            measure
            for measure, cells in self.numbers.items()
            if any(quantity is not None for quantity, _ in cells.values())
        )

    @cached_property
    def buckets(self) -> tuple[date, ...]:
        """Last days of all buckets of the plan."""
        return tuple(sorted({bucket for cells in self.numbers.values() for _, bucket in cells}))


class PlanReader:
    """Reads one store on behalf of cells; safe to call from several threads."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._database: Database | None = None
        self._lock = threading.Lock()
        self._looked = float("-inf")
        self._head: str | None = None
        self._versions: dict[str, Version] = {}
        self._plans: OrderedDict[str, PublishedPlan] = OrderedDict()
        self._refusal: StoreError | None = None

    def version(self, name: str = "") -> Version:
        """A published version; without a name the latest.

        Raises:
            StoreError: no such version is published, or the store cannot be reached.
        """
        with self._lock:
            self._look()
            return self._version(name)

    def plan(self, name: str = "") -> PublishedPlan:
        """A published version with its lines; without a name the latest."""
        with self._lock:
            self._look()
            version = self._version(name)
            # The hash stands for the content: a store put in the place of another has other ones.
            kept = self._plans.get(version.content_hash)
            if kept is None:
                kept = self._plans[version.content_hash] = self._read(version)
                while len(self._plans) > KEPT_VERSIONS:
                    self._plans.popitem(last=False)
            self._plans.move_to_end(version.content_hash)
            return kept

    def _version(self, name: str) -> Version:
        if self._refusal:
            raise self._refusal
        if not self._versions:
            raise StoreError(f"Nothing is published in {self._place.shown} yet.", "Publish a plan first.")
        if not name:
            return next(reversed(self._versions.values()))
        if name.lower() not in self._versions:
            latest = next(reversed(self._versions.values())).version
            raise StoreError(f"Version {name} is not published.", f"The latest is {latest}.")
        return self._versions[name.lower()]

    def _look(self) -> None:
        now = time.monotonic()
        if now - self._looked < (RETRY_SECONDS if self._refusal else FRESH_SECONDS):
            return
        try:
            if self._database is None:
                database = Database(self._place, wait=_WAIT_SECONDS)
                database.require_store()
                self._database = database
            if self._place.file and not self._place.file.is_file():
                raise StoreUnavailable(f"The plan store {self._place.shown} is gone.", "Restore it.")
            with self._database.reading() as connection:
                head = connection.scalar(sa.select(schema.state.c.history_hash))
                if head != self._head:
                    query = sa.select(schema.versions).where(schema.versions.c.status == schema.PUBLISHED)
                    rows = connection.execute(query.order_by(schema.versions.c.number))
                    self._versions = {row[0].lower(): Version(*row) for row in rows}
                    self._head = head
            self._refusal = None
        except StoreError as refusal:
            self._refusal = refusal
            self._head = None
            if self._database is not None:
                self._database.close()
                self._database = None
        # From the end of the look: a store that takes long to answer is not asked without pause.
        self._looked = time.monotonic()

    def _read(self, version: Version) -> PublishedPlan:
        assert self._database is not None
        numbers: dict[str, dict[tuple[str, date], tuple[float | None, float | None]]] = {}
        families: dict[str, str] = {}
        with self._database.reading() as connection:
            for measure, family, bucket, quantity, value in lines_of(connection, version.version):
                families.setdefault(family.lower(), family)
                numbers.setdefault(measure.lower(), {})[family.lower(), bucket] = (quantity, value)
        return PublishedPlan(version, numbers, tuple(families.values()))


_readers: dict[Place, PlanReader] = {}
_readers_lock = threading.Lock()


def reader() -> PlanReader:
    """The reader of the store that ``SOP_STORE`` or this user's settings name.

    Raises:
        StoreUnavailable: neither names one.
    """
    place = places.find()
    if place is None:
        raise StoreUnavailable(
            "No plan store is set up on this computer.",
            f"Run sop-xl store init PLACE, or set {places.VARIABLE} to the place of the store.",
        )
    with _readers_lock:
        return _readers.setdefault(place, PlanReader(place))
