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


@contextlib.contextmanager
def server() -> Iterator[str]:
    """The address of a running server, without a database."""
    if named := os.environ.get("SOP_POSTGRES_URL"):
        yield named.rstrip("/")
        return
    folder = programs()
    assert folder is not None, missing()
    home = Path(tempfile.mkdtemp(prefix="sop-postgres-"))
    try:
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            shutil.chown(home, "postgres", "postgres")
        data, port = home / "data", _free_port()
        _as_owner(
            str(folder / "initdb"), "-D", str(data), "-U", "sop", "-A", "trust", "-E", "UTF8", "--no-sync"
        )
        options = (
            f"-h 127.0.0.1 -p {port} -k {home} -c fsync=off -c max_connections=60 -c shared_buffers=16MB"
        )
        control = str(folder / "pg_ctl")
        _as_owner(control, "-D", str(data), "-o", options, "-l", str(home / "log"), "-w", "-t", "30", "start")
        try:
            yield f"postgresql://sop@127.0.0.1:{port}"
        finally:
            _as_owner(control, "-D", str(data), "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(home, ignore_errors=True)
