"""Least cost under linear limits: HiGHS, with a result that is exact, tidy and always the same."""

from __future__ import annotations

import contextlib
import ctypes
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sop_xl.errors import NoAnswerError
from sop_xl.supply.shapes import Array

LARGEST = 1e12
"""No quantity, time or cost is larger; beyond it a plan could not be exact."""

_NODES = 20_000
_ZERO = 1e-9
# Exact if that succeeds; in rare cases only the solver's own tolerances do.
_TOLERANCES: tuple[dict[str, float], ...] = (
    {"primal_feasibility_tolerance": 1e-9, "dual_feasibility_tolerance": 1e-9},
    {},
)


@dataclass(frozen=True)
class Program:
    """Minimise cost · x with equal · x = equal_to, at_most · x <= 0, lower <= x <= upper.

    equal, at_most: sparse matrices. whole: which x are whole numbers, or None.
    preference: what to minimise among all x of that least cost.
    """

    cost: Array
    equal: Any
    equal_to: Array
    at_most: Any
    lower: Array
    upper: Array
    preference: Array
    whole: np.ndarray | None = None


def least_cost(program: Program) -> Array:
    """The x of least cost; among several, the one of least preference.

    Args:
        program: what to solve; it has a solution, and its numbers are best near 1.
    Returns:
        x, shape as ``cost``.
    Raises:
        NoAnswerError: no solution was found.
    Source:
        HiGHS, through scipy.optimize; ties broken on the optimal face (complementary slackness).
    """
    if program.whole is None:
        first = _relaxed(program, program.lower, program.upper)
        if first is None:
            raise NoAnswerError(
                "No plan was found for these numbers.",
                "Check their units: some may be far too large or small.",
            )
        return _tidy(
            program, _face(program, first, program.lower, program.upper), program.lower, program.upper
        )
    return _whole(program)


def _whole(program: Program) -> Array:
    """As `least_cost` with whole numbers: they are searched for; with them fixed, the rest is linear."""
    cheapest = _search(program, program.cost)
    best = None
    if cheapest is not None:
        best = _with_whole(program, cheapest)
    if best is None:
        raise NoAnswerError(
            "No plan of whole workers was proven to be the cheapest.",
            "Set integer_workers to FALSE, or plan fewer buckets.",
        )
    preferred = _search(program, program.preference, at_most_cost=float(program.cost @ best))
    other = None if preferred is None else _with_whole(program, preferred)
    if other is None:
        return best
    # The search keeps to a cost only within its tolerance; what costs more is no alternative.
    cost, other_cost = float(program.cost @ best), float(program.cost @ other)
    return other if other_cost <= cost + 1e-12 * max(1.0, abs(cost)) else best


def _with_whole(program: Program, x: Array) -> Array | None:
    fixed = np.rint(x[program.whole])
    lower, upper = program.lower.copy(), program.upper.copy()
    lower[program.whole] = upper[program.whole] = fixed
    first = _relaxed(program, lower, upper)
    return None if first is None else _tidy(program, _face(program, first, lower, upper), lower, upper)


def _search(program: Program, aim: Array, at_most_cost: float | None = None) -> Array | None:
    """The x with whole numbers that minimises ``aim``; None where the search ends without proof."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    limits = [
        LinearConstraint(program.equal, program.equal_to, program.equal_to),
        LinearConstraint(program.at_most, -np.inf, 0.0),
    ]
    if at_most_cost is not None:
        room = _ZERO * max(1.0, abs(at_most_cost))
        limits.append(LinearConstraint(program.cost[None, :], -np.inf, at_most_cost + room))
    assert program.whole is not None
    with _quiet():
        found = milp(
            aim,
            integrality=program.whole.astype(int),
            bounds=Bounds(program.lower, program.upper),
            constraints=limits,
            # The node limit stops a hopeless search at the same place on every machine; a time limit would not.
            options={"mip_rel_gap": 0.0, "node_limit": _NODES if at_most_cost is None else _NODES // 20},
        )
    return np.asarray(found.x) if found.status == 0 else None


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep the standard output of the process clean: HiGHS has a message that no option turns off."""
    try:
        kept = os.dup(1)
    except OSError:
        # A spreadsheet program has no standard output.
        yield
        return
    try:
        _flush()
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), 1)
        yield
    finally:
        _flush()
        os.dup2(kept, 1)
        os.close(kept)


