"""The tab S&OP in Excel's ribbon, from the catalogue of commands.

Schema: Microsoft, [MS-CUSTOMUI2], the part customUI14.xml.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import dataclass

from sop_xl.commands.catalogue import COMMANDS, GROUPS, Command, FileQuestion

NAMESPACE = "http://schemas.microsoft.com/office/2009/07/customui"

#: Callbacks in addin/vba/SopRibbon.bas.
ON_LOAD, ON_RUN, IS_ENABLED = "SopLoaded", "SopRun", "SopEnabled"


@dataclass(frozen=True)
class HelpButton:
    """A button that needs no Python."""

    callback: str
    label: str
    tip: str
    image: str


HELP = (
    HelpButton(
        "SopRestart",
        "Restart Python",
        "Stops the Python that calculates SOP_ formulas. The next formula or button starts it anew. "
        "Use it after an update, or when formulas do not answer.",
        "Refresh",
    ),
    HelpButton(
        "SopRepairLinks",
        "Repair links",
        "For a workbook that was made where the add-in has another place: its SOP_ formulas are led to the add-in "
        "of this computer, and those that show #NAME? are entered again.",
        "HyperlinkInsert",
    ),
    HelpButton(
        "SopAbout",
        "About",
        "Shows the version, the place of the add-in, and which Python it uses.",
        "Help",
    ),
)


def ribbon_xml() -> bytes:
    """The part customUI14.xml of the add-in.

    >>> ribbon_xml().decode().count("<group ") <= len(GROUPS) + 1
    True
    """
    ET.register_namespace("", NAMESPACE)
    root = _element(None, "customUI", onLoad=ON_LOAD)
    tab = _element(
        _element(_element(root, "ribbon"), "tabs"), "tab", id="SopTab", label="S&OP", insertAfterMso="TabData"
    )
    for name in GROUPS:
        members = [entry for entry in COMMANDS if entry.group == name]
        if members:
            group = _element(tab, "group", id=f"SopGroup{name}", label=name)
            for entry in sorted(members, key=lambda entry: not entry.large):
                _command(group, entry)
    group = _element(tab, "group", id="SopGroupHelp", label="Help")
    for button in HELP:
        _element(
            group,
            "button",
            id=button.callback + "Button",
            label=button.label,
            imageMso=button.image,
            size="normal",
            screentip=button.label,
            supertip=button.tip,
            onAction=button.callback,
        )
    ET.indent(root)
    return b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n' + ET.tostring(root) + b"\n"


def tag(entry: Command) -> str:
    """What the callback `SopRun` is told: the command, and what to ask before it runs."""
    return "|".join([entry.name, *_question(entry.asks)])


def _question(asks: FileQuestion | None) -> list[str]:
    if asks is None:
        return []
    return [asks.kind, asks.title, f"{asks.what} (*.{asks.ending}),*.{asks.ending}"]


def _command(group: ET.Element, entry: Command) -> None:
    enabled = {} if entry.anywhere else {"getEnabled": IS_ENABLED}
    _element(
        group,
        "button",
        id="Sop" + entry.name.title().replace("-", ""),
        label=entry.label,
        imageMso=entry.image,
        size="large" if entry.large else "normal",
        screentip=entry.label,
        supertip=entry.tip,
        tag=tag(entry),
        onAction=ON_RUN,
        **enabled,
    )


def _element(parent: ET.Element | None, name: str, **attributes: str) -> ET.Element:
    tag_name = f"{{{NAMESPACE}}}{name}"
    return ET.Element(tag_name, attributes) if parent is None else ET.SubElement(parent, tag_name, attributes)
