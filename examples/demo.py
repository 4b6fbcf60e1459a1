"""The whole monthly cycle on the sample company, as a planner would type it.

Run ``python3 dev.py demo [FOLDER]``. Every line that begins with ``$`` is a command you can type yourself.
"""

from __future__ import annotations

import sys
from pathlib import Path

from finance_links import build as link_finance
from sample_company import build

from sop_xl.cli import main as sop_xl


def free_folder(wanted: Path) -> Path:
    """The folder itself, or one with a number when it is taken: an earlier demo is not overwritten."""
    folder, number = wanted, 2
    while folder.exists() and any(folder.iterdir()):
        folder, number = wanted.with_name(f"{wanted.name}-{number}"), number + 1
    return folder


def run(*words: str | Path) -> None:
    """One command, shown before it runs; the demo stops at the first that fails."""
    print(f"\n$ sop-xl {' '.join(str(word) for word in words)}")
    code = sop_xl([str(word) for word in words])
    if code:
        raise SystemExit(code)


def demo(folder: Path) -> None:
    """Build the sample company, run the cycle, publish, make the pack, and say where to look."""
    folder.mkdir(parents=True, exist_ok=True)
    mapping = build(folder / "extracts")
    print(
        f"A generated sample company: 8 families, 80 items, 48 months. Its extracts lie in {folder / 'extracts'}."
    )
    workbook = folder / "sop.xlsx"
    run("new", workbook)
    run("load-actuals", workbook, "--mapping", mapping)
    run("run-cycle", workbook)
    run("publish", workbook, "--by", "demo")
    print(f"\nA workbook of finance, linked to the published plan: {link_finance(folder)}")
    run("pack", workbook, "--output", folder / "sop_pack.pptx", "--by", "demo")
    print(
        f"""
Look at
  {workbook}            the planning workbook: start on Home, then Executive
  {folder / "sop_published.xlsx"}  what finance links to
  {folder / "finance.xlsx"}        a workbook of finance, linked to it
  {folder / "sop_pack.pptx"}       the presentation for the executive meeting
Change something (a Sales override on Demand, say), save, and run again:
  .venv/bin/sop-xl run-cycle {workbook}      (Windows: .venv\\Scripts\\sop-xl)"""
    )


if __name__ == "__main__":
    demo(free_folder(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("demo")))
