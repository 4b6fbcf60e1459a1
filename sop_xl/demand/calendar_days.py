"""Demand per working day: what makes a month of 19 days comparable with one of 23."""

from __future__ import annotations

from typing import Any

import numpy as np

from sop_xl.errors import ArgumentError, NoAnswerError
from sop_xl.forecasting.history import Floats, as_matrix


def per_working_day(history: Any, days: Any) -> Floats:
    """Units per working day: history ÷ working days.

    A bucket without working days says nothing about a day's demand: it becomes missing.

    Args:
        history: units per bucket, shape (series, buckets) or (buckets,); NaN where missing.
        days: working days of each bucket, zero or more, shape (buckets,) or as ``history``.
    Returns:
        Units per working day, shaped like ``history``.
    Raises:
        ArgumentError: shapes that do not fit, empty or negative days, demand in a bucket without days.
        NoAnswerError: days so few that the rate is too large for a number.

    >>> per_working_day([190, 230, 0], [19, 23, 0])
    array([10., 10., nan])
    """
    units, single = as_matrix(history, "history")
    counts = _days(days, units, "history")
    wrong = np.argwhere((counts == 0) & (units != 0) & ~np.isnan(units))
    if len(wrong):
        row, column = wrong[0] + 1
        raise ArgumentError(
            f"Row {row}, column {column} of history has demand in a bucket without working days.",
            "Correct the calendar, or move the demand.",
        )
    with np.errstate(over="ignore"):
        rates = units / np.where(counts > 0, counts, np.nan)
    if np.isinf(rates).any():
        raise NoAnswerError("A rate per day is too large for a number.", "Check the working days.")
    return rates[0] if single else rates


def per_bucket(rates: Any, days: Any) -> Floats:
    """Units per bucket: units per working day × working days, the inverse of :func:`per_working_day`.

    Args:
        rates: units per working day, shape (series, buckets) or (buckets,); NaN where missing.
        days: working days of each bucket, zero or more, shape (buckets,) or as ``rates``.
    Returns:
        Units per bucket, shaped like ``rates``; zero in a bucket without working days.
    Raises:
        ArgumentError: shapes that do not fit, empty or negative days.
        NoAnswerError: a product too large for a number.

    >>> per_bucket([10, 10, None], [19, 23, 0])
    array([190., 230.,   0.])
    """
    daily, single = as_matrix(rates, "rates")
    counts = _days(days, daily, "rates")
    with np.errstate(over="ignore"):
        units = np.where(counts > 0, daily * counts, 0.0)
    if np.isinf(units).any():
        raise NoAnswerError("A bucket's demand is too large for a number.", "Check the working days.")
    return units[0] if single else units


def _days(days: Any, pattern: Floats, pattern_name: str) -> Floats:
    counts, _ = as_matrix(days, "days")
    if counts.shape != pattern.shape and counts.shape != (1, pattern.shape[1]):
        raise ArgumentError(
            f"days has {counts.shape[0]} rows and {counts.shape[1]} columns, {pattern_name} has "
            f"{pattern.shape[0]} and {pattern.shape[1]}.",
            "Give the working days of each bucket.",
        )
    wrong = np.argwhere(~(counts >= 0))
    if len(wrong):
        row, column = wrong[0] + 1
        raise ArgumentError(
            f"Row {row}, column {column} of days is empty or negative.", "Give working days, zero or more."
        )
    return np.broadcast_to(counts, pattern.shape)
