"""The type library against LibreOffice's own compiler, and the extension as a file."""

from __future__ import annotations

import json
import shutil
import subprocess
import zipfile
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

import pytest

from addin.libreoffice.build import KINDS, extension
from addin.libreoffice.interface import idl, methods, type_library
from addin.libreoffice.menu import addons, entries
from addin.libreoffice.programs import find_program
from sop_xl.commands.catalogue import COMMANDS
from udfs.registry import functions


def compiler() -> str | None:
    """`unoidl-write` of LibreOffice's development kit."""
    program = Path(find_program("soffice") or "/").resolve().parent
    return shutil.which("unoidl-write") or shutil.which(
        "unoidl-write", path=str(program.parent / "sdk" / "bin")
    )


@pytest.mark.skipif(compiler() is None, reason="no unoidl-write (Debian and Ubuntu: libreoffice-dev)")
def test_the_type_library_is_what_libreoffice_compiles(tmp_path: Path) -> None:
    source, compiled = tmp_path / "functions.idl", tmp_path / "functions.rdb"
    source.write_text(idl(), encoding="utf-8")
    types = Path(find_program("soffice") or "/").resolve().parent / "types.rdb"
    subprocess.run([str(compiler()), str(types), str(source), str(compiled)], check=True, timeout=60)
    content = compiled.read_bytes()
    # It begins with a remark on the program's version.
    remark = content[17 : content.index(b"\0", 17)]
    assert type_library(methods(), remark) == content


def test_every_function_has_a_method_of_its_own() -> None:
    assert len({method.name for method in methods()}) == len(functions())
    for method in methods():
        assert len({name for name, _ in method.arguments}) == len(method.arguments)


def test_the_extension_is_complete_and_reproducible() -> None:
    content = extension()
    assert content == extension()
    with zipfile.ZipFile(BytesIO(content)) as archive:
        names = set(archive.namelist())
        catalogue = json.loads(archive.read("pythonpath/catalogue.json"))
        manifest = ElementTree.fromstring(archive.read("META-INF/manifest.xml"))
        components = ElementTree.fromstring(archive.read("sop.components"))
    listed = {entry.get("{http://openoffice.org/2001/manifest}full-path") for entry in manifest}
    assert listed == set(KINDS)
    assert listed <= names
    space = "{http://openoffice.org/2010/uno-components}"
    assert {part.get("uri") for part in components.iter(f"{space}component")} <= names
    assert {entry["name"] for entry in catalogue["functions"]} == {entry.name for entry in functions()}
    assert [entry["name"] for entry in catalogue["commands"]] == [entry.name for entry in COMMANDS]


def test_menu_and_toolbar_hold_every_command_once() -> None:
    assert sorted(entry.name for entry in entries() if entry) == sorted(entry.name for entry in COMMANDS)
    places = ElementTree.fromstring(addons()).iter("prop")
    name = "{http://openoffice.org/2001/registry}name"
    urls = [place[0].text for place in places if place.get(name) == "URL"]
    for entry in COMMANDS:
        assert urls.count(f"service:org.sopxl.calc.Command?{entry.name}") == 2
