"""The VBA that is generated from the registry."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addin import vba_modules
from addin.vba_modules import MAX_HELP, help_source, literal, modules, wrappers_source, xlwings_source
from udfs import registry
from udfs.registry import Argument, Example, Function


def spoken(expression: str) -> str:
    """The text that an expression of literals and ChrW stands for."""
    units = b""
    for quoted, number in re.findall(r'"((?:[^"]|"")*)"|ChrW\$\((\d+)\)', expression):
        units += int(number).to_bytes(2, "big") if number else quoted.replace('""', '"').encode("utf-16-be")
    return units.decode("utf-16-be")


@given(st.text(st.characters(codec="utf-8"), max_size=40))
def test_a_literal_is_ascii_and_stands_for_its_text(text):
    written = literal(text)
    assert written.isascii()
    assert "\n" not in written
    assert spoken(written) == text


def test_every_function_has_a_wrapper_with_its_arguments():
    source = wrappers_source()
    for entry in registry.functions():
        if entry.name in vba_modules.BY_HAND:
            continue
        (found,) = re.findall(rf"^Public Function {entry.name}\((.*)\) As Variant$", source, re.M)
        for argument, written in zip(entry.arguments, found.split(", "), strict=True):
            assert re.search(rf"\b{argument.name}\b", written)
            assert ("Optional" in written) == (not argument.required and not argument.repeated)
            assert ("ParamArray" in written) == argument.repeated


def test_what_is_answered_by_hand_is_written_by_hand():
    code = "\n".join(module.source for module in modules())
    for name in vba_modules.BY_HAND:
        assert registry.lookup(name)
        assert len(re.findall(rf"^Public Function {name}\(", code, re.M)) == 1


def test_the_wizard_shows_every_function_and_argument_within_its_limits():
    source = help_source()
    calls = re.findall(r"^    Register (.*), arguments$", source, re.M)
    assert [spoken(call.split(", ")[0]) for call in calls] == [entry.name for entry in registry.functions()]
    for entry in registry.functions():
        assert 10 < len(vba_modules.about(entry)) <= MAX_HELP
    texts = [spoken(text) for text in re.findall(r"^    arguments\(\d+\) = (.*)$", source, re.M)]
    arguments = [argument for entry in registry.functions() for argument in entry.arguments]
    assert len(texts) == len(arguments)
    for text, argument in zip(texts, arguments, strict=True):
        assert text.startswith(argument.help)
        assert len(text) <= MAX_HELP


def test_lines_and_modules_stay_within_what_vba_reads():
    for module in modules():
        assert module.source.isascii()
        assert max(map(len, module.source.splitlines())) <= 1023
        assert len(module.name) <= 31
        for body in re.findall(r"^Private Sub Help\d+\(\)$(.*?)^End Sub", module.source, re.M | re.S):
            assert len(body) < 32_000


ONE = Function(
    name="SOP_ONE",
    category="Help",
    summary="One.",
    arguments=(Argument("a", "number", "A number."),),
    result="A number.",
    shape="number",
    example=Example((1,), 1.0),
    errors=(),
    undefined="",
    body=lambda a: a,
)


@pytest.mark.parametrize("name", ["date", "End", "next", "a b", "1a", "_a"])
def test_an_argument_that_vba_cannot_name_is_refused(monkeypatch, name):
    entry = replace(ONE, arguments=(Argument(name, "number", "A number."),))
    monkeypatch.setattr(vba_modules, "functions", lambda: [entry])
    with pytest.raises(ValueError, match="VBA does not accept"):
        wrappers_source()


def test_a_long_description_is_cut_at_a_word(monkeypatch):
    entry = replace(ONE, summary="word " * 80)
    assert len(vba_modules.about(entry)) <= MAX_HELP
    assert vba_modules.about(entry).endswith("word...")


def test_a_new_function_is_one_definition(monkeypatch):
    """Wrapper and help follow from it alone."""
    entry = replace(ONE, name="SOP_BRAND_NEW")
    monkeypatch.setattr(vba_modules, "functions", lambda: [entry])
    assert 'SOP_BRAND_NEW = Answer("SOP_BRAND_NEW", Array(CellsOf(a)))' in wrappers_source()
    assert 'Register "SOP_BRAND_NEW", "One. A number.", "S&OP Help", arguments' in help_source()


def test_no_workbook_says_which_program_is_started():
    """xlwings' own look-up in the active workbook and in the folder beside it is gone."""
    source = xlwings_source()
    for gone in ("GetConfigFromSheet", "GetDirectoryConfigFilePath", "Function GetConfig("):
        assert gone not in source
    assert source.count("Redistribution and use in source and binary forms") == 1, "its licence stays"
    settings = next(module.source for module in modules() if module.name == "SopSettings")
    assert "ActiveWorkbook" not in settings
    assert "ThisWorkbook" not in settings


def test_python_looks_for_no_modules_in_the_current_folder():
    source = xlwings_source()
    assert source.count(' -P -B -c ""import') == source.count(' -c ""import') == 2
    assert "ActiveWorkbook.FullName &" not in source


def test_another_xlwings_is_refused_rather_than_changed_blindly(monkeypatch):
    monkeypatch.setattr(vba_modules, "version", lambda _: "9.9.9")
    with pytest.raises(ValueError, match=r"9\.9\.9"):
        xlwings_source()
    with pytest.raises(ValueError, match="passages"):
        vba_modules._replaced("abc", "x", "y", 1)
    with pytest.raises(ValueError, match="no part"):
        vba_modules._without("abc", "a", "x")
