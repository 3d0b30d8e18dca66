"""Choose a layer of images, and the axis of it that is time."""

from typing import Any

from napari.layers import Image
from qtpy.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from napari_plugin.context import Context
from napari_plugin.editors import Choice

AS_THE_LAYER_SAYS = "time axis: as the layer says"


class LayerChoice(QWidget):
    """Lists the image layers of the viewer, as they come, go and change their names.

    Parameters
    ----------
    context : Context
        What the steps share.
    use : QWidget
        Button that takes the chosen layer; it stands beside the list.
    """

    def __init__(self, context: Context, use: QWidget) -> None:
        super().__init__()
        self.setObjectName("layer_choice")
        self._layers: list[Any] = []
        self._viewer = context.viewer
        self._choice, self._axis = Choice(), Choice()
        self._choice.setObjectName("layer")
        self._choice.setToolTip("Image layers that are open in napari")
        self._axis.setObjectName("time_axis")
        self._axis.setToolTip("Which axis of the layer runs over time, where the layer does not say it")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        row = QHBoxLayout()
        row.addWidget(self._choice, stretch=1)
        row.addWidget(use)
        layout.addLayout(row)
        layout.addWidget(self._axis)
        self._choice.currentIndexChanged.connect(lambda _: self._list_axes())
        events = self._viewer.layers.events
        for event in (events.inserted, events.removed, events.reordered):
            event.connect(self._list_layers)
            context.at_close(lambda event=event: event.disconnect(self._list_layers))  # type: ignore[misc]
        events.inserted.connect(self._follow_name)
        context.at_close(lambda: events.inserted.disconnect(self._follow_name))
        context.at_close(self._let_go)
        for layer in self._viewer.layers:
            layer.events.name.connect(self._list_layers)
        self._list_layers()

    @property
    def layer(self) -> Any:
        """The layer that is chosen; None where there is none."""
        place = self._choice.currentIndex()
        return self._layers[place] if 0 <= place < len(self._layers) else None

    @property
    def time_axis(self) -> int | None:
        """The axis that was chosen; None where the layer says it."""
        axis: int | None = self._axis.currentData()
        return axis

    def choose(self, layer: Any) -> None:
        """Choose a layer of the list."""
        self._choice.setCurrentIndex(self._layers.index(layer))

    def _follow_name(self, event: Any) -> None:
        event.value.events.name.connect(self._list_layers)

    def _let_go(self) -> None:
        for layer in self._viewer.layers:
            layer.events.name.disconnect(self._list_layers)
        self._layers = []

    def _list_layers(self, _: Any = None) -> None:
        chosen = self.layer
        self._layers = [layer for layer in reversed(self._viewer.layers) if isinstance(layer, Image)]
        self._choice.blockSignals(True)
        self._choice.clear()
        for layer in self._layers:
            self._choice.addItem(layer.name)
        if chosen in self._layers:
            self.choose(chosen)
        self._choice.blockSignals(False)
        self._choice.setEnabled(bool(self._layers))
        if self.layer is not chosen or chosen is None:
            self._list_axes()

    def _list_axes(self) -> None:
        layer = self.layer
        self._axis.clear()
        self._axis.addItem(AS_THE_LAYER_SAYS, None)
        if layer is not None and layer.ndim == 3:
            sizes = layer.data.shape[:3]  # colours are no axis
            for axis, (label, size) in enumerate(zip(layer.axis_labels, sizes, strict=True)):
                name = f"axis {axis + 1}" if label.startswith("-") else label
                self._axis.addItem(f"time axis: {name} ({size})", axis)
        self._axis.setVisible(layer is not None and layer.ndim == 3)
