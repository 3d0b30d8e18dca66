"""A click on a cell in the image, told apart from moving the view."""

from collections.abc import Callable, Iterator
from typing import Any

_FEW_PX = 4.0  # a hand that clicks may move the mouse this far


class CellClicks:
    """Tells which cell was clicked, whatever layer is active, as long as no tool is in hand.

    Parameters
    ----------
    viewer : napari.Viewer
        The viewer.
    layer : callable
        Returns the layer of the cells, or None.
    clicked : callable
        Told the label, 0 for background, and whether Shift was down.
    """

    def __init__(self, viewer: Any, layer: Callable[[], Any], clicked: Callable[[int, bool], None]) -> None:
        self._viewer, self._layer, self._clicked = viewer, layer, clicked
        viewer.mouse_drag_callbacks.append(self._press)

    def close(self) -> None:
        """Listen no more."""
        if self._press in self._viewer.mouse_drag_callbacks:
            self._viewer.mouse_drag_callbacks.remove(self._press)

    def _press(self, viewer: Any, event: Any) -> Iterator[None]:
        layer, start = self._layer(), tuple(event.pos)
        if layer is None or not layer.visible or event.button != 1 or not _is_free(viewer):
            return
        yield
        while event.type == "mouse_move":
            if abs(event.pos[0] - start[0]) + abs(event.pos[1] - start[1]) > _FEW_PX:
                return
            yield
        label = layer.get_value(
            event.position, view_direction=event.view_direction, dims_displayed=event.dims_displayed, world=True
        )
        self._clicked(int(label or 0), "Shift" in event.modifiers)


def _is_free(viewer: Any) -> bool:
    """Return whether no tool is in hand: the mouse moves the view."""
    active = viewer.layers.selection.active
    return active is None or str(active.mode) == "pan_zoom"
