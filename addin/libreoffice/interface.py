"""The functions of the registry as Calc must see them: an interface in UNO's IDL, and its type library.

Calc finds the functions of an extension by reflection over an interface of its own, so every function needs a
method with the right number of arguments. Both the text and the compiled library follow from the registry.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from udfs.registry import Function, functions

MODULES = ("org", "sopxl", "calc")
INTERFACE = "XFunctions"
_IDL = {"any": "any", "[]any": "sequence<any>", "[][]any": "sequence<sequence<any> >"}


@dataclass(frozen=True)
class Method:
    """A function as a method: IDL allows neither underscores nor capitals at will.

    >>> from udfs.registry import lookup
    >>> method_of(lookup("SOP_LEVEL_PLAN"))
    Method(name='sopLevelPlan', result='[][]any',
        arguments=(('opening', 'any'), ('demand', 'any'), ('ending', 'any'), ('kind', 'any')))
    """

    name: str
    result: str
    arguments: tuple[tuple[str, str], ...]


def method_of(entry: Function) -> Method:
    """The method of a function. An argument of type ``any`` may be a cell, a range, or left out."""
    return Method(
        _camel(entry.name),
        "any" if entry.shape == "number" else "[][]any",
        tuple((_camel(a.name), "[]any" if a.repeated else "any") for a in entry.arguments),
    )


def methods() -> list[Method]:
    """The methods of all functions, in the order of the registry."""
    return [method_of(entry) for entry in functions()]


def idl() -> str:
    """The interface in UNO's language, for people and for `unoidl-write`.

    >>> print(idl().splitlines()[1])
      sequence<sequence<any> > sopForecast([in] any history, [in] any horizon, [in] any season, [in] any method);
    """
    lines = [" ".join(f"module {name} {{" for name in MODULES) + f" interface {INTERFACE} {{"]
    for method in methods():
        arguments = ", ".join(f"[in] {_IDL[kind]} {name}" for name, kind in method.arguments)
        lines.append(f"  {_IDL[method.result]} {method.name}({arguments});")
    return "\n".join([*lines, "}; " + "}; " * len(MODULES), ""])


def type_library(wanted: Iterable[Method], remark: bytes = b"sop_xl") -> bytes:
    """The interface as a type library, byte for byte what `unoidl-write` makes of the text.

    Written here, because that program comes only with LibreOffice's development kit. The format: a magic word,
    where the outermost map is and how many entries it has; then the interface, and from the inside out one map
    for each module. Numbers are 32 bits, little-endian; a text that was stored before is a reference to it.

    Args:
        wanted: the methods.
        remark: who made it; `unoidl-write` puts its version here.
    """
    out = _Library()
    out.data += b"UNOIDL\xff\0" + bytes(8) + b"\0" + remark + b"\0"
    payload = len(out.data)
    out.data += b"\x05"  # an unpublished interface
    out.number(1)
    out.text("com.sun.star.uno.XInterface")
    out.number(0)  # optional bases
    out.number(0)  # attributes
    listed = list(wanted)
    out.number(len(listed))
    for method in listed:
        out.text(method.name)
        out.text(method.result)
        out.number(len(method.arguments))
        for name, kind in method.arguments:
            out.data += b"\0"  # goes in
            out.text(name)
            out.text(kind)
        out.number(0)  # exceptions
    for name in (INTERFACE, *reversed(MODULES[1:])):
        place = out.name(name)
        module = len(out.data)
        out.data += b"\0"  # a module with one entry
        for number in (1, place, payload):
            out.number(number)
        payload = module
    place = out.name(MODULES[0])
    root = len(out.data)
    out.number(place)
    out.number(payload)
    out.data[8:16] = root.to_bytes(4, "little") + (1).to_bytes(4, "little")
    return bytes(out.data)


class _Library:
    """A type library while it is written."""

    def __init__(self) -> None:
        self.data = bytearray()
        self._places: dict[str, int] = {}

    def number(self, value: int) -> None:
        """A number of 32 bits."""
        self.data += value.to_bytes(4, "little")

    def text(self, value: str) -> None:
        """A text with its length before it, or where it stands already."""
        if value in self._places:
            self.number(self._places[value] | 0x8000_0000)
            return
        self._places[value] = len(self.data)
        self.number(len(value))
        self.data += value.encode("ascii")

    def name(self, value: str) -> int:
        """The name of an entry; returns its place."""
        place = len(self.data)
        self.data += value.encode("ascii") + b"\0"
        return place


def _camel(name: str) -> str:
    first, *rest = re.split("_+", name.lower())
    return first + "".join(word.capitalize() for word in rest)