def _flush() -> None:
    """Write out what the C library holds back, which is where the solver's message waits."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL("ucrtbase" if os.name == "nt" else None).fflush(None)


def _relaxed(program: Program, lower: Array, upper: Array) -> Any:
    """The linear program within these bounds; None where it has no solution."""
    first = _linear(program.cost, program.equal, program.equal_to, program.at_most, lower, upper)
    return first if first.success else None


def _linear(cost: Array, equal: Any, equal_to: Array, at_most: Any, lower: Array, upper: Array) -> Any:
    from scipy.optimize import linprog

    for options in _TOLERANCES:
        found = linprog(
            cost, A_ub=at_most, b_ub=np.zeros(at_most.shape[0]), A_eq=equal, b_eq=equal_to,
            bounds=np.column_stack([lower, upper]), method="highs", options=options,
        )  # fmt: skip
        if found.success:
            break
    return found


def _face(program: Program, first: Any, lower: Array, upper: Array) -> Array:
    """The preferred x among those that cost as little as ``first``.

    Whatever has a price stays where it is: a variable with a reduced cost at its bound, a limit with a
    shadow price exhausted. The rest may move without changing the cost.
    """
    from scipy.sparse import vstack

    at_lower = first.lower.marginals > _ZERO
    at_upper = first.upper.marginals < -_ZERO
    tight = first.ineqlin.marginals < -_ZERO
    second = _linear(
        program.preference,
        vstack([program.equal, program.at_most.tocsr()[tight]]),
        np.concatenate([program.equal_to, np.zeros(int(tight.sum()))]),
        program.at_most.tocsr()[~tight],
        np.where(at_upper, upper, lower),
        np.where(at_lower, lower, upper),
    )
    x = np.asarray(second.x if second.success else first.x)
    dearer = program.cost @ (x - first.x) > 1e-12 * (np.abs(program.cost) @ np.abs(first.x))
    return np.asarray(first.x) if dearer else x


def _tidy(program: Program, x: Array, lower: Array, upper: Array) -> Array:
    """``x`` without the dust of floating point: what lies on a bound or limit lies there exactly."""
    from scipy.sparse import vstack
    from scipy.sparse.linalg import lsqr

    near = _ZERO * max(1.0, float(np.abs(x).max()))
    at_lower, at_upper = np.abs(x - lower) <= near, np.abs(x - upper) <= near
    x = np.where(at_lower, lower, np.where(at_upper, upper, x))
    tight = np.abs(program.at_most @ x) <= near
    limits = vstack([program.equal, program.at_most.tocsr()[tight]]).tocsc()
    miss = np.concatenate([program.equal_to, np.zeros(int(tight.sum()))]) - limits @ x
    free = ~(at_lower | at_upper)
    if np.abs(miss).max(initial=0.0) > 0 and free.any():
        x[free] += lsqr(limits[:, free], miss, atol=1e-12, btol=1e-12)[0]
    return x


def magnitude(*values: Array | float) -> float:
    """The power of two near the largest of ``values``: dividing by it brings them near 1 and rounds nothing.

    >>> magnitude(np.array([100.0, 3000.0]), 5.0)
    4096.0
    """
    largest = max(float(np.abs(value).max()) for value in values)
    return float(2.0 ** np.ceil(np.log2(largest))) if largest > 0 else 1.0


def scaled_costs(costs: Array) -> Array:
    """Costs in a unit of money that makes the smallest of them count, unless another is millions of times larger.

    >>> scaled_costs(np.array([0.0, 0.5, 8.0]))
    array([ 0.,  1., 16.])
    """
    prices = costs[costs > 0]
    if not prices.size:
        return costs
    return costs / max(magnitude(prices.min()), magnitude(prices.max()) / 2.0**24)


def tidy(values: Array, *others: Array | float) -> Array:
    """``values`` with the last digits of a calculation taken away where that gives a short number.

    Args:
        values: the numbers, any shape.
        others: further quantities of the same kind; how exact the numbers are is judged by the largest.

    >>> tidy(np.array([2600.0000000000005, 1e-13, 64.58333333333333]))
    array([2600.        ,    0.        ,   64.58333333])
    """
    largest = magnitude(values, *others)
    digits = 8 - int(np.floor(np.log10(largest)))
    short = np.round(values, digits) if digits <= 300 else values
    return np.where(np.abs(values - short) <= 2e-14 * largest, short, values) + 0.0
