"""What every test may count on: LibreOffice or a visible reason, Hypothesis profiles, reference data."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.hosts import libreoffice as calc
from tests.sample import SampleCompany, sample_company
from tests.store import postgres as server
from tests.store.databases import place, postgres, pytest_generate_tests, store

__all__ = ["place", "postgres", "pytest_generate_tests", "store"]

#: Runs under the Python that belongs to LibreOffice.
collect_ignore = ["hosts/uno_side.py"]

ROOT = Path(__file__).resolve().parent.parent
DELIVERY_HISTORY = "scms_delivery_history.tsv.gz"

# The same examples on every run: a red test is red for everybody. SOP_HYPOTHESIS_PROFILE=thorough looks
# for new ones. A busy machine is no reason to fail.
settings.register_profile(
    "default",
    derandomize=True,
    deadline=None,
    max_examples=50,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("thorough", settings.get_profile("default"), derandomize=False, max_examples=1000)
settings.load_profile(os.environ.get("SOP_HYPOTHESIS_PROFILE", "default"))


# No test reads or writes the settings of whoever runs it; a test that sets up a store says where they are.
os.environ.pop("SOP_STORE", None)
os.environ["SOP_SETTINGS"] = str(Path(os.devnull) / "settings")


def pytest_itemcollected(item: pytest.Item) -> None:
    """Whatever takes the LibreOffice fixture needs LibreOffice, marked or not."""
    if "libreoffice" in getattr(item, "fixturenames", ()):
        item.add_marker("libreoffice")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Without LibreOffice skip the tests that need it; where it is promised, fail them."""
    if item.get_closest_marker("libreoffice") and (reason := calc.missing()):
        if os.environ.get("SOP_REQUIRE_LIBREOFFICE") == "1":
            pytest.fail(f"SOP_REQUIRE_LIBREOFFICE=1, but {reason}", pytrace=False)
        pytest.skip(reason)


@pytest.fixture(scope="session")
def libreoffice() -> Iterator[calc.LibreOffice]:
    """One LibreOffice for all tests of this process; each process of a parallel run has its own."""
    with calc.LibreOffice() as office:
        yield office


@pytest.fixture(scope="session")
def delivery_history() -> Path:
    """A real extract of ten thousand order lines: tab-separated, CR line ends, latin-1, gzip.

    Looked for in the folder that SOP_REFERENCE_DATA names, else in ``data`` of any folder beside the
    repository.
    """
    named = os.environ.get("SOP_REFERENCE_DATA")
    folders = [Path(named)] if named else sorted(ROOT.parent.glob("*/data"))
    for folder in folders:
        if (folder / DELIVERY_HISTORY).is_file():
            return folder / DELIVERY_HISTORY
    pytest.skip(f"no {DELIVERY_HISTORY}; SOP_REFERENCE_DATA may name the folder that holds it")


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> SampleCompany:
    """The sample company after one cycle, built once for all processes of a parallel run."""
    return sample_company(tmp_path_factory)


@pytest.fixture
def sample_copy(sample: SampleCompany, tmp_path: Path) -> Path:
    """A planned workbook of the sample company to change at will."""
    return sample.copy(sample.planned, tmp_path)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The address of a PostgreSQL server, without a database; without a server its tests are skipped."""
    if reason := server.missing():
        if os.environ.get("SOP_REQUIRE_POSTGRES") == "1":
            pytest.fail(f"SOP_REQUIRE_POSTGRES=1, but {reason}", pytrace=False)
        pytest.skip(reason)
    with server.server() as url:
        yield url


@pytest.fixture(scope="session")
def plan_store_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plan store with one published version, as the examples of SOP_PLAN expect it."""
    from tests.store.example import example_store

    return example_store(tmp_path_factory.mktemp("plan_store"))


@pytest.fixture
def example_store(plan_store_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SOP_PLAN and its like find the store of their examples in this process."""
    monkeypatch.setenv("SOP_STORE", str(plan_store_file))
