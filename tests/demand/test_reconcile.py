from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sop_xl.demand.nodes import Tree, tree_of
from sop_xl.demand.reconcile import METHODS, NEED_RESIDUALS, reconcile
from sop_xl.errors import ArgumentError, NoAnswerError

Matrix = np.ndarray

LEAST_SQUARES = METHODS[3:]
SMALL = (["All", "North", "South", "N1", "N2"], [None, "All", "All", "North", "North"])


def summing_matrix(names: list[str], parents: list[str | None]) -> Matrix:
    """S of the textbook: which leaves (columns) are below which node (rows)."""
    above = dict(zip(names, parents, strict=True))
    leaves = [name for name in names if name not in parents]
    matrix = np.zeros((len(names), len(leaves)))
    for column, leaf in enumerate(leaves):
        node: str | None = leaf
        while node:
            matrix[names.index(node), column] = 1
            node = above[node]
    return matrix


def covariance(method: str, matrix: Matrix, residuals: Matrix) -> Matrix:
    """W of the textbook, the shrinkage as in R's hts: lambda = sum var(r) / sum r^2 off the diagonal."""
    origins = residuals.shape[1]
    sample = residuals @ residuals.T / origins
    variances = np.diag(np.diag(sample))
    if method == "OLS":
        return np.eye(len(matrix))
    if method == "WLS_STRUCT":
        return np.diag(matrix.sum(axis=1))
    if method == "WLS_VAR":
        return variances
    standard = residuals / np.sqrt(np.diag(sample))[:, None]
    noise = (standard**2) @ (standard**2).T - (standard @ standard.T) ** 2 / origins
    noise /= origins * (origins - 1)
    correlations = standard @ standard.T / origins
    np.fill_diagonal(noise, 0)
    np.fill_diagonal(correlations, 0)
    share = min(max(noise.sum() / (correlations**2).sum(), 0.0), 1.0)
    return share * variances + (1 - share) * sample


def textbook(method: str, matrix: Matrix, base: Matrix, residuals: Matrix) -> Matrix:
    """S (S'W⁻¹S)⁻¹ S'W⁻¹ ŷ: Wickramasuriya, Athanasopoulos, Hyndman (2019), equation 9."""
    inverse = np.linalg.inv(covariance(method, matrix, residuals))
    return matrix @ np.linalg.solve(matrix.T @ inverse @ matrix, matrix.T @ inverse @ base)


def random_tree(rng: np.random.Generator, nodes: int) -> tuple[list[str], list[str | None]]:
    pairs = [("n0", None), *((f"n{i}", f"n{rng.integers(0, i)}") for i in range(1, nodes))]
    shuffled = [pairs[i] for i in rng.permutation(nodes)]
    return [name for name, _ in shuffled], [parent for _, parent in shuffled]


