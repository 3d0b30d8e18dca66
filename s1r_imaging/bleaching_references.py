"""Untreated recordings beside a treated one, in which bleaching is measured: ``bleaching="reference"``."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from s1r_imaging.errors import S1RImagingError
from s1r_imaging.imaging.extract import TraceOptions
from s1r_imaging.imaging.motion import MotionOptions
from s1r_imaging.imaging.segment import SegmentationOptions
from s1r_imaging.io.recording import RecordingOptions, read_recording
from s1r_imaging.measurement import File, measure_traces
from s1r_imaging.progress import Progress, silent
from s1r_imaging.recording import Recording, Traces

References = Traces | Recording | File | Sequence[Traces | Recording | File]
"""Untreated recordings: files, recordings that are open, or their traces."""


def open_references(references: References | None, reading: RecordingOptions) -> tuple[Traces | Recording, ...]:
    """Open untreated recordings, without reading their pixels.

    Parameters
    ----------
    references : path, Recording, Traces, or sequence of these, optional
        The recordings.
    reading : RecordingOptions
        How the files are read: as the treated recording is, but for its name.

    Returns
    -------
    tuple of Recording or Traces
        In the same order.

    Raises
    ------
    S1RImagingError
        If a file cannot be used.
    TypeError
        If one of them is something else.
    """
    options = replace(reading, name=None).to_dict()
    return tuple(_open_reference(item, options) for item in references_given(references))


def references_given(references: References | None) -> tuple[Traces | Recording | File, ...]:
    """Return untreated recordings as a tuple, also where one or none is given."""
    if references is None:
        return ()
    if isinstance(references, Traces | Recording | str | os.PathLike):
        return (references,)
    return tuple(references)


def reference_traces(
    references: Iterable[Traces | Recording],
    *,
    motion: MotionOptions | None,
    segmentation: SegmentationOptions,
    traces: TraceOptions,
    progress: Progress = silent,
) -> tuple[Traces, ...]:
    """Measure the traces of untreated recordings, in which bleaching is then measured.

    Parameters
    ----------
    references : iterable of Recording or Traces
        What `open_references` returned; traces are taken as they are.
    motion, segmentation, traces : MotionOptions or None, SegmentationOptions, TraceOptions
        How the treated recording is measured. Their cells are found. A background region lies in one field only:
        in place of ``"region"`` they have the default background.
    progress : callable
        Told how far each stage is.

    Returns
    -------
    tuple of Traces
        In the same order, without ΔF/F0.

    Raises
    ------
    S1RImagingError
        If no cells are found in one of them.
    """
    given, found = tuple(references), []
    for number, item in enumerate(given, start=1):
        if not isinstance(item, Recording):
            found.append(item)
            continue
        measured = measure_traces(
            item,
            motion=motion,
            segmentation=segmentation,
            traces=for_any_field(traces),
            progress=_saying(progress, f"untreated {number} of {len(given)}"),
        ).traces
        if not measured.n_cells:
            raise S1RImagingError(
                f"{item.source or item.name}: no cells were found, so bleaching cannot be measured in it; leave "
                "it out, or change how cells are found."
            )
        found.append(measured)
    return tuple(found)


def _saying(progress: Progress, words: str) -> Progress:
    def tell(stage: str, done: int, total: int, /) -> None:
        progress(f"{words}: {stage}", done, total)

    return tell


def _open_reference(item: Any, options: dict[str, Any]) -> Traces | Recording:
    if isinstance(item, Traces | Recording):
        return item
    if isinstance(item, str | os.PathLike):
        return read_recording(item, **options)
    raise TypeError(f"bleaching_reference holds a {type(item).__name__}: expected a file, Recording or Traces.")


def for_any_field(options: TraceOptions) -> TraceOptions:
    """Return options that hold for other fields too: a background region lies in one only."""
    if options.background != "region":
        return options
    return replace(options, background=TraceOptions.background)
