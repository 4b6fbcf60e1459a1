"""Least squares over levels that add up in more than one way.

The adjusted forecasts are y - W C'λ with (C W C')λ = C y, where a row of C is a sum: its parent less its children.
There is one λ per sum, so regions beside the items of a family cost one equation per family, and item by region
cells one per item and one per region of a family. Few equations are solved at once for all buckets; many are sparse.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np

from sop_xl.demand.groups import Groups
from sop_xl.forecasting.history import Floats, Integers

#: More equations than these are solved as a sparse matrix.
_DENSE = 300
# Where parts are fixed at zero some sums say the same; this share of the diagonal keeps them solvable.
_RIDGE = 1e-11
_REFINEMENTS = 2
# Rounding, as a share of the largest number of a bucket.
_ROUNDING = 1e-12
_EXCHANGES = 8
_ADDITIONS = 4


class Projection:
    """Solves the equations of :class:`Groups`; values are (columns, nodes)."""

    def __init__(self, groups: Groups) -> None:
        self.groups = groups
        self.count = sum(len(sums.parents) for sums in groups.sums)

    @cached_property
    def _places(self) -> tuple[Integers, Floats]:
        """The sums every node is in and its sign there, (nodes, width); those beyond the last stand for none."""
        nodes, rows, signs = [], [], []
        start = 0
        for sums in self.groups.sums:
            here = start + np.arange(len(sums.parents))
            nodes += [sums.parents, sums.children]
            rows += [here, here[sums.sum_of]]
            signs += [np.ones(len(here)), np.full(len(sums.children), -1.0)]
            start += len(here)
        node, row, sign = np.concatenate(nodes), np.concatenate(rows), np.concatenate(signs)
        order = np.argsort(node, kind="stable")
        node, row, sign = node[order], row[order], sign[order]
        place = np.arange(len(node)) - np.searchsorted(node, node)
        width = int(place.max()) + 1
        found = np.full((self.groups.size, width), self.count, dtype=np.intp)
        weights = np.zeros((self.groups.size, width))
        found[node, place], weights[node, place] = row, sign
        return found, weights

    def gaps(self, values: Floats) -> Floats:
        """C y: each parent less the sum of its children, (columns, sums)."""
        return np.concatenate([sums.gaps(values) for sums in self.groups.sums], axis=1)

    def spread(self, prices: Floats) -> Floats:
        """C'λ: what the sums of every node add up to, (columns, nodes)."""
        rows, signs = self._places
        padded = np.concatenate([prices, np.zeros((len(prices), 1))], axis=1)
        found = padded[:, rows[:, 0]] * signs[:, 0]
        for place in range(1, rows.shape[1]):
            found += padded[:, rows[:, place]] * signs[:, place]
        return np.asarray(found)

    @cached_property
    def _sparse(self) -> tuple[Any, Integers]:
        """C with the sums in the order in which they are eliminated, as a sparse matrix, and that order."""
        from scipy.sparse import csc_array

        rows, signs = self._places
        node, place = np.nonzero(rows < self.count)
        whole = csc_array(
            (signs[node, place], (rows[node, place], node)), shape=(self.count, self.groups.size)
        )
        # Sums that share nodes with few others go first: little is filled in, and no order has to be searched.
        pattern = abs(whole)
        order = np.argsort(np.diff((pattern @ pattern.T).tocsc().indptr), kind="stable")
        return whole.tocsr()[order].tocsc(), order

    def solver(self, variances: Floats) -> Callable[[Floats], Floats]:
        """Solves (C diag(variances) C')λ = right, for right sides (columns, sums); variances are (nodes,)."""
        size = self.count
        order = np.arange(size)
        product: Callable[[Floats], Floats]
        solve: Callable[[Floats], Floats]
        if size <= _DENSE:
            matrix = self._dense(variances)
            scale = 1.0 / np.sqrt(np.where(matrix.diagonal() > 0, matrix.diagonal(), 1.0))
            matrix *= scale[:, None] * scale
            steady = matrix + _RIDGE * np.eye(size)
            product, solve = matrix.__matmul__, np.linalg.inv(steady).__matmul__
        else:
            from scipy.sparse import diags_array
            from scipy.sparse.linalg import splu

            sums, order = self._sparse
            # Squares of the signs are one, so this is the diagonal of the matrix.
            diagonal = abs(sums) @ variances
            scale = 1.0 / np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
            scaled = diags_array(scale) @ sums
            sparse = (scaled @ diags_array(variances) @ scaled.T).tocsc()
            steady = (sparse + diags_array(np.full(size, _RIDGE))).tocsc()
            factor = splu(
                steady, permc_spec="NATURAL", diag_pivot_thresh=0.0, options={"SymmetricMode": True}
            )
            product, solve = sparse.__matmul__, factor.solve

        def solved(right: Floats) -> Floats:
            wanted = np.ascontiguousarray((right[:, order] * scale).T)
            found = solve(wanted)
            for _ in range(_REFINEMENTS):
                found = found + solve(wanted - product(found))
            result = np.empty(right.shape)
            result[:, order] = found.T * scale
            return result

        return solved

    def _dense(self, variances: Floats) -> Floats:
        """C diag(variances) C', (sums, sums)."""
        rows, signs = self._places
        size = self.count + 1
        cells = np.zeros(size * size)
        for a in range(rows.shape[1]):
            for b in range(rows.shape[1]):
                weights = variances * signs[:, a] * signs[:, b]
                cells += np.bincount(rows[:, a] * size + rows[:, b], weights=weights, minlength=size * size)
        return cells.reshape(size, size)[:-1, :-1].copy()

    def nearest(self, base: Floats, variances: Floats) -> Floats:
        """The coherent forecasts nearest to the base, each square divided by its node's variance, (nodes,)."""
        if not self.count:
            return base.copy()
        return base - variances * self.spread(self.solver(variances)(self.gaps(base)))

    def with_correlations(self, base: Floats, own: Floats, shared: Floats) -> Floats:
        """Least squares under the covariance diag(own) + shared'·shared, by Woodbury's identity."""
        if not self.count:
            return base.copy()
        gaps, factors = self.gaps(base), self.gaps(shared)
        solved = self.solver(own)(np.concatenate([gaps, factors]))
        plain, corrections = solved[: len(gaps)], solved[len(gaps) :]
        inner = factors @ corrections.T
        inner[np.diag_indices(len(inner))] += 1.0
        prices = plain - np.linalg.solve(inner, (plain @ factors.T).T).T @ corrections
        return np.asarray(base - own * self.spread(prices) - (prices @ factors.T) @ shared)

    def not_negative(self, target: Floats, variances: Floats) -> Floats:
        """The coherent forecasts nearest to the target whose leaves are zero or more."""
        leaf, result = self.groups.leaf, target.copy()
        tolerance = _ROUNDING * np.abs(target).max(axis=1)
        for row, goal in enumerate(target):
            zero = leaf & (goal < 0)
            for sweep in range(_EXCHANGES + _ADDITIONS):
                held, free = np.where(zero, 0.0, goal)[None, :], np.where(zero, 0.0, variances)
                pull = self.spread(self.solver(free)(self.gaps(held)))[0]
                result[row] = held[0] - free * pull
                change = leaf & ~zero & (result[row] < -tolerance[row])
                if sweep < _EXCHANGES:
                    # What the squares would fall by per unit added to a leaf at zero, in units of that leaf.
                    change |= zero & (variances * pull - goal < -tolerance[row])
                if not change.any():
                    break
                zero ^= change
        return np.where(leaf, np.maximum(result, 0.0), result)
