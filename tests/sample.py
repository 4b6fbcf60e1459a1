"""The sample company as workbooks, built once and copied for every test that changes one."""

from __future__ import annotations

import importlib.util
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from sop_xl.cli import main

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class SampleCompany:
    """Files of the sample company.

    Attributes:
        mapping: mapping of its extracts.
        loaded: workbook after *Load actuals*.
        planned: workbook after *run-cycle*.
    """

    mapping: Path
    loaded: Path
    planned: Path

    @staticmethod
    def copy(workbook: Path, folder: Path) -> Path:
        """A copy of a workbook in another folder."""
        return Path(shutil.copy(workbook, folder / "plan.xlsx"))


def run(*words: object) -> None:
    """A command that must succeed."""
    code = main([str(word) for word in words])
    assert code == 0, f"sop-xl {words} ended with {code}"


def generator() -> object:
    """The module that makes the sample company's extracts."""
    spec = importlib.util.spec_from_file_location("sample_company", ROOT / "examples" / "sample_company.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def sample_company(tmp_path_factory: pytest.TempPathFactory) -> SampleCompany:
    """Build it, or wait for the process that is building it."""
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "sample_company"
    done = shared / "done"
    company = SampleCompany(
        shared / "src" / "sample_company.toml", shared / "loaded.xlsx", shared / "planned.xlsx"
    )
    try:
        shared.mkdir()
    except FileExistsError:
        end = time.monotonic() + 180
        while not done.exists():
            if time.monotonic() > end:
                raise TimeoutError("the sample company was not built by the other process") from None
            time.sleep(0.2)
        return company
    generator().build(shared / "src")  # type: ignore[attr-defined]
    run("new", company.loaded)
    run("load-actuals", company.loaded, "--mapping", company.mapping)
    shutil.copy(company.loaded, company.planned)
    run("run-cycle", company.planned)
    done.touch()
    return company
