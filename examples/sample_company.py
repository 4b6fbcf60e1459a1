"""A believable sample company as the extracts of its systems: generated data, the same bytes for a seed.

Run ``python examples/sample_company.py FOLDER [--seed N] [--dirty]``, or call :func:`build`. What is typed
in by hand (families, items, resources, campaigns, words) stands in ``sample_company_facts.toml``; what
follows from it (sales, orders, stock, capacity, budget, earlier plans) is calculated here.

Only ``Generator.random`` is drawn from and only plain arithmetic is done with it: neither the other
distributions of numpy nor the logarithms of a C library promise the same digits everywhere.
"""

from __future__ import annotations

import argparse
import csv
import math
import tomllib
from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

FACTS = Path(__file__).with_name("sample_company_facts.toml")
HISTORY, HORIZON, BUDGETED = 48, 18, 26
CURRENT = HISTORY  # months count from 0 = 2022-11; the current one is 2026-11
PLANNED = range(CURRENT, CURRENT + HORIZON + 1)
CYCLES, SNAPSHOT = 12, 6
MAPPING = "sample_company.toml"

#: Rows that ``build(..., dirty=True)`` adds: table, what is wrong, and the values by workbook header.
DIRTY: tuple[tuple[str, str, dict[str, object]], ...] = (
    ("tblSales", "text in a quantity", {"Bucket": "2026-10-31", "Item": "ESP-01", "Quantity": "see note"}),
    ("tblSales", "impossible date", {"Bucket": "2026-02-30", "Item": "ESP-01", "Quantity": 120}),
    ("tblSales", "unknown item", {"Bucket": "2026-10-31", "Item": "XXX-99", "Quantity": 12}),
    (
        "tblItems",
        "negative price",
        {"Item": "ESP-90", "Family": "ESPRESSO", "Name": "Sample bag", "Price": -1.5},
    ),
    ("tblItems", "missing family", {"Item": "ESP-91", "Name": "Unassigned blend", "Price": 80.0}),
    (
        "tblItems",
        "duplicate",
        {"Item": "ESP-01", "Family": "ESPRESSO", "Name": "Espresso Classico", "Price": 92.4},
    ),
)


