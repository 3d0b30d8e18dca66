"""Trying out how cells are found, on the part of the field that is in view."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_plugin.context import Context
from napari_plugin.layers import CELLS_KEY, labels_to_layer
from napari_plugin.session import Job
from s1r_imaging.imaging.crop import Box, crop_recording
from s1r_imaging.imaging.segment import segment_cells
from s1r_imaging.progress import Progress
from s1r_imaging.recording import Recording

NAME = "Preview of cells"
MOST_PX, LEAST_PX = 256, 64
"""Sides of the part that is tried: enough for a score of cells, and not so much that one waits."""


def part_in_view(corners: NDArray[Any] | None, frame_shape: tuple[int, int]) -> Box:
    """Return the part of a frame to try.

    Parameters
    ----------
    corners : array, shape (2, 2), or None
        First and last pixel in view; the whole frame when not given, or where nothing is in view.
    frame_shape : tuple of int
        Height and width of the frame (pixels).

    Returns
    -------
    tuple of slice
        What is in view, of at most 256 × 256 pixels around its centre.

    Examples
    --------
    >>> part_in_view(None, (1000, 200))
    (slice(372, 628, None), slice(0, 200, None))
    """
    whole = np.array([(0, 0), frame_shape])
    view = whole if corners is None or not np.any(corners) else np.asarray(corners) + np.array([[0], [1]])
    parts = []
    for (first, last), size in zip(view.T, frame_shape, strict=True):
        side = int(min(size, np.clip(last - first, LEAST_PX, MOST_PX)))
        start = int(np.clip((first + last - side) // 2, 0, size - side))
        parts.append(slice(start, start + side))
    return parts[0], parts[1]


class CellPreview:
    """Finds cells in the part of the field that is in view and shows them for a while.

    Parameters
    ----------
    context : Context
        What the steps share.
    changed : callable
        Called when a preview was shown or taken away.
    """

    def __init__(self, context: Context, changed: Callable[[], None]) -> None:
        self._context, self._changed = context, changed
        self._layer: Any = None

    @property
    def layer(self) -> Any:
        """The layer of the preview; None where there is none."""
        return self._layer if self._layer in self._context.viewer.layers else None

    def start(self) -> None:
        """Find cells in the part that is in view, with the options that are set."""
        self._context.runner.start(self._job)

    def remove(self) -> None:
        """Take the preview away."""
        layer, self._layer = self.layer, None
        if layer is not None:
            self._context.viewer.layers.remove(layer)
            self._changed()

    def _job(self) -> Job:
        session = self._context.session
        recording = session.recording
        if recording is None:
            raise ValueError("There is no recording yet: open one first.")
        box = part_in_view(self._corners(), recording.frame_shape)
        part, options = crop_recording(recording, box), session.options.segmentation.to_dict()

        def compute(progress: Progress) -> NDArray[np.int32]:
            return segment_cells(part, **options, progress=progress)

        def accept(found: NDArray[np.int32]) -> None:
            if session.recording is not None and session.recording.data is recording.data:
                self._show(found, box, recording)

        return Job("Trying on a part of the field", compute, accept)

    def _corners(self) -> NDArray[Any] | None:
        layer = self._context.recording_layer or self._context.cells.layer
        return None if layer is None else np.asarray(layer.corner_pixels)[:, -2:]

    def _show(self, found: NDArray[np.int32], box: Box, recording: Recording) -> None:
        viewer = self._context.viewer
        self.remove()
        whole = np.zeros(recording.frame_shape, dtype=np.int32)
        whole[box] = found
        active = viewer.layers.selection.active
        data, kwargs, _ = labels_to_layer(whole, recording, name=NAME, like=self._context.recording_layer)
        self._layer = viewer.add_labels(data, **{**kwargs, "metadata": {CELLS_KEY: NAME}})
        self._layer.editable = False
        viewer.layers.selection.active = active
        n_cells = len(np.unique(found[found > 0]))
        height, width = found.shape
        self._context.runner.say(
            f"Preview: {n_cells} cell{'s' if n_cells != 1 else ''} in {height} × {width} pixels of the field. The "
            "whole field may settle on a slightly different diameter.",
            kind="info",
        )
        self._changed()
