"""What is measured in each file of an experiment: a recording with its cells, or the wells of a plate."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from s1r_imaging.analysis import Analysis, AnalysisOptions, analyze_recording
from s1r_imaging.calcium.dff import compute_dff
from s1r_imaging.calcium.responses import RESPONSE_DTYPES, measure_responses
from s1r_imaging.errors import S1RImagingError
from s1r_imaging.experiment.design import row_events
from s1r_imaging.experiment_jobs import (
    Job,
    Measured,
    cell_flags,
    failed_job,
    given,
    joined,
    mean_traces_of,
    recording_table,
)
from s1r_imaging.experiment_options import ExperimentOptions
from s1r_imaging.io.plate_reader import read_plate_reader
from s1r_imaging.io.recording import RecordingOptions
from s1r_imaging.measurement import measure_traces, open_recording
from s1r_imaging.plots import plot_cells
from s1r_imaging.plots.save import figure_bytes
from s1r_imaging.plots.style import figure_of
from s1r_imaging.progress import Progress
from s1r_imaging.recording import Event, Recording, Traces
from s1r_imaging.results import result_files, trace_table

_LEFT_OUT = ("pictures/", "overview.svg")  # five seconds for each of a hundred recordings; run.toml draws them
_PICTURE_DPI = 110


def measure_job(
    job: Job, options: ExperimentOptions, progress: Progress, *, references: Sequence[Traces] = ()
) -> Measured:
    """Read one file and measure the responses in it.

    Parameters
    ----------
    job : Job
        The file and its rows of the design.
    options : ExperimentOptions
        Options of every stage.
    progress : callable
        Told how far each stage is.
    references : sequence of Traces
        Untreated recordings in which bleaching is measured; a plate has wells of its own.

    Returns
    -------
    Measured
        What was found; warnings stand in the message of its rows.

    Raises
    ------
    S1RImagingError, TypeError, ValueError
        If the file cannot be used or what the design says of it is wrong.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        measured = (
            _measure_plate(job, options)
            if job.is_plate
            else _measure_recording(job, options.analysis, progress, references)
        )
    told = list(dict.fromkeys(str(warning.message) for warning in caught))
    return replace(measured, recordings=measured.recordings.assign(message=" ".join(told))) if told else measured


