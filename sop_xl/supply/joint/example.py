"""A joint plan small enough to follow by hand; the examples of this room stand on it."""

from __future__ import annotations

import numpy as np

from sop_xl.supply.joint.given import NOT_GIVEN, JointInput


def two_families(**changes: object) -> JointInput:
    """Two families on one press of 100 hours a bucket, three buckets, one hour a unit; the last bucket is full.

    >>> two_families().demand.sum(axis=0)
    array([ 80.,  90., 140.])
    """
    parts: dict[str, object] = {
        "demand": np.array([[40.0, 50, 80], [40, 40, 60]]),
        "opening": np.zeros(2),
        "to_stock": np.array([True, True]),
        "target": 0.0,
        "fixed": NOT_GIVEN,
        "profile": np.array([[1, 1, 0, 1.0], [2, 1, 0, 1.0]]),
        "capacity": np.full((1, 3), 100.0),
        "given_load": 0.0,
        "overtime_limit": 20.0,
        "overtime_cost": 5.0,
        "subcontract_limit": NOT_GIVEN,
        "subcontract_cost": 0.0,
        "unit_cost": 10.0,
        "holding_cost": np.array([1.0, 2.0]),
        "backorder_cost": 20.0,
        "below_target_cost": 2.0,
        "unmet_cost": 100.0,
        "lot_minimum": NOT_GIVEN,
        "inventory_limit": NOT_GIVEN,
    }
    return JointInput(**{**parts, **changes})  # type: ignore[arg-type]
