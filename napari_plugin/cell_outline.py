"""The outline of the cells that are chosen, drawn in a layer over the others."""

from typing import Any

import numpy as np
from napari.utils import CyclicLabelColormap
from numpy.typing import NDArray

from napari_plugin.layers import CELLS_KEY, selection_kept

Pixels = tuple[NDArray[np.intp], ...]

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
        self._shown: Pixels | None = None

    def prepare(self, cells: Any) -> bool:
        """Make the layer, above that of the cells: the first click is then answered as fast as any other.

        Returns
        -------
        bool
            Whether it is ready; else the next call goes on with it, so that none takes long.
        """
        if self._layer is not None and self._layer in self._viewer.layers:
            if self._layer.data.shape == cells.data.shape:
                if self._layer.contour != _WIDTH_PX:
                    self._layer.contour, self._layer.visible = _WIDTH_PX, True
                return True
            self.remove()
        self._shown = None
        with selection_kept(self._viewer):  # the person goes on in the layer that was active
            self._layer = self._viewer.add_labels(
                np.zeros(cells.data.shape, dtype=np.uint8),
                name=NAME,
                scale=cells.scale,
                translate=cells.translate,
                units=cells.units,
                axis_labels=cells.axis_labels,
                colormap=CyclicLabelColormap(colors=_COLOURS),
                opacity=1.0,
                visible=False,
                metadata={CELLS_KEY: NAME},
            )
        self._layer.editable = False
        return False

    def show(self, cells: Any, labels: tuple[int, ...]) -> None:
        """Outline some cells of a layer of labels; none, or no layer, takes the outline away."""
        if cells is None or (self._layer is None and not labels):
            return
        while not self.prepare(cells):
            pass
        pixels: Pixels = np.nonzero(np.isin(cells.data, labels) if len(labels) != 1 else cells.data == labels[0])
        if self._shown is not None:
            if np.array_equal(self._shown, pixels):
                return
            self._layer.data_setitem(self._shown, 0)
        if len(pixels[0]):
            self._layer.data_setitem(pixels, 1)
        self._shown = pixels

    def remove(self) -> None:
        """Take the layer away."""
        layer, self._layer = self._layer, None
        if layer is not None and layer in self._viewer.layers:
            self._viewer.layers.remove(layer)
