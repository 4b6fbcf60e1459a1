#!/usr/bin/env python3
"""One door to everything a developer does here; needs nothing but Python.

The first call makes the environment ``.venv`` beside this file from the hash-pinned packages in
``requirements/lock.txt`` and installs the project into it, so that editing a file is enough to run it.
Later calls compare a stamp and start at once. ``.venv`` is disposable: delete it whenever you like.
"""

import sys

# Stands before everything that an older Python could not even import.
if sys.version_info < (3, 11):  # noqa: UP036 - this file is what tells people that their Python is too old
    sys.exit("sop_xl needs Python 3.11 or newer; this is Python {}.{}.".format(*sys.version_info[:2]))

import ast
import difflib
import hashlib
import importlib.util
import os
import shutil
import subprocess
import time
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent
LOCK = ROOT / "requirements" / "lock.txt"
VENV = ROOT / ".venv"
STAMP = VENV / "dev-stamp.txt"
SCRIPTS = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = SCRIPTS / ("python.exe" if os.name == "nt" else "python")


class SetUpError(Exception):
    """The environment cannot be made; the text says what to do."""


def wanted_stamp() -> list[str]:
    """What a finished environment is stamped with: a line for the packages, a line for the project."""
    # The place belongs to it: a moved checkout has scripts that point to where it stood.
    packages = hashlib.sha256(LOCK.read_bytes() + f"{sys.version}{ROOT}".encode())
    project = hashlib.sha256((ROOT / "pyproject.toml").read_bytes())
    return [packages.hexdigest(), project.hexdigest()]


def found_stamp() -> list[str]:
    """The stamp of the environment as it stands; empty where there is none or its Python has gone."""
    try:
        return STAMP.read_text().split() if PYTHON.exists() else []
    except OSError:
        return []


def ensure_environment() -> None:
    """Make ``.venv``, or repair it, unless its stamp says that it is complete."""
    wanted, found, started = wanted_stamp(), found_stamp(), time.monotonic()
    if found == wanted:
        return
    # The stamp goes first and comes back last: whatever stops in between, the next call starts again.
    STAMP.unlink(missing_ok=True)
    if found[:1] != wanted[:1]:
        make_environment()
    say("Installing the project ...")
    pip("--no-deps", "--no-build-isolation", "--editable", str(ROOT))
    STAMP.write_text("\n".join(wanted) + "\n")
    say(f"Ready after {time.monotonic() - started:.0f} s.")


def make_environment() -> None:
    """Make ``.venv`` from nothing and install the locked packages into it."""
    if importlib.util.find_spec("ensurepip") is None:
        version = "{}.{}".format(*sys.version_info[:2])
        raise SetUpError(
            f"This Python ({sys.executable}) cannot make environments: its module 'ensurepip' is missing.\n"
            f"On Debian and Ubuntu: sudo apt-get install python3-venv (or python{version}-venv)."
        )
    say(f"Making {VENV} (once; a minute or so, depending on the network) ...")
    # Called from inside an environment, the interpreter beneath it is the one that stays.
    base = getattr(sys, "_base_executable", None) or sys.executable
    if subprocess.call([base, "-m", "venv", "--clear", str(VENV)]):
        raise SetUpError(f"Python could not make {VENV}; the reason is above. Is a program using it?")
    # The lock names every package with its hashes: nothing is left to resolve. Modules are compiled
    # when they are first imported; compiling all of them here would double the waiting time.
    pip("--no-deps", "--no-compile", "--require-hashes", "--requirement", str(LOCK))


def pip(*arguments: str) -> None:
    """Install into ``.venv``; where from is for the user's own pip settings to say."""
    # Two settings that make sense elsewhere would stop an installation into this environment.
    environment = {**os.environ, "PIP_USER": "0", "PIP_REQUIRE_HASHES": "0"}
    command = [str(PYTHON), "-m", "pip", "install", "-qq", "--disable-pip-version-check", *arguments]
    if subprocess.call(command, env=environment, cwd=ROOT):
        raise SetUpError("The packages could not be installed; pip's reason is above. Call again to retry.")


def demo(arguments: list[str]) -> int:
    """Run the example company through a whole planning cycle."""
    return python(str(ROOT / "examples" / "demo.py"), *arguments, folder=Path.cwd())


def test(arguments: list[str]) -> int:
    """Run the tests on all cores; what follows goes to pytest (a path, -k word, -x ...)."""
    return python("-m", "pytest", "-n", "auto", "--dist", "worksteal", *map(from_root, arguments))


def test_windows(arguments: list[str]) -> int:
    """Run what only Windows has, in Wine: Python started by the add-in's DLL, COM, the registry."""
    return python("-m", "tests.windows.wine", *map(from_root, arguments))


def check(arguments: list[str]) -> int:
    """Run everything that reads the code: style, format, types, arrows between rooms, generated files."""
    steps: dict[str, list[str]] = {
        "style": ["-m", "ruff", "check", "."],
        "format": ["-m", "ruff", "format", "--check", "."],
        "types": ["-m", "mypy"],
        "arrows": ["-c", "from importlinter.cli import lint_imports_command as run; run()"],
        "generated": ["-m", "sop_xl.workbook.generate", "--check"],
        "addin": ["-m", "addin.build", "--check"],
    }
    unknown = [name for name in arguments if name not in steps]
    if unknown:
        return refuse(f"No check is called {', '.join(unknown)}. There are: {', '.join(steps)}.")
    results = []
    for name in arguments or steps:
        say(f"\n--- {name}")
        started = time.monotonic()
        code = python(*steps[name])
        results.append((name, code, time.monotonic() - started))
    say("\n--- all")
    for name, code, seconds in results:
        say(f"{name:<10} {coloured('FAILED', 31) if code else coloured('passed', 32)} {seconds:6.1f} s")
    return int(any(code for _, code, _ in results))


