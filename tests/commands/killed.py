"""Publishes again and again in a process that is killed at some moment, and looks at what is left.

Run by test_publish_killed.py as ``killed.py WORKBOOK ROUNDS SEED [STORE]``; without the address of a store on a server,
it is the file beside the workbook. A moment is the k-th time that publishing opens, renames or removes a file,
connects to a database, sends it a statement or commits: whatever it leaves lies between two of them.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import sqlalchemy as sa

from sop_xl.commands.publication import archive_path, finish_interrupted, holds, note_path, published_path
from sop_xl.commands.publish import Publication
from sop_xl.hosts.session import BookSession, open_book
from sop_xl.store.place import VARIABLE, Place, find
from sop_xl.store.store import Store, is_made, open_store
from tests.tiny import done, leftovers

MOMENTS = (
    "open",
    "os.rename",
    "os.remove",
    "os.chmod",
    "shutil.copyfile",
    "sqlite3.connect",
    "socket.connect",
)
#: How far a publication had come when it was killed.
STAGES = ("nothing", "prepared", "saved", "published", "complete")


class Server:
    """Copies of a database on a server, to go back to."""

    def __init__(self, address: str) -> None:
        self.server, _, self.name = address.rpartition("/")
        url = self.server.replace("postgresql:", "postgresql+pg8000:")
        self._engine = sa.create_engine(f"{url}/postgres", isolation_level="AUTOCOMMIT")
        self.copies: list[str] = []

    def _run(self, *statements: str) -> None:
        with self._engine.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
        self._engine.dispose()  # a process that is forked has no connection of ours

    def keep(self) -> str:
        """Keep a copy; returns its name."""
        self.copies.append(f"{self.name}_{len(self.copies)}")
        self._end_others()
        self._run(f"CREATE DATABASE {self.copies[-1]} TEMPLATE {self.name}")
        return self.copies[-1]

    def put_back(self, copy: str) -> None:
        """The database as it was."""
        self._run(f"DROP DATABASE {self.name} WITH (FORCE)", f"CREATE DATABASE {self.name} TEMPLATE {copy}")

    def clear(self) -> None:
        """Remove all copies."""
        self._run(*(f"DROP DATABASE {copy} WITH (FORCE)" for copy in self.copies))

    def _end_others(self) -> None:
        ours = f"datname = '{self.name}' AND pid <> pg_backend_pid()"
        self._run(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE {ours}")


class Before:
    """The folder of a workbook, and its store, as they were."""

    def __init__(self, folder: Path, server: Server | None) -> None:
        self.folder, self.server = folder, server
        self.files = {path.name: path.read_bytes() for path in folder.iterdir()}
        self.copy = server.keep() if server else ""

    def put_back(self) -> None:
        """Everything as it was."""
        for path in self.folder.iterdir():
            path.chmod(0o644)
            path.unlink()
        for name, content in self.files.items():
            (self.folder / name).write_bytes(content)
        if self.server:
            self.server.put_back(self.copy)


def released(publication: Publication, session: BookSession, kill_at: int | None) -> int:
    """Publish in a process of its own; returns how many moments it had, or 0 when it was killed."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _release(publication, session, kill_at, writing)
    os.close(writing)
    _, status = os.waitpid(child, 0)
    said = os.read(reading, 20)
    os.close(reading)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return 0
    assert os.waitstatus_to_exitcode(status) == 0, "publishing failed"
    return int(said)


def _release(publication: Publication, session: BookSession, kill_at: int | None, pipe: int) -> NoReturn:
    count = 0

    def moment(*_: object) -> None:
        nonlocal count
        count += 1
        if count == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    code = 1
    try:
        sys.addaudithook(lambda event, _: moment() if event in MOMENTS else None)
        for event in ("before_cursor_execute", "after_cursor_execute", "commit"):
            sa.event.listen(sa.Engine, event, moment)
        publication.release(lambda: session.save(keep_read_values=True))
        os.write(pipe, str(count).encode())
        code = 0
    finally:
        os._exit(code)


def place_of(workbook: Path) -> Place:
    """Where the store is."""
    place = find(workbook)
    assert place is not None
    return place


@contextmanager
def opened(workbook: Path) -> Iterator[Store | None]:
    """The store, where there is one."""
    place = place_of(workbook)
    if not is_made(place):
        yield None
        return
    with open_store(place) as store:
        yield store


def stage(workbook: Path, version: str) -> str:
    """How far it had come, before anybody mends it."""
    saved = holds(workbook, version)  # the workbook opens
    with opened(workbook) as store:
        found = store.plans.find(version) if store else None
    status = found.status if found else ""
    assert saved or status != "PUBLISHED", "published, and the workbook does not know"
    if not saved:
        return "prepared" if status else "nothing"
    assert status, "saved, and the store does not know"
    return "saved" if status == "PREPARED" else "published" if note_path(workbook).exists() else "complete"


def look(workbook: Path, version: str, before: str | None, files: dict[str, bytes]) -> str:
    """Everything or nothing; returns how far it had come.

    Args:
        before: the version published before.
        files: what was in the folder then.
    """
    came = stage(workbook, version)
    saved, linked = came in STAGES[2:], published_path(workbook)
    finish_interrupted(workbook)
    with opened(workbook) as store:
        if store is not None:
            latest = store.plans.latest()
            assert (latest.version if latest else None) == (version if saved else before)
            assert store.plans.interrupted() == []
            assert store.verify().problems == []
    archive = archive_path(workbook, version)
    assert archive.exists() == saved
    if saved:
        assert linked.read_bytes() == archive.read_bytes()
        assert linked.with_suffix(".csv").read_text("utf-8-sig").splitlines()[1].startswith(f"{version},")
    else:
        for path in (linked, linked.with_suffix(".csv")):
            assert (path.read_bytes() if path.exists() else None) == files.get(path.name)
    assert not note_path(workbook).exists()
    assert leftovers(workbook.parent) == []
    return came


def main(workbook: Path, rounds: int, seed: int, address: str = "") -> None:
    """Kill ``rounds`` publications of the workbook: half of them its first version, half its second."""
    server = Server(address) if address else None
    if address:
        os.environ[VARIABLE] = address
    choose, results, started = random.Random(seed), Counter[str](), time.monotonic()
    try:
        for version, before in (("2026-11", None), ("2026-11.1", "2026-11")):
            was = Before(workbook.parent, server)
            with open_book(workbook) as session:
                publication = Publication(session.book, session.path, "Ann")
                moments = released(publication, session, None)
                assert look(workbook, version, before, was.files) == "complete"
                now = Before(workbook.parent, server)
                for number in range(rounds // 2):
                    was.put_back()
                    # The rounds cover the whole of a publication, whatever their number.
                    kill_at = 1 + int((number + choose.random()) / (rounds // 2) * moments)
                    released(publication, session, kill_at)
                    try:
                        results[look(workbook, version, before, was.files)] += 1
                    except BaseException:
                        print(f"killed at moment {kill_at} of {moments}, version {version}", file=sys.stderr)
                        raise
            now.put_back()
        done("publish", workbook)
        done("store", "verify", workbook)
    finally:
        if server:
            server.clear()
    told = {name: results[name] for name in STAGES}
    print(json.dumps(told | {"moments": moments, "seconds": round(time.monotonic() - started, 1)}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), *sys.argv[4:])
