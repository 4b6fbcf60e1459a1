"""Walking over filled cells: the ends of a block and the region around a cell."""

from __future__ import annotations

from typing import Protocol

from sop_xl.hosts.addresses import MAX_COLUMNS, MAX_ROWS, Area


class Filled(Protocol):
    """Which cells of a sheet hold anything."""

    def filled(self, row: int, column: int) -> bool:
        """Whether a cell does."""

    def used(self) -> Area:
        """The rectangle that holds them all."""


_STEPS = {"down": (1, 0), "up": (-1, 0), "right": (0, 1), "left": (0, -1)}


def end_of_region(cells: Filled, row: int, column: int, direction: str) -> tuple[int, int]:
    """The cell where Ctrl and an arrow key lead: end of a filled run, or the next filled cell.

    Args:
        cells: which cells are filled.
        row: where to start.
        column: where to start.
        direction: down, up, right or left.
    """
    down, right = _STEPS[direction]
    last_row, last_column = (MAX_ROWS if down > 0 else 1), (MAX_COLUMNS if right > 0 else 1)

    def leads_on() -> bool:
        r, c = row + down, column + right
        return 1 <= r <= MAX_ROWS and 1 <= c <= MAX_COLUMNS and cells.filled(r, c)

    if cells.filled(row, column) and leads_on():
        while leads_on():
            row, column = row + down, column + right
        return row, column
    used = cells.used()
    row, column = row + down, column + right
    while 1 <= row <= used.bottom and 1 <= column <= used.right:
        if cells.filled(row, column):
            return row, column
        row, column = row + down, column + right
    return (last_row if down else row), (last_column if right else column)


def current_region(cells: Filled, area: Area) -> Area:
    """The block of filled cells around a rectangle, bounded by blank rows and columns."""
    top, left, bottom, right = area

    def any_in(rows: range, columns: range) -> bool:
        return any(cells.filled(r, c) for r in rows for c in columns if r >= 1 and c >= 1)

    while True:
        before = (top, left, bottom, right)
        # One direction to its end before the next, so that a tall block costs its border only once.
        while bottom < MAX_ROWS and any_in(range(bottom + 1, bottom + 2), range(left - 1, right + 2)):
            bottom += 1
        while top > 1 and any_in(range(top - 1, top), range(left - 1, right + 2)):
            top -= 1
        while right < MAX_COLUMNS and any_in(range(top - 1, bottom + 2), range(right + 1, right + 2)):
            right += 1
        while left > 1 and any_in(range(top - 1, bottom + 2), range(left - 1, left)):
            left -= 1
        if (top, left, bottom, right) == before:
            return Area(top, left, bottom, right)
