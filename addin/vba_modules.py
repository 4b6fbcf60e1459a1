"""The VBA of the add-in: text files beside this module, the module of xlwings, and what the registry says.

A wrapper hands what its cells hold to Python and shows the answer; the help texts of Excel's function wizard
come from the registry. Text beyond ASCII is written with ChrW: VBA reads its source in one code page.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.metadata import version
from importlib.resources import files

from sop_xl import __version__
from udfs.registry import Argument, Function, functions

#: Functions that the host itself answers, in a module written by hand.
BY_HAND = ("SOP_EXPLAIN",)
#: What Excel's function wizard shows of a description.
MAX_HELP = 255
PROJECT = "sop"

# Words that VBA does not accept as the name of an argument.
_VBA_WORDS = """addressof alias and any append array as attribute boolean byref byte byval call case cdecl close const
    currency date debug decimal declare dim do double each else elseif empty end endif enum eqv erase error event exit
    false for friend function get global gosub goto if imp implements in input integer is let lib like line lock long
    longlong longptr loop lset me mid mod name new next not nothing null object on open option optional or output
    paramarray print private property ptrsafe public put raiseevent random read redim rem resume return rset seek
    select set shared single static step stop string sub tab then to true type typeof unknown until unlock variant
    wend while with withevents write xor"""


@dataclass(frozen=True)
class Module:
    """A module of the VBA project; ``document`` for the one that belongs to the workbook."""

    name: str
    source: str
    document: bool = False


def modules() -> list[Module]:
    """All modules, in the order of the project."""
    written = files("addin") / "vba"
    found = [Module("ThisWorkbook", (written / "ThisWorkbook.cls").read_text("ascii"), document=True)]
    found += [
        Module(name, (written / f"{name}.bas").read_text("ascii"))
        for name in ("SopCalls", "SopReasons", "SopRepair", "SopRibbon", "SopSettings")
    ]
    found += [
        Module("SopFunctions", wrappers_source()),
        Module("SopHelp", help_source()),
        Module("xlwings", xlwings_source()),
    ]
    return found


def wrappers_source() -> str:
    """One VBA function per function of the registry.

    >>> "Public Function SOP_WMAPE(" in wrappers_source()
    True
    """
    parts = ["Option Explicit\n\n' Generated from the registry of functions; do not edit.\n"]
    parts += [_wrapper(entry) for entry in functions() if entry.name not in BY_HAND]
    return "".join(parts)


def _wrapper(entry: Function) -> str:
    arguments = entry.arguments
    names = [argument.name for argument in arguments]
    if bad := [
        name for name in names if name.lower() in _VBA_WORDS.split() or not re.fullmatch(r"[a-z]\w*", name)
    ]:
        raise ValueError(f"{entry.name}: VBA does not accept {bad[0]!r} as the name of an argument")
    head = f"\nPublic Function {entry.name}({', '.join(map(_parameter, arguments))}) As Variant\n"
    if arguments[-1].repeated:
        last, fixed = names[-1], len(names) - 1
        body = (
            "    Dim given() As Variant\n"
            "    Dim i As Long\n"
            "    On Error GoTo NotAsked\n"
            f"    ReDim given(0 To {fixed} + UBound({last}))\n"
            + "".join(f"    given({i}) = CellsOf({name})\n" for i, name in enumerate(names[:-1]))
            + f"    For i = 0 To UBound({last})\n"
            f"        given({fixed} + i) = CellsOf({last}(i))\n"
            "    Next i\n"
            f'    {entry.name} = Answer("{entry.name}", given)\n'
        )
    else:
        given = ", ".join(f"CellsOf({name})" for name in names)
        body = f'    On Error GoTo NotAsked\n    {entry.name} = Answer("{entry.name}", Array({given}))\n'
    tail = f"    Exit Function\nNotAsked:\n    {entry.name} = Failed(Err.Description)\nEnd Function\n"
    return head + body + tail


def _parameter(argument: Argument) -> str:
    if argument.repeated:
        return f"ParamArray {argument.name}() As Variant"
    return f"{'' if argument.required else 'Optional '}ByVal {argument.name} As Variant"


def help_source() -> str:
    """The descriptions that Excel's function wizard shows, one procedure per function."""
    entries = functions()
    parts = [
        f"""Option Explicit

' Generated from the registry of functions; do not edit.

Public Const ADDIN_VERSION As String = {literal(__version__)}

Private registered As Boolean

' Excel refuses while it shows no workbook; the next one that is activated tries again.
Public Sub RegisterHelp()
    If registered Then Exit Sub
    On Error GoTo Later
{"".join(f"    Help{number}{chr(10)}" for number in range(1, len(entries) + 1))}    registered = True
    ThisWorkbook.Saved = True
Later:
End Sub

Private Sub Register(ByVal functionName As String, ByVal about As String, ByVal group As String, _
                     ByVal arguments As Variant)
    Application.MacroOptions Macro:="'" & ThisWorkbook.Name & "'!" & functionName, Description:=about, _
                             Category:=group, ArgumentDescriptions:=arguments
End Sub
"""
    ]
    for number, entry in enumerate(entries, start=1):
        count = len(entry.arguments)
        lines = [
            f"\nPrivate Sub Help{number}()",
            f"    Dim arguments(1 To {count}) As Variant",
            *(
                f"    arguments({i}) = {literal(help_of(argument))}"
                for i, argument in enumerate(entry.arguments, start=1)
            ),
            f"    Register {literal(entry.name)}, {literal(about(entry))}, "
            f"{literal('S&OP ' + entry.category)}, arguments",
            "End Sub\n",
        ]
        parts.append("\n".join(lines))
    return "".join(parts)


