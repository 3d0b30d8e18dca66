"""Layers of napari from recordings, cells and images, and recordings from layers. No Qt in here."""

import warnings
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
from napari.layers import Image, Layer
from napari.utils import CyclicLabelColormap, DirectLabelColormap
from numpy.typing import ArrayLike, NDArray

from napari_plugin.colours import BY_LABEL, PALETTE, UNKNOWN, Colouring
from s1r_imaging.errors import MissingOptionError
from s1r_imaging.imaging.blocks import read_frame, spread_frames
from s1r_imaging.io.labels import check_labels
from s1r_imaging.io.recording import read_recording
from s1r_imaging.recording import Recording

LayerData = tuple[Any, dict[str, Any], str]

RECORDING_KEY = "s1r_imaging_recording"
"""Key of a layer's metadata that holds the recording it shows."""
CELLS_KEY = "s1r_imaging_cells"
"""Key of the metadata of the layers that the plugin shows cells in."""

TIME_WORDS = ("t", "time", "frame", "frames")
_FRAMES_FOR_CONTRAST = 5
_CONTRAST = (0.1, 99.9)
_SAME = 1e-9  # relative difference of scales that is rounding


def recording_to_layer(recording: Recording) -> LayerData:
    """Return what napari needs to show a recording: frames on demand, time in seconds.

    Parameters
    ----------
    recording : Recording
        The recording; a few frames are read for the contrast.

    Returns
    -------
    tuple
        Data, keyword arguments of the layer, ``"image"``.
    """
    kwargs = {
        "name": recording.name,
        "contrast_limits": _contrast(recording),
        "metadata": {RECORDING_KEY: recording},
        "scale": (recording.frame_interval_s, *_place(recording)["scale"]),
        "translate": (float(recording.time_s[0]), 0.0, 0.0),
        "units": ("s", *_place(recording)["units"]),
        "axis_labels": ("t", "y", "x"),
        "colormap": "gray",
    }
    return recording.data, kwargs, "image"


def image_to_layer(image: NDArray[Any], recording: Recording, *, name: str, like: Any = None) -> LayerData:
    """Return what napari needs to show an image of the recording's field.

    Parameters
    ----------
    image : array, shape (Y, X)
        The image.
    recording : Recording
        The recording it belongs to.
    name : str
        Name of the layer.
    like : napari.layers.Image, optional
        The layer of the recording, over which the image is placed.

    Returns
    -------
    tuple
        Data, keyword arguments of the layer, ``"image"``.
    """
    limits = limits_of(image)
    return image, {"name": name, "contrast_limits": limits, "colormap": "gray", **_place(recording, like)}, "image"


def labels_to_layer(
    labels: ArrayLike, recording: Recording, *, name: str = "Cells", like: Any = None
) -> LayerData:
    """Return what napari needs to show cells; the labels are copied, for painting changes them.

    Parameters
    ----------
    labels : array_like of int, shape (Y, X)
        Cells; 0 is background.
    recording : Recording
        The recording they belong to.
    name : str
        Name of the layer.
    like : napari.layers.Image, optional
        The layer of the recording, over which the cells are placed.

    Returns
    -------
    tuple
        Data, keyword arguments of the layer, ``"labels"``.
    """
    kwargs = {
        "name": name,
        "opacity": 0.5,
        "colormap": label_colormap(Colouring()),
        "metadata": {CELLS_KEY: name},
        **_place(recording, like),
    }
    return np.array(check_labels(labels, recording.frame_shape)), kwargs, "labels"


def label_colormap(colouring: Colouring) -> CyclicLabelColormap | DirectLabelColormap:
    """Return napari's colormap for what the cells are coloured by."""
    nothing = np.zeros(4)
    if colouring.by == BY_LABEL:
        return CyclicLabelColormap(colors=np.array([nothing, *PALETTE]))
    known: dict[int | None, Any] = {None: np.array(UNKNOWN), 0: nothing}
    known |= {label: np.array(colour, dtype=np.float32) for label, colour in colouring.colours.items()}
    return DirectLabelColormap(color_dict=known)


