"""The example mapping on the real file it is made for: ten thousand order lines as they were published."""

from __future__ import annotations

import math
import time
from collections import defaultdict
from datetime import date
from pathlib import Path

import pytest

from sop_xl.importing import Import, TableImport, extract, read_mapping

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "delivery_history.toml"


@pytest.fixture(scope="module")
def loaded(delivery_history: Path) -> Import:
    return extract(read_mapping(EXAMPLE, source=delivery_history))


def values(table: TableImport, *headers: str) -> list[tuple[object, ...]]:
    where = [table.table.headers.index(header) for header in headers]
    return [tuple(row[index] for index in where) for row in table.rows]


def table(loaded: Import, name: str) -> TableImport:
    return next(each for each in loaded.tables if each.table.name == name)


def test_every_line_is_loaded_and_every_total_ties(loaded: Import) -> None:
    assert {each.table.name: len(each.rows) for each in loaded.tables} == {
        "tblFamilies": 6,
        "tblItems": 184,
        "tblResources": 88,
        "tblBill": 116,
        "tblSales": 10324,
        "tblOrders": 10324,
    }
    assert all(each.all_tie and not each.rejected and not each.notes for each in loaded.tables)
    assert loaded.notes == ()
    quantity, value = table(loaded, "tblSales").ties[1:]
    assert (quantity.loaded, value.loaded) == (189_265_090.0, 1_627_584_457.29)


def test_on_time_is_what_was_published(loaded: Import) -> None:
    dates = values(table(loaded, "tblOrders"), "Promised", "Delivered", "Shipped")
    assert all(type(each) is date for row in dates for each in row)
    assert sum(delivered <= promised for promised, delivered, _ in dates) == 9138  # type: ignore[operator]


def test_texts_are_not_damaged(loaded: Import) -> None:
    sales = table(loaded, "tblSales")
    countries = {country for (country,) in values(sales, "Region/channel")}
    assert len(countries) == 43
    assert "Côte d'Ivoire" in countries
    assert sales.rows[0][1] == "HIV, Reveal G3 Rapid HIV-1 Antibody Test, 30 Tests"
    assert values(table(loaded, "tblOrders"), "Order", "Line")[0] == ("SCMS-4", "1")


def test_every_reference_is_found(loaded: Import) -> None:
    families = {family for (family,) in values(table(loaded, "tblFamilies"), "Family")}
    items = dict(values(table(loaded, "tblItems"), "Item", "Family"))
    sites = {site for (site,) in values(table(loaded, "tblResources"), "Resource")}
    assert set(items.values()) == families
    for name in ("tblSales", "tblOrders"):
        assert all(items[item] == family for item, family in values(table(loaded, name), "Item", "Family"))
    assert all(
        f in families and s in sites for f, s in values(table(loaded, "tblBill"), "Family", "Resource")
    )


def test_prices_and_shares_follow_from_the_lines(loaded: Import) -> None:
    quantity: dict[object, float] = defaultdict(float)
    value: dict[object, float] = defaultdict(float)
    for family, sold, amount in values(table(loaded, "tblSales"), "Family", "Quantity", "Value"):
        quantity[family] += sold  # type: ignore[operator]
        value[family] += amount  # type: ignore[operator]
    for family, unit, make, strategy, days, price in values(
        table(loaded, "tblFamilies"), "Family", "Unit", "Make", "Strategy", "Target days", "Price"
    ):
        assert (unit, make, strategy, days) == ("packs", "MTS", "TARGET", 20.0)
        assert math.isclose(price, value[family] / quantity[family], rel_tol=1e-12)  # type: ignore[arg-type]
    shares: dict[object, float] = defaultdict(float)
    for family, share in values(table(loaded, "tblBill"), "Family", "Hours per unit"):
        shares[family] += share  # type: ignore[operator]
    assert len(shares) == 6
    assert all(math.isclose(whole, 1.0, rel_tol=1e-12) for whole in shares.values())


def test_the_first_bucket_follows_the_last_complete_month(loaded: Import) -> None:
    assert loaded.home == {
        "Home_Company": "Delivery history (US public data)",
        "Home_FirstBucket": date(2015, 9, 1),
        "Home_Currency": "USD",
    }
    days = sorted(day for (day,) in values(table(loaded, "tblSales"), "Bucket"))  # type: ignore[type-var]
    assert days[-1] == date(2015, 9, 14)
    assert sum(date(2015, 8, 1) <= day <= date(2015, 8, 31) for day in days) == 121  # type: ignore[operator]


def test_words_in_place_of_dates_are_empty(delivery_history: Path, tmp_path: Path) -> None:
    toml = EXAMPLE.read_text(encoding="utf-8") + '"Ordered on" = "PO Sent to Vendor Date"\n'
    (tmp_path / "with_order_dates.toml").write_text(toml, encoding="utf-8")
    loaded = extract(read_mapping(tmp_path / "with_order_dates.toml", source=delivery_history))
    orders = table(loaded, "tblOrders")
    assert not orders.rejected
    missing = sum(day is None for (day,) in values(orders, "Ordered on"))
    assert missing == 5404 + 328  # "N/A - From RDC" and "Date Not Captured"


def test_ten_thousand_lines_take_seconds_at_most(delivery_history: Path) -> None:
    begun = time.process_time()
    extract(read_mapping(EXAMPLE, source=delivery_history))
    assert time.process_time() - begun < 4.0
