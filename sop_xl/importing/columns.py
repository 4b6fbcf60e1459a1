"""The columns of a source, each read once as numbers, dates or texts however many tables use it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from sop_xl.importing import cells
from sop_xl.importing.cells import CellError, Notation, Value

#: A value, or why there is none.
Outcome = Value | CellError

READERS: dict[str, Callable[[object, Notation], Value]] = {
    "text": cells.text,
    "choice": cells.text,
    "number": cells.number,
    "date": cells.day,
}


class Columns:
    """Cells of a source by column, and how numbers and dates are written there.

    >>> columns = Columns({"Qty": ["5", "many"]}, Notation())
    >>> columns.read("Qty", "number")
    [5.0, CellError('"many" is not a number')]
    """

    def __init__(self, raw: Mapping[str, Sequence[object]], notation: Notation) -> None:
        self.raw = raw
        self.notation = notation
        self._read: dict[tuple[str, str], list[Outcome]] = {}

    def read(self, name: str, kind: str) -> list[Outcome]:
        """Every cell of a column as "text", "number", "date" or "choice", with failures in their place."""
        kind = "text" if kind == "choice" else kind
        known = self._read.get((name, kind))
        if known is None:
            read, notation = READERS[kind], self.notation
            known = self._read[name, kind] = outcomes(lambda cell: read(cell, notation), self.raw[name])
        return known


def outcomes(read: Callable[[object], Value], given: Iterable[object]) -> list[Outcome]:
    """What ``read`` makes of every cell; equal texts are read once, failures stay what they are."""
    known: dict[str, Outcome] = {}
    found: list[Outcome] = []
    for cell in given:
        if type(cell) is str:
            if cell in known:
                found.append(known[cell])
                continue
            outcome = known[cell] = _outcome(read, cell)
        elif type(cell) is CellError:
            outcome = cell
        else:
            outcome = _outcome(read, cell)
        found.append(outcome)
    return found


def _outcome(read: Callable[[object], Value], cell: object) -> Outcome:
    try:
        return read(cell)
    except CellError as error:
        # Without its traceback, which would keep every cell of the source alive.
        return error.with_traceback(None)
