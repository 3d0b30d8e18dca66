"""The first half of the main road: recording → cells → traces."""

import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from s1r_imaging.imaging.background import check_region
from s1r_imaging.imaging.extract import TraceOptions, extract_traces
from s1r_imaging.imaging.motion import MotionOptions, correct_motion
from s1r_imaging.imaging.segment import SegmentationOptions, segment_cells
from s1r_imaging.imaging.summary import SummaryImages, summary_images
from s1r_imaging.io.labels import check_labels, read_labels
from s1r_imaging.io.recording import RecordingOptions, read_recording
from s1r_imaging.progress import Progress, silent
from s1r_imaging.recording import Event, Recording, Traces

File = str | os.PathLike[str]


@dataclass(frozen=True, eq=False, kw_only=True)
class Measurement:
    """A recording and its traces.

    Attributes
    ----------
    recording : Recording
        What was measured, motion-corrected where that was asked for.
    images : SummaryImages
        Images that sum the recording up, each (Y, X).
    labels : array of int32, shape (Y, X)
        Cells; 0 is background.
    background_region : array of bool, shape (Y, X), or None
        Where the background was measured, if that was given.
    traces : Traces
        Fluorescence and background of each cell.
    """

    recording: Recording
    images: SummaryImages
    labels: NDArray[np.int32]
    background_region: NDArray[np.bool_] | None
    traces: Traces


def open_recording(
    stack: Any, reading: RecordingOptions, *, time_s: ArrayLike | None = None, events: Iterable[Event] = ()
) -> Recording:
    """Return a recording: read from a file or an array, or the one that is given.

    Parameters
    ----------
    stack : array_like of shape (T, Y, X), path or Recording
        What `analyze_recording` takes.
    reading : RecordingOptions
        How it is read; the defaults for a `Recording`.
    time_s : array_like, shape (T,), optional
        Time of each frame (s).
    events : iterable of Event
        In place of those of the recording, where there are any.

    Returns
    -------
    Recording
        The recording.

    Raises
    ------
    S1RImagingError
        If a file cannot be used.
    ValueError
        If a `Recording` is to be read in another way.
    """
    marks = tuple(events)
    if not isinstance(stack, Recording):
        return read_recording(stack, time_s=time_s, events=marks, **reading.to_dict())
    if time_s is not None or reading != RecordingOptions():
        raise ValueError(
            "time_s, frame_interval_s, pixel_size_um, name and options.recording say how a file or an array is "
            "read, but stack is a Recording: use dataclasses.replace(recording, ...) to change it."
        )
    return replace(stack, events=marks) if marks else stack


def measure_traces(
    recording: Recording,
    *,
    motion: MotionOptions | None,
    segmentation: SegmentationOptions,
    traces: TraceOptions,
    labels: ArrayLike | File | None = None,
    background_region: ArrayLike | File | None = None,
    progress: Progress = silent,
) -> Measurement:
    """Correct motion, find the cells, and measure their traces.

    Parameters
    ----------
    recording : Recording
        The recording.
    motion : MotionOptions or None
        How motion is corrected; None leaves it.
    segmentation : SegmentationOptions
        How cells are found, where none are given.
    traces : TraceOptions
        How traces and their background are extracted.
    labels : array_like of int, shape (Y, X), or path, optional
        Cells to use.
    background_region : array_like, shape (Y, X), or path, optional
        Where the background is measured, for ``background="region"``: every pixel that is not zero.
    progress : callable
        Told how far each stage is.

    Returns
    -------
    Measurement
        Cells, traces and what they were made from.

    Raises
    ------
    S1RImagingError
        If a file cannot be used.
    TypeError, ValueError
        If labels or region are wrong; before any work is done.
    """
    shape = recording.frame_shape
    cells = None if labels is None else _image(labels, shape)
    region = check_region(_mask(background_region, shape), traces.background, shape)
    if motion is not None:
        recording = correct_motion(recording, **motion.to_dict(), progress=progress)
    images = summary_images(recording, progress=progress)
    if cells is None:
        cells = segment_cells(recording, images=images, **segmentation.to_dict(), progress=progress)
    found = extract_traces(recording, cells, **traces.to_dict(), background_region=region, progress=progress)
    return Measurement(recording=recording, images=images, labels=cells, background_region=region, traces=found)


def read_region(path: File, *, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Read a region of the field from a label image or from ImageJ ROIs.

    Parameters
    ----------
    path : path
        What `read_labels` reads.
    shape : tuple of int
        Height and width of the recording's frames.

    Returns
    -------
    array of bool, shape (Y, X)
        True where the image is not zero, or inside any ROI.

    Raises
    ------
    S1RImagingError
        If the file cannot be used.
    """
    region: NDArray[np.bool_] = read_labels(path, shape=shape) != 0
    return region


def _image(labels: ArrayLike | File, shape: tuple[int, int]) -> NDArray[np.int32]:
    if isinstance(labels, str | os.PathLike):
        return read_labels(labels, shape=shape)
    return check_labels(labels, shape)


def _mask(region: ArrayLike | File | None, shape: tuple[int, int]) -> NDArray[np.bool_] | None:
    if region is None:
        return None
    if isinstance(region, str | os.PathLike):
        return read_region(region, shape=shape)
    mask: NDArray[np.bool_] = np.asarray(region) != 0
    return mask


def reading_of(recording: Recording) -> RecordingOptions:
    """Return how a recording was read, or, where it was made in memory, what a reader of its frames must be told.

    Parameters
    ----------
    recording : Recording
        The recording.

    Returns
    -------
    RecordingOptions
        From the history of the recording.
    """
    steps = [step.options for step in recording.history if step.name == "read_recording"]
    if not steps:
        facts = {name: getattr(recording, name) for name in ("name", "pixel_size_um", "saturation_level")}
        return RecordingOptions(**facts)
    known = RecordingOptions.__dataclass_fields__
    return RecordingOptions.from_dict({name: value for name, value in steps[0].items() if name in known})
