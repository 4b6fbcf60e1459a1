"""How much room a text takes. Nobody lays text out before a program opens the file, so this is an estimate on the
safe side: widths of Calibri's letters in groups, rounded up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sop_xl.pack.content import KEEP

POINTS = 72.0
#: Height of a line of text, as a multiple of its size.
LINE = 1.22
#: Room that a safe estimate adds to the width of a word.
SAFETY = 1.06
#: Width in ems -> letters; all others take 0.53.
_GROUPS = {
    0.25: f"ijlI'., {KEEP}",
    0.32: ":;f!()[]-J",
    0.35: "rt",
    0.43: "cszL/",
    0.49: "agkvxyESFTYZ|",
    0.58: "ABCKPRVX",
    0.68: "DGHNOQU&",
    0.73: "w%",
    0.91: "mMW@—…",
}
_WIDTHS = {letter: width for width, letters in _GROUPS.items() for letter in letters}


def width_of(text: str, size: float, bold: bool = False) -> float:
    """Inches that a text takes on one line.

    >>> 0.2 < width_of("Demand", 11) < 0.6
    True
    """
    # Letters of East Asia fill their square.
    ems = sum(_WIDTHS.get(letter, 0.53 if ord(letter) < 0x2E80 else 1.0) for letter in text)
    return ems * size / POINTS * SAFETY * (1.04 if bold else 1.0)


def lines_of(text: str, width: float, size: float, bold: bool = False) -> int:
    """Lines a text takes in a box of a width, words longer than a line broken.

    >>> lines_of("one two three", 0.5, 11), lines_of("", 1.0, 11)
    (3, 1)
    """
    count = 0
    for paragraph in text.split("\n"):
        used, count = 0.0, count + 1
        for word in paragraph.split(" "):
            need = width_of(word, size, bold)
            space = width_of(" ", size) if used else 0.0
            if used + space + need <= width:
                used += space + need
                continue
            if used:
                count += 1
            broken = int(need // max(width, 0.01))
            count += broken
            used = need - broken * width
    return count


def height_of(text: str, width: float, size: float, bold: bool = False) -> float:
    """Inches that a text takes in height."""
    return lines_of(text, width, size, bold) * size * LINE / POINTS


def cut(text: str, width: float, size: float, most: int) -> str:
    """The same, shortened at a word so that it takes no more lines than that.

    >>> cut("one two three four", 0.5, 11, 2)
    'one two…'
    """
    if lines_of(text, width, size) <= most:
        return text
    # Halving finds the longest part that fits in a few steps, however long the text is.
    low, high = 1, len(text)
    while high - low > 1:
        middle = (low + high) // 2
        fits = lines_of(f"{text[:middle]}…", width, size) <= most
        low, high = (middle, high) if fits else (low, middle)
    kept = text[:low]
    at_word = kept.rsplit(" ", 1)[0] if " " in kept.strip() else kept
    return f"{at_word.rstrip()}…"


def taken(heights: Sequence[float], room: float) -> int:
    """How many of these fit below each other.

    >>> taken([1.0, 1.0, 1.0], 2.5), taken([], 1.0)
    (2, 0)
    """
    used = 0.0
    for count, height in enumerate(heights):
        used += height
        if used > room + 1e-9:
            return count
    return len(heights)


def shares(widths: Iterable[float], whole: float) -> list[float]:
    """A width shared out in proportion.

    >>> shares([1, 3], 8.0)
    [2.0, 6.0]
    """
    parts = list(widths)
    return [whole * part / sum(parts) for part in parts]
