"""What a joint plan is made from: families, resources, what is fixed, limits and prices; plain arrays."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sop_xl.errors import ArgumentError
from sop_xl.supply.rough_cut import resource_profile
from sop_xl.supply.shapes import Array, numbers, per_cell, per_series, place, series, size

NOT_GIVEN = float("nan")


@dataclass(frozen=True)
class JointInput:
    """Families that share resources over some buckets. Everything else than demand may be one number for all.

    Attributes:
        demand: units (orders received, for families made to order), (families, buckets).
        opening: units on hand, below zero when owed; families made to order: units on order; (families,).
        to_stock: whether a family is made to stock (else to order), (families,).
        target: units to have on hand, or to leave on order, at the end of each bucket, (families, buckets).
        fixed: production that is decided already and stays, NaN where the plan is free, (families, buckets).
        profile: rows of family number (from 1), resource number (from 1), offset in buckets before completion,
            hours per unit; (rows, 4). Hours that fall before the first bucket count as nothing.
        capacity: hours without overtime, NaN where not given, which is without limit, (resources, buckets).
        given_load: hours taken already by what is planned elsewhere, (resources, buckets).
        overtime_limit, subcontract_limit: hours a bucket, NaN = none, (resources, buckets).
        overtime_cost, subcontract_cost: money per hour, (resources, buckets).
        unit_cost: money per unit, (families,).
        holding_cost: money per unit on hand at the end of a bucket, (families,). To order: made ahead of target.
        backorder_cost: money per unit late at the end of a bucket, (families,). To order: on order above target.
        below_target_cost: money per unit missing to the target inventory, (families,); at most
            holding_cost + backorder_cost, or customers would wait while there is stock.
        unmet_cost: money per unit still late after the last bucket, on top, (families,).
        lot_minimum: least units of a bucket that produces at all, NaN = none, (families,).
        inventory_limit: most units on hand, NaN = none, (families,); of families made to stock.
    Raises:
        ArgumentError: shapes that do not fit, negative limits or prices, a line of the profile that points nowhere.
    """

    demand: Array
    opening: Array
    to_stock: NDArray[np.bool_]
    target: Array
    fixed: Array
    profile: Array
    capacity: Array
    given_load: Array
    overtime_limit: Array
    overtime_cost: Array
    subcontract_limit: Array
    subcontract_cost: Array
    unit_cost: Array
    holding_cost: Array
    backorder_cost: Array
    below_target_cost: Array
    unmet_cost: Array
    lot_minimum: Array
    inventory_limit: Array

    def __post_init__(self) -> None:
        demand = series(self.demand, "demand")
        if demand.ndim != 2:
            raise ArgumentError(f"demand is {size(demand)}.", "Give one row for each family.")
        self._set("demand", demand)
        stock = np.asarray(self.to_stock, dtype=bool)
        if stock.shape not in ((), demand.shape[:1]):
            raise ArgumentError(f"to_stock is {size(stock)}.", "Give one for each family.")
        self._set("to_stock", np.broadcast_to(stock, demand.shape[:1]))
        self._set("opening", per_series(self.opening, "opening", demand))
        self._set("target", per_cell(self.target, "target", demand, negative=False))
        self._set("fixed", per_cell(self.fixed, "fixed", demand, missing=True, negative=False))
        for name in ("unit_cost", "holding_cost", "backorder_cost", "below_target_cost", "unmet_cost"):
            self._set(name, per_series(getattr(self, name), name, demand, negative=False))
        for name in ("lot_minimum", "inventory_limit"):
            value = numbers(getattr(self, name), name, missing=True, negative=False)
            if value.shape not in ((), demand.shape[:1]):
                raise ArgumentError(f"{name} is {size(value)}.", "Give one number, or one for each family.")
            self._set(name, np.broadcast_to(value, demand.shape[:1]))
        high = self.below_target_cost > (self.holding_cost + self.backorder_cost) * (1 + 1e-12)
        if high.any():
            raise ArgumentError(
                f"below_target_cost is above holding_cost + backorder_cost {place(high)}.",
                "Give less: a customer who waits must cost more than a target that is missed.",
            )
        capacity = numbers(self.capacity, "capacity", missing=True, negative=False)
        if capacity.ndim != 2 or capacity.shape[1] != demand.shape[1]:
            raise ArgumentError(
                f"capacity is {size(capacity)} and demand is {size(demand)}.",
                "Give one row for each resource and the buckets of demand.",
            )
        self._set("capacity", capacity)
        for name, missing in (
            ("given_load", False),
            ("overtime_limit", True),
            ("overtime_cost", False),
            ("subcontract_limit", True),
            ("subcontract_cost", False),
        ):
            value = getattr(self, name)
            self._set(name, per_cell(value, name, capacity, missing=missing, negative=False))
        profile = numbers(self.profile, "profile", negative=False).reshape(-1, 4)
        self._set("profile", profile)
        # The load of the plan also proves that every line points to a family and a resource that exist.
        self.load(np.zeros(demand.shape))

    def _set(self, name: str, value: NDArray[np.generic]) -> None:
        object.__setattr__(self, name, value)

    def load(self, production: Array) -> Array:
        """Hours of every resource: of ``production`` and what is loaded already, (resources, buckets)."""
        if not len(self.profile) or not len(self.capacity):
            return np.array(self.given_load)
        return self.given_load + resource_profile(production, self.profile, len(self.capacity))

    def net(self, production: Array) -> Array:
        """Units on hand less units owed, to stock; minus the units on order, to order; (families, buckets)."""
        start = np.where(self.to_stock, self.opening, -self.opening)[:, None]
        return np.asarray(np.cumsum(np.column_stack([start, production - self.demand]), axis=1)[:, 1:])

    @property
    def free(self) -> NDArray[np.bool_]:
        """Cells of production that the plan decides, (families, buckets)."""
        return np.isnan(self.fixed)

    @property
    def limit(self) -> Array:
        """Highest `net` each bucket may end with, (families, buckets): nothing is made that is not ordered."""
        stock = np.where(np.isnan(self.inventory_limit), np.inf, self.inventory_limit)
        return np.where(self.to_stock[:, None], stock[:, None], np.zeros(self.demand.shape))

    @property
    def due(self) -> Array:
        """Lowest `net` each bucket may end with when nothing is late, (families, buckets)."""
        return np.where(self.to_stock[:, None], 0.0, -self.target)

    @property
    def extra(self) -> Array:
        """Hours that overtime and subcontracting can add, (resources, buckets)."""
        return np.asarray(np.nan_to_num(self.overtime_limit) + np.nan_to_num(self.subcontract_limit))

    def scaled(self) -> tuple[JointInput, Array, Array, float]:
        """The same in units, hours and money of magnitude one, as a solver likes it, and what one of each is.

        Powers of two, so that nothing is lost by going there and back.
        """
        units = _magnitude(np.abs(np.column_stack([self.demand, self.opening, self.target])))
        family, resource = (self.profile[:, i].astype(int) - 1 for i in range(2))
        # An hour is what one family's production of a bucket takes: then the bill has the magnitude one.
        taken = np.zeros((len(self.capacity), len(units)))
        np.add.at(taken, (resource, family), self.profile[:, 3] * units[family])
        hours = _magnitude(taken)
        unit, hour = units[:, None], hours[:, None]
        prices = (self.backorder_cost + self.holding_cost) * units
        if not prices.any():
            prices = ((self.overtime_cost + self.subcontract_cost) * hour).ravel()
        money = float(_magnitude(prices[None])[0])
        profile = self.profile.copy()
        profile[:, 3] *= units[family] / hours[resource]
        cells, rows = {"demand", "target", "fixed"}, {"opening", "lot_minimum", "inventory_limit"}
        changed = {name: getattr(self, name) / unit for name in cells}
        changed |= {name: getattr(self, name) / units for name in rows}
        changed |= {
            name: getattr(self, name) / hour
            for name in ("capacity", "given_load", "overtime_limit", "subcontract_limit")
        }
        changed |= {
            name: getattr(self, name) * hour / money for name in ("overtime_cost", "subcontract_cost")
        }
        changed |= {
            name: getattr(self, name) * units / money
            for name in ("unit_cost", "holding_cost", "backorder_cost", "below_target_cost", "unmet_cost")
        }
        return replace(self, profile=profile, **changed), units, hours, money


def _magnitude(values: Array) -> Array:
    """The power of two next to the mean of what is not zero, per row."""
    some = values > 0
    mean = np.where(some, values, 0.0).sum(axis=1) / np.maximum(some.sum(axis=1), 1)
    return np.asarray(2.0 ** np.round(np.log2(np.where(mean > 0, mean, 1.0))))
