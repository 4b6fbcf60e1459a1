from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from sop_xl.errors import WorkbookError
from sop_xl.importing import MappingError, SourceError, extract, read_mapping

SALES = """
[[table]]
name = "tblSales"
columns = {Bucket = "Day", Quantity = "Qty"}
"""


def problems(workshop: Any, toml: str, **options: object) -> list[str]:
    workshop.file("a.csv", "Day,Qty,Group\n2026-11-23,5,x\n")
    with pytest.raises(MappingError) as caught:
        workshop.mapping(toml, **options)
    return [str(problem) for problem in caught.value.problems]


def test_everything_wrong_is_reported_at_once(workshop: Any) -> None:
    found = problems(
        workshop,
        """
        tabel = 1
        [source]
        path = "missing.csv"
        encodng = "utf-8"
        encoding = "klingon"
        decimal = ";"
        dates = ["%d.%m"]
        skip = true

        [home]
        Company = "x"

        [[table]]
        name = "tblSale"

        [[table]]
        name = "tblFamilies"
        mode = "merg"
        where = "[Qty] +"
        group_by = ["Group"]
        colour = "red"
        [table.columns]
        Famly = "Group"
        Make = {constant = "MTX"}
        Price = "Qty"
        "Unit cost" = {sum = "Cost", mean = "Cost"}
        "Target days" = {constant = -1}
        Unit = {sum = "Qty"}

        [[table]]
        name = "tblSales"
        where = "[Qty] * 2"
        [table.source]
        path = "a.csv"
        quot = ""
        [table.columns]
        Bucket = {expression = "number([Day])"}
        Quantity = {sum = "Qty"}
        Value = 5
        """,
    )
    text = "\n".join(found)
    for expected in (
        'file: "tabel" is not known here. Did you mean "table"?',
        "there is no file",
        '[source]: "encodng" is not known here. Did you mean "encoding"?',
        '[source]: encoding "klingon" is not known',
        '[source]: decimal is "." or ","',
        '[source]: dates "%d.%m" is no format of a date',
        "[source]: skip is a number of lines",
        '[home]: "Company" is no name of a cell',
        '[[table]] 1 tblSale: "tblSale" is no table that can be loaded. Did you mean "tblSales"?',
        '[[table]] 2 tblFamilies: mode "merg" is not known. Did you mean "merge"?',
        '[[table]] 2 tblFamilies where: expression "[Qty] +" ends too early.',
        '[[table]] 2 tblFamilies: "colour" is not known here.',
        '[[table]] 2 tblFamilies columns: "Famly" is not known here. Did you mean "Family"?',
        'columns "Make": constant "MTX" is not one of MTS, MTO.',
        'columns "Price": "Qty" is not in group_by. Say which value: {first = "Qty"}',
        'columns "Unit cost": {sum, mean} is no rule.',
        'columns "Target days": constant Target days is -1, less than 0.',
        'columns "Unit": "sum" gives a number; the column holds a text.',
        '[[table]] 2 tblFamilies columns: "Family" is required and not mapped.',
        '[[table]] 3 tblSales where: expression "[Qty] * 2" is no condition.',
        '[[table]] 3 tblSales source: "quot" is not known here. Did you mean "quote"?',
        'columns "Bucket": expression "number([Day])" gives a number; the column holds a date.',
        'columns "Quantity": "sum" needs group_by.',
        'columns "Value": is no source column. A fixed value is written {constant = 5}.',
    ):
        assert expected in text
    assert len(found) == len(set(found))


def test_the_error_is_a_workbook_error_with_a_remedy(workshop: Any) -> None:
    with pytest.raises(WorkbookError, match=r"mapping\.toml has 1 error:") as caught:
        workshop.mapping(SALES)
    assert "no path and no url" in caught.value.message
    assert "nothing was changed" in caught.value.remedy


