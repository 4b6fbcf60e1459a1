"""Whether a plan is agreed when it is published, and the signature that publishing gives."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from sop_xl.commands.cycle import Cycle
from sop_xl.commands.gate_findings import findings_of
from sop_xl.commands.signatures import Signatures, follow_store, keep_in_store, required, store_place
from sop_xl.errors import WorkbookError
from sop_xl.process.gates import PUBLISH, Findings, mark_of, missing
from sop_xl.store.errors import StoreError
from sop_xl.store.place import Place


class Agreement:
    """What a plan lacks to be published.

    Where the card asks for sign-offs, steps 1 to 5 must be signed and their conditions hold. Elsewhere only what
    readers of the plan would stumble over is told.

    Args:
        cycle: the workbook.
        path: its file.
        name: of the cycle.
        force: why the plan is published though something is missing.

    Attributes:
        news: what to say about it.

    Raises:
        WorkbookError: something is missing; lists everything.
    """

    def __init__(self, cycle: Cycle, path: Path, name: str, force: str) -> None:
        self.force = force.strip()
        self.news: list[str] = []
        self._signatures = Signatures(cycle.workbook, name) if required(cycle.workbook) else None
        found = findings_of(cycle)
        if self._signatures is None:
            lacks = [*found.balance, *(gap.what for gap in found.gaps if gap.kind == "inventory")]
        else:
            self.news += follow_store(self._signatures, store_place(cycle.workbook, path))
            lacks = missing(self._signatures.steps, name, found)
            if lacks and not self.force:
                raise WorkbookError(
                    "The plan is not agreed yet:\n" + "\n".join(f"  {line}" for line in lacks),
                    "\nSettle this first, or publish all the same and say why: publish --force REASON",
                )
        if lacks:
            why = f" ({self.force})" if self.force else ""
            self.news += [f"Published though it is not settled{why}:", *(f"  {line}" for line in lacks)]

    def sign(self, version: str, by: str, at: datetime) -> None:
        """Sign the last step in the workbook, where sign-offs count."""
        if self._signatures is None:
            return
        note = f"Published as {version}" + (f" by force: {self.force}" if self.force else "")
        last = self._signatures.steps[PUBLISH - 1]
        signed = replace(last, state="APPROVED", by=by, at=at, note=note, mark="")
        mark = mark_of(signed, self._signatures.cycle, Findings())
        self._signatures.take([replace(signed, mark=mark)])
        self._signatures.put()

    def keep(self, place: Place) -> list[str]:
        """Keep all signatures in the store, once the plan is published; returns what to say about it."""
        if self._signatures is None:
            return []
        try:
            return keep_in_store(self._signatures, place, self._signatures.steps[PUBLISH - 1 :])
        except StoreError as error:
            return [f"The plan is published; its sign-off is not in the store: {error}"]
