"""The layer of an image that sums the recording up, below the cells."""

import dataclasses
from typing import Any

from napari_plugin.context import Context
from napari_plugin.layers import CELLS_KEY, image_to_layer, limits_of, selection_kept
from s1r_imaging.imaging.summary import SummaryImages

KINDS = tuple(item.name for item in dataclasses.fields(SummaryImages))
NAME = "Summary"


class SummaryLayer:
    """Shows one of the images that sum the recording up.

    Parameters
    ----------
    context : Context
        What the steps share.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._kind: str | None = None
        self._layer: Any = None

    @property
    def layer(self) -> Any:
        """The layer, as long as it is in the viewer."""
        return self._layer if self._layer in self._context.viewer.layers else None

    def choose(self, kind: str | None) -> None:
        """Show an image, and compute it where it is not there; None takes it away."""
        self._kind = kind
        if kind is not None and self._context.session.images is None:
            self._context.runner.start(lambda: self._context.session.job("images"))
        self.refresh()

    def refresh(self) -> None:
        """Show the image that was chosen as it is now."""
        session, viewer = self._context.session, self._context.viewer
        recording, images, layer = session.recording, session.images, self.layer
        if self._kind is None or recording is None or images is None:
            if layer is not None:
                viewer.layers.remove(layer)
            self._layer = None
            return
        image = getattr(images, self._kind)
        name = f"{NAME}: {self._kind.replace('_', ' ')}"
        if layer is not None and layer.data.shape == image.shape:
            layer.data, layer.contrast_limits, layer.name = image, limits_of(image), name
            return
        data, kwargs, _ = image_to_layer(image, recording, name=name, like=self._context.recording_layer)
        with selection_kept(viewer):
            self._layer = viewer.add_image(data, **kwargs, metadata={CELLS_KEY: NAME})
        viewer.layers.move(viewer.layers.index(self._layer), self._place())

    def _place(self) -> int:
        """Return the place just below the cells."""
        layers, cells = self._context.viewer.layers, self._context.cells.layer
        return layers.index(cells) if cells is not None and cells in layers else len(layers)
