"""Published plans. A version is prepared, which nobody sees, and then published, which nobody undoes."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import sqlalchemy as sa

from sop_xl.store import schema
from sop_xl.store.content import PlanLine, clean_lines, clean_snapshots, hash_of_version, kept
from sop_xl.store.database import Database, now
from sop_xl.store.errors import FrozenError, StoreConflict, StoreError
from sop_xl.store.history import record
from sop_xl.store.schema import PREPARED, PUBLISHED

#: Columns of a version that its hash covers.
HASHED = (
    "version",
    "cycle",
    "company",
    "currency",
    "bucket_type",
    "first_bucket",
    "last_bucket",
    "replaces",
    "published_at",
    "published_by",
    "workbook",
    "line_count",
)
SHOWN_DIFFERENCES = 5


@dataclass(frozen=True)
class NewVersion:
    """A plan to be published.

    Attributes:
        lines: measure, family, last day of the bucket, units, money; in the order of the plan table.
        snapshots: the forecasts among them with their age: measure, family, bucket, lag, units, money.
        minutes: ``decisions``, ``assumptions`` and ``actions`` -> rows in the order of their columns.
        published_at: UTC, as :func:`sop_xl.store.database.moment` writes it.
    """

    version: str
    cycle: str
    company: str
    currency: str
    bucket_type: str
    first_bucket: date
    last_bucket: date
    published_at: str
    published_by: str
    workbook: str
    lines: Sequence[Sequence[Any]]
    snapshots: Sequence[Sequence[Any]] = ()
    minutes: Mapping[str, Sequence[Sequence[Any]]] = field(default_factory=dict)


@dataclass(frozen=True)
class Version:
    """A version in the store.

    Attributes:
        number: running number; the latest version has the largest.
        replaces: the version that was the latest before; "" for the first.
        content_hash: SHA-256 over everything the version says.
    """

    version: str
    number: int
    cycle: str
    status: str
    company: str
    currency: str
    bucket_type: str
    first_bucket: date
    last_bucket: date
    replaces: str
    published_at: str
    published_by: str
    workbook: str
    line_count: int
    content_hash: str


@dataclass(frozen=True)
class Difference:
    """A line that two versions do not have in common; None where a version has no such line or number."""

    measure: str
    family: str
    bucket: date
    before: float | None
    after: float | None

    def __str__(self) -> str:
        before, after = ("nothing" if n is None else f"{n:,.6g}" for n in (self.before, self.after))
        return f"{self.measure} of {self.family} in {self.bucket}: {before} → {after}"


def changes(before: Iterable[PlanLine], after: Iterable[PlanLine], within: float = 0.0) -> list[Difference]:
    """Lines that differ, units first, else money.

    Args:
        within: numbers that differ by no more than this part of them are the same.

    >>> day = date(2026, 11, 30)
    >>> str(changes([PlanLine("demand", "TEA", day, 1000, None)], [PlanLine("demand", "TEA", day, 1200, None)])[0])
    'demand of TEA in 2026-11-30: 1,000 → 1,200'
    """
    old, new = ({line[:3]: line for line in lines} for lines in (before, after))
    found = []
    for key in sorted(old.keys() | new.keys()):
        was, now_ = (lines.get(key, PlanLine(*key, None, None)) for lines in (old, new))
        if _differ(was.quantity, now_.quantity, within):
            found.append(Difference(*key, was.quantity, now_.quantity))
        elif _differ(was.value, now_.value, within):
            found.append(Difference(*key, was.value, now_.value))
    return found


def _differ(one: float | None, other: float | None, within: float) -> bool:
    if one is None or other is None:
        return one is not other
    return one != other and not math.isclose(one, other, rel_tol=within, abs_tol=within)


def told(differences: Sequence[Difference]) -> str:
    """Differences in a sentence.

    >>> told([])
    'Its numbers are the same.'
    """
    if not differences:
        return "Its numbers are the same."
    shown = "; ".join(str(difference) for difference in differences[:SHOWN_DIFFERENCES])
    more = len(differences) - SHOWN_DIFFERENCES
    count = "1 line differs" if len(differences) == 1 else f"{len(differences):,} lines differ"
    return f"{count}: {shown}{f'; and {more:,} more' if more > 0 else ''}."


class Plans:
    """The port to published plans."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # Reading

    def versions(self) -> list[Version]:
        """Published versions, oldest first."""
        return self._versions(PUBLISHED)

    def interrupted(self) -> list[Version]:
        """Versions whose publication has not come to its end."""
        return self._versions(PREPARED)

    def latest(self) -> Version | None:
        """The plan of record: the version published last."""
        versions = self.versions()
        return versions[-1] if versions else None

    def find(self, version: str) -> Version | None:
        """A version by its name, published or prepared."""
        with self._database.reading() as connection:
            return _find(connection, version)

    def taken(self) -> set[str]:
        """Names that no new version may have."""
        with self._database.reading() as connection:
            return set(connection.scalars(sa.select(schema.versions.c.version)))

    def lines(self, version: str) -> list[PlanLine]:
        """Lines of a version in the order of its plan table."""
        with self._database.reading() as connection:
            return lines_of(connection, version)

    def at_lag(self, measure: str, lag: int) -> dict[tuple[str, date], tuple[float | None, float | None]]:
        """What was forecast ``lag`` buckets ahead: family and bucket -> units and money.

        Where several versions of one cycle forecast a bucket at that age, the last one counts.
        """
        table, versions = schema.snapshots, schema.versions
        query = (
            sa.select(table.c.family, table.c.bucket, table.c.quantity, table.c.value)
            .join(versions, versions.c.version == table.c.version)
            .where(table.c.measure == measure, table.c.lag == lag, versions.c.status == PUBLISHED)
            .order_by(versions.c.number)
        )
        with self._database.reading() as connection:
            return {(row[0], row[1]): (row[2], row[3]) for row in connection.execute(query)}

    def minutes(self, version: str) -> dict[str, list[tuple[Any, ...]]]:
        """Decisions, assumptions and actions as they stood when a version was published."""
        with self._database.reading() as connection:
            return minutes_of(connection, version)

    # Publishing

    @contextlib.contextmanager
    def publishing(self) -> Iterator[None]:
        """Hold this from before a version is prepared until its files are written: one publication at a time.

        A version that is found prepared while it is held belongs to a publication that was interrupted.
        """
        with self._database.publishing():
            yield

    def prepare(self, new: NewVersion, seen: str | None) -> Version:
        """Keep everything about a version without anybody seeing it.

        Args:
            new: the plan.
            seen: the latest version when the plan was read, None for none.
        Raises:
            StoreConflict: another version was published since; says what differs in it.
            FrozenError: the version is published already; the attempt is recorded.
            StoreError: the store belongs to another company, or a number cannot be kept.
        """
        lines = clean_lines(new.lines)
        snapshots = clean_snapshots(new.snapshots)
        minutes = {
            name: [tuple(kept(value) for value in row) for row in new.minutes.get(name, ())]
            for name in schema.MINUTES
        }
        refusal: StoreError
        with self._database.writing() as connection:
            found = _find(connection, new.version)
            latest = _latest(connection)
            company = connection.scalar(sa.select(schema.state.c.company)) or ""
            if (latest.version if latest else None) != seen:
                refusal = _conflict(connection, latest, lines)
            elif found and found.status == PUBLISHED:
                refusal = FrozenError(
                    f"Version {new.version} was published {_by_and_when(found)} and never changes.",
                    "Publish again: the plan gets the next version.",
                )
            elif found:
                refusal = StoreConflict(
                    f"Version {new.version} is being published by {found.published_by}.",
                    f"Any command on {found.workbook} finishes that or takes it back.",
                )
            elif company and company != new.company:
                refusal = StoreError(
                    f"The plan store {self._database.place.shown} keeps the plans of {company!r}; this workbook is of "
                    f"{new.company!r}.",
                    "Name another store on Home, Plan store, or correct the company there. If it was renamed: "
                    "sop-xl store init PLACE --company NAME",
                )
            else:
                return _prepare(connection, new, latest, lines, snapshots, minutes)
            record(connection, new.published_by, "refused", new.version, {"why": refusal.message})
        raise refusal

    def publish(self, version: str, by: str) -> Version:
        """Make a prepared version the plan of record; from now on the database refuses to change it.

        Publishing it twice is harmless.
        """
        with self._database.writing() as connection:
            found = _require(connection, version)
            if found.status == PREPARED:
                where = schema.versions.c.version == version
                connection.execute(sa.update(schema.versions).where(where).values(status=PUBLISHED))
                detail = {"content_hash": found.content_hash, "lines": found.line_count}
                record(connection, by, "published", version, detail)
            return _require(connection, version)

    def take_back(self, version: str, by: str) -> None:
        """Forget a version that was prepared and not published.

        Raises:
            FrozenError: it is published; the attempt is recorded.
        """
        with self._database.writing() as connection:
            found = _find(connection, version)
            if found is None:
                return
            if found.status == PREPARED:
                for table in (schema.lines, schema.snapshots, *schema.MINUTES.values(), schema.versions):
                    connection.execute(sa.delete(table).where(table.c.version == version))
                record(connection, by, "taken back", version)
                return
            record(connection, by, "refused", version, {"why": "a published version cannot be taken back"})
        raise FrozenError(
            f"Version {version} is published and cannot be taken back.", "Publish a new version instead."
        )

    def _versions(self, status: str) -> list[Version]:
        table = schema.versions
        query = sa.select(table).where(table.c.status == status).order_by(table.c.number)
        with self._database.reading() as connection:
            return [Version(*row) for row in connection.execute(query)]


