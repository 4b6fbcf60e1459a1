from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sop_xl.importing import cells
from sop_xl.importing.cells import CellError, ErrorValue, Notation

ENGLISH = Notation(".", ",")
GERMAN = Notation(",", ".")
FRENCH = Notation(",", " ")
SWISS = Notation(".", "'")


@pytest.mark.parametrize(
    ("cell", "notation", "expected"),
    [
        ("68.68", Notation(), 68.68),
        ("1,234.50", ENGLISH, 1234.5),
        ("1.234,50", GERMAN, 1234.5),
        ("1\u202f234,50", FRENCH, 1234.5),
        ("1\u00a0234 567", FRENCH, 1234567.0),
        ("1’234.50", SWISS, 1234.5),
        ("1234,5", GERMAN, 1234.5),
        ("(12)", Notation(), -12.0),
        ("(1,234.5)", ENGLISH, -1234.5),
        ("12-", Notation(), -12.0),
        ("\u221212", Notation(), -12.0),
        ("+12", Notation(), 12.0),
        (" 12 ", Notation(), 12.0),
        (".5", Notation(), 0.5),
        ("5.", Notation(), 5.0),
        ("50%", Notation(), 0.5),
        ("68.68%", Notation(), 0.6868),
        ("-12,5 %", GERMAN, -0.125),
        ("1.2E+05", Notation(), 120000.0),
        ("", Notation(), None),
        ("   ", Notation(), None),
        (None, Notation(), None),
        (float("nan"), Notation(), None),
        (Decimal("NaN"), Notation(), None),
        (Decimal("68.68"), Notation(), 68.68),
        (7, Notation(), 7.0),
        ("n/a", Notation(empty=("N/A",)), None),
        ("0", Notation(empty=("0",)), None),
    ],
)
def test_numbers(cell: object, notation: Notation, expected: float | None) -> None:
    value = cells.number(cell, notation)
    assert value == expected
    assert value is None or type(value) is float


@pytest.mark.parametrize(
    ("cell", "notation"),
    [
        ("1,234", Notation()),
        ("1.234", Notation(",")),
        ("12,34", ENGLISH),
        ("1,2345", ENGLISH),
        ("1234,567", ENGLISH),
        ("1.234.56", GERMAN),
        ("1 234", Notation()),
    ],
)
def test_numbers_in_two_ways_are_refused(cell: str, notation: Notation) -> None:
    with pytest.raises(CellError, match="in two ways") as caught:
        cells.number(cell, notation)
    assert "decimal" in caught.value.remedy


@pytest.mark.parametrize(
    "cell",
    ["many", "12 pcs", "nan", "inf", "1_000", "(-12)", "(12", "-12-", "1e400", "0x1F", "٣", "$5", "--5",
     True, date(2026, 11, 23), b"12", float("inf"), 10**400, ErrorValue("#N/A")],
)  # fmt: skip
def test_no_numbers(cell: object) -> None:
    with pytest.raises(CellError):
        cells.number(cell, Notation())


NOTATIONS = st.sampled_from([Notation(), ENGLISH, GERMAN, FRENCH, SWISS, Notation(",")])


@given(st.decimals(-(10**12), 10**12, places=3), NOTATIONS, st.sampled_from(["-#", "#-", "(#)"]))
def test_a_number_written_is_the_number_read(value: Decimal, notation: Notation, negative: str) -> None:
    body = f"{abs(value):,.3f}"
    swapped = body.translate(str.maketrans({",": notation.thousands, ".": notation.decimal}))
    written = negative.replace("#", swapped) if value < 0 else swapped
    assert cells.number(written, notation) == float(value)


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e300, max_value=1e300))
def test_a_float_written_plainly_is_the_same_float(value: float) -> None:
    assert cells.number(repr(value), Notation()) == value


@given(st.text(max_size=20), NOTATIONS)
def test_any_text_is_a_finite_number_or_refused(text: str, notation: Notation) -> None:
    try:
        value = cells.number(text, notation)
    except CellError:
        return
    assert value is None or abs(value) < 1e301


