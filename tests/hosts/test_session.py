"""Opening and saving workbook files: safe, or refused with a reason."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import textwrap
import zipfile
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter

from sop_xl.hosts.atomic import atomic_write, backup_path
from sop_xl.hosts.errors import HostError
from sop_xl.hosts.session import open_book

OLE = bytes.fromhex("D0CF11E0A1B11AE1")


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    path = tmp_path / "plan.xlsx"
    with xlsxwriter.Workbook(str(path)) as workbook:
        workbook.add_worksheet("Demand").write("A1", 1)
    return path


def first_cell(path: Path) -> object:
    workbook = openpyxl.load_workbook(path)
    value = workbook.worksheets[0]["A1"].value
    workbook.close()
    return value


def files_beside(path: Path) -> set[str]:
    return {entry.name for entry in path.parent.iterdir()}


def test_nothing_is_written_without_save(plan: Path) -> None:
    before = plan.read_bytes()
    with open_book(plan) as session:
        session.book.sheets[0]["A1"].value = 2
    assert plan.read_bytes() == before
    assert files_beside(plan) == {"plan.xlsx"}


def test_save_replaces_the_file_and_keeps_the_version_before(plan: Path) -> None:
    before = plan.read_bytes()
    plan.chmod(0o640)
    with open_book(plan) as session:
        session.book.sheets[0]["A1"].value = 2
        kept = session.save()
        session.book.sheets[0]["A1"].value = 3
        session.save()
    assert first_cell(plan) == 3
    assert kept == backup_path(plan)
    assert first_cell(backup_path(plan)) == 2
    assert plan.read_bytes() != before
    assert files_beside(plan) == {"plan.xlsx", "plan.bak.xlsx"}
    if os.name == "posix":
        assert plan.stat().st_mode & 0o777 == 0o640


def test_app_is_gone_after_the_session(plan: Path) -> None:
    from sop_xl.hosts.file_engine import file_engine

    before = len(file_engine().apps)
    with open_book(plan):
        assert len(file_engine().apps) == before + 1
    assert len(file_engine().apps) == before


def test_two_files_of_the_same_name_are_open_at_once(plan: Path, tmp_path: Path) -> None:
    other = tmp_path / "copy" / plan.name
    other.parent.mkdir()
    other.write_bytes(plan.read_bytes())
    with open_book(plan) as one, open_book(other) as two:
        one.book.sheets[0]["A1"].value = "one"
        assert two.book.sheets[0]["A1"].value == 1
        assert one.book != two.book


# ---------------------------------------------------------------------- atomic writing


def test_failing_writer_leaves_the_file_and_no_litter(plan: Path) -> None:
    before = plan.read_bytes()

    def write(path: Path) -> None:
        path.write_bytes(b"half a fi")
        raise RuntimeError("disk on fire")

    with pytest.raises(RuntimeError, match="disk on fire"):
        atomic_write(plan, write)
    assert plan.read_bytes() == before
    assert files_beside(plan) == {"plan.xlsx"}


def test_unreadable_result_is_not_swapped_in(plan: Path) -> None:
    before = plan.read_bytes()
    with pytest.raises(HostError, match="could not be read back"):
        atomic_write(plan, lambda path: path.write_bytes(before[:-30]) and None)
    assert plan.read_bytes() == before
    assert files_beside(plan) == {"plan.xlsx"}


def test_full_disk_is_told_and_leaves_the_file(plan: Path) -> None:
    before = plan.read_bytes()

    def write(path: Path) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(HostError, match="No space left"):
        atomic_write(plan, write)
    assert plan.read_bytes() == before


def test_new_file_is_published_without_backup(tmp_path: Path) -> None:
    target = tmp_path / "published.xlsx"

    def write(path: Path) -> None:
        with xlsxwriter.Workbook(str(path)) as workbook:
            workbook.add_worksheet().write("A1", "plan")

    assert atomic_write(target, write) is None
    assert first_cell(target) == "plan"
    assert files_beside(target) == {"published.xlsx"}


@pytest.mark.skipif(os.name != "posix", reason="symbolic links need rights elsewhere")
def test_link_still_points_at_the_file(plan: Path, tmp_path: Path) -> None:
    link = tmp_path / "links" / "plan.xlsx"
    link.parent.mkdir()
    link.symlink_to(plan)
    with open_book(link) as session:
        session.book.sheets[0]["A1"].value = 2
        session.save()
    assert link.is_symlink()
    assert first_cell(plan) == 2


def test_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HostError, match="no folder"):
        atomic_write(tmp_path / "nowhere" / "plan.xlsx", lambda path: None)


@pytest.mark.skipif(os.name != "posix", reason="uses SIGKILL")
@pytest.mark.parametrize("moment", ["half written", "before the swap"])
def test_killed_while_saving_leaves_the_old_file(plan: Path, moment: str) -> None:
    """A child kills itself in the middle of a save, so the moment is exact."""
    script = textwrap.dedent(
        """
        import os, signal, sys
        from sop_xl.hosts import atomic
        from sop_xl.hosts.session import open_book

        def die(*_):
            os.kill(os.getpid(), signal.SIGKILL)

        path, moment = sys.argv[1:]
        with open_book(path) as session:
            session.book.sheets[0]["A1"].value = 2
            whole = session.book.impl.write

            def half(target):
                whole(target)
                content = target.read_bytes()
                target.write_bytes(content[: len(content) // 2])
                die()

            if moment == "half written":
                atomic.atomic_write(path, half)
            else:
                atomic.atomic_write(path, whole, before_swap=die)
        """
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    before = plan.read_bytes()
    child = subprocess.run([sys.executable, "-c", script, str(plan), moment], env=environment, timeout=60)
    assert child.returncode == -signal.SIGKILL
    assert plan.read_bytes() == before
    assert len(files_beside(plan)) == 2, "the killed save leaves its unfinished copy"
    with open_book(plan) as session:
        assert session.book.sheets[0]["A1"].value == 1
        session.book.sheets[0]["A1"].value = 3
        session.save()
    assert first_cell(plan) == 3


# ---------------------------------------------------------------------- refusals when opening


def encrypted() -> bytes:
    return OLE + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le") + b"\0" * 600


def old_xls() -> bytes:
    return OLE + b"\0" * 600 + "Workbook".encode("utf-16-le") + b"\0" * 600


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("empty.xlsx", b"", "is empty"),
        ("secret.xlsx", encrypted(), "password"),
        ("old.xls", old_xls(), "old .xls"),
        ("old.xlsx", old_xls(), "old .xls"),
        ("letter.xlsx", OLE + b"\0" * 600, "no workbook"),
        ("export.xlsx", b"sku;qty\nA1;10\n", "text file"),
        ("export16.xlsx", "sku\tqty\nA1\t10\n".encode("utf-16"), "text file"),
        ("report.xlsx", b"<html><table><tr><td>1</td></tr></table></html>", "web page"),
        ("picture.xlsx", b"\x89PNG\r\n\x1a\n\0\0\0\0\x01\x02", "no workbook"),
        ("noise.xlsx", b"PK\x03\x04 and then nothing", "damaged"),
    ],
)
def test_what_is_no_workbook_is_refused(tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(HostError, match=reason) as refusal:
        open_book(path)
    assert name in refusal.value.message
    assert refusal.value.remedy.endswith(".")


def test_missing_file_and_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(HostError, match="no file"):
        open_book(tmp_path / "missing.xlsx")
    with pytest.raises(HostError, match="folder"):
        open_book(tmp_path)


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}, "OpenDocument"),
        ({"[Content_Types].xml": b"<Types/>", "xl/workbook.bin": b"\0"}, "binary workbook"),
        ({"readme.txt": b"hello"}, "zip archive, but no workbook"),
        ({"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w/>"}, "zip archive, but no workbook"),
        (
            {
                "[Content_Types].xml": b"<Types/>",
                "xl/workbook.xml": b'<workbook xmlns="http://purl.oclc.org/ooxml/spreadsheetml/main"/>',
            },
            "Strict Open XML",
        ),
        ({"[Content_Types].xml": b"not xml", "xl/workbook.xml": b"<workbook/>"}, "damaged"),
    ],
)
def test_other_zip_archives_are_refused(tmp_path: Path, parts: dict[str, bytes], reason: str) -> None:
    path = tmp_path / "thing.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    with pytest.raises(HostError, match=reason):
        open_book(path)


def test_cut_off_and_corrupted_workbooks_are_refused(plan: Path) -> None:
    content = plan.read_bytes()
    plan.write_bytes(content[: len(content) // 2])
    with pytest.raises(HostError, match="damaged"):
        open_book(plan)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        start = archive.getinfo("xl/worksheets/sheet1.xml").header_offset
    plan.write_bytes(content[: start + 70] + b"\xff" * 40 + content[start + 110 :])
    with pytest.raises(HostError, match="damaged"):
        open_book(plan)


def test_workbook_under_another_suffix_is_refused(plan: Path) -> None:
    other = plan.rename(plan.with_suffix(".xlsb"))
    with pytest.raises(HostError, match="does not end in"):
        open_book(other)


@pytest.mark.parametrize(
    ("lock", "content", "who"),
    [
        ("~$plan.xlsx", b"\x04Anna" + b" " * 50, "open in Excel by Anna"),
        (".~lock.plan.xlsx#", b",ben,desk,01.05.2024 10:00,file:///x;", "open in LibreOffice by ben"),
        ("~$plan.xlsx", b"", "open in Excel"),
    ],
)
def test_file_open_elsewhere_is_refused(plan: Path, lock: str, content: bytes, who: str) -> None:
    plan.with_name(lock).write_bytes(content)
    with pytest.raises(HostError, match=who):
        open_book(plan)
    with open_book(plan, read_only=True) as session:
        assert session.book.sheets[0]["A1"].value == 1
        with pytest.raises(HostError, match="reading only"):
            session.save()


def test_read_only_file_is_refused(plan: Path) -> None:
    plan.chmod(0o444)
    try:
        with pytest.raises(HostError, match="read-only"):
            open_book(plan)
        with open_book(plan, read_only=True) as session:
            assert session.book.sheets[0]["A1"].value == 1
    finally:
        plan.chmod(0o644)


# ---------------------------------------------------------------------- refusals when saving


def test_file_changed_meanwhile_is_not_overwritten(plan: Path) -> None:
    with open_book(plan) as session:
        session.book.sheets[0]["A1"].value = 2
        with xlsxwriter.Workbook(str(plan)) as workbook:
            workbook.add_worksheet("Demand").write("A1", "theirs")
        with pytest.raises(HostError, match="changed by somebody else"):
            session.save()
    assert first_cell(plan) == "theirs"
    assert files_beside(plan) == {"plan.xlsx"}


def test_touched_but_equal_file_is_saved(plan: Path) -> None:
    with open_book(plan) as session:
        session.book.sheets[0]["A1"].value = 2
        os.utime(plan, (1, 1))
        session.save()
    assert first_cell(plan) == 2


def test_file_opened_elsewhere_meanwhile_is_not_overwritten(plan: Path) -> None:
    with open_book(plan) as session:
        session.book.sheets[0]["A1"].value = 2
        plan.with_name("~$plan.xlsx").write_bytes(b"\x04Anna")
        with pytest.raises(HostError, match="open in Excel by Anna"):
            session.save()
    assert first_cell(plan) == 1


def test_file_deleted_meanwhile_is_told(plan: Path) -> None:
    with open_book(plan) as session:
        plan.unlink()
        with pytest.raises(HostError, match="moved or deleted"):
            session.save()
    assert not plan.exists()
