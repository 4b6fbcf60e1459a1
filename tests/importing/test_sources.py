from __future__ import annotations

import gzip
import sqlite3
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from sop_xl.importing import Import, MappingError, SourceError

Column = Callable[..., list[object]]
ITEM = 'Item = "Item"'


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", [True, False])
def test_every_line_end_with_lines_of_quoted_fields(
    workshop: Any, column: Column, end: str, last: bool
) -> None:
    lines = ["Day,Item,Qty", "2026-01-01,plain,1", f'2026-01-02,"two{end}lines, and ""quotes""",2', "",
             "2026-01-03,bad,x", f'2026-01-04,"{end}{end}",y', "2026-01-05,=1+1,5"]  # fmt: skip
    result = workshop.sales(end.join(lines) + (end if last else ""), ITEM)
    assert column(result, "Item") == ["plain", 'two\nlines, and "quotes"', "=1+1"]
    assert [(each.line, each.value) for each in result.tables[0].rejected] == [(6, "x"), (7, "y")]


def test_formulas_and_tabs_stay_plain_text(workshop: Any, column: Column) -> None:
    texts = ["=1+1", "+1", "-1", "@cmd", "\t=x", "'quoted"]
    result = workshop.sales("Day;Item;Qty\n" + "".join(f'2026-01-01;"{text}";1\n' for text in texts), ITEM,
                            'separator = ";"')  # fmt: skip
    assert column(result, "Item") == texts


@pytest.mark.parametrize(
    ("encoding", "option"),
    [("utf-8", ""), ("utf-8-sig", ""), ("cp1252", 'encoding = "cp1252"'), ("latin-1", 'encoding = "latin-1"'),
     ("utf-8", 'encoding = "auto"'), ("cp1252", 'encoding = "auto"'), ("utf-16", 'encoding = "auto"')],
)  # fmt: skip
def test_encodings(workshop: Any, column: Column, encoding: str, option: str) -> None:
    result: Import = workshop.sales("Day,Item,Qty\n2026-01-01,Côte,1\n".encode(encoding), ITEM, option)
    assert column(result, "Item") == ["Côte"]
    guessed = encoding == "cp1252" and "auto" in option
    assert ("read as cp1252" in " ".join(result.notes)) == guessed


def test_a_wrong_encoding_names_the_line(workshop: Any) -> None:
    with pytest.raises(SourceError, match="line 3: byte 0xf4 is not utf-8-sig") as caught:
        workshop.sales("Day,Item,Qty\r2026-01-01,a,1\r2026-01-01,Côte,1\r".encode("latin-1"))
    assert "cp1252" in caught.value.remedy


def test_an_open_quotation_mark_is_not_swallowed(workshop: Any) -> None:
    csv = 'Day,Item,Qty\n2026-01-01,a,1\n2026-01-01,"open,1\n2026-01-01,b,1\n'
    with pytest.raises(SourceError, match="record of line 3 is never closed"):
        workshop.sales(csv)
    assert len(workshop.sales(csv, options='quote = ""').tables[0].rows) == 3


def test_records_with_too_many_or_too_few_fields(workshop: Any) -> None:
    csv = "Qty,Day,Item\n1,2026-01-01,a\n1,5,2026-01-02,b\n2,2026-01-03\n3,2026-01-04,c,,\n"
    table = workshop.sales(csv).tables[0]
    assert [row[4] for row in table.rows] == [1.0, 2.0, 3.0]
    [broken] = table.rejected
    assert (broken.line, broken.reason) == (3, "4 fields where the header has 3")
    assert table.counts.rejected == 1
    assert table.all_tie


def test_lines_before_the_header_are_skipped_and_counted(workshop: Any) -> None:
    table = workshop.sales("Report\n\nDay,Qty\n2026-01-01,x\n", options="skip = 2").tables[0]
    assert table.rejected[0].line == 4


def test_several_files_with_columns_in_different_order(workshop: Any, column: Column) -> None:
    workshop.file("s1.csv", "Day,Qty\n2026-01-01,1\n")
    workshop.file("s2.csv.gz", gzip.compress(b"qty, Day ,More\n2,2026-02-01,x\nbad,2026-02-01,x\n"))
    workshop.file("~$s3.csv", "lock")
    result = workshop.load(
        '[source]\npath = "*s?.csv*"\n[[table]]\nname = "tblSales"\n'
        'columns = {Bucket = "Day", Quantity = "Qty"}\n'
    )
    assert column(result, "Quantity") == [1.0, 2.0]
    [rejected] = result.tables[0].rejected
    assert (rejected.source, rejected.line) == ("s2.csv.gz", 3)


