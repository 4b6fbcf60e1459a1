"""The months after the sample: what the systems of the sample company export when one is over.

What was sold and made follows from the same demand model and the same stream of random numbers as the history, so that
the same seed and the same plans give the same year.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from sample_company import CURRENT, HORIZON, Company, first_day, last_day, write

#: Months of delivered order lines that an extract goes back.
ORDERED = 6
MODES = {
    "tblFamilies": "merge",
    "tblCapacity": "merge",
    "tblCalendar": "merge",
    "tblSales": "append",
    "tblProduction": "merge",
}
HEADERS = {"tblFamilies": ("Family", "Opening backlog")}


class Months:
    """The company at the beginning of a month.

    Attributes:
        current: the month, counted as in :mod:`sample_company`.
        sold: (family, last day of a closed month) -> units, of the months that were closed here.
        made: the same for production.
    """

    def __init__(self, company: Company) -> None:
        self.company, self.current = company, CURRENT
        self.sold: dict[tuple[str, Any], int] = {}
        self.made: dict[tuple[str, Any], int] = {}
        self._firm: dict[str, float] = dict(company.frozen)
        self._stock = dict(company.opening)
        self._lines: list[list[Any]] = [line for line in company.rows["tblOrders"] if line[6] is not None]
        self._capacity = {(row[0], row[1]): row for row in company.rows["tblCapacity"]}

    def close(self, folder: Path, coming: Mapping[str, float]) -> Path:
        """Let the current month pass; returns the mapping that loads what it left.

        Args:
            folder: where the extracts are written.
            coming: family -> units that were planned to be made in the month after.
        """
        company, month = self.company, self.current
        end, sales, production = last_day(month), [], []
        for code, family in company.families.items():
            planned = round(self._firm[code])
            made = max(0, round(planned * min(1.04, max(0.90, 0.985 + 0.03 * company.normal()))))
            wanted = company.demand(code, month)
            if family["make"] == "MTS":
                wanted = _within(wanted, self._stock[code] + made)
            sold = sum(wanted.values())
            for item, units in wanted.items():
                company.sold.setdefault(item, {})[month] = units
                for region, quantity, price in company.regions(code, item, units):
                    value = round(quantity * company.price[item] * price, 2)
                    sales.append([end, item, region, quantity, value])
            if family["make"] == "MTS":
                self._stock[code] += made - sold
            else:
                company.backlog[code] = max(0, company.backlog[code] + sold - made)
            self.sold[code, end], self.made[code, end] = sold, made
            production.append([end, code, planned, made])
            self._firm[code] = coming[code]
            production.append([last_day(month + 1), code, round(coming[code]), None])
        self.current += 1
        backlogs = [[code, units] for code, units in company.backlog.items() if units]
        rows = {
            "tblFamilies": backlogs or [[next(iter(company.families)), None]],
            "tblCapacity": self._next_capacity(),
            "tblCalendar": [[last_day(m), len(company.working_days(m))] for m in (month + HORIZON + 1,)],
            "tblSales": sales,
            "tblOrders": self._orders(month),
            "tblStock": self._lots(),
            "tblProduction": production,
        }
        return write(folder, company, rows, self.current, MODES, HEADERS)

    def _next_capacity(self) -> list[list[Any]]:
        """The month that comes into the horizon has the hours of a day of the year before."""
        coming, before = self.current + HORIZON, self.current + HORIZON - 12
        days = len(self.company.working_days(coming)) / len(self.company.working_days(before))
        found = []
        for resource in self.company.facts["resource"]:
            code = resource["code"]
            hours = round(self._capacity[code, last_day(before)][2] * days)
            row = [code, last_day(coming), hours, round(hours * 0.98)]
            self._capacity[code, last_day(coming)] = row
            found.append(row)
        return found

    def _orders(self, month: int) -> list[list[Any]]:
        """Order lines that were delivered in the last months, and the order book."""
        company, number = self.company, 0
        since = first_day(self.current - ORDERED)
        self._lines = [line for line in self._lines if line[6] >= since]
        for code in company.families:
            for item in company.items[code]:
                for line in company.delivered(code, item, month, company.sold.get(item, {}).get(month, 0)):
                    number += 1
                    self._lines.append([f"SO-{first_day(month):%y%m}-{number:05d}", 10, *line])
        book = company.open_orders(self.current)
        opened = [[f"SB-{first_day(self.current):%y%m}-{k:05d}", 10, *line] for k, line in enumerate(book, 1)]
        return [*self._lines, *opened]

    def _lots(self) -> list[list[Any]]:
        """What production and sales left, one lot of each item."""
        company, month = self.company, self.current - 1
        received, place = last_day(month) - timedelta(12), company.facts["company"]["locations"][0]
        lots = []
        for code, units in self._stock.items():
            parts = {item: int(units * share) for item, share in company.shares(code, month).items()}
            parts[next(iter(parts))] += units - sum(parts.values())
            lots += [[i, code, place, n, company.cost[i], received] for i, n in parts.items() if n]
        return lots


def _within(wanted: dict[str, int], available: int) -> dict[str, int]:
    """Sales cut down to what there is."""
    total = sum(wanted.values())
    if total <= available:
        return wanted
    cut = {item: math.floor(units * available / total) for item, units in wanted.items()}
    return {item: units for item, units in cut.items() if units}
