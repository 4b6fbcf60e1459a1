"""Numbers and dates as they are read out in a meeting."""

from __future__ import annotations

import math
from collections.abc import Sequence

from sop_xl.buckets import Bucket, Horizon
from sop_xl.pack.content import KEEP

NONE = "–"


def number(value: float, decimals: int = 0) -> str:
    """A number with thousands separators and a real minus sign.

    >>> number(-1234.5, 1), number(float("nan")), number(-0.2)
    ('−1,234.5', '–', '0')
    """
    if not math.isfinite(value):
        return NONE
    text = f"{value:,.{decimals}f}"
    return text.lstrip("-") if float(text.replace(",", "")) == 0 else text.replace("-", "−")


def signed(text: str) -> str:
    """The same with a plus sign where it is positive.

    >>> signed(number(5)), signed(number(-5)), signed(number(0)), signed(number(float("nan")))
    ('+5', '−5', '0', '–')
    """
    changes = any(digit in text for digit in "123456789")
    return f"+{text}" if changes and text[0] != "−" else text


def percent(value: float) -> str:
    """A fraction in per cent.

    >>> percent(-0.054), percent(1.14)
    ('−5.4%', '114.0%')
    """
    return NONE if not math.isfinite(value) else f"{number(100 * value, 1)}%"


def money(value: float, currency: str) -> str:
    """An amount with three digits that count, on one line.

    >>> [money(v, "EUR").replace(KEEP, " ") for v in (110918716, -6321451, 7650, 0)]
    ['111 M EUR', '−6.32 M EUR', '7.65 k EUR', '0 EUR']
    """
    if not math.isfinite(value):
        return NONE
    for size, letter in ((1e9, "bn"), (1e6, "M"), (1e3, "k")):
        # 999,999 is a million with three digits, not a thousand thousands.
        if abs(value) >= 0.9995 * size:
            scaled = value / size
            decimals = 0 if abs(scaled) >= 99.95 else 1 if abs(scaled) >= 9.995 else 2
            return KEEP.join(filter(None, [number(scaled, decimals), letter, currency]))
    return KEEP.join(filter(None, [number(value), currency]))


def day_of(bucket: Bucket, horizon: Horizon) -> str:
    """A bucket in a sentence.

    >>> from datetime import date
    >>> horizon = Horizon(date(2026, 11, 1))
    >>> day_of(horizon.planned[0], horizon)
    'Nov 2026'
    """
    return horizon.words(bucket)


def tick_of(bucket: Bucket, horizon: Horizon) -> str:
    """A bucket below a chart.

    >>> from datetime import date
    >>> horizon = Horizon(date(2026, 11, 1), kind="quarter")
    >>> tick_of(horizon.planned[0], horizon)
    'Q4 26'
    """
    return horizon.tick(bucket)


def listed(words: Sequence[str], most: int = 4) -> str:
    """Words in a sentence; of many the first.

    >>> listed(["A"]), listed(["A", "B", "C"]), listed(list("ABCDEF"), most=3)
    ('A', 'A, B and C', 'A, B, C and 3 more')
    """
    if len(words) > most:
        return f"{', '.join(words[:most])} and {len(words) - most} more"
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def counted(count: int, one: str, many: str = "") -> str:
    """A number with its noun; small numbers as words.

    >>> counted(1, "family", "families"), counted(12, "month"), counted(0, "gap")
    ('one family', '12 months', 'no gaps')
    """
    small = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    return (
        f"{small[count] if count < len(small) else f'{count:,}'} {one if count == 1 else many or one + 's'}"
    )


def sentence(text: str) -> str:
    """The same with a capital letter at the beginning.

    >>> sentence("one family runs out.")
    'One family runs out.'
    """
    return text[:1].upper() + text[1:]
