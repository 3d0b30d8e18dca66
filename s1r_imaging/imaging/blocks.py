"""Reading a stack block by block, so that memory does not grow with the number of frames."""

import contextlib
import mmap
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.lib.array_utils import byte_bounds
from numpy.typing import NDArray

BLOCK_BYTES = 1 << 26  # 64 MB: large enough for fast reads, small beside any analysis


def frames_per_block(data: Any, *, block_bytes: int = BLOCK_BYTES) -> int:
    """Return how many frames of `data` to read at once.

    As many as fit into `block_bytes`, at least one; whole storage chunks where `data` is chunked along
    time (Zarr, Dask) and a chunk is not much larger, so that no chunk is decompressed twice.

    Parameters
    ----------
    data : array_like, shape (T, Y, X)
        The stack.
    block_bytes : int
        Bytes of pixels to hold at once.

    Returns
    -------
    int
        Number of frames.
    """
    frame_bytes: int = int(data.shape[1]) * int(data.shape[2]) * np.dtype(data.dtype).itemsize
    n_frames = max(1, block_bytes // max(1, frame_bytes))
    chunk = _chunk_frames(data)
    if chunk * frame_bytes <= 2 * block_bytes:
        return max(1, n_frames // chunk) * chunk
    return n_frames


def iter_blocks(data: Any, *, n_frames: int | None = None) -> Iterator[tuple[int, NDArray[Any]]]:
    """Read a (T, Y, X) stack in blocks of whole frames.

    Pages of a memory map are given back to the system after each block (they would count as memory of
    this process otherwise); nothing that was read is lost by that.

    Parameters
    ----------
    data : array_like, shape (T, Y, X)
        Anything with ``shape``, ``dtype`` and slicing along the first axis.
    n_frames : int, optional
        Frames per block; `frames_per_block` when not given.

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
        block = np.asarray(data[start : min(start + step, total)])
        try:
            yield start, block
        finally:
            release_pages(block)


def read_frame(data: Any, index: int) -> NDArray[np.float64]:
    """Read one frame as floating-point numbers.

    Parameters
    ----------
    data : array_like, shape (T, Y, X)
        The stack.
    index : int
        Which frame.

    Returns
    -------
    array, shape (Y, X)
        A copy.
    """
    block = np.asarray(data[index : index + 1])
    frame: NDArray[np.float64] = block[0].astype(np.float64)
    release_pages(block)
    return frame


def spread_frames(first: int, stop: int, n_frames: int) -> NDArray[np.int64]:
    """Choose at most `n_frames` frame numbers spread evenly over ``range(first, stop)``.

    Parameters
    ----------
    first, stop : int
        The range.
    n_frames : int
        How many at most.

    Returns
    -------
    array of int
        Increasing frame numbers without repeats.

    Examples
    --------
    >>> spread_frames(0, 10, 3)
    array([0, 4, 9])
    """
    return np.unique(np.linspace(first, stop - 1, min(n_frames, stop - first)).astype(np.int64))


def release_pages(block: NDArray[Any]) -> None:
    """Give the memory-mapped pages behind `block` back to the system, if there are any.

    Only the file's own pages are dropped: they are read again when touched. A copy-on-write map
    (``mode="c"``) is left alone, because its changed pages exist nowhere else.

    Parameters
    ----------
    block : array
        Any array.
    """
    owner: Any = block
    mapped: np.memmap[Any, Any] | None = None
    while isinstance(owner, np.ndarray):
        if isinstance(owner, np.memmap):
            mapped = owner
        owner = owner.base
    if mapped is None or mapped.mode == "c" or not isinstance(owner, mmap.mmap) or block.size == 0:
        return
    if not hasattr(owner, "madvise"):  # not on Windows
        return
    low, high = byte_bounds(block)
    base = np.frombuffer(owner, dtype=np.uint8).ctypes.data
    start = (low - base) // mmap.PAGESIZE * mmap.PAGESIZE
    with contextlib.suppress(OSError, ValueError):  # advice: a system that declines it does no harm
        owner.madvise(mmap.MADV_DONTNEED, start, high - base - start)


def _chunk_frames(data: Any) -> int:
    """Return the length of storage chunks along time, 1 where there are none."""
    chunks = getattr(data, "chunks", None)
    if not isinstance(chunks, tuple) or not chunks:
        return 1
    first = chunks[0]
    lengths = first if isinstance(first, tuple) else (first,)
    return max((length for length in lengths if isinstance(length, int)), default=1) or 1
