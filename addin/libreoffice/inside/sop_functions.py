"""The SOP_ functions as a Calc add-in.

Runs inside LibreOffice: standard library and UNO only, and no newer than Python 3.8. The catalogue beside this file
says which functions there are; the project's environment calculates them.
"""

from __future__ import annotations

import json
import struct
from pathlib import Path

import sop_project
import unohelper
from com.sun.star.lang import Locale, XServiceInfo, XServiceName
from com.sun.star.sheet import LocalizedName, XAddIn, XCompatibilityNames
from org.sopxl.calc import XFunctions

IMPLEMENTATION = "org.sopxl.calc.Functions"
SERVICES = ("com.sun.star.sheet.AddIn", IMPLEMENTATION)
CATALOGUE = json.loads((Path(sop_project.__file__).parent / "catalogue.json").read_text(encoding="utf-8"))[
    "functions"
]
BY_METHOD = {entry["method"]: entry for entry in CATALOGUE}
BY_NAME = {entry["name"]: entry for entry in CATALOGUE}
ENGLISH = Locale("en", "US", "")

#: Calc carries an error within a number: a NaN whose last bits are the number of the error.
ERRORS = {
    "#VALUE!": 519,
    "#NUM!": 503,
    "#N/A": 32767,
    "#NAME?": 525,
    "#DIV/0!": 532,
    "#REF!": 524,
    "#NULL!": 521,
}


def error_number(text):
    """The number that Calc shows as an error."""
    return struct.unpack("<d", struct.pack("<Q", 0x7FF8000000000000 | ERRORS.get(text, 519)))[0]


def to_calc(cell):
    """A cell of a result: errors as such numbers; an empty cell as empty text, because Calc shows nothing as 0."""
    if isinstance(cell, dict):
        return error_number(cell["error"])
    return "" if cell is None else cell


def answer(name, arguments):
    """Call a function with what Calc gave."""
    global _calculator
    if _calculator is None:
        _calculator = sop_project.calculator()
    entry = BY_NAME[name]
    given = list(arguments)
    if entry["repeated"]:
        given[-1:] = list(given[-1] or ())
    while given and given[-1] is None:
        given.pop()
    result = _calculator.call(name, given)
    if entry["rows"]:
        rows = result if isinstance(result, list) else [[result]]
        return tuple(tuple(map(to_calc, row)) for row in rows)
    return to_calc(result)


_calculator = None


def method(name):
    """The method of a function."""
    return lambda self, *arguments: answer(name, arguments)


class Declared(XAddIn, XCompatibilityNames, XServiceName, XServiceInfo):
    """What Calc asks about the functions."""

    def __init__(self, context):
        self.locale = ENGLISH

    # XAddIn; the first name is spelled like this in the interface.
    def getProgrammaticFuntionName(self, display):
        return BY_NAME[display]["method"] if display in BY_NAME else ""

    def getDisplayFunctionName(self, name):
        return BY_METHOD[name]["name"] if name in BY_METHOD else ""

    def getFunctionDescription(self, name):
        return BY_METHOD[name]["help"] if name in BY_METHOD else ""

    def getDisplayArgumentName(self, name, position):
        return self._argument(name, position)["name"]

    def getArgumentDescription(self, name, position):
        return self._argument(name, position)["help"]

    def getProgrammaticCategoryName(self, name):
        return "Add-In"

    def getDisplayCategoryName(self, name):
        return "S&OP"

    @staticmethod
    def _argument(name, position):
        arguments = BY_METHOD[name]["arguments"] if name in BY_METHOD else []
        return arguments[position] if position < len(arguments) else {"name": "", "help": ""}

    # The names that stand in .xlsx files.
    def getCompatibilityNames(self, name):
        return (LocalizedName(ENGLISH, BY_METHOD[name]["name"]),) if name in BY_METHOD else ()

    def setLocale(self, locale):
        self.locale = locale

    def getLocale(self):
        return self.locale

    def getServiceName(self):
        return IMPLEMENTATION

    def getImplementationName(self):
        return IMPLEMENTATION

    def supportsService(self, name):
        return name in SERVICES

    def getSupportedServiceNames(self):
        return SERVICES


Functions = type(
    "Functions",
    (unohelper.Base, Declared, XFunctions),
    {entry["method"]: method(entry["name"]) for entry in CATALOGUE},
)

g_ImplementationHelper = unohelper.ImplementationHelper()
g_ImplementationHelper.addImplementation(Functions, IMPLEMENTATION, SERVICES)
