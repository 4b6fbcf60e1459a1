"""SOP_ functions of the demand plan.

The engines behind them are imported when a function runs: a call for supply must not wait for them.
"""

from __future__ import annotations

import numpy as np

from sop_xl.glossary import FORECAST_METHODS
from sop_xl.supply import inventory
from sop_xl.supply.shapes import Array
from udfs.registry import Argument, Example, function

_HISTORY = Argument(
    "history",
    "series",
    "Units per bucket, oldest first, one series per row or one down a column. Empty is missing, 0 is zero.",
    empty="missing",
)
_SEASON = Argument("season", "integer", "Buckets in a season; 1 for none.", required=False, default=12)
_METHOD = Argument(
    "method", "word", "How to forecast.", required=False, default="AUTO", words=FORECAST_METHODS
)


@function(
    "SOP_FORECAST",
    category="Demand",
    summary="A forecast of each series from its own history.",
    arguments=(
        _HISTORY,
        Argument("horizon", "integer", "Buckets to forecast.", required=False, default=12),
        _SEASON,
        _METHOD,
    ),
    result="Units for each bucket ahead, one series per row; never negative where the history is not.",
    shape="series",
    errors=(
        ("#VALUE!", "A cell is not a number, the method is unknown, or horizon or season is out of range."),
        ("#N/A", "A series has no numbers."),
    ),
    example=Example(([[10, 20, 30, 10, 20, 30]], 4, 3, "SEASONAL_NAIVE"), [[10.0, 20.0, 30.0, 10.0]]),
)
def forecast(history: Array, horizon: int, season: int, method: str) -> Array:
    """SOP_FORECAST."""
    from sop_xl.forecasting import engine

    return engine.forecast(history, horizon, season, method)


@function(
    "SOP_FORECAST_BAND",
    category="Demand",
    summary="Bounds between which a share of the buckets to come should lie, around SOP_FORECAST.",
    arguments=(
        _HISTORY,
        Argument("horizon", "integer", "Buckets to forecast.", required=False, default=12),
        Argument("level", "number", "Share of buckets between the bounds.", required=False, default=0.8),
        _SEASON,
        _METHOD,
    ),
    result="Two rows per series, lower and upper, in units; never negative where the history is not.",
    shape="series",
    errors=(
        ("#VALUE!", "A cell is not a number, the method is unknown, or horizon or season is out of range."),
        ("#NUM!", "The level is not between 0 and 1."),
        ("#N/A", "A series has no numbers."),
    ),
    example=Example(([[12, 12, 12, 12, 12]], 3), [[12.0, 12.0, 12.0], [12.0, 12.0, 12.0]]),
)
def forecast_band(history: Array, horizon: int, level: float, season: int, method: str) -> Array:
    """SOP_FORECAST_BAND."""
    from sop_xl.forecasting import intervals

    band = intervals.forecast_band(history, horizon, level, season, method)
    return np.stack([band.lower, band.upper], axis=1).reshape(-1, horizon)


@function(
    "SOP_FORECAST_EXPLAIN",
    category="Demand",
    summary="Why each series is forecast as it is, and how good such forecasts were: a rolling-origin backtest.",
    arguments=(_HISTORY, _SEASON, _METHOD),
    result="A header row, then a row per series: class, method and reason in words; WMAPE, MASE and bias of the "
    "backtest; trend in units per bucket; seasonal strength from 0 to 1.",
    shape="table",
    errors=(
        ("#VALUE!", "A cell is not a number, the method is unknown, or season is out of range."),
        ("#N/A", "A series has no numbers; or, in its cell, too little history or demand for the figure."),
    ),
    undefined="There is too little history or demand to say.",
    example=Example(
        ([[10, 20, 12, 22, 14, 24, 16, 26]], 2, "SEASONAL_NAIVE"),
        [
            ["Class", "Method", "Reason", "WMAPE", "MASE", "Bias", "Trend per bucket", "Seasonal strength"],
            [
                "SMOOTH",
                "SEASONAL_NAIVE",
                "Chosen by you: the last season is repeated. The history has a strong season and a rising trend.",
                0.12149532710280381,
                1.3000000000000003,
                -0.12149532710280381,
                1.0,
                1.0,
            ],
        ],
    ),
)
def forecast_explain(history: Array, season: int, method: str) -> list[list[object]]:
    """SOP_FORECAST_EXPLAIN."""
    from sop_xl.forecasting import explain

    done = explain.explain(history, season, method)
    header: list[object] = ["Class", "Method", "Reason", "WMAPE", "MASE", "Bias", "Trend per bucket"]
    header.append("Seasonal strength")
    columns = (done.classes, done.methods, done.reasons)
    figures = (done.wmape, done.mase, done.bias, done.trend, done.strength)
    rows = zip(*columns, *(values.tolist() for values in figures), strict=True)
    return [header, *(list(row) for row in rows)]