@pytest.mark.parametrize(
    ("cell", "formats", "expected"),
    [
        ("2-Jun-06", ("%d-%b-%y",), date(2006, 6, 2)),
        ("1-Jan-68", ("%d-%b-%y",), date(2068, 1, 1)),
        ("1-Jan-69", ("%d-%b-%y",), date(1969, 1, 1)),
        ("23.11.2026", ("%d.%m.%Y",), date(2026, 11, 23)),
        ("202611", ("%Y%m",), date(2026, 11, 1)),
        ("2026-11-23", (), date(2026, 11, 23)),
        ("2026-11-23", ("%d.%m.%Y",), date(2026, 11, 23)),
        ("20261123", (), date(2026, 11, 23)),
        ("2026-11-23 10:00:00.000", (), date(2026, 11, 23)),
        ("2026-11-23T10:00:00+01:00", (), date(2026, 11, 23)),
        ("46349", (), date(2026, 11, 23)),
        ("46349.75", (), date(2026, 11, 23)),
        (46349, (), date(2026, 11, 23)),
        (46349.5, (), date(2026, 11, 23)),
        (datetime(2026, 11, 23, 9), (), date(2026, 11, 23)),
        (date(2026, 11, 23), (), date(2026, 11, 23)),
        ("5/5/14", ("%d/%m/%y", "%m/%d/%y"), date(2014, 5, 5)),
        ("", (), None),
        (None, (), None),
    ],
)
def test_dates(cell: object, formats: tuple[str, ...], expected: date | None) -> None:
    value = cells.day(cell, Notation(dates=formats))
    assert value == expected
    assert type(value) in (date, type(None))


def test_missing_time_stamps_are_empty() -> None:
    import pandas as pd

    assert cells.day(pd.NaT, Notation()) is None
    assert cells.day(pd.Timestamp("2026-11-23 10:00"), Notation()) == date(2026, 11, 23)


@pytest.mark.parametrize(
    "cell",
    [
        "soon",
        "2014",
        "2026-02-30",
        "31-Feb-06",
        "3/4/14",
        True,
        2014,
        5.0,
        "2026-11-23 soon",
        ErrorValue("#REF!"),
    ],
)
def test_no_dates(cell: object) -> None:
    with pytest.raises(CellError):
        cells.day(cell, Notation(dates=("%d-%b-%y",)))


def test_a_date_in_two_ways_is_refused_with_both() -> None:
    with pytest.raises(CellError, match=r"2014-04-03 by .*2014-03-04 by"):
        cells.day("3/4/14", Notation(dates=("%d/%m/%y", "%m/%d/%y")))


@given(st.dates(date(1970, 1, 1), date(2068, 12, 31)), st.sampled_from(["%d-%b-%y", "%m/%d/%Y", "%Y%m%d"]))
def test_a_date_written_is_the_date_read(value: date, pattern: str) -> None:
    assert cells.day(value.strftime(pattern), Notation(dates=(pattern,))) == value


@given(st.dates(date(1930, 1, 1), date(2170, 1, 1)))
def test_serials_and_iso_mean_the_same_day(value: date) -> None:
    serial = (value - date(1899, 12, 30)).days
    assert cells.day(serial, Notation()) == cells.day(value.isoformat(), Notation()) == value


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("=SUM(A1)", "=SUM(A1)"),
        ("\t+1", "\t+1"),
        ("  spaced ", "  spaced "),
        ("two\r\nlines\rand\nmore", "two\nlines\nand\nmore"),
        (1001.0, "1001"),
        (68.68, "68.68"),
        (Decimal("10.00"), "10"),
        (True, "TRUE"),
        (date(2026, 11, 23), "2026-11-23"),
        (datetime(2026, 11, 23), "2026-11-23"),
        ("  ", None),
        (None, None),
    ],
)
def test_texts(cell: object, expected: str | None) -> None:
    assert cells.text(cell, Notation()) == expected


@pytest.mark.parametrize("cell", [b"\x00", ErrorValue("#N/A")])
def test_no_texts(cell: object) -> None:
    with pytest.raises(CellError):
        cells.text(cell, Notation())


@given(st.text())
def test_printable_text_can_stand_in_a_workbook(text: str) -> None:
    clean = cells.printable(text)
    carried = escape(clean, {"\r": "&#13;"}).encode("utf-8")
    assert (ElementTree.fromstring(b"<t>" + carried + b"</t>").text or "") == clean
    assert cells.has_unprintable(text) == (clean != text)
    assert not cells.has_unprintable(clean)


def test_length_counts_as_excel_does() -> None:
    assert cells.length("a😀") == 3
