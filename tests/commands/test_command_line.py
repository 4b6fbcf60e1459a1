"""The command line: exit codes, JSON, and a sentence for everything that is no workbook of ours."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from sop_xl.cli import STEPS
from sop_xl.hosts.session import open_book
from tests.tiny import done, leftovers, planned, set_fields, sop

OLD_EXCEL = bytes.fromhex("D0CF11E0A1B11AE1") + "Workbook".encode("utf-16-le")
ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("command", [*STEPS, "publish"])
def test_every_command_speaks_json(tmp_path: Path, command: str) -> None:
    said = sop(command, planned(tmp_path), "--json")
    assert said.code == 0
    assert said.err == ""
    document = json.loads(said.out, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    assert document["ok"] is True
    assert document["command"] == command
    assert document["summary"]
    assert isinstance(document["data"], dict)


def test_people_read_sentences_and_the_time_it_took(tmp_path: Path) -> None:
    said = sop("check", planned(tmp_path))
    assert said.out.startswith("0 errors and 0 warnings.\nDone in ")


@pytest.mark.parametrize(
    "words", [[], ["check"], ["dance", "plan.xlsx"], ["new", "x.xlsx", "--first-bucket", "soon"]]
)
def test_a_wrong_command_line_ends_with_two(words: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        sop(*words)
    assert ended.value.code == 2


def other_workbook(path: Path) -> None:
    openpyxl.Workbook().save(path)


def newer_layout(path: Path) -> None:
    planned(path.parent, path.name)
    set_fields(path, Home_Layout=99)


def damaged(path: Path) -> None:
    planned(path.parent, path.name)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


@pytest.mark.parametrize(
    ("make", "word"),
    [
        (lambda path: None, "There is no file"),
        (lambda path: path.write_bytes(b""), "is empty"),
        (lambda path: path.write_text("a,b\n1,2\n"), "is a text file"),
        (lambda path: path.write_bytes(OLD_EXCEL), ".xls format"),
        (lambda path: path.mkdir(), "is a folder"),
        (damaged, "is damaged"),
        (other_workbook, "is not an S&OP workbook"),
        (newer_layout, "layout version 99"),
    ],
    ids=["missing", "empty", "text", "xls", "folder", "damaged", "foreign", "newer"],
)  # fmt: skip
def test_what_is_no_workbook_of_ours_is_refused_in_a_sentence(
    tmp_path: Path, make: Callable[[Path], object], word: str
) -> None:
    path = tmp_path / "other.xlsx"
    make(path)
    for command in ("check", "run-cycle"):
        said = sop(command, path)
        assert said.code == 1
        assert said.out == ""
        assert word in said.err
        assert "Traceback" not in said.err
    document = sop("run-cycle", path, "--json").json
    assert document["ok"] is False
    assert word in document["message"]
    assert document["remedy"]


def test_a_workbook_open_in_another_program_is_read_and_not_written(tmp_path: Path) -> None:
    path = planned(tmp_path)
    path.with_name(".~lock.plan.xlsx#").write_text(",Ann,host,2026,file;")
    assert sop("check", path).code == 0
    said = sop("run-cycle", path)
    assert said.code == 1
    assert "open in LibreOffice by Ann" in said.err


def test_new_never_overwrites(tmp_path: Path) -> None:
    path = tmp_path / "plan.xlsx"
    assert done("new", path, "--company", "First")["data"]["workbook"] == str(path)
    content = path.read_bytes()
    said = sop("new", path, "--company", "Second")
    assert said.code == 1
    assert "exists already" in said.err
    assert path.read_bytes() == content
    assert [p.name for p in tmp_path.iterdir()] == ["plan.xlsx"]


@pytest.mark.parametrize(("name", "word"), [("plan.xls", ".xlsx"), ("no/folder/plan.xlsx", "folder")])
def test_new_needs_a_place_and_a_name(tmp_path: Path, name: str, word: str) -> None:
    said = sop("new", tmp_path / name)
    assert said.code == 1
    assert word in said.err
    assert list(tmp_path.iterdir()) == []


def test_saving_keeps_one_backup_and_nothing_else(tmp_path: Path) -> None:
    path = planned(tmp_path)
    content = path.read_bytes()
    done("run-cycle", path)
    assert path.with_name("plan.bak.xlsx").read_bytes() == content
    assert sorted(p.name for p in tmp_path.iterdir()) == ["plan.bak.xlsx", "plan.xlsx"]
    assert leftovers(tmp_path) == []
    with open_book(path, read_only=True) as session:
        assert session.losses == ()


@pytest.mark.parametrize("module", ["sop_xl", "sop_xl.cli"])
def test_importing_the_package_costs_no_numeric_library(module: str) -> None:
    run = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", f"import {module}"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in run.stderr.splitlines()}
    assert "sop_xl" in loaded
    assert loaded.isdisjoint({"numpy", "pandas", "scipy", "openpyxl", "xlwings", "statsmodels"})


def test_it_runs_as_a_program(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "sop_xl.cli", "check", str(tmp_path / "none.xlsx")],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert run.returncode == 1
    assert run.stderr.startswith("There is no file")
