"""The SQL that finance is given, on SQLite and PostgreSQL, as somebody who may only read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import sqlalchemy as sa

from sop_xl.store.place import Place
from sop_xl.store.store import Store
from tests.store.example import DEC, NOV, new_version, publish

ROOT = Path(__file__).resolve().parents[2]


def queries() -> dict[str, str]:
    """Name -> text of the queries in the examples."""
    text = (ROOT / "examples" / "finance_links.sql").read_text("utf-8")
    parts = re.split(r"^-- name: (.+)$", text, flags=re.M)
    return dict(zip(parts[1::2], (part.strip().rstrip(";") for part in parts[2::2]), strict=True))


def test_the_queries_read_what_is_published_and_nothing_that_is_prepared(place: Place, store: Store) -> None:
    publish(store, new_version())
    lines = [
        ("revenue", "TEA", NOV, None, 1.0),
        ("revenue", "CUPS", NOV, None, 2.0),
        ("margin", "TEA", DEC, None, 0.5),
    ]
    publish(store, new_version("2026-11.2", lines))
    with store.plans.publishing():
        store.plans.prepare(new_version("2026-12"), "2026-11.2")
    url = (
        f"sqlite:///{place.file}" if place.file else place.server.replace("postgresql:", "postgresql+pg8000:")
    )
    engine = sa.create_engine(url)
    try:
        with engine.connect() as connection:
            if not place.file:
                _only_reading(connection)
            found = {
                name: [tuple(row) for row in connection.exec_driver_sql(text)]
                for name, text in queries().items()
            }
    finally:
        engine.dispose()
    assert [row[0] for row in found["latest"]] == ["2026-11.2"]
    assert [(row[2], row[3], str(row[4]), row[6]) for row in found["plan"]] == [
        (measure, family, f"{bucket}", value) for measure, family, bucket, _, value in lines
    ]
    assert [(row[0], str(row[1]), *row[2:]) for row in found["revenue and margin"]] == [
        ("CUPS", f"{NOV}", 2.0, None),
        ("TEA", f"{NOV}", 1.0, None),
        ("TEA", f"{DEC}", None, 0.5),
    ]
    assert [(str(row[0]), *row[1:]) for row in found["versions side by side"]] == [
        (f"{NOV}", "2026-11", 11100.0),
        (f"{NOV}", "2026-11.2", 3.0),
        (f"{DEC}", "2026-11", 10000.0),
    ]


def _only_reading(connection: sa.Connection) -> None:
    """Go on as the role that docs/finance-links.md makes for finance; it may not write."""
    text = (ROOT / "docs" / "finance-links.md").read_text("utf-8")
    statements = re.search(r"```sql\n(CREATE ROLE.+?)```", text, flags=re.S)
    assert statements is not None
    for statement in statements[1].split(";"):
        if statement.strip():
            database = connection.exec_driver_sql("SELECT current_database()").scalar_one()
            connection.exec_driver_sql(statement.replace("plans", database))
    connection.exec_driver_sql("SET LOCAL ROLE finance")
    with pytest.raises(sa.exc.ProgrammingError, match="permission denied"), connection.begin_nested():
        connection.exec_driver_sql("UPDATE sop_plan_lines SET value = 0")