def lines_of(connection: sa.Connection, version: str) -> list[PlanLine]:
    """Lines of a version in the order of its plan table."""
    c = schema.lines.c
    query = sa.select(c.measure, c.family, c.bucket, c.quantity, c.value).where(c.version == version)
    return [PlanLine(*row) for row in connection.execute(query.order_by(c.position))]


def snapshots_of(connection: sa.Connection, version: str) -> list[tuple[Any, ...]]:
    """Snapshots of a version: measure, family, bucket, lag, units, money."""
    c = schema.snapshots.c
    query = sa.select(c.measure, c.family, c.bucket, c.lag, c.quantity, c.value).where(c.version == version)
    return [tuple(row) for row in connection.execute(query)]


def minutes_of(connection: sa.Connection, version: str) -> dict[str, list[tuple[Any, ...]]]:
    """Decisions, assumptions and actions of a version."""
    found = {}
    for name, table in schema.MINUTES.items():
        columns = list(table.c)[2:]
        query = sa.select(*columns).where(table.c.version == version).order_by(table.c.position)
        found[name] = [tuple(row) for row in connection.execute(query)]
    return found


def hash_now(connection: sa.Connection, version: Version) -> str:
    """Hash over what the database holds of a version now."""
    return hash_of_version(
        {name: getattr(version, name) for name in HASHED},
        lines_of(connection, version.version),
        snapshots_of(connection, version.version),
        minutes_of(connection, version.version),
    )


