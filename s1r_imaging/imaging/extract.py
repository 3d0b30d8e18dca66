"""Traces: the mean of each cell's pixels in every frame, and the background under it."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from s1r_imaging.flags import CellFlag
from s1r_imaging.imaging.background import Background, BackgroundMethod, find_background
from s1r_imaging.imaging.blocks import iter_blocks
from s1r_imaging.imaging.cellsums import CellSums
from s1r_imaging.imaging.saturation import SaturationCount, top_codes
from s1r_imaging.io.labels import check_labels
from s1r_imaging.options import Options, option
from s1r_imaging.progress import Progress, silent
from s1r_imaging.provenance import Step, digest_array
from s1r_imaging.recording import Recording, Traces


@dataclass(frozen=True, kw_only=True)
class TraceOptions(Options):
    """How traces and their background are extracted."""

    section: ClassVar[str] = "traces"

    background: BackgroundMethod | float = option(
        "percentile",
        "Background: darkest cell-free pixels, a ring around each cell, a region that is given, none, "
        "or a constant (counts).",
    )
    background_percentile: float = option(
        30.0, "Percentile of their neighbourhood below which cell-free pixels count as dark.", gt=0, le=100
    )
    background_gap_um: float | None = option(
        None,
        "Distance of cell-free pixels from cells (µm); an eighth of the median cell diameter if not given.",
        ge=0,
    )
    background_gap_px: float | None = option(
        None, "The same in pixels, for recordings without a pixel size.", ge=0
    )


def extract_traces(
    recording: Recording,
    labels: ArrayLike,
    *,
    background: BackgroundMethod | float = TraceOptions.background,
    background_percentile: float = TraceOptions.background_percentile,
    background_gap_um: float | None = TraceOptions.background_gap_um,
    background_gap_px: float | None = TraceOptions.background_gap_px,
    background_region: ArrayLike | None = None,
    progress: Progress = silent,
) -> Traces:
    """Average the pixels of each cell in every frame, and estimate the background under it.

    ``f`` equals ``scipy.ndimage.mean(frame, labels, label)`` for every frame and type of number. The frames
    are read once, block by block (and at most 100 of them a second time to find the background).

    Parameters
    ----------
    recording : Recording
        The recording, T frames of (Y, X) pixels.
    labels : array_like of int, shape (Y, X)
        Cells; 0 is background. Labels need not be consecutive.
    background : {'percentile', 'ring', 'region', 'none'} or float
        Where the background comes from:

        - ``'percentile'``: the dark cell-free pixels, which follow haze and vignette across the field;
        - ``'ring'``: the cell-free pixels around each cell;
        - ``'region'``: the pixels of `background_region`;
        - ``'none'``: zero;
        - a number: the same counts everywhere and always, such as the camera's offset.
    background_percentile : float
        Percentile (of the time average) below which cell-free pixels count as dark.
    background_gap_um : float, optional
        Distance of cell-free pixels from cells (µm); an eighth of the median cell diameter when neither gap
        is given. It is made smaller where it leaves too few pixels.
    background_gap_px : float, optional
        The same in pixels.
    background_region : array_like of bool, shape (Y, X), optional
        Cell-free region; goes with ``background='region'``.
    progress : callable, optional
        Told how many frames are done.

    Returns
    -------
    Traces
        One row per label, ascending: `f`, `f_background`, `saturated` (None for floating-point data whose
        saturation level is not known), and ``cells`` with ``area_px, area_um2, centroid_y_px,
        centroid_x_px, flags``. Flags: EDGE (touches the border, or comes as near to it as the field was
        shifted), SATURATED, NOT_FINITE, CONSTANT, BACKGROUND_UNCERTAIN.

    Raises
    ------
    TypeError
        If `recording` is no `Recording`, or labels are no whole numbers.
    ValueError
        If an option is not allowed, labels are negative or of another shape, or the region is missing,
        empty or of another shape.

    Notes
    -----
    Saturation: pixels at or above ``recording.saturation_level`` are counted; without a level, pixels of
    integer data at the recording's largest value, if that value is a camera's top code (see `top_codes`).

    A pixel that is not a finite number makes the trace of its cell NaN in that frame.

    Examples
    --------
    >>> stack = np.full((3, 8, 8), 100.0)
    >>> stack[:, 2:4, 2:4] += np.array([10.0, 20.0, 40.0])[:, None, None]
    >>> labels = np.zeros((8, 8), dtype=np.int32)
    >>> labels[2:4, 2:4] = 7
    >>> traces = extract_traces(Recording(stack, time_s=[0, 1, 2]), labels, background=100.0)
    >>> (traces.f - traces.f_background).tolist(), traces.labels.tolist()
    ([[10.0, 20.0, 40.0]], [7])
    """
    options = TraceOptions(
        background=background,
        background_percentile=background_percentile,
        background_gap_um=background_gap_um,
        background_gap_px=background_gap_px,
    )
    if not isinstance(recording, Recording):
        raise TypeError(f"recording is a {type(recording).__name__}: expected a Recording; wrap the array in one.")
    cells = check_labels(labels, recording.frame_shape)
    sums = CellSums(cells)
    step = _step(options, cells, background_region)
    gap_px = _gap_px(recording, options)
    if not sums.index.size:
        return _no_cells(recording, step)
    found = find_background(
        recording.data,
        cells,
        sums,
        method=background,
        percentile=background_percentile,
        gap_px=gap_px,
        region=background_region,
    )
    f, f_background, saturation = _stream(recording, sums, found, progress)
    table = _cell_table(recording, sums)
    at_edge = np.isin(sums.index, labels_at_edge(recording, cells))
    table["flags"] = _flags(f, saturation.counts, at_edge=at_edge, is_uncertain=found.is_uncertain)
    return Traces(
        recording.time_s,
        f,
        f_background=np.broadcast_to(f_background, f.shape),
        cells=table,
        saturated=saturation.counts if saturation.is_known else None,
        moved=recording.moved,
        events=recording.events,
        name=recording.name,
        history=(*recording.history, step),
    )


def _no_cells(recording: Recording, step: Step) -> Traces:
    columns = {"area_px": np.int64, "area_um2": float, "centroid_y_px": float, "centroid_x_px": float}
    return Traces(
        recording.time_s,
        np.empty((0, recording.n_frames)),
        cells=pd.DataFrame(
            {name: np.empty(0, dtype=kind) for name, kind in (columns | {"flags": np.int64}).items()}
        ),
        moved=recording.moved,
        events=recording.events,
        name=recording.name,
        history=(*recording.history, step),
    )


def _step(options: TraceOptions, cells: NDArray[np.int32], region: ArrayLike | None) -> Step:
    given = options.to_dict()
    if region is not None:
        given["background_region"] = digest_array(np.asarray(region, dtype=bool))
    return Step(name="extract_traces", options=given, input_digest=digest_array(cells))


def _gap_px(recording: Recording, options: TraceOptions) -> float | None:
    if options.background_gap_um is None:
        return options.background_gap_px
    if options.background_gap_px is not None:
        raise ValueError(
            f"background_gap_um={options.background_gap_um!r} and background_gap_px={options.background_gap_px!r} "
            "are both given: give one of them."
        )
    if recording.pixel_size_um is None:
        raise ValueError(
            f"background_gap_um={options.background_gap_um!r}, but the recording has no pixel size: "
            "give background_gap_px, or pixel_size_um when the recording is read."
        )
    return options.background_gap_um / recording.pixel_size_um


def _stream(
    recording: Recording, sums: CellSums, found: Background, progress: Progress
) -> tuple[NDArray[np.float64], NDArray[np.float64], SaturationCount]:
    """Read the frames once; return traces, background and saturated pixels."""
    n_frames = recording.n_frames
    area = sums.area_px.astype(np.float64)
    f = np.empty((area.size, n_frames))
    f_background = np.empty((found.n_rows, n_frames))
    saturation = SaturationCount(
        sums,
        n_frames,
        level=recording.saturation_level,
        codes=top_codes(recording.data.dtype, recording.bit_depth),
    )
    progress("traces", 0, n_frames)
    for start, block in iter_blocks(recording.data):
        stop = start + len(block)
        f[:, start:stop] = sums.sums_of_frames(block) / area[:, np.newaxis]
        f_background[:, start:stop] = found.under_cells(block)
        saturation.add(start, block)
        progress("traces", stop, n_frames)
    return f, f_background, saturation


def _cell_table(recording: Recording, sums: CellSums) -> pd.DataFrame:
    centre = sums.centroids()
    pixel_area = np.nan if recording.pixel_size_um is None else recording.pixel_size_um**2
    area = sums.area_px.astype(np.float64)
    return pd.DataFrame(
        {
            "area_px": sums.area_px,
            "area_um2": area * pixel_area,
            "centroid_y_px": centre[:, 0],
            "centroid_x_px": centre[:, 1],
        },
        index=pd.Index(sums.index.astype(np.int64), name="label"),
    )


def _flags(
    f: NDArray[np.float64],
    saturated: NDArray[np.int64],
    *,
    at_edge: NDArray[np.bool_],
    is_uncertain: NDArray[np.bool_],
) -> NDArray[np.int64]:
    reasons = {
        CellFlag.EDGE: at_edge,
        CellFlag.SATURATED: saturated.any(axis=1),
        CellFlag.NOT_FINITE: ~np.isfinite(f).all(axis=1),
        CellFlag.CONSTANT: (f == f[:, :1]).all(axis=1),
        CellFlag.BACKGROUND_UNCERTAIN: is_uncertain,
    }
    flags = np.zeros(len(f), dtype=np.int64)
    for flag, is_set in reasons.items():
        flags[is_set] |= int(flag)
    return flags


def _edge_width_px(recording: Recording) -> int:
    """Return how far from the border pixels may have been made up by motion correction, at least 1."""
    if recording.shifts_px is None:
        return 1
    still = np.ones(recording.n_frames, dtype=bool) if recording.moved is None else ~recording.moved
    return max(1, int(np.ceil(np.abs(recording.shifts_px[still]).max(initial=0) - 0.5)))


def labels_at_edge(recording: Recording, labels: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the cells that touch the border, or come as near to it as the field was shifted.

    Parameters
    ----------
    recording : Recording
        The recording.
    labels : array of int32, shape (Y, X)
        Cells; 0 is background.

    Returns
    -------
    array of int32
        Their labels, ascending; 0 where background touches the border.
    """
    width = _edge_width_px(recording)
    inside = np.zeros(labels.shape, dtype=bool)
    inside[width:-width, width:-width] = True
    return np.unique(labels[~inside])
