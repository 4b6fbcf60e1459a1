"""Forecasts of several levels made to agree: every parent the sum of its children.

The methods differ in whom they believe. BOTTOM_UP believes the leaves, TOP_DOWN the root, MIDDLE_OUT a level
between them; the others take the least adjustment, squared and divided by a variance of each node
(Wickramasuriya, Athanasopoulos, Hyndman 2019). No node-by-item matrix is built: with a variance per node the
adjustment is found in one pass up the tree and one down, and the shrunken covariance of MINT_SHRINK adds a
low-rank correction. Levels that add up in more than one way are solved in :mod:`sop_xl.demand.projection`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sop_xl.demand.groups import Groups, groups_of
from sop_xl.demand.nodes import Tree, tree_of
from sop_xl.demand.projection import Projection
from sop_xl.errors import ArgumentError, NoAnswerError
from sop_xl.forecasting.history import Flags, Floats, Integers, as_matrix, whole_number

METHODS = ("BOTTOM_UP", "TOP_DOWN", "MIDDLE_OUT", "OLS", "WLS_STRUCT", "WLS_VAR", "MINT_SHRINK")
NEED_RESIDUALS = ("WLS_VAR", "MINT_SHRINK")

# A variance below this share of what is usual for a node of that size is taken as that share: residuals
# of zero are luck or a dead item, not a forecast that cannot err.
_LEAST_VARIANCE = 1e-6
# A covariance shrunk less than this could not be inverted where there are more nodes than residuals.
_LEAST_SHRINKAGE = 1e-4
# Rounding, as a share of the largest number of a bucket.
_ROUNDING = 1e-12
_EXCHANGES = 8
_ADDITIONS = 4


def reconcile(
    nodes: Any,
    parents: Any,
    base: Any,
    method: str = "WLS_STRUCT",
    residuals: Any = None,
    level: Any = None,
) -> Floats:
    """Coherent forecasts: every parent is the sum of its children, in every way of adding up.

    * BOTTOM_UP: leaves stay; TOP_DOWN: the root stays, each parent is shared out in proportion to the base
      of its children (equally where all are zero).
    * MIDDLE_OUT: the nodes of one level stay, with the leaves that end above it; what is below is shared out
      as in TOP_DOWN, what is above is summed up. The level lies halfway between the root and the deepest
      leaf, rounded towards the root: of total, families and items it is the families. In both, nodes with several
      parents are shared out from the first; what else they add up to follows.
    * OLS, WLS_STRUCT, WLS_VAR: least squares; each node weighted equally, by the number of leaves below
      it, or by the mean square of its residuals.
    * MINT_SHRINK: as WLS_VAR, with the residuals' correlations, shrunk towards none.

    Where the base of a bucket is not negative, neither is the result: the adjustment is then the least
    one with leaves of zero or more, found by exchanging leaves between "zero" and "free". After twelve
    exchanges without an end (never seen in practice) negative leaves become zero and are summed up. With
    MINT_SHRINK the step back to zero or more is weighted as WLS_VAR. A coherent base stays as it is.

    Args:
        nodes: name of each node, shape (nodes,).
        parents: parent of each node, ``None`` or blank for the root, shape (nodes,); or several per node, one per
            way of adding up, shape (nodes, ways): :func:`sop_xl.demand.groups.groups_of`.
        base: units, shape (nodes, buckets), or (nodes,) for one bucket.
        method: one of :data:`METHODS`, upper or lower case.
        residuals: past errors of the base forecasts, NaN where unknown, shape (nodes, origins); needed
            by WLS_VAR and MINT_SHRINK, ignored by the others. A node without any counts as usual for
            a node of its size.
        level: for MIDDLE_OUT, steps below the root of the level that stays; 0 is TOP_DOWN. Ignored by the others.
    Returns:
        Units, same shape as ``base``.
    Raises:
        ArgumentError: nodes that do not add up (the row is named), shapes that do not fit, an empty cell in the base,
            an unknown method, residuals missing, a level below the deepest leaf.
        NoAnswerError: a sum too large for a number.
    Source:
        Wickramasuriya, Athanasopoulos, Hyndman (2019), Journal of the American Statistical Association
        114; shrinkage of Schäfer and Strimmer (2005); exchange of Portugal, Júdice, Vicente (1994).

    >>> reconcile(["All", "North", "South"], [None, "All", "All"], [[110], [60], [40]]).round(2)
    array([[105. ],
           [ 62.5],
           [ 42.5]])
    >>> reconcile(["All", "North", "South"], [None, "All", "All"], [110, 60, 40], "TOP_DOWN")
    array([110.,  66.,  44.])
    """
    word = method.strip().upper() if isinstance(method, str) else method
    if word not in METHODS:
        raise ArgumentError(f"method is {method!r}.", f"Use one of {', '.join(METHODS)}.")
    tree = nodes if isinstance(nodes, Tree | Groups) else _levels(list(nodes), list(parents))
    values, flat = _per_node(base, "base", tree)
    empty = np.argwhere(np.isnan(values))
    if len(empty):
        row, column = empty[0] + 1
        raise ArgumentError(f"Row {row}, column {column} of base is empty.", "Enter a number; zero is one.")
    past = None
    if word in NEED_RESIDUALS:
        if residuals is None:
            raise ArgumentError(
                f"The method {word} needs residuals.", "Give the past errors of each node, or use WLS_STRUCT."
            )
        past, _ = _per_node(residuals, "residuals", tree)
    # A power of two changes no digit, so results scale with the base.
    _, power = np.frexp(np.abs(values).max())
    depth = len(tree.levels)
    middle = depth // 2 if level is None else whole_number(level, "level", 0, depth)
    found = _coherent(tree, tree.arranged(np.ldexp(values, -power)), word, past, middle)
    with np.errstate(over="ignore"):
        result = np.ldexp(tree.as_given(found), power)
    if not np.isfinite(result).all():
        raise NoAnswerError("A sum of the base is too large for a number.", "Check its units.")
    return result[:, 0] if flat else result


def _levels(names: list[Any], parents: list[Any]) -> Tree | Groups:
    several = [isinstance(above, list | tuple | np.ndarray) for above in parents]
    if not any(several):
        return tree_of(names, parents)
    lines = [list(above) if many else [above] for above, many in zip(parents, several, strict=True)]
    if max(len(line) for line in lines) == 1:
        return tree_of(names, [line[0] if line else None for line in lines])
    return groups_of(names, lines)


def _per_node(values: Any, name: str, tree: Tree | Groups) -> tuple[Floats, bool]:
    matrix, flat = as_matrix(values, name)
    if flat:
        matrix = matrix.T
    if len(matrix) != len(tree.leaf):
        raise ArgumentError(
            f"{name} has {len(matrix)} rows, nodes has {len(tree.leaf)}.", "Give one row per node."
        )
    return matrix, flat


def _coherent(
    tree: Tree | Groups, base: Floats, method: str, residuals: Floats | None, middle: int
) -> Floats:
    not_negative = base.min(axis=1) >= 0
    if method == "BOTTOM_UP":
        return tree.summed(base)
    if method in ("TOP_DOWN", "MIDDLE_OUT"):
        top = middle if method == "MIDDLE_OUT" else 0
        found = tree.shared_out(base, top) if isinstance(tree, Groups) else _shared_out(tree, base, top)
        return tree.summed(np.where(not_negative[:, None], np.maximum(found, 0.0), found))
    directions = np.zeros((0, len(tree.leaf)))
    if residuals is None:
        variances = np.ones(len(tree.leaf)) if method == "OLS" else tree.leaves_below
    else:
        variances, directions = _covariance(tree, residuals)
    if isinstance(tree, Groups):
        return tree.summed(_grouped(Projection(tree), base, method, variances, directions, not_negative))
    if method == "MINT_SHRINK":
        found = _with_correlations(tree, base, variances, *_shrunken(variances, directions))
    else:
        found = _least_squares(tree, base, variances[None, :])
    short = np.flatnonzero(not_negative & (found[:, tree.leaf].min(axis=1) < 0))
    if len(short):
        found[short] = _not_negative(tree, found[short], variances[None, :])
    return tree.summed(found)


def _grouped(
    ways: Projection, base: Floats, method: str, variances: Floats, directions: Floats, not_negative: Flags
) -> Floats:
    if method == "MINT_SHRINK":
        found = ways.with_correlations(base, *_shrunken(variances, directions))
    else:
        found = ways.nearest(base, variances)
    short = np.flatnonzero(not_negative & (found[:, ways.groups.leaf].min(axis=1) < 0))
    if len(short):
        found[short] = ways.not_negative(found[short], variances)
    return found


def _shared_out(tree: Tree, base: Floats, top: int) -> Floats:
    """Each gap between a parent and its children shared out by the size of the children, from level ``top`` down."""
    found = base.copy()
    for level in tree.levels[top:]:
        children = base[:, level.nodes]
        size = np.abs(children)
        total = np.add.reduceat(size, level.starts, axis=1)
        gap = found[:, level.parents] - np.add.reduceat(children, level.starts, axis=1)
        heads = np.bincount(level.family)
        share = size / np.where(total > 0, total, 1.0)[:, level.family]
        share = np.where((total > 0)[:, level.family], share, (1.0 / heads)[level.family])
        found[:, level.nodes] = children + share * gap[:, level.family]
    return found


def _least_squares(tree: Tree, base: Floats, variances: Floats) -> Floats:
    """The coherent forecasts nearest to the base, each square divided by its node's variance.

    On the way up a parent's own forecast and the sum of its children are averaged, each by the other's
    variance; on the way down what changed above is shared among children by their variances. Only sums,
    products and ratios of variances occur, so that no choice of them can be unstable.

    Args:
        base: units in level order, shape (buckets, nodes).
        variances: shape (1, nodes) or (buckets, nodes); a zero fixes a node.
    """
    best, spread = base.copy(), np.broadcast_to(variances, (len(variances), base.shape[1])).copy()
    sums, spreads = [], []
    for level in reversed(tree.levels):
        total = np.add.reduceat(best[:, level.nodes], level.starts, axis=1)
        below = np.add.reduceat(spread[:, level.nodes], level.starts, axis=1)
        own = variances[:, level.parents]
        both = own + below
        trust = below / np.where(both > 0, both, 1.0)
        best[:, level.parents] = total + trust * (base[:, level.parents] - total)
        spread[:, level.parents] = trust * own
        sums.append(total)
        spreads.append(below)
    for level, total, below in zip(tree.levels, reversed(sums), reversed(spreads), strict=True):
        rate = (best[:, level.parents] - total) / np.where(below > 0, below, 1.0)
        best[:, level.nodes] += spread[:, level.nodes] * rate[:, level.family]
    return best


def _not_negative(tree: Tree, target: Floats, variances: Floats) -> Floats:
    """The coherent forecasts nearest to the target whose leaves are zero or more."""
    result = target.copy()
    open_rows = np.arange(len(target))
    tolerance = _ROUNDING * np.abs(target).max(axis=1, keepdims=True)
    zero = tree.leaf & (target < 0)
    for sweep in range(_EXCHANGES + _ADDITIONS):
        goal = target[open_rows]
        found = _least_squares(tree, np.where(zero, 0.0, goal), np.where(zero, 0.0, variances))
        result[open_rows] = found
        limit = tolerance[open_rows]
        change = tree.leaf & ~zero & (found < -limit)
        if sweep < _EXCHANGES:
            change |= zero & (_pull(tree, found - goal, variances) < -limit)
        unsettled = change.any(axis=1)
        if not unsettled.any():
            break
        open_rows, zero = open_rows[unsettled], (zero ^ change)[unsettled]
    return np.where(tree.leaf, np.maximum(result, 0.0), result)


def _pull(tree: Tree, moved: Floats, variances: Floats) -> Floats:
    """How much the squares would rise per unit added to a leaf, in units of that leaf."""
    slope = moved / variances
    for level in tree.levels:
        slope[:, level.nodes] += slope[:, level.parents][:, level.family]
    return slope * variances


def _covariance(tree: Tree | Groups, residuals: Floats) -> tuple[Floats, Floats]:
    """Variance per node, (nodes,), and residuals of length one, zero where unknown, (origins, nodes)."""
    past = tree.arranged(residuals)
    known = ~np.isnan(past)
    past = np.where(known, past, 0.0)
    largest = np.abs(past).max()
    if largest > 0:
        past /= largest
    squares = np.einsum("on,on->n", past, past)
    variances = squares / np.maximum(known.sum(axis=0), 1)
    per_leaf = np.sort((variances / tree.leaves_below)[variances > 0])
    usual = (per_leaf[(len(per_leaf) - 1) // 2] if len(per_leaf) else 1.0) * tree.leaves_below
    variances = np.where(known.any(axis=0), np.maximum(variances, _LEAST_VARIANCE * usual), usual)
    past /= np.sqrt(np.where(squares > 0, squares, 1.0))
    return variances, past


def _shrunken(variances: Floats, directions: Floats) -> tuple[Floats, Floats]:
    """Split the covariance into a variance per node and low-rank factors, (nodes,) and (origins, nodes).

    The share that stays on the diagonal is the one of Schäfer and Strimmer: estimated variance of the
    correlations ÷ their squares, summed over all pairs of nodes, here without forming the pairs.
    """
    origins, nodes = directions.shape
    share = 1.0
    if origins > 1 and nodes > 1:
        gram = directions @ directions.T
        pairs = float((gram**2).sum()) - float((np.einsum("on,on->n", directions, directions) ** 2).sum())
        squares = directions**2
        products = float((squares.sum(axis=1) ** 2).sum() - np.einsum("on,on->", squares, squares))
        noise = (origins * products - pairs) / (origins - 1)
        share = min(max(noise / pairs, _LEAST_SHRINKAGE), 1.0) if pairs > _ROUNDING * nodes else 1.0
    return share * variances, directions * np.sqrt((1 - share) * variances)


def _with_correlations(tree: Tree, base: Floats, variances: Floats, own: Floats, shared: Floats) -> Floats:
    """Least squares under the covariance diag(own) + sharedᵀ·shared; only the leaves are meaningful.

    In terms of the gaps between parents and the sums of their children the equations form the same tree,
    solved by elimination from the leaves up; Woodbury's identity adds the low-rank part.
    """
    if not tree.levels:
        return base.copy()
    parents = np.flatnonzero(~tree.leaf)
    gaps, factors = _gaps(tree, base, parents), _gaps(tree, shared, parents)
    solved = _eliminate(tree, np.concatenate([gaps, factors]), own, parents)
    plain, corrections = solved[: len(gaps)], solved[len(gaps) :]
    inner = factors @ corrections.T
    inner[np.diag_indices(len(inner))] += 1.0
    prices = plain - np.linalg.solve(inner, (plain @ factors.T).T).T @ corrections
    found = base - (prices @ factors.T) @ shared
    place = np.cumsum(~tree.leaf) - 1
    for level in tree.levels:
        found[:, level.nodes] += own[level.nodes] * prices[:, place[level.parents]][:, level.family]
    return found


def _gaps(tree: Tree, values: Floats, parents: Integers) -> Floats:
    """Each parent less the sum of its children, shape (columns, parents)."""
    sums = np.zeros(values.shape)
    for level in tree.levels:
        sums[:, level.parents] = np.add.reduceat(values[:, level.nodes], level.starts, axis=1)
    return np.asarray(values[:, parents] - sums[:, parents])


def _eliminate(tree: Tree, right: Floats, own: Floats, parents: Integers) -> Floats:
    """Solve for the prices of the gaps under a variance per node, shape (columns, parents)."""
    place = np.cumsum(~tree.leaf) - 1
    spread = own.copy()
    pivots = np.empty(len(parents))
    steps = []
    for level in reversed(tree.levels):
        inner = _inner(tree.leaf, level.nodes)
        if len(inner):
            here, above = place[inner], place[level.parents[level.family[inner - level.nodes.start]]]
            starts = np.flatnonzero(np.append(True, above[1:] != above[:-1]))
            carried = right[:, here] * (own[inner] / pivots[here])
            right[:, above[starts]] += np.add.reduceat(carried, starts, axis=1)
            steps.append((inner, here, above))
        below = np.add.reduceat(spread[level.nodes], level.starts)
        pivots[place[level.parents]] = own[level.parents] + below
        spread[level.parents] = own[level.parents] * below / (own[level.parents] + below)
    right[:, 0] /= pivots[0]
    for inner, here, above in reversed(steps):
        right[:, here] = (right[:, here] + own[inner] * right[:, above]) / pivots[here]
    return right


def _inner(leaf: Flags, nodes: slice) -> Integers:
    """Nodes of a level that have children."""
    return np.flatnonzero(~leaf[nodes]) + nodes.start
