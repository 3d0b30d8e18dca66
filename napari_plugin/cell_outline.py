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


def quiet(viewer: Any) -> Any:
    """Return a context in which the list of layers does not hear what happens to its layers.

    It would draw itself anew, and the whole window with it, although it shows nothing of that: a click would be
    answered with two pictures of the window in place of one. The layers themselves are heard as ever.
    """
    return viewer.layers.events.blocker()


def pixels_of(cells: NDArray[Any], labels: tuple[int, ...]) -> Pixels:
    """Return the pixels of some cells: rows, then columns, in raster order.

    Parameters
    ----------
    cells : array of int, shape (Y, X)
        All cells.
    labels : tuple of int
        Those that are looked for.

    Returns
    -------
    tuple of array
        Rows and columns, as `numpy.nonzero` gives them, which takes ten times as long on a whole field.

    Examples
    --------
    >>> rows, columns = pixels_of(np.array([[1, 1, 0], [0, 2, 2]]), (2,))
    >>> rows.tolist(), columns.tolist()
    ([1, 1], [1, 2])
    """
    is_one = cells == labels[0] if len(labels) == 1 else np.isin(cells, labels)
    rows = np.flatnonzero(is_one.any(axis=1)) if labels else np.empty(0, dtype=np.intp)
    if not len(rows):
        return rows, rows
    within = np.nonzero(is_one[rows[0] : rows[-1] + 1])
    return within[0] + rows[0], within[1]


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
        if self._is_there():
            self._follow(cells)
            if self._layer.contour != _WIDTH_PX:
                self._layer.contour, self._layer.visible = _WIDTH_PX, True
            return True
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
        pixels = pixels_of(cells.data, labels)
        if self._shown is not None and np.array_equal(self._shown, pixels):
            return
        with quiet(self._viewer):
            if self._shown is not None:
                self._layer.data_setitem(self._shown, 0)
            if len(pixels[0]):
                self._layer.data_setitem(pixels, 1)
        self._shown = pixels

    def clear(self) -> None:
        """Outline nothing. The layer stays: napari's canvas can crash where two layers of labels go at once."""
        if self._is_there() and self._shown is not None:
            self._layer.data_setitem(self._shown, 0)
        self._shown = None

    def _is_there(self) -> bool:
        return self._layer is not None and self._layer in self._viewer.layers

    def _follow(self, cells: Any) -> None:
        """Go where a layer of cells is, and above it."""
        layer, layers = self._layer, self._viewer.layers
        if layer.data.shape != cells.data.shape:
            layer.data, self._shown = np.zeros(cells.data.shape, dtype=np.uint8), None
        for name in ("scale", "translate"):
            if not np.array_equal(getattr(layer, name), getattr(cells, name)):
                setattr(layer, name, getattr(cells, name))
        for name in ("units", "axis_labels"):
            if getattr(layer, name) != getattr(cells, name):
                setattr(layer, name, getattr(cells, name))
        if cells in layers and layers.index(layer) < layers.index(cells):
            layers.move(layers.index(layer), layers.index(cells) + 1)
