"""The grammar of expressions in a mapping file: text in, a tree of nodes out.

    comparison  = joined [("=" | "<>" | "<" | "<=" | ">" | ">=") joined]
    joined      = sum {"&" sum}
    sum         = product {("+" | "-") product}
    product     = signed {("*" | "/") signed}
    signed      = ("+" | "-") signed | operand
    operand     = number | "text" | [Column name] | name "(" [comparison {"," comparison}] ")"
                | "(" comparison ")"

As in a spreadsheet, a quotation mark inside a text is doubled; so is ``]`` inside a column's name.
Nothing is ever handed to Python's own ``eval``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

DEEPEST = 60
LONGEST = 400
COMPARISONS = ("=", "<>", "<", "<=", ">", ">=")

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    | (?P<text>"(?:[^"]|"")*"|'(?:[^']|'')*')
    | \[(?P<column>(?:[^\]]|\]\])+)\](?!\])
    | (?P<name>[A-Za-z_]+)
    | (?P<sign><>|!=|==|<=|>=|[-+*/&=<>(),])
    )""",
    re.VERBOSE,
)


class ExpressionError(Exception):
    """An expression that cannot be understood; the message says where."""


@dataclass(frozen=True)
class Literal:
    """A number or a text."""

    value: float | str


@dataclass(frozen=True)
class Reference:
    """A source column."""

    column: str


@dataclass(frozen=True)
class Call:
    """A function or an operator with its arguments."""

    name: str
    arguments: tuple[Node, ...]


Node = Literal | Reference | Call


def parse(source: str) -> Node:
    """The tree of an expression.

    Raises:
        ExpressionError: it is not well formed.

    >>> parse("[Qty] * 2")
    Call(name='*', arguments=(Reference(column='Qty'), Literal(value=2.0)))
    """
    return _Parser(source).whole()


def references(node: Node) -> Iterator[str]:
    """Source columns an expression needs, from left to right, with repetitions.

    >>> list(references(parse("if([A] > 0, [B], [A])")))
    ['A', 'B', 'A']
    """
    if isinstance(node, Reference):
        yield node.column
    elif isinstance(node, Call):
        for argument in node.arguments:
            yield from references(argument)


def _tokens(source: str) -> Iterator[tuple[str, str, int]]:
    at = 0
    while source[at:].strip():
        match = _TOKEN.match(source, at)
        if match is None:
            left = source[at:].lstrip()
            raise ExpressionError(f'cannot read "{left[:20]}" at character {len(source) - len(left) + 1}.')
        kind = str(match.lastgroup)
        yield kind, match[kind], match.start(kind) + 1
        at = match.end()


class _Parser:
    def __init__(self, source: str) -> None:
        self.tokens = list(_tokens(source))
        self.position = 0
        self.depth = 0
        self.source = source

    def whole(self) -> Node:
        if not self.tokens:
            raise ExpressionError("is empty.")
        if len(self.tokens) > LONGEST:
            raise ExpressionError(f"has more than {LONGEST} words and signs.")
        node = self.comparison()
        if self.position < len(self.tokens):
            raise self.unexpected()
        return node

    def unexpected(self) -> ExpressionError:
        if self.position >= len(self.tokens):
            return ExpressionError("ends too early.")
        _, word, at = self.tokens[self.position]
        return ExpressionError(f'did not expect "{word}" at character {at}.')

    def take(self, *signs: str) -> str:
        """The next token when it is one of these signs, else an empty text."""
        if self.position < len(self.tokens):
            kind, word, _ = self.tokens[self.position]
            if kind == "sign" and word in signs:
                self.position += 1
                return word
        return ""

    def comparison(self) -> Node:
        left = self.joined()
        sign = self.take(*COMPARISONS, "==", "!=")
        if not sign:
            return left
        return Call({"==": "=", "!=": "<>"}.get(sign, sign), (left, self.joined()))

    def joined(self) -> Node:
        node = self.sum()
        while self.take("&"):
            node = Call("&", (node, self.sum()))
        return node

    def sum(self) -> Node:
        node = self.product()
        while sign := self.take("+", "-"):
            node = Call(sign, (node, self.product()))
        return node

    def product(self) -> Node:
        node = self.signed()
        while sign := self.take("*", "/"):
            node = Call(sign, (node, self.signed()))
        return node

    def signed(self) -> Node:
        self.depth += 1
        if self.depth > DEEPEST:
            raise ExpressionError(f"is nested more than {DEEPEST} deep.")
        try:
            if self.take("+"):
                return self.signed()
            if self.take("-"):
                return Call("negative", (self.signed(),))
            return self.operand()
        finally:
            self.depth -= 1

    def operand(self) -> Node:
        if self.take("("):
            node = self.comparison()
            if not self.take(")"):
                raise self.unexpected()
            return node
        if self.position >= len(self.tokens):
            raise self.unexpected()
        kind, word, _ = self.tokens[self.position]
        if kind == "sign":
            raise self.unexpected()
        self.position += 1
        if kind == "number":
            return Literal(float(word))
        if kind == "text":
            return Literal(word[1:-1].replace(word[0] * 2, word[0]))
        if kind == "column":
            return Reference(word.replace("]]", "]").strip())
        return self.call(word.lower())

    def call(self, name: str) -> Node:
        if not self.take("("):
            self.position -= 1
            word = self.tokens[self.position][1]
            raise ExpressionError(f'does not know "{word}"; columns stand in square brackets: [{word}].')
        arguments: list[Node] = []
        if not self.take(")"):
            arguments.append(self.comparison())
            while self.take(","):
                arguments.append(self.comparison())
            if not self.take(")"):
                raise self.unexpected()
        return Call(name, tuple(arguments))
