"""A window of the plugin with a recording in it, for tests of its steps."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from napari.layers import Layer

from napari_plugin.layers import recording_to_layer
from napari_plugin.main_widget import MainWidget
from napari_plugin.settings import Settings
from s1r_imaging.io.recording import read_recording, write_recording
from s1r_imaging.recording import Event, Recording
from s1r_imaging.simulate import simulate_recording

EVENTS = (Event("PRE-084", 15.0, concentration_M=1e-5),)
TWO_EVENTS = (*EVENTS, Event("NE-100", 30.0))


def write_dish(folder: Path, *, events: tuple[Event, ...] = EVENTS) -> Recording:
    """Write a small simulated recording, and open the file."""
    made, _ = simulate_recording(seed=3, height_px=96, width_px=96, n_frames=90, stimulus_s=15.0)
    write_recording(folder / "dish 1.ome.tif", made)
    return read_recording(folder / "dish 1.ome.tif", events=events)


def open_window(viewer: Any, recording: Recording | None = None, *, folder: Path | None = None) -> MainWidget:
    """Dock the plugin, with settings of its own; show the recording, where there is one."""
    settings = Settings({})
    if folder is not None:
        settings.remember_folder(folder)
    widget = MainWidget(viewer, settings=settings)
    viewer.window.add_dock_widget(widget, name="Calcium imaging", area="right")
    if recording is not None:
        layer = viewer.add_layer(Layer.create(*recording_to_layer(recording)))
        widget.context.recording_layer = layer
        widget.context.session.open(recording)
    return widget


def until_done(widget: MainWidget, qtbot: Any, do: Callable[[], object]) -> str:
    """Do something, wait until no work is under way, return what the window says."""
    do()
    qtbot.waitUntil(lambda: not widget.context.runner.busy, timeout=30_000)
    return widget.context.runner.message
