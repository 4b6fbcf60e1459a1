"""Build the extension for LibreOffice from the registry and the catalogue of commands.

``python -m addin.libreoffice.build FILE.oxt`` writes it; `sop-xl calc install` builds the same file and installs it.
The same sources and environment give the same bytes.
"""

from __future__ import annotations

import importlib.util
import json
import sys
import zipfile
from io import BytesIO
from pathlib import Path
from xml.sax.saxutils import quoteattr

from addin.libreoffice.interface import idl, method_of, methods, type_library
from addin.libreoffice.menu import SERVICE, addons, window_state
from sop_xl import __version__
from sop_xl.commands.catalogue import COMMANDS
from udfs.registry import Argument, Function, functions

IDENTIFIER = "org.sopxl.calc"
#: What functions and commands are made of; wherever these are found, what they need is found too.
PACKAGES = ("udfs", "sop_xl", "addin", "numpy", "scipy", "pandas", "statsmodels", "openpyxl", "xlwings")
SOURCES = Path(__file__).parent / "inside"
#: File in the extension -> what LibreOffice must know it as.
KINDS = {
    "functions.rdb": "application/vnd.sun.star.uno-typelibrary;type=RDB",
    "sop.components": "application/vnd.sun.star.uno-components",
    "Addons.xcu": "application/vnd.sun.star.configuration-data",
    "CalcWindowState.xcu": "application/vnd.sun.star.configuration-data",
}
#: Source, implementation and services of each component.
COMPONENTS = (
    ("sop_functions.py", f"{IDENTIFIER}.Functions", ("com.sun.star.sheet.AddIn", f"{IDENTIFIER}.Functions")),
    ("sop_commands.py", SERVICE, (SERVICE,)),
)


def extension() -> bytes:
    """The .oxt file for this environment: it names the Python that calculates."""
    parts = {
        "META-INF/manifest.xml": _manifest().encode(),
        "description.xml": _description().encode(),
        "sop.components": _components().encode(),
        "Addons.xcu": addons().encode(),
        "CalcWindowState.xcu": window_state().encode(),
        "functions.idl": idl().encode(),
        "functions.rdb": type_library(methods()),
        "pythonpath/catalogue.json": _json(_catalogue()),
        "pythonpath/environment.json": _json(environment()),
    }
    for source in sorted(SOURCES.rglob("*.py")):
        parts[source.relative_to(SOURCES).as_posix()] = source.read_bytes()
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(parts.items()):
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def environment() -> dict[str, object]:
    """The Python that runs this, and the folders its packages are found in."""
    places = [str(Path(package_folder(name)).parent) for name in PACKAGES]
    return {
        "python": sys.executable,
        "version": list(sys.version_info[:2]),
        "paths": list(dict.fromkeys(places)),
    }


def package_folder(name: str) -> str:
    """Where a package is, without importing it."""
    found = importlib.util.find_spec(name)
    assert found is not None
    assert found.submodule_search_locations
    return found.submodule_search_locations[0]


def _catalogue() -> dict[str, object]:
    """What the code inside LibreOffice must know of functions and commands."""
    commands = [{"name": entry.name, "asks": entry.asks and vars(entry.asks)} for entry in COMMANDS]
    return {"functions": [_entry(entry) for entry in functions()], "commands": commands}


def _entry(entry: Function) -> dict[str, object]:
    return {
        "method": method_of(entry).name,
        "name": entry.name,
        "help": entry.summary,
        "rows": entry.shape != "number",
        "repeated": bool(entry.arguments) and entry.arguments[-1].repeated,
        "arguments": [{"name": a.name, "help": _explained(a)} for a in entry.arguments],
    }


def _explained(argument: Argument) -> str:
    words = f" One of {', '.join(argument.words)}." if argument.words else ""
    optional = "" if argument.required else " (optional)"
    return f"{argument.help}{words}{optional}"


def _manifest() -> str:
    entries = "\n".join(
        f" <manifest:file-entry manifest:full-path={quoteattr(name)} manifest:media-type={quoteattr(kind)}/>"
        for name, kind in KINDS.items()
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<manifest:manifest xmlns:manifest="http://openoffice.org/2001/manifest">\n{entries}\n</manifest:manifest>\n'
    )


def _components() -> str:
    """Which class offers which service; noted here, because the classes need types not known when installing."""
    implementations = "\n".join(
        f"""  <component loader="com.sun.star.loader.Python" uri={quoteattr(file)}>
   <implementation name={quoteattr(name)}>
{"".join(f"    <service name={quoteattr(service)}/>{chr(10)}" for service in services)}   </implementation>
  </component>"""
        for file, name, services in COMPONENTS
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<components xmlns="http://openoffice.org/2010/uno-components">\n{implementations}\n</components>\n'
    )


def _description() -> str:
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<description xmlns="http://openoffice.org/extensions/description/2006">
 <identifier value="{IDENTIFIER}"/>
 <version value="{__version__}"/>
 <display-name><name lang="en">S&amp;OP functions and commands (sop_xl)</name></display-name>
</description>
"""


def _json(content: object) -> bytes:
    return (json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def main(arguments: list[str]) -> int:
    """Write the extension to the file named."""
    if len(arguments) != 1:
        print("usage: python -m addin.libreoffice.build FILE.oxt", file=sys.stderr)
        return 2
    Path(arguments[0]).write_bytes(extension())
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
