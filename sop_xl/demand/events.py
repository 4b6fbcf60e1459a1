"""Promotions, launches, one-offs and opportunities: what is known beyond the history.

An event multiplies the demand of its bucket by ``factor`` and adds ``quantity``. In the arrays of
this module NaN or ``None`` means no event: factor 1, quantity 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sop_xl.demand.consensus import check_shape
from sop_xl.errors import ArgumentError, NoAnswerError
from sop_xl.forecasting.history import Floats, as_matrix


def event_effect(baseline: Any, factor: Any = None, quantity: Any = None) -> Floats:
    """What events add to the baseline: (factor − 1) x baseline + quantity.

    Args:
        baseline: units, shape (series, buckets) or (buckets,).
        factor: multiplier of the bucket's demand, not negative, same shape; NaN is 1.
        quantity: units added, same shape; NaN is 0.
    Returns:
        Units to add to the baseline, same shape.
    Raises:
        ArgumentError: shapes that differ, a negative factor, or a cell that is not a number.
        NoAnswerError: an effect too large for a number.

    >>> event_effect([100, 100, 100], [None, 1.2, 0.5], [30, None, None])
    array([ 30.,  20., -50.])
    """
    base, single = as_matrix(baseline, "baseline")
    factors, quantities = _events(factor, quantity, base, "baseline")
    with np.errstate(over="ignore", invalid="ignore"):
        effect = (factors - 1) * base + quantities
    if (np.isinf(effect) | (np.isnan(effect) & ~np.isnan(base))).any():
        raise NoAnswerError("An event's effect is too large for a number.", "Check factor and quantity.")
    return effect[0] if single else effect


def clean_history(history: Any, factor: Any = None, quantity: Any = None) -> Floats:
    """The history without its known events: (history − quantity) ÷ factor, the inverse of an event.

    A bucket with factor 0 sold nothing because of the event, so it says nothing about the baseline:
    it becomes missing. A history without negative values stays without them.

    Args:
        history: units, shape (series, buckets) or (buckets,); NaN where missing.
        factor: multiplier the event had, not negative, same shape; NaN is 1.
        quantity: units the event added, same shape; NaN is 0.
    Returns:
        Units, same shape.
    Raises:
        ArgumentError: shapes that differ, a negative factor, or a cell that is not a number.
        NoAnswerError: a factor so small that the baseline is too large for a number.

    >>> clean_history([100, 120, 150], [None, 1.2, None], [None, None, 50])
    array([100., 100., 100.])
    """
    past, single = as_matrix(history, "history")
    factors, quantities = _events(factor, quantity, past, "history")
    with np.errstate(over="ignore"):
        cleaned = (past - quantities) / np.where(factors > 0, factors, np.nan)
    if np.isinf(cleaned).any():
        raise NoAnswerError("An event's baseline is too large for a number.", "Check factor and quantity.")
    not_negative = ~(past < 0).any(axis=1, keepdims=True)
    cleaned = np.where(not_negative & (cleaned < 0), 0.0, cleaned)
    return cleaned[0] if single else cleaned


def weighted_pipeline(quantity: Any, probability: Any) -> Floats:
    """Expected units of opportunities: quantity x probability.

    Args:
        quantity: units, shape (opportunities, buckets) or (buckets,); NaN is 0.
        probability: fraction from 0 to 1, same shape; needed wherever there is a quantity.
    Returns:
        Units, same shape.
    Raises:
        ArgumentError: shapes that differ, or a quantity without a probability.
        NoAnswerError: a probability below 0 or above 1.

    >>> weighted_pipeline([100, 40, None], [0.5, 0.25, None])
    array([50., 10.,  0.])
    """
    quantities, single = as_matrix(quantity, "quantity")
    chances, _ = as_matrix(probability, "probability")
    check_shape(chances, "probability", quantities, "quantity")
    quantities = np.where(np.isnan(quantities), 0.0, quantities)
    unknown = np.argwhere(np.isnan(chances) & (quantities != 0))
    if len(unknown):
        row, column = unknown[0] + 1
        raise ArgumentError(
            f"Row {row}, column {column} of probability is empty.", "Give a probability for each quantity."
        )
    wrong = np.argwhere((chances < 0) | (chances > 1))
    if len(wrong):
        row, column = wrong[0]
        raise NoAnswerError(
            f"Row {row + 1}, column {column + 1} of probability is {chances[row, column]:g}.",
            "Give a fraction from 0 to 1; 50 % is 0.5.",
        )
    expected = quantities * np.where(np.isnan(chances), 0.0, chances)
    return expected[0] if single else expected


def _events(factor: Any, quantity: Any, pattern: Floats, pattern_name: str) -> tuple[Floats, Floats]:
    filled = []
    for values, name, neutral in ((factor, "factor", 1.0), (quantity, "quantity", 0.0)):
        if values is None:
            filled.append(np.full(pattern.shape, neutral))
            continue
        matrix, _ = as_matrix(values, name)
        check_shape(matrix, name, pattern, pattern_name)
        filled.append(np.where(np.isnan(matrix), neutral, matrix))
    negative = np.argwhere(filled[0] < 0)
    if len(negative):
        row, column = negative[0] + 1
        raise ArgumentError(
            f"Row {row}, column {column} of factor is negative.", "1.2 is 20 % more, 0.8 is 20 % less."
        )
    return filled[0], filled[1]
