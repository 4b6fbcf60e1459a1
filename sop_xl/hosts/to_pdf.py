"""A file to PDF by LibreOffice, where it is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from sop_xl.hosts.errors import HostError

INSTALL = "Install LibreOffice with Impress (on Debian and Ubuntu: libreoffice-impress), or save as PDF in PowerPoint."
SECONDS = 180


def find_soffice() -> str | None:
    """LibreOffice's program, on the PATH or where it usually is."""
    usual = ["/Applications/LibreOffice.app/Contents/MacOS/soffice"]
    roots = (os.environ.get("PROGRAMFILES"), os.environ.get("PROGRAMFILES(X86)"))
    usual += [rf"{root}\LibreOffice\program\soffice.com" for root in roots if root]
    return shutil.which("soffice") or next((path for path in usual if Path(path).exists()), None)


def to_pdf(file: Path, folder: Path) -> Path:
    """Convert a file; returns the PDF of the same name in the folder.

    Raises:
        HostError: LibreOffice or its part for such files is missing, or it fails.
    """
    soffice = find_soffice()
    if soffice is None:
        raise HostError("A PDF needs LibreOffice, and there is none on this machine.", INSTALL)
    # A profile of its own: an open LibreOffice would otherwise take the order and do nothing.
    with tempfile.TemporaryDirectory() as profile:
        try:
            done = subprocess.run(
                [
                    soffice,
                    f"-env:UserInstallation={Path(profile).as_uri()}",
                    "--headless",
                    "--convert-to",
                    "pdf",
                    "--outdir",
                    str(folder),
                    str(file),
                ],
                capture_output=True,
                text=True,
                errors="replace",
                timeout=SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise HostError(
                f"LibreOffice made no PDF within {SECONDS} seconds.",
                "Try again, or save as PDF in PowerPoint.",
            ) from error
        except OSError as error:
            raise HostError(f"LibreOffice could not be started: {error}.", INSTALL) from error
    made = folder / f"{file.stem}.pdf"
    if not made.exists():
        said = (done.stderr or done.stdout).strip().splitlines()
        reason = f": {said[-1]}" if said else ""
        raise HostError(
            f"LibreOffice made no PDF{reason}. Its part for presentations may be missing.", INSTALL
        )
    return made
