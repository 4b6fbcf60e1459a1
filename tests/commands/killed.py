"""Publishes again and again in a process that is killed at some moment, and looks at what is left.

Run by test_publish_killed.py as ``killed.py WORKBOOK ROUNDS SEED``. A moment is the k-th time that publishing opens,
renames or removes a file or a database: whatever it leaves on disk lies between two of them.
"""

from __future__ import annotations

import os
import random
import signal
import sys
from pathlib import Path

from sop_xl.commands.publication import archive_path, finish_interrupted, holds, note_path, published_path
from sop_xl.commands.publish import Publication
from sop_xl.hosts.session import BookSession, open_book
from sop_xl.store.place import beside
from sop_xl.store.store import open_store
from tests.tiny import done, leftovers

MOMENTS = ("open", "os.rename", "os.remove", "os.chmod", "sqlite3.connect", "shutil.copyfile")


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


def _release(publication: Publication, session: BookSession, kill_at: int | None, pipe: int) -> None:
    count = 0

    def watch(event: str, _: object) -> None:
        nonlocal count
        if event in MOMENTS:
            count += 1
            if count == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)

    code = 1
    try:
        sys.addaudithook(watch)
        publication.release(lambda: session.save(keep_read_values=True))
        os.write(pipe, str(count).encode())
        code = 0
    finally:
        os._exit(code)


def put_back(folder: Path, files: dict[str, bytes]) -> None:
    """The folder as it was."""
    for path in folder.iterdir():
        path.chmod(0o644)
        path.unlink()
    for name, content in files.items():
        (folder / name).write_bytes(content)


def look(workbook: Path, version: str, before: str | None, files: dict[str, bytes]) -> bool:
    """Everything or nothing; returns whether the version was published.

    Args:
        before: the version published before.
        files: what was in the folder then.
    """
    saved = holds(workbook, version)  # the workbook opens
    place, linked = beside(workbook), published_path(workbook)
    assert place.file is not None
    if place.file.exists():
        with open_store(place) as store:
            seen = {each.version for each in store.plans.versions()}
            assert saved or version not in seen, "published, and the workbook does not know"
    finish_interrupted(workbook)
    if saved or before:
        with open_store(place) as store:
            latest = store.plans.latest()
            assert latest is not None
            assert latest.version == (version if saved else before)
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
    return saved


def main(workbook: Path, rounds: int, seed: int) -> None:
    """Kill ``rounds`` publications of the workbook: half of them its first version, half its second."""
    choose, results = random.Random(seed), {True: 0, False: 0}
    for version, before in (("2026-11", None), ("2026-11.1", "2026-11")):
        files = {path.name: path.read_bytes() for path in workbook.parent.iterdir()}
        with open_book(workbook) as session:
            publication = Publication(session.book, session.path, "Ann")
            moments = released(publication, session, None)
            assert look(workbook, version, before, files)
            after = {path.name: path.read_bytes() for path in workbook.parent.iterdir()}
            for number in range(rounds // 2):
                put_back(workbook.parent, files)
                # The rounds cover the whole of a publication, whatever their number.
                kill_at = 1 + int((number + choose.random()) / (rounds // 2) * moments)
                released(publication, session, kill_at)
                try:
                    results[look(workbook, version, before, files)] += 1
                except BaseException:
                    print(f"killed at moment {kill_at} of {moments}, version {version}", file=sys.stderr)
                    raise
        put_back(workbook.parent, after)
    done("publish", workbook)
    done("store", "verify", workbook)
    print(f"{results[True]} finished, {results[False]} taken back")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
