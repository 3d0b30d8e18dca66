"""The outline of the cells that are chosen, drawn in a small layer over the others."""

from typing import Any

import numpy as np
from napari.utils import CyclicLabelColormap
from numpy.typing import NDArray

from napari_plugin.layers import CELLS_KEY

NAME = "Selected cell"
_WIDTH_PX = 1
_COLOURS = np.array([[0, 0, 0, 0], [1, 1, 1, 1]])


class CellOutline:
    """Outlines cells.

    Parameters
    ----------
    viewer : napari.Viewer
        The viewer.
    """

    def __init__(self, viewer: Any) -> None:
        self._viewer = viewer
        self._layer: Any = None

    def show(self, cells: Any, labels: tuple[int, ...]) -> None:
        """Outline some cells of a layer of labels; none, or no layer, takes the outline away."""
        box = None if cells is None or not labels else _box(cells.data, labels)
        if box is None:
            if self._layer is not None:
                self._layer.visible = False
            return
        data, (top, left) = box
        scale = np.asarray(cells.scale)
        translate = np.asarray(cells.translate) + scale * (top, left)
        if self._layer is None or self._layer not in self._viewer.layers:
            self._add(data, cells, translate)
            return
        layer = self._layer
        with layer.events.blocker_all():  # placed before it is drawn
            layer.scale, layer.translate = scale, translate
        layer.data = data
        layer.visible = True

    def remove(self) -> None:
        """Take the layer away."""
        layer, self._layer = self._layer, None
        if layer is not None and layer in self._viewer.layers:
            self._viewer.layers.remove(layer)

    def _add(self, data: NDArray[np.uint8], cells: Any, translate: NDArray[np.float64]) -> None:
        active = self._viewer.layers.selection.active
        self._layer = self._viewer.add_labels(
            data,
            name=NAME,
            scale=cells.scale,
            translate=translate,
            units=cells.units,
            axis_labels=cells.axis_labels,
            colormap=CyclicLabelColormap(colors=_COLOURS),
            opacity=1.0,
            metadata={CELLS_KEY: NAME},
        )
        self._layer.contour = _WIDTH_PX
        self._layer.editable = False
        self._viewer.layers.selection.active = active  # the person goes on in the layer that was active


def _box(data: NDArray[Any], labels: tuple[int, ...]) -> tuple[NDArray[np.uint8], tuple[int, int]] | None:
    """Return the pixels just around and in cells as 0 and 1, and where they begin."""
    mask = data == labels[0] if len(labels) == 1 else np.isin(data, labels)
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return None
    inside = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return np.pad(inside, 1).astype(np.uint8), (int(rows[0]) - 1, int(columns[0]) - 1)
