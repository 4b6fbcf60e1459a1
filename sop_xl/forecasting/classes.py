"""What kind of demand a series shows, by the limits of Syntetos and Boylan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sop_xl.forecasting.history import Floats, as_matrix, prepare

ADI_LIMIT = 1.32
CV2_LIMIT = 0.49
NEW_BUCKETS = 6
DEAD_BUCKETS = 12


@dataclass(frozen=True)
class DemandClass:
    """Classes of demand, one entry per series.

    Attributes:
        names: SMOOTH, ERRATIC, INTERMITTENT, LUMPY, NEW or DEAD, shape (series,).
        adi: average interval between demands in buckets; NaN without any demand, shape (series,).
        cv2: squared coefficient of variation of the demands that are not zero; 0 for one demand,
            NaN without any, shape (series,).
    """

    names: npt.NDArray[np.str_]
    adi: Floats
    cv2: Floats


def demand_class(history: Any) -> DemandClass:
    """Classify each series by how often and how unevenly it is demanded.

    In this order: DEAD, no demand in the last 12 known buckets (or in all of them); NEW, fewer than 6
    buckets since the first demand; else SMOOTH (ADI < 1.32, CV² < 0.49), ERRATIC (CV² too high),
    INTERMITTENT (ADI too high) or LUMPY (both). ADI is known buckets ÷ buckets with demand, counted
    from the first demand; an inner gap counts as neither.

    Args:
        history: units, shape (series, buckets) or (buckets,); NaN or ``None`` where missing.
    Returns:
        The :class:`DemandClass`.
    Raises:
        ArgumentError: a cell that is not a number, too many series or buckets.
        NotDefinedError: a series without any known bucket.
    Source:
        Syntetos, Boylan, Croston (2005), Journal of the Operational Research Society 56.

    >>> found = demand_class([[5, 6, 5, 6, 5, 6], [0, 9, 0, 9, 0, 9], [0, 0, 0, 0, 0, 0]])
    >>> found.names.tolist(), found.adi[:1]
    (['SMOOTH', 'NEW', 'DEAD'], array([1.]))
    """
    # Gaps stay gaps here: filling them would invent demands.
    raw, _ = as_matrix(history, "history")
    prepared = prepare(raw, 1)
    known = ~np.isnan(raw)
    demanded = known & (raw != 0)
    count = demanded.sum(axis=1)
    any_demand = count > 0
    first = demanded.argmax(axis=1)
    since_first = known & (np.arange(raw.shape[1]) >= first[:, None])
    age = since_first.sum(axis=1)
    adi = np.where(any_demand, age / np.maximum(count, 1), np.nan)
    sizes = np.where(demanded, raw, 0.0)
    largest = np.abs(sizes).max(axis=1, keepdims=True)
    sizes = sizes / np.where(largest > 0, largest, 1.0)
    mean = sizes.sum(axis=1) / np.maximum(count, 1)
    variance = (np.where(demanded, sizes - mean[:, None], 0.0) ** 2).sum(axis=1) / np.maximum(count - 1, 1)
    # Returns may cancel the demands; a mean of nearly nothing is as uneven as can be, and still a number.
    square = np.maximum(mean**2, 1e-12)
    cv2 = np.where(any_demand, variance / square, np.nan)
    position = np.arange(raw.shape[1])
    recent = demanded & (position >= (prepared.stop - DEAD_BUCKETS)[:, None])
    with np.errstate(invalid="ignore"):
        often, even = adi < ADI_LIMIT, cv2 < CV2_LIMIT
    names = np.select(
        [~recent.any(axis=1), age < NEW_BUCKETS, often & even, often, even],
        ["DEAD", "NEW", "SMOOTH", "ERRATIC", "INTERMITTENT"],
        "LUMPY",
    )
    return DemandClass(names, adi, cv2)
