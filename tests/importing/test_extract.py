from __future__ import annotations

import csv
import io
import math
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sop_xl.importing import Import, SourceError, Tie, extract, read_mapping
from sop_xl.workbook.tables import FAMILIES, SALES

Column = Callable[..., list[object]]

ORDERS = """
[source]
path = "orders.csv"
[[table]]
name = "tblOrders"
[table.columns]
Order = "Order"
Line = "Line"
"Ordered qty" = "Qty"
Promised = "Due"
Value = "Value"
"""


def test_rows_stand_in_the_order_of_the_table(workshop: Any) -> None:
    result = workshop.sales("Qty,Day,Who\n5,2026-11-23,x\n", '"Region/channel" = {constant = "Direct"}')
    [table] = result.tables
    assert table.table is SALES
    assert table.rows == [[date(2026, 11, 23), None, None, "Direct", 5.0, None]]
    assert table.columns == ("Bucket", "Region/channel", "Quantity")


def test_every_bad_cell_is_listed_with_its_line_and_kept_out(workshop: Any) -> None:
    workshop.file(
        "orders.csv",
        "Order,Line,Qty,Due,Value\n"
        "A,1,5,2026-01-01,10\n"
        "A,2,many,soon,20\n"
        ",3,5,2026-01-01,40\n"
        '"A",4,-5,2026-01-01,80\n'
        "a,1,7,2026-01-01,160\n"
        "B,1,6,,320\n",
    )
    [table] = workshop.load(ORDERS).tables
    assert [(row[0], row[1]) for row in table.rows] == [("A", "1"), ("B", "1")]
    assert [(each.line, each.column, each.value, each.reason) for each in table.rejected] == [
        (3, "Due", "soon", '"soon" is not a date'),
        (3, "Qty", "many", '"many" is not a number'),
        (4, "Order", "", "Order is empty"),
        (5, "Qty", "-5", "Ordered qty is -5, less than 0"),
        (6, "Order, Line", "a | 1", "same Order and Line as orders.csv, line 2"),
    ]
    assert all(each.source == "orders.csv" and each.remedy for each in table.rejected)
    assert str(table.rejected[0]).startswith('orders.csv, line 3, Due: "soon" is not a date. Expected')
    assert (table.counts.read, table.counts.rejected, table.counts.used) == (6, 4, 2)
    assert table.ties == (
        Tie("Rows", 6, 2, 4),
        Tie("Ordered qty", 18.0, 11.0, 7.0, unreadable=1),
        Tie("Value", 630.0, 330.0, 300.0),
    )
    assert table.all_tie


def test_choices_limits_and_long_texts(workshop: Any) -> None:
    workshop.file(
        "families.csv",
        "F,M,S,N\nA,mts,95%,ok\nB,MTX,0.9,ok\nC,MTO,95,ok\n"
        f"D,MTO,1,{'n' * 32767}\nE,MTO,1,{'n' * 32768}\n{'f' * 256},MTO,1,ok\n",
    )
    [table] = workshop.load(
        '[source]\npath = "families.csv"\n[[table]]\nname = "tblFamilies"\n'
        'columns = {Family = "F", Make = "M", "Service target" = "S", Name = "N"}\n'
    ).tables
    assert [(row[0], row[3], row[7]) for row in table.rows] == [("A", "MTS", 0.95), ("D", "MTO", 1.0)]
    assert [(each.line, each.reason) for each in table.rejected] == [
        (3, '"MTX" is not one of MTS, MTO'),
        (4, "Service target is 95, more than 1"),
        (6, "Name has 32,768 characters"),
        (7, "Family has 256 characters"),
    ]


def test_control_characters_are_removed_and_told(workshop: Any, column: Column) -> None:
    result = workshop.sales("Day,Item,Qty\n2026-01-01,a\x07b,1\n2026-01-01,\x01,1\n2026-01-01, c,1\n",
                            'Item = "Item"')  # fmt: skip
    assert column(result, "Item") == ["ab", None, " c"]
    assert result.tables[0].notes == (
        "Item: cells from which control characters were removed: 2.",
        "Item: values that begin or end with a space: 1, such as ' c'; trim([…]) removes it.",
    )


