"""Pictures of the sample company's sheets and of its meeting pack for the docs.

Run ``python3 dev.py run python docs/pictures.py demo/sop.xlsx`` after ``python3 dev.py demo``. It needs LibreOffice
with Impress (``soffice``) and poppler's ``pdftoppm`` and ``pdftotext`` on the path.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

IMAGES = Path(__file__).parent / "images"
#: First line of a sheet's first page -> name of its picture and its resolution.
PICTURES = {
    "Supply": ("supply", 90),
    "Family": ("family", 100),
    "Executive": ("executive", 100),
}
#: Beginning of the title of a page of the meeting pack -> name of its picture.
PACK_PICTURES = {"The plan brings revenue": "pack-summary", "CAPSULES": "pack-family"}


def run(*command: str | Path) -> str:
    """Run a program that must succeed; returns what it printed."""
    return subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True).stdout


def pages_of(file: Path, folder: Path) -> tuple[Path, list[str]]:
    """A file as PDF, and the text of each of its pages."""
    profile = (folder / "profile").as_uri()
    run(
        "soffice",
        f"-env:UserInstallation={profile}",
        "--headless",
        "--convert-to",
        "pdf",
        "--outdir",
        folder,
        file,
    )
    pdf = folder / file.with_suffix(".pdf").name
    return pdf, run("pdftotext", "-layout", pdf, "-").split("\f")


def keep(pdf: Path, page: int, name: str, resolution: int) -> None:
    """One page of a PDF as a picture of the docs."""
    target = IMAGES / name
    run(
        "pdftoppm",
        "-r",
        str(resolution),
        "-f",
        str(page),
        "-l",
        str(page),
        "-singlefile",
        "-png",
        pdf,
        target,
    )
    print(f"wrote {target}.png")


def pictures(workbook: Path) -> None:
    """Print the workbook and its pack to PDF and keep the pages named above."""
    from sop_xl.cli import main

    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        pdf, pages = pages_of(workbook, folder)
        wanted = dict(PICTURES)
        for number, page in enumerate(pages, start=1):
            title = page.strip().split("\n")[0].strip()
            if title in wanted:
                name, resolution = wanted.pop(title)
                keep(pdf, number, name, resolution)
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
    pictures(Path(sys.argv[1]).resolve())
