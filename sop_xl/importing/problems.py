"""The list of what is wrong in a mapping file, while it is being read."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sop_xl.importing.errors import Problem, did_you_mean
from sop_xl.importing.expressions import Expression, compile_expression
from sop_xl.importing.syntax import ExpressionError


class Problems:
    """Collects what is wrong, with the place in the mapping file."""

    def __init__(self) -> None:
        self.found: list[Problem] = []

    def add(self, place: str, message: str, remedy: str = "") -> None:
        """Remember one problem."""
        self.found.append(Problem(place, message, remedy))

    def known_keys(self, place: str, given: dict[str, Any], known: Collection[str]) -> None:
        """Report the keys that are not known."""
        for key in given:
            if key not in known:
                self.add(place, f'"{key}" is not known here.', did_you_mean(key, known))

    def expression(self, place: str, source: object, wanted: str = "") -> Expression | None:
        """The expression when it can be understood and, for ``wanted="truth"``, is a condition."""
        if not isinstance(source, str):
            self.add(place, "an expression is a text.", 'Put it in quotation marks: "[Qty] * 2".')
            return None
        try:
            expression = compile_expression(source)
        except ExpressionError as error:
            self.add(place, f'expression "{source}" {error}')
            return None
        if (wanted == "truth") != (expression.kind == "truth"):
            is_now = "is a condition, not a value." if expression.kind == "truth" else "is no condition."
            self.add(place, f'expression "{source}" {is_now}', 'A condition compares: [Status] = "open".')
            return None
        return expression
