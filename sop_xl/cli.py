"""The command line: ``sop-xl COMMAND WORKBOOK``.

Exit codes: 0 done; 1 refused, with the reason and what to do, or check found an error or monitor a red alert;
2 the command line is wrong.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sop_xl import __version__
from sop_xl.commands.catalogue import COMMANDS, Command
from sop_xl.commands.catalogue import command as entry_of
from sop_xl.commands.scenario_arguments import READING
from sop_xl.commands.scenario_arguments import add_arguments as add_scenario_arguments
from sop_xl.commands.store_arguments import add_arguments as add_store_arguments

if TYPE_CHECKING:
    from sop_xl.checks import Issue
    from sop_xl.commands.outcome import Outcome
    from sop_xl.hosts.session import BookSession

#: Commands that need nothing but the workbook.
STEPS: dict[str, Command] = {entry.name: entry for entry in COMMANDS if entry.plain}
#: Commands that take the options of the forecast.
FORECASTING = ("forecast", "run-cycle")
#: Actions that ask for a reason, so that no button can do them.
REASONED = {
    "reject": "send a submitted step back",
    "reopen": "open a signed step again, and those after it",
    "skip": "leave out the pre-S&OP or the executive meeting",
}
HISTORY = "tell what was typed over the plan, by whom and when"
WARNINGS_SHOWN = 12


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words and words[0] in ("call", "functions"):
        from udfs.command_line import call_command, functions_command

        return (call_command if words[0] == "call" else functions_command)(words[1:])
    if words and words[0] in ("addin", "doctor"):
        from addin.command_line import addin_command, doctor_command

        return (addin_command if words[0] == "addin" else doctor_command)(words[1:])
    if words and words[0] == "calc":
        from addin.libreoffice.command_line import calc_command

        return calc_command(words[1:])
    options = _parser().parse_args(words)
    return _run(options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sop-xl", description="Sales and operations planning in a workbook."
    )
    parser.add_argument("--version", action="version", version=f"sop-xl {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str) -> argparse.ArgumentParser:
        help = entry_of(name).help
        added = commands.add_parser(name, help=help, description=help)
        added.add_argument("workbook", type=Path, metavar="WORKBOOK")
        added.add_argument("--json", action="store_true", help="print the result as JSON")
        return added

    new = command("new")
    new.add_argument("--company", help="name on the cycle card")
    new.add_argument("--first-bucket", type=_day, metavar="DATE", help="a day in the first bucket to plan")
    load = command("load-actuals")
    load.add_argument(
        "--mapping", type=Path, required=True, metavar="FILE", help="TOML file: which column goes where"
    )
    load.add_argument(
        "--source", type=Path, metavar="FILE", help="read this file in place of the mapping's own"
    )
    for name in STEPS:
        step = command(name)
        if name in FORECASTING:
            _forecast_options(step)
        if name == "protect":
            step.add_argument("--off", action="store_true", help="open the sheets again")
    command("revert")
    publish = command("publish")
    publish.add_argument(
        "--by", default="", metavar="NAME", help="who publishes; without it, the user's name"
    )
    publish.add_argument(
        "--force", default="", metavar="REASON", help="publish though it is not agreed; the reason is kept"
    )
    for name in ("submit", "approve"):
        _sign_options(command(name))
    for name, help in REASONED.items():
        added = commands.add_parser(name, help=help, description=help)
        added.add_argument("workbook", type=Path, metavar="WORKBOOK")
        added.add_argument("--json", action="store_true", help="print the result as JSON")
        _sign_options(added)
        added.add_argument("--reason", default="", metavar="TEXT", help="why; kept with the step")
    pack = command("pack")
    pack.add_argument(
        "--output", type=Path, metavar="FILE", help="the .pptx file; without it, beside the workbook"
    )
    pack.add_argument("--pdf", action="store_true", help="also as PDF, by LibreOffice")
    pack.add_argument("--by", default="", metavar="NAME", help="who makes it; without it, the user's name")
    help = "alternatives to the plan: scenario save, take, list, compare or promote"
    add_scenario_arguments(commands.add_parser("scenario", help=help, description=help))
    added = commands.add_parser("history", help=HISTORY, description=HISTORY)
    added.add_argument("workbook", type=Path, metavar="WORKBOOK")
    added.add_argument("--last", type=_count, default=40, metavar="N", help="how many changes, the newest")
    added.add_argument("--json", action="store_true", help="print the result as JSON")
    help = "the store of published plans: store init, verify, status or versions"
    add_store_arguments(commands.add_parser("store", help=help, description=help))
    for name, help in (
        ("call", "call a SOP_ function: call NAME ARG…, each ARG one JSON value or @file.json"),
        ("functions", "list the SOP_ functions, or show one page of help: functions NAME"),
        ("addin", "the Excel add-in: addin install, uninstall, status or build"),
        ("calc", "the extension for LibreOffice Calc: calc install, uninstall, status or build"),
        ("doctor", "look for what keeps the Excel add-in from working"),
    ):
        commands.add_parser(name, help=help)
    return parser


def _sign_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--step", default="", metavar="N|NAME", help="the step: its number or a part of its name"
    )
    parser.add_argument("--by", default="", metavar="NAME", help="who signs; without it, the user's name")


def _forecast_options(parser: argparse.ArgumentParser) -> None:
    """How the baseline is made; what is given is written to the cycle card, so that it holds from then on."""
    group = parser.add_argument_group("how to forecast (kept on Home)")
    group.add_argument(
        "--clean",
        type=_spike_limit,
        metavar="LIMIT",
        default=argparse.SUPPRESS,
        help="replace spikes further out than LIMIT typical deviations (8 is usual); off: leave the history",
    )
    group.add_argument(
        "--working-days",
        choices=("on", "off"),
        default=argparse.SUPPRESS,
        help="forecast per working day",
    )
    group.add_argument(
        "--reconcile",
        type=str.upper,
        metavar="METHOD",
        default=argparse.SUPPRESS,
        help="how families and items are made to agree: MIDDLE_OUT, BOTTOM_UP, TOP_DOWN, OLS ...",
    )


def _spike_limit(text: str) -> float | None:
    if text.lower() == "off":
        return None
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is neither a number nor off") from None


def _card(options: argparse.Namespace) -> dict[str, str | float]:
    """The fields of the cycle card that the options fill."""
    card: dict[str, str | float] = {}
    if "clean" in options:
        card["Home_CleanSpikes"] = "N" if options.clean is None else "Y"
        if options.clean is not None:
            card["Home_SpikeLimit"] = options.clean
    if "working_days" in options:
        card["Home_PerWorkingDay"] = "Y" if options.working_days == "on" else "N"
    if "reconcile" in options:
        card["Home_ReconcileMethod"] = options.reconcile
    return card


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of 1 or more")
    return int(text)


def _day(text: str) -> date:
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date like 2026-11-01") from None


def _run(options: argparse.Namespace) -> int:
    from sop_xl.errors import ChecksFailed, SopError
    from sop_xl.hosts.errors import HostError

    started = time.perf_counter()
    try:
        outcome = _carry_out(options)
    except ChecksFailed as failed:
        if options.json:
            print(json.dumps({"ok": False, "errors": [vars(issue) for issue in failed.issues]}, default=str))
        else:
            _list_issues(failed.issues)  # type: ignore[arg-type]
            print(f"{failed.message} {failed.remedy}", file=sys.stderr)
        return 1
    except (SopError, HostError) as refused:
        if options.json:
            print(json.dumps({"ok": False, "message": refused.message, "remedy": refused.remedy}))
        else:
            print(f"{refused.message} {refused.remedy}".strip(), file=sys.stderr)
        return 1
    # A scheduler looks at the exit code alone.
    wrong = {"check": "errors", "monitor": "red"}.get(options.command)
    bad = wrong is not None and bool(outcome.data[wrong])
    _report(outcome, options.json, time.perf_counter() - started, ok=not bad)
    return 1 if bad else 0


def _carry_out(options: argparse.Namespace) -> Outcome:
    if options.command == "store":
        from sop_xl.commands.plan_store import carry_out

        return carry_out(options)
    path: Path = options.workbook
    if options.command == "new":
        from sop_xl.commands.new import new

        return new(path, company=options.company, first_bucket=options.first_bucket)
    if options.command == "revert":
        from sop_xl.commands.revert import revert

        return revert(path)
    from sop_xl.commands.publication import finish_interrupted
    from sop_xl.hosts.session import open_book

    # Publishing does the same for itself.
    settled = [] if options.command == "publish" else finish_interrupted(path.absolute()).said
    progress = _Progress(options.json)
    try:
        with open_book(path, read_only=_only_reads(options)) as session:
            if options.command == "publish":
                from sop_xl.commands.publish import Publication

                publication = Publication(session.book, session.path, options.by, progress, options.force)
                published = publication.release(lambda: session.save(keep_read_values=True))
                _forget_open(session)
                return published
            if options.command == "pack":
                from sop_xl.commands.pack import pack

                return pack(
                    session.book,
                    options.output,
                    progress,
                    workbook=session.path,
                    pdf=options.pdf,
                    by=options.by,
                )
            if options.command == "history":
                from sop_xl.commands.input_history import history

                outcome = history(session.book, options.last, progress, session.path)
            elif options.command == "scenario":
                from sop_xl.commands.scenarios import carry_out as carry_out_scenario

                outcome = carry_out_scenario(session.book, options, session.path, progress)
            elif options.command == "load-actuals":
                from sop_xl.commands.load_actuals import load_actuals

                outcome = load_actuals(session.book, options.mapping, options.source, progress)
            elif options.command in ("submit", "approve", *REASONED):
                from sop_xl.commands.sign import sign

                reason = getattr(options, "reason", "")
                outcome = sign(session.book, options.command, options.step, options.by, reason, progress)
            else:
                outcome = STEPS[options.command].load()(session.book, progress=progress, **_more(options))
            if outcome.changed:
                progress("Saving", 1.0)
                session.save(keep_read_values=True)
                _forget_open(session)
                outcome.lines += [f"Lost by saving: {loss}" for loss in session.losses]
            outcome.lines[:0] = settled
            return outcome
    finally:
        progress.clear()


def _forget_open(session: BookSession) -> None:
    """A step back that a spreadsheet program kept of this workbook is no longer the last."""
    from sop_xl.commands.kept_contents import Place

    Place(session.book).forget()


def _more(options: argparse.Namespace) -> dict[str, object]:
    """What a step is told besides the workbook."""
    if options.command in FORECASTING:
        return {"card": _card(options)}
    return {"off": options.off} if options.command == "protect" else {}


def _only_reads(options: argparse.Namespace) -> bool:
    """Whether the command leaves the workbook alone."""
    if options.command == "scenario":
        return options.part in READING
    return options.command == "history" or any(
        entry.only_reads for entry in COMMANDS if entry.name == options.command
    )


class _Progress:
    """One line on a terminal that says what is being done, once it takes longer than a second."""

    def __init__(self, quiet: bool) -> None:
        self.shown = False
        self.quiet = quiet or not sys.stderr.isatty()
        self.started = time.perf_counter()

    def __call__(self, what: str, done: float) -> None:
        if not self.quiet and time.perf_counter() - self.started > 1:
            print(f"\r\033[K{done:4.0%}  {what} …", end="", file=sys.stderr, flush=True)
            self.shown = True

    def clear(self) -> None:
        """Take the line away."""
        if self.shown:
            print("\r\033[K", end="", file=sys.stderr, flush=True)


def _report(outcome: Outcome, as_json: bool, seconds: float, ok: bool) -> None:
    from sop_xl.commands.cycle import as_json as jsonable

    if as_json:
        issues = [vars(issue) for issue in outcome.issues]
        document = {"ok": ok, "command": outcome.command, "summary": outcome.lines, "data": outcome.data}
        print(json.dumps(jsonable({**document, "issues": issues}), allow_nan=False))
        return
    _list_issues(outcome.issues)
    for line in outcome.lines:
        print(line)
    print(f"Done in {seconds:.1f} s.")


def _list_issues(issues: Sequence[Issue]) -> None:
    """Errors in full; of many warnings the first."""
    from sop_xl.checks import errors

    bad = errors(issues)
    warnings = [issue for issue in issues if issue.severity == "warning"]
    for issue in [*bad, *warnings[:WARNINGS_SHOWN]]:
        print(issue)
    if len(warnings) > WARNINGS_SHOWN:
        print(f"… and {len(warnings) - WARNINGS_SHOWN} more warnings (sop-xl check --json lists all).")


if __name__ == "__main__":
    raise SystemExit(main())
