"""Simulated data in files, as a microscope, a counter and their users would leave them."""

from pathlib import Path
from typing import Any

import pandas as pd

from s1r_imaging.io.events import format_events
from s1r_imaging.io.recording import write_recording
from s1r_imaging.io.results import Content, write_folder
from s1r_imaging.progress import Progress, silent
from s1r_imaging.simulate import (
    BindingPlateTruth,
    ExperimentTruth,
    RecordingTruth,
    simulate_experiment,
    simulate_recording,
)

RECORDING_FILE, EVENTS_FILE = "sample_dish.ome.tif", "events.txt"
DESIGN_FILE = "design.csv"
COUNTS_FILE, MAP_FILE = "counts.csv", "plate_map.csv"


def write_sample_recording(folder: Path, *, seed: int = 0, progress: Progress = silent) -> RecordingTruth:
    """Simulate a dish that gets an agonist, and write it as one TIFF with what was added when beside it.

    Parameters
    ----------
    folder : Path
        Folder to make.
    seed : int
        Seed of all chance.
    progress : callable
        Told how many frames are simulated.

    Returns
    -------
    RecordingTruth
        What is true of it.

    Raises
    ------
    S1RImagingError
        If the folder cannot be written.
    """
    recording, truth = simulate_recording(seed=seed, progress=progress)
    written: dict[str, Content] = {
        RECORDING_FILE: lambda path: write_recording(path, recording),
        EVENTS_FILE: format_events(recording.events),
    }
    write_folder(folder, written)
    return truth


def write_sample_experiment(
    folder: Path, *, seed: int = 0, n_days: int = 3, overwrite: bool = False, progress: Progress = silent
) -> ExperimentTruth:
    """Simulate an experiment and write it as a microscope and its user would: one TIFF a dish, and a design table.

    Parameters
    ----------
    folder : Path
        Folder to make.
    seed : int
        Seed of all chance.
    n_days : int
        Number of days.
    overwrite : bool
        Replace a folder that this function wrote.
    progress : callable
        Told how many recordings are simulated.

    Returns
    -------
    ExperimentTruth
        What is true of it.

    Raises
    ------
    S1RImagingError
        If the folder cannot be written.
    """
    recordings, design, truth = simulate_experiment(seed, n_days=n_days, progress=progress)
    files = [f"{recording.name}.ome.tif" for recording in recordings]
    table = design.assign(file=files, events=[format_events(recording.events) for recording in recordings])
    written: dict[str, Content] = {
        file: lambda path, recording=recording: write_recording(path, recording)  # type: ignore[misc]
        for file, recording in zip(files, recordings, strict=True)
    }
    write_folder(
        folder, written | {DESIGN_FILE: table.to_csv(index=False, lineterminator="\n")}, overwrite=overwrite
    )
    return truth


def write_sample_plate(folder: Path, plate: pd.DataFrame, *, overwrite: bool = False) -> None:
    """Write a simulated binding assay as the counter's file and the plate map of its user.

    Parameters
    ----------
    folder : Path
        Folder to make.
    plate : DataFrame
        As `s1r_imaging.simulate.simulate_binding_plate` returns it.
    overwrite : bool
        Replace a folder that this function wrote.

    Raises
    ------
    S1RImagingError
        If the folder cannot be written.
    """
    contents: dict[str, Content] = {COUNTS_FILE: counter_file(plate), MAP_FILE: plate_map(plate)}
    write_folder(folder, contents, overwrite=overwrite)


def sample_assay(truth: BindingPlateTruth) -> dict[str, Any]:
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
