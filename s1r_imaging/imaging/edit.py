"""After an edit of the cells: only those that changed are measured again.

This is what makes a trace follow a brush at once. The background under the cells stays as it was measured, because
it belongs to all cells together; `s1r_imaging.imaging.extract.extract_traces` measures everything anew.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from s1r_imaging.flags import CellFlag
from s1r_imaging.imaging.crop import Box, crop_recording
from s1r_imaging.imaging.extract import extract_traces, labels_at_edge
from s1r_imaging.io.labels import check_labels
from s1r_imaging.progress import Progress, silent
from s1r_imaging.provenance import Step, digest_array
from s1r_imaging.recording import Recording, Traces


def changed_labels(before: ArrayLike, after: ArrayLike) -> NDArray[np.int64]:
    """Return the labels that an edit gave or took pixels.

    Parameters
    ----------
    before, after : array_like of int, shape (Y, X)
        Cells; 0 is background.

    Returns
    -------
    array of int, shape (n,)
        Ascending, without 0; labels that are gone are among them.

    Raises
    ------
    ValueError
        If the shapes differ.

    Examples
    --------
    >>> changed_labels([[1, 1, 0, 2]], [[1, 3, 0, 2]])
    array([1, 3])
    """
    old, new = np.asarray(before), np.asarray(after)
    if old.shape != new.shape:
        raise ValueError(f"before has shape {old.shape}, after has {new.shape}: expected the same.")
    differs = old != new
    labels: NDArray[np.int64] = np.unique(np.concatenate([old[differs], new[differs]])).astype(np.int64)
    cells: NDArray[np.int64] = labels[labels != 0]
    return cells


def measure_again(
    traces: Traces,
    recording: Recording,
    labels: ArrayLike,
    *,
    changed: Iterable[int],
    progress: Progress = silent,
) -> Traces:
    """Measure some cells again, reading only the pixels around them.

    Parameters
    ----------
    traces : Traces
        What `extract_traces` made of the cells before they were edited.
    recording : Recording
        The recording, T frames of (Y, X) pixels.
    labels : array_like of int, shape (Y, X)
        Cells after the edit.
    changed : iterable of int
        Labels that gained or lost pixels, see `changed_labels`. One without pixels is left out of the result.
    progress : callable, optional
        Told how many frames are done.

    Returns
    -------
    Traces
        One row per label, ascending, without F0 and ΔF/F0. `f` of every cell is that of `extract_traces`; a cell
        keeps its background, and a new one has that of the nearest cell.

    Raises
    ------
    ValueError
        If the labels have another shape than the recording, or are negative.

    Examples
    --------
    >>> stack = np.arange(2 * 4 * 4.0).reshape(2, 4, 4)
    >>> recording = Recording(stack, time_s=[0, 1])
    >>> labels = np.zeros((4, 4), dtype=np.int32)
    >>> labels[0, 0] = 1
    >>> traces = extract_traces(recording, labels, background=0.0)
    >>> labels[0, :3] = 1
    >>> measure_again(traces, recording, labels, changed=[1]).f.tolist()
    [[1.0, 17.0]]
    """
    cells = check_labels(labels, recording.frame_shape)
    edited = np.array(sorted(set(changed)), dtype=np.int64)
    kept = ~np.isin(traces.labels, edited)
    some = np.where(np.isin(cells, edited), cells, 0)
    measured = _measure(recording, cells, some, progress) if some.any() else None
    parts = [_Part.of(traces, kept)]
    if measured is not None:
        parts.append(_Part.of(measured, background=_background_under(measured.cells, traces)))
    return _joined(parts, traces, step=_step(cells, edited))


def _measure(
    recording: Recording, cells: NDArray[np.int32], some: NDArray[np.int32], progress: Progress
) -> Traces:
    """Measure a few cells in a window around them, and place them in the whole field."""
    box = _window(some)
    part = crop_recording(recording, box)
    measured = extract_traces(part, some[box], background="none", progress=progress)
    table = measured.cells.copy()
    table["centroid_y_px"] += box[0].start
    table["centroid_x_px"] += box[1].start
    at_edge = table.index.isin(labels_at_edge(recording, cells))
    flags = table["flags"].to_numpy(dtype=np.int64) & ~int(CellFlag.EDGE)
    table["flags"] = np.where(at_edge, flags | int(CellFlag.EDGE), flags)
    return replace(measured, cells=table)


def _background_under(cells: pd.DataFrame, traces: Traces) -> NDArray[np.float64]:
    """Return the background of each cell: its own from before the edit, else that of the nearest cell."""
    if not traces.n_cells:
        return np.zeros((len(cells), len(traces.time_s)))
    place = ["centroid_y_px", "centroid_x_px"]
    new, old = cells[place].to_numpy(dtype=float), traces.cells[place].to_numpy(dtype=float)
    nearest = np.argmin(((new[:, None] - old) ** 2).sum(axis=2), axis=1)
    own = traces.cells.index.get_indexer(cells.index)
    return traces.f_background[np.where(own >= 0, own, nearest)]


@dataclass(frozen=True, eq=False)
class _Part:
    """Rows of traces, from before or after the edit."""

    f: NDArray[np.float64]
    f_background: NDArray[np.float64]
    saturated: NDArray[np.int64] | None
    cells: pd.DataFrame

    @classmethod
    def of(
        cls,
        traces: Traces,
        rows: NDArray[np.bool_] | slice = slice(None),
        *,
        background: NDArray[np.float64] | None = None,
    ) -> "_Part":
        saturated = None if traces.saturated is None else traces.saturated[rows]
        under = traces.f_background[rows] if background is None else background
        return cls(traces.f[rows], under, saturated, traces.cells[rows])


def _joined(parts: Sequence[_Part], traces: Traces, *, step: Step) -> Traces:
    cells = pd.concat([part.cells for part in parts])
    order = np.argsort(cells.index.to_numpy(), kind="stable")
    saturated = [part.saturated for part in parts if part.saturated is not None]
    return replace(
        traces,
        f=np.concatenate([part.f for part in parts])[order],
        f_background=np.concatenate([part.f_background for part in parts])[order],
        saturated=np.concatenate(saturated)[order] if len(saturated) == len(parts) else None,
        cells=cells.iloc[order],
        f0=None,
        dff=None,
        baseline=None,
        history=(*traces.history, step),
    )


def _step(cells: NDArray[np.int32], edited: NDArray[np.int64]) -> Step:
    return Step(name="measure_again", options={"changed": edited.tolist()}, input_digest=digest_array(cells))


def _window(some: NDArray[np.int32]) -> Box:
    rows, columns = np.flatnonzero(some.any(axis=1)), np.flatnonzero(some.any(axis=0))
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)
