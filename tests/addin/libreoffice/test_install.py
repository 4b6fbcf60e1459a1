"""`sop-xl calc` with LibreOffice's own `unopkg`, into a profile and a folder of extensions of the test."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sop_xl.cli import main

pytestmark = pytest.mark.libreoffice


def test_installed_listed_and_taken_away_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "extensions").mkdir()
    monkeypatch.setenv("UNO_SHARED_PACKAGES_CACHE", (tmp_path / "extensions").as_uri())
    # A profile that is not there yet: LibreOffice was never started.
    words = ["--shared", "--profile", str(tmp_path / "profile")]
    assert main(["calc", "install", *words]) == 0
    assert list((tmp_path / "extensions").rglob("sop_functions.py"))
    assert main(["calc", "status", *words]) == 0
    assert "Installed for all users: version" in capsys.readouterr().out
    assert main(["calc", "uninstall", *words]) == 0
    assert main(["calc", "uninstall", *words]) == 0
    assert capsys.readouterr().out.splitlines() == ["Uninstalled.", "It was not installed."]


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="is about the user root")
def test_root_is_told_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["calc", "install"]) == 1
    assert "--shared" in capsys.readouterr().err


def test_without_libreoffice_it_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from addin.libreoffice import install

    monkeypatch.setattr(install, "office_version", lambda: None)
    assert main(["calc", "install", "--shared"]) == 1
    assert capsys.readouterr().err.startswith("LibreOffice was not found on this machine.")


def test_it_can_be_built_as_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["calc", "build", str(tmp_path / "x.oxt")]) == 0
    assert (tmp_path / "x.oxt").read_bytes()[:2] == b"PK"
    assert main(["calc", "build", str(tmp_path / "nowhere" / "x.oxt")]) == 1
    assert "Choose another place." in capsys.readouterr().err
