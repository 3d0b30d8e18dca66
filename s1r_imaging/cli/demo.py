"""``s1r-imaging demo``: simulate a recording, analyse it from its file, and compare with the truth."""

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from s1r_imaging.analysis import Analysis, analyze_recording
from s1r_imaging.cli.bars import Bars
from s1r_imaging.io.recording import write_recording
from s1r_imaging.io.results import check_folder
from s1r_imaging.results import write_results
from s1r_imaging.simulate import RecordingTruth, simulate_recording
from s1r_imaging.summary import summary_lines


def add_command(commands: "argparse._SubParsersAction[Any]") -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "demo",
        help="analyse a simulated recording",
        description="Simulate a dish of Fluo-4 loaded cells that get an agonist, analyse the recording from its "
        "file, and say how far the answer is from the truth.",
    )
    parser.add_argument(
        "--output", type=Path, default=Path("s1r-imaging-demo"), metavar="FOLDER", help="results folder"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace an existing folder")
    parser.add_argument("--seed", type=int, default=0, help="another number makes another dish [default: 0]")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Simulate, analyse from the file, and compare with the truth."""
    folder: Path = arguments.output
    sample = folder.with_name(f"{folder.name}-sample.ome.tif")
    check_folder(folder, overwrite=arguments.overwrite)
    with Bars() as progress:
        recording, truth = simulate_recording(seed=arguments.seed)
        write_recording(sample, recording, progress=progress)
        analysis = analyze_recording(sample, events=recording.events, progress=progress)
        write_results(analysis, folder, overwrite=arguments.overwrite, progress=progress)
    print("\n".join(summary_lines(analysis)))
    print(truth_line(analysis, truth))
    print(f"The recording is {sample}, the results are in {folder}; look at {folder / 'overview.png'} first.")


def truth_line(analysis: Analysis, truth: RecordingTruth) -> str:
    """Say how far the measured peaks are from the true ones, over the cells that were found.

    Parameters
    ----------
    analysis : Analysis
        What was found.
    truth : RecordingTruth
        What is so.

    Returns
    -------
    str
        One sentence.
    """
    found = matched_cells(analysis, truth)
    responses = analysis.responses.set_index("label")["peak_dff"].reindex(list(found))
    true = truth.cells["peak_dff"].reindex(list(found.values())).to_numpy(dtype=float)
    responding = truth.cells["responder"].reindex(list(found.values())).to_numpy(dtype=bool)
    error = np.abs(responses.to_numpy(dtype=float) / np.where(true > 0, true, np.nan) - 1)
    return (
        f"Truth: {len(found)} of {len(truth.cells)} cells found (half of the union overlaps); median error of "
        f"their peak ΔF/F0 {np.nanmedian(error[responding]):.1%}, over those that respond."
    )


def matched_cells(analysis: Analysis, truth: RecordingTruth) -> dict[int, int]:
    """Return found label → true label for pairs whose intersection is more than half of their union."""
    pairs = np.stack([analysis.labels.ravel(), truth.labels.ravel()])
    both, overlap = np.unique(pairs[:, (pairs > 0).all(axis=0)], axis=1, return_counts=True)
    found_area = np.bincount(pairs[0])
    true_area = np.bincount(pairs[1])
    union = found_area[both[0]] + true_area[both[1]] - overlap
    return {int(mine): int(real) for mine, real in both[:, overlap > 0.5 * union].T}
