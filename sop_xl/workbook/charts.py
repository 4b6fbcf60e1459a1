"""The look of every chart."""

from __future__ import annotations

from typing import Any

from sop_xl.workbook.styles import MUTED, NAVY


def stacked(base: Any, second: Any, third: Any) -> Any:
    """Three kinds of charts on the same axes, drawn in this order; XlsxWriter alone combines two.

    The third is written with the second: same file, same axes, its series numbered after those of the second.
    XlsxWriter does not look for the cells of its series, so they must bring what is shown of them (``values_data``).
    """
    base.combine(second)
    write = second._write_chart_type

    def write_both(axes: dict[str, bool]) -> None:
        write(axes)
        if axes["primary_axes"]:
            third.id, third.fh, third.series_index = second.id, second.fh, second.series_index
            third._write_chart_type(axes)

    second._write_chart_type = write_both
    return base


def finish(chart: Any, title: str, width: int, height: int, slant: int = 0) -> None:
    """Title, axes, legend and size; the names of buckets may stand at a slant, in degrees."""
    font = {"name": "Calibri", "size": 9, "color": MUTED}
    chart.set_title(
        {"name": title, "name_font": {"name": "Calibri", "size": 12, "color": NAVY}, "overlay": False}
    )
    chart.set_x_axis(
        {
            "num_font": font | ({"rotation": slant} if slant else {}),
            # Below the plot, also where numbers go below zero.
            "label_position": "low",
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
