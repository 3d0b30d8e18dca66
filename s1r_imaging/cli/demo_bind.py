"""``s1r-imaging demo-bind``: simulate the overview's assay, analyse its files, and compare with the truth."""

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from s1r_imaging.binding_analysis import BindingAnalysis, analyze_binding
from s1r_imaging.binding_results import write_binding_results
from s1r_imaging.binding_summary import binding_summary_lines
from s1r_imaging.io.results import check_folder
from s1r_imaging.samples import COUNTS_FILE, MAP_FILE, sample_assay, write_sample_plate
from s1r_imaging.simulate import BindingPlateTruth, simulate_binding_plate


def add_command(commands: "argparse._SubParsersAction[Any]") -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "demo-bind",
        help="analyse simulated competition plates",
        description="Simulate three plates of haloperidol, PRE-084 and pridopidine against [3H]-(+)-pentazocine "
        "on guinea pig brain membranes, analyse the counter's file, and say how far the answer is from the truth.",
    )
    parser.add_argument(
        "--output", type=Path, default=Path("s1r-imaging-demo-bind"), metavar="FOLDER", help="results folder"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace existing folders")
    parser.add_argument("--seed", type=int, default=0, help="another number makes other plates [default: 0]")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Simulate, analyse from the files, and compare with the truth."""
    folder: Path = arguments.output
    sample = folder.with_name(f"{folder.name}-sample")
    for place in (sample, folder):
        check_folder(place, overwrite=arguments.overwrite)
    plate, truth = simulate_binding_plate(seed=arguments.seed)
    write_sample_plate(sample, plate, overwrite=arguments.overwrite)
    analysis = analyze_binding(sample / COUNTS_FILE, plate_map=sample / MAP_FILE, **sample_assay(truth))
    write_binding_results(analysis, folder, overwrite=arguments.overwrite)
    print("\n".join(binding_summary_lines(analysis)))
    print(truth_line(analysis, truth))
    print(f"The counts are in {sample}, the results in {folder}; look at {folder / 'overview.png'} first.")


def truth_line(analysis: BindingAnalysis, truth: BindingPlateTruth) -> str:
    """Say how far the pKi found are from the true ones of their experiments.

    Parameters
    ----------
    analysis : BindingAnalysis
        What was found.
    truth : BindingPlateTruth
        What is so.

    Returns
    -------
    str
        One sentence.
    """
    true = truth.experiments.astype({"experiment": str}).set_index(["experiment", "compound"])["pki"]
    found = analysis.affinities.astype({"experiment": str}).set_index(["experiment", "compound"])
    both = found.join(true.rename("true"))
    error = (both["pki"] - both["true"]).to_numpy(dtype=float)
    inside = (both["pki_ci_low"] <= both["true"]) & (both["true"] <= both["pki_ci_high"])
    return (
        f"Truth: the intervals hold the true pKi in {int(inside.sum())} of {len(both)} cases; median error of pKi "
        f"{np.nanmedian(np.abs(error)):.2f}, largest {np.nanmax(np.abs(error)):.2f}."
    )
