"""Forecast accuracy and speed side by side with statsforecast and statsmodels, on published competitions.

Run ``python3 dev.py bench forecast``; it writes docs/forecast-benchmark.md. The peers live in an environment of
their own, ``.bench-venv``, which the first run makes from ``benchmarks/requirements.txt``. One process, one core.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from forecast_page import (
    ACROSS,
    COMBINED,
    FEW,
    LARGE,
    MEAN_OF,
    OWN,
    SAMPLED,
    SPARSE,
    SPIKE_SEEDS,
    SPIKE_SERIES,
    Results,
    Scores,
    Spikes,
    write,
)

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".bench-venv"
SINGLE_CORE = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")

_LATENCY = """
import json, time
started = time.perf_counter()
{setup}
values = [100.0 + t + 7 * (3 * t % 12) + 5 * t * t % 11 for t in range(48)]
run(values)
first = time.perf_counter() - started
warm = []
for _ in range(30):
    started = time.perf_counter()
    run(values)
    warm.append(time.perf_counter() - started)
print(json.dumps([first, min(warm)]))
"""
_SETUPS = {
    OWN: "from sop_xl.forecasting import forecast\nrun = lambda values: forecast(values, 12, 12)",
    **{
        peer: "import numpy as np\nfrom statsforecast import models\n"
        f"model = models.{peer}(season_length=12)\nrun = lambda values: model.forecast(y=np.array(values), h=12)"
        for peer in MEAN_OF
    },
}
_LARGE = """
import json, resource, time
import numpy as np
from sop_xl.forecasting import forecast, lanes_compiled
rng = np.random.default_rng(0)
month = np.arange(60)
shape = 1 + 0.3 * np.sin(month * np.pi / 6 + rng.uniform(0, 6, ({count}, 1)))
history = rng.uniform(50, 500, ({count}, 1)) * shape * rng.uniform(0.8, 1.2, ({count}, 60))
forecast(history[: min(len(history), 10_000)], 12, 12)
started = time.perf_counter()
forecast(history, 12, 12)
seconds = time.perf_counter() - started
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps([lanes_compiled.wanted({count}), seconds, peak]))
"""


def compare(names: list[str], sample: int, peer_sample: int, cache: Any, results: Results) -> None:
    """Score every method on every set."""
    import numpy as np
    from forecast_sets import competitions

    from sop_xl.forecasting import forecast

    for data in competitions(names):
        rows = data.sample(sample)
        history = data.matrix(rows)
        forecast(history[:2], data.horizon, data.season)
        started = time.process_time()
        own = forecast(history, data.horizon, data.season)
        per_second = len(rows) / max(time.process_time() - started, 1e-9)
        results.sizes[data.name] = len(rows)
        scores = results.scores[data.name] = {OWN: _score(data, rows, own, per_second)}
        results.compiled[data.name] = _compiled(data, rows, own)
        members = []
        for peer in ACROSS:
            ahead, speed, failed = cache.forecasts(peer, data, rows)
            scores[peer] = _score(data, rows, ahead, speed, failed)
            if peer in MEAN_OF:
                members.append(ahead)
        slowest = 1 / sum(1 / scores[peer].per_second for peer in MEAN_OF)
        scores[COMBINED] = _score(data, rows, np.mean(members, axis=0), slowest)
        for peer in (*ACROSS, COMBINED):
            results.ratios.setdefault(peer, {})[data.name] = scores[OWN].owa / scores[peer].owa
        few = rows[np.unique(np.linspace(0, len(rows) - 1, min(peer_sample, len(rows))).astype(int))]
        ahead, speed, failed = cache.forecasts(SAMPLED, data, few)
        scores[SAMPLED] = _score(data, few, ahead, speed, failed)
        at = np.searchsorted(rows, few)
        ratio = _score(data, few, own[at], per_second).owa / scores[SAMPLED].owa
        results.ratios.setdefault(SAMPLED, {})[data.name] = ratio
        line = "  ".join(f"{name} {one.owa:.3f}" for name, one in scores.items())
        print(f"{data.name} ({len(rows)}): {line}", flush=True)


def _compiled(data: Any, rows: Any, plain: Any) -> float:
    """Series per processor second of the compiled lanes on one core; they must forecast what NumPy does."""
    import numpy as np

    from sop_xl.forecasting import forecast

    cores = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
    if cores:
        os.sched_setaffinity(0, {min(cores)})
    os.environ["SOP_FAST"] = "1"
    try:
        history = data.matrix(rows)
        forecast(history[:2], data.horizon, data.season)
        started = time.process_time()
        ahead = forecast(history, data.horizon, data.season)
        seconds = max(time.process_time() - started, 1e-9)
    finally:
        os.environ["SOP_FAST"] = "0"
        if cores:
            os.sched_setaffinity(0, cores)
    np.testing.assert_allclose(ahead, plain, rtol=1e-9, atol=1e-9 * float(np.nanmax(np.abs(history))))
    return len(rows) / seconds


def _score(data: Any, rows: Any, ahead: Any, per_second: float, failed: int = 0) -> Scores:
    """MASE, sMAPE and OWA as the M4 competition defines them."""
    import numpy as np

    actual = data.test[rows]
    train = [data.train[row] for row in rows]
    scale = [
        np.abs(y[data.season :] - y[: -data.season]).mean() if len(y) > data.season else 0 for y in train
    ]
    scale = np.where(np.array(scale) > 0, scale, np.nan)
    base = np.array([naive2(y, data.horizon, data.season) for y in train])

    def both(forecasts: Any) -> tuple[float, float]:
        size = np.abs(actual) + np.abs(forecasts)
        smape = 200 * np.mean(np.abs(actual - forecasts) / np.where(size > 0, size, 1))
        return float(smape), float(np.nanmean(np.abs(actual - forecasts).mean(axis=1) / scale))

    (smape, mase), (base_smape, base_mase) = both(ahead), both(base)
    return Scores(smape, mase, 0.5 * (smape / base_smape + mase / base_mase), per_second, failed)


def compare_bands(names: list[str], sample: int, cache: Any, results: Results) -> None:
    """Score the bounds of AUTO and of AutoETS: coverage, and the interval score MSIS of the M4 competition."""
    import numpy as np
    from forecast_peers import LEVELS
    from forecast_sets import competitions

    from sop_xl.forecasting.intervals import forecast_band

    for data in competitions(names):
        rows = data.sample(sample)
        actual, season = data.test[rows], data.season
        train = [data.train[row] for row in rows]
        scale = np.array(
            [np.abs(y[season:] - y[:-season]).mean() if len(y) > season else np.nan for y in train]
        )
        scale = np.where(scale > 0, scale, np.nan)
        peer = cache.bands(data, rows)
        for at, level in enumerate(LEVELS):
            own = forecast_band(data.matrix(rows), data.horizon, level, season)
            for name, lower, upper in (
                (OWN, own.lower, own.upper),
                ("AutoETS", peer[:, :, 2 * at], peer[:, :, 2 * at + 1]),
            ):
                covered = float(((actual >= lower) & (actual <= upper)).mean())
                missed = np.maximum(lower - actual, 0) + np.maximum(actual - upper, 0)
                score = (upper - lower + 2 / (1 - level) * missed).mean(axis=1) / scale
                results.bands.setdefault(data.name, {})[name, level] = covered, float(np.nanmean(score))
        print(f"{data.name} bands: {results.bands[data.name]}", flush=True)


def naive2(values: Any, horizon: int, season: int) -> Any:
    """Naive2: the last value, seasonally adjusted where the autocorrelation at the season is significant (90 %)."""
    import numpy as np

    count = len(values)
    flat = np.full(horizon, values[-1])
    centred = values - values.mean()
    squares = centred @ centred
    if season < 2 or count < 3 * season or values.min() <= 0 or squares <= 0:
        return flat
    lags = np.array([centred[lag:] @ centred[:-lag] for lag in range(1, season + 1)]) / squares
    if abs(lags[-1]) <= 1.645 * np.sqrt((1 + 2 * (lags[:-1] ** 2).sum()) / count):
        return flat
    window = np.ones(season) if season % 2 else np.r_[0.5, np.ones(season - 1), 0.5]
    smooth = np.convolve(values, window / season, "valid")
    edge = len(window) // 2
    ratio, phase = values[edge : count - edge] / smooth, np.arange(edge, count - edge) % season
    index = np.array([ratio[phase == position].mean() for position in range(season)])
    index /= index.mean()
    return flat / index[(count - 1) % season] * index[(count + np.arange(horizon)) % season]


def compare_sparse(cache: Any, results: Results) -> None:
    """Score the intermittent branch on generated demand: RMSSE (as in M5) and bias."""
    import numpy as np
    from forecast_sets import intermittent

    from sop_xl.forecasting import forecast

    total: dict[str, list[Any]] = {}
    for data in intermittent().values():
        rows = data.sample(0)
        methods = {OWN: forecast(data.matrix(rows), data.horizon, data.season)}
        methods |= {peer: cache.forecasts(peer, data, rows)[0] for peer in SPARSE}
        for name, ahead in methods.items():
            scale = []
            for values in data.train:
                changes = np.diff(values[np.flatnonzero(values)[0] :])
                scale.append((changes @ changes) / len(changes) if changes.any() else np.nan)
            squares = ((ahead - data.test) ** 2).mean(axis=1)
            total.setdefault(name, []).append((np.sqrt(squares / scale), ahead.sum(), data.test.sum()))
            results.sparse.setdefault(data.name, {})[name] = _sparse(total[name][-1:])
    for name, parts in total.items():
        results.sparse.setdefault("all", {})[name] = _sparse(parts)
    print("intermittent:", {name: [round(x, 4) for x in one] for name, one in results.sparse["all"].items()})


def _sparse(parts: list[Any]) -> tuple[float, float]:
    import numpy as np

    rmsse = float(np.nanmean(np.concatenate([errors for errors, _, _ in parts])))
    return rmsse, float(sum(ahead for _, ahead, _ in parts) / sum(actual for _, _, actual in parts) - 1)


def compare_spikes(names: list[str], results: Results) -> None:
    """What cleaning is worth: 2 % of the buckets become five to ten times as large."""
    import numpy as np
    from forecast_sets import competitions

    from sop_xl.forecasting import forecast
    from sop_xl.forecasting.cleaning import clean

    for data in competitions(names):
        rows = data.sample(SPIKE_SERIES)
        history = data.matrix(rows)

        def owa(given: Any, data: Any = data, rows: Any = rows) -> float:
            return _score(data, rows, forecast(given, data.horizon, data.season), 1.0).owa

        plain = owa(history)
        raw, cleaned, found, mistaken = [], [], [], []
        for seed in range(SPIKE_SEEDS):
            rng = np.random.default_rng(seed)
            hit = (rng.random(history.shape) < 0.02) & ~np.isnan(history)
            spiked = np.where(hit, history * rng.uniform(5, 10, history.shape), history)
            tamed = clean(spiked, data.season)
            replaced = (tamed != spiked) & ~np.isnan(spiked)
            raw.append(owa(spiked) / plain)
            cleaned.append(owa(tamed) / plain)
            found.append(replaced[hit].mean())
            mistaken.append(replaced[~hit].sum() / (~np.isnan(history) & ~hit).sum())
        untouched = owa(clean(history, data.season)) / plain
        done = Spikes(raw, cleaned, untouched, float(np.mean(found)), float(np.mean(mistaken)))
        results.spikes[data.name] = done
        print(f"{data.name} spikes: as it is {max(raw):.3f}, cleaned {max(cleaned):.3f} at worst", flush=True)


def measure(results: Results, large: bool) -> None:
    """Latency in fresh processes, and one large batch."""
    for name, setup in _SETUPS.items():
        # The quickest run is the one that other programs disturbed least.
        runs = [_fresh(_LATENCY.format(setup=setup)) for _ in range(5)]
        results.latency[name] = min(first for first, _ in runs), min(warm for _, warm in runs)
        print(f"{name}: first call {results.latency[name][0]:.3f} s, warm {results.latency[name][1]:.5f} s")
    for switch, count in (("0", FEW), ("", LARGE)) if large and os.name == "posix" else ():
        compiled, seconds, peak = _fresh(_LARGE.format(count=count), SOP_FAST=switch)
        results.large.append((count, compiled, seconds, peak))
        print(f"{count:,} series, compiled {compiled}: {seconds:.1f} s, {peak:.0f} MB", flush=True)


def _fresh(code: str, **environment: str) -> Any:
    command = [sys.executable, "-W", "ignore", "-c", code]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, cwd=ROOT, env={**os.environ, **environment}
    )
    return json.loads(done.stdout.splitlines()[-1])


def inside_environment(arguments: list[str], script: Path) -> int:
    """Run a benchmark again with the Python of ``.bench-venv``, making the environment first if need be."""
    python = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    wanted = (ROOT / "benchmarks" / "requirements.txt").read_text(encoding="utf-8")
    stamp = VENV / "stamp.txt"
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
        print(f"Making {VENV} with the peers from benchmarks/requirements.txt (once) ...", flush=True)
        base = getattr(sys, "_base_executable", None) or sys.executable
        pip = [str(python), "-m", "pip", "install", "-qq", "--disable-pip-version-check", "-r"]
        for command in ([base, "-m", "venv", "--clear", str(VENV)], [*pip, "benchmarks/requirements.txt"]):
            if subprocess.call(command, cwd=ROOT):
                raise SystemExit("The peers could not be installed; the reason is above.")
        stamp.write_text(wanted, encoding="utf-8")
    environment = {**os.environ, **SINGLE_CORE, "PYTHONPATH": str(ROOT), "SOP_BENCH": "1", "SOP_FAST": "0"}
    return subprocess.call([str(python), str(script), *arguments], env=environment)


def main(arguments: list[str]) -> int:
    """Run the comparison and write the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--sets", default="", help="parts of names, with commas: m3-monthly,tourism (default: all)"
    )
    parser.add_argument("--sample", type=int, default=0, help="series per set (default: all)")
    parser.add_argument("--statsmodels-sample", type=int, default=50, help="series per set for statsmodels")
    parser.add_argument("--cache", type=Path, help="folder that keeps the forecasts of the peers")
    parser.add_argument("--page", type=Path, default=ROOT / "docs" / "forecast-benchmark.md")
    parser.add_argument("--no-large", action="store_true", help="leave out the batch of 100,000 series")
    given = parser.parse_args(arguments)
    if "SOP_BENCH" not in os.environ:
        if given.cache:
            arguments = [*arguments, "--cache", str(given.cache.resolve())]
        return inside_environment(arguments, Path(__file__))
    from forecast_peers import Cache

    results = Results()
    cache = Cache(given.cache)
    compare(
        [part for part in given.sets.split(",") if part],
        given.sample,
        given.statsmodels_sample,
        cache,
        results,
    )
    compare_bands([part for part in given.sets.split(",") if part], given.sample, cache, results)
    compare_sparse(cache, results)
    compare_spikes([part for part in given.sets.split(",") if part], results)
    measure(results, not given.no_large)
    write(results, given.page, given.sample)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