def test_tab_separated_files_need_no_option(workshop: Any) -> None:
    workshop.file("a.tsv.gz", gzip.compress(b"Day\tQty\r2026-01-01\t1\r"))
    result = workshop.load('[source]\npath = "a.tsv.gz"\n[[table]]\nname = "tblSales"\n'
                           'columns = {Bucket = "Day", Quantity = "Qty"}\n')  # fmt: skip
    assert result.tables[0].rows == [[date(2026, 1, 1), None, None, None, 1.0, None]]


@pytest.mark.parametrize(
    ("csv", "expected"),
    [
        ("Day,Quantity\n", ['no column "Qty". Did you mean "Quantity"?']),
        ("Day;Qty\n1;2\n", ['no column "Day". Its header is one field; perhaps separator = ";".', '"Qty"']),
        ("Day,Qty,Qty\n", ['has 2 columns "Qty"']),
    ],
)
def test_columns_that_are_not_there_are_all_named(workshop: Any, csv: str, expected: list[str]) -> None:
    with pytest.raises(MappingError) as caught:
        workshop.sales(csv)
    assert len(caught.value.problems) == len(expected)
    for problem, words in zip(caught.value.problems, expected, strict=True):
        assert words in str(problem)
        assert "tblSales" in problem.place


@pytest.mark.parametrize("content", ["", "\n\n"])
def test_an_empty_file(workshop: Any, content: str) -> None:
    with pytest.raises(SourceError, match="is empty"):
        workshop.sales(content)


def test_a_damaged_archive(workshop: Any) -> None:
    whole = gzip.compress(b"Day,Qty\n" * 1000)
    for damaged in (whole[:20], b"no archive", whole[:30] + b"\xff" * 20):
        workshop.file("a.csv.gz", damaged)
        with pytest.raises(SourceError, match="cannot be read"):
            workshop.load('[source]\npath = "a.csv.gz"\n[[table]]\nname = "tblSales"\n'
                          'columns = {Bucket = "Day", Quantity = "Qty"}\n')  # fmt: skip


SHEET = """
[source]
path = "book.xlsx"
{options}
[[table]]
name = "tblSales"
columns = {{Bucket = "Day", Item = "Item", Quantity = "Qty"}}
"""


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A workbook of Excel's kind: a title, a table that begins at B3, real dates, an error, a stray note."""
    import xlsxwriter

    path = tmp_path / "book.xlsx"
    with xlsxwriter.Workbook(path) as book:
        dates = book.add_format({"num_format": "yyyy-mm-dd"})
        book.add_worksheet("First").write("A1", "Nothing of interest")
        sheet = book.add_worksheet("Orders & more")
        sheet.write("B1", "Report")
        sheet.add_table(
            2, 1, 7, 3, {"name": "tblRaw", "columns": [{"header": h} for h in ("Day", "Item", "Qty")]}
        )
        sheet.write_datetime(3, 1, datetime(2026, 11, 23), dates)
        sheet.write_row(3, 2, [1001, 68.68])
        sheet.write(4, 1, 46350)
        sheet.write_string(4, 2, "=A1")
        sheet.write_formula(4, 3, "=1+1", value=2)
        sheet.write_datetime(6, 1, datetime(2026, 11, 25, 13), dates)
        sheet.write(6, 2, "A")
        sheet.write_formula(6, 3, "=NA()", value="#N/A")
        sheet.write_row(7, 1, ["soon", "B", True])
        sheet.write(3, 6, "a note beside the table")
    return path


@pytest.mark.parametrize("options", ['sheet = "orders & MORE"\nskip = 1', 'table = "tblRaw"'])
def test_sheets_and_tables_of_workbooks(workshop: Any, book: Path, options: str) -> None:
    [table] = workshop.load(SHEET.format(options=options)).tables
    assert table.rows == [
        [date(2026, 11, 23), "1001", None, None, 68.68, None],
        [date(2026, 11, 24), "=A1", None, None, 2.0, None],
    ]
    assert [(each.line, each.column, each.value) for each in table.rejected] == [
        (7, "Qty", "#N/A"),
        (8, "Day", "soon"),
        (8, "Qty", "True"),
    ]
    assert table.counts.read == 4


@pytest.mark.parametrize(
    ("options", "expected"),
    [('sheet = "Order"', "no sheet"), ('table = "tblRow"', 'Did you mean "tblRaw"')],
)
def test_sheets_and_tables_that_are_not_there(workshop: Any, book: Path, options: str, expected: str) -> None:
    with pytest.raises(SourceError, match=expected):
        workshop.load(SHEET.format(options=options))


def test_a_workbook_of_openpyxl_reads_the_same(workshop: Any, tmp_path: Path) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    book.active.append(["Day", "Item", "Qty"])  # type: ignore[union-attr]
    book.active.append([date(2026, 11, 23), "x", 5])  # type: ignore[union-attr]
    book.save(tmp_path / "book.xlsx")
    [table] = workshop.load(SHEET.format(options="")).tables
    assert table.rows == [[date(2026, 11, 23), "x", None, None, 5.0, None]]


