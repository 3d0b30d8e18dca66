"""Files of microscope makers as layers of napari: one layer for each channel, frames on demand. No Qt in here.

Plain TIFF, OME-TIFF and folders are left to napari's own reader; the step Recording opens them as recordings.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from napari_plugin.layers import RECORDING_KEY, LayerData, recording_to_layer
from s1r_imaging.errors import MissingOptionError
from s1r_imaging.io.recording import read_recording, recording_name
from s1r_imaging.io.vendor import channel_names

SUFFIXES = (".nd2", ".czi", ".lif", ".oib", ".oif")

Reader = Callable[[str | Sequence[str]], list[LayerData]]


def get_reader(path: str | Sequence[str]) -> Reader | None:
    """Return the reader of files of microscope makers; None where another has to read.

    Parameters
    ----------
    path : str or list of str
        A file, or several.

    Returns
    -------
    callable or None
        `read_layers`.
    """
    paths = _listed(path)
    return read_layers if paths and all(item.suffix.lower() in SUFFIXES for item in paths) else None


def read_layers(path: str | Sequence[str]) -> list[LayerData]:
    """Return a layer for each channel of each file.

    Where a file does not say how much time lies between two frames, the layer's time axis has no unit, and the
    step Recording asks for the interval when it takes the layer.

    Parameters
    ----------
    path : str or list of str
        A file, or several.

    Returns
    -------
    list of tuple
        Data, keyword arguments of the layer, ``"image"``.
    """
    return [layer for item in _listed(path) for layer in _read_file(item)]


def _listed(path: str | Sequence[str]) -> list[Path]:
    return [Path(item) for item in ([path] if isinstance(path, str) else path)]


def _read_file(path: Path) -> list[LayerData]:
    channels = channel_names(path)
    if len(channels) == 1:
        return [_read_channel(path, 0, recording_name(path))]
    names = [f"{recording_name(path)} {channel or number}" for number, channel in enumerate(channels)]
    return [_read_channel(path, number, name) for number, name in enumerate(names)]


def _read_channel(path: Path, channel: int, name: str) -> LayerData:
    options: dict[str, Any] = {"channel": channel, "name": name}
    try:
        return recording_to_layer(read_recording(path, **options))
    except MissingOptionError as error:
        if error.option != "frame_interval_s":
            raise
    timeless = read_recording(path, frame_interval_s=1.0, **options)
    data, kwargs, kind = recording_to_layer(timeless)
    del kwargs["metadata"][RECORDING_KEY]
    return data, kwargs | {"units": ("pixel", *kwargs["units"][1:])}, kind
