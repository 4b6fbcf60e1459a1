"""What may follow ``sop-xl scenario``; apart from what it does, so that the command line starts quickly."""

from __future__ import annotations

import argparse
from pathlib import Path

RULE_HELP = 'what changes, such as "demand TEA +10%% from 2027-03"; may be given several times'
READING = ("list",)
"""Parts that change nothing in the workbook."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What follows ``sop-xl scenario``."""
    parts = parser.add_subparsers(dest="part", required=True, metavar="PART")
    for name, help in (
        ("save", "save the plan under rules as a scenario, for others in the plan store too"),
        ("take", "bring a scenario that others saved from the plan store into the workbook"),
        ("list", "list the scenarios of the workbook and of the plan store"),
        ("compare", "plan up to five scenarios and set them beside the plan"),
        ("promote", "make a scenario the plan"),
    ):
        part = parts.add_parser(name, help=help, description=help)
        part.add_argument("workbook", type=Path, metavar="WORKBOOK")
        if name == "compare":
            names = "without any, the first five that are neither promoted nor dropped"
            part.add_argument("names", nargs="*", metavar="NAME", help=names)
        elif name != "list":
            part.add_argument("name", metavar="NAME")
        if name == "save":
            part.add_argument("--rule", action="append", metavar="RULE", help=RULE_HELP)
            part.add_argument("--note", default="", help="what it is for")
        if name in ("save", "promote"):
            part.add_argument("--by", default="", metavar="NAME", help="who; without it, the user's name")
        part.add_argument("--json", action="store_true", help="print the result as JSON")
