"""Rules: one change of demand, capacity, price or cost, as a planner would say it.

::

    rule    what  name  change  [when]
    what    demand | capacity | price | cost
    name    code of a family (of a resource, for capacity), or all; in "quotes" where it holds a space
    change  +10%  -5%        per cent
            +200  -200       units, hours or money more or less
            200              so many, whatever it was
    when    in 2027-05  |  from 2027-03  |  from 2027-03 to 2027-05     nothing: the whole plan
            a month, or a day such as 2027-03-15: the bucket it falls into

Several rules in one text are divided by semicolons or stand in lines of their own. They apply in their order, each to
what those before it leave.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal, cast, get_args

import numpy as np
from numpy.typing import NDArray

from sop_xl.buckets import Horizon
from sop_xl.errors import ArgumentError
from sop_xl.model import Array

What = Literal["demand", "capacity", "price", "cost"]
Kind = Literal["percent", "add", "set"]
WHATS: tuple[What, ...] = get_args(What)
EXAMPLE = "Write it like: demand TEA +10% from 2027-03"
DIVIDER = ";"
#: No plan has larger numbers.
LARGEST = 1e12
_DIVIDERS = re.compile(r"[;\n]")
_WORD = re.compile(r'"([^"]*)"(?=\s|$)|[^\s"]+(?=\s|$)')
_CHANGE = re.compile(r"([+-]?)(\d+(?:\.\d+)?|\.\d+)(%?)")
_PERIOD = re.compile(r"(\d{4})-(\d{2})(?:-(\d{2}))?")


@dataclass(frozen=True)
class Period:
    """A month or a day, first and last day included."""

    text: str
    first: date
    last: date

    def buckets(self, horizon: Horizon) -> list[int]:
        """The planned buckets that end in it, or else the one that holds its first day; counted from 0."""
        ends = [i for i, bucket in enumerate(horizon.planned) if self.first <= bucket.end <= self.last]
        holder = horizon.position(self.first)
        return ends or ([] if holder is None else [holder])


@dataclass(frozen=True)
class Rule:
    """One change.

    Attributes:
        name: code of a family or a resource, "all" for every one.
        kind: percent of what there is, added to it, or set in its place.
        first, last: where it begins and ends, None for the beginning and the end of the plan.
        text: the rule as it was written, spaces made one.
    """

    what: What
    name: str
    kind: Kind
    amount: float
    first: Period | None
    last: Period | None
    text: str

    def of(self, before: Array) -> Array:
        """What becomes of numbers."""
        if self.kind == "percent":
            return np.asarray(before * (1.0 + self.amount / 100.0), dtype=float)
        if self.kind == "add":
            return np.asarray(before + self.amount, dtype=float)
        return np.full_like(before, self.amount)

    def columns(self, horizon: Horizon) -> NDArray[np.bool_]:
        """Which planned buckets it changes, (planned,).

        Raises:
            ArgumentError: a month that is not planned, or an end before the beginning.
        """
        start = self._found(self.first, horizon)[0] if self.first else 0
        end = self._found(self.last, horizon)[-1] if self.last else len(horizon.planned) - 1
        if end < start:
            raise self.wrong(f"{_shown(self.last)} comes before {_shown(self.first)}.")
        place = np.arange(len(horizon.planned))
        return np.asarray((place >= start) & (place <= end), dtype=bool)

    def rows(self, codes: Iterable[str]) -> list[int]:
        """Which families or resources it changes, counted from 0.

        Raises:
            ArgumentError: there is none of that code.
        """
        known = list(codes)
        if self.name.lower() == "all":
            return list(range(len(known)))
        found = [i for i, code in enumerate(known) if code.lower() == self.name.lower()]
        if not found:
            sort = "resource" if self.what == "capacity" else "family"
            listed = ", ".join(known) if known else "none"
            raise self.wrong(f"there is no {sort} {self.name}.", f"There are: {listed}; or all.")
        return found

    def wrong(self, why: str, remedy: str = EXAMPLE + ".") -> ArgumentError:
        """A refusal of this rule."""
        return ArgumentError(f"Rule '{self.text}': {why}", remedy)

    def _found(self, period: Period, horizon: Horizon) -> list[int]:
        found = period.buckets(horizon)
        if not found:
            first, last = horizon.planned[0].start, horizon.planned[-1].end
            raise self.wrong(f"{period.text} is not planned.", f"The plan runs from {first} to {last}.")
        return found


def parse_rules(text: str) -> tuple[Rule, ...]:
    """All rules of a text, divided by semicolons or line ends; empty parts are left out.

    Raises:
        ArgumentError: as `parse_rule`.

    >>> [rule.text for rule in parse_rules("demand TEA +10%; price all -5% from 2027-01;")]
    ['demand TEA +10%', 'price all -5% from 2027-01']
    """
    return tuple(parse_rule(part) for part in _DIVIDERS.split(text) if part.strip())


def parse_rule(text: str) -> Rule:
    """One rule.

    Raises:
        ArgumentError: the text is none; says which word at which character is wrong, and what could stand there.

    >>> rule = parse_rule("capacity LINE2 0 in 2027-05")
    >>> rule.what, rule.name, rule.kind, rule.amount, rule.first.first.isoformat()
    ('capacity', 'LINE2', 'set', 0.0, '2027-05-01')
    """
    return _Reader(text).rule()


def joined(rules: Iterable[Rule]) -> str:
    """The text that `parse_rules` reads."""
    return f"{DIVIDER} ".join(rule.text for rule in rules)


class _Reader:
    """Takes a rule apart, word by word, and says where it cannot."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.place = 0

    def rule(self) -> Rule:
        what = self._one_of(WHATS, "what is changed")
        name = self._word("a code, or all")
        kind, amount = self._change()
        first = last = None
        if self._more():
            if self._one_of(("in", "from"), "when") == "in":
                first = last = self._period()
            else:
                first = self._period()
                if self._more():
                    self._one_of(("to",), "when")
                    last = self._period()
        if self._more():
            raise self._wrong(f"'{self._word('')}' is too much.", self.start)
        return Rule(cast(What, what), name, kind, amount, first, last, " ".join(self.text.split()))

    def _more(self) -> bool:
        while self.place < len(self.text) and self.text[self.place].isspace():
            self.place += 1
        return self.place < len(self.text)

    def _word(self, wanted: str) -> str:
        if not self._more():
            raise self._wrong(f"{wanted} is missing.", len(self.text))
        self.start = self.place
        found = _WORD.match(self.text, self.place)
        if found is None or DIVIDER in found[0] or found[0] == '""':
            raise self._wrong("a quotation mark or a semicolon is out of place.", self.place)
        self.place = found.end()
        return found[0] if found[1] is None else found[1]

    def _one_of(self, words: tuple[str, ...], meaning: str) -> str:
        listed = " or ".join(words) if len(words) < 3 else f"{', '.join(words[:-1])} or {words[-1]}"
        word = self._word(f"{meaning} ({listed})")
        if word.lower() not in words:
            raise self._wrong(f"'{word}' is not {listed}.", self.start)
        return word.lower()

    def _change(self) -> tuple[Kind, float]:
        word = self._word("the change (+10%, -200 or 0)")
        found = _CHANGE.fullmatch(word)
        if found is None:
            raise self._wrong(f"'{word}' is no change like +10%, -200 or 0.", self.start)
        sign, amount = found[1], float(found[1] + found[2])
        if found[3] and not sign:
            raise self._wrong(f"'{word}' needs a sign: +{word} or -{word}.", self.start)
        if abs(amount) > LARGEST:
            raise self._wrong(f"'{word}' is too large.", self.start)
        if found[3] and amount < -100:
            raise self._wrong(f"'{word}' takes away more than there is.", self.start)
        return ("percent" if found[3] else "add" if sign else "set"), amount

    def _period(self) -> Period:
        word = self._word("a month like 2027-03")
        found = _PERIOD.fullmatch(word)
        try:
            if found is None:
                raise ValueError
            year, month, day = int(found[1]), int(found[2]), int(found[3] or 1)
            first = date(year, month, day)
        except ValueError:
            raise self._wrong(
                f"'{word}' is no month like 2027-03, no day like 2027-03-15.", self.start
            ) from None
        last = first if found[3] else date(year, month, calendar.monthrange(year, month)[1])
        return Period(word, first, last)

    def _wrong(self, why: str, place: int) -> ArgumentError:
        return ArgumentError(f"Rule '{self.text.strip()}', character {place + 1}: {why}", EXAMPLE + ".")


def _shown(period: Period | None) -> str:
    return period.text if period else "the beginning of the plan"
