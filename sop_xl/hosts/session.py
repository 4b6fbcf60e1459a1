"""Working on a workbook file: open it, change it, save it safely or not at all.

Callers need only ``session.book``, an `xlwings.Book`. A book from a running Excel or LibreOffice
can take its place in the same code; saving is then that program's business.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

import xlwings as xw

from sop_xl.hosts.atomic import atomic_write
from sop_xl.hosts.errors import HostError
from sop_xl.hosts.file_engine import file_engine
from sop_xl.hosts.recognise import check_not_open_elsewhere, check_workbook_file, check_writable


class _Stamp(NamedTuple):
    modified: int
    size: int
    digest: str


def _stamp(path: Path) -> _Stamp:
    content = path.read_bytes()
    return _Stamp(path.stat().st_mtime_ns, len(content), hashlib.sha256(content).hexdigest())


class BookSession:
    """A workbook file that is open for work; use it in a ``with`` statement.

    Nothing is written unless `save` is called.

    Attributes:
        path: the file.
        book: the workbook.
        read_only: whether saving is refused.
    """

    def __init__(self, path: str | os.PathLike[str], *, read_only: bool = False) -> None:
        self.path = Path(path).absolute()
        self.read_only = read_only
        check_workbook_file(self.path)
        if not read_only:
            check_writable(self.path)
            check_not_open_elsewhere(self.path)
        self._stamp = _stamp(self.path)
        self._app = file_engine().apps.add()
        try:
            self.book: xw.Book = self._app.books.open(str(self.path))
            if _stamp(self.path) != self._stamp:
                raise self._changed()
        except BaseException:
            self._app.quit()
            raise

    @property
    def losses(self) -> tuple[str, ...]:
        """What saving would drop from the file, one sentence each."""
        return self.book.impl.losses

    def save(self, *, keep_read_values: bool = False) -> Path | None:
        """Save the workbook in place; the version so far becomes ``name.bak.xlsx``.

        Args:
            keep_read_values: store the values that formulas had in the opened file again, where nobody
                told newer ones. They may be out of date until a spreadsheet program recalculates.
        Returns:
            The backup.
        Raises:
            HostError: the file was changed, opened or locked by others meanwhile, or cannot be written;
                it is then left as it was.
        """
        if self.read_only:
            raise HostError(f"'{self.path.name}' was opened for reading only.", "Open it for writing.")
        self._check_unchanged()
        self.book.impl.keep_read_values = keep_read_values
        kept = atomic_write(self.path, self.book.impl.write, before_swap=self._check_unchanged)
        self._stamp = _stamp(self.path)
        return kept

    def _check_unchanged(self) -> None:
        if not self.path.exists():
            raise HostError(
                f"'{self.path.name}' was moved or deleted since it was opened.", "Restore it and run again."
            )
        check_writable(self.path)
        check_not_open_elsewhere(self.path)
        status = self.path.stat()
        touched = (status.st_mtime_ns, status.st_size) != self._stamp[:2]
        if touched and _stamp(self.path).digest != self._stamp.digest:
            raise self._changed()

    def _changed(self) -> HostError:
        return HostError(
            f"'{self.path.name}' was changed by somebody else since it was opened, so it was not saved over.",
            "Run the command again on the new version.",
        )

    def close(self) -> None:
        """Forget the workbook; what was not saved is lost."""
        self._app.quit()

    def __enter__(self) -> BookSession:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_book(path: str | os.PathLike[str], *, read_only: bool = False) -> BookSession:
    """Open a workbook file for work.

    Args:
        path: an .xlsx or .xlsm file.
        read_only: only read; then a file that is read-only or open elsewhere is accepted.
    Raises:
        HostError: the file is missing, damaged, protected, of another kind, read-only or open elsewhere.

    >>> try:
    ...     open_book("no such file.xlsx")
    ... except HostError as error:
    ...     print(error.remedy)
    Check the name and the folder.
    """
    return BookSession(path, read_only=read_only)
