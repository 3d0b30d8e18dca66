"""How far effect and block of simulated experiments are from the truth, from pixels on.

    python -m tests.benchmarks.experiment [SEEDS]

Each seed is an experiment as users have it: three days, on each a dish with vehicle, agonist (median peak ΔF/F0
0.8), antagonist, and both (block 75 %). The road is the default one: cells are found, nothing is given. Effect is
agonist minus vehicle, the mean peak over all cells of a dish and over the dishes; the truth is the same mean over
the true cells of the same dishes. Then the same with bleaching measured in the vehicle dishes, and the default
with the true outlines, which tells segmentation from the rest.
"""

import sys
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd

from s1r_imaging.analysis import AnalysisOptions
from s1r_imaging.calcium.bleaching import Bleaching
from s1r_imaging.calcium.dff import DffOptions
from s1r_imaging.cli.demo_experiment import effect_and_block
from s1r_imaging.experiment_options import ExperimentOptions
from s1r_imaging.experiment_run import run_experiment
from s1r_imaging.io.labels import write_labels
from s1r_imaging.simulate import simulate_experiment

N_SEEDS = 8


def experiment_errors(
    seed: int, *, true_outlines: bool = False, bleaching: Bleaching = DffOptions.bleaching
) -> dict[str, float]:
    """Return true and found effect (ΔF/F0) and block (%) of one experiment, and the means of its conditions."""
    recordings, design, truth = simulate_experiment(seed)
    with tempfile.TemporaryDirectory() as folder:
        if true_outlines:
            files = [Path(folder) / f"{name}.tif" for name in design["recording"]]
            for file, name in zip(files, design["recording"], strict=True):
                write_labels(file, truth.recordings[name].labels)
            design = design.assign(labels=[str(file) for file in files])
        options = ExperimentOptions(analysis=AnalysisOptions(dff=DffOptions(bleaching=bleaching)))
        experiment = run_experiment(design, recordings=recordings, options=options)
    found, true = effect_and_block(experiment.recordings, design), effect_and_block(truth.dishes, design)
    interval = experiment.comparisons["peak_dff"].block.iloc[0]
    table = experiment.recordings.merge(truth.dishes, on="recording", suffixes=("", "_true"))
    means: Any = table.groupby("condition")[["peak_dff", "peak_dff_true"]].mean()
    return {
        "seed": seed,
        "effect": true[0],
        "effect_found": found[0],
        "effect_error_percent": 100 * (found[0] / true[0] - 1),
        "block": true[1],
        "block_found": found[1],
        "block_error": found[1] - true[1],
        "is_covered": float(interval["ci_low"] <= 75.0 <= interval["ci_high"]),
        "vehicle_found": means.loc["vehicle", "peak_dff"],
        "blocked": means.loc["antagonist_agonist", "peak_dff_true"],
        "blocked_found": means.loc["antagonist_agonist", "peak_dff"],
        "cells_found_percent": 100 * table["n_cells"].sum() / table["n_cells_true"].sum(),
    }


def main() -> None:
    """Print a table for each road, with means over the seeds."""
    n_seeds = int(sys.argv[1]) if len(sys.argv) > 1 else N_SEEDS
    roads: dict[str, dict[str, Any]] = {
        "default": {},
        "bleaching from vehicle dishes": {"bleaching": "reference"},
        "true outlines": {"true_outlines": True},
    }
    for name, road in roads.items():
        rows = []
        for seed in range(n_seeds):
            rows.append(experiment_errors(seed, **road))
            print(".", end="", flush=True)
        table = pd.DataFrame(rows).set_index("seed")
        print(f"\n{name}")
        print(table.round(3).to_string())
        print(table.agg(["mean", "std"]).round(3).to_string())


if __name__ == "__main__":
    main()
