"""Answers that are remembered: equal calls are calculated once.

A spreadsheet asks again for every cell that a change might touch, mostly with the same arguments. Calls are
told apart by what their cells hold, not by where they stand.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import marshal
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from udfs.cells import CellError, Cells

MAX_ANSWERS = 1_000
MAX_CELLS = 1_000_000
"""All answers together hold at most so many cells; the longest unused ones are forgotten first."""

_PLAIN = frozenset({float, int, bool, str, type(None)})
_BLOCK = 1_000


class Answers:
    """The last answers, within `MAX_ANSWERS` and `MAX_CELLS`.

    >>> answers = Answers()
    >>> answers.get("F", [1.0], lambda: 10.0), answers.get("F", [1.0], lambda: 20.0)
    (10.0, 10.0)
    >>> answers.get("F", [True], lambda: 30.0)
    30.0
    """

    def __init__(self, max_answers: int = MAX_ANSWERS, max_cells: int = MAX_CELLS) -> None:
        self._max_answers, self._max_cells = max_answers, max_cells
        self._kept: OrderedDict[bytes, Cells] = OrderedDict()
        self._cells = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, name: str, arguments: Sequence[object], calculate: Callable[[], Cells]) -> Cells:
        """The answer to a call, calculated unless it is remembered.

        Args:
            name: of the function.
            arguments: its cells; where one is of a kind that no spreadsheet holds, nothing is remembered.
            calculate: gives the answer. What it raises is passed on and not remembered.
        """
        key = fingerprint(name, arguments)
        if key is None:
            return calculate()
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return _copy(self._kept[key])
        answer = calculate()
        self._keep(key, answer)
        return answer

    def _keep(self, key: bytes, answer: Cells) -> None:
        size = _size(answer)
        if size > self._max_cells:
            return
        with self._lock:
            if key in self._kept:
                self._cells -= _size(self._kept.pop(key))
            self._kept[key] = _copy(answer)
            self._cells += size
            while self._cells > self._max_cells or len(self._kept) > self._max_answers:
                self._cells -= _size(self._kept.popitem(last=False)[1])


def fingerprint(name: str, arguments: Sequence[object]) -> bytes | None:
    """A digest of a call; None where an argument holds something that cannot be told apart for sure.

    Numbers differ from TRUE and FALSE and from texts that look alike, 0 from -0, a date from its text.

    >>> fingerprint("F", [1]) == fingerprint("F", [True]), fingerprint("F", [[["1"]]]) == fingerprint("F", [[["1"]]])
    (False, True)
    """
    digest = hashlib.blake2b(digest_size=16)
    try:
        for part in (name, *arguments):
            for piece in _pieces(part):
                digest.update(piece)
    except (TypeError, RecursionError):
        return None
    return digest.digest()


def _pieces(value: object) -> Iterator[bytes]:
    """The value as bytes from which it could be read back; a large range a block of rows at a time."""
    if not isinstance(value, list | tuple):
        yield _bytes(_told_apart(value))
    elif _PLAIN.issuperset(map(type, value)):
        yield _bytes(list(value))
    elif all(isinstance(row, list | tuple) and _PLAIN.issuperset(map(type, row)) for row in value):
        yield b"R%d " % len(value)
        for start in range(0, len(value), _BLOCK):
            yield _bytes([list(row) for row in value[start : start + _BLOCK]])
    else:
        yield b"L%d " % len(value)
        for part in value:
            yield from _pieces(part)


def _bytes(value: Any) -> bytes:
    # Version 2 writes equal content as equal bytes; later ones depend on how often an object is used.
    return marshal.dumps(value, 2)


def _told_apart(value: object) -> object:
    """A cell in a plain type that marshal keeps apart; what they cannot say is written as bytes."""
    kind = type(value)
    if kind in _PLAIN:
        return value
    if isinstance(value, dt.datetime):
        return b"time " + value.isoformat().encode()
    if isinstance(value, dt.date):
        return b"date " + value.isoformat().encode()
    if kind is Decimal:
        return b"decimal " + str(value).encode()
    if kind is CellError:
        return b"error " + repr(value).encode()
    raise TypeError(kind.__name__)


def _size(answer: Cells) -> int:
    return sum(map(len, answer)) if isinstance(answer, list) else 1


def _copy(answer: Cells) -> Cells:
    """Whoever gets an answer may change it."""
    return [list(row) for row in answer] if isinstance(answer, list) else answer
