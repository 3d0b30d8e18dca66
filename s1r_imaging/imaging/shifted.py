"""A stack whose frames are moved back by sub-pixel shifts when they are read."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from s1r_imaging.imaging.blocks import release_pages


@dataclass(frozen=True, eq=False)
class ShiftedStack:
    """Frames of another stack, each moved back by its displacement, computed on demand.

    It slices as a NumPy array does and gives NumPy arrays. See `shift_frame` for what happens between pixels,
    at the border and to saturated pixels.

    Attributes
    ----------
    source : array_like, shape (T, Y, X)
        The frames as recorded.
    shifts_px : array, shape (T, 2)
        Displacement (y, x) of each frame that is removed (pixels).
    saturation_level : float or None
        Top code of the camera.
    dtype : dtype
        float32 for integers of up to 16 bits and smaller floats; float64 otherwise.
    """

    source: Any
    shifts_px: NDArray[np.float64]
    saturation_level: float | None = None
    dtype: np.dtype[Any] = field(init=False)
    ndim: int = field(default=3, init=False)

    def __post_init__(self) -> None:
        """Derive the type of the values."""
        object.__setattr__(self, "dtype", np.result_type(self.source.dtype, np.float32))

    @property
    def shape(self) -> tuple[int, int, int]:
        """(T, Y, X)."""
        n_frames, height, width = self.source.shape
        return int(n_frames), int(height), int(width)

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
        """Compute all frames."""
        if copy is False:
            raise ValueError("shifted frames cannot become an array without a copy.")
        return np.array(self[:], dtype=dtype)

    def __getitem__(self, key: Any) -> NDArray[Any]:
        """Compute the frames that the first index selects, then apply the others to them."""
        keys = key if isinstance(key, tuple) else (key,)
        if any(part is Ellipsis for part in keys):
            place = next(i for i, part in enumerate(keys) if part is Ellipsis)
            keys = (*keys[:place], *[slice(None)] * (4 - len(keys)), *keys[place + 1 :])
        first, rest = (keys[0], keys[1:]) if keys else (slice(None), ())
        chosen = np.arange(self.shape[0])[first]
        if chosen.ndim == 0:
            frame: NDArray[Any] = self._frames(chosen[np.newaxis])[0][rest]
            return frame
        return self._frames(chosen)[(slice(None), *rest)]

    def _frames(self, chosen: NDArray[np.intp]) -> NDArray[Any]:
        result = np.empty((len(chosen), *self.shape[1:]), dtype=self.dtype)
        in_a_row = len(chosen) > 0 and bool(np.all(np.diff(chosen) == 1))
        runs = [chosen] if in_a_row else [chosen[i : i + 1] for i in range(len(chosen))]
        done = 0
        for run in runs:
            block = np.asarray(self.source[int(run[0]) : int(run[-1]) + 1])
            for frame, shift in zip(block, self.shifts_px[run], strict=True):
                result[done] = shift_frame(frame, shift, saturation_level=self.saturation_level, dtype=self.dtype)
                done += 1
            release_pages(block)
        return result


def shift_frame(
    frame: NDArray[Any],
    shift_px: NDArray[np.float64],
    *,
    saturation_level: float | None = None,
    dtype: DTypeLike = np.float64,
) -> NDArray[Any]:
    """Move a frame back by its displacement.

    ``result[y, x] = frame[y + shift_px[0], x + shift_px[1]]``, linearly interpolated between the four pixels
    around that place: no value is larger or smaller than these. Beyond the border the nearest pixel of the
    frame is repeated. Where the nearest pixel is saturated the result is that pixel's count, so that
    interpolation neither hides saturated pixels nor makes more of them.

    Parameters
    ----------
    frame : array, shape (Y, X)
        The frame as recorded.
    shift_px : array, shape (2,)
        Its displacement (y, x) in pixels.
    saturation_level : float, optional
        Top code of the camera.
    dtype : dtype
        Type of the result, a floating-point type.

    Returns
    -------
    array, shape (Y, X)
        The frame moved back; exactly the frame's values where the displacement is whole.

    Examples
    --------
    >>> frame = np.array([[0.0, 0.0, 8.0, 0.0]])
    >>> shift_frame(frame, np.array([0.0, 1.25]))
    array([[2., 6., 0., 0.]])
    """
    result = frame.astype(dtype)
    for axis, shift in enumerate(shift_px):
        result = _shift_axis(result, float(shift), axis)
    if saturation_level is not None:
        is_saturated = frame >= saturation_level
        if is_saturated.any():
            rows, columns = (
                _clamped(np.rint(shift), size) for shift, size in zip(shift_px, frame.shape, strict=True)
            )
            nearest = np.ix_(rows, columns)
            mask = is_saturated[nearest]
            result[mask] = frame[nearest][mask]
    return result


def _shift_axis(values: NDArray[Any], shift: float, axis: int) -> NDArray[Any]:
    whole = np.floor(shift)
    part = values.dtype.type(shift - whole)
    if whole == 0 and part == 0:
        return values
    size = values.shape[axis]
    low = values.take(_clamped(whole, size), axis=axis)
    if part == 0:
        return low
    high = values.take(_clamped(whole + 1, size), axis=axis)
    high -= low
    high *= part
    high += low
    return high


def _clamped(offset: float, size: int) -> NDArray[np.intp]:
    return np.clip(np.arange(size) + int(offset), 0, size - 1)