def first_day(month: int) -> date:
    """First day of a month of the sample: 0 is 2022-11."""
    return date(2022 + (month + 10) // 12, (month + 10) % 12 + 1, 1)


def last_day(month: int) -> date:
    """Last day of a month of the sample; it names the bucket."""
    return first_day(month + 1) - timedelta(1)


def month_of(text: str | date) -> int:
    """Number of a month given as ``2026-11`` or as a day in it."""
    year, month = (text.year, text.month) if isinstance(text, date) else map(int, text.split("-"))
    return (year - 2022) * 12 + month - 11


class Company:
    """The sample company for one seed: facts, demand model, and the rows of every extract.

    Args:
        only: families to keep; all of them where empty.
    """

    def __init__(self, seed: int = 2026, only: Collection[str] = ()) -> None:
        with FACTS.open("rb") as file:
            self.facts: dict[str, Any] = tomllib.load(file)
        if only:
            _keep(self.facts, only)
        self.random = np.random.Generator(np.random.PCG64(seed)).random
        self.families: dict[str, dict[str, Any]] = {f["code"]: f for f in self.facts["family"]}
        self.items: dict[str, list[str]] = {
            code: [f"{f['prefix']}-{k:02d}" for k in range(1, len(f["items"]) + 1)]
            for code, f in self.families.items()
        }
        self.rows: dict[str, list[list[object]]] = {name: [] for name in self.facts["extract"]}
        self.sold: dict[str, dict[int, int]] = {}  # units by item and month
        self.worth: dict[str, list[float]] = {
            code: [] for code in self.families
        }  # value of the last 12 months
        self.opening: dict[str, int] = {}
        self.frozen: dict[str, int] = {}
        # The order matters: each system builds on those before it and draws its random numbers in turn.
        self._items()
        self._sales()
        self._calendar()
        self._production()
        self._stock()
        self._orders()
        self._families()
        self._resources()
        self._budget()
        self._notes()
        self._snapshots()

    def normal(self) -> float:
        """A number of mean 0 and variance 1, close to the normal distribution: twelve draws less six."""
        return math.fsum(float(self.random()) for _ in range(12)) - 6.0

    def pick(self, count: int) -> int:
        """A whole number from 0 to ``count`` − 1."""
        return int(float(self.random()) * count)

    # ---- the demand model ------------------------------------------------------------------------------

    def expected(self, code: str, month: int) -> float:
        """Expected demand of a family in units: trend × season × events; also what the future will be."""
        family = self.families[code]
        trend = family["volume"] * (1.0 + family["growth"] * (month - HISTORY + 1) / 12.0)
        units = trend * family["season"][first_day(month).month - 1]
        added = 0.0
        for event_family, when, _, quantity, factor, _, _ in self.facts["events"]["rows"]:
            if event_family == code and month_of(when) == month:
                units *= factor or 1.0
                added += quantity or 0.0
        return float(units + added)

    def working_days(self, month: int) -> list[date]:
        """Days worked in a month, after weekends and holidays."""
        free = set()
        for easter in self.facts["company"]["easter"]:  # Good Friday, Easter Monday, Ascension, Whit Monday
            free |= {easter + timedelta(days) for days in (-2, 1, 39, 50)}
        fixed = self.facts["company"]["holidays"]
        days = [first_day(month) + timedelta(i) for i in range(last_day(month).day)]
        return [d for d in days if d.weekday() < 5 and d not in free and d.strftime("%m-%d") not in fixed]

    def shares(self, code: str, month: int) -> dict[str, float]:
        """Share of each item sold in a month: few are big, many are small; launches ramp up."""
        weights = {}
        for k, item in enumerate(self.items[code], 1):
            life = self.facts["life"].get(item, {})
            since = month - month_of(life["launch"]) if "launch" in life else 99
            left = month_of(life["phase_out"]) - month if "phase_out" in life else 99
            if since >= 0 and left >= 0:
                ramp = (
                    (0.35, 0.6, 0.85)[since]
                    if since < 3
                    else (0.4 if left == 0 else 0.7 if left == 1 else 1.0)
                )
                weights[item] = ramp / (k * (1.0 + k / 6.0))
        total = math.fsum(weights.values())
        return {item: weight / total for item, weight in weights.items()}

    # ---- the systems, one after the other --------------------------------------------------------------

    def _items(self) -> None:
        self.price: dict[str, float] = {}
        self.cost: dict[str, float] = {}
        for code, family in self.families.items():
            for item, (name, price) in zip(self.items[code], family["items"], strict=True):
                life = self.facts["life"].get(item, {})
                self.price[item] = price
                self.cost[item] = round(price * family["cost"] * (0.96 + 0.08 * float(self.random())), 2)
                status = life.get("status", "active")
                dates = [life.get("launch"), life.get("phase_out"), life.get("like")]
                self._add("tblItems", item, code, name, price, self.cost[item], *dates, status)

    def _sales(self) -> None:
        promoted = {(e[0], month_of(e[1])) for e in self.facts["events"]["rows"] if e[2] == "promotion"}
        for code in self.families:
            for month in range(HISTORY):
                level = 1.0 - 0.03 * ((HISTORY - 1 - month) // 12)  # prices rose by 3 % a year
                level *= 0.95 if (code, month) in promoted else 1.0
                for item, units in self.demand(code, month).items():
                    self.sold.setdefault(item, {})[month] = units
                    for region, quantity, price in self.regions(code, item, units):
                        value = round(quantity * self.price[item] * level * price, 2)
                        self._add("tblSales", last_day(month), item, region, quantity, value)
                        if month >= HISTORY - 12:
                            self.worth[code].append(value)

    def demand(self, code: str, month: int) -> dict[str, int]:
        """Units of each item sold in a month; the intermittent family sells in some months only."""
        family, shares = self.families[code], self.shares(code, month)
        level = self.expected(code, month) * (1.0 + family["noise"] * self.normal())
        if "intermittent" in family:
            level = self._lumps(family, month)
            wanted = {item: share for item, share in shares.items() if float(self.random()) < 0.45}
            shares = {item: share / math.fsum(wanted.values()) for item, share in wanted.items()}
        units = {i: round(level * share * (1.0 + 0.09 * self.normal())) for i, share in shares.items()}
        return {item: quantity for item, quantity in units.items() if quantity > 0}

    def _lumps(self, family: dict[str, Any], month: int) -> float:
        """Demand of the intermittent family: a year's volume in the months that sell at all."""
        if month % 12 == 0:
            order = sorted(range(12), key=[float(self.random()) for _ in range(12)].__getitem__)
            active = order[: round(12 * family["intermittent"]) + self.pick(3) - 1]
            sizes = {k: 0.3 + 1.4 * float(self.random()) for k in active}
            each = 12 * family["volume"] * (1.0 + 0.04 * self.normal()) / math.fsum(sizes.values())
            self.lumps = [each * sizes.get(k, 0.0) for k in range(12)]
        return self.lumps[month % 12]

    def regions(self, code: str, item: str, units: int) -> list[tuple[str, int, float]]:
        """Split an item's units: the bigger items sell everywhere, the smaller ones in one region."""
        regions, place = self.facts["company"]["regions"], self.items[code].index(item)
        if place >= 5 or units < 12 or "intermittent" in self.families[code]:
            name, _, price = regions[place % 3]
            return [(name, units, price)]
        parts = [round(units * share * (1.0 + 0.06 * self.normal())) for _, share, _ in regions[1:]]
        quantities = [units - sum(parts), *parts]
        return [(r[0], q, r[2]) for r, q in zip(regions, quantities, strict=True) if q > 0]

    def family_sold(self, code: str, month: int) -> int:
        """Units of a family sold in a closed month."""
        return sum(self.sold.get(item, {}).get(month, 0) for item in self.items[code])

    def _calendar(self) -> None:
        for month in range(month_of("2025-11"), month_of("2028-06") + 1):
            self._add("tblCalendar", last_day(month), len(self.working_days(month)))

    def _target(self, code: str, month: int, days: float) -> float:
        return days * self.expected(code, month) / len(self.working_days(month))

    def _production(self) -> None:
        """Production that leads from the sales to the opening inventory; plans it was measured against."""
        for code, family in self.families.items():
            end = round(self._target(code, CURRENT, family["opening_days"]))
            sold = [self.family_sold(code, month) for month in range(HISTORY - 12, HISTORY)]
            if family["strategy"] == "LEVEL":
                made = [round(sum(sold) / 12 * (1.0 + 0.015 * self.normal())) for _ in sold]
            elif family["make"] == "MTO":
                made = sold
            else:
                made, stock = [], self._target(code, HISTORY - 13, family["target_days"])
                for k, units in enumerate(sold):
                    goal = self._target(code, HISTORY - 12 + k, family["target_days"]) * (
                        1 + 0.08 * self.normal()
                    )
                    goal += max(0, k - 7) / 4 * (end - goal)  # the last four months lead to the opening
                    made.append(max(0, round(units + goal - stock)))
                    stock += made[-1] - units
                end = round(stock)
            self.opening[code] = end
            for k, units in enumerate(made):
                ratio = min(1.05, max(0.86, 0.962 + 0.04 * self.normal()))
                self._add("tblProduction", last_day(HISTORY - 12 + k), code, round(units / ratio), units)
            self.frozen[code] = round(self.expected(code, CURRENT) * family["frozen"])
            self._add("tblProduction", last_day(CURRENT), code, self.frozen[code], None)

    def _stock(self) -> None:
        locations = self.facts["company"]["locations"]
        for code, family in self.families.items():
            if not self.opening[code]:
                continue
            left, (young, old) = self.opening[code], family["ages"]
            lots: list[tuple[str, int, int]] = []  # item, units, days since receipt
            for item in self.items[code]:
                if self.facts["life"].get(item, {}).get("status") == "obsolete":
                    lots.append((item, round(self.opening[code] * 0.02), 330 + self.pick(70)))
            left -= sum(units for _, units, _ in lots)
            shares = self.shares(code, HISTORY - 1)
            parts = {item: int(left * share) for item, share in shares.items()}
            parts[self.items[code][0]] += left - sum(parts.values())
            for item, units in parts.items():
                places = 1 + self.pick(3) if units >= 30 else 1
                cuts = [units // places] * (places - 1)
                ages = sorted(young + self.pick(old - young + 1) for _ in range(places))
                lots += [(item, q, age) for q, age in zip([units - sum(cuts), *cuts], ages, strict=True)]
            for k, (item, units, age) in enumerate(lots):
                place = locations[2] if age > 320 else locations[k % 2]
                received = last_day(HISTORY - 1) - timedelta(age)
                if units:
                    self._add("tblStock", item, code, place, units, self.cost[item], received)

    def _orders(self) -> None:
        """Order lines that add up to the sales of six months, and the order book still open."""
        lines: list[list[Any]] = []
        for code in self.families:
            for month in range(HISTORY - 6, HISTORY):
                for item in self.items[code]:
                    lines += self.delivered(code, item, month, self.sold.get(item, {}).get(month, 0))
        self.backlog = {
            code: self._book(code, family.get("opening_backlog_weeks", 0))
            for code, family in self.families.items()
        }
        lines += self.open_orders(CURRENT)
        lines.sort(key=lambda line: (line[2], line[0], line[3], line[6]))
        number, position, day = 0, 0, None
        for line in lines:
            position = position + 10 if line[2] == day and position < 40 and self.pick(3) else 10
            number += position == 10
            day = line[2]
            self._add("tblOrders", f"SO-26-{number:05d}", position, *line)

    def delivered(self, code: str, item: str, month: int, units: int) -> list[list[Any]]:
        share = self.shares(code, month).get(item, 0.0)
        count = min(units, 2 + int(share * 40)) if code != "PARTS" else min(units, 3)
        if count == 0:
            return []
        weights = [0.5 + float(self.random()) for _ in range(count)]
        total, days = math.fsum(weights), self.working_days(month)
        parts = [1 + int((units - count) * weight / total) for weight in weights]
        parts[0] += units - sum(parts)
        lines = []
        for quantity in parts:
            start = self.pick(len(days) - 3)
            shipped, delivered = days[start], days[start + 1 + self.pick(3)]
            late = float(self.random()) < self.families[code].get("late", 0.06)
            promised = _weekday(
                delivered + timedelta(-1 - self.pick(9) if late else self.pick(4)), -1 if late else 1
            )
            short = float(self.random()) < 0.05
            ordered = quantity + (
                max(1, round(quantity * (0.04 + 0.2 * float(self.random())))) if short else 0
            )
            asked = _weekday(min(shipped, promised) - timedelta(self._lead(code)), -1)
            value = round(ordered * self.price[item], 2)
            lines.append([item, code, asked, promised, shipped, delivered, ordered, quantity, value])
        return lines

    def _lead(self, code: str) -> int:
        return 32 + self.pick(18) if self.families[code]["make"] == "MTO" else 3 + self.pick(12)

    def _book(self, code: str, weeks: float) -> int:
        """Units on order that so many weeks of demand are."""
        return round(self.expected(code, CURRENT) * weeks * 7 / 30)

    def open_orders(self, current: int) -> list[list[Any]]:
        """Lines not shipped: a few overdue, the rest to come; those of the MTO family are its backlog."""
        lines: list[list[Any]] = []
        for code, family in self.families.items():
            shares = self.shares(code, current)
            book, booked, number = self.backlog[code], 0, 0
            while booked < book if book else number < 9:
                item = self.items[code][self.pick(len(shares))]
                if item not in shares:
                    continue
                overdue = number < (6 if code == "CAPSULES" else 1)
                offset = -2 - self.pick(20) if overdue else 1 + self.pick(7 * 6 if book else 24)
                promised = _weekday(first_day(current) + timedelta(offset), -1 if overdue else 1)
                quantity = 1 + self.pick(7) if book else 4 + self.pick(max(3, family["volume"] // 60))
                quantity = min(quantity, book - booked) if book else quantity
                asked = min(
                    promised - timedelta(self._lead(code)), last_day(current - 1) - timedelta(self.pick(12))
                )
                value = round(quantity * self.price[item], 2)
                lines.append([item, code, _weekday(asked, -1), promised, None, None, quantity, None, value])
                booked += quantity
                number += 1
        return lines

    def _families(self) -> None:
        self.average: dict[str, tuple[float, float]] = {}
        for code, f in self.families.items():
            units = {i: sum(self.sold.get(i, {}).get(m, 0) for m in range(36, 48)) for i in self.items[code]}
            total = sum(units.values())
            price = round(math.fsum(self.worth[code]) / total, 2)
            cost = round(math.fsum(self.cost[i] * q for i, q in units.items()) / total, 2)
            self.average[code] = price, cost
            days = f["target_days"] if f["make"] == "MTS" else None
            terms = [f["strategy"], days, f.get("target_backlog_weeks"), f["service"], price, cost]
            backlog = self.backlog[code] or None
            names = code, f["name"], f["unit"], f["make"]
            self._add("tblFamilies", *names, *terms, backlog, *f["stored"], *f["owners"])

    def plan(self, code: str, chase: bool, frozen: bool) -> list[float]:
        """Production of a family by plain chase, or as its strategy asks; calibrates the capacity.

        Args:
            code: the family.
            chase: make what is demanded, whatever the strategy.
            frozen: the current month makes what was firmly planned.
        """
        family, demand = self.families[code], [self.expected(code, month) for month in PLANNED]
        if chase or family["strategy"] == "CHASE":
            made = list(demand)
            if not chase:
                weeks = family.get("opening_backlog_weeks", 0) - family.get("target_backlog_weeks", 0)
                made[int(frozen)] += weeks * family["volume"] * 7 / 30
        elif family["strategy"] == "LEVEL":
            ending = self._target(code, PLANNED[-1], family["target_days"])
            made = [(math.fsum(demand) + ending - self.opening[code]) / len(demand)] * len(demand)
        else:
            made, stock = [], float(self.opening[code])
            for k, month in enumerate(PLANNED):
                wanted = max(0.0, demand[k] + self._target(code, month, family["target_days"]) - stock)
                made.append(float(self.frozen[code]) if frozen and k == 0 else wanted)
                stock += made[k] - demand[k]
        return made

    def load(self, resource: dict[str, Any], chase: bool = True, frozen: bool = False) -> list[float]:
        """Load of a resource by planned month, in its unit; what falls before the horizon is left out."""
        load = [0.0] * len(PLANNED)
        for offset, bill in ((0, resource["bill"]), (1, resource.get("earlier", {}))):
            for code, each in bill.items():
                for k, units in enumerate(self.plan(code, chase, frozen)[offset:]):
                    load[k] += units * each
        return load

    def _resources(self) -> None:
        for resource in self.facts["resource"]:
            code = resource["code"]
            days = [float(len(self.working_days(month))) for month in PLANNED]
            start, factor = resource.get("more", [first_day(999), 1.0])
            for k, month in enumerate(PLANNED):
                days[k] *= resource.get("temps", 1.0) if first_day(month).month >= 10 else 1.0
                days[k] *= factor if first_day(month) >= start else 1.0
            plans = [
                self.load(resource, True),
                self.load(resource, False, False),
                self.load(resource, False, True),
            ]
            busiest = max(units / day for load in plans for units, day in zip(load, days, strict=True))
            hours = [round(busiest / resource["peak"] * day) for day in days]
            (overtime, rate), (outside, price) = resource["overtime"], resource["subcontract"]
            help_ = [round(overtime * min(hours)), rate, round(outside * min(hours)), price]
            names = [code, resource["kind"], resource["name"], resource["unit"]]
            self._add("tblResources", *names, *help_)
            for month, available in zip(PLANNED, hours, strict=True):
                self._add("tblCapacity", code, last_day(month), available, round(available * 0.98))
            for offset, bill in ((0, resource["bill"]), (1, resource.get("earlier", {}))):
                for family, each in bill.items():
                    self._add("tblBill", family, code, each, offset)

    def _budget(self) -> None:
        for code, family in self.families.items():
            price, cost = self.average[code]
            for month in range(CURRENT, CURRENT + BUDGETED):
                units = round(self.expected(code, month) * family["budget"])
                money = round(units * price, 2), round(units * (price - cost), 2)
                self._add("tblBudget", code, last_day(month), units, *money)

    def _notes(self) -> None:
        for name, family, region, month, units, probability in self.facts["pipeline"]["rows"]:
            self._add("tblPipeline", name, family, region, first_day(month_of(month)), units, probability)
        for family, month, *rest in self.facts["events"]["rows"]:
            self._add("tblEvents", family, first_day(month_of(month)), *rest)
        for k, (family, start, end, *rest) in enumerate(self.facts["assumptions"]["rows"], 1):
            self._add(
                "tblAssumptions", f"A{k}", family, first_day(month_of(start)), last_day(month_of(end)), *rest
            )
        for k, (title, owner, start, *rest) in enumerate(self.facts["initiatives"]["rows"], 1):
            self._add("tblInitiatives", f"S{k}", title, owner, first_day(month_of(start)), *rest)

    def _snapshots(self) -> None:
        """Plans published in earlier cycles, with errors that grow with the age of the forecast."""
        for code, family in self.families.items():
            first, price = CURRENT - CYCLES, self.average[code][0]
            truth = {
                m: float(self.family_sold(code, m))
                if m < CURRENT and family["wmape"]
                else self.expected(code, m)
                for m in range(first, CURRENT + SNAPSHOT)
            }
            shock = {month: self.normal() for month in truth}
            raw = {
                (v, lag): (0.75, 1.0, 1.15, 1.3, 1.45, 1.6)[lag]
                * (0.9 * shock[v + lag] + 0.35 * self.normal())
                for v in range(first, CURRENT)
                for lag in range(SNAPSHOT)
            }
            closed = [v for v in range(first, CURRENT) if v + 1 < CURRENT]
            missed = math.fsum(abs(raw[v, 1]) * truth[v + 1] for v in closed)
            scale = (family["wmape"] or 0.1) * math.fsum(truth[v + 1] for v in closed) / missed
            for v in range(first, CURRENT):
                for lag in range(SNAPSHOT):
                    error = scale * raw[v, lag]
                    other = error * family["baseline"] + 0.2 * scale * self.normal()
                    for measure, wrong in (("consensus_demand", error), ("baseline_forecast", other)):
                        units = round(truth[v + lag] * max(0.4, 1.0 + wrong))
                        key = [first_day(v).strftime("%Y-%m"), measure, code, last_day(v + lag)]
                        self._add("tblPlan", *key, units, round(units * price, 2))

    def _add(self, table: str, *values: object) -> None:
        self.rows[table].append(list(values))


def _keep(facts: dict[str, Any], families: Collection[str]) -> None:
    """Leave out all families but some, with what belongs to the others alone."""
    facts["family"] = [family for family in facts["family"] if family["code"] in families]
    for table, place in (("events", 0), ("pipeline", 1), ("assumptions", 0)):
        facts[table]["rows"] = [row for row in facts[table]["rows"] if row[place] in ("", *families)]
    for resource in facts["resource"]:
        for bill in ("bill", "earlier"):
            kept = {code: each for code, each in resource.get(bill, {}).items() if code in families}
            resource[bill] = kept
    facts["resource"] = [resource for resource in facts["resource"] if resource["bill"]]


def _weekday(day: date, step: int) -> date:
    """The day itself, or the nearest weekday before (−1) or after it (1)."""
    while day.weekday() > 4:
        day += timedelta(step)
    return day


def build(folder: Path, seed: int = 2026, *, dirty: bool = False) -> Path:
    """Write the extracts of the sample company and the mapping that loads them.

    Args:
        folder: where to write; made if missing, files of the same names are replaced.
        seed: the same seed gives the same bytes.
        dirty: add the rows of :data:`DIRTY`, which an import has to reject.

    Returns:
        Path of the mapping, ``sample_company.toml``.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as place:
    ...     build(Path(place)).name
    'sample_company.toml'
    """
    company = Company(seed)
    rows = dict(company.rows)
    for name, _, row in DIRTY if dirty else ():
        rows[name] = [*rows[name], [row.get(header) for header in company.facts["extract"][name]["columns"]]]
    return write(Path(folder), company, rows, CURRENT)


def write(
    folder: Path,
    company: Company,
    rows: Mapping[str, Sequence[Sequence[object]]],
    current: int,
    modes: Mapping[str, str] = MappingProxyType({}),
    headers: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> Path:
    """Write extracts and the mapping that loads them; returns the mapping.

    Args:
        rows: table -> rows of its extract.
        current: the month that the mapping makes the current one.
        modes: how a table is loaded, ``replace`` where nothing is said.
        headers: workbook headers of the rows, where an extract holds only some of its columns.
    """
    facts, label = company.facts["company"], company.facts["company"]["label"]
    extracts = {}
    for table in rows:
        extract = company.facts["extract"][table]
        kept = headers.get(table, tuple(extract["columns"]))
        extracts[table] = {**extract, "columns": {header: extract["columns"][header] for header in kept}}
        path = folder / extract["path"]
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, delimiter=";", lineterminator="\n")
            writer.writerow([*extracts[table]["columns"].values(), "ORIGIN"])
            writer.writerows([*row, label] for row in rows[table])
    mapping = folder / MAPPING
    mapping.write_text(_mapping(facts, extracts, current, modes), encoding="utf-8", newline="\n")
    return mapping


def _mapping(
    facts: dict[str, Any], extracts: dict[str, dict[str, Any]], current: int, modes: Mapping[str, str]
) -> str:
    lines = [
        f"# Mapping of {facts['name']}: {facts['label']}.",
        "# Left: the header in the workbook. Right: the column of the extract.",
        "",
        "[home]",
        f'Home_Company = "{facts["name"]}"',
        f'Home_Cycle = "{first_day(current):%Y-%m}"',
        f"Home_FirstBucket = {first_day(current).isoformat()}",
        f'Home_Currency = "{facts["currency"]}"',
        "",
        "[source]",
        'encoding = "utf-8"',
        'separator = ";"',
        'dates = ["%Y-%m-%d"]',
    ]
    for table, extract in extracts.items():
        lines += ["", "[[table]]", f'name = "{table}"', f'mode = "{modes.get(table, "replace")}"']
        lines += [f'source = {{ path = "{extract["path"]}" }}']
        lines += ["", "[table.columns]"]
        lines += [f'"{header}" = "{source}"' for header, source in extract["columns"].items()]
        lines += [f'"{h}" = {{ constant = "{text}" }}' for h, text in extract.get("constants", {}).items()]
    return "\n".join(lines) + "\n"


def main(arguments: list[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description="Write the sample company (generated data) as CSV extracts.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--dirty", action="store_true", help="add a few rows that an import must reject")
    options = parser.parse_args(arguments)
    print(build(options.folder, options.seed, dirty=options.dirty))


if __name__ == "__main__":
    main()
