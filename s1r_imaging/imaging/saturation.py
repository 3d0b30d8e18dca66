"""Finding the pixels at the camera's top code while the frames stream by."""

from itertools import count
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from s1r_imaging.imaging.cellsums import CellSums

_BITS = range(8, 17)
_SIGNED_OFFSET = 32768  # unsigned counts stored as signed numbers plus this, or the other way round


def top_codes(dtype: DTypeLike, bit_depth: int | None = None) -> frozenset[int]:
    """Return the values that can be a camera's top code in data of an integer type.

    ``2**n - 1`` for n = 8 to 16, the same 32768 higher (signed numbers stored as unsigned), and the
    type's own maximum. None for floating-point data: they may have been scaled.

    Parameters
    ----------
    dtype : dtype
        Type of the data.
    bit_depth : int, optional
        Bits that the camera delivers, where that is known.

    Returns
    -------
    frozenset of int
        The codes.

    Examples
    --------
    >>> sorted(top_codes("uint16", 12))
    [4095, 36863, 65535]
    """
    kind = np.dtype(dtype)
    if kind.kind not in "iu":
        return frozenset()
    bits = _BITS if bit_depth is None else (bit_depth,)
    codes = {2**n - 1 for n in bits}
    largest = int(np.iinfo(kind).max)
    return frozenset(code for code in codes | {_SIGNED_OFFSET + c for c in codes} if code <= largest) | {largest}


class SaturationCount:
    """Count saturated pixels per cell and frame in one pass.

    With a known level, pixels at or above it are counted. Without one, the level is the largest value of
    the whole recording, provided that it is one of the `top_codes`: counts made at a smaller candidate are
    dropped when a larger value turns up.

    Parameters
    ----------
    sums : CellSums
        The cells.
    n_frames : int
        Length of the recording.
    level : float or None
        Top code, where it is known.
    codes : frozenset of int
        Candidates where it is not.

    Attributes
    ----------
    counts : array of int, shape (n_cells, T)
        Saturated pixels.
    """

    def __init__(self, sums: CellSums, n_frames: int, *, level: float | None, codes: frozenset[int]) -> None:
        self.counts = np.zeros((sums.index.size, n_frames), dtype=np.int64)
        self._sums = sums
        self._level = level
        self._codes = codes
        self._largest: float = -np.inf

    @property
    def is_known(self) -> bool:
        """Whether saturation can be told at all: the level is given, or the data are integers."""
        return self._level is not None or bool(self._codes)

    def add(self, start: int, block: NDArray[Any]) -> None:
        """Count in a block of frames.

        Parameters
        ----------
        start : int
            Index of the block's first frame.
        block : array, shape (n, Y, X)
            The frames.
        """
        if not self.is_known:
            return
        for frame, pixels, largest in zip(count(start), block, np.fmax.reduce(block, axis=(1, 2)), strict=False):
            level = self._level_for(float(largest), frame)
            if level is not None and float(largest) >= level:
                self.counts[:, frame] = self._sums.counts(pixels >= level)

    def _level_for(self, largest: float, frame: int) -> float | None:
        if self._level is not None:
            return self._level
        if largest > self._largest:
            self._largest = largest
            self.counts[:, :frame] = 0
        return self._largest if self._largest in self._codes else None
