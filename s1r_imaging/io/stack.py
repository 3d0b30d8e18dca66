"""Frames that stay in their files until they are asked for."""

import logging
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import tifffile
from numpy.typing import NDArray

from s1r_imaging.errors import S1RImagingError
from s1r_imaging.io.lazy import LazyFrames

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
class FrameStack(LazyFrames):
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
            with naming_frame(self.files[files[0]], int(frames[0])):
                path = self.files[files[0]]
                mapped = np.memmap(path, dtype=stored, mode="r", offset=int(starts[0]), shape=shape)
                return np.asarray(mapped).astype(stored.newbyteorder("="), copy=False)
        block = np.empty(shape, dtype=stored)
        for index in np.unique(files):
            with self.files[index].open("rb") as file:
                for row in np.flatnonzero(files == index):
                    with naming_frame(self.files[index], int(frames[row])):
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
            with hushed(), naming_frame(path, int(frames[rows[0]])), tifffile.TiffFile(path) as tif:
                for row in rows:
                    with naming_frame(path, int(frames[row])):
                        tif.filehandle.seek(int(self.offsets[frames[row]]))
                        page = tifffile.TiffPage(tif, index=int(frames[row]))
                        block[row] = page.asarray().reshape(self.shape[1:])
        return block


@contextmanager
def naming_frame(path: Path, frame: int) -> Iterator[None]:
    """Turn a decoder's error into a sentence that names the file and the frame."""
    try:
        yield
    except DECODE_ERRORS as error:
        raise S1RImagingError(
            f"{path}: frame {frame} cannot be read ({error}); the file is damaged or was changed."
        ) from error