def test_words_that_mean_empty(workshop: Any) -> None:
    result = workshop.sales("Day,Qty,V\n2026-01-01,1,n/a\nN/A,2,3\n", 'Value = "V"', 'empty = ["N/A"]')
    assert [row[5] for row in result.tables[0].rows] == [None]
    assert result.tables[0].rejected[0].reason == "Bucket is empty"


def test_where_leaves_rows_out_and_ties_the_rest(workshop: Any) -> None:
    text = "Day,Qty,State\n2026-01-01,1,open\n2026-01-01,2,void\n2026-01-01,4,OPEN\n2026-01-01,x,open\n"
    [table] = workshop.sales(text, table="where = \"[State] = 'open'\"").tables
    assert [row[4] for row in table.rows] == [1.0, 4.0]
    assert (table.counts.read, table.counts.left_out, table.counts.rejected, table.counts.used) == (
        4,
        1,
        1,
        2,
    )
    assert table.ties == (Tie("Rows", 3, 2, 1), Tie("Quantity", 5.0, 5.0, 0.0, unreadable=1))


def test_rows_that_where_cannot_judge_are_rejected(workshop: Any) -> None:
    [table] = workshop.sales("Day,Qty,P\n2026-01-01,1,2\n2026-01-01,4,x\n", table='where = "[P] > 1"').tables
    assert [(each.line, each.column, each.value) for each in table.rejected] == [(3, "where", "x")]
    assert table.ties == (Tie("Rows", 2, 1, 1), Tie("Quantity", 5.0, 1.0, 4.0))


def test_expressions_and_division_by_zero(workshop: Any) -> None:
    [table] = workshop.sales(
        "Day,Qty,Amount,Packs\n2026-01-20,6,3,2\n2026-01-21,1,5,0\n",
        """
        Value = {expression = "[Amount] / [Packs]"}
        Item = {expression = "'Week ' & bucket([Day], 'week')"}
        """,
    ).tables
    assert table.rows == [[date(2026, 1, 20), "Week 2026-01-25", None, None, 6.0, 1.5]]
    [rejected] = table.rejected
    assert (rejected.line, rejected.column, rejected.reason) == (3, "Value", "division by zero")
    assert table.all_tie


GROUPS = """
[source]
path = "sales.csv"
[[table]]
name = "tblFamilies"
group_by = ["Family"]
[table.columns]
Family = "Family"
Name = {first = "Name"}
Price = {ratio = ["Value", "Qty"]}
"Unit cost" = {mean = "Cost"}
"Opening inventory" = {sum = "Qty"}
"Opening backlog" = {count = "Name"}
"Target days" = {max = "Cost"}
"Target backlog weeks" = {min = {expression = "[Cost] * 2"}}
Unit = {constant = "pcs"}
Make = {expression = "if(left([Family], 1) = 'A', 'MTS', 'MTO')"}

[[table]]
name = "tblBill"
group_by = ["Family", "Site"]
[table.columns]
Family = "Family"
Resource = "Site"
"Hours per unit" = {share = "Qty", of = ["Family"]}

[[table]]
name = "tblBudget"
group_by = [{expression = "bucket([Day])"}, "Family"]
[table.columns]
Family = "Family"
Bucket = {expression = "bucket([Day])"}
Quantity = {sum = "Qty"}
Revenue = {count = "*"}
Margin = {share = "Qty", of = []}
"""
GROUPED = """Day,Family,Site,Name,Qty,Value,Cost
2026-01-05,A,S1,,1,10,4
2026-01-20,B,S1,bee,5,5,
2026-01-31,a,S2,first,3,20,2
2026-02-01,A,S1,second,4,30,
2026-02-02,B,S1,bee,x,5,1
2026-02-03,,S1,,7,7,1
2026-02-03,C,S1,,0,9,1
"""


