"""``dev.py``, its lock file and the CI script, run for real in folders of their own."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import textwrap
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.windows import wine

ROOT = Path(__file__).resolve().parent.parent
LOCK = (ROOT / "requirements" / "lock.txt").read_text(encoding="utf-8")
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

# A project of one module that builds without any package, or refuses to where a file "broken" lies about.
SMALL_BACKEND = """
import base64, hashlib, pathlib, zipfile

def build_editable(folder, config_settings=None, metadata_directory=None):
    if pathlib.Path("broken").exists():
        raise SystemExit("the build is broken")
    wheel, info = "small-1-py3-none-any.whl", "small-1.dist-info"
    files = {
        "small.pth": str(pathlib.Path.cwd()) + "\\n",
        f"{info}/METADATA": "Metadata-Version: 2.1\\nName: small\\nVersion: 1\\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
        f"{info}/entry_points.txt": "[console_scripts]\\nsmall-program = small:main\\n",
    }
    with zipfile.ZipFile(pathlib.Path(folder) / wheel, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
        record = "".join(f"{name},,\\n" for name in files) + f"{info}/RECORD,,\\n"
        archive.writestr(f"{info}/RECORD", record)
    return wheel
"""
SMALL_PROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "small"
version = "1"
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of dev.py with a small project that needs no package index."""
    root = tmp_path / "a checkout"
    files = {
        "pyproject.toml": SMALL_PROJECT,
        "backend.py": SMALL_BACKEND,
        "small.py": "def main():\n    print('hello from small')\n",
        "requirements/lock.txt": "# nothing is needed\n",
        "examples/demo.py": "import os, sys, small\nprint(sys.argv[1:], os.path.basename(os.getcwd()))\n",
        "benchmarks/bench_speed.py": '"""How fast.\n\nMore."""\nimport sys\nprint("ran", sys.argv[1:])\n',
        "sub/.keep": "",
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    shutil.copy(ROOT / "dev.py", root)
    return root


def dev(
    root: Path, *arguments: str, folder: Path | None = None, **settings: str
) -> subprocess.CompletedProcess[str]:
    """Call the dev.py of a checkout with the Python of these tests and a home that nobody can write to."""
    environment = {**os.environ, "HOME": os.devnull, "PIP_NO_INDEX": "1", **settings}
    command = [sys.executable, str(root / "dev.py"), *arguments]
    return subprocess.run(
        command, cwd=folder or root, env=environment, capture_output=True, text=True, timeout=300, check=False
    )


def test_the_environment_is_made_once_repaired_after_failure_and_follows_its_sources(checkout: Path) -> None:
    (checkout / "broken").touch()
    failed = dev(checkout, "demo")
    assert failed.returncode == 1
    assert "the build is broken" in failed.stderr
    assert "Call again to retry" in failed.stderr

    (checkout / "broken").unlink()
    first = dev(checkout, "demo", "--", "--fast", "x", folder=checkout / "sub")
    assert first.returncode == 0, first.stderr
    assert "Making" in first.stdout
    # The demo writes where the user stands, and arguments arrive as they were given.
    assert "['--fast', 'x'] sub" in first.stdout

    second = dev(checkout, "run", "small-program")
    assert (second.stdout, second.returncode) == ("hello from small\n", 0)

    with (checkout / "pyproject.toml").open("a") as project:
        project.write('description = "changed"\n')
    after_project = dev(checkout, "run", "small-program")
    assert "Installing the project" in after_project.stdout
    assert "Making" not in after_project.stdout

    with (checkout / "requirements" / "lock.txt").open("a") as lock:
        lock.write("# changed\n")
    assert "Making" in dev(checkout, "run", "small-program").stdout


def test_bench_lists_what_there_is_and_runs_one_by_name(checkout: Path) -> None:
    assert dev(checkout, "bench").stdout.splitlines()[-1].split(maxsplit=1) == ["speed", "How fast."]
    assert dev(checkout, "bench", "speed", "7").stdout == "ran ['7']\n"
    refused = dev(checkout, "bench", "sped")
    assert (refused.returncode, refused.stderr) == (2, "No benchmark is called 'sped'. There are: speed.\n")
    assert dev(checkout, "check", "spelling").returncode == 2


def test_a_package_other_than_the_one_pinned_is_not_installed(checkout: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "forged-1-py3-none-any.whl", "w") as wheel:
        wheel.writestr("forged-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: forged\nVersion: 1\n")
    pinned_hash = "0" * 64
    (checkout / "requirements" / "lock.txt").write_text(f"forged==1 --hash=sha256:{pinned_hash}\n")
    refused = dev(checkout, "demo", PIP_FIND_LINKS=str(tmp_path))
    assert refused.returncode == 1
    assert "DO NOT MATCH THE HASHES" in refused.stderr
    assert not (checkout / ".venv" / "dev-stamp.txt").exists()


def test_help_names_every_command_and_a_slip_is_answered_with_the_nearest(checkout: Path) -> None:
    told = dev(checkout, "--help")
    assert told.returncode == 0
    words = re.findall(r"^  ([\w-]+) +[A-Z]", told.stdout, re.MULTILINE)
    assert words == ["demo", "test", "test-windows", "check", "build", "bench", "run", "lock"]
    assert dev(checkout).stdout == told.stdout

    slip = dev(checkout, "tset")
    assert slip.returncode == 2
    assert "no command 'tset'. Did you mean test?" in slip.stderr
    # Neither needs an environment.
    assert not (checkout / ".venv").exists()


def test_an_older_python_is_told_so_in_one_sentence() -> None:
    pretend = "import runpy, sys; sys.version_info = (3, 8, 1, 'final', 0); runpy.run_path('dev.py')"
    told = subprocess.run(
        [sys.executable, "-c", pretend], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert (told.returncode, told.stderr) == (1, "sop_xl needs Python 3.11 or newer; this is Python 3.8.\n")
    # It can only say so if it can read the file.
    ast.parse((ROOT / "dev.py").read_text(encoding="utf-8"), feature_version=(3, 6))


def test_a_python_without_ensurepip_is_told_what_to_install(checkout: Path) -> None:
    hide = "import runpy, sys; sys.modules['ensurepip'] = None; sys.argv = ['dev.py', 'demo']; "
    hide += "import importlib.util as u; find = u.find_spec; "
    hide += "u.find_spec = lambda name: None if name == 'ensurepip' else find(name); "
    hide += "runpy.run_path('dev.py', run_name='__main__')"
    told = subprocess.run(
        [sys.executable, "-c", hide], cwd=checkout, capture_output=True, text=True, timeout=60, check=False
    )
    assert told.returncode == 1
    assert "apt-get install python3-venv" in told.stderr
    assert "Traceback" not in told.stderr


# --- the lock file --------------------------------------------------------------------------------


def pinned() -> list[tuple[Requirement, int]]:
    """Every pinned package with the number of its hashes."""
    entries = re.split(r"\n(?=[A-Za-z])", re.sub(r"^#.*\n", "", LOCK, flags=re.MULTILINE).strip())
    return [(Requirement(entry.partition(" \\")[0]), entry.count("--hash=sha256:")) for entry in entries]


def test_the_lock_pins_every_package_with_hashes_and_names_no_address() -> None:
    assert "://" not in LOCK
    assert "index-url" not in LOCK
    for requirement, hashes in pinned():
        assert [part.operator for part in requirement.specifier] == ["=="], requirement
        assert hashes > 0, requirement


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13", "3.14"])
@pytest.mark.parametrize("system", ["win32", "darwin", "linux"])
def test_the_lock_satisfies_the_project_on_every_system(python: str, system: str) -> None:
    platform_system = {"win32": "Windows", "darwin": "Darwin", "linux": "Linux"}[system]
    target = {
        "python_version": python,
        "python_full_version": f"{python}.1",
        "sys_platform": system,
        "platform_system": platform_system,
        "platform_python_implementation": "CPython",
    }
    locked: dict[str, str] = {}
    for requirement, _ in pinned():
        if requirement.marker is None or requirement.marker.evaluate(target):
            name = requirement.name.lower()
            assert name not in locked, f"{name} is pinned twice for {target}"
            locked[name] = next(iter(requirement.specifier)).version
    project = PYPROJECT["project"]
    wanted = [
        *project["dependencies"],
        *project["optional-dependencies"]["dev"],
        *PYPROJECT["build-system"]["requires"],
    ]
    for requirement in map(Requirement, wanted):
        assert requirement.specifier.contains(locked[requirement.name.lower()]), requirement
    assert ("pywin32" in locked) == (system == "win32")


def test_everything_for_python_in_wine_is_pinned_with_a_hash_as_in_the_lock() -> None:
    found = {Requirement(pin.partition(" \\")[0]).name: pin for pin in wine.pins()}
    assert all("--hash=sha256:" in pin for pin in found.values())
    assert {"numpy", "pandas", "panda3d", "pywin32", "pytest", "tzdata", "xlwings"} <= found.keys()
    assert not {"mypy", "ruff", "psutil"} & found.keys()
    others = {name: pin for name, pin in found.items() if name not in ("numpy", "panda3d")}
    assert all(pin.splitlines()[-1] in LOCK for pin in others.values())


# --- LibreOffice: skipped or demanded -------------------------------------------------------------


@pytest.mark.skipif(
    Path("/Applications/LibreOffice.app").exists(), reason="found without the PATH on this machine"
)
@pytest.mark.parametrize(("demanded", "outcome"), [("", "1 skipped"), ("1", "1 error")])
def test_without_libreoffice_its_tests_are_skipped_or_failed_where_it_is_demanded(
    demanded: str, outcome: str, tmp_path: Path
) -> None:
    environment = {
        **os.environ,
        "PATH": str(tmp_path),
        "PROGRAMFILES": "",
        "SOP_REQUIRE_LIBREOFFICE": demanded,
    }
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        "-k",
        "only_the_sheets",
    ]
    command.append("tests/hosts/test_libreoffice_driver.py")
    ended = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert outcome in ended.stdout.splitlines()[-1]
    assert "no LibreOffice on this machine" in ended.stdout
    assert ended.returncode == (1 if demanded else 0)


# --- the CI script --------------------------------------------------------------------------------


def ci(call: str, text: str = "") -> subprocess.CompletedProcess[str]:
    """Call one function of the CI script."""
    return subprocess.run(
        ["bash", "-c", f"source .ci/run; {call}"],
        cwd=ROOT, input=text, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.mark.skipif(os.name == "nt", reason="CI runs on Debian")
class TestContinuousIntegration:
    def test_the_backports_entry_is_the_machines_own_with_another_suite(self) -> None:
        found = ci(
            "backports_entry trixie",
            textwrap.dedent("""\
                # the archive
                Types: deb
                URIs: mirror+file:/etc/apt/security.list
                Suites: trixie-security
                Components: main

                Types: deb deb-src
                # a mirror nearby
                URIs: mirror+file:/etc/apt/mirrors.list
                Suites: trixie trixie-updates
                Components: main contrib
                Signed-By: /usr/share/keyrings/archive.gpg
                """),
        )
        assert found.returncode == 0
        assert found.stdout.splitlines() == [
            "Types: deb deb-src",
            "URIs: mirror+file:/etc/apt/mirrors.list",
            "Suites: trixie-backports",
            "Components: main contrib",
            "Signed-By: /usr/share/keyrings/archive.gpg",
        ]
        assert ci("backports_entry sid", found.stdout).returncode != 0

    def test_the_test_command_is_the_one_under_the_heading(self) -> None:
        readme = "# A\n\n```sh\n# Test\npython3 dev.py demo\n```\n\n"
        readme += "## Test\n\nRun\n\n```sh\n\n$ python3 dev.py test\nmore\n```\n"
        assert ci("test_command", readme).stdout == "python3 dev.py test\n"
        assert ci("test_command", readme.replace("## Test", "## Tested")).returncode != 0

    def test_a_failing_stage_is_reported_and_does_not_hide_the_next(self) -> None:
        stages = "failed=0; broken() { false; echo unreached; }; stage one broken; stage two echo reached; "
        told = ci(stages + 'printf "%s\\n" "${timings[@]}"; exit $failed')
        assert told.returncode == 1
        assert "unreached" not in told.stdout
        assert "\nreached\n" in told.stdout
        assert [line.split()[:2] for line in told.stdout.splitlines()[-2:]] == [
            ["one", "FAILED"],
            ["two", "passed"],
        ]
