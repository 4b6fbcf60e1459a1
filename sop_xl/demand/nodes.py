"""A tree of planning levels: who is whose parent, in an order in which sums are quick.

Inside, nodes stand level by level from the root down, children of one parent side by side. All sums are
then sums of neighbours, and no matrix of nodes by items is ever needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sop_xl.errors import ArgumentError
from sop_xl.forecasting.history import Flags, Floats, Integers

MAX_NODES = 250_000


@dataclass(frozen=True)
class Level:
    """The nodes of one depth below the root, as slices and indices into the level order.

    Attributes:
        nodes: where the nodes of this level stand.
        parents: their distinct parents, in order, shape (families,).
        starts: first child of each of those parents, counted from the start of the level, (families,).
        family: for each node of the level, its place in ``parents``, shape (nodes,).
    """

    nodes: slice
    parents: Integers
    starts: Integers
    family: Integers


@dataclass(frozen=True)
class Tree:
    """A tree of nodes.

    Attributes:
        order: rows of the nodes as given, in level order, shape (nodes,).
        levels: every level but the root, from the top down.
        leaf: whether a node has no children, in level order, shape (nodes,).
        leaves_below: leaves under a node, one for a leaf, in level order, shape (nodes,).
    """

    order: Integers
    levels: tuple[Level, ...]
    leaf: Flags
    leaves_below: Floats

    def arranged(self, values: Floats) -> Floats:
        """Rows as given, shape (nodes, columns), as columns of the level order, shape (columns, nodes)."""
        return np.ascontiguousarray(values[self.order].T)

    def as_given(self, values: Floats) -> Floats:
        """The inverse of :meth:`arranged`."""
        result = np.empty(values.shape[::-1])
        result[self.order] = values.T
        return result

    def summed(self, values: Floats) -> Floats:
        """Every parent replaced by the sum of its children, bottom up, shape (columns, nodes)."""
        result = values.copy()
        for level in reversed(self.levels):
            result[:, level.parents] = np.add.reduceat(result[:, level.nodes], level.starts, axis=1)
        return result


def tree_of(names: Sequence[object], parents: Sequence[object]) -> Tree:
    """Build a tree from pairs of node and parent, in any order of rows.

    Args:
        names: one name per node, each once; a number counts as its text.
        parents: name of the parent per node; ``None`` or blank for the root.
    Returns:
        The :class:`Tree`.
    Raises:
        ArgumentError: a blank or repeated name, a parent that is no node, no root, several roots, a
            circle, more than 250,000 nodes; the row is named, counted from 1.

    >>> tree = tree_of(["North", "All", "South"], ["All", None, "All"])
    >>> tree.as_given(tree.summed(tree.arranged(np.array([[3.0], [0], [4]])))).ravel()
    array([3., 7., 4.])
    """
    if len(names) != len(parents):
        raise ArgumentError(
            f"There are {len(names)} nodes and {len(parents)} parents.", "Give each node one parent cell."
        )
    if not 0 < len(names) <= MAX_NODES:
        raise ArgumentError(f"There are {len(names):,} nodes.", f"Give 1 to {MAX_NODES:,} nodes.")
    parent = _parent_rows(names_of(names), names_of(parents))
    depth = _depths(parent)
    count = len(parent)
    order = np.flatnonzero(parent < 0)
    place = np.empty(count, dtype=np.intp)
    place[order] = 0
    by_depth = np.argsort(depth, kind="stable")
    bounds = np.searchsorted(depth[by_depth], np.arange(depth.max() + 2))
    levels, orders = [], [order]
    for level in range(1, len(bounds) - 1):
        rows = by_depth[bounds[level] : bounds[level + 1]]
        rows = rows[np.argsort(place[parent[rows]], kind="stable")]
        place[rows] = np.arange(bounds[level], bounds[level + 1])
        above = place[parent[rows]]
        first = np.append(True, above[1:] != above[:-1])
        starts = np.flatnonzero(first)
        nodes = slice(int(bounds[level]), int(bounds[level + 1]))
        levels.append(Level(nodes, above[starts], starts, np.cumsum(first) - 1))
        orders.append(rows)
    leaf = np.ones(count, dtype=bool)
    for level_found in levels:
        leaf[level_found.parents] = False
    tree = Tree(np.concatenate(orders), tuple(levels), leaf, leaf.astype(float))
    below = tree.summed(tree.leaves_below[None, :])[0]
    return Tree(tree.order, tree.levels, leaf, below)


def names_of(names: Sequence[object]) -> list[str]:
    """Names as they are compared: trimmed, a number as its text, nothing as no text.

    >>> names_of([" North", 100.0, None])
    ['North', '100', '']
    """
    return [name.strip() if type(name) is str else _text(name) for name in names]


def _text(name: object) -> str:
    if name is None:
        return ""
    if isinstance(name, float) and name.is_integer():
        return str(int(name))
    return str(name).strip()


def rows_by_name(names: Sequence[str]) -> dict[str, int]:
    """Row of every node; each must have a name of its own.

    >>> rows_by_name(["All", "North"])
    {'All': 0, 'North': 1}
    """
    rows: dict[str, int] = {}
    for row, name in enumerate(names):
        if not name:
            raise ArgumentError(
                f"Row {row + 1} of nodes has no name.", "Name every node in the first column."
            )
        if rows.setdefault(name, row) != row:
            raise ArgumentError(
                f"Row {row + 1} of nodes repeats {name} of row {rows[name] + 1}.", "List each node once."
            )
    return rows


def _parent_rows(names: list[str], parents: list[str]) -> Integers:
    """Row of the parent per node, -1 for the root."""
    rows = rows_by_name(names)
    parent = np.full(len(names), -1, dtype=np.intp)
    root = -1
    for row, above in enumerate(parents):
        if above:
            if above not in rows:
                raise ArgumentError(
                    f"Row {row + 1} of nodes has the parent {above}, which is not a node.",
                    "Add a row for it, or correct the parent.",
                )
            parent[row] = rows[above]
        elif root >= 0:
            raise ArgumentError(
                f"Row {row + 1} of nodes, {names[row]}, is a second root besides row {root + 1}, "
                f"{names[root]}.",
                "Leave the parent empty in one row only.",
            )
        else:
            root = row
    if root < 0:
        raise ArgumentError(
            "Row 1 of nodes and all others have a parent: there is no root.",
            "Leave the parent of the total empty.",
        )
    return parent


def _depths(parent: Integers) -> Integers:
    """Steps to the root, by doubling; a circle is refused by name of a row on it."""
    root = int(np.flatnonzero(parent < 0)[0])
    target = np.where(parent < 0, root, parent)
    depth = (parent >= 0).astype(np.intp)
    # After k rounds a target is 2**k steps up; whoever has not met the root after all of them never will.
    for _ in range(len(parent).bit_length()):
        depth += depth[target]
        target = target[target]
    stray = np.flatnonzero(target != root)
    if len(stray):
        row = int(target[stray[0]])
        raise ArgumentError(
            f"Row {row + 1} of nodes is its own ancestor: its parents run in a circle.",
            "Correct the parent of one node in the circle.",
        )
    return depth