def test_groups(workshop: Any) -> None:
    workshop.file("sales.csv", GROUPED)
    families, bill, budget = workshop.load(GROUPS).tables
    index = {header: FAMILIES.headers.index(header) for header in FAMILIES.headers}
    shown = ("Family", "Name", "Price", "Unit cost", "Opening inventory", "Opening backlog", "Target days",
             "Target backlog weeks", "Unit", "Make")  # fmt: skip
    assert [[row[index[header]] for header in shown] for row in families.rows] == [
        ["A", "first", 60 / 8, 3.0, 8.0, 2.0, 4.0, 4.0, "pcs", "MTS"],
        ["B", "bee", 1.0, None, 5.0, 1.0, None, None, "pcs", "MTO"],
        ["C", None, None, 1.0, 0.0, 0.0, 1.0, 2.0, "pcs", "MTO"],
    ]
    assert [(each.line, each.column, each.reason) for each in families.rejected] == [
        (6, "Qty", '"x" is not a number'),
        (6, "Qty", '"x" is not a number'),
        (7, "Family", "Family is empty"),
    ]
    assert families.notes == (
        "Groups written in capital and in small letters: 1; the first spelling was taken.",
        "Name: 1 group has several values, such as 'A'; the first was taken.",
    )
    assert families.ties == (
        Tie("Rows", 7, 5, 2),
        Tie("Opening inventory", 20.0, 13.0, 7.0, unreadable=1),
        Tie("Opening backlog", 4.0, 3.0, 1.0),
    )
    assert bill.rows == [["A", "S1", 5 / 8, None], ["B", "S1", 1.0, None], ["a", "S2", 3 / 8, None]]
    assert [(each.line, each.reason) for each in bill.rejected][1:] == [
        (7, "Family is empty"),
        (8, "Hours per unit: the whole it is a share of is zero"),
    ]
    assert budget.rows == [
        ["A", date(2026, 1, 31), 4.0, 2.0, 4 / 20],
        ["B", date(2026, 1, 31), 5.0, 1.0, 5 / 20],
        ["A", date(2026, 2, 28), 4.0, 1.0, 4 / 20],
        ["C", date(2026, 2, 28), 0.0, 1.0, 0.0],
    ]
    assert families.all_tie
    assert bill.all_tie
    assert budget.all_tie


def test_a_rejected_group_tells_how_many_records_it_holds(workshop: Any) -> None:
    workshop.file("sales.csv", "Family,Qty\nA,1\n,2\n,3\n")
    [table] = workshop.load(
        '[source]\npath = "sales.csv"\n[[table]]\nname = "tblFamilies"\ngroup_by = ["Family"]\n'
        'columns = {Family = "Family", "Opening inventory" = {sum = "Qty"}}\n'
    ).tables
    assert [each.reason for each in table.rejected] == ["Family is empty (in 2 records from here on)"]
    assert table.ties == (Tie("Rows", 3, 1, 2), Tie("Opening inventory", 6.0, 1.0, 5.0))


def test_dates_written_differently_are_one_group(workshop: Any) -> None:
    workshop.file("sales.csv", "Day,F,Qty\n2026-01-05,A,1\n5.1.2026,A,2\n46027,A,4\nsoon,A,8\n")
    [table] = workshop.load(
        '[source]\npath = "sales.csv"\ndates = ["%d.%m.%Y"]\n[[table]]\nname = "tblBudget"\n'
        'group_by = ["F", "Day"]\ncolumns = {Family = "F", Bucket = "Day", Quantity = {sum = "Qty"}}\n'
    ).tables
    assert table.rows == [["A", date(2026, 1, 5), 7.0, None, None]]
    assert [(each.line, each.column) for each in table.rejected] == [(5, "Day")]


def test_append_after_replace(workshop: Any) -> None:
    text = '[[table]]\nname = "tblSales"\nmode = "{}"\ncolumns = {{Bucket = "Day", Quantity = "Qty"}}\n'
    workshop.file("a.csv", "Day,Qty\n2026-01-05,1\n")
    source = '[source]\npath = "a.csv"\n'
    result = workshop.load(source + text.format("replace") + text.format("append"))
    assert [table.mode for table in result.tables] == ["replace", "append"]


def test_a_source_without_records_is_told(workshop: Any) -> None:
    result = workshop.sales("Day,Qty\n")
    assert result.tables[0].rows == []
    assert result.notes == ("sales.csv has no records.",)


def test_progress_runs_from_nothing_to_done(workshop: Any) -> None:
    workshop.sales("Day,Qty\n2026-01-05,1\n")
    told: list[tuple[str, float]] = []
    extract(
        read_mapping(workshop.folder / "mapping.toml"), progress=lambda what, part: told.append((what, part))
    )
    assert [what for what, _ in told] == ["Reading sales.csv", "Preparing tblSales", "Done"]
    assert [part for _, part in told] == sorted(part for _, part in told)
    assert told[0][1] == 0.0
    assert told[-1][1] == 1.0


