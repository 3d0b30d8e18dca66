"""A stack of frames that are read on demand and slice as a NumPy array does."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray


class LazyFrames(ABC):
    """A (T, Y, X) stack whose frames are read on demand.

    It slices as a NumPy array does and gives NumPy arrays.

    Attributes
    ----------
    shape : tuple of int
        (T, Y, X).
    dtype : dtype
        Type of the counts, in the machine's byte order.
    ndim : int
        3.
    """

    shape: tuple[int, int, int]
    dtype: np.dtype[Any]
    ndim = 3

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

    @abstractmethod
    def _read(self, frames: NDArray[np.intp]) -> NDArray[Any]:
        """Read the frames of these numbers."""


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
