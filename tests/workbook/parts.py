"""What a workbook file holds, read from its parts: to compare a file with what another program saved of it."""

from __future__ import annotations

import posixpath
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

Found = dict[str, dict[Any, Any]]
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
#: Settings of a sheet that stand in one element each.
SHEET_PARTS = {
    "panes": "sheetViews", "page set-up": "pageSetup", "page margins": "pageMargins", "print options": "printOptions",
    "headers and footers": "headerFooter", "page breaks": "colBreaks", "sheet protection": "sheetProtection",
    "sheet properties": "sheetPr", "hyperlinks": "hyperlinks",
}  # fmt: skip
#: Attributes that say what is said by leaving them out.
DEFAULTS = {
    ("selection", "activeCell", "A1"), ("selection", "sqref", "A1"), ("sheetView", "workbookViewId", "0"),
    ("pageSetUpPr", "fitToPage", "0"), ("cfRule", "stopIfTrue", "0"), ("sheetView", "showGridLines", "1"),
}  # fmt: skip


def inventory(path: Path) -> Found:
    """Feature -> place -> what stands there; attributes and texts without the namespaces and their order."""
    file = _File(path)
    found: Found = {"defined names": file.names(), "named cell styles": file.named_styles()}
    for sheet, part in file.sheets().items():
        root = file.root(part)
        for feature, tag in SHEET_PARTS.items():
            found.setdefault(feature, {})[sheet] = [tree(each) for each in root if local(each) == tag]
        file.columns_and_rows(sheet, root, found)
        for each in root.iter():
            if local(each) == "dataValidation":
                found.setdefault("data validations", {})[sheet, each.get("sqref")] = tree(each)
            elif local(each) == "conditionalFormatting":
                rules = [file.rule(rule) for rule in each if local(rule) == "cfRule"]
                found.setdefault("conditional formats", {})[sheet, each.get("sqref")] = rules
        for kind, target in file.relations(part):
            if kind == "table":
                table = file.root(target)
                found.setdefault("tables", {})[sheet, table.get("name")] = tree(table, ("id", "uid"))
            elif kind == "comments":
                for each in file.root(target).iter():
                    if local(each) == "comment":
                        text = "".join(part.text or "" for part in each.iter() if local(part) == "t")
                        found.setdefault("comments", {})[sheet, each.get("ref")] = text
            elif kind == "drawing":
                for number, (_, chart) in enumerate(
                    sorted(pair for pair in file.relations(target) if pair[0] == "chart")
                ):
                    found.setdefault("charts", {})[sheet, number] = tree(file.root(chart))
                found.setdefault("places of charts", {})[sheet] = [
                    [
                        (local(mark), [part.text for part in mark])
                        for mark in each
                        if local(mark) in ("from", "to")
                    ]
                    for each in file.root(target)
                ]
    return found


def local(element: Element) -> str:
    """The tag without its namespace."""
    return element.tag.rpartition("}")[2]


def tree(element: Element, without: tuple[str, ...] = ()) -> Any:
    """An element as nested tuples: tag, attributes by name, text, children."""
    tag = local(element)
    attributes = {
        (name.rpartition("}")[2], _flag(value))
        for name, value in element.attrib.items()
        if name.rpartition("}")[2] not in without and (tag, name, _flag(value)) not in DEFAULTS
    }
    text = (element.text or "").strip()
    return tag, tuple(sorted(attributes)), text, tuple(tree(child, without) for child in element)


def _flag(value: str) -> str:
    return {"true": "1", "false": "0"}.get(value, value)


class _File:
    def __init__(self, path: Path) -> None:
        self.zip = zipfile.ZipFile(path)
        self.styles = self.root("xl/styles.xml")
        self.parts = {local(child): list(child) for child in self.styles}
        self.codes = {each.get("numFmtId"): each.get("formatCode") for each in self.parts.get("numFmts", [])}
        self.looks = [self._look(xf) for xf in self.parts["cellXfs"]]

    def root(self, name: str) -> Element:
        return ElementTree.fromstring(self.zip.read(name))

    def relations(self, part: str) -> list[tuple[str, str]]:
        folder, name = posixpath.split(part)
        rels = f"{folder}/_rels/{name}.rels"
        if rels not in self.zip.namelist():
            return []
        return [
            (str(each.get("Type")).rpartition("/")[2], self._target(folder, str(each.get("Target"))))
            for each in self.root(rels)
            if each.get("TargetMode") != "External"
        ]

    @staticmethod
    def _target(folder: str, target: str) -> str:
        return target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"{folder}/{target}")

    def sheets(self) -> dict[str, str]:
        rels = {each.get("Id"): str(each.get("Target")) for each in self.root("xl/_rels/workbook.xml.rels")}
        return {
            str(each.get("name")): self._target("xl", rels[each.get(RELATION)])
            for each in self.root("xl/workbook.xml").iter()
            if local(each) == "sheet"
        }

    def names(self) -> dict[Any, Any]:
        return {
            (each.get("name"), each.get("localSheetId")): (each.text or "").replace("'", "")
            for each in self.root("xl/workbook.xml").iter()
            if local(each) == "definedName"
        }

    def named_styles(self) -> dict[Any, Any]:
        bases = [self._look(xf) for xf in self.parts["cellStyleXfs"]]
        return {each.get("name"): bases[int(each.get("xfId", 0))] for each in self.parts["cellStyles"]}

    def _look(self, xf: Element) -> Any:
        parts = [
            tree(self.parts[name][int(xf.get(key, 0))])
            for name, key in (("fonts", "fontId"), ("fills", "fillId"), ("borders", "borderId"))
        ]
        number = xf.get("numFmtId", "0")
        return *map(_sorted, parts), self.codes.get(number, number), tuple(sorted(tree(each) for each in xf))

    def rule(self, rule: Element) -> Any:
        look = rule.get("dxfId")
        dxf = None if look is None else _sorted(tree(self.parts["dxfs"][int(look)]))
        return tree(rule, ("dxfId",)), dxf

    def columns_and_rows(self, sheet: str, root: Element, found: Found) -> None:
        widths, rows = found.setdefault("columns", {}), found.setdefault("rows", {})
        formulas, looks = found.setdefault("formulas", {}), found.setdefault("looks of cells", {})
        kept = found.setdefault("values beside formulas", {})
        for each in root.iter():
            if local(each) == "col":
                said = (each.get("hidden", "0"), each.get("outlineLevel", "0"), each.get("collapsed", "0"))
                for number in range(int(each.get("min", 1)), int(each.get("max", 1)) + 1):
                    widths[sheet, number] = (round(float(each.get("width", 0)), 3), *map(_flag, said))
            elif local(each) == "row":
                said = [each.get(name) for name in ("ht", "outlineLevel", "hidden")]
                if any(said):
                    rows[sheet, each.get("r")] = (float(said[0] or 0), *said[1:])
            elif local(each) == "c":
                place = sheet, each.get("r")
                looks[place] = self.looks[int(each.get("s", 0))]
                parts = {local(child): child for child in each}
                if "f" in parts:
                    formulas[place] = parts["f"].text
                    if "v" in parts and parts["v"].text:
                        kept[place] = parts["v"].text


def _sorted(node: Any) -> Any:
    tag, attributes, text, children = node
    return tag, attributes, text, tuple(sorted(map(_sorted, children)))
