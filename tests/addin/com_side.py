"""xlwings' own registration and call of UDFs, on a system without COM: pywin32 is replaced by hollow modules.

Run as a script in a process of its own. Reads JSON lines ``[function, arguments]`` and answers each with what
VBA would be given: a cell, a list for a single row, or rows. Dates are written {"date": "2026-01-31"}.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
import types
from unittest.mock import MagicMock


def hollow_pywin32() -> None:
    """Modules that let xlwings' Windows half be imported; none of what they hold takes part in a call."""
    for name in (
        *("pythoncom", "pywintypes", "win32api", "win32con", "win32event", "win32gui", "win32process"),
        *("win32timezone", "winerror", "comtypes", "win32com", "win32com.client", "win32com.client.dynamic"),
        *("win32com.server", "win32com.server.dispatcher", "win32com.server.policy", "win32com.server.util"),
    ):
        sys.modules[name] = MagicMock(name=name)
    for name in list(sys.modules):
        if name.startswith("win32com."):
            parent, _, child = name.rpartition(".")
            setattr(sys.modules[parent], child, sys.modules[name])
    sys.modules["win32com"].__path__ = []
    sys.modules["pythoncom"].__file__ = ""
    sys.modules["pywintypes"].TimeType = type("TimeType", (dt.datetime,), {})
    sys.modules["pywintypes"].com_error = type("com_error", (Exception,), {})
    sys.modules["win32timezone"].TimeZoneInfo = lambda _: dt.UTC
    sys.modules["winerror"].E_NOINTERFACE = 0
    # What is no wrapped Python object comes back unwrapped.
    sys.modules["win32com.server.util"].unwrap = MagicMock(side_effect=TypeError)


def excel_like_xlwings() -> types.ModuleType:
    """xlwings with the decorators, the engine and the COM server that it has on Windows."""
    import ctypes

    ctypes.oledll = ctypes.windll = ctypes.PyDLL = MagicMock()
    ctypes.WINFUNCTYPE = ctypes.CFUNCTYPE
    import xlwings
    from xlwings import _xlwindows, com_server, udfs

    xlwings._xlwindows = _xlwindows
    xlwings.engines.add(xlwings.Engine(impl=_xlwindows.engine))
    xlwings.engines.active = xlwings.engines["excel"]
    xlwings.func, xlwings.arg, xlwings.ret = udfs.xlfunc, udfs.xlarg, udfs.xlret
    return com_server


def variant(value: object) -> object:
    """A value as pywin32 hands it over: arrays are tuples of tuples."""
    if isinstance(value, list):
        return tuple(map(variant, value))
    if isinstance(value, dict):
        return sys.modules["pywintypes"].TimeType.fromisoformat(value["date"]).replace(tzinfo=dt.UTC)
    return value


def plain(value: object) -> object:
    if isinstance(value, dt.datetime):
        return {"date": value.isoformat()}
    raise TypeError(f"COM takes no {type(value).__name__}")


def registered() -> str:
    """What xlwings knows of each function of the add-in, as JSON."""
    import addin.excel_udfs as bound

    known = {name: f.__xlfunc__ for name, f in vars(bound).items() if hasattr(f, "__xlfunc__")}
    return json.dumps(
        {
            name: {
                "category": info["category"],
                "doc": info["ret"]["doc"],
                "arguments": [
                    [a["name"], a["doc"], a["vararg"], "optional" in a, a["options"]] for a in info["args"]
                ],
            }
            for name, info in known.items()
        }
    )


def main() -> None:
    hollow_pywin32()
    server = excel_like_xlwings().XLPython()
    print(registered(), flush=True)
    for line in sys.stdin:
        name, arguments = json.loads(line)
        given = tuple(map(variant, arguments))
        print(
            json.dumps(server.CallUDF("addin.excel_udfs", name, given, None, None), default=plain), flush=True
        )


if __name__ == "__main__":
    main()