def test_a_source_is_read_once_and_gone_files_are_told(
    workshop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sop_xl.importing import sources

    opened: list[Path] = []
    read = sources._bytes
    monkeypatch.setattr(sources, "_bytes", lambda path: opened.append(path) or read(path))
    workshop.file("sales.csv", GROUPED)
    mapping = workshop.mapping(GROUPS)
    extract(mapping)
    assert len(opened) == 1
    (workshop.folder / "sales.csv").unlink()
    with pytest.raises(SourceError, match="cannot be read"):
        extract(mapping)


def test_nothing_heavy_is_imported_for_a_text_file(workshop: Any) -> None:
    workshop.sales("Day,Qty\n2026-01-05,1\n")
    code = (
        "import sys\nfrom pathlib import Path\nfrom sop_xl.importing import extract, read_mapping\n"
        f"extract(read_mapping(Path({str(workshop.folder / 'mapping.toml')!r})))\n"
        "heavy = {'pandas', 'numpy', 'sqlalchemy', 'openpyxl', 'xlsxwriter', 'xlwings', 'python_calamine'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


CELLS = st.one_of(
    st.decimals(-(10**9), 10**9, places=2).map(lambda number: f"{number:,.2f}"),
    st.sampled_from(["", "x", "1,2", "(1,000.00)", "5-", "12%", "nan"]),
)
RECORDS = st.lists(
    st.tuples(st.sampled_from(["2026-01-05", "46027", "", "soon"]), st.sampled_from(["A", "a", "B", ""]),
              CELLS, CELLS, st.sampled_from(["yes", "no"])),
    max_size=25,
)  # fmt: skip
TIED = """
[source]
path = "sales.csv"
thousands = ","
[[table]]
name = "tblSales"
where = "[Keep] = 'yes'"
columns = {Bucket = "Day", Family = "Family", Quantity = "Qty", Value = "Value"}
[[table]]
name = "tblFamilies"
where = "[Keep] = 'yes'"
group_by = ["Family"]
columns = {Family = "Family", "Opening inventory" = {sum = "Qty"}, "Opening backlog" = {sum = "Value"}}
"""
SPECIAL = {"(1,000.00)": Fraction(-1000), "5-": Fraction(-5), "12%": Fraction(12, 100)}


def amount(cell: str) -> Fraction | None:
    """The number a cell holds, found another way; None where there is none."""
    if cell in SPECIAL:
        return SPECIAL[cell]
    return None if cell in ("", "x", "1,2", "nan") else Fraction(cell.replace(",", ""))


@given(RECORDS)
def test_totals_always_tie(records: list[tuple[str, str, str, str, str]]) -> None:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["Day", "Family", "Qty", "Value", "Keep"])
    writer.writerows(records)
    with TemporaryDirectory() as folder:
        Path(folder, "sales.csv").write_text(text.getvalue(), newline="")
        Path(folder, "m.toml").write_text(TIED)
        result: Import = extract(read_mapping(Path(folder, "m.toml")))
    kept = [record for record in records if record[4] == "yes"]
    for table in result.tables:
        assert table.all_tie
        rows, first, second = table.ties
        assert rows.read == len(kept)
        assert table.counts.read == len(records)
        assert table.counts.left_out == len(records) - len(kept)
        for tie, position in ((first, 2), (second, 3)):
            exact = sum((amount(record[position]) or Fraction(0) for record in kept), Fraction(0))
            assert math.isclose(tie.read, exact, rel_tol=1e-12, abs_tol=1e-6)
            index = table.table.headers.index(tie.column)
            in_rows = math.fsum(row[index] or 0.0 for row in table.rows)  # type: ignore[misc]
            assert math.isclose(tie.loaded, in_rows, rel_tol=1e-12, abs_tol=1e-9)
    good = [r for r in kept if r[0] in ("2026-01-05", "46027") and amount(r[2]) is not None
            and (amount(r[3]) is not None or r[3] == "")]  # fmt: skip
    assert len(result.tables[0].rows) == len(good)


def test_a_lost_amount_does_not_tie() -> None:
    assert not Tie("Value", 1e12, 1e12 - 2000, 0.0).ties
    assert Tie("Value", 1e12, 1e12 - 100, 0.0).ties
    assert Tie("Value", 0.0, 0.0, 0.0).ties
