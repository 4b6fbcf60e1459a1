"""Revert takes back every command that writes, in a file and in an open workbook, and tells the plan store."""

from __future__ import annotations

import getpass
import shutil
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlwings as xw

from addin import ribbon_commands
from sop_xl.commands.catalogue import COMMANDS, command
from sop_xl.hosts.contents import BookContents, blocks, read_contents, write_contents
from sop_xl.hosts.file_engine import file_engine
from sop_xl.hosts.session import open_book
from sop_xl.store.place import beside
from sop_xl.store.store import Store, open_store, set_up
from sop_xl.workbook.read import Workbook
from tests.commands.test_apply_proposals import accept, proposals, strained_once
from tests.commands.test_load_actuals import MAPPING
from tests.tiny import done, leftovers, set_fields, sop, table_rows, tiny_company, type_overrides

MARCH = date(2027, 3, 31)

#: Command of the catalogue -> words of the command line after the workbook. Two are tested by themselves.
BY_FILE: dict[str, tuple[str, ...]] = {
    entry.name: () for entry in COMMANDS if not entry.only_reads and not entry.anywhere
}
del BY_FILE["revert"], BY_FILE["publish"]
BY_FILE["load-actuals"] = ("--mapping", "MAPPING")
BY_FILE["submit"] = ("--step", "2")
BY_FILE["approve"] = ("--step", "1")
#: What only the command line knows.
OTHERS = {
    "reject": ("--step", "1", "--reason", "no"),
    "skip": ("--step", "4", "--reason", "quiet"),
}


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workbook in which every command finds something to do; not one of them ran on it since."""
    folder = tmp_path_factory.mktemp("busy")
    path = strained_once(folder)
    set_up(beside(path), "me")
    done("scenario", "save", path, "Boom", "--rule", "demand TEA +10%")
    done("submit", path, "--step", "1")
    accept(path, [proposals(path, lambda row: row["Move"] == "pre-build")[0]["Id"]])
    # More than the last command has seen, so that also a repeated one changes something.
    type_overrides(path, {("Demand", "TEA", "sales_override", MARCH): 777.0})
    set_fields(path, Home_Frozen=2)
    (folder / "families.csv").write_text("CODE;NAME;PRICE\nTEA;Tea;8\nMUGS;Mugs;4\n", encoding="utf-8")
    (folder / "mapping.toml").write_text(MAPPING.format(mode="replace"), encoding="utf-8")
    return path


@pytest.fixture
def plan(busy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SOP_SETTINGS", str(tmp_path / "settings"))
    monkeypatch.delenv("SOP_STORE", raising=False)
    for file in busy.parent.iterdir():
        if ".bak" not in file.name:
            shutil.copy(file, tmp_path)
    return tmp_path / "plan.xlsx"


@pytest.mark.parametrize("name", [*BY_FILE, *OTHERS])
def test_a_file_is_as_it_was(plan: Path, name: str) -> None:
    before = plan.read_bytes()
    words = [
        str(plan.with_name("mapping.toml")) if w == "MAPPING" else w for w in {**BY_FILE, **OTHERS}[name]
    ]
    done(*(("scenario", "compare") if name == "compare-scenarios" else (name,)), plan, *words)
    assert plan.read_bytes() != before
    assert "as it was before the last command" in done("revert", plan)["summary"][0]
    assert plan.read_bytes() == before


class Program:
    """A program with one open workbook, whose buttons are pressed: the file engine in place of Excel."""

    def __init__(self, path: Path) -> None:
        self.app = file_engine().apps.add()
        self.book: xw.Book = self.app.books.open(str(path))
        self.said: list[str] = []

    def press(self, name: str, path: Path | None = None) -> bool:
        chosen = str(path).encode("utf-16-be").hex() if path else ""
        return ribbon_commands.run(name, chosen, self.book, lambda text, mode: self.said.append(text))

    def contents(self) -> dict[str, Any]:
        """All that stands in it: cells, arrays, tables, names, styles, protection."""
        return read_contents(self.book).plain()

    def override(self, value: float) -> None:
        """Type into Demand."""
        self.book.sheets["Demand"].range((8, 8)).value = value


@pytest.fixture
def program(plan: Path) -> Iterator[Program]:
    found = Program(plan)
    yield found
    found.app.quit()


def test_an_open_workbook_is_as_it_was_and_can_be_had_again(program: Program, plan: Path) -> None:
    """Every command of the catalogue, one after the other on what the one before left when it was taken back."""
    before = program.contents()
    for name in BY_FILE:
        assert program.press(name, plan.with_name("mapping.toml") if command(name).asks else None), (
            program.said
        )
        after = program.contents() if name in ("load-actuals", "apply-proposals", "protect", "submit") else {}
        assert program.press("revert"), program.said
        assert (name, differences(program.contents(), before)) == (name, [])
        if after:
            assert after != before
            assert program.press("revert"), program.said
            assert (name, differences(program.contents(), after)) == (name, [])
            assert program.press("revert"), program.said


def differences(found: dict[str, Any], wanted: dict[str, Any]) -> list[str]:
    """Where two workbooks differ; a style is compared cell by cell."""
    listed = [key for key in ("tables", "names", "protected") if found[key] != wanted[key]]
    one, other = BookContents.of(found).sheets, BookContents.of(wanted).sheets
    assert list(one) == list(other)
    for name in one:
        listed += _different(name, one[name].cells(), other[name].cells())
        listed += _different(name, styles(one[name].styles), styles(other[name].styles))
        if one[name].arrays != other[name].arrays:
            listed.append(f"{name} arrays")
    return listed


def _different(name: str, one: dict[Any, Any], other: dict[Any, Any]) -> list[str]:
    places = [place for place in {**one, **other} if one.get(place) != other.get(place)]
    return [f"{name} {place}: {one.get(place)} not {other.get(place)}" for place in places]


def styles(of: Any) -> dict[tuple[int, int], str]:
    return {
        (r, c): style
        for style, areas in of.items()
        if style not in ("Normal", "Default")
        for top, left, bottom, right in areas
        for r in range(top, bottom + 1)
        for c in range(left, right + 1)
    }


def test_a_first_plan_goes_away_with_all_its_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOP_SETTINGS", str(tmp_path / "settings"))
    program = Program(tiny_company(tmp_path / "plan.xlsx"))
    before = program.contents()
    assert program.press("run-cycle")
    assert program.press("revert")
    assert differences(program.contents(), before) == []
    assert program.press("run-cycle"), program.said
    program.app.quit()


def test_a_workbook_from_before_keeps_the_tables_it_was_given(plan: Path) -> None:
    """They are empty again, all else is as it was, and nothing is lost by bringing all back."""
    old = openpyxl.load_workbook(plan)
    del old["Bridge"]
    del old["Resources"].tables["tblExtraCapacity"]
    old.save(plan)
    program = Program(plan)
    before = program.contents()
    assert program.press("run-cycle"), program.said
    after = program.contents()
    assert program.press("revert"), program.said
    found = program.contents()
    assert "Bridge" in found["sheets"].keys() - before["sheets"].keys()
    del found["sheets"]["Bridge"]
    assert {line.split()[0] for line in differences(found, before)} <= {"tables", "Resources"}
    assert program.press("revert"), program.said
    assert differences(program.contents(), after) == []
    program.app.quit()


def test_a_sheet_of_the_users_is_never_removed(program: Program) -> None:
    assert program.press("reconcile")
    program.book.sheets.add("Mine").range("A1").value = "keep"
    assert not program.press("revert")
    assert "Changed since List gaps: Mine." in program.said[-1]
    assert program.press("revert"), program.said
    assert program.book.sheets["Mine"].range("A1").value == "keep"
    program.book.sheets["Orders"].name = "Bookings"
    assert not program.press("revert")  # asks first
    assert not program.press("revert")
    assert "The sheet Orders was renamed or deleted since." in program.said[-1]


def test_what_was_typed_since_goes_only_when_asked_twice(program: Program) -> None:
    before = program.contents()
    assert program.press("reconcile")
    program.override(4321.0)
    typed = program.contents()
    assert not program.press("revert")
    assert "Changed since List gaps: Demand." in program.said[-1]
    assert program.contents() == typed
    assert program.press("revert")
    assert differences(program.contents(), before) == []
    assert program.press("revert")
    assert differences(program.contents(), typed) == []


def test_only_what_was_done_here_can_be_reverted(program: Program) -> None:
    assert not program.press("revert")
    assert "No command has changed" in program.said[-1]
    assert program.press("check")
    assert not program.press("revert")


def test_a_failing_command_leaves_an_open_workbook_as_it_was(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It fails when the views are written already; an earlier command can still be taken back."""
    first = program.contents()
    assert program.press("reconcile")
    before = program.contents()

    def broken(*_: object) -> None:
        raise OSError("the network went away")

    monkeypatch.setattr("sop_xl.commands.cycle.write_notices", broken)
    assert not program.press("run-cycle")
    assert "The workbook is as it was" in program.said[-1]
    monkeypatch.undo()
    assert differences(program.contents(), before) == []
    assert program.press("revert")
    assert differences(program.contents(), first) == []


