"""`sop-xl addin …` and `sop-xl doctor`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from addin.errors import AddinError
from addin.machine import Machine, this_machine


def addin_command(args: Sequence[str], machine: Machine | None = None) -> int:
    """``install``, ``uninstall``, ``status`` or ``build [FILE]``; returns the exit code."""
    parser = argparse.ArgumentParser(prog="sop-xl addin", description="The Excel add-in.")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("install", help="build the add-in and let Excel open it at every start")
    actions.add_parser("uninstall", help="take the add-in away; what was replaced stays as a backup")
    actions.add_parser("status", help="say what is installed")
    build = actions.add_parser("build", help="write the add-in as a file, on any system")
    build.add_argument("file", type=Path, nargs="?", default=Path("SOP.xlam"), metavar="FILE")
    options = parser.parse_args(list(args))
    try:
        lines = _carry_out(options, machine or this_machine())
    except AddinError as refused:
        print(refused, file=sys.stderr)
        return 1
    print("\n".join(lines))
    return 0


def _carry_out(options: argparse.Namespace, machine: Machine) -> list[str]:
    from addin import install

    if options.action == "build":
        return _build(options.file)
    action = {"install": install.install, "uninstall": install.uninstall, "status": install.status}[
        options.action
    ]
    return action(machine)


def _build(file: Path) -> list[str]:
    from addin.build import addin

    try:
        file.write_bytes(addin())
    except OSError as problem:
        raise AddinError(
            f"{file} cannot be written: {problem.strerror or problem}.", "Choose another place."
        ) from None
    return [f"Wrote {file}. On a computer with sop_xl, install it with: sop-xl addin install"]


def doctor_command(args: Sequence[str], machine: Machine | None = None) -> int:
    """Examine this computer; returns 1 when something is wrong."""
    from addin.doctor import examine

    argparse.ArgumentParser(
        prog="sop-xl doctor", description="Look for what keeps the Excel add-in from working."
    ).parse_args(list(args))
    findings = examine(machine or this_machine())
    print("\n".join(map(str, findings)))
    wrong = sum(finding.state == "wrong" for finding in findings)
    print(f"\n{wrong} to put right." if wrong else "\nNothing wrong was found from outside Excel.")
    return int(wrong > 0)
