"""The viewer's time slider, in seconds. No Qt."""

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from napari_plugin.layers import TIME_WORDS


class HasViewer(Protocol):
    """What is needed of the window's context."""

    viewer: Any

    @property
    def recording_layer(self) -> Any:
        """The layer that shows the recording; None without one."""


def current_time(context: HasViewer, time_s: NDArray[np.float64]) -> float | None:
    """Return the time of the frame that is shown.

    Parameters
    ----------
    context : Context
        The window's viewer and layers.
    time_s : array, shape (T,)
        Time of each frame (s).

    Returns
    -------
    float or None
        Seconds; None where the recording is not shown.
    """
    layer = context.recording_layer
    axis = _time_axis(layer, len(time_s))
    if layer is None or axis is None:
        return None
    frame = layer.world_to_data(context.viewer.dims.point)[-layer.ndim :][axis]
    return float(time_s[int(np.clip(np.round(frame), 0, len(time_s) - 1))])


def go_to_time(context: HasViewer, time_s: NDArray[np.float64], to_s: float) -> None:
    """Show the frame that is nearest in time.

    Parameters
    ----------
    context : Context
        The window's viewer and layers.
    time_s : array, shape (T,)
        Time of each frame (s).
    to_s : float
        Where to go (s).
    """
    layer, dims = context.recording_layer, context.viewer.dims
    axis = _time_axis(layer, len(time_s))
    if layer is None or axis is None:
        return
    place = np.array(layer.world_to_data(dims.point)[-layer.ndim :], dtype=np.float64)
    place[axis] = np.argmin(np.abs(time_s - to_s))
    dims.set_point(dims.ndim - layer.ndim + axis, layer.data_to_world(place)[axis])


def _time_axis(layer: Any, n_frames: int) -> int | None:
    """Return the axis of a layer that is time: as long as the recording, and named or measured so."""
    if layer is None:
        return None
    shape = layer.data.shape
    fitting = [axis for axis in range(layer.ndim) if shape[axis] == n_frames]
    named = [axis for axis in fitting if layer.axis_labels[axis].strip().lower() in TIME_WORDS]
    timed = [axis for axis in fitting if layer.units[axis].dimensionality == {"[time]": 1}]
    return next(iter(timed or named or fitting), None)
