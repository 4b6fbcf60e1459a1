"""The ribbon: the rules of its schema, its callbacks, and a command behind every button."""

from __future__ import annotations

import inspect
import re
import xml.etree.ElementTree as ET

import pytest

from addin.ribbon import NAMESPACE, ribbon_xml
from addin.vba_modules import modules
from sop_xl.commands.catalogue import COMMANDS, GROUPS, command

NS = f"{{{NAMESPACE}}}"

# What the schema of [MS-CUSTOMUI2] allows where we use it: children, and attributes with their limits.
CHILDREN = {
    "customUI": {"ribbon"}, "ribbon": {"tabs"}, "tabs": {"tab"}, "tab": {"group"}, "group": {"button"}, "button": set(),
}  # fmt: skip
ID = r"[A-Za-z_][\w.-]{0,1023}"
SHORT, LONG, CALLBACK = r"(?s).{1,1024}", r"(?s).{1,4096}", r"[A-Za-z]\w{0,1023}"
ATTRIBUTES = {
    "customUI": {"onLoad": CALLBACK},
    "ribbon": {},
    "tabs": {},
    "tab": {"id": ID, "label": SHORT, "insertAfterMso": ID},
    "group": {"id": ID, "label": SHORT},
    "button": {
        "id": ID, "label": SHORT, "imageMso": ID, "size": "large|normal", "screentip": SHORT, "supertip": SHORT,
        "tag": LONG, "onAction": CALLBACK, "getEnabled": CALLBACK,
    },
}  # fmt: skip

# Pictures that are names of Excel's own controls or in long use by other add-ins; an unknown name shows nothing.
PICTURES = {
    "AutoSum", "CalculateNow", "Consolidate", "DataValidation", "ErrorChecking", "FileMarkAsFinal", "FileNew",
    "GoalSeek", "Help", "HyperlinkInsert", "ImportTextFile", "MacroPlay", "Refresh", "RefreshAll",
    "ReviewAcceptChange", "ReviewProtectWorkbook", "SheetProtect", "SlideNew", "Undo", "WhatIfAnalysisMenu",
}  # fmt: skip

# Office's IDL for each attribute that names a procedure.
SIGNATURES = {
    "onLoad": "ribbon As IRibbonUI",
    "onAction": "control As IRibbonControl",
    "getEnabled": "control As IRibbonControl, ByRef returnedVal",
}


@pytest.fixture(scope="module")
def root() -> ET.Element:
    return ET.fromstring(ribbon_xml())


@pytest.fixture(scope="module")
def buttons(root) -> dict[str, ET.Element]:
    return {button.get("id"): button for button in root.iter(f"{NS}button")}


def test_it_follows_the_schema(root):
    assert root.tag == f"{NS}customUI"
    for element in root.iter():
        name = element.tag.removeprefix(NS)
        assert {child.tag.removeprefix(NS) for child in element} <= CHILDREN[name]
        for attribute, value in element.items():
            assert re.fullmatch(ATTRIBUTES[name][attribute], value), (name, attribute, value)


def test_identifiers_are_unique_and_not_those_of_office(root):
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(set(ids)) == len(ids)
    assert all(identifier.startswith("Sop") for identifier in ids)


def test_every_button_is_complete(buttons):
    for button in buttons.values():
        assert button.get("onAction")
        assert button.get("imageMso") in PICTURES
        assert button.get("size") in ("large", "normal")
        assert 3 <= len(button.get("label")) <= 20
        assert 40 <= len(button.get("supertip")) <= 1024
        assert button.get("supertip").endswith(".")
        assert len(button.get("screentip")) <= 255


def test_groups_stand_in_the_order_of_the_process_and_are_never_empty(root):
    shown = [group.get("label") for group in root.iter(f"{NS}group")]
    assert shown == [name for name in (*GROUPS, "Help") if name in shown]
    assert shown[-1] == "Help"
    for group in root.iter(f"{NS}group"):
        sizes = [button.get("size") for button in group]
        assert sizes
        assert sizes == sorted(sizes), "large buttons stand first"


def procedures() -> dict[str, str]:
    code = "\n".join(module.source for module in modules())
    return {
        found["name"]: found["parameters"]
        for found in re.finditer(r"^Public Sub (?P<name>\w+)\((?P<parameters>.*)\)$", code, re.M)
    }


def test_every_callback_exists_with_its_signature(root):
    known, used = procedures(), set()
    for element in root.iter():
        for attribute, signature in SIGNATURES.items():
            if name := element.get(attribute):
                assert known.get(name) == signature, (name, known.get(name))
                used.add(name)
    written = {name for name, parameters in known.items() if "IRibbon" in parameters}
    assert used == written, "no callback without a button"


def test_every_command_has_one_button_and_every_button_a_command(buttons):
    tags = [button.get("tag").split("|") for button in buttons.values() if button.get("onAction") == "SopRun"]
    assert sorted(tag[0] for tag in tags) == sorted(entry.name for entry in COMMANDS)
    for name, *question in tags:
        entry = command(name)
        parameters = list(inspect.signature(entry.load()).parameters)
        assert parameters[0] == "book"
        assert "progress" in parameters
        assert bool(question) == (entry.asks is not None)
        if question:
            kind, title, pattern = question
            assert kind in ("open", "save")
            assert title
            assert re.fullmatch(r"[\w ]+ \(\*\.\w+\),\*\.\w+", pattern)
        assert not set("'\"\\|\n") & set(name), "it stands in a line of Python"


def test_a_command_that_needs_a_plan_asks_whether_there_is_one(buttons):
    for button in buttons.values():
        name = (button.get("tag") or "").split("|")[0]
        needs = bool(name) and not command(name).anywhere
        assert (button.get("getEnabled") == "SopEnabled") == needs
