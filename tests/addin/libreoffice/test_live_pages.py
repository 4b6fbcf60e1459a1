"""KPIs and Lab with the extension: live values agree with those of the core, and follow what is chosen."""

from __future__ import annotations

from pathlib import Path

import pytest

from sop_xl.workbook.kpi_page import LIVE
from tests.hosts.libreoffice import LibreOffice
from tests.process.test_measures import random_rows
from tests.tiny import FAMILIES, done, set_fields, table_rows, tiny_company
from udfs.registry import call

pytestmark = pytest.mark.libreoffice


def test_live_values_agree_and_follow_the_choice(tmp_path: Path, office: LibreOffice) -> None:
    path = tiny_company(tmp_path / "plan.xlsx", random_rows(4))
    set_fields(path, Home_DaysSales=41, Home_DaysPayable=30)
    done("run-cycle", path)
    sales = table_rows(path, "tblSales")
    with office.edit(path) as book:
        book.set_value("Lab", "B5", FAMILIES[1])
        book.set_value("Lab", "B6", "HOLT")
        shown = book.values(["KPIs", "Lab"])
        book.set_value("Home", "B16", None)
        without_days = book.values(["KPIs"])["KPIs"]
    checks = [row[10] for row in shown["KPIs"][6:] if row[0]]
    assert checks.count("agrees") == len(LIVE)
    assert "DIFFERS" not in checks
    history = [[row["Quantity"] for row in sales if row["Family"] == FAMILIES[1]]]
    for row, method in ((12, "THETA"), (13, "HOLT")):
        want = call("SOP_FORECAST", [history, 12, 12, method])
        assert isinstance(want, list)
        assert shown["Lab"][row][0] == method
        assert shown["Lab"][row][1:13] == pytest.approx(want[0], rel=1e-9)
    cash = next(row for row in without_days if row[0] == "Cash-to-cash cycle")
    assert cash[9] == ""
