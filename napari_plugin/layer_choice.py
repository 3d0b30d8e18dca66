"""Choose a layer: one of several kinds, or one of images and the axis of it that is time."""

from collections.abc import Callable
from typing import Any

from napari.layers import Image
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from napari_plugin.context import Context
from napari_plugin.editors import Choice

AS_THE_LAYER_SAYS = "time axis: as the layer says"


class LayerList(Choice):
    """Lists the layers of the viewer that it is for, as they come, go and change their names.

    Parameters
    ----------
    context : Context
        What the steps share.
    accepts : callable
        Takes a layer, says whether it is listed.
    nothing : str
        What stands first, for no layer; empty where the topmost layer is chosen by itself.
    """

    chosen = Signal()
    """Another layer was chosen, by a person or because the last one is gone."""

    def __init__(self, context: Context, accepts: Callable[[Any], bool], *, nothing: str = "") -> None:
        super().__init__()
        self._viewer, self._accepts = context.viewer, accepts
        self._nothing = [nothing] if nothing else []
        self._layers: list[Any] = []
        self.currentIndexChanged.connect(lambda _: self.chosen.emit())
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
        place = self.currentIndex() - len(self._nothing)
        return self._layers[place] if 0 <= place < len(self._layers) else None

    def choose(self, layer: Any) -> None:
        """Choose a layer of the list, or none."""
        self.setCurrentIndex(0 if layer is None else self._layers.index(layer) + len(self._nothing))

    def _follow_name(self, event: Any) -> None:
        event.value.events.name.connect(self._list_layers)

    def _let_go(self) -> None:
        for layer in self._viewer.layers:
            layer.events.name.disconnect(self._list_layers)
        self._layers = []

    def _list_layers(self, _: Any = None) -> None:
        chosen = self.layer
        self._layers = [layer for layer in reversed(self._viewer.layers) if self._accepts(layer)]
        self.blockSignals(True)
        self.clear()
        for name in (*self._nothing, *(layer.name for layer in self._layers)):
            self.addItem(name)
        if chosen in self._layers:
            self.choose(chosen)
        self.blockSignals(False)
        self.setEnabled(bool(self._layers))
        if self.layer is not chosen:
            self.chosen.emit()


class LayerChoice(QWidget):
    """Lists the image layers of the viewer, with their axes.

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
        self._choice, self._axis = LayerList(context, lambda layer: isinstance(layer, Image)), Choice()
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
        self._choice.chosen.connect(self._list_axes)
        self._list_axes()

    @property
    def layer(self) -> Any:
        """The layer that is chosen; None where there is none."""
        return self._choice.layer

    @property
    def time_axis(self) -> int | None:
        """The axis that was chosen; None where the layer says it."""
        axis: int | None = self._axis.currentData()
        return axis

    def choose(self, layer: Any) -> None:
        """Choose a layer of the list."""
        self._choice.choose(layer)

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
