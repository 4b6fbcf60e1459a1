"""Sign-offs: who agreed to which step of a cycle. A change of mind is one more entry, not another one."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from sop_xl.store import schema
from sop_xl.store.content import kept
from sop_xl.store.database import Database, now
from sop_xl.store.errors import StoreConflict
from sop_xl.store.history import record


@dataclass(frozen=True)
class Signoff:
    """What somebody said about a step of a cycle.

    Attributes:
        revision: 1 for the first word on this step; the newest counts.
        state: a word of the process, such as APPROVED.
    """

    cycle: str
    step: str
    revision: int
    state: str
    signed_by: str
    signed_at: str
    note: str


class Signoffs:
    """The port to sign-offs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, cycle: str) -> dict[str, Signoff]:
        """Step -> what counts now."""
        table = schema.signoffs
        query = sa.select(table).where(table.c.cycle == cycle).order_by(table.c.step, table.c.revision)
        with self._database.reading() as connection:
            return {row[1]: Signoff(*row) for row in connection.execute(query)}

    def sign(
        self, cycle: str, step: str, state: str, by: str, seen: int, note: str = "", *, said_by: str = ""
    ) -> Signoff:
        """Say something about a step.

        Args:
            seen: the revision that was answered, 0 where nobody had said anything.
            said_by: who restores an earlier word of ``by``, for the history.
        Raises:
            StoreConflict: somebody else spoke meanwhile; says who and what.
        """
        table = schema.signoffs
        last = sa.select(table).where(table.c.cycle == cycle, table.c.step == step)
        with self._database.writing() as connection:
            row = connection.execute(last.order_by(table.c.revision.desc()).limit(1)).first()
            found = Signoff(*row) if row else None
            if (found.revision if found else 0) == seen:
                new = Signoff(kept(cycle), kept(step), seen + 1, kept(state), kept(by), now(), kept(note))
                connection.execute(sa.insert(table).values(**vars(new)))
                detail = {"state": state, "note": note, "revision": new.revision, "at": new.signed_at}
                if said_by:
                    detail["restores"] = by
                record(connection, said_by or by, "signed", f"{cycle} {step}", detail)
                return new
            who = f"{found.signed_by} set it to {found.state}" if found else "it was never signed"
            refusal = StoreConflict(
                f"Step {step} of {cycle} was changed meanwhile: {who}.", "Read it again before you sign."
            )
            record(connection, said_by or by, "refused", f"{cycle} {step}", {"why": refusal.message})
        raise refusal
