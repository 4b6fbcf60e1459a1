"""Standard input and output for requests and answers alone."""

from __future__ import annotations

import os
import sys
from typing import TextIO


def own_streams() -> tuple[TextIO, TextIO]:
    """Standard input and output as UTF-8 lines; whatever else is printed goes to the error stream."""
    requests = os.fdopen(os.dup(0), "r", encoding="utf-8")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return requests, answers
