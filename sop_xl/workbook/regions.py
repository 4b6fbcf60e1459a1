"""Regions and channels: read from the sales, and their part of every family's demand written to Regions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xlwings as xw

from sop_xl.buckets import Horizon
from sop_xl.model import NO_REGION, Array, Plan, Regions
from sop_xl.workbook.codes import Codes, Tables, key_of
from sop_xl.workbook.formulas import Grid, cell, quoted
from sop_xl.workbook.gather import sold_by
from sop_xl.workbook.read import Workbook
from sop_xl.workbook.styles import style
from sop_xl.workbook.write import head_list, or_blank, plain, set_style

LABELS = ("Family", "Region/channel", "Unit")
PRICE = "Price"
#: What stands for all families and all regions.
ALL_FAMILIES, ALL_REGIONS = "All families", "All regions"
NOTHING = "The sales name no regions: there is nothing to split."

#: Tells the host the calculated values of formulas that were just written.
Remember = Callable[[xw.Range, list[list[Any]]], None]


def regions_of(given: Tables, horizon: Horizon) -> Regions:
    """Where the families of the workbook sell; the tables must have passed their checks.

    Empty where the sales of the history differ in no region. A family without sales has one row, of no region.
    """
    sales, codes = given["tblSales"], Codes(given)
    names: dict[str, str] = {}
    rows: dict[tuple[int, str], int] = {}
    owners = []
    for family, name in zip(codes.of_rows(sales), sales["Region/channel"], strict=True):
        key = key_of(name)
        names.setdefault(key, str(name or ""))
        owners.append(-1 if family < 0 else rows.setdefault((family, key), len(rows)))
    history, _ = sold_by(owners, len(rows), sales, horizon)
    sold = (np.nan_to_num(history) != 0).any(axis=1)
    kept = [place for place, row in rows.items() if sold[row]]
    if len({key for _, key in kept}) < 2:
        return Regions()
    selling = {family for family, _ in kept}
    silent = [(family, "") for family in range(len(codes.family)) if family not in selling]
    blank = np.full((1, history.shape[1]), np.nan)
    # Sales that name no region come last.
    order = sorted([*kept, *silent], key=lambda place: (place[0], place[1] == "", place[1]))
    return Regions(
        names=tuple(names.get(key, "") for _, key in order),
        family=np.array([family for family, _ in order], dtype=np.intp),
        history=np.concatenate([history[[rows[place]]] if place in rows else blank for place in order]),
    )


@dataclass(frozen=True)
class _Line:
    """One row: its labels, what is written into the buckets, the numbers it comes to, how it looks, its price."""

    labels: tuple[str, str, str]
    written: Sequence[Any]
    numbers: Sequence[float]
    role: str
    format: str
    price: tuple[str | None, float] = (None, np.nan)


def write_regions(
    workbook: Workbook, plan: Plan, regions: Regions, shares: Array, demand: Grid, remember: Remember
) -> None:
    """Write the demand of every family by region: closed buckets as sold, planned ones consensus x share.

    Args:
        shares: part of each region in its family's demand, (family regions, planned).
        demand: where the planning view Demand stands.
    """
    horizon = plan.given.horizon
    top = head_list(workbook, "Regions", (*LABELS, PRICE), horizon.buckets, horizon)
    sheet, row, column, width = top.sheet, top.row, top.column, top.shape[1]
    first = column + len(LABELS) + 1
    page = _Page(plan, regions, shares, demand, row + 1, column)
    nothing = _Line((NOTHING, "", ""), [None] * len(horizon.buckets), [], "data", "qty")
    lines = page.lines() if len(regions) else [nothing]
    body = sheet.range((row + 1, column), (row + len(lines), column + width - 1))
    body.value = [[*map(plain, line.labels), line.price[0], *line.written] for line in lines]
    if len(regions):
        cells = sheet.range((row + 1, first - 1), (row + len(lines), column + width - 1))
        remember(
            cells,
            [[or_blank(number) for number in (line.price[1], *line.numbers)] for line in lines],
        )
    for i, line in enumerate(lines, start=row + 1):
        _style(sheet, i, column, first, column + width - 1, horizon.past, line)
    workbook.rename("Regions_Data", body)


def _style(sheet: xw.Sheet, row: int, column: int, first: int, last: int, past: int, line: _Line) -> None:
    if line.role == "section":
        set_style(sheet.range((row, column), (row, column)), "SOP section")
        return
    label = "SOP label total" if line.role == "total" else "SOP label"
    quiet = "SOP entity total" if line.role == "total" else "SOP entity"
    set_style(sheet.range((row, column)), quiet)
    set_style(sheet.range((row, column + 1)), label)
    set_style(sheet.range((row, column + 2)), quiet)
    priced = line.price[0] is not None
    set_style(sheet.range((row, column + 3)), style(line.role, "number") if priced else quiet)
    before = "total" if line.role == "total" else "data"
    for start, end, role in ((first, first + past - 1, before), (first + past, last, line.role)):
        if end >= start:
            set_style(sheet.range((row, start), (row, end)), style(role, line.format))


class _Page:
    """The lines of the sheet: money by region, units by family and region, and shares."""

    def __init__(
        self, plan: Plan, regions: Regions, shares: Array, demand: Grid, top: int, column: int
    ) -> None:
        self.plan, self.regions, self.shares, self.demand = plan, regions, shares, demand
        self.column, self.first = column, column + len(LABELS) + 1
        past = plan.given.horizon.past
        self.past = past
        sold = regions.history[:, regions.history.shape[1] - past :]
        ahead = plan.consensus_demand[regions.family] * shares if len(regions) else shares
        self.units = np.concatenate([sold, ahead], axis=1)
        self.names = list(dict.fromkeys(name for name in regions.names if name))
        if "" in regions.names:
            self.names.append("")
        self.names.sort(key=lambda name: (name == "", name.lower()))
        # Rows of the sheet: total and regions in money, a gap and a title, units, a gap and a title, shares.
        self.money_row = top
        self.units_row = top + 1 + len(self.names) + 2
        heads = np.unique(regions.family)
        self.shares_row = self.units_row + len(regions) + len(heads) + 2
        self.row_of = self.units_row + np.arange(len(regions)) + np.searchsorted(heads, regions.family) + 1

    def lines(self) -> list[_Line]:
        """All rows of the sheet, from the top."""
        width = self.units.shape[1]
        gap = _Line(("", "", ""), [None] * width, [np.nan] * width, "section", "qty")
        units = _Line(("Demand in units", "", ""), gap.written, gap.numbers, "section", "qty")
        parts = _Line(("Share of the family's demand", "", ""), gap.written, gap.numbers, "section", "qty")
        return [*self._money(), gap, units, *self._units(), gap, parts, *self._shares()]

    def _money(self) -> list[_Line]:
        """Value at price of every region over all families."""
        price = np.nan_to_num(self.plan.given.of_families("price"))
        value = np.nan_to_num(self.units) * price[self.regions.family][:, None]
        lines = []
        labels, prices = self._span(self.column + 1), self._span(self.first - 1)
        for i, name in enumerate([None, *self.names]):
            mine = (
                [True] * len(value)
                if name is None
                else [key_of(one) == key_of(name) for one in self.regions.names]
            )
            label = cell(self.money_row + i, self.column + 1, fixed_column=True)
            written = [
                f"=SUMPRODUCT(({labels}={label})*{prices}*{self._span(self.first + j, fixed_column=False)})"
                for j in range(value.shape[1])
            ]
            role = "total" if name is None else "calc"
            names = ALL_FAMILIES, ALL_REGIONS if name is None else name or NO_REGION, "money"
            lines.append(_Line(names, written, value[mine].sum(axis=0).tolist(), role, "money"))
        return lines

    def _span(self, column: int, fixed_column: bool = True) -> str:
        first, last = self.units_row, self.shares_row - 3
        top, bottom = (cell(row, column, fixed_row=True, fixed_column=fixed_column) for row in (first, last))
        return f"{top}:{bottom}"

    def _units(self) -> list[_Line]:
        """Every family, the sum of its regions; each of them consensus x share."""
        lines: list[_Line] = []
        for family in dict.fromkeys(self.regions.family.tolist()):
            mine = np.flatnonzero(self.regions.family == family)
            code, unit = self.plan.given.families[family].code, self.plan.given.families[family].unit
            sums = [
                f"=SUM({cell(int(self.row_of[mine[0]]), column)}:{cell(int(self.row_of[mine[-1]]), column)})"
                for column in range(self.first, self.first + self.units.shape[1])
            ]
            totals = np.nan_to_num(self.units[mine]).sum(axis=0).tolist()
            price = float(np.nan_to_num(self.plan.given.families[family].price))
            lines.append(
                _Line((code, ALL_REGIONS, unit), sums, totals, "total", "qty", self._price(len(lines), price))
            )
            for region in mine:
                numbers = self.units[region].tolist()
                written: list[Any] = [or_blank(number) for number in numbers[: self.past]]
                written += [self._demand(code, int(region), t) for t in range(self.shares.shape[1])]
                names = code, self.regions.names[region] or NO_REGION, unit
                lines.append(_Line(names, written, numbers, "calc", "qty", self._price(len(lines), price)))
        return lines

    def _price(self, place: int, price: float) -> tuple[str, float]:
        """The price of the family that stands in a row of the units."""
        family = cell(self.units_row + place, self.column, fixed_column=True)
        return f"=SUMIFS(tblFamilies[Price],tblFamilies[Family],{family})", price

    def _demand(self, family: str, region: int, bucket: int) -> str:
        row, column = self.demand.rows[family, "consensus_demand"], self.demand.planned[bucket]
        share = cell(self.shares_row + region, self.first + self.past + bucket)
        return f"={quoted(self.demand.sheet)}!{cell(row, column)}*{share}"

    def _shares(self) -> list[_Line]:
        """What each region sells of its family; of closed buckets, what it sold."""
        sold = np.nan_to_num(self.units[:, : self.past])
        whole = np.zeros((len(self.plan.given.families), self.past))
        np.add.at(whole, self.regions.family, sold)
        below = whole[self.regions.family]
        before = np.where(below != 0, sold / np.where(below != 0, below, 1.0), np.nan)
        lines = []
        for region, numbers in enumerate(np.concatenate([before, self.shares], axis=1)):
            written = [or_blank(number) for number in numbers]
            code = self.plan.given.families[self.regions.family[region]].code
            names = code, self.regions.names[region] or NO_REGION, "share"
            lines.append(_Line(names, written, numbers.tolist(), "data", "ratio"))
        return lines
