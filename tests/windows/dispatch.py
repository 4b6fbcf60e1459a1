"""A call through COM as VBA makes it: numbers, texts, error values and ranges in the very types of Excel.

pywin32 at this end would do most of it, but it sends no error values. Nothing is freed: a test is over soon.
"""

from __future__ import annotations

import ctypes
import datetime as dt
import itertools
from typing import Any

from tests.addin.com import ERROR_CODES, OMITTED

EMPTY, NULL, DOUBLE, DATE, TEXT, OBJECT, ERROR, BOOLEAN, VARIANT = 0, 1, 5, 7, 8, 9, 10, 11, 12
WHOLE = {2: "short", 3: "long", 20: "longlong", 22: "long"}
ARRAY = 0x2000
EPOCH = dt.datetime(1899, 12, 30)

automation = ctypes.OleDLL("oleaut32")
automation.SysAllocString.restype = automation.SafeArrayCreate.restype = ctypes.c_void_p


class Content(ctypes.Union):
    _fields_ = (
        ("number", ctypes.c_double),
        ("long", ctypes.c_int32),
        ("longlong", ctypes.c_int64),
        ("short", ctypes.c_int16),
        ("pointer", ctypes.c_void_p),
        ("size", ctypes.c_byte * 16),
    )


class Variant(ctypes.Structure):
    _fields_ = (("kind", ctypes.c_uint16), ("reserved", ctypes.c_uint16 * 3), ("content", Content))


class Parameters(ctypes.Structure):
    _fields_ = (
        ("values", ctypes.c_void_p),
        ("names", ctypes.c_void_p),
        ("count", ctypes.c_uint32),
        ("named", ctypes.c_uint32),
    )


class Failure(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_uint16 * 2),
        ("source", ctypes.c_wchar_p),
        ("description", ctypes.c_wchar_p),
        ("more", ctypes.c_void_p * 5),
    )


def call(pointer: int, name: str, *arguments: Variant) -> Any:
    """Call a method of the object at an address.

    Raises:
        OSError: the call did not arrive, or the method failed.
    """
    void, word = ctypes.c_void_p, ctypes.c_uint32
    number, result, failure, nobody = ctypes.c_int32(), Variant(), Failure(), ctypes.create_string_buffer(16)
    find = ctypes.WINFUNCTYPE(ctypes.HRESULT, void, void, word, word, void)(5, "GetIDsOfNames")
    find(void(pointer), nobody, (ctypes.c_wchar_p * 1)(name), 1, 0, ctypes.byref(number))
    # The last argument comes first.
    values = (Variant * len(arguments))(*reversed(arguments))
    given = Parameters(ctypes.addressof(values), None, len(arguments), 0)
    invoke = ctypes.WINFUNCTYPE(ctypes.c_int32, ctypes.c_int32, void, word, ctypes.c_uint16, *[void] * 4)
    answered = (ctypes.byref(given), ctypes.byref(result), ctypes.byref(failure), None)
    if code := invoke(6, "Invoke")(void(pointer), number, nobody, 0, 1, *answered):
        raise OSError(code, failure.description or f"{name} could not be called")
    return received(result)


def nothing() -> Variant:
    """VBA's Nothing."""
    return Variant(kind=OBJECT)


def sent(value: object) -> Variant:
    """A text, a number, what a cell holds, or rows of cells, as Excel's VBA hands it over."""
    match value:
        case None:
            return Variant(kind=EMPTY)
        case bool():
            return Variant(kind=BOOLEAN, content=Content(short=-value))
        case int() if value == OMITTED or value in ERROR_CODES.values():
            return Variant(kind=ERROR, content=Content(long=value))
        case int() | float():
            return Variant(kind=DOUBLE, content=Content(number=value))
        case str():
            return Variant(
                kind=TEXT, content=Content(pointer=automation.SysAllocString(ctypes.c_wchar_p(value)))
            )
        case {"date": str(day)}:
            days = (dt.datetime.fromisoformat(day) - EPOCH) / dt.timedelta(days=1)
            return Variant(kind=DATE, content=Content(number=days))
        case list() if value and isinstance(value[0], list):
            return array([cell for row in value for cell in row], (1, len(value)), (1, len(value[0])))
        case list():
            return array(value, (1, len(value)))
    raise TypeError(f"a cell holds no {type(value).__name__}")


def array(items: list[object], *bounds: tuple[int, int]) -> Variant:
    """Items in the order of reading, as an array with the first and the last number of each dimension."""
    limits = (ctypes.c_uint32 * (2 * len(bounds)))()
    for place, (first, last) in enumerate(bounds):
        limits[2 * place], limits[2 * place + 1] = last - first + 1, ctypes.c_uint32(first).value
    made = automation.SafeArrayCreate(VARIANT, len(bounds), limits)
    places = itertools.product(*(range(first, last + 1) for first, last in bounds))
    for item, place in zip(items, places, strict=True):
        where = (ctypes.c_int32 * len(bounds))(*place)
        automation.SafeArrayPutElement(ctypes.c_void_p(made), where, ctypes.byref(sent(item)))
    return Variant(kind=ARRAY | VARIANT, content=Content(pointer=made))


def received(value: Variant) -> Any:
    """What comes back, as plain Python: lists for arrays."""
    if value.kind in (EMPTY, NULL):
        return None
    if value.kind == DOUBLE:
        return value.content.number
    if value.kind == BOOLEAN:
        return bool(value.content.short)
    if value.kind == TEXT:
        return ctypes.wstring_at(value.content.pointer)
    if value.kind in WHOLE:
        return getattr(value.content, WHOLE[value.kind])
    if value.kind == ARRAY | VARIANT:
        return _items(ctypes.c_void_p(value.content.pointer), ())
    raise TypeError(f"a Variant of kind {value.kind}")


def _items(made: ctypes.c_void_p, place: tuple[int, ...]) -> Any:
    """An element, or a list of all elements of the dimensions that have no place yet."""
    dimensions = automation.SafeArrayGetDim(made)
    if len(place) == dimensions:
        element = Variant()
        automation.SafeArrayGetElement(made, (ctypes.c_int32 * dimensions)(*place), ctypes.byref(element))
        return received(element)
    first, last = ctypes.c_int32(), ctypes.c_int32()
    automation.SafeArrayGetLBound(made, len(place) + 1, ctypes.byref(first))
    automation.SafeArrayGetUBound(made, len(place) + 1, ctypes.byref(last))
    return [_items(made, (*place, number)) for number in range(first.value, last.value + 1)]