def incoherence(tree: Tree, values: Matrix) -> float:
    arranged = tree.arranged(values)
    sizes = tree.summed(np.abs(arranged))
    return float((np.abs(tree.summed(arranged) - arranged) / np.where(sizes > 0, sizes, 1)).max())


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("method", LEAST_SQUARES)
def test_the_textbook_formula_is_met(method: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    names, parents = random_tree(rng, int(rng.integers(2, 25)))
    base = rng.normal(0, 100, (len(names), 3))
    base[0] = -50.0  # A negative number in each bucket switches the limit at zero off.
    residuals = rng.normal(0, 1, (len(names), int(rng.integers(3, 12)))) * rng.gamma(2, 5, (len(names), 1))
    if seed % 2:
        residuals += rng.normal(0, 10, (1, residuals.shape[1]))
    expected = textbook(method, summing_matrix(names, parents), base, residuals)
    np.testing.assert_allclose(reconcile(names, parents, base, method, residuals), expected, atol=1e-8)


@pytest.mark.parametrize("seed", range(60))
@pytest.mark.parametrize("method", ["OLS", "WLS_STRUCT", "WLS_VAR"])
def test_the_nearest_non_negative_forecasts_are_found(method: str, seed: int) -> None:
    from scipy.optimize import nnls

    rng = np.random.default_rng(seed)
    names, parents = random_tree(rng, int(rng.integers(2, 25)))
    base = rng.gamma(0.3, 100, (len(names), 1))
    residuals = rng.normal(0, 1, (len(names), 8)) * rng.gamma(2, 5, (len(names), 1))
    matrix = summing_matrix(names, parents)
    weights = 1 / np.sqrt(np.diag(covariance(method, matrix, residuals)))
    leaves, _ = nnls(weights[:, None] * matrix, weights * base[:, 0])
    found = reconcile(names, parents, base, method, residuals)
    np.testing.assert_allclose(found[:, 0], matrix @ leaves, atol=1e-7 * base.max())


def test_bottom_up_and_top_down() -> None:
    base = [[100], [30], [50], [10], [30]]
    np.testing.assert_allclose(reconcile(*SMALL, base, "bottom_up")[:, 0], [90, 40, 50, 10, 30])
    np.testing.assert_allclose(reconcile(*SMALL, base, "Top_Down")[:, 0], [100, 37.5, 62.5, 9.375, 28.125])


def test_middle_out_keeps_one_level() -> None:
    base = [[100], [30], [50], [10], [30]]
    found = reconcile(*SMALL, base, "middle_out")[:, 0]
    np.testing.assert_allclose(found, [80, 30, 50, 7.5, 22.5])
    for level, method in ((0, "TOP_DOWN"), (2, "BOTTOM_UP")):
        same = reconcile(*SMALL, base, method)
        np.testing.assert_array_equal(reconcile(*SMALL, base, "MIDDLE_OUT", level=level), same)
    # Halfway of one step is the root; of three steps the first.
    two = (["All", "A", "B"], [None, "All", "All"])
    np.testing.assert_allclose(reconcile(*two, [112, 60, 40], "MIDDLE_OUT"), [112, 67.2, 44.8])
    deep = (["All", "A", "A1", "A11"], [None, "All", "A", "A1"])
    assert reconcile(*deep, [1, 2, 3, 4], "MIDDLE_OUT").tolist() == [2, 2, 2, 2]
    with pytest.raises(ArgumentError, match="from 0 to 2"):
        reconcile(*SMALL, base, "MIDDLE_OUT", level=3)


def test_least_squares_by_hand() -> None:
    # Two levels: the gap of 12 is shared by root and leaves as their variances 2, 1, 1 are.
    names, parents = ["All", "A", "B"], [None, "All", "All"]
    np.testing.assert_allclose(reconcile(names, parents, [112, 60, 40], "WLS_STRUCT"), [106, 63, 43])
    np.testing.assert_allclose(reconcile(names, parents, [112, 60, 40], "OLS"), [108, 64, 44])
    past = [[2, -2], [1, 1], [3, -3]]  # Mean squares 4, 1 and 9, of 14.
    expected = [112 - 12 * 4 / 14, 60 + 12 * 1 / 14, 40 + 12 * 9 / 14]
    np.testing.assert_allclose(reconcile(names, parents, [112, 60, 40], "WLS_VAR", past), expected)


def test_children_that_err_together_are_trusted_less() -> None:
    rng = np.random.default_rng(1)
    shared = rng.normal(0, 5, 40)
    residuals = np.vstack([rng.normal(0, 7, 40), shared + rng.normal(0, 1, 40), shared])
    names, parents = ["All", "A", "B"], [None, "All", "All"]
    base = np.array([[120.0], [60], [40]])
    together = reconcile(names, parents, base, "MINT_SHRINK", residuals)
    alone = reconcile(names, parents, base, "WLS_VAR", residuals)
    assert 120 > together[0, 0] > alone[0, 0] + 1
    expected = textbook("MINT_SHRINK", summing_matrix(names, parents), base, residuals)
    np.testing.assert_allclose(together, expected, rtol=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_zero_children_share_without_nan(method: str) -> None:
    base = [[90], [60], [30], [0], [0]]
    residuals = np.array([[5.0, -5, 4], [4, -3, 2], [3, 3, -1], [0, 0, 0], [0, 0, 0]])
    found = reconcile(*SMALL, base, method, residuals)
    assert np.isfinite(found).all()
    assert found.min() >= 0
    assert found[3, 0] == pytest.approx(found[4, 0])
    if method == "TOP_DOWN":
        assert found[3, 0] == pytest.approx(30)


@pytest.mark.parametrize("method", METHODS)
def test_all_zero_stays_zero(method: str) -> None:
    found = reconcile(*SMALL, np.zeros((5, 3)), method, np.zeros((5, 4)))
    assert found.tolist() == np.zeros((5, 3)).tolist()


@pytest.mark.parametrize("method", METHODS)
def test_a_single_node(method: str) -> None:
    assert reconcile(["All"], [None], [[7, 8]], method, [[1, 2]]).tolist() == [[7, 8]]


def test_residuals_may_be_missing_in_places() -> None:
    residuals = np.array([[5.0, -5, 4], [4, -3, 2], [3, 3, -1], [np.nan, 2, -2], [np.nan] * 3])
    base = [[100], [60], [30], [20], [30]]
    for method in NEED_RESIDUALS:
        found = reconcile(*SMALL, base, method, residuals)
        assert np.isfinite(found).all()
        assert incoherence(tree_of(*SMALL), found) < 1e-12
    # The node without residuals counts like the median node of its size, which is North's mean square.
    per_leaf = sorted([66 / 3 / 3, 29 / 3 / 2, 19 / 3, 4.0])[1]
    filled = residuals.copy()
    filled[4] = math.sqrt(per_leaf)
    np.testing.assert_allclose(
        reconcile(*SMALL, base, "WLS_VAR", residuals), reconcile(*SMALL, base, "WLS_VAR", filled)
    )


@st.composite
def problems(draw: st.DrawFn) -> tuple[list[str], list[str | None], Matrix, Matrix]:
    nodes = draw(st.integers(1, 14))
    parents = [None, *(f"n{draw(st.integers(0, i - 1))}" for i in range(1, nodes))]
    order = draw(st.permutations(range(nodes)))
    low = draw(st.sampled_from([0.0, -1e4]))
    number = st.one_of(st.just(0.0), st.floats(low, 1e4, allow_subnormal=False))
    base = draw(st.lists(number, min_size=2 * nodes, max_size=2 * nodes))
    error = st.one_of(st.just(0.0), st.floats(-100, 100), st.just(np.nan))
    residuals = draw(st.lists(error, min_size=4 * nodes, max_size=4 * nodes))
    return (
        [f"n{i}" for i in order],
        [parents[i] for i in order],
        np.reshape(base, (nodes, 2)),
        np.reshape(residuals, (nodes, 4)),
    )


@given(problems(), st.sampled_from(METHODS))
def test_the_result_is_coherent_and_not_negative(
    problem: tuple[list[str], list[str | None], Matrix, Matrix], method: str
) -> None:
    names, parents, base, residuals = problem
    found = reconcile(names, parents, base, method, residuals)
    assert found.shape == base.shape
    assert np.isfinite(found).all()
    assert incoherence(tree_of(names, parents), found) <= 1e-12
    for bucket in range(2):
        if base[:, bucket].min() >= 0:
            assert found[:, bucket].min() >= 0


@given(problems(), st.sampled_from(METHODS))
def test_a_coherent_base_stays(
    problem: tuple[list[str], list[str | None], Matrix, Matrix], method: str
) -> None:
    names, parents, base, residuals = problem
    tree = tree_of(names, parents)
    coherent = tree.as_given(tree.summed(tree.arranged(base)))
    size = np.abs(base).sum()
    np.testing.assert_allclose(
        reconcile(names, parents, coherent, method, residuals), coherent, rtol=1e-9, atol=1e-9 * size
    )


@given(problems(), st.sampled_from(METHODS), st.floats(1e-3, 1e3))
def test_the_result_scales_with_the_base(
    problem: tuple[list[str], list[str | None], Matrix, Matrix], method: str, scale: float
) -> None:
    names, parents, base, residuals = problem
    plain = reconcile(names, parents, base, method, residuals)
    scaled = reconcile(names, parents, scale * base, method, scale * residuals)
    np.testing.assert_allclose(scaled, scale * plain, rtol=1e-6, atol=1e-7 * scale * np.abs(base).max())


@given(problems(), st.sampled_from(METHODS), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(
    problem: tuple[list[str], list[str | None], Matrix, Matrix], method: str, random: object
) -> None:
    names, parents, base, residuals = problem
    order = list(range(len(names)))
    random.shuffle(order)  # type: ignore[attr-defined]
    plain = reconcile(names, parents, base, method, residuals)
    moved = reconcile(
        [names[i] for i in order], [parents[i] for i in order], base[order], method, residuals[order]
    )
    np.testing.assert_allclose(moved, plain[order], rtol=1e-6, atol=1e-7 * np.abs(base).max())


@pytest.mark.parametrize(
    ("names", "parents", "match"),
    [
        (["All", "A", "A"], [None, "All", "All"], "Row 3 of nodes repeats A of row 2"),
        (["All", "A", "B"], [None, "All", "Al"], "Row 3 of nodes has the parent Al, which"),
        (["All", "A", "B"], [None, "All", ""], "Row 3 of nodes, B, is a second root besides row 1, All"),
        (["All", "A", "B"], [None, "B", "A"], "Row [23] of nodes is its own ancestor"),
        (["All", "A", "B"], [None, "A", "All"], "Row 2 of nodes is its own ancestor"),
        (["A", "B"], ["B", "A"], "there is no root"),
        (["All", None], [None, "All"], "Row 2 of nodes has no name"),
        (["All"], [None, None], "1 nodes and 2 parents"),
        ([], [], "0 nodes"),
    ],
)
def test_what_is_not_a_tree_is_refused(names: list[str], parents: list[str | None], match: str) -> None:
    with pytest.raises(ArgumentError, match=match):
        tree_of(names, parents)


def test_a_row_far_below_a_circle_names_a_row_on_it() -> None:
    names = ["All", "A", "B", "C", "D", "E"]
    with pytest.raises(ArgumentError, match=r"Row [23] of nodes"):
        tree_of(names, [None, "B", "A", "B", "C", "D"])


def test_names_are_trimmed_and_numbers_are_names() -> None:
    found = reconcile([100, " A ", "B"], [None, "100", 100.0], [1, 2, 3], "BOTTOM_UP")
    assert found.tolist() == [5, 2, 3]


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        (([[1], [2]],), "base has 2 rows, nodes has 5"),
        (([[1], [2], [None], [4], [5]],), "Row 3, column 1 of base is empty"),
        (([1, 2, 3, 4, "x"],), "base is 'x'"),
        (([1, 2, 3, 4, 5], "SIDEWAYS"), "Use one of BOTTOM_UP"),
        (([1, 2, 3, 4, 5], 3), "method is 3"),
        (([1, 2, 3, 4, 5], "WLS_VAR"), "WLS_VAR needs residuals"),
        (([1, 2, 3, 4, 5], "MINT_SHRINK", [[1, 2]]), "residuals has 1 rows"),
    ],
)
def test_arguments_are_checked(arguments: tuple[object, ...], match: str) -> None:
    with pytest.raises(ArgumentError, match=match):
        reconcile(*SMALL, *arguments)


def test_sums_too_large_for_a_number() -> None:
    with pytest.raises(NoAnswerError):
        reconcile(["All", "A", "B"], [None, "All", "All"], [1e308, 1e308, 1e308], "BOTTOM_UP")


@pytest.mark.parametrize("size", [1e-300, 1e300])
@pytest.mark.parametrize("method", METHODS)
def test_very_small_and_very_large_units(method: str, size: float) -> None:
    base = np.array([[90.0], [60], [40], [20], [10]])
    residuals = np.random.default_rng(2).normal(0, 1, (5, 6))
    plain = reconcile(*SMALL, base, method, residuals)
    found = reconcile(*SMALL, base * size, method, residuals * size)
    np.testing.assert_allclose(found / size, plain, rtol=1e-9)
