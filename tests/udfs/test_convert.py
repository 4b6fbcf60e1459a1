import datetime as dt
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sop_xl.errors import ArgumentError
from udfs import cells, convert
from udfs.cells import CellError

GRIDS = st.tuples(st.integers(1, 5), st.integers(1, 5)).flatmap(
    lambda shape: st.lists(
        st.lists(
            st.one_of(st.none(), st.integers(-99, 99), st.floats(-1e9, 1e9)),
            min_size=shape[1],
            max_size=shape[1],
        ),
        min_size=shape[0],
        max_size=shape[0],
    )
)


@given(GRIDS, st.sampled_from(["zero", "missing"]))
def test_numbers_survive_and_empty_cells_mean_what_they_should(grid, empty):
    found = convert.matrix(grid, "plan", empty)
    for row, values in zip(grid, found.tolist(), strict=True):
        for cell, value in zip(row, values, strict=True):
            if cell is not None:
                assert value == cell
            elif empty == "zero":
                assert value == 0
            else:
                assert value != value


@pytest.mark.parametrize(
    "one", [5, 5.0, [5], [[5]], ((5,),), np.array(5), np.array([[5]]), Decimal(5), np.int64(5)]
)
def test_one_cell_in_any_form(one):
    assert convert.matrix(one, "plan").tolist() == [[5]]
    assert convert.number(one, "opening") == 5
    assert convert.vector(one, "opening") == 5


def test_a_flat_list_is_one_row():
    assert convert.matrix([1, 2], "plan").shape == (1, 2)


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("12", 'the text "12"'),
        ("n/a", 'the text "n/a"'),
        ("#N/A", "the error #N/A"),
        ("#DIV/0!", "the error #DIV/0!"),
        (CellError("#N/A", "no demand"), "the error #N/A"),
        (True, "TRUE"),
        (False, "FALSE"),
        (None, "empty"),
        ("", "empty"),
        (dt.date(2026, 1, 31), "the date 2026-01-31"),
        (float("nan"), "nan"),
        (float("inf"), "inf"),
        (1e101, "1e+101"),
        (10**400, "inf"),
        ({}, "a dict"),
        ([1], "a list"),
    ],
)
def test_what_is_no_number_is_named_with_its_place(cell, found):
    with pytest.raises(ArgumentError) as refusal:
        convert.matrix([[1, 2], [3, cell]], "demand")
    assert str(refusal.value).startswith(f"demand (row 2, column 2) is {found}")


def test_text_without_characters_is_an_empty_cell():
    assert convert.matrix([[1, ""]], "plan", "zero").tolist() == [[1, 0]]
    assert np.isnan(convert.matrix([[1, " "]], "plan", "missing")[0, 1])


@pytest.mark.parametrize("value", [[], [[]], [[1, 2], [3]], [[1], 2], np.ones((2, 2, 2))])
def test_what_is_no_range_is_refused(value):
    with pytest.raises(ArgumentError, match="plan"):
        convert.matrix(value, "plan")


def test_a_column_is_one_series():
    array, column = convert.series([[1], [2], [3]], "demand")
    assert (array.tolist(), column) == ([[1, 2, 3]], True)
    array, column = convert.series([[1, 2], [3, 4]], "demand")
    assert (array.tolist(), column) == ([[1, 2], [3, 4]], False)


def test_limits_are_checked():
    with pytest.raises(ArgumentError, match="1 series and 601 buckets"):
        convert.series([1.0] * 601, "demand")
    with pytest.raises(ArgumentError, match="100001 series"):
        convert.series([[1.0, 2.0]] * 100_001, "demand")
    row = [1.0] * 601
    with pytest.raises(ArgumentError, match="cells"):
        convert.matrix([row] * 100_000, "plan")


def test_words():
    assert convert.word([[" backlog "]], "kind", ("STOCK", "BACKLOG")) == "BACKLOG"
    for wrong in ("STOK", 1, True, None):
        with pytest.raises(ArgumentError, match=r"kind is .*STOCK, BACKLOG"):
            convert.word(wrong, "kind", ("STOCK", "BACKLOG"))


def test_integers():
    assert convert.integer(12.0, "horizon") == 12
    with pytest.raises(ArgumentError, match=r"horizon is 1\.5"):
        convert.integer(1.5, "horizon")


def test_names():
    assert convert.names([["Press", 100]], "names") == ["Press", "100"]
    assert convert.names([[1234567.0, 0.5]], "names") == ["1234567", "0.5"]
    with pytest.raises(ArgumentError, match="a number with hundreds of digits"):
        convert.names([[10**400]], "names")
    with pytest.raises(ArgumentError, match=r"names \(row 1, column 2\) is empty"):
        convert.names([["Press", None]], "names")


@pytest.mark.parametrize(
    "cell",
    [
        "2026-01-31",
        dt.date(2026, 1, 31),
        dt.datetime(2026, 1, 31),
        46053,
        46053.0,
        " 2026-01-31T00:00:00+02:00",
    ],
)
def test_dates(cell):
    assert convert.date(cell, "as_of") == 46053


def test_time_of_day_is_kept():
    assert convert.date(dt.datetime(2026, 1, 31, 12), "as_of") == 46053.5


@pytest.mark.parametrize("cell", ["soon", "31.1.2026", True, 0, -5, 3e6, None, float("nan"), [1]])
def test_what_is_no_date_is_refused(cell):
    with pytest.raises(ArgumentError, match=r"promised \(row 1, column 1\)"):
        convert.dates([[cell]], "promised")


def test_spread():
    shape = (2, 3)
    assert convert.spread(np.array([[7.0]]), shape, "price").tolist() == [[7] * 3] * 2
    assert convert.spread(np.array([[1.0], [2.0]]), shape, "price").tolist() == [[1] * 3, [2] * 3]
    assert convert.spread(np.arange(3.0).reshape(3, 1), (1, 3), "price").tolist() == [[0, 1, 2]]
    with pytest.raises(ArgumentError, match="price is 1 × 3 cells for 2 × 3"):
        convert.spread(np.ones((1, 3)), shape, "price")


class TestResults:
    def test_every_number_is_a_float_and_never_minus_zero(self):
        assert str(cells.to_cells(np.array([[-0.0, 1.0]]), "")) == "[[0.0, 1.0]]"
        assert (
            str(cells.to_cells([[-0.0, np.int64(1), "OK", None, True]], ""))
            == "[[0.0, 1.0, 'OK', None, True]]"
        )

    def test_an_undefined_cell_says_why(self):
        found = cells.to_cells(np.array([[1.0, np.nan]]), "No demand.")
        assert found == [[1.0, CellError("#N/A", "No demand.")]]
        assert cells.to_cells(np.array([[1.0, np.nan]]), "") == [[1.0, None]]

    def test_without_a_defined_cell_the_whole_is_the_error(self):
        assert cells.to_cells(np.array([[np.nan, np.nan]]), "No demand.") == CellError("#N/A", "No demand.")

    def test_infinity_is_never_shown(self):
        found = cells.to_cells(np.array(np.inf), "")
        assert isinstance(found, CellError)
        assert found.value == "#NUM!"
