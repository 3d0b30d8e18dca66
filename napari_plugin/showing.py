"""The layer of the recording: brought into view, and watched, so that image and results are of one. No Qt."""

import weakref
from functools import partial
from typing import Any

from napari_plugin.context import Context

_ROUNDING = 1e-9  # of the length of an axis: an end that differs by this is still on it


def show_as_recording(context: Context, layer: Any) -> None:
    """Make a layer that of the recording, and bring it into view.

    Camera and time slider go to where it is: a recording before may have been longer, larger, or of other units.

    Parameters
    ----------
    context : Context
        The window.
    layer : napari.layers.Image
        A layer that shows a recording from a file.
    """
    context.recording_layer = layer
    _go_into(context.viewer.dims, layer)
    _fit(context.viewer, layer)


def _fit(viewer: Any, layer: Any) -> None:
    """Fit the camera to one layer."""
    try:
        viewer.reset_view(layers=[layer])
    except TypeError:  # napari before 0.9.2 fits it to all of them only
        viewer.reset_view()


def _go_into(dims: Any, layer: Any) -> None:
    """Move the sliders to the beginning of a layer where they stand beside it."""
    low, high = layer.extent.world
    slack = _ROUNDING * (high - low)
    for axis in range(layer.ndim):
        place = dims.ndim - layer.ndim + axis
        if not low[axis] - slack[axis] <= dims.point[place] <= high[axis] + slack[axis]:
            dims.set_point(place, layer.data_to_world((0,) * layer.ndim)[axis])


class RecordingWatch:
    """Says when the layer of the recording is taken away, or is given other frames.

    Parameters
    ----------
    context : Context
        The window.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._layer: Any = None  # a weak reference
        removed = context.viewer.layers.events.removed
        context.session.changed.connect(self._follow)
        context.at_close(lambda: context.session.changed.disconnect(self._follow, missing_ok=True))
        removed.connect(self._removed)
        context.at_close(partial(removed.disconnect, self._removed))
        context.at_close(self._let_go)

    def _follow(self, what: str) -> None:
        if what == "recording":
            self._let_go()
            layer = self._context.recording_layer
            if layer is not None and self._context.session.opened is not None:
                self._layer = weakref.ref(layer)
                layer.events.data.connect(self._replaced)

    def _let_go(self) -> None:
        layer = None if self._layer is None else self._layer()
        self._layer = None
        if layer is not None:
            layer.events.data.disconnect(self._replaced)

    def _replaced(self, event: Any) -> None:
        self._context.runner.say(
            f"{event.source.name!r} was given other frames: the results are those of the frames before. Press "
            "'Use layer' in the step Recording to take the new ones.",
            kind="info",
        )

    def _removed(self, event: Any) -> None:
        if self._layer is not None and event.value is self._layer():
            self._let_go()
            self._context.runner.say(
                f"The layer {event.value.name!r} was taken away; its recording stays open, with its results: "
                "'Show recording' in the menu Session brings it back.",
                kind="info",
            )
