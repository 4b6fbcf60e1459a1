"""From the statistical baseline to the demand all functions agree on."""

from __future__ import annotations

from typing import Any

import numpy as np

from sop_xl.errors import ArgumentError
from sop_xl.forecasting.history import Floats, as_matrix


def consensus(baseline: Any, *overrides: Any) -> Floats:
    """Per cell, the last override that is not empty, else the baseline.

    Args:
        baseline: units, shape (series, buckets) or (buckets,).
        overrides: units, each of that shape, weakest first; NaN or ``None`` is no override, zero is zero.
    Returns:
        Units, same shape; NaN only where baseline and all overrides are empty.
    Raises:
        ArgumentError: an override of another shape, or a cell that is not a number.

    >>> consensus([10, 20, 30], [None, 25, None], [None, 0, 33])
    array([10.,  0., 33.])
    """
    result, single = as_matrix(baseline, "baseline")
    for number, values in enumerate(overrides, start=1):
        name = f"override {number}"
        override, _ = as_matrix(values, name)
        check_shape(override, name, result, "baseline")
        result = np.where(np.isnan(override), result, override)
    return result[0] if single else result


def check_shape(matrix: Floats, name: str, pattern: Floats, pattern_name: str) -> None:
    """Refuse a matrix that is not of the pattern's shape.

    Raises:
        ArgumentError: the shapes differ; both are named.

    >>> check_shape(np.ones((1, 2)), "override 1", np.zeros((1, 2)), "baseline")
    """
    if matrix.shape != pattern.shape:
        raise ArgumentError(
            f"{name} has {matrix.shape[0]} rows and {matrix.shape[1]} columns, "
            f"{pattern_name} has {pattern.shape[0]} and {pattern.shape[1]}.",
            "Select ranges of the same size.",
        )
