"""Where the store is, and where its password comes from."""

from __future__ import annotations

import sys
import types
from pathlib import Path

import pytest

from sop_xl.store import place as places
from sop_xl.store.errors import StoreError
from sop_xl.store.place import beside, find, keep, on_network, password, place_of


def test_home_counts_first_then_the_environment_then_the_user_then_beside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workbook = tmp_path / "plan.xlsx"
    monkeypatch.setenv("SOP_SETTINGS", str(tmp_path / "settings"))
    assert find() is None
    assert find(workbook) == beside(workbook)
    file = keep(place_of("postgresql://ann:secret@db.example:6543/plans", "x", tmp_path))
    assert "secret" not in file.read_text()
    assert (kept := find(workbook)) is not None
    assert kept.server == "postgresql://ann@db.example:6543/plans"
    monkeypatch.setenv("SOP_STORE", "sqlite:///team%20plans.sqlite")
    monkeypatch.chdir(tmp_path)
    assert (named := find(workbook)) is not None
    assert named.file == tmp_path / "team plans.sqlite"
    assert (on_home := find(workbook, "../home.sqlite")) is not None
    assert on_home.file == tmp_path / "../home.sqlite"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("postgresql://ann@/plans", "not whole"),
        ("postgresql://db.example", "not whole"),
        ("postgresql://db.example:port/plans", "not whole"),
        ("postgresql://ann@db.example/plans?password=secret", "has password after the question mark"),
        ("mysql://db/plans", "cannot be kept in 'mysql'"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
    ],
)
def test_a_place_that_cannot_be_is_refused(text: str, why: str) -> None:
    with pytest.raises(StoreError, match=why) as told:
        place_of(text, "SOP_STORE", Path())
    assert "secret" not in str(told.value)


def test_a_drive_letter_is_no_kind_of_database(tmp_path: Path) -> None:
    found = place_of("C:\\plans\\team.sqlite", "SOP_STORE", tmp_path).file
    assert found is not None
    assert found.name.endswith("team.sqlite")


def test_the_password_is_that_of_the_address_the_environment_or_the_keyring(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = place_of("postgresql://ann@db.example/plans", "SOP_STORE", tmp_path)
    keyring = types.ModuleType("keyring")
    asked = []
    keyring.get_password = lambda *names: asked.append(names) or "from the keyring"  # type: ignore[attr-defined,func-returns-value]
    monkeypatch.setitem(sys.modules, "keyring", keyring)
    assert password(place) == "from the keyring"
    assert asked == [("sop-xl", "ann@db.example/plans")]
    monkeypatch.setenv("SOP_STORE_PASSWORD", "from the environment")
    assert password(place) == "from the environment"
    assert password(place_of("postgresql://ann:a%40b@db.example/plans", "x", tmp_path)) == "a@b"


def test_without_a_keyring_there_is_no_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert password(place_of("postgresql://ann@db.example/plans", "x", tmp_path)) is None


def test_file_systems_of_other_computers_are_recognised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not on_network(tmp_path / "plans.sqlite")
    mounts = "/dev/sda / ext4 rw 0 0\n//server/team /mnt/the\\040team cifs rw 0 0\n"
    monkeypatch.setattr(places.Path, "read_text", lambda self: mounts)
    assert on_network(Path("/mnt/the team/plans.sqlite"))
    assert not on_network(Path("/mnt/other/plans.sqlite"))
