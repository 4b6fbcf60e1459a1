"""The joint supply plan: time, memory and cost side by side with PuLP/CBC and linopy/HiGHS.

Run ``python3 dev.py bench supply``; it writes docs/supply-benchmark.md. The peers live in the environment that
bench_forecast.py uses, too. Every run is a process of its own on one core.
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

from bench_forecast import VENV, inside_environment

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "supply-benchmark.md"
SIZES = ((8, 6, 19), (50, 20, 24), (500, 100, 24))
LARGEST_OF_PEERS = 100
"""Families from which on the peers only build the model, which keeps the run short."""
OWN, PEERS = "sop_xl", ("pulp", "linopy")
NAMES = {OWN: "sop_xl", "pulp": "PuLP/CBC", "linopy": "linopy/HiGHS"}


def example(families: int, resources: int, buckets: int) -> Any:
    """Seasonal families, three resources each, some offsets, capacity at the mean load: the season must be prepared."""
    import numpy as np

    from sop_xl.supply.joint import JointInput
    from sop_xl.supply.rough_cut import resource_profile

    rng = np.random.default_rng(families)
    month = np.arange(buckets)
    season = 1 + 0.35 * np.sin(2 * np.pi * (month + rng.uniform(0, 3, (families, 1))) / 12)
    demand = np.round(rng.uniform(200, 3000, (families, 1)) * season * rng.uniform(0.9, 1.1, season.shape))
    profile = np.array(
        [
            [f + 1, r + 1, rng.integers(0, 2), rng.uniform(0.01, 0.1)]
            for f in range(families)
            for r in rng.choice(resources, 3, replace=False)
        ]
    )
    load = resource_profile(demand, profile, resources)
    capacity = np.repeat(load.mean(axis=1)[:, None] * 1.02, buckets, axis=1)
    price = rng.uniform(5, 80, families)
    return JointInput(
        demand=demand,
        opening=demand[:, 0] * rng.uniform(0.1, 0.5, families),
        to_stock=rng.random(families) < 0.8,
        target=demand * 0.3,
        fixed=np.nan,
        profile=profile,
        capacity=capacity,
        given_load=0.0,
        overtime_limit=capacity * 0.1,
        overtime_cost=45.0,
        subcontract_limit=capacity * 0.05,
        subcontract_cost=60.0,
        unit_cost=price * 0.6,
        holding_cost=price * 0.012,
        backorder_cost=price * 0.4,
        below_target_cost=price * 0.052,
        unmet_cost=price * 4.8,
        lot_minimum=np.nan,
        inventory_limit=np.nan,
    )


def measure(name: str, size: tuple[int, int, int]) -> dict[str, float]:
    """One program on one size, in this process: seconds, MB and cost."""
    case = example(*size)
    solve = name == OWN or size[0] < LARGEST_OF_PEERS
    if name == OWN:
        import scipy.optimize
        import scipy.sparse  # noqa: F401 - imports are no part of what is compared

        from sop_xl.supply.joint import joint_plan
        from sop_xl.supply.joint.model import build_model

        build_model(example(2, 3, 3))
        started = time.perf_counter()
        build_model(case.scaled()[0])
        build = time.perf_counter() - started
        started = time.perf_counter()
        plan = joint_plan(case, explain=False)
        whole, cost = time.perf_counter() - started, plan.cost
    else:
        import supply_peers

        run = getattr(supply_peers, name)
        run(example(2, 3, 3), solve=True)
        build, seconds, cost = run(case, solve)
        whole = build + seconds
    peak = 0.0
    if os.name == "posix":
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"build": build, "whole": whole, "cost": cost, "peak": peak}


def page(results: dict[tuple[int, int, int], dict[str, dict[str, float]]]) -> str:
    """The page in Markdown."""
    lines = [
        "# The joint supply plan side by side",
        "",
        "The model of [supply-model.md](supply-model.md) for all families and resources together, against the same "
        "model written for [PuLP](https://coin-or.github.io/pulp/) (solved by its CBC) and "
        "[linopy](https://linopy.readthedocs.io) (solved by HiGHS). Every run is a process of its own on one core; "
        "imports are not counted. `python3 dev.py bench supply` writes this page again.",
        "",
        "*Build* is the time from arrays to the model: for sop_xl and linopy the matrices, for PuLP its expressions, "
        "without the file that it writes for CBC. *Whole* is build, solve and result, without the search for "
        "conflicts. The peak is of the process.",
        "",
        "| families × resources × buckets | program | build s | whole s | peak MB | cost |",
        "|---|---|---:|---:|---:|---:|",
    ]
    for size, runs in results.items():
        for name, run in runs.items():
            solved = run["whole"] == run["whole"]
            cells = (
                [f"{run['whole']:.2f}", f"{run['peak']:.0f}", f"{run['cost']:,.2f}"] if solved else ["–"] * 3
            )
            lines.append(
                f"| {' × '.join(map(str, size))} | {NAMES[name]} | {run['build']:.4f} | {' | '.join(cells)} |"
            )
    lines += [
        "",
        "| families × resources × buckets | build: peer ÷ sop_xl | cost: greatest relative difference |",
        "|---|---|---|",
    ]
    for size, runs in results.items():
        own = runs[OWN]
        faster = ", ".join(
            f"{NAMES[name]} {run['build'] / own['build']:.0f} ×" for name, run in runs.items() if name != OWN
        )
        apart = [abs(run["cost"] / own["cost"] - 1) for name, run in runs.items() if name != OWN]
        known = [one for one in apart if one == one]
        worst = f"{max(known):.0e}" if known else "–"
        lines.append(f"| {' × '.join(map(str, size))} | {faster} | {worst} |")
    lines += [
        "",
        f"With {LARGEST_OF_PEERS} families or more the peers only build the model, which keeps the run short.",
        "",
    ]
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    """Measure all sizes and write the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--page", type=Path, default=PAGE)
    parser.add_argument("--small", action="store_true", help="leave out the largest size")
    parser.add_argument(
        "--one", nargs=4, metavar=("PROGRAM", "FAMILIES", "RESOURCES", "BUCKETS"), help=argparse.SUPPRESS
    )
    given = parser.parse_args(arguments)
    if "SOP_BENCH" not in os.environ:
        return inside_environment(arguments, Path(__file__))
    if given.one:
        name, *size = given.one
        print(json.dumps(measure(name, tuple(map(int, size)))))  # type: ignore[arg-type]
        return 0
    results: dict[tuple[int, int, int], dict[str, dict[str, float]]] = {}
    for size in SIZES[: 2 if given.small else 3]:
        for name in (OWN, *PEERS):
            command = [sys.executable, "-W", "ignore", str(Path(__file__)), "--one", name, *map(str, size)]
            done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
            results.setdefault(size, {})[name] = run = json.loads(done.stdout.splitlines()[-1])
            print(f"{size} {NAMES[name]}: {run}", flush=True)
    given.page.write_text(page(results), encoding="utf-8")
    print(f"Wrote {given.page} with the peers of {VENV}.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
