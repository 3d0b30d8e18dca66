"""Cutting a cell along a line that is drawn in the image."""

from typing import Any

import numpy as np
from qtpy.QtCore import QTimer

from napari_plugin.context import Context
from napari_plugin.layers import CELLS_KEY
from s1r_imaging.imaging.label_edits import label_under, split_label

NAME = "Cut"


class CellCut:
    """Puts napari's own line tool in hand, for one line.

    Parameters
    ----------
    context : Context
        What the steps share.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._layer: Any = None
        self._later = QTimer()
        self._later.setSingleShot(True)
        self._later.timeout.connect(self._finish)
        context.at_close(self._later.stop)

    @property
    def is_drawing(self) -> bool:
        """Whether a line is awaited."""
        return self._layer is not None and self._layer in self._context.viewer.layers

    def start(self) -> None:
        """Wait for a line across a cell; asking again gives up."""
        cells, viewer = self._context.cells.layer, self._context.viewer
        if self.is_drawing:
            self._put_away()
            return
        if cells is None:
            self._context.runner.say("There are no cells yet: find them, load them, or draw one.")
            return
        self._layer = viewer.add_shapes(
            ndim=2,
            name=NAME,
            scale=cells.scale,
            translate=cells.translate,
            units=cells.units,
            axis_labels=cells.axis_labels,
            edge_width=1,
            edge_color="white",
            metadata={CELLS_KEY: NAME},
        )
        self._layer.mode = "add_line"
        self._layer.events.data.connect(self._drawn)
        self._context.runner.say("Draw a line across the cell, from one side to the other.", kind="info")

    def _drawn(self, event: Any) -> None:
        if str(event.action) == "added":
            self._later.start(0)  # napari has not finished with the layer yet

    def _finish(self) -> None:
        if not self.is_drawing or not len(self._layer.data):
            return
        line = np.asarray(self._layer.data[-1])[[0, -1]].tolist()
        self._put_away()
        cells = self._context.cells
        self._context.runner.say("")
        label = label_under(cells.layer.data, line)
        if not label:
            self._context.runner.say("The line crosses no cell: draw it from one side of a cell to the other.")
            return
        cells.edit(lambda labels: split_label(labels, label, line=line))

    def _put_away(self) -> None:
        layer, self._layer = self._layer, None
        layer.events.data.disconnect(self._drawn)
        self._context.viewer.layers.remove(layer)
        if self._context.cells.layer is not None:
            self._context.viewer.layers.selection.active = self._context.cells.layer