@contextmanager
def selection_kept(viewer: Any) -> Iterator[None]:
    """Add layers without choosing them.

    napari chooses each layer that is added, and shows its controls at once, which takes as long as the layer.

    Parameters
    ----------
    viewer : napari.Viewer
        What is selected in its list stays so.
    """
    selection = viewer.layers.selection
    before, active = set(selection), selection.active
    with selection.events.changed.blocker():
        yield
        selection.active = active
        selection.update(before)


def added_in_turns(viewer: Any, data: LayerData) -> Generator[None, None, Any]:
    """Add a layer piece by piece, for one that is drawn between two of them; each piece takes long enough.

    Parameters
    ----------
    viewer : napari.Viewer
        The viewer.
    data : tuple
        Data, keyword arguments, kind.

    Returns
    -------
    napari.layers.Layer
        The layer, chosen, and shown in the last turn: to draw it for the first time takes a while too.
    """
    array, kwargs, kind = data
    if not viewer.layers:
        viewer.dims.ndim = len(kwargs["axis_labels"])  # makes the sliders
        yield
    with selection_kept(viewer):
        layer = viewer.add_layer(Layer.create(array, {**kwargs, "visible": False}, kind))
    yield
    if layer in viewer.layers:
        viewer.layers.selection.active = layer
        yield
    layer.visible = True
    return layer


def limits_of(image: NDArray[Any]) -> tuple[float, float]:
    """Return contrast limits of an image: most of its values, and never a single one."""
    finite = image[np.isfinite(image)]
    low, high = (float(end) for end in np.percentile(finite, _CONTRAST)) if finite.size else (0.0, 1.0)
    return low, high if high > low else low + 1.0


def layer_to_recording(
    layer: Any,
    *,
    frame_interval_s: float | None = None,
    pixel_size_um: float | None = None,
    time_axis: int | None = None,
) -> Recording:
    """Return the recording that a layer shows, without reading its pixels.

    Parameters
    ----------
    layer : napari.layers.Image
        A layer with three axes.
    frame_interval_s : float, optional
        Time between two frames (s); needed where the layer's time axis has no unit of time.
    pixel_size_um : float, optional
        Edge of a pixel (µm); from the layer's scale where that has a unit of length.
    time_axis : int, optional
        Which axis runs over time; needed where no axis of the layer is called time or has its unit.

    Returns
    -------
    Recording
        The one that the layer was made from, as long as nothing of it was changed.

    Raises
    ------
    S1RImagingError
        If the time between frames is not known.
    TypeError, ValueError
        If the layer is no recording, or nothing says which axis runs over time; the sentence says what to do.
    """
    _check_kind(layer)
    made_from = layer.metadata.get(RECORDING_KEY)
    if isinstance(made_from, Recording) and made_from.data is layer.data:
        return _as_shown(made_from, layer, frame_interval_s, pixel_size_um)
    axis = _time_axis(layer) if time_axis is None else time_axis % 3
    height, width = (number for number in range(3) if number != axis)
    interval = frame_interval_s or _in_unit(layer, axis, "second")
    if interval is None or interval <= 0:
        raise MissingOptionError(
            f"{layer.name!r} does not say how much time lies between two frames: type the interval in seconds.",
            option="frame_interval_s",
        )
    start = _in_unit(layer, axis, "second", layer.translate)
    data = _time_first(layer, axis)
    times: dict[str, Any] = {"frame_interval_s": interval}
    if start:
        times = {"time_s": start + interval * np.arange(data.shape[0])}
    pixel = pixel_size_um or _pixel_size(layer, height, width)
    try:
        return read_recording(data, pixel_size_um=pixel, name=layer.name, **times)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{layer.name!r} cannot be taken: {error}") from error


def _as_shown(
    recording: Recording, layer: Any, frame_interval_s: float | None, pixel_size_um: float | None
) -> Recording:
    """Take over what the person said, or set in the layer, about time and size."""
    changed: dict[str, Any] = {}
    interval = frame_interval_s or _in_unit(layer, 0, "second")
    if interval and abs(interval / recording.frame_interval_s - 1) > _SAME:
        changed["time_s"] = recording.time_s[0] + interval * np.arange(recording.n_frames)
    pixel = pixel_size_um or _pixel_size(layer, 1, 2)
    if pixel and (recording.pixel_size_um is None or abs(pixel / recording.pixel_size_um - 1) > _SAME):
        changed["pixel_size_um"] = pixel
    return replace(recording, **changed) if changed else recording


