from __future__ import annotations

import operator
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sop_xl.importing.cells import CellError, Notation
from sop_xl.importing.columns import Columns
from sop_xl.importing.expressions import FUNCTIONS, compile_expression
from sop_xl.importing.syntax import ExpressionError

ROW = {
    "Qty": "1.200",
    "Price": "2,5",
    "Name": "  Blue   pipe ",
    "Day": "3.2.2026",
    "Zero": "0",
    "Nothing": "",
    "PO / SO #": "SO-1",
    "a]b": "4",
    "Word": "many",
}
NOTATION = Notation(",", ".", ("%d.%m.%Y",))


def value(source: str) -> object:
    columns = Columns({name: [cell] for name, cell in ROW.items()}, NOTATION)
    return compile_expression(source).bind(columns)(0)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("1 + 2 * 3 - 4 / 8", 6.5),
        ("(1 + 2) * -3", -9.0),
        ("10 - 3 - 2", 5.0),
        ("100 / 10 / 2", 5.0),
        ("[Qty] * [Price]", 3000.0),
        ("-[Qty]", -1200.0),
        ("[a]]b] + 1.5e1", 19.0),
        ("[Qty] + [Nothing]", 1200.0),
        ("[Nothing] - [Qty]", -1200.0),
        ("[Nothing] + [Nothing]", None),
        ("[Qty] * [Nothing]", None),
        ("round(2.5)", 3.0),
        ("round(-2.5)", -3.0),
        ("round(1.005, 2)", 1.01),
        ("round([Qty], -3)", 1000.0),
        ("abs(-3)", 3.0),
        ("min([Qty], 5, [Nothing])", 5.0),
        ("MAX([Qty], 5)", 1200.0),
        ("if([Qty] > 1000, 'big', \"small\")", "big"),
        ("if([Zero] = 0, 0, [Qty] / [Zero])", 0.0),
        ("if(empty([Nothing]), 7, 8)", 7.0),
        ("if(and([Qty] > 0, not([Zero] <> 0)), 1, 0)", 1.0),
        ("if(or([Qty] < 0, [PO / SO #] = 'so-1'), 1, 0)", 1.0),
        ("upper([PO / SO #]) & '/' & 7", "SO-1/7"),
        ("concat([Nothing], 'a', [PO / SO #])", "aSO-1"),
        ("lower('ABC')", "abc"),
        ("trim([Name])", "Blue pipe"),
        ("left([PO / SO #], 2)", "SO"),
        ("right([PO / SO #], 1)", "1"),
        ("right('ab', 0)", None),
        ("left('ab', 9)", "ab"),
        ("'it''s ' & \"\"\"q\"\"\"", "it's \"q\""),
        ("bucket([Day])", date(2026, 2, 28)),
        ("bucket([Day], 'week')", date(2026, 2, 8)),
        ("bucket([Day], \"quarter\")", date(2026, 3, 31)),
        ("date([Day]) >= date('2026-02-03')", True),
        ("[Day] < date('2026-02-03')", False),
        ("[Nothing] = ''", True),
        ("[Nothing] < 5", False),
        ("[Qty] == 1200", True),
        ("[Word] != 'MANY'", False),
        ("text([Qty]) = '1.200'", True),
        ("number('68.68')", 68.68),
    ],
)  # fmt: skip
def test_values(source: str, expected: object) -> None:
    result = value(source)
    assert result == expected
    assert type(result) is type(expected)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("[Qty] / [Zero]", "division by zero"),
        ("[Word] * 2", "not a number"),
        ("bucket([Word])", "not a date"),
        ("1e200 * 1e200", "too large"),
        ("1e200 / 1e-200", "too large"),
    ],
)
def test_rows_without_an_answer(source: str, reason: str) -> None:
    with pytest.raises(CellError, match=reason):
        value(source)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("", "is empty"),
        ("1 +", "ends too early"),
        ("(1", "ends too early"),
        ("1 2", 'did not expect "2" at character 3'),
        ("Qty * 2", r"square brackets: \[Qty\]"),
        ("__import__('os')", 'does not know "__import__'),
        ("sqrt(4)", 'does not know "sqrt'),
        ("rond(4)", 'Did you mean "round"'),
        ("round()", "1 to 2 arguments"),
        ("if(1 = 1, 2)", "wants 3 arguments"),
        ("[Qty", "cannot read"),
        ("1 ; 2", 'cannot read "; 2" at character 3'),
        ("1 = 2 = 3", "did not expect"),
        ("[A] < [B]", r"say number"),
        ("(1 = 1) + 2", "truth where a number"),
        ("date('2026-01-01') + 1", "date where a number"),
        ("number('1') = date('2026-01-01')", "cannot compare"),
        ("if(1, 2, 3)", "number where a truth"),
        ("if(1 = 1, 2, 'a')", "gives a number or a text"),
        ("bucket([Day], 'year')", "month, week, quarter"),
        ("1.real", 'did not expect "real"'),
        ("(" * 100 + "1" + ")" * 100, "nested"),
        ("-" * 100 + "1", "nested"),
        ("lambda: 1", 'cannot read ": 1"'),
        ("1" + " + 1" * 5000, "more than 400"),
    ],
)
def test_expressions_that_are_refused(source: str, reason: str) -> None:
    with pytest.raises(ExpressionError, match=reason):
        compile_expression(source)


@given(st.text(alphabet="[]()+-*/&<>='\"., 12ab", max_size=30))
def test_any_text_is_understood_or_refused(source: str) -> None:
    try:
        expression = compile_expression(source)
    except ExpressionError:
        return
    assert expression.kind in ("raw", "number", "text", "date", "truth")
    assert compile_expression(f"({source})").kind == expression.kind


NUMBERS = st.integers(-1000, 1000)
OPERATORS = {"+": operator.add, "-": operator.sub, "*": operator.mul}


@given(NUMBERS, st.lists(st.tuples(st.sampled_from("+-*"), NUMBERS), max_size=6))
def test_precedence_is_that_of_arithmetic(first: int, rest: list[tuple[str, int]]) -> None:
    source = f"{first}" + "".join(f" {sign} {number}" for sign, number in rest)
    products = [float(first)]
    for sign, number in rest:
        if sign == "*":
            products[-1] *= number
        else:
            products.append(OPERATORS[sign](0.0, float(number)))
    assert compile_expression(source).bind(Columns({}, Notation()))(0) == sum(products)


def test_every_function_has_a_help_text() -> None:
    assert all(function.help for function in FUNCTIONS.values())