@function(
    "SOP_SEASONAL_INDICES",
    category="Demand",
    summary="What each position in the season sells beside the mean, fitted together with a trend.",
    arguments=(
        _HISTORY,
        _SEASON,
        Argument(
            "kind",
            "word",
            "MUL for ratios with mean 1, ADD for units with mean 0.",
            required=False,
            default="MUL",
            words=("MUL", "ADD"),
        ),
    ),
    result="One index per bucket of a season, in the order of the first bucket of history, a row per series.",
    shape="series",
    errors=(
        ("#VALUE!", "A cell is not a number, or season is out of range."),
        ("#NUM!", "MUL and a series that is negative, or zero on average in a season."),
        ("#N/A", "A series has no numbers, or fewer than two seasons."),
    ),
    example=Example(
        ([[10, 20, 30, 40, 10, 20, 30, 40, 10, 20, 30, 40]], 4, "ADD"), [[-15.0, -5.0, 5.0, 15.0]]
    ),
)
def seasonal_indices(history: Array, season: int, kind: str) -> Array:
    """SOP_SEASONAL_INDICES."""
    from sop_xl.forecasting import explain

    return explain.indices(history, season, kind)


@function(
    "SOP_SMOOTH",
    category="Demand",
    summary="Exponential smoothing with the parameters you give: simple, Holt with beta, Winters with gamma.",
    arguments=(
        _HISTORY,
        Argument("alpha", "number", "Smoothing of the level, 0 to 1."),
        Argument("beta", "number", "Smoothing of the trend, 0 to 1. Empty: no trend.", required=False),
        Argument("gamma", "number", "Smoothing of the season, 0 to 1. Empty: no season.", required=False),
        Argument("season", "integer", "Buckets in a season, together with gamma.", required=False, default=1),
        Argument(
            "phi", "number", "Damping of the trend per bucket, above 0 to 1.", required=False, default=1
        ),
        Argument(
            "level",
            "vector",
            "Level before the first bucket, one or one per series. Empty: from a straight line through history.",
            required=False,
        ),
        Argument("trend", "vector", "Trend before the first bucket, likewise; needs beta.", required=False),
        Argument(
            "seasonals",
            "series",
            "Seasonals of the first season, in one row or one row per series. Empty: from the history.",
            required=False,
        ),
        Argument(
            "kind",
            "word",
            "How the season is applied: ADD adds units, MUL multiplies ratios.",
            required=False,
            default="ADD",
            words=("ADD", "MUL"),
        ),
        Argument("horizon", "integer", "Buckets to forecast.", required=False, default=1),
    ),
    result="Units for each bucket ahead, one series per row, exactly as the recursion gives them.",
    shape="series",
    errors=(
        ("#VALUE!", "A cell is not a number, trend comes without beta, a season without gamma or reversed."),
        ("#NUM!", "A parameter is not between 0 and 1, or a multiplicative season meets a zero."),
        ("#N/A", "A series has no numbers, or fewer than two seasons while seasonals are empty."),
    ),
    example=Example(
        ([[180, 168, 159, 175, 190, 205, 180, 182]], 0.5, None, None, 1, 1, 175), [[184.15234375]]
    ),
)
def smooth(
    history: Array,
    alpha: float,
    beta: float | None,
    gamma: float | None,
    season: int,
    phi: float,
    level: Array | None,
    trend: Array | None,
    seasonals: Array | None,
    kind: str,
    horizon: int,
) -> Array:
    """SOP_SMOOTH."""
    from sop_xl.forecasting import recursion

    return recursion.smooth(
        history, alpha, beta, gamma, season, phi, level, trend, seasonals, kind, horizon
    ).ahead


@function(
    "SOP_DEMAND_CLASS",
    category="Demand",
    summary="The pattern of each series: SMOOTH, ERRATIC, INTERMITTENT, LUMPY, NEW or DEAD.",
    arguments=(_HISTORY,),
    result="A row per series: Class, ADI (mean interval between demands), CV² of the demand sizes.",
    shape="table",
    errors=(
        ("#VALUE!", "A cell is not a number."),
        ("#N/A", "ADI or CV² of a series with too little demand."),
    ),
    undefined="There is too little demand to say.",
    example=Example(
        ([[10, 0, 0, 12, 0, 0, 11, 0, 0, 10, 0, 12]],), [["INTERMITTENT", 2.4, 0.008264462809917352]]
    ),
)
def demand_class(history: Array) -> list[list[object]]:
    """SOP_DEMAND_CLASS."""
    from sop_xl.forecasting import classes

    found = classes.demand_class(history)
    rows = zip(found.names.tolist(), found.adi.tolist(), found.cv2.tolist(), strict=True)
    return [list(row) for row in rows]


