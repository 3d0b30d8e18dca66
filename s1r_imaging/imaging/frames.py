"""One frame after another, or averaged over bins of time: what one-pass statistics are made from."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s1r_imaging.imaging.blocks import iter_blocks
from s1r_imaging.progress import Progress, silent

FloatImage = NDArray[np.float32]

MAX_BINS = 512  # enough to tell the kinetics of cells apart, few enough to bound memory and time


def iter_frames(data: Any, *, stage: str, progress: Progress = silent) -> Iterator[tuple[int, FloatImage]]:
    """Read a stack frame by frame.

    Parameters
    ----------
    data : array_like, shape (T, Y, X)
        The stack.
    stage : str
        Name of the work, for `progress`.
    progress : callable
        Called once per block of frames.

    Yields
    ------
    index : int
        Number of the frame.
    frame : array of float32, shape (Y, X)
        A copy of the frame; infinite values are NaN.
    """
    total = int(data.shape[0])
    for start, block in iter_blocks(data):
        for offset, frame in enumerate(block):
            with np.errstate(over="ignore"):
                image = frame.astype(np.float32)
            if block.dtype.kind == "f":
                image[~np.isfinite(image)] = np.nan
            yield start + offset, image
        progress(stage, start + len(block), total)


def bin_edges(n_frames: int, n_bins: int = MAX_BINS) -> NDArray[np.int64]:
    """Return the first frame of each bin, and `n_frames`; every bin holds at least one frame.

    >>> bin_edges(5, 2)
    array([0, 2, 5])
    """
    n_bins = min(n_frames, n_bins)
    return np.arange(n_bins + 1, dtype=np.int64) * n_frames // n_bins


def iter_bins(
    data: Any, *, stage: str, n_bins: int = MAX_BINS, progress: Progress = silent
) -> Iterator[tuple[int, FloatImage]]:
    """Read a stack averaged over bins of time.

    Parameters
    ----------
    data : array_like, shape (T, Y, X)
        The stack.
    stage : str
        Name of the work, for `progress`.
    n_bins : int
        Number of bins at most; with fewer frames every frame is a bin.
    progress : callable
        Called once per block of frames.

    Yields
    ------
    index : int
        Number of the bin.
    mean : array of float32, shape (Y, X)
        Mean of the bin's frames; a pixel that is NaN in one of them is NaN.
    """
    edges = bin_edges(int(data.shape[0]), n_bins)
    index = 0
    total: FloatImage | None = None
    for number, frame in iter_frames(data, stage=stage, progress=progress):
        total = frame if total is None else total + frame
        if number + 1 == edges[index + 1]:
            yield index, total / np.float32(edges[index + 1] - edges[index])
            index, total = index + 1, None


def mean_image(data: Any, *, progress: Progress = silent) -> NDArray[np.float64]:
    """Average a stack over time.

    Parameters
    ----------
    data : array_like, shape (T, Y, X)
        The stack.
    progress : callable
        Called once per block of frames.

    Returns
    -------
    array, shape (Y, X)
        The mean; NaN where a frame is NaN.
    """
    total = np.zeros((int(data.shape[1]), int(data.shape[2])))
    for _, frame in iter_frames(data, stage="mean image", progress=progress):
        total += frame
    return total / int(data.shape[0])
