"""The main road in one call: recording → cells → traces → ΔF/F0 → responses."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from s1r_imaging.bleaching_references import References, open_references, reference_traces, references_given
from s1r_imaging.calcium.bleaching import check_is_reference
from s1r_imaging.calcium.dff import DffOptions, compute_dff
from s1r_imaging.calcium.responses import ResponseOptions, measure_responses
from s1r_imaging.imaging.extract import TraceOptions
from s1r_imaging.imaging.motion import MotionOptions
from s1r_imaging.imaging.segment import SegmentationOptions
from s1r_imaging.imaging.summary import SummaryImages
from s1r_imaging.io.recording import RecordingOptions
from s1r_imaging.measurement import measure_traces, open_recording, reading_of
from s1r_imaging.options import Options
from s1r_imaging.progress import Progress, silent
from s1r_imaging.recording import Event, Recording, Traces

STAGES: dict[str, type[Options]] = {
    options.section: options
    for options in (
        RecordingOptions,
        MotionOptions,
        SegmentationOptions,
        TraceOptions,
        DffOptions,
        ResponseOptions,
    )
}


@dataclass(frozen=True, kw_only=True)
class AnalysisOptions:
    """Options of every stage of `analyze_recording`.

    Attributes
    ----------
    recording : RecordingOptions
        How the file is read.
    motion : MotionOptions or None
        How motion is corrected; None leaves the recording as it is.
    segmentation : SegmentationOptions
        How cells are found; not used when labels are given.
    traces : TraceOptions
        How traces and their background are extracted.
    dff : DffOptions
        How bleaching, F0 and ΔF/F0 are computed.
    responses : ResponseOptions
        How responses are measured and called.
    """

    recording: RecordingOptions = field(default_factory=RecordingOptions)
    motion: MotionOptions | None = None
    segmentation: SegmentationOptions = field(default_factory=SegmentationOptions)
    traces: TraceOptions = field(default_factory=TraceOptions)
    dff: DffOptions = field(default_factory=DffOptions)
    responses: ResponseOptions = field(default_factory=ResponseOptions)

    def to_dict(self) -> dict[str, dict[str, Any]]:
        """Return one section of plain values per stage; without motion correction it has no section.

        Returns
        -------
        dict
            Stage name to its options, for TOML and JSON.
        """
        stages = {name: getattr(self, name) for name in STAGES}
        return {name: stage.to_dict() for name, stage in stages.items() if stage is not None}

    @classmethod
    def from_dict(cls, sections: Mapping[str, Mapping[str, Any]]) -> Self:
        """Make options from sections of plain values, as read from TOML.

        Parameters
        ----------
        sections : mapping
            Stage name to its options; a stage that is absent keeps its defaults, ``motion`` stays off.

        Returns
        -------
        AnalysisOptions
            The options.

        Raises
        ------
        ValueError
            If a section or an option is unknown, or a value is not allowed.
        """
        unknown = sorted(set(sections) - set(STAGES))
        if unknown:
            raise ValueError(f"unknown section [{unknown[0]}]: expected one of {', '.join(STAGES)}.")
        stages: dict[str, Any] = {name: STAGES[name].from_dict(values) for name, values in sections.items()}
        return cls(**stages)


@dataclass(frozen=True, eq=False, kw_only=True)
class Analysis:
    """Everything that `analyze_recording` made.

    Attributes
    ----------
    recording : Recording
        What was analysed, motion-corrected where that was asked for.
    images : SummaryImages
        Images that sum the recording up, each (Y, X).
    labels : array of int32, shape (Y, X)
        Cells; 0 is background.
    traces : Traces
        Fluorescence, background, F0 and ΔF/F0 of each cell.
    responses : DataFrame
        One row per cell and stimulus.
    options : AnalysisOptions
        The options that were used.
    labels_given : bool
        Whether the labels came from the caller rather than from segmentation.
    background_region : array of bool, shape (Y, X), or None
        Where the background was measured, for ``background="region"``.
    bleaching_reference : tuple of Path
        Files of the untreated recordings in which bleaching was measured; none where they were in memory.
    """

    recording: Recording
    images: SummaryImages
    labels: NDArray[np.int32]
    traces: Traces
    responses: pd.DataFrame
    options: AnalysisOptions
    labels_given: bool
    background_region: NDArray[np.bool_] | None = None
    bleaching_reference: tuple[Path, ...] = ()


def analyze_recording(
    stack: Any,
    *,
    events: Iterable[Event] = (),
    labels: ArrayLike | str | os.PathLike[str] | None = None,
    options: AnalysisOptions | None = None,
    time_s: ArrayLike | None = None,
    frame_interval_s: float | None = None,
    pixel_size_um: float | None = None,
    name: str | None = None,
    background_region: ArrayLike | str | os.PathLike[str] | None = None,
    bleaching_reference: References | None = None,
    progress: Progress = silent,
) -> Analysis:
    """Analyse one recording: find its cells, and measure their responses.

    Parameters
    ----------
    stack : array_like of shape (T, Y, X), path or Recording
        A file, folder or list of files, an array of camera counts (NumPy, Dask, Zarr), or a recording.
    events : iterable of Event
        What was added when; taken from the recording when none are given.
    labels : array_like of int, shape (Y, X), or path, optional
        Cells to use, as an array, a label image or an ImageJ ROI zip; found by `segment_cells` when not given.
    options : AnalysisOptions, optional
        Options of every stage; the defaults when not given.
    time_s : array_like, shape (T,), optional
        Time of each frame (s), where the file does not say or says wrong.
    frame_interval_s : float, optional
        Time between two frames (s), in place of `time_s`.
    pixel_size_um : float, optional
        Edge of a pixel (µm).
    name : str, optional
        Name of the recording in the tables; the file's name, or ``"recording"``, when not given.
    background_region : array_like of shape (Y, X), or path, optional
        A part of the field without cells, for ``background="region"``, as an array, a label image or an ImageJ
        ROI or ROI zip: every pixel that is not zero belongs to it. After motion correction it lies, as the
        labels do, in the corrected frames.
    bleaching_reference : path, Recording, Traces, or sequence of these, optional
        Untreated recordings under the same light, for ``bleaching="reference"``. Files and recordings are
        measured as this one is: read with the same options, their cells found, their bleaching left in; only
        the background region stays behind, for it lies in this field (they have the default background). Each
        file must know its frame times, unless ``frame_interval_s`` says them for all. Files are kept in the
        record of the run; of what was in memory only a digest is.
    progress : callable
        Told how far each stage is; see `s1r_imaging.progress`.

    Returns
    -------
    Analysis
        Labels, traces, responses and what they were made from.

    Raises
    ------
    S1RImagingError
        If a file cannot be used, for instance because it does not say its frame interval.
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> from s1r_imaging.simulate import simulate_recording
    >>> recording, truth = simulate_recording(seed=1)
    >>> result = analyze_recording(recording, labels=truth.labels)
    >>> len(result.responses) == result.traces.n_cells
    True
    """
    options = options or AnalysisOptions()
    reading = _reading(
        options.recording, frame_interval_s=frame_interval_s, pixel_size_um=pixel_size_um, name=name
    )
    recording = open_recording(stack, reading, time_s=time_s, events=events)
    references = open_references(bleaching_reference, reading_of(recording))
    check_is_reference(options.dff.bleaching, is_given=bool(references))
    how: Any = {name: getattr(options, name) for name in ("motion", "segmentation", "traces")}
    measured = measure_traces(
        recording, **how, labels=labels, background_region=background_region, progress=progress
    )
    traces = compute_dff(
        measured.traces,
        **options.dff.to_dict(),
        bleaching_reference=reference_traces(references, **how, progress=progress),
    )
    responses = measure_responses(traces, **options.responses.to_dict(), progress=progress)
    return Analysis(
        recording=measured.recording,
        images=measured.images,
        labels=measured.labels,
        traces=traces,
        responses=responses,
        options=options_as_read(options, recording),
        labels_given=labels is not None,
        background_region=measured.background_region,
        bleaching_reference=_files(bleaching_reference),
    )


def _reading(options: RecordingOptions, **given: float | str | None) -> RecordingOptions:
    values = options.to_dict() | {name: value for name, value in given.items() if value is not None}
    return RecordingOptions.from_dict(values)


def _files(references: References | None) -> tuple[Path, ...]:
    """Return the files of untreated recordings; none where any of them was in memory."""
    given = references_given(references)
    files = [Path(item).resolve() for item in given if isinstance(item, str | os.PathLike)]
    return tuple(files) if len(files) == len(given) else ()


def options_as_read(options: AnalysisOptions, recording: Recording) -> AnalysisOptions:
    """Return options that say how a recording was read, so that the record of the run holds it.

    Parameters
    ----------
    options : AnalysisOptions
        Options of every stage.
    recording : Recording
        What was analysed.

    Returns
    -------
    AnalysisOptions
        With ``recording`` from the history of the recording.
    """
    was_read = any(step.name == "read_recording" for step in recording.history)
    return replace(options, recording=reading_of(recording) if was_read else RecordingOptions())
