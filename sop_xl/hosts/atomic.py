"""Writing a file so that a crash at any moment leaves either the old file or the new one."""

from __future__ import annotations

import contextlib
import glob
import os
import shutil
import stat
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from sop_xl.hosts.errors import HostError

_BACKUP_MARK = ".bak"


def backup_path(path: Path) -> Path:
    """Where the previous version of a file is kept.

    >>> backup_path(Path("plan.xlsm")).name
    'plan.bak.xlsm'
    """
    return path.with_name(f"{path.stem}{_BACKUP_MARK}{path.suffix}")


def verify_zip(path: Path) -> None:
    """Read every part of a workbook file back.

    Raises:
        HostError: a part is damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            bad = archive.testzip()
            whole = bad is None and "[Content_Types].xml" in archive.namelist()
    except (zipfile.BadZipFile, OSError, EOFError) as error:
        raise _not_readable(path) from error
    if not whole:
        raise _not_readable(path)


def _not_readable(path: Path) -> HostError:
    return HostError(
        f"The workbook written for '{path.name}' could not be read back, so the file was left as it was.",
        "Try again; when it repeats, check the disk.",
    )


def atomic_write(
    path: str | os.PathLike[str],
    write: Callable[[Path], None],
    *,
    backup: bool = True,
    verify: Callable[[Path], None] | None = verify_zip,
    before_swap: Callable[[], None] | None = None,
) -> Path | None:
    """Write a file beside its place, check it, and swap it in.

    Args:
        path: the file to write or replace.
        write: writes the content to the path it is given, which has the same suffix.
        backup: keep the version so far as ``name.bak.xlsx``.
        verify: raises when the written file is not whole; None skips the check.
        before_swap: called at the last moment; raising keeps the file as it is.
    Returns:
        The backup, or None when there was nothing to keep.
    Raises:
        HostError: the place cannot be written, or the written file is not whole; the file is unchanged.
    """
    target = Path(path)
    # A link keeps pointing at the file it names; the file behind it is replaced.
    target = target.resolve() if target.is_symlink() else target.absolute()
    if target.is_dir():
        raise HostError(f"'{target}' is a folder.", "Give the name of a file in it.")
    if not target.parent.is_dir():
        raise HostError(f"There is no folder '{target.parent}'.", "Create it or choose another.")
    leftovers: list[Path] = []
    try:
        fresh = _temporary(target, leftovers)
        write(fresh)
        _flush(fresh)
        if verify is not None:
            verify(fresh)
        existed = target.exists()
        _take_permissions(fresh, target if existed else None)
        if before_swap is not None:
            before_swap()
        kept = _keep(target, leftovers) if backup and existed else None
        fresh.replace(target)
        _flush_folder(target.parent)
    except OSError as error:
        reason = error.strerror or str(error)
        raise HostError(
            f"'{target.name}' could not be saved ({reason}) and was left as it was.", _remedy(error)
        ) from error
    finally:
        for leftover in leftovers:
            leftover.unlink(missing_ok=True)
    return kept


def _remedy(error: OSError) -> str:
    if isinstance(error, PermissionError):
        return "Close the file in other programs, or choose a folder you may write to."
    return "Check the free space and the folder, then save again."


def _temporary(target: Path, leftovers: list[Path]) -> Path:
    handle, name = tempfile.mkstemp(prefix=f".{target.stem}-", suffix=target.suffix, dir=target.parent)
    os.close(handle)
    leftovers.append(Path(name))
    return leftovers[-1]


def remove_leftovers(path: Path) -> None:
    """Remove what writing a file left beside it when the process was killed."""
    for leftover in path.parent.glob(f".{glob.escape(path.stem)}-????????{path.suffix}"):
        with contextlib.suppress(OSError):
            leftover.unlink()


def _keep(target: Path, leftovers: list[Path]) -> Path:
    copy = _temporary(target, leftovers)
    shutil.copy2(target, copy)
    # A backup of a read-only file would otherwise block the next backup on Windows.
    copy.chmod(copy.stat().st_mode | stat.S_IWUSR)
    _flush(copy)
    kept = backup_path(target)
    copy.replace(kept)
    return kept


def _take_permissions(fresh: Path, existing: Path | None) -> None:
    if existing is not None:
        shutil.copymode(existing, fresh)
    elif os.name == "posix":
        mask = os.umask(0)
        os.umask(mask)
        fresh.chmod(0o666 & ~mask)


def _flush(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError:
        # Some network file systems cannot flush a folder; the file itself is already on disk.
        pass
    finally:
        os.close(descriptor)
