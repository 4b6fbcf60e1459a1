"""Levels that add up in more than one way: exact sums, the textbook's numbers, what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import null_space

from sop_xl.demand import projection
from sop_xl.demand.groups import groups_of
from sop_xl.demand.reconcile import METHODS, reconcile
from sop_xl.errors import ArgumentError
from tests.demand.test_reconcile import covariance

Names, Parents, Matrix = list[str], list[tuple[str | None, ...]], np.ndarray

LEAST_SQUARES = METHODS[3:]
#: A family of two items and two regions: beside one another, and crossed in cells.
BESIDE: tuple[Names, Parents] = (
    ["Tea", "Green", "Black", "North", "South"],
    [(None, None), ("Tea", None), ("Tea", None), (None, "Tea"), (None, "Tea")],
)
CROSSED: tuple[Names, Parents] = (
    [*BESIDE[0], "GN", "GS", "BN", "BS"],
    [*BESIDE[1], ("Green", "North"), ("Green", "South"), ("Black", "North"), ("Black", "South")],
)


def sums_of(names: Names, parents: Parents) -> dict[tuple[str, int], list[str]]:
    """Parent and column -> its children; written down without the code under test."""
    found: dict[tuple[str, int], list[str]] = {}
    for name, above in zip(names, parents, strict=True):
        for column, parent in enumerate(above):
            if parent:
                found.setdefault((parent, column), []).append(name)
    return found


def constraints(names: Names, parents: Parents) -> Matrix:
    """A row per sum: its parent less its children."""
    rows = []
    for (parent, _), children in sums_of(names, parents).items():
        row = np.zeros(len(names))
        row[names.index(parent)] = 1
        row[[names.index(child) for child in children]] = -1
        rows.append(row)
    return np.array(rows)


def incoherence(names: Names, parents: Parents, values: Matrix) -> float:
    matrix = constraints(names, parents)
    sizes = np.abs(matrix) @ np.abs(values)
    return float((np.abs(matrix @ values) / np.where(sizes > 0, sizes, 1)).max())


def leaf_counts(names: Names, parents: Parents) -> Matrix:
    """Leaves below each node; regions beside items count together as many as the items."""
    sums = sums_of(names, parents)

    def leaves(name: str) -> float:
        first = next((sums[name, k] for k in range(len(parents[0])) if (name, k) in sums), None)
        if first is not None:
            return sum(leaves(child) for child in first)
        above = parents[names.index(name)]
        if above[0] is None and above[1] is not None:
            return leaves(above[1]) / len(sums[above[1], 1])
        return 1.0

    return np.array([leaves(name) for name in names])


def company(rng: np.random.Generator, crossed: bool, most: int = 4) -> tuple[Names, Parents]:
    """Families with items and regions: cells of those that meet, or regions beside the items."""
    names: Names = ["All"]
    parents: Parents = [(None, None)]
    regions = [f"R{r}" for r in range(rng.integers(1, most))]
    whole = crossed and rng.random() < 0.5
    met: set[str] = set()
    for f in range(rng.integers(1, most)):
        names.append(f"F{f}")
        parents.append(("All", None))
        here: set[str] = set()
        for i in range(rng.integers(1, most + 1)):
            names.append(f"F{f}I{i}")
            parents.append((f"F{f}", None))
            for region in rng.permutation(regions)[: rng.integers(1, len(regions) + 1)] if crossed else ():
                names.append(f"F{f}I{i}{region}")
                parents.append((f"F{f}I{i}", f"F{f}{region}"))
                here.add(str(region))
        for region in sorted(here) if crossed else regions:
            names.append(f"F{f}{region}")
            parents.append((None, region if whole else f"F{f}"))
        met |= here
    if whole:  # Regions over all families, the total's second way.
        names += sorted(met)
        parents += [(None, "All")] * len(met)
    order = rng.permutation(len(names))
    return [names[i] for i in order], [parents[i] for i in order]


def nearest(names: Names, parents: Parents, base: Matrix, weights: Matrix) -> Matrix:
    """Generalised least squares over all coherent forecasts: Z(Z'W⁻¹Z)⁻¹Z'W⁻¹ŷ, where Z spans them."""
    free = null_space(constraints(names, parents))
    inverse = np.linalg.inv(weights)
    return free @ np.linalg.solve(free.T @ inverse @ free, free.T @ inverse @ base)


@pytest.mark.parametrize("dense", [300, 0])
@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("method", LEAST_SQUARES)
def test_least_squares_over_all_that_adds_up(
    method: str, seed: int, dense: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(projection, "_DENSE", dense)
    rng = np.random.default_rng(seed)
    names, parents = company(rng, crossed=seed % 3 > 0)
    base = rng.normal(0, 100, (len(names), 3))
    base[0] = -50.0  # A negative number in each bucket switches the limit at zero off.
    residuals = rng.normal(0, 1, (len(names), int(rng.integers(3, 12)))) * rng.gamma(2, 5, (len(names), 1))
    if seed % 2:
        residuals += rng.normal(0, 10, (1, residuals.shape[1]))
    if method == "WLS_STRUCT":
        weights = np.diag(leaf_counts(names, parents))
    else:
        weights = covariance(method, np.eye(len(names)), residuals)
    expected = nearest(names, parents, base, weights)
    np.testing.assert_allclose(reconcile(names, parents, base, method, residuals), expected, atol=1e-7)


def test_the_textbook_formula_with_a_summing_matrix() -> None:
    """S(S'W⁻¹S)⁻¹S'W⁻¹ŷ of Wickramasuriya, Athanasopoulos, Hyndman (2019), S written down by hand."""
    names, parents = CROSSED
    summing = np.array(
        [
            [1, 1, 1, 1],
            [1, 1, 0, 0],
            [0, 0, 1, 1],
            [1, 0, 1, 0],
            [0, 1, 0, 1],
            [1, 0, 0, 0],
            [0, 1, 0, 0],
            [0, 0, 1, 0],
            [0, 0, 0, 1],
        ]
    )
    rng = np.random.default_rng(3)
    base = summing @ rng.gamma(2, 50, (4, 4)) + rng.normal(0, 10, (9, 4))
    residuals = rng.normal(0, 9, (9, 12))
    inverse = np.linalg.inv(covariance("MINT_SHRINK", summing, residuals))
    expected = summing @ np.linalg.solve(summing.T @ inverse @ summing, summing.T @ inverse @ base)
    assert expected.min() > 0
    np.testing.assert_allclose(reconcile(names, parents, base, "MINT_SHRINK", residuals), expected, rtol=1e-9)


@pytest.mark.parametrize("dense", [300, 0])
@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("method", ["OLS", "WLS_VAR"])
def test_the_nearest_non_negative_forecasts_are_found(
    method: str, seed: int, dense: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from scipy.optimize import nnls

    monkeypatch.setattr(projection, "_DENSE", dense)
    rng = np.random.default_rng(seed)
    names, parents = company(rng, crossed=seed % 2 > 0)
    base = rng.gamma(0.3, 100, (len(names), 1))
    residuals = rng.normal(0, 1, (len(names), 8)) * rng.gamma(2, 5, (len(names), 1))
    weights = 1 / np.sqrt(np.diag(covariance(method, np.eye(len(names)), residuals)))
    # All nodes are unknown; that they add up is weighed so heavily that it holds.
    heavy = 1e5 * weights.max() * constraints(names, parents)
    left = np.concatenate([np.diag(weights), heavy])
    expected, _ = nnls(left, np.concatenate([weights * base[:, 0], np.zeros(len(heavy))]), maxiter=10_000)
    found = reconcile(names, parents, base, method, residuals)[:, 0]
    assert incoherence(names, parents, found[:, None]) < 1e-12
    np.testing.assert_allclose(found, expected, atol=1e-4 * base.max())


@st.composite
def problems(draw: st.DrawFn) -> tuple[Names, Parents, Matrix, Matrix]:
    seed = draw(st.integers(0, 10_000))
    names, parents = company(np.random.default_rng(seed), crossed=draw(st.booleans()), most=3)
    low = draw(st.sampled_from([0.0, -1e4]))
    number = st.one_of(st.just(0.0), st.floats(low, 1e4, allow_subnormal=False))
    error = st.one_of(st.just(0.0), st.floats(-100, 100), st.just(np.nan))
    count = len(names)
    base = draw(st.lists(number, min_size=2 * count, max_size=2 * count))
    residuals = draw(st.lists(error, min_size=4 * count, max_size=4 * count))
    return names, parents, np.reshape(base, (count, 2)), np.reshape(residuals, (count, 4))


@given(problems(), st.sampled_from(METHODS), st.sampled_from([300, 0]))
def test_every_sum_is_exact_and_nothing_negative(
    problem: tuple[Names, Parents, Matrix, Matrix], method: str, dense: int
) -> None:
    names, parents, base, residuals = problem
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(projection, "_DENSE", dense)
        found = reconcile(names, parents, base, method, residuals)
    assert found.shape == base.shape
    assert np.isfinite(found).all()
    assert incoherence(names, parents, found) <= 1e-11
    for bucket in range(2):
        if base[:, bucket].min() >= 0:
            assert found[:, bucket].min() >= 0


@given(problems(), st.sampled_from(METHODS))
def test_a_coherent_base_stays(problem: tuple[Names, Parents, Matrix, Matrix], method: str) -> None:
    names, parents, base, residuals = problem
    levels = groups_of(names, parents)
    coherent = levels.summed(base.T).T
    size = np.abs(base).sum()
    np.testing.assert_allclose(
        reconcile(names, parents, coherent, method, residuals), coherent, rtol=1e-9, atol=1e-9 * size
    )


def test_proportions_go_down_the_first_column_and_regions_share_beside_it() -> None:
    base = [100, 30, 50, 10, 30]
    np.testing.assert_allclose(reconcile(*BESIDE, base, "BOTTOM_UP"), [80, 30, 50, 20, 60])
    np.testing.assert_allclose(reconcile(*BESIDE, base, "TOP_DOWN"), [100, 37.5, 62.5, 25, 75])
    cells = [*base, 5, 15, 10, 30]
    np.testing.assert_allclose(reconcile(*CROSSED, cells, "BOTTOM_UP"), [60, 20, 40, 15, 45, 5, 15, 10, 30])
    np.testing.assert_allclose(
        reconcile(*CROSSED, cells, "TOP_DOWN"), [100, 37.5, 62.5, 25, 75, 9.375, 28.125, 15.625, 46.875]
    )
    # The level that stays is counted from the total: items and regions; the items win.
    np.testing.assert_allclose(
        reconcile(*CROSSED, cells, "MIDDLE_OUT", level=1), [80, 30, 50, 20, 60, 7.5, 22.5, 12.5, 37.5]
    )


def test_regions_bring_what_they_know_to_items() -> None:
    """By hand: a family that says 100, items that say 80, regions that say 120, all equally sure."""
    found = reconcile(*BESIDE, [100, 30, 50, 70, 50], "OLS")
    # The family's variance is 1, those of both sums 2: (100 + 80/2 + 120/2) / 2.
    np.testing.assert_allclose(found, [100, 40, 60, 60, 40])
    assert reconcile(*BESIDE, [100, 30, 50, 90, 70], "OLS")[0] == pytest.approx((100 + 40 + 80) / 2)


def test_a_second_column_that_is_empty_makes_a_tree() -> None:
    names, parents = ["All", "A", "B"], [(None, None), ("All", ""), ("All", None)]
    np.testing.assert_allclose(reconcile(names, parents, [112, 60, 40], "WLS_STRUCT"), [106, 63, 43])


@pytest.mark.parametrize(
    ("names", "parents", "match"),
    [
        (["T", "A", "A"], [(None, None), ("T", None), ("T", "T")], "Row 3 of nodes repeats A of row 2"),
        (["T", "A"], [(None, None), (None, "X")], "Row 2 of nodes has the parent X, which"),
        (["T", "A", "B"], [(None, None), ("T", None), (None, None)], "Row 3 of nodes, B, is a second root"),
        (["T", "A", "B"], [(None, None), (None, "B"), ("A", None)], "Row [23] of nodes is its own ancestor"),
        (["A", "B"], [("B", None), (None, "A")], "there is no root"),
        (
            ["T", "A", "B", "X", "Y"],
            [(None, None), ("T", None), ("T", None), ("A", "B"), ("A", None)],
            "Row 4 of nodes, X, would be counted twice",
        ),
        (
            ["T", "A", "B", "N", "S", "X"],
            [(None, None), ("T", None), ("T", None), (None, "T"), (None, "T"), ("A", "N")],
            "Row 1 of nodes, T, adds up to other parts in column 3",
        ),
    ],
)
def test_what_does_not_add_up_is_refused(names: Names, parents: Parents, match: str) -> None:
    with pytest.raises(ArgumentError, match=match):
        reconcile(names, parents, np.ones(len(names)))