def _prepare(
    connection: sa.Connection,
    new: NewVersion,
    latest: Version | None,
    lines: list[PlanLine],
    snapshots: list[tuple[Any, ...]],
    minutes: dict[str, list[tuple[Any, ...]]],
) -> Version:
    header = {name: kept(getattr(new, name)) for name in HASHED if name not in ("replaces", "line_count")}
    header |= {"replaces": latest.version if latest else "", "line_count": len(lines)}
    cycles = schema.cycles
    if connection.scalar(sa.select(cycles.c.cycle).where(cycles.c.cycle == new.cycle)) is None:
        connection.execute(
            sa.insert(cycles).values(
                cycle=new.cycle,
                bucket_type=new.bucket_type,
                first_bucket=new.first_bucket,
                opened_at=now(),
                opened_by=new.published_by,
            )
        )
    connection.execute(sa.update(schema.state).values(company=new.company))
    number = connection.scalar(sa.select(sa.func.max(schema.versions.c.number))) or 0
    digest = hash_of_version(header, lines, snapshots, minutes)
    connection.execute(
        sa.insert(schema.versions).values(number=number + 1, status=PREPARED, content_hash=digest, **header)
    )
    insert_rows(
        connection,
        schema.lines,
        [(new.version, *line[:3], i, *line[3:]) for i, line in enumerate(lines)],
    )
    insert_rows(connection, schema.snapshots, [(new.version, *row) for row in snapshots])
    for name, table in schema.MINUTES.items():
        insert_rows(connection, table, [(new.version, i, *row) for i, row in enumerate(minutes[name])])
    record(connection, new.published_by, "prepared", new.version, {"content_hash": digest})
    return _require(connection, new.version)


def insert_rows(connection: sa.Connection, table: sa.Table, rows: Sequence[Sequence[Any]]) -> None:
    """Insert rows given in the order of the table's columns."""
    names = [column.name for column in table.c]
    if rows:
        connection.execute(sa.insert(table), [dict(zip(names, row, strict=True)) for row in rows])


def _find(connection: sa.Connection, version: str) -> Version | None:
    row = connection.execute(sa.select(schema.versions).where(schema.versions.c.version == version)).first()
    return Version(*row) if row else None


def _require(connection: sa.Connection, version: str) -> Version:
    found = _find(connection, version)
    if found is None:
        raise StoreError(
            f"There is no version {version} in the plan store.", "sop-xl store versions lists them."
        )
    return found


def _latest(connection: sa.Connection) -> Version | None:
    table = schema.versions
    query = sa.select(table).where(table.c.status == PUBLISHED).order_by(table.c.number.desc()).limit(1)
    row = connection.execute(query).first()
    return Version(*row) if row else None


def _conflict(connection: sa.Connection, latest: Version | None, mine: list[PlanLine]) -> StoreConflict:
    if latest is None:
        return StoreConflict("The plan store was emptied meanwhile.", "Restore it from a copy.")
    differences = changes(mine, lines_of(connection, latest.version))
    return StoreConflict(
        f"Version {latest.version} was published {_by_and_when(latest)}, while you were publishing. Against your "
        f"plan: {told(differences)}",
        "Take what you need into your plan and publish again; nothing of yours is lost.",
    )


def _by_and_when(version: Version) -> str:
    return f"by {version.published_by} at {version.published_at[:16].replace('T', ' ')} UTC"
