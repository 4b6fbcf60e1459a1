"""What a column of the workbook asks of a value: its kind, its limits, its choices."""

from __future__ import annotations

from datetime import date

from sop_xl.importing import cells
from sop_xl.importing.cells import CellError, Value
from sop_xl.importing.errors import did_you_mean
from sop_xl.workbook.spec import Column, Table

#: The kind of cell behind each kind of column.
CELL_KINDS: dict[str, str] = {"text": "text", "choice": "text", "number": "number", "date": "date"}


def is_key(table: Table, header: str) -> bool:
    """Whether rows are found by this column: it identifies them or refers to another table.

    >>> from sop_xl.workbook.tables import SALES
    >>> is_key(SALES, "Item"), is_key(SALES, "Value")
    (True, False)
    """
    return header in table.identity or any(header == own for own, _, _ in table.references)


def fit(column: Column, value: Value, *, key: bool = False) -> Value:
    """The value as the column takes it: choices in their own spelling, texts without control characters.

    Args:
        column: the column of the workbook.
        value: None, or a value of the column's kind.
        key: the column is looked up by formulas, so Excel's limit of 255 characters applies.
    Raises:
        CellError: it is missing, out of range, not among the choices or too long.

    >>> from sop_xl.workbook.tables import FAMILIES
    >>> fit(FAMILIES.column("Make"), "mts")
    'MTS'
    >>> fit(FAMILIES.column("Price"), -1.0)
    Traceback (most recent call last):
    ...
    sop_xl.importing.cells.CellError: Price is -1, less than 0
    """
    if isinstance(value, str):
        if cells.has_unprintable(value):
            value = cells.printable(value)
        if value == "" or (key and not value.strip()):
            value = None
    if value is None:
        if column.required:
            raise CellError(f"{column.header} is empty", "Fill it in, or leave such rows out by `where`.")
        return None
    if isinstance(value, str):
        return _fit_text(column, value, key)
    if isinstance(value, date):
        if value.year < 1900:
            raise CellError(f"{value.isoformat()} is before 1900", "A workbook has no such date.", value)
        return value
    if isinstance(value, float):
        if column.minimum is not None and value < column.minimum:
            raise CellError(
                f"{column.header} is {value:g}, less than {column.minimum:g}",
                "Correct its sign or size.",
                value,
            )
        if column.maximum is not None and value > column.maximum:
            raise CellError(
                f"{column.header} is {value:g}, more than {column.maximum:g}", _fraction(column), value
            )
    return value


def _fraction(column: Column) -> str:
    return "Write 0.95 or 95% for 95 percent." if column.maximum == 1.0 else "Correct it."


def _fit_text(column: Column, value: str, key: bool) -> str:
    if column.choices:
        wanted = value.strip().casefold()
        for choice in column.choices:
            if choice.casefold() == wanted:
                return choice
        raise CellError(
            f'"{value[:60]}" is not one of {", ".join(column.choices)}',
            did_you_mean(value, column.choices),
            value,
        )
    limit = cells.KEY_LIMIT if key else cells.TEXT_LIMIT
    if len(value) > limit // 2 and cells.length(value) > limit:
        why = "formulas look up no longer texts" if key else "a cell holds no more"
        raise CellError(
            f"{column.header} has {cells.length(value):,} characters", f"At most {limit:,}: {why}.", value
        )
    return value
