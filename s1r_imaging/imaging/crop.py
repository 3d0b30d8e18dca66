"""A window of a recording: the same frames, fewer pixels."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s1r_imaging.imaging.blocks import frames_per_block, release_pages
from s1r_imaging.recording import Recording

Box = tuple[slice, slice]


def crop_recording(recording: Recording, box: Box) -> Recording:
    """Return a window of a recording, read without the rest where the storage allows that.

    Parameters
    ----------
    recording : Recording
        The recording; nothing of it is read yet.
    box : tuple of slice
        Rows and columns (pixels), with a start and a stop, inside the frame.

    Returns
    -------
    Recording
        Without `shifts_px`, which belong to the whole frame.

    Raises
    ------
    ValueError
        If the window is empty or reaches beyond the frame.

    Examples
    --------
    >>> recording = Recording(np.arange(2 * 4 * 4.0).reshape(2, 4, 4), time_s=[0, 1])
    >>> crop_recording(recording, (slice(1, 3), slice(2, 4))).data[0:1].tolist()
    [[[6.0, 7.0], [10.0, 11.0]]]
    """
    for part, size in zip(box, recording.frame_shape, strict=True):
        if not 0 <= part.start < part.stop <= size:
            raise ValueError(
                f"{box=}: expected a window of the frame, which has the shape {recording.frame_shape}."
            )
    return replace(recording, data=_Crop(recording.data, box), shifts_px=None)


class _Crop:
    """A window of every frame."""

    def __init__(self, data: Any, box: Box) -> None:
        self._data, self._box = data, box
        self.dtype = data.dtype
        self.shape = (int(data.shape[0]), *(part.stop - part.start for part in box))

    def __getitem__(self, frames: slice) -> NDArray[Any]:
        if isinstance(self._data, np.ndarray) or hasattr(self._data, "chunks"):
            return np.asarray(self._data[(frames, *self._box)])
        start, stop, _ = frames.indices(self.shape[0])
        windows = []
        for first in range(start, stop, frames_per_block(self._data)):
            block = np.asarray(self._data[first : min(first + frames_per_block(self._data), stop)])
            windows.append(np.array(block[(slice(None), *self._box)]))
            release_pages(block)
        return np.concatenate(windows)
