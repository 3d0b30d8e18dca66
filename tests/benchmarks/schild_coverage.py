"""How often the 95 % intervals of pA2, Schild slope and pKB hold the true values, over simulated experiments.

Run by hand: ``python -m tests.benchmarks.schild_coverage [n_experiments]``. About an hour for 2,000 of each of 17.
"""

import sys
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from s1r_imaging.experiment.schild import fit_schild_points

PA2 = 8.0
DESIGNS: Mapping[str, Mapping[str, Any]] = {
    "3 replicates, constant noise": {"n": 3},
    "4 replicates, days differ": {"n": 4, "day": 1.0},
    "6 replicates, days differ": {"n": 6, "day": 1.0},
    "3 replicates, slope 0.8, days differ": {"n": 3, "day": 1.0, "slope": 0.8},
    "4 replicates, slope 1.2, days differ": {"n": 4, "day": 1.0, "slope": 1.2},
    "3 replicates, constant noise 10 %": {"n": 3, "noise": 0.10},
    "6 replicates, constant noise 10 %, days": {"n": 6, "noise": 0.10, "day": 1.0},
    "4 replicates, proportional 10 %, days": {"n": 4, "noise": 0.0, "proportional": 0.1, "day": 1.0},
    "3 replicates, proportional 20 %": {"n": 3, "noise": 0.0, "proportional": 0.2},
    "4 replicates, both, slope 0.8": {"n": 4, "noise": 0.03, "proportional": 0.1, "day": 1.0, "slope": 0.8},
    "4 replicates, 4 antagonist doses": {"n": 4, "day": 1.0, "antagonist": (1e-8, 3e-8, 1e-7, 3e-7)},
    "4 replicates, 3 a decade apart": {"n": 4, "day": 1.0, "antagonist": (1e-8, 1e-7, 1e-6)},
    "4 replicates, pA2 differs by day, SD 0.15": {"n": 4, "day": 1.0, "day_pa2": 0.15},
    "3 replicates, 6 agonist doses": {"n": 3, "day": 1.0, "n_agonist": 6},
    "no replicates, constant noise": {"n": 1},
    "3 points a dose without label": {"n": 3, "labelled": False},
    "3 points a dose without label, proportional": {
        "n": 3, "labelled": False, "noise": 0.0, "proportional": 0.1
    },
}  # fmt: skip


def simulate(
    rng: np.random.Generator,
    *,
    n: int,
    noise: float = 0.05,
    proportional: float = 0.0,
    day: float = 0.0,
    day_pa2: float = 0.0,
    slope: float = 1.0,
    antagonist: tuple[float, ...] = (1e-8, 3e-8, 1e-7),
    n_agonist: int = 9,
    labelled: bool = True,
) -> pd.DataFrame:
    """Return points of one experiment; `day` scales shifts of EC50 (0.2 log), maximum (20 %) and slope (8 %)."""
    levels = np.array([0.0, *antagonist])
    agonist, blocked = (item.ravel() for item in np.meshgrid(np.logspace(-9.5, -4.5, n_agonist), levels))
    tables = []
    for number in range(n):
        shift_ec50, shift_top, shift_hill, shift_pa2 = rng.standard_normal(4) * (0.2, 0.2, 0.08, 1.0)
        top = np.exp(day * shift_top)
        occupied = (blocked * 10.0 ** (PA2 + day_pa2 * shift_pa2)) ** slope
        ec50 = 10.0 ** (-7.5 + day * shift_ec50) * (1.0 + occupied)
        mean = 0.03 + (top - 0.03) / (1.0 + (ec50 / agonist) ** (1.2 * np.exp(day * shift_hill)))
        sd = np.hypot(noise * top, proportional * mean)
        response = mean + sd * rng.standard_normal(mean.size)
        table = pd.DataFrame({"agonist_M": agonist, "antagonist_M": blocked, "response": response})
        tables.append(table.assign(replicate=f"day {number}") if labelled else table)
    return pd.concat(tables, ignore_index=True)


def coverage(n_experiments: int, *, seed: int = 0, **design: Any) -> pd.DataFrame:
    """Return coverage, mean and median error, median half-width and the share without a value."""
    rng = np.random.default_rng(seed)
    tables = [fit_schild_points(simulate(rng, **design)).table for _ in range(n_experiments)]
    table = pd.concat(tables, ignore_index=True)
    slope = design.get("slope", 1.0)
    rows = {}
    for name, column, ends, truth in (
        ("pA2", "pa2", "pa2", PA2),
        ("slope", "schild_slope", "slope", slope),
        ("pKB", "pkb", "pkb", PA2),
    ):
        if name == "pKB" and slope != 1.0:
            continue  # there is none
        own = table[table[column].notna() & (table["relation"] == "=")]
        low, high = own[f"{ends}_ci_low"], own[f"{ends}_ci_high"]
        rows[name] = {
            "coverage": float(((low <= truth) & (truth <= high)).mean()),
            "mean_error": float((own[column] - truth).mean()),
            "median_error": float((own[column] - truth).median()),
            "half_width": float(((high - low) / 2).median()),
            "none": 1.0 - len(own) / len(table),
        }
    return pd.DataFrame(rows).T


def main(n_experiments: int) -> None:
    """Print a line per design and number."""
    for name, design in DESIGNS.items():
        for number, row in coverage(n_experiments, **design).iterrows():
            print(
                f"{name:44s} {number!s:6s}{100 * row['coverage']:6.1f} %  error {row['mean_error']:+.3f} "
                f"(median {row['median_error']:+.3f}), ± {row['half_width']:.3f}, none {100 * row['none']:.1f} %",
                flush=True,
            )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