def build(arguments: list[str]) -> int:
    """Write the generated files again: template, reference pages, Excel add-in."""
    return python("-m", "sop_xl.workbook.generate", *arguments) or python("-m", "addin.build", *arguments)


def bench(arguments: list[str]) -> int:
    """Run one benchmark by name; without a name, list them."""
    scripts = {path.stem.removeprefix("bench_"): path for path in ROOT.glob("benchmarks/bench_*.py")}
    if not arguments:
        for name, path in sorted(scripts.items()):
            purpose = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
            say(f"{name:<16} {purpose.partition(chr(10))[0]}")
        return 0
    name, *rest = arguments
    if name not in scripts:
        return refuse(f"No benchmark is called {name!r}. There are: {', '.join(sorted(scripts)) or 'none'}.")
    return python(str(scripts[name]), *rest)


def run(arguments: list[str]) -> int:
    """Run any command in the environment, for instance: run sop-xl --help."""
    if not arguments:
        return refuse("Say what to run, for instance: python3 dev.py run sop-xl --help")
    path = os.pathsep.join([str(SCRIPTS), os.environ.get("PATH", "")])
    program = shutil.which(arguments[0], path=path)
    if program is None:
        return refuse(f"There is no program {arguments[0]!r} in {SCRIPTS} or on the PATH.")
    return subprocess.call([program, *arguments[1:]], env={**os.environ, "PATH": path})


def lock(arguments: list[str]) -> int:
    """Pin the packages anew after a change in pyproject.toml (needs uv; add --upgrade for newer ones)."""
    found = shutil.which("uv")
    if found is None and importlib.util.find_spec("uv") is None:
        return refuse("This command needs uv: python3 -m pip install uv")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    # One file for every system and Python from the oldest on, and without a word on where packages
    # come from. What builds the project is in it: a build without isolation needs it at hand.
    uv = [found] if found else [sys.executable, "-m", "uv"]
    command = [*uv, "pip", "compile", "pyproject.toml", "-", "--extra", "dev", "--universal"]
    command += [
        "--python-version",
        "3.11",
        "--generate-hashes",
        "--no-emit-index-url",
        "--no-emit-find-links",
        # Under the GPL; oletools asks for it and reads our macros without it.
        "--no-emit-package",
        "pcodedmp",
        "--no-emit-package",
        "win-unicode-console",
    ]
    command += ["--custom-compile-command", "python3 dev.py lock", "--quiet", "-o", str(LOCK), *arguments]
    build_requires = "\n".join(project["build-system"]["requires"])
    code = subprocess.run(command, cwd=ROOT, input=build_requires, text=True, check=False).returncode
    if code == 0 and "://" in LOCK.read_text():
        return refuse(f"{LOCK} names an address; packages must be found by everybody's own settings.")
    return code


COMMANDS: dict[str, Callable[[list[str]], int]] = {
    command.__name__.replace("_", "-"): command
    for command in (demo, test, test_windows, check, build, bench, run, lock)
}


def python(*arguments: str, folder: Path = ROOT) -> int:
    """Run the environment's Python and return its exit code."""
    # Modules that are never stored compiled would be compiled again at every start.
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    return subprocess.call([str(PYTHON), *arguments], cwd=folder, env=environment)


def from_root(argument: str) -> str:
    """A path typed in another folder, as pytest must see it from the root; anything else unchanged."""
    path, separator, node = argument.partition("::")
    typed = Path.cwd() / path
    is_path = path and not path.startswith("-") and Path.cwd() != ROOT and typed.exists()
    return f"{typed}{separator}{node}" if is_path else argument


def say(text: str) -> None:
    """Print at once, so that the order holds among the programs called."""
    print(text, flush=True)


def refuse(reason: str) -> int:
    """Say why nothing was done; the exit code of wrong usage."""
    print(reason, file=sys.stderr)
    return 2


def coloured(text: str, colour: int) -> str:
    """Text in an ANSI colour where a person looks at a terminal that knows colours."""
    able = sys.stdout.isatty() and (os.name != "nt" or "WT_SESSION" in os.environ)
    return f"\x1b[{colour}m{text}\x1b[0m" if able and "NO_COLOR" not in os.environ else text


def usage() -> str:
    """The help text: every command with its purpose."""
    rows = [f"  {name:<13}{command.__doc__}" for name, command in COMMANDS.items()]
    return "\n".join(["usage: python3 dev.py <command> [arguments]", "", *rows, "", (__doc__ or "").strip()])


def main(argv: Sequence[str]) -> int:
    """Make sure of the environment and run one command."""
    if not argv or argv[0] in ("-h", "--help", "help"):
        say(usage())
        return 0
    name, *arguments = argv
    if name not in COMMANDS:
        near = difflib.get_close_matches(name, COMMANDS, n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        return refuse(f"There is no command {name!r}.{hint} They are: {', '.join(COMMANDS)}.")
    try:
        if name != "lock":  # the environment is made from its result
            ensure_environment()
        return COMMANDS[name](arguments[1:] if arguments[:1] == ["--"] else arguments)
    except SetUpError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