def test_a_command_that_was_cut_off_is_taken_back(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    before = program.contents()

    def killed(*_: object, **__: object) -> None:
        raise Gone

    with monkeypatch.context() as patched:
        patched.setattr("sop_xl.commands.cycle.write_notices", killed)
        patched.setattr("sop_xl.commands.kept_contents.write_contents", killed)
        with pytest.raises(Gone):
            program.press("plan-supply")
    assert differences(program.contents(), before) != []
    assert program.press("revert"), program.said
    assert "Plan supply was cut off in the middle." in program.said[-1]
    assert differences(program.contents(), before) == []


class Gone(BaseException):
    """A process that ends in the middle."""


def test_what_is_published_stays_published(program: Program) -> None:
    program.book.impl.save = lambda *words, **options: None
    assert program.press("publish"), program.said
    after = program.contents()
    assert not program.press("revert")
    assert "Version 2026-11 was published" in program.said[-1]
    assert program.contents() == after


def test_a_publication_that_fails_leaves_an_open_workbook_as_it_was(program: Program) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError("disk full")

    before = program.contents()
    program.book.impl.save = full
    assert not program.press("publish")
    assert differences(program.contents(), before) == []


def test_contents_survive_being_kept(program: Program) -> None:
    contents = read_contents(program.book)
    assert contents.sheets["KPIs"].arrays
    assert write_contents(program.book, BookContents.of(contents.plain())) == 0
    places = {(1, 1), (1, 2), (2, 1), (2, 2), (2, 4), (3, 4)}
    assert sum((b - t + 1) * (r - left + 1) for t, left, b, r in blocks(places)) == len(places)


# ---- the plan store --------------------------------------------------------------------------------------------


def asked(path: Path, question: Callable[[Store], Any]) -> Any:
    with open_store(beside(path)) as store:
        return question(store)


def test_the_store_hears_that_a_signature_is_taken_back(plan: Path) -> None:
    done("approve", plan, "--step", "1", "--by", "Ann")
    assert asked(plan, lambda s: s.signoffs.of("2026-11")["1"].state) == "APPROVED"
    submitted_by = getpass.getuser()
    done("revert", plan)
    word = asked(plan, lambda s: s.signoffs.of("2026-11")["1"])
    assert (word.revision, word.state, word.signed_by) == (3, "SUBMITTED", submitted_by)
    entry = asked(plan, lambda s: s.history.entries(last=1))[0]
    assert (entry.action, entry.by, entry.detail["restores"]) == ("signed", getpass.getuser(), submitted_by)
    # The next word on another step does not bring the approval back.
    done("submit", plan, "--step", "2")
    assert table_rows(plan, "tblSteps")[0]["State"] == "SUBMITTED"
    done("revert", plan)
    done("revert", plan)
    assert [row["State"] for row in table_rows(plan, "tblSteps")][:2] == ["SUBMITTED", "SUBMITTED"]
    assert asked(plan, lambda s: s.signoffs.of("2026-11")["2"].state) == "SUBMITTED"
    done("store", "verify", plan)


def test_what_somebody_else_signed_since_is_not_taken_back(plan: Path) -> None:
    done("approve", plan, "--step", "1")
    after = plan.read_bytes()
    with open_store(beside(plan)) as store:
        store.signoffs.sign("2026-11", "1", "REJECTED", "Bob", 2, "no")
    said = sop("revert", plan)
    assert (said.code, "Step 1 Gather data is REJECTED by Bob since then." in said.err) == (1, True)
    assert plan.read_bytes() == after


def test_a_signature_is_not_taken_back_while_the_store_is_out_of_reach(plan: Path) -> None:
    done("approve", plan, "--step", "1")
    after = plan.read_bytes()
    beside(plan).file.write_bytes(b"no database")  # type: ignore[union-attr]
    said = sop("revert", plan)
    assert (said.code, "nothing was changed" in said.err) == (1, True), said
    assert plan.read_bytes() == after


def test_scenarios_in_the_store_go_back_too(plan: Path) -> None:
    def head() -> tuple[int, str, str]:
        found = asked(plan, lambda s: s.scenarios.find("Boom"))
        return found.revision, found.state, found.note

    def row() -> tuple[str, float]:
        [found] = table_rows(plan, "tblScenarios")
        return found["Rules"], found["Revision"]

    done("scenario", "save", plan, "Boom", "--rule", "demand TEA +20%")
    assert head() == (2, "DRAFT", "demand TEA +20%")
    done("revert", plan)
    assert head() == (3, "DRAFT", "demand TEA +10%")
    assert row() == ("demand TEA +10%", 3)
    done("revert", plan)
    assert head() == (4, "DRAFT", "demand TEA +20%")
    assert row() == ("demand TEA +20%", 4)
    done("scenario", "promote", plan, "Boom")
    assert head() == (5, "PROMOTED", "demand TEA +20%")
    assert table_rows(plan, "tblScenarios")[0]["Revision"] == 5
    done("revert", plan)
    assert head() == (6, "DRAFT", "demand TEA +20%")
    done("store", "verify", plan)


def test_a_new_scenario_that_is_taken_back_is_dropped_and_may_come_again(plan: Path) -> None:
    done("scenario", "save", plan, "Bust", "--rule", "demand TEA -10%")
    done("revert", plan)
    assert asked(plan, lambda s: s.scenarios.find("Bust").state) == "DROPPED"
    assert done("scenario", "save", plan, "Bust", "--rule", "demand TEA -5%")["data"]["revision"] == 3


def test_taking_a_scenario_is_reverted_in_the_workbook_alone(plan: Path) -> None:
    with open_store(beside(plan)) as store:
        store.scenarios.save("Boom", store.scenarios.lines("Boom"), "Ann", 1, note="demand TEA +30%")
    done("scenario", "take", plan, "Boom")
    before = asked(plan, lambda s: s.scenarios.find("Boom"))
    done("revert", plan)
    assert asked(plan, lambda s: s.scenarios.find("Boom")) == before
    assert table_rows(plan, "tblScenarios")[0]["Revision"] == 1


def test_the_history_of_overrides_tells_a_revert_and_invents_nothing(plan: Path) -> None:
    def told() -> list[tuple[Any, ...]]:
        found = done("history", plan)["data"]["changes"]
        return [
            (c["family"], c["measure"], c["old"], c["new"], c["reason"].split(":")[0].split(",")[0])
            for c in found
        ]

    typed = ("TEA", "Sales override", None, 777.0, "")
    done("apply-proposals", plan)
    after = told()
    assert after[0] == typed
    moved = [line for line in after if line[4] == "Accepted proposals"]
    assert moved
    done("revert", plan)
    back = [(family, measure, new, old, "Reverted") for family, measure, old, new, _ in moved]
    assert sorted(told()[len(after) :], key=str) == sorted(back, key=str)
    # The workbook finds 777 once more; the store knows it.
    count = len(told())
    done("reconcile", plan)
    assert len(told()) == count
    # In the workbook alone everything went back, as if nothing had been.
    with open_book(plan, read_only=True) as session:
        assert len(Workbook.of(session.book).rows("tblChanges")) == 1
    assert not [name for name in leftovers(plan.parent) if "running" in name]
