"""Open napari with the plugin docked: what ``s1r-imaging view`` does."""

from typing import Any

import napari
import qtpy.QtWidgets  # noqa: F401  (fails here, and not in the middle of a window, where there is no Qt)
from napari.layers import Layer

from napari_plugin.layers import recording_to_layer
from s1r_imaging.recording import Recording

PLUGIN, WIDGET = "s1r-imaging", "Calcium imaging"


def launch(recording: Recording | None = None) -> None:
    """Open a window and wait until it is closed.

    Parameters
    ----------
    recording : Recording, optional
        What is open in it from the start.
    """
    open_window(recording)
    napari.run()


def open_window(recording: Recording | None = None, *, viewer: Any = None) -> Any:
    """Open a window with the plugin docked.

    Parameters
    ----------
    recording : Recording, optional
        What is open in it from the start.
    viewer : napari.Viewer, optional
        A window that is there already.

    Returns
    -------
    MainWidget
        The plugin in the window.
    """
    viewer = viewer or napari.Viewer()
    _, widget = viewer.window.add_plugin_dock_widget(PLUGIN, WIDGET)
    if recording is not None:
        layer = viewer.add_layer(Layer.create(*recording_to_layer(recording)))
        widget.context.recording_layer = layer
        widget.context.session.open(recording)
    return widget
