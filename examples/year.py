"""A year of monthly cycles on the sample company: what is done every month, and what goes wrong in some.

Run ``python3 dev.py run python examples/year.py FOLDER``. Every month loads what the one before left, looks at how good
the forecasts were, plans, types over the plan and says why, settles the gaps, has every step signed, and publishes.
During the year a step is sent back, one scenario of two becomes the plan, and a published plan is opened again.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from demo import free_folder
from sample_company import CURRENT, Company, last_day, write
from sample_months import Months

from sop_xl.commands import sign as signing
from sop_xl.commands import steps
from sop_xl.commands.apply_proposals import apply_proposals
from sop_xl.commands.load_actuals import load_actuals
from sop_xl.commands.monitor import monitor
from sop_xl.commands.new import new
from sop_xl.commands.outcome import Outcome
from sop_xl.commands.publish import Publication
from sop_xl.commands.scenarios import compare_scenarios, promote_scenario, save_scenario
from sop_xl.hosts.session import BookSession, open_book
from sop_xl.workbook import layout
from sop_xl.workbook.read import Workbook

MONTHS = 12
#: Who signs the steps 1 to 5.
SIGNERS = ("P. Sorensen", "A. Lindqvist", "R. Okafor", "H. Adeyemi", "E. Vance")
#: Months of the year, from 0, in which something happens that does not happen in every month.
REJECTED, SCENARIOS, PROMOTED, REOPENED, SKIPPED = 2, 3, 4, 5, 8
#: Buckets from the current one in which people type over the plan: not frozen, not firm.
SALES, MARKETING, PRODUCTION = 3, 5, 4


class Typed(NamedTuple):
    """A number that somebody typed over the plan."""

    row: str
    family: str
    bucket: date
    value: float
    reason: str


@dataclass(frozen=True)
class Published:
    """A version that was published.

    Attributes:
        version: its name.
        typed: what was typed over the plan for it.
        seconds: since the version before.
    """

    version: str
    typed: tuple[Typed, ...]
    seconds: float


class Year:
    """The year of one workbook.

    Args:
        folder: where the workbook and the extracts are made.
        only: families to plan; all of them where empty.
        say: told what happens.
    """

    def __init__(self, folder: Path, only: Sequence[str] = (), say: Callable[[str], object] = print) -> None:
        self.folder, self.say = folder, say
        self.workbook = folder / "sop.xlsx"
        self.company = Company(only=only)
        self.months = Months(self.company)
        self.families = list(self.company.families)
        self._typed: list[Typed] = []
        self._coming: dict[str, float] = {}
        self._started = time.perf_counter()

    def run(self) -> Iterator[Published]:
        """Live through the year; after every version that is published the caller may look around."""
        self.folder.mkdir(parents=True, exist_ok=True)
        new(self.workbook)
        mapping = write(self.folder / "extracts", self.company, self.company.rows, CURRENT)
        for number in range(MONTHS):
            yield from self._month(number, mapping)
            extracts = self.folder / "extracts" / f"{last_day(CURRENT + number):%Y-%m}"
            mapping = self.months.close(extracts, self._coming)
        self.say(f"\n{last_day(CURRENT + MONTHS):%Y-%m}: what became of the year")
        with open_book(self.workbook) as session:
            self._tell(load_actuals(session.book, mapping))
            self._tell(monitor(session.book))
            session.save(keep_read_values=True)

    def _month(self, number: int, mapping: Path) -> Iterator[Published]:
        self.say(f"\n{last_day(CURRENT + number):%Y-%m}")
        with open_book(self.workbook) as session:
            book = session.book
            self._tell(load_actuals(book, mapping), 0)
            if number:
                self._tell(monitor(book))
            else:
                Workbook.of(book).set_field("Home_SignOffs", "Y")
            self._tell(steps.forecast(book), 2)
            family = self.families[number % len(self.families)]
            self._type(
                book, "Demand", "sales_override", family, SALES, 1.04, "The biggest customer orders earlier"
            )
            self._type(book, "Demand", "marketing_override", family, MARKETING, 0.97, "Fewer shops take part")
            self._plan(book)
            if number == SCENARIOS:
                self._save_scenarios(book)
            if number == PROMOTED:
                self._tell(promote_scenario(book, "More demand", by=SIGNERS[4]))
            self._settle(book)
            self._sign(book, number)
            yield self._publish(session)
        if number == REOPENED:
            yield self._reopened()

    def _reopened(self) -> Published:
        """New facts after the plan was published: another version of the same cycle."""
        with open_book(self.workbook) as session:
            book, why = session.book, "A tender was won the day after"
            self._tell(signing.sign(book, "reopen", "2", SIGNERS[1], why))
            self._type(book, "Demand", "sales_override", self.families[0], SALES, 1.10, why)
            self._plan(book)
            self._settle(book)
            for step in range(2, 6):
                self._agree(book, step)
            return self._publish(session)

    def _plan(self, book: Any) -> None:
        """Plan with what was typed, then say why it was typed; the next command keeps the reasons."""
        self._tell(steps.plan_supply(book))
        workbook = Workbook.of(book)
        changes, place = workbook.rows("tblChanges"), workbook.place("tblChanges")
        reasons = {typed[:3]: typed.reason for typed in self._typed}
        headers = ("Measure", "Family", "Bucket", "Reason")
        for row, *what, reason in zip(changes.numbers, *(changes[h] for h in headers), strict=True):
            if not reason and tuple(what) in reasons:
                book.sheets[place.sheet].range((row, place.columns["Reason"])).value = reasons[tuple(what)]

    def _settle(self, book: Any) -> None:
        """Answer for the gaps that are left, and value the plan."""
        self._tell(steps.reconcile(book), 2)
        workbook = Workbook.of(book)
        proposals, place = workbook.rows("tblProposals"), workbook.place("tblProposals")
        sheet = book.sheets[place.sheet]
        for row, move in zip(proposals.numbers, proposals["Move"], strict=True):
            if move == "accept":
                sheet.range((row, place.columns["Accept"])).value = "Y"
                sheet.range((row, place.columns["Reason"])).value = "Seen and carried this month"
        self._tell(apply_proposals(book), 1)
        self._tell(steps.value_plan(book), 1)

    def _sign(self, book: Any, number: int) -> None:
        """Every step is submitted by its owner and approved by the head of planning."""
        for step in range(1, 6):
            if step == 3 and number == REJECTED:
                self._tell(signing.submit(book, step="3", by=SIGNERS[2]), 1)
                self._tell(signing.sign(book, "reject", "3", SIGNERS[4], "Line 2 has no crew in May"), 1)
                family = next(c for c, f in self.company.families.items() if f["make"] == "MTS")
                self._type(book, "Supply", "production_override", family, PRODUCTION, 0.98, "No crew in May")
                self._plan(book)
                self._settle(book)
            if step == 4 and number == SKIPPED:
                self._tell(signing.sign(book, "skip", "4", SIGNERS[3], "A quiet month"), 1)
            else:
                self._agree(book, step)

    def _agree(self, book: Any, step: int) -> None:
        self._tell(signing.submit(book, step=str(step), by=SIGNERS[step - 1]), 1)
        self._tell(signing.approve(book, step=str(step), by=SIGNERS[4]), 1)

    def _save_scenarios(self, book: Any) -> None:
        first = self.families[0]
        since = f"{last_day(CURRENT + SCENARIOS + 4):%Y-%m}"
        self._tell(save_scenario(book, "More demand", [f"demand {first} +5% from {since}"], by=SIGNERS[0]))
        self._tell(save_scenario(book, "Dear coffee", [f"cost {first} +6%"], by=SIGNERS[3]))
        self._tell(compare_scenarios(book))

    def _publish(self, session: BookSession) -> Published:
        publication = Publication(session.book, session.path, SIGNERS[4])
        outcome = publication.release(lambda: session.save(keep_read_values=True))
        self._tell(outcome)
        self._coming = self._planned_next(session.book)
        typed, self._typed = tuple(self._typed), []
        before, self._started = self._started, time.perf_counter()
        return Published(outcome.data["version"], typed, self._started - before)

    def _type(
        self, book: Any, view: str, key: str, family: str, bucket: int, factor: float, reason: str
    ) -> None:
        """Type so many times what the plan says over it."""
        workbook = Workbook.of(book)
        grid, cells = workbook.grid(layout.VIEWS[view], workbook.horizon())
        end = last_day(self.months.current + bucket)
        plan = {"Demand": "consensus_demand", "Supply": "production_plan"}[view]
        value = float(round(factor * cells[grid.rows[family, plan] - 1][grid.columns[end] - 1]))
        book.sheets[view].range((grid.rows[family, key], grid.columns[end])).value = value
        label = next(row.label for row in layout.VIEWS[view].rows if row.key == key)
        self._typed.append(Typed(label, family, end, value, reason))

    def _planned_next(self, book: Any) -> dict[str, float]:
        """What the plan makes in the next month."""
        workbook = Workbook.of(book)
        grid, cells = workbook.grid(layout.VIEWS["Supply"], workbook.horizon())
        column = grid.columns[last_day(self.months.current + 1)] - 1
        return {code: cells[grid.rows[code, "production_plan"] - 1][column] for code in self.families}

    def _tell(self, outcome: Outcome, lines: int = 3) -> None:
        said = outcome.lines[:lines] if lines else outcome.lines[-1:]
        self.say(f"  {outcome.command:<16} {said[0] if said else ''}")
        for line in said[1:]:
            self.say(f"  {'':<16} {line}")


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description="A year of monthly cycles on the sample company.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--family", action="append", default=[], help="plan this family only; several times")
    options = parser.parse_args(arguments)
    year = Year(free_folder(options.folder), options.family)
    for published in year.run():
        print(f"  {'':<16} {published.version} took {published.seconds:.0f} s")
    print(f"\nLook at {year.workbook}: Monitor, Waterfall, Changes; sop-xl store versions {year.workbook}")


if __name__ == "__main__":
    main()
