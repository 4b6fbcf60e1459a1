"""The compiled lanes give what the NumPy lanes give."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from sop_xl.forecasting import forecast, lanes, lanes_compiled
from sop_xl.forecasting.auto import auto
from sop_xl.forecasting.growth import proportional_growth
from sop_xl.forecasting.seasonality import seasonal_indices

needs_numba = pytest.mark.skipif(
    importlib.util.find_spec("numba") is None, reason="numba is not installed (the optional extra 'fast')"
)

TIME = np.arange(60)


def batch(rows: int, buckets: int = 60) -> np.ndarray:
    """Steady, trending, seasonal, stepping, sparse and nearly constant series, of magnitude one."""
    rng = np.random.default_rng(5)
    shape = 1 + rng.uniform(0, 0.5, (rows, 1)) * np.sin(TIME * np.pi / 6 + rng.uniform(0, 6, (rows, 1)))
    values = shape * (1 + rng.normal(0, 0.01, (rows, 1)) * TIME / 2) * rng.uniform(0.7, 1.3, (rows, 60))
    values[1::11, 30:] += 2
    values[2::11] *= rng.random((len(values[2::11]), 60)) < 0.4
    values[3::11] = 1 + 1e-13 * values[3::11]
    values[4::11] -= 1
    values[5::11] = 1 + TIME / 60
    values[6::11] = 0.5
    return np.abs(values[:, :buckets]) if rows % 2 else values[:, :buckets]


def both_ways(monkeypatch: pytest.MonkeyPatch, run: object) -> tuple[Any, Any]:
    assert callable(run)
    monkeypatch.setenv("SOP_FAST", "0")
    plain = run()
    monkeypatch.setenv("SOP_FAST", "1")
    assert lanes_compiled.wanted(1)
    return plain, run()


@needs_numba
@pytest.mark.parametrize("buckets", [2, 4, 13, 60])
@pytest.mark.parametrize(("share", "cap"), [(0.0, np.inf), (0.5, np.inf), (0.7, 1.0)])
def test_smoothing_is_the_same(
    monkeypatch: pytest.MonkeyPatch, buckets: int, share: float, cap: float
) -> None:
    rows = batch(200, buckets)
    plain, compiled = both_ways(monkeypatch, lambda: lanes.smoothing_with_drift(rows, 18, share, cap))
    np.testing.assert_allclose(compiled.ahead, plain.ahead, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(compiled.squares, plain.squares, rtol=1e-9, atol=1e-9)


@needs_numba
@pytest.mark.parametrize(("buckets", "season"), [(4, 1), (60, 1), (24, 12), (59, 12), (60, 5)])
def test_holt_winters_is_the_same(monkeypatch: pytest.MonkeyPatch, buckets: int, season: int) -> None:
    rows = batch(200, buckets)
    indices = seasonal_indices(rows, season) if season > 1 else None
    plain, compiled = both_ways(monkeypatch, lambda: lanes.damped_holt_winters(rows, indices, 18))
    np.testing.assert_allclose(compiled.ahead, plain.ahead, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(compiled.squares, plain.squares, rtol=1e-9, atol=1e-9)


@needs_numba
@pytest.mark.parametrize("rows", [1, 64, 2 * lanes_compiled.BATCH + 1])
def test_auto_is_the_same(monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    values = batch(rows)
    plain, compiled = both_ways(monkeypatch, lambda: auto(values, 18, 12))
    np.testing.assert_allclose(compiled, plain, rtol=1e-9, atol=1e-9)
    backwards = auto(values[::-1], 18, 12)[::-1]
    np.testing.assert_allclose(backwards, compiled, rtol=1e-9, atol=1e-9)


@needs_numba
@pytest.mark.parametrize("buckets", [3, 20, 60])
def test_growth_is_the_same(monkeypatch: pytest.MonkeyPatch, buckets: int) -> None:
    rows = np.abs(batch(200, buckets))
    starts = np.sort(np.arange(200) % (buckets - 1))
    rows[np.arange(buckets) < starts[:, None]] = 0
    plain, compiled = both_ways(monkeypatch, lambda: proportional_growth(rows, 6, starts))
    np.testing.assert_allclose(compiled.ahead, plain.ahead, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(compiled.squares, plain.squares, rtol=1e-9, atol=1e-9)


@needs_numba
def test_series_of_many_lengths_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    history = np.abs(batch(601))
    history[np.arange(60) < (np.arange(601) % 57)[:, None]] = np.nan
    plain, compiled = both_ways(monkeypatch, lambda: forecast(history, 18, 12))
    np.testing.assert_allclose(compiled, plain, rtol=1e-9, atol=1e-9)


@needs_numba
def test_a_loaded_compiler_is_used_for_small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOP_FAST", raising=False)
    lanes_compiled._kernel.cache_clear()
    assert lanes_compiled.block_size(lanes_compiled.BATCH - 1) == 0
    assert not lanes_compiled.wanted(200)
    assert lanes_compiled.block_size(lanes_compiled.BATCH) > 0
    assert lanes_compiled.wanted(200)
    assert not lanes_compiled.wanted(2 * lanes.BLOCK)


def test_the_loops_are_right_without_a_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = batch(12)
    indices = seasonal_indices(rows, 12)
    monkeypatch.setenv("SOP_FAST", "0")
    starts = np.array([0, 0, 3, 3, 4, 5, 20, 30, 31, 35, 35, 36])
    rows[starts[:, None] > TIME] = 0

    def run() -> tuple[lanes.Run, ...]:
        return (
            lanes.smoothing_with_drift(rows, 6, 0.7, 1.0, starts),
            lanes.damped_holt_winters(rows, indices, 6, starts),
            proportional_growth(np.abs(rows), 6, starts),
        )

    plain = run()
    monkeypatch.setattr(lanes_compiled, "wanted", lambda rows: True)
    monkeypatch.setattr(lanes_compiled, "_kernel", lambda loop: loop)
    looped = run()
    for one, other in zip(looped, plain, strict=True):
        np.testing.assert_allclose(one.ahead, other.ahead, rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(one.squares, other.squares, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("cores", [1, 3])
def test_every_part_is_run_once(monkeypatch: pytest.MonkeyPatch, cores: int) -> None:
    monkeypatch.setattr(lanes_compiled, "_cores", lambda: cores)
    for count in (0, 1, 2, 100):
        done: list[int] = []
        lanes_compiled.in_threads(done.append, range(count))
        assert sorted(done) == list(range(count))
    with pytest.raises(ZeroDivisionError):
        lanes_compiled.in_threads(lambda part: done.append(1 // part), [1, 0, 2])


def test_the_switch(monkeypatch: pytest.MonkeyPatch) -> None:
    lanes_compiled._kernel.cache_clear()
    monkeypatch.setattr(lanes_compiled, "available", lambda: True)
    monkeypatch.delenv("SOP_FAST", raising=False)
    assert not lanes_compiled.wanted(1)
    assert not lanes_compiled.wanted(lanes_compiled.BATCH - 1)
    assert lanes_compiled.wanted(lanes_compiled.BATCH)
    monkeypatch.setattr(lanes_compiled, "_kernel", lambda loop: loop)
    assert lanes_compiled.block_size(1) == 0
    assert lanes_compiled.block_size(lanes_compiled.BATCH) > lanes.BLOCK
    monkeypatch.setenv("SOP_FAST", "1")
    assert lanes_compiled.wanted(1)
    monkeypatch.setenv("SOP_FAST", "0")
    assert not lanes_compiled.wanted(10**5)
    monkeypatch.setattr(lanes_compiled, "available", lambda: False)
    monkeypatch.setenv("SOP_FAST", "1")
    assert not lanes_compiled.wanted(10**5)


def test_a_small_call_does_not_load_numba() -> None:
    code = (
        "import sys, numpy as np, sop_xl.forecasting as f;"
        "f.forecast(np.arange(1.0, 6001).reshape(100, 60));"
        "print('numba' in sys.modules, 'concurrent.futures.thread' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