def extract_job(job: Job, options: ExperimentOptions, progress: Progress) -> Traces:
    """Return the traces of a recording as they are before ΔF/F0, to measure bleaching in."""
    source, analysis = _as_designed(job, options.analysis)
    recording = open_recording(source, analysis.recording, events=_events(job.rows[0]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # they are told when the recording itself is measured
        return measure_traces(
            recording,
            motion=analysis.motion,
            segmentation=analysis.segmentation,
            traces=analysis.traces,
            labels=job.labels,
            progress=progress,
        ).traces


def reading_options(row: Mapping[Any, Any], options: RecordingOptions) -> RecordingOptions:
    """Return how the file of a recording is read: as its row of the design says, else as the options do.

    Parameters
    ----------
    row : mapping
        A row of a checked design.
    options : RecordingOptions
        What holds for all recordings.

    Returns
    -------
    RecordingOptions
        With the name that the recording has in the design.
    """
    reading = {name: given(row, name) for name in ("channel", "frame_interval_s", "pixel_size_um")}
    said = {name: value for name, value in reading.items() if value is not None}
    return replace(options, name=str(row["recording"]), **said)


def _measure_recording(
    job: Job, options: AnalysisOptions, progress: Progress, references: Sequence[Traces]
) -> Measured:
    analysis = _analyze(job, options, progress, references)
    picture = _picture(analysis)
    files = {name: content for name, content in result_files(analysis).items() if not name.startswith(_LEFT_OUT)}
    return Measured(
        recordings=_recording_row(analysis),
        responses=analysis.responses,
        mean_traces=mean_traces_of(analysis.traces, [job.name]),
        events={job.name: analysis.recording.events},
        picture=picture,
        files=files | {"cells.png": picture},
    )


def _analyze(
    job: Job, options: AnalysisOptions, progress: Progress, references: Sequence[Traces] = ()
) -> Analysis:
    _check_references(options, len(references))
    source, options = _as_designed(job, options)
    return analyze_recording(
        source,
        events=_events(job.rows[0]),
        labels=job.labels,
        options=options,
        bleaching_reference=references,
        progress=progress,
    )


def _as_designed(job: Job, options: AnalysisOptions) -> tuple[Path | Recording, AnalysisOptions]:
    """Return what is read for a job, and how: as its row of the design says."""
    if isinstance(job.source, Recording):
        return replace(job.source, name=job.name), options
    return job.source, replace(options, recording=reading_options(job.rows[0], options.recording))


def _check_references(options: AnalysisOptions, n_references: int) -> None:
    if options.dff.bleaching == "reference" and not n_references:
        raise ValueError(
            "bleaching='reference' measures bleaching in vehicle recordings, but none could be read: "
            "add one to the design, or choose another bleaching."
        )


def _picture(analysis: Analysis) -> bytes:
    ax = plot_cells(analysis.images.mean, analysis.labels, pixel_size_um=analysis.recording.pixel_size_um)
    return figure_bytes(figure_of(ax), "png", dpi=_PICTURE_DPI)


def _recording_row(analysis: Analysis) -> pd.DataFrame:
    recording = analysis.recording
    shifts = recording.shifts_px
    row = cell_flags(analysis.responses) | {
        "recording": recording.name,
        "status": "done",
        "n_frames": recording.n_frames,
        "frame_interval_s": recording.frame_interval_s,
        "max_shift_px": np.nan if shifts is None else float(np.hypot(*shifts.T).max()),
        "n_moved_frames": 0 if recording.moved is None else int(recording.moved.sum()),
        "labels_given": analysis.labels_given,
    }
    return recording_table(pd.DataFrame([row]))


def _measure_plate(job: Job, options: ExperimentOptions) -> Measured:
    """Measure the wells of a plate; those that share the times of their events are measured together."""
    groups: dict[tuple[tuple[float, float | None], ...], list[Mapping[Any, Any]]] = {}
    for row in job.rows:
        times = tuple((event.start_s, event.end_s) for event in _events(row))
        groups.setdefault(times, []).append(row)
    parts: list[Measured] = []
    traces: list[pd.DataFrame] = []
    for rows in groups.values():
        there, measured = _measure_wells(job, rows, options)
        parts += measured
        traces += there
    responses = joined([part.responses for part in parts])
    tables = {"responses.csv": responses} | ({"traces.csv": joined(traces)} if traces else {})
    return Measured(
        recordings=joined([part.recordings for part in parts]),
        responses=responses,
        mean_traces=joined([part.mean_traces for part in parts]),
        events={name: events for part in parts for name, events in part.events.items()},
        files=tables,
    )


def _measure_wells(
    job: Job, rows: Sequence[Mapping[Any, Any]], options: ExperimentOptions
) -> tuple[list[pd.DataFrame], list[Measured]]:
    """Return the traces and the results of the wells that the file holds, and the rows of those it does not."""
    traces = _read_plate(job, rows, options)
    place = {str(well): number for number, well in enumerate(traces.cells["well"])}
    there = [row for row in rows if str(row["well"]) in place]
    parts = [
        failed_job(
            replace(job, rows=(row,)), S1RImagingError(f"{job.source} holds no values of well {row['well']}.")
        )
        for row in rows
        if str(row["well"]) not in place
    ]
    if not there:
        return [], parts
    traces = _rows_of(traces, [place[str(row["well"])] for row in there])
    is_vehicle = [number for number, row in enumerate(there) if row["role"] == "vehicle"]
    _check_references(options.analysis, len(is_vehicle))
    by_vehicle = options.analysis.dff.bleaching == "reference"
    traces = compute_dff(
        traces,
        **options.analysis.dff.to_dict(),
        bleaching_reference=_rows_of(traces, is_vehicle) if by_vehicle else None,
    )
    responses = measure_responses(traces, **options.analysis.responses.to_dict())
    names = {label: str(row["recording"]) for label, row in zip(traces.labels.tolist(), there, strict=True)}
    events = {str(row["recording"]): _events(row) for row in there}
    own_name = {
        (recording, shared.name): event.name
        for recording, own in events.items()
        for shared, event in zip(traces.events, own, strict=True)
    }
    of_row = responses["label"].map(names)
    pairs = zip(of_row, responses["event"], strict=True)
    names_of_events = [own_name.get(pair, pair[1]) for pair in pairs]
    responses = responses.assign(recording=of_row, event=names_of_events).astype(RESPONSE_DTYPES)
    kept = trace_table(traces)
    wells = Measured(
        recordings=_well_rows(traces, responses, names),
        responses=responses,
        mean_traces=mean_traces_of(traces, list(names.values())),
        events=events,
    )
    return [kept.assign(recording=kept["label"].map(names))], [*parts, wells]


def _read_plate(job: Job, rows: Sequence[Mapping[Any, Any]], options: ExperimentOptions) -> Traces:
    assert isinstance(job.source, Path)  # noqa: S101  (a job with wells has a file)
    reading, events = options.plate_reader.to_dict(), _events(rows[0])
    plate = given(rows[0], "plate")
    if plate is None or "plate" in reading:
        return read_plate_reader(job.source, events=events, **reading)
    try:  # the design may name the plate as the file does, which matters where it holds several
        return read_plate_reader(job.source, events=events, plate=str(plate), **reading)
    except S1RImagingError:
        return read_plate_reader(job.source, events=events, **reading)


def _events(row: Mapping[Any, Any]) -> tuple[Event, ...]:
    return tuple(sorted(row_events(row), key=lambda event: event.start_s))


def _rows_of(traces: Traces, rows: Sequence[int]) -> Traces:
    """Return some of the rows, in the given order."""
    index = np.asarray(rows, dtype=np.intp)
    matrices = {name: getattr(traces, name) for name in ("f", "f_background", "f0", "dff", "saturated")}
    chosen: dict[str, Any] = {name: None if value is None else value[index] for name, value in matrices.items()}
    return replace(traces, cells=traces.cells.iloc[index], **chosen)


def _well_rows(traces: Traces, responses: pd.DataFrame, names: Mapping[int, str]) -> pd.DataFrame:
    """Return one row of `Experiment.recordings` for each well."""
    rows = [
        cell_flags(responses[responses["label"] == label])
        | {
            "recording": name,
            "status": "done",
            "n_frames": len(traces.time_s),
            "frame_interval_s": traces.frame_interval_s,
        }
        for label, name in names.items()
    ]
    return recording_table(pd.DataFrame(rows))
