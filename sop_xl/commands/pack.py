"""Pack: the plan as a presentation for the executive meeting."""

from __future__ import annotations

import getpass
import tempfile
from pathlib import Path
from typing import Any

import xlwings as xw

from sop_xl.commands.cycle import Cycle, today
from sop_xl.commands.outcome import Outcome, Progress, counted, silent
from sop_xl.commands.signatures import cycle_name
from sop_xl.commands.steps import kpi_measures
from sop_xl.errors import WorkbookError
from sop_xl.hosts.atomic import atomic_write
from sop_xl.hosts.errors import HostError
from sop_xl.pack.content import Cover
from sop_xl.pack.meeting import Meeting
from sop_xl.process.gaps import find_gaps
from sop_xl.workbook.read import as_text

#: Tables that the pack quotes and planning does not read.
QUOTED = ("tblSteps", "tblDecisions", "tblActions")
#: Tables that the pack quotes and planning reads.
SHARED = ("tblEvents", "tblAssumptions", "tblInitiatives")


def pack_path(workbook: Path, cycle: str) -> Path:
    """Where the pack of a cycle goes when no place is named.

    >>> pack_path(Path("plan.xlsx"), "2026/11").name
    'plan_pack_2026-11.pptx'
    """
    safe = "".join("-" if c in '\\/:*?"<>|' else c for c in cycle).strip(" .")
    return workbook.with_name("_".join(filter(None, [workbook.stem, "pack", safe])) + ".pptx")


def pack(
    book: xw.Book,
    path: Path | None = None,
    progress: Progress = silent,
    *,
    workbook: Path | None = None,
    pdf: bool = False,
    by: str = "",
) -> Outcome:
    """Write the meeting pack; the workbook is only read.

    Args:
        path: the .pptx file; without it, beside the workbook and named after the cycle.
        workbook: the file of ``book``; without it, where the spreadsheet program has it.
        pdf: also as PDF, by LibreOffice.
        by: who makes it; without it, the user's name.
    Raises:
        ChecksFailed: the input has errors.
        WorkbookError: the name does not end in .pptx, or there is nothing to report.
        HostError: a PDF cannot be made (then nothing was written), or a file cannot be written.
    """
    if path is not None and path.suffix.lower() != ".pptx":
        raise WorkbookError(f"{path.name} does not end in .pptx.", "Give the pack a name ending in .pptx.")
    cycle = Cycle(book, progress)
    meeting = meeting_of(cycle, by or getpass.getuser())
    target = path or pack_path(workbook or Path(book.fullname), meeting.cover.cycle)
    progress("Drawing the pages", 0.4)
    # Drawing is imported when a pack is made: no other command pays for it.
    from sop_xl.pack.compose import content_of
    from sop_xl.pack.slides.deck import draw

    content, pages = draw(content_of(meeting))
    made = [target]
    converted = b""
    if pdf:
        progress("Making the PDF", 0.7)
        converted = _converted(content, target.stem)
        made.append(target.with_suffix(".pdf"))
    kept = atomic_write(target, lambda beside: _fill(beside, content))
    if pdf:
        atomic_write(made[1], lambda beside: _fill(beside, converted), backup=False, verify=_verify_pdf)
    return _outcome(cycle, made, pages, kept)


def meeting_of(cycle: Cycle, by: str) -> Meeting:
    """The plan of a workbook and what people wrote about it."""
    workbook, horizon = cycle.workbook, cycle.horizon
    if not cycle.given.families:
        raise WorkbookError(
            "tblFamilies (sheet Families) is empty: there is no plan to report.", "Fill it in."
        )
    first, last = horizon.planned[0], horizon.planned[-1]
    cover = Cover(
        company=as_text(workbook.field("Home_Company")) or "",
        cycle=cycle_name(workbook.field("Home_Cycle")) or f"{first.end:%Y-%m}",
        version=as_text(workbook.field("Home_Version")) or "none",
        state=as_text(workbook.field("Home_State")) or "DRAFT",
        horizon=f"{horizon.words(first)} to {horizon.words(last)}, {len(horizon.planned)} {horizon.kind}s",
        at=today(),
        by=by,
    )
    rows = {name: cycle.tables[name] for name in SHARED} | {name: workbook.rows(name) for name in QUOTED}
    return Meeting(
        cover,
        as_text(workbook.field("Home_Currency")) or "",
        cycle.plan,
        cycle.views(),
        find_gaps(cycle.plan, cycle.evidence),
        kpi_measures(cycle),
        {name: _by_header(table) for name, table in rows.items()},
    )


def _by_header(rows: Any) -> list[dict[str, Any]]:
    headers = list(rows.cells)
    return [{header: rows[header][i] for header in headers} for i in range(len(rows))]


def _converted(content: bytes, stem: str) -> bytes:
    from sop_xl.hosts.to_pdf import to_pdf

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{stem}.pptx"
        file.write_bytes(content)
        return to_pdf(file, Path(folder)).read_bytes()


def _verify_pdf(path: Path) -> None:
    if not path.read_bytes().startswith(b"%PDF"):
        raise HostError(f"The PDF for '{path.name}' is damaged; it was not written.", "Try again.")


def _fill(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def _outcome(cycle: Cycle, made: list[Path], pages: int, kept: Path | None) -> Outcome:
    outcome = Outcome("pack", changed=False, issues=list(cycle.issues))
    outcome.say(f"Made {' and '.join(path.name for path in made)}: {counted(pages, 'page')}.")
    if kept:
        outcome.say(f"The pack before is kept as {kept.name}.")
    outcome.data = {"pack": str(made[0]), "pdf": str(made[1]) if len(made) > 1 else None, "pages": pages}
    return outcome
