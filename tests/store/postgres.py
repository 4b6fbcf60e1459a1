"""A PostgreSQL server of the tests' own: a fresh folder, loopback only, gone afterwards."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

#: Where Debian keeps the programs of the server, which are not on the PATH.
DEBIAN = "/usr/lib/postgresql"


def programs() -> Path | None:
    """The folder of ``initdb`` and ``pg_ctl``."""
    found = shutil.which("initdb")
    if found and shutil.which("pg_ctl"):
        return Path(found).parent
    versions = sorted(Path(DEBIAN).glob("*/bin/initdb"), key=lambda path: float(path.parent.parent.name))
    return versions[-1].parent if versions else None


def missing() -> str:
    """Why there is no PostgreSQL to test with; empty where there is one."""
    if os.environ.get("SOP_POSTGRES_URL") or programs():
        return ""
    return "no PostgreSQL found: name one in SOP_POSTGRES_URL, or install one (apt-get install postgresql)"


def _as_owner(*command: str) -> None:
    """Run a program of the server, which refuses to be run by root."""
    prefix = ["runuser", "-u", "postgres", "--"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    done = subprocess.run(
        [*prefix, *command], cwd="/", capture_output=True, text=True, timeout=60, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Server:
    """A server in a folder of its own, which can be started and stopped.

    Attributes:
        url: its address, without a database.
    """

    def __init__(self, home: Path) -> None:
        folder = programs()
        assert folder is not None, missing()
        self.home, self._folder, port = home, folder, _free_port()
        self.url = f"postgresql://sop@127.0.0.1:{port}"
        self._data = str(home / "data")
        self._options = (
            f"-h 127.0.0.1 -p {port} -k {home} -c fsync=off -c max_connections=60 -c shared_buffers=16MB"
        )
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            shutil.chown(home, "postgres", "postgres")
        initdb = str(folder / "initdb")
        _as_owner(initdb, "-D", self._data, "-U", "sop", "-A", "trust", "-E", "UTF8", "--no-sync")

    def _control(self, *words: str) -> None:
        _as_owner(str(self._folder / "pg_ctl"), "-D", self._data, "-w", "-t", "30", *words)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self._control("-o", self._options, "-l", str(self.home / "log"), "start")

    def stop(self) -> None:
        """Stop it at once, as when the power goes: nobody is told."""
        self._control("-m", "immediate", "stop")


@contextlib.contextmanager
def own_server() -> Iterator[Server]:
    """A running server of this test's own."""
    home = Path(tempfile.mkdtemp(prefix="sop-postgres-"))
    try:
        made = Server(home)
        made.start()
        try:
            yield made
        finally:
            with contextlib.suppress(RuntimeError):  # it may be stopped already
                made.stop()
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextlib.contextmanager
def server() -> Iterator[str]:
    """The address of a running server, without a database."""
    if named := os.environ.get("SOP_POSTGRES_URL"):
        yield named.rstrip("/")
        return
    with own_server() as made:
        yield made.url
