"""The background region: draw it, or choose the layer that it is drawn in; what is drawn is followed."""

from typing import Any

import numpy as np
from napari.layers import Labels, Layer, Shapes
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from napari_plugin.context import Context
from napari_plugin.layer_choice import LayerList
from napari_plugin.layers import CELLS_KEY
from napari_plugin.look import Sentence
from napari_plugin.region_layer import NAME, layer_to_region, region_to_layer
from napari_plugin.steps.parts import button, follow

EMPTY = "Draw a region without cells, in the same light as theirs: the background is its mean in every frame."
NO_RECORDING = "There is no recording yet: open one, or take a layer, in the step Recording."
TAKEN_AWAY = " Its layer was taken away: 'Draw region' shows it again."
_PAUSE_MS = 150  # after the last stroke


class RegionPanel(QWidget):
    """Gives the session the region that is drawn in the layer that is chosen.

    Parameters
    ----------
    context : Context
        What the steps share.
    """

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("background_region")
        self._context = context
        self._followed: Any = None
        self._problem = ""
        self._said = Sentence("region_state", "Where the background is measured")
        self._layers = LayerList(context, _can_hold_region, nothing="no layer")
        self._layers.setObjectName("region_layer")
        self._layers.setToolTip("The layer of labels or of shapes that the region is drawn in; it stays as it is")
        self._draw = button(
            "draw_region", "Draw region", "Draw with napari's own tools on a layer of its own", self.draw
        )
        row = QHBoxLayout()
        row.addWidget(self._layers, stretch=1)
        row.addWidget(self._draw)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self._said)
        layout.addLayout(row)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE_MS)
        self._pause.timeout.connect(self._take)
        self._layers.chosen.connect(self._chosen)
        context.at_close(self._let_go)
        follow(context, self, context.session.changed, self._follow)
        self._say()

    def draw(self) -> None:
        """Put napari's polygon in hand, on the layer of the region; make it where there is none."""
        session, viewer = self._context.session, self._context.viewer
        if session.opened is None:
            self._context.runner.say(NO_RECORDING)
            return
        layer = self._layers.layer
        if not isinstance(layer, Labels):
            region = session.background_region
            layer = self._show(np.zeros(session.opened.frame_shape, dtype=bool) if region is None else region)
        layer.visible = True
        viewer.layers.selection.active = layer
        layer.selected_label = 1
        layer.mode = "polygon"

    def _show(self, region: Any) -> Any:
        """Show a region in a layer of its own."""
        recording = self._context.session.opened
        data = region_to_layer(region, recording, like=self._context.recording_layer)  # type: ignore[arg-type]
        layer = self._context.viewer.add_layer(Layer.create(*data))
        self._layers.choose(layer)
        return layer

    def _chosen(self) -> None:
        self._let_go()
        layer = self._layers.layer
        if layer is not None:
            self._followed = layer
            for event in _events_of(layer):
                event.connect(self._touched)
        self._take()

    def _take(self) -> None:
        """Give the session what is drawn now."""
        session, layer = self._context.session, self._layers.layer
        if session.opened is not None and layer is not None:
            self._problem, region = "", None
            try:
                region = layer_to_region(layer, session.opened, like=self._context.recording_layer)
            except ValueError as error:
                self._problem = str(error)
            session.set_background_region(region)
        self._say()

    def _touched(self, _: Any = None) -> None:
        self._pause.start()

    def _let_go(self) -> None:
        layer, self._followed = self._followed, None
        if layer is not None:
            for event in _events_of(layer):
                event.disconnect(self._touched)

    def _follow(self, what: str) -> None:
        session = self._context.session
        if what == "recording":
            self._layers.choose(None)  # what was drawn belongs to the field of the last one
            self._say()
        elif what == "background_region" and session.background_region is not None and self._layers.layer is None:
            self._show(session.background_region)  # a session was opened
        elif what == "cells":
            self._pause.start()  # cells that are edited may come to lie in it

    def _say(self) -> None:
        session = self._context.session
        region, labels = session.background_region, session.labels
        if self._problem or region is None:
            self._said.say(self._problem or EMPTY, "error" if self._problem else "info")
            return
        words = f"{region.sum():,} pixels, {100 * region.mean():.2g} % of the field."
        in_cells = 0.0 if labels is None else float((labels[region] > 0).mean())
        if in_cells:
            words += f" {100 * in_cells:.2g} % of them lie in cells: draw it where there are none."
        if self._layers.layer is None:
            words += TAKEN_AWAY
        self._said.say(words, "error" if in_cells else "info")


def _events_of(layer: Any) -> list[Any]:
    """Return the events that tell of a change of what is drawn; labels tell when the pixels have changed."""
    events = layer.events
    return [events.set_data, events.labels_update if isinstance(layer, Labels) else events.data]


def _can_hold_region(layer: Any) -> bool:
    """Return whether a region can be drawn in a layer: cells, and what the plugin shows of them, are none."""
    return isinstance(layer, Labels | Shapes) and layer.metadata.get(CELLS_KEY, NAME) == NAME
