"""Levels that add up in more than one way: by items and by regions, by product and by market.

Every column of parents is one way of adding up: a node is the sum of the nodes that name it in that column.
Two ways of one node either hold the same leaves (item by region cells under items and under regions), or the second
has leaves of its own (regions beside the items of a family).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from sop_xl.demand.nodes import MAX_NODES, names_of, rows_by_name
from sop_xl.errors import ArgumentError
from sop_xl.forecasting.history import Flags, Floats, Integers

_DEEPEST = 200


@dataclass(frozen=True)
class Sums:
    """Sums whose parents are equally deep.

    Attributes:
        parents: the parent of each sum, shape (sums,).
        children: all children, those of one sum side by side, shape (children,).
        starts: first child of each sum, shape (sums,).
        sum_of: for each child, its place in ``parents``, shape (children,).
        heirs: children that are shared out here, because this is their first column, shape (children,).
    """

    parents: Integers
    children: Integers
    starts: Integers
    sum_of: Integers
    heirs: Flags

    def gaps(self, values: Floats) -> Floats:
        """Each parent less the sum of its children, shape (columns, sums)."""
        return np.asarray(
            values[:, self.parents] - np.add.reduceat(values[:, self.children], self.starts, axis=1)
        )

    def shared_out(self, values: Floats, base: Floats) -> None:
        """Give the heirs their base and their part, by its size, of what the parent in ``values`` has more."""
        children = base[:, self.children]
        size = np.abs(children)
        total = np.add.reduceat(size, self.starts, axis=1)
        sums, parent = np.add.reduceat(children, self.starts, axis=1), values[:, self.parents]
        share = size / np.where(total > 0, total, 1.0)[:, self.sum_of]
        alike = 1.0 / np.bincount(self.sum_of)[self.sum_of]
        share = np.where((total > 0)[:, self.sum_of], share, alike)
        # Of children of one sign each gets its share of the parent: nothing, where the parent is nothing.
        moved = np.where(np.abs(sums) == total, parent, parent - sums)
        kept = np.where((np.abs(sums) == total)[:, self.sum_of], 0.0, children)
        found = kept + share * moved[:, self.sum_of]
        values[:, self.children[self.heirs]] = found[:, self.heirs]


@dataclass(frozen=True)
class Groups:
    """Nodes with one parent or several; values are (columns, nodes) in the order given.

    Attributes:
        sums: every sum that is not implied by others, from the top down.
        levels: all sums by the depth of their parent, from the top down.
        first: the first sum of each parent, from the top down.
        apart: sums over leaves of their own, and those below them, from the top down.
        leaf: whether a node has no children, shape (nodes,).
        leaves_below: leaves under a node by its first sums, one for a leaf; leaves of their own count together as
            many as those beside them, shape (nodes,).
    """

    sums: tuple[Sums, ...]
    levels: tuple[Sums, ...]
    first: tuple[Sums, ...]
    apart: tuple[Sums, ...]
    leaf: Flags
    leaves_below: Floats

    @property
    def size(self) -> int:
        """Number of nodes."""
        return len(self.leaf)

    def arranged(self, values: Floats) -> Floats:
        """Rows as given, shape (nodes, columns), as columns, shape (columns, nodes)."""
        return np.ascontiguousarray(values.T)

    def as_given(self, values: Floats) -> Floats:
        """The inverse of :meth:`arranged`."""
        return np.ascontiguousarray(values.T)

    def summed(self, values: Floats) -> Floats:
        """Every parent the sum of its children in every way, shape (columns, nodes).

        The first ways are added up, bottom up; leaves that stand apart share what that gives their parent.
        """
        result = values.copy()
        for sums in reversed(self.first):
            result[:, sums.parents] = np.add.reduceat(result[:, sums.children], sums.starts, axis=1)
        for sums in self.apart:
            sums.shared_out(result, result)
        return result

    def shared_out(self, base: Floats, top: int) -> Floats:
        """Each gap between a parent and its children shared out from the depth ``top`` down, in the first way."""
        found = base.copy()
        for sums in self.levels[top:]:
            sums.shared_out(found, base)
        return found


def groups_of(names: Sequence[object], parents: Sequence[Sequence[object]]) -> Groups:
    """Build levels from nodes and their parents, one parent per way of adding up.

    Args:
        names: one name per node, each once.
        parents: for each node its parent in every column; ``None`` or blank where it has none there.
    Returns:
        The :class:`Groups`.
    Raises:
        ArgumentError: a blank or repeated name, a parent that is no node, no root, several roots, a circle, a part
            that counts twice, two ways that overlap without being the same; the row is named, counted from 1.

    >>> levels = groups_of(["Tea", "Green", "Black", "North", "South"],
    ...                    [(None, None), ("Tea", None), ("Tea", None), (None, "Tea"), (None, "Tea")])
    >>> levels.summed(np.array([[0.0, 3, 5, 1, 1]]))
    array([[8., 3., 5., 4., 4.]])
    """
    if len(names) != len(parents):
        raise ArgumentError(
            f"There are {len(names)} nodes and {len(parents)} rows of parents.",
            "Give one row of parents per node.",
        )
    if not 0 < len(names) <= MAX_NODES:
        raise ArgumentError(f"There are {len(names):,} nodes.", f"Give 1 to {MAX_NODES:,} nodes.")
    known = names_of(names)
    rows = rows_by_name(known)
    above = _parent_rows(known, rows, parents)
    depth = _depths(above)
    child, column = np.nonzero(above >= 0)
    parent = above[child, column]
    order = np.lexsort((child, parent, column, depth[parent]))
    child, column, parent = child[order], column[order], parent[order]
    leaf = np.ones(len(known), dtype=bool)
    leaf[parent] = False
    new = np.ones(len(child), dtype=bool)
    new[1:] = (parent[1:] != parent[:-1]) | (column[1:] != column[:-1])
    number = np.cumsum(new) - 1
    links = _Links(child, column, parent, number, above, depth)
    first_column = np.full(len(known), above.shape[1])
    np.minimum.at(first_column, parent, column)
    is_first = column == first_column[parent]
    first = links.batches(is_first)
    _check_counted_once(known, first)
    marks = np.random.default_rng(0).integers(1, 2**62, len(known), dtype=np.uint64)
    below = leaf.astype(float)
    for sums in reversed(first):
        marks[sums.parents] = np.add.reduceat(marks[sums.children], sums.starts)
        below[sums.parents] = np.add.reduceat(below[sums.children], sums.starts)
    # Sums of random marks are the same where the leaves are the same.
    total = np.zeros(int(number[-1]) + 1 if len(number) else 0, dtype=np.uint64)
    np.add.at(total, number, marks[child])
    same = total[number] == marks[parent]
    own = ~is_first & ~same
    _check_apart(known, links, own)
    inside = own.copy()
    held = np.zeros(len(known), dtype=bool)
    held[child[own]] = True
    for links_here in links.by_depth():
        below_own = links_here[held[parent[links_here]]]
        inside[below_own] = True
        held[child[below_own]] = True
    apart = links.batches(inside)
    for sums in apart:
        sums.shared_out(below[None, :], below[None, :])
    everything = links.batches(np.ones(len(child), dtype=bool))
    return Groups(links.batches(is_first | own), everything, first, apart, leaf, below)


@dataclass(frozen=True)
class _Links:
    """Child and parent of every link, sorted by depth of the parent, column and parent; ``number`` is its sum."""

    child: Integers
    column: Integers
    parent: Integers
    number: Integers
    above: Integers
    depth: Integers

    def by_depth(self) -> Iterable[Integers]:
        """Places of the links, by the depth of their parents, from the top down."""
        depths = self.depth[self.parent]
        return (np.flatnonzero(depths == level) for level in range(int(self.depth.max())))

    def batches(self, wanted: Flags) -> tuple[Sums, ...]:
        """The sums of the links that are wanted, one batch per depth; wanted sums are whole."""
        found = []
        home = (self.above >= 0).argmax(axis=1)
        for links in self.by_depth():
            here = links[wanted[links]]
            if not len(here):
                continue
            number = self.number[here]
            start = np.append(True, number[1:] != number[:-1])
            starts = np.flatnonzero(start)
            heirs = home[self.child[here]] == self.column[here]
            sum_of = np.cumsum(start) - 1
            found.append(Sums(self.parent[here[starts]], self.child[here], starts, sum_of, heirs))
        return tuple(found)


def _parent_rows(names: list[str], rows: dict[str, int], parents: Sequence[Sequence[object]]) -> Integers:
    """Rows of the parents, -1 where there is none, (nodes, columns)."""
    width = max(len(line) for line in parents)
    above = np.full((len(names), width), -1, dtype=np.intp)
    for row, line in enumerate(parents):
        for column, name in enumerate(names_of(line)):
            if not name:
                continue
            if name not in rows:
                raise ArgumentError(
                    f"Row {row + 1} of nodes has the parent {name}, which is not a node.",
                    "Add a row for it, or correct the parent.",
                )
            above[row, column] = rows[name]
    roots = np.flatnonzero((above < 0).all(axis=1))
    if len(roots) == 0:
        raise ArgumentError(
            "Row 1 of nodes and all others have a parent: there is no root.",
            "Leave the parents of the total empty.",
        )
    if len(roots) > 1:
        raise ArgumentError(
            f"Row {roots[1] + 1} of nodes, {names[roots[1]]}, is a second root besides row {roots[0] + 1}, "
            f"{names[roots[0]]}.",
            "Leave the parents empty in one row only.",
        )
    return above


def _depths(above: Integers) -> Integers:
    """Most steps to the root; a circle is refused by name of a row on it."""
    depth = np.zeros(len(above), dtype=np.intp)
    for _ in range(_DEEPEST):
        deeper = np.where(above >= 0, depth[above] + 1, 0).max(axis=1, initial=0)
        moved = np.flatnonzero(deeper != depth)
        if not len(moved):
            return depth
        depth = deeper
    row, seen = int(depth.argmax()), set()
    while row not in seen:
        seen.add(row)
        lines = above[row][above[row] >= 0]
        if not len(lines):
            raise ArgumentError(f"The nodes have more than {_DEEPEST} levels.", "Leave some of them out.")
        row = int(lines[depth[lines].argmax()])
    raise ArgumentError(
        f"Row {row + 1} of nodes is its own ancestor: its parents run in a circle.",
        "Correct the parent of one node in the circle.",
    )


def _check_counted_once(names: list[str], first: tuple[Sums, ...]) -> None:
    """No node may reach the total twice in the first ways."""
    count = np.zeros(len(names))
    if first:
        count[first[0].parents[0]] = 1
    for sums in first:
        np.add.at(count, sums.children, count[sums.parents][sums.sum_of])
        twice = np.flatnonzero(count > 1)
        if len(twice):
            raise ArgumentError(
                f"Row {twice[0] + 1} of nodes, {names[twice[0]]}, would be counted twice in the total.",
                "Give it parents that are no parts of the same sum: one way of adding up per column.",
            )


def _check_apart(names: list[str], links: _Links, own: Flags) -> None:
    """A second way over other leaves must be a tree of its own."""
    shared = (links.above >= 0).sum(axis=1) > 1
    for here in reversed(list(links.by_depth())):
        np.logical_or.at(shared, links.parent[here], shared[links.child[here]])
    wrong = np.flatnonzero(own & shared[links.child])
    if len(wrong):
        row = links.parent[wrong[0]]
        raise ArgumentError(
            f"Row {row + 1} of nodes, {names[row]}, adds up to other parts in column {links.column[wrong[0]] + 2} "
            "than in its first.",
            "Give each part a parent in both columns, or let the second column have parts of its own.",
        )
