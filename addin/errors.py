"""What can keep the add-in from being installed."""

from __future__ import annotations

from sop_xl.errors import SopError


class AddinError(SopError):
    """The add-in cannot be built, installed or taken away; the remedy says what to do."""
