"""What can go wrong with the plan store.

SopError
└── StoreError              #N/A in a cell
    ├── StoreUnavailable    there is no store, or it cannot be reached now
    ├── StoreConflict       somebody else was first; says what they changed
    ├── FrozenError         what is published, and the history, never changes
    └── StoreDamaged        the database is not, or no longer, what this package made
"""

from __future__ import annotations

from sop_xl.errors import SopError


class StoreError(SopError):
    """The plan store cannot do what was asked."""

    excel_error = "#N/A"


class StoreUnavailable(StoreError):  # noqa: N818 - it says what is the matter
    """There is no plan store, or it cannot be reached now. Work in the workbook goes on without it."""


class StoreConflict(StoreError):  # noqa: N818
    """Somebody else saved or published first. Nothing of either is lost."""


class FrozenError(StoreError):
    """An attempt to change what is published, or the history."""


class StoreDamaged(StoreError):  # noqa: N818
    """The database is not a plan store, or was changed by other means than this package."""
