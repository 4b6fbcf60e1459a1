"""SOP_ functions between levels of the demand plan, and of histories made fit for forecasting."""

from __future__ import annotations

from sop_xl.errors import ArgumentError
from sop_xl.supply.shapes import Array
from udfs.registry import Argument, Example, function

METHODS = ("BOTTOM_UP", "TOP_DOWN", "MIDDLE_OUT", "OLS", "WLS_STRUCT", "WLS_VAR", "MINT_SHRINK")


@function(
    "SOP_CLEAN",
    category="Demand",
    summary="The history with isolated spikes replaced and gaps filled; steps, trends and seasons stay.",
    arguments=(
        Argument(
            "history",
            "series",
            "Units per bucket, oldest first, one series per row or one down a column. Empty is missing.",
            empty="missing",
        ),
        Argument("season", "integer", "Buckets in a season; 1 for none.", required=False, default=12),
        Argument(
            "threshold",
            "number",
            "How far from what was expected a spike is, in medians of the absolute deviations.",
            required=False,
            default=8,
        ),
    ),
    result="Units, in the shape of history; empty before the first and after the last known bucket.",
    shape="series",
    errors=(
        ("#VALUE!", "A cell is not a number, the season is out of range, or the threshold is not above 0."),
        ("#N/A", "A series has no numbers."),
    ),
    undefined="",
    example=Example(
        ([[10, 11, 10, 90, 10, 11, None, 11, 10]], 1),
        [[10.0, 11.0, 10.0, 10.5, 10.0, 11.0, 11.0, 11.0, 10.0]],
    ),
)
def clean(history: Array, season: int, threshold: float) -> Array:
    """SOP_CLEAN."""
    from sop_xl.forecasting import cleaning

    return cleaning.clean(history, season, threshold)


@function(
    "SOP_RECONCILE",
    category="Demand",
    summary="Forecasts of several levels made to agree: every parent is the sum of its children.",
    arguments=(
        Argument(
            "nodes",
            "texts",
            "Node and parent, in the order of base; the parent of the total is empty. A third column names the parent "
            "in another way of adding up: regions beside items, or item by region cells with an item and a region.",
        ),
        Argument("base", "matrix", "Units forecast for each node, nodes × buckets."),
        Argument("method", "word", "Who is believed.", required=False, default="WLS_STRUCT", words=METHODS),
        Argument(
            "residuals",
            "matrix",
            "Past errors of the forecasts, nodes × origins, for WLS_VAR and MINT_SHRINK. Empty is unknown.",
            required=False,
            empty="missing",
        ),
        Argument(
            "level",
            "integer",
            "For MIDDLE_OUT: steps below the total of the level that stays. Empty: halfway down, so the families "
            "of total, families and items.",
            required=False,
        ),
    ),
    result="Units, in the shape of base; never negative in a bucket where base is not.",
    shape="range",
    errors=(
        (
            "#VALUE!",
            "The nodes do not add up, ranges do not fit, a cell is not a number, no residuals, no such level.",
        ),
        ("#NUM!", "A sum is too large for a number."),
    ),
    example=Example(
        ([["All", None], ["North", "All"], ["South", "All"]], [[110], [60], [40]], "TOP_DOWN"),
        [[110.0], [66.0], [44.0]],
    ),
)
def reconcile(
    nodes: list[list[str]], base: Array, method: str, residuals: Array | None, level: int | None
) -> Array:
    """SOP_RECONCILE."""
    from sop_xl.demand import reconcile as levels

    if len(nodes[0]) < 2:
        raise ArgumentError(
            "nodes has one column.",
            "Give two columns, node and parent; one more for each other way of adding up.",
        )
    names, parents = [line[0] for line in nodes], [line[1:] for line in nodes]
    return levels.reconcile(names, parents, base, method, residuals, level)