def test_a_file_that_is_no_workbook(workshop: Any) -> None:
    workshop.file("book.xlsx", "not a workbook")
    with pytest.raises(SourceError, match="cannot be read as a workbook"):
        workshop.load(SHEET.format(options=""))


QUERY = """
[source]
url = "{url}"
query = "{query}"
[[table]]
name = "tblSales"
columns = {{Bucket = "day", Item = "item", Quantity = "qty"}}
"""


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    path = tmp_path / "orders.db"
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("CREATE TABLE sales (day TEXT, item TEXT, qty REAL)")
        connection.executemany(
            "INSERT INTO sales VALUES (?, ?, ?)",
            [("2026-11-23", "a:b 50%", 68.68), ("2026-11-24", None, 2), ("2026-11-25", "c", None)],
        )
    connection.close()
    return path


@pytest.mark.usefixtures("orders")
def test_queries(workshop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SALES_DB", "orders.db")
    query = "SELECT * FROM sales WHERE item IS NULL OR item LIKE '%:b 50%' OR qty IS NULL ORDER BY day"
    [table] = workshop.load(QUERY.format(url="sqlite:///${SALES_DB}", query=query)).tables
    assert table.rows == [
        [date(2026, 11, 23), "a:b 50%", None, None, 68.68, None],
        [date(2026, 11, 24), None, None, None, 2.0, None],
    ]
    [rejected] = table.rejected
    assert (rejected.source, rejected.line, rejected.reason) == ("query of orders.db", 4, "Quantity is empty")


@pytest.mark.parametrize(
    "query", ["DELETE FROM sales", "DROP TABLE sales", "INSERT INTO sales VALUES (1, 2, 3) RETURNING *"]
)
def test_a_query_changes_nothing(workshop: Any, orders: Path, query: str) -> None:
    with pytest.raises(SourceError):
        workshop.load(QUERY.format(url="sqlite:///orders.db", query=query))
    connection = sqlite3.connect(orders)
    assert connection.execute("SELECT count(*) FROM sales").fetchone() == (3,)
    connection.close()


@pytest.mark.usefixtures("orders")
def test_a_query_that_is_refused_says_why(workshop: Any) -> None:
    with pytest.raises(SourceError, match="no such column: wrong"):
        workshop.load(QUERY.format(url="sqlite:///orders.db", query="SELECT wrong FROM sales"))
    with pytest.raises(MappingError, match='no column "qty"'):
        workshop.load(QUERY.format(url="sqlite:///orders.db", query="SELECT day, item FROM sales"))


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("nosuchdb://u:${DB_PASSWORD}@h/d", "kind of database"),
        ("firebird+fdb://u:${DB_PASSWORD}@h/d", "kind of database"),
        ("oracle+cx_oracle://u:${DB_PASSWORD}@h/d", "driver for oracle"),
        ("://", "not well formed"),
    ],
)
def test_a_database_that_is_out_of_reach(
    workshop: Any, monkeypatch: pytest.MonkeyPatch, url: str, expected: str
) -> None:
    monkeypatch.setenv("DB_PASSWORD", "s3cret/word")
    with pytest.raises(SourceError, match=expected) as caught:
        workshop.load(QUERY.format(url=url, query="SELECT 1"))
    assert "s3cret" not in str(caught.value)


def test_a_driver_that_prints_the_password_is_silenced(
    workshop: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DB_FILE", "s3cret")
    (tmp_path / "s3cret").write_bytes(b"no database " * 100)
    with pytest.raises(SourceError, match="did not answer the query") as caught:
        workshop.load(QUERY.format(url="sqlite:///${DB_FILE}", query="SELECT * FROM s3cret"))
    assert "s3cret" not in str(caught.value)


@pytest.mark.usefixtures("orders")
@pytest.mark.parametrize(
    ("url", "warned"),
    [
        ("postgresql://me:secret@host/db", True),
        ("mssql+pyodbc://host/db?UID=me&PWD=secret", True),
        ("postgresql://me:${DB_PASSWORD}@host/db", False),
        ("sqlite:///orders.db", False),
    ],
)
def test_a_password_in_the_mapping_is_warned_of(
    workshop: Any, monkeypatch: pytest.MonkeyPatch, url: str, warned: bool
) -> None:
    monkeypatch.setenv("DB_PASSWORD", "secret")
    mapping = workshop.mapping(QUERY.format(url=url, query="SELECT 1"))
    assert ("holds a password" in " ".join(mapping.notes)) == warned
    assert "secret" not in repr(mapping)
