"""The compiled lanes give what the NumPy lanes give."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from sop_xl.forecasting import lanes, lanes_compiled
from sop_xl.forecasting.auto import auto
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
def test_a_loaded_compiler_is_used_for_small_groups_of_a_large_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOP_FAST", raising=False)
    lanes_compiled._kernel.cache_clear()
    assert not lanes_compiled.wanted(200)
    lanes.block_size(lanes_compiled.BATCH)
    assert lanes_compiled.wanted(200)
    assert not lanes_compiled.wanted(2 * lanes.BLOCK)


def test_the_loops_are_right_without_a_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = batch(12)
    indices = seasonal_indices(rows, 12)
    monkeypatch.setenv("SOP_FAST", "0")
    plain = lanes.smoothing_with_drift(rows, 6, 0.7, 1.0), lanes.damped_holt_winters(rows, indices, 6)
    monkeypatch.setattr(lanes_compiled, "wanted", lambda rows: True)
    monkeypatch.setattr(lanes_compiled, "_kernel", lambda loop: loop)
    looped = lanes.smoothing_with_drift(rows, 6, 0.7, 1.0), lanes.damped_holt_winters(rows, indices, 6)
    for one, other in zip(looped, plain, strict=True):
        np.testing.assert_allclose(one.ahead, other.ahead, rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(one.squares, other.squares, rtol=1e-9, atol=1e-9)


def test_shares_of_the_series_cover_all_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes_compiled, "_kernel", lambda loop: loop)
    monkeypatch.setattr(lanes_compiled, "_cores", lambda: 3)

    def double(values: np.ndarray, result: np.ndarray, squares: np.ndarray) -> None:
        result[:] = 2 * values[:, None]
        squares[:] = values**2

    for rows in (0, 1, 64, 200, 1001):
        values = np.arange(float(rows))
        doubled, squares = lanes_compiled._in_threads(double, 2, [values], ())
        np.testing.assert_array_equal(squares, values**2)
        np.testing.assert_array_equal(doubled, np.stack([2 * values, 2 * values], axis=1))


def test_the_switch(monkeypatch: pytest.MonkeyPatch) -> None:
    lanes_compiled._kernel.cache_clear()
    monkeypatch.setattr(lanes_compiled, "available", lambda: True)
    monkeypatch.delenv("SOP_FAST", raising=False)
    assert not lanes_compiled.wanted(1)
    assert not lanes_compiled.wanted(lanes_compiled.BATCH - 1)
    assert lanes_compiled.wanted(lanes_compiled.BATCH)
    monkeypatch.setattr(lanes_compiled, "load", lambda: None)
    assert lanes.block_size(1) == lanes.block_size(lanes_compiled.BATCH - 1) == lanes.BLOCK
    assert lanes.block_size(lanes_compiled.BATCH) > lanes.BLOCK
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
