"""What may be the name of a sheet."""

from __future__ import annotations

import re

from sop_xl.hosts.errors import HostError


def check_sheet_name(name: str) -> None:
    """Refuse what Excel does not accept as the name of a sheet.

    Raises:
        HostError: empty, too long, or with a forbidden character.
    """
    if not name or len(name) > 31 or re.search(r"[\\/?*:\[\]]", name) or name[0] == "'" or name[-1] == "'":
        raise HostError(
            f"'{name}' cannot be the name of a sheet.",
            r"Use 1 to 31 characters without \ / ? * : [ ] and no apostrophe at either end.",
        )
