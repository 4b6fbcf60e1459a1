"""SOP_EXPLAIN: what an error in a cell means."""

from __future__ import annotations

from udfs.cells import CellError
from udfs.registry import Argument, Example, function

MEANINGS = {
    "#VALUE!": "an argument is not what it must be.",
    "#NUM!": "the question has no answer.",
    "#N/A": "the answer is not defined for this data.",
    "#NAME?": "there is no function or name like this; is the add-in loaded?",
    "#DIV/0!": "a formula divides by zero.",
    "#REF!": "a cell that the formula needs was deleted.",
    "#NULL!": "the ranges named do not meet.",
    "#SPILL!": "cells that the result needs are not empty.",
    "#CALC!": "the program cannot calculate an array like this.",
}
"""What each error value says by itself, where the reason of one call is not known."""

NO_ERROR = "The cell shows no error."


@function(
    "SOP_EXPLAIN",
    category="Help",
    summary="Why a cell shows an error, in a sentence.",
    arguments=(Argument("cell", "cell", "The cell that shows the error."),),
    result=(
        "A text. In Excel it is the reason of the SOP_ function in that cell. Elsewhere it is what the error "
        "value means; the command line prints the reason with the error itself."
    ),
    shape="number",
    errors=(("#VALUE!", "Several cells are given."),),
    example=Example(("#N/A",), "#N/A: the answer is not defined for this data."),
)
def explain(cell: object) -> str:
    """SOP_EXPLAIN."""
    if isinstance(cell, CellError):
        return f"{cell.value} {cell.reason}"
    if isinstance(cell, str) and cell.strip().upper() in MEANINGS:
        value = cell.strip().upper()
        return f"{value}: {MEANINGS[value]}"
    return NO_ERROR
