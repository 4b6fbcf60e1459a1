"""What the buttons run, on workbooks that are open: the same plan as from the command line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import xlwings as xw

from addin import ribbon_commands
from sop_xl.commands import catalogue
from sop_xl.hosts.file_engine import file_engine
from sop_xl.workbook.read import Workbook
from tests.tiny import done, planned

# The whole cycle has a test of its own.
STEPS = [entry.name for entry in catalogue.COMMANDS if entry.plain and entry.name != "run-cycle"]


class Excel:
    """A program with open workbooks, and what it was told to show."""

    def __init__(self) -> None:
        self.app = file_engine().apps.add()
        self.said: list[tuple[str, str]] = []

    def open(self, path: Path) -> xw.Book:
        return self.app.books.open(str(path))

    def click(self, name: str, book: xw.Book, path: Path | None = None) -> bool:
        chosen = str(path).encode("utf-16-be").hex() if path else ""
        return ribbon_commands.run(name, chosen, book, lambda text, mode: self.said.append((mode, text)))


@pytest.fixture
def excel() -> Iterator[Excel]:
    program = Excel()
    yield program
    program.app.quit()


def tables(book: xw.Book, *names: str) -> dict[str, object]:
    workbook = Workbook.of(book)
    return {name: workbook.rows(name) for name in names}


def test_every_step_works_on_the_open_workbook_and_leaves_the_file_alone(excel, tmp_path):
    path = planned(tmp_path)
    before = path.read_bytes()
    book = excel.open(path)
    for name in STEPS:
        assert excel.click(name, book), excel.said
    assert {mode for mode, _ in excel.said} == {"info"}
    assert all(text.strip() for _, text in excel.said)
    assert path.read_bytes() == before


def test_a_button_makes_the_plan_that_the_command_line_makes(excel, tmp_path):
    by_file, by_button = planned(tmp_path, "file.xlsx"), planned(tmp_path, "button.xlsx")
    done("run-cycle", by_file)
    book = excel.open(by_button)
    assert excel.click("run-cycle", book)
    names = ("tblPlan", "tblGaps", "tblCapacityCheck", "tblKPIs")
    assert tables(book, *names) == tables(excel.open(by_file), *names)


def test_publish_saves_and_writes_beside_the_workbook(excel, tmp_path):
    book = excel.open(planned(tmp_path))
    # The file engine saves through its session; Excel saves by itself.
    saved = []
    assert excel.click("publish", _saving(book, saved)), excel.said
    assert saved == [True]
    assert sorted(path.name for path in tmp_path.glob("*published*.xlsx")) == [
        "plan_published.xlsx",
        "plan_published_2026-11.xlsx",
    ]
    assert "Published version 2026-11" in excel.said[-1][1]


def _saving(book: xw.Book, saved: list[bool]) -> xw.Book:
    book.impl.save = lambda *words, **options: saved.append(True)
    return book


def test_publish_refuses_a_workbook_that_was_never_saved(excel):
    new = excel.app.books.add()
    assert not excel.click("publish", new)
    assert excel.said[-1] == (
        "critical",
        f"{new.name} is not in a folder of this computer or network. "
        "Save it in a folder first: the published workbook is written beside it.",
    )


def test_new_makes_a_workbook_and_opens_it(excel, tmp_path):
    path = tmp_path / "Pläne – 日本 😀.xlsx"
    assert excel.click("new", excel.app.books.add(), path)
    assert path.exists()
    assert Workbook.of(excel.app.books[path.name])
    assert not excel.click("new", excel.app.books.add(), path)
    assert "exists already" in excel.said[-1][1]


def test_loading_refuses_a_mapping_that_is_not_there(excel, tmp_path):
    book = excel.open(planned(tmp_path))
    assert not excel.click("load-actuals", book, tmp_path / "gone.toml")
    mode, text = excel.said[-1]
    assert mode == "critical"
    assert "gone.toml" in text


def test_errors_of_the_input_are_listed_and_nothing_is_written(excel, tmp_path):
    book = excel.open(planned(tmp_path))
    family = book.sheets["Families"].tables["tblFamilies"].data_body_range
    family[0, 0].value = None
    history = tables(book, "tblPlan")
    assert not excel.click("forecast", book)
    mode, text = excel.said[-1]
    assert mode == "critical"
    assert "Families" in text
    assert "nothing was changed" in text
    assert tables(book, "tblPlan") == history


def test_a_workbook_of_another_kind_is_refused_in_a_sentence(excel):
    assert not excel.click("forecast", excel.app.books.add())
    mode, text = excel.said[-1]
    assert mode == "critical"
    assert "is not an S&OP workbook" in text


def test_a_fault_of_ours_is_said_in_words_and_excel_is_as_before(excel, tmp_path, monkeypatch, caplog):
    def faulty(book, progress):
        assert excel.app.calculation == "manual"
        assert excel.app.screen_updating is False
        progress("Working", 0.5)
        assert excel.app.status_bar == "S&OP: Working … 50%"
        raise KeyError("inner")

    broken = replace(catalogue.command("forecast"), function="tests.addin.nowhere:f")
    monkeypatch.setattr(catalogue, "COMMANDS", (broken,))
    monkeypatch.setattr(type(broken), "load", lambda self: faulty)
    excel.app.calculation = "automatic"
    assert not excel.click("forecast", excel.open(planned(tmp_path)))
    assert "forecast failed unexpectedly: KeyError" in excel.said[-1][1]
    assert (excel.app.calculation, excel.app.screen_updating, excel.app.status_bar) == (
        "automatic",
        True,
        False,
    )
    assert "inner" in caplog.text


def test_a_message_fits_on_a_screen():
    shown = ribbon_commands._shown([f"line {number} " + "x" * 500 for number in range(100)]).splitlines()
    assert len(shown) == ribbon_commands.MAX_LINES + 1
    assert max(map(len, shown)) <= ribbon_commands.MAX_LINE
    assert "82 more" in shown[-1]
