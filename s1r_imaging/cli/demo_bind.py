"""``s1r-imaging demo-bind``: simulate the overview's assay, analyse its files, and compare with the truth."""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from s1r_imaging.binding_analysis import BindingAnalysis, analyze_binding
from s1r_imaging.binding_results import write_binding_results
from s1r_imaging.cli.binding_summary import binding_summary_lines
from s1r_imaging.io.results import check_folder, write_folder
from s1r_imaging.simulate import BindingPlateTruth, simulate_binding_plate

COUNTS_FILE, MAP_FILE = "counts.csv", "plate_map.csv"


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
    write_folder(
        sample, {COUNTS_FILE: counter_file(plate), MAP_FILE: plate_map(plate)}, overwrite=arguments.overwrite
    )
    analysis = analyze_binding(sample / COUNTS_FILE, plate_map=sample / MAP_FILE, **assay(truth))
    write_binding_results(analysis, folder, overwrite=arguments.overwrite)
    print("\n".join(binding_summary_lines(analysis)))
    print(truth_line(analysis, truth))
    print(f"The counts are in {sample}, the results in {folder}; look at {folder / 'overview.png'} first.")


def assay(truth: BindingPlateTruth) -> dict[str, Any]:
    """Return what the bench knows of the simulated assay, as options of `analyze_binding`."""
    made = truth.options
    return {
        "radioligand_nM": round(made.radioligand_M * 1e9, 9),
        "kd_nM": round(made.kd_M * 1e9, 9),
        "specific_activity_Ci_mmol": made.specific_activity_Ci_mmol,
        "counting_efficiency": made.counting_efficiency,
        "volume_uL": made.volume_uL,
        "counting_time_min": made.counting_time_min,
    }


def counter_file(plate: pd.DataFrame) -> str:
    """Write a plate as a counter exports it: one grid of counts per minute for each experiment.

    Parameters
    ----------
    plate : DataFrame
        Wells with columns ``experiment, well, signal``.

    Returns
    -------
    str
        CSV text.
    """
    blocks = []
    for experiment, rows in plate.groupby("experiment", sort=False):
        letters, numbers = rows["well"].str[0], rows["well"].str[1:].astype(int)
        grid = rows.assign(row=letters, column=numbers).pivot_table(index="row", columns="column", values="signal")
        text = grid.round(1).rename_axis(index=None, columns=None).to_csv(lineterminator="\n")
        blocks.append(f"Plate,{experiment}\nCPM\n{text}")
    return "\n".join(blocks)


def plate_map(plate: pd.DataFrame) -> pd.DataFrame:
    """Return the map of the first plate, which all share.

    Parameters
    ----------
    plate : DataFrame
        Wells with columns ``experiment, well, role, compound, concentration_M``.

    Returns
    -------
    DataFrame
        Columns ``well, role, compound, concentration (nM)``.
    """
    first = plate[plate["experiment"] == plate["experiment"].iloc[0]]
    return pd.DataFrame(
        {
            "well": first["well"].to_numpy(),
            "role": first["role"].to_numpy(),
            "compound": first["compound"].to_numpy(),
            "concentration (nM)": [float(f"{dose * 1e9:.6g}") for dose in first["concentration_M"]],
        }
    )


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
