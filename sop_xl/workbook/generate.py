"""Build the generated files, or say which of them are stale.

``python -m sop_xl.workbook.generate`` writes them; with ``--check`` it compares and fails on a difference.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from sop_xl.workbook.template import template


def _functions_page() -> bytes:
    from udfs.reference import reference_markdown

    return reference_markdown().encode()


def _workbook_page() -> bytes:
    from sop_xl.workbook.reference import workbook_markdown

    return workbook_markdown().encode()


#: Path from the root of the repository -> what it must contain.
GENERATED: dict[str, Callable[[], bytes]] = {
    "workbook_templates/SOP_Template.xlsx": template,
    "docs/functions.md": _functions_page,
    "docs/workbook.md": _workbook_page,
}


def main(arguments: list[str]) -> int:
    """Write or compare all generated files; returns the exit code."""
    root = Path(__file__).resolve().parents[2]
    stale = []
    for name, make in GENERATED.items():
        path, content = root / name, make()
        if path.exists() and path.read_bytes() == content:
            continue
        if "--check" in arguments:
            stale.append(name)
        else:
            path.write_bytes(content)
            print(f"wrote {name}")
    for name in stale:
        print(f"{name} is stale: run `python3 dev.py build`")
    return 1 if stale else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
