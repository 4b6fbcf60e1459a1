"""The look of every chart."""

from __future__ import annotations

from typing import Any

from sop_xl.workbook.styles import MUTED, NAVY


def finish(chart: Any, title: str, width: int, height: int) -> None:
    """Title, axes, legend and size."""
    font = {"name": "Calibri", "size": 9, "color": MUTED}
    chart.set_title(
        {"name": title, "name_font": {"name": "Calibri", "size": 12, "color": NAVY}, "overlay": False}
    )
    chart.set_x_axis(
        {
            "num_font": font,
            "num_format": "mmm yy",
            # Weeks are headed by their last day.
            "num_format_linked": True,
            "text_axis": True,
            "line": {"color": "#B8C1CA"},
        }
    )
    chart.set_y_axis(
        {
            "num_font": font,
            "num_format": "#,##0",
            "major_gridlines": {"visible": True, "line": {"color": "#E3E7EB"}},
        }
    )
    chart.set_legend({"position": "bottom", "font": font})
    chart.set_size({"width": width, "height": height})
    chart.set_chartarea({"border": {"none": True}})
