"""Forecasts of the peers, kept in a folder so that a second run only computes what is missing."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from forecast_sets import Floats, Set

Forecaster = Callable[[Floats, int], Floats]

_SAVE_AFTER = 200

# Shares of the coming buckets that bands are asked to cover.
LEVELS = (0.8, 0.95)

# Series per set on which the speed of a peer is taken, in every run, whatever the folder holds.
_TIMED = 12


def _statsforecast(name: str, seasonal: bool = True) -> Callable[[int], Forecaster]:
    def for_season(season: int) -> Forecaster:
        from statsforecast import models

        model: Any = getattr(models, name)
        made = model(season_length=season) if seasonal else model()
        return lambda values, horizon: np.asarray(made.forecast(y=values, h=horizon)["mean"], dtype=float)

    return for_season


def _tsb(season: int) -> Forecaster:
    from statsforecast.models import TSB

    made: Any = TSB(alpha_d=0.1, alpha_p=0.1)
    return lambda values, horizon: np.asarray(made.forecast(y=values, h=horizon)["mean"], dtype=float)


def _holt_winters(season: int) -> Forecaster:
    from statsmodels.tsa.holtwinters import ExponentialSmoothing

    def run(values: Floats, horizon: int) -> Floats:
        seasonal = season > 1 and len(values) >= 2 * season
        kind = ("mul" if values.min() > 0 else "add") if seasonal else None
        periods = season if seasonal else None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = ExponentialSmoothing(
                values, trend="add", damped_trend=True, seasonal=kind, seasonal_periods=periods
            )
            return np.asarray(model.fit().forecast(horizon), dtype=float)

    return run


PEERS: dict[str, Callable[[int], Forecaster]] = {
    "AutoETS": _statsforecast("AutoETS"),
    "DynamicOptimizedTheta": _statsforecast("DynamicOptimizedTheta"),
    "AutoCES": _statsforecast("AutoCES"),
    "SeasonalNaive": _statsforecast("SeasonalNaive"),
    "Holt-Winters (statsmodels)": _holt_winters,
    "IMAPA": _statsforecast("IMAPA", seasonal=False),
    "CrostonSBA": _statsforecast("CrostonSBA", seasonal=False),
    "TSB": _tsb,
}


class Cache:
    """Peers' forecasts by set and peer; a folder of .npz files, or memory only."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        if folder:
            folder.mkdir(parents=True, exist_ok=True)

    def forecasts(self, peer: str, data: Set, rows: npt.NDArray[np.intp]) -> tuple[Floats, float, int]:
        """Forecasts of the rows, (rows, horizon), series per second of processor time, and how many the peer failed on.

        Where a peer raises or returns anything not finite, the last value stands in.
        """
        package = "statsmodels" if "statsmodels" in peer else "statsforecast"
        path = self._folder and self._folder / f"{data.name}-{peer}-{version(package)}.npz".replace(" ", "_")
        values, failed = np.full(data.test.shape, np.nan), np.zeros(len(data.train), dtype=bool)
        if path and path.exists():
            with np.load(path) as stored:
                values, failed = stored["values"].copy(), stored["failed"].copy()
        missing = [row for row in rows if np.isnan(values[row, 0])]
        run = PEERS[peer](data.season)
        _attempt(run, data.train[rows[0]], data.horizon)  # the first call compiles or loads
        for done, row in enumerate(missing, 1):
            answer = _attempt(run, data.train[row], data.horizon)
            failed[row] = answer is None
            values[row] = data.train[row][-1] if answer is None else answer
            if path and (done % _SAVE_AFTER == 0 or done == len(missing)):
                np.savez(path, values=values, failed=failed)
        timed = rows[np.linspace(0, len(rows) - 1, min(_TIMED, len(rows))).astype(int)]
        started = time.process_time()
        for row in timed:
            _attempt(run, data.train[row], data.horizon)
        seconds = max(time.process_time() - started, 1e-9)
        return values[rows], len(timed) / seconds, int(failed[rows].sum())

    def bands(self, data: Set, rows: npt.NDArray[np.intp]) -> Floats:
        """Bounds of AutoETS at the levels of LEVELS, (rows, horizon, 2 x levels): lower and upper of each level."""
        from statsforecast.models import AutoETS

        path = self._folder and self._folder / f"{data.name}-AutoETS-bands-{version('statsforecast')}.npz"
        values = np.full((*data.test.shape, 2 * len(LEVELS)), np.nan)
        if path and path.exists():
            with np.load(path) as stored:
                values = stored["values"].copy()
        model: Any = AutoETS(season_length=data.season)
        levels = [round(100 * level) for level in LEVELS]
        missing = [row for row in rows if np.isnan(values[row, 0, 0])]
        for done, row in enumerate(missing, 1):
            known = data.train[row]
            try:
                answer = model.forecast(y=known, h=data.horizon, level=levels)
                bounds = [answer[f"{side}-{level}"] for level in levels for side in ("lo", "hi")]
                values[row] = np.stack(bounds, axis=1)
            except Exception:  # as for the point forecasts
                values[row] = known[-1]
            values[row] = np.where(np.isfinite(values[row]), values[row], known[-1])
            if path and (done % _SAVE_AFTER == 0 or done == len(missing)):
                np.savez(path, values=values)
        return values[rows]


def _attempt(run: Forecaster, values: Floats, horizon: int) -> Floats | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            answer = run(values, horizon)
    except Exception:  # peers raise whatever they like on short or constant series
        return None
    return answer if np.isfinite(answer).all() else None
