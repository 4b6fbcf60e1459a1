"""The queries of finance: Power Query names what is published, SQL reads the plan of record in both databases.

Nobody can run Power Query here: the columns, the table and the measure that it names are compared with what is there.
"""

from __future__ import annotations

import csv
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import openpyxl
import pytest
from pyarrow import parquet

from sop_xl.store.place import beside
from tests.tiny import done, planned, table_rows

EXAMPLES = Path(__file__).parents[2] / "examples"
POWER_QUERY = (EXAMPLES / "finance_links.pq").read_text("utf-8")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The planning workbook of a company that has published twice."""
    path = planned(tmp_path_factory.mktemp("queries"))
    done("publish", path, "--by", "Ann")
    done("publish", path, "--by", "Bob")
    return path


def query(name: str) -> str:
    """The text of a query of the Power Query section."""
    return POWER_QUERY.split(f"shared {name} =")[1].split("\nshared ")[0]


def typed(name: str) -> dict[str, str]:
    """Column -> type that a query expects."""
    return dict(re.findall(r'\{"(\w+)", type (\w+)\}', query(name)))


def test_power_query_expects_the_columns_of_the_csv(published: Path) -> None:
    kinds = {"text": str, "number": float, "date": str}
    assert "Encoding = 65001" in query("PlanFromCsv")
    with published.with_name("plan_published.csv").open(encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file, delimiter=",")
    assert list(typed("PlanFromCsv")) == header
    for row in rows:
        for cell, kind in zip(row, typed("PlanFromCsv").values(), strict=True):
            if cell:
                kinds[kind](cell)
                assert kind != "date" or re.fullmatch(r"\d{4}-\d{2}-\d{2}", cell)
    assert "revenue" in {row[1] for row in rows}
    assert set(re.findall(r'"(Family|Bucket|Value|\w+)"', query("RevenueByMonth"))) <= {*header, "revenue"}


def test_power_query_expects_the_parquet_file_and_the_table_of_the_workbook(published: Path) -> None:
    columns = parquet.read_schema(published.with_name("plan_published.parquet")).names
    assert set(typed("PlanFromParquet")) <= set(columns)
    table = re.search(r'Item = "(\w+)", Kind = "Table"', query("PlanFromWorkbook"))
    assert table is not None
    sheet = openpyxl.load_workbook(published.with_name("plan_published.xlsx"))["Plan"]
    assert list(typed("PlanFromWorkbook")) == [column.name for column in sheet.tables[table[1]].tableColumns]


def test_sql_gives_what_was_published(published: Path) -> None:
    found = {}
    with closing(sqlite3.connect(f"{beside(published).file.as_uri()}?mode=ro", uri=True)) as database:  # type: ignore[union-attr]
        for name, text in sql_queries().items():
            found[name] = database.execute(text).fetchall()
    lines = [row for row in table_rows(published, "tblPlan") if row["Version"] == "2026-11.1"]
    assert [row[:2] for row in found["latest"]] == [("2026-11.1", "2026-11")]
    assert [(row[2], row[3], row[5], row[6]) for row in found["plan"]] == [
        (row["Measure"], row["Family"], row["Quantity"], row["Value"]) for row in lines
    ]
    money = {(row[0], row[1]): row[2:] for row in found["revenue and margin"]}
    for row in lines:
        if row["Measure"] in ("revenue", "margin"):
            value = money[row["Family"], f"{row['Bucket']:%Y-%m-%d}"][row["Measure"] == "margin"]
            assert value == row["Value"]
    assert {row[1] for row in found["versions side by side"]} == {"2026-11", "2026-11.1"}


def sql_queries() -> dict[str, str]:
    """Name -> text of the queries."""
    parts = re.split(r"^-- name: (.+)$", (EXAMPLES / "finance_links.sql").read_text("utf-8"), flags=re.M)
    return dict(zip(parts[1::2], parts[2::2], strict=True))
