"""Is this a workbook that can be opened and saved? If not, say why in a sentence."""

from __future__ import annotations

import os
import stat
import zipfile
from pathlib import Path

from sop_xl.hosts.errors import HostError

_OLE = bytes.fromhex("D0CF11E0A1B11AE1")
_SAVE_AS_XLSX = "Open it in Excel and save it as an Excel workbook (.xlsx)."


def check_workbook_file(path: Path) -> None:
    """Refuse everything that is not an .xlsx or .xlsm workbook in good order.

    Raises:
        HostError: the file is missing, a folder, empty, damaged, protected by a password, or of another
            kind, whatever its name says.
    """
    if not path.exists():
        raise HostError(f"There is no file '{path}'.", "Check the name and the folder.")
    if path.is_dir():
        raise HostError(f"'{path}' is a folder.", "Give the name of a workbook in it.")
    try:
        with path.open("rb") as file:
            head = file.read(4096)
    except OSError as error:
        raise HostError(
            f"'{path.name}' cannot be read ({error.strerror}).", "Close it elsewhere or ask for access."
        ) from error
    if not head:
        raise HostError(f"'{path.name}' is empty.", "Take a backup or the original file.")
    if head.startswith(_OLE):
        _refuse_ole(path)
    if head.startswith(b"PK"):
        _check_zip(path)
    else:
        _refuse_text_or_unknown(path, head)
    if path.suffix.lower() not in (".xlsx", ".xlsm"):
        raise HostError(
            f"'{path.name}' does not end in .xlsx or .xlsm.", "Save it under such a name in Excel."
        )


def _refuse_ole(path: Path) -> None:
    content = path.read_bytes()
    if "EncryptedPackage".encode("utf-16-le") in content:
        raise HostError(
            f"'{path.name}' is protected by a password.",
            "Open it in Excel, remove the password under File > Info, and save it.",
        )
    if any(part.encode("utf-16-le") in content for part in ("Workbook", "Book")):
        raise HostError(f"'{path.name}' is a workbook in the old .xls format.", _SAVE_AS_XLSX)
    raise HostError(f"'{path.name}' is an Office file, but no workbook.", "Choose an .xlsx or .xlsm file.")


def _check_zip(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            if archive.testzip() is not None:
                raise zipfile.BadZipFile
            kind = archive.read("mimetype")[:80] if "mimetype" in names else b""
            workbook = archive.read("xl/workbook.xml") if "xl/workbook.xml" in names else b""
    except (zipfile.BadZipFile, EOFError, OSError, RuntimeError, NotImplementedError, ValueError) as error:
        raise _damaged(path) from error
    except Exception as error:
        # zlib.error has no common base with the others.
        if type(error).__module__ != "zlib":
            raise
        raise _damaged(path) from error
    if b"opendocument" in kind:
        raise HostError(f"'{path.name}' is an OpenDocument file (.ods).", _SAVE_AS_XLSX)
    if "xl/workbook.bin" in names:
        raise HostError(f"'{path.name}' is a binary workbook (.xlsb).", _SAVE_AS_XLSX)
    if b"purl.oclc.org/ooxml" in workbook:
        raise HostError(f"'{path.name}' is a Strict Open XML workbook.", _SAVE_AS_XLSX)
    if "[Content_Types].xml" not in names or not any(name.startswith("xl/") for name in names):
        raise HostError(f"'{path.name}' is a zip archive, but no workbook.", "Choose an .xlsx or .xlsm file.")


def _damaged(path: Path) -> HostError:
    return HostError(
        f"'{path.name}' is damaged: its zip archive cannot be read.",
        "Take a backup, or let Excel repair it and save it again.",
    )


def _refuse_text_or_unknown(path: Path, head: bytes) -> None:
    start = head.lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    if start.startswith((b"<html", b"<!doctype html", b"<table")):
        raise HostError(f"'{path.name}' is a web page, not a workbook.", _SAVE_AS_XLSX)
    printable = sum(byte >= 32 or byte in (9, 10, 13) for byte in head)
    if printable == len(head) or head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise HostError(
            f"'{path.name}' is a text file such as CSV, not a workbook.",
            "Open it in Excel and save it as .xlsx, or import it as data.",
        )
    raise HostError(f"'{path.name}' is no workbook.", "Choose an .xlsx or .xlsm file.")


def check_not_open_elsewhere(path: Path) -> None:
    """Refuse a file that Excel or LibreOffice holds open.

    Raises:
        HostError: a lock file lies beside it.
    """
    for lock, program, owner in (
        (path.with_name(f"~${path.name}"), "Excel", _excel_owner),
        (path.with_name(f".~lock.{path.name}#"), "LibreOffice", _libreoffice_owner),
    ):
        if lock.exists():
            who = owner(lock)
            raise HostError(
                f"'{path.name}' is open in {program}{f' by {who}' if who else ''}.",
                f"Close it there; when nobody has it open, delete the file '{lock.name}' beside it.",
            )


def _excel_owner(lock: Path) -> str:
    try:
        content = lock.read_bytes()
    except OSError:
        return ""
    return content[1 : 1 + content[0]].decode("latin-1").strip() if content else ""


def _libreoffice_owner(lock: Path) -> str:
    try:
        fields = lock.read_text(encoding="utf-8", errors="replace").split(",")
    except OSError:
        return ""
    return next((field.strip() for field in fields[:2] if field.strip()), "")


def check_writable(path: Path) -> None:
    """Refuse a file that may not be written.

    Raises:
        HostError: the file is marked read-only, or its folder takes no new files.
    """
    if not path.stat().st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH) or not os.access(path, os.W_OK):
        raise HostError(f"'{path.name}' is read-only.", "Clear the read-only mark or work on a copy.")
    if not os.access(path.parent, os.W_OK):
        raise HostError(
            f"The folder '{path.parent}' takes no new files, so '{path.name}' cannot be saved safely.",
            "Work on a copy in a folder of your own.",
        )
