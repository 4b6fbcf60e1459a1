"""Hashes over what the store keeps: the same content has the same hash, in every database."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from sop_xl.store.errors import StoreError


class PlanLine(NamedTuple):
    """One measure of one family in one bucket.

    Attributes:
        bucket: last day of the bucket.
        quantity: units; None where the measure has none.
        value: money; None where it has none.
    """

    measure: str
    family: str
    bucket: date
    quantity: float | None
    value: float | None


def clean_lines(lines: Iterable[Sequence[Any]]) -> list[PlanLine]:
    """Lines as every database gives them back.

    Raises:
        StoreError: a number or a text that not every database can keep, or two lines for one cell.

    >>> clean_lines([("revenue", "TEA", date(2026, 11, 30), None, -0.0)])[0].value
    0.0
    """
    found, seen = [], set()
    for measure, family, bucket, quantity, value in lines:
        line = PlanLine(kept(measure), kept(family), bucket, _number(quantity), _number(value))
        if line[:3] in seen:
            raise StoreError(f"Two lines for {measure}, {family}, {bucket}.", "A plan has one for each.")
        seen.add(line[:3])
        found.append(line)
    return found


def clean_snapshots(rows: Iterable[Sequence[Any]]) -> list[tuple[Any, ...]]:
    """Snapshots as every database gives them back: measure, family, bucket, lag, units, money."""
    return [
        (kept(measure), kept(family), bucket, int(lag), _number(quantity), _number(value))
        for measure, family, bucket, lag, quantity, value in rows
    ]


def _number(value: float | None) -> float | None:
    if value is None:
        return None
    number = float(value) + 0.0  # no negative zero: SQLite keeps it as 0
    if not math.isfinite(number):
        raise StoreError(f"A plan holds the number {number}.", "Only finite numbers can be published.")
    return number


def kept(value: Any) -> Any:
    """A value as every database gives it back.

    Raises:
        StoreError: a character that not every database can keep.
    """
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            raise _bad_text(value) from None
        if "\0" in value:
            raise _bad_text(value)
    elif isinstance(value, float | int) and not isinstance(value, bool):
        return _number(value)
    return value


def _bad_text(value: str) -> StoreError:
    return StoreError(f"{value!r} holds a character that cannot be kept.", "Type the text again.")


def canonical(content: Any) -> str:
    """JSON in one form only: keys sorted, no spaces, dates in ISO form, numbers in their shortest exact form."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain)


def _plain(value: Any) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} in the store")


def hash_of(*parts: Any) -> str:
    """SHA-256 over canonical JSON, in hexadecimal digits.

    >>> hash_of("a", 1) == hash_of("a", 1), hash_of("a", 1) == hash_of("a1")
    (True, False)
    """
    return hashlib.sha256(canonical(parts).encode()).hexdigest()


def hash_of_version(
    header: Mapping[str, Any],
    lines: Iterable[PlanLine],
    snapshots: Iterable[Sequence[Any]],
    minutes: Mapping[str, Iterable[Sequence[Any]]],
) -> str:
    """Hash over everything that a published version says."""
    return hash_of(
        dict(header),
        [list(line) for line in lines],
        sorted([measure, family, f"{bucket}", *rest] for measure, family, bucket, *rest in snapshots),
        {name: [list(row) for row in rows] for name, rows in minutes.items()},
    )
