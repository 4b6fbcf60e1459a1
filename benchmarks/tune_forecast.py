"""Fit the weights of sop_xl/forecasting/combination.py on earlier origins of the competitions.

    .bench-venv/bin/python benchmarks/tune_forecast.py

No test value takes part: the last one, two and three horizons of the known histories are forecast. Printed are the
weights, what they are worth there against equal shares, and what weights fitted without a competition are worth on
the one left out. ``--confirm`` shows the test sets too.
"""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path[:0] = [str(Path(__file__).resolve().parent.parent)]
os.environ["SOP_FAST"] = "0"

from bench_forecast import naive2  # noqa: E402
from forecast_sets import Floats, Set, competitions  # noqa: E402

from sop_xl.forecasting import combination, forecast  # noqa: E402

ORIGINS = (1, 2, 3)
PENALTY = 0.002
COMPETITIONS = ("m1", "m3", "tourism")

# Where the penalty pulls to: all but equal shares of the first three, a little of the rest.
START = np.zeros_like(combination.WEIGHTS)
START[0] = [1.5, 1.5, 1.5, -1.0, -1.0, -1.0]


@dataclass
class Origin:
    """One set at one origin, its members' forecasts ready to be mixed; only series that AUTO mixes."""

    data: Set
    rows: list[int]
    ahead: Floats
    signs: Floats
    scale: Floats
    base: tuple[float, float]
    rest: Floats

    def owa(self, ahead: Floats) -> float:
        smape, mase = self.errors(ahead, self.data.test, self.scale)
        return float(0.5 * (smape.mean() / self.base[0] + np.nanmean(mase) / self.base[1]))

    @staticmethod
    def errors(ahead: Floats, actual: Floats, scale: Floats) -> tuple[Floats, Floats]:
        off = np.abs(actual - ahead)
        size = np.maximum(np.abs(actual) + np.abs(ahead), 1e-300)
        return 200 * (off / size).mean(axis=1), off.mean(axis=1) / scale

    def mixed(self, weights: Floats) -> Floats:
        result = self.rest.copy()
        lengths = np.array([len(self.data.train[row]) for row in self.rows])
        for length in np.unique(lengths):
            at = np.flatnonzero(lengths == length)
            shares = combination.shares(self.signs[at], self.data.season, int(length), weights)
            result[np.array(self.rows)[at]] = (shares[:, None, :] * self.ahead[at]).sum(axis=2)
        return result


def origin(data: Set) -> Origin:
    """Members' forecasts of every series of a set that AUTO mixes."""
    season, horizon = data.season, data.horizon
    scale = np.array([np.abs(y[season:] - y[:-season]).mean() if len(y) > season else 0 for y in data.train])
    scale = np.where(scale > 0, scale, np.nan)
    base = Origin.errors(np.array([naive2(y, horizon, season) for y in data.train]), data.test, scale)
    rest = forecast(data.matrix(data.sample(0)), horizon, season)
    rows, ahead, signs = [], [], []
    for row, values in enumerate(data.train):
        size = np.abs(values).mean()
        if values.min() > 0.01 * size and values.min() < values.max() and len(values) >= max(season, 4):
            one, two = combination.members(values[None] / size, horizon, season)
            rows.append(row)
            ahead.append(one[0] * size)
            signs.append(two[0])
    return Origin(
        data,
        rows,
        np.array(ahead),
        np.array(signs),
        scale,
        (float(base[0].mean()), float(np.nanmean(base[1]))),
        rest,
    )


def fit(origins: list[Origin]) -> Floats:
    """Weights that forecast these origins best, each set counting once, pulled towards START."""
    from scipy.optimize import minimize

    spread = np.concatenate([one.signs for one in origins]).std(axis=0)
    spread[0] = 1.0

    def objective(flat: Floats) -> tuple[float, Floats]:
        scaled = flat.reshape(START.shape)
        weights = scaled / spread[:, None]
        total, slope = 0.0, np.zeros_like(weights)
        for one in origins:
            share = combination.shares(one.signs, one.data.season, 10_000, weights)
            actual, scale = one.data.test[one.rows], one.scale[one.rows][:, None]
            ahead = (share[:, None, :] * one.ahead).sum(axis=2)
            off, size = ahead - actual, np.abs(actual) + ahead + 1e-300
            inverse = np.where(np.isnan(scale), 0.0, 1 / np.where(np.isnan(scale), 1, scale))
            by_size, by_scale = 200 / one.base[0], inverse / one.base[1]
            loss = (0.5 * np.abs(off) * (by_size / size + by_scale)).mean()
            sign = np.sign(off)
            toward = 0.5 * (by_size * (sign / size - np.abs(off) / size**2) + by_scale * sign) / off.size
            by_share = (toward[:, :, None] * one.ahead).sum(axis=1)
            by_score = share * (by_share - (by_share * share).sum(axis=1, keepdims=True))
            total += np.log(loss)
            slope += one.signs.T @ by_score / loss
        distance = scaled - START
        value = total / len(origins) + PENALTY * (distance**2).sum()
        return value, (slope / spread[:, None] / len(origins) + 2 * PENALTY * distance).ravel()

    found = minimize(objective, START.ravel(), jac=True, method="L-BFGS-B", options={"maxiter": 300})
    return np.asarray(found.x.reshape(START.shape) / spread[:, None])


def main() -> None:
    """Fit, validate by leaving one competition out, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--confirm", action="store_true", help="show the test sets, too")
    given = parser.parse_args()
    equal = np.full_like(START, 0.0)
    equal[0, 3:] = -50.0
    origins = {back: [origin(data) for data in competitions(earlier=back)] for back in ORIGINS}
    every = [one for back in ORIGINS for one in origins[back]]
    weights = np.round(fit(every), 2)
    print("WEIGHTS = np.array(\n    [")
    for sign, row in zip(combination.SIGNS, weights, strict=True):
        print("        [" + ", ".join(f"{value:g}" for value in row + 0.0) + f"],  # {sign}")
    print("    ]\n)")
    without = {
        name: fit([one for one in every if not one.data.name.startswith(name)]) for name in COMPETITIONS
    }
    if given.confirm:
        origins[0] = [origin(data) for data in competitions()]
    for back, chosen in origins.items():
        label = f"{back} horizons back" if back else "test"
        for title, pick in (
            ("fitted", lambda one: weights),
            ("stranger", lambda one: without[one.data.name.split("-")[0]]),
        ):
            ratios = {
                one.data.name: one.owa(one.mixed(pick(one))) / one.owa(one.mixed(equal)) for one in chosen
            }
            mean = np.exp(np.mean(np.log(list(ratios.values()))))
            each = " ".join(f"{name} {ratio:.3f}" for name, ratio in ratios.items())
            print(f"{label}, {title}: OWA against equal shares {mean:.4f}; {each}")


if __name__ == "__main__":
    main()