def _check_kind(layer: Any) -> None:
    what = f"{layer.name!r} is a layer of {type(layer).__name__.lower()}"
    if not isinstance(layer, Image):
        raise TypeError(f"{what}: choose an image layer with the frames of the recording.")
    if layer.rgb:
        raise ValueError(f"{layer.name!r} is an image in colour: choose a layer with the counts of one channel.")
    if layer.multiscale:
        raise ValueError(f"{layer.name!r} is a pyramid of several scales: open its full resolution as a layer.")
    if layer.ndim == 2:
        raise ValueError(f"{layer.name!r} is a single image: a recording has frames over time.")
    if layer.ndim != 3:
        raise ValueError(
            f"{layer.name!r} has {layer.ndim} axes ({_axes(layer)}): choose one channel and one plane first, so "
            "that time, height and width are left."
        )


def _time_axis(layer: Any) -> int:
    """Return the axis that says that it is time; ask where none does, or where another axis comes to mind."""
    by_unit = [n for n, unit in enumerate(layer.units) if unit.dimensionality == {"[time]": 1}]
    by_name = [n for n, label in enumerate(layer.axis_labels) if label.strip().lower() in TIME_WORDS]
    found = by_unit or by_name
    if len(found) != 1:
        raise ValueError(f"{layer.name!r} does not say which of its axes is time ({_axes(layer)}): choose it.")
    return found[0]


def _axes(layer: Any) -> str:
    """Name the axes with their lengths; those that napari numbered from the end, from the beginning."""
    names = [f"axis {n}" if label.startswith("-") else label for n, label in enumerate(layer.axis_labels, start=1)]
    return ", ".join(f"{name}: {size}" for name, size in zip(names, layer.data.shape, strict=True))


def _in_unit(layer: Any, axis: int, unit: str, values: Any = None) -> float | None:
    """Return the scale of an axis, or another value, in a unit; None where the axis has no such unit."""
    its_unit = layer.units[axis]
    if not its_unit.is_compatible_with(unit):
        return None
    value = layer.scale[axis] if values is None else values[axis]
    factor = float((1 * its_unit).to(unit).magnitude)
    return float(value) if factor == 1 else float(value) * factor


def _pixel_size(layer: Any, height: int, width: int) -> float | None:
    """Return the edge of a pixel (µm); None where the layer says none, or its pixels are not square."""
    sizes = [_in_unit(layer, axis, "micrometer") for axis in (height, width)]
    high, wide = (None if size is None else abs(size) for size in sizes)  # an axis may be flipped
    if high is None or wide is None:
        return None
    if abs(wide - high) > 0.01 * wide:  # a cell's area in µm² would be that of no pixel
        warnings.warn(
            f"{layer.name!r} has pixels of {wide:g} × {high:g} µm, which are not square: their size stays open.",
            UserWarning,
            stacklevel=3,
        )
        return None
    return wide


def _time_first(layer: Any, axis: int) -> Any:
    if axis == 0:
        return layer.data
    if not hasattr(layer.data, "transpose"):
        raise ValueError(
            f"{layer.name!r} has time as axis {axis + 1} of 3: save it with time first, then height and width."
        )
    return layer.data.transpose(axis, *(number for number in range(3) if number != axis))


def _place(recording: Recording, like: Any = None) -> dict[str, Any]:
    """Return scale, place and names of height and width."""
    if like is not None:
        place = {key: tuple(getattr(like, key))[-2:] for key in ("scale", "translate", "units")}
        return {**place, "axis_labels": ("y", "x")}
    size = recording.pixel_size_um
    scale, unit = (1.0, "pixel") if size is None else (size, "um")
    return {"scale": (scale, scale), "translate": (0.0, 0.0), "units": (unit, unit), "axis_labels": ("y", "x")}


def _contrast(recording: Recording) -> tuple[float, float]:
    chosen = spread_frames(0, recording.n_frames, _FRAMES_FOR_CONTRAST)
    return limits_of(np.stack([read_frame(recording.data, int(number)) for number in chosen]))
