"""Frames that stay in their files until they are asked for."""

import logging
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import tifffile
from numpy.typing import DTypeLike, NDArray

from s1r_imaging.errors import S1RImagingError

# What the decoders raise when the bytes of a frame are damaged or the file is gone.
DECODE_ERRORS = (
    OSError, ValueError, RuntimeError, IndexError, KeyError, TypeError, AttributeError, struct.error, MemoryError,
    ArithmeticError, AssertionError,
)  # fmt: skip

_hushed: ContextVar[bool] = ContextVar("_hushed", default=False)
logging.getLogger("tifffile").addFilter(lambda record: not _hushed.get())  # noqa: ARG005  (called by position)


@contextmanager
def hushed() -> Iterator[None]:
    """Keep the TIFF library from logging, in this thread, what becomes one sentence here."""
    token = _hushed.set(True)
    try:
        yield
    finally:
        _hushed.reset(token)


@dataclass(frozen=True, eq=False)
class FrameStack:
    """A (T, Y, X) stack of frames in one or more TIFF files, read on demand.

    It slices as a NumPy array does and gives NumPy arrays. No file is kept open between two reads and
    nothing is cached, so that it costs no memory, may be read by several threads, and can be pickled.

    Attributes
    ----------
    shape : tuple of int
        (T, Y, X).
    dtype : dtype
        Type of the counts, in the machine's byte order.
    files : tuple of Path
        The files.
    file_index : array of int, shape (T,)
        Which of `files` holds each frame.
    offsets : array of int, shape (T,)
        Where the frame's pixels (plain) or its page directory (otherwise) start in the file.
    byte_order : {"<", ">"} or None
        Byte order of pixels that are stored plainly; None when pages must be decoded.
    ndim : int
        3.
    is_offset_binary : bool
        The file holds signed counts + 32768, as ImageJ saves them; the counts are given.
    """

    shape: tuple[int, int, int]
    dtype: np.dtype[Any]
    files: tuple[Path, ...]
    file_index: NDArray[np.intp]
    offsets: NDArray[np.int64]
    byte_order: Literal["<", ">"] | None = None
    is_offset_binary: bool = False
    ndim: int = field(default=3, init=False)

    @property
    def size(self) -> int:
        """Number of pixels in all frames."""
        return int(np.prod(self.shape, dtype=np.int64))

    @property
    def nbytes(self) -> int:
        """Bytes that all frames would take in memory."""
        return self.size * self.dtype.itemsize

    def __len__(self) -> int:
        """Return the number of frames."""
        return self.shape[0]

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:  # noqa: FBT001
        """Read all frames."""
        if copy is False:
            raise ValueError("frames in a file cannot become an array without a copy.")
        return np.array(self[:], dtype=dtype, copy=True if copy else None)

    def __getitem__(self, key: Any) -> NDArray[Any]:
        """Read the frames that the first index selects, then apply the others to them."""
        frames, rest = _split_key(key)
        chosen = np.arange(self.shape[0])[frames]
        if chosen.ndim == 0:
            frame: NDArray[Any] = self._read(chosen[np.newaxis])[0]
            return frame[rest]  # type: ignore[no-any-return]  # a number where all three are numbers
        if chosen.ndim != 1:
            raise IndexError(f"index of shape {chosen.shape} on the frames: expected a number, slice or 1-D list.")
        block = self._read(chosen)
        return block[(slice(None), *rest)] if rest else block

    def _read(self, frames: NDArray[np.intp]) -> NDArray[Any]:
        block = self._decode(frames) if self.byte_order is None else self._read_plain(frames)
        if self.is_offset_binary:
            return (block ^ np.uint16(0x8000)).view(np.int16)
        return block.astype(self.dtype, copy=False)

    @property
    def _stored(self) -> np.dtype[Any]:
        native = np.dtype(np.uint16) if self.is_offset_binary else self.dtype
        return native if self.byte_order is None else native.newbyteorder(self.byte_order)

    def _read_plain(self, frames: NDArray[np.intp]) -> NDArray[Any]:
        stored = self._stored
        shape = (len(frames), *self.shape[1:])
        frame_bytes = self.shape[1] * self.shape[2] * stored.itemsize
        files, starts = self.file_index[frames], self.offsets[frames]
        if len(frames) and np.all(files == files[0]) and np.all(np.diff(starts) == frame_bytes):
            # One run: map it, so that the pixels are read once and only when they are used.
            with _naming(self.files[files[0]], int(frames[0])):
                path = self.files[files[0]]
                mapped = np.memmap(path, dtype=stored, mode="r", offset=int(starts[0]), shape=shape)
                return np.asarray(mapped).astype(stored.newbyteorder("="), copy=False)
        block = np.empty(shape, dtype=stored)
        for index in np.unique(files):
            with self.files[index].open("rb") as file:
                for row in np.flatnonzero(files == index):
                    with _naming(self.files[index], int(frames[row])):
                        file.seek(starts[row])
                        values = np.fromfile(file, dtype=stored, count=shape[1] * shape[2])
                        block[row] = values.reshape(shape[1:])
        return block.astype(stored.newbyteorder("="), copy=False)

    def _decode(self, frames: NDArray[np.intp]) -> NDArray[Any]:
        block = np.empty((len(frames), *self.shape[1:]), dtype=self._stored)
        files = self.file_index[frames]
        for index in np.unique(files):
            path = self.files[index]
            rows = np.flatnonzero(files == index)
            with hushed(), _naming(path, int(frames[rows[0]])), tifffile.TiffFile(path) as tif:
                for row in rows:
                    with _naming(path, int(frames[row])):
                        tif.filehandle.seek(int(self.offsets[frames[row]]))
                        page = tifffile.TiffPage(tif, index=int(frames[row]))
                        block[row] = page.asarray().reshape(self.shape[1:])
        return block


@contextmanager
def _naming(path: Path, frame: int) -> Iterator[None]:
    """Turn a decoder's error into a sentence that names the file and the frame."""
    try:
        yield
    except DECODE_ERRORS as error:
        raise S1RImagingError(
            f"{path}: frame {frame} cannot be read ({error}); the file is damaged or was changed."
        ) from error


def _split_key(key: Any) -> tuple[Any, tuple[Any, ...]]:
    parts: Sequence[Any] = key if isinstance(key, tuple) else (key,)
    if any(part is None for part in parts):
        raise IndexError("None (a new axis) cannot index frames in a file: read them first.")
    dots = [number for number, part in enumerate(parts) if part is Ellipsis]
    if len(dots) > 1:
        raise IndexError("an index may hold only one ellipsis (...).")
    if dots:
        missing = 3 - (len(parts) - 1)
        parts = (*parts[: dots[0]], *(slice(None),) * missing, *parts[dots[0] + 1 :])
    if len(parts) > 3:
        raise IndexError(f"{len(parts)} indices for frames with 3 axes (frames, height, width).")
    frames, rest = (parts[0], tuple(parts[1:])) if parts else (slice(None), ())
    if not isinstance(frames, slice | int | np.integer) and any(not isinstance(r, slice | int) for r in rest):
        raise IndexError("a list of frames can only be combined with slices or numbers for height and width.")
    return frames, rest
