"""What may follow ``sop-xl store``; apart from what it does, so that the command line starts quickly."""

from __future__ import annotations

import argparse

PLACE_HELP = (
    "a workbook, a SQLite file or postgresql://user@host/database; without it, the store of this computer"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What follows ``sop-xl store``."""
    parts = parser.add_subparsers(dest="part", required=True, metavar="PART")
    for name, help in (
        ("init", "make a plan store, or bring one up to date, and use it on this computer"),
        ("verify", "compare everything in the store with its hashes"),
        ("status", "where the store is and what it keeps"),
        ("versions", "list the published versions"),
    ):
        part = parts.add_parser(name, help=help, description=help)
        part.add_argument("place", nargs="?", metavar="PLACE", help=PLACE_HELP)
        part.add_argument("--json", action="store_true", help="print the result as JSON")
        if name == "init":
            part.add_argument("--company", help="whose plans it keeps, where the company was renamed")
        if name == "verify":
            part.add_argument(
                "--noted", default="", metavar="HASH", help="a last hash that was noted earlier"
            )
