"""How the cells and the field are shown: the image below them, and outlines."""

from typing import Any

from qtpy.QtWidgets import QFormLayout, QWidget

from napari_plugin.context import Context
from napari_plugin.editors import Choice, Tick
from napari_plugin.steps.parts import follow
from napari_plugin.summary_layer import KINDS, SummaryLayer

_OUTLINE_PX = 1


class CellsLook(QWidget):
    """What is shown of the field and of the cells.

    Parameters
    ----------
    context : Context
        What the steps share.
    """

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("cells_look")
        self._context = context
        self._summary = SummaryLayer(context)
        self._dressed: Any = None  # the layer that the tick was applied to
        self._image, self._outlines = Choice(), Tick()
        self._image.setObjectName("summary_image")
        self._image.setToolTip("An image that sums the recording up, below the cells")
        self._image.addItem("the recording", None)
        for kind in KINDS:
            self._image.addItem(kind.replace("_", " "), kind)
        self._outlines.setObjectName("outlines")
        self._outlines.setText("outlines only")
        self._outlines.setToolTip("Show the outlines of the cells, so that what is inside is seen")
        rows = QFormLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setVerticalSpacing(2)
        rows.addRow("Image", self._image)
        rows.addRow("", self._outlines)
        self._image.currentIndexChanged.connect(lambda _: self._summary.choose(self._image.currentData()))
        self._outlines.edited.connect(self._show_outlines)
        follow(context, self, context.session.changed, self._follow)

    def _follow(self, what: str) -> None:
        if what in ("images", "recording", "motion"):
            self._summary.refresh()
        if what == "cells" and self._context.cells.layer is not self._dressed:  # a new layer
            self._show_outlines()

    def _show_outlines(self) -> None:
        layer = self._dressed = self._context.cells.layer
        contour = _OUTLINE_PX if self._outlines.value() else 0
        if layer is not None and layer.contour != contour:
            layer.contour = contour
            layer.opacity = 1.0 if contour else 0.5