def about(entry: Function) -> str:
    """The description of a function, with what comes back where there is room for it."""
    both = f"{entry.summary} {entry.result}"
    return both if len(both) <= MAX_HELP else _shortened(entry.summary)


def help_of(argument: Argument) -> str:
    """The help of an argument, with its default and its words where there is room for them."""
    text = argument.help
    if argument.words and len(longer := f"{text} One of {', '.join(argument.words)}.") <= MAX_HELP:
        text = longer
    if argument.default is not None:
        shown = argument.label.strip("[]").partition("=")[2]
        if len(longer := f"{text} Without it: {shown}.") <= MAX_HELP:
            text = longer
    return _shortened(text)


def _shortened(text: str) -> str:
    return text if len(text) <= MAX_HELP else text[: MAX_HELP - 3].rsplit(" ", 1)[0] + "..."


def literal(text: str) -> str:
    """A text as VBA writes it, in ASCII.

    >>> print(literal('a "b" ÷ c'))
    "a ""b"" " & ChrW$(247) & " c"
    """
    parts: list[str] = []
    for plain, other in re.findall(r"([ -~]+)|([^ -~])", text):
        if plain:
            parts.append('"' + plain.replace('"', '""') + '"')
        else:
            # What lies beyond the first plane is two characters to VBA.
            units = other.encode("utf-16-be")
            parts += [f"ChrW$({int.from_bytes(units[i : i + 2], 'big')})" for i in range(0, len(units), 2)]
    return " & ".join(parts) or '""'


def xlwings_source() -> str:
    """The module of the xlwings installed here, which starts Python, with three changes for safety.

    - xlwings looks for settings in the active workbook and beside it first, so that a workbook received by mail
      could say which program is started. `SopSettings` takes the place of that part.
    - It writes the path of the active workbook into a command line; the add-in's own does as well.
    - Python looked for modules in the current folder first, which may be that of a workbook; ``-P`` forbids it.
    """
    source = (files("xlwings") / "xlwings_custom_addin.bas").read_text("utf-8").replace("\r\n", "\n")
    source = _without(source, '\'Attribute VB_Name = "Config"', '\'Attribute VB_Name = "Utils"')
    for old, new, times in (
        ('PROJECT_NAME As String = "myaddin"', f'PROJECT_NAME As String = "{PROJECT}"', 1),
        ('AddExcelDir & ";" & ActiveWorkbook.FullName', 'AddExcelDir & ";" & ThisWorkbook.FullName', 1),
        (' -B -c ""import', ' -P -B -c ""import', 2),
    ):
        source = _replaced(source, old, new, times)
    if f'"xlwings64-{version("xlwings")}.dll"' not in source:
        raise ValueError(f"the VBA of xlwings does not belong to its version {version('xlwings')}")
    return source.partition("\n")[2]


def _without(source: str, start: str, end: str) -> str:
    head, found, rest = source.partition(start)
    _, found_too, tail = rest.partition(end)
    if not (found and found_too):
        raise ValueError(f"this xlwings has no part between {start} and {end}")
    return head + end + tail


def _replaced(source: str, old: str, new: str, times: int) -> str:
    if source.count(old) != times:
        raise ValueError(f"this xlwings has {source.count(old)} passages {old!r}, not {times}")
    return source.replace(old, new)
