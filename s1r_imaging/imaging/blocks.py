"""Reading a stack block by block, so that memory does not grow with the number of frames."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

BLOCK_BYTES = 1 << 26  # 64 MB: large enough for fast reads, small beside any analysis


def frames_per_block(data: Any, *, block_bytes: int = BLOCK_BYTES) -> int:
    """Return how many frames of `data` fit into `block_bytes`, at least 1."""
    frame_bytes: int = int(data.shape[1]) * int(data.shape[2]) * np.dtype(data.dtype).itemsize
    return max(1, block_bytes // max(1, frame_bytes))


def iter_blocks(data: Any, *, n_frames: int | None = None) -> Iterator[tuple[int, NDArray[Any]]]:
    """Read a (T, Y, X) stack in blocks of whole frames.

    Parameters
    ----------
    data : array_like, shape (T, Y, X)
        Anything with ``shape``, ``dtype`` and slicing along the first axis.
    n_frames : int, optional
        Frames per block; as many as fit into 64 MB when not given.

    Yields
    ------
    start : int
        Index of the block's first frame.
    block : array, shape (n, Y, X)
        The frames; do not write to them, they may be the caller's own.
    """
    step = n_frames or frames_per_block(data)
    total = int(data.shape[0])
    for start in range(0, total, step):
        yield start, np.asarray(data[start : min(start + step, total)])
