"""`python -m udfs call NAME ARG…` and `python -m udfs functions [NAME]`."""

from __future__ import annotations

import sys

from udfs.command_line import CALL_USAGE, call_command, functions_command

COMMANDS = {"call": call_command, "functions": functions_command}


def main(args: list[str]) -> int:
    """Run the command named first."""
    if not args or args[0] not in COMMANDS:
        print(f"{CALL_USAGE}\n       sop-xl functions [NAME]", file=sys.stderr)
        return 2
    return COMMANDS[args[0]](args[1:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
