"""`sop-xl calc …`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from addin.errors import AddinError


def calc_command(args: Sequence[str]) -> int:
    """``install``, ``uninstall``, ``status`` or ``build [FILE]``; returns the exit code."""
    parser = argparse.ArgumentParser(prog="sop-xl calc", description="The extension for LibreOffice Calc.")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, help in (
        ("install", "build the extension and install it into LibreOffice"),
        ("uninstall", "take the extension away"),
        ("status", "say what is installed and how functions are calculated"),
    ):
        action = actions.add_parser(name, help=help, description=help)
        action.add_argument("--shared", action="store_true", help="for all users of this machine")
        action.add_argument(
            "--profile", type=Path, metavar="FOLDER", help="LibreOffice's settings, where not the usual ones"
        )
    build = actions.add_parser("build", help="write the extension as a file; it works on this machine only")
    build.add_argument("file", type=Path, nargs="?", default=Path("sop_xl.oxt"), metavar="FILE")
    options = parser.parse_args(list(args))
    try:
        lines = _carry_out(options)
    except AddinError as refused:
        print(refused, file=sys.stderr)
        return 1
    print("\n".join(lines))
    return 0


def _carry_out(options: argparse.Namespace) -> list[str]:
    from addin.libreoffice import install

    if options.action == "build":
        from addin.libreoffice.build import extension

        try:
            options.file.write_bytes(extension())
        except OSError as problem:
            raise AddinError(
                f"{options.file} cannot be written: {problem.strerror or problem}.", "Choose another place."
            ) from None
        return [f"Wrote {options.file}."]
    action = {"install": install.install, "uninstall": install.uninstall, "status": install.status}
    return action[options.action](options.shared, options.profile)
