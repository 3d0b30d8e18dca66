"""What an experiment keeps of each recording, so that a second run does only what is missing or changed.

Each recording, or plate, has a folder of its own below ``recordings/``; its ``kept.json`` says what the results
were made from: digests of the file and of given labels, the events, the options of every stage, the version.
"""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from s1r_imaging.calcium.responses import RESPONSE_DTYPES
from s1r_imaging.errors import S1RImagingError
from s1r_imaging.experiment.design import row_events
from s1r_imaging.experiment_jobs import MEAN_TRACE_DTYPES, RECORDING_DTYPES, Job, Measured, given
from s1r_imaging.experiment_options import ExperimentOptions
from s1r_imaging.io.files import safe_name
from s1r_imaging.io.mappings import plain
from s1r_imaging.io.results import MANIFEST, read_table, write_folder
from s1r_imaging.provenance import digest_array, package_version
from s1r_imaging.recording import Event, Recording
from s1r_imaging.results_parts import source_record

KEPT_FOLDER = "recordings"
_RECORD = "kept.json"
_PICTURE = "cells.png"
_READING = ("channel", "frame_interval_s", "pixel_size_um", "well")


def made_from(
    job: Job, options: ExperimentOptions, *, references: Sequence[Mapping[str, Any]] = ()
) -> dict[str, Any]:
    """Return everything that the results of a job depend on, as plain values.

    Parameters
    ----------
    job : Job
        The file and its rows of the design; the file is read to digest it.
    options : ExperimentOptions
        Options of every stage.
    references : sequence of mapping
        The same of the recordings in which bleaching is measured.

    Returns
    -------
    dict
        Equal for two runs that must give the same numbers.

    Raises
    ------
    S1RImagingError
        If a file cannot be read.
    """
    rows = [
        {"recording": str(row["recording"]), "events": [vars(event) for event in row_events(row)]}
        | {name: given(row, name) for name in _READING}
        for row in job.rows
    ]
    made: dict[str, Any] = plain(
        {
            "version": package_version(),
            "source": _digest(job.source),
            "labels": None if job.labels is None else _digest(job.labels),
            "rows": rows,
            "references": references,
            "options": options.analysis.to_dict()
            | ({"plate_reader": options.plate_reader.to_dict()} if job.is_plate else {}),
        }
    )
    return made


def kept_folder(folder: Path, job: Job) -> Path:
    """Return where the results of a job are kept."""
    return folder / KEPT_FOLDER / safe_name(job.name)


def keep(folder: Path, job: Job, made: Mapping[str, Any], measured: Measured) -> None:
    """Write the results of a job into its folder, whole or not at all.

    Parameters
    ----------
    folder : Path
        Folder of the experiment.
    job : Job
        The file and its rows of the design.
    made : mapping
        What `made_from` returned.
    measured : Measured
        The results.

    Raises
    ------
    S1RImagingError
        If the folder cannot be written, or holds files that are no earlier result.
    """
    record = {
        "made_from": made,
        "recordings": measured.recordings.to_dict("records"),
        "events": {name: [vars(event) for event in events] for name, events in measured.events.items()},
    }
    files = {**measured.files, "mean_traces.csv": measured.mean_traces, _RECORD: record}
    write_folder(kept_folder(folder, job), files, overwrite=True)


def find_kept(folder: Path, job: Job, made: Mapping[str, Any]) -> Measured | None:
    """Read back the results of a job, where an earlier run made them from the same.

    Parameters
    ----------
    folder : Path
        Folder of the experiment.
    job : Job
        The file and its rows of the design.
    made : mapping
        What `made_from` returned.

    Returns
    -------
    Measured or None
        The results, with status ``kept``; None where there are none, or they were made from something else.
    """
    place = kept_folder(folder, job)
    with suppress(OSError, ValueError, KeyError, TypeError, S1RImagingError):
        record = json.loads((place / _RECORD).read_text(encoding="utf-8"))
        if record["made_from"] == made and (place / MANIFEST).is_file():
            return _read(place, record)
    return None


def _read(place: Path, record: Mapping[str, Any]) -> Measured:
    rows = pd.DataFrame(record["recordings"])
    rows["status"] = rows["status"].replace("done", "kept")  # a well that the plate does not hold stays failed
    numbers = [name for name, dtype in RECORDING_DTYPES.items() if dtype == "float64"]
    rows[numbers] = rows[numbers].astype(object).where(rows[numbers].notna(), np.nan)
    responses = read_table(place / "responses.csv", text=("recording", "event"))
    picture = place / _PICTURE
    return Measured(
        recordings=rows[list(RECORDING_DTYPES)].astype(RECORDING_DTYPES),
        responses=responses[list(RESPONSE_DTYPES)].astype(RESPONSE_DTYPES),
        mean_traces=read_table(place / "mean_traces.csv", text=("recording",)).astype(MEAN_TRACE_DTYPES),
        events={name: tuple(Event(**event) for event in events) for name, events in record["events"].items()},
        picture=picture.read_bytes() if picture.is_file() else None,
    )


def _digest(source: Path | Recording) -> str:
    if isinstance(source, Recording):
        frames = [digest_array(np.asarray(source.data[number])) for number in range(source.n_frames)]
        facts = [source.pixel_size_um, source.saturation_level, [vars(event) for event in source.events]]
        return digest_array(np.frombuffer(json.dumps([frames, digest_array(source.time_s), facts]).encode(), "u1"))
    try:
        record = source_record(source)
    except OSError as error:
        raise S1RImagingError(f"{source} cannot be read: {error.strerror or error}.") from error
    return record["digest"] if record else ""
