"""Recordings from files, folders and layers, with what the person says of them. No Qt in here."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from napari_plugin.layers import RECORDING_KEY, layer_to_recording
from s1r_imaging.analysis import AnalysisOptions, options_as_read
from s1r_imaging.errors import MissingOptionError
from s1r_imaging.io.recording import RecordingOptions, read_recording
from s1r_imaging.io.sources import pixel_size_source, time_source
from s1r_imaging.recording import Event, Recording

OF_A_LAYER = ("frame_interval_s", "pixel_size_um", "saturation_level", "name")
"""Options that say something of a layer too; which channel and axis it shows is settled."""


@dataclass(frozen=True)
class FromFile:
    """A file or a folder.

    Attributes
    ----------
    path : Path
        Where it is.
    """

    path: Path

    @property
    def name(self) -> str:
        """What it is called."""
        return self.path.name

    def read(self, options: RecordingOptions) -> Recording:
        """Open it."""
        return read_recording(self.path, **options.to_dict())


@dataclass(frozen=True, eq=False)
class FromLayer:
    """A layer of the viewer.

    Attributes
    ----------
    layer : napari.layers.Layer
        The layer; it is only looked at.
    time_axis : int or None
        Which axis runs over time; None where the layer says it.
    """

    layer: Any
    time_axis: int | None = None

    @property
    def name(self) -> str:
        """What it is called."""
        return str(self.layer.name)

    def read(self, options: RecordingOptions) -> Recording:
        """Return the recording that it shows; one that came from a file says of itself what was changed."""
        given = {key: value for key, value in options.to_dict().items() if key in OF_A_LAYER}
        size = {key: given[key] for key in ("frame_interval_s", "pixel_size_um") if key in given}
        shown = layer_to_recording(self.layer, time_axis=self.time_axis, **size)
        made_from = self.layer.metadata.get(RECORDING_KEY)
        if not given and (shown is made_from or not isinstance(made_from, Recording)):
            return shown
        return _said_anew(shown, made_from if isinstance(made_from, Recording) else shown, given)


Source = FromFile | FromLayer


def _said_anew(shown: Recording, made_from: Recording, given: dict[str, Any]) -> Recording:
    """Return a recording whose history says how to read it so again."""
    if shown.frame_interval_s != made_from.frame_interval_s:
        given = {"frame_interval_s": shown.frame_interval_s} | given
    if shown.pixel_size_um != made_from.pixel_size_um:
        given = {"pixel_size_um": shown.pixel_size_um} | given
    options = options_as_read(AnalysisOptions(), shown).recording.to_dict() | given
    if shown.source is not None:
        return read_recording(shown.source, events=shown.events, **options)
    history = tuple(
        replace(step, options={**step.options, **given}) if step.name == "read_recording" else step
        for step in shown.history
    )
    level = given.get("saturation_level", shown.saturation_level)
    return replace(shown, saturation_level=level, name=given.get("name", shown.name), history=history)


def what_is_missing(error: MissingOptionError, name: str) -> str:
    """Say what the person has to say before a recording can be opened."""
    words = {
        "frame_interval_s": "does not say how much time lies between two frames: type the frame interval in "
        "seconds, then press 'Read'.",
        "channel": f"has {len(error.choices)} channels: choose the one to read, then press 'Read'.",
        "frames_axis": "says that it has no time axis: if frames were saved as slices or channels, choose so as "
        "the frames axis, then press 'Read'.",
    }
    return f"{name} {words[error.option]}"


def facts(recording: Recording, source: Source | None, typed: RecordingOptions) -> dict[str, str]:
    """Return what is known of a recording, and where from, as it is shown.

    Parameters
    ----------
    recording : Recording
        As it was opened.
    source : FromFile or FromLayer, optional
        Where it is from.
    typed : RecordingOptions
        What the person said of it.

    Returns
    -------
    dict
        Name to words.
    """
    height, width = recording.frame_shape
    size = recording.pixel_size_um
    time_from, size_from = time_source(recording), pixel_size_source(recording)
    given = "the layer's scale" if isinstance(source, FromLayer) else "given with the recording"
    if time_from.endswith(" given"):
        time_from = given if typed.frame_interval_s is None else "typed here"
    if size_from.endswith(" given"):
        size_from = given if typed.pixel_size_um is None else "typed here"
    return {
        "Frames": f"{recording.n_frames} of {height} × {width} pixels, {recording.data.dtype}",
        "Frame interval": f"{recording.frame_interval_s:.6g} s, from: {time_from}",
        "Pixel size": "not known: sizes are in pixels" if size is None else f"{size:.6g} µm, from: {size_from}",
        "Camera": _camera(recording),
    }


def _camera(recording: Recording) -> str:
    bits = "" if recording.bit_depth is None else f"{recording.bit_depth} bits, "
    level = recording.saturation_level
    return f"{bits}top code not known" if level is None else f"{bits}saturated from {level:g} counts"


def kept_events(events: tuple[Event, ...], recording: Recording) -> tuple[Event, ...]:
    """Return the events that begin before a recording ends."""
    return tuple(event for event in events if event.start_s <= recording.time_s[-1])
