"""The add-in file: the same bytes every time, and what other programs read out of it."""

from __future__ import annotations

import io
import warnings
import xml.etree.ElementTree as ET
import zipfile
from dataclasses import replace

from pyvbaanalysis import analyze_office_file

from addin import build
from addin.vba_modules import modules

OFFICE_RELATIONS = "http://schemas.microsoft.com/office"
EMPTY_SHEET = "Sheet1"


def test_two_builds_are_the_same_bytes(built, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    assert build.addin() == built


def test_the_committed_file_is_the_built_one(built):
    assert build.ADDIN_PATH.read_bytes() == built


def test_a_stale_file_is_found(built, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(build, "ADDIN_PATH", tmp_path / "SOP.xlam")
    assert build.main(["--check"]) == 1
    assert "dev.py build" in capsys.readouterr().out
    assert build.main([]) == 0
    assert build.main(["--check"]) == 0
    (tmp_path / "SOP.xlam").write_bytes(built + b" ")
    assert build.main(["--check"]) == 1


def test_nothing_in_the_package_depends_on_time_or_zlib(built):
    with zipfile.ZipFile(io.BytesIO(built)) as package:
        entries = package.infolist()
        assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
        assert {entry.compress_type for entry in entries} == {zipfile.ZIP_STORED}
        assert entries[0].filename == "[Content_Types].xml"
        assert package.testzip() is None


def test_it_is_an_excel_addin_with_a_ribbon(built):
    with zipfile.ZipFile(io.BytesIO(built)) as package:
        types = package.read("[Content_Types].xml").decode()
        assert "application/vnd.ms-excel.addin.macroEnabled.main+xml" in types
        relations = ET.fromstring(package.read("_rels/.rels"))
        targets = {element.get("Type"): element.get("Target") for element in relations}
        assert targets[f"{OFFICE_RELATIONS}/2007/relationships/ui/extensibility"] in package.namelist()
        assert len({element.get("Id") for element in relations}) == len(relations)
        assert "William" not in package.read("docProps/core.xml").decode()
        for name in package.namelist():
            if name.endswith((".xml", ".rels")):
                ET.fromstring(package.read(name))


def read_back(content: bytes) -> dict[str, str]:
    with warnings.catch_warnings():
        # It speaks to its own libraries by old names.
        warnings.simplefilter("ignore")
        from oletools.olevba import VBA_Parser
    parser = VBA_Parser("SOP.xlam", data=content)
    try:
        return {
            stream.rpartition("/")[2]: code.replace("\r\n", "\n").partition("\n")[2]
            if code.startswith("Attribute VB_Name")
            else code.replace("\r\n", "\n")
            for _, stream, _, code in parser.extract_all_macros()
        }
    finally:
        parser.close()


def test_olevba_reads_every_module_back_unchanged(built):
    """An independent reader of the binary part of the macros."""
    found = read_back(built)
    assert found.keys() == {module.name for module in modules()} | {EMPTY_SHEET}
    for module in modules():
        code = "\n".join(
            line for line in found[module.name].split("\n") if not line.startswith("Attribute VB_")
        )
        assert code.strip() == module.source.strip(), module.name


# Faults of the kinds that stop Excel when it compiles or runs a module, and what the analysis calls them.
PLANTED = {
    "    undeclared = 1": "undeclared-variable",
    "    NoSuchProcedure 1": "unknown-call",
    "    Debug.Print ThisWorkbook.NoSuchMember": "member-not-found",
}


def test_the_static_analysis_finds_nothing_but_what_is_planted(tmp_path, monkeypatch):
    """Undeclared names, unknown calls and members, types, unreachable and unused code, across all modules.

    Three faults are planted, so that silence about the rest means something.
    """
    place = "Public Sub ForgetPython()\n"
    spoiled = [
        replace(module, source=module.source.replace(place, place + "".join(f"{line}\n" for line in PLANTED)))
        for module in modules()
    ]
    monkeypatch.setattr(build, "modules", lambda: spoiled)
    path = tmp_path / "SOP.xlam"
    path.write_bytes(build.addin())
    found = {
        name: [(problem.code, problem.severity.value) for problem in problems]
        for name, problems in analyze_office_file(str(path)).items()
    }
    theirs = found.pop("xlwings")
    assert {severity for _, severity in theirs} <= {"warning", "information"}
    assert {name: {code for code, _ in problems} for name, problems in found.items() if problems} == {
        "SopCalls": set(PLANTED.values())
    }
