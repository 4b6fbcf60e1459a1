"""A workbook that a program with openpyxl opens and saves, as many scripts do, is still the workbook.

Compared, part by part of the file (`tests/workbook/parts.py`): tables with columns, styles and filters; defined names,
print areas and titles among them; data validations with their messages; conditional formats with rules, order and
looks; charts with their places; named cell styles; font, fill, border, number format, alignment and protection of every
cell; formulas; widths, heights, folds and hidden columns; frozen panes; page set-up, breaks, headers and footers; sheet
protection; tab colours; links; notes. The workbook has no sparklines and no extensions of later Excel versions (x14),
which openpyxl drops.
"""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from sop_xl.hosts.session import open_book
from tests.tiny import done, planned
from tests.workbook.parts import Found, inventory

#: What openpyxl does not keep of a chart: its language, its own page set-up, and the numbers kept beside references.
LOST_IN_CHARTS = {"lang", "printSettings", "strCache", "numCache"}
#: Of a chart of areas also how transparent they are, and that the lines above them stand on the same axes.
LOST_WITH_AREAS = re.compile(
    r"/areaChart/(ser/spPr/solidFill/srgbClr/alpha: 1 became 0|axId)|/(cat|val)Ax: 1 became 2"
)
#: What openpyxl does not keep at all.
LOST = {"values beside formulas"}


@pytest.fixture(scope="module")
def before(sample: Any) -> Found:
    return inventory(sample.planned)


def missing(old: Any, new: Any, place: str = "") -> list[str]:
    """Elements and attributes of a chart that are not there any more; what is said besides is no loss."""
    tag, attributes, text, children = old
    here = f"{place}/{tag}"
    gone = [f"{here} {pair}" for pair in attributes if pair not in new[1]] + [here] * (text != new[2])
    for name in dict.fromkeys(child[0] for child in children if child[0] not in LOST_IN_CHARTS):
        mine, theirs = ([child for child in part[3] if child[0] == name] for part in (old, new))
        if len(mine) != len(theirs):
            gone.append(f"{here}/{name}: {len(mine)} became {len(theirs)}")
            continue
        for one, other in zip(mine, theirs, strict=True):
            gone += missing(one, other, here)
    return gone


def test_openpyxl_saves_all_but_the_numbers_beside_formulas(
    before: Found, sample: Any, tmp_path: Path
) -> None:
    saved = tmp_path / "saved.xlsx"
    openpyxl.load_workbook(sample.planned).save(saved)
    after = inventory(saved)
    assert len(before["tables"]) > 30
    assert len(before["charts"]) > 4
    assert set(before) - set(after) <= LOST
    for feature in before.keys() - LOST - {"charts"}:
        assert before[feature], feature
        assert after[feature] == before[feature], feature
    assert after["charts"].keys() == before["charts"].keys()
    for place, chart in before["charts"].items():
        gone = missing(chart, after["charts"][place])
        if any("areaChart" in line for line in gone):
            gone = [line for line in gone if not LOST_WITH_AREAS.search(line)]
        assert gone == [], place


def test_our_own_engine_saves_everything(before: Found, sample_copy: Path) -> None:
    with open_book(sample_copy) as session:
        assert session.losses == ()
        session.save(keep_read_values=True)
    after = inventory(sample_copy)
    assert after.keys() == before.keys()
    for feature in before:
        assert after[feature] == before[feature], feature


def test_openpyxl_saves_the_protection_of_sheets(tmp_path: Path) -> None:
    path, saved = planned(tmp_path), tmp_path / "saved.xlsx"
    done("protect", path)
    openpyxl.load_workbook(path).save(saved)
    protected = inventory(path)["sheet protection"]
    assert any(protected.values())
    assert inventory(saved)["sheet protection"] == protected


def test_the_workbook_has_nothing_that_openpyxl_is_known_to_drop(sample: Any) -> None:
    with zipfile.ZipFile(sample.planned) as file:
        sheets = [file.read(name) for name in file.namelist() if name.startswith("xl/worksheets/sheet")]
        kinds = {re.sub(r"\d+", "", name) for name in file.namelist()}
    assert sheets
    assert not any(b"extLst" in sheet or b"x14:" in sheet for sheet in sheets)
    assert not any(re.search(r"slicer|pivot|ctrlProp|activeX|customXml|externalLink", kind) for kind in kinds)


def test_the_workbook_of_the_sample_company_is_small(sample: Any) -> None:
    assert sample.planned.stat().st_size < 1_500_000