@pytest.mark.parametrize(
    ("toml", "expected"),
    [
        ("", "loads nothing"),
        ("a = ", "is not TOML"),
        ("table = 1", "under [[table]]"),
        ('home = 1\n[source]\npath = "a.csv"' + SALES, "is a section with options"),
        ('[source]\npath = "a.csv"\nurl = "sqlite://"' + SALES, "both path and url"),
        ('[source]\npath = "*.txt"' + SALES, "no file matches"),
        ('[source]\npath = "."' + SALES, "is a folder"),
        ('[source]\nquery = "SELECT 1"' + SALES, "no url"),
        ('[source]\nurl = "sqlite://"' + SALES, "a query is needed"),
        ('[source]\nurl = "orders.db"\nquery = "x"' + SALES, "no address"),
        ('[source]\nurl = "sqlite:///no.db"\nquery = "SELECT 1"' + SALES, "no database"),
        ('[source]\nurl = "x://u:${NO_SUCH_NAME}@h"\nquery = "SELECT"' + SALES, "NO_SUCH_NAME is not set"),
        ('[source]\npath = "a.csv"\nthousands = "."' + SALES, 'both "."'),
        ('[source]\npath = "a.csv"\nseparator = ";;"' + SALES, "one character"),
        ('[source]\npath = "a.csv"\nempty = "N/A"' + SALES, "list of texts"),
        ('[source]\npath = "a.csv"' + SALES + SALES, "replaces what an entry before it loads"),
        ('[source]\npath = "a.csv"\n[[table]]\ncolumns = {}', "has no name"),
        ('[source]\npath = "a.csv"\n[[table]]\nname = "tblSales"\nmode = "merge"\n'
         'columns = {Bucket = "Day", Quantity = "Qty"}', "no identity to merge by"),
        ('[source]\npath = "a.csv"\n[[table]]\nname = "tblBudget"\ngroup_by = ["Group"]\n'
         'columns = {Family = "Group", Bucket = {first = "Day"}, Quantity = {share = "Qty"}}', "needs `of`"),
        ('[source]\npath = "a.csv"\n[[table]]\nname = "tblBudget"\ngroup_by = ["Group"]\n'
         'columns = {Family = "Group", Bucket = {first = "Day"}, Quantity = {share = "Qty", of = ["Day"]}}',
         '"Day" in `of` is not in group_by'),
        ('[source]\npath = "a.csv"\n[[table]]\nname = "tblFamilies"\ngroup_by = ["Group"]\n'
         'columns = {Family = "Group", Price = {ratio = ["Qty"]}}', "list of two columns"),
        ('[source]\npath = "a.csv"\n[[table]]\nname = "tblFamilies"\ngroup_by = ["Group"]\n'
         'columns = {Family = "Group", Price = {expression = "[Qty] * 2"}}', '"Qty" is not in group_by'),
        ('[source]\npath = "a.csv"\n[[table]]\nname = "tblFamilies"\ngroup_by = ["Group"]\n'
         'columns = {Family = "Group", Name = {max = "Qty"}}', "for numbers and dates"),
        ('[home]\nHome_List = [1]\n[source]\npath = "a.csv"' + SALES, "not a text, number"),
    ],
)  # fmt: skip
def test_what_is_refused(workshop: Any, toml: str, expected: str) -> None:
    [found] = problems(workshop, toml)
    assert expected in found


def test_a_missing_mapping_file() -> None:
    with pytest.raises(SourceError, match="cannot be read"):
        read_mapping(Path("/no/such/mapping.toml"))


def test_names_of_the_cycle_card_can_be_checked(workshop: Any) -> None:
    toml = '[home]\nHome_Compny = "x"\n[source]\npath = "a.csv"' + SALES
    [found] = problems(workshop, toml, home_names=["Home_Company", "Home_Currency"])
    assert 'Did you mean "Home_Company"?' in found


def test_home_values_keep_their_kind(workshop: Any) -> None:
    workshop.file("a.csv", "Day,Qty\n2026-11-23,5\n")
    result = workshop.load(
        '[home]\nHome_Company = "x"\nHome_FirstBucket = 2026-11-01\nHome_Horizon = 18\n'
        "Home_CycleDate = 2026-11-23T10:00:00\n[source]\npath = 'a.csv'" + SALES
    )
    assert result.home == {
        "Home_Company": "x",
        "Home_FirstBucket": date(2026, 11, 1),
        "Home_Horizon": 18,
        "Home_CycleDate": date(2026, 11, 23),
    }


def test_source_can_be_replaced(workshop: Any, tmp_path: Path) -> None:
    workshop.file("other.csv", "Day,Qty\n2026-11-23,7\n")
    mapping = workshop.file("m.toml", '[source]\nurl = "sqlite:///no.db"\nquery = "SELECT 1"' + SALES)
    result = extract(read_mapping(mapping, source=tmp_path / "other.csv"))
    assert result.tables[0].rows[0][4] == 7.0


def test_a_tables_own_source_keeps_its_place(workshop: Any, tmp_path: Path) -> None:
    workshop.file("own.csv", "Day;Qty\n23.11.2026;1,5\n")
    workshop.file("other.csv", "Name\nx\n")
    mapping = workshop.file(
        "m.toml",
        """
        [source]
        path = "gone.csv"
        dates = ["%d.%m.%Y"]
        [[table]]
        name = "tblSales"
        source = {path = "own.csv", separator = ";", decimal = ","}
        columns = {Bucket = "Day", Quantity = "Qty"}
        [[table]]
        name = "tblFamilies"
        columns = {Family = "Name"}
        """,
    )
    sales, families = extract(read_mapping(mapping, source=tmp_path / "other.csv")).tables
    assert sales.rows[0][0] == date(2026, 11, 23)
    assert sales.rows[0][4] == 1.5
    assert families.rows[0][0] == "x"


def test_merging_needs_only_the_identity(workshop: Any) -> None:
    workshop.file("a.csv", "Item,Price\nA,5\n")
    [table] = workshop.load(
        """
        [source]
        path = "a.csv"
        [[table]]
        name = "tblItems"
        mode = "merge"
        columns = {Item = "Item", Price = "Price"}
        """
    ).tables
    assert table.mode == "merge"
    assert table.columns == ("Item", "Price")
