"""Pictures of every sheet of the sample company and of its meeting pack, for the docs.

Run ``python3 dev.py run python docs/pictures.py demo/sop.xlsx`` after ``python3 dev.py demo``, ``monitor`` and one
more ``run-cycle``: what *publish* says on Home names folders of the computer it ran on. It needs LibreOffice
with Impress (``soffice``) and poppler's ``pdftoppm`` and ``pdftotext`` on the path. The first page of every sheet is
kept, as it prints; names of sheets behind the workbook limit the pictures to those, and ``Pack`` to the pack.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Collection
from pathlib import Path

IMAGES = Path(__file__).parent / "images"
#: Dots per inch of a picture, and of those that are read closely.
RESOLUTION, SHARP = 56, 96
READ_CLOSELY = (
    "Capacity",
    "Demand",
    "Executive",
    "Family",
    "Finance",
    "Home",
    "KPIs",
    "Lab",
    "Monitor",
    "Supply",
    "Waterfall",
)
#: Long tables are hidden after this row: printing thousands of rows would take a minute.
LAST_ROW = 48
LONG = ("Sales", "Orders", "Stock", "Production", "Budget", "Resources", "Misses", "Measured", "Plan", "Mix")
#: Beginning of the title of a page of the meeting pack -> name of its picture.
PACK_PICTURES = {"The plan brings revenue": "pack-summary", "CAPSULES": "pack-family"}


def run(*command: str | Path) -> str:
    """Run a program that must succeed; returns what it printed."""
    return subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True).stdout


def parts_of_sheets(workbook: Path) -> dict[str, str]:
    """Name of every sheet -> its part of the file."""
    with zipfile.ZipFile(workbook) as archive:
        book = archive.read("xl/workbook.xml").decode()
        links = archive.read("xl/_rels/workbook.xml.rels").decode()
    target = {}
    for link in re.findall(r"<Relationship [^>]*>", links):
        fields = dict(re.findall(r'(\w+)="([^"]*)"', link))
        target[fields["Id"]] = "xl/" + fields["Target"].removeprefix("/xl/")
    return {
        name: target[identity]
        for name, identity in re.findall(r'<sheet [^>]*?name="([^"]*)"[^>]*?r:id="([^"]*)"', book)
    }


def shortened(workbook: Path, target: Path) -> list[str]:
    """A copy that hides the lower rows of long tables; returns the names of all sheets in their order."""
    parts = parts_of_sheets(workbook)
    cut = {parts[name] for name in LONG if name in parts}
    with zipfile.ZipFile(workbook) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry in source.infolist():
            data = source.read(entry.filename)
            if entry.filename in cut:
                data = re.sub(rb'<row r="(\d+)"', _hidden_below, data)
            archive.writestr(entry, data)
    return list(parts)


def _hidden_below(row: re.Match[bytes]) -> bytes:
    hidden = b' hidden="1"' if int(row.group(1)) > LAST_ROW else b""
    return row.group() + hidden


def pages_of(file: Path, folder: Path) -> tuple[Path, list[str]]:
    """A file as PDF, and the text of each of its pages."""
    profile = (folder / "profile").as_uri()
    office = ("soffice", f"-env:UserInstallation={profile}", "--headless")
    run(*office, "--convert-to", "pdf", "--outdir", folder, file)
    pdf = folder / file.with_suffix(".pdf").name
    return pdf, run("pdftotext", "-layout", pdf, "-").split("\f")


def keep(pdf: Path, page: int, name: str, resolution: int) -> None:
    """One page of a PDF as a picture of the docs."""
    target = IMAGES / name
    only = ("-f", str(page), "-l", str(page), "-singlefile")
    run("pdftoppm", "-r", str(resolution), *only, "-png", pdf, target)
    print(f"wrote {target}.png")


def pictures(workbook: Path, wanted: Collection[str] = ()) -> None:
    """Print the workbook and its pack to PDF; keep the first page of every sheet, and pages of the pack."""
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        _sheets(workbook, folder, wanted)
        if not wanted or "Pack" in wanted:
            _pack(workbook, folder)


def _sheets(workbook: Path, folder: Path, wanted: Collection[str]) -> None:
    copy = folder / "sop.xlsx"
    left = shortened(workbook, copy)
    pdf, pages = pages_of(copy, folder)
    for number, page in enumerate(pages, start=1):
        # The name of the sheet stands in the middle of the foot of its pages.
        foot = re.search(r"(\w+) +Page \d+ of \d+\s*$", page)
        name = foot.group(1) if foot else ""
        if name in left:
            left.remove(name)
            if not wanted or name in wanted:
                keep(pdf, number, name.lower(), SHARP if name in READ_CLOSELY else RESOLUTION)
    if left:
        raise SystemExit(f"No page was found for: {', '.join(left)}")


def _pack(workbook: Path, folder: Path) -> None:
    from sop_xl.cli import main

    pack = folder / "pack.pptx"
    if main(["pack", str(workbook), "--output", str(pack), "--by", "demo"]):
        raise SystemExit("The pack could not be made.")
    pdf, pages = pages_of(pack, folder)
    for number, page in enumerate(pages, start=1):
        for beginning, name in PACK_PICTURES.items():
            # The name of the section stands above the title.
            if any(line.strip().startswith(beginning) for line in page.strip().split("\n")[:3]):
                keep(pdf, number, name, 80)


if __name__ == "__main__":
    pictures(Path(sys.argv[1]).resolve(), sys.argv[2:])
