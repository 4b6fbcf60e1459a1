"""The published plan as a tidy table for programs: CSV, and Parquet where pyarrow is installed."""

from __future__ import annotations

import csv
import importlib.util
import io
from collections.abc import Iterable, Sequence
from typing import Any

from sop_xl.workbook.tables import PLAN


def csv_bytes(lines: Iterable[Sequence[Any]]) -> bytes:
    """Lines of the plan table as CSV: UTF-8 with the mark that Excel needs, numbers exact, dates in ISO form.

    >>> csv_bytes([["2026-11", "revenue", "TEA", "2026-11-30", None, 0.1]]).splitlines()[1]
    b'2026-11,revenue,TEA,2026-11-30,,0.1'
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(PLAN.headers)
    writer.writerows(lines)
    return text.getvalue().encode("utf-8-sig")


def parquet_bytes(lines: Iterable[Sequence[Any]]) -> bytes | None:
    """The same as Parquet; None where pyarrow is not installed."""
    if importlib.util.find_spec("pyarrow") is None:
        return None
    import pyarrow as arrow
    from pyarrow import parquet

    kinds = {"Bucket": arrow.date32(), "Quantity": arrow.float64(), "Value": arrow.float64()}
    columns = list(zip(*lines, strict=True)) or [()] * len(PLAN.headers)
    table = arrow.table(
        {
            header: arrow.array(column, kinds.get(header, arrow.string()))
            for header, column in zip(PLAN.headers, columns, strict=True)
        }
    )
    sink = io.BytesIO()
    parquet.write_table(table, sink)
    return sink.getvalue()
