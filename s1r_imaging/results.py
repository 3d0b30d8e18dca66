"""The results folder: tables, labels, pictures, and the record from which the run can be repeated."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from s1r_imaging import plots
from s1r_imaging.analysis import Analysis
from s1r_imaging.flags import FLAG_MEANING, flag_names
from s1r_imaging.io.labels import write_labels, write_rois
from s1r_imaging.io.results import Content, write_folder
from s1r_imaging.progress import Progress, silent
from s1r_imaging.provenance import digest_array
from s1r_imaging.recording import Recording, Traces
from s1r_imaging.results_parts import picture_files, provenance, source_record
from s1r_imaging.runfile import run_of

LABELS_FILE = "labels.tif"
REGION_FILE = "background_region.tif"


def write_results(
    analysis: Analysis,
    folder: str | os.PathLike[str],
    *,
    overwrite: bool = False,
    progress: Progress = silent,
) -> Path:
    """Write everything an analysis found into one folder, whole or not at all.

    Parameters
    ----------
    analysis : Analysis
        What `analyze_recording` returned.
    folder : path
        Folder to make.
    overwrite : bool
        Replace a results folder of that name.
    progress : callable
        Told how many files are written.

    Returns
    -------
    Path
        The folder. It holds ``responses.csv``, ``cells.csv``, ``traces.csv`` (and ``shifts.csv`` after motion
        correction), ``labels.tif`` and ``rois.zip`` (and ``background_region.tif`` where one was given),
        ``overview.png`` and ``pictures/``, ``run.toml`` that
        repeats the run, and ``provenance.json``.

    Raises
    ------
    S1RImagingError
        If the folder exists, cannot be written, or the disk is full; nothing is left behind then.
    """
    return write_folder(folder, result_files(analysis, progress=progress), overwrite=overwrite, progress=progress)


def result_files(analysis: Analysis, *, progress: Progress = silent) -> dict[str, Content]:
    """Return the files of the results folder of one recording.

    Parameters
    ----------
    analysis : Analysis
        What `analyze_recording` returned.
    progress : callable, optional
        Told how much of the recording's file was read again, for its digest.

    Returns
    -------
    dict
        Relative name to content, for `write_folder`; a picture is drawn when its file is written.
    """
    return _tables(analysis) | _labels(analysis) | _pictures(analysis) | _record(analysis, progress)


def trace_table(traces: Traces) -> pd.DataFrame:
    """Return traces as a tidy table, one row per cell and frame.

    Parameters
    ----------
    traces : Traces
        Traces of n_cells over T frames.

    Returns
    -------
    DataFrame
        Columns ``recording, label, time_s, f, f_background``, and ``f0, dff`` where they are known.
    """
    n_cells, n_frames = traces.f.shape
    matrices = {"f": traces.f, "f_background": traces.f_background, "f0": traces.f0, "dff": traces.dff}
    return pd.DataFrame(
        {
            "recording": traces.name,
            "label": traces.labels.repeat(n_frames),
            "time_s": np.tile(traces.time_s, n_cells),
        }
        | {name: values.ravel() for name, values in matrices.items() if values is not None}
    )


def _tables(analysis: Analysis) -> dict[str, Content]:
    recording, traces = analysis.recording, analysis.traces
    tables: dict[str, Content] = {
        "responses.csv": _named_flags(analysis.responses),
        "cells.csv": _named_flags(traces.cells),
        "traces.csv": trace_table(traces),
    }
    if recording.shifts_px is not None:
        tables["shifts.csv"] = _shift_table(recording)
    return tables


def _named_flags(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(flag_names=[flag_names(flags) for flags in table["flags"]])


def _shift_table(recording: Recording) -> pd.DataFrame:
    assert recording.shifts_px is not None  # noqa: S101  (the caller asked)
    y, x = recording.shifts_px.T
    table = pd.DataFrame({"time_s": recording.time_s, "shift_y_px": y, "shift_x_px": x})
    return table if recording.moved is None else table.assign(moved=recording.moved)


def _labels(analysis: Analysis) -> dict[str, Content]:
    files: dict[str, Content] = {
        LABELS_FILE: lambda path: write_labels(path, analysis.labels),
        "rois.zip": lambda path: write_rois(path, analysis.labels),
    }
    region = analysis.background_region
    if region is not None:
        files[REGION_FILE] = lambda path: write_labels(path, region.astype(np.int32))
    return files


def _pictures(analysis: Analysis) -> dict[str, Content]:
    recording, traces, responses = analysis.recording, analysis.traces, analysis.responses

    def of(axes: Any) -> Figure:
        figure: Figure = axes.flat[0].figure if hasattr(axes, "flat") else axes.figure
        return figure

    pictures: dict[str, Callable[[], Figure]] = {
        "overview": lambda: plots.overview_figure(
            analysis.images.mean,
            analysis.labels,
            traces,
            responses,
            pixel_size_um=recording.pixel_size_um,
        ),
        "cells": lambda: of(
            plots.plot_cells(analysis.images.mean, analysis.labels, pixel_size_um=recording.pixel_size_um)
        ),
        "heatmap": lambda: of(plots.plot_heatmap(traces, responses)),
        "mean_trace": lambda: of(plots.plot_mean_trace(traces, responses)),
        "traces": lambda: of(plots.plot_traces(traces, responses)),
        "responses": lambda: of(plots.plot_response_distributions(responses)),
        "quality": lambda: of(plots.plot_quality(traces, responses, shifts_px=recording.shifts_px)),
    }
    return picture_files(pictures)


def _record(analysis: Analysis, progress: Progress) -> dict[str, Content]:
    labels = Path(LABELS_FILE) if analysis.labels_given else None
    references = analysis.bleaching_reference
    run = run_of(
        analysis.recording,
        analysis.options,
        labels=labels,
        background_region=None if analysis.background_region is None else Path(REGION_FILE),
        bleaching_reference=references,
    )
    also = (
        {"bleaching_reference": [source_record(path, progress=progress) for path in references]}
        if references
        else {}
    )
    record = provenance(
        FLAG_MEANING,
        source=source_record(run.source, progress=progress),
        **also,
        labels=digest_array(analysis.labels),
        history=list(analysis.traces.history),
        run=run.to_dict(),
    )
    return {"run.toml": run.to_dict(), "provenance.json": record}
