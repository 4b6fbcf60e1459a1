"""Expressions of a mapping file: from their tree to a value per source row.

A column in square brackets is read as the place around it asks: as a number beside ``+ - * /``, as a text
beside ``&``, as a date in ``bucket``. Where nothing around it says (two bare columns compared by ``<``)
the expression is refused until it says ``number([A])``, ``date([A])`` or ``text([A])``.

An empty cell counts as nothing in ``+`` and ``-`` (both sides empty: empty) and makes ``*``, ``/`` and the
functions of numbers empty. Dividing by zero makes the row unreadable. Texts are compared without case.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sop_xl.buckets import BUCKET_TYPES, bucket_of
from sop_xl.importing import cells
from sop_xl.importing.cells import CellError, Notation, Value
from sop_xl.importing.columns import READERS, Columns, Outcome
from sop_xl.importing.errors import did_you_mean
from sop_xl.importing.syntax import (
    COMPARISONS,
    Call,
    ExpressionError,
    Literal,
    Node,
    Reference,
    parse,
    references,
)

#: ``raw`` is a cell as the source gives it; it becomes what its surroundings ask for.
KINDS = ("raw", "number", "text", "date", "truth")
Reader = Callable[[int], Any]


@dataclass(frozen=True)
class Expression:
    """An expression that has been understood: its text, the columns it needs and the kind it gives."""

    source: str
    node: Node
    columns: tuple[str, ...]
    kind: str

    def bind(self, columns: Columns, kind: str = "") -> Reader:
        """A reader that gives the value of a row by its position.

        Args:
            columns: cells of each column the expression needs, row by row.
            kind: "number", "text" or "date" to convert the result to; empty keeps its own kind.
        The reader raises :class:`~sop_xl.importing.cells.CellError` where a row has no answer.
        """
        builder = _Builder(columns)
        own, reader = builder.build(self.node)
        return builder.as_kind(kind, own, reader, self.node) if kind else reader


def compile_expression(source: str) -> Expression:
    """Understand an expression, or say why not.

    Raises:
        ExpressionError: bad grammar, unknown function, wrong number or kind of arguments.

    >>> price = compile_expression("round([Value] / [Qty], 2)")
    >>> price.columns, price.kind
    (('Value', 'Qty'), 'number')
    >>> price.bind(Columns({"Value": ["10"], "Qty": ["3"]}, Notation()))(0)
    3.33
    """
    node = parse(source)
    names = tuple(dict.fromkeys(references(node)))
    kind, _ = _Builder(Columns(dict.fromkeys(names, ()), Notation())).build(node)
    return Expression(source, node, names, kind)


@dataclass(frozen=True)
class Function:
    """A function of expressions: kinds of its arguments, kind of its result, and how many it takes."""

    takes: str
    gives: str
    least: int
    most: int
    run: Callable[..., Any]
    help: str
    keeps_empty: bool = True


def _round(value: float, digits: float = 0.0) -> float:
    """Half away from zero, as a spreadsheet rounds, on the digits a person sees."""
    if abs(value) >= 1e15:
        return value
    step = Decimal(1).scaleb(-min(max(int(digits), -15), 15))
    return float(Decimal(repr(value)).quantize(step, ROUND_HALF_UP)) + 0.0


def _extreme(choose: Callable[[list[float]], float]) -> Callable[..., float | None]:
    def run(*values: float | None) -> float | None:
        present = [value for value in values if value is not None]
        return choose(present) if present else None

    return run


def _bucket(day: date, kind: str = "month") -> date:
    try:
        return bucket_of(day, kind.lower()).end  # type: ignore[arg-type]
    except (ValueError, OverflowError):
        raise CellError(f"{day.isoformat()} is outside the calendar", value=day) from None


#: Functions by name. ``takes`` is the kind of every argument, or of each by a comma.
FUNCTIONS: dict[str, Function] = {
    "abs": Function("number", "number", 1, 1, abs, "without its sign"),
    "round": Function("number", "number", 1, 2, _round, "half away from zero, to so many decimals"),
    "min": Function("number", "number", 1, 99, _extreme(min), "least that is not empty", False),
    "max": Function("number", "number", 1, 99, _extreme(max), "largest that is not empty", False),
    "upper": Function("text", "text", 1, 1, str.upper, "in capitals"),
    "lower": Function("text", "text", 1, 1, str.lower, "in small letters"),
    "trim": Function("text", "text", 1, 1, lambda s: " ".join(s.split()) or None, "single spaces only"),
    "left": Function(
        "text,number", "text", 2, 2, lambda s, n: s[: max(int(n), 0)] or None, "first n characters"
    ),
    "right": Function(
        "text,number", "text", 2, 2, lambda s, n: s[max(len(s) - max(int(n), 0), 0) :] or None, "last n"
    ),
    "concat": Function(
        "text", "text", 1, 99, lambda *s: "".join(t for t in s if t) or None, "joined, like &", False
    ),
    "number": Function("number", "number", 1, 1, lambda x: x, "read as a number"),
    "text": Function("text", "text", 1, 1, lambda x: x, "read as a text"),
    "date": Function("date", "date", 1, 1, lambda x: x, "read as a date"),
    "bucket": Function("date,text", "date", 1, 2, _bucket, 'last day of its "month", "week" or "quarter"'),
    "and": Function("truth", "truth", 1, 99, lambda *x: all(x), "all are true", False),
    "or": Function("truth", "truth", 1, 99, lambda *x: any(x), "one is true", False),
    "not": Function("truth", "truth", 1, 1, operator.not_, "the contrary", False),
    "empty": Function("text", "truth", 1, 1, lambda x: x is None, "nothing there", False),
    "if": Function("", "", 3, 3, lambda: None, "if(condition, then, else)", False),
}
_COMPARE: dict[str, Callable[[Any, Any], bool]] = dict(
    zip(
        COMPARISONS,
        (operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge),
        strict=True,
    )
)


class _Builder:
    """Turns nodes into readers over the columns of one source."""

    def __init__(self, columns: Columns) -> None:
        self.columns = columns

    def build(self, node: Node) -> tuple[str, Reader]:
        if isinstance(node, Literal):
            value = node.value
            return ("text" if isinstance(value, str) else "number"), lambda _: value
        if not isinstance(node, Call):
            column = self.columns.raw[node.column]
            return "raw", lambda row: column[row]
        if node.name in _COMPARE:
            return "truth", self.comparison(node)
        if node.name == "&":
            return "text", self.function(FUNCTIONS["concat"], "&", node.arguments)
        if node.name in ("+", "-", "*", "/", "negative"):
            return "number", self.arithmetic(node)
        if node.name == "if":
            return self.choice(node)
        function = FUNCTIONS.get(node.name)
        if function is None:
            raise ExpressionError(f'does not know "{node.name}(". {did_you_mean(node.name, FUNCTIONS)}')
        if node.name == "bucket" and len(node.arguments) == 2:
            kind = node.arguments[1]
            if not isinstance(kind, Literal) or str(kind.value).lower() not in BUCKET_TYPES:
                raise ExpressionError(f"wants one of {', '.join(BUCKET_TYPES)} in bucket().")
        return function.gives, self.function(function, node.name, node.arguments)

    def as_kind(self, wanted: str, own: str, reader: Reader, node: Node) -> Reader:
        """The reader, with its result read as another kind."""
        if own == wanted:
            return reader
        if "truth" in (wanted, own) or (own in ("number", "date") and wanted in ("number", "date")):
            raise ExpressionError(f"gives a {own} where a {wanted} is wanted.")
        if isinstance(node, Reference):
            values = self.columns.read(node.column, wanted)
            return lambda row: _value(values[row])
        read = READERS[wanted]
        # What the mapping file itself says is written plainly, whatever the source does.
        notation = Notation() if isinstance(node, Literal) else self.columns.notation
        return lambda row: read(reader(row), notation)

    def read(self, node: Node, kind: str) -> Reader:
        own, reader = self.build(node)
        return self.as_kind(kind, own, reader, node)

    def arithmetic(self, node: Call) -> Reader:
        readers = [self.read(argument, "number") for argument in node.arguments]
        if node.name == "negative":
            return lambda row: None if (value := readers[0](row)) is None else -value
        left, right = readers
        run = {"+": operator.add, "-": operator.sub, "*": _multiply, "/": _divide}[node.name]
        if node.name in "+-":

            def added(row: int) -> float | None:
                a, b = left(row), right(row)
                return None if a is None and b is None else run(a or 0.0, b or 0.0)

            return added

        def multiplied(row: int) -> float | None:
            a, b = left(row), right(row)
            return None if a is None or b is None else run(a, b)

        return multiplied

    def comparison(self, node: Call) -> Reader:
        (left_kind, left), (right_kind, right) = (self.build(argument) for argument in node.arguments)
        kinds = {left_kind, right_kind} - {"raw"}
        if "truth" in kinds or kinds == {"number", "date"}:
            raise ExpressionError(f"cannot compare a {left_kind} with a {right_kind}.")
        if not kinds and node.name not in ("=", "<>"):
            raise ExpressionError(
                f'cannot tell what to compare by "{node.name}"; say number([…]), date([…]) or text([…]).'
            )
        kind = next((each for each in ("date", "number") if each in kinds), "text")
        left = self.as_kind(kind, left_kind, left, node.arguments[0])
        right = self.as_kind(kind, right_kind, right, node.arguments[1])
        run, equality = _COMPARE[node.name], node.name in ("=", "<>")

        def compared(row: int) -> bool:
            a, b = left(row), right(row)
            if kind == "text":
                return run((a or "").casefold(), (b or "").casefold())
            if a is None or b is None:
                return equality and run(a, b)
            return run(a, b)

        return compared

    def choice(self, node: Call) -> tuple[str, Reader]:
        self.count(FUNCTIONS["if"], "if", node.arguments)
        condition = self.read(node.arguments[0], "truth")
        (then_kind, then), (else_kind, other) = (self.build(argument) for argument in node.arguments[1:])
        kinds = {then_kind, else_kind} - {"raw"}
        if len(kinds) > 1:
            raise ExpressionError(f"gives a {then_kind} or a {else_kind} in if().")
        kind = kinds.pop() if kinds else "raw"
        if kind not in ("raw", "truth"):
            then = self.as_kind(kind, then_kind, then, node.arguments[1])
            other = self.as_kind(kind, else_kind, other, node.arguments[2])
        elif then_kind != else_kind:
            raise ExpressionError("gives a truth or a column in if().")
        return kind, lambda row: then(row) if condition(row) else other(row)

    def count(self, function: Function, name: str, arguments: Sequence[Node]) -> None:
        if not function.least <= len(arguments) <= function.most:
            wanted = str(function.least) if function.least == function.most else f"at least {function.least}"
            if function.least < function.most < 99:
                wanted = f"{function.least} to {function.most}"
            raise ExpressionError(f"wants {wanted} arguments in {name}(), not {len(arguments)}.")

    def function(self, function: Function, name: str, arguments: Sequence[Node]) -> Reader:
        self.count(function, name, arguments)
        kinds = function.takes.split(",")
        readers = [self.read(argument, kinds[min(i, len(kinds) - 1)]) for i, argument in enumerate(arguments)]
        run, keeps_empty = function.run, function.keeps_empty

        def called(row: int) -> object:
            values = [reader(row) for reader in readers]
            return None if keeps_empty and None in values else run(*values)

        return called


def _value(outcome: Outcome) -> Value:
    if type(outcome) is CellError:
        raise outcome
    return outcome  # type: ignore[return-value]


def _multiply(a: float, b: float) -> float:
    if abs(product := a * b) > cells.LARGEST:
        raise CellError("the product is too large for a cell")
    return product


def _divide(a: float, b: float) -> float:
    if b == 0:
        raise CellError("division by zero", "Correct the divisor, or test it: if([A] = 0, 0, [B] / [A]).")
    if abs(quotient := a / b) > cells.LARGEST:
        raise CellError("the quotient is too large for a cell")
    return quotient
