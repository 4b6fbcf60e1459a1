"""Pictures of the sample company's sheets for the docs.

Run ``python3 dev.py run python docs/pictures.py demo/sop.xlsx`` after ``python3 dev.py demo``. It needs LibreOffice
(``soffice``) and poppler's ``pdftoppm`` and ``pdftotext`` on the path.
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


def run(*command: str | Path) -> str:
    """Run a program that must succeed; returns what it printed."""
    return subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True).stdout


def pictures(workbook: Path) -> None:
    """Print the workbook to PDF and keep the first page of every sheet named above."""
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        profile = Path(folder, "profile").as_uri()
        run(
            "soffice",
            f"-env:UserInstallation={profile}",
            "--headless",
            "--convert-to",
            "pdf",
            "--outdir",
            folder,
            workbook,
        )
        pdf = Path(folder, workbook.with_suffix(".pdf").name)
        pages = run("pdftotext", "-layout", pdf, "-").split("\f")
        wanted = dict(PICTURES)
        for number, page in enumerate(pages, start=1):
            title = page.strip().split("\n")[0].strip()
            if title in wanted:
                name, resolution = wanted.pop(title)
                target = IMAGES / name
                run(
                    "pdftoppm",
                    "-r",
                    str(resolution),
                    "-f",
                    str(number),
                    "-l",
                    str(number),
                    "-singlefile",
                    "-png",
                    pdf,
                    target,
                )
                print(f"wrote {target}.png")


if __name__ == "__main__":
    pictures(Path(sys.argv[1]).resolve())
