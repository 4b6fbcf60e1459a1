"""The S&OP menu and toolbar of Calc, from the catalogue of commands."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from sop_xl.commands.catalogue import COMMANDS, GROUPS, Command

SERVICE = "org.sopxl.calc.Command"
TOOLBAR = "org.sopxl.calc.bar"
CALC = "com.sun.star.sheet.SpreadsheetDocument"


def entries() -> list[Command | None]:
    """The commands by group, in the order of the process; None where a line divides two groups."""
    listed: list[Command | None] = []
    for group in GROUPS:
        members = [entry for entry in COMMANDS if entry.group == group]
        if members and listed:
            listed.append(None)
        listed += members
    return listed


def addons() -> str:
    """LibreOffice's configuration of the menu and the toolbar.

    >>> "service:org.sopxl.calc.Command?run-cycle" in addons()
    True
    """
    items = "".join(_item(number, entry) for number, entry in enumerate(entries()))
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<oor:component-data xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema" \
oor:name="Addons" oor:package="org.openoffice.Office">
<node oor:name="AddonUI">
<node oor:name="OfficeMenuBar">
<node oor:name="org.sopxl.calc.menu" oor:op="replace">
{_value("Title", "S&OP")}{_property("Context", CALC)}{_property("Target", "_self")}<node oor:name="Submenu">
{items}</node>
</node>
</node>
<node oor:name="OfficeToolBar">
<node oor:name="{TOOLBAR}" oor:op="replace">
{items}</node>
</node>
</node>
</oor:component-data>
"""


def window_state() -> str:
    """The name of the toolbar, and its place below the others."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<oor:component-data xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema" \
oor:name="CalcWindowState" oor:package="org.openoffice.Office.UI">
<node oor:name="UIElements"><node oor:name="States">
<node oor:name="private:resource/toolbar/addon_{TOOLBAR}" oor:op="replace">
{_value("UIName", "S&OP")}{_property("Docked", "true")}{_property("DockingArea", "0")}{_property("DockPos", "0,3")}\
{_property("Visible", "true")}</node>
</node></node>
</oor:component-data>
"""


def _item(number: int, entry: Command | None) -> str:
    body = (
        _property("URL", "private:separator")
        if entry is None
        else _property("URL", f"service:{SERVICE}?{entry.name}")
        + _value("Title", entry.label)
        + _property("Target", "_self")
        + _property("Context", CALC)
    )
    return f'<node oor:name="entry{number:02}" oor:op="replace">\n{body}</node>\n'


def _property(name: str, value: str) -> str:
    return f"<prop oor:name={quoteattr(name)}><value>{escape(value)}</value></prop>\n"


def _value(name: str, value: str) -> str:
    """A text that could be given in several languages."""
    return f'<prop oor:name={quoteattr(name)}><value xml:lang="en-US">{escape(value)}</value></prop>\n'
