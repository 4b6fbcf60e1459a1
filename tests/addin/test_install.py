"""Installing for one user: what is written where, twice, over something else, and away again."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from addin import open_list, settings
from addin.build import ADDIN_PATH
from addin.errors import AddinError
from addin.install import install, status, uninstall
from tests.addin.computers import RegistryInMemory, mac, windows

pytestmark = pytest.mark.usefixtures("built_once")

OPTIONS = r"Software\Microsoft\Office\16.0\Excel\Options"


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def computer(tmp_path):
    return windows(tmp_path)


def test_on_windows_excel_finds_the_addin_and_the_addin_python(computer):
    install(computer)
    assert computer.addin.read_bytes() == ADDIN_PATH.read_bytes()
    assert computer.addin.parts[-3:] == ("Microsoft", "AddIns", "SOP.xlam")
    assert computer.registry.values(OPTIONS) == {"Font": "Calibri,11", "OPEN": f'"{computer.addin}"'}
    assert computer.settings.read_bytes().decode("cp1252").splitlines() == [
        f'"INTERPRETER_WIN","{computer.interpreter}"',
        f'"PYTHONPATH","{computer.source}"',
        '"USE UDF SERVER","True"',
        '"ADD_WORKBOOK_TO_PYTHONPATH","False"',
        '"SHOW CONSOLE","False"',
    ]


def test_the_settings_are_where_and_how_the_vba_reads_them(computer):
    """The path and the keys that the text of the macros names."""
    vba = (ADDIN_PATH.parent / "vba" / "SopSettings.bas").read_text()
    (windows_path, mac_path) = re.findall(r'& "([^"]*sop\.conf)"', vba)[::-1]
    assert computer.settings == computer.home.joinpath(*windows_path.strip("\\").split("\\"))
    assert mac_path == "/sop.conf"


def test_installing_twice_changes_nothing(computer, tmp_path):
    install(computer)
    before, keys = everything(tmp_path), dict(computer.registry.values(OPTIONS))
    said = install(computer)
    assert (everything(tmp_path), computer.registry.values(OPTIONS)) == (before, keys)
    assert any("already" in line for line in said)


def test_what_is_replaced_is_kept(computer):
    computer.addin.parent.mkdir(parents=True)
    computer.addin.write_bytes(b"an older add-in")
    computer.settings.parent.mkdir(parents=True)
    computer.settings.write_text('"INTERPRETER_WIN","C:\\old\\python.exe"\n"LOG","keep me"\n')
    install(computer)
    kept = {path.name.split("-", 2)[2]: path.read_bytes() for path in computer.backups.iterdir()}
    assert kept["SOP.xlam"] == b"an older add-in"
    assert b"C:\\old\\python.exe" in kept["sop.conf"]
    now = settings.read(computer)
    assert now["INTERPRETER_WIN"] == str(computer.interpreter)
    assert now["LOG"] == "keep me"
    assert not list(computer.addin.parent.glob("*.bak*")), "Excel lists everything in this folder"


def test_other_addins_stay_and_ours_is_opened_once(computer):
    registry = computer.registry
    for name, entry in (
        ("OPEN", '/R "C:\\tools\\solver.xlam"'),
        ("OPEN1", '"D:\\elsewhere\\SOP.xlam"'),
        ("OPEN2", "analys32.xll"),
        ("OPEN3", '/R "sop.XLAM"'),
    ):
        registry.write(OPTIONS, name, entry)
    install(computer)
    assert open_list.entries(registry, "16.0") == [
        '/R "C:\\tools\\solver.xlam"', "analys32.xll", f'"{computer.addin}"',
    ]  # fmt: skip
    uninstall(computer)
    assert open_list.entries(registry, "16.0") == ['/R "C:\\tools\\solver.xlam"', "analys32.xll"]
    assert set(registry.values(OPTIONS)) == {"Font", "OPEN", "OPEN1"}, (
        "Excel stops at a number that is missing"
    )


def test_ten_addins_and_more_keep_their_order(computer):
    for number in range(12):
        computer.registry.write(OPTIONS, f"OPEN{number or ''}", f'"{number}.xlam"')
    install(computer)
    assert open_list.entries(computer.registry, "16.0")[:12] == [f'"{number}.xlam"' for number in range(12)]


@pytest.mark.parametrize(
    ("keys", "versions"),
    [
        ([], ["16.0"]),
        (["12.0", "16.0"], ["16.0"]),
        (["14.0", "16.0"], ["14.0", "16.0"]),
        (["Common"], ["16.0"]),
    ],
)
def test_every_version_of_excel_is_served(keys, versions):
    registry = RegistryInMemory()
    for key in keys:
        registry.write(rf"Software\Microsoft\Office\{key}\Excel\Options", "Font", "Calibri")
    assert open_list.excel_versions(registry) == versions


def test_excel_must_be_closed(computer, tmp_path):
    before = everything(tmp_path)
    for action in (install, uninstall):
        with pytest.raises(AddinError, match="Excel is open"):
            action(replace(computer, excel_runs=lambda: True))
    assert everything(tmp_path) == before


def test_uninstalling_takes_away_what_was_installed(computer, tmp_path):
    before = set(everything(tmp_path))
    install(computer)
    uninstall(computer)
    assert {name for name in everything(tmp_path) if "backup" not in name} == before
    assert uninstall(computer) == ["The add-in is not installed."]


def test_a_letter_that_vba_cannot_read_is_refused_before_anything_is_written(computer, tmp_path):
    before = everything(tmp_path)
    for python in ("C:/Пользователь/python.exe", 'C:/a"b/python.exe'):
        with pytest.raises(AddinError, match="cannot read"):
            install(replace(computer, interpreter=Path(python)))
    with pytest.raises(AddinError, match="cannot read"):
        install(replace(computer, source=Path("C:/a;b")))
    assert everything(tmp_path) == before


def test_a_folder_that_cannot_be_written_is_said_with_its_name(computer):
    computer.roaming.parent.mkdir(parents=True)
    computer.roaming.write_text("a file where a folder should be")
    with pytest.raises(AddinError, match=r"SOP\.xlam cannot be changed"):
        install(computer)


def test_on_a_mac_the_startup_folder_and_the_script_that_starts_python(tmp_path):
    computer = mac(tmp_path)
    said = " ".join(install(computer))
    assert computer.addin.read_bytes() == ADDIN_PATH.read_bytes()
    assert computer.addin.parent.name == "Excel"
    assert "VbaHandler" in computer.applescript.read_text()
    assert settings.read(computer)["INTERPRETER_MAC"] == str(computer.interpreter)
    assert "need Excel on Windows" in said
    assert [path.name for path in computer.addin.parent.iterdir()] == ["SOP.xlam"], (
        "Excel opens all that is there"
    )
    install(replace(computer, interpreter=tmp_path / "other"))
    assert [path.name for path in computer.addin.parent.iterdir()] == ["SOP.xlam"]
    uninstall(computer)
    assert not computer.addin.exists()


def test_elsewhere_it_is_said_what_is_possible(computer):
    elsewhere = replace(computer, system="other", registry=None)
    for action in (install, uninstall):
        with pytest.raises(AddinError, match="Windows and macOS only") as refused:
            action(elsewhere)
        assert "sop-xl addin build" in refused.value.remedy
    assert "Windows and macOS only" in status(elsewhere)[0]


def test_the_status_says_what_is_there(computer):
    assert "not there yet" in status(computer)[0]
    assert status(computer)[-1] == "Excel 16.0 opens no S&OP add-in when it starts."
    install(computer)
    said = " ".join(status(computer))
    assert "of this version" in said
    assert f'opens "{computer.addin}" when it starts' in said
    computer.addin.write_bytes(b"another")
    assert "run sop-xl addin install" in " ".join(status(computer))