@function(
    "SOP_NET_FORECAST",
    category="Demand",
    summary="Forecast not yet covered by booked orders: forecast less orders, at least 0.",
    arguments=(
        Argument("forecast", "series", "Units per bucket, one series per row. Empty is 0.", empty="zero"),
        Argument("orders", "series", "Booked units per bucket. Empty is 0.", empty="zero"),
    ),
    result="Units still to come, in the shape of forecast.",
    shape="series",
    errors=(("#VALUE!", "A cell is not a number, or the ranges differ in size."),),
    example=Example(([[100, 100]], [[30, 120]]), [[70.0, 0.0]]),
)
def net_forecast(forecast: Array, orders: Array) -> Array:
    """SOP_NET_FORECAST."""
    return inventory.net_forecast(forecast, orders)


@function(
    "SOP_LAUNCH",
    category="Demand",
    summary="Demand of a new item: the launch of a like item scaled to a total, or a ramp of fractions.",
    arguments=(
        Argument(
            "like_history",
            "series",
            "History of the like item from its launch on; an empty cell where a ramp is given.",
            empty="missing",
        ),
        Argument("total", "vector", "Units over the horizon: one cell, or one per like item."),
        Argument(
            "ramp",
            "vector",
            "Fractions per bucket: of the total where they add up to 1, else of the mature rate.",
            required=False,
        ),
        Argument("horizon", "integer", "Buckets from the launch on.", required=False, default=12),
    ),
    result="Units for each bucket from the launch on, adding up to the total.",
    shape="series",
    errors=(
        ("#VALUE!", "A cell is not a number, a fraction is negative, or there is neither history nor ramp."),
        ("#N/A", "The like item or the ramp has no demand."),
    ),
    example=Example(([[0, 10, 10, 20]], 200, None, 3), [[50.0, 50.0, 100.0]]),
)
def launch(like_history: Array, total: Array, ramp: Array | None, horizon: int) -> Array:
    """SOP_LAUNCH."""
    from sop_xl.demand.launches import launch_profile

    like = None if np.isnan(like_history).all() else like_history
    return np.atleast_2d(launch_profile(like, total, ramp, horizon))


@function(
    "SOP_CONSENSUS",
    category="Demand",
    summary="Per cell the last override that is not empty, else the baseline.",
    arguments=(
        Argument("baseline", "matrix", "Units of the baseline forecast.", empty="missing"),
        Argument(
            "override",
            "matrix",
            "Units in the shape of the baseline, weakest first. Empty is no override, 0 is zero.",
            empty="missing",
            repeated=True,
        ),
    ),
    result="Units, in the shape of baseline; empty where nothing is given.",
    shape="range",
    errors=(("#VALUE!", "A cell is not a number, or an override differs in size from the baseline."),),
    undefined="",
    example=Example(
        ([[10, 20, 30]], [[None, 25, None]], [[None, 0, 33]]),
        [[10.0, 0.0, 33.0]],
    ),
)
def consensus(baseline: Array, *overrides: Array) -> Array:
    """SOP_CONSENSUS."""
    from sop_xl.demand.consensus import consensus as agree

    # One empty cell is an argument left out, whatever the size of the baseline.
    given = [override for override in overrides if not (override.size == 1 and np.isnan(override).all())]
    return agree(baseline, *given)


@function(
    "SOP_DISAGGREGATE",
    category="Demand",
    summary="Children that add up to a total exactly, in proportion to their weights.",
    arguments=(
        Argument("total", "matrix", "Units: one cell, or one per bucket in a row (or down a column)."),
        Argument(
            "weights",
            "matrix",
            "Shares of any size: one per child, or per child and bucket. All zero is an equal split.",
            empty="zero",
        ),
        Argument(
            "locked",
            "matrix",
            "Units that stay as they are, in the shape of weights. Empty is free.",
            required=False,
            empty="missing",
        ),
        Argument("decimals", "integer", "Digits to round to, by largest remainders.", required=False),
    ),
    result="Units, children in the direction of the weights.",
    shape="range",
    errors=(
        ("#VALUE!", "A cell is not a number, a weight is negative, or the ranges do not fit together."),
        ("#NUM!", "The locked children exceed the total, or all are locked at another sum."),
    ),
    example=Example((100, [[1], [1], [1]], None, 0), [[34.0], [33.0], [33.0]]),
)
def disaggregate(total: Array, weights: Array, locked: Array | None, decimals: int | None) -> Array:
    """SOP_DISAGGREGATE."""
    from sop_xl.demand.hierarchy import disaggregate as split

    down = total.shape[1] == 1 and total.shape[0] > 1
    if down or (total.size == 1 and weights.shape[0] == 1):
        # Children stand beside each other: buckets run down, or there is only one.
        across = None if locked is None else locked.T
        return split(total.T, weights.T, across, decimals).T
    return split(total, weights, locked, decimals)
