"""``s1r-imaging demo-experiment``: simulate an experiment, run it from its files, and compare with the truth."""

import argparse
from pathlib import Path
from typing import Any

import pandas as pd

from s1r_imaging.cli.experiment_summary import experiment_lines
from s1r_imaging.cli.run import analyse_into, shown_progress
from s1r_imaging.experiment_options import ExperimentOptions
from s1r_imaging.experiment_results import check_experiment_folder
from s1r_imaging.experiment_run import Experiment
from s1r_imaging.io.results import check_folder
from s1r_imaging.samples import DESIGN_FILE, write_sample_experiment
from s1r_imaging.simulate import ExperimentTruth


def add_command(commands: "argparse._SubParsersAction[Any]") -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "demo-experiment",
        help="analyse a simulated experiment",
        description="Simulate an experiment (on each of some days a dish with vehicle, agonist, antagonist, and "
        "both), run it from its files, and say how far the answer is from the truth.",
    )
    parser.add_argument(
        "--output", type=Path, default=Path("s1r-imaging-demo-experiment"), metavar="FOLDER", help="results folder"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace existing folders")
    parser.add_argument("--seed", type=int, default=0, help="another number makes other dishes [default: 0]")
    parser.add_argument("--days", type=int, default=3, metavar="N", help="number of days [default: 3]")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Simulate, run from the files, and compare with the truth."""
    folder: Path = arguments.output
    sample = folder.with_name(f"{folder.name}-sample")
    check_folder(sample, overwrite=arguments.overwrite)
    check_experiment_folder(folder, overwrite=arguments.overwrite)
    with shown_progress() as progress:
        truth = write_sample_experiment(
            sample, seed=arguments.seed, n_days=arguments.days, overwrite=arguments.overwrite, progress=progress
        )
        experiment = analyse_into(sample / DESIGN_FILE, folder, ExperimentOptions(), progress)
    print("\n".join(experiment_lines(experiment)))
    print(truth_line(experiment, truth))
    print(
        f"Recordings and design are in {sample}, the results in {folder}; look at {folder / 'report.html'} first."
    )


def truth_line(experiment: Experiment, truth: ExperimentTruth) -> str:
    """Say how far effect and block are from those of the simulated dishes.

    Parameters
    ----------
    experiment : Experiment
        What was found.
    truth : ExperimentTruth
        What is so.

    Returns
    -------
    str
        One sentence.
    """
    found = effect_and_block(experiment.recordings, experiment.design)
    true = effect_and_block(truth.dishes, experiment.design)
    return (
        f"Truth: agonist - vehicle {true[0]:.3f} ΔF/F0, found {found[0]:.3f} ({found[0] / true[0] - 1:+.1%}); "
        f"block {true[1]:.1f} %, found {found[1]:.1f} %."
    )


def effect_and_block(dishes: pd.DataFrame, design: pd.DataFrame) -> tuple[float, float]:
    """Return agonist minus vehicle (ΔF/F0), and the block (%), from the mean peak of each recording.

    Parameters
    ----------
    dishes : DataFrame
        ``recording, peak_dff``: the mean over the cells of a recording.
    design : DataFrame
        ``recording, role``.

    Returns
    -------
    effect, block : float
        Means over recordings.
    """
    peaks = dishes.set_index("recording")["peak_dff"]
    mean = {role: peaks.reindex(rows["recording"]).mean() for role, rows in design.groupby("role")}
    effect = float(mean["agonist"] - mean["vehicle"])
    return effect, 100 * (1 - float(mean["antagonist_agonist"] - mean["vehicle"]) / effect)
